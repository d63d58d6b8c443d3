namespace Mmf;

/// <summary>The part of a map that is saved to a file: the numbers of <c>mmf_save_part_t</c>.</summary>
public enum SavePart
{
    /// <summary>All bytes up to the capacity.</summary>
    Map = 0,

    /// <summary>The bytes up to the end of the content.</summary>
    Content = 1,

    /// <summary>The text, as UTF-8 without a byte order mark and without NULs.</summary>
    Text = 2,
}
