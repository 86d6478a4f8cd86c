/*
 * The tree is, bit for bit, that of a run which joins one pair at a time:
 * the smallest by (D, smaller member, other member) over all live pairs, D
 * in double.  Ties, copies and clumps included, any number of threads.
 * With an argument: that many seeds.
 */
#include "../../../cluster/ward_int.h"
#include "ward_check_int.h"

#ifndef SEEDS /* the long form has more */
#define SEEDS 12
#endif

/* The definition, with nothing clever in it. */
static lat_status join_one_by_one(lat_ward *ward, lat_error *error)
{
    double *scratch = lat_new_array(2 * ward->h, sizeof *scratch);
    size_t n = ward->slots;
    double *d = lat_new_array(n * n, sizeof *d);
    lat_ward_scratch s = {.x = scratch, .y = scratch + ward->h};
    bool all = true;
    uint32_t a = 0, b = 0;
    lat_status status = LAT_OK;
    while (ward->joined + 1 < n && status == LAT_OK) {
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = i + 1; j < n; j++)
                if ((all || i == a || j == a) && ward->size[i] != 0
                    && ward->size[j] != 0)
                    d[i * n + j] = lat_ward_distance(
                        ward, i, lat_ward_centre(ward, i, s.x), j, s.y);
        all = false;
        a = LAT_NO_SLOT;
        for (uint32_t i = 0; i < n; i++)
            for (uint32_t j = i + 1; j < n; j++)
                if (ward->size[i] != 0 && ward->size[j] != 0
                    && (a == LAT_NO_SLOT || d[i * n + j] < d[a * n + b])) {
                    a = i;
                    b = j;
                }
        double *centre = NULL;
        status = lat_ward_room(ward, a, b, &centre, error);
        lat_ward_blend(ward, a, b, centre, &s);
        lat_ward_join_slots(ward, a, b, d[a * n + b], centre);
    }
    lat_free(scratch);
    lat_free(d);
    return status;
}

static bool same_merge(const lat_merge *a, const lat_merge *b)
{
    return a->left == b->left && a->right == b->right && a->size == b->size
           && memcmp(&a->height, &b->height, sizeof a->height) == 0;
}

static void check_one(int kind, size_t n, size_t h, uint64_t seed)
{
    lat_error error = {0};
    lat_tree tree = {0}, want = {0};
    lat_ward_options options = LAT_WARD_OPTIONS;
    lat_pool *pool = NULL;
    float *x = check_points(kind, n, h, seed);
    lat_ward ward = {.kernels = lat_kernels_best(), .options = &options,
                     .points = x, .n = n, .h = h};
    options.neighbours = (size_t)seed * 7 % 16 * 2; /* 0, 14, 28, 10, ... */
    options.sketch = (size_t)seed * 5 % 33; /* where points are wide enough */
    CHECK(lat_pool_create(&pool, 1 + seed % 3, &error) == LAT_OK);
    CHECK(lat_cluster_ward(&tree, pool, x, n, h, &options, &error)
          == LAT_OK);
    CHECK(lat_ward_prepare(&ward, &error) == LAT_OK);
    CHECK(join_one_by_one(&ward, &error) == LAT_OK);
    CHECK(lat_ward_order(&want, &ward, &error) == LAT_OK);
    size_t off = 0;
    while (off + 1 < n && same_merge(&tree.merges[off], &want.merges[off]))
        off++;
    CHECK_MSG(off + 1 == n, "kind %d, %zu x %zu, seed %llu: row %zu differs",
              kind, n, h, (unsigned long long)seed, off);
    CHECK(tree.ties == want.ties && tree.duplicates == want.duplicates);
    lat_ward_release(&ward);
    lat_tree_free(&tree);
    lat_tree_free(&want);
    lat_pool_free(pool);
    lat_free(x);
}

/* Fifty directions, each narrower than the one before. */
static float *flat_points(size_t n, size_t h)
{
    enum { DIRECTIONS = 50 };
    lat_random random;
    float *x = lat_new_array(n * h, sizeof *x);
    float *basis = lat_new_array(DIRECTIONS * h, sizeof *basis);

    lat_random_seed(&random, 5, n);
    for (size_t i = 0; i < DIRECTIONS * h; i++)
        basis[i] = (float)lat_random_normal(&random);
    for (size_t i = 0; i < n; i++)
        for (size_t q = 0; q < DIRECTIONS; q++) {
            float z = (float)lat_random_normal(&random) / (float)(1 + q);

            for (size_t j = 0; j < h; j++)
                x[i * h + j] += z * basis[q * h + j];
        }
    lat_free(basis);
    return x;
}

/* So many points that it tries by itself whether sketches pay: here they
 * do, and the tree is that without them. */
static void check_choice(size_t n, size_t h)
{
    lat_error error = {0};
    lat_tree chosen = {0}, without = {0};
    lat_ward_options options = LAT_WARD_OPTIONS;
    lat_pool *pool = NULL;
    float *x = flat_points(n, h);
    size_t off = 0;

    CHECK(lat_pool_create(&pool, 2, &error) == LAT_OK);
    CHECK(lat_cluster_ward(&chosen, pool, x, n, h, &options, &error) ==
          LAT_OK);
    options.sketch = 1; /* none */
    CHECK(lat_cluster_ward(&without, pool, x, n, h, &options, &error) ==
          LAT_OK);
    while (off + 1 < n && same_merge(&chosen.merges[off],
                                     &without.merges[off]))
        off++;
    CHECK_MSG(off + 1 == n, "%zu x %zu: row %zu differs", n, h, off);
    lat_tree_free(&chosen);
    lat_tree_free(&without);
    lat_pool_free(pool);
    lat_free(x);
}

int main(int count, char **words)
{
    static const size_t widths[] = {1, 2, 3, 5, 16, 33, 100};
    uint64_t seeds = count > 1 ? strtoull(words[1], NULL, 10) : SEEDS;
    for (uint64_t seed = 0; seed < seeds; seed++)
        for (int kind = 0; kind < KIND_COUNT; kind++) {
            lat_random random;
            lat_random_seed(&random, seed, 78);
            size_t n = 2 + lat_random_below(&random, 150);
            check_one(kind, n, widths[lat_random_below(&random, 7)], seed);
            check_one(kind, 2 + seed % 20, widths[seed % 5], seed);
        }
    /* Several blocks of sketches. */
    for (int kind = 0; kind < KIND_COUNT; kind++)
        check_one(kind, 530, 112, 3 + (uint64_t)kind);
    check_one(KIND_CLUMPS, 700, 20, 1);
    check_one(KIND_GRID, 600, 4, 3);
    check_choice(12100, 128);
    return harness_end("test_ward_exact");
}
