# How Out-, Read- and Save- read and write bytes and files.

BeforeDiscovery {
    $Encodings = @(
        @{ Encoding = 'utf8'; Bytes = 0xC3, 0xA4, 0xE2, 0x82, 0xAC }
        @{ Encoding = 'utf8NoBOM'; Bytes = 0xC3, 0xA4, 0xE2, 0x82, 0xAC }
        @{ Encoding = 'utf8BOM'; Bytes = 0xEF, 0xBB, 0xBF, 0xC3, 0xA4, 0xE2, 0x82, 0xAC }
        @{ Encoding = 'unicode'; Bytes = 0xFF, 0xFE, 0xE4, 0x00, 0xAC, 0x20 }
        @{ Encoding = 'bigendianunicode'; Bytes = 0xFE, 0xFF, 0x00, 0xE4, 0x20, 0xAC }
        @{ Encoding = 'utf32'; Bytes = 0xFF, 0xFE, 0, 0, 0xE4, 0, 0, 0, 0xAC, 0x20 }
        @{ Encoding = 'bigendianutf32'; Bytes = 0, 0, 0xFE, 0xFF, 0, 0, 0, 0xE4, 0, 0, 0x20, 0xAC }
    )
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')
    function Get-Byte { param($Map, [int] $Count) Read-MemoryMappedFile $Map -Offset 0 -Count $Count -AsByteStream }
}

