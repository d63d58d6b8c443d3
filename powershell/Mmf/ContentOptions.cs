using System;
using System.Threading;

namespace Mmf;

/// <summary>How the content of a map is read and written.</summary>
public sealed class ContentOptions
{
    /// <summary>The encoding of the text, if the map has no byte order mark.</summary>
    public TextEncoding Encoding { get; set; } = TextEncoding.Utf8;

    /// <summary>How long to wait for the content lock. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: without a limit.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A lock on this map to use. Null: the lock that the caller holds; if it holds none, the call takes the lock.</summary>
    public ContentLock? Lock { get; set; }

    /// <summary>The text between the content and an appended text. Null or empty: nothing.</summary>
    public string? Separator { get; set; } = "\r\n";
}
