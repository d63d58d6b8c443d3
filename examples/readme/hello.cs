using System;
using Mmf;

using var map = MemoryMappedFile.CreateOrOpen("Test", 1024);
map.AppendText("Hello from C#");
Console.WriteLine(map.ReadText());
