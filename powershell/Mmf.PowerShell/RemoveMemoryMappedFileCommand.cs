using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Closes maps.</summary>
[Cmdlet(VerbsCommon.Remove, "MemoryMappedFile", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, HelpUri = Help.Pages + "Remove-MemoryMappedFile.md")]
[OutputType(typeof(void))]
public sealed class RemoveMemoryMappedFileCommand : MapCmdlet
{
    /// <summary>The maps.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    public Net.MemoryMappedFile[] MemoryMappedFile { get; set; } = null!;

    private protected override void Process()
    {
        foreach (Net.MemoryMappedFile map in MemoryMappedFile)
        {
            if (ShouldProcess(Describe(map), "Remove"))
            {
                map.Dispose();
            }
        }
    }
}
