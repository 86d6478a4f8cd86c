/*
 * evaluation.c - sentences, triggers put into them, and what becomes of the
 * predictions.
 */
#include "triggers.h"

#include <stdlib.h>
#include <string.h>

enum { SENTENCES_A_BATCH = 4096 }; /* perturbed ones held as text at once */

static const char *const insertion_names[] = {"prepend", "append", "random"};

const char *lat_insertion_name(lat_insertion insertion)
{
    return insertion_names[insertion];
}

lat_status lat_insertion_read(lat_insertion *out, const char *name,
                              size_t size, lat_error *error)
{
    for (size_t i = 0; i < 3; i++)
        if (strlen(insertion_names[i]) == size &&
            memcmp(insertion_names[i], name, size) == 0) {
            *out = (lat_insertion)i;
            return LAT_OK;
        }
    return lat_error_set(error, LAT_USAGE,
                         "insertion '%.*s', expected prepend, append or "
                         "random",
                         (int)(size < 40 ? size : 40), name);
}

/* ---- Which sentences ---------------------------------------------------- */

/* Texts of the clustered corpus, so that none of them is evaluated. */
static lat_status intern_texts(lat_intern **out, const lat_corpus *corpus,
                               lat_error *error)
{
    lat_buffer key = {0};
    lat_status status = lat_intern_create(out, error);
    for (size_t i = 0; corpus != NULL && status == LAT_OK &&
                       i < corpus->count; i++) {
        const lat_sentence *s = &corpus->sentences[i];
        lat_buffer_clear(&key);
        lat_buffer_add(&key, s->a, s->a_size);
        lat_buffer_char(&key, '\0');
        if (s->b != NULL)
            lat_buffer_add(&key, s->b, s->b_size);
        status = lat_buffer_status(&key, error);
        if (status == LAT_OK &&
            lat_intern_add(*out, key.data, key.size) == SIZE_MAX)
            status = lat_error_memory(error, key.size);
    }
    lat_buffer_free(&key);
    return status;
}

static lat_status is_clustered(bool *out, const lat_intern *texts,
                               const lat_sentence *s, lat_error *error)
{
    lat_buffer key = {0};
    lat_buffer_add(&key, s->a, s->a_size);
    lat_buffer_char(&key, '\0');
    if (s->b != NULL)
        lat_buffer_add(&key, s->b, s->b_size);
    lat_status status = lat_buffer_status(&key, error);
    if (status == LAT_OK)
        *out = lat_intern_find(texts, key.data, key.size) != SIZE_MAX;
    lat_buffer_free(&key);
    return status;
}

static lat_status choose(lat_evaluation *e, const lat_intern *texts,
                         lat_error *error)
{
    for (size_t i = 0; i < e->corpus->count; i++) {
        const lat_sentence *s = &e->corpus->sentences[i];
        bool clustered = false;
        lat_status status = is_clustered(&clustered, texts, s, error);
        if (status != LAT_OK)
            return status;
        if (s->gold < 0)
            e->unlabelled++;
        else if (clustered)
            e->clustered++;
        else if ((uint32_t)s->gold != e->predicted[i])
            e->wrong++;
        else
            e->items[e->count++] = (uint32_t)i;
    }
    return LAT_OK;
}

lat_status lat_evaluation_open(lat_evaluation *out, const lat_reader *reader,
                               lat_pool *pool, const lat_corpus *corpus,
                               const lat_corpus *clustered,
                               lat_progress *progress, lat_error *error)
{
    memset(out, 0, sizeof *out);
    if (!corpus->has_gold)
        return lat_error_set(error, LAT_NOT_FOUND,
                             "the evaluation sentences have no label column; "
                             "flip rates need the gold class");
    size_t n = corpus->count, classes = reader->info->classes;
    lat_intern *texts = NULL;
    float *logits = lat_new_array(n, classes * sizeof *logits);
    out->reader = reader;
    out->corpus = corpus;
    out->classes = classes;
    out->predicted = lat_new_array(n, sizeof *out->predicted);
    out->probabilities =
        lat_new_array(n, classes * sizeof *out->probabilities);
    out->items = lat_new_array(n, sizeof *out->items);
    lat_status status = LAT_OK;
    if (logits == NULL || out->predicted == NULL ||
        out->probabilities == NULL || out->items == NULL)
        status = lat_error_memory(error, (uint64_t)n * classes * 12);
    if (status == LAT_OK)
        status = intern_texts(&texts, clustered, error);
    if (status == LAT_OK)
        status = lat_reader_classify(reader, pool, corpus->sentences, n,
                                     logits, progress, error);
    if (status == LAT_OK) {
        lat_predictions(logits, n, classes, out->predicted,
                        out->probabilities);
        status = choose(out, texts, error);
    }
    lat_intern_free(texts);
    lat_free(logits);
    if (status != LAT_OK)
        lat_evaluation_free(out);
    return status;
}

void lat_evaluation_free(lat_evaluation *evaluation)
{
    lat_free(evaluation->predicted);
    lat_free(evaluation->probabilities);
    lat_free(evaluation->items);
    memset(evaluation, 0, sizeof *evaluation);
}

