/*
 * align_int.h - what the files of align/ share and nobody else needs:
 * building concepts, the index over layers that all counting runs on, the
 * writer of sorted JSON objects, shuffles.
 */
#ifndef LATENT_ALIGN_INT_H
#define LATENT_ALIGN_INT_H

#include "align.h"

/* ---- Concepts ----------------------------------------------------------- */

/* Groups n occurrences (words numbered in `words`) by ids[i].  A repeated
 * (sentence, position) is refused with *repeat = its index. */
lat_status lat_concepts_build_int(lat_concepts *out,
                                  const lat_occurrence *occurrences,
                                  const uint64_t *ids, size_t n,
                                  const lat_intern *words, size_t *repeat,
                                  lat_error *error);

/* Places of the text in order: a radix sort, as every layer of a study
 * brings its hundred thousands.  `scratch` has room for n too. */
typedef struct lat_place {
    uint64_t key;   /* sentence, position + 1 */
    uint64_t index; /* in the order of the input */
} lat_place;
void lat_places_fill_int(lat_place *out, const lat_occurrence *occurrences,
                         size_t n);
void lat_places_sort_int(lat_place *places, lat_place *scratch, size_t n);

/* ---- The index over layers (layer_index.c) ------------------------------ */

/* Words and occurrences get numbers that hold over all layers of a call
 * ("global"), so that two layers can be compared without a look-up:
 *
 *     concept --occ--> global occurrence --label--> concept of another layer
 *     concept --cw---> global word --local--> word --wc--> its concepts
 */
typedef struct layer_index {
    size_t concepts, words, size; /* K, words of this layer, occurrences */
    const lat_concepts *source;
    uint32_t *occ;        /* size, grouped by concept: global occurrence */
    uint32_t *label;      /* global occurrences: concept or NONE */
    uint32_t *order;      /* size: this layer's global occurrences, text
                             order */
    size_t *cw_starts;    /* concepts + 1 */
    uint32_t *cw;         /* global words of each concept, distinct */
    uint32_t *cw_incidence; /* where each of them is in wc */
    uint32_t *local;      /* global words: this layer's word or NONE */
    uint32_t *global;     /* words: the global number of each */
    size_t *wc_starts;    /* words + 1 */
    uint32_t *wc;         /* concepts of each word, ascending */
    uint32_t *incidence;  /* size: where (word, concept) of occ is in wc */
} layer_index;

typedef struct index_set {
    size_t layers;
    layer_index *layer;      /* layers */
    size_t words;            /* global */
    size_t occurrences;      /* global */
    uint32_t *sentence;      /* occurrences: compact sentence number */
    size_t sentences;        /* compact: those that any layer touches */
    size_t concepts_most;    /* largest K of all layers */
    lat_arena arena;
} index_set;

lat_status lat_index_build_int(index_set *out,
                               const lat_concepts *const *layers,
                               size_t count, lat_error *error);
void lat_index_free_int(index_set *set);

/* ---- Resamples side by side (draws.c) ----------------------------------- */

#define LAT_DRAW_LANES 32 /* resamples at a time: 64 bytes of weights */
typedef uint16_t weight_lanes[LAT_DRAW_LANES];
typedef uint32_t count_lanes[LAT_DRAW_LANES];

static inline void lat_add_weights_int(uint32_t *restrict to,
                                       const uint16_t *restrict weights)
{
    for (size_t l = 0; l < LAT_DRAW_LANES; l++)
        to[l] += weights[l];
}

static inline void lat_raise_lanes_int(uint32_t *restrict most,
                                       const uint32_t *restrict by)
{
    for (size_t l = 0; l < LAT_DRAW_LANES; l++)
        most[l] = by[l] > most[l] ? by[l] : most[l];
}

/* Weights are read in an order that no cache guesses, so they are asked for
 * LAT_AHEAD members before their turn. */
