# Adds numbers for other processes. Stop it with Ctrl+C.
Import-Module System.IO.MemoryMappedFiles.Commands

$request = New-MemoryMappedFile -Name 'Adder-Request' -Size 4096
$answer = New-MemoryMappedFile -Name 'Adder-Answer' -Size 4096
$done = ''
while ($true) {
    # A new number means a new request. The condition is also tested before the first wait.
    $null = Wait-MemoryMappedFile $request -Until { $_ -and ($_ | ConvertFrom-Json).Id -ne $done }
    $asked = Read-MemoryMappedFile $request | ConvertFrom-Json
    $done = $asked.Id
    $sum = ($asked.Numbers | Measure-Object -Sum).Sum
    @{ Id = $done; Sum = $sum } | ConvertTo-Json -Compress | Out-MemoryMappedFile $answer
}
