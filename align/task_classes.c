/*
 * task_classes.c - the class of every sentence, out of a table.
 *
 * Numbers stay what they are (SST-2 writes 0 and 1); names are numbered in
 * byte order, so that the numbering does not hang on the order of lines.
 */
#include "align_int.h"

#include <stdlib.h>
#include <string.h>

/* Every class costs a column in every table. */
#define CLASSES_MOST 4096

/* What tables in use write for "no class". */
static bool is_absent(const char *cell)
{
    return *cell == '\0' || strcmp(cell, "-") == 0 ||
           strcmp(cell, "-1") == 0;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The column asked for and, of gold and predicted, the other one: both
 * share their numbering, or agreement would compare different things. */
typedef struct class_columns {
    size_t at[2]; /* at[0] is the one asked for */
    size_t count; /* 1 or 2 */
} class_columns;

/* Numbers when all cells are; false when one is a name. */
static bool read_numbers(lat_classes *out, const lat_table *table,
                         const class_columns *columns, lat_status *status,
                         lat_error *error)
{
    size_t i, k;

    out->count = 0;
    for (i = 0; i < table->rows * columns->count; i++) {
        size_t row = i / columns->count;
        const char *cell;
        uint64_t value;

        k = i % columns->count;
        cell = table->cells[row * table->columns + columns->at[k]];
        if (k == 0)
            out->of[row] = -1;
        if (is_absent(cell))
            continue;
        if (!lat_integer_read(cell, strlen(cell), &value))
            return false;
        if (value >= CLASSES_MOST) {
            *status = lat_error_at_line(error, LAT_OUT_OF_RANGE,
                                        table->lines[row],
                                        "class %.40s, expected below %d",
                                        cell, CLASSES_MOST);
            return true;
        }
        if (k == 0)
            out->of[row] = (int32_t)value;
        if (value >= out->count)
            out->count = (size_t)value + 1;
    }
    return true;
}

/* Names of both columns go into one sorted list; a class is its place
 * there. */
static lat_status read_names(lat_classes *out, const lat_table *table,
                             const class_columns *columns, lat_error *error)
{
    char **cells = lat_new_array(table->rows, 2 * sizeof *cells), **found;
    size_t i, k, n = 0, distinct = 0;
    lat_status status = LAT_OK;

    if (cells == NULL)
        return lat_error_memory(error, 2 * table->rows * sizeof *cells);
    for (i = 0; i < table->rows; i++)
        for (k = 0; k < columns->count; k++) {
            char *cell = table->cells[i * table->columns + columns->at[k]];

            if (!is_absent(cell))
                cells[n++] = cell;
        }
    qsort(cells, n, sizeof *cells, compare_texts);
    for (i = 0; i < n; i++)
        if (distinct == 0 || strcmp(cells[i], cells[distinct - 1]) != 0)
            cells[distinct++] = cells[i];
    if (distinct > CLASSES_MOST) {
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "%lu classes in column \"%s\", expected at "
                               "most %d", (unsigned long)distinct,
                               table->names[columns->at[0]], CLASSES_MOST);
        goto done;
    }
    out->count = distinct;
    out->names = lat_arena_array(&out->arena, distinct, sizeof *out->names);
    for (i = 0; out->names != NULL && i < distinct; i++) {
        out->names[i] = lat_arena_copy(&out->arena, cells[i],
                                       strlen(cells[i]));
        if (out->names[i] == NULL)
            out->names = NULL;
    }
    if (out->names == NULL) {
        status = lat_error_memory(error, distinct * sizeof *out->names);
        goto done;
    }
    for (i = 0; i < table->rows; i++) {
        char *cell = table->cells[i * table->columns + columns->at[0]];

        out->of[i] = -1;
        if (is_absent(cell))
            continue;
        found = bsearch(&cell, cells, distinct, sizeof *cells,
                        compare_texts);
        out->of[i] = (int32_t)(found - cells);
    }
done:
    lat_free(cells);
    return status;
}

static void find_partner(class_columns *columns, const lat_table *table)
{
    static const char *const pair[2] = {"gold", "predicted"};
    size_t i;

    columns->count = 1;
    for (i = 0; i < 2; i++)
        if (strcmp(table->names[columns->at[0]], pair[i]) == 0) {
            columns->at[1] = lat_table_column(table, pair[1 - i]);
            columns->count += columns->at[1] < table->columns;
        }
}

