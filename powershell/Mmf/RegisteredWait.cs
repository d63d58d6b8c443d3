using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace Mmf;

/// <summary>A wait on Windows, which .NET's thread for registered waits serves.</summary>
internal sealed class RegisteredWait : PendingWait
{
    private readonly object gate = new object();
    private readonly Stopwatch clock = Stopwatch.StartNew();
    private readonly long milliseconds;
    private RegisteredWaitHandle? registration;
    private EventWaitHandle? signal;

    internal RegisteredWait(Watch watch, long milliseconds)
        : base(watch) => this.milliseconds = milliseconds;

    protected override void Begin()
    {
        lock (gate)
        {
            if (IsOver)
            {
                return;
            }
            long left = milliseconds < 0 ? Timeout.Infinite : Math.Max(0, milliseconds - clock.ElapsedMilliseconds);
            // The library closes its own handle at the next wait of any caller.
            SafeWaitHandle own = Watch.WithDescriptor(Duplicate);
            signal = new EventWaitHandle(false, EventResetMode.ManualReset);
            signal.SafeWaitHandle.Dispose();
            signal.SafeWaitHandle = own;
            registration = ThreadPool.RegisterWaitForSingleObject(
                signal, (_, timedOut) => Signalled(timedOut), null, Math.Min(left, int.MaxValue), executeOnlyOnce: true);
        }
    }

    protected override void Stop()
    {
        lock (gate)
        {
            registration?.Unregister(null);
            registration = null;
            signal?.Dispose();
            signal = null;
        }
    }

    private void Signalled(bool timedOut)
    {
        Look();
        if (IsOver)
        {
            return;
        }
        if (timedOut && milliseconds >= 0 && clock.ElapsedMilliseconds >= milliseconds)
        {
            Finish(WatchEvent.TimedOut);
            return;
        }
        // No event yet: wait for the next handle.
        Stop();
        try
        {
            Begin();
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    private static SafeWaitHandle Duplicate(nint handle)
    {
        const uint SameAccess = 2;
        IntPtr self = GetCurrentProcess();
        if (!DuplicateHandle(self, handle, self, out SafeWaitHandle own, 0, false, SameAccess))
        {
            int code = Marshal.GetLastWin32Error();
            throw StatusTable.Create(Status.Io, $"Waiting for the watch failed: DuplicateHandle returned error {code}.");
        }
        return own;
    }

    [DllImport("kernel32", ExactSpelling = true)]
    private static extern IntPtr GetCurrentProcess();

    [DllImport("kernel32", SetLastError = true, ExactSpelling = true)]
    private static extern bool DuplicateHandle(
        IntPtr sourceProcess, IntPtr source, IntPtr targetProcess, out SafeWaitHandle target, uint access, bool inherit, uint options);
}
