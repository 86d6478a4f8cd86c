/*
 * report_page_int.h - a finished study as one HTML page.
 *
 *      study folder ──> study_read ──> rep_study ──> report_*.c ──> one file
 *                       (tables, concepts, trees)    (text, SVG, script)
 *
 * The page needs nothing but itself: style, pictures and a small script are
 * inside.  Pictures and tables are there without the script; the script adds
 * the concept explorer.  Everything out of a study is hostile until it has
 * gone through rep_html or rep_json: words of a corpus may hold markup,
 * control characters or direction overrides.
 *
 * All writers append to a lat_buffer, whose failure sticks, so that only
 * lat_report_write looks at it.
 */
#ifndef LATENT_REPORT_PAGE_INT_H
#define LATENT_REPORT_PAGE_INT_H

#include "../align/align.h"
#include "../base/base.h"
#include "../cluster/cluster.h"
#include "report_int.h"

/* ---- What a study says (study_read.c, study_tables.c, study_flips.c) --- */

enum { REP_BASE, REP_TUNED, REP_SIDES };

/* A percentage or share beside its chance level.  NaN: not in the study. */
typedef struct rep_rate {
    double value;
    double low, high; /* 95 % interval of the value */
    double chance, chance_low, chance_high;
} rep_rate;

/* What is known of one concept beyond its members. */
typedef struct rep_concept {
    uint32_t *counts;        /* occurrences by class */
    uint32_t classed;        /* their sum */
    int32_t majority;        /* class with most occurrences, or -1 */
    int32_t polarised;       /* class at theta, or -1 */
    double share, low, high; /* of the majority, with its interval */
    bool counted;            /* enough types */
    bool has_match;
    uint64_t match;          /* number on the other side, same layer */
    double match_share, match_jaccard;
    uint8_t fate;            /* lat_fate, LAT_FATE_NONE when unknown */
    const char *label;       /* human-defined label that explains it best */
    const char *family;
    double label_share;
    bool label_aligned;      /* the label explains the concept */
    uint32_t label_wins;     /* concepts of the layer that it explains */
    uint32_t leaf;           /* place among the leaves of the cut tree */
    double x, y;             /* on the map, NaN without one */
} rep_concept;

typedef struct rep_layer {
    size_t number;         /* 0 = embeddings */
    lat_concepts concepts;
    rep_concept *about;    /* concepts.count */
    lat_tree tree;         /* of the occurrences, while it is read */
    lat_merge *top;        /* count-1 merges of concepts (leaves 0..count-1
                              are concept indices); NULL when absent */
    uint32_t *order;       /* count: concept at each leaf place */
    bool has_map;
    double variance[2];    /* shares of the map's two axes */
    size_t counted, polarised_count;
    rep_rate polarised;    /* percent of the counted concepts */
    rep_rate *by_class;    /* the same for each class */
} rep_layer;

/* One base layer against one tuned layer. */
typedef struct rep_pair {
    rep_rate tuned_to_base, base_to_tuned; /* percent */
    double cka;
} rep_pair;

/* A family of human-defined labels under one rule, both sides. */
typedef struct rep_family {
    const char *name, *rule;
    rep_rate *aligned[REP_SIDES]; /* layer_count each: % of concepts */
    rep_rate *covered[REP_SIDES]; /* % of labels */
} rep_family;

/* All triggers of one source, for a layer, length, class and insertion. */
typedef struct rep_flip {
    const char *source;    /* "concept", or a control's name; "greedy" is an
                              upper bound, no control */
    size_t layer;          /* number; the last one when the table has none */
    uint64_t length;       /* words in a trigger */
    const char *insertion; /* "prepend", ... */
    int32_t target;        /* class */
    uint64_t tried, kept;  /* words */
    rep_rate rate;         /* mean flip rate of the kept words, 0..1 */
    double best;           /* of the best of them */
    rep_rate ahead;        /* concept words' mean less this one */
} rep_flip;

