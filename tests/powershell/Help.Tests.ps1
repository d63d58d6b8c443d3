# The pages in docs match the cmdlets, their examples print what they promise, and Get-Help shows the same text.

BeforeDiscovery {
    . (Join-Path $PSScriptRoot 'HelpPage.ps1')
    $Cultures = 'en-US', 'de-DE'
    $Pages = foreach ($culture in $Cultures) {
        foreach ($file in Get-ChildItem (Get-HelpPagePath $culture '*-MemoryMappedFile')) { @{ Culture = $culture; Name = $file.BaseName; File = $file.FullName } }
    }
    # An example is the text under its heading; its code blocks are run one after the other.
    $Examples = foreach ($page in $Pages) {
        $found = (Read-HelpPage $page.File).Examples
        foreach ($title in $found.Keys) { @{ Culture = $page.Culture; Name = $page.Name; Title = $title; Text = $found[$title] } }
    }
    foreach ($culture in $Cultures) {
        $text = [System.IO.File]::ReadAllText((Get-HelpPagePath $culture 'about_MemoryMappedFile')).Replace("`r", '')
        foreach ($part in ($text -split '(?m)^##+ ').Where({ $_ -match '```powershell' -and $_ -notmatch 'Import-Module' })) {
            $Examples += @{ Culture = $culture; Name = 'about_MemoryMappedFile'; Title = ($part -split "`n")[0]; Text = $part }
        }
    }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')
    . (Join-Path $PSScriptRoot 'HelpPage.ps1')
    $Repository = (Resolve-Path (Join-Path $PSScriptRoot '../..')).ProviderPath
    $Common = [System.Management.Automation.Cmdlet]::CommonParameters

    function Get-Maml {
        # The file that Get-Help reads: one element per cmdlet.
        param([string] $Culture)
        $read = [xml] [System.IO.File]::ReadAllText((Join-Path (Join-Path $ModulePath $Culture) "$ModuleName-help.xml"))
        $read.DocumentElement.ChildNodes
    }

    function Get-TypeName {
        param([type] $Type)
        if ($Type -eq [switch]) { 'SwitchParameter' } else { Get-TypeWithoutNullable $Type | ForEach-Object Name }
    }

    function Get-TypeWithoutNullable {
        # The type without Nullable.
        param([type] $Type)
        $bare = [System.Nullable]::GetUnderlyingType($Type)
        if ($bare) { $bare } else { $Type }
    }

    function Get-Syntax {
        # One line per parameter set: positional parameters, then mandatory ones, then the rest.
        param($Command, $Set)

        $all = $Set.Parameters.Where({ $_.Name -notin $Common })
        $named = $all.Where({ $_.Position -lt 0 -and $_.Name -notin 'WhatIf', 'Confirm' })
        $ordered = @($all.Where({ $_.Position -ge 0 }) | Sort-Object Position) + $named.Where({ $_.IsMandatory }) + $named.Where({ -not $_.IsMandatory }) + $all.Where({ $_.Name -eq 'WhatIf' }) + $all.Where({ $_.Name -eq 'Confirm' })
        $words = foreach ($parameter in $ordered) {
            $name = "-$($parameter.Name)"
            $type = Get-TypeName $parameter.ParameterType
            if ($parameter.ParameterType -eq [switch]) { "[$name]" }
            elseif ($parameter.Position -lt 0) { if ($parameter.IsMandatory) { "$name <$type>" } else { "[$name <$type>]" } }
            elseif ($parameter.IsMandatory) { "[$name] <$type>" }
            else { "[[$name] <$type>]" }
        }
        "$($Command.Name) $($words -join ' ') [<CommonParameters>]"
    }

    function ConvertTo-Comparable {
        # Removes differences that depend on the width of the terminal or on line ends.
        param([string] $Text)
        ($Text -replace '\r' -replace '-{2,}', '--' -replace '[ \t]+', ' ' -replace '(?m) $').Trim()
    }
}

