namespace Mmf.PowerShell;

/// <summary>A hash that distinguishes contents.</summary>
internal static unsafe class ContentHash
{
    // More would make reading noticeably slower.
    private const int MaxBytes = 128 * 1024;

    /// <summary>The hash of a string or an array of bytes; null if it is too long.</summary>
    internal static ulong? Of(object content)
    {
        if (content is string text)
        {
            fixed (char* chars = text)
            {
                return Of((byte*)chars, text.Length * (long)sizeof(char));
            }
        }
        var bytes = (byte[])content;
        fixed (byte* start = bytes)
        {
            return Of(start, bytes.Length);
        }
    }

    private static ulong? Of(byte* bytes, long length)
    {
        if (length > MaxBytes)
        {
            return null;
        }
        // FNV-1a, eight bytes at a time, with a shift that mixes the high bits into the low ones.
        const ulong Prime = 0x100000001B3;
        ulong hash = 0xCBF29CE484222325 ^ (ulong)length;
        for (; length >= sizeof(ulong); length -= sizeof(ulong), bytes += sizeof(ulong))
        {
            // In two halves, because strings are aligned to four bytes.
            ulong next = ((uint*)bytes)[0] | ((ulong)((uint*)bytes)[1] << 32);
            hash = (hash ^ next) * Prime;
            hash ^= hash >> 32;
        }
        for (; length > 0; length--, bytes++)
        {
            hash = (hash ^ *bytes) * Prime;
        }
        return hash;
    }
}
