/*
 * overlap_draws.c - the overlap of all layer pairs in resamples of the
 * sentences, LANES resamples at a time.
 *
 * What two concepts share is a sum over their common members, and only the
 * members' weights change from one resample to the next.  So members are
 * walked over once and add a vector of weights, one lane a resample:
 *
 *     member of T    in B2    weights  0 2 1 1
 *     member of T    in B2             1 0 1 3
 *                              shared  1 2 2 4   T with B2, four resamples
 *
 * By types a word counts once where any of its occurrences in the concept
 * was drawn; the vector is then of zeros and ones, for each word of each
 * concept, and a shared word must be there on both sides.
 */
#include "align_int.h"

#include <string.h>

#define LANES LAT_DRAW_LANES

typedef uint8_t flag_lanes[LANES];

/* What one worker needs; K = concepts_most. */
typedef struct draw_scratch {
    uint32_t *drawn;      /* sentences: weights of one resample */
    uint32_t *slot;       /* K: where in `shared` + 1, 0 = untouched */
    uint32_t *touched;    /* K */
    count_lanes *shared;  /* K: of one tuned concept with the touched ones */
    count_lanes *best;    /* 2 K: highest of tuned concepts, then base */
} draw_scratch;

typedef struct draw_job {
    lat_overlap *out;
    const index_set *set;
    size_t base_layers, tuned_layers;
    const lat_overlap_options *options;
    size_t thetas;
    double *results;        /* pair, side, theta, resample */
    size_t shuffles;
    size_t first, lanes;    /* resamples of this round */
    weight_lanes *weights;  /* sentences */
    count_lanes **sizes;    /* layers x concepts */
    flag_lanes **active;    /* by types: layers x (word, concept) */
    draw_scratch *scratch;  /* one for each worker */
    lat_progress *progress;
} draw_job;

/* ---- A round: weights, then layers, then pairs --------------------------- */

static void weights_task(void *context, size_t lane, size_t worker)
{
    draw_job *job = context;
    draw_order order = {DRAW_RESAMPLE, job->set->sentences, job->shuffles,
                        job->options->seed};

    lat_draw_lane_int(job->weights, job->scratch[worker].drawn, &order,
                      job->first, lane);
}

static void add_shared(uint32_t *restrict to, const uint8_t *restrict a,
                       const uint8_t *restrict b)
{
    for (size_t l = 0; l < LANES; l++)
        to[l] += (uint32_t)(a[l] & b[l]);
}

/* A word that becomes there adds one to its concept. */
static void add_flags(uint32_t *restrict sizes, uint8_t *restrict active,
                      const uint16_t *restrict weights)
{
    for (size_t l = 0; l < LANES; l++) {
        uint8_t there = weights[l] != 0;

        sizes[l] += (uint32_t)(there & (active[l] ^ 1));
        active[l] |= there;
    }
}

/* Sizes of a layer's concepts in every resample of the round, and which of
 * the words that each holds are there. */
static void layer_task(void *context, size_t l, size_t worker)
{
    draw_job *job = context;
    const layer_index *layer = &job->set->layer[l];
    bool types = job->options->unit == LAT_UNIT_TYPES;
    size_t i;

    (void)worker;
    memset(job->sizes[l], 0, layer->concepts * sizeof *job->sizes[l]);
    if (types)
        memset(job->active[l], 0, layer->cw_starts[layer->concepts] *
                                      sizeof *job->active[l]);
    for (i = 0; i < layer->size; i++) {
        uint32_t sentence = job->set->sentence[layer->occ[i]];
        uint32_t concept = layer->source->occurrences[i].concept;

        if (types)
            add_flags(job->sizes[l][concept],
                      job->active[l][layer->incidence[i]],
                      job->weights[sentence]);
        else
            lat_add_weights_int(job->sizes[l][concept],
                                job->weights[sentence]);
    }
}

/* ---- One pair ------------------------------------------------------------ */

/* Lanes of the base concept, all zero when it is new to this one. */
static uint32_t *shared_with(draw_scratch *with, uint32_t concept,
                             size_t *touched)
{
    if (with->slot[concept] == 0) {
        memset(with->shared[*touched], 0, sizeof *with->shared);
        with->touched[(*touched)++] = concept;
        with->slot[concept] = (uint32_t)*touched;
    }
    return with->shared[with->slot[concept] - 1];
}

