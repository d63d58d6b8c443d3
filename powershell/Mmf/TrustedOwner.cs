using System;
using System.Globalization;

namespace Mmf;

/// <summary>Whose map is opened on Unix, where anybody can take a name first.</summary>
/// <remarks>Without effect on Windows, where the access list of the map decides.</remarks>
public sealed class TrustedOwner
{
    /// <summary>Trusts the user with this number, beside one's own user and root.</summary>
    /// <param name="userId">The number, 0 or more.</param>
    public TrustedOwner(long userId) =>
        Number = userId >= 0 && userId < uint.MaxValue
            ? userId
            : throw new ArgumentOutOfRangeException(
                nameof(userId), userId, $"A user's number is between 0 and {uint.MaxValue - 1}. TrustedOwner.Anyone trusts every user.");

    /// <summary>Trusts a user by name or number, beside one's own user and root; <c>*</c> stands for every user.</summary>
    /// <param name="user">The name, the number, or <c>*</c>.</param>
    public TrustedOwner(string user)
        : this(NumberOf(user ?? throw new ArgumentNullException(nameof(user))), isChecked: true)
    {
    }

    private TrustedOwner(long number, bool isChecked) => Number = number;

    /// <summary>Trusts one's own user and root. This is the default.</summary>
    public static TrustedOwner SelfAndRoot { get; } = new TrustedOwner((long)TrustedOwnerNumber.SelfAndRoot, isChecked: true);

    /// <summary>Trusts every user. What the map holds may come from anybody then.</summary>
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
                $"There is no user '{user}' on this machine: give a user's name, a user's number, or * for every user.", nameof(user));
    }
}
