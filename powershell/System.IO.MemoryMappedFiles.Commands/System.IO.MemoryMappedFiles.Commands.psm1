<#
    Loads what the module is made of: the native library for this system and processor, its .NET binding (Mmf.dll) and the
    cmdlets (Mmf.PowerShell.dll). All of it is loaded once per process, whatever the number of runspaces and imports, so
    that a map can cross from one runspace into another.

    The environment variable MMF_LIBRARY names another native library.
#>

if ("$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage') {
    throw "The module System.IO.MemoryMappedFiles.Commands cannot be imported in the language mode $($ExecutionContext.SessionState.LanguageMode): import it before the session is constrained, or ask the administrator of this computer to trust the module's files."
}

$process = [System.AppDomain]::CurrentDomain
# The slot where the process keeps the cmdlets that it loaded.
$slot = 'Mmf.PowerShell'
# One import at a time: the first import of a process loads the cmdlets, and later ones find them.
[System.Threading.Monitor]::Enter($process)
try {
    $cmdlets = $process.GetData($slot)
    if (-not $cmdlets) {
        foreach ($name in 'Mmf', 'Mmf.PowerShell') {
            $file = [System.IO.Path]::Combine($PSScriptRoot, "$name.dll")
            if (-not [System.IO.File]::Exists($file)) { throw "The module is not complete: '$file' is missing. Install the module again." }
            $cmdlets = [System.Reflection.Assembly]::LoadFrom($file)
        }
        $process.SetData($slot, $cmdlets)
    }
    else {
        $own = [System.Reflection.AssemblyName]::GetAssemblyName([System.IO.Path]::Combine($PSScriptRoot, 'Mmf.PowerShell.dll')).Version
        $loaded = $cmdlets.GetName().Version
        if ($loaded -ne $own) {
            throw "This process has loaded version $($loaded.ToString(3)) of the module System.IO.MemoryMappedFiles.Commands, and cannot load version $($own.ToString(3)) beside it: start a new PowerShell for that."
        }
    }
    # Does nothing if it was called before.
    $cmdlets.GetType('Mmf.PowerShell.ModuleInitializer')::LoadLibrary($PSScriptRoot)
}
catch {
    # The original message, without the text that PowerShell adds.
    $failure = $_.Exception
    while ($failure -is [System.Management.Automation.MethodInvocationException]) { $failure = $failure.InnerException }
    throw $failure
}
finally { [System.Threading.Monitor]::Exit($process) }

# By its path, because PowerShell imports nothing for an assembly object that it has imported before.
Import-Module $cmdlets.Location
Export-ModuleMember -Cmdlet *
