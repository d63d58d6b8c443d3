# The binding: which library, how it is called, once per process, and nothing left behind.

BeforeDiscovery {
    $Libraries = @(
        @{ System = 'Windows'; Processor = 'AMD64'; CLibrary = ''; Path = 'runtimes/win-x64/native/mmf.dll' }
        @{ System = 'Windows'; Processor = 'x86'; CLibrary = ''; Path = 'runtimes/win-x86/native/mmf.dll' }
        @{ System = 'Windows'; Processor = 'ARM64'; CLibrary = ''; Path = 'runtimes/win-arm64/native/mmf.dll' }
        @{ System = 'Linux'; Processor = 'X64'; CLibrary = 'glibc'; Path = 'runtimes/linux-x64/native/libmmf.so' }
        @{ System = 'Linux'; Processor = 'Arm64'; CLibrary = 'glibc'; Path = 'runtimes/linux-arm64/native/libmmf.so' }
        @{ System = 'Linux'; Processor = 'Arm'; CLibrary = 'glibc'; Path = 'runtimes/linux-arm/native/libmmf.so' }
        @{ System = 'Linux'; Processor = 'X64'; CLibrary = 'musl'; Path = 'runtimes/linux-musl-x64/native/libmmf.so' }
        @{ System = 'Linux'; Processor = 'Arm64'; CLibrary = 'musl'; Path = 'runtimes/linux-musl-arm64/native/libmmf.so' }
        @{ System = 'MacOS'; Processor = 'X64'; CLibrary = ''; Path = 'runtimes/osx-x64/native/libmmf.dylib' }
        @{ System = 'MacOS'; Processor = 'Arm64'; CLibrary = ''; Path = 'runtimes/osx-arm64/native/libmmf.dylib' }
        @{ System = 'Linux'; Processor = 'S390x'; CLibrary = 'glibc'; Path = $null }
    )
    $OnSeven = $PSVersionTable.PSEdition -eq 'Core'
    $CanCompile = $OnSeven -and $IsLinux -and (Get-Command cc -CommandType Application -ErrorAction Ignore)
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')
    $Module = Get-Module $ModuleName
    . $Module { . (Join-Path $args[0] 'Library.ps1') } $Module.ModuleBase
    $Binding = @{}
    foreach ($type in (& $Module { $script:Map.Assembly }).GetTypes()) { $Binding[$type.Name] = $type }
    $Imports = $Binding['Native'].GetMethods() | Where-Object { $_.Attributes -band [System.Reflection.MethodAttributes]::PinvokeImpl }

    function Measure-Descriptor {
        if ($IsWindowsHere) { $process = [System.Diagnostics.Process]::GetCurrentProcess(); return $process.HandleCount }
        (Get-ChildItem -LiteralPath /proc/self/fd).Count
    }
}

