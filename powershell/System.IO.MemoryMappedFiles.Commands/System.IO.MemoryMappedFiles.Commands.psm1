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
    switch ($System) {
        'Windows' { "runtimes/win-$short/native/mmf.dll" }
        'MacOS' { "runtimes/osx-$short/native/libmmf.dylib" }
        'Linux' {
            if ($CLibrary -eq 'musl') { "runtimes/linux-musl-$short/native/libmmf.so" }
            else { "runtimes/linux-$short/native/libmmf.so" }
        }
    }
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
# The binding, written in a small notation of its own:
#   struct S { int a; long b }
#   import name RET (T a, ...)  a function of the library: Cdecl, by its absolute path
#   class C : Base              followed by its fields and methods
#     field FLAGS T name
#     method FLAGS RET name (T a, ...)   followed by its instructions
#       local T name / label: / try / catch T / finally / end
# An error buffer is a byte array (mmf_error_t): status, OS code, length, message in UTF-8.
# Methods called 'object' or 'Exception' give a failure back instead of throwing it, so that the
# cmdlets need no try/catch, which would leave a second record in $Error.
# ---------------------------------------------------------------------------------------------

$script:Notation = @'
struct MapOptions { uint struct_size; int access; int rights; int allocation; int inheritability; int mode; long uid; long gid; nint sddl; nint sddl_length; long wait_ms }
struct TextOptions { uint struct_size; int encoding; long timeout_ms; ulong lock; nint separator; nint separator_length }
struct SaveOptions { uint struct_size; int part; int keep_existing; int force; nint ending; nint ending_length; nint text }
struct MapInfo { int kind; int access; int rights; int inheritable; int foreign; int orphaned; long capacity; nint descriptor }
struct StatusInfo { nint name; nint exception; nint category; int hresult }
struct Permissions { int mode; long uid; long gid }
struct ViewInfo { nint pointer; nint size; long offset; int access }
struct Text { nint data; nint length }
struct ListEntry { Text name; Text path; long capacity; int kind; int foreign; Permissions permissions }

class Native : object
  import mmf_version_get int (uint& major, uint& minor, uint& patch)
  import mmf_status_describe int (int status, StatusInfo& info)
  import mmf_map_create_new16 int (string name, nint length, long capacity, MapOptions& options, ulong& map, byte[] error)
  import mmf_map_create_or_open16 int (string name, nint length, long capacity, MapOptions& options, ulong& map, byte[] error)
  import mmf_map_open16 int (string name, nint length, MapOptions& options, ulong& map, byte[] error)
  import mmf_map_create_from_file16 int (string path, nint path_length, int file_mode, string name, nint name_length, long capacity, MapOptions& options, ulong& map, byte[] error)
  import mmf_map_create_from_descriptor16 int (nint descriptor, int leave_open, string name, nint name_length, long capacity, MapOptions& options, ulong& map, byte[] error)
  import mmf_map_close int (ulong map, byte[] error)
  import mmf_map_get_info int (ulong map, MapInfo& info, byte[] error)
  import mmf_map_get_path16 int (ulong map, Text& path, byte[] error)
  import mmf_map_duplicate_descriptor int (ulong map, nint& descriptor, byte[] error)
  import mmf_map_get_permissions int (ulong map, Permissions& permissions, byte[] error)
  import mmf_map_set_permissions int (ulong map, Permissions& permissions, byte[] error)
  import mmf_map_get_sddl16 int (ulong map, Text& sddl, byte[] error)
  import mmf_map_set_sddl16 int (ulong map, string sddl, nint length, byte[] error)
  import mmf_map_read int (ulong map, long offset, byte[] buffer, nint size, byte[] error)
  import mmf_map_write int (ulong map, long offset, byte[] data, nint size, byte[] error)
  import mmf_map_save16 int (ulong map, string path, nint length, SaveOptions& options, byte[] error)
  import mmf_text_replace16 int (ulong map, string text, nint length, TextOptions& options, byte[] error)
  import mmf_text_append16 int (ulong map, string text, nint length, TextOptions& options, byte[] error)
  import mmf_text_read16 int (ulong map, TextOptions& options, Text& text, byte[] error)
  import mmf_content_replace int (ulong map, byte[] data, nint size, TextOptions& options, byte[] error)
  import mmf_content_append int (ulong map, byte[] data, nint size, nint separator, nint separator_size, TextOptions& options, byte[] error)
  import mmf_content_read int (ulong map, TextOptions& options, Text& bytes, byte[] error)
  import mmf_content_get_length int (ulong map, TextOptions& options, long& length, byte[] error)
  import mmf_lock_take int (ulong map, int mode, long timeout_ms, ulong& lock, byte[] error)
  import mmf_lock_release int (ulong lock, byte[] error)
  import mmf_view_create int (ulong map, long offset, long size, int access, ulong& view, byte[] error)
  import mmf_view_get_info int (ulong view, ViewInfo& info, byte[] error)
  import mmf_view_close int (ulong view, byte[] error)
  import mmf_list_get16 int (Text& list, byte[] error)
  import mmf_list_free16 void (Text list)
  import mmf_text16_free void (Text text)
  import mmf_bytes_free void (Text bytes)

class MapHandle : System.Runtime.InteropServices.SafeHandle
  field public ulong Id
  ctor public (ulong id)
    ldarg this; ldc.i4 0; conv.i; ldc.i4 1; call System.Runtime.InteropServices.SafeHandle::.ctor(nint,bool)
    ldarg this; ldarg id; stfld MapHandle.Id
    ldarg this; ldc.i4 1; conv.i; call System.Runtime.InteropServices.SafeHandle::SetHandle(nint)
    ret
  method public override bool get_IsInvalid ()
    ldarg this; ldfld MapHandle.Id; ldc.i4 0; conv.i8; ceq; ret
  method protected override bool ReleaseHandle ()
    ldarg this; ldfld MapHandle.Id; ldnull; call Native.mmf_map_close; ldc.i4 0; ceq; ret

class ViewHandle : System.Runtime.InteropServices.SafeBuffer
  field public ulong Id
  ctor public (ulong id, nint pointer, nint size)
    ldarg this; ldc.i4 1; call System.Runtime.InteropServices.SafeBuffer::.ctor(bool)
    ldarg this; ldarg id; stfld ViewHandle.Id
    ldarg this; ldarg pointer; call System.Runtime.InteropServices.SafeHandle::SetHandle(nint)
    ldarg this; ldarg size; conv.u8; call System.Runtime.InteropServices.SafeBuffer::Initialize(ulong)
    ret
  method protected override bool ReleaseHandle ()
    ldarg this; ldfld ViewHandle.Id; ldnull; call Native.mmf_view_close; ldc.i4 0; ceq; ret

