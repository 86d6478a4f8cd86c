/*
 * kmeans.c - K-Means: k-means++ seeds (Arthur and Vassilvitskii 2007), then
 * Lloyd's rounds until no label changes.
 *
 * Seeding prunes exactly: a new seed s cannot be nearer to x than its seed t
 * when |s - t| >= 2 |x - t|, so most points are not measured again.
 * Everything that is added up is added in the order of points, so the bytes
 * are the same for any number of threads.
 */
#include "flat_int.h"

#include <math.h>
#include <string.h>

#define CHUNK 1024

typedef struct kmeans_state {
    lat_nearest nearest;
    size_t k;
    uint32_t *label, *before; /* n */
    double *d;                /* n: squared distance to the own centre */
    double *sums;             /* chunks of points */
    double *apart;            /* k: squared distance of seeds to a new one */
    size_t *start;            /* k + 1: where a cluster's members begin */
    uint32_t *member;         /* n: points by cluster */
} kmeans_state;

static size_t chunk_end(size_t chunk, size_t n)
{
    size_t end = (chunk + 1) * CHUNK;
    return end < n ? end : n;
}

/* The newest seed against a chunk of points; and the chunk's sum of d. */
static void seed_task(void *context, size_t chunk, size_t worker)
{
    kmeans_state *state = context;
    const lat_nearest *s = &state->nearest;
    double *x = s->scratch + worker * s->h, sum = 0;
    uint32_t seed = (uint32_t)s->centres - 1;
    for (size_t i = chunk * CHUNK; i < chunk_end(chunk, s->n); i++) {
        /* 1e-9 is far above what the distances round by. */
        if (seed == 0
            || state->apart[state->label[i]] * (1 - 1e-9)
                   < 4 * state->d[i]) {
            lat_nearest_row(s, i, x);
            double d = s->kernels->distance2(x, s->centre + seed * s->h,
                                             s->h);
            if (seed == 0 || d < state->d[i]) {
                state->d[i] = d;
                state->label[i] = seed;
            }
        }
        sum += state->d[i];
    }
    state->sums[chunk] = sum;
}

static void add_seed(kmeans_state *state, size_t point)
{
    lat_nearest *s = &state->nearest;
    double *seed = s->centre + s->centres * s->h;
    lat_nearest_row(s, point, seed);
    for (size_t c = 0; c < s->centres; c++)
        state->apart[c] = s->kernels->distance2(seed, s->centre + c * s->h,
                                                s->h);
    s->centres++;
    lat_pool_run(s->pool, (s->n + CHUNK - 1) / CHUNK, seed_task, state);
}

/* A point with probability d / sum of d; any when all d are 0. */
static size_t draw_point(const kmeans_state *state, lat_random *random)
{
    size_t n = state->nearest.n, chunks = (n + CHUNK - 1) / CHUNK;
    double total = 0;
    for (size_t c = 0; c < chunks; c++)
        total += state->sums[c];
    if (!(total > 0))
        return (size_t)lat_random_below(random, n);
    double left = lat_random_unit(random) * total;
    size_t chunk = 0, last = 0;
    while (chunk + 1 < chunks && left >= state->sums[chunk])
        left -= state->sums[chunk++];
    /* Roundings may leave a rest at the end: then the last with d > 0. */
    for (size_t i = chunk * CHUNK; i < chunk_end(chunk, n); i++) {
        if (!(state->d[i] > 0))
            continue;
        last = i;
        if (left < state->d[i])
            break;
        left -= state->d[i];
    }
    return last;
}

static void mean_task(void *context, size_t cluster, size_t worker)
{
    kmeans_state *state = context;
    lat_nearest *s = &state->nearest;
    double *x = s->scratch + worker * s->h;
    double *mean = s->centre + cluster * s->h;
    size_t from = state->start[cluster], to = state->start[cluster + 1];
    for (size_t j = 0; j < s->h; j++)
        mean[j] = 0;
    for (size_t m = from; m < to; m++) {
        lat_nearest_row(s, state->member[m], x);
        for (size_t j = 0; j < s->h; j++)
            mean[j] += x[j];
    }
    for (size_t j = 0; j < s->h; j++)
        mean[j] /= (double)(to - from);
}

/* Members of the clusters, in order of points. */
static void sort_members(kmeans_state *state)
{
    size_t n = state->nearest.n, k = state->k;
    memset(state->start, 0, (k + 1) * sizeof *state->start);
    for (size_t i = 0; i < n; i++)
        state->start[state->label[i] + 1]++;
    for (size_t c = 0; c < k; c++)
        state->start[c + 1] += state->start[c];
    for (size_t i = n; i-- > 0;) /* backwards: each end moves down */
        state->member[--state->start[state->label[i] + 1]] = (uint32_t)i;
    /* Every entry has become the start of the cluster before it. */
    for (size_t c = 0; c < k; c++)
        state->start[c] = state->start[c + 1];
    state->start[k] = n;
}

