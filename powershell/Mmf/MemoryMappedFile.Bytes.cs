using System;

namespace Mmf;

// Single bytes. These methods take no lock: take one if others change the same bytes.
public sealed unsafe partial class MemoryMappedFile
{
    /// <summary>Reads bytes into a part of an array.</summary>
    /// <param name="position">Where to begin in the map.</param>
    /// <param name="buffer">The array.</param>
    /// <param name="offset">Where to begin in the array.</param>
    /// <param name="count">How many bytes; all of them are read, or the call fails.</param>
    public void Read(long position, byte[] buffer, int offset, int count)
    {
        CheckRange(buffer, offset, count);
        fixed (byte* bytes = buffer)
        {
            Read(position, bytes + offset, count);
        }
    }

    /// <summary>Reads bytes into the memory at a pointer.</summary>
    /// <param name="position">Where to begin in the map.</param>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="count">How many bytes; all of them are read, or the call fails.</param>
    public void Read(long position, byte* buffer, long count)
    {
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_read(Id, position, buffer, SizeOf(count), &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    /// <summary>Writes bytes from a part of an array.</summary>
    /// <param name="position">Where to begin in the map.</param>
    /// <param name="buffer">The array.</param>
    /// <param name="offset">Where to begin in the array.</param>
    /// <param name="count">How many bytes; all of them are written, or the call fails.</param>
    public void Write(long position, byte[] buffer, int offset, int count)
    {
        CheckRange(buffer, offset, count);
        fixed (byte* bytes = buffer)
        {
            Write(position, bytes + offset, count);
        }
    }

    /// <summary>Writes bytes from the memory at a pointer.</summary>
    /// <param name="position">Where to begin in the map.</param>
    /// <param name="buffer">Where the bytes are.</param>
    /// <param name="count">How many bytes; all of them are written, or the call fails.</param>
    public void Write(long position, byte* buffer, long count)
    {
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_write(Id, position, buffer, SizeOf(count), &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    /// <summary>Fills bytes with one value.</summary>
    /// <param name="position">Where to begin.</param>
    /// <param name="count">How many bytes.</param>
    /// <param name="value">The value that each byte gets.</param>
    public void Fill(long position, long count, byte value)
    {
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_fill(Id, position, count, value, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    /// <summary>Writes the changes of a file map to the disk. Does nothing for a map in memory.</summary>
    public void Flush()
    {
        mmf_error_t error;
        Status status = NativeMethods.mmf_map_flush(Id, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    private static void CheckRange(byte[] buffer, int offset, int count)
    {
        if (buffer == null)
        {
            throw new ArgumentNullException(nameof(buffer));
        }
        if (offset < 0 || offset > buffer.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"The array has {buffer.Length} bytes: give an offset from 0 to {buffer.Length}.");
        }
        if (count < 0 || count > buffer.Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(count), count, $"The array has {buffer.Length - offset} bytes from the offset {offset} on: give no more.");
        }
    }

    private static nuint SizeOf(long count) =>
        count >= 0 && (ulong)count <= (IntPtr.Size == 4 ? uint.MaxValue : ulong.MaxValue)
            ? (nuint)(ulong)count
            : throw new ArgumentOutOfRangeException(nameof(count), count, "The number of bytes must not be negative or larger than memory can be.");
}
