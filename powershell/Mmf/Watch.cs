using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Mmf;

/// <summary>Reports changes of a map by any process. <see cref="MemoryMappedFile.Watch"/> creates one.</summary>
/// <remarks>
/// A watch reports every change since it was created or since its last wait. Create the watch, read the content, wait,
/// and read again: no change is missed. Several changes can end one wait, and a change ends the wait of one waiter, so give
/// each consumer a watch of its own. Changes by this process count, too. Stores through a view are reported only if the
/// program that makes them calls <see cref="MemoryMappedFile.Notify"/>. The watch keeps its map open; disposing the map
/// closes the watch. All members can be used on any thread at any time.
/// </remarks>
public sealed unsafe class Watch : IDisposable
{
    private readonly WatchHandle handle;

    // On Windows a wait closes the descriptor that was fetched before.
    private readonly object descriptorGate = new object();
    private readonly List<PendingWait> pending = new List<PendingWait>();

    internal Watch(MemoryMappedFile map, WatchHandle handle)
    {
        Map = map;
        this.handle = handle;
    }

    /// <summary>The map that is watched.</summary>
    public MemoryMappedFile Map { get; }

    /// <summary>Whether the watch was disposed.</summary>
    public bool IsDisposed => handle.IsClosed;

    /// <summary>Waits without a limit.</summary>
    /// <returns>The event that ended the wait.</returns>
    public WatchEvent Wait() => Wait(Timeout.InfiniteTimeSpan);

    /// <summary>Waits for an event, or until the time is over.</summary>
    /// <param name="seconds">How many seconds to wait. A negative number: without a limit.</param>
    /// <returns>The event that ended the wait.</returns>
    public WatchEvent Wait(double seconds) => Wait(NativeTime.Milliseconds(seconds));

    /// <summary>Waits for an event, or until the time is over.</summary>
    /// <param name="timeout">How long to wait. <see cref="Timeout.InfiniteTimeSpan"/>: without a limit.</param>
    /// <returns>The event that ended the wait.</returns>
    public WatchEvent Wait(TimeSpan timeout) => Wait(NativeTime.Milliseconds(timeout, nameof(timeout)));

    /// <summary>Waits without blocking a thread and without a limit.</summary>
    /// <param name="cancellationToken">Ends the wait. The watch stays open and keeps its events for the next wait.</param>
    /// <returns>The event that ended the wait.</returns>
    public Task<WatchEvent> WaitAsync(CancellationToken cancellationToken = default) =>
        WaitAsync(Timeout.InfiniteTimeSpan, cancellationToken);

    /// <summary>Waits without blocking a thread.</summary>
    /// <param name="timeout">How long to wait. <see cref="Timeout.InfiniteTimeSpan"/>: without a limit.</param>
    /// <param name="cancellationToken">Ends the wait. The watch stays open and keeps its events for the next wait.</param>
    /// <returns>The event that ended the wait.</returns>
    public Task<WatchEvent> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        WaitAsync(NativeTime.Milliseconds(timeout, nameof(timeout)), cancellationToken);

    /// <summary>Closes the watch. Current waits end with <see cref="WatchEvent.Closed"/>.</summary>
    public void Dispose()
    {
        handle.Dispose();
        PendingWait[] ended;
        lock (pending)
        {
            ended = pending.ToArray();
        }
        Array.ForEach(ended, wait => wait.Finish(WatchEvent.Closed));
    }

    /// <summary>Checks for an event without waiting.</summary>
    internal WatchEvent Look()
    {
        lock (descriptorGate)
        {
            return WaitHere(0);
        }
    }

    internal Task<WatchEvent> WaitAsync(long milliseconds, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<WatchEvent>(cancellationToken);
        }
        WatchEvent already = Look();
        return already != WatchEvent.TimedOut || milliseconds == 0
            ? Task.FromResult(already)
            : PendingWait.Start(this, milliseconds, cancellationToken);
    }

    /// <summary>Uses the descriptor that becomes ready when there may be an event. The library owns it.</summary>
    internal T WithDescriptor<T>(Func<nint, T> use)
    {
        lock (descriptorGate)
        {
            nint descriptor;
            mmf_error_t error;
            Status status = NativeMethods.mmf_watch_get_descriptor(handle.Id, &descriptor, &error);
            GC.KeepAlive(this);
            Failure.ThrowUnlessOk(status, &error);
            return use(descriptor);
        }
    }

    internal void Add(PendingWait wait)
    {
        lock (pending)
        {
            pending.Add(wait);
        }
        // If Dispose looked earlier, it has not seen this one.
        if (IsDisposed)
        {
            wait.Finish(WatchEvent.Closed);
        }
    }

    internal void Remove(PendingWait wait)
    {
        lock (pending)
        {
            pending.Remove(wait);
        }
    }

    private WatchEvent Wait(long milliseconds)
    {
        Action<TimeSpan>? meanwhile = Caller.WhileWaiting?.Invoke();
        if (meanwhile == null && !PendingWait.OnWindows)
        {
            return WaitHere(milliseconds);
        }
        using var stop = new CancellationTokenSource();
        Task<WatchEvent> wait = WaitAsync(milliseconds, stop.Token);
        if (meanwhile != null)
        {
            try
            {
                Background.WaitFor(wait, meanwhile);
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        }
        return wait.GetAwaiter().GetResult();
    }

    private WatchEvent WaitHere(long milliseconds)
    {
        int found;
        mmf_error_t error;
        Status status = NativeMethods.mmf_watch_wait(handle.Id, milliseconds, &found, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
        return (WatchEvent)found;
    }
}
