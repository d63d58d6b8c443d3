# Runs the scripts of docs/patterns.md unchanged, except for the names of their maps.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    $patterns = Join-Path (Split-Path (Split-Path $PSScriptRoot)) (Join-Path 'examples' 'patterns')

    function Get-Pattern {
        # A script of the page with other map names: @{ name in the document = name in this test }.
        param([string] $File, [hashtable] $Name = @{}, [string] $Arguments = '')
        $script = [System.IO.File]::ReadAllText((Join-Path $patterns $File))
        foreach ($shown in $Name.Keys) {
            $script | Should -Match "'$shown'"
            $script = $script.Replace("'$shown'", "'$($Name[$shown])'")
        }
        # A script with parameters becomes a script block with arguments.
        if ($Arguments) { "& {`n$script`n} $Arguments" } else { $script }
    }

    function Invoke-Pattern {
        # Runs a script of the page; gives its output. Fails if the script reports an error.
        param([string] $File, [hashtable] $Name = @{}, [string] $Arguments = '')
        $child = Start-Shell (Get-Pattern $File $Name $Arguments)
        $lines = Stop-Shell $child
        $child.Errors.Result | Should -BeNullOrEmpty
        $child.Process.ExitCode | Should -Be 0
        $lines
    }
}

Describe 'The patterns' -Tag Process {
    It 'a counter counts the visits of all processes' {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 4096
        $children = 1..3 | ForEach-Object { Start-Shell (Get-Pattern 'counter.ps1' @{ Visits = $name }) }
        $children | ForEach-Object { Stop-Shell $_ } | Sort-Object | Should -Be 'visit 1', 'visit 2', 'visit 3'
        -join ($children | ForEach-Object { $_.Errors.Result }) | Should -BeNullOrEmpty
        Read-MemoryMappedFile $map | Should -Be '3'
        Remove-MemoryMappedFile $map
    }

    It 'an object is passed through a map as JSON' {
        Invoke-Pattern 'objects-json.ps1' @{ Settings = New-TestName } | Should -Be 'db1 has 2 ports'
    }

    It 'an object is passed through a map as CLIXML, with its types' {
        Invoke-Pattern 'objects-clixml.ps1' @{ Deadline = New-TestName } | Should -Be 'Backup ends at 2030-01-31 01:30'
    }

    It 'jobs update their rows of a board' {
        Set-SkippedUnless ($PSVersionTable.PSVersion.Major -ge 7) 'ForEach-Object -Parallel is new in PowerShell 7'
        Invoke-Pattern 'progress-board.ps1' @{ Progress = New-TestName } |
            Should -Be 'job 1: 100 %', 'job 2: 100 %', 'job 3: 100 %', 'job 4: 100 %'
    }

    It 'a large file is edited through a partial view' {
        $path = Join-Path $TestDrive 'large.bin'
        $file = [System.IO.File]::Create($path)
        $file.SetLength(64MB)
        $file.Dispose()
        Invoke-Pattern 'partial-view.ps1' -Arguments "'$path' 32MB" | Should -Be 'it was 0'
        Invoke-Pattern 'partial-view.ps1' -Arguments "'$path' 32MB" | Should -Be 'it was 42'
        (Get-Item $path).Length | Should -Be 64MB
    }

    It 'a watcher receives the latest value' {
        $name = New-TestName
        $writer = Start-Shell (Get-Pattern 'latest-value-write.ps1' @{ Temperature = $name })
        Send-Line $writer '20 degrees'
        $map = Open-MemoryMappedFile $name -Wait -Timeout 60
        $null = Wait-MemoryMappedFile $map -Until { $_ -eq '20 degrees' } -Timeout 60
        $watcher = Start-Shell (Get-Pattern 'latest-value-watch.ps1' @{ Temperature = $name })
        try {
            $null = Receive-Line $watcher '^it is 20 degrees$'
            Send-Line $writer '21 degrees'
            $null = Receive-Line $watcher '^it is 21 degrees$'
        } finally {
            $watcher.Process.Kill()
        }
        $null = Stop-Shell $writer
        $writer.Errors.Result | Should -BeNullOrEmpty
        Remove-MemoryMappedFile $map
    }

    It 'several processes append to a log, and one follows it' {
        $name = New-TestName
        $follower = Start-Shell (Get-Pattern 'log-follow.ps1' @{ Log = $name })
        try {
            $map = Open-MemoryMappedFile $name -Wait -Timeout 60
            $children = 1..3 | ForEach-Object { Start-Shell (Get-Pattern 'log-append.ps1' @{ Log = $name }) }
            $children | ForEach-Object { Stop-Shell $_ } | Should -BeNullOrEmpty
            -join ($children | ForEach-Object { $_.Errors.Result }) | Should -BeNullOrEmpty
            $lines = 1..3 | ForEach-Object { Receive-Line $follower '.' }
            $lines | Sort-Object | Should -Be ($children | ForEach-Object { "$($_.Process.Id) has done its part" } | Sort-Object)
            Remove-MemoryMappedFile $map
        } finally {
            $follower.Process.Kill()
        }
    }

    It 'a server answers each client' {
        $names = @{ 'Adder-Request' = New-TestName; 'Adder-Answer' = New-TestName }
        $server = Start-Shell (Get-Pattern 'request-answer-server.ps1' $names)
        try {
            $names['Adder-Turn'] = New-TestName
            $clients = 1..2 | ForEach-Object { Start-Shell (Get-Pattern 'request-answer-client.ps1' $names "$_, 10") }
            $clients | ForEach-Object { Stop-Shell $_ } | Sort-Object | Should -Be '11', '12'
            -join ($clients | ForEach-Object { $_.Errors.Result }) | Should -BeNullOrEmpty
        } finally {
            $server.Process.Kill()
        }
    }

    It 'a child process keeps the map that it inherits' {
        $name = New-TestName
        $script = (Get-Pattern 'child-inherits.ps1' @{ Parcel = $name }).Replace('-Name Parcel', "-Name $name")
        $parent = Start-Shell $script
        Stop-Shell $parent | Should -Be 'from the parent'
        $parent.Errors.Result | Should -BeNullOrEmpty
        Test-MapName $name | Should -BeFalse
    }
}
