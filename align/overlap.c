/*
 * overlap.c - one layer of the base against one layer of the tuned model.
 *
 * For a tuned concept T a row of counters holds how many of its members lie
 * in each base concept; a few of several hundred are touched, only those are
 * looked at and set back.  No matrix of concepts is ever made.
 *
 *     T = {good, fine, nice, great}        members in    B0 B1 B2 ...
 *     good -> B1   fine -> B1 B2           row            0  3  1
 *     nice -> B1   great -> -              share(T, B1) = 3/4
 *
 * "X is aligned with Y" needs three things: the share, X counted (enough
 * types), and the size guard.  For every concept three maxima answer any
 * threshold: its own best share, the best share of another in it, and the
 * best of the smaller of both.
 */
#include "align_int.h"

#include <string.h>

/* Counts down, and takes note of the concept when nothing is missing any
 * more; the length of the list after that.  Without a branch: when that is
 * cannot be guessed.  The list has room for one more than there are
 * concepts. */
static inline size_t add_to_row(int32_t *restrict row,
                                uint32_t *restrict touched, size_t count,
                                uint32_t concept)
{
    touched[count] = concept;
    return count + (--row[concept] == 0);
}

/* Every word of T once, and every base concept that has it. */
static size_t fill_by_types(overlap_scratch *with, const overlap_view *view,
                            uint32_t t)
{
    const layer_index *base = view->base, *tuned = view->tuned;
    int32_t *row = with->row;
    uint32_t *touched = with->touched;
    size_t i, k, count = 0;

    for (i = tuned->cw_starts[t]; i < tuned->cw_starts[t + 1]; i++) {
        uint32_t word = base->local[tuned->cw[i]];

        if (word == LAT_NO_CONCEPT)
            continue;
        if (view->word != NULL)
            word = view->word[word];
        for (k = base->wc_starts[word]; k < base->wc_starts[word + 1]; k++)
            count = add_to_row(row, touched, count, base->wc[k]);
    }
    return count;
}

/* Every member of T lies in at most one base concept. */
static size_t fill_by_occurrences(overlap_scratch *with,
                                  const overlap_view *view, uint32_t t)
{
    const lat_concepts *source = view->tuned->source;
    const uint32_t *occ = view->tuned->occ, *label = view->label;
    int32_t *row = with->row;
    uint32_t *touched = with->touched;
    size_t i, end = source->starts[t + 1], count = 0;

    for (i = source->starts[t]; i < end; i++) {
        uint32_t concept = label[occ[i]];

        if (concept != LAT_NO_CONCEPT)
            count = add_to_row(row, touched, count, concept);
    }
    return count;
}

static void fill_row(overlap_scratch *with, const overlap_view *view,
                     uint32_t t)
{
    with->touched_count = view->overlap->options.unit == LAT_UNIT_TYPES
                              ? fill_by_types(with, view, t)
                              : fill_by_occurrences(with, view, t);
}

/* May a concept of `size` be aligned with one of size `target`? */
static bool passes_guard(const lat_overlap_options *options, uint32_t size,
                         uint32_t target)
{
    return options->size_ratio <= 0.0 ||
           (double)size / (double)target > options->size_ratio;
}

static void raise(double *to, double value)
{
    if (value > *to)
        *to = value;
}

/* Takes note of a match of share and jaccard with concept `other`. */
static void note_match(lat_match *match, uint32_t other, double share,
                       double jaccard)
{
    if (share > match->share ||
        (share == match->share &&
         (jaccard > match->jaccard ||
          (jaccard == match->jaccard && other < match->best)))) {
        match->best = other;
        match->share = share;
        match->jaccard = jaccard;
    }
    if (jaccard > match->highest_jaccard ||
        (jaccard == match->highest_jaccard &&
         other < match->best_by_jaccard)) {
        match->best_by_jaccard = other;
        match->highest_jaccard = jaccard;
    }
}

/* One pair that shares `shared` members. Best matches know neither guard
 * nor minimum; alignment knows both. Sums of sizes stay below 2^33. */
