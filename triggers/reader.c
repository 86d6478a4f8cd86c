/*
 * reader.c - text through tokenizer and model, in blocks.
 *
 *   sentences -> reader_tokens.c -> ids end to end
 *   ids -> forward (blocks of whole sentences) -> rows of the kept words
 *
 * Blocks depend on the corpus alone, so results do not depend on threads.
 */
#include "reader_int.h"

#include <string.h>

enum {
    TOKENS_A_BLOCK = 16384 /* about; bounds memory, keeps all threads busy */
};

static lat_status open_tokenizer(lat_reader *out, const char *path,
                                 lat_error *error)
{
    const lat_model_vocabulary *vocabulary =
        lat_model_get_vocabulary(out->model);
    if (vocabulary == NULL && lat_path_is_folder(path))
        return lat_tokenizer_open(&out->tokenizer, path, error);
    if (vocabulary == NULL) {
        lat_error_set(error, LAT_UNSUPPORTED,
                      "the file holds no vocabulary, so it takes token ids "
                      "only (--ids)");
        return lat_error_in_file(error, path);
    }
    lat_tokenizer_parts parts = {
        .kind = vocabulary->kind,
        .count = vocabulary->count,
        .pieces = vocabulary->pieces,
        .sizes = vocabulary->sizes,
        .scores = vocabulary->scores,
        .merges = vocabulary->merges,
        .merge_count = vocabulary->merge_count,
        .charsmap = vocabulary->charsmap,
        .charsmap_size = vocabulary->charsmap_size,
        .json = vocabulary->tokenizer_json,
        .json_size = vocabulary->tokenizer_json_size,
        .lowercase = vocabulary->lowercase,
        .strip_accents = vocabulary->strip_accents,
        .chinese_characters = vocabulary->chinese_characters,
        .unflagged = !vocabulary->has_flags,
        .sentencepiece = vocabulary->sentencepiece,
        .sentencepiece_size = vocabulary->sentencepiece_size,
        .settings = vocabulary->settings,
        .settings_size = vocabulary->settings_size,
        .model_type = out->info->architecture};
    lat_status status =
        lat_tokenizer_from_parts(&out->tokenizer, &parts, error);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    return status;
}

lat_status lat_reader_open(lat_reader *out, const char *path,
                           lat_error *error)
{
    return lat_reader_open_with(out, path, NULL, error);
}

lat_status lat_reader_open_with(lat_reader *out, const char *path,
                                lat_pool *pool, lat_error *error)
{
    const lat_model_options how = {.pool = pool};
    memset(out, 0, sizeof *out);
    lat_status status = lat_model_open(&out->model, path, &how, error);
    if (status == LAT_OK) {
        out->info = lat_model_get_info(out->model);
        status = open_tokenizer(out, path, error);
    }
    if (status == LAT_OK &&
        lat_tokenizer_vocabulary(out->tokenizer) > out->info->vocabulary) {
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "the tokenizer has %zu pieces, the model only "
                               "%zu embeddings",
                               lat_tokenizer_vocabulary(out->tokenizer),
                               out->info->vocabulary);
        lat_error_in_file(error, path);
    }
    if (status != LAT_OK)
        lat_reader_close(out);
    return status;
}

void lat_reader_close(lat_reader *reader)
{
    lat_tokenizer_close(reader->tokenizer);
    lat_model_close(reader->model);
    memset(reader, 0, sizeof *reader);
}

/* ---- The pass over the corpus ------------------------------------------- */

typedef struct passing {
    const lat_reader *reader;
    const lat_tokens *tokens;
    const lat_reader_want *want;
    size_t *rows;     /* token rows wanted in a block */
    float **hidden;   /* L+1: where the block's rows go */
    float *pooled;    /* mean pooling: rows of one layer at a time */
    size_t *starts;   /* of the block, from 0 */
    size_t row_capacity;
} passing;

