/*
 * chance.c - what every chance level and every interval is made of: shuffles
 * and resamples out of a seed, and the summary of what they gave.
 *
 * Permutation p always draws from stream p of the seed, whatever thread runs
 * it, and results are kept by p until all are there; that is what makes the
 * bytes independent of the number of threads.
 */
#include "align_int.h"

#include <math.h>
#include <stdlib.h>

/* Fisher and Yates from the end. The same as lat_random_shuffle but on the
 * 32-bit arrays that are shuffled here by the hundred thousand. */
void lat_shuffle_numbers_int(lat_random *random, uint32_t *values, size_t n)
{
    size_t i;

    for (i = n; i > 1; i--) {
        size_t j = (size_t)lat_random_below(random, i);
        uint32_t kept = values[i - 1];

        values[i - 1] = values[j];
        values[j] = kept;
    }
}

/* A bootstrap sample as weights: O(n) and no list of draws. The weights add
 * up to n. */
void lat_resample_int(lat_random *random, uint32_t *weights, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        weights[i] = 0;
    for (i = 0; i < n; i++)
        weights[lat_random_below(random, n)]++;
}

/* A ceiling on both, so that the tables of results cannot be asked to fill
 * the memory by a mistyped option. */
lat_status lat_shuffles_check_int(uint32_t permutations, uint32_t bootstraps,
                                  lat_error *error)
{
    if (permutations > LAT_SHUFFLES_MOST || bootstraps > LAT_SHUFFLES_MOST)
        return lat_error_set(error, LAT_USAGE,
                             "more than %u permutations or resamples",
                             LAT_SHUFFLES_MOST);
    return LAT_OK;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* NaN values, percentages of nothing, are left out before anything else;
 * summing after sorting makes the mean independent of the order in which
 * the values came. */
lat_interval lat_interval_of(double *values, size_t n)
{
    lat_interval out = {(double)NAN, (double)NAN, (double)NAN, 0};
    double sum = 0.0;
    size_t i, kept = 0;

    for (i = 0; i < n; i++)
        if (!isnan(values[i]))
            values[kept++] = values[i];
    if (kept == 0)
        return out;
    qsort(values, kept, sizeof *values, compare_doubles);
    for (i = 0; i < kept; i++)
        sum += values[i];
    out.mean = sum / (double)kept;
    /* 0.025 (kept - 1) rounded down and 0.975 (kept - 1) rounded up, in
     * whole numbers: the two ends lie equally far in. */
    out.low = values[(kept - 1) / 40];
    out.high = values[kept - 1 - (kept - 1) / 40];
    out.count = (uint32_t)kept;
    return out;
}
