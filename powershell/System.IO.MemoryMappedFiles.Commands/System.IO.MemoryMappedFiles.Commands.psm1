<#
    Loads the native library and binds it, then loads the cmdlets: one file each, beside this one.

    The binding is written in a notation of its own, because compiling C# would cost most of a second
    at every import. It is made once per process, whatever the number of runspaces and imports, so
    that a map can cross from one runspace into another.
#>

# ---------------------------------------------------------------------------------------------
# The binding, in the notation that mmf_assembly_build16 takes, with single blanks between words:
#   assembly KEY FULLNAME            an assembly of .NET
#   net KEY class|struct NAME        a type in it, followed, two blanks in, by its members
#     ctor|method|static RET name T  one of an object, or of the type itself (static)
#   alias NAME TYPE                  another word for a type
#   struct S a:int b:long            the fields of a structure of the library
#   class C Base Interface           a type of the binding, followed by its members; C alone goes on
#     import public RET name a:T     a function of the library: Cdecl, text as UTF-16
#     field FLAG T name
#     ctor FLAG void ctor a:T        followed by what is local (local a:T) and by its instructions
#     method FLAG RET name a:T       the same; name/other: what an overload is called here
#     method getter RET get_name     gives the class a property, too
#     function FLAG RET name a:T     a static method
#       ldarg a; call C.name         as .NET's OpCodes has them; mark :label, try, catch T, end
# No name is told from another by case alone. What is 'private' can be called by everything in the
# binding, and by nobody else.
# An error buffer is a byte array (mmf_error_t): status, OS code, length, message in UTF-8.
# Methods called 'object' or 'Exception' give a failure back instead of throwing it, so that the
# cmdlets need no try/catch, which would leave a second record in $Error.
# Shared.Start sets what all share, and gives the version of a library that does not fit.
# Content.Read has the library write into a string that nobody else has seen yet: a short one first,
# then one of the right length, so that a long text is not copied once more. A long text that did not
# change since it was read is not read again as long as somebody has it: who looks again and again
# gets the same string, and leaves no garbage. lastSize says when it is worth to compare.
# ---------------------------------------------------------------------------------------------

$script:Notation = @'
net core class Microsoft.Win32.SafeHandles.SafeFileHandle
  ctor void ctor nint bool
net maps class Microsoft.Win32.SafeHandles.SafeMemoryMappedFileHandle
net core class System.Action
  ctor void ctor object nint
net core class System.Activator
  static object CreateInstance Type bool
  static object CreateInstance/CreateWith Type object[]
net core class System.ArgumentNullException
  ctor void ctor string
net core class System.ArgumentOutOfRangeException
net core class System.Array
  static int IndexOf Array object
net core class System.BitConverter
  static int ToInt32 byte[] int
net core class System.Collections.IDictionary
  method void set_Item object object
net core class System.Collections.ObjectModel.Collection`1
net core class System.Exception
  method IDictionary get_Data
net core class System.GC
  static void KeepAlive object
  static void SuppressFinalize object
net core class System.IDisposable
  method void Dispose
net core struct System.IO.FileAccess
net files class System.IO.FileInfo
net core struct System.IO.FileMode
net core class System.IO.FileStream
  ctor void ctor SafeFileHandle FileAccess
  method void Flush
  method SafeFileHandle get_SafeFileHandle
net files class System.IO.FileSystemInfo
  method string get_FullName
net handles struct System.IO.HandleInheritability
net core class System.IO.IOException
  ctor void ctor string
net maps class System.IO.MemoryMappedFiles.MemoryMappedFile
  static MemoryMappedFile CreateFromFile FileStream string long MemoryMappedFileAccess HandleInheritability bool
  method MemoryMappedViewAccessor CreateViewAccessor long long MemoryMappedFileAccess
  method MemoryMappedViewStream CreateViewStream long long MemoryMappedFileAccess
  method void Dispose bool
  method SafeMemoryMappedFileHandle get_SafeMemoryMappedFileHandle
net maps struct System.IO.MemoryMappedFiles.MemoryMappedFileAccess
net maps class System.IO.MemoryMappedFiles.MemoryMappedViewAccessor
net maps class System.IO.MemoryMappedFiles.MemoryMappedViewStream
net core class System.IO.Path
  static string GetRandomFileName
net core class System.IO.UnmanagedMemoryAccessor
  ctor void ctor SafeBuffer long long FileAccess
net core class System.IO.UnmanagedMemoryStream
  ctor void ctor SafeBuffer long long FileAccess
net core class System.LocalDataStoreSlot
net shell class System.Management.Automation.ArgumentTransformationAttribute
  ctor void ctor
net shell class System.Management.Automation.EngineIntrinsics
net shell class System.Management.Automation.PathIntrinsics
  method Collection`1<string> GetResolvedProviderPathFromPSPath string ProviderInfo&
  method string GetUnresolvedProviderPathFromPSPath string ProviderInfo& PSDriveInfo&
net shell class System.Management.Automation.ProviderInfo
  method string get_Name
net shell class System.Management.Automation.PSDriveInfo
net shell class System.Management.Automation.PSObject
  method object get_BaseObject
net shell class System.Management.Automation.Runspaces.Runspace
  static Runspace get_DefaultRunspace
net core class System.Math
  static double Min double double
net core class System.Object
  ctor void ctor
  method Type GetType
  method string ToString
net core class System.ObjectDisposedException
net core class System.Reflection.Assembly
  method Type GetType string
net core struct System.Reflection.BindingFlags
net core class System.Reflection.FieldInfo
  method Type get_FieldType
  method object GetValue object
  method void SetValue object object
net core class System.Reflection.MethodBase
  method object Invoke object object[]
net core class System.Reflection.MethodInfo
net core class System.Runtime.InteropServices.Marshal
  static void Copy nint byte[] int int
  static void FreeHGlobal nint
  static string PtrToStringAnsi nint
  static string PtrToStringUni nint int
  static nint StringToHGlobalAnsi string
net core class System.Runtime.InteropServices.SafeBuffer
  ctor void ctor bool
  method ulong get_ByteLength
  method void Initialize ulong
