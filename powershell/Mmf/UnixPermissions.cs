using System;

namespace Mmf;

/// <summary>The permissions of a map on Unix. -1 in a field: unknown, or not to be changed.</summary>
public sealed class UnixPermissions
{
    /// <summary>The permission bits, for example 0660.</summary>
    public int Mode { get; set; } = -1;

    /// <summary>The owning user.</summary>
    public long UserId { get; set; } = -1;

    /// <summary>The owning group.</summary>
    public long GroupId { get; set; } = -1;

    /// <summary>Mode and owner, as <c>stat</c> shows them.</summary>
    public override string ToString() => $"{Convert.ToString(Mode, 8)} {UserId}:{GroupId}";

    // Null if the system has none.
    internal static UnixPermissions? From(int mode, long uid, long gid) =>
        mode < 0 && uid < 0 && gid < 0 ? null : new UnixPermissions { Mode = mode, UserId = uid, GroupId = gid };

    internal unsafe mmf_permissions_t ToNative() =>
        new mmf_permissions_t { struct_size = (uint)sizeof(mmf_permissions_t), mode = Mode, uid = UserId, gid = GroupId };
}
