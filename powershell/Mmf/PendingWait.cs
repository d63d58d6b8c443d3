using System;
using System.IO;
using System.Threading;
using System.Threading.Tasks;

namespace Mmf;

/// <summary>A wait on a watch that blocks no thread of the caller: what <see cref="Watch.WaitAsync(TimeSpan, CancellationToken)"/> started.</summary>
internal abstract class PendingWait
{
    /// <summary>Whether descriptors are handles of Windows.</summary>
    internal static readonly bool OnWindows = Path.DirectorySeparatorChar == '\\';

    // Continuations run on other threads, so they do not delay the thread that serves the other waits.
    private readonly TaskCompletionSource<WatchEvent> source =
        new TaskCompletionSource<WatchEvent>(TaskCreationOptions.RunContinuationsAsynchronously);

    private CancellationTokenRegistration cancellation;

    protected PendingWait(Watch watch) => Watch = watch;

    internal bool IsOver => source.Task.IsCompleted;

    protected Watch Watch { get; }

    internal static Task<WatchEvent> Start(Watch watch, long milliseconds, CancellationToken cancellationToken)
    {
        PendingWait wait = OnWindows ? new RegisteredWait(watch, milliseconds) : (PendingWait)new PolledWait(watch, milliseconds);
        watch.Add(wait);
        wait.cancellation = cancellationToken.Register(() => wait.Cancel(cancellationToken));
        try
        {
            wait.Begin();
        }
        catch (Exception failure)
        {
            wait.Fail(failure);
        }
        if (wait.IsOver)
        {
            // The wait ended before there was anything to stop.
            wait.End();
        }
        return wait.source.Task;
    }

    /// <summary>Keeps the thread that serves the waits running for a caller that will wait again.</summary>
    internal static void Subscribe()
    {
        if (!OnWindows)
        {
            PollThread.Subscribe();
        }
    }

    /// <summary>Undoes <see cref="Subscribe"/>.</summary>
    internal static void Unsubscribe()
    {
        if (!OnWindows)
        {
            PollThread.Unsubscribe();
        }
    }

    /// <summary>Ends the wait, unless it has ended.</summary>
    internal void Finish(WatchEvent found)
    {
        if (source.TrySetResult(found))
        {
            End();
        }
    }

    /// <summary>Checks the watch, and ends the wait if it has an event.</summary>
    internal void Look()
    {
        if (IsOver)
        {
            return;
        }
        WatchEvent found;
        try
        {
            found = Watch.Look();
        }
        catch (ObjectDisposedException)
        {
            found = WatchEvent.Closed;
        }
        catch (Exception failure)
        {
            Fail(failure);
            return;
        }
        if (found != WatchEvent.TimedOut)
        {
            Finish(found);
        }
    }

    internal void Fail(Exception failure)
    {
        if (source.TrySetException(failure))
        {
            End();
        }
    }

    /// <summary>Begins to wait for the descriptor of the watch.</summary>
    protected abstract void Begin();

    /// <summary>Stops waiting for the descriptor; can be called more than once.</summary>
    protected abstract void Stop();

    private void Cancel(CancellationToken cancellationToken)
    {
        if (source.TrySetCanceled(cancellationToken))
        {
            End();
        }
    }

    private void End()
    {
        Watch.Remove(this);
        Stop();
        cancellation.Dispose();
    }
}
