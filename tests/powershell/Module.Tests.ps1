# The module's manifest, its style, and whether Windows PowerShell 5.1 can read it.

BeforeDiscovery {
    $Sources = Get-ChildItem -Recurse -File -LiteralPath $env:MMF_TEST_MODULE -Include '*.ps1', '*.psm1' | ForEach-Object { @{ File = $_.Name; FullName = $_.FullName } }
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')
    $Manifest = Join-Path $ModulePath "$ModuleName.psd1"
}

Describe 'The manifest' {
    It 'is valid, has version 2.0.0, and supports 5.1 and 7' {
        $tested = Test-ModuleManifest $Manifest -ErrorAction Stop
        $tested.Version | Should -Be '2.0.0'
        $tested.PowerShellVersion | Should -Be '5.1'
        $tested.CompatiblePSEditions | Should -Be 'Desktop', 'Core'
    }

    It 'has the GUID of version 1, so that scripts written for version 1 load it' {
        (Test-ModuleManifest $Manifest).Guid | Should -Be '8515ea70-3c13-4fa9-ad9c-2d3325bf5c8f'
        $output = Invoke-Shell "Import-Module -FullyQualifiedName @{ ModuleName = '$ModuleName'; GUID = '8515ea70-3c13-4fa9-ad9c-2d3325bf5c8f'; ModuleVersion = '1.1.1.0' } -PassThru | ForEach-Object Name"
        $output | Should -Be $ModuleName
    }

    It 'names its author, its project, its licence and its changes' {
        $tested = Test-ModuleManifest $Manifest
        foreach ($field in 'Author', 'CompanyName', 'Copyright', 'Description', 'ReleaseNotes') { $tested.$field | Should -Not -BeNullOrEmpty -Because $field }
        # URIs in the project are paths in this repository, and must exist.
        foreach ($address in $tested.LicenseUri, $tested.ReleaseNotes) {
            $address | Should -BeLike "$($tested.ProjectUri)/blob/HEAD/*"
            Join-Path (Join-Path $PSScriptRoot '../..') "$address".Substring("$($tested.ProjectUri)/blob/HEAD/".Length) | Should -Exist
        }
    }

    It 'includes its licences, and those of the code in the library' {
        foreach ($file in 'LICENSE-MIT', 'LICENSE-APACHE', 'THIRD-PARTY.md') { Join-Path $ModulePath $file | Should -Exist }
    }

    It 'exports the nine commands, and nothing else' {
        $data = Import-PowerShellDataFile -LiteralPath $Manifest
        $data.CmdletsToExport | Sort-Object | Should -Be @('Get', 'New', 'Open', 'Out', 'Read', 'Remove', 'Save', 'Use', 'Wait' | ForEach-Object { "$_-MemoryMappedFile" })
        foreach ($key in 'FunctionsToExport', 'VariablesToExport', 'AliasesToExport') { $data[$key] | Should -HaveCount 0 }
        (Get-Command -Module $ModuleName).Name | Sort-Object | Should -Be ($data.CmdletsToExport | Sort-Object)
    }

    It 'has the version of the library' {
        $cargo = Join-Path $PSScriptRoot '../../Cargo.toml'
        [System.IO.File]::ReadAllText($cargo) -match '(?m)^version = "([\d.]+)"' | Should -BeTrue
        (Import-PowerShellDataFile -LiteralPath $Manifest).ModuleVersion | Should -Be $Matches[1]
        foreach ($name in 'Mmf', 'Mmf.PowerShell') { [System.Reflection.AssemblyName]::GetAssemblyName((Join-Path $ModulePath "$name.dll")).Version.ToString(3) | Should -Be $Matches[1] }
    }
}

Describe 'Style' {
    It 'PSScriptAnalyzer reports nothing in <File>' -ForEach $Sources {
        Set-SkippedUnless ([bool] (Get-Module -ListAvailable PSScriptAnalyzer)) 'PSScriptAnalyzer is not installed'
        Import-Module PSScriptAnalyzer
        $found = Invoke-ScriptAnalyzer -Path $FullName -Settings (Join-Path $PSScriptRoot 'PSScriptAnalyzerSettings.psd1')
        $found | ForEach-Object { "$($_.ScriptName):$($_.Line) $($_.RuleName): $($_.Message)" } | Should -BeNullOrEmpty
    }
}

Describe 'Compatibility with Windows PowerShell 5.1: <File>' -ForEach $Sources {
    BeforeAll {
        $errors = $null
        $Tree = [System.Management.Automation.Language.Parser]::ParseFile($FullName, [ref] $null, [ref] $errors)
    }

    It 'uses no newer syntax' {
        $errors | Should -BeNullOrEmpty
        $later = $Tree.FindAll({
                param($node)
                $name = $node.GetType().Name
                $name -in 'TernaryExpressionAst', 'PipelineChainAst' -or
                ($node -is [System.Management.Automation.Language.BinaryExpressionAst] -and "$($node.Operator)" -eq 'QuestionQuestion') -or
                ($node -is [System.Management.Automation.Language.AssignmentStatementAst] -and "$($node.Operator)" -eq 'QuestionQuestionEquals') -or
                ($node.PSObject.Properties['NullConditional'] -and $node.NullConditional) -or
                ($node.PSObject.Properties['Background'] -and $node.Background) -or
                ($node.PSObject.Properties['Clean'] -and $node -is [System.Management.Automation.Language.ScriptBlockAst] -and $node.CleanBlock)
            }, $true)
        @($later | ForEach-Object { $_.Extent.Text }) | Should -BeNullOrEmpty
    }

    It 'contains no characters that 5.1 would misread' {
        # 5.1 reads a file without a byte order mark in the system's code page.
        [System.IO.File]::ReadAllBytes($FullName).Where({ $_ -gt 127 }) | Should -HaveCount 0
    }

    It 'uses no newer commands or parameters' {
        $data = Import-PowerShellDataFile -LiteralPath (Join-Path (Join-Path $PSScriptRoot 'data') 'powershell-5.1.psd1')
        foreach ($call in $Tree.FindAll({ $args[0] -is [System.Management.Automation.Language.CommandAst] }, $true)) {
            $name = $call.GetCommandName()
            if (-not $name -or $name -in $data.Own) { continue }
            $data.Commands.Keys | Should -Contain $name
            foreach ($parameter in $call.CommandElements.Where({ $_ -is [System.Management.Automation.Language.CommandParameterAst] })) {
                $data.Commands[$name] | Should -Contain $parameter.ParameterName -Because $call.Extent.Text
            }
        }
    }

    It 'uses no static members that .NET Framework lacks' {
        $data = Import-PowerShellDataFile -LiteralPath (Join-Path (Join-Path $PSScriptRoot 'data') 'powershell-5.1.psd1')
        foreach ($call in $Tree.FindAll({ $args[0] -is [System.Management.Automation.Language.MemberExpressionAst] -and $args[0].Static -and $args[0].Expression -is [System.Management.Automation.Language.TypeExpressionAst] }, $true)) {
            $data.Members | Should -Contain "$($call.Expression.TypeName.FullName)::$($call.Member.Value)"
        }
    }

    It 'uses no object members that .NET Framework lacks' {
        $data = Import-PowerShellDataFile -LiteralPath (Join-Path (Join-Path $PSScriptRoot 'data') 'powershell-5.1.psd1')
        foreach ($call in $Tree.FindAll({ $args[0] -is [System.Management.Automation.Language.InvokeMemberExpressionAst] -and -not $args[0].Static }, $true)) {
            $data.Methods | Should -Contain $call.Member.Value -Because $call.Extent.Text
        }
    }
}
