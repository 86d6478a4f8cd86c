/*
 * study_cka.c - linear CKA between the layers of the two models, on a seeded
 * sample of the kept words: the standard yardstick beside ours.
 *
 * The sample is of whole sentences, so that its forward pass costs little;
 * it is a pass of its own, so that a run that goes on after a stop gives the
 * same numbers as one that was not stopped.
 */
#include "study_int.h"

#include <string.h>

typedef struct cka_sample {
    lat_corpus corpus; /* chosen sentences; texts belong to the study's */
    lat_words words;   /* their kept words, renumbered */
    float **layers[STUDY_SIDES];
} cka_sample;

/* Sentences in seeded order until `most` kept words are reached, then back
 * in corpus order. */
static lat_status choose(bool *chosen, const study *s, size_t most,
                         lat_error *error)
{
    size_t n = s->corpus.count, words = 0;
    size_t *order = lat_new_array(n, sizeof *order);
    size_t *held = lat_new_array(n, sizeof *held);
    lat_random random;
    if (order == NULL || held == NULL) {
        lat_free(order);
        lat_free(held);
        return lat_error_memory(error, n * 2 * sizeof *order);
    }
    for (size_t w = 0; w < s->words.count; w++)
        held[s->words.items[w].sentence]++;
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    lat_random_seed(&random, s->options.seed, 20);
    lat_random_shuffle(&random, order, n);
    for (size_t i = 0; i < n && words < most; i++)
        if (held[order[i]] != 0 && words + held[order[i]] <= most) {
            chosen[order[i]] = true;
            words += held[order[i]];
        }
    lat_free(order);
    lat_free(held);
    return LAT_OK;
}

static lat_status take(cka_sample *out, const study *s, const bool *chosen,
                       lat_error *error)
{
    size_t n = s->corpus.count, at = 0;
    uint32_t *number = lat_new_array(n, sizeof *number);
    out->corpus.sentences = lat_new_array(n, sizeof(lat_sentence));
    out->words.items = lat_new_array(s->words.count, sizeof(lat_word));
    if (number == NULL || out->corpus.sentences == NULL ||
        out->words.items == NULL) {
        lat_free(number);
        return lat_error_memory(error, n * sizeof(lat_sentence));
    }
    for (size_t i = 0; i < n; i++)
        if (chosen[i]) {
            number[i] = (uint32_t)at;
            out->corpus.sentences[at++] = s->corpus.sentences[i];
        }
    out->corpus.count = at;
    for (size_t w = 0; w < s->words.count; w++)
        if (chosen[s->words.items[w].sentence]) {
            lat_word *word = &out->words.items[out->words.count++];
            *word = s->words.items[w];
            word->sentence = number[word->sentence];
        }
    lat_free(number);
    return LAT_OK;
}

static lat_status run_side(cka_sample *sample, const study *s, int side,
                           lat_error *error)
{
    const lat_model_info *info = s->readers[side].info;
    lat_tokens tokens = {0};
    float **all = lat_new_array(info->layers + 1, sizeof *all);
    size_t row = 0;
    lat_status status = LAT_OK;
    sample->layers[side] = lat_new_array(s->layer_count, sizeof(float *));
    if (all == NULL || sample->layers[side] == NULL ||
        !lat_size_mul(sample->words.count, info->hidden * sizeof(float),
                      &row))
        status = lat_error_memory(error, 64);
    for (size_t l = 0; l < s->layer_count && status == LAT_OK; l++) {
        float *block = lat_alloc(row);
        if (block == NULL)
            status = lat_error_memory(error, row);
        sample->layers[side][l] = block;
        all[s->layers[l]] = block;
    }
    if (status == LAT_OK)
        status = lat_reader_tokenize(&tokens, &s->readers[side],
                                     cli_pool(s->call), &sample->corpus,
                                     &sample->words, error);
    if (status == LAT_OK) {
        lat_reader_want want = {.layers = all,
                                .pooling = s->options.pooling};
        status = lat_reader_states(&s->readers[side], cli_pool(s->call),
                                   &tokens, &want, error);
    }
    lat_tokens_free(&tokens);
    lat_free(all);
    return status;
}

lat_status study_cka(double *out, const study *s, lat_error *error)
{
    cka_sample sample;
    memset(&sample, 0, sizeof sample);
    size_t most = (size_t)cli_count(s->call, "cka");
    bool *chosen = lat_new_array(s->corpus.count, sizeof *chosen);
    lat_status status = chosen == NULL
                            ? lat_error_memory(error, s->corpus.count)
                            : choose(chosen, s, most, error);
    if (status == LAT_OK)
        status = take(&sample, s, chosen, error);
    for (int side = 0; side < STUDY_SIDES && status == LAT_OK; side++)
        status = run_side(&sample, s, side, error);
    if (status == LAT_OK) {
        const lat_cka_layers layers = {
            .x = (const float *const *)sample.layers[STUDY_BASE],
            .y = (const float *const *)sample.layers[STUDY_TUNED],
            .x_count = s->layer_count, .y_count = s->layer_count,
            .n = sample.words.count,
            .width_x = s->readers[STUDY_BASE].info->hidden,
            .width_y = s->readers[STUDY_TUNED].info->hidden};
        status =
            lat_cka_run_layers(out, cli_pool(s->call), &layers, error);
    }
    for (int side = 0; side < STUDY_SIDES; side++) {
        for (size_t l = 0;
             sample.layers[side] != NULL && l < s->layer_count; l++)
            lat_free(sample.layers[side][l]);
        lat_free(sample.layers[side]);
    }
    lat_free(sample.corpus.sentences); /* its texts are the study's */
    lat_free(sample.words.items);
    lat_free(chosen);
    return status;
}
