/*
 * search.c - ranks trigger candidates on one half of the eligible sentences
 * and scores the best of them on the other.
 *
 *   candidates of a source
 *     -> development half: successive halving (16, 32, 64, ... sentences,
 *        the better half goes on), all insertions together
 *     -> the `keep` best -> held-out half: flip rates, intervals
 *
 * Every source gets the same number of candidates and the same rounds, so
 * none is favoured by the search.
 */
#include "search_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROUND = 16 };

/* Everything about one class. */
typedef struct class_search {
    lat_search *out;
    const lat_search_input *input;
    lat_pool *pool;
    lat_progress *progress;
    uint32_t c;
    uint32_t *development, *held_out; /* eligible sentences */
    size_t development_count, held_out_count;
    double *concept_rates; /* held_out_count x insertions: for each sentence,
                              share of concept words that flip it */
    bool has_concept;
} class_search;

static const char *word_text(const class_search *s, uint32_t word)
{
    return lat_intern_text(s->input->concepts->words, word, NULL);
}

/* ---- Development half --------------------------------------------------- */

static int by_success(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->flipped != y->flipped)
        return x->flipped > y->flipped ? -1 : 1;
    if (x->drop != y->drop)
        return x->drop > y->drop ? -1 : 1;
    return (x->word > y->word) - (x->word < y->word);
}

/* Adds to each candidate what it does to development sentences from..to-1,
 * over all insertions. */
static lat_status try_more(class_search *s, candidate *items, size_t count,
                           size_t from, size_t to, lat_error *error)
{
    const lat_search_options *o = &s->out->options;
    size_t sentences = to - from, trials = count * o->insertion_count;
    lat_trial *list = lat_new_array(trials, sizeof *list);
    lat_outcome *outcomes =
        lat_new_array(trials, sentences * sizeof *outcomes);
    lat_status status = LAT_OK;
    if (list == NULL || outcomes == NULL) {
        status = lat_error_memory(error, trials * sentences * 8);
        goto done;
    }
    for (size_t t = 0; t < trials; t++)
        list[t] = (lat_trial){
            .words = word_text(s, items[t / o->insertion_count].word),
            .insertion = o->insertions[t % o->insertion_count],
            .where = o->where, .seed = o->seed};
    status = lat_trials_run(outcomes, &s->out->evaluation, s->pool, list,
                            trials, s->development + from, sentences,
                            &s->out->queries, error);
    for (size_t t = 0; t < trials && status == LAT_OK; t++) {
        lat_flips flips;
        status = lat_flips_count(&flips, &s->out->evaluation, s->c,
                                 s->development + from,
                                 outcomes + t * sentences, sentences, error);
        if (status == LAT_OK) {
            items[t / o->insertion_count].flipped += flips.flipped;
            items[t / o->insertion_count].drop +=
                flips.drop_mean * (double)sentences;
        }
    }
    if (s->progress != NULL)
        lat_progress_add(s->progress, (uint64_t)trials * sentences);
done:
    lat_free(list);
    lat_free(outcomes);
    return status;
}

/* Leaves the best `keep` in front, all of them tried on every development
 * sentence. */
static lat_status halve(class_search *s, candidates *list, lat_error *error)
{
    size_t alive = list->count, seen = 0, keep = s->out->options.keep;
    lat_status status = LAT_OK;
    while (status == LAT_OK && seen < s->development_count) {
        size_t upto = seen == 0 ? FIRST_ROUND : 2 * seen;
        bool last = alive <= keep || upto >= s->development_count;
        if (last)
            upto = s->development_count;
        status = try_more(s, list->items, alive, seen, upto, error);
        if (status != LAT_OK)
            return status;
        qsort(list->items, alive, sizeof *list->items, by_success);
        seen = upto;
        if (!last)
            alive = alive / 2 > keep ? alive / 2 : keep;
    }
    if (list->count > keep)
        list->count = keep;
    return status;
}

/* ---- Held-out half ------------------------------------------------------ */

