/*
 * gguf_meta.c - the keys of a GGUF file by name and type.
 *
 * Writers disagree about integer widths, so any integer type will do where a
 * count is wanted, and any number where a number is; a negative count, or a
 * value above the caller's bound, is refused with the key's name.
 */
#include "gguf_int.h"

#include <string.h>

const lat_gguf_key *lat_gguf_find(const struct lat_gguf *gguf,
                                  const char *name)
{
    size_t number;

    if (gguf == NULL)
        return NULL;
    number = lat_intern_find(gguf->names, name, strlen(name));
    return number < gguf->key_count ? &gguf->keys[number] : NULL;
}

/* A key of the wrong type is malformed, not absent: falling back to a
 * default would run another model than the file describes. */
static lat_status wrong_type(const char *key, const char *expected,
                             lat_error *error)
{
    return lat_error_set(error, LAT_MALFORMED, "key \"%.*s\" must be %s",
                         LAT_QUOTE, key, expected);
}

/* An integer value; *negative when it is below 0, then *value is unset. */
static bool read_integer(uint64_t *value, bool *negative,
                         const lat_gguf_key *key)
{
    const unsigned char *at = key->data;
    size_t size = lat_gguf_type_size(key->type);
    bool is_signed = key->type == LAT_GGUF_I8 || key->type == LAT_GGUF_I16 ||
                     key->type == LAT_GGUF_I32 || key->type == LAT_GGUF_I64;

    if (size == 0 || key->type == LAT_GGUF_F32 ||
        key->type == LAT_GGUF_F64 || key->type == LAT_GGUF_BOOL)
        return false;
    *value = 0;
    for (size_t i = 0; i < size; i++)
        *value |= (uint64_t)at[i] << 8 * i;
    *negative = is_signed && (at[size - 1] & 0x80) != 0;
    return true;
}

/* The bound is part of the question, so that no caller forgets it. */
lat_status lat_weights_meta_count(uint64_t *value, bool *found,
                                  const lat_weights *weights,
                                  const char *name, uint64_t most,
                                  lat_error *error)
{
    const lat_gguf_key *key = lat_gguf_find(weights->gguf, name);
    uint64_t got = 0;
    bool negative = false;

    *found = key != NULL;
    if (key == NULL)
        return LAT_OK;
    if (!read_integer(&got, &negative, key))
        return wrong_type(name, "an integer", error);
    if (negative || got > most)
        return lat_error_set(error, LAT_MALFORMED,
                             "key \"%.*s\" must be from 0 to %llu",
                             LAT_QUOTE, name, (unsigned long long)most);
    *value = got;
    return LAT_OK;
}

lat_status lat_weights_meta_number(double *value, bool *found,
                                   const lat_weights *weights,
                                   const char *name, lat_error *error)
{
    const lat_gguf_key *key = lat_gguf_find(weights->gguf, name);
    uint64_t bits = 0;
    bool negative = false;

    *found = key != NULL;
    if (key == NULL)
        return LAT_OK;
    if (key->type == LAT_GGUF_F32) {
        uint32_t half = lat_read_u32(key->data);
        float single;

        memcpy(&single, &half, sizeof single);
        *value = (double)single;
    } else if (key->type == LAT_GGUF_F64) {
        bits = lat_read_u64(key->data);
        memcpy(value, &bits, sizeof *value);
    } else if (read_integer(&bits, &negative, key) && !negative) {
        *value = (double)bits;
    } else {
        return wrong_type(name, "a number", error);
    }
    return LAT_OK;
}

/* Only a bool will do: writers agree about these. */
lat_status lat_weights_meta_flag(bool *value, bool *found,
                                 const lat_weights *weights,
                                 const char *name, lat_error *error)
{
    const lat_gguf_key *key = lat_gguf_find(weights->gguf, name);

    *found = key != NULL;
    if (key == NULL)
        return LAT_OK;
    if (key->type != LAT_GGUF_BOOL)
        return wrong_type(name, "a bool", error);
    *value = key->data[0] != 0;
    return LAT_OK;
}

lat_status lat_weights_meta_text(const char **text, size_t *size,
                                 bool *found, const lat_weights *weights,
                                 const char *name, lat_error *error)
{
    const lat_gguf_key *key = lat_gguf_find(weights->gguf, name);

    *found = key != NULL;
    if (key == NULL)
        return LAT_OK;
    if (key->type != LAT_GGUF_TEXT)
        return wrong_type(name, "a text", error);
    *text = key->text;
    *size = (size_t)key->size;
    return LAT_OK;
}

/* One block for all texts: a vocabulary has tens of thousands, and an arena
 * rounds each allocation up to 16 bytes. */
lat_status lat_gguf_texts(lat_gguf_list *out, const struct lat_gguf *gguf,
                          const char *name, lat_arena *arena,
                          lat_error *error)
{
    const lat_gguf_key *key = lat_gguf_find(gguf, name);
    const unsigned char *from;
    const char **list;
    size_t *lengths, bytes = 0;
    char *block;

    *out = (lat_gguf_list){0};
    if (key == NULL)
        return LAT_OK;
    if (key->type != LAT_GGUF_ARRAY || key->item != LAT_GGUF_TEXT)
        return wrong_type(name, "an array of text", error);
    /* The reader has held every length against the end of the file. */
    from = key->data;
    for (uint64_t i = 0; i < key->count; i++) {
        bytes += (size_t)lat_read_u64(from) + 1;
        from += 8 + lat_read_u64(from);
    }
    list = lat_arena_array(arena, (size_t)key->count + 1, sizeof *list);
    lengths = lat_arena_array(arena, (size_t)key->count + 1,
                              sizeof *lengths);
    block = lat_arena_alloc(arena, bytes + 1);
    if (list == NULL || lengths == NULL || block == NULL)
        return lat_error_memory(error, bytes);
    from = key->data;
    for (uint64_t i = 0; i < key->count; i++) {
        lengths[i] = (size_t)lat_read_u64(from);
        memcpy(block, from + 8, lengths[i]); /* the block is zeroed */
        list[i] = block;
        block += lengths[i] + 1;
        from += 8 + lengths[i];
    }
    out->texts = list;
    out->sizes = lengths;
    out->count = (size_t)key->count;
    return LAT_OK;
}
