using System;
using System.Collections.Generic;
using System.Collections.ObjectModel;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Saves the text or the bytes of maps to files.</summary>
[Cmdlet(VerbsData.Save, "MemoryMappedFile", DefaultParameterSetName = "Path", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = Help.Pages + "Save-MemoryMappedFile.md")]
[OutputType(typeof(System.IO.FileInfo))]
public sealed class SaveMemoryMappedFileCommand : EncodingCmdlet
{
    private bool isPathGiven;

    /// <summary>The maps.</summary>
    [Parameter(ParameterSetName = "Path", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "LiteralPath", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public Net.MemoryMappedFile[] MemoryMappedFile { get; set; } = null!;

    /// <summary>The name of a map, which is opened, saved and closed.</summary>
    [Parameter(ParameterSetName = "Name", Mandatory = true)]
    [Parameter(ParameterSetName = "NameLiteralPath", Mandatory = true)]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string Name { get; set; } = null!;

    /// <summary>On Unix, the user whose map is opened by name besides those of the current user and root: a name, a number, or * for every user.</summary>
    [Parameter(ParameterSetName = "Name")]
    [Parameter(ParameterSetName = "NameLiteralPath")]
    public TrustedOwner? TrustedOwner { get; set; }

    /// <summary>The files; patterns stand for the files that match.</summary>
    [Parameter(ParameterSetName = "Path", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "Name", Mandatory = true, Position = 0)]
    [SupportsWildcards]
    public string[] Path { get; set; } = null!;

    /// <summary>The files, taken literally.</summary>
    [Parameter(ParameterSetName = "LiteralPath", Mandatory = true)]
    [Parameter(ParameterSetName = "NameLiteralPath", Mandatory = true)]
    public string[] LiteralPath { get; set; } = null!;

    /// <summary>Appends to the files instead of replacing them.</summary>
    [Parameter]
    public SwitchParameter Append { get; set; }

    /// <summary>Saves the bytes of the content instead of its text.</summary>
    [Parameter]
    public SwitchParameter AsByteStream { get; set; }

    /// <summary>Writes no line end after the text.</summary>
    [Parameter]
    public SwitchParameter NoNewline { get; set; }

    /// <summary>Makes existing files an error.</summary>
    [Parameter]
    public SwitchParameter NoClobber { get; set; }

    /// <summary>Accepted for clarity: read-only files are written in any case.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Returns the files.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    private protected override TrustedOwner? Trusted => TrustedOwner;

    private protected override void Begin()
    {
        isPathGiven = IsGiven(nameof(Path)) || IsGiven(nameof(LiteralPath));
        base.Begin();
    }

    private protected override void Process()
    {
        if (!isPathGiven && Piped?.BaseObject is Net.MemoryMappedFile map)
        {
            WriteFailure(Status.InvalidArgument, $"The pipeline contains a map, but no path to save the {Describe(map)} to: specify it with -Path.", map);
            return;
        }
        bool isNamed = ParameterSetName.StartsWith("Name", StringComparison.Ordinal);
        foreach (string file in ResolveFiles())
        {
            if (isNamed)
            {
                if (ShouldProcess(file, $"Save {DescribeName(Name)}") && TryOpen(Name, Net.MemoryMappedFileAccess.Read, out UsedMap used))
                {
                    Save(used, file, Append);
                }
                continue;
            }
            for (int index = 0; index < MemoryMappedFile.Length; index++)
            {
                Net.MemoryMappedFile given = MemoryMappedFile[index];
                if (ShouldProcess(file, $"Save {Describe(given)}") && TryUse(given, Net.MemoryMappedFileAccess.Read, out UsedMap used))
                {
                    // Several maps are written to a file one after the other, as Set-Content writes several values.
                    Save(used, file, Append || index > 0);
                }
            }
        }
    }

    private void Save(UsedMap used, string file, bool append)
    {
        using (used)
        {
            try
            {
                Save(used.Map, file, append);
            }
            catch (Exception failure) when (IsFailure(failure))
            {
                WriteFailure(failure, file);
                return;
            }
        }
        if (PassThru)
        {
            WriteObject(new System.IO.FileInfo(file));
        }
    }

    private void Save(MemoryMappedFile map, string file, bool append)
    {
        string activity = $"Saving the {Describe(map)}";
        string ending = AsByteStream || NoNewline ? "" : Environment.NewLine;
        if (!append && (AsByteStream || (Format.Other == null && Format.Native == TextEncoding.Utf8) || !IsGiven(nameof(Encoding))))
        {
            // The library writes another file and renames it. Version 1 replaced read-only files, hence Force.
            var options = new SaveOptions
            {
                Part = AsByteStream ? SavePart.Content : SavePart.Text,
                KeepExisting = NoClobber,
                Force = true,
                Ending = ending.Length == 0 ? null : ending,
            };
            WorkInSteps(map, LockMode.Shared, activity, isLong: true, held =>
            {
                map.Save(file, options, TextEncoding.Utf8, 0, held);
                return true;
            });
            return;
        }
        byte[] bytes = AsByteStream
            ? WorkInSteps(map, LockMode.Shared, activity, isLong: true, held => map.ReadContent(0, held))
            : Format.GetBytes(WorkInSteps(map, LockMode.Shared, activity, isLong: true, held => map.ReadText(TextEncoding.Utf8, 0, held)) + ending);
        RunAside(activity, () =>
        {
            FileWriter.Write(file, bytes, AsByteStream ? Array.Empty<byte>() : Format.Mark, append, NoClobber);
            return true;
        });
    }

    // The files that -Path or -LiteralPath select. A pattern that matches nothing is a name.
    private IEnumerable<string> ResolveFiles()
    {
        foreach (string literal in LiteralPath ?? Array.Empty<string>())
        {
            if (ResolvePath(literal) is string file)
            {
                yield return file;
            }
        }
        foreach (string path in LiteralPath == null ? Path : Array.Empty<string>())
        {
            Collection<string>? matching = Matching(path);
            if (matching != null)
            {
                foreach (string file in matching)
                {
                    yield return file;
                }
            }
            else if (ResolvePath(path) is string file)
            {
                yield return file;
            }
        }
    }

    private Collection<string>? Matching(string path)
    {
        if (!WildcardPattern.ContainsWildcardCharacters(path))
        {
            return null;
        }
        try
        {
            Collection<string> found = SessionState.Path.GetResolvedProviderPathFromPSPath(path, out ProviderInfo provider);
            return provider.Name == "FileSystem" && found.Count > 0 ? found : null;
        }
        catch (Exception failure) when (IsFailure(failure))
        {
            return null;
        }
    }
}
