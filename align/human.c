/*
 * human.c - human-defined concepts: which labels explain a clustering?
 *
 * Sets up one family for one clustering, has the rules judge every concept,
 * and sums up: percent of concepts aligned, percent of labels covered, and
 * the mean of both.  The rules themselves: human_rules.c.
 */
#include "align_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* N-gram mode: labels with a count above this share of the highest one are
 * near the top.  ConceptX's value. */
#define NEAR_TOP "0.95"

/* ---- Judging every concept ----------------------------------------------- */

typedef struct named_label {
    const char *name;
    uint32_t label;
} named_label;

static int compare_named(const void *a, const void *b)
{
    return strcmp(((const named_label *)a)->name,
                  ((const named_label *)b)->name);
}

/* Puts labels into byte order of their names. */
static lat_status sort_labels(const lat_intern *names, uint32_t *labels,
                              size_t n, lat_error *error)
{
    named_label *order = lat_new_array(n, sizeof *order);
    size_t i;

    if (order == NULL)
        return lat_error_memory(error, n * sizeof *order);
    for (i = 0; i < n; i++) {
        order[i].name = lat_intern_text(names, labels[i], NULL);
        order[i].label = labels[i];
    }
    if (n > 0)
        qsort(order, n, sizeof *order, compare_named);
    for (i = 0; i < n; i++)
        labels[i] = order[i].label;
    lat_free(order);
    return LAT_OK;
}

/* Labels that equal the winner: in count, in n-gram mode in length too. */
static lat_status list_tied(human_job *job, human_scratch *with,
                            lat_human_concept *at, lat_error *error)
{
    size_t i;

    if (at->winner == LAT_NO_CONCEPT)
        return LAT_OK;
    at->tied = lat_arena_array(&job->out->arena, with->touched_count,
                               sizeof *at->tied);
    if (at->tied == NULL)
        return lat_error_memory(error, with->touched_count * 4);
    for (i = 0; i < with->touched_count; i++) {
        uint32_t label = with->touched[i];

        if (with->row[label] == at->count &&
            (!job->out->options.ngram ||
             job->letters[label] == job->letters[at->winner]))
            at->tied[at->tied_count++] = label;
    }
    return sort_labels(job->out->labels, at->tied, at->tied_count, error);
}

/* The counts are kept for a moment, as the equals of the winner are looked
 * for among them. */
static lat_status judge_by_occurrences(human_job *job, size_t c,
                                       lat_error *error)
{
    lat_human *out = job->out;
    lat_human_concept *at = &out->concepts[c];
    human_scratch *with = &job->scratch[0];
    human_verdict verdict;
    lat_status status;

    lat_human_occurrences_int(&verdict, with, job, job->members, c, true);
    at->unknown = (uint32_t)verdict.unknown;
    at->skipped = verdict.skipped;
    at->counted = (uint32_t)verdict.counted;
    at->winner = verdict.winner;
    at->count = (uint32_t)verdict.count;
    at->share = verdict.share;
    at->aligned = verdict.can_align && verdict.share > out->theta.value;
    if (at->aligned)
        out->covered[at->winner] = true;
    status = list_tied(job, with, at, error);
    lat_human_clear_int(with);
    out->skipped += at->skipped;
    out->aligned += at->aligned;
    return status;
}

/* Highest share, then smallest group, then first in byte order. */
static bool beats(const human_job *job, uint32_t label, double share,
                  const lat_human_concept *at)
{
    const lat_human *out = job->out;

    if (at->best == LAT_NO_CONCEPT || share != at->best_share)
        return at->best == LAT_NO_CONCEPT || share > at->best_share;
    if (out->groups[label] != out->groups[at->best])
        return out->groups[label] < out->groups[at->best];
    return strcmp(lat_intern_text(out->labels, label, NULL),
                  lat_intern_text(out->labels, at->best, NULL)) < 0;
}

/* `labels` lists all labels at or above theta; which of them came last in
 * the file is known by the label numbers, as these are given in order of
 * first appearance. */
