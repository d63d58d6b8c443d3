using System.Management.Automation;

namespace Mmf.PowerShell;

/// <summary>Seconds to wait: 0 or more, or -1 for no limit.</summary>
internal sealed class ValidateTimeoutAttribute : ValidateArgumentsAttribute
{
    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        // Also refuses NaN, which is not even equal to itself.
        if (!(arguments is double seconds) || !(seconds == -1 || (seconds >= 0 && seconds <= int.MaxValue)))
        {
            throw new ValidationMetadataException(
                $"{arguments} is not a valid time: specify seconds from 0 to {int.MaxValue}, or -1 to wait without a limit.");
        }
    }
}
