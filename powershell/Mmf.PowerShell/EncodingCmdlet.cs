using System.Management.Automation;

namespace Mmf.PowerShell;

/// <summary>The base of the cmdlets that read and write text: the parameter for its encoding.</summary>
public abstract class EncodingCmdlet : ContentCmdlet
{
    /// <summary>The encoding of the text: a name, a code page, or an object of .NET.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(EncodingCompleter))]
    public object? Encoding { get; set; }

    private protected TextFormat Format { get; private set; } = TextFormat.Default;

    private protected override void Begin()
    {
        if (Encoding == null)
        {
            return;
        }
        TextFormat? found = TextFormat.Find(Encoding);
        if (found == null)
        {
            ThrowTerminatingError(RecordOf(
                StatusTable.Create(
                    Status.InvalidArgument,
                    $"The encoding '{Encoding}' is not known: use utf8, utf8BOM, unicode, bigendianunicode, utf32, ascii, or another "
                    + "name or code page that .NET knows."),
                Encoding));
        }
        Format = found!;
    }
}
