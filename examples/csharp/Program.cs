// Three processes share a map named "Test". Start process A in one window: dotnet run A. Start process B in a second
// one, press ENTER in the first, start process C in a third, and press ENTER again.
using System;
using Mmf;

switch (args.Length == 1 ? args[0] : "")
{
    case "A":
        // Creates the map and writes into it.
        using (var map = MemoryMappedFile.CreateNew("Test", 1024))
        {
            map.ReplaceText("Process A says: Hello World!");

            Console.WriteLine("Start Process B and press ENTER to continue.");
            Console.ReadLine();

            Console.WriteLine("Start Process C and press ENTER to continue.");
            Console.ReadLine();

            Console.WriteLine(map.ReadText());
        }
        return 0;

    case "B":
    case "C":
        // Opens the map that process A holds, and appends to it.
        using (var map = MemoryMappedFile.OpenExisting("Test"))
        {
            map.AppendText($"Process {args[0]} says: Hello World!");
        }
        return 0;

    default:
        Console.Error.WriteLine("Say which process this is: A, B or C.");
        return 2;
}
