# What existing scripts rely on: parameter sets, positions, aliases and pipelines.

BeforeDiscovery {
    # Parameter sets with their parameters in positional order; [optional] ones in brackets.
    $Sets = @(
        @{ Command = 'New-MemoryMappedFile'; Set = 'Default'; Parameters = 'Name', 'Size', '[CreateOrOpen]' }
        @{ Command = 'New-MemoryMappedFile'; Set = 'MemoryMappedFileAccessSet'; Parameters = 'Name', 'Size', 'MemoryMappedFileAccess', '[CreateOrOpen]' }
        @{ Command = 'New-MemoryMappedFile'; Set = 'MemoryMappedFileOptionSet'; Parameters = 'Name', 'Size', 'MemoryMappedFileAccess', 'MemoryMappedFileOptions', 'HandleInheritability', '[CreateOrOpen]' }
        @{ Command = 'New-MemoryMappedFile'; Set = 'CreateFromFileSet'; Parameters = , 'Path' }
        @{ Command = 'New-MemoryMappedFile'; Set = 'FileModeSet'; Parameters = 'Path', 'FileMode' }
        @{ Command = 'New-MemoryMappedFile'; Set = 'CreateFromFileSet3'; Parameters = 'Path', 'FileMode', 'Name' }
        @{ Command = 'New-MemoryMappedFile'; Set = 'CreateFromFileSet4'; Parameters = 'Path', 'FileMode', 'Name', 'Size' }
        @{ Command = 'New-MemoryMappedFile'; Set = 'CreateFromFileSet5'; Parameters = 'Path', 'FileMode', 'Name', 'Size', 'MemoryMappedFileAccess' }
        @{ Command = 'New-MemoryMappedFile'; Set = 'FileStreamSet'; Parameters = 'FileStream', 'Name', 'Size', 'MemoryMappedFileAccess', 'HandleInheritability', 'leaveOpen' }
        @{ Command = 'Open-MemoryMappedFile'; Set = 'Default'; Parameters = , 'Name' }
        @{ Command = 'Open-MemoryMappedFile'; Set = 'MemoryMappedFileRights'; Parameters = 'Name', 'MemoryMappedFileRights' }
        @{ Command = 'Open-MemoryMappedFile'; Set = 'HandleInheritability'; Parameters = 'Name', 'MemoryMappedFileRights', 'HandleInheritability' }
        @{ Command = 'Out-MemoryMappedFile'; Set = 'MemoryMappedFile'; Parameters = 'MemoryMappedFile', 'String', '[Append]' }
        @{ Command = 'Read-MemoryMappedFile'; Set = 'MemoryMappedFile'; Parameters = , 'MemoryMappedFile' }
        @{ Command = 'Read-MemoryMappedFile'; Set = 'Name'; Parameters = , 'Name' }
        @{ Command = 'Wait-MemoryMappedFile'; Set = 'MemoryMappedFile'; Parameters = , 'MemoryMappedFile' }
        @{ Command = 'Wait-MemoryMappedFile'; Set = 'Name'; Parameters = , 'Name' }
        @{ Command = 'Save-MemoryMappedFile'; Set = 'Path'; Parameters = 'MemoryMappedFile', 'Path' }
        @{ Command = 'Remove-MemoryMappedFile'; Set = '__AllParameterSets'; Parameters = , 'MemoryMappedFile' }
    )
    $Aliases = @(
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'Name'; Alias = 'mapName' }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'Size'; Alias = 'capacity' }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'FileMode'; Alias = 'mode' }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'MemoryMappedFileAccess'; Alias = 'access' }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'MemoryMappedFileOptions'; Alias = 'options' }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'HandleInheritability'; Alias = 'inheritability' }
        @{ Command = 'Open-MemoryMappedFile'; Parameter = 'Name'; Alias = 'mapName' }
        @{ Command = 'Open-MemoryMappedFile'; Parameter = 'MemoryMappedFileRights'; Alias = 'desiredAccessRights' }
        @{ Command = 'Open-MemoryMappedFile'; Parameter = 'HandleInheritability'; Alias = 'inheritability' }
        @{ Command = 'Out-MemoryMappedFile'; Parameter = 'String'; Alias = 'value' }
    )
    $Types = @(
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'Name'; Type = [string] }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'Path'; Type = [string] }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'Size'; Type = [long] }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'FileMode'; Type = [System.IO.FileMode] }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'MemoryMappedFileAccess'; Type = [System.IO.MemoryMappedFiles.MemoryMappedFileAccess] }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'MemoryMappedFileOptions'; Type = [System.IO.MemoryMappedFiles.MemoryMappedFileOptions] }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'HandleInheritability'; Type = [System.IO.HandleInheritability] }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'FileStream'; Type = [System.IO.FileStream] }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'leaveOpen'; Type = [bool] }
        @{ Command = 'New-MemoryMappedFile'; Parameter = 'CreateOrOpen'; Type = [switch] }
        @{ Command = 'Open-MemoryMappedFile'; Parameter = 'MemoryMappedFileRights'; Type = [System.IO.MemoryMappedFiles.MemoryMappedFileRights] }
        @{ Command = 'Out-MemoryMappedFile'; Parameter = 'String'; Type = [string] }
        @{ Command = 'Out-MemoryMappedFile'; Parameter = 'Append'; Type = [switch] }
        @{ Command = 'Save-MemoryMappedFile'; Parameter = 'Path'; Type = [string[]] }
        foreach ($verb in 'Out', 'Read') { @{ Command = "$verb-MemoryMappedFile"; Parameter = 'MemoryMappedFile'; Type = [System.IO.MemoryMappedFiles.MemoryMappedFile] } }
        foreach ($verb in 'Save', 'Remove') { @{ Command = "$verb-MemoryMappedFile"; Parameter = 'MemoryMappedFile'; Type = [System.IO.MemoryMappedFiles.MemoryMappedFile[]] } }
    )
    # Parameters that version 1 did not have. None of them accepts pipeline input.
    $New = @(
        foreach ($name in 'Wait', 'Timeout') { @{ Command = 'Open-MemoryMappedFile'; Parameter = $name } }
        foreach ($name in 'Encoding', 'Offset', 'NoNewline', 'Timeout', 'PassThru') { @{ Command = 'Out-MemoryMappedFile'; Parameter = $name } }
        foreach ($name in 'Raw', 'AsByteStream', 'Offset', 'Count', 'Encoding', 'Wait', 'Appended', 'Timeout') { @{ Command = 'Read-MemoryMappedFile'; Parameter = $name } }
        foreach ($name in 'Until', 'Timeout') { @{ Command = 'Wait-MemoryMappedFile'; Parameter = $name } }
        foreach ($name in 'LiteralPath', 'AsByteStream', 'NoNewline', 'NoClobber', 'Force', 'Timeout') { @{ Command = 'Save-MemoryMappedFile'; Parameter = $name } }
    )
}

