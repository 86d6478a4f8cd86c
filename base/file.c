/*
 * file.c - whole files in, and paths.
 *
 * A regular file is mapped; what cannot be mapped (a pipe, standard input,
 * a file of /proc that claims to be empty) is read to its end.  Symbolic
 * links are followed: the files of a hub cache are links.
 */
#define _FILE_OFFSET_BITS 64
#include "base.h"
#include "output_int.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What an empty file's data point to. */
static const unsigned char nothing[1] = {0};

/* Reads `file` to its end into memory. */
static lat_status read_all(lat_map *out, int file, const char *path,
                           lat_error *error)
{
    lat_buffer buffer = {0};
    for (;;) {
        /* A quarter more each time, at least 64 KiB: linear copying. */
        size_t room = buffer.size / 4 + 65536;
        if (!lat_buffer_reserve(&buffer, room)) {
            lat_buffer_free(&buffer);
            lat_error_memory(error, room);
            lat_error_in_file(error, path);
            return LAT_NO_MEMORY;
        }
        ssize_t got = read(file, buffer.data + buffer.size, room);
        if (got < 0 && errno == EINTR && !lat_interrupted())
            continue;
        if (got < 0) {
            lat_buffer_free(&buffer);
            return lat_error_errno(error, path, "read");
        }
        if (got == 0)
            break;
        buffer.size += (size_t)got;
    }
    out->mapped = false;
    out->size = buffer.size;
    out->data = (const unsigned char *)buffer.data;
    if (buffer.size == 0) {
        lat_buffer_free(&buffer);
        out->data = nothing;
    }
    return LAT_OK;
}

/* `named`: by a path, not standard input, which is what the user made it. */
static lat_status map_or_read(lat_map *out, int file, const char *path,
                              bool named, lat_error *error)
{
    struct stat info = {0};
    if (fstat(file, &info) != 0)
        return lat_error_errno(error, path, "look at");
    /* A device may have no end, and a stranger's folder may hold a link to
     * one. */
    bool device = (S_ISCHR(info.st_mode) || S_ISBLK(info.st_mode)) && named &&
                  !isatty(file);
    if (S_ISDIR(info.st_mode) || device) {
        lat_error_set(error, LAT_UNSUPPORTED, "is a %s, expected a file",
                      device ? "device" : "folder");
        lat_error_in_file(error, path);
        return LAT_UNSUPPORTED;
    }
    if (!S_ISREG(info.st_mode) || info.st_size <= 0)
        return read_all(out, file, path, error);
    if ((uintmax_t)info.st_size > SIZE_MAX / 2) {
        lat_error_set(error, LAT_NO_MEMORY,
                      "is larger than this machine's addresses");
        lat_error_in_file(error, path);
        return LAT_NO_MEMORY;
    }
    size_t size = (size_t)info.st_size;
    void *data = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
    /* Some network and user file systems cannot map. */
    if (data == MAP_FAILED)
        return read_all(out, file, path, error);
    out->data = data;
    out->size = size;
    out->mapped = true;
    return LAT_OK;
}

int lat_open_again(const char *path, int flags)
{
    int file = -1;
    do {
        file = open(path, flags | O_CLOEXEC, 0666);
    } while (file < 0 && errno == EINTR && !lat_interrupted());
    return file;
}

lat_status lat_map_open(lat_map *out, const char *path, lat_error *error)
{
    out->data = NULL;
    out->size = 0;
    out->mapped = false;
    if (strcmp(path, "-") == 0)
        return map_or_read(out, STDIN_FILENO, "standard input", false, error);
    if (path[0] == '\0')
        return lat_error_set(error, LAT_USAGE,
                             "empty name, expected a file");
    int file = lat_open_again(path, O_RDONLY);
    if (file < 0)
        return lat_error_errno(error, path, "open");
    lat_status status = map_or_read(out, file, path, true, error);
    close(file);
    return status;
}

void lat_map_close(lat_map *map)
{
    if (map->mapped)
        munmap((void *)(uintptr_t)map->data, map->size);
    else if (map->data != nothing)
        lat_free((void *)(uintptr_t)map->data);
    map->data = NULL;
    map->size = 0;
    map->mapped = false;
}

bool lat_path_exists(const char *path)
{
    struct stat info = {0};
    return stat(path, &info) == 0;
}

bool lat_path_is_folder(const char *path)
{
    struct stat info = {0};
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char *lat_path_join(const char *folder, const char *name)
{
    size_t size = strlen(folder);
    bool ends = size != 0 && folder[size - 1] == '/';
    return lat_format("%s%s%s", folder, ends || size == 0 ? "" : "/", name);
}

const char *lat_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static lat_status make_one(const char *path, lat_error *error)
{
    if (mkdir(path, 0777) == 0) {
        lat_status status = lat_output_sync_folder(path, error);
        if (status != LAT_OK)
            (void)rmdir(path); /* the next try makes and flushes it again */
        return status;
    }
    int number = errno;
    if (lat_path_is_folder(path))
        return LAT_OK;
    errno = number == EEXIST ? ENOTDIR : number;
    return lat_error_errno(error, path, "make the folder");
}

lat_status lat_folder_make(const char *path, lat_error *error)
{
    if (path[0] == '\0')
        return lat_error_set(error, LAT_USAGE,
                             "empty name, expected a folder");
    char *copy = lat_copy_string(path);
    if (copy == NULL)
        return lat_error_memory(error, strlen(path));
    lat_status status = LAT_OK;
    for (char *at = copy + 1; status == LAT_OK && *at != '\0'; at++) {
        if (*at != '/' || at[-1] == '/')
            continue;
        *at = '\0';
        status = make_one(copy, error);
        *at = '/';
    }
    if (status == LAT_OK)
        status = make_one(copy, error);
    lat_free(copy);
    return status;
}