Describe 'Out-MemoryMappedFile' {
    BeforeEach { $map = New-MemoryMappedFile (New-TestName) 64 }
    AfterEach { Remove-MemoryMappedFile $map }

    It 'writes UTF-8 without a byte order mark from offset 0, padded with NUL' {
        Out-MemoryMappedFile $map 'Grüße'
        Get-Byte $map 9 | Should -Be 0x47, 0x72, 0xC3, 0xBC, 0xC3, 0x9F, 0x65, 0, 0
    }

    It 'replaces all of a longer text' {
        Out-MemoryMappedFile $map 'a longer text'
        Out-MemoryMappedFile $map 'short'
        Read-MemoryMappedFile $map | Should -BeExactly 'short'
    }

    It 'puts CR LF between appended texts, but not before the first' {
        Out-MemoryMappedFile $map 'one' -Append
        Out-MemoryMappedFile $map 'two' -Append
        Read-MemoryMappedFile $map | Should -BeExactly "one`r`ntwo"
    }

    It 'puts no separator with -NoNewline' {
        'one', 'two' | Out-MemoryMappedFile $map -Append -NoNewline
        Read-MemoryMappedFile $map | Should -BeExactly 'onetwo'
    }

    It 'refuses a text that is too long, reports the size that it needs, and keeps the old text' {
        Out-MemoryMappedFile $map 'old'
        Out-MemoryMappedFile $map ('ä' * ($map.Capacity / 2 + 8)) -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure | Should -HaveCount 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'TOO_LONG,Mmf.PowerShell.OutMemoryMappedFileCommand'
        $failure[0].CategoryInfo.Category | Should -Be 'LimitsExceeded'
        $failure[0].Exception | Should -BeOfType ([System.NotSupportedException])
        $failure[0].Exception.Message | Should -BeLike "*$($map.Capacity) bytes*$($map.Capacity + 16)*"
        $failure[0].TargetObject | Should -Be $map
        Out-MemoryMappedFile $map ('x' * ($map.Capacity - 4)) -Append -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].Exception.Message | Should -BeLike "*$($map.Capacity + 1)*"
        Read-MemoryMappedFile $map | Should -BeExactly 'old'
    }

    It "clears with -String ''" {
        Out-MemoryMappedFile $map 'something'
        Out-MemoryMappedFile $map -String ''
        Read-MemoryMappedFile $map | Should -BeExactly ''
        Get-Byte $map 64 | Measure-Object -Sum | ForEach-Object Sum | Should -Be 0
    }

    It 'returns the map with -PassThru, and nothing without' {
        Out-MemoryMappedFile $map x | Should -BeNullOrEmpty
        Out-MemoryMappedFile $map x -PassThru | Should -Be $map
        Out-MemoryMappedFile $map x -Offset 1 -PassThru | Should -Be $map
    }

    It 'writes at a byte offset and leaves the rest' {
        Out-MemoryMappedFile $map 'hello world'
        Out-MemoryMappedFile $map 'W' -Offset 6
        Read-MemoryMappedFile $map | Should -BeExactly 'hello World'
        Out-MemoryMappedFile $map 'ab' -Offset ($map.Capacity - 1) -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -Be 'INVALID_ARGUMENT,Mmf.PowerShell.OutMemoryMappedFileCommand'
        Out-MemoryMappedFile $map 'a' -Offset $map.Capacity -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -Be 'OUT_OF_RANGE,Mmf.PowerShell.OutMemoryMappedFileCommand'
        Read-MemoryMappedFile $map | Should -BeExactly 'hello World'
    }

    It 'writes <Encoding>, and Read- detects it by its byte order mark' -ForEach $Encodings {
        Out-MemoryMappedFile $map 'ä€' -Encoding $Encoding
        Get-Byte $map $Bytes.Count | Should -Be $Bytes
        Read-MemoryMappedFile $map | Should -BeExactly 'ä€'
        Read-MemoryMappedFile $map -Encoding $Encoding -Raw | Should -BeExactly 'ä€'
        Out-MemoryMappedFile $map 'ß' -Append
        Read-MemoryMappedFile $map | Should -BeExactly "ä€`r`nß"
    }

    It 'accepts other encodings, by name, by code page and as objects' {
        foreach ($encoding in 'latin1', 'iso-8859-1', 28591, [System.Text.Encoding]::GetEncoding(28591)) {
            Out-MemoryMappedFile $map ''
            Out-MemoryMappedFile $map 'äöü' -Encoding $encoding
            Get-Byte $map 4 | Should -Be 0xE4, 0xF6, 0xFC, 0
            Read-MemoryMappedFile $map -Encoding $encoding | Should -BeExactly 'äöü'
            Out-MemoryMappedFile $map 'x' -Append -Encoding $encoding
            Read-MemoryMappedFile $map -Encoding $encoding | Should -BeExactly "äöü`r`nx"
        }
        Out-MemoryMappedFile $map 'aä' -Encoding ascii
        Read-MemoryMappedFile $map | Should -BeExactly 'a?'
        Out-MemoryMappedFile $map 'ä' -Encoding ([System.Text.UTF8Encoding]::new($false))
        Get-Byte $map 3 | Should -Be 0xC3, 0xA4, 0
    }

    It 'refuses an encoding that does not exist, and adds only this error to $Error' {
        $Error.Clear()
        { Out-MemoryMappedFile $map x -Encoding nonsense } | Should -Throw -ErrorId 'INVALID_ARGUMENT,Mmf.PowerShell.OutMemoryMappedFileCommand'
    }

    It 'accepts a byte array: by position, by name, in the pipeline, and byte by byte' {
        [byte[]] $bytes = 65, 0, 200, 67
        Out-MemoryMappedFile $map $bytes
        Get-Byte $map 5 | Should -Be 65, 0, 200, 67, 0
        Out-MemoryMappedFile -MemoryMappedFile $map -String ([byte[]] (1, 2))
        Get-Byte $map 5 | Should -Be 1, 2, 0, 0, 0
        , $bytes | Out-MemoryMappedFile $map
        Get-Byte $map 5 | Should -Be 65, 0, 200, 67, 0
        Out-MemoryMappedFile $map ''
        $bytes | Out-MemoryMappedFile $map
        Get-Byte $map 5 | Should -Be 65, 0, 200, 67, 0
        Out-MemoryMappedFile $map $bytes -Append
        Get-Byte $map 9 | Should -Be 65, 0, 200, 67, 65, 0, 200, 67, 0
        Out-MemoryMappedFile $map ([byte[]] (7, 7)) -Offset 1
        Get-Byte $map 4 | Should -Be 65, 7, 7, 67
        Out-MemoryMappedFile $map ([byte[]] @())
        Read-MemoryMappedFile $map -AsByteStream | Should -HaveCount 0
    }

    It 'refuses a read-only map' {
        $readOnly = New-MemoryMappedFile -Name (New-TestName) -Size 10 -MemoryMappedFileAccess Read
        $opened = Open-MemoryMappedFile $map.Name -MemoryMappedFileRights Read
        $readOnly, $opened | Out-MemoryMappedFile -String x -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure.CategoryInfo.Category | Should -Be 'PermissionDenied', 'PermissionDenied'
        Read-MemoryMappedFile $readOnly | Should -BeExactly ''
        $readOnly, $opened | Remove-MemoryMappedFile
    }

    It 'waits for the content lock as long as -Timeout says, and reports that time' {
        $other = Open-MemoryMappedFile $map.Name
        $lock = $other.Lock(5)
        Out-MemoryMappedFile $map x -Timeout 0.4 -ErrorVariable failure -ErrorAction SilentlyContinue
        $lock.Dispose()
        $failure[0].FullyQualifiedErrorId | Should -Be 'TIMEOUT,Mmf.PowerShell.OutMemoryMappedFileCommand'
        $failure[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $failure[0].Exception.Message | Should -BeLike '*within 0.4 s*'
        Remove-MemoryMappedFile $other
    }
}

