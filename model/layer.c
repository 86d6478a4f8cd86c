/*
 * layer.c - embeddings and one encoder layer over the rows of a chunk.
 *
 *     x --+--> query ------\
 *         +--> key, value --> attention --> output --+--> norm --+
 *         |                                          |           |
 *         +------------------------------------------+           |
 *         +------------------------------------------------------+
 *         +--> up, activation --> down --+--> norm --> x
 *         |                              |
 *         +------------------------------+
 *
 * Everything but the attention works row by row, so each part of the rows
 * runs from the context to the layer's output without meeting the others.
 */
#include "encoder_int.h"

#include <string.h>

void lat_norm_apply(const lat_model *model, const lat_norm *norm, float *x,
                    size_t stride, size_t rows)
{
    for (size_t i = 0; i < rows; i++)
        model->kernels->layer_norm(x + i * stride, x + i * stride,
                                   norm->gain, norm->shift, norm->n,
                                   model->config.eps);
}

/* ---- Embeddings --------------------------------------------------------- */

/* Position number of a token.  RoBERTa and MPNet count the tokens before it
 * that are not padding, from pad+1; a padding token itself has pad. */
static size_t position_of(const lat_chunk *chunk, size_t token, size_t start)
{
    const lat_config *c = &chunk->model->config;
    const uint32_t *ids = chunk->batch->ids;
    if (c->architecture->positions == LAT_POSITIONS_ZERO)
        return token - start;
    if (ids[token] == c->pad_id)
        return c->pad_id;
    size_t position = c->pad_id;
    for (size_t t = start; t <= token; t++)
        position += ids[t] != c->pad_id;
    return position;
}

/* word + type + position, in the reference's order. */
static void sum_embeddings(const lat_chunk *chunk, size_t token,
                           size_t start, float *out)
{
    const lat_model *m = chunk->model;
    size_t e = m->config.embedding;
    /* Checked when the model was opened: cannot fail. */
    lat_weights_copy_rows(out, m->layout.word, chunk->batch->ids[token], 1,
                          NULL);
    if (m->type != NULL) {
        size_t type = chunk->batch->types != NULL
                          ? chunk->batch->types[token] : 0;
        m->kernels->add(out, out, m->type + type * e, e);
    }
    size_t position = position_of(chunk, token, start);
    /* A padding token inside a RoBERTa sequence has a row that GGUF files
     * leave out; the reference holds zeros there. */
    if (position >= m->dropped)
        m->kernels->add(out, out, m->position + (position - m->dropped) * e,
                        e);
}

static void embed_part(lat_chunk *chunk, size_t part, float *scratch)
{
    const lat_model *m = chunk->model;
    const size_t *starts = chunk->batch->starts;
    size_t first, count, e = m->config.embedding, h = m->config.hidden;
    lat_chunk_row_part(chunk, chunk->tokens, part, &first, &count);
    bool projects = m->project.n > 0;
    float *out = projects ? chunk->query : chunk->x;
    size_t s = lat_lower_bound(starts, chunk->first + chunk->sequences,
                               chunk->token + first + 1) - 1;
    for (size_t row = first; row < first + count; row++) {
        size_t token = chunk->token + row;
        if (token == starts[s + 1])
            s++;
        sum_embeddings(chunk, token, starts[s], out + row * e);
    }
    lat_norm_apply(m, &m->embedding_norm, out + first * e, e, count);
    if (projects)
        lat_linear_apply(m, &m->project, &(lat_apply){
            .m = count, .a = out + first * e, .lda = e,
            .c = chunk->x + first * h, .ldc = h, .room = scratch});
}

void lat_chunk_embed(lat_chunk *chunk)
{
    lat_chunk_run(chunk, lat_chunk_row_parts(chunk, chunk->tokens),
                  embed_part);
}

/* ---- One layer ---------------------------------------------------------- */

