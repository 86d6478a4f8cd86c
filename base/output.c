/*
 * output.c - a file that appears whole or not at all.
 *
 *     open    folder/.latent-5f0c...tmp   O_EXCL, in the target's folder
 *     write   buffered, hashed on the way out
 *     commit  flush, fsync(file), rename over the target, fsync(folder)
 *     abort   unlink the temporary; the old target was never touched
 *
 * Devices and pipes are written directly, since a rename would replace
 * them.  A symbolic link is refused: a rename would replace the link and
 * leave the user's real file stale.
 */
#define _FILE_OFFSET_BITS 64
#include "base.h"
#include "output_int.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFER 65536
#define LONGEST_PATH 4096
#define SLOTS 64
#define NO_SLOT SLOTS

struct lat_output {
    int file;
    char *path;      /* where it is to appear */
    char *temporary; /* NULL when written directly */
    size_t slot;
    bool failed;
    bool sized;
    uint64_t expected;
    uint64_t written;
    size_t fill;
    lat_sha256 hash;
    unsigned char buffer[BUFFER];
};

/* ---- The table of temporaries, for signal handlers ---------------------- */

/* A slot's owner moves it FREE -> FILLING -> LIVE -> FREE.  The handler
 * takes a LIVE one for good (TAKEN), so that nobody rewrites the path while
 * it is being unlinked. */
enum { FREE, FILLING, LIVE, TAKEN };
static struct {
    atomic_int state;
    char path[LONGEST_PATH];
} slots[SLOTS];

static size_t slot_take(const char *path)
{
    size_t size = strlen(path) + 1;
    for (size_t i = 0; i < SLOTS && size <= LONGEST_PATH; i++) {
        int state = FREE;
        if (!atomic_compare_exchange_strong(&slots[i].state, &state, FILLING))
            continue;
        memcpy(slots[i].path, path, size);
        atomic_store(&slots[i].state, LIVE);
        return i;
    }
    return NO_SLOT;
}

static void slot_release(size_t slot)
{
    int state = LIVE;
    if (slot != NO_SLOT)
        atomic_compare_exchange_strong(&slots[slot].state, &state, FREE);
}

void lat_output_abort_all(void)
{
    int saved = errno;
    for (size_t i = 0; i < SLOTS; i++) {
        int state = LIVE;
        if (atomic_compare_exchange_strong(&slots[i].state, &state, TAKEN))
            unlink(slots[i].path);
    }
    errno = saved;
}

/* ---- Opening ------------------------------------------------------------ */

/* Hard to guess, so that nobody can block the name in a shared folder;
 * O_EXCL alone keeps it safe. */
static uint64_t odd_number(void)
{
    static atomic_uint calls;
    uint64_t number = 0;
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t got = file < 0 ? -1 : read(file, &number, sizeof number);
    if (file >= 0)
        close(file);
    if (got == (ssize_t)sizeof number)
        return number;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    lat_random random;
    lat_random_seed(&random, (uint64_t)now.tv_nsec ^ (uint64_t)now.tv_sec,
                    (uint64_t)getpid() << 32 | atomic_fetch_add(&calls, 1));
    return lat_random_next(&random);
}

static lat_status open_temporary(lat_output *output, lat_error *error)
{
    const char *base = lat_path_base(output->path);
    int folder = (int)(base - output->path);
    for (int tries = 0; tries < 16; tries++) {
        lat_free(output->temporary);
        output->temporary =
            lat_format("%.*s.latent-%016llx.tmp", folder, output->path,
                       (unsigned long long)odd_number());
        if (output->temporary == NULL)
            return lat_error_memory(error, strlen(output->path));
        /* In the table before it exists: a signal between the two finds
         * nothing to unlink, never a file that nobody knows. */
        output->slot = slot_take(output->temporary);
        if (output->slot == NO_SLOT)
            return lat_error_set(error, LAT_IO,
                                 "more than %d files are being written",
                                 SLOTS);
        output->file =
            lat_open_again(output->temporary, O_WRONLY | O_CREAT | O_EXCL);
        if (output->file >= 0)
            return LAT_OK;
        slot_release(output->slot);
        output->slot = NO_SLOT;
        if (errno != EEXIST)
            break;
    }
    return lat_error_errno(error, output->path, "write");
}

