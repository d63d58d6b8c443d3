using System;
using System.Management.Automation;
using System.Threading;
using System.Threading.Tasks;

namespace Mmf.PowerShell;

/// <summary>How a cmdlet waits for the changes of a map: until it is stopped, and with a word about what else happens.</summary>
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

    /// <summary>Ends the wait that goes on, and every later one: the pipeline is being stopped.</summary>
    internal void Stop() => stop.Cancel();

    /// <summary>Waits for a change.</summary>
    /// <param name="watch">The watch.</param>
    /// <param name="left">How many milliseconds are left; a negative number: no limit.</param>
    /// <returns>Whether there was one; if not, the time is over.</returns>
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

    /// <summary>Takes what the watch has to tell so far, because the caller is about to look at the map anyway.</summary>
    internal void Forget(Watch watch)
    {
        // As much as can be waiting: a watch tells of each kind once. More would keep up with a busy writer for ever.
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

    // Tells of what is no change: whether it was that. The wait goes on, unless nothing can come any more.
    private bool Tell(MemoryMappedFile map, WatchEvent found)
    {
        switch (found)
        {
            case WatchEvent.Alone:
                return true;
            case WatchEvent.Orphaned:
                cmdlet.WriteWarning(
                    $"Another program took the name of the {describe(map)} away. Processes that hold the map still share it; "
                    + "others no longer find it.");
                return true;
            case WatchEvent.Truncated:
                throw StatusTable.Create(
                    Status.Truncated, $"Another program made the {describe(map)} shorter during the wait. Close it and create it anew.");
            case WatchEvent.Closed:
                throw StatusTable.Create(Status.Closed, $"The {describe(map)} was closed during the wait.");
            default:
                // A kind that a later library knows is worth a look, too.
                return false;
        }
    }
}
