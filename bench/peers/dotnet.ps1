# Compiles Dotnet.cs with the compiler that PowerShell carries, and hands the conversation to it.
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Name)

$ErrorActionPreference = 'Stop'
Add-Type -TypeDefinition (Get-Content -Raw -LiteralPath (Join-Path $PSScriptRoot 'Dotnet.cs')) -CompilerOptions '-optimize+', '-unsafe'
[Dotnet]::Obey($Name)