static lat_status open_target(lat_output *output, lat_error *error)
{
    struct stat info = {0};
    if (strcmp(output->path, "-") == 0) {
        output->file = STDOUT_FILENO;
        return LAT_OK;
    }
    if (lstat(output->path, &info) != 0) {
        if (errno != ENOENT)
            return lat_error_errno(error, output->path, "write");
        return open_temporary(output, error);
    }
    if (S_ISREG(info.st_mode))
        return open_temporary(output, error);
    if (S_ISCHR(info.st_mode) || S_ISFIFO(info.st_mode)) {
        output->file = lat_open_again(output->path, O_WRONLY | O_NOCTTY);
        if (output->file < 0)
            return lat_error_errno(error, output->path, "write");
        return LAT_OK;
    }
    return lat_error_set(error, LAT_IO, "cannot write: is a %s, expected a "
                         "file or nothing of that name",
                         S_ISLNK(info.st_mode)   ? "symbolic link"
                         : S_ISDIR(info.st_mode) ? "folder"
                                                 : "special file");
}

/* Frees everything; unlinks the temporary if there still is one. */
static void release(lat_output *output)
{
    if (output->file >= 0 && output->file != STDOUT_FILENO)
        close(output->file);
    if (output->temporary != NULL && output->slot != NO_SLOT)
        unlink(output->temporary);
    slot_release(output->slot);
    lat_free(output->temporary);
    lat_free(output->path);
    lat_free(output);
}

lat_status lat_output_open(lat_output **out, const char *path,
                           lat_error *error)
{
    *out = NULL;
    lat_output *output = lat_alloc(sizeof *output);
    if (output == NULL)
        return lat_error_memory(error, sizeof *output);
    memset(output, 0, offsetof(lat_output, hash));
    output->file = -1;
    output->slot = NO_SLOT;
    lat_sha256_begin(&output->hash);
    output->path = lat_copy_string(path);
    lat_status status = LAT_OK;
    if (output->path == NULL)
        status = lat_error_memory(error, strlen(path));
    else
        status = open_target(output, error);
    if (status != LAT_OK) {
        lat_error_in_file(error, path);
        release(output);
        return status;
    }
    *out = output;
    return LAT_OK;
}

/* ---- Writing ------------------------------------------------------------ */

static const char *shown_path(const lat_output *output)
{
    return strcmp(output->path, "-") == 0 ? "standard output" : output->path;
}

/* Puts all bytes out, whatever the pieces the system takes. */
static lat_status push(lat_output *output, const unsigned char *data,
                       size_t size, lat_error *error)
{
    lat_sha256_add(&output->hash, data, size);
    while (size != 0) {
        size_t part = size < SSIZE_MAX ? size : SSIZE_MAX;
        ssize_t done = write(output->file, data, part);
        if (done < 0 && errno == EINTR && !lat_interrupted())
            continue;
        if (done == 0)
            errno = ENOSPC; /* no progress and no reason: not for ever */
        if (done <= 0) {
            output->failed = true;
            return lat_error_errno(error, shown_path(output), "write");
        }
        data += done;
        size -= (size_t)done;
    }
    return LAT_OK;
}

static lat_status flush(lat_output *output, lat_error *error)
{
    size_t size = output->fill;
    output->fill = 0;
    return push(output, output->buffer, size, error);
}

static lat_status after_failure(const lat_output *output, lat_error *error)
{
    lat_error_set(error, LAT_IO, "an earlier write failed");
    lat_error_in_file(error, shown_path(output));
    return LAT_IO;
}

lat_status lat_output_write(lat_output *output, const void *data, size_t size,
                            lat_error *error)
{
    if (output->failed)
        return after_failure(output, error);
    output->written += size;
    if (size <= BUFFER - output->fill) {
        if (size != 0)
            memcpy(output->buffer + output->fill, data, size);
        output->fill += size;
        return LAT_OK;
    }
    lat_status status = flush(output, error);
    if (status != LAT_OK)
        return status;
    if (size >= BUFFER)
        return push(output, data, size, error);
    memcpy(output->buffer, data, size);
    output->fill = size;
    return LAT_OK;
}

