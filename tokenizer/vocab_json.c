/*
 * vocab_json.c - RoBERTa's vocab.json with merges.txt.
 *
 *     vocab.json   {"<s>": 0, "<pad>": 1, ..., "Ġthe": 5, ...}
 *     merges.txt   #version: 0.2
 *                  Ġ t
 *                  Ġ a
 *
 * The files hold no pipeline: it is the byte-level one, with RoBERTa's
 * template and a <mask> that takes in the spaces before it.
 */
#include "tokenizer_read_int.h"

#include <string.h>

/* The same limits as in a tokenizer.json. */
static lat_status read_ids(lat_tokenizer *tokenizer, const lat_json *vocab,
                           lat_error *error)
{
    size_t ids = 0, bytes = 0;
    for (size_t i = 0; i < vocab->size; i++) {
        const lat_json *item = &vocab->items[i];
        if (!item->integer || item->whole < 0
            || item->whole >= (int64_t)LAT_MOST_IDS)
            return lat_error_at_byte(error, LAT_MALFORMED, item->byte,
                                     "a piece's id must be an integer from "
                                     "0 to 2^24 - 1");
        bytes += item->key_size;
        if ((size_t)item->whole >= ids)
            ids = (size_t)item->whole + 1;
    }
    lat_status status = lat_pieces_begin(tokenizer, ids, vocab->size, bytes,
                                         error);
    for (size_t i = 0; i < vocab->size && status == LAT_OK; i++)
        status = lat_pieces_add(tokenizer, (uint32_t)vocab->items[i].whole,
                                vocab->items[i].key,
                                vocab->items[i].key_size, error);
    return status;
}

/* Empty lines and the version line are no merges and take no rank. */
static lat_status add_merge(lat_pieces *pieces, const char *line, size_t size,
                            uint32_t *rank, lat_error *error)
{
    const char *space = memchr(line, ' ', size);
    if (size == 0 || (size >= 8 && memcmp(line, "#version", 8) == 0))
        return LAT_OK;
    if (space == NULL)
        return lat_error_set(error, LAT_MALFORMED,
                             "a merge must be two pieces with a space "
                             "between them");
    size_t left = (size_t)(space - line);
    return lat_merges_add(pieces, line, left, space + 1, size - left - 1,
                          (*rank)++, error);
}

/* Errors of a merge know its rank, not its line: they are written anew with
 * the line that a reader can look up. */
static lat_status read_merges(lat_pieces *pieces, const char *text,
                              size_t size, lat_error *error)
{
    size_t lines = 1, number = 1;
    uint32_t rank = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    lat_status status = lat_merges_begin(pieces, lines, error);
    for (size_t at = 0; at < size && status == LAT_OK; number++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end == NULL ? size - at
                                    : (size_t)(end - (text + at));
        size_t bare = length > 0 && text[at + length - 1] == '\r'
                          ? length - 1 : length;
        if (lat_utf8_valid(text + at, bare) != bare)
            return lat_error_at_line(error, LAT_MALFORMED, number,
                                     "the merge is not valid UTF-8");
        lat_error inner = {0};
        status = add_merge(pieces, text + at, bare, &rank, &inner);
        if (status != LAT_OK)
            return lat_error_at_line(error, status, number, "%s",
                                     inner.text);
        at += length + 1;
    }
    return status;
}

static uint32_t find(const lat_tokenizer *tokenizer, const char *text)
{
    return lat_trie_find(&tokenizer->pieces.trie, text, strlen(text));
}

/* The pipeline around a byte-level vocabulary with RoBERTa's names. */
static lat_status finish_roberta(lat_tokenizer *tokenizer, bool prefix_space,
                                 lat_error *error)
{
    static const char *const names[] = {"<s>", "<pad>", "</s>", "<unk>",
                                        "<mask>"};
    lat_pieces *pieces = &tokenizer->pieces;
    pieces->prefix = pieces->suffix = "";
    for (size_t i = 0; i < 5; i++) {
        lat_added token = {.content = names[i], .size = strlen(names[i]),
                           .id = find(tokenizer, names[i]),
                           .lstrip = i == 4, .normalized = true};
        if (token.id == LAT_NO_ID)
            return lat_error_set(error, LAT_UNSUPPORTED,
                                 "the vocabulary has no piece %s: only "
                                 "RoBERTa's form is known", names[i]);
        lat_status status = lat_added_add(tokenizer, &token, error);
        if (status != LAT_OK)
            return status;
    }
    lat_step *step = lat_step_add(tokenizer, true, LAT_STEP_BYTE_LEVEL);
    if (step == NULL)
        return lat_error_memory(error, sizeof *step);
    step->regex = true;
    step->prefix_space = prefix_space;
    tokenizer->trim = true;
    tokenizer->trim_prefix = prefix_space;
    lat_status status = lat_template_usual(tokenizer, find(tokenizer, "<s>"),
                                           find(tokenizer, "</s>"), true,
                                           error);
    return status == LAT_OK ? lat_tokenizer_finish(tokenizer, error)
                            : status;
}

lat_status lat_read_vocab_json(lat_tokenizer *tokenizer, const lat_map *vocab,
                               const lat_map *merges, const char *merges_path,
                               const lat_json *config, lat_error *error)
{
    lat_arena arena = {0};
    const lat_json *root = NULL;
    bool bad = false;
    lat_status status = lat_json_parse(&root, &arena, vocab->data,
                                       vocab->size, error);
    tokenizer->pieces.kind = LAT_BPE;
    if (status == LAT_OK && root->type != LAT_JSON_OBJECT)
        status = lat_error_set(error, LAT_MALFORMED,
                               "the file is not a JSON object of pieces and "
                               "ids");
    if (status == LAT_OK)
        status = read_ids(tokenizer, root, error);
    lat_arena_free(&arena);
    if (status != LAT_OK)
        return status;
    status = read_merges(&tokenizer->pieces, (const char *)merges->data,
                         merges->size, error);
    if (status != LAT_OK) {
        lat_error_in_file(error, merges_path);
        return status;
    }
    return finish_roberta(tokenizer,
                          lat_json_flag(config, "add_prefix_space", false,
                                        &bad), error);
}

/* The same out of a GGUF file: pieces in the order of their ids, merges in
 * that of their ranks. */
lat_status lat_read_gpt2_parts(lat_tokenizer *tokenizer,
                               const lat_tokenizer_parts *parts,
                               const lat_json *config, lat_error *error)
{
    lat_pieces *pieces = &tokenizer->pieces;
    size_t bytes = 0;
    uint32_t rank = 0;
    bool bad = false;
    pieces->kind = LAT_BPE;
    for (size_t i = 0; i < parts->count; i++)
        if (!lat_size_add(bytes, parts->sizes[i], &bytes))
            return lat_error_memory(error, UINT64_MAX);
    lat_status status = lat_pieces_begin(tokenizer, parts->count,
                                         parts->count, bytes, error);
    for (size_t i = 0; i < parts->count && status == LAT_OK; i++)
        status = lat_pieces_add(tokenizer, (uint32_t)i, parts->pieces[i],
                                parts->sizes[i], error);
    if (status == LAT_OK)
        status = lat_merges_begin(pieces, parts->merge_count, error);
    for (size_t i = 0; i < parts->merge_count && status == LAT_OK; i++)
        status = add_merge(pieces, parts->merges[i],
                           strlen(parts->merges[i]), &rank, error);
    return status != LAT_OK
        ? status
        : finish_roberta(tokenizer, lat_json_flag(config, "add_prefix_space",
                                                  false, &bad), error);
}
