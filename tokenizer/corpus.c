/*
 * corpus.c - the text that a study reads: sentences or pairs, and classes.
 *
 * Two forms of input, told apart by the first line:
 *
 *     label<TAB>sentence            I liked it .
 *     0<TAB>I did not like it .     I did not .
 *     a table (TSV or CSV)          plain lines
 */
#include "tokenizer.h"

#include <string.h>

static const char *const text_names[] = {"sentence", "text", "content"};
static const char *const label_names[] = {"label", "gold"};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

/* Whether a cell is one that a header of ours would have. */
static bool is_known_name(const char *cell, size_t size,
                          const lat_corpus_options *options)
{
    static const char *const pair[] = {"sentence1"};
    const char *const *lists[] = {text_names, pair};
    const size_t counts[] = {3, 1};
    for (size_t l = 0; l < 2; l++)
        for (size_t i = 0; i < counts[l]; i++)
            if (strlen(lists[l][i]) == size &&
                memcmp(lists[l][i], cell, size) == 0)
                return true;
    return options->text_column != NULL &&
           strlen(options->text_column) == size &&
           memcmp(options->text_column, cell, size) == 0;
}

/* A table, rather than plain lines? */
static bool looks_like_table(const lat_map *map, const char *path,
                             char separator,
                             const lat_corpus_options *options)
{
    if (ends_with(path, ".tsv") || ends_with(path, ".csv") ||
        options->text_column != NULL)
        return true;
    const char *text = (const char *)map->data;
    size_t size = map->size, end = 0;
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) {
        text += 3;
        size -= 3;
    }
    while (end < size && text[end] != '\n' && text[end] != '\r')
        end++;
    for (size_t from = 0, i = 0; i <= end; i++) {
        if (i < end && text[i] == '\t')
            return true;
        if (i == end || text[i] == separator) {
            if (is_known_name(text + from, i - from, options))
                return true;
            from = i + 1;
        }
    }
    return false;
}

/* The header's names, for a message. */
static lat_status no_column(const lat_table *table, const char *what,
                            lat_error *error)
{
    lat_buffer names = {0};
    for (size_t c = 0; c < table->columns && names.size < 300; c++)
        lat_buffer_format(&names, "%s%s", c == 0 ? "" : ", ",
                          table->names[c]);
    lat_error_at_line(error, LAT_NOT_FOUND, 1,
                      "no column %s in the header (it has: %s)", what,
                      names.data == NULL ? "" : names.data);
    lat_buffer_free(&names);
    return LAT_NOT_FOUND;
}

static size_t find_column(const lat_table *table, const char *wanted,
                          const char *const *names, size_t count)
{
    if (wanted != NULL)
        return lat_table_column(table, wanted);
    for (size_t i = 0; i < count; i++) {
        size_t column = lat_table_column(table, names[i]);
        if (column != table->columns)
            return column;
    }
    return table->columns;
}

/* A label cell to a class: a name first, then a number. */
static lat_status read_label(int32_t *gold, const char *cell, uint64_t line,
                             const lat_corpus_options *options,
                             lat_error *error)
{
    *gold = -1;
    if (cell[0] == '\0')
        return LAT_OK;
    for (size_t i = 0; i < options->label_count; i++)
        if (options->labels != NULL &&
            strcmp(cell, options->labels[i]) == 0) {
            *gold = (int32_t)i;
            return LAT_OK;
        }
    uint64_t number = 0;
    if (lat_integer_read(cell, strlen(cell), &number) &&
        number < options->label_count) {
        *gold = (int32_t)number;
        return LAT_OK;
    }
    lat_buffer names = {0};
    for (size_t i = 0; i < options->label_count && names.size < 200; i++)
        lat_buffer_format(&names, "%s%s", i == 0 ? "" : ", ",
                          options->labels == NULL ? "?"
                                                  : options->labels[i]);
    lat_error_at_line(error, LAT_OUT_OF_RANGE, line,
                      "label '%.80s' is not one of the model's (%s, or 0 to "
                      "%zu)",
                      cell, names.data == NULL ? "" : names.data,
                      options->label_count - 1);
    lat_buffer_free(&names);
    return LAT_OUT_OF_RANGE;
}

