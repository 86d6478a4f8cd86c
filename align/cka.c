/*
 * cka.c - linear CKA, debiased: how alike do two layers see the same rows?
 *
 * With K = X X' and L = Y Y' (diagonals set to zero) the unbiased HSIC of
 * Song et al. (2012) is
 *
 *     [ tr(KL) + 1'K1 1'L1 / ((n-1)(n-2)) - 2 1'KL1 / (n-2) ] / (n (n-3))
 *
 * and CKA = HSIC(X,Y) / sqrt(HSIC(X,X) HSIC(Y,Y)).  No n x n matrix is made:
 * with k_i = |x_i|^2, l_i = |y_i|^2, C = X'Y and the sums s = X'1, t = Y'1,
 *
 *     tr(KL) = |C|^2 - sum k_i l_i          1'K1 = |s|^2 - sum k_i
 *     1'KL1  = s'Ct - (sum k_i y_i)'t - (sum l_i x_i)'s + sum k_i l_i
 *
 * The value does not change when a constant row is added, so rows are taken
 * less the first one: the sums stay near the size of the variance.  Every
 * entry of C is one chain of double multiplications and additions in order
 * of the rows: the same bits for any number of calls and threads.
 */
#include "align_int.h"
#include "../base/kernels/kernels.h"

#include <math.h>
#include <string.h>

#define ROWS 32    /* rows widened at a time */
#define STRIPE 8   /* rows of C in one task; even */

/* C and its companions for one pair of sides. */
typedef struct cka_sums {
    size_t wx, wy;
    double *cross;      /* wx x wy */
    double *s, *t;      /* wx, wy */
    double *ly, *kx;    /* sum k_i y_i (wy), sum l_i x_i (wx) */
    double k, l, kl;
} cka_sums;

struct lat_cka {
    size_t width[2];
    size_t rows;
    float *first[2];    /* the first row of each side */
    double *block[2];   /* ROWS x width, widened */
    cka_sums sums[3];   /* xy, xx, yy */
    lat_arena arena;
};

/* ---- The product --------------------------------------------------------- */

/* Four doubles that need not be aligned; arithmetic is element by element,
 * so that the width of the machine's registers does not matter. */
typedef double four __attribute__((vector_size(32), aligned(8), may_alias));

/* c0, c1 += rows of x' y for two neighbouring columns of x; `count` rows.
 * Four rows at a time, so that each entry of C is loaded once for four
 * steps of its chain. */
static inline __attribute__((always_inline)) void
add_two(double *c0, double *c1, const double *x, size_t wx, const double *y,
        size_t wy, size_t count)
{
    size_t i, g, k;

    for (i = 0; i + 4 <= count; i += 4) {
        const double *a = x + i * wx, *b = y + i * wy;

        for (g = 0; g + 4 <= wy; g += 4) {
            four p = *(const four *)(c0 + g), q = *(const four *)(c1 + g);

            for (k = 0; k < 4; k++) {
                four row = *(const four *)(b + k * wy + g);

                p = p + a[k * wx] * row;
                q = q + a[k * wx + 1] * row;
            }
            *(four *)(c0 + g) = p;
            *(four *)(c1 + g) = q;
        }
        for (; g < wy; g++)
            for (k = 0; k < 4; k++) {
                c0[g] = c0[g] + a[k * wx] * b[k * wy + g];
                c1[g] = c1[g] + a[k * wx + 1] * b[k * wy + g];
            }
    }
    for (; i < count; i++)
        for (g = 0; g < wy; g++) {
            c0[g] = c0[g] + x[i * wx] * y[i * wy + g];
            c1[g] = c1[g] + x[i * wx + 1] * y[i * wy + g];
        }
}

typedef void add_rows(double *c0, double *c1, const double *x, size_t wx,
                      const double *y, size_t wy, size_t count);

static void add_plain(double *c0, double *c1, const double *x, size_t wx,
                      const double *y, size_t wy, size_t count)
{
    add_two(c0, c1, x, wx, y, wy, count);
}

#if defined(__x86_64__) || defined(__i386__)
/* Wider registers, the same operations: no fused ones are written. */
__attribute__((target("avx2"))) static void
add_avx2(double *c0, double *c1, const double *x, size_t wx, const double *y,
         size_t wy, size_t count)
{
    add_two(c0, c1, x, wx, y, wy, count);
}
#endif