net core class System.Runtime.InteropServices.SafeHandle
  ctor void ctor nint bool
  method void DangerousAddRef bool&
  method nint DangerousGetHandle
  method void DangerousRelease
  method void Dispose
  method bool get_IsClosed
  method void SetHandle nint
net core struct System.RuntimeTypeHandle
net core class System.String
  ctor void ctor char int
  static string Concat string string string
  static string Concat/ConcatTwo string string
  method bool Contains string
  method int get_Length
  static bool op_Equality string string
  method string[] Split char[]
  method string Substring int int
net core class System.Text.Encoding
  static Encoding get_UTF8
  static Encoding GetEncoding int
  method string GetString byte[] int int
  method string GetString/GetAll byte[]
net core class System.Threading.Interlocked
  static int Exchange int& int
net core class System.Threading.Monitor
  static void Enter object
  static void Exit object
net core class System.Threading.Tasks.Task
  static Task Run Action
  method bool Wait int
net core class System.Threading.Thread
  static LocalDataStoreSlot AllocateDataSlot
  static Thread get_CurrentThread
  static object GetData LocalDataStoreSlot
  static void SetData LocalDataStoreSlot object
net core struct System.TimeSpan
  method double get_TotalSeconds
net core class System.Type
  method Assembly get_Assembly
  method FieldInfo[] GetFields BindingFlags
  static Type GetTypeFromHandle RuntimeTypeHandle
net core class System.Version
  ctor void ctor int int int
net core class System.WeakReference
  ctor void ctor object
  method object get_Target

struct MapOptions struct_size:uint access:int rights:int allocation:int inheritability:int mode:int uid:long gid:long sddl:nint sddl_length:nint wait_ms:long
struct MapInfo struct_size:uint kind:int access:int rights:int inheritable:int foreign:int orphaned:int read_only:int capacity:long descriptor:long
struct ViewInfo struct_size:uint access:int pointer:nint size:nint offset:long
struct Text data:nint length:nint
struct StatusInfo name:nint exception:nint category:nint hresult:int
struct Permissions struct_size:uint mode:int uid:long gid:long
struct TextOptions struct_size:uint encoding:int timeout_ms:long lock:ulong separator:nint separator_length:nint
struct SaveOptions struct_size:uint part:int keep_existing:int force:int ending:nint ending_length:nint text:nint
struct List entries:nint length:nint stride:nint
struct ListEntry name:Text path:Text capacity:long kind:int foreign:int mode:int trusted:int uid:long gid:long

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
  import public void mmf_text_free16 text:Text
  import public int mmf_map_open16 name:string length:nint options:MapOptions& map:ulong& error:byte[]
  import public int mmf_map_create_from_file16 path:string path_length:nint file_mode:int name:string name_length:nint capacity:long options:MapOptions& map:ulong& error:byte[]
  import public int mmf_map_create_from_descriptor16 descriptor:nint leave_open:int name:string name_length:nint capacity:long options:MapOptions& map:ulong& error:byte[]
  import public int mmf_map_read map:ulong offset:long buffer:byte[] size:nint error:byte[]
  import public int mmf_map_write map:ulong offset:long data:byte[] size:nint error:byte[]
  import public int mmf_map_save16 map:ulong path:string length:nint options:SaveOptions& error:byte[]
  import public int mmf_text_replace16 map:ulong text:string length:nint options:TextOptions& error:byte[]
  import public int mmf_text_append16 map:ulong text:string length:nint options:TextOptions& error:byte[]
  import public int mmf_text_read_into16 map:ulong options:TextOptions& buffer:string capacity:nint length:nint& error:byte[]
  import public int mmf_text_equals16 map:ulong text:string length:nint options:TextOptions& equal:int& error:byte[]
  import public int mmf_content_replace map:ulong data:byte[] size:nint options:TextOptions& error:byte[]
  import public int mmf_content_append map:ulong data:byte[] size:nint options:TextOptions& error:byte[]
  import public int mmf_content_read map:ulong options:TextOptions& bytes:Text& error:byte[]
  import public int mmf_content_get_length map:ulong options:TextOptions& length:long& error:byte[]
  import public int mmf_list_get16 list:List& error:byte[]
  import public void mmf_list_free16 list:List
  import public void mmf_bytes_free bytes:Text

class Shared object
  field static FieldInfo[] BaseFields
  field static bool OwnViews
  field static string[] Kinds
  field static bool OnWindows
  field static MethodInfo SetHandle
  field static LocalDataStoreSlot Owner
  field static Type[] NamesFirst
  field static string Mark
  function public Version Start windows:bool lineEnd:string
    local major:uint
    local minor:uint
    local patch:uint
    local nul:string
    ldarg windows; stsfld Shared.OnWindows
    ldarg lineEnd; call Marshal.StringToHGlobalAnsi; stsfld Content.LineEnd
    ldtoken MemoryMappedFile; call Type.GetTypeFromHandle; ldc_i4 36; callvirt Type.GetFields; stsfld Shared.BaseFields
    ldstr " Named File NamedFile Anonymous"; ldnull; call String.Split; stsfld Shared.Kinds
    call Thread.AllocateDataSlot; stsfld Shared.Owner
    ldc_i4 3; newarr Type; stsfld Shared.NamesFirst
    ldsfld Shared.NamesFirst; ldc_i4 0; ldtoken ArgumentNullException; call Type.GetTypeFromHandle; stelem_ref
    ldsfld Shared.NamesFirst; ldc_i4 1; ldtoken ArgumentOutOfRangeException; call Type.GetTypeFromHandle; stelem_ref
    ldsfld Shared.NamesFirst; ldc_i4 2; ldtoken ObjectDisposedException; call Type.GetTypeFromHandle; stelem_ref
    ldc_i4 0; ldc_i4 1; newobj String.ctor; stloc nul
    ldloc nul; call Path.GetRandomFileName; ldloc nul; call String.Concat; stsfld Shared.Mark
    ldloca major; ldloca minor; ldloca patch; call Native.mmf_version_get; pop
    ldloc major; ldc_i4 2; beq :fits
    ldloc major; ldloc minor; ldloc patch; newobj Version.ctor; ret
    mark :fits
    ldnull; ret

