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

#define NEAR_TOP "0.95" /* n-gram mode: count above this share of the best */

/* ---- Preparing ----------------------------------------------------------- */

static bool contains(const char *text, size_t size, const char *part)
{
    size_t i, n = strlen(part);

    for (i = 0; i + n <= size; i++)
        if (memcmp(text + i, part, n) == 0)
            return true;
    return false;
}

static lat_status copy_names(human_job *job, lat_error *error)
{
    lat_human *out = job->out;
    const lat_intern *names = job->labels->names;
    size_t i;
    lat_status status = lat_intern_create(&out->labels, error);

    job->names = lat_intern_count(names);
    job->never = lat_arena_array(&job->arena, job->names, sizeof *job->never);
    job->letters = lat_arena_array(&job->arena, job->names,
                                   sizeof *job->letters);
    if (status == LAT_OK && (job->never == NULL || job->letters == NULL))
        status = lat_error_memory(error, job->names * 8);
    for (i = 0; i < job->names && status == LAT_OK; i++) {
        size_t size, at;
        const char *name = lat_intern_text(names, i, &size);

        if (lat_intern_add(out->labels, name, size) == SIZE_MAX)
            status = lat_error_memory(error, size);
        job->never[i] = job->labels->unknown[i] ||
                        contains(name, size, "_UNK");
        for (at = 0; at < size; at++) /* bytes that start a character */
            job->letters[i] += ((unsigned char)name[at] & 0xC0) != 0x80;
        out->labels_all += !job->labels->unknown[i];
    }
    return status;
}

/* Room for `count` bundles with `labels` labels in all. */
static lat_status make_bundles(human_job *job, size_t count, size_t labels,
                               lat_error *error)
{
    lat_arena *arena = &job->arena;

    job->bundles = count;
    job->bundle_starts = lat_arena_array(arena, count + 1, sizeof(size_t));
    job->bundle_labels = lat_arena_array(arena, labels, sizeof(uint32_t));
    job->bundle_unknown = lat_arena_array(arena, count, sizeof(uint32_t));
    job->bundle_bare = lat_arena_array(arena, count, sizeof(bool));
    if (job->bundle_starts == NULL || job->bundle_labels == NULL ||
        job->bundle_unknown == NULL || job->bundle_bare == NULL)
        return lat_error_memory(error, count * 16 + labels * 4);
    return LAT_OK;
}

static bool ends_unknown(const char *name, size_t size)
{
    return size >= 4 && memcmp(name + size - 4, "_UNK", 4) == 0;
}

/* Occurrence rule: the family's bundles, less what ignore_unknown drops,
 * and the bundle of every clustered occurrence. */
static lat_status place_members(human_job *job, lat_error *error)
{
    const lat_labels *labels = job->labels;
    const lat_concepts *concepts = job->concepts;
    size_t i, k, size, count = labels->bundles, total = 0;
    lat_status status = make_bundles(job, count + 1,
                                     labels->bundle_starts[count], error);

    job->members = lat_arena_array(&job->arena, concepts->size,
                                   sizeof *job->members);
    if (status == LAT_OK && job->members == NULL)
        status = lat_error_memory(error, concepts->size * 4);
    for (i = 0; status == LAT_OK && i < count; i++) {
        for (k = labels->bundle_starts[i]; k < labels->bundle_starts[i + 1];
             k++) {
            uint32_t label = labels->bundle_labels[k];
            const char *name = lat_intern_text(labels->names, label, &size);

            job->bundle_unknown[i] += labels->unknown[label];
            if (!job->out->options.ignore_unknown ||
                !ends_unknown(name, size))
                job->bundle_labels[total++] = label;
        }
        job->bundle_bare[i] = total == job->bundle_starts[i];
        job->bundle_starts[i + 1] = total;
    }
    if (status != LAT_OK)
        return status;
    /* The place before a sentence has no label and counts as unknown. */
    job->bundle_starts[count + 1] = total;
    job->bundle_unknown[count] = 1;
    job->bundle_bare[count] = true;
    for (i = 0; i < concepts->size; i++) {
        const lat_occurrence *at = &concepts->occurrences[i];

        job->members[i] =
            at->position < 0
                ? (uint32_t)count
                : labels->bundle[job->text->starts[at->sentence] +
                                 (size_t)at->position];
    }
    return LAT_OK;
}

