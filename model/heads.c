/*
 * heads.c - logits out of the highest layer's rows.
 *
 *     sequence:   first token -> dense, activation -> out        1 row each
 *     token:                     every token       -> out        1 row each
 *     masked LM:  token -> dense, activation -> norm -> decoder  1 row each
 *
 * Only the dense part's activation differs between architectures; where a
 * pooler does that job (BERT, ALBERT) it is loaded as the dense part.
 */
#include "encoder_int.h"

#include <string.h>

/* Width of the widest row that a head works on. */
static size_t head_width(const lat_model *m)
{
    size_t h = m->config.hidden, e = m->config.embedding;
    return h > e ? h : e;
}

/* Rows of logits that lie in this chunk: first one and how many. */
static size_t head_rows(const lat_chunk *chunk, size_t *first)
{
    const lat_states *want = chunk->want;
    if (chunk->model->info.head == LAT_HEAD_SEQUENCE) {
        *first = chunk->first;
        return chunk->sequences;
    }
    if (want->logit_rows == NULL) {
        *first = chunk->token;
        return chunk->tokens;
    }
    *first = lat_lower_bound(want->logit_rows, want->logit_row_count,
                             chunk->token);
    return lat_lower_bound(want->logit_rows, want->logit_row_count,
                           chunk->token + chunk->tokens) - *first;
}

/* Token in the batch that row `number` of the logits is made from. */
static size_t head_token(const lat_chunk *chunk, size_t number)
{
    if (chunk->model->info.head == LAT_HEAD_SEQUENCE)
        return chunk->batch->starts[number];
    if (chunk->want->logit_rows == NULL)
        return number;
    return chunk->want->logit_rows[number];
}

/* y = x w' + bias, summed in double and rounded once.  `wide` takes k
 * doubles. */
static void apply_precise(const lat_model *m, const lat_precise *linear,
                          float *y, const float *x, double *wide)
{
    for (size_t i = 0; i < linear->k; i++)
        wide[i] = (double)x[i];
    for (size_t j = 0; j < linear->n; j++)
        y[j] = (float)(m->kernels->dot64(wide, linear->rows +
                                                   j * linear->k,
                                         linear->k) +
                       (double)linear->bias[j]);
}

static void class_part(lat_chunk *chunk, size_t part, float *scratch)
{
    const lat_model *m = chunk->model;
    size_t h = m->config.hidden, from, first, count;
    size_t rows = head_rows(chunk, &from);
    lat_chunk_row_part(chunk, rows, part, &first, &count);
    double *wide = (double *)scratch;
    float *pooled = scratch + 2 * h;
    for (size_t i = from + first; i < from + first + count; i++) {
        const float *x =
            chunk->x + lat_chunk_row(chunk, head_token(chunk, i)) * h;
        if (m->class_dense.n > 0) {
            apply_precise(m, &m->class_dense, pooled, x, wide);
            m->kernels->activate(pooled, h,
                                 m->config.architecture->dense_act);
            x = pooled;
        }
        apply_precise(m, &m->class_out,
                      chunk->want->logits + i * m->info.classes, x, wide);
    }
}

static void lm_part(lat_chunk *chunk, size_t part, float *scratch)
{
    const lat_model *m = chunk->model;
    size_t h = m->config.hidden, e = m->config.embedding;
    size_t from, first, count;
    size_t rows = head_rows(chunk, &from);
    lat_chunk_row_part(chunk, rows, part, &first, &count);
    first += from;
    float *a = scratch + m->room, *c = a + m->rows * head_width(m);
    for (size_t i = 0; i < count; i++) {
        size_t row = lat_chunk_row(chunk, head_token(chunk, first + i));
        memcpy(a + i * h, chunk->x + row * h, h * sizeof *a);
    }
    lat_linear_apply(m, &m->lm_dense, &(lat_apply){
        .m = count, .a = a, .lda = h, .c = c, .ldc = e,
        .activation = m->config.architecture->lm.hidden_act
                          ? m->config.act : LAT_ACT_GELU,
        .room = scratch});
    lat_norm_apply(m, &m->lm_norm, c, e, count);
    lat_linear_apply(m, &m->lm_decoder, &(lat_apply){
        .m = count, .a = c, .lda = e,
        .c = chunk->want->logits + first * m->info.classes,
        .ldc = m->info.classes, .room = scratch});
}

void lat_chunk_head(lat_chunk *chunk)
{
    size_t first;
    size_t rows = head_rows(chunk, &first);
    if (rows > 0)
        lat_chunk_run(chunk, lat_chunk_row_parts(chunk, rows),
                      chunk->model->info.head == LAT_HEAD_MASKED_LM
                          ? lm_part : class_part);
}

size_t lat_head_scratch(const lat_model *model)
{
    return model->info.head == LAT_HEAD_NONE
               ? 0
               : model->room + 2 * model->rows * head_width(model);
}
