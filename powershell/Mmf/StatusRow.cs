using System;
using System.Text;

namespace Mmf;

/// <summary>One row of the <see cref="StatusTable"/>.</summary>
public sealed class StatusRow
{
    internal StatusRow(Status status, Type exceptionType, string category, Func<string, Exception> make)
    {
        Status = status;
        Name = ConstantName(status.ToString());
        ExceptionType = exceptionType;
        Category = category;
        Make = make;
    }

    /// <summary>The status.</summary>
    public Status Status { get; }

    /// <summary>The name in the C header, without <c>MMF_STATUS_</c>: for example <c>NOT_FOUND</c>.</summary>
    public string Name { get; }

    /// <summary>The type of the exception.</summary>
    public Type ExceptionType { get; }

    /// <summary>The name of the <c>ErrorCategory</c> that PowerShell shows.</summary>
    public string Category { get; }

    internal Func<string, Exception> Make { get; }

    // AlreadyExists: ALREADY_EXISTS; NotAMap: NOT_A_MAP.
    private static string ConstantName(string name)
    {
        var constant = new StringBuilder(name.Length + 4);
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && constant.Length > 0)
            {
                constant.Append('_');
            }
            constant.Append(char.ToUpperInvariant(letter));
        }
        return constant.ToString();
    }
}
