<#
    Runs the Pester suite on a module that was built, in this process: start it in a fresh PowerShell.

    The last line is read by programs: "powershell: N passed, M failed, K skipped".
#>
[CmdletBinding()]
param(
    # The folder of the built module.
    [Parameter(Mandatory)] [string] $ModulePath,
    # The folder of Pester 5.7.1, if it is not on the module path.
    [string] $PesterPath,
    # Where to write the results as NUnit XML.
    [string] $ResultPath,
    # Test files to run instead of all, with commas between.
    [string] $Only = '*',
    # What the tests are run under: nothing special, Wine, a breakpoint that is set, or errors that stop everywhere. The latter
    # three leave out the tests of texts, and the last two also those of other processes and those that take long.
    [ValidateSet('Plain', 'Wine', 'Breakpoint', 'Stop')] [string] $Under = 'Plain'
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

$pester = if ($PesterPath) { Join-Path $PesterPath 'Pester.psd1' } else { 'Pester' }
Import-Module $pester -RequiredVersion 5.7.1 -Global

# The tests, and the processes that they start, find the module by its name.
$module = (Resolve-Path -LiteralPath $ModulePath).ProviderPath
$env:MMF_TEST_MODULE = $module
$env:PSModulePath = (Split-Path $module) + [System.IO.Path]::PathSeparator + $env:PSModulePath

# A breakpoint that is never met makes PowerShell run everything as for a debugger, as an editor does.
if ($Under -eq 'Breakpoint') { $null = Set-PSBreakpoint -Variable 'MmfNeverSet' -Mode Write -Action { } }
if ($Under -eq 'Stop') { $global:ErrorActionPreference = 'Stop' }

$configuration = New-PesterConfiguration
$configuration.Run.Path = @($Only.Split(',') | ForEach-Object { Get-ChildItem -Path (Join-Path $PSScriptRoot "$_.Tests.ps1") } | ForEach-Object FullName)
$configuration.Run.PassThru = $true
# Wine does not always stop an endless loop.
$leftOut = @{ Plain = @(); Wine = @('Text', 'Endless'); Breakpoint = @('Text', 'Process', 'Slow'); Stop = @('Text', 'Process', 'Slow') }
$configuration.Filter.ExcludeTag = $leftOut[$Under]
$configuration.Output.Verbosity = 'Detailed'
$configuration.Output.RenderMode = 'Plaintext'
if ($ResultPath) {
    $configuration.TestResult.Enabled = $true
    $configuration.TestResult.OutputPath = $ResultPath
}
$result = Invoke-Pester -Configuration $configuration

# A file that cannot be read, and a set-up that breaks, are failures, too.
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
foreach ($test in $result.Skipped) {
    $reason = if ($test.ErrorRecord) { ($test.ErrorRecord[0].Exception.Message -split ', because ', 2)[-1] } else { 'no reason given' }
    Write-Host "skipped: $($test.ExpandedPath): $reason"
}
Write-Host "powershell: $($result.PassedCount) passed, $failed failed, $($result.SkippedCount) skipped"
exit [int] ($failed -gt 0 -or $result.PassedCount -eq 0)