Describe 'Read-MemoryMappedFile' {
    BeforeEach { $map = New-MemoryMappedFile (New-TestName) 64 }
    AfterEach { Remove-MemoryMappedFile $map }

    It 'returns long texts in full: <Length> times <Sign>' -ForEach @(
        foreach ($length in 511, 512, 513, 70000) { foreach ($sign in 'x', [string] [char] 0x20AC) { @{ Length = $length; Sign = $sign } } }
    ) {
        $long = New-MemoryMappedFile (New-TestName) 256KB
        $text = $Sign * $Length
        Out-MemoryMappedFile $long $text
        $read = Read-MemoryMappedFile $long
        $read.Length | Should -Be $Length
        [string]::Equals($read, $text) | Should -BeTrue
        Remove-MemoryMappedFile $long
    }

    It 'omits every NUL; -Raw keeps them' {
        Out-MemoryMappedFile $map ([byte[]] (65, 0, 66))
        # Compares code units, because -Be ignores NULs in strings.
        [int[]] [char[]] (Read-MemoryMappedFile $map) | Should -Be 65, 66
        [int[]] [char[]] (Read-MemoryMappedFile $map -Raw) | Should -Be 65, 0, 66
        [int[]] [char[]] (Read-MemoryMappedFile $map -Count 3) | Should -Be 65, 66
    }

    It 'returns bytes with -AsByteStream; with -Raw as one array' {
        Out-MemoryMappedFile $map ([byte[]] (1, 0, 2))
        Read-MemoryMappedFile $map -AsByteStream | Should -Be 1, 0, 2
        $bytes = Read-MemoryMappedFile $map -AsByteStream -Raw
        , $bytes | Should -BeOfType ([byte[]])
        $bytes | Should -Be 1, 0, 2
        $copy = New-MemoryMappedFile (New-TestName) 10
        Read-MemoryMappedFile $map -AsByteStream | Out-MemoryMappedFile $copy
        Read-MemoryMappedFile $copy -AsByteStream | Should -Be 1, 0, 2
        Remove-MemoryMappedFile $copy
    }

    It 'returns parts with -Offset and -Count' {
        Out-MemoryMappedFile $map 'hello world'
        Read-MemoryMappedFile $map -Offset 6 | Should -BeExactly 'world'
        Read-MemoryMappedFile $map -Offset 0 -Count 5 | Should -BeExactly 'hello'
        Read-MemoryMappedFile $map -Count 4 | Should -BeExactly 'hell'
        Read-MemoryMappedFile $map -Offset 20 | Should -BeExactly ''
        [int[]] [char[]] (Read-MemoryMappedFile $map -Offset 9 -Count 4 -Raw) | Should -Be 108, 100, 0, 0
        Read-MemoryMappedFile $map -Offset 9 -Count 4 -AsByteStream | Should -Be 108, 100, 0, 0
        Read-MemoryMappedFile $map -Offset ($map.Capacity - 4) -Count 5 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -Be 'INVALID_ARGUMENT,Mmf.PowerShell.ReadMemoryMappedFileCommand'
        Read-MemoryMappedFile $map -Offset ($map.Capacity + 1) -Count 1 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -Be 'OUT_OF_RANGE,Mmf.PowerShell.ReadMemoryMappedFileCommand'
    }

    It 'reads a read-only map, and a map that was opened for reading' {
        Out-MemoryMappedFile $map 'text'
        $opened = Open-MemoryMappedFile $map.Name Read
        Read-MemoryMappedFile $opened | Should -Be 'text'
        Remove-MemoryMappedFile $opened
    }

    It 'reads a line in a huge delayed map without touching the rest' {
        $huge = New-MemoryMappedFile -Name (New-TestName) -Size 8GB -MemoryMappedFileAccess ReadWrite -MemoryMappedFileOptions DelayAllocatePages -HandleInheritability None
        Out-MemoryMappedFile $huge 'a line'
        Read-MemoryMappedFile $huge | Should -Be 'a line'
        Remove-MemoryMappedFile $huge
    }
}

