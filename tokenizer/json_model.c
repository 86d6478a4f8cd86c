/*
 * json_model.c - the model and the added tokens out of a tokenizer.json.
 *
 *     {"type": "BPE", "vocab": {"<s>": 0, ...}, "merges": ["Ġ t", ...]}
 *     {"type": "Unigram", "unk_id": 1, "vocab": [["<pad>", 0.0], ...]}
 *
 * Old files leave the type out; then the members tell.
 */
#include "tokenizer_read_int.h"

#include <string.h>

typedef struct model_reader {
    lat_tokenizer *tokenizer;
    lat_pieces *pieces;
    const lat_json *model, *vocab;
    bool bad;
    lat_error *error;
} model_reader;

/* Names the place in the file, so that one finds the line in a file of a
 * hundred thousand. */
static lat_status malformed(const model_reader *in, const lat_json *where,
                            const char *text)
{
    return lat_error_at_byte(in->error, LAT_MALFORMED, where->byte, "%s",
                             text);
}

/* The ceiling keeps every table that is indexed by ids below 200 MB. */
static bool is_id(const lat_json *value)
{
    return value != NULL && value->integer && value->whole >= 0
           && value->whole < (int64_t)LAT_MOST_IDS;
}

/* ---- Vocabulary -------------------------------------------------------- */

/* Greatest id + 1 of pieces and added tokens, and bytes of the pieces. */
static lat_status measure(model_reader *in, const lat_json *added,
                          size_t *ids, size_t *entries, size_t *bytes)
{
    bool list = in->vocab->type == LAT_JSON_ARRAY;
    *ids = list ? in->vocab->size : 0;
    *entries = in->vocab->size;
    *bytes = 0;
    for (size_t i = 0; i < in->vocab->size; i++) {
        const lat_json *item = &in->vocab->items[i];
        if (list) {
            if (item->type != LAT_JSON_ARRAY || item->size != 2
                || item->items[0].type != LAT_JSON_STRING
                || item->items[1].type != LAT_JSON_NUMBER)
                return malformed(in, item, "a piece must be a string and "
                                           "its score");
            *bytes += item->items[0].size;
            continue;
        }
        if (!is_id(item))
            return malformed(in, item, "a piece's id must be an integer "
                                       "from 0 to 2^24 - 1");
        *bytes += item->key_size;
        if ((size_t)item->whole >= *ids)
            *ids = (size_t)item->whole + 1;
    }
    for (size_t i = 0; added != NULL && i < added->size; i++) {
        const lat_json *id = lat_json_get(&added->items[i], "id");
        if (!is_id(id))
            return malformed(in, &added->items[i],
                             "an added token needs an id from 0 to 2^24 - 1");
        if ((size_t)id->whole >= *ids)
            *ids = (size_t)id->whole + 1;
        ++*entries;
    }
    return LAT_OK;
}

/* Two passes: the greatest id decides the size of the tables, and a file
 * that lies about it is refused before anything is allocated for it. */
static lat_status read_pieces(model_reader *in, const lat_json *added)
{
    size_t ids, entries, bytes;
    bool list = in->vocab->type == LAT_JSON_ARRAY;
    lat_status status = measure(in, added, &ids, &entries, &bytes);
    if (status == LAT_OK)
        status = lat_pieces_begin(in->tokenizer, ids, entries, bytes,
                                  in->error);
    for (size_t i = 0; i < in->vocab->size && status == LAT_OK; i++) {
        const lat_json *item = &in->vocab->items[i];
        if (list)
            status = lat_pieces_add(in->tokenizer, (uint32_t)i,
                                    item->items[0].string,
                                    item->items[0].size, in->error);
        else
            status = lat_pieces_add(in->tokenizer, (uint32_t)item->whole,
                                    item->key, item->key_size, in->error);
    }
    return status;
}

/* Id of the piece that a member names; *out stays when there is none. */
static lat_status read_unknown(model_reader *in, const char *fallback)
{
    const char *text = lat_json_text(in->model, "unk_token", fallback,
                                     &in->bad);
    if (text == NULL)
        return LAT_OK;
    in->pieces->unknown = lat_trie_find(&in->pieces->trie, text,
                                        strlen(text));
    if (in->pieces->unknown == LAT_NO_ID)
        return lat_error_at_byte(in->error, LAT_MALFORMED, in->model->byte,
                                 "the vocabulary has no piece %s, the "
                                 "unknown token", text);
    return LAT_OK;
}

static lat_status copy_member(model_reader *in, const char *key,
                              const char *fallback, const char **out,
                              size_t *size)
{
    const char *text = lat_json_text(in->model, key, fallback, &in->bad);
    *size = strlen(text);
    *out = lat_arena_copy(&in->tokenizer->arena, text, *size);
    return *out == NULL ? lat_error_memory(in->error, *size) : LAT_OK;
}

