/*
 * explain_int.h - between explain.c (the sentence: its words, its class, what
 * each word is worth) and explain_layers.c (the study: centroids).
 */
#ifndef LATENT_EXPLAIN_INT_H
#define LATENT_EXPLAIN_INT_H

#include "triggers.h"

/* Fills explain->places.  words and tokens are those of the sentence, none
 * of them lost. */
lat_status explain_layers(lat_explain *explain, lat_pool *pool,
                          const lat_explain_input *input,
                          const lat_tokens *tokens, lat_progress *progress,
                          lat_error *error);

#endif