class Failure : object
  field public static System.Type TypeOfObject
  method public static object[] Describe (int status)
    local StatusInfo info
    local object[] row
    ldarg status; ldloca info; call Native.mmf_status_describe; brtrue unknown
    ldc.i4 4; newarr object; stloc row
    ldloc row; ldc.i4 0; ldloc info; ldfld StatusInfo.name; call System.Runtime.InteropServices.Marshal::PtrToStringAnsi(nint); stelem.ref
    ldloc row; ldc.i4 1; ldloc info; ldfld StatusInfo.exception; call System.Runtime.InteropServices.Marshal::PtrToStringAnsi(nint); stelem.ref
    ldloc row; ldc.i4 2; ldloc info; ldfld StatusInfo.category; call System.Runtime.InteropServices.Marshal::PtrToStringAnsi(nint); stelem.ref
    ldloc row; ldc.i4 3; ldloc info; ldfld StatusInfo.hresult; box int; stelem.ref
  unknown:
    ldloc row; ret
  method public static Exception Of (int status, byte[] error)
    local object[] row
    ldarg status; call Failure.Describe; stloc row
    ldarg status
    ldsfld Failure.TypeOfObject; callvirt System.Type::get_Assembly(); ldloc row; ldc.i4 1; ldelem.ref; castclass string; callvirt System.Reflection.Assembly::GetType(string)
    call System.Text.Encoding::get_UTF8(); ldarg error; ldc.i4 12; ldarg error; ldc.i4 8; call System.BitConverter::ToInt32(byte[],int); callvirt System.Text.Encoding::GetString(byte[],int,int)
    ldloc row; ldc.i4 3; ldelem.ref; unbox.any int
    call Failure.Make; ret
  method public static Exception Make (int status, System.Type type, string message, int hresult)
    local object[] arguments
    local Exception exception
    ldc.i4 2; newarr object; stloc arguments
    ldarg hresult; brfalse plain
    ldloc arguments; ldc.i4 0; ldarg message; stelem.ref
    ldloc arguments; ldc.i4 1; ldarg hresult; box int; stelem.ref
    br make
  plain:
    ldsfld Failure.NamesFirst; ldarg type; callvirt System.Collections.ArrayList::Contains(object); brfalse one
    ldloc arguments; ldc.i4 1; ldarg message; stelem.ref
    br make
  one:
    ldc.i4 1; newarr object; stloc arguments
    ldloc arguments; ldc.i4 0; ldarg message; stelem.ref
  make:
    ldarg type; ldloc arguments; call System.Activator::CreateInstance(System.Type,object[]); castclass Exception; stloc exception
    ldloc exception; callvirt System.Exception::get_Data(); ldstr mmf_status_t; ldarg status; box int; callvirt System.Collections.IDictionary::set_Item(object,object)
    ldloc exception; ret
  field public static System.Collections.ArrayList NamesFirst

class ContentLock : object, System.IDisposable
  field private Map map
  field private int disposed
  ctor public (Map map)
    ldarg this; call System.Object::.ctor()
    ldarg this; ldarg map; stfld ContentLock.map
    ret
  method public interface void Dispose ()
    ldarg this; call ContentLock.Release; ldarg this; call System.GC::SuppressFinalize(object); ret
  method private void Release ()
    ldarg this; ldflda ContentLock.disposed; ldc.i4 1; call System.Threading.Interlocked::Exchange(int&,int); brtrue done
    ldarg this; ldfld ContentLock.map; call Map.Unlock
  done:
    ret
  method protected override void Finalize ()
    ldarg this; call ContentLock.Release; ret

