#include <mmf.h>

mmf_status_t other_file(uint32_t *major);

mmf_status_t other_file(uint32_t *major) {
    uint32_t minor, patch;
    return mmf_version_get(major, &minor, &patch);
}
