/*
 * safetensors.c - one .safetensors file, every rule of the format enforced.
 *
 *     byte 0        8                 8 + N                        end
 *     | N, u64 LE   | header: JSON    | tensor bytes, end to end   |
 *
 *     {"__metadata__": {"text": "text", ...},
 *      "name": {"dtype": "BF16", "shape": [V, H],
 *               "data_offsets": [begin, end]}, ...}
 *
 * Offsets count from 8 + N.  The ranges, sorted, must follow each other from
 * 0 to the end of the file without gap or overlap, so that no byte of a file
 * is unaccounted for and none belongs to two tensors.  The header may be
 * padded with spaces.  (safetensors README, "Format".)
 */
#include "containers_int.h"

#include <stdlib.h>
#include <string.h>

/* The reference implementation's bound (MAX_HEADER_SIZE). */
#define HEADER_MOST 100000000u

typedef struct entry {
    lat_tensor tensor;
    uint64_t begin, end; /* from the start of the data */
    size_t byte;         /* where the entry stands in the file */
} entry;

static const struct {
    const char *name;
    lat_tensor_type type;
} dtypes[] = {
    {"F32", LAT_TENSOR_F32},   {"F16", LAT_TENSOR_F16},
    {"BF16", LAT_TENSOR_BF16}, {"F64", LAT_TENSOR_F64},
    {"I64", LAT_TENSOR_I64},   {"I32", LAT_TENSOR_I32},
    {"I16", LAT_TENSOR_I16},   {"I8", LAT_TENSOR_I8},
    {"U64", LAT_TENSOR_U64},   {"U32", LAT_TENSOR_U32},
    {"U16", LAT_TENSOR_U16},   {"U8", LAT_TENSOR_U8},
    {"BOOL", LAT_TENSOR_BOOL},
};

/* By length and bytes: a text from the file may hold a NUL, behind which
 * strcmp would not look. */
static bool node_is(const lat_json *node, const char *text)
{
    return node->size == strlen(text) &&
           memcmp(node->string, text, node->size) == 0;
}

/* Names become C strings, so a NUL inside one would hide its tail. */
static bool key_is_plain(const lat_json *node)
{
    return node->key_size > 0 &&
           memchr(node->key, '\0', node->key_size) == NULL;
}

/* The names are those of the reference implementation, case included. Types
 * of whole numbers are taken here, since real checkpoints carry
 * position_ids; who wants floats refuses them later. */
static lat_status read_dtype(entry *to, const lat_json *node,
                             lat_error *error)
{
    if (node == NULL || node->type != LAT_JSON_STRING)
        return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                 "tensor \"%.*s\" has no dtype text",
                                 LAT_QUOTE, to->tensor.name);
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
        if (node_is(node, dtypes[i].name)) {
            to->tensor.type = dtypes[i].type;
            return LAT_OK;
        }
    }
    return lat_error_at_byte(error, LAT_UNSUPPORTED, to->byte,
                             "tensor \"%.*s\" has dtype \"%.*s\", which is "
                             "not known", LAT_QUOTE, to->tensor.name,
                             LAT_QUOTE, node->string);
}

/* An integer >= 0 that was written as one: 1.0 and 1e3 are not. */
static bool read_whole(uint64_t *out, const lat_json *node)
{
    if (node->type != LAT_JSON_NUMBER || !node->integer || node->whole < 0)
        return false;
    *out = (uint64_t)node->whole;
    return true;
}

/* Fills dims, shape and, by lat_tensor_measure, count and bytes, so that no
 * later product of these numbers can wrap. */
static lat_status read_shape(entry *to, const lat_json *node,
                             lat_error *error)
{
    lat_tensor *tensor = &to->tensor;

    if (node == NULL || node->type != LAT_JSON_ARRAY)
        return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                 "tensor \"%.*s\" has no shape array",
                                 LAT_QUOTE, tensor->name);
    if (node->size > LAT_TENSOR_DIMS)
        return lat_error_at_byte(error, LAT_UNSUPPORTED, to->byte,
                                 "tensor \"%.*s\" has %zu dimensions; at "
                                 "most %d are handled", LAT_QUOTE,
                                 tensor->name, node->size, LAT_TENSOR_DIMS);
    tensor->dims = node->size;
    for (size_t i = 0; i < node->size; i++) {
        if (!read_whole(&tensor->shape[i], &node->items[i]))
            return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                     "tensor \"%.*s\": shape must hold "
                                     "integers from 0", LAT_QUOTE,
                                     tensor->name);
    }
    if (!lat_tensor_measure(tensor))
        return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                 "tensor \"%.*s\": the product of its shape "
                                 "does not fit", LAT_QUOTE, tensor->name);
    return LAT_OK;
}

