@{
    RootModule = 'System.IO.MemoryMappedFiles.Commands.psm1'
    ModuleVersion = '2.0.0'
    # The GUID of version 1: scripts use it to identify the module.
    GUID = '8515ea70-3c13-4fa9-ad9c-2d3325bf5c8f'
    Author = 'The mmf authors'
    CompanyName = 'The mmf authors'
    Copyright = '(c) The mmf authors. MIT OR Apache-2.0.'
    Description = 'Memory-mapped files by name, shared by all processes, on Windows, Linux and macOS.'
    PowerShellVersion = '5.1'
    DotNetFrameworkVersion = '4.7.2'
    CompatiblePSEditions = @('Desktop', 'Core')
    FormatsToProcess = @('System.IO.MemoryMappedFiles.Commands.Format.ps1xml')
    FunctionsToExport = @()
    CmdletsToExport = @(
        'Get-MemoryMappedFile', 'New-MemoryMappedFile', 'Open-MemoryMappedFile', 'Out-MemoryMappedFile'
        'Read-MemoryMappedFile', 'Remove-MemoryMappedFile', 'Save-MemoryMappedFile', 'Use-MemoryMappedFile', 'Wait-MemoryMappedFile'
    )
    VariablesToExport = @()
    AliasesToExport = @()
    PrivateData = @{
        PSData = @{
            ProjectUri = 'https://github.com/lmissel/System.IO.MemoryMappedFiles.Commands'
            LicenseUri = 'https://github.com/lmissel/System.IO.MemoryMappedFiles.Commands/blob/HEAD/LICENSE-MIT'
            ReleaseNotes = 'https://github.com/lmissel/System.IO.MemoryMappedFiles.Commands/blob/HEAD/CHANGELOG.md'
            Tags = @('MemoryMappedFile', 'SharedMemory', 'IPC', 'mmap', 'Windows', 'Linux', 'MacOS', 'PSEdition_Desktop', 'PSEdition_Core')
        }
    }
}
