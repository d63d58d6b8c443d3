# Stores an object in a map as JSON and reads it again. Any program that supports JSON can read it.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Settings' -Size 64KB
@{ Server = 'db1'; Ports = 5432, 5433; Retry = $true } | ConvertTo-Json -Depth 5 -Compress | Out-MemoryMappedFile $map

$settings = Read-MemoryMappedFile -Name 'Settings' | ConvertFrom-Json
"$($settings.Server) has $($settings.Ports.Count) ports"
Remove-MemoryMappedFile $map
