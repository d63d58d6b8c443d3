# The .NET library without the module, as a C# program calls it.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')
    $ReadOnly = [System.IO.MemoryMappedFiles.MemoryMappedFileAccess]::Read
}

Describe 'Mmf.MemoryMappedFile' {
    BeforeEach {
        $name = New-TestName
        $map = [Mmf.MemoryMappedFile]::CreateNew($name, 4096)
    }
    AfterEach { $map.Dispose() }

    It "is created and opened by the methods of .NET" {
        $access = [System.IO.MemoryMappedFiles.MemoryMappedFileAccess]::ReadWrite
        $rights = [System.IO.MemoryMappedFiles.MemoryMappedFileRights]::Read
        $now = [System.IO.MemoryMappedFiles.MemoryMappedFileOptions]::None
        $inherit = [System.IO.HandleInheritability]::Inheritable
        $file = New-TestFile (1..20)
        $stream = [System.IO.File]::Open($file, 'Open', 'ReadWrite', 'ReadWrite')
        $all = @(
            [Mmf.MemoryMappedFile]::CreateNew("$name-1", 10, $access)
            [Mmf.MemoryMappedFile]::CreateNew("$name-2", 10, $access, $now, $inherit)
            [Mmf.MemoryMappedFile]::CreateOrOpen($name, 10)
            [Mmf.MemoryMappedFile]::CreateOrOpen($name, 10, $access)
            [Mmf.MemoryMappedFile]::CreateOrOpen($name, 10, $access, $now, $inherit)
            [Mmf.MemoryMappedFile]::OpenExisting($name)
            [Mmf.MemoryMappedFile]::OpenExisting($name, $rights)
            [Mmf.MemoryMappedFile]::OpenExisting($name, $rights, $inherit)
            [Mmf.MemoryMappedFile]::CreateFromFile($file)
            [Mmf.MemoryMappedFile]::CreateFromFile($file, 'Open')
            [Mmf.MemoryMappedFile]::CreateFromFile($file, 'Open', "$name-3")
            [Mmf.MemoryMappedFile]::CreateFromFile($file, 'Open', "$name-4", 0)
            [Mmf.MemoryMappedFile]::CreateFromFile($file, 'Open', "$name-5", 0, $ReadOnly)
            [Mmf.MemoryMappedFile]::CreateFromFile($stream, "$name-6", 0, $ReadOnly, $inherit, $true)
        )
        $all | Should -BeOfType ([System.IO.MemoryMappedFiles.MemoryMappedFile])
        $all.IsInheritable.Where({ $_ }) | Should -HaveCount 4
        $all[6].Access | Should -Be $ReadOnly
        $all.ForEach({ $_.Dispose() })
        $stream.CanRead | Should -BeTrue
        $stream.Dispose()
        { [Mmf.MemoryMappedFile]::OpenExisting("$name-1") } | Should -Throw '*No process holds*'
        { [Mmf.MemoryMappedFile]::CreateNew($name, 10) } | Should -Throw
    }

    It 'reads and writes text with the given options' {
        $options = [Mmf.ContentOptions]::new()
        $map.ReplaceText('one')
        $map.AppendText('two')
        $options.Separator = ', '
        $map.AppendText('three', $options)
        $map.ReadText() | Should -BeExactly "one`r`ntwo, three"
        $map.GetContentLength() | Should -Be 15
        $options.Encoding = [Mmf.TextEncoding]::Utf16LE
        $map.ReplaceText('wide', $options)
        $map.ReadContent() | Should -Be 0xFF, 0xFE, 119, 0, 105, 0, 100, 0, 101
        $map.ReadText() | Should -BeExactly 'wide'
        { $map.ReplaceText('x' * 5000) } | Should -Throw '*4096*'
        { $map.ReplaceText([NullString]::Value) } | Should -Throw
        $map.ReadText() | Should -BeExactly 'wide'
    }

    It 'reads and writes content as bytes' {
        $map.ReplaceContent([byte[]] (1, 0, 2))
        $map.AppendContent([byte[]] (3, 4))
        $map.AppendContent([byte[]] (5), [byte[]] (9, 9))
        $map.ReadContent() | Should -Be 1, 0, 2, 3, 4, 9, 9, 5
        { $map.ReplaceContent($null) } | Should -Throw
    }

    It 'reads and writes parts of arrays' {
        $map.Write(10, [byte[]] (1, 2, 3, 4, 5), 1, 3)
        $buffer = [byte[]] (9, 9, 9, 9, 9)
        $map.Read(10, $buffer, 2, 3)
        $buffer | Should -Be 9, 9, 2, 3, 4
        $map.Fill(10, 2, 7)
        $map.Read(9, $buffer, 0, 5)
        $buffer | Should -Be 0, 7, 7, 4, 0
        $map.Flush()
        foreach ($bad in @(-1, 1), @(6, 0), @(0, 6), @(3, 3), @(0, -1)) { { $map.Read(0, $buffer, $bad[0], $bad[1]) } | Should -Throw '*array*' -Because "$bad" }
        { $map.Read(-1, $buffer, 0, 5) } | Should -Throw
        { $map.Read($map.Capacity - 4, $buffer, 0, 5) } | Should -Throw
        { $map.Read(0, $null, 0, 0) } | Should -Throw
        $buffer | Should -Be 0, 7, 7, 4, 0
    }

    It 'works in C#, with pointers, too' {
        $source = @'
            using System;
            public static unsafe class MmfTestProgram
            {
                public static string Run(string name)
                {
                    using Mmf.MemoryMappedFile map = Mmf.MemoryMappedFile.CreateNew(name, 4096);
                    System.IO.MemoryMappedFiles.MemoryMappedFile asNet = map;
                    byte* bytes = stackalloc byte[4];
                    bytes[0] = 65; bytes[1] = 66; bytes[2] = 67; bytes[3] = 0;
                    map.Write(0, bytes, 3);
                    map.Read(1, bytes, 2);
                    using (map.Lock(TimeSpan.FromSeconds(5)))
                    {
                        map.AppendText(((char)bytes[0]).ToString() + (char)bytes[1], new Mmf.ContentOptions { Timeout = TimeSpan.Zero });
                    }
                    using var stream = asNet.CreateViewStream();
                    try { map.Read(0, bytes, -1); } catch (ArgumentOutOfRangeException) { return map.ReadText() + (char)stream.ReadByte(); }
                    return "no exception";
                }
            }
'@
        Set-SkippedUnless ($PSVersionTable.PSEdition -eq 'Core') 'the C# compiler of Windows PowerShell is too old'
        Add-Type -TypeDefinition $source -CompilerOptions '/unsafe' -ReferencedAssemblies ([Mmf.MemoryMappedFile].Assembly.Location), 'System.IO.MemoryMappedFiles', 'System.Runtime', 'System.Runtime.InteropServices', 'netstandard' -IgnoreWarnings -ErrorAction Stop
        [MmfTestProgram]::Run("$name-c") | Should -Be "ABC`r`nBCA"
    }

    It 'saves the whole map, the content or the text' {
        $map.ReplaceContent([byte[]] (65, 0, 66))
        $file = New-TestFile
        $map.Save($file)
        [System.IO.File]::ReadAllBytes($file).Length | Should -Be 4096
        $options = [Mmf.SaveOptions]::new()
        $options.Part = 'Content'
        $map.Save($file, $options)
        [System.IO.File]::ReadAllBytes($file) | Should -Be 65, 0, 66
        $options.Part = 'Text'
        $options.Ending = '!'
        $map.Save($file, $options)
        [System.IO.File]::ReadAllText($file) | Should -Be 'AB!'
        $options.KeepExisting = $true
        { $map.Save($file, $options) } | Should -Throw
    }

    It 'waits for a map that does not exist yet' {
        $options = [Mmf.MapOptions]::new()
        $options.Wait = [timespan]::FromMilliseconds(50)
        { [Mmf.MemoryMappedFile]::OpenExisting("$name-none", $options) } | Should -Throw '*No process holds*'
        $options.Wait = [timespan]::FromSeconds(-3)
        { [Mmf.MemoryMappedFile]::OpenExisting($name, $options) } | Should -Throw '*must not be negative*'
    }

    It 'is created with the given permissions' {
        Set-SkippedUnless (-not $IsWindowsHere) 'Windows has security descriptors'
        $options = [Mmf.MapOptions]::new()
        $options.UnixMode = [Convert]::ToInt32('640', 8)
        $made = [Mmf.MemoryMappedFile]::CreateNew("$name-mode", 10, $options)
        "$($made.GetPermissions())" | Should -Be "640 $(id -u):$(id -g)"
        $made.Dispose()
        $options.UnixMode = 0x7FFFFFF
        { [Mmf.MemoryMappedFile]::CreateNew("$name-mode", 10, $options) } | Should -Throw
    }

    It 'can be disposed while other threads use it; they get an ObjectDisposedException' {
        $shells = foreach ($number in 1..4) {
            $shell = [powershell]::Create().AddScript({
                    param($map)
                    $ended = 'never'
                    try { for ($turn = 0; $turn -lt 100000; $turn++) { $map.AppendText('x'); $map.ReplaceText(''); $null = $map.ReadText(); $null = $map.GetContentLength() } }
                    catch { $ended = $_.Exception.GetBaseException().GetType().Name }
                    $ended
                }).AddArgument($map)
            @{ Shell = $shell; Handle = $shell.BeginInvoke() }
        }
        # Waits until all of them are running.
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        while ($clock.Elapsed.TotalMilliseconds -lt 200) { $null = $map.ReadText() }
        $ends = 1..3 | ForEach-Object { $end = [powershell]::Create().AddScript({ param($map) $map.Dispose() }).AddArgument($map); @{ Shell = $end; Handle = $end.BeginInvoke() } }
        foreach ($one in $ends) { $null = $one.Shell.EndInvoke($one.Handle); $one.Shell.Streams.Error | Should -BeNullOrEmpty; $one.Shell.Dispose() }
        foreach ($one in $shells) { $one.Shell.EndInvoke($one.Handle) | Should -Be 'ObjectDisposedException'; $one.Shell.Dispose() }
        $map.IsDisposed | Should -BeTrue
    }

    It 'throws from every member after Dispose' {
        $map.Dispose()
        $map.Dispose()
        foreach ($call in @(
                { $map.ReadText() }, { $map.ReplaceText('x') }, { $map.AppendText('x') }, { $map.ReadContent() }, { $map.GetContentLength() }
                { $map.Read(0, [byte[]]::new(1), 0, 1) }, { $map.Write(0, [byte[]]::new(1), 0, 1) }, { $map.Fill(0, 1, 1) }, { $map.Flush() }
                { $map.Save((New-TestFile)) }, { $map.Lock() }, { $map.CreateViewStream() }, { $map.CreateViewAccessor() }
                { $map.Watch() }, { $map.Notify() }
            )) {
            $caught = try { & $call; 'nothing' } catch { $_.Exception.GetBaseException().GetType().Name }
            $caught | Should -Be 'ObjectDisposedException' -Because "$call"
        }
        "$map" | Should -Be $name
    }
}