/* Distinct pairs of type and bundle, sorted: *count of them in *out, which
 * the caller frees. */
static lat_status pair_types(lat_place **out, size_t *count,
                             const human_job *job, lat_error *error)
{
    size_t n = job->text->size, i, k = 0;
    lat_place *scratch = lat_new_array(n, sizeof *scratch);
    lat_status status = LAT_OK;

    *out = lat_new_array(n, sizeof **out);
    if (*out == NULL || scratch == NULL) {
        status = lat_error_memory(error, 2 * n * sizeof *scratch);
        goto done;
    }
    for (i = 0; i < n; i++) {
        (*out)[i].key = (uint64_t)job->text->words[i] << 32 |
                        job->labels->bundle[i];
        (*out)[i].index = 0;
    }
    lat_places_sort_int(*out, scratch, n);
    for (i = 0; i < n; i++)
        if (k == 0 || (*out)[i].key != (*out)[k - 1].key)
            (*out)[k++] = (*out)[i];
    *count = k;
done:
    lat_free(scratch);
    return status;
}

/* Known labels of every type, distinct, one type after the other; `seen`
 * has the last type + 1 that each label was met in. */
static size_t list_labels(human_job *job, const lat_place *pairs,
                          size_t count, uint32_t *seen, size_t *starts,
                          uint32_t *list)
{
    const lat_labels *labels = job->labels;
    size_t i, k, total = 0;

    for (i = 0; i < count; i++) {
        uint32_t type = (uint32_t)(pairs[i].key >> 32);
        uint32_t bundle = (uint32_t)(pairs[i].key & UINT32_MAX);

        for (k = labels->bundle_starts[bundle];
             k < labels->bundle_starts[bundle + 1]; k++) {
            uint32_t label = labels->bundle_labels[k];

            if (labels->unknown[label] || seen[label] == type + 1)
                continue;
            seen[label] = type + 1;
            job->out->groups[label]++;
            list[total++] = label;
        }
        starts[type + 1] = total;
    }
    return total;
}

static void size_labels(human_job *job)
{
    const lat_labels *labels = job->labels;
    lat_human *out = job->out;
    size_t i, k;

    if (out->options.label_unit == LAT_UNIT_TYPES)
        memcpy(out->sizes, out->groups, job->names * sizeof *out->sizes);
    else
        for (i = 0; i < labels->size; i++)
            for (k = labels->starts[i]; k < labels->starts[i + 1]; k++)
                out->sizes[labels->labels[k]] +=
                    !labels->unknown[labels->labels[k]];
    for (i = 0; i < job->names; i++) {
        out->used[i] = !labels->unknown[i] &&
                       out->sizes[i] >= out->options.label_min;
        out->labels_used += out->used[i];
    }
}

/* Type rule: every type of the text is in the groups of the known labels it
 * was ever tagged with; types of the same groups share a bundle. */
