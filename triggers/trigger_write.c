/* trigger_write.c - tables and JSON of a trigger search. */
#include "search_int.h"

#include <math.h>

static const char *class_name(const lat_search *search, uint32_t c,
                              char number[16])
{
    const lat_model_info *info = search->evaluation.reader->info;
    if (info->labels != NULL)
        return info->labels[c];
    (void)snprintf(number, 16, "%u", c);
    return number;
}

/* A number, or nothing for one that is not there. */
static void put_cell(lat_buffer *to, double value)
{
    lat_buffer_char(to, '\t');
    if (!isnan(value))
        lat_buffer_number(to, value);
}

static void put_bounds(lat_buffer *to, const lat_interval *interval)
{
    put_cell(to, interval->count == 0 ? NAN : interval->low);
    put_cell(to, interval->count == 0 ? NAN : interval->high);
}

void lat_search_tsv(lat_buffer *to, const lat_search *search,
                    const lat_concepts *concepts)
{
    char number[16];
    lat_buffer_text(to, "class\tsource\tconcept\tword\tinsertion\t"
                        "development_rate\teligible\tflipped\tflip_rate\t"
                        "low\thigh\tchanged_rate\tdrop_mean\tdrop_median\n");
    for (size_t i = 0; i < search->scored_count; i++) {
        const lat_scored *s = &search->scored[i];
        lat_buffer_format(to, "%s\t%s\t",
                          class_name(search, s->class_number, number),
                          lat_source_name(s->source));
        if (s->concept != LAT_NO_NUMBER)
            lat_buffer_format(to, "%llu", (unsigned long long)s->concept);
        lat_buffer_char(to, '\t');
        lat_buffer_text(to, lat_intern_text(concepts->words, s->word, NULL));
        lat_buffer_format(to, "\t%s", lat_insertion_name(s->insertion));
        put_cell(to, s->development.rate);
        lat_buffer_format(to, "\t%zu\t%zu", s->held_out.eligible,
                          s->held_out.flipped);
        put_cell(to, s->held_out.rate);
        put_bounds(to, &s->interval);
        put_cell(to, s->held_out.changed_rate);
        put_cell(to, s->held_out.drop_mean);
        put_cell(to, s->held_out.drop_median);
        lat_buffer_char(to, '\n');
    }
}

void lat_search_summary_tsv(lat_buffer *to, const lat_search *search)
{
    char number[16];
    lat_buffer_text(to, "class\tsource\tinsertion\ttried\tkept\tmean_rate\t"
                        "low\thigh\tbest_rate\tconcept_ahead\tahead_low\t"
                        "ahead_high\n");
    for (size_t i = 0; i < search->summary_count; i++) {
        const lat_source_summary *s = &search->summaries[i];
        lat_buffer_format(to, "%s\t%s\t%s\t%zu\t%zu",
                          class_name(search, s->class_number, number),
                          lat_source_name(s->source),
                          lat_insertion_name(s->insertion), s->tried,
                          s->kept);
        put_cell(to, s->mean_rate);
        put_bounds(to, &s->interval);
        put_cell(to, s->best_rate);
        put_cell(to, s->ahead.count == 0 ? NAN : s->ahead.mean);
        put_bounds(to, &s->ahead);
        lat_buffer_char(to, '\n');
    }
}

/* ---- JSON --------------------------------------------------------------- */

static void put_number(lat_json_writer *json, const char *key, double value)
{
    lat_json_key(json, key);
    lat_json_put_number(json, value);
}

static void put_count(lat_json_writer *json, const char *key, uint64_t value)
{
    lat_json_key(json, key);
    lat_json_put_count(json, value);
}

static void put_name(lat_json_writer *json, const char *key,
                     const char *value)
{
    lat_json_key(json, key);
    lat_json_put_text(json, value);
}

static void put_interval(lat_json_writer *json, const char *key,
                         const lat_interval *interval)
{
    lat_json_key(json, key);
    if (interval->count == 0) {
        lat_json_put_null(json);
        return;
    }
    lat_json_open(json, '[');
    lat_json_put_number(json, interval->low);
    lat_json_put_number(json, interval->high);
    lat_json_close(json, ']');
}

static void put_scored(lat_json_writer *json, const lat_search *search,
                       const lat_scored *s, const lat_concepts *concepts)
{
    char number[16];
    lat_json_open(json, '{');
    put_number(json, "changed_rate", s->held_out.changed_rate);
    put_name(json, "class", class_name(search, s->class_number, number));
    lat_json_key(json, "concept");
    if (s->concept == LAT_NO_NUMBER)
        lat_json_put_null(json);
    else
        lat_json_put_count(json, s->concept);
    put_number(json, "development_rate", s->development.rate);
    put_number(json, "drop_mean", s->held_out.drop_mean);
    put_number(json, "drop_median", s->held_out.drop_median);
    put_count(json, "eligible", s->held_out.eligible);
    put_number(json, "flip_rate", s->held_out.rate);
    put_count(json, "flipped", s->held_out.flipped);
    put_name(json, "insertion", lat_insertion_name(s->insertion));
    put_interval(json, "interval", &s->interval);
    put_name(json, "source", lat_source_name(s->source));
    put_name(json, "word",
             lat_intern_text(concepts->words, s->word, NULL));
    lat_json_close(json, '}');
}

static void put_summary(lat_json_writer *json, const lat_search *search,
                        const lat_source_summary *s)
{
    char number[16];
    lat_json_open(json, '{');
    put_number(json, "best_rate", s->best_rate);
    put_name(json, "class", class_name(search, s->class_number, number));
    put_number(json, "concept_ahead",
               s->ahead.count == 0 ? NAN : s->ahead.mean);
    put_interval(json, "concept_ahead_interval", &s->ahead);
    put_name(json, "insertion", lat_insertion_name(s->insertion));
    put_interval(json, "interval", &s->interval);
    put_count(json, "kept", s->kept);
    put_number(json, "mean_rate", s->mean_rate);
    put_name(json, "source", lat_source_name(s->source));
    put_count(json, "tried", s->tried);
    lat_json_close(json, '}');
}

void lat_search_json(lat_json_writer *json, const lat_search *search,
                     const lat_concepts *concepts,
                     const lat_json_extra *extra)
{
    const lat_evaluation *e = &search->evaluation;
    lat_json_open(json, '{');
    put_count(json, "development", search->development);
    put_count(json, "held_out", search->held_out);
    for (; extra != NULL && extra->key != NULL; extra++) {
        lat_json_key(json, extra->key); /* sorts between held_out and q */
        extra->put(json, extra->context);
    }
    put_count(json, "queries", search->queries);
    put_count(json, "seed", search->options.seed);
    lat_json_key(json, "sentences");
    lat_json_open(json, '{');
    put_count(json, "clustered", e->clustered);
    put_count(json, "eligible", e->count);
    put_count(json, "unlabelled", e->unlabelled);
    put_count(json, "wrong", e->wrong);
    lat_json_close(json, '}');
    lat_json_key(json, "summary");
    lat_json_open(json, '[');
    for (size_t i = 0; i < search->summary_count; i++)
        put_summary(json, search, &search->summaries[i]);
    lat_json_close(json, ']');
    lat_json_key(json, "triggers");
    lat_json_open(json, '[');
    for (size_t i = 0; i < search->scored_count; i++)
        put_scored(json, search, &search->scored[i], concepts);
    lat_json_close(json, ']');
    lat_json_close(json, '}');
}
