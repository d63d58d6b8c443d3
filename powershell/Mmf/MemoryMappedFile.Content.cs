using System;
using System.IO;
using System.Text;

namespace Mmf;

// The content: the text in a map, or its bytes up to the last one that is not NUL.
public sealed unsafe partial class MemoryMappedFile
{
    // How many code units a thread keeps memory for: 2 MiB.
    private const int MaxScratch = 1 << 20;

    [ThreadStatic]
    private static char[]? scratch;

    // The longest string and the longest array that .NET can make.
    private const ulong MaxString = 0x3FFFFFDF;
    internal const long MaxArray = 0x7FFFFFC7;

    private static readonly byte[] LineEnd = { 13, 10 };

    /// <summary>Replaces the content with a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">The options; null: UTF-8, and a wait of up to 30 seconds for the lock.</param>
    public void ReplaceText(string text, ContentOptions? options = null) => WriteText(text, append: false, options);

    /// <summary>Appends a text to the content, with a line end between the two.</summary>
    /// <param name="text">The text.</param>
    /// <param name="options">The options; null: UTF-8, CR LF as the separator, and a wait of up to 30 seconds for the lock.</param>
    public void AppendText(string text, ContentOptions? options = null) => WriteText(text, append: true, options);

    /// <summary>Reads the content as text, without NULs.</summary>
    /// <param name="options">The options; null: UTF-8 unless there is a byte order mark, and a wait of up to 30 seconds for the lock.</param>
    public string ReadText(ContentOptions? options = null)
    {
        options ??= new ContentOptions();
        return ReadText(options.Encoding, MillisecondsOf(options), LockOf(options));
    }

    /// <summary>Replaces the content with bytes, unchanged.</summary>
    /// <param name="bytes">The bytes. NULs at the end do not count as content.</param>
    /// <param name="options">How long to wait, and under which lock.</param>
    public void ReplaceContent(byte[] bytes, ContentOptions? options = null)
    {
        options ??= new ContentOptions();
        WriteContent(bytes, append: false, null, MillisecondsOf(options), LockOf(options));
    }

    /// <summary>Appends bytes to the content, unchanged.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="separator">The bytes before the appended bytes, if there is content; null: none.</param>
    /// <param name="options">How long to wait, and under which lock.</param>
    public void AppendContent(byte[] bytes, byte[]? separator = null, ContentOptions? options = null)
    {
        options ??= new ContentOptions();
        WriteContent(bytes, append: true, separator, MillisecondsOf(options), LockOf(options));
    }

    /// <summary>Reads the content as bytes, including NULs inside.</summary>
    /// <param name="options">How long to wait, and under which lock.</param>
    public byte[] ReadContent(ContentOptions? options = null)
    {
        options ??= new ContentOptions();
        return ReadContent(MillisecondsOf(options), LockOf(options));
    }

    /// <summary>The length of the content in bytes, including NULs inside.</summary>
    /// <param name="options">How long to wait, and under which lock.</param>
    public long GetContentLength(ContentOptions? options = null)
    {
        options ??= new ContentOptions();
        return GetContentLength(MillisecondsOf(options), LockOf(options));
    }

    /// <summary>
    /// Saves the map, its content or its text to a file. Writes another file and renames it, so that a crash leaves the old file
    /// or the new one.
    /// </summary>
    /// <param name="path">The file's path.</param>
    /// <param name="options">What is saved and how; null: the whole map, replacing an existing file.</param>
    public void Save(string path, SaveOptions? options = null)
    {
        options ??= new SaveOptions();
        ContentOptions content = options.Content ?? new ContentOptions();
        Save(path, options, content.Encoding, MillisecondsOf(content), LockOf(content));
    }

