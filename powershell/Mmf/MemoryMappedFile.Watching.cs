using System;
using System.Collections.Generic;
using System.Threading;

namespace Mmf;

// Watching for changes.
public sealed partial class MemoryMappedFile
{
    private List<WeakReference<Watch>>? watches;
    private EventHandler<MapChangedEventArgs>? subscribers;
    private Watch? subscribersWatch;

    /// <summary>Raised when any process has written to the map, and for the other events that a <see cref="Mmf.Watch"/> reports.</summary>
    /// <remarks>
    /// Several changes can be reported as one. The handlers run on a thread of the pool, one after the other; changes in the
    /// meantime are reported when the handlers have returned. A map with subscribers stays open until it is disposed.
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

    /// <summary>Creates a watch, which reports every change of the map from now on.</summary>
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
        // If Dispose looked earlier, it has not seen this one.
        if (IsDisposed)
        {
            watch.Dispose();
        }
        return watch;
    }

    /// <summary>Notifies all watches of this map, in every process, of a change through a view.</summary>
    /// <remarks>Methods and cmdlets that write do this themselves.</remarks>
    public unsafe void Notify()
    {
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_notify(Id, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    // A watch holds the map, and Dispose must free the map at once.
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

    // Passes the events of the watch to the subscribers, until the watch is closed. A handler that throws ends the process, as
    // for every event that .NET raises on a thread of the pool.
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
