/*
 * inputs_int.h - what several verbs read in the same way: a corpus with its
 * words, and files of token ids.
 */
#ifndef LATENT_INPUTS_INT_H
#define LATENT_INPUTS_INT_H

#include "../triggers/triggers.h"
#include "cli_int.h"

/* Entries of a verb's option table. */
#define OPTIONS_CORPUS                                                      \
    {"text-column", 0, CLI_TEXT, "NAME",                                    \
     "column of the text (default: sentence, text or content; sentence1 "   \
     "and sentence2 for pairs)", NULL},                                     \
    {"label-column", 0, CLI_TEXT, "NAME",                                   \
     "column of the class (default: label or gold, when there is one)",     \
     NULL},                                                                 \
    {"limit", 0, CLI_COUNT, "N", "only the first N sentences", NULL}
#define OPTIONS_WORDS                                                       \
    {"words", 0, CLI_MANY, "HOW",                                           \
     "last, first or mean: which sub-word's vector stands for a word; "     \
     "whitespace or split: what a word is (default: last, whitespace)",     \
     NULL},                                                                 \
    {"min", 0, CLI_COUNT, "N", "drop words seen fewer than N times", "5"},  \
    {"max", 0, CLI_COUNT, "N",                                              \
     "keep at most N occurrences of a word; 0 keeps all", "20"},            \
    {"del", 0, CLI_COUNT, "N",                                              \
     "drop words seen more than N times; 0 drops none", "1000000"},         \
    {"sample", 0, CLI_TEXT, "HOW",                                          \
     "which occurrences stay: first or random (seeded)", "first"},          \
    {"longest", 0, CLI_COUNT, "N",                                          \
     "leave out sentences of N words or more; 0 leaves none out", "300"},   \
    {"seed", 0, CLI_COUNT, "N", "seed of everything random", "1"}

/* model may be NULL: then labels are not read. */
lat_status inputs_corpus(lat_corpus *out, const cli_call *call,
                         const char *path, const lat_model_info *model,
                         lat_error *error);
lat_status inputs_words_options(lat_words_options *out, lat_pooling *pooling,
                                const cli_call *call, lat_error *error);
/* A model's tokenizer, alone where that is possible: a folder without
 * weights, or a tokenizer file, is enough.  lat_reader_close. */
lat_status inputs_tokenizer(lat_reader *out, const char *path,
                            lat_error *error);
/* words.tsv: word, n, sentence, position; one line for each kept word. */
lat_status inputs_words_write(const lat_words *words, const char *path,
                              unsigned char *sha256, lat_error *error);

/* `{"input_ids": [...], "token_type_ids": [...]}`, one line a sequence. */
typedef struct inputs_ids {
    size_t sequences;
    size_t *starts;        /* sequences + 1 */
    uint32_t *ids, *types; /* types are 0 where a line has none */
    bool has_types;
} inputs_ids;
lat_status inputs_ids_read(inputs_ids *out, const char *path,
                           lat_error *error);
void inputs_ids_free(inputs_ids *ids);
lat_batch inputs_ids_batch(const inputs_ids *ids);

#endif
