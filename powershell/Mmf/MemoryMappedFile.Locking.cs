using System;

namespace Mmf;

// The content lock, for more than one step.
public sealed unsafe partial class MemoryMappedFile
{
    private const double DefaultSeconds = 30;

    /// <summary>Takes the content lock for changing; waits for it up to 30 seconds.</summary>
    /// <returns>The lock. Until it is disposed, calls by this caller for this map run under it.</returns>
    /// <exception cref="TimeoutException">Other callers held the lock all the time.</exception>
    public ContentLock Lock() => Lock(DefaultSeconds);

    /// <inheritdoc cref="Lock()"/>
    /// <param name="timeout">How long to wait. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: without a limit.</param>
    public ContentLock Lock(TimeSpan timeout) => Lock(LockMode.Exclusive, timeout);

    /// <inheritdoc cref="Lock()"/>
    /// <param name="seconds">How many seconds to wait. A negative number: without a limit.</param>
    public ContentLock Lock(double seconds) =>
        Lock(LockMode.Exclusive, NativeTime.Milliseconds(seconds), Caller.WhileWaiting?.Invoke());

    /// <summary>Takes the content lock.</summary>
    /// <param name="mode">For changing, or for reading.</param>
    /// <param name="timeout">How long to wait. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: without a limit.</param>
    public ContentLock Lock(LockMode mode, TimeSpan timeout) =>
        Lock(mode, NativeTime.Milliseconds(timeout, nameof(timeout)), Caller.WhileWaiting?.Invoke());

    /// <summary>Takes the content lock, and calls a function while it waits.</summary>
    internal ContentLock Lock(LockMode mode, long milliseconds, Action<TimeSpan>? meanwhile) =>
        new ContentLock(HeldLock.Take(this, mode, milliseconds, meanwhile));
}
