/*
 * fused.c - the kernels in plain C again, with the CPU's own scalar fma:
 * the same source as plain.c and the same bits, many times faster.  It is
 * what "plain" means where the CPU has the instruction.
 */
#include "kernels_int.h"

#ifdef LAT_LEVEL_FUSED

#ifdef LAT_LEVEL_X86
#define LAT_TARGET __attribute__((target("fma,avx")))
#else
#define LAT_TARGET
#endif
#define FUSED(a, b, c) __builtin_fmaf(a, b, c)
#define FUSED64(a, b, c) __builtin_fma(a, b, c)
#include "scalar_int.h"

const lat_kernels lat_kernels_fused = {
    "plain", matmul, pack_rows, pack_columns, pack_left, layer_norm,
    softmax, activate, exp_all, add, sum, dot, dot4, distance2, dot64,
    lat_widen_f16, lat_widen_bf16, lat_widen_q8_0};

#else
typedef int lat_no_fused; /* an empty file is not C */
#endif
