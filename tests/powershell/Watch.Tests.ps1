# Change notifications: watches, Wait-, Read- -Wait and the event Changed, with a second process that writes.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    # Seconds. No wait takes this long unless the test fails.
    $Patience = 60

    function Start-Helper {
        # A process that runs each input line as a script.
        Start-Shell @"
            `$ErrorActionPreference = 'Stop'
            Import-Module $ModuleName
            while (`$null -ne (`$line = [Console]::In.ReadLine())) { . ([scriptblock]::Create(`$line)); 'done' }
"@
    }

    function Invoke-Helper {
        # Runs a script in the helper process; returns when it has finished.
        param([string] $Script)
        Send-Line $Helper $Script
        $null = Receive-Line $Helper '^done$'
    }

    function Get-WatchThreadCount {
        # How many threads of this library wait in this process.
        @(Get-ChildItem /proc/self/task -Name | ForEach-Object { try { [System.IO.File]::ReadAllText("/proc/self/task/$_/comm") } catch { '' } } | Where-Object { $_ -like 'mmf watches*' }).Count
    }

    function Get-DescriptorCount {
        # How many descriptors this process has open, after unused objects are collected.
        [GC]::Collect()
        [GC]::WaitForPendingFinalizers()
        @(Get-ChildItem /proc/self/fd -Name).Count
    }

    $Helper = Start-Helper
}

AfterAll {
    $null = Stop-Shell $Helper
    $Helper.Errors.Result | Should -BeNullOrEmpty
}

