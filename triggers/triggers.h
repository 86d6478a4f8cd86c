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
/* The same with the help of a pool, which is not kept. */
lat_status lat_reader_open_with(lat_reader *out, const char *path,
                                lat_pool *pool, lat_error *error);
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
    /* Or NULL: called as the pass goes on; the vectors of the first `words`
     * words are there in all layers and are not looked at again. */
    void (*settled)(void *context, size_t words);
    void *context;
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

/* ---- Token heads (reader_tags.c) ---------------------------------------- */

#define LAT_NO_TAG UINT32_MAX
/* tags (one for each of words->items, which are in order of sentence and
 * place): class of the word's first sub-word, LAT_NO_TAG for a word without
 * any.  A single sentence above the model's limit goes through in pieces;
 * the end of such a pair has no tags.  Needs a token classification head. */
lat_status lat_reader_tag(uint32_t *tags, const lat_reader *reader,
                          lat_pool *pool, const lat_sentence *sentences,
                          size_t count, const lat_words *words,
                          lat_progress *progress, lat_error *error);

/* The likeliest pieces at each mask token of the sentences. */
typedef struct lat_masks {
    size_t count, top;
    size_t *sentence, *token; /* count: place of each mask */
    uint32_t *ids;            /* count x top, likeliest first */
    double *probabilities;    /* the same, of the whole vocabulary */
} lat_masks;
/* Needs a masked-LM head; `top` is lowered to V. */
lat_status lat_reader_fill(lat_masks *out, const lat_reader *reader,
                           lat_pool *pool, const lat_sentence *sentences,
                           size_t count, size_t top, lat_progress *progress,
                           lat_error *error);
void lat_masks_free(lat_masks *masks);

/* ---- Evaluation sentences (evaluation.c) -------------------------------- */

/* Where a trigger goes.  In a pair it goes into the second sentence, unless
 * lat_trial.where says otherwise. */
typedef enum lat_insertion {
    LAT_INSERT_PREPEND, /* before the first word, with a space */
    LAT_INSERT_APPEND,  /* after the last word, with a space */
    LAT_INSERT_RANDOM,  /* between two words, seeded by the sentence */
    LAT_INSERT_AFTER_FIRST /* behind the first sentence of a pair, whatever
                              `where` says; behind a single sentence */
} lat_insertion;
const char *lat_insertion_name(lat_insertion insertion);
lat_status lat_insertion_read(lat_insertion *out, const char *name,
                              size_t size, lat_error *error);
typedef enum lat_pair_side {
    LAT_PAIR_SECOND, LAT_PAIR_FIRST, LAT_PAIR_BOTH
} lat_pair_side;
const char *lat_pair_side_name(lat_pair_side side);
lat_status lat_pair_side_read(lat_pair_side *out, const char *name,
                              lat_error *error);

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
    size_t usable_count;    /* with a class and not clustered ... */
    uint32_t *usable;       /* ... in corpus order: what accuracy is of */
    size_t unlabelled, wrong, clustered; /* why the others are not */
} lat_evaluation;
/* LAT_NOT_FOUND when no sentence has a class, so that nothing could be
 * flipped: asked before long work. */
lat_status lat_evaluation_check(const lat_corpus *corpus, lat_error *error);
/* clustered may be NULL.  LAT_NOT_FOUND when the corpus has no gold class.
 * Keeps pointers to reader and corpus. */
lat_status lat_evaluation_open(lat_evaluation *out, const lat_reader *reader,
                               lat_pool *pool, const lat_corpus *corpus,
                               const lat_corpus *clustered,
                               lat_progress *progress, lat_error *error);
void lat_evaluation_free(lat_evaluation *evaluation);
/* Sentences of `from` (numbers in the corpus) that are eligible for class c:
 * predicted right and not as c.  Returns how many. */
size_t lat_evaluation_eligible(uint32_t *out,
                               const lat_evaluation *evaluation, uint32_t c,
                               const uint32_t *from, size_t count);
/* Halves of the usable sentences, seeded: *development of them in front,
 * the others behind.  `order` has room for usable_count.  Sentences of equal
 * text are in the same half. */
