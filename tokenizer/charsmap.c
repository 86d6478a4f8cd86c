/*
 * charsmap.c - the table of replacements in a sentencepiece model.
 *
 *     blob   size of the units in bytes (4, little-endian)
 *            units of a double-array trie, 4 bytes each
 *            replacement texts, each with a NUL at its end
 *
 *     unit   bit  31     this is a value: bits 0-30 are a place in the texts
 *            bits 10-30  offset to the children, << 8 if bit 9 is set
 *            bit  8      a child 0 holds a value
 *            bits 0-7    the byte that leads here
 *
 * The reference looks up whole grapheme clusters of fewer than 6 bytes and
 * takes the shortest entry that begins them (the rest of the cluster is
 * lost); longer clusters go character by character.  Every place that a unit
 * names is checked at the time it is used, so no blob can lead outside.
 */
#include "tokenizer_int.h"

#include <string.h>

#define MOST_CLUSTER 6

static uint32_t unit_offset(uint32_t unit)
{
    return (unit >> 10) << ((unit & 0x200) >> 6);
}

/* Replacement of the shortest entry that begins the key, or NULL. */
static const char *look_up(const lat_charsmap *map, const char *key,
                           size_t size)
{
    size_t place = 0;
    uint32_t unit = map->units[0];
    place ^= unit_offset(unit);
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)key[i];
        if (byte == 0)
            return NULL;
        place ^= byte;
        if (place >= map->unit_count)
            return NULL;
        unit = map->units[place];
        if ((unit & 0x800000FFu) != byte)
            return NULL;
        place ^= unit_offset(unit);
        if ((unit & 0x100) == 0)
            continue;
        if (place >= map->unit_count)
            return NULL;
        size_t at = map->units[place] & 0x7FFFFFFF;
        if (at >= map->text_size
            || ((unsigned char)map->text[at] & 0xC0) == 0x80)
            return NULL;
        return map->text + at;
    }
    return NULL;
}

/* The units are copied, for the blob may lie at any address and in the other
 * byte order. */
lat_status lat_charsmap_read(const lat_charsmap **out, lat_arena *arena,
                             const char *blob, size_t size,
                             lat_error *error)
{
    const unsigned char *bytes = (const unsigned char *)blob;
    if (size < 8)
        return lat_error_set(error, LAT_MALFORMED,
                             "the charsmap has %zu bytes, too few", size);
    size_t trie = bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16
                  | (size_t)bytes[3] << 24;
    if (trie == 0 || trie % 4 != 0 || trie > size - 4)
        return lat_error_set(error, LAT_MALFORMED,
                             "the charsmap's trie has %zu bytes of %zu",
                             trie, size - 4);
    lat_charsmap *map = lat_arena_alloc(arena, sizeof *map);
    uint32_t *units = lat_arena_array(arena, trie / 4, sizeof *units);
    char *text = lat_arena_copy(arena, blob + 4 + trie, size - 4 - trie);
    if (map == NULL || units == NULL || text == NULL)
        return lat_error_memory(error, size);
    for (size_t i = 0; i < trie / 4; i++) {
        const unsigned char *at = bytes + 4 + i * 4;
        units[i] = at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16
                   | (uint32_t)at[3] << 24;
    }
    map->units = units;
    map->unit_count = trie / 4;
    map->text = text;
    map->text_size = size - 4 - trie;
    if (lat_utf8_valid(text, map->text_size) != map->text_size)
        return lat_error_set(error, LAT_MALFORMED,
                             "the charsmap's texts are not valid UTF-8");
    for (size_t i = 0; i < 128; i++) {
        char c = (char)i;
        map->ascii[i] = look_up(map, &c, 1) != NULL;
    }
    *out = map;
    return LAT_OK;
}

/* New characters replace the old ones one by one; more are insertions,
 * fewer make the last one before (even if it is not of this cluster) swallow
 * the difference. */
static void put_replacement(lat_rewrite *rewrite, const char *text,
                            size_t old)
{
    size_t size = strlen(text), made = 0;
    for (size_t at = 0; at < size; made++) {
        uint32_t code;
        at += lat_utf8_next(text + at, &code);
        lat_rewrite_put(rewrite, code, made < old ? 0 : 1);
    }
    if (made < old)
        lat_rewrite_swallow(rewrite, old - made);
}

/* The whole cluster if it is short and known, else its characters. */
static void put_cluster(const lat_charsmap *map, lat_rewrite *rewrite,
                        const char *text, size_t size, bool *changed)
{
    const char *other = size < MOST_CLUSTER ? look_up(map, text, size)
                                            : NULL;
    if (other != NULL) {
        *changed = true;
        put_replacement(rewrite, other, lat_count_characters(text, size));
        return;
    }
    for (size_t at = 0; at < size;) {
        uint32_t code;
        size_t step = lat_utf8_next(text + at, &code);
        other = look_up(map, text + at, step);
        if (other != NULL) {
            *changed = true;
            put_replacement(rewrite, other, 1);
        } else {
            lat_rewrite_put(rewrite, code, 0);
        }
        at += step;
    }
}

/* Nothing can happen: ASCII characters only, none of them replaced, and no
 * CR (with LF it is the one cluster of two among them). */
static bool is_quiet(const lat_charsmap *map, const lat_text *text)
{
    for (size_t i = 0; i < text->size; i++) {
        unsigned char c = (unsigned char)text->bytes[i];
        if (c >= 0x80 || map->ascii[c] || c == '\r')
            return false;
    }
    return true;
}

/* Plain characters before plain characters are clusters of their own and go
 * through at once. */
bool lat_normalize_charsmap(const lat_charsmap *map, const lat_text *from,
                            lat_text *to, bool *changed)
{
    lat_rewrite rewrite = {.from = from, .to = to};
    if (is_quiet(map, from))
        return true;
    if (!lat_text_begin(to, from->size))
        return false;
    for (size_t at = 0; at < from->size && !rewrite.failed;) {
        unsigned char c = (unsigned char)from->bytes[at];
        if (c < 0x80 && !map->ascii[c] && c != '\r'
            && (at + 1 == from->size
                || (unsigned char)from->bytes[at + 1] < 0x80)) {
            lat_rewrite_put(&rewrite, c, 0);
            at++;
            continue;
        }
        size_t size = lat_cluster_length(from->bytes + at, from->size - at);
        put_cluster(map, &rewrite, from->bytes + at, size, changed);
        at += size;
    }
    return lat_rewrite_end(&rewrite);
}
