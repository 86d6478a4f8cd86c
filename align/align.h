/*
 * align.h - concepts: cluster files, base/tuned overlap, human-defined
 * labels, task polarity, chance levels.
 *
 * A concept is one cluster of a cut; its occurrences are its members, its
 * types the distinct words among them.  All rules: METHOD in the manual.
 * Everything here works from files alone; no model is needed.
 *
 *      cluster files          text, label files         class table
 *      base  tuned              |        |                  |
 *        |     |             lat_text lat_labels        lat_classes
 *      lat_concepts --------------+------+------------------+
 *        |     |                  |                         |
 *      lat_overlap            lat_human               lat_polarity
 *      same concepts?         which known label?      which class?
 *
 * Ten lines that compare two layers:
 *
 *     lat_concepts base = {0}, tuned = {0};
 *     lat_overlap overlap = {0};
 *     lat_overlap_options options = LAT_OVERLAP_OPTIONS;
 *     lat_buffer text = {0};
 *     lat_json_writer writer;
 *     lat_concepts_read(&base, "base.clusters", &error);
 *     lat_concepts_read(&tuned, "tuned.clusters", &error);
 *     lat_overlap_run(&overlap, pool, &base, &tuned, &options, &error);
 *     lat_json_begin(&writer, &text, true);
 *     lat_overlap_json(&writer, &overlap, NULL);
 *
 * Every `out` starts as {0}, is empty again after a failure, and is released
 * by its own free function.  Results keep no pointer into their inputs unless
 * it says so.  Same inputs, options and seed give the same bytes for any
 * pool.  A share or percentage of nothing is NaN here and null in JSON.
 */
#ifndef LATENT_ALIGN_H
#define LATENT_ALIGN_H

#include "../base/base.h"
#include "../cluster/cluster.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LAT_NO_CONCEPT UINT32_MAX /* "no such concept", "no such label" */

/* ---- Concepts (concepts.c, concepts_read.c) ----------------------------- */

typedef struct lat_occurrence {
    uint32_t word;      /* number in lat_concepts.words */
    uint32_t number;    /* n-th occurrence of the word in the text, from 1 */
    uint32_t sentence;  /* from 0 */
    int32_t position;   /* from 0; -1 = [CLS] */
    uint32_t concept;   /* index 0..count-1 */
} lat_occurrence;

/* The clustering of one layer.  Occurrences are grouped by concept: those
 * of concept c are occurrences[starts[c]] .. occurrences[starts[c+1]-1], in
 * text order (in the file's order where a file of others has another).
 * Concepts are in order of their numbers; no concept is empty.  Words are
 * numbered in order of first appearance in `occurrences`. */
typedef struct lat_concepts {
    size_t count;            /* concepts */
    size_t size;             /* occurrences */
    lat_occurrence *occurrences;
    size_t *starts;          /* count + 1 */
    uint64_t *ids;           /* count: the number the file gives each */
    uint32_t *types;         /* count: distinct words of each */
    lat_intern *words;
} lat_concepts;

/* `word|||n|||sentence|||position|||cluster`, split from the right, so that
 * a word may contain bars.  Refused with the line: fewer fields, an empty
 * word, a number that is none or too large, n = 0, the same (sentence,
 * position) twice; and a file without a line. */
lat_status lat_concepts_read(lat_concepts *out, const char *path,
                             lat_error *error);
/* The same from memory. */
lat_status lat_concepts_parse(lat_concepts *out, const void *text,
                              size_t size, lat_error *error);
lat_status lat_concepts_write(const lat_concepts *concepts, const char *path,
                              unsigned char *sha256, lat_error *error);
/* From a cut: labels[i] (any numbers) is the concept of occurrences[i];
 * their `concept` members need not be set.  n >= 1.  `words` is copied as
 * far as it is used. */
lat_status lat_concepts_make(lat_concepts *out,
                             const lat_occurrence *occurrences,
                             const uint32_t *labels, size_t n,
                             const lat_intern *words, lat_error *error);
