/*
 * trial_store_int.h - outcomes of trials, each asked of the model once.
 *
 * A trial is a trigger and an insertion; its outcome on a sentence never
 * changes, so it is kept: layers and sources that share words share the
 * work, and a search that was stopped goes on from a file of outcomes.
 */
#ifndef LATENT_TRIAL_STORE_INT_H
#define LATENT_TRIAL_STORE_INT_H

#include "triggers.h"

/* One sentence with one of a list of trials. */
typedef struct trial_pair {
    size_t trial;
    uint32_t sentence; /* number in the corpus */
} trial_pair;
/* outcomes: count.  In batches across trials. */
lat_status trials_run_pairs(lat_outcome *outcomes,
                            const lat_evaluation *evaluation, lat_pool *pool,
                            const lat_trial *trials, const trial_pair *pairs,
                            size_t count, lat_error *error);

/* Where, repeat and seed are the same for all trials of a store. */
typedef struct trial_kind {
    lat_pair_side where;
    size_t repeat;
    uint64_t seed;
    lat_buffer *lengths; /* gets the tokens of each sentence that the model
                            is given, one number a line; or NULL */
} trial_kind;
typedef struct trial_store trial_store;
/* file may be NULL; one that belongs to other inputs, or that is damaged, is
 * not used.  Keeps the pointers. */
lat_status trial_store_open(trial_store **out,
                            const lat_evaluation *evaluation,
                            const trial_kind *kind, const char *file,
                            lat_error *error);
/* outcomes: trials x count.  Only `words` and `insertion` of the trials
 * count.  What the model must be asked is asked in batches across trials. */
lat_status trial_store_run(trial_store *store, lat_outcome *outcomes,
                           lat_pool *pool, const lat_trial *trials,
                           size_t trial_count, const uint32_t *sentences,
                           size_t count, lat_error *error);
/* Different (trial, sentence) pairs asked for so far, and how many of them
 * the file had. */
uint64_t trial_store_queries(const trial_store *store);
uint64_t trial_store_resumed(const trial_store *store);
/* Tokens of the sentences that the model was given. */
uint64_t trial_store_tokens(const trial_store *store);
lat_status trial_store_save(trial_store *store, lat_error *error);
void trial_store_finish(trial_store *store); /* removes the file */
void trial_store_free(trial_store *store);

#endif
