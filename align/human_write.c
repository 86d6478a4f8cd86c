/*
 * human_write.c - human-defined concepts as JSON and as tables.
 */
#include "align_int.h"

#include <stdlib.h>
#include <string.h>

/* ---- JSON ---------------------------------------------------------------- */

static void put_label(lat_json_writer *writer, const lat_human *human,
                      uint32_t label)
{
    size_t size;
    const char *name;

    if (label == LAT_NO_CONCEPT) {
        lat_json_put_null(writer);
        return;
    }
    name = lat_intern_text(human->labels, label, &size);
    lat_json_put_bytes(writer, name, size);
}

static void put_label_field(json_fields *fields, const char *key,
                            const lat_human *human, uint32_t label)
{
    lat_fields_key_int(fields, key);
    put_label(fields->writer, human, label);
}

static void put_labels(json_fields *fields, const char *key,
                       const lat_human *human, const uint32_t *labels,
                       size_t n)
{
    size_t i;

    lat_fields_key_int(fields, key);
    lat_json_open(fields->writer, '[');
    for (i = 0; i < n; i++)
        put_label(fields->writer, human, labels[i]);
    lat_json_close(fields->writer, ']');
}

/* In n-gram mode no label may be long enough; ConceptX then names "_UNK". */
static bool none_long_enough(const lat_human *human,
                             const lat_human_concept *at)
{
    return human->options.ngram && !at->skipped && at->counted > 0 &&
           at->winner == LAT_NO_CONCEPT;
}

/* `counted` is absent from a skipped concept, as nothing was counted there. */
static void put_by_occurrence(json_fields *fields, const lat_human *human,
                              const lat_human_concept *at)
{
    bool none = none_long_enough(human, at);
    bool judged = at->winner != LAT_NO_CONCEPT || none;

    lat_fields_bool_int(fields, "aligned", at->aligned);
    lat_fields_count_int(fields, "concept", at->id);
    lat_fields_key_int(fields, "count");
    if (judged)
        lat_json_put_count(fields->writer, at->count);
    else
        lat_json_put_null(fields->writer);
    if (!at->skipped)
        lat_fields_count_int(fields, "counted", at->counted);
    lat_fields_count_int(fields, "occurrences", at->occurrences);
    lat_fields_number_int(fields, "share", at->share);
    if (human->options.bootstraps > 0)
        lat_fields_interval_int(fields, "share_interval",
                                &at->share_interval);
    lat_fields_bool_int(fields, "skipped", at->skipped);
    if (none) {
        lat_fields_key_int(fields, "tied");
        lat_json_open(fields->writer, '[');
        lat_json_put_text(fields->writer, "_UNK");
        lat_json_close(fields->writer, ']');
    } else if (!at->skipped) {
        put_labels(fields, "tied", human, at->tied, at->tied_count);
    }
    lat_fields_count_int(fields, "types", at->types);
    lat_fields_count_int(fields, "unknown", at->unknown);
    lat_fields_number_int(fields, "unknown_share",
                          lat_share_int(at->unknown, at->occurrences));
    if (none)
        lat_fields_text_int(fields, "winner", "_UNK");
    else
        put_label_field(fields, "winner", human, at->winner);
}

static void put_by_type(json_fields *fields, const lat_human *human,
                        const lat_human_concept *at)
{
    lat_fields_bool_int(fields, "aligned", at->aligned);
    put_label_field(fields, "best", human, at->best);
    lat_fields_number_int(fields, "best_share", at->best_share);
    if (human->options.bootstraps > 0)
        lat_fields_interval_int(fields, "best_share_interval",
                                &at->share_interval);
    lat_fields_count_int(fields, "concept", at->id);
    lat_fields_bool_int(fields, "counted", at->enough);
    put_labels(fields, "labels", human, at->labels, at->label_count);
    put_label_field(fields, "last", human, at->last);
    lat_fields_count_int(fields, "occurrences", at->occurrences);
    lat_fields_count_int(fields, "types", at->types);
}

