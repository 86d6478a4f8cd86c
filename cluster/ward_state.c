/*
 * ward_state.c - the arrays of the core, and the float rows of the products.
 *
 * The float error.  With u = 2^-24, a chain of h fused multiply-adds over
 * coordinates rounded to float differs from the exact product of the double
 * centroids by at most (h + 2) u |a||b| <= (h + 2) u (|a|^2 + |b|^2) / 2,
 * and the product is taken twice.  Roundings of the norms and of the filter
 * add at most 16 u (|a|^2 + |b|^2).  So with
 *
 *     norm = |c|^2 (1 - eps) - tiny,   eps = (h + 20) u (1 + 2^-10)
 *
 * norm_a + norm_b - 2 g is a lower bound of |a - b|^2; `tiny` pays for what
 * underflows (below h 2^-146 in coordinates that are at most 2).
 */
#include "ward_int.h"

#include <math.h>

#define TINY 1e-36

static lat_status scratch_create(lat_ward *ward, lat_error *error)
{
    size_t workers = lat_pool_threads(ward->pool), h = ward->h;
    size_t room = lat_panels_size(LAT_TILE_COLUMNS, h);
    ward->scratch = lat_new_array(workers, sizeof *ward->scratch);
    for (size_t w = 0; ward->scratch != NULL && w < workers; w++) {
        lat_ward_scratch *s = &ward->scratch[w];
        s->x = lat_new_array(h, sizeof *s->x);
        s->y = lat_new_array(h, sizeof *s->y);
        s->tile = lat_alloc_large(LAT_TILE_ROWS * LAT_TILE_COLUMNS
                                  * sizeof *s->tile);
        s->panels = lat_alloc_large(room * sizeof *s->panels);
        s->least = lat_new_array(LAT_TILE_COLUMNS, sizeof *s->least);
        s->norm = lat_new_array(LAT_TILE_COLUMNS, sizeof *s->norm);
        s->half = lat_new_array(LAT_TILE_COLUMNS, sizeof *s->half);
        s->hits = lat_new_array(LAT_TILE_COLUMNS, sizeof *s->hits);
        s->middle = lat_new_array(h, sizeof *s->middle);
        s->shifted = lat_alloc_large(lat_left_size(LAT_TILE_ROWS, h)
                                     * sizeof *s->shifted);
        s->shifted_norm = lat_new_array(LAT_TILE_ROWS,
                                        sizeof *s->shifted_norm);
        if (s->x == NULL || s->y == NULL || s->tile == NULL
            || s->panels == NULL || s->least == NULL || s->norm == NULL
            || s->half == NULL || s->hits == NULL || s->middle == NULL
            || s->shifted == NULL || s->shifted_norm == NULL)
            return lat_error_memory(error, room * sizeof *s->panels);
    }
    return ward->scratch != NULL
               ? LAT_OK
               : lat_error_memory(error, workers * sizeof *ward->scratch);
}

static bool arrays_create(lat_ward *ward)
{
    size_t n = ward->slots, rows;
    if (!lat_size_mul(n, ward->h * sizeof *ward->rows, &rows))
        return false;
    ward->rows = lat_alloc_large(rows);
    ward->live = lat_new_array(n, sizeof *ward->live);
    ward->place = lat_new_array(n, sizeof *ward->place);
    ward->norm = lat_new_array(n, sizeof *ward->norm);
    ward->half = lat_new_array(n, sizeof *ward->half);
    ward->lists = lat_new_array(n, LAT_WARD_ROOM * sizeof *ward->lists);
    ward->count = lat_new_array(n, sizeof *ward->count);
    ward->state = lat_new_array(n, sizeof *ward->state);
    ward->bound = lat_new_array(n, sizeof *ward->bound);
    ward->second = lat_new_array(n, sizeof *ward->second);
    ward->nearest = lat_new_array(n, sizeof *ward->nearest);
    ward->near_d = lat_new_array(n, sizeof *ward->near_d);
    ward->born = lat_new_array(n, sizeof *ward->born);
    ward->seen = lat_new_array(n, sizeof *ward->seen);
    ward->into = lat_new_array(n, sizeof *ward->into);
    ward->error = lat_new_array(n, sizeof *ward->error);
    return ward->rows != NULL && ward->live != NULL && ward->place != NULL
           && ward->norm != NULL && ward->half != NULL && ward->lists != NULL
           && ward->count != NULL && ward->state != NULL
           && ward->bound != NULL && ward->second != NULL
           && ward->nearest != NULL && ward->near_d != NULL
           && ward->born != NULL && ward->seen != NULL && ward->into != NULL
           && ward->error != NULL;
}

