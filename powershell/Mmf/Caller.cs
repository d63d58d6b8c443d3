using System;
using System.Threading;

namespace Mmf;

/// <summary>The caller that a content lock belongs to, and the function that runs while a caller waits for a lock.</summary>
/// <remarks>In .NET programs the caller is the thread. A host with other units of work (PowerShell: runspaces) sets them here.</remarks>
internal static class Caller
{
    /// <summary>Returns the caller, or null for the thread.</summary>
    internal static Func<object?>? Identify { get; set; }

    /// <summary>Called repeatedly while a caller waits; may throw to end the wait. Null: the wait is not interrupted.</summary>
    internal static Func<Action<TimeSpan>?>? WhileWaiting { get; set; }

    internal static object Current => Identify?.Invoke() ?? Thread.CurrentThread;
}
