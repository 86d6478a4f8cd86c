/*
 * gguf.c - the structure of a GGUF file (versions 2 and 3), bounds first.
 *
 *     "GGUF" | version u32 | tensors u64 | keys u64
 *     key:    name | value type u32 | value      (text: length u64, bytes)
 *     tensor: name | dims u32 | shape u64 x dims, fastest first
 *             | type u32 | offset u64
 *     ... zeros up to a multiple of general.alignment (32) ...
 *     tensor bytes, each beginning at its offset from here
 *
 * Every count is held against the bytes that are left before anything is
 * allocated, so memory is bounded by a small multiple of the file's size.
 * Tensors must follow each other with nothing but padding between and after
 * them.  (GGUF specification in ggml's docs/gguf.md.)
 */
#include "gguf_int.h"

#include <string.h>

/* Fewest bytes that a key and a tensor entry take: lengths, types, counts. */
#define KEY_LEAST 13u
#define TENSOR_LEAST 33u
#define ALIGNMENT_MOST 65536u

/* A place in the file and how much is left from it on. */
typedef struct cursor {
    const unsigned char *data;
    size_t size, at;
} cursor;

static const struct {
    uint32_t number;
    const char *name;
    lat_tensor_type type; /* LAT_TENSOR_TYPES: known, not handled */
} kinds[] = {
    {0, "F32", LAT_TENSOR_F32},      {1, "F16", LAT_TENSOR_F16},
    {30, "BF16", LAT_TENSOR_BF16},   {8, "Q8_0", LAT_TENSOR_Q8_0},
    {28, "F64", LAT_TENSOR_F64},     {27, "I64", LAT_TENSOR_I64},
    {26, "I32", LAT_TENSOR_I32},     {25, "I16", LAT_TENSOR_I16},
    {24, "I8", LAT_TENSOR_I8},       {2, "Q4_0", LAT_TENSOR_TYPES},
    {3, "Q4_1", LAT_TENSOR_TYPES},   {6, "Q5_0", LAT_TENSOR_TYPES},
    {7, "Q5_1", LAT_TENSOR_TYPES},   {9, "Q8_1", LAT_TENSOR_TYPES},
    {10, "Q2_K", LAT_TENSOR_TYPES},  {11, "Q3_K", LAT_TENSOR_TYPES},
    {12, "Q4_K", LAT_TENSOR_TYPES},  {13, "Q5_K", LAT_TENSOR_TYPES},
    {14, "Q6_K", LAT_TENSOR_TYPES},  {15, "Q8_K", LAT_TENSOR_TYPES},
    {20, "IQ4_NL", LAT_TENSOR_TYPES}, {23, "IQ4_XS", LAT_TENSOR_TYPES},
};

size_t lat_gguf_type_size(lat_gguf_type type)
{
    static const unsigned char sizes[LAT_GGUF_TYPES] = {
        [LAT_GGUF_U8] = 1,  [LAT_GGUF_I8] = 1,  [LAT_GGUF_BOOL] = 1,
        [LAT_GGUF_U16] = 2, [LAT_GGUF_I16] = 2, [LAT_GGUF_U32] = 4,
        [LAT_GGUF_I32] = 4, [LAT_GGUF_F32] = 4, [LAT_GGUF_U64] = 8,
        [LAT_GGUF_I64] = 8, [LAT_GGUF_F64] = 8,
    };

    return (unsigned)type < LAT_GGUF_TYPES ? sizes[type] : 0;
}

static lat_status cut_off(const cursor *from, const char *what,
                          lat_error *error)
{
    return lat_error_at_byte(error, LAT_MALFORMED, from->at,
                             "cut off in %s", what);
}

static lat_status take_u32(uint32_t *out, cursor *from, const char *what,
                           lat_error *error)
{
    if (from->size - from->at < 4)
        return cut_off(from, what, error);
    *out = lat_read_u32(from->data + from->at);
    from->at += 4;
    return LAT_OK;
}

