namespace Mmf.PowerShell;

/// <summary>Where the pages of the cmdlets are, which <c>Get-Help -Online</c> opens.</summary>
internal static class Help
{
    internal const string Pages = "https://github.com/lmissel/System.IO.MemoryMappedFiles.Commands/blob/HEAD/docs/en-US/";
}