/* The range must lie in the data and be as long as shape and dtype say; both
 * ends are compared before they are subtracted. */
static lat_status read_range(entry *to, const lat_json *node,
                             uint64_t data_size, lat_error *error)
{
    const lat_tensor *tensor = &to->tensor;

    if (node == NULL || node->type != LAT_JSON_ARRAY || node->size != 2 ||
        !read_whole(&to->begin, &node->items[0]) ||
        !read_whole(&to->end, &node->items[1]))
        return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                 "tensor \"%.*s\": data_offsets must be two "
                                 "integers from 0", LAT_QUOTE, tensor->name);
    if (to->begin > to->end || to->end > data_size)
        return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                 "tensor \"%.*s\": bytes %llu to %llu are "
                                 "not inside the %llu bytes of data",
                                 LAT_QUOTE, tensor->name,
                                 (unsigned long long)to->begin,
                                 (unsigned long long)to->end,
                                 (unsigned long long)data_size);
    if (to->end - to->begin != tensor->bytes)
        return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                 "tensor \"%.*s\" takes %llu bytes; its "
                                 "shape and dtype need %llu", LAT_QUOTE,
                                 tensor->name,
                                 (unsigned long long)(to->end - to->begin),
                                 (unsigned long long)tensor->bytes);
    return LAT_OK;
}

static lat_status read_entry(entry *to, const lat_json *node,
                             uint64_t data_size, lat_error *error)
{
    lat_status status;

    if (node->type != LAT_JSON_OBJECT)
        return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                 "tensor \"%.*s\" is not a JSON object",
                                 LAT_QUOTE, to->tensor.name);
    /* Exactly these three: with duplicates refused by the JSON reader, a
     * size of 3 leaves no room for anything else. */
    if (node->size != 3)
        return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                 "tensor \"%.*s\" must have exactly dtype, "
                                 "shape and data_offsets", LAT_QUOTE,
                                 to->tensor.name);
    status = read_dtype(to, lat_json_get(node, "dtype"), error);
    if (status == LAT_OK)
        status = read_shape(to, lat_json_get(node, "shape"), error);
    if (status == LAT_OK)
        status = read_range(to, lat_json_get(node, "data_offsets"),
                            data_size, error);
    return status;
}

/* The one entry that is no tensor. Its texts are not used, but a file that
 * breaks the rule here was not written by a sane writer. */
static lat_status check_metadata(const lat_json *node, lat_error *error)
{
    bool fine = node->type == LAT_JSON_OBJECT;

    for (size_t i = 0; fine && i < node->size; i++)
        fine = node->items[i].type == LAT_JSON_STRING;
    if (fine)
        return LAT_OK;
    return lat_error_at_byte(error, LAT_MALFORMED, 8 + node->byte,
                             "__metadata__ must map text to text");
}

/* Empty tensors share their begin with the next one, so the end decides,
 * then the place in the header: a total order, so that every qsort gives the
 * same list. */
static int by_range(const void *left, const void *right)
{
    const entry *a = left, *b = right;

    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return a->byte < b->byte ? -1 : a->byte > b->byte;
}

/* Sorts by place in the file, then walks the data from 0 to its end. */
static lat_status check_cover(entry *entries, size_t count,
                              uint64_t data_size, lat_error *error)
{
    uint64_t at = 0;

    if (count > 1)
        qsort(entries, count, sizeof *entries, by_range);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].begin != at)
            return lat_error_at_byte(
                error, LAT_MALFORMED, entries[i].byte,
                "tensor \"%.*s\" begins at %llu of the data, %s; expected "
                "%llu", LAT_QUOTE, entries[i].tensor.name,
                (unsigned long long)entries[i].begin,
                entries[i].begin < at ? "inside another tensor"
                                      : "leaving a gap",
                (unsigned long long)at);
        at = entries[i].end;
    }
    if (at != data_size)
        return lat_error_at_byte(error, LAT_MALFORMED, LAT_NOWHERE,
                                 "%llu bytes of data after the last tensor",
                                 (unsigned long long)(data_size - at));
    return LAT_OK;
}

