function Save-MemoryMappedFile {
    # .EXTERNALHELP System.IO.MemoryMappedFiles.Commands-help.xml
    [CmdletBinding(DefaultParameterSetName = 'Path', SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType([void])]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [System.IO.MemoryMappedFiles.MemoryMappedFile] $MemoryMappedFile,

        [Parameter(ParameterSetName = 'Path', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [string] $Path,

        [Parameter(ParameterSetName = 'LiteralPath', Mandatory)]
        [string] $LiteralPath,

        [switch] $AsByteStream,

        [switch] $NoNewline,

        [switch] $NoClobber,

        [switch] $Force,

        [ValidateRange(-1, [int]::MaxValue)]
        [double] $Timeout = 30
    )

    begin {
        if ($VerbosePreference) { Write-Start $PSCmdlet }
        $pathGiven = $PSBoundParameters.ContainsKey('Path') -or $PSBoundParameters.ContainsKey('LiteralPath')
    }

    process {
        if ($VerbosePreference) { Write-Bound $PSCmdlet $PSBoundParameters }

        if (-not $pathGiven -and $_ -is [System.IO.MemoryMappedFiles.MemoryMappedFile]) {
            Write-Failure $PSCmdlet (Get-Failure 1 "A map was piped in, but no path was given to save the $(Get-ShownName $_) to: give it with -Path.") $_
            return
        }
        $shown = Get-ShownName $MemoryMappedFile
        foreach ($file in Resolve-SavePath -Cmdlet $PSCmdlet -Path $Path -LiteralPath $LiteralPath) {
            if (-not $PSCmdlet.ShouldProcess($file, "Save $shown")) { continue }
            $map = Get-OwnMap -Given $MemoryMappedFile -Access 1
            if ($map -is [System.Exception]) {
                Write-Failure $PSCmdlet $map $MemoryMappedFile
                return
            }
            # The content as it is, or its text with a line end behind it, as Set-Content writes it.
            $part = if ($AsByteStream) { 1 } else { 2 }
            $ending = -not $AsByteStream -and -not $NoNewline
            try {
                $failure = Invoke-Patiently {
                    param($milliseconds)
                    Invoke-Visibly $script:Content 'Save' @($map, $file, $part, $NoClobber.IsPresent, $Force.IsPresent, $ending, [System.Environment]::NewLine, $milliseconds) "Saving $shown"
                } $Timeout "Saving $shown"
            }
            finally { if ($map -ne $MemoryMappedFile) { $map.Dispose() } }
            if ($null -ne $failure) { Write-Failure $PSCmdlet $failure $file }
        }
    }

    end { if ($VerbosePreference) { Write-End $PSCmdlet } }
}

function Resolve-SavePath {
    # The files that -Path or -LiteralPath stand for. A pattern that fits nothing is a name.
    param($Cmdlet, [string] $Path, [string] $LiteralPath)

    if ($LiteralPath) { return Resolve-FilePath $Cmdlet $LiteralPath }
    if ([System.Management.Automation.WildcardPattern]::ContainsWildcardCharacters($Path)) {
        $found = $script:Paths::Matching($Cmdlet.SessionState.Path, $Path)
        if ($found -is [System.Collections.ObjectModel.Collection[string]] -and $found.Count -gt 0) { return $found }
    }
    Resolve-FilePath $Cmdlet $Path
}
