function New-MemoryMappedFile {
    # .EXTERNALHELP System.IO.MemoryMappedFiles.Commands-help.xml
    [CmdletBinding(DefaultParameterSetName = 'Default', SupportsShouldProcess, ConfirmImpact = 'Medium')]
    [OutputType([System.IO.MemoryMappedFiles.MemoryMappedFile])]
    param(
        [Parameter(ParameterSetName = 'Default', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'MemoryMappedFileAccessSet', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'MemoryMappedFileOptionSet', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet', ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet3', Mandatory, Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet4', Mandatory, Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet5', Mandatory, Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'FileStreamSet', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('mapName')]
        [ArgumentCompleter({ & (Get-Module System.IO.MemoryMappedFiles.Commands) { Complete-MapName @args } @args })]
        [string] $Name,

        [Parameter(ParameterSetName = 'CreateFromFileSet', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'FileModeSet', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet3', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet4', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet5', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        # A file of Get-Item comes as its path, before its properties can be taken for a name.
        [Mmf.Takes()]
        [string] $Path,

        [Parameter(ParameterSetName = 'FileStreamSet', Mandatory, Position = 0, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [System.IO.FileStream] $FileStream,

        [Parameter(ParameterSetName = 'FileModeSet', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet3', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet4', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet5', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        # What a file of Get-Item shows as its Mode (-a---) is none; its place takes Open.
        [Mmf.TakesMode()]
        [Alias('mode')]
        [System.IO.FileMode] $FileMode,

        [Parameter(ParameterSetName = 'Default', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'MemoryMappedFileAccessSet', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'MemoryMappedFileOptionSet', Mandatory, Position = 1, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet4', Mandatory, Position = 3, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet5', Mandatory, Position = 3, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'FileStreamSet', Mandatory, Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('capacity')]
        [long] $Size,

        [Parameter(ParameterSetName = 'MemoryMappedFileAccessSet', Mandatory, Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'MemoryMappedFileOptionSet', Mandatory, Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'CreateFromFileSet5', Mandatory, Position = 4, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'FileStreamSet', Mandatory, Position = 3, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('access')]
        [System.IO.MemoryMappedFiles.MemoryMappedFileAccess] $MemoryMappedFileAccess,

        [Parameter(ParameterSetName = 'MemoryMappedFileOptionSet', Mandatory, Position = 3, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('options')]
        [System.IO.MemoryMappedFiles.MemoryMappedFileOptions] $MemoryMappedFileOptions,

        [Parameter(ParameterSetName = 'MemoryMappedFileOptionSet', Mandatory, Position = 4, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'FileStreamSet', Mandatory, Position = 4, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Alias('inheritability')]
        [System.IO.HandleInheritability] $HandleInheritability,

        [Parameter(ParameterSetName = 'FileStreamSet', Mandatory, Position = 5, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [bool] $leaveOpen,

        [Parameter(ParameterSetName = 'Default', Position = 2, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'MemoryMappedFileAccessSet', Position = 3, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [Parameter(ParameterSetName = 'MemoryMappedFileOptionSet', Position = 5, ValueFromPipeline, ValueFromPipelineByPropertyName)]
        [switch] $CreateOrOpen
    )

    begin {
        if ($VerbosePreference) { Write-Start $PSCmdlet }
        $given = @($PSBoundParameters.Keys)
    }

    process {
        if ($VerbosePreference) { Write-Bound $PSCmdlet $PSBoundParameters }

        if ($PSCmdlet.MyInvocation.ExpectingInput) {
            # Where an object came down the pipeline, PowerShell makes strings of it, and prefers the
            # default parameter set to what the object has. So its properties are looked at again.
            $piped = $_
            if ($piped -is [System.IO.MemoryMappedFiles.MemoryMappedFile]) {
                if ('Name' -notin $given -and 'Path' -notin $given -and 'FileStream' -notin $given) {
                    Write-Failure $PSCmdlet (Get-Failure 1 "A map was piped in, but neither a name nor a path was given for the new one: give it with -Name or -Path.") $piped
                    return
                }
            }
            elseif ($piped -isnot [string] -and $piped -isnot [System.ValueType] -and $piped -isnot [System.IO.FileStream]) {
                $has = @{}
                if ($piped -is [System.IO.FileInfo]) { $has['Path'] = $piped.FullName }
                else {
                    foreach ($pair in @('Name', 'mapName'), @('Path'), @('FileStream'), @('FileMode', 'mode'), @('Size', 'capacity')) {
                        foreach ($alias in $pair) { if ($piped.PSObject.Properties[$alias]) { $has[$pair[0]] = $piped.$alias } }
                    }
                }
                if ('Name' -notin $given) { $Name = $has['Name'] }
                if ('Path' -notin $given) { $Path = $has['Path'] }
                if ('Size' -notin $given) { $Size = $has['Size'] }
                if ('FileMode' -notin $given -and $has['FileMode']) { $FileMode = [System.IO.FileMode] $has['FileMode'] }
            }
        }

        if ($Path) {
            $file = Resolve-FilePath $PSCmdlet $Path
            if (-not $file) { return }
            if (-not $PSCmdlet.ShouldProcess($file, 'Create memory-mapped file from file')) { return }
            $mode = if ([int] $FileMode -eq 0 -and 'FileMode' -notin $given) { [System.IO.FileMode]::Open } else { $FileMode }
            $mapName = if ($Name) { $Name } else { [NullString]::Value }
            $target = $file
            $result = $script:Sources::CreateFromFile($file, [int] $mode, $mapName, $Size, [int] $MemoryMappedFileAccess)
        }
        elseif ($FileStream) {
            if (-not $PSCmdlet.ShouldProcess($FileStream.Name, 'Create memory-mapped file from stream')) { return }
            $target = $FileStream
            if ($null -eq $script:Content) { Complete-Binding }
            $result = $script:Sources::FromStream($FileStream, $Name, $Size, [int] $MemoryMappedFileAccess, [int] $HandleInheritability, $leaveOpen)
        }
        else {
            if (-not $PSCmdlet.ShouldProcess($Name, 'Create memory-mapped file')) { return }
            $target = $Name
            if ($Size -ge 256MB -and $MemoryMappedFileOptions -eq 0) {
                $result = Invoke-Visibly $script:Maps 'Create' @($CreateOrOpen.IsPresent, $Name, $Size, [int] $MemoryMappedFileAccess, [int] $MemoryMappedFileOptions, [int] $HandleInheritability) "Reserving memory for '$Name'"
            }
            else {
                $result = $script:Maps::Create($CreateOrOpen, $Name, $Size, [int] $MemoryMappedFileAccess, [int] $MemoryMappedFileOptions, [int] $HandleInheritability)
            }
        }
        if ($result -is [System.Exception]) { Write-Failure $PSCmdlet $result $target } else { $result }
    }

    end { if ($VerbosePreference) { Write-End $PSCmdlet } }
}
