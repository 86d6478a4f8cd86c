/*
 * epilogue_int.h - what happens to finished chains: scale, bias, activation
 * and residual, a vector at a time (a template; see kernels_int.h).
 */
#ifndef LATENT_EPILOGUE_INT_H
#define LATENT_EPILOGUE_INT_H

/* W (or, with m < W, the first m) outputs of row i from column j on. */
LAT_FN V finish(const lat_matmul *job, lat_activation activation, size_t i,
                size_t j, size_t m, V x)
{
    bool whole = m == W;
    if (job->scale != 0.0f)
        x = v_mul(x, v_set(job->scale));
    if (job->bias != NULL) {
        const float *bias = job->bias + j;
        x = v_add(x, whole ? v_load(bias) : v_load_part(bias, m));
    }
    x = v_activate(activation, x);
    if (job->residual != NULL) {
        const float *residual = job->residual + i * job->ldr + j;
        x = v_add(x, whole ? v_load(residual) : v_load_part(residual, m));
    }
    return v_clean(x);
}

/* c[i][j..j+width) of `rows` rows from the chains s, rows lds apart, each
 * readable up to the next multiple of W. */
LAT_FN void finish_rows(const lat_matmul *job, lat_activation activation,
                        size_t i, size_t rows, size_t j, size_t width,
                        const float *s, size_t lds)
{
    for (; rows > 0; rows--, i++, s += lds) {
        float *c = job->c + i * job->ldc + j;
        size_t at = 0;
        for (; width - at >= W; at += W)
            v_store(c + at, finish(job, activation, i, j + at, W,
                                   v_load(s + at)));
        if (at < width)
            v_store_part(c + at, width - at,
                         finish(job, activation, i, j + at, width - at,
                                v_load(s + at)));
    }
}

/* GROUP_ROWS rows of a whole strip. */
LAT_FN void finish_group(const lat_matmul *job, lat_activation activation,
                         size_t i, size_t j, const float *s, size_t lds)
{
    enum { COLUMN_VECTORS = STRIP / W };
    V x[GROUP];
    LAT_UNROLL
    for (size_t g = 0; g < GROUP; g++) {
        size_t row = g / COLUMN_VECTORS, at = g % COLUMN_VECTORS * W;
        x[g] = v_load(s + row * lds + at);
        if (job->scale != 0.0f)
            x[g] = v_mul(x[g], v_set(job->scale));
        if (job->bias != NULL)
            x[g] = v_add(x[g], v_load(job->bias + j + at));
    }
    v_activate_all(activation, x, GROUP);
    LAT_UNROLL
    for (size_t g = 0; g < GROUP; g++) {
        size_t row = i + g / COLUMN_VECTORS, at = j + g % COLUMN_VECTORS * W;
        if (job->residual != NULL)
            x[g] = v_add(x[g], v_load(job->residual + row * job->ldr + at));
        v_store(job->c + row * job->ldc + at, v_clean(x[g]));
    }
}

LAT_FN void finish_strip(const lat_matmul *job, lat_activation activation,
                         size_t i, size_t rows, size_t j, size_t width,
                         const float *s, size_t lds)
{
    for (; width == STRIP && rows >= GROUP_ROWS; rows -= GROUP_ROWS) {
        finish_group(job, activation, i, j, s, lds);
        i += GROUP_ROWS;
        s += GROUP_ROWS * lds;
    }
    finish_rows(job, activation, i, rows, j, width, s, lds);
}

/* The commonest activation has loops of its own, without the choice. */
LAT_TARGET static void epilogue(const lat_matmul *job, size_t i, size_t rows,
                                size_t j, size_t width, const float *s,
                                size_t lds)
{
    if (job->activation == LAT_ACT_GELU)
        finish_strip(job, LAT_ACT_GELU, i, rows, j, width, s, lds);
    else
        finish_strip(job, job->activation, i, rows, j, width, s, lds);
}

#endif
