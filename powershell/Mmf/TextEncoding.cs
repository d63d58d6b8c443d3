namespace Mmf;

/// <summary>The encoding of text that is written, and of text without a byte order mark that is read: the numbers of <c>mmf_encoding_t</c>.</summary>
public enum TextEncoding
{
    /// <summary>UTF-8 without a byte order mark.</summary>
    Utf8 = 0,

    /// <summary>UTF-8 with a byte order mark.</summary>
    Utf8Mark = 1,

    /// <summary>UTF-16, little-endian, with a byte order mark.</summary>
    Utf16LE = 2,

    /// <summary>UTF-16, big-endian, with a byte order mark.</summary>
    Utf16BE = 3,

    /// <summary>UTF-32, little-endian, with a byte order mark.</summary>
    Utf32LE = 4,

    /// <summary>UTF-32, big-endian, with a byte order mark.</summary>
    Utf32BE = 5,
}
