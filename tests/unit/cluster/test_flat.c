/* K-Means and Leaders against plain definitions; inertia and Rand index. */
#include "ward_check_int.h"

static lat_pool *pools[2];

static void check_rand(void)
{
    static const uint32_t a[] = {0, 0, 1, 2}, b[] = {0, 0, 1, 1};
    static const uint32_t c[] = {7, 7, 3, 9}, d[] = {0, 1, 2, 3};
    static const uint32_t e[] = {5, 5, 5, 5};
    lat_error error = {0};
    double r = 9;
    /* Pairs: 1 and 2 of 6 together, 1 in both: (1 - 1/3) / (3/2 - 1/3). */
    CHECK(lat_flat_rand(&r, a, b, 4, &error) == LAT_OK);
    CHECK(fabs(r - 4.0 / 7) < 1e-15);
    CHECK(lat_flat_rand(&r, a, c, 4, &error) == LAT_OK && fabs(r - 1) < 1e-15);
    CHECK(lat_flat_rand(&r, d, e, 4, &error) == LAT_OK && fabs(r) < 1e-15);
    CHECK(lat_flat_rand(&r, e, e, 4, &error) == LAT_OK && fabs(r - 1) < 1e-15);
    CHECK(lat_flat_rand(&r, e, e, 0, &error) == LAT_OK && fabs(r - 1) < 1e-15);
}

static void check_inertia(void)
{
    static const float x[] = {0, 0, 2, 0, 5, 5};
    static const uint32_t labels[] = {0, 0, 1};
    lat_error error = {0};
    double out = 9;
    CHECK(lat_flat_inertia(&out, x, 3, 2, labels, 2, &error) == LAT_OK);
    CHECK(fabs(out - 2) < 1e-15);
    CHECK(lat_flat_inertia(&out, x, 3, 2, labels, 1, &error)
          == LAT_OUT_OF_RANGE);
}

/* Settled: every point is nearest to its own cluster's mean. */
static void check_kmeans(int kind, size_t n, size_t h, size_t k)
{
    lat_error error = {0};
    lat_flat flat[2] = {{0}, {0}};
    lat_kmeans_options options = {.k = k, .seed = 5};
    float *x = check_points(kind, n, h, 3);
    for (size_t p = 0; p < 2; p++)
        CHECK(lat_cluster_kmeans(&flat[p], pools[p], x, n, h, &options,
                                 &error) == LAT_OK);
    CHECK(memcmp(flat[0].labels, flat[1].labels, n * 4) == 0);
    CHECK(flat[0].clusters == k && flat[0].settled && flat[0].labels[0] == 0);
    double *mean = lat_new_array(k * h, sizeof *mean);
    double *size = lat_new_array(k, sizeof *size), inertia = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t c = flat[0].labels[i];
        size[c]++;
        for (size_t j = 0; j < h; j++)
            mean[c * h + j] += (double)x[i * h + j];
    }
    for (size_t i = 0; i < n; i++) {
        double own = 0, least = INFINITY;
        for (size_t c = 0; c < k; c++) {
            double d = 0;
            for (size_t j = 0; j < h; j++) {
                double gap = (double)x[i * h + j] - mean[c * h + j] / size[c];
                d += gap * gap;
            }
            least = d < least ? d : least;
            own = c == flat[0].labels[i] ? d : own;
        }
        inertia += own;
        /* The points' own digits limit what is nearest. */
        CHECK_MSG(own <= least * (1 + 1e-9) + 1e-9,
                  "kind %d: point %zu is nearer to another", kind, i);
    }
    CHECK(fabs(inertia - flat[0].inertia) <= 1e-9 * inertia + 1e-12);
    lat_free(mean);
    lat_free(size);
    lat_flat_free(&flat[0]);
    lat_flat_free(&flat[1]);
    lat_free(x);
}

/* The pass by its definition, one point after another. */
static void check_leaders(int kind, size_t n, size_t h, double tau, size_t k)
{
    lat_error error = {0};
    lat_leaders got = {0};
    lat_leaders_options options = {.k = k, .tau = tau};
    float *x = check_points(kind, n, h, 6);
    size_t *first = lat_new_array(n, sizeof *first), count = 0, off = 0;
    CHECK(lat_cluster_leaders(&got, pools[1], x, n, h, &options, &error)
          == LAT_OK);
    for (size_t i = 0; i < n && got.leader != NULL; i++) {
        size_t best = count;
        double best_d = tau * tau;
        for (size_t c = 0; c < count; c++) {
            double d = 0;
            for (size_t j = 0; j < h; j++) {
                double gap = (double)x[i * h + j]
                             - (double)x[first[c] * h + j];
                d += gap * gap;
            }
            if (d < best_d || (best == count && d <= best_d)) {
                best = c;
                best_d = d;
            }
        }
        if (best == count)
            first[count++] = i;
        off += got.leader[i] != best;
    }
    CHECK_MSG(off == 0 && count == got.leaders, "kind %d: %zu points, %zu "
              "leaders for %zu", kind, off, got.leaders, count);
    CHECK(got.flat.clusters == k && got.tree.points == count);
    lat_leaders_free(&got);
    lat_free(first);
    lat_free(x);
}

