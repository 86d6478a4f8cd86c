/*
 * The matrix product: every level against the definition (one fma chain in
 * order of k) for many shapes, with every epilogue, between guard pages.
 */
#include "guard.h"
#include <math.h>

enum { BIG = 1 << 20 };
static const lat_kernels *levels[8];
static size_t level_count;
static guard mem_a, mem_left, mem_b, mem_c, mem_bias, mem_residual;
static float *raw_a, *raw_b, *want;

typedef struct shape {
    size_t m, n, k, pad; /* pad: floats between rows */
    bool bias, residual, in_place;
    lat_activation activation;
    float scale;
    size_t piece; /* products in a chain; 0: all */
} shape;

/* The chain, written as the contract says it, by the C library's fmaf. */
static void check_chain(const shape *s, const float *c, size_t ldc)
{
    for (size_t i = 0; i < s->m; i++)
        for (size_t j = 0; j < s->n; j++) {
            size_t piece = s->piece > 0 ? s->piece : s->k;
            float acc = 0.0f, sum = 0.0f;
            for (size_t k = 0; k < s->k; k++) {
                if (k % piece == 0 && k > 0) {
                    sum = k == piece ? acc : sum + acc;
                    acc = 0.0f;
                }
                acc = fmaf(raw_a[i * s->k + k], raw_b[j * s->k + k], acc);
            }
            acc = s->k > piece ? sum + acc : acc;
            CHECK_MSG(memcmp(&acc, c + i * ldc + j, sizeof acc) == 0,
                      "chain %zu,%zu of %zu x %zu x %zu", i, j, s->m, s->n,
                      s->k);
        }
}

/* The right operand comes by columns or by rows, the left one as it is or
 * packed. */
static void run(const lat_kernels *k, const shape *s, bool columns,
                bool packed)
{
    size_t lda = s->k + s->pad, ldc = s->n + s->pad;
    size_t floats = lat_panels_size(s->n, s->k);
    /* The last row has no padding behind it: it ends at the guard. */
    float *a = guard_end(mem_a, ((s->m - 1) * lda + s->k) * 4);
    float *c = guard_end(mem_c, ((s->m - 1) * ldc + s->n) * 4);
    float *b = guard_end(mem_b, floats * 4);
    float *bias = guard_end(mem_bias, s->n * 4);
    float *residual = s->in_place
                          ? c
                          : guard_end(mem_residual,
                                      ((s->m - 1) * ldc + s->n) * 4);
    for (size_t i = 0; i < s->m; i++) {
        memcpy(a + i * lda, raw_a + i * s->k, s->k * 4);
        memset(c + i * ldc, 0x55, s->n * 4);
        for (size_t j = 0; j < s->n; j++)
            residual[i * ldc + j] = (float)(i * 3 + j) * 0.01f - 1.0f;
    }
    for (size_t j = 0; j < s->n; j++)
        bias[j] = (float)j * 0.03f - 0.5f;
    if (columns) {
        float *t = guard_end(mem_residual, s->k * s->n * 4);
        float *keep = s->residual && !s->in_place ? NULL : t;
        if (keep != NULL) {
            for (size_t j = 0; j < s->n; j++)
                for (size_t x = 0; x < s->k; x++)
                    t[x * s->n + j] = raw_b[j * s->k + x];
            k->pack_columns(b, t, s->n, s->n, s->k);
        } else {
            k->pack_rows(b, raw_b, s->k, s->n, s->k);
        }
    } else {
        k->pack_rows(b, raw_b, s->k, s->n, s->k);
    }
    float *left = guard_end(mem_left, lat_left_size(s->m, s->k) * 4);
    if (packed)
        k->pack_left(left, a, lda, s->m, s->k);
    k->matmul(&(lat_matmul){.m = s->m, .n = s->n, .k = s->k,
                            .a = packed ? left : a,
                            .lda = packed ? 0 : lda, .packed = packed,
                            .b = b, .c = c, .ldc = ldc,
                            .bias = s->bias ? bias : NULL,
                            .residual = s->residual ? residual : NULL,
                            .ldr = ldc, .activation = s->activation,
                            .scale = s->scale, .piece = s->piece});
}

