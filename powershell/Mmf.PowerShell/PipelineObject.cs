using System;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Reflection;

namespace Mmf.PowerShell;

/// <summary>The pipeline object: the <c>$_</c> of a function.</summary>
/// <remarks>
/// A parameter that PowerShell has bound does not show the original object: a map from the pipeline can become a name, a
/// number a switch. Functions see the object; cmdlets have it, too, but in a private field. If it is not available, parameters
/// are used as PowerShell bound them.
/// </remarks>
internal static class PipelineObject
{
    private static readonly Func<InternalCommand, PSObject>? Get = FindGetter();

    internal static PSObject? Of(PSCmdlet cmdlet) => Get?.Invoke(cmdlet);

    private static Func<InternalCommand, PSObject>? FindGetter()
    {
        MethodInfo? getter = typeof(InternalCommand)
            .GetProperty("CurrentPipelineObject", BindingFlags.Instance | BindingFlags.NonPublic)?.GetMethod;
        return getter == null
            ? null
            : (Func<InternalCommand, PSObject>)getter.CreateDelegate(typeof(Func<InternalCommand, PSObject>));
    }
}
