# Counts one visit. Run it as often as you like, in as many processes as you like.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = Open-MemoryMappedFile -Name 'Visits'
Use-MemoryMappedFile $map {
    $visits = [long] (Read-MemoryMappedFile $map) + 1
    Out-MemoryMappedFile $map "$visits"
    "visit $visits"
}
Remove-MemoryMappedFile $map
