# What the module's script uses of PowerShell and .NET, allowed for Windows PowerShell 5.1 after a reading from knowledge
# of .NET Framework 4.7, not by a run on 5.1: a new member must be added here, and so be thought about.
@{
    # Functions of the module itself.
    Own = @()
    Commands = @{
        'Export-ModuleMember' = @('Cmdlet')
        'Import-Module' = @()
    }
    Members = @(
        'System.AppDomain::CurrentDomain'
        'System.IO.File::Exists'
        'System.IO.Path::Combine'
        'System.Reflection.Assembly::LoadFrom'
        'System.Reflection.AssemblyName::GetAssemblyName'
        'System.Threading.Monitor::Enter'
        'System.Threading.Monitor::Exit'
    )
    Methods = @(
        'GetData'
        'GetName'
        'GetType'
        'SetData'
        'ToString'
    )
}
