/*
 * gguf.c - the structure of a GGUF file (versions 2 and 3), bounds first.
 *
 *     "GGUF" | version u32 | tensors u64 | keys u64
 *     key:    name | value type u32 | value      (text: length u64, bytes)
 *     ... all keys, then the tensor list and the data: gguf_tensors.c ...
 *
 * Every count is held against the bytes that are left before anything is
 * allocated, so memory is bounded by a small multiple of the file's size.
 * (GGUF specification in ggml's docs/gguf.md.)
 */
#include "gguf_int.h"

#include <string.h>

/* Fewest bytes that a key and a tensor entry take: lengths, types, counts. */
#define KEY_LEAST 13u
#define TENSOR_LEAST 33u

/* Sizes of the fixed types; 0 tells text and arrays apart from them. */
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

/* Steps over the items of an array of text. */
static lat_status skip_texts(lat_cursor *from, uint64_t count, lat_error *error)
{
    lat_status status = LAT_OK;
    const char *text;
    size_t size;

    for (uint64_t i = 0; i < count && status == LAT_OK; i++)
        status = lat_cursor_text(&text, &size, from, "a text in an array",
                                 error);
    return status;
}

/* Only flat arrays: nested ones do not occur in models and would need
 * recursion. The count is held against what is left, divided, not
 * multiplied. */
static lat_status take_array(lat_gguf_key *key, lat_cursor *from,
                             lat_error *error)
{
    uint32_t item = 0;
    size_t at = from->at, size;
    lat_status status = lat_cursor_u32(&item, from, "an array", error);

    if (status == LAT_OK)
        status = lat_cursor_u64(&key->count, from, "an array", error);
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

/* Texts are copied, since callers want a NUL behind them; all other values
 * stay in the file and are read when asked for. */
static lat_status take_value(lat_gguf_key *key, lat_cursor *from,
                             lat_arena *arena, lat_error *error)
{
    size_t size = lat_gguf_type_size(key->type), length = 0, at = from->at;
    lat_status status;

    key->count = 1;
    key->data = from->data + from->at;
    if (key->type == LAT_GGUF_ARRAY)
        return take_array(key, from, error);
    if (key->type == LAT_GGUF_TEXT) {
        status = lat_cursor_text(&key->text, &length, from, "a text", error);
        if (status != LAT_OK)
            return status;
        key->text = lat_arena_copy(arena, key->text, length);
        key->size = length;
        return key->text != NULL ? LAT_OK : lat_error_memory(error, length);
    }
    if (from->size - from->at < size)
        return lat_cursor_cut(from, "a value", error);
    if (key->type == LAT_GGUF_BOOL && key->data[0] > 1)
        return lat_error_at_byte(error, LAT_MALFORMED, at,
                                 "key \"%.*s\": a bool must be 0 or 1",
                                 LAT_QUOTE, key->name);
    from->at += size;
    return LAT_OK;
}

/* The number of a name in the set is the number of its key, which makes the
 * set the index of keys too, and a second key of a name shows as a number
 * that is not the next. */
static lat_status take_key(struct lat_gguf *gguf, lat_cursor *from,
                           lat_arena *arena, lat_error *error)
{
    lat_gguf_key *key = &gguf->keys[gguf->key_count];
    uint32_t type = 0;
    size_t at = from->at, number;
    lat_status status;

    status = lat_cursor_name(&key->name, from, 65535, arena,
                             "the name of a key", error);
    if (status == LAT_OK)
        status = lat_cursor_u32(&type, from, "a value type", error);
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
static lat_status take_head(uint64_t *tensors, uint64_t *keys, lat_cursor *from,
                            lat_error *error)
{
    uint32_t magic = 0, version = 0;
    lat_status status = lat_cursor_u32(&magic, from, "the magic", error);

    if (status == LAT_OK && magic != 0x46554747u) /* "GGUF" */
        status = lat_error_at_byte(error, LAT_MALFORMED, 0,
                                   "not a GGUF file");
    if (status == LAT_OK)
        status = lat_cursor_u32(&version, from, "the version", error);
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
    status = lat_cursor_u64(tensors, from, "the tensor count", error);
    if (status == LAT_OK)
        status = lat_cursor_u64(keys, from, "the key count", error);
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

/* count is bounded by take_head to the file size / 13. */
static lat_status take_keys(struct lat_gguf *gguf, uint64_t count,
                            lat_cursor *from, lat_arena *arena,
                            lat_error *error)
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

/* One form for the encoder: the text of a config.json. */
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

/* The shape is looked at when the model is put together. */
static lat_status read_first_positions(lat_weights *weights,
                                       lat_error *error)
{
    static const char name[] = "latent.positions_first";
    const lat_gguf_key *key = lat_gguf_find(weights->gguf, name);

    if (key == NULL)
        return LAT_OK;
    if (key->type != LAT_GGUF_ARRAY || key->item != LAT_GGUF_F32)
        return lat_error_set(error, LAT_MALFORMED,
                             "key \"%s\" must be an array of f32", name);
    weights->first_positions_count = (size_t)key->count;
    weights->first_positions =
        lat_arena_array(&weights->arena, (size_t)key->count + 1,
                        sizeof *weights->first_positions);
    if (weights->first_positions == NULL)
        return lat_error_memory(error, key->count * sizeof(float));
    for (size_t i = 0; i < weights->first_positions_count; i++) {
        uint32_t bits = lat_read_u32(key->data + 4 * i);

        if ((bits & 0x7f800000u) == 0x7f800000u)
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "key \"%s\": value %zu is not finite",
                                 name, i);
        memcpy(&weights->first_positions[i], &bits, sizeof bits);
    }
    return LAT_OK;
}

/* Ours say it; for foreign files lat_gguf_make_config has set it. */
static lat_status read_dropped(lat_weights *weights, lat_error *error)
{
    uint64_t dropped = weights->positions_dropped;
    bool found = false;
    lat_status status =
        lat_weights_meta_count(&dropped, &found, weights,
                               "latent.positions_dropped", 65536, error);

    weights->positions_dropped = (size_t)dropped;
    return status == LAT_OK ? read_first_positions(weights, error) : status;
}

/* In the order of dependence: keys, then tensors (alignment), names
 * (vocabulary kind), configuration (named tensors), vocabulary. */
lat_status lat_gguf_read(lat_weights *weights, size_t file, lat_error *error)
{
    const lat_map *map = &weights->maps[file];
    lat_cursor from = {map->data, map->size, 0};
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
        status = lat_gguf_read_tensors(weights, file, tensors, &from, error);
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
