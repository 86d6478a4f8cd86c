/*
 * softfma.h - the software fma against the C library's, over random and
 * hard triples: cancellation, results that are nearly halves, subnormal
 * products and sums, the ends of the range.
 */
#ifndef LATENT_TEST_SOFTFMA_H
#define LATENT_TEST_SOFTFMA_H

#include "guard.h"
#include "../../../base/kernels/soft_fma_int.h"
#include <math.h>

static float softfma_any(uint64_t r)
{
    return lat_bits_float((uint32_t)r);
}

/* Significands with few or many ones, exponents close to `center`. */
static float softfma_near(uint64_t r, int center)
{
    uint32_t bits = (uint32_t)r & 0x807fffffu;
    int e = center + (int)(r >> 40 & 15) - 8;
    if (r >> 62 == 0)
        bits &= 0x80700000u;
    if (r >> 62 == 1)
        bits |= 0x007ffff0u;
    e = e < 0 ? 0 : e > 254 ? 254 : e;
    return lat_bits_float(bits | (uint32_t)e << 23);
}

static bool softfma_same(float a, float b, float c)
{
    float got = lat_soft_fmaf(a, b, c), want = fmaf(a, b, c);
    if (isnan(want))
        return isnan(got);
    return lat_float_bits(got) == lat_float_bits(want);
}

static void softfma_check(uint64_t count)
{
    uint64_t bad = 0;
    float a = 0, b = 0, c = 0, at[3] = {0, 0, 0};
    for (uint64_t i = 0; i < count; i++) {
        uint64_t r = guard_random(), s = guard_random(), t = guard_random();
        int e = (int)(r >> 56);
        switch (i % 5) {
        case 0: /* anything */
            a = softfma_any(r);
            b = softfma_any(s);
            c = softfma_any(t);
            break;
        case 1: /* all of one size */
            a = softfma_near(r, 127);
            b = softfma_near(s, 127);
            c = softfma_near(t, 127);
            break;
        case 2: /* the product about as large as c, anywhere */
            a = softfma_near(r, e / 2 + 63);
            b = softfma_near(s, e / 2 + 63);
            c = softfma_near(t, e);
            break;
        case 3: /* nearly cancelling */
            a = softfma_near(r, e / 2 + 63);
            b = softfma_near(s, e / 2 + 63);
            c = -(a * b);
            c = lat_bits_float(lat_float_bits(c) + (uint32_t)(t >> 62));
            break;
        default: /* the product far below c, or subnormal results */
            a = softfma_near(r, e / 4);
            b = softfma_near(s, 127 - e / 8);
            c = softfma_near(t, (int)(t >> 60));
        }
        if (!softfma_same(a, b, c)) {
            bad++;
            at[0] = a;
            at[1] = b;
            at[2] = c;
        }
    }
    CHECK_MSG(bad == 0, "%llu wrong, such as fma(%a, %a, %a)",
              (unsigned long long)bad, (double)at[0], (double)at[1],
              (double)at[2]);
}

#endif
