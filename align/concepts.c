/*
 * concepts.c - a clustering as groups of word occurrences.
 *
 *     occurrences   a c a | b d | c c e ...      grouped by concept
 *     starts        0       3     5     ...
 *     ids           0       4     17    ...      numbers in the file, rising
 *
 * Whoever makes concepts, a file or a cut, comes through one builder, so
 * that the same clustering gives the same arrays and, later, the same
 * shuffles, whether it was read back or never left memory.
 */
#include "align_int.h"

#include <stdlib.h>
#include <string.h>

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Index of id among the sorted distinct ids; it is there. */
static size_t find_id(const uint64_t *ids, size_t count, uint64_t id)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Concepts are in order of their numbers: a binary search. */
uint32_t lat_concepts_find(const lat_concepts *concepts, uint64_t id)
{
    size_t at = find_id(concepts->ids, concepts->count, id);

    return at < concepts->count && concepts->ids[at] == id ? (uint32_t)at
                                                           : LAT_NO_CONCEPT;
}

/* Position -1, the place before the sentence, becomes 0, so that keys sort
 * in text order. */
void lat_places_fill_int(lat_place *out, const lat_occurrence *occurrences,
                         size_t n)
{
    size_t i;

    for (i = 0; i < n; i++) {
        /* Position -1 becomes 0: keys stay in text order. */
        uint32_t position = (uint32_t)(occurrences[i].position + 1);

        out[i].key = (uint64_t)occurrences[i].sentence << 32 | position;
        out[i].index = i;
    }
}

/* Radix sort by bytes, least first: stable, linear, and it passes over the
 * bytes that all keys share (half of the eight in a usual corpus). */
void lat_places_sort_int(lat_place *places, lat_place *scratch, size_t n)
{
    lat_place *from = places, *to = scratch, *swap;
    unsigned shift;
    size_t i;

    for (shift = 0; shift < 64; shift += 8) {
        size_t starts[257] = {0};

        for (i = 0; i < n; i++)
            starts[(from[i].key >> shift & 255) + 1]++;
        /* Most bytes of a key are the same in every place. */
        if (n == 0 || starts[(from[0].key >> shift & 255) + 1] == n)
            continue;
        for (i = 0; i < 256; i++)
            starts[i + 1] += starts[i];
        for (i = 0; i < n; i++)
            to[starts[from[i].key >> shift & 255]++] = from[i];
        swap = from;
        from = to;
        to = swap;
    }
    if (from != places)
        memcpy(places, from, n * sizeof *places);
}

/* *repeat = smallest index whose place was taken before it, or n. */
static lat_status find_repeat(size_t *repeat,
                              const lat_occurrence *occurrences, size_t n,
                              lat_error *error)
{
    lat_place *places = lat_new_array(n, sizeof *places);
    lat_place *scratch = lat_new_array(n, sizeof *scratch);
    lat_status status = LAT_OK;
    size_t i;

    if (places == NULL || scratch == NULL) {
        status = lat_error_memory(error, 2 * n * sizeof *places);
        goto done;
    }
    lat_places_fill_int(places, occurrences, n);
    lat_places_sort_int(places, scratch, n);
    *repeat = n;
    for (i = 1; i < n; i++)
        if (places[i].key == places[i - 1].key &&
            places[i].index < *repeat)
            *repeat = (size_t)places[i].index;
done:
    lat_free(places);
    lat_free(scratch);
    return status;
}

/* Sorted distinct ids into out->ids; starts from the counts. */
static lat_status number_concepts(lat_concepts *out, const uint64_t *ids,
                                  size_t n, lat_error *error)
{
    size_t i, count = 0;

    out->ids = lat_new_array(n, sizeof *out->ids);
    if (out->ids == NULL)
        return lat_error_memory(error, n * sizeof *out->ids);
    memcpy(out->ids, ids, n * sizeof *ids);
    qsort(out->ids, n, sizeof *out->ids, compare_u64);
    for (i = 0; i < n; i++)
        if (count == 0 || out->ids[i] != out->ids[count - 1])
            out->ids[count++] = out->ids[i];
    out->count = count;
    out->starts = lat_new_array(count + 1, sizeof *out->starts);
    out->types = lat_new_array(count, sizeof *out->types);
    if (out->starts == NULL || out->types == NULL)
        return lat_error_memory(error, count * sizeof *out->starts);
    return LAT_OK;
}

