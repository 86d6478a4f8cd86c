/*
 * tagger_int.h - human-defined labels by a model: any token classification
 * model labels each word by the tag of its first sub-word.
 */
#ifndef LATENT_TAGGER_INT_H
#define LATENT_TAGGER_INT_H

#include "../align/align.h"
#include "inputs_int.h"

/* The entry of a verb's option table. */
#define OPTION_TAGGER                                                       \
    {"tagger", 0, CLI_MANY, "NAME=MODEL",                                   \
     "labels by a token classification model, each word by its first "      \
     "sub-word", NULL}

/* The family of "NAME=MODEL"; "tagger" of "MODEL". */
lat_status tagger_family(char family[64], const char *given,
                         lat_error *error);
/* Opens "NAME=MODEL", or "MODEL" for the family "tagger"; refused unless it
 * has a token classification head.  lat_reader_close. */
lat_status tagger_open(lat_reader *out, char family[64], const char *given,
                       lat_error *error);
/* The family of one --tagger; lat_labels_free. */
lat_status tagger_labels(lat_labels *out, cli_call *call,
                         const lat_text *text, const char *given,
                         lat_error *error);

#endif
