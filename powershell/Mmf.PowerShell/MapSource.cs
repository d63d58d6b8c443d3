using System;
using System.IO;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>The source of a map for New-.</summary>
internal sealed class MapSource
{
    internal string? Name { get; set; }

    internal string? Path { get; set; }

    internal FileStream? FileStream { get; set; }

    internal FileMode? Mode { get; set; }

    internal long Size { get; set; }

    /// <summary>Takes from a pipeline object the values that were not given as parameters.</summary>
    /// <remarks>
    /// PowerShell converts such an object to strings and prefers the default parameter set to the object's properties. So its
    /// properties are read again here. PowerShell binds strings, numbers and streams correctly.
    /// </remarks>
    /// <param name="piped">The object.</param>
    /// <param name="given">The parameters that were given by name or position.</param>
    /// <param name="refusal">The reason if the object cannot be used.</param>
    internal bool TakeFrom(PSObject piped, GivenParameters given, out string? refusal)
    {
        refusal = null;
        switch (piped.BaseObject)
        {
            case Net.MemoryMappedFile _ when !given.Name && !given.Path && !given.FileStream:
                refusal = "The pipeline contains a map, but the new map has neither a name nor a path: specify -Name or -Path.";
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