void lat_concepts_free(lat_concepts *concepts);
/* Index of the concept with that number, or LAT_NO_CONCEPT. */
uint32_t lat_concepts_find(const lat_concepts *concepts, uint64_t id);

/* ---- Thresholds (theta.c) ----------------------------------------------- */

/* A threshold keeps its decimal text: it is parsed once and printed as it
 * was given.  A share is k/n in double and is compared with `value`. */
#define LAT_THETA_TEXT 24
#define LAT_THETAS 128
typedef struct lat_theta {
    double value;              /* 0..1 */
    char text[LAT_THETA_TEXT]; /* "0.90" */
} lat_theta;
typedef struct lat_thetas {
    size_t count;
    lat_theta items[LAT_THETAS];
} lat_thetas;
/* LAT_OUT_OF_RANGE outside 0..1, LAT_USAGE when it is no number. */
lat_status lat_theta_read(lat_theta *out, const char *text, lat_error *error);
/* "0.50,0.55": at least one, at most LAT_THETAS, order kept; NULL gives the
 * default sweep 0.50, 0.55, ..., 1.00. */
lat_status lat_thetas_read(lat_thetas *out, const char *list,
                           lat_error *error);

/* ---- Chance levels and intervals (chance.c) ----------------------------- */

/* Mean and 95 % interval of N values: low is the value of rank
 * floor(0.025 (N-1)) from below, high of rank ceil(0.975 (N-1)), ranks from
 * 0.  All NaN when there are none. */
typedef struct lat_interval {
    double mean, low, high;
    uint32_t count; /* values that went in; those of nothing are left out */
} lat_interval;
/* Sorts `values`. */
lat_interval lat_interval_of(double *values, size_t n);

/* Shuffles and resamples that several calls share: the families and layers
 * of a study are all shuffled alike.  What a call wants is made when it is
 * first asked for and kept for the next; results are the same without.  For
 * one call at a time; at most LAT_DRAWS_BYTES for each kind. */
typedef struct lat_draws lat_draws;
#define LAT_DRAWS_BYTES ((size_t)64 << 20)
lat_status lat_draws_create(lat_draws **out, lat_error *error);
void lat_draws_free(lat_draws *draws);

/* A member that the caller adds to the object that a ..._json function
 * writes, at its place among the sorted keys (say "provenance").  A list
 * ends with key NULL and is sorted; NULL stands for no list. */
typedef struct lat_json_extra {
    const char *key;
    void (*put)(lat_json_writer *writer, const void *context);
    const void *context;
} lat_json_extra;

/* ---- Base with tuned (overlap.c, overlap_run.c, overlap_write.c) -------- */

typedef enum lat_unit { LAT_UNIT_TYPES, LAT_UNIT_OCCURRENCES } lat_unit;
const char *lat_unit_name(lat_unit unit); /* "types", "occurrences" */

typedef struct lat_overlap_options {
    lat_unit unit;         /* types: distinct words; occurrences: (sentence,
                              position) pairs */
    uint32_t min_types;    /* fewer: never a source, may be a target */
    double size_ratio;     /* r > 0: G is a target only if |C|/|G| > r */
    const char *thetas;    /* list for lat_thetas_read */
    uint32_t permutations; /* of the chance level; 0 = none */
    uint32_t bootstraps;   /* resamples of the sentences; 0 = none */
    uint64_t seed;
} lat_overlap_options;
#define LAT_OVERLAP_OPTIONS {LAT_UNIT_TYPES, 6, 0.0, NULL, 100, 0, 1}

typedef enum lat_fate {
    LAT_FATE_KEPT, LAT_FATE_SPLIT, LAT_FATE_MERGED,
    LAT_FATE_GONE, /* "new" of a tuned concept, "lost" of a base one */
    LAT_FATE_NONE  /* below the minimum of types */
} lat_fate;

/* One concept against all of the other side.  `share` and `jaccard` belong
 * to `best`: highest share, then higher Jaccard, then smaller number. */
