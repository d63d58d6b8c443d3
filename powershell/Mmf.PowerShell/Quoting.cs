using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace Mmf.PowerShell;

/// <summary>Quotes words for a PowerShell command line.</summary>
internal static class Quoting
{
    private const string SingleQuotes = "'\u2018\u2019\u201A\u201B";

    // Characters that need no quotes. A leading - would be a parameter.
    private static readonly Regex Plain = new Regex(@"^[A-Za-z_][\w.-]*\z", RegexOptions.ECMAScript);

    /// <summary>A word that PowerShell reads as exactly this text.</summary>
    internal static string Quote(string text) =>
        Plain.IsMatch(text) ? text : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    /// <summary>The text of a word that may be quoted and incomplete.</summary>
    internal static string Unquote(string word)
    {
        if (word.Length == 0)
        {
            return word;
        }
        if (SingleQuotes.IndexOf(word[0]) >= 0)
        {
            string inside = word.Substring(1);
            if (inside.Length > 0 && SingleQuotes.IndexOf(inside[inside.Length - 1]) >= 0)
            {
                inside = inside.Substring(0, inside.Length - 1);
            }
            return Regex.Replace(inside, $"([{SingleQuotes}])[{SingleQuotes}]", "$1");
        }
        return word.Trim('"');
    }
}
