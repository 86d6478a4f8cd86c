/*
 * insertion.c - triggers put into sentences, and the model asked about them.
 *
 *   trials x sentences -> perturbed texts (2,048 at a time, all trials
 *   mixed) -> one call of the reader -> an outcome each
 */
#include "reader_int.h"
#include "trial_store_int.h"

#include <string.h>

enum { SENTENCES_A_BATCH = 2048 }; /* perturbed ones held as text at once */

/* ---- Insertion ---------------------------------------------------------- */

/* A seeded gap between two words (or an end): as many choices as the text
 * has words, plus one. */
static size_t random_gap(const char *text, size_t size, const char *words,
                         size_t word_size, uint64_t seed)
{
    size_t gaps = 1, at = 0;
    for (size_t i = 0; i < size; i++)
        gaps += text[i] == ' ';
    uint64_t hash = 1469598103934665603u; /* FNV-1a, of text and trigger */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    for (size_t i = 0; i < word_size; i++)
        hash = (hash ^ (unsigned char)words[i]) * 1099511628211u;
    lat_random random;
    lat_random_seed(&random, seed, hash);
    uint64_t gap = lat_random_below(&random, gaps + 1);
    if (gap == gaps)
        return size;
    for (; gap != 0; at++)
        gap -= text[at] == ' ';
    return at; /* just behind a space, or 0 */
}

/* The text with the trigger in it, NUL-terminated, in the buffer. */
static void insert(lat_buffer *to, const char *text, size_t size,
                   const lat_trial *trial)
{
    size_t words = strlen(trial->words), at = 0;
    size_t copies = trial->repeat == 0 ? 1 : trial->repeat;
    if (trial->insertion == LAT_INSERT_APPEND ||
        trial->insertion == LAT_INSERT_AFTER_FIRST)
        at = size;
    else if (trial->insertion == LAT_INSERT_RANDOM)
        at = random_gap(text, size, trial->words, words, trial->seed);
    lat_buffer_add(to, text, at);
    if (at == size && at != 0)
        lat_buffer_char(to, ' ');
    for (size_t i = 0; i < copies; i++) {
        if (i != 0)
            lat_buffer_char(to, ' ');
        lat_buffer_add(to, trial->words, words);
    }
    if (at != size)
        lat_buffer_char(to, ' ');
    lat_buffer_add(to, text + at, size - at);
    lat_buffer_char(to, '\0');
}

/* Which texts of a sentence get the trigger. */
static void sides(bool *first, bool *second, const lat_sentence *s,
                  const lat_trial *trial)
{
    bool pair = s->b != NULL;
    bool between = trial->insertion == LAT_INSERT_AFTER_FIRST;
    *first = !pair || between || trial->where != LAT_PAIR_SECOND;
    *second = pair && !between && trial->where != LAT_PAIR_FIRST;
}

static void plain(lat_buffer *to, const char *text, size_t size)
{
    lat_buffer_add(to, text, size);
    lat_buffer_char(to, '\0');
}

void lat_trial_text(lat_buffer *a, lat_buffer *b,
                    const lat_sentence *sentence, const lat_trial *trial)
{
    bool first, second;
    sides(&first, &second, sentence, trial);
    lat_buffer_clear(a);
    lat_buffer_clear(b);
    if (first)
        insert(a, sentence->a, sentence->a_size, trial);
    else
        plain(a, sentence->a, sentence->a_size);
    if (second)
        insert(b, sentence->b, sentence->b_size, trial);
    else if (sentence->b != NULL)
        plain(b, sentence->b, sentence->b_size);
}

lat_status lat_trial_fits(bool *out, const lat_reader *reader,
                          const lat_trial *trial, lat_error *error)
{
    lat_encoding encoding = {0};
    lat_buffer text = {0};
    insert(&text, "", 0, trial);
    lat_status status = lat_buffer_status(&text, error);
    if (status == LAT_OK)
        status = lat_tokenizer_encode(reader->tokenizer, &encoding,
                                      text.data, text.size - 1, NULL, 0,
                                      NULL, error);
    /* Special tokens are counted; the sentence needs one token at least. */
    *out = status == LAT_OK && encoding.count < reader->info->max_tokens;
    lat_encoding_free(&encoding);
    lat_buffer_free(&text);
    return status;
}

/* ---- Batches ------------------------------------------------------------ */

/* Perturbed sentences of one batch.  Offsets first, pointers when the
 * buffer no longer moves. */
typedef struct batch {
    lat_buffer text;
    lat_sentence *sentences;
    size_t *offsets; /* two for each sentence */
    float *logits;
    reader_size *sizes;
    double *probabilities; /* of one sentence */
    size_t count;
} batch;

