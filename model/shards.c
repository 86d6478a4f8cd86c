/*
 * shards.c - the weight files of a hub folder.
 *
 * Looked for in this order, the first that is there is taken:
 *
 *     model.safetensors                  one file
 *     model.safetensors.index.json       names of shards, see below
 *     pytorch_model.bin                  one file
 *     pytorch_model.bin.index.json       names of shards
 *
 *     {"metadata": {...},
 *      "weight_map": {"bert.pooler.dense.bias": "model-00002-of-00002.
 *                                               safetensors", ...}}
 *
 * An index comes from outside, so a shard may only be a plain file name in
 * the same folder: no separators, no "..", the ending of its kind.  What the
 * index says and what the shards hold must agree, tensor by tensor.
 */
#include "containers_int.h"

#include <stdlib.h>
#include <string.h>

#define CONFIG_MOST (16u << 20)
#define INDEX_MOST (64u << 20)
/* Shards are of gigabytes; thousands of them are no model. */
#define SHARDS_MOST 4096u

typedef lat_status reader(lat_weights *weights, size_t file,
                          lat_error *error);

static bool ends_with(const char *text, size_t size, const char *ending)
{
    size_t length = strlen(ending);

    return size > length &&
           memcmp(text + size - length, ending, length) == 0;
}

/* Plain name: printable, no separator of any system, not hidden (which
 * covers "." and ".."), no drive letter. */
static bool name_is_plain(const char *name, size_t size, const char *ending)
{
    if (size > 255 || size == 0 || name[0] == '.' ||
        lat_utf8_valid(name, size) != size)
        return false;
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c < 32 || c == 127 || c == '/' || c == '\\' || c == ':')
            return false;
    }
    return ends_with(name, size, ending);
}

/* One weight file: mapped, checked whole, its tensors added. */
static lat_status add_and_read(lat_weights *weights, const char *folder,
                               const char *name, reader *read,
                               lat_error *error)
{
    char *path = lat_path_join(folder, name);
    lat_status status;

    if (path == NULL)
        return lat_error_memory(error, strlen(folder) + strlen(name));
    status = lat_weights_add_file(weights, path, error);
    if (status == LAT_OK)
        status = read(weights, weights->file_count - 1, error);
    lat_free(path);
    return status;
}

