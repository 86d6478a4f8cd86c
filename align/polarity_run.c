/*
 * polarity_run.c - which concepts speak of one class of the task?
 *
 *     concept: good fine nice dull     occurrences by the class of their
 *              |    |    |    |        sentence: 3 positive, 1 negative,
 *     sentence 1    1    1    0        share 0.75 -> polarised at theta 0.75
 *
 * Two chance levels.  The hypergeometric tail treats occurrences as drawn
 * one by one; those of one sentence are not independent, so the permutation
 * deals the classes of whole sentences anew and is the stricter one.
 */
#include "align_int.h"

#include <math.h>
#include <string.h>

typedef struct polarity_job {
    lat_polarity *out;
    const lat_concepts *concepts;
    const lat_classes *classes;
    uint32_t *classed; /* sentences with a class; that many */
    size_t classed_count;
    /* One of each for a worker. */
    uint64_t *counts;  /* classes */
    int32_t *of;       /* sentences */
    uint32_t *shuffled; /* classed sentences: classes, or weights */
    uint32_t *weights; /* sentences */
    size_t shuffles;
    double *percents;  /* theta, shuffle */
    double *by_class;  /* theta, class, shuffle */
    double *shares;    /* concept, shuffle */
} polarity_job;

/* Class counts of concept c; weights NULL = 1 each.  Returns their sum. */
static uint64_t count_classes(uint64_t *counts, const polarity_job *job,
                              size_t c, const int32_t *of,
                              const uint32_t *weights)
{
    const lat_concepts *concepts = job->concepts;
    uint64_t sum = 0;
    size_t i;

    memset(counts, 0, job->out->classes * sizeof *counts);
    for (i = concepts->starts[c]; i < concepts->starts[c + 1]; i++) {
        uint32_t sentence = concepts->occurrences[i].sentence;
        uint64_t weight = weights == NULL ? 1 : weights[sentence];

        if (of[sentence] < 0)
            continue;
        counts[of[sentence]] += weight;
        sum += weight;
    }
    return sum;
}

/* The class with most, ties to the smaller number. */
static size_t majority_of(const uint64_t *counts, size_t classes)
{
    size_t k, best = 0;

    for (k = 1; k < classes; k++)
        if (counts[k] > counts[best])
            best = k;
    return best;
}

/* ---- The concepts as they are -------------------------------------------- */

/* Occurrences of sentences without a class are in no count but in
 * `unclassed`; types count all members. */
static lat_status fill_concepts(polarity_job *job, lat_error *error)
{
    lat_polarity *out = job->out;
    const lat_concepts *concepts = job->concepts;
    size_t c, k;

    for (c = 0; c < out->count; c++) {
        lat_polarity_concept *at = &out->concepts[c];
        uint64_t n = count_classes(job->counts, job, c, job->classes->of,
                                   NULL);
        size_t majority = majority_of(job->counts, out->classes);

        at->id = concepts->ids[c];
        at->occurrences =
            (uint32_t)(concepts->starts[c + 1] - concepts->starts[c]);
        at->types = concepts->types[c];
        at->classed = (uint32_t)n;
        at->counted = at->types >= out->options.min_types;
        at->majority = n == 0 ? -1 : (int32_t)majority;
        at->share = lat_share_int(job->counts[majority], n);
        at->share_interval = lat_interval_of(NULL, 0);
        at->counts = lat_arena_array(&out->arena, out->classes,
                                     sizeof *at->counts);
        if (at->counts == NULL)
            return lat_error_memory(error,
                                    out->classes * sizeof *at->counts);
        for (k = 0; k < out->classes; k++) {
            at->counts[k] = (uint32_t)job->counts[k];
            out->class_totals[k] += job->counts[k];
        }
        out->population += (size_t)n;
        out->unclassed += (size_t)(at->occurrences - n);
        out->counted += at->counted;
    }
    out->tests = out->counted * out->classes;
    return LAT_OK;
}

/* One test for each counted concept and class: that is the family over
 * which false discoveries are controlled. */
static lat_status fill_tests(lat_polarity *out, lat_error *error)
{
    double *p = lat_arena_array(&out->arena, out->tests, sizeof *p);
    double *q = lat_arena_array(&out->arena, out->tests, sizeof *q);
    size_t c, k, at = 0;

    if (p == NULL || q == NULL)
        return lat_error_memory(error, 2 * out->tests * sizeof *p);
    for (c = 0; c < out->count; c++) {
        lat_polarity_concept *concept = &out->concepts[c];

        if (!concept->counted)
            continue;
        concept->p = p + at;
        concept->q = q + at;
        for (k = 0; k < out->classes; k++)
            p[at++] = lat_hypergeometric_tail(concept->counts[k],
                                              out->population,
                                              out->class_totals[k],
                                              concept->classed);
    }
    return lat_false_discovery(q, p, out->tests, error);
}

