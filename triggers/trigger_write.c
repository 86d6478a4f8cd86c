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

void lat_search_tsv(lat_buffer *to, const lat_search *search)
{
    char number[16];
    lat_buffer_text(to, "class\tsource\tconcept\tword\tinsertion\t"
                        "development_rate\teligible\tflipped\tflip_rate\t"
                        "low\thigh\tchanged_rate\tdrop_mean\tdrop_median\t"
                        "layer\tlength\tchanged\tcut\taccuracy_after\n");
    for (size_t i = 0; i < search->scored_count; i++) {
        const lat_scored *s = &search->scored[i];
        lat_buffer_format(to, "%s\t%s\t",
                          class_name(search, s->class_number, number),
                          lat_source_name(s->source));
        if (s->concept != LAT_NO_NUMBER)
            lat_buffer_format(to, "%llu", (unsigned long long)s->concept);
        lat_buffer_char(to, '\t');
        lat_buffer_text(to, s->words);
        lat_buffer_format(to, "\t%s", lat_insertion_name(s->insertion));
        put_cell(to, s->development.rate);
        lat_buffer_format(to, "\t%zu\t%zu", s->held_out.eligible,
                          s->held_out.flipped);
        put_cell(to, s->held_out.rate);
        put_bounds(to, &s->interval);
        put_cell(to, s->held_out.changed_rate);
        put_cell(to, s->held_out.drop_mean);
        put_cell(to, s->held_out.drop_median);
        lat_buffer_format(to, "\t%zu\t%zu\t%zu\t%zu", s->layer, s->length,
                          s->held_out.changed, s->held_out.cut);
        put_cell(to, s->accuracy);
        lat_buffer_char(to, '\n');
    }
}

void lat_search_summary_tsv(lat_buffer *to, const lat_search *search)
{
    char number[16];
    lat_buffer_text(to, "class\tsource\tinsertion\ttried\tkept\tmean_rate\t"
                        "low\thigh\tbest_rate\tconcept_ahead\tahead_low\t"
                        "ahead_high\tlayer\tlength\tmean_changed_rate\t"
                        "drop_mean\taccuracy_before\taccuracy_after\t"
                        "queries\n");
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
        lat_buffer_format(to, "\t%zu\t%zu", s->layer, s->length);
        put_cell(to, s->mean_changed);
        put_cell(to, s->drop_mean);
        put_cell(to, s->accuracy_before);
        put_cell(to, s->accuracy_after);
        lat_buffer_format(to, "\t%llu\n", (unsigned long long)s->queries);
    }
}

void lat_search_concepts_tsv(lat_buffer *to, const lat_search *search)
{
    char number[16];
    lat_buffer_text(to, "layer\tclass\tconcept\tinsertion\ttypes\ttried\t"
                        "first_rate\tkept\tmean_rate\tbest_rate\tbest_word\t"
                        "whole_rate\twhole_low\twhole_high\t"
                        "whole_changed_rate\twhole_cut\twhole_words\n");
    for (size_t i = 0; i < search->concept_count; i++) {
        const lat_concept_score *s = &search->concepts[i];
        bool whole = s->whole_words != NULL;
        lat_buffer_format(to, "%zu\t%s\t%llu\t%s\t%zu\t%zu", s->layer,
                          class_name(search, s->class_number, number),
                          (unsigned long long)s->concept,
                          lat_insertion_name(s->insertion), s->types,
                          s->tried);
        put_cell(to, s->first_rate);
        lat_buffer_format(to, "\t%zu", s->kept);
        put_cell(to, s->mean_rate);
        put_cell(to, s->best_rate);
        lat_buffer_char(to, '\t');
        lat_buffer_text(to, s->best_words == NULL ? "" : s->best_words);
        put_cell(to, whole ? s->whole.rate : NAN);
        put_bounds(to, &s->whole_interval);
        put_cell(to, whole ? s->whole.changed_rate : NAN);
        lat_buffer_char(to, '\t');
        if (whole)
            lat_buffer_format(to, "%zu", s->whole.cut);
        lat_buffer_char(to, '\t');
        lat_buffer_text(to, whole ? s->whole_words : "");
        lat_buffer_char(to, '\n');
    }
}

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
                       const lat_scored *s)
{
    char number[16];
    lat_json_open(json, '{');
    put_number(json, "accuracy_after", s->accuracy);
    put_count(json, "changed", s->held_out.changed);
    put_number(json, "changed_rate", s->held_out.changed_rate);
    put_name(json, "class", class_name(search, s->class_number, number));
    lat_json_key(json, "concept");
    if (s->concept == LAT_NO_NUMBER)
        lat_json_put_null(json);
    else
        lat_json_put_count(json, s->concept);
    put_count(json, "cut", s->held_out.cut);
    put_number(json, "development_rate", s->development.rate);
    put_number(json, "drop_mean", s->held_out.drop_mean);
    put_number(json, "drop_median", s->held_out.drop_median);
    put_count(json, "eligible", s->held_out.eligible);
    put_number(json, "flip_rate", s->held_out.rate);
    put_count(json, "flipped", s->held_out.flipped);
    put_name(json, "insertion", lat_insertion_name(s->insertion));
    put_interval(json, "interval", &s->interval);
    put_count(json, "layer", s->layer);
    put_count(json, "length", s->length);
    put_name(json, "source", lat_source_name(s->source));
    put_name(json, "word", s->words);
    lat_json_close(json, '}');
}