Describe 'The choice of the library' {
    It '<System> <Processor> <CLibrary>: <Path>' -ForEach $Libraries {
        $found = & $Module { param($a, $b, $c) Get-NativeLibraryName -System $a -Processor $b -CLibrary $c } $System $Processor $CLibrary
        $found | Should -Be $Path
    }

    It 'tells musl from glibc by what the process has mapped' {
        & $Module { Get-CLibraryName "7f0 r-xp /lib/ld-musl-x86_64.so.1`n" } | Should -Be 'musl'
        & $Module { Get-CLibraryName "7f0 r-xp /lib/libc.musl-aarch64.so.1`n" } | Should -Be 'musl'
        & $Module { Get-CLibraryName "7f0 r-xp /usr/lib/x86_64-linux-gnu/libc.so.6`n" } | Should -Be 'glibc'
    }

    It 'says what it looked for when there is none' {
        $copy = Join-Path $TestDrive "bare/$ModuleName"
        Copy-Item -Recurse -LiteralPath $ModulePath -Destination $copy
        Remove-Item -Recurse -LiteralPath (Join-Path $copy 'runtimes')
        $said = Stop-Shell (Start-Shell "try { Import-Module '$copy' -ErrorAction Stop } catch { `$_.Exception.Message }")
        "$said" | Should -BeLike "The native library is missing: looked for*$ModuleName*runtimes*MMF_LIBRARY*"
    }

    It 'finds it where .NET has another name for this platform, or none' {
        foreach ($name in 'elsewhere.1-x64', '') {
            $said = Stop-Shell (Start-Shell "[System.AppDomain]::CurrentDomain.SetData('RUNTIME_IDENTIFIER', '$name'); Import-Module '$ModulePath' -ErrorAction Stop; (New-MemoryMappedFile $(New-TestName) 10).Capacity")
            $said | Should -Be "$(Get-RoundedCapacity 10)"
        }
    }

    It 'takes the library that MMF_LIBRARY names, and says so when that is none' {
        $library = Get-ChildItem -Recurse -File -LiteralPath (Join-Path $ModulePath 'runtimes') | Select-Object -First 1
        $copy = Join-Path $TestDrive "bare2/$ModuleName"
        Copy-Item -Recurse -LiteralPath $ModulePath -Destination $copy
        Remove-Item -Recurse -LiteralPath (Join-Path $copy 'runtimes')
        $said = Stop-Shell (Start-Shell "`$env:MMF_LIBRARY = '$($library.FullName)'; Import-Module '$copy' -ErrorAction Stop; (New-MemoryMappedFile $(New-TestName) 10).Capacity")
        $said | Should -Be "$(Get-RoundedCapacity 10)"
        $said = Stop-Shell (Start-Shell "`$env:MMF_LIBRARY = 'relative.so'; try { Import-Module '$copy' -ErrorAction Stop } catch { `$_.Exception.Message }")
        "$said" | Should -BeLike "The environment variable MMF_LIBRARY names 'relative.so'*absolute*"
        # An empty one names nothing.
        $said = Stop-Shell (Start-Shell "[System.Environment]::SetEnvironmentVariable('MMF_LIBRARY', ''); Import-Module '$ModulePath' -ErrorAction Stop; (New-MemoryMappedFile $(New-TestName) 10).Capacity")
        $said | Should -Be "$(Get-RoundedCapacity 10)"
        $said = Stop-Shell (Start-Shell "`$env:MMF_LIBRARY = '$(Join-Path $copy "$ModuleName.psd1")'; try { Import-Module '$copy' -ErrorAction Stop } catch { `$_.Exception.Message }")
        "$said" | Should -BeLike '*cannot be loaded*MMF_LIBRARY*'
        # The system's own reason, which names the file or its format.
        "$said" | Should -Match 'invalid ELF header|not a mach-o|0x8007000B'
    }

    It 'refuses a library of another major version, and says which' -Skip:(-not $CanCompile) {
        # The library, but for what it says of its version.
        $folder = New-Item -ItemType Directory (Join-Path $TestDrive 'version 3')
        $real = Get-ChildItem -Recurse -File -LiteralPath (Join-Path $ModulePath 'runtimes') | Select-Object -First 1
        Copy-Item -LiteralPath $real.FullName -Destination (Join-Path $folder 'libmmf.so.2')
        $source = Join-Path $folder 'version.c'
        [System.IO.File]::WriteAllText($source, 'int mmf_version_get(unsigned *a, unsigned *b, unsigned *c) { *a = 3; *b = 1; *c = 4; return 0; }')
        $other = Join-Path $folder 'libmmf.so'
        & cc -shared -fPIC -o $other $source '-Wl,--no-as-needed' (Join-Path $folder 'libmmf.so.2') '-Wl,-rpath,$ORIGIN'
        $LASTEXITCODE | Should -Be 0
        $said = Stop-Shell (Start-Shell "`$env:MMF_LIBRARY = '$other'; try { Import-Module '$ModulePath' -ErrorAction Stop } catch { `$_.Exception.Message }; Get-Command -Module $ModuleName")
        "$said" | Should -Be "The native library '$other' has the version 3.1.4; this module needs 2.x. Install the module anew, or correct the environment variable MMF_LIBRARY."
    }
}

Describe 'The P/Invoke methods' {
    It 'are all Cdecl, by an absolute path, with UTF-16 text' {
        $Imports.Count | Should -BeGreaterThan 25
        foreach ($import in $Imports) {
            $attribute = $import.GetCustomAttributes([System.Runtime.InteropServices.DllImportAttribute], $false)[0]
            $attribute.CallingConvention | Should -Be 'Cdecl' -Because $import.Name
            $attribute.CharSet | Should -Be 'Unicode' -Because $import.Name
            $attribute.PreserveSig | Should -BeTrue -Because $import.Name
            [System.IO.Path]::IsPathRooted($attribute.Value) | Should -BeTrue
        }
    }

    It 'release handles in compiled code' {
        foreach ($name in 'MapHandle', 'ViewHandle') {
            $Binding[$name].IsSubclassOf([System.Runtime.InteropServices.SafeHandle]) | Should -BeTrue
            $release = $Binding[$name].GetMethod('ReleaseHandle', [System.Reflection.BindingFlags] 'Instance, NonPublic')
            $release.DeclaringType | Should -Be $Binding[$name]
            $release.GetMethodBody().GetILAsByteArray().Length | Should -BeGreaterThan 5
        }
    }

    It 'are all in the header' {
        $header = Join-Path $PSScriptRoot '../../include/mmf.h'
        $text = [System.IO.File]::ReadAllText($header)
        foreach ($import in $Imports) {
            $text | Should -Match "\b$($import.Name)\("
            # As many parameters as C has.
            $null = $text -match "(?s)\b$($import.Name)\((.*?)\);"
            $import.GetParameters().Count | Should -Be ($Matches[1].Split(',').Count) -Because $import.Name
        }
    }

    It 'have structures as large as C has them' {
        # Structures with a struct_size that no version has are refused, so a map that is made proves them.
        [System.Runtime.InteropServices.Marshal]::SizeOf([System.Activator]::CreateInstance($Binding['MapOptions'])) | Should -Be $(if ([System.IntPtr]::Size -eq 8) { 64 } else { 56 })
        [System.Runtime.InteropServices.Marshal]::SizeOf([System.Activator]::CreateInstance($Binding['TextOptions'])) | Should -Be $(if ([System.IntPtr]::Size -eq 8) { 40 } else { 32 })
        [System.Runtime.InteropServices.Marshal]::SizeOf([System.Activator]::CreateInstance($Binding['ListEntry'])) | Should -Be $(if ([System.IntPtr]::Size -eq 8) { 72 } else { 56 })
    }
}

