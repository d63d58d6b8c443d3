using System;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace Mmf;

/// <summary>Runs what may take long on a thread of its own, while the caller's stays free to stop.</summary>
internal static class Background
{
    // How soon a caller that wants to stop gets to say so.
    private const int Turn = 50;

    /// <summary>Runs work to its end, and calls <paramref name="meanwhile"/> with the time since the start.</summary>
    /// <param name="work">The work. Its token is cancelled when nobody waits for the result any more.</param>
    /// <param name="meanwhile">Throws to stop waiting.</param>
    /// <param name="abandon">Gets the result that nobody waits for any more. Null: the work must end first.</param>
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
                // Whatever happens to it is nobody's concern; but what it made is given back.
                task.ContinueWith(
                    finished => abandon(finished.Result),
                    CancellationToken.None,
                    TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously,
                    TaskScheduler.Default);
            }
            // A failure that nobody asks for would be told as unobserved.
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
