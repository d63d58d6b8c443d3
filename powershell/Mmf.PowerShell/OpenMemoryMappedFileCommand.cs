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
    // The interval after which a wait can be stopped.
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

    /// <summary>The rights of the handle.</summary>
    [Parameter(ParameterSetName = "MemoryMappedFileRights", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "HandleInheritability", Mandatory = true, Position = 1, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("desiredAccessRights")]
    public Net.MemoryMappedFileRights MemoryMappedFileRights { get; set; }

    /// <summary>Whether programs that this process starts inherit the handle.</summary>
    [Parameter(ParameterSetName = "HandleInheritability", Mandatory = true, Position = 2, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("inheritability")]
    public HandleInheritability HandleInheritability { get; set; }

    /// <summary>Waits for a map that does not exist yet.</summary>
    [Parameter]
    public SwitchParameter Wait { get; set; }

    /// <summary>The seconds to wait; -1: without a limit. With this parameter the cmdlet waits even without -Wait.</summary>
    [Parameter]
    [ValidateTimeout]
    public double Timeout { get; set; } = -1;

    /// <summary>On Unix, the user whose map is opened by name besides those of the current user and root: a name, a number, or * for every user.</summary>
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

    // The error is terminating, as in version 1, so that try and catch work. But one missing name must not prevent the others
    // from being opened: with several names the errors are collected, and the last one terminates only if nothing was opened.
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
