/*
 * transfer.c - triggers found on one model, tried on another.
 *
 * The same held-out sentences; of them those that the other model predicts
 * right.  Nothing is chosen here, so every trigger counts, controls too.
 */
#include "search_int.h"

#include <math.h>
#include <string.h>

/* The other model's number of a class of ours. */
static lat_status match_class(uint32_t *out, const lat_model_info *ours,
                              const lat_model_info *theirs, uint32_t c,
                              lat_error *error)
{
    *out = c;
    if (ours->labels == NULL || theirs->labels == NULL)
        return LAT_OK;
    for (uint32_t i = 0; i < theirs->classes; i++)
        if (strcmp(ours->labels[c], theirs->labels[i]) == 0) {
            *out = i;
            return LAT_OK;
        }
    return lat_error_set(error, LAT_NOT_FOUND,
                         "the other model has no class '%.60s'",
                         ours->labels[c]);
}

static void put_cell(lat_buffer *to, double value)
{
    lat_buffer_char(to, '\t');
    if (!isnan(value))
        lat_buffer_number(to, value);
}

static void put_row(lat_buffer *to, const lat_search *search,
                    const lat_scored *s, const lat_flips *flips)
{
    const lat_model_info *info = search->evaluation.reader->info;
    if (info->labels != NULL)
        lat_buffer_text(to, info->labels[s->class_number]);
    else
        lat_buffer_format(to, "%u", s->class_number);
    lat_buffer_format(to, "\t%s\t%s\t%s\t%zu", lat_source_name(s->source),
                      s->words, lat_insertion_name(s->insertion), s->layer);
    put_cell(to, s->held_out.rate);
    lat_buffer_format(to, "\t%zu\t%zu", flips->eligible, flips->flipped);
    put_cell(to, flips->rate);
    put_cell(to, flips->changed_rate);
    put_cell(to, flips->drop_mean);
    put_cell(to, flips->drop_median);
    lat_buffer_char(to, '\n');
}

static lat_status run_trigger(lat_buffer *to, const lat_search *search,
                              lat_pool *pool, const lat_evaluation *e,
                              const lat_scored *s, lat_error *error)
{
    const lat_search_options *o = &search->options;
    size_t held = search->evaluation.usable_count -
                  search->split_development;
    uint32_t *sentences = lat_new_array(held, sizeof *sentences), c = 0;
    lat_outcome *outcomes = lat_new_array(held, sizeof *outcomes);
    lat_flips flips;
    lat_status status = match_class(&c, search->evaluation.reader->info,
                                    e->reader->info, s->class_number, error);
    if (status == LAT_OK && (sentences == NULL || outcomes == NULL))
        status = lat_error_memory(error, held * 20);
    if (status == LAT_OK) {
        lat_trial trial = {s->words, s->insertion, o->where, o->repeat,
                           o->seed};
        size_t n = lat_evaluation_eligible(
            sentences, e, c, search->split + search->split_development,
            held);
        status = lat_trials_run(outcomes, e, pool, &trial, 1, sentences, n,
                                NULL, error);
        if (status == LAT_OK)
            status = lat_flips_count(&flips, e, c, sentences, outcomes, n,
                                     error);
    }
    if (status == LAT_OK)
        put_row(to, search, s, &flips);
    lat_free(sentences);
    lat_free(outcomes);
    return status;
}

/* The corpus with the other model's class numbers. */
static lat_status translate(lat_sentence **out, const lat_search *search,
                            const lat_model_info *theirs, lat_error *error)
{
    const lat_corpus *corpus = search->evaluation.corpus;
    const lat_model_info *ours = search->evaluation.reader->info;
    lat_status status = LAT_OK;
    *out = lat_new_array(corpus->count, sizeof **out);
    if (*out == NULL)
        return lat_error_memory(error, corpus->count * sizeof **out);
    for (size_t i = 0; i < corpus->count && status == LAT_OK; i++) {
        uint32_t c = 0;
        (*out)[i] = corpus->sentences[i];
        if (corpus->sentences[i].gold < 0)
            continue;
        status = match_class(&c, ours, theirs,
                             (uint32_t)corpus->sentences[i].gold, error);
        (*out)[i].gold = (int32_t)c;
    }
    return status;
}

lat_status lat_search_transfer(lat_buffer *to, const lat_search *search,
                               lat_pool *pool, const lat_reader *other,
                               lat_error *error)
{
    const lat_model_info *ours = search->evaluation.reader->info;
    lat_corpus corpus = *search->evaluation.corpus;
    lat_evaluation e = {0};
    lat_sentence *sentences = NULL;
    if (other->info->head != LAT_HEAD_SEQUENCE ||
        other->info->classes != ours->classes)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "the other model has %zu classes, expected %zu",
                             other->info->classes, ours->classes);
    lat_status status = translate(&sentences, search, other->info, error);
    corpus.sentences = sentences;
    if (status == LAT_OK)
        status = lat_evaluation_open(&e, other, pool, &corpus, NULL, NULL,
                                     error);
    lat_buffer_text(to, "class\tsource\tword\tinsertion\tlayer\tfirst_rate\t"
                        "eligible\tflipped\tflip_rate\tchanged_rate\t"
                        "drop_mean\tdrop_median\n");
    for (size_t i = 0; i < search->scored_count && status == LAT_OK; i++)
        status = run_trigger(to, search, pool, &e, &search->scored[i],
                             error);
    lat_evaluation_free(&e);
    lat_free(sentences);
    return status;
}