/* One word that was tried. */
typedef struct rep_trigger {
    const char *source, *word, *insertion;
    int32_t target;
    bool has_concept;
    size_t layer;          /* number */
    uint64_t concept;      /* of that layer of the tuned model */
    uint64_t eligible, flipped;
    rep_rate rate;         /* share 0..1 */
} rep_trigger;

typedef struct rep_sentence {
    const char *text;
    int32_t gold, predicted; /* classes, -1 = none */
} rep_sentence;

typedef struct rep_fact { /* provenance: one line */
    const char *name, *value;
} rep_fact;

typedef struct rep_study {
    const char *base_name, *tuned_name, *data_name, *eval_name, *version;
    const char *theta_text, *polarity_by; /* "gold" or "predicted" */
    const char *label_theta; /* of the occurrence rule */
    const char *method;    /* "ward", "kmeans", "leaders" */
    lat_theta theta;
    uint32_t min_types;
    uint64_t k, seed, permutations;
    uint64_t cut;          /* concepts in a layer as they are here */
    bool recut;            /* not the study's own: no tables, no map */
    bool has_seed, has_permutations;
    size_t classes;
    const char **class_names;
    size_t sentence_count;
    rep_sentence *sentences;
    lat_text text;         /* words of the sentences; may be empty */
    size_t layer_count;
    rep_layer *layers[REP_SIDES]; /* layer_count each */
    rep_pair *pairs;       /* [base layer * layer_count + tuned layer] */
    bool has_pairs, has_matches, has_polarity;
    size_t family_count;
    rep_family *families;
    size_t flip_count;
    rep_flip *flips;
    size_t trigger_count;
    rep_trigger *triggers;
    size_t fact_count;
    rep_fact *facts;
    size_t kept_words;     /* occurrences clustered */
    lat_arena arena;       /* strings and arrays of the above */
} rep_study;

/* Is this among the figures that stand for the study: the last layer that
 * was tried, one word? */
bool rep_flip_counts(const rep_study *study, const rep_flip *flip);
/* The family of that name under that rule, or NULL. */
rep_family *rep_find_family(const rep_study *study, const char *name,
                            const char *rule);
/* k: concepts in a layer, cut out of the study's trees; 0 for its own. */
lat_status rep_study_read(rep_study *out, const char *folder, uint64_t k,
                          lat_error *error);
void rep_study_free(rep_study *study);
/* The layer's concepts (with its tree read) become those of the cut at K. */
lat_status rep_layer_cut(rep_layer *layer, size_t k, lat_error *error);
#define OPTION_CUT                                                          \
    {"k", 'k', CLI_COUNT, "N",                                              \
     "cut the study's trees at this K; 0 for the study's own", "0"}
/* Parts of it. */
lat_status rep_read_tables(rep_study *study, const char *folder,
                           lat_error *error);
lat_status rep_read_flips(rep_study *study, const char *folder,
                          lat_error *error);
/* The tree of the concepts themselves (rep_layer.top, .order) out of the
 * tree of the occurrences; leaves it NULL when the two do not fit. */
lat_status rep_layer_tree(rep_study *study, rep_layer *layer,
                          lat_error *error);
rep_rate rep_rate_none(void);
/* Opens FOLDER/name as a table; *found is false when there is none. */
lat_status rep_table_open(lat_table *out, bool *found, const char *folder,
                          const char *name, lat_error *error);
/* Cell of the first column in `names` ("a|b|c") that the table has; NULL
 * when it has none of them.  As a number: NaN when it is none. */
const char *rep_cell(const lat_table *table, size_t row, const char *names);
double rep_cell_number(const lat_table *table, size_t row,
                       const char *names);
rep_rate rep_cell_rate(const lat_table *table, size_t row,
                       const char *const names[6]); /* in rep_rate's order */
/* Position of a layer number in the study's list, or layer_count. */
size_t rep_layer_find(const rep_study *study, uint64_t number);
int32_t rep_class_find(const rep_study *study, const char *name);
int rep_side_find(const char *name); /* REP_BASE, REP_TUNED or -1 */