/* Studies write "gold" and "predicted", most data sets "label". */
static lat_status find_column(size_t *out, const lat_table *table,
                              const char *column, lat_error *error)
{
    static const char *const usual[] = {"gold", "label", "class"};
    size_t i;

    if (column != NULL) {
        *out = lat_table_column(table, column);
        if (*out == table->columns)
            return lat_error_set(error, LAT_NOT_FOUND,
                                 "no column \"%s\" in the header", column);
        return LAT_OK;
    }
    for (i = 0; i < sizeof usual / sizeof *usual; i++) {
        *out = lat_table_column(table, usual[i]);
        if (*out < table->columns)
            return LAT_OK;
    }
    *out = 0;
    if (table->columns != 1)
        return lat_error_set(error, LAT_NOT_FOUND,
                             "no column \"gold\" in the header, and more "
                             "than one to choose from");
    return LAT_OK;
}

static lat_status read_column(lat_classes *out, const lat_table *table,
                              const char *column, lat_error *error)
{
    class_columns columns = {{0, 0}, 1};
    lat_status status = find_column(&columns.at[0], table, column, error);
    size_t i, known = 0;

    if (status != LAT_OK)
        return status;
    find_partner(&columns, table);
    if (table->rows == 0)
        return lat_error_set(error, LAT_MALFORMED,
                             "a header and no sentence");
    out->sentences = table->rows;
    out->of = lat_arena_array(&out->arena, table->rows, sizeof *out->of);
    if (out->of == NULL)
        return lat_error_memory(error, table->rows * sizeof *out->of);
    if (!read_numbers(out, table, &columns, &status, error))
        status = read_names(out, table, &columns, error);
    for (i = 0; i < out->sentences; i++)
        known += out->of[i] >= 0;
    if (status == LAT_OK && known == 0)
        status = lat_error_set(error, LAT_MALFORMED,
                               "column \"%s\" gives no sentence a class",
                               table->names[columns.at[0]]);
    return status;
}

lat_status lat_classes_read(lat_classes *out, const char *path,
                            const char *column, lat_error *error)
{
    lat_table table;
    lat_status status;

    memset(&table, 0, sizeof table);
    memset(out, 0, sizeof *out);
    status = lat_table_open(&table, path, error);
    if (status == LAT_OK)
        status = read_column(out, &table, column, error);
    lat_table_free(&table);
    if (status != LAT_OK) {
        lat_error_in_file(error, path);
        lat_classes_free(out);
    }
    return status;
}

lat_status lat_classes_make(lat_classes *out, const int32_t *of,
                            size_t sentences, const char *const *names,
                            size_t count, lat_error *error)
{
    size_t i;
    bool failed;

    memset(out, 0, sizeof *out);
    if (count == 0 || count > CLASSES_MOST)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "%lu classes, expected 1 to %d",
                             (unsigned long)count, CLASSES_MOST);
    for (i = 0; i < sentences; i++)
        if (of[i] >= 0 && (size_t)of[i] >= count)
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "sentence %lu has class %ld of %lu",
                                 (unsigned long)i, (long)of[i],
                                 (unsigned long)count);
    out->sentences = sentences;
    out->count = count;
    out->of = lat_arena_array(&out->arena, sentences, sizeof *out->of);
    failed = out->of == NULL;
    for (i = 0; !failed && i < sentences; i++)
        out->of[i] = of[i] < 0 ? -1 : of[i];
    if (!failed && names != NULL) {
        out->names = lat_arena_array(&out->arena, count, sizeof *out->names);
        failed = out->names == NULL;
        for (i = 0; !failed && i < count; i++) {
            out->names[i] = lat_arena_copy(&out->arena, names[i],
                                           strlen(names[i]));
            failed = out->names[i] == NULL;
        }
    }
    if (!failed)
        return LAT_OK;
    lat_classes_free(out);
    return lat_error_memory(error, sentences * sizeof *out->of);
}

void lat_classes_free(lat_classes *classes)
{
    if (classes == NULL)
        return;
    lat_arena_free(&classes->arena);
    memset(classes, 0, sizeof *classes);
}
