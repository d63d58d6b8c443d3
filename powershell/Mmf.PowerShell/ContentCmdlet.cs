using System;
using System.Diagnostics;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>The base of the cmdlets that use the content: finds the map, and takes its lock.</summary>
public abstract class ContentCmdlet : MapCmdlet
{
    // Long enough for most waits, and short enough to wait without a second thread.
    private const long FirstTry = 20;

    /// <summary>The seconds to wait for the content lock; -1: without a limit.</summary>
    [Parameter]
    [ValidateTimeout]
    public double Timeout { get; set; } = 30;

    // A map of this library for any .NET map; writes an error and returns false if that fails.
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

    // The map with a name: the one whose lock this runspace holds, or one that is opened; writes an error and returns false
    // if no process holds it.
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

    // The owners whose maps are opened by name.
    private protected abstract TrustedOwner? Trusted { get; }

    // Uses the content: under the lock that this runspace holds, or under a lock that the work takes itself within the
    // milliseconds that it gets. If another process keeps the lock longer, it is taken here, in a wait that can be stopped.
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

    // The same for work in steps: the lock is taken first. Long work runs on another thread, so that its progress can be shown.
    private protected T WorkInSteps<T>(MemoryMappedFile map, LockMode mode, string activity, bool isLong, Func<HeldLock, T> work)
    {
        using ContentLock taken = Take(map, mode, activity, NativeTime.Milliseconds(Timeout));
        return isLong ? RunAside(activity, () => work(taken.Held)) : work(taken.Held);
    }

    // Takes the content lock. Shows progress after a second, and can be stopped.
    private protected ContentLock Take(MemoryMappedFile map, LockMode mode, string activity, long milliseconds)
    {
        using var progress = new Progress(this, activity);
        return Tell(map, () => map.Lock(mode, milliseconds, elapsed => Meanwhile(progress, elapsed, "Waiting for other processes to finish")));
    }

    // The library knows only the last interval of a wait. The message names the time that the user specified.
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
                FormattableString.Invariant($"The {Describe(map)} is locked by another process or runspace: its content lock could not be acquired within {Timeout} s. ")
                + "Try again, or wait longer with -Timeout.");
        }
    }
}
