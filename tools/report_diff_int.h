/*
 * report_diff_int.h - two studies beside each other: what both forms of the
 * comparison, page and text, are made from.
 *
 *     A: layers 0..6  ─┐                  numbers  0 1 .. 6 .. 12
 *     B: layers 0..12 ─┴─> rep_both ──>   places   A 0 1 .. 6  -  -
 *                                                  B 0 1 .. 6 .. 12
 */
#ifndef LATENT_REPORT_DIFF_INT_H
#define LATENT_REPORT_DIFF_INT_H

#include "report_page_int.h"

enum { REP_A, REP_B, REP_STUDIES };
#define REP_ABSENT SIZE_MAX

typedef struct rep_both {
    rep_study studies[REP_STUDIES];
    char *names[REP_STUDIES];         /* last part of their folders' paths */
    size_t layer_count;               /* of either study */
    size_t *numbers;                  /* layer_count, ascending */
    size_t *places[REP_STUDIES];      /* layer_count: place or REP_ABSENT */
    /* Tuned concepts of A (as base) and of B at each layer of both, by
     * types, at A's theta and minimum; no rows where one lacks the layer. */
    lat_overlap *overlaps;
} rep_both;

lat_status rep_both_read(rep_both *out, const char *const *folders,
                         lat_pool *pool, lat_error *error);
void rep_both_free(rep_both *both);

/* One percentage that every layer has. */
typedef enum rep_quantity {
    REP_TUNED_IN_BASE, REP_BASE_IN_TUNED, REP_FAMILY, REP_POLARISED,
    REP_FATE, REP_SAME
} rep_quantity;
typedef struct rep_measure {
    rep_quantity what;
    int side;
    const char *name; /* of family or class; NULL: all classes */
    const char *rule; /* of a family */
    lat_fate fate;
} rep_measure;
enum { REP_MEASURES = 64 };
/* The measures of a quantity that either study has. */
size_t rep_measures(rep_measure out[REP_MEASURES], const rep_both *both,
                    rep_quantity what, int side);
/* Of study `which` at layer number numbers[layer]; NaN: not there. */
rep_rate rep_measured(const rep_both *both, const rep_measure *measure,
                      int which, size_t layer);
bool rep_measure_known(const rep_both *both, const rep_measure *measure);
/* Plain words; escape them. */
void rep_measure_title(char out[120], const rep_measure *measure);
/* The last layer that both studies have, or REP_ABSENT. */
size_t rep_both_last(const rep_both *both);
/* The same source, insertion, length and class (by name) in B, or NULL. */
const rep_flip *rep_same_flip(const rep_both *both, const rep_flip *of_a);
/* The n-th fact of one name belongs to the n-th of the other study. */
const char *rep_same_fact(const rep_study *from, size_t number,
                          const rep_study *in);

/* What stands for a study in a line: "base model", ... ; 8 of them. */
enum { REP_HEADS = 8 };
void rep_both_head(lat_buffer *name, lat_buffer values[REP_STUDIES],
                   const rep_both *both, size_t which);

/* Both forms (report_diff.c, report_diff_plain.c). */
void rep_diff_page(lat_buffer *to, const rep_both *both);
void rep_diff_plain(lat_buffer *to, const rep_both *both);

#endif
