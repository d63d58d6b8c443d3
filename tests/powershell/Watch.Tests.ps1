# Being told of changes: the library's watches, Wait-, Read- -Wait and the event Changed, with a second process that writes.

BeforeAll {
    . (Join-Path $PSScriptRoot 'Support.ps1')

    # Long enough on any machine; a test that needs it has failed.
    $Patience = 60

    function Start-Helper {
        # A process that runs lines of script, one after the other.
        Start-Shell @"
            `$ErrorActionPreference = 'Stop'
            Import-Module $ModuleName
            while (`$null -ne (`$line = [Console]::In.ReadLine())) { . ([scriptblock]::Create(`$line)); 'done' }
"@
    }

    function Invoke-Helper {
        # Comes back when the helper has run the script.
        param([string] $Script)
        Send-Line $Helper $Script
        $null = Receive-Line $Helper '^done$'
    }

    function Get-Trace {
        # What waits leave in this process: threads of ours, and descriptors.
        $threads = @(Get-ChildItem /proc/self/task -Name | ForEach-Object { try { [System.IO.File]::ReadAllText("/proc/self/task/$_/comm") } catch { '' } } | Where-Object { $_ -like 'mmf watches*' }).Count
        $descriptors = @(Get-ChildItem /proc/self/fd -Name).Count
        "$threads threads, $descriptors descriptors"
    }

    function Wait-Until {
        # Comes back when a condition holds that another thread brings about.
        param([scriptblock] $Condition)
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not (& $Condition)) { if ($clock.Elapsed.TotalSeconds -gt $Patience) { throw "It never came to: $Condition" } }
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

    It 'tells of what another process does: <_>' -ForEach @(
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

    It 'does not tell of reading' {
        Invoke-Helper "Read-MemoryMappedFile $name"
        # The helper held the map for a moment.
        $watch.Wait(0) | Should -BeIn 'TimedOut', 'Alone'
        $watch.Wait(0) | Should -Be 'TimedOut'
    }

    It 'tells of a change once, and of one of its own' {
        $map.ReplaceText('mine')
        $watch.Wait(0) | Should -Be 'Changed'
        $watch.Wait(0) | Should -Be 'TimedOut'
        $watch.Wait([timespan]::Zero) | Should -Be 'TimedOut'
        $watch.Wait(0.01) | Should -Be 'TimedOut'
    }

    It 'WaitAsync ends with a change, with its time, with its token and with the watch' {
        $wait = $watch.WaitAsync()
        $wait.IsCompleted | Should -BeFalse
        Invoke-Helper "Out-MemoryMappedFile -Name $name text"
        $wait.Wait($Patience * 1000) | Should -BeTrue
        $wait.Result | Should -Be 'Changed'
        # What was told while the helper opened and closed the map.
        while ($watch.Wait(0) -ne 'TimedOut') { }

        $watch.WaitAsync([timespan]::FromMilliseconds(1)).Result | Should -Be 'TimedOut'
        $watch.WaitAsync([timespan]::Zero).Result | Should -Be 'TimedOut'

        $stop = [System.Threading.CancellationTokenSource]::new()
        $wait = $watch.WaitAsync($stop.Token)
        $stop.Cancel()
        Wait-Until { $wait.IsCompleted }
        $wait.IsCanceled | Should -BeTrue
        $watch.WaitAsync($stop.Token).IsCanceled | Should -BeTrue
        # The watch goes on, and has lost nothing.
        $map.ReplaceText('mine')
        $watch.WaitAsync().Result | Should -Be 'Changed'

        $wait = $watch.WaitAsync()
        $watch.Dispose()
        $wait.Result | Should -Be 'Closed'
        $watch.IsDisposed | Should -BeTrue
        { $watch.WaitAsync() } | Should -Throw -ExceptionType ([System.Management.Automation.MethodInvocationException])
        { $watch.Wait(0) } | Should -Throw
    }

    It 'serves many waits at a time, with one thread' {
        $maps = foreach ($number in 1..100) { New-MemoryMappedFile "$name-$number" 100 }
        $watches = $maps.ForEach({ $_.Watch() })
        $waits = $watches.ForEach({ $_.WaitAsync([timespan]::FromSeconds($Patience)) })
        if ($HasDescriptorFolder) { Get-Trace | Should -BeLike '1 threads*' }
        Invoke-Helper "foreach (`$number in 1..100) { Out-MemoryMappedFile -Name $name-`$number text }"
        $waits.ForEach({ $_.Result }) | Should -Be (@('Changed') * 100)
        $maps.ForEach({ $_.Dispose() })
    }

    It 'is closed with its map, whose name is free at once' {
        $wait = $watch.WaitAsync()
        $map.Dispose()
        $wait.Result | Should -Be 'Closed'
        $watch.IsDisposed | Should -BeTrue
        Test-MapName $name | Should -BeFalse
        { $map.Watch() } | Should -Throw '*closed*'
        { $map.Notify() } | Should -Throw '*closed*'
    }

    It 'refuses a negative time' {
        { $watch.WaitAsync([timespan]::FromSeconds(-2)) } | Should -Throw '*not negative*'
        { $watch.Wait([timespan]::FromSeconds(-2)) } | Should -Throw '*not negative*'
    }

    It 'leaves no thread and no descriptor' {
        Set-SkippedUnless $HasDescriptorFolder 'what a process has open is not shown here'
        # Once, so that what belongs to the process is there.
        $watch.WaitAsync([timespan]::FromMilliseconds(1)).Wait()
        Wait-Until { (Get-Trace) -like '0 threads*' }
        $before = Get-Trace
        $waits = 1..10 | ForEach-Object { $map.Watch().WaitAsync([timespan]::FromMinutes(5)) }
        Get-Trace | Should -BeLike '1 threads*'
        $map.Dispose()
        $waits.ForEach({ $_.Result }) | Should -Be (@('Closed') * 10)
        $map = New-MemoryMappedFile $name 4096
        $watch = $map.Watch()
        Wait-Until { (Get-Trace) -eq $before }
    }

    It 'that is forgotten goes with the garbage collector, and frees the name' {
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

    It 'comes when another process writes, and no more when nobody wants it' {
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        Invoke-Helper "Out-MemoryMappedFile -Name $name text"
        $told = Wait-Event $source -Timeout $Patience
        $told.Sender | Should -Be $map
        $told.SourceEventArgs.Happened | Should -Be 'Changed'
        Unregister-Event $source
        Get-Event $source -ErrorAction Ignore | Remove-Event
        $map.ReplaceText('another one')
        # Whoever subscribes anew is told of what comes now.
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

    It 'comes to each of two subscribers' {
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        $null = Register-ObjectEvent $map Changed -SourceIdentifier "$source-2"
        Unregister-Event "$source-2"
        $null = Register-ObjectEvent $map Changed -SourceIdentifier "$source-2"
        $map.ReplaceText('text')
        foreach ($one in $source, "$source-2") { (Wait-Event $one -Timeout $Patience).SourceEventArgs.Happened | Should -Be 'Changed' }
        Unregister-Event "$source-2"
        Get-Event "$source-2" | Remove-Event
    }

    It 'leaves no thread and no descriptor when the last subscriber is gone, or the map' {
        Set-SkippedUnless $HasDescriptorFolder 'what a process has open is not shown here'
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        Unregister-Event $source
        Wait-Until { (Get-Trace) -like '0 threads*' }
        $before = Get-Trace
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        Wait-Until { (Get-Trace) -like '1 threads*' }
        Unregister-Event $source
        Wait-Until { (Get-Trace) -eq $before }
        $null = Register-ObjectEvent $map Changed -SourceIdentifier $source
        $map.Dispose()
        Wait-Until { (Get-Trace) -like '0 threads*' }
        Test-MapName $name | Should -BeFalse
        { Register-ObjectEvent $map Changed -SourceIdentifier "$source-3" -ErrorAction Stop } | Should -Throw
    }
}