/* Every option that the numbers depend on, thresholds as they were typed. */
static void put_options(json_fields *fields, const lat_human *human)
{
    const lat_human_options *options = &human->options;
    json_fields inner;

    lat_fields_key_int(fields, "options");
    lat_fields_begin_int(&inner, fields->writer, NULL);
    lat_fields_count_int(&inner, "bootstraps", options->bootstraps);
    if (options->rule == LAT_RULE_OCCURRENCE) {
        lat_fields_bool_int(&inner, "ignore_unknown",
                            options->ignore_unknown);
        lat_fields_text_int(&inner, "max_unknown", human->max_unknown.text);
        lat_fields_bool_int(&inner, "ngram", options->ngram);
    } else {
        lat_fields_count_int(&inner, "label_min", options->label_min);
        lat_fields_text_int(&inner, "label_unit",
                            lat_unit_name(options->label_unit));
        lat_fields_bool_int(&inner, "last_only", options->last_only);
        lat_fields_count_int(&inner, "min_types", options->min_types);
    }
    lat_fields_count_int(&inner, "permutations", options->permutations);
    lat_fields_count_int(&inner, "seed", options->seed);
    if (options->rule == LAT_RULE_TYPE)
        lat_fields_text_int(&inner, "share_unit",
                            lat_unit_name(options->share_unit));
    lat_fields_bool_int(&inner, "strict",
                        options->rule == LAT_RULE_OCCURRENCE);
    lat_fields_text_int(&inner, "theta", human->theta.text);
    lat_fields_end_int(&inner);
}

/* All labels of the family in byte order of their names. */
typedef struct label_order {
    const char *name;
    uint32_t label;
} label_order;

static int compare_order(const void *a, const void *b)
{
    return strcmp(((const label_order *)a)->name,
                  ((const label_order *)b)->name);
}

/* Made once for a whole object; NULL when memory is short. */
static label_order *order_labels(const lat_human *human)
{
    size_t i, n = lat_intern_count(human->labels);
    label_order *order = lat_new_array(n, sizeof *order);

    for (i = 0; order != NULL && i < n; i++) {
        order[i].name = lat_intern_text(human->labels, i, NULL);
        order[i].label = (uint32_t)i;
    }
    if (order != NULL && n > 0)
        qsort(order, n, sizeof *order, compare_order);
    return order;
}

static void put_marked(json_fields *fields, const char *key,
                       const lat_human *human, const label_order *order,
                       const bool *marked)
{
    size_t i, n = lat_intern_count(human->labels);

    lat_fields_key_int(fields, key);
    lat_json_open(fields->writer, '[');
    for (i = 0; i < n; i++)
        if (marked[order[i].label])
            put_label(fields->writer, human, order[i].label);
    lat_json_close(fields->writer, ']');
}

/* Labels of size 0 are the unknown ones: they have no group. */
static void put_sizes(json_fields *fields, const lat_human *human,
                      const label_order *order)
{
    size_t i, n = lat_intern_count(human->labels);

    lat_fields_key_int(fields, "label_sizes");
    lat_json_open(fields->writer, '{');
    for (i = 0; i < n; i++)
        if (human->sizes[order[i].label] > 0) {
            lat_json_key(fields->writer, order[i].name);
            lat_json_put_count(fields->writer,
                               human->sizes[order[i].label]);
        }
    lat_json_close(fields->writer, '}');
}

static void put_chance(json_fields *fields, const lat_human *human,
                       const char *key, const lat_interval *interval)
{
    if (human->options.permutations > 0)
        lat_fields_interval_int(fields, key, interval);
}

