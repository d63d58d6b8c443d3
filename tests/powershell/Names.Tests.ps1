# Maps by name: listing them, using them without opening them first, and trusting their owner.

BeforeAll { . (Join-Path $PSScriptRoot 'Support.ps1') }

Describe 'Get-MemoryMappedFile' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile "$name-memory" 4096
        $file = New-TestFile (1..20)
        $fileMap = New-MemoryMappedFile -Path $file -FileMode Open -Name "$name-file"
    }
    AfterEach { $map, $fileMap | Remove-MemoryMappedFile }

    It 'lists the existing maps, and does not hold them' {
        $found = Get-MemoryMappedFile "$name-*"
        $found.Name | Should -Be "$name-file", "$name-memory"
        $found.Capacity | Should -Be 20, 4096
        "$($found[0].Kind)", "$($found[1].Kind)" | Should -Be 'NamedFile', 'Named'
        $found[0].Path | Should -Be $file
        $found[1].Path | Should -BeNullOrEmpty
        $found | Should -BeOfType ([Mmf.MapEntry])
        Remove-MemoryMappedFile $map
        Test-MapName "$name-memory" | Should -BeFalse
        (Get-MemoryMappedFile "$name-*").Name | Should -Be "$name-file"
    }

    It 'gives the name of the owner' {
        Set-SkippedUnless (-not $IsWindowsHere) 'Windows does not give the owner'
        (Get-MemoryMappedFile "$name-memory").Owner | Should -Be (id -un)
        (Get-MemoryMappedFile "$name-memory").Permissions.UserId | Should -Be ([long] (id -u))
        (Get-MemoryMappedFile "$name-memory").IsTrusted | Should -BeTrue
    }

    It 'lists all maps without a name, and is formatted as a table' {
        (Get-MemoryMappedFile).Name | Should -Contain "$name-memory"
        $shown = Get-MemoryMappedFile "$name-*" | Out-String -Width 300
        $shown | Should -Match 'Name\s+Kind\s+Capacity\s+Owner\s+Path'
        $shown | Should -Match "$name-memory\s+Named\s+4096"
    }

    It 'reports an error for a missing name, but not for a pattern that matches nothing' {
        $all = "$name-memory", "$name-none", "$name-file" | Get-MemoryMappedFile -ErrorAction SilentlyContinue -ErrorVariable failure
        $all.Name | Should -Be "$name-memory", "$name-file"
        $failure | Should -HaveCount 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'NOT_FOUND,Mmf.PowerShell.GetMemoryMappedFileCommand'
        $failure[0].TargetObject | Should -Be "$name-none"
        Get-MemoryMappedFile "$name-x*" | Should -BeNullOrEmpty
    }

    It 'pipes to Open- and Read-' {
        Out-MemoryMappedFile $map 'text'
        Get-MemoryMappedFile "$name-m*" | Read-MemoryMappedFile | Should -Be 'text'
        $opened = Get-MemoryMappedFile "$name-m*" | Open-MemoryMappedFile
        $opened.Name | Should -Be "$name-memory"
        Remove-MemoryMappedFile $opened
    }
}

Describe '-Name' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 1024
    }
    AfterEach { Remove-MemoryMappedFile $map }

    It 'works for Read- by position, by name and from the pipeline' {
        Out-MemoryMappedFile $map 'text'
        Read-MemoryMappedFile $name | Should -Be 'text'
        Read-MemoryMappedFile -Name $name -Offset 1 -Count 2 | Should -Be 'ex'
        $name | Read-MemoryMappedFile | Should -Be 'text'
        Read-MemoryMappedFile $map | Should -Be 'text'
    }

    It 'works for Out-' {
        'piped' | Out-MemoryMappedFile -Name $name
        Read-MemoryMappedFile $map | Should -Be 'piped'
        Out-MemoryMappedFile -Name $name 'given' -Append
        Read-MemoryMappedFile $map | Should -Be "piped`r`ngiven"
        Out-MemoryMappedFile -Name $name ([byte[]] (65, 66)) -Offset 0
        Read-MemoryMappedFile $map | Should -Be "ABped`r`ngiven"
        65, 66 | ForEach-Object { [byte] $_ } | Out-MemoryMappedFile -Name $name
        Read-MemoryMappedFile $map | Should -Be 'AB'
    }

    It 'works for Save-' {
        $file = New-TestFile
        Out-MemoryMappedFile $map 'saved'
        Save-MemoryMappedFile -Name $name $file
        Get-Content -LiteralPath $file | Should -Be 'saved'
        Save-MemoryMappedFile -Name $name -LiteralPath $file -NoNewline
        [System.IO.File]::ReadAllText($file) | Should -Be 'saved'
    }

    It 'opens and closes the map: the map is gone with its last holder' {
        'x' | Out-MemoryMappedFile -Name $name
        $null = Read-MemoryMappedFile $name
        Use-MemoryMappedFile $name { }
        Remove-MemoryMappedFile $map
        Test-MapName $name | Should -BeFalse
    }

    It 'Out- -PassThru returns the map, which stays open' {
        $opened = Out-MemoryMappedFile -Name $name 'x' -PassThru
        $opened.IsDisposed | Should -BeFalse
        Read-MemoryMappedFile $opened | Should -Be 'x'
        Remove-MemoryMappedFile $opened
    }

    It '<_>- reports one error for a name that does not exist' -ForEach 'Out', 'Read', 'Save', 'Use', 'Wait' {
        $verb = $_
        $none = "$name-none"
        switch ($_) {
            'Out' { Out-MemoryMappedFile -Name $none x -ErrorVariable failure -ErrorAction SilentlyContinue }
            'Read' { Read-MemoryMappedFile $none -ErrorVariable failure -ErrorAction SilentlyContinue }
            'Save' { Save-MemoryMappedFile -Name $none (New-TestFile) -ErrorVariable failure -ErrorAction SilentlyContinue }
            'Wait' { Wait-MemoryMappedFile $none -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty }
            'Use' { Use-MemoryMappedFile $none { 'never' } -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty }
        }
        $failure | Should -HaveCount 1
        $failure[0].FullyQualifiedErrorId | Should -Be "NOT_FOUND,Mmf.PowerShell.${verb}MemoryMappedFileCommand"
        $failure[0].TargetObject | Should -Be $none
    }
}

