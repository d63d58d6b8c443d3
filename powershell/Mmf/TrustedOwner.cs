using System;
using System.Globalization;

namespace Mmf;

/// <summary>The users whose maps are opened on Unix, where another user can take a name first.</summary>
/// <remarks>Has no effect on Windows, where the access control list of the map decides.</remarks>
public sealed class TrustedOwner
{
    /// <summary>Trusts the user with this number, the current user and root.</summary>
    /// <param name="userId">The number, 0 or more.</param>
    public TrustedOwner(long userId) =>
        Number = userId >= 0 && userId < uint.MaxValue
            ? userId
            : throw new ArgumentOutOfRangeException(
                nameof(userId), userId, $"A user number must be between 0 and {uint.MaxValue - 1}. To trust every user, use TrustedOwner.Anyone.");

    /// <summary>Trusts a user by name or number, the current user and root; <c>*</c> trusts every user.</summary>
    /// <param name="user">The name, the number, or <c>*</c>.</param>
    public TrustedOwner(string user)
        : this(NumberOf(user ?? throw new ArgumentNullException(nameof(user))), isChecked: true)
    {
    }

    private TrustedOwner(long number, bool isChecked) => Number = number;

    /// <summary>Trusts the current user and root. This is the default.</summary>
    public static TrustedOwner SelfAndRoot { get; } = new TrustedOwner((long)TrustedOwnerNumber.SelfAndRoot, isChecked: true);

    /// <summary>Trusts every user. Then any user may have written the content of the map.</summary>
    public static TrustedOwner Anyone { get; } = new TrustedOwner((long)TrustedOwnerNumber.Anyone, isChecked: true);

    internal long Number { get; }

    /// <summary>The user's number, or <c>*</c>.</summary>
    public override string ToString() =>
        Number == (long)TrustedOwnerNumber.Anyone ? "*" : Number.ToString(CultureInfo.InvariantCulture);

    private static long NumberOf(string user)
    {
        if (user == "*")
        {
            return (long)TrustedOwnerNumber.Anyone;
        }
        if (uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
        {
            return number;
        }
        if (System.IO.Path.DirectorySeparatorChar == '\\')
        {
            return (long)TrustedOwnerNumber.SelfAndRoot;
        }
        return UnixUser.IdOf(user)
            ?? throw new ArgumentException(
                $"This machine has no user '{user}': give a user name, a user number, or * for every user.", nameof(user));
    }
}
