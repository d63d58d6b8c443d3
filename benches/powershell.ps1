<#
    The cost of the module's cmdlets as ratios, measured in one run on the built module.

    Each figure is the best of several rounds, because load on the machine only makes a figure worse.
#>
[CmdletBinding()]
param(
    [Parameter(Mandatory)] [string] $ModulePath,
    # A module whose commands are script functions, to compare with.
    [string] $ScriptModulePath
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$module = (Resolve-Path -LiteralPath $ModulePath).ProviderPath
$shell = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName
$missed = 0

function Measure-Best {
    # The shortest time of one call of each, in microseconds. They take turns, so that load on the machine
    # affects all of them.
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
    # A figure without a limit is only shown.
    param([string] $What, [double] $Value, [string] $Unit, [double] $Limit, [switch] $AtLeast)
    if (-not $PSBoundParameters.ContainsKey('Limit')) { return '{0,-62} {1,9:n2} {2}' -f $What, $Value, $Unit }
    $met = if ($AtLeast) { $Value -ge $Limit } else { $Value -le $Limit }
    if (-not $met) { $script:missed++ }
    '{0,-62} {1,9:n2} {2,-3} ({3} {4:n1}){5}' -f $What, $Value, $Unit, $(if ($AtLeast) { 'at least' } else { 'at most' }), $Limit, $(if ($met) { '' } else { '  MISSED' })
}

function Add-EmptyCmdlet {
    # A compiled cmdlet that has the parameters of another one and does nothing.
    param([string] $Verb)
    $type = (Get-Command "$Verb-MemoryMappedFile").ImplementingType
    $spell = {
        param($of)
        if ($of.IsGenericType) { return '{0}<{1}>' -f $of.FullName.Split('`')[0], (@($of.GetGenericArguments() | ForEach-Object { & $spell $_ }) -join ', ') }
        "global::$($of.FullName.Replace('+', '.'))"
    }
    $properties = foreach ($property in $type.GetProperties()) {
        $attributes = @($property.GetCustomAttributes($true).Where({ $_ -is [Parameter] }))
        if (-not $attributes) { continue }
        foreach ($attribute in $attributes) {
            $position = if ($attribute.Position -ge 0) { ", Position = $($attribute.Position)" }
            '[Parameter(ParameterSetName = "{0}", Mandatory = {1}, ValueFromPipeline = {2}, ValueFromPipelineByPropertyName = {3}{4})]' -f
            $attribute.ParameterSetName, "$($attribute.Mandatory)".ToLower(), "$($attribute.ValueFromPipeline)".ToLower(), "$($attribute.ValueFromPipelineByPropertyName)".ToLower(), $position
        }
        if ($property.GetCustomAttributes($true).Where({ $_ -is [AllowEmptyString] })) { '[AllowEmptyString]' }
        "public $(& $spell $property.PropertyType) $($property.Name) { get; set; }"
    }
    $about = $type.GetCustomAttributes($true).Where({ $_ -is [System.Management.Automation.CmdletAttribute] })[0]
    $source = @"
using System.Management.Automation;
[Cmdlet("Empty", "$Verb", DefaultParameterSetName = "$($about.DefaultParameterSetName)", SupportsShouldProcess = $("$($about.SupportsShouldProcess)".ToLower()))]
public sealed class Empty$Verb : PSCmdlet
{
    $($properties -join "`n    ")
}
"@
    $references = @(Get-ChildItem -Path (Join-Path $PSHOME 'ref') -Filter *.dll | ForEach-Object FullName) + [psobject].Assembly.Location + [Mmf.MemoryMappedFile].Assembly.Location
    Import-Module -Assembly (Add-Type -TypeDefinition $source -ReferencedAssemblies $references -PassThru -IgnoreWarnings)[0].Assembly -Global -DisableNameChecking
}

# Importing and creating the first map, minus the time of an empty module, in new processes.
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
$first = '$map = New-MemoryMappedFile "mmf-bench-$PID" 1024'
for ($round = 0; $round -lt 10; $round++) {
    foreach ($which in @('empty', (Join-Path $empty 'empty.psd1'), ''), @('ours', $module, $first), @('scripts', $ScriptModulePath, $first)) {
        if (-not $which[1]) { continue }
        $file = Join-Path $empty 'run.ps1'
        [System.IO.File]::WriteAllText($file, $script.Replace('{0}', $which[1]).Replace('{1}', $which[2]))
        $time = [double]::Parse((& $shell -NoProfile -NonInteractive -File $file | Select-Object -Last 1), [cultureinfo]::InvariantCulture)
        if (-not $times.ContainsKey($which[0]) -or $time -lt $times[$which[0]]) { $times[$which[0]] = $time }
    }
}
Remove-Item -Recurse -LiteralPath $empty
Show-Figure 'importing and the first map, minus an empty module' ($times.ours - $times.empty) 'ms' 70
if ($ScriptModulePath) { Show-Figure '    the same with script functions' ($times.scripts - $times.empty) 'ms' }

# A call, divided by that of an empty cmdlet with the same parameters; and compared with script functions.
Import-Module $module
Add-EmptyCmdlet 'Out'
Add-EmptyCmdlet 'Read'
$map = New-MemoryMappedFile "mmf-bench-$PID" 1MB
$text = 'x' * 100
$other = New-MemoryMappedFile "mmf-bench-$PID-append" 1MB
$work = [ordered] @{
    EmptyOut = { param($calls) for ($call = 0; $call -lt $calls; $call++) { Empty-Out $map $text } }
    Out = { param($calls) for ($call = 0; $call -lt $calls; $call++) { Out-MemoryMappedFile $map $text } }
    EmptyAppend = { param($calls) for ($call = 0; $call -lt $calls; $call++) { Empty-Out $other $text -Append } }
    Append = { param($calls) Out-MemoryMappedFile $other ''; for ($call = 0; $call -lt $calls; $call++) { Out-MemoryMappedFile $other $text -Append } }
    EmptyRead = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $null = Empty-Read $map } }
    Read = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $null = Read-MemoryMappedFile $map } }
}
if ($ScriptModulePath) {
    Import-Module $ScriptModulePath -Prefix Script
    $old = New-ScriptMemoryMappedFile "mmf-bench-$PID-script" 1MB
    $work += [ordered] @{
        ScriptOut = { param($calls) for ($call = 0; $call -lt $calls; $call++) { Out-ScriptMemoryMappedFile $old $text } }
        ScriptRead = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $null = Read-ScriptMemoryMappedFile $old } }
        ScriptAppend = { param($calls) Out-ScriptMemoryMappedFile $old ''; for ($call = 0; $call -lt $calls; $call++) { Out-ScriptMemoryMappedFile $old $text -Append } }
    }
}
# Read- reads the 100 bytes that Out- wrote.
Out-MemoryMappedFile $map $text
$best = Measure-Best 40 500 $work
foreach ($which in @('Out', 'Out-'), @('Append', 'Out- -Append'), @('Read', 'Read-')) {
    Show-Figure "$($which[1]) of 100 bytes" $best[$which[0]] 'µs'
    Show-Figure '    divided by an empty cmdlet' ($best[$which[0]] / $best["Empty$($which[0])"]) 'x' 1.5
    if ($ScriptModulePath) { Show-Figure '    speed-up over script functions' ($best["Script$($which[0])"] / $best[$which[0]]) 'x' 1.8 -AtLeast }
}
$map, $other | Remove-MemoryMappedFile
if ($ScriptModulePath) { $old.Dispose() }

