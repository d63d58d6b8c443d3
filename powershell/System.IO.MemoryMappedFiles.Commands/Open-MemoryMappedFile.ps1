function Open-MemoryMappedFile {
    # .EXTERNALHELP System.IO.MemoryMappedFiles.Commands-help.xml
    [CmdletBinding(DefaultParameterSetName = 'Default')]
    [OutputType([System.IO.MemoryMappedFiles.MemoryMappedFile])]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('mapName')]
        [ArgumentCompleter({ & (Get-Module System.IO.MemoryMappedFiles.Commands) { Complete-MapName @args } @args })]
        [string] $Name,

        [Parameter(ParameterSetName = 'MemoryMappedFileRights', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'HandleInheritability', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('desiredAccessRights')]
        [System.IO.MemoryMappedFiles.MemoryMappedFileRights] $MemoryMappedFileRights,

        [Parameter(ParameterSetName = 'HandleInheritability', Mandatory, Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('inheritability')]
        [System.IO.HandleInheritability] $HandleInheritability,

        [switch] $Wait,

        [ValidateRange(-1, [int]::MaxValue)]
        [double] $Timeout = -1
    )

    begin {
        if ($VerbosePreference) { Write-Start $PSCmdlet }
        # Terminating, as it always was: so try/catch works. But a name in a pipeline must not keep
        # the maps before it from coming out, nor the names behind it from being tried. So there the
        # errors wait for each other, and the last one terminates if nothing was opened at all.
        $piped = $PSCmdlet.MyInvocation.ExpectingInput
        $pending = $null
        $opened = $false
    }

    process {
        if ($VerbosePreference) { Write-Bound $PSCmdlet $PSBoundParameters }

        $limit = if (-not $Wait) { 0 } else { $Timeout }
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        $turn = 0
        do {
            # In short turns, so that Ctrl+C works and progress shows.
            $result = $script:Sources::Open($Name, [int] $MemoryMappedFileRights, [int] $HandleInheritability, [long] $turn)
            $again = $result -is [System.IO.FileNotFoundException] -and ($limit -lt 0 -or $clock.ElapsedMilliseconds -lt $limit * 1000)
            if ($again) {
                $turn = if ($limit -lt 0) { 250 } else { [System.Math]::Max(1, [System.Math]::Min(250, $limit * 1000 - $clock.ElapsedMilliseconds)) }
                if ($clock.ElapsedMilliseconds -ge 1000) { Write-Progress -Activity "Waiting for the map '$Name'" -Status "$([int] $clock.Elapsed.TotalSeconds) s" }
            }
        } while ($again)
        if ($clock.ElapsedMilliseconds -ge 1000) { Write-Progress -Activity "Waiting for the map '$Name'" -Completed }

        if ($result -isnot [System.Exception]) {
            $opened = $true
            return $result
        }
        $record = Get-FailureRecord $result $Name
        if ($ErrorActionPreference -in 'SilentlyContinue', 'Ignore') { $PSCmdlet.WriteError($record) }
        elseif (-not $piped) { $PSCmdlet.ThrowTerminatingError($record) }
        else {
            if ($pending) { $PSCmdlet.WriteError($pending) }
            $pending = $record
        }
    }

    end {
        if ($VerbosePreference) { Write-End $PSCmdlet }
        if ($pending) {
            if ($opened) { $PSCmdlet.WriteError($pending) } else { $PSCmdlet.ThrowTerminatingError($pending) }
        }
    }
}