#define LAT_AHEAD 12
#if defined(__GNUC__)
#define LAT_ASK(p) __builtin_prefetch((p), 0, 2)
#else
#define LAT_ASK(p) ((void)0)
#endif

/* ---- Overlap of two layers (overlap.c) ---------------------------------- */

/* What one worker needs to count; K = concepts_most. */
typedef struct overlap_scratch {
    int32_t *row;       /* K: members still missing before the number that
                           is shared with each base concept matters */
    uint32_t *touched;  /* K + 1: the ones that none is missing to */
    size_t touched_count;
    int32_t *need;      /* K: what must be shared with each base concept */
    uint32_t *best_base, *best_tuned; /* K: highest count that counts */
    uint32_t *shuffled; /* words or occurrences of the base layer */
    uint32_t *label;    /* global occurrences: shuffled concept */
} overlap_scratch;

/* One layer pair as it is counted: as it is, or shuffled. */
typedef struct overlap_view {
    const index_set *set;
    const layer_index *base, *tuned;
    const lat_overlap *overlap; /* options, counted flags */
    const uint32_t *word;    /* types: renamed base words, or NULL */
    const uint32_t *label;   /* occurrences: concept of each */
    const uint32_t *size_base, *size_tuned; /* in the unit */
} overlap_view;

/* Matches and aligned counts of the pair as it is. */
lat_status lat_overlap_pair_int(lat_overlap *out, const overlap_view *view,
                                overlap_scratch *with);
/* percent[0..thetas) tuned in base, then base in tuned. */
void lat_overlap_percents_int(double *percents, size_t stride,
                              const overlap_view *view,
                              overlap_scratch *with);
/* Percentage of one side for every theta, from the highest counts and the
 * sizes of its concepts, which lie `step` apart. */
void lat_overlap_side_percents_int(double *percents, size_t stride,
                                   const lat_overlap *overlap,
                                   const uint32_t *best,
                                   const uint32_t *sizes, size_t step,
                                   bool tuned_side);

/* Resamples of the sentences for all pairs (overlap_draws.c). */
typedef struct overlap_draws {
    lat_overlap *out;      /* base layers x tuned layers */
    const index_set *set;
    size_t base_layers, tuned_layers;
    const lat_overlap_options *options;
    double *results;       /* pair, side, theta, resample */
    lat_progress *progress; /* a step for each LAT_DRAW_LANES; or NULL */
} overlap_draws;
lat_status lat_overlap_draws_int(const overlap_draws *draws, lat_pool *pool,
                                 lat_error *error);

/* ---- Human-defined concepts (human_rules.c, human_shuffle.c) ------------ */

/* What a rule says of one concept, as far as percentages need it. */
typedef struct human_verdict {
    bool skipped;      /* occurrence rule */
    uint64_t unknown, occurrences, counted;
    uint64_t count;    /* of the winner */
    uint32_t winner;   /* LAT_NO_CONCEPT: none */
    double share;      /* of the winner; NaN or -1 when there is none */
    bool can_align;    /* the winner is a known label */
} human_verdict;

typedef struct human_scratch {
    uint32_t *row;       /* labels: counts; zero between concepts */
    uint32_t *touched;   /* labels + 1, in order of first sight */
    size_t touched_count;
    uint32_t *bundle_row; /* bundles: counts; zero between concepts */
    uint32_t *bundle_touched; /* bundles + 1 */
    size_t bundle_count;
    double *label_best;  /* labels: highest share in a concept, -1 */
    uint32_t *mentioned; /* labels whose label_best is set */
    size_t mentioned_count;
    uint32_t *rank_row;  /* labels by rank: counts; zero between concepts */
    uint32_t *stamp;     /* thetas x labels, only where `last` counts */
    uint32_t round;
    double *shares;      /* concepts: best share that may align, or -1 */
    uint32_t *shuffled;  /* bundles of the occurrences or of the types */
} human_scratch;

/* One family on one clustering.  Both rules see members through bundles:
 * most words of a text share theirs with many others. */
