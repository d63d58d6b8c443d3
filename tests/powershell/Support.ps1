# Functions that all test files use. Each file dot-sources this one in BeforeAll.

Set-StrictMode -Version Latest

$ModuleName = 'System.IO.MemoryMappedFiles.Commands'
$ModulePath = $env:MMF_TEST_MODULE
$IsWindowsHere = [System.IO.Path]::DirectorySeparatorChar -eq '\'
# On Linux, named maps are files that a test can look at.
$HasMapFolder = -not $IsWindowsHere -and $IsLinux
$MapFolder = '/dev/shm'
$HasDescriptorFolder = $HasMapFolder
$Shell = [System.Diagnostics.Process]::GetCurrentProcess().MainModule.FileName

Import-Module $ModulePath -ErrorAction Stop

function Get-RoundedCapacity {
    # The capacity of a map in memory of this size: Windows rounds up to pages.
    param([long] $Size)
    if ($IsWindowsHere) { [long] [System.Math]::Ceiling($Size / 4096) * 4096 } else { $Size }
}

function New-TestName { 'mmf-test-' + [guid]::NewGuid().ToString('N') }

function New-TestFile {
    # The path of a new file. The file is created only if bytes are given.
    param([byte[]] $Bytes)
    $path = Join-Path $TestDrive ([guid]::NewGuid().ToString('N') + '.bin')
    if ($Bytes) { [System.IO.File]::WriteAllBytes($path, $Bytes) }
    $path
}

function Start-Shell {
    # Starts a script in a separate PowerShell process. Send-Line writes to its input; Receive-Line and
    # Stop-Shell read its output.
    param([string] $Script, [string[]] $Before = @())

    $file = Join-Path $TestDrive ([guid]::NewGuid().ToString('N') + '.ps1')
    [System.IO.File]::WriteAllText($file, $Script, [System.Text.UTF8Encoding]::new($true))
    $start = [System.Diagnostics.ProcessStartInfo]::new()
    $words = @($Before) + @($Shell, '-NoProfile', '-ExecutionPolicy', 'Bypass', '-File', $file)
    $start.FileName = $words[0]
    $start.Arguments = ($words[1..($words.Count - 1)] | ForEach-Object { '"' + $_ + '"' }) -join ' '
    $start.UseShellExecute = $false
    $start.RedirectStandardInput = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = [System.Text.UTF8Encoding]::new($false)
    $process = [System.Diagnostics.Process]::Start($start)
    # Read in the background, so that a full pipe cannot block the process.
    $errors = $process.StandardError.ReadToEndAsync()
    [pscustomobject]@{ Process = $process; Errors = $errors; Lines = [System.Collections.Generic.List[string]]::new() }
}

function Receive-Line {
    # Waits for a line that matches. Throws if the process ends without one.
    param($Child, [string] $Pattern)
    while ($null -ne ($line = $Child.Process.StandardOutput.ReadLine())) {
        $Child.Lines.Add($line)
        if ($line -match $Pattern) { return $line }
    }
    throw "The process ended without '$Pattern'. Its output:`n$($Child.Lines -join "`n")`n$($Child.Errors.Result)"
}

function Send-Line {
    param($Child, [string] $Text = '')
    $Child.Process.StandardInput.WriteLine($Text)
    $Child.Process.StandardInput.Flush()
}

function Stop-Shell {
    # Waits for the end of the process; gives all lines that it printed.
    param($Child)
    $Child.Process.StandardInput.Close()
    while ($null -ne ($line = $Child.Process.StandardOutput.ReadLine())) { $Child.Lines.Add($line) }
    $Child.Process.WaitForExit()
    $Child.Lines.ToArray()
}

function Invoke-Shell {
    # Runs a script in a new PowerShell process with the module; gives its lines. Throws if it reports an error.
    param([string] $Script)
    $child = Start-Shell "`$ErrorActionPreference = 'Stop'; Import-Module $ModuleName`n$Script"
    $lines = Stop-Shell $child
    if ($child.Process.ExitCode -ne 0 -or $child.Errors.Result) {
        throw "The process ended with $($child.Process.ExitCode). Its output:`n$($lines -join "`n")`n$($child.Errors.Result)"
    }
    $lines
}

function Set-SkippedUnless {
    # Skips the rest of a test unless the condition holds.
    param([bool] $Condition, [string] $Because)
    if (-not $Condition) { Set-ItResult -Skipped -Because $Because }
}

function Test-MapName {
    # Whether a map of this name exists.
    param([string] $Name)
    $map = Open-MemoryMappedFile $Name -ErrorAction Ignore
    if ($map) { Remove-MemoryMappedFile $map }
    [bool] $map
}

function Wait-Until {
    # Waits until another thread has made the condition true.
    param([scriptblock] $Condition)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    while (-not (& $Condition)) { if ($clock.Elapsed.TotalSeconds -gt 60) { throw "Not true after 60 s: $Condition" } }
}
