using System;

namespace Mmf;

/// <summary>How a map is saved to a file.</summary>
public sealed class SaveOptions
{
    /// <summary>What is saved.</summary>
    public SavePart Part { get; set; } = SavePart.Map;

    /// <summary>Whether an existing file is an error.</summary>
    public bool KeepExisting { get; set; }

    /// <summary>Whether a read-only file is replaced.</summary>
    public bool Force { get; set; }

    /// <summary>With <see cref="SavePart.Text"/>: the text that is written after the content.</summary>
    public string? Ending { get; set; }

    /// <summary>How the content is read. Null: the defaults.</summary>
    public ContentOptions? Content { get; set; }
}