/* The level of the kernels decides here as well, so that LATENT_CPU=plain
 * really runs plain code. */
static add_rows *choose_add(void)
{
#if defined(__x86_64__) || defined(__i386__)
    if (strncmp(lat_kernels_best()->name, "avx", 3) == 0)
        return add_avx2;
#endif
    return add_plain;
}

typedef struct product_job {
    cka_sums *sums;
    const double *x, *y; /* widened rows */
    size_t count;
    add_rows *add;
} product_job;

/* One stripe of rows of C. Tasks write to disjoint stripes, so that neither
 * their order nor their number matters to the bits. */
static void product_task(void *context, size_t task, size_t worker)
{
    product_job *job = context;
    cka_sums *sums = job->sums;
    size_t h = task * STRIPE, end = h + STRIPE, i, g;

    (void)worker;
    for (; h + 2 <= sums->wx && h < end; h += 2)
        job->add(sums->cross + h * sums->wy, sums->cross + (h + 1) * sums->wy,
                 job->x + h, sums->wx, job->y, sums->wy, job->count);
    if (h < end && h < sums->wx) /* an odd last column */
        for (i = 0; i < job->count; i++)
            for (g = 0; g < sums->wy; g++)
                sums->cross[h * sums->wy + g] =
                    sums->cross[h * sums->wy + g] +
                    job->x[i * sums->wx + h] * job->y[i * sums->wy + g];
}

/* Squared length; for C its squared Frobenius norm, tr(KL) with the
 * diagonals. */
