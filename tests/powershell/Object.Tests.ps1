# The object: a .NET MemoryMappedFile with additional members.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    function Set-FirstNumber {
        # Like a script whose parameter has the type of .NET.
        param([System.IO.MemoryMappedFiles.MemoryMappedFile] $Map)
        $accessor = $Map.CreateViewAccessor(0, 8)
        $accessor.Write(0, [long] 42)
        $accessor.Dispose()
        $Map
    }
}

Describe 'The object' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 4096
    }
    AfterEach { $map.Dispose() }

    It "is .NET's MemoryMappedFile" {
        $map -is [System.IO.MemoryMappedFiles.MemoryMappedFile] | Should -BeTrue
        [System.IO.MemoryMappedFiles.MemoryMappedFile] $typed = $map
        Set-FirstNumber $typed | Should -Be $map
        Read-MemoryMappedFile $map -Offset 0 -Count 8 -AsByteStream | Should -Be 42, 0, 0, 0, 0, 0, 0, 0
    }

    It 'returns .NET''s view streams and accessors from all overloads' {
        $views = $map.CreateViewStream(), $map.CreateViewStream(0, 10), $map.CreateViewStream(0, 10, 'Read'),
        $map.CreateViewAccessor(), $map.CreateViewAccessor(8, 16), $map.CreateViewAccessor(8, 16, 'Read')
        $views[0..2] | Should -BeOfType ([System.IO.MemoryMappedFiles.MemoryMappedViewStream])
        $views[3..5] | Should -BeOfType ([System.IO.MemoryMappedFiles.MemoryMappedViewAccessor])
        $views[0].Write([byte[]] (72, 105), 0, 2)
        $views[0].Flush()
        Read-MemoryMappedFile $map | Should -Be 'Hi'
        $views[4].Write(0, [byte] 33)
        Read-MemoryMappedFile $map -Offset 8 -Count 1 | Should -Be '!'
        $views[1].Length | Should -Be 10
        $views[5].CanWrite | Should -BeFalse
        $views.ForEach({ $_.Dispose() })
    }

    It 'has a SafeMemoryMappedFileHandle' {
        $map.SafeMemoryMappedFileHandle.IsInvalid | Should -BeFalse
        $map.SafeMemoryMappedFileHandle | Should -BeOfType ([Microsoft.Win32.SafeHandles.SafeMemoryMappedFileHandle])
    }

    It 'works with compiled code that only knows the class of .NET' {
        Add-Type -TypeDefinition 'public static class MmfTestPeer { public static long Size(System.IO.MemoryMappedFiles.MemoryMappedFile map) { using (var view = map.CreateViewStream(0, 100)) { return view.Length; } } }' -ReferencedAssemblies ([System.IO.MemoryMappedFiles.MemoryMappedFile].Assembly.Location), ([object].Assembly.Location), ([System.IO.UnmanagedMemoryStream].Assembly.Location) -ErrorAction SilentlyContinue
        Set-SkippedUnless ([bool] ('MmfTestPeer' -as [type])) 'this PowerShell has no compiler for C#'
        [MmfTestPeer]::Size($map) | Should -Be 100
    }

    It 'has properties that describe the map' {
        $map.Name | Should -Be $name
        $map.Path | Should -BeNullOrEmpty
        $map.Capacity | Should -Be 4096
        $map.Kind | Should -Be 'Named'
        $map.Access | Should -Be ([System.IO.MemoryMappedFiles.MemoryMappedFileAccess]::ReadWrite)
        $map.IsForeign | Should -BeFalse
        $map.IsOrphaned | Should -BeFalse
        $map.IsInheritable | Should -BeFalse
        $map.IsDisposed | Should -BeFalse
    }

    It 'is shown as closed after it is closed, without an error' {
        $map = New-MemoryMappedFile (New-TestName) 8192
        $before = $Error.Count
        ($map | Out-String) | Should -Match 'Named +8192 ReadWrite'
        Remove-MemoryMappedFile $map
        $shown = $map | Out-String
        $shown | Should -Match ([regex]::Escape($map.Name) + ' +Closed')
        $shown | Should -Not -Match '8192|ReadWrite|Named'
        # All properties can be read, too.
        ($map | Format-List * | Out-String) | Should -Match 'IsDisposed +: True'
        $Error.Count | Should -Be $before
    }

    It 'has only the members of .NET and the documented ones' {
        $map = New-MemoryMappedFile (New-TestName) 100
        $promised = 'Lock', 'GetAccessControl', 'SetAccessControl', 'Name', 'Path', 'Capacity', 'Kind', 'Access', 'IsForeign', 'IsOrphaned', 'IsInheritable', 'IsDisposed',
        'ReadText', 'ReplaceText', 'AppendText', 'ReadContent', 'ReplaceContent', 'AppendContent', 'GetContentLength', 'Save',
        'Read', 'Write', 'Fill', 'Flush', 'GetPermissions', 'SetPermissions', 'GetSecurityDescriptor', 'SetSecurityDescriptor', 'GetMaps', 'From', 'Watch', 'Notify', 'Changed', 'add_Changed', 'remove_Changed'
        $known = @([System.IO.MemoryMappedFiles.MemoryMappedFile].GetMembers().Name) + $promised + $promised.ForEach({ "get_$_" })
        ($map | Get-Member).Name | Where-Object { $_ -notin $known } | Should -BeNullOrEmpty
        $map.GetType().GetMembers().Name | Where-Object { $_ -notin $known } | Should -BeNullOrEmpty
        foreach ($name in $promised.Where({ $_ -notin 'Name', 'GetMaps', 'From', 'add_Changed', 'remove_Changed' })) { ($map | Get-Member).Name | Should -Contain $name }
        $map.Dispose()
    }

    It 'is formatted as a short table' {
        $shown = $map | Out-String -Width 200
        $shown | Should -Match 'Name\s+Kind\s+Capacity\s+Access\s+Path'
        $shown | Should -Match "$name\s+Named\s+4096\s+ReadWrite"
        ($shown.Trim() -split '\r?\n') | Should -HaveCount 3
    }

    It 'reports that another program removed its name' {
        Set-SkippedUnless $HasMapFolder 'names cannot be removed here'
        Remove-Item -LiteralPath (Join-Path $MapFolder $name)
        $map.IsOrphaned | Should -BeTrue
        Out-MemoryMappedFile $map 'still there'
        Read-MemoryMappedFile $map | Should -Be 'still there'
    }

    It 'recognizes a foreign map' {
        Set-SkippedUnless $HasMapFolder 'this test creates the foreign map as a file'
        $foreign = New-TestName
        [System.IO.File]::WriteAllBytes((Join-Path $MapFolder $foreign), [System.Text.Encoding]::ASCII.GetBytes('made elsewhere'))
        $opened = Open-MemoryMappedFile $foreign
        $opened.IsForeign | Should -BeTrue
        Read-MemoryMappedFile $opened | Should -Be 'made elsewhere'
        Remove-MemoryMappedFile $opened
        Join-Path $MapFolder $foreign | Should -Exist
        Remove-Item -LiteralPath (Join-Path $MapFolder $foreign)
    }
}