lat_status lat_evaluation_split(uint32_t *order, size_t *development,
                                const lat_evaluation *evaluation,
                                uint64_t seed, lat_error *error);

/* ---- Trials (insertion.c) ----------------------------------------------- */

/* One trigger put into sentences one way. */
typedef struct lat_trial {
    const char *words; /* one word, or several joined by a space */
    lat_insertion insertion;
    lat_pair_side where;
    size_t repeat;     /* copies of it, side by side; 0 = 1 */
    uint64_t seed;     /* of the random position */
} lat_trial;
/* What became of a sentence. */
typedef struct lat_outcome {
    uint32_t predicted;
    float probability; /* of the class that it had before */
    float own;         /* of the class predicted now */
    uint32_t cut;      /* 1: longer than the model's limit with the trigger,
                          so that something fell off its end */
    uint32_t tokens;   /* that the model was given */
} lat_outcome;
/* outcomes: trials x count, in that order.  All perturbed sentences go
 * through the model together, in batches across trials.  *queries (may be
 * NULL) grows by the number of sentences that went through the model. */
lat_status lat_trials_run(lat_outcome *outcomes,
                          const lat_evaluation *evaluation, lat_pool *pool,
                          const lat_trial *trials, size_t trial_count,
                          const uint32_t *sentences, size_t count,
                          uint64_t *queries, lat_error *error);
/* The text that a trial makes of a sentence: a NUL-terminated text in `a`,
 * and in `b` when it is a pair. */
void lat_trial_text(lat_buffer *a, lat_buffer *b, const lat_sentence *sentence,
                    const lat_trial *trial);
/* False when the trigger leaves no room for a word of the sentence. */
lat_status lat_trial_fits(bool *out, const lat_reader *reader,
                          const lat_trial *trial, lat_error *error);

/* Counts over outcomes of `count` sentences that are eligible for class c. */
typedef struct lat_flips {
    size_t eligible;
    size_t flipped;  /* became c: targeted */
    size_t changed;  /* became anything else: untargeted */
    size_t cut;      /* longer than the model's limit with the trigger */
    double rate;     /* flipped / eligible; NaN of nothing */
    double changed_rate;
    double drop_mean, drop_median; /* of the class's probability */
} lat_flips;
lat_status lat_flips_count(lat_flips *out, const lat_evaluation *evaluation,
                           uint32_t c, const uint32_t *sentences,
                           const lat_outcome *outcomes, size_t count,
                           lat_error *error);

/* ---- The search --------------------------------------------------------- */

/* Where the words come from. */
typedef enum lat_source {
    LAT_SOURCE_CONCEPT,   /* concepts polarised to the class */
    LAT_SOURCE_MATCHED,   /* unpolarised concepts, matched in frequency */
    LAT_SOURCE_RANDOM,    /* any word of the corpus */
    LAT_SOURCE_LOG_ODDS,  /* the class's most typical words */
    LAT_SOURCE_GREEDY,    /* every word of the corpus: the upper bound, with
                             a budget of its own */
    LAT_SOURCES
} lat_source;
const char *lat_source_name(lat_source source);

enum { LAT_TRIGGER_WORDS = 8 }; /* longest sequence */
#define LAT_NO_NUMBER UINT64_MAX /* "in no concept" */

typedef struct lat_search_options {
    size_t candidates; /* words of each source that are tried, for a class */
    size_t keep;       /* best of them that are scored on held-out ones */
    size_t length;     /* sequences of 1..length words; 0 = 1 */
    size_t beam;       /* sequences that are made longer; 0 = keep */
    size_t upper;      /* words that the upper bound tries; 0 leaves it out */
    size_t whole;      /* most words of a concept inserted together; 0: no */
    const lat_insertion *insertions;
    size_t insertion_count;
    lat_pair_side where;
    size_t repeat;
    size_t bootstraps;
    uint64_t seed;
    uint64_t max_queries; /* 0 = no limit */
    bool lengths;      /* keep the tokens of each sentence asked about */
    const char *cache; /* file for finished trials: read when it belongs to
                          the same search, there until lat_search_tidy; or
                          NULL */
} lat_search_options;

