/*
 * evaluation.c - which sentences triggers are tried on, which of them choose
 * and which are held out, and what became of their predictions.
 */
#include "triggers.h"

#include <stdlib.h>
#include <string.h>

static const char *const insertion_names[] = {"prepend", "append", "random",
                                              "after-first"};
static const char *const side_names[] = {"second", "first", "both"};

const char *lat_insertion_name(lat_insertion insertion)
{
    return insertion_names[insertion];
}

lat_status lat_insertion_read(lat_insertion *out, const char *name,
                              size_t size, lat_error *error)
{
    for (size_t i = 0; i < 4; i++)
        if (strlen(insertion_names[i]) == size &&
            memcmp(insertion_names[i], name, size) == 0) {
            *out = (lat_insertion)i;
            return LAT_OK;
        }
    return lat_error_set(error, LAT_USAGE,
                         "insertion '%.*s', expected prepend, append, "
                         "random or after-first",
                         (int)(size < 40 ? size : 40), name);
}

const char *lat_pair_side_name(lat_pair_side side)
{
    return side_names[side];
}

lat_status lat_pair_side_read(lat_pair_side *out, const char *name,
                              lat_error *error)
{
    for (size_t i = 0; i < 3; i++)
        if (strcmp(side_names[i], name) == 0) {
            *out = (lat_pair_side)i;
            return LAT_OK;
        }
    return lat_error_set(error, LAT_USAGE,
                         "the sentence of a pair is '%.40s', expected "
                         "second, first or both",
                         name);
}

/* ---- Which sentences ---------------------------------------------------- */

/* Both texts with a NUL between.  Tabs and line breaks count as spaces, as
 * tables cannot hold them. */
static lat_status text_key(lat_buffer *key, const lat_sentence *s,
                           lat_error *error)
{
    lat_buffer_clear(key);
    lat_buffer_add(key, s->a, s->a_size);
    lat_buffer_char(key, '\0');
    if (s->b != NULL)
        lat_buffer_add(key, s->b, s->b_size);
    lat_status status = lat_buffer_status(key, error);
    for (size_t i = 0; status == LAT_OK && i < key->size; i++)
        if (key->data[i] == '\t' || key->data[i] == '\n' ||
            key->data[i] == '\r')
            key->data[i] = ' ';
    return status;
}

/* Texts of the clustered corpus, so that none of them is evaluated. */
static lat_status intern_texts(lat_intern **out, const lat_corpus *corpus,
                               lat_error *error)
{
    lat_buffer key = {0};
    lat_status status = lat_intern_create(out, error);
    for (size_t i = 0; corpus != NULL && status == LAT_OK &&
                       i < corpus->count; i++) {
        status = text_key(&key, &corpus->sentences[i], error);
        if (status == LAT_OK &&
            lat_intern_add(*out, key.data, key.size) == SIZE_MAX)
            status = lat_error_memory(error, key.size);
    }
    lat_buffer_free(&key);
    return status;
}

static lat_status is_clustered(bool *out, const lat_intern *texts,
                               const lat_sentence *s, lat_error *error)
{
    lat_buffer key = {0};
    lat_status status = text_key(&key, s, error);
    if (status == LAT_OK)
        *out = lat_intern_find(texts, key.data, key.size) != SIZE_MAX;
    lat_buffer_free(&key);
    return status;
}

static lat_status choose(lat_evaluation *e, const lat_intern *texts,
                         lat_error *error)
{
    for (size_t i = 0; i < e->corpus->count; i++) {
        const lat_sentence *s = &e->corpus->sentences[i];
        bool clustered = false;
        lat_status status = is_clustered(&clustered, texts, s, error);
        if (status != LAT_OK)
            return status;
        if (s->gold < 0) {
            e->unlabelled++;
            continue;
        }
        if (clustered) {
            e->clustered++;
            continue;
        }
        e->usable[e->usable_count++] = (uint32_t)i;
        if ((uint32_t)s->gold != e->predicted[i])
            e->wrong++;
        else
            e->items[e->count++] = (uint32_t)i;
    }
    return LAT_OK;
}

lat_status lat_evaluation_check(const lat_corpus *corpus, lat_error *error)
{
    size_t first = 0;
    while (first < corpus->count && corpus->sentences[first].gold < 0)
        first++;
    if (corpus->has_gold && first < corpus->count)
        return LAT_OK;
    return lat_error_set(error, LAT_NOT_FOUND,
                         "no evaluation sentence has a class (column label, "
                         "gold, or --label-column); flip rates need it");
}

