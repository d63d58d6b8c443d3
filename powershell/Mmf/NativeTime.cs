using System;
using System.Threading;

namespace Mmf;

/// <summary>Times as the library counts them: milliseconds, -1 for ever.</summary>
internal static class NativeTime
{
    /// <summary>The milliseconds of a time, rounded up, so that a short time is not none.</summary>
    internal static long Milliseconds(TimeSpan time, string parameter)
    {
        if (time == Timeout.InfiniteTimeSpan)
        {
            return -1;
        }
        if (time < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                parameter, time, "A time to wait is not negative. Timeout.InfiniteTimeSpan waits without end.");
        }
        return (long)Math.Ceiling(time.TotalMilliseconds);
    }

    /// <summary>The milliseconds of a number of seconds; any negative one waits for ever.</summary>
    internal static long Milliseconds(double seconds) =>
        seconds < 0 ? -1 : (long)Math.Ceiling(Math.Min(seconds, int.MaxValue) * 1000);
}
