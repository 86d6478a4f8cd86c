/*
 * encoder.c - a forward pass: from a batch of token ids to hidden states.
 *
 * There is no padding.  Sequences lie end to end in one token matrix, and
 * the batch is cut into chunks of whole sequences:
 *
 *     ids   [CLS] a film . [SEP] [CLS] dull [SEP] [CLS] what fun ! [SEP] ...
 *           \____ sequence 0 ___/\_ sequence 1 __/\____ sequence 2 ____/
 *           \_________________ chunk 0 __________/\______ chunk 1 ... ____
 *
 * With plenty of chunks each is one thread's work from the embeddings to
 * the head: nobody waits for anybody until the batch is done.  A batch of
 * few chunks (one long sentence, say) is taken as a whole instead, and its
 * steps are shared out by rows and by (sequence, head).  Both give the same
 * bits: every output depends on its own inputs alone, in an order that the
 * kernels fix.
 *
 * Layers above the highest one asked for are not computed, and in that one
 * only the rows that somebody reads are carried on after keys and values.
 */
#include "encoder_int.h"

#include <string.h>

/* With fewer chunks than this for each thread the batch is shared out. */
#define CHUNKS_A_THREAD 3

typedef struct chunk_range {
    size_t first, sequences;
} chunk_range;

/* What all chunks of a forward pass share. */
typedef struct pass {
    lat_model *model;
    lat_pool *pool;
    const lat_batch *batch;
    const lat_states *want;
    size_t tokens, longest;
    size_t top;
    size_t *kept;      /* rows that are read in layer top, or NULL: all */
    size_t kept_count;
    chunk_range *chunks;
    size_t chunk_count;
    size_t chunk_tokens; /* most tokens in one */
    float **scratch;   /* one for each worker */
    float *matrices;   /* chunk-wise: one set for each worker */
    size_t matrices_size;
} pass;

size_t lat_lower_bound(const size_t *list, size_t count, size_t value)
{
    size_t low = 0;
    while (low < count) {
        size_t middle = low + (count - low) / 2;
        if (list[middle] < value)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

/* ---- What the caller asks for is checked first -------------------------- */

static lat_status check_sequence(const lat_model *m, const lat_batch *batch,
                                 size_t s, lat_error *error)
{
    const lat_model_info *info = &m->info;
    size_t first = batch->starts[s], end = batch->starts[s + 1];
    if (end <= first)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "sequence %zu has no tokens", s);
    if (end - first > info->max_tokens)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "sequence %zu has %zu tokens, the model takes "
                             "at most %zu", s, end - first,
                             info->max_tokens);
    for (size_t t = first; t < end; t++) {
        if (batch->ids[t] >= info->vocabulary)
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "token %zu of sequence %zu has id %lu, the "
                                 "vocabulary ends at %zu", t - first, s,
                                 (unsigned long)batch->ids[t],
                                 info->vocabulary - 1);
        uint32_t type = batch->types != NULL ? batch->types[t] : 0;
        if (type > 0 && type >= info->type_vocabulary)
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "token %zu of sequence %zu has type %lu, "
                                 "the model has %zu types", t - first, s,
                                 (unsigned long)type,
                                 info->type_vocabulary);
    }
    return LAT_OK;
}

static lat_status check_rows(const size_t *rows, size_t count, size_t tokens,
                             lat_error *error)
{
    for (size_t i = 0; rows != NULL && i < count; i++) {
        if (rows[i] >= tokens || (i > 0 && rows[i] <= rows[i - 1]))
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "wanted row %zu (number %zu) is not "
                                 "ascending and below %zu", rows[i], i,
                                 tokens);
    }
    return LAT_OK;
}

