/*
 * cores.c - how many cores this process may really use.
 *
 * A container on a machine with 128 cores may be held to two of them by its
 * affinity mask or by a CPU quota; 128 threads would then only wait for each
 * other.  Quotas stand in the cgroup tree and hold for all below:
 *
 *     v2   ROOT/a/b/cpu.max                    "200000 100000"  or "max ..."
 *     v1   ROOT/cpu/a/b/cpu.cfs_quota_us       "200000"         or "-1"
 *          ROOT/cpu/a/b/cpu.cfs_period_us      "100000"
 *
 * Inside a container the path of the list may not exist in the tree; its
 * shorter forms up to the root are looked at anyway.
 */
#ifdef __linux__
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#endif
#include "base.h"
#include "cores_int.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sched.h>
#endif

#define SMALL 4096

/* Up to SMALL - 1 bytes of a file, NUL-terminated; false when unreadable. */
static bool read_small(char out[SMALL], const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    ssize_t got = read(file, out, SMALL - 1);
    close(file);
    if (got < 0)
        return false;
    out[got] = '\0';
    return true;
}

/* The number at the start of *text; steps over it and one blank. */
static bool take_number(const char **text, uint64_t *out)
{
    size_t size = strspn(*text, "0123456789");
    if (!lat_integer_read(*text, size, out))
        return false;
    *text += size;
    if (**text == ' ')
        ++*text;
    return true;
}

/* Cores that the folder `path` (of `size` bytes) under `root` allows. */
static size_t folder_quota(const char *root, const char *tree,
                           const char *path, int size)
{
    char name[2 * SMALL], text[SMALL];
    const char *at = text;
    uint64_t quota = 0, period = 0;
    if (tree[0] == '\0') {
        snprintf(name, sizeof name, "%s%.*s/cpu.max", root, size, path);
        if (!read_small(text, name) || !take_number(&at, &quota) ||
            !take_number(&at, &period))
            return SIZE_MAX;
    } else {
        snprintf(name, sizeof name, "%s/%s%.*s/cpu.cfs_quota_us", root, tree,
                 size, path);
        if (!read_small(text, name) || !take_number(&at, &quota))
            return SIZE_MAX;
        snprintf(name, sizeof name, "%s/%s%.*s/cpu.cfs_period_us", root,
                 tree, size, path);
        at = text;
        if (!read_small(text, name) || !take_number(&at, &period))
            return SIZE_MAX;
    }
    if (quota == 0 || period == 0)
        return SIZE_MAX;
    uint64_t cores = quota / period + (quota % period != 0);
    return cores < SIZE_MAX ? (size_t)cores : SIZE_MAX;
}

/* The smallest quota on the way from `path` up to the root of the tree. */
static size_t path_quota(const char *root, const char *tree, const char *path)
{
    size_t least = SIZE_MAX;
    int size = (int)strcspn(path, "\n");
    for (;;) {
        while (size > 0 && path[size - 1] == '/')
            size--;
        size_t cores = folder_quota(root, tree, path, size);
        if (cores < least)
            least = cores;
        if (size == 0)
            return least;
        while (size > 0 && path[size - 1] != '/')
            size--;
    }
}

/* Whether `word` is one of the comma-separated names at text[0..size). */
static bool names_hold(const char *text, size_t size, const char *word)
{
    size_t length = strlen(word);
    for (size_t at = 0; at + length <= size;) {
        size_t end = at;
        while (end < size && text[end] != ',')
            end++;
        if (end - at == length && memcmp(text + at, word, length) == 0)
            return true;
        at = end + 1;
    }
    return false;
}

size_t lat_cores_quota(const char *list, const char *root)
{
    char text[SMALL];
    size_t least = SIZE_MAX;
    if (!read_small(text, list))
        return SIZE_MAX;
    /* Lines "number:controllers:path"; v2 has no controllers. */
    for (const char *line = text; *line != '\0';) {
        const char *names = strchr(line, ':');
        const char *path = names == NULL ? NULL : strchr(names + 1, ':');
        size_t cores = SIZE_MAX;
        if (path != NULL && path == names + 1)
            cores = path_quota(root, "", path + 1);
        else if (path != NULL &&
                 names_hold(names + 1, (size_t)(path - names - 1), "cpu"))
            cores = path_quota(root, "cpu", path + 1);
        if (cores < least)
            least = cores;
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return least;
}

static size_t cores_of_mask(void)
{
#ifdef __linux__
    cpu_set_t mask[8]; /* 8192 cores */
    memset(mask, 0, sizeof mask);
    if (sched_getaffinity(0, sizeof mask, mask) == 0) {
        int count = CPU_COUNT_S(sizeof mask, mask);
        if (count > 0)
            return (size_t)count;
    }
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (size_t)online : 1;
}

size_t lat_cores_usable(void)
{
    size_t cores = cores_of_mask();
    size_t quota = lat_cores_quota("/proc/self/cgroup", "/sys/fs/cgroup");
    return quota < cores ? quota : cores;
}
