using System;
using System.Threading;

namespace Mmf;

/// <summary>Who is calling: whom a content lock belongs to, and what happens while somebody waits for one.</summary>
/// <remarks>To a program of .NET that is the thread. A host with other units of work (PowerShell: runspaces) says so here.</remarks>
internal static class Caller
{
    /// <summary>Gives the caller, or null to leave it at the thread.</summary>
    internal static Func<object?>? Identify { get; set; }

    /// <summary>Called again and again while a caller waits; may throw to end that. Null: wait in one piece.</summary>
    internal static Func<Action<TimeSpan>?>? WhileWaiting { get; set; }

    internal static object Current => Identify?.Invoke() ?? Thread.CurrentThread;
}