class MapHandle SafeHandle
  field public ulong Id
  ctor public void ctor id:ulong
    ldarg this; ldc_i4 0; conv_i; ldc_i4 1; call SafeHandle.ctor
    ldarg this; ldarg id; stfld MapHandle.Id
    ldarg this; ldc_i4 1; conv_i; call SafeHandle.SetHandle
    ret
  method override bool get_IsInvalid
    ldarg this; ldfld MapHandle.Id; ldc_i4 0; conv_i8; ceq; ret
  method protected-override bool ReleaseHandle
    ldarg this; ldfld MapHandle.Id; ldnull; call Native.mmf_map_close; ldc_i4 0; ceq; ret

class ViewHandle SafeBuffer
  field public ulong Id
  ctor public void ctor id:ulong pointer:nint size:nint
    ldarg this; ldc_i4 1; call SafeBuffer.ctor
    ldarg this; ldarg id; stfld ViewHandle.Id
    ldarg this; ldarg pointer; call SafeHandle.SetHandle
    ldarg this; ldarg size; conv_u8; call SafeBuffer.Initialize
    ret
  method protected-override bool ReleaseHandle
    ldarg this; ldfld ViewHandle.Id; ldnull; call Native.mmf_view_close; ldc_i4 0; ceq; ret

class Failure object
  function public object[] Describe status:int
    local info:StatusInfo
    local row:object[]
    ldarg status; ldloca info; call Native.mmf_status_describe; brtrue :unknown
    ldc_i4 4; newarr object; stloc row
    ldloc row; ldc_i4 0; ldloc info; ldfld StatusInfo.name; call Marshal.PtrToStringAnsi; stelem_ref
    ldloc row; ldc_i4 1; ldloc info; ldfld StatusInfo.exception; call Marshal.PtrToStringAnsi; stelem_ref
    ldloc row; ldc_i4 2; ldloc info; ldfld StatusInfo.category; call Marshal.PtrToStringAnsi; stelem_ref
    ldloc row; ldc_i4 3; ldloc info; ldfld StatusInfo.hresult; box int; stelem_ref
    mark :unknown
    ldloc row; ret
  function public Exception Of status:int error:byte[]
    local row:object[]
    ldarg status; call Failure.Describe; stloc row
    ldarg status
    ldarg error; callvirt Object.GetType; callvirt Type.get_Assembly; ldloc row; ldc_i4 1; ldelem_ref; castclass string; callvirt Assembly.GetType
    call Encoding.get_UTF8; ldarg error; ldc_i4 12; ldarg error; ldc_i4 8; call BitConverter.ToInt32; callvirt Encoding.GetString
    ldloc row; ldc_i4 3; ldelem_ref; unbox_any int
    call Failure.Make; ret
  function public Exception Make status:int type:Type message:string hresult:int
    local arguments:object[]
    local made:Exception
    ldc_i4 2; newarr object; stloc arguments
    ldarg hresult; brfalse :plain
    ldloc arguments; ldc_i4 0; ldarg message; stelem_ref
    ldloc arguments; ldc_i4 1; ldarg hresult; box int; stelem_ref
    br :make
    mark :plain
    ldsfld Shared.NamesFirst; ldarg type; call Array.IndexOf; ldc_i4 0; blt :one
    ldloc arguments; ldc_i4 1; ldarg message; stelem_ref
    br :make
    mark :one
    ldc_i4 1; newarr object; stloc arguments
    ldloc arguments; ldc_i4 0; ldarg message; stelem_ref
    mark :make
    ldarg type; ldloc arguments; call Activator.CreateWith; castclass Exception; stloc made
    ldloc made; callvirt Exception.get_Data; ldstr "mmf_status_t"; ldarg status; box int; callvirt IDictionary.set_Item
    ldloc made; ret

class ContentLock object IDisposable
  field private Map map
  field private int disposed
  ctor public void ctor map:Map
    ldarg this; call Object.ctor
    ldarg this; ldarg map; stfld ContentLock.map
    ret
  method interface void Dispose
    ldarg this; call ContentLock.Release; ldarg this; call GC.SuppressFinalize; ret
  method private void Release
    ldarg this; ldflda ContentLock.disposed; ldc_i4 1; call Interlocked.Exchange; brtrue :done
    ldarg this; ldfld ContentLock.map; call Map.Unlock
    mark :done
    ret
  method protected-override void Finalize
    ldarg this; call ContentLock.Release; ret

