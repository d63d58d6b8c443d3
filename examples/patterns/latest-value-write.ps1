# Publishes a value: the map holds the latest one, and whoever watches is told.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Temperature' -Size 4096
foreach ($value in $input) {
    # From a sensor, say.
    Out-MemoryMappedFile $map "$value"
}
Remove-MemoryMappedFile $map
