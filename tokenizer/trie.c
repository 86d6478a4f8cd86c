/*
 * trie.c - all pieces of a vocabulary, byte by byte.
 *
 *         (0) --t--> (1) --h--> (2) --e--> (3) "the", id 1996
 *                                \--a--> (4) --t--> (5) "that", id 2008
 *
 * One hash table of edges with linear probing, at most half full: a step is
 * one or two probes, building is linear in the bytes, and no vocabulary can
 * make it large (12 bytes for each byte of text at load 1/2 is the bound).
 */
#include "tokenizer_int.h"

#include <string.h>

/* A key has 24 bits for the node. */
#define MOST_NODES ((uint32_t)1 << 24)

static bool resize(lat_trie *trie, uint32_t bits)
{
    size_t slots = (size_t)1 << bits;
    lat_trie old = *trie;
    trie->edges = lat_new_array(slots, sizeof *trie->edges);
    if (trie->edges == NULL) {
        trie->edges = old.edges;
        return false;
    }
    trie->mask = (uint32_t)(slots - 1);
    trie->shift = 32 - bits;
    for (size_t i = 0; old.edges != NULL && i <= old.mask; i++) {
        const lat_trie_edge *edge = &old.edges[i];
        if (edge->child == 0)
            continue;
        uint32_t slot = (edge->key ^ edge->key >> 15) * 0x9E3779B1u
                        >> trie->shift;
        while (trie->edges[slot & trie->mask].child != 0)
            slot++;
        trie->edges[slot & trie->mask] = *edge;
    }
    lat_free(old.edges);
    return true;
}

/* `bytes`: of all pieces together.  Half of them start a node of their own
 * in the vocabularies we know; the table grows when it is more. */
bool lat_trie_create(lat_trie *trie, size_t bytes)
{
    uint32_t bits = 6;
    while (bits < 24 && (size_t)1 << bits < bytes)
        bits++;
    *trie = (lat_trie){.nodes = 1};
    return resize(trie, bits);
}

void lat_trie_free(lat_trie *trie)
{
    lat_free(trie->edges);
    *trie = (lat_trie){0};
}

/* A new node has the next number; pieces come in any order. */
static lat_trie_edge *edge_make(lat_trie *trie, uint32_t node, char byte)
{
    const lat_trie_edge *found = lat_trie_step(trie, node, byte);
    if (found != NULL)
        return &trie->edges[found - trie->edges];
    if (trie->nodes > trie->mask / 2
        && !resize(trie, 32 - trie->shift + 1))
        return NULL;
    uint32_t key = node << 8 | (unsigned char)byte;
    uint32_t slot = (key ^ key >> 15) * 0x9E3779B1u >> trie->shift;
    while (trie->edges[slot & trie->mask].child != 0)
        slot++;
    lat_trie_edge *edge = &trie->edges[slot & trie->mask];
    *edge = (lat_trie_edge){key, trie->nodes++, LAT_NO_ID};
    return edge;
}

lat_status lat_trie_add(lat_trie *trie, const char *piece, size_t size,
                        uint32_t id, lat_error *error)
{
    uint32_t node = 0;
    lat_trie_edge *edge = NULL;
    for (size_t i = 0; i < size; i++) {
        if (trie->nodes >= MOST_NODES)
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "the pieces are too long together: their "
                                 "prefixes must be fewer than 2^24");
        edge = edge_make(trie, node, piece[i]);
        if (edge == NULL)
            return lat_error_memory(error, (uint64_t)trie->mask * 24);
        node = edge->child;
    }
    if (edge != NULL)
        edge->id = id;
    return LAT_OK;
}

uint32_t lat_trie_find(const lat_trie *trie, const char *piece, size_t size)
{
    uint32_t node = 0, id = LAT_NO_ID;
    for (size_t i = 0; i < size; i++) {
        const lat_trie_edge *edge = lat_trie_step(trie, node, piece[i]);
        if (edge == NULL)
            return LAT_NO_ID;
        node = edge->child;
        id = edge->id;
    }
    return id;
}

uint32_t lat_trie_walk(const lat_trie *trie, const char *text, size_t size)
{
    uint32_t node = 0;
    for (size_t i = 0; i < size; i++) {
        const lat_trie_edge *edge = lat_trie_step(trie, node, text[i]);
        if (edge == NULL)
            return UINT32_MAX;
        node = edge->child;
    }
    return node;
}