Describe 'Lifetime' {
    It 'a name is free immediately after <_>, without a garbage collection' -ForEach 'Remove-MemoryMappedFile', 'Dispose' {
        $name = New-TestName
        for ($round = 0; $round -lt 20; $round++) {
            $map = New-MemoryMappedFile $name (100 + $round) -ErrorAction Stop
            if ($_ -eq 'Dispose') { $map.Dispose() } else { Remove-MemoryMappedFile $map }
        }
        Test-MapName $name | Should -BeFalse
    }

    It 'a view outlives its map, and does not hold the name' {
        Set-SkippedUnless (-not $IsWindowsHere) 'on Windows a view holds the section'
        $name = New-TestName
        $map = New-MemoryMappedFile $name 100
        $view = $map.CreateViewAccessor()
        $map.Dispose()
        Test-MapName $name | Should -BeFalse
        $view.Write(0, [byte] 7)
        $view.ReadByte(0) | Should -Be 7
        $view.Dispose()
    }

    It 'disposing twice is allowed' {
        $map = New-MemoryMappedFile (New-TestName) 100
        $Error.Clear()
        $map.Dispose()
        $map.Dispose()
        Remove-MemoryMappedFile $map
        $Error.Count | Should -Be 0
    }

    It '<_>- reports an ObjectDisposedException after Dispose' -ForEach 'Out', 'Read', 'Save' {
        $map = New-MemoryMappedFile (New-TestName) 100
        $map.Dispose()
        switch ($_) {
            'Out' { Out-MemoryMappedFile $map x -ErrorVariable failure -ErrorAction SilentlyContinue }
            'Read' { Read-MemoryMappedFile $map -ErrorVariable failure -ErrorAction SilentlyContinue }
            'Save' { Save-MemoryMappedFile $map (New-TestFile) -ErrorVariable failure -ErrorAction SilentlyContinue }
        }
        $failure | Should -HaveCount 1
        $failure[0].Exception | Should -BeOfType ([System.ObjectDisposedException])
        $failure[0].CategoryInfo.Category | Should -Be 'InvalidOperation'
    }

    It 'members throw an ObjectDisposedException after Dispose' {
        $map = New-MemoryMappedFile (New-TestName) 100
        $map.Dispose()
        { $map.CreateViewStream() } | Should -Throw -ExceptionType ([System.Management.Automation.MethodInvocationException])
        $inner = try { $map.CreateViewStream() } catch [System.ObjectDisposedException] { 'disposed' }
        $inner | Should -Be 'disposed'
        $inner = try { $map.Lock(1) } catch [System.ObjectDisposedException] { 'disposed' }
        $inner | Should -Be 'disposed'
        $map | Out-String | Should -Not -BeNullOrEmpty
    }

    It 'one runspace may dispose a map that another one uses: <_>' -ForEach @(
        'Out-MemoryMappedFile $map text', 'Read-MemoryMappedFile $map', 'Use-MemoryMappedFile $map { Read-MemoryMappedFile $_ }', '$map.Lock(60).Dispose()', '$map.CreateViewAccessor().Dispose()'
    ) {
        for ($round = 0; $round -lt 5; $round++) {
            $map = New-MemoryMappedFile (New-TestName) 4096
            $begun = [System.Threading.ManualResetEventSlim]::new()
            $shell = [powershell]::Create()
            $null = $shell.AddScript("param(`$map, `$begun) `$ErrorActionPreference = 'Stop'; Import-Module $ModuleName; try { while (`$true) { `$null = $_; `$begun.Set() } } catch { `$begun.Set(); `$_.Exception }").AddArgument($map).AddArgument($begun)
            $handle = $shell.BeginInvoke()
            $begun.Wait()
            $map.Dispose()
            $caught = $shell.EndInvoke($handle)[0]
            while ($caught -is [System.Management.Automation.MethodInvocationException]) { $caught = $caught.InnerException }
            $caught | Should -BeOfType ([System.ObjectDisposedException])
            $caught.Message | Should -Not -BeNullOrEmpty
            $shell.Dispose()
            Test-MapName $map.Name | Should -BeFalse
        }
    }

    It 'the finalizer releases unreferenced objects, and the shell survives' {
        $name = New-TestName
        & {
            param($name)
            for ($count = 0; $count -lt 50; $count++) {
                $map = New-MemoryMappedFile "$name-$count" 100
                $null = $map.CreateViewStream()
            }
        } $name
        $map = $null
        $deadline = [System.Diagnostics.Stopwatch]::StartNew()
        do {
            [System.GC]::Collect()
            [System.GC]::WaitForPendingFinalizers()
            $left = 0..48 | Where-Object { Test-MapName "$name-$_" }
        } while ($left -and $deadline.Elapsed.TotalSeconds -lt 30)
        $left | Should -BeNullOrEmpty
    }
}

