using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace Mmf.PowerShell;

/// <summary>What one runspace knows of the changes of one map object, from one cmdlet to the next.</summary>
/// <remarks>
/// That is a watch, from the first wait on. Each runspace has its own, because a change ends only one wait of a watch. It is
/// closed with the map. Before there is a watch it is what Read- read last, so that the first wait does not miss what was
/// written since.
/// </remarks>
internal sealed class MapFollower
{
    // Gone with the map. A watch refers to its map, so nothing else may refer to the watch.
    private static readonly ConditionalWeakTable<MemoryMappedFile, List<MapFollower>> All =
        new ConditionalWeakTable<MemoryMappedFile, List<MapFollower>>();

    private readonly WeakReference<object> owner;
    private Watch? watch;
    private ContentReader? lastReader;
    private ulong? lastRead;

    private MapFollower(object owner) => this.owner = new WeakReference<object>(owner);

    /// <summary>The watch; null if there is none, or if it is closed.</summary>
    internal Watch? Watch => watch == null || watch.IsDisposed ? null : watch;

    /// <summary>The one of this runspace.</summary>
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
            // A new one is rare: the time to look for runspaces that are gone.
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

    /// <summary>The watch, which is created if there is none.</summary>
    /// <param name="map">The map.</param>
    /// <param name="willLook">Whether the caller looks at the content before it waits, so that it does not matter what was read before.</param>
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

    /// <summary>Keeps in mind what was read while there is no watch.</summary>
    internal void Remember(ContentReader reader, object content)
    {
        lastReader = reader;
        lastRead = ContentHash.Of(content);
    }

    /// <summary>Whether the content is another one than Read- read last. From now on the watch knows that.</summary>
    /// <param name="read">Reads the content once more. It is called after the watch was created.</param>
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
