# Building and installing the module as a user does: the same sources give the same bytes, a computer without the reference
# assemblies gets assemblies for its own PowerShell, and a module in use can be replaced. `cargo xtask test --only install`
# runs this with an empty home folder; XTASK is the path of xtask.

BeforeAll {
    $Before = $env:PSModulePath
    . (Join-Path $PSScriptRoot '../Support.ps1')
    $Sources = Join-Path $PSScriptRoot '../../../powershell'
    $Version = (Get-Module $ModuleName).Version.ToString()
    $Place = Join-Path $HOME ".local/share/powershell/Modules/$ModuleName"
    # Processes that are started here must find the installed module, not the one that was built for the tests.
    $env:PSModulePath = $null

    function Invoke-Xtask {
        # Runs xtask and checks its exit code; gives its output, including errors.
        param([string[]] $Words, [int] $Code = 0)
        $output = @(& $env:XTASK @Words 2>&1 | ForEach-Object { "$_" })
        $LASTEXITCODE | Should -Be $Code -Because ($output -join "`n")
        $output
    }

    function Test-Installed {
        # The installed module creates, writes and reads a map, and .NET can use it.
        Invoke-Shell @'
[System.IO.MemoryMappedFiles.MemoryMappedFile] $map = New-MemoryMappedFile "mmf-installed-$PID" 64
Out-MemoryMappedFile $map 'it works'; Read-MemoryMappedFile $map; $map.CreateViewAccessor().ReadByte(1)
'@ | Should -Be 'it works', '116'
    }
}

AfterAll { $env:PSModulePath = $Before }

Describe 'Building' {
    It 'gives the same assemblies from sources in another folder, byte for byte' {
        $copy = Join-Path $TestDrive 'a copy'
        Copy-Item -Recurse -LiteralPath $Sources -Destination $copy
        $hashes = foreach ($from in $Sources, $copy) {
            $to = Join-Path $TestDrive ([guid]::NewGuid())
            $null = & $Shell -NoProfile -File (Join-Path $from 'build.ps1') -OutputPath $to -Version $Version
            $LASTEXITCODE | Should -Be 0
            (Get-FileHash (Join-Path $to 'Mmf.dll'), (Join-Path $to 'Mmf.PowerShell.dll')).Hash -join ' '
        }
        $hashes[0] | Should -Be $hashes[1]
    }
}

Describe 'Without the reference assemblies' {
    BeforeAll {
        $Packages = $env:MMF_NUGET, $env:NUGET_PACKAGES
        $env:MMF_NUGET = $env:NUGET_PACKAGES = $null
    }
    AfterAll { $env:MMF_NUGET, $env:NUGET_PACKAGES = $Packages }

    It 'installs a module for this PowerShell, reports that, and works' {
        $version = $PSVersionTable.PSVersion
        Invoke-Xtask install, --module | Should -Contain "It is for PowerShell $($version.Major).$($version.Minor) and later."
        Test-Installed
    }

    It 'refuses to build packages, and reports what they need' {
        Invoke-Xtask package -Code 1 | Out-String | Should -Match 'packages need the NuGet packages NETStandard.Library'
    }
}

Describe 'A module that is in use' {
    It 'is replaced, and processes that use it continue' {
        # The process uses code and the library for the first time after the replacement.
        $user = Start-Shell @'
$ErrorActionPreference = 'Stop'; $map = New-MemoryMappedFile "mmf-installed-$PID" 64
'ready'; $null = [System.Console]::In.ReadLine()
Out-MemoryMappedFile $map 'goes on'; Use-MemoryMappedFile $map { Read-MemoryMappedFile $_ }
'@
        $null = Receive-Line $user '^ready$'
        $null = Invoke-Xtask install, --module
        Test-Installed
        Send-Line $user
        Stop-Shell $user | Should -Be 'ready', 'goes on' -Because $user.Errors.Result
        # Nothing of the replaced module is left.
        (Get-ChildItem -LiteralPath $Place).Name | Should -Be $Version
    }
}