Describe 'Lock' {
    BeforeEach {
        $map = New-MemoryMappedFile (New-TestName) 1024
        $other = Open-MemoryMappedFile $map.Name
    }
    AfterEach { $map, $other | Remove-MemoryMappedFile }

    It 'keeps others out until it is disposed; calls on the same map run under it' {
        $lock = $map.Lock(5)
        Out-MemoryMappedFile $map 'under'
        Out-MemoryMappedFile $map 'the lock' -Append
        Read-MemoryMappedFile $map -Timeout 0 | Should -Be "under`r`nthe lock"
        Read-MemoryMappedFile $map -Offset 0 -Count 5 -Timeout 0 | Should -Be 'under'
        Out-MemoryMappedFile $map 'U' -Offset 0 -Timeout 0
        Save-MemoryMappedFile $map (New-TestFile) -Timeout 0
        Out-MemoryMappedFile $other 'x' -Timeout 0 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].Exception | Should -BeOfType ([System.TimeoutException])
        Read-MemoryMappedFile $other -Timeout 0 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].CategoryInfo.Category | Should -Be 'OperationTimeout'
        $lock.Dispose()
        Out-MemoryMappedFile $other 'now' -Timeout 0
        Read-MemoryMappedFile $map | Should -Be 'now'
    }

    It 'can be taken again by the same runspace, and is free after as many disposals' {
        $first = $map.Lock(1)
        $second = $map.Lock([timespan]::FromSeconds(1))
        $first.Dispose()
        $first.Dispose()
        Out-MemoryMappedFile $other 'x' -Timeout 0 -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure | Should -HaveCount 1
        $second.Dispose()
        Out-MemoryMappedFile $other 'x' -Timeout 0
    }

    It 'times out with a TimeoutException' {
        $lock = $map.Lock()
        $caught = try { $other.Lock(0.05) } catch [System.TimeoutException] { 'timeout' }
        $caught | Should -Be 'timeout'
        $lock.Dispose()
    }

    It 'does not cover another runspace that uses the same object' {
        $lock = $map.Lock(1)
        $shell = [powershell]::Create().AddScript({ param($module, $map) Import-Module $module; Out-MemoryMappedFile $map 'x' -Timeout 0 }).AddArgument($ModulePath).AddArgument($map)
        $null = $shell.Invoke()
        $shell.Streams.Error | Should -HaveCount 1
        $shell.Streams.Error[0].FullyQualifiedErrorId | Should -Be 'TIMEOUT,Mmf.PowerShell.OutMemoryMappedFileCommand'
        $shell.Dispose()
        $lock.Dispose()
    }

    It 'is released by Dispose of the map, and by the finalizer' {
        $null = $map.Lock(1)
        $deadline = [System.Diagnostics.Stopwatch]::StartNew()
        do {
            [System.GC]::Collect()
            [System.GC]::WaitForPendingFinalizers()
            Out-MemoryMappedFile $other 'x' -Timeout 0 -ErrorAction SilentlyContinue -ErrorVariable failure
        } while ($failure -and $deadline.Elapsed.TotalSeconds -lt 30)
        $failure | Should -BeNullOrEmpty
        $lock = $map.Lock(1)
        $map.Dispose()
        Out-MemoryMappedFile $other 'y' -Timeout 0 -ErrorAction Stop
        $lock.Dispose()
    }

    It 'makes counting in many runspaces exact' {
        Out-MemoryMappedFile $map '0'
        $shells = 1..4 | ForEach-Object {
            $shell = [powershell]::Create().AddScript({
                    param($module, $name)
                    Import-Module $module
                    $map = Open-MemoryMappedFile $name
                    for ($count = 0; $count -lt 25; $count++) {
                        $lock = $map.Lock(60)
                        try { Out-MemoryMappedFile $map (1 + (Read-MemoryMappedFile $map)) } finally { $lock.Dispose() }
                    }
                    Remove-MemoryMappedFile $map
                }).AddArgument($ModulePath).AddArgument($map.Name)
            @{ Shell = $shell; Handle = $shell.BeginInvoke() }
        }
        foreach ($one in $shells) {
            $null = $one.Shell.EndInvoke($one.Handle)
            $one.Shell.Streams.Error | Should -BeNullOrEmpty
            $one.Shell.Dispose()
        }
        Read-MemoryMappedFile $map | Should -Be '100'
    }
}

