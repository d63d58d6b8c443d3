<#
    Loads the native library and binds it, then loads the cmdlets: one file each, beside this one.

    The binding is emitted with System.Reflection.Emit, because compiling C# would cost most of a
    second at every import. It is defined once per process, whatever the number of runspaces and
    imports, so that a map can cross from one runspace into another.
#>

# ---------------------------------------------------------------------------------------------
# Which library: a pure choice, and the looking around that feeds it.
# ---------------------------------------------------------------------------------------------

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

function Stop-Import {
    # Ends the import with an exception of .NET. A function of its own, so that no import has to
    # prepare what goes wrong in few.
    param($Type, $Message, $Cause)

    throw (New-Object "System.$Type" $Message, $Cause)
}

# ---------------------------------------------------------------------------------------------
# The binding, written in a small notation of its own, with single blanks between words:
#   struct S a:int b:long            the fields of a structure of the library
#   class C Base Interface           followed, two blanks in, by its members
#     import public RET name a:T     a function of the library: Cdecl, by its absolute path
#     field FLAG T name
#     ctor FLAG void ctor a:T        followed by what is local (local a:T) and by its instructions
#     method FLAG RET name a:T       the same; name/other: what an overload is called here
#     method getter RET get_name     gives the class a property, too
#     function FLAG RET name a:T     a static method
#       ldarg a; call T::name(T)     as .NET's OpCodes has them; mark :label, try, catch T, end
# No name is told from another by case alone, and nothing local is called as a type is.
# An error buffer is a byte array (mmf_error_t): status, OS code, length, message in UTF-8.
# Methods called 'object' or 'Exception' give a failure back instead of throwing it, so that the
# cmdlets need no try/catch, which would leave a second record in $Error.
# Shared.Start sets what all share, and gives the version of a library that does not fit.
#
# First what the first map needs: all that the object itself can do, and creating it. What is
# 'private' can be called by everything that is emitted here, and by nobody else.
# ---------------------------------------------------------------------------------------------

$script:Notation = @'
struct MapOptions struct_size:uint access:int rights:int allocation:int inheritability:int mode:int uid:long gid:long sddl:nint sddl_length:nint wait_ms:long
struct MapInfo kind:int access:int rights:int inheritable:int foreign:int orphaned:int capacity:long descriptor:nint
struct ViewInfo pointer:nint size:nint offset:long access:int
struct Text data:nint length:nint
struct StatusInfo name:nint exception:nint category:nint hresult:int

class Native object
  import public int mmf_version_get major:uint& minor:uint& patch:uint&
  import public int mmf_status_describe status:int info:StatusInfo&
  import public int mmf_map_create_new16 name:string length:nint capacity:long options:MapOptions& map:ulong& error:byte[]
  import public int mmf_map_create_or_open16 name:string length:nint capacity:long options:MapOptions& map:ulong& error:byte[]
  import public int mmf_map_close map:ulong error:byte[]
  import public int mmf_map_get_info map:ulong info:MapInfo& error:byte[]
  import public int mmf_map_get_path16 map:ulong path:Text& error:byte[]
  import public int mmf_map_duplicate_descriptor map:ulong descriptor:nint& error:byte[]
  import public int mmf_lock_take map:ulong mode:int timeout_ms:long lock:ulong& error:byte[]
  import public int mmf_lock_release lock:ulong error:byte[]
  import public int mmf_view_create map:ulong offset:long size:long access:int view:ulong& error:byte[]
  import public int mmf_view_get_info view:ulong info:ViewInfo& error:byte[]
  import public int mmf_view_close view:ulong error:byte[]
  import public void mmf_text16_free text:Text

class Shared object
  field static System.Reflection.FieldInfo[] BaseFields
  field static bool OwnViews
  field static string[] Kinds
  field static bool OnWindows
  field static System.Reflection.MethodInfo SetHandle
  field static System.LocalDataStoreSlot Owner
  field static System.Type[] NamesFirst
  field static string Mark
  function public System.Version Start windows:bool
    local major:uint
    local minor:uint
    local patch:uint
    local nul:string
    ldarg windows; stsfld Shared.OnWindows
    ldtoken System.IO.MemoryMappedFiles.MemoryMappedFile; call System.Type::GetTypeFromHandle(System.RuntimeTypeHandle); ldc_i4 36; callvirt System.Type::GetFields(System.Reflection.BindingFlags); stsfld Shared.BaseFields
    ldstr " Named File NamedFile Anonymous"; ldnull; call System.String::Split(char[]); stsfld Shared.Kinds
    call System.Threading.Thread::AllocateDataSlot(); stsfld Shared.Owner
    ldc_i4 3; newarr System.Type; stsfld Shared.NamesFirst
    ldsfld Shared.NamesFirst; ldc_i4 0; ldtoken System.ArgumentNullException; call System.Type::GetTypeFromHandle(System.RuntimeTypeHandle); stelem_ref
    ldsfld Shared.NamesFirst; ldc_i4 1; ldtoken System.ArgumentOutOfRangeException; call System.Type::GetTypeFromHandle(System.RuntimeTypeHandle); stelem_ref
    ldsfld Shared.NamesFirst; ldc_i4 2; ldtoken System.ObjectDisposedException; call System.Type::GetTypeFromHandle(System.RuntimeTypeHandle); stelem_ref
    ldc_i4 0; ldc_i4 1; newobj System.String::.ctor(char,int); stloc nul
    ldloc nul; call System.IO.Path::GetRandomFileName(); ldloc nul; call System.String::Concat(string,string,string); stsfld Shared.Mark
    ldloca major; ldloca minor; ldloca patch; call Native.mmf_version_get; pop
    ldloc major; ldc_i4 2; beq :fits
    ldloc major; ldloc minor; ldloc patch; newobj System.Version::.ctor(int,int,int); ret
    mark :fits
    ldnull; ret

class MapHandle System.Runtime.InteropServices.SafeHandle
  field public ulong Id
  ctor public void ctor id:ulong
    ldarg this; ldc_i4 0; conv_i; ldc_i4 1; call System.Runtime.InteropServices.SafeHandle::.ctor(nint,bool)
    ldarg this; ldarg id; stfld MapHandle.Id
    ldarg this; ldc_i4 1; conv_i; call System.Runtime.InteropServices.SafeHandle::SetHandle(nint)
    ret
  method override bool get_IsInvalid
    ldarg this; ldfld MapHandle.Id; ldc_i4 0; conv_i8; ceq; ret
  method protected-override bool ReleaseHandle
    ldarg this; ldfld MapHandle.Id; ldnull; call Native.mmf_map_close; ldc_i4 0; ceq; ret

class ViewHandle System.Runtime.InteropServices.SafeBuffer
  field public ulong Id
  ctor public void ctor id:ulong pointer:nint size:nint
    ldarg this; ldc_i4 1; call System.Runtime.InteropServices.SafeBuffer::.ctor(bool)
    ldarg this; ldarg id; stfld ViewHandle.Id
    ldarg this; ldarg pointer; call System.Runtime.InteropServices.SafeHandle::SetHandle(nint)
    ldarg this; ldarg size; conv_u8; call System.Runtime.InteropServices.SafeBuffer::Initialize(ulong)
    ret
  method protected-override bool ReleaseHandle
    ldarg this; ldfld ViewHandle.Id; ldnull; call Native.mmf_view_close; ldc_i4 0; ceq; ret

