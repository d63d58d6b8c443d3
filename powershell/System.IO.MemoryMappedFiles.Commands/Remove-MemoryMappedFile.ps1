function Remove-MemoryMappedFile {
    # .EXTERNALHELP System.IO.MemoryMappedFiles.Commands-help.xml
    [CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType([void])]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [System.IO.MemoryMappedFiles.MemoryMappedFile] $MemoryMappedFile
    )

    begin { if ($VerbosePreference) { Write-Start $PSCmdlet } }

    process {
        if ($VerbosePreference) { Write-Bound $PSCmdlet $PSBoundParameters }
        if ($PSCmdlet.ShouldProcess((Get-ShownName $MemoryMappedFile), 'Remove')) { $MemoryMappedFile.Dispose() }
    }

    end { if ($VerbosePreference) { Write-End $PSCmdlet } }
}
