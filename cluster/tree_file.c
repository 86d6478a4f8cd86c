/*
 * tree_file.c - a tree as SciPy's linkage matrix Z in an npy file, and back.
 *
 *   float64, (N-1) x 4, one row for each merge in order of height:
 *     left   right   height   points in the new cluster
 *     left < right; 0..N-1 are points, N+t is the cluster of row t
 *
 * N = 0 and N = 1 both give a 0 x 4 array; it is read back as one point.
 */
#include "cluster.h"

#include <math.h>

/* Rows handed to the writer at a time. */
#define ROWS 256

/* Little-endian doubles, whatever this machine is. */
static void put_double(unsigned char *to, double value)
{
    union {
        double value;
        uint64_t bits;
    } word = {.value = value};
    for (size_t i = 0; i < 8; i++)
        to[i] = (unsigned char)(word.bits >> (8 * i));
}

lat_status lat_tree_write(const lat_tree *tree, const char *path,
                          unsigned char *sha256, lat_error *error)
{
    lat_output *output = NULL;
    unsigned char bytes[ROWS * 32];
    size_t rows = tree->points > 0 ? tree->points - 1 : 0;
    size_t shape[2] = {rows, 4};
    lat_status status = lat_output_open(&output, path, error);
    if (status != LAT_OK)
        return status;
    status = lat_npy_begin(output, LAT_NPY_F64, 2, shape, error);
    for (size_t t = 0; t < rows && status == LAT_OK;) {
        size_t filled = 0;
        for (; t < rows && filled < sizeof bytes; t++, filled += 32) {
            const lat_merge *row = &tree->merges[t];
            put_double(bytes + filled, row->left);
            put_double(bytes + filled + 8, row->right);
            put_double(bytes + filled + 16, row->height);
            put_double(bytes + filled + 24, row->size);
        }
        status = lat_output_write(output, bytes, filled, error);
    }
    if (status != LAT_OK) {
        lat_output_abort(output);
        return status;
    }
    return lat_output_commit(output, sha256, error);
}

/* A whole number below `limit`, or `limit`. */
static size_t read_whole(const lat_npy *npy, size_t index, size_t limit)
{
    double value = lat_npy_value(npy, index);
    if (!(value >= 0 && value < (double)limit) || value > floor(value))
        return limit;
    return (size_t)value;
}

/* Row t against the rows before it; `used` marks clusters merged away. */
static lat_status read_row(lat_tree *out, const lat_npy *npy, size_t t,
                           unsigned char *used, lat_error *error)
{
    size_t n = out->points;
    size_t a = read_whole(npy, 4 * t, n + t);
    size_t b = read_whole(npy, 4 * t + 1, n + t);
    double height = lat_npy_value(npy, 4 * t + 2);
    const char *fault = NULL;
    if (a == n + t || b == n + t || a == b)
        fault = "its clusters are not two that exist by then";
    else if (used[a] || used[b])
        fault = "it merges a cluster that was merged before";
    else if (!(height >= 0) || isinf(height))
        fault = "its height is not a finite number from 0";
    else if (t > 0 && height < out->merges[t - 1].height)
        fault = "its height is below the one before";
    if (fault != NULL)
        return lat_error_set(error, LAT_MALFORMED,
                             "row %llu of the linkage (from 0): %s",
                             (unsigned long long)t, fault);
    size_t size = (a < n ? 1 : out->merges[a - n].size)
                  + (b < n ? 1 : out->merges[b - n].size);
    if (read_whole(npy, 4 * t + 3, n + 1) != size)
        return lat_error_set(error, LAT_MALFORMED,
                             "row %llu of the linkage (from 0): its size is "
                             "not %llu, the sum of its two clusters'",
                             (unsigned long long)t, (unsigned long long)size);
    used[a] = used[b] = 1;
    lat_merge *row = &out->merges[t];
    row->left = (uint32_t)(a < b ? a : b);
    row->right = (uint32_t)(a < b ? b : a);
    row->height = height;
    row->size = (uint32_t)size;
    if (t > 0 && height > 0 && height <= out->merges[t - 1].height)
        out->ties++;
    return LAT_OK;
}

lat_status lat_tree_read(lat_tree *out, const char *path, lat_error *error)
{
    lat_tree tree = {0};
    lat_npy npy = {0};
    unsigned char *used = NULL;
    lat_tree empty = {0};
    *out = empty;
    lat_status status = lat_npy_open(&npy, path, error);
    if (status != LAT_OK)
        return status;
    if (npy.type != LAT_NPY_F64 || npy.dims != 2 || npy.shape[1] != 4
        || npy.shape[0] >= INT32_MAX) {
        status = lat_error_set(error, LAT_MALFORMED,
                               "not a linkage: expected float64 of shape "
                               "(points - 1) x 4");
        goto done;
    }
    tree.points = npy.shape[0] + 1;
    tree.merges = lat_new_array(tree.points, sizeof *tree.merges);
    used = lat_new_array(2 * tree.points, 1);
    if (tree.merges == NULL || used == NULL) {
        status = lat_error_memory(error, (uint64_t)tree.points * 32);
        goto done;
    }
    for (size_t t = 0; t + 1 < tree.points && status == LAT_OK; t++)
        status = read_row(&tree, &npy, t, used, error);
    /* Merges at height 0 are what copies of points leave. */
    for (size_t t = 0; t + 1 < tree.points && status == LAT_OK; t++)
        if (tree.merges[t].height <= 0)
            tree.duplicates++;
done:
    lat_npy_close(&npy);
    lat_free(used);
    if (status != LAT_OK) {
        lat_error_in_file(error, path);
        lat_tree_free(&tree);
        return status;
    }
    *out = tree;
    return LAT_OK;
}