# Many piped strings.
$map = New-MemoryMappedFile "mmf-bench-$PID" 4MB
$strings = foreach ($number in 1..100000) { "line $number" }
$best = Measure-Best 3 1 @{ Pipeline = { Out-MemoryMappedFile $map ''; $strings | Out-MemoryMappedFile $map -Append } }
Show-Figure '100,000 piped strings with -Append' ($best.Pipeline / 1e6) 's' 2
if ((Read-MemoryMappedFile $map).Length -ne ($strings -join "`r`n").Length) { throw 'Some strings are missing from the map.' }
Remove-MemoryMappedFile $map

# Waiting: the time from just before another process writes to the return of Wait-.
$map = New-MemoryMappedFile "mmf-bench-$PID" 4096
$start = [System.Diagnostics.ProcessStartInfo]::new($shell)
$start.UseShellExecute = $false
$start.RedirectStandardInput = $true
# The writer waits a moment, so that this process sleeps when it writes.
$write = "while ([Console]::In.ReadLine()) { Start-Sleep -Milliseconds 5; Out-MemoryMappedFile `$map ([System.Diagnostics.Stopwatch]::GetTimestamp()) }"
$start.Arguments = "-NoProfile -NonInteractive -Command `"Import-Module '$module'; `$map = Open-MemoryMappedFile '$($map.Name)'; $write`""
$writer = [System.Diagnostics.Process]::Start($start)
$null = Wait-MemoryMappedFile $map -Timeout 0
$times = foreach ($round in 1..200) {
    $writer.StandardInput.WriteLine('write')
    $null = Wait-MemoryMappedFile $map
    $returned = [System.Diagnostics.Stopwatch]::GetTimestamp()
    ($returned - [long] (Read-MemoryMappedFile $map)) * 1000 / [System.Diagnostics.Stopwatch]::Frequency
}
$writer.StandardInput.Close()
$writer.WaitForExit()
$times = @($times | Sort-Object)
Show-Figure 'from a write in another process to the return of Wait-, median' $times[100] 'ms' 5
Show-Figure '    99th percentile' $times[197] 'ms'
Remove-MemoryMappedFile $map

