/*
 * kernels_int.h - what the files of this folder share: the tables of the
 * levels, the target attributes and a few helpers on bits.
 *
 * How a level is made.  A level's file (plain.c, avx2.c, ...) defines a
 * small vocabulary on its vector type V of W floats (v_add, v_fma, ...) and
 * includes two templates written once for all levels:
 *
 *     vocabulary          templates                    result
 *     plain.c   W =  1 \
 *     avx2.c    W =  8  \  lanes_int.h  row work     \  lat_kernels_plain
 *     avx512.c  W = 16  /  tile_int.h   products     /  lat_kernels_avx2 ...
 *     neon.c    W =  4 /
 *
 * So the order of all roundings is the same by construction, and a new
 * instruction set is a file of some 200 lines.
 */
#ifndef LATENT_KERNELS_INT_H
#define LATENT_KERNELS_INT_H

#include "kernels.h"
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#define LAT_LEVEL_X86 1
#endif
#if defined(__aarch64__) && defined(__GNUC__)
#define LAT_LEVEL_NEON 1
#endif

#if defined(LAT_LEVEL_X86) || defined(__FP_FAST_FMAF)
#define LAT_LEVEL_FUSED 1
#endif

/* 32-bit x86 would round to 80 bits; SSE2 rounds to the type. */
#if defined(__i386__) && defined(__GNUC__) && !defined(__clang__)
#define LAT_TARGET_SCALAR __attribute__((target("sse2,fpmath=sse")))
#else
#define LAT_TARGET_SCALAR
#endif

/* In front of every function of a level and of the templates. */
#if defined(__GNUC__)
#define LAT_ALWAYS_INLINE __attribute__((always_inline))
#else
#define LAT_ALWAYS_INLINE
#endif

/* Loops over the parts of a 16-lane block must be unrolled, so that the
 * parts are registers; both compilers do it at -O1 when told to.  With a
 * check at each access clang takes minutes for the same (clang 14: 200 s for
 * avx2.c, 11 s without), and there speed is not the point. */
#if defined(__clang__)
#if __has_feature(address_sanitizer)
#define LAT_UNROLL
#else
#define LAT_UNROLL _Pragma("clang loop unroll(full)")
#endif
#elif defined(__GNUC__)
#define LAT_UNROLL _Pragma("GCC unroll 16")
#else
#define LAT_UNROLL
#endif

/* Cache blocking of a matrix product, see tile_int.h. */
typedef struct lat_blocking {
    size_t nc, kc; /* columns, a multiple of a strip; depth */
} lat_blocking;

/* Hints: fetch a line into L2 for reading, into L1 for writing.  Any address
 * will do; one outside of the data costs nothing but the hint. */
#if defined(__GNUC__)
#define LAT_FETCH(p) __builtin_prefetch((p), 0, 2);
#define LAT_FETCH_WRITE(p) __builtin_prefetch((p), 1, 3);
#else
#define LAT_FETCH(p)
#define LAT_FETCH_WRITE(p)
#endif

extern const lat_kernels lat_kernels_plain; /* plain C, fma in software */
extern const lat_kernels lat_kernels_fused; /* plain C, fma of the CPU */
extern const lat_kernels lat_kernels_avx2;
extern const lat_kernels lat_kernels_avx512;
extern const lat_kernels lat_kernels_neon;

/* Every NaN that a kernel gives: which operand's NaN an instruction hands
 * on differs from CPU to CPU. */
#define LAT_NAN_BITS 0x7fc00000u
#define LAT_NAN64_BITS 0x7ff8000000000000u

static inline float lat_bits_float(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static inline uint32_t lat_float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
static inline double lat_bits_double(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}
static inline uint64_t lat_double_bits(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Shared by levels without an instruction for it (convert.c). */
void lat_widen_f16(float *out, const void *in, size_t n);
void lat_widen_bf16(float *out, const void *in, size_t n);
void lat_widen_q8_0(float *out, const void *in, size_t n);

#endif
