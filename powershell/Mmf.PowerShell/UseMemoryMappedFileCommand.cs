using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Runs a script block under the content lock of a map.</summary>
[Cmdlet(VerbsOther.Use, "MemoryMappedFile", DefaultParameterSetName = "Piped", HelpUri = Help.Pages + "Use-MemoryMappedFile.md")]
[OutputType(typeof(object))]
public sealed class UseMemoryMappedFileCommand : ContentCmdlet
{
    /// <summary>The map.</summary>
    [Parameter(ParameterSetName = "Piped", Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = "MemoryMappedFile", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public Net.MemoryMappedFile MemoryMappedFile { get; set; } = null!;

    /// <summary>The name of the map, which is opened, used and closed.</summary>
    [Parameter(ParameterSetName = "Name", Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string Name { get; set; } = null!;

    /// <summary>On Unix, the user whose map is opened by name besides those of the current user and root: a name, a number, or * for every user.</summary>
    [Parameter(ParameterSetName = "Name")]
    public TrustedOwner? TrustedOwner { get; set; }

    /// <summary>The script block to run under the lock. In it, $_ is the map.</summary>
    [Parameter(ParameterSetName = "Piped", Mandatory = true, Position = 0)]
    [Parameter(ParameterSetName = "MemoryMappedFile", Mandatory = true, Position = 1)]
    [Parameter(ParameterSetName = "Name", Mandatory = true, Position = 1)]
    public ScriptBlock ScriptBlock { get; set; } = null!;

    private protected override TrustedOwner? Trusted => TrustedOwner;

    private protected override void Process()
    {
        bool isNamed = ParameterSetName == "Name";
        bool found = isNamed
            ? TryOpen(Name, Net.MemoryMappedFileAccess.ReadWrite, out UsedMap used)
            : TryUse(MemoryMappedFile, Net.MemoryMappedFileAccess.ReadWrite, out used);
        if (!found)
        {
            return;
        }
        using (used)
        {
            object target = isNamed ? (object)Name : MemoryMappedFile;
            string activity = $"Waiting for the {Describe(used.Map)}";
            if (!Try(target, () => Take(used.Map, LockMode.Exclusive, activity, NativeTime.Milliseconds(Timeout)), out ContentLock? taken))
            {
                return;
            }
            using (taken)
            {
                Run(used.Map);
            }
        }
    }

    // Like ForEach-Object: in the caller's scope, and every object goes to the pipeline at once. The script uses no variable
    // names, because those would be visible in the caller's scope.
    private void Run(MemoryMappedFile map) =>
        InvokeCommand.InvokeScript(
            @"Microsoft.PowerShell.Core\ForEach-Object -Process $args[0] -InputObject $args[1]",
            useNewScope: false,
            PipelineResultTypes.Output | PipelineResultTypes.Error,
            null,
            ScriptBlock,
            map);
}