class Failure object
  function public object[] Describe status:int
    local info:StatusInfo
    local row:object[]
    ldarg status; ldloca info; call Native.mmf_status_describe; brtrue :unknown
    ldc_i4 4; newarr object; stloc row
    ldloc row; ldc_i4 0; ldloc info; ldfld StatusInfo.name; call System.Runtime.InteropServices.Marshal::PtrToStringAnsi(nint); stelem_ref
    ldloc row; ldc_i4 1; ldloc info; ldfld StatusInfo.exception; call System.Runtime.InteropServices.Marshal::PtrToStringAnsi(nint); stelem_ref
    ldloc row; ldc_i4 2; ldloc info; ldfld StatusInfo.category; call System.Runtime.InteropServices.Marshal::PtrToStringAnsi(nint); stelem_ref
    ldloc row; ldc_i4 3; ldloc info; ldfld StatusInfo.hresult; box int; stelem_ref
    mark :unknown
    ldloc row; ret
  function public Exception Of status:int error:byte[]
    local row:object[]
    ldarg status; call Failure.Describe; stloc row
    ldarg status
    ldarg error; callvirt System.Object::GetType(); callvirt System.Type::get_Assembly(); ldloc row; ldc_i4 1; ldelem_ref; castclass string; callvirt System.Reflection.Assembly::GetType(string)
    call System.Text.Encoding::get_UTF8(); ldarg error; ldc_i4 12; ldarg error; ldc_i4 8; call System.BitConverter::ToInt32(byte[],int); callvirt System.Text.Encoding::GetString(byte[],int,int)
    ldloc row; ldc_i4 3; ldelem_ref; unbox_any int
    call Failure.Make; ret
  function public Exception Make status:int type:System.Type message:string hresult:int
    local arguments:object[]
    local made:Exception
    ldc_i4 2; newarr object; stloc arguments
    ldarg hresult; brfalse :plain
    ldloc arguments; ldc_i4 0; ldarg message; stelem_ref
    ldloc arguments; ldc_i4 1; ldarg hresult; box int; stelem_ref
    br :make
    mark :plain
    ldsfld Shared.NamesFirst; ldarg type; call System.Array::IndexOf(System.Array,object); ldc_i4 0; blt :one
    ldloc arguments; ldc_i4 1; ldarg message; stelem_ref
    br :make
    mark :one
    ldc_i4 1; newarr object; stloc arguments
    ldloc arguments; ldc_i4 0; ldarg message; stelem_ref
    mark :make
    ldarg type; ldloc arguments; call System.Activator::CreateInstance(System.Type,object[]); castclass Exception; stloc made
    ldloc made; callvirt System.Exception::get_Data(); ldstr "mmf_status_t"; ldarg status; box int; callvirt System.Collections.IDictionary::set_Item(object,object)
    ldloc made; ret

class ContentLock object System.IDisposable
  field private Map map
  field private int disposed
  ctor public void ctor map:Map
    ldarg this; call System.Object::.ctor()
    ldarg this; ldarg map; stfld ContentLock.map
    ret
  method interface void Dispose
    ldarg this; call ContentLock.Release; ldarg this; call System.GC::SuppressFinalize(object); ret
  method private void Release
    ldarg this; ldflda ContentLock.disposed; ldc_i4 1; call System.Threading.Interlocked::Exchange(int&,int); brtrue :done
    ldarg this; ldfld ContentLock.map; call Map.Unlock
    mark :done
    ret
  method protected-override void Finalize
    ldarg this; call ContentLock.Release; ret

