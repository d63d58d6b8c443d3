namespace Mmf;

/// <summary>A named map that exists, as <see cref="MemoryMappedFile.GetMaps"/> returns it. The map is not opened.</summary>
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

    /// <summary>The size of the map in bytes.</summary>
    public long Capacity { get; }

    /// <summary>The kind of the map: <see cref="MapKind.Named"/> or <see cref="MapKind.NamedFile"/>.</summary>
    public MapKind Kind { get; }

    /// <summary>The name of the owner, or the number if the owner has no name; null if the system has no owners.</summary>
    public string? Owner => Permissions == null || Permissions.UserId < 0 ? null : UnixUser.NameOf(Permissions.UserId);

    /// <summary>The file's path, for a named file map.</summary>
    public string? Path { get; }

    /// <summary>Whether a program that does not use this library created the map.</summary>
    public bool IsForeign { get; }

    /// <summary>Whether the map can be opened without a trusted owner: it belongs to this user or to root, or the system checks its access control list.</summary>
    public bool IsTrusted { get; }

    /// <summary>Mode and owner; null if the system has none.</summary>
    public UnixPermissions? Permissions { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
