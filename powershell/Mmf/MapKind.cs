namespace Mmf;

/// <summary>The kinds of maps: the numbers of <c>mmf_kind_t</c>.</summary>
public enum MapKind
{
    /// <summary>Memory with a name.</summary>
    Named = 1,

    /// <summary>The bytes of a file.</summary>
    File = 2,

    /// <summary>The bytes of a file, with a name.</summary>
    NamedFile = 3,

    /// <summary>Memory without a name.</summary>
    Anonymous = 4,
}
