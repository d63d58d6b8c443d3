# Stores an object in a map as CLIXML, which keeps .NET's types: dates, time spans, secure strings.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Deadline' -Size 64KB
$deadline = [pscustomobject] @{ Task = 'Backup'; Due = [datetime] '2030-01-31'; Takes = [timespan]::FromMinutes(90) }
Out-MemoryMappedFile $map ([System.Management.Automation.PSSerializer]::Serialize($deadline))

$found = [System.Management.Automation.PSSerializer]::Deserialize((Read-MemoryMappedFile -Name 'Deadline' -Raw))
"$($found.Task) ends at $(($found.Due + $found.Takes).ToString('yyyy-MM-dd HH:mm'))"
Remove-MemoryMappedFile $map