lat_status lat_output_format(lat_output *output, lat_error *error,
                             const char *format, ...)
{
    char text[4096];
    va_list list;
    va_start(list, format);
    int size = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (size < 0 || (size_t)size >= sizeof text) {
        output->failed = true;
        return lat_error_set(error, LAT_INTERNAL,
                             "a piece of text over 4095 bytes");
    }
    return lat_output_write(output, text, (size_t)size, error);
}

void lat_output_expect(lat_output *output, uint64_t bytes)
{
    output->sized = true;
    output->expected = bytes;
}

/* ---- Closing ------------------------------------------------------------ */

/* The folder is opened before the rename: what can fail should fail while
 * the old file is still there.  -1 with errno set. */
static int open_folder(const char *path)
{
    char folder[LONGEST_PATH];
    size_t size = (size_t)(lat_path_base(path) - path);
    if (size >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(folder, size == 0 ? "." : path, size == 0 ? 1 : size);
    folder[size == 0 ? 1 : size] = '\0';
    return lat_open_again(folder, O_RDONLY | O_DIRECTORY);
}

static int sync_again(int file)
{
    int result = 0;
    do {
        result = fsync(file);
    } while (result != 0 && errno == EINTR && !lat_interrupted());
    /* File systems that cannot flush a folder say EINVAL. */
    return result != 0 && errno == EINVAL ? 0 : result;
}

lat_status lat_output_sync_folder(const char *path, lat_error *error)
{
    lat_status status = LAT_OK;
    int folder = open_folder(path);
    if (folder < 0)
        return errno == EACCES
                   ? LAT_OK
                   : lat_error_errno(error, path, "open the folder of");
    if (sync_again(folder) != 0)
        status = lat_error_errno(error, path, "flush to disk the folder of");
    close(folder);
    return status;
}

static lat_status put_in_place(lat_output *output, lat_error *error)
{
    int folder = -1;
    lat_status status = LAT_OK;
    if (sync_again(output->file) != 0) {
        status = lat_error_errno(error, output->path, "flush to disk");
        goto done;
    }
    int closed = close(output->file);
    output->file = -1;
    if (closed != 0 && errno != EINTR) {
        status = lat_error_errno(error, output->path, "close");
        goto done;
    }
    folder = open_folder(output->path);
    /* A folder that may be written but not read cannot be flushed. */
    if (folder < 0 && errno != EACCES) {
        status = lat_error_errno(error, output->path, "open the folder of");
        goto done;
    }
    if (rename(output->temporary, output->path) != 0) {
        status = lat_error_errno(error, output->path, "rename to");
        goto done;
    }
    slot_release(output->slot);
    output->slot = NO_SLOT;
    if (folder >= 0 && sync_again(folder) != 0)
        status = lat_error_errno(error, output->path,
                                 "flush to disk the folder of");
done:
    if (folder >= 0)
        close(folder);
    return status;
}

lat_status lat_output_commit(lat_output *output, unsigned char *sha256,
                             lat_error *error)
{
    lat_status status = LAT_OK;
    if (output->failed)
        status = after_failure(output, error);
    else if (output->sized && output->expected != output->written)
        status = lat_error_set(error, LAT_INTERNAL,
                               "%llu bytes written, %llu announced",
                               (unsigned long long)output->written,
                               (unsigned long long)output->expected);
    if (status == LAT_OK)
        status = flush(output, error);
    if (status == LAT_OK && output->temporary != NULL)
        status = put_in_place(output, error);
    if (status != LAT_OK)
        lat_error_in_file(error, shown_path(output));
    else if (sha256 != NULL)
        lat_sha256_end(&output->hash, sha256);
    release(output);
    return status;
}

void lat_output_abort(lat_output *output)
{
    if (output != NULL)
        release(output);
}

lat_status lat_file_write(const char *path, const void *data, size_t size,
                          lat_error *error)
{
    lat_output *output = NULL;
    lat_status status = lat_output_open(&output, path, error);
    if (status != LAT_OK)
        return status;
    status = lat_output_write(output, data, size, error);
    if (status != LAT_OK) {
        lat_output_abort(output);
        return status;
    }
    return lat_output_commit(output, NULL, error);
}
