/*
 * ward_first.c - the K nearest of every slot, by symmetric blocked products.
 *
 *        0   1   2   3     blocks of places; a round of a tournament pairs
 *      +---+---+---+---+   every block with another one, so that the tasks
 *    0 | d | 1 | 3 | 2 |   of a round share no block and write the lists of
 *      +---+---+---+---+   both sides without locks, in the same sequence
 *    1 |   | d | 2 | 3 |   for any number of threads: the lists, and even
 *      +---+---+---+---+   the number of entries tried, are reproducible.
 *    2 |   |   | d | 1 |
 *      +---+---+---+---+   d: every block with itself, all in one round
 *    3 |   |   |   | d |
 *
 * A tile of products is filtered against the K+1-st value of its row and of
 * its column while it is in the cache.  Where points have sketches, tiles are
 * products of those, and what passes is multiplied out; a tile where too many
 * pass, as on the diagonal while lists are empty, is multiplied whole.
 *
 * A checkpoint may be written between the tasks of a round; a run that finds
 * one of the same places and blocks goes on with the tasks that are missing.
 */
#include "ward_int.h"

#include <math.h>
#include <string.h>

/* With LAT_WARD_BLOCKS a task is some 40 ms at 100,000 x 768. */
#define LEAST_BLOCK 256

/* A tile is crowded when one in so many of its first rows' pairs pass. */
#define CROWD 3
#define CROWD_ROWS 16

typedef struct first_state {
    lat_ward *ward;
    const float *rows; /* by place: points, or their sketches */
    size_t width;    /* of those */
    float *panels;   /* the same packed */
    float *least;    /* by place: K+1-st value, infinity before */
    size_t block;    /* places in a block, a multiple of LAT_PANEL */
    size_t blocks;   /* a power of two, as many as rounds; 0 = diagonal */
} first_state;

typedef struct first_pair {
    size_t row, row_end, column, column_end; /* places */
} first_pair;

/* Round 2d - 1 and 2d: blocks i and i + d on a ring.  Their pairs make cycles
 * of even length, blocks being a power of two; a round takes every other
 * pair of a cycle.  Opposite blocks, the last round, make cycles of two. */