/* Rows of the words w0..w1-1, relative to the block's first token. */
static size_t list_rows(const passing *p, size_t w0, size_t w1, size_t base)
{
    const lat_tokens *tokens = p->tokens;
    size_t count = 0;
    for (size_t w = w0; w < w1; w++) {
        if (p->want->pooling == LAT_POOL_LAST)
            p->rows[count++] = tokens->end[w] - 1 - base;
        else if (p->want->pooling == LAT_POOL_FIRST)
            p->rows[count++] = tokens->first[w] - base;
        else
            for (size_t r = tokens->first[w]; r < tokens->end[w]; r++)
                p->rows[count++] = r - base;
    }
    return count;
}

/* Mean of each word's rows, in double, rounded once. */
static void pool_mean(const passing *p, size_t w0, size_t w1, float *out,
                      const float *rows)
{
    size_t hidden = p->reader->info->hidden, row = 0;
    for (size_t w = w0; w < w1; w++) {
        size_t count = p->tokens->end[w] - p->tokens->first[w];
        for (size_t j = 0; j < hidden; j++) {
            double sum = 0;
            for (size_t r = 0; r < count; r++)
                sum += (double)rows[(row + r) * hidden + j];
            out[(w - w0) * hidden + j] = (float)(sum / (double)count);
        }
        row += count;
    }
}

static lat_status pass_block(passing *p, lat_pool *pool, size_t s0,
                             size_t s1, size_t w0, size_t w1,
                             lat_error *error)
{
    const lat_model_info *info = p->reader->info;
    const lat_tokens *tokens = p->tokens;
    size_t base = tokens->starts[s0], H = info->hidden;
    for (size_t s = s0; s <= s1; s++)
        p->starts[s - s0] = tokens->starts[s] - base;
    lat_batch batch = {.sequences = s1 - s0, .ids = tokens->ids + base,
                       .types = info->type_vocabulary > 1
                                    ? tokens->types + base : NULL,
                       .starts = p->starts};
    lat_states want = {0};
    bool any = false, mean = p->want->pooling == LAT_POOL_MEAN;
    size_t rows = list_rows(p, w0, w1, base);
    for (size_t l = 0; l <= info->layers; l++) {
        p->hidden[l] = NULL;
        if (p->want->layers == NULL || p->want->layers[l] == NULL)
            continue;
        any = true;
        p->hidden[l] = mean ? p->pooled + l * p->row_capacity * H
                            : p->want->layers[l] + w0 * H;
    }
    if (any && rows != 0) {
        want.hidden = p->hidden;
        want.rows = p->rows;
        want.row_count = rows;
    }
    if (p->want->logits != NULL)
        want.logits = p->want->logits + s0 * info->classes;
    if (want.hidden == NULL && want.logits == NULL)
        return LAT_OK;
    lat_status status = lat_model_forward(p->reader->model, pool, &batch,
                                          &want, error);
    for (size_t l = 0; mean && status == LAT_OK && l <= info->layers; l++)
        if (p->hidden[l] != NULL)
            pool_mean(p, w0, w1, p->want->layers[l] + w0 * H, p->hidden[l]);
    return status;
}

/* Sentences s0.. that make a block, and the words in them. */
static size_t block_end(const lat_tokens *tokens, size_t s0, size_t *w1)
{
    size_t s1 = s0 + 1, limit = tokens->starts[s0] + TOKENS_A_BLOCK;
    while (s1 < tokens->sentences && tokens->starts[s1 + 1] <= limit)
        s1++;
    while (*w1 < tokens->words && tokens->first[*w1] < tokens->starts[s1])
        (*w1)++;
    return s1;
}

/* The most rows that any block wants. */
static size_t most_rows(const lat_tokens *tokens, lat_pooling pooling)
{
    size_t most = 0, w0 = 0, w1 = 0;
    for (size_t s = 0; s < tokens->sentences;) {
        size_t rows = 0;
        s = block_end(tokens, s, &w1);
        for (; w0 < w1; w0++)
            rows += pooling == LAT_POOL_MEAN
                        ? tokens->end[w0] - tokens->first[w0] : 1;
        most = rows > most ? rows : most;
    }
    return most;
}

