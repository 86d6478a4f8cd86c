/*
 * linear.c - matrices of weights: packed once, or widened at every use.
 *
 *     F32 in the file       widened and packed into panels when the model is
 *                           opened, all matrices into one block; the product
 *                           reads the panels
 *     F16, BF16, Q8_0       stay as they are in the mapped file; LAT_GROUP
 *                           rows at a time are widened and packed into the
 *                           worker's scratch just before they are used
 *
 *                 file          scratch (in cache)           output
 *               +------+  widen  +-------+  pack  +------+  +--+--+--+--+
 *     group g ->| q8_0 |-------->| float |------->|panels|->|  | g|  |  |
 *               +------+         +-------+        +------+  +--+--+--+--+
 *
 * The second way takes no memory of its own and gives the same bits: an
 * output's chains are the same, whoever else is computed beside it.  Chunks
 * are longer there (lat_model.rows), so that widening is a small share.
 */
#include "encoder_int.h"

/* Rows of a matrix that are widened at a time: a multiple of LAT_PANEL,
 * few enough that they are still in cache when they are packed. */
#define LAT_GROUP 64

/* Products in each piece of a sum of k: pieces as even as can be, at least
 * two.  In tiny models, where time is no matter, short ones. */
static size_t piece_of(size_t k)
{
    size_t most = k <= LAT_CHAIN_TINY ? LAT_CHAIN_SHORT : LAT_CHAIN_LONG;
    size_t pieces = (k + most - 1) / most;
    if (pieces < 2 && k > LAT_CHAIN_SHORT)
        pieces = 2;
    return (k + pieces - 1) / pieces;
}

/* Rows first .. first+count-1 of the sources laid under each other. */
static lat_status widen_rows(float *out, const lat_linear *linear,
                             size_t first, size_t count, lat_error *error)
{
    size_t n = linear->n / linear->sources;
    while (count > 0) {
        size_t row = first % n;
        size_t some = n - row < count ? n - row : count;
        lat_status status = lat_weights_copy_rows(
            out, linear->source[first / n], row, some, error);
        if (status != LAT_OK)
            return status;
        out += some * linear->k;
        first += some;
        count -= some;
    }
    return LAT_OK;
}

/* The same for F16, BF16 and Q8_0 once the values have been looked at. */
static void widen_again(float *out, const lat_linear *linear,
                        const lat_kernels *kernels, size_t first,
                        size_t count)
{
    size_t n = linear->n / linear->sources, k = linear->k;
    while (count > 0) {
        const lat_tensor *tensor = linear->source[first / n];
        size_t row = first % n;
        size_t some = n - row < count ? n - row : count;
        const unsigned char *in = tensor->data + tensor->bytes / n * row;
        if (tensor->type == LAT_TENSOR_F16)
            kernels->widen_f16(out, in, some * k);
        else if (tensor->type == LAT_TENSOR_BF16)
            kernels->widen_bf16(out, in, some * k);
        else
            kernels->widen_q8_0(out, in, some * k);
        out += some * k;
        first += some;
        count -= some;
    }
}

/* ---- Loading ------------------------------------------------------------ */

/* Groups of rows are packed by whoever is free.  What goes wrong is only
 * noted; a walk in order then finds the first of the errors. */
typedef struct packing {
    const lat_linear *linear;
    const lat_kernels *kernels;
    float *rows; /* a group for each worker */
    bool *failed; /* one for each worker */
} packing;

static lat_status pack_one(const packing *p, size_t group, float *rows,
                           lat_error *error)
{
    const lat_linear *linear = p->linear;
    size_t first = group * LAT_GROUP, left = linear->n - first;
    size_t count = left < LAT_GROUP ? left : LAT_GROUP;
    lat_status status = widen_rows(rows, linear, first, count, error);
    if (status == LAT_OK)
        p->kernels->pack_rows(linear->panels + first * linear->k, rows,
                              linear->k, count, linear->k);
    return status;
}

static void pack_task(void *context, size_t task, size_t worker)
{
    const packing *p = context;
    float *rows = p->rows + worker * LAT_GROUP * p->linear->k;
    if (pack_one(p, task, rows, NULL) != LAT_OK)
        p->failed[worker] = true;
}

