/*
 * study_int.h - a study from options to folder.
 *
 *   study_open      models, corpus, words, plan; everything that can be
 *                   refused is refused here, before hours are spent
 *   study_layers    forward pass and clustering, layer by layer; finished
 *                   layers are kept when a run is repeated
 *   study_align     base with tuned, all layer pairs        align/
 *   study_human     human-defined concepts                  align/
 *   study_polarity  task concepts                           polarity/
 *   study_triggers  candidates, flip rates, controls        triggers/
 *   study_manifest  hashes of everything                    manifest.json
 *
 * The folder:
 *
 *   plan.json        options and input hashes: what the study is
 *   words.tsv        word, n, sentence, position of every kept word
 *   sentences.tsv    gold and predicted class, probabilities, text
 *   text.in          the corpus as words, one sentence a line
 *   base/layer-NN/   linkage.npy, concepts.txt, quality.tsv, map.tsv,
 *                    layer.sha256; part-I-of-N.npy until it is done
 *   tuned/layer-NN/
 *   align/           overlap-UNIT.tsv (all layer pairs), layer-NN.json and
 *                    matches.tsv (equal layers), human.tsv,
 *                    human-concepts.tsv, human-SIDE-NN.json
 *   polarity/        polarity.tsv, concepts.tsv, SIDE-NN.json
 *   triggers/        triggers.tsv, triggers.json, ...
 *   report.html, manifest.json
 */
#ifndef LATENT_STUDY_INT_H
#define LATENT_STUDY_INT_H

#include "clustering_int.h"
#include "inputs_int.h"
#include "label_sources_int.h"
#include "tagger_int.h"
#include "trigger_files_int.h"

/* Options on which a study's results depend: those of `run` and `plan`. */
#define OPTIONS_STUDY                                                       \
    {"base", 0, CLI_TEXT, "MODEL", "the base model", NULL},                 \
    {"tuned", 0, CLI_TEXT, "MODEL", "the model tuned from it", NULL},       \
    {"data", 0, CLI_TEXT, "FILE", "the corpus to cluster", NULL},           \
    {"eval", 0, CLI_TEXT, "FILE",                                           \
     "sentences for the triggers, none of them in --data", NULL},           \
    {"out", 'o', CLI_TEXT, "DIR", "the study folder", NULL},                \
    {"k", 'k', CLI_COUNT, "N", "concepts in a layer", "600"},               \
    OPTIONS_METHOD,                                                         \
    {"layers", 0, CLI_TEXT, "LIST", "layers, such as 0,3,5-12", "all"},     \
    OPTIONS_WORDS,                                                          \
    OPTIONS_CORPUS,                                                         \
    {"theta", 0, CLI_TEXT, "T",                                             \
     "share from which a concept is aligned or polarised", "0.90"},         \
    {"min-types", 0, CLI_COUNT, "N",                                        \
     "concepts with fewer distinct words are not counted", "6"},            \
    {"size-ratio", 0, CLI_NUMBER, "R",                                      \
     "a target counts only if size / its size > R; 0 is off", "0"},         \
    {"labels", 0, CLI_MANY, "FAMILY=FILE",                                  \
     "human-defined labels of the corpus's words", NULL},                   \
    OPTIONS_LABEL_FILES,                                                    \
    OPTION_TAGGER,                                                          \
    {"rule", 0, CLI_TEXT, "RULE",                                           \
     "how labels are matched: occurrence, type or both", "both"},           \
    {"label-theta", 0, CLI_TEXT, "T",                                       \
     "share from which a label is a concept's (default: 0.90 by "           \
     "occurrence, above it; 0.95 by type, from it)", NULL},                 \
    OPTIONS_MATCHER,                                                        \
    {"polarity", 0, CLI_TEXT, "CLASS",                                      \
     "class of a sentence: gold or predicted (both are reported)", "gold"}, \
    {"permutations", 0, CLI_COUNT, "N",                                     \
     "shuffles behind each chance level", "100"},                           \
    {"bootstraps", 0, CLI_COUNT, "N",                                       \
     "resamples of the sentences behind each interval", "100"},             \
    {"trigger-layers", 0, CLI_TEXT, "LIST",                                 \
     "layers whose polarised concepts give triggers: last, all, or a list", \
     "last"},                                                               \
    OPTIONS_SEARCH("24", "4", "200"),                                       \
    {"cka", 0, CLI_COUNT, "N",                                              \
     "words in the sample on which CKA of the layers is computed", "1000"}