static lat_status check_batch(pass *p, lat_error *error)
{
    const lat_batch *batch = p->batch;
    if (batch->sequences > 0 && batch->starts[0] != 0)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "the first sequence starts at %zu, not 0",
                             batch->starts[0]);
    for (size_t s = 0; s < batch->sequences; s++) {
        lat_status status = check_sequence(p->model, batch, s, error);
        if (status != LAT_OK)
            return status;
        size_t size = batch->starts[s + 1] - batch->starts[s];
        p->longest = size > p->longest ? size : p->longest;
    }
    p->tokens = batch->sequences > 0 ? batch->starts[batch->sequences] : 0;
    if (p->want->logits != NULL && p->model->info.head == LAT_HEAD_NONE)
        return lat_error_set(error, LAT_USAGE,
                             "logits are asked for, but %s has no head",
                             p->model->info.path);
    lat_status status = check_rows(p->want->rows, p->want->row_count,
                                   p->tokens, error);
    if (status == LAT_OK)
        status = check_rows(p->want->logit_rows, p->want->logit_row_count,
                            p->tokens, error);
    return status;
}

/* ---- Which layers and rows are needed ----------------------------------- */

static bool wants_hidden(const pass *p, size_t layer)
{
    return p->want->hidden != NULL && p->want->hidden[layer] != NULL;
}

/* False when nothing is asked for. */
static bool find_top(pass *p)
{
    size_t layers = p->model->info.layers;
    if (p->want->logits != NULL) {
        p->top = layers;
        return true;
    }
    for (size_t i = layers + 1; i > 0; i--) {
        if (wants_hidden(p, i - 1)) {
            p->top = i - 1;
            return true;
        }
    }
    return false;
}

/* Rows of layer top that somebody reads: those of hidden states together
 * with the head's.  NULL when these are all tokens. */
static lat_status find_kept(pass *p, lat_error *error)
{
    const lat_states *want = p->want;
    const size_t *rows = want->rows, *heads = NULL;
    size_t row_count = rows != NULL ? want->row_count : 0;
    size_t head_count = 0;
    bool hidden = wants_hidden(p, p->top);
    if (!hidden)
        row_count = 0;
    if (want->logits != NULL) {
        bool first = p->model->info.head == LAT_HEAD_SEQUENCE;
        heads = first ? p->batch->starts : want->logit_rows;
        head_count = first ? p->batch->sequences : want->logit_row_count;
    }
    if ((hidden && rows == NULL) || (want->logits != NULL && heads == NULL))
        return LAT_OK;
    p->kept = lat_new_array(row_count + head_count + 1, sizeof *p->kept);
    if (p->kept == NULL)
        return lat_error_memory(error, (row_count + head_count) *
                                           sizeof *p->kept);
    size_t i = 0, j = 0;
    while (i < row_count || j < head_count) {
        size_t a = i < row_count ? rows[i] : SIZE_MAX;
        size_t b = j < head_count ? heads[j] : SIZE_MAX;
        p->kept[p->kept_count++] = a < b ? a : b;
        i += a <= b;
        j += b <= a;
    }
    return LAT_OK;
}

/* Tokens of the next chunk when so many are left: lat_model.rows, but the
 * last ones shrink, so that all threads end at about the same time. */
static size_t chunk_limit(const pass *p, size_t left)
{
    size_t rows = p->model->rows, threads = lat_pool_threads(p->pool);
    size_t share = left / (2 * threads);
    if (threads == 1 || share > rows)
        return rows;
    return share > rows / 4 ? share : rows / 4;
}

/* Whole sequences, as many as chunk_limit says, at least one. */
static lat_status cut_chunks(pass *p, lat_error *error)
{
    const lat_batch *batch = p->batch;
    p->chunks = lat_new_array(batch->sequences, sizeof *p->chunks);
    if (p->chunks == NULL)
        return lat_error_memory(error, batch->sequences *
                                           sizeof *p->chunks);
    size_t used = 0, limit = 0;
    for (size_t s = 0; s < batch->sequences; s++) {
        size_t size = batch->starts[s + 1] - batch->starts[s];
        if (p->chunk_count == 0 || used + size > limit) {
            p->chunks[p->chunk_count++] = (chunk_range){.first = s};
            limit = chunk_limit(p, p->tokens - batch->starts[s]);
            used = 0;
        }
        used += size;
        p->chunks[p->chunk_count - 1].sequences++;
        p->chunk_tokens = used > p->chunk_tokens ? used : p->chunk_tokens;
    }
    return LAT_OK;
}

/* ---- Memory of a pass --------------------------------------------------- */

/* Rounded so that every part begins at a cache line. */
static size_t padded(size_t floats)
{
    return (floats + 15) / 16 * 16;
}