static lat_status pack_all(lat_linear *linear, const lat_kernels *kernels,
                           lat_pool *pool, lat_error *error)
{
    size_t threads = lat_pool_threads(pool);
    size_t groups = (linear->n + LAT_GROUP - 1) / LAT_GROUP;
    size_t room = threads * LAT_GROUP * linear->k * sizeof(float);
    packing p = {linear, kernels, lat_alloc(room),
                 lat_new_array(threads, sizeof *p.failed)};
    lat_status status = LAT_OK;
    bool failed = false;
    if (p.rows == NULL || p.failed == NULL) {
        status = lat_error_memory(error, room);
        goto done;
    }
    lat_pool_run(pool, groups, pack_task, &p);
    for (size_t i = 0; i < threads; i++)
        failed = failed || p.failed[i];
    for (size_t i = 0; failed && status == LAT_OK && i < groups; i++)
        status = pack_one(&p, i, p.rows, error);
done:
    lat_free(p.rows);
    lat_free(p.failed);
    return status;
}

size_t lat_linear_panels(const lat_pair *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].weight->type == LAT_TENSOR_F32)
            return lat_panels_size((size_t)parts[0].weight->shape[0] * count,
                                   (size_t)parts[0].weight->shape[1]);
    return 0;
}

lat_status lat_linear_load(lat_linear *linear, lat_model *model,
                           const lat_pair *parts, size_t count,
                           lat_error *error)
{
    size_t n = (size_t)parts[0].weight->shape[0];
    size_t packed = lat_linear_panels(parts, count);
    linear->n = n * count;
    linear->k = (size_t)parts[0].weight->shape[1];
    linear->piece = piece_of(linear->k);
    linear->sources = count;
    linear->bias = lat_new_array(linear->n, sizeof *linear->bias);
    if (linear->bias == NULL)
        return lat_error_memory(error, linear->n * sizeof *linear->bias);
    for (size_t i = 0; i < count; i++) {
        linear->source[i] = parts[i].weight;
        lat_status status = lat_weights_copy_f32(linear->bias + i * n,
                                                 parts[i].bias, error);
        if (status == LAT_OK && packed == 0)
            status = lat_model_check(model, parts[i].weight, error);
        if (status != LAT_OK)
            return status;
    }
    if (packed == 0)
        return LAT_OK;
    linear->panels = model->panels + model->panels_used;
    model->panels_used += packed;
    return pack_all(linear, model->kernels, model->opener, error);
}

void lat_linear_free(lat_linear *linear)
{
    lat_free(linear->bias);
}

size_t lat_linear_room(const lat_linear *linear, size_t rows)
{
    if (linear->n == 0)
        return 0;
    size_t left = (lat_left_size(rows, linear->k) + 15) / 16 * 16;
    return left + (linear->panels == NULL ? 2 * LAT_GROUP * linear->k : 0);
}

/* ---- Multiplying -------------------------------------------------------- */

/* Outputs first .. first+count-1, from an operand of that many rows and the
 * packed left one at the front of the room. */
static void multiply(const lat_model *model, const lat_linear *linear,
                     const lat_apply *apply, const float *panels,
                     size_t first, size_t count)
{
    lat_matmul job = {
        .m = apply->m, .n = count, .k = linear->k, .a = apply->room,
        .packed = true, .b = panels, .c = apply->c + first,
        .ldc = apply->ldc, .bias = linear->bias + first,
        .ldr = apply->ldr, .activation = apply->activation,
        .piece = linear->piece};
    if (apply->residual != NULL)
        job.residual = apply->residual + first;
    model->kernels->matmul(&job);
}

void lat_linear_apply(const lat_model *model, const lat_linear *linear,
                      const lat_apply *apply)
{
    model->kernels->pack_left(apply->room, apply->a, apply->lda, apply->m,
                              linear->k);
    if (linear->panels != NULL) {
        multiply(model, linear, apply, linear->panels, 0, linear->n);
        return;
    }
    float *rows = apply->room + lat_linear_room(linear, apply->m) -
                  2 * LAT_GROUP * linear->k;
    float *panels = rows + LAT_GROUP * linear->k;
    for (size_t i = 0; i < linear->n; i += LAT_GROUP) {
        size_t left = linear->n - i;
        size_t count = left < LAT_GROUP ? left : LAT_GROUP;
        widen_again(rows, linear, model->kernels, i, count);
        model->kernels->pack_rows(panels, rows, linear->k, count, linear->k);
        multiply(model, linear, apply, panels, i, count);
    }
}
