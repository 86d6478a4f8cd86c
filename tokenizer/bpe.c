/*
 * bpe.c - the BPE model: pairs merged in the order of their ranks.
 *
 *     Ġ l o w e r     candidates by (rank, place): (e,r) (Ġ,l) (o,w) ...
 *     Ġ l o w er      a merge makes new pairs with its neighbours
 *     Ġl ow er
 *     Ġlow er
 *
 * Symbols are a list linked both ways over an array; the candidates are a
 * heap, so a word of n letters takes n log n steps however long it is.  A
 * candidate that a merge has outdated is recognised when it is taken out:
 * the pair at its place then no longer makes the same piece.
 */
#include "tokenizer_int.h"

#include <string.h>

/* The table is at most half full, so the search ends soon. */
static const lat_merge *find_merge(const lat_pieces *pieces, uint32_t left,
                                   uint32_t right)
{
    size_t slot = lat_merge_slot(pieces, left, right);
    for (;; slot = (slot + 1) & pieces->merge_mask) {
        const lat_merge *merge = &pieces->merges[slot];
        if (merge->left == LAT_NO_ID)
            return NULL;
        if (merge->left == left && merge->right == right)
            return merge;
    }
}

/* ---- The heap, least (rank, place) on top ------------------------------- */

static bool before(lat_candidate a, lat_candidate b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.place < b.place;
}

static bool push(lat_scratch *scratch, size_t *count, lat_candidate one)
{
    size_t at = *count;
    if (at == scratch->heap_capacity
        && !lat_scratch_grow(&scratch->heap, &scratch->heap_capacity, at + 1,
                             sizeof one))
        return false;
    lat_candidate *heap = scratch->heap;
    ++*count;
    while (at > 0 && before(one, heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = one;
    return true;
}

static lat_candidate pop(lat_candidate *heap, size_t *count)
{
    lat_candidate top = heap[0], last = heap[--*count];
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= *count)
            break;
        if (child + 1 < *count && before(heap[child + 1], heap[child]))
            child++;
        if (!before(heap[child], last))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
    return top;
}

/* The pair that starts at `place`, if it can be merged. */
static bool consider(const lat_pieces *pieces, lat_scratch *scratch,
                     uint32_t place, size_t *waiting)
{
    const lat_symbol *symbols = scratch->symbols;
    uint32_t next = symbols[place].after;
    if (next == LAT_NO_ID)
        return true;
    const lat_merge *merge = find_merge(pieces, symbols[place].id,
                                        symbols[next].id);
    return merge == NULL
           || push(scratch, waiting,
                   (lat_candidate){merge->rank, place, merge->id});
}

/* Each merge takes one symbol away and adds two candidates at most: there
 * are fewer than three for each symbol in all. */
static bool merge_all(const lat_pieces *pieces, lat_scratch *scratch,
                      size_t count)
{
    lat_symbol *symbols = scratch->symbols;
    size_t waiting = 0;
    for (size_t i = 0; i + 1 < count; i++)
        if (!consider(pieces, scratch, (uint32_t)i, &waiting))
            return false;
    while (waiting > 0) {
        lat_candidate top = pop(scratch->heap, &waiting);
        lat_symbol *left = &symbols[top.place];
        if (left->size == 0 || left->after == LAT_NO_ID)
            continue;
        lat_symbol *right = &symbols[left->after];
        const lat_merge *merge = find_merge(pieces, left->id, right->id);
        if (merge == NULL || merge->id != top.id)
            continue;
        left->id = top.id;
        left->size += right->size;
        left->after = right->after;
        right->size = 0;
        if (left->after != LAT_NO_ID)
            symbols[left->after].before = top.place;
        if ((left->before != LAT_NO_ID
             && !consider(pieces, scratch, left->before, &waiting))
            || !consider(pieces, scratch, top.place, &waiting))
            return false;
    }
    return true;
}

/* ---- From a word to symbols --------------------------------------------- */

typedef struct symbol_state {
    lat_symbol *symbols;
    size_t count;
    uint32_t unknown; /* waiting unknown: bytes, 0 = none */
} symbol_state;

static void add_symbol(symbol_state *state, uint32_t id, uint32_t size)
{
    uint32_t at = (uint32_t)state->count++;
    state->symbols[at] = (lat_symbol){
        id, size, at == 0 ? LAT_NO_ID : at - 1, LAT_NO_ID};
    if (at > 0)
        state->symbols[at - 1].after = at;
}

/* Id of one character with the prefix and suffix that its place asks for. */
static uint32_t character_id(const lat_pieces *pieces, const char *text,
                             size_t size, bool first, bool last)
{
    uint32_t node = first ? 0 : pieces->prefix_node, id = LAT_NO_ID;
    const char *parts[2] = {text, pieces->suffix};
    size_t sizes[2] = {size, last ? pieces->suffix_size : 0};
    if (node == UINT32_MAX)
        return LAT_NO_ID;
    for (size_t part = 0; part < 2; part++)
        for (size_t i = 0; i < sizes[part]; i++) {
            const lat_trie_edge *edge = lat_trie_step(&pieces->trie, node,
                                                      parts[part][i]);
            if (edge == NULL)
                return LAT_NO_ID;
            node = edge->child;
            id = edge->id;
        }
    return id;
}

static void end_unknown(const lat_pieces *pieces, symbol_state *state)
{
    if (state->unknown != 0)
        add_symbol(state, pieces->unknown, state->unknown);
    state->unknown = 0;
}

/* A character that is no piece: its bytes, if they are pieces all (as in the
 * reference they come before an unknown that waits), else unknown, or
 * nothing at all where there is no unknown token. */
static void add_missing(const lat_pieces *pieces, symbol_state *state,
                        const char *text, uint32_t size)
{
    bool bytes = pieces->byte_fallback;
    for (uint32_t i = 0; bytes && i < size; i++)
        bytes = pieces->byte_ids[(unsigned char)text[i]] != LAT_NO_ID;
    if (bytes) {
        for (uint32_t i = 0; i < size; i++)
            add_symbol(state, pieces->byte_ids[(unsigned char)text[i]], 1);
        return;
    }
    if (pieces->unknown == LAT_NO_ID)
        return;
    if (state->unknown != 0 && pieces->fuse_unknown) {
        state->unknown += size;
        return;
    }
    end_unknown(pieces, state);
    state->unknown = size;
}

/* One symbol for each character, as far as there are pieces for it. */
static void make_symbols(const lat_pieces *pieces, symbol_state *state,
                         const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t step = lat_utf8_length(text[at]);
        uint32_t id = character_id(pieces, text + at, step, at == 0,
                                   at + step == size);
        if (id != LAT_NO_ID) {
            end_unknown(pieces, state);
            add_symbol(state, id, (uint32_t)step);
        } else {
            add_missing(pieces, state, text + at, (uint32_t)step);
        }
        at += step;
    }
    end_unknown(pieces, state);
}