static void check_target(void)
{
    lat_error error = {0};
    lat_leaders got = {0};
    lat_leaders_options options = {.k = 20, .leaders = 150};
    float *x = check_points(KIND_GAUSS, 1500, 8, 6);
    CHECK(lat_cluster_leaders(&got, pools[1], x, 1500, 8, &options, &error)
          == LAT_OK);
    CHECK_MSG(got.leaders <= 150 && got.leaders >= 130, "%zu leaders",
              got.leaders);
    lat_leaders_free(&got);
    options.tau = 1e6; /* one leader for 20 clusters */
    CHECK(lat_cluster_leaders(&got, NULL, x, 1500, 8, &options, &error)
          == LAT_OUT_OF_RANGE);
    CHECK(got.leader == NULL);
    lat_error_clear(&error);
    options.tau = -1;
    CHECK(lat_cluster_leaders(&got, NULL, x, 1500, 8, &options, &error)
          == LAT_USAGE);
    lat_error_clear(&error);
    lat_flat flat;
    lat_kmeans_options many = {.k = 1501};
    CHECK(lat_cluster_kmeans(&flat, NULL, x, 1500, 8, &many, &error)
          == LAT_OUT_OF_RANGE);
    lat_error_clear(&error);
    many.k = 3;
    x[77] = NAN;
    CHECK(lat_cluster_kmeans(&flat, NULL, x, 1500, 8, &many, &error)
          == LAT_OUT_OF_RANGE);
    CHECK(strstr(error.text, "point 9 ") != NULL);
    lat_free(x);
}

/* What cannot be clustered is refused by both methods, with a reason. */
static void check_refusals(void)
{
    static const struct {
        size_t n, h, k;
    } bad[] = {{0, 2, 1}, {0, 2, 0}, {1, 2, 0}, {1, 2, 2},
               {2, 2, 0}, {2, 2, 3}, {2, 0, 1}};
    static const float odd[] = {NAN, INFINITY, -INFINITY};
    lat_error error = {0};
    lat_flat flat = {0};
    lat_leaders leaders = {0};
    float x[4] = {0, 1, 2, 3};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        lat_kmeans_options k = {.k = bad[i].k};
        lat_leaders_options l = {.k = bad[i].k, .tau = 1};
        lat_error_clear(&error);
        CHECK(lat_cluster_kmeans(&flat, NULL, x, bad[i].n, bad[i].h, &k,
                                 &error) == LAT_OUT_OF_RANGE);
        CHECK(error.text[0] != '\0' && flat.labels == NULL);
        lat_error_clear(&error);
        CHECK(lat_cluster_leaders(&leaders, NULL, x, bad[i].n, bad[i].h, &l,
                                  &error) == LAT_OUT_OF_RANGE);
        CHECK(error.text[0] != '\0' && leaders.leader == NULL);
    }
    for (size_t i = 0; i < 3; i++) {
        lat_kmeans_options k = {.k = 1};
        lat_leaders_options l = {.k = 1, .tau = 1};
        x[3] = odd[i];
        lat_error_clear(&error);
        CHECK(lat_cluster_kmeans(&flat, NULL, x, 2, 2, &k, &error)
              == LAT_OUT_OF_RANGE);
        CHECK(strstr(error.text, "point 1 ") != NULL);
        lat_error_clear(&error);
        CHECK(lat_cluster_leaders(&leaders, NULL, x, 2, 2, &l, &error)
              == LAT_OUT_OF_RANGE);
        CHECK(strstr(error.text, "point 1 ") != NULL);
    }
}