static lat_status group_types(human_job *job, lat_error *error)
{
    const lat_labels *labels = job->labels;
    size_t count = 0, t, i, most = 0, total = 0;
    size_t *starts = NULL;
    uint32_t *list = NULL, *seen = lat_new_array(job->names, sizeof *seen);
    lat_place *pairs = NULL;
    lat_intern *lists = NULL;
    lat_status status = pair_types(&pairs, &count, job, error);

    job->types = lat_intern_count(job->text->set);
    job->type_bundle = lat_arena_array(&job->arena, job->types,
                                       sizeof *job->type_bundle);
    for (i = 0; status == LAT_OK && i < count; i++) {
        size_t bundle = (size_t)(pairs[i].key & UINT32_MAX);

        most += labels->bundle_starts[bundle + 1] -
                labels->bundle_starts[bundle];
    }
    starts = lat_new_array(job->types + 1, sizeof *starts);
    list = lat_new_array(most, sizeof *list);
    if (status == LAT_OK && (seen == NULL || starts == NULL ||
                             list == NULL || job->type_bundle == NULL))
        status = lat_error_memory(error, most * sizeof *list);
    if (status == LAT_OK)
        status = lat_intern_create(&lists, error);
    if (status != LAT_OK)
        goto done;
    list_labels(job, pairs, count, seen, starts, list);
    size_labels(job);
    for (t = 0; t < job->types && status == LAT_OK; t++) {
        size_t from = starts[t], k = from, number;

        for (i = from; i < starts[t + 1]; i++)
            if (job->out->used[list[i]])
                list[k++] = list[i];
        number = lat_intern_add(lists, (const char *)(list + from),
                                (k - from) * sizeof *list);
        if (number == SIZE_MAX)
            status = lat_error_memory(error, (k - from) * sizeof *list);
        job->type_bundle[t] = (uint32_t)number;
    }
    if (status == LAT_OK)
        status = make_bundles(job, lat_intern_count(lists), most, error);
    for (i = 0; status == LAT_OK && i < job->bundles; i++) {
        size_t bytes;
        const char *text = lat_intern_text(lists, i, &bytes);

        memcpy(job->bundle_labels + total, text, bytes);
        total += bytes / sizeof *list;
        job->bundle_starts[i + 1] = total;
    }
done:
    lat_intern_free(lists);
    lat_free(pairs);
    lat_free(starts);
    lat_free(list);
    lat_free(seen);
    return status;
}

/* The distinct types of every concept with their counts. */
static lat_status list_types(human_job *job, lat_error *error)
{
    const lat_concepts *concepts = job->concepts;
    lat_arena *arena = &job->arena;
    size_t words = lat_intern_count(concepts->words), i, c, total = 0;
    uint32_t *type = lat_new_array(words, sizeof *type);
    uint32_t *at = lat_new_array(words, sizeof *at); /* entry + 1 */
    lat_status status = LAT_OK;

    for (c = 0; c < concepts->count; c++)
        total += concepts->types[c];
    job->entry_starts = lat_arena_array(arena, concepts->count + 1,
                                        sizeof *job->entry_starts);
    job->entries = lat_arena_array(arena, total, sizeof *job->entries);
    job->entry_counts = lat_arena_array(arena, total,
                                        sizeof *job->entry_counts);
    job->entry_of = lat_arena_array(arena, concepts->size,
                                    sizeof *job->entry_of);
    if (type == NULL || at == NULL || job->entry_starts == NULL ||
        job->entries == NULL || job->entry_counts == NULL ||
        job->entry_of == NULL) {
        status = lat_error_memory(error, total * 8);
        goto done;
    }
    for (i = 0; i < words; i++) {
        size_t size, found;
        const char *word = lat_intern_text(concepts->words, i, &size);

        found = lat_intern_find(job->text->set, word, size);
        type[i] = found == SIZE_MAX ? LAT_NO_CONCEPT : (uint32_t)found;
    }
    for (c = 0, total = 0; c < concepts->count; c++) {
        job->entry_starts[c] = total;
        for (i = concepts->starts[c]; i < concepts->starts[c + 1]; i++) {
            uint32_t word = concepts->occurrences[i].word;

            /* Entries of earlier concepts lie before this one's start. */
            if (at[word] <= job->entry_starts[c]) {
                job->entries[total++] = type[word];
                at[word] = (uint32_t)total;
            }
            job->entry_of[i] = at[word] - 1;
            job->entry_counts[at[word] - 1]++;
        }
    }
    job->entry_starts[concepts->count] = total;
done:
    lat_free(type);
    lat_free(at);
    return status;
}

