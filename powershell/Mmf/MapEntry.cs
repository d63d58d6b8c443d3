namespace Mmf;

/// <summary>A named map that lives, as <see cref="MemoryMappedFile.GetMaps"/> finds it. It was not opened for that.</summary>
public sealed class MapEntry
{
    internal MapEntry(string name, string? path, long capacity, MapKind kind, bool isForeign, bool isTrusted, UnixPermissions? permissions)
    {
        Name = name;
        Path = path;
        Capacity = capacity;
        Kind = kind;
        IsForeign = isForeign;
        IsTrusted = isTrusted;
        Permissions = permissions;
    }

    /// <summary>The name that opens it.</summary>
    public string Name { get; }

    /// <summary>How many bytes it has.</summary>
    public long Capacity { get; }

    /// <summary>What it is: <see cref="MapKind.Named"/> or <see cref="MapKind.NamedFile"/>.</summary>
    public MapKind Kind { get; }

    /// <summary>Who owns it: a user's name, or a number without one; null where the system has none.</summary>
    public string? Owner => Permissions == null || Permissions.UserId < 0 ? null : UnixUser.NameOf(Permissions.UserId);

    /// <summary>The file's path, for a named file map.</summary>
    public string? Path { get; }

    /// <summary>Whether a program made it that does not use this library.</summary>
    public bool IsForeign { get; }

    /// <summary>Whether it is opened without a word: it is one's own, or root's, or the system asks its access list.</summary>
    public bool IsTrusted { get; }

    /// <summary>Mode and owner; null where the system has none.</summary>
    public UnixPermissions? Permissions { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