Describe 'The pages in <_>' -Tag Text -ForEach $Cultures {
    It 'exist for each cmdlet, and for nothing else' {
        (Get-ChildItem (Get-HelpPagePath $_ '*-MemoryMappedFile')).BaseName | Sort-Object | Should -Be ((Get-Command -Module $ModuleName).Name | Sort-Object)
    }

    It 'are those in the MAML file, in the same order' {
        (Get-Maml $_).details.name | Should -Be ((Get-Command -Module $ModuleName).Name | Sort-Object)
    }
}

Describe '<Name> in <Culture>' -Tag Text -ForEach $Pages {
    BeforeAll {
        $Page = Read-HelpPage $File
        $Command = Get-Command $Name
        $Maml = Get-Maml $Culture | Where-Object { $_.details.name -eq $Name }
    }

    It 'has the sections that platyPS reads' {
        $Page.Title | Should -BeExactly $Name
        $Page.Facts['external help file'] | Should -BeExactly "$ModuleName-help.xml"
        $Page.Facts['Module Name'] | Should -BeExactly $ModuleName
        $Page.Facts['schema'] | Should -Be '2.0.0'
        $Page.Sections.Keys | Should -Be 'SYNOPSIS', 'SYNTAX', 'DESCRIPTION', 'EXAMPLES', 'PARAMETERS', 'INPUTS', 'OUTPUTS', 'NOTES', 'RELATED LINKS'
        foreach ($part in 'SYNOPSIS', 'DESCRIPTION', 'INPUTS', 'OUTPUTS') { $Page.Sections[$part] | Should -Not -BeNullOrEmpty -Because $part }
        $Page.Sections['SYNOPSIS'] | Should -Not -Match '\n'
        $Page.Sections['PARAMETERS'] | Should -Match '(?m)^### CommonParameters$'
        $Page.Examples.Count | Should -BeGreaterOrEqual 2
    }

    It 'names its online version' {
        $project = (Test-ModuleManifest (Join-Path $ModulePath "$ModuleName.psd1")).ProjectUri
        $Page.Facts['online version'] | Should -BeExactly "$project/blob/HEAD/docs/$Culture/$Name.md"
        if ($Culture -eq 'en-US') {
            $declared = $Command.ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false)
            $declared.HelpUri | Should -BeExactly $Page.Facts['online version']
        }
    }

    It 'has the syntax of each parameter set' {
        $sets = @($Command.ParameterSets | Sort-Object { -not $_.IsDefault }, Name)
        $titles = if ($sets.Count -eq 1) { '' } else { $sets | ForEach-Object { if ($_.IsDefault) { "$($_.Name) (Default)" } else { $_.Name } } }
        $Page.Syntax.Keys | Should -BeExactly $titles
        for ($at = 0; $at -lt $sets.Count; $at++) { @($Page.Syntax.Values)[$at] | Should -BeExactly (Get-Syntax $Command $sets[$at]) }
    }

    It 'describes each parameter in each parameter set' {
        $names = $Command.Parameters.Keys | Where-Object { $_ -notin $Common }
        $Page.Parameters.Keys | Sort-Object | Should -BeExactly ($names | Sort-Object)
        foreach ($name in $names) {
            $documented = $Page.Parameters[$name]
            $documented.Text | Should -Not -BeNullOrEmpty -Because "-$name"
            $metadata = $Command.Parameters[$name]
            foreach ($set in $Command.ParameterSets) {
                $parameter = $set.Parameters | Where-Object Name -EQ $name
                $facts = @($documented.Facts | Where-Object { $_['Parameter Sets'] -eq '(All)' -or $set.Name -in ($_['Parameter Sets'] -split ', ') })
                $because = "-$name in the set $($set.Name)"
                if (-not $parameter) { $facts | Should -HaveCount 0 -Because $because; continue }
                $facts | Should -HaveCount 1 -Because $because
                $type = Get-TypeWithoutNullable $metadata.ParameterType
                $facts[0]['Type'] | Should -BeExactly (Get-TypeName $type) -Because $because
                $facts[0]['Aliases'] | Should -BeExactly ($metadata.Aliases -join ', ') -Because $because
                "$($facts[0]['Accepted values'])" | Should -BeExactly $(if ($type.IsEnum) { [enum]::GetNames($type) -join ', ' } else { '' }) -Because $because
                $facts[0]['Required'] | Should -BeExactly "$($parameter.IsMandatory)" -Because $because
                $facts[0]['Position'] | Should -BeExactly $(if ($parameter.Position -ge 0) { $parameter.Position } else { 'Named' }) -Because $because
                $pipe = @(if ($parameter.ValueFromPipelineByPropertyName) { 'ByPropertyName' }; if ($parameter.ValueFromPipeline) { 'ByValue' }) -join ', '
                $facts[0]['Accept pipeline input'] | Should -BeExactly $(if ($pipe) { "True ($pipe)" } else { 'False' }) -Because $because
                $wildcards = $metadata.Attributes.Where({ $_ -is [System.Management.Automation.SupportsWildcardsAttribute] }).Count -gt 0
                $facts[0]['Accept wildcard characters'] | Should -BeExactly "$wildcards" -Because $because
            }
        }
    }

    It 'lists the input and output types' {
        $piped = $Command.ParameterSets.Parameters | Where-Object ValueFromPipeline | ForEach-Object { (Get-TypeWithoutNullable $_.ParameterType).FullName } | Sort-Object -Unique
        foreach ($type in $piped) { $Page.Inputs.Keys | Should -Contain $type }
        $out = @($Command.OutputType.Name | Where-Object { $_ -ne 'System.Void' }) | ForEach-Object { $_ -replace '\[\]$' } | Sort-Object -Unique
        $Page.Outputs.Keys | Where-Object { $_ -ne 'None' } | ForEach-Object { $_ -replace '\[\]$' } | Sort-Object -Unique | Should -Be $out
    }

    It 'links to the other pages' {
        $others = @((Get-Command -Module $ModuleName).Name | Where-Object { $_ -ne $Name } | Sort-Object) + 'about_MemoryMappedFile'
        $Page.Links.Text | Should -BeExactly $others
        foreach ($link in $Page.Links) { Get-HelpPagePath $Culture ($link.Uri -replace '\.md$') | Should -Exist }
    }

    It 'matches the MAML file; after a change, run powershell/New-Help.ps1' {
        $Maml.details.description.para | Should -BeExactly $Page.Sections['SYNOPSIS']
        $Maml.description.para | Should -BeExactly $Page.Sections['DESCRIPTION']
        $Maml.alertSet.alert.para | Should -BeExactly $Page.Sections['NOTES']

        $items = @($Maml.syntax.syntaxItem)
        $items | Should -HaveCount $Page.Syntax.Count
        for ($at = 0; $at -lt $items.Count; $at++) {
            $named = [regex]::Matches(@($Page.Syntax.Values)[$at], ' \[*-(\w+)') | ForEach-Object { $_.Groups[1].Value }
            $items[$at].parameter.name | Sort-Object | Should -BeExactly ($named | Sort-Object)
        }

        $Maml.parameters.parameter.name | Sort-Object | Should -BeExactly ($Page.Parameters.Keys | Sort-Object)
        foreach ($parameter in $Maml.parameters.parameter) {
            $name = $parameter.name
            # PlatyPS takes the first block, that of the default set.
            $facts = $Page.Parameters[$name].Facts
            (@($parameter.description.para) -join "`n`n") | Should -BeExactly $Page.Parameters[$name].Text -Because "-$name"
            $parameter.type.name | Should -BeExactly $facts[0]['Type'] -Because "-$name"
            $parameter.position | Should -Be $facts[0]['Position'] -Because "-$name"
            $parameter.required | Should -Be $facts[0]['Required'] -Because "-$name"
            $parameter.globbing | Should -Be $facts[0]['Accept wildcard characters'] -Because "-$name"
            $parameter.aliases | Should -BeExactly $(if ($facts[0]['Aliases']) { $facts[0]['Aliases'] } else { 'none' }) -Because "-$name"
            foreach ($way in 'ByValue', 'ByPropertyName') { ($parameter.pipelineInput -match $way) | Should -Be ($facts[0]['Accept pipeline input'] -match $way) -Because "-$name" }
            $values = if ($parameter['command:parameterValueGroup']) { @($parameter['command:parameterValueGroup'].ChildNodes.InnerText) -join ', ' } else { '' }
            $values | Should -BeExactly "$($facts[0]['Accepted values'])" -Because "-$name"
        }

        $examples = @($Maml.examples.example)
        $examples.title | Should -BeExactly ($Page.Examples.Keys | ForEach-Object { "--------- $_ ---------" })
        for ($at = 0; $at -lt $examples.Count; $at++) {
            # PlatyPS puts an invisible paragraph between two paragraphs.
            $shown = @($examples[$at].introduction.para | Where-Object { $_ -ne [string] [char] 0x80 }) -join "`n`n"
            $shown | Should -BeExactly @($Page.Examples.Values)[$at]
        }

        foreach ($pair in @('Inputs', @($Maml.inputTypes.inputType)), @('Outputs', @($Maml.returnValues.returnValue))) {
            $pair[1].type.name | Should -BeExactly @($Page[$pair[0]].Keys)
            $pair[1].description.para | Should -BeExactly @($Page[$pair[0]].Values)
        }

        $links = @($Maml.relatedLinks.navigationLink)
        $links[0].uri | Should -BeExactly $Page.Facts['online version']
        ($links | Select-Object -Skip 1).linkText | Should -BeExactly $Page.Links.Text
        ($links | Select-Object -Skip 1).uri | Should -BeExactly $Page.Links.Uri
    }

    It 'is shown by Get-Help' {
        $found = Get-Help $Name -Full
        $found.Synopsis | Should -Not -BeNullOrEmpty
        $found.Synopsis | Should -Not -Match '\[-'
        (Get-Help $Name -Examples | Out-String) | Should -Match ([regex]::Escape("-MemoryMappedFile"))
        foreach ($parameter in $Command.Parameters.Keys | Where-Object { $_ -notin $Common }) {
            (Get-Help $Name -Parameter $parameter).description.Text | Should -Not -BeNullOrEmpty -Because $parameter
        }
    }
}

