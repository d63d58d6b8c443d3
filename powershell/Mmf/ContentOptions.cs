using System;
using System.Threading;

namespace Mmf;

/// <summary>How the content of a map is read and written.</summary>
public sealed class ContentOptions
{
    /// <summary>How text is encoded, where no byte order mark in the map says otherwise.</summary>
    public TextEncoding Encoding { get; set; } = TextEncoding.Utf8;

    /// <summary>How long to wait for the content lock. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>: without end.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A lock on this map to work under. Null: the one that the caller holds; if there is none, one is taken.</summary>
    public ContentLock? Lock { get; set; }

    /// <summary>What is put between the content and an appended text. Null or empty: nothing.</summary>
    public string? Separator { get; set; } = "\r\n";
}
