# The calls that scripts for version 1 make, and those that new users try first.

BeforeAll { . (Join-Path $PSScriptRoot 'Support.ps1') }

Describe 'Calls that version 1 allowed' {
    # Each call as a script writes it. $name is not in use, $file has 20 bytes, $map is a map of 1024 bytes with the text "text".
    BeforeEach {
        $name = New-TestName
        $file = New-TestFile (1..20)
        $target = New-TestFile
        $map = New-MemoryMappedFile (New-TestName) 4096
        Out-MemoryMappedFile $map 'text'
    }
    AfterEach { Remove-MemoryMappedFile $map }

    It '<Call>: <Kind>, <Capacity> bytes, for <Access>' -ForEach @(
        @{ Call = 'New-MemoryMappedFile $name 4096'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -Name $name -Size 4096'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile $name -Size 4096'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -mapName $name -capacity 4096'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile $name 4KB -CreateOrOpen'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile $name 4KB $true'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -Name $name -Size 4096 -access Read'; Kind = 'Named'; Capacity = 4096; Access = 'Read' }
        @{ Call = 'New-MemoryMappedFile -Name $name -Size 4096 -access ReadWrite -CreateOrOpen'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -Name $name -Size 4096 -MemoryMappedFileAccess ReadWrite -MemoryMappedFileOptions None -HandleInheritability None'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = '$name | New-MemoryMappedFile -Size 4096'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -Path $file'; Kind = 'File'; Capacity = 20; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -Path $file -FileMode Open'; Kind = 'File'; Capacity = 20; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -Path $file -Name $name'; Kind = 'NamedFile'; Capacity = 20; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -Path $file -FileMode Open -Name $name'; Kind = 'NamedFile'; Capacity = 20; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -Path $file -mode OpenOrCreate -Name $name -Size 50'; Kind = 'NamedFile'; Capacity = 50; Access = 'ReadWrite' }
        @{ Call = 'New-MemoryMappedFile -Path $file -FileMode Open -Name $name -Size 0 -access Read'; Kind = 'NamedFile'; Capacity = 20; Access = 'Read' }
        @{ Call = 'Get-Item $file | New-MemoryMappedFile'; Kind = 'File'; Capacity = 20; Access = 'ReadWrite' }
        @{ Call = '$file | New-MemoryMappedFile -FileMode Open'; Kind = 'NamedFile'; Capacity = 20; Access = 'ReadWrite' }
        @{ Call = 'Open-MemoryMappedFile $map.Name'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = 'Open-MemoryMappedFile -mapName $map.Name -desiredAccessRights Read'; Kind = 'Named'; Capacity = 4096; Access = 'Read' }
        @{ Call = 'Open-MemoryMappedFile $map.Name ReadWrite None'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = '$map.Name | Open-MemoryMappedFile'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
        @{ Call = '$map | Open-MemoryMappedFile'; Kind = 'Named'; Capacity = 4096; Access = 'ReadWrite' }
    ) {
        $made = . ([scriptblock]::Create($Call))
        $made | Should -HaveCount 1
        "$($made.Kind), $($made.Capacity), $($made.Access)" | Should -Be "$Kind, $Capacity, $Access"
        Remove-MemoryMappedFile $made
    }

    It '<Call> leaves "<Text>"' -ForEach @(
        @{ Call = 'Out-MemoryMappedFile $map new'; Text = 'new' }
        @{ Call = 'Out-MemoryMappedFile -MemoryMappedFile $map -String new'; Text = 'new' }
        @{ Call = 'Out-MemoryMappedFile -MemoryMappedFile $map -value new'; Text = 'new' }
        @{ Call = 'Out-MemoryMappedFile $map new -Append'; Text = "text`r`nnew" }
        @{ Call = 'Out-MemoryMappedFile $map new $true'; Text = "text`r`nnew" }
        @{ Call = '"new" | Out-MemoryMappedFile $map'; Text = 'new' }
        @{ Call = '"new" | Out-MemoryMappedFile $map -Append'; Text = "text`r`nnew" }
        @{ Call = '$map | Out-MemoryMappedFile -String new'; Text = 'new' }
        @{ Call = '[pscustomobject] @{ MemoryMappedFile = $map; String = "new" } | Out-MemoryMappedFile'; Text = 'new' }
    ) {
        . ([scriptblock]::Create($Call)) | Should -BeNullOrEmpty
        Read-MemoryMappedFile $map | Should -BeExactly $Text
    }

    It '<_> saves the text' -ForEach @(
        'Save-MemoryMappedFile $map $target'
        'Save-MemoryMappedFile -MemoryMappedFile $map -Path $target'
        '$map | Save-MemoryMappedFile -Path $target'
        '$target | Save-MemoryMappedFile $map'
        '[pscustomobject] @{ MemoryMappedFile = $map; Path = $target } | Save-MemoryMappedFile'
    ) {
        . ([scriptblock]::Create($_)) | Should -BeNullOrEmpty
        Get-Content -LiteralPath $target | Should -Be 'text'
    }

    It '<_> reads the text' -ForEach @(
        'Read-MemoryMappedFile $map'
        'Read-MemoryMappedFile -MemoryMappedFile $map'
        '$map | Read-MemoryMappedFile'
        '[pscustomobject] @{ MemoryMappedFile = $map } | Read-MemoryMappedFile'
    ) { . ([scriptblock]::Create($_)) | Should -BeExactly 'text' }

    It '<_> closes the map' -ForEach @(
        'Remove-MemoryMappedFile $map'
        'Remove-MemoryMappedFile -MemoryMappedFile $map'
        '$map | Remove-MemoryMappedFile'
        '[pscustomobject] @{ MemoryMappedFile = $map } | Remove-MemoryMappedFile'
    ) {
        . ([scriptblock]::Create($_)) | Should -BeNullOrEmpty
        $map.IsDisposed | Should -BeTrue
    }
}

Describe 'Calls that new users try' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 4096
    }
    AfterEach { Remove-MemoryMappedFile $map }

    It 'creates a file with a size, or opens and extends it' {
        $file = New-TestFile
        $made = New-MemoryMappedFile -Path $file -Size 1MB
        $made.Capacity | Should -Be 1MB
        Remove-MemoryMappedFile $made
        $made = New-MemoryMappedFile -Path $file -Size 2MB
        $made.Capacity | Should -Be 2MB
        Remove-MemoryMappedFile $made
        (Get-Item $file).Length | Should -Be 2MB
        # Without a size the file must exist, as in version 1.
        { New-MemoryMappedFile -Path (New-TestFile) -ErrorAction Stop } | Should -Throw -ExceptionType ([System.IO.FileNotFoundException])
    }

    It 'creates a map for reading, with its name and size by position' {
        $made = New-MemoryMappedFile "$name-2" 64 -MemoryMappedFileAccess Read
        "$($made.Access)" | Should -Be 'Read'
        Remove-MemoryMappedFile $made
        $made = New-MemoryMappedFile "$name-2" 1GB -MemoryMappedFileOptions DelayAllocatePages
        $made.Capacity | Should -Be 1GB
        Remove-MemoryMappedFile $made
    }

    It 'maps a read-only file by its path alone' {
        $file = New-TestFile (1..20)
        Set-ItemProperty -LiteralPath $file -Name IsReadOnly -Value $true
        $made = New-MemoryMappedFile -Path $file -MemoryMappedFileAccess Read
        $made.Capacity | Should -Be 20
        "$($made.Access)" | Should -Be 'Read'
        Remove-MemoryMappedFile $made
        $made = New-MemoryMappedFile -Path $file -FileMode Open -MemoryMappedFileAccess Read
        $made.Capacity | Should -Be 20
        Remove-MemoryMappedFile $made
        Set-ItemProperty -LiteralPath $file -Name IsReadOnly -Value $false
    }

    It 'pipes a map to Out- with the text by position, and to Save- with the path' {
        $map | Out-MemoryMappedFile 'text'
        Read-MemoryMappedFile $map | Should -Be 'text'
        $map | Out-MemoryMappedFile 'more' -Append
        Read-MemoryMappedFile $map | Should -Be "text`r`nmore"
        $file = New-TestFile
        $map | Save-MemoryMappedFile $file
        Get-Content -LiteralPath $file | Should -Be 'text', 'more'
    }

    It 'reports that a size after -Name needs -Size' {
        New-MemoryMappedFile -Name "$name-2" 64 -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure | Should -HaveCount 1
        "$($failure[0])" | Should -BeLike '*-Size 64*'
    }

    It 'warns about many lines without -Append' {
        'one', 'two', 'three' | Out-MemoryMappedFile $map -WarningVariable warned -WarningAction SilentlyContinue
        $warned | Should -HaveCount 1
        "$warned" | Should -BeLike '*3 texts*-Append*'
        Read-MemoryMappedFile $map | Should -Be 'three'
        'one' | Out-MemoryMappedFile $map -WarningVariable warned
        'one', 'two' | Out-MemoryMappedFile $map -Append -WarningVariable warned
        $other = New-MemoryMappedFile "$name-2" 64
        [pscustomobject] @{ MemoryMappedFile = $map; String = 'a' }, [pscustomobject] @{ MemoryMappedFile = $other; String = 'b' } | Out-MemoryMappedFile -WarningVariable warned
        $map, $other | Out-MemoryMappedFile -String 'both' -WarningVariable warned
        $warned | Should -BeNullOrEmpty
        Remove-MemoryMappedFile $other
    }

    It 'reports one error for a folder among files, and maps the files' {
        $folder = Join-Path $TestDrive ([guid]::NewGuid().ToString('N'))
        $null = New-Item -ItemType Directory (Join-Path $folder 'a folder')
        foreach ($letter in 'a', 'z') { [System.IO.File]::WriteAllBytes((Join-Path $folder "$letter.bin"), (1..5)) }
        $made = @(Get-ChildItem $folder | New-MemoryMappedFile -ErrorAction SilentlyContinue -ErrorVariable failure)
        $made.Path | Split-Path -Leaf | Should -Be 'a.bin', 'z.bin'
        $failure | Should -HaveCount 1
        $failure[0].TargetObject | Should -Be (Join-Path $folder 'a folder')
        Remove-MemoryMappedFile $made
    }

    It 'closes and opens several maps at once' {
        $opened = Open-MemoryMappedFile $name, $name
        $opened | Should -HaveCount 2
        Remove-MemoryMappedFile $opened
        $opened.IsDisposed | Should -Be $true, $true
        $some = Open-MemoryMappedFile $name, "$name-none" -ErrorAction SilentlyContinue -ErrorVariable failure
        $some | Should -HaveCount 1
        $failure | Should -HaveCount 1
        Remove-MemoryMappedFile $some
    }
}

