using System.Management.Automation;
using Net = System.IO.MemoryMappedFiles;

namespace Mmf.PowerShell;

/// <summary>Lets a parameter for names take a map from the pipeline: uses its name instead of its string form.</summary>
internal sealed class MapNamesAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? plain = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        switch (plain)
        {
            case string name:
                return new[] { name };
            case MapEntry entry:
                return new[] { entry.Name };
            case MemoryMappedFile { Name: { } name }:
                return new[] { name };
            case Net.MemoryMappedFile _:
                throw new ArgumentTransformationMetadataException("The map has no name to open it by. Use the map itself.");
            default:
                return inputData;
        }
    }
}
