using System;

namespace Mmf;

/// <summary>What <see cref="MemoryMappedFile.Changed"/> tells.</summary>
public sealed class MapChangedEventArgs : EventArgs
{
    internal MapChangedEventArgs(WatchEvent happened) => Happened = happened;

    /// <summary>What happened to the map.</summary>
    public WatchEvent Happened { get; }
}