static void pair_blocks(const first_state *state, size_t task, size_t *i,
                        size_t *j)
{
    size_t round = state->ward->pass.round;
    size_t d = (round + 1) / 2, step = d & (~d + 1);
    size_t odd = round % 2 == 0;
    *i = task / step * 2 * step + odd * step + task % step;
    *j = (*i + d) % state->blocks;
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

/* Places of a tile, and the products of their points or sketches. */
typedef struct first_tile {
    size_t row, rows, column, columns;
    bool diagonal; /* only columns after the row */
    bool sketched;
} first_tile;

/* The pair of places i, k whose points' product is g. */
static void take_pair(first_state *state, size_t i, size_t k, float g)
{
    const lat_ward *ward = state->ward;
    lat_near entry = {lat_ward_lower(g, ward->norm[i], ward->norm[k],
                                     ward->half[i], ward->half[k]),
                      ward->live[k]};
    take(state, (uint32_t)i, entry);
    entry.slot = ward->live[i];
    take(state, (uint32_t)k, entry);
}

/* Hits of row i in a product of sketches, by their points: four at a time
 * multiplied out and asked again. */
static void take_sketched(first_state *state, size_t i, size_t j,
                          const uint32_t *hits, size_t count)
{
    const lat_ward *ward = state->ward;
    size_t h = ward->h;
    for (size_t c = 0; c < count; c += 4) {
        const float *rows[4];
        float products[4];
        for (size_t g = 0; g < 4; g++) {
            size_t at = c + g < count ? c + g : c;
            rows[g] = ward->rows + (j + hits[at]) * h;
        }
        ward->kernels->dot4(products, ward->rows + i * h, rows, h);
        for (size_t g = 0; g < 4 && c + g < count; g++) {
            size_t k = j + hits[c + g];
            if (lat_filter_passes(products[g], ward->norm[i], ward->half[i],
                                  state->least[i], ward->norm[k],
                                  ward->half[k], state->least[k]))
                take_pair(state, i, k, products[g]);
        }
    }
}

/* Row r of a tile; returns how many of its products passed the filter. */
static size_t take_row(first_state *state, const first_tile *tile, size_t r,
                       lat_ward_scratch *s)
{
    const lat_ward *ward = state->ward;
    size_t i = tile->row + r, j = tile->column;
    size_t skip = tile->diagonal && i + 1 > j ? i + 1 - j : 0;
    if (skip >= tile->columns)
        return 0;
    const float *products = s->tile + r * LAT_TILE_COLUMNS + skip;
    j += skip;
    lat_filter filter = {tile->columns - skip, state->least + j,
                         ward->norm + j, ward->half + j};
    size_t count = lat_filter_row(ward->vectors, &filter, products,
                                  ward->norm[i], ward->half[i],
                                  state->least[i], s->hits);
    if (tile->sketched)
        take_sketched(state, i, j, s->hits, count);
    else
        for (size_t c = 0; c < count; c++)
            take_pair(state, i, j + s->hits[c], products[s->hits[c]]);
    return count;
}

/* The product of the tile's points, rows as they are. */
static void multiply_whole(const first_state *state, const first_tile *tile,
                           lat_ward_scratch *s)
{
    const lat_ward *ward = state->ward;
    size_t h = ward->h;
    ward->kernels->pack_rows(s->panels, ward->rows + tile->column * h, h,
                             tile->columns, h);
    lat_matmul job = {.m = tile->rows, .n = tile->columns, .k = h,
                      .a = ward->rows + tile->row * h, .lda = h,
                      .b = s->panels, .c = s->tile,
                      .ldc = LAT_TILE_COLUMNS};
    ward->kernels->matmul(&job);
}

static void take_tile(first_state *state, first_tile *tile,
                      lat_ward_scratch *s)
{
    size_t passed = 0;
    for (size_t r = 0; r < tile->rows; r++) {
        passed += take_row(state, tile, r, s);
        if (tile->sketched && r + 1 == CROWD_ROWS
            && passed > CROWD_ROWS * tile->columns / CROWD) {
            tile->sketched = false;
            multiply_whole(state, tile, s);
        }
    }
}

static void multiply_pair(first_state *state, const first_pair *p,
                          lat_ward_scratch *s)
{
    const lat_ward *ward = state->ward;
    size_t width = state->width, end = p->column_end;
    bool sketched = ward->width > 0;
    first_tile tile = {.diagonal = p->row == p->column};
    for (size_t i = p->row; i < p->row_end; i += LAT_TILE_ROWS) {
        size_t m = p->row_end - i;
        tile.row = i;
        tile.rows = m < LAT_TILE_ROWS ? m : LAT_TILE_ROWS;
        ward->kernels->pack_left(s->shifted, state->rows + i * width, width,
                                 tile.rows, width);
        for (size_t j = p->column; j < end; j += LAT_TILE_COLUMNS) {
            size_t n = end - j;
            tile.column = j;
            tile.columns = n < LAT_TILE_COLUMNS ? n : LAT_TILE_COLUMNS;
            if (tile.diagonal && i >= j + tile.columns)
                continue;
            tile.sketched = sketched;
            lat_matmul job = {.m = tile.rows, .n = tile.columns, .k = width,
                              .a = s->shifted, .packed = true,
                              .b = state->panels + j * width, .c = s->tile,
                              .ldc = LAT_TILE_COLUMNS};
            ward->kernels->matmul(&job);
            take_tile(state, &tile, s);
        }
    }
}

static void first_task(void *context, size_t task, size_t worker)
{
    first_state *state = context;
    size_t i = task, j = task, places = state->ward->places;
    if (state->ward->pass.round > 0)
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
    ward->kernels->pack_rows(state->panels + at * state->width,
                             state->rows + at * state->width, state->width,
                             n, state->width);
}

static void choose_blocks(first_state *state)
{
    size_t places = state->ward->places;
    size_t blocks = 1;
    while (blocks < LAT_WARD_BLOCKS && places / blocks >= 2 * LEAST_BLOCK)
        blocks *= 2;
    /* Whole panels. */
    size_t block = (places + blocks - 1) / blocks;
    state->block = (block + LAT_PANEL - 1) / LAT_PANEL * LAT_PANEL;
    state->blocks = blocks;
}

/* FNV-1a over whole words: which tasks there are, and what they write. */
static uint64_t layout_of(const first_state *state)
{
    const lat_ward *ward = state->ward;
    uint64_t hash = UINT64_C(14695981039346656037);
    const uint64_t words[3] = {ward->keep, state->block, state->blocks};
    for (size_t i = 0; i < 3; i++)
        hash = (hash ^ words[i]) * UINT64_C(1099511628211);
    for (size_t p = 0; p < ward->places; p++)
        hash = (hash ^ ward->live[p]) * UINT64_C(1099511628211);
    return hash | 1;
}

/* Where the checkpoint's lists end, or from the beginning. */
static void begin_pass(first_state *state)
{
    lat_ward *ward = state->ward;
    size_t room = ward->keep + 1;
    uint64_t layout = layout_of(state);
    bool fit = ward->pass.layout == layout
               && ward->pass.round < state->blocks;
    for (size_t slot = 0; slot < ward->slots; slot++)
        fit = fit && ward->count[slot] <= room;
    if (!fit) {
        memset(&ward->pass, 0, sizeof ward->pass);
        memset(ward->count, 0, ward->slots * sizeof *ward->count);
    }
    ward->pass.layout = layout;
    for (size_t p = 0; p < ward->places; p++) {
        uint32_t slot = ward->live[p];
        const lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
        state->least[p] = ward->count[slot] == room ? list[room - 1].lower
                                                    : INFINITY;
    }
}

static lat_status run_tournament(first_state *state, lat_error *error)
{
    lat_ward *ward = state->ward;
    lat_ward_pass *pass = &ward->pass;
    uint64_t places = ward->places, pairs = places * (places - 1) / 2;
    lat_progress *progress = ward->options->progress;
    lat_status status = LAT_OK;
    begin_pass(state);
    pairs -= pairs / state->blocks * pass->round;
    if (progress != NULL) /* with itself a block is multiplied whole */
        lat_progress_begin(progress, "nearest points", "pairs",
                           pairs + places / 2);
    while (pass->round < state->blocks) {
        size_t half = pass->round > 0;
        status = lat_ward_run(ward, state->blocks >> half, first_task, state,
                              pass->done, error);
        if (status != LAT_OK)
            break;
        pass->round++;
        memset(pass->done, 0, sizeof pass->done);
    }
    ward->looked += pairs;
    if (progress != NULL)
        lat_progress_end(progress);
    return status;
}

lat_status lat_ward_first(lat_ward *ward, lat_error *error)
{
    first_state state = {.ward = ward};
    lat_status status = LAT_OK;
    size_t chunks = (ward->places + LAT_WARD_CHUNK - 1) / LAT_WARD_CHUNK;
    size_t room;
    if (ward->pass.round == LAT_WARD_PASS_OVER)
        return LAT_OK;
    status = lat_ward_sketch(ward, error);
    if (status != LAT_OK)
        goto done;
    state.rows = ward->width > 0 ? ward->sketch : ward->rows;
    state.width = ward->width > 0 ? ward->width : ward->h;
    room = lat_panels_size(ward->places, state.width);
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
    status = run_tournament(&state, error);
    if (status != LAT_OK)
        goto done;
    lat_pool_run(ward->pool, chunks, finish_chunk, &state);
    ward->pass.round = LAT_WARD_PASS_OVER;
done:
    lat_free(ward->sketch);
    ward->sketch = NULL;
    lat_free(state.panels);
    lat_free(state.least);
    return status;
}
