@{
    RootModule = 'System.IO.MemoryMappedFiles.Commands.psm1'
    ModuleVersion = '2.0.0'
    GUID = '5d0f5a3e-52a5-4c1c-9d0e-2f8e6b0f6c77'
    Author = 'The mmf authors'
    Copyright = '(c) The mmf authors. MIT OR Apache-2.0.'
    Description = 'Memory-mapped files by name, shared by all processes, on Windows, Linux and macOS.'
    PowerShellVersion = '5.1'
    CompatiblePSEditions = @('Desktop', 'Core')
    FormatsToProcess = @('System.IO.MemoryMappedFiles.Commands.Format.ps1xml')
    FunctionsToExport = @(
        'New-MemoryMappedFile', 'Open-MemoryMappedFile', 'Out-MemoryMappedFile', 'Read-MemoryMappedFile'
        'Save-MemoryMappedFile', 'Remove-MemoryMappedFile'
    )
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
    PrivateData = @{
        PSData = @{
            Tags = @('MemoryMappedFile', 'SharedMemory', 'IPC', 'mmap', 'Windows', 'Linux', 'MacOS', 'PSEdition_Desktop', 'PSEdition_Core')
        }
    }
}
