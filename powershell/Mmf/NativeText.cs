namespace Mmf;

/// <summary>Strings that go to the library and come from it.</summary>
internal static unsafe class NativeText
{
    /// <summary>The length of a text; none and an empty one are told apart by their pointer.</summary>
    internal static nuint LengthOf(string? text) => (nuint)(text?.Length ?? 0);

    /// <summary>Copies a text; null if there is none.</summary>
    internal static string? Copy(mmf_text16_t text) =>
        text.data == null || text.length == 0 ? null : new string(text.data, 0, checked((int)text.length));

    /// <summary>Copies a text, and gives it back to the library.</summary>
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
