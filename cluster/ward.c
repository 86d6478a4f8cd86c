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
    ward.pool = pool;
    ward.options = options != NULL ? options : &standard;
    status = lat_ward_prepare(&ward, error);
    if (status == LAT_OK)
        status = lat_ward_rounds(&ward, error);
    if (status == LAT_OK)
        status = lat_ward_order(out, &ward, error);
    lat_ward_release(&ward);
    return status;
}

uint64_t lat_cluster_ward_memory(size_t n, size_t h, size_t threads)
{
    (void)threads;
    return (uint64_t)n * (96 + 4 * (uint64_t)h) + (1 << 20);
}
