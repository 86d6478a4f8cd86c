/*
 * lines.c - the lines of a text, and the check that a text is one.
 */
#include "base.h"
#include "text_int.h"

#include <string.h>

static uint64_t line_of(const char *text, size_t at)
{
    uint64_t line = 1;
    for (size_t i = 0; i < at; i++)
        line += text[i] == '\n';
    return line;
}

lat_status lat_lines_check(const char **text, size_t *size, lat_error *error)
{
    if (*size >= 3 && memcmp(*text, "\xEF\xBB\xBF", 3) == 0) {
        *text += 3;
        *size -= 3;
    }
    if (*size == 0)
        return LAT_OK;
    const char *zero = memchr(*text, '\0', *size);
    size_t clean = zero == NULL ? *size : (size_t)(zero - *text);
    size_t valid = lat_utf8_valid(*text, clean);
    if (valid < clean)
        return lat_error_at_line(error, LAT_MALFORMED, line_of(*text, valid),
                                 "not UTF-8, expected UTF-8 text");
    if (zero != NULL)
        return lat_error_at_line(error, LAT_MALFORMED, line_of(*text, clean),
                                 "a NUL byte, expected text");
    return LAT_OK;
}

lat_status lat_lines_read(lat_lines *out, const void *text, size_t size,
                          lat_error *error)
{
    const char *from = text;
    memset(out, 0, sizeof *out);
    lat_status status = lat_lines_check(&from, &size, error);
    if (status != LAT_OK)
        return status;
    size_t count = size != 0 && from[size - 1] != '\n';
    for (size_t i = 0; i < size; i++)
        count += from[i] == '\n';
    out->text = lat_arena_array(&out->arena, count, sizeof(char *));
    out->size = lat_arena_array(&out->arena, count, sizeof *out->size);
    char *copy = lat_arena_copy(&out->arena, from, size);
    if (out->text == NULL || out->size == NULL || copy == NULL) {
        lat_lines_free(out);
        return lat_error_memory(error, size);
    }
    out->count = count;
    for (size_t i = 0, at = 0; i < count; i++) {
        char *end = memchr(copy + at, '\n', size - at);
        size_t length = (end == NULL ? size : (size_t)(end - copy)) - at;
        size_t next = at + length + 1;
        if (end != NULL && length != 0 && copy[at + length - 1] == '\r')
            length--;
        copy[at + length] = '\0';
        out->text[i] = copy + at;
        out->size[i] = length;
        at = next;
    }
    return LAT_OK;
}

lat_status lat_lines_open(lat_lines *out, const char *path, lat_error *error)
{
    memset(out, 0, sizeof *out);
    lat_map map = {0};
    lat_status status = lat_map_open(&map, path, error);
    if (status != LAT_OK)
        return status;
    status = lat_lines_read(out, map.data, map.size, error);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    lat_map_close(&map);
    return status;
}

void lat_lines_free(lat_lines *lines)
{
    lat_arena_free(&lines->arena);
    memset(lines, 0, sizeof *lines);
}