class Map System.IO.MemoryMappedFiles.MemoryMappedFile
  field private MapHandle handle
  field private string name
  field private string path
  field private MapInfo info
  field private bool based
  field private System.IDisposable companion
  field private object gate
  field private ulong lockId
  field private object lockOwner
  field private int lockDepth
  ctor private void ctor id:ulong name:string companion:System.IDisposable
    local error:byte[]
    local status:int
    local text:Text
    ldarg this; newobj System.Object::.ctor(); stfld Map.gate
    ldarg this; ldarg name; stfld Map.name
    ldarg this; ldarg companion; stfld Map.companion
    ldarg this; ldarg id; newobj MapHandle.ctor; stfld Map.handle
    ldc_i4 1024; newarr byte; stloc error
    ldarg id; ldarg this; ldflda Map.info; ldloc error; call Native.mmf_map_get_info; stloc status
    ldloc status; brtrue :failed
    ldarg id; ldloca text; ldloc error; call Native.mmf_map_get_path16; brtrue :pathless
    ldarg this; ldloc text; call Map.Take; stfld Map.path
    mark :pathless
    ldarg this; ldloc error; call Map.FillBase; stloc status
    ldloc status; brtrue :failed
    ret
    mark :failed
    ldarg this; ldfld Map.handle; callvirt System.Runtime.InteropServices.SafeHandle::Dispose()
    ldloc status; ldloc error; call Failure.Of; throw
  function private object From id:ulong name:string companion:System.IDisposable
    local result:object
    try
      ldarg id; ldarg name; ldarg companion; newobj Map.ctor; stloc result
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc result; ret
  function private string Take text:Text
    local result:string
    ldnull; stloc result
    ldarg text; ldfld Text.length; brfalse :done
    ldarg text; ldfld Text.data; ldarg text; ldfld Text.length; conv_i4; call System.Runtime.InteropServices.Marshal::PtrToStringUni(nint,int); stloc result
    mark :done
    ldarg text; call Native.mmf_text16_free
    ldloc result; ret
  method getter string get_Name
    ldarg this; ldfld Map.name; ret
  method getter string get_Path
    ldarg this; ldfld Map.path; ret
  method getter long get_Capacity
    ldarg this; ldflda Map.info; ldfld MapInfo.capacity; ret
  method getter string get_Kind
    ldsfld Shared.Kinds; ldarg this; ldflda Map.info; ldfld MapInfo.kind; ldelem_ref; ret
  method getter System.IO.MemoryMappedFiles.MemoryMappedFileAccess get_Access
    ldarg this; ldflda Map.info; ldfld MapInfo.access; ret
  method private ulong GetId
    ldarg this; ldfld Map.handle; ldfld MapHandle.Id; ret
  method getter bool get_IsDisposed
    ldarg this; ldfld Map.handle; callvirt System.Runtime.InteropServices.SafeHandle::get_IsClosed(); ret
  method getter bool get_IsForeign
    local info:MapInfo
    ldarg this; call Map.Look; stloc info
    ldloc info; ldfld MapInfo.foreign; ldc_i4 0; cgt_un; ret
  method getter bool get_IsOrphaned
    local info:MapInfo
    ldarg this; call Map.Look; stloc info
    ldloc info; ldfld MapInfo.orphaned; ldc_i4 0; cgt_un; ret
  method getter bool get_IsInheritable
    local info:MapInfo
    ldarg this; call Map.Look; stloc info
    ldloc info; ldfld MapInfo.inheritable; ldc_i4 0; cgt_un; ret
  method private MapInfo Look
    local error:byte[]
    local status:int
    local info:MapInfo
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldloca info; ldloc error; call Native.mmf_map_get_info; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue :failed
    ldloc info; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  method protected-override void Dispose disposing:bool
    ldarg disposing; brfalse :done
    ldarg this; ldfld Map.lockId; ldnull; call Native.mmf_lock_release; pop
    ldarg this; ldfld Map.based; brfalse :mine
    ldarg this; ldc_i4 1; call System.IO.MemoryMappedFiles.MemoryMappedFile::Dispose(bool)
    mark :mine
    ldarg this; ldfld Map.handle; callvirt System.Runtime.InteropServices.SafeHandle::Dispose()
    ldarg this; ldfld Map.companion; brfalse :done
    ldarg this; ldfld Map.companion; callvirt System.IDisposable::Dispose()
    mark :done
    ret
  function private object ThisOwner
    ldsfld Shared.Owner; call System.Threading.Thread::GetData(System.LocalDataStoreSlot); dup; brtrue :done
    pop; call System.Management.Automation.Runspaces.Runspace::get_DefaultRunspace(); dup; brtrue :done
    pop; call System.Threading.Thread::get_CurrentThread()
    mark :done
    ret
  method private ulong GetHeldLock
    ldarg this; ldfld Map.lockOwner; brfalse :none
    ldarg this; ldfld Map.lockOwner; call Map.ThisOwner; bne_un :none
    ldarg this; ldfld Map.lockId; ret
    mark :none
    ldc_i4 0; conv_i8; ret
  method public ContentLock Lock
    ldarg this; ldc_i4 30; conv_r8; call Map.LockFor; ret
  method public ContentLock Lock/LockSpan timeout:System.TimeSpan
    ldarg this; ldarga timeout; call System.TimeSpan::get_TotalSeconds(); call Map.LockFor; ret
  method public ContentLock Lock/LockFor seconds:double
    local error:byte[]
    local status:int
    local id:ulong
    local milliseconds:long
    ldarg this; call Map.GetHeldLock; brfalse :take
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Enter(object)
    ldarg this; ldarg this; ldfld Map.lockDepth; ldc_i4 1; add; stfld Map.lockDepth
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Exit(object)
    br :done
    mark :take
    ldc_i4_m1; conv_i8; stloc milliseconds
    ldarg seconds; ldc_i4 0; conv_r8; blt :timed
    ldarg seconds; ldc_i4 2147483647; conv_r8; call System.Math::Min(double,double); ldc_i4 1000; conv_r8; mul; conv_i8; stloc milliseconds
    mark :timed
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldc_i4 1; ldloc milliseconds; ldloca id; ldloc error; call Native.mmf_lock_take; stloc status
    ldloc status; brtrue :failed
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Enter(object)
    ldarg this; ldloc id; stfld Map.lockId
    ldarg this; ldc_i4 1; stfld Map.lockDepth
    ldarg this; call Map.ThisOwner; stfld Map.lockOwner
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Exit(object)
    mark :done
    ldarg this; newobj ContentLock.ctor; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  method private void Unlock
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Enter(object)
    ldarg this; ldarg this; ldfld Map.lockDepth; ldc_i4 1; sub; stfld Map.lockDepth
    ldarg this; ldfld Map.lockDepth; brtrue :done
    ldarg this; ldnull; stfld Map.lockOwner
    ldarg this; ldfld Map.lockId; ldnull; call Native.mmf_lock_release; pop
    ldarg this; ldc_i4 0; conv_i8; stfld Map.lockId
    mark :done
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Exit(object)
    ret
  method private int FillBase error:byte[]
    local status:int
    local descriptor:nint
    local file:object
    local real:object
    local index:int
    local arguments:object[]
    ldsfld Shared.OwnViews; brtrue :done
    ldarg this; call Map.GetId; ldloca descriptor; ldarg error; call Native.mmf_map_duplicate_descriptor; stloc status
    ldloc status; ldc_i4 7; beq :done
    ldloc status; brfalse :duplicated
    ldloc status; ret
    mark :duplicated
    ldsfld Shared.OnWindows; brtrue :windows
    ldloc descriptor; ldc_i4 1; newobj Microsoft.Win32.SafeHandles.SafeFileHandle::.ctor(nint,bool); stloc file
    try
      ldloc file; castclass Microsoft.Win32.SafeHandles.SafeFileHandle; ldarg this; call Map.FileAccess; newobj System.IO.FileStream::.ctor(Microsoft.Win32.SafeHandles.SafeFileHandle,System.IO.FileAccess)
      ldnull; ldarg this; call Map.get_Capacity; ldarg this; call Map.get_Access; ldarg this; ldflda Map.info; ldfld MapInfo.inheritable; ldc_i4 0
      call System.IO.MemoryMappedFiles.MemoryMappedFile::CreateFromFile(System.IO.FileStream,string,long,System.IO.MemoryMappedFiles.MemoryMappedFileAccess,System.IO.HandleInheritability,bool); stloc real
    mark :next
      ldsfld Shared.BaseFields; ldloc index; ldelem_ref; ldarg this; ldsfld Shared.BaseFields; ldloc index; ldelem_ref; ldloc real; callvirt System.Reflection.FieldInfo::GetValue(object); callvirt System.Reflection.FieldInfo::SetValue(object,object)
      ldloc index; ldc_i4 1; add; stloc index
      ldloc index; ldsfld Shared.BaseFields; ldlen; conv_i4; blt :next
      ldarg this; ldc_i4 1; stfld Map.based
      leave :done
    catch Exception
      pop
      ldloc file; castclass Microsoft.Win32.SafeHandles.SafeFileHandle; callvirt System.Runtime.InteropServices.SafeHandle::Dispose()
      leave :done
    end
    mark :windows
    ldsfld Shared.BaseFields; ldc_i4 0; ldelem_ref; callvirt System.Reflection.FieldInfo::get_FieldType(); ldc_i4 1; call System.Activator::CreateInstance(System.Type,bool); stloc real
    ldc_i4 1; newarr object; stloc arguments
    ldloc arguments; ldc_i4 0; ldloc descriptor; box nint; stelem_ref
    ldsfld Shared.SetHandle; ldloc real; ldloc arguments; callvirt System.Reflection.MethodBase::Invoke(object,object[]); pop
    ldsfld Shared.BaseFields; ldc_i4 0; ldelem_ref; ldarg this; ldloc real; callvirt System.Reflection.FieldInfo::SetValue(object,object)
    ldarg this; ldc_i4 1; stfld Map.based
    mark :done
    ldc_i4 0; ret
  method private System.IO.FileAccess FileAccess
    ldarg this; call Map.get_Access; ldc_i4 1; beq :read
    ldarg this; call Map.get_Access; ldc_i4 3; beq :read
    ldarg this; call Map.get_Access; ldc_i4 4; beq :read
    ldc_i4 3; ret
    mark :read
    ldc_i4 1; ret
  method private ViewHandle View offset:long size:long access:System.IO.MemoryMappedFiles.MemoryMappedFileAccess
    local error:byte[]
    local status:int
    local id:ulong
    local info:ViewInfo
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldarg offset; ldarg size; ldarg access; ldloca id; ldloc error; call Native.mmf_view_create; stloc status
    ldloc status; brtrue :failed
    ldloc id; ldloca info; ldloc error; call Native.mmf_view_get_info; stloc status
    ldloc status; brtrue :failed
    ldloc id; ldloc info; ldfld ViewInfo.pointer; ldloc info; ldfld ViewInfo.size; newobj ViewHandle.ctor; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  function private System.IO.FileAccess ViewAccess access:System.IO.MemoryMappedFiles.MemoryMappedFileAccess
    ldarg access; ldc_i4 1; beq :read
    ldarg access; ldc_i4 4; beq :read
    ldarg access; ldc_i4 2; beq :write
    ldc_i4 3; ret
    mark :read
    ldc_i4 1; ret
    mark :write
    ldc_i4 2; ret
  function private long SizeOf view:ViewHandle
    ldarg view; callvirt System.Runtime.InteropServices.SafeBuffer::get_ByteLength(); conv_i8; ret
  method public System.IO.UnmanagedMemoryStream CreateViewStream/Stream0
    ldarg this; ldc_i4 0; conv_i8; ldc_i4 0; conv_i8; ldc_i4 0; call Map.Stream3; ret
  method public System.IO.UnmanagedMemoryStream CreateViewStream/Stream2 offset:long size:long
    ldarg this; ldarg offset; ldarg size; ldc_i4 0; call Map.Stream3; ret
  method public System.IO.UnmanagedMemoryStream CreateViewStream/Stream3 offset:long size:long access:System.IO.MemoryMappedFiles.MemoryMappedFileAccess
    local view:ViewHandle
    ldarg this; ldfld Map.based; brfalse :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call System.IO.MemoryMappedFiles.MemoryMappedFile::CreateViewStream(long,long,System.IO.MemoryMappedFiles.MemoryMappedFileAccess); ret
    mark :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call Map.View; stloc view
    ldloc view; ldc_i4 0; conv_i8; ldloc view; call Map.SizeOf; ldarg access; call Map.ViewAccess; newobj System.IO.UnmanagedMemoryStream::.ctor(System.Runtime.InteropServices.SafeBuffer,long,long,System.IO.FileAccess); ret
  method public System.IO.UnmanagedMemoryAccessor CreateViewAccessor/Accessor0
    ldarg this; ldc_i4 0; conv_i8; ldc_i4 0; conv_i8; ldc_i4 0; call Map.Accessor3; ret
  method public System.IO.UnmanagedMemoryAccessor CreateViewAccessor/Accessor2 offset:long size:long
    ldarg this; ldarg offset; ldarg size; ldc_i4 0; call Map.Accessor3; ret
  method public System.IO.UnmanagedMemoryAccessor CreateViewAccessor/Accessor3 offset:long size:long access:System.IO.MemoryMappedFiles.MemoryMappedFileAccess
    local view:ViewHandle
    ldarg this; ldfld Map.based; brfalse :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call System.IO.MemoryMappedFiles.MemoryMappedFile::CreateViewAccessor(long,long,System.IO.MemoryMappedFiles.MemoryMappedFileAccess); ret
    mark :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call Map.View; stloc view
    ldloc view; ldc_i4 0; conv_i8; ldloc view; call Map.SizeOf; ldarg access; call Map.ViewAccess; newobj System.IO.UnmanagedMemoryAccessor::.ctor(System.Runtime.InteropServices.SafeBuffer,long,long,System.IO.FileAccess); ret

