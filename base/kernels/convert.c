/*
 * convert.c - floats to and from f16, bf16 and q8_0, in plain C.
 *
 *     f16   s eeeee mmmmmmmmmm          bias 15, little-endian
 *     bf16  the upper half of a float
 *     q8_0  blocks of 32 values: f16 scale, then 32 signed bytes
 *
 * The file formats are little-endian on every CPU, so bytes are put
 * together by shifts.
 */
#include "kernels_int.h"
#include <math.h>

#define LAT_Q8_BLOCK 32
#define LAT_Q8_BYTES 34

static uint32_t read_half(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static void write_half(unsigned char *p, uint32_t half)
{
    p[0] = (unsigned char)(half & 0xff);
    p[1] = (unsigned char)(half >> 8);
}

static float float_of_f16(uint32_t half)
{
    uint32_t sign = (half & 0x8000u) << 16;
    uint32_t exponent = half >> 10 & 31, mantissa = half & 0x3ffu;
    if (exponent == 31) /* NaNs become quiet, as the CPU's conversion does */
        return lat_bits_float(sign | 0x7f800000u | mantissa << 13 |
                              (mantissa != 0 ? 0x400000u : 0));
    if (exponent != 0)
        return lat_bits_float(sign | (exponent + 112) << 23 |
                              mantissa << 13);
    /* Subnormal: mantissa * 2^-24, exact as a float product. */
    float size = (float)mantissa * 0x1p-24f;
    return lat_bits_float(sign | lat_float_bits(size));
}

LAT_TARGET_SCALAR void lat_widen_f16(float *out, const void *in, size_t n)
{
    const unsigned char *bytes = in;
    for (size_t i = 0; i < n; i++)
        out[i] = float_of_f16(read_half(bytes + 2 * i));
}

void lat_widen_bf16(float *out, const void *in, size_t n)
{
    const unsigned char *bytes = in;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = read_half(bytes + 2 * i) << 16;
        memcpy(out + i, &bits, sizeof bits); /* keeps signalling NaNs */
    }
}

LAT_TARGET_SCALAR void lat_widen_q8_0(float *out, const void *in, size_t n)
{
    const unsigned char *block = in;
    for (size_t i = 0; i < n; i += LAT_Q8_BLOCK, block += LAT_Q8_BYTES) {
        float scale = float_of_f16(read_half(block));
        for (size_t j = 0; j < LAT_Q8_BLOCK; j++) {
            int q = block[2 + j] < 128 ? block[2 + j] : block[2 + j] - 256;
            float value = scale * (float)q;
            out[i + j] =
                value != value ? lat_bits_float(LAT_NAN_BITS) : value;
        }
    }
}

static uint32_t f16_of_float(float x)
{
    uint32_t bits = lat_float_bits(x), sign = bits >> 16 & 0x8000u;
    uint32_t size = bits & 0x7fffffffu;
    if (size > 0x7f800000u)
        return sign | 0x7e00u;
    if (size >= 0x47800000u) /* 2^16 and above */
        return sign | 0x7c00u;
    uint32_t drop = 13, value = size - (112u << 23);
    if (size < 0x38800000u) { /* below 2^-14: a multiple of 2^-24 */
        uint32_t shift = 126 - (size >> 23);
        if (shift > 24) /* below 2^-25, half the smallest */
            return sign;
        drop = shift;
        value = (size & 0x7fffffu) | 0x800000u;
    }
    uint32_t half = value >> drop, rest = value & ((1u << drop) - 1);
    uint32_t middle = 1u << (drop - 1);
    if (rest > middle || (rest == middle && (half & 1) != 0))
        half++; /* may carry into the exponent, up to infinity */
    return sign | half;
}

void lat_narrow_f16(void *out, const float *x, size_t n)
{
    unsigned char *bytes = out;
    for (size_t i = 0; i < n; i++)
        write_half(bytes + 2 * i, f16_of_float(x[i]));
}

void lat_narrow_bf16(void *out, const float *x, size_t n)
{
    unsigned char *bytes = out;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = lat_float_bits(x[i]);
        if ((bits & 0x7fffffffu) > 0x7f800000u)
            bits |= 0x400000u;
        else
            bits += 0x7fffu + (bits >> 16 & 1);
        write_half(bytes + 2 * i, bits >> 16);
    }
}

/* As ggml does it: the bytes come from the float scale, not from the f16
 * that is stored; halves round away from zero. */
LAT_TARGET_SCALAR void lat_narrow_q8_0(void *out, const float *x, size_t n)
{
    unsigned char *block = out;
    for (size_t i = 0; i < n; i += LAT_Q8_BLOCK, block += LAT_Q8_BYTES) {
        float most = 0.0f;
        for (size_t j = 0; j < LAT_Q8_BLOCK; j++)
            if (fabsf(x[i + j]) > most)
                most = fabsf(x[i + j]);
        float scale = most / 127.0f;
        float inverse = scale != 0.0f ? 1.0f / scale : 0.0f;
        write_half(block, f16_of_float(scale));
        for (size_t j = 0; j < LAT_Q8_BLOCK; j++) {
            float q = roundf(x[i + j] * inverse);
            /* Only NaN, infinity and tiny scales leave -127..127. */
            q = q > 127.0f ? 127.0f : q >= -127.0f ? q : q < 0 ? -127.0f : 0;
            block[2 + j] = (unsigned char)((int)q & 0xff);
        }
    }
}