static lat_status take_u64(uint64_t *out, cursor *from, const char *what,
                           lat_error *error)
{
    if (from->size - from->at < 8)
        return cut_off(from, what, error);
    *out = lat_read_u64(from->data + from->at);
    from->at += 8;
    return LAT_OK;
}

/* The bytes of a text; valid UTF-8 without NUL, at most what is left. */
static lat_status take_text(const char **out, size_t *size, cursor *from,
                            const char *what, lat_error *error)
{
    uint64_t length = 0;
    const char *text;
    lat_status status = take_u64(&length, from, what, error);

    if (status != LAT_OK)
        return status;
    if (length > from->size - from->at)
        return lat_error_at_byte(error, LAT_MALFORMED, from->at - 8,
                                 "%s of %llu bytes goes beyond the end of "
                                 "the file", what,
                                 (unsigned long long)length);
    text = (const char *)from->data + from->at;
    if (lat_utf8_valid(text, (size_t)length) != length)
        return lat_error_at_byte(error, LAT_MALFORMED, from->at,
                                 "%s is not valid UTF-8", what);
    *out = text;
    *size = (size_t)length;
    from->at += (size_t)length;
    return LAT_OK;
}

/* A name: a text that can be a C string, copied. */
static lat_status take_name(const char **out, cursor *from, size_t most,
                            lat_arena *arena, const char *what,
                            lat_error *error)
{
    const char *text = NULL;
    size_t size = 0, at = from->at;
    lat_status status = take_text(&text, &size, from, what, error);

    if (status != LAT_OK)
        return status;
    if (size == 0 || size > most || memchr(text, '\0', size) != NULL)
        return lat_error_at_byte(error, LAT_MALFORMED, at,
                                 "%s must have 1 to %zu bytes and no NUL",
                                 what, most);
    *out = lat_arena_copy(arena, text, size);
    return *out != NULL ? LAT_OK : lat_error_memory(error, size);
}

/* Steps over the items of an array of text. */
static lat_status skip_texts(cursor *from, uint64_t count, lat_error *error)
{
    lat_status status = LAT_OK;
    const char *text;
    size_t size;

    for (uint64_t i = 0; i < count && status == LAT_OK; i++)
        status = take_text(&text, &size, from, "a text in an array", error);
    return status;
}

static lat_status take_array(lat_gguf_key *key, cursor *from,
                             lat_error *error)
{
    uint32_t item = 0;
    size_t at = from->at, size;
    lat_status status = take_u32(&item, from, "an array", error);

    if (status == LAT_OK)
        status = take_u64(&key->count, from, "an array", error);
    if (status != LAT_OK)
        return status;
    if (item == LAT_GGUF_ARRAY)
        return lat_error_at_byte(error, LAT_UNSUPPORTED, at,
                                 "key \"%.*s\" is an array of arrays",
                                 LAT_QUOTE, key->name);
    if (item >= LAT_GGUF_TYPES)
        return lat_error_at_byte(error, LAT_MALFORMED, at,
                                 "key \"%.*s\" is an array of unknown type "
                                 "%u", LAT_QUOTE, key->name, (unsigned)item);
    key->item = (lat_gguf_type)item;
    key->data = from->data + from->at;
    /* A text takes at least the 8 bytes of its length. */
    size = item == LAT_GGUF_TEXT ? 8 : lat_gguf_type_size(key->item);
    if (key->count > (from->size - from->at) / size)
        return lat_error_at_byte(error, LAT_MALFORMED, at,
                                 "key \"%.*s\": an array of %llu items goes "
                                 "beyond the end of the file", LAT_QUOTE,
                                 key->name, (unsigned long long)key->count);
    if (item == LAT_GGUF_TEXT)
        return skip_texts(from, key->count, error);
    for (uint64_t i = 0; item == LAT_GGUF_BOOL && i < key->count; i++) {
        if (key->data[i] > 1)
            return lat_error_at_byte(error, LAT_MALFORMED, from->at + i,
                                     "key \"%.*s\": a bool must be 0 or 1",
                                     LAT_QUOTE, key->name);
    }
    from->at += (size_t)key->count * size;
    return LAT_OK;
}