static void compare_concepts(lat_overlap *out, uint32_t t, uint32_t b,
                             uint32_t shared, const overlap_view *view)
{
    lat_match *tuned = &out->tuned[t], *base = &out->base[b];
    uint32_t nt = view->size_tuned[t], nb = view->size_base[b];
    double of_tuned = (double)shared / (double)nt;
    double of_base = (double)shared / (double)nb;
    double jaccard = (double)shared /
                     (double)((uint64_t)nt + nb - shared);
    bool forth = tuned->counted && passes_guard(&out->options, nt, nb);
    bool back = base->counted && passes_guard(&out->options, nb, nt);

    note_match(tuned, b, of_tuned, jaccard);
    note_match(base, t, of_base, jaccard);
    if (forth) {
        raise(&tuned->as_source, of_tuned);
        raise(&base->as_target, of_tuned);
    }
    if (back) {
        raise(&base->as_source, of_base);
        raise(&tuned->as_target, of_base);
    }
    if (forth && back) {
        double lower = of_tuned < of_base ? of_tuned : of_base;

        raise(&tuned->mutual, lower);
        raise(&base->mutual, lower);
    }
}

/* One partner is enough for each fate; kept goes before all others. */
lat_fate lat_overlap_fate(const lat_match *match, bool tuned_side,
                          const lat_theta *theta)
{
    bool away = match->as_source >= theta->value;
    bool onto = match->as_target >= theta->value;

    if (!match->counted)
        return LAT_FATE_NONE;
    if (match->mutual >= theta->value)
        return LAT_FATE_KEPT;
    /* A tuned concept inside a base one is a piece of it; a base concept
     * inside a tuned one went into it. */
    if (tuned_side)
        return away ? LAT_FATE_SPLIT
                    : onto ? LAT_FATE_MERGED : LAT_FATE_GONE;
    return away ? LAT_FATE_MERGED : onto ? LAT_FATE_SPLIT : LAT_FATE_GONE;
}

const char *lat_fate_name(lat_fate fate, bool tuned_side)
{
    switch (fate) {
    case LAT_FATE_KEPT:
        return "kept";
    case LAT_FATE_SPLIT:
        return "split";
    case LAT_FATE_MERGED:
        return "merged";
    case LAT_FATE_GONE:
        return tuned_side ? "new" : "lost";
    case LAT_FATE_NONE:
        break;
    }
    return "none";
}

/* Aligned concepts and fates of one side at one theta. */
static size_t count_side(size_t fates[4], const lat_match *matches, size_t n,
                         bool tuned_side, const lat_theta *theta)
{
    size_t i, aligned = 0;

    for (i = 0; i < n; i++) {
        lat_fate fate = lat_overlap_fate(&matches[i], tuned_side, theta);

        if (fate == LAT_FATE_NONE)
            continue;
        fates[fate]++;
        if (matches[i].as_source >= theta->value)
            aligned++;
    }
    return aligned;
}

/* From maxima to counts: no pair of concepts is looked at again. */
static void fill_rows(lat_overlap *out)
{
    size_t k;

    for (k = 0; k < out->thetas.count; k++) {
        lat_overlap_row *row = &out->rows[k];
        const lat_theta *theta = &out->thetas.items[k];

        row->tuned_aligned = count_side(row->fates_tuned, out->tuned,
                                        out->tuned_count, true, theta);
        row->base_aligned = count_side(row->fates_base, out->base,
                                       out->base_count, false, theta);
        row->tuned_to_base_percent = lat_percent_int(row->tuned_aligned,
                                                     out->tuned_counted);
        row->base_to_tuned_percent = lat_percent_int(row->base_aligned,
                                                     out->base_counted);
        row->tuned_chance = row->base_chance = lat_interval_of(NULL, 0);
        row->tuned_interval = row->base_interval = row->tuned_chance;
    }
}

/* Touched concepts only, except when a theta is 0: then even concepts that
 * share nothing are aligned, and all pairs are compared. */
lat_status lat_overlap_pair_int(lat_overlap *out, const overlap_view *view,
                                overlap_scratch *with)
{
    bool all = false;
    uint32_t t, b;
    size_t i, k;

    /* At theta 0 a concept is aligned with one that shares nothing. */
    for (k = 0; k < out->thetas.count; k++)
        all = all || out->thetas.items[k].value == 0.0;
    for (b = 0; b < out->base_count; b++)
        with->row[b] = 1;
    for (t = 0; t < out->tuned_count; t++) {
        fill_row(with, view, t);
        if (all) {
            for (b = 0; b < out->base_count; b++)
                compare_concepts(out, t, b, 1U - (uint32_t)with->row[b],
                                 view);
        } else {
            for (i = 0; i < with->touched_count; i++) {
                b = with->touched[i];
                compare_concepts(out, t, b, 1U - (uint32_t)with->row[b],
                                 view);
            }
        }
        for (i = 0; i < with->touched_count; i++)
            with->row[with->touched[i]] = 1;
    }
    fill_rows(out);
    return LAT_OK;
}

