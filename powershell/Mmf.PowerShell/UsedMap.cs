using System;

namespace Mmf.PowerShell;

/// <summary>A map that a cmdlet uses: the caller's, or one that is closed after the work.</summary>
internal readonly struct UsedMap : IDisposable
{
    internal UsedMap(MemoryMappedFile map, bool isTemporary)
    {
        Map = map;
        IsTemporary = isTemporary;
    }

    internal MemoryMappedFile Map { get; }

    /// <summary>Whether the map is closed after the work.</summary>
    internal bool IsTemporary { get; }

    public void Dispose()
    {
        if (IsTemporary)
        {
            Map.Dispose();
        }
    }
}
