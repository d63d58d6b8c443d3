using System;

namespace Mmf.PowerShell;

/// <summary>Reads a map for Read-: all of it or a part, as text or as bytes.</summary>
internal sealed class ContentReader
{
    private readonly TextFormat format;
    private readonly bool asBytes;
    private readonly bool keepNuls;
    private readonly long offset;
    private readonly long count;

    /// <param name="format">The encoding of the text.</param>
    /// <param name="asBytes">Whether bytes are read instead of text.</param>
    /// <param name="keepNuls">Whether NULs stay in the text.</param>
    /// <param name="offset">Where to begin; negative: at the start.</param>
    /// <param name="count">How many bytes; negative: up to the end of the content.</param>
    internal ContentReader(TextFormat format, bool asBytes, bool keepNuls, long offset, long count)
    {
        this.format = format;
        this.asBytes = asBytes;
        this.keepNuls = keepNuls;
        this.offset = offset;
        this.count = count;
    }

    /// <summary>The text of the whole content, as Read- returns it by default.</summary>
    internal static ContentReader Default { get; } = new ContentReader(TextFormat.Default, asBytes: false, keepNuls: false, -1, -1);

    /// <summary>Whether a part is read. That takes several steps, so the content lock must be held.</summary>
    internal bool IsPart => offset >= 0 || count >= 0;

    /// <summary>Whether reading takes long enough to show progress.</summary>
    internal bool IsLong(MemoryMappedFile map)
    {
        const long Large = 64 * 1024 * 1024;
        return IsPart ? count >= Large : map.Capacity >= Large;
    }

    /// <summary>Reads.</summary>
    /// <param name="map">The map.</param>
    /// <param name="milliseconds">How long to wait for the content lock if it is not held.</param>
    /// <param name="held">The content lock.</param>
    /// <returns>A string or an array of bytes.</returns>
    internal object Read(MemoryMappedFile map, long milliseconds, HeldLock? held)
    {
        if (!keepNuls && !asBytes && !IsPart && format.Other == null)
        {
            return map.ReadText(format.Native, milliseconds, held);
        }
        byte[] bytes = IsPart ? ReadPart(map, held!) : map.ReadContent(milliseconds, held);
        return asBytes ? bytes : (object)format.GetText(bytes, offset <= 0, keepNuls);
    }

    private byte[] ReadPart(MemoryMappedFile map, HeldLock held)
    {
        long start = Math.Max(0, offset);
        // After the end of the content there is nothing to read; after the end of the map it is an error.
        long size = count >= 0 ? count : Math.Max(0, map.GetContentLength(0, held) - start);
        if (size > MemoryMappedFile.MaxArray)
        {
            throw StatusTable.Create(
                Status.TooLong,
                $"{size} bytes were requested, but a .NET array holds at most {MemoryMappedFile.MaxArray}. Read them in parts, with -Offset and -Count.");
        }
        var bytes = new byte[size];
        map.Read(start, bytes, 0, bytes.Length);
        return bytes;
    }
}