class Map : System.IO.MemoryMappedFiles.MemoryMappedFile
  field public static System.Reflection.FieldInfo[] BaseFields
  field public static bool OwnViews
  field public static nint LineEnd
  field threadstatic object Owner
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

  ctor private (ulong id, string name, System.IDisposable companion)
    local byte[] error
    local int status
    local Text text
    ldarg this; newobj System.Object::.ctor(); stfld Map.gate
    ldarg this; ldarg name; stfld Map.name
    ldarg this; ldarg companion; stfld Map.companion
    ldarg this; ldarg id; newobj MapHandle.ctor; stfld Map.handle
    ldc.i4 1024; newarr byte; stloc error
    ldarg id; ldarg this; ldflda Map.info; ldloc error; call Native.mmf_map_get_info; stloc status
    ldloc status; brtrue failed
    ldarg id; ldloca text; ldloc error; call Native.mmf_map_get_path16; brtrue pathless
    ldarg this; ldloc text; call Map.Take; stfld Map.path
  pathless:
    ldarg this; ldloc error; call Map.FillBase; stloc status
    ldloc status; brtrue failed
    ret
  failed:
    ldarg this; ldfld Map.handle; callvirt System.Runtime.InteropServices.SafeHandle::Dispose()
    ldloc status; ldloc error; call Failure.Of; throw

  method public static object From (ulong id, string name, System.IDisposable companion)
    local object result
    try
      ldarg id; ldarg name; ldarg companion; newobj Map.ctor; stloc result
      leave done
    catch Exception
      stloc result
      leave done
    end
  done:
    ldloc result; ret

  method public static string Take (Text text)
    local string result
    ldnull; stloc result
    ldarg text; ldfld Text.length; brfalse done
    ldarg text; ldfld Text.data; ldarg text; ldfld Text.length; conv.i4; call System.Runtime.InteropServices.Marshal::PtrToStringUni(nint,int); stloc result
  done:
    ldarg text; call Native.mmf_text16_free
    ldloc result; ret

  method public string get_Name ()
    ldarg this; ldfld Map.name; ret
  method public string get_Path ()
    ldarg this; ldfld Map.path; ret
  method public long get_Capacity ()
    ldarg this; ldflda Map.info; ldfld MapInfo.capacity; ret
  field public static string[] Kinds
  method public string get_Kind ()
    ldsfld Map.Kinds; ldarg this; ldflda Map.info; ldfld MapInfo.kind; ldelem.ref; ret
  method public System.IO.MemoryMappedFiles.MemoryMappedFileAccess get_Access ()
    ldarg this; ldflda Map.info; ldfld MapInfo.access; ret
  method public ulong get_Id ()
    ldarg this; ldfld Map.handle; ldfld MapHandle.Id; ret
  method public bool get_IsDisposed ()
    ldarg this; ldfld Map.handle; callvirt System.Runtime.InteropServices.SafeHandle::get_IsClosed(); ret
  method public bool get_IsForeign ()
    local MapInfo info
    ldarg this; call Map.Look; stloc info
    ldloc info; ldfld MapInfo.foreign; ldc.i4 0; cgt.un; ret
  method public bool get_IsOrphaned ()
    local MapInfo info
    ldarg this; call Map.Look; stloc info
    ldloc info; ldfld MapInfo.orphaned; ldc.i4 0; cgt.un; ret
  method public bool get_IsInheritable ()
    local MapInfo info
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

  method private MapInfo Look ()
    local byte[] error
    local int status
    local MapInfo info
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.get_Id; ldloca info; ldloc error; call Native.mmf_map_get_info; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue failed
    ldloc info; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; throw

  method protected override void Dispose (bool disposing)
    ldarg disposing; brfalse done
    ldarg this; ldfld Map.lockId; ldnull; call Native.mmf_lock_release; pop
    ldarg this; ldfld Map.based; brfalse mine
    ldarg this; ldc.i4 1; call System.IO.MemoryMappedFiles.MemoryMappedFile::Dispose(bool)
  mine:
    ldarg this; ldfld Map.handle; callvirt System.Runtime.InteropServices.SafeHandle::Dispose()
    ldarg this; ldfld Map.companion; brfalse done
    ldarg this; ldfld Map.companion; callvirt System.IDisposable::Dispose()
  done:
    ret

  method private static object ThisOwner ()
    ldsfld Map.Owner; dup; brtrue done
    pop; call System.Management.Automation.Runspaces.Runspace::get_DefaultRunspace(); dup; brtrue done
    pop; call System.Threading.Thread::get_CurrentThread()
  done:
    ret
  method public ulong get_HeldLock ()
    ldarg this; ldfld Map.lockOwner; brfalse none
    ldarg this; ldfld Map.lockOwner; call Map.ThisOwner; bne.un none
    ldarg this; ldfld Map.lockId; ret
  none:
    ldc.i4 0; conv.i8; ret
  method public ContentLock Lock ()
    ldarg this; ldc.r8 30; call Map.LockFor; ret
  method public ContentLock Lock (System.TimeSpan timeout) LockSpan
    ldarg this; ldarga timeout; call System.TimeSpan::get_TotalSeconds(); call Map.LockFor; ret
  method public ContentLock Lock (double seconds) LockFor
    local byte[] error
    local int status
    local ulong id
    local long milliseconds
    ldarg this; call Map.get_HeldLock; brfalse take
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Enter(object)
    ldarg this; ldarg this; ldfld Map.lockDepth; ldc.i4 1; add; stfld Map.lockDepth
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Exit(object)
    br done
  take:
    ldc.i4 -1; conv.i8; stloc milliseconds
    ldarg seconds; ldc.r8 0; blt timed
    ldarg seconds; ldc.r8 1000; mul; ldc.r8 9E+15; call System.Math::Min(double,double); conv.i8; stloc milliseconds
  timed:
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.get_Id; ldc.i4 1; ldloc milliseconds; ldloca id; ldloc error; call Native.mmf_lock_take; stloc status
    ldloc status; brtrue failed
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Enter(object)
    ldarg this; ldloc id; stfld Map.lockId
    ldarg this; ldc.i4 1; stfld Map.lockDepth
    ldarg this; call Map.ThisOwner; stfld Map.lockOwner
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Exit(object)
  done:
    ldarg this; newobj ContentLock.ctor; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; throw
  method public void Unlock ()
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Enter(object)
    ldarg this; ldarg this; ldfld Map.lockDepth; ldc.i4 1; sub; stfld Map.lockDepth
    ldarg this; ldfld Map.lockDepth; brtrue done
    ldarg this; ldnull; stfld Map.lockOwner
    ldarg this; ldfld Map.lockId; ldnull; call Native.mmf_lock_release; pop
    ldarg this; ldc.i4 0; conv.i8; stfld Map.lockId
  done:
    ldarg this; ldfld Map.gate; call System.Threading.Monitor::Exit(object)
    ret

  method private TextOptions Options (int encoding, bool separator, long milliseconds)
    local TextOptions options
    ldloca options; sizeof TextOptions; stfld TextOptions.struct_size
    ldloca options; ldarg encoding; stfld TextOptions.encoding
    ldloca options; ldarg milliseconds; stfld TextOptions.timeout_ms
    ldloca options; ldarg this; call Map.get_HeldLock; stfld TextOptions.lock
    ldarg separator; brfalse done
    ldloca options; ldsfld Map.LineEnd; stfld TextOptions.separator
    ldloca options; ldc.i4 2; conv.i; stfld TextOptions.separator_length
  done:
    ldloc options; ret

  method public Exception Put (string text, bool append, int encoding, bool separator, long milliseconds)
    local TextOptions options
    local byte[] error
    local int status
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; ldarg encoding; ldarg separator; ldarg milliseconds; call Map.Options; stloc options
    ldarg this; call Map.get_Id; ldarg text; ldarg text; callvirt System.String::get_Length(); conv.i; ldloca options; ldloc error
    ldarg append; brtrue append
    call Native.mmf_text_replace16; br called
  append:
    call Native.mmf_text_append16
  called:
    stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; ldloc error; call Map.Result; ret

  method public Exception PutBytes (byte[] bytes, bool append, bool separator, long milliseconds)
    local TextOptions options
    local byte[] error
    local int status
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; ldc.i4 0; ldarg separator; ldarg milliseconds; call Map.Options; stloc options
    ldarg append; brtrue append
    ldarg this; call Map.get_Id; ldarg bytes; ldarg bytes; ldlen; conv.i; ldloca options; ldloc error; call Native.mmf_content_replace; br called
  append:
    ldarg this; call Map.get_Id; ldarg bytes; ldarg bytes; ldlen; conv.i
    ldloca options; ldfld TextOptions.separator; ldloca options; ldfld TextOptions.separator_length; ldloca options; ldloc error; call Native.mmf_content_append
  called:
    stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; ldloc error; call Map.Result; ret

  method private static Exception Result (int status, byte[] error)
    ldarg status; brtrue failed
    ldnull; ret
  failed:
    ldarg status; ldarg error; call Failure.Of; ret

  method public object Read (int encoding, long milliseconds)
    local TextOptions options
    local Text text
    local byte[] error
    local int status
    local object result
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; ldarg encoding; ldc.i4 0; ldarg milliseconds; call Map.Options; stloc options
    ldarg this; call Map.get_Id; ldloca options; ldloca text; ldloc error; call Native.mmf_text_read16; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue failed
    ldstr ''; stloc result
    try
      ldloc text; ldfld Text.length; conv.u8; ldc.i4 0x3FFFFFDF; conv.i8; bgt.un toolong
      ldloc text; ldfld Text.length; brfalse empty
      ldloc text; ldfld Text.data; ldloc text; ldfld Text.length; conv.i4; call System.Runtime.InteropServices.Marshal::PtrToStringUni(nint,int); stloc result
    empty:
      leave done
    toolong:
      ldsfld Map.TooLong; newobj System.IO.IOException::.ctor(string); stloc result
      leave done
    catch Exception
      stloc result
      leave done
    end
  done:
    ldloc text; call Native.mmf_text16_free
    ldloc result; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; ret
  field public static string TooLong

  method public object ReadBytes (long milliseconds)
    local TextOptions options
    local Text text
    local byte[] error
    local int status
    local object result
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; ldc.i4 0; ldc.i4 0; ldarg milliseconds; call Map.Options; stloc options
    ldarg this; call Map.get_Id; ldloca options; ldloca text; ldloc error; call Native.mmf_content_read; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue failed
    try
      ldloc text; ldfld Text.length; conv.u8; ldc.i4 0x7FFFFFC7; conv.i8; bgt.un toolong
      ldloc text; ldfld Text.length; conv.i4; newarr byte; stloc result
      ldloc text; ldfld Text.length; brfalse empty
      ldloc text; ldfld Text.data; ldloc result; castclass byte[]; ldc.i4 0; ldloc text; ldfld Text.length; conv.i4; call System.Runtime.InteropServices.Marshal::Copy(nint,byte[],int,int)
    empty:
      leave done
    toolong:
      ldsfld Map.TooLong; newobj System.IO.IOException::.ctor(string); stloc result
      leave done
    catch Exception
      stloc result
      leave done
    end
  done:
    ldloc text; call Native.mmf_bytes_free
    ldloc result; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; ret

  method public object GetLength (long milliseconds)
    local TextOptions options
    local byte[] error
    local int status
    local long length
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; ldc.i4 0; ldc.i4 0; ldarg milliseconds; call Map.Options; stloc options
    ldarg this; call Map.get_Id; ldloca options; ldloca length; ldloc error; call Native.mmf_content_get_length; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue failed
    ldloc length; box long; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; ret

  method public Exception Copy (bool write, long offset, byte[] bytes, long milliseconds)
    local byte[] error
    local int status
    local ulong taken
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.get_HeldLock; brtrue locked
    ldarg this; call Map.get_Id; ldarg write; ldarg milliseconds; ldloca taken; ldloc error; call Native.mmf_lock_take; stloc status
    ldloc status; brtrue done
  locked:
    ldarg this; call Map.get_Id; ldarg offset; ldarg bytes; ldarg bytes; ldlen; conv.i; ldloc error
    ldarg write; brtrue write
    call Native.mmf_map_read; br called
  write:
    call Native.mmf_map_write
  called:
    stloc status
    ldloc taken; ldnull; call Native.mmf_lock_release; pop
  done:
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; ldloc error; call Map.Result; ret

  method public Exception Save (string path, int part, bool keep, bool force, bool ending, string lineEnd, long milliseconds)
    local SaveOptions options
    local TextOptions text
    local byte[] error
    local int status
    local nint end
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; ldc.i4 0; ldc.i4 0; ldarg milliseconds; call Map.Options; stloc text
    ldloca options; sizeof SaveOptions; stfld SaveOptions.struct_size
    ldloca options; ldarg part; stfld SaveOptions.part
    ldloca options; ldarg keep; stfld SaveOptions.keep_existing
    ldloca options; ldarg force; stfld SaveOptions.force
    ldloca options; ldloca text; conv.u; stfld SaveOptions.text
    ldarg ending; brfalse bare
    ldarg lineEnd; call System.Runtime.InteropServices.Marshal::StringToHGlobalAnsi(string); stloc end
    ldloca options; ldloc end; stfld SaveOptions.ending
    ldloca options; ldarg lineEnd; callvirt System.String::get_Length(); conv.i; stfld SaveOptions.ending_length
  bare:
    ldarg this; call Map.get_Id; ldarg path; ldarg path; callvirt System.String::get_Length(); conv.i; ldloca options; ldloc error; call Native.mmf_map_save16; stloc status
    ldloc end; call System.Runtime.InteropServices.Marshal::FreeHGlobal(nint)
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; ldloc error; call Map.Result; ret

  method private static nint LengthOf (string text)
    ldarg text; brfalse none
    ldarg text; callvirt System.String::get_Length(); conv.i; ret
  none:
    ldc.i4 0; conv.i; ret

  method private static MapOptions CreateOptions (int access, int allocation, int inheritability)
    local MapOptions options
    ldloca options; sizeof MapOptions; stfld MapOptions.struct_size
    ldloca options; ldarg access; stfld MapOptions.access
    ldloca options; ldarg allocation; stfld MapOptions.allocation
    ldloca options; ldarg inheritability; stfld MapOptions.inheritability
    ldloca options; ldc.i4 -1; stfld MapOptions.mode
    ldloca options; ldc.i4 -1; conv.i8; stfld MapOptions.uid
    ldloca options; ldc.i4 -1; conv.i8; stfld MapOptions.gid
    ldloc options; ret

  method public static object Create (bool orOpen, string name, long capacity, int access, int allocation, int inheritability)
    local MapOptions options
    local byte[] error
    local int status
    local ulong id
    ldc.i4 1024; newarr byte; stloc error
    ldarg access; ldarg allocation; ldarg inheritability; call Map.CreateOptions; stloc options
    ldarg name; ldarg name; call Map.LengthOf; ldarg capacity; ldloca options; ldloca id; ldloc error
    ldarg orOpen; brtrue orOpen
    call Native.mmf_map_create_new16; br called
  orOpen:
    call Native.mmf_map_create_or_open16
  called:
    stloc status
    ldloc status; brtrue failed
    ldloc id; ldarg name; ldnull; call Map.From; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; ret

  method public static object CreateFromFile (string path, int mode, string name, long capacity, int access) CreateFromPath
    local MapOptions options
    local byte[] error
    local int status
    local ulong id
    ldc.i4 1024; newarr byte; stloc error
    ldarg access; ldc.i4 0; ldc.i4 0; call Map.CreateOptions; stloc options
    ldarg path; ldarg path; call Map.LengthOf; ldarg mode; ldarg name; ldarg name; call Map.LengthOf; ldarg capacity
    ldloca options; ldloca id; ldloc error; call Native.mmf_map_create_from_file16; stloc status
    ldloc status; brtrue failed
    ldloc id; ldarg name; ldnull; call Map.From; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; ret

  method public static object Open (string name, int rights, int inheritability, long wait)
    local MapOptions options
    local byte[] error
    local int status
    local ulong id
    ldc.i4 1024; newarr byte; stloc error
    ldc.i4 0; ldc.i4 0; ldarg inheritability; call Map.CreateOptions; stloc options
    ldloca options; ldarg rights; stfld MapOptions.rights
    ldloca options; ldarg wait; stfld MapOptions.wait_ms
    ldarg name; ldarg name; call Map.LengthOf; ldloca options; ldloca id; ldloc error; call Native.mmf_map_open16; stloc status
    ldloc status; brtrue failed
    ldloc id; ldarg name; ldnull; call Map.From; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; ret

  method private static object Adopt (System.Runtime.InteropServices.SafeHandle handle, string name, long capacity, int access, int inheritability, System.IDisposable companion)
    local MapOptions options
    local byte[] error
    local int status
    local ulong id
    local bool held
    ldc.i4 1024; newarr byte; stloc error
    ldarg access; ldc.i4 0; ldarg inheritability; call Map.CreateOptions; stloc options
    ldarg handle; ldloca held; callvirt System.Runtime.InteropServices.SafeHandle::DangerousAddRef(bool&)
    ldarg handle; callvirt System.Runtime.InteropServices.SafeHandle::DangerousGetHandle()
    ldc.i4 1; ldarg name; ldarg name; call Map.LengthOf; ldarg capacity; ldloca options; ldloca id; ldloc error; call Native.mmf_map_create_from_descriptor16; stloc status
    ldarg handle; callvirt System.Runtime.InteropServices.SafeHandle::DangerousRelease()
    ldloc status; brtrue failed
    ldloc id; ldarg name; ldarg companion; call Map.From; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; ret

  method public static object FromStream (System.IO.FileStream stream, string name, long capacity, int access, int inheritability, bool leaveOpen)
    local object result
    try
      ldarg stream; callvirt System.IO.FileStream::Flush()
      ldarg stream; callvirt System.IO.FileStream::get_SafeFileHandle(); ldarg name; ldarg capacity; ldarg access; ldarg inheritability
      ldnull; ldarg leaveOpen; brtrue open
      pop; ldarg stream
    open:
      call Map.Adopt; stloc result
      leave done
    catch Exception
      stloc result
      leave done
    end
  done:
    ldloc result; ret

  method public static object Of (System.IO.MemoryMappedFiles.MemoryMappedFile map, int access)
    local object result
    ldarg map; isinst Map; brfalse other
    ldarg map; ret
  other:
    try
      ldarg map; callvirt System.IO.MemoryMappedFiles.MemoryMappedFile::get_SafeMemoryMappedFileHandle(); ldnull; ldc.i4 0; conv.i8; ldarg access; ldc.i4 0; ldnull; call Map.Adopt; stloc result
      leave done
    catch Exception
      stloc result
      leave done
    end
  done:
    ldloc result; ret

  field public static bool OnWindows
  field public static System.Reflection.MethodInfo SetHandle
  method private int FillBase (byte[] error)
    local int status
    local nint descriptor
    local object file
    local object real
    local int index
    local object[] arguments
    ldsfld Map.OwnViews; brtrue done
    ldarg this; call Map.get_Id; ldloca descriptor; ldarg error; call Native.mmf_map_duplicate_descriptor; stloc status
    ldloc status; ldc.i4 7; beq done
    ldloc status; brfalse duplicated
    ldloc status; ret
  duplicated:
    ldsfld Map.OnWindows; brtrue windows
    ldloc descriptor; ldc.i4 1; newobj Microsoft.Win32.SafeHandles.SafeFileHandle::.ctor(nint,bool); stloc file
    try
      ldloc file; castclass Microsoft.Win32.SafeHandles.SafeFileHandle; ldarg this; call Map.FileAccess; newobj System.IO.FileStream::.ctor(Microsoft.Win32.SafeHandles.SafeFileHandle,System.IO.FileAccess)
      ldnull; ldarg this; call Map.get_Capacity; ldarg this; call Map.get_Access; ldarg this; ldflda Map.info; ldfld MapInfo.inheritable; ldc.i4 0
      call System.IO.MemoryMappedFiles.MemoryMappedFile::CreateFromFile(System.IO.FileStream,string,long,System.IO.MemoryMappedFiles.MemoryMappedFileAccess,System.IO.HandleInheritability,bool); stloc real
    next:
      ldsfld Map.BaseFields; ldloc index; ldelem.ref; ldarg this; ldsfld Map.BaseFields; ldloc index; ldelem.ref; ldloc real; callvirt System.Reflection.FieldInfo::GetValue(object); callvirt System.Reflection.FieldInfo::SetValue(object,object)
      ldloc index; ldc.i4 1; add; stloc index
      ldloc index; ldsfld Map.BaseFields; ldlen; conv.i4; blt next
      ldarg this; ldc.i4 1; stfld Map.based
      leave done
    catch Exception
      pop
      ldloc file; castclass Microsoft.Win32.SafeHandles.SafeFileHandle; callvirt System.Runtime.InteropServices.SafeHandle::Dispose()
      leave done
    end
  windows:
    ldsfld Map.BaseFields; ldc.i4 0; ldelem.ref; callvirt System.Reflection.FieldInfo::get_FieldType(); ldc.i4 1; call System.Activator::CreateInstance(System.Type,bool); stloc real
    ldc.i4 1; newarr object; stloc arguments
    ldloc arguments; ldc.i4 0; ldloc descriptor; box nint; stelem.ref
    ldsfld Map.SetHandle; ldloc real; ldloc arguments; callvirt System.Reflection.MethodBase::Invoke(object,object[]); pop
    ldsfld Map.BaseFields; ldc.i4 0; ldelem.ref; ldarg this; ldloc real; callvirt System.Reflection.FieldInfo::SetValue(object,object)
    ldarg this; ldc.i4 1; stfld Map.based
  done:
    ldc.i4 0; ret

  method private System.IO.FileAccess FileAccess ()
    ldarg this; call Map.get_Access; ldc.i4 1; beq read
    ldarg this; call Map.get_Access; ldc.i4 3; beq read
    ldarg this; call Map.get_Access; ldc.i4 4; beq read
    ldc.i4 3; ret
  read:
    ldc.i4 1; ret

  method private ViewHandle View (long offset, long size, System.IO.MemoryMappedFiles.MemoryMappedFileAccess access)
    local byte[] error
    local int status
    local ulong id
    local ViewInfo info
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.get_Id; ldarg offset; ldarg size; ldarg access; ldloca id; ldloc error; call Native.mmf_view_create; stloc status
    ldloc status; brtrue failed
    ldloc id; ldloca info; ldloc error; call Native.mmf_view_get_info; stloc status
    ldloc status; brtrue failed
    ldloc id; ldloc info; ldfld ViewInfo.pointer; ldloc info; ldfld ViewInfo.size; newobj ViewHandle.ctor; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; throw
  method private static System.IO.FileAccess ViewAccess (System.IO.MemoryMappedFiles.MemoryMappedFileAccess access)
    ldarg access; ldc.i4 1; beq read
    ldarg access; ldc.i4 4; beq read
    ldarg access; ldc.i4 2; beq write
    ldc.i4 3; ret
  read:
    ldc.i4 1; ret
  write:
    ldc.i4 2; ret
  method private static long SizeOf (ViewHandle view)
    ldarg view; callvirt System.Runtime.InteropServices.SafeBuffer::get_ByteLength(); conv.i8; ret

  method public System.IO.UnmanagedMemoryStream CreateViewStream () Stream0
    ldarg this; ldc.i4 0; conv.i8; ldc.i4 0; conv.i8; ldc.i4 0; call Map.Stream3; ret
  method public System.IO.UnmanagedMemoryStream CreateViewStream (long offset, long size) Stream2
    ldarg this; ldarg offset; ldarg size; ldc.i4 0; call Map.Stream3; ret
  method public System.IO.UnmanagedMemoryStream CreateViewStream (long offset, long size, System.IO.MemoryMappedFiles.MemoryMappedFileAccess access) Stream3
    local ViewHandle view
    ldarg this; ldfld Map.based; brfalse mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call System.IO.MemoryMappedFiles.MemoryMappedFile::CreateViewStream(long,long,System.IO.MemoryMappedFiles.MemoryMappedFileAccess); ret
  mine:
    ldarg this; ldarg offset; ldarg size; ldarg access; call Map.View; stloc view
    ldloc view; ldc.i4 0; conv.i8; ldloc view; call Map.SizeOf; ldarg access; call Map.ViewAccess; newobj System.IO.UnmanagedMemoryStream::.ctor(System.Runtime.InteropServices.SafeBuffer,long,long,System.IO.FileAccess); ret
  method public System.IO.UnmanagedMemoryAccessor CreateViewAccessor () Accessor0
    ldarg this; ldc.i4 0; conv.i8; ldc.i4 0; conv.i8; ldc.i4 0; call Map.Accessor3; ret
  method public System.IO.UnmanagedMemoryAccessor CreateViewAccessor (long offset, long size) Accessor2
    ldarg this; ldarg offset; ldarg size; ldc.i4 0; call Map.Accessor3; ret
  method public System.IO.UnmanagedMemoryAccessor CreateViewAccessor (long offset, long size, System.IO.MemoryMappedFiles.MemoryMappedFileAccess access) Accessor3
    local ViewHandle view
    ldarg this; ldfld Map.based; brfalse mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call System.IO.MemoryMappedFiles.MemoryMappedFile::CreateViewAccessor(long,long,System.IO.MemoryMappedFiles.MemoryMappedFileAccess); ret
  mine:
    ldarg this; ldarg offset; ldarg size; ldarg access; call Map.View; stloc view
    ldloc view; ldc.i4 0; conv.i8; ldloc view; call Map.SizeOf; ldarg access; call Map.ViewAccess; newobj System.IO.UnmanagedMemoryAccessor::.ctor(System.Runtime.InteropServices.SafeBuffer,long,long,System.IO.FileAccess); ret

  method public static object Names ()
    local byte[] error
    local int status
    local Text list
    local object result
    local int index
    local ListEntry entry
    ldc.i4 1024; newarr byte; stloc error
    ldloca list; ldloc error; call Native.mmf_list_get16; stloc status
    ldloc status; brtrue failed
    ldloc list; ldfld Text.length; conv.i4; newarr string; stloc result
  next:
    ldloc index; ldloc list; ldfld Text.length; conv.i4; bge done
    ldloc list; ldfld Text.data; ldloc index; sizeof ListEntry; mul; add; ldobj ListEntry; stloc entry
    ldloc result; castclass string[]; ldloc index
    ldloca entry; ldflda ListEntry.name; ldfld Text.data; ldloca entry; ldflda ListEntry.name; ldfld Text.length; conv.i4; call System.Runtime.InteropServices.Marshal::PtrToStringUni(nint,int); stelem.ref
    ldloc index; ldc.i4 1; add; stloc index
    br next
  done:
    ldloc list; call Native.mmf_list_free16
    ldloc result; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; ret

