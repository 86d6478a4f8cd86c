/*
 * test_hypergeometric.c - tails against exact sums of whole numbers, and
 * false discovery rates by hand.
 *
 * Expected values: exact fractions out of binomial coefficients, rounded
 * once.  The promise is a relative error below 1e-12.
 */
#include "../../../align/align.h"
#include "../../harness.h"

#include <math.h>

static const struct {
    uint64_t k, population, marked, n;
    double p;
} tails[] = {
    {9, 87, 36, 9, 1.83544933363510209e-04},
    {1, 2, 1, 1, 5.00000000000000000e-01},
    {150, 141980, 70000, 236, 7.08250672858189068e-06},
    {236, 141980, 70000, 236, 2.69251181368673918e-73},
    {200, 141980, 70990, 236, 4.29460836209730272e-29},
    {10, 141980, 30, 236, 3.87467794666774211e-21},
    {1, 141980, 30, 236, 4.86875962512504090e-02},
    {30, 141980, 30, 141900, 9.83231895354347185e-01},
    {5000, 141980, 70000, 9800, 2.20407565806726496e-04},
    {4700, 141980, 70000, 9800, 9.97180488950178190e-01},
    {4900, 141980, 70000, 9800, 7.77389180177217171e-02},
    {60, 1000, 100, 100, 1.66902794686698335e-42},
    {3, 100, 3, 99, 9.69999999999999973e-01},
    {2, 100, 99, 3, 1.00000000000000000e+00},
    {40, 633724, 351000, 60, 5.05279579347243379e-02},
    {60, 633724, 351000, 60, 4.01273587546295244e-16},
    {0, 10, 5, 5, 1.00000000000000000e+00},
    {6, 10, 5, 5, 0.0},
    {5, 10, 5, 10, 1.00000000000000000e+00},
};

/* P(X >= k) falls with k, and P(X >= 0) is 1. */
static void check_order(uint64_t population, uint64_t marked, uint64_t n)
{
    double before = 1.0;
    uint64_t k;

    CHECK(lat_hypergeometric_tail(0, population, marked, n) == 1.0);
    for (k = 1; k <= n + 1; k++) {
        double p = lat_hypergeometric_tail(k, population, marked, n);

        CHECK_MSG(p >= 0.0 && p <= before, "k = %lu of %lu, %lu, %lu",
                  (unsigned long)k, (unsigned long)population,
                  (unsigned long)marked, (unsigned long)n);
        before = p;
    }
    CHECK(before == 0.0);
}

/* Both tails together with the term in the middle make one. */
static void check_complement(uint64_t k, uint64_t population,
                             uint64_t marked, uint64_t n)
{
    double upper = lat_hypergeometric_tail(k, population, marked, n);
    double lower = lat_hypergeometric_tail(n - k + 1, population,
                                           population - marked, n);

    CHECK_MSG(fabs(upper + lower - 1.0) < 1e-13, "%.17g + %.17g", upper,
              lower);
}

static void check_discovery(void)
{
    static const double p[6] = {0.04, 0.001, 0.8, 0.03, 0.03, 1.0};
    static const double want[6] = {0.06, 0.006, 0.96, 0.06, 0.06, 1.0};
    lat_error error = {0};
    double q[6];
    size_t i;

    CHECK(lat_false_discovery(q, p, 6, &error) == LAT_OK);
    for (i = 0; i < 6; i++)
        CHECK_MSG(fabs(q[i] - want[i]) < 1e-15, "q %lu: %.17g",
                  (unsigned long)i, q[i]);
    CHECK(lat_false_discovery(q, p, 0, &error) == LAT_OK);
}

int main(void)
{
    size_t i;
    uint64_t n;

    for (i = 0; i < sizeof tails / sizeof *tails; i++) {
        double p = lat_hypergeometric_tail(tails[i].k, tails[i].population,
                                           tails[i].marked, tails[i].n);

        CHECK_MSG(fabs(p - tails[i].p) <= 1e-12 * tails[i].p,
                  "tail %lu: %.17e, expected %.17e", (unsigned long)i, p,
                  tails[i].p);
    }
    for (n = 0; n <= 12; n++) {
        check_order(12, 5, n);
        check_order(1000, 300, n);
    }
    check_order(141980, 70000, 236);
    for (n = 1; n < 236; n += 9)
        check_complement(n, 141980, 70000, 236);
    CHECK(isnan(lat_hypergeometric_tail(1, 5, 6, 2)));
    CHECK(isnan(lat_hypergeometric_tail(1, 5, 2, 6)));
    check_discovery();
    return harness_end("test_hypergeometric");
}
