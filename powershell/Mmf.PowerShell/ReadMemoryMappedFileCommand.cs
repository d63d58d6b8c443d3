using System;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Reads the text or the bytes of a map.</summary>
[Cmdlet(VerbsCommunications.Read, "MemoryMappedFile", DefaultParameterSetName = "MemoryMappedFile", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = Help.Pages + "Read-MemoryMappedFile.md")]
[OutputType(typeof(string), typeof(byte[]))]
public sealed class ReadMemoryMappedFileCommand : EncodingCmdlet
{
    // A map from this size on is read on a thread of its own, so that progress can be shown.
    private const long Large = 64 * 1024 * 1024;

    /// <summary>The map.</summary>
    [Parameter(ParameterSetName = "MemoryMappedFile", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public Net.MemoryMappedFile MemoryMappedFile { get; set; } = null!;

    /// <summary>The name of the map, which is opened, read and closed.</summary>
    [Parameter(ParameterSetName = "Name", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string Name { get; set; } = null!;

    /// <summary>Whose map is opened by the name on Unix, beside one's own and root's: a user's name or number, or * for everyone's.</summary>
    [Parameter(ParameterSetName = "Name")]
    public TrustedOwner? TrustedOwner { get; set; }

    /// <summary>Leaves the NULs in the text; with -AsByteStream, gives the bytes as one array.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Gives bytes instead of text.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Where to begin.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long Offset { get; set; } = -1;

    /// <summary>How many bytes to read.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long Count { get; set; } = -1;

    private protected override TrustedOwner? Trusted => TrustedOwner;

    private bool IsPart => Offset >= 0 || Count >= 0;

    private protected override void Process()
    {
        bool isNamed = ParameterSetName == "Name";
        if (!ShouldProcess(isNamed ? DescribeName(Name) : Describe(MemoryMappedFile), "Read content"))
        {
            return;
        }
        bool found = isNamed
            ? TryOpen(Name, Net.MemoryMappedFileAccess.Read, out UsedMap used)
            : TryUse(MemoryMappedFile, Net.MemoryMappedFileAccess.Read, out used);
        if (!found)
        {
            return;
        }
        object content;
        using (used)
        {
            try
            {
                content = Read(used.Map);
            }
            catch (Exception failure) when (IsFailure(failure))
            {
                WriteFailure(failure, isNamed ? (object)Name : MemoryMappedFile);
                return;
            }
        }
        // Bytes come one by one, or with -Raw as one array: as from Get-Content.
        WriteObject(content, enumerateCollection: AsByteStream && !Raw);
    }

    // The text, or the bytes that were asked for.
    private object Read(MemoryMappedFile map)
    {
        string activity = $"Reading the {Describe(map)}";
        bool isLong = IsPart ? Count >= Large : map.Capacity >= Large;
        if (!Raw && !AsByteStream && !IsPart && Format.Other == null)
        {
            return isLong
                ? WorkInSteps(map, LockMode.Shared, activity, isLong, held => map.ReadText(Format.Native, 0, held))
                : Work(map, LockMode.Shared, activity, (time, held) => map.ReadText(Format.Native, time, held));
        }
        byte[] bytes = isLong || IsPart
            ? WorkInSteps(map, LockMode.Shared, activity, isLong, held => ReadBytes(map, held))
            : Work(map, LockMode.Shared, activity, (time, held) => map.ReadContent(time, held));
        return AsByteStream ? bytes : (object)Format.GetText(bytes, Offset <= 0, Raw);
    }

    private byte[] ReadBytes(MemoryMappedFile map, HeldLock held)
    {
        if (!IsPart)
        {
            return map.ReadContent(0, held);
        }
        long offset = Math.Max(0, Offset);
        // Behind the content there is nothing; behind the map there is an error to tell.
        long count = Count >= 0 ? Count : Math.Max(0, map.GetContentLength(0, held) - offset);
        if (count > Mmf.MemoryMappedFile.MaxArray)
        {
            throw StatusTable.Create(
                Status.TooLong,
                $"{count} bytes were asked for, and an array of .NET holds {Mmf.MemoryMappedFile.MaxArray} at most. Read them in parts, with -Offset and -Count.");
        }
        var bytes = new byte[count];
        map.Read(offset, bytes, 0, bytes.Length);
        return bytes;
    }
}
