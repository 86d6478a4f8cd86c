/*
 * merges.c - the merges of a BPE model, as a table of pairs.
 *
 *     "Ġ t"     rank 0: pieces "Ġ" and "t" make "Ġt"
 *
 * Both pieces and what they make must be in the vocabulary.  Of equal pairs
 * the last counts, as in the reference.
 */
#include "tokenizer_read_int.h"

#include <string.h>

/* A power of two, twice the count: at most half full. */
lat_status lat_merges_begin(lat_pieces *pieces, size_t count,
                            lat_error *error)
{
    size_t slots = 16;
    if (count > LAT_MOST_IDS)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "the model has %zu merges, the most is %zu",
                             count, LAT_MOST_IDS);
    while (slots < count * 2 + 2)
        slots *= 2;
    pieces->merges = lat_new_array(slots, sizeof *pieces->merges);
    if (pieces->merges == NULL)
        return lat_error_memory(error, slots * sizeof *pieces->merges);
    for (size_t i = 0; i < slots; i++)
        pieces->merges[i].left = LAT_NO_ID;
    pieces->merge_mask = slots - 1;
    return LAT_OK;
}

/* Id of left + right without right's prefix, found without joining them. */
static uint32_t joined_id(const lat_pieces *pieces, const char *left,
                          size_t left_size, const char *right,
                          size_t right_size)
{
    uint32_t node = lat_trie_walk(&pieces->trie, left, left_size);
    uint32_t id = LAT_NO_ID;
    size_t skip = pieces->prefix_size;
    if (node == UINT32_MAX || skip > right_size)
        return LAT_NO_ID;
    for (size_t i = skip; i < right_size; i++) {
        const lat_trie_edge *edge = lat_trie_step(&pieces->trie, node,
                                                  right[i]);
        if (edge == NULL)
            return LAT_NO_ID;
        node = edge->child;
        id = edge->id;
    }
    return id;
}

lat_status lat_merges_add(lat_pieces *pieces, const char *left,
                          size_t left_size, const char *right,
                          size_t right_size, uint32_t rank,
                          lat_error *error)
{
    uint32_t a = lat_trie_find(&pieces->trie, left, left_size);
    uint32_t b = lat_trie_find(&pieces->trie, right, right_size);
    uint32_t made = joined_id(pieces, left, left_size, right, right_size);
    if (a == LAT_NO_ID || b == LAT_NO_ID || made == LAT_NO_ID)
        return lat_error_set(
            error, LAT_MALFORMED,
            "merge %u (\"%.*s\" and \"%.*s\"): %s is not in the vocabulary",
            rank, (int)(left_size < 60 ? left_size : 60), left,
            (int)(right_size < 60 ? right_size : 60), right,
            a == LAT_NO_ID ? "the first"
            : b == LAT_NO_ID ? "the second" : "what they make");
    size_t slot = lat_merge_slot(pieces, a, b);
    while (pieces->merges[slot].left != LAT_NO_ID
           && (pieces->merges[slot].left != a
               || pieces->merges[slot].right != b))
        slot = (slot + 1) & pieces->merge_mask;
    pieces->merges[slot] = (lat_merge){a, b, rank, made};
    return LAT_OK;
}
