/*
 * gguf_cursor.c - taking numbers and texts out of a GGUF file, in order.
 *
 * The one place where lengths from the file meet its end: what is asked for
 * is held against what is left, by subtraction, before it is looked at.
 */
#include "gguf_int.h"

#include <string.h>

lat_status lat_cursor_cut(const lat_cursor *from, const char *what,
                          lat_error *error)
{
    return lat_error_at_byte(error, LAT_MALFORMED, from->at,
                             "cut off in %s", what);
}

lat_status lat_cursor_u32(uint32_t *out, lat_cursor *from, const char *what,
                          lat_error *error)
{
    if (from->size - from->at < 4)
        return lat_cursor_cut(from, what, error);
    *out = lat_read_u32(from->data + from->at);
    from->at += 4;
    return LAT_OK;
}

lat_status lat_cursor_u64(uint64_t *out, lat_cursor *from, const char *what,
                          lat_error *error)
{
    if (from->size - from->at < 8)
        return lat_cursor_cut(from, what, error);
    *out = lat_read_u64(from->data + from->at);
    from->at += 8;
    return LAT_OK;
}

lat_status lat_cursor_text(const char **out, size_t *size, lat_cursor *from,
                           const char *what, lat_error *error)
{
    uint64_t length = 0;
    const char *text;
    lat_status status = lat_cursor_u64(&length, from, what, error);

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

lat_status lat_cursor_name(const char **out, lat_cursor *from, size_t most,
                           lat_arena *arena, const char *what,
                           lat_error *error)
{
    const char *text = NULL;
    size_t size = 0, at = from->at;
    lat_status status = lat_cursor_text(&text, &size, from, what, error);

    if (status != LAT_OK)
        return status;
    if (size == 0 || size > most || memchr(text, '\0', size) != NULL)
        return lat_error_at_byte(error, LAT_MALFORMED, at,
                                 "%s must have 1 to %zu bytes and no NUL",
                                 what, most);
    *out = lat_arena_copy(arena, text, size);
    return *out != NULL ? LAT_OK : lat_error_memory(error, size);
}
