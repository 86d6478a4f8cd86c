/*
 * pack_int.h - panels of a right operand (a template; see kernels_int.h).
 *
 * Panel p holds columns 16p..16p+15 of the product, k steps of 16 floats:
 *     panels[(p * k + t) * 16 + j] = b[16 p + j][t]   given by rows
 *                                  = b[t][16 p + j]   given by columns
 * with zeros beyond column n.
 */
#ifndef LATENT_PACK_INT_H
#define LATENT_PACK_INT_H

LAT_TARGET static void pack_rows(float *panels, const float *b, size_t ldb,
                                 size_t n, size_t k)
{
    for (size_t first = 0; first < n; first += LAT_PANEL) {
        size_t rows = n - first < LAT_PANEL ? n - first : LAT_PANEL;
        const float *from = b + first * ldb;
        for (size_t t = 0; t < k; t++, panels += LAT_PANEL)
            for (size_t j = 0; j < LAT_PANEL; j++)
                panels[j] = j < rows ? from[j * ldb + t] : 0.0f;
    }
}

LAT_TARGET static void pack_columns(float *panels, const float *b,
                                    size_t ldb, size_t n, size_t k)
{
    for (size_t first = 0; first < n; first += LAT_PANEL) {
        size_t columns = n - first < LAT_PANEL ? n - first : LAT_PANEL;
        for (size_t t = 0; t < k; t++, panels += LAT_PANEL) {
            const float *from = b + t * ldb + first;
            for (size_t j = 0; j < LAT_PANEL; j += W) {
                size_t m = part(columns, j);
                v_store(panels + j, m == W   ? v_load(from + j)
                                    : m == 0 ? v_set(0.0f)
                                             : v_load_part(from + j, m));
            }
        }
    }
}

#endif
