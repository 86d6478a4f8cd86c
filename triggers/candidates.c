/*
 * candidates.c - which words are tried as triggers, and as their controls.
 *
 * All sources but the last draw from the clustered words of one layer, so
 * that a control differs from a trigger in nothing but where it comes from.
 * Words are counted by their clustered occurrences.  The last source, the
 * upper bound, has every word of the corpus.
 */
#include "search_int.h"

#include <stdlib.h>
#include <string.h>

static const char *const source_names[LAT_SOURCES] = {
    "concept", "matched", "random", "log-odds", "greedy"};

const char *lat_source_name(lat_source source)
{
    return source_names[source];
}

/* One list in the making. */
typedef struct making {
    candidates *out;
    lat_search *search;
    const lat_search_input *input;
    const lat_intern *words; /* of the layer */
    const lat_concepts *concepts;
    word_facts facts;
    size_t most;
    uint64_t seed;
    lat_source source;
} making;

/* Puts a word on the list if a sentence fits beside it. */
static lat_status take(making *m, const lat_intern *words, size_t word,
                       uint64_t concept, lat_error *error)
{
    size_t size = 0;
    bool fits = false;
    const lat_search_options *o = &m->search->options;
    const char *text = lat_intern_text(words, word, &size);
    lat_trial trial = {.words = text, .insertion = LAT_INSERT_PREPEND,
                       .repeat = o->repeat};
    lat_status status =
        lat_trial_fits(&fits, m->input->reader, &trial, error);
    if (status != LAT_OK)
        return status;
    if (!fits) {
        m->search->too_long++;
        return LAT_OK;
    }
    char *copy = lat_arena_copy(&m->search->arena, text, size);
    if (copy == NULL)
        return lat_error_memory(error, size);
    m->out->items[m->out->count] =
        (candidate){.text = copy, .length = 1, .concept = concept,
                    .place = m->out->count};
    m->out->count++;
    return LAT_OK;
}

/* ---- Rankings ----------------------------------------------------------- */

typedef struct ranked {
    double key, second; /* high first */
    size_t place;
    size_t word;
} ranked;

static int by_key(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->key != y->key)
        return x->key > y->key ? -1 : 1;
    if (x->second != y->second)
        return x->second > y->second ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
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

/* Every concept's most frequent word first (larger concepts before smaller
 * ones), then every concept's second, and so on: no concept is left out as
 * long as there is room. */
static size_t rank_concept_words(ranked *list, const making *m)
{
    const word_facts *f = &m->facts;
    size_t n = 0;
    for (size_t w = 0; w < f->count; w++)
        if (f->concept[w] != LAT_NO_CONCEPT)
            list[n++] = (ranked){-(double)f->concept[w],
                                 (double)f->in_concept[w], f->place[w], w};
    qsort(list, n, sizeof *list, by_key);
    size_t rank = 0;
    uint32_t before = LAT_NO_CONCEPT;
    for (size_t i = 0; i < n; i++) {
        uint32_t concept = f->concept[list[i].word];
        rank = concept == before ? rank + 1 : 0;
        before = concept;
        list[i].key = -(double)rank;
        list[i].second = (double)(m->concepts->starts[concept + 1] -
                                  m->concepts->starts[concept]);
        list[i].place = concept;
    }
    qsort(list, n, sizeof *list, by_key);
    return n;
}

static lat_status take_ranked(making *m, lat_error *error)
{
    const word_facts *f = &m->facts;
    ranked *order = lat_new_array(f->count, sizeof *order);
    if (order == NULL)
        return lat_error_memory(error, f->count * sizeof *order);
    size_t n = f->count;
    if (m->source == LAT_SOURCE_CONCEPT) {
        n = rank_concept_words(order, m);
    } else {
        for (size_t w = 0; w < n; w++)
            order[w] = (ranked){log_odds(f, w), 0, f->place[w], w};
        qsort(order, n, sizeof *order, by_key);
    }
    lat_status status = LAT_OK;
    for (size_t i = 0; i < n && m->out->count < m->most && status == LAT_OK;
         i++) {
        uint32_t concept = f->concept[order[i].word];
        status = take(m, m->words, order[i].word,
                      m->source == LAT_SOURCE_CONCEPT
                          ? m->concepts->ids[concept] : LAT_NO_NUMBER,
                      error);
    }
    lat_free(order);
    return status;
}

/* ---- Random orders ------------------------------------------------------ */

static size_t *shuffled(size_t n, uint64_t seed, uint64_t stream)
{
    size_t *order = lat_new_array(n, sizeof *order);
    lat_random random;
    if (order == NULL)
        return NULL;
    lat_random_seed(&random, seed, stream);
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    lat_random_shuffle(&random, order, n);
    return order;
}

