# Preferences of the caller (-WhatIf, -Confirm, -Verbose and errors), from functions, scripts and other modules; and running
# under a debugger.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    function Invoke-Caller {
        # Runs the text as a function, as a script and as a function of a module, each time with the given common parameters.
        param([string] $Text, [hashtable] $Common, [object[]] $Arguments)
        $body = "[CmdletBinding(SupportsShouldProcess)] param(`$map, `$file)`n$Text"
        $null = New-Item -Path "function:Invoke-CallerFunction" -Value ([scriptblock]::Create($body)) -Force
        $script = Join-Path $TestDrive 'caller.ps1'
        Set-Content -LiteralPath $script -Value $body
        $module = New-Module -ScriptBlock ([scriptblock]::Create("function Invoke-CallerOfModule {`n$body`n}"))
        foreach ($caller in 'Invoke-CallerFunction', $script, 'Invoke-CallerOfModule') {
            [pscustomobject] @{ Caller = $caller; Output = & $caller @Arguments @Common *>&1 }
        }
        Remove-Module $module
    }
}

Describe 'The preferences of the caller' {
    BeforeEach {
        $map = New-MemoryMappedFile (New-TestName) 100
        Out-MemoryMappedFile $map 'kept'
        $file = New-TestFile ([byte[]] (1, 2, 3))
    }
    AfterEach { Remove-MemoryMappedFile $map }

    It '-WhatIf applies to all cmdlets that change something' {
        foreach ($call in Invoke-Caller @'
            Out-MemoryMappedFile $map 'changed'
            Out-MemoryMappedFile $map 'changed' -Append
            Save-MemoryMappedFile $map $file
            New-MemoryMappedFile "$($map.Name)-2" 10
            Remove-MemoryMappedFile $map
'@ @{ WhatIf = $true } $map, $file) {
            $map.IsDisposed | Should -BeFalse -Because $call.Caller
            Read-MemoryMappedFile $map | Should -Be 'kept' -Because $call.Caller
            [System.IO.File]::ReadAllBytes($file) | Should -Be 1, 2, 3 -Because $call.Caller
            Test-MapName "$($map.Name)-2" | Should -BeFalse -Because $call.Caller
        }
    }

    It '-Confirm applies to them, too' {
        # Nobody can answer, so a prompt is an error.
        foreach ($text in 'Out-MemoryMappedFile $map changed', 'Save-MemoryMappedFile $map $file', 'Remove-MemoryMappedFile $map') {
            $output = Stop-Shell (Start-Shell "Import-Module $ModuleName; function f { [CmdletBinding(SupportsShouldProcess)] param(`$map, `$file) $text }; `$map = Open-MemoryMappedFile $($map.Name); try { f `$map '$file' -Confirm; 'not asked' } catch { 'asked' }")
            "$(@($output)[-1])" | Should -BeLike "*asked" -Because $text
            "$output" | Should -Not -BeLike "*not asked*" -Because $text
        }
        Read-MemoryMappedFile $map | Should -Be 'kept'
        [System.IO.File]::ReadAllBytes($file) | Should -Be 1, 2, 3
    }

    It '-Verbose applies to all cmdlets' {
        foreach ($call in Invoke-Caller '$null = Read-MemoryMappedFile $map' @{ Verbose = $true } $map, $file) {
            "$($call.Output)" | Should -BeLike '*`[Read-MemoryMappedFile`] Function started.*' -Because $call.Caller
        }
    }

    It '-ErrorAction applies to all cmdlets' {
        $gone = New-MemoryMappedFile (New-TestName) 10
        $gone.Dispose()
        foreach ($verb in 'Out', 'Read', 'Save', 'New') {
            $text = @{
                Out = "Out-MemoryMappedFile `$map x; 'went on'"; Read = "Read-MemoryMappedFile `$map; 'went on'"
                Save = "Save-MemoryMappedFile `$map `$file; 'went on'"; New = "New-MemoryMappedFile 'Local\' 10; 'went on'"
            }[$verb]
            { Invoke-Caller $text @{ ErrorAction = 'Stop' } $gone, $file } | Should -Throw -Because $verb
            $Error.Clear()
            foreach ($call in Invoke-Caller $text @{ ErrorAction = 'Ignore' } $gone, $file) { $call.Output | Should -Be 'went on' -Because "$verb in $($call.Caller)" }
            $Error.Count | Should -Be 0 -Because $verb
        }
    }

    It '$ErrorActionPreference of the caller applies' {
        $gone = New-MemoryMappedFile (New-TestName) 10
        $gone.Dispose()
        { Invoke-Caller '$ErrorActionPreference = "Stop"; Read-MemoryMappedFile $map; "went on"' @{} $gone, $file } | Should -Throw -ExceptionType ([System.ObjectDisposedException])
    }

    It 'Open- is silent if its caller is' {
        foreach ($call in Invoke-Caller 'Open-MemoryMappedFile $map; "went on"' @{ ErrorAction = 'SilentlyContinue' } (New-TestName), $file) { @($call.Output)[-1] | Should -Be 'went on' }
    }
}

Describe 'Drives' {
    It 'a drive that a function creates can be used there' {
        # Created in the function's scope, so nobody else sees it.
        & {
            $null = New-PSDrive -Name MmfLocal -PSProvider FileSystem -Root $TestDrive
            $map = New-MemoryMappedFile -Path 'MmfLocal:/drive.bin' -FileMode CreateNew -Name (New-TestName) -Size 10
            $map.Path | Should -Be (Join-Path (Resolve-Path $TestDrive).ProviderPath 'drive.bin')
            Save-MemoryMappedFile $map 'MmfLocal:/saved.txt'
            Remove-MemoryMappedFile $map
        }
        Join-Path $TestDrive 'saved.txt' | Should -Exist
    }
}

Describe 'With a breakpoint set' {
    It 'a map is created from every kind of input' {
        $file = New-TestFile (1..20)
        $lines = Invoke-Shell @"
            `$null = Set-PSBreakpoint -Variable mmfNeverSet
            (New-MemoryMappedFile -Path '$file').Capacity
            (Get-Item '$file' | New-MemoryMappedFile).Capacity
            ('$file' | New-MemoryMappedFile -FileMode Open).Capacity
            (New-MemoryMappedFile $(New-TestName) 256MB).Capacity
"@
        $lines | Should -Be '20', '20', '20', "$(256MB)"
    }
}