int32_t lat_polarity_class(const lat_polarity *polarity, size_t c,
                           const lat_theta *theta)
{
    const lat_polarity_concept *concept = &polarity->concepts[c];

    return concept->counted && concept->share >= theta->value
               ? concept->majority : -1;
}

/* Expected by chance: for every counted concept the probability that so
 * many of its occurrences, drawn from the layer, are of the class. A
 * concept without classed occurrences can never be polarised. */
static lat_status fill_row(lat_polarity *out, size_t t, lat_error *error)
{
    lat_polarity_row *row = &out->rows[t];
    const lat_theta *theta = &out->thetas.items[t];
    lat_arena *arena = &out->arena;
    size_t c, k;

    row->by_class = lat_arena_array(arena, out->classes,
                                    sizeof *row->by_class);
    row->expected = lat_arena_array(arena, out->classes,
                                    sizeof *row->expected);
    row->chance_by_class = lat_arena_array(arena, out->classes,
                                           sizeof *row->chance_by_class);
    if (row->by_class == NULL || row->expected == NULL ||
        row->chance_by_class == NULL)
        return lat_error_memory(error, out->classes * sizeof *row->expected);
    row->chance = row->interval = lat_interval_of(NULL, 0);
    for (k = 0; k < out->classes; k++)
        row->chance_by_class[k] = row->chance;
    for (c = 0; c < out->count; c++) {
        const lat_polarity_concept *concept = &out->concepts[c];
        int32_t polar = lat_polarity_class(out, c, theta);

        if (polar >= 0) {
            row->polarised++;
            row->by_class[polar]++;
        }
        if (!concept->counted || concept->classed == 0)
            continue;
        for (k = 0; k < out->classes; k++)
            row->expected[k] += lat_hypergeometric_tail(
                lat_needed_int(theta->value, concept->classed, false),
                out->population, out->class_totals[k], concept->classed);
    }
    row->percent = lat_percent_int(row->polarised, out->counted);
    return LAT_OK;
}

/* ---- Shuffles and resamples ---------------------------------------------- */

/* Polarised concepts under the given classes and weights, into place p of
 * the results. */
static void count_polarised(polarity_job *job, const int32_t *of,
                            const uint32_t *weights, size_t worker, size_t p)
{
    const lat_polarity *out = job->out;
    size_t n = job->shuffles, thetas = out->thetas.count, c, t;
    uint64_t *counts = job->counts + worker * out->classes;

    for (c = 0; c < out->count; c++) {
        uint64_t sum;
        size_t majority;
        double share;

        if (!out->concepts[c].counted && job->shares == NULL)
            continue;
        sum = count_classes(counts, job, c, of, weights);
        majority = majority_of(counts, out->classes);
        share = lat_share_int(counts[majority], sum);
        if (job->shares != NULL) {
            /* The interval is of the class that the concept has, whatever
             * class leads in the resample. */
            int32_t own = out->concepts[c].majority;

            job->shares[c * n + p] =
                own < 0 ? (double)NAN : lat_share_int(counts[own], sum);
        }
        if (!out->concepts[c].counted)
            continue;
        for (t = 0; t < thetas; t++)
            if (share >= out->thetas.items[t].value) {
                job->percents[t * n + p] += 1.0;
                job->by_class[(t * out->classes + majority) * n + p] += 1.0;
            }
    }
    for (t = 0; t < thetas; t++)
        job->percents[t * n + p] = lat_percent_int(
            (size_t)job->percents[t * n + p], out->counted);
}

/* Sentences keep their words and exchange their classes; those without a
 * class stay without. */
static void permutation_task(void *context, size_t task, size_t worker)
{
    polarity_job *job = context;
    size_t sentences = job->classes->sentences, i, p;
    int32_t *of = job->of + worker * sentences;
    uint32_t *shuffled = job->shuffled + worker * sentences;
    lat_random random;

    memcpy(of, job->classes->of, sentences * sizeof *of);
    for (p = task * LAT_SHUFFLE_BLOCK;
         p < (task + 1) * LAT_SHUFFLE_BLOCK && p < job->shuffles; p++) {
        if (lat_interrupted())
            return;
        for (i = 0; i < job->classed_count; i++)
            shuffled[i] = (uint32_t)job->classes->of[job->classed[i]];
        lat_random_seed(&random, job->out->options.seed, p);
        lat_shuffle_numbers_int(&random, shuffled, job->classed_count);
        for (i = 0; i < job->classed_count; i++)
            of[job->classed[i]] = (int32_t)shuffled[i];
        count_polarised(job, of, NULL, worker, p);
    }
}

