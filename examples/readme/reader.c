#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

int main(void)
{
    int file = shm_open("/Test", O_RDONLY, 0);
    const char *bytes = mmap(NULL, 1024, PROT_READ, MAP_SHARED, file, 0);
    printf("%s\n", bytes);
    return 0;
}
