/*
 * leaders.c - Leaders (Hartigan 1975), as a first step to Ward on fewer
 * points: one pass, each point joins the nearest leader within tau or
 * becomes one.
 *
 * Points go in blocks: a block against all leaders before it by products,
 * then one by one against the leaders that the block itself made.
 */
#include "flat_int.h"

#include <math.h>
#include <string.h>

#define BLOCK 256
#define TAU_STEPS 24

typedef struct leaders_state {
    lat_nearest nearest;
    lat_pool *pool;
    size_t limit;     /* more leaders than this end a pass */
    uint32_t *leader; /* n */
    double *d;        /* n */
} leaders_state;

/* Doubles the room for centres, up to the limit. */
static lat_status make_room(leaders_state *state, lat_error *error)
{
    lat_nearest *s = &state->nearest;
    size_t room = s->room > state->limit / 2 ? state->limit : 2 * s->room;
    size_t centres, panels;
    if (s->centres < s->room)
        return LAT_OK;
    if (!lat_size_mul(room * sizeof(double), s->h, &centres)
        || !lat_size_mul((room + LAT_PANEL) * sizeof(float), s->h, &panels))
        return lat_error_memory(error, UINT64_MAX);
    double *centre = lat_realloc(s->centre, centres);
    s->centre = centre != NULL ? centre : s->centre;
    float *packed = lat_realloc(s->panels, panels);
    if (packed != NULL) { /* panels are padded with zeros */
        memset(packed + (s->room + LAT_PANEL) * s->h, 0,
               panels - (s->room + LAT_PANEL) * s->h * sizeof *packed);
        s->panels = packed;
    }
    float *norm = lat_realloc(s->norm, room * sizeof *norm);
    s->norm = norm != NULL ? norm : s->norm;
    if (centre == NULL || packed == NULL || norm == NULL)
        return lat_error_memory(error, (uint64_t)centres + panels);
    s->room = room;
    return LAT_OK;
}

/* Points of a block after the products; new leaders as they come. */
static lat_status settle_block(leaders_state *state, size_t from, size_t to,
                               double tau, lat_error *error)
{
    lat_nearest *s = &state->nearest;
    size_t before = s->centres, h = s->h;
    double *x = s->scratch;
    for (size_t i = from; i < to; i++) {
        lat_nearest_row(s, i, x);
        for (size_t c = before; c < s->centres; c++) {
            double d = s->kernels->distance2(x, s->centre + c * h, h);
            if (d < state->d[i]) {
                state->d[i] = d;
                state->leader[i] = (uint32_t)c;
            }
        }
        if (state->d[i] <= tau * tau)
            continue;
        if (s->centres == state->limit) {
            s->centres++; /* too many: the pass ends */
            return LAT_OK;
        }
        lat_status status = make_room(state, error);
        if (status != LAT_OK)
            return status;
        lat_nearest_row(s, i, s->centre + s->centres * h);
        state->leader[i] = (uint32_t)s->centres++;
    }
    lat_nearest_pack(s, before);
    return LAT_OK;
}

/* One pass at tau (scaled); more than `limit` centres: it was cut short. */
static lat_status run_pass(leaders_state *state, double tau,
                           lat_progress *progress, lat_error *error)
{
    lat_nearest *s = &state->nearest;
    lat_status status = LAT_OK;
    s->centres = 0;
    for (size_t i = 0; i < s->n && status == LAT_OK; i += BLOCK) {
        size_t end = s->n - i < BLOCK ? s->n : i + BLOCK;
        if (lat_interrupted())
            return lat_error_set(error, LAT_INTERRUPTED, "interrupted");
        lat_nearest_find(s, i, end, state->leader, state->d);
        status = settle_block(state, i, end, tau, error);
        if (s->centres > state->limit)
            break;
        if (progress != NULL)
            lat_progress_add(progress, end - i);
    }
    return status;
}

/* The smallest tau, to a few percent of the number, that stays within the
 * limit; leaves the state after a pass at it. */
static lat_status find_tau(leaders_state *state, double *tau,
                           lat_progress *progress, lat_error *error)
{
    /* Coordinates lie in [-1, 1] by the scale: no two farther apart. */
    double low = 0, high = 2 * sqrt((double)state->nearest.h);
    bool at_high = false;
    for (int step = 0; step < TAU_STEPS; step++) {
        double middle = (low + high) / 2;
        lat_status status = run_pass(state, middle, progress, error);
        if (status != LAT_OK)
            return status;
        size_t count = state->nearest.centres;
        if (count > state->limit)
            low = middle;
        else
            high = middle;
        at_high = count <= state->limit;
        if (count <= state->limit && count >= state->limit - state->limit / 20)
            break;
    }
    *tau = high;
    return at_high ? LAT_OK : run_pass(state, high, progress, error);
}

