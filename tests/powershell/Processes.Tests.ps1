# Complete scenarios with several processes, from the module's documents and from Microsoft's article.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')
    . (Join-Path $PSScriptRoot 'HelpPage.ps1')

    function Get-DocumentScript {
        # A file of the documents, unchanged.
        param([string] $Name)
        [System.IO.File]::ReadAllText((Join-Path (Join-Path $PSScriptRoot 'data') $Name))
    }

    function Invoke-ThreeProcesses {
        # Runs processes A, B and C; gives the output of A without the empty lines of the ENTER key.
        param([scriptblock] $Change = { $args[0] }, [string[]] $Before = @(), [string[]] $Script = @('a', 'b', 'c' | ForEach-Object { Get-DocumentScript "three-processes.process-$_.ps1" }))
        $a, $b, $c = $Script | ForEach-Object { & $Change $_ }
        $first = Start-Shell $a -Before $Before
        $null = Receive-Line $first 'Start Process B'
        $second = Start-Shell $b -Before $Before
        $null = Stop-Shell $second
        $second.Errors.Result | Should -BeNullOrEmpty
        Send-Line $first
        $null = Receive-Line $first 'Start Process C'
        $third = Start-Shell $c -Before $Before
        $null = Stop-Shell $third
        $third.Errors.Result | Should -BeNullOrEmpty
        Send-Line $first
        $lines = Stop-Shell $first
        $first.Errors.Result | Should -BeNullOrEmpty
        $lines | Where-Object { $_ -ne '' }
    }

    function Get-ExpectedOutput {
        (Get-DocumentScript 'three-processes.output.txt') -split '\r?\n' | ForEach-Object { $_.TrimEnd() } | Where-Object { $_ }
    }
}

Describe 'The three processes of the documentation' -Tag Process {
    It 'print what the document says, and leave nothing behind' {
        Invoke-ThreeProcesses | Should -Be (Get-ExpectedOutput)
        Test-MapName 'Test' | Should -BeFalse
        if ($HasMapFolder) { Join-Path $MapFolder 'Test' | Should -Not -Exist }
    }

    It 'work with a Global\ mutex in three terminal sessions' {
        Set-SkippedUnless (-not $IsWindowsHere) 'only Unix has terminal sessions'
        $change = { $args[0].Replace('"testmapmutex"', '"Global\mmf-testmapmutex"') }
        $before = if (Get-Command setsid -ErrorAction Ignore) { @('setsid', '-w') } else { @() }
        Invoke-ThreeProcesses $change -Before $before | Should -Be (Get-ExpectedOutput)
    }

    It 'work without a mutex, because the cmdlets lock the content' {
        $change = { ($args[0] -split '\r?\n' | Where-Object { $_ -notmatch 'mutex' }) -join "`n" }
        Invoke-ThreeProcesses $change | Should -Be (Get-ExpectedOutput)
    }
}

Describe 'The three processes of the about topic in <_>' -Tag Process -ForEach 'en-US', 'de-DE' {
    It 'print what the topic says' {
        $text = [System.IO.File]::ReadAllText((Get-HelpPagePath $_ 'about_MemoryMappedFile')).Replace("`r", '')
        $blocks = Get-CodeBlock ($text -split '(?m)^##+ ').Where({ $_ -match 'Import-Module' })[0]
        $output, $scripts = $blocks.Where({ $_.Language -eq 'Output' }, 'Split')
        $scripts | Should -HaveCount 3
        Invoke-ThreeProcesses -Script $scripts.Code | Should -Be ($output.Code -split "`n")
    }
}

Describe 'The three processes without ENTER and without a mutex' -Tag Process {
    It 'print the same lines in any order of starting: <_>' -ForEach 'a b c', 'c b a' {
        $folder = Join-Path $PSScriptRoot '../../examples/powershell/no-enter'
        $children = [ordered] @{}
        foreach ($process in $_ -split ' ') { $children[$process] = Start-Shell ([System.IO.File]::ReadAllText((Join-Path $folder "process-$process.ps1"))) }
        foreach ($process in 'b', 'c') {
            Stop-Shell $children[$process] | Should -BeNullOrEmpty
            $children[$process].Errors.Result | Should -BeNullOrEmpty
        }
        $lines = Stop-Shell $children['a']
        $children['a'].Errors.Result | Should -BeNullOrEmpty
        $lines[0] | Should -Be 'Process A says: Hello World!'
        $lines | Sort-Object | Should -Be 'Process A says: Hello World!', 'Process B says: Hello World!', 'Process C says: Hello World!'
        Test-MapName 'Test' | Should -BeFalse
    }
}

