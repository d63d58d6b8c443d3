<#
    Compiles the two assemblies of the module, Mmf.dll and Mmf.PowerShell.dll, with the compiler that every
    PowerShell 7 carries. The same sources and references give the same bytes.

    The reference assemblies are those of NETStandard.Library and PowerShellStandard.Library, from a folder that the
    environment variable MMF_NUGET names (packages, or a NuGet cache) or from this machine's NuGet cache. The result then
    runs on Windows PowerShell 5.1 and on every supported PowerShell 7. Without them this PowerShell's own serve, and the
    result is for it and later ones only: the last line that is printed says which of the two it is.
#>
[CmdletBinding()]
param(
    # The folder for the assemblies.
    [Parameter(Mandatory)] [string] $OutputPath,
    # Their version.
    [Parameter(Mandatory)] [version] $Version
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$StandardVersion = '2.0.3'
$PowerShellStandardVersion = '5.1.1'

function Find-Package {
    # The folder of an unpacked package, or nothing.
    param([string] $Name, [string] $PackageVersion)

    $caches = @($env:MMF_NUGET, $env:NUGET_PACKAGES, (Join-Path $HOME '.nuget/packages')).Where({ $_ })
    foreach ($cache in $caches) {
        $folder = Join-Path $cache "$Name/$PackageVersion"
        if (Test-Path -LiteralPath $folder) { return $folder }
        $package = Join-Path $cache "$Name.$PackageVersion.nupkg"
        if (Test-Path -LiteralPath $package) {
            $folder = Join-Path $ReferencePath "$Name.$PackageVersion"
            if (-not (Test-Path -LiteralPath $folder)) { [System.IO.Compression.ZipFile]::ExtractToDirectory($package, $folder) }
            return $folder
        }
    }
}

function Get-Reference {
    # References for the compiler, to all libraries in the folders or files.
    param([string[]] $Path)
    foreach ($file in Get-ChildItem -Path $Path -Filter *.dll) { [Microsoft.CodeAnalysis.MetadataReference]::CreateFromFile($file.FullName) }
}

function Write-Assembly {
    # Compiles all sources of a folder.
    param([string] $Name, [string] $Folder, [string] $OutputPath, [object[]] $Reference, [string[]] $Attribute, [string[]] $Symbol = @(), [scriptblock] $Adjust)

    $parsing = [Microsoft.CodeAnalysis.CSharp.CSharpParseOptions]::new('CSharp10', $(if ($Name -like 'Mmf*') { 'Diagnose' } else { 'None' })).WithPreprocessorSymbols($Symbol)
    $trees = foreach ($file in Get-ChildItem -LiteralPath $Folder -Filter *.cs | Sort-Object Name) {
        [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText([System.IO.File]::ReadAllText($file.FullName), $parsing, $file.FullName)
    }
    $about = ($Attribute | ForEach-Object { "[assembly: $_]" }) -join "`n"
    $trees = @($trees) + [Microsoft.CodeAnalysis.CSharp.CSharpSyntaxTree]::ParseText($about, $parsing)

    $options = [Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions]::new('DynamicallyLinkedLibrary').
        WithDeterministic($true).WithOptimizationLevel('Release').WithAllowUnsafe($true).WithNullableContextOptions('Enable').
        WithGeneralDiagnosticOption('Error').WithSpecificDiagnosticOptions($Silent)
    if ($Adjust) { $options = & $Adjust $options }

    $compilation = [Microsoft.CodeAnalysis.CSharp.CSharpCompilation]::Create($Name, [Microsoft.CodeAnalysis.SyntaxTree[]] $trees, [Microsoft.CodeAnalysis.MetadataReference[]] $Reference, $options)
    $assembly = [System.IO.MemoryStream]::new()
    $documentation = [System.IO.MemoryStream]::new()
    $emitted = $compilation.Emit($assembly, $null, $documentation)
    if (-not $emitted.Success) {
        $emitted.Diagnostics | Where-Object Severity -EQ 'Error' | ForEach-Object { Write-Host $_.ToString() }
        throw "$Name does not compile."
    }
    [System.IO.File]::WriteAllBytes((Join-Path $OutputPath "$Name.dll"), $assembly.ToArray())
    [System.IO.File]::WriteAllBytes((Join-Path $OutputPath "$Name.xml"), $documentation.ToArray())
}

Add-Type -AssemblyName 'Microsoft.CodeAnalysis', 'Microsoft.CodeAnalysis.CSharp'
# The files that only the compiler needs are in a separate folder.
$ReferencePath = Join-Path $OutputPath 'reference'
$null = New-Item -ItemType Directory -Force -Path $ReferencePath
$OutputPath = (Resolve-Path -LiteralPath $OutputPath).ProviderPath
$ReferencePath = (Resolve-Path -LiteralPath $ReferencePath).ProviderPath

# Reference assemblies refer to each other with other versions, and one class exists twice on purpose.
$Silent = [System.Collections.Generic.Dictionary[string, Microsoft.CodeAnalysis.ReportDiagnostic]]::new()
foreach ($id in 'CS0436', 'CS1701', 'CS1702') { $Silent[$id] = 'Suppress' }

$standard = Find-Package 'netstandard.library' $StandardVersion
$powerShell = Find-Package 'powershellstandard.library' $PowerShellStandardVersion
$portable = $standard -and $powerShell
if ($portable) {
    $system = @(Get-Reference (Join-Path $standard 'build/netstandard2.0/ref'))
    # Tests use it, too: it is the only description of the API of Windows PowerShell 5.1.
    Copy-Item -LiteralPath (Join-Path $powerShell 'lib/netstandard2.0/System.Management.Automation.dll') -Destination $ReferencePath
    $engine = @(Get-Reference (Join-Path $ReferencePath 'System.Management.Automation.dll'))
    $beside = @($system | Where-Object { $_.Display -notlike '*System.IO.MemoryMappedFiles.dll' })
    $classVersion = '4.0.0.0'
    $symbols = @()
    $aliases = @('derivable')
}
else {
    $system = @(Get-Reference (Join-Path $PSHOME 'ref'))
    $engine = @(Get-Reference (Join-Path $PSHOME 'System.Management.Automation.dll'))
    $beside = @($system | Where-Object { $_.Display -notlike '*System.IO.MemoryMappedFiles.dll' })
    $classVersion = "$([System.IO.MemoryMappedFiles.MemoryMappedFile].Assembly.GetName().Version)"
    $symbols = @('WHOLE')
    $aliases = @('global', 'derivable')
    # Warnings that only later versions of .NET give; and
    # a method of the base class is hidden on purpose.
    foreach ($id in 'CS0108', 'SYSLIB0050', 'CS8600', 'CS8602', 'CS8603', 'CS8604', 'CS8765') { $Silent[$id] = 'Suppress' }
}

# The public key of Microsoft's assemblies, which is part of the name of the class's assembly.
$key = [System.IO.MemoryMappedFiles.MemoryMappedFile].Assembly.GetName().GetPublicKey()
$sign = { param($options) $options.WithPublicSign($true).WithCryptoPublicKey([System.Collections.Immutable.ImmutableArray]::Create([byte[]] $key)) }
$class = @{ Name = 'System.IO.MemoryMappedFiles'; Folder = Join-Path $PSScriptRoot 'Mmf.Derivable'; OutputPath = $ReferencePath }
Write-Assembly @class -Reference $beside -Adjust $sign -Symbol $symbols -Attribute "System.Reflection.AssemblyVersion(`"$classVersion`")"
$derivable = (Get-Reference (Join-Path $ReferencePath 'System.IO.MemoryMappedFiles.dll')).WithAliases([string[]] $aliases)

$about = @(
    "System.Reflection.AssemblyVersion(`"$($Version.ToString(3)).0`")"
    "System.Reflection.AssemblyFileVersion(`"$($Version.ToString(3)).0`")"
    "System.Reflection.AssemblyInformationalVersion(`"$($Version.ToString(3))`")"
    'System.Reflection.AssemblyCompany("The mmf authors")'
    'System.Reflection.AssemblyCopyright("(c) The mmf authors. MIT OR Apache-2.0.")'
)
$title = 'System.Reflection.AssemblyTitle("Memory-mapped files by name on Windows, Linux and macOS")'
$friend = 'System.Runtime.CompilerServices.InternalsVisibleTo("Mmf.PowerShell")'
Write-Assembly -Name 'Mmf' -Folder (Join-Path $PSScriptRoot 'Mmf') -OutputPath $OutputPath -Reference ($beside + $derivable) -Attribute ($about + $title + $friend)
$title = 'System.Reflection.AssemblyTitle("The cmdlets for memory-mapped files")'
$references = $system + $engine + (Get-Reference (Join-Path $OutputPath 'Mmf.dll'))
Write-Assembly -Name 'Mmf.PowerShell' -Folder (Join-Path $PSScriptRoot 'Mmf.PowerShell') -OutputPath $OutputPath -Reference $references -Attribute ($about + $title)

if ($portable) { 'built for: every supported PowerShell' }
else { "built for: PowerShell $($PSVersionTable.PSVersion.Major).$($PSVersionTable.PSVersion.Minor) and later" }
