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
/* lat_reader_classify that tells of each sentence whether the model's limit
 * cut something off. */
lat_status reader_classify_cut(const lat_reader *reader, lat_pool *pool,
                               const lat_sentence *sentences, size_t count,
                               float *logits, bool *cut, lat_error *error);

#endif
