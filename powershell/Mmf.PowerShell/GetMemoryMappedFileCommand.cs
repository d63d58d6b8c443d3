using System;
using System.Collections.Generic;
using System.Management.Automation;

namespace Mmf.PowerShell;

/// <summary>Lists the named maps that exist, without opening them.</summary>
[Cmdlet(VerbsCommon.Get, "MemoryMappedFile", HelpUri = Help.Pages + "Get-MemoryMappedFile.md")]
[OutputType(typeof(MapEntry))]
public sealed class GetMemoryMappedFileCommand : MapCmdlet
{
    /// <summary>The names, or patterns of names.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [MapNames]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MapNameCompleter))]
    [Alias("mapName")]
    public string[] Name { get; set; } = { "*" };

    private protected override void Process()
    {
        if (!Try(null, MemoryMappedFile.GetMaps, out IReadOnlyList<MapEntry>? maps))
        {
            return;
        }
        foreach (string name in Name)
        {
            bool isPattern = WildcardPattern.ContainsWildcardCharacters(name);
            var pattern = new WildcardPattern(name, WildcardOptions.IgnoreCase);
            bool isFound = false;
            foreach (MapEntry map in maps!)
            {
                if (isPattern ? pattern.IsMatch(map.Name) : map.Name == name)
                {
                    isFound = true;
                    WriteObject(map);
                }
            }
            if (!isFound && !isPattern)
            {
                WriteFailure(Status.NotFound, $"No process holds a map with the name '{name}'.", name);
            }
        }
    }
}