/* x, query and key_value for T tokens. */
static size_t matrices_size(const lat_model *m, size_t tokens)
{
    size_t h = m->config.hidden;
    size_t w = m->config.embedding > h ? m->config.embedding : h;
    return padded(tokens * h) + padded(tokens * w) + padded(tokens * 2 * h);
}

size_t lat_scratch_size(const lat_model *model, size_t longest)
{
    size_t size = lat_attention_scratch(model, longest);
    size_t layer = lat_layer_scratch(model);
    size_t head = lat_head_scratch(model);
    size = layer > size ? layer : size;
    return padded(head > size ? head : size);
}

size_t lat_model_workspace(const lat_model *m, size_t threads, size_t tokens)
{
    threads = threads > 0 ? threads : 1;
    size_t longest = tokens < m->info.max_tokens ? tokens
                                                 : m->info.max_tokens;
    size_t chunk = longest > m->rows ? longest : m->rows;
    size_t sets = matrices_size(m, chunk) * threads;
    /* Taken as a whole a batch has at most this many chunks, any two
     * of them no longer than `chunk`. */
    size_t most = chunk * CHUNKS_A_THREAD * threads;
    size_t whole = matrices_size(m, tokens < most ? tokens : most);
    size_t scratch = lat_scratch_size(m, longest) * threads;
    return ((sets > whole ? sets : whole) + scratch) * sizeof(float) +
           tokens * 2 * sizeof(size_t);
}

/* The model keeps its work block: a study makes thousands of passes. */
static lat_status reserve_work(pass *p, size_t threads, size_t sets,
                               size_t tokens, lat_error *error)
{
    lat_model *m = p->model;
    size_t scratch = lat_scratch_size(m, p->longest);
    p->matrices_size = matrices_size(m, tokens);
    size_t need = scratch * threads + p->matrices_size * sets;
    if (need > m->work_size) {
        lat_free(m->work);
        m->work_size = 0;
        m->work = lat_alloc_large(need * sizeof *m->work);
        if (m->work == NULL)
            return lat_error_memory(error, need * sizeof *m->work);
        m->work_size = need;
    }
    p->scratch = lat_new_array(threads, sizeof *p->scratch);
    if (p->scratch == NULL)
        return lat_error_memory(error, threads * sizeof *p->scratch);
    for (size_t i = 0; i < threads; i++)
        p->scratch[i] = m->work + i * scratch;
    p->matrices = m->work + threads * scratch;
    return LAT_OK;
}

/* ---- Parts of a chunk --------------------------------------------------- */

typedef struct step_call {
    lat_chunk *chunk;
    lat_step *step;
} step_call;

static void call_step(void *context, size_t task, size_t worker)
{
    step_call *call = context;
    call->step(call->chunk, task, call->chunk->scratch[worker]);
}

void lat_chunk_run(lat_chunk *chunk, size_t parts, lat_step *step)
{
    if (chunk->pool != NULL && parts > 1) {
        step_call call = {chunk, step};
        lat_pool_run(chunk->pool, parts, call_step, &call);
        return;
    }
    for (size_t i = 0; i < parts; i++)
        step(chunk, i, chunk->scratch[chunk->worker]);
}

/* A shared chunk is cut finer, but not so fine that the parts spend their
 * time on reading the weights.  Two parts pay off earlier. */
#define SHARED_ROWS(model) ((model)->rows * 3 / 8)
#define SHARED_ROWS_OF_TWO 12

size_t lat_chunk_row_parts(const lat_chunk *chunk, size_t rows)
{
    size_t parts = 1, most = chunk->model->rows;
    size_t shared = SHARED_ROWS(chunk->model);
    if (chunk->pool != NULL && rows >= 2 * SHARED_ROWS_OF_TWO)
        parts = 2;
    while (chunk->pool != NULL && rows >= 2 * parts * shared)
        parts *= 2;
    size_t fewest = (rows + most - 1) / most;
    return parts > fewest ? parts : fewest;
}

void lat_chunk_row_part(const lat_chunk *chunk, size_t rows, size_t part,
                        size_t *first, size_t *count)
{
    size_t parts = lat_chunk_row_parts(chunk, rows);
    size_t base = rows / parts, more = rows % parts;
    *first = part * base + (part < more ? part : more);
    *count = base + (part < more);
}

