/*
 * intern.c - words to numbers: a hash table with open addressing over byte
 * strings that live in an arena, so that their addresses stay.
 *
 *     slots    [ . 3 . 0 . . 1 2 ]     number + 1, 0 is empty
 *     entries  0: "the"  1: "film"  2: "was"  3: "good"
 */
#include "base.h"

#include <string.h>

typedef struct entry {
    const char *text;
    size_t size;
    uint64_t hash;
} entry;

struct lat_intern {
    entry *entries;
    size_t count, room;
    size_t *slots;
    size_t mask; /* slots - 1, a power of two less one */
    lat_arena arena;
};

static uint64_t mix(uint64_t x)
{
    x = (x ^ x >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    x = (x ^ x >> 32) * UINT64_C(0xD6E8FEB86659FD93);
    return x ^ x >> 32;
}

/* Eight bytes a step.  The value depends on the byte order, but numbers
 * follow the order of appearance, never the hash. */
static uint64_t hash_bytes(const char *text, size_t size)
{
    uint64_t hash = mix(size + 1);
    while (size >= 8) {
        uint64_t word = 0;
        memcpy(&word, text, 8);
        hash = mix(hash ^ word);
        text += 8;
        size -= 8;
    }
    uint64_t word = 0;
    if (size != 0)
        memcpy(&word, text, size);
    return mix(hash ^ word);
}

lat_status lat_intern_create(lat_intern **out, lat_error *error)
{
    *out = NULL;
    lat_intern *set = lat_alloc_zero(sizeof *set);
    if (set == NULL)
        return lat_error_memory(error, sizeof *set);
    set->mask = 63;
    set->slots = lat_new_array(set->mask + 1, sizeof *set->slots);
    if (set->slots == NULL) {
        lat_free(set);
        return lat_error_memory(error, 64 * sizeof *set->slots);
    }
    *out = set;
    return LAT_OK;
}

void lat_intern_free(lat_intern *set)
{
    if (set == NULL)
        return;
    lat_arena_free(&set->arena);
    lat_free(set->entries);
    lat_free(set->slots);
    lat_free(set);
}

/* The slot that holds the text, or the empty one where it would go. */
static size_t find_slot(const lat_intern *set, const char *text, size_t size,
                        uint64_t hash)
{
    size_t at = (size_t)hash & set->mask;
    for (; set->slots[at] != 0; at = (at + 1) & set->mask) {
        const entry *here = &set->entries[set->slots[at] - 1];
        if (here->hash == hash && here->size == size &&
            (size == 0 || memcmp(here->text, text, size) == 0))
            break;
    }
    return at;
}

/* Room for one more; at most half of the slots are taken. */
static bool make_room(lat_intern *set)
{
    if (set->count == set->room) {
        size_t room = set->room < 32 ? 32 : set->room * 2, bytes = 0;
        if (!lat_size_mul(room, sizeof(entry), &bytes))
            return false;
        entry *entries = lat_realloc(set->entries, bytes);
        if (entries == NULL)
            return false;
        set->entries = entries;
        set->room = room;
    }
    if (set->count < (set->mask + 1) / 2)
        return true;
    size_t mask = set->mask * 2 + 1;
    size_t *slots = lat_new_array(mask + 1, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < set->count; i++) {
        size_t at = (size_t)set->entries[i].hash & mask;
        while (slots[at] != 0)
            at = (at + 1) & mask;
        slots[at] = i + 1;
    }
    lat_free(set->slots);
    set->slots = slots;
    set->mask = mask;
    return true;
}

size_t lat_intern_add(lat_intern *set, const char *text, size_t size)
{
    uint64_t hash = hash_bytes(text, size);
    size_t at = find_slot(set, text, size, hash);
    if (set->slots[at] != 0)
        return set->slots[at] - 1;
    char *copy = NULL;
    if (!make_room(set) ||
        (copy = lat_arena_copy(&set->arena, text, size)) == NULL)
        return SIZE_MAX;
    entry *fresh = &set->entries[set->count++];
    fresh->text = copy;
    fresh->size = size;
    fresh->hash = hash;
    set->slots[find_slot(set, text, size, hash)] = set->count;
    return set->count - 1;
}

size_t lat_intern_find(const lat_intern *set, const char *text, size_t size)
{
    size_t at = find_slot(set, text, size, hash_bytes(text, size));
    return set->slots[at] == 0 ? SIZE_MAX : set->slots[at] - 1;
}

size_t lat_intern_count(const lat_intern *set)
{
    return set->count;
}

const char *lat_intern_text(const lat_intern *set, size_t number,
                            size_t *size)
{
    if (number >= set->count)
        return NULL;
    if (size != NULL)
        *size = set->entries[number].size;
    return set->entries[number].text;
}