/* Sizes are counted in `start`, whose meaning comes later. */
static void fill_empty(kmeans_state *state)
{
    size_t n = state->nearest.n;
    size_t *size = state->start;
    memset(size, 0, (state->k + 1) * sizeof *size);
    for (size_t i = 0; i < n; i++)
        size[state->label[i]]++;
    for (size_t c = 0; c < state->k; c++) {
        size_t far = n;
        if (size[c] != 0)
            continue;
        for (size_t i = 0; i < n; i++)
            if (size[state->label[i]] > 1
                && (far == n || state->d[i] > state->d[far]))
                far = i;
        size[state->label[far]]--; /* k <= n: there is one */
        size[c] = 1;
        state->label[far] = (uint32_t)c;
        state->d[far] = 0;
    }
}

static lat_status run_rounds(kmeans_state *state, size_t most, lat_flat *out,
                             lat_progress *progress, lat_error *error)
{
    lat_nearest *s = &state->nearest;
    while (out->rounds < most && !out->settled) {
        if (lat_interrupted())
            return lat_error_set(error, LAT_INTERRUPTED, "interrupted");
        lat_nearest_pack(s, 0);
        lat_nearest_find(s, 0, s->n, state->label, state->d);
        fill_empty(state);
        out->settled = out->rounds > 0
                       && memcmp(state->label, state->before,
                                 s->n * sizeof *state->label) == 0;
        memcpy(state->before, state->label, s->n * sizeof *state->label);
        sort_members(state);
        lat_pool_run(s->pool, state->k, mean_task, state);
        out->rounds++;
        if (progress != NULL)
            lat_progress_add(progress, 1);
    }
    return LAT_OK;
}

static lat_status state_create(kmeans_state *state, lat_error *error)
{
    size_t n = state->nearest.n;
    state->label = lat_new_array(n, sizeof *state->label);
    state->before = lat_new_array(n, sizeof *state->before);
    state->d = lat_new_array(n, sizeof *state->d);
    state->sums = lat_new_array(n / CHUNK + 1, sizeof *state->sums);
    state->apart = lat_new_array(state->k, sizeof *state->apart);
    state->start = lat_new_array(state->k + 1, sizeof *state->start);
    state->member = lat_new_array(n, sizeof *state->member);
    if (state->label == NULL || state->before == NULL || state->d == NULL
        || state->sums == NULL || state->apart == NULL
        || state->start == NULL || state->member == NULL)
        return lat_error_memory(error, (uint64_t)n * 24);
    return LAT_OK;
}

static void state_free(kmeans_state *state)
{
    lat_nearest_free(&state->nearest);
    lat_free(state->label);
    lat_free(state->before);
    lat_free(state->d);
    lat_free(state->sums);
    lat_free(state->apart);
    lat_free(state->start);
    lat_free(state->member);
}

/* Labels and inertia out of the state, which gives its labels away. */
static lat_status hand_over(lat_flat *out, kmeans_state *state,
                            lat_error *error)
{
    const lat_nearest *s = &state->nearest;
    lat_status status = lat_flat_renumber(state->label, s->n, state->k,
                                          &out->clusters, error);
    if (status == LAT_OK)
        status = lat_flat_inertia(&out->inertia, s->points, s->n, s->h,
                                  state->label, state->k, error);
    if (status != LAT_OK)
        return status;
    out->points = s->n;
    out->labels = state->label;
    state->label = NULL;
    return LAT_OK;
}

lat_status lat_cluster_kmeans(lat_flat *out, lat_pool *pool,
                              const float *points, size_t n, size_t h,
                              const lat_kmeans_options *options,
                              lat_error *error)
{
    kmeans_state state = {.k = options->k};
    lat_flat flat = {0};
    lat_random random;
    size_t most = options->rounds > 0 ? options->rounds : 300;
    *out = flat;
    lat_status status = lat_flat_check(points, n, h, state.k, error);
    if (status == LAT_OK)
        status = lat_nearest_create(&state.nearest, pool, points, n, h,
                                    state.k, error);
    if (status == LAT_OK)
        status = state_create(&state, error);
    if (status != LAT_OK)
        goto done;
    lat_progress_begin(options->progress, "K-Means", "seeds", state.k);
    lat_random_seed(&random, options->seed, 0);
    add_seed(&state, (size_t)lat_random_below(&random, n));
    while (state.nearest.centres < state.k && !lat_interrupted()) {
        lat_progress_add(options->progress, 1);
        add_seed(&state, draw_point(&state, &random));
    }
    lat_progress_add(options->progress, 1);
    lat_progress_begin(options->progress, "K-Means", "rounds", 0);
    status = run_rounds(&state, most, &flat, options->progress, error);
    lat_progress_end(options->progress);
    if (status == LAT_OK)
        status = hand_over(&flat, &state, error);
    if (status == LAT_OK)
        *out = flat;
done:
    state_free(&state);
    return status;
}
