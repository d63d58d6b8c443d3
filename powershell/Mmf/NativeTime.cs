using System;
using System.Threading;

namespace Mmf;

/// <summary>Times in the library's unit: milliseconds; -1 means no limit.</summary>
internal static class NativeTime
{
    /// <summary>The milliseconds of a time, rounded up so that a short time does not become 0.</summary>
    internal static long Milliseconds(TimeSpan time, string parameter)
    {
        if (time == Timeout.InfiniteTimeSpan)
        {
            return -1;
        }
        if (time < TimeSpan.Zero)
        {
            throw new ArgumentOutOfRangeException(
                parameter, time, "The time to wait must not be negative. Use Timeout.InfiniteTimeSpan to wait without a limit.");
        }
        return (long)Math.Ceiling(time.TotalMilliseconds);
    }

    /// <summary>The milliseconds of a number of seconds; a negative number waits without a limit.</summary>
    internal static long Milliseconds(double seconds) =>
        seconds < 0 ? -1 : (long)Math.Ceiling(Math.Min(seconds, int.MaxValue) * 1000);
}