/* Stable counting sort of the occurrences by concept. */
static lat_status group_occurrences(lat_concepts *out,
                                    const lat_occurrence *occurrences,
                                    const uint64_t *ids, lat_error *error)
{
    size_t i, n = out->size;
    uint32_t *concept = lat_new_array(n, sizeof *concept);
    size_t *next = lat_new_array(out->count + 1, sizeof *next);
    lat_status status = LAT_OK;

    out->occurrences = lat_new_array(n, sizeof *out->occurrences);
    if (concept == NULL || next == NULL || out->occurrences == NULL) {
        status = lat_error_memory(error, n * sizeof *out->occurrences);
        goto done;
    }
    for (i = 0; i < n; i++) {
        concept[i] = (uint32_t)find_id(out->ids, out->count, ids[i]);
        out->starts[concept[i] + 1]++;
    }
    for (i = 0; i < out->count; i++)
        out->starts[i + 1] += out->starts[i];
    memcpy(next, out->starts, out->count * sizeof *next);
    for (i = 0; i < n; i++) {
        lat_occurrence *to = &out->occurrences[next[concept[i]]++];

        *to = occurrences[i];
        to->concept = concept[i];
    }
done:
    lat_free(concept);
    lat_free(next);
    return status;
}

/* Numbers the words anew, by first appearance in the grouped order, and
 * counts the distinct ones of every concept. */
static lat_status number_words(lat_concepts *out, const lat_intern *words,
                               lat_error *error)
{
    size_t i, old = lat_intern_count(words);
    uint32_t *renamed = lat_new_array(old, sizeof *renamed);
    uint32_t *seen = lat_new_array(old, sizeof *seen); /* concept + 1 */
    lat_status status;

    if (renamed == NULL || seen == NULL) {
        status = lat_error_memory(error, old * sizeof *seen);
        goto done;
    }
    status = lat_intern_create(&out->words, error);
    if (status != LAT_OK)
        goto done;
    for (i = 0; i < out->size; i++) {
        lat_occurrence *at = &out->occurrences[i];

        if (seen[at->word] == 0) {
            size_t size, number;
            const char *text = lat_intern_text(words, at->word, &size);

            number = lat_intern_add(out->words, text, size);
            if (number == SIZE_MAX) {
                status = lat_error_memory(error, size);
                goto done;
            }
            renamed[at->word] = (uint32_t)number;
        }
        if (seen[at->word] != at->concept + 1) {
            seen[at->word] = at->concept + 1;
            out->types[at->concept]++;
        }
        at->word = renamed[at->word];
    }
done:
    lat_free(renamed);
    lat_free(seen);
    return status;
}

/* On a repeated place the status is LAT_MALFORMED, the record is left empty
 * and *repeat says which: only the caller knows whether to speak of lines
 * or of words. */
lat_status lat_concepts_build_int(lat_concepts *out,
                                  const lat_occurrence *occurrences,
                                  const uint64_t *ids, size_t n,
                                  const lat_intern *words, size_t *repeat,
                                  lat_error *error)
{
    lat_status status;

    memset(out, 0, sizeof *out);
    *repeat = n;
    if (n == 0)
        return lat_error_set(error, LAT_MALFORMED,
                             "no occurrences, expected at least one");
    if (n >= UINT32_MAX)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "more than 2^32-2 occurrences");
    status = find_repeat(repeat, occurrences, n, error);
    if (status == LAT_OK && *repeat < n)
        return LAT_MALFORMED; /* the caller knows how to name it */
    out->size = n;
    if (status == LAT_OK)
        status = number_concepts(out, ids, n, error);
    if (status == LAT_OK)
        status = group_occurrences(out, occurrences, ids, error);
    if (status == LAT_OK)
        status = number_words(out, words, error);
    if (status != LAT_OK)
        lat_concepts_free(out);
    return status;
}

/* The labels of a cut number the concepts; gaps are fine, empty concepts
 * cannot arise. */
lat_status lat_concepts_make(lat_concepts *out,
                             const lat_occurrence *occurrences,
                             const uint32_t *labels, size_t n,
                             const lat_intern *words, lat_error *error)
{
    uint64_t *ids = lat_new_array(n, sizeof *ids);
    size_t i, repeat;
    lat_status status;

    memset(out, 0, sizeof *out);
    if (ids == NULL)
        return lat_error_memory(error, n * sizeof *ids);
    for (i = 0; i < n; i++)
        ids[i] = labels[i];
    status = lat_concepts_build_int(out, occurrences, ids, n, words, &repeat,
                                    error);
    if (status == LAT_MALFORMED && repeat < n)
        lat_error_set(error, status,
                      "word %lu of sentence %lu occurs twice in one "
                      "clustering",
                      (unsigned long)occurrences[repeat].position + 1,
                      (unsigned long)occurrences[repeat].sentence);
    lat_free(ids);
    return status;
}

void lat_concepts_free(lat_concepts *concepts)
{
    if (concepts == NULL)
        return;
    lat_free(concepts->occurrences);
    lat_free(concepts->starts);
    lat_free(concepts->ids);
    lat_free(concepts->types);
    lat_intern_free(concepts->words);
    memset(concepts, 0, sizeof *concepts);
}
