using System;
using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Reflection;

namespace Mmf.PowerShell;

/// <summary>The object that came down the pipeline: what <c>$_</c> is to a function.</summary>
/// <remarks>
/// A parameter that PowerShell filled does not tell what it was made of: a map that was piped in can become a name, a
/// number a switch. Functions see the object; cmdlets have it too, but not in public. Where it cannot be had, parameters
/// are taken as PowerShell filled them.
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