static lat_status judge_by_types(human_job *job, size_t c, lat_error *error)
{
    lat_human *out = job->out;
    lat_human_concept *at = &out->concepts[c];
    human_scratch *with = &job->scratch[0];
    uint64_t size = lat_human_types_int(with, job, job->type_bundle, c);
    lat_status status = LAT_OK;
    size_t i;

    at->best_share = out->labels_used == 0 ? (double)NAN : 0.0;
    at->labels = lat_arena_array(&out->arena, out->theta.value == 0.0
                                                  ? job->names
                                                  : with->touched_count,
                                 sizeof *at->labels);
    if (at->labels == NULL)
        status = lat_error_memory(error, with->touched_count * 4);
    for (i = 0; i < with->touched_count && status == LAT_OK; i++) {
        uint32_t label = with->touched[i];
        double share = (double)with->row[label] / (double)size;

        if (beats(job, label, share, at)) {
            at->best = label;
            at->best_share = share;
        }
        if (at->enough && share >= out->theta.value &&
            out->theta.value > 0.0)
            at->labels[at->label_count++] = label;
    }
    lat_human_clear_int(with);
    /* At theta 0 a label that shares nothing will do. */
    for (i = 0; status == LAT_OK && at->enough && i < job->names &&
                out->theta.value == 0.0; i++)
        if (out->used[i])
            at->labels[at->label_count++] = (uint32_t)i;
    for (i = 0; i < at->label_count; i++)
        if (at->last == LAT_NO_CONCEPT || at->labels[i] > at->last)
            at->last = at->labels[i];
    at->aligned = at->label_count > 0;
    if (at->aligned) {
        out->covered_last[at->last] = true;
        for (i = 0; i < at->label_count; i++)
            out->covered[at->labels[i]] = true;
    }
    out->counted += at->enough;
    out->aligned += at->aligned;
    return status == LAT_OK ? sort_labels(out->labels, at->labels,
                                          at->label_count, error)
                            : status;
}

/* Serial, on the first worker's scratch: once over the concepts, where the
 * shuffles go over them hundreds of times. */
static lat_status judge(human_job *job, lat_error *error)
{
    lat_human *out = job->out;
    const lat_concepts *concepts = job->concepts;
    bool by_types = out->options.rule == LAT_RULE_TYPE;
    lat_status status = LAT_OK;
    size_t c;

    for (c = 0; c < out->count && status == LAT_OK; c++) {
        lat_human_concept *at = &out->concepts[c];

        at->id = concepts->ids[c];
        at->types = concepts->types[c];
        at->occurrences =
            (uint32_t)(concepts->starts[c + 1] - concepts->starts[c]);
        at->winner = at->last = at->best = LAT_NO_CONCEPT;
        at->share = at->best_share = (double)NAN;
        at->share_interval = lat_interval_of(NULL, 0);
        at->enough = at->types >= out->options.min_types;
        status = by_types ? judge_by_types(job, c, error)
                          : judge_by_occurrences(job, c, error);
    }
    return status;
}

/* ---- Summing up ---------------------------------------------------------- */

/* Denominators as METHOD has them: all concepts, skipped and small ones
 * included; all known labels, or by the type rule those that are large
 * enough. */
static void sum_up(human_job *job)
{
    lat_human *out = job->out;
    size_t aligned[LAT_THETAS + 1], covered[LAT_THETAS + 1], i, t;
    lat_interval none = lat_interval_of(NULL, 0);
    double of_concepts = lat_share_int(out->aligned, out->count);

    for (i = 0; i < job->names; i++) {
        if (out->options.last_only)
            out->covered[i] = out->covered_last[i];
        out->covered_count += out->covered[i];
        out->covered_last_count += out->covered_last[i];
    }
    out->percent_aligned = lat_percent_int(out->aligned, out->count);
    out->percent_aligned_of_counted = lat_percent_int(out->aligned,
                                                      out->counted);
    out->percent_covered = lat_percent_int(out->covered_count,
                                           out->labels_used);
    out->score = (of_concepts + lat_share_int(out->covered_count,
                                              out->labels_used)) / 2.0;
    out->score_last = (of_concepts + lat_share_int(out->covered_last_count,
                                                   out->labels_used)) / 2.0;
    out->aligned_chance = out->covered_chance = out->score_chance = none;
    out->aligned_interval = out->covered_interval = none;
    lat_human_count_int(aligned, covered, &job->scratch[0], job,
                        out->options.rule == LAT_RULE_TYPE
                            ? job->type_bundle : job->members);
    for (t = 0; t < out->thetas.count; t++) {
        lat_human_row *row = &out->rows[t];

        row->aligned = aligned[t];
        row->covered = covered[t];
        row->score = (lat_share_int(aligned[t], out->count) +
                      lat_share_int(covered[t], out->labels_used)) / 2.0;
        row->aligned_chance = row->covered_chance = none;
        row->score_chance = none;
    }
}