static void query_part(lat_chunk *chunk, size_t part, float *scratch)
{
    const lat_model *m = chunk->model;
    size_t first, count, h = m->config.hidden;
    lat_chunk_row_part(chunk, chunk->rows, part, &first, &count);
    lat_linear_apply(m, &chunk->layer->query, &(lat_apply){
        .m = count, .a = chunk->x + first * h, .lda = h,
        .c = chunk->query + first * h, .ldc = h, .room = scratch});
}

static void key_value_part(lat_chunk *chunk, size_t part, float *scratch)
{
    const lat_model *m = chunk->model;
    size_t first, count, h = m->config.hidden;
    lat_chunk_row_part(chunk, chunk->tokens, part, &first, &count);
    lat_linear_apply(m, &chunk->layer->key_value, &(lat_apply){
        .m = count, .a = chunk->x + first * h, .lda = h,
        .c = chunk->key_value + first * 2 * h, .ldc = 2 * h,
        .room = scratch});
}

static void both_part(lat_chunk *chunk, size_t part, float *scratch)
{
    query_part(chunk, part, scratch);
    key_value_part(chunk, part, scratch);
}

/* Floats from one row of feed-forward outputs to the next: not a multiple of
 * 4 KB, where all rows would meet in the same sets of the cache. */
static size_t inner_stride(const lat_model *model)
{
    size_t f = model->config.feed_forward;
    return f % 1024 == 0 ? f + 16 : f;
}

/* From contexts (in query) to the layer's output, in x. */
static void finish_part(lat_chunk *chunk, size_t part, float *scratch)
{
    const lat_model *m = chunk->model;
    const lat_layer *layer = chunk->layer;
    size_t first, count, h = m->config.hidden;
    size_t f = inner_stride(m);
    lat_chunk_row_part(chunk, chunk->rows, part, &first, &count);
    float *x = chunk->x + first * h, *inner = scratch + m->room;
    lat_linear_apply(m, &layer->output, &(lat_apply){
        .m = count, .a = chunk->query + first * h, .lda = h,
        .c = x, .ldc = h, .residual = x, .ldr = h, .room = scratch});
    lat_norm_apply(m, &layer->attention_norm, x, h, count);
    lat_linear_apply(m, &layer->up, &(lat_apply){
        .m = count, .a = x, .lda = h, .c = inner, .ldc = f,
        .activation = m->config.act, .room = scratch});
    lat_linear_apply(m, &layer->down, &(lat_apply){
        .m = count, .a = inner, .lda = f, .c = x, .ldc = h,
        .residual = x, .ldr = h, .room = scratch});
    lat_norm_apply(m, &layer->output_norm, x, h, count);
}

/* Moves the kept rows together at the front of x. */
static void keep_rows(lat_chunk *chunk)
{
    size_t h = chunk->model->config.hidden;
    for (size_t i = 0; i < chunk->kept_count; i++) {
        size_t row = chunk->kept[i] - chunk->token;
        if (row != i)
            memcpy(chunk->x + i * h, chunk->x + row * h,
                   h * sizeof *chunk->x);
    }
    chunk->rows = chunk->kept_count;
    chunk->compact = true;
}

void lat_chunk_layer(lat_chunk *chunk, size_t number)
{
    const lat_model *m = chunk->model;
    chunk->layer = &m->layers[m->layer_of[number - 1]];
    size_t parts = lat_chunk_row_parts(chunk, chunk->tokens);
    if (number == chunk->top && chunk->kept != NULL &&
        chunk->kept_count < chunk->tokens) {
        lat_chunk_run(chunk, parts, key_value_part);
        keep_rows(chunk);
        parts = lat_chunk_row_parts(chunk, chunk->rows);
        lat_chunk_run(chunk, parts, query_part);
    } else {
        lat_chunk_run(chunk, parts, both_part);
    }
    lat_chunk_attend(chunk);
    lat_chunk_run(chunk, parts, finish_part);
}

size_t lat_layer_scratch(const lat_model *model)
{
    return model->room + model->rows * inner_stride(model);
}
