using System;
using System.Diagnostics;

namespace Mmf;

/// <summary>A wait on Unix, which the thread of <see cref="PollThread"/> serves.</summary>
internal sealed class PolledWait : PendingWait
{
    private static readonly Stopwatch Clock = Stopwatch.StartNew();

    private readonly long deadline;

    internal PolledWait(Watch watch, long milliseconds)
        : base(watch)
    {
        deadline = milliseconds < 0 ? long.MaxValue : Clock.ElapsedMilliseconds + milliseconds;
        Descriptor = watch.WithDescriptor(descriptor => (int)descriptor);
    }

    internal int Descriptor { get; }

    /// <summary>The milliseconds that are left, as <c>poll</c> expects them: -1 means no limit.</summary>
    internal int Left => deadline == long.MaxValue ? -1 : (int)Math.Min(Math.Max(0, deadline - Clock.ElapsedMilliseconds), int.MaxValue);

    protected override void Begin() => PollThread.Add(this);

    protected override void Stop() => PollThread.Remove(this);
}