class Paths : object
  method public static object Literal (System.Management.Automation.PathIntrinsics paths, string path)
    local System.Management.Automation.ProviderInfo provider
    local System.Management.Automation.PSDriveInfo drive
    local object result
    try
      ldarg paths; ldarg path; ldloca provider; ldloca drive; callvirt System.Management.Automation.PathIntrinsics::GetUnresolvedProviderPathFromPSPath(string,System.Management.Automation.ProviderInfo&,System.Management.Automation.PSDriveInfo&); stloc result
      ldloc provider; callvirt System.Management.Automation.ProviderInfo::get_Name(); ldstr FileSystem; call System.String::op_Equality(string,string); brtrue fine
      ldloc provider; stloc result
    fine:
      leave done
    catch Exception
      stloc result
      leave done
    end
  done:
    ldloc result; ret
  method public static object Matching (System.Management.Automation.PathIntrinsics paths, string path)
    local System.Management.Automation.ProviderInfo provider
    local object result
    try
      ldarg paths; ldarg path; ldloca provider; callvirt System.Management.Automation.PathIntrinsics::GetResolvedProviderPathFromPSPath(string,System.Management.Automation.ProviderInfo&); stloc result
      ldloc provider; callvirt System.Management.Automation.ProviderInfo::get_Name(); ldstr FileSystem; call System.String::op_Equality(string,string); brtrue fine
      ldloc provider; stloc result
    fine:
      leave done
    catch Exception
      stloc result
      leave done
    end
  done:
    ldloc result; ret

