/*
 * test_cka.c - debiased linear CKA against its definition with n x n
 * matrices in long double, and its invariances.
 */
#include "../../../align/align.h"
#include "../../harness.h"

#include <math.h>

#define N 23

static void fill(float *out, size_t n, uint64_t seed)
{
    lat_random random;
    size_t i;

    lat_random_seed(&random, seed, 0);
    for (i = 0; i < n; i++)
        out[i] = (float)lat_random_normal(&random);
}

static void gram(long double out[N][N], const float *x, size_t width)
{
    size_t i, j, k;

    for (i = 0; i < N; i++)
        for (j = 0; j < N; j++) {
            out[i][j] = 0;
            for (k = 0; k < width && i != j; k++)
                out[i][j] += (long double)x[i * width + k] *
                             (long double)x[j * width + k];
        }
}

/* Song et al. (2012), equation 5, as it stands. */
static long double hsic_by_definition(const float *x, size_t wx,
                                      const float *y, size_t wy)
{
    static long double k[N][N], l[N][N];
    long double trace = 0, ones_k = 0, ones_l = 0, both = 0;
    size_t i, j, m;

    gram(k, x, wx);
    gram(l, y, wy);
    for (i = 0; i < N; i++)
        for (j = 0; j < N; j++) {
            trace += k[i][j] * l[j][i];
            ones_k += k[i][j];
            ones_l += l[i][j];
            for (m = 0; m < N; m++)
                both += k[i][j] * l[j][m];
        }
    return (trace + ones_k * ones_l / ((N - 1) * (N - 2)) -
            2 * both / (N - 2)) / (N * (N - 3));
}

static double by_definition(const float *x, size_t wx, const float *y,
                            size_t wy)
{
    return (double)(hsic_by_definition(x, wx, y, wy) /
                    sqrtl(hsic_by_definition(x, wx, x, wx) *
                          hsic_by_definition(y, wy, y, wy)));
}

static double streamed(lat_pool *pool, const float *x, size_t wx,
                       const float *y, size_t wy, size_t step)
{
    lat_error error = {0};
    lat_cka *cka = NULL;
    double value;
    size_t i, count;

    CHECK(lat_cka_create(&cka, wx, wy, &error) == LAT_OK);
    for (i = 0; i < N; i += count) {
        count = N - i < step ? N - i : step;
        CHECK(lat_cka_add(cka, pool, x + i * wx, y + i * wy, count,
                          &error) == LAT_OK);
    }
    value = lat_cka_value(cka);
    lat_cka_free(cka);
    return value;
}

static void check_widths(lat_pool *pool, size_t wx, size_t wy)
{
    float x[N * 40], y[N * 40];
    double want, one, again;
    size_t i, j;

    fill(x, N * wx, 1 + wx);
    fill(y, N * wy, 77 + wy);
    /* y shares something with x, so that the value is not near 0. */
    for (i = 0; i < N; i++)
        for (j = 0; j < wy; j++)
            y[i * wy + j] += 2.0f * x[i * wx + j % wx];
    want = by_definition(x, wx, y, wy);
    one = streamed(NULL, x, wx, y, wy, N);
    CHECK_MSG(fabs(one - want) <= 1e-12, "%lu x %lu: %.15g, expected %.15g",
              (unsigned long)wx, (unsigned long)wy, one, want);
    for (j = 1; j < 8; j += 3) {
        again = streamed(pool, x, wx, y, wy, j);
        CHECK_MSG(memcmp(&again, &one, sizeof one) == 0,
                  "another value in steps of %lu", (unsigned long)j);
    }
    CHECK(fabs(streamed(NULL, x, wx, x, wx, N) - 1.0) <= 1e-12);
    /* A constant row more does not change it. */
    for (i = 0; i < N; i++)
        for (j = 0; j < wx; j++)
            x[i * wx + j] += 8.0f;
    CHECK(fabs(streamed(NULL, x, wx, y, wy, N) - want) <= 1e-6);
}

static void check_layers(lat_pool *pool)
{
    static float rows[3][N * 10];
    const float *x[2] = {rows[0], rows[1]}, *y[1] = {rows[2]};
    lat_cka_layers layers = {x, 2, 10, y, 1, 10, N};
    size_t i;
    lat_error error = {0};
    double out[2];

    for (i = 0; i < 3; i++)
        fill(rows[i], N * 10, i + 5);
    CHECK(lat_cka_run_layers(out, pool, &layers, &error) == LAT_OK);
    for (i = 0; i < 2; i++)
        CHECK(out[i] == streamed(NULL, rows[i], 10, rows[2], 10, N));
    layers.n = 3;
    CHECK(lat_cka_run_layers(out, pool, &layers, &error) == LAT_OK);
    CHECK(isnan(out[0]) && isnan(out[1]));
    layers.n = N;
    rows[1][57] = (float)NAN;
    CHECK(lat_cka_run_layers(out, pool, &layers, &error) ==
          LAT_OUT_OF_RANGE);
    CHECK(strstr(error.text, "row 5") != NULL);
    memset(rows[0], 0, sizeof rows[0]);
    CHECK(isnan(streamed(NULL, rows[0], 10, rows[2], 10, N)));
}

int main(void)
{
    static const size_t widths[] = {1, 2, 3, 8, 13, 16, 33};
    lat_pool *pool = NULL;
    lat_error error = {0};
    size_t i, j, n = sizeof widths / sizeof *widths;

    CHECK(lat_pool_create(&pool, 3, &error) == LAT_OK);
    for (i = 0; i < n; i++)
        for (j = 0; j < n; j++)
            check_widths(pool, widths[i], widths[j]);
    check_layers(pool);
    lat_pool_free(pool);
    return harness_end("test_cka");
}
