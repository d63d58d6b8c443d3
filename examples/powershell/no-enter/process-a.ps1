# Process A of three: creates the map "Test", writes a line into it and waits until the lines of the two others are there.
# Run process-b.ps1 and process-c.ps1 in two other windows, before this one or after it. Nobody has to press ENTER, and
# no script has a mutex.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Test' -Size 1024
Out-MemoryMappedFile $map 'Process A says: Hello World!'

$null = Wait-MemoryMappedFile $map -Until { ($_ -split '\r?\n').Count -eq 3 }
Read-MemoryMappedFile $map
