/*
 * search_int.h - the parts of a trigger search, between candidates.c (who is
 * tried), search_rank.c (who goes on), search_score.c (what they score) and
 * search.c (all of it in order).
 */
#ifndef LATENT_SEARCH_INT_H
#define LATENT_SEARCH_INT_H

#include "trial_store_int.h"

typedef struct candidate {
    const char *text;  /* words joined by a space; in the search's arena */
    size_t length;     /* words */
    uint64_t concept;  /* where it was found; LAT_NO_NUMBER for controls
                          that have none */
    size_t place;      /* in the order of all: settles ties */
    size_t flipped;    /* on the development sentences seen so far */
    double drop;       /* summed fall of the class's probability */
    size_t first_flipped, first_seen; /* in the first round alone */
} candidate;

typedef struct candidates {
    candidate *items;
    size_t count;
} candidates;

/* At most `most` words of a source for class c, distinct, in a fixed order
 * that does not depend on the layer for sources that do not (random, log
 * odds, greedy); `concept_words` are those of LAT_SOURCE_CONCEPT, whose
 * frequencies the matched source follows (without using them).  Words that
 * leave no room for a sentence are left out and counted. */
lat_status candidates_make(candidates *out, lat_search *search,
                           const lat_search_input *input, size_t layer,
                           lat_source source, uint32_t c, size_t most,
                           const candidates *concept_words,
                           lat_error *error);
void candidates_free(candidates *list);

/* What is known of every word of a layer, seen from class c. */
typedef struct word_facts {
    size_t count;
    uint32_t *frequency;   /* clustered occurrences */
    uint32_t *in_class;    /* those in sentences of class c */
    uint32_t *concept;     /* index of the concept polarised to c that has
                              it most, or LAT_NO_CONCEPT */
    uint32_t *in_concept;  /* occurrences there */
    bool *unpolarised;     /* in some concept polarised to no class */
    bool *taken;
    size_t *sorted, *place; /* words in byte order, and back */
    uint64_t classed, class_total;
} word_facts;
lat_status word_facts_make(word_facts *out, const lat_search_input *input,
                           size_t layer, uint32_t c, lat_error *error);
void word_facts_free(word_facts *facts);

/* Everything about one layer and class. */
typedef struct class_search {
    lat_search *out;
    const lat_search_input *input;
    lat_pool *pool;
    lat_progress *progress;
    size_t layer;
    uint32_t c;
    const uint32_t *held_all; /* all held-out sentences: for accuracy */
    size_t held_all_count;
    uint32_t *development, *held_out; /* eligible ones */
    size_t development_count, held_out_count;
    double *concept_rates; /* length x insertions x held_out_count: for each
                              sentence, share of concept triggers that
                              flip it */
    bool *has_concept;     /* length */
    uint64_t asked;        /* of the source at hand */
} class_search;

/* Successive halving: first sentences, then `grow` times as many for one of
 * `shrink` candidates. */
typedef struct schedule {
    size_t first, grow, shrink;
} schedule;
schedule search_schedule(lat_source source);
/* Sentences that halving n candidates asks for, one insertion. */
uint64_t search_halving_cost(size_t n, size_t development, size_t keep,
                             schedule plan);
/* Sorts the list; the best `keep` (all list->count where fewer) are in front
 * and have been tried on every development sentence. */
lat_status search_halve(class_search *s, candidates *list, size_t keep,
                        schedule plan, lat_error *error);
void search_sort(candidates *list);
/* Sequences one word longer: each of the first `beam` of `parents` with the
 * first of `words` (of the same concept, if it has one). */
lat_status search_extend(candidates *out, class_search *s,
                         const candidates *parents, size_t beam,
                         const candidates *words, lat_error *error);
/* Asks for trials on sentences, counts and shows progress. */
lat_status search_ask(class_search *s, lat_outcome *outcomes,
                      const lat_trial *trials, size_t trial_count,
                      const uint32_t *sentences, size_t count,
                      lat_error *error);

/* Held-out figures of `list`, all of one length, for every insertion. */
lat_status search_score(class_search *s, lat_source source,
                        const candidates *list, size_t tried, size_t length,
                        lat_error *error);
/* One line for each concept of which a word was tried.  Kept words stand in
 * front of `singles`. */
lat_status search_score_concepts(class_search *s, const candidates *singles,
                                 size_t kept, lat_error *error);

#endif
