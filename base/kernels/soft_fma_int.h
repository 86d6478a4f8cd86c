/*
 * soft_fma_int.h - a float fused multiply-add out of double operations, for
 * CPUs without the instruction (the C library's fmaf is far slower there).
 *
 * The product of two floats is exact in double (48 of 53 bits).  The sum
 * with c is rounded to double and then to float, which is one rounding too
 * many; it does no harm when the first one is "to odd" (Boldo, Melquiond
 * 2008: enough when the wide format has two bits more, 53 >= 24 + 2, and
 * below the normal range, where the float has fewer bits, all the more).
 *
 *     s + e = p + c exactly (Knuth's two-sum)
 *     e == 0       : s is exact
 *     s odd        : s is the odd one of the two neighbours
 *     s even       : the odd one is the neighbour of s in the direction of e
 */
#ifndef LATENT_SOFT_FMA_INT_H
#define LATENT_SOFT_FMA_INT_H

#include "kernels_int.h"

LAT_TARGET_SCALAR static inline float lat_soft_fmaf(float a, float b,
                                                    float c)
{
    double p = (double)a * (double)b;
    double s = p + (double)c;
    double t = s - p;
    double e = (p - (s - t)) + ((double)c - t);
    uint64_t bits = lat_double_bits(s);
    /* With an infinity or NaN about, e is NaN and s is right already. */
    if (e < 0 || e > 0) {
        if ((bits & 1) == 0)
            bits += (e > 0) == (s > 0) ? 1 : UINT64_MAX;
        s = lat_bits_double(bits);
    }
    return (float)s;
}

#endif
