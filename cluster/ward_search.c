/*
 * ward_search.c - new nearest lists for a batch of slots, in one product
 * against all live clusters.
 *
 *             queries (columns, packed)
 *            +------+------+---
 *     live   | task | task |      a task owns its columns' lists and walks
 *     rows   |  |   |  |   |      down all rows, so nothing is shared
 *            |  v   |  v   |
 *
 * The walk starts at the rows around the queries' own: where neighbouring
 * points are alike, as in documents, thresholds are good from the start.
 *
 * First by the float lower bounds alone.  Queries that these cannot decide
 * (HARD: more than K clusters within the float error of each other) go once
 * more: every row whose float bound is below what the query has is measured
 * in double, and the list holds those, beginning with what it held before.
 * After that the nearest is known.
 */
#include "ward_int.h"

#include <math.h>
#include <string.h>

/* One search's state for a column. */
typedef struct search_column {
    uint32_t slot, best;
    double best_d;
} search_column;

typedef struct search_state {
    lat_ward *ward;
    const uint32_t *slots;
    size_t *starts; /* tasks + 1: their first columns, and the count */
    bool *shifted;  /* tasks: rows less the first column's centroid */
    bool exact;
    search_column *columns; /* count */
    bool *done;     /* tasks */
} search_state;

/* A row in double: the list holds distances, best the nearest by them. */
static void measure(search_state *state, search_column *column,
                    uint32_t other, float *least, lat_ward_scratch *s)
{
    lat_ward *ward = state->ward;
    uint32_t slot = column->slot, size = ward->size[slot];
    lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    size_t room = ward->keep + 1;
    const double *x = lat_ward_centre(ward, slot, s->x);
    double d = lat_ward_distance(ward, slot, x, other, s->y);
    lat_near entry = {lat_ward_down(d - lat_ward_slack(ward, d, size)),
                      other};
    lat_near_insert(list, &ward->count[slot], room, entry);
    if (column->best == LAT_NO_SLOT || d < column->best_d
        || (!(column->best_d < d) && other < column->best)) {
        column->best = other;
        column->best_d = d;
    }
    if (ward->count[slot] == room) {
        /* Never below what a nearer one than the best could have. */
        double reach = column->best_d
                       + 2 * lat_ward_margin(ward, column->best_d, size);
        *least = list[room - 1].lower;
        if ((double)*least < reach)
            *least = nextafterf((float)reach, INFINITY);
    }
}

static bool is_listed(const lat_ward *ward, uint32_t slot, uint32_t other)
{
    const lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    for (size_t i = 0; i < ward->count[slot]; i++)
        if (list[i].slot == other)
            return true;
    return false;
}

static void take_row(search_state *state, size_t first, size_t n, size_t row,
                     float norm, const float *products,
                     lat_ward_scratch *s)
{
    lat_ward *ward = state->ward;
    lat_filter filter = {n, s->least, s->norm, s->half};
    uint32_t other = ward->live[row];
    size_t room = ward->keep + 1;
    size_t count = lat_filter_row(ward->vectors, &filter, products, norm,
                                  ward->half[row], 0, s->hits);
    for (size_t c = 0; c < count; c++) {
        size_t j = s->hits[c];
        uint32_t slot = state->columns[first + j].slot;
        lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
        if (slot == other)
            continue;
        if (state->exact) {
            if (!is_listed(ward, slot, other))
                measure(state, &state->columns[first + j], other,
                        &s->least[j], s);
            continue;
        }
        lat_near entry = {lat_ward_lower(products[j], norm, s->norm[j],
                                         ward->half[row], s->half[j]),
                          other};
        lat_near_insert(list, &ward->count[slot], room, entry);
        if (ward->count[slot] == room)
            s->least[j] = list[room - 1].lower;
    }
}

/* Empty, or what the list held, measured: good thresholds at once. */
static void start_list(search_state *state, search_column *column,
                       float *least, lat_ward_scratch *s)
{
    lat_ward *ward = state->ward;
    uint32_t slot = column->slot;
    lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    lat_near before[LAT_WARD_ROOM];
    if (state->exact)
        lat_ward_make_current(ward, slot);
    size_t count = state->exact ? ward->count[slot] : 0;
    for (size_t i = 0; i < count; i++)
        before[i] = list[i];
    ward->count[slot] = 0;
    ward->bound[slot] = 0; /* true of a list at every moment */
    for (size_t i = 0; i < count; i++)
        measure(state, column, before[i].slot, least, s);
}

static void gather_columns(search_state *state, size_t first, size_t n,
                           bool shifted, lat_ward_scratch *s)
{
    lat_ward *ward = state->ward;
    size_t h = ward->h;
    if (shifted)
        memcpy(s->middle, lat_ward_centre(ward, state->slots[first], s->x),
               h * sizeof *s->middle);
    for (size_t j = 0; j < n; j++) {
        search_column *column = &state->columns[first + j];
        uint32_t slot = state->slots[first + j];
        size_t place = ward->place[slot];
        column->slot = slot;
        column->best = LAT_NO_SLOT;
        column->best_d = INFINITY;
        s->least[j] = INFINITY;
        start_list(state, column, &s->least[j], s);
        s->norm[j] = ward->norm[place];
        s->half[j] = ward->half[place];
        float *panel = s->panels + j / LAT_PANEL * LAT_PANEL * h;
        const float *row = ward->rows + place * h;
        if (shifted) { /* s->shifted is not in use yet */
            s->norm[j] = lat_ward_shifted(ward, slot, s->middle, s->x,
                                          s->shifted);
            row = s->shifted;
        }
        for (size_t k = 0; k < h; k++)
            panel[k * LAT_PANEL + j % LAT_PANEL] = row[k];
    }
}

