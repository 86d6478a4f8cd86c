/*
 * buffer.c - a growable run of bytes whose failures stick: a writer appends
 * a hundred pieces and asks once, at the end, whether all went well.
 */
#include "base.h"

#include <string.h>

bool lat_buffer_reserve(lat_buffer *buffer, size_t more)
{
    size_t need = 0, whole = 0;
    if (buffer->failed)
        return false;
    if (!lat_size_add(buffer->size, more, &need) ||
        (buffer->limit != 0 && need > buffer->limit) ||
        !lat_size_add(need, 1, &whole))
        goto fail;
    if (buffer->data != NULL && whole <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity < 64 ? 64 : buffer->capacity;
    while (capacity < whole)
        capacity = capacity > SIZE_MAX / 2 ? whole : capacity * 2;
    char *data = lat_realloc(buffer->data, capacity);
    if (data == NULL)
        goto fail;
    if (buffer->data == NULL)
        data[0] = '\0';
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
fail:
    buffer->failed = true;
    return false;
}

void lat_buffer_add(lat_buffer *buffer, const void *data, size_t size)
{
    if (!lat_buffer_reserve(buffer, size))
        return;
    if (size != 0)
        memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
    buffer->data[buffer->size] = '\0';
}

void lat_buffer_text(lat_buffer *buffer, const char *text)
{
    lat_buffer_add(buffer, text, strlen(text));
}

void lat_buffer_char(lat_buffer *buffer, char c)
{
    lat_buffer_add(buffer, &c, 1);
}

void lat_buffer_format(lat_buffer *buffer, const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    int size = vsnprintf(NULL, 0, format, list);
    if (size < 0) {
        buffer->failed = true;
    } else if (lat_buffer_reserve(buffer, (size_t)size)) {
        vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format,
                  again);
        buffer->size += (size_t)size;
    }
    va_end(again);
    va_end(list);
}

void lat_buffer_number(lat_buffer *buffer, double value)
{
    char text[LAT_NUMBER_TEXT];
    lat_buffer_add(buffer, text, lat_number_text(value, text));
}

void lat_buffer_clear(lat_buffer *buffer)
{
    buffer->size = 0;
    if (buffer->data != NULL)
        buffer->data[0] = '\0';
}

void lat_buffer_free(lat_buffer *buffer)
{
    lat_free(buffer->data);
    buffer->data = NULL;
    buffer->size = 0;
    buffer->capacity = 0;
    buffer->failed = false;
}

lat_status lat_buffer_status(const lat_buffer *buffer, lat_error *error)
{
    if (!buffer->failed)
        return LAT_OK;
    if (buffer->limit != 0)
        return lat_error_set(error, LAT_NO_MEMORY,
                             "out of memory, or text over %zu bytes",
                             buffer->limit);
    return lat_error_memory(error, buffer->capacity);
}
