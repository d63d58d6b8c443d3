<#
    Writes the help of the module from texts (en-US.psd1, de-DE.psd1) and from what the commands
    declare: parameters, types, positions and sets are never written down twice.
#>
[CmdletBinding()]
param(
    # The folder of the module, with its library; its commands are described.
    [Parameter(Mandatory)] [string] $ModulePath,
    # Where the folders en-US and de-DE are written to.
    [Parameter(Mandatory)] [string] $OutputPath
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
Import-Module $ModulePath
$common = [System.Management.Automation.Cmdlet]::CommonParameters + [System.Management.Automation.Cmdlet]::OptionalCommonParameters

function ConvertTo-Xml { param([string] $Text) [System.Security.SecurityElement]::Escape($Text) }
function ConvertTo-Paragraph { param([string] $Text) foreach ($part in $Text -split '\n\s*\n') { '<maml:para>' + (ConvertTo-Xml ($part -replace '\s*\n\s*', ' ').Trim()) + '</maml:para>' } }

function Get-ParameterXml {
    # One parameter, as a part of a syntax or of the list.
    param($Command, $Parameter, [string] $Description, $Words, [switch] $InSyntax)

    $metadata = $Command.Parameters[$Parameter.Name]
    $pipe = @(if ($Parameter.ValueFromPipeline) { 'ByValue' }; if ($Parameter.ValueFromPipelineByPropertyName) { 'ByPropertyName' })
    $input = if ($pipe) { "true ($($pipe -join ', '))" } else { 'false' }
    $position = if ($Parameter.Position -ge 0) { $Parameter.Position } else { 'named' }
    $aliases = if ($metadata.Aliases) { $metadata.Aliases -join ', ' } else { 'none' }
    $type = if ($metadata.ParameterType -eq [switch]) { 'SwitchParameter' } else { $metadata.ParameterType.Name }
    $default = $Words.Defaults["$($Command.Name) $($Parameter.Name)"]
    "<command:parameter required=`"$("$($Parameter.IsMandatory)".ToLower())`" variableLength=`"false`" globbing=`"$("$($Parameter.Name -eq 'Path' -and $Command.Name -like 'Save-*')".ToLower())`" pipelineInput=`"$input`" position=`"$position`" aliases=`"$aliases`">"
    "<maml:name>$($Parameter.Name)</maml:name>"
    "<maml:description>$(ConvertTo-Paragraph $Description)</maml:description>"
    if (-not $InSyntax -or $type -ne 'SwitchParameter') { "<command:parameterValue required=`"$("$($type -ne 'SwitchParameter')".ToLower())`" variableLength=`"false`">$type</command:parameterValue>" }
    "<dev:type><maml:name>$type</maml:name><maml:uri /></dev:type>"
    "<dev:defaultValue>$(if ($null -ne $default) { ConvertTo-Xml $default } elseif ($type -eq 'SwitchParameter') { 'False' } else { 'None' })</dev:defaultValue>"
    '</command:parameter>'
}

function Get-CommandXml {
    param($Command, $Text, $Words)

    $verb, $noun = $Command.Name -split '-'
    '<command:command xmlns:maml="http://schemas.microsoft.com/maml/2004/10" xmlns:command="http://schemas.microsoft.com/maml/dev/command/2004/10" xmlns:dev="http://schemas.microsoft.com/maml/dev/2004/10">'
    "<command:details><command:name>$($Command.Name)</command:name><command:verb>$verb</command:verb><command:noun>$noun</command:noun>"
    "<maml:description>$(ConvertTo-Paragraph $Text.Synopsis)</maml:description></command:details>"
    "<maml:description>$(ConvertTo-Paragraph $Text.Description)</maml:description>"
    '<command:syntax>'
    foreach ($set in $Command.ParameterSets | Sort-Object { -not $_.IsDefault }, Name) {
        "<command:syntaxItem><maml:name>$($Command.Name)</maml:name>"
        foreach ($parameter in $set.Parameters | Sort-Object { if ($_.Position -ge 0) { $_.Position } else { 1000 } }) {
            if ($parameter.Name -in $common -and $parameter.Name -notin 'WhatIf', 'Confirm') { continue }
            Get-ParameterXml $Command $parameter (Get-Description $Command $parameter.Name $Text $Words) $Words -InSyntax
        }
        '</command:syntaxItem>'
    }
    '</command:syntax><command:parameters>'
    foreach ($name in $Command.Parameters.Keys | Sort-Object) {
        if ($name -in $common -and $name -notin 'WhatIf', 'Confirm') { continue }
        # The default set tells of a parameter, or else the first one that has it.
        $parameter = $Command.ParameterSets | Sort-Object { -not $_.IsDefault } | ForEach-Object { $_.Parameters | Where-Object Name -EQ $name } | Select-Object -First 1
        Get-ParameterXml $Command $parameter (Get-Description $Command $name $Text $Words) $Words
    }
    '</command:parameters><command:inputTypes>'
    foreach ($type in $Text.Inputs) { "<command:inputType><dev:type><maml:name>$type</maml:name></dev:type><maml:description>$(ConvertTo-Paragraph $Words.Input)</maml:description></command:inputType>" }
    '</command:inputTypes><command:returnValues>'
    foreach ($type in $Text.Outputs) { "<command:returnValue><dev:type><maml:name>$type</maml:name></dev:type><maml:description>$(ConvertTo-Paragraph $Text.Output)</maml:description></command:returnValue>" }
    "</command:returnValues><maml:alertSet><maml:alert>$(ConvertTo-Paragraph $Text.Notes)</maml:alert></maml:alertSet><command:examples>"
    $number = 0
    foreach ($example in $Text.Examples) {
        $number++
        "<command:example><maml:title>-------------------------- $($Words.Example) $number`: $(ConvertTo-Xml $example[0]) --------------------------</maml:title>"
        "<dev:code>$(ConvertTo-Xml ($example[1] -replace '\r', ''))</dev:code><dev:remarks>$(ConvertTo-Paragraph $example[2])</dev:remarks></command:example>"
    }
    '</command:examples><command:relatedLinks>'
    foreach ($link in @((Get-Command -Module $Command.ModuleName).Name | Where-Object { $_ -ne $Command.Name } | Sort-Object) + 'about_MemoryMappedFile') { "<maml:navigationLink><maml:linkText>$link</maml:linkText><maml:uri /></maml:navigationLink>" }
    '</command:relatedLinks></command:command>'
}

function Get-Description {
    param($Command, [string] $Name, $Text, $Words)
    $found = $Text.Parameters[$Name]
    if (-not $found) { $found = $Words.Parameters[$Name] }
    if (-not $found) { throw "$($Command.Name) -$Name has no text in $($Words.Culture)." }
    $found
}

foreach ($culture in 'en-US', 'de-DE') {
    $words = Import-PowerShellDataFile -LiteralPath (Join-Path $PSScriptRoot "$culture.psd1")
    $lines = @(
        '<?xml version="1.0" encoding="utf-8"?>'
        '<!-- Written by powershell/help/New-Help.ps1. Change the texts there. -->'
        '<helpItems schema="maml" xmlns="http://msh">'
        foreach ($command in Get-Command -Module System.IO.MemoryMappedFiles.Commands | Sort-Object Name) { Get-CommandXml $command $words.Commands[$command.Name] $words }
        '</helpItems>'
    )
    $folder = Join-Path $OutputPath $culture
    $null = New-Item -ItemType Directory -Force $folder
    $utf8 = [System.Text.UTF8Encoding]::new($true)
    [System.IO.File]::WriteAllText((Join-Path $folder 'System.IO.MemoryMappedFiles.Commands-help.xml'), ($lines -join "`n") + "`n", $utf8)
    [System.IO.File]::WriteAllText((Join-Path $folder 'about_MemoryMappedFile.help.txt'), ($words.About -replace '\r', '').Trim() + "`n", $utf8)
}
