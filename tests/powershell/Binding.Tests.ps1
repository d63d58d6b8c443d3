# The .NET binding: it chooses the native library, loads it once per process, and releases everything.

BeforeDiscovery {
    $Libraries = @(
        @{ System = 'Windows'; Processor = 'X64'; CLibrary = ''; Path = 'runtimes/win-x64/native/mmf-native.dll' }
        @{ System = 'Windows'; Processor = 'X86'; CLibrary = ''; Path = 'runtimes/win-x86/native/mmf-native.dll' }
        @{ System = 'Windows'; Processor = 'Arm64'; CLibrary = ''; Path = 'runtimes/win-arm64/native/mmf-native.dll' }
        @{ System = 'Linux'; Processor = 'X64'; CLibrary = 'glibc'; Path = 'runtimes/linux-x64/native/libmmf.so' }
        @{ System = 'Linux'; Processor = 'Arm64'; CLibrary = 'glibc'; Path = 'runtimes/linux-arm64/native/libmmf.so' }
        @{ System = 'Linux'; Processor = 'Arm'; CLibrary = 'glibc'; Path = 'runtimes/linux-arm/native/libmmf.so' }
        @{ System = 'Linux'; Processor = 'X64'; CLibrary = 'musl'; Path = 'runtimes/linux-musl-x64/native/libmmf.so' }
        @{ System = 'Linux'; Processor = 'Arm64'; CLibrary = 'musl'; Path = 'runtimes/linux-musl-arm64/native/libmmf.so' }
        @{ System = 'MacOS'; Processor = 'X64'; CLibrary = ''; Path = 'runtimes/osx-x64/native/libmmf.dylib' }
        @{ System = 'MacOS'; Processor = 'Arm64'; CLibrary = ''; Path = 'runtimes/osx-arm64/native/libmmf.dylib' }
        @{ System = 'Linux'; Processor = 'S390x'; CLibrary = 'glibc'; Path = $null }
        @{ System = 'Plan9'; Processor = 'X64'; CLibrary = ''; Path = $null }
    )
    $OnSeven = $PSVersionTable.PSEdition -eq 'Core'
    $CanCompile = $OnSeven -and $IsLinux -and (Get-Command cc -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')
    $Binding = @{}
    $Library = [System.AppDomain]::CurrentDomain.GetAssemblies().Where({ $_.GetName().Name -eq 'Mmf' })[0]
    foreach ($type in $Library.GetTypes()) { $Binding[$type.Name] = $type }
    $Hidden = [System.Reflection.BindingFlags] 'Static, NonPublic'
    $NativeFile = (Get-ChildItem -Recurse -File -LiteralPath (Join-Path $ModulePath 'runtimes') | Select-Object -First 1).FullName

    function Get-OpenHandleCount {
        if ($IsWindowsHere) { $process = [System.Diagnostics.Process]::GetCurrentProcess(); return $process.HandleCount }
        (Get-ChildItem -LiteralPath /proc/self/fd).Count
    }

    function Copy-Module {
        # Copies the module without its native libraries.
        param([string] $Place)
        $copy = Join-Path $TestDrive "$Place/$ModuleName"
        Copy-Item -Recurse -LiteralPath $ModulePath -Destination $copy
        Remove-Item -Recurse -LiteralPath (Join-Path $copy 'runtimes')
        $copy
    }

    function Get-ImportFailure {
        # Gives the error of Import-Module in a new PowerShell, with MMF_LIBRARY set if a library is given.
        param([string] $Module, [string] $Native)
        $override = if ($Native) { "`$env:MMF_LIBRARY = '$Native'; " }
        "$(Stop-Shell (Start-Shell "${override}try { Import-Module '$Module' -ErrorAction Stop; 'imported' } catch { `$_.Exception.GetType().Name + ': ' + `$_.Exception.Message }"))"
    }
}

Describe 'Choosing the native library' {
    It '<System> <Processor> <CLibrary>: <Path>' -ForEach $Libraries {
        $Binding['NativePlace'].GetMethod('Below', $Hidden).Invoke($null, @($System, $Processor, $CLibrary)) | Should -Be $Path
    }

    It 'tells musl from glibc by the mapped libraries' {
        foreach ($line in @(
                , @("7f0 r-xp /lib/ld-musl-x86_64.so.1`n", 'musl')
                , @("7f0 r-xp /lib/libc.musl-aarch64.so.1`n", 'musl')
                , @("7f0 r-xp /usr/lib/x86_64-linux-gnu/libc.so.6`n", 'glibc')
            )) { $Binding['NativePlace'].GetMethod('CLibraryName', $Hidden).Invoke($null, @($line[0])) | Should -Be $line[1] }
    }

    It 'reports where it looked if there is no library' {
        Get-ImportFailure (Copy-Module 'bare') | Should -BeLike "DllNotFoundException: *The native library is missing: looked for*$ModuleName*runtimes*MMF_LIBRARY*"
    }

    It 'reports which part of the module is missing' -ForEach 'Mmf.dll', 'Mmf.PowerShell.dll' {
        $copy = Copy-Module "part $_"
        Remove-Item -LiteralPath (Join-Path $copy $_)
        Get-ImportFailure $copy | Should -BeLike "*module is not complete: '*$_' is missing*"
    }

    It 'uses the library that MMF_LIBRARY names, and reports a file that is not a library' {
        $copy = Copy-Module 'bare2'
        $output = Stop-Shell (Start-Shell "`$env:MMF_LIBRARY = '$NativeFile'; Import-Module '$copy' -ErrorAction Stop; (New-MemoryMappedFile $(New-TestName) 10).Capacity")
        $output | Should -Be "$(Get-RoundedCapacity 10)"
        Get-ImportFailure $copy 'relative.so' | Should -BeLike "DllNotFoundException: *The environment variable MMF_LIBRARY names 'relative.so'*absolute*"
        # An empty value counts as not set.
        $output = Stop-Shell (Start-Shell "[System.Environment]::SetEnvironmentVariable('MMF_LIBRARY', ''); Import-Module '$ModulePath' -ErrorAction Stop; (New-MemoryMappedFile $(New-TestName) 10).Capacity")
        $output | Should -Be "$(Get-RoundedCapacity 10)"
        $output = Get-ImportFailure $copy (Join-Path $copy "$ModuleName.psd1")
        $output | Should -BeLike '*cannot be loaded*MMF_LIBRARY*'
        # The system's own reason; it names the file or its format.
        $output | Should -Match 'invalid ELF header|not a mach-o|0x8007000B'
    }

    It 'reports a library for another processor' {
        # A copy of the library whose header names another processor.
        $other = Join-Path $TestDrive ('other-' + (Split-Path $NativeFile -Leaf))
        $bytes = [System.IO.File]::ReadAllBytes($NativeFile)
        if ($bytes[0] -eq 0x7F) { $at, $processor = 18, 0xB7 }
        else { $at, $processor = ([System.BitConverter]::ToInt32($bytes, 60) + 4), 0xAA64 }
        [System.BitConverter]::GetBytes([uint16] $processor).CopyTo($bytes, $at)
        [System.IO.File]::WriteAllBytes($other, $bytes)
        Get-ImportFailure $ModulePath $other | Should -BeLike "BadImageFormatException: *'$other' is for Arm64 processors, and this process runs as X64*"
    }

    It 'refuses a library of another major version, and reports its version' -Skip:(-not $CanCompile) {
        # A library that reports another version, and forwards all other calls.
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive 'version 3')
        Copy-Item -LiteralPath $NativeFile -Destination (Join-Path $folder 'libmmf.so.2')
        $source = Join-Path $folder 'version.c'
        [System.IO.File]::WriteAllText($source, 'int mmf_version_get(unsigned *a, unsigned *b, unsigned *c) { *a = 3; *b = 1; *c = 4; return 0; }')
        $other = Join-Path $folder 'libmmf.so'
        & cc -shared -fPIC -o $other $source '-Wl,--no-as-needed' (Join-Path $folder 'libmmf.so.2') '-Wl,-rpath,$ORIGIN'
        $LASTEXITCODE | Should -Be 0
        Get-ImportFailure $ModulePath $other | Should -BeLike "DllNotFoundException: *The native library '$other' has the version 3.1.4; this module needs 2.x. Install the module again, or correct the environment variable MMF_LIBRARY."
    }

    It 'refuses a library that is not mmf' -Skip:(-not $CanCompile) {
        $source = Join-Path $TestDrive 'nothing.c'
        [System.IO.File]::WriteAllText($source, 'int nothing;')
        $other = Join-Path $TestDrive 'libnothing.so'
        & cc -shared -fPIC -o $other $source
        Get-ImportFailure $ModulePath $other | Should -BeLike "DllNotFoundException: *'$other' is not the native library of mmf*"
    }
}

