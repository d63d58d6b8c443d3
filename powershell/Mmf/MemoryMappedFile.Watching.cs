using System;
using System.Collections.Generic;
using System.Threading;

namespace Mmf;

// Being told of changes.
public sealed partial class MemoryMappedFile
{
    private List<WeakReference<Watch>>? watches;
    private EventHandler<MapChangedEventArgs>? subscribers;
    private Watch? subscribersWatch;

    /// <summary>Something was written to the map, by any process, or something else happened to it that a <see cref="Mmf.Watch"/> tells.</summary>
    /// <remarks>
    /// Several changes can be told once. The handlers run on a thread of the pool, one after the other; what happens in the
    /// meantime is told when they have returned. A map with subscribers stays open until it is disposed.
    /// </remarks>
    public event EventHandler<MapChangedEventArgs> Changed
    {
        add
        {
            lock (handle)
            {
                if (subscribersWatch == null || subscribersWatch.IsDisposed)
                {
                    Watch watch = Watch();
                    subscribersWatch = watch;
                    ThreadPool.QueueUserWorkItem(_ => Follow(watch));
                }
                subscribers += value;
            }
        }

        remove
        {
            lock (handle)
            {
                subscribers -= value;
                if (subscribers == null)
                {
                    subscribersWatch?.Dispose();
                    subscribersWatch = null;
                }
            }
        }
    }

    /// <summary>Creates a watch, which tells of every change of the map from now on.</summary>
    /// <exception cref="PlatformNotSupportedException">The system cannot watch this map.</exception>
    public unsafe Watch Watch()
    {
        mmf_watch_t id;
        mmf_error_t error;
        Status status = NativeMethods.mmf_watch_create(Id, &id, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
        var watch = new Watch(this, new WatchHandle(id));
        lock (handle)
        {
            watches ??= new List<WeakReference<Watch>>();
            watches.RemoveAll(other => !other.TryGetTarget(out Watch? living) || living.IsDisposed);
            watches.Add(new WeakReference<Watch>(watch));
        }
        // Dispose has not seen it if it looked before.
        if (IsDisposed)
        {
            watch.Dispose();
        }
        return watch;
    }

    /// <summary>Tells all watches of this map, in every process, that the map was changed through a view.</summary>
    /// <remarks>Methods and cmdlets that write tell it themselves.</remarks>
    public unsafe void Notify()
    {
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_notify(Id, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    // A watch holds the map, and a map that is disposed is to be free at once.
    private void CloseWatches()
    {
        List<WeakReference<Watch>>? all;
        lock (handle)
        {
            all = watches;
            watches = null;
        }
        all?.ForEach(watch =>
        {
            if (watch.TryGetTarget(out Watch? living))
            {
                living.Dispose();
            }
        });
    }

    // Tells the subscribers what the watch tells, until it is closed. A handler that throws is the end of the process, as
    // with every event that .NET raises on a thread of the pool.
    private async void Follow(Watch watch)
    {
        PendingWait.Subscribe();
        try
        {
            WatchEvent found;
            while ((found = await watch.WaitAsync().ConfigureAwait(false)) != WatchEvent.Closed)
            {
                subscribers?.Invoke(this, new MapChangedEventArgs(found));
            }
        }
        catch (ObjectDisposedException) when (watch.IsDisposed)
        {
        }
        finally
        {
            PendingWait.Unsubscribe();
        }
    }
}
