/*
 * gguf_vocabulary.c - the vocabulary of a GGUF file, back in hub form.
 *
 * llama.cpp keeps WordPiece vocabularies in "phantom space" form: U+2581
 * stands where a word begins, and continuations lose their marks.
 *
 *     vocab.txt   hello            ##ing   [CLS]
 *     GGUF        U+2581 hello     ing     [CLS]   (control piece: as it is)
 *
 * Older converters wrote no kinds of pieces and kept every bracketed piece
 * as it is.  "##" followed by U+2581 or by brackets would not come back:
 * our writer lists such pieces in latent.tokenizer.continuations.
 */
#include "gguf_int.h"

#include <string.h>

static const char phantom[] = "\xe2\x96\x81"; /* U+2581 */
#define PHANTOM 3u

/* An array of that many 4-byte items, or NULL when the key is absent. */
static lat_status find_items(const lat_gguf_key **out,
                             const struct lat_gguf *gguf, const char *name,
                             lat_gguf_type type, size_t count,
                             lat_error *error)
{
    const lat_gguf_key *key = lat_gguf_find(gguf, name);

    *out = key;
    if (key == NULL)
        return LAT_OK;
    /* Writers use u32 and i32 for the same things. */
    if (key->type != LAT_GGUF_ARRAY ||
        (key->item != type &&
         !(type == LAT_GGUF_I32 && key->item == LAT_GGUF_U32)))
        return lat_error_set(error, LAT_MALFORMED,
                             "key \"%s\" must be an array of %s", name,
                             type == LAT_GGUF_F32 ? "f32" : "i32");
    if (count != SIZE_MAX && key->count != count)
        return lat_error_set(error, LAT_MALFORMED,
                             "key \"%s\" has %llu items for %zu pieces",
                             name, (unsigned long long)key->count, count);
    return LAT_OK;
}

static bool is_bracketed(const char *piece, size_t size)
{
    return size > 2 && piece[0] == '[' && piece[size - 1] == ']';
}

/* One marker for each piece: 1 when it is a continuation by our list. */
static lat_status read_continuations(unsigned char *marks, size_t count,
                                     const struct lat_gguf *gguf,
                                     lat_error *error)
{
    const lat_gguf_key *key = NULL;
    lat_status status = find_items(&key, gguf,
                                   "latent.tokenizer.continuations",
                                   LAT_GGUF_I32, SIZE_MAX, error);

    for (uint64_t i = 0; key != NULL && status == LAT_OK && i < key->count;
         i++) {
        uint32_t number = lat_read_u32(key->data + 4 * i);

        if (number >= count)
            status = lat_error_set(error, LAT_MALFORMED,
                                   "latent.tokenizer.continuations names "
                                   "piece %lu of %zu",
                                   (unsigned long)number, count);
        else
            marks[number] = 1;
    }
    return status;
}

/* Rewrites the pieces of a WordPiece vocabulary.  Old and new texts may
 * share memory; only continuations need new room, two bytes more each. */
static lat_status to_hub_form(lat_gguf_list *list,
                              const struct lat_gguf *gguf, lat_arena *arena,
                              lat_error *error)
{
    size_t count = list->count, *sizes = list->sizes;
    const char **pieces = list->texts;
    const lat_gguf_key *kinds = NULL;
    unsigned char *marks = lat_alloc_zero(count + 1);
    lat_status status;

    if (marks == NULL)
        return lat_error_memory(error, count);
    status = find_items(&kinds, gguf, "tokenizer.ggml.token_type",
                        LAT_GGUF_I32, count, error);
    if (status == LAT_OK)
        status = read_continuations(marks, count, gguf, error);
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        bool kept = is_bracketed(pieces[i], sizes[i]) ||
                    (kinds != NULL && lat_read_u32(kinds->data + 4 * i) ==
                                          LAT_PIECE_CONTROL);
        char *piece;

        if (marks[i] == 0 && kept)
            continue;
        if (marks[i] == 0 && sizes[i] >= PHANTOM &&
            memcmp(pieces[i], phantom, PHANTOM) == 0) {
            pieces[i] += PHANTOM;
            sizes[i] -= PHANTOM;
            continue;
        }
        piece = lat_arena_alloc(arena, sizes[i] + 3);
        if (piece == NULL) {
            status = lat_error_memory(error, sizes[i] + 3);
            break;
        }
        memcpy(piece, "##", 2);
        memcpy(piece + 2, pieces[i], sizes[i]);
        pieces[i] = piece;
        sizes[i] += 2;
    }
    lat_free(marks);
    return status;
}

