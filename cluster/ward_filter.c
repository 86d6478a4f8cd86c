/*
 * ward_filter.c - the two loops over coordinates and products that run often
 * enough to deserve vectors.  Both forms do the same operations in the same
 * order, none fused, so that they give the same bits.
 *
 * The filter asks of a product g = a.b whether D(a, b) may be below a
 * threshold T, the larger of the row's and the column's:
 *
 *     |a-b|^2 >= norm_a + norm_b - 2 g           (norms hold the error)
 *     D = |a-b|^2 / (half_a + half_b) < T
 *     <=  norm_a - 2 g < T (half_a + half_b) - norm_b
 *
 * without a division.  Its own roundings, at most 11 units of the norms'
 * sum, are part of the error in the norms (ward_state.c).
 */
#include "ward_int.h"

#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define VECTORS 1

__attribute__((target("avx2"))) static size_t
filter_vectors(const lat_filter *f, const float *products, float row_norm,
               float row_half, float row_least, uint32_t *hits, size_t *done)
{
    __m256 norm = _mm256_set1_ps(row_norm), half = _mm256_set1_ps(row_half);
    __m256 least = _mm256_set1_ps(row_least);
    size_t count = 0, j = 0;
    for (; f->n - j >= 8; j += 8) {
        __m256 g = _mm256_loadu_ps(products + j);
        __m256 t = _mm256_sub_ps(norm, _mm256_add_ps(g, g));
        __m256 most = _mm256_max_ps(_mm256_loadu_ps(f->least + j), least);
        __m256 sum = _mm256_add_ps(_mm256_loadu_ps(f->half + j), half);
        __m256 limit = _mm256_sub_ps(_mm256_mul_ps(most, sum),
                                     _mm256_loadu_ps(f->norm + j));
        unsigned bits = (unsigned)_mm256_movemask_ps(
            _mm256_cmp_ps(t, limit, _CMP_LT_OQ));
        for (; bits != 0; bits &= bits - 1)
            hits[count++] = (uint32_t)j + (uint32_t)__builtin_ctz(bits);
    }
    *done = j;
    return count;
}

__attribute__((target("avx2"))) static size_t
expand_vectors(double *out, const float *x, const double *mean, double scale,
               size_t h)
{
    size_t j = 0;
    for (; h - j >= 4; j += 4) {
        __m256d wide = _mm256_cvtps_pd(_mm_loadu_ps(x + j));
        wide = _mm256_sub_pd(wide, _mm256_loadu_pd(mean + j));
        _mm256_storeu_pd(out + j,
                         _mm256_mul_pd(wide, _mm256_set1_pd(scale)));
    }
    return j;
}
#endif

bool lat_ward_vectors(const lat_kernels *kernels)
{
    return strcmp(kernels->name, "avx2") == 0
           || strcmp(kernels->name, "avx512") == 0;
}

bool lat_filter_passes(float product, float row_norm, float row_half,
                       float row_least, float norm, float half, float least)
{
    float most = least > row_least ? least : row_least;
    float t = row_norm - (product + product);
    float limit = most * (half + row_half);
    limit = limit - norm;
    return t < limit;
}

size_t lat_filter_row(bool vectors, const lat_filter *filter,
                      const float *products, float row_norm, float row_half,
                      float row_least, uint32_t *hits)
{
    size_t count = 0, j = 0;
#ifdef VECTORS
    if (vectors)
        count = filter_vectors(filter, products, row_norm, row_half,
                               row_least, hits, &j);
#else
    (void)vectors;
#endif
    for (; j < filter->n; j++) {
        if (lat_filter_passes(products[j], row_norm, row_half, row_least,
                              filter->norm[j], filter->half[j],
                              filter->least[j]))
            hits[count++] = (uint32_t)j;
    }
    return count;
}

void lat_ward_expand(bool vectors, double *out, const float *x,
                     const double *mean, double scale, size_t h)
{
    size_t j = 0;
#ifdef VECTORS
    if (vectors)
        j = expand_vectors(out, x, mean, scale, h);
#else
    (void)vectors;
#endif
    for (; j < h; j++)
        out[j] = ((double)x[j] - mean[j]) * scale;
}
