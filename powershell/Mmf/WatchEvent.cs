namespace Mmf;

/// <summary>The event that ended a wait on a <see cref="Watch"/>.</summary>
public enum WatchEvent
{
    /// <summary>The time for waiting is over.</summary>
    TimedOut = 0,

    /// <summary>Something was written to the map.</summary>
    Changed = 1,

    /// <summary>The name no longer refers to the map. Processes that hold the map can still use it.</summary>
    Orphaned = 2,

    /// <summary>The file or the memory became shorter than the map.</summary>
    Truncated = 3,

    /// <summary>No other process holds the map any longer.</summary>
    Alone = 4,

    /// <summary>The watch or its map was disposed.</summary>
    Closed = 5,
}
