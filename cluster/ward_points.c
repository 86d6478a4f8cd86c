/*
 * ward_points.c - points made ready for Ward: copies, mean, scale, centroids.
 *
 * Exact copies of a point (equal as numbers: -0 is 0) share a slot, so that
 * D = 0 and most ties are gone before the search starts.  The mean is taken
 * off because distances do not change while norms, and with them every
 * rounding error that grows with a norm, shrink: encoders have coordinates
 * whose mean is fifty times their spread.  Coordinates are then scaled by a
 * power of two, which is exact, so that squares fit a float for any input.
 *
 * A point's centroid is worked out when asked for; only joined clusters own
 * an array (at most U/2 are alive at once), which halves the memory.
 */
#include "ward_int.h"

#include <math.h>
#include <string.h>

/* Centroids in a block. */
#define BLOCK 64

typedef struct chunk_state {
    lat_ward *ward;
    uint64_t *hash;   /* n */
    double *sums;     /* chunks x h; then row maxima use the first of each */
    uint64_t *bad;    /* chunks: first bad row or LAT_NOWHERE */
    double *most;     /* chunks: largest |x - mean| */
} chunk_state;

static size_t chunk_count(size_t n)
{
    return (n + LAT_WARD_CHUNK - 1) / LAT_WARD_CHUNK;
}

static size_t chunk_end(size_t chunk, size_t n)
{
    size_t end = (chunk + 1) * LAT_WARD_CHUNK;
    return end < n ? end : n;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ (x >> 32);
}

/* Sums, hashes and the check for numbers, one chunk of rows. */
static void scan_chunk(void *context, size_t chunk, size_t worker)
{
    chunk_state *state = context;
    const lat_ward *ward = state->ward;
    double *sum = state->sums + chunk * ward->h;
    (void)worker;
    state->bad[chunk] = LAT_NOWHERE;
    for (size_t i = chunk * LAT_WARD_CHUNK; i < chunk_end(chunk, ward->n);
         i++) {
        const float *x = ward->points + i * ward->h;
        uint64_t hash = 0;
        for (size_t j = 0; j < ward->h; j++) {
            float value = x[j] + 0.0f; /* -0 becomes 0 */
            uint32_t bits;
            if (!isfinite(value) && state->bad[chunk] == LAT_NOWHERE)
                state->bad[chunk] = i;
            memcpy(&bits, &value, sizeof bits);
            hash = (hash ^ bits) * UINT64_C(0x9e3779b97f4a7c15);
            hash ^= hash >> 29;
            sum[j] += (double)x[j];
        }
        state->hash[i] = mix(hash);
    }
}

static void spread_chunk(void *context, size_t chunk, size_t worker)
{
    chunk_state *state = context;
    const lat_ward *ward = state->ward;
    double most = 0;
    (void)worker;
    for (size_t i = chunk * LAT_WARD_CHUNK; i < chunk_end(chunk, ward->n);
         i++) {
        const float *x = ward->points + i * ward->h;
        for (size_t j = 0; j < ward->h; j++) {
            double far = fabs((double)x[j] - ward->mean[j]);
            most = far > most ? far : most;
        }
    }
    state->most[chunk] = most;
}

static bool rows_equal(const lat_ward *ward, size_t a, size_t b)
{
    const float *x = ward->points + a * ward->h;
    const float *y = ward->points + b * ward->h;
    for (size_t j = 0; j < ward->h; j++)
        if (x[j] < y[j] || x[j] > y[j])
            return false;
    return true;
}

/* Slots by first appearance, through an open-addressing table of rows. */
static lat_status collapse_copies(lat_ward *ward, const uint64_t *hash,
                                  lat_error *error)
{
    size_t room = 16;
    while (room < 2 * ward->n)
        room *= 2;
    uint32_t *table = lat_new_array(room, sizeof *table);
    if (table == NULL)
        return lat_error_memory(error, (uint64_t)room * sizeof *table);
    for (size_t i = 0; i < ward->n; i++) {
        size_t at = (size_t)(hash[i] & (room - 1));
        while (table[at] != 0) {
            uint32_t slot = table[at] - 1;
            if (hash[ward->row[slot]] == hash[i]
                && rows_equal(ward, ward->row[slot], i))
                break;
            at = (at + 1) & (room - 1);
        }
        if (table[at] == 0) {
            ward->row[ward->slots] = (uint32_t)i;
            ward->slots++;
            table[at] = (uint32_t)ward->slots;
        }
        ward->copy[i] = table[at] - 1;
        ward->size[table[at] - 1]++;
    }
    lat_free(table);
    return LAT_OK;
}

/* Mean and scale from the chunks' sums, added in order of chunks. */
static void centre_points(lat_ward *ward, chunk_state *state)
{
    size_t chunks = chunk_count(ward->n);
    for (size_t c = 0; c < chunks; c++)
        for (size_t j = 0; j < ward->h; j++)
            ward->mean[j] += state->sums[c * ward->h + j];
    for (size_t j = 0; j < ward->h; j++)
        ward->mean[j] /= (double)ward->n;
    lat_pool_run(ward->pool, chunks, spread_chunk, state);
    double most = 0;
    for (size_t c = 0; c < chunks; c++)
        most = state->most[c] > most ? state->most[c] : most;
    ward->shift = 0;
    if (most > 0)
        (void)frexp(most, &ward->shift);
    ward->scale = ldexp(1, -ward->shift);
}

