/* The borders of the Ward clusterer: tiny N, copies, ties, refusals. */
#include "ward_check_int.h"

static lat_status cluster(lat_tree *tree, const float *x, size_t n, size_t h,
                          lat_error *error)
{
    lat_ward_options options = LAT_WARD_OPTIONS;
    lat_error_clear(error);
    lat_tree_free(tree);
    return lat_cluster_ward(tree, NULL, x, n, h, &options, error);
}

static void check_tiny(void)
{
    lat_error error = {0};
    lat_tree tree = {0};
    float x[] = {0, 0, 3, 4};
    uint32_t labels[2] = {9, 9};
    CHECK(cluster(&tree, x, 0, 2, &error) == LAT_OK && tree.points == 0);
    CHECK(lat_tree_cut(&tree, 1, labels, &error) == LAT_OUT_OF_RANGE);
    CHECK(lat_tree_count_at(&tree, 1) == 0);
    CHECK(cluster(&tree, x, 1, 2, &error) == LAT_OK && tree.points == 1);
    CHECK(lat_tree_cut(&tree, 1, labels, &error) == LAT_OK);
    CHECK(labels[0] == 0 && labels[1] == 9);
    CHECK(lat_tree_count_at(&tree, 0) == 1);
    CHECK(cluster(&tree, x, 2, 2, &error) == LAT_OK && tree.points == 2);
    CHECK(fabs(tree.merges[0].height - 5) < 1e-15);
    CHECK(tree.merges[0].size == 2 && tree.duplicates == 0);
    CHECK(lat_tree_count_at(&tree, 4.9) == 2);
    CHECK(lat_tree_count_at(&tree, 5.1) == 1);
    CHECK(lat_tree_cut(&tree, 3, labels, &error) == LAT_OUT_OF_RANGE);
    lat_error_clear(&error);
    CHECK(lat_tree_cut(&tree, 0, labels, &error) == LAT_OUT_OF_RANGE);
    lat_error_clear(&error);
    CHECK(cluster(&tree, x, 2, 0, &error) == LAT_OUT_OF_RANGE);
    lat_tree_free(&tree);
}

static void check_refusals(void)
{
    lat_error error = {0};
    lat_tree tree = {0};
    float x[6] = {0, 1, 2, 3, 4, 5};
    x[4] = NAN;
    CHECK(cluster(&tree, x, 3, 2, &error) == LAT_OUT_OF_RANGE);
    CHECK(strstr(error.text, "point 2 ") != NULL);
    x[4] = 4;
    x[3] = -INFINITY;
    CHECK(cluster(&tree, x, 3, 2, &error) == LAT_OUT_OF_RANGE);
    CHECK(strstr(error.text, "point 1 ") != NULL);
    CHECK(tree.merges == NULL);
    CHECK(cluster(&tree, x + 3, 1, 1, &error) == LAT_OUT_OF_RANGE);
}

/* -0 is a copy of 0; copies join first, each to the first of them. */
static void check_copies(void)
{
    lat_error error = {0};
    lat_tree tree = {0};
    float x[] = {0.0f, 7, 9, 7, -0.0f, 7, 0};
    uint32_t labels[7];
    static const uint32_t want[] = {0, 1, 2, 1, 0, 1, 0};
    CHECK(cluster(&tree, x, 7, 1, &error) == LAT_OK);
    CHECK(tree.duplicates == 4 && tree.ties == 0);
    CHECK(tree.merges[0].left == 0 && tree.merges[0].right == 4);
    CHECK(tree.merges[1].left == 6 && tree.merges[1].right == 7);
    CHECK(tree.merges[2].left == 1 && tree.merges[2].right == 3);
    CHECK(tree.merges[3].left == 5 && tree.merges[3].right == 9);
    CHECK(tree.merges[3].height <= 0 && tree.merges[4].height > 0);
    CHECK(lat_tree_cut(&tree, 3, labels, &error) == LAT_OK);
    CHECK(memcmp(labels, want, sizeof want) == 0);
    lat_tree_free(&tree);
}

/* Four points, all gaps 1: (0,1) and (2,3) by the rule, one tie. */
static void check_ties(void)
{
    lat_error error = {0};
    lat_tree tree = {0};
    float x[] = {0, 1, 2, 3};
    CHECK(cluster(&tree, x, 4, 1, &error) == LAT_OK);
    CHECK(tree.merges[0].left == 0 && tree.merges[0].right == 1);
    CHECK(tree.merges[1].left == 2 && tree.merges[1].right == 3);
    CHECK(tree.ties == 1);
    lat_tree_free(&tree);
}

/* The ends of what a float holds. */
static void check_extremes(void)
{
    lat_error error = {0};
    lat_tree tree = {0};
    float big[] = {-3e38f, 3e38f, 3.1e38f};
    float small[] = {0, 1e-45f, 1e-38f};
    CHECK(cluster(&tree, big, 3, 1, &error) == LAT_OK);
    CHECK(tree.merges[0].left == 1 && isfinite(tree.merges[1].height));
    CHECK(fabs(tree.merges[0].height / 1e37 - 1) < 1e-5);
    CHECK(cluster(&tree, small, 3, 1, &error) == LAT_OK);
    CHECK(tree.merges[0].left == 0 && tree.merges[0].right == 1);
    CHECK(tree.merges[0].height > 1e-45);
    lat_tree_free(&tree);
}

int main(void)
{
    check_tiny();
    check_refusals();
    check_copies();
    check_ties();
    check_extremes();
    return harness_end("test_ward_edges");
}