Describe 'Both languages' -Tag Text {
    It 'have the same facts and the same code for <_>' -ForEach @($Pages.Name | Sort-Object -Unique) {
        $english = Read-HelpPage (Get-HelpPagePath 'en-US' $_)
        $german = Read-HelpPage (Get-HelpPagePath 'de-DE' $_)
        foreach ($part in 'Inputs', 'Outputs', 'Parameters', 'Syntax') { $german[$part].Keys | Should -BeExactly $english[$part].Keys }
        foreach ($name in $english.Parameters.Keys) {
            ($german.Parameters[$name].Facts | ForEach-Object { $_.Values }) | Should -BeExactly ($english.Parameters[$name].Facts | ForEach-Object { $_.Values }) -Because "-$name"
        }
        # Strings and comments are translated, so only their kinds are compared.
        $spoken = 'StringLiteral', 'StringExpandable', 'Comment'
        $codes = foreach ($page in $english, $german) {
            $tokens = $null
            $code = (Get-CodeBlock $page.Sections['EXAMPLES'] | Where-Object Language -EQ 'powershell').Code -join "`n"
            $null = [System.Management.Automation.Language.Parser]::ParseInput($code, [ref] $tokens, [ref] $null)
            ($tokens | ForEach-Object { if ("$($_.Kind)" -in $spoken) { "$($_.Kind)" } else { $_.Text } }) -join ' '
        }
        $codes[1] | Should -BeExactly $codes[0]
    }
}

