/*
 * pattern.c - what splits and replacements look for.
 *
 * Not a regular expression engine: literals, classes of characters, and the
 * few expressions that published tokenizers hold, each written out.  Every
 * other expression is refused when the tokenizer is opened.  (A Split by the
 * Whitespace splitter's expression is one: another engine than that
 * splitter's reads it, with another \w.)
 *
 *     expression                       matches
 *     " {2,}"  " +"  "\s+"             runs
 *     "\w+|[^\w\s]+"                   the Whitespace splitter's
 *     "'s|'t|...| ?\p{L}+|..."         the byte-level splitter's
 */
#include "tokenizer_int.h"

#include <string.h>

static unsigned flags_at(const char *text, size_t at, size_t *size)
{
    uint32_t code;
    *size = lat_utf8_next(text + at, &code);
    return lat_unicode_get(code)->flags;
}

/* End of the run, from `at` on, of characters that have any (or, with
 * `none`, none) of the flags. */
static size_t run_end(const char *text, size_t size, size_t at,
                      unsigned flags, bool none)
{
    while (at < size) {
        size_t step;
        if (((flags_at(text, at, &step) & flags) != 0) == none)
            break;
        at += step;
    }
    return at;
}

/* First character at or after `at` that has (has none of) the flags. */
static bool class_next(const char *text, size_t size, size_t at,
                       unsigned flags, bool none, size_t *first)
{
    *first = run_end(text, size, at, flags, !none);
    return *first < size;
}

/* Runs of plain spaces of `least` or more. */
static bool spaces_next(const char *text, size_t size, size_t at,
                        size_t least, size_t *first, size_t *end)
{
    while (at < size) {
        const char *space = memchr(text + at, ' ', size - at);
        if (space == NULL)
            return false;
        *first = (size_t)(space - text);
        *end = *first;
        while (*end < size && text[*end] == ' ')
            (*end)++;
        if (*end - *first >= least)
            return true;
        at = *end;
    }
    return false;
}

/* memchr on the first byte: literals here are one to three bytes long. */
static bool literal_next(const lat_pattern *pattern, const char *text,
                         size_t size, size_t at, size_t *first, size_t *end)
{
    size_t length = pattern->size;
    if (length == 0)
        return false;
    while (size - at >= length) {
        const char *hit = memchr(text + at, pattern->text[0],
                                 size - at - length + 1);
        if (hit == NULL)
            return false;
        at = (size_t)(hit - text);
        if (memcmp(hit, pattern->text, length) == 0) {
            *first = at;
            *end = at + length;
            return true;
        }
        at++;
    }
    return false;
}

/* Bytes of the English contraction at `at` ('s 't 're 've 'm 'll 'd). */
static size_t contraction(const char *text, size_t size, size_t at)
{
    if (text[at] != '\'' || size - at < 2)
        return 0;
    char next = text[at + 1], last = size - at > 2 ? text[at + 2] : '\0';
    if (next == 's' || next == 't' || next == 'm' || next == 'd')
        return 2;
    if ((next == 'r' && last == 'e') || (next == 'v' && last == 'e')
        || (next == 'l' && last == 'l'))
        return 3;
    return 0;
}

/* Every character lies in a match, so *first is always `at`. */
static bool byte_level_next(const char *text, size_t size, size_t at,
                            size_t *first, size_t *end)
{
    const unsigned any = LAT_CHAR_WHITE | LAT_CHAR_LETTER | LAT_CHAR_NUMBER;
    if (at >= size)
        return false;
    *first = at;
    size_t length = contraction(text, size, at);
    if (length != 0) {
        *end = at + length;
        return true;
    }
    size_t start = at + (text[at] == ' '), step;
    unsigned flags = start < size ? flags_at(text, start, &step)
                                  : LAT_CHAR_WHITE;
    if ((flags & LAT_CHAR_WHITE) == 0) {
        if ((flags & LAT_CHAR_LETTER) != 0)
            *end = run_end(text, size, start, LAT_CHAR_LETTER, false);
        else if ((flags & LAT_CHAR_NUMBER) != 0)
            *end = run_end(text, size, start, LAT_CHAR_NUMBER, false);
        else
            *end = run_end(text, size, start, any, true);
        return true;
    }
    /* White space; its last character is left to what follows it, unless
     * it is the only one. */
    *end = run_end(text, size, at, LAT_CHAR_WHITE, false);
    if (*end < size) {
        size_t last = *end - 1;
        while (((unsigned char)text[last] & 0xC0) == 0x80)
            last--;
        if (last > at)
            *end = last;
    }
    return true;
}

bool lat_pattern_next(const lat_pattern *pattern, const char *text,
                      size_t size, size_t at, size_t *first, size_t *end)
{
    size_t step;
    switch (pattern->kind) {
    case LAT_PATTERN_LITERAL:
        return literal_next(pattern, text, size, at, first, end);
    case LAT_PATTERN_SPACES2:
        return spaces_next(text, size, at, 2, first, end);
    case LAT_PATTERN_SPACES:
        return spaces_next(text, size, at, 1, first, end);
    case LAT_PATTERN_WHITE:
        if (!class_next(text, size, at, LAT_CHAR_WHITE, false, first))
            return false;
        *end = run_end(text, size, *first, LAT_CHAR_WHITE, false);
        return true;
    case LAT_PATTERN_BYTE_LEVEL:
        return byte_level_next(text, size, at, first, end);
    case LAT_PATTERN_WORDS:
        if (!class_next(text, size, at, LAT_CHAR_WHITE, true, first))
            return false;
        if ((flags_at(text, *first, &step) & LAT_CHAR_WORD) != 0)
            *end = run_end(text, size, *first, LAT_CHAR_WORD, false);
        else
            *end = run_end(text, size, *first,
                           LAT_CHAR_WORD | LAT_CHAR_WHITE, true);
        return true;
    default:
        if (!class_next(text, size, at, pattern->flags, false, first))
            return false;
        *end = *first + lat_utf8_length(text[*first]);
        return true;
    }
}

bool lat_pattern_of_regex(lat_pattern *out, const char *regex)
{
    static const struct {
        const char *regex;
        lat_pattern_kind kind;
        unsigned flags;
    } known[] = {
        {" {2,}", LAT_PATTERN_SPACES2, 0},
        {" +", LAT_PATTERN_SPACES, 0},
        {"\\s+", LAT_PATTERN_WHITE, 0},
        {"\\s", LAT_PATTERN_CLASS, LAT_CHAR_WHITE},
        {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
         "|\\s+(?!\\S)|\\s+", LAT_PATTERN_BYTE_LEVEL, 0},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].regex, regex) == 0) {
            *out = (lat_pattern){.kind = known[i].kind,
                                 .flags = known[i].flags};
            return true;
        }
    return false;
}
