<#
    What the module costs, as ratios in one run: start it on the built module.

    Each figure is the best of several rounds, because what disturbs only ever makes it worse.
#>
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $ModulePath)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$module = (Resolve-Path -LiteralPath $ModulePath).ProviderPath
$shell = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
$missed = 0

function Measure-Best {
    # The shortest time of one call of each, in microseconds. They take turns, so that what disturbs
    # hits all of them alike.
    param([int] $Rounds, [int] $Calls, [System.Collections.IDictionary] $Work)
    $best = @{}
    $clock = [System.Diagnostics.Stopwatch]::new()
    for ($round = 0; $round -lt $Rounds; $round++) {
        foreach ($name in $Work.Keys) {
            $clock.Restart()
            & $Work[$name] $Calls
            $time = $clock.Elapsed.TotalMilliseconds * 1000 / $Calls
            if (-not $best.ContainsKey($name) -or $time -lt $best[$name]) { $best[$name] = $time }
        }
    }
    $best
}

function Show-Figure {
    # A figure without a limit is there to be known.
    param([string] $What, [double] $Value, [string] $Unit, [double] $Limit, [switch] $AtLeast)
    if (-not $PSBoundParameters.ContainsKey('Limit')) { return '{0,-58} {1,9:n2} {2}' -f $What, $Value, $Unit }
    $met = if ($AtLeast) { $Value -ge $Limit } else { $Value -le $Limit }
    if (-not $met) { $script:missed++ }
    '{0,-58} {1,9:n2} {2,-3} ({3} {4:n1}){5}' -f $What, $Value, $Unit, $(if ($AtLeast) { 'at least' } else { 'at most' }), $Limit, $(if ($met) { '' } else { '  MISSED' })
}

# Importing, and the first map: over a module that is empty, in fresh processes.
$empty = Join-Path ([System.IO.Path]::GetTempPath()) "mmf-empty-$([guid]::NewGuid().ToString('N'))"
$null = New-Item -ItemType Directory $empty
[System.IO.File]::WriteAllText((Join-Path $empty 'empty.psm1'), '')
[System.IO.File]::WriteAllText((Join-Path $empty 'empty.psd1'), "@{ RootModule = 'empty.psm1'; ModuleVersion = '1.0'; FunctionsToExport = @() }")
$script = @'
$clock = [System.Diagnostics.Stopwatch]::StartNew()
Import-Module '{0}'
{1}
$clock.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)
'@
$times = @{}
for ($round = 0; $round -lt 10; $round++) {
    foreach ($which in @('empty', (Join-Path $empty 'empty.psd1'), ''), @('ours', $module, '$map = New-MemoryMappedFile "mmf-bench-$PID" 1024')) {
        $file = Join-Path $empty 'run.ps1'
        [System.IO.File]::WriteAllText($file, $script.Replace('{0}', $which[1]).Replace('{1}', $which[2]))
        $time = [double]::Parse((& $shell -NoProfile -NonInteractive -File $file | Select-Object -Last 1), [cultureinfo]::InvariantCulture)
        if (-not $times.ContainsKey($which[0]) -or $time -lt $times[$which[0]]) { $times[$which[0]] = $time }
    }
}
Remove-Item -Recurse -LiteralPath $empty
Show-Figure 'importing and the first map, over an empty module' ($times.ours - $times.empty) 'ms' 200

# A call, over that of an empty advanced function with the same parameters.
Import-Module $module
foreach ($verb in 'Out', 'Read') {
    $command = Get-Command "$verb-MemoryMappedFile"
    $parameters = $command.ScriptBlock.Ast.Body.ParamBlock
    $attributes = ($parameters.Attributes | ForEach-Object { $_.Extent.Text }) -join "`n"
    Set-Item -Path "function:Empty$verb" -Value ([scriptblock]::Create("$attributes`n$($parameters.Extent.Text)`nprocess { }"))
}
$map = New-MemoryMappedFile "mmf-bench-$PID" 1MB
$text = 'x' * 100
$other = New-MemoryMappedFile "mmf-bench-$PID-append" 1MB
$best = Measure-Best 40 500 ([ordered] @{
        EmptyOut = { param($calls) for ($call = 0; $call -lt $calls; $call++) { EmptyOut $map $text } }
        Out = { param($calls) for ($call = 0; $call -lt $calls; $call++) { Out-MemoryMappedFile $map $text } }
        Append = { param($calls) Out-MemoryMappedFile $other ''; for ($call = 0; $call -lt $calls; $call++) { Out-MemoryMappedFile $other $text -Append } }
        EmptyRead = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $null = EmptyRead $map } }
        Read = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $null = Read-MemoryMappedFile $map } }
    })
Remove-MemoryMappedFile $other
Show-Figure 'Out- of 100 bytes, over an empty function' ($best.Out / $best.EmptyOut) 'x' 2.5
Show-Figure 'Out- -Append of 100 bytes, over an empty function' ($best.Append / $best.EmptyOut) 'x' 2.5
Show-Figure 'Read- of 100 bytes, over an empty function' ($best.Read / $best.EmptyRead) 'x' 2.5
Remove-MemoryMappedFile $map

# Reading much, against .NET's own way. So many calls in a row, because what each leaves to the garbage
# collector is part of what it costs: in short turns one would pay for the other, as chance has it.
foreach ($case in @('in a map of 1 MiB', 1MB, 10), @('in a map that it fills', 512KB, 3)) {
    $map = New-MemoryMappedFile "mmf-bench-$PID" $case[1]
    Out-MemoryMappedFile $map ('abcdefgh' * 64KB)
    $first = $map.CreateViewAccessor(0, 1)
    # A text that did not change is not read again: what reading costs when it did is asked, too.
    $ours = {
        param($calls, $change)
        for ($call = 0; $call -lt $calls; $call++) {
            if ($change) { $first.Write(0, [byte] (97 + $call % 2)) }
            $null = Read-MemoryMappedFile $map
        }
    }
    $theirs = {
        # What the module of old did: a stream over the whole map, and the NULs taken out.
        param($calls, $change)
        for ($call = 0; $call -lt $calls; $call++) {
            if ($change) { $first.Write(0, [byte] (97 + $call % 2)) }
            $stream = $map.CreateViewStream()
            $reader = [System.IO.StreamReader]::new($stream)
            $null = $reader.ReadToEnd().Replace("`0", '')
            $reader.Dispose()
        }
    }
    $best = Measure-Best 8 200 ([ordered] @{
            Ours = { param($calls) & $ours $calls $false }
            Theirs = { param($calls) & $theirs $calls $false }
            OursChanged = { param($calls) & $ours $calls $true }
            TheirsChanged = { param($calls) & $theirs $calls $true }
        })
    Show-Figure "reading 512 KiB $($case[0]), against StreamReader" ($best.Theirs / $best.Ours) 'x' $case[2] -AtLeast
    Show-Figure '    the same, of a text that changes each time' ($best.TheirsChanged / $best.OursChanged) 'x'
    $first.Dispose()
    Remove-MemoryMappedFile $map
}
exit [int] ($missed -gt 0)