float lat_ward_float_row(const lat_ward *ward, const double *x, float *row)
{
    double square = ward->kernels->dot64(x, x, ward->h);
    double eps = ((double)ward->h + 20) * 0x1p-24 * (1 + 0x1p-10);
    for (size_t j = 0; j < ward->h; j++)
        row[j] = (float)x[j];
    return (float)(square * (1 - eps) - TINY);
}

void lat_ward_place_row(lat_ward *ward, uint32_t slot, const double *x)
{
    size_t place = ward->place[slot];
    ward->norm[place] = lat_ward_float_row(ward, x,
                                           ward->rows + place * ward->h);
    ward->half[place] = (float)(0.5 / (double)ward->size[slot]);
}

static void fill_chunk(void *context, size_t chunk, size_t worker)
{
    lat_ward *ward = context;
    size_t end = (chunk + 1) * LAT_WARD_CHUNK;
    double *scratch = ward->scratch[worker].x;
    if (end > ward->slots)
        end = ward->slots;
    for (size_t i = chunk * LAT_WARD_CHUNK; i < end; i++)
        lat_ward_place_row(ward, (uint32_t)i,
                           lat_ward_centre(ward, (uint32_t)i, scratch));
}

lat_status lat_ward_state_create(lat_ward *ward, lat_error *error)
{
    size_t n = ward->slots, h = ward->h;
    lat_status status = LAT_OK;
    if (!arrays_create(ward))
        return lat_error_memory(error, (uint64_t)n * (4 * h + 600));
    status = scratch_create(ward, error);
    if (status != LAT_OK)
        return status;
    ward->keep = ward->options->neighbours;
    /* Longer lists save searches (6 % of the products) but cost insertions,
     * which only many points outweigh. */
    if (ward->keep == 0)
        ward->keep = n < 20000 ? 32 : 48;
    if (ward->keep > LAT_WARD_ROOM - 1)
        ward->keep = LAT_WARD_ROOM - 1;
    ward->places = n;
    for (size_t i = 0; i < n; i++) {
        ward->live[i] = (uint32_t)i;
        ward->place[i] = (uint32_t)i;
        ward->nearest[i] = LAT_NO_SLOT;
    }
    lat_pool_run(ward->pool, (n + LAT_WARD_CHUNK - 1) / LAT_WARD_CHUNK,
                 fill_chunk, ward);
    double longest = 0;
    for (size_t i = 0; i < n; i++)
        longest = (double)ward->norm[i] > longest ? (double)ward->norm[i]
                                                  : longest;
    /* A blend x + (y - x) * part, |y - x| <= 2 R, rounds by at most 7 R
     * 2^-53; the eighth covers eps in the norms. */
    ward->unit_error = 8 * 0x1p-53 * sqrt(longest * 1.01 + TINY);
    ward->relative = ((double)h + 64) * 0x1p-53;
    return LAT_OK;
}

void lat_ward_state_free(lat_ward *ward)
{
    size_t workers = lat_pool_threads(ward->pool);
    for (size_t w = 0; ward->scratch != NULL && w < workers; w++) {
        lat_ward_scratch *s = &ward->scratch[w];
        lat_free(s->x);
        lat_free(s->y);
        lat_free(s->tile);
        lat_free(s->panels);
        lat_free(s->least);
        lat_free(s->norm);
        lat_free(s->half);
        lat_free(s->hits);
        lat_free(s->middle);
        lat_free(s->shifted);
        lat_free(s->shifted_norm);
    }
    lat_free(ward->scratch);
    lat_free(ward->rows);
    lat_free(ward->live);
    lat_free(ward->place);
    lat_free(ward->norm);
    lat_free(ward->half);
    lat_free(ward->lists);
    lat_free(ward->count);
    lat_free(ward->state);
    lat_free(ward->bound);
    lat_free(ward->second);
    lat_free(ward->nearest);
    lat_free(ward->near_d);
    lat_free(ward->born);
    lat_free(ward->seen);
    lat_free(ward->into);
    lat_free(ward->error);
}

void lat_ward_compact(lat_ward *ward)
{
    size_t alive = ward->slots - ward->joined, kept = 0, h = ward->h;
    if (ward->places - alive <= ward->places / 8)
        return;
    for (size_t p = 0; p < ward->places; p++) {
        uint32_t slot = ward->live[p];
        if (ward->size[slot] == 0)
            continue;
        if (kept != p) {
            float *to = ward->rows + kept * h;
            const float *from = ward->rows + p * h;
            for (size_t j = 0; j < h; j++)
                to[j] = from[j];
            ward->norm[kept] = ward->norm[p];
            ward->half[kept] = ward->half[p];
            ward->live[kept] = slot;
            ward->place[slot] = (uint32_t)kept;
        }
        kept++;
    }
    ward->places = kept;
}
