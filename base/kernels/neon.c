/*
 * neon.c - the kernels for 64-bit ARM: 4 floats a vector.
 *
 * Product tile 6 x 16: 24 accumulators, 4 vectors of b and a broadcast of a
 * in 29 of 32 registers.
 */
#include "kernels_int.h"

#ifdef LAT_LEVEL_NEON
#include <arm_neon.h>

#define LAT_TARGET
#define LAT_FN LAT_ALWAYS_INLINE static inline
#define W 4
#define WD 2
typedef float32x4_t V;
typedef uint32x4_t M;
typedef float64x2_t D;

LAT_FN V v_set(float x) { return vdupq_n_f32(x); }
LAT_FN V v_load(const float *p) { return vld1q_f32(p); }
LAT_FN void v_store(float *p, V x) { vst1q_f32(p, x); }
LAT_FN V v_load_part(const float *p, size_t n)
{
    float all[4] = {0, 0, 0, 0};
    memcpy(all, p, n * sizeof *p);
    return vld1q_f32(all);
}
LAT_FN void v_store_part(float *p, size_t n, V x)
{
    float all[4];
    vst1q_f32(all, x);
    memcpy(p, all, n * sizeof *p);
}
LAT_FN V v_add(V a, V b) { return vaddq_f32(a, b); }
LAT_FN V v_sub(V a, V b) { return vsubq_f32(a, b); }
LAT_FN V v_mul(V a, V b) { return vmulq_f32(a, b); }
LAT_FN V v_div(V a, V b) { return vdivq_f32(a, b); }
LAT_FN V v_sqrt(V a) { return vsqrtq_f32(a); }
LAT_FN V v_fma(V a, V b, V c) { return vfmaq_f32(c, a, b); }
/* vmaxq would hand on a NaN of either side. */
LAT_FN V v_max(V a, V b) { return vbslq_f32(vcgtq_f32(a, b), a, b); }
LAT_FN V v_min(V a, V b) { return vbslq_f32(vcltq_f32(a, b), a, b); }
LAT_FN V v_abs(V a) { return vabsq_f32(a); }
LAT_FN V v_copysign(V size, V sign)
{
    return vbslq_f32(vdupq_n_u32(0x80000000u), sign, size);
}
LAT_FN M v_less(V a, V b) { return vcltq_f32(a, b); }
LAT_FN M v_nan(V a) { return vmvnq_u32(vceqq_f32(a, a)); }
LAT_FN V v_pick(M m, V yes, V no) { return vbslq_f32(m, yes, no); }
LAT_FN V v_keep(size_t n, V fresh, V old)
{
    static const uint32_t number[4] = {0, 1, 2, 3};
    M m = vcltq_u32(vld1q_u32(number), vdupq_n_u32((uint32_t)n));
    return vbslq_f32(m, fresh, old);
}
LAT_FN V v_pow2(V t)
{
    uint32x4_t n = vshlq_n_u32(vreinterpretq_u32_f32(t), 23);
    return vreinterpretq_f32_u32(vaddq_u32(n, vdupq_n_u32(0x3f800000u)));
}
LAT_FN void v_transpose(V *r)
{
    float32x4x2_t low = vtrnq_f32(r[0], r[1]), high = vtrnq_f32(r[2], r[3]);
    r[0] = vcombine_f32(vget_low_f32(low.val[0]), vget_low_f32(high.val[0]));
    r[1] = vcombine_f32(vget_low_f32(low.val[1]), vget_low_f32(high.val[1]));
    r[2] = vcombine_f32(vget_high_f32(low.val[0]),
                        vget_high_f32(high.val[0]));
    r[3] = vcombine_f32(vget_high_f32(low.val[1]),
                        vget_high_f32(high.val[1]));
}
LAT_FN float v_fold(const V *lanes)
{
    V x = v_add(v_add(lanes[0], lanes[2]), v_add(lanes[1], lanes[3]));
    float32x2_t y = vadd_f32(vget_low_f32(x), vget_high_f32(x));
    return vget_lane_f32(y, 0) + vget_lane_f32(y, 1);
}

LAT_FN D d_set(double x) { return vdupq_n_f64(x); }
LAT_FN D d_load(const double *p) { return vld1q_f64(p); }
LAT_FN D d_load_part(const double *p, size_t n)
{
    double all[2] = {0, 0};
    memcpy(all, p, n * sizeof *p);
    return vld1q_f64(all);
}
LAT_FN void d_store(double *p, D x) { vst1q_f64(p, x); }
LAT_FN D d_sub(D a, D b) { return vsubq_f64(a, b); }
LAT_FN D d_fma(D a, D b, D c) { return vfmaq_f64(c, a, b); }
LAT_FN D d_keep(size_t n, D fresh, D old)
{
    return n == 2 ? fresh : vcopyq_laneq_f64(old, 0, fresh, 0);
}

#define ROWS_MAX 6
#define STRIP 16
#define GROUP_ROWS 1
#include "lanes_int.h"

#define LAT_FMA_INTO(c, a, b) c = v_fma(a, b, c);

static const lat_blocking blocking = {128, 1024};
#define BLOCK_ROWS 192

#include "pack_int.h"
#include "tile_int.h"

LAT_TARGET static void widen_f16(float *out, const void *in, size_t n)
{
    const unsigned char *bytes = in;
    size_t i = 0;
#ifndef __AARCH64EB__
    for (; n - i >= 4; i += 4)
        vst1q_f32(out + i, vcvt_f32_f16(vreinterpret_f16_u8(
                               vld1_u8(bytes + 2 * i))));
#endif
    lat_widen_f16(out + i, bytes + 2 * i, n - i);
}

const lat_kernels lat_kernels_neon = {
    "neon", matmul, pack_rows, pack_columns, pack_left, layer_norm,
    softmax, activate, exp_all, add, sum, dot, dot4, distance2, dot64,
    widen_f16, lat_widen_bf16, lat_widen_q8_0};

#else
typedef int lat_no_neon; /* an empty file is not C */
#endif
