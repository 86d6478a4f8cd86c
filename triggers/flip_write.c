/*
 * flip_write.c - the flipped sentences themselves: a table, the columns of
 * TextAttack's CSV log, and a file to train on.
 *
 * All come out of the outcomes that the search has kept; the model is not
 * asked again.
 */
#include "search_int.h"

#include <string.h>

/* One flipped sentence. */
typedef struct flip {
    const lat_search *search;
    const lat_scored *trigger;
    uint32_t sentence;
    const lat_sentence *original;
    const lat_outcome *outcome;
    const char *a, *b; /* perturbed; b NULL for a single sentence */
    size_t a_size, b_size;
} flip;
/* Adds it to the buffer; whether that worked is asked at the end. */
typedef void put_flip(lat_buffer *to, const flip *one);

static void put_class(lat_buffer *to, const lat_search *search, uint32_t c)
{
    const lat_model_info *info = search->evaluation.reader->info;
    if (info->labels != NULL)
        lat_buffer_text(to, info->labels[c]);
    else
        lat_buffer_format(to, "%u", c);
}

/* Tabs and line breaks, which a table cannot hold, become spaces. */
static void put_plain(lat_buffer *to, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        lat_buffer_char(to, c == '\t' || c == '\n' || c == '\r' ? ' ' : c);
    }
}

static lat_status one_trigger(lat_buffer *to, put_flip *put, flip *one,
                              const uint32_t *sentences, size_t count,
                              lat_outcome *outcomes, lat_error *error)
{
    const lat_search *search = one->search;
    const lat_search_options *o = &search->options;
    lat_buffer a = {0}, b = {0};
    lat_trial trial = {one->trigger->words, one->trigger->insertion,
                       o->where, o->repeat, o->seed};
    lat_status status =
        trial_store_run(search->store, outcomes, NULL, &trial, 1, sentences,
                        count, error);
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        if (outcomes[i].predicted != one->trigger->class_number)
            continue;
        one->sentence = sentences[i];
        one->original = &search->evaluation.corpus->sentences[sentences[i]];
        one->outcome = &outcomes[i];
        lat_trial_text(&a, &b, one->original, &trial);
        status = lat_buffer_status(&a, error);
        if (status == LAT_OK)
            status = lat_buffer_status(&b, error);
        if (status != LAT_OK)
            break;
        bool pair = one->original->b != NULL;
        one->a = a.data;
        one->a_size = a.size - 1;
        one->b = pair ? b.data : NULL;
        one->b_size = pair ? b.size - 1 : 0;
        put(to, one);
    }
    lat_buffer_free(&a);
    lat_buffer_free(&b);
    return status;
}

/* Calls `put` for all flips of the concept triggers in one half. */
static lat_status all_flips(lat_buffer *to, put_flip *put,
                            const lat_search *search, bool held_out,
                            lat_error *error)
{
    const lat_evaluation *e = &search->evaluation;
    size_t from = held_out ? search->split_development : 0;
    size_t end = held_out ? e->usable_count : search->split_development;
    uint32_t *sentences = lat_new_array(end - from, sizeof *sentences);
    lat_outcome *outcomes = lat_new_array(end - from, sizeof *outcomes);
    lat_status status = LAT_OK;
    if (sentences == NULL || outcomes == NULL)
        status = lat_error_memory(error, (end - from) * 20);
    for (size_t i = 0; i < search->scored_count && status == LAT_OK; i++) {
        flip one = {.search = search, .trigger = &search->scored[i]};
        if (one.trigger->source != LAT_SOURCE_CONCEPT)
            continue;
        size_t n = lat_evaluation_eligible(sentences, e,
                                           one.trigger->class_number,
                                           search->split + from, end - from);
        status = one_trigger(to, put, &one, sentences, n, outcomes, error);
    }
    lat_free(sentences);
    lat_free(outcomes);
    return status == LAT_OK ? lat_buffer_status(to, error) : status;
}

static double before(const flip *one)
{
    const lat_evaluation *e = &one->search->evaluation;
    return e->probabilities[one->sentence * e->classes +
                            e->predicted[one->sentence]];
}

/* ---- The table ---------------------------------------------------------- */

static void put_row(lat_buffer *to, const flip *one)
{
    const lat_evaluation *e = &one->search->evaluation;
    lat_buffer_format(to, "%zu\t%u\t%llu\t", one->trigger->layer,
                      one->sentence,
                      (unsigned long long)one->original->line);
    put_class(to, one->search, e->predicted[one->sentence]);
    lat_buffer_char(to, '\t');
    put_class(to, one->search, one->outcome->predicted);
    lat_buffer_char(to, '\t');
    lat_buffer_number(to, before(one));
    lat_buffer_char(to, '\t');
    lat_buffer_number(to, (double)one->outcome->probability);
    lat_buffer_char(to, '\t');
    lat_buffer_number(to, (double)one->outcome->own);
    lat_buffer_format(to, "\t%s\t%s\t",
                      lat_insertion_name(one->trigger->insertion),
                      one->trigger->words);
    put_plain(to, one->original->a, one->original->a_size);
    lat_buffer_char(to, '\t');
    put_plain(to, one->a, one->a_size);
    if (one->search->evaluation.corpus->pairs) {
        lat_buffer_char(to, '\t');
        if (one->b != NULL)
            put_plain(to, one->original->b, one->original->b_size);
        lat_buffer_char(to, '\t');
        if (one->b != NULL)
            put_plain(to, one->b, one->b_size);
    }
    lat_buffer_char(to, '\n');
}

