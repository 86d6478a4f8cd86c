/*
 * triggers.h - a model that reads text, and what it takes to flip it.
 *
 * The reader joins a model with its tokenizer: predictions of sentences and
 * the vectors of their words.  The trigger search inserts words of polarised
 * concepts into sentences and counts how often the prediction flips, beside
 * controls that any such number needs.
 *
 *     lat_reader reader = {0};
 *     lat_reader_open(&reader, "models/tuned", &error);
 *     lat_tokens tokens = {0};
 *     lat_reader_tokenize(&tokens, &reader, pool, &corpus, &words, &error);
 *     lat_reader_states(&reader, pool, &tokens, &want, &error);
 *     lat_tokens_free(&tokens);
 *     lat_reader_close(&reader);
 */
#ifndef LATENT_TRIGGERS_H
#define LATENT_TRIGGERS_H

#include "../align/align.h"
#include "../base/base.h"
#include "../model/model.h"
#include "../tokenizer/tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The reader (reader.c) ---------------------------------------------- */

typedef struct lat_reader {
    lat_model *model;
    lat_tokenizer *tokenizer;
    const lat_model_info *info;
} lat_reader;
/* A hub folder or a GGUF file.  The tokenizer must not make ids that the
 * model does not have. */
lat_status lat_reader_open(lat_reader *out, const char *path,
                           lat_error *error);
void lat_reader_close(lat_reader *reader);

/* A corpus as token ids, sentences end to end, with the tokens of each word.
 * A sentence longer than the model's limit is cut from its end (of a pair:
 * longest first), and counted. */
typedef struct lat_tokens {
    size_t sentences;
    size_t *starts;       /* sentences + 1 */
    uint32_t *ids, *types;
    uint32_t *cut;        /* sentences: tokens dropped */
    size_t cut_sentences;
    size_t words;
    size_t *first, *end;  /* words: global token numbers; equal when the
                             word has no token left */
} lat_tokens;
/* words may be NULL. */
lat_status lat_reader_tokenize(lat_tokens *out, const lat_reader *reader,
                               lat_pool *pool, const lat_corpus *corpus,
                               const lat_words *words, lat_error *error);
void lat_tokens_free(lat_tokens *tokens);

typedef enum lat_pooling {
    LAT_POOL_LAST, LAT_POOL_FIRST, LAT_POOL_MEAN
} lat_pooling;
/* What a pass over the corpus gives.  Words without a token must have been
 * dropped before (lat_words_drop_lost). */
typedef struct lat_reader_want {
    float *const *layers; /* L+1 pointers, each NULL or words x H */
    float *logits;        /* sentences x classes, or NULL; needs a sequence
                             head */
    lat_pooling pooling;
    lat_progress *progress; /* counts sentences; or NULL */
} lat_reader_want;
lat_status lat_reader_states(const lat_reader *reader, lat_pool *pool,
                             const lat_tokens *tokens,
                             const lat_reader_want *want, lat_error *error);
/* Takes out of `words`, `base` and `tuned` the words that have lost all
 * their tokens in either; *dropped of them.  tuned may be NULL. */
size_t lat_words_drop_lost(lat_words *words, lat_tokens *base,
                           lat_tokens *tuned);

/* Logits (count x classes) of sentences that need no words. */
lat_status lat_reader_classify(const lat_reader *reader, lat_pool *pool,
                               const lat_sentence *sentences, size_t count,
                               float *logits, lat_progress *progress,
                               lat_error *error);
/* The class of each row of logits (the smaller number among equals), and
 * its softmax in double, either may be NULL. */
void lat_predictions(const float *logits, size_t count, size_t classes,
                     uint32_t *predicted, double *probabilities);

#ifdef __cplusplus
}
#endif
#endif
