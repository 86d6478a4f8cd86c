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

/* W steps of k (only the first `steps` exist) of W rows of b (of which
 * `rows` exist), turned into W columns of the panel. */
LAT_FN void pack_square(float *panel, const float *b, size_t ldb,
                        size_t rows, size_t steps)
{
    V square[W];
    LAT_UNROLL
    for (size_t i = 0; i < W; i++)
        square[i] = i >= rows    ? v_set(0.0f)
                    : steps == W ? v_load(b + i * ldb)
                                 : v_load_part(b + i * ldb, steps);
    v_transpose(square);
    LAT_UNROLL
    for (size_t i = 0; i < W; i++)
        if (i < steps)
            v_store(panel + i * LAT_PANEL, square[i]);
}

LAT_TARGET static void pack_rows(float *panels, const float *b, size_t ldb,
                                 size_t n, size_t k)
{
    for (size_t first = 0; first < n; first += LAT_PANEL) {
        for (size_t t = 0; t < k; t += W) {
            size_t steps = k - t < W ? k - t : W;
            for (size_t j = 0; j < LAT_PANEL; j += W) {
                size_t rows = part(n - first, j);
                const float *from = b + (first + j) * ldb + t;
                if (rows == W && steps == W)
                    pack_square(panels + t * LAT_PANEL + j, from, ldb, W, W);
                else
                    pack_square(panels + t * LAT_PANEL + j, from, ldb, rows,
                                steps);
            }
        }
        panels += k * LAT_PANEL;
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