static double squares(const double *x, size_t n)
{
    double sum = 0.0;
    size_t i;

    for (i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum;
}

/* The companions of C for one row: s, t, the weighted sums and the three
 * scalars of the head comment. Cheap beside the product, hence serial. */
static void add_vectors(cka_sums *sums, const double *x, const double *y)
{
    double k = squares(x, sums->wx), l = squares(y, sums->wy);
    size_t i;

    for (i = 0; i < sums->wx; i++) {
        sums->s[i] += x[i];
        sums->kx[i] += l * x[i];
    }
    for (i = 0; i < sums->wy; i++) {
        sums->t[i] += y[i];
        sums->ly[i] += k * y[i];
    }
    sums->k += k;
    sums->l += l;
    sums->kl += k * l;
}

/* `count` widened rows into one pair's sums. */
static void add_block(cka_sums *sums, lat_pool *pool, const double *x,
                      const double *y, size_t count)
{
    product_job job = {sums, x, y, count, choose_add()};
    size_t i;

    lat_pool_run(pool, (sums->wx + STRIPE - 1) / STRIPE, product_task, &job);
    for (i = 0; i < count; i++)
        add_vectors(sums, x + i * sums->wx, y + i * sums->wy);
}

/* The estimator of the head comment; `rows` at least 4, below that its
 * denominator is 0. */
static double hsic(const cka_sums *sums, size_t rows)
{
    double n = (double)rows, trace, ones_k, ones_l, both = 0.0;
    size_t i, j;

    trace = squares(sums->cross, sums->wx * sums->wy) - sums->kl;
    ones_k = squares(sums->s, sums->wx) - sums->k;
    ones_l = squares(sums->t, sums->wy) - sums->l;
    for (i = 0; i < sums->wx; i++) {
        double inner = 0.0;

        for (j = 0; j < sums->wy; j++)
            inner += sums->cross[i * sums->wy + j] * sums->t[j];
        both += sums->s[i] * inner - sums->kx[i] * sums->s[i];
    }
    for (j = 0; j < sums->wy; j++)
        both -= sums->ly[j] * sums->t[j];
    both += sums->kl;
    return (trace + ones_k * ones_l / ((n - 1.0) * (n - 2.0)) -
            2.0 * both / (n - 2.0)) / (n * (n - 3.0));
}

/* The estimator can come out below 0 for layers that have nothing to do
 * with each other; only a self-value of 0 or less has no quotient. */
static double cka_of(double xy, double xx, double yy)
{
    return xx > 0.0 && yy > 0.0 ? xy / sqrt(xx * yy) : (double)NAN;
}

/* ---- Streamed ------------------------------------------------------------ */

/* False when memory is short; what was made lies in the arena. */
static bool make_sums(cka_sums *sums, lat_arena *arena, size_t wx, size_t wy)
{
    size_t cells = 0;

    sums->wx = wx;
    sums->wy = wy;
    if (!lat_size_mul(wx, wy, &cells))
        return false;
    sums->cross = lat_arena_array(arena, cells, sizeof(double));
    sums->s = lat_arena_array(arena, wx, sizeof(double));
    sums->kx = lat_arena_array(arena, wx, sizeof(double));
    sums->t = lat_arena_array(arena, wy, sizeof(double));
    sums->ly = lat_arena_array(arena, wy, sizeof(double));
    return sums->cross != NULL && sums->s != NULL && sums->kx != NULL &&
           sums->t != NULL && sums->ly != NULL;
}

/* Three products side by side: across, and each side with itself. */
lat_status lat_cka_create(lat_cka **out, size_t width_x, size_t width_y,
                          lat_error *error)
{
    lat_cka *cka = lat_new_array(1, sizeof *cka);
    bool fits;
    int side;

    *out = NULL;
    if (cka == NULL)
        return lat_error_memory(error, sizeof *cka);
    cka->width[0] = width_x;
    cka->width[1] = width_y;
    fits = make_sums(&cka->sums[0], &cka->arena, width_x, width_y) &&
           make_sums(&cka->sums[1], &cka->arena, width_x, width_x) &&
           make_sums(&cka->sums[2], &cka->arena, width_y, width_y);
    for (side = 0; side < 2; side++) {
        size_t width = cka->width[side], cells = 0;

        fits = fits && lat_size_mul(width, ROWS, &cells);
        cka->first[side] = lat_arena_array(&cka->arena, width,
                                           sizeof(float));
        cka->block[side] = lat_arena_array(&cka->arena, cells,
                                           sizeof(double));
        fits = fits && cka->first[side] != NULL && cka->block[side] != NULL;
    }
    if (!fits) {
        lat_cka_free(cka);
        return lat_error_memory(error, lat_cka_memory(width_x, width_y));
    }
    *out = cka;
    return LAT_OK;
}

void lat_cka_free(lat_cka *cka)
{
    if (cka == NULL)
        return;
    lat_arena_free(&cka->arena);
    lat_free(cka);
}

uint64_t lat_cka_memory(size_t width_x, size_t width_y)
{
    uint64_t x = width_x, y = width_y;

    return 8 * (x * y + x * x + y * y + (ROWS + 8) * (x + y));
}

/* Rows less the first one, in double: exact but for the widest spreads. */
static void widen(double *out, const float *rows, const float *first,
                  size_t count, size_t width)
{
    size_t i, j;

    for (i = 0; i < count; i++)
        for (j = 0; j < width; j++)
            out[i * width + j] =
                (double)rows[i * width + j] - (double)first[j];
}

/* One NaN would make every value NaN without a word about why. */
static lat_status check_finite(const float *rows, size_t n, size_t width,
                               lat_error *error)
{
    size_t i;

    for (i = 0; i < n * width; i++)
        if (!isfinite(rows[i]))
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "row %lu holds NaN or infinity",
                                 (unsigned long)(i / width));
    return LAT_OK;
}

/* Blocks of ROWS rows bound the widened copies; as every chain runs over
 * the rows in order, where the blocks end cannot be seen in the result. */
lat_status lat_cka_add(lat_cka *cka, lat_pool *pool, const float *x,
                       const float *y, size_t n, lat_error *error)
{
    const float *rows[2] = {x, y};
    size_t i, count;
    int side;

    if (check_finite(x, n, cka->width[0], error) != LAT_OK ||
        check_finite(y, n, cka->width[1], error) != LAT_OK)
        return LAT_OUT_OF_RANGE;
    for (i = 0; i < n; i += count) {
        count = n - i < ROWS ? n - i : ROWS;
        for (side = 0; side < 2; side++) {
            size_t width = cka->width[side];

            if (cka->rows == 0)
                memcpy(cka->first[side], rows[side],
                       width * sizeof(float));
            widen(cka->block[side], rows[side] + i * width,
                  cka->first[side], count, width);
        }
        cka->rows += count;
        add_block(&cka->sums[0], pool, cka->block[0], cka->block[1], count);
        add_block(&cka->sums[1], pool, cka->block[0], cka->block[0], count);
        add_block(&cka->sums[2], pool, cka->block[1], cka->block[1], count);
        if (lat_interrupted())
            return lat_error_set(error, LAT_INTERRUPTED, "interrupted");
    }
    return LAT_OK;
}