/* ---- Text (report_text.c) ---------------------------------------------- */

#define REP_WORD_SHOWN 64 /* code points of a word that are shown */

/* Text for element content and attribute values.  Markup characters become
 * references; control characters and direction overrides a visible name,
 * noncharacters U+FFFD; after `most` code points (0: no bound) an
 * ellipsis. */
void rep_html(lat_buffer *to, const char *text, size_t most);
void rep_html_bytes(lat_buffer *to, const char *text, size_t size,
                    size_t most);
/* A word between <bdi> and </bdi>. */
void rep_word(lat_buffer *to, const lat_intern *words, uint32_t word);
/* The same cleaning as a JSON string, quotes included, that may stand in a
 * script element: < > & are escaped. */
void rep_json(lat_buffer *to, const char *text, size_t size, size_t most);
/* For a terminal: what it might obey becomes '?'; 36 characters at most. */
void rep_plain(lat_buffer *to, const char *text);
/* The same in so many characters, cut or filled up with blanks. */
void rep_plain_cell(lat_buffer *to, const char *text, size_t width);
/* Blocks become '#', other characters beyond ASCII '?' or what is like
 * them. */
void rep_to_ascii(lat_buffer *text);
/* "12,345". */
void rep_count(lat_buffer *to, uint64_t value);
/* "86.2%", or "n/a" for NaN; `scale` 100 for shares. */
void rep_percent(lat_buffer *to, double value, double scale);
/* "86.2% (95% interval 80.1 to 90.2)"; no interval, no brackets. */
void rep_percent_interval(lat_buffer *to, const rep_rate *rate,
                          double scale);
/* "chance 3.1% (1.2 to 5.0)". */
void rep_chance(lat_buffer *to, const rep_rate *rate, double scale);
/* Class name through rep_html; "all classes" for -1. */
void rep_class(lat_buffer *to, const rep_study *study, int32_t class_number);
const char *rep_side_name(int side);
const char *rep_method(const rep_study *study); /* "K-Means", as HTML */

/* ---- SVG (svg.c) ------------------------------------------------------- */

/* A plot area inside a picture; x and y are data ranges. */
typedef struct svg_frame {
    double left, top, width, height;
    double x0, x1, y0, y1;
} svg_frame;
double svg_x(const svg_frame *frame, double x);
double svg_y(const svg_frame *frame, double y);
/* A picture of `width` x `height` units with a title for screen readers;
 * `key` makes its id unique in the page. */
void svg_begin(lat_buffer *to, const char *key, double width, double height,
               const char *title);
void svg_end(lat_buffer *to);
/* Opens the box of a picture of `width` units, which keeps text near its
 * own size: it grows by a quarter at most.  Ends with "</div>". */
void svg_plot(lat_buffer *to, double width);
void svg_number(lat_buffer *to, double value); /* at most 2 decimals */
void svg_line(lat_buffer *to, const char *style, double x1, double y1,
              double x2, double y2);
/* Left open for a <title>: ends with "</rect>" from the caller. */
void svg_rect(lat_buffer *to, const char *style, double x, double y,
              double width, double height);
/* Anchor: 's', 'm' or 'e'. */
void svg_text(lat_buffer *to, const char *style, char anchor, double x,
              double y, const char *format, ...) LAT_PRINTF(6, 7);
/* How wide escaped text is drawn, about, for a font of 1 unit. */
double svg_text_width(const char *html, size_t size);
/* Gridlines and labels y0..y1 in `steps` parts; the top one has the unit. */
void svg_axis_y(lat_buffer *to, const svg_frame *frame, size_t steps,
                const char *unit);
/* Layer numbers below; only some where they would touch. */
void svg_axis_layers(lat_buffer *to, const svg_frame *frame,
                     const rep_study *study, const char *name);
/* One polyline with a marker at each point; NaN breaks it. */
void svg_series(lat_buffer *to, const char *style, const svg_frame *frame,
                const double *x, const double *y, size_t n, bool hollow);
