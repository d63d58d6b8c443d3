# Whole stories, told by real processes: those of the module's documents, and of Microsoft's article.

BeforeDiscovery {
    $OnUnix = [System.IO.Path]::DirectorySeparatorChar -eq '/'
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    function Get-Story {
        # A script of the documents, word by word.
        param([string] $Name)
        [System.IO.File]::ReadAllText((Join-Path (Join-Path $PSScriptRoot 'data') $Name))
    }

    function Invoke-ThreeProcesses {
        # Plays processes A, B and C; gives what A printed, without the lines of the ENTER key.
        param([scriptblock] $Change = { $args[0] }, [string[]] $Before = @())
        $a, $b, $c = 'a', 'b', 'c' | ForEach-Object { & $Change (Get-Story "three-processes.process-$_.ps1") }
        $first = Start-Shell $a -Before $Before
        $null = Receive-Line $first 'Start Process B'
        $second = Start-Shell $b -Before $Before
        $null = Stop-Shell $second
        $second.Errors.Result | Should -BeNullOrEmpty
        Send-Line $first
        $null = Receive-Line $first 'Start Process C'
        $third = Start-Shell $c -Before $Before
        $null = Stop-Shell $third
        $third.Errors.Result | Should -BeNullOrEmpty
        Send-Line $first
        $lines = Stop-Shell $first
        $first.Errors.Result | Should -BeNullOrEmpty
        $lines | Where-Object { $_ -ne '' }
    }

    function Get-ExpectedOutput {
        (Get-Story 'three-processes.output.txt') -split '\r?\n' | ForEach-Object { $_.TrimEnd() } | Where-Object { $_ }
    }
}

Describe 'The three processes of the documentation' -Tag Process {
    It 'print what the document says, and leave nothing behind' {
        Invoke-ThreeProcesses | Should -Be (Get-ExpectedOutput)
        Test-MapName 'Test' | Should -BeFalse
        if ($HasMapFolder) { Join-Path $MapFolder 'Test' | Should -Not -Exist }
    }

    It 'do so with a Global\ mutex in three terminal sessions' -Skip:(-not $OnUnix) {
        $change = { $args[0].Replace('"testmapmutex"', '"Global\mmf-testmapmutex"') }
        $before = if (Get-Command setsid -ErrorAction Ignore) { @('setsid', '-w') } else { @() }
        Invoke-ThreeProcesses $change -Before $before | Should -Be (Get-ExpectedOutput)
    }

    It 'do so without any mutex, for the cmdlets lock themselves' {
        $change = { ($args[0] -split '\r?\n' | Where-Object { $_ -notmatch 'mutex' }) -join "`n" }
        Invoke-ThreeProcesses $change | Should -Be (Get-ExpectedOutput)
    }
}
