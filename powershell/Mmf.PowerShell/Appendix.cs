using System;

namespace Mmf.PowerShell;

/// <summary>Returns what was added to the content since the last call, or all of it if it was replaced.</summary>
internal sealed class Appendix
{
    private static readonly string[] LineEnds = { "\r\n", "\n" };

    private string lastText = "";
    private byte[] lastBytes = Array.Empty<byte>();

    /// <summary>The added text, including line ends.</summary>
    internal string NextText(string text)
    {
        string before = lastText;
        lastText = text;
        return text.StartsWith(before, StringComparison.Ordinal) ? text.Substring(before.Length) : text;
    }

    /// <summary>The lines that were added.</summary>
    internal string[] NextLines(string text)
    {
        bool endsInLine = lastText.Length > 0 && lastText[lastText.Length - 1] != '\n';
        string added = NextText(text);
        if (endsInLine && added.Length < text.Length)
        {
            // A line end at the beginning belongs to the line before.
            string? lineEnd = Array.Find(LineEnds, end => added.StartsWith(end, StringComparison.Ordinal));
            added = added.Substring(lineEnd?.Length ?? 0);
        }
        string[] lines = added.Split(LineEnds, StringSplitOptions.None);
        // No line follows the last line end.
        if (lines[lines.Length - 1].Length == 0)
        {
            Array.Resize(ref lines, lines.Length - 1);
        }
        return lines;
    }

    /// <summary>The bytes that were added.</summary>
    internal byte[] NextBytes(byte[] bytes)
    {
        byte[] before = lastBytes;
        lastBytes = bytes;
        if (bytes.Length < before.Length)
        {
            return bytes;
        }
        for (int index = 0; index < before.Length; index++)
        {
            if (bytes[index] != before[index])
            {
                return bytes;
            }
        }
        var added = new byte[bytes.Length - before.Length];
        Array.Copy(bytes, before.Length, added, 0, added.Length);
        return added;
    }
}