static int by_text(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The distinct shard names, sorted, so that the order of tensors does not
 * depend on the order of the index. */
static lat_status list_shards(const char ***names, size_t *count,
                              const lat_json *map, const char *ending,
                              lat_error *error)
{
    size_t n = 0;

    if (map == NULL || map->type != LAT_JSON_OBJECT)
        return lat_error_set(error, LAT_MALFORMED,
                             "weight_map must be a JSON object of tensor "
                             "names and file names");
    *names = lat_new_array(map->size + 1, sizeof **names);
    if (*names == NULL)
        return lat_error_memory(error, map->size * sizeof **names);
    for (size_t i = 0; i < map->size; i++) {
        const lat_json *node = &map->items[i];

        if (node->type != LAT_JSON_STRING ||
            !name_is_plain(node->string, node->size, ending))
            return lat_error_at_byte(
                error, LAT_MALFORMED, node->byte,
                "\"%.*s\" must be in a plain file name ending in %s, in "
                "the same folder; got \"%.*s\"", LAT_QUOTE, node->key,
                ending, LAT_QUOTE,
                node->type == LAT_JSON_STRING ? node->string : "no text");
        (*names)[i] = node->string;
    }
    if (map->size > 1)
        qsort(*names, map->size, sizeof **names, by_text);
    for (size_t i = 0; i < map->size; i++) {
        if (i == 0 || strcmp((*names)[n - 1], (*names)[i]) != 0)
            (*names)[n++] = (*names)[i];
    }
    *count = n;
    if (n > 0 && n <= SHARDS_MOST)
        return LAT_OK;
    return lat_error_set(error, LAT_OUT_OF_RANGE,
                         "the index names %zu files; expected 1 to %u", n,
                         SHARDS_MOST);
}

/* Name of tensor -> name of file, both ways: `listed` holds every name of
 * the index in its order. */
static lat_status check_index(const lat_weights *weights,
                              const lat_json *map, const char *path,
                              lat_error *error)
{
    lat_intern *listed = NULL;
    lat_status status = lat_intern_create(&listed, error);
    size_t found = 0;

    for (size_t i = 0; i < map->size && status == LAT_OK; i++) {
        if (lat_intern_add(listed, map->items[i].key,
                           map->items[i].key_size) == SIZE_MAX)
            status = lat_error_memory(error, map->items[i].key_size);
    }
    for (size_t i = 0; i < weights->count && status == LAT_OK; i++) {
        const lat_tensor *tensor = &weights->tensors[i];
        const char *file = lat_path_base(weights->files[tensor->file]);
        size_t number = lat_intern_find(listed, tensor->name,
                                        strlen(tensor->name));

        if (number == SIZE_MAX ||
            strcmp(map->items[number].string, file) != 0)
            status = lat_error_set(error, LAT_MALFORMED,
                                   "tensor \"%.*s\" is in %.100s, but the "
                                   "index puts it %s%.100s", LAT_QUOTE,
                                   tensor->name, file,
                                   number == SIZE_MAX ? "nowhere" : "in ",
                                   number == SIZE_MAX
                                       ? "" : map->items[number].string);
        found++;
    }
    /* All found are listed; with equal counts none is missing, as a name
     * that stands in two shards is refused when names are hashed. */
    if (status == LAT_OK && found != map->size)
        status = lat_error_set(error, LAT_MALFORMED,
                               "the index lists %zu tensors; the files hold "
                               "%zu", map->size, found);
    lat_intern_free(listed);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    return status;
}

/* The shards are read in the order of their names; then index and shards are
 * held against each other. */
static lat_status read_index(lat_weights *weights, const char *path,
                             const char *ending, reader *read,
                             lat_error *error)
{
    lat_arena arena = {0};
    const lat_json *root = NULL, *map = NULL;
    const char **names = NULL;
    char *text = NULL;
    size_t size = 0, count = 0;
    lat_status status;

    status = lat_text_load(&text, &size, &arena, path, INDEX_MOST, error);
    if (status == LAT_OK)
        status = lat_json_parse(&root, &arena, text, size, error);
    if (status == LAT_OK) {
        map = lat_json_get(root, "weight_map");
        status = list_shards(&names, &count, map, ending, error);
    }
    if (status != LAT_OK) {
        lat_error_in_file(error, path);
        goto done;
    }
    for (size_t i = 0; i < count && status == LAT_OK; i++)
        status = add_and_read(weights, weights->path, names[i], read, error);
    if (status == LAT_OK)
        status = check_index(weights, map, path, error);
done:
    lat_free(names);
    lat_arena_free(&arena);
    return status;
}

static const struct {
    const char *name;
    const char *shards; /* NULL: the file itself; else ending of shards */
    lat_container container;
    reader *read;
} candidates[] = {
    {"model.safetensors", NULL, LAT_CONTAINER_SAFETENSORS,
     lat_safetensors_read},
    {"model.safetensors.index.json", ".safetensors",
     LAT_CONTAINER_SAFETENSORS, lat_safetensors_read},
    {"pytorch_model.bin", NULL, LAT_CONTAINER_TORCH, lat_torch_read},
    {"pytorch_model.bin.index.json", ".bin", LAT_CONTAINER_TORCH,
     lat_torch_read},
};
#define CANDIDATES (sizeof candidates / sizeof candidates[0])

/* Says what was looked for, and what lies there instead. */
static lat_status refuse_folder(const char *folder, lat_error *error)
{
    static const char *const others[] = {
        "tf_model.h5", "flax_model.msgpack", "adapter_model.safetensors",
        "model.onnx",
    };
    const char *there = NULL;

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        char *path = lat_path_join(folder, others[i]);

        if (path != NULL && there == NULL && lat_path_exists(path))
            there = others[i];
        lat_free(path);
    }
    lat_error_set(error, LAT_NOT_FOUND,
                  "no weights: looked for %s, %s, %s and %s%s%s%s",
                  candidates[0].name, candidates[1].name, candidates[2].name,
                  candidates[3].name, there != NULL ? "; " : "",
                  there != NULL ? there : "",
                  there != NULL ? " cannot be read" : "");
    return lat_error_in_file(error, folder);
}

/* Only loaded here, its JSON is the business of config.c. Read before the
 * weights, so that a folder that is no model fails at once. */
static lat_status read_config(lat_weights *weights, lat_error *error)
{
    char *path = lat_path_join(weights->path, "config.json");
    lat_status status;

    if (path == NULL)
        return lat_error_memory(error, strlen(weights->path));
    weights->config_path =
        lat_arena_copy(&weights->arena, path, strlen(path));
    lat_free(path);
    if (weights->config_path == NULL)
        return lat_error_memory(error, strlen(weights->path));
    status = lat_text_load(&weights->config, &weights->config_size,
                           &weights->arena, weights->config_path,
                           CONFIG_MOST, error);
    return status;
}

/* The first of the candidates wins, as it does for everyone else who reads
 * such folders; a broken one is an error, not a reason to try the next. */
lat_status lat_folder_read(lat_weights *weights, lat_error *error)
{
    lat_status status = read_config(weights, error);

    for (size_t i = 0; i < CANDIDATES && status == LAT_OK; i++) {
        char *path = lat_path_join(weights->path, candidates[i].name);
        bool there = path != NULL && lat_path_exists(path);

        if (path == NULL)
            status = lat_error_memory(error, strlen(weights->path));
        weights->container = candidates[i].container;
        if (there && candidates[i].shards == NULL)
            status = add_and_read(weights, weights->path, candidates[i].name,
                                  candidates[i].read, error);
        else if (there)
            status = read_index(weights, path, candidates[i].shards,
                                candidates[i].read, error);
        lat_free(path);
        if (there)
            return status;
    }
    return status != LAT_OK ? status : refuse_folder(weights->path, error);
}
