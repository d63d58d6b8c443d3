using System;

namespace Mmf.PowerShell;

/// <summary>A map that a cmdlet works on: its caller's, or one that is closed with the work.</summary>
internal readonly struct UsedMap : IDisposable
{
    private readonly bool isTemporary;

    internal UsedMap(MemoryMappedFile map, bool isTemporary)
    {
        Map = map;
        this.isTemporary = isTemporary;
    }

    internal MemoryMappedFile Map { get; }

    public void Dispose()
    {
        if (isTemporary)
        {
            Map.Dispose();
        }
    }
}
