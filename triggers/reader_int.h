/*
 * reader_int.h - tokens between reader_tokens.c (which makes them) and
 * reader.c (which sends them through the model).
 */
#ifndef LATENT_READER_INT_H
#define LATENT_READER_INT_H

#include "triggers.h"

/* lat_reader_tokenize of sentences that need not be a whole corpus. */
lat_status reader_tokenize(lat_tokens *out, const lat_reader *reader,
                           lat_pool *pool, const lat_sentence *sentences,
                           size_t count, const lat_words *words,
                           lat_error *error);
/* What became of a sentence on its way into the model. */
typedef struct reader_size {
    uint32_t tokens; /* that the model was given */
    uint32_t cut;    /* that its limit cut off */
} reader_size;
/* lat_reader_classify that tells the sizes of the sentences. */
lat_status reader_classify_sized(const lat_reader *reader, lat_pool *pool,
                                 const lat_sentence *sentences, size_t count,
                                 float *logits, reader_size *sizes,
                                 lat_error *error);

#endif
