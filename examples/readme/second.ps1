Import-Module System.IO.MemoryMappedFiles.Commands

$map = Open-MemoryMappedFile -Name 'Greeting'
'and from another' | Out-MemoryMappedFile $map -Append
Read-MemoryMappedFile $map
Remove-MemoryMappedFile $map
