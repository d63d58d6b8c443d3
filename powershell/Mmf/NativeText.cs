namespace Mmf;

/// <summary>Strings to and from the library.</summary>
internal static unsafe class NativeText
{
    /// <summary>The length of a text. The pointer distinguishes null from an empty text.</summary>
    internal static nuint LengthOf(string? text) => (nuint)(text?.Length ?? 0);

    /// <summary>Copies a text; null if there is none.</summary>
    internal static string? Copy(mmf_text16_t text) =>
        text.data == null || text.length == 0 ? null : new string(text.data, 0, checked((int)text.length));

    /// <summary>Copies a text, and frees the library's copy.</summary>
    internal static string? Take(mmf_text16_t text)
    {
        try
        {
            return Copy(text);
        }
        finally
        {
            NativeMethods.mmf_text_free16(text);
        }
    }
}
