# Asks the server to add numbers. The lock of a third map makes several clients take turns.
param([int[]] $Numbers = @(1, 2, 3))
Import-Module System.IO.MemoryMappedFiles.Commands

$request = Open-MemoryMappedFile -Name 'Adder-Request' -Wait -Timeout 30
$answer = Open-MemoryMappedFile -Name 'Adder-Answer' -Wait -Timeout 30
$turn = New-MemoryMappedFile -Name 'Adder-Turn' -Size 1 -CreateOrOpen
Use-MemoryMappedFile $turn {
    $id = [guid]::NewGuid().ToString()
    @{ Id = $id; Numbers = $Numbers } | ConvertTo-Json -Compress | Out-MemoryMappedFile $request
    $answered = Wait-MemoryMappedFile $answer -Timeout 30 -Until { $_ -and ($_ | ConvertFrom-Json).Id -eq $id }
    if (-not $answered) { throw 'The server did not answer.' }
    (Read-MemoryMappedFile $answer | ConvertFrom-Json).Sum
}