Describe 'Mmf.Watch' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 4096
        $watch = $map.Watch()
    }
    AfterEach { $watch.Dispose(); $map.Dispose() }

    It 'reports a change by another process: <_>' -ForEach @(
        'Out-MemoryMappedFile -Name {0} text'
        'Out-MemoryMappedFile -Name {0} text -Append'
        'Out-MemoryMappedFile -Name {0} text -Offset 100'
        '$opened = Open-MemoryMappedFile {0}; $opened.Write(0, [byte[]] 1, 0, 1); $opened.Dispose()'
        '$opened = Open-MemoryMappedFile {0}; $opened.Fill(0, 10, 1); $opened.Dispose()'
        '$opened = Open-MemoryMappedFile {0}; $opened.ReplaceContent([byte[]] (1, 2)); $opened.Dispose()'
        '$opened = Open-MemoryMappedFile {0}; $view = $opened.CreateViewAccessor(); $view.Write(0, 1); $opened.Notify(); $view.Dispose(); $opened.Dispose()'
    ) {
        $watch.Wait(0) | Should -Be 'TimedOut'
        Invoke-Helper ($_ -f $name)
        $watch.Wait($Patience) | Should -Be 'Changed'
    }

    It 'does not report reading' {
        Invoke-Helper "Read-MemoryMappedFile $name"
        # The helper opened and closed the map, which can be reported as Alone.
        $watch.Wait(0) | Should -BeIn 'TimedOut', 'Alone'
        $watch.Wait(0) | Should -Be 'TimedOut'
    }

    It 'reports a change once, including one by the same process' {
        $map.ReplaceText('mine')
        $watch.Wait(0) | Should -Be 'Changed'
        $watch.Wait(0) | Should -Be 'TimedOut'
        $watch.Wait([timespan]::Zero) | Should -Be 'TimedOut'
        $watch.Wait(0.01) | Should -Be 'TimedOut'
    }

    It 'WaitAsync completes on a change, a timeout, a cancellation and when the watch is closed' {
        $wait = $watch.WaitAsync()
        $wait.IsCompleted | Should -BeFalse
        Invoke-Helper "Out-MemoryMappedFile -Name $name text"
        $wait.Wait($Patience * 1000) | Should -BeTrue
        $wait.Result | Should -Be 'Changed'
        # Opening and closing the map caused further events.
        while ($watch.Wait(0) -ne 'TimedOut') { }

        $watch.WaitAsync([timespan]::FromMilliseconds(1)).Result | Should -Be 'TimedOut'
        $watch.WaitAsync([timespan]::Zero).Result | Should -Be 'TimedOut'

        $stop = [System.Threading.CancellationTokenSource]::new()
        $wait = $watch.WaitAsync($stop.Token)
        $stop.Cancel()
        Wait-Until { $wait.IsCompleted }
        $wait.IsCanceled | Should -BeTrue
        $watch.WaitAsync($stop.Token).IsCanceled | Should -BeTrue
        # The watch still works, and has missed nothing.
        $map.ReplaceText('mine')
        $watch.WaitAsync().Result | Should -Be 'Changed'

        $wait = $watch.WaitAsync()
        $watch.Dispose()
        $wait.Result | Should -Be 'Closed'
        $watch.IsDisposed | Should -BeTrue
        { $watch.WaitAsync() } | Should -Throw -ExceptionType ([System.Management.Automation.MethodInvocationException])
        { $watch.Wait(0) } | Should -Throw
    }

    It 'handles many waits at a time with one thread' {
        $maps = foreach ($number in 1..100) { New-MemoryMappedFile "$name-$number" 100 }
        $watches = $maps.ForEach({ $_.Watch() })
        $waits = $watches.ForEach({ $_.WaitAsync([timespan]::FromSeconds($Patience)) })
        if ($HasDescriptorFolder) { Get-WatchThreadCount | Should -Be 1 }
        Invoke-Helper "foreach (`$number in 1..100) { Out-MemoryMappedFile -Name $name-`$number text }"
        $waits.ForEach({ $_.Result }) | Should -Be (@('Changed') * 100)
        $maps.ForEach({ $_.Dispose() })
    }

    It 'is closed with its map, whose name is free immediately' {
        $wait = $watch.WaitAsync()
        $map.Dispose()
        $wait.Result | Should -Be 'Closed'
        $watch.IsDisposed | Should -BeTrue
        Test-MapName $name | Should -BeFalse
        { $map.Watch() } | Should -Throw '*closed*'
        { $map.Notify() } | Should -Throw '*closed*'
    }

    It 'refuses a negative time' {
        { $watch.WaitAsync([timespan]::FromSeconds(-2)) } | Should -Throw '*must not be negative*'
        { $watch.Wait([timespan]::FromSeconds(-2)) } | Should -Throw '*must not be negative*'
    }

    It 'leaves no thread and no descriptor' {
        Set-SkippedUnless $HasDescriptorFolder 'open descriptors cannot be listed here'
        # The first wait opens what the process keeps.
        $watch.WaitAsync([timespan]::FromMilliseconds(1)).Wait()
        Wait-Until { (Get-WatchThreadCount) -eq 0 }
        $before = Get-DescriptorCount
        $waits = 1..10 | ForEach-Object { $map.Watch().WaitAsync([timespan]::FromMinutes(5)) }
        Get-WatchThreadCount | Should -Be 1
        $map.Dispose()
        $waits.ForEach({ $_.Result }) | Should -Be (@('Closed') * 10)
        $map = New-MemoryMappedFile $name 4096
        $watch = $map.Watch()
        # Ten watches need more descriptors. The process itself sometimes opens one.
        Wait-Until { (Get-WatchThreadCount) -eq 0 -and (Get-DescriptorCount) -lt $before + 10 }
    }

    It 'is released by the garbage collector, which frees the name' {
        & { $null = (New-MemoryMappedFile "$name-forgotten" 100).Watch() }
        Wait-Until { [GC]::Collect(); [GC]::WaitForPendingFinalizers(); -not (Test-MapName "$name-forgotten") }
    }
}

