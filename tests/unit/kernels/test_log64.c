/*
 * lat_log, lat_exp and lat_lgamma against the C library's long double forms
 * (where long double is wider than double; else with a looser bound).
 */
#include "guard.h"
#include <float.h>
#include <math.h>

/* Error in units of the last place of a double. */
static double ulps(double got, long double want)
{
    int e;
    if (isinf(got) && (double)want == got)
        return 0;
    frexpl(want, &e);
    long double place = ldexpl(1.0L, e - 53 < -1074 ? -1074 : e - 53);
    return (double)fabsl((got - want) / place);
}

/* Where long double is double the reference itself errs by one ulp. */
static const double slack = LDBL_MANT_DIG > 60 ? 0 : 1;

static double random_double(int low, int high)
{
    double m = 1 + (double)(guard_random() >> 12) * 0x1p-52;
    int span = high - low + 1;
    return ldexp(m, low + (int)(guard_random() % (uint64_t)span));
}

static void check_log(void)
{
    double worst = 0;
    for (int i = 0; i < 400000; i++) {
        double x = i % 2 ? random_double(-1074, 1023) : random_double(-1, 0);
        if (i % 5 == 0)
            x = 1.0 + (double)guard_unit() * 0x1p-10;
        double e = ulps(lat_log(x), logl((long double)x));
        worst = e > worst ? e : worst;
    }
    printf("log: worst error %.3f ulp\n", worst);
    CHECK_MSG(worst < 1.0 + slack, "log: %.3f ulp", worst);
    CHECK(lat_log(1.0) == 0 && isinf(lat_log(0.0)) && lat_log(0.0) < 0);
    CHECK(isnan(lat_log(-1.0)) && isnan(lat_log(NAN)));
    CHECK(lat_log(INFINITY) == INFINITY);
}

static void check_exp(void)
{
    double worst = 0;
    for (int i = 0; i < 400000; i++) {
        double x = (double)guard_unit() * (i % 2 ? 745.0 : 1.0);
        double e = ulps(lat_exp(x), expl((long double)x));
        worst = e > worst ? e : worst;
    }
    printf("exp: worst error %.3f ulp\n", worst);
    CHECK_MSG(worst < 1.0 + slack, "exp: %.3f ulp", worst);
    CHECK(lat_exp(0.0) == 1.0 && lat_exp(-0.0) == 1.0);
    CHECK(lat_exp(709.78) < INFINITY && lat_exp(709.79) == INFINITY);
    CHECK(lat_exp(-745.1) > 0 && lat_exp(-745.2) == 0);
    CHECK(lat_exp(-INFINITY) == 0 && lat_exp(INFINITY) == INFINITY);
    CHECK(isnan(lat_exp(NAN)));
}

static void check_lgamma(void)
{
    double worst = 0;
    for (int i = 0; i < 400000; i++) {
        double x = i % 3 == 0   ? random_double(-60, 40)
                   : i % 3 == 1 ? 0.25 + random_double(-3, 3)
                                : (double)(i % 5 < 2 ? 1 : 2) +
                                      (double)guard_unit() * 0x1p-8;
        long double want = lgammal((long double)x);
        double e = (double)fabsl((lat_lgamma(x) - want) / want);
        if (want == 0)
            e = lat_lgamma(x) == 0 ? 0 : 1;
        worst = e > worst ? e : worst;
    }
    printf("lgamma: worst relative error %.3g\n", worst);
    CHECK_MSG(worst < 1e-14, "lgamma: %.3g", worst);
    CHECK(lat_lgamma(1.0) == 0 && lat_lgamma(2.0) == 0);
    CHECK(isinf(lat_lgamma(0.0)) && isnan(lat_lgamma(-1.5)));
    CHECK(lat_lgamma(INFINITY) == INFINITY && isnan(lat_lgamma(NAN)));
    double factorial = 1; /* 20! fits in 63 bits */
    for (int n = 1; n <= 20; n++) {
        factorial *= n;
        CHECK(fabs(lat_lgamma(n + 1.0) - lat_log(factorial)) <
              1e-14 * (1 + lat_log(factorial)));
    }
}

int main(void)
{
    check_log();
    check_exp();
    check_lgamma();
    return harness_end("test_log64");
}
