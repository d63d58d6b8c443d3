using System;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Mmf;

/// <summary>The names of Unix users and their numbers.</summary>
internal static class UnixUser
{
    // The next call of the C library overwrites its last answer.
    private static readonly object Gate = new object();

    /// <summary>A user's name; the number as text if the user has no name.</summary>
    internal static string NameOf(long id)
    {
        lock (Gate)
        {
            IntPtr record = getpwuid(unchecked((uint)id));
            // On every Unix the record begins with the name, the password and the number.
            string? name = record == IntPtr.Zero ? null : Marshal.PtrToStringAnsi(Marshal.ReadIntPtr(record));
            return name ?? id.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The number of a user; null if no user has this name.</summary>
    internal static long? IdOf(string name)
    {
        lock (Gate)
        {
            IntPtr record = getpwnam(name);
            return record == IntPtr.Zero ? null : (long?)unchecked((uint)Marshal.ReadInt32(record, 2 * IntPtr.Size));
        }
    }

    [DllImport("libc", ExactSpelling = true)]
    private static extern IntPtr getpwuid(uint id);

    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true, ExactSpelling = true)]
    private static extern IntPtr getpwnam(string name);
}
