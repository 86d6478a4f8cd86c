/*
 * pack_int.h - both operands in the order in which tiles read them (a
 * template; see kernels_int.h).
 *
 * Panel p holds columns 16p..16p+15 of the product, k steps of 16 floats:
 *     panels[(p * k + t) * 16 + j] = b[16 p + j][t]   given by rows
 *                                  = b[t][16 p + j]   given by columns
 * with zeros beyond column n.  A left operand is its tiles of r rows one
 * after the other, each k steps of r values.
 */
#ifndef LATENT_PACK_INT_H
#define LATENT_PACK_INT_H

/* How the m rows of a left operand are cut: into even blocks of at most
 * BLOCK_ROWS, a block into even tiles of at most ROWS_MAX. */
static size_t lat_block_rows(size_t m)
{
    size_t blocks = (m + BLOCK_ROWS - 1) / BLOCK_ROWS;
    size_t size = (m + blocks - 1) / blocks;
    return (size + ROWS_MAX - 1) / ROWS_MAX * ROWS_MAX;
}

static size_t lat_tiles_of(size_t rows)
{
    return (rows + ROWS_MAX - 1) / ROWS_MAX;
}

/* Rows of the next tile, `rows` and `tiles` being left. */
static size_t lat_tile_rows(size_t rows, size_t tiles)
{
    return (rows + tiles - 1) / tiles;
}

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

/* A tile of r rows as k steps of r values.  Whole vectors are stored: what
 * stands beyond a step's values is written over by the next step, or the
 * next tile, or lies in the room at the end. */
LAT_FN void pack_tile(float *out, const float *a, size_t lda, size_t r,
                      size_t k)
{
    enum { GROUPS = (ROWS_MAX + W - 1) / W };
    for (size_t t = 0; t < k; t += W) {
        size_t steps = k - t < W ? k - t : W;
        V square[GROUPS][W];
        LAT_UNROLL
        for (size_t g = 0; g < GROUPS; g++) {
            LAT_UNROLL
            for (size_t i = 0; i < W; i++) {
                const float *from = a + (g * W + i) * lda + t;
                square[g][i] = g * W + i >= r ? v_set(0.0f)
                               : steps == W   ? v_load(from)
                                              : v_load_part(from, steps);
            }
            v_transpose(square[g]);
        }
        LAT_UNROLL
        for (size_t i = 0; i < W; i++)
            LAT_UNROLL
            for (size_t g = 0; g < GROUPS; g++)
                if (i < steps && g * W < r)
                    v_store(out + i * r + g * W, square[g][i]);
        out += steps * r;
    }
}

LAT_TARGET static void pack_left(float *out, const float *a, size_t lda,
                                 size_t m, size_t k)
{
    size_t block = m > 0 ? lat_block_rows(m) : 1;
    for (size_t i = 0; i < m; i += block) {
        size_t rows = m - i < block ? m - i : block;
        size_t tiles = lat_tiles_of(rows);
        for (; tiles > 0; tiles--) {
            size_t r = lat_tile_rows(rows, tiles);
            pack_tile(out, a, lda, r, k);
            out += r * k;
            a += r * lda;
            rows -= r;
        }
    }
}

#endif
