/*
 * flat.c - flat clusters: their quality, and how far two of them agree.
 */
#include "flat_int.h"

#include <math.h>

void lat_flat_free(lat_flat *flat)
{
    lat_flat empty = {0};
    lat_free(flat->labels);
    *flat = empty;
}

lat_status lat_flat_renumber(uint32_t *labels, size_t n, size_t k,
                             size_t *used, lat_error *error)
{
    uint32_t *name = lat_new_array(k, sizeof *name);
    uint32_t names = 0;
    if (name == NULL)
        return lat_error_memory(error, k * sizeof *name);
    for (size_t i = 0; i < n; i++) {
        if (name[labels[i]] == 0)
            name[labels[i]] = ++names;
        labels[i] = name[labels[i]] - 1;
    }
    *used = names;
    lat_free(name);
    return LAT_OK;
}

lat_status lat_flat_check(const float *points, size_t n, size_t h, size_t k,
                          lat_error *error)
{
    if (h == 0)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "the points have no coordinates, expected at "
                             "least one");
    if (k == 0 || k > n || n > INT32_MAX)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "%llu clusters of %llu points, expected 1 to as "
                             "many as there are points",
                             (unsigned long long)k, (unsigned long long)n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < h; j++)
            if (!isfinite(points[i * h + j]))
                return lat_error_set(error, LAT_OUT_OF_RANGE,
                    "point %llu (from 0) holds a NaN or an infinity, "
                    "expected finite numbers", (unsigned long long)i);
    return LAT_OK;
}

lat_status lat_flat_inertia(double *out, const float *points, size_t n,
                            size_t h, const uint32_t *labels, size_t k,
                            lat_error *error)
{
    size_t room;
    *out = 0;
    if (!lat_size_mul(k, h, &room))
        return lat_error_memory(error, UINT64_MAX);
    double *mean = lat_new_array(room, sizeof *mean);
    double *size = lat_new_array(k, sizeof *size);
    lat_status status = LAT_OK;
    if (mean == NULL || size == NULL) {
        status = lat_error_memory(error, (uint64_t)room * sizeof *mean);
        goto done;
    }
    for (size_t i = 0; i < n; i++) {
        if (labels[i] >= k) {
            status = lat_error_set(error, LAT_OUT_OF_RANGE,
                                   "point %llu has label %lu, expected less "
                                   "than %llu", (unsigned long long)i,
                                   (unsigned long)labels[i],
                                   (unsigned long long)k);
            goto done;
        }
        size[labels[i]]++;
        for (size_t j = 0; j < h; j++)
            mean[labels[i] * h + j] += (double)points[i * h + j];
    }
    for (size_t c = 0; c < k; c++)
        for (size_t j = 0; j < h && size[c] > 0; j++)
            mean[c * h + j] /= size[c];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < h; j++) {
            double gap = (double)points[i * h + j] - mean[labels[i] * h + j];
            *out += gap * gap;
        }
done:
    lat_free(mean);
    lat_free(size);
    return status;
}

static int by_pair(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return a < b ? -1 : a > b;
}

/* Sum of m (m - 1) / 2 over runs of equal values. */
static double count_pairs(const uint64_t *sorted, size_t n, unsigned shift)
{
    double pairs = 0;
    for (size_t i = 0, j = 0; i < n; i = j) {
        while (j < n && sorted[j] >> shift == sorted[i] >> shift)
            j++;
        double m = (double)(j - i);
        pairs += m * (m - 1) / 2;
    }
    return pairs;
}

lat_status lat_flat_rand(double *out, const uint32_t *a, const uint32_t *b,
                         size_t n, lat_error *error)
{
    uint64_t *keys = lat_new_array(n, sizeof *keys);
    *out = 1;
    if (keys == NULL)
        return lat_error_memory(error, (uint64_t)n * sizeof *keys);
    for (size_t i = 0; i < n; i++)
        keys[i] = b[i];
    qsort(keys, n, sizeof *keys, by_pair);
    double in_b = count_pairs(keys, n, 0);
    for (size_t i = 0; i < n; i++)
        keys[i] = (uint64_t)a[i] << 32 | b[i];
    qsort(keys, n, sizeof *keys, by_pair);
    double both = count_pairs(keys, n, 0), in_a = count_pairs(keys, n, 32);
    double all = (double)n * ((double)n - 1) / 2;
    double chance = all > 0 ? in_a * in_b / all : 0;
    double most = (in_a + in_b) / 2;
    /* All in one, or all apart, on both sides: the same labellings. */
    if (most > chance || most < chance)
        *out = (both - chance) / (most - chance);
    lat_free(keys);
    return LAT_OK;
}
