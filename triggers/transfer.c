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

lat_status lat_search_transfer_check(const lat_model_info *ours,
                                     const lat_model_info *theirs,
                                     lat_error *error)
{
    lat_status status = LAT_OK;
    uint32_t other = 0;
    if (theirs->head != LAT_HEAD_SEQUENCE)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "the other model has no sequence "
                             "classification head");
    if (theirs->classes != ours->classes)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "the other model has %zu classes, expected %zu",
                             theirs->classes, ours->classes);
    for (uint32_t c = 0; c < ours->classes && status == LAT_OK; c++)
        status = match_class(&other, ours, theirs, c, error);
    return status;
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

/* The held-out sentences that the other model can be flipped on, to class c
 * of its own. */
typedef struct other_side {
    const lat_search *search;
    lat_pool *pool;
    lat_evaluation evaluation;
    trial_store *store;  /* a trigger of several layers is asked once */
    uint32_t *sentences; /* the search's held-out ones */
    uint32_t c;
    size_t count;
} other_side;

/* Scored triggers first..end-1, all of one class, go through the model
 * together. */
static lat_status run_class(lat_buffer *to, other_side *t, size_t first,
                            size_t end, lat_error *error)
{
    const lat_scored *scored = t->search->scored;
    size_t n = t->count;
    lat_trial *trials = lat_new_array(end - first, sizeof *trials);
    lat_outcome *outcomes =
        lat_new_array(end - first, n * sizeof *outcomes);
    lat_status status = LAT_OK;
    if (trials == NULL || outcomes == NULL)
        status = lat_error_memory(error, (uint64_t)(end - first) * n * 20);
    for (size_t i = first; i < end && status == LAT_OK; i++)
        trials[i - first] = (lat_trial){.words = scored[i].words,
                                        .insertion = scored[i].insertion};
    if (status == LAT_OK)
        status = trial_store_run(t->store, outcomes, t->pool, trials,
                                 end - first, t->sentences, n, error);
    for (size_t i = first; i < end && status == LAT_OK; i++) {
        lat_flips flips;
        status = lat_flips_count(&flips, &t->evaluation, t->c, t->sentences,
                                 outcomes + (i - first) * n, n, error);
        if (status == LAT_OK)
            put_row(to, t->search, &scored[i], &flips);
    }
    lat_free(trials);
    lat_free(outcomes);
    return status;
}

static lat_status run_all(lat_buffer *to, other_side *t, lat_error *error)
{
    const lat_search *search = t->search;
    const lat_scored *scored = search->scored;
    size_t held = search->evaluation.usable_count - search->split_development;
    lat_status status = LAT_OK;
    t->sentences = lat_new_array(held, sizeof *t->sentences);
    if (t->sentences == NULL)
        return lat_error_memory(error, held * sizeof *t->sentences);
    for (size_t i = 0, end = 0; i < search->scored_count && status == LAT_OK;
         i = end) {
        while (end < search->scored_count &&
               scored[end].class_number == scored[i].class_number)
            end++;
        status = match_class(&t->c, search->evaluation.reader->info,
                             t->evaluation.reader->info,
                             scored[i].class_number, error);
        t->count = lat_evaluation_eligible(
            t->sentences, &t->evaluation, t->c,
            search->split + search->split_development, held);
        if (status == LAT_OK)
            status = run_class(to, t, i, end, error);
    }
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
    other_side t = {.search = search, .pool = pool};
    lat_sentence *sentences = NULL;
    const lat_search_options *o = &search->options;
    trial_kind kind = {o->where, o->repeat == 0 ? 1 : o->repeat, o->seed,
                       NULL};
    lat_status status = lat_search_transfer_check(ours, other->info, error);
    if (status == LAT_OK)
        status = translate(&sentences, search, other->info, error);
    corpus.sentences = sentences;
    if (status == LAT_OK)
        status = lat_evaluation_open(&t.evaluation, other, pool, &corpus,
                                     NULL, NULL, error);
    if (status == LAT_OK)
        status = trial_store_open(&t.store, &t.evaluation, &kind, NULL,
                                  error);
    lat_buffer_text(to, "class\tsource\tword\tinsertion\tlayer\tfirst_rate\t"
                        "eligible\tflipped\tflip_rate\tchanged_rate\t"
                        "drop_mean\tdrop_median\n");
    if (status == LAT_OK)
        status = run_all(to, &t, error);
    trial_store_free(t.store);
    lat_free(t.sentences);
    lat_evaluation_free(&t.evaluation);
    lat_free(sentences);
    return status;
}