typedef struct lat_match {
    uint64_t id;           /* the concept's number */
    uint32_t types;
    uint32_t occurrences;
    bool counted;          /* types >= min_types */
    uint32_t best;         /* index on the other side */
    uint32_t best_by_jaccard;
    double share, jaccard, highest_jaccard;
    /* Highest share that counts (guard passed, source counted; -1: none):
     * of this concept in another, of another in this one, and the smaller
     * of the two where both count. */
    double as_source, as_target, mutual;
} lat_match;

typedef struct lat_overlap_row { /* at one theta */
    size_t tuned_aligned, base_aligned; /* counted concepts aligned */
    double tuned_to_base_percent;       /* of the tuned concepts counted */
    double base_to_tuned_percent;
    size_t fates_tuned[4], fates_base[4]; /* by lat_fate */
    lat_interval tuned_chance, base_chance; /* the percentages, shuffled */
    lat_interval tuned_interval, base_interval; /* bootstrap */
} lat_overlap_row;

typedef struct lat_overlap {
    lat_overlap_options options; /* options.thetas is NULL here */
    lat_thetas thetas;
    lat_overlap_row *rows;       /* thetas.count */
    size_t tuned_count, base_count;
    size_t tuned_counted, base_counted; /* the denominators */
    lat_match *tuned, *base;     /* tuned_count, base_count */
    uint64_t *tuned_ids, *base_ids;
    double cka;                  /* NaN until the caller sets it */
} lat_overlap;

/* Chance: by types, the words of the base layer are renamed by a random
 * bijection (every concept keeps its number of types); by occurrences, the
 * base layer's occurrences are dealt again to its concepts (every concept
 * keeps its size).  Permutation p uses stream p of the seed. */
lat_status lat_overlap_run(lat_overlap *out, lat_pool *pool,
                           const lat_concepts *base,
                           const lat_concepts *tuned,
                           const lat_overlap_options *options,
                           lat_error *error);
/* Every pair of layers: out[i * tuned_layers + j] compares base[i] with
 * tuned[j]; `out` has room for all and all are set ({0} after a failure).
 * Spreads the pairs and their permutations over the pool. */
typedef struct lat_layers {
    const lat_concepts *const *base;  /* base_count layers */
    size_t base_count;
    const lat_concepts *const *tuned; /* tuned_count layers */
    size_t tuned_count;
} lat_layers;
lat_status lat_overlap_run_layers(lat_overlap *out, lat_pool *pool,
                                  const lat_layers *layers,
                                  const lat_overlap_options *options,
                                  lat_progress *progress, lat_error *error);
void lat_overlap_free(lat_overlap *overlap);
/* Fate of a concept at a theta: tuned (tuned_side) or base. */
lat_fate lat_overlap_fate(const lat_match *match, bool tuned_side,
                          const lat_theta *theta);
const char *lat_fate_name(lat_fate fate, bool tuned_side);
/* One object, an entry of `overlap` with best_match and sizes.  Fates one
 * by one are listed at 0.50, 0.75 and 0.90, or at every theta when there
 * are at most three. */
void lat_overlap_json(lat_json_writer *writer, const lat_overlap *overlap,
                      const lat_json_extra *extra);
/* One line for each theta; `lead` (and the same columns in the header) is
 * put before each line, say "3\t5\t" under "base_layer\ttuned_layer\t". */
void lat_overlap_tsv_header(lat_buffer *to, const char *lead);
void lat_overlap_tsv(lat_buffer *to, const lat_overlap *overlap,
                     const char *lead);
/* One line for each concept of both sides: best match and fate at theta. */
void lat_overlap_matches_tsv_header(lat_buffer *to, const char *lead);
void lat_overlap_matches_tsv(lat_buffer *to, const lat_overlap *overlap,
                             const lat_theta *theta, const char *lead);

/* ---- Text (aligned_text.c) ---------------------------------------------- */

/* Sentences of words; labels and classes refer to its numbering. */
typedef struct lat_text {
    size_t sentences;
    size_t size;       /* words */
    size_t *starts;    /* sentences + 1 */
    uint32_t *words;   /* size: number in `set` */
    lat_intern *set;   /* types in order of first appearance */
    size_t room_sentences, room_words;
} lat_text;
/* One sentence a line, words separated by spaces or tabs.  Files in CoNLL
 * form (name ends in .conllu, .conll) give their word column. */
