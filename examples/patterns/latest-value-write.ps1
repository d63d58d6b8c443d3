# Publishes values: the map holds the latest one, and programs that watch the map are notified.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Temperature' -Size 4096
foreach ($value in $input) {
    # For example, from a sensor.
    Out-MemoryMappedFile $map "$value"
}
Remove-MemoryMappedFile $map