enum { STUDY_BASE, STUDY_TUNED, STUDY_SIDES };
extern const char *const study_side_names[STUDY_SIDES]; /* "base", "tuned" */

typedef struct study_options {
    const char *paths[STUDY_SIDES]; /* models */
    const char *data, *eval;        /* eval may be NULL */
    const char *folder;
    size_t k;
    clustering_how how;
    const char *layers;             /* list as given */
    const char *theta;              /* decimal text */
    uint32_t min_types;
    lat_human_options human;        /* of each rule, by families */
    bool rules[2];                  /* by lat_rule: is it wanted? */
    double size_ratio;
    bool predicted_polarity;        /* the default class is gold */
    uint32_t permutations, bootstraps;
    uint64_t seed, memory;          /* bytes; 0 = no limit */
    const char *spill;              /* folder for layer vectors, or NULL */
    lat_words_options words;
    lat_pooling pooling;
    const char *const *labels;      /* FAMILY=FILE */
    size_t label_count;
    const char *const *taggers;     /* FAMILY=MODEL */
    size_t tagger_count;
} study_options;

/* What of the study this process makes: all that is missing, one layer of a
 * model, or one part of the sentences through a model (--only). */
typedef enum study_job_kind {
    STUDY_JOB_ALL, STUDY_JOB_LAYER, STUDY_JOB_PART
} study_job_kind;
typedef struct study_job {
    study_job_kind kind;
    int side;
    size_t layer;
    size_t part, parts; /* 1 <= part <= parts <= STUDY_MOST_PARTS */
} study_job;
#define STUDY_MOST_PARTS 9999

typedef struct study {
    cli_call *call;
    study_options options;
    lat_reader readers[STUDY_SIDES];
    lat_corpus corpus, eval;
    lat_words words;
    lat_tokens tokens[STUDY_SIDES];
    size_t lost;              /* words lost to truncation */
    size_t *layers;           /* wanted, ascending */
    size_t layer_count;
    lat_text text;            /* the corpus as words */
    lat_classes gold, predicted; /* of the sentences; sentences 0 if none */
    lat_concepts *concepts[STUDY_SIDES]; /* layer_count each, after
                                            study_layers */
    lat_polarity *polarity[STUDY_SIDES]; /* layer_count, by options' class */
    study_job job;            /* --only */
    size_t at_once;           /* layers to one forward pass */
    size_t layers_left, layers_made; /* by this run, both sides */
    double layers_began;      /* clock */
    int lock;                 /* file descriptor of the lock, or -1 */
} study;

lat_status study_options_read(study_options *out, const cli_call *call,
                              lat_error *error);
lat_status study_open(study *out, cli_call *call, lat_error *error);
void study_close(study *study);
/* What a study takes, in bytes, and how it is gone about. */
typedef struct study_cost {
    uint64_t vectors;    /* of one layer */
    uint64_t clustering; /* one layer, besides its vectors */
    uint64_t forward;    /* for the passes of both models */
    uint64_t least;      /* without which it cannot be done */
    size_t at_once;      /* layers whose vectors one forward pass gives */
} study_cost;
void study_cost_of(study_cost *out, const study *study);
/* LAT_NO_MEMORY with the bytes needed when --memory is below them; else it
 * is the limit from now on. */
lat_status study_afford(const study *study, lat_error *error);
/* About what each step takes, for so many forward passes of each model. */
lat_status study_put_seconds(const study *study, size_t passes,
                             lat_buffer *out, lat_error *error);
