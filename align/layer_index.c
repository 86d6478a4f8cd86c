/*
 * layer_index.c - layers made comparable: common numbers for words and
 * occurrences, and lists both ways between concepts and their members.
 *
 * Built once for all layers of a call; after that an overlap of two layers
 * is additions into one row of counters, without a hash or a comparison of
 * text.  Arrays live in the set's arena.
 */
#include "align_int.h"

#include <string.h>


/* Merges sorted keys of one layer into the sorted distinct *all. */
static lat_status merge_keys(uint64_t **all, size_t *count,
                             const lat_place *places, size_t n,
                             lat_error *error)
{
    uint64_t *merged;
    size_t i = 0, j = 0, k = 0, known = 0;

    /* Layers of a study hold the same occurrences: nothing to merge. */
    while (i < *count && known < n)
        if ((*all)[i++] == places[known].key)
            known++;
    if (known == n)
        return LAT_OK;
    merged = lat_new_array(*count + n, sizeof *merged);
    if (merged == NULL)
        return lat_error_memory(error, (*count + n) * sizeof *merged);
    i = 0;
    while (i < *count || j < n) {
        if (j == n || (i < *count && (*all)[i] < places[j].key)) {
            merged[k++] = (*all)[i++];
        } else {
            if (i < *count && (*all)[i] == places[j].key)
                i++;
            merged[k++] = places[j++].key;
        }
    }
    lat_free(*all);
    *all = merged;
    *count = k;
    return LAT_OK;
}

/* Scratch of the key sorting, as large as the largest layer. */
typedef struct sorter {
    lat_place *places, *scratch;
} sorter;

static void sort_layer(sorter *with, const lat_concepts *concepts)
{
    lat_places_fill_int(with->places, concepts->occurrences, concepts->size);
    lat_places_sort_int(with->places, with->scratch, concepts->size);
}

/* Numbers the sentences that occur 0.. and notes one for each key. */
static lat_status number_sentences(index_set *out, const uint64_t *keys,
                                   lat_error *error)
{
    size_t i, sentence = 0;

    out->sentence = lat_arena_array(&out->arena, out->occurrences,
                                    sizeof *out->sentence);
    if (out->sentence == NULL)
        return lat_error_memory(error,
                                out->occurrences * sizeof *out->sentence);
    for (i = 0; i < out->occurrences; i++) {
        if (i > 0 && keys[i] >> 32 != keys[i - 1] >> 32)
            sentence++;
        out->sentence[i] = (uint32_t)sentence;
    }
    out->sentences = out->occurrences == 0 ? 0 : sentence + 1;
    return LAT_OK;
}

/* occ, order and label of one layer out of its sorted places. */
static lat_status index_occurrences(index_set *set, layer_index *layer,
                                    const uint64_t *keys,
                                    const lat_place *places,
                                    lat_error *error)
{
    lat_arena *arena = &set->arena;
    size_t i, g = 0, n = layer->size;

    layer->occ = lat_arena_array(arena, n, sizeof *layer->occ);
    layer->order = lat_arena_array(arena, n, sizeof *layer->order);
    layer->label = lat_arena_array(arena, set->occurrences,
                                   sizeof *layer->label);
    if (layer->occ == NULL || layer->order == NULL || layer->label == NULL)
        return lat_error_memory(error, set->occurrences * sizeof *layer->label);
    memset(layer->label, 0xff, set->occurrences * sizeof *layer->label);
    for (i = 0; i < n; i++) {
        while (keys[g] != places[i].key)
            g++;
        layer->order[i] = (uint32_t)g;
        layer->occ[places[i].index] = (uint32_t)g;
        layer->label[g] =
            layer->source->occurrences[places[i].index].concept;
    }
    return LAT_OK;
}