/* ---- The three models -------------------------------------------------- */

/* A vocabulary without its unknown token cannot encode every text: refused
 * here rather than at the first strange word. */
static lat_status read_wordpiece(model_reader *in)
{
    in->pieces->kind = LAT_WORDPIECE;
    in->pieces->most_characters = (size_t)lat_json_count(
        in->model, "max_input_chars_per_word", 100, &in->bad);
    lat_status status = copy_member(in, "continuing_subword_prefix", "##",
                                    &in->pieces->prefix,
                                    &in->pieces->prefix_size);
    return status != LAT_OK ? status : read_unknown(in, "[UNK]");
}

/* "a b" or ["a", "b"]. */
static lat_status read_merge(model_reader *in, const lat_json *merge,
                             uint32_t rank)
{
    if (merge->type == LAT_JSON_ARRAY && merge->size == 2
        && merge->items[0].type == LAT_JSON_STRING
        && merge->items[1].type == LAT_JSON_STRING)
        return lat_merges_add(in->pieces, merge->items[0].string,
                              merge->items[0].size, merge->items[1].string,
                              merge->items[1].size, rank, in->error);
    const char *space = merge->type == LAT_JSON_STRING
                            ? memchr(merge->string, ' ', merge->size)
                            : NULL;
    if (space == NULL)
        return malformed(in, merge, "a merge must be two pieces with a "
                                    "space between them");
    size_t left = (size_t)(space - merge->string);
    return lat_merges_add(in->pieces, merge->string, left, space + 1,
                          merge->size - left - 1, rank, in->error);
}

/* The merges come last: they are looked up in the pieces, and their prefix
 * must be known to find what two of them make. */
static lat_status read_bpe(model_reader *in)
{
    const lat_json *merges = lat_json_get(in->model, "merges");
    lat_pieces *pieces = in->pieces;
    pieces->kind = LAT_BPE;
    if (lat_json_number(in->model, "dropout", 0, &in->bad) != 0)
        return lat_error_at_byte(in->error, LAT_UNSUPPORTED, in->model->byte,
                                 "BPE with dropout is not supported: its "
                                 "results are random");
    pieces->fuse_unknown = lat_json_flag(in->model, "fuse_unk", false,
                                         &in->bad);
    pieces->byte_fallback = lat_json_flag(in->model, "byte_fallback", false,
                                          &in->bad);
    pieces->ignore_merges = lat_json_flag(in->model, "ignore_merges", false,
                                          &in->bad);
    lat_status status = copy_member(in, "continuing_subword_prefix", "",
                                    &pieces->prefix, &pieces->prefix_size);
    if (status == LAT_OK)
        status = copy_member(in, "end_of_word_suffix", "", &pieces->suffix,
                             &pieces->suffix_size);
    if (status == LAT_OK)
        status = read_unknown(in, NULL);
    if (status != LAT_OK)
        return status;
    if (pieces->byte_fallback && pieces->prefix_size + pieces->suffix_size)
        return lat_error_at_byte(in->error, LAT_UNSUPPORTED, in->model->byte,
                                 "BPE with both byte_fallback and a prefix "
                                 "or suffix is not supported");
    if (merges == NULL || merges->type != LAT_JSON_ARRAY)
        return malformed(in, in->model, "a BPE model needs a list of "
                                        "merges");
    status = lat_merges_begin(pieces, merges->size, in->error);
    for (size_t i = 0; i < merges->size && status == LAT_OK; i++)
        status = read_merge(in, &merges->items[i], (uint32_t)i);
    return status;
}

/* Scores may be any finite numbers; NaN and infinity would make the search
 * for the best path depend on the order of its comparisons. */
static lat_status read_unigram(model_reader *in)
{
    const lat_json *unknown = lat_json_get(in->model, "unk_id");
    lat_pieces *pieces = in->pieces;
    lat_status status = lat_scores_begin(pieces, in->error);
    pieces->kind = LAT_UNIGRAM;
    for (size_t i = 0; i < in->vocab->size && status == LAT_OK; i++)
        status = lat_scores_set(pieces, (uint32_t)i,
                                in->vocab->items[i].items[1].number,
                                in->error);
    if (status != LAT_OK)
        return status;
    pieces->byte_fallback = lat_json_flag(in->model, "byte_fallback", false,
                                          &in->bad);
    if (unknown != NULL && unknown->type != LAT_JSON_NULL) {
        if (!is_id(unknown) || (size_t)unknown->whole >= in->vocab->size)
            return malformed(in, unknown, "unk_id is not an id of the "
                                          "vocabulary");
        pieces->unknown = (uint32_t)unknown->whole;
    }
    return LAT_OK;
}