Describe 'Access control' {
    It 'reads and changes mode and owner' {
        Set-SkippedUnless (-not $IsWindowsHere) 'Windows has security descriptors'
        $map = New-MemoryMappedFile (New-TestName) 100
        $control = $map.GetAccessControl()
        [int] $control.Mode | Should -Be ([Convert]::ToInt32('600', 8))
        $control.UserId | Should -Be ([long] (id -u))
        $control.Mode = [Convert]::ToInt32('640', 8)
        $map.SetAccessControl($control)
        [int] $map.GetAccessControl().Mode | Should -Be ([Convert]::ToInt32('640', 8))
        { $map.SetAccessControl($null) } | Should -Throw
        $map.Dispose()
    }

    It 'gives a map to another user and another group' {
        Set-SkippedUnless ($HasMapFolder -and (id -u) -eq 0) 'only root on Linux may give a map away'
        $map = New-MemoryMappedFile (New-TestName) 100
        $path = Join-Path $MapFolder $map.Name
        $control = $map.GetAccessControl()
        $control.UserId = 65534
        $map.SetAccessControl($control)
        stat -c '%u %g %a' $path | Should -Be '65534 0 1600'
        $control.UserId = -1
        $control.GroupId = 65533
        $map.SetAccessControl($control)
        stat -c '%u %g %a' $path | Should -Be '65534 65533 1600'
        $map.GetAccessControl().UserId, $map.GetAccessControl().GroupId | Should -Be 65534, 65533
        $map.Dispose()
        $path | Should -Not -Exist
    }

    It 'reads and changes the security descriptor' {
        Set-SkippedUnless ($IsWindowsHere -and $PSVersionTable.PSEdition -eq 'Core') 'only PowerShell 7 on Windows gives it as SDDL'
        $map = New-MemoryMappedFile (New-TestName) 100
        Set-SkippedUnless ($null -ne $map.GetSecurityDescriptor()) 'this Windows has no security descriptors for maps (Wine)'
        $map.GetAccessControl() | Should -Match 'D:'
        $map.Dispose()
    }
}

