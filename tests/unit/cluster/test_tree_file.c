/* Trees to npy and back; every lie in a linkage file is refused. */
#include <unistd.h>

#include "ward_check_int.h"

static char path[64];

static void check_round_trip(size_t n)
{
    lat_error error = {0};
    lat_tree tree = {0}, back = {0};
    unsigned char digest[32], again[32];
    float *x = check_points(KIND_COPIES, n, 3, 5);
    CHECK(lat_cluster_ward(&tree, NULL, x, n, 3, NULL, &error) == LAT_OK);
    CHECK(lat_tree_write(&tree, path, digest, &error) == LAT_OK);
    CHECK(lat_sha256_file(again, path, &error) == LAT_OK);
    CHECK(memcmp(digest, again, sizeof digest) == 0);
    CHECK(lat_tree_read(&back, path, &error) == LAT_OK);
    CHECK(back.points == n && back.duplicates == tree.duplicates);
    CHECK(back.ties == tree.ties);
    for (size_t t = 0; t + 1 < n; t++)
        CHECK(memcmp(&back.merges[t].height, &tree.merges[t].height, 8) == 0
              && back.merges[t].left == tree.merges[t].left
              && back.merges[t].right == tree.merges[t].right
              && back.merges[t].size == tree.merges[t].size);
    lat_tree_free(&tree);
    lat_tree_free(&back);
    lat_free(x);
}

/* A linkage with one number changed. */
static lat_status read_changed(size_t cell, double value)
{
    double z[12] = {0, 1, 1, 2, 2, 3, 2, 2, 4, 5, 3, 4};
    size_t shape[2] = {3, 4};
    lat_error error = {0};
    lat_output *output = NULL;
    lat_tree tree = {0};
    if (cell < 12)
        z[cell] = value;
    CHECK(lat_output_open(&output, path, &error) == LAT_OK);
    CHECK(lat_npy_begin(output, LAT_NPY_F64, 2, shape, &error) == LAT_OK);
    for (size_t i = 0; i < 12; i++) { /* little-endian on any machine */
        uint64_t bits;
        unsigned char bytes[8];
        memcpy(&bits, &z[i], 8);
        for (size_t b = 0; b < 8; b++)
            bytes[b] = (unsigned char)(bits >> (8 * b));
        CHECK(lat_output_write(output, bytes, 8, &error) == LAT_OK);
    }
    CHECK(lat_output_commit(output, NULL, &error) == LAT_OK);
    lat_status status = lat_tree_read(&tree, path, &error);
    CHECK((status == LAT_OK) == (tree.merges != NULL));
    lat_tree_free(&tree);
    return status;
}

static void check_lies(void)
{
    CHECK(read_changed(99, 0) == LAT_OK);
    CHECK(read_changed(0, -1) == LAT_MALFORMED);
    CHECK(read_changed(0, 0.5) == LAT_MALFORMED);
    CHECK(read_changed(0, 1) == LAT_MALFORMED);    /* itself */
    CHECK(read_changed(0, 4) == LAT_MALFORMED);    /* not made yet */
    CHECK(read_changed(0, NAN) == LAT_MALFORMED);
    CHECK(read_changed(4, 1) == LAT_MALFORMED);    /* used before */
    CHECK(read_changed(5, 1e300) == LAT_MALFORMED);
    CHECK(read_changed(2, -1) == LAT_MALFORMED);
    CHECK(read_changed(2, NAN) == LAT_MALFORMED);
    CHECK(read_changed(10, INFINITY) == LAT_MALFORMED);
    CHECK(read_changed(6, 0.5) == LAT_MALFORMED);  /* falls */
    CHECK(read_changed(11, 3) == LAT_MALFORMED);   /* size */
    CHECK(read_changed(11, 4.5) == LAT_MALFORMED);
}

int main(void)
{
    snprintf(path, sizeof path, "/tmp/test_tree_file.%ld.npy",
             (long)getpid());
    check_round_trip(1);
    check_round_trip(2);
    check_round_trip(300);
    check_lies();
    unlink(path);
    lat_error error = {0};
    lat_tree tree = {0};
    CHECK(lat_tree_read(&tree, path, &error) == LAT_NOT_FOUND);
    return harness_end("test_tree_file");
}
