using System.IO;
using System.Management.Automation;

namespace Mmf.PowerShell;

/// <summary>Lets a path be a file or a folder of Get-Item: its full path is used, in any current directory.</summary>
internal sealed class FilePathAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? plain = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return plain is FileSystemInfo item ? item.FullName : inputData;
    }
}
