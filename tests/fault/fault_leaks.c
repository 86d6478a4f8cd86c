/*
 * fault_leaks.c - linked into what is tormented: at the end of the program
 * no allocation may be held and no file be open that was not open before.
 */
#include "../../base/base.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { FILES = 256 };
static bool open_before[FILES];

static bool is_open(int file)
{
    return fcntl(file, F_GETFD) != -1;
}

__attribute__((constructor)) static void remember(void)
{
    for (int file = 0; file < FILES; file++)
        open_before[file] = is_open(file);
}

__attribute__((destructor)) static void look(void)
{
    bool leak = false;
    if (lat_memory_in_use() != 0) {
        fprintf(stderr, "fault: %zu bytes leak\n", lat_memory_in_use());
        leak = true;
    }
    for (int file = 0; file < FILES; file++)
        if (!open_before[file] && is_open(file)) {
            fprintf(stderr, "fault: file %d is left open\n", file);
            leak = true;
        }
    if (leak)
        _exit(lat_status_exit(LAT_INTERNAL));
}
