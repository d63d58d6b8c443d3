using System;
using System.Diagnostics;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>What the cmdlets share that work on the content: the map to work on, and its lock.</summary>
public abstract class ContentCmdlet : MapCmdlet
{
    // Enough for most waits, and short enough to be waited for in place.
    private const long FirstTry = 20;

    /// <summary>How many seconds to wait for the content lock; -1: without end.</summary>
    [Parameter]
    [ValidateTimeout]
    public double Timeout { get; set; } = 30;

    // A map of ours for any map of .NET; false, with the error written, if there is none.
    private protected bool TryUse(Net.MemoryMappedFile given, Net.MemoryMappedFileAccess access, out UsedMap used)
    {
        if ((object)given is MemoryMappedFile own)
        {
            used = new UsedMap(own, isTemporary: false);
            return true;
        }
        try
        {
            used = new UsedMap(MemoryMappedFile.From(given, access), isTemporary: true);
            return true;
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            WriteFailure(failure, given);
            used = default;
            return false;
        }
    }

    // The map of a name: the one whose lock this runspace holds, or one that is opened; false, with the error written,
    // if nobody holds it.
    private protected bool TryOpen(string name, Net.MemoryMappedFileAccess access, out UsedMap used)
    {
        HeldLock? held = HeldLock.Find(held => held.Map.Name == name);
        if (held != null)
        {
            used = new UsedMap(held.Map, isTemporary: false);
            return true;
        }
        try
        {
            used = new UsedMap(MemoryMappedFile.OpenExisting(name, new MapOptions { Access = access, TrustedOwner = Trusted ?? TrustedOwner.SelfAndRoot }), isTemporary: true);
            return true;
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            WriteFailure(failure, name);
            used = default;
            return false;
        }
    }

    // Whose map is opened by a name.
    private protected abstract TrustedOwner? Trusted { get; }

    // Works on the content: under the lock that this runspace holds, or under one that the work takes for itself in the
    // milliseconds that it is given. Only if others have it for longer is it taken here, in a wait that can be stopped.
    private protected T Work<T>(MemoryMappedFile map, LockMode mode, string activity, Func<long, HeldLock?, T> work)
    {
        HeldLock? held = HeldLock.On(map);
        long limit = NativeTime.Milliseconds(Timeout);
        if (held != null || (limit >= 0 && limit <= FirstTry))
        {
            return Tell(map, () => work(limit, held));
        }
        Stopwatch clock = Stopwatch.StartNew();
        try
        {
            return work(FirstTry, null);
        }
        catch (TimeoutException)
        {
        }
        using ContentLock taken = Take(map, mode, activity, limit < 0 ? -1 : Math.Max(0, limit - clock.ElapsedMilliseconds));
        return work(0, taken.Held);
    }

    // The same for work in steps: the lock is taken first. Long work runs aside, so that its progress can be shown.
    private protected T WorkInSteps<T>(MemoryMappedFile map, LockMode mode, string activity, bool isLong, Func<HeldLock, T> work)
    {
        using ContentLock taken = Take(map, mode, activity, NativeTime.Milliseconds(Timeout));
        return isLong ? RunAside(activity, () => work(taken.Held)) : work(taken.Held);
    }

    // Takes the content lock; shows after a second that it waits, and can be stopped.
    private protected ContentLock Take(MemoryMappedFile map, LockMode mode, string activity, long milliseconds)
    {
        using var progress = new Progress(this, activity);
        return Tell(map, () => map.Lock(mode, milliseconds, elapsed => Meanwhile(progress, elapsed, "Waiting for others to finish")));
    }

    // The library knows of the last turn of a wait only: what is told is what was asked for.
    private T Tell<T>(MemoryMappedFile map, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (TimeoutException)
        {
            throw StatusTable.Create(
                Status.Timeout,
                FormattableString.Invariant($"The {Describe(map)} is locked by others: its content lock could not be acquired within {Timeout} s. ")
                + "Try again, or wait longer with -Timeout.");
        }
    }
}
