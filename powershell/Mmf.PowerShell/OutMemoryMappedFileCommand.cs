using System;
using System.Collections.Generic;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Writes text or bytes into a map.</summary>
[Cmdlet(VerbsData.Out, "MemoryMappedFile", DefaultParameterSetName = "MemoryMappedFile", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = Help.Pages + "Out-MemoryMappedFile.md")]
[OutputType(typeof(MemoryMappedFile))]
public sealed class OutMemoryMappedFileCommand : EncodingCmdlet
{
    // From this length on, writing uses another thread, so that progress can be shown.
    private const int Long = 16 * 1024 * 1024;

    private bool isTextGiven;
    private bool isAppendGiven;
    private List<byte>? singleBytes;
    private int replacements;
    private Net.MemoryMappedFile? replacedIn;

    /// <summary>The map.</summary>
    [Parameter(ParameterSetName = "MemoryMappedFile", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public Net.MemoryMappedFile MemoryMappedFile { get; set; } = null!;

    /// <summary>The name of the map, which is opened, written and closed.</summary>
    [Parameter(ParameterSetName = "Name", Mandatory = true)]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string Name { get; set; } = null!;

    /// <summary>On Unix, the user whose map is opened by name besides those of the current user and root: a name, a number, or * for every user.</summary>
    [Parameter(ParameterSetName = "Name")]
    public TrustedOwner? TrustedOwner { get; set; }

    /// <summary>The text, or bytes.</summary>
    [Parameter(ParameterSetName = "MemoryMappedFile", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "Name", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [AllowEmptyString]
    [BytesAsText]
    [Alias("value")]
    public string String { get; set; } = null!;

    /// <summary>Appends to the content instead of replacing it.</summary>
    [Parameter(ParameterSetName = "MemoryMappedFile", Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "Name", ValueFromPipelineByPropertyName = true)]
    public SwitchParameter Append { get; set; }

    /// <summary>Writes at this offset of the map and leaves the other bytes unchanged.</summary>
    [Parameter]
    [ValidateRange(0, long.MaxValue)]
    public long Offset { get; set; } = -1;

    /// <summary>Adds no line end between the content and an appended text.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <summary>Returns the map.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override TrustedOwner? Trusted => TrustedOwner;

    private protected override void Begin()
    {
        isTextGiven = IsGiven(nameof(String));
        isAppendGiven = IsGiven(nameof(Append));
        base.Begin();
    }

    private protected override void Process()
    {
        PSObject? piped = Piped;
        if (!isTextGiven)
        {
            // The text came from the pipeline, where PowerShell converts any object to a string.
            if (piped?.BaseObject is Net.MemoryMappedFile map)
            {
                WriteFailure(Status.InvalidArgument, $"The pipeline contains a map, but no text to write to the {Describe(map)}: specify it with -String.", map);
                return;
            }
            if (piped?.BaseObject is byte single)
            {
                // Single bytes, for example from [System.IO.File]::ReadAllBytes, belong together.
                singleBytes ??= new List<byte>();
                singleBytes.Add(single);
                return;
            }
        }
        // A number from the pipeline must not turn the switch on.
        bool append = Append && (isAppendGiven || piped?.Properties["Append"] != null);
        CountReplacements(append, piped);
        Write(String, BytesAsTextAttribute.Behind(String), append);
    }

    private protected override void End()
    {
        if (singleBytes != null)
        {
            Write("", singleBytes.ToArray(), Append && isAppendGiven);
        }
        if (replacements > 1)
        {
            WriteWarning(
                $"{replacements} texts came from the pipeline, and each replaced the previous one: the map contains only the last text. "
                + "Use -Append to write all of them.");
        }
    }

    private void CountReplacements(bool append, PSObject? piped)
    {
        if (isTextGiven || append || Offset >= 0 || piped == null)
        {
            return;
        }
        replacements = ReferenceEquals(replacedIn, MemoryMappedFile) ? replacements + 1 : 1;
        replacedIn = MemoryMappedFile;
    }

    private void Write(string text, byte[]? bytes, bool append)
    {
        bool isNamed = ParameterSetName == "Name";
        string action = Offset >= 0 ? $"Write at offset {Offset}" : append ? "Append to content" : "Replace content";
        if (!ShouldProcess(isNamed ? DescribeName(Name) : Describe(MemoryMappedFile), action))
        {
            return;
        }
        bool found = isNamed
            ? TryOpen(Name, Net.MemoryMappedFileAccess.ReadWrite, out UsedMap used)
            : TryUse(MemoryMappedFile, Net.MemoryMappedFileAccess.ReadWrite, out used);
        if (!found)
        {
            return;
        }
        try
        {
            Write(used.Map, text, bytes, append);
        }
        catch (Exception failure)
        {
            used.Dispose();
            if (!IsFailure(failure))
            {
                throw;
            }
            WriteFailure(failure, isNamed ? (object)Name : MemoryMappedFile);
            return;
        }
        if (PassThru)
        {
            // From here on, the caller owns a map that was opened by its name.
            WriteObject(isNamed ? used.Map : MemoryMappedFile);
        }
        else
        {
            used.Dispose();
        }
    }

    private void Write(MemoryMappedFile map, string text, byte[]? bytes, bool append)
    {
        string activity = $"Writing to the {Describe(map)}";
        bool isText = bytes == null;
        if (isText && (Offset >= 0 || Format.Other != null))
        {
            bytes = Format.GetBytes(text);
        }
        byte[]? between = isText && !NoNewline ? Format.LineEnd : null;
        if (Offset >= 0)
        {
            WorkInSteps(map, LockMode.Exclusive, activity, bytes!.Length >= Long, _ => Done(() => map.Write(Offset, bytes, 0, bytes.Length)));
            return;
        }
        Action<long, HeldLock?> write = bytes == null
            ? (Action<long, HeldLock?>)((time, held) => map.WriteText(text, append, Format.Native, between, time, held))
            : (time, held) => map.WriteContent(bytes, append, between, time, held);
        if ((bytes?.Length ?? text.Length) >= Long)
        {
            WorkInSteps(map, LockMode.Exclusive, activity, isLong: true, held => Done(() => write(0, held)));
        }
        else
        {
            Work(map, LockMode.Exclusive, activity, (time, held) => Done(() => write(time, held)));
        }
    }

    private static bool Done(Action action)
    {
        action();
        return true;
    }
}
