namespace Mmf;

/// <summary>The users whose maps are opened, if no particular user is trusted: the numbers of <c>mmf_trusted_owner_t</c>.</summary>
internal enum TrustedOwnerNumber : long
{
    /// <summary>The current user and root.</summary>
    SelfAndRoot = 0,

    /// <summary>Every user.</summary>
    Anyone = -2,
}
