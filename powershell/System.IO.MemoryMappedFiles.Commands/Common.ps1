# What the cmdlets share: telling failures, waiting with patience, encodings, paths, Verbose lines.

function Write-Start {
    param($Cmdlet)
    Write-Verbose "[$($Cmdlet.MyInvocation.MyCommand.Name)] Function started."
}

function Write-Bound {
    param($Cmdlet, $Bound)
    $name = $Cmdlet.MyInvocation.MyCommand.Name
    Write-Verbose "[$name] ParameterSetName: $($Cmdlet.ParameterSetName)"
    foreach ($key in $Bound.Keys) { Write-Verbose "[$name] $key`: $($Bound[$key])" }
}

function Write-End {
    param($Cmdlet)
    Write-Verbose "[$($Cmdlet.MyInvocation.MyCommand.Name)] Function ended."
}

function Get-FailureRecord {
    # The error record of an exception: id and category are those of the library's table.
    param([System.Exception] $Failure, $Target)

    $table = $script:Failure
    $status = $Failure.Data['mmf_status_t']
    if ($null -eq $status) {
        # Not the library's own: the first row with this type of exception, or else IO (60).
        $name = $Failure.GetType().FullName
        $status = 60
        foreach ($number in 1..60) {
            $row = $table::Describe($number)
            if ($row -and $row[1] -eq $name) { $status = $number; break }
        }
    }
    $row = $table::Describe($status)
    [System.Management.Automation.ErrorRecord]::new($Failure, $row[0], $row[2], $Target)
}

function Get-Failure {
    # A failure that the library does not see, in its own words and from its own table.
    param([int] $Status, [string] $Message)

    $table = $script:Failure
    $row = $table::Describe($Status)
    $table::Make($Status, [object].Assembly.GetType($row[1]), $Message, [int] $row[3])
}

function Write-Failure {
    param($Cmdlet, [System.Exception] $Failure, $Target)
    $Cmdlet.WriteError((Get-FailureRecord -Failure $Failure -Target $Target))
}

function Invoke-Patiently {
    # Goes on trying for the content lock, in short turns: so Ctrl+C works, and progress shows.
    # The attempt is given the milliseconds of its turn; the comma keeps an array one.
    param([scriptblock] $Attempt, [double] $Timeout, [string] $Activity)

    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $shown = $false
    try {
        do {
            $turn = 250
            if ($Timeout -ge 0) { $turn = [System.Math]::Max(0, [System.Math]::Min(250, $Timeout * 1000 - $clock.ElapsedMilliseconds)) }
            $result = & $Attempt ([long] $turn)
            if ($result -isnot [System.TimeoutException]) { return , $result }
            if ($clock.ElapsedMilliseconds -ge 1000) {
                $shown = $true
                Write-Progress -Activity $Activity -Status "Waiting for others to finish ($([int] $clock.Elapsed.TotalSeconds) s)"
            }
        } while ($Timeout -lt 0 -or $clock.ElapsedMilliseconds -lt $Timeout * 1000)
    }
    finally { if ($shown) { Write-Progress -Activity $Activity -Completed } }

    # The library knows of the last turn only.
    , (Get-Failure -Status 28 -Message ($result.Message -replace 'within [\d.]+ m?s\.', "within $Timeout s."))
}

function Invoke-Visibly {
    # Calls a static method of the binding that may take long on another thread, and shows that it
    # goes on.
    param([type] $Class, [string] $Method, [object[]] $Arguments, [string] $Activity)

    $work = $script:Work::new($Class.GetMethod($Method), $null, $Arguments)
    $clock = [System.Diagnostics.Stopwatch]::StartNew()
    $shown = $false
    try {
        while (-not $work.Wait(100)) {
            if ($clock.ElapsedMilliseconds -lt 1000) { continue }
            $shown = $true
            Write-Progress -Activity $Activity -Status "$([int] $clock.Elapsed.TotalSeconds) s"
        }
    }
    finally {
        # After Ctrl+C, too: what is under way ends before the shell goes on.
        $null = $work.Wait(-1)
        if ($shown) { Write-Progress -Activity $Activity -Completed }
    }
    $result = $work.Result
    if ($result -is [System.Reflection.TargetInvocationException]) { $result = $result.InnerException }
    , $result
}

function Get-OwnMap {
    # A map of ours for any map of .NET: itself, or one over the same memory; else what went wrong.
    # On Windows .NET's handle leads to no file, so there it is a copy (see Copy-BackToMap), which
    # is worked on without the content lock.
    param($Given, [int] $Access)

    if (-not $script:OnWindows -or $Given -is $script:Map) { return $script:Sources::Of($Given, $Access) }
    if ($Given.SafeMemoryMappedFileHandle.IsClosed) { return Get-Failure -Status 5 -Message 'The map was disposed before: open another one.' }
    $from = $Given.CreateViewStream(0, 0, [System.IO.MemoryMappedFiles.MemoryMappedFileAccess]::Read)
    try {
        $map = $script:Maps::Create($false, [NullString]::Value, $from.Length, 0, 0, 0)
        if ($map -is [System.Exception]) { return $map }
        $to = $map.CreateViewStream()
        $from.CopyTo($to)
        $to.Dispose()
    }
    finally { $from.Dispose() }
    $map
}

function Copy-BackToMap {
    # Brings a changed copy of Get-OwnMap back.
    param($Own, $Given)

    $from = $Own.CreateViewStream()
    $to = $Given.CreateViewStream()
    try { $from.CopyTo($to) }
    finally {
        $from.Dispose()
        $to.Dispose()
    }
}

