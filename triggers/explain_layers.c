/*
 * explain_layers.c - centroids of a study's concepts, and the concept that a
 * vector falls into.
 *
 *   concepts' (sentence, position) -> words of the clustered corpus
 *   corpus through the model -> vectors of as many layers as fit
 *   each layer: centroids, members' distances, nearest one for each word
 */
#include "explain_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- The clustered words ------------------------------------------------ */

static int by_text_order(const void *a, const void *b)
{
    const lat_word *x = a, *y = b;
    if (x->sentence != y->sentence)
        return x->sentence < y->sentence ? -1 : 1;
    return (x->position > y->position) - (x->position < y->position);
}

/* Byte ranges of one sentence's words, from their positions. */
static lat_status place_words(lat_word *items, size_t count,
                              const lat_sentence *s, lat_word_rule rule,
                              lat_error *error)
{
    lat_span *spans = NULL;
    size_t capacity = 0, before = 0, done = 0;
    lat_status status = LAT_OK;
    for (uint8_t which = 0; which < 2 && status == LAT_OK; which++) {
        size_t found = 0;
        if (which == 1 && s->b == NULL)
            break;
        status = lat_words_find(&spans, &capacity, &found,
                                which == 0 ? s->a : s->b,
                                which == 0 ? s->a_size : s->b_size, rule,
                                error);
        for (; status == LAT_OK && done < count &&
               items[done].position < before + found; done++) {
            const lat_span *span = &spans[items[done].position - before];
            items[done].first = span->first;
            items[done].end = span->end;
            items[done].which = which;
        }
        before += found;
    }
    lat_free(spans);
    if (status == LAT_OK && done != count)
        status = lat_error_set(error, LAT_MALFORMED,
                               "a concept has word %u of sentence %u, which "
                               "has %zu words",
                               items[done].position, items[done].sentence,
                               before);
    return status;
}

/* Every clustered word, in text order.  All layers hold the same ones. */
static lat_status list_words(lat_words *out, const lat_explain_input *input,
                             lat_error *error)
{
    const lat_concepts *concepts = input->layers[0].concepts;
    memset(out, 0, sizeof *out);
    out->items = lat_new_array(concepts->size, sizeof *out->items);
    if (out->items == NULL)
        return lat_error_memory(error, concepts->size * sizeof *out->items);
    for (size_t i = 0; i < concepts->size; i++) {
        const lat_occurrence *o = &concepts->occurrences[i];
        if (o->position < 0 || o->sentence >= input->clustered->count)
            return lat_error_set(error, LAT_MALFORMED,
                                 "a concept has sentence %u, position %d; "
                                 "the study has %zu sentences",
                                 o->sentence, o->position,
                                 input->clustered->count);
        out->items[i] = (lat_word){.sentence = o->sentence,
                                   .position = (uint32_t)o->position};
    }
    out->count = concepts->size;
    qsort(out->items, out->count, sizeof *out->items, by_text_order);
    lat_status status = LAT_OK;
    for (size_t i = 0; i < out->count && status == LAT_OK;) {
        uint32_t sentence = out->items[i].sentence;
        size_t end = i;
        while (end < out->count && out->items[end].sentence == sentence)
            end++;
        status = place_words(out->items + i, end - i,
                             &input->clustered->sentences[sentence],
                             input->rule, error);
        i = end;
    }
    return status;
}

/* ---- One layer ---------------------------------------------------------- */

typedef struct centroids {
    size_t count, hidden;
    double *sums;      /* count x hidden: means in the end */
    size_t *members;   /* count */
    uint32_t *of;      /* words: concept of each */
    double *distances; /* words: squared, to the own centroid */
} centroids;

static void centroids_free(centroids *c)
{
    lat_free(c->sums);
    lat_free(c->members);
    lat_free(c->of);
    lat_free(c->distances);
}

static double squared(const float *x, const double *y, size_t h)
{
    double sum = 0;
    for (size_t j = 0; j < h; j++) {
        double gap = (double)x[j] - y[j];
        sum += gap * gap;
    }
    return sum;
}

static lat_status concept_of_words(centroids *c, const lat_words *words,
                                   const lat_concepts *concepts,
                                   lat_error *error)
{
    size_t found = 0;
    for (size_t k = 0; k < concepts->count; k++)
        for (size_t i = concepts->starts[k]; i < concepts->starts[k + 1];
             i++) {
            const lat_occurrence *o = &concepts->occurrences[i];
            lat_word key = {.sentence = o->sentence,
                            .position = (uint32_t)o->position};
            const lat_word *word =
                bsearch(&key, words->items, words->count, sizeof key,
                        by_text_order);
            if (word == NULL)
                return lat_error_set(error, LAT_MALFORMED,
                                     "the layers' concepts do not hold the "
                                     "same words");
            c->of[word - words->items] = (uint32_t)k;
            found++;
        }
    if (found != words->count)
        return lat_error_set(error, LAT_MALFORMED,
                             "the layers' concepts do not hold the same "
                             "words");
    return LAT_OK;
}