typedef struct human_job {
    lat_human *out;
    const lat_concepts *concepts;
    const lat_text *text;
    const lat_labels *labels;
    lat_arena arena;
    size_t names;          /* labels */
    bool *never;           /* labels: a winner that cannot align */
    uint32_t *letters;     /* labels: characters */
    double near_top;       /* 0.95, parsed */
    double theta_least;    /* of the sweep and the main one, 0 left out */
    /* Labels that the rule counts; the last bundle is empty and stands for
     * places without a word ([CLS]). */
    size_t bundles;
    size_t *bundle_starts; /* bundles + 1 */
    uint32_t *bundle_labels;
    uint32_t *bundle_unknown; /* occurrence rule: unknown labels in it */
    bool *bundle_bare;     /* occurrence rule: left without a label */
    uint32_t *members;     /* occurrence rule: bundle of each occurrence */
    /* Occurrence rule: labels ranked by how many members have them. */
    uint32_t *rank_counts; /* labels: members that have the label of a rank */
    uint32_t *bundle_ranks; /* bundle_labels as ranks, ascending */
    bool screens;          /* no threshold is 0 */
    uint8_t *screen;       /* parts x bundles x 32 lanes, or NULL */
    size_t screen_parts;
    uint32_t *needs;       /* concepts: members that a label must have to
                              reach a threshold; 0 = not screened */
    lat_draws *draws;      /* the caller's, or NULL */
    const uint32_t *drawn; /* shuffles out of them, or NULL */
    /* Type rule. */
    size_t types;          /* of the text */
    uint32_t *type_bundle; /* types: bundle of used labels */
    size_t *entry_starts;  /* concepts + 1 */
    uint32_t *entries;     /* types of each concept, text numbering */
    uint32_t *entry_counts; /* how often each occurs in the concept */
    uint32_t *entry_of;    /* occurrences: its entry */
    human_scratch *scratch; /* one for each worker */
    size_t shuffles;
    double *results;       /* thetas + 1, 3 values, shuffle */
    double *shares;        /* concept, resample; NULL while shuffling */
} human_job;

/* Bundles, members or entries, scratch: all that is not in out yet. */
lat_status lat_human_prepare_int(human_job *job, lat_pool *pool,
                                 lat_error *error);
/* Can any label reach a threshold in concept c (human_screen.c)?  To be
 * asked only where job->screen is not NULL. */
lat_status lat_human_screen_make_int(human_job *job, lat_error *error);
bool lat_human_screen_int(const human_job *job, const uint32_t *bundles,
                          size_t c);
/* Labels that at least `need` members of the layer have: ranks below. */
size_t lat_human_frequent_int(const human_job *job, uint64_t need);
/* Occurrence rule on concept c.  Leaves counts in the scratch when `keep`,
 * to be cleared by lat_human_clear_int. */
void lat_human_occurrences_int(human_verdict *out, human_scratch *with,
                               const human_job *job,
                               const uint32_t *bundles, size_t c, bool keep);
/* Type rule on concept c: fills the row with the members that each used
 * label covers and returns the size that they are divided by. */
uint64_t lat_human_types_int(human_scratch *with, const human_job *job,
                             const uint32_t *bundles, size_t c);
void lat_human_clear_int(human_scratch *with);
/* All concepts under the bundles of their occurrences, or of the types; out:
 * for each theta of the sweep and then for the main one aligned concepts,
 * covered labels. */
void lat_human_count_int(size_t *aligned, size_t *covered,
                         human_scratch *with, const human_job *job,
                         const uint32_t *bundles);
/* The sweep, and after it the main threshold. */
double lat_human_theta_int(const lat_human *human, size_t t);
/* At theta 0 the type rule aligns everything counted: sets both counts. */
void lat_human_at_zero_int(size_t *aligned, size_t *covered,
                           const lat_human *human, size_t t);
