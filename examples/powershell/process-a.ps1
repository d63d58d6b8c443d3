# Process A of three: creates the map "Test" and writes into it. Then run process-b.ps1 in a second
# window, press ENTER here, run process-c.ps1 in a third one, and press ENTER again.
Import-Module System.IO.MemoryMappedFiles.Commands

$map = New-MemoryMappedFile -Name 'Test' -Size 1024
Out-MemoryMappedFile -MemoryMappedFile $map -String 'Process A says: Hello World!'

[Console]::WriteLine('Start Process B and press ENTER to continue.')
[void] (Read-Host)

[Console]::WriteLine('Start Process C and press ENTER to continue.')
[void] (Read-Host)

Read-MemoryMappedFile -MemoryMappedFile $map
