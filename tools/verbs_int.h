/* verbs_int.h - the verbs of the program, one file each (verb_NAME.c). */
#ifndef LATENT_VERBS_INT_H
#define LATENT_VERBS_INT_H

#include "cli_int.h"

extern const cli_verb verb_run, verb_convert, verb_inspect, verb_tokenize,
    verb_classify, verb_extract, verb_cluster, verb_align, verb_label,
    verb_polarity, verb_triggers, verb_explain, verb_concepts, verb_diff,
    verb_report, verb_verify, verb_plan, verb_bench, verb_selftest, verb_help;

#endif
