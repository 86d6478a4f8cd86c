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

/* ---- Evaluation sentences (evaluation.c) -------------------------------- */

/* Where a trigger goes.  In a pair it goes into the second sentence, unless
 * lat_trial.where says otherwise. */
typedef enum lat_insertion {
    LAT_INSERT_PREPEND, /* before the first word, with a space */
    LAT_INSERT_APPEND,  /* after the last word, with a space */
    LAT_INSERT_RANDOM   /* between two words, seeded by the sentence */
} lat_insertion;
const char *lat_insertion_name(lat_insertion insertion);
lat_status lat_insertion_read(lat_insertion *out, const char *name,
                              size_t size, lat_error *error);
typedef enum lat_pair_side {
    LAT_PAIR_SECOND, LAT_PAIR_FIRST, LAT_PAIR_BOTH
} lat_pair_side;

/* The sentences on which triggers are tried: those with a gold class that
 * the model predicts right, less those that are in the clustered corpus. */
typedef struct lat_evaluation {
    const lat_reader *reader;
    const lat_corpus *corpus;
    size_t classes;
    uint32_t *predicted;    /* corpus->count: before any trigger */
    double *probabilities;  /* corpus->count x classes */
    size_t count;           /* eligible for some class ... */
    uint32_t *items;        /* ... in corpus order */
    size_t unlabelled, wrong, clustered; /* why the others are not */
} lat_evaluation;
/* clustered may be NULL.  LAT_NOT_FOUND when the corpus has no gold class.
 * Keeps pointers to reader and corpus. */
lat_status lat_evaluation_open(lat_evaluation *out, const lat_reader *reader,
                               lat_pool *pool, const lat_corpus *corpus,
                               const lat_corpus *clustered,
                               lat_progress *progress, lat_error *error);
void lat_evaluation_free(lat_evaluation *evaluation);
/* Sentences of `from` (numbers in the corpus) that are eligible for class c:
 * not predicted as c.  Returns how many. */
size_t lat_evaluation_eligible(uint32_t *out,
                               const lat_evaluation *evaluation, uint32_t c,
                               const uint32_t *from, size_t count);

/* One trigger put into sentences one way. */
typedef struct lat_trial {
    const char *words; /* one word, or several joined by a space */
    lat_insertion insertion;
    lat_pair_side where;
    uint64_t seed;     /* of the random position */
} lat_trial;
/* What became of a sentence: class, and probability of the class that it
 * had before. */
typedef struct lat_outcome {
    uint32_t predicted;
    float probability;
} lat_outcome;
/* outcomes: trials x count, in that order.  All perturbed sentences go
 * through the model together, in batches across trials.  *queries (may be
 * NULL) grows by the number of sentences that went through the model. */
lat_status lat_trials_run(lat_outcome *outcomes,
                          const lat_evaluation *evaluation, lat_pool *pool,
                          const lat_trial *trials, size_t trial_count,
                          const uint32_t *sentences, size_t count,
                          uint64_t *queries, lat_error *error);

/* Counts over outcomes of `count` sentences that are eligible for class c. */
typedef struct lat_flips {
    size_t eligible;
    size_t flipped;  /* became c: targeted */
    size_t changed;  /* became anything else: untargeted */
    double rate;     /* flipped / eligible; NaN of nothing */
    double changed_rate;
    double drop_mean, drop_median; /* of the class's probability */
} lat_flips;
lat_status lat_flips_count(lat_flips *out, const lat_evaluation *evaluation,
                           uint32_t c, const uint32_t *sentences,
                           const lat_outcome *outcomes, size_t count,
                           lat_error *error);

/* ---- The search (candidates.c, search.c, trigger_write.c) --------------- */

/* Where the words come from. */
typedef enum lat_source {
    LAT_SOURCE_CONCEPT,   /* concepts polarised to the class */
    LAT_SOURCE_MATCHED,   /* unpolarised concepts, matched in frequency */
    LAT_SOURCE_RANDOM,    /* any word of the corpus */
    LAT_SOURCE_LOG_ODDS,  /* the class's most typical words */
    LAT_SOURCES
} lat_source;
const char *lat_source_name(lat_source source);

typedef struct lat_search_options {
    size_t candidates; /* words of each source that are tried, for a class */
    size_t keep;       /* best of them that are scored on held-out ones */
    const lat_insertion *insertions;
    size_t insertion_count;
    lat_pair_side where;
    size_t bootstraps;
    uint64_t seed;
} lat_search_options;

/* One word, one insertion, on the held-out sentences. */
typedef struct lat_scored {
    lat_source source;
    uint32_t class_number;
    uint64_t concept;     /* its number; for LAT_SOURCE_CONCEPT */
    size_t word;          /* number in the words' set */
    lat_insertion insertion;
    lat_flips development; /* what it was chosen by: all insertions */
    lat_flips held_out;
    lat_interval interval; /* of the flip rate, over sentences */
} lat_scored;
/* All scored words of a source, for a class and an insertion. */
typedef struct lat_source_summary {
    lat_source source;
    uint32_t class_number;
    lat_insertion insertion;
    size_t tried, kept;
    double mean_rate, best_rate; /* of the kept words, held out */
    lat_interval interval;       /* of the mean */
    lat_interval ahead;          /* concept's mean less this one's mean;
                                    empty for the concept source */
} lat_source_summary;
typedef struct lat_search {
    lat_search_options options;
    lat_evaluation evaluation;
    size_t development, held_out; /* sentences */
    uint32_t *split;     /* evaluation.count: development ones first */
    lat_scored *scored;
    size_t scored_count;
    lat_source_summary *summaries;
    size_t summary_count;
    uint64_t queries;
} lat_search;

/* What the candidates are drawn from: one layer's concepts, their polarity,
 * and the clustered corpus with its classes. */
typedef struct lat_search_input {
    const lat_reader *reader;
    const lat_corpus *evaluation; /* sentences to flip */
    const lat_corpus *clustered;
    const lat_concepts *concepts;
    const lat_polarity *polarity;
    const lat_classes *classes;   /* of the clustered sentences */
} lat_search_input;
/* Ranks candidates on the development half of the eligible sentences by
 * successive halving, scores the best on the held-out half. */
lat_status lat_search_run(lat_search *out, lat_pool *pool,
                          const lat_search_input *input,
                          const lat_search_options *options,
                          lat_progress *progress, lat_error *error);
void lat_search_free(lat_search *search);
void lat_search_tsv(lat_buffer *to, const lat_search *search,
                    const lat_concepts *concepts);
void lat_search_summary_tsv(lat_buffer *to, const lat_search *search);
void lat_search_json(lat_json_writer *json, const lat_search *search,
                     const lat_concepts *concepts,
                     const lat_json_extra *extra);

#ifdef __cplusplus
}
#endif
#endif
