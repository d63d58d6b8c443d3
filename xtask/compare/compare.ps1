<#
    `cargo xtask compare`: the module, the way of its version 1, and .NET itself from C#. Prints what
    compare.c prints.

    Version 1 takes a stream over the whole map, as its documentation says: writing puts the text at its
    beginning, reading takes all of it and leaves the NULs out, appending reads and rewrites everything.
#>
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $ModulePath, [Parameter(Mandatory)] [string] $Name, [Parameter(Mandatory)] [string] $Place)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module $ModulePath
$capacity = 1MB
$short = 'x' * 100
$long = 'y' * 512KB

function Write-Old {
    [CmdletBinding(SupportsShouldProcess)] param($Map, [string] $String, [switch] $Append)
    process {
        if ($PSCmdlet.ShouldProcess('map')) {
            if ($Append) { $String = (Read-Old $Map) + "`r`n" + $String }
            $stream = $Map.CreateViewStream()
            $writer = [System.IO.StreamWriter]::new($stream)
            $writer.Write($String)
            $writer.Dispose()
        }
    }
}

function Read-Old {
    [CmdletBinding(SupportsShouldProcess)] param($Map)
    process {
        if ($PSCmdlet.ShouldProcess('map')) {
            $reader = [System.IO.StreamReader]::new($Map.CreateViewStream())
            $reader.ReadToEnd().Replace("`0", '')
            $reader.Dispose()
        }
    }
}

function Measure-Call {
    # The best of some rounds, in microseconds for one call; what changes before each is not counted.
    param([scriptblock] $Prepare, [scriptblock] $Work, [int] $Calls, [scriptblock] $Change)
    $clock = [System.Diagnostics.Stopwatch]::new()
    $rounds = for ($round = 0; $round -lt 9; $round++) {
        $null = . $Prepare
        $null = . $Work
        $clock.Restart()
        for ($call = 0; $call -lt $Calls; $call++) {
            if ($Change) {
                $clock.Stop()
                $null = . $Change
                $clock.Start()
            }
            $null = . $Work
        }
        $clock.Elapsed.TotalMilliseconds * 1000 / $Calls
    }
    ($rounds | Measure-Object -Minimum).Minimum
}

function Show-Row {
    param([string] $Who, [double[]] $Figures)
    "$Who|$(($Figures | ForEach-Object { $_.ToString('g6', [cultureinfo]::InvariantCulture) }) -join '|')"
}

function Assert-Length {
    param([string] $Text, [int] $Length)
    if ($Text.Length -ne $Length) { throw "what is read has $($Text.Length) characters, not $Length" }
}

$map = New-MemoryMappedFile $Name $capacity
$figures = @(
    Measure-Call { } { Out-MemoryMappedFile $map $short } 100
    Measure-Call { Out-MemoryMappedFile $map $short } { Read-MemoryMappedFile $map } 100
    Measure-Call { Out-MemoryMappedFile $map $long } { Out-MemoryMappedFile $map $short -Append } 100
    # Each time another text: the same one would not be read again.
    Measure-Call { } { Read-MemoryMappedFile $map } 20 { Out-MemoryMappedFile $map ("$call" + $long.Substring("$call".Length)) }
)
Assert-Length (Read-MemoryMappedFile $map) $long.Length
Remove-MemoryMappedFile $map
Show-Row 'mmf, PowerShell' $figures

# Outside Windows .NET has no named maps, so the file of an anonymous one stands in.
[System.IO.File]::WriteAllBytes($Place, [byte[]]::new($capacity))
$map = [System.IO.MemoryMappedFiles.MemoryMappedFile]::CreateFromFile($Place)
$clear = {
    $stream = $map.CreateViewStream()
    $stream.Write([byte[]]::new($capacity), 0, $capacity)
    $stream.Dispose()
}
$figures = @(
    Measure-Call { } { Write-Old $map $short } 100
    Measure-Call { . $clear; Write-Old $map $short } { Read-Old $map } 20
    Measure-Call { . $clear; Write-Old $map $long } { Write-Old $map $short -Append } 20
    Measure-Call { . $clear; Write-Old $map $long } { Read-Old $map } 20
)
Assert-Length (Read-Old $map) $long.Length
$map.Dispose()
Show-Row "the module's version 1, PowerShell" $figures

Add-Type -TypeDefinition @'
using System;
using System.Diagnostics;
using System.IO;
using System.IO.MemoryMappedFiles;
using System.Text;

public static class Plain
{
    const int Capacity = 1 << 20;
    static readonly string Short = new string('x', 100), Long = new string('y', 512 << 10);
    static MemoryMappedFile map;

    static void Write(string text)
    {
        using (var stream = map.CreateViewStream()) {
            var bytes = Encoding.UTF8.GetBytes(text + "\0");
            stream.Write(bytes, 0, bytes.Length);
        }
    }

    static string Read()
    {
        using (var reader = new StreamReader(map.CreateViewStream()))
            return reader.ReadToEnd().TrimEnd('\0');
    }

    static void Append()
    {
        // Where the content ends, without decoding it.
        using (var stream = map.CreateViewStream()) {
            var all = new byte[Capacity];
            int size = stream.Read(all, 0, Capacity), end = Array.IndexOf(all, (byte)0, 0, size);
            var bytes = Encoding.UTF8.GetBytes("\r\n" + Short);
            stream.Position = end;
            stream.Write(bytes, 0, bytes.Length);
        }
    }

    static void Clear(string text)
    {
        using (var stream = map.CreateViewStream()) stream.Write(new byte[Capacity], 0, Capacity);
        Write(text);
    }

    static double Measured(Action prepare, Action work)
    {
        double best = double.MaxValue;
        for (int round = 0; round < 15; round++) {
            prepare();
            work();
            var clock = Stopwatch.StartNew();
            for (int call = 0; call < 40; call++) work();
            best = Math.Min(best, clock.Elapsed.TotalMilliseconds * 1000 / 40);
        }
        return best;
    }

    static void Take(int length)
    {
        if (Read().Length != length) throw new Exception("what is read is not what was written");
    }

    public static double[] Run(string file)
    {
        map = MemoryMappedFile.CreateFromFile(file);
        using (map)
            return new[] {
                Measured(() => { }, () => Write(Short)),
                Measured(() => Clear(Short), () => Take(100)),
                Measured(() => Clear(Long), Append),
                Measured(() => Clear(Long), () => Take(512 << 10)),
            };
    }
}
'@
Show-Row '.NET, C#' ([Plain]::Run($Place))
[System.IO.File]::Delete($Place)
