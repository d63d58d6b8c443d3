using System;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;

namespace Mmf.PowerShell;

/// <summary>Waits for changes of a map on behalf of a cmdlet: until the cmdlet is stopped, with warnings about other events.</summary>
internal sealed class ChangeWait
{
    private readonly Cmdlet cmdlet;
    private readonly Func<MemoryMappedFile, string> describe;
    private readonly CancellationTokenSource stop = new CancellationTokenSource();

    internal ChangeWait(Cmdlet cmdlet, Func<MemoryMappedFile, string> describe)
    {
        this.cmdlet = cmdlet;
        this.describe = describe;
    }

    /// <summary>Ends the current wait and every later one, because the pipeline is being stopped.</summary>
    internal void Stop() => stop.Cancel();

    /// <summary>Waits for a change.</summary>
    /// <param name="watch">The watch.</param>
    /// <param name="left">The milliseconds that are left; a negative number: no limit.</param>
    /// <returns>Whether there was a change; if not, the time is over.</returns>
    internal bool Next(Watch watch, Func<long> left)
    {
        while (true)
        {
            Task<WatchEvent> wait = watch.WaitAsync(left(), stop.Token);
            Task.WaitAny(wait);
            if (wait.IsCanceled)
            {
                throw new PipelineStoppedException();
            }
            WatchEvent found = wait.GetAwaiter().GetResult();
            if (found == WatchEvent.TimedOut)
            {
                return false;
            }
            if (!Tell(watch.Map, found))
            {
                return true;
            }
        }
    }

    /// <summary>Takes the events that the watch has so far, because the caller will read the map anyway.</summary>
    internal void Forget(Watch watch)
    {
        // At most one event of each kind can be waiting. Without this limit, a busy writer could keep the loop running for ever.
        const int Kinds = 4;
        for (int kind = 0; kind < Kinds; kind++)
        {
            WatchEvent found = watch.Look();
            if (found == WatchEvent.TimedOut)
            {
                return;
            }
            Tell(watch.Map, found);
        }
    }

    // Handles an event; returns whether it was a change. Throws if no further event is possible.
    private bool Tell(MemoryMappedFile map, WatchEvent found)
    {
        switch (found)
        {
            case WatchEvent.Alone:
                return true;
            case WatchEvent.Orphaned:
                cmdlet.WriteWarning(
                    $"Another program removed the name of the {describe(map)}. Processes that hold the map still share it; "
                    + "other processes can no longer open it.");
                return true;
            case WatchEvent.Truncated:
                throw StatusTable.Create(
                    Status.Truncated, $"Another program truncated the {describe(map)} during the wait. Close it and create it again.");
            case WatchEvent.Closed:
                throw StatusTable.Create(Status.Closed, $"The {describe(map)} was closed during the wait.");
            default:
                // An event of a later library counts as a change.
                return false;
        }
    }
}