static void put_summary(lat_json_writer *json, const lat_search *search,
                        const lat_source_summary *s)
{
    char number[16];
    lat_json_open(json, '{');
    put_number(json, "accuracy_after", s->accuracy_after);
    put_number(json, "accuracy_before", s->accuracy_before);
    put_number(json, "best_rate", s->best_rate);
    put_name(json, "class", class_name(search, s->class_number, number));
    put_number(json, "concept_ahead",
               s->ahead.count == 0 ? NAN : s->ahead.mean);
    put_interval(json, "concept_ahead_interval", &s->ahead);
    put_number(json, "drop_mean", s->drop_mean);
    put_name(json, "insertion", lat_insertion_name(s->insertion));
    put_interval(json, "interval", &s->interval);
    put_count(json, "kept", s->kept);
    put_count(json, "layer", s->layer);
    put_count(json, "length", s->length);
    put_number(json, "mean_changed_rate", s->mean_changed);
    put_number(json, "mean_rate", s->mean_rate);
    put_count(json, "queries", s->queries);
    put_name(json, "source", lat_source_name(s->source));
    put_count(json, "tried", s->tried);
    lat_json_key(json, "upper_bound");
    lat_json_put_bool(json, s->source == LAT_SOURCE_GREEDY);
    lat_json_close(json, '}');
}

static void put_concept(lat_json_writer *json, const lat_search *search,
                        const lat_concept_score *s)
{
    char number[16];
    bool whole = s->whole_words != NULL;
    lat_json_open(json, '{');
    put_number(json, "best_rate", s->best_rate);
    lat_json_key(json, "best_word");
    if (s->best_words == NULL)
        lat_json_put_null(json);
    else
        lat_json_put_text(json, s->best_words);
    put_name(json, "class", class_name(search, s->class_number, number));
    put_count(json, "concept", s->concept);
    put_number(json, "first_rate", s->first_rate);
    put_name(json, "insertion", lat_insertion_name(s->insertion));
    put_count(json, "kept", s->kept);
    put_count(json, "layer", s->layer);
    put_number(json, "mean_rate", s->mean_rate);
    put_count(json, "tried", s->tried);
    put_count(json, "types", s->types);
    put_interval(json, "whole_interval", &s->whole_interval);
    put_number(json, "whole_rate", whole ? s->whole.rate : NAN);
    lat_json_key(json, "whole_words");
    if (whole)
        lat_json_put_text(json, s->whole_words);
    else
        lat_json_put_null(json);
    lat_json_close(json, '}');
}

/* What the search was told, and what the budget left of it. */
static void put_options(lat_json_writer *json, const lat_search *search)
{
    const lat_search_options *o = &search->options;
    lat_json_open(json, '{');
    put_count(json, "beam", o->beam == 0 ? o->keep : o->beam);
    put_count(json, "bootstraps", o->bootstraps);
    put_count(json, "candidates", search->candidates);
    lat_json_key(json, "insert");
    lat_json_open(json, '[');
    for (size_t i = 0; i < o->insertion_count; i++)
        lat_json_put_text(json, lat_insertion_name(o->insertions[i]));
    lat_json_close(json, ']');
    put_count(json, "keep", o->keep);
    put_count(json, "length", o->length == 0 ? 1 : o->length);
    put_count(json, "max_queries", o->max_queries);
    put_name(json, "pair", lat_pair_side_name(o->where));
    put_count(json, "repeat", o->repeat == 0 ? 1 : o->repeat);
    lat_json_key(json, "upper");
    if (search->upper == SIZE_MAX) /* every word */
        lat_json_put_null(json);
    else
        lat_json_put_count(json, search->upper);
    put_count(json, "whole", o->whole);
    lat_json_close(json, '}');
}

static void put_results(lat_json_writer *json, const lat_search *search)
{
    const lat_evaluation *e = &search->evaluation;
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
    put_count(json, "too_long", search->too_long);
    lat_json_key(json, "triggers");
    lat_json_open(json, '[');
    for (size_t i = 0; i < search->scored_count; i++)
        put_scored(json, search, &search->scored[i]);
    lat_json_close(json, ']');
}

void lat_search_json(lat_json_writer *json, const lat_search *search,
                     const lat_json_extra *extra)
{
    lat_json_open(json, '{');
    lat_json_key(json, "concepts");
    lat_json_open(json, '[');
    for (size_t i = 0; i < search->concept_count; i++)
        put_concept(json, search, &search->concepts[i]);
    lat_json_close(json, ']');
    put_count(json, "development", search->development);
    put_count(json, "estimate", search->estimate);
    put_count(json, "held_out", search->held_out);
    lat_json_key(json, "options");
    put_options(json, search);
    put_count(json, "polarised", search->polarised);
    for (; extra != NULL && extra->key != NULL; extra++) {
        lat_json_key(json, extra->key); /* sorts between polarised and q */
        extra->put(json, extra->context);
    }
    put_count(json, "queries", search->queries);
    put_count(json, "seed", search->options.seed);
    put_results(json, search);
    lat_json_close(json, '}');
}