static size_t fill_types(draw_scratch *with, const draw_job *job, size_t i,
                         size_t j, size_t t)
{
    const layer_index *base = &job->set->layer[i];
    const layer_index *tuned = &job->set->layer[job->base_layers + j];
    flag_lanes *there = job->active[job->base_layers + j];
    flag_lanes *in_base = job->active[i];
    size_t touched = 0, at, k;

    for (at = tuned->cw_starts[t]; at < tuned->cw_starts[t + 1]; at++) {
        uint32_t word = base->local[tuned->cw[at]];

        if (word == LAT_NO_CONCEPT)
            continue;
        for (k = base->wc_starts[word]; k < base->wc_starts[word + 1]; k++)
            add_shared(shared_with(with, base->wc[k], &touched),
                       there[tuned->cw_incidence[at]], in_base[k]);
    }
    return touched;
}

static size_t fill_occurrences(draw_scratch *with, const draw_job *job,
                               size_t i, size_t j, size_t t)
{
    const layer_index *base = &job->set->layer[i];
    const layer_index *tuned = &job->set->layer[job->base_layers + j];
    const size_t *starts = tuned->source->starts;
    size_t touched = 0, at;

    for (at = starts[t]; at < starts[t + 1]; at++) {
        uint32_t occ = tuned->occ[at], concept = base->label[occ];

        if (concept != LAT_NO_CONCEPT)
            lat_add_weights_int(shared_with(with, concept, &touched),
                                job->weights[job->set->sentence[occ]]);
    }
    return touched;
}

/* The size guard looks at the sizes of the resample. */
static void raise_guarded(uint32_t *best, const uint32_t *by, double ratio,
                          const uint32_t *sizes, const uint32_t *targets)
{
    for (size_t l = 0; l < LANES; l++)
        if (by[l] > best[l] &&
            (double)sizes[l] / (double)targets[l] > ratio)
            best[l] = by[l];
}

/* Highest counts of both sides in all lanes. */
static void match_pair(draw_scratch *with, const draw_job *job, size_t i,
                       size_t j)
{
    const lat_overlap *pair = &job->out[i * job->tuned_layers + j];
    count_lanes *sizes_base = job->sizes[i];
    count_lanes *sizes_tuned = job->sizes[job->base_layers + j];
    count_lanes *best_base = with->best + job->set->concepts_most;
    double ratio = job->options->size_ratio;
    size_t t, k;

    memset(with->best, 0,
           2 * job->set->concepts_most * sizeof *with->best);
    for (t = 0; t < pair->tuned_count; t++) {
        size_t touched = job->options->unit == LAT_UNIT_TYPES
                             ? fill_types(with, job, i, j, t)
                             : fill_occurrences(with, job, i, j, t);

        for (k = 0; k < touched; k++) {
            uint32_t b = with->touched[k];

            with->slot[b] = 0;
            if (ratio > 0.0) {
                raise_guarded(with->best[t], with->shared[k], ratio,
                              sizes_tuned[t], sizes_base[b]);
                raise_guarded(best_base[b], with->shared[k], ratio,
                              sizes_base[b], sizes_tuned[t]);
            } else {
                lat_raise_lanes_int(with->best[t], with->shared[k]);
                lat_raise_lanes_int(best_base[b], with->shared[k]);
            }
        }
    }
}

static void pair_task(void *context, size_t task, size_t worker)
{
    draw_job *job = context;
    draw_scratch *with = &job->scratch[worker];
    size_t i = task / job->tuned_layers, j = task % job->tuned_layers, l;
    const lat_overlap *pair = &job->out[task];
    double *to = job->results + task * 2 * job->thetas * job->shuffles;

    if (lat_interrupted())
        return;
    match_pair(with, job, i, j);
    for (l = 0; l < job->lanes; l++) {
        double *at = to + job->first + l;

        lat_overlap_side_percents_int(
            at, job->shuffles, pair, &with->best[0][l],
            &job->sizes[job->base_layers + j][0][l], LANES, true);
        lat_overlap_side_percents_int(
            at + job->thetas * job->shuffles, job->shuffles, pair,
            &with->best[job->set->concepts_most][l], &job->sizes[i][0][l],
            LANES, false);
    }
}