lat_status lat_search_flips_tsv(lat_buffer *to, const lat_search *search,
                                lat_error *error)
{
    lat_buffer_text(to, "layer\tsentence\tline\tbefore\tafter\tp_before\t"
                        "p_before_now\tp_after_now\tinsertion\tword\t"
                        "original\tperturbed");
    if (search->evaluation.corpus->pairs)
        lat_buffer_text(to, "\toriginal2\tperturbed2");
    lat_buffer_char(to, '\n');
    return all_flips(to, put_row, search, true, error);
}

/* ---- TextAttack's CSV --------------------------------------------------- */

static void put_quoted(lat_buffer *to, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            lat_buffer_char(to, '"');
        if (text[i] == '\n')
            lat_buffer_text(to, "<SPLIT>"); /* as TextAttack writes it */
        else if (text[i] != '\r')
            lat_buffer_char(to, text[i]);
    }
}

/* A pair is one text: columns by name, "<SPLIT>" between them. */
static void put_csv_text(lat_buffer *to, const char *a, size_t a_size,
                         const char *b, size_t b_size)
{
    lat_buffer_char(to, '"');
    if (b != NULL)
        lat_buffer_text(to, "Sentence1: ");
    put_quoted(to, a, a_size);
    if (b != NULL) {
        lat_buffer_text(to, "<SPLIT>Sentence2: ");
        put_quoted(to, b, b_size);
    }
    lat_buffer_text(to, "\",");
}

static void put_csv(lat_buffer *to, const flip *one)
{
    const lat_sentence *s = one->original;
    uint32_t truth = one->search->evaluation.predicted[one->sentence];
    put_csv_text(to, s->a, s->a_size, s->b, s->b_size);
    put_csv_text(to, one->a, one->a_size, one->b, one->b_size);
    lat_buffer_number(to, 1.0 - before(one));
    lat_buffer_char(to, ',');
    lat_buffer_number(to, 1.0 - (double)one->outcome->probability);
    lat_buffer_format(to, ",%u,%u,%u,1,\"Successful\"\n", truth,
                      one->outcome->predicted, truth);
}

lat_status lat_search_flips_csv(lat_buffer *to, const lat_search *search,
                                lat_error *error)
{
    lat_buffer_text(to, "\"original_text\",\"perturbed_text\","
                        "\"original_score\",\"perturbed_score\","
                        "\"original_output\",\"perturbed_output\","
                        "\"ground_truth_output\",\"num_queries\","
                        "\"result_type\"\n");
    return all_flips(to, put_csv, search, true, error);
}

/* ---- To train on -------------------------------------------------------- */

static void put_training(lat_buffer *to, const flip *one)
{
    put_plain(to, one->a, one->a_size);
    lat_buffer_char(to, '\t');
    if (one->search->evaluation.corpus->pairs) {
        if (one->b != NULL)
            put_plain(to, one->b, one->b_size);
        lat_buffer_char(to, '\t');
    }
    put_class(to, one->search,
              one->search->evaluation.predicted[one->sentence]);
    lat_buffer_char(to, '\n');
}

/* A word of several layers flips a sentence once for each; to train on it
 * once is enough. */
static lat_status add_distinct(lat_buffer *to, const lat_buffer *lines,
                               lat_error *error)
{
    lat_intern *seen = NULL;
    lat_status status = lat_intern_create(&seen, error);
    for (size_t at = 0; at < lines->size && status == LAT_OK;) {
        const char *line = lines->data + at;
        const char *end = memchr(line, '\n', lines->size - at);
        size_t size = (size_t)(end - line) + 1; /* each line has its end */
        size_t known = lat_intern_count(seen);
        size_t number = lat_intern_add(seen, line, size);
        if (number == SIZE_MAX)
            status = lat_error_memory(error, size);
        else if (number == known)
            lat_buffer_add(to, line, size);
        at += size;
    }
    lat_intern_free(seen);
    return status == LAT_OK ? lat_buffer_status(to, error) : status;
}

lat_status lat_search_augment(lat_buffer *to, const lat_search *search,
                              lat_error *error)
{
    lat_buffer all = {0};
    lat_buffer_text(to, search->evaluation.corpus->pairs
                            ? "sentence1\tsentence2\tlabel\n"
                            : "sentence\tlabel\n");
    lat_status status = all_flips(&all, put_training, search, false, error);
    if (status == LAT_OK)
        status = add_distinct(to, &all, error);
    lat_buffer_free(&all);
    return status;
}