class Takes : System.Management.Automation.ArgumentTransformationAttribute
  ctor public ()
    ldarg this; call System.Management.Automation.ArgumentTransformationAttribute::.ctor(); ret
  method public override object Transform (System.Management.Automation.EngineIntrinsics engine, object input)
    local object plain
    ldarg input; stloc plain
    ldarg input; isinst System.Management.Automation.PSObject; brfalse bare
    ldarg input; castclass System.Management.Automation.PSObject; callvirt System.Management.Automation.PSObject::get_BaseObject(); stloc plain
  bare:
    ldloc plain; isinst byte[]; brtrue bytes
    ldloc plain; isinst System.IO.FileInfo; brtrue file
    ldarg input; ret
  file:
    ldloc plain; callvirt System.IO.FileSystemInfo::get_FullName(); ret
  bytes:
    ldsfld Takes.Mark; ldsfld Takes.Latin1; ldloc plain; castclass byte[]; callvirt System.Text.Encoding::GetString(byte[]); call System.String::Concat(string,string); ret
  field public static string Mark
  field public static System.Text.Encoding Latin1

class TakesMode : System.Management.Automation.ArgumentTransformationAttribute
  ctor public ()
    ldarg this; call System.Management.Automation.ArgumentTransformationAttribute::.ctor(); ret
  method public override object Transform (System.Management.Automation.EngineIntrinsics engine, object input)
    ldarg input; brfalse given
    ldarg input; callvirt System.Object::ToString(); ldstr -; callvirt System.String::Contains(string); brtrue shown
  given:
    ldarg input; ret
  shown:
    ldc.i4 3; box System.IO.FileMode; ret

