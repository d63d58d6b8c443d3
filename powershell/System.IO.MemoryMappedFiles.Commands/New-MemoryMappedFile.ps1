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
        $piped = $PSCmdlet.MyInvocation.ExpectingInput
        $given = $PSBoundParameters
        if ($piped) { $given = Copy-Bound $given }
    }

    process {
        if ($VerbosePreference) { Write-Bound $PSCmdlet $PSBoundParameters }

        # A new map with a name needs none of what the others do, and most often it is the first thing that
        # a process does with the module: so what is only theirs is in functions.
        $target = $Name
        if ($piped -or $Path -or $FileStream -or $Size -ge 256MB) {
            $source = Resolve-MapSource -Cmdlet $PSCmdlet -Bound $PSBoundParameters -Given $given -Piped $_
            if (-not $source -or -not $PSCmdlet.ShouldProcess($source['Shown'], $source['Action'])) { return }
            $target = $source['Target']
            $result = Invoke-MapCreation $source
        }
        else {
            if (-not $PSCmdlet.ShouldProcess($Name, 'Create memory-mapped file')) { return }
            $result = $script:Maps::Create($CreateOrOpen, $Name, $Size, $MemoryMappedFileAccess, $MemoryMappedFileOptions, $HandleInheritability)
        }
        if ($result -is [System.Exception]) { Write-Failure $PSCmdlet $result $target } else { $result }
    }

    end { if ($VerbosePreference) { Write-End $PSCmdlet } }
}

function Copy-Bound {
    # What was given by name: the pipeline changes the original.
    param($Bound)

    $copy = @{}
    foreach ($key in $Bound.Keys) { $copy[$key] = $Bound[$key] }
    $copy
}

function Resolve-MapSource {
    # What a map is made of, and how that is called: a file, a stream, or what came down the pipeline.
    # Bound is all that the parameters have, Given what they had before the pipeline. Writes the error
    # and gives nothing if it is nothing.
    param($Cmdlet, $Bound, $Given, $Piped)

    $source = @{ Mode = [int] $Bound['FileMode']; Action = 'Create memory-mapped file' }
    foreach ($name in 'Name', 'Path', 'FileStream', 'Size', 'MemoryMappedFileAccess', 'MemoryMappedFileOptions', 'HandleInheritability', 'leaveOpen', 'CreateOrOpen') { $source[$name] = $Bound[$name] }

    if ($Cmdlet.MyInvocation.ExpectingInput) {
        $has = Find-PipedSource $Piped $Given
        if ($has -is [System.Exception]) {
            Write-Failure $Cmdlet $has $Piped
            return
        }
        if ($has -is [hashtable]) {
            foreach ($name in 'Name', 'Path', 'Size') { if (-not $Given.ContainsKey($name)) { $source[$name] = $has[$name] } }
            if (-not $Given.ContainsKey('FileMode') -and $has['FileMode']) { $source['Mode'] = [int] [System.IO.FileMode] $has['FileMode'] }
        }
    }

    $source['Shown'] = $source['Target'] = [string] $source['Name']
    if ($source['Path']) {
        $source['Shown'] = $source['Target'] = Resolve-FilePath $Cmdlet $source['Path']
        if (-not $source['Target']) { return }
        $source['Action'] = 'Create memory-mapped file from file'
        if ($source['Mode'] -eq 0 -and -not $Given.ContainsKey('FileMode')) { $source['Mode'] = [int] [System.IO.FileMode]::Open }
    }
    elseif ($source['FileStream']) {
        $source['Target'] = $source['FileStream']
        $source['Shown'] = $source['Target'].Name
        $source['Action'] = 'Create memory-mapped file from stream'
    }
    $source
}

function Invoke-MapCreation {
    # Makes the map of such a source; gives a failure back.
    param($Source)

    [string] $name = $Source['Name']
    [long] $size = $Source['Size']
    [int] $access = $Source['MemoryMappedFileAccess']
    [int] $options = $Source['MemoryMappedFileOptions']
    [int] $inheritability = $Source['HandleInheritability']
    [bool] $orOpen = $Source['CreateOrOpen']

    if ($Source['Path']) {
        $mapName = if ($name) { $name } else { [NullString]::Value }
        $script:Sources::CreateFromFile($Source['Target'], $Source['Mode'], $mapName, $size, $access)
    }
    elseif ($Source['FileStream']) {
        $script:Sources::FromStream($Source['FileStream'], $name, $size, $access, $inheritability, [bool] $Source['leaveOpen'])
    }
    elseif ($size -ge 256MB -and $options -eq 0) {
        Invoke-Visibly $script:Maps 'Create' @($orOpen, $name, $size, $access, $options, $inheritability) "Reserving memory for '$name'"
    }
    else { $script:Maps::Create($orOpen, $name, $size, $access, $options, $inheritability) }
}

function Find-PipedSource {
    # What an object that came down the pipeline has for a map. PowerShell makes strings of such an
    # object, and prefers the default parameter set to what the object has: so its properties are
    # looked at again. Nothing for what PowerShell binds well.
    param($Piped, $Given)

    if ($Piped -is [System.IO.MemoryMappedFiles.MemoryMappedFile]) {
        if (-not ($Given.ContainsKey('Name') -or $Given.ContainsKey('Path') -or $Given.ContainsKey('FileStream'))) {
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
