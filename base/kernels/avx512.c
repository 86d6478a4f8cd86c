/*
 * avx512.c - the kernels for x86 with AVX-512 F, DQ, BW and VL: 16 floats a
 * vector, so a vector is exactly the 16 lanes of a reduction.
 *
 * Product tile 6 x 64: 24 accumulators, 4 vectors of b and one broadcast of
 * a fill 29 of 32 registers; 24 fused multiply-adds for 10 loads.  (12 x 32
 * takes 14: on Ice Lake, which loads hardly more than one vector a cycle
 * beside them, that cost 8 % of the peak.)
 */
#include "kernels_int.h"

#ifdef LAT_LEVEL_X86
#include <immintrin.h>

#define LAT_TARGET                                                         \
    __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma,"   \
                          "f16c,prfchw")))
#define LAT_FN LAT_TARGET LAT_ALWAYS_INLINE static inline
#define W 16
#define WD 8
typedef __m512 V;
typedef __mmask16 M;
typedef __m512d D;

LAT_FN __mmask16 v_lanes(size_t n)
{
    return (__mmask16)(0xffffu >> (16 - n));
}
LAT_FN V v_set(float x) { return _mm512_set1_ps(x); }
LAT_FN V v_load(const float *p) { return _mm512_loadu_ps(p); }
LAT_FN void v_store(float *p, V x) { _mm512_storeu_ps(p, x); }
LAT_FN V v_load_part(const float *p, size_t n)
{
    return _mm512_maskz_loadu_ps(v_lanes(n), p);
}
LAT_FN void v_store_part(float *p, size_t n, V x)
{
    _mm512_mask_storeu_ps(p, v_lanes(n), x);
}
LAT_FN V v_add(V a, V b) { return _mm512_add_ps(a, b); }
LAT_FN V v_sub(V a, V b) { return _mm512_sub_ps(a, b); }
LAT_FN V v_mul(V a, V b) { return _mm512_mul_ps(a, b); }
LAT_FN V v_div(V a, V b) { return _mm512_div_ps(a, b); }
LAT_FN V v_sqrt(V a) { return _mm512_sqrt_ps(a); }
LAT_FN V v_fma(V a, V b, V c) { return _mm512_fmadd_ps(a, b, c); }
LAT_FN V v_max(V a, V b) { return _mm512_max_ps(a, b); }
LAT_FN V v_min(V a, V b) { return _mm512_min_ps(a, b); }
LAT_FN V v_abs(V a) { return _mm512_andnot_ps(v_set(-0.0f), a); }
LAT_FN V v_copysign(V size, V sign)
{
    return _mm512_or_ps(size, _mm512_and_ps(v_set(-0.0f), sign));
}
LAT_FN M v_less(V a, V b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ);
}
LAT_FN M v_nan(V a) { return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q); }
LAT_FN V v_pick(M m, V yes, V no)
{
    return _mm512_mask_blend_ps(m, no, yes);
}
LAT_FN V v_keep(size_t n, V fresh, V old)
{
    return v_pick(v_lanes(n), fresh, old);
}
LAT_FN V v_pow2(V t)
{
    __m512i n = _mm512_slli_epi32(_mm512_castps_si512(t), 23);
    return _mm512_castsi512_ps(
        _mm512_add_epi32(n, _mm512_set1_epi32(0x3f800000)));
}
/* 16 x 16: pairs, fours, then quarters of 128 bits in two steps. */
LAT_FN void v_transpose(V *r)
{
    V t[16];
    LAT_UNROLL
    for (int i = 0; i < 16; i += 2) {
        t[i] = _mm512_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_ps(r[i], r[i + 1]);
    }
    LAT_UNROLL
    for (int i = 0; i < 16; i += 4) {
        r[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
        r[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    LAT_UNROLL
    for (int i = 0; i < 16; i += 8)
        LAT_UNROLL
        for (int j = i; j < i + 4; j++) {
            t[j] = _mm512_shuffle_f32x4(r[j], r[j + 4], 0x88);
            t[j + 4] = _mm512_shuffle_f32x4(r[j], r[j + 4], 0xdd);
        }
    LAT_UNROLL
    for (int i = 0; i < 8; i++) {
        r[i] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0x88);
        r[i + 8] = _mm512_shuffle_f32x4(t[i], t[i + 8], 0xdd);
    }
}
LAT_FN float v_fold(const V *lanes)
{
    __m256 x = _mm256_add_ps(_mm512_castps512_ps256(lanes[0]),
                             _mm512_extractf32x8_ps(lanes[0], 1));
    __m128 y = _mm_add_ps(_mm256_castps256_ps128(x),
                          _mm256_extractf128_ps(x, 1));
    y = _mm_add_ps(y, _mm_movehl_ps(y, y));
    return _mm_cvtss_f32(_mm_add_ss(y, _mm_movehdup_ps(y)));
}

LAT_FN __mmask8 d_lanes(size_t n) { return (__mmask8)(0xffu >> (8 - n)); }
LAT_FN D d_set(double x) { return _mm512_set1_pd(x); }
LAT_FN D d_load(const double *p) { return _mm512_loadu_pd(p); }
LAT_FN D d_load_part(const double *p, size_t n)
{
    return _mm512_maskz_loadu_pd(d_lanes(n), p);
}
LAT_FN void d_store(double *p, D x) { _mm512_storeu_pd(p, x); }
LAT_FN D d_sub(D a, D b) { return _mm512_sub_pd(a, b); }
LAT_FN D d_fma(D a, D b, D c) { return _mm512_fmadd_pd(a, b, c); }
LAT_FN D d_keep(size_t n, D fresh, D old)
{
    return _mm512_mask_blend_pd(d_lanes(n), old, fresh);
}

#define ROWS_MAX 6
#define STRIP 64
#define GROUP_ROWS 1
#include "lanes_int.h"

/* In place, as for AVX2. */
#define LAT_FMA_INTO(c, a, b)                                              \
    __asm__("vfmadd231ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));

/* As for AVX2. */
static const lat_blocking blocking = {128, 1024};
#define BLOCK_ROWS 192

#include "pack_int.h"
#include "tile_int.h"

LAT_TARGET static void widen_f16(float *out, const void *in, size_t n)
{
    const unsigned char *bytes = in;
    size_t i = 0;
    for (; n - i >= 16; i += 16)
        v_store(out + i, _mm512_cvtph_ps(_mm256_loadu_si256(
                             (const __m256i *)(bytes + 2 * i))));
    lat_widen_f16(out + i, bytes + 2 * i, n - i);
}

LAT_TARGET static void widen_bf16(float *out, const void *in, size_t n)
{
    const unsigned char *bytes = in;
    size_t i = 0;
    for (; n - i >= 16; i += 16) {
        __m512i x = _mm512_cvtepu16_epi32(
            _mm256_loadu_si256((const __m256i *)(bytes + 2 * i)));
        _mm512_storeu_si512(out + i, _mm512_slli_epi32(x, 16));
    }
    lat_widen_bf16(out + i, bytes + 2 * i, n - i);
}

LAT_TARGET static void widen_q8_0(float *out, const void *in, size_t n)
{
    const unsigned char *block = in;
    for (size_t i = 0; i < n; i += 32, block += 34) {
        float scale;
        lat_widen_f16(&scale, block, 1);
        for (size_t j = 0; j < 32; j += 16) {
            __m512i q = _mm512_cvtepi8_epi32(
                _mm_loadu_si128((const __m128i *)(block + 2 + j)));
            v_store(out + i + j, v_clean(v_mul(_mm512_cvtepi32_ps(q),
                                               v_set(scale))));
        }
    }
}

const lat_kernels lat_kernels_avx512 = {
    "avx512", matmul, pack_rows, pack_columns, pack_left, layer_norm,
    softmax, activate, exp_all, add, sum, dot, dot4, distance2, dot64,
    widen_f16, widen_bf16, widen_q8_0};

#else
typedef int lat_no_avx512; /* an empty file is not C */
#endif
