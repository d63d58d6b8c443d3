<#
    Runs the Pester tests on a built module, in this process. Start it in a new PowerShell.

    Programs read the last line: "powershell: N passed, M failed, K skipped".
#>
[CmdletBinding()]
param(
    # The folder of the built module.
    [Parameter(Mandatory)] [string] $ModulePath,
    # The folder of Pester 5.7.1, if it is not on the module path.
    [string] $PesterPath,
    # Where to write the results as NUnit XML.
    [string] $ResultPath,
    # Test files to run instead of all, separated by commas.
    [string] $Only = '*',
    # The conditions of the run: Plain, Wine, a breakpoint that is set, or $ErrorActionPreference = 'Stop'. All but Plain omit
    # the tests tagged Text; Breakpoint and Stop also omit those tagged Process and Slow.
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

# A breakpoint makes PowerShell run everything in debug mode, as an editor does, even if the breakpoint is never hit.
if ($Under -eq 'Breakpoint') { $null = Set-PSBreakpoint -Variable 'MmfNeverSet' -Mode Write -Action { } }
if ($Under -eq 'Stop') { $global:ErrorActionPreference = 'Stop' }

$configuration = New-PesterConfiguration
$configuration.Run.Path = @($Only.Split(',') | ForEach-Object { Get-ChildItem -Path (Join-Path $PSScriptRoot "$_.Tests.ps1") } | ForEach-Object FullName)
$configuration.Run.PassThru = $true
# Wine does not always stop an endless loop.
$omitted = @{ Plain = @(); Wine = @('Text', 'Endless'); Breakpoint = @('Text', 'Process', 'Slow'); Stop = @('Text', 'Process', 'Slow') }
$configuration.Filter.ExcludeTag = $omitted[$Under]
$configuration.Output.Verbosity = 'Detailed'
$configuration.Output.RenderMode = 'Plaintext'
if ($ResultPath) {
    $configuration.TestResult.Enabled = $true
    $configuration.TestResult.OutputPath = $ResultPath
}
$result = Invoke-Pester -Configuration $configuration

# Files that cannot be read and blocks that break count as failures.
$failed = $result.FailedCount + $result.FailedBlocksCount + $result.FailedContainersCount
foreach ($test in $result.Skipped) {
    $reason = if ($test.ErrorRecord) { ($test.ErrorRecord[0].Exception.Message -split ', because ', 2)[-1] } else { 'no reason given' }
    Write-Host "skipped: $($test.ExpandedPath): $reason"
}
Write-Host "powershell: $($result.PassedCount) passed, $failed failed, $($result.SkippedCount) skipped"
exit [int] ($failed -gt 0 -or $result.PassedCount -eq 0)