class Map MemoryMappedFile
  field private MapHandle handle
  field private string name
  field private string path
  field private MapInfo info
  field private bool based
  field private IDisposable companion
  field private WeakReference lastText
  field private int lastSize
  field private object gate
  field private ulong lockId
  field private object lockOwner
  field private int lockDepth
  ctor private void ctor id:ulong name:string companion:IDisposable
    local error:byte[]
    local status:int
    local text:Text
    ldarg this; newobj Object.ctor; stfld Map.gate
    ldarg this; ldarg name; stfld Map.name
    ldarg this; ldarg companion; stfld Map.companion
    ldarg this; ldarg id; newobj MapHandle.ctor; stfld Map.handle
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; ldflda Map.info; sizeof MapInfo; stfld MapInfo.struct_size
    ldarg id; ldarg this; ldflda Map.info; ldloc error; call Native.mmf_map_get_info; stloc status
    ldloc status; brtrue :failed
    ldarg id; ldloca text; ldloc error; call Native.mmf_map_get_path16; brtrue :pathless
    ldarg this; ldloc text; call Map.Take; stfld Map.path
    mark :pathless
    ldarg this; ldloc error; call Map.FillBase; stloc status
    ldloc status; brtrue :failed
    ret
    mark :failed
    ldarg this; ldfld Map.handle; callvirt SafeHandle.Dispose
    ldloc status; ldloc error; call Failure.Of; throw
  function private object From id:ulong name:string companion:IDisposable
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
    ldarg text; ldfld Text.data; ldarg text; ldfld Text.length; conv_i4; call Marshal.PtrToStringUni; stloc result
    mark :done
    ldarg text; call Native.mmf_text_free16
    ldloc result; ret
  method getter string get_Name
    ldarg this; ldfld Map.name; ret
  method getter string get_Path
    ldarg this; ldfld Map.path; ret
  method getter long get_Capacity
    ldarg this; ldflda Map.info; ldfld MapInfo.capacity; ret
  method getter string get_Kind
    ldsfld Shared.Kinds; ldarg this; ldflda Map.info; ldfld MapInfo.kind; ldelem_ref; ret
  method getter MemoryMappedFileAccess get_Access
    ldarg this; ldflda Map.info; ldfld MapInfo.access; ret
  method private ulong GetId
    ldarg this; ldfld Map.handle; ldfld MapHandle.Id; ret
  method getter bool get_IsDisposed
    ldarg this; ldfld Map.handle; callvirt SafeHandle.get_IsClosed; ret
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
    ldloca info; sizeof MapInfo; stfld MapInfo.struct_size
    ldarg this; call Map.GetId; ldloca info; ldloc error; call Native.mmf_map_get_info; stloc status
    ldarg this; call GC.KeepAlive
    ldloc status; brtrue :failed
    ldloc info; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  method protected-override void Dispose disposing:bool
    ldarg disposing; brfalse :done
    ldarg this; ldfld Map.lockId; ldnull; call Native.mmf_lock_release; pop
    ldarg this; ldfld Map.based; brfalse :mine
    ldarg this; ldc_i4 1; call MemoryMappedFile.Dispose
    mark :mine
    ldarg this; ldfld Map.handle; callvirt SafeHandle.Dispose
    ldarg this; ldfld Map.companion; brfalse :done
    ldarg this; ldfld Map.companion; callvirt IDisposable.Dispose
    mark :done
    ret
  function private object ThisOwner
    ldsfld Shared.Owner; call Thread.GetData; dup; brtrue :done
    pop; call Runspace.get_DefaultRunspace; dup; brtrue :done
    pop; call Thread.get_CurrentThread
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
  method public ContentLock Lock/LockSpan timeout:TimeSpan
    ldarg this; ldarga timeout; call TimeSpan.get_TotalSeconds; call Map.LockFor; ret
  method public ContentLock Lock/LockFor seconds:double
    local error:byte[]
    local status:int
    local id:ulong
    local milliseconds:long
    ldarg this; call Map.GetHeldLock; brfalse :take
    ldarg this; ldfld Map.gate; call Monitor.Enter
    ldarg this; ldarg this; ldfld Map.lockDepth; ldc_i4 1; add; stfld Map.lockDepth
    ldarg this; ldfld Map.gate; call Monitor.Exit
    br :done
    mark :take
    ldc_i4_m1; conv_i8; stloc milliseconds
    ldarg seconds; ldc_i4 0; conv_r8; blt :timed
    ldarg seconds; ldc_i4 2147483647; conv_r8; call Math.Min; ldc_i4 1000; conv_r8; mul; conv_i8; stloc milliseconds
    mark :timed
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldc_i4 1; ldloc milliseconds; ldloca id; ldloc error; call Native.mmf_lock_take; stloc status
    ldloc status; brtrue :failed
    ldarg this; ldfld Map.gate; call Monitor.Enter
    ldarg this; ldloc id; stfld Map.lockId
    ldarg this; ldc_i4 1; stfld Map.lockDepth
    ldarg this; call Map.ThisOwner; stfld Map.lockOwner
    ldarg this; ldfld Map.gate; call Monitor.Exit
    mark :done
    ldarg this; newobj ContentLock.ctor; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  method private void Unlock
    ldarg this; ldfld Map.gate; call Monitor.Enter
    ldarg this; ldarg this; ldfld Map.lockDepth; ldc_i4 1; sub; stfld Map.lockDepth
    ldarg this; ldfld Map.lockDepth; brtrue :done
    ldarg this; ldnull; stfld Map.lockOwner
    ldarg this; ldfld Map.lockId; ldnull; call Native.mmf_lock_release; pop
    ldarg this; ldc_i4 0; conv_i8; stfld Map.lockId
    mark :done
    ldarg this; ldfld Map.gate; call Monitor.Exit
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
    ldloc descriptor; ldc_i4 1; newobj SafeFileHandle.ctor; stloc file
    try
      ldloc file; castclass SafeFileHandle; ldarg this; call Map.FileAccess; newobj FileStream.ctor
      ldnull; ldarg this; call Map.get_Capacity; ldarg this; call Map.get_Access; ldarg this; ldflda Map.info; ldfld MapInfo.inheritable; ldc_i4 0
      call MemoryMappedFile.CreateFromFile; stloc real
    mark :next
      ldsfld Shared.BaseFields; ldloc index; ldelem_ref; ldarg this; ldsfld Shared.BaseFields; ldloc index; ldelem_ref; ldloc real; callvirt FieldInfo.GetValue; callvirt FieldInfo.SetValue
      ldloc index; ldc_i4 1; add; stloc index
      ldloc index; ldsfld Shared.BaseFields; ldlen; conv_i4; blt :next
      ldarg this; ldc_i4 1; stfld Map.based
      leave :done
    catch Exception
      pop
      ldloc file; castclass SafeFileHandle; callvirt SafeHandle.Dispose
      leave :done
    end
    mark :windows
    ldsfld Shared.BaseFields; ldc_i4 0; ldelem_ref; callvirt FieldInfo.get_FieldType; ldc_i4 1; call Activator.CreateInstance; stloc real
    ldc_i4 1; newarr object; stloc arguments
    ldloc arguments; ldc_i4 0; ldloc descriptor; box nint; stelem_ref
    ldsfld Shared.SetHandle; ldloc real; ldloc arguments; callvirt MethodBase.Invoke; pop
    ldsfld Shared.BaseFields; ldc_i4 0; ldelem_ref; ldarg this; ldloc real; callvirt FieldInfo.SetValue
    ldarg this; ldc_i4 1; stfld Map.based
    mark :done
    ldc_i4 0; ret
  method private FileAccess FileAccess
    ldarg this; call Map.get_Access; ldc_i4 1; beq :read
    ldarg this; call Map.get_Access; ldc_i4 3; beq :read
    ldarg this; call Map.get_Access; ldc_i4 4; beq :read
    ldc_i4 3; ret
    mark :read
    ldc_i4 1; ret
  method private ViewHandle View offset:long size:long access:MemoryMappedFileAccess
    local error:byte[]
    local status:int
    local id:ulong
    local info:ViewInfo
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldarg offset; ldarg size; ldarg access; ldloca id; ldloc error; call Native.mmf_view_create; stloc status
    ldloc status; brtrue :failed
    ldloca info; sizeof ViewInfo; stfld ViewInfo.struct_size
    ldloc id; ldloca info; ldloc error; call Native.mmf_view_get_info; stloc status
    ldloc status; brtrue :failed
    ldloc id; ldloc info; ldfld ViewInfo.pointer; ldloc info; ldfld ViewInfo.size; newobj ViewHandle.ctor; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  function private FileAccess ViewAccess access:MemoryMappedFileAccess
    ldarg access; ldc_i4 1; beq :read
    ldarg access; ldc_i4 4; beq :read
    ldarg access; ldc_i4 2; beq :write
    ldc_i4 3; ret
    mark :read
    ldc_i4 1; ret
    mark :write
    ldc_i4 2; ret
  function private long SizeOf view:ViewHandle
    ldarg view; callvirt SafeBuffer.get_ByteLength; conv_i8; ret
  method public UnmanagedMemoryStream CreateViewStream/Stream0
    ldarg this; ldc_i4 0; conv_i8; ldc_i4 0; conv_i8; ldc_i4 0; call Map.Stream3; ret
  method public UnmanagedMemoryStream CreateViewStream/Stream2 offset:long size:long
    ldarg this; ldarg offset; ldarg size; ldc_i4 0; call Map.Stream3; ret
  method public UnmanagedMemoryStream CreateViewStream/Stream3 offset:long size:long access:MemoryMappedFileAccess
    local view:ViewHandle
    ldarg this; ldfld Map.based; brfalse :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call MemoryMappedFile.CreateViewStream; ret
    mark :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call Map.View; stloc view
    ldloc view; ldc_i4 0; conv_i8; ldloc view; call Map.SizeOf; ldarg access; call Map.ViewAccess; newobj UnmanagedMemoryStream.ctor; ret
  method public UnmanagedMemoryAccessor CreateViewAccessor/Accessor0
    ldarg this; ldc_i4 0; conv_i8; ldc_i4 0; conv_i8; ldc_i4 0; call Map.Accessor3; ret
  method public UnmanagedMemoryAccessor CreateViewAccessor/Accessor2 offset:long size:long
    ldarg this; ldarg offset; ldarg size; ldc_i4 0; call Map.Accessor3; ret
  method public UnmanagedMemoryAccessor CreateViewAccessor/Accessor3 offset:long size:long access:MemoryMappedFileAccess
    local view:ViewHandle
    ldarg this; ldfld Map.based; brfalse :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call MemoryMappedFile.CreateViewAccessor; ret
    mark :mine
    ldarg this; ldarg offset; ldarg size; ldarg access; call Map.View; stloc view
    ldloc view; ldc_i4 0; conv_i8; ldloc view; call Map.SizeOf; ldarg access; call Map.ViewAccess; newobj UnmanagedMemoryAccessor.ctor; ret