/* Counts of shuffle or resample p into the results. */
void lat_human_result_int(human_job *job, const size_t *aligned,
                          const size_t *covered, size_t p);
/* All resamples (human_draws.c). */
lat_status lat_human_draws_int(human_job *human, lat_pool *pool,
                               lat_error *error);
lat_status lat_human_shuffle_int(human_job *job, lat_pool *pool,
                                 lat_error *error);

/* ---- Chance (chance.c) -------------------------------------------------- */

/* Work of one block of permutations is one task: large enough to pay for
 * itself, small enough for a few tasks a core; fixed, as work may not depend
 * on the number of threads. */
#define LAT_SHUFFLE_BLOCK 5
/* Streams of the seed: permutations from 0, bootstrap from here. */
#define LAT_STREAM_BOOTSTRAP ((uint64_t)1 << 32)
/* Most permutations or resamples (tables of results stay small). */
#define LAT_SHUFFLES_MOST 1000000u

void lat_shuffle_numbers_int(lat_random *random, uint32_t *values, size_t n);
/* weights[i] = how often i was drawn, n draws from 0..n-1. */
void lat_resample_int(lat_random *random, uint32_t *weights, size_t n);
/* `count` shuffles of 0..n-1 out of streams 0.. of the seed, one after the
 * other, or as many resamples of n out of LAT_STREAM_BOOTSTRAP.., in rounds
 * of LAT_DRAW_LANES: n weights of all lanes, then those of the next round.
 * NULL when they are to be made one by one: draws is NULL, or there is no
 * room.  Stay valid until the next call for the same kind. */
typedef enum draw_kind {
    DRAW_SHUFFLE, DRAW_RESAMPLE, DRAW_KINDS
} draw_kind;
typedef struct draw_order {
    draw_kind kind;
    size_t n, count;
    uint64_t seed;
} draw_order;
const uint32_t *lat_draws_get_int(lat_draws *draws, lat_pool *pool,
                                  const draw_order *order);
weight_lanes *lat_draws_lanes_int(lat_draws *draws, lat_pool *pool,
                                  const draw_order *order);
/* One lane, or all, of the round that starts with resample `first`; `drawn`
 * has room for n.  Lanes beyond the last resample have weight 0. */
void lat_draw_lane_int(weight_lanes *to, uint32_t *drawn,
                       const draw_order *order, size_t first, size_t lane);
void lat_draw_lanes_int(weight_lanes *to, uint32_t *drawn,
                        const draw_order *order, size_t first);
lat_status lat_shuffles_check_int(uint32_t permutations, uint32_t bootstraps,
                                  lat_error *error);

/* ---- Text and labels (aligned_text.c, labels.c, label_*.c) -------------- */

typedef struct lat_slice {
    const char *text;
    size_t size;
} lat_slice;
/* Tokens of a line, separated by blanks and tabs; room for size/2 + 1. */
size_t lat_tokens_split_int(lat_slice *out, const char *line, size_t size);
lat_status lat_text_add_int(lat_text *text, const lat_slice *words,
                            size_t count, lat_error *error);
/* The word column of a CoNLL file (`ten` columns: CoNLL-U) as a text. */
lat_status lat_conll_text_int(lat_text *out, const void *data, size_t size,
                              bool ten, lat_error *error);

/* Collects the labels of one item (word or type) after another. */
typedef struct label_builder {
    lat_labels *out;
    size_t room_items, room_labels;
    size_t from;       /* first label of the item at hand */
    lat_error *error;
} label_builder;
lat_status lat_labels_begin_int(label_builder *builder, lat_labels *out,
                                const char *family, const char *origin,
                                lat_error *error);
/* One label of the item at hand; a repeated one is dropped.  Refused:
 * empty, control characters, "|||" inside. */
lat_status lat_labels_put_int(label_builder *builder, const char *text,
                              size_t size);
/* Is it one that would be taken?  The message says why not; with its line
 * of the file, unless that is 0.  `error` may be NULL. */
