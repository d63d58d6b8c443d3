# Which library: a pure choice, and the looking around that feeds it. Read only where .NET's own name for
# the platform does not lead to one.

function Get-NativeLibraryName {
    # The path of the library below the module, for a system, a processor and a C library.
    param($System, $Processor, $CLibrary)

    $places = @{
        Windows = 'win', 'mmf.dll'
        MacOS = 'osx', 'libmmf.dylib'
        Linuxglibc = 'linux', 'libmmf.so'
        Linuxmusl = 'linux-musl', 'libmmf.so'
    }
    $processors = @{ x64 = 'x64'; amd64 = 'x64'; x86 = 'x86'; arm64 = 'arm64'; arm = 'arm' }
    $place = $places["$System$CLibrary"]
    $short = $processors["$Processor"]
    if ($place -is [array] -and $short -is [string]) { "runtimes/$($place[0])-$short/native/$($place[1])" }
}

function Get-CLibraryName {
    # The C library of a process, told by what it has mapped (/proc/self/maps).
    param($Mapped)

    if ($Mapped -match '/l(?:d-|ibc\.)musl-') { 'musl' } else { 'glibc' }
}

function Find-NativeLibrary {
    # The absolute path of the library for this process. MMF_LIBRARY overrides the choice.
    param($ModulePath)

    if ($env:MMF_LIBRARY) { return Find-OtherLibrary $env:MMF_LIBRARY }
    if ($script:OnWindows) {
        # Not RuntimeInformation, which Windows PowerShell has only with newer frameworks.
        $system, $processor, $cLibrary = 'Windows', $env:PROCESSOR_ARCHITECTURE, ''
    }
    else {
        $system = if ($IsMacOS) { 'MacOS' } else { 'Linux' }
        $processor = [System.Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture
        $cLibrary = if ($IsLinux) { Get-CLibraryName ([System.IO.File]::ReadAllText('/proc/self/maps')) } else { '' }
    }
    $name = Get-NativeLibraryName -System $system -Processor $processor -CLibrary $cLibrary
    if ($name -isnot [string]) { Stop-Import PlatformNotSupportedException "There is no mmf library for $system on $processor. Build one, and name its absolute path in the environment variable MMF_LIBRARY." }
    $path = [System.IO.Path]::GetFullPath("$ModulePath/$name")
    if (-not [System.IO.File]::Exists($path)) { Stop-Import DllNotFoundException "The native library is missing: looked for '$path' ($system, $processor$(if ($cLibrary) { ", $cLibrary" })). Install the module anew, or name the absolute path of a library in the environment variable MMF_LIBRARY." }
    $path
}

function Find-OtherLibrary {
    # The library that MMF_LIBRARY names.
    param($Path)

    if ([System.IO.Path]::IsPathRooted($Path) -and [System.IO.File]::Exists($Path)) { return $Path }
    Stop-Import DllNotFoundException "The environment variable MMF_LIBRARY names '$Path', which is no absolute path of a file. Correct it, or remove it to use the library that comes with the module."
}