lat_status lat_text_read(lat_text *out, const char *path, lat_error *error);
lat_status lat_text_parse(lat_text *out, const void *data, size_t size,
                          lat_error *error);
/* Builds one sentence after another (out starts as {0}); the words are
 * copied. */
lat_status lat_text_add(lat_text *text, const char *const *words,
                        size_t count, lat_error *error);
void lat_text_free(lat_text *text);
/* LAT_MALFORMED unless every occurrence lies in the text and has its word
 * there (position -1 stands for the sentence itself). */
lat_status lat_text_check(const lat_text *text, const lat_concepts *concepts,
                          lat_error *error);

/* ---- Labels (labels.c, labels_files.c, labellers.c) --------------------- */

/* One family: the labels of every word of the text.  Unknown labels
 * (`..._UNK`, `N/A`) are kept, as the rules count them. */
typedef struct lat_labels {
    char *family;
    lat_intern *names;   /* labels in order of first appearance */
    bool *unknown;       /* one for each label */
    size_t size;         /* words of the text */
    size_t *starts;      /* size + 1 */
    uint32_t *labels;    /* those of word w: starts[w] .. starts[w+1]-1,
                            distinct */
    /* Words with the same labels in the same order share a bundle. */
    uint32_t *bundle;    /* size: bundle of each word */
    size_t bundles;
    size_t *bundle_starts;   /* bundles + 1 */
    uint32_t *bundle_labels;
    const char *origin;  /* what was read, say "CoNLL-U"; static */
} lat_labels;

typedef enum lat_label_form {
    LAT_LABELS_AUTO,     /* by name and kind, see lat_labels_open */
    LAT_LABELS_LINES,    /* line-parallel to the text */
    LAT_LABELS_JSON,     /* ConceptX: a JSON list of such lines */
    LAT_LABELS_CONLLU,   /* ten columns */
    LAT_LABELS_CONLL,    /* CoNLL-2000/2003 columns */
    LAT_LABELS_LIST,     /* word list: a file, or a folder of files */
    LAT_LABELS_DIC,      /* LIWC dictionary form */
    LAT_LABELS_WORDNET   /* folder with WordNet's data files */
} lat_label_form;

typedef struct lat_label_options {
    lat_label_form form;
    const char *column;  /* CoNLL-U: UPOS XPOS FEATS DEPREL LEMMA ENTITY or
                            MISC:KEY; CoNLL: POS CHUNK NER or a number from
                            1; NULL: by the family's name, else UPOS, POS */
    bool outside_unknown;/* the label O counts as unknown (O_UNK) */
    bool strip_bio;      /* B-NP, I-NP -> NP */
    bool fold_case;      /* word lists: compare without case */
} lat_label_options;
#define LAT_LABEL_OPTIONS {LAT_LABELS_AUTO, NULL, false, false, false}

/* Reads a family for the words of `text`.  AUTO: a folder with data.noun is
 * WordNet, another folder word lists; .json, .conllu, .conll, .dic by name;
 * a file with as many lines as the text and the same token counts is
 * line-parallel; any other name ending in .list is a word list.
 * LAT_MALFORMED names sentence, expected and found token count. */
lat_status lat_labels_open(lat_labels *out, const lat_text *text,
                           const char *family, const char *path,
                           const lat_label_options *options,
                           lat_error *error);
/* Labellers that need no file: see lat_labeller_list.  `pieces` (one count
 * for each word of the text) only for "subwords", else NULL. */
lat_status lat_labels_builtin(lat_labels *out, const lat_text *text,
                              const char *name, const uint32_t *pieces,
                              lat_error *error);
/* Names and one line on each, ends with name NULL. */
typedef struct lat_labeller {
    const char *name;
    const char *help;
    bool needs_pieces;
    bool ngram; /* wants lat_human_options.ngram */
} lat_labeller;
const lat_labeller *lat_labeller_list(void);
/* From memory, one string of labels ("NN" or "A|||B") for each word: what a
 * tagger model gives. */
