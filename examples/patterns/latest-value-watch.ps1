# Prints the latest value, and each newer value. Stop it with Ctrl+C.
Import-Module System.IO.MemoryMappedFiles.Commands

Read-MemoryMappedFile -Name 'Temperature' -Wait | ForEach-Object { "it is $_" }