/* One trigger, one insertion, on the held-out sentences. */
typedef struct lat_scored {
    lat_source source;
    size_t layer;
    uint32_t class_number;
    uint64_t concept;     /* its number; for LAT_SOURCE_CONCEPT */
    const char *words;
    size_t length;        /* words in it */
    lat_insertion insertion;
    lat_flips development; /* what it was chosen by: all insertions */
    lat_flips held_out;
    lat_interval interval; /* of the flip rate, over sentences */
    double accuracy;       /* with the trigger in every held-out sentence;
                              NaN unless it is the best of its kind */
} lat_scored;
/* All scored triggers of a source, for a layer, class, length, insertion. */
typedef struct lat_source_summary {
    lat_source source;
    size_t layer, length;
    uint32_t class_number;
    lat_insertion insertion;
    size_t tried, kept, eligible; /* eligible: held-out sentences */
    uint64_t queries;            /* sentences asked for, all insertions */
    double mean_rate, best_rate; /* of the kept words, held out */
    double mean_changed;         /* untargeted */
    double drop_mean;            /* mean over the kept words */
    double accuracy_before;      /* of all held-out sentences */
    double accuracy_after;       /* with the trigger that did best on the
                                    development half */
    lat_interval interval;       /* of the mean */
    lat_interval ahead;          /* concept's mean less this one's mean;
                                    empty for the concept source */
} lat_source_summary;
/* One concept, one insertion. */
typedef struct lat_concept_score {
    size_t layer;
    uint32_t class_number;
    uint64_t concept;
    lat_insertion insertion;
    size_t types, tried, kept;
    double first_rate;           /* mean over all tried words, on the first
                                    development sentences: no selection */
    double mean_rate, best_rate; /* of the kept words, held out */
    const char *best_words;
    const char *whole_words;     /* its words inserted together, or NULL */
    lat_flips whole;             /* held out */
    lat_interval whole_interval;
} lat_concept_score;
typedef struct lat_search {
    lat_search_options options;
    lat_evaluation evaluation;
    size_t development, held_out; /* sentences predicted right */
    size_t split_development;
    uint32_t *split;     /* evaluation.usable_count: development first */
    lat_scored *scored;
    size_t scored_count, scored_room;
    lat_source_summary *summaries;
    size_t summary_count, summary_room;
    lat_concept_score *concepts;
    size_t concept_count, concept_room;
    size_t polarised;    /* concepts polarised to some class, all layers */
    size_t too_long;     /* candidates that leave no room for a sentence */
    size_t candidates, upper; /* as used: fewer when the budget asks */
    uint64_t estimate;   /* most queries that it could take */
    uint64_t queries;    /* different sentences asked for */
    uint64_t resumed;    /* of them: found in the cache file */
    uint64_t tokens;     /* of the sentences that the model was given */
    double seconds;      /* of ranking and scoring, candidates included */
    lat_buffer lengths;  /* with options.lengths: their tokens, one number a
                            line, in order */
    struct trial_store *store; /* outcomes, for the flipped sentences */
    lat_arena arena;
} lat_search;

/* What candidates are drawn from: a layer's concepts and their polarity. */
typedef struct lat_search_layer {
    size_t number;
    const lat_concepts *concepts;
    const lat_polarity *polarity;
} lat_search_layer;
typedef struct lat_search_input {
    const lat_reader *reader;
    const lat_corpus *evaluation; /* sentences to flip */
    const lat_corpus *clustered;
    const lat_search_layer *layers;
    size_t layer_count;
    const lat_classes *classes;   /* of the clustered sentences */
    const lat_intern *vocabulary; /* all words of the corpus, or NULL */
    /* Told before the first query; may be NULL. */
    void (*announce)(void *context, const lat_search *search);
    void *context;
} lat_search_input;
/* About the most queries, before anything is known but the number of
 * distinct words and sentences: as if all were predicted right, in classes of
 * one size. */
uint64_t lat_search_queries(const lat_search_options *options, size_t words,
                            size_t sentences, size_t classes, size_t layers);