class Maps object
  function private nint LengthOf text:string
    ldarg text; brfalse :none
    ldarg text; callvirt System.String::get_Length(); conv_i; ret
    mark :none
    ldc_i4 0; conv_i; ret
  function private MapOptions CreateOptions access:int allocation:int inheritability:int
    local options:MapOptions
    ldloca options; sizeof MapOptions; stfld MapOptions.struct_size
    ldloca options; ldarg access; stfld MapOptions.access
    ldloca options; ldarg allocation; stfld MapOptions.allocation
    ldloca options; ldarg inheritability; stfld MapOptions.inheritability
    ldloca options; ldc_i4_m1; stfld MapOptions.mode
    ldloca options; ldc_i4_m1; conv_i8; stfld MapOptions.uid
    ldloca options; ldc_i4_m1; conv_i8; stfld MapOptions.gid
    ldloc options; ret
  function public object Create orOpen:bool name:string capacity:long access:int allocation:int inheritability:int
    local options:MapOptions
    local error:byte[]
    local status:int
    local id:ulong
    ldc_i4 1024; newarr byte; stloc error
    ldarg access; ldarg allocation; ldarg inheritability; call Maps.CreateOptions; stloc options
    ldarg name; ldarg name; call Maps.LengthOf; ldarg capacity; ldloca options; ldloca id; ldloc error
    ldarg orOpen; brtrue :orOpen
    call Native.mmf_map_create_new16; br :called
    mark :orOpen
    call Native.mmf_map_create_or_open16
    mark :called
    stloc status
    ldloc status; brtrue :failed
    ldloc id; ldarg name; ldnull; call Map.From; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; ret

class Takes System.Management.Automation.ArgumentTransformationAttribute
  ctor public void ctor
    ldarg this; call System.Management.Automation.ArgumentTransformationAttribute::.ctor(); ret
  method override object Transform engine:System.Management.Automation.EngineIntrinsics input:object
    local plain:object
    ldarg input; stloc plain
    ldarg input; isinst System.Management.Automation.PSObject; brfalse :bare
    ldarg input; castclass System.Management.Automation.PSObject; callvirt System.Management.Automation.PSObject::get_BaseObject(); stloc plain
    mark :bare
    ldloc plain; isinst byte[]; brtrue :bytes
    ldloc plain; isinst System.IO.FileInfo; brtrue :file
    ldarg input; ret
    mark :file
    ldloc plain; callvirt System.IO.FileSystemInfo::get_FullName(); ret
    mark :bytes
    ldsfld Shared.Mark; ldc_i4 28591; call System.Text.Encoding::GetEncoding(int); ldloc plain; castclass byte[]; callvirt System.Text.Encoding::GetString(byte[]); call System.String::Concat(string,string); ret

class TakesMode System.Management.Automation.ArgumentTransformationAttribute
  ctor public void ctor
    ldarg this; call System.Management.Automation.ArgumentTransformationAttribute::.ctor(); ret
  method override object Transform engine:System.Management.Automation.EngineIntrinsics input:object
    ldarg input; brfalse :given
    ldarg input; callvirt System.Object::ToString(); ldstr "-"; callvirt System.String::Contains(string); brtrue :shown
    mark :given
    ldarg input; ret
    mark :shown
    ldc_i4 3; box System.IO.FileMode; ret
'@

# Who may use a map: with modes and owners, or with Windows' own language for it. Windows PowerShell
# needs neither, for there the base class has these methods, with .NET's own type.
$script:NotationOfModes = @'
struct Permissions mode:int uid:long gid:long
class Native
  import public int mmf_map_get_permissions map:ulong permissions:Permissions& error:byte[]
  import public int mmf_map_set_permissions map:ulong permissions:Permissions& error:byte[]
class AccessControl object
  field public UnixMode Mode
  field public long UserId
  field public long GroupId
  ctor public void ctor
    ldarg this; call System.Object::.ctor()
    ldarg this; ldc_i4_m1; stfld AccessControl.Mode
    ldarg this; ldc_i4_m1; conv_i8; stfld AccessControl.UserId
    ldarg this; ldc_i4_m1; conv_i8; stfld AccessControl.GroupId
    ret
class Map
  method public AccessControl GetAccessControl
    local error:byte[]
    local status:int
    local permissions:Permissions
    local result:object
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldloca permissions; ldloc error; call Native.mmf_map_get_permissions; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue :failed
    newobj AccessControl.ctor; stloc result
    ldloc result; castclass AccessControl; ldloc permissions; ldfld Permissions.mode; stfld AccessControl.Mode
    ldloc result; castclass AccessControl; ldloc permissions; ldfld Permissions.uid; stfld AccessControl.UserId
    ldloc result; castclass AccessControl; ldloc permissions; ldfld Permissions.gid; stfld AccessControl.GroupId
    ldloc result; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  method public void SetAccessControl control:AccessControl
    local error:byte[]
    local status:int
    local permissions:Permissions
    ldarg control; brtrue :given
    ldstr "control"; newobj System.ArgumentNullException::.ctor(string); throw
    mark :given
    ldc_i4 1024; newarr byte; stloc error
    ldloca permissions; ldarg control; ldfld AccessControl.Mode; stfld Permissions.mode
    ldloca permissions; ldarg control; ldfld AccessControl.UserId; stfld Permissions.uid
    ldloca permissions; ldarg control; ldfld AccessControl.GroupId; stfld Permissions.gid
    ldarg this; call Map.GetId; ldloca permissions; ldloc error; call Native.mmf_map_set_permissions; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue :failed
    ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
'@

$script:NotationOfSddl = @'
class Native
  import public int mmf_map_get_sddl16 map:ulong sddl:Text& error:byte[]
  import public int mmf_map_set_sddl16 map:ulong sddl:string length:nint error:byte[]
class Map
  method public string GetAccessControl
    local error:byte[]
    local status:int
    local text:Text
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldloca text; ldloc error; call Native.mmf_map_get_sddl16; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue :failed
    ldloc text; call Map.Take; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  method public void SetAccessControl sddl:string
    local error:byte[]
    local status:int
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldarg sddl; ldarg sddl; call Maps.LengthOf; ldloc error; call Native.mmf_map_set_sddl16; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue :failed
    ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
'@

# What is emitted when it is first needed: the content, other ways to a map, paths, and work that
# others wait for.
# Content.Read has the library write into a string that nobody else has seen yet: a short one first,
# then one of the right length, so that a long text is not copied once more.
$script:NotationOfContent = @'
struct Permissions mode:int uid:long gid:long
struct TextOptions struct_size:uint encoding:int timeout_ms:long lock:ulong separator:nint separator_length:nint
struct SaveOptions struct_size:uint part:int keep_existing:int force:int ending:nint ending_length:nint text:nint
struct ListEntry name:Text path:Text capacity:long kind:int foreign:int permissions:Permissions

class NativeContent object
  import public int mmf_map_open16 name:string length:nint options:MapOptions& map:ulong& error:byte[]
  import public int mmf_map_create_from_file16 path:string path_length:nint file_mode:int name:string name_length:nint capacity:long options:MapOptions& map:ulong& error:byte[]
  import public int mmf_map_create_from_descriptor16 descriptor:nint leave_open:int name:string name_length:nint capacity:long options:MapOptions& map:ulong& error:byte[]
  import public int mmf_map_read map:ulong offset:long buffer:byte[] size:nint error:byte[]
  import public int mmf_map_write map:ulong offset:long data:byte[] size:nint error:byte[]
  import public int mmf_map_save16 map:ulong path:string length:nint options:SaveOptions& error:byte[]
  import public int mmf_text_replace16 map:ulong text:string length:nint options:TextOptions& error:byte[]
  import public int mmf_text_append16 map:ulong text:string length:nint options:TextOptions& error:byte[]
  import public int mmf_text_read16_into map:ulong options:TextOptions& buffer:string capacity:nint length:nint& error:byte[]
  import public int mmf_content_replace map:ulong data:byte[] size:nint options:TextOptions& error:byte[]
  import public int mmf_content_append map:ulong data:byte[] size:nint separator:nint separator_size:nint options:TextOptions& error:byte[]
  import public int mmf_content_read map:ulong options:TextOptions& bytes:Text& error:byte[]
  import public int mmf_content_get_length map:ulong options:TextOptions& length:long& error:byte[]
  import public int mmf_list_get16 list:Text& error:byte[]
  import public void mmf_list_free16 list:Text
  import public void mmf_bytes_free bytes:Text

