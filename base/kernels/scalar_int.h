/*
 * scalar_int.h - the vocabulary of plain C (W = 1) and its matrix product:
 * the definition of what every level computes.  plain.c and fused.c include
 * it with their own FUSED(a, b, c) = a * b + c rounded once.
 */
#ifndef LATENT_SCALAR_INT_H
#define LATENT_SCALAR_INT_H

#include "kernels_int.h"
#include <math.h>

#define LAT_FN LAT_TARGET static inline
#define W 1
#define WD 1
typedef float V;
typedef bool M;
typedef double D;

LAT_FN V v_set(float x) { return x; }
LAT_FN V v_load(const float *p) { return *p; }
LAT_FN void v_store(float *p, V x) { *p = x; }
LAT_FN V v_load_part(const float *p, size_t n) { return n ? *p : 0.0f; }
LAT_FN void v_store_part(float *p, size_t n, V x)
{
    if (n != 0)
        *p = x;
}
LAT_FN V v_add(V a, V b) { return a + b; }
LAT_FN V v_sub(V a, V b) { return a - b; }
LAT_FN V v_mul(V a, V b) { return a * b; }
LAT_FN V v_div(V a, V b) { return a / b; }
LAT_FN V v_sqrt(V a) { return sqrtf(a); }
LAT_FN V v_fma(V a, V b, V c) { return FUSED(a, b, c); }
LAT_FN V v_max(V a, V b) { return a > b ? a : b; }
LAT_FN V v_min(V a, V b) { return a < b ? a : b; }
LAT_FN V v_abs(V a) { return lat_bits_float(lat_float_bits(a) & 0x7fffffff); }
LAT_FN V v_copysign(V size, V sign)
{
    return lat_bits_float(lat_float_bits(size) |
                          (lat_float_bits(sign) & 0x80000000u));
}
LAT_FN M v_less(V a, V b) { return a < b; }
LAT_FN M v_nan(V a) { return a != a; }
LAT_FN V v_pick(M m, V yes, V no) { return m ? yes : no; }
LAT_FN V v_keep(size_t n, V fresh, V old) { return n ? fresh : old; }
LAT_FN V v_pow2(V t)
{
    return lat_bits_float((lat_float_bits(t) << 23) + 0x3f800000u);
}
LAT_FN void v_transpose(V *r) { (void)r; }
LAT_FN float v_fold(const V *lanes)
{
    float all[16];
    memcpy(all, lanes, sizeof all);
    for (int half = 8; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            all[j] += all[j + half];
    return all[0];
}

LAT_FN D d_set(double x) { return x; }
LAT_FN D d_load(const double *p) { return *p; }
LAT_FN D d_load_part(const double *p, size_t n) { return n ? *p : 0.0; }
LAT_FN void d_store(double *p, D x) { *p = x; }
LAT_FN D d_sub(D a, D b) { return a - b; }
LAT_FN D d_fma(D a, D b, D c) { return FUSED64(a, b, c); }
LAT_FN D d_keep(size_t n, D fresh, D old) { return n ? fresh : old; }

#define STRIP 1
#define GROUP_ROWS 1
#define ROWS_MAX 1
#define BLOCK_ROWS 1
#include "lanes_int.h"
#include "epilogue_int.h"
#include "pack_int.h"

/* 16 outputs of row i: the chains of one panel side by side. */
LAT_TARGET static void matmul(const lat_matmul *job)
{
    size_t piece = job->piece > 0 ? job->piece : job->k;
    size_t lda = job->packed ? job->k : job->lda; /* tiles of one row */
    for (size_t j = 0; j < job->n; j += LAT_PANEL) {
        size_t width = job->n - j < LAT_PANEL ? job->n - j : LAT_PANEL;
        for (size_t i = 0; i < job->m; i++) {
            const float *a = job->a + i * lda;
            const float *b = job->b + j * job->k;
            float sum[LAT_PANEL] = {0};
            for (size_t k = 0; k < job->k;) {
                size_t end = job->k - k > piece ? k + piece : job->k;
                float chain[LAT_PANEL] = {0};
                bool first = k == 0;
                for (; k < end; k++, b += LAT_PANEL)
                    LAT_UNROLL
                    for (size_t x = 0; x < LAT_PANEL; x++)
                        chain[x] = FUSED(a[k], b[x], chain[x]);
                for (size_t x = 0; x < LAT_PANEL; x++)
                    sum[x] = first ? chain[x] : sum[x] + chain[x];
            }
            epilogue(job, i, 1, j, width, sum, 0);
        }
    }
}

#endif