BeforeAll { . (Join-Path $PSScriptRoot 'Support.ps1') }

Describe 'The declared parameters' {
    It '<Command> has the parameter set <Set>: <Parameters>' -ForEach $Sets {
        $found = (Get-Command $Command).ParameterSets | Where-Object Name -EQ $Set
        $found | Should -Not -BeNullOrEmpty
        $positional = $found.Parameters | Where-Object { $_.Position -ge 0 } | Sort-Object Position
        $shown = foreach ($parameter in $positional) { if ($parameter.IsMandatory) { $parameter.Name } else { "[$($parameter.Name)]" } }
        $shown | Should -Be $Parameters
        foreach ($parameter in $positional) {
            $parameter.ValueFromPipeline | Should -BeTrue -Because $parameter.Name
            $parameter.ValueFromPipelineByPropertyName | Should -BeTrue -Because $parameter.Name
        }
    }

    It '<Command> accepts -<Alias> for -<Parameter>' -ForEach $Aliases {
        (Get-Command $Command).Parameters[$Parameter].Aliases | Should -Contain $Alias
    }

    It '<Command> -<Parameter> has the type <Type>' -ForEach $Types {
        (Get-Command $Command).Parameters[$Parameter].ParameterType | Should -Be $Type
    }

    It '<Command> -<Parameter> accepts no pipeline input' -ForEach $New {
        foreach ($attribute in (Get-Command $Command).Parameters[$Parameter].Attributes.Where({ $_ -is [Parameter] })) {
            $attribute.ValueFromPipeline | Should -BeFalse
            $attribute.ValueFromPipelineByPropertyName | Should -BeFalse
        }
    }

    It '<_>-MemoryMappedFile supports ShouldProcess with impact Medium' -ForEach 'New', 'Out', 'Read', 'Save', 'Remove' {
        $command = Get-Command "$_-MemoryMappedFile"
        $command.Parameters.Keys | Should -Contain 'WhatIf'
        $command.ImplementingType.GetCustomAttributes([System.Management.Automation.CmdletAttribute], $false).ConfirmImpact | Should -Be 'Medium'
    }

    It 'Open-MemoryMappedFile does not support ShouldProcess' {
        (Get-Command Open-MemoryMappedFile).Parameters.Keys | Should -Not -Contain 'WhatIf'
    }
}

