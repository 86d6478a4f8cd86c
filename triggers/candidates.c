/*
 * candidates.c - which words are tried as triggers, and as their controls.
 *
 * All sources draw from the clustered words of one layer, so that a control
 * differs from a trigger in nothing but where it comes from.  Words are
 * counted by their clustered occurrences.
 */
#include "search_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const source_names[] = {"concept", "matched", "random",
                                           "log-odds"};

const char *lat_source_name(lat_source source)
{
    return source_names[source];
}

/* What is known of every word of the layer. */
typedef struct word_facts {
    size_t count;
    uint32_t *frequency;   /* clustered occurrences */
    uint32_t *in_class;    /* those in sentences of class c */
    uint64_t *concept;     /* concept polarised to c that has it most, or
                              LAT_NO_NUMBER */
    uint32_t *in_concept;  /* occurrences there */
    bool *unpolarised;     /* in some concept polarised to no class */
    bool *taken;
    uint64_t classed, class_total;
} word_facts;

static void facts_free(word_facts *f)
{
    lat_free(f->frequency);
    lat_free(f->in_class);
    lat_free(f->concept);
    lat_free(f->in_concept);
    lat_free(f->unpolarised);
    lat_free(f->taken);
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
            f->concept[word] = concepts->ids[number];
        }
    }
    for (size_t i = from; i < to; i++)
        counts[concepts->occurrences[i].word] = 0;
}

static lat_status facts_make(word_facts *f, const lat_search_input *input,
                             uint32_t c, lat_error *error)
{
    const lat_concepts *concepts = input->concepts;
    size_t n = lat_intern_count(concepts->words);
    uint32_t *counts = lat_new_array(n, sizeof *counts);
    memset(f, 0, sizeof *f);
    f->count = n;
    f->frequency = lat_new_array(n, sizeof *f->frequency);
    f->in_class = lat_new_array(n, sizeof *f->in_class);
    f->concept = lat_new_array(n, sizeof *f->concept);
    f->in_concept = lat_new_array(n, sizeof *f->in_concept);
    f->unpolarised = lat_new_array(n, sizeof *f->unpolarised);
    f->taken = lat_new_array(n, sizeof *f->taken);
    if (counts == NULL || f->frequency == NULL || f->in_class == NULL ||
        f->concept == NULL || f->in_concept == NULL ||
        f->unpolarised == NULL || f->taken == NULL) {
        lat_free(counts);
        return lat_error_memory(error, n * 32);
    }
    for (size_t w = 0; w < n; w++)
        f->concept[w] = LAT_NO_NUMBER;
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
        int32_t of = lat_polarity_class(input->polarity, k,
                                        &input->polarity->theta);
        if (of == (int32_t)c)
            note_concept(f, concepts, k, counts);
        for (size_t i = concepts->starts[k];
             of < 0 && i < concepts->starts[k + 1]; i++)
            f->unpolarised[concepts->occurrences[i].word] = true;
    }
    lat_free(counts);
    return LAT_OK;
}

/* ---- Rankings ----------------------------------------------------------- */

typedef struct ranked {
    double key; /* high first */
    uint32_t word;
} ranked;

static int by_key(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->key != y->key)
        return x->key > y->key ? -1 : 1;
    return (x->word > y->word) - (x->word < y->word);
}

/* Log odds of class c against the rest for a word, with half an occurrence
 * added to every cell. */
static double log_odds(const word_facts *f, size_t word)
{
    double in = f->in_class[word], out = f->frequency[word] - in;
    double all_in = (double)f->class_total;
    double all_out = (double)(f->classed - f->class_total);
    return lat_log((in + 0.5) / (all_in - in + 0.5)) -
           lat_log((out + 0.5) / (all_out - out + 0.5));
}

/* Ranked words of a source that is an order over all words; a key below
 * -1e300 leaves the word out. */
static double source_key(const word_facts *f, lat_source source, size_t word)
{
    if (source == LAT_SOURCE_CONCEPT)
        return f->concept[word] == LAT_NO_NUMBER
                   ? -HUGE_VAL : (double)f->in_concept[word];
    return log_odds(f, word);
}

