/*
 * human_rules.c - the two rules that say which known label a concept is.
 *
 *     occurrence rule: each member has labels of its own; the most frequent
 *     one wins            the/DET  a/DET  this/PRON      DET 2 of 3
 *
 *     type rule: a label's group is every word ever tagged with it; the
 *     share of the concept's words in the group decides
 *                         {the, a, this} in DET {the, a, this, that}  3 of 3
 *
 * Rules of ConceptX and of the EACL 2024 paper, as METHOD states them.
 */
#include "align_int.h"

#include <math.h>
#include <string.h>

/* Adds to the counter of a label or bundle and takes note of it when it is
 * new; the length of the list after that.  Without a branch: whether a
 * counter is still zero cannot be guessed. */
static inline size_t add_count(uint32_t *restrict row,
                               uint32_t *restrict touched, size_t count,
                               uint32_t number, uint32_t weight)
{
    uint32_t before = row[number];

    touched[count] = number;
    row[number] = before + weight;
    return count + (before == 0);
}

static void clear_bundles(human_scratch *with)
{
    size_t i;

    for (i = 0; i < with->bundle_count; i++)
        with->bundle_row[with->bundle_touched[i]] = 0;
    with->bundle_count = 0;
}

/* Counts of labels out of those of the bundles: labels are first seen in
 * the order of the members, as bundles are. */
static void expand_bundles(human_scratch *with, const human_job *job)
{
    size_t i, k, count = with->touched_count;

    for (i = 0; i < with->bundle_count; i++) {
        uint32_t bundle = with->bundle_touched[i];
        uint32_t weight = with->bundle_row[bundle];

        with->bundle_row[bundle] = 0;
        for (k = job->bundle_starts[bundle];
             k < job->bundle_starts[bundle + 1]; k++)
            count = add_count(with->row, with->touched, count,
                              job->bundle_labels[k], weight);
    }
    with->touched_count = count;
    with->bundle_count = 0;
}

void lat_human_clear_int(human_scratch *with)
{
    size_t i;

    for (i = 0; i < with->touched_count; i++)
        with->row[with->touched[i]] = 0;
    with->touched_count = 0;
}

/* ---- Occurrence rule ----------------------------------------------------- */

/* Counts of bundles in one concept. */
static void gather_members(human_scratch *with, const human_job *job,
                           const uint32_t *bundles, size_t c)
{
    const size_t *starts = job->concepts->starts;
    size_t i, end = starts[c + 1], count = 0;

    for (i = starts[c]; i < end; i++)
        count = add_count(with->bundle_row, with->bundle_touched, count,
                          bundles[i], 1);
    with->bundle_count = count;
}

/* The most frequent label, the first seen among equals. */
static void pick_most(human_verdict *out, const human_scratch *with)
{
    size_t i;

    for (i = 0; i < with->touched_count; i++) {
        uint32_t label = with->touched[i];

        if (with->row[label] > out->count) {
            out->count = with->row[label];
            out->winner = label;
        }
    }
}

/* The longest label of more than one character among those with nearly the
 * highest count; among equally long ones the more frequent, then the first
 * seen. */
static void pick_longest(human_verdict *out, const human_scratch *with,
                         const human_job *job)
{
    uint64_t least = lat_needed_int(job->near_top, out->count, true);
    uint32_t length = 1;
    size_t i;

    out->winner = LAT_NO_CONCEPT;
    out->count = 0;
    for (i = 0; i < with->touched_count; i++) {
        uint32_t label = with->touched[i];
        uint32_t count = with->row[label];

        if (count < least || job->letters[label] < 2 ||
            job->letters[label] < length)
            continue;
        if (job->letters[label] > length || count > out->count) {
            length = job->letters[label];
            out->winner = label;
            out->count = count;
        }
    }
}