/* Flip rate over resampled sentences: value[i] is what sentence i gives. */
static lat_status bootstrap(lat_interval *out, const double *value,
                            const double *less, size_t n, size_t times,
                            uint64_t seed, lat_error *error)
{
    double *rates = lat_new_array(times, sizeof *rates);
    memset(out, 0, sizeof *out);
    if (rates == NULL)
        return lat_error_memory(error, times * sizeof *rates);
    for (size_t b = 0; b < times && n != 0; b++) {
        lat_random random;
        double sum = 0;
        lat_random_seed(&random, seed, 1000 + b);
        for (size_t i = 0; i < n; i++) {
            size_t at = (size_t)lat_random_below(&random, n);
            sum += value[at] - (less == NULL ? 0 : less[at]);
        }
        rates[b] = sum / (double)n;
    }
    *out = lat_interval_of(rates, n == 0 ? 0 : times);
    lat_free(rates);
    return LAT_OK;
}

/* One insertion of all kept words of a source. */
static lat_status score_insertion(class_search *s, lat_source source,
                                  const candidates *list, size_t tried,
                                  size_t insertion, lat_error *error)
{
    const lat_search_options *o = &s->out->options;
    size_t n = s->held_out_count, words = list->count;
    lat_trial *trials = lat_new_array(words, sizeof *trials);
    lat_outcome *outcomes = lat_new_array(words, n * sizeof *outcomes);
    double *share = lat_new_array(n, sizeof *share);
    double *flip = lat_new_array(n, sizeof *flip);
    lat_source_summary *summary =
        &s->out->summaries[s->out->summary_count++];
    lat_status status = LAT_OK;
    *summary = (lat_source_summary){
        .source = source, .class_number = s->c,
        .insertion = o->insertions[insertion], .tried = tried,
        .kept = words, .mean_rate = NAN, .best_rate = NAN};
    if (trials == NULL || outcomes == NULL || share == NULL ||
        flip == NULL) {
        status = lat_error_memory(error, words * n * sizeof *outcomes);
        goto done;
    }
    for (size_t w = 0; w < words; w++)
        trials[w] = (lat_trial){.words = word_text(s, list->items[w].word),
                                .insertion = o->insertions[insertion],
                                .where = o->where, .seed = o->seed};
    status = lat_trials_run(outcomes, &s->out->evaluation, s->pool, trials,
                            words, s->held_out, n, &s->out->queries, error);
    if (s->progress != NULL)
        lat_progress_add(s->progress, (uint64_t)words * n);
    double best = -1, sum = 0;
    for (size_t w = 0; w < words && status == LAT_OK; w++) {
        const lat_outcome *own = outcomes + w * n;
        lat_scored *scored = &s->out->scored[s->out->scored_count];
        *scored = (lat_scored){.source = source, .class_number = s->c,
                               .concept = list->items[w].concept,
                               .word = list->items[w].word,
                               .insertion = o->insertions[insertion]};
        scored->development.flipped = list->items[w].flipped;
        scored->development.eligible =
            s->development_count * o->insertion_count;
        scored->development.rate =
            (double)scored->development.flipped /
            (double)scored->development.eligible;
        status = lat_flips_count(&scored->held_out, &s->out->evaluation,
                                 s->c, s->held_out, own, n, error);
        for (size_t i = 0; i < n; i++) {
            flip[i] = own[i].predicted == s->c;
            share[i] += flip[i] / (double)words;
        }
        if (status == LAT_OK)
            status = bootstrap(&scored->interval, flip, NULL, n,
                               o->bootstraps, o->seed, error);
        if (scored->held_out.rate > best)
            best = scored->held_out.rate;
        sum += scored->held_out.rate;
        s->out->scored_count += status == LAT_OK;
    }
    if (status != LAT_OK || words == 0 || n == 0)
        goto done;
    summary->mean_rate = sum / (double)words;
    summary->best_rate = best;
    status = bootstrap(&summary->interval, share, NULL, n, o->bootstraps,
                       o->seed, error);
    double *concept_share = s->concept_rates + insertion * n;
    if (status == LAT_OK && source == LAT_SOURCE_CONCEPT)
        memcpy(concept_share, share, n * sizeof *share);
    else if (status == LAT_OK && s->has_concept)
        status = bootstrap(&summary->ahead, concept_share, share, n,
                           o->bootstraps, o->seed, error);
done:
    lat_free(trials);
    lat_free(outcomes);
    lat_free(share);
    lat_free(flip);
    return status;
}

/* ---- One class ---------------------------------------------------------- */

