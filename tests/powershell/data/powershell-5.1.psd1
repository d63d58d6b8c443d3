# The commands and members that the module's scripts may use, because Windows PowerShell 5.1 with .NET Framework 4.7 has
# them. This list comes from documentation, not from a run on 5.1. Before you add a member, check that 5.1 has it.
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
