/*
 * normalize.c - the steps that change a text before it is split.
 *
 * A step first looks whether there is anything to do: most texts pass most
 * steps untouched and stay the caller's own bytes.  BERT's normalizer is the
 * steps CLEAN, NFD and LOWERCASE (with `marks`), in that order.
 */
#include "tokenizer_int.h"

#include <string.h>

/* What BERT's cleaning makes of a character: itself, a space or nothing;
 * `chinese` ones get a space on either side. */
static bool clean_touches(const lat_step *step, uint32_t code)
{
    if (code < 0x80)
        return step->clean && (code < 0x20 || code == 0x7F);
    return (step->clean
            && lat_unicode_is(code, LAT_CHAR_CLEAN | LAT_CHAR_WHITE))
           || (step->chinese && lat_unicode_is_chinese(code));
}

/* First looks, then writes: a text without controls, odd spaces or Chinese
 * characters (the usual case) is left alone and stays plain. */
static bool clean(const lat_step *step, const lat_text *from, lat_text *to,
                  bool *changed)
{
    size_t at = 0;
    uint32_t code;
    while (at < from->size) {
        size_t size = lat_utf8_next(from->bytes + at, &code);
        if (clean_touches(step, code))
            break;
        at += size;
    }
    if (at == from->size)
        return true;
    *changed = true;
    if (!lat_text_begin(to, from->size))
        return false;
    for (at = 0; at < from->size;) {
        size_t size = lat_utf8_next(from->bytes + at, &code);
        lat_range range = lat_text_range(from, at);
        if (!lat_text_reserve(to, 6))
            return false;
        if (!clean_touches(step, code)) {
            lat_text_put(to, from->bytes + at, size, range);
        } else if (step->clean && lat_unicode_is(code, LAT_CHAR_CLEAN)) {
            ; /* dropped */
        } else if (step->clean && lat_unicode_is(code, LAT_CHAR_WHITE)) {
            lat_text_put(to, " ", 1, range);
        } else {
            lat_text_put(to, " ", 1, range);
            lat_text_put(to, from->bytes + at, size, range);
            lat_text_put(to, " ", 1, range);
        }
        at += size;
    }
    to->ascii = false;
    return true;
}

/* ASCII in place: every letter keeps its position, so no ranges are needed.
 * The loop has no branch and is vectorised by the compiler. */
static bool lowercase_plain(const lat_text *from, lat_text *to)
{
    if (!lat_text_begin(to, from->size))
        return false;
    for (size_t i = 0; i < from->size; i++) {
        unsigned char c = (unsigned char)from->bytes[i];
        to->store[i] = (char)(c + ((unsigned)(c - 'A') < 26u ? 32 : 0));
    }
    to->size = from->size;
    to->plain = true;
    to->base = from->base;
    to->ascii = true;
    return true;
}

/* Small letters by simple mapping of each code point (no final sigma);
 * U+0130 alone becomes two.  With `marks`, BERT's accents go first. */
static bool lowercase(const lat_step *step, const lat_text *from,
                      lat_text *to, bool *changed)
{
    *changed = true;
    if (from->ascii && from->plain)
        return lowercase_plain(from, to);
    if (!lat_text_begin(to, from->size))
        return false;
    for (size_t at = 0; at < from->size;) {
        uint32_t code;
        size_t size = lat_utf8_next(from->bytes + at, &code);
        const lat_unicode_entry *entry = lat_unicode_get(code);
        lat_range range = lat_text_range(from, at);
        at += size;
        if (step->marks && (entry->flags & LAT_CHAR_BERT_MARK) != 0)
            continue;
        if (!lat_text_put_code(to, code + (uint32_t)entry->lower, range)
            || (code == 0x130 && !lat_text_put_code(to, 0x307, range)))
            return false;
    }
    to->ascii = from->ascii;
    return true;
}

/* Keeps the characters without any of `flags`. */
static bool drop(unsigned flags, const lat_text *from, lat_text *to)
{
    if (!lat_text_begin(to, from->size))
        return false;
    for (size_t at = 0; at < from->size;) {
        uint32_t code;
        size_t size = lat_utf8_next(from->bytes + at, &code);
        if (!lat_unicode_is(code, flags)
            && !lat_text_copy(to, from, at, size))
            return false;
        at += size;
    }
    return true;
}

/* The Nmt step of sentencepiece's rules: some controls go, other odd white
 * space becomes a space. */
static bool nmt(const lat_text *from, lat_text *to)
{
    if (!lat_text_begin(to, from->size))
        return false;
    for (size_t at = 0; at < from->size;) {
        uint32_t c;
        size_t size = lat_utf8_next(from->bytes + at, &c);
        bool gone = (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F)
                    || c == 0x7F || c == 0x8F || c == 0x9F;
        bool space = c == 9 || c == 0xA || c == 0xC || c == 0xD
                     || c == 0x1680 || (c >= 0x200B && c <= 0x200F)
                     || c == 0x2028 || c == 0x2029 || c == 0x2581
                     || c == 0xFEFF || c == 0xFFFD;
        if (!gone
            && !lat_text_put_code(to, space ? ' ' : c,
                                  lat_text_range(from, at)))
            return false;
        at += size;
    }
    return true;
}

