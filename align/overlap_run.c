/*
 * overlap_run.c - overlaps of all layer pairs with their chance levels.
 *
 * Tasks are pairs first, then blocks of permutations of one base layer: a
 * shuffle of that layer serves all tuned layers, as only the base side is
 * shuffled and what counts is who meets whom.
 *
 *     by types        base words renamed by a bijection: every concept keeps
 *                     its number of types, words keep how many concepts
 *                     they are in
 *     by occurrences  the base layer's occurrences are dealt out again:
 *                     every concept keeps its size
 */
#include "align_int.h"

#include <math.h>
#include <string.h>

typedef struct overlap_job {
    lat_overlap *out;        /* base layers x tuned layers */
    index_set set;           /* base layers, then tuned layers */
    size_t base_layers, tuned_layers;
    uint32_t **sizes;        /* one array for each layer, in the unit */
    overlap_scratch *scratch; /* one for each worker */
    const lat_overlap_options *options;
    size_t thetas;
    double *results; /* pair, side, theta, shuffle */
    size_t shuffles, blocks;
    lat_progress *progress;
} overlap_job;

/* The pair as it is; callers replace what they shuffle or draw. */
static void make_view(overlap_view *view, const overlap_job *job, size_t i,
                      size_t j)
{
    memset(view, 0, sizeof *view);
    view->set = &job->set;
    view->base = &job->set.layer[i];
    view->tuned = &job->set.layer[job->base_layers + j];
    view->overlap = &job->out[i * job->tuned_layers + j];
    view->label = view->base->label;
    view->size_base = job->sizes[i];
    view->size_tuned = job->sizes[job->base_layers + j];
}

static void note_progress(overlap_job *job)
{
    if (job->progress != NULL)
        lat_progress_add(job->progress, 1);
}

static void pair_task(void *context, size_t task, size_t worker)
{
    overlap_job *job = context;
    overlap_view view;

    if (lat_interrupted())
        return;
    make_view(&view, job, task / job->tuned_layers,
              task % job->tuned_layers);
    lat_overlap_pair_int(&job->out[task], &view, &job->scratch[worker]);
    note_progress(job);
}

/* First result of shuffle p of a pair; thetas lie `shuffles` apart. */
static double *result_at(overlap_job *job, size_t pair, size_t p)
{
    return job->results + pair * 2 * job->thetas * job->shuffles + p;
}

/* Words and occurrences are shuffled in an order of the layer itself (first
 * appearance, text order): other layers in the same call do not change the
 * result. */
static void shuffle_base(overlap_scratch *with, const layer_index *base,
                         const overlap_job *job, uint64_t p)
{
    lat_random random;
    size_t i;

    lat_random_seed(&random, job->options->seed, p);
    if (job->options->unit == LAT_UNIT_TYPES) {
        for (i = 0; i < base->words; i++)
            with->shuffled[i] = (uint32_t)i;
        lat_shuffle_numbers_int(&random, with->shuffled, base->words);
        return;
    }
    for (i = 0; i < base->size; i++)
        with->shuffled[i] = base->label[base->order[i]];
    lat_shuffle_numbers_int(&random, with->shuffled, base->size);
    memset(with->label, 0xff, job->set.occurrences * sizeof *with->label);
    for (i = 0; i < base->size; i++)
        with->label[base->order[i]] = with->shuffled[i];
}

/* One block of shuffles of one base layer against all tuned layers. */
static void permutation_task(void *context, size_t task, size_t worker)
{
    overlap_job *job = context;
    overlap_scratch *with = &job->scratch[worker];
    size_t i = task / job->blocks, j;
    size_t p = task % job->blocks * LAT_SHUFFLE_BLOCK;
    size_t end = p + LAT_SHUFFLE_BLOCK;
    overlap_view view;

    if (end > job->shuffles)
        end = job->shuffles;
    for (; p < end && !lat_interrupted(); p++) {
        shuffle_base(with, &job->set.layer[i], job, p);
        for (j = 0; j < job->tuned_layers; j++) {
            make_view(&view, job, i, j);
            view.word = with->shuffled;
            if (job->options->unit == LAT_UNIT_OCCURRENCES)
                view.label = with->label;
            lat_overlap_percents_int(
                result_at(job, i * job->tuned_layers + j, p), job->shuffles,
                &view, with);
        }
    }
    note_progress(job);
}

/* Results of n shuffles into the rows. */
static void put_intervals(overlap_job *job, size_t n, bool bootstrap)
{
    size_t pairs = job->base_layers * job->tuned_layers, pair, k;

    for (pair = 0; pair < pairs && !lat_interrupted(); pair++)
        for (k = 0; k < job->thetas; k++) {
            lat_overlap_row *row = &job->out[pair].rows[k];
            double *tuned = result_at(job, pair, 0) + k * n;
            lat_interval a = lat_interval_of(tuned, n);
            lat_interval b = lat_interval_of(tuned + job->thetas * n, n);

            if (bootstrap) {
                row->tuned_interval = a;
                row->base_interval = b;
            } else {
                row->tuned_chance = a;
                row->base_chance = b;
            }
        }
}

