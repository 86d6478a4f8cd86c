/* verb_tokenize.c - pieces, ids and byte offsets of each line. */
#include "inputs_int.h"
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"jsonl", 0, CLI_FLAG, NULL,
     "lines are JSON strings (or {\"a\": ..., \"b\": ...}); print lists of "
     "[id, first byte, byte after the last]",
     NULL},
    {"max-length", 0, CLI_COUNT, "N",
     "cut to N tokens, special ones counted; 0 does not cut", "0"},
    {"truncation", 0, CLI_TEXT, "HOW",
     "longest_first, only_first or only_second", "longest_first"},
    {"out", 'o', CLI_TEXT, "FILE", "where the lines go", "-"},
    {0}};

typedef struct tokenize_state {
    const lat_tokenizer *tokenizer;
    lat_encode_options how;
    lat_encoding encoding;
    lat_buffer text;
    lat_output *output;
} tokenize_state;

static lat_status read_truncation(lat_truncation *out, const char *name,
                                  lat_error *error)
{
    static const char *const names[] = {"longest_first", "only_first",
                                        "only_second"};
    for (size_t i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (lat_truncation)i;
            return LAT_OK;
        }
    return lat_error_set(error, LAT_USAGE,
                         "--truncation is '%.40s', expected longest_first, "
                         "only_first or only_second",
                         name);
}

static void print_triples(tokenize_state *s)
{
    const lat_encoding *e = &s->encoding;
    lat_buffer_char(&s->text, '[');
    for (size_t i = 0; i < e->count; i++)
        lat_buffer_format(&s->text, "%s[%u,%u,%u]", i == 0 ? "" : ",",
                          e->ids[i], e->first[i], e->end[i]);
    lat_buffer_text(&s->text, "]\n");
}

static void print_pieces(tokenize_state *s)
{
    const lat_encoding *e = &s->encoding;
    for (size_t i = 0; i < e->count; i++) {
        size_t size = 0;
        const char *piece =
            lat_tokenizer_piece(s->tokenizer, e->ids[i], &size);
        if (i != 0)
            lat_buffer_char(&s->text, ' ');
        if (piece != NULL)
            lat_buffer_add(&s->text, piece, size);
    }
    lat_buffer_char(&s->text, '\n');
}

static lat_status encode(tokenize_state *s, const char *a, size_t a_size,
                         const char *b, size_t b_size, lat_error *error)
{
    return lat_tokenizer_encode(s->tokenizer, &s->encoding, a, a_size, b,
                                b_size, &s->how, error);
}

static lat_status encode_json(tokenize_state *s, const char *line,
                              size_t size, lat_error *error)
{
    lat_arena arena = {0};
    const lat_json *value = NULL;
    lat_status status = lat_json_parse(&value, &arena, line, size, error);
    if (status != LAT_OK)
        goto done;
    const lat_json *a = value, *b = NULL;
    if (value->type == LAT_JSON_OBJECT) {
        a = lat_json_get(value, "a");
        b = lat_json_get(value, "b");
    }
    if (a == NULL || a->type != LAT_JSON_STRING ||
        (b != NULL && b->type != LAT_JSON_STRING))
        status = lat_error_set(error, LAT_MALFORMED,
                               "expected a JSON string, or an object with "
                               "strings \"a\" and \"b\"");
    else
        status = encode(s, a->string, a->size, b == NULL ? NULL : b->string,
                        b == NULL ? 0 : b->size, error);
done:
    lat_arena_free(&arena);
    return status;
}

static lat_status flush(tokenize_state *s, lat_error *error)
{
    lat_status status = lat_buffer_status(&s->text, error);
    if (status == LAT_OK)
        status = lat_output_write(s->output, s->text.data, s->text.size,
                                  error);
    lat_buffer_clear(&s->text);
    return status;
}

static lat_status all_lines(tokenize_state *s, const lat_lines *lines,
                            bool json, lat_error *error)
{
    lat_status status = LAT_OK;
    for (size_t i = 0; i < lines->count && status == LAT_OK; i++) {
        const char *line = lines->text[i];
        size_t size = lines->size[i];
        status = json ? encode_json(s, line, size, error)
                      : encode(s, line, size, NULL, 0, error);
        if (status != LAT_OK) {
            if (error != NULL && !error->has_line) {
                error->has_line = true;
                error->line = i + 1;
                error->has_byte = false;
            }
            return status;
        }
        if (json)
            print_triples(s);
        else
            print_pieces(s);
        if (s->text.size > 65536)
            status = flush(s, error);
    }
    return status == LAT_OK ? flush(s, error) : status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    const char *file = cli_argument(call, 1);
    lat_reader reader = {0};
    lat_lines lines = {0};
    tokenize_state s = {
        .how = {.max_length = (size_t)cli_count(call, "max-length")}};
    if (file == NULL)
        file = "-";
    lat_status status = read_truncation(&s.how.truncation,
                                        cli_text(call, "truncation"), error);
    if (status == LAT_OK)
        status = inputs_tokenizer(&reader, cli_argument(call, 0), error);
    if (status == LAT_OK)
        status = lat_lines_open(&lines, file, error);
    if (status == LAT_OK)
        status = lat_output_open(&s.output, cli_text(call, "out"), error);
    if (status != LAT_OK)
        goto done;
    s.tokenizer = reader.tokenizer;
    status = all_lines(&s, &lines, cli_given(call, "jsonl"), error);
    if (status == LAT_OK) {
        status = lat_output_commit(s.output, NULL, error);
        s.output = NULL;
    } else {
        lat_error_in_file(error, file);
    }
done:
    lat_output_abort(s.output);
    lat_buffer_free(&s.text);
    lat_encoding_free(&s.encoding);
    lat_lines_free(&lines);
    lat_reader_close(&reader);
    return status;
}

const cli_verb verb_tokenize = {
    .name = "tokenize",
    .summary = "pieces, ids and byte offsets of each line",
    .forms = "latent tokenize MODEL [--jsonl] [FILE]",
    .examples = "echo 'a gripping film' | latent tokenize models/tuned\n"
                "latent tokenize models/tuned --jsonl lines.jsonl",
    .notes = "MODEL may also be a tokenizer file (vocab.txt, tokenizer.json, "
             "...) or a folder that\nholds no weights.  Special tokens are "
             "printed as [id,0,0].",
    .options = options,
    .least = 1,
    .most = 2,
    .run = run};
