using System;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Mmf.PowerShell;

/// <summary>Tells the library about PowerShell, when the module is imported.</summary>
public sealed class ModuleInitializer : IModuleAssemblyInitializer
{
    /// <summary>Makes a content lock belong to a runspace, and a wait for one end when the pipeline is stopped.</summary>
    public void OnImport()
    {
        Caller.Identify = () => Runspace.DefaultRunspace;
        Caller.WhileWaiting = () => Runspace.DefaultRunspace == null ? null : (Action<TimeSpan>)StopIfAsked;
    }

    /// <summary>Loads the native library that lies in a module's folder, or the one that MMF_LIBRARY names.</summary>
    /// <param name="folder">The folder of the module.</param>
    public static void LoadLibrary(string folder) => MmfLibrary.LoadFrom(folder);

    // PowerShell refuses to run anything, be it nothing at all, in a pipeline that is being stopped.
    private static void StopIfAsked(TimeSpan elapsed) => ScriptBlock.Create("").Invoke();
}
