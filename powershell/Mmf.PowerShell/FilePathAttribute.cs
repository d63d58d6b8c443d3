using System.IO;
using System.Management.Automation;

namespace Mmf.PowerShell;

/// <summary>Lets a path be a file or a folder of Get-Item: by its full path, wherever the shell is.</summary>
internal sealed class FilePathAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        object? plain = inputData is PSObject wrapped ? wrapped.BaseObject : inputData;
        return plain is FileSystemInfo item ? item.FullName : inputData;
    }
}
