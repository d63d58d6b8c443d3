# Appends a line to a log that other processes hold. Lines of several processes are never mixed up.
Import-Module System.IO.MemoryMappedFiles.Commands

"$PID has done its part" | Out-MemoryMappedFile -Name 'Log' -Append
