using System.Runtime.InteropServices;

namespace Mmf;

/// <summary>
/// The declarations of <c>mmf.h</c>, with the same names. A test compares the two, so a change
/// to the header requires a change to this file.
/// </summary>
internal static unsafe class NativeMethods
{
    // The name of the library's file on Windows, where "mmf.dll" would be this assembly. MmfLibrary says what it is elsewhere.
    internal const string Library = "mmf-native";

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_status_describe(int status, byte** out_name);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void mmf_text_free(mmf_text_t text);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void mmf_text_free16(mmf_text16_t text);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void mmf_bytes_free(mmf_bytes_t bytes);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_version_get(uint* out_major, uint* out_minor, uint* out_patch);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_create_new(
        byte* name, nuint name_length, long capacity, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_create_new16(
        char* name, nuint name_length, long capacity, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_create_or_open(
        byte* name, nuint name_length, long capacity, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_create_or_open16(
        char* name, nuint name_length, long capacity, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_open(
        byte* name, nuint name_length, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_open16(
        char* name, nuint name_length, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_create_from_file(
        byte* path, nuint path_length, int file_mode, byte* name, nuint name_length, long capacity, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_create_from_file16(
        char* path, nuint path_length, int file_mode, char* name, nuint name_length, long capacity, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_create_from_descriptor(
        nint descriptor, int leave_open, byte* name, nuint name_length, long capacity, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_create_from_descriptor16(
        nint descriptor, int leave_open, char* name, nuint name_length, long capacity, mmf_map_options_t* options, mmf_map_t* out_map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_close(mmf_map_t map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_get_info(mmf_map_t map, mmf_map_info_t* out_info, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_get_name(mmf_map_t map, mmf_text_t* out_name, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_get_name16(mmf_map_t map, mmf_text16_t* out_name, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_get_path(mmf_map_t map, mmf_text_t* out_path, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_get_path16(mmf_map_t map, mmf_text16_t* out_path, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_duplicate_descriptor(
        mmf_map_t map, nint* out_descriptor, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_set_inheritable(mmf_map_t map, int inheritability, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_get_permissions(
        mmf_map_t map, mmf_permissions_t* out_permissions, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_set_permissions(
        mmf_map_t map, mmf_permissions_t* permissions, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_get_sddl(mmf_map_t map, mmf_text_t* out_sddl, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_get_sddl16(mmf_map_t map, mmf_text16_t* out_sddl, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_set_sddl(
        mmf_map_t map, byte* sddl, nuint sddl_length, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_set_sddl16(
        mmf_map_t map, char* sddl, nuint sddl_length, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_read(
        mmf_map_t map, long offset, void* buffer, nuint size, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_write(
        mmf_map_t map, long offset, void* data, nuint size, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_fill(
        mmf_map_t map, long offset, long count, byte value, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_flush(mmf_map_t map, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_save(
        mmf_map_t map, byte* path, nuint path_length, mmf_save_options_t* options, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_save16(
        mmf_map_t map, char* path, nuint path_length, mmf_save_options_t* options, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_text_replace(
        mmf_map_t map, byte* text, nuint text_length, mmf_text_options_t* options, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_text_replace16(
        mmf_map_t map, char* text, nuint text_length, mmf_text_options_t* options, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_text_append(
        mmf_map_t map, byte* text, nuint text_length, mmf_text_options_t* options, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_text_append16(
        mmf_map_t map, char* text, nuint text_length, mmf_text_options_t* options, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_text_read(
        mmf_map_t map, mmf_text_options_t* options, mmf_text_t* out_text, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_text_read16(
        mmf_map_t map, mmf_text_options_t* options, mmf_text16_t* out_text, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_text_read_into16(
        mmf_map_t map, mmf_text_options_t* options, char* buffer, nuint capacity, nuint* out_length, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_content_replace(
        mmf_map_t map, void* data, nuint size, mmf_text_options_t* options, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_content_append(
        mmf_map_t map, void* data, nuint size, mmf_text_options_t* options, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_content_read(
        mmf_map_t map, mmf_text_options_t* options, mmf_bytes_t* out_bytes, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_content_get_length(
        mmf_map_t map, mmf_text_options_t* options, long* out_length, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_lock_take(
        mmf_map_t map, int mode, long timeout_ms, mmf_lock_t* out_lock, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_lock_release(mmf_lock_t @lock, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_view_create(
        mmf_map_t map, long offset, long size, int access, mmf_view_t* out_view, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_view_get_info(mmf_view_t view, mmf_view_info_t* out_info, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_view_flush(mmf_view_t view, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_view_close(mmf_view_t view, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_list_get(mmf_list_t* out_list, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_list_get16(mmf_list16_t* out_list, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void mmf_list_free(mmf_list_t list);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern void mmf_list_free16(mmf_list16_t list);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_watch_create(mmf_map_t map, mmf_watch_t* out_watch, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_watch_wait(
        mmf_watch_t watch, long timeout_ms, int* out_event, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_watch_get_descriptor(
        mmf_watch_t watch, nint* out_descriptor, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_watch_close(mmf_watch_t watch, mmf_error_t* out_error);

    [DllImport(Library, CallingConvention = CallingConvention.Cdecl, ExactSpelling = true)]
    internal static extern Status mmf_map_notify(mmf_map_t map, mmf_error_t* out_error);
}
