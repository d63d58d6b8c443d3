# Prints the latest value, and again whenever there is a newer one. Stop it with Ctrl+C.
Import-Module System.IO.MemoryMappedFiles.Commands

Read-MemoryMappedFile -Name 'Temperature' -Wait | ForEach-Object { "it is $_" }
