# Process C of three: opens the map "Test" that process A holds, and appends to it.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = Open-MemoryMappedFile -Name 'Test'
Out-MemoryMappedFile -MemoryMappedFile $map -String 'Process C says: Hello World!' -Append