/* ---- Setting up ---------------------------------------------------------- */

static lat_status make_layers(draw_job *job, lat_arena *arena,
                              lat_error *error)
{
    size_t layers = job->set->layers, l;
    bool types = job->options->unit == LAT_UNIT_TYPES;

    job->weights = lat_arena_array(arena, job->set->sentences,
                                   sizeof *job->weights);
    job->sizes = lat_arena_array(arena, layers, sizeof *job->sizes);
    job->active = lat_arena_array(arena, layers, sizeof *job->active);
    if (job->weights == NULL || job->sizes == NULL || job->active == NULL)
        return lat_error_memory(error, job->set->sentences *
                                           sizeof *job->weights);
    for (l = 0; l < layers; l++) {
        const layer_index *layer = &job->set->layer[l];
        size_t pairs = types ? layer->cw_starts[layer->concepts] : 0;

        job->sizes[l] = lat_arena_array(arena, layer->concepts,
                                        sizeof *job->sizes[l]);
        job->active[l] = lat_arena_array(arena, pairs,
                                         sizeof *job->active[l]);
        if (job->sizes[l] == NULL || job->active[l] == NULL)
            return lat_error_memory(error, pairs * sizeof *job->active[l]);
    }
    return LAT_OK;
}

static lat_status make_scratch(draw_job *job, lat_pool *pool,
                               lat_arena *arena, lat_error *error)
{
    size_t workers = lat_pool_threads(pool), w, k = job->set->concepts_most;

    job->scratch = lat_arena_array(arena, workers, sizeof *job->scratch);
    if (job->scratch == NULL)
        return lat_error_memory(error, workers * sizeof *job->scratch);
    for (w = 0; w < workers; w++) {
        draw_scratch *with = &job->scratch[w];

        with->drawn = lat_arena_array(arena, job->set->sentences,
                                      sizeof *with->drawn);
        with->slot = lat_arena_array(arena, k, sizeof *with->slot);
        with->touched = lat_arena_array(arena, k, sizeof *with->touched);
        with->shared = lat_arena_array(arena, k, sizeof *with->shared);
        with->best = lat_arena_array(arena, 2 * k, sizeof *with->best);
        if (with->drawn == NULL || with->slot == NULL ||
            with->touched == NULL || with->shared == NULL ||
            with->best == NULL)
            return lat_error_memory(error, 3 * k * sizeof *with->best);
    }
    return LAT_OK;
}

/* Resamples of a round have no order among them, rounds have: memory is for
 * one round, whatever the number of resamples. */
lat_status lat_overlap_draws_int(const overlap_draws *draws, lat_pool *pool,
                                 lat_error *error)
{
    draw_job job;
    lat_arena arena = {0};
    lat_status status;

    memset(&job, 0, sizeof job);
    job.out = draws->out;
    job.set = draws->set;
    job.base_layers = draws->base_layers;
    job.tuned_layers = draws->tuned_layers;
    job.options = draws->options;
    job.thetas = draws->out[0].thetas.count;
    job.results = draws->results;
    job.shuffles = draws->options->bootstraps;
    status = make_layers(&job, &arena, error);
    if (status == LAT_OK)
        status = make_scratch(&job, pool, &arena, error);
    while (status == LAT_OK && job.first < job.shuffles &&
           !lat_interrupted()) {
        job.lanes = job.shuffles - job.first;
        if (job.lanes > LANES)
            job.lanes = LANES;
        lat_pool_run(pool, LANES, weights_task, &job);
        lat_pool_run(pool, job.set->layers, layer_task, &job);
        lat_pool_run(pool, job.base_layers * job.tuned_layers, pair_task,
                     &job);
        job.first += job.lanes;
        if (draws->progress != NULL)
            lat_progress_add(draws->progress, 1);
    }
    lat_arena_free(&arena);
    return status;
}