Describe 'Save-MemoryMappedFile' {
    BeforeEach {
        $map = New-MemoryMappedFile (New-TestName) 64
        Out-MemoryMappedFile $map 'Text ä'
        $file = New-TestFile
    }
    AfterEach { Remove-MemoryMappedFile $map }

    It 'writes what Set-Content writes, and returns nothing' {
        Save-MemoryMappedFile $map $file | Should -BeNullOrEmpty
        $other = New-TestFile
        if ($PSVersionTable.PSEdition -eq 'Core') {
            Set-Content -LiteralPath $other -Value 'Text ä'
            [System.IO.File]::ReadAllBytes($file) | Should -Be ([System.IO.File]::ReadAllBytes($other))
        }
        [System.IO.File]::ReadAllText($file) | Should -BeExactly ('Text ä' + [System.Environment]::NewLine)
    }

    It 'writes no line end with -NoNewline, and bytes with -AsByteStream' {
        Save-MemoryMappedFile $map $file -NoNewline
        [System.IO.File]::ReadAllText($file) | Should -BeExactly 'Text ä'
        Out-MemoryMappedFile $map ([byte[]] (1, 0, 2))
        Save-MemoryMappedFile $map $file -AsByteStream
        [System.IO.File]::ReadAllBytes($file) | Should -Be 1, 0, 2
    }

    It 'overwrites a file, but not with -NoClobber' {
        [System.IO.File]::WriteAllText($file, 'a much longer text that was there before')
        Save-MemoryMappedFile $map $file -NoNewline
        [System.IO.File]::ReadAllText($file) | Should -BeExactly 'Text ä'
        Out-MemoryMappedFile $map 'other'
        Save-MemoryMappedFile $map $file -NoClobber -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].FullyQualifiedErrorId | Should -Be 'ALREADY_EXISTS,Mmf.PowerShell.SaveMemoryMappedFileCommand'
        $failure[0].CategoryInfo.Category | Should -Be 'ResourceExists'
        [System.IO.File]::ReadAllText($file) | Should -BeExactly 'Text ä'
    }

    It 'replaces a read-only file as version 1 did, with -Force and without' {
        foreach ($force in $false, $true) {
            [System.IO.File]::WriteAllText($file, 'protected')
            Set-ItemProperty -LiteralPath $file -Name IsReadOnly -Value $true
            Save-MemoryMappedFile $map $file -Force:$force -NoNewline
            [System.IO.File]::ReadAllText($file) | Should -BeExactly 'Text ä'
            Set-ItemProperty -LiteralPath $file -Name IsReadOnly -Value $false
        }
        Save-MemoryMappedFile $map $file -NoClobber -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].CategoryInfo.Category | Should -Be 'ResourceExists'
    }

    It 'appends to a file in its encoding, and writes a byte order mark only at its start' {
        Save-MemoryMappedFile $map $file -Encoding unicode -NoNewline
        Save-MemoryMappedFile $map $file -Append -Encoding unicode
        [System.IO.File]::ReadAllText($file) | Should -BeExactly ("Text äText ä" + [System.Environment]::NewLine)
        [System.IO.File]::ReadAllBytes($file)[0..1] | Should -Be 0xFF, 0xFE
        [System.IO.File]::ReadAllBytes($file).Length | Should -Be (2 + 2 * (12 + [System.Environment]::NewLine.Length))
        Out-MemoryMappedFile $map ([byte[]] (1, 0, 2))
        Save-MemoryMappedFile $map $file -AsByteStream
        Save-MemoryMappedFile $map $file -AsByteStream -Append
        [System.IO.File]::ReadAllBytes($file) | Should -Be 1, 0, 2, 1, 0, 2
        Save-MemoryMappedFile $map $file -Append -NoClobber -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].CategoryInfo.Category | Should -Be 'ResourceExists'
    }

    It 'saves several maps into one file, and one map into several files; -PassThru returns the files' {
        $other = New-MemoryMappedFile (New-TestName) 64
        Out-MemoryMappedFile $other 'other'
        $second = New-TestFile
        $files = Save-MemoryMappedFile $map, $other $file, $second -PassThru
        foreach ($saved in $file, $second) { Get-Content -LiteralPath $saved | Should -Be 'Text ä', 'other' }
        $files | Should -BeOfType ([System.IO.FileInfo])
        $files.FullName | Sort-Object -Unique | Should -Be ($file, $second | Sort-Object)
        Remove-MemoryMappedFile $other
    }

    It 'follows links and keeps the mode of the target' {
        Set-SkippedUnless (-not $IsWindowsHere) 'only Unix has these modes and links'
        [System.IO.File]::WriteAllText($file, 'target')
        chmod 640 $file
        $link = New-TestFile
        $null = New-Item -ItemType SymbolicLink -Path $link -Target $file
        Save-MemoryMappedFile $map $link -NoNewline
        (Get-Item -LiteralPath $link).LinkType | Should -Be 'SymbolicLink'
        [System.IO.File]::ReadAllText($file) | Should -BeExactly 'Text ä'
        [int] (Get-Item -LiteralPath $file).UnixFileMode | Should -Be ([Convert]::ToInt32('640', 8))
    }

    It 'accepts paths relative to $PWD, with drives, with patterns, and literal ones' {
        $folder = Split-Path $file
        Push-Location $folder
        try {
            Save-MemoryMappedFile $map 'relative.txt' -NoNewline
            [System.IO.File]::ReadAllText((Join-Path $folder 'relative.txt')) | Should -BeExactly 'Text ä'
            Out-MemoryMappedFile $map 'pattern'
            Save-MemoryMappedFile $map 'relat*.txt' -NoNewline
            [System.IO.File]::ReadAllText((Join-Path $folder 'relative.txt')) | Should -BeExactly 'pattern'
            Save-MemoryMappedFile $map -LiteralPath 'a[1].txt' -NoNewline
            [System.IO.File]::ReadAllText((Join-Path $folder 'a[1].txt')) | Should -BeExactly 'pattern'
            # A literal path must not match this file.
            [System.IO.File]::WriteAllText((Join-Path $folder 'b1.txt'), 'kept')
            Save-MemoryMappedFile $map -LiteralPath 'b[1].txt' -NoNewline
            [System.IO.File]::ReadAllText((Join-Path $folder 'b1.txt')) | Should -BeExactly 'kept'
            [System.IO.File]::ReadAllText((Join-Path $folder 'b[1].txt')) | Should -BeExactly 'pattern'
        }
        finally { Pop-Location }
        $null = New-PSDrive -Name MmfTest -Scope Global -PSProvider FileSystem -Root $folder
        Save-MemoryMappedFile $map 'MmfTest:/drive.txt' -NoNewline
        [System.IO.File]::ReadAllText((Join-Path $folder 'drive.txt')) | Should -BeExactly 'pattern'
        Remove-PSDrive MmfTest
    }

    It 'reports one error if the folder is missing or the path is not a file system path' {
        $Error.Clear()
        Save-MemoryMappedFile $map (Join-Path $file 'y.txt') -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure | Should -HaveCount 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'DIRECTORY_NOT_FOUND,Mmf.PowerShell.SaveMemoryMappedFileCommand'
        Save-MemoryMappedFile $map 'env:x' -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure | Should -HaveCount 1
        $failure[0].CategoryInfo.Category | Should -Be 'NotImplemented'
        Save-MemoryMappedFile $map 'nodrive:x' -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure | Should -HaveCount 1
        $Error.Count | Should -Be 3
    }
}

