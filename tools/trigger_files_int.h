/*
 * trigger_files_int.h - what `run` and `triggers` share: the options of a
 * search for triggers, and the files that it leaves.
 */
#ifndef LATENT_TRIGGER_FILES_INT_H
#define LATENT_TRIGGER_FILES_INT_H

#include "inputs_int.h"

/* Entries of a verb's option table; the defaults of candidates, keep and
 * upper are the verb's. */
#define OPTIONS_SEARCH(candidates, keep, upper)                             \
    {"candidates", 0, CLI_COUNT, "N",                                       \
     "trigger words tried for each class and source", candidates},          \
    {"keep", 0, CLI_COUNT, "N",                                             \
     "best of them that are scored on held-out sentences", keep},           \
    {"upper", 0, CLI_TEXT, "N",                                             \
     "words of the corpus that the upper bound tries: a number or all; 0 "  \
     "leaves it out", upper},                                               \
    {"length", 0, CLI_COUNT, "N",                                           \
     "triggers of 1 to N words, found by beam search", "1"},                \
    {"beam", 0, CLI_COUNT, "N",                                             \
     "sequences that are made longer (default: --keep)", NULL},             \
    {"whole", 0, CLI_COUNT, "N",                                            \
     "most words of a concept that are inserted together; 0 for none",      \
     "8"},                                                                  \
    {"repeat", 0, CLI_COUNT, "N", "copies of the trigger", "1"},            \
    {"insert", 0, CLI_TEXT, "LIST",                                         \
     "prepend, append, random, after-first (pairs)", "prepend,append"},     \
    {"pair", 0, CLI_TEXT, "WHERE",                                          \
     "sentence of a pair that gets the trigger: second, first or both",     \
     "second"},                                                             \
    {"max-queries", 0, CLI_COUNT, "N",                                      \
     "sentences that the search may ask the model about; candidates are "   \
     "halved until it fits", NULL},                                         \
    {"augment", 0, CLI_TEXT, "FILE",                                        \
     "flipped sentences with their true class, to train on", NULL},         \
    {"transfer", 0, CLI_TEXT, "MODEL",                                      \
     "try the triggers that were found on this model too", NULL}

enum { TRIGGER_INSERTIONS = 4 };
/* "prepend,append"; each at most once. */
lat_status trigger_insertions(lat_insertion out[TRIGGER_INSERTIONS],
                              size_t *count, const char *list,
                              lat_error *error);
/* seed, bootstraps and cache are left to the caller. */
lat_status trigger_options(lat_search_options *out,
                           lat_insertion insertions[TRIGGER_INSERTIONS],
                           const cli_call *call, lat_error *error);
/* "last", "all" or a list of layer numbers that are among `layers`;
 * *out holds indices into `layers`. */
lat_status trigger_layers(size_t **out, size_t *count, const char *list,
                          const size_t *layers, size_t layer_count,
                          lat_error *error);
/* The model that --transfer names, which must have the classes of ours. */
lat_status trigger_transfer_open(lat_reader *out, cli_call *call,
                                 const lat_model_info *ours,
                                 lat_error *error);
/* lat_search_input.announce with the cli_call as context: the estimate. */
void trigger_announce(void *call, const lat_search *search);
/* That so many lines have sentences that grew beyond the model's limit. */
void trigger_say_cut(const cli_call *call, size_t lines);
/* Why there is nothing, or what there is. */
void trigger_say(const cli_call *call, const lat_search *search);
/* triggers.tsv, summary.tsv, concepts.tsv, triggers.json, flips.tsv,
 * flips.csv in the folder; transfer.tsv and the file to train on if asked
 * for. */
lat_status trigger_write(cli_call *call, const char *folder,
                         const lat_search *search,
                         const lat_json_extra *extra, lat_error *error);

#endif
