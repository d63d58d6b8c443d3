using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Mmf.PowerShell;

/// <summary>Adapts the library to PowerShell when the module is imported.</summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    /// <summary>Makes content locks belong to runspaces, and makes a wait for a lock end when the pipeline is stopped.</summary>
    public void OnImport()
    {
        Caller.Identify = () => Runspace.DefaultRunspace;
        Caller.WhileWaiting = () => Runspace.DefaultRunspace == null ? null : (Action<TimeSpan>)StopIfAsked;
    }

    /// <summary>Loads the native library in a module's folder, or the one that MMF_LIBRARY specifies.</summary>
    /// <param name="folder">The folder of the module.</param>
    public static void LoadLibrary(string folder) => MmfLibrary.LoadFrom(folder);

    // In a pipeline that is being stopped, PowerShell refuses to run anything, even an empty script.
    private static void StopIfAsked(TimeSpan elapsed) => ScriptBlock.Create("").Invoke();
}