/* Ward on the means of the leaders' points; labels of points. */
static lat_status join_leaders(leaders_state *state, lat_leaders *out,
                               const lat_leaders_options *options,
                               lat_error *error)
{
    lat_nearest *s = &state->nearest;
    size_t n = s->n, h = s->h, count = s->centres;
    lat_ward_options ward = LAT_WARD_OPTIONS;
    lat_status status = LAT_OK;
    double *sum = lat_new_array(count * h, sizeof *sum);
    double *size = lat_new_array(count, sizeof *size);
    float *mean = lat_new_array(count * h, sizeof *mean);
    uint32_t *label = lat_new_array(count, sizeof *label);
    uint32_t *labels = lat_new_array(n, sizeof *labels);
    out->flat.labels = labels;
    ward.progress = options->progress;
    if (sum == NULL || size == NULL || mean == NULL || label == NULL
        || labels == NULL) {
        status = lat_error_memory(error, (uint64_t)count * h * 12);
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        size[state->leader[i]]++;
        for (size_t j = 0; j < h; j++)
            sum[state->leader[i] * h + j] += (double)s->points[i * h + j];
    }
    for (size_t c = 0; c < count; c++)
        for (size_t j = 0; j < h; j++)
            mean[c * h + j] = (float)(sum[c * h + j] / size[c]);
    status = lat_cluster_ward(&out->tree, state->pool, mean, count, h, &ward,
                              error);
    if (status == LAT_OK)
        status = lat_tree_cut(&out->tree, options->k, label, error);
    for (size_t i = 0; i < n && status == LAT_OK; i++)
        labels[i] = label[state->leader[i]];
    if (status == LAT_OK)
        status = lat_flat_renumber(labels, n, options->k,
                                   &out->flat.clusters, error);
    if (status == LAT_OK)
        status = lat_flat_inertia(&out->flat.inertia, s->points, n, h, labels,
                                  options->k, error);
done:
    lat_free(sum);
    lat_free(size);
    lat_free(mean);
    lat_free(label);
    return status;
}

void lat_leaders_free(lat_leaders *leaders)
{
    lat_leaders empty = {0};
    lat_flat_free(&leaders->flat);
    lat_tree_free(&leaders->tree);
    lat_free(leaders->leader);
    *leaders = empty;
}

static lat_status check_options(const lat_leaders_options *options,
                                lat_error *error)
{
    bool bad_tau = !(options->tau >= 0) || isinf(options->tau);
    if (bad_tau || (!(options->tau > 0) && options->leaders < options->k))
        return lat_error_set(error, LAT_USAGE,
                             "Leaders need a tau above 0, or a number of "
                             "leaders that is at least that of clusters");
    return LAT_OK;
}

/* The pass, or the passes that find tau. */
static lat_status find_leaders(leaders_state *state, lat_leaders *out,
                               const lat_leaders_options *options,
                               lat_error *error)
{
    lat_nearest *s = &state->nearest;
    lat_status status;
    if (options->tau > 0) {
        state->limit = s->n;
        out->tau = options->tau;
        lat_progress_begin(options->progress, "leaders", "points", s->n);
        status = run_pass(state, out->tau * s->scale, options->progress,
                          error);
    } else {
        state->limit = options->leaders < s->n ? options->leaders : s->n;
        /* At most so many passes; most of them are cut short. */
        lat_progress_begin(options->progress, "leaders at some tau", "points",
                           (uint64_t)s->n * (TAU_STEPS + 1));
        status = find_tau(state, &out->tau, options->progress, error);
        out->tau /= s->scale;
    }
    out->leaders = s->centres;
    if (status == LAT_OK && s->centres < options->k)
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "only %llu leaders at tau %g, expected at "
                               "least %llu, one for each cluster",
                               (unsigned long long)s->centres, out->tau,
                               (unsigned long long)options->k);
    return status;
}

lat_status lat_cluster_leaders(lat_leaders *out, lat_pool *pool,
                               const float *points, size_t n, size_t h,
                               const lat_leaders_options *options,
                               lat_error *error)
{
    leaders_state state = {.pool = pool};
    lat_leaders empty = {0};
    *out = empty;
    lat_status status = lat_flat_check(points, n, h, options->k, error);
    if (status == LAT_OK)
        status = check_options(options, error);
    if (status != LAT_OK)
        return status;
    status = lat_nearest_create(&state.nearest, pool, points, n, h,
                                n < 1024 ? n : 1024, error);
    state.leader = lat_new_array(n, sizeof *state.leader);
    state.d = lat_new_array(n, sizeof *state.d);
    if (status == LAT_OK && (state.leader == NULL || state.d == NULL))
        status = lat_error_memory(error, (uint64_t)n * 12);
    if (status == LAT_OK)
        status = find_leaders(&state, out, options, error);
    lat_progress_end(options->progress);
    if (status == LAT_OK)
        status = join_leaders(&state, out, options, error);
    if (status == LAT_OK) {
        out->flat.points = n;
        out->leader = state.leader;
        state.leader = NULL;
    } else {
        lat_leaders_free(out);
    }
    lat_nearest_free(&state.nearest);
    lat_free(state.leader);
    lat_free(state.d);
    return status;
}
