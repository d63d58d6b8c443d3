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

    /// <summary>Whose map is opened by the name on Unix, beside one's own and root's: a user's name or number, or * for everyone's.</summary>
    [Parameter(ParameterSetName = "Name")]
    public TrustedOwner? TrustedOwner { get; set; }

    /// <summary>What runs under the lock. In it, $_ is the map.</summary>
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

    // As ForEach-Object does it: in the caller's scope, with every object going down the pipeline at once. Nothing is named
    // in the script, since names would be the caller's, too.
    private void Run(MemoryMappedFile map) =>
        InvokeCommand.InvokeScript(
            @"Microsoft.PowerShell.Core\ForEach-Object -Process $args[0] -InputObject $args[1]",
            useNewScope: false,
            PipelineResultTypes.Output | PipelineResultTypes.Error,
            null,
            ScriptBlock,
            map);
}