Describe 'Once per process' {
    It 'the types are the same in every runspace and after every import' {
        $map = New-MemoryMappedFile (New-TestName) 100
        $shell = [powershell]::Create().AddScript({ param($module) Import-Module $module; (& (Get-Module System.IO.MemoryMappedFiles.Commands) { $script:Map }) }).AddArgument($ModulePath)
        $shell.Invoke()[0] | Should -Be $map.GetType()
        $shell.Dispose()
        Import-Module $ModulePath -Force -Global
        $other = New-MemoryMappedFile (New-TestName) 100
        $other.GetType() | Should -Be $map.GetType()
        Read-MemoryMappedFile $map | Should -Be ''
        $map, $other | Remove-MemoryMappedFile
    }

    It 'eight runspaces work with the same types at a time' {
        $lines = Invoke-Shell @"
            `$map = New-MemoryMappedFile $(New-TestName) 1000
            `$shells = 1..8 | ForEach-Object {
                `$shell = [powershell]::Create().AddScript({ param(`$map) Import-Module $ModuleName -ErrorAction Stop; Out-MemoryMappedFile `$map x -Append; & (Get-Module $ModuleName) { `$script:Content.GetHashCode() } }).AddArgument(`$map)
                @{ Shell = `$shell; Handle = `$shell.BeginInvoke() }
            }
            @(foreach (`$one in `$shells) { `$one.Shell.EndInvoke(`$one.Handle); `$one.Shell.Streams.Error } ) | Sort-Object -Unique | Measure-Object | ForEach-Object Count
            (Read-MemoryMappedFile `$map).Length
"@
        $lines | Should -Be '1', '22'
    }

    It 'eight parallel first imports make it once' {
        $lines = Invoke-Shell @"
            Remove-Module $ModuleName
            [System.AppDomain]::CurrentDomain.SetData('System.IO.MemoryMappedFiles.Commands 2.0.0', `$null)
            `$before = [System.AppDomain]::CurrentDomain.GetAssemblies().Where({ `$_.GetName().Name -eq 'Mmf' }).Count
            `$shells = 1..8 | ForEach-Object {
                `$shell = [powershell]::Create().AddScript('Import-Module $ModuleName -ErrorAction Stop; `$m = New-MemoryMappedFile $(New-TestName)-' + `$_ + ' 100; Out-MemoryMappedFile `$m hello; Read-MemoryMappedFile `$m; Remove-MemoryMappedFile `$m')
                @{ Shell = `$shell; Handle = `$shell.BeginInvoke() }
            }
            foreach (`$one in `$shells) { `$one.Shell.EndInvoke(`$one.Handle); `$one.Shell.Streams.Error }
            [System.AppDomain]::CurrentDomain.GetAssemblies().Where({ `$_.GetName().Name -eq 'Mmf' }).Count - `$before
"@
        $lines | Should -Be (@('hello') * 8 + '1')
    }

    It 'Remove-Module with living maps leaves them alive, and a new import takes them' {
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

    It 'Start-ThreadJob takes the object with $using:' {
        Set-SkippedUnless ([bool] (Get-Command Start-ThreadJob -ErrorAction Ignore)) 'there is no Start-ThreadJob here'
        $job = Start-ThreadJob { Import-Module $using:ModulePath; Out-MemoryMappedFile $using:map 'from a job'; ($using:map).Name }
        $job | Receive-Job -Wait -AutoRemoveJob | Should -Be $map.Name
        Read-MemoryMappedFile $map | Should -Be 'from a job'
    }

    It 'Start-Job opens it by name' {
        $name = $map.Name
        $job = Start-Job { Import-Module $using:ModulePath; $m = Open-MemoryMappedFile $using:name; Out-MemoryMappedFile $m 'from another process' }
        $job | Receive-Job -Wait -AutoRemoveJob
        Read-MemoryMappedFile $map | Should -Be 'from another process'
    }
}

Describe 'Nothing is left behind' -Tag Slow {
    It 'by two hundred imports and removals of the module' {
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

    It 'by ten thousand maps' {
        Set-SkippedUnless ($HasDescriptorFolder -or $IsWindowsHere) 'descriptors cannot be counted here'
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
        $before = Measure-Descriptor
        & $round 10000
        [System.GC]::Collect()
        [System.GC]::WaitForPendingFinalizers()
        (Measure-Descriptor) - $before | Should -BeLessOrEqual 3
        if ($HasMapFolder) { Join-Path $MapFolder $name | Should -Not -Exist }
    }
}
