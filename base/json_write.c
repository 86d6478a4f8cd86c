/*
 * json_write.c - JSON out: commas, indentation and escapes.
 *
 *     lat_json_begin(&w, &buffer, true);
 *     lat_json_open(&w, '{');
 *     lat_json_key(&w, "layers");           {
 *     lat_json_open(&w, '[');                 "layers": [
 *     lat_json_put_count(&w, 7);                7
 *     lat_json_close(&w, ']');                ]
 *     lat_json_close(&w, '}');              }
 */
#include "base.h"

#include <math.h>
#include <string.h>

void lat_json_begin(lat_json_writer *writer, lat_buffer *to, bool indent)
{
    writer->to = to;
    writer->indent = indent;
    writer->depth = 0;
    writer->fresh = true;
    writer->after_key = false;
}

static void new_line(lat_json_writer *writer)
{
    if (!writer->indent)
        return;
    lat_buffer_char(writer->to, '\n');
    for (size_t i = 0; i < writer->depth; i++)
        lat_buffer_add(writer->to, "  ", 2);
}

/* What stands between the last thing and a new element. */
static void lead(lat_json_writer *writer)
{
    if (writer->after_key) {
        writer->after_key = false;
    } else if (writer->depth != 0) {
        if (!writer->fresh)
            lat_buffer_char(writer->to, ',');
        new_line(writer);
    }
    writer->fresh = false;
}

void lat_json_open(lat_json_writer *writer, char bracket)
{
    lead(writer);
    lat_buffer_char(writer->to, bracket);
    writer->depth++;
    writer->fresh = true;
}

void lat_json_close(lat_json_writer *writer, char bracket)
{
    if (writer->depth != 0)
        writer->depth--;
    if (!writer->fresh)
        new_line(writer);
    lat_buffer_char(writer->to, bracket);
    writer->fresh = false;
}

/* Text in quotes.  '<' and the two line separators that JavaScript stumbles
 * over are left alone: RFC 8259 asks for no more than this. */
static void put_string(lat_buffer *to, const char *text, size_t size)
{
    static const char replacement[] = "\xEF\xBF\xBD"; /* U+FFFD */
    lat_buffer_char(to, '"');
    size_t plain = 0; /* start of what was not yet copied */
    for (size_t at = 0; at < size;) {
        uint32_t code = 0;
        size_t length = lat_utf8_decode(text + at, size - at, &code);
        bool asis = length != 0 && code >= 0x20 && code != '"' &&
                    code != '\\';
        if (asis) {
            at += length;
            continue;
        }
        lat_buffer_add(to, text + plain, at - plain);
        if (length == 0)
            lat_buffer_add(to, replacement, 3);
        else if (code == '"' || code == '\\')
            lat_buffer_format(to, "\\%c", (int)code);
        else if (code == '\n')
            lat_buffer_add(to, "\\n", 2);
        else if (code == '\t')
            lat_buffer_add(to, "\\t", 2);
        else if (code == '\r')
            lat_buffer_add(to, "\\r", 2);
        else
            lat_buffer_format(to, "\\u%04x", (unsigned)code);
        at += length == 0 ? 1 : length;
        plain = at;
    }
    lat_buffer_add(to, text + plain, size - plain);
    lat_buffer_char(to, '"');
}

void lat_json_key(lat_json_writer *writer, const char *key)
{
    lead(writer);
    put_string(writer->to, key, strlen(key));
    lat_buffer_text(writer->to, writer->indent ? ": " : ":");
    writer->after_key = true;
}

void lat_json_put_text(lat_json_writer *writer, const char *text)
{
    lat_json_put_bytes(writer, text, strlen(text));
}

void lat_json_put_bytes(lat_json_writer *writer, const char *text,
                        size_t size)
{
    lead(writer);
    put_string(writer->to, text, size);
}

void lat_json_put_number(lat_json_writer *writer, double value)
{
    if (!isfinite(value)) {
        lat_json_put_null(writer);
        return;
    }
    lead(writer);
    lat_buffer_number(writer->to, value);
}

void lat_json_put_count(lat_json_writer *writer, uint64_t value)
{
    lead(writer);
    lat_buffer_format(writer->to, "%llu", (unsigned long long)value);
}

void lat_json_put_bool(lat_json_writer *writer, bool value)
{
    lead(writer);
    lat_buffer_text(writer->to, value ? "true" : "false");
}

void lat_json_put_null(lat_json_writer *writer)
{
    lead(writer);
    lat_buffer_text(writer->to, "null");
}