class Content object
  field static nint LineEnd
  function private TextOptions Options map:Map encoding:int separator:bool milliseconds:long
    local options:TextOptions
    ldloca options; sizeof TextOptions; stfld TextOptions.struct_size
    ldloca options; ldarg encoding; stfld TextOptions.encoding
    ldloca options; ldarg milliseconds; stfld TextOptions.timeout_ms
    ldloca options; ldarg map; call Map.GetHeldLock; stfld TextOptions.lock
    ldarg separator; brfalse :done
    ldloca options; ldsfld Content.LineEnd; stfld TextOptions.separator
    ldloca options; ldc_i4 2; conv_i; stfld TextOptions.separator_length
    mark :done
    ldloc options; ret
  function public Exception Put map:Map text:string append:bool encoding:int separator:bool milliseconds:long
    local options:TextOptions
    local error:byte[]
    local status:int
    ldc_i4 1024; newarr byte; stloc error
    ldarg map; ldarg encoding; ldarg separator; ldarg milliseconds; call Content.Options; stloc options
    ldarg map; call Map.GetId; ldarg text; ldarg text; callvirt System.String::get_Length(); conv_i; ldloca options; ldloc error
    ldarg append; brtrue :append
    call NativeContent.mmf_text_replace16; br :called
    mark :append
    call NativeContent.mmf_text_append16
    mark :called
    stloc status
    ldarg map; call System.GC::KeepAlive(object)
    ldloc status; ldloc error; call Content.Result; ret
  function public Exception PutBytes map:Map bytes:byte[] append:bool separator:bool milliseconds:long
    local options:TextOptions
    local error:byte[]
    local status:int
    ldc_i4 1024; newarr byte; stloc error
    ldarg map; ldc_i4 0; ldarg separator; ldarg milliseconds; call Content.Options; stloc options
    ldarg append; brtrue :append
    ldarg map; call Map.GetId; ldarg bytes; ldarg bytes; ldlen; conv_i; ldloca options; ldloc error; call NativeContent.mmf_content_replace; br :called
    mark :append
    ldarg map; call Map.GetId; ldarg bytes; ldarg bytes; ldlen; conv_i
    ldloca options; ldfld TextOptions.separator; ldloca options; ldfld TextOptions.separator_length; ldloca options; ldloc error; call NativeContent.mmf_content_append
    mark :called
    stloc status
    ldarg map; call System.GC::KeepAlive(object)
    ldloc status; ldloc error; call Content.Result; ret
  function private Exception Result status:int error:byte[]
    ldarg status; brtrue :failed
    ldnull; ret
    mark :failed
    ldarg status; ldarg error; call Failure.Of; ret
  function public object Read map:Map encoding:int milliseconds:long
    local options:TextOptions
    local text:string
    local length:nint
    local size:int
    local error:byte[]
    local status:int
    local result:object
    ldc_i4 1024; newarr byte; stloc error
    ldarg map; ldarg encoding; ldc_i4 0; ldarg milliseconds; call Content.Options; stloc options
    ldc_i4 512; stloc size
    try
    mark :again
      ldc_i4 0; ldloc size; newobj System.String::.ctor(char,int); stloc text
      ldarg map; call Map.GetId; ldloca options; ldloc text; ldloc size; conv_i; ldloca length; ldloc error; call NativeContent.mmf_text_read16_into; stloc status
      ldarg map; call System.GC::KeepAlive(object)
      ldloc status; brtrue :failed
      ldloc length; conv_u8; ldc_i4 1073741791; conv_i8; bgt_un :toolong
      ldloc length; ldloc size; conv_i; ble :fits
      ldloc length; conv_i4; stloc size
      br :again
    mark :fits
      ldloc text; stloc result
      ldloc length; ldloc size; conv_i; beq :whole
      ldloc text; ldc_i4 0; ldloc length; conv_i4; callvirt System.String::Substring(int,int); stloc result
    mark :whole
      leave :done
    mark :toolong
      ldstr "The content is longer than a .NET string or array can be. Read it in parts, with -Offset and -Count."; newobj System.IO.IOException::.ctor(string); stloc result
      leave :done
    mark :failed
      ldloc status; ldloc error; call Failure.Of; stloc result
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc result; ret
  function public object ReadBytes map:Map milliseconds:long
    local options:TextOptions
    local text:Text
    local error:byte[]
    local status:int
    local result:object
    ldc_i4 1024; newarr byte; stloc error
    ldarg map; ldc_i4 0; ldc_i4 0; ldarg milliseconds; call Content.Options; stloc options
    ldarg map; call Map.GetId; ldloca options; ldloca text; ldloc error; call NativeContent.mmf_content_read; stloc status
    ldarg map; call System.GC::KeepAlive(object)
    ldloc status; brtrue :failed
    try
      ldloc text; ldfld Text.length; conv_u8; ldc_i4 2147483591; conv_i8; bgt_un :toolong
      ldloc text; ldfld Text.length; conv_i4; newarr byte; stloc result
      ldloc text; ldfld Text.length; brfalse :empty
      ldloc text; ldfld Text.data; ldloc result; castclass byte[]; ldc_i4 0; ldloc text; ldfld Text.length; conv_i4; call System.Runtime.InteropServices.Marshal::Copy(nint,byte[],int,int)
    mark :empty
      leave :done
    mark :toolong
      ldstr "The content is longer than a .NET string or array can be. Read it in parts, with -Offset and -Count."; newobj System.IO.IOException::.ctor(string); stloc result
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc text; call NativeContent.mmf_bytes_free
    ldloc result; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; ret
  function public object GetLength map:Map milliseconds:long
    local options:TextOptions
    local error:byte[]
    local status:int
    local length:long
    ldc_i4 1024; newarr byte; stloc error
    ldarg map; ldc_i4 0; ldc_i4 0; ldarg milliseconds; call Content.Options; stloc options
    ldarg map; call Map.GetId; ldloca options; ldloca length; ldloc error; call NativeContent.mmf_content_get_length; stloc status
    ldarg map; call System.GC::KeepAlive(object)
    ldloc status; brtrue :failed
    ldloc length; box long; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; ret
  function public Exception Copy map:Map write:bool offset:long bytes:byte[] milliseconds:long
    local error:byte[]
    local status:int
    local taken:ulong
    ldc_i4 1024; newarr byte; stloc error
    ldarg map; call Map.GetHeldLock; brtrue :locked
    ldarg map; call Map.GetId; ldarg write; ldarg milliseconds; ldloca taken; ldloc error; call Native.mmf_lock_take; stloc status
    ldloc status; brtrue :done
    mark :locked
    ldarg map; call Map.GetId; ldarg offset; ldarg bytes; ldarg bytes; ldlen; conv_i; ldloc error
    ldarg write; brtrue :write
    call NativeContent.mmf_map_read; br :called
    mark :write
    call NativeContent.mmf_map_write
    mark :called
    stloc status
    ldloc taken; ldnull; call Native.mmf_lock_release; pop
    mark :done
    ldarg map; call System.GC::KeepAlive(object)
    ldloc status; ldloc error; call Content.Result; ret
  function public Exception Save map:Map path:string part:int keep:bool force:bool ending:bool lineEnd:string milliseconds:long
    local options:SaveOptions
    local text:TextOptions
    local error:byte[]
    local status:int
    local end:nint
    ldc_i4 1024; newarr byte; stloc error
    ldarg map; ldc_i4 0; ldc_i4 0; ldarg milliseconds; call Content.Options; stloc text
    ldloca options; sizeof SaveOptions; stfld SaveOptions.struct_size
    ldloca options; ldarg part; stfld SaveOptions.part
    ldloca options; ldarg keep; stfld SaveOptions.keep_existing
    ldloca options; ldarg force; stfld SaveOptions.force
    ldloca options; ldloca text; conv_u; stfld SaveOptions.text
    ldarg ending; brfalse :bare
    ldarg lineEnd; call System.Runtime.InteropServices.Marshal::StringToHGlobalAnsi(string); stloc end
    ldloca options; ldloc end; stfld SaveOptions.ending
    ldloca options; ldarg lineEnd; callvirt System.String::get_Length(); conv_i; stfld SaveOptions.ending_length
    mark :bare
    ldarg map; call Map.GetId; ldarg path; ldarg path; callvirt System.String::get_Length(); conv_i; ldloca options; ldloc error; call NativeContent.mmf_map_save16; stloc status
    ldloc end; call System.Runtime.InteropServices.Marshal::FreeHGlobal(nint)
    ldarg map; call System.GC::KeepAlive(object)
    ldloc status; ldloc error; call Content.Result; ret

