/*
 * tile_int.h - the matrix product of a vector level (a template; see
 * kernels_int.h).
 *
 *        n: strips of STRIP columns (one panel, or four with AVX-512)
 *        +----+----+----
 *     m  |tile|tile|      a tile: up to ROWS x STRIP accumulators, all in
 *        +----+----+----  registers, walks down k with one broadcast of a
 *        |tile|tile|      and COLUMNS fused multiply-adds for each row
 *
 * Blocking, outside in: nc columns (bound the scratch), BLOCK_ROWS of a, kc
 * of k (so that these rows x kc of a stay in the L2 cache and a strip's kc x
 * STRIP of b beside them), strips, tiles.  When k is cut, a tile takes its
 * accumulators up again from the scratch: the chain of each output is the
 * same as without cutting (parts of a product with `piece` are whole chains,
 * whose sum waits in the scratch).  After the last part of k the strip's rows
 * go through the epilogue into c, while they are in L1.
 *
 * Rows lda apart are as many short streams as a tile has rows, which the CPU
 * follows badly; a packed left operand (pack_int.h) is one stream.
 *
 * The including file defines BLOCK_ROWS, STRIP (16 or 64), LAT_FMA_INTO(c, a,
 * b): c = v_fma(a, b, c), and `blocking`; tiles have ROWS_MAX = 6 rows.  With
 * strips of 64 what is left of n, if it is narrow and the left operand not
 * packed, goes by tiles of 12 rows x 32 columns.
 */
#ifndef LATENT_TILE_INT_H
#define LATENT_TILE_INT_H

/* Floats of scratch on the stack; BLOCK_ROWS * nc must fit. */
#define SCRATCH (24 * 1024)

/* Products of k in a part where the sum is of several chains: three chains
 * of 256 in one visit of a tile.  Parts of one chain, whose strip of b fits
 * L1, cost 1 % more: each visit fills and drains the accumulators. */
#define LAT_PART 768

typedef struct lat_tile {
    const float *a; /* rows lda apart, or packed: k x rows */
    size_t lda;
    const float *b; /* first panel, at this part of k */
    size_t panel;   /* floats from one panel to the next */
    size_t last;    /* the strip's last panel stands for those beyond it */
    float *s;       /* rows x STRIP accumulators, rows lds apart */
    size_t lds;
    size_t start;    /* of this part of k */
    size_t k, piece; /* k in chains of `piece` */
    bool fresh;      /* the first chain starts from +0 instead of s */
    bool gather;     /* s is the sum of earlier chains */
    /* The last part of k, whole strip, no activation: scale, bias and
     * residual in registers, straight to c (else NULL and to s). */
    float *c;
    const float *bias, *residual; /* at the tile, or NULL */
    const lat_matmul *job;
    const float *next; /* k/4 cache lines to fetch meanwhile */
} lat_tile;

/* Vectors of b that a step of k takes; defined anew for each shape below. */
#define COLUMNS_2(X, i) X(i, 0) X(i, 1)
#define COLUMNS_4(X, i) X(i, 0) X(i, 1) X(i, 2) X(i, 3)

#define ROWS_1(X) X(0)
#define ROWS_2(X) ROWS_1(X) X(1)
#define ROWS_3(X) ROWS_2(X) X(2)
#define ROWS_4(X) ROWS_3(X) X(3)
#define ROWS_5(X) ROWS_4(X) X(4)
#define ROWS_6(X) ROWS_5(X) X(5)
#define ROWS_7(X) ROWS_6(X) X(6)
#define ROWS_8(X) ROWS_7(X) X(7)
#define ROWS_9(X) ROWS_8(X) X(8)
#define ROWS_10(X) ROWS_9(X) X(9)
#define ROWS_11(X) ROWS_10(X) X(10)
#define ROWS_12(X) ROWS_11(X) X(11)

#define START(i, j)                                                        \
    V c##i##_##j = fresh ? v_set(0.0f) : v_load(s + i * lds + j * W);
#define FINISH(i, j) v_store(s + i * lds + j * W, c##i##_##j);
#define GATHER(i, j)                                                       \
    c##i##_##j = v_add(v_load(s + i * lds + j * W), c##i##_##j);
#define CLEAR(i, j) c##i##_##j = v_set(0.0f);
#define STEP(i, j) LAT_FMA_INTO(c##i##_##j, x, b##j)
#define PLACE(i, j) const float *p##j = t->b + place(t, j);
#define LOAD_B(u, j) V b##j = v_load(p##j + u * LAT_PANEL);
#define ON_B(steps, j) p##j += steps * LAT_PANEL;

