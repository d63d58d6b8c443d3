# Process A of three: creates the map "Test", writes a line into it and waits for the lines of the two other processes.
# Run process-b.ps1 and process-c.ps1 in two other windows, before or after this script. The scripts need neither the
# ENTER key nor a mutex.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Test' -Size 1024
Out-MemoryMappedFile $map 'Process A says: Hello World!'

$null = Wait-MemoryMappedFile $map -Until { ($_ -split '\r?\n').Count -eq 3 }
Read-MemoryMappedFile $map