/* Blocks of permutations of each base layer, or resamples, and what they
 * come to. */
static lat_status run_shuffles(overlap_job *job, lat_pool *pool, size_t n,
                               bool bootstrap, lat_error *error)
{
    size_t pairs = job->base_layers * job->tuned_layers, values = 0;
    lat_status status = LAT_OK;

    if (n == 0)
        return LAT_OK;
    job->shuffles = n;
    job->blocks = (n + LAT_SHUFFLE_BLOCK - 1) / LAT_SHUFFLE_BLOCK;
    if (!lat_size_mul(pairs, 2 * job->thetas, &values) ||
        !lat_size_mul(values, n, &values))
        return lat_error_memory(error, UINT64_MAX);
    job->results = lat_new_array(values, sizeof *job->results);
    if (job->results == NULL)
        return lat_error_memory(error, values * sizeof *job->results);
    if (bootstrap) {
        overlap_draws draws = {job->out, &job->set, job->base_layers,
                               job->tuned_layers, job->options,
                               job->results, job->progress};

        status = lat_overlap_draws_int(&draws, pool, error);
    } else {
        lat_pool_run(pool, job->base_layers * job->blocks, permutation_task,
                     job);
    }
    if (status == LAT_OK)
        put_intervals(job, n, bootstrap);
    lat_free(job->results);
    job->results = NULL;
    return status;
}

/* ---- Setting up ---------------------------------------------------------- */

/* -1 is below every theta: no share that counts has been seen. */
static lat_status make_side(lat_match **matches, uint64_t **ids,
                            size_t *counted, const lat_concepts *concepts,
                            const lat_overlap_options *options,
                            lat_error *error)
{
    size_t i, n = concepts->count;

    *matches = lat_new_array(n, sizeof **matches);
    *ids = lat_new_array(n, sizeof **ids);
    if (*matches == NULL || *ids == NULL)
        return lat_error_memory(error, n * sizeof **matches);
    for (i = 0; i < n; i++) {
        lat_match *match = &(*matches)[i];

        (*ids)[i] = match->id = concepts->ids[i];
        match->types = concepts->types[i];
        match->occurrences =
            (uint32_t)(concepts->starts[i + 1] - concepts->starts[i]);
        match->counted = match->types >= options->min_types;
        match->as_source = match->as_target = match->mutual = -1.0;
        *counted += match->counted;
    }
    return LAT_OK;
}

static lat_status make_output(lat_overlap *out, const lat_concepts *base,
                              const lat_concepts *tuned,
                              const lat_overlap_options *options,
                              const lat_thetas *thetas, lat_error *error)
{
    lat_status status;

    out->options = *options;
    out->options.thetas = NULL;
    out->thetas = *thetas;
    out->base_count = base->count;
    out->tuned_count = tuned->count;
    out->cka = (double)NAN;
    out->rows = lat_new_array(thetas->count, sizeof *out->rows);
    if (out->rows == NULL)
        return lat_error_memory(error, thetas->count * sizeof *out->rows);
    status = make_side(&out->base, &out->base_ids, &out->base_counted, base,
                       options, error);
    if (status == LAT_OK)
        status = make_side(&out->tuned, &out->tuned_ids,
                           &out->tuned_counted, tuned, options, error);
    return status;
}

/* Sizes of every layer's concepts in the unit. */
static lat_status make_sizes(overlap_job *job, lat_error *error)
{
    lat_arena *arena = &job->set.arena;
    size_t l, c;

    job->sizes = lat_arena_array(arena, job->set.layers, sizeof *job->sizes);
    if (job->sizes == NULL)
        return lat_error_memory(error, job->set.layers * sizeof *job->sizes);
    for (l = 0; l < job->set.layers; l++) {
        const lat_concepts *source = job->set.layer[l].source;

        job->sizes[l] = lat_arena_array(arena, source->count,
                                        sizeof **job->sizes);
        if (job->sizes[l] == NULL)
            return lat_error_memory(error,
                                    source->count * sizeof **job->sizes);
        for (c = 0; c < source->count; c++)
            job->sizes[l][c] =
                job->options->unit == LAT_UNIT_TYPES
                    ? source->types[c]
                    : (uint32_t)(source->starts[c + 1] - source->starts[c]);
    }
    return LAT_OK;
}

static void *scratch_array(overlap_job *job, size_t n, bool *failed)
{
    uint32_t *array = lat_arena_array(&job->set.arena, n, sizeof *array);

    *failed = *failed || array == NULL;
    return array;
}

/* One set for each worker, as large as the largest layer needs; about 2 MB
 * for a layer of 142,000 occurrences. */