static lat_status take_value(lat_gguf_key *key, cursor *from,
                             lat_arena *arena, lat_error *error)
{
    size_t size = lat_gguf_type_size(key->type), length = 0, at = from->at;
    lat_status status;

    key->count = 1;
    key->data = from->data + from->at;
    if (key->type == LAT_GGUF_ARRAY)
        return take_array(key, from, error);
    if (key->type == LAT_GGUF_TEXT) {
        status = take_text(&key->text, &length, from, "a text", error);
        if (status != LAT_OK)
            return status;
        key->text = lat_arena_copy(arena, key->text, length);
        key->size = length;
        return key->text != NULL ? LAT_OK : lat_error_memory(error, length);
    }
    if (from->size - from->at < size)
        return cut_off(from, "a value", error);
    if (key->type == LAT_GGUF_BOOL && key->data[0] > 1)
        return lat_error_at_byte(error, LAT_MALFORMED, at,
                                 "key \"%.*s\": a bool must be 0 or 1",
                                 LAT_QUOTE, key->name);
    from->at += size;
    return LAT_OK;
}

static lat_status take_key(struct lat_gguf *gguf, cursor *from,
                           lat_arena *arena, lat_error *error)
{
    lat_gguf_key *key = &gguf->keys[gguf->key_count];
    uint32_t type = 0;
    size_t at = from->at, number;
    lat_status status;

    status = take_name(&key->name, from, 65535, arena, "the name of a key",
                       error);
    if (status == LAT_OK)
        status = take_u32(&type, from, "a value type", error);
    if (status != LAT_OK)
        return status;
    if (type >= LAT_GGUF_TYPES)
        return lat_error_at_byte(error, LAT_MALFORMED, from->at - 4,
                                 "key \"%.*s\" has unknown type %u",
                                 LAT_QUOTE, key->name, (unsigned)type);
    number = lat_intern_add(gguf->names, key->name, strlen(key->name));
    if (number == SIZE_MAX)
        return lat_error_memory(error, strlen(key->name));
    if (number != gguf->key_count)
        return lat_error_at_byte(error, LAT_MALFORMED, at,
                                 "key \"%.*s\" is there twice", LAT_QUOTE,
                                 key->name);
    key->type = (lat_gguf_type)type;
    status = take_value(key, from, arena, error);
    gguf->key_count++;
    return status;
}

/* Magic, version and the two counts. */
static lat_status take_head(uint64_t *tensors, uint64_t *keys, cursor *from,
                            lat_error *error)
{
    uint32_t magic = 0, version = 0;
    lat_status status = take_u32(&magic, from, "the magic", error);

    if (status == LAT_OK && magic != 0x46554747u) /* "GGUF" */
        status = lat_error_at_byte(error, LAT_MALFORMED, 0,
                                   "not a GGUF file");
    if (status == LAT_OK)
        status = take_u32(&version, from, "the version", error);
    if (status != LAT_OK)
        return status;
    if (version != 0 && (version & 0xffffu) == 0)
        return lat_error_at_byte(error, LAT_UNSUPPORTED, 4,
                                 "a big-endian GGUF file; only "
                                 "little-endian ones are read");
    if (version != 2 && version != 3)
        return lat_error_at_byte(error, LAT_UNSUPPORTED, 4,
                                 "GGUF version %u; versions 2 and 3 are "
                                 "read", (unsigned)version);
    status = take_u64(tensors, from, "the tensor count", error);
    if (status == LAT_OK)
        status = take_u64(keys, from, "the key count", error);
    if (status != LAT_OK)
        return status;
    if (*keys > (from->size - from->at) / KEY_LEAST)
        return lat_error_at_byte(error, LAT_MALFORMED, 16,
                                 "%llu keys do not fit into the file",
                                 (unsigned long long)*keys);
    if (*tensors > (from->size - from->at) / TENSOR_LEAST)
        return lat_error_at_byte(error, LAT_MALFORMED, 8,
                                 "%llu tensors do not fit into the file",
                                 (unsigned long long)*tensors);
    return LAT_OK;
}