size_t lat_chunk_row(const lat_chunk *chunk, size_t token)
{
    if (!chunk->compact)
        return token - chunk->token;
    return lat_lower_bound(chunk->kept, chunk->kept_count, token);
}

/* Copies wanted rows of layer `number` out. */
static void hand_out(lat_chunk *chunk, size_t number)
{
    const lat_states *want = chunk->want;
    size_t h = chunk->model->config.hidden;
    if (want->hidden == NULL || want->hidden[number] == NULL)
        return;
    float *out = want->hidden[number];
    if (want->rows == NULL) {
        memcpy(out + chunk->token * h, chunk->x,
               chunk->tokens * h * sizeof *out);
        return;
    }
    size_t i = lat_lower_bound(want->rows, want->row_count, chunk->token);
    for (; i < want->row_count; i++) {
        if (want->rows[i] >= chunk->token + chunk->tokens)
            return;
        size_t row = lat_chunk_row(chunk, want->rows[i]);
        memcpy(out + i * h, chunk->x + row * h, h * sizeof *out);
    }
}

static void run_chunk(pass *p, chunk_range range, size_t worker,
                      lat_pool *pool, float *matrices)
{
    const lat_model *m = p->model;
    size_t h = m->config.hidden;
    size_t w = m->config.embedding > h ? m->config.embedding : h;
    size_t token = p->batch->starts[range.first];
    size_t tokens = p->batch->starts[range.first + range.sequences] - token;
    lat_chunk chunk = {
        .model = m, .batch = p->batch, .want = p->want, .pool = pool,
        .worker = worker, .first = range.first,
        .sequences = range.sequences, .token = token, .tokens = tokens,
        .top = p->top, .rows = tokens, .scratch = p->scratch};
    if (p->kept != NULL) {
        size_t from = lat_lower_bound(p->kept, p->kept_count, token);
        size_t to = lat_lower_bound(p->kept, p->kept_count, token + tokens);
        chunk.kept = p->kept + from;
        chunk.kept_count = to - from;
    }
    chunk.x = matrices;
    chunk.query = chunk.x + padded(tokens * h);
    chunk.key_value = chunk.query + padded(tokens * w);
    lat_chunk_embed(&chunk);
    hand_out(&chunk, 0);
    for (size_t layer = 1; layer <= p->top; layer++) {
        lat_chunk_layer(&chunk, layer);
        hand_out(&chunk, layer);
    }
    if (p->want->logits != NULL)
        lat_chunk_head(&chunk);
}

static void chunk_task(void *context, size_t task, size_t worker)
{
    pass *p = context;
    run_chunk(p, p->chunks[task], worker, NULL,
              p->matrices + worker * p->matrices_size);
}

static lat_status run_pass(pass *p, lat_error *error)
{
    size_t threads = lat_pool_threads(p->pool);
    size_t few = CHUNKS_A_THREAD * threads;
    bool whole = threads > 1 && (p->tokens < few * p->model->rows ||
                                 p->chunk_count < few);
    size_t tokens = whole ? p->tokens : p->chunk_tokens;
    lat_status status = reserve_work(p, threads, whole ? 1 : threads, tokens,
                                     error);
    if (status != LAT_OK)
        return status;
    if (whole)
        run_chunk(p, (chunk_range){0, p->batch->sequences}, 0, p->pool,
                  p->matrices);
    else
        lat_pool_run(p->pool, p->chunk_count, chunk_task, p);
    return LAT_OK;
}

lat_status lat_model_forward(lat_model *model, lat_pool *pool,
                             const lat_batch *batch, const lat_states *want,
                             lat_error *error)
{
    pass p = {.model = model, .pool = pool, .batch = batch, .want = want};
    lat_status status = check_batch(&p, error);
    if (status != LAT_OK || batch->sequences == 0 || !find_top(&p))
        return status;
    status = find_kept(&p, error);
    if (status == LAT_OK)
        status = cut_chunks(&p, error);
    if (status == LAT_OK)
        status = run_pass(&p, error);
    lat_free(p.kept);
    lat_free(p.chunks);
    lat_free(p.scratch);
    return status;
}