Describe 'Calls of every parameter set' {
    BeforeEach {
        $name = New-TestName
        $maps = [System.Collections.Generic.List[object]]::new()
    }
    AfterEach { $maps | Where-Object { $_ } | Remove-MemoryMappedFile }

    It 'Default: by position and by name' {
        $maps.Add((New-MemoryMappedFile $name 1024))
        $maps[0].Name | Should -Be $name
        $maps[0].Capacity | Should -Be (Get-RoundedCapacity 1024)
        $maps.Add((New-MemoryMappedFile -Name $name -Size 10 -CreateOrOpen))
        $maps[1].Capacity | Should -Be (Get-RoundedCapacity 1024)
        $maps.Add((New-MemoryMappedFile $name 10 $true))
        $maps[2].Capacity | Should -Be (Get-RoundedCapacity 1024)
    }

    It 'MemoryMappedFileAccessSet, with all aliases' {
        $maps.Add((New-MemoryMappedFile -mapName $name -capacity 64 -access Read))
        $maps[0].Access | Should -Be 'Read'
    }

    It 'MemoryMappedFileOptionSet, with all aliases' {
        $maps.Add((New-MemoryMappedFile -mapName $name -capacity 1GB -access ReadWrite -options DelayAllocatePages -inheritability Inheritable))
        $maps[0].IsInheritable | Should -BeTrue
        $maps[0].Capacity | Should -Be 1GB
    }

    It 'CreateFromFileSet' {
        $file = New-TestFile (1..20)
        $maps.Add((New-MemoryMappedFile -Path $file))
        $maps[0].Path | Should -Be $file
        $maps[0].Capacity | Should -Be 20
        $maps[0].Kind | Should -Be 'File'
    }

    It 'FileModeSet' {
        $file = New-TestFile (1..20)
        $maps.Add((New-MemoryMappedFile -Path $file -mode Open))
        $maps[0].Capacity | Should -Be 20
    }

    It 'CreateFromFileSet3: the map of a file has a name' {
        $file = New-TestFile ([System.Text.Encoding]::ASCII.GetBytes('from a file'))
        $maps.Add((New-MemoryMappedFile -Path $file -FileMode Open -Name $name))
        $maps.Add((Open-MemoryMappedFile $name))
        Read-MemoryMappedFile $maps[1] | Should -Be 'from a file'
        $maps[1].Kind | Should -Be 'NamedFile'
        $maps[1].Path | Should -Be $file
    }

    It 'CreateFromFileSet4: the file grows to the size' {
        $file = New-TestFile
        $maps.Add((New-MemoryMappedFile -Path $file -FileMode CreateNew -Name $name -Size 300))
        $maps[0].Capacity | Should -Be 300
        (Get-Item $file).Length | Should -Be 300
    }

    It 'CreateFromFileSet5' {
        $file = New-TestFile (1..20)
        $maps.Add((New-MemoryMappedFile -Path $file -FileMode Open -Name $name -Size 0 -MemoryMappedFileAccess Read))
        $maps[0].Access | Should -Be 'Read'
    }

    It 'FileStreamSet, by position: the stream stays open with -LeaveOpen' {
        $stream = [System.IO.File]::Open((New-TestFile (1..20)), 'Open', 'ReadWrite', 'ReadWrite')
        $map = New-MemoryMappedFile $stream $name 0 ReadWrite None $true
        $map.Capacity | Should -Be 20
        Remove-MemoryMappedFile $map
        $stream.CanRead | Should -BeTrue
        $map = New-MemoryMappedFile -FileStream $stream -Name $name -Size 40 -access ReadWrite -inheritability None -leaveOpen $false
        $map.Capacity | Should -Be 40
        Remove-MemoryMappedFile $map
        $stream.CanRead | Should -BeFalse
    }

    It 'FileStreamSet: bytes that the stream has buffered are in the map' {
        $stream = [System.IO.File]::Open((New-TestFile (1..20)), 'Open', 'ReadWrite', 'ReadWrite')
        $stream.Write([byte[]] (65, 66), 0, 2)
        $maps.Add((New-MemoryMappedFile -FileStream $stream -Name $name -Size 0 -access ReadWrite -inheritability None -leaveOpen $false))
        (Read-MemoryMappedFile $maps[0] -Offset 0 -Count 2) | Should -Be 'AB'
    }

    It 'Open-: all three sets, with all aliases' {
        $maps.Add((New-MemoryMappedFile $name 100))
        $maps.Add((Open-MemoryMappedFile $name))
        $maps.Add((Open-MemoryMappedFile -mapName $name -desiredAccessRights Read))
        $maps[2].Access | Should -Be 'Read'
        $maps.Add((Open-MemoryMappedFile $name ReadWrite Inheritable))
        $maps[3].IsInheritable | Should -BeTrue
        $maps.Add((Open-MemoryMappedFile -Name $name -desiredAccessRights FullControl -inheritability None))
        $maps[4].IsInheritable | Should -BeFalse
    }
}

