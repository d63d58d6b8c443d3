/* The header twice in one file, and in two files of one program. */
#include <mmf.h>
#include <mmf.h>

mmf_status_t other_file(uint32_t *major);

int main(void) {
    uint32_t major = 0;
    return other_file(&major) == MMF_STATUS_OK && major == MMF_VERSION_MAJOR ? 0 : 1;
}
