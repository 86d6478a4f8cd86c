/*
 * spill.c - room on disk for what does not fit in memory: a file without a
 * name, mapped.
 *
 *     folder/.latent-Ab12Cd   made, at once unlinked; the blocks stay until
 *                             the mapping goes, with the process at the
 *                             latest, however it ends
 *
 * The whole length is reserved first.  A hole in the file would be a signal
 * in the middle of the work when the disk is full; so it is a message before
 * the work.
 */
#define _FILE_OFFSET_BITS 64
#include "base.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static lat_status reserve(int file, const char *folder, size_t size,
                          lat_error *error)
{
    int failed;
    uint64_t bytes = size;
    if (bytes > INT64_MAX)
        return lat_error_memory(error, size);
    do {
        failed = posix_fallocate(file, 0, (off_t)size);
    } while (failed == EINTR && !lat_interrupted());
    if (failed == 0)
        return LAT_OK;
    if (failed == EINTR)
        return lat_error_set(error, LAT_INTERRUPTED, "interrupted");
    errno = failed;
    if (failed != ENOSPC && failed != EFBIG)
        return lat_error_errno(error, folder, "make a file in");
    lat_error_set(error, LAT_IO, "no room for %lluM",
                  (unsigned long long)(size >> 20) + 1);
    return lat_error_in_file(error, folder);
}

lat_status lat_spill_open(lat_spill *out, const char *folder, size_t size,
                          lat_error *error)
{
    char *name = lat_format("%s/.latent-XXXXXX", folder);
    void *data = MAP_FAILED;
    out->data = NULL;
    out->size = 0;
    if (name == NULL)
        return lat_error_memory(error, 64);
    int file = mkstemp(name);
    lat_status status = LAT_OK;
    if (file < 0)
        status = lat_error_errno(error, folder, "make a file in");
    else
        (void)unlink(name);
    if (status == LAT_OK && size > 0)
        status = reserve(file, folder, size, error);
    if (status == LAT_OK && size > 0) {
        data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        if (data == MAP_FAILED)
            status = lat_error_errno(error, folder, "map a file in");
    }
    if (file >= 0)
        (void)close(file); /* the mapping keeps the blocks */
    lat_free(name);
    if (status == LAT_OK && size > 0) {
        out->data = data;
        out->size = size;
    }
    return status;
}

void lat_spill_rest(const lat_spill *spill, size_t from, size_t to)
{
#ifdef MADV_DONTNEED
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    from += (page - from % page) % page;
    to -= to % page;
    if (from < to && to <= spill->size)
        (void)madvise((char *)spill->data + from, to - from, MADV_DONTNEED);
#else
    (void)spill, (void)from, (void)to;
#endif
}

void lat_spill_close(lat_spill *spill)
{
    if (spill->data != NULL)
        (void)munmap(spill->data, spill->size);
    spill->data = NULL;
    spill->size = 0;
}