Describe 'Texts and messages' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 4096
    }
    AfterEach { Remove-MemoryMappedFile $map }

    It 'a map converts to its name, or to the path of its file' {
        "$map" | Should -Be $name
        $file = New-TestFile (1..3)
        $fileMap = New-MemoryMappedFile -Path $file
        "$fileMap" | Should -Be $file
        Remove-MemoryMappedFile $fileMap
        Read-MemoryMappedFile $map -Verbose 4>&1 | Where-Object { "$_" -match 'MemoryMappedFile: ' } | Should -BeLike "*MemoryMappedFile: $name"
    }

    It '-WhatIf names the map or file' {
        $file = New-TestFile (1..3)
        $output = (Invoke-Shell @"
            `$fileMap = New-MemoryMappedFile -Path '$file'
            `$anonymous = [Mmf.MemoryMappedFile]::CreateNew([NullString]::Value, 100)
            Out-MemoryMappedFile `$fileMap x -WhatIf
            Read-MemoryMappedFile `$anonymous -WhatIf
            Remove-MemoryMappedFile `$fileMap -WhatIf
            Save-MemoryMappedFile `$anonymous never -WhatIf
"@) -join "`n"
        $output | Should -Not -BeLike '*on target ""*'
        $output | Should -BeLike "*""Replace content"" on target ""memory-mapped file of '$file'""*"
        $output | Should -BeLike '*"Read content" on target "anonymous memory-mapped file"*'
        $output | Should -BeLike "*""Remove"" on target ""memory-mapped file of '$file'""*"
        $output | Should -BeLike '*"Save anonymous memory-mapped file" on target "*never"*'
    }

    It 'an error message repeats no word' {
        Out-MemoryMappedFile $map ([string] [char] 0xD800) -ErrorAction SilentlyContinue -ErrorVariable failure
        "$($failure[0])" | Should -Not -Match '\b(\w+) \1\b'
    }

    It '-Timeout of Open- waits even without -Wait' {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        { Open-MemoryMappedFile "$name-none" -Timeout 0.3 } | Should -Throw -ExceptionType ([System.IO.FileNotFoundException])
        $clock.Elapsed.TotalSeconds | Should -BeGreaterOrEqual 0.3
        Remove-MemoryMappedFile (Open-MemoryMappedFile $name -Timeout 0)
    }

    It '-Timeout <_> is refused' -ForEach -0.5, -2, ([double]::NaN), ([double]::PositiveInfinity), 1e10 {
        { Read-MemoryMappedFile $map -Timeout $_ } | Should -Throw "*is not a valid time*-1*"
        { Open-MemoryMappedFile $name -Wait -Timeout $_ } | Should -Throw "*is not a valid time*-1*"
    }

    It '-Timeout <_> is accepted' -ForEach -1, 0, 0.001, 2147484, ([int]::MaxValue) {
        Out-MemoryMappedFile $map 'text' -Timeout $_ -ErrorAction Stop
        Read-MemoryMappedFile $map -Timeout $_ -ErrorAction Stop | Should -Be 'text'
        Use-MemoryMappedFile $map { } -Timeout $_ -ErrorAction Stop
        $map.Lock($_).Dispose()
        $opened = Open-MemoryMappedFile $name -Wait -Timeout $_
        Remove-MemoryMappedFile $opened
    }

    It 'Get-Help -Online has the address of <_>-MemoryMappedFile' -ForEach 'Get', 'New', 'Open', 'Out', 'Read', 'Remove', 'Save', 'Use', 'Wait' {
        [uri]::IsWellFormedUriString((Get-Command "$_-MemoryMappedFile").HelpUri, 'Absolute') | Should -BeTrue
    }
}

Describe 'Large maps' {
    It 'are read and written beyond 2 GiB' {
        $map = New-MemoryMappedFile -Name (New-TestName) -Size 5GB -MemoryMappedFileAccess ReadWrite -MemoryMappedFileOptions DelayAllocatePages -HandleInheritability None
        Out-MemoryMappedFile $map 'far' -Offset 2GB -ErrorAction Stop
        Read-MemoryMappedFile $map -Offset 2GB -Count 1 | Should -Be 'f'
        Read-MemoryMappedFile $map -Offset (2GB + 1) -Count 2 -AsByteStream | Should -Be 97, 114
        Read-MemoryMappedFile $map -AsByteStream -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure | Should -HaveCount 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'TOO_LONG,Mmf.PowerShell.ReadMemoryMappedFileCommand'
        "$($failure[0])" | Should -BeLike '*in parts*'
        Remove-MemoryMappedFile $map
    }
}

Describe 'Encodings by code page' {
    It '<Page> is <Name>, for appending, too' -ForEach @(
        @{ Page = 65001; Name = 'utf8' }
        @{ Page = 1200; Name = 'unicode' }
        @{ Page = 1201; Name = 'bigendianunicode' }
        @{ Page = 12000; Name = 'utf32' }
        @{ Page = 12001; Name = 'bigendianutf32' }
        @{ Page = 20127; Name = 'ascii' }
        @{ Page = 28591; Name = 'latin1' }
    ) {
        $map = New-MemoryMappedFile (New-TestName) 1024
        $written = foreach ($encoding in $Page, "$Page", $Name) {
            Out-MemoryMappedFile $map ''
            Out-MemoryMappedFile $map 'one' -Encoding $encoding
            Out-MemoryMappedFile $map 'two' -Append -Encoding $encoding
            Read-MemoryMappedFile $map -Encoding $encoding | Should -BeExactly "one`r`ntwo"
            (Read-MemoryMappedFile $map -AsByteStream) -join ' '
        }
        $written | Sort-Object -Unique | Should -HaveCount 1
        Remove-MemoryMappedFile $map
    }
}
