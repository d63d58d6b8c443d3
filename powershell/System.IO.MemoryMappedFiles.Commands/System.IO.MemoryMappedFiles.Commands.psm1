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
    param([string] $System, [string] $Processor, [string] $CLibrary)

    $processors = @{ x64 = 'x64'; amd64 = 'x64'; x86 = 'x86'; arm64 = 'arm64'; arm = 'arm' }
    $short = $processors[$Processor]
    if (-not $short) { return }
    # No switch, which costs the import a good part of what else it takes.
    if ($System -eq 'Windows') { "runtimes/win-$short/native/mmf.dll" }
    elseif ($System -eq 'MacOS') { "runtimes/osx-$short/native/libmmf.dylib" }
    elseif ($CLibrary -eq 'musl') { "runtimes/linux-musl-$short/native/libmmf.so" }
    else { "runtimes/linux-$short/native/libmmf.so" }
}

function Get-CLibraryName {
    # The C library of a process, told by what it has mapped (/proc/self/maps).
    param([string] $Mapped)

    if ($Mapped -match '/(ld-musl-|libc\.musl-)') { 'musl' } else { 'glibc' }
}

function Find-NativeLibrary {
    # The absolute path of the library for this process. MMF_LIBRARY overrides the choice.
    param([string] $ModulePath)

    if ($env:MMF_LIBRARY) {
        if ([System.IO.Path]::IsPathRooted($env:MMF_LIBRARY) -and [System.IO.File]::Exists($env:MMF_LIBRARY)) {
            return $env:MMF_LIBRARY
        }
        throw [System.DllNotFoundException]::new("The environment variable MMF_LIBRARY names '$env:MMF_LIBRARY', which is no absolute path of a file. Correct it, or remove it to use the library that comes with the module.")
    }
    if ($script:OnWindows) {
        # Not RuntimeInformation, which Windows PowerShell has only with newer frameworks.
        $system, $processor, $cLibrary = 'Windows', $env:PROCESSOR_ARCHITECTURE, ''
    }
    else {
        $system = if ($IsMacOS) { 'MacOS' } else { 'Linux' }
        $processor = [System.Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture
        $cLibrary = if ($IsLinux) { Get-CLibraryName -Mapped ([System.IO.File]::ReadAllText('/proc/self/maps')) } else { '' }
    }
    $name = Get-NativeLibraryName -System $system -Processor $processor -CLibrary $cLibrary
    if (-not $name) {
        throw [System.PlatformNotSupportedException]::new("There is no mmf library for $system on $processor. Build one, and name its absolute path in the environment variable MMF_LIBRARY.")
    }
    $path = [System.IO.Path]::GetFullPath([System.IO.Path]::Combine($ModulePath, $name))
    if (-not [System.IO.File]::Exists($path)) {
        throw [System.DllNotFoundException]::new("The native library is missing: looked for '$path' ($system, $processor$(if ($cLibrary) { ", $cLibrary" })). Install the module anew, or name the absolute path of a library in the environment variable MMF_LIBRARY.")
    }
    $path
}

# ---------------------------------------------------------------------------------------------
# The binding, written in a small notation of its own, with single blanks between words:
#   struct S a:int b:long            the fields of a structure of the library
#   class C Base Interface           followed, two blanks in, by its members
#     import public RET name a:T     a function of the library: Cdecl, by its absolute path
#     field FLAG T name
#     property public T name         of a method get_name
#     ctor FLAG void ctor a:T        followed by its instructions
#     method FLAG RET name a:T       the same; name/other: what an overload is called here
#     function FLAG RET name a:T     a static method
#       local a:T   mark :label   try   catch T   end
#       base T::.ctor(T)             calls a constructor of the base class
# An error buffer is a byte array (mmf_error_t): status, OS code, length, message in UTF-8.
# Methods called 'object' or 'Exception' give a failure back instead of throwing it, so that the
# cmdlets need no try/catch, which would leave a second record in $Error.
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

class MapHandle System.Runtime.InteropServices.SafeHandle
  field public ulong Id
  ctor public void ctor id:ulong
    ldarg this; ldc.i4 0; conv.i; ldc.i4 1; base System.Runtime.InteropServices.SafeHandle::.ctor(nint,bool)
    ldarg this; ldarg id; stfld MapHandle.Id
    ldarg this; ldc.i4 1; conv.i; call System.Runtime.InteropServices.SafeHandle::SetHandle(nint)
    ret
  method override bool get_IsInvalid
    ldarg this; ldfld MapHandle.Id; ldc.i4 0; conv.i8; ceq; ret
  method protected-override bool ReleaseHandle
    ldarg this; ldfld MapHandle.Id; ldnull; call Native.mmf_map_close; ldc.i4 0; ceq; ret

class ViewHandle System.Runtime.InteropServices.SafeBuffer
  field public ulong Id
  ctor public void ctor id:ulong pointer:nint size:nint
    ldarg this; ldc.i4 1; base System.Runtime.InteropServices.SafeBuffer::.ctor(bool)
    ldarg this; ldarg id; stfld ViewHandle.Id
    ldarg this; ldarg pointer; call System.Runtime.InteropServices.SafeHandle::SetHandle(nint)
    ldarg this; ldarg size; conv.u8; call System.Runtime.InteropServices.SafeBuffer::Initialize(ulong)
    ret
  method protected-override bool ReleaseHandle
    ldarg this; ldfld ViewHandle.Id; ldnull; call Native.mmf_view_close; ldc.i4 0; ceq; ret

class Failure object
  function public object[] Describe status:int
    local info:StatusInfo
    local row:object[]
    ldarg status; ldloca info; call Native.mmf_status_describe; brtrue :unknown
    ldc.i4 4; newarr object; stloc row
    ldloc row; ldc.i4 0; ldloc info; ldfld StatusInfo.name; call System.Runtime.InteropServices.Marshal::PtrToStringAnsi(nint); stelem.ref
    ldloc row; ldc.i4 1; ldloc info; ldfld StatusInfo.exception; call System.Runtime.InteropServices.Marshal::PtrToStringAnsi(nint); stelem.ref
    ldloc row; ldc.i4 2; ldloc info; ldfld StatusInfo.category; call System.Runtime.InteropServices.Marshal::PtrToStringAnsi(nint); stelem.ref
    ldloc row; ldc.i4 3; ldloc info; ldfld StatusInfo.hresult; box int; stelem.ref
    mark :unknown
    ldloc row; ret
  function public Exception Of status:int error:byte[]
    local row:object[]
    ldarg status; call Failure.Describe; stloc row
    ldarg status
    ldarg error; callvirt System.Object::GetType(); callvirt System.Type::get_Assembly(); ldloc row; ldc.i4 1; ldelem.ref; castclass string; callvirt System.Reflection.Assembly::GetType(string)
    call System.Text.Encoding::get_UTF8(); ldarg error; ldc.i4 12; ldarg error; ldc.i4 8; call System.BitConverter::ToInt32(byte[],int); callvirt System.Text.Encoding::GetString(byte[],int,int)
    ldloc row; ldc.i4 3; ldelem.ref; unbox.any int
    call Failure.Make; ret
  function public Exception Make status:int type:System.Type message:string hresult:int
    local arguments:object[]
    local exception:Exception
    ldc.i4 2; newarr object; stloc arguments
    ldarg hresult; brfalse :plain
    ldloc arguments; ldc.i4 0; ldarg message; stelem.ref
    ldloc arguments; ldc.i4 1; ldarg hresult; box int; stelem.ref
    br :make
    mark :plain
    ldsfld Shared.NamesFirst; ldarg type; call System.Array::IndexOf(System.Array,object); ldc.i4 0; blt :one
    ldloc arguments; ldc.i4 1; ldarg message; stelem.ref
    br :make
    mark :one
    ldc.i4 1; newarr object; stloc arguments
    ldloc arguments; ldc.i4 0; ldarg message; stelem.ref
    mark :make
    ldarg type; ldloc arguments; call System.Activator::CreateInstance(System.Type,object[]); castclass Exception; stloc exception
    ldloc exception; callvirt System.Exception::get_Data(); ldstr "mmf_status_t"; ldarg status; box int; callvirt System.Collections.IDictionary::set_Item(object,object)
    ldloc exception; ret

class ContentLock object System.IDisposable
  field private Map map
  field private int disposed
  ctor public void ctor map:Map
    ldarg this; base System.Object::.ctor()
    ldarg this; ldarg map; stfld ContentLock.map
    ret
  method interface void Dispose
    ldarg this; call ContentLock.Release; ldarg this; call System.GC::SuppressFinalize(object); ret
  method private void Release
    ldarg this; ldflda ContentLock.disposed; ldc.i4 1; call System.Threading.Interlocked::Exchange(int&,int); brtrue :done
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
    ldc.i4 1024; newarr byte; stloc error
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
    ldarg text; ldfld Text.data; ldarg text; ldfld Text.length; conv.i4; call System.Runtime.InteropServices.Marshal::PtrToStringUni(nint,int); stloc result
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
    ldsfld Shared.Kinds; ldarg this; ldflda Map.info; ldfld MapInfo.kind; ldelem.ref; ret
  method getter System.IO.MemoryMappedFiles.MemoryMappedFileAccess get_Access
    ldarg this; ldflda Map.info; ldfld MapInfo.access; ret
  method private ulong GetId
    ldarg this; ldfld Map.handle; ldfld MapHandle.Id; ret
  method getter bool get_IsDisposed
    ldarg this; ldfld Map.handle; callvirt System.Runtime.InteropServices.SafeHandle::get_IsClosed(); ret
  method getter bool get_IsForeign
    local info:MapInfo
    ldarg this; call Map.Look; stloc info
    ldloc info; ldfld MapInfo.foreign; ldc.i4 0; cgt.un; ret
  method getter bool get_IsOrphaned
    local info:MapInfo
    ldarg this; call Map.Look; stloc info
    ldloc info; ldfld MapInfo.orphaned; ldc.i4 0; cgt.un; ret
  method getter bool get_IsInheritable
    local info:MapInfo
    ldarg this; call Map.Look; stloc info
    ldloc info; ldfld MapInfo.inheritable; ldc.i4 0; cgt.un; ret
  property public string Name
  property public string Path
  property public long Capacity
  property public string Kind
  property public System.IO.MemoryMappedFiles.MemoryMappedFileAccess Access
  property public bool IsForeign
  property public bool IsOrphaned
  property public bool IsInheritable
  property public bool IsDisposed
  method private MapInfo Look
    local error:byte[]
    local status:int
    local info:MapInfo
    ldc.i4 1024; newarr byte; stloc error
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
    ldarg this; ldc.i4 1; call System.IO.MemoryMappedFiles.MemoryMappedFile::Dispose(bool)
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
    ldarg this; ldfld Map.lockOwner; call Map.ThisOwner; bne.un :none
    ldarg this; ldfld Map.lockId; ret
    mark :none
    ldc.i4 0; conv.i8; ret
  method public ContentLock Lock
    ldarg this; ldc.r8 30.0; call Map.LockFor; ret
  method public ContentLock Lock/LockSpan timeout:System.TimeSpan
    ldarg this; ldarga timeout; call System.TimeSpan::get_TotalSeconds(); call Map.LockFor; ret
  method public ContentLock Lock/LockFor seconds:double
    local error:byte[]
    local status:int
    local id:ulong
    local milliseconds:long
    ldarg this; call Map.GetHeldLock; brfalse :take
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Enter(object)
    ldarg this; ldarg this; ldfld Map.lockDepth; ldc.i4 1; add; stfld Map.lockDepth
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Exit(object)
    br :done
    mark :take
    ldc.i4 -1; conv.i8; stloc milliseconds
    ldarg seconds; ldc.r8 0.0; blt :timed
    ldarg seconds; ldc.r8 1000.0; mul; ldc.r8 9000000000000000.0; call System.Math::Min(double,double); conv.i8; stloc milliseconds
    mark :timed
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldc.i4 1; ldloc milliseconds; ldloca id; ldloc error; call Native.mmf_lock_take; stloc status
    ldloc status; brtrue :failed
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Enter(object)
    ldarg this; ldloc id; stfld Map.lockId
    ldarg this; ldc.i4 1; stfld Map.lockDepth
    ldarg this; call Map.ThisOwner; stfld Map.lockOwner
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Exit(object)
    mark :done
    ldarg this; newobj ContentLock.ctor; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  method private void Unlock
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Enter(object)
    ldarg this; ldarg this; ldfld Map.lockDepth; ldc.i4 1; sub; stfld Map.lockDepth
    ldarg this; ldfld Map.lockDepth; brtrue :done
    ldarg this; ldnull; stfld Map.lockOwner
    ldarg this; ldfld Map.lockId; ldnull; call Native.mmf_lock_release; pop
    ldarg this; ldc.i4 0; conv.i8; stfld Map.lockId
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
    ldloc status; ldc.i4 7; beq :done
    ldloc status; brfalse :duplicated
    ldloc status; ret
    mark :duplicated
    ldsfld Shared.OnWindows; brtrue :windows
    ldloc descriptor; ldc.i4 1; newobj Microsoft.Win32.SafeHandles.SafeFileHandle::.ctor(nint,bool); stloc file
    try
      ldloc file; castclass Microsoft.Win32.SafeHandles.SafeFileHandle; ldarg this; call Map.FileAccess; newobj System.IO.FileStream::.ctor(Microsoft.Win32.SafeHandles.SafeFileHandle,System.IO.FileAccess)
      ldnull; ldarg this; call Map.get_Capacity; ldarg this; call Map.get_Access; ldarg this; ldflda Map.info; ldfld MapInfo.inheritable; ldc.i4 0
      call System.IO.MemoryMappedFiles.MemoryMappedFile::CreateFromFile(System.IO.FileStream,string,long,System.IO.MemoryMappedFiles.MemoryMappedFileAccess,System.IO.HandleInheritability,bool); stloc real
    mark :next
      ldsfld Shared.BaseFields; ldloc index; ldelem.ref; ldarg this; ldsfld Shared.BaseFields; ldloc index; ldelem.ref; ldloc real; callvirt System.Reflection.FieldInfo::GetValue(object); callvirt System.Reflection.FieldInfo::SetValue(object,object)
      ldloc index; ldc.i4 1; add; stloc index
      ldloc index; ldsfld Shared.BaseFields; ldlen; conv.i4; blt :next
      ldarg this; ldc.i4 1; stfld Map.based
      leave :done
    catch Exception
      pop
      ldloc file; castclass Microsoft.Win32.SafeHandles.SafeFileHandle; callvirt System.Runtime.InteropServices.SafeHandle::Dispose()
      leave :done
    end
    mark :windows
    ldsfld Shared.BaseFields; ldc.i4 0; ldelem.ref; callvirt System.Reflection.FieldInfo::get_FieldType(); ldc.i4 1; call System.Activator::CreateInstance(System.Type,bool); stloc real
    ldc.i4 1; newarr object; stloc arguments
    ldloc arguments; ldc.i4 0; ldloc descriptor; box nint; stelem.ref
    ldsfld Shared.SetHandle; ldloc real; ldloc arguments; callvirt System.Reflection.MethodBase::Invoke(object,object[]); pop
    ldsfld Shared.BaseFields; ldc.i4 0; ldelem.ref; ldarg this; ldloc real; callvirt System.Reflection.FieldInfo::SetValue(object,object)
    ldarg this; ldc.i4 1; stfld Map.based
    mark :done
    ldc.i4 0; ret
  method private System.IO.FileAccess FileAccess
    ldarg this; call Map.get_Access; ldc.i4 1; beq :read
    ldarg this; call Map.get_Access; ldc.i4 3; beq :read
    ldarg this; call Map.get_Access; ldc.i4 4; beq :read
    ldc.i4 3; ret
    mark :read
    ldc.i4 1; ret
  method private ViewHandle View offset:long size:long access:System.IO.MemoryMappedFiles.MemoryMappedFileAccess
    local error:byte[]
    local status:int
    local id:ulong
    local info:ViewInfo
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldarg offset; ldarg size; ldarg access; ldloca id; ldloc error; call Native.mmf_view_create; stloc status
    ldloc status; brtrue :failed
    ldloc id; ldloca info; ldloc error; call Native.mmf_view_get_info; stloc status
    ldloc status; brtrue :failed
    ldloc id; ldloc info; ldfld ViewInfo.pointer; ldloc info; ldfld ViewInfo.size; newobj ViewHandle.ctor; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  function private System.IO.FileAccess ViewAccess access:System.IO.MemoryMappedFiles.MemoryMappedFileAccess
    ldarg access; ldc.i4 1; beq :read
    ldarg access; ldc.i4 4; beq :read
    ldarg access; ldc.i4 2; beq :write
    ldc.i4 3; ret
    mark :read
    ldc.i4 1; ret
    mark :write
    ldc.i4 2; ret
  function private long SizeOf view:ViewHandle
    ldarg view; callvirt System.Runtime.InteropServices.SafeBuffer::get_ByteLength(); conv.i8; ret
  method public System.IO.UnmanagedMemoryStream CreateViewStream/Stream0
    ldarg this; ldc.i4 0; conv.i8; ldc.i4 0; conv.i8; ldc.i4 0; call Map.Stream3; ret
  method public System.IO.UnmanagedMemoryStream CreateViewStream/Stream2 offset:long size:long
    ldarg this; ldarg offset; ldarg size; ldc.i4 0; call Map.Stream3; ret
  method public System.IO.UnmanagedMemoryStream CreateViewStream/Stream3 offset:long size:long access:System.IO.MemoryMappedFiles.MemoryMappedFileAccess
    local view:ViewHandle
    ldarg this; ldfld Map.based; brfalse :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call System.IO.MemoryMappedFiles.MemoryMappedFile::CreateViewStream(long,long,System.IO.MemoryMappedFiles.MemoryMappedFileAccess); ret
    mark :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call Map.View; stloc view
    ldloc view; ldc.i4 0; conv.i8; ldloc view; call Map.SizeOf; ldarg access; call Map.ViewAccess; newobj System.IO.UnmanagedMemoryStream::.ctor(System.Runtime.InteropServices.SafeBuffer,long,long,System.IO.FileAccess); ret
  method public System.IO.UnmanagedMemoryAccessor CreateViewAccessor/Accessor0
    ldarg this; ldc.i4 0; conv.i8; ldc.i4 0; conv.i8; ldc.i4 0; call Map.Accessor3; ret
  method public System.IO.UnmanagedMemoryAccessor CreateViewAccessor/Accessor2 offset:long size:long
    ldarg this; ldarg offset; ldarg size; ldc.i4 0; call Map.Accessor3; ret
  method public System.IO.UnmanagedMemoryAccessor CreateViewAccessor/Accessor3 offset:long size:long access:System.IO.MemoryMappedFiles.MemoryMappedFileAccess
    local view:ViewHandle
    ldarg this; ldfld Map.based; brfalse :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call System.IO.MemoryMappedFiles.MemoryMappedFile::CreateViewAccessor(long,long,System.IO.MemoryMappedFiles.MemoryMappedFileAccess); ret
    mark :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call Map.View; stloc view
    ldloc view; ldc.i4 0; conv.i8; ldloc view; call Map.SizeOf; ldarg access; call Map.ViewAccess; newobj System.IO.UnmanagedMemoryAccessor::.ctor(System.Runtime.InteropServices.SafeBuffer,long,long,System.IO.FileAccess); ret

class Maps object
  function public System.Version GetVersion
    local major:uint
    local minor:uint
    local patch:uint
    ldloca major; ldloca minor; ldloca patch; call Native.mmf_version_get; pop
    ldloc major; ldloc minor; ldloc patch; newobj System.Version::.ctor(int,int,int); ret
  function private nint LengthOf text:string
    ldarg text; brfalse :none
    ldarg text; callvirt System.String::get_Length(); conv.i; ret
    mark :none
    ldc.i4 0; conv.i; ret
  function private MapOptions CreateOptions access:int allocation:int inheritability:int
    local options:MapOptions
    ldloca options; sizeof MapOptions; stfld MapOptions.struct_size
    ldloca options; ldarg access; stfld MapOptions.access
    ldloca options; ldarg allocation; stfld MapOptions.allocation
    ldloca options; ldarg inheritability; stfld MapOptions.inheritability
    ldloca options; ldc.i4 -1; stfld MapOptions.mode
    ldloca options; ldc.i4 -1; conv.i8; stfld MapOptions.uid
    ldloca options; ldc.i4 -1; conv.i8; stfld MapOptions.gid
    ldloc options; ret
  function public object Create orOpen:bool name:string capacity:long access:int allocation:int inheritability:int
    local options:MapOptions
    local error:byte[]
    local status:int
    local id:ulong
    ldc.i4 1024; newarr byte; stloc error
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
    ldarg this; base System.Management.Automation.ArgumentTransformationAttribute::.ctor(); ret
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
    ldsfld Shared.Mark; ldc.i4 28591; call System.Text.Encoding::GetEncoding(int); ldloc plain; castclass byte[]; callvirt System.Text.Encoding::GetString(byte[]); call System.String::Concat(string,string); ret

class TakesMode System.Management.Automation.ArgumentTransformationAttribute
  ctor public void ctor
    ldarg this; base System.Management.Automation.ArgumentTransformationAttribute::.ctor(); ret
  method override object Transform engine:System.Management.Automation.EngineIntrinsics input:object
    ldarg input; brfalse :given
    ldarg input; callvirt System.Object::ToString(); ldstr "-"; callvirt System.String::Contains(string); brtrue :shown
    mark :given
    ldarg input; ret
    mark :shown
    ldc.i4 3; box System.IO.FileMode; ret
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
    ldarg this; base System.Object::.ctor()
    ldarg this; ldc.i4 -1; stfld AccessControl.Mode
    ldarg this; ldc.i4 -1; conv.i8; stfld AccessControl.UserId
    ldarg this; ldc.i4 -1; conv.i8; stfld AccessControl.GroupId
    ret
class Map
  method public AccessControl GetAccessControl
    local error:byte[]
    local status:int
    local permissions:Permissions
    local result:object
    ldc.i4 1024; newarr byte; stloc error
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
    ldc.i4 1024; newarr byte; stloc error
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
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldloca text; ldloc error; call Native.mmf_map_get_sddl16; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue :failed
    ldloc text; call Map.Take; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  method public void SetAccessControl sddl:string
    local error:byte[]
    local status:int
    ldc.i4 1024; newarr byte; stloc error
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
    ldloca options; ldc.i4 2; conv.i; stfld TextOptions.separator_length
    mark :done
    ldloc options; ret
  function public Exception Put map:Map text:string append:bool encoding:int separator:bool milliseconds:long
    local options:TextOptions
    local error:byte[]
    local status:int
    ldc.i4 1024; newarr byte; stloc error
    ldarg map; ldarg encoding; ldarg separator; ldarg milliseconds; call Content.Options; stloc options
    ldarg map; call Map.GetId; ldarg text; ldarg text; callvirt System.String::get_Length(); conv.i; ldloca options; ldloc error
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
    ldc.i4 1024; newarr byte; stloc error
    ldarg map; ldc.i4 0; ldarg separator; ldarg milliseconds; call Content.Options; stloc options
    ldarg append; brtrue :append
    ldarg map; call Map.GetId; ldarg bytes; ldarg bytes; ldlen; conv.i; ldloca options; ldloc error; call NativeContent.mmf_content_replace; br :called
    mark :append
    ldarg map; call Map.GetId; ldarg bytes; ldarg bytes; ldlen; conv.i
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
    ldc.i4 1024; newarr byte; stloc error
    ldarg map; ldarg encoding; ldc.i4 0; ldarg milliseconds; call Content.Options; stloc options
    ldc.i4 512; stloc size
    try
    mark :again
      ldc.i4 0; ldloc size; newobj System.String::.ctor(char,int); stloc text
      ldarg map; call Map.GetId; ldloca options; ldloc text; ldloc size; conv.i; ldloca length; ldloc error; call NativeContent.mmf_text_read16_into; stloc status
      ldarg map; call System.GC::KeepAlive(object)
      ldloc status; brtrue :failed
      ldloc length; conv.u8; ldc.i4 0x3FFFFFDF; conv.i8; bgt.un :toolong
      ldloc length; ldloc size; conv.i; ble :fits
      ldloc length; conv.i4; stloc size
      br :again
    mark :fits
      ldloc text; stloc result
      ldloc length; ldloc size; conv.i; beq :whole
      ldloc text; ldc.i4 0; ldloc length; conv.i4; callvirt System.String::Substring(int,int); stloc result
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
    ldc.i4 1024; newarr byte; stloc error
    ldarg map; ldc.i4 0; ldc.i4 0; ldarg milliseconds; call Content.Options; stloc options
    ldarg map; call Map.GetId; ldloca options; ldloca text; ldloc error; call NativeContent.mmf_content_read; stloc status
    ldarg map; call System.GC::KeepAlive(object)
    ldloc status; brtrue :failed
    try
      ldloc text; ldfld Text.length; conv.u8; ldc.i4 0x7FFFFFC7; conv.i8; bgt.un :toolong
      ldloc text; ldfld Text.length; conv.i4; newarr byte; stloc result
      ldloc text; ldfld Text.length; brfalse :empty
      ldloc text; ldfld Text.data; ldloc result; castclass byte[]; ldc.i4 0; ldloc text; ldfld Text.length; conv.i4; call System.Runtime.InteropServices.Marshal::Copy(nint,byte[],int,int)
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
    ldc.i4 1024; newarr byte; stloc error
    ldarg map; ldc.i4 0; ldc.i4 0; ldarg milliseconds; call Content.Options; stloc options
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
    ldc.i4 1024; newarr byte; stloc error
    ldarg map; call Map.GetHeldLock; brtrue :locked
    ldarg map; call Map.GetId; ldarg write; ldarg milliseconds; ldloca taken; ldloc error; call Native.mmf_lock_take; stloc status
    ldloc status; brtrue :done
    mark :locked
    ldarg map; call Map.GetId; ldarg offset; ldarg bytes; ldarg bytes; ldlen; conv.i; ldloc error
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
    ldc.i4 1024; newarr byte; stloc error
    ldarg map; ldc.i4 0; ldc.i4 0; ldarg milliseconds; call Content.Options; stloc text
    ldloca options; sizeof SaveOptions; stfld SaveOptions.struct_size
    ldloca options; ldarg part; stfld SaveOptions.part
    ldloca options; ldarg keep; stfld SaveOptions.keep_existing
    ldloca options; ldarg force; stfld SaveOptions.force
    ldloca options; ldloca text; conv.u; stfld SaveOptions.text
    ldarg ending; brfalse :bare
    ldarg lineEnd; call System.Runtime.InteropServices.Marshal::StringToHGlobalAnsi(string); stloc end
    ldloca options; ldloc end; stfld SaveOptions.ending
    ldloca options; ldarg lineEnd; callvirt System.String::get_Length(); conv.i; stfld SaveOptions.ending_length
    mark :bare
    ldarg map; call Map.GetId; ldarg path; ldarg path; callvirt System.String::get_Length(); conv.i; ldloca options; ldloc error; call NativeContent.mmf_map_save16; stloc status
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
    ldc.i4 1024; newarr byte; stloc error
    ldloca list; ldloc error; call NativeContent.mmf_list_get16; stloc status
    ldloc status; brtrue :failed
    ldloc list; ldfld Text.length; conv.i4; newarr string; stloc result
    mark :next
    ldloc index; ldloc list; ldfld Text.length; conv.i4; bge :done
    ldloc list; ldfld Text.data; ldloc index; sizeof ListEntry; mul; add; ldobj ListEntry; stloc entry
    ldloc result; castclass string[]; ldloc index
    ldloca entry; ldflda ListEntry.name; ldfld Text.data; ldloca entry; ldflda ListEntry.name; ldfld Text.length; conv.i4; call System.Runtime.InteropServices.Marshal::PtrToStringUni(nint,int); stelem.ref
    ldloc index; ldc.i4 1; add; stloc index
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
    ldc.i4 1024; newarr byte; stloc error
    ldarg access; ldc.i4 0; ldc.i4 0; call Maps.CreateOptions; stloc options
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
    ldc.i4 1024; newarr byte; stloc error
    ldc.i4 0; ldc.i4 0; ldarg inheritability; call Maps.CreateOptions; stloc options
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
    ldc.i4 1024; newarr byte; stloc error
    ldarg access; ldc.i4 0; ldarg inheritability; call Maps.CreateOptions; stloc options
    ldarg handle; ldloca held; callvirt System.Runtime.InteropServices.SafeHandle::DangerousAddRef(bool&)
    ldarg handle; callvirt System.Runtime.InteropServices.SafeHandle::DangerousGetHandle()
    ldc.i4 1; ldarg name; ldarg name; call Maps.LengthOf; ldarg capacity; ldloca options; ldloca id; ldloc error; call NativeContent.mmf_map_create_from_descriptor16; stloc status
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
  function public object Of map:System.IO.MemoryMappedFiles.MemoryMappedFile access:int
    local result:object
    ldarg map; isinst Map; brfalse :other
    ldarg map; ret
    mark :other
    try
      ldarg map; callvirt System.IO.MemoryMappedFiles.MemoryMappedFile::get_SafeMemoryMappedFileHandle(); ldnull; ldc.i4 0; conv.i8; ldarg access; ldc.i4 0; ldnull; call Sources.Adopt; stloc result
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
    ldarg this; base System.Object::.ctor()
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
# Importing must not take long, and what takes long in PowerShell is what is done for the first time:
# every operator and every method compiles a rule for the types that it meets. So the code below makes
# do with few of them, over and over: -split and Split, looking up in hashtables, MethodInfo.Invoke.
# A name leads to what it stands for (a type, a member, a number) through one table.
# ---------------------------------------------------------------------------------------------

function New-BindingTable {
    # What the parts of the binding share: what names stand for, the instructions, where types go.
    param([string] $Library)

    $code = [System.Reflection.Emit.OpCode]
    $il = [System.Reflection.Emit.ILGenerator]
    $builder = [System.Reflection.Emit.TypeBuilder]
    $flags = [System.Reflection.MethodAttributes]
    $convention = [System.Reflection.CallingConventions]
    # Names are told apart by case, as in C#.
    $empty = [System.Activator]::CreateInstance([hashtable])
    $known = $empty.Clone()
    $known['object'] = [object]
    $known['string'] = [string]
    $known['void'] = [void]
    $known['bool'] = [bool]
    $known['byte'] = [byte]
    $known['char'] = [char]
    $known['int'] = [int]
    $known['uint'] = [uint32]
    $known['long'] = [long]
    $known['ulong'] = [uint64]
    $known['nint'] = [System.IntPtr]
    $known['Exception'] = [System.Exception]
    $known['UnixMode'] = 'System.IO.UnixFileMode' -as [type]
    if ($null -eq $known['UnixMode']) { $known['UnixMode'] = [int] }
    @{
        Library = $Library
        Empty = $empty
        Known = $known
        Finished = @{}
        Module = [System.Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly('Mmf', 'Run').DefineDynamicModule('Mmf')
        # MethodAttributes and FieldAttributes: these bits are the same in both.
        Flags = @{ 'private' = 0x3; 'public' = 0x6; 'static' = 0x16; 'getter' = 0x806; 'override' = 0x46; 'protected-override' = 0x44; 'interface' = 0x166 }
        # How TypeBuilder defines things.
        Field = $builder.GetMethod('DefineField', [type[]] @([string], [type], [System.Reflection.FieldAttributes]))
        Method = $builder.GetMethod('DefineMethod', [type[]] @([string], $flags, [type], [type[]]))
        Constructor = $builder.GetMethod('DefineConstructor', [type[]] @($flags, $convention, [type[]]))
        Import = $builder.GetMethod('DefinePInvokeMethod', [type[]] @([string], [string], $flags, $convention, [type], [type[]], [System.Runtime.InteropServices.CallingConvention], [System.Runtime.InteropServices.CharSet]))
        Preserve = [System.Reflection.Emit.MethodBuilder].GetMethod('SetImplementationFlags')
        Property = $builder.GetMethod('DefineProperty', [type[]] @([string], [System.Reflection.PropertyAttributes], [type], [type[]]))
        Getter = [System.Reflection.Emit.PropertyBuilder].GetMethod('SetGetMethod')
        # How ILGenerator writes instructions, by the operand that they take.
        Emit = @{
            InlineNone = $il.GetMethod('Emit', [type[]] @(, $code))
            InlineMethod = $il.GetMethod('Emit', [type[]] @($code, [System.Reflection.MethodInfo]))
            Constructor = $il.GetMethod('Emit', [type[]] @($code, [System.Reflection.ConstructorInfo]))
            InlineField = $il.GetMethod('Emit', [type[]] @($code, [System.Reflection.FieldInfo]))
            InlineType = $il.GetMethod('Emit', [type[]] @($code, [type]))
            InlineI = $il.GetMethod('Emit', [type[]] @($code, [int]))
            InlineR = $il.GetMethod('Emit', [type[]] @($code, [double]))
            InlineString = $il.GetMethod('Emit', [type[]] @($code, [string]))
            InlineBrTarget = $il.GetMethod('Emit', [type[]] @($code, [System.Reflection.Emit.Label]))
            InlineVar = $il.GetMethod('Emit', [type[]] @($code, [System.Reflection.Emit.LocalBuilder]))
            Argument = $il.GetMethod('Emit', [type[]] @($code, [int16]))
        }
        Put = [hashtable].GetMethod('set_Item')
        Local = $il.GetMethod('DeclareLocal', [type[]] @(, [type]))
        Label = $il.GetMethod('DefineLabel')
        # Each instruction: the method that writes it, its code, the arguments if it has no operand.
        Steps = @{
            try = @($il.GetMethod('BeginExceptionBlock'), $null, @())
            end = @($il.GetMethod('EndExceptionBlock'), $null, @())
            catch = @($il.GetMethod('BeginCatchBlock'), $null)
            mark = @($il.GetMethod('MarkLabel'), $null)
        }
    }
}

function Find-Name {
    # What a name stands for that is not in the table yet.
    param([string] $Name)

    $found = $script:Known[$Name]
    if ($found -is [object]) { return $found }
    if ($Name -match '^(.+)::([^(]+)\((.*)\)$') {
        # 'Type::method(types)' of .NET.
        $member = $Matches[2]
        $list = $Matches[3]
        $type = Find-Name $Matches[1]
        $types = @(foreach ($part in $list -split ',') { if ('' -ne $part) { Find-Name $part } })
        $any = [System.Reflection.BindingFlags] 'Public, NonPublic, Static, Instance'
        if ($member -eq '.ctor') { $found = $type.GetConstructor($any, $null, [type[]] $types, $null) }
        else { $found = $type.GetMethod($member, $any, $null, [type[]] $types, $null) }
    }
    elseif ($Name -match '^-?(0x)?[0-9A-F]+$') { $found = [int] $Name }
    elseif ($Name -match '^[0-9.]+$') { $found = [double] $Name }
    elseif ($Name -match '^"(.*)"$') { $found = $Matches[1] }
    elseif ($Name -match '^(.*)&$') {
        $type = Find-Name $Matches[1]
        $found = $type.MakeByRefType()
    }
    else { $found = $Name -as [type] }
    if ($found -isnot [object]) { throw "The binding needs $Name, which this .NET does not have." }
    $null = $script:Put.Invoke($script:Known, @($Name, $found))
    $found
}

function Find-Step {
    # An instruction that was not met yet. 'base' calls a constructor.
    param([string] $Word)

    $name = if ($Word -eq 'base') { 'call' } else { $Word.Replace('.', '_') }
    $field = [System.Reflection.Emit.OpCodes].GetField($name, [System.Reflection.BindingFlags] 'Public, Static, IgnoreCase')
    if ($null -eq $field) { throw "The binding cannot read '$Word'." }
    $code = $field.GetValue($null)
    $kind = "$($code.OperandType)"
    if ($Word -match '^(base|newobj)$') { $kind = 'Constructor' }
    elseif ($Word -match '^ldarga?$') { $kind = 'Argument' }
    $step = @($script:Table['Emit'][$kind], $code, @(, $code))
    $script:Table['Steps'][$Word] = $step
    , $step
}

function Add-Notation {
    # Emits what a notation says: first the types, then all members, then the bodies, so that each
    # can name what comes later.
    param([string] $Notation)

    $script:Known = $script:Table['Known']
    $script:Steps = $script:Table['Steps']
    $script:Put = $script:Table['Put']
    $classes = @(foreach ($block in $Notation -split '\s*\n(?=class|struct)') { Add-Class ($block -split '\r?\n  (?=\w)') })
    $bodies = @(foreach ($class in $classes) { Add-Declaration $class[0] $class[1] })
    foreach ($body in $bodies) { Write-Body -Method $body[0] -Scope $body[1] -Code $body[2] }
    $finished = $script:Table['Finished']
    foreach ($class in $classes) {
        if ($finished[$class[0]] -isnot [object]) { $finished[$class[0]] = $script:Known[$class[0]].CreateType() }
    }
}

function Add-Class {
    # Begins a class or a structure, unless that was done; a structure is finished at once, since
    # others have it as a field. Gives the name and the lines of a class.
    param($Lines)

    $words = $Lines[0] -split ' '
    $name = $words[1]
    if ($words[0] -eq 'class') { , @($name, $Lines) }
    if ($script:Known[$name] -is [object]) { return }
    if ($words[0] -eq 'class') {
        $builder = $script:Table['Module'].DefineType("Mmf.$name", 0x100001, (Find-Name $words[2]))
        if ($words[3] -is [object]) { $builder.AddInterfaceImplementation((Find-Name $words[3])) }
    }
    else {
        $builder = $script:Table['Module'].DefineType("Mmf.$name", 0x100109, [System.ValueType])
        foreach ($word in $words[2..99]) {
            $pair = $word -split ':'
            $null = $script:Put.Invoke($script:Known, @("$name.$($pair[0])", $script:Table['Field'].Invoke($builder, @($pair[0], (Find-Name $pair[1]), 6))))
        }
        $builder = $script:Table['Finished'][$name] = $builder.CreateType()
    }
    $null = $script:Put.Invoke($script:Known, @($name, $builder))
}

function Add-Declaration {
    # The members of a class. Gives its methods, each with its arguments and its instructions.
    param([string] $Class, $Lines)

    $builder = $script:Known[$Class]
    foreach ($line in $Lines) {
        # Kind, flags, type, name, arguments; and behind the first line the instructions.
        $parts = $line -split '\r?\n\s*', 2
        $words = $parts[0] -split ' ', 5
        if ($words[0] -eq 'class') { continue }
        if ($words[0] -eq 'field') {
            $member = $script:Table['Field'].Invoke($builder, @($words[3], (Find-Name $words[2]), $script:Table['Flags'][$words[1]]))
        }
        elseif ($words[0] -eq 'property') {
            $member = $script:Table['Property'].Invoke($builder, @($words[3], 0, (Find-Name $words[2]), $null))
            $null = $script:Table['Getter'].Invoke($member, @(, $script:Known["$Class.get_$($words[3])"]))
        }
        else {
            $scope = $script:Table['Empty'].Clone()
            $member = Add-Method -Builder $builder -Words $words -Scope $scope
            if ($words[0] -ne 'import') { , @($member, $scope, $parts[1]) }
        }
        # 'name/other': overloads have names of their own here.
        $words = $words[3] -split '/'
        $null = $script:Put.Invoke($script:Known, @("$Class.$($words[-1])", $member))
    }
}

function Add-Method {
    # Defines a method or an import. Fills its scope with the arguments, by position.
    param($Builder, $Words, $Scope)

    $flags = $script:Table['Flags'][$Words[1]] -bor 0x80 # HideBySig, as C# writes it
    if ($Words[0] -match '^(method|ctor)$') { $Scope['this'] = [int16] 0 }
    else { $flags = $flags -bor 0x10 }
    $types = @(
        if ($Words[4] -is [object]) {
            foreach ($argument in $Words[4] -split ' ') {
                $pair = $argument -split ':'
                Find-Name $pair[1]
                $Scope[$pair[0]] = [int16] $Scope.Count
            }
        }
    )
    if ($Words[0] -eq 'ctor') { return $script:Table['Constructor'].Invoke($Builder, @($flags, 0x20, [type[]] $types)) }
    if ($Words[0] -ne 'import') { return $script:Table['Method'].Invoke($Builder, @(($Words[3] -split '/')[0], $flags, (Find-Name $Words[2]), [type[]] $types)) }
    # Cdecl (2), text as UTF-16 (3), the result as it is (0x80).
    $import = $script:Table['Import'].Invoke($Builder, @($Words[3], $script:Table['Library'], (0x2000 -bor $flags), 1, (Find-Name $Words[2]), [type[]] $types, 2, 3))
    $null = $script:Table['Preserve'].Invoke($import, @(, 0x80))
    $import
}

function Write-Body {
    # The instructions of a method.
    param($Method, $Scope, $Code)

    $il = $Method.GetILGenerator()
    foreach ($instruction in $Code -split '\r?\n\s*|; ') {
        $parts = $instruction.Split(' ', 2)
        $step = $script:Steps[$parts[0]]
        if ($step -isnot [object]) {
            if ($parts[0] -eq 'local') {
                $parts = $parts[1] -split ':'
                $null = $script:Put.Invoke($Scope, @($parts[0], $script:Table['Local'].Invoke($il, @(, (Find-Name $parts[1])))))
                continue
            }
            $step = Find-Step $parts[0]
        }
        if ($parts[1] -isnot [object]) {
            $null = $step[0].Invoke($il, $step[2])
            continue
        }
        $value = $Scope[$parts[1]]
        if ($value -isnot [object]) {
            if ($parts[1] -match '^:') {
                $value = $script:Table['Label'].Invoke($il, @())
                $null = $script:Put.Invoke($Scope, @($parts[1], $value))
            }
            else { $value = Find-Name $parts[1] }
        }
        if ($step[1] -isnot [object]) { $null = $step[0].Invoke($il, @(, $value)) }
        else { $null = $step[0].Invoke($il, @($step[1], $value)) }
    }
}

function Initialize-Binding {
    # Makes the binding of this process, or finds it: the first one to ask makes it.
    param([string] $ModulePath)

    $slot = 'System.IO.MemoryMappedFiles.Commands 2.0.0'
    $gate = [string]::Intern("$slot gate")
    [System.Threading.Monitor]::Enter($gate)
    try {
        $process = [System.AppDomain]::CurrentDomain
        $script:Table = $process.GetData($slot)
        if ($null -ne $script:Table) { return }

        $library = Find-NativeLibrary -ModulePath $ModulePath
        $script:Table = New-BindingTable -Library $library
        $notation = $script:Notation
        if (-not $script:OnWindows) { $notation = "$notation`n$script:NotationOfModes" }
        elseif ($PSVersionTable.PSEdition -eq 'Core') { $notation = "$notation`n$script:NotationOfSddl" }
        Add-Notation $notation

        $base = [System.IO.MemoryMappedFiles.MemoryMappedFile]
        $hidden = [System.Reflection.BindingFlags] 'Instance, NonPublic'
        $fields = $base.GetFields($hidden)
        # Their names differ between the .NETs. On Windows only the handle is set.
        if ($script:OnWindows) { $fields = [System.Reflection.FieldInfo[]] @($fields.Where({ $_.FieldType.Name -eq 'SafeMemoryMappedFileHandle' })) }
        $values = @(
            @('BaseFields', $fields),
            @('OnWindows', $script:OnWindows),
            @('SetHandle', [System.Runtime.InteropServices.SafeHandle].GetMethod('SetHandle', $hidden)),
            @('Kinds', ',Named,File,NamedFile,Anonymous'.Split(',')),
            # The exceptions whose first argument is a name, and whose second one is the message.
            @('NamesFirst', [type[]] @([System.ArgumentNullException], [System.ArgumentOutOfRangeException], [System.ObjectDisposedException])),
            @('Owner', [System.Threading.Thread]::AllocateDataSlot()),
            # Nobody can know it before, so that no text begins with it by accident or on purpose.
            @('Mark', "`0$([System.IO.Path]::GetRandomFileName())`0")
        )
        $shared = $script:Table['Finished']['Shared']
        $set = [System.Reflection.FieldInfo].GetMethod('SetValue', [type[]] @([object], [object]))
        foreach ($value in $values) { $null = $set.Invoke($shared.GetField($value[0]), @($null, $value[1])) }

        $maps = $script:Table['Finished']['Maps']
        try {
            # PowerShell 7 goes on looking for a library that does not load, and hides the reason.
            if ($PSVersionTable.PSEdition -eq 'Core') { $null = [System.Runtime.InteropServices.NativeLibrary]::Load($library) }
            $version = $maps::GetVersion()
        }
        catch { throw [System.DllNotFoundException]::new("The native library '$library' cannot be loaded by this process: install the module for this system, or name another library in the environment variable MMF_LIBRARY. The system says: $($_.Exception.GetBaseException().Message.Trim())", $_.Exception) }
        if ($version.Major -ne 2) {
            throw [System.DllNotFoundException]::new("The native library '$library' has the version $version; this module needs 2.x. Install the module anew, or correct the environment variable MMF_LIBRARY.")
        }
        $script:Table['Mark'] = $values[6][1]
        $process.SetData($slot, $script:Table)
    }
    finally { [System.Threading.Monitor]::Exit($gate) }
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
    $script:Sources = $script:Table['Finished']['Sources']
    $script:Content = $script:Table['Finished']['Content']
}

$script:OnWindows = [System.IO.Path]::DirectorySeparatorChar -eq '\'
Initialize-Binding -ModulePath $PSScriptRoot
$script:Binding = $script:Table['Finished']
$script:Map = $script:Binding['Map']
$script:Maps = $script:Binding['Maps']
$script:Failure = $script:Binding['Failure']
$script:ByteMark = $script:Table['Mark']
$script:Content = $null
$script:Sources = $null

foreach ($file in 'Common', 'New-MemoryMappedFile', 'Open-MemoryMappedFile', 'Out-MemoryMappedFile', 'Read-MemoryMappedFile', 'Save-MemoryMappedFile', 'Remove-MemoryMappedFile') {
    . ([System.IO.Path]::Combine($PSScriptRoot, "$file.ps1"))
}