lat_status lat_labels_make(lat_labels *out, const lat_text *text,
                           const char *family, const char *const *labels,
                           lat_error *error);
void lat_labels_free(lat_labels *labels);

/* ---- Human-defined concepts (human.c, human_write.c) -------------------- */

typedef enum lat_rule { LAT_RULE_OCCURRENCE, LAT_RULE_TYPE } lat_rule;
typedef struct lat_human_options {
    lat_rule rule;
    const char *theta;       /* NULL: "0.90" (occurrence), "0.95" (type) */
    const char *max_unknown; /* occurrence rule: skipped above it */
    bool ngram;              /* occurrence rule: longest label near the top */
    bool ignore_unknown;     /* occurrence rule: drop *_UNK after the test */
    uint32_t min_types;      /* type rule */
    uint32_t label_min;      /* type rule: size of a label that is used */
    lat_unit share_unit;     /* type rule */
    lat_unit label_unit;     /* type rule: distinct or tagged words */
    bool last_only;          /* type rule: count only `last` (EACL code) */
    const char *thetas;      /* sweep, for lat_thetas_read */
    uint32_t permutations, bootstraps;
    uint64_t seed;
    lat_draws *draws;        /* shared with other calls, or NULL */
} lat_human_options;
#define LAT_HUMAN_OPTIONS {LAT_RULE_OCCURRENCE, NULL, "0.40", false, false, \
                           6, 6, LAT_UNIT_TYPES, LAT_UNIT_TYPES, false,      \
                           NULL, 100, 0, 1, NULL}

/* Labels are numbers in lat_human.labels (LAT_NO_CONCEPT: none). */
typedef struct lat_human_concept {
    uint64_t id;
    uint32_t occurrences, types;
    bool aligned;
    /* Occurrence rule. */
    uint32_t unknown;       /* unknown labels among the members' */
    bool skipped;
    uint32_t counted;       /* occurrences that the share divides by */
    uint32_t winner, count;
    double share;           /* count / counted */
    uint32_t *tied;         /* tied_count labels that equal the winner */
    uint32_t tied_count;
    /* Type rule. */
    bool enough;            /* types >= min_types */
    uint32_t *labels;       /* label_count with share >= theta, byte order */
    uint32_t label_count;
    uint32_t last, best;
    double best_share;
    lat_interval share_interval; /* of the winner's share or best_share,
                                    bootstrap over sentences */
} lat_human_concept;

typedef struct lat_human_row { /* at one theta of the sweep */
    size_t aligned, covered;
    double score;
    lat_interval aligned_chance;  /* percent of the concepts */
    lat_interval covered_chance;  /* percent of the labels */
    lat_interval score_chance;
} lat_human_row;

typedef struct lat_human {
    lat_human_options options; /* theta, max_unknown, thetas: see below;
                                  draws: NULL */
    lat_theta theta, max_unknown;
    lat_thetas thetas;
    char *family;
    lat_intern *labels;        /* names of the family, copied */
    size_t count;
    lat_human_concept *concepts;
    size_t skipped, counted, aligned;
    size_t labels_all;         /* known labels of the file */
    size_t labels_used;        /* the denominator of covered */
    uint32_t *sizes;           /* type rule: size of each label's group */
    uint32_t *groups;          /* the same in types, whatever label_unit */
    bool *used, *covered, *covered_last; /* one for each label */
    size_t covered_count, covered_last_count;
    double percent_aligned, percent_aligned_of_counted, percent_covered;
    double score, score_last;
    lat_interval aligned_chance, covered_chance, score_chance;
    lat_interval aligned_interval, covered_interval; /* bootstrap */
    lat_human_row *rows;       /* thetas.count */
    lat_arena arena;
} lat_human;

/* Chance: occurrence rule, the members of all concepts exchange their label
 * bundles at random; type rule, the words of the text exchange their groups.
 * `text` must hold every occurrence (lat_text_check is done here). */