Describe 'The binding' {
    It 'releases handles in compiled code' {
        foreach ($name in 'MapHandle', 'LockHandle', 'ViewHandle') {
            $Binding[$name].IsSubclassOf([System.Runtime.InteropServices.SafeHandle]) | Should -BeTrue
            $release = $Binding[$name].GetMethod('ReleaseHandle', [System.Reflection.BindingFlags] 'Instance, NonPublic')
            $release.DeclaringType | Should -Be $Binding[$name]
            $release.GetMethodBody().GetILAsByteArray().Length | Should -BeGreaterThan 5
        }
    }

    It 'lays out structures as C does' {
        # tests/binding.rs compares the fields. This test checks the sizes that .NET computes.
        foreach ($pair in @{ mmf_map_options_t = 64; mmf_text_options_t = 40; mmf_list_entry16_t = 72; mmf_error_t = 1024; mmf_map_info_t = 48 }.GetEnumerator()) {
            $size = [System.Runtime.InteropServices.Marshal]::SizeOf([System.Activator]::CreateInstance($Binding[$pair.Key]))
            $size | Should -BeGreaterOrEqual $pair.Value -Because $pair.Key
        }
    }

    It "has the numbers of .NET where the header says so" {
        $header = [System.IO.File]::ReadAllText((Join-Path $PSScriptRoot '../../include/mmf.h'))
        $enumerations = @{
            access = [System.IO.MemoryMappedFiles.MemoryMappedFileAccess], @{}
            rights = [System.IO.MemoryMappedFiles.MemoryMappedFileRights], @{ DEFAULT = 0 }
            allocation = [System.IO.MemoryMappedFiles.MemoryMappedFileOptions], @{ NOW = 0; DELAYED = [int] [System.IO.MemoryMappedFiles.MemoryMappedFileOptions]::DelayAllocatePages }
            inheritability = [System.IO.HandleInheritability], @{}
            file_mode = [System.IO.FileMode], @{}
        }
        foreach ($name in $enumerations.Keys) {
            $type, $others = $enumerations[$name]
            $header -match "(?s)enum mmf_${name}_t\b.*?\{(.*?)\};" | Should -BeTrue
            $found = [regex]::Matches($Matches[1], "MMF_$($name.ToUpper())_(\w+) = (\d+),")
            $found.Count | Should -BeGreaterThan 1
            foreach ($value in $found) {
                $constant = $value.Groups[1].Value
                $number = if ($others.ContainsKey($constant)) { $others[$constant] } else { [int] ($type::($constant.Replace('_', ''))) }
                $number | Should -Be $value.Groups[2].Value -Because $value.Value
            }
        }
    }
}

