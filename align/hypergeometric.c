/*
 * hypergeometric.c - is a concept's class count more than chance?
 *
 * n occurrences drawn out of N, K of them marked: the probability of at
 * least k marked ones.  One term is computed with full relative precision,
 * its neighbours follow by their ratios, and the sum runs over the smaller
 * side, away from the mean:
 *
 *      lower side summed, P = 1 - sum  | mean |  upper side summed
 *     ---------------------------------+------+-------------------> x
 *
 * The term is a quotient of binomial terms in the saddle-point form of
 * C. Loader, "Fast and accurate computation of binomial probabilities"
 * (2000): no difference of large log-gammas, so nothing cancels.
 */
#include "align_int.h"
#include "../base/kernels/kernels.h"

#include <math.h>
#include <stdlib.h>

/* log(n!) - log(sqrt(2 pi n) (n/e)^n) for n = 0..15 (0 for n = 0, which is
 * never asked for), from exact factorials at 50 digits. */
static const double stirling_table[16] = {
    0.0, 0.08106146679532725822, 0.04134069595540929409,
    0.02767792568499833915, 0.02079067210376509311, 0.01664469118982119216,
    0.01387612882307074800, 0.01189670994589177010, 0.01041126526197209650,
    0.00925546218271273292, 0.00833056343336287126, 0.00757367548795184079,
    0.00694284010720952987, 0.00640899418800420707, 0.00595137011275884774,
    0.00555473355196280137
};

/* The same for any n: Stirling's series, its next term is below 2e-16
 * from n = 16 on. */
static double stirling_error(double n)
{
    double square = n * n;

    if (n < 16.0)
        return stirling_table[(int)n];
    return (1.0 / 12 -
            (1.0 / 360 -
             (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) /
                 square) / square) / n;
}

/* x log(x/m) + m - x, x and m > 0: by a series where they are close. */
static double deviance(double x, double m)
{
    double d = x - m, v, sum, power, next;
    int j;

    if (fabs(d) >= 0.1 * (x + m))
        return x * lat_log(x / m) - d;
    v = d / (x + m);
    sum = d * v;
    power = 2.0 * x * v;
    v *= v;
    for (j = 1; j < 1000; j++) {
        power *= v;
        next = sum + power / (2 * j + 1);
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

/* Log of the binomial probability of x out of n at p, q = 1 - p, both of
 * them above 0 and given exactly rounded. */
static double log_binomial(double x, double n, double p, double q)
{
    const double log_2_pi = 1.8378770664093454836;

    if (n == 0.0)
        return 0.0;
    if (x == 0.0)
        return p < 0.1 ? -deviance(n, n * q) - n * p : n * lat_log(q);
    if (x == n)
        return q < 0.1 ? -deviance(n, n * p) - n * q : n * lat_log(p);
    return stirling_error(n) - stirling_error(x) - stirling_error(n - x) -
           deviance(x, n * p) - deviance(n - x, n * q) -
           0.5 * (log_2_pi + lat_log(x) + lat_log((n - x) / n));
}

/* The first term is the one at k, or at k - 1 when the lower side is
 * summed; terms then fall towards the end and the sum stops when they no
 * longer count. */
double lat_hypergeometric_tail(uint64_t k, uint64_t population,
                               uint64_t marked, uint64_t n)
{
    uint64_t least, most, x;
    double all = (double)population, drawn = (double)n, term, sum, bare, hits;

    if (marked > population || n > population)
        return (double)NAN;
    least = n > population - marked ? n - (population - marked) : 0;
    most = n < marked ? n : marked;
    if (k <= least)
        return 1.0;
    if (k > most)
        return 0.0;
    hits = (double)marked;
    bare = (double)(population - marked);
    x = (double)k > drawn * hits / all ? k : k - 1;
    term = lat_exp(log_binomial((double)x, hits, drawn / all,
                                (all - drawn) / all) +
                   log_binomial((double)(n - x), bare, drawn / all,
                                (all - drawn) / all) -
                   log_binomial(drawn, all, drawn / all,
                                (all - drawn) / all));
    sum = term;
    if (x == k) {
        for (; x < most && term > sum * 1e-18; x++) {
            double at = (double)x;

            term *= (hits - at) / (at + 1.0) * (drawn - at) /
                    (bare - drawn + at + 1.0);
            sum += term;
        }
        return sum < 1.0 ? sum : 1.0;
    }
    for (; x > least && term > sum * 1e-18; x--) {
        double at = (double)x;

        term *= at / (hits - at + 1.0) * (bare - drawn + at) /
                (drawn - at + 1.0);
        sum += term;
    }
    return sum < 1.0 ? 1.0 - sum : 0.0;
}

typedef struct ranked {
    double p;
    size_t index;
} ranked;

static int compare_ranked(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->p != y->p)
        return x->p < y->p ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* q of rank r (from 1) = smallest p_s n / s over the ranks s >= r. */
lat_status lat_false_discovery(double *q, const double *p, size_t n,
                               lat_error *error)
{
    ranked *order = lat_new_array(n, sizeof *order);
    double lowest = 1.0;
    size_t i;

    if (order == NULL)
        return lat_error_memory(error, n * sizeof *order);
    for (i = 0; i < n; i++) {
        order[i].p = p[i];
        order[i].index = i;
    }
    if (n > 0)
        qsort(order, n, sizeof *order, compare_ranked);
    for (i = n; i > 0; i--) {
        double value = order[i - 1].p * (double)n / (double)i;

        if (value < lowest)
            lowest = value;
        q[order[i - 1].index] = lowest;
    }
    lat_free(order);
    return LAT_OK;
}
