/*
 * encode.c - a text, or a pair, to an encoding.
 *
 * Added tokens cut the text into stretches; a long stretch is worked on in
 * chunks, so that the scratch stays small whatever the text's size.  A chunk
 * ends before a space between two ASCII letters, where (lat_tokenizer.chunks
 * says so) no step looks across:
 *
 *     ... film| about [MASK] and| trees ...
 */
#include "tokenizer_int.h"

#include <string.h>

#define CHUNK ((size_t)1 << 15)

/* Only these count at a cut: no step treats a letter and a plain space as
 * one thing, while marks, joiners or other spaces might belong together. */
static bool ascii_letter(char c)
{
    return (unsigned)((c | 32) - 'a') < 26u;
}

/* End of the chunk that starts at `at`. */
static size_t chunk_end(const lat_tokenizer *tokenizer, const char *text,
                        size_t at, size_t size)
{
    if (!tokenizer->chunks || size - at <= CHUNK)
        return size;
    for (size_t i = at + CHUNK; i + 1 < size; i++)
        if (text[i] == ' ' && ascii_letter(text[i - 1])
            && ascii_letter(text[i + 1]))
            return i;
    return size;
}

/* One pass without a branch; it lets most steps of most texts off. */
static bool is_ascii(const char *text, size_t size)
{
    unsigned char any = 0;
    for (size_t i = 0; i < size; i++)
        any |= (unsigned char)text[i];
    return any < 0x80;
}

/* The whole original of the sequence, for trimming. */
typedef struct sequence {
    const lat_tokenizer *tokenizer;
    lat_scratch *scratch;
    const char *text;
    size_t size;
    size_t first_token;
} sequence;

/* Trims the tokens from number `token` on.  A piece's own text tells how many
 * spaces it took in, so this needs no look at the normalized text. */
static void trim_from(const sequence *job, size_t token)
{
    const lat_pieces *pieces = &job->tokenizer->pieces;
    if (!job->tokenizer->trim)
        return;
    for (; token < job->scratch->token_count; token++) {
        lat_token *one = &job->scratch->tokens[token];
        if (one->id < pieces->ids && pieces->text[one->id] != NULL)
            lat_trim_range(job->tokenizer, &one->range,
                           token - job->first_token, pieces->text[one->id],
                           pieces->sizes[one->id], job->text, job->size);
    }
}

/* A stretch between added tokens: words, then each word's tokens.  The splits
 * stay valid while the model works, which writes to neither text nor list. */
static lat_status model_encode(const sequence *job, const lat_text *text,
                               lat_range stretch, lat_error *error)
{
    const lat_pieces *pieces = &job->tokenizer->pieces;
    lat_scratch *scratch = job->scratch;
    const lat_range *splits;
    size_t before = scratch->token_count;
    if (!lat_split(job->tokenizer, scratch, text, stretch, &text, &splits))
        return lat_error_memory(error, text->size);
    for (size_t i = 0; i < scratch->split_count; i++) {
        size_t first = splits[i].first, end = splits[i].end;
        lat_status status;
        if (pieces->kind == LAT_WORDPIECE)
            status = lat_wordpiece_encode(pieces, scratch, text, first, end,
                                          error);
        else if (pieces->kind == LAT_BPE)
            status = lat_bpe_encode(pieces, scratch, text, first, end,
                                    error);
        else
            status = lat_unigram_encode(pieces, scratch, text, first, end,
                                        error);
        if (status != LAT_OK)
            return status;
    }
    trim_from(job, before);
    return LAT_OK;
}

/* An added token keeps its id whatever the model thinks; its range takes in
 * the spaces that lstrip and rstrip gave it. */
static lat_status add_token(const sequence *job, const lat_text *text,
                            const lat_added_match *match, lat_error *error)
{
    lat_scratch *scratch = job->scratch;
    if (!lat_token_reserve(scratch, 1))
        return lat_error_memory(error, sizeof(lat_token));
    lat_token_add(scratch, match->token->id, text, match->first, match->end);
    if (job->tokenizer->trim)
        lat_trim_range(job->tokenizer,
                       &scratch->tokens[scratch->token_count - 1].range,
                       scratch->token_count - 1 - job->first_token,
                       text->bytes + match->first, match->end - match->first,
                       job->text, job->size);
    return LAT_OK;
}

/* Normalizes a chunk and looks for the added tokens that are defined on
 * normalized text.  Ranges count from the start of the whole text: `base`. */
