using System.IO;
using System.Management.Automation;

namespace Mmf.PowerShell;

/// <summary>What a file of Get-Item shows as its Mode (<c>-a---</c>) is not how to open it: it must exist.</summary>
internal sealed class FileModeOfItemAttribute : ArgumentTransformationAttribute
{
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData) =>
        inputData?.ToString()?.Contains("-") == true && !int.TryParse(inputData.ToString(), out _) ? FileMode.Open : inputData!;
}