static void put_summary(json_fields *fields, const lat_human *human,
                        const label_order *order)
{
    bool by_types = human->options.rule == LAT_RULE_TYPE;
    json_fields inner;

    lat_fields_key_int(fields, "summary");
    lat_fields_begin_int(&inner, fields->writer, NULL);
    lat_fields_count_int(&inner, "concepts", human->count);
    lat_fields_count_int(&inner, "concepts_aligned", human->aligned);
    if (by_types)
        lat_fields_count_int(&inner, "concepts_counted", human->counted);
    else
        lat_fields_count_int(&inner, "concepts_skipped", human->skipped);
    if (by_types)
        put_sizes(&inner, human, order);
    lat_fields_count_int(&inner, "labels", human->labels_used);
    if (by_types)
        lat_fields_count_int(&inner, "labels_all", human->labels_all);
    put_marked(&inner, "labels_covered", human, order, human->covered);
    if (by_types) {
        put_marked(&inner, "labels_covered_last", human, order,
                   human->covered_last);
        put_marked(&inner, "labels_used", human, order, human->used);
    }
    lat_fields_number_int(&inner, "overall_score", human->score);
    put_chance(&inner, human, "overall_score_chance", &human->score_chance);
    if (by_types)
        lat_fields_number_int(&inner, "overall_score_last",
                              human->score_last);
    lat_fields_number_int(&inner, "percent_aligned", human->percent_aligned);
    put_chance(&inner, human, "percent_aligned_chance",
               &human->aligned_chance);
    if (human->options.bootstraps > 0)
        lat_fields_interval_int(&inner, "percent_aligned_interval",
                                &human->aligned_interval);
    if (by_types)
        lat_fields_number_int(&inner, "percent_aligned_of_counted",
                              human->percent_aligned_of_counted);
    lat_fields_number_int(&inner, "percent_covered", human->percent_covered);
    put_chance(&inner, human, "percent_covered_chance",
               &human->covered_chance);
    if (human->options.bootstraps > 0)
        lat_fields_interval_int(&inner, "percent_covered_interval",
                                &human->covered_interval);
    lat_fields_end_int(&inner);
}

/* [theta, concepts aligned, labels covered, overall score], and beside it,
 * element by element, what shuffled labels give. */
static void put_sweep(json_fields *fields, const lat_human *human)
{
    lat_json_writer *writer = fields->writer;
    size_t t;

    lat_fields_key_int(fields, "sweep");
    lat_json_open(writer, '[');
    for (t = 0; t < human->thetas.count; t++) {
        const lat_human_row *row = &human->rows[t];

        lat_json_open(writer, '[');
        lat_json_put_text(writer, human->thetas.items[t].text);
        lat_json_put_count(writer, row->aligned);
        lat_json_put_count(writer, row->covered);
        lat_json_put_number(writer, row->score);
        lat_json_close(writer, ']');
    }
    lat_json_close(writer, ']');
    if (human->options.permutations == 0)
        return;
    lat_fields_key_int(fields, "sweep_chance");
    lat_json_open(writer, '[');
    for (t = 0; t < human->thetas.count; t++) {
        const lat_human_row *row = &human->rows[t];
        json_fields inner;

        lat_fields_begin_int(&inner, writer, NULL);
        lat_fields_interval_int(&inner, "overall_score", &row->score_chance);
        lat_fields_interval_int(&inner, "percent_aligned",
                                &row->aligned_chance);
        lat_fields_interval_int(&inner, "percent_covered",
                                &row->covered_chance);
        lat_fields_text_int(&inner, "theta", human->thetas.items[t].text);
        lat_fields_end_int(&inner);
    }
    lat_json_close(writer, ']');
}

void lat_human_json(lat_json_writer *writer, const lat_human *human,
                    const char *clusters, const lat_json_extra *extra)
{
    bool by_types = human->options.rule == LAT_RULE_TYPE;
    label_order *order = order_labels(human);
    json_fields fields, inner;
    size_t c;

    if (order == NULL) {
        writer->to->failed = true;
        return;
    }
    lat_fields_begin_int(&fields, writer, extra);
    if (clusters != NULL)
        lat_fields_text_int(&fields, "clusters", clusters);
    lat_fields_key_int(&fields, "concepts");
    lat_json_open(writer, '[');
    for (c = 0; c < human->count; c++) {
        lat_fields_begin_int(&inner, writer, NULL);
        if (by_types)
            put_by_type(&inner, human, &human->concepts[c]);
        else
            put_by_occurrence(&inner, human, &human->concepts[c]);
        lat_fields_end_int(&inner);
    }
    lat_json_close(writer, ']');
    lat_fields_text_int(&fields, "family", human->family);
    put_options(&fields, human);
    lat_fields_text_int(&fields, "rule", by_types ? "type" : "occurrence");
    put_summary(&fields, human, order);
    put_sweep(&fields, human);
    lat_fields_end_int(&fields);
    lat_free(order);
}

/* ---- Tables -------------------------------------------------------------- */

