# Ctrl+C ends every wait, and leaves nothing behind.

BeforeDiscovery {
    # Calls that wait while another map holds the lock, and would wait forever.
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
        # Runs a script in a new runspace; returns immediately before the script waits.
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
        # Presses Ctrl+C; returns the final state of the pipeline.
        param($Waiter)
        $Waiter.Shell.Stop()
        # On a busy machine, Stop() can return before the state changes.
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

    It 'ends <What>, which has no effect afterwards' -ForEach $Waits {
        $lock = $other.Lock(30)
        $waiter = Start-Waiter $Script $map $file
        Stop-Waiter $waiter | Should -Be 'Stopped'
        $lock.Dispose()
        # If the stopped call still waited for the lock or held it, one of these would fail.
        for ($turn = 0; $turn -lt 5; $turn++) { $other.Lock(30).Dispose() }
        Read-MemoryMappedFile $map | Should -Be 'kept'
        $file | Should -Not -Exist
    }

    It 'releases the lock of Use- and ends its block' -Tag Endless {
        $begun = [System.Threading.ManualResetEventSlim]::new()
        $waiter = Start-Waiter 'Use-MemoryMappedFile $map { Out-MemoryMappedFile $_ begun; $begun.Set(); while ($true) { } }' $map $file $begun
        # The block sets this event, so it is running.
        $begun.Wait()
        Stop-Waiter $waiter | Should -Be 'Stopped'
        Read-MemoryMappedFile $other -Timeout 30 | Should -Be 'begun'
    }

    It 'leaves nothing of a map that was being reserved' {
        # Large enough that the map is still being reserved when Ctrl+C comes.
        $name = New-TestName
        $memory = if ($HasMapFolder) { [System.IO.DriveInfo]::new($MapFolder) }
        $free = if ($memory) { $memory.AvailableFreeSpace }
        function Test-MemoryReserved { $memory -and $free - $memory.AvailableFreeSpace -ge 256MB }
        $waiter = Start-Waiter "New-MemoryMappedFile $name 768MB" $map $file
        # Where free memory can be measured, waits until part of it is reserved.
        while ($memory -and -not (Test-MemoryReserved) -and -not $waiter.Handle.IsCompleted) { }
        $ended = Stop-Waiter $waiter
        if ($memory) { $ended | Should -Be 'Stopped' }
        # The cmdlet itself must close the map. A garbage collection would close it, too, so none may run.
        $isQuiet = [System.GC]::TryStartNoGCRegion(64MB)
        try {
            $deadline = [System.Diagnostics.Stopwatch]::StartNew()
            do {
                [System.Threading.Thread]::Sleep(50)
                # An unfinished map has no name yet, so its memory is measured.
                $exists = if ($memory) { Test-MemoryReserved } else { Test-MapName $name }
            } while ($exists -and $deadline.Elapsed.TotalSeconds -lt 30)
        }
        finally { if ($isQuiet) { [System.GC]::EndNoGCRegion() } }
        $exists | Should -BeFalse
    }
}