class Work : object
  field private System.Reflection.MethodInfo method
  field private object target
  field private object[] arguments
  field private object owner
  field private System.Threading.Tasks.Task task
  field public object Result
  ctor public (System.Reflection.MethodInfo method, object target, object[] arguments)
    ldarg this; call System.Object::.ctor()
    ldarg this; ldarg method; stfld Work.method
    ldarg this; ldarg target; stfld Work.target
    ldarg this; ldarg arguments; stfld Work.arguments
    ldarg this; call Map.ThisOwner; stfld Work.owner
    ldarg this; ldarg this; ldftn Work.Run; newobj System.Action::.ctor(object,nint); call System.Threading.Tasks.Task::Run(System.Action); stfld Work.task
    ret
  method private void Run ()
    local object result
    ldarg this; ldfld Work.owner; stsfld Map.Owner
    try
      ldarg this; ldarg this; ldfld Work.method; ldarg this; ldfld Work.target; ldarg this; ldfld Work.arguments; callvirt System.Reflection.MethodBase::Invoke(object,object[]); stfld Work.Result
      leave done
    catch Exception
      stloc result
      ldarg this; ldloc result; stfld Work.Result
      leave done
    end
  done:
    ldnull; stsfld Map.Owner
    ret
  method public bool Wait (int milliseconds)
    ldarg this; ldfld Work.task; ldarg milliseconds; callvirt System.Threading.Tasks.Task::Wait(int); ret
'@

# Who may use a map: with modes and owners, or with Windows' own language for it. Windows PowerShell
# needs neither, for there the base class has these methods, with .NET's own type.
$script:NotationOfModes = @'
class AccessControl : object
  field public UnixMode Mode
  field public long UserId
  field public long GroupId
  ctor public ()
    ldarg this; call System.Object::.ctor()
    ldarg this; ldc.i4 -1; stfld AccessControl.Mode
    ldarg this; ldc.i4 -1; conv.i8; stfld AccessControl.UserId
    ldarg this; ldc.i4 -1; conv.i8; stfld AccessControl.GroupId
    ret
class Map : System.IO.MemoryMappedFiles.MemoryMappedFile
  method public AccessControl GetAccessControl ()
    local byte[] error
    local int status
    local Permissions permissions
    local object result
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.get_Id; ldloca permissions; ldloc error; call Native.mmf_map_get_permissions; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue failed
    newobj AccessControl.ctor; stloc result
    ldloc result; castclass AccessControl; ldloc permissions; ldfld Permissions.mode; stfld AccessControl.Mode
    ldloc result; castclass AccessControl; ldloc permissions; ldfld Permissions.uid; stfld AccessControl.UserId
    ldloc result; castclass AccessControl; ldloc permissions; ldfld Permissions.gid; stfld AccessControl.GroupId
    ldloc result; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; throw
  method public void SetAccessControl (AccessControl control)
    local byte[] error
    local int status
    local Permissions permissions
    ldarg control; brtrue given
    ldstr control; newobj System.ArgumentNullException::.ctor(string); throw
  given:
    ldc.i4 1024; newarr byte; stloc error
    ldloca permissions; ldarg control; ldfld AccessControl.Mode; stfld Permissions.mode
    ldloca permissions; ldarg control; ldfld AccessControl.UserId; stfld Permissions.uid
    ldloca permissions; ldarg control; ldfld AccessControl.GroupId; stfld Permissions.gid
    ldarg this; call Map.get_Id; ldloca permissions; ldloc error; call Native.mmf_map_set_permissions; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue failed
    ret
  failed:
    ldloc status; ldloc error; call Failure.Of; throw
'@

$script:NotationOfSddl = @'
class Map : System.IO.MemoryMappedFiles.MemoryMappedFile
  method public string GetAccessControl ()
    local byte[] error
    local int status
    local Text text
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.get_Id; ldloca text; ldloc error; call Native.mmf_map_get_sddl16; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue failed
    ldloc text; call Map.Take; ret
  failed:
    ldloc status; ldloc error; call Failure.Of; throw
  method public void SetAccessControl (string sddl)
    local byte[] error
    local int status
    ldc.i4 1024; newarr byte; stloc error
    ldarg this; call Map.get_Id; ldarg sddl; ldarg sddl; call Map.LengthOf; ldloc error; call Native.mmf_map_set_sddl16; stloc status
    ldarg this; call System.GC::KeepAlive(object)
    ldloc status; brtrue failed
    ret
  failed:
    ldloc status; ldloc error; call Failure.Of; throw
'@

# ---------------------------------------------------------------------------------------------
# What turns the notation into types.
#
# Importing must not take long, and what takes long in PowerShell is what is done for the first time:
# each method that is called compiles a rule, and a function with many variables compiles accessors
# for them. So nearly everything goes through MethodInfo.Invoke, and the functions are small. They
# share the tables of New-Binding, which calls them all.
# ---------------------------------------------------------------------------------------------

function Resolve-Type {
    param([string] $Name)

    $type = $types[$Name]
    if ($type) { return $type }
    if ($Name -match '^(.+)&$') { $type = (Resolve-Type $Matches[1]).MakeByRefType() }
    else { $type = $Name -as [type] }
    if (-not $type) { throw "The binding needs the type $Name, which this .NET does not have." }
    $types[$Name] = $type
    $type
}

function Resolve-TypeList {
    # Of 'T a, T b' or of 'T,T'; the comma keeps the array one.
    param([string] $List)

    if (-not $List) { return , [type[]] @() }
    $found = foreach ($part in $List -split ', ?') {
        $name = ($part -split ' ')[0]
        $type = $types[$name]
        if ($type) { $type } else { Resolve-Type $name }
    }
    , [type[]] $found
}

function Resolve-Member {
    # 'Type::method(types)' of .NET.
    param([string] $Name)

    if ($Name -notmatch '^(.+)::([^(]+)\((.*)\)$') { throw "The binding has no member $Name." }
    $owner, $member, $list = $Matches[1, 2, 3]
    $owner = Resolve-Type $owner
    $list = Resolve-TypeList $list
    $found = if ($member -eq '.ctor') { $owner.GetConstructor($anyMember, $null, $list, $null) }
    else { $owner.GetMethod($member, $anyMember, $null, $list, $null) }
    if (-not $found) { throw "The binding needs $Name, which this .NET does not have." }
    $members[$Name] = $found
    $found
}