function Get-ShownName {
    # How messages call a map.
    param([System.IO.MemoryMappedFiles.MemoryMappedFile] $Map)

    if ($Map -isnot $script:Map) { return 'memory-mapped file' }
    if ($Map.Name) { return "memory-mapped file '$($Map.Name)'" }
    if ($Map.Path) { return "memory-mapped file of '$($Map.Path)'" }
    'anonymous memory-mapped file'
}

function Resolve-Encoding {
    # A number of the library, or an encoding of .NET; $null for what is none.
    param($Encoding)

    if ($Encoding -is [System.Text.Encoding]) {
        if ($Encoding.CodePage -eq 65001) { return [int] ($Encoding.GetPreamble().Length -gt 0) }
        $name = $Encoding.WebName
    }
    else { $name = [string] $Encoding }
    if ($name -in 'ascii', 'us-ascii') { return [System.Text.Encoding]::ASCII }
    # The library's own numbers. Everything else goes through .NET's encoders.
    $numbers = @{
        utf8 = 0; utf8nobom = 0; ascii = 0; 'utf-8' = 0; utf8bom = 1; unicode = 2; utf16 = 2; 'utf-16' = 2
        bigendianunicode = 3; 'utf-16be' = 3; utf32 = 4; 'utf-32' = 4; bigendianutf32 = 5; 'utf-32be' = 5
    }
    $number = $numbers[$name]
    if ($null -ne $number) { return $number }
    if ($Encoding -is [System.Text.Encoding]) { return $Encoding }
    if ($name -in 'default', 'ansi') { return [System.Text.Encoding]::Default }
    if ($name -eq 'oem') { $name = [cultureinfo]::CurrentCulture.TextInfo.OEMCodePage }
    if ($name -eq 'latin1') { $name = 28591 }
    foreach ($info in [System.Text.Encoding]::GetEncodings()) {
        if ($info.Name -eq $name -or "$($info.CodePage)" -eq $name) { return $info.GetEncoding() }
    }
}

function Get-NetEncoding {
    # .NET's encoding for a number of the library.
    param($Encoding)
    if ($Encoding -isnot [int]) { return $Encoding }
    switch ($Encoding) {
        0 { [System.Text.UTF8Encoding]::new($false) }
        1 { [System.Text.UTF8Encoding]::new($true) }
        2 { [System.Text.UnicodeEncoding]::new($false, $true) }
        3 { [System.Text.UnicodeEncoding]::new($true, $true) }
        4 { [System.Text.UTF32Encoding]::new($false, $true) }
        5 { [System.Text.UTF32Encoding]::new($true, $true) }
    }
}

function ConvertFrom-ContentByte {
    # Text from bytes: a byte order mark at the start of a map is honoured and left out.
    param([byte[]] $Bytes, $Encoding, [bool] $AtStart, [bool] $KeepNul)

    $found = Get-NetEncoding $Encoding
    $skip = 0
    if ($AtStart) {
        # The longest first, since the mark of UTF-32 begins as that of UTF-16 does.
        foreach ($number in 5, 4, 1, 3, 2) {
            $candidate = Get-NetEncoding $number
            $mark = $candidate.GetPreamble()
            if ($Bytes.Length -ge $mark.Length -and [System.Linq.Enumerable]::SequenceEqual([byte[]] [System.Linq.Enumerable]::ToArray([System.Linq.Enumerable]::Take($Bytes, $mark.Length)), $mark)) {
                $found, $skip = $candidate, $mark.Length
                break
            }
        }
    }
    # The content ends with its last byte that is not NUL, which can be inside a character.
    $over = ($Bytes.Length - $skip) % $found.GetByteCount('a')
    if ($over) { [array]::Resize([ref] $Bytes, $Bytes.Length - $over + $found.GetByteCount('a')) }
    $text = $found.GetString($Bytes, $skip, $Bytes.Length - $skip)
    if ($KeepNul) { $text } else { $text.Replace("`0", '') }
}

function Resolve-FilePath {
    # The file system's own path of what a user wrote: relative to $PWD, with ~ and drives, and
    # literal. Writes the error and gives nothing if there is none.
    param($Cmdlet, [string] $Path)

    $found = $script:Paths::Literal($Cmdlet.SessionState.Path, $Path)
    if ($found -is [string]) { return $found }
    $failure = $found
    if ($found -is [System.Management.Automation.ProviderInfo]) {
        $failure = Get-Failure -Status 7 -Message "The path '$Path' belongs to the provider $($found.Name), which has no files: give a path in the file system."
    }
    Write-Failure -Cmdlet $Cmdlet -Failure $failure -Target $Path
}

function Complete-MapName {
    # The names that live, for completion of -Name.
    param([string] $CommandName, [string] $ParameterName, [string] $WordToComplete)

    $pattern = $WordToComplete.Trim('"', "'") + '*'
    $names = $script:Sources::Names()
    if ($names -is [System.Exception]) { return }
    foreach ($name in $names | Sort-Object -Unique) {
        if ($name -notlike $pattern) { continue }
        $text = if ($name -match '^[\w.-]+$') { $name } else { "'" + $name.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $name, 'ParameterValue', $name)
    }
}

function Complete-EncodingName {
    param([string] $CommandName, [string] $ParameterName, [string] $WordToComplete)

    foreach ($name in 'ascii', 'bigendianunicode', 'bigendianutf32', 'latin1', 'unicode', 'utf32', 'utf8', 'utf8BOM', 'utf8NoBOM') {
        if ($name -like "$WordToComplete*") { [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $name) }
    }
}
