/*
 * accuracy.h - exp, erf, tanh and gelu over the floats, every step-th bit
 * pattern: error in units of the last place against double precision, and
 * the same bits at every level.
 *
 * The reference is the C library in double (error near 1e-16), a billion
 * times finer than the bound.  gelu is bounded against the size of its
 * argument: below 0 it is a difference that no float form can hold to
 * relative precision, and hidden states only see the absolute error.
 */
#ifndef LATENT_TEST_ACCURACY_H
#define LATENT_TEST_ACCURACY_H

#include "guard.h"
#include <math.h>

enum { BATCH = 4096 };

typedef struct function {
    const char *name;
    double (*exact)(double);
    float (*scalar)(float);
    double bound;   /* ulp of the result; of the argument for gelu */
    bool of_argument;
} function;

/* Its limit at -inf, where the formula is inf times 0. */
static double exact_gelu(double x)
{
    if (x == -HUGE_VAL)
        return 0;
    return 0.5 * x * erfc(-x * 0.70710678118654752440);
}

static const function functions[4] = {
    {"exp", exp, lat_expf, 1.5, false},
    {"erf", erf, lat_erff, 2.0, false},
    {"tanh", tanh, lat_tanhf, 2.0, false},
    {"gelu", exact_gelu, lat_geluf, 1.5, true},
};

static void apply(const lat_kernels *k, size_t which, float *x, size_t n)
{
    if (which == 0)
        k->exp(x, n);
    else if (which == 1)
        for (size_t i = 0; i < n; i++)
            x[i] = lat_erff(x[i]); /* only in plain C by itself */
    else
        k->activate(x, n, which == 2 ? LAT_ACT_TANH : LAT_ACT_GELU);
}

/* Size of the last place of a float of that size. */
static double ulp_of(double x)
{
    int e;
    x = fabs(x);
    if (x > 0x1.fffffep127)
        x = 0x1.fffffep127;
    frexp(x, &e);
    return ldexp(1.0, e - 24 < -149 ? -149 : e - 24);
}

static double error_of(const function *f, float x, float y)
{
    double exact = f->exact((double)x);
    if (isnan(exact))
        return isnan(y) ? 0 : INFINITY;
    if (fabs(exact) >= 0x1.ffffffp127) /* rounds to infinity */
        return isinf(y) && (y > 0) == (exact > 0) ? 0 : INFINITY;
    return fabs((double)y - exact) / ulp_of(f->of_argument ? (double)x
                                                           : exact);
}

/* 1 + tanh and 1 + erf at the far ends are exact, so steps may be large. */
static void accuracy_check(uint32_t step)
{
    static float x[BATCH], y[BATCH], z[BATCH];
    const lat_kernels *levels[8];
    size_t count = guard_levels(levels);
    for (size_t which = 0; which < 4; which++) {
        const function *f = functions + which;
        double worst = 0;
        float where = 0;
        bool same = true;
        for (uint64_t bits = 0; bits < (uint64_t)1 << 32;) {
            size_t n = 0;
            for (; n < BATCH && bits < (uint64_t)1 << 32; bits += step)
                x[n++] = lat_bits_float((uint32_t)bits);
            memcpy(y, x, sizeof y);
            apply(levels[count - 1], which, y, n);
            for (size_t l = 1; l + 1 < count; l++) {
                memcpy(z, x, sizeof z);
                apply(levels[l], which, z, n);
                same = same && memcmp(y, z, n * sizeof *z) == 0;
            }
            for (size_t i = 0; i < n; i++) {
                double error = error_of(f, x[i], y[i]);
                if (error > worst) {
                    worst = error;
                    where = x[i];
                }
                if (i % 64 == 0) {
                    float s = f->scalar(x[i]);
                    same = same && memcmp(&s, y + i, sizeof s) == 0;
                }
            }
        }
        printf("%s: worst error %.3f ulp at %a\n", f->name, worst,
               (double)where);
        CHECK_MSG(worst < f->bound, "%s: %.3f ulp at %a", f->name, worst,
                  (double)where);
        CHECK_MSG(same, "%s differs between levels", f->name);
    }
}

#endif