Describe 'The event Changed' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 4096
        $source = New-TestName
    }
    AfterEach {
        Unregister-Event $source -ErrorAction Ignore
        Get-Event $source -ErrorAction Ignore | Remove-Event
        $map.Dispose()
    }

    It 'is raised when another process writes, until nobody subscribes' {
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        Invoke-Helper "Out-MemoryMappedFile -Name $name text"
        $received = Wait-Event $source -Timeout $Patience
        $received.Sender | Should -Be $map
        $received.SourceEventArgs.Happened | Should -Be 'Changed'
        Unregister-Event $source
        Get-Event $source -ErrorAction Ignore | Remove-Event
        $map.ReplaceText('another one')
        # A new subscriber gets later changes.
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        $map.ReplaceText('and one more')
        (Wait-Event $source -Timeout $Patience).SourceEventArgs.Happened | Should -Be 'Changed'
    }

    It 'runs a script block' {
        $seen = [System.Collections.Concurrent.BlockingCollection[string]]::new()
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source -MessageData $seen -Action { $Event.MessageData.Add((Read-MemoryMappedFile $Event.Sender)) }
        Invoke-Helper "Out-MemoryMappedFile -Name $name text"
        Wait-Until { $seen.Count -gt 0 }
        $seen.Take() | Should -Be 'text'
    }

    It 'is raised for each of two subscribers' {
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        $null = Register-ObjectEvent $map Changed -SourceIdentifier "$source-2"
        Unregister-Event "$source-2"
        $null = Register-ObjectEvent $map Changed -SourceIdentifier "$source-2"
        $map.ReplaceText('text')
        foreach ($one in $source, "$source-2") { (Wait-Event $one -Timeout $Patience).SourceEventArgs.Happened | Should -Be 'Changed' }
        Unregister-Event "$source-2"
        Get-Event "$source-2" | Remove-Event
    }

    It 'leaves no thread and no descriptor without subscribers, or after the map is closed' {
        Set-SkippedUnless $HasDescriptorFolder 'open descriptors cannot be listed here'
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        Unregister-Event $source
        Wait-Until { (Get-WatchThreadCount) -eq 0 }
        $before = Get-DescriptorCount
        foreach ($number in 1..10) {
            $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
            Wait-Until { (Get-WatchThreadCount) -eq 1 }
            Unregister-Event $source
            Wait-Until { (Get-WatchThreadCount) -eq 0 }
        }
        # The process itself sometimes opens a descriptor.
        Wait-Until { (Get-DescriptorCount) -lt $before + 10 }
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        $map.Dispose()
        Wait-Until { (Get-WatchThreadCount) -eq 0 }
        Test-MapName $name | Should -BeFalse
        { Register-ObjectEvent $map Changed -SourceIdentifier "$source-3" -ErrorAction Stop } | Should -Throw
    }
}

