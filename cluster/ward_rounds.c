/*
 * ward_rounds.c - rounds of joins until one cluster is left.
 *
 * The tree is that of a run which always joins the pair that is smallest by
 * (D, smaller member, other member), D in double.  Because Ward is reducible
 * (and the rule for ties too: a union is named by its smallest member), two
 * clusters that are nearest to each other join in that run as well, so all
 * such pairs can join at once.  With computed distances that argument holds
 * while the second nearest is farther by more than what roundings may add
 * up to; such pairs are called safe here.
 *
 *     refresh those whose nearest has changed
 *     safe pairs?             -> join all of them, next round
 *     smallest pair certain?  -> join it (ties end up here), next round
 *     otherwise               -> search for those with the smallest bounds
 *
 * "Certain": every other cluster's nearest, or lower bound, is greater.  A
 * pair is seen from whichever of its two was measured last, so the minimum
 * over clusters is the minimum over pairs.
 */
#include "ward_int.h"

#include <math.h>
#include <stdlib.h>

/* Fewest slots in a batch of searches: fills the tiles. */
#define LEAST_BATCH 256
/* ... and otherwise one in so many of those that have only a bound.  Fewer
 * at a time waste fewer searches on clusters that joins would have settled:
 * a quarter costs 3 % more products on clustered points. */
#define BATCH_PART 16

typedef struct rounds_state {
    lat_ward *ward;
    uint32_t *todo;     /* U: slots to refresh, or to search for */
    size_t todos;
    lat_join *pairs;    /* U/2 + 1 */
    uint32_t *sizes;    /* two for each pair: sizes before */
    double **centres;   /* of the unions */
    size_t pair_count;
    lat_join *stale;    /* U: (left = slot, d = bound), to be sorted */
} rounds_state;

#define REFRESH_CHUNK 32

static void refresh_task(void *context, size_t task, size_t worker)
{
    rounds_state *state = context;
    size_t end = (task + 1) * REFRESH_CHUNK;
    end = end < state->todos ? end : state->todos;
    for (size_t i = task * REFRESH_CHUNK; i < end; i++)
        lat_ward_refresh(state->ward, state->todo[i],
                         &state->ward->scratch[worker]);
}

/* New clusters, and those whose nearest is gone or has grown. */
static void refresh_changed(rounds_state *state)
{
    const lat_ward *ward = state->ward;
    state->todos = 0;
    for (size_t p = 0; p < ward->places; p++) {
        uint32_t slot = ward->live[p], near = ward->nearest[slot];
        if (ward->size[slot] == 0)
            continue;
        bool fresh = (ward->state[slot] & LAT_WARD_NEW) != 0;
        bool exact = (ward->state[slot] & LAT_WARD_EXACT) != 0;
        if (fresh || (exact && (ward->size[near] == 0
                                || ward->born[near] > ward->seen[slot])))
            state->todo[state->todos++] = slot;
    }
    lat_pool_run(ward->pool,
                 (state->todos + REFRESH_CHUNK - 1) / REFRESH_CHUNK,
                 refresh_task, state);
}

static bool is_safe(const lat_ward *ward, uint32_t slot)
{
    double d = ward->near_d[slot];
    return (double)ward->second[slot]
           > d + lat_ward_margin(ward, d, ward->size[slot]);
}

static void find_safe_pairs(rounds_state *state)
{
    const lat_ward *ward = state->ward;
    state->pair_count = 0;
    for (size_t p = 0; p < ward->places; p++) {
        uint32_t a = ward->live[p], b = ward->nearest[a];
        if (ward->size[a] == 0 || (ward->state[a] & LAT_WARD_EXACT) == 0
            || b < a || (ward->state[b] & LAT_WARD_EXACT) == 0
            || ward->nearest[b] != a)
            continue;
        if (is_safe(ward, a) && is_safe(ward, b)) {
            lat_join pair = {a, b, ward->near_d[a]};
            state->pairs[state->pair_count++] = pair;
        }
    }
}