Describe 'A lock of the library' {
    It 'covers the calls of its thread, and calls that are given the lock' {
        $map = [Mmf.MemoryMappedFile]::CreateNew((New-TestName), 100)
        $other = [Mmf.MemoryMappedFile]::OpenExisting($map.Name)
        $now = [Mmf.ContentOptions]::new()
        $now.Timeout = [timespan]::Zero
        $lock = $map.Lock([timespan]::FromSeconds(5))
        $map.ReplaceText('under', $now)
        $caught = try { $other.ReadText($now) } catch { $_.Exception.GetBaseException().GetType().Name }
        $caught | Should -Be 'TimeoutException'
        $now.Lock = $lock
        $map.ReadText($now) | Should -Be 'under'
        $lock.Dispose()
        $now.Lock = $null
        $other.ReadText($now) | Should -Be 'under'
        $shared = $map.Lock('Shared', [timespan]::FromSeconds(5))
        if (-not $IsWindowsHere) { $other.ReadText($now) | Should -Be 'under' }
        $shared.Dispose()
        $map, $other | ForEach-Object Dispose
    }
}

Describe 'A map of .NET' {
    It 'is used in place, under the same lock as other maps' {
        # Windows: opened twice by name. Elsewhere: a file that is mapped twice.
        if ($IsWindowsHere) {
            $name = New-TestName
            $real = [System.IO.MemoryMappedFiles.MemoryMappedFile]::CreateNew($name, 4096)
            $ours = [Mmf.MemoryMappedFile]::OpenExisting($name)
        }
        else {
            $file = New-TestFile ([byte[]]::new(4096))
            $real = [System.IO.MemoryMappedFiles.MemoryMappedFile]::CreateFromFile($file)
            $ours = [Mmf.MemoryMappedFile]::CreateFromFile($file)
        }
        $ours.Write(100, [byte[]] (7), 0, 1)
        $lock = $ours.Lock(5)
        Out-MemoryMappedFile $real 'locked' -Timeout 0 -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].FullyQualifiedErrorId | Should -Be 'TIMEOUT,Mmf.PowerShell.OutMemoryMappedFileCommand'
        $lock.Dispose()
        # Writing must not write back bytes that another map changed meanwhile.
        Out-MemoryMappedFile $real 'far' -Offset 2000
        $buffer = [byte[]]::new(1)
        $ours.Read(100, $buffer, 0, 1)
        $buffer[0] | Should -Be 7
        $ours.Write(2000, [byte[]] (70), 0, 1)
        Read-MemoryMappedFile $real -Offset 2000 -Count 3 | Should -Be 'Far'
        [Mmf.MemoryMappedFile]::From($ours, $ReadOnly) | Should -Be $ours
        $ours.Dispose()
        $real.Dispose()
    }
}
