/*
 * word_pieces_int.h - a text's words as a tokenizer sees them.
 */
#ifndef LATENT_WORD_PIECES_INT_H
#define LATENT_WORD_PIECES_INT_H

#include "../triggers/triggers.h"

/* A text as sentences again, words joined by one space, and its words as a
 * reader wants them. */
typedef struct joined_text {
    lat_buffer text;
    lat_sentence *sentences; /* as many as the text has */
    lat_words words;         /* items only: sentence, position, first, end */
} joined_text;
lat_status joined_text_make(joined_text *out, const lat_text *text,
                            lat_error *error);
void joined_text_free(joined_text *joined);

/* Pieces of every word, for the built-in family "subwords": nothing is cut
 * off, however long a sentence is; 0 for a word of removed characters.
 * out: one count for each word, in order. */
lat_status word_pieces_of_text(uint32_t *out, const lat_tokenizer *tokenizer,
                               const lat_text *text, lat_error *error);
/* The same of a corpus as it stands: words follow each other with what is
 * between them there.  `words`: how many `out` has room for. */
lat_status word_pieces_of_corpus(uint32_t *out, size_t words,
                                 const lat_tokenizer *tokenizer,
                                 const lat_corpus *corpus,
                                 lat_word_rule rule, lat_error *error);

#endif