class Maps object
  function private nint LengthOf text:string
    ldarg text; brfalse :none
    ldarg text; callvirt String.get_Length; conv_i; ret
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

class Takes ArgumentTransformationAttribute
  ctor public void ctor
    ldarg this; call ArgumentTransformationAttribute.ctor; ret
  method override object Transform engine:EngineIntrinsics input:object
    local plain:object
    ldarg input; stloc plain
    ldarg input; isinst PSObject; brfalse :bare
    ldarg input; castclass PSObject; callvirt PSObject.get_BaseObject; stloc plain
    mark :bare
    ldloc plain; isinst byte[]; brtrue :bytes
    ldloc plain; isinst FileInfo; brtrue :file
    ldarg input; ret
    mark :file
    ldloc plain; callvirt FileSystemInfo.get_FullName; ret
    mark :bytes
    ldsfld Shared.Mark; ldc_i4 28591; call Encoding.GetEncoding; ldloc plain; castclass byte[]; callvirt Encoding.GetAll; call String.ConcatTwo; ret

class TakesMode ArgumentTransformationAttribute
  ctor public void ctor
    ldarg this; call ArgumentTransformationAttribute.ctor; ret
  method override object Transform engine:EngineIntrinsics input:object
    ldarg input; brfalse :given
    ldarg input; callvirt Object.ToString; ldstr "-"; callvirt String.Contains; brtrue :shown
    mark :given
    ldarg input; ret
    mark :shown
    ldc_i4 3; box FileMode; ret

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
    ldarg map; call Map.GetId; ldarg text; ldarg text; callvirt String.get_Length; conv_i; ldloca options; ldloc error
    ldarg append; brtrue :append
    call Native.mmf_text_replace16; br :called
    mark :append
    call Native.mmf_text_append16
    mark :called
    stloc status
    ldarg map; call GC.KeepAlive
    ldloc status; ldloc error; call Content.Result; ret
  function public Exception PutBytes map:Map bytes:byte[] append:bool separator:bool milliseconds:long
    local options:TextOptions
    local error:byte[]
    local status:int
    ldc_i4 1024; newarr byte; stloc error
    ldarg map; ldc_i4 0; ldarg separator; ldarg milliseconds; call Content.Options; stloc options
    ldarg append; brtrue :append
    ldarg map; call Map.GetId; ldarg bytes; ldarg bytes; ldlen; conv_i; ldloca options; ldloc error; call Native.mmf_content_replace; br :called
    mark :append
    ldarg map; call Map.GetId; ldarg bytes; ldarg bytes; ldlen; conv_i
    ldloca options; ldloc error; call Native.mmf_content_append
    mark :called
    stloc status
    ldarg map; call GC.KeepAlive
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
    local last:WeakReference
    local equal:int
    local error:byte[]
    local status:int
    local result:object
    ldc_i4 1024; newarr byte; stloc error
    ldarg map; ldarg encoding; ldc_i4 0; ldarg milliseconds; call Content.Options; stloc options
    ldc_i4 512; stloc size
    try
    mark :again
      ldc_i4 0; ldloc size; newobj String.ctor; stloc text
      ldarg map; call Map.GetId; ldloca options; ldloc text; ldloc size; conv_i; ldloca length; ldloc error; call Native.mmf_text_read_into16; stloc status
      ldarg map; call GC.KeepAlive
      ldloc status; brtrue :failed
      ldloc length; conv_u8; ldc_i4 1073741791; conv_i8; bgt_un :toolong
      ldloc length; ldloc size; conv_i; ble :fits
      ldloc length; conv_i4; stloc size
      ldarg map; ldfld Map.lastText; stloc last
      ldloc last; brfalse :again
      ldloc size; ldarg map; ldfld Map.lastSize; bne_un :again
      ldloc last; callvirt WeakReference.get_Target; castclass string; stloc text
      ldloc text; brfalse :again
      ldarg map; call Map.GetId; ldloc text; ldloc text; callvirt String.get_Length; conv_i; ldloca options; ldloca equal; ldloc error; call Native.mmf_text_equals16; stloc status
      ldarg map; call GC.KeepAlive
      ldloc status; brtrue :failed
      ldloc equal; brfalse :again
      ldloc text; stloc result
      leave :done
    mark :fits
      ldloc text; stloc result
      ldloc length; ldloc size; conv_i; beq :whole
      ldloc text; ldc_i4 0; ldloc length; conv_i4; callvirt String.Substring; stloc result
    mark :whole
      ldloc size; ldc_i4 512; beq :short
      ldarg map; ldloc size; stfld Map.lastSize
      ldarg map; ldloc result; newobj WeakReference.ctor; stfld Map.lastText
    mark :short
      leave :done
    mark :toolong
      ldstr "The content is longer than a .NET string or array can be. Read it in parts, with -Offset and -Count."; newobj IOException.ctor; stloc result
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
    ldarg map; call Map.GetId; ldloca options; ldloca text; ldloc error; call Native.mmf_content_read; stloc status
    ldarg map; call GC.KeepAlive
    ldloc status; brtrue :failed
    try
      ldloc text; ldfld Text.length; conv_u8; ldc_i4 2147483591; conv_i8; bgt_un :toolong
      ldloc text; ldfld Text.length; conv_i4; newarr byte; stloc result
      ldloc text; ldfld Text.length; brfalse :empty
      ldloc text; ldfld Text.data; ldloc result; castclass byte[]; ldc_i4 0; ldloc text; ldfld Text.length; conv_i4; call Marshal.Copy
    mark :empty
      leave :done
    mark :toolong
      ldstr "The content is longer than a .NET string or array can be. Read it in parts, with -Offset and -Count."; newobj IOException.ctor; stloc result
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc text; call Native.mmf_bytes_free
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
    ldarg map; call Map.GetId; ldloca options; ldloca length; ldloc error; call Native.mmf_content_get_length; stloc status
    ldarg map; call GC.KeepAlive
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
    call Native.mmf_map_read; br :called
    mark :write
    call Native.mmf_map_write
    mark :called
    stloc status
    ldloc taken; ldnull; call Native.mmf_lock_release; pop
    mark :done
    ldarg map; call GC.KeepAlive
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
    ldarg lineEnd; call Marshal.StringToHGlobalAnsi; stloc end
    ldloca options; ldloc end; stfld SaveOptions.ending
    ldloca options; ldarg lineEnd; callvirt String.get_Length; conv_i; stfld SaveOptions.ending_length
    mark :bare
    ldarg map; call Map.GetId; ldarg path; ldarg path; callvirt String.get_Length; conv_i; ldloca options; ldloc error; call Native.mmf_map_save16; stloc status
    ldloc end; call Marshal.FreeHGlobal
    ldarg map; call GC.KeepAlive
    ldloc status; ldloc error; call Content.Result; ret

