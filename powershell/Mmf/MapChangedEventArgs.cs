using System;

namespace Mmf;

/// <summary>The arguments of the event <see cref="MemoryMappedFile.Changed"/>.</summary>
public sealed class MapChangedEventArgs : EventArgs
{
    internal MapChangedEventArgs(WatchEvent happened) => Happened = happened;

    /// <summary>What happened to the map.</summary>
    public WatchEvent Happened { get; }
}