lat_status lat_human_run(lat_human *out, lat_pool *pool,
                         const lat_concepts *concepts, const lat_text *text,
                         const lat_labels *labels,
                         const lat_human_options *options, lat_error *error);
void lat_human_free(lat_human *human);
/* An entry of `human`; `clusters` ("base", "tuned", a path) may be NULL. */
void lat_human_json(lat_json_writer *writer, const lat_human *human,
                    const char *clusters, const lat_json_extra *extra);
/* One line: family, rule, counts, percentages, chance. */
void lat_human_tsv_header(lat_buffer *to, const char *lead);
void lat_human_tsv(lat_buffer *to, const lat_human *human, const char *lead);
/* One line for each concept: the label that explains it, with its share. */
void lat_human_concepts_tsv_header(lat_buffer *to, const char *lead);
void lat_human_concepts_tsv(lat_buffer *to, const lat_human *human,
                            const char *lead);

/* ---- Task polarity (polarity_run.c, hypergeometric.c) ------------------- */

/* The class of every sentence. */
typedef struct lat_classes {
    size_t sentences;
    size_t count;      /* classes 0..count-1 */
    int32_t *of;       /* sentences; -1 = none */
    char **names;      /* count, or NULL when they are numbers */
    lat_arena arena;
} lat_classes;
/* Column of a table with a header and one line for each sentence.  All
 * cells whole numbers: those are the classes; else names, numbered in byte
 * order.  Empty, "-" and "-1" mean no class.  `column` NULL takes "gold",
 * else "label", else the only column.  The columns "gold" and "predicted"
 * of one table share their numbering. */
lat_status lat_classes_read(lat_classes *out, const char *path,
                            const char *column, lat_error *error);
/* From memory: of[i] < count or negative. */
lat_status lat_classes_make(lat_classes *out, const int32_t *of,
                            size_t sentences, const char *const *names,
                            size_t count, lat_error *error);
void lat_classes_free(lat_classes *classes);

typedef struct lat_polarity_options {
    uint32_t min_types;
    const char *theta;       /* of the agreement and of `polarised` */
    const char *thetas;      /* sweep */
    uint32_t permutations, bootstraps;
    uint64_t seed;
} lat_polarity_options;
#define LAT_POLARITY_OPTIONS {6, "0.90", NULL, 100, 100, 1}

typedef struct lat_polarity_concept {
    uint64_t id;
    uint32_t occurrences, types;
    uint32_t classed;    /* occurrences in sentences with a class: n */
    bool counted;        /* types >= min_types */
    uint32_t *counts;    /* one for each class */
    int32_t majority;    /* -1 when classed is 0 */
    double share;        /* counts[majority] / classed */
    lat_interval share_interval; /* bootstrap over sentences */
    double *p, *q;       /* one for each class; NULL unless counted */
} lat_polarity_concept;

typedef struct lat_polarity_row { /* at one theta */
    size_t polarised;
    uint32_t *by_class;  /* concepts polarised to each class */
    double percent;      /* of the concepts counted */
    double *expected;    /* for each class, by the hypergeometric law */
    lat_interval chance; /* percent, classes of sentences shuffled */
    lat_interval *chance_by_class; /* number of concepts */
    lat_interval interval;         /* percent, bootstrap over sentences */
} lat_polarity_row;

typedef struct lat_polarity {
    lat_polarity_options options;
    lat_theta theta;
    lat_thetas thetas;
    size_t count, counted, classes;
    size_t population;          /* clustered occurrences with a class */
    size_t unclassed;           /* clustered occurrences without one */
    size_t sentences_unclassed;
    size_t tests;               /* counted * classes */
    uint64_t *class_totals;     /* classes */
    char **class_names;         /* classes, or NULL */
    lat_polarity_concept *concepts;
    lat_polarity_row *rows;     /* thetas.count */
    lat_arena arena;
} lat_polarity;

/* LAT_MALFORMED when an occurrence lies in a sentence that `classes` does
 * not have. */
