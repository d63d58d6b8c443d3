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
Show-Figure 'importing and the first map, over an empty module' ($times.ours - $times.empty) 'ms' 70

# A call, over that of a compiled cmdlet with the same parameters that does nothing.
Import-Module $module
$empty = foreach ($verb in 'Out', 'Read') {
    $parameters = foreach ($parameter in (Get-Command "$verb-MemoryMappedFile").Parameters.Values) {
        $sets = $parameter.Attributes.Where({ $_ -is [Parameter] -and $parameter.Name -notin [System.Management.Automation.Cmdlet]::CommonParameters -and $parameter.Name -notin 'WhatIf', 'Confirm' })
        if (-not $sets) { continue }
        foreach ($set in $sets) {
            $words = @("ParameterSetName = `"$($set.ParameterSetName)`"", "Mandatory = $("$($set.Mandatory)".ToLower())")
            if ($set.Position -ge 0) { $words += "Position = $($set.Position)" }
            $words += "ValueFromPipeline = $("$($set.ValueFromPipeline)".ToLower())", "ValueFromPipelineByPropertyName = $("$($set.ValueFromPipelineByPropertyName)".ToLower())"
            "[Parameter($($words -join ', '))]"
        }
        $type = $parameter.ParameterType.FullName
        if ($type -like 'Mmf.*') { $type = 'System.Object' }
        if ($parameter.Name -eq 'String') { '[AllowEmptyString]' }
        "public $type $($parameter.Name) { get; set; }"
    }
    "[Cmdlet(`"Empty$verb`", `"Bench`", DefaultParameterSetName = `"MemoryMappedFile`", SupportsShouldProcess = true)] public class Empty$verb : PSCmdlet { $($parameters -join "`n") }"
}
$compiled = Add-Type -PassThru -IgnoreWarnings -TypeDefinition ("using System.Management.Automation;`n" + ($empty -join "`n"))
Import-Module -Assembly $compiled[0].Assembly
$map = New-MemoryMappedFile "mmf-bench-$PID" 1MB
$text = 'x' * 100
$other = New-MemoryMappedFile "mmf-bench-$PID-append" 1MB
$best = Measure-Best 40 500 ([ordered] @{
        EmptyOut = { param($calls) for ($call = 0; $call -lt $calls; $call++) { EmptyOut-Bench $map $text } }
        Out = { param($calls) for ($call = 0; $call -lt $calls; $call++) { Out-MemoryMappedFile $map $text } }
        Append = { param($calls) Out-MemoryMappedFile $other ''; for ($call = 0; $call -lt $calls; $call++) { Out-MemoryMappedFile $other $text -Append } }
        EmptyRead = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $null = EmptyRead-Bench $map } }
        Read = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $null = Read-MemoryMappedFile $map } }
    })
Remove-MemoryMappedFile $other
foreach ($name in 'EmptyOut', 'Out', 'Append', 'EmptyRead', 'Read') { Show-Figure "$name, a call" $best[$name] 'us' }
Show-Figure 'Out- of 100 bytes, over a cmdlet that does nothing' ($best.Out / $best.EmptyOut) 'x' 1.5
Show-Figure 'Out- -Append of 100 bytes, over a cmdlet that does nothing' ($best.Append / $best.EmptyOut) 'x' 1.5
Show-Figure 'Read- of 100 bytes, over a cmdlet that does nothing' ($best.Read / $best.EmptyRead) 'x' 1.5
Remove-MemoryMappedFile $map

# Many texts down the pipeline.
$map = New-MemoryMappedFile "mmf-bench-$PID" 8MB
$best = Measure-Best 3 1 ([ordered] @{ Pipeline = { param($calls) Out-MemoryMappedFile $map ''; 1..100000 | ForEach-Object { 'a line of text' } | Out-MemoryMappedFile $map -Append } })
Show-Figure '100,000 texts down the pipeline with -Append' ($best.Pipeline / 1000000) 's' 2
Remove-MemoryMappedFile $map

# Reading a text that changes each time, against reading the same bytes and decoding them.
$file = [System.IO.Path]::GetTempFileName()
foreach ($case in @('ASCII', ('abcdefgh' * 64KB)), @('not ASCII', (([string] [char] 0xE4) * 4 * 64KB))) {
    $map = New-MemoryMappedFile "mmf-bench-$PID" 512KB
    Out-MemoryMappedFile $map $case[1]
    $other = Open-MemoryMappedFile $map.Name
    # .NET's nearest to pread: the map's own file where there is one.
    $bytes = [byte[]]::new(512KB)
    $change = [byte[]] (65, 66)
    $path = if (Test-Path -LiteralPath "/dev/shm/$($map.Name)") { "/dev/shm/$($map.Name)" } else { [System.IO.File]::WriteAllBytes($file, [System.Text.Encoding]::UTF8.GetBytes($case[1])); $file }
    $stream = [System.IO.FileStream]::new($path, 'Open', 'Read', 'ReadWrite, Delete', 1)
    $best = Measure-Best 8 100 ([ordered] @{
            Ours = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $other.Write(0, $change, $call % 2, 1); $null = Read-MemoryMappedFile $map } }
            Theirs = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $other.Write(0, $change, $call % 2, 1); $null = $stream.Seek(0, 'Begin'); $null = $stream.Read($bytes, 0, $bytes.Length); $null = [System.Text.Encoding]::UTF8.GetString($bytes) } }
        })
    Show-Figure "reading 512 KiB, $($case[0]), against pread and GetString" ($best.Ours / $best.Theirs) 'x' 1.3
    $stream.Dispose()
    $map, $other | Remove-MemoryMappedFile
}
Remove-Item -LiteralPath $file
exit [int] ($missed -gt 0)