size_t lat_human_frequent_int(const human_job *job, uint64_t need)
{
    size_t low = 0, high = job->names;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (job->rank_counts[middle] >= need)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Does any label reach more than the lowest threshold?  Only labels that so
 * many members of the layer have are counted, and only as long as the members
 * that are left could still bring one there: what chance puts together nearly
 * always ends here. */
static bool any_label_reaches(human_scratch *with, const human_job *job,
                              uint64_t left, uint64_t counted)
{
    uint64_t need = lat_needed_int(job->theta_least, counted, true);
    size_t frequent = lat_human_frequent_int(job, need), i, k;
    uint32_t most = 0;

    for (i = 0; i < with->bundle_count && most < need &&
                most + left >= need && frequent > 0; i++) {
        uint32_t bundle = with->bundle_touched[i];
        uint32_t weight = with->bundle_row[bundle];
        size_t end = job->bundle_starts[bundle + 1];

        left -= weight;
        for (k = job->bundle_starts[bundle];
             k < end && job->bundle_ranks[k] < frequent; k++) {
            uint32_t count = with->rank_row[job->bundle_ranks[k]] += weight;

            most = count > most ? count : most;
        }
    }
    memset(with->rank_row, 0, frequent * sizeof *with->rank_row);
    return most >= need;
}

/* Unknown labels are counted with all their occurrences, before anything is
 * dropped: the skip test comes first. A winner that is unknown or has
 * "_UNK" in it is a winner all the same and hides the label behind it, as
 * in ConceptX. */
void lat_human_occurrences_int(human_verdict *out, human_scratch *with,
                               const human_job *job,
                               const uint32_t *bundles, size_t c, bool keep)
{
    bool ignore = job->out->options.ignore_unknown;
    size_t i;

    memset(out, 0, sizeof *out);
    out->winner = LAT_NO_CONCEPT;
    out->share = (double)NAN;
    if (!keep && job->screen != NULL &&
        !lat_human_screen_int(job, bundles, c))
        return;
    gather_members(with, job, bundles, c);
    for (i = 0; i < with->bundle_count; i++) {
        uint32_t bundle = with->bundle_touched[i];
        uint64_t count = with->bundle_row[bundle];

        out->occurrences += count;
        out->unknown += count * job->bundle_unknown[bundle];
        if (!ignore || !job->bundle_bare[bundle])
            out->counted += count;
    }
    out->skipped = out->occurrences == 0 ||
                   (double)out->unknown / (double)out->occurrences >
                       job->out->max_unknown.value;
    if (out->skipped || (job->screens && !keep &&
                         !any_label_reaches(with, job, out->occurrences,
                                            out->counted))) {
        clear_bundles(with);
        return;
    }
    expand_bundles(with, job);
    pick_most(out, with);
    if (job->out->options.ngram && out->count > 0)
        pick_longest(out, with, job);
    out->share = lat_share_int(out->count, out->counted);
    out->can_align = out->winner != LAT_NO_CONCEPT &&
                     !job->never[out->winner];
    if (!keep)
        lat_human_clear_int(with);
}

/* ---- Type rule ----------------------------------------------------------- */

/* By types every distinct word weighs 1; by occurrences as often as it
 * occurs in the concept. Words that are not in the text have no group but
 * count in the size. */
uint64_t lat_human_types_int(human_scratch *with, const human_job *job,
                             const uint32_t *bundles, size_t c)
{
    bool by_types = job->out->options.share_unit == LAT_UNIT_TYPES;
    uint64_t size = 0;
    size_t i, count = 0;

    for (i = job->entry_starts[c]; i < job->entry_starts[c + 1]; i++) {
        uint32_t type = job->entries[i];
        uint32_t weight = by_types ? 1 : job->entry_counts[i];

        size += weight;
        if (type != LAT_NO_CONCEPT)
            count = add_count(with->bundle_row, with->bundle_touched, count,
                              bundles[type], weight);
    }
    with->bundle_count = count;
    expand_bundles(with, job);
    return size;
}

/* ---- Counting over all concepts ------------------------------------------ */

/* Remembers the highest share that a label reached in any concept: it is
 * covered at every theta up to there. */
static void mention(human_scratch *with, uint32_t label, double share)
{
    if (with->label_best[label] < 0.0)
        with->mentioned[with->mentioned_count++] = label;
    if (share > with->label_best[label])
        with->label_best[label] = share;
}

double lat_human_theta_int(const lat_human *human, size_t t)
{
    return t < human->thetas.count ? human->thetas.items[t].value
                                   : human->theta.value;
}

/* Only the label that appeared last for the first time counts: marks it
 * for every theta. */
static void mark_last(human_scratch *with, const human_job *job,
                      uint64_t size)
{
    size_t t, i;

    for (t = 0; t <= job->out->thetas.count; t++) {
        uint32_t last = LAT_NO_CONCEPT;

        for (i = 0; i < with->touched_count; i++) {
            uint32_t label = with->touched[i];
            double share = (double)with->row[label] / (double)size;

            if (share >= lat_human_theta_int(job->out, t) &&
                (last == LAT_NO_CONCEPT || label > last))
                last = label;
        }
        if (last != LAT_NO_CONCEPT)
            with->stamp[t * job->names + last] = with->round;
    }
}

/* Shares of all labels in one concept. Small concepts are never aligned. */
static void visit_types(human_scratch *with, const human_job *job,
                        const uint32_t *bundles, size_t c)
{
    uint64_t size, least;
    size_t i;

    if (!job->out->concepts[c].enough)
        return;
    size = lat_human_types_int(with, job, bundles, c);
    /* Nearly all labels stay below every threshold. */
    least = size == 0 ? 1 : lat_needed_int(job->theta_least, size, false);
    for (i = 0; i < with->touched_count; i++) {
        uint32_t count = with->row[with->touched[i]];
        double share;

        if (count < least)
            continue;
        share = (double)count / (double)size;
        mention(with, with->touched[i], share);
        if (share > with->shares[c])
            with->shares[c] = share;
    }
    if (job->out->options.last_only)
        mark_last(with, job, size);
    lat_human_clear_int(with);
}

/* Labels that were the last of some concept at theta t in this round;
 * rounds make it unnecessary to clear the stamps. */
static size_t count_marked(const human_scratch *with, const human_job *job,
                           size_t t)
{
    size_t i, count = 0;

    for (i = 0; i < with->mentioned_count; i++)
        count += with->stamp[t * job->names + with->mentioned[i]] ==
                 with->round;
    return count;
}

void lat_human_at_zero_int(size_t *aligned, size_t *covered,
                           const lat_human *human, size_t t)
{
    if (human->options.rule != LAT_RULE_TYPE ||
        lat_human_theta_int(human, t) > 0.0 || human->labels_used == 0)
        return;
    *aligned = human->counted;
    *covered = human->counted == 0 ? 0
               : human->options.last_only ? 1 : human->labels_used;
}

/* One walk over the concepts answers every threshold, as each keeps its
 * best share and each label its best concept. The occurrence rule wants
 * more than theta, the type rule at least theta. */
void lat_human_count_int(size_t *aligned, size_t *covered,
                         human_scratch *with, const human_job *job,
                         const uint32_t *bundles)
{
    const lat_human *out = job->out;
    bool strict = out->options.rule == LAT_RULE_OCCURRENCE;
    size_t c, i, t;

    for (i = 0; i < with->mentioned_count; i++)
        with->label_best[with->mentioned[i]] = -1.0;
    with->mentioned_count = 0;
    with->round++;
    for (c = 0; c < out->count; c++) {
        human_verdict verdict;

        with->shares[c] = -1.0;
        if (!strict) {
            visit_types(with, job, bundles, c);
            continue;
        }
        lat_human_occurrences_int(&verdict, with, job, bundles, c, false);
        if (!verdict.can_align)
            continue;
        with->shares[c] = verdict.share;
        mention(with, verdict.winner, verdict.share);
    }
    for (t = 0; t <= out->thetas.count; t++) {
        double theta = lat_human_theta_int(out, t);

        aligned[t] = covered[t] = 0;
        for (c = 0; c < out->count; c++)
            aligned[t] += strict ? with->shares[c] > theta
                                 : with->shares[c] >= theta;
        if (out->options.last_only) {
            covered[t] = count_marked(with, job, t);
        } else {
            for (i = 0; i < with->mentioned_count; i++) {
                double best = with->label_best[with->mentioned[i]];

                covered[t] += strict ? best > theta : best >= theta;
            }
        }
        lat_human_at_zero_int(&aligned[t], &covered[t], out, t);
    }
}