/* The globally smallest pair, or no pair and `stale` filled with the slots
 * that have only a bound. */
static void find_smallest_pair(rounds_state *state, size_t *stales)
{
    const lat_ward *ward = state->ward;
    lat_join best = {LAT_NO_SLOT, LAT_NO_SLOT, INFINITY};
    double least = INFINITY;
    *stales = 0;
    state->pair_count = 0;
    for (size_t p = 0; p < ward->places; p++) {
        uint32_t slot = ward->live[p], near = ward->nearest[slot];
        double d = ward->near_d[slot];
        if (ward->size[slot] == 0)
            continue;
        if ((ward->state[slot] & LAT_WARD_EXACT) == 0) {
            lat_join entry = {slot, LAT_NO_SLOT, d};
            state->stale[(*stales)++] = entry;
            least = d < least ? d : least;
            continue;
        }
        uint32_t a = slot < near ? slot : near, b = slot < near ? near : slot;
        if (best.left == LAT_NO_SLOT
            || lat_ward_before(d, a, b, best.d, best.left, best.right)) {
            lat_join pair = {a, b, d};
            best = pair;
        }
    }
    if (best.left != LAT_NO_SLOT && best.d < least)
        state->pairs[state->pair_count++] = best;
}

static int by_bound(const void *x, const void *y)
{
    const lat_join *a = x, *b = y;
    if (a->d < b->d || b->d < a->d)
        return a->d < b->d ? -1 : 1;
    return a->left < b->left ? -1 : a->left > b->left;
}

static int by_number(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;
    return a < b ? -1 : a > b;
}

/* In order of places: neighbours make one task. */
static lat_status search_smallest(rounds_state *state, size_t stales,
                                  lat_error *error)
{
    lat_ward *ward = state->ward;
    size_t count = stales / BATCH_PART;
    count = count > LEAST_BATCH ? count : LEAST_BATCH;
    count = count < stales ? count : stales;
    lat_ward_compact(ward);
    qsort(state->stale, stales, sizeof *state->stale, by_bound);
    for (size_t i = 0; i < count; i++)
        state->todo[i] = ward->place[state->stale[i].left];
    qsort(state->todo, count, sizeof *state->todo, by_number);
    for (size_t i = 0; i < count; i++)
        state->todo[i] = ward->live[state->todo[i]];
    return lat_ward_search(ward, state->todo, count, error);
}

static void blend_task(void *context, size_t task, size_t worker)
{
    rounds_state *state = context;
    const lat_join *pair = &state->pairs[task];
    lat_ward *ward = state->ward;
    lat_ward_blend(ward, pair->left, pair->right, state->centres[task],
                   &ward->scratch[worker]);
}

static void unite_task(void *context, size_t task, size_t worker)
{
    rounds_state *state = context;
    lat_ward *ward = state->ward;
    uint32_t slot = state->pairs[task].left;
    (void)worker;
    lat_ward_unite(ward, &state->pairs[task], state->sizes[2 * task],
                   state->sizes[2 * task + 1]);
    lat_ward_place_row(ward, slot, ward->centre[slot]);
}

static void join_pair(rounds_state *state, size_t at)
{
    lat_ward *ward = state->ward;
    const lat_join *pair = &state->pairs[at];
    uint32_t a = pair->left, b = pair->right;
    double na = ward->size[a], nb = ward->size[b];
    double e = (na * (double)ward->error[a] + nb * (double)ward->error[b])
                   / (na + nb)
               + ward->unit_error;
    ward->error[a] = (float)(e * (1 + 1e-6));
    if ((double)ward->error[a] > ward->worst_error)
        ward->worst_error = (double)ward->error[a];
    state->sizes[2 * at] = ward->size[a];
    state->sizes[2 * at + 1] = ward->size[b];
    lat_ward_join_slots(ward, a, b, pair->d, state->centres[at]);
    ward->into[b] = a;
    ward->born[a] = ward->round;
    ward->norm[ward->place[b]] = INFINITY;
}

