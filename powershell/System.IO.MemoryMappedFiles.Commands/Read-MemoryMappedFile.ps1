function Read-MemoryMappedFile {
    # .EXTERNALHELP System.IO.MemoryMappedFiles.Commands-help.xml
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType([string], [byte[]])]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [System.IO.MemoryMappedFiles.MemoryMappedFile] $MemoryMappedFile,

        [switch] $Raw,

        [switch] $AsByteStream,

        [ValidateRange(0, [long]::MaxValue)]
        [long] $Offset = -1,

        [ValidateRange(0, [long]::MaxValue)]
        [long] $Count = -1,

        [ArgumentCompleter({ & (Get-Module System.IO.MemoryMappedFiles.Commands) { Complete-EncodingName @args } @args })]
        [object] $Encoding,

        [ValidateRange(-1, [int]::MaxValue)]
        [double] $Timeout = 30
    )

    begin {
        if ($VerbosePreference) { Write-Start $PSCmdlet }
        $code = 0
        if ($null -ne $Encoding) {
            $code = Resolve-Encoding $Encoding
            if ($null -eq $code) {
                $PSCmdlet.ThrowTerminatingError((Get-FailureRecord (Get-Failure 1 "The encoding '$Encoding' is not known: use utf8, utf8BOM, unicode, bigendianunicode, utf32, ascii, or another name or code page that .NET knows.") $Encoding))
            }
        }
        $plain = -not $Raw -and -not $AsByteStream -and $Offset -lt 0 -and $Count -lt 0 -and $code -is [int]
        $turn = if ($Timeout -ge 0 -and $Timeout -lt 0.1) { [long] ($Timeout * 1000) } else { [long] 100 }
    }

    process {
        if ($VerbosePreference) { Write-Bound $PSCmdlet $PSBoundParameters }

        if ($plain -and $MemoryMappedFile -is $script:Map -and $MemoryMappedFile.Capacity -lt 64MB) {
            # The common case, kept short.
            if ($PSCmdlet.ShouldProcess($MemoryMappedFile.Name, 'Read content')) {
                $result = $script:Content::Read($MemoryMappedFile, $code, $turn)
                if ($result -is [string]) { $result }
                else {
                    if ($result -is [System.TimeoutException] -and ($Timeout -lt 0 -or $Timeout -gt 0.1)) {
                        $result = Invoke-Patiently { param($milliseconds) $script:Content::Read($MemoryMappedFile, $code, $milliseconds) } $Timeout "Reading $(Get-ShownName $MemoryMappedFile)"
                    }
                    if ($result -is [System.Exception]) { Write-Failure $PSCmdlet $result $MemoryMappedFile } else { $result }
                }
            }
            return
        }

        $shown = Get-ShownName $MemoryMappedFile
        if (-not $PSCmdlet.ShouldProcess($shown, 'Read content')) { return }
        $map = Get-OwnMap -Given $MemoryMappedFile -Access 1
        if ($map -is [System.Exception]) {
            Write-Failure $PSCmdlet $map $MemoryMappedFile
            return
        }
        try {
            $result = Read-Content -Map $map -Plain $plain -Code $code -Offset $Offset -Count $Count -Timeout $Timeout -Activity "Reading $shown"
            if ($result -is [System.Exception]) { Write-Failure $PSCmdlet $result $MemoryMappedFile }
            elseif ($result -is [string]) { $result }
            elseif ($AsByteStream) {
                # One by one, or with -Raw as one array: as Get-Content does it.
                if ($Raw) { Write-Output -NoEnumerate -InputObject $result } else { $result }
            }
            else { ConvertFrom-ContentByte $result $code ($Offset -le 0) $Raw }
        }
        finally { if ($map -ne $MemoryMappedFile) { $map.Dispose() } }
    }

    end { if ($VerbosePreference) { Write-End $PSCmdlet } }
}

function Read-Content {
    # The text, or the bytes that were asked for, or what went wrong.
    param($Map, [bool] $Plain, $Code, [long] $Offset, [long] $Count, [double] $Timeout, [string] $Activity)

    if ($Plain) { return Invoke-Patiently { param($milliseconds) Invoke-Visibly $script:Content 'Read' @($Map, $Code, $milliseconds) $Activity } $Timeout $Activity }
    if ($Offset -lt 0 -and $Count -lt 0) {
        return , (Invoke-Patiently { param($milliseconds) Invoke-Visibly $script:Content 'ReadBytes' @($Map, $milliseconds) $Activity } $Timeout $Activity)
    }
    $Offset = [System.Math]::Max(0, $Offset)
    if ($Count -lt 0) {
        $length = Invoke-Patiently { param($milliseconds) $script:Content::GetLength($Map, $milliseconds) } $Timeout $Activity
        if ($length -is [System.Exception]) { return $length }
        # Behind the content there is nothing; behind the map there is an error to tell.
        $Count = [System.Math]::Max(0, $length - $Offset)
    }
    if ($Count -gt 0x7FFFFFC7) { return Get-Failure 41 'More bytes were asked for than an array of .NET can hold (2147483591). Read them in parts, with -Offset and -Count.' }
    $bytes = [byte[]]::new($Count)
    $failure = Invoke-Patiently { param($milliseconds) Invoke-Visibly $script:Content 'Copy' @($Map, $false, $Offset, $bytes, $milliseconds) $Activity } $Timeout $Activity
    if ($null -ne $failure) { return $failure }
    , $bytes
}