/* Words of the layer in seeded order, whatever their concept. */
static lat_status take_random(making *m, lat_error *error)
{
    const word_facts *f = &m->facts;
    size_t *order = shuffled(f->count, m->seed, 11);
    if (order == NULL)
        return lat_error_memory(error, f->count * sizeof *order);
    lat_status status = LAT_OK;
    for (size_t i = 0;
         i < f->count && m->out->count < m->most && status == LAT_OK; i++)
        status = take(m, m->words, f->sorted[order[i]], LAT_NO_NUMBER,
                      error);
    lat_free(order);
    return status;
}

/* For each concept word the word nearest in frequency (ties: seeded order) of
 * those that occur in a concept that is not polarised, concept words left
 * out. */
static lat_status take_matched(making *m, const candidates *concept_words,
                               lat_error *error)
{
    word_facts *f = &m->facts;
    size_t *order = shuffled(f->count, m->seed, 12);
    if (order == NULL)
        return lat_error_memory(error, f->count * sizeof *order);
    for (size_t w = 0; w < f->count; w++)
        f->taken[w] = f->concept[w] != LAT_NO_CONCEPT;
    lat_status status = LAT_OK;
    for (size_t i = 0; i < concept_words->count &&
                       m->out->count < m->most && status == LAT_OK; i++) {
        const char *text = concept_words->items[i].text;
        size_t word = lat_intern_find(m->words, text, strlen(text));
        uint32_t wanted = f->frequency[word];
        size_t best = f->count;
        uint32_t least = UINT32_MAX;
        for (size_t j = 0; j < f->count; j++) {
            size_t w = f->sorted[order[j]];
            uint32_t has = f->frequency[w];
            uint32_t gap = has > wanted ? has - wanted : wanted - has;
            if (f->unpolarised[w] && !f->taken[w] && gap < least) {
                least = gap;
                best = w;
            }
        }
        if (best == f->count)
            break;
        f->taken[best] = true;
        status = take(m, m->words, best, LAT_NO_NUMBER, error);
    }
    lat_free(order);
    return status;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every word of the corpus, in seeded order. */
static lat_status take_all(making *m, lat_error *error)
{
    const lat_intern *all =
        m->input->vocabulary == NULL ? m->words : m->input->vocabulary;
    size_t n = lat_intern_count(all);
    size_t *order = shuffled(n, m->seed, 13);
    const char **texts = lat_new_array(n, sizeof *texts);
    lat_status status = LAT_OK;
    if (order == NULL || texts == NULL)
        status = lat_error_memory(error, n * 16);
    for (size_t w = 0; status == LAT_OK && w < n; w++)
        texts[w] = lat_intern_text(all, w, NULL);
    if (status == LAT_OK)
        qsort((void *)texts, n, sizeof *texts, by_bytes);
    for (size_t i = 0;
         status == LAT_OK && i < n && m->out->count < m->most; i++) {
        const char *text = texts[order[i]];
        status = take(m, all, lat_intern_find(all, text, strlen(text)),
                      LAT_NO_NUMBER, error);
    }
    lat_free((void *)texts);
    lat_free(order);
    return status;
}

/* ---- All ---------------------------------------------------------------- */

lat_status candidates_make(candidates *out, lat_search *search,
                           const lat_search_input *input, size_t layer,
                           lat_source source, uint32_t c, size_t most,
                           const candidates *concept_words,
                           lat_error *error)
{
    const lat_concepts *concepts = input->layers[layer].concepts;
    making m = {.out = out, .search = search, .input = input,
                .words = concepts->words, .concepts = concepts,
                .seed = search->options.seed + c, .source = source};
    memset(out, 0, sizeof *out);
    size_t all = lat_intern_count(concepts->words);
    if (source == LAT_SOURCE_GREEDY && input->vocabulary != NULL)
        all = lat_intern_count(input->vocabulary);
    m.most = most < all ? most : all;
    out->items = lat_new_array(m.most, sizeof *out->items);
    if (out->items == NULL)
        return lat_error_memory(error, m.most * sizeof *out->items);
    lat_status status = LAT_OK;
    if (source == LAT_SOURCE_GREEDY) {
        m.seed = search->options.seed; /* one order for every class */
        status = take_all(&m, error);
    } else {
        status = word_facts_make(&m.facts, input, layer, c, error);
        if (status == LAT_OK && source == LAT_SOURCE_RANDOM)
            status = take_random(&m, error);
        else if (status == LAT_OK && source == LAT_SOURCE_MATCHED)
            status = take_matched(&m, concept_words, error);
        else if (status == LAT_OK)
            status = take_ranked(&m, error);
        word_facts_free(&m.facts);
    }
    if (status != LAT_OK)
        candidates_free(out);
    return status;
}

void candidates_free(candidates *list)
{
    lat_free(list->items);
    memset(list, 0, sizeof *list);
}
