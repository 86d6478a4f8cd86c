/* inputs.c - see inputs_int.h. */
#include "inputs_int.h"

#include <string.h>

lat_status inputs_corpus(lat_corpus *out, const cli_call *call,
                         const char *path, const lat_model_info *model,
                         lat_error *error)
{
    lat_corpus_options options = {
        .limit = (size_t)cli_count(call, "limit"),
        .text_column = cli_text(call, "text-column"),
        .label_column = cli_text(call, "label-column")};
    if (model != NULL && model->head == LAT_HEAD_SEQUENCE) {
        options.labels = model->labels;
        options.label_count = model->classes;
    }
    return lat_corpus_open(out, path, &options, error);
}

/* One of the comma-separated choices of --words. */
static bool choose(lat_words_options *out, lat_pooling *pooling,
                   const char *text, size_t size)
{
    static const char *const names[] = {"last", "first", "mean",
                                        "whitespace", "split"};
    size_t i = 0;
    while (i < 5 &&
           (strlen(names[i]) != size || memcmp(names[i], text, size) != 0))
        i++;
    if (i < 3)
        *pooling = (lat_pooling)i;
    else if (i < 5)
        out->rule = i == 3 ? LAT_WORDS_WHITESPACE : LAT_WORDS_SPLIT;
    return i < 5;
}

lat_status inputs_words_options(lat_words_options *out, lat_pooling *pooling,
                                const cli_call *call, lat_error *error)
{
    const char *const *values = NULL;
    size_t count = cli_many(call, "words", &values);
    const lat_words_options defaults = LAT_WORDS_OPTIONS;
    *out = defaults;
    *pooling = LAT_POOL_LAST;
    for (size_t i = 0; i < count; i++)
        for (const char *at = values[i];; at++) {
            size_t size = strcspn(at, ",");
            if (!choose(out, pooling, at, size))
                return lat_error_set(error, LAT_USAGE,
                                     "--words is '%.40s', expected last, "
                                     "first, mean, whitespace or split",
                                     values[i]);
            at += size;
            if (*at == '\0')
                break;
        }
    const char *sample = cli_text(call, "sample");
    if (strcmp(sample, "first") != 0 && strcmp(sample, "random") != 0)
        return lat_error_set(error, LAT_USAGE,
                             "--sample is '%.40s', expected first or random",
                             sample);
    out->random_sample = strcmp(sample, "random") == 0;
    out->min = cli_count(call, "min");
    out->max = cli_count(call, "max");
    out->del = cli_count(call, "del");
    if (out->max == 0)
        out->max = UINT64_MAX;
    if (out->del == 0)
        out->del = UINT64_MAX;
    out->longest = (size_t)cli_count(call, "longest");
    out->seed = cli_count(call, "seed");
    return LAT_OK;
}

lat_status inputs_tokenizer(lat_reader *out, const char *path,
                            lat_error *error)
{
    size_t size = strlen(path);
    if (size > 5 && strcmp(path + size - 5, ".gguf") == 0)
        return lat_reader_open(out, path, error);
    return lat_tokenizer_open(&out->tokenizer, path, error);
}

lat_status inputs_words_write(const lat_words *words, const char *path,
                              unsigned char *sha256, lat_error *error)
{
    lat_output *output = NULL;
    lat_status status = lat_output_open(&output, path, error);
    if (status != LAT_OK)
        return status;
    lat_buffer text = {0};
    lat_buffer_text(&text, "word\tn\tsentence\tposition\n");
    for (size_t i = 0; i < words->count && status == LAT_OK; i++) {
        const lat_word *word = &words->items[i];
        size_t size = 0;
        const char *name = lat_intern_text(words->types, word->type, &size);
        lat_buffer_add(&text, name, size);
        lat_buffer_format(&text, "\t%u\t%u\t%u\n", word->number,
                          word->sentence, word->position);
        if (text.size > 65536) {
            status = lat_buffer_status(&text, error);
            if (status == LAT_OK)
                status = lat_output_write(output, text.data, text.size,
                                          error);
            lat_buffer_clear(&text);
        }
    }
    if (status == LAT_OK)
        status = lat_buffer_status(&text, error);
    if (status == LAT_OK)
        status = lat_output_write(output, text.data, text.size, error);
    lat_buffer_free(&text);
    if (status == LAT_OK)
        return lat_output_commit(output, sha256, error);
    lat_output_abort(output);
    return status;
}

/* ---- Token ids ---------------------------------------------------------- */

/* Growing arrays while lines are read. */
typedef struct ids_reading {
    inputs_ids *out;
    size_t capacity;
} ids_reading;

