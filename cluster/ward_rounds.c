/*
 * ward_rounds.c - joins clusters until one is left.
 *
 * Every cluster keeps its nearest other cluster; the globally smallest pair
 * joins.  A pair is seen from whichever of its clusters was looked at last,
 * so the minimum over all clusters' neighbours is the minimum over all pairs.
 */
#include "ward_int.h"

typedef struct search_state {
    lat_ward *ward;
    double *near_d;      /* U: D to the nearest */
    uint32_t *nearest;   /* U */
    const uint32_t *ask; /* the slots to search for */
    double *scratch;     /* 2 h for each worker */
} search_state;

static void search_one(void *context, size_t task, size_t worker)
{
    search_state *state = context;
    const lat_ward *ward = state->ward;
    double *scratch = state->scratch + 2 * worker * ward->h;
    uint32_t a = state->ask[task], best = LAT_NO_SLOT;
    double best_d = 0;
    const double *x = lat_ward_centre(ward, a, scratch);
    for (uint32_t b = 0; b < ward->slots; b++) {
        if (b == a || ward->size[b] == 0)
            continue;
        double d = lat_ward_distance(ward, a, x, b, scratch + ward->h);
        /* Pairs of one cluster: the smaller other member comes first. */
        if (best == LAT_NO_SLOT || d < best_d) {
            best = b;
            best_d = d;
        }
    }
    state->nearest[a] = best;
    state->near_d[a] = best_d;
}

static uint32_t smallest_pair(const search_state *state)
{
    uint32_t best = LAT_NO_SLOT;
    for (uint32_t i = 0; i < state->ward->slots; i++) {
        if (state->ward->size[i] == 0)
            continue;
        uint32_t j = state->nearest[i];
        if (best == LAT_NO_SLOT) {
            best = i;
            continue;
        }
        uint32_t k = state->nearest[best];
        if (lat_ward_before(state->near_d[i], i < j ? i : j, i < j ? j : i,
                            state->near_d[best], best < k ? best : k,
                            best < k ? k : best))
            best = i;
    }
    return best;
}

lat_status lat_ward_rounds(lat_ward *ward, lat_error *error)
{
    search_state state = {.ward = ward};
    lat_status status = LAT_OK;
    size_t asked = ward->slots;
    uint32_t *ask = lat_new_array(ward->slots, sizeof *ask);
    state.near_d = lat_new_array(ward->slots, sizeof *state.near_d);
    state.nearest = lat_new_array(ward->slots, sizeof *state.nearest);
    state.scratch = lat_new_array(lat_pool_threads(ward->pool) * 2 * ward->h,
                                  sizeof *state.scratch);
    if (ask == NULL || state.near_d == NULL || state.nearest == NULL
        || state.scratch == NULL) {
        status = lat_error_memory(error, (uint64_t)ward->slots * 16);
        goto done;
    }
    state.ask = ask;
    for (size_t i = 0; i < ward->slots; i++)
        ask[i] = (uint32_t)i;
    while (ward->joined + 1 < ward->slots) {
        if (lat_interrupted()) {
            status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
            goto done;
        }
        lat_pool_run(ward->pool, asked, search_one, &state);
        uint32_t p = smallest_pair(&state), q = state.nearest[p];
        uint32_t a = p < q ? p : q, b = p < q ? q : p;
        double *centre = NULL;
        status = lat_ward_room(ward, a, b, &centre, error);
        if (status != LAT_OK)
            goto done;
        lat_ward_blend(ward, a, b, centre, state.scratch);
        lat_ward_join_slots(ward, a, b, state.near_d[p], centre);
        asked = 0;
        ask[asked++] = a;
        for (uint32_t i = 0; i < ward->slots; i++)
            if (ward->size[i] != 0 && i != a
                && (state.nearest[i] == a || state.nearest[i] == b))
                ask[asked++] = i;
    }
done:
    lat_free(ask);
    lat_free(state.near_d);
    lat_free(state.nearest);
    lat_free(state.scratch);
    return status;
}
