# Compiles Dotnet.cs with the compiler of PowerShell, and lets it run the protocol.
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Name)

$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition (Get-Content -Raw -LiteralPath (Join-Path $PSScriptRoot 'Dotnet.cs')) -CompilerOptions '-optimize+', '-unsafe'
[Dotnet]::Obey($Name)