/* Texts of thresholds are parsed and copied here, so that the result holds
 * no pointer into the options. */
static lat_status make_output(human_job *job,
                              const lat_human_options *options,
                              lat_error *error)
{
    lat_human *out = job->out;
    lat_arena *arena = &out->arena;
    size_t names = lat_intern_count(job->labels->names), t;
    const char *theta = options->theta;
    lat_theta near_top;
    lat_status status = lat_shuffles_check_int(options->permutations,
                                               options->bootstraps, error);

    if (theta == NULL)
        theta = options->rule == LAT_RULE_TYPE ? "0.95" : "0.90";
    if (status == LAT_OK)
        status = lat_theta_read(&out->theta, theta, error);
    if (status == LAT_OK)
        status = lat_theta_read(&out->max_unknown, options->max_unknown,
                                error);
    if (status == LAT_OK)
        status = lat_theta_read(&near_top, NEAR_TOP, error);
    if (status == LAT_OK)
        status = lat_thetas_read(&out->thetas, options->thetas, error);
    if (status != LAT_OK)
        return status;
    job->near_top = near_top.value;
    job->theta_least = out->theta.value > 0.0 ? out->theta.value : 1.0;
    job->screens = out->theta.value > 0.0;
    for (t = 0; t < out->thetas.count; t++)
        job->screens = job->screens && out->thetas.items[t].value > 0.0;
    for (t = 0; t < out->thetas.count; t++)
        if (out->thetas.items[t].value > 0.0 &&
            out->thetas.items[t].value < job->theta_least)
            job->theta_least = out->thetas.items[t].value;
    out->options = *options;
    out->options.theta = out->options.max_unknown = NULL;
    out->options.thetas = NULL;
    out->options.draws = NULL;
    job->draws = options->draws;
    if (options->rule == LAT_RULE_OCCURRENCE)
        out->options.last_only = false;
    out->count = job->concepts->count;
    out->family = lat_arena_copy(arena, job->labels->family,
                                 strlen(job->labels->family));
    out->concepts = lat_arena_array(arena, out->count,
                                    sizeof *out->concepts);
    out->rows = lat_arena_array(arena, out->thetas.count, sizeof *out->rows);
    out->sizes = lat_arena_array(arena, names, sizeof *out->sizes);
    out->groups = lat_arena_array(arena, names, sizeof *out->groups);
    out->used = lat_arena_array(arena, names, sizeof *out->used);
    out->covered = lat_arena_array(arena, names, sizeof *out->covered);
    out->covered_last = lat_arena_array(arena, names,
                                        sizeof *out->covered_last);
    if (out->family == NULL || out->concepts == NULL || out->rows == NULL ||
        out->sizes == NULL || out->groups == NULL || out->used == NULL ||
        out->covered == NULL || out->covered_last == NULL)
        return lat_error_memory(error, names * 8);
    return LAT_OK;
}

/* Prepare, judge, sum up, shuffle; the parts stop at the first error and
 * all memory goes with the two arenas. */
lat_status lat_human_run(lat_human *out, lat_pool *pool,
                         const lat_concepts *concepts, const lat_text *text,
                         const lat_labels *labels,
                         const lat_human_options *options, lat_error *error)
{
    human_job job;
    lat_status status;

    memset(&job, 0, sizeof job);
    memset(out, 0, sizeof *out);
    job.out = out;
    job.concepts = concepts;
    job.text = text;
    job.labels = labels;
    status = lat_text_check(text, concepts, error);
    if (status == LAT_OK && labels->size != text->size)
        status = lat_error_set(error, LAT_MALFORMED,
                               "labels for %lu words, the text has %lu",
                               (unsigned long)labels->size,
                               (unsigned long)text->size);
    if (status == LAT_OK)
        status = make_output(&job, options, error);
    if (status == LAT_OK)
        status = lat_human_prepare_int(&job, pool, error);
    if (status == LAT_OK)
        status = judge(&job, error);
    if (status == LAT_OK) {
        sum_up(&job);
        status = lat_human_shuffle_int(&job, pool, error);
    }
    if (status == LAT_OK && lat_interrupted())
        status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
    lat_free(job.results);
    lat_free(job.shares);
    lat_arena_free(&job.arena);
    if (status != LAT_OK)
        lat_human_free(out);
    return status;
}

void lat_human_free(lat_human *human)
{
    if (human == NULL)
        return;
    lat_intern_free(human->labels);
    lat_arena_free(&human->arena);
    memset(human, 0, sizeof *human);
}
