# Sessions in ConstrainedLanguage mode, which application control enables.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    function Invoke-Constrained {
        # Runs a script in a runspace that was constrained after the import of the module; gives its output.
        param([string] $Script)
        $shell = [powershell]::Create()
        try {
            $null = $shell.AddScript("Import-Module '$ModulePath' -ErrorAction Stop").Invoke()
            $shell.Runspace.SessionStateProxy.LanguageMode = 'ConstrainedLanguage'
            $shell.Commands.Clear()
            $output = $shell.AddScript("`$ErrorActionPreference = 'Stop'`n$Script").Invoke()
            $shell.Streams.Error | Should -BeNullOrEmpty
            $output
        }
        finally { $shell.Dispose() }
    }
}

Describe 'A session that is constrained after the import' {
    BeforeEach { $name = New-TestName }

    It 'is in ConstrainedLanguage mode' {
        { Invoke-Constrained '[System.Math]::Sqrt(4); [System.IO.File]::Exists("x")' } | Should -Throw '*language mode*'
    }

    It 'creates, writes, reads, lists, saves and removes' {
        $file = New-TestFile
        $output = Invoke-Constrained @"
            `$map = New-MemoryMappedFile -Name $name -Size 1024
            'one', 'two' | Out-MemoryMappedFile `$map -Append
            Read-MemoryMappedFile `$map
            Read-MemoryMappedFile $name -AsByteStream -Raw | ForEach-Object { `$_.Length }
            'three' | Out-MemoryMappedFile -Name $name
            (Open-MemoryMappedFile $name).Name
            (Get-MemoryMappedFile $name).Name
            Save-MemoryMappedFile `$map '$file' -NoNewline
            Remove-MemoryMappedFile `$map
            `$map.IsDisposed
"@
        $output | Should -Be "one`r`ntwo", 8, $name, $name, $true
        [System.IO.File]::ReadAllText($file) | Should -Be 'three'
    }

    It 'maps files' {
        $file = New-TestFile ([System.Text.Encoding]::ASCII.GetBytes('in a file'))
        Invoke-Constrained "`$map = New-MemoryMappedFile -Path '$file'; Read-MemoryMappedFile `$map; Remove-MemoryMappedFile `$map" | Should -Be 'in a file'
    }

    It 'holds the lock with Use-MemoryMappedFile, whose block is constrained, too' {
        $map = New-MemoryMappedFile -Name $name -Size 1024
        Out-MemoryMappedFile $map '41'
        $output = Invoke-Constrained @"
            `$map = Open-MemoryMappedFile $name
            Use-MemoryMappedFile `$map { 1 + (Read-MemoryMappedFile `$_) | Out-MemoryMappedFile `$_ }
            Use-MemoryMappedFile $name { Read-MemoryMappedFile $name }
            `$total = 0
            Use-MemoryMappedFile `$map { `$total = 7; "`$(`$ExecutionContext.SessionState.LanguageMode)" }
            `$total
"@
        $output | Should -Be '42', 'ConstrainedLanguage', 7
        Remove-MemoryMappedFile $map
    }
}

Describe 'Waiting in a constrained session' {
    It 'works; the condition is constrained, too' {
        $name = New-TestName
        $map = New-MemoryMappedFile -Name $name -Size 1024
        Out-MemoryMappedFile $map 'ready'
        $output = Invoke-Constrained @"
            `$map = Wait-MemoryMappedFile $name -Until { `$_ -eq 'ready' }
            Read-MemoryMappedFile `$map -Wait -Timeout 0
            Wait-MemoryMappedFile `$map -Until { `$mode = "`$(`$ExecutionContext.SessionState.LanguageMode)"; `$true } | Out-Null
            `$mode
            `$null = Register-ObjectEvent `$map Changed -SourceIdentifier $name
            Out-MemoryMappedFile -Name $name 'steady'
            (Wait-Event $name -Timeout 60).SourceIdentifier
            Remove-MemoryMappedFile `$map
"@
        $output | Should -Be 'ready', 'ConstrainedLanguage', $name
        Remove-MemoryMappedFile $map
    }
}

Describe 'A session that was constrained before the import' {
    It 'reports what is missing' {
        $shell = [powershell]::Create()
        $shell.Runspace.SessionStateProxy.LanguageMode = 'ConstrainedLanguage'
        $null = $shell.AddScript("Import-Module '$ModulePath'").Invoke()
        $shell.Streams.Error | Should -HaveCount 1
        $shell.Streams.Error[0].Exception.Message | Should -Be "The module $ModuleName cannot be imported in the language mode ConstrainedLanguage: import it before the session is constrained, or ask the administrator of this computer to trust the module's files."
        $shell.Dispose()
    }
}