Describe 'Pipelines' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 1024
    }
    AfterEach { Remove-MemoryMappedFile $map }

    It "for 'a','b', Out- replaces twice, and appends twice with -Append" {
        'a', 'b' | Out-MemoryMappedFile $map
        Read-MemoryMappedFile $map | Should -BeExactly 'b'
        Out-MemoryMappedFile $map ''
        'a', 'b' | Out-MemoryMappedFile $map -Append
        Read-MemoryMappedFile $map | Should -BeExactly "a`r`nb"
    }

    It 'numbers in the pipeline do not turn -Append on' {
        1, 2 | Out-MemoryMappedFile $map
        Read-MemoryMappedFile $map | Should -BeExactly '2'
        $true | Out-MemoryMappedFile $map
        Read-MemoryMappedFile $map | Should -BeExactly 'True'
    }

    It 'objects bring map, text and -Append by property name' {
        Out-MemoryMappedFile $map 'first'
        [pscustomobject] @{ MemoryMappedFile = $map; value = 'second'; Append = $true } | Out-MemoryMappedFile
        Read-MemoryMappedFile $map | Should -BeExactly "first`r`nsecond"
    }

    It 'Out-, Read-, Save- and Remove- accept a piped map' {
        $map | Out-MemoryMappedFile -String 'piped' -PassThru | Read-MemoryMappedFile | Should -Be 'piped'
        $file = New-TestFile
        $map | Save-MemoryMappedFile -Path $file
        [System.IO.File]::ReadAllText($file) | Should -Be ('piped' + [System.Environment]::NewLine)
        $map | Remove-MemoryMappedFile
        $map.IsDisposed | Should -BeTrue
    }

    It 'they accept several piped maps' {
        $other = New-MemoryMappedFile (New-TestName) 64
        Out-MemoryMappedFile $map 'one'
        Out-MemoryMappedFile $other 'two'
        $map, $other | Read-MemoryMappedFile | Should -Be 'one', 'two'
        Remove-MemoryMappedFile $other
    }

    It 'Out- does not take a piped map as text' {
        Out-MemoryMappedFile $map 'kept'
        $map | Out-MemoryMappedFile -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure | Should -HaveCount 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'INVALID_ARGUMENT,Mmf.PowerShell.OutMemoryMappedFileCommand'
        Read-MemoryMappedFile $map | Should -Be 'kept'
    }

    It 'Save- never takes a piped map as -Path' {
        $file = New-TestFile ([System.Text.Encoding]::ASCII.GetBytes('file'))
        $fileMap = New-MemoryMappedFile -Path $file
        try {
            $fileMap | Save-MemoryMappedFile -ErrorVariable failure -ErrorAction SilentlyContinue
            $failure[0].FullyQualifiedErrorId | Should -Be 'INVALID_ARGUMENT,Mmf.PowerShell.SaveMemoryMappedFileCommand'
            "$($failure[0])" | Should -BeLike '*no path to save*'
        }
        finally { Remove-MemoryMappedFile $fileMap }
        [System.IO.File]::ReadAllText($file) | Should -Be 'file'
    }

    It 'Save- refuses to overwrite the file of the map' {
        $file = New-TestFile ([System.Text.Encoding]::ASCII.GetBytes('file'))
        $fileMap = New-MemoryMappedFile -Path $file
        try {
            Save-MemoryMappedFile $fileMap $file -ErrorVariable failure -ErrorAction SilentlyContinue
            $failure | Should -HaveCount 1
            $failure[0].FullyQualifiedErrorId | Should -Be 'INVALID_ARGUMENT,Mmf.PowerShell.SaveMemoryMappedFileCommand'
        }
        finally { Remove-MemoryMappedFile $fileMap }
        [System.IO.File]::ReadAllText($file) | Should -Be 'file'
    }

    It 'New- never takes a piped map as -Name, -Size or -Path' {
        $fileMap = New-MemoryMappedFile -Path (New-TestFile (1..9))
        try {
            $made = $map, $fileMap | New-MemoryMappedFile -ErrorVariable failure -ErrorAction SilentlyContinue
            $made | Should -BeNullOrEmpty
            $failure.FullyQualifiedErrorId | Should -Be @('INVALID_ARGUMENT,Mmf.PowerShell.NewMemoryMappedFileCommand', 'INVALID_ARGUMENT,Mmf.PowerShell.NewMemoryMappedFileCommand')
        }
        finally { Remove-MemoryMappedFile $fileMap }
    }

    It 'Get-Item | New- maps the file' {
        $file = New-TestFile ([System.Text.Encoding]::ASCII.GetBytes('of a file'))
        $fileMap = Get-Item $file | New-MemoryMappedFile
        $fileMap.Path | Should -Be $file
        $fileMap.Name | Should -BeNullOrEmpty
        Read-MemoryMappedFile $fileMap | Should -Be 'of a file'
        Remove-MemoryMappedFile $fileMap
    }

    It 'New- and Open- accept names, sizes and paths by value' {
        $made = (New-TestName), (New-TestName) | New-MemoryMappedFile -Size 10
        $made | Should -HaveCount 2
        $opened = $made.Name | Open-MemoryMappedFile
        $opened.Name | Should -Be $made.Name
        $made + $opened | Remove-MemoryMappedFile
        $file = New-TestFile (1..7)
        $fileMap = $file | New-MemoryMappedFile -FileMode Open
        $fileMap.Path | Should -Be $file
        Remove-MemoryMappedFile $fileMap
        $sized = 77 | New-MemoryMappedFile -Name (New-TestName)
        $sized.Capacity | Should -Be (Get-RoundedCapacity 77)
        Remove-MemoryMappedFile $sized
    }

    It 'New- accepts them by property name, including aliases' {
        $other = New-TestName
        $made = [pscustomobject] @{ mapName = $other; capacity = 33 } | New-MemoryMappedFile
        $made.Name | Should -Be $other
        $made.Capacity | Should -Be (Get-RoundedCapacity 33)
        Remove-MemoryMappedFile $made
        $file = New-TestFile (1..7)
        $made = [pscustomobject] @{ Path = $file } | New-MemoryMappedFile
        $made.Path | Should -Be $file
        $made.Name | Should -BeNullOrEmpty
        Remove-MemoryMappedFile $made
        $made = [pscustomobject] @{ Path = $file; mode = 'Open'; mapName = $other; capacity = 50 } | New-MemoryMappedFile
        $made.Kind | Should -Be 'NamedFile'
        $made.Capacity | Should -Be 50
        Remove-MemoryMappedFile $made
        # A named parameter overrides a property of the object.
        $made = [pscustomobject] @{ mapName = New-TestName; capacity = 33 } | New-MemoryMappedFile -Name $other
        $made.Name | Should -Be $other
        $made.Capacity | Should -Be (Get-RoundedCapacity 33)
        Remove-MemoryMappedFile $made
        $made = [pscustomobject] @{ mapName = $other; capacity = 33 } | New-MemoryMappedFile -Size 64KB
        $made.Name | Should -Be $other
        $made.Capacity | Should -Be 64KB
        Remove-MemoryMappedFile $made
    }

    It 'Open- opens the name of a piped map again' {
        $again = $map | Open-MemoryMappedFile
        $again.Name | Should -Be $name
        Remove-MemoryMappedFile $again
    }

    It 'strings are not accepted as maps' {
        { Out-MemoryMappedFile 'name' 'text' } | Should -Throw -ErrorId 'MissingMandatoryParameter,Mmf.PowerShell.OutMemoryMappedFileCommand'
    }
}