static void batch_add(batch *b, const lat_sentence *s,
                      const lat_trial *trial)
{
    bool first, second;
    sides(&first, &second, s, trial);
    lat_sentence *out = &b->sentences[b->count];
    *out = *s;
    b->offsets[2 * b->count] = b->text.size;
    if (first) {
        insert(&b->text, s->a, s->a_size, trial);
        out->a_size = b->text.size - b->offsets[2 * b->count] - 1;
    }
    b->offsets[2 * b->count + 1] = b->text.size;
    if (second) {
        insert(&b->text, s->b, s->b_size, trial);
        out->b_size = b->text.size - b->offsets[2 * b->count + 1] - 1;
    }
    b->count++;
}

/* Texts without a trigger keep their own pointer: their offsets are equal. */
static void batch_point(batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        size_t end = i + 1 < b->count ? b->offsets[2 * i + 2] : b->text.size;
        if (b->offsets[2 * i + 1] != b->offsets[2 * i])
            b->sentences[i].a = b->text.data + b->offsets[2 * i];
        if (end != b->offsets[2 * i + 1])
            b->sentences[i].b = b->text.data + b->offsets[2 * i + 1];
    }
}

static lat_status batch_make(batch *b, size_t classes, lat_error *error)
{
    b->sentences = lat_new_array(SENTENCES_A_BATCH, sizeof *b->sentences);
    b->offsets = lat_new_array(SENTENCES_A_BATCH, 2 * sizeof *b->offsets);
    b->logits =
        lat_new_array(SENTENCES_A_BATCH, classes * sizeof *b->logits);
    b->sizes = lat_new_array(SENTENCES_A_BATCH, sizeof *b->sizes);
    b->probabilities = lat_new_array(classes, sizeof *b->probabilities);
    if (b->sentences == NULL || b->offsets == NULL || b->logits == NULL ||
        b->sizes == NULL || b->probabilities == NULL)
        return lat_error_memory(error, (uint64_t)SENTENCES_A_BATCH * 64);
    return LAT_OK;
}

static void batch_free(batch *b)
{
    lat_buffer_free(&b->text);
    lat_free(b->sentences);
    lat_free(b->offsets);
    lat_free(b->logits);
    lat_free(b->sizes);
    lat_free(b->probabilities);
}

/* Outcomes of the batch, whose sentences are those of `pairs`. */
static lat_status batch_run(batch *b, const lat_evaluation *e,
                            lat_pool *pool, const trial_pair *pairs,
                            lat_outcome *outcomes, lat_error *error)
{
    lat_status status = lat_buffer_status(&b->text, error);
    if (status != LAT_OK)
        return status;
    batch_point(b);
    status = reader_classify_sized(e->reader, pool, b->sentences, b->count,
                                   b->logits, b->sizes, error);
    for (size_t i = 0; i < b->count && status == LAT_OK; i++) {
        lat_outcome *out = &outcomes[i];
        lat_predictions(b->logits + i * e->classes, 1, e->classes,
                        &out->predicted, b->probabilities);
        out->probability =
            (float)b->probabilities[e->predicted[pairs[i].sentence]];
        out->own = (float)b->probabilities[out->predicted];
        out->cut = b->sizes[i].cut != 0;
        out->tokens = b->sizes[i].tokens;
    }
    lat_buffer_clear(&b->text);
    b->count = 0;
    return status;
}

lat_status trials_run_pairs(lat_outcome *outcomes,
                            const lat_evaluation *evaluation, lat_pool *pool,
                            const lat_trial *trials, const trial_pair *pairs,
                            size_t count, lat_error *error)
{
    batch b = {.count = 0};
    size_t from = 0;
    lat_status status = batch_make(&b, evaluation->classes, error);
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        batch_add(&b, &evaluation->corpus->sentences[pairs[i].sentence],
                  &trials[pairs[i].trial]);
        if (b.count < SENTENCES_A_BATCH && i + 1 < count)
            continue;
        status = batch_run(&b, evaluation, pool, pairs + from,
                           outcomes + from, error);
        from = i + 1;
        if (status == LAT_OK && lat_interrupted())
            status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
    }
    batch_free(&b);
    return status;
}

lat_status lat_trials_run(lat_outcome *outcomes,
                          const lat_evaluation *evaluation, lat_pool *pool,
                          const lat_trial *trials, size_t trial_count,
                          const uint32_t *sentences, size_t count,
                          uint64_t *queries, lat_error *error)
{
    size_t total = 0;
    trial_pair *pairs = lat_size_mul(trial_count, count, &total)
                            ? lat_new_array(total, sizeof *pairs) : NULL;
    if (pairs == NULL)
        return lat_error_memory(error, (uint64_t)total * sizeof *pairs);
    for (size_t i = 0; i < total; i++)
        pairs[i] = (trial_pair){i / count, sentences[i % count]};
    lat_status status = trials_run_pairs(outcomes, evaluation, pool, trials,
                                         pairs, total, error);
    if (queries != NULL && status == LAT_OK)
        *queries += total;
    lat_free(pairs);
    return status;
}
