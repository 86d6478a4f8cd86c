/*
 * container_check.h - one weight file in memory through its reader, as
 * lat_weights_open would take it from disk, with every value looked at.
 */
#ifndef LATENT_CONTAINER_CHECK_H
#define LATENT_CONTAINER_CHECK_H

#include "../../../model/containers_int.h"
#include "../../harness.h"

#include <dirent.h>

typedef lat_status container_reader(lat_weights *weights, size_t file,
                                    lat_error *error);

/* What a test may want to know after the weights are gone. */
typedef struct container_facts {
    size_t tensors;
    size_t needed; /* bytes of the file up to the end of the last tensor */
    bool inside;   /* all tensors lie inside the file */
} container_facts;

/* Reads, indexes names and checks the values of all weights.  The data are
 * copied to a block of their own size, so that a sanitizer sees any read
 * beyond them. */
static inline lat_status container_read(container_reader *read,
                                        const void *data, size_t size,
                                        container_facts *facts,
                                        lat_error *error)
{
    char name[] = "file";
    char *files[] = {name};
    unsigned char *copy = lat_alloc(size);
    lat_map map = {copy, size, false};
    lat_weights weights = {.path = name, .files = files, .maps = &map,
                           .file_count = 1};
    lat_status status;

    *facts = (container_facts){.inside = true};
    if (copy == NULL)
        return lat_error_memory(error, size);
    memcpy(copy, data, size);
    status = read(&weights, 0, error);
    if (status == LAT_OK)
        status = lat_weights_index(&weights, error);
    for (size_t i = 0; i < weights.count && status == LAT_OK; i++) {
        const lat_tensor *tensor = &weights.tensors[i];
        size_t at = (size_t)(tensor->data - copy);

        facts->inside = facts->inside && at <= size &&
                        tensor->bytes <= size - at;
        if (at + tensor->bytes > facts->needed)
            facts->needed = at + (size_t)tensor->bytes;
        if (tensor->type <= LAT_TENSOR_Q8_0)
            status = lat_weights_check(tensor, error);
    }
    facts->tensors = weights.count;
    lat_gguf_free(weights.gguf);
    lat_free(weights.tensors);
    lat_free(weights.slots);
    lat_arena_free(&weights.arena);
    lat_free(copy);
    return status;
}

/* The status that a fixture's name begins with. */
static inline lat_status container_expected(const char *name)
{
    for (int code = LAT_OK; code <= LAT_INTERNAL; code++) {
        const char *word = lat_status_name((lat_status)code);

        if (strncmp(name, word, strlen(word)) == 0 &&
            name[strlen(word)] == '-')
            return (lat_status)code;
    }
    return LAT_INTERNAL;
}

static inline int container_by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Calls visit(folder/name, name) for each entry, sorted; their number. */
static inline size_t container_walk(const char *folder,
                                    void (*visit)(const char *path,
                                                  const char *name))
{
    char *names[512];
    size_t count = 0;
    DIR *directory = opendir(folder);
    struct dirent *item;

    CHECK_MSG(directory != NULL, "%s is missing", folder);
    while (directory != NULL && (item = readdir(directory)) != NULL) {
        if (item->d_name[0] != '.' && count < 512)
            names[count++] = lat_copy_string(item->d_name);
    }
    if (directory != NULL)
        closedir(directory);
    if (count > 1)
        qsort(names, count, sizeof names[0], container_by_text);
    for (size_t i = 0; i < count; i++) {
        char path[512];

        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        visit(path, names[i]);
        lat_free(names[i]);
    }
    return count;
}

#endif