/* Only sentences with a class are drawn: the others are in no share. */
static void bootstrap_task(void *context, size_t task, size_t worker)
{
    polarity_job *job = context;
    size_t sentences = job->classes->sentences, i, p;
    uint32_t *drawn = job->shuffled + worker * sentences;
    uint32_t *weights = job->weights + worker * sentences;
    lat_random random;

    for (p = task * LAT_SHUFFLE_BLOCK;
         p < (task + 1) * LAT_SHUFFLE_BLOCK && p < job->shuffles; p++) {
        if (lat_interrupted())
            return;
        lat_random_seed(&random, job->out->options.seed,
                        LAT_STREAM_BOOTSTRAP + p);
        lat_resample_int(&random, drawn, job->classed_count);
        for (i = 0; i < job->classed_count; i++)
            weights[job->classed[i]] = drawn[i];
        count_polarised(job, job->classes->of, weights, worker, p);
    }
}

static void free_results(polarity_job *job)
{
    lat_free(job->percents);
    lat_free(job->by_class);
    lat_free(job->shares);
    job->percents = job->by_class = job->shares = NULL;
}

/* Shares of single concepts are kept for the bootstrap only. */
static lat_status make_results(polarity_job *job, size_t n, bool shares,
                               lat_error *error)
{
    size_t thetas = job->out->thetas.count, values = 0, places = 0;
    size_t concepts = 0;

    job->shuffles = n;
    if (!lat_size_mul(thetas, n, &values) ||
        !lat_size_mul(values, job->out->classes, &places) ||
        !lat_size_mul(job->out->count, n, &concepts))
        return lat_error_memory(error, UINT64_MAX);
    job->percents = lat_new_array(values, sizeof(double));
    job->by_class = lat_new_array(places, sizeof(double));
    if (shares)
        job->shares = lat_new_array(concepts, sizeof(double));
    if (job->percents == NULL || job->by_class == NULL ||
        (shares && job->shares == NULL))
        return lat_error_memory(error, (places + concepts) * sizeof(double));
    return LAT_OK;
}

/* Permutations, then resamples, each with tables of its own that go before
 * the next are made. */
static lat_status run_shuffles(polarity_job *job, lat_pool *pool,
                               lat_error *error)
{
    lat_polarity *out = job->out;
    size_t n = out->options.permutations, t, k, c;
    lat_status status = LAT_OK;

    if (n > 0) {
        status = make_results(job, n, false, error);
        if (status != LAT_OK)
            return status;
        lat_pool_run(pool, (n + LAT_SHUFFLE_BLOCK - 1) / LAT_SHUFFLE_BLOCK,
                     permutation_task, job);
        for (t = 0; t < out->thetas.count; t++) {
            out->rows[t].chance = lat_interval_of(job->percents + t * n, n);
            for (k = 0; k < out->classes; k++)
                out->rows[t].chance_by_class[k] = lat_interval_of(
                    job->by_class + (t * out->classes + k) * n, n);
        }
        free_results(job);
    }
    n = out->options.bootstraps;
    if (n == 0)
        return LAT_OK;
    status = make_results(job, n, true, error);
    if (status != LAT_OK)
        return status;
    lat_pool_run(pool, (n + LAT_SHUFFLE_BLOCK - 1) / LAT_SHUFFLE_BLOCK,
                 bootstrap_task, job);
    for (t = 0; t < out->thetas.count; t++)
        out->rows[t].interval = lat_interval_of(job->percents + t * n, n);
    for (c = 0; c < out->count; c++)
        out->concepts[c].share_interval =
            lat_interval_of(job->shares + c * n, n);
    free_results(job);
    return LAT_OK;
}

/* ---- Setting up ---------------------------------------------------------- */

