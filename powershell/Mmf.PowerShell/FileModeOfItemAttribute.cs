using System.IO;
using System.Management.Automation;

namespace Mmf.PowerShell;

/// <summary>A file of Get-Item has a property Mode (<c>-a---</c>), which is not a file mode: it is treated as Open.</summary>
internal sealed class FileModeOfItemAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        inputData?.ToString()?.Contains("-") == true && !int.TryParse(inputData.ToString(), out _) ? FileMode.Open : inputData!;
}
