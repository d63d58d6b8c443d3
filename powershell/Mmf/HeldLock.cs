using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace Mmf;

/// <summary>A content lock that a caller holds, with the number of times that the caller took it.</summary>
internal sealed class HeldLock
{
    // All locks that are held in this process: few at any time, mostly none.
    private static readonly List<HeldLock> All = new List<HeldLock>();

    private readonly object owner = Caller.Current;
    private readonly LockHandle handle;
    private int depth = 1;

    private HeldLock(MemoryMappedFile map, LockMode mode, LockHandle handle)
    {
        Map = map;
        Mode = mode;
        this.handle = handle;
    }

    internal MemoryMappedFile Map { get; }

    internal LockMode Mode { get; }

    internal mmf_lock_t Id => handle.Id;

    /// <summary>The lock that the caller holds and that a predicate accepts; null if there is none.</summary>
    internal static HeldLock? Find(Func<HeldLock, bool> accept)
    {
        lock (All)
        {
            if (All.Count == 0)
            {
                return null;
            }
            object caller = Caller.Current;
            return All.Find(held => ReferenceEquals(held.owner, caller) && accept(held));
        }
    }

    /// <summary>The lock that the caller holds on a map; null if there is none.</summary>
    internal static HeldLock? On(MemoryMappedFile map) => Find(held => ReferenceEquals(held.Map, map));

    /// <summary>Takes the lock, or counts once more if the caller already holds it.</summary>
    internal static HeldLock Take(MemoryMappedFile map, LockMode mode, long milliseconds, Action<TimeSpan>? meanwhile)
    {
        HeldLock? own = On(map);
        if (own != null && own.Enter())
        {
            return own;
        }
        var held = new HeldLock(map, mode, Acquire(map, mode, milliseconds, meanwhile));
        lock (All)
        {
            All.Add(held);
        }
        return held;
    }

    /// <summary>Counts down once; at zero the lock is released.</summary>
    internal void Leave()
    {
        lock (All)
        {
            if (--depth > 0)
            {
                return;
            }
            All.Remove(this);
        }
        handle.Dispose();
    }

    /// <summary>Releases all locks on a map that is disposed, of any caller.</summary>
    internal static void ReleaseAll(MemoryMappedFile map)
    {
        lock (All)
        {
            foreach (HeldLock held in All.FindAll(held => ReferenceEquals(held.Map, map)))
            {
                All.Remove(held);
                held.handle.Dispose();
            }
        }
    }

    private bool Enter()
    {
        lock (All)
        {
            if (depth == 0 || handle.IsClosed)
            {
                return false;
            }
            depth++;
            return true;
        }
    }

    private static LockHandle Acquire(MemoryMappedFile map, LockMode mode, long milliseconds, Action<TimeSpan>? meanwhile)
    {
        // Usually no other process holds the lock, and a second thread would cost more than it helps.
        const long InPlace = 20;
        if (meanwhile == null || (milliseconds >= 0 && milliseconds <= InPlace))
        {
            return AcquireOnce(map, mode, milliseconds);
        }
        Stopwatch clock = Stopwatch.StartNew();
        try
        {
            return AcquireOnce(map, mode, InPlace);
        }
        catch (TimeoutException)
        {
        }
        return Background.Run(
            cancelled => AcquireInTurns(map, mode, milliseconds, clock, cancelled), meanwhile, abandoned => abandoned.Dispose());
    }

    // In intervals, because the caller may stop waiting; in long ones, because each of them queues again.
    private static LockHandle AcquireInTurns(
        MemoryMappedFile map, LockMode mode, long milliseconds, Stopwatch clock, CancellationToken cancelled)
    {
        const long Turn = 2000;
        while (true)
        {
            long left = milliseconds < 0 ? Turn : Math.Max(0, milliseconds - clock.ElapsedMilliseconds);
            try
            {
                return AcquireOnce(map, mode, Math.Min(left, Turn));
            }
            catch (TimeoutException) when (left >= Turn && !cancelled.IsCancellationRequested)
            {
            }
        }
    }

    private static unsafe LockHandle AcquireOnce(MemoryMappedFile map, LockMode mode, long milliseconds)
    {
        mmf_lock_t id;
        mmf_error_t error;
        Status status = NativeMethods.mmf_lock_take(map.Id, (int)mode, milliseconds, &id, &error);
        GC.KeepAlive(map);
        Failure.ThrowUnlessOk(status, &error);
        return new LockHandle(id);
    }
}
