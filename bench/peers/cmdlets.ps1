<#
    Cmdlets on 100 bytes in 1 MiB: those of a module (this one or version 1), or PowerShell's own on a file in memory.

    The protocol is that of peer.h.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $Name,
    # A module with New-, Out- and Read-MemoryMappedFile. Without it: Set-, Add- and Get-Content.
    [string] $ModulePath,
    # For version 1, which has named maps only on Windows: maps a file in memory by its path.
    [switch] $ByPath
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$path = "/dev/shm/$Name"
$text = 'x' * 100
$capacity = 1MB
$strings = foreach ($number in 1..10000) { "line $number" }
$map = $null

function Clear-Map {
    # Version 1 refuses an empty string, and does not clear the rest of a longer text.
    if (-not $ByPath) { Out-MemoryMappedFile $map ''; return }
    $view = $map.CreateViewAccessor()
    $view.WriteArray(0, [byte[]]::new($capacity), 0, $capacity)
    $view.Dispose()
}

function Measure-Import {
    # Imports the module and creates the first map, each time in a new process; gives the nanoseconds of only these two.
    param([long] $Times)
    $shell = [System.Environment]::ProcessPath
    $first = if ($ByPath) { "New-MemoryMappedFile -Path '$path' -FileMode Open" } else { "New-MemoryMappedFile -Name '$Name-first' -Size 1024" }
    $script = "`$clock = [System.Diagnostics.Stopwatch]::StartNew(); Import-Module '$ModulePath'; `$map = $first; `$clock.ElapsedTicks * 1000000000 / [System.Diagnostics.Stopwatch]::Frequency"
    [long] $sum = 0
    for ($call = 0; $call -lt $Times; $call++) { $sum += [long] (& $shell -NoProfile -NonInteractive -Command $script | Select-Object -Last 1) }
    $sum
}

if ($ModulePath) {
    Import-Module $ModulePath
    $begin = {
        if ($ByPath) {
            [System.IO.File]::WriteAllBytes($path, [byte[]]::new($capacity))
            $script:map = New-MemoryMappedFile -Path $path -FileMode Open
        }
        else { $script:map = New-MemoryMappedFile -Name $Name -Size $capacity }
        Out-MemoryMappedFile $script:map $text
    }
    $end = {
        $script:map.Dispose()
        if ($ByPath) { [System.IO.File]::Delete($path) }
    }
    $work = [ordered] @{
        cmdlet_out    = { param($times) for ($call = 0; $call -lt $times; $call++) { Out-MemoryMappedFile $map $text } }
        cmdlet_append = { param($times) Clear-Map; for ($call = 0; $call -lt $times; $call++) { Out-MemoryMappedFile $map $text -Append } }
        cmdlet_read   = { param($times) for ($call = 0; $call -lt $times; $call++) { $null = Read-MemoryMappedFile $map } }
        import        = { param($times) Measure-Import $times }
    }
    if (-not $ByPath) {
        # Version 1 reads and writes the whole map for each string, so this would take too long.
        $work.cmdlet_pipeline = { param($times) for ($call = 0; $call -lt $times; $call++) { Clear-Map; $strings | Out-MemoryMappedFile $map -Append } }
    }
}
else {
    $begin = { Set-Content -LiteralPath $path $text -NoNewline }
    $end = { [System.IO.File]::Delete($path) }
    $work = [ordered] @{
        cmdlet_out    = { param($times) for ($call = 0; $call -lt $times; $call++) { Set-Content -LiteralPath $path $text -NoNewline } }
        cmdlet_append = { param($times) Set-Content -LiteralPath $path '' -NoNewline; for ($call = 0; $call -lt $times; $call++) { Add-Content -LiteralPath $path $text } }
        cmdlet_read   = { param($times) for ($call = 0; $call -lt $times; $call++) { $null = Get-Content -LiteralPath $path -Raw } }
        cmdlet_pipeline = { param($times) for ($call = 0; $call -lt $times; $call++) { Set-Content -LiteralPath $path '' -NoNewline; $strings | Add-Content -LiteralPath $path } }
    }
}

[Console]::WriteLine($work.Keys -join ' ')
$current = $null
$clock = [System.Diagnostics.Stopwatch]::new()
while ($null -ne ($line = [Console]::ReadLine())) {
    $words = $line.Split(' ')
    switch ($words[0]) {
        'begin' {
            $current = $words[1]
            . $begin
            [Console]::WriteLine('ok')
        }
        'run' {
            $clock.Restart()
            $measured = & $work[$current] ([long] $words[1])
            $took = [long] ($clock.Elapsed.TotalMilliseconds * 1e6)
            # Work in other processes reports its own time.
            [Console]::WriteLine($(if ($measured) { $measured } else { $took }))
        }
        'end' {
            . $end
            [Console]::WriteLine('ok')
        }
    }
}
