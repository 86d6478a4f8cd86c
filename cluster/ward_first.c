/*
 * ward_first.c - the K nearest of every slot, by symmetric blocked products.
 *
 *        0   1   2   3     blocks of places; a round of a tournament pairs
 *      +---+---+---+---+   every block with another one, so that the tasks
 *    0 | d | 3 | 2 | 1 |   of a round share no block and write the lists of
 *      +---+---+---+---+   both sides without locks, in the same sequence
 *    1 |   | d | 1 | 2 |   for any number of threads: the lists, and even
 *      +---+---+---+---+   the number of entries tried, are reproducible.
 *    2 |   |   | d | 3 |
 *      +---+---+---+---+   d: every block with itself, all in one round
 *    3 |   |   |   | d |
 *
 * A tile of products is filtered against the K+1-st value of its row and of
 * its column while it is in the cache.
 */
#include "ward_int.h"

#include <math.h>

/* Blocks: a task is then at most some 40 ms at 100,000 x 768. */
#define MOST_BLOCKS 64
#define LEAST_BLOCK 256

typedef struct first_state {
    lat_ward *ward;
    float *panels;   /* all places packed */
    float *least;    /* by place: K+1-st value, infinity before */
    size_t block;    /* places in a block, a multiple of LAT_TILE_ROWS */
    size_t blocks;   /* an even number, or 1 */
    size_t round;    /* 0 = diagonal */
} first_state;

typedef struct first_pair {
    size_t row, row_end, column, column_end; /* places */
} first_pair;

/* Circle method: block 0 stays, the others turn. */
static void pair_blocks(const first_state *state, size_t task, size_t *i,
                        size_t *j)
{
    size_t turning = state->blocks - 1, r = state->round - 1;
    if (task == 0) {
        *i = 0;
        *j = 1 + r;
        return;
    }
    *i = 1 + (r + task) % turning;
    *j = 1 + (r + turning - task) % turning;
}

static void take(first_state *state, uint32_t place, lat_near entry)
{
    lat_ward *ward = state->ward;
    uint32_t slot = ward->live[place];
    lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    size_t room = ward->keep + 1;
    lat_near_insert(list, &ward->count[slot], room, entry);
    if (ward->count[slot] == room)
        state->least[place] = list[room - 1].lower;
}

/* One row of products against columns j..j+n. */
static void take_row(first_state *state, size_t i, size_t j, size_t n,
                     const float *products, uint32_t *hits)
{
    lat_ward *ward = state->ward;
    lat_filter filter = {n, state->least + j, ward->norm + j,
                         ward->half + j};
    size_t count = lat_filter_row(ward->vectors, &filter, products,
                                  ward->norm[i], ward->half[i],
                                  state->least[i], hits);
    for (size_t c = 0; c < count; c++) {
        size_t k = j + hits[c];
        lat_near entry = {
            lat_ward_lower(products[hits[c]], ward->norm[i], ward->norm[k],
                           ward->half[i], ward->half[k]),
            ward->live[k]};
        take(state, (uint32_t)i, entry);
        entry.slot = ward->live[i];
        take(state, (uint32_t)k, entry);
    }
}

static void multiply_pair(first_state *state, const first_pair *p,
                          lat_ward_scratch *s)
{
    const lat_ward *ward = state->ward;
    size_t h = ward->h, end = p->column_end;
    bool diagonal = p->row == p->column;
    for (size_t i = p->row; i < p->row_end; i += LAT_TILE_ROWS) {
        size_t m = p->row_end - i;
        if (m > LAT_TILE_ROWS)
            m = LAT_TILE_ROWS;
        ward->kernels->pack_left(s->shifted, ward->rows + i * h, h, m, h);
        for (size_t j = p->column; j < end; j += LAT_TILE_COLUMNS) {
            size_t n = end - j;
            if (n > LAT_TILE_COLUMNS)
                n = LAT_TILE_COLUMNS;
            if (diagonal && i >= j + n)
                continue;
            lat_matmul job = {.m = m, .n = n, .k = h,
                              .a = s->shifted, .packed = true,
                              .b = state->panels + j * h, .c = s->tile,
                              .ldc = LAT_TILE_COLUMNS};
            ward->kernels->matmul(&job);
            for (size_t r = 0; r < m; r++) {
                /* On the diagonal only columns after the row. */
                size_t skip = diagonal && i + r + 1 > j ? i + r + 1 - j : 0;
                if (skip < n)
                    take_row(state, i + r, j + skip, n - skip,
                             s->tile + r * LAT_TILE_COLUMNS + skip, s->hits);
            }
        }
    }
}