lat_status lat_reader_states(const lat_reader *reader, lat_pool *pool,
                             const lat_tokens *tokens,
                             const lat_reader_want *want, lat_error *error)
{
    const lat_model_info *info = reader->info;
    if (want->logits != NULL && info->head != LAT_HEAD_SEQUENCE)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "the model has no sequence classification head");
    passing p = {.reader = reader, .tokens = tokens, .want = want};
    p.row_capacity = most_rows(tokens, want->pooling);
    p.rows = lat_new_array(p.row_capacity, sizeof *p.rows);
    p.hidden = lat_new_array(info->layers + 1, sizeof *p.hidden);
    p.starts = lat_new_array(tokens->sentences + 1, sizeof *p.starts);
    lat_status status = LAT_OK;
    size_t bytes = 0;
    if (want->pooling == LAT_POOL_MEAN && want->layers != NULL) {
        if (lat_size_mul(p.row_capacity, info->hidden * sizeof(float),
                         &bytes) &&
            lat_size_mul(bytes, info->layers + 1, &bytes))
            p.pooled = lat_alloc(bytes);
        if (p.pooled == NULL)
            status = lat_error_memory(error, bytes);
    }
    if (p.rows == NULL || p.hidden == NULL || p.starts == NULL)
        status = lat_error_memory(error, p.row_capacity * sizeof *p.rows);
    size_t w0 = 0, w1 = 0;
    for (size_t s0 = 0; status == LAT_OK && s0 < tokens->sentences;) {
        size_t s1 = block_end(tokens, s0, &w1);
        status = pass_block(&p, pool, s0, s1, w0, w1, error);
        if (want->progress != NULL)
            lat_progress_add(want->progress, s1 - s0);
        if (status == LAT_OK && want->settled != NULL)
            want->settled(want->context, w1);
        if (status == LAT_OK && lat_interrupted())
            status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
        s0 = s1;
        w0 = w1;
    }
    lat_free(p.rows);
    lat_free(p.hidden);
    lat_free(p.pooled);
    lat_free(p.starts);
    return status;
}

lat_status reader_classify_sized(const lat_reader *reader, lat_pool *pool,
                                 const lat_sentence *sentences, size_t count,
                                 float *logits, reader_size *sizes,
                                 lat_error *error)
{
    lat_tokens tokens = {0};
    lat_status status = reader_tokenize(&tokens, reader, pool, sentences,
                                        count, NULL, error);
    if (status != LAT_OK)
        return status;
    for (size_t i = 0; i < count; i++)
        sizes[i] = (reader_size){
            (uint32_t)(tokens.starts[i + 1] - tokens.starts[i]),
            tokens.cut[i]};
    lat_reader_want want = {.logits = logits};
    status = lat_reader_states(reader, pool, &tokens, &want, error);
    lat_tokens_free(&tokens);
    return status;
}

lat_status lat_reader_classify(const lat_reader *reader, lat_pool *pool,
                               const lat_sentence *sentences, size_t count,
                               float *logits, lat_progress *progress,
                               lat_error *error)
{
    lat_tokens tokens = {0};
    lat_status status = reader_tokenize(&tokens, reader, pool, sentences,
                                        count, NULL, error);
    if (status != LAT_OK)
        return status;
    lat_reader_want want = {.logits = logits, .progress = progress};
    status = lat_reader_states(reader, pool, &tokens, &want, error);
    lat_tokens_free(&tokens);
    return status;
}

void lat_predictions(const float *logits, size_t count, size_t classes,
                     uint32_t *predicted, double *probabilities)
{
    for (size_t i = 0; i < count; i++) {
        const float *row = logits + i * classes;
        size_t best = 0;
        for (size_t c = 1; c < classes; c++)
            if (row[c] > row[best])
                best = c;
        if (predicted != NULL)
            predicted[i] = (uint32_t)best;
        if (probabilities == NULL)
            continue;
        double sum = 0, *out = probabilities + i * classes;
        for (size_t c = 0; c < classes; c++) {
            out[c] = lat_exp((double)row[c] - (double)row[best]);
            sum += out[c];
        }
        for (size_t c = 0; c < classes; c++)
            out[c] /= sum;
    }
}