static lat_status join_pairs(rounds_state *state, lat_error *error)
{
    lat_ward *ward = state->ward;
    ward->round++;
    for (size_t i = 0; i < state->pair_count; i++) {
        lat_status status = lat_ward_room(ward, state->pairs[i].left,
                                          state->pairs[i].right,
                                          &state->centres[i], error);
        if (status != LAT_OK)
            return status;
    }
    lat_pool_run(ward->pool, state->pair_count, blend_task, state);
    for (size_t i = 0; i < state->pair_count; i++)
        join_pair(state, i);
    lat_pool_run(ward->pool, state->pair_count, unite_task, state);
    if (ward->options->progress != NULL)
        lat_progress_add(ward->options->progress, state->pair_count);
    return LAT_OK;
}

/* Joins again what a checkpoint holds, whose lists are there already. */
static lat_status replay_joins(rounds_state *state, lat_error *error)
{
    lat_ward *ward = state->ward;
    lat_join *joins = NULL;
    size_t count = 0;
    if (ward->options->checkpoint == NULL)
        return LAT_OK;
    lat_status status = lat_ward_checkpoint_read(ward, &joins, &count,
                                                 error);
    for (size_t t = 0; t < count && status == LAT_OK; t++) {
        uint32_t a = joins[t].left, b = joins[t].right;
        state->pairs[0] = joins[t];
        status = lat_ward_room(ward, a, b, &state->centres[0], error);
        if (status != LAT_OK)
            break;
        blend_task(state, 0, 0);
        join_pair(state, 0);
        lat_ward_place_row(ward, a, ward->centre[a]);
    }
    lat_free(joins);
    lat_ward_compact(ward);
    return status;
}

static lat_status run_rounds(rounds_state *state, lat_error *error)
{
    lat_ward *ward = state->ward;
    lat_status status = LAT_OK;
    while (status == LAT_OK && ward->joined + 1 < ward->slots) {
        size_t stales = 0;
        if (lat_interrupted())
            return lat_ward_stop(ward, error);
        status = lat_ward_save(ward, error);
        if (status != LAT_OK)
            return status;
        refresh_changed(state);
        find_safe_pairs(state);
        if (state->pair_count == 0)
            find_smallest_pair(state, &stales);
        if (state->pair_count > 0)
            status = join_pairs(state, error);
        else
            status = search_smallest(state, stales, error);
    }
    return status;
}

lat_status lat_ward_rounds(lat_ward *ward, lat_error *error)
{
    rounds_state state = {.ward = ward};
    size_t n = ward->slots;
    lat_status status = lat_ward_state_create(ward, error);
    ward->saved = lat_clock_seconds();
    if (status != LAT_OK || n < 2)
        goto done;
    state.todo = lat_new_array(n, sizeof *state.todo);
    state.pairs = lat_new_array(n / 2 + 1, sizeof *state.pairs);
    state.sizes = lat_new_array(n + 2, sizeof *state.sizes);
    state.centres = lat_new_array(n / 2 + 1, sizeof *state.centres);
    state.stale = lat_new_array(n, sizeof *state.stale);
    if (state.todo == NULL || state.pairs == NULL || state.sizes == NULL
        || state.centres == NULL || state.stale == NULL) {
        status = lat_error_memory(error, (uint64_t)n * 48);
        goto done;
    }
    status = replay_joins(&state, error);
    if (status == LAT_OK)
        status = lat_ward_first(ward, error);
    if (status != LAT_OK)
        goto done;
    if (ward->options->progress != NULL)
        lat_progress_begin(ward->options->progress, "Ward", "merges",
                           n - 1 - ward->joined);
    status = run_rounds(&state, error);
    if (ward->options->progress != NULL)
        lat_progress_end(ward->options->progress);
done:
    lat_free(state.todo);
    lat_free(state.pairs);
    lat_free(state.sizes);
    lat_free(state.centres);
    lat_free(state.stale);
    lat_ward_state_free(ward);
    return status;
}