Describe 'The examples' {
    BeforeAll {
        $Session = [powershell]::Create()
        $null = $Session.AddScript("Import-Module '$ModulePath'").Invoke()
        $Names = 'Test', 'Test1', 'Test2', 'Board', 'Counter', 'Data', 'ImgA', 'Large', 'Missing', 'Object'
    }
    AfterAll { $Session.Dispose() }

    It 'of <Name> in <Culture> print what they promise: <Title>' -ForEach $Examples {
        # Each example has its own folder and names, so that tests can run side by side.
        $folder = Join-Path $TestDrive ([guid]::NewGuid())
        $null = New-Item -ItemType Directory $folder
        $prefix = (New-TestName) + '-'
        $text = $Text -replace "`"((?:$($Names -join '|'))\*?)`"", "`"$prefix`$1`""
        $blocks = @(Get-CodeBlock $text)
        $code = ($blocks | Where-Object Language -EQ 'powershell' | ForEach-Object Code) -join "`n"
        $expected = ($blocks | Where-Object Language -EQ 'Output' | ForEach-Object Code) -join "`n"

        # The documents assume that these exist: a large file, and maps of another process.
        $large = Join-Path $folder 'ExtremelyLargeImage.data'
        if ($code -match 'ImgA') {
            $stream = [System.IO.File]::Create($large)
            $stream.SetLength(1GB)
            $stream.Dispose()
        }
        $others = @(
            if ($code -notmatch 'New-MemoryMappedFile') {
                New-MemoryMappedFile -Name "${prefix}Test" -Size 1024
                if ($code -match 'ImgA') { New-MemoryMappedFile -Path $large -FileMode Open -Name "${prefix}ImgA" }
            }
        )
        try {
            $Session.Commands.Clear()
            $Session.Streams.ClearStreams()
            $shown = $Session.AddScript("Set-Location -LiteralPath '$folder'`n$code").Invoke() | Out-String
            $Session.Streams.Error | Should -BeNullOrEmpty
            $Session.Streams.Warning | Should -BeNullOrEmpty
        }
        finally {
            $Session.Commands.Clear()
            $null = $Session.AddScript('Set-Location /; Get-Variable | ForEach-Object Value | Where-Object { $_ -is [System.IO.MemoryMappedFiles.MemoryMappedFile] } | ForEach-Object Dispose').Invoke()
            $others | Remove-MemoryMappedFile
        }
        ConvertTo-Comparable $shown.Replace($prefix, '') | Should -BeExactly (ConvertTo-Comparable $expected.Replace($prefix, ''))
    }
}