static lat_status take_keys(struct lat_gguf *gguf, uint64_t count,
                            cursor *from, lat_arena *arena, lat_error *error)
{
    lat_status status = lat_intern_create(&gguf->names, error);

    if (status != LAT_OK)
        return status;
    gguf->keys = lat_arena_array(arena, (size_t)count + 1,
                                 sizeof *gguf->keys);
    if (gguf->keys == NULL)
        return lat_error_memory(error, count * sizeof *gguf->keys);
    for (uint64_t i = 0; i < count && status == LAT_OK; i++)
        status = take_key(gguf, from, arena, error);
    return status;
}

static lat_status find_type(lat_tensor *tensor, uint32_t number, size_t at,
                            lat_error *error)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].number != number)
            continue;
        tensor->type = kinds[i].type;
        if (kinds[i].type != LAT_TENSOR_TYPES)
            return LAT_OK;
        return lat_error_at_byte(error, LAT_UNSUPPORTED, at,
                                 "tensor \"%.*s\" is stored as %s; F32, "
                                 "F16, BF16 and Q8_0 are read", LAT_QUOTE,
                                 tensor->file_name, kinds[i].name);
    }
    return lat_error_at_byte(error, LAT_UNSUPPORTED, at,
                             "tensor \"%.*s\" has type number %u, which is "
                             "not known", LAT_QUOTE, tensor->file_name,
                             (unsigned)number);
}

static lat_status take_shape(lat_tensor *tensor, cursor *from,
                             lat_error *error)
{
    uint32_t dims = 0;
    size_t at = from->at;
    lat_status status = take_u32(&dims, from, "a tensor's dims", error);

    if (status != LAT_OK)
        return status;
    if (dims < 1 || dims > LAT_GGUF_DIMS)
        return lat_error_at_byte(error, LAT_MALFORMED, at,
                                 "tensor \"%.*s\" has %u dimensions; "
                                 "expected 1 to %u", LAT_QUOTE,
                                 tensor->file_name, (unsigned)dims,
                                 LAT_GGUF_DIMS);
    tensor->dims = dims;
    for (size_t i = 0; i < dims && status == LAT_OK; i++) {
        uint64_t *size = &tensor->shape[dims - 1 - i];

        status = take_u64(size, from, "a tensor's shape", error);
        if (status == LAT_OK && *size == 0)
            status = lat_error_at_byte(error, LAT_MALFORMED, from->at - 8,
                                       "tensor \"%.*s\" has a dimension of "
                                       "0", LAT_QUOTE, tensor->file_name);
    }
    return status;
}

/* One entry of the tensor list; *offset is not checked here. */
static lat_status take_tensor(lat_tensor *tensor, uint64_t *offset,
                              cursor *from, lat_arena *arena,
                              lat_error *error)
{
    uint32_t number = 0;
    size_t at = from->at;
    lat_status status;

    *tensor = (lat_tensor){0};
    status = take_name(&tensor->file_name, from, LAT_GGUF_NAME, arena,
                       "the name of a tensor", error);
    if (status == LAT_OK)
        status = take_shape(tensor, from, error);
    if (status == LAT_OK)
        status = take_u32(&number, from, "a tensor's type", error);
    if (status == LAT_OK)
        status = find_type(tensor, number, from->at - 4, error);
    if (status == LAT_OK)
        status = take_u64(offset, from, "a tensor's offset", error);
    if (status == LAT_OK && !lat_tensor_measure(tensor))
        status = lat_error_at_byte(error, LAT_MALFORMED, at,
                                   "tensor \"%.*s\": its shape does not fit "
                                   "its type or wraps", LAT_QUOTE,
                                   tensor->file_name);
    return status;
}

static uint64_t padding(uint64_t at, uint64_t alignment)
{
    return (alignment - (at & (alignment - 1))) & (alignment - 1);
}

