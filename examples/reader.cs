using var map = MemoryMappedFile.CreateFromFile("/dev/shm/Test", FileMode.Open);
using var reader = new StreamReader(map.CreateViewStream());
Console.WriteLine(reader.ReadToEnd().TrimEnd('\0'));
