/*
 * error.c - the error record: one status, one place, one sentence.
 *
 * The first error wins, so that code on the way up can add what it knows
 * (the file's name) without wiping out what the parser said.  All text that
 * enters a record is made safe to print: names out of hostile files may hold
 * terminal escapes or broken UTF-8.
 */
#include "base.h"

#include <errno.h>
#include <string.h>

/* Controls (C0, DEL, C1) and bytes that are not UTF-8 become '?'; a code
 * point that was cut by the end of the array is dropped. */
static void make_safe(char *text, size_t size, bool cut)
{
    size_t at = 0;
    while (at < size) {
        uint32_t code = 0;
        size_t length = lat_utf8_decode(text + at, size - at, &code);
        if (length == 0) {
            if (cut && size - at < 4 && (text[at] & 0xC0) == 0xC0) {
                text[at] = '\0';
                return;
            }
            text[at++] = '?';
        } else if (code < 0x20 || (code >= 0x7F && code < 0xA0)) {
            memset(text + at, '?', length);
            at += length;
        } else {
            at += length;
        }
    }
}

static lat_status fill(lat_error *error, lat_status code, const char *format,
                       va_list list)
{
    if (error == NULL || error->code != LAT_OK)
        return code;
    error->code = code;
    int length = vsnprintf(error->text, sizeof error->text, format, list);
    if (length < 0)
        error->text[0] = '\0';
    make_safe(error->text, strlen(error->text),
              length >= (int)sizeof error->text);
    return code;
}

lat_status lat_error_set(lat_error *error, lat_status code,
                         const char *format, ...)
{
    va_list list;
    va_start(list, format);
    fill(error, code, format, list);
    va_end(list);
    return code;
}

lat_status lat_error_at_byte(lat_error *error, lat_status code, uint64_t byte,
                             const char *format, ...)
{
    bool first = error != NULL && error->code == LAT_OK;
    va_list list;
    va_start(list, format);
    fill(error, code, format, list);
    va_end(list);
    if (first && byte != LAT_NOWHERE) {
        error->has_byte = true;
        error->byte = byte;
    }
    return code;
}

lat_status lat_error_at_line(lat_error *error, lat_status code, uint64_t line,
                             const char *format, ...)
{
    bool first = error != NULL && error->code == LAT_OK;
    va_list list;
    va_start(list, format);
    fill(error, code, format, list);
    va_end(list);
    if (first && line != LAT_NOWHERE) {
        error->has_line = true;
        error->line = line;
    }
    return code;
}

lat_status lat_error_in_file(lat_error *error, const char *path)
{
    if (error == NULL)
        return LAT_OK;
    if (error->file[0] != '\0' || path == NULL)
        return error->code;
    size_t size = strlen(path);
    size_t room = sizeof error->file - 1;
    /* The end of a long path tells more than its beginning. */
    if (size > room) {
        path += size - room;
        size = room;
    }
    memcpy(error->file, path, size);
    error->file[size] = '\0';
    make_safe(error->file, size, false);
    return error->code;
}

lat_status lat_error_errno(lat_error *error, const char *path,
                           const char *verb)
{
    int number = errno;
    if (number == EINTR && lat_interrupted())
        return lat_error_set(error, LAT_INTERRUPTED, "interrupted");
    char why[128] = "";
    if (strerror_r(number, why, sizeof why) != 0 || why[0] == '\0')
        snprintf(why, sizeof why, "error %d", number);
    lat_status code = LAT_IO;
    if (number == ENOENT || number == ENOTDIR)
        code = LAT_NOT_FOUND;
    else if (number == ENOMEM)
        code = LAT_NO_MEMORY;
    lat_error_set(error, code, "cannot %s: %s", verb, why);
    lat_error_in_file(error, path);
    return code;
}

lat_status lat_error_memory(lat_error *error, uint64_t bytes)
{
    return lat_error_set(error, LAT_NO_MEMORY,
                         "out of memory: %llu bytes more were needed",
                         (unsigned long long)bytes);
}

const char *lat_error_message(lat_error *error)
{
    if (error == NULL)
        return "";
    const char *file = error->file;
    const char *colon = file[0] == '\0' ? "" : ": ";
    char *out = error->message;
    size_t room = sizeof error->message;
    if (error->has_line && file[0] != '\0')
        snprintf(out, room, "%s:%llu: %s", file,
                 (unsigned long long)error->line, error->text);
    else if (error->has_line)
        snprintf(out, room, "line %llu: %s",
                 (unsigned long long)error->line, error->text);
    else if (error->has_byte)
        snprintf(out, room, "%s%sbyte %llu: %s", file, colon,
                 (unsigned long long)error->byte, error->text);
    else
        snprintf(out, room, "%s%s%s", file, colon, error->text);
    return out;
}

void lat_error_clear(lat_error *error)
{
    if (error != NULL)
        memset(error, 0, sizeof *error);
}

int lat_status_exit(lat_status status)
{
    switch (status) {
    case LAT_OK:
        return 0;
    case LAT_MALFORMED:
    case LAT_UNSUPPORTED:
    case LAT_OUT_OF_RANGE:
    case LAT_NOT_FOUND:
        return 1;
    case LAT_USAGE:
        return 2;
    case LAT_NO_MEMORY:
    case LAT_IO:
        return 3;
    case LAT_INTERRUPTED:
        return 130;
    case LAT_INTERNAL:
        break;
    }
    return 4;
}

const char *lat_status_name(lat_status status)
{
    switch (status) {
    case LAT_OK:
        return "ok";
    case LAT_MALFORMED:
        return "malformed";
    case LAT_UNSUPPORTED:
        return "unsupported";
    case LAT_OUT_OF_RANGE:
        return "out-of-range";
    case LAT_NOT_FOUND:
        return "not-found";
    case LAT_USAGE:
        return "usage";
    case LAT_NO_MEMORY:
        return "no-memory";
    case LAT_IO:
        return "io";
    case LAT_INTERRUPTED:
        return "interrupted";
    case LAT_INTERNAL:
        break;
    }
    return "internal";
}