/* The type must fit the vocabulary's form (a list of scores, or an object
 * of ids): a file that mixes them has no sensible reading. */
static lat_status read_by_type(model_reader *in, const char *type)
{
    bool list = in->vocab->type == LAT_JSON_ARRAY;
    if (type[0] == '\0')
        type = lat_json_get(in->model, "merges") != NULL ? "BPE"
               : list ? "Unigram" : "WordPiece";
    bool unigram = strcmp(type, "Unigram") == 0;
    bool known = unigram || strcmp(type, "BPE") == 0
                 || strcmp(type, "WordPiece") == 0;
    if (known && list != unigram)
        return malformed(in, in->vocab, "the vocabulary has not the form "
                                        "of its model");
    if (!known)
        return lat_error_at_byte(in->error, LAT_UNSUPPORTED, in->model->byte,
                                 "the model \"%s\" is not supported", type);
    if (unigram)
        return read_unigram(in);
    return strcmp(type, "BPE") == 0 ? read_bpe(in) : read_wordpiece(in);
}

/* In the order of the file: where several contents are equal the first one
 * is found. */
static lat_status read_added(model_reader *in, const lat_json *added)
{
    lat_status status = LAT_OK;
    for (size_t i = 0; added != NULL && i < added->size && status == LAT_OK;
         i++) {
        const lat_json *item = &added->items[i];
        const lat_json *content = lat_json_get(item, "content");
        if (content == NULL || content->type != LAT_JSON_STRING)
            return malformed(in, item, "an added token needs a content");
        lat_added token = {
            .content = content->string, .size = content->size,
            .id = (uint32_t)lat_json_get(item, "id")->whole,
            .lstrip = lat_json_flag(item, "lstrip", false, &in->bad),
            .rstrip = lat_json_flag(item, "rstrip", false, &in->bad),
            .single_word = lat_json_flag(item, "single_word", false,
                                         &in->bad),
            .normalized = lat_json_flag(item, "normalized", true, &in->bad)};
        status = lat_added_add(in->tokenizer, &token, in->error);
    }
    return status;
}

static lat_status read_model(lat_tokenizer *tokenizer, const lat_json *model,
                             const lat_json *added, lat_error *error)
{
    model_reader in = {.tokenizer = tokenizer, .pieces = &tokenizer->pieces,
                       .model = model,
                       .vocab = lat_json_get(model, "vocab"),
                       .error = error};
    if (model == NULL || in.vocab == NULL
        || (in.vocab->type != LAT_JSON_ARRAY
            && in.vocab->type != LAT_JSON_OBJECT))
        return lat_error_set(error, LAT_MALFORMED,
                             "the file has no model with a vocabulary");
    if (added != NULL && added->type != LAT_JSON_ARRAY)
        return malformed(&in, added, "added_tokens must be a list");
    const char *type = lat_json_text(model, "type", "", &in.bad);
    lat_status status = read_pieces(&in, added);
    if (status == LAT_OK)
        status = read_by_type(&in, type);
    if (status == LAT_OK)
        status = read_added(&in, added);
    if (status == LAT_OK && in.bad)
        return malformed(&in, model, "a member of the model or of an added "
                                     "token has the wrong type");
    return status;
}

/* Model and added tokens first, for the post-processor names their ids.
 * Truncation, padding and decoder are not read: see tokenizer_open.c. */
lat_status lat_read_tokenizer_json(lat_tokenizer *tokenizer, const void *text,
                                   size_t size, lat_error *error)
{
    lat_arena arena = {0};
    const lat_json *root = NULL, *added;
    lat_status status = lat_json_parse(&root, &arena, text, size, error);
    if (status == LAT_OK && root->type != LAT_JSON_OBJECT)
        status = lat_error_set(error, LAT_MALFORMED,
                               "the file is not a JSON object");
    if (status == LAT_OK) {
        added = lat_json_get(root, "added_tokens");
        if (added != NULL && added->type == LAT_JSON_NULL)
            added = NULL;
        status = read_model(tokenizer, lat_json_get(root, "model"), added,
                            error);
    }
    if (status == LAT_OK)
        status = lat_read_steps(tokenizer, lat_json_get(root, "normalizer"),
                                false, error);
    if (status == LAT_OK)
        status = lat_read_steps(tokenizer,
                                lat_json_get(root, "pre_tokenizer"), true,
                                error);
    if (status == LAT_OK)
        status = lat_read_processor(tokenizer,
                                    lat_json_get(root, "post_processor"),
                                    error);
    lat_arena_free(&arena);
    return status == LAT_OK ? lat_tokenizer_finish(tokenizer, error)
                            : status;
}
