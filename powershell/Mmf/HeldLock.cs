using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace Mmf;

/// <summary>A content lock that a caller holds, as often as that caller took it.</summary>
internal sealed class HeldLock
{
    // All that are held in this process. There are few at any time: mostly none.
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

    /// <summary>The lock that the caller holds and a test accepts; null if there is none.</summary>
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

    /// <summary>Takes the lock, or takes the one that the caller holds once more.</summary>
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

    /// <summary>Ends one taking; the last one releases the lock.</summary>
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

    /// <summary>Releases what is held on a map that is disposed, whoever holds it.</summary>
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
        // Most often nobody else holds it, and no second thread is worth its cost.
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

    // In long turns, because each one queues up anew; in turns at all, because nobody may want it any more.
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