/* LAT_USAGE when a search cannot be told so. */
lat_status lat_search_check(const lat_search_options *options, bool pairs,
                            lat_error *error);
/* Ranks candidates on the development half of the eligible sentences by
 * successive halving, scores the best on the held-out half.  LAT_OUT_OF_RANGE
 * when max_queries allows no candidate at all. */
lat_status lat_search_run(lat_search *out, lat_pool *pool,
                          const lat_search_input *input,
                          const lat_search_options *options,
                          lat_progress *progress, lat_error *error);
/* Removes the cache file: to be called when what was found is safe. */
void lat_search_tidy(lat_search *search);
void lat_search_free(lat_search *search);
/* Tables (trigger_write.c). */
void lat_search_tsv(lat_buffer *to, const lat_search *search);
void lat_search_summary_tsv(lat_buffer *to, const lat_search *search);
void lat_search_concepts_tsv(lat_buffer *to, const lat_search *search);
void lat_search_json(lat_json_writer *json, const lat_search *search,
                     const lat_json_extra *extra);
/* Flipped held-out sentences of the concept triggers, as a table and in the
 * columns of TextAttack's CSV log (flip_write.c). */
lat_status lat_search_flips_tsv(lat_buffer *to, const lat_search *search,
                                lat_error *error);
lat_status lat_search_flips_csv(lat_buffer *to, const lat_search *search,
                                lat_error *error);
/* Flipped development sentences with their true class, to train on: the
 * held-out half stays unseen.  Columns as a corpus file. */
lat_status lat_search_augment(lat_buffer *to, const lat_search *search,
                              lat_error *error);
/* The scored triggers on another model, over the same held-out sentences;
 * classes are matched by name, or by number when either has no names
 * (transfer.c).  The first tells whether the other model can be used. */
lat_status lat_search_transfer_check(const lat_model_info *ours,
                                     const lat_model_info *theirs,
                                     lat_error *error);
lat_status lat_search_transfer(lat_buffer *to, const lat_search *search,
                               lat_pool *pool, const lat_reader *other,
                               lat_error *error);

/* ---- One prediction explained (explain.c, explain_layers.c) ------------- */

/* Where a word's vector falls at a layer: the concept that Ward's criterion
 * would join it to, the one of smallest sqrt(2 n / (n + 1)) |x - centroid|
 * (n members; the smaller index among equals). */
typedef struct lat_explain_place {
    uint32_t concept;  /* index in the layer's concepts */
    double distance;   /* the Ward distance */
    double percentile; /* share of its members that are nearer to their
                          centroid than this vector, in percent: near 100
                          means that it hardly belongs */
} lat_explain_place;
typedef struct lat_explain_word {
    const char *text;
    uint32_t position; /* in the sentence */
    /* Without the word: class, and fall of the predicted class's
     * probability (negative when it rises). */
    uint32_t without;
    double drop;
} lat_explain_word;
typedef struct lat_explain {
    uint32_t predicted;
    double *probabilities;     /* classes */
    size_t count;
    lat_explain_word *words;   /* count */
    size_t layer_count;
    lat_explain_place *places; /* layer_count x count */
    size_t most;               /* word whose removal changes most */
    size_t lost;               /* words cut off by the model's limit */
    lat_arena arena;
} lat_explain;
typedef struct lat_explain_input {
    const lat_reader *reader;
    const lat_corpus *clustered;
    lat_word_rule rule;
    lat_pooling pooling;
    const lat_search_layer *layers; /* ascending */
    size_t layer_count;
    uint64_t memory; /* bytes of vectors held at once; 0 = 1 GiB */
} lat_explain_input;
/* The model goes over the clustered corpus again for the centroids (once
 * for as many layers as the memory holds): nothing of a model's size is kept
 * in a study, and centroids cannot be those of another model.
 * LAT_MALFORMED when concepts and corpus do not belong together. */
lat_status lat_explain_run(lat_explain *out, lat_pool *pool,
                           const lat_explain_input *input,
                           const lat_sentence *sentence,
                           lat_progress *progress, lat_error *error);
void lat_explain_free(lat_explain *explain);

#ifdef __cplusplus
}
#endif
#endif