lat_status lat_label_check_int(const char *text, size_t size, size_t line,
                               lat_error *error);
/* Puts the place in the text in front of the message of a label that was
 * refused; gives `status` back. */
lat_status lat_labels_place_int(label_builder *builder, lat_status status,
                                size_t sentence, size_t position);
/* Labels joined by "|||". */
lat_status lat_labels_bundle_int(label_builder *builder, const char *text,
                                 size_t size);
/* Ends the item; without a label it gets "NO_UNK". */
lat_status lat_labels_next_int(label_builder *builder);
/* Numbers the bundles; the last step of every reader. */
lat_status lat_labels_finish_int(lat_labels *labels, lat_error *error);
/* Items were the types of `text`: spreads them over its words. */
lat_status lat_labels_spread_int(lat_labels *labels, const lat_text *text,
                                 lat_error *error);

/* Refuses labels of more or fewer sentences than the text has. */
lat_status lat_labels_sentences_int(label_builder *builder, size_t want,
                                    size_t found);
lat_status lat_labels_lines_int(label_builder *builder, const lat_text *text,
                                const lat_map *map,
                                const lat_label_options *options);
lat_status lat_labels_json_int(label_builder *builder, const lat_text *text,
                               const lat_map *map,
                               const lat_label_options *options);
lat_status lat_labels_conll_int(label_builder *builder, const lat_text *text,
                                const lat_map *map,
                                const lat_label_options *options, bool ten);
lat_status lat_labels_dic_int(label_builder *builder, const lat_text *text,
                              const lat_map *map);
/* One list file, or a folder of them. */
lat_status lat_labels_lists_int(label_builder *builder, const lat_text *text,
                                const char *path,
                                const lat_label_options *options);
lat_status lat_labels_wordnet_int(label_builder *builder,
                                  const lat_text *text, const char *folder);
/* A label of a column: "O", "B-NP" as the options want them. */
lat_status lat_labels_column_int(label_builder *builder, const char *text,
                                 size_t size,
                                 const lat_label_options *options);
/* Appends the text with small letters. */
void lat_text_fold_int(lat_buffer *to, const char *text, size_t size);

/* ---- Writing (json_fields.c) -------------------------------------------- */

/* An object whose keys must come sorted, with the caller's extra members
 * slipped in where they belong. */
typedef struct json_fields {
    lat_json_writer *writer;
    const lat_json_extra *extra;
} json_fields;
void lat_fields_begin_int(json_fields *fields, lat_json_writer *writer,
                          const lat_json_extra *extra);
void lat_fields_key_int(json_fields *fields, const char *key);
void lat_fields_count_int(json_fields *fields, const char *key, uint64_t n);
void lat_fields_number_int(json_fields *fields, const char *key, double x);
void lat_fields_text_int(json_fields *fields, const char *key,
                         const char *text);
void lat_fields_bool_int(json_fields *fields, const char *key, bool value);
void lat_interval_json_int(lat_json_writer *writer,
                           const lat_interval *interval);
void lat_fields_interval_int(json_fields *fields, const char *key,
                             const lat_interval *interval);
void lat_fields_end_int(json_fields *fields);
/* Numbers of a TSV line: NaN is an empty cell. */
void lat_tsv_number_int(lat_buffer *to, double value);
void lat_tsv_interval_int(lat_buffer *to, const lat_interval *interval);
/* Text of a TSV cell: tabs and line ends become blanks. */
void lat_tsv_text_int(lat_buffer *to, const char *text, size_t size);

/* ---- Numbers ------------------------------------------------------------ */

/* 100 k / n, NaN when n is 0. */
double lat_percent_int(size_t k, size_t n);
double lat_share_int(uint64_t k, uint64_t n);
/* Smallest k with k/n >= theta (> theta when strict) in double; n > 0. */
uint64_t lat_needed_int(double theta, uint64_t n, bool strict);

#endif
