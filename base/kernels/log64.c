/*
 * log64.c - natural logarithm and exponential in double, below 1 ulp, by
 * the same operations everywhere: the C libraries' differ in last bits.
 */
#include "kernels_int.h"

/* ln 2 with 21 zero bits at the end, so that n * LN2_HIGH is exact. */
#define LN2_HIGH 0x1.62e42fee00000p-1
#define LN2_LOW 0x1.a39ef35793c76p-33

/* x = 2^n (1 + f), sqrt(1/2) <= 1 + f < sqrt 2.  With s = f / (2 + f),
 *     log(1 + f) = 2 atanh(s) = f - (f^2/2 - s (f^2/2 + r)),
 *     r = 2/3 s^2 + 2/5 s^4 + ...,    s^2 <= 0.0295,
 * in that form the leading term f carries no rounding error. */
LAT_TARGET_SCALAR double lat_log(double x)
{
    uint64_t bits = lat_double_bits(x);
    int64_t n = 0;
    if (x != x || x < 0)
        return lat_bits_double(LAT_NAN64_BITS);
    if (x == 0)
        return -lat_bits_double(0x7ff0000000000000u);
    if (bits == 0x7ff0000000000000u)
        return x;
    if (bits < 0x0010000000000000u) {
        bits = lat_double_bits(x * 0x1p54);
        n = -54;
    }
    /* Adding what lifts sqrt(1/2) to 1 puts the border of n there. */
    const uint64_t lift = 0x3ff0000000000000u - 0x3fe6a09e667f3bcdu;
    uint64_t lifted = bits + lift;
    n += (int64_t)(lifted >> 52) - 1023;
    double f = lat_bits_double((lifted & 0x000fffffffffffffu) +
                               0x3fe6a09e667f3bcdu) - 1.0;
    double s = f / (2.0 + f), z = s * s, r = 2.0 / 25;
    for (int i = 23; i >= 3; i -= 2)
        r = r * z + 2.0 / i;
    r *= z;
    double half = 0.5 * f * f, scale = (double)n;
    return scale * LN2_HIGH +
           (f - (half - (s * (half + r) + scale * LN2_LOW)));
}

/* x = n ln 2 + r; the Taylor series of exp(r) to r^13 is right to 2^-57. */
LAT_TARGET_SCALAR double lat_exp(double x)
{
    static const double inverse[14] = {
        1.0, 1.0, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720,
        1.0 / 5040, 1.0 / 40320, 1.0 / 362880, 1.0 / 3628800,
        1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0};
    if (x != x)
        return lat_bits_double(LAT_NAN64_BITS);
    if (x > 710.0)
        return lat_bits_double(0x7ff0000000000000u);
    if (x < -746.0)
        return 0.0;
    const double magic = 0x1.8p52;
    double scale = (x * 0x1.71547652b82fep+0 + magic) - magic;
    double high = x - scale * LN2_HIGH, low = scale * LN2_LOW;
    double r = high - low, p = inverse[13];
    for (int i = 12; i >= 2; i--)
        p = p * r + inverse[i];
    /* (high - r) - low is what the subtraction lost. */
    double value = 1.0 + (r + (r * r * p + ((high - r) - low)));
    int64_t n = (int64_t)scale, half = n / 2;
    return value * lat_bits_double((uint64_t)(half + 1023) << 52) *
           lat_bits_double((uint64_t)(n - half + 1023) << 52);
}