static lat_status reserve(ids_reading *r, size_t need, lat_error *error)
{
    if (need <= r->capacity)
        return LAT_OK;
    size_t capacity = need * 2 + 64, bytes = 0;
    if (!lat_size_mul(capacity, sizeof(uint32_t), &bytes))
        return lat_error_memory(error, UINT64_MAX);
    uint32_t *ids = lat_realloc(r->out->ids, bytes);
    if (ids == NULL)
        return lat_error_memory(error, bytes);
    r->out->ids = ids;
    uint32_t *types = lat_realloc(r->out->types, bytes);
    if (types == NULL)
        return lat_error_memory(error, bytes);
    r->out->types = types;
    r->capacity = capacity;
    return LAT_OK;
}

static lat_status read_numbers(uint32_t *out, const lat_json *list,
                               const char *name, lat_error *error)
{
    for (size_t i = 0; i < list->size; i++) {
        const lat_json *item = &list->items[i];
        if (item->type != LAT_JSON_NUMBER || !item->integer ||
            item->whole < 0 || item->whole > UINT32_MAX)
            return lat_error_set(error, LAT_MALFORMED,
                                 "%s[%zu] is not a whole number from 0 to "
                                 "4294967295",
                                 name, i);
        out[i] = (uint32_t)item->whole;
    }
    return LAT_OK;
}

static lat_status add_line(ids_reading *r, const lat_json *line, size_t at,
                           lat_error *error)
{
    const lat_json *ids = lat_json_get(line, "input_ids");
    const lat_json *types = lat_json_get(line, "token_type_ids");
    if (ids == NULL || ids->type != LAT_JSON_ARRAY || ids->size == 0)
        return lat_error_set(error, LAT_MALFORMED,
                             "expected an object with a non-empty list "
                             "\"input_ids\"");
    if (types != NULL && types->type == LAT_JSON_NULL)
        types = NULL;
    if (types != NULL &&
        (types->type != LAT_JSON_ARRAY || types->size != ids->size))
        return lat_error_set(error, LAT_MALFORMED,
                             "\"token_type_ids\" must be a list as long as "
                             "\"input_ids\"");
    size_t from = r->out->starts[at];
    lat_status status = reserve(r, from + ids->size, error);
    if (status == LAT_OK)
        status = read_numbers(r->out->ids + from, ids, "input_ids", error);
    if (status != LAT_OK)
        return status;
    memset(r->out->types + from, 0, ids->size * sizeof(uint32_t));
    r->out->starts[at + 1] = from + ids->size;
    if (types == NULL)
        return LAT_OK;
    r->out->has_types = true;
    return read_numbers(r->out->types + from, types, "token_type_ids",
                        error);
}

lat_status inputs_ids_read(inputs_ids *out, const char *path,
                           lat_error *error)
{
    lat_lines lines = {0};
    lat_arena arena = {0};
    ids_reading reading = {.out = out};
    memset(out, 0, sizeof *out);
    lat_status status = lat_lines_open(&lines, path, error);
    if (status != LAT_OK)
        return status;
    out->starts = lat_new_array(lines.count + 1, sizeof *out->starts);
    if (out->starts == NULL)
        status = lat_error_memory(error, lines.count * sizeof(size_t));
    for (size_t i = 0; i < lines.count && status == LAT_OK; i++) {
        if (lines.size[i] == 0)
            continue;
        const lat_json *line = NULL;
        status = lat_json_parse(&line, &arena, lines.text[i], lines.size[i],
                                error);
        if (status == LAT_OK)
            status = add_line(&reading, line, out->sequences, error);
        if (status == LAT_OK)
            out->sequences++;
        else if (error != NULL && !error->has_line) {
            error->has_line = true;
            error->line = i + 1;
            error->has_byte = false;
        }
        lat_arena_free(&arena);
    }
    if (status == LAT_OK && out->sequences == 0)
        status = lat_error_set(error, LAT_MALFORMED, "no line with ids");
    lat_lines_free(&lines);
    lat_arena_free(&arena);
    if (status != LAT_OK) {
        lat_error_in_file(error, path);
        inputs_ids_free(out);
    }
    return status;
}

void inputs_ids_free(inputs_ids *ids)
{
    lat_free(ids->starts);
    lat_free(ids->ids);
    lat_free(ids->types);
    memset(ids, 0, sizeof *ids);
}

lat_batch inputs_ids_batch(const inputs_ids *ids)
{
    return (lat_batch){.sequences = ids->sequences, .ids = ids->ids,
                       .types = ids->has_types ? ids->types : NULL,
                       .starts = ids->starts};
}