class Sources object
  function public object Names
    local error:byte[]
    local status:int
    local list:Text
    local result:object
    local index:int
    local entry:ListEntry
    ldc_i4 1024; newarr byte; stloc error
    ldloca list; ldloc error; call NativeContent.mmf_list_get16; stloc status
    ldloc status; brtrue :failed
    ldloc list; ldfld Text.length; conv_i4; newarr string; stloc result
    mark :next
    ldloc index; ldloc list; ldfld Text.length; conv_i4; bge :done
    ldloc list; ldfld Text.data; ldloc index; sizeof ListEntry; mul; add; ldobj ListEntry; stloc entry
    ldloc result; castclass string[]; ldloc index
    ldloca entry; ldflda ListEntry.name; ldfld Text.data; ldloca entry; ldflda ListEntry.name; ldfld Text.length; conv_i4; call System.Runtime.InteropServices.Marshal::PtrToStringUni(nint,int); stelem_ref
    ldloc index; ldc_i4 1; add; stloc index
    br :next
    mark :done
    ldloc list; call NativeContent.mmf_list_free16
    ldloc result; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; ret
  function public object CreateFromFile/CreateFromPath path:string mode:int name:string capacity:long access:int
    local options:MapOptions
    local error:byte[]
    local status:int
    local id:ulong
    ldc_i4 1024; newarr byte; stloc error
    ldarg access; ldc_i4 0; ldc_i4 0; call Maps.CreateOptions; stloc options
    ldarg path; ldarg path; call Maps.LengthOf; ldarg mode; ldarg name; ldarg name; call Maps.LengthOf; ldarg capacity
    ldloca options; ldloca id; ldloc error; call NativeContent.mmf_map_create_from_file16; stloc status
    ldloc status; brtrue :failed
    ldloc id; ldarg name; ldnull; call Map.From; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; ret
  function public object Open name:string rights:int inheritability:int wait:long
    local options:MapOptions
    local error:byte[]
    local status:int
    local id:ulong
    ldc_i4 1024; newarr byte; stloc error
    ldc_i4 0; ldc_i4 0; ldarg inheritability; call Maps.CreateOptions; stloc options
    ldloca options; ldarg rights; stfld MapOptions.rights
    ldloca options; ldarg wait; stfld MapOptions.wait_ms
    ldarg name; ldarg name; call Maps.LengthOf; ldloca options; ldloca id; ldloc error; call NativeContent.mmf_map_open16; stloc status
    ldloc status; brtrue :failed
    ldloc id; ldarg name; ldnull; call Map.From; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; ret
  function private object Adopt handle:System.Runtime.InteropServices.SafeHandle name:string capacity:long access:int inheritability:int companion:System.IDisposable
    local options:MapOptions
    local error:byte[]
    local status:int
    local id:ulong
    local held:bool
    ldc_i4 1024; newarr byte; stloc error
    ldarg access; ldc_i4 0; ldarg inheritability; call Maps.CreateOptions; stloc options
    ldarg handle; ldloca held; callvirt System.Runtime.InteropServices.SafeHandle::DangerousAddRef(bool&)
    ldarg handle; callvirt System.Runtime.InteropServices.SafeHandle::DangerousGetHandle()
    ldc_i4 1; ldarg name; ldarg name; call Maps.LengthOf; ldarg capacity; ldloca options; ldloca id; ldloc error; call NativeContent.mmf_map_create_from_descriptor16; stloc status
    ldarg handle; callvirt System.Runtime.InteropServices.SafeHandle::DangerousRelease()
    ldloc status; brtrue :failed
    ldloc id; ldarg name; ldarg companion; call Map.From; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; ret
  function public object FromStream stream:System.IO.FileStream name:string capacity:long access:int inheritability:int leaveOpen:bool
    local result:object
    try
      ldarg stream; callvirt System.IO.FileStream::Flush()
      ldarg stream; callvirt System.IO.FileStream::get_SafeFileHandle(); ldarg name; ldarg capacity; ldarg access; ldarg inheritability
      ldnull; ldarg leaveOpen; brtrue :open
      pop; ldarg stream
    mark :open
      call Sources.Adopt; stloc result
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc result; ret
  function public object Of given:System.IO.MemoryMappedFiles.MemoryMappedFile access:int
    local result:object
    ldarg given; isinst Map; brfalse :other
    ldarg given; ret
    mark :other
    try
      ldarg given; callvirt System.IO.MemoryMappedFiles.MemoryMappedFile::get_SafeMemoryMappedFileHandle(); ldnull; ldc_i4 0; conv_i8; ldarg access; ldc_i4 0; ldnull; call Sources.Adopt; stloc result
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc result; ret

class Paths object
  function public object Literal paths:System.Management.Automation.PathIntrinsics path:string
    local provider:System.Management.Automation.ProviderInfo
    local drive:System.Management.Automation.PSDriveInfo
    local result:object
    try
      ldarg paths; ldarg path; ldloca provider; ldloca drive; callvirt System.Management.Automation.PathIntrinsics::GetUnresolvedProviderPathFromPSPath(string,System.Management.Automation.ProviderInfo&,System.Management.Automation.PSDriveInfo&); stloc result
      ldloc provider; callvirt System.Management.Automation.ProviderInfo::get_Name(); ldstr "FileSystem"; call System.String::op_Equality(string,string); brtrue :fine
      ldloc provider; stloc result
    mark :fine
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc result; ret
  function public object Matching paths:System.Management.Automation.PathIntrinsics path:string
    local provider:System.Management.Automation.ProviderInfo
    local result:object
    try
      ldarg paths; ldarg path; ldloca provider; callvirt System.Management.Automation.PathIntrinsics::GetResolvedProviderPathFromPSPath(string,System.Management.Automation.ProviderInfo&); stloc result
      ldloc provider; callvirt System.Management.Automation.ProviderInfo::get_Name(); ldstr "FileSystem"; call System.String::op_Equality(string,string); brtrue :fine
      ldloc provider; stloc result
    mark :fine
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc result; ret

class Work object
  field private System.Reflection.MethodInfo method
  field private object target
  field private object[] arguments
  field private object owner
  field private System.Threading.Tasks.Task task
  field public object Result
  ctor public void ctor method:System.Reflection.MethodInfo target:object arguments:object[]
    ldarg this; call System.Object::.ctor()
    ldarg this; ldarg method; stfld Work.method
    ldarg this; ldarg target; stfld Work.target
    ldarg this; ldarg arguments; stfld Work.arguments
    ldarg this; call Map.ThisOwner; stfld Work.owner
    ldarg this; ldarg this; ldftn Work.Run; newobj System.Action::.ctor(object,nint); call System.Threading.Tasks.Task::Run(System.Action); stfld Work.task
    ret
  method private void Run
    local result:object
    ldsfld Shared.Owner; ldarg this; ldfld Work.owner; call System.Threading.Thread::SetData(System.LocalDataStoreSlot,object)
    try
      ldarg this; ldarg this; ldfld Work.method; ldarg this; ldfld Work.target; ldarg this; ldfld Work.arguments; callvirt System.Reflection.MethodBase::Invoke(object,object[]); stfld Work.Result
      leave :done
    catch Exception
      stloc result
      ldarg this; ldloc result; stfld Work.Result
      leave :done
    end
    mark :done
    ldsfld Shared.Owner; ldnull; call System.Threading.Thread::SetData(System.LocalDataStoreSlot,object)
    ret
  method public bool Wait milliseconds:int
    ldarg this; ldfld Work.task; ldarg milliseconds; callvirt System.Threading.Tasks.Task::Wait(int); ret
'@

# ---------------------------------------------------------------------------------------------
# What turns the notation into types.
#
# Importing must not take long. What takes long in PowerShell is what is done for the first time (a
# millisecond or more for each method and the types that it meets; ten for comparing two strings), not
# what is done often: but for calling functions, for loops with much in them, which get compiled, and
# for an index that is out of bounds, which is an exception inside. So the code below makes do with few
# things, over and over: -split, -match, -is, -as, looking up in hashtables, and MethodInfo.Invoke.
# ---------------------------------------------------------------------------------------------