Describe 'Wait-MemoryMappedFile' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 4096
    }
    AfterEach { $map.Dispose() }

    It 'returns the map after the next change, and nothing after a timeout' {
        Out-MemoryMappedFile $map 'before the first wait'
        Wait-MemoryMappedFile $map -Timeout 0 | Should -BeNullOrEmpty
        Invoke-Helper "Out-MemoryMappedFile -Name $name text"
        Wait-MemoryMappedFile $map -Timeout $Patience | Should -Be $map
        Wait-MemoryMappedFile $map -Timeout 0.01 | Should -BeNullOrEmpty
    }

    It 'waits in one process until another one writes' {
        $waiter = Start-Shell "Import-Module $ModuleName; `$map = Open-MemoryMappedFile $name; `$null = Wait-MemoryMappedFile `$map -Timeout 0; 'waiting'; (Wait-MemoryMappedFile `$map).Name; Read-MemoryMappedFile `$map"
        $null = Receive-Line $waiter '^waiting$'
        Invoke-Helper "Out-MemoryMappedFile -Name $name 'from another process'"
        Stop-Shell $waiter | Should -Be 'waiting', $name, 'from another process'
        $waiter.Errors.Result | Should -BeNullOrEmpty
    }

    It 'returns immediately if something changed since the last Wait- or Read-' {
        $null = Wait-MemoryMappedFile $map -Timeout 0
        Invoke-Helper "Out-MemoryMappedFile -Name $name one; Out-MemoryMappedFile -Name $name two"
        # Several changes are reported once.
        Wait-MemoryMappedFile $map -Timeout 0 | Should -Be $map
        Wait-MemoryMappedFile $map -Timeout 0 | Should -BeNullOrEmpty
        Invoke-Helper "Out-MemoryMappedFile -Name $name three"
        Read-MemoryMappedFile $map | Should -Be 'three'
        Wait-MemoryMappedFile $map -Timeout 0 | Should -BeNullOrEmpty
    }

    It 'returns immediately at the first wait if something changed since <_>' -ForEach @(
        'Read-MemoryMappedFile $map'
        'Read-MemoryMappedFile $map -Raw'
        'Read-MemoryMappedFile $map -AsByteStream'
        'Read-MemoryMappedFile $map -Encoding latin1'
        'Read-MemoryMappedFile $map -Offset 2'
    ) {
        Out-MemoryMappedFile $map 'a content'
        $read = [scriptblock]::Create($_)
        $null = & $read
        Invoke-Helper "Out-MemoryMappedFile -Name $name 'another one'"
        Wait-MemoryMappedFile $map -Timeout 0 | Should -Be $map
        Wait-MemoryMappedFile $map -Timeout 0 | Should -BeNullOrEmpty
        # It must not return if nothing changed.
        $other = Open-MemoryMappedFile $name
        $map, $other = $other, $map
        $null = & $read
        Wait-MemoryMappedFile $map -Timeout 0 | Should -BeNullOrEmpty
        $other.Dispose()
    }

    It 'counts changes by the same process' {
        $null = Wait-MemoryMappedFile $map -Timeout 0
        Out-MemoryMappedFile $map 'mine'
        Wait-MemoryMappedFile $map -Timeout 0 | Should -Be $map
        Wait-MemoryMappedFile $map -Timeout 0 | Should -BeNullOrEmpty
    }

    It 'misses nothing in a loop with Read-' {
        Send-Line $Helper "`$map = Open-MemoryMappedFile $name; foreach (`$number in 1..500) { Out-MemoryMappedFile `$map `$number }; Remove-MemoryMappedFile `$map"
        $seen = [System.Collections.Generic.List[string]]::new()
        while (($content = Read-MemoryMappedFile $map) -ne '500') {
            $seen.Add($content)
            Wait-MemoryMappedFile $map -Timeout $Patience | Should -Be $map -Because "the wait after '$content' timed out"
        }
        $null = Receive-Line $Helper '^done$'
        # Each turn read something new.
        $seen.Where({ $_ }) | Select-Object -Unique | Should -HaveCount $seen.Where({ $_ }).Count
    }

    It '-Until returns when the condition is true, and tests it before the first wait' {
        Out-MemoryMappedFile $map 'ready'
        Wait-MemoryMappedFile $map -Until { $_ -eq 'ready' } -Timeout 0 | Should -Be $map
        Wait-MemoryMappedFile $map -Until { $_ -eq 'steady' } -Timeout 0 | Should -BeNullOrEmpty
        Invoke-Helper "Out-MemoryMappedFile -Name $name steady"
        Wait-MemoryMappedFile $map -Until { $_ -eq 'steady' } -Timeout 0 | Should -Be $map
    }

    It '-Until tests the content after every change' {
        $tested = [System.Collections.Generic.List[string]]::new()
        $wait = {
            $tested.Add($_)
            # Another process writes between two tests.
            if ($tested.Count -lt 4) { Invoke-Helper "Out-MemoryMappedFile -Name $name 'line $($tested.Count)' -Append" }
            $_ -match 'line 3'
        }
        Wait-MemoryMappedFile $map -Until $wait -Timeout $Patience | Should -Be $map
        $tested | Should -Be '', 'line 1', "line 1`r`nline 2", "line 1`r`nline 2`r`nline 3"
    }

    It '-Until passes the content as Read- returns it' {
        Out-MemoryMappedFile $map ([byte[]] ((0xFF, 0xFE) + [System.Text.Encoding]::Unicode.GetBytes('Größe')))
        $read = Read-MemoryMappedFile $map
        $read | Should -Be 'Größe'
        Wait-MemoryMappedFile $map -Until { $script:seenContent = $_; $true } | Should -Be $map
        $script:seenContent | Should -BeOfType string
        $script:seenContent | Should -BeExactly $read
    }

    It '-Until runs in the scope of the caller' {
        $limit = 3
        $count = 0
        Out-MemoryMappedFile $map '5'
        Wait-MemoryMappedFile $map -Until { $count++; [int] $_ -gt $limit } | Should -Be $map
        $count | Should -Be 1
        Get-Variable map | Should -HaveCount 1
    }

    It '-Until passes on an exception of its block, and closes the watch' {
        Out-MemoryMappedFile $map 'text'
        # Many maps, because the process itself sometimes opens a descriptor. A watch has two.
        $others = foreach ($number in 1..10) { $other = Open-MemoryMappedFile $name; $null = Read-MemoryMappedFile $other; $other }
        if ($HasDescriptorFolder) {
            $null = Wait-MemoryMappedFile $map -Timeout 0
            Wait-Until { (Get-WatchThreadCount) -eq 0 }
            $before = Get-DescriptorCount
        }
        foreach ($other in $others) {
            $caught = try { Wait-MemoryMappedFile $other -Until { throw [System.IO.InvalidDataException]::new("'$_' is wrong") } } catch { $_ }
            $caught.Exception | Should -BeOfType ([System.IO.InvalidDataException])
            $caught.Exception.Message | Should -Be "'text' is wrong"
        }
        if ($HasDescriptorFolder) { Get-DescriptorCount | Should -BeLessThan ($before + $others.Count) }
        # The next wait starts with a new watch.
        Wait-MemoryMappedFile $other -Timeout 0 | Should -BeNullOrEmpty
        Invoke-Helper "Out-MemoryMappedFile -Name $name 'another one'"
        Wait-MemoryMappedFile $other -Timeout 0 | Should -Be $other
        $others.Dispose()
    }

    It '-Until times out while others hold the lock' {
        $opened = Open-MemoryMappedFile $name
        $lock = $opened.Lock(1)
        $Error.Clear()
        Wait-MemoryMappedFile $map -Until { $true } -Timeout 0 | Should -BeNullOrEmpty
        $Error.Count | Should -Be 0
        $lock.Dispose()
        $opened.Dispose()
    }

    It 'accepts a name by position, by name and from the pipeline, and returns an open map' {
        Out-MemoryMappedFile $map 'text'
        foreach ($found in @((Wait-MemoryMappedFile $name -Until { $_ }), (Wait-MemoryMappedFile -Name $name -Until { $_ }), ($name | Wait-MemoryMappedFile -Until { $_ }))) {
            $found.Name | Should -Be $name
            Read-MemoryMappedFile $found | Should -Be 'text'
            Remove-MemoryMappedFile $found
        }
        $map | Wait-MemoryMappedFile -Until { $_ } | Should -Be $map
        # After a timeout, the map is closed.
        Wait-MemoryMappedFile $name -Timeout 0 | Should -BeNullOrEmpty
        $map.Dispose()
        Test-MapName $name | Should -BeFalse
        Wait-MemoryMappedFile $name -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure | Should -HaveCount 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'NOT_FOUND,Mmf.PowerShell.WaitMemoryMappedFileCommand'
    }

    It 'waits by name until another process writes' {
        $waiter = Start-Shell "Import-Module $ModuleName; 'waiting'; (Wait-MemoryMappedFile $name -Until { `$_ -eq 'go' }).Name"
        $null = Receive-Line $waiter '^waiting$'
        Invoke-Helper "Out-MemoryMappedFile -Name $name go"
        Stop-Shell $waiter | Should -Be 'waiting', $name
        $waiter.Errors.Result | Should -BeNullOrEmpty
    }

    It 'waits on a map of the .NET class' {
        $file = New-TestFile ([byte[]]::new(100))
        $real = [System.IO.MemoryMappedFiles.MemoryMappedFile]::CreateFromFile($file)
        Wait-MemoryMappedFile $real -Timeout 0 | Should -BeNullOrEmpty
        Wait-MemoryMappedFile $real -Until { $_ -eq '' } | Should -Be $real
        $real.Dispose()
    }

    It 'reports a change to each runspace' {
        $script = {
            param($module, $map, $patience)
            Import-Module $module
            $null = Wait-MemoryMappedFile $map -Timeout 0
            'ready'
            Wait-MemoryMappedFile $map -Timeout $patience
        }
        $waiters = foreach ($number in 1..2) {
            $output = [System.Management.Automation.PSDataCollection[psobject]]::new()
            $shell = [powershell]::Create().AddScript($script).AddArgument($ModulePath).AddArgument($map).AddArgument($Patience)
            $none = [System.Management.Automation.PSDataCollection[psobject]]::new()
            $none.Complete()
            @{ Shell = $shell; Output = $output; Handle = $shell.BeginInvoke($none, $output) }
        }
        Wait-Until { $waiters[0].Output.Count -gt 0 -and $waiters[1].Output.Count -gt 0 }
        Invoke-Helper "Out-MemoryMappedFile -Name $name text"
        foreach ($waiter in $waiters) {
            $null = $waiter.Shell.EndInvoke($waiter.Handle)
            $waiter.Output[1] | Should -Be $map
            $waiter.Shell.Dispose()
        }
    }

    It 'reports an error if the map is closed during the wait, or before it' {
        $shell = [powershell]::Create().AddScript('param($module, $map, $begun) Import-Module $module; Wait-MemoryMappedFile $map -Until { $begun.Set(); $false }').AddArgument($ModulePath).AddArgument($map)
        $begun = [System.Threading.ManualResetEventSlim]::new()
        $handle = $shell.AddArgument($begun).BeginInvoke()
        $begun.Wait()
        $map.Dispose()
        $null = $shell.EndInvoke($handle)
        $shell.Streams.Error | Should -HaveCount 1
        $shell.Streams.Error[0].FullyQualifiedErrorId | Should -Be 'CLOSED,Mmf.PowerShell.WaitMemoryMappedFileCommand'
        $shell.Dispose()
        Wait-MemoryMappedFile $map -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure[0].FullyQualifiedErrorId | Should -Be 'CLOSED,Mmf.PowerShell.WaitMemoryMappedFileCommand'
    }

    It 'continues with a warning if the name is removed, and continues if all others close the map' {
        Set-SkippedUnless $HasMapFolder 'names cannot be removed here'
        $null = Wait-MemoryMappedFile $map -Timeout 0
        Invoke-Helper "`$held = Open-MemoryMappedFile $name"
        Remove-Item -LiteralPath (Join-Path $MapFolder $name)
        Wait-MemoryMappedFile $map -Timeout 0 -WarningVariable warned -WarningAction SilentlyContinue | Should -BeNullOrEmpty
        $warned | Should -HaveCount 1
        "$warned" | Should -BeLike "*removed the name of the memory-mapped file '$name'*"
        Invoke-Helper 'Out-MemoryMappedFile $held text'
        Wait-MemoryMappedFile $map -Timeout 0 | Should -Be $map
        Invoke-Helper 'Remove-MemoryMappedFile $held'
        Wait-MemoryMappedFile $map -Timeout 0 | Should -BeNullOrEmpty
    }

    It 'reports an error if the file is truncated' {
        Set-SkippedUnless (-not $IsWindowsHere) 'Windows prevents this'
        $file = New-TestFile ([byte[]]::new(100))
        $mapped = New-MemoryMappedFile -Path $file
        Wait-MemoryMappedFile $mapped -Timeout 0 | Should -BeNullOrEmpty
        Invoke-Helper "[System.IO.File]::WriteAllText('$file', '')"
        Wait-MemoryMappedFile $mapped -Timeout $Patience -ErrorVariable failure -ErrorAction SilentlyContinue | Should -BeNullOrEmpty
        $failure | Should -HaveCount 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'TRUNCATED,Mmf.PowerShell.WaitMemoryMappedFileCommand'
        $mapped.Dispose()
    }

    It '-Timeout <_> is refused' -ForEach -0.5, -2, ([double]::NaN) {
        { Wait-MemoryMappedFile $map -Timeout $_ } | Should -Throw '*not a valid time*'
        { Read-MemoryMappedFile $map -Wait -Timeout $_ } | Should -Throw '*not a valid time*'
    }
}