void lat_human_tsv_header(lat_buffer *to, const char *lead)
{
    lat_buffer_text(to, lead);
    lat_buffer_text(to,
                    "family\trule\ttheta\tconcepts\tconcepts_counted\t"
                    "concepts_aligned\tpercent_aligned\t"
                    "aligned_chance_mean\taligned_chance_low\t"
                    "aligned_chance_high\taligned_low\taligned_high\t"
                    "labels\tlabels_covered\tpercent_covered\t"
                    "covered_chance_mean\tcovered_chance_low\t"
                    "covered_chance_high\tcovered_low\tcovered_high\t"
                    "overall_score\tscore_chance_mean\tscore_chance_low\t"
                    "score_chance_high\n");
}

/* Percentage, its chance level, its interval. */
static void put_percent(lat_buffer *to, double percent,
                        const lat_interval *chance,
                        const lat_interval *interval)
{
    lat_buffer_char(to, '\t');
    lat_tsv_number_int(to, percent);
    lat_tsv_interval_int(to, chance);
    lat_buffer_char(to, '\t');
    lat_tsv_number_int(to, interval->low);
    lat_buffer_char(to, '\t');
    lat_tsv_number_int(to, interval->high);
}

void lat_human_tsv(lat_buffer *to, const lat_human *human, const char *lead)
{
    bool by_types = human->options.rule == LAT_RULE_TYPE;
    size_t counted = by_types ? human->counted
                              : human->count - human->skipped;

    lat_buffer_text(to, lead);
    lat_tsv_text_int(to, human->family, strlen(human->family));
    lat_buffer_format(to, "\t%s\t%s\t%lu\t%lu\t%lu",
                      by_types ? "type" : "occurrence", human->theta.text,
                      (unsigned long)human->count, (unsigned long)counted,
                      (unsigned long)human->aligned);
    put_percent(to, human->percent_aligned, &human->aligned_chance,
                &human->aligned_interval);
    lat_buffer_format(to, "\t%lu\t%lu", (unsigned long)human->labels_used,
                      (unsigned long)human->covered_count);
    put_percent(to, human->percent_covered, &human->covered_chance,
                &human->covered_interval);
    lat_buffer_char(to, '\t');
    lat_tsv_number_int(to, human->score);
    lat_tsv_interval_int(to, &human->score_chance);
    lat_buffer_char(to, '\n');
}

void lat_human_concepts_tsv_header(lat_buffer *to, const char *lead)
{
    lat_buffer_text(to, lead);
    lat_buffer_text(to, "family\trule\tconcept\ttypes\toccurrences\t"
                        "aligned\tlabel\tshare\tshare_low\tshare_high\t"
                        "unknown\tskipped\n");
}

void lat_human_concepts_tsv(lat_buffer *to, const lat_human *human,
                            const char *lead)
{
    bool by_types = human->options.rule == LAT_RULE_TYPE;
    size_t c, size;

    for (c = 0; c < human->count; c++) {
        const lat_human_concept *at = &human->concepts[c];
        uint32_t label = by_types ? at->best : at->winner;

        lat_buffer_text(to, lead);
        lat_tsv_text_int(to, human->family, strlen(human->family));
        lat_buffer_format(to, "\t%s\t%llu\t%lu\t%lu\t%d\t",
                          by_types ? "type" : "occurrence",
                          (unsigned long long)at->id,
                          (unsigned long)at->types,
                          (unsigned long)at->occurrences, at->aligned);
        if (label != LAT_NO_CONCEPT) {
            const char *name = lat_intern_text(human->labels, label, &size);

            lat_tsv_text_int(to, name, size);
        }
        lat_buffer_char(to, '\t');
        lat_tsv_number_int(to, by_types ? at->best_share : at->share);
        lat_buffer_char(to, '\t');
        lat_tsv_number_int(to, at->share_interval.low);
        lat_buffer_char(to, '\t');
        lat_tsv_number_int(to, at->share_interval.high);
        if (by_types)
            lat_buffer_text(to, "\t\t\n");
        else
            lat_buffer_format(to, "\t%lu\t%d\n", (unsigned long)at->unknown,
                              at->skipped);
    }
}
