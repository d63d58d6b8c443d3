using System;
using System.IO;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>What New- makes a map of.</summary>
internal sealed class MapSource
{
    internal string? Name { get; set; }

    internal string? Path { get; set; }

    internal FileStream? FileStream { get; set; }

    internal FileMode? Mode { get; set; }

    internal long Size { get; set; }

    /// <summary>Takes from a piped object what was not given.</summary>
    /// <remarks>
    /// PowerShell makes strings of such an object, and prefers the default parameter set to what the object has: so its
    /// properties are looked at again. Strings, numbers and streams it binds well.
    /// </remarks>
    /// <param name="piped">The object.</param>
    /// <param name="given">What was given by name or position.</param>
    /// <param name="refusal">Why the object cannot be used.</param>
    internal bool TakeFrom(PSObject piped, GivenParameters given, out string? refusal)
    {
        refusal = null;
        switch (piped.BaseObject)
        {
            case Net.MemoryMappedFile _ when !given.Name && !given.Path && !given.FileStream:
                refusal = "A map was piped in, but neither a name nor a path was given for the new one: give it with -Name or -Path.";
                return false;
            case Net.MemoryMappedFile _:
            case string _:
            case ValueType _:
            case FileStream _:
                return true;
            case FileSystemInfo item:
                Replace(given, null, item.FullName, 0);
                return true;
        }
        Replace(
            given,
            Text(piped, "mapName") ?? Text(piped, "Name"),
            Text(piped, "Path"),
            LanguagePrimitives.ConvertTo<long>(Value(piped, "capacity") ?? Value(piped, "Size") ?? 0));
        object? mode = Value(piped, "mode") ?? Value(piped, "FileMode");
        if (!given.FileMode && mode != null)
        {
            Mode = LanguagePrimitives.ConvertTo<FileMode>(mode);
        }
        return true;
    }

    private void Replace(GivenParameters given, string? name, string? path, long size)
    {
        Name = given.Name ? Name : name;
        Path = given.Path ? Path : path;
        Size = given.Size ? Size : size;
        if (!given.FileMode)
        {
            Mode = null;
        }
    }

    private static object? Value(PSObject properties, string name) => properties.Properties[name]?.Value;

    private static string? Text(PSObject properties, string name) => Value(properties, name)?.ToString();
}