/* Offsets follow from the symbols' sizes, counted from the word's start: a
 * character that was dropped shifts those after it, as in the reference. */
lat_status lat_bpe_encode(const lat_pieces *pieces, lat_scratch *scratch,
                          const lat_text *text, size_t first, size_t end,
                          lat_error *error)
{
    const char *word = text->bytes + first;
    size_t size = end - first, at = 0;
    lat_note note = {NULL, text, first, end};
    size_t most = pieces->byte_fallback ? size
                  : lat_count_characters(word, size);
    if (!lat_token_reserve(scratch, most > LAT_CACHE_TOKENS
                                        ? most : LAT_CACHE_TOKENS))
        return lat_error_memory(error, most * sizeof(lat_token));
    if (lat_cache_get(scratch, &note))
        return LAT_OK;
    if (pieces->ignore_merges) {
        uint32_t id = lat_trie_find(&pieces->trie, word, size);
        if (id != LAT_NO_ID) {
            lat_token_add(scratch, id, text, first, end);
            return LAT_OK;
        }
    }
    if (size > UINT32_MAX / 4
        || !lat_scratch_grow(&scratch->symbols, &scratch->symbol_capacity,
                             most, sizeof *scratch->symbols))
        return lat_error_memory(error, most * sizeof *scratch->symbols);
    symbol_state state = {.symbols = scratch->symbols};
    make_symbols(pieces, &state, word, size);
    if (!merge_all(pieces, scratch, state.count))
        return lat_error_memory(error, most * 2 * sizeof *scratch->heap);
    for (uint32_t i = 0; state.count != 0 && i != LAT_NO_ID;
         i = state.symbols[i].after) {
        const lat_symbol *symbol = &state.symbols[i];
        lat_note_token(scratch, &note, symbol->id, at, at + symbol->size);
        at += symbol->size;
    }
    lat_note_end(&note);
    return LAT_OK;
}
