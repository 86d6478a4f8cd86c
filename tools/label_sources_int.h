/*
 * label_sources_int.h - where labels of words come from, and how concepts
 * are matched with them: what `label`, `run` and `plan` offer alike.
 *
 *     --family pos=train.conllu --column pos=XPOS --strip-bio
 *              |   |                     |
 *         label_source: family, path, lat_label_options
 */
#ifndef LATENT_LABEL_SOURCES_INT_H
#define LATENT_LABEL_SOURCES_INT_H

#include "../align/align.h"
#include "cli_int.h"

/* Entries of a verb's option table. */
#define OPTIONS_LABEL_FILES                                                 \
    {"label-form", 0, CLI_MANY, "[FAMILY=]FORM",                            \
     "what a label file is: lines, json, conllu, conll, list, dic or "      \
     "wordnet (default: by its name)", NULL},                               \
    {"column", 0, CLI_MANY, "[FAMILY=]NAME",                                \
     "column of a CoNLL label file, by name or number from 1 (default: by " \
     "the family's name, else UPOS or POS)", NULL},                         \
    {"outside-unknown", 0, CLI_FLAG, NULL,                                  \
     "label files: the label O counts as unknown", NULL},                   \
    {"strip-bio", 0, CLI_FLAG, NULL,                                        \
     "label files: the label alone, NP for B-NP and I-NP", NULL},           \
    {"fold-case", 0, CLI_FLAG, NULL,                                        \
     "word lists: compare words without case", NULL}

#define OPTIONS_MATCHER                                                     \
    {"max-unknown", 0, CLI_TEXT, "T",                                       \
     "occurrence rule: skip concepts with more unknown labels", "0.40"},    \
    {"ngram", 0, CLI_FLAG, NULL,                                            \
     "occurrence rule: the longest label near the top wins (always so for " \
     "the built-in n-gram families)", NULL},                                \
    {"ignore-unknown", 0, CLI_FLAG, NULL,                                   \
     "occurrence rule: drop *_UNK labels after the skip test", NULL},       \
    {"label-min", 0, CLI_COUNT, "N",                                        \
     "type rule: size that a label must have", "6"},                        \
    {"label-unit", 0, CLI_TEXT, "UNIT",                                     \
     "type rule: size of a label in types or occurrences", "types"},        \
    {"share-unit", 0, CLI_TEXT, "UNIT",                                     \
     "type rule: share by types or occurrences", "types"},                  \
    {"compat", 0, CLI_TEXT, "NAME",                                         \
     "eacl: of several labels keep only the last, as that code does", NULL}

typedef struct label_source {
    char family[64];
    const char *path; /* of the call; NULL: a built-in labeller */
    lat_label_options options;
    bool column_own;  /* --column is about no other source */
} label_source;

/* Source `number` of the option `name` ("family", "labels"), each
 * "FAMILY=FILE", or a built-in labeller's name.  LAT_USAGE when it is
 * neither. */
lat_status label_source_read(label_source *out, const cli_call *call,
                             const char *name, size_t number,
                             lat_error *error);
/* Every FAMILY of --label-form and --column is one of the option's. */
lat_status label_sources_check(const cli_call *call, const char *name,
                               lat_error *error);
/* `pieces` of every word, for "subwords", else NULL.  Refused as well: a
 * column of a file that has none.  lat_labels_free. */
lat_status label_source_open(lat_labels *out, const label_source *source,
                             const lat_text *text, const uint32_t *pieces,
                             lat_error *error);

/* What OPTIONS_MATCHER, --min-types, --permutations, --bootstraps and --seed
 * say; the rest as in LAT_HUMAN_OPTIONS. */
lat_status matcher_read(lat_human_options *out, const cli_call *call,
                        lat_error *error);
/* Is the longest of a family's labels wanted, --ngram or not?  So it is for
 * the built-in n-grams, all of whose shorter ones are in the longer ones. */
bool matcher_ngram(const char *builtin);
/* Options whose values must be thresholds ("thetas": a list of them); those
 * that are not given are passed over.  The message names the option. */
lat_status thresholds_check(const cli_call *call, const char *const *names,
                            lat_error *error);
/* "types" or "occurrences". */
lat_status unit_read(lat_unit *out, const cli_call *call, const char *name,
                     lat_error *error);

#endif
