# Process B of three: waits for the map and for the line of process A, and appends its own.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = Open-MemoryMappedFile -Name 'Test' -Wait
$null = Wait-MemoryMappedFile $map -Until { $_ }
Out-MemoryMappedFile $map 'Process B says: Hello World!' -Append
