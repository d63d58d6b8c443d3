using System;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Reads the text or the bytes of a map.</summary>
[Cmdlet(VerbsCommunications.Read, "MemoryMappedFile", DefaultParameterSetName = "MemoryMappedFile", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = Help.Pages + "Read-MemoryMappedFile.md")]
[OutputType(typeof(string), typeof(byte[]))]
public sealed class ReadMemoryMappedFileCommand : EncodingCmdlet
{
    private readonly ChangeWait changes;
    private ContentReader reader = ContentReader.Default;

    /// <summary>Reads once by default.</summary>
    public ReadMemoryMappedFileCommand() => changes = new ChangeWait(this, Describe);

    /// <summary>The map.</summary>
    [Parameter(ParameterSetName = "MemoryMappedFile", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public Net.MemoryMappedFile MemoryMappedFile { get; set; } = null!;

    /// <summary>The name of the map, which is opened, read and closed.</summary>
    [Parameter(ParameterSetName = "Name", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string Name { get; set; } = null!;

    /// <summary>On Unix, the user whose map is opened by name besides those of the current user and root: a name, a number, or * for every user.</summary>
    [Parameter(ParameterSetName = "Name")]
    public TrustedOwner? TrustedOwner { get; set; }

    /// <summary>Keeps the NULs in the text; with -AsByteStream, returns the bytes as one array.</summary>
    [Parameter]
    public SwitchParameter Raw { get; set; }

    /// <summary>Returns bytes instead of text.</summary>
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

    /// <summary>Reads again after every change.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>With -Wait, returns what was added instead of the whole content.</summary>
    [Parameter]
    public SwitchParameter Appended { get; set; }

    private protected override TrustedOwner? Trusted => TrustedOwner;

    /// <summary>Ends the wait for a change.</summary>
    protected override void StopProcessing() => changes.Stop();

    private protected override void Begin()
    {
        base.Begin();
        reader = new ContentReader(Format, AsByteStream, Raw, Offset, Count);
        string? refusal = !Appended ? null
            : !Wait ? "-Appended returns what is added while the cmdlet waits: use it with -Wait."
            : reader.IsPart ? "-Appended returns what is added to the end of the content: use it without -Offset and -Count."
            : null;
        if (refusal != null)
        {
            ThrowTerminatingError(RecordOf(StatusTable.Create(Status.InvalidArgument, refusal), nameof(Appended)));
        }
    }

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
        object target = isNamed ? (object)Name : MemoryMappedFile;
        object? content;
        using (used)
        {
            if (Wait)
            {
                Follow(used.Map, target);
                return;
            }
            if (!Try(target, () => Read(used), out content))
            {
                return;
            }
        }
        Write(content!);
    }

    private object Read(UsedMap used)
    {
        MemoryMappedFile map = used.Map;
        if (used.IsTemporary)
        {
            return Read(map);
        }
        MapFollower follower = MapFollower.Of(map);
        if (follower.Watch != null)
        {
            return Read(map, follower.Watch, NativeTime.Milliseconds(Timeout));
        }
        object content = Read(map);
        follower.Remember(reader, content);
        return content;
    }

    private object Read(MemoryMappedFile map)
    {
        string activity = $"Reading the {Describe(map)}";
        bool isLong = reader.IsLong(map);
        return isLong || reader.IsPart
            ? WorkInSteps(map, LockMode.Shared, activity, isLong, held => reader.Read(map, 0, held))
            : Work(map, LockMode.Shared, activity, (time, held) => reader.Read(map, time, held));
    }

    // Under the lock, so that a change is either read now or reported afterwards.
    private object Read(MemoryMappedFile map, Watch watch, long milliseconds)
    {
        string activity = $"Reading the {Describe(map)}";
        using ContentLock taken = Take(map, LockMode.Shared, activity, milliseconds);
        changes.Forget(watch);
        return reader.IsLong(map)
            ? RunAside(activity, () => reader.Read(map, 0, taken.Held))
            : reader.Read(map, 0, taken.Held);
    }

    // Returns the content, and again after every change, until the time passes without a change.
    private void Follow(MemoryMappedFile map, object target)
    {
        if (!Try(target, () => MapFollower.Of(map).GetWatch(map, willLook: true), out Watch? watch))
        {
            return;
        }
        // The time limits the wait for a change, not the wait for the lock.
        long quiet = IsGiven(nameof(Timeout)) ? NativeTime.Milliseconds(Timeout) : -1;
        var appendix = new Appendix();
        bool isChanged;
        do
        {
            if (!Try(target, () => Read(map, watch!, NativeTime.Milliseconds(Timeout)), out object? content))
            {
                return;
            }
            if (Appended)
            {
                WriteAdded(appendix, content!);
            }
            else
            {
                Write(content!);
            }
        }
        while (Try(target, () => changes.Next(watch!, () => quiet), out isChanged) && isChanged);
    }

    private void WriteAdded(Appendix appendix, object content)
    {
        if (content is byte[] bytes)
        {
            byte[] added = appendix.NextBytes(bytes);
            if (added.Length > 0)
            {
                Write(added);
            }
        }
        else if (Raw)
        {
            string added = appendix.NextText((string)content);
            if (added.Length > 0)
            {
                Write(added);
            }
        }
        else
        {
            WriteObject(appendix.NextLines((string)content), enumerateCollection: true);
        }
    }

    // Bytes come one by one, or with -Raw as one array: as from Get-Content.
    private void Write(object content) => WriteObject(content, enumerateCollection: AsByteStream && !Raw);
}
