# Four jobs run at once. Each has a row of 32 bytes in the map and writes only there.
Import-Module System.IO.MemoryMappedFiles.Commands

$board = New-MemoryMappedFile -Name 'Progress' -Size 4096
1..4 | ForEach-Object -Parallel {
    Import-Module System.IO.MemoryMappedFiles.Commands
    foreach ($percent in 0, 50, 100) {
        $row = "job {0}: {1,3} %" -f $_, $percent
        Out-MemoryMappedFile $using:board -Offset (32 * ($_ - 1)) -String ($row.PadRight(31) + "`n")
    }
}

# Any process can look at any time: Read-MemoryMappedFile -Name 'Progress'
(Read-MemoryMappedFile $board -Raw) -split '\s*\n' -ne ''
Remove-MemoryMappedFile $board
