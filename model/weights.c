/*
 * weights.c - opens whatever holds the model and keeps its tensors findable.
 *
 *     path --folder--> shards.c ---+--> tensors[0..count) in file order
 *          --"GGUF"--> gguf.c -----+        ^
 *                                           | number
 *     name --FNV-1a--> slots[] -------------+
 */
#include "containers_int.h"

#include <string.h>

/* Open addressing, at most half full: 0 is empty, else tensor number + 1. */
struct lat_slot {
    size_t number;
};

/* Names are short and come from files: a few look-ups each, so the simple
 * hash does, with the high half folded in for the mask. */
static uint64_t hash_name(const char *name)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a, 64 bits */

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 1099511628211u;
    return hash ^ hash >> 32;
}

/* The slot of that name, or the empty one where it belongs. */
static struct lat_slot *find_slot(const lat_weights *weights,
                                  const char *name)
{
    size_t mask = weights->slot_count - 1;
    size_t at = (size_t)hash_name(name) & mask;

    while (weights->slots[at].number != 0 &&
           strcmp(weights->tensors[weights->slots[at].number - 1].name,
                  name) != 0)
        at = (at + 1) & mask;
    return &weights->slots[at];
}

lat_status lat_weights_index(lat_weights *weights, lat_error *error)
{
    size_t slots = 16;

    while (slots / 2 < weights->count) {
        if (!lat_size_mul(slots, 2, &slots))
            return lat_error_memory(error, weights->count);
    }
    weights->slots = lat_new_array(slots, sizeof *weights->slots);
    if (weights->slots == NULL)
        return lat_error_memory(error, slots * sizeof *weights->slots);
    weights->slot_count = slots;
    for (size_t i = 0; i < weights->count; i++) {
        const lat_tensor *tensor = &weights->tensors[i];
        struct lat_slot *slot = find_slot(weights, tensor->name);

        if (slot->number != 0) {
            lat_error_set(error, LAT_MALFORMED,
                          "tensor \"%.*s\" is there a second time",
                          LAT_QUOTE, tensor->name);
            return lat_error_in_file(error, weights->files[tensor->file]);
        }
        slot->number = i + 1;
    }
    return LAT_OK;
}

/* The table is at most half full, so a name that is absent ends at an empty
 * slot after about two steps. */
const lat_tensor *lat_weights_find(const lat_weights *weights,
                                   const char *name)
{
    size_t number = find_slot(weights, name)->number;

    return number == 0 ? NULL : &weights->tensors[number - 1];
}

/* Room for one more in an array that grows by doubling: it is full whenever
 * count is 0 or a power of two, so no capacity need be kept. */
static bool grow(void **block, size_t count, size_t size)
{
    size_t bytes;
    void *more;

    if (count != 0 && (count & (count - 1)) != 0)
        return true;
    if (!lat_size_mul(count == 0 ? 1 : count, 2 * size, &bytes))
        return false;
    more = lat_realloc(*block, bytes);
    if (more == NULL)
        return false;
    *block = more;
    return true;
}

lat_status lat_weights_add_tensor(lat_weights *weights,
                                  const lat_tensor *tensor, lat_error *error)
{
    void *tensors = weights->tensors;

    if (!grow(&tensors, weights->count, sizeof *tensor))
        return lat_error_memory(error, sizeof *tensor);
    weights->tensors = tensors;
    weights->tensors[weights->count++] = *tensor;
    return LAT_OK;
}

/* files and maps grow together; a file counts only once it is mapped, so
 * that closing never sees a half-made entry. */