double lat_cka_value(const lat_cka *cka)
{
    if (cka->rows < 4)
        return (double)NAN;
    return cka_of(hsic(&cka->sums[0], cka->rows),
                  hsic(&cka->sums[1], cka->rows),
                  hsic(&cka->sums[2], cka->rows));
}

/* ---- All layer pairs in memory ------------------------------------------- */

typedef struct layer_rows {
    const float *rows;
    size_t width;
} layer_rows;

/* One product from the start over all rows, in sums that are used again for
 * every pair. */
static double hsic_of(cka_sums *sums, lat_pool *pool, const layer_rows *x,
                      const layer_rows *y, size_t n, double *block[2])
{
    size_t i, count;

    memset(sums->cross, 0, sums->wx * sums->wy * sizeof(double));
    memset(sums->s, 0, sums->wx * sizeof(double));
    memset(sums->kx, 0, sums->wx * sizeof(double));
    memset(sums->t, 0, sums->wy * sizeof(double));
    memset(sums->ly, 0, sums->wy * sizeof(double));
    sums->k = sums->l = sums->kl = 0.0;
    for (i = 0; i < n && !lat_interrupted(); i += count) {
        count = n - i < ROWS ? n - i : ROWS;
        widen(block[0], x->rows + i * x->width, x->rows, count, x->width);
        widen(block[1], y->rows + i * y->width, y->rows, count, y->width);
        add_block(sums, pool, block[0], block[1], count);
    }
    return hsic(sums, n);
}

/* x_count + y_count self-products and x_count * y_count across; the sums of
 * one product are in memory at a time. */
lat_status lat_cka_run_layers(double *out, lat_pool *pool,
                              const lat_cka_layers *layers,
                              lat_error *error)
{
    size_t nx = layers->x_count, ny = layers->y_count, n = layers->n, l, j;
    size_t wx = layers->width_x, wy = layers->width_y;
    layer_rows *rows = lat_new_array(nx + ny, sizeof *rows);
    double *self = lat_new_array(nx + ny, sizeof *self);
    double *block[2] = {NULL, NULL};
    cka_sums sums[3];
    lat_arena arena = {0};
    lat_status status = LAT_OK;

    memset(sums, 0, sizeof sums);
    block[0] = lat_arena_array(&arena, wx > wy ? wx : wy,
                               ROWS * sizeof(double));
    block[1] = lat_arena_array(&arena, wx > wy ? wx : wy,
                               ROWS * sizeof(double));
    if (rows == NULL || self == NULL || block[0] == NULL ||
        block[1] == NULL || !make_sums(&sums[0], &arena, wx, wy) ||
        !make_sums(&sums[1], &arena, wx, wx) ||
        !make_sums(&sums[2], &arena, wy, wy)) {
        status = lat_error_memory(error, lat_cka_memory(wx, wy));
        goto done;
    }
    for (l = 0; l < nx + ny && status == LAT_OK; l++) {
        rows[l].rows = l < nx ? layers->x[l] : layers->y[l - nx];
        rows[l].width = l < nx ? wx : wy;
        status = check_finite(rows[l].rows, n, rows[l].width, error);
        if (status == LAT_OK && n >= 4)
            self[l] = hsic_of(&sums[l < nx ? 1 : 2], pool, &rows[l],
                              &rows[l], n, block);
    }
    for (l = 0; l < nx && status == LAT_OK; l++)
        for (j = 0; j < ny; j++)
            out[l * ny + j] =
                n < 4 ? (double)NAN
                      : cka_of(hsic_of(&sums[0], pool, &rows[l],
                                       &rows[nx + j], n, block),
                               self[l], self[nx + j]);
    if (status == LAT_OK && lat_interrupted())
        status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
done:
    lat_arena_free(&arena);
    lat_free(rows);
    lat_free(self);
    return status;
}