Describe 'Loading once per process' {
    It 'gives the same types in every runspace and after every import' {
        $map = New-MemoryMappedFile (New-TestName) 100
        $shell = [powershell]::Create().AddScript({ param($module) Import-Module $module; [Mmf.MemoryMappedFile] }).AddArgument($ModulePath)
        $shell.Invoke()[0] | Should -Be $map.GetType()
        $shell.Dispose()
        Import-Module $ModulePath -Force -Global
        $other = New-MemoryMappedFile (New-TestName) 100
        $other.GetType() | Should -Be $map.GetType()
        Read-MemoryMappedFile $map | Should -Be ''
        $map, $other | Remove-MemoryMappedFile
    }

    It 'works in eight runspaces at a time, with the same types' {
        $lines = Invoke-Shell @"
            `$map = New-MemoryMappedFile $(New-TestName) 1000
            `$shells = 1..8 | ForEach-Object {
                `$shell = [powershell]::Create().AddScript({ param(`$map) Import-Module $ModuleName -ErrorAction Stop; Out-MemoryMappedFile `$map x -Append; [Mmf.MemoryMappedFile].GetHashCode() }).AddArgument(`$map)
                @{ Shell = `$shell; Handle = `$shell.BeginInvoke() }
            }
            @(foreach (`$one in `$shells) { `$one.Shell.EndInvoke(`$one.Handle); `$one.Shell.Streams.Error } ) | Sort-Object -Unique | Measure-Object | ForEach-Object Count
            (Read-MemoryMappedFile `$map).Length
