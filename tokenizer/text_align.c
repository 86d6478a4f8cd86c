/*
 * text_align.c - texts that know where each of their bytes came from.
 *
 * Normalizing "Ⅷ é" to "viii e":
 *
 *     bytes   v     i     i     i     ' '   e
 *     ranges  0-3   0-3   0-3   0-3   3-4   4-6
 *
 * so that a token's range of the original is the first range's start and
 * the last one's end.
 */
#include "tokenizer_int.h"

#include <string.h>

void lat_text_release(lat_text *text)
{
    lat_free(text->store);
    lat_free(text->ranges);
    *text = (lat_text){0};
}

/* By half, for texts grow step by step when a normal form is longer. */
bool lat_text_grow(lat_text *text, size_t more)
{
    size_t need, bytes;
    if (!lat_size_add(text->size, more, &need)
        || need > UINT32_MAX / 2 /* places are 32 bits wide */
        || !lat_size_add(need, need / 2 + 256, &need)
        || !lat_size_mul(need, sizeof *text->ranges, &bytes))
        return false;
    char *store = lat_realloc(text->store, need);
    if (store == NULL)
        return false;
    text->store = store;
    text->bytes = store;
    lat_range *ranges = lat_realloc(text->ranges, bytes);
    if (ranges == NULL)
        return false;
    text->ranges = ranges;
    text->capacity = need;
    return true;
}

bool lat_text_begin(lat_text *text, size_t size)
{
    text->size = 0;
    text->plain = false;
    text->base = 0;
    if (!lat_text_reserve(text, size))
        return false;
    text->bytes = text->store;
    return true;
}

bool lat_text_put_code(lat_text *text, uint32_t code, lat_range range)
{
    char bytes[4];
    size_t size = lat_utf8_encode(code, bytes);
    if (!lat_text_reserve(text, 4))
        return false;
    lat_text_put(text, bytes, size, range);
    return true;
}

bool lat_text_copy(lat_text *text, const lat_text *from, size_t at,
                   size_t size)
{
    if (!lat_text_reserve(text, size))
        return false;
    lat_text_put(text, from->bytes + at, size, lat_text_range(from, at));
    return true;
}

/* Carries out the change that was held back. */
static void settle(lat_rewrite *rewrite)
{
    const lat_text *from = rewrite->from;
    lat_range range = {0, 0};
    if (rewrite->change > 0) {
        size_t at = rewrite->at;
        if (at > 0) { /* start of the old character before */
            at--;
            while (((unsigned char)from->bytes[at] & 0xC0) == 0x80)
                at--;
            range = lat_text_range(from, at);
        }
    } else if (rewrite->at < from->size) {
        range = lat_text_range(from, rewrite->at);
        for (ptrdiff_t left = 1 - rewrite->change;
             left > 0 && rewrite->at < from->size; left--)
            rewrite->at += lat_utf8_length(from->bytes[rewrite->at]);
    }
    rewrite->held = false;
    if (!lat_text_put_code(rewrite->to, rewrite->code, range))
        rewrite->failed = true;
}

void lat_rewrite_put(lat_rewrite *rewrite, uint32_t code, ptrdiff_t change)
{
    if (rewrite->held)
        settle(rewrite);
    rewrite->code = code;
    rewrite->change = change;
    rewrite->held = true;
}

bool lat_rewrite_end(lat_rewrite *rewrite)
{
    if (rewrite->held)
        settle(rewrite);
    return !rewrite->failed;
}