size_t lat_evaluation_eligible(uint32_t *out,
                               const lat_evaluation *evaluation, uint32_t c,
                               const uint32_t *from, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (evaluation->predicted[from[i]] != c)
            out[n++] = from[i];
    return n;
}

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
    if (trial->insertion == LAT_INSERT_APPEND)
        at = size;
    else if (trial->insertion == LAT_INSERT_RANDOM)
        at = random_gap(text, size, trial->words, words, trial->seed);
    lat_buffer_add(to, text, at);
    if (at == size && at != 0)
        lat_buffer_char(to, ' ');
    lat_buffer_add(to, trial->words, words);
    if (at != size)
        lat_buffer_char(to, ' ');
    lat_buffer_add(to, text + at, size - at);
    lat_buffer_char(to, '\0');
}

/* Perturbed sentences of one batch.  Offsets first, pointers when the
 * buffer no longer moves. */
typedef struct batch {
    lat_buffer text;
    lat_sentence *sentences;
    size_t *offsets; /* two for each sentence */
    float *logits;
    size_t count;
} batch;

static void batch_add(batch *b, const lat_sentence *s,
                      const lat_trial *trial)
{
    bool pair = s->b != NULL;
    bool first = !pair || trial->where != LAT_PAIR_SECOND;
    bool second = pair && trial->where != LAT_PAIR_FIRST;
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
    if (b->sentences == NULL || b->offsets == NULL || b->logits == NULL)
        return lat_error_memory(error, (uint64_t)SENTENCES_A_BATCH * 64);
    return LAT_OK;
}

static void batch_free(batch *b)
{
    lat_buffer_free(&b->text);
    lat_free(b->sentences);
    lat_free(b->offsets);
    lat_free(b->logits);
}

/* Predictions of the batch, into outcomes from..from+count-1. */
static lat_status batch_run(batch *b, const lat_evaluation *e,
                            lat_pool *pool, const uint32_t *sentences,
                            size_t count, size_t from,
                            lat_outcome *outcomes, lat_error *error)
{
    lat_status status = lat_buffer_status(&b->text, error);
    if (status != LAT_OK)
        return status;
    batch_point(b);
    status = lat_reader_classify(e->reader, pool, b->sentences, b->count,
                                 b->logits, NULL, error);
    for (size_t i = 0; i < b->count && status == LAT_OK; i++) {
        double probabilities[64], *p = probabilities;
        lat_outcome *out = &outcomes[from + i];
        if (e->classes > 64) {
            p = lat_new_array(e->classes, sizeof *p);
            if (p == NULL)
                return lat_error_memory(error, e->classes * sizeof *p);
        }
        lat_predictions(b->logits + i * e->classes, 1, e->classes,
                        &out->predicted, p);
        out->probability =
            (float)p[e->predicted[sentences[(from + i) % count]]];
        if (p != probabilities)
            lat_free(p);
    }
    lat_buffer_clear(&b->text);
    b->count = 0;
    return status;
}

lat_status lat_trials_run(lat_outcome *outcomes,
                          const lat_evaluation *evaluation, lat_pool *pool,
                          const lat_trial *trials, size_t trial_count,
                          const uint32_t *sentences, size_t count,
                          uint64_t *queries, lat_error *error)
{
    batch b = {{0}, NULL, NULL, NULL, 0};
    size_t total = trial_count * count, from = 0;
    lat_status status = batch_make(&b, evaluation->classes, error);
    for (size_t i = 0; i < total && status == LAT_OK; i++) {
        const lat_sentence *s =
            &evaluation->corpus->sentences[sentences[i % count]];
        batch_add(&b, s, &trials[i / count]);
        if (b.count < SENTENCES_A_BATCH && i + 1 < total)
            continue;
        size_t done = b.count;
        status = batch_run(&b, evaluation, pool, sentences, count, from,
                           outcomes, error);
        from += done;
        if (status == LAT_OK && lat_interrupted())
            status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
    }
    if (queries != NULL)
        *queries += from;
    batch_free(&b);
    return status;
}

/* ---- Counting ----------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

lat_status lat_flips_count(lat_flips *out, const lat_evaluation *evaluation,
                           uint32_t c, const uint32_t *sentences,
                           const lat_outcome *outcomes, size_t count,
                           lat_error *error)
{
    double *drops = lat_new_array(count, sizeof *drops), sum = 0;
    if (drops == NULL)
        return lat_error_memory(error, count * sizeof *drops);
    memset(out, 0, sizeof *out);
    out->eligible = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t before = evaluation->predicted[sentences[i]];
        double had = evaluation->probabilities
                         [sentences[i] * evaluation->classes + before];
        out->flipped += outcomes[i].predicted == c;
        out->changed += outcomes[i].predicted != before;
        drops[i] = had - (double)outcomes[i].probability;
        sum += drops[i];
    }
    qsort(drops, count, sizeof *drops, by_value);
    double n = (double)count;
    out->rate = (double)out->flipped / n; /* 0/0 is NaN, as promised */
    out->changed_rate = (double)out->changed / n;
    out->drop_mean = sum / n;
    out->drop_median =
        count == 0 ? out->drop_mean
                   : 0.5 * (drops[(count - 1) / 2] + drops[count / 2]);
    lat_free(drops);
    return LAT_OK;
}