Describe 'The about topic in <_>' -Tag Text -ForEach $Cultures {
    BeforeAll {
        $Culture = $_
        $Topic = [System.IO.File]::ReadAllText((Get-HelpPagePath $Culture 'about_MemoryMappedFile')).Replace("`r", '')
        $Shown = [System.IO.File]::ReadAllText((Join-Path (Join-Path $ModulePath $Culture) 'about_MemoryMappedFile.help.txt')).Replace("`r", '')
    }

    It 'is what Get-Help shows; after a change, run powershell/New-Help.ps1' {
        # Compares the words without the Markdown markup.
        $words = foreach ($text in $Topic, $Shown) { ($text -replace '(?m)^```\w*$' -replace '(?m)^#+ ' -replace '`' -replace '\[([\w-]+)\]\([^)]+\)', '$1' -replace '\s+', ' ').Trim().ToUpperInvariant() }
        $words[1] | Should -BeExactly $words[0]
        $Shown | Should -Not -Match '(?m)^#|`'
    }

    It 'begins as Get-Help expects, and names each cmdlet' {
        $lines = $Shown -split "`n"
        $lines[0] | Should -BeExactly 'about_MemoryMappedFile'
        # This line is the synopsis.
        $lines[4].Length | Should -BeGreaterThan 20
        $about = ($Topic -split '(?m)^## ')[-1]
        [regex]::Matches($about, '(?m)^- \[(\S+)\]\(\1\.md\)$') | ForEach-Object { $_.Groups[1].Value } | Should -BeExactly ((Get-Command -Module $ModuleName).Name | Sort-Object)
    }

    It 'has the same sections and code in both languages' {
        $english = [System.IO.File]::ReadAllText((Get-HelpPagePath 'en-US' 'about_MemoryMappedFile')).Replace("`r", '')
        $outline = foreach ($text in $english, $Topic) { ([regex]::Matches($text, '(?m)^#+(?= )|^```.*$').Value -join ' ') }
        $outline[1] | Should -BeExactly $outline[0]
        $codes = foreach ($text in $english, $Topic) { (Get-CodeBlock $text | ForEach-Object Code) -join "`n" }
        $codes[1] | Should -BeExactly $codes[0]
    }
}

