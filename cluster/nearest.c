/*
 * nearest.c - the nearest centre of every point, exactly.
 *
 * For a point x the products give v(c) = |c|^2 - 2 x.c, which orders centres
 * as the distance does.  Its float error is at most e = (h + 20) 2^-24
 * (|x|^2 + |c|^2) (the bound of ward_state.c), so only centres with
 * v(c) - e <= min (v + e) can be nearest; these are measured in double.
 */
#include "flat_int.h"

#include <math.h>

#define ROWS 64
/* Centres in one product: their panels stay in the cache. */
#define COLUMNS 512

static size_t tile_floats(size_t h)
{
    return ROWS * h + ROWS * COLUMNS;
}

static double find_scale(const lat_nearest *s)
{
    double most = 0;
    int shift = 0;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->h; j++) {
            double far = fabs((double)s->points[i * s->h + j] - s->mean[j]);
            most = far > most ? far : most;
        }
    if (most > 0)
        (void)frexp(most, &shift);
    return ldexp(1, -shift);
}

lat_status lat_nearest_create(lat_nearest *out, lat_pool *pool,
                              const float *points, size_t n, size_t h,
                              size_t room, lat_error *error)
{
    lat_nearest s = {.kernels = lat_kernels_best(), .pool = pool,
                     .points = points, .n = n, .h = h, .room = room};
    size_t workers = lat_pool_threads(pool), centres, panels;
    *out = s;
    if (!lat_size_mul(room, h, &centres)
        || !lat_size_mul(room + LAT_PANEL, h, &panels))
        return lat_error_memory(error, UINT64_MAX);
    out->mean = lat_new_array(h, sizeof *out->mean);
    out->centre = lat_new_array(centres, sizeof *out->centre);
    out->panels = lat_new_array(panels, sizeof *out->panels);
    out->norm = lat_new_array(room, sizeof *out->norm);
    out->tiles = lat_new_array(workers * tile_floats(h), sizeof *out->tiles);
    out->scratch = lat_new_array(workers * h,
                                 sizeof *out->scratch);
    if (out->mean == NULL || out->centre == NULL || out->panels == NULL
        || out->norm == NULL || out->tiles == NULL || out->scratch == NULL)
        return lat_error_memory(error, (uint64_t)panels * 12);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < h; j++)
            out->mean[j] += (double)points[i * h + j] / (double)n;
    out->scale = find_scale(out);
    return LAT_OK;
}

void lat_nearest_free(lat_nearest *nearest)
{
    lat_free(nearest->mean);
    lat_free(nearest->centre);
    lat_free(nearest->panels);
    lat_free(nearest->norm);
    lat_free(nearest->tiles);
    lat_free(nearest->scratch);
}

void lat_nearest_row(const lat_nearest *nearest, size_t i, double *out)
{
    const float *x = nearest->points + i * nearest->h;
    for (size_t j = 0; j < nearest->h; j++)
        out[j] = ((double)x[j] - nearest->mean[j]) * nearest->scale;
}

void lat_nearest_pack(lat_nearest *nearest, size_t first)
{
    size_t h = nearest->h;
    for (size_t c = first; c < nearest->centres; c++) {
        const double *x = nearest->centre + c * h;
        float *panel = nearest->panels + c / LAT_PANEL * LAT_PANEL * h;
        for (size_t j = 0; j < h; j++)
            panel[j * LAT_PANEL + c % LAT_PANEL] = (float)x[j];
        nearest->norm[c] = (float)nearest->kernels->dot64(x, x, h);
    }
}

typedef struct find_state {
    const lat_nearest *nearest;
    size_t from, to;
    uint32_t *label;
    double *d;
} find_state;

/* Measures centre c for point i. */
static void measure(const find_state *state, size_t i, size_t c,
                    const double *x)
{
    const lat_nearest *s = state->nearest;
    double d = s->kernels->distance2(x, s->centre + c * s->h, s->h);
    if (d < state->d[i]
        || (!(state->d[i] < d) && (uint32_t)c < state->label[i])) {
        state->d[i] = d;
        state->label[i] = (uint32_t)c;
    }
}

/* One point and its products with centres first..first+count: the likeliest
 * is measured at once, so that few others have to be. */
static void weigh(const find_state *state, size_t i, size_t first,
                  size_t count, const float *g, const double *x)
{
    const lat_nearest *s = state->nearest;
    double eps = ((double)s->h + 20) * 0x1p-24;
    double own = s->kernels->dot64(x, x, s->h);
    size_t likeliest = 0;
    float least = INFINITY;
    for (size_t c = 0; c < count; c++) {
        float v = s->norm[first + c] - 2 * g[c];
        if (v < least) {
            least = v;
            likeliest = c;
        }
    }
    measure(state, i, first + likeliest, x);
    for (size_t c = 0; c < count; c++) {
        double norm = (double)s->norm[first + c];
        double far = norm + own - 2 * (double)g[c];
        if (c != likeliest
            && far - eps * (norm + own) - 1e-30 <= state->d[i])
            measure(state, i, first + c, x);
    }
}

static void find_task(void *context, size_t task, size_t worker)
{
    const find_state *state = context;
    const lat_nearest *s = state->nearest;
    size_t h = s->h, at = state->from + task * ROWS;
    size_t rows = state->to - at < ROWS ? state->to - at : ROWS;
    float *tile = s->tiles + worker * tile_floats(h), *g = tile + ROWS * h;
    double *x = s->scratch + worker * h;
    for (size_t r = 0; r < rows; r++) {
        lat_nearest_row(s, at + r, x);
        for (size_t j = 0; j < h; j++)
            tile[r * h + j] = (float)x[j];
        state->label[at + r] = UINT32_MAX;
        state->d[at + r] = INFINITY;
    }
    for (size_t c = 0; c < s->centres; c += COLUMNS) {
        size_t n = s->centres - c < COLUMNS ? s->centres - c : COLUMNS;
        lat_matmul job = {.m = rows, .n = n, .k = h, .a = tile, .lda = h,
                          .b = s->panels + c * h, .c = g, .ldc = COLUMNS};
        s->kernels->matmul(&job);
        for (size_t r = 0; r < rows; r++) {
            lat_nearest_row(s, at + r, x);
            weigh(state, at + r, c, n, g + r * COLUMNS, x);
        }
    }
}

void lat_nearest_find(const lat_nearest *nearest, size_t from, size_t to,
                      uint32_t *label, double *d)
{
    find_state state = {nearest, from, to, label, d};
    lat_pool_run(nearest->pool, (to - from + ROWS - 1) / ROWS, find_task,
                 &state);
}
