/*
 * ward_cells.c - places in an order in which near points are near each other.
 *
 * Lists fill with what is near at once when a point's neighbours are looked
 * at first; words come in the order of a text, where they are anywhere.  So
 * points are put into cells (two rounds of K-Means, centres being points at
 * even distances) and cells into a chain, each followed by the nearest of
 * those that are left.  Only speed depends on it.
 */
#include "ward_int.h"

#include <math.h>
#include <string.h>

#define MOST_CELLS 128
#define CELL_POINTS 64  /* at least, on average */
#define ROUNDS 2
#define SAMPLE 16384    /* points that move the centres */

typedef struct cells {
    lat_ward *ward;
    size_t count;
    float *centres;  /* count x h */
    float *panels;   /* of the centres */
    float *squares;  /* their squared norms */
    uint32_t *cell;  /* by place */
} cells;

static void assign_chunk(void *context, size_t chunk, size_t worker)
{
    cells *c = context;
    lat_ward *ward = c->ward;
    lat_ward_scratch *s = &ward->scratch[worker];
    size_t h = ward->h, at = chunk * LAT_TILE_ROWS, m = ward->places - at;
    m = m < LAT_TILE_ROWS ? m : LAT_TILE_ROWS;
    lat_matmul job = {.m = m, .n = c->count, .k = h,
                      .a = ward->rows + at * h, .lda = h, .b = c->panels,
                      .c = s->tile, .ldc = LAT_TILE_COLUMNS};
    ward->kernels->matmul(&job);
    for (size_t i = 0; i < m; i++) {
        const float *products = s->tile + i * LAT_TILE_COLUMNS;
        float least = INFINITY;
        uint32_t best = 0;
        for (size_t j = 0; j < c->count; j++) {
            float d = c->squares[j] - 2 * products[j];
            if (d < least) {
                least = d;
                best = (uint32_t)j;
            }
        }
        c->cell[at + i] = best;
    }
}

static void assign(cells *c)
{
    lat_ward *ward = c->ward;
    size_t h = ward->h;
    ward->kernels->pack_rows(c->panels, c->centres, h, c->count, h);
    for (size_t j = 0; j < c->count; j++)
        c->squares[j] = ward->kernels->dot(c->centres + j * h,
                                           c->centres + j * h, h);
    lat_pool_run(ward->pool,
                 (ward->places + LAT_TILE_ROWS - 1) / LAT_TILE_ROWS,
                 assign_chunk, c);
}

/* Centres go to the middle of their points; an empty cell stays. */
static lat_status move_centres(cells *c, lat_error *error)
{
    const lat_ward *ward = c->ward;
    size_t h = ward->h, step = ward->places / SAMPLE + 1;
    double *sums = lat_new_array(c->count * h, sizeof *sums);
    size_t *members = lat_new_array(c->count, sizeof *members);
    lat_status status = LAT_OK;
    if (sums == NULL || members == NULL) {
        status = lat_error_memory(error, c->count * h * sizeof *sums);
        goto done;
    }
    for (size_t p = 0; p < ward->places; p += step) {
        const float *row = ward->rows + p * h;
        double *sum = sums + c->cell[p] * h;
        for (size_t x = 0; x < h; x++)
            sum[x] += (double)row[x];
        members[c->cell[p]]++;
    }
    for (size_t j = 0; j < c->count; j++)
        for (size_t x = 0; x < h && members[j] > 0; x++)
            c->centres[j * h + x] =
                (float)(sums[j * h + x] / (double)members[j]);
done:
    lat_free(sums);
    lat_free(members);
    return status;
}

/* turn[cell]: its number in the chain. */
static void chain_cells(const cells *c, uint32_t *turn)
{
    size_t h = c->ward->h, now = 0;
    for (size_t j = 0; j < c->count; j++)
        turn[j] = LAT_NO_SLOT;
    for (size_t t = 0; t < c->count; t++) {
        float least = INFINITY;
        size_t next = 0;
        turn[now] = (uint32_t)t;
        for (size_t j = 0; j < c->count; j++) {
            float g = c->ward->kernels->dot(c->centres + now * h,
                                            c->centres + j * h, h);
            float d = c->squares[j] - 2 * g;
            if (turn[j] == LAT_NO_SLOT && d < least) {
                least = d;
                next = j;
            }
        }
        now = next;
    }
}