# Reading a large text that changes each time, divided by pread and .NET's decoder on the same bytes.
Add-Type -TypeDefinition @'
public sealed class Peer : System.IDisposable
{
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle file;
    private readonly byte[] buffer;

    public Peer(string path, int length)
    {
        file = System.IO.File.OpenHandle(path, System.IO.FileMode.Open, System.IO.FileAccess.Read, System.IO.FileShare.ReadWrite);
        buffer = new byte[length];
    }

    public string Read() => System.Text.Encoding.UTF8.GetString(buffer, 0, System.IO.RandomAccess.Read(file, buffer, 0));

    public void Dispose() => file.Dispose();
}
'@
$path = Join-Path ([System.IO.Path]::GetTempPath()) "mmf-bench-$PID"
foreach ($case in @('ASCII', 'abcdefgh'), @('not ASCII', 'äöü€a')) {
    $unit = [System.Text.Encoding]::UTF8.GetBytes($case[1])
    $repeated = $case[1] * [int] [System.Math]::Floor(512KB / $unit.Length)
    $length = [System.Text.Encoding]::UTF8.GetByteCount($repeated)
    # Where a map in memory cannot be opened as a file, maps a file instead.
    $inMemory = [System.IO.Directory]::Exists('/dev/shm')
    if ($inMemory) { $path = "/dev/shm/mmf-bench-$PID"; $map = New-MemoryMappedFile "mmf-bench-$PID" 1MB }
    else { $map = New-MemoryMappedFile -Path $path -FileMode Create -Size 1MB }
    Out-MemoryMappedFile $map $repeated
    $peer = [Peer]::new($path, $length)
    $view = $map.CreateViewAccessor(0, $length)
    # The last byte is an ASCII character in both texts.
    $last = $length - 1
    $best = Measure-Best 12 200 ([ordered] @{
            Ours = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $view.Write($last, [byte] (97 + $call % 2)); $null = Read-MemoryMappedFile $map } }
            Theirs = { param($calls) for ($call = 0; $call -lt $calls; $call++) { $view.Write($last, [byte] (97 + $call % 2)); $null = $peer.Read() } }
        })
    if (-not [string]::Equals($peer.Read(), (Read-MemoryMappedFile $map), 'Ordinal')) { throw 'The two texts differ.' }
    Show-Figure "512 KiB of text ($($case[0])) that changes each time" $best.Ours 'µs'
    Show-Figure '    divided by pread and Encoding.UTF8.GetString' ($best.Ours / $best.Theirs) 'x' 1.3
    $view.Dispose()
    $peer.Dispose()
    Remove-MemoryMappedFile $map
    if (-not $inMemory) { Remove-Item -LiteralPath $path }
}
exit [int] ($missed -gt 0)
