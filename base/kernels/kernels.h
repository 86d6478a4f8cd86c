/*
 * kernels.h - the arithmetic of latent, with the same bits on every CPU.
 *
 * One table of functions for each instruction set (plain C, AVX2+FMA,
 * AVX-512, NEON); plain C is the definition, the others give the same bits:
 *
 *  - a matrix product's output is ONE chain of fused multiply-adds in order
 *    of k, acc = fma(a[k], b[k], acc) from acc = +0, whatever the blocking
 *    (or the sum, in order, of chains of a length that the caller gives);
 *  - a reduction over a row has 16 virtual lanes (lane i takes elements i,
 *    i+16, ...; missing elements of the last block leave a lane unchanged),
 *    each lane one chain in order, folded 16 -> 8 -> 4 -> 2 -> 1 by adding
 *    lane i+half to lane i;
 *  - exp, erf, tanh are ours: fused multiply-add polynomials, below 2 ulp
 *    (worst of all floats between 2^-26 and where the result no longer
 *    changes, AVX-512, against the C library in double: exp 0.98, erf 1.09,
 *    tanh 1.45; gelu 1.15 ulp of its argument; other levels give the same
 *    bits, the rest of the floats are sampled by the tests);
 *  - a NaN result is always the quiet NaN 0x7fc00000 (0x7ff8... in double;
 *    widen_bf16 and widen_f16 keep what they are given); subnormals are
 *    kept.
 *
 * Compile everything with -ffp-contract=off (fma is written out), never with
 * fast-math.  No function allocates, blocks or fails; all are thread-safe.
 *
 *     const lat_kernels *k = lat_kernels_best();
 *     float *panels = lat_alloc(lat_panels_size(N, K) * sizeof *panels);
 *     k->pack_rows(panels, weight, K, N, K);        // weight: N x K
 *     lat_matmul job = {.m = T, .n = N, .k = K, .a = x, .lda = K,
 *                       .b = panels, .c = y, .ldc = N, .bias = bias};
 *     k->matmul(&job);                  // y = x * weight' + bias
 */
#ifndef LATENT_KERNELS_H
#define LATENT_KERNELS_H

#include "../base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Columns in a panel of a packed right operand. */
#define LAT_PANEL 16

typedef enum lat_activation {
    LAT_ACT_NONE,
    LAT_ACT_GELU,      /* x * (1 + erf(x / sqrt 2)) / 2 */
    LAT_ACT_GELU_TANH, /* "gelu_new": tanh form */
    LAT_ACT_RELU,
    LAT_ACT_TANH,
    LAT_ACT_SILU
} lat_activation;

/* c[i][j] = activation(scale * chain over k of a[i][k] * b[j][k], + bias[j])
 *           + residual[i][j].   c may be residual; c may not be a or b.
 * A job runs on the caller's thread, with 100 KB of its stack.  Threads
 * share a product as several jobs: any ranges of rows, or of columns that
 * start at a multiple of LAT_PANEL (column j: b + j * k, c + j, bias + j,
 * residual + j).  The bits do not depend on the cut. */
typedef struct lat_matmul {
    size_t m, n, k;
    const float *a; /* m x k, rows lda apart */
    size_t lda;
    bool packed;    /* a comes from pack_left(m, k) of the same table; lda is
                       not looked at, and the job cannot be cut by rows */
    const float *b; /* ceil(n/16) panels, each k x 16, zero-padded */
    float *c;       /* m x n, rows ldc apart */
    size_t ldc;
    const float *bias;     /* n, or NULL */
    const float *residual; /* m x n, rows ldr apart, or NULL */
    size_t ldr;
    lat_activation activation;
    float scale; /* 0 means 1: multiplies the chain before the bias */
    size_t piece; /* 0: one chain.  Else chains of so many products (the last
                     may have fewer), added up in order, stand for it */
} lat_matmul;