# The methods that define and emit, and what they are called here. Those with a single word emit an
# instruction with such an operand, or are written as one.
$script:Tools = @'
define-type System.Reflection.Emit.ModuleBuilder::DefineType(string,System.Reflection.TypeAttributes,System.Type)
add-interface System.Reflection.Emit.TypeBuilder::AddInterfaceImplementation(System.Type)
create-type System.Reflection.Emit.TypeBuilder::CreateType()
define-field System.Reflection.Emit.TypeBuilder::DefineField(string,System.Type,System.Reflection.FieldAttributes)
define-ctor System.Reflection.Emit.TypeBuilder::DefineConstructor(System.Reflection.MethodAttributes,System.Reflection.CallingConventions,System.Type[])
define-method System.Reflection.Emit.TypeBuilder::DefineMethod(string,System.Reflection.MethodAttributes,System.Type,System.Type[])
define-import System.Reflection.Emit.TypeBuilder::DefinePInvokeMethod(string,string,System.Reflection.MethodAttributes,System.Reflection.CallingConventions,System.Type,System.Type[],System.Runtime.InteropServices.CallingConvention,System.Runtime.InteropServices.CharSet)
set-flags System.Reflection.Emit.MethodBuilder::SetImplementationFlags(System.Reflection.MethodImplAttributes)
define-property System.Reflection.Emit.TypeBuilder::DefineProperty(string,System.Reflection.PropertyAttributes,System.Type,System.Type[])
set-getter System.Reflection.Emit.PropertyBuilder::SetGetMethod(System.Reflection.Emit.MethodBuilder)
define-local System.Reflection.Emit.ILGenerator::DeclareLocal(System.Type,bool)
define-label System.Reflection.Emit.ILGenerator::DefineLabel()
method System.Reflection.Emit.ILGenerator::Emit(System.Reflection.Emit.OpCode,System.Reflection.MethodInfo)
ctor System.Reflection.Emit.ILGenerator::Emit(System.Reflection.Emit.OpCode,System.Reflection.ConstructorInfo)
field System.Reflection.Emit.ILGenerator::Emit(System.Reflection.Emit.OpCode,System.Reflection.FieldInfo)
type System.Reflection.Emit.ILGenerator::Emit(System.Reflection.Emit.OpCode,System.Type)
number System.Reflection.Emit.ILGenerator::Emit(System.Reflection.Emit.OpCode,int)
text System.Reflection.Emit.ILGenerator::Emit(System.Reflection.Emit.OpCode,string)
label System.Reflection.Emit.ILGenerator::Emit(System.Reflection.Emit.OpCode,System.Reflection.Emit.Label)
local System.Reflection.Emit.ILGenerator::Emit(System.Reflection.Emit.OpCode,System.Reflection.Emit.LocalBuilder)
argument System.Reflection.Emit.ILGenerator::Emit(System.Reflection.Emit.OpCode,System.Int16)
try System.Reflection.Emit.ILGenerator::BeginExceptionBlock()
end System.Reflection.Emit.ILGenerator::EndExceptionBlock()
catch System.Reflection.Emit.ILGenerator::BeginCatchBlock(System.Type)
mark System.Reflection.Emit.ILGenerator::MarkLabel(System.Reflection.Emit.Label)
'@

