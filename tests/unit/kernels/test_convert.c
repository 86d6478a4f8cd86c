/*
 * Conversions: every f16 and bf16 there and back, the rounding of narrowing
 * against nearest-even by search, q8_0 against its definition.
 */
#include "guard.h"
#include <math.h>

static float widened(uint32_t half)
{
    unsigned char bytes[2] = {(unsigned char)(half & 255),
                              (unsigned char)(half >> 8)};
    float x;
    lat_kernels_plain.widen_f16(&x, bytes, 1);
    return x;
}

static uint32_t narrowed(float x)
{
    unsigned char bytes[2];
    lat_narrow_f16(bytes, &x, 1);
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

/* The value by the definition of the format. */
static double f16_value(uint32_t half)
{
    int e = (int)(half >> 10 & 31);
    double m = half & 1023;
    double v = e == 31  ? (m == 0 ? INFINITY : NAN)
               : e == 0 ? ldexp(m, -24)
                        : ldexp(m + 1024, e - 25);
    return half >> 15 ? -v : v;
}

static void check_f16(void)
{
    unsigned long wrong = 0;
    for (uint32_t h = 0; h < 65536; h++) {
        double v = f16_value(h);
        float x = widened(h);
        if (isnan(v)) {
            wrong += !isnan(x) || (narrowed(x) & 0x7fffu) <= 0x7c00u;
            continue;
        }
        wrong += (double)x != v || narrowed(x) != h;
        /* Between h and its neighbour: the middle goes to the even one,
         * anything beside it to the nearer. */
        if ((h & 0x7fffu) >= 0x7bffu)
            continue;
        float middle = (float)((v + f16_value(h + 1)) / 2);
        wrong += narrowed(middle) != h + (h & 1);
        wrong += narrowed(nextafterf(middle, x)) != h;
        wrong += narrowed(nextafterf(middle, (float)f16_value(h + 1))) !=
                 h + 1;
    }
    CHECK_MSG(wrong == 0, "%lu wrong", wrong);
    CHECK(narrowed(65519.996f) == 0x7bff && narrowed(65520.0f) == 0x7c00);
    CHECK(narrowed(1e30f) == 0x7c00 && narrowed(-INFINITY) == 0xfc00);
    CHECK(narrowed(0x1p-25f) == 0 && narrowed(0x1.000002p-25f) == 1);
    CHECK(narrowed(-0x1p-149f) == 0x8000);
}

static void check_bf16(void)
{
    unsigned long wrong = 0;
    for (uint32_t h = 0; h < 65536; h++) {
        unsigned char in[2] = {(unsigned char)(h & 255),
                               (unsigned char)(h >> 8)}, out[2];
        float x;
        lat_kernels_plain.widen_bf16(&x, in, 1);
        wrong += lat_float_bits(x) != h << 16;
        if (isnan(x))
            continue;
        lat_narrow_bf16(out, &x, 1);
        wrong += memcmp(in, out, 2) != 0;
        if (isinf(x))
            continue;
        for (uint32_t low = 0x7fff; low <= 0x8001; low++) {
            float y = lat_bits_float(h << 16 | low);
            uint32_t want = low == 0x8000 ? h + (h & 1)
                            : low > 0x8000 ? h + 1
                                           : h;
            lat_narrow_bf16(out, &y, 1);
            wrong += ((uint32_t)out[0] | (uint32_t)out[1] << 8) != want;
        }
    }
    CHECK_MSG(wrong == 0, "%lu wrong", wrong);
    float nan = lat_bits_float(0x7f800001u);
    unsigned char out[2];
    lat_narrow_bf16(out, &nan, 1);
    CHECK(out[1] == 0x7f && (out[0] & 0x7f) != 0);
}

static void check_q8(void)
{
    float x[32], y[32];
    unsigned char block[34];
    for (int round = 0; round < 2000; round++) {
        float size = ldexpf(1.0f, round % 40 - 30), most = 0;
        for (int i = 0; i < 32; i++) {
            x[i] = guard_unit() * size;
            most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
        }
        lat_narrow_q8_0(block, x, 32);
        lat_kernels_plain.widen_q8_0(y, block, 32);
        /* Half a step, and the rounding of the scale to f16 (relative
         * 2^-11, or 2^-25 absolute below the normal f16) 127 times. */
        float step = most / 127;
        float bound = 0.5001f * step + most * 0x1p-11f + 127 * 0x1p-25f;
        for (int i = 0; i < 32; i++)
            CHECK(fabsf(x[i] - y[i]) <= bound);
    }
    /* By hand: most = 127, so scale 1, halves away from zero. */
    memset(x, 0, sizeof x);
    x[0] = 127;
    x[1] = -2.5f;
    x[2] = 0.5f;
    x[3] = -126.4f;
    lat_narrow_q8_0(block, x, 32);
    CHECK(block[0] == 0x00 && block[1] == 0x3c);
    CHECK(block[2] == 127 && block[3] == 253 && block[4] == 1);
    CHECK(block[5] == 130 && block[6] == 0);
    memset(x, 0, sizeof x);
    memset(block, 7, sizeof block);
    lat_narrow_q8_0(block, x, 32);
    for (int i = 0; i < 34; i++)
        CHECK(block[i] == 0);
    /* Hostile values must not reach the conversion to int. */
    x[0] = NAN;
    x[1] = INFINITY;
    x[2] = 0x1p-149f;
    lat_narrow_q8_0(block, x, 32);
    CHECK(block[2] == 0);
    x[1] = 0;
    lat_narrow_q8_0(block, x, 32);
}

int main(void)
{
    check_f16();
    check_bf16();
    check_q8();
    return harness_end("test_convert");
}