lat_status lat_weights_add_file(lat_weights *weights, const char *path,
                                lat_error *error)
{
    size_t n = weights->file_count;
    void *files = weights->files, *maps = weights->maps;
    lat_status status;
    bool fine;

    fine = grow(&files, n, sizeof *weights->files);
    weights->files = files;
    fine = grow(&maps, n, sizeof *weights->maps) && fine;
    weights->maps = maps;
    if (!fine)
        return lat_error_memory(error, sizeof *weights->maps);
    weights->files[n] = lat_arena_copy(&weights->arena, path, strlen(path));
    if (weights->files[n] == NULL)
        return lat_error_memory(error, strlen(path));
    weights->maps[n] = (lat_map){0};
    status = lat_map_open(&weights->maps[n], path, error);
    if (status == LAT_OK)
        weights->file_count++;
    return status;
}

/* Copied rather than mapped: JSON nodes and messages point into it for as
 * long as the arena lives. */
lat_status lat_text_load(char **text, size_t *size, lat_arena *arena,
                         const char *path, size_t most, lat_error *error)
{
    lat_map map = {0};
    lat_status status = lat_map_open(&map, path, error);

    *text = NULL;
    *size = 0;
    if (status != LAT_OK)
        return status;
    if (map.size > most) {
        lat_error_set(error, LAT_OUT_OF_RANGE,
                      "%zu bytes; at most %zu are read", map.size, most);
        status = lat_error_in_file(error, path);
    } else {
        *text = lat_arena_copy(arena, map.data, map.size);
        *size = map.size;
        if (*text == NULL)
            status = lat_error_memory(error, map.size);
    }
    lat_map_close(&map);
    return status;
}

static bool begins(const lat_map *map, const char *magic)
{
    size_t size = strlen(magic);

    return map->size >= size && memcmp(map->data, magic, size) == 0;
}

/* A single file that is no folder: GGUF, or refused by what it looks like. */
static lat_status read_file(lat_weights *weights, lat_error *error)
{
    static const char *const old[] = {"lmgg", "fmgg", "tjgg", "algg"};
    lat_status status = lat_weights_add_file(weights, weights->path, error);
    const lat_map *map;

    if (status != LAT_OK)
        return status;
    map = &weights->maps[0];
    if (begins(map, "GGUF"))
        return lat_gguf_read(weights, 0, error);
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
        if (begins(map, old[i])) {
            lat_error_at_byte(error, LAT_UNSUPPORTED, 0,
                              "a GGML file of before GGUF; convert the "
                              "model again");
            return lat_error_in_file(error, weights->path);
        }
    }
    lat_error_at_byte(error, LAT_MALFORMED, 0,
                      "not a GGUF file (expected \"GGUF\" at its start); "
                      "for safetensors or PyTorch weights give the folder "
                      "that holds config.json");
    return lat_error_in_file(error, weights->path);
}

/* Whatever fails, lat_weights_close undoes exactly what was done: every
 * field of a zeroed lat_weights may be closed. */
lat_status lat_weights_open(lat_weights **out, const char *path,
                            lat_error *error)
{
    lat_weights *weights = lat_alloc_zero(sizeof *weights);
    lat_status status = LAT_OK;

    *out = NULL;
    if (weights == NULL)
        return lat_error_memory(error, sizeof *weights);
    weights->path = lat_arena_copy(&weights->arena, path, strlen(path));
    if (weights->path == NULL)
        status = lat_error_memory(error, strlen(path));
    else if (lat_path_is_folder(path))
        status = lat_folder_read(weights, error);
    else
        status = read_file(weights, error);
    if (status == LAT_OK)
        status = lat_weights_index(weights, error);
    if (status == LAT_OK)
        *out = weights;
    else
        lat_weights_close(weights);
    return status;
}

void lat_weights_close(lat_weights *weights)
{
    if (weights == NULL)
        return;
    for (size_t i = 0; i < weights->file_count; i++)
        lat_map_close(&weights->maps[i]);
    lat_gguf_free(weights->gguf);
    lat_free(weights->tensors);
    lat_free(weights->files);
    lat_free(weights->maps);
    lat_free(weights->slots);
    lat_arena_free(&weights->arena);
    lat_free(weights);
}
