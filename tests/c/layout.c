/* Prints what a C compiler sees: the sizes and offsets of the structures, and the values of the macros. */
#include <mmf.h>
#include <stdio.h>

#define SIZE(type) printf(#type " %u\n", (unsigned)sizeof(type))
#define FIELD(type, field) printf(#type "." #field " %u\n", (unsigned)offsetof(type, field))

int main(void) {
    mmf_map_options_t map = MMF_MAP_OPTIONS_INIT;
    mmf_text_options_t text = MMF_TEXT_OPTIONS_INIT;
    mmf_save_options_t save = MMF_SAVE_OPTIONS_INIT;
    mmf_permissions_t permissions = MMF_PERMISSIONS_INIT;
    mmf_map_info_t info = MMF_MAP_INFO_INIT;
    mmf_view_info_t view = MMF_VIEW_INFO_INIT;

    SIZE(mmf_status_t);
    SIZE(mmf_map_t);
    SIZE(mmf_view_t);
    SIZE(mmf_lock_t);
    SIZE(mmf_watch_t);
    SIZE(mmf_text_t);
    SIZE(mmf_text16_t);
    SIZE(mmf_bytes_t);
    SIZE(mmf_list_t);
    FIELD(mmf_list_t, length);
    FIELD(mmf_list_t, stride);
    SIZE(mmf_list16_t);
    SIZE(mmf_error_t);
    FIELD(mmf_error_t, os_code);
    FIELD(mmf_error_t, message_length);
    FIELD(mmf_error_t, message);
    SIZE(mmf_map_info_t);
    FIELD(mmf_map_info_t, kind);
    FIELD(mmf_map_info_t, access);
    FIELD(mmf_map_info_t, rights);
    FIELD(mmf_map_info_t, inheritable);
    FIELD(mmf_map_info_t, foreign);
    FIELD(mmf_map_info_t, orphaned);
    FIELD(mmf_map_info_t, read_only);
    FIELD(mmf_map_info_t, capacity);
    FIELD(mmf_map_info_t, descriptor);
    SIZE(mmf_view_info_t);
    FIELD(mmf_view_info_t, access);
    FIELD(mmf_view_info_t, pointer);
    FIELD(mmf_view_info_t, size);
    FIELD(mmf_view_info_t, offset);
    SIZE(mmf_permissions_t);
    FIELD(mmf_permissions_t, mode);
    FIELD(mmf_permissions_t, uid);
    FIELD(mmf_permissions_t, gid);
    SIZE(mmf_list_entry_t);
    FIELD(mmf_list_entry_t, path);
    FIELD(mmf_list_entry_t, capacity);
    FIELD(mmf_list_entry_t, kind);
    FIELD(mmf_list_entry_t, foreign);
    FIELD(mmf_list_entry_t, mode);
    FIELD(mmf_list_entry_t, trusted);
    FIELD(mmf_list_entry_t, uid);
    FIELD(mmf_list_entry_t, gid);
    SIZE(mmf_list_entry16_t);
    SIZE(mmf_map_options_t);
    FIELD(mmf_map_options_t, access);
    FIELD(mmf_map_options_t, rights);
    FIELD(mmf_map_options_t, allocation);
    FIELD(mmf_map_options_t, inheritability);
    FIELD(mmf_map_options_t, mode);
    FIELD(mmf_map_options_t, uid);
    FIELD(mmf_map_options_t, gid);
    FIELD(mmf_map_options_t, sddl);
    FIELD(mmf_map_options_t, sddl_length);
    FIELD(mmf_map_options_t, wait_ms);
    FIELD(mmf_map_options_t, trusted_owner);
    SIZE(mmf_text_options_t);
    FIELD(mmf_text_options_t, encoding);
    FIELD(mmf_text_options_t, timeout_ms);
    FIELD(mmf_text_options_t, lock);
    FIELD(mmf_text_options_t, separator);
    FIELD(mmf_text_options_t, separator_length);
    SIZE(mmf_save_options_t);
    FIELD(mmf_save_options_t, part);
    FIELD(mmf_save_options_t, keep_existing);
    FIELD(mmf_save_options_t, force);
    FIELD(mmf_save_options_t, ending);
    FIELD(mmf_save_options_t, ending_length);
    FIELD(mmf_save_options_t, text);

    printf("map %u %d %d %d %d %d %d %d %d %u %d %d\n", (unsigned)map.struct_size, (int)map.access,
           (int)map.rights, (int)map.allocation, (int)map.inheritability, (int)map.mode,
           (int)map.uid, (int)map.gid, map.sddl != NULL, (unsigned)map.sddl_length,
           (int)map.wait_ms, (int)map.trusted_owner);
    printf("text %u %d %d %u [%s] %u\n", (unsigned)text.struct_size, (int)text.encoding,
           (int)text.timeout_ms, (unsigned)text.lock.id, text.separator,
           (unsigned)text.separator_length);
    printf("save %u %d %d %d %d %u %d\n", (unsigned)save.struct_size, (int)save.part,
           (int)save.keep_existing, (int)save.force, save.ending != NULL,
           (unsigned)save.ending_length, save.text != NULL);
    printf("permissions %u %d %d %d\n", (unsigned)permissions.struct_size, (int)permissions.mode,
           (int)permissions.uid, (int)permissions.gid);
    printf("info %u %u\n", (unsigned)info.struct_size, (unsigned)view.struct_size);
    printf("nul_terminated %d\n", MMF_NUL_TERMINATED == (size_t)-1);
    return 0;
}