void lat_overlap_side_percents_int(double *percents, size_t stride,
                                   const lat_overlap *overlap,
                                   const uint32_t *best,
                                   const uint32_t *sizes, size_t step,
                                   bool tuned_side)
{
    const lat_match *matches = tuned_side ? overlap->tuned : overlap->base;
    size_t n = tuned_side ? overlap->tuned_count : overlap->base_count;
    size_t counted = tuned_side ? overlap->tuned_counted
                                : overlap->base_counted;
    size_t i, k, aligned[LAT_THETAS] = {0};

    for (i = 0; i < n; i++) {
        double share;

        if (!matches[i].counted)
            continue;
        /* Nothing shared: aligned at theta 0 if it had a target at all. */
        if (best[i * step] == 0)
            share = matches[i].as_source >= 0.0 ? 0.0 : -1.0;
        else
            share = (double)best[i * step] / (double)sizes[i * step];
        for (k = 0; k < overlap->thetas.count; k++)
            aligned[k] += share >= overlap->thetas.items[k].value;
    }
    for (k = 0; k < overlap->thetas.count; k++)
        percents[k * stride] = lat_percent_int(aligned[k], counted);
}

/* How many members concept c of the given size must share before any
 * threshold is reached: almost nothing that chance gives is so much, and
 * what is not need not be looked at.  1 where sizes of both decide. */
static int32_t needed(const lat_overlap *overlap, const lat_match *match,
                      uint32_t size)
{
    double least = 1.0;
    size_t k;

    for (k = 0; k < overlap->thetas.count; k++)
        if (overlap->thetas.items[k].value < least)
            least = overlap->thetas.items[k].value;
    if (least == 0.0 || overlap->options.size_ratio > 0.0)
        return 1;
    return match->counted ? (int32_t)lat_needed_int(least, size, false)
                          : INT32_MAX;
}

/* Every base concept and the tuned one at hand: what is missing is the
 * smaller of what the two need. */
static void start_row(int32_t *restrict row, const int32_t *restrict need,
                      int32_t most, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        row[i] = need[i] < most ? need[i] : most;
}

/* The inner loop of every permutation: whole numbers only until the end.
 * Guard and minimum are those of the pair; a concept below the minimum
 * raises counts nobody asks for. */
void lat_overlap_percents_int(double *percents, size_t stride,
                              const overlap_view *view,
                              overlap_scratch *with)
{
    const lat_overlap *overlap = view->overlap;
    const lat_overlap_options *options = &overlap->options;
    uint32_t t, b;
    size_t i;

    memset(with->best_base, 0,
           overlap->base_count * sizeof *with->best_base);
    for (b = 0; b < overlap->base_count; b++)
        with->need[b] = needed(overlap, &overlap->base[b],
                               view->size_base[b]);
    for (t = 0; t < overlap->tuned_count; t++) {
        uint32_t best = 0, nt = view->size_tuned[t];
        int32_t need = needed(overlap, &overlap->tuned[t], nt);

        start_row(with->row, with->need, need, overlap->base_count);
        fill_row(with, view, t);
        for (i = 0; i < with->touched_count; i++) {
            uint32_t shared, nb;

            b = with->touched[i];
            shared = (uint32_t)((with->need[b] < need ? with->need[b]
                                                      : need) -
                                with->row[b]);
            nb = view->size_base[b];
            if (shared > best && passes_guard(options, nt, nb))
                best = shared;
            if (shared > with->best_base[b] && passes_guard(options, nb, nt))
                with->best_base[b] = shared;
        }
        with->best_tuned[t] = best;
    }
    lat_overlap_side_percents_int(percents, stride, overlap,
                                  with->best_tuned, view->size_tuned, 1,
                                  true);
    lat_overlap_side_percents_int(
        percents + overlap->thetas.count * stride, stride, overlap,
        with->best_base, view->size_base, 1, false);
}