lat_status lat_evaluation_open(lat_evaluation *out, const lat_reader *reader,
                               lat_pool *pool, const lat_corpus *corpus,
                               const lat_corpus *clustered,
                               lat_progress *progress, lat_error *error)
{
    size_t n = corpus->count, classes = reader->info->classes;
    memset(out, 0, sizeof *out);
    if (lat_evaluation_check(corpus, error) != LAT_OK)
        return LAT_NOT_FOUND;
    lat_intern *texts = NULL;
    float *logits = lat_new_array(n, classes * sizeof *logits);
    out->reader = reader;
    out->corpus = corpus;
    out->classes = classes;
    out->predicted = lat_new_array(n, sizeof *out->predicted);
    out->probabilities =
        lat_new_array(n, classes * sizeof *out->probabilities);
    out->items = lat_new_array(n, sizeof *out->items);
    out->usable = lat_new_array(n, sizeof *out->usable);
    lat_status status = LAT_OK;
    if (logits == NULL || out->predicted == NULL ||
        out->probabilities == NULL || out->items == NULL ||
        out->usable == NULL)
        status = lat_error_memory(error, (uint64_t)n * classes * 12);
    if (status == LAT_OK)
        status = intern_texts(&texts, clustered, error);
    if (status == LAT_OK)
        status = lat_reader_classify(reader, pool, corpus->sentences, n,
                                     logits, progress, error);
    if (status == LAT_OK) {
        lat_predictions(logits, n, classes, out->predicted,
                        out->probabilities);
        status = choose(out, texts, error);
    }
    lat_intern_free(texts);
    lat_free(logits);
    if (status != LAT_OK)
        lat_evaluation_free(out);
    return status;
}

void lat_evaluation_free(lat_evaluation *evaluation)
{
    lat_free(evaluation->predicted);
    lat_free(evaluation->probabilities);
    lat_free(evaluation->items);
    lat_free(evaluation->usable);
    memset(evaluation, 0, sizeof *evaluation);
}

size_t lat_evaluation_eligible(uint32_t *out,
                               const lat_evaluation *evaluation, uint32_t c,
                               const uint32_t *from, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (evaluation->predicted[from[i]] != c &&
            (int32_t)evaluation->predicted[from[i]] ==
                evaluation->corpus->sentences[from[i]].gold)
            out[n++] = from[i];
    return n;
}

/* ---- Halves ------------------------------------------------------------- */

/* Number of each usable sentence's text, equal texts having the same; and
 * how many different ones there are. */
static lat_status number_texts(size_t *group, size_t *count,
                               const lat_evaluation *e, lat_error *error)
{
    lat_intern *texts = NULL;
    lat_buffer key = {0};
    lat_status status = lat_intern_create(&texts, error);
    for (size_t i = 0; i < e->usable_count && status == LAT_OK; i++) {
        status = text_key(&key, &e->corpus->sentences[e->usable[i]], error);
        if (status == LAT_OK)
            group[i] = lat_intern_add(texts, key.data, key.size);
        if (status == LAT_OK && group[i] == SIZE_MAX)
            status = lat_error_memory(error, key.size);
    }
    *count = texts == NULL ? 0 : lat_intern_count(texts);
    lat_buffer_free(&key);
    lat_intern_free(texts);
    return status;
}

typedef struct placed {
    size_t place; /* of the text in the shuffled order */
    uint32_t sentence;
} placed;

static int by_place(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return (x->sentence > y->sentence) - (x->sentence < y->sentence);
}

lat_status lat_evaluation_split(uint32_t *order, size_t *development,
                                const lat_evaluation *evaluation,
                                uint64_t seed, lat_error *error)
{
    size_t n = evaluation->usable_count, texts = 0;
    size_t *group = lat_new_array(n, sizeof *group);
    size_t *place = lat_new_array(n, sizeof *place);
    placed *list = lat_new_array(n, sizeof *list);
    lat_status status = LAT_OK;
    *development = 0;
    if (group == NULL || place == NULL || list == NULL)
        status = lat_error_memory(error, n * 32);
    if (status == LAT_OK)
        status = number_texts(group, &texts, evaluation, error);
    if (status == LAT_OK) {
        lat_random random;
        lat_random_seed(&random, seed, 10);
        for (size_t i = 0; i < texts; i++)
            place[i] = i;
        lat_random_shuffle(&random, place, texts);
        for (size_t i = 0; i < n; i++)
            list[i] = (placed){place[group[i]], evaluation->usable[i]};
        qsort(list, n, sizeof *list, by_place);
        for (size_t i = 0; i < n; i++) {
            order[i] = list[i].sentence;
            *development += list[i].place < texts / 2;
        }
    }
    lat_free(group);
    lat_free(place);
    lat_free(list);
    return status;
}

/* ---- Counting ----------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

lat_status lat_flips_count(lat_flips *out, const lat_evaluation *evaluation,
                           uint32_t c, const uint32_t *sentences,
                           const lat_outcome *outcomes, size_t count,
                           lat_error *error)
{
    double *drops = lat_new_array(count, sizeof *drops), sum = 0;
    if (drops == NULL)
        return lat_error_memory(error, count * sizeof *drops);
    memset(out, 0, sizeof *out);
    out->eligible = count;
    for (size_t i = 0; i < count; i++) {
        uint32_t before = evaluation->predicted[sentences[i]];
        double had = evaluation->probabilities
                         [sentences[i] * evaluation->classes + before];
        out->flipped += outcomes[i].predicted == c;
        out->changed += outcomes[i].predicted != before;
        out->cut += outcomes[i].cut;
        drops[i] = had - (double)outcomes[i].probability;
        sum += drops[i];
    }
    qsort(drops, count, sizeof *drops, by_value);
    double n = (double)count;
    out->rate = (double)out->flipped / n; /* 0/0 is NaN, as promised */
    out->changed_rate = (double)out->changed / n;
    out->drop_mean = sum / n;
    out->drop_median =
        count == 0 ? out->drop_mean
                   : 0.5 * (drops[(count - 1) / 2] + drops[count / 2]);
    lat_free(drops);
    return LAT_OK;
}