lat_status lat_polarity_run(lat_polarity *out, lat_pool *pool,
                            const lat_concepts *concepts,
                            const lat_classes *classes,
                            const lat_polarity_options *options,
                            lat_error *error);
void lat_polarity_free(lat_polarity *polarity);
/* Class that concept c is polarised to at theta, or -1. */
int32_t lat_polarity_class(const lat_polarity *polarity, size_t c,
                           const lat_theta *theta);
/* An entry's `gold` or `predicted`. */
void lat_polarity_json(lat_json_writer *writer, const lat_polarity *polarity,
                       const lat_json_extra *extra);
void lat_polarity_tsv_header(lat_buffer *to, const char *lead);
void lat_polarity_tsv(lat_buffer *to, const lat_polarity *polarity,
                      const char *lead); /* a line for each theta and class */
void lat_polarity_concepts_tsv_header(lat_buffer *to, const char *lead);
void lat_polarity_concepts_tsv(lat_buffer *to, const lat_polarity *polarity,
                               const char *lead);

/* Do gold and predicted classes agree?  Both results must come from the
 * same concepts. */
typedef struct lat_agreement {
    lat_theta theta;
    size_t sentences, sentences_equal;     /* with both classes */
    size_t occurrences, occurrences_equal; /* clustered ones */
    /* Numbers (ids) of the concepts polarised under both to the same class,
     * to different ones, under one only. */
    uint64_t *both_same, *both_other, *gold_only, *predicted_only;
    size_t same_count, other_count, gold_count, predicted_count;
    lat_arena arena;
} lat_agreement;
lat_status lat_agreement_run(lat_agreement *out,
                             const lat_concepts *concepts,
                             const lat_classes *gold,
                             const lat_classes *predicted,
                             const lat_polarity *by_gold,
                             const lat_polarity *by_predicted,
                             lat_error *error);
void lat_agreement_free(lat_agreement *agreement);
void lat_agreement_json(lat_json_writer *writer,
                        const lat_agreement *agreement);

/* P(X >= k), X hypergeometric: n drawn from `population`, `marked` of them
 * marked.  Relative error below 1e-12 up to a population of 1e9. */
double lat_hypergeometric_tail(uint64_t k, uint64_t population,
                               uint64_t marked, uint64_t n);
/* Benjamini-Hochberg: q (may be p) from n p-values. */
lat_status lat_false_discovery(double *q, const double *p, size_t n,
                               lat_error *error);

/* ---- CKA (cka.c) -------------------------------------------------------- */

/* Linear CKA, debiased (the unbiased HSIC estimator with zeroed diagonals,
 * features not centred beforehand as it does not matter), between the same
 * rows seen by two layers.  Rows are streamed: rows 0..n-1 in any number of
 * calls give the same bits as in one.  Sums are kept in double. */
typedef struct lat_cka lat_cka;
lat_status lat_cka_create(lat_cka **out, size_t width_x, size_t width_y,
                          lat_error *error);
void lat_cka_free(lat_cka *cka);
/* x: n x width_x, y: n x width_y, row-major, finite. */
lat_status lat_cka_add(lat_cka *cka, lat_pool *pool, const float *x,
                       const float *y, size_t n, lat_error *error);
/* NaN for fewer than 4 rows or a layer without variance. */
double lat_cka_value(const lat_cka *cka);
/* Bytes that one accumulator holds. */
uint64_t lat_cka_memory(size_t width_x, size_t width_y);
/* All layer pairs of two sets that lie in memory, the same n rows in each
 * layer (a seeded sample of 2,000 words is plenty for this estimator):
 * out[i * y_count + j].  Self-products are computed once a layer. */
typedef struct lat_cka_layers {
    const float *const *x; /* x_count layers, each n x width_x */
    size_t x_count, width_x;
    const float *const *y; /* y_count layers, each n x width_y */
    size_t y_count, width_y;
    size_t n;
} lat_cka_layers;
lat_status lat_cka_run_layers(double *out, lat_pool *pool,
                              const lat_cka_layers *layers,
                              lat_error *error);

#ifdef __cplusplus
}
#endif
#endif
