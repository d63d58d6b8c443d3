using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace Mmf.PowerShell;

/// <summary>Keeps track of the changes of one map object in one runspace, from one cmdlet to the next.</summary>
/// <remarks>
/// From the first wait on it has a watch. Each runspace has its own, because a change ends only one wait of a watch. It is
/// closed with the map. Before there is a watch it remembers what Read- read last, so that the first wait does not miss
/// later changes.
/// </remarks>
internal sealed class MapFollower
{
    // Collected together with the map. A watch refers to its map, so nothing else may refer to the watch.
    private static readonly ConditionalWeakTable<MemoryMappedFile, List<MapFollower>> All =
        new ConditionalWeakTable<MemoryMappedFile, List<MapFollower>>();

    private readonly WeakReference<object> owner;
    private Watch? watch;
    private ContentReader? lastReader;
    private ulong? lastRead;

    private MapFollower(object owner) => this.owner = new WeakReference<object>(owner);

    /// <summary>The watch; null if there is none, or if it is closed.</summary>
    internal Watch? Watch => watch == null || watch.IsDisposed ? null : watch;

    /// <summary>The follower of this runspace.</summary>
    internal static MapFollower Of(MemoryMappedFile map)
    {
        List<MapFollower> all = All.GetOrCreateValue(map);
        object caller = Caller.Current;
        lock (all)
        {
            foreach (MapFollower follower in all)
            {
                if (follower.owner.TryGetTarget(out object? owner) && ReferenceEquals(owner, caller))
                {
                    return follower;
                }
            }
            // Creating one is rare, so this is a good time to remove those of closed runspaces.
            foreach (MapFollower follower in all.FindAll(follower => !follower.owner.TryGetTarget(out _)))
            {
                follower.Close();
                all.Remove(follower);
            }
            var made = new MapFollower(caller);
            all.Add(made);
            return made;
        }
    }

    /// <summary>The watch; creates it if there is none.</summary>
    /// <param name="map">The map.</param>
    /// <param name="willLook">Whether the caller reads the content before it waits. Then earlier reads do not matter.</param>
    internal Watch GetWatch(MemoryMappedFile map, bool willLook)
    {
        if (willLook)
        {
            lastReader = null;
        }
        return Watch ?? (watch = map.Watch());
    }

    /// <summary>Closes the watch.</summary>
    internal void Close() => watch?.Dispose();

    /// <summary>Remembers what was read, as long as there is no watch.</summary>
    internal void Remember(ContentReader reader, object content)
    {
        lastReader = reader;
        lastRead = ContentHash.Of(content);
    }

    /// <summary>Whether the content differs from what Read- read last. From then on the watch reports changes.</summary>
    /// <param name="read">Reads the content again. It is called after the watch was created.</param>
    internal bool TakeDifference(Func<ContentReader, object> read)
    {
        ContentReader? reader = lastReader;
        if (reader == null)
        {
            return false;
        }
        lastReader = null;
        return lastRead == null || lastRead != ContentHash.Of(read(reader));
    }
}
