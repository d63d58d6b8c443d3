# Changes 4 bytes in the middle of a large file. Only the pages around them are loaded.
param([Parameter(Mandatory)] [string] $Path, [long] $Offset = 1GB)
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Path $Path
$view = $map.CreateViewAccessor($Offset, 4)
'it was {0}' -f $view.ReadInt32(0)
$view.Write(0, [int] 42)
$view.Dispose()
Remove-MemoryMappedFile $map