Describe 'The two processes of the usage document' -Tag Process {
    It 'print Hello World! and Hello back!' {
        # The scripts contain their expected output as lines of text, which are removed here.
        $change = { $args[0] -replace '(?m)^Output:\r?\n.*$', '' }
        $first = Start-Shell ((& $change (Get-DocumentScript 'two-processes.first.ps1')).Replace("# Start Process B", "'ready'`n# Start Process B"))
        $null = Receive-Line $first '^ready'
        $second = Start-Shell (& $change (Get-DocumentScript 'two-processes.second.ps1'))
        Send-Line $second
        Stop-Shell $second | Where-Object { $_ } | Should -Be 'Hello World!'
        $second.Errors.Result | Should -BeNullOrEmpty
        Send-Line $first
        Stop-Shell $first | Where-Object { $_ } | Should -Be 'ready', 'Hello back!'
        $first.Errors.Result | Should -BeNullOrEmpty
        Test-MapName 'Test' | Should -BeFalse
    }
}

Describe "The examples of Microsoft's article" -Tag Process {
    It 'three processes write Boolean values' {
        $name = New-TestName
        $writer = { param($at, $value) "Import-Module $ModuleName; `$map = Open-MemoryMappedFile -Name $name; `$view = `$map.CreateViewAccessor($at, 1); `$view.Write(0, `$$value); `$view.Dispose(); Remove-MemoryMappedFile `$map" }
        $first = Start-Shell @"
            Import-Module $ModuleName
            `$map = New-MemoryMappedFile -Name $name -Size 10000
            `$stream = `$map.CreateViewStream()
            `$writer = [System.IO.BinaryWriter]::new(`$stream)
            `$writer.Write(`$true)
            `$stream.Dispose()
            'Start Process B and press ENTER to continue.'
            `$null = Read-Host
            'Start Process C and press ENTER to continue.'
            `$null = Read-Host
            `$stream = `$map.CreateViewStream()
            `$reader = [System.IO.BinaryReader]::new(`$stream)
            "Process A says: `$(`$reader.ReadBoolean())"
            "Process B says: `$(`$reader.ReadBoolean())"
            "Process C says: `$(`$reader.ReadBoolean())"
            Remove-MemoryMappedFile `$map
"@
        $null = Receive-Line $first 'Process B'
        $null = Stop-Shell (Start-Shell (& $writer 1 'false'))
        Send-Line $first
        $null = Receive-Line $first 'Process C'
        $null = Stop-Shell (Start-Shell (& $writer 2 'true'))
        Send-Line $first
        Stop-Shell $first | Where-Object { $_ } | Should -Be @(
            'Start Process B and press ENTER to continue.'
            'Start Process C and press ENTER to continue.'
            'Process A says: True'
            'Process B says: False'
            'Process C says: True'
        )
    }

    It 'two processes change a part of an extremely large file' {
        # The file is sparse, so it needs little disk space.
        $file = New-TestFile
        $stream = [System.IO.File]::Create($file)
        $stream.SetLength(3GB)
        $stream.Dispose()
        $name = New-TestName
        $map = New-MemoryMappedFile -Path $file -FileMode Open -Name $name
        $view = $map.CreateViewAccessor(256MB, 512MB)
        $colour = [byte[]] (10, 20, 30, 40)
        $view.WriteArray(1000, $colour, 0, 4)
        $view.Dispose()
        $lines = Invoke-Shell "`$map = Open-MemoryMappedFile $name; `$view = `$map.CreateViewAccessor(256MB + 1000, 4); 0..3 | ForEach-Object { `$view.ReadByte(`$_) }; `$view.Write(0, [byte] 99); `$view.Dispose()"
        $lines | Should -Be '10', '20', '30', '40'
        Read-MemoryMappedFile $map -Offset (256MB + 1000) -Count 2 -AsByteStream | Should -Be 99, 20
        Remove-MemoryMappedFile $map
        $stream = [System.IO.File]::OpenRead($file)
        $stream.Position = 256MB + 1000
        $stream.ReadByte() | Should -Be 99
        $stream.Dispose()
    }
}

Describe 'Objects as JSON' -Tag Process {
    It 'are passed between processes; if the map is too small, the error reports the size that they need' {
        $name = New-TestName
        $object = [ordered] @{ Name = 'Größe'; List = 1, 2, 3; Text = 'Ärger mit 漢字 und 🙂' + 'ä' * 4100 }
        $json = $object | ConvertTo-Json -Compress
        # The old example used the length of the string, which is too small for text beyond ASCII.
        $map = New-MemoryMappedFile -Name $name -Size $json.Length
        Out-MemoryMappedFile $map $json -ErrorVariable failure -ErrorAction SilentlyContinue
        $need = [System.Text.Encoding]::UTF8.GetByteCount($json)
        $failure[0].Exception.Message | Should -BeLike "*$need*"
        Remove-MemoryMappedFile $map
        $map = New-MemoryMappedFile -Name $name -Size $need
        Out-MemoryMappedFile $map $json
        $lines = Invoke-Shell "`$map = Open-MemoryMappedFile $name; `$o = Read-MemoryMappedFile `$map | ConvertFrom-Json; `$o.List += 4; `$o.Name.Length; `$o.Text.Length; Out-MemoryMappedFile `$map (`$o.List | ConvertTo-Json -Compress)"
        $lines | Should -Be "$($object.Name.Length)", "$($object.Text.Length)"
        Read-MemoryMappedFile $map | Should -Be '[1,2,3,4]'
        Remove-MemoryMappedFile $map
    }
}