Describe 'Use-MemoryMappedFile' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 1024
        $other = Open-MemoryMappedFile $name
        Out-MemoryMappedFile $map '1'
    }
    AfterEach { $map, $other | Remove-MemoryMappedFile }

    It 'runs the block under the lock, and releases the lock' {
        Use-MemoryMappedFile $map {
            Out-MemoryMappedFile $other x -Timeout 0 -ErrorAction SilentlyContinue -ErrorVariable script:refused
            Out-MemoryMappedFile $_ (1 + (Read-MemoryMappedFile $_ -Timeout 0)) -Timeout 0
        }
        $refused[0].Exception | Should -BeOfType ([System.TimeoutException])
        Read-MemoryMappedFile $other -Timeout 0 | Should -Be '2'
    }

    It 'returns what the block returns, one by one, in the scope of the caller' {
        $seen = Use-MemoryMappedFile $map { 1; 2; $inside = 'set' } | ForEach-Object { "$_" }
        $seen | Should -Be '1', '2'
        $inside | Should -Be 'set'
        Use-MemoryMappedFile $map { 1; 2; 3 } | Select-Object -First 1 | Should -Be 1
        Out-MemoryMappedFile $other free -Timeout 0 -ErrorAction Stop
    }

    It 'does not change the variables of the caller' {
        & {
            $block, $other, $kept = 'mine', 'too', $map
            Use-MemoryMappedFile $map { $null = $_ }
            $block, $other, $args[0] | Should -Be 'mine', 'too', 'argument'
            $map | Should -Be $kept
        } 'argument'
    }

    It 'accepts <What>' -ForEach @(
        @{ What = 'a map that is piped in, and the block by position'; Call = { $map | Use-MemoryMappedFile { $_.Name } } }
        @{ What = 'a map that is piped in, and the block by name'; Call = { $map | Use-MemoryMappedFile -ScriptBlock { $_.Name } } }
        @{ What = 'a name that is piped in'; Call = { $name | Use-MemoryMappedFile { $_.Name } } }
        @{ What = 'an entry of the list that is piped in'; Call = { Get-MemoryMappedFile $name | Use-MemoryMappedFile { $_.Name } } }
        @{ What = 'an object with a map that is piped in'; Call = { [pscustomobject] @{ MemoryMappedFile = $map } | Use-MemoryMappedFile { $_.Name } } }
        @{ What = 'a map and the block by position'; Call = { Use-MemoryMappedFile $map { $_.Name } } }
        @{ What = 'a map by name and the block by position'; Call = { Use-MemoryMappedFile -MemoryMappedFile $map { $_.Name } } }
        @{ What = 'both by name'; Call = { Use-MemoryMappedFile -ScriptBlock { $_.Name } -MemoryMappedFile $map } }
        @{ What = 'the block by name and a map by position'; Call = { Use-MemoryMappedFile -ScriptBlock { $_.Name } $map } }
        @{ What = 'a name and the block by position'; Call = { Use-MemoryMappedFile $name { $_.Name } } }
        @{ What = '-Name and the block by position'; Call = { Use-MemoryMappedFile -Name $name { $_.Name } } }
        @{ What = 'a name and the block by position, with parameters for names'; Call = { Use-MemoryMappedFile $name { $_.Name } -TrustedOwner * -Timeout 5 } }
    ) {
        & $Call | Should -Be $name
    }

    It 'runs the block once for each piped map' {
        $map, $other | Use-MemoryMappedFile { Read-MemoryMappedFile $_ } | Should -Be '1', '1'
    }

    It 'reports what is missing: <What>' -ForEach @(
        @{ What = 'the map'; Call = { Use-MemoryMappedFile { } }; Missing = '*MemoryMappedFile*' }
        @{ What = 'the block'; Call = { $map | Use-MemoryMappedFile }; Missing = '*ScriptBlock*' }
    ) {
        $Call | Should -Throw $Missing
    }

    It 'lets its block use the map by name, without a deadlock' {
        Use-MemoryMappedFile $name {
            $_.Name | Should -Be $name
            Out-MemoryMappedFile -Name $name 'under' -Timeout 0 -ErrorAction Stop
            Read-MemoryMappedFile $name -Timeout 0 -ErrorAction Stop | Should -Be 'under'
            Save-MemoryMappedFile -Name $name (New-TestFile) -Timeout 0 -ErrorAction Stop
            Use-MemoryMappedFile $name { Read-MemoryMappedFile $_ -Timeout 0 -ErrorAction Stop } | Should -Be 'under'
        }
        Out-MemoryMappedFile $other free -Timeout 0 -ErrorAction Stop
    }

    It 'releases the lock if the block fails' {
        { Use-MemoryMappedFile $map { throw 'inside' } } | Should -Throw 'inside'
        Out-MemoryMappedFile $other free -Timeout 0 -ErrorAction Stop
    }

    It 'gives up after -Timeout, without running the block' {
        $lock = $other.Lock(5)
        $script:ran = $false
        Use-MemoryMappedFile $map { $script:ran = $true } -Timeout 0.1 -ErrorAction SilentlyContinue -ErrorVariable failure
        $lock.Dispose()
        $script:ran | Should -BeFalse
        $failure | Should -HaveCount 1
        $failure[0].Exception.Message | Should -BeLike '*within 0.1 s*'
    }

    It 'makes counting in many processes exact' {
        $shells = 1..3 | ForEach-Object { Start-Shell "Import-Module $ModuleName; for (`$turn = 0; `$turn -lt 25; `$turn++) { Use-MemoryMappedFile $name { Out-MemoryMappedFile `$_ (1 + (Read-MemoryMappedFile `$_)) } -Timeout 60 }" }
        foreach ($shell in $shells) {
            Stop-Shell $shell | Should -BeNullOrEmpty
            $shell.Errors.Result | Should -BeNullOrEmpty
        }
        Read-MemoryMappedFile $map | Should -Be '76'
    }
}