/* The smallest that can: one point, two points. */
static void check_tiny(void)
{
    lat_error error = {0};
    float x[4] = {0, 0, 3, 4};
    for (size_t n = 1; n <= 2; n++)
        for (size_t k = 1; k <= n; k++) {
            lat_flat flat = {0};
            lat_leaders leaders = {0};
            lat_kmeans_options how = {.k = k};
            lat_leaders_options lead = {.k = k, .tau = 1};
            double want = n == 2 && k == 1 ? 12.5 : 0;
            CHECK(lat_cluster_kmeans(&flat, NULL, x, n, 2, &how, &error)
                  == LAT_OK);
            CHECK(flat.clusters == k && fabs(flat.inertia - want) < 1e-12);
            CHECK(lat_cluster_leaders(&leaders, NULL, x, n, 2, &lead, &error)
                  == LAT_OK);
            CHECK(leaders.flat.clusters == k
                  && fabs(leaders.flat.inertia - want) < 1e-12);
            lat_flat_free(&flat);
            lat_leaders_free(&leaders);
        }
}

/* Ward's heights know the inertia of every cut. */
static void check_tree_inertia(int kind, size_t n, size_t h)
{
    lat_error error = {0};
    lat_tree tree = {0};
    float *x = check_points(kind, n, h, 4);
    uint32_t *labels = lat_new_array(n, sizeof *labels);
    CHECK(lat_cluster_ward(&tree, NULL, x, n, h, NULL, &error) == LAT_OK);
    for (size_t k = 1; k <= n; k = k * 3 > n && k < n ? n : k * 3) {
        double direct = 0, heights = lat_tree_inertia(&tree, k);
        CHECK(lat_tree_cut(&tree, k, labels, &error) == LAT_OK);
        CHECK(lat_flat_inertia(&direct, x, n, h, labels, k, &error)
              == LAT_OK);
        CHECK_MSG(fabs(direct - heights) <= 1e-9 * direct + 1e-12,
                  "kind %d, K %zu: %.17g by heights, %.17g", kind, k,
                  heights, direct);
    }
    CHECK(!(lat_tree_inertia(&tree, n + 1) > 0));
    lat_tree_free(&tree);
    CHECK(!(lat_tree_inertia(&tree, 1) > 0));
    lat_free(labels);
    lat_free(x);
}

static void check_allocation(void)
{
    lat_error error = {0};
    lat_flat flat = {0};
    lat_leaders leaders = {0};
    lat_kmeans_options k = {.k = 7};
    lat_leaders_options l = {.k = 7, .tau = 2.5};
    float *x = check_points(KIND_GAUSS, 1300, 9, 6);
    size_t before = lat_memory_in_use();
    for (uint64_t n = 1; n < 200; n++) {
        lat_error_clear(&error);
        lat_memory_fail_at(n, false);
        lat_status a = lat_cluster_kmeans(&flat, NULL, x, 1300, 9, &k,
                                          &error);
        lat_error_clear(&error);
        lat_memory_fail_at(n, false);
        lat_status b = lat_cluster_leaders(&leaders, NULL, x, 1300, 9, &l,
                                           &error);
        lat_memory_fail_at(0, false);
        CHECK((a == LAT_OK || a == LAT_NO_MEMORY)
              && (b == LAT_OK || b == LAT_NO_MEMORY));
        lat_flat_free(&flat);
        lat_leaders_free(&leaders);
        CHECK(lat_memory_in_use() == before);
        if (a == LAT_OK && b == LAT_OK)
            break;
    }
    lat_free(x);
}

int main(void)
{
    lat_error error = {0};
    CHECK(lat_pool_create(&pools[0], 1, &error) == LAT_OK);
    CHECK(lat_pool_create(&pools[1], 3, &error) == LAT_OK);
    check_rand();
    check_inertia();
    check_kmeans(KIND_GAUSS, 1500, 7, 20);
    check_kmeans(KIND_CLUMPS, 700, 40, 100);
    check_kmeans(KIND_OFFSET, 400, 16, 1);
    check_kmeans(KIND_SAME, 60, 3, 10);   /* every cluster starts empty */
    check_kmeans(KIND_COPIES, 90, 3, 90); /* as many as points */
    check_leaders(KIND_GAUSS, 1500, 6, 2.0, 30);
    check_leaders(KIND_CLUMPS, 900, 20, 1e-4, 60);
    check_leaders(KIND_GAUSS, 1400, 5, 0.05, 1000); /* most points lead */
    check_target();
    check_refusals();
    check_tiny();
    check_tree_inertia(KIND_GAUSS, 900, 7);
    check_tree_inertia(KIND_CLUMPS, 500, 40);
    check_allocation();
    lat_pool_free(pools[0]);
    lat_pool_free(pools[1]);
    return harness_end("test_flat");
}