/* Parses the header text of `size` bytes that starts at byte 8. */
static lat_status parse_header(const lat_json **out, lat_arena *arena,
                               const unsigned char *text, size_t size,
                               lat_error *error)
{
    lat_status status;

    if (size == 0 || text[0] != '{')
        return lat_error_at_byte(error, LAT_MALFORMED, 8,
                                 "the header must begin with '{'");
    status = lat_json_parse(out, arena, text, size, error);
    if (status != LAT_OK && error != NULL && error->has_byte)
        error->byte += 8;
    return status;
}

/* The length is held against the file first, so that a lie about it costs
 * nothing, then against the reference bound. */
static lat_status read_header(const lat_json **header, uint64_t *header_size,
                              lat_arena *arena, const lat_map *map,
                              lat_error *error)
{
    if (map->size < 8)
        return lat_error_at_byte(error, LAT_MALFORMED, map->size,
                                 "cut off: a safetensors file begins with "
                                 "8 bytes of header length");
    *header_size = lat_read_u64(map->data);
    if (*header_size > map->size - 8)
        return lat_error_at_byte(error, LAT_MALFORMED, 0,
                                 "header length %llu goes beyond the end of "
                                 "the file (%zu bytes)",
                                 (unsigned long long)*header_size, map->size);
    if (*header_size > HEADER_MOST)
        return lat_error_at_byte(error, LAT_OUT_OF_RANGE, 0,
                                 "header length %llu; at most %u allowed",
                                 (unsigned long long)*header_size,
                                 HEADER_MOST);
    return parse_header(header, arena, map->data + 8, (size_t)*header_size,
                        error);
}

/* Fills entries (header->size of them at most); *count without metadata. */
static lat_status read_entries(entry *entries, size_t *count,
                               const lat_json *header, lat_weights *weights,
                               uint64_t data_size, lat_error *error)
{
    lat_status status = LAT_OK;

    *count = 0;
    for (size_t i = 0; i < header->size && status == LAT_OK; i++) {
        const lat_json *node = &header->items[i];
        entry *to = &entries[*count];

        if (node->key_size == 12 &&
            memcmp(node->key, "__metadata__", 12) == 0) {
            status = check_metadata(node, error);
            continue;
        }
        to->byte = 8 + node->byte;
        if (!key_is_plain(node))
            return lat_error_at_byte(error, LAT_MALFORMED, to->byte,
                                     "a tensor name is empty or holds NUL");
        to->tensor.name =
            lat_arena_copy(&weights->arena, node->key, node->key_size);
        if (to->tensor.name == NULL)
            return lat_error_memory(error, node->key_size);
        to->tensor.file_name = to->tensor.name;
        status = read_entry(to, node, data_size, error);
        (*count)++;
    }
    return status;
}

/* Tensors are added only when all of the file is known to be right, in the
 * order of their bytes. */
lat_status lat_safetensors_read(lat_weights *weights, size_t file,
                                lat_error *error)
{
    const lat_map *map = &weights->maps[file];
    lat_arena arena = {0};
    const lat_json *header = NULL;
    entry *entries = NULL;
    uint64_t header_size = 0, data_size;
    size_t count = 0;
    lat_status status;

    status = read_header(&header, &header_size, &arena, map, error);
    if (status != LAT_OK)
        goto done;
    if (header->type != LAT_JSON_OBJECT) {
        status = lat_error_at_byte(error, LAT_MALFORMED, 8,
                                   "the header must be a JSON object");
        goto done;
    }
    data_size = map->size - 8 - header_size;
    entries = lat_new_array(header->size + 1, sizeof *entries);
    if (entries == NULL) {
        status = lat_error_memory(error, header->size * sizeof *entries);
        goto done;
    }
    status = read_entries(entries, &count, header, weights, data_size, error);
    if (status == LAT_OK)
        status = check_cover(entries, count, data_size, error);
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        lat_tensor *tensor = &entries[i].tensor;

        tensor->data = map->data + 8 + (size_t)header_size +
                       (size_t)entries[i].begin;
        tensor->file = file;
        status = lat_weights_add_tensor(weights, tensor, error);
    }
done:
    lat_free(entries);
    lat_arena_free(&arena);
    if (status != LAT_OK)
        lat_error_in_file(error, weights->files[file]);
    return status;
}