static lat_status make_scratch(human_job *job, lat_pool *pool,
                               lat_error *error)
{
    size_t workers = lat_pool_threads(pool), w, i, names = job->names;
    size_t words = job->types > job->concepts->size ? job->types
                                                    : job->concepts->size;
    size_t entries = job->entry_starts == NULL
                         ? 0 : job->entry_starts[job->concepts->count];
    lat_arena *arena = &job->arena;
    bool stamps = job->out->options.last_only;
    size_t stamp_room = 1;

    if (stamps && !lat_size_mul(names, job->out->thetas.count + 1,
                                &stamp_room))
        return lat_error_memory(error, UINT64_MAX);
    job->scratch = lat_arena_array(arena, workers, sizeof *job->scratch);
    for (w = 0; w < workers && job->scratch != NULL; w++) {
        human_scratch *with = &job->scratch[w];

        with->row = lat_arena_array(arena, names, 4);
        with->touched = lat_arena_array(arena, names + 1, 4);
        with->bundle_row = lat_arena_array(arena, job->bundles, 4);
        with->bundle_touched = lat_arena_array(arena, job->bundles + 1, 4);
        with->label_best = lat_arena_array(arena, names, sizeof(double));
        with->mentioned = lat_arena_array(arena, names, 4);
        with->stamp = lat_arena_array(arena, stamp_room, 4);
        with->shares = lat_arena_array(arena, job->concepts->count,
                                       sizeof(double));
        with->shuffled = lat_arena_array(arena, words, 4);
        with->weights = lat_arena_array(arena, job->text->sentences, 4);
        with->entry_weights = lat_arena_array(arena, entries, 4);
        if (with->row == NULL || with->touched == NULL ||
            with->bundle_row == NULL || with->bundle_touched == NULL ||
            with->label_best == NULL || with->mentioned == NULL ||
            with->stamp == NULL || with->shares == NULL ||
            with->shuffled == NULL || with->weights == NULL ||
            with->entry_weights == NULL)
            return lat_error_memory(error, names * 28 + words * 4);
        for (i = 0; i < names; i++)
            with->label_best[i] = -1.0;
    }
    return job->scratch != NULL ? LAT_OK : lat_error_memory(error, workers);
}

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

static lat_status judge_by_occurrences(human_job *job, size_t c,
                                       lat_error *error)
{
    lat_human *out = job->out;
    lat_human_concept *at = &out->concepts[c];
    human_scratch *with = &job->scratch[0];
    human_view view = {job->members, NULL};
    human_verdict verdict;
    lat_status status;

    lat_human_occurrences_int(&verdict, with, job, &view, c, true);
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

static lat_status judge_by_types(human_job *job, size_t c, lat_error *error)
{
    lat_human *out = job->out;
    lat_human_concept *at = &out->concepts[c];
    human_scratch *with = &job->scratch[0];
    human_view view = {job->type_bundle, NULL};
    uint64_t size = lat_human_types_int(with, job, &view, c);
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

static void sum_up(human_job *job)
{
    lat_human *out = job->out;
    size_t aligned[LAT_THETAS + 1], covered[LAT_THETAS + 1], i, t;
    human_view view = {out->options.rule == LAT_RULE_TYPE
                           ? job->type_bundle : job->members, NULL};
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
    lat_human_count_int(aligned, covered, &job->scratch[0], job, &view);
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
    for (t = 0; t < out->thetas.count; t++)
        if (out->thetas.items[t].value > 0.0 &&
            out->thetas.items[t].value < job->theta_least)
            job->theta_least = out->thetas.items[t].value;
    out->options = *options;
    out->options.theta = out->options.max_unknown = NULL;
    out->options.thetas = NULL;
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
        status = copy_names(&job, error);
    if (status == LAT_OK && options->rule == LAT_RULE_TYPE) {
        status = group_types(&job, error);
        if (status == LAT_OK)
            status = list_types(&job, error);
    } else if (status == LAT_OK) {
        out->labels_used = out->labels_all;
        status = place_members(&job, error);
    }
    if (status == LAT_OK)
        status = make_scratch(&job, pool, error);
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