class Sources object
  function public object Names
    local error:byte[]
    local status:int
    local list:List
    local result:object
    local index:int
    local entry:ListEntry
    ldc_i4 1024; newarr byte; stloc error
    ldloca list; ldloc error; call Native.mmf_list_get16; stloc status
    ldloc status; brtrue :failed
    ldloc list; ldfld List.length; conv_i4; newarr string; stloc result
    mark :next
    ldloc index; ldloc list; ldfld List.length; conv_i4; bge :done
    ldloc list; ldfld List.entries; ldloc index; conv_i; ldloc list; ldfld List.stride; mul; add; ldobj ListEntry; stloc entry
    ldloc result; castclass string[]; ldloc index
    ldloca entry; ldflda ListEntry.name; ldfld Text.data; ldloca entry; ldflda ListEntry.name; ldfld Text.length; conv_i4; call Marshal.PtrToStringUni; stelem_ref
    ldloc index; ldc_i4 1; add; stloc index
    br :next
    mark :done
    ldloc list; call Native.mmf_list_free16
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
    ldloca options; ldloca id; ldloc error; call Native.mmf_map_create_from_file16; stloc status
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
    ldarg name; ldarg name; call Maps.LengthOf; ldloca options; ldloca id; ldloc error; call Native.mmf_map_open16; stloc status
    ldloc status; brtrue :failed
    ldloc id; ldarg name; ldnull; call Map.From; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; ret
  function private object Adopt handle:SafeHandle name:string capacity:long access:int inheritability:int companion:IDisposable
    local options:MapOptions
    local error:byte[]
    local status:int
    local id:ulong
    local held:bool
    ldc_i4 1024; newarr byte; stloc error
    ldarg access; ldc_i4 0; ldarg inheritability; call Maps.CreateOptions; stloc options
    ldarg handle; ldloca held; callvirt SafeHandle.DangerousAddRef
    ldarg handle; callvirt SafeHandle.DangerousGetHandle
    ldc_i4 1; ldarg name; ldarg name; call Maps.LengthOf; ldarg capacity; ldloca options; ldloca id; ldloc error; call Native.mmf_map_create_from_descriptor16; stloc status
    ldarg handle; callvirt SafeHandle.DangerousRelease
    ldloc status; brtrue :failed
    ldloc id; ldarg name; ldarg companion; call Map.From; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; ret
  function public object FromStream stream:FileStream name:string capacity:long access:int inheritability:int leaveOpen:bool
    local result:object
    try
      ldarg stream; callvirt FileStream.Flush
      ldarg stream; callvirt FileStream.get_SafeFileHandle; ldarg name; ldarg capacity; ldarg access; ldarg inheritability
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
  function public object Of given:MemoryMappedFile access:int
    local result:object
    ldarg given; isinst Map; brfalse :other
    ldarg given; ret
    mark :other
    try
      ldarg given; callvirt MemoryMappedFile.get_SafeMemoryMappedFileHandle; ldnull; ldc_i4 0; conv_i8; ldarg access; ldc_i4 0; ldnull; call Sources.Adopt; stloc result
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc result; ret