Describe 'Maps of .NET' {
    BeforeEach {
        $file = New-TestFile ([byte[]]::new(100))
        $real = [System.IO.MemoryMappedFiles.MemoryMappedFile]::CreateFromFile($file)
    }
    AfterEach { $real.Dispose() }

    It 'work with Out-, Read-, Save- and Remove-' {
        Out-MemoryMappedFile $real 'text'
        Out-MemoryMappedFile $real 'more' -Append
        $real | Read-MemoryMappedFile | Should -Be "text`r`nmore"
        $saved = New-TestFile
        Save-MemoryMappedFile $real $saved -NoNewline
        [System.IO.File]::ReadAllText($saved) | Should -Be "text`r`nmore"
        Remove-MemoryMappedFile $real
        $real.SafeMemoryMappedFileHandle.IsClosed | Should -BeTrue
        Read-MemoryMappedFile $real -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].Exception | Should -BeOfType ([System.ObjectDisposedException])
    }

    It 'work without a file, too' {
        $memory = [System.IO.MemoryMappedFiles.MemoryMappedFile]::CreateNew([NullString]::Value, 100)
        Out-MemoryMappedFile $memory 'text'
        Read-MemoryMappedFile $memory | Should -Be 'text'
        $memory.Dispose()
    }
}

Describe 'Progress after one second: <Work>' -ForEach @(
    @{ Work = 'waiting for the lock to write'; Command = 'Out-MemoryMappedFile $map x -Timeout 60'; Activity = 'Writing to *'; Status = 'Waiting for other processes*' }
    @{ Work = 'waiting for the lock to read'; Command = 'Read-MemoryMappedFile $map -Timeout 60'; Activity = 'Reading *'; Status = 'Waiting for other processes*' }
    @{ Work = 'waiting for a map'; Command = 'Open-MemoryMappedFile "$($map.Name)-later" -Wait -Timeout 60'; Activity = 'Waiting for the map *-later''*'; Status = '* s' }
    @{ Work = 'waiting for the lock to use the map'; Command = 'Use-MemoryMappedFile $map { } -Timeout 60'; Activity = 'Waiting for *'; Status = 'Waiting for other processes*' }
    @{ Work = 'waiting for the lock to save'; Command = 'Save-MemoryMappedFile $map $file -Timeout 60'; Activity = 'Saving *'; Status = 'Waiting for other processes*' }
) {
    It 'is shown, and then completed' {
        $map = New-MemoryMappedFile (New-TestName) 4096
        $other = Open-MemoryMappedFile $map.Name
        $lock = $other.Lock(5)
        # These tests switch progress off, so this one runs in a separate runspace.
        $shell = [powershell]::Create()
        $null = $shell.AddScript("param(`$map, `$file) `$ProgressPreference = 'Continue'; Import-Module $ModuleName; $Command").AddArgument($map).AddArgument((New-TestFile))
        $handle = $shell.BeginInvoke()
        # Importing a module can also show progress.
        while (-not $handle.IsCompleted -and -not ($shell.Streams.Progress | Where-Object Activity -Like $Activity)) { [System.Threading.Thread]::Sleep(20) }
        # The awaited map is created only after the cmdlet has reported that it waits.
        $later = New-MemoryMappedFile "$($map.Name)-later" 100
        $lock.Dispose()
        $opened = $shell.EndInvoke($handle) | Where-Object { $_ -is [System.IO.MemoryMappedFiles.MemoryMappedFile] }
        $shell.Streams.Error | Should -BeNullOrEmpty
        $records = @($shell.Streams.Progress | Where-Object Activity -Like $Activity)
        $records[0].StatusDescription | Should -BeLike $Status
        "$($records[0].RecordType)" | Should -Be 'Processing'
        "$($records[-1].RecordType)" | Should -Be 'Completed'
        $shell.Dispose()
        $map, $other, $later, $opened | Where-Object { $_ } | Remove-MemoryMappedFile
    }
}

