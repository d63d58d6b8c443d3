using System;

namespace Mmf;

/// <summary>How a map is saved to a file.</summary>
public sealed class SaveOptions
{
    /// <summary>What is saved.</summary>
    public SavePart Part { get; set; } = SavePart.Map;

    /// <summary>Whether a file that exists is left alone, as an error.</summary>
    public bool KeepExisting { get; set; }

    /// <summary>Whether a file that is marked read-only is replaced, too.</summary>
    public bool Force { get; set; }

    /// <summary>With <see cref="SavePart.Text"/>: what is written behind the text.</summary>
    public string? Ending { get; set; }

    /// <summary>How the content is read. Null: the defaults.</summary>
    public ContentOptions? Content { get; set; }
}