Describe 'Paths of New-MemoryMappedFile' {
    It 'are literal, relative to $PWD, and may contain ~ and drives' {
        $folder = Join-Path $TestDrive 'paths'
        $null = New-Item -ItemType Directory $folder -Force
        $strange = Join-Path $folder 'f[1]*.bin'.Replace('*', $(if ($IsWindowsHere) { '' } else { '*' }))
        [System.IO.File]::WriteAllBytes($strange, (1..5))
        Push-Location $folder
        try {
            $map = New-MemoryMappedFile -Path (Split-Path $strange -Leaf)
            $map.Path | Should -Be $strange
            Remove-MemoryMappedFile $map
        }
        finally { Pop-Location }
        $null = New-PSDrive -Name MmfTest -Scope Global -PSProvider FileSystem -Root $folder
        $map = New-MemoryMappedFile -Path 'MmfTest:/new.bin' -FileMode CreateNew -Name (New-TestName) -Size 10
        $map.Path | Should -Be (Join-Path $folder 'new.bin')
        Remove-MemoryMappedFile $map
        Remove-PSDrive MmfTest
        $mine = ".mmf-test-$([guid]::NewGuid())"
        $map = New-MemoryMappedFile -Path "~/$mine" -FileMode CreateNew -Name (New-TestName) -Size 10
        $map.Path | Should -Be (Join-Path $HOME $mine)
        Remove-MemoryMappedFile $map
        Remove-Item -LiteralPath (Join-Path $HOME $mine) -Force
    }
}