/* The area between two lines. */
void svg_band(lat_buffer *to, const char *style, const svg_frame *frame,
              const double *x, const double *low, const double *high,
              size_t n);
/* A ceiling for an axis of percentages, 4 to 100, at least `value`. */
double svg_ceiling(double value);

/* ---- Sections (report_*.c) --------------------------------------------- */

void rep_write_findings(lat_buffer *to, const rep_study *study);
void rep_write_overlap(lat_buffer *to, const rep_study *study);
void rep_write_families(lat_buffer *to, const rep_study *study);
void rep_write_polarity(lat_buffer *to, const rep_study *study);
void rep_write_fates(lat_buffer *to, const rep_study *study);
void rep_write_sizes(lat_buffer *to, const rep_study *study);
void rep_write_trees(lat_buffer *to, const rep_study *study);
void rep_write_map(lat_buffer *to, const rep_study *study);
void rep_write_flips(lat_buffer *to, const rep_study *study);
void rep_write_explorer(lat_buffer *to, const rep_study *study);
void rep_write_provenance(lat_buffer *to, const rep_study *study);
/* All of a report in 80 columns (report_plain.c). */
void rep_plain_page(lat_buffer *to, const rep_study *study);

/* Sentences of the sentence view (report_words.c): words that are clustered,
 * and their concept at every layer of both models. */
typedef struct rep_view {
    size_t count, cells;
    size_t *sentences;   /* count: numbers in the text */
    size_t *starts;      /* count + 1: first cell of each */
    uint32_t *positions; /* cells: place of the word in its sentence */
    uint32_t *concepts;  /* sides x layers x cells */
} rep_view;
bool rep_view_make(rep_view *out, const rep_study *study);
void rep_view_free(rep_view *view);
uint32_t rep_view_concept(const rep_view *view, const rep_study *study,
                          int side, size_t layer, size_t cell);
void rep_write_words(lat_buffer *to, const rep_study *study,
                     const rep_view *view);
/* The explorer's data as JSON. */
void rep_write_data(lat_buffer *to, const rep_study *study,
                    const rep_view *view);

/* Colours of the classes and of concepts without one. */
void rep_class_key(lat_buffer *to, const rep_study *study);
/* Does a label of the family (occurrence rule) explain more concepts than
 * chance does, in any layer of either model? */
bool rep_family_speaks(const rep_study *study, const rep_family *family);
/* The page's beginning up to <title> and on from it to <body>; `scripts`
 * also in the policy, which otherwise allows none. */
void rep_head_begin(lat_buffer *to, bool scripts);
void rep_head_end(lat_buffer *to, bool scripts);
/* Section with its heading; the caption of a figure stands above it. */
void rep_section(lat_buffer *to, const char *id, const char *heading);
void rep_figure_begin(lat_buffer *to, const char *caption);
void rep_figure_end(lat_buffer *to);
/* "The numbers" behind a picture: <details> with an open <table>; the
 * header cells are given as "a|b|c". */
void rep_data_begin(lat_buffer *to, const char *caption,
                    const char *columns);
void rep_data_end(lat_buffer *to);
void rep_cell_begin(lat_buffer *to);  /* <td> */
void rep_data_rate(lat_buffer *to, const rep_rate *rate, double scale);

/* Distinct words of a concept, most frequent first (ties: first seen), that
 * are to be written to `to`, which fails when out of memory (the result is 0
 * then).  *out is freed by the caller. */
typedef struct rep_word_count {
    uint32_t word, count, seen;
} rep_word_count;
size_t rep_concept_words(rep_word_count **out, lat_buffer *to,
                         const lat_concepts *concepts, size_t concept_index);
const char *rep_fate_name(const rep_concept *concept_, int side); /* or "" */

/* Lines of the style sheet and the script; end with NULL. */
extern const char *const rep_style[];
extern const char *const rep_script[];

#endif
