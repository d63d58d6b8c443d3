# Holds a log, and prints each line that any process appends to it. Stop it with Ctrl+C.
Import-Module System.IO.MemoryMappedFiles.Commands

$log = New-MemoryMappedFile -Name 'Log' -Size 1MB -CreateOrOpen
Read-MemoryMappedFile $log -Wait -Appended