Describe 'Read-MemoryMappedFile -Wait' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 4096
        Out-MemoryMappedFile $map 'one'
        # Scripts that another process runs after each output.
        $steps = [System.Collections.Generic.Queue[string]]::new()
        $step = { $_; if ($steps.Count) { Invoke-Helper $steps.Dequeue() } }
    }
    AfterEach { $map.Dispose() }

    It 'returns the content, and all of it again after every change, until -Timeout passes without a change' {
        $steps.Enqueue("Out-MemoryMappedFile -Name $name two -Append")
        $steps.Enqueue("Out-MemoryMappedFile -Name $name three")
        $steps.Enqueue("Out-MemoryMappedFile -Name $name three")
        Read-MemoryMappedFile $map -Wait -Timeout 0 | ForEach-Object $step | Should -Be 'one', "one`r`ntwo", 'three', 'three'
        $steps.Count | Should -Be 0
    }

    It 'continues without -Timeout until it is stopped' {
        foreach ($number in 1..20) { $steps.Enqueue("Out-MemoryMappedFile -Name $name $number") }
        Read-MemoryMappedFile $map -Wait | ForEach-Object $step | Select-Object -First 21 | Should -Be (@('one') + @(1..20 | ForEach-Object { "$_" }))
        Wait-MemoryMappedFile $map -Timeout 0 | Should -BeNullOrEmpty
    }

    It 'follows a map by name while another process writes' {
        $reader = Start-Shell "Import-Module $ModuleName; Read-MemoryMappedFile $name -Wait | Select-Object -First 3"
        $null = Receive-Line $reader '^one$'
        Invoke-Helper "Out-MemoryMappedFile -Name $name two"
        $null = Receive-Line $reader '^two$'
        Invoke-Helper "Out-MemoryMappedFile -Name $name three"
        Stop-Shell $reader | Should -Be 'one', 'two', 'three'
        $reader.Errors.Result | Should -BeNullOrEmpty
    }

    It 'accepts every parameter of Read-' {
        $steps.Enqueue("Out-MemoryMappedFile -Name $name two")
        $bytes = @(Read-MemoryMappedFile $map -Wait -Timeout 0 -AsByteStream -Raw | ForEach-Object { , $_; if ($steps.Count) { Invoke-Helper $steps.Dequeue() } })
        $bytes | Should -HaveCount 2
        $bytes[1] | Should -Be ([System.Text.Encoding]::ASCII.GetBytes('two'))
        $steps.Enqueue("Out-MemoryMappedFile -Name $name three")
        Read-MemoryMappedFile $map -Wait -Timeout 0 -Offset 1 -Count 2 | ForEach-Object $step | Should -Be 'wo', 'hr'
        $steps.Enqueue("Out-MemoryMappedFile -Name $name ([byte[]] 0xE4)")
        Read-MemoryMappedFile $map -Wait -Timeout 0 -Encoding latin1 | ForEach-Object $step | Should -Be 'three', 'ä'
        Read-MemoryMappedFile $map -Wait -WhatIf | Should -BeNullOrEmpty
    }

    It '-Appended returns the added lines' {
        $steps.Enqueue("'two', 'three' | Out-MemoryMappedFile -Name $name -Append")
        $steps.Enqueue("Out-MemoryMappedFile -Name $name four -Append")
        $steps.Enqueue('')
        $steps.Enqueue("Out-MemoryMappedFile -Name $name '' -Append; Out-MemoryMappedFile -Name $name five -Append")
        Read-MemoryMappedFile $map -Wait -Appended -Timeout 0 | ForEach-Object $step | Should -Be 'one', 'two', 'three', 'four', '', 'five'
        $steps.Count | Should -Be 0
    }

    It '-Appended returns the whole content if it was replaced' {
        $steps.Enqueue("Out-MemoryMappedFile -Name $name two -Append")
        $steps.Enqueue("Out-MemoryMappedFile -Name $name `"another``r``ntext`"")
        $steps.Enqueue('')
        $steps.Enqueue("Out-MemoryMappedFile -Name $name 'a'")
        Read-MemoryMappedFile $map -Wait -Appended -Timeout 0 | ForEach-Object $step | Should -Be 'one', 'two', 'another', 'text', 'a'
        $steps.Count | Should -Be 0
    }

    It '-Appended -Raw returns the added text as one string' {
        $steps.Enqueue("'two', 'three' | Out-MemoryMappedFile -Name $name -Append")
        Read-MemoryMappedFile $map -Wait -Appended -Raw -Timeout 0 | ForEach-Object $step | Should -Be 'one', "`r`ntwo`r`nthree"
    }

    It '-Appended -AsByteStream returns the added bytes' {
        $steps.Enqueue("Out-MemoryMappedFile -Name $name two -Append -NoNewline")
        $steps.Enqueue("Out-MemoryMappedFile -Name $name ([byte[]] (1, 2))")
        $arrays = @(Read-MemoryMappedFile $map -Wait -Appended -AsByteStream -Raw -Timeout 0 | ForEach-Object { , $_; if ($steps.Count) { Invoke-Helper $steps.Dequeue() } })
        $arrays | Should -HaveCount 3
        $arrays[0] | Should -Be ([System.Text.Encoding]::ASCII.GetBytes('one'))
        $arrays[1] | Should -Be ([System.Text.Encoding]::ASCII.GetBytes('two'))
        $arrays[2] | Should -Be 1, 2
        Read-MemoryMappedFile $map -Wait -Appended -AsByteStream -Timeout 0 | Should -Be 1, 2
    }

    It '-Appended loses no line if several processes write' {
        $job = Start-Shell "Import-Module $ModuleName; Read-MemoryMappedFile $name -Wait -Appended | Select-Object -First 401"
        $null = Receive-Line $job '^one$'
        $large = Open-MemoryMappedFile $name
        Invoke-Helper "`$map = Open-MemoryMappedFile $name; foreach (`$number in 1..200) { Out-MemoryMappedFile `$map `"B`$number`" -Append }; Remove-MemoryMappedFile `$map"
        foreach ($number in 1..200) { Out-MemoryMappedFile $large "A$number" -Append }
        $large.Dispose()
        $lines = Stop-Shell $job
        $lines | Should -Be ((Read-MemoryMappedFile $map) -split "`r`n")
    }

    It '-Appended requires -Wait, and refuses -Offset and -Count' {
        foreach ($call in { Read-MemoryMappedFile $map -Appended }, { Read-MemoryMappedFile $map -Wait -Appended -Offset 1 }, { Read-MemoryMappedFile $map -Wait -Appended -Count 1 }) {
            $caught = try { & $call } catch { $_ }
            $caught.FullyQualifiedErrorId | Should -Be 'INVALID_ARGUMENT,Mmf.PowerShell.ReadMemoryMappedFileCommand'
        }
    }

    It 'reports an error if the map is closed during the wait' {
        $output = Read-MemoryMappedFile $map -Wait -ErrorVariable failure -ErrorAction SilentlyContinue | ForEach-Object { $_; $map.Dispose() }
        $output | Should -Be 'one'
        $failure | Should -HaveCount 1
        $failure[0].FullyQualifiedErrorId | Should -Be 'CLOSED,Mmf.PowerShell.ReadMemoryMappedFileCommand'
    }
}

Describe 'A stopped wait' {
    BeforeEach {
        $name = New-TestName
        $map = New-MemoryMappedFile $name 4096
        Out-MemoryMappedFile $map 'text'
        $begun = [System.Threading.ManualResetEventSlim]::new()
    }
    AfterEach { $map.Dispose() }

    It 'ends immediately, and leaves nothing behind: <_>' -ForEach @(
        'Wait-MemoryMappedFile $map -Until { $begun.Set(); $false }'
        'Wait-MemoryMappedFile $name -Until { $begun.Set(); $false }'
        'Read-MemoryMappedFile $map -Wait | ForEach-Object { $begun.Set() }'
        'Read-MemoryMappedFile $name -Wait -Appended | ForEach-Object { $begun.Set() }'
        '$null = Wait-MemoryMappedFile $map -Timeout 0; $begun.Set(); Wait-MemoryMappedFile $map'
        '$watch = $map.Watch(); $begun.Set(); $watch.Wait()'
    ) {
        $before = if ($HasDescriptorFolder) { Wait-Until { (Get-WatchThreadCount) -eq 0 }; Get-DescriptorCount }
        $shell = [powershell]::Create().AddScript("param(`$module, `$map, `$name, `$begun) Import-Module `$module; $_").AddArgument($ModulePath).AddArgument($map).AddArgument($name).AddArgument($begun)
        $null = $shell.BeginInvoke()
        $begun.Wait()
        $shell.Stop()
        Wait-Until { $shell.InvocationStateInfo.State -ne 'Stopping' }
        "$($shell.InvocationStateInfo.State)" | Should -Be 'Stopped'
        $shell.Dispose()
        $map.Dispose()
        Test-MapName $name | Should -BeFalse
        if ($HasDescriptorFolder) {
            # The descriptor of the map is closed, too.
            Wait-Until { (Get-WatchThreadCount) -eq 0 }
            Get-DescriptorCount | Should -BeLessThan $before
        }
    }

    It 'keeps the watch, which has missed nothing: stopped <Where>' -ForEach @(
        @{ Where = 'between two changes'; Condition = '$begun.Set(); $false' }
        @{ Where = 'in the condition'; Condition = '$begun.Set(); Wait-Event never' }
    ) {
        $null = Wait-MemoryMappedFile $map -Timeout 0
        $shell = [powershell]::Create([System.Management.Automation.RunspaceMode]::NewRunspace)
        $null = $shell.AddScript("param(`$module, `$map, `$begun) Import-Module `$module; Wait-MemoryMappedFile `$map -Until { $Condition }").AddArgument($ModulePath).AddArgument($map).AddArgument($begun).BeginInvoke()
        $begun.Wait()
        $shell.Stop()
        Invoke-Helper "Out-MemoryMappedFile -Name $name 'another text'"
        $shell.Commands.Clear()
        $found = $shell.AddScript('param($map) Wait-MemoryMappedFile $map -Timeout 0').AddArgument($map).Invoke()
        $found | Should -Be $map
        $shell.Dispose()
    }
}