    internal void WriteText(
        string text, bool append, TextEncoding encoding, byte[]? separator, long milliseconds, HeldLock? held)
    {
        if (text == null)
        {
            throw new ArgumentNullException(nameof(text));
        }
        mmf_error_t error;
        Status status;
        fixed (char* chars = text)
        fixed (byte* between = separator)
        {
            mmf_text_options_t options = Native(encoding, milliseconds, held);
            options.separator = between;
            options.separator_length = (nuint)(separator?.Length ?? 0);
            status = append
                ? NativeMethods.mmf_text_append16(Id, chars, (nuint)text.Length, &options, &error)
                : NativeMethods.mmf_text_replace16(Id, chars, (nuint)text.Length, &options, &error);
        }
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    internal string ReadText(TextEncoding encoding, long milliseconds, HeldLock? held)
    {
        const int Short = 512;
        char* first = stackalloc char[Short];
        nuint length = ReadInto(first, Short, encoding, milliseconds, held);
        if (length <= Short)
        {
            return new string(first, 0, (int)length);
        }
        while (length <= MaxString)
        {
            // The content may have become longer meanwhile, or be shorter than the maximum.
            nuint size = length;
            if (size <= MaxScratch)
            {
                fixed (char* chars = Scratch((int)size))
                {
                    length = ReadInto(chars, size, encoding, milliseconds, held);
                    if (length <= size)
                    {
                        return new string(chars, 0, (int)length);
                    }
                    continue;
                }
            }
            // The library writes into a string that no other code has seen yet, which saves a copy of a long text.
            string text = new string('\0', (int)length);
            fixed (char* chars = text)
            {
                length = ReadInto(chars, size, encoding, milliseconds, held);
            }
            if (length <= size)
            {
                return length == size ? text : text.Substring(0, (int)length);
            }
        }
        throw StatusTable.Create(Status.TooLong, "The content is longer than a .NET string can be. Read it in parts.");
    }

    // A buffer that a thread reuses. A new string with the maximum size of a text would have to be cleared,
    // and copied if the text is shorter, as texts with characters beyond ASCII are.
    private static char[] Scratch(int size)
    {
        if (scratch == null || scratch.Length < size)
        {
            scratch = new char[size];
        }
        return scratch;
    }

    internal void WriteContent(byte[] bytes, bool append, byte[]? separator, long milliseconds, HeldLock? held)
    {
        if (bytes == null)
        {
            throw new ArgumentNullException(nameof(bytes));
        }
        mmf_error_t error;
        Status status;
        fixed (byte* data = bytes)
        fixed (byte* between = separator)
        {
            mmf_text_options_t options = Native(TextEncoding.Utf8, milliseconds, held);
            options.separator = between;
            options.separator_length = (nuint)(separator?.Length ?? 0);
            status = append
                ? NativeMethods.mmf_content_append(Id, data, (nuint)bytes.Length, &options, &error)
                : NativeMethods.mmf_content_replace(Id, data, (nuint)bytes.Length, &options, &error);
        }
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    internal byte[] ReadContent(long milliseconds, HeldLock? held)
    {
        mmf_bytes_t found;
        mmf_error_t error;
        mmf_text_options_t options = Native(TextEncoding.Utf8, milliseconds, held);
        Status status = NativeMethods.mmf_content_read(Id, &options, &found, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
        try
        {
            if (found.length > (ulong)MaxArray)
            {
                throw StatusTable.Create(Status.TooLong, "The content is longer than a .NET array can be. Read it in parts.");
            }
            var bytes = new byte[(int)found.length];
            if (bytes.Length > 0)
            {
                System.Runtime.InteropServices.Marshal.Copy((IntPtr)found.data, bytes, 0, bytes.Length);
            }
            return bytes;
        }
        finally
        {
            NativeMethods.mmf_bytes_free(found);
        }
    }

    internal long GetContentLength(long milliseconds, HeldLock? held)
    {
        long length;
        mmf_error_t error;
        mmf_text_options_t options = Native(TextEncoding.Utf8, milliseconds, held);
        Status status = NativeMethods.mmf_content_get_length(Id, &options, &length, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
        return length;
    }

    internal void Save(string path, SaveOptions options, TextEncoding encoding, long milliseconds, HeldLock? held)
    {
        byte[]? ending = options.Ending == null ? null : Encoding.UTF8.GetBytes(options.Ending);
        mmf_error_t error;
        Status status;
        fixed (char* chars = path)
        fixed (byte* end = ending)
        {
            mmf_text_options_t text = Native(encoding, milliseconds, held);
            var native = new mmf_save_options_t
            {
                struct_size = (uint)sizeof(mmf_save_options_t),
                part = (int)options.Part,
                keep_existing = options.KeepExisting ? 1 : 0,
                force = options.Force ? 1 : 0,
                ending = end,
                ending_length = (nuint)(ending?.Length ?? 0),
                text = &text,
            };
            status = NativeMethods.mmf_map_save16(Id, chars, NativeText.LengthOf(path), &native, &error);
        }
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
    }

    private void WriteText(string text, bool append, ContentOptions? options)
    {
        options ??= new ContentOptions();
        byte[]? separator = options.Separator switch
        {
            null => null,
            "\r\n" => LineEnd,
            string other => Encoding.UTF8.GetBytes(other),
        };
        WriteText(text, append, options.Encoding, separator, MillisecondsOf(options), LockOf(options));
    }

    private nuint ReadInto(char* buffer, nuint size, TextEncoding encoding, long milliseconds, HeldLock? held)
    {
        nuint length;
        mmf_error_t error;
        mmf_text_options_t options = Native(encoding, milliseconds, held);
        Status status = NativeMethods.mmf_text_read_into16(Id, &options, buffer, size, &length, &error);
        GC.KeepAlive(this);
        Failure.ThrowUnlessOk(status, &error);
        return length;
    }

    private static mmf_text_options_t Native(TextEncoding encoding, long milliseconds, HeldLock? held) =>
        new mmf_text_options_t
        {
            struct_size = (uint)sizeof(mmf_text_options_t),
            encoding = (int)encoding,
            timeout_ms = milliseconds,
            @lock = held?.Id ?? default,
        };

    private static long MillisecondsOf(ContentOptions options) =>
        NativeTime.Milliseconds(options.Timeout, nameof(ContentOptions.Timeout));

    private HeldLock? LockOf(ContentOptions options) => options.Lock?.Held ?? HeldLock.On(this);
}
