/*
 * json_fields.c - JSON objects with sorted keys and TSV cells, as all the
 * writers of this room need them.
 */
#include "align_int.h"

#include <math.h>
#include <string.h>

/* Opens the object; `extra` is walked along as keys come by. */
void lat_fields_begin_int(json_fields *fields, lat_json_writer *writer,
                          const lat_json_extra *extra)
{
    fields->writer = writer;
    fields->extra = extra;
    lat_json_open(writer, '{');
}

/* The caller's members that sort before `key`; all that are left for
 * NULL. */
static void put_extra(json_fields *fields, const char *key)
{
    while (fields->extra != NULL && fields->extra->key != NULL &&
           (key == NULL || strcmp(fields->extra->key, key) < 0)) {
        lat_json_key(fields->writer, fields->extra->key);
        fields->extra->put(fields->writer, fields->extra->context);
        fields->extra++;
    }
}

void lat_fields_key_int(json_fields *fields, const char *key)
{
    put_extra(fields, key);
    lat_json_key(fields->writer, key);
}

void lat_fields_count_int(json_fields *fields, const char *key, uint64_t n)
{
    lat_fields_key_int(fields, key);
    lat_json_put_count(fields->writer, n);
}

void lat_fields_number_int(json_fields *fields, const char *key, double x)
{
    lat_fields_key_int(fields, key);
    lat_json_put_number(fields->writer, x);
}

void lat_fields_text_int(json_fields *fields, const char *key,
                         const char *text)
{
    lat_fields_key_int(fields, key);
    lat_json_put_text(fields->writer, text);
}

void lat_fields_bool_int(json_fields *fields, const char *key, bool value)
{
    lat_fields_key_int(fields, key);
    lat_json_put_bool(fields->writer, value);
}

/* {"count", "high", "low", "mean"}: null where there was nothing to count. */
void lat_interval_json_int(lat_json_writer *writer,
                           const lat_interval *interval)
{
    json_fields inner;

    lat_fields_begin_int(&inner, writer, NULL);
    lat_fields_count_int(&inner, "count", interval->count);
    lat_fields_number_int(&inner, "high", interval->high);
    lat_fields_number_int(&inner, "low", interval->low);
    lat_fields_number_int(&inner, "mean", interval->mean);
    lat_fields_end_int(&inner);
}

void lat_fields_interval_int(json_fields *fields, const char *key,
                             const lat_interval *interval)
{
    lat_fields_key_int(fields, key);
    lat_interval_json_int(fields->writer, interval);
}

void lat_fields_end_int(json_fields *fields)
{
    put_extra(fields, NULL);
    lat_json_close(fields->writer, '}');
}

void lat_tsv_number_int(lat_buffer *to, double value)
{
    if (!isnan(value))
        lat_buffer_number(to, value);
}

/* Three cells, each with the tab before it. */
void lat_tsv_interval_int(lat_buffer *to, const lat_interval *interval)
{
    lat_buffer_char(to, '\t');
    lat_tsv_number_int(to, interval->mean);
    lat_buffer_char(to, '\t');
    lat_tsv_number_int(to, interval->low);
    lat_buffer_char(to, '\t');
    lat_tsv_number_int(to, interval->high);
}

void lat_tsv_text_int(lat_buffer *to, const char *text, size_t size)
{
    size_t i;

    for (i = 0; i < size; i++) {
        char c = text[i];

        lat_buffer_char(to, c == '\t' || c == '\n' || c == '\r' ? ' ' : c);
    }
}
