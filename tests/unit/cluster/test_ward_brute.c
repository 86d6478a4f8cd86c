/*
 * Every merge of a tree is the globally smallest one, by brute force: all
 * kinds of points, N = 2..200, widths 1..768.  With an argument, that many
 * seeds (the long form); otherwise a few.
 */
#include "ward_check_int.h"

#ifndef SEEDS /* the long form has more */
#define SEEDS 3
#endif

static void check_one(int kind, size_t n, size_t h, uint64_t seed)
{
    lat_error error = {0};
    lat_tree tree = {0};
    lat_ward_options options = LAT_WARD_OPTIONS;
    float *x = check_points(kind, n, h, seed);
    lat_status status = lat_cluster_ward(&tree, NULL, x, n, h, &options,
                                         &error);
    CHECK_MSG(status == LAT_OK, "%s", lat_error_message(&error));
    /* 1e-9: the check's own centroids carry errors of the same kind. */
    CHECK_MSG(status != LAT_OK || check_tree(&tree, x, n, h, 1e-9),
              "kind %d, %zu x %zu, seed %llu", kind, n, h,
              (unsigned long long)seed);
    lat_tree_free(&tree);
    lat_free(x);
}

int main(int count, char **words)
{
    static const size_t widths[] = {1, 2, 3, 5, 16, 17, 48, 100, 384, 768};
    uint64_t seeds = count > 1 ? strtoull(words[1], NULL, 10) : SEEDS;
    for (uint64_t seed = 0; seed < seeds; seed++)
        for (int kind = 0; kind < KIND_COUNT; kind++) {
            lat_random random;
            lat_random_seed(&random, seed, 77);
            check_one(kind, 2 + seed % 12, widths[seed % 3], seed);
            size_t n = 2 + lat_random_below(&random, 199);
            check_one(kind, n, widths[lat_random_below(&random, 8)], seed);
            if (kind % 4 == (int)(seed % 4))
                check_one(kind, n, widths[8 + seed % 2], seed);
        }
    check_one(KIND_GAUSS, 200, 5, 1);
    check_one(KIND_GRID, 200, 3, 1);
    return harness_end("test_ward_brute");
}