class Paths object
  function public object Literal paths:PathIntrinsics path:string
    local provider:ProviderInfo
    local drive:PSDriveInfo
    local result:object
    try
      ldarg paths; ldarg path; ldloca provider; ldloca drive; callvirt PathIntrinsics.GetUnresolvedProviderPathFromPSPath; stloc result
      ldloc provider; callvirt ProviderInfo.get_Name; ldstr "FileSystem"; call String.op_Equality; brtrue :fine
      ldloc provider; stloc result
    mark :fine
      leave :done
    catch Exception
      stloc result
      leave :done
    end
    mark :done
    ldloc result; ret
  function public object Matching paths:PathIntrinsics path:string
    local provider:ProviderInfo
    local result:object
    try
      ldarg paths; ldarg path; ldloca provider; callvirt PathIntrinsics.GetResolvedProviderPathFromPSPath; stloc result
      ldloc provider; callvirt ProviderInfo.get_Name; ldstr "FileSystem"; call String.op_Equality; brtrue :fine
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
  field private MethodInfo method
  field private object target
  field private object[] arguments
  field private object owner
  field private Task task
  field public object Result
  ctor public void ctor method:MethodInfo target:object arguments:object[]
    ldarg this; call Object.ctor
    ldarg this; ldarg method; stfld Work.method
    ldarg this; ldarg target; stfld Work.target
    ldarg this; ldarg arguments; stfld Work.arguments
    ldarg this; call Map.ThisOwner; stfld Work.owner
    ldarg this; ldarg this; ldftn Work.Run; newobj Action.ctor; call Task.Run; stfld Work.task
    ret
  method private void Run
    local result:object
    ldsfld Shared.Owner; ldarg this; ldfld Work.owner; call Thread.SetData
    try
      ldarg this; ldarg this; ldfld Work.method; ldarg this; ldfld Work.target; ldarg this; ldfld Work.arguments; callvirt MethodBase.Invoke; stfld Work.Result
      leave :done
    catch Exception
      stloc result
      ldarg this; ldloc result; stfld Work.Result
      leave :done
    end
    mark :done
    ldsfld Shared.Owner; ldnull; call Thread.SetData
    ret
  method public bool Wait milliseconds:int
    ldarg this; ldfld Work.task; ldarg milliseconds; callvirt Task.Wait; ret
'@

# Who may use a map: with modes and owners, or with Windows' own language for it. Windows PowerShell
# needs neither, for there the base class has these methods, with .NET's own type.
$script:NotationOfModes = @'
class Native
  import public int mmf_map_get_permissions map:ulong permissions:Permissions& error:byte[]
  import public int mmf_map_set_permissions map:ulong permissions:Permissions& error:byte[]
class AccessControl object
  field public UnixFileMode Mode
  field public long UserId
  field public long GroupId
  ctor public void ctor
    ldarg this; call Object.ctor
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
    ldloca permissions; sizeof Permissions; stfld Permissions.struct_size
    ldarg this; call Map.GetId; ldloca permissions; ldloc error; call Native.mmf_map_get_permissions; stloc status
    ldarg this; call GC.KeepAlive
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
    ldstr "control"; newobj ArgumentNullException.ctor; throw
    mark :given
    ldc_i4 1024; newarr byte; stloc error
    ldloca permissions; sizeof Permissions; stfld Permissions.struct_size
    ldloca permissions; ldarg control; ldfld AccessControl.Mode; stfld Permissions.mode
    ldloca permissions; ldarg control; ldfld AccessControl.UserId; stfld Permissions.uid
    ldloca permissions; ldarg control; ldfld AccessControl.GroupId; stfld Permissions.gid
    ldarg this; call Map.GetId; ldloca permissions; ldloc error; call Native.mmf_map_set_permissions; stloc status
    ldarg this; call GC.KeepAlive
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
    ldarg this; call GC.KeepAlive
    ldloc status; brtrue :failed
    ldloc text; call Map.Take; ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
  method public void SetAccessControl sddl:string
    local error:byte[]
    local status:int
    ldc_i4 1024; newarr byte; stloc error
    ldarg this; call Map.GetId; ldarg sddl; ldarg sddl; call Maps.LengthOf; ldloc error; call Native.mmf_map_set_sddl16; stloc status
    ldarg this; call GC.KeepAlive
    ldloc status; brtrue :failed
    ret
    mark :failed
    ldloc status; ldloc error; call Failure.Of; throw
'@

# ---------------------------------------------------------------------------------------------
# Making types of it, in one piece: PowerShell prepares a function as a whole, which costs an import more
# than what it does there. So only what is rare is in functions.
# ---------------------------------------------------------------------------------------------

function Stop-Import {
    # Ends the import with an exception of .NET, which says that it is ours.
    param($Type, $Message, $Cause)

    $failure = New-Object "System.$Type" $Message, $Cause
    $failure.Source = 'System.IO.MemoryMappedFiles.Commands'
    throw $failure
}