/* Row i of a, `u` steps of k after the pointers.  Rows lda apart go by threes
 * from one pointer (base, base + lda, base + 2 lda are addressing modes, so
 * that four pointers serve twelve rows); of a packed tile of R rows the
 * values of a step lie side by side. */
#define FAR_0 a0
#define FAR_1 (a0 + lda)
#define FAR_2 (a0 + 2 * lda)
#define FAR_3 a1
#define FAR_4 (a1 + lda)
#define FAR_5 (a1 + 2 * lda)
#define FAR_6 a2
#define FAR_7 (a2 + lda)
#define FAR_8 (a2 + 2 * lda)
#define FAR_9 a3
#define FAR_10 (a3 + lda)
#define FAR_11 (a3 + 2 * lda)
#define VALUE_far(i) FAR_##i[u]
#define VALUE_near(i) a0[u * R + i]
#define STEP_ROW(form, i)                                                  \
    {                                                                      \
        V x = v_set(VALUE_##form(i));                                      \
        LAT_COLUMNS(STEP, i)                                               \
    }
#define STEP_ROW_far(i) STEP_ROW(far, i)
#define STEP_ROW_near(i) STEP_ROW(near, i)

#define POINTER(g) const float *a##g = t->a + g * 3 * lda;
#define POINTERS_far(groups) ROWS_##groups(POINTER)
#define POINTERS_near(groups) const float *a0 = t->a;
#define BUMP(g) a##g++;
#define BUMP8(g) a##g += 8;
#define ON_far(groups) ROWS_##groups(BUMP)
#define ON_near(groups) a0 += R;
#define ON8_far(groups) ROWS_##groups(BUMP8)
#define ON8_near(groups) a0 += 8 * R;

/* Where in b the columns of vector j begin. */
static inline size_t place(const lat_tile *t, size_t j)
{
    size_t panel = j * W / LAT_PANEL;
    return (panel < t->last ? panel : t->last) * t->panel +
           j * W % LAT_PANEL;
}

/* The epilogue of a tile in registers. */
#define SCALE(i, j) c##i##_##j = v_mul(c##i##_##j, scale);
#define BIAS_LOAD(i, j) V bias##j = v_load(bias + j * W);
#define BIAS(i, j) c##i##_##j = v_add(c##i##_##j, bias##j);
#define RESIDUAL(i, j)                                                     \
    c##i##_##j = v_add(c##i##_##j, v_load(residual + i * ldr + j * W));
#define OUTPUT(i, j) v_store(c + i * ldc + j * W, v_clean(c##i##_##j));

#define SCALE_ROW(i) LAT_COLUMNS(SCALE, i)
#define BIAS_ROW(i) LAT_COLUMNS(BIAS, i)
#define RESIDUAL_ROW(i) LAT_COLUMNS(RESIDUAL, i)
#define OUTPUT_ROW(i) LAT_COLUMNS(OUTPUT, i)
#define START_ROW(i) LAT_COLUMNS(START, i)
#define FINISH_ROW(i) LAT_COLUMNS(FINISH, i)
#define GATHER_ROW(i) LAT_COLUMNS(GATHER, i)
#define CLEAR_ROW(i) LAT_COLUMNS(CLEAR, i)
/* One step of k, `u` after the pointers. */
#define WALK(form, rows, at)                                               \
    {                                                                      \
        enum { u = at };                                                   \
        LAT_COLUMNS(LOAD_B, u)                                             \
        ROWS_##rows(STEP_ROW_##form)                                       \
    }

/* Eight steps a turn: the counting competes with the multiply-adds for
 * ports, and with four steps it cost 3 % of the peak.  Where the sum is of
 * several chains, those done wait in s, which stays in L1. */
#define TILE(name, form, rows, groups)                                     \
    LAT_TARGET static void name##_##rows(const lat_tile *t)                \
    {                                                                      \
        enum { R = rows };                                                 \
        size_t lda = t->lda, lds = t->lds, left = t->k;                    \
        const float *next = t->next;                                       \
        float *s = t->s;                                                   \
        bool fresh = t->fresh, gather = t->gather;                         \
        POINTERS_##form(groups)                                            \
        LAT_COLUMNS(PLACE, 0)                                              \
        ROWS_##rows(START_ROW)                                             \
        for (;;) {                                                         \
            size_t k = left < t->piece ? left : t->piece;                  \
            const float *end = p0 + k / 8 * 8 * LAT_PANEL;                 \
            left -= k;                                                     \
            while (p0 != end) {                                            \
                LAT_FETCH(next)                                            \
                WALK(form, rows, 0)                                        \
                WALK(form, rows, 1)                                        \
                WALK(form, rows, 2)                                        \
                WALK(form, rows, 3)                                        \
                LAT_FETCH(next + LAT_PANEL)                                \
                WALK(form, rows, 4)                                        \
                WALK(form, rows, 5)                                        \
                WALK(form, rows, 6)                                        \
                WALK(form, rows, 7)                                        \
                ON8_##form(groups)                                         \
                next += 2 * LAT_PANEL;                                     \
                LAT_COLUMNS(ON_B, 8)                                       \
            }                                                              \
            for (k %= 8; k > 0; k--) {                                     \
                WALK(form, rows, 0)                                        \
                ON_##form(groups)                                          \
                LAT_COLUMNS(ON_B, 1)                                       \
            }                                                              \
            if (gather) {                                                  \
                ROWS_##rows(GATHER_ROW)                                    \
            }                                                              \
            if (left == 0)                                                 \
                break;                                                     \
            gather = true;                                                 \
            ROWS_##rows(FINISH_ROW)                                        \
            ROWS_##rows(CLEAR_ROW)                                         \
        }                                                                  \
        (void)lda;                                                         \
        if (t->c == NULL) {                                                \
            ROWS_##rows(FINISH_ROW)                                        \
            return;                                                        \
        }                                                                  \
        const lat_matmul *job = t->job;                                    \
        const float *bias = t->bias, *residual = t->residual;              \
        float *c = t->c;                                                   \
        size_t ldc = job->ldc, ldr = job->ldr;                             \
        if (job->scale != 0.0f) {                                          \
            V scale = v_set(job->scale);                                   \
            ROWS_##rows(SCALE_ROW)                                         \
        }                                                                  \
        if (bias != NULL) {                                                \
            LAT_COLUMNS(BIAS_LOAD, 0)                                      \
            ROWS_##rows(BIAS_ROW)                                          \
        }                                                                  \
        if (residual != NULL) {                                            \
            ROWS_##rows(RESIDUAL_ROW)                                      \
        }                                                                  \
        ROWS_##rows(OUTPUT_ROW)                                            \
    }
#define SIX_TILES(name, form)                                              \
    TILE(name, form, 1, 1)                                                 \
    TILE(name, form, 2, 1)                                                 \
    TILE(name, form, 3, 1)                                                 \
    TILE(name, form, 4, 2)                                                 \
    TILE(name, form, 5, 2)                                                 \
    TILE(name, form, 6, 2)
#define SIX_NAMES(name)                                                    \
    NULL, name##_1, name##_2, name##_3, name##_4, name##_5, name##_6

typedef void lat_tile_function(const lat_tile *tile);

#if STRIP / W == 4
#define LAT_COLUMNS COLUMNS_4
#else
#define LAT_COLUMNS COLUMNS_2
#endif
SIX_TILES(far, far)
SIX_TILES(near, near)
static lat_tile_function *const tiles[2][ROWS_MAX + 1] = {{SIX_NAMES(far)},
                                                          {SIX_NAMES(near)}};

#if STRIP == 64
#define NARROW 32
#define NARROW_ROWS 12
#undef LAT_COLUMNS
#define LAT_COLUMNS COLUMNS_2
SIX_TILES(narrow, far)
TILE(narrow, far, 7, 3)
TILE(narrow, far, 8, 3)
TILE(narrow, far, 9, 3)
TILE(narrow, far, 10, 4)
TILE(narrow, far, 11, 4)
TILE(narrow, far, 12, 4)
static lat_tile_function *const narrow_tiles[NARROW_ROWS + 1] = {
    SIX_NAMES(narrow), narrow_7,  narrow_8, narrow_9,
    narrow_10,         narrow_11, narrow_12};
#endif

#include "epilogue_int.h"

/* The weights come from memory or a far cache, once for each block of rows:
 * while the tiles of a strip work, each fetches its share of the next strip
 * (a line a step of k for each panel, a line in four steps for each tile)
 * into L2.  And the lines of c that a tile will write are asked for before
 * it starts. */
static const float *share_of_next(const lat_tile *t, const float *next,
                                  size_t tile)
{
    size_t line = tile * (t->k / 4), panel = 0;
    for (; panel <= t->last && line >= t->k; panel++)
        line -= t->k;
    return panel <= t->last ? next + panel * t->panel + line * LAT_PANEL
                            : t->b;
}

/* One part of k of `rows` rows of a strip; c when it is to be written
 * afterwards, else NULL. */
LAT_TARGET static void strip_multiply(lat_tile tile, size_t rows,
                                      size_t width, const float *next,
                                      const float *c)
{
    size_t lds = tile.lds, ldc = tile.job->ldc, most = ROWS_MAX;
    bool packed = tile.job->packed;
    lat_tile_function *const *by_rows = tiles[packed];
    const float *a = tile.a;
#ifdef NARROW
    if (width <= NARROW && !packed) {
        by_rows = narrow_tiles;
        most = NARROW_ROWS;
    }
#endif
    size_t count = (rows + most - 1) / most;
    for (size_t done = 0, at = 0; at < count; at++) {
        size_t r = lat_tile_rows(rows - done, count - at);
        tile.a = packed ? a + done * tile.job->k + tile.start * r
                        : a + done * tile.lda + tile.start;
        tile.next = share_of_next(&tile, next, at);
        for (size_t i = 0; c != NULL && i < r; i++, c += ldc)
            for (size_t j = 0; j < width; j += 16)
                LAT_FETCH_WRITE(c + j)
        by_rows[r](&tile);
        tile.s += r * lds;
        if (tile.c != NULL)
            tile.c += r * ldc;
        if (tile.residual != NULL)
            tile.residual += r * tile.job->ldr;
        done += r;
    }
}

/* One block of rows x columns of c over the whole of k. */
LAT_TARGET static void block_multiply(const lat_matmul *job, size_t i,
                                      size_t rows, size_t j, size_t columns)
{
    /* rows x nc, or rows x STRIP when k is not cut; aligned for the loads. */
    _Alignas(64) float scratch[SCRATCH];
    size_t kc = blocking.kc, k = 0, depth;
    bool pieces = job->piece > 0 && job->piece < job->k;
    if (pieces) /* whole chains in each part */
        kc = LAT_PART > job->piece ? LAT_PART / job->piece * job->piece
                                   : job->piece;
    bool cut = job->k > kc;
    lat_tile tile = {.lda = job->lda, .job = job,
                     .a = job->a + i * (job->packed ? job->k : job->lda),
                     .piece = pieces ? job->piece : job->k,
                     .lds = cut ? blocking.nc : STRIP};
    do {
        depth = job->k - k < kc ? job->k - k : kc;
        bool last = k + depth == job->k;
        tile.start = k;
        tile.k = depth;
        tile.fresh = k == 0 || pieces;
        tile.gather = k > 0 && pieces;
        for (size_t at = 0; at < columns; at += STRIP) {
            size_t column = j + at;
            size_t width = columns - at < STRIP ? columns - at : STRIP;
            float *c = job->c + i * job->ldc + column;
            tile.s = scratch + (cut ? at : 0);
            tile.b = job->b + column * job->k + k * LAT_PANEL;
            tile.panel = job->k * LAT_PANEL;
            tile.last = (width - 1) / LAT_PANEL;
            bool direct = last && width == STRIP &&
                          job->activation == LAT_ACT_NONE;
            tile.c = direct ? c : NULL;
            tile.bias = job->bias != NULL ? job->bias + column : NULL;
            tile.residual = job->residual != NULL
                                ? job->residual + i * job->ldr + column
                                : NULL;
            /* Next strip, or the next part of k of the first one. */
            const float *next = at + STRIP < columns
                                    ? tile.b + STRIP * job->k
                                    : tile.b - at * job->k +
                                          depth * LAT_PANEL;
            strip_multiply(tile, rows, width, next, last ? c : NULL);
            if (last && !direct)
                epilogue(job, i, rows, column, width, tile.s, tile.lds);
        }
        k += depth;
    } while (k < job->k);
}

LAT_TARGET static void matmul(const lat_matmul *job)
{
    size_t m = job->m, n = job->n;
    if (m == 0 || n == 0)
        return;
    size_t mc = lat_block_rows(m), nc = blocking.nc;
    /* Rows inside: nc columns of b stay near for all blocks of rows. */
    for (size_t j = 0; j < n; j += nc)
        for (size_t i = 0; i < m; i += mc)
            block_multiply(job, i, m - i < mc ? m - i : mc, j,
                           n - j < nc ? n - j : nc);
}

#endif