static lat_status search_source(class_search *s, lat_source source,
                                candidates *concept_words, lat_error *error)
{
    const lat_search_options *o = &s->out->options;
    candidates list = {NULL, 0};
    size_t most = source == LAT_SOURCE_CONCEPT ? o->candidates
                                               : concept_words->count;
    lat_status status =
        candidates_make(&list, s->input, source, s->c, most, concept_words,
                        o->seed + s->c, error);
    size_t tried = list.count;
    if (status == LAT_OK && source == LAT_SOURCE_CONCEPT) {
        /* Kept whole: the controls follow its size and frequencies. */
        concept_words->items =
            lat_new_array(list.count, sizeof *concept_words->items);
        if (concept_words->items == NULL) {
            status = lat_error_memory(error, list.count * sizeof(candidate));
        } else {
            memcpy(concept_words->items, list.items,
                   list.count * sizeof *list.items);
            concept_words->count = list.count;
            s->has_concept = list.count != 0;
        }
    }
    if (status == LAT_OK)
        status = halve(s, &list, error);
    for (size_t i = 0; i < o->insertion_count && status == LAT_OK; i++)
        status = score_insertion(s, source, &list, tried, i, error);
    candidates_free(&list);
    return status;
}

static lat_status search_class(class_search *s, lat_error *error)
{
    lat_search *out = s->out;
    const lat_evaluation *e = &out->evaluation;
    candidates concept_words = {NULL, 0};
    lat_status status = LAT_OK;
    s->has_concept = false;
    s->development = lat_new_array(out->development, sizeof(uint32_t));
    s->held_out = lat_new_array(out->held_out, sizeof(uint32_t));
    s->concept_rates =
        lat_new_array(out->held_out,
                      out->options.insertion_count * sizeof(double));
    if (s->development == NULL || s->held_out == NULL ||
        s->concept_rates == NULL) {
        status = lat_error_memory(error, e->count * 8);
        goto done;
    }
    s->development_count = lat_evaluation_eligible(
        s->development, e, s->c, out->split, out->development);
    s->held_out_count = lat_evaluation_eligible(
        s->held_out, e, s->c, out->split + out->development, out->held_out);
    for (int source = 0; source < LAT_SOURCES && status == LAT_OK; source++)
        status = search_source(s, (lat_source)source, &concept_words, error);
done:
    candidates_free(&concept_words);
    lat_free(s->development);
    lat_free(s->held_out);
    lat_free(s->concept_rates);
    return status;
}

/* A seeded half of the eligible sentences for choosing, the rest for the
 * figures. */
static lat_status split(lat_search *out, lat_error *error)
{
    const lat_evaluation *e = &out->evaluation;
    size_t *order = lat_new_array(e->count, sizeof *order);
    out->split = lat_new_array(e->count, sizeof *out->split);
    if (order == NULL || out->split == NULL) {
        lat_free(order);
        return lat_error_memory(error, e->count * 12);
    }
    lat_random random;
    lat_random_seed(&random, out->options.seed, 10);
    for (size_t i = 0; i < e->count; i++)
        order[i] = i;
    lat_random_shuffle(&random, order, e->count);
    for (size_t i = 0; i < e->count; i++)
        out->split[i] = e->items[order[i]];
    out->development = e->count / 2;
    out->held_out = e->count - out->development;
    lat_free(order);
    return LAT_OK;
}

lat_status lat_search_run(lat_search *out, lat_pool *pool,
                          const lat_search_input *input,
                          const lat_search_options *options,
                          lat_progress *progress, lat_error *error)
{
    size_t classes = input->reader->info->classes;
    memset(out, 0, sizeof *out);
    out->options = *options;
    lat_status status =
        lat_evaluation_open(&out->evaluation, input->reader, pool,
                            input->evaluation, input->clustered, NULL, error);
    if (status == LAT_OK)
        status = split(out, error);
    size_t rows = classes * LAT_SOURCES * options->insertion_count;
    if (status == LAT_OK) {
        out->summaries = lat_new_array(rows, sizeof *out->summaries);
        out->scored =
            lat_new_array(rows, options->keep * sizeof *out->scored);
        if (out->summaries == NULL || out->scored == NULL)
            status = lat_error_memory(error, rows * options->keep * 128);
    }
    class_search s = {.out = out, .input = input, .pool = pool,
                      .progress = progress};
    for (s.c = 0; s.c < classes && status == LAT_OK; s.c++)
        status = search_class(&s, error);
    if (status != LAT_OK)
        lat_search_free(out);
    return status;
}

void lat_search_free(lat_search *search)
{
    lat_evaluation_free(&search->evaluation);
    lat_free(search->split);
    lat_free(search->scored);
    lat_free(search->summaries);
    memset(search, 0, sizeof *search);
}