/* Floats in the panels of an n x k operand. */
size_t lat_panels_size(size_t n, size_t k);
/* Floats in a packed m x k left operand. */
size_t lat_left_size(size_t m, size_t k);

typedef struct lat_kernels {
    const char *name; /* "plain", "avx2", "avx512", "neon" */

    void (*matmul)(const lat_matmul *job);
    /* Panels of b given as n rows of k (a Linear's weight), rows ldb
     * apart; or as k rows of n (a value matrix). */
    void (*pack_rows)(float *panels, const float *b, size_t ldb, size_t n,
                      size_t k);
    void (*pack_columns)(float *panels, const float *b, size_t ldb, size_t n,
                         size_t k);
    /* The left operand in the order in which the product reads it, worth
     * while from some 100 columns on; out has lat_left_size(m, k) floats. */
    void (*pack_left)(float *out, const float *a, size_t lda, size_t m,
                      size_t k);

    /* out = (x - mean) / sqrt(variance + eps) * gain + shift, over n;
     * out may be x.  Two passes: the mean first. */
    void (*layer_norm)(float *out, const float *x, const float *gain,
                       const float *shift, size_t n, float eps);
    /* x = softmax(x), in place; n >= 1.  -infinity is a masked place; a NaN
     * or +infinity makes the whole row NaN. */
    void (*softmax)(float *x, size_t n);
    void (*activate)(float *x, size_t n, lat_activation activation);
    void (*exp)(float *x, size_t n);
    void (*add)(float *out, const float *x, const float *y, size_t n);

    float (*sum)(const float *x, size_t n);
    float (*dot)(const float *x, const float *y, size_t n);
    /* out[g] = dot(x, y[g]) for four rows. */
    void (*dot4)(float *out, const float *x, const float *const *y, size_t n);
    /* Sum of (x-y)^2 in double, 16 lanes of double fma. */
    double (*distance2)(const double *x, const double *y, size_t n);
    double (*dot64)(const double *x, const double *y, size_t n);

    /* Widening is exact.  q8_0: blocks of 32 {f16 scale, 32 int8}, value =
     * scale * q rounded once to float; n a multiple of 32. */
    void (*widen_f16)(float *out, const void *in, size_t n);
    void (*widen_bf16)(float *out, const void *in, size_t n);
    void (*widen_q8_0)(float *out, const void *in, size_t n);
} lat_kernels;

/* The best table for this CPU, lowered by LATENT_CPU=plain|avx2|avx512|neon
 * (read once).  lat_kernels_check says whether that variable holds a name
 * that this CPU can run (LAT_USAGE otherwise). */
const lat_kernels *lat_kernels_best(void);
lat_status lat_kernels_check(lat_error *error);
/* By name; NULL when this CPU or build does not have it. */
const lat_kernels *lat_kernels_named(const char *name);

/* GFLOP/s (a fused multiply-add is two) of independent fma chains in the
 * registers of the calling thread at that level, run for `seconds`; by the
 * CPU time that the thread was given, so that other programs count little.
 * 0 when this CPU does not have the level. */
double lat_fma_peak(const char *level, double seconds);

/* Narrowing, round to nearest even (converters); overflow goes to infinity
 * for f16, NaN stays NaN.  q8_0: scale = max|x| / 127 rounded to f16, q =
 * round(x / scale), as GGUF defines it; n a multiple of 32. */
void lat_narrow_f16(void *out, const float *x, size_t n);
void lat_narrow_bf16(void *out, const float *x, size_t n);
void lat_narrow_q8_0(void *out, const float *x, size_t n);

/* Scalar definitions, same bits as the vector forms. */
float lat_expf(float x);
float lat_erff(float x);
float lat_tanhf(float x);
float lat_geluf(float x);
/* Natural logarithm and log-gamma in double, own code so that results do
 * not depend on the C library: error below 2 ulp / 1e-14 relative. */
double lat_log(double x);
double lat_exp(double x);
double lat_lgamma(double x);

#ifdef __cplusplus
}
#endif
#endif