static lat_status read_alignment(uint64_t *out, const lat_weights *weights,
                                 lat_error *error)
{
    bool found = false;
    lat_status status;

    *out = LAT_GGUF_ALIGNMENT;
    status = lat_weights_meta_count(out, &found, weights,
                                    "general.alignment", ALIGNMENT_MOST,
                                    error);
    if (status == LAT_OK && (*out == 0 || (*out & (*out - 1)) != 0))
        status = lat_error_set(error, LAT_MALFORMED,
                               "general.alignment is %llu; expected a power "
                               "of two", (unsigned long long)*out);
    return status;
}

/* Places the tensor at `offset` of the data, which must be where the one
 * before it ended, padded; *end moves on. */
static lat_status place_tensor(lat_tensor *tensor, uint64_t offset,
                               uint64_t *end, uint64_t alignment,
                               const cursor *data, lat_error *error)
{
    uint64_t begin = *end + padding(*end, alignment);

    if (offset % alignment != 0)
        return lat_error_set(error, LAT_MALFORMED,
                             "tensor \"%.*s\": offset %llu is not a "
                             "multiple of %llu", LAT_QUOTE,
                             tensor->file_name, (unsigned long long)offset,
                             (unsigned long long)alignment);
    if (offset != begin)
        return lat_error_set(error, LAT_MALFORMED,
                             "tensor \"%.*s\": offset %llu %s; expected "
                             "%llu", LAT_QUOTE, tensor->file_name,
                             (unsigned long long)offset,
                             offset < begin ? "lies inside another tensor"
                                            : "leaves a gap",
                             (unsigned long long)begin);
    if (begin > data->size || tensor->bytes > data->size - begin)
        return lat_error_set(error, LAT_MALFORMED,
                             "tensor \"%.*s\" (%llu bytes at %llu) goes "
                             "beyond the end of the file", LAT_QUOTE,
                             tensor->file_name,
                             (unsigned long long)tensor->bytes,
                             (unsigned long long)begin);
    tensor->data = data->data + begin;
    *end = begin + tensor->bytes;
    return LAT_OK;
}

/* The data that follow the tensor list: starts at the next multiple. */
static lat_status find_data(cursor *data, const cursor *list,
                            uint64_t alignment, uint64_t tensors,
                            lat_error *error)
{
    uint64_t gap = padding(list->at, alignment);

    data->data = list->data + list->at;
    data->size = list->size - list->at;
    if (gap > data->size) {
        /* Only a file without data may leave the padding out. */
        if (tensors != 0)
            return cut_off(list, "the padding before the data", error);
        gap = data->size;
    }
    data->data += gap;
    data->size -= (size_t)gap;
    return LAT_OK;
}

static lat_status read_tensors(lat_weights *weights, size_t file,
                               uint64_t count, cursor *list,
                               lat_error *error)
{
    uint64_t *offsets = lat_new_array((size_t)count + 1, sizeof *offsets);
    uint64_t alignment = 0, end = 0;
    size_t first = weights->count;
    cursor data = {0};
    lat_tensor tensor;
    lat_status status = LAT_OK;

    if (offsets == NULL)
        return lat_error_memory(error, count * sizeof *offsets);
    status = read_alignment(&alignment, weights, error);
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        status = take_tensor(&tensor, &offsets[i], list, &weights->arena,
                             error);
        tensor.file = file;
        if (status == LAT_OK)
            status = lat_weights_add_tensor(weights, &tensor, error);
    }
    if (status == LAT_OK)
        status = find_data(&data, list, alignment, count, error);
    for (size_t i = 0; i < count && status == LAT_OK; i++)
        status = place_tensor(&weights->tensors[first + i], offsets[i], &end,
                              alignment, &data, error);
    if (status == LAT_OK && data.size - end > padding(end, alignment))
        status = lat_error_set(error, LAT_MALFORMED,
                               "%llu bytes after the last tensor",
                               (unsigned long long)(data.size - end));
    lat_free(offsets);
    return status;
}