static size_t limited(size_t count, size_t limit)
{
    return limit != 0 && limit < count ? limit : count;
}

static lat_status from_table(lat_corpus *out,
                             const lat_corpus_options *options,
                             lat_error *error)
{
    const lat_table *table = &out->table;
    size_t none = table->columns;
    size_t a = none, b = none;
    if (options->text_column == NULL) {
        a = lat_table_column(table, "sentence1");
        b = lat_table_column(table, "sentence2");
        if (a != none && b == none)
            return no_column(table, "'sentence2' beside 'sentence1'", error);
    }
    if (a == none)
        a = find_column(table, options->text_column, text_names, 3);
    if (a == none)
        return no_column(table,
                         options->text_column != NULL
                             ? options->text_column
                             : "'sentence', 'text' or 'content'",
                         error);
    size_t label = find_column(table, options->label_column, label_names, 2);
    if (label == none && options->label_column != NULL)
        return no_column(table, options->label_column, error);
    if (options->label_count == 0)
        label = none;
    out->count = limited(table->rows, options->limit);
    out->pairs = b != none;
    out->has_gold = label != none;
    out->sentences = lat_new_array(out->count, sizeof *out->sentences);
    if (out->sentences == NULL)
        return lat_error_memory(error, out->count * sizeof(lat_sentence));
    for (size_t i = 0; i < out->count; i++) {
        lat_sentence *sentence = &out->sentences[i];
        char **cells = table->cells + i * table->columns;
        sentence->a = cells[a];
        sentence->a_size = strlen(cells[a]);
        if (b != none) {
            sentence->b = cells[b];
            sentence->b_size = strlen(cells[b]);
        }
        sentence->line = table->lines[i];
        sentence->gold = -1;
        lat_status status =
            label == none ? LAT_OK
                          : read_label(&sentence->gold, cells[label],
                                       sentence->line, options, error);
        if (status != LAT_OK)
            return status;
    }
    return LAT_OK;
}

static lat_status from_lines(lat_corpus *out,
                             const lat_corpus_options *options,
                             lat_error *error)
{
    out->count = limited(out->lines.count, options->limit);
    out->sentences = lat_new_array(out->count, sizeof *out->sentences);
    if (out->sentences == NULL)
        return lat_error_memory(error, out->count * sizeof(lat_sentence));
    for (size_t i = 0; i < out->count; i++) {
        out->sentences[i].a = out->lines.text[i];
        out->sentences[i].a_size = out->lines.size[i];
        out->sentences[i].gold = -1;
        out->sentences[i].line = i + 1;
    }
    return LAT_OK;
}

lat_status lat_corpus_open(lat_corpus *out, const char *path,
                           const lat_corpus_options *options,
                           lat_error *error)
{
    const lat_corpus_options defaults = {0};
    lat_map map = {0};
    memset(out, 0, sizeof *out);
    if (options == NULL)
        options = &defaults;
    lat_status status = lat_map_open(&map, path, error);
    if (status != LAT_OK)
        return status;
    char separator = ends_with(path, ".csv") ? ',' : '\t';
    if (looks_like_table(&map, path, separator, options)) {
        status = lat_table_read(&out->table, map.data, map.size, separator,
                                error);
        if (status == LAT_OK)
            status = from_table(out, options, error);
    } else {
        status = lat_lines_read(&out->lines, map.data, map.size, error);
        if (status == LAT_OK)
            status = from_lines(out, options, error);
    }
    if (status == LAT_OK && out->count == 0)
        status = lat_error_set(error, LAT_MALFORMED,
                               "no sentence in the file, expected at least "
                               "one");
    if (status == LAT_OK && out->count > UINT32_MAX - 1)
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "more than %u sentences", UINT32_MAX - 1);
    lat_map_close(&map);
    if (status != LAT_OK) {
        lat_error_in_file(error, path);
        lat_corpus_free(out);
    }
    return status;
}

void lat_corpus_free(lat_corpus *corpus)
{
    lat_free(corpus->sentences);
    lat_table_free(&corpus->table);
    lat_lines_free(&corpus->lines);
    memset(corpus, 0, sizeof *corpus);
}
