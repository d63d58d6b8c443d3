# Every error that a cmdlet can report, with its exception, category and id; and that each failure is one error.

BeforeDiscovery {
    # Commands that fail. $map is a named map of 64 bytes, and $name a name that is not in use.
    $Rows = @(
        @{ What = 'a name that exists'; Do = { New-MemoryMappedFile $map.Name 10 }; Id = 'ALREADY_EXISTS,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'ResourceExists'; Exception = [System.IO.IOException]; HResult = 0x800700B7 }
        @{ What = 'a size of 0'; Do = { New-MemoryMappedFile $name 0 }; Id = 'OUT_OF_RANGE,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentOutOfRangeException] }
        @{ What = 'a negative size'; Do = { New-MemoryMappedFile -Name $name -Size -5 }; Id = 'OUT_OF_RANGE,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentOutOfRangeException] }
        @{ What = 'a size of 0 for a name that exists'; Do = { New-MemoryMappedFile $map.Name 0 -CreateOrOpen }; Id = 'OUT_OF_RANGE,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentOutOfRangeException] }
        @{ What = 'a size beyond the address space'; Do = { New-MemoryMappedFile $name ([long]::MaxValue) }; Id = 'TOO_LARGE,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'LimitsExceeded'; Exception = [System.IO.IOException] }
        @{ What = 'creating with the access Write'; Do = { New-MemoryMappedFile -Name $name -Size 10 -MemoryMappedFileAccess Write }; Id = 'INVALID_ARGUMENT,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentException] }
        @{ What = 'options that do not exist'; Do = { New-MemoryMappedFile -Name $name -Size 10 -access Read -options ([enum]::ToObject([System.IO.MemoryMappedFiles.MemoryMappedFileOptions], 3)) -inheritability None }; Id = 'OUT_OF_RANGE,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentOutOfRangeException] }
        @{ What = 'a name of two dots'; Do = { New-MemoryMappedFile 'Local\..' 10 }; Id = 'INVALID_ARGUMENT,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentException] }
        @{ What = 'a file that is missing'; Do = { New-MemoryMappedFile -Path (New-TestFile) }; Id = 'NOT_FOUND,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'ObjectNotFound'; Exception = [System.IO.FileNotFoundException] }
        @{ What = 'a folder that is missing'; Do = { New-MemoryMappedFile -Path (Join-Path (New-TestFile) 'x') -FileMode OpenOrCreate -Name $name -Size 10 }; Id = 'DIRECTORY_NOT_FOUND,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'ObjectNotFound'; Exception = [System.IO.DirectoryNotFoundException] }
        @{ What = 'a file that exists, with CreateNew'; Do = { New-MemoryMappedFile -Path $file -FileMode CreateNew -Name $name -Size 100 }; Id = 'ALREADY_EXISTS,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'ResourceExists'; Exception = [System.IO.IOException] }
        @{ What = 'a size below the length of the file'; Do = { New-MemoryMappedFile -Path $file -FileMode Open -Name $name -Size 5 }; Id = 'OUT_OF_RANGE,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentOutOfRangeException] }
        @{ What = 'an empty file without a size'; Do = { [System.IO.File]::WriteAllText($file, ''); New-MemoryMappedFile -Path $file }; Id = 'INVALID_ARGUMENT,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentException] }
        @{ What = 'the file mode Append'; Do = { New-MemoryMappedFile -Path $file -FileMode Append }; Id = 'INVALID_ARGUMENT,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentException] }
        @{ What = 'the file mode Truncate'; Do = { New-MemoryMappedFile -Path $file -FileMode Truncate }; Id = 'INVALID_ARGUMENT,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentException] }
        @{ What = 'a file mode that does not exist'; Do = { New-MemoryMappedFile -Path $file -FileMode ([enum]::ToObject([System.IO.FileMode], 0)) }; Id = 'OUT_OF_RANGE,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentOutOfRangeException] }
        @{ What = 'a map name that exists, for a file'; Do = { New-MemoryMappedFile -Path $file -FileMode Open -Name $map.Name }; Id = 'ALREADY_EXISTS,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'ResourceExists'; Exception = [System.IO.IOException] }
        @{ What = 'a stream that is closed'; Do = { $stream = [System.IO.File]::OpenRead($file); $stream.Dispose(); New-MemoryMappedFile -FileStream $stream -Name $name -Size 0 -access Read -inheritability None -leaveOpen $true }; Id = 'CLOSED,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'InvalidOperation'; Exception = [System.ObjectDisposedException] }
        @{ What = 'a stream that is opened for reading only'; Do = { $stream = [System.IO.File]::OpenRead($file); try { New-MemoryMappedFile -FileStream $stream -Name $name -Size 0 -access ReadWrite -inheritability None -leaveOpen $true } finally { $stream.Dispose() } }; Id = 'ACCESS_DENIED,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'PermissionDenied'; Exception = [System.UnauthorizedAccessException] }
        @{ What = 'a drive that is missing'; Do = { New-MemoryMappedFile -Path 'mmf-nodrive:x' }; Id = 'IO,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'DeviceError'; Exception = [System.Management.Automation.DriveNotFoundException] }
        @{ What = 'a path outside the file system'; Do = { New-MemoryMappedFile -Path 'env:PATH' }; Id = 'NOT_SUPPORTED,Mmf.PowerShell.NewMemoryMappedFileCommand'; Category = 'NotImplemented'; Exception = [System.PlatformNotSupportedException] }
        @{ What = 'a name that does not exist'; Do = { Open-MemoryMappedFile $name }; Id = 'NOT_FOUND,Mmf.PowerShell.OpenMemoryMappedFileCommand'; Category = 'ObjectNotFound'; Exception = [System.IO.FileNotFoundException] }
        @{ What = 'rights that do not exist'; Do = { Open-MemoryMappedFile $map.Name ([enum]::ToObject([System.IO.MemoryMappedFiles.MemoryMappedFileRights], 0x10)) }; Id = 'OUT_OF_RANGE,Mmf.PowerShell.OpenMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentOutOfRangeException] }
        @{ What = 'a text that is too long'; Do = { Out-MemoryMappedFile $map ('x' * ($map.Capacity + 1)) }; Id = 'TOO_LONG,Mmf.PowerShell.OutMemoryMappedFileCommand'; Category = 'LimitsExceeded'; Exception = [System.NotSupportedException] }
        @{ What = 'an unpaired surrogate'; Do = { Out-MemoryMappedFile $map ([string] [char] 0xD800) }; Id = 'INVALID_TEXT,Mmf.PowerShell.OutMemoryMappedFileCommand'; Category = 'InvalidData'; Exception = [System.ArgumentException] }
        @{ What = 'writing to a map that is opened for reading'; Do = { $opened = Open-MemoryMappedFile $map.Name Read; try { Out-MemoryMappedFile $opened x } finally { $opened.Dispose() } }; Id = 'ACCESS_DENIED,Mmf.PowerShell.OutMemoryMappedFileCommand'; Category = 'PermissionDenied'; Exception = [System.UnauthorizedAccessException] }
        @{ What = 'an offset past the end of the map'; Do = { Read-MemoryMappedFile $map -Offset ($map.Capacity + 1) -Count 1 }; Id = 'OUT_OF_RANGE,Mmf.PowerShell.ReadMemoryMappedFileCommand'; Category = 'InvalidArgument'; Exception = [System.ArgumentOutOfRangeException] }
        @{ What = 'saving over a folder'; Do = { Save-MemoryMappedFile $map $TestDrive }; Id = '*,Mmf.PowerShell.SaveMemoryMappedFileCommand'; Category = '*'; Exception = [System.Exception] }
        @{ What = 'a file that shrank'; Do = { $cut = New-MemoryMappedFile -Path $file; try { [System.IO.File]::WriteAllText($file, ''); Read-MemoryMappedFile $cut } finally { $cut.Dispose() } }; Id = 'TRUNCATED,Mmf.PowerShell.ReadMemoryMappedFileCommand'; Category = 'ReadError'; Exception = [System.IO.EndOfStreamException]; OnUnix = $true }
    )
    foreach ($row in $Rows) { foreach ($key in 'HResult', 'OnUnix') { if (-not $row.ContainsKey($key)) { $row[$key] = $null } } }
}

BeforeAll { . (Join-Path $PSScriptRoot 'Support.ps1') }

Describe 'Each failure' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile (New-TestName) 64
        $file = New-TestFile (1..30)
    }
    AfterEach { $map.Dispose() }

    It '<What> is one error: <Category>, <Id>' -ForEach $Rows {
        Set-SkippedUnless (-not $OnUnix -or -not $IsWindowsHere) 'Windows prevents this failure'
        $Error.Clear()
        $ErrorActionPreference = 'Continue'
        $caught = $null
        $output = try { & $Do 2>&1 } catch { $caught = $_ }
        if (-not $caught) { $caught = @($output)[0] }
        $caught | Should -BeOfType ([System.Management.Automation.ErrorRecord])
        $caught.FullyQualifiedErrorId | Should -BeLike $Id
        "$($caught.CategoryInfo.Category)" | Should -BeLike $Category
        $caught.Exception | Should -BeOfType $Exception
        if ($HResult) { $caught.Exception.HResult | Should -Be $HResult }
        $caught.TargetObject | Should -Not -BeNullOrEmpty
        $caught.Exception.Message.Length | Should -BeGreaterThan 20
        $Error.Count | Should -Be 1
        Test-MapName $name | Should -BeFalse
    }

    It '$Error stays empty if nothing failed' {
        $Error.Clear()
        $opened = Open-MemoryMappedFile $map.Name
        Out-MemoryMappedFile $opened 'x'
        Out-MemoryMappedFile $opened 'x' -Append -Encoding latin1
        $null = Read-MemoryMappedFile $opened
        $null = Read-MemoryMappedFile $opened -AsByteStream -Offset 1
        Save-MemoryMappedFile $opened (New-TestFile)
        Save-MemoryMappedFile $opened (Join-Path $TestDrive 'no[such].txt')
        $lock = $map.Lock(1)
        Out-MemoryMappedFile $opened 'x' -Timeout 0 -ErrorAction Ignore
        $lock.Dispose()
        Remove-MemoryMappedFile $opened
        $Error.Count | Should -Be 0
    }

    It '-ErrorAction Stop makes every error terminating, with its own exception type' {
        $caught = try { New-MemoryMappedFile $map.Name 10 -ErrorAction Stop } catch [System.IO.IOException] { 'caught' }
        $caught | Should -Be 'caught'
        $caught = try { Out-MemoryMappedFile $map ('x' * ($map.Capacity + 1)) -ErrorAction Stop } catch [System.NotSupportedException] { 'caught' }
        $caught | Should -Be 'caught'
    }
}

Describe 'The table' {
    It 'maps <Status> to <Exception>, <Category>, as .NET does' -ForEach @(
        @{ Status = 'InvalidArgument'; Exception = 'ArgumentException'; Category = 'InvalidArgument' }
        @{ Status = 'OutOfRange'; Exception = 'ArgumentOutOfRangeException'; Category = 'InvalidArgument' }
        @{ Status = 'NullArgument'; Exception = 'ArgumentNullException'; Category = 'InvalidArgument' }
        @{ Status = 'InvalidHandle'; Exception = 'ArgumentException'; Category = 'InvalidArgument' }
        @{ Status = 'Closed'; Exception = 'ObjectDisposedException'; Category = 'InvalidOperation' }
        @{ Status = 'InvalidText'; Exception = 'ArgumentException'; Category = 'InvalidData' }
        @{ Status = 'NotSupported'; Exception = 'PlatformNotSupportedException'; Category = 'NotImplemented' }
        @{ Status = 'WrongAccess'; Exception = 'NotSupportedException'; Category = 'InvalidOperation' }
        @{ Status = 'NotFound'; Exception = 'IO.FileNotFoundException'; Category = 'ObjectNotFound' }
        @{ Status = 'DirectoryNotFound'; Exception = 'IO.DirectoryNotFoundException'; Category = 'ObjectNotFound' }
        @{ Status = 'AlreadyExists'; Exception = 'IO.IOException'; Category = 'ResourceExists'; HResult = 0x800700B7 }
        @{ Status = 'PathTooLong'; Exception = 'IO.PathTooLongException'; Category = 'InvalidArgument' }
        @{ Status = 'AccessDenied'; Exception = 'UnauthorizedAccessException'; Category = 'PermissionDenied' }
        @{ Status = 'ReadOnlyMap'; Exception = 'IO.IOException'; Category = 'PermissionDenied'; HResult = 0x80070013 }
        @{ Status = 'SharingViolation'; Exception = 'IO.IOException'; Category = 'ResourceBusy'; HResult = 0x80070020 }
        @{ Status = 'Busy'; Exception = 'IO.IOException'; Category = 'ResourceBusy'; HResult = 0x800700AA }
        @{ Status = 'Timeout'; Exception = 'TimeoutException'; Category = 'OperationTimeout' }
        @{ Status = 'NotAMap'; Exception = 'IO.IOException'; Category = 'InvalidType'; HResult = 0x80070006 }
        @{ Status = 'FileReplaced'; Exception = 'IO.IOException'; Category = 'InvalidData'; HResult = 0x800703EE }
        @{ Status = 'Orphaned'; Exception = 'IO.IOException'; Category = 'InvalidData'; HResult = 0x800703EE }
        @{ Status = 'NotAFile'; Exception = 'NotSupportedException'; Category = 'InvalidType' }
        @{ Status = 'NoSpace'; Exception = 'IO.IOException'; Category = 'LimitsExceeded'; HResult = 0x80070070 }
        @{ Status = 'TooLong'; Exception = 'NotSupportedException'; Category = 'LimitsExceeded' }
        @{ Status = 'TooLarge'; Exception = 'IO.IOException'; Category = 'LimitsExceeded'; HResult = 0x80070008 }
        @{ Status = 'Truncated'; Exception = 'IO.EndOfStreamException'; Category = 'ReadError' }
        @{ Status = 'FileMapped'; Exception = 'IO.IOException'; Category = 'ResourceBusy'; HResult = 0x800704C8 }
        @{ Status = 'Io'; Exception = 'IO.IOException'; Category = 'DeviceError' }
        @{ Status = 'Internal'; Exception = 'InvalidOperationException'; Category = 'NotSpecified' }
    ) {
        $row = [Mmf.StatusTable]::RowOf($Status)
        $row.Category | Should -Be $Category
        [enum]::GetNames([System.Management.Automation.ErrorCategory]) | Should -Contain $Category
        $made = [Mmf.StatusTable]::Create($Status, 'What happened.')
        $made.GetType().FullName | Should -Be "System.$Exception"
        $made.GetType() | Should -Be $row.ExceptionType
        $made.Message | Should -Be 'What happened.'
        $made.Data['mmf_status_t'] | Should -Be ([int] [Mmf.Status] $Status)
        [Mmf.StatusTable]::StatusOf($made) | Should -Be $Status
        if ($_.ContainsKey('HResult')) { $made.HResult | Should -Be $HResult }
    }

    It 'has a row for every status of the header, under the same name' {
        $header = [System.IO.File]::ReadAllText((Join-Path $PSScriptRoot '../../include/mmf.h'))
        $constants = [regex]::Matches($header, '(?m)^    MMF_STATUS_(\w+) = (\d+),')
        $constants.Count | Should -BeGreaterThan 25
        foreach ($constant in $constants | Where-Object { $_.Groups[2].Value -ne '0' }) {
            [Mmf.StatusTable]::RowOf([int] $constant.Groups[2].Value).Name | Should -Be $constant.Groups[1].Value
        }
        @([Mmf.StatusTable]::Rows).Count | Should -Be ($constants.Count - 1)
    }

    It 'reports unknown statuses and exceptions as system failures' {
        [Mmf.StatusTable]::RowOf([enum]::ToObject([Mmf.Status], 9999)).Name | Should -Be 'IO'
        [Mmf.StatusTable]::StatusOf([System.TimeoutException]::new()) | Should -Be 'Timeout'
        [Mmf.StatusTable]::StatusOf([System.ApplicationException]::new()) | Should -Be 'Io'
    }
}

Describe 'The shell survives' {
    It 'a name that another program removed' {
        Set-SkippedUnless $HasMapFolder 'names cannot be removed here'
        $map = New-MemoryMappedFile (New-TestName) 64
        Remove-Item -LiteralPath (Join-Path $MapFolder $map.Name)
        $again = New-MemoryMappedFile $map.Name 64
        Out-MemoryMappedFile $map 'first'
        Out-MemoryMappedFile $again 'second'
        Read-MemoryMappedFile $map | Should -Be 'first'
        $map, $again | Remove-MemoryMappedFile
    }

    It 'a full memory' {
        Set-SkippedUnless $HasMapFolder 'there is no folder of maps to fill'
        Set-SkippedUnless ([bool] (Get-Command unshare -ErrorAction Ignore)) 'unshare(1) is not installed'
        $script = "Import-Module '$ModulePath'; New-MemoryMappedFile full 4MB 2>&1 | ForEach-Object FullyQualifiedErrorId; (Get-ChildItem -Force $MapFolder | Measure-Object).Count; `$m = New-MemoryMappedFile fits 500KB; Out-MemoryMappedFile `$m works; Read-MemoryMappedFile `$m"
        $file = Join-Path $TestDrive 'full.ps1'
        Set-Content -LiteralPath $file -Value $script
        $output = unshare -rm sh -c "mount -t tmpfs -o size=1m tmpfs $MapFolder && exec '$Shell' -NoProfile -NonInteractive -File '$file'" 2>&1
        Set-SkippedUnless ("$output" -notmatch 'unshare|mount:') "mounting is not permitted here: $output"
        $output | Should -Be 'NO_SPACE,Mmf.PowerShell.NewMemoryMappedFileCommand', '0', 'works'
    }
}
