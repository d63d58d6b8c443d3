using System;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace Mmf;

/// <summary>Runs long work on a thread of its own, so that the caller's thread can stop waiting.</summary>
internal static class Background
{
    // How often a caller can ask to stop.
    private const int Turn = 50;

    /// <summary>Runs work to its end, and calls <paramref name="meanwhile"/> with the time since the start.</summary>
    /// <param name="work">The work. Its token is cancelled when the caller no longer waits for the result.</param>
    /// <param name="meanwhile">Throws to stop waiting.</param>
    /// <param name="abandon">Gets the result if the caller no longer waits for it. Null: the caller waits until the work ends.</param>
    internal static T Run<T>(Func<CancellationToken, T> work, Action<TimeSpan> meanwhile, Action<T>? abandon)
    {
        using var stop = new CancellationTokenSource();
        CancellationToken token = stop.Token;
        Task<T> task = Task.Factory.StartNew(
            () => work(token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            WaitFor(task, meanwhile);
        }
        catch
        {
            stop.Cancel();
            if (abandon == null)
            {
                ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
            }
            else
            {
                // Its errors no longer matter, but its result must be released.
                task.ContinueWith(
                    finished => abandon(finished.Result),
                    CancellationToken.None,
                    TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
            // A failure that is never read would be reported as unobserved.
            task.ContinueWith(failed => failed.Exception, TaskContinuationOptions.OnlyOnFaulted);
            throw;
        }
        if (task.Exception != null)
        {
            ExceptionDispatchInfo.Capture(task.Exception.InnerException!).Throw();
        }
        return task.Result;
    }

    /// <summary>Waits until a task has ended in any way, and calls <paramref name="meanwhile"/> with the time since the start.</summary>
    internal static void WaitFor(IAsyncResult task, Action<TimeSpan> meanwhile)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!task.AsyncWaitHandle.WaitOne(Turn))
        {
            meanwhile(clock.Elapsed);
        }
    }
}
