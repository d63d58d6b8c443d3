# Ctrl+C: ends every wait, and leaves nothing.

BeforeDiscovery {
    # What waits, on a map whose lock somebody else holds; and how it ends if nobody stops it.
    $Waits = @(
        @{ What = 'Out-'; Script = 'Out-MemoryMappedFile $map changed -Timeout -1' }
        @{ What = 'Out- -Append'; Script = 'Out-MemoryMappedFile $map changed -Append -Timeout -1' }
        @{ What = 'Out- -Offset'; Script = 'Out-MemoryMappedFile $map changed -Offset 0 -Timeout -1' }
        @{ What = 'Read-'; Script = 'Read-MemoryMappedFile $map -Timeout -1' }
        @{ What = 'Read- -Wait'; Script = 'Read-MemoryMappedFile $map -Wait -Timeout -1' }
        @{ What = 'Wait- -Until'; Script = 'Wait-MemoryMappedFile $map -Until { Out-MemoryMappedFile $map changed; $true }' }
        @{ What = 'Save-'; Script = 'Save-MemoryMappedFile $map $file -Timeout -1' }
        @{ What = 'Use-'; Script = 'Use-MemoryMappedFile $map { Out-MemoryMappedFile $_ changed } -Timeout -1' }
        @{ What = '$map.Lock'; Script = '$map.Lock(-1)' }
        @{ What = 'Open- -Wait'; Script = 'Open-MemoryMappedFile "$($map.Name)-nobody" -Wait' }
    )
}

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    function Start-Waiter {
        # Runs a script in a runspace of its own, and gives it back when it is about to wait.
        param([string] $Script, [object] $Map, [string] $File, $Begun)
        $shell = [powershell]::Create()
        $ready = [System.Threading.ManualResetEventSlim]::new()
        $null = $shell.AddScript("param(`$module, `$map, `$file, `$ready, `$begun) Import-Module `$module; `$ready.Set(); $Script").
            AddArgument($ModulePath).AddArgument($Map).AddArgument($File).AddArgument($ready).AddArgument($Begun)
        $handle = $shell.BeginInvoke()
        $ready.Wait()
        [pscustomobject] @{ Shell = $shell; Handle = $handle }
    }

    function Stop-Waiter {
        # Ctrl+C. Comes back when the pipeline has ended.
        param($Waiter)
        $Waiter.Shell.Stop()
        # On a busy machine that comes back before the state says so.
        Wait-Until { $Waiter.Shell.InvocationStateInfo.State -ne 'Stopping' }
        "$($Waiter.Shell.InvocationStateInfo.State)"
        $Waiter.Shell.Dispose()
    }
}

Describe 'Ctrl+C' {
    BeforeEach {
        $map = New-MemoryMappedFile (New-TestName) 1024
        Out-MemoryMappedFile $map 'kept'
        $other = Open-MemoryMappedFile $map.Name
        $file = New-TestFile
    }
    AfterEach { $map, $other | Remove-MemoryMappedFile }

    It 'ends <What>, which does nothing afterwards' -ForEach $Waits {
        $lock = $other.Lock(30)
        $waiter = Start-Waiter $Script $map $file
        Stop-Waiter $waiter | Should -Be 'Stopped'
        $lock.Dispose()
        # Nobody waits for the lock any more, or takes it for good: it can be had by turns.
        for ($turn = 0; $turn -lt 5; $turn++) { $other.Lock(30).Dispose() }
        Read-MemoryMappedFile $map | Should -Be 'kept'
        $file | Should -Not -Exist
    }

    It 'releases the lock of Use-, whose block it ends' -Tag Endless {
        $begun = [System.Threading.ManualResetEventSlim]::new()
        $waiter = Start-Waiter 'Use-MemoryMappedFile $map { Out-MemoryMappedFile $_ begun; $begun.Set(); while ($true) { } }' $map $file $begun
        # The block says so itself, from inside.
        $begun.Wait()
        Stop-Waiter $waiter | Should -Be 'Stopped'
        Read-MemoryMappedFile $other -Timeout 30 | Should -Be 'begun'
    }

    It 'leaves no map that was being reserved' {
        # Enough that reserving goes on when it comes, on any machine that has the room.
        $name = New-TestName
        $memory = if ($HasMapFolder) { [System.IO.DriveInfo]::new($MapFolder) }
        $free = if ($memory) { $memory.AvailableFreeSpace }
        function Test-Taken { $memory -and $free - $memory.AvailableFreeSpace -ge 256MB }
        $waiter = Start-Waiter "New-MemoryMappedFile $name 768MB" $map $file
        # It is under way when a part of the memory is taken, where that can be seen.
        while ($memory -and -not (Test-Taken) -and -not $waiter.Handle.IsCompleted) { }
        $ended = Stop-Waiter $waiter
        if ($memory) { $ended | Should -Be 'Stopped' }
        # The map is closed as soon as it is made: without a garbage collection, which would close it, too.
        $isQuiet = [System.GC]::TryStartNoGCRegion(64MB)
        try {
            $deadline = [System.Diagnostics.Stopwatch]::StartNew()
            do {
                [System.Threading.Thread]::Sleep(50)
                # An unfinished one has no name yet.
                $lives = if ($memory) { Test-Taken } else { Test-MapName $name }
            } while ($lives -and $deadline.Elapsed.TotalSeconds -lt 30)
        }
        finally { if ($isQuiet) { [System.GC]::EndNoGCRegion() } }
        $lives | Should -BeFalse
    }
}