/* What the encoder calls each tensor: ours say so themselves, llama.cpp's
 * follow the table in gguf_names.c. */
static lat_status name_tensors(lat_weights *weights, lat_error *error)
{
    lat_gguf_list names = {0};
    const lat_gguf_key *model =
        lat_gguf_find(weights->gguf, "tokenizer.ggml.model");
    bool roberta = model != NULL && model->type == LAT_GGUF_TEXT &&
                   strcmp(model->text, "bert") != 0;
    lat_status status = lat_gguf_texts(&names, weights->gguf,
                                       "latent.tensor_names",
                                       &weights->arena, error);

    if (status != LAT_OK)
        return status;
    if (names.texts != NULL && names.count != weights->count)
        return lat_error_set(error, LAT_MALFORMED,
                             "latent.tensor_names has %zu names for %zu "
                             "tensors", names.count, weights->count);
    for (size_t i = 0; i < weights->count; i++) {
        lat_tensor *tensor = &weights->tensors[i];

        tensor->name = names.texts != NULL
                           ? names.texts[i]
                           : lat_gguf_hub_name(&weights->arena,
                                               tensor->file_name, roberta);
        if (tensor->name == NULL)
            return lat_error_memory(error, LAT_GGUF_NAME);
        if (tensor->name[0] == '\0' ||
            (names.texts != NULL &&
             strlen(tensor->name) != names.sizes[i]))
            return lat_error_set(error, LAT_MALFORMED,
                                 "latent.tensor_names: a name is empty or "
                                 "holds NUL");
    }
    return LAT_OK;
}

static lat_status read_config(lat_weights *weights, lat_error *error)
{
    const lat_gguf_key *key = lat_gguf_find(weights->gguf, "latent.config");

    weights->config_path = weights->path;
    if (key == NULL)
        return lat_gguf_make_config(weights, error);
    if (key->type != LAT_GGUF_TEXT)
        return lat_error_set(error, LAT_MALFORMED,
                             "latent.config must be a text");
    /* The copy in the arena is ours; weights->config is not const only
     * because a folder's text is loaded into it. */
    weights->config = lat_arena_copy(&weights->arena, key->text,
                                     (size_t)key->size);
    weights->config_size = (size_t)key->size;
    return weights->config != NULL ? LAT_OK
                                   : lat_error_memory(error, key->size);
}

static lat_status read_dropped(lat_weights *weights, lat_error *error)
{
    uint64_t dropped = weights->positions_dropped;
    bool found = false;
    lat_status status =
        lat_weights_meta_count(&dropped, &found, weights,
                               "latent.positions_dropped", 65536, error);

    weights->positions_dropped = (size_t)dropped;
    return status;
}

lat_status lat_gguf_read(lat_weights *weights, size_t file, lat_error *error)
{
    cursor from = {weights->maps[file].data, weights->maps[file].size, 0};
    uint64_t tensors = 0, keys = 0;
    lat_status status;

    weights->container = LAT_CONTAINER_GGUF;
    weights->gguf = lat_alloc_zero(sizeof *weights->gguf);
    if (weights->gguf == NULL)
        return lat_error_memory(error, sizeof *weights->gguf);
    status = take_head(&tensors, &keys, &from, error);
    if (status == LAT_OK)
        status = take_keys(weights->gguf, keys, &from, &weights->arena,
                           error);
    if (status == LAT_OK)
        status = read_tensors(weights, file, tensors, &from, error);
    if (status == LAT_OK)
        status = name_tensors(weights, error);
    if (status == LAT_OK)
        status = read_config(weights, error);
    if (status == LAT_OK)
        status = read_dropped(weights, error);
    if (status == LAT_OK)
        status = lat_gguf_read_vocabulary(weights, error);
    if (status != LAT_OK)
        lat_error_in_file(error, weights->files[file]);
    return status;
}

void lat_gguf_free(struct lat_gguf *gguf)
{
    if (gguf == NULL)
        return;
    lat_intern_free(gguf->names);
    lat_free(gguf);
}
