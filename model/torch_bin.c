/*
 * torch_bin.c - pytorch_model.bin: a zip archive of storages and a pickle.
 *
 *     NAME/data.pkl     which tensor is which run of which storage
 *     NAME/byteorder    "little"; absent in older files
 *     NAME/data/0 ...   the storages, raw little-endian values
 *
 * Storages are stored, not compressed, so tensors point into the map like
 * those of any other container; tied tensors share their bytes.
 */
#include "torch_int.h"

#include <string.h>

#define PICKLE_MOST (64u << 20)

/* What a file of before PyTorch 1.6 begins with: a pickled magic number. */
static const unsigned char old_magic[] = {
    0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
    0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
};

static lat_status check_start(const lat_map *map, lat_error *error)
{
    if (map->size >= sizeof old_magic &&
        memcmp(map->data, old_magic, sizeof old_magic) == 0)
        return lat_error_at_byte(error, LAT_UNSUPPORTED, 0,
                                 "a PyTorch file of before version 1.6, "
                                 "which is no zip archive; save it again as "
                                 "safetensors");
    if (map->size < 4 || memcmp(map->data, "PK\3\4", 4) != 0)
        return lat_error_at_byte(error, LAT_MALFORMED, 0,
                                 "not a PyTorch file (expected a zip "
                                 "archive)");
    return LAT_OK;
}

/* The one NAME/data.pkl; *lead is the length of "NAME/". */
static lat_status find_pickle(const lat_zip_entry **out, size_t *lead,
                              const lat_zip *zip, lat_error *error)
{
    for (size_t i = 0; i < zip->count; i++) {
        const char *slash = strchr(zip->entries[i].name, '/');

        if (slash == NULL)
            continue;
        if (strcmp(slash, "/constants.pkl") == 0)
            return lat_error_set(error, LAT_UNSUPPORTED,
                                 "a TorchScript archive; a file of plain "
                                 "tensors is expected");
        if (strcmp(slash, "/data.pkl") != 0)
            continue;
        if (*out != NULL)
            return lat_error_set(error, LAT_MALFORMED,
                                 "the archive has two data.pkl");
        *out = &zip->entries[i];
        *lead = (size_t)(slash + 1 - zip->entries[i].name);
    }
    if (*out == NULL)
        return lat_error_set(error, LAT_MALFORMED,
                             "the archive has no NAME/data.pkl");
    if ((*out)->size > PICKLE_MOST)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "data.pkl of %llu bytes; at most %u are read",
                             (unsigned long long)(*out)->size, PICKLE_MOST);
    return LAT_OK;
}

/* The entry "NAME/" + folder + name, or NULL.  Entry names are at most
 * 65,535 bytes long, so that a longer one is none. */
static lat_status find_beside(const lat_zip_entry **out, const lat_zip *zip,
                              const char *pickle, size_t lead,
                              const char *name, lat_error *error)
{
    char *path = lat_format("%.*s%s", (int)lead, pickle, name);

    *out = NULL;
    if (path == NULL)
        return lat_error_memory(error, lead + strlen(name));
    *out = lat_zip_find(zip, path);
    lat_free(path);
    return LAT_OK;
}

/* Written since PyTorch 2.0; before that all files were little-endian. */
static lat_status check_order(const lat_zip *zip, const char *pickle,
                              size_t lead, const lat_map *map,
                              lat_error *error)
{
    const lat_zip_entry *entry = NULL;
    lat_status status = find_beside(&entry, zip, pickle, lead, "byteorder",
                                    error);

    if (status == LAT_OK && entry != NULL &&
        (entry->size != 6 ||
         memcmp(map->data + entry->begin, "little", 6) != 0))
        status = lat_error_at_byte(error, LAT_UNSUPPORTED, entry->begin,
                                   "byteorder is not \"little\"");
    return status;
}

/* The tensor's bytes inside its storage, whose entry must be as long as the
 * pickle says. */
static lat_status place(lat_tensor *to, const lat_torch_tensor *from,
                        const lat_zip_entry *entry, const lat_map *map,
                        lat_error *error)
{
    uint64_t bytes = 0, offset = 0;

    to->name = to->file_name = from->name;
    to->type = from->type;
    to->dims = from->dims;
    memcpy(to->shape, from->shape, sizeof to->shape);
    if (entry == NULL)
        return lat_error_set(error, LAT_MALFORMED,
                             "tensor \"%.*s\": its storage \"%.*s\" is not "
                             "in the archive", LAT_QUOTE, from->name,
                             LAT_QUOTE, from->storage);
    if (!lat_tensor_type_bytes(from->type, from->storage_values, &bytes) ||
        bytes != entry->size)
        return lat_error_at_byte(error, LAT_MALFORMED, entry->begin,
                                 "tensor \"%.*s\": a storage of %llu values "
                                 "of %s in %llu bytes", LAT_QUOTE,
                                 from->name,
                                 (unsigned long long)from->storage_values,
                                 lat_tensor_type_name(from->type),
                                 (unsigned long long)entry->size);
    if (!lat_tensor_measure(to) || from->offset > from->storage_values ||
        to->count > from->storage_values - from->offset ||
        !lat_tensor_type_bytes(from->type, from->offset, &offset))
        return lat_error_at_byte(error, LAT_MALFORMED, entry->begin,
                                 "tensor \"%.*s\" goes beyond its storage",
                                 LAT_QUOTE, from->name);
    to->data = map->data + entry->begin + offset;
    return LAT_OK;
}

/* Names come from the pickle, bytes from the archive; what one says about
 * the other is checked tensor by tensor. */
static lat_status add_tensors(lat_weights *weights, size_t file,
                              const lat_zip *zip, lat_error *error)
{
    const lat_map *map = &weights->maps[file];
    const lat_zip_entry *pickle = NULL;
    lat_torch_tensor *tensors = NULL;
    size_t count = 0, lead = 0;
    lat_status status = find_pickle(&pickle, &lead, zip, error);

    if (status == LAT_OK)
        status = check_order(zip, pickle->name, lead, map, error);
    if (status != LAT_OK)
        return status;
    status = lat_pickle_read(&tensors, &count, &weights->arena,
                             map->data + pickle->begin, (size_t)pickle->size,
                             error);
    if (status != LAT_OK && error != NULL && error->has_byte)
        error->byte += pickle->begin;
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        lat_tensor tensor = {.file = file};
        const lat_zip_entry *entry = NULL;
        char *name = lat_format("data/%s", tensors[i].storage);

        if (name == NULL)
            return lat_error_memory(error, strlen(tensors[i].storage));
        status = find_beside(&entry, zip, pickle->name, lead, name, error);
        lat_free(name);
        if (status == LAT_OK)
            status = place(&tensor, &tensors[i], entry, map, error);
        if (status == LAT_OK)
            status = lat_weights_add_tensor(weights, &tensor, error);
    }
    return status;
}

lat_status lat_torch_read(lat_weights *weights, size_t file,
                          lat_error *error)
{
    const lat_map *map = &weights->maps[file];
    lat_arena arena = {0};
    lat_zip zip = {0};
    lat_status status = check_start(map, error);

    if (status == LAT_OK)
        status = lat_zip_read(&zip, &arena, map->data, map->size, error);
    if (status == LAT_OK)
        status = add_tensors(weights, file, &zip, error);
    lat_zip_free(&zip);
    lat_arena_free(&arena);
    if (status != LAT_OK)
        lat_error_in_file(error, weights->files[file]);
    return status;
}
