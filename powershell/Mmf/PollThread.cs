using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Threading;

namespace Mmf;

/// <summary>The one thread of the process that waits for the descriptors of all watches, on Unix.</summary>
/// <remarks>It runs as long as there are waits or subscriptions.</remarks>
internal static unsafe class PollThread
{
    private const short Readable = 1;

    private static readonly object Gate = new object();
    private static readonly List<PolledWait> Waits = new List<PolledWait>();
    private static int subscribers;

    // Not null while the thread runs.
    private static WakePipe? wake;

    internal static void Add(PolledWait wait)
    {
        lock (Gate)
        {
            Waits.Add(wait);
            StartOrWake();
        }
    }

    internal static void Remove(PolledWait wait)
    {
        lock (Gate)
        {
            if (Waits.Remove(wait))
            {
                wake?.Wake();
            }
        }
    }

    /// <summary>Keeps the thread running between the waits of one caller.</summary>
    internal static void Subscribe()
    {
        lock (Gate)
        {
            subscribers++;
            StartOrWake();
        }
    }

    /// <summary>Undoes <see cref="Subscribe"/>.</summary>
    internal static void Unsubscribe()
    {
        lock (Gate)
        {
            subscribers--;
            wake?.Wake();
        }
    }

    private static void StartOrWake()
    {
        if (wake != null)
        {
            wake.Wake();
            return;
        }
        wake = new WakePipe();
        try
        {
            new Thread(Run) { IsBackground = true, Name = "mmf watches" }.Start(wake);
        }
        catch
        {
            wake.Dispose();
            wake = null;
            throw;
        }
    }

    private static void Run(object? started)
    {
        var own = (WakePipe)started!;
        while (true)
        {
            PolledWait[] waits;
            lock (Gate)
            {
                if (Waits.Count == 0 && subscribers == 0)
                {
                    wake = null;
                    own.Dispose();
                    return;
                }
                waits = Waits.ToArray();
            }
            try
            {
                Serve(waits, own);
            }
            catch (Exception failure)
            {
                // Otherwise none of them would ever end.
                Array.ForEach(waits, wait => wait.Fail(failure));
            }
        }
    }

    // Waits until one of them has an event or the list changes.
    private static void Serve(PolledWait[] waits, WakePipe pipe)
    {
        var polled = new PollEntry[waits.Length + 1];
        int timeout = -1;
        for (int index = 0; index < waits.Length; index++)
        {
            polled[index] = new PollEntry { Descriptor = waits[index].Descriptor, Asked = Readable };
            int left = waits[index].Left;
            if (left >= 0 && (timeout < 0 || left < timeout))
            {
                timeout = left;
            }
        }
        polled[waits.Length] = new PollEntry { Descriptor = pipe.Descriptor, Asked = Readable };
        int ready;
        fixed (PollEntry* entries = polled)
        {
            ready = poll(entries, (nuint)polled.Length, timeout);
        }
        if (ready < 0)
        {
            int code = Marshal.GetLastWin32Error();
            const int Interrupted = 4;
            if (code != Interrupted)
            {
                throw StatusTable.Create(
                    Status.Io, $"Waiting for the watches of this process failed: poll returned error {code}. Wait again.");
            }
            return;
        }
        if (polled[waits.Length].Found != 0)
        {
            pipe.Drain();
        }
        for (int index = 0; index < waits.Length; index++)
        {
            if (polled[index].Found != 0)
            {
                waits[index].Look();
            }
            else if (waits[index].Left == 0)
            {
                waits[index].Finish(WatchEvent.TimedOut);
            }
        }
    }

    // On macOS the count is an unsigned int, which a register holds as well.
    [DllImport("libc", SetLastError = true, ExactSpelling = true)]
    private static extern int poll(PollEntry* entries, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        internal int Descriptor;
        internal short Asked;
        internal short Found;
    }
}
