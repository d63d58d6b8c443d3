namespace Mmf.PowerShell;

/// <summary>Where <c>Get-Help -Online</c> leads.</summary>
internal static class Help
{
    internal const string Uri = "https://github.com/lmissel/System.IO.MemoryMappedFiles.Commands/";
}
