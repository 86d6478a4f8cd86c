/*
 * words.c - words of a text, and which tokens are a word's.
 *
 * By offsets only, never by joining pieces:
 *
 *     text     "un-believable film"
 *     words     [0,13)        [14,18)      white space
 *               [0,2) [2,3) [3,13) [14,18) split
 *     tokens    un - believ ##able film
 */
#include "tokenizer_int.h"

static bool add_span(lat_span **spans, size_t *capacity, size_t *count,
                     size_t first, size_t end)
{
    if (first == end)
        return true;
    if (*count == *capacity
        && !lat_scratch_grow(spans, capacity, *count + 1, sizeof **spans))
        return false;
    (*spans)[(*count)++] = (lat_span){(uint32_t)first, (uint32_t)end};
    return true;
}

lat_status lat_words_find(lat_span **spans, size_t *capacity, size_t *count,
                          const char *text, size_t size, lat_word_rule rule,
                          lat_error *error)
{
    const unsigned breaks = rule == LAT_WORDS_SPLIT
                                ? LAT_CHAR_WHITE | LAT_CHAR_PUNCT
                                : LAT_CHAR_WHITE;
    size_t start = 0, at = 0;
    *count = 0;
    if (size > UINT32_MAX / 2)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "the text has %zu bytes, more than 2^31", size);
    size_t bad = lat_utf8_valid(text, size);
    if (bad != size)
        return lat_error_at_byte(error, LAT_MALFORMED, bad,
                                 "the text is not valid UTF-8");
    while (at < size) {
        uint32_t code;
        size_t step = lat_utf8_next(text + at, &code);
        unsigned flags = lat_unicode_get(code)->flags & breaks;
        if (flags != 0) {
            if (!add_span(spans, capacity, count, start, at)
                || ((flags & LAT_CHAR_WHITE) == 0
                    && !add_span(spans, capacity, count, at, at + step)))
                return lat_error_memory(error, *count * sizeof **spans);
            start = at + step;
        }
        at += step;
    }
    if (!add_span(spans, capacity, count, start, at))
        return lat_error_memory(error, *count * sizeof **spans);
    return LAT_OK;
}

/* A token whose first byte is in no word (a space that it took in) belongs
 * to the first word that it reaches.  Tokens of a sequence come in the order
 * of their first bytes, words too: one walk over both. */
void lat_words_to_tokens(size_t *first, size_t *end,
                         const lat_encoding *encoding, int which,
                         const lat_span *words, size_t count)
{
    size_t token = 0, total = encoding->count;
    uint32_t before = 0; /* end of the word before */
    for (size_t i = 0; i < count; i++) {
        first[i] = end[i] = token;
        for (; token < total; token++) {
            uint32_t start = encoding->first[token];
            if (encoding->sequence[token] != which
                || encoding->end[token] == start)
                continue;
            if (start >= words[i].end)
                break;
            bool inside = start >= words[i].first
                          || (start >= before
                              && encoding->end[token] > words[i].first);
            if (!inside)
                continue;
            if (first[i] == end[i])
                first[i] = token;
            end[i] = token + 1;
        }
        if (first[i] == end[i])
            first[i] = end[i] = token;
        before = words[i].end;
    }
}