static lat_status centroids_make(centroids *c, const lat_words *words,
                                 const lat_concepts *concepts,
                                 const float *vectors, size_t h,
                                 lat_error *error)
{
    memset(c, 0, sizeof *c);
    c->count = concepts->count;
    c->hidden = h;
    c->sums = lat_new_array(c->count, h * sizeof *c->sums);
    c->members = lat_new_array(c->count, sizeof *c->members);
    c->of = lat_new_array(words->count, sizeof *c->of);
    c->distances = lat_new_array(words->count, sizeof *c->distances);
    if (c->sums == NULL || c->members == NULL || c->of == NULL ||
        c->distances == NULL)
        return lat_error_memory(error, (uint64_t)c->count * h * 8);
    lat_status status = concept_of_words(c, words, concepts, error);
    if (status != LAT_OK)
        return status;
    for (size_t i = 0; i < words->count; i++) {
        double *sum = c->sums + c->of[i] * h;
        for (size_t j = 0; j < h; j++)
            sum[j] += (double)vectors[i * h + j];
        c->members[c->of[i]]++;
    }
    for (size_t k = 0; k < c->count; k++)
        for (size_t j = 0; j < h; j++)
            c->sums[k * h + j] /= (double)c->members[k];
    for (size_t i = 0; i < words->count; i++)
        c->distances[i] =
            squared(vectors + i * h, c->sums + c->of[i] * h, h);
    return LAT_OK;
}

static lat_explain_place nearest(const centroids *c, size_t words,
                                 const float *x)
{
    lat_explain_place place = {0, INFINITY, 0};
    double own = 0;
    size_t nearer = 0;
    for (size_t k = 0; k < c->count; k++) {
        double n = (double)c->members[k];
        double gap = squared(x, c->sums + k * c->hidden, c->hidden);
        double ward = sqrt(2 * n / (n + 1) * gap);
        if (ward < place.distance) {
            place = (lat_explain_place){(uint32_t)k, ward, 0};
            own = gap;
        }
    }
    for (size_t i = 0; i < words; i++)
        nearer += c->of[i] == place.concept && c->distances[i] < own;
    place.percentile =
        100.0 * (double)nearer / (double)c->members[place.concept];
    return place;
}

/* ---- All layers --------------------------------------------------------- */

/* Vectors of layers from..to-1 of the input, each words x hidden; layers
 * that are not wanted stay NULL. */
static lat_status take_vectors(float **layers, lat_pool *pool,
                               const lat_explain_input *input,
                               const lat_tokens *tokens, size_t from,
                               size_t to, lat_progress *progress,
                               lat_error *error)
{
    size_t bytes = 0, h = input->reader->info->hidden;
    if (!lat_size_mul(tokens->words, h * sizeof(float), &bytes))
        return lat_error_memory(error, UINT64_MAX);
    for (size_t l = from; l < to; l++) {
        float **at = &layers[input->layers[l].number];
        *at = lat_alloc(bytes);
        if (*at == NULL)
            return lat_error_memory(error, bytes);
    }
    lat_reader_want want = {.layers = layers, .pooling = input->pooling,
                            .progress = progress};
    return lat_reader_states(input->reader, pool, tokens, &want, error);
}

static void drop_vectors(float **layers, size_t count)
{
    for (size_t l = 0; layers != NULL && l < count; l++) {
        lat_free(layers[l]);
        layers[l] = NULL;
    }
}

/* How many layers from `from` on fit in memory; at least one. */
static size_t group_end(const lat_explain_input *input, size_t from,
                        size_t words)
{
    uint64_t limit = input->memory == 0 ? (uint64_t)1 << 30 : input->memory;
    uint64_t each = (uint64_t)words * input->reader->info->hidden * 4 + 1;
    uint64_t fit = limit / each;
    size_t left = input->layer_count - from;
    return from + (fit == 0 ? 1 : fit < left ? (size_t)fit : left);
}

static lat_status place_group(lat_explain *explain,
                              const lat_explain_input *input,
                              const lat_words *words, float *const *corpus,
                              float *const *own, size_t from, size_t to,
                              lat_error *error)
{
    size_t h = input->reader->info->hidden;
    lat_status status = LAT_OK;
    for (size_t l = from; l < to && status == LAT_OK; l++) {
        centroids c = {0};
        size_t number = input->layers[l].number;
        status = centroids_make(&c, words, input->layers[l].concepts,
                                corpus[number], h, error);
        for (size_t w = 0; w < explain->count && status == LAT_OK; w++)
            explain->places[l * explain->count + w] =
                nearest(&c, words->count, own[number] + w * h);
        centroids_free(&c);
    }
    return status;
}

lat_status explain_layers(lat_explain *explain, lat_pool *pool,
                          const lat_explain_input *input,
                          const lat_tokens *tokens, lat_progress *progress,
                          lat_error *error)
{
    lat_words words;
    lat_tokens all = {0};
    size_t layers = input->reader->info->layers + 1, to = 0;
    float **corpus = lat_new_array(layers, sizeof *corpus);
    float **own = lat_new_array(layers, sizeof *own);
    lat_status status = list_words(&words, input, error);
    if (status == LAT_OK && (corpus == NULL || own == NULL))
        status = lat_error_memory(error, layers * sizeof *corpus);
    if (status == LAT_OK)
        status = lat_reader_tokenize(&all, input->reader, pool,
                                     input->clustered, &words, error);
    if (status == LAT_OK && lat_words_drop_lost(&words, &all, NULL) != 0)
        status = lat_error_set(error, LAT_MALFORMED,
                               "clustered words have no tokens in this "
                               "model; expected the study's tuned model");
    for (size_t from = 0; from < input->layer_count && status == LAT_OK;
         from = to) {
        to = group_end(input, from, words.count);
        lat_progress_begin(progress, "centroids", "sentences",
                           input->clustered->count);
        status = take_vectors(corpus, pool, input, &all, from, to, progress,
                              error);
        lat_progress_end(progress);
        if (status == LAT_OK)
            status = take_vectors(own, pool, input, tokens, from, to, NULL,
                                  error);
        if (status == LAT_OK)
            status = place_group(explain, input, &words, corpus, own, from,
                                 to, error);
        drop_vectors(corpus, layers);
        drop_vectors(own, layers);
    }
    lat_tokens_free(&all);
    lat_words_free(&words);
    lat_free(corpus);
    lat_free(own);
    return status;
}
