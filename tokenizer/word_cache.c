/*
 * word_cache.c - words whose tokens are known already.
 *
 * Text repeats itself: of a corpus' words nine in ten were seen a moment
 * ago.  A table of 16,384 slots, one word each, the newer one stays; a word
 * of more than 24 bytes or 7 tokens is not kept.  It belongs to one encoding
 * and one tokenizer and never changes a result.
 */
#include "tokenizer_int.h"

#include <string.h>

static size_t slot_of(const char word[LAT_CACHE_WORD])
{
    uint64_t hash = 0, part;
    for (size_t i = 0; i < LAT_CACHE_WORD; i += 8) {
        memcpy(&part, word + i, 8);
        hash = (hash ^ part) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return (size_t)(hash & (LAT_CACHE_SLOTS - 1));
}

bool lat_cache_get(lat_scratch *scratch, lat_note *note)
{
    size_t size = note->end - note->first;
    char word[LAT_CACHE_WORD] = {0};
    if (size > LAT_CACHE_WORD || size == 0)
        return false;
    if (scratch->cache == NULL) { /* without memory we do without it */
        scratch->cache = lat_new_array(LAT_CACHE_SLOTS,
                                       sizeof *scratch->cache);
        if (scratch->cache == NULL)
            return false;
    }
    memcpy(word, note->text->bytes + note->first, size);
    lat_cached *slot = &scratch->cache[slot_of(word)];
    if (slot->size != size || memcmp(slot->word, word, sizeof word) != 0) {
        note->slot = slot;
        memcpy(slot->word, word, sizeof word);
        slot->size = 0;
        slot->count = 0;
        return false;
    }
    for (size_t i = 0; i < slot->count; i++)
        lat_token_add(scratch, slot->ids[i], note->text,
                      note->first + slot->starts[i],
                      note->first + slot->ends[i]);
    return true;
}

void lat_note_end(lat_note *note)
{
    if (note->slot != NULL)
        note->slot->size = (uint8_t)(note->end - note->first);
}