static lat_status make_output(lat_polarity *out, const lat_concepts *concepts,
                              const lat_classes *classes,
                              const lat_polarity_options *options,
                              lat_error *error)
{
    lat_arena *arena = &out->arena;
    size_t k;
    lat_status status = lat_theta_read(&out->theta, options->theta, error);

    if (status == LAT_OK)
        status = lat_thetas_read(&out->thetas, options->thetas, error);
    if (status == LAT_OK)
        status = lat_shuffles_check_int(options->permutations,
                                        options->bootstraps, error);
    if (status != LAT_OK)
        return status;
    out->options = *options;
    out->options.theta = out->options.thetas = NULL;
    out->count = concepts->count;
    out->classes = classes->count;
    out->concepts = lat_arena_array(arena, out->count,
                                    sizeof *out->concepts);
    out->rows = lat_arena_array(arena, out->thetas.count, sizeof *out->rows);
    out->class_totals = lat_arena_array(arena, out->classes,
                                        sizeof *out->class_totals);
    if (out->concepts == NULL || out->rows == NULL ||
        out->class_totals == NULL)
        return lat_error_memory(error, out->count * sizeof *out->concepts);
    if (classes->names == NULL)
        return LAT_OK;
    out->class_names = lat_arena_array(arena, out->classes,
                                       sizeof *out->class_names);
    for (k = 0; out->class_names != NULL && k < out->classes; k++) {
        const char *name = classes->names[k];

        out->class_names[k] = lat_arena_copy(arena, name, strlen(name));
        if (out->class_names[k] == NULL)
            out->class_names = NULL;
    }
    if (out->class_names == NULL)
        return lat_error_memory(error, out->classes * sizeof(char *));
    return LAT_OK;
}

/* A class table of another corpus is the mistake to catch here. */
static lat_status check_sentences(const lat_concepts *concepts,
                                  const lat_classes *classes,
                                  lat_error *error)
{
    size_t i;

    for (i = 0; i < concepts->size; i++)
        if (concepts->occurrences[i].sentence >= classes->sentences)
            return lat_error_set(error, LAT_MALFORMED,
                                 "the clusters have sentence %lu, the "
                                 "classes only %lu sentences",
                                 (unsigned long)
                                     concepts->occurrences[i].sentence,
                                 (unsigned long)classes->sentences);
    return LAT_OK;
}

/* Four arrays of the length of the corpus for each worker. */
static lat_status make_scratch(polarity_job *job, lat_pool *pool,
                               lat_arena *arena, lat_error *error)
{
    size_t n = job->classes->sentences, i;
    size_t workers = lat_pool_threads(pool), all;

    if (!lat_size_mul(n, workers, &all))
        return lat_error_memory(error, UINT64_MAX);
    job->classed = lat_arena_array(arena, n, sizeof *job->classed);
    job->counts = lat_arena_array(arena, job->classes->count * workers,
                                  sizeof *job->counts);
    job->of = lat_arena_array(arena, all, sizeof *job->of);
    job->shuffled = lat_arena_array(arena, all, sizeof *job->shuffled);
    job->weights = lat_arena_array(arena, all, sizeof *job->weights);
    if (job->classed == NULL || job->counts == NULL || job->of == NULL ||
        job->shuffled == NULL || job->weights == NULL)
        return lat_error_memory(error, all * sizeof *job->weights);
    for (i = 0; i < n; i++)
        if (job->classes->of[i] >= 0)
            job->classed[job->classed_count++] = (uint32_t)i;
    job->out->sentences_unclassed = n - job->classed_count;
    return LAT_OK;
}

lat_status lat_polarity_run(lat_polarity *out, lat_pool *pool,
                            const lat_concepts *concepts,
                            const lat_classes *classes,
                            const lat_polarity_options *options,
                            lat_error *error)
{
    polarity_job job;
    lat_arena scratch = {0};
    lat_status status;
    size_t t;

    memset(&job, 0, sizeof job);
    memset(out, 0, sizeof *out);
    job.out = out;
    job.concepts = concepts;
    job.classes = classes;
    status = check_sentences(concepts, classes, error);
    if (status == LAT_OK)
        status = make_output(out, concepts, classes, options, error);
    if (status == LAT_OK)
        status = make_scratch(&job, pool, &scratch, error);
    if (status == LAT_OK)
        status = fill_concepts(&job, error);
    if (status == LAT_OK)
        status = fill_tests(out, error);
    for (t = 0; t < out->thetas.count && status == LAT_OK; t++)
        status = fill_row(out, t, error);
    if (status == LAT_OK)
        status = run_shuffles(&job, pool, error);
    if (status == LAT_OK && lat_interrupted())
        status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
    free_results(&job);
    lat_arena_free(&scratch);
    if (status != LAT_OK)
        lat_polarity_free(out);
    return status;
}

void lat_polarity_free(lat_polarity *polarity)
{
    if (polarity == NULL)
        return;
    lat_arena_free(&polarity->arena);
    memset(polarity, 0, sizeof *polarity);
}
