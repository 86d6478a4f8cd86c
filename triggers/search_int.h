/* search_int.h - candidates of one class, between candidates.c and search.c. */
#ifndef LATENT_SEARCH_INT_H
#define LATENT_SEARCH_INT_H

#include "triggers.h"

#define LAT_NO_NUMBER UINT64_MAX

typedef struct candidate {
    uint32_t word;    /* number in the concepts' words */
    uint64_t concept; /* where it was found; LAT_NO_NUMBER for controls
                         that have none */
    size_t flipped;   /* on the development sentences seen so far */
    double drop;      /* summed fall of the class's probability */
} candidate;

typedef struct candidates {
    candidate *items;
    size_t count;
} candidates;

/* At most `most` words of a source for class c, distinct, in a fixed order;
 * `concept_words` are those of LAT_SOURCE_CONCEPT, whose frequencies the
 * matched source follows (without using them). */
lat_status candidates_make(candidates *out, const lat_search_input *input,
                           lat_source source, uint32_t c, size_t most,
                           const candidates *concept_words, uint64_t seed,
                           lat_error *error);
void candidates_free(candidates *list);

#endif