Describe 'Open- with a missing name' {
    It 'is caught by try/catch, with or without an exception type' {
        $caught = try { Open-MemoryMappedFile (New-TestName) } catch [System.IO.FileNotFoundException] { $_ }
        $caught.Exception | Should -BeOfType ([System.IO.FileNotFoundException])
        $caught.FullyQualifiedErrorId | Should -Be 'NOT_FOUND,Mmf.PowerShell.OpenMemoryMappedFileCommand'
        $caught.CategoryInfo.Category | Should -Be 'ObjectNotFound'
        $plain = try { New-TestName | Open-MemoryMappedFile } catch { 'caught' }
        $plain | Should -Be 'caught'
    }

    It 'is caught by try/catch even if errors do not stop scripts' {
        $lines = Stop-Shell (Start-Shell @"
            Import-Module $ModuleName
            "preference: `$ErrorActionPreference"
            try { Open-MemoryMappedFile $(New-TestName); 'went on' } catch [System.IO.FileNotFoundException] { 'caught' }
            try { '$(New-TestName)' | Open-MemoryMappedFile; 'went on' } catch { 'caught from a pipeline' }
            try { '$(New-TestName)', '$(New-TestName)' | Open-MemoryMappedFile; 'went on' } catch { 'caught from a longer one' }
"@)
        $lines | Should -Be 'preference: Continue', 'caught', 'caught from a pipeline', 'caught from a longer one'
    }

    It 'is silent with -ErrorAction SilentlyContinue, and the script continues' {
        $Error.Clear()
        $all = & {
            Open-MemoryMappedFile (New-TestName) -ErrorAction SilentlyContinue
            'going on'
        } 2>&1
        $all | Should -Be 'going on'
        Open-MemoryMappedFile (New-TestName) -ErrorAction Ignore
        $Error.Count | Should -Be 1
    }

    It 'reports three errors for three piped names' {
        # In a separate process, where no try block surrounds it.
        $lines = Stop-Shell (Start-Shell "Import-Module $ModuleName; `$Error.Clear(); 'no-1','no-2','no-3' | Open-MemoryMappedFile 2>`$null; `"errors: `$(`$Error.Count)`"; `$Error | ForEach-Object TargetObject")
        $lines | Should -Be 'errors: 3', 'no-3', 'no-2', 'no-1'
    }

    It 'still opens the maps that exist' {
        $map = New-MemoryMappedFile (New-TestName) 10
        $opened = (New-TestName), $map.Name, (New-TestName) | Open-MemoryMappedFile -ErrorVariable failure -ErrorAction Continue 2>$null
        $opened.Name | Should -Be $map.Name
        $failure | Should -HaveCount 2
        $map, $opened | Remove-MemoryMappedFile
    }

    It 'waits with -Wait, and gives up after -Timeout' {
        $name = New-TestName
        $child = Start-Shell "Import-Module $ModuleName; `$null = Read-Host; `$m = New-MemoryMappedFile $name 10; Out-MemoryMappedFile `$m here; 'made'; `$null = Read-Host"
        Send-Line $child
        $map = Open-MemoryMappedFile $name -Wait -Timeout 60
        $map.Name | Should -Be $name
        Remove-MemoryMappedFile $map
        Send-Line $child
        $null = Stop-Shell $child
        { Open-MemoryMappedFile $name -Wait -Timeout 0.1 } | Should -Throw -ExceptionType ([System.IO.FileNotFoundException])
    }
}

Describe 'ShouldProcess' {
    It '-WhatIf changes nothing' {
        $name = New-TestName
        New-MemoryMappedFile $name 100 -WhatIf | Should -BeNullOrEmpty
        Test-MapName $name | Should -BeFalse
        $file = New-TestFile
        New-MemoryMappedFile -Path $file -FileMode CreateNew -Name $name -Size 10 -WhatIf | Should -BeNullOrEmpty
        $file | Should -Not -Exist
        $map = New-MemoryMappedFile $name 100
        Out-MemoryMappedFile $map 'kept'
        Out-MemoryMappedFile $map 'changed' -WhatIf
        Out-MemoryMappedFile $map 'changed' -Append -WhatIf
        Out-MemoryMappedFile $map 'changed' -Offset 1 -WhatIf
        Read-MemoryMappedFile $map -WhatIf | Should -BeNullOrEmpty
        Save-MemoryMappedFile $map $file -WhatIf
        $file | Should -Not -Exist
        Remove-MemoryMappedFile $map -WhatIf
        Read-MemoryMappedFile $map | Should -Be 'kept'
        Remove-MemoryMappedFile $map
    }

    It '-WhatIf reports what would be created, and from what' {
        $file = New-TestFile (1..7)
        $output = (Invoke-Shell @"
            New-MemoryMappedFile first 100 -WhatIf
            New-MemoryMappedFile -Path '$file' -WhatIf
            `$stream = [System.IO.File]::Open('$file', 'Open')
            New-MemoryMappedFile -FileStream `$stream -Name second -Size 7 -access ReadWrite -inheritability None -leaveOpen `$false -WhatIf
            `$stream.Dispose()
"@) -join "`n"
        $output | Should -BeLike "*Create memory-mapped file`" on target `"first`"*"
        $output | Should -BeLike "*Create memory-mapped file from file`" on target `"$file`"*"
        $output | Should -BeLike "*Create memory-mapped file from stream`" on target `"$file`"*"
    }

    It '-Confirm prompts' {
        # Nobody can answer, so a prompt is an error.
        $script = "Import-Module $ModuleName; `$m = New-MemoryMappedFile $(New-TestName) 100; try { Out-MemoryMappedFile `$m x -Confirm; 'not asked' } catch { `$_.FullyQualifiedErrorId }"
        $file = Join-Path $TestDrive 'confirm.ps1'
        Set-Content $file $script
        $output = & $Shell -NoProfile -NonInteractive -File $file
        "$output" | Should -Not -BeLike '*not asked*'
        "$output" | Should -BeLike '*InvalidOperation*'
    }
}

Describe 'Verbose messages' {
    It '<_>- reports its start, parameter set, bound parameters and end' -ForEach 'New', 'Open', 'Out', 'Read', 'Save', 'Remove' {
        $verb = $_
        $name = New-TestName
        $map = New-MemoryMappedFile $name 100
        $lines = switch ($verb) {
            'New' { New-MemoryMappedFile -Name "$name-2" -Size 10 -Verbose 4>&1 }
            'Open' { Open-MemoryMappedFile -Name $name -Verbose 4>&1 }
            'Out' { Out-MemoryMappedFile $map x -Verbose 4>&1 }
            'Read' { Read-MemoryMappedFile $map -Verbose 4>&1 }
            'Save' { Save-MemoryMappedFile $map (New-TestFile) -Verbose 4>&1 }
            'Remove' { Remove-MemoryMappedFile $map -Verbose 4>&1 }
        }
        $made = $lines | Where-Object { $_ -is [System.IO.MemoryMappedFiles.MemoryMappedFile] }
        $lines = $lines | Where-Object { $_ -is [System.Management.Automation.VerboseRecord] } | ForEach-Object Message
        $lines[0] | Should -Be "[$verb-MemoryMappedFile] Function started."
        $lines[-1] | Should -Be "[$verb-MemoryMappedFile] Function ended."
        "$lines" | Should -BeLike '*ParameterSetName:*'
        "$lines" | Should -BeLike $(if ($verb -in 'New', 'Open') { '*Name: *' } else { '*MemoryMappedFile: *' })
        $map, $made | Where-Object { $_ } | Remove-MemoryMappedFile
    }

    It 'are not written by default' {
        $map = New-MemoryMappedFile (New-TestName) 100
        Out-MemoryMappedFile $map x 4>&1 | Should -BeNullOrEmpty
        Remove-MemoryMappedFile $map
    }
}

Describe 'Tab completion' {
    It 'offers the names of existing maps' {
        $name = New-TestName
        $map = New-MemoryMappedFile "$name it's" 10
        $offered = (TabExpansion2 "Open-MemoryMappedFile -Name $name").CompletionMatches
        $offered.ListItemText | Should -Be "$name it's"
        $offered.CompletionText | Should -Be "'$name it''s'"
        Remove-MemoryMappedFile $map
    }

    It 'offers encodings' {
        (TabExpansion2 'Out-MemoryMappedFile $m x -Encoding utf8').CompletionMatches.CompletionText | Should -Be 'utf8', 'utf8BOM', 'utf8NoBOM'
    }
}
