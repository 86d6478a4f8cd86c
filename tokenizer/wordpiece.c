/*
 * wordpiece.c - the WordPiece model: the longest piece first.
 *
 *     "unaffable" --> "un" "##aff" "##able"
 *
 * A word that cannot be covered, or that has too many characters, is one
 * unknown token.  Walking the trie once from each piece's start finds the
 * longest piece in time of its own length.
 */
#include "tokenizer_int.h"

lat_status lat_wordpiece_encode(const lat_pieces *pieces,
                                lat_scratch *scratch, const lat_text *text,
                                size_t first, size_t end, lat_error *error)
{
    const char *bytes = text->bytes;
    size_t before = scratch->token_count, at = first;
    bool too_long = end - first > pieces->most_characters
                    && lat_count_characters(bytes + first, end - first)
                           > pieces->most_characters;
    if (!lat_token_reserve(scratch, too_long ? 1 : end - first))
        return lat_error_memory(error, (end - first) * sizeof(lat_token));
    if (too_long) {
        lat_token_add(scratch, pieces->unknown, text, first, end);
        return LAT_OK;
    }
    while (at < end) {
        uint32_t node = at == first ? 0 : pieces->prefix_node;
        uint32_t id = LAT_NO_ID;
        size_t best = at;
        for (size_t i = at; i < end && node != UINT32_MAX; i++) {
            const lat_trie_edge *edge = lat_trie_step(&pieces->trie, node,
                                                      bytes[i]);
            if (edge == NULL)
                break;
            node = edge->child;
            if (edge->id != LAT_NO_ID) {
                id = edge->id;
                best = i + 1;
            }
        }
        if (id == LAT_NO_ID) {
            scratch->token_count = before;
            lat_token_add(scratch, pieces->unknown, text, first, end);
            return LAT_OK;
        }
        lat_token_add(scratch, id, text, at, best);
        at = best;
    }
    return LAT_OK;
}
