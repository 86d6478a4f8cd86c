/*
 * attention.c - softmax(Q K' / sqrt(D)) V for each sequence and head.
 *
 * One part is one (sequence, head).  Its keys and values are packed into
 * panels once; the queries then come TILE_ROWS at a time, so that a long
 * sequence never has a T x T matrix in memory:
 *
 *        keys of the head, D x T            values, T x D
 *       +-----------------------+            +-----+
 *     Q | scores: TILE_ROWS x T  | softmax    |     |   contexts,
 *     ->| a row at a time       | -------->  |     |-> TILE_ROWS x D
 *       +-----------------------+            +-----+
 *
 * The contexts replace the queries, which nobody needs after the scores.
 */
#include "encoder_int.h"

#include <math.h>

/* Query rows of a tile of scores. */
#define TILE_ROWS 128

/* MPNet's buckets of relative positions, 16 for each direction: one for
 * each distance below 8, then ranges that grow by sqrt(2) and end at 128.
 * These are the first distances of buckets 8 to 15. */
static size_t distance_bucket(size_t distance)
{
    static const size_t begins[] = {8, 12, 16, 23, 32, 46, 64, 91};
    if (distance < 8)
        return distance;
    size_t bucket = 8;
    for (size_t i = 1; i < 8 && distance >= begins[i]; i++)
        bucket++;
    return bucket;
}

/* line[T-1 + key - query] = bias of that head for the two positions, for
 * all differences from -(T-1) to T-1. */
static void relative_line(float *line, const lat_model *m, size_t head,
                          size_t tokens)
{
    const float *table = m->relative + head;
    size_t heads = m->config.heads;
    for (size_t d = 0; d < tokens; d++) {
        size_t bucket = distance_bucket(d);
        line[tokens - 1 - d] = table[bucket * heads];
        /* Keys to the right have the upper 16 buckets. */
        if (d > 0)
            line[tokens - 1 + d] = table[(bucket + 16) * heads];
    }
}

/* One (sequence, head) at work. */
typedef struct attention {
    const lat_model *model;
    const lat_chunk *chunk;
    size_t tokens;        /* T of the sequence */
    size_t start;         /* its first token in the batch */
    float *queries;       /* rows H apart */
    size_t first, rows;   /* rows of the chunk's matrix */
    float *keys, *values; /* panels */
    float *scores;        /* TILE_ROWS x ldc */
    size_t ldc;
    float *line;          /* 2T - 1 biases, or NULL */
} attention;

/* Token number within its sequence of a row. */
static size_t token_of(const attention *a, size_t row)
{
    const lat_chunk *chunk = a->chunk;
    size_t token = chunk->compact ? chunk->kept[row] : chunk->token + row;
    return token - a->start;
}

static void attend_rows(const attention *a, size_t first, size_t count)
{
    const lat_kernels *k = a->model->kernels;
    size_t h = a->model->config.hidden, d = h / a->model->config.heads;
    float *queries = a->queries + first * h;
    lat_matmul job = {
        .m = count, .n = a->tokens, .k = d, .a = queries, .lda = h,
        .b = a->keys, .c = a->scores, .ldc = a->ldc,
        .scale = (float)(1.0 / sqrt((double)d))};
    k->matmul(&job);
    for (size_t i = 0; i < count; i++) {
        float *row = a->scores + i * a->ldc;
        if (a->line != NULL) {
            size_t query = token_of(a, a->first + first + i);
            k->add(row, row, a->line + (a->tokens - 1 - query), a->tokens);
        }
        k->softmax(row, a->tokens);
    }
    lat_matmul mix = {
        .m = count, .n = d, .k = a->tokens, .a = a->scores, .lda = a->ldc,
        .b = a->values, .c = queries, .ldc = h};
    k->matmul(&mix);
}

/* Floats, each part of the scratch at a cache line. */
static size_t score_stride(size_t tokens)
{
    return (tokens + 15) / 16 * 16;
}

static size_t panels(size_t n, size_t k)
{
    return (lat_panels_size(n, k) + 15) / 16 * 16;
}

static void attend_part(lat_chunk *chunk, size_t part, float *scratch)
{
    const lat_model *m = chunk->model;
    const lat_kernels *k = m->kernels;
    size_t heads = m->config.heads, h = m->config.hidden, d = h / heads;
    size_t sequence = chunk->first + part / heads, head = part % heads;
    size_t start = chunk->batch->starts[sequence];
    size_t end = chunk->batch->starts[sequence + 1];
    attention a = {.model = m, .chunk = chunk, .tokens = end - start,
                   .start = start, .ldc = score_stride(end - start)};
    a.first = lat_chunk_row(chunk, start);
    a.rows = lat_chunk_row(chunk, end) - a.first;
    if (a.rows == 0)
        return;
    a.keys = scratch;
    a.values = a.keys + panels(a.tokens, d);
    a.scores = a.values + panels(d, a.tokens);
    if (m->relative != NULL) {
        a.line = a.scores + TILE_ROWS * a.ldc;
        relative_line(a.line, m, head, a.tokens);
    }
    a.queries = chunk->query + a.first * h + head * d;
    const float *keys = chunk->key_value + (start - chunk->token) * 2 * h +
                        head * d;
    k->pack_rows(a.keys, keys, 2 * h, a.tokens, d);
    k->pack_columns(a.values, keys + h, 2 * h, d, a.tokens);
    for (size_t first = 0; first < a.rows; first += TILE_ROWS) {
        size_t left = a.rows - first;
        attend_rows(&a, first, left < TILE_ROWS ? left : TILE_ROWS);
    }
}

void lat_chunk_attend(lat_chunk *chunk)
{
    lat_chunk_run(chunk, chunk->sequences * chunk->model->config.heads,
                  attend_part);
}

size_t lat_attention_scratch(const lat_model *model, size_t longest)
{
    size_t d = model->config.hidden / model->config.heads;
    return panels(longest, d) + panels(d, longest) +
           TILE_ROWS * score_stride(longest) + 2 * longest;
}
