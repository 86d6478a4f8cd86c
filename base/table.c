/*
 * table.c - TSV and CSV tables.
 *
 *     line 1   word <tab> label        names, columns = 2
 *     line 2   good <tab> positive     cells[0], cells[1]
 *     line 3   dull <tab> negative     cells[2], cells[3]
 *
 * The text is walked twice by the same scanner: once to count and check,
 * once to fill memory of exactly that size.  All cells lie behind each
 * other in one block; a cell never grows (its separator becomes its NUL).
 */
#include "base.h"
#include "text_int.h"

#include <string.h>

typedef struct scanner {
    const char *text;
    size_t size, at;
    char separator;
    uint64_t line;
    char *out; /* where unquoted cells go; NULL when only counting */
    lat_error *error;
} scanner;

/* What came after a cell. */
typedef enum after { AFTER_CELL, AFTER_ROW } after;

static void put(scanner *s, const char *data, size_t size)
{
    if (s->out == NULL)
        return;
    if (size != 0)
        memcpy(s->out, data, size);
    s->out += size;
}

/* The inside of quotes up to the closing one; "" stands for one quote. */
static lat_status scan_quoted(scanner *s)
{
    uint64_t first = s->line;
    s->at++;
    for (;;) {
        size_t begin = s->at;
        while (s->at < s->size && s->text[s->at] != '"')
            s->line += s->text[s->at++] == '\n';
        if (s->at == s->size)
            return lat_error_at_line(s->error, LAT_MALFORMED, first,
                                     "a quote that is never closed");
        put(s, s->text + begin, s->at - begin);
        s->at++;
        if (s->at == s->size || s->text[s->at] != '"')
            return LAT_OK;
        put(s, "\"", 1);
        s->at++;
    }
}

/* Length of the line end at s->at: 1 or 2 bytes, or 0. */
static size_t line_end(const scanner *s)
{
    if (s->at < s->size && s->text[s->at] == '\n')
        return 1;
    if (s->size - s->at >= 2 && memcmp(s->text + s->at, "\r\n", 2) == 0)
        return 2;
    return 0;
}

/* One cell and what ends it.  *begin is the cell's text when filling. */
static lat_status scan_cell(scanner *s, char **begin, after *end)
{
    bool quotes = s->separator == ',';
    *begin = s->out;
    if (quotes && s->at < s->size && s->text[s->at] == '"') {
        lat_status status = scan_quoted(s);
        if (status != LAT_OK)
            return status;
        if (s->at < s->size && s->text[s->at] != s->separator &&
            line_end(s) == 0)
            return lat_error_at_line(s->error, LAT_MALFORMED, s->line,
                                     "text after a closing quote, expected "
                                     "a comma or the line's end");
    } else {
        size_t from = s->at;
        while (s->at < s->size && s->text[s->at] != s->separator &&
               line_end(s) == 0) {
            if (quotes && s->text[s->at] == '"')
                return lat_error_at_line(s->error, LAT_MALFORMED, s->line,
                                         "a quote inside a cell that does "
                                         "not start with one");
            s->at++;
        }
        put(s, s->text + from, s->at - from);
    }
    put(s, "", 1);
    if (s->at < s->size && s->text[s->at] == s->separator) {
        s->at++;
        *end = AFTER_CELL;
        return LAT_OK;
    }
    size_t length = line_end(s);
    s->at += length;
    s->line += length != 0;
    *end = AFTER_ROW;
    return LAT_OK;
}

/* One row; its cells go to `cells` when filling.  *count is their number,
 * which is checked against `columns` unless that is 0 (the header). */
static lat_status scan_row(scanner *s, char **cells, size_t columns,
                           size_t *count)
{
    uint64_t line = s->line;
    after end = AFTER_CELL;
    *count = 0;
    while (end == AFTER_CELL) {
        char *begin = NULL;
        lat_status status = scan_cell(s, &begin, &end);
        if (status != LAT_OK)
            return status;
        if (cells != NULL)
            cells[*count] = begin;
        ++*count;
    }
    if (columns != 0 && *count != columns)
        return lat_error_at_line(s->error, LAT_MALFORMED, line,
                                 "%zu cells, expected %zu as in the header",
                                 *count, columns);
    return LAT_OK;
}

static lat_status count_table(lat_table *out, scanner s)
{
    lat_status status = scan_row(&s, NULL, 0, &out->columns);
    while (status == LAT_OK && s.at < s.size) {
        size_t cells = 0;
        status = scan_row(&s, NULL, out->columns, &cells);
        out->rows++;
    }
    return status;
}

static lat_status fill_table(lat_table *out, scanner s)
{
    size_t columns = out->columns, cells = 0, bytes = 0, count = 0;
    /* Each cell's separator or line end makes room for its NUL, but for
     * the last one. */
    bool fits = lat_size_mul(out->rows, columns, &cells) &&
                lat_size_add(s.size, 1, &bytes);
    char *text = NULL;
    if (fits) {
        out->names = lat_arena_array(&out->arena, columns, sizeof(char *));
        out->cells = lat_arena_array(&out->arena, cells, sizeof(char *));
        out->lines = lat_arena_array(&out->arena, out->rows,
                                     sizeof *out->lines);
        text = lat_arena_alloc(&out->arena, bytes);
    }
    if (out->names == NULL || out->cells == NULL || out->lines == NULL ||
        text == NULL)
        return lat_error_memory(s.error, bytes);
    s.out = text;
    lat_status status = scan_row(&s, out->names, 0, &count);
    for (size_t row = 0; status == LAT_OK && row < out->rows; row++) {
        out->lines[row] = s.line;
        status = scan_row(&s, out->cells + row * columns, columns, &count);
    }
    return status;
}

lat_status lat_table_read(lat_table *out, const void *text, size_t size,
                          char separator, lat_error *error)
{
    memset(out, 0, sizeof *out);
    scanner s = {.text = text, .size = size, .separator = separator,
                 .line = 1, .error = error};
    lat_status status = lat_lines_check(&s.text, &s.size, error);
    if (status == LAT_OK && s.size == 0)
        status = lat_error_at_line(error, LAT_MALFORMED, 1,
                                   "empty, expected a header line");
    if (status == LAT_OK)
        status = count_table(out, s);
    if (status == LAT_OK)
        status = fill_table(out, s);
    if (status != LAT_OK)
        lat_table_free(out);
    return status;
}

lat_status lat_table_open(lat_table *out, const char *path, lat_error *error)
{
    memset(out, 0, sizeof *out);
    lat_map map = {0};
    lat_status status = lat_map_open(&map, path, error);
    if (status != LAT_OK)
        return status;
    size_t size = strlen(path);
    bool csv = size >= 4 && strcmp(path + size - 4, ".csv") == 0;
    status = lat_table_read(out, map.data, map.size, csv ? ',' : '\t', error);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    lat_map_close(&map);
    return status;
}

void lat_table_free(lat_table *table)
{
    lat_arena_free(&table->arena);
    memset(table, 0, sizeof *table);
}

size_t lat_table_column(const lat_table *table, const char *name)
{
    size_t column = 0;
    while (column < table->columns &&
           strcmp(table->names[column], name) != 0)
        column++;
    return column;
}