static void take(candidates *out, word_facts *f, uint32_t word)
{
    out->items[out->count++] =
        (candidate){.word = word, .concept = f->concept[word]};
    f->taken[word] = true;
}

static lat_status take_ranked(candidates *out, word_facts *f,
                              lat_source source, size_t most,
                              lat_error *error)
{
    ranked *order = lat_new_array(f->count, sizeof *order);
    if (order == NULL)
        return lat_error_memory(error, f->count * sizeof *order);
    for (size_t w = 0; w < f->count; w++)
        order[w] = (ranked){source_key(f, source, w), (uint32_t)w};
    qsort(order, f->count, sizeof *order, by_key);
    for (size_t i = 0; i < f->count && out->count < most; i++)
        if (order[i].key > -1e300)
            take(out, f, order[i].word);
    lat_free(order);
    return LAT_OK;
}

/* Words of the layer in seeded order, whatever their concept. */
static lat_status take_random(candidates *out, word_facts *f, size_t most,
                              uint64_t seed, lat_error *error)
{
    size_t *order = lat_new_array(f->count, sizeof *order);
    if (order == NULL)
        return lat_error_memory(error, f->count * sizeof *order);
    lat_random random;
    lat_random_seed(&random, seed, 11);
    for (size_t w = 0; w < f->count; w++)
        order[w] = w;
    lat_random_shuffle(&random, order, f->count);
    for (size_t i = 0; i < f->count && out->count < most; i++)
        take(out, f, (uint32_t)order[i]);
    lat_free(order);
    return LAT_OK;
}

/* For each concept word the word nearest in frequency (ties: seeded order) of
 * those that occur in a concept that is not polarised, concept words left
 * out. */
static lat_status take_matched(candidates *out, word_facts *f,
                               const candidates *concept_words, size_t most,
                               uint64_t seed, lat_error *error)
{
    size_t *order = lat_new_array(f->count, sizeof *order);
    if (order == NULL)
        return lat_error_memory(error, f->count * sizeof *order);
    lat_random random;
    lat_random_seed(&random, seed, 12);
    for (size_t i = 0; i < concept_words->count; i++)
        f->taken[concept_words->items[i].word] = true;
    for (size_t w = 0; w < f->count; w++)
        order[w] = w;
    lat_random_shuffle(&random, order, f->count);
    for (size_t i = 0; i < concept_words->count && out->count < most; i++) {
        uint32_t wanted = f->frequency[concept_words->items[i].word];
        size_t best = f->count;
        uint32_t least = UINT32_MAX;
        for (size_t j = 0; j < f->count; j++) {
            size_t w = order[j];
            uint32_t has = f->frequency[w];
            uint32_t gap = has > wanted ? has - wanted : wanted - has;
            if (f->unpolarised[w] && !f->taken[w] && gap < least) {
                least = gap;
                best = w;
            }
        }
        if (best != f->count)
            take(out, f, (uint32_t)best);
    }
    lat_free(order);
    return LAT_OK;
}

lat_status candidates_make(candidates *out, const lat_search_input *input,
                           lat_source source, uint32_t c, size_t most,
                           const candidates *concept_words, uint64_t seed,
                           lat_error *error)
{
    word_facts facts;
    memset(out, 0, sizeof *out);
    lat_status status = facts_make(&facts, input, c, error);
    if (status == LAT_OK) {
        if (most > facts.count)
            most = facts.count;
        out->items = lat_new_array(most, sizeof *out->items);
        if (out->items == NULL)
            status = lat_error_memory(error, most * sizeof *out->items);
    }
    if (status == LAT_OK && source == LAT_SOURCE_RANDOM)
        status = take_random(out, &facts, most, seed, error);
    else if (status == LAT_OK && source == LAT_SOURCE_MATCHED)
        status = take_matched(out, &facts, concept_words, most, seed, error);
    else if (status == LAT_OK)
        status = take_ranked(out, &facts, source, most, error);
    facts_free(&facts);
    if (status != LAT_OK)
        candidates_free(out);
    return status;
}

void candidates_free(candidates *list)
{
    lat_free(list->items);
    memset(list, 0, sizeof *list);
}
