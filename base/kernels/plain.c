/*
 * plain.c - the kernels in plain C with fma in software: what runs on a CPU
 * without any of the vector levels, and the scalar functions.
 */
#include "soft_fma_int.h"

#define LAT_TARGET LAT_TARGET_SCALAR
#define FUSED(a, b, c) lat_soft_fmaf(a, b, c)
#define FUSED64(a, b, c) fma(a, b, c)
#include "scalar_int.h"

const lat_kernels lat_kernels_plain = {
    "plain", matmul, pack_rows, pack_columns, pack_left, layer_norm,
    softmax, activate, exp_all, add, sum, dot, dot4, distance2, dot64,
    lat_widen_f16, lat_widen_bf16, lat_widen_q8_0};

LAT_TARGET float lat_expf(float x) { return v_exp(x); }
LAT_TARGET float lat_erff(float x) { return v_erf(x); }
LAT_TARGET float lat_tanhf(float x) { return v_tanh(x); }
LAT_TARGET float lat_geluf(float x) { return v_clean(v_gelu(x)); }