static void first_task(void *context, size_t task, size_t worker)
{
    first_state *state = context;
    size_t i = task, j = task, places = state->ward->places;
    if (lat_interrupted())
        return;
    if (state->round > 0)
        pair_blocks(state, task, &i, &j);
    first_pair p = {i * state->block, (i + 1) * state->block,
                    j * state->block, (j + 1) * state->block};
    p.row_end = p.row_end < places ? p.row_end : places;
    p.column_end = p.column_end < places ? p.column_end : places;
    if (p.row >= places || p.column >= places)
        return;
    multiply_pair(state, &p, &state->ward->scratch[worker]);
    if (state->ward->options->progress != NULL)
        lat_progress_add(state->ward->options->progress,
                         (uint64_t)(p.row_end - p.row)
                             * (p.column_end - p.column));
}

static void finish_chunk(void *context, size_t chunk, size_t worker)
{
    lat_ward *ward = ((first_state *)context)->ward;
    size_t end = (chunk + 1) * LAT_WARD_CHUNK;
    end = end < ward->places ? end : ward->places;
    for (size_t p = chunk * LAT_WARD_CHUNK; p < end; p++) {
        uint32_t slot = ward->live[p];
        if (ward->size[slot] == 0)
            continue;
        lat_ward_close_list(ward, slot);
        lat_ward_refresh(ward, slot, &ward->scratch[worker]);
        if ((ward->state[slot] & LAT_WARD_EXACT) == 0)
            ward->state[slot] |= LAT_WARD_HARD;
    }
}

/* 64 panels a task. */
static void pack_task(void *context, size_t task, size_t worker)
{
    first_state *state = context;
    const lat_ward *ward = state->ward;
    size_t at = task * 64 * LAT_PANEL, n = ward->places - at;
    (void)worker;
    if (n > 64 * LAT_PANEL)
        n = 64 * LAT_PANEL;
    ward->kernels->pack_rows(state->panels + at * ward->h,
                             ward->rows + at * ward->h, ward->h, n, ward->h);
}

static void choose_blocks(first_state *state)
{
    size_t places = state->ward->places;
    size_t blocks = places / LEAST_BLOCK;
    blocks = blocks > MOST_BLOCKS ? MOST_BLOCKS : blocks;
    blocks = blocks < 1 ? 1 : blocks;
    /* Whole tiles, which are whole panels. */
    size_t block = (places + blocks - 1) / blocks;
    block = (block + LAT_TILE_ROWS - 1) / LAT_TILE_ROWS * LAT_TILE_ROWS;
    blocks = (places + block - 1) / block;
    state->blocks = blocks < 2 ? 1 : (blocks + 1) / 2 * 2;
    state->block = block;
}

static void run_tournament(first_state *state)
{
    lat_ward *ward = state->ward;
    uint64_t places = ward->places;
    lat_progress *progress = ward->options->progress;
    if (progress != NULL)
        lat_progress_begin(progress, "nearest points", "pairs",
                           places * places / 2);
    for (size_t p = 0; p < places; p++)
        state->least[p] = INFINITY;
    lat_pool_run(ward->pool, state->blocks, first_task, state);
    for (state->round = 1; state->round < state->blocks; state->round++)
        lat_pool_run(ward->pool, state->blocks / 2, first_task, state);
    ward->looked += places * (places - 1) / 2;
    if (progress != NULL)
        lat_progress_end(progress);
}

lat_status lat_ward_first(lat_ward *ward, lat_error *error)
{
    first_state state = {.ward = ward};
    lat_status status = LAT_OK;
    size_t chunks = (ward->places + LAT_WARD_CHUNK - 1) / LAT_WARD_CHUNK;
    size_t room = lat_panels_size(ward->places, ward->h);
    choose_blocks(&state);
    state.panels = lat_alloc_large(room * sizeof *state.panels);
    state.least = lat_new_array(ward->places, sizeof *state.least);
    if (state.panels == NULL || state.least == NULL) {
        status = lat_error_memory(error, (uint64_t)room * sizeof(float));
        goto done;
    }
    lat_pool_run(ward->pool, (ward->places + 64 * LAT_PANEL - 1)
                                 / (64 * LAT_PANEL),
                 pack_task, &state);
    run_tournament(&state);
    if (lat_interrupted()) {
        status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
        goto done;
    }
    lat_pool_run(ward->pool, chunks, finish_chunk, &state);
done:
    lat_free(state.panels);
    lat_free(state.least);
    return status;
}
