function Out-MemoryMappedFile {
    # .EXTERNALHELP System.IO.MemoryMappedFiles.Commands-help.xml
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType([System.IO.MemoryMappedFiles.MemoryMappedFile])]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [System.IO.MemoryMappedFiles.MemoryMappedFile] $MemoryMappedFile,

        # A byte array is no text, but is let in: it comes as a text that begins with a mark.
        [Parameter(Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [AllowEmptyString()]
        [Mmf.Takes()]
        [Alias('value')]
        [string] $String,

        [Parameter(Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [switch] $Append,

        [ArgumentCompleter({ & (Get-Module System.IO.MemoryMappedFiles.Commands) { Complete-EncodingName @args } @args })]
        [object] $Encoding,

        [ValidateRange(0, [long]::MaxValue)]
        [long] $Offset = -1,

        [switch] $NoNewline,

        [ValidateRange(-1, [int]::MaxValue)]
        [double] $Timeout = 30,

        [switch] $PassThru
    )

    begin {
        if ($VerbosePreference) { Write-Start $PSCmdlet }
        $given = $PSBoundParameters
        $textGiven = $given.ContainsKey('String')
        $appendGiven = $given.ContainsKey('Append')
        $single = $null
        $code = 0
        if ($null -ne $Encoding) {
            $code = Resolve-Encoding $Encoding
            if ($null -eq $code) {
                $PSCmdlet.ThrowTerminatingError((Get-FailureRecord (Get-Failure 1 "The encoding '$Encoding' is not known: use utf8, utf8BOM, unicode, bigendianunicode, utf32, ascii, or another name or code page that .NET knows.") $Encoding))
            }
        }
        # The first try for the content lock; patience begins after it.
        $turn = if ($Timeout -ge 0 -and $Timeout -lt 0.1) { [long] ($Timeout * 1000) } else { [long] 100 }
    }

    process {
        if ($VerbosePreference) { Write-Bound $PSCmdlet $PSBoundParameters }

        $bytes = $null
        if (-not $textGiven) {
            # The text came down the pipeline, where PowerShell makes a string of anything.
            if ($_ -is [System.IO.MemoryMappedFiles.MemoryMappedFile]) {
                Write-Failure $PSCmdlet (Get-Failure 1 "A map was piped in, but no text was given for the $(Get-ShownName $_): give it with -String.") $_
                return
            }
            if ($_ -is [byte]) {
                # Single bytes, as of [System.IO.File]::ReadAllBytes: they belong together.
                if ($null -eq $single) { $single = [System.Collections.Generic.List[byte]]::new() }
                $single.Add($_)
                return
            }
        }
        $mark = $script:Shared::Mark
        if ($String.StartsWith($mark, [System.StringComparison]::Ordinal)) {
            $bytes = [System.Text.Encoding]::GetEncoding(28591).GetBytes($String.Substring($mark.Length))
        }
        # A number in the pipeline must not turn the switch on.
        if (-not $appendGiven -and $Append -and -not $_.PSObject.Properties['Append']) { $Append = $false }

        if ($null -eq $bytes -and $Offset -lt 0 -and $code -is [int] -and $String.Length -lt 16MB -and $MemoryMappedFile -is $script:Map) {
            # The common case, kept short.
            if ($PSCmdlet.ShouldProcess($MemoryMappedFile.Name, $(if ($Append) { 'Append to content' } else { 'Replace content' }))) {
                $failure = $script:Content::Put($MemoryMappedFile, $String, $Append, $code, -not $NoNewline, $turn)
                if ($null -ne $failure) {
                    if ($failure -is [System.TimeoutException] -and ($Timeout -lt 0 -or $Timeout -gt 0.1)) {
                        $failure = Invoke-Patiently { param($milliseconds) $script:Content::Put($MemoryMappedFile, $String, $Append, $code, -not $NoNewline, $milliseconds) } $Timeout "Writing to $(Get-ShownName $MemoryMappedFile)"
                    }
                    if ($null -ne $failure) {
                        Write-Failure $PSCmdlet $failure $MemoryMappedFile
                        return
                    }
                }
                if ($PassThru) { $MemoryMappedFile }
            }
            return
        }
        $action = if ($Offset -ge 0) { "Write at offset $Offset" } elseif ($Append) { 'Append to content' } else { 'Replace content' }
        if ($PSCmdlet.ShouldProcess((Get-ShownName $MemoryMappedFile), $action)) {
            $done = Write-Content -Cmdlet $PSCmdlet -Given $MemoryMappedFile -Text $String -Bytes $bytes -Append $Append -Code $code -Offset $Offset -Separate (-not $NoNewline) -Timeout $Timeout
            if ($done -and $PassThru) { $MemoryMappedFile }
        }
    }

    end {
        if ($null -ne $single -and $PSCmdlet.ShouldProcess((Get-ShownName $MemoryMappedFile), "Write $($single.Count) bytes")) {
            $done = Write-Content -Cmdlet $PSCmdlet -Given $MemoryMappedFile -Text '' -Bytes $single.ToArray() -Append $Append -Code $code -Offset $Offset -Separate (-not $NoNewline) -Timeout $Timeout
            if ($done -and $PassThru) { $MemoryMappedFile }
        }
        if ($VerbosePreference) { Write-End $PSCmdlet }
    }
}

function Write-Content {
    # Everything but the common case: bytes, an offset, a long text, .NET's own maps and encodings.
    # Says whether it was done.
    param($Cmdlet, $Given, [string] $Text, $Bytes, [bool] $Append, $Code, [long] $Offset, [bool] $Separate, [double] $Timeout)

    $map = Get-OwnMap -Given $Given -Access 0
    if ($map -is [System.Exception]) {
        Write-Failure $Cmdlet $map $Given
        return $false
    }
    if ($null -eq $Bytes -and ($Offset -ge 0 -or $Code -isnot [int])) { $Bytes = (Get-NetEncoding $Code).GetBytes($Text) }
    $activity = "Writing to $(Get-ShownName $Given)"
    $attempt = {
        param($milliseconds)
        if ($Offset -ge 0) { $method, $arguments = 'Copy', @($map, $true, $Offset, $Bytes, $milliseconds) }
        elseif ($null -ne $Bytes) { $method, $arguments = 'PutBytes', @($map, $Bytes, $Append, ($Separate -and $Code -isnot [int]), $milliseconds) }
        else { $method, $arguments = 'Put', @($map, $Text, $Append, $Code, $Separate, $milliseconds) }
        Invoke-Visibly $script:Content $method $arguments $activity
    }
    try {
        $failure = Invoke-Patiently $attempt $Timeout $activity
        if ($null -eq $failure -and $script:OnWindows -and $map -ne $Given) { Copy-BackToMap -Own $map -Given $Given }
    }
    finally { if ($map -ne $Given) { $map.Dispose() } }
    if ($null -ne $failure) {
        Write-Failure $Cmdlet $failure $Given
        return $false
    }
    $true
}
