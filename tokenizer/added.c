/*
 * added.c - added tokens: texts that are tokens whatever surrounds them.
 *
 * They are looked for from left to right, the longest first, before the
 * text is normalized (or after, for those so marked):
 *
 *     "I <mask> you" --> "I" | " <mask>" (lstrip takes the space) | " you"
 */
#include "tokenizer_int.h"

static bool is_word(uint32_t code)
{
    return lat_unicode_is(code, LAT_CHAR_WORD);
}

static size_t character_before(const char *text, size_t at, uint32_t *code)
{
    do
        at--;
    while (((unsigned char)text[at] & 0xC0) == 0x80);
    lat_utf8_next(text + at, code);
    return at;
}

static bool stands_alone(const char *text, size_t size, size_t first,
                         size_t end)
{
    uint32_t code;
    if (first > 0) {
        character_before(text, first, &code);
        if (is_word(code))
            return false;
    }
    if (end < size) {
        lat_utf8_next(text + end, &code);
        if (is_word(code))
            return false;
    }
    return true;
}

static size_t white_before(const char *text, size_t at)
{
    uint32_t code;
    while (at > 0) {
        size_t before = character_before(text, at, &code);
        if (!lat_unicode_is(code, LAT_CHAR_WHITE))
            break;
        at = before;
    }
    return at;
}

static size_t white_after(const char *text, size_t size, size_t at)
{
    uint32_t code;
    while (at < size) {
        size_t step = lat_utf8_next(text + at, &code);
        if (!lat_unicode_is(code, LAT_CHAR_WHITE))
            break;
        at += step;
    }
    return at;
}

/* `*at` moves behind the bare match, so that spaces taken in by rstrip may
 * still start another token, as in the reference.  `floor` is where the
 * token before ended, its spaces included. */
bool lat_added_next(const lat_tokenizer *tokenizer, const lat_added_set *set,
                    const char *text, size_t size, size_t *at, size_t floor,
                    lat_added_match *match)
{
    if (set->count == 0)
        return false;
    while (*at < size) {
        size_t first = *at, end = first;
        if (!set->starts[(unsigned char)text[first]]) {
            (*at)++;
            continue;
        }
        uint32_t node = 0, number = LAT_NO_ID;
        for (size_t i = first; i < size; i++) {
            const lat_trie_edge *edge = lat_trie_step(&set->trie, node,
                                                      text[i]);
            if (edge == NULL)
                break;
            node = edge->child;
            if (edge->id != LAT_NO_ID) {
                number = edge->id;
                end = i + 1;
            }
        }
        if (number == LAT_NO_ID) {
            (*at)++;
            continue;
        }
        *at = end;
        const lat_added *token = &tokenizer->added[number];
        if (token->single_word && !stands_alone(text, size, first, end))
            continue;
        if (token->lstrip) {
            size_t start = white_before(text, first);
            first = start > floor ? start : floor;
        }
        if (token->rstrip)
            end = white_after(text, size, end);
        *match = (lat_added_match){first, end, token};
        return true;
    }
    return false;
}