static lat_status make_scratch(overlap_job *job, lat_pool *pool,
                               lat_error *error)
{
    size_t workers = lat_pool_threads(pool), w, l;
    size_t k = job->set.concepts_most, members = 0;
    bool failed = false, types = job->options->unit == LAT_UNIT_TYPES;

    for (l = 0; l < job->set.layers; l++) {
        const layer_index *layer = &job->set.layer[l];
        size_t n = types ? layer->words : layer->size;

        members = n > members ? n : members;
    }
    job->scratch = lat_arena_array(&job->set.arena, workers,
                                   sizeof *job->scratch);
    if (job->scratch == NULL)
        return lat_error_memory(error, workers * sizeof *job->scratch);
    for (w = 0; w < workers; w++) {
        overlap_scratch *with = &job->scratch[w];

        with->row = scratch_array(job, k, &failed);
        with->touched = scratch_array(job, k + 1, &failed);
        with->best_base = scratch_array(job, k, &failed);
        with->best_tuned = scratch_array(job, k, &failed);
        with->shuffled = scratch_array(job, members, &failed);
        with->label = scratch_array(job, types ? 0 : job->set.occurrences,
                                    &failed);
        with->need = scratch_array(job, k, &failed);
    }
    return failed ? lat_error_memory(error, workers * members * 4) : LAT_OK;
}

/* Pairs first: their own percentages are needed before any shuffled ones,
 * as those ask who is counted. */
static lat_status run_job(overlap_job *job, lat_pool *pool, lat_error *error)
{
    size_t pairs = job->base_layers * job->tuned_layers;
    lat_status status = make_sizes(job, error);

    if (status == LAT_OK)
        status = make_scratch(job, pool, error);
    if (status != LAT_OK)
        return status;
    lat_pool_run(pool, pairs, pair_task, job);
    status = run_shuffles(job, pool, job->options->permutations, false,
                          error);
    if (status == LAT_OK)
        status = run_shuffles(job, pool, job->options->bootstraps, true,
                              error);
    if (status == LAT_OK && lat_interrupted())
        status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
    return status;
}

static lat_status check_options(lat_thetas *thetas,
                                const lat_overlap_options *options,
                                lat_error *error)
{
    if (!(options->size_ratio >= 0.0) || isinf(options->size_ratio))
        return lat_error_set(error, LAT_USAGE,
                             "the size ratio must be a number from 0");
    if (lat_shuffles_check_int(options->permutations, options->bootstraps,
                               error) != LAT_OK)
        return LAT_USAGE;
    return lat_thetas_read(thetas, options->thetas, error);
}

static uint64_t blocks_of(uint64_t shuffles, uint64_t block)
{
    return (shuffles + block - 1) / block;
}

/* Layers are indexed once for all pairs. After an error every out[i] is
 * empty. */
lat_status lat_overlap_run_layers(lat_overlap *out, lat_pool *pool,
                                  const lat_layers *layers,
                                  const lat_overlap_options *options,
                                  lat_progress *progress, lat_error *error)
{
    size_t nb = layers->base_count, nt = layers->tuned_count, i;
    const lat_concepts **all = lat_new_array(nb + nt, sizeof *all);
    overlap_job job;
    lat_thetas thetas = {0};
    lat_status status;

    memset(&job, 0, sizeof job);
    memset(out, 0, nb * nt * sizeof *out);
    status = check_options(&thetas, options, error);
    if (status != LAT_OK)
        goto done;
    if (all == NULL) {
        status = lat_error_memory(error, (nb + nt) * sizeof *all);
        goto done;
    }
    for (i = 0; i < nb + nt; i++)
        all[i] = i < nb ? layers->base[i] : layers->tuned[i - nb];
    for (i = 0; i < nb * nt && status == LAT_OK; i++)
        status = make_output(&out[i], layers->base[i / nt],
                             layers->tuned[i % nt], options, &thetas, error);
    if (status == LAT_OK)
        status = lat_index_build_int(&job.set, all, nb + nt, error);
    if (status != LAT_OK)
        goto done;
    job.out = out;
    job.base_layers = nb;
    job.tuned_layers = nt;
    job.options = options;
    job.thetas = thetas.count;
    job.progress = progress;
    if (progress != NULL)
        lat_progress_begin(progress, "align", "steps",
                           nb * nt +
                               nb * blocks_of(options->permutations,
                                              LAT_SHUFFLE_BLOCK) +
                               blocks_of(options->bootstraps,
                                         LAT_DRAW_LANES));
    status = run_job(&job, pool, error);
    if (progress != NULL)
        lat_progress_end(progress);
done:
    lat_index_free_int(&job.set);
    lat_free(all);
    for (i = 0; status != LAT_OK && i < nb * nt; i++)
        lat_overlap_free(&out[i]);
    return status;
}

lat_status lat_overlap_run(lat_overlap *out, lat_pool *pool,
                           const lat_concepts *base,
                           const lat_concepts *tuned,
                           const lat_overlap_options *options,
                           lat_error *error)
{
    lat_layers layers = {&base, 1, &tuned, 1};

    return lat_overlap_run_layers(out, pool, &layers, options, NULL, error);
}

void lat_overlap_free(lat_overlap *overlap)
{
    if (overlap == NULL)
        return;
    lat_free(overlap->rows);
    lat_free(overlap->tuned);
    lat_free(overlap->base);
    lat_free(overlap->tuned_ids);
    lat_free(overlap->base_ids);
    memset(overlap, 0, sizeof *overlap);
}