Describe '-TrustedOwner' {
    BeforeEach {
        Set-SkippedUnless ($HasMapFolder -and (id -u) -eq 0) 'only root on Linux may give a map away'
        $name = New-TestName
        $map = New-MemoryMappedFile $name 100
        Out-MemoryMappedFile $map 'of another user'
        $control = $map.GetAccessControl()
        $control.UserId = 65534
        $map.SetAccessControl($control)
    }
    AfterEach { if ($HasMapFolder) { $map.Dispose() } }

    It 'is needed for a map of another user, whom the error names' {
        { Open-MemoryMappedFile $name } | Should -Throw -ExceptionType ([System.UnauthorizedAccessException])
        Read-MemoryMappedFile $name -ErrorAction SilentlyContinue -ErrorVariable failure
        $failure[0].CategoryInfo.Category | Should -Be 'PermissionDenied'
        "$($failure[0])" | Should -Match 'nobody|65534'
        (Get-MemoryMappedFile $name).IsTrusted | Should -BeFalse
    }

    It 'accepts a number, a name and everyone: <_>' -ForEach '65534', 'nobody', '*' {
        $opened = Open-MemoryMappedFile $name -TrustedOwner $_
        Read-MemoryMappedFile $opened | Should -Be 'of another user'
        Remove-MemoryMappedFile $opened
        Read-MemoryMappedFile $name -TrustedOwner $_ | Should -Be 'of another user'
        Use-MemoryMappedFile $name { Read-MemoryMappedFile $_ } -TrustedOwner $_ | Should -Be 'of another user'
        $file = New-TestFile
        Save-MemoryMappedFile -Name $name $file -TrustedOwner $_
        Get-Content -LiteralPath $file | Should -Be 'of another user'
        Out-MemoryMappedFile -Name $name 'of another user' -TrustedOwner $_ -ErrorAction Stop
        $again = New-MemoryMappedFile $name 100 -CreateOrOpen -TrustedOwner $_
        Read-MemoryMappedFile $again | Should -Be 'of another user'
        Remove-MemoryMappedFile $again
    }

    It 'reports a user that does not exist' {
        { Open-MemoryMappedFile $name -TrustedOwner 'no such user' } | Should -Throw "*This machine has no user 'no such user'*"
    }
}