/* A NaN would make every comparison of paths false. */
static lat_status read_scores(lat_model_vocabulary *to,
                              const struct lat_gguf *gguf, lat_arena *arena,
                              lat_error *error)
{
    const lat_gguf_key *key = NULL;
    float *scores;
    lat_status status = find_items(&key, gguf, "tokenizer.ggml.scores",
                                   LAT_GGUF_F32, to->count, error);

    if (status != LAT_OK || key == NULL)
        return status;
    scores = lat_arena_array(arena, to->count + 1, sizeof *scores);
    if (scores == NULL)
        return lat_error_memory(error, to->count * sizeof *scores);
    for (size_t i = 0; i < to->count; i++) {
        uint32_t bits = lat_read_u32(key->data + 4 * i);

        memcpy(&scores[i], &bits, sizeof bits);
        if (scores[i] != scores[i])
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "tokenizer.ggml.scores: piece %zu has NaN",
                                 i);
    }
    to->scores = scores;
    return LAT_OK;
}

/* has_flags tells a tokenizer whether these are the file's word or only
 * zeros: a foreign file has none of the three. */
static lat_status read_flags(lat_model_vocabulary *to,
                             const lat_weights *weights, lat_error *error)
{
    static const char *const names[] = {
        "latent.tokenizer.lowercase",
        "latent.tokenizer.strip_accents",
        "latent.tokenizer.chinese_characters",
    };
    bool *flags[] = {&to->lowercase, &to->strip_accents,
                     &to->chinese_characters};
    lat_status status = LAT_OK;

    to->has_flags = true;
    for (size_t i = 0; i < 3 && status == LAT_OK; i++) {
        bool found = false;

        status = lat_weights_meta_flag(flags[i], &found, weights, names[i],
                                       error);
        to->has_flags = to->has_flags && found;
    }
    return status;
}

/* Bytes under a key, in the mapped file; NULL when the key is absent. */
static lat_status read_bytes(const void **out, size_t *size,
                             const struct lat_gguf *gguf, const char *name,
                             lat_error *error)
{
    const lat_gguf_key *key = lat_gguf_find(gguf, name);

    if (key == NULL)
        return LAT_OK;
    if (key->type != LAT_GGUF_ARRAY ||
        (key->item != LAT_GGUF_U8 && key->item != LAT_GGUF_I8))
        return lat_error_set(error, LAT_MALFORMED,
                             "key \"%s\" must be an array of u8", name);
    *out = key->data;
    *size = (size_t)key->count;
    return LAT_OK;
}

/* What stands for a whole tokenizer file, or completes the pieces. */
static lat_status read_files(lat_model_vocabulary *to,
                             const lat_weights *weights, lat_error *error)
{
    const struct lat_gguf *gguf = weights->gguf;
    bool found = false;
    lat_status status = read_bytes(&to->charsmap, &to->charsmap_size, gguf,
                                   "tokenizer.ggml.precompiled_charsmap",
                                   error);

    if (status == LAT_OK)
        status = read_bytes(&to->sentencepiece, &to->sentencepiece_size,
                            gguf, "latent.tokenizer.sentencepiece", error);
    if (status == LAT_OK)
        status = lat_weights_meta_text(&to->tokenizer_json,
                                       &to->tokenizer_json_size, &found,
                                       weights, "latent.tokenizer.json",
                                       error);
    if (status == LAT_OK)
        status = lat_weights_meta_text(&to->settings, &to->settings_size,
                                       &found, weights,
                                       "latent.tokenizer.settings", error);
    return status;
}

/* Without kind or tokens there is no vocabulary, unless a SentencePiece file
 * stands in; that is no error: such a file still gives hidden states for
 * token ids. */
lat_status lat_gguf_read_vocabulary(lat_weights *weights, lat_error *error)
{
    struct lat_gguf *gguf = weights->gguf;
    lat_model_vocabulary *to = &gguf->vocabulary;
    lat_arena *arena = &weights->arena;
    lat_gguf_list pieces = {0}, merges = {0};
    size_t size = 0;
    bool found = false;
    lat_status status;

    status = lat_weights_meta_text(&to->kind, &size, &found, weights,
                                   "tokenizer.ggml.model", error);
    if (status == LAT_OK)
        status = lat_gguf_texts(&pieces, gguf, "tokenizer.ggml.tokens", arena,
                                error);
    if (status == LAT_OK && found)
        status = read_files(to, weights, error);
    if (status != LAT_OK || !found ||
        (pieces.texts == NULL && to->sentencepiece == NULL))
        return status;
    if (strcmp(to->kind, "bert") == 0)
        status = to_hub_form(&pieces, gguf, arena, error);
    to->pieces = pieces.texts;
    to->sizes = pieces.sizes;
    to->count = pieces.count;
    if (status == LAT_OK)
        status = read_scores(to, gguf, arena, error);
    if (status == LAT_OK)
        status = lat_gguf_texts(&merges, gguf, "tokenizer.ggml.merges",
                                arena, error);
    to->merges = merges.texts;
    to->merge_count = merges.count;
    if (status == LAT_OK)
        status = read_flags(to, weights, error);
    gguf->has_vocabulary = status == LAT_OK;
    return status;
}

const lat_model_vocabulary *lat_weights_vocabulary(const lat_weights *w)
{
    return w->gguf != NULL && w->gguf->has_vocabulary ? &w->gguf->vocabulary
                                                      : NULL;
}