function Get-EmitMethod {
    # The methods of ILGenerator, by the operand that they take.
    $opCode = [System.Reflection.Emit.OpCode]
    $il = [System.Reflection.Emit.ILGenerator]
    @{
        None = $il.GetMethod('Emit', [type[]] @($opCode))
        InlineMethod = $il.GetMethod('Emit', [type[]] @($opCode, [System.Reflection.MethodInfo]))
        Constructor = $il.GetMethod('Emit', [type[]] @($opCode, [System.Reflection.ConstructorInfo]))
        InlineField = $il.GetMethod('Emit', [type[]] @($opCode, [System.Reflection.FieldInfo]))
        InlineType = $il.GetMethod('Emit', [type[]] @($opCode, [type]))
        InlineI = $il.GetMethod('Emit', [type[]] @($opCode, [int]))
        InlineR = $il.GetMethod('Emit', [type[]] @($opCode, [double]))
        InlineString = $il.GetMethod('Emit', [type[]] @($opCode, [string]))
        InlineBrTarget = $il.GetMethod('Emit', [type[]] @($opCode, [System.Reflection.Emit.Label]))
        InlineVar = $il.GetMethod('Emit', [type[]] @($opCode, [System.Reflection.Emit.LocalBuilder]))
        Argument = $il.GetMethod('Emit', [type[]] @($opCode, [int16]))
        local = $il.GetMethod('DeclareLocal', [type[]] @(, [type]))
        label = $il.GetMethod('DefineLabel')
        mark = $il.GetMethod('MarkLabel')
        try = $il.GetMethod('BeginExceptionBlock')
        catch = $il.GetMethod('BeginCatchBlock')
        end = $il.GetMethod('EndExceptionBlock')
    }
}

function Get-DefineMethod {
    # The methods of TypeBuilder, by what they define.
    $builder = [System.Reflection.Emit.TypeBuilder]
    $flags = [System.Reflection.MethodAttributes]
    $convention = [System.Reflection.CallingConventions]
    @{
        field = $builder.GetMethod('DefineField', [type[]] @([string], [type], [System.Reflection.FieldAttributes]))
        method = $builder.GetMethod('DefineMethod', [type[]] @([string], $flags, [type], [type[]]))
        ctor = $builder.GetMethod('DefineConstructor', [type[]] @($flags, $convention, [type[]]))
        import = $builder.GetMethod('DefinePInvokeMethod', [type[]] @([string], [string], $flags, $convention, [type], [type[]], [System.Runtime.InteropServices.CallingConvention], [System.Runtime.InteropServices.CharSet]))
        property = $builder.GetMethod('DefineProperty', [type[]] @([string], [System.Reflection.PropertyAttributes], [type], [type[]]))
        getter = [System.Reflection.Emit.PropertyBuilder].GetMethod('SetGetMethod')
        flags = [System.Reflection.Emit.MethodBuilder].GetMethod('SetImplementationFlags')
    }
}

function Add-Struct {
    # Finished at once, since others have it as a field.
    param([string] $Rest)

    $name, $list = $Rest -split ' [{] | [}]'
    foreach ($field in $list[0] -split '; ') {
        $type, $field = $field -split ' '
        $members["$name.$field"] = $define.field.Invoke($types[$name], @($field, (Resolve-Type $type), $bits.public))
    }
    $types[$name] = $finished[$name] = $types[$name].CreateType()
    $builders.Remove($name)
}

function Add-Import {
    # A function of the library: Cdecl (2), text as UTF-16 (3), the result as it is (0x80).
    param([string] $Class, [string] $Rest)

    $null = $Rest -match '^(\w+) (\w+) \((.*)\)$'
    $import, $type, $list = $Matches[1, 2, 3]
    $publicStaticImport = 0x2016
    $member = $define.import.Invoke($builders[$Class], @($import, $Library, $publicStaticImport, 1, (Resolve-Type $type), (Resolve-TypeList $list), 2, 3))
    $null = $define.flags.Invoke($member, @(0x80))
    $members["$Class.$import"] = $member
}

function Add-Field {
    param([string] $Class, [string] $Rest)

    $words = $Rest -split ' '
    $flags = 0
    foreach ($word in $words) { $flags = $flags -bor $bits[$word] }
    $field = $define.field.Invoke($builders[$Class], @($words[-1], (Resolve-Type $words[-2]), $flags))
    if ($words[0] -eq 'threadstatic') {
        $field.SetCustomAttribute([System.Reflection.Emit.CustomAttributeBuilder]::new([System.ThreadStaticAttribute].GetConstructor([type[]] @()), [object[]] @()))
    }
    $members["$Class.$($words[-1])"] = $field
}

function Add-Property {
    param([string] $Class, [string] $Rest)

    $type, $property = ($Rest -split ' ')[1, 2]
    $null = $define.getter.Invoke($define.property.Invoke($builders[$Class], @($property, 0, (Resolve-Type $type), $null)), @($members["$Class.get_$property"]))
}

function Add-Method {
    # Gives the list that the instructions go into.
    param([string] $Class, [string] $Head, [string] $Rest)

    $null = $Rest -match '^(.*?) ?\((.*)\) ?(\w*)$'
    $words, $list, $alias = $Matches[1, 2, 3]
    $words = $words -split ' '
    $flags = 0x80 # HideBySig
    foreach ($word in $words) { $flags = $flags -bor $bits[$word] }
    if ($Head -eq 'ctor') {
        $method = $define.ctor.Invoke($builders[$Class], @($flags, 0x20, (Resolve-TypeList $list)))
        $alias = 'ctor'
    }
    else {
        if ($words[-1] -like 'get_*') { $flags = $flags -bor 0x800 } # SpecialName
        $method = $define.method.Invoke($builders[$Class], @($words[-1], $flags, (Resolve-Type $words[-2]), (Resolve-TypeList $list)))
        if (-not $alias) { $alias = $words[-1] }
    }
    $members["$Class.$alias"] = $method
    Add-Body $method (Get-ArgumentPosition $list ($flags -band $bits.static))
}

function Add-Body {
    param($Method, $Arguments)

    $body = [System.Collections.ArrayList]::new()
    $null = $bodies.Add(@($Method, $Arguments, $body))
    , $body
}

function Get-ArgumentPosition {
    param([string] $List, $IsStatic)

    $arguments = @{}
    $position = 0
    if (-not $IsStatic) { $arguments['this'] = [int16] $position++ }
    if ($List) { foreach ($parameter in $List -split ', ') { $arguments[($parameter -split ' ')[1]] = [int16] $position++ } }
    $arguments
}

function Add-AllMember {
    param([string] $Notation)

    foreach ($line in $Notation -split '\r?\n *') {
        $head, $rest = $line -split ' ', 2
        if ($head -eq 'struct') { Add-Struct $rest }
        elseif ($head -eq 'class') { $class = ($rest -split ' ')[0] }
        elseif ($head -eq 'import') { Add-Import -Class $class -Rest $rest }
        elseif ($head -eq 'field') { Add-Field $class $rest }
        elseif ($head -eq 'property') { Add-Property $class $rest }
        elseif ($head -eq 'method' -or $head -eq 'ctor') { $body = Add-Method -Class $class -Head $head -Rest $rest }
        elseif ($head) { $null = $body.Add($line) }
    }
}

function Get-OpCode {
    param([string] $Word)

    $field = [System.Reflection.Emit.OpCodes].GetField(($Word -replace '\.', '_'), $anyCase)
    if (-not $field) { throw "The binding cannot read '$Word'." }
    $opCode = $opCodes[$Word] = $field.GetValue($null)
    $operands[$Word] = [string] $opCode.OperandType
    $opCode
}