static lat_status arrays_create(lat_ward *ward, chunk_state *state,
                                lat_error *error)
{
    size_t n = ward->n, chunks = chunk_count(n);
    ward->row = lat_new_array(n, sizeof *ward->row);
    ward->copy = lat_new_array(n, sizeof *ward->copy);
    ward->size = lat_new_array(n, sizeof *ward->size);
    ward->mean = lat_new_array(ward->h, sizeof *ward->mean);
    state->hash = lat_new_array(n, sizeof *state->hash);
    state->sums = lat_new_array(chunks * ward->h, sizeof *state->sums);
    state->bad = lat_new_array(chunks, sizeof *state->bad);
    state->most = lat_new_array(chunks, sizeof *state->most);
    if (ward->row == NULL || ward->copy == NULL || ward->size == NULL
        || ward->mean == NULL || state->hash == NULL || state->sums == NULL
        || state->bad == NULL || state->most == NULL)
        return lat_error_memory(error, (uint64_t)n * 20);
    return LAT_OK;
}

lat_status lat_ward_prepare(lat_ward *ward, lat_error *error)
{
    chunk_state state = {.ward = ward};
    size_t chunks = chunk_count(ward->n);
    lat_status status = arrays_create(ward, &state, error);
    if (status != LAT_OK)
        goto done;
    lat_pool_run(ward->pool, chunks, scan_chunk, &state);
    for (size_t c = 0; c < chunks; c++)
        if (state.bad[c] != LAT_NOWHERE) {
            status = lat_error_set(error, LAT_OUT_OF_RANGE,
                "point %llu (from 0) holds a NaN or an infinity, "
                "expected finite numbers",
                (unsigned long long)state.bad[c]);
            goto done;
        }
    for (size_t i = 0; i < ward->n; i++)
        ward->fingerprint = mix(ward->fingerprint ^ state.hash[i]) + i;
    status = collapse_copies(ward, state.hash, error);
    if (status != LAT_OK)
        goto done;
    centre_points(ward, &state);
    ward->centre = lat_new_array(ward->slots, sizeof *ward->centre);
    ward->spare = lat_new_array(ward->slots / 2 + BLOCK,
                                sizeof *ward->spare);
    ward->block_room = ward->slots / 2 / BLOCK + 2;
    ward->blocks = lat_new_array(ward->block_room, sizeof *ward->blocks);
    ward->joins = lat_new_array(ward->slots, sizeof *ward->joins);
    if (ward->centre == NULL || ward->spare == NULL || ward->blocks == NULL
        || ward->joins == NULL)
        status = lat_error_memory(error, (uint64_t)ward->slots * 32);
done:
    lat_free(state.hash);
    lat_free(state.sums);
    lat_free(state.bad);
    lat_free(state.most);
    return status;
}

void lat_ward_release(lat_ward *ward)
{
    for (size_t i = 0; i < ward->block_count; i++)
        lat_free(ward->blocks[i]);
    lat_free(ward->row);
    lat_free(ward->copy);
    lat_free(ward->size);
    lat_free(ward->mean);
    lat_free(ward->centre);
    lat_free(ward->spare);
    lat_free(ward->blocks);
    lat_free(ward->joins);
}

const double *lat_ward_centre(const lat_ward *ward, uint32_t slot,
                              double *scratch)
{
    if (ward->centre[slot] != NULL)
        return ward->centre[slot];
    const float *x = ward->points + (size_t)ward->row[slot] * ward->h;
    lat_ward_expand(ward->vectors, scratch, x, ward->mean, ward->scale,
                    ward->h);
    return scratch;
}

double lat_ward_distance(const lat_ward *ward, uint32_t a, const double *x,
                         uint32_t b, double *scratch)
{
    double na = ward->size[a], nb = ward->size[b];
    const double *y = lat_ward_centre(ward, b, scratch);
    return 2 * (na * nb) / (na + nb)
           * ward->kernels->distance2(x, y, ward->h);
}

lat_status lat_ward_room(lat_ward *ward, uint32_t a, uint32_t b,
                         double **out, lat_error *error)
{
    if (ward->centre[a] != NULL || ward->centre[b] != NULL) {
        *out = ward->centre[a] != NULL ? ward->centre[a] : ward->centre[b];
        return LAT_OK;
    }
    if (ward->spares == 0) {
        double *block = lat_new_array(BLOCK * ward->h, sizeof *block);
        if (block == NULL || ward->block_count == ward->block_room) {
            lat_free(block);
            return lat_error_memory(error, BLOCK * ward->h * sizeof *block);
        }
        ward->blocks[ward->block_count++] = block;
        for (size_t i = BLOCK; i > 0; i--)
            ward->spare[ward->spares++] = block + (i - 1) * ward->h;
    }
    *out = ward->spare[--ward->spares];
    return LAT_OK;
}

void lat_ward_blend(const lat_ward *ward, uint32_t a, uint32_t b,
                    double *out, lat_ward_scratch *s)
{
    double na = ward->size[a], nb = ward->size[b];
    double part = nb / (na + nb);
    const double *x = lat_ward_centre(ward, a, s->x);
    const double *y = lat_ward_centre(ward, b, s->y);
    for (size_t j = 0; j < ward->h; j++)
        out[j] = x[j] + (y[j] - x[j]) * part;
}

void lat_ward_join_slots(lat_ward *ward, uint32_t a, uint32_t b, double d,
                         double *centre)
{
    lat_join join = {.left = a, .right = b, .d = d};
    ward->joins[ward->joined++] = join;
    if (ward->centre[a] != NULL && ward->centre[b] != NULL)
        ward->spare[ward->spares++] = ward->centre[b];
    ward->centre[a] = centre;
    ward->centre[b] = NULL;
    ward->size[a] += ward->size[b];
    ward->size[b] = 0;
}
