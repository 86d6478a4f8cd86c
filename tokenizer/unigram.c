/*
 * unigram.c - the Unigram model: the most probable way through a word.
 *
 *     ▁ n e w s       best[i]: the best sum of log probabilities of pieces
 *     0 . . . .       that end at byte i, and where the last of them starts
 *     |-------> ▁new          (Viterbi; 64-bit sums, ties to the earlier
 *     |---------> ▁news        found, as the reference has it)
 *
 * A character that is no piece counts 10 less than the worst piece; unknown
 * ones in a row become one token, or their bytes where the vocabulary falls
 * back to bytes.
 */
#include "tokenizer_read_int.h"

#include <math.h>

static void offer(lat_best *best, double score, size_t start, uint32_t id)
{
    if (best->start == LAT_NO_ID || score > best->score) {
        best->score = score;
        best->start = (uint32_t)start;
        best->id = id;
    }
}

/* best[] has size + 1 places; only those at the ends of characters are ever
 * reached.  A piece is walked in the trie as far as the word agrees, so the
 * cost is the word's size times the longest piece's at worst. */
static lat_status forward(const lat_pieces *pieces, lat_best *best,
                          const char *word, size_t size, lat_error *error)
{
    for (size_t i = 0; i <= size; i++)
        best[i] = (lat_best){0.0, 0, LAT_NO_ID};
    for (size_t at = 0; at < size;) {
        size_t step = lat_utf8_length(word[at]);
        double here = best[at].score;
        uint32_t node = 0;
        bool single = false;
        for (size_t i = at; i < size; i++) {
            const lat_trie_edge *edge = lat_trie_step(&pieces->trie, node,
                                                      word[i]);
            if (edge == NULL)
                break;
            node = edge->child;
            if (edge->id == LAT_NO_ID)
                continue;
            offer(&best[i + 1], pieces->scores[edge->id] + here, at,
                  edge->id);
            single = single || i + 1 - at == step;
        }
        if (!single) {
            if (pieces->unknown == LAT_NO_ID)
                return lat_error_set(error, LAT_MALFORMED,
                                     "the text has a character that is no "
                                     "piece, and there is no unknown piece");
            offer(&best[at + step], pieces->unknown_score + here, at,
                  pieces->unknown);
        }
        at += step;
    }
    return LAT_OK;
}

/* The path from the end, into symbols: id, `before` = start, `after` = end;
 * the last token first. */
static size_t backward(const lat_pieces *pieces, const lat_best *best,
                       const char *word, size_t size, lat_symbol *symbols)
{
    size_t count = 0;
    for (size_t end = size; end > 0;) {
        size_t start = best[end].start;
        uint32_t id = best[end].id;
        bool unknown = id == pieces->unknown, bytes = false;
        while (unknown && start > 0 && best[start].id == pieces->unknown)
            start = best[start].start;
        if (unknown) {
            uint32_t whole = lat_trie_find(&pieces->trie, word + start,
                                           end - start);
            bytes = whole == LAT_NO_ID && pieces->byte_fallback;
            id = whole == LAT_NO_ID ? id : whole;
        }
        for (size_t i = start; bytes && i < end; i++)
            bytes = pieces->byte_ids[(unsigned char)word[i]] != LAT_NO_ID;
        for (size_t i = end; bytes && i > start; i--)
            symbols[count++] = (lat_symbol){
                pieces->byte_ids[(unsigned char)word[i - 1]], 0,
                (uint32_t)start, (uint32_t)end};
        if (!bytes)
            symbols[count++] = (lat_symbol){id, 0, (uint32_t)start,
                                            (uint32_t)end};
        end = start;
    }
    return count;
}

/* The path is found backward and written forward. */
lat_status lat_unigram_encode(const lat_pieces *pieces, lat_scratch *scratch,
                              const lat_text *text, size_t first, size_t end,
                              lat_error *error)
{
    const char *word = text->bytes + first;
    size_t size = end - first;
    lat_note note = {NULL, text, first, end};
    if (!lat_token_reserve(scratch, LAT_CACHE_TOKENS))
        return lat_error_memory(error, sizeof(lat_token));
    if (lat_cache_get(scratch, &note))
        return LAT_OK;
    size_t most = pieces->byte_fallback ? size
                  : lat_count_characters(word, size);
    if (!lat_scratch_grow(&scratch->best, &scratch->best_capacity, size + 1,
                          sizeof *scratch->best)
        || !lat_scratch_grow(&scratch->symbols, &scratch->symbol_capacity,
                             most, sizeof *scratch->symbols))
        return lat_error_memory(error, size * sizeof *scratch->best);
    lat_status status = forward(pieces, scratch->best, word, size, error);
    if (status != LAT_OK)
        return status;
    size_t count = backward(pieces, scratch->best, word, size,
                            scratch->symbols);
    if (!lat_token_reserve(scratch, count))
        return lat_error_memory(error, count * sizeof(lat_token));
    while (count > 0) {
        const lat_symbol *symbol = &scratch->symbols[--count];
        lat_note_token(scratch, &note, symbol->id, symbol->before,
                       symbol->after);
    }
    lat_note_end(&note);
    return LAT_OK;
}

/* How far below the worst piece an unknown character stands. */
#define UNKNOWN_PENALTY 10.0

lat_status lat_scores_begin(lat_pieces *pieces, lat_error *error)
{
    pieces->scores = lat_new_array(pieces->ids, sizeof *pieces->scores);
    if (pieces->scores == NULL)
        return lat_error_memory(error, pieces->ids * sizeof(double));
    pieces->unknown_score = INFINITY;
    return LAT_OK;
}

lat_status lat_scores_set(lat_pieces *pieces, uint32_t id, double score,
                          lat_error *error)
{
    if (!isfinite(score))
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "the score of piece %u is not finite", id);
    pieces->scores[id] = score;
    if (score - UNKNOWN_PENALTY < pieces->unknown_score)
        pieces->unknown_score = score - UNKNOWN_PENALTY;
    return LAT_OK;
}
