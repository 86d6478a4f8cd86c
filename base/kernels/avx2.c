/*
 * avx2.c - the kernels for x86 with AVX2, FMA and F16C: 8 floats a vector.
 *
 * Product tile 6 x 16: 12 accumulators, 2 vectors of b and one broadcast of
 * a fill 15 of 16 registers; 12 fused multiply-adds (two pipes, 4 or 5
 * cycles deep, need 8 to 10 in flight) for 8 loads.
 */
#include "kernels_int.h"

#ifdef LAT_LEVEL_X86
#include <immintrin.h>

#define LAT_TARGET __attribute__((target("avx2,fma,f16c,prfchw")))
#define LAT_FN LAT_TARGET LAT_ALWAYS_INLINE static inline
#define W 8
#define WD 4
typedef __m256 V;
typedef __m256 M;
typedef __m256d D;

/* n set lanes start at 8 - n. */
static const int32_t lane_mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1,
                                      0,  0,  0,  0,  0,  0,  0,  0};
static const int64_t lane_mask64[8] = {-1, -1, -1, -1, 0, 0, 0, 0};

LAT_FN __m256i v_lanes(size_t n)
{
    return _mm256_loadu_si256((const __m256i *)(lane_mask + 8 - n));
}
LAT_FN V v_set(float x) { return _mm256_set1_ps(x); }
LAT_FN V v_load(const float *p) { return _mm256_loadu_ps(p); }
LAT_FN void v_store(float *p, V x) { _mm256_storeu_ps(p, x); }
LAT_FN V v_load_part(const float *p, size_t n)
{
    return _mm256_maskload_ps(p, v_lanes(n));
}
LAT_FN void v_store_part(float *p, size_t n, V x)
{
    _mm256_maskstore_ps(p, v_lanes(n), x);
}
LAT_FN V v_add(V a, V b) { return _mm256_add_ps(a, b); }
LAT_FN V v_sub(V a, V b) { return _mm256_sub_ps(a, b); }
LAT_FN V v_mul(V a, V b) { return _mm256_mul_ps(a, b); }
LAT_FN V v_div(V a, V b) { return _mm256_div_ps(a, b); }
LAT_FN V v_sqrt(V a) { return _mm256_sqrt_ps(a); }
LAT_FN V v_fma(V a, V b, V c) { return _mm256_fmadd_ps(a, b, c); }
LAT_FN V v_max(V a, V b) { return _mm256_max_ps(a, b); }
LAT_FN V v_min(V a, V b) { return _mm256_min_ps(a, b); }
LAT_FN V v_abs(V a) { return _mm256_andnot_ps(v_set(-0.0f), a); }
LAT_FN V v_copysign(V size, V sign)
{
    return _mm256_or_ps(size, _mm256_and_ps(v_set(-0.0f), sign));
}
LAT_FN M v_less(V a, V b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
LAT_FN M v_nan(V a) { return _mm256_cmp_ps(a, a, _CMP_UNORD_Q); }
LAT_FN V v_pick(M m, V yes, V no) { return _mm256_blendv_ps(no, yes, m); }
LAT_FN V v_keep(size_t n, V fresh, V old)
{
    return v_pick(_mm256_castsi256_ps(v_lanes(n)), fresh, old);
}
LAT_FN V v_pow2(V t)
{
    __m256i n = _mm256_slli_epi32(_mm256_castps_si256(t), 23);
    return _mm256_castsi256_ps(
        _mm256_add_epi32(n, _mm256_set1_epi32(0x3f800000)));
}
/* 8 x 8: pairs, fours, then halves of 128 bits. */
LAT_FN void v_transpose(V *r)
{
    V t[8];
    LAT_UNROLL
    for (int i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    LAT_UNROLL
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
        r[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
    }
    LAT_UNROLL
    for (int i = 0; i < 4; i++) {
        V low = r[i], high = r[i + 4];
        r[i] = _mm256_permute2f128_ps(low, high, 0x20);
        r[i + 4] = _mm256_permute2f128_ps(low, high, 0x31);
    }
}
LAT_FN float v_fold(const V *lanes)
{
    V x = v_add(lanes[0], lanes[1]);
    __m128 y = _mm_add_ps(_mm256_castps256_ps128(x),
                          _mm256_extractf128_ps(x, 1));
    y = _mm_add_ps(y, _mm_movehl_ps(y, y));
    return _mm_cvtss_f32(_mm_add_ss(y, _mm_movehdup_ps(y)));
}

LAT_FN __m256i d_lanes(size_t n)
{
    return _mm256_loadu_si256((const __m256i *)(lane_mask64 + 4 - n));
}
LAT_FN D d_set(double x) { return _mm256_set1_pd(x); }
LAT_FN D d_load(const double *p) { return _mm256_loadu_pd(p); }
LAT_FN D d_load_part(const double *p, size_t n)
{
    return _mm256_maskload_pd(p, d_lanes(n));
}
LAT_FN void d_store(double *p, D x) { _mm256_storeu_pd(p, x); }
LAT_FN D d_sub(D a, D b) { return _mm256_sub_pd(a, b); }
LAT_FN D d_fma(D a, D b, D c) { return _mm256_fmadd_pd(a, b, c); }
LAT_FN D d_keep(size_t n, D fresh, D old)
{
    return _mm256_blendv_pd(old, fresh, _mm256_castsi256_pd(d_lanes(n)));
}

#define ROWS_MAX 6
#define STRIP 16
#define GROUP_ROWS 2
#include "lanes_int.h"

/* In place, which gcc does not see by itself: 8 of 172 instructions of a turn
 * were copies of accumulators. */
#define LAT_FMA_INTO(c, a, b)                                              \
    __asm__("vfmadd231ps %2, %1, %0" : "+x"(c) : "x"(a), "x"(b));

/* 192 rows share one reading of b, which comes from far; 128 columns keep
 * the scratch at 96 KB.  Long parts of k measured better than those whose
 * strip of b fits L1. */
static const lat_blocking blocking = {128, 1024};
#define BLOCK_ROWS 192

#include "pack_int.h"
#include "tile_int.h"

LAT_TARGET static void widen_f16(float *out, const void *in, size_t n)
{
    const unsigned char *bytes = in;
    size_t i = 0;
    for (; n - i >= 8; i += 8)
        _mm256_storeu_ps(out + i,
                         _mm256_cvtph_ps(_mm_loadu_si128(
                             (const __m128i *)(bytes + 2 * i))));
    lat_widen_f16(out + i, bytes + 2 * i, n - i);
}

LAT_TARGET static void widen_bf16(float *out, const void *in, size_t n)
{
    const unsigned char *bytes = in;
    size_t i = 0;
    for (; n - i >= 8; i += 8) {
        __m256i x = _mm256_cvtepu16_epi32(
            _mm_loadu_si128((const __m128i *)(bytes + 2 * i)));
        _mm256_storeu_si256((__m256i *)(out + i), _mm256_slli_epi32(x, 16));
    }
    lat_widen_bf16(out + i, bytes + 2 * i, n - i);
}

LAT_TARGET static void widen_q8_0(float *out, const void *in, size_t n)
{
    const unsigned char *block = in;
    for (size_t i = 0; i < n; i += 32, block += 34) {
        float scale;
        lat_widen_f16(&scale, block, 1);
        for (size_t j = 0; j < 32; j += 8) {
            __m256i q = _mm256_cvtepi8_epi32(
                _mm_loadl_epi64((const __m128i *)(block + 2 + j)));
            v_store(out + i + j, v_clean(v_mul(_mm256_cvtepi32_ps(q),
                                               v_set(scale))));
        }
    }
}

const lat_kernels lat_kernels_avx2 = {
    "avx2", matmul, pack_rows, pack_columns, pack_left, layer_norm,
    softmax, activate, exp_all, add, sum, dot, dot4, distance2, dot64,
    widen_f16, widen_bf16, widen_q8_0};

#else
typedef int lat_no_avx2; /* an empty file is not C */
#endif