/* Characters one by one, for each has its own range. */
static bool copy_range(lat_text *to, const lat_text *from, size_t first,
                       size_t end)
{
    while (first < end) {
        size_t size = lat_utf8_length(from->bytes[first]);
        if (!lat_text_copy(to, from, first, size))
            return false;
        first += size;
    }
    return true;
}

/* New text has the range of the match's last character. */
static bool replace(const lat_step *step, const lat_text *from, lat_text *to,
                    bool *changed)
{
    size_t at = 0, first, end;
    while (lat_pattern_next(&step->pattern, from->bytes, from->size, at,
                            &first, &end)) {
        if (!*changed && !lat_text_begin(to, from->size))
            return false;
        *changed = true;
        size_t last = end - 1;
        while (last > first
               && ((unsigned char)from->bytes[last] & 0xC0) == 0x80)
            last--;
        if (!copy_range(to, from, at, first)
            || !lat_text_reserve(to, step->content_size))
            return false;
        lat_text_put(to, step->content, step->content_size,
                     lat_text_range(from, last));
        at = end;
    }
    return !*changed || copy_range(to, from, at, from->size);
}

/* The new text has the range of the first character; nothing is put before
 * an empty text. */
static bool prepend(const lat_step *step, const lat_text *from, lat_text *to,
                    bool *changed)
{
    if (from->size == 0)
        return true;
    *changed = true;
    if (!lat_text_begin(to, from->size + step->content_size))
        return false;
    lat_text_put(to, step->content, step->content_size,
                 lat_text_range(from, 0));
    return copy_range(to, from, 0, from->size);
}

/* White space as Unicode has it, at either end. */
static bool strip(const lat_step *step, const lat_text *from, lat_text *to,
                  bool *changed)
{
    size_t first = 0, end = from->size;
    uint32_t code;
    while (step->left && first < end) {
        size_t size = lat_utf8_next(from->bytes + first, &code);
        if (!lat_unicode_is(code, LAT_CHAR_WHITE))
            break;
        first += size;
    }
    while (step->right && end > first) {
        size_t before = end - 1;
        while (((unsigned char)from->bytes[before] & 0xC0) == 0x80)
            before--;
        lat_utf8_next(from->bytes + before, &code);
        if (!lat_unicode_is(code, LAT_CHAR_WHITE))
            break;
        end = before;
    }
    if (first == 0 && end == from->size)
        return true;
    *changed = true;
    return lat_text_begin(to, end - first)
           && copy_range(to, from, first, end);
}

/* ASCII has neither marks nor decompositions, so the steps for those let
 * such a text pass without a look at its characters. */
bool lat_normalize_step(const lat_step *step, lat_scratch *scratch,
                        const lat_text *from, lat_text *to, bool *changed)
{
    *changed = false;
    to->ascii = false;
    switch (step->kind) {
    case LAT_STEP_BERT_CLEAN:
        return clean(step, from, to, changed);
    case LAT_STEP_NFC:
    case LAT_STEP_NFD:
    case LAT_STEP_NFKC:
    case LAT_STEP_NFKD:
        return from->ascii
               || lat_normalize_form(step->kind, scratch, from, to, changed);
    case LAT_STEP_LOWERCASE:
        return lowercase(step, from, to, changed);
    case LAT_STEP_BERT_MARKS:
        if (from->ascii)
            return true;
        *changed = true;
        return drop(LAT_CHAR_BERT_MARK, from, to);
    case LAT_STEP_STRIP_ACCENTS:
        if (from->ascii)
            return true;
        *changed = true;
        return drop(LAT_CHAR_STRIP, from, to);
    case LAT_STEP_REPLACE:
        return replace(step, from, to, changed);
    case LAT_STEP_PREPEND:
        return prepend(step, from, to, changed);
    case LAT_STEP_STRIP:
        return strip(step, from, to, changed);
    case LAT_STEP_NMT:
        *changed = true;
        return nmt(from, to);
    default:
        return lat_normalize_charsmap(step->charsmap, from, to, changed);
    }
}

/* Two texts alternate: a step reads the one that the last changing step
 * wrote.  Steps that change nothing cost no copy. */
bool lat_normalize(const lat_tokenizer *tokenizer, lat_scratch *scratch,
                   const lat_text *from, const lat_text **out)
{
    size_t free_one = 0;
    *out = from;
    for (size_t i = 0; i < tokenizer->normalizer_count; i++) {
        lat_text *to = &scratch->texts[free_one];
        bool changed;
        if (!lat_normalize_step(&tokenizer->normalizers[i], scratch, *out,
                                to, &changed))
            return false;
        if (changed) {
            *out = to;
            free_one ^= 1;
        }
    }
    return true;
}