static lat_status encode_chunk(const sequence *job, size_t first, size_t end,
                               lat_error *error)
{
    const lat_tokenizer *tokenizer = job->tokenizer;
    lat_text chunk = {.bytes = job->text + first, .size = end - first,
                      .plain = true, .base = (uint32_t)first};
    const lat_text *text;
    chunk.ascii = is_ascii(chunk.bytes, chunk.size);
    if (!lat_normalize(tokenizer, job->scratch, &chunk, &text))
        return lat_error_memory(error, chunk.size);
    size_t at = 0, floor = 0;
    lat_added_match match;
    while (lat_added_next(tokenizer, &tokenizer->normalized, text->bytes,
                          text->size, &at, floor, &match)) {
        lat_status status = LAT_OK;
        if (floor < match.first)
            status = model_encode(job, text, (lat_range){
                (uint32_t)floor, (uint32_t)match.first}, error);
        if (status == LAT_OK)
            status = add_token(job, text, &match, error);
        if (status != LAT_OK)
            return status;
        floor = match.end;
    }
    if (floor >= text->size)
        return LAT_OK;
    return model_encode(job, text, (lat_range){(uint32_t)floor,
                                               (uint32_t)text->size}, error);
}

static lat_status encode_stretch(const sequence *job, size_t first,
                                 size_t end, lat_error *error)
{
    lat_status status = LAT_OK;
    while (first < end && status == LAT_OK) {
        size_t stop = chunk_end(job->tokenizer, job->text, first, end);
        status = encode_chunk(job, first, stop, error);
        first = stop;
    }
    return status;
}

/* One text.  Offsets are 32 bits wide, hence the limit of 2^31 bytes, which
 * leaves room for normal forms that are longer than the text. */
static lat_status encode_sequence(const lat_tokenizer *tokenizer,
                                  lat_scratch *scratch, const char *text,
                                  size_t size, lat_error *error)
{
    sequence job = {tokenizer, scratch, text, size, scratch->token_count};
    lat_text whole = {.bytes = text, .size = size, .plain = true};
    size_t at = 0, floor = 0;
    lat_added_match match;
    lat_status status = LAT_OK;
    if (size > UINT32_MAX / 2)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "the text has %zu bytes, more than 2^31",
                             size);
    size_t bad = lat_utf8_valid(text, size);
    if (bad != size)
        return lat_error_at_byte(error, LAT_MALFORMED, bad,
                                 "the text is not valid UTF-8");
    while (status == LAT_OK
           && lat_added_next(tokenizer, &tokenizer->original, text, size,
                             &at, floor, &match)) {
        status = encode_stretch(&job, floor, match.first, error);
        if (status == LAT_OK)
            status = add_token(&job, &whole, &match, error);
        floor = match.end;
    }
    if (status == LAT_OK)
        status = encode_stretch(&job, floor, size, error);
    return status;
}

/* The scratch of this encoding, made at the first call.  Cached words are
 * worthless to another tokenizer, so they go when it changes. */
static lat_scratch *scratch_of(lat_encoding *out,
                               const lat_tokenizer *tokenizer)
{
    lat_scratch *scratch = out->scratch;
    if (scratch == NULL) {
        scratch = lat_alloc_zero(sizeof *scratch);
        out->scratch = scratch;
    } else if (scratch->serial != tokenizer->serial
               && scratch->cache != NULL) {
        memset(scratch->cache, 0, LAT_CACHE_SLOTS * sizeof *scratch->cache);
    }
    if (scratch != NULL) {
        scratch->serial = tokenizer->serial;
        scratch->token_count = 0;
    }
    return scratch;
}

lat_status lat_tokenizer_encode(const lat_tokenizer *tokenizer,
                                lat_encoding *out, const char *a,
                                size_t a_size, const char *b, size_t b_size,
                                const lat_encode_options *options,
                                lat_error *error)
{
    static const lat_encode_options usual = {0};
    lat_scratch *scratch = scratch_of(out, tokenizer);
    size_t counts[2];
    if (scratch == NULL)
        return lat_error_memory(error, sizeof *scratch);
    if (options == NULL)
        options = &usual;
    out->count = 0;
    out->cut = 0;
    lat_status status = encode_sequence(tokenizer, scratch, a, a_size,
                                        error);
    counts[0] = scratch->token_count;
    if (status == LAT_OK && b != NULL)
        status = encode_sequence(tokenizer, scratch, b, b_size, error);
    counts[1] = scratch->token_count - counts[0];
    if (status != LAT_OK)
        return status;
    return lat_template_apply(tokenizer, out, scratch->tokens, counts,
                              b != NULL, options, error);
}
