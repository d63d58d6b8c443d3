/* A program that uses an installed SDK: writes text into a map and reads it through another handle. */
#include <mmf.h>

#include <stdio.h>
#include <string.h>

static int failed(const char *what, const mmf_error_t *error)
{
    fprintf(stderr, "%s: %s\n", what, error->message);
    return 1;
}

int main(int argc, char **argv)
{
    mmf_error_t error;
    mmf_map_t writer = {0};
    mmf_map_t reader = {0};
    mmf_text_t text = {0};
    const char *name = argc > 1 ? argv[1] : "mmf-consumer";
    uint32_t major = 0, minor = 0, patch = 0;

    if (mmf_version_get(&major, &minor, &patch) != MMF_STATUS_OK || major != MMF_VERSION_MAJOR)
        return 2;
    if (mmf_map_create_new(name, MMF_NUL_TERMINATED, 4096, NULL, &writer, &error) != MMF_STATUS_OK)
        return failed("create", &error);
    if (mmf_text_replace(writer, "Hello", MMF_NUL_TERMINATED, NULL, &error) != MMF_STATUS_OK)
        return failed("write", &error);
    if (mmf_map_open(name, MMF_NUL_TERMINATED, NULL, &reader, &error) != MMF_STATUS_OK)
        return failed("open", &error);
    if (mmf_text_read(reader, NULL, &text, &error) != MMF_STATUS_OK)
        return failed("read", &error);
    if (text.length != 5 || memcmp(text.data, "Hello", 5) != 0)
        return 3;
    printf("%s from C, mmf %u.%u.%u\n", text.data, (unsigned)major, (unsigned)minor, (unsigned)patch);
    mmf_text_free(text);
    if (mmf_map_close(reader, &error) != MMF_STATUS_OK || mmf_map_close(writer, &error) != MMF_STATUS_OK)
        return failed("close", &error);
    return 0;
}
