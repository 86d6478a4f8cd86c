/*
 * human_prepare.c - a family and a clustering laid out for the two rules.
 *
 * Both rules count labels concept by concept, and do so again for every
 * permutation.  What they walk over is therefore made small first:
 *
 *     occurrence rule   members   bundle of each clustered occurrence
 *     type rule         entries   distinct types of each concept
 *                       bundle of each type = the groups that it is in
 *
 * A bundle is a list of labels that many words or types have in common; a
 * concept of 200 members often has five bundles.
 */
#include "align_int.h"

#include <stdlib.h>
#include <string.h>

/* A winner with "_UNK" anywhere in its name never aligns; only one that
 * ends in it counts as unknown. ConceptX makes that difference. */
static bool contains(const char *text, size_t size, const char *part)
{
    size_t i, n = strlen(part);

    for (i = 0; i + n <= size; i++)
        if (memcmp(text + i, part, n) == 0)
            return true;
    return false;
}

/* What the rules must know of every label, by number, and a copy of the
 * names for the result. */
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

static int compare_places(const void *a, const void *b)
{
    const lat_place *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? 1 : -1; /* the most frequent first */
    return (x->index > y->index) - (x->index < y->index);
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Ranks of the labels by the number of members that have them, and every
 * bundle's labels in that order. */
static lat_status rank_labels(human_job *job, lat_error *error)
{
    size_t names = job->names, i, k, total;
    lat_place *order = lat_new_array(names, sizeof *order);
    uint32_t *rank = lat_new_array(names, sizeof *rank);
    uint32_t *members = lat_new_array(job->bundles, sizeof *members);

    total = job->bundle_starts[job->bundles];
    job->rank_counts = lat_arena_array(&job->arena, names, sizeof *rank);
    job->bundle_ranks = lat_arena_array(&job->arena, total, sizeof *rank);
    if (order == NULL || rank == NULL || members == NULL ||
        job->rank_counts == NULL || job->bundle_ranks == NULL) {
        lat_free(order);
        lat_free(rank);
        lat_free(members);
        return lat_error_memory(error, total * sizeof *rank);
    }
    for (i = 0; i < job->concepts->size; i++)
        members[job->members[i]]++;
    for (i = 0; i < names; i++)
        order[i].index = i;
    for (i = 0; i < job->bundles; i++)
        for (k = job->bundle_starts[i]; k < job->bundle_starts[i + 1]; k++)
            order[job->bundle_labels[k]].key += members[i];
    if (names > 0)
        qsort(order, names, sizeof *order, compare_places);
    for (i = 0; i < names; i++) {
        rank[order[i].index] = (uint32_t)i;
        job->rank_counts[i] = (uint32_t)order[i].key;
    }
    for (k = 0; k < total; k++)
        job->bundle_ranks[k] = rank[job->bundle_labels[k]];
    for (i = 0; i < job->bundles; i++)
        if (job->bundle_starts[i + 1] > job->bundle_starts[i] + 1)
            qsort(job->bundle_ranks + job->bundle_starts[i],
                  job->bundle_starts[i + 1] - job->bundle_starts[i],
                  sizeof *rank, compare_numbers);
    lat_free(order);
    lat_free(rank);
    lat_free(members);
    return LAT_OK;
}

/* Distinct pairs of type and bundle, sorted: *count of them in *out, which
 * the caller frees.  Most words have the bundle that their type had the time
 * before and need not be sorted. */
static lat_status pair_types(lat_place **out, size_t *count,
                             const human_job *job, lat_error *error)
{
    size_t n = job->text->size, types = lat_intern_count(job->text->set);
    size_t i, k = 0, pairs = 0;
    lat_place *scratch = lat_new_array(n, sizeof *scratch);
    uint32_t *before = lat_new_array(types, sizeof *before); /* bundle + 1 */
    lat_status status = LAT_OK;

    *out = lat_new_array(n, sizeof **out);
    if (*out == NULL || scratch == NULL || before == NULL) {
        status = lat_error_memory(error, 2 * n * sizeof *scratch);
        goto done;
    }
    for (i = 0; i < n; i++) {
        uint32_t type = job->text->words[i], bundle = job->labels->bundle[i];

        if (before[type] == bundle + 1)
            continue;
        before[type] = bundle + 1;
        (*out)[pairs++].key = (uint64_t)type << 32 | bundle;
    }
    lat_places_sort_int(*out, scratch, pairs);
    for (i = 0; i < pairs; i++)
        if (k == 0 || (*out)[i].key != (*out)[k - 1].key)
            (*out)[k++] = (*out)[i];
    *count = k;
done:
    lat_free(before);
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

/* `groups` counts types, `sizes` types or tagged words by option; the
 * minimum applies to the latter. */
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

/* All memory of the evaluations, one set for each worker: nothing is
 * allocated while tasks run. The lists have one entry to spare, as the next
 * free one is always written. */
static lat_status make_scratch(human_job *job, lat_pool *pool,
                               lat_error *error)
{
    size_t workers = lat_pool_threads(pool), w, i, names = job->names;
    size_t words = job->types > job->concepts->size ? job->types
                                                    : job->concepts->size;
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
        with->rank_row = lat_arena_array(arena, names, 4);
        with->stamp = lat_arena_array(arena, stamp_room, 4);
        with->shares = lat_arena_array(arena, job->concepts->count,
                                       sizeof(double));
        with->shuffled = lat_arena_array(arena, words, 4);
        if (with->row == NULL || with->touched == NULL ||
            with->bundle_row == NULL || with->bundle_touched == NULL ||
            with->label_best == NULL || with->mentioned == NULL ||
            with->stamp == NULL || with->shares == NULL ||
            with->shuffled == NULL)
            return lat_error_memory(error, names * 28 + words * 4);
        for (i = 0; i < names; i++)
            with->label_best[i] = -1.0;
    }
    return job->scratch != NULL ? LAT_OK : lat_error_memory(error, workers);
}

lat_status lat_human_prepare_int(human_job *job, lat_pool *pool,
                                 lat_error *error)
{
    lat_status status = copy_names(job, error);

    if (status == LAT_OK && job->out->options.rule == LAT_RULE_TYPE) {
        status = group_types(job, error);
        if (status == LAT_OK)
            status = list_types(job, error);
    } else if (status == LAT_OK) {
        job->out->labels_used = job->out->labels_all;
        status = place_members(job, error);
        if (status == LAT_OK)
            status = rank_labels(job, error);
        if (status == LAT_OK)
            status = lat_human_screen_make_int(job, error);
    }
    return status == LAT_OK ? make_scratch(job, pool, error) : status;
}