static void check_shape(shape s)
{
    size_t ldc = s.n + s.pad;
    for (size_t i = 0; i < s.m * s.k; i++)
        raw_a[i] = guard_value(false);
    for (size_t i = 0; i < s.n * s.k; i++)
        raw_b[i] = guard_value(false);
    const float *c = guard_end(mem_c, ((s.m - 1) * ldc + s.n) * 4);
    run(levels[0], &s, false, false);
    bool bare = !s.bias && !s.residual && s.activation == LAT_ACT_NONE &&
                s.scale == 0.0f;
    if (bare && s.m * s.n * s.k < 200000)
        check_chain(&s, c, ldc);
    for (size_t i = 0; i < s.m; i++)
        memcpy(want + i * s.n, c + i * ldc, s.n * 4);
    for (size_t l = 1; l < 2 * level_count; l++) {
        const lat_kernels *level = levels[l / 2];
        run(level, &s, (l & 2) != 0, (l & 1) != 0);
        for (size_t i = 0; i < s.m; i++)
            CHECK_MSG(memcmp(want + i * s.n, c + i * ldc, s.n * 4) == 0,
                      "%s%s row %zu of %zu x %zu x %zu, act %d",
                      level->name, (l & 1) != 0 ? " packed" : "", i, s.m,
                      s.n, s.k, (int)s.activation);
    }
}

/* The result against double arithmetic: an fma chain of k steps errs by at
 * most gamma_k sum |a||b| (Higham, Accuracy and Stability, section 3.1). */
static void check_residual(size_t m, size_t n, size_t k)
{
    shape s = {.m = m, .n = n, .k = k};
    for (size_t i = 0; i < m * k; i++)
        raw_a[i] = guard_unit();
    for (size_t i = 0; i < n * k; i++)
        raw_b[i] = guard_unit();
    run(lat_kernels_best(), &s, false, true);
    const float *c = guard_end(mem_c, m * n * 4);
    double bound = (double)k * 0x1p-24;
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            double exact = 0, size = 0;
            for (size_t x = 0; x < k; x++) {
                double p = (double)raw_a[i * k + x] * raw_b[j * k + x];
                exact += p;
                size += fabs(p);
            }
            CHECK(fabs(c[i * n + j] - exact) <= bound * size);
        }
}

int main(void)
{
    level_count = guard_levels(levels);
    mem_a = guard_make(BIG * 4);
    mem_left = guard_make((BIG + 16) * 4);
    mem_b = guard_make(BIG * 4);
    mem_c = guard_make(BIG * 4);
    mem_bias = guard_make(BIG);
    mem_residual = guard_make(BIG * 4);
    raw_a = lat_alloc(BIG * 4);
    raw_b = lat_alloc(BIG * 4);
    want = lat_alloc(BIG * 4);
    if (raw_a == NULL || raw_b == NULL || want == NULL)
        return 1;
    for (size_t m = 1; m <= 27; m++)
        for (size_t n = 1; n <= 67; n += m % 3 + 1)
            check_shape((shape){.m = m, .n = n, .k = (m * 7 + n) % 40,
                                .pad = n % 3});
    static const size_t shapes[][3] = {
        {1, 768, 300},  {97, 33, 385},  {100, 49, 513}, {13, 257, 769},
        {193, 17, 257}, {25, 25, 64},   {12, 300, 600}, {7, 513, 1025},
        {50, 3, 3072},  {200, 90, 64},  {2, 2, 2000},   {98, 272, 400},
        {97, 290, 1100}, {13, 257, 2049}, {5, 40, 1024}};
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (int x = 0; x < 2; x++)
            check_shape((shape){.m = shapes[i][0], .n = shapes[i][1],
                                .k = shapes[i][2], .pad = i % 4,
                                .bias = x == 1, .residual = x == 1,
                                .in_place = i % 2 == 1});
    for (int act = 0; act <= LAT_ACT_SILU; act++)
        for (int x = 0; x < 8; x++)
            check_shape((shape){.m = 14, .n = 37, .k = 300, .pad = 1,
                                .bias = (x & 1) != 0,
                                .residual = (x & 2) != 0,
                                .in_place = (x & 4) != 0,
                                .activation = (lat_activation)act,
                                .scale = x % 3 == 0 ? 0.0f : 0.125f});
    static const size_t pieces[] = {1, 7, 16, 256, 300, 1024, 1500, 5000};
    for (size_t i = 0; i < 8 * sizeof shapes / sizeof shapes[0]; i++)
        for (int x = 0; x < 3; x++)
            check_shape((shape){.m = shapes[i / 8][0] % 100 + 1,
                                .n = shapes[i / 8][1] % 200 + 1,
                                .k = shapes[i / 8][2], .pad = i % 4,
                                .bias = x > 0, .residual = x == 1,
                                .activation = x == 2 ? LAT_ACT_GELU
                                                     : LAT_ACT_NONE,
                                .piece = pieces[i % 8]});
    check_residual(30, 40, 768);
    check_residual(5, 20, 3072);
    lat_free(raw_a);
    lat_free(raw_b);
    lat_free(want);
    return harness_end("test_matmul");
}
