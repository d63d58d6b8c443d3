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
            $has = Find-PipedSource $_ $given
            if ($has -is [System.Exception]) {
                Write-Failure $PSCmdlet $has $_
                return
            }
            if ($has -is [hashtable]) {
                if ('Name' -notin $given) { $Name = $has['Name'] }
                if ('Path' -notin $given) { $Path = $has['Path'] }
                if ('Size' -notin $given) { $Size = $has['Size'] }
                if ('FileMode' -notin $given -and $has['FileMode']) { $FileMode = [System.IO.FileMode] $has['FileMode'] }
            }
        }

        $target = $Name
        $action = 'Create memory-mapped file'
        if ($Path) {
            $target = Resolve-FilePath $PSCmdlet $Path
            if (-not $target) { return }
            $action = 'Create memory-mapped file from file'
        }
        elseif ($FileStream) {
            $target = $FileStream.Name
            $action = 'Create memory-mapped file from stream'
        }
        if (-not $PSCmdlet.ShouldProcess($target, $action)) { return }

        if ($Path) {
            if ([int] $FileMode -eq 0 -and 'FileMode' -notin $given) { $FileMode = [System.IO.FileMode]::Open }
            $mapName = if ($Name) { $Name } else { [NullString]::Value }
            $result = $script:Sources::CreateFromFile($target, $FileMode, $mapName, $Size, $MemoryMappedFileAccess)
        }
        elseif ($FileStream) {
            if ($null -eq $script:Content) { Complete-Binding }
            $target = $FileStream
            $result = $script:Sources::FromStream($FileStream, $Name, $Size, $MemoryMappedFileAccess, $HandleInheritability, $leaveOpen)
        }
        elseif ($Size -ge 256MB -and $MemoryMappedFileOptions -eq 0) {
            $result = Invoke-Visibly $script:Maps 'Create' @($CreateOrOpen.IsPresent, $Name, $Size, [int] $MemoryMappedFileAccess, [int] $MemoryMappedFileOptions, [int] $HandleInheritability) "Reserving memory for '$Name'"
        }
        else {
            $result = $script:Maps::Create($CreateOrOpen, $Name, $Size, $MemoryMappedFileAccess, $MemoryMappedFileOptions, $HandleInheritability)
        }
        if ($result -is [System.Exception]) { Write-Failure $PSCmdlet $result $target } else { $result }
    }

    end { if ($VerbosePreference) { Write-End $PSCmdlet } }
}

function Find-PipedSource {
    # What an object that came down the pipeline has for a map. PowerShell makes strings of such an
    # object, and prefers the default parameter set to what the object has: so its properties are
    # looked at again. Nothing for what PowerShell binds well.
    param($Piped, $Given)

    if ($Piped -is [System.IO.MemoryMappedFiles.MemoryMappedFile]) {
        if ('Name' -notin $Given -and 'Path' -notin $Given -and 'FileStream' -notin $Given) {
            Get-Failure 1 'A map was piped in, but neither a name nor a path was given for the new one: give it with -Name or -Path.'
        }
    }
    elseif ($Piped -is [System.IO.FileInfo]) { @{ Path = $Piped.FullName } }
    elseif ($Piped -isnot [string] -and $Piped -isnot [System.ValueType] -and $Piped -isnot [System.IO.FileStream]) {
        $has = @{}
        foreach ($pair in @('Name', 'mapName'), @('Path'), @('FileStream'), @('FileMode', 'mode'), @('Size', 'capacity')) {
            foreach ($alias in $pair) { if ($Piped.PSObject.Properties[$alias]) { $has[$pair[0]] = $Piped.$alias } }
        }
        $has
    }
}
