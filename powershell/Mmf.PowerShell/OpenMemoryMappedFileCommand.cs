using System;
using System.Diagnostics;
using System.IO;
using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Opens maps by their names.</summary>
[Cmdlet(VerbsCommon.Open, "MemoryMappedFile", DefaultParameterSetName = "Default", HelpUri = Help.Pages + "Open-MemoryMappedFile.md")]
[OutputType(typeof(MemoryMappedFile))]
public sealed class OpenMemoryMappedFileCommand : MapCmdlet
{
    // How long one turn of a wait is: how soon it can be stopped.
    private const int Turn = 50;

    private int names;
    private bool isOpened;
    private ErrorRecord? pending;

    /// <summary>The names of the maps.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [MapNames]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string[] Name { get; set; } = null!;

    /// <summary>What the map is opened for.</summary>
    [Parameter(ParameterSetName = "MemoryMappedFileRights", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "HandleInheritability", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("desiredAccessRights")]
    public Net.MemoryMappedFileRights MemoryMappedFileRights { get; set; }

    /// <summary>Whether programs that this process starts get the handle.</summary>
    [Parameter(ParameterSetName = "HandleInheritability", Mandatory = true, Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("inheritability")]
    public HandleInheritability HandleInheritability { get; set; }

    /// <summary>Waits for a map that does not exist yet.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>How many seconds to wait; -1: without end. Waits, too, if only this is given.</summary>
    [Parameter]
    [ValidateTimeout]
    public double Timeout { get; set; } = -1;

    /// <summary>Whose map is opened by the name on Unix, beside one's own and root's: a user's name or number, or * for everyone's.</summary>
    [Parameter]
    public TrustedOwner? TrustedOwner { get; set; }

    private protected override void Process()
    {
        foreach (string name in Name)
        {
            names++;
            try
            {
                MemoryMappedFile map = Open(name);
                isOpened = true;
                WriteObject(map);
            }
            catch (Exception failure) when (IsFailure(failure))
            {
                Tell(RecordOf(failure, name));
            }
        }
    }

    // Terminating, as it always was, so that try and catch work. But a missing name among several must not keep the others
    // from being opened: there the errors wait for each other, and the last one terminates if nothing was opened at all.
    private void Tell(ErrorRecord record)
    {
        ActionPreference preference = ErrorPreference();
        if (preference == ActionPreference.SilentlyContinue || preference == ActionPreference.Ignore)
        {
            WriteError(record);
        }
        else if (!MyInvocation.ExpectingInput && Name.Length == 1)
        {
            ThrowTerminatingError(record);
        }
        else
        {
            if (pending != null)
            {
                WriteError(pending);
            }
            pending = record;
        }
    }

    private protected override void End()
    {
        if (pending == null)
        {
            return;
        }
        if (isOpened)
        {
            WriteError(pending);
        }
        else
        {
            ThrowTerminatingError(pending);
        }
    }

    private MemoryMappedFile Open(string name)
    {
        var options = new MapOptions { Rights = MemoryMappedFileRights, Inheritability = HandleInheritability, TrustedOwner = TrustedOwner ?? TrustedOwner.SelfAndRoot };
        bool waits = Wait || IsGiven(nameof(Timeout));
        TimeSpan limit = Timeout < 0 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(Timeout);
        Stopwatch clock = Stopwatch.StartNew();
        using var progress = new Progress(this, $"Waiting for the map '{name}'");
        while (true)
        {
            try
            {
                return MemoryMappedFile.OpenExisting(name, options);
            }
            catch (FileNotFoundException) when (waits && clock.Elapsed < limit)
            {
                Meanwhile(progress, clock.Elapsed, "");
                TimeSpan left = limit - clock.Elapsed;
                options.Wait = left > TimeSpan.Zero && left < TimeSpan.FromMilliseconds(Turn) ? left : TimeSpan.FromMilliseconds(Turn);
            }
        }
    }
}
