Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Greeting' -Size 4096
Out-MemoryMappedFile $map 'Hello from one PowerShell'