/* Lists closed; what is not certain gets its state. */
static void settle(search_state *state, size_t first, size_t n,
                   lat_ward_scratch *s)
{
    lat_ward *ward = state->ward;
    for (size_t j = 0; j < n; j++) {
        const search_column *column = &state->columns[first + j];
        uint32_t slot = column->slot;
        lat_ward_close_list(ward, slot);
        if (!state->exact) {
            lat_ward_refresh(ward, slot, s);
            continue;
        }
        lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
        float second = ward->bound[slot];
        for (size_t i = 0; i < ward->count[slot]; i++)
            if (list[i].slot != column->best && list[i].lower < second)
                second = list[i].lower;
        ward->nearest[slot] = column->best;
        ward->near_d[slot] = column->best_d;
        ward->second[slot] = second;
        ward->state[slot] |= LAT_WARD_EXACT;
    }
}

static void search_task(void *context, size_t task, size_t worker)
{
    search_state *state = context;
    const lat_ward *ward = state->ward;
    lat_ward_scratch *s = &ward->scratch[worker];
    size_t h = ward->h, first = state->starts[task];
    size_t n = state->starts[task + 1] - first;
    bool shifted = state->shifted[task];
    gather_columns(state, first, n, shifted, s);
    size_t tiles = (ward->places + LAT_TILE_ROWS - 1) / LAT_TILE_ROWS;
    size_t own = ward->place[state->slots[first]] / LAT_TILE_ROWS;
    for (size_t t = 0; t < tiles; t++) {
        size_t i = (own + t) % tiles * LAT_TILE_ROWS;
        size_t m = ward->places - i;
        if (lat_interrupted())
            return; /* half a list, as the bound says */
        if (m > LAT_TILE_ROWS)
            m = LAT_TILE_ROWS;
        if (shifted)
            lat_ward_shift_tile(ward, i, m, s);
        lat_matmul job = {.m = m, .n = n, .k = h,
                          .a = shifted ? s->shifted : ward->rows + i * h,
                          .lda = h, .b = s->panels, .c = s->tile,
                          .ldc = LAT_TILE_COLUMNS};
        ward->kernels->matmul(&job);
        for (size_t r = 0; r < m; r++)
            take_row(state, first, n, i + r,
                     shifted ? s->shifted_norm[r] : ward->norm[i + r],
                     s->tile + r * LAT_TILE_COLUMNS, s);
    }
    settle(state, first, n, s);
}

/* Two tasks a thread, if their columns fill a few panels; the width changes
 * nothing in what a column sees. */
static void cut_evenly(const lat_ward *ward, size_t count, size_t *starts)
{
    size_t threads = lat_pool_threads(ward->pool), tasks = 0;
    size_t width = count / (2 * threads) / LAT_PANEL * LAT_PANEL;
    width = width < 2 * LAT_PANEL ? 2 * LAT_PANEL : width;
    width = width > LAT_TILE_COLUMNS ? LAT_TILE_COLUMNS : width;
    for (size_t at = 0; at < count; at += width)
        starts[tasks++] = at;
    starts[tasks] = count;
}

static lat_status search_all(search_state *state, uint32_t *slots,
                             size_t count, lat_error *error)
{
    lat_ward *ward = state->ward;
    size_t tasks = 0;
    if (state->exact) {
        lat_status status = lat_ward_group(ward, slots, count, state->starts,
                                           state->shifted, error);
        if (status != LAT_OK)
            return status;
    } else {
        cut_evenly(ward, count, state->starts);
        memset(state->shifted, 0, count * sizeof *state->shifted);
    }
    while (state->starts[tasks] < count)
        tasks++;
    state->slots = slots;
    memset(state->done, 0, tasks * sizeof *state->done);
    ward->looked += (uint64_t)count * ward->places;
    return lat_ward_run(ward, tasks, search_task, state, state->done, error);
}

lat_status lat_ward_search(lat_ward *ward, const uint32_t *slots,
                           size_t count, lat_error *error)
{
    search_state state = {.ward = ward};
    uint32_t *ask = lat_new_array(count, sizeof *ask);
    uint32_t *hard = lat_new_array(count, sizeof *hard);
    size_t easy = 0, hards = 0;
    lat_status status = LAT_OK;
    state.columns = lat_new_array(count, sizeof *state.columns);
    state.starts = lat_new_array(count + 1, sizeof *state.starts);
    state.shifted = lat_new_array(count, sizeof *state.shifted);
    state.done = lat_new_array(count, sizeof *state.done);
    if (ask == NULL || hard == NULL || state.columns == NULL
        || state.starts == NULL || state.shifted == NULL
        || state.done == NULL) {
        status = lat_error_memory(error, (uint64_t)count * 32);
        goto done;
    }
    for (size_t i = 0; i < count; i++)
        if ((ward->state[slots[i]] & LAT_WARD_HARD) != 0)
            hard[hards++] = slots[i];
        else
            ask[easy++] = slots[i];
    if (easy > 0)
        status = search_all(&state, ask, easy, error);
    for (size_t i = 0; i < easy && status == LAT_OK; i++)
        if ((ward->state[ask[i]] & LAT_WARD_EXACT) == 0) {
            ward->state[ask[i]] |= LAT_WARD_HARD;
            hard[hards++] = ask[i];
        }
    state.exact = true;
    if (status == LAT_OK && hards > 0)
        status = search_all(&state, hard, hards, error);
done:
    lat_free(ask);
    lat_free(hard);
    lat_free(state.columns);
    lat_free(state.starts);
    lat_free(state.shifted);
    lat_free(state.done);
    return status;
}
