/*
 * walk_int.h - fixtures by folder: good/ files must be taken, bad/ files
 * must be refused with the status that begins their name
 * ("malformed-lone-surrogate.json").  Also the two walks that every parser
 * has to survive: each prefix of a text, and each failing allocation.
 */
#ifndef LATENT_TEST_WALK_INT_H
#define LATENT_TEST_WALK_INT_H

#include "../../harness.h"
#include "../../../base/base.h"

#include <dirent.h>

/* Parses the file and frees the result. */
typedef lat_status walk_parse(const char *path, lat_error *error);

static inline lat_status walk_expected(const char *name)
{
    for (int i = LAT_OK + 1; i <= LAT_INTERNAL; i++) {
        const char *word = lat_status_name((lat_status)i);
        size_t size = strlen(word);
        if (strncmp(name, word, size) == 0 && name[size] == '-')
            return (lat_status)i;
    }
    return LAT_OK;
}

/* Once undisturbed, then with every single allocation failing in turn, once
 * and from then on. */
static inline void walk_file(const char *path, lat_status want,
                             walk_parse *parse)
{
    lat_error error = {0};
    size_t before = lat_memory_in_use();
    uint64_t count = lat_memory_allocations();
    lat_status got = parse(path, &error);
    CHECK_MSG(got == want, "%s: %s (%s), expected %s", path,
              lat_status_name(got), error.text, lat_status_name(want));
    CHECK_MSG(got == error.code, "%s: record says %s", path,
              lat_status_name(error.code));
    CHECK_MSG((got == LAT_OK) == (error.text[0] == '\0'), "%s", path);
    count = lat_memory_allocations() - count;
    for (uint64_t n = 1; n <= 2 * count; n++) {
        lat_error_clear(&error);
        lat_memory_fail_at((n + 1) / 2, n % 2 == 0);
        got = parse(path, &error);
        lat_memory_fail_at(0, false);
        CHECK_MSG(got == LAT_NO_MEMORY, "%s: allocation %lu fails: %s", path,
                  (unsigned long)(n + 1) / 2, lat_status_name(got));
    }
    CHECK_MSG(lat_memory_in_use() == before, "%s: leaks", path);
}

static inline size_t walk_folder(const char *folder, bool good,
                                 walk_parse *parse)
{
    size_t files = 0;
    DIR *list = opendir(folder);
    CHECK_MSG(list != NULL, "%s is missing", folder);
    for (struct dirent *one; list != NULL && (one = readdir(list)) != NULL;) {
        if (one->d_name[0] == '.')
            continue;
        char *path = lat_path_join(folder, one->d_name);
        lat_status want = good ? LAT_OK : walk_expected(one->d_name);
        CHECK_MSG(good || want != LAT_OK, "%s names no status", path);
        walk_file(path, want, parse);
        lat_free(path);
        files++;
    }
    if (list != NULL)
        closedir(list);
    return files;
}

/* Takes size bytes that end where the allocation ends, so that a sanitizer
 * sees the first byte read too far. */
typedef lat_status walk_bytes(const void *data, size_t size,
                              lat_error *error);

static inline void walk_prefixes(const char *path, walk_bytes *parse)
{
    lat_map map = {0};
    CHECK_MSG(lat_map_open(&map, path, NULL) == LAT_OK, "%s", path);
    size_t before = lat_memory_in_use();
    for (size_t size = 0; size < map.size; size++) {
        lat_error error = {0};
        unsigned char *copy = lat_alloc(size);
        if (size != 0)
            memcpy(copy, map.data, size);
        lat_status got = parse(copy, size, &error);
        CHECK_MSG(got == error.code && got != LAT_INTERNAL,
                  "%s: first %zu bytes: %s", path, size, error.text);
        lat_free(copy);
    }
    CHECK_MSG(lat_memory_in_use() == before, "%s: leaks", path);
    lat_map_close(&map);
}

#endif
