# Passes a map to a child. The child inherits the handle, so it holds the map from its start, even if
# it opens the map by name only after this process has closed it.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Parcel' -Size 4096 -HandleInheritability Inheritable
Out-MemoryMappedFile $map 'from the parent'

$pwsh = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
$start = [System.Diagnostics.ProcessStartInfo]::new($pwsh, '-NoProfile -Command "Read-MemoryMappedFile -Name Parcel"')
$start.UseShellExecute = $false
$child = [System.Diagnostics.Process]::Start($start)

Remove-MemoryMappedFile $map
$child.WaitForExit()
