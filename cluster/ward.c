/*
 * ward.c - the door to the Ward clusterer: checks, stages, memory needed.
 */
#include "ward_int.h"

lat_status lat_cluster_ward(lat_tree *out, lat_pool *pool,
                            const float *points, size_t n, size_t h,
                            const lat_ward_options *options,
                            lat_error *error)
{
    static const lat_ward_options standard = LAT_WARD_OPTIONS;
    lat_tree empty = {0};
    lat_ward ward = {.points = points, .n = n, .h = h};
    lat_status status = LAT_OK;
    *out = empty;
    if (n == 0)
        return LAT_OK;
    if (h == 0)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "the points have no coordinates, expected at "
                             "least one");
    /* Clusters 0..2N-2 are numbered in 32 bits. */
    if (n > INT32_MAX)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "%llu points, expected at most %ld",
                             (unsigned long long)n, (long)INT32_MAX);
    ward.kernels = lat_kernels_best();
    ward.vectors = lat_ward_vectors(ward.kernels);
    ward.pool = pool;
    ward.options = options != NULL ? options : &standard;
    status = lat_ward_prepare(&ward, error);
    if (status == LAT_OK)
        status = lat_ward_rounds(&ward, error);
    if (status == LAT_OK)
        status = lat_ward_order(out, &ward, error);
    if (status == LAT_OK && ward.options->checkpoint != NULL)
        (void)remove(ward.options->checkpoint); /* often there is none */
    lat_ward_release(&ward);
    return status;
}

uint64_t lat_cluster_ward_memory(size_t n, size_t h, size_t threads)
{
    /* A point: its float row; its packed row in the first pass, or its sketch
     * twice or, later, half a centroid in double; its list; some forty
     * numbers.  A thread: a tile of products, the packed columns, shifted
     * rows.  All: blocks of centroids not yet handed out, the sums of the
     * mean, what sketches are chosen by. */
    uint64_t row = sizeof(float) * (uint64_t)h;
    uint64_t sketch = h > LAT_SKETCH_SPARE ? h - LAT_SKETCH_SPARE : 0;
    sketch = 2 * sizeof(float) * (sketch < 264 ? sketch : 264);
    uint64_t second = row > sketch ? row : sketch;
    uint64_t sample = sketch > 0 ? (n < 1024 ? n : 1024) + 600 : 0;
    uint64_t point = row + second + LAT_WARD_ROOM * sizeof(lat_near) + 160;
    uint64_t thread = (uint64_t)LAT_TILE_ROWS * LAT_TILE_COLUMNS
                          * sizeof(float)
                      + (LAT_TILE_COLUMNS + LAT_TILE_ROWS + 10) * row
                      + (1 << 13);
    return n * point + threads * thread + (160 + sample) * row
           + (uint64_t)n / LAT_WARD_CHUNK * 2 * row;
}
