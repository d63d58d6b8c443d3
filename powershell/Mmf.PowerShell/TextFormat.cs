using System;
using System.Globalization;
using System.Management.Automation;
using System.Text;

namespace Mmf.PowerShell;

/// <summary>The encoding that <c>-Encoding</c> specifies: one of the library, or another one of .NET.</summary>
internal sealed class TextFormat
{
    private TextFormat(TextEncoding native) => Native = native;

    private TextFormat(Encoding other) => Other = other;

    /// <summary>UTF-8 without a byte order mark.</summary>
    internal static TextFormat Default { get; } = new TextFormat(TextEncoding.Utf8);

    /// <summary>The names for completion.</summary>
    internal static string[] Names { get; } =
    {
        "ascii", "bigendianunicode", "bigendianutf32", "latin1", "unicode", "utf32", "utf8", "utf8BOM", "utf8NoBOM",
    };

    /// <summary>The library's encoding. It is used only if <see cref="Other"/> is null.</summary>
    internal TextEncoding Native { get; }

    /// <summary>The encoding of .NET.</summary>
    internal Encoding? Other { get; }

    /// <summary>The line end between appended texts, in this encoding.</summary>
    internal byte[] LineEnd => Other == null ? new byte[] { 13, 10 } : Other.GetBytes("\r\n");

    /// <summary>The byte order mark; empty if there is none.</summary>
    internal byte[] Mark => (Other ?? NetEncoding(Native)).GetPreamble();

    /// <summary>Finds an encoding by its name, its code page, or as a .NET object. Null: there is none.</summary>
    internal static TextFormat? Find(object given)
    {
        object plain = given is PSObject wrapped ? wrapped.BaseObject : given;
        if (plain is Encoding encoding)
        {
            return Of(encoding);
        }
        string name = Convert.ToString(plain, CultureInfo.InvariantCulture) ?? "";
        switch (name.ToLowerInvariant())
        {
            case "utf8":
            case "utf8nobom":
                return Default;
            case "utf8bom":
                return new TextFormat(TextEncoding.Utf8Mark);
            case "utf16":
                return new TextFormat(TextEncoding.Utf16LE);
            case "bigendianunicode":
                return new TextFormat(TextEncoding.Utf16BE);
            case "utf32":
                return new TextFormat(TextEncoding.Utf32LE);
            case "bigendianutf32":
                return new TextFormat(TextEncoding.Utf32BE);
            case "default":
            case "ansi":
                return Of(Encoding.Default);
            case "oem":
                return OfNumber(CultureInfo.CurrentCulture.TextInfo.OEMCodePage);
            case "latin1":
                return OfNumber(28591);
        }
        return int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? OfNumber(number) : OfName(name);
    }

    /// <summary>The bytes of a text, without a byte order mark.</summary>
    internal byte[] GetBytes(string text) => (Other ?? NetEncoding(Native)).GetBytes(text);

    /// <summary>The text of bytes. If they are from the start of a map, a byte order mark is used and removed.</summary>
    internal string GetText(byte[] bytes, bool atStart, bool keepNuls)
    {
        Encoding encoding = Other ?? NetEncoding(Native);
        int start = 0;
        if (atStart)
        {
            // The longest first, because the mark of UTF-32 begins with that of UTF-16.
            foreach (TextEncoding candidate in new[]
                { TextEncoding.Utf32BE, TextEncoding.Utf32LE, TextEncoding.Utf8Mark, TextEncoding.Utf16BE, TextEncoding.Utf16LE })
            {
                Encoding marked = NetEncoding(candidate);
                if (StartsWith(bytes, marked.GetPreamble()))
                {
                    encoding = marked;
                    start = marked.GetPreamble().Length;
                    break;
                }
            }
        }
        // The content ends with its last byte that is not NUL, which can be inside a character.
        int unit = encoding.GetByteCount("a");
        int over = (bytes.Length - start) % unit;
        if (over != 0)
        {
            Array.Resize(ref bytes, bytes.Length - over + unit);
        }
        string text = encoding.GetString(bytes, start, bytes.Length - start);
        return keepNuls ? text : text.Replace("\0", "");
    }

    private static TextFormat Of(Encoding encoding) => encoding.CodePage switch
    {
        65001 => encoding.GetPreamble().Length > 0 ? new TextFormat(TextEncoding.Utf8Mark) : Default,
        1200 => new TextFormat(TextEncoding.Utf16LE),
        1201 => new TextFormat(TextEncoding.Utf16BE),
        12000 => new TextFormat(TextEncoding.Utf32LE),
        12001 => new TextFormat(TextEncoding.Utf32BE),
        _ => new TextFormat(encoding),
    };

    private static TextFormat? OfNumber(int codePage)
    {
        try
        {
            // UTF-8 specified by number or name has no byte order mark.
            return codePage == 65001 ? Default : Of(Encoding.GetEncoding(codePage));
        }
        catch (Exception failure) when (failure is ArgumentException || failure is NotSupportedException)
        {
            return null;
        }
    }

    private static TextFormat? OfName(string name)
    {
        try
        {
            return OfNumber(Encoding.GetEncoding(name).CodePage);
        }
        catch (Exception failure) when (failure is ArgumentException || failure is NotSupportedException)
        {
            return null;
        }
    }

    private static Encoding NetEncoding(TextEncoding encoding) => encoding switch
    {
        TextEncoding.Utf8Mark => new UTF8Encoding(true),
        TextEncoding.Utf16LE => new UnicodeEncoding(false, true),
        TextEncoding.Utf16BE => new UnicodeEncoding(true, true),
        TextEncoding.Utf32LE => new UTF32Encoding(false, true),
        TextEncoding.Utf32BE => new UTF32Encoding(true, true),
        _ => new UTF8Encoding(false),
    };

    private static bool StartsWith(byte[] bytes, byte[] mark)
    {
        for (int index = 0; index < mark.Length; index++)
        {
            if (index >= bytes.Length || bytes[index] != mark[index])
            {
                return false;
            }
        }
        return true;
    }
}
