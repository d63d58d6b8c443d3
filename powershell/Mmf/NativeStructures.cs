using System.Runtime.InteropServices;

namespace Mmf;

// The structures of mmf.h, with the same names of types and fields. A test compares the two.

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_text_t
{
    internal byte* data;
    internal nuint length;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_text16_t
{
    internal char* data;
    internal nuint length;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_bytes_t
{
    internal byte* data;
    internal nuint length;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_map_options_t
{
    internal uint struct_size;
    internal int access;
    internal int rights;
    internal int allocation;
    internal int inheritability;
    internal int mode;
    internal long uid;
    internal long gid;
    internal byte* sddl;
    internal nuint sddl_length;
    internal long wait_ms;
    internal long trusted_owner;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_map_t
{
    internal ulong id;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_error_t
{
    internal int status;
    internal int os_code;
    internal uint message_length;
    internal fixed byte message[1012];
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_map_info_t
{
    internal uint struct_size;
    internal int kind;
    internal int access;
    internal int rights;
    internal int inheritable;
    internal int foreign;
    internal int orphaned;
    internal int read_only;
    internal long capacity;
    internal long descriptor;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_permissions_t
{
    internal uint struct_size;
    internal int mode;
    internal long uid;
    internal long gid;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_lock_t
{
    internal ulong id;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_text_options_t
{
    internal uint struct_size;
    internal int encoding;
    internal long timeout_ms;
    internal mmf_lock_t @lock;
    internal byte* separator;
    internal nuint separator_length;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_save_options_t
{
    internal uint struct_size;
    internal int part;
    internal int keep_existing;
    internal int force;
    internal byte* ending;
    internal nuint ending_length;
    internal mmf_text_options_t* text;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_view_t
{
    internal ulong id;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_view_info_t
{
    internal uint struct_size;
    internal int access;
    internal void* pointer;
    internal nuint size;
    internal long offset;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_list_t
{
    internal void* entries;
    internal nuint length;
    internal nuint stride;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_list16_t
{
    internal void* entries;
    internal nuint length;
    internal nuint stride;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_list_entry_t
{
    internal mmf_text_t name;
    internal mmf_text_t path;
    internal long capacity;
    internal int kind;
    internal int foreign;
    internal int mode;
    internal int trusted;
    internal long uid;
    internal long gid;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_list_entry16_t
{
    internal mmf_text16_t name;
    internal mmf_text16_t path;
    internal long capacity;
    internal int kind;
    internal int foreign;
    internal int mode;
    internal int trusted;
    internal long uid;
    internal long gid;
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct mmf_watch_t
{
    internal ulong id;
}