/* --verbose: what a step took since lat_cpu_seconds was `before`. */
void study_say_seconds(const study *study, const char *step, double before);
/* Words, memory, disk and seconds, on standard output (--dry-run). */
lat_status study_dry_run(study *study, lat_error *error);
/* Makes the folder and plan.json, or finds the same plan there.  Holds the
 * folder alone, or with --only one layer or part of it, so that several can
 * be made at once. */
lat_status study_folder_open(study *study, lat_error *error);
lat_status study_layers(study *study, lat_error *error);
/* One layer (study_cluster.c): is it there, read it, or make it out of its
 * vectors (words x H). */
bool study_layer_done(const study *study, int side, size_t layer);
lat_status study_layer_read(study *study, int side, size_t number,
                            lat_error *error); /* place in the list */
lat_status study_layer_make(lat_concepts *out, study *study, int side,
                            size_t layer, const float *vectors,
                            lat_error *error);
/* map.tsv of a layer: its concepts on the plane of their centroids' first two
 * principal components.  labels: concept of each kept word. */
lat_status study_map(const study *s, int side, size_t layer,
                     const float *vectors, const uint32_t *labels,
                     const lat_concepts *concepts, lat_error *error);
/* The layer that --only names; nothing when it is done already. */
lat_status study_one_layer(study *study, lat_error *error);
/* Sentences of `tokens` through the model of a side; logits may be NULL. */
lat_status study_forward(const study *study, int side,
                         const lat_tokens *tokens, float **vectors,
                         float *logits, lat_error *error);

/* ---- Parts of the forward pass, on disk (study_parts.c) ---- */

/* "PREFIX2-of-8" in front of `rest`, such as ".npy"; NULL when it is not. */
const char *study_part_read(const char *name, const char *prefix,
                            size_t *part, size_t *parts);
/* The part that --only names; nothing when it is done already. */
lat_status study_one_part(study *study, lat_error *error);
/* All words' vectors of a layer, or all sentences' logits of the tuned
 * model, when all parts of them are there; else *found is false. */
lat_status study_parts_vectors(float *out, bool *found, const study *study,
                               int side, size_t layer, lat_error *error);
lat_status study_parts_logits(float *out, bool *found, const study *study,
                              lat_error *error);
/* Removes the parts of a layer, or all that there are. */
void study_parts_drop(const study *study, int side, size_t layer);
void study_parts_drop_all(const study *study);

/* ---- Stages ---- */

lat_status study_align(study *study, lat_error *error);
lat_status study_human(study *study, lat_error *error);
/* Label files are read and let go again: what is wrong with one, or two
 * families of one name, is refused when the study is opened. */
lat_status study_human_check(const study *study, lat_error *error);
lat_status study_polarity(study *study, lat_error *error);
lat_status study_triggers_check(const study *study, lat_error *error);
lat_status study_triggers(study *study, lat_error *error);
lat_status study_manifest(study *study, lat_error *error);

/* Linear CKA of every layer pair on a sample of words (--cka): out[i * L + j]
 * for base layer i and tuned layer j of the L layers of the study. */
lat_status study_cka(double *out, const study *study, lat_error *error);

/* "FOLDER/name" made by printf; NULL when out of memory. */
char *study_path(const study *study, const char *format, ...)
    LAT_PRINTF(2, 3);
/* Writes a buffer to FOLDER/name and frees it. */
lat_status study_write(const study *study, const char *name,
                       lat_buffer *buffer, lat_error *error);
/* Class used for polarity, NULL when the corpus has none. */
const lat_classes *study_classes(const study *study);
/* The options that results depend on, as members of a JSON object. */
void study_put_options(lat_json_writer *json, const study *study);
/* The member "provenance" of a result's JSON (version, options, hashes). */
void study_put_provenance(lat_json_writer *json, const void *study);

#endif