Describe 'Get-Help' {
    It 'finds the about topic' {
        (Get-Help about_MemoryMappedFile | Out-String) | Should -Match 'LOCKS|SPERREN'
        (Get-Help about_MemoryMappedFil*).Synopsis | Should -Match 'memory-mapped|im Speicher abgebildet'
    }

    It 'shows <Culture>, and no other language, to users of <Culture>' -ForEach @(
        @{ Culture = 'de-DE'; Synopsis = '^Schlie.+t eine im Speicher abgebildete Datei und gibt ihre Ressourcen frei\.$' }
        @{ Culture = 'en-US'; Synopsis = '^Closes a memory-mapped file and releases its resources\.$' }
    ) {
        $output = @(Invoke-Shell @"
            [System.Threading.Thread]::CurrentThread.CurrentUICulture = [cultureinfo] '$Culture'
            [cultureinfo]::CurrentUICulture.Name
            (Get-Help Remove-MemoryMappedFile).Synopsis
"@)
        Set-SkippedUnless ($output[0] -eq $Culture) "this system does not support $Culture"
        $output[1] | Should -Match $Synopsis
    }
}

Describe 'PlatyPS' -Tag Text {
    BeforeAll {
        $platy = Get-Module -ListAvailable Microsoft.PowerShell.PlatyPS | Where-Object Version -EQ '1.0.3'
        $HasPlaty = $PSVersionTable.PSEdition -eq 'Core' -and $platy
    }

    It 'writes the help files as they are in the module' {
        Set-SkippedUnless $HasPlaty 'Microsoft.PowerShell.PlatyPS 1.0.3 is not installed'
        & (Join-Path $Repository 'powershell/New-Help.ps1') -OutputPath $TestDrive
        foreach ($culture in 'en-US', 'de-DE') {
            foreach ($name in "$ModuleName-help.xml", 'about_MemoryMappedFile.help.txt') {
                $written = [System.IO.File]::ReadAllText((Join-Path (Join-Path $TestDrive $culture) $name))
                $written -eq [System.IO.File]::ReadAllText((Join-Path (Join-Path $ModulePath $culture) $name)).Replace("`r`n", "`n") | Should -BeTrue -Because "$culture/$name is out of date"
            }
        }
    }

    It 'finds nothing missing in the pages' {
        Set-SkippedUnless $HasPlaty 'Microsoft.PowerShell.PlatyPS 1.0.3 is not installed'
        Import-Module Microsoft.PowerShell.PlatyPS -RequiredVersion 1.0.3
        foreach ($culture in 'en-US', 'de-DE') { Test-MarkdownCommandHelp (Get-HelpPagePath $culture '*-MemoryMappedFile') | Should -Not -Contain $false }
    }
}