function New-BindingTable {
    # What the parts of the binding share: what names stand for, and what defines and emits.
    param($Library)

    $unixMode = 'System.IO.UnixFileMode' -as [type]
    if ($unixMode -isnot [type]) { $unixMode = [int] }
    $script:Table = @{
        Library = $Library
        Module = [System.Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly('Mmf', 'Run').DefineDynamicModule('Mmf')
        Finished = @{}
        Assemblies = [object].Assembly, [System.IO.MemoryMappedFiles.MemoryMappedFile].Assembly, [psobject].Assembly
        Types = @{
            object = [object]; string = [string]; void = [void]; bool = [bool]; byte = [byte]; char = [char]; int = [int]; uint = [uint32]
            long = [long]; ulong = [uint64]; double = [double]; nint = [System.IntPtr]; Exception = [System.Exception]; UnixMode = $unixMode
            'byte[]' = [byte[]]; 'char[]' = [char[]]; 'string[]' = [string[]]; 'object[]' = [object[]]
        }
        # What an instruction can have behind it, each with the method that emits it.
        Operands = @{}
        # What can be in a class: its flags (MethodAttributes, FieldAttributes), and what sets it apart.
        # Methods hide by signature (0x80), as C# writes it.
        Kinds = @{
            field = @{ private = 0x3; public = 0x6; static = 0x16; IsField = $true }
            import = @{ public = 0x2096; IsImport = $true }
            ctor = @{ private = 0x83; public = 0x86; IsConstructor = $true }
            method = @{ private = 0x83; public = 0x86; getter = 0x886; override = 0xC6; 'protected-override' = 0xC4; interface = 0x1E6 }
            function = @{ private = 0x93; public = 0x96 }
        }
    }
    Find-Operand ($script:Tools -split '\s+' -match '::')
    foreach ($line in $script:Tools -split '\r?\n') {
        $words = $line -split ' '
        $script:Table[$words[0]] = $script:Table['Operands'][$words[1]][1]
    }
    $script:Table['Kinds']['ctor']['this'] = $script:Table['Kinds']['method']['this'] = @($script:Table['argument'], (0 -as [int16]))
    # The instructions, called as .NET calls them; and what is written as one, but is a method.
    $script:Table['Codes'] = $codes = @{ begin = ''; try = $script:Table['try']; end = $script:Table['end']; catch = $script:Table['catch']; mark = $script:Table['mark'] }
    foreach ($field in [System.Reflection.Emit.OpCodes].GetFields()) { $codes[$field.Name] = $field.GetValue($null) }
}

function Find-Type {
    # A type. Where many are looked for, the table is asked first: that is cheaper than a call.
    param($Name)

    $type = $script:Table['Types'][$Name]
    if ($type -is [type]) { return $type }
    if ($Name -match '&$') { $type = (Find-Type ($Name -split '&')[0]).MakeByRefType() }
    else {
        # PowerShell would look through all assemblies, whatever the case.
        foreach ($assembly in $script:Table['Assemblies']) {
            $type = $assembly.GetType($Name)
            if ($type -is [type]) { break }
        }
    }
    if ($type -isnot [type]) { Stop-Import TypeLoadException "The binding needs $Name, which this .NET does not have." }
    $script:Table['Types'][$Name] = $type
    $type
}

function Find-Operand {
    # Puts into the table what is not there yet: methods of .NET ('Type::name(types)'), texts,
    # numbers, types; each with the method that emits it.
    param($Names)

    $table = $script:Table
    foreach ($name in $Names) {
        if ($table['Operands'][$name] -is [object]) { continue }
        if ($name -match '::') {
            $words = $name -split '::|\('
            $type = $table['Types'][$words[0]]
            if ($type -isnot [type]) { $type = Find-Type $words[0] }
            $types = @(
                foreach ($word in $words[2] -split '[,)]') {
                    $argument = $table['Types'][$word]
                    if ($argument -is [type]) { $argument }
                    elseif ($word) { Find-Type $word }
                }
            ) -as [type[]]
            # Public or not, static or not.
            $operand = @($table['method'], $type.GetMethod($words[1], 60, $null, $types, $null))
            if ($operand[1] -isnot [object]) { $operand = @($table['ctor'], $type.GetConstructor(60, $null, $types, $null)) }
            if ($operand[1] -isnot [object]) { Stop-Import MissingMethodException "The binding needs $name, which this .NET does not have." }
        }
        elseif ($name -match '^"') { $operand = @($table['text'], ($name -split '"')[1]) }
        elseif ($name -match '^\d') { $operand = @($table['number'], ($name -as [int])) }
        else { $operand = @($table['type'], (Find-Type $name)) }
        $table['Operands'][$name] = $operand
    }
}

function Add-NotedType {
    # Begins a class, or makes a structure: that is finished at once, since others have it as a field.
    param($Name, $Rest)

    $table = $script:Table
    if ($Rest -match ':') {
        # NAME:TYPE NAME:TYPE
        $builder = $table['define-type'].Invoke($table['Module'], @("Mmf.$Name", 0x100109, [System.ValueType]))
        foreach ($word in $Rest -split ' ') {
            $pair = $word -split ':'
            $table['Operands']["$Name.$($pair[0])"] = @($table['field'], $table['define-field'].Invoke($builder, @($pair[0], $table['Types'][$pair[1]], 6)))
        }
        $table['Finished'][$Name] = $table['Types'][$Name] = $table['create-type'].Invoke($builder, @())
    }
    else {
        # BASE, or BASE INTERFACE
        $words = $Rest -split ' |$', 2
        $table['Types'][$Name] = $builder = $table['define-type'].Invoke($table['Module'], @("Mmf.$Name", 0x100001, (Find-Type $words[0])))
        if ($words[1]) { $null = $table['add-interface'].Invoke($builder, @(, (Find-Type $words[1]))) }
    }
}

function Add-Import {
    # Declares a function of the library: Cdecl (2), text as UTF-16 (3), the result as it is (0x80).
    param($Builder, $Name, $Flags, $Type, $Arguments)

    $method = $script:Table['define-import'].Invoke($Builder, @($Name, $script:Table['Library'], $Flags, 1, $Type, $Arguments, 2, 3))
    $null = $script:Table['set-flags'].Invoke($method, @(, 0x80))
    $method
}

function Add-Property {
    # The property of a method get_Name.
    param($Builder, $Method, $Name, $Type)

    $property = $script:Table['define-property'].Invoke($Builder, @(($Name -split '_')[1], 0, $Type, $null))
    $null = $script:Table['set-getter'].Invoke($property, @(, $Method))
}

function Add-Notation {
    # Emits what a notation says: first the types, then their members, then the bodies, so that each
    # can name what comes later.
    param($Notation)

    $table = $script:Table
    $types = $table['Types']
    $operands = $table['Operands']
    $members = $Notation -split '\s*\n(?=class|struct)|\r?\n  (?=\w)'
    $classes = @(
        foreach ($member in $members -match '^(?:class|struct) ') {
            $words = $member -split ' |$', 3
            $words[1]
            if ($types[$words[1]] -isnot [type]) { Add-NotedType $words[1] $words[2] }
        }
    )

    $bodies = @{}
    $instructions = @(
        foreach ($member in $members) {
            # Kind, flags, type, name, arguments; then what is local; then the instructions.
            $lines = $member -split '\r?\n\s*(?!\s|local )', 2
            $heads = $lines[0] -split '\r?\n\s*local |$', 2
            $words = $heads[0] -split ' '
            $kind = $table['Kinds'][$words[0]]
            if ($kind -isnot [object]) {
                $class = $words[1]
                $builder = $types[$class]
                continue
            }
            $type = $types[$words[2]]
            if ($type -isnot [type]) { $type = Find-Type $words[2] }
            # 'name/other': overloads have names of their own here.
            $names = $words[3] -split '/'
            $name = "$class.$($names[-1])"
            $flags = $kind[$words[1]]
            if ($kind['IsField'] -is [object]) {
                $operands[$name] = @($table['field'], $table['define-field'].Invoke($builder, @($names[0], $type, $flags)))
                continue
            }
            $scope = @{}
            if ($kind['this'] -is [object]) { $scope['this'] = $kind['this'] }
            $arguments = @(
                foreach ($pair in $words -match ':') {
                    $pair = $pair -split ':'
                    $scope[$pair[0]] = @($table['argument'], ($scope.Count -as [int16]))
                    if ($types[$pair[1]] -is [type]) { $types[$pair[1]] } else { Find-Type $pair[1] }
                }
            ) -as [type[]]
            if ($kind['IsImport'] -is [object]) {
                $operands[$name] = @($table['method'], (Add-Import -Builder $builder -Name $names[0] -Flags $flags -Type $type -Arguments $arguments))
                continue
            }
            if ($kind['IsConstructor'] -is [object]) {
                $method = $table['define-ctor'].Invoke($builder, @($flags, 0x20, $arguments))
                $operands[$name] = @($table['ctor'], $method)
            }
            else {
                $method = $table['define-method'].Invoke($builder, @($names[0], $flags, $type, $arguments))
                $operands[$name] = @($table['method'], $method)
                if ($words[1] -match 'getter') { Add-Property -Builder $builder -Method $method -Name $names[0] -Type $type }
            }
            $il = $method.GetILGenerator()
            foreach ($pair in $heads[1] -split '\r?\n\s*local ' -match ':') {
                $pair = $pair -split ':'
                $type = $types[$pair[1]]
                if ($type -isnot [type]) { $type = Find-Type $pair[1] }
                $scope[$pair[0]] = @($table['local'], $table['define-local'].Invoke($il, @($type, $false)))
            }
            $bodies[$name] = @($il, $scope)
            "begin $name"
            $lines[1]
        }
    )

    # Two words each: an instruction, and what is behind it, which can be nothing.
    $words = $instructions -split '\r?\n\s*|; ' -split ' |$', 2
    Find-Operand ($words -match '::|^["\d]')
    $codes = $table['Codes']
    $code = $null
    foreach ($word in $words) {
        if ($code -isnot [object]) {
            $code = $codes[$word]
            continue
        }
        if ($code -is [string]) {
            # The beginning of another body.
            $il = $bodies[$word][0]
            $scope = $bodies[$word][1]
        }
        elseif (-not $word) {
            if ($code -is [System.Reflection.Emit.OpCode]) { $il.Emit($code) } else { $null = $code.Invoke($il, @()) }
        }
        else {
            $operand = $scope[$word]
            if ($operand -isnot [object]) { $operand = $operands[$word] }
            if ($operand -isnot [object]) {
                if ($word -match '^:') { $operand = $scope[$word] = @($table['label'], $table['define-label'].Invoke($il, @())) }
                else {
                    Find-Operand $word
                    $operand = $operands[$word]
                }
            }
            if ($code -is [System.Reflection.Emit.OpCode]) { $null = $operand[0].Invoke($il, @($code, $operand[1])) }
            else { $null = $code.Invoke($il, @(, $operand[1])) }
        }
        $code = $null
    }

    foreach ($class in $classes) {
        if ($table['Finished'][$class] -isnot [type]) { $table['Finished'][$class] = $table['create-type'].Invoke($types[$class], @()) }
    }
}

function New-Binding {
    # Makes the binding of this process.
    param($ModulePath)

    $library = Find-NativeLibrary $ModulePath
    New-BindingTable $library
    # PowerShell 7 has this, and Windows PowerShell does not.
    $loader = 'System.Runtime.InteropServices.NativeLibrary' -as [type]
    $notation = $script:Notation
    if (-not $script:OnWindows) { $notation = "$notation`n$script:NotationOfModes" }
    elseif ($loader -is [type]) { $notation = "$notation`n$script:NotationOfSddl" }
    Add-Notation $notation

    $shared = $script:Table['Finished']['Shared']
    try {
        # PowerShell 7 goes on looking for a library that does not load, and hides the reason.
        if ($loader -is [type]) { $null = $loader::Load($library) }
        $version = $shared::Start($script:OnWindows)
    }
    catch { Stop-Import DllNotFoundException "The native library '$library' cannot be loaded by this process: install the module for this system, or name another library in the environment variable MMF_LIBRARY. The system says: $($_.Exception.GetBaseException().Message.Trim())" -Cause $_.Exception }
    if ($version -is [version]) { Stop-Import DllNotFoundException "The native library '$library' has the version $version; this module needs 2.x. Install the module anew, or correct the environment variable MMF_LIBRARY." }
    if ($script:OnWindows) {
        # Of the fields of .NET's map only the handle is set here.
        $shared::BaseFields = [System.Reflection.FieldInfo[]] @($shared::BaseFields.Where({ $_.FieldType.Name -eq 'SafeMemoryMappedFileHandle' }))
        $shared::SetHandle = [System.Runtime.InteropServices.SafeHandle].GetMethod('SetHandle', [System.Reflection.BindingFlags] 'Instance, NonPublic')
    }
}

function Initialize-Binding {
    # Makes the binding of this process, or finds it: the first one to ask makes it.
    param($ModulePath)

    $slot = 'System.IO.MemoryMappedFiles.Commands 2.0.0'
    $process = [System.AppDomain]::CurrentDomain
    [System.Threading.Monitor]::Enter($process)
    try {
        $script:Table = $process.GetData($slot)
        if ($script:Table -isnot [object]) {
            New-Binding $ModulePath
            $process.SetData($slot, $script:Table)
        }
    }
    finally { [System.Threading.Monitor]::Exit($process) }
}

function Complete-Binding {
    # What a first map does not need, emitted when it is first needed.
    [System.Threading.Monitor]::Enter($script:Table)
    try {
        if ($null -eq $script:Table['Finished']['Work']) {
            Add-Notation $script:NotationOfContent
            $content = $script:Table['Finished']['Content']
            $content::LineEnd = [System.Runtime.InteropServices.Marshal]::StringToHGlobalAnsi("`r`n")
        }
    }
    finally { [System.Threading.Monitor]::Exit($script:Table) }
    $shared = $script:Binding['Shared']
    $script:ByteMark = $shared::Mark
    $script:Sources = $script:Binding['Sources']
    $script:Content = $script:Binding['Content']
}

$script:OnWindows = [System.IO.Path]::DirectorySeparatorChar -eq '\'
Initialize-Binding $PSScriptRoot
$script:Binding = $script:Table['Finished']
$script:Map = $script:Binding['Map']
$script:Maps = $script:Binding['Maps']
$script:Failure = $script:Binding['Failure']
$script:ByteMark = $null
$script:Content = $null
$script:Sources = $null

foreach ($file in 'Common', 'New-MemoryMappedFile', 'Open-MemoryMappedFile', 'Out-MemoryMappedFile', 'Read-MemoryMappedFile', 'Save-MemoryMappedFile', 'Remove-MemoryMappedFile') {
    . "$PSScriptRoot/$file.ps1"
}