/* from[p]: the place whose point comes to p; stable within a cell. */
static void sort_places(const cells *c, const uint32_t *turn, uint32_t *from)
{
    size_t starts[MOST_CELLS + 1] = {0};
    for (size_t p = 0; p < c->ward->places; p++)
        starts[turn[c->cell[p]] + 1]++;
    for (size_t t = 1; t < c->count; t++)
        starts[t] += starts[t - 1];
    for (size_t p = 0; p < c->ward->places; p++)
        from[starts[turn[c->cell[p]]]++] = (uint32_t)p;
}

/* Rows, norms and sizes to their new places. */
static lat_status move_places(lat_ward *ward, const uint32_t *from,
                              lat_error *error)
{
    size_t n = ward->places, h = ward->h;
    float *rows = lat_alloc_large(ward->slots * h * sizeof *rows);
    float *norm = lat_new_array(ward->slots, sizeof *norm);
    float *half = lat_new_array(ward->slots, sizeof *half);
    uint32_t *live = lat_new_array(ward->slots, sizeof *live);
    if (rows == NULL || norm == NULL || half == NULL || live == NULL) {
        lat_free(rows);
        lat_free(norm);
        lat_free(half);
        lat_free(live);
        return lat_error_memory(error, ward->slots * h * sizeof *rows);
    }
    for (size_t p = 0; p < n; p++) {
        memcpy(rows + p * h, ward->rows + from[p] * h, h * sizeof *rows);
        norm[p] = ward->norm[from[p]];
        half[p] = ward->half[from[p]];
        live[p] = ward->live[from[p]];
        ward->place[live[p]] = (uint32_t)p;
    }
    lat_free(ward->rows);
    lat_free(ward->norm);
    lat_free(ward->half);
    lat_free(ward->live);
    ward->rows = rows;
    ward->norm = norm;
    ward->half = half;
    ward->live = live;
    return LAT_OK;
}

lat_status lat_ward_arrange(lat_ward *ward, lat_error *error)
{
    size_t h = ward->h, n = ward->places;
    cells c = {.ward = ward, .count = n / CELL_POINTS};
    uint32_t turn[MOST_CELLS], *from = lat_new_array(n, sizeof *from);
    lat_status status = LAT_OK;
    c.count = c.count > MOST_CELLS ? MOST_CELLS : c.count < 1 ? 1 : c.count;
    c.centres = lat_new_array(c.count * h, sizeof *c.centres);
    c.panels = lat_new_array(lat_panels_size(c.count, h), sizeof *c.panels);
    c.squares = lat_new_array(c.count, sizeof *c.squares);
    c.cell = lat_new_array(n, sizeof *c.cell);
    if (from == NULL || c.centres == NULL || c.panels == NULL
        || c.squares == NULL || c.cell == NULL) {
        status = lat_error_memory(error, (2 * c.count * h + 2 * n) * 4);
        goto done;
    }
    for (size_t j = 0; j < c.count; j++)
        memcpy(c.centres + j * h, ward->rows + j * n / c.count * h,
               h * sizeof *c.centres);
    assign(&c);
    for (int round = 0; round < ROUNDS && status == LAT_OK; round++) {
        status = move_centres(&c, error);
        if (status == LAT_OK)
            assign(&c);
    }
    if (status == LAT_OK) {
        chain_cells(&c, turn);
        sort_places(&c, turn, from);
        status = move_places(ward, from, error);
    }
done:
    lat_free(from);
    lat_free(c.centres);
    lat_free(c.panels);
    lat_free(c.squares);
    lat_free(c.cell);
    return status;
}
