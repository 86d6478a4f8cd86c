/*
 * word_facts.c - what is known of every word of a layer's clustering, seen
 * from one class: how often, in which class, in which polarised concept.
 */
#include "search_int.h"

#include <stdlib.h>
#include <string.h>

void word_facts_free(word_facts *f)
{
    lat_free(f->frequency);
    lat_free(f->in_class);
    lat_free(f->concept);
    lat_free(f->in_concept);
    lat_free(f->unpolarised);
    lat_free(f->taken);
    lat_free(f->sorted);
    lat_free(f->place);
    memset(f, 0, sizeof *f);
}

static lat_status facts_new(word_facts *f, size_t n, lat_error *error)
{
    memset(f, 0, sizeof *f);
    f->count = n;
    f->frequency = lat_new_array(n, sizeof *f->frequency);
    f->in_class = lat_new_array(n, sizeof *f->in_class);
    f->concept = lat_new_array(n, sizeof *f->concept);
    f->in_concept = lat_new_array(n, sizeof *f->in_concept);
    f->unpolarised = lat_new_array(n, sizeof *f->unpolarised);
    f->taken = lat_new_array(n, sizeof *f->taken);
    f->sorted = lat_new_array(n, sizeof *f->sorted);
    f->place = lat_new_array(n, sizeof *f->place);
    if (f->frequency == NULL || f->in_class == NULL || f->concept == NULL ||
        f->in_concept == NULL || f->unpolarised == NULL ||
        f->taken == NULL || f->sorted == NULL || f->place == NULL)
        return lat_error_memory(error, (uint64_t)n * 48);
    return LAT_OK;
}

/* Occurrences of each word in one concept: counted, used, set back. */
static void note_concept(word_facts *f, const lat_concepts *concepts,
                         size_t number, uint32_t *counts)
{
    size_t from = concepts->starts[number], to = concepts->starts[number + 1];
    for (size_t i = from; i < to; i++)
        counts[concepts->occurrences[i].word]++;
    for (size_t i = from; i < to; i++) {
        uint32_t word = concepts->occurrences[i].word;
        if (counts[word] > f->in_concept[word]) {
            f->in_concept[word] = counts[word];
            f->concept[word] = (uint32_t)number;
        }
    }
    for (size_t i = from; i < to; i++)
        counts[concepts->occurrences[i].word] = 0;
}

typedef struct named {
    const char *text;
    size_t word;
} named;

static int by_text(const void *a, const void *b)
{
    return strcmp(((const named *)a)->text, ((const named *)b)->text);
}

/* Byte order does not depend on the layer, numbers do. */
static lat_status sort_words(word_facts *f, const lat_intern *words,
                             lat_error *error)
{
    named *list = lat_new_array(f->count, sizeof *list);
    if (list == NULL)
        return lat_error_memory(error, f->count * sizeof *list);
    for (size_t w = 0; w < f->count; w++)
        list[w] = (named){lat_intern_text(words, w, NULL), w};
    qsort(list, f->count, sizeof *list, by_text);
    for (size_t i = 0; i < f->count; i++) {
        f->sorted[i] = list[i].word;
        f->place[list[i].word] = i;
    }
    lat_free(list);
    return LAT_OK;
}

lat_status word_facts_make(word_facts *f, const lat_search_input *input,
                           size_t layer, uint32_t c, lat_error *error)
{
    const lat_concepts *concepts = input->layers[layer].concepts;
    const lat_polarity *polarity = input->layers[layer].polarity;
    size_t n = lat_intern_count(concepts->words);
    uint32_t *counts = lat_new_array(n, sizeof *counts);
    lat_status status = facts_new(f, n, error);
    if (status == LAT_OK && counts == NULL)
        status = lat_error_memory(error, n * sizeof *counts);
    if (status == LAT_OK)
        status = sort_words(f, concepts->words, error);
    if (status != LAT_OK) {
        lat_free(counts);
        word_facts_free(f);
        return status;
    }
    for (size_t w = 0; w < n; w++)
        f->concept[w] = LAT_NO_CONCEPT;
    for (size_t i = 0; i < concepts->size; i++) {
        const lat_occurrence *o = &concepts->occurrences[i];
        int32_t of = o->sentence < input->classes->sentences
                         ? input->classes->of[o->sentence] : -1;
        f->frequency[o->word]++;
        f->in_class[o->word] += of == (int32_t)c;
        f->classed += of >= 0;
        f->class_total += of == (int32_t)c;
    }
    for (size_t k = 0; k < concepts->count; k++) {
        int32_t of = lat_polarity_class(polarity, k, &polarity->theta);
        if (of == (int32_t)c)
            note_concept(f, concepts, k, counts);
        for (size_t i = concepts->starts[k];
             of < 0 && i < concepts->starts[k + 1]; i++)
            f->unpolarised[concepts->occurrences[i].word] = true;
    }
    lat_free(counts);
    return LAT_OK;
}
