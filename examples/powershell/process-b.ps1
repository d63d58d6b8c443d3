# Process B of three: opens the map "Test" that process A holds, and appends to it.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = Open-MemoryMappedFile -Name 'Test'
Out-MemoryMappedFile -MemoryMappedFile $map -String 'Process B says: Hello World!' -Append