function Write-Body {
    param($Method, $Arguments, $Body)

    $il = $Method.GetILGenerator()
    $locals = @{}
    $labels = @{}
    foreach ($instruction in $Body -split '; ') {
        $word, $operand = $instruction -split ' ', 2
        $opCode = $opCodes[$word]
        if ($null -eq $opCode) {
            if ($word -eq 'local') {
                $type, $name = $operand -split ' '
                $locals[$name] = $emit.local.Invoke($il, @(Resolve-Type $type))
                continue
            }
            if ($word -eq 'try' -or $word -eq 'end') { $null = $emit[$word].Invoke($il, $null); continue }
            if ($word -eq 'catch') { $null = $emit.catch.Invoke($il, @(Resolve-Type $operand)); continue }
            if ($word -match '^(\w+):$') {
                $name = $Matches[1]
                if (-not $labels.ContainsKey($name)) { $labels[$name] = $emit.label.Invoke($il, $null) }
                $null = $emit.mark.Invoke($il, @($labels[$name]))
                continue
            }
            $opCode = Get-OpCode $word
        }
        if ($null -eq $operand) {
            $null = $emit.None.Invoke($il, @($opCode))
            continue
        }
        $kind = $operands[$word]
        if ($kind -eq 'InlineVar') {
            $value = $locals[$operand]
            if ($null -eq $value -or $word -like 'ldarg*') { $value, $kind = $Arguments[$operand], 'Argument' }
        }
        elseif ($kind -eq 'InlineMethod' -or $kind -eq 'InlineField') {
            $value = $members[$operand]
            if (-not $value) { $value = Resolve-Member $operand }
            if ($operand -like '*.ctor*') { $kind = 'Constructor' }
        }
        elseif ($kind -eq 'InlineI') { $value = [int] $operand }
        elseif ($kind -eq 'InlineType') { $value = Resolve-Type $operand }
        elseif ($kind -eq 'InlineBrTarget') {
            if (-not $labels.ContainsKey($operand)) { $labels[$operand] = $emit.label.Invoke($il, $null) }
            $value = $labels[$operand]
        }
        elseif ($kind -eq 'InlineR') { $value = [double] $operand }
        else { $value = if ($operand -eq "''") { '' } else { $operand } }
        if ($null -eq $value) { throw "The binding cannot read '$instruction'." }
        $null = $emit[$kind].Invoke($il, @($opCode, $value))
    }
}

function New-Binding {
    # Emits everything that the notation says; gives the finished types by name.
    param([string] $Notation, [string] $Library)

    $types = @{
        object = [object]; string = [string]; void = [void]; bool = [bool]; byte = [byte]; int = [int]; uint = [uint32]
        long = [long]; ulong = [uint64]; double = [double]; nint = [System.IntPtr]; Exception = [System.Exception]
        UnixMode = [int]
    }
    if ('System.IO.UnixFileMode' -as [type]) { $types['UnixMode'] = 'System.IO.UnixFileMode' -as [type] }
    # MethodAttributes and FieldAttributes: these bits are the same in both.
    $bits = @{
        private = 0x3; protected = 0x4; public = 0x6; static = 0x10; threadstatic = 0x10
        override = 0x40; interface = 0x160
    }
    $anyMember = [System.Reflection.BindingFlags] 'Public, NonPublic, Static, Instance'
    $anyCase = [System.Reflection.BindingFlags] 'Public, Static, IgnoreCase'
    $members, $opCodes, $operands, $builders, $finished = @{}, @{}, @{}, @{}, @{}
    $bodies = [System.Collections.ArrayList]::new()
    $define = Get-DefineMethod
    $emit = Get-EmitMethod

    # First the types, then all members, then the bodies: so each can name what comes later.
    Add-AllType $Notation
    Add-AllMember $Notation
    foreach ($body in $bodies) { Write-Body -Method $body[0] -Arguments $body[1] -Body $body[2] }
    foreach ($name in @($builders.Keys)) { $finished[$name] = $builders[$name].CreateType() }
    $finished
}

function Add-AllType {
    param([string] $Notation)

    $assembly = [System.Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly('Mmf', 'Run')
    $module = $assembly.DefineDynamicModule('Mmf')
    foreach ($match in [regex]::Matches($Notation, '(?m)^(class|struct) (\w+)(?: : ([\w.]+)(?:, ([\w.]+))?)?')) {
        $head, $name, $base, $interface = $match.Groups[1, 2, 3, 4].Value
        if ($types[$name]) { continue }
        if ($head -eq 'struct') { $builder = $module.DefineType("Mmf.$name", 'Public, SequentialLayout, Sealed', [System.ValueType]) }
        else { $builder = $module.DefineType("Mmf.$name", 'Public, BeforeFieldInit', (Resolve-Type $base)) }
        if ($interface) { $builder.AddInterfaceImplementation((Resolve-Type $interface)) }
        $types[$name] = $builders[$name] = $builder
    }
}

function Initialize-Binding {
    # Gives the binding of this process; the first one to ask makes it.
    param([string] $ModulePath)

    $slot = 'System.IO.MemoryMappedFiles.Commands 2.0.0'
    $gate = [string]::Intern("$slot gate")
    [System.Threading.Monitor]::Enter($gate)
    try {
        $binding = [System.AppDomain]::CurrentDomain.GetData($slot)
        if ($null -ne $binding) { return $binding }

        $library = Find-NativeLibrary -ModulePath $ModulePath
        $notation = $script:Notation
        if (-not $script:OnWindows) { $notation += "`n$script:NotationOfModes" }
        elseif ($PSVersionTable.PSEdition -eq 'Core') { $notation += "`n$script:NotationOfSddl" }
        $binding = New-Binding -Notation $notation -Library $library

        $map = $binding['Map']
        $base = [System.IO.MemoryMappedFiles.MemoryMappedFile]
        $fields = $base.GetFields([System.Reflection.BindingFlags] 'Instance, NonPublic')
        # Their names differ between the .NETs. On Windows only the handle is set.
        if ($script:OnWindows) { $fields = @($fields.Where({ $_.FieldType.Name -eq 'SafeMemoryMappedFileHandle' })) }
        $map::BaseFields = [System.Reflection.FieldInfo[]] $fields
        $map::OnWindows = $script:OnWindows
        $map::SetHandle = [System.Runtime.InteropServices.SafeHandle].GetMethod('SetHandle', [System.Reflection.BindingFlags] 'Instance, NonPublic')
        $map::LineEnd = [System.Runtime.InteropServices.Marshal]::StringToHGlobalAnsi("`r`n")
        $map::Kinds = [string[]] ('', 'Named', 'File', 'NamedFile', 'Anonymous')
        $map::TooLong = 'The content is longer than a .NET string or array can be. Read it in parts, with -Offset and -Count.'
        $failure = $binding['Failure']
        $failure::TypeOfObject = [object]
        # The exceptions whose first argument is a name, and whose second one is the message.
        $failure::NamesFirst = [System.Collections.ArrayList] @([System.ArgumentNullException], [System.ArgumentOutOfRangeException], [System.ObjectDisposedException])

        $bytes = $binding['Takes']
        $bytes::Mark = "`0$([guid]::NewGuid())`0"
        $bytes::Latin1 = [System.Text.Encoding]::GetEncoding(28591)

        $native = $binding['Native']
        $major = $minor = $patch = [uint32] 0
        try { $null = $native::mmf_version_get([ref] $major, [ref] $minor, [ref] $patch) }
        catch { throw [System.DllNotFoundException]::new("The native library '$library' cannot be loaded by this process: $($_.Exception.GetBaseException().Message) Install the module for this system, or name another library in the environment variable MMF_LIBRARY.", $_.Exception) }
        if ($major -ne 2) {
            throw [System.DllNotFoundException]::new("The native library '$library' has the version $major.$minor.$patch; this module needs 2.x. Install the module anew, or correct the environment variable MMF_LIBRARY.")
        }
        [System.AppDomain]::CurrentDomain.SetData($slot, $binding)
        $binding
    }
    finally { [System.Threading.Monitor]::Exit($gate) }
}

$script:OnWindows = [System.IO.Path]::DirectorySeparatorChar -eq '\'
$script:Binding = Initialize-Binding -ModulePath $PSScriptRoot
$script:Map = $script:Binding['Map']
$script:ByteMark = $script:Binding['Takes']::Mark

foreach ($file in 'Common', 'New-MemoryMappedFile', 'Open-MemoryMappedFile', 'Out-MemoryMappedFile', 'Read-MemoryMappedFile', 'Save-MemoryMappedFile', 'Remove-MemoryMappedFile') {
    . ([System.IO.Path]::Combine($PSScriptRoot, "$file.ps1"))
}
