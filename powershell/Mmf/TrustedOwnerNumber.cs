namespace Mmf;

/// <summary>Whose map is opened, where that is not one more user: the numbers of <c>mmf_trusted_owner_t</c>.</summary>
internal enum TrustedOwnerNumber : long
{
    /// <summary>That of one's own user, and that of root.</summary>
    SelfAndRoot = 0,

    /// <summary>That of every user.</summary>
    Anyone = -2,
}
