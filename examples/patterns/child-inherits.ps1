# Hands a map over to a child. The child inherits the handle and so holds the map from its first moment on,
# though it opens it by its name later, when this process has let go of it.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Parcel' -Size 4096 -HandleInheritability Inheritable
Out-MemoryMappedFile $map 'from the parent'

$pwsh = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
$start = [System.Diagnostics.ProcessStartInfo]::new($pwsh, '-NoProfile -Command "Read-MemoryMappedFile -Name Parcel"')
$start.UseShellExecute = $false
$child = [System.Diagnostics.Process]::Start($start)

Remove-MemoryMappedFile $map
$child.WaitForExit()