function Set-WindowsBase {
    # Of the fields of .NET's map only the handle is set on Windows.
    $type = $script:Shared
    $type::BaseFields = [System.Reflection.FieldInfo[]] @($type::BaseFields.Where({ $_.FieldType.Name -eq 'SafeMemoryMappedFileHandle' }))
    $type::SetHandle = [System.Runtime.InteropServices.SafeHandle].GetMethod('SetHandle', [System.Reflection.BindingFlags] 'Instance, NonPublic')
}

function Stop-Loading {
    # A library that there is, but that does not load. What is ours says enough.
    param($Library, $Cause)
    if ($Cause.Source -eq 'System.IO.MemoryMappedFiles.Commands') { throw $Cause }
    Stop-Import DllNotFoundException "The native library '$Library' cannot be loaded by this process: install the module for this system, or name another library in the environment variable MMF_LIBRARY. The system says: $($Cause.GetBaseException().Message.Trim())" -Cause $Cause
}

function Stop-Version {
    # A library of another version.
    param($Library, $Version)
    Stop-Import DllNotFoundException "The native library '$Library' has the version $Version; this module needs 2.x. Install the module anew, or correct the environment variable MMF_LIBRARY."
}

function Stop-Build {
    # The library's own words for a notation that it does not take.
    param($Failure)
    Stop-Import InvalidOperationException ([System.Text.Encoding]::UTF8.GetString($Failure, 12, [System.BitConverter]::ToInt32($Failure, 8)))
}

$script:OnWindows = [System.IO.Path]::DirectorySeparatorChar -eq '\'
$slot = 'System.IO.MemoryMappedFiles.Commands 2.0.0'
$process = [System.AppDomain]::CurrentDomain
# The first import of the process makes the binding, and the others find it.
[System.Threading.Monitor]::Enter($process)
try {
    $assembly = $process.GetData($slot)
    if (-not $assembly) {
        # .NET's own name for this platform, which Windows PowerShell does not have.
        $platform = $process.GetData('RUNTIME_IDENTIFIER')
        $library = "$PSScriptRoot/runtimes/$platform/native/libmmf.so"
        if ($script:OnWindows) { $library = [System.IO.Path]::GetFullPath("$PSScriptRoot/runtimes/$platform/native/mmf.dll") }
        elseif ($IsMacOS) { $library = "$PSScriptRoot/runtimes/$platform/native/libmmf.dylib" }
        if ($env:MMF_LIBRARY -or -not [System.IO.File]::Exists($library)) {
            . "$PSScriptRoot/Library.ps1"
            $library = Find-NativeLibrary $PSScriptRoot
        }

        $core = [object].Assembly
        $files = [System.IO.FileInfo].Assembly
        $handles = [System.IO.HandleInheritability].Assembly
        $maps = [System.IO.MemoryMappedFiles.MemoryMappedFile].Assembly
        $shell = [psobject].Assembly
        # What Windows PowerShell does not have.
        $loader = $core.GetType('System.Runtime.InteropServices.NativeLibrary')
        $control = ''
        if ($script:OnWindows) {
            if ($loader) { $control = $script:NotationOfSddl }
        }
        elseif ($core.GetType('System.IO.UnixFileMode')) { $control = "net core struct System.IO.UnixFileMode`n$script:NotationOfModes" }
        else { $control = "alias UnixFileMode int`n$script:NotationOfModes" }
        $notation = "assembly core $core`nassembly files $files`nassembly handles $handles`nassembly maps $maps`nassembly shell $shell`n$script:Notation`n$control"

        # PowerShell 7 goes on looking for a library that does not load, and hides the reason.
        if ($loader) { $null = $loader::Load($library) }

        # The library builds the assembly of the notation. Its function for that is public and static (0x2096)
        # and Cdecl (2), takes text as UTF-16 (3) and gives its result as it is (0x80).
        $class = [System.Reflection.Emit.AssemblyBuilder]::DefineDynamicAssembly('MmfBuilder', 'Run').DefineDynamicModule('MmfBuilder').DefineType('Builder')
        $types = [string], [System.IntPtr], [string], [System.IntPtr], [byte[]], [System.IntPtr], [long[]], [byte[]]
        $class.DefinePInvokeMethod('mmf_assembly_build16', $library, 0x2096, 1, [int], $types, 2, 3).SetImplementationFlags(0x80)
        $builder = $class.CreateType()
        # Three times as much as it needs; nothing is in it if it does not fit, and that is no assembly.
        $image = [byte[]]::new(65536)
        $failure = [byte[]]::new(1024)
        if ($builder::mmf_assembly_build16($notation, -1, $library, -1, $image, $image.Length, [long[]]::new(1), $failure)) { Stop-Build $failure }
        $assembly = [System.Reflection.Assembly]::Load($image)
        $script:Shared = $assembly.GetType('Mmf.Shared')
        $version = $script:Shared::Start($script:OnWindows, "`r`n")
        if ($version) { Stop-Version $library $version }
        if ($script:OnWindows) { Set-WindowsBase }
        $process.SetData($slot, $assembly)
    }
}
catch { Stop-Loading $library $_.Exception }
finally { [System.Threading.Monitor]::Exit($process) }

# The types that the cmdlets use.
$script:Shared = $assembly.GetType('Mmf.Shared')
$script:Failure = $assembly.GetType('Mmf.Failure')
$script:Map = $assembly.GetType('Mmf.Map')
$script:Maps = $assembly.GetType('Mmf.Maps')
$script:Sources = $assembly.GetType('Mmf.Sources')
$script:Content = $assembly.GetType('Mmf.Content')
$script:Paths = $assembly.GetType('Mmf.Paths')
$script:Work = $assembly.GetType('Mmf.Work')

. "$PSScriptRoot/Common.ps1"
. "$PSScriptRoot/New-MemoryMappedFile.ps1"
. "$PSScriptRoot/Open-MemoryMappedFile.ps1"
. "$PSScriptRoot/Out-MemoryMappedFile.ps1"
. "$PSScriptRoot/Read-MemoryMappedFile.ps1"
. "$PSScriptRoot/Save-MemoryMappedFile.ps1"
. "$PSScriptRoot/Remove-MemoryMappedFile.ps1"