/* The lists between concepts and words. */
static lat_status index_words(index_set *set, layer_index *layer,
                              lat_error *error)
{
    const lat_concepts *source = layer->source;
    const uint32_t *global = layer->global;
    lat_arena *arena = &set->arena;
    size_t c, i, total = 0, words = layer->words;
    uint32_t *at = lat_new_array(words, sizeof *at); /* incidence, by word */
    size_t *next = lat_new_array(words + 1, sizeof *next);
    lat_status status = LAT_OK;

    for (c = 0; c < layer->concepts; c++)
        total += source->types[c];
    layer->cw_starts = lat_arena_array(arena, layer->concepts + 1,
                                       sizeof *layer->cw_starts);
    layer->wc_starts = lat_arena_array(arena, words + 1,
                                       sizeof *layer->wc_starts);
    layer->cw = lat_arena_array(arena, total, sizeof *layer->cw);
    layer->cw_incidence = lat_arena_array(arena, total,
                                          sizeof *layer->cw_incidence);
    layer->wc = lat_arena_array(arena, total, sizeof *layer->wc);
    layer->incidence = lat_arena_array(arena, layer->size,
                                       sizeof *layer->incidence);
    layer->local = lat_arena_array(arena, set->words, sizeof *layer->local);
    if (at == NULL || next == NULL || layer->cw_starts == NULL ||
        layer->wc_starts == NULL || layer->cw == NULL ||
        layer->cw_incidence == NULL || layer->wc == NULL ||
        layer->incidence == NULL || layer->local == NULL) {
        status = lat_error_memory(error, total * sizeof *layer->cw);
        goto done;
    }
    memset(layer->local, 0xff, set->words * sizeof *layer->local);
    for (i = 0; i < words; i++)
        layer->local[global[i]] = (uint32_t)i;
    /* Concepts in order, so that each word's list of concepts rises; the
     * first pass counts, the second fills. */
    memset(at, 0xff, words * sizeof *at);
    for (c = 0, total = 0; c < layer->concepts; c++) {
        layer->cw_starts[c] = total;
        for (i = source->starts[c]; i < source->starts[c + 1]; i++) {
            uint32_t w = source->occurrences[i].word;

            if (at[w] != (uint32_t)c) {
                at[w] = (uint32_t)c;
                layer->cw[total++] = global[w];
                layer->wc_starts[w + 1]++;
            }
        }
    }
    layer->cw_starts[layer->concepts] = total;
    for (i = 0; i < words; i++)
        layer->wc_starts[i + 1] += layer->wc_starts[i];
    memcpy(next, layer->wc_starts, words * sizeof *next);
    for (c = 0, total = 0; c < layer->concepts; c++)
        for (i = source->starts[c]; i < source->starts[c + 1]; i++) {
            uint32_t w = source->occurrences[i].word;

            if (next[w] == layer->wc_starts[w] ||
                layer->wc[next[w] - 1] != (uint32_t)c) {
                layer->cw_incidence[total++] = (uint32_t)next[w];
                layer->wc[next[w]++] = (uint32_t)c;
            }
            layer->incidence[i] = (uint32_t)(next[w] - 1);
        }
done:
    lat_free(at);
    lat_free(next);
    return status;
}

/* Global numbers of every layer's words. */
static lat_status number_words(index_set *out, lat_error *error)
{
    lat_intern *all = NULL;
    lat_status status = lat_intern_create(&all, error);
    size_t l, w;

    for (l = 0; l < out->layers && status == LAT_OK; l++) {
        layer_index *layer = &out->layer[l];
        const lat_concepts *source = layer->source;
        size_t words = lat_intern_count(source->words);

        layer->words = words;
        layer->global = lat_arena_array(&out->arena, words,
                                        sizeof *layer->global);
        if (layer->global == NULL) {
            status = lat_error_memory(error, words * sizeof *layer->global);
            break;
        }
        for (w = 0; w < words; w++) {
            size_t size, number;
            const char *text = lat_intern_text(source->words, w, &size);

            number = lat_intern_add(all, text, size);
            if (number == SIZE_MAX) {
                status = lat_error_memory(error, size);
                break;
            }
            layer->global[w] = (uint32_t)number;
        }
    }
    out->words = all != NULL ? lat_intern_count(all) : 0;
    lat_intern_free(all);
    return status;
}

/* Places are sorted twice, for the union of all keys and for each layer's
 * numbers: cheaper than keeping them for all layers of a study. */
static lat_status fill_set(index_set *out, sorter *with, lat_error *error)
{
    uint64_t *keys = NULL;
    lat_status status = number_words(out, error);
    size_t l;

    for (l = 0; l < out->layers && status == LAT_OK; l++) {
        sort_layer(with, out->layer[l].source);
        status = merge_keys(&keys, &out->occurrences, with->places,
                            out->layer[l].size, error);
    }
    if (status == LAT_OK)
        status = number_sentences(out, keys, error);
    for (l = 0; l < out->layers && status == LAT_OK; l++) {
        sort_layer(with, out->layer[l].source);
        status = index_occurrences(out, &out->layer[l], keys, with->places,
                                   error);
        if (status == LAT_OK)
            status = index_words(out, &out->layer[l], error);
    }
    lat_free(keys);
    return status;
}

/* Peak: about 20 bytes an occurrence and layer, held in the arena until the
 * call ends. */
lat_status lat_index_build_int(index_set *out,
                               const lat_concepts *const *layers,
                               size_t count, lat_error *error)
{
    sorter with = {NULL, NULL};
    size_t l, largest = 0;
    lat_status status = LAT_OK;

    memset(out, 0, sizeof *out);
    out->layer = lat_arena_array(&out->arena, count, sizeof *out->layer);
    if (out->layer == NULL) {
        status = lat_error_memory(error, count * sizeof *out->layer);
        goto done;
    }
    out->layers = count;
    for (l = 0; l < count; l++) {
        out->layer[l].source = layers[l];
        out->layer[l].concepts = layers[l]->count;
        out->layer[l].size = layers[l]->size;
        if (layers[l]->count > out->concepts_most)
            out->concepts_most = layers[l]->count;
        if (layers[l]->size > largest)
            largest = layers[l]->size;
    }
    with.places = lat_new_array(largest, sizeof *with.places);
    with.scratch = lat_new_array(largest, sizeof *with.scratch);
    if (with.places == NULL || with.scratch == NULL)
        status = lat_error_memory(error, 2 * largest * sizeof *with.places);
    else
        status = fill_set(out, &with, error);
done:
    lat_free(with.places);
    lat_free(with.scratch);
    if (status != LAT_OK)
        lat_index_free_int(out);
    return status;
}

void lat_index_free_int(index_set *set)
{
    lat_arena_free(&set->arena);
    memset(set, 0, sizeof *set);
}