"@
        $lines | Should -Be '1', '22'
    }

    It 'happens once if eight runspaces import the module at the same time' {
        # Runs in a process that has not imported the module yet.
        $lines = Stop-Shell (Start-Shell @"
            `$shells = 1..8 | ForEach-Object {
                `$shell = [powershell]::Create().AddScript('Import-Module $ModuleName -ErrorAction Stop; `$m = New-MemoryMappedFile $(New-TestName)-' + `$_ + ' 100; Out-MemoryMappedFile `$m hello; Read-MemoryMappedFile `$m; Remove-MemoryMappedFile `$m')
                @{ Shell = `$shell; Handle = `$shell.BeginInvoke() }
            }
            foreach (`$one in `$shells) { `$one.Shell.EndInvoke(`$one.Handle); `$one.Shell.Streams.Error }
            [System.AppDomain]::CurrentDomain.GetAssemblies().Where({ `$_.GetName().Name -eq 'Mmf' }).Count
"@)
        $lines | Should -Be (@('hello') * 8 + '1')
    }

    It 'lets a copy of the module in another folder use what is loaded' {
        $map = New-MemoryMappedFile (New-TestName) 100
        $copy = Join-Path $TestDrive "copy/$ModuleName"
        Copy-Item -Recurse -LiteralPath $ModulePath -Destination $copy
        $shell = [powershell]::Create().AddScript({ param($module, $map) Import-Module $module; Out-MemoryMappedFile $map 'from a copy' }).AddArgument($copy).AddArgument($map)
        $shell.Invoke()
        $shell.Streams.Error | Should -BeNullOrEmpty
        Read-MemoryMappedFile $map | Should -Be 'from a copy'
        $shell.Dispose()
        Remove-MemoryMappedFile $map
    }

    It 'refuses another version of the module, and names both versions' {
        $output = Stop-Shell (Start-Shell "[System.AppDomain]::CurrentDomain.SetData('Mmf.PowerShell', [System.Version].Assembly); try { Import-Module '$ModulePath' -ErrorAction Stop } catch { `$_.Exception.Message }; Get-Module $ModuleName")
        $loaded = [System.Version].Assembly.GetName().Version.ToString(3)
        "$output" | Should -Be "This process has loaded version $loaded of the module $ModuleName, and cannot load version $((Get-Module $ModuleName).Version) beside it: start a new PowerShell for that."
    }

    It 'keeps maps open across Remove-Module; a new import accepts them' {
        $lines = Invoke-Shell @"
            `$map = New-MemoryMappedFile $(New-TestName) 100
            Out-MemoryMappedFile `$map living
            Remove-Module $ModuleName
            `$map.Name.Length
            Import-Module $ModuleName
            Read-MemoryMappedFile `$map
            Import-Module $ModuleName -Force
            Read-MemoryMappedFile `$map
            Remove-MemoryMappedFile `$map
            `$map.IsDisposed
"@
        $lines[1..3] | Should -Be 'living', 'living', 'True'
    }
}

Describe 'Other runspaces and processes' {
    BeforeEach { $map = New-MemoryMappedFile (New-TestName) 64KB }
    AfterEach { Remove-MemoryMappedFile $map }

    It 'ForEach-Object -Parallel appends without losing a line' -Skip:(-not $OnSeven) {
        1..100 | ForEach-Object -Parallel {
            Import-Module $using:ModulePath
            Out-MemoryMappedFile $using:map "line $_" -Append
        } -ThrottleLimit 4
        (Read-MemoryMappedFile $map) -split "`r`n" | Sort-Object { [int] $_.Split(' ')[1] } | Should -Be (1..100 | ForEach-Object { "line $_" })
    }

    It 'Start-ThreadJob accepts the object with $using:' {
        Set-SkippedUnless ([bool] (Get-Command Start-ThreadJob -ErrorAction Ignore)) 'Start-ThreadJob is not available here'
        $job = Start-ThreadJob { Import-Module $using:ModulePath; Out-MemoryMappedFile $using:map 'from a job'; ($using:map).Name }
        $job | Receive-Job -Wait -AutoRemoveJob | Should -Be $map.Name
        Read-MemoryMappedFile $map | Should -Be 'from a job'
    }

    It 'Start-Job opens a map by its name' {
        $name = $map.Name
        $job = Start-Job { Import-Module $using:ModulePath; $m = Open-MemoryMappedFile $using:name; Out-MemoryMappedFile $m 'from another process' }
        $job | Receive-Job -Wait -AutoRemoveJob
        Read-MemoryMappedFile $map | Should -Be 'from another process'
    }
}

Describe 'No resource leaks' -Tag Slow {
    It 'after the module is imported and removed two hundred times' {
        $lines = Invoke-Shell @"
            for (`$round = 0; `$round -lt 3; `$round++) { Import-Module $ModuleName -Force; Remove-Module $ModuleName }
            function Count { if ([System.IO.Path]::DirectorySeparatorChar -eq '\') { [System.Diagnostics.Process]::GetCurrentProcess().HandleCount } else { (Get-ChildItem /proc/self/fd).Count } }
            [System.GC]::Collect(); [System.GC]::WaitForPendingFinalizers()
            `$before = Count
            for (`$round = 0; `$round -lt 200; `$round++) { Import-Module $ModuleName; Remove-Module $ModuleName }
            [System.GC]::Collect(); [System.GC]::WaitForPendingFinalizers()
            (Count) - `$before
            [System.AppDomain]::CurrentDomain.GetAssemblies().Where({ `$_.GetName().Name -eq 'Mmf' }).Count
"@
        [int] $lines[0] | Should -BeLessOrEqual 3
        $lines[1] | Should -Be '1'
    }

    It 'after ten thousand maps are created and closed' {
        Set-SkippedUnless ($HasDescriptorFolder -or $IsWindowsHere) 'open descriptors cannot be counted here'
        $name = New-TestName
        $round = {
            param($rounds)
            for ($count = 0; $count -lt $rounds; $count++) {
                $map = New-MemoryMappedFile $name 4096
                $lock = $map.Lock(1)
                Out-MemoryMappedFile $map 'x'
                $lock.Dispose()
                $map.Dispose()
            }
        }
        & $round 50
        [System.GC]::Collect()
        [System.GC]::WaitForPendingFinalizers()
        $before = Get-OpenHandleCount
        & $round 10000
        [System.GC]::Collect()
        [System.GC]::WaitForPendingFinalizers()
        (Get-OpenHandleCount) - $before | Should -BeLessOrEqual 3
        if ($HasMapFolder) { Join-Path $MapFolder $name | Should -Not -Exist }
    }
}