Describe 'A .NET class with unexpected fields' {
    It 'is reported as an error, and nothing is left' {
        $class = [Mmf.MemoryMappedFile].Assembly.GetType('Mmf.NetMap').GetProperty('BaseClass', [System.Reflection.BindingFlags] 'Static, NonPublic')
        $known = $class.GetValue($null)
        $name = New-TestName
        $class.SetValue($null, [System.IO.Stream])
        try { $map = New-MemoryMappedFile $name 4096 -ErrorVariable failure -ErrorAction SilentlyContinue } finally { $class.SetValue($null, $known) }
        $map | Should -BeNullOrEmpty
        $failure | Should -HaveCount 1
        $failure[0].Exception | Should -BeOfType ([System.PlatformNotSupportedException])
        $failure[0].Exception.Message | Should -BeLike 'The class MemoryMappedFile of this .NET (.NET *) has other fields than this library expects. Use *'
        Test-MapName $name | Should -BeFalse
        # It works again with the known class.
        New-MemoryMappedFile $name 4096 | Remove-MemoryMappedFile
    }
}

Describe 'Views of this library, where .NET cannot map the descriptor' {
    It 'read and write in all overloads, and outlive the map' {
        $switch = [Mmf.MemoryMappedFile].GetProperty('OwnViewsOnly', [System.Reflection.BindingFlags] 'Static, NonPublic')
        $switch.SetValue($null, $true)
        try { $map = New-MemoryMappedFile (New-TestName) 4096 } finally { $switch.SetValue($null, $false) }
        $views = $map.CreateViewStream(), $map.CreateViewStream(0, 10), $map.CreateViewStream(0, 10, 'Read'),
        $map.CreateViewAccessor(), $map.CreateViewAccessor(8, 16), $map.CreateViewAccessor(8, 16, 'Read')
        $views[0..2] | Should -BeOfType ([System.IO.UnmanagedMemoryStream])
        $views[3..5] | Should -BeOfType ([System.IO.UnmanagedMemoryAccessor])
        $views[0].Write([byte[]] (72, 105), 0, 2)
        Read-MemoryMappedFile $map | Should -Be 'Hi'
        $views[4].Write(0, [byte] 33)
        Read-MemoryMappedFile $map -Offset 8 -Count 1 | Should -Be '!'
        $views[1].Length | Should -Be 10
        $views[0].Length | Should -Be 4096
        $views[2].CanWrite | Should -BeFalse
        $views[5].CanWrite | Should -BeFalse
        { $map.CreateViewStream(0, 5000) } | Should -Throw
        $map.Dispose()
        $views[3].ReadByte(0) | Should -Be 72
        $caught = try { $map.CreateViewStream() } catch [System.ObjectDisposedException] { 'disposed' }
        $caught | Should -Be 'disposed'
    }
}
