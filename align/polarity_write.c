/*
 * polarity_write.c - task polarity as JSON and as tables.
 *
 * Classes are numbers in the JSON (their names are listed once) and names,
 * where there are any, in the tables.
 */
#include "align_int.h"

#include <string.h>

static void put_doubles(json_fields *fields, const char *key,
                        const double *values, size_t n)
{
    size_t i;

    lat_fields_key_int(fields, key);
    lat_json_open(fields->writer, '[');
    for (i = 0; i < n; i++)
        lat_json_put_number(fields->writer, values[i]);
    lat_json_close(fields->writer, ']');
}

static void put_counts(json_fields *fields, const char *key,
                       const uint32_t *values, size_t n)
{
    size_t i;

    lat_fields_key_int(fields, key);
    lat_json_open(fields->writer, '[');
    for (i = 0; i < n; i++)
        lat_json_put_count(fields->writer, values[i]);
    lat_json_close(fields->writer, ']');
}

/* p and q only where there was a test. */
static void put_concept(lat_json_writer *writer, const lat_polarity *polarity,
                        const lat_polarity_concept *concept)
{
    json_fields fields;

    lat_fields_begin_int(&fields, writer, NULL);
    lat_fields_count_int(&fields, "classed", concept->classed);
    lat_fields_count_int(&fields, "concept", concept->id);
    lat_fields_bool_int(&fields, "counted", concept->counted);
    put_counts(&fields, "counts", concept->counts, polarity->classes);
    lat_fields_key_int(&fields, "majority_class");
    if (concept->majority < 0)
        lat_json_put_null(writer);
    else
        lat_json_put_count(writer, (uint64_t)concept->majority);
    lat_fields_count_int(&fields, "occurrences", concept->occurrences);
    if (concept->counted) {
        put_doubles(&fields, "p", concept->p, polarity->classes);
        put_doubles(&fields, "q", concept->q, polarity->classes);
    }
    lat_fields_number_int(&fields, "share", concept->share);
    if (polarity->options.bootstraps > 0)
        lat_fields_interval_int(&fields, "share_interval",
                                &concept->share_interval);
    lat_fields_count_int(&fields, "types", concept->types);
    lat_fields_end_int(&fields);
}

static void put_row(lat_json_writer *writer, const lat_polarity *polarity,
                    size_t t)
{
    const lat_polarity_row *row = &polarity->rows[t];
    const lat_theta *theta = &polarity->thetas.items[t];
    json_fields fields;
    size_t c, k;

    lat_fields_begin_int(&fields, writer, NULL);
    put_counts(&fields, "by_class", row->by_class, polarity->classes);
    if (polarity->options.permutations > 0) {
        lat_fields_key_int(&fields, "by_class_chance");
        lat_json_open(writer, '[');
        for (k = 0; k < polarity->classes; k++)
            lat_interval_json_int(writer, &row->chance_by_class[k]);
        lat_json_close(writer, ']');
        lat_fields_interval_int(&fields, "chance", &row->chance);
    }
    put_doubles(&fields, "expected_by_chance_by_class", row->expected,
                polarity->classes);
    if (polarity->options.bootstraps > 0)
        lat_fields_interval_int(&fields, "interval", &row->interval);
    lat_fields_number_int(&fields, "percent", row->percent);
    lat_fields_key_int(&fields, "polarised");
    lat_json_open(writer, '[');
    for (c = 0; c < polarity->count; c++) {
        int32_t polar = lat_polarity_class(polarity, c, theta);

        if (polar < 0)
            continue;
        lat_json_open(writer, '[');
        lat_json_put_count(writer, polarity->concepts[c].id);
        lat_json_put_count(writer, (uint64_t)polar);
        lat_json_close(writer, ']');
    }
    lat_json_close(writer, ']');
    lat_fields_text_int(&fields, "theta", theta->text);
    lat_fields_end_int(&fields);
}

void lat_polarity_json(lat_json_writer *writer, const lat_polarity *polarity,
                       const lat_json_extra *extra)
{
    json_fields fields;
    size_t i;

    lat_fields_begin_int(&fields, writer, extra);
    lat_fields_count_int(&fields, "bootstraps",
                         polarity->options.bootstraps);
    lat_fields_key_int(&fields, "by_theta");
    lat_json_open(writer, '[');
    for (i = 0; i < polarity->thetas.count; i++)
        put_row(writer, polarity, i);
    lat_json_close(writer, ']');
    if (polarity->class_names != NULL) {
        lat_fields_key_int(&fields, "class_names");
        lat_json_open(writer, '[');
        for (i = 0; i < polarity->classes; i++)
            lat_json_put_text(writer, polarity->class_names[i]);
        lat_json_close(writer, ']');
    }
    lat_fields_key_int(&fields, "class_totals");
    lat_json_open(writer, '[');
    for (i = 0; i < polarity->classes; i++)
        lat_json_put_count(writer, polarity->class_totals[i]);
    lat_json_close(writer, ']');
    lat_fields_key_int(&fields, "concepts");
    lat_json_open(writer, '[');
    for (i = 0; i < polarity->count; i++)
        put_concept(writer, polarity, &polarity->concepts[i]);
    lat_json_close(writer, ']');
    lat_fields_count_int(&fields, "counted", polarity->counted);
    lat_fields_count_int(&fields, "min_types", polarity->options.min_types);
    lat_fields_count_int(&fields, "permutations",
                         polarity->options.permutations);
    lat_fields_count_int(&fields, "population", polarity->population);
    lat_fields_count_int(&fields, "seed", polarity->options.seed);
    lat_fields_count_int(&fields, "sentences_unclassed",
                         polarity->sentences_unclassed);
    lat_fields_count_int(&fields, "tests", polarity->tests);
    lat_fields_text_int(&fields, "theta", polarity->theta.text);
    lat_fields_count_int(&fields, "unclassed", polarity->unclassed);
    lat_fields_end_int(&fields);
}

/* ---- Tables ------------------------------------------------------------- */

/* By name where the class table had names. */
static void put_class(lat_buffer *to, const lat_polarity *polarity,
                      size_t class)
{
    if (polarity->class_names == NULL)
        lat_buffer_format(to, "%lu", (unsigned long)class);
    else
        lat_tsv_text_int(to, polarity->class_names[class],
                         strlen(polarity->class_names[class]));
}

void lat_polarity_tsv_header(lat_buffer *to, const char *lead)
{
    lat_buffer_text(to, lead);
    lat_buffer_text(to, "theta\tclass\tcounted\tpolarised\tpercent\t"
                        "expected_by_chance\tchance_mean\tchance_low\t"
                        "chance_high\tall_classes\tall_percent\t"
                        "all_chance_mean\tall_chance_low\t"
                        "all_chance_high\tall_low\tall_high\n");
}

/* A line for each class, with the sum over all classes repeated: the table
 * can be filtered by class without losing it. */
void lat_polarity_tsv(lat_buffer *to, const lat_polarity *polarity,
                      const char *lead)
{
    size_t t, k;

    for (t = 0; t < polarity->thetas.count; t++)
        for (k = 0; k < polarity->classes; k++) {
            const lat_polarity_row *row = &polarity->rows[t];

            lat_buffer_text(to, lead);
            lat_buffer_format(to, "%s\t", polarity->thetas.items[t].text);
            put_class(to, polarity, k);
            lat_buffer_format(to, "\t%lu\t%lu\t",
                              (unsigned long)polarity->counted,
                              (unsigned long)row->by_class[k]);
            lat_tsv_number_int(to, lat_percent_int(row->by_class[k],
                                                   polarity->counted));
            lat_buffer_char(to, '\t');
            lat_buffer_number(to, row->expected[k]);
            lat_tsv_interval_int(to, &row->chance_by_class[k]);
            lat_buffer_format(to, "\t%lu\t", (unsigned long)row->polarised);
            lat_tsv_number_int(to, row->percent);
            lat_tsv_interval_int(to, &row->chance);
            lat_buffer_char(to, '\t');
            lat_tsv_number_int(to, row->interval.low);
            lat_buffer_char(to, '\t');
            lat_tsv_number_int(to, row->interval.high);
            lat_buffer_char(to, '\n');
        }
}

void lat_polarity_concepts_tsv_header(lat_buffer *to, const char *lead)
{
    lat_buffer_text(to, lead);
    lat_buffer_text(to, "concept\ttypes\toccurrences\tclassed\tcounted\t"
                        "majority_class\tshare\tshare_low\tshare_high\t"
                        "p\tq\tpolarised\tcounts\n");
}

void lat_polarity_concepts_tsv(lat_buffer *to, const lat_polarity *polarity,
                               const char *lead)
{
    size_t c, k;

    for (c = 0; c < polarity->count; c++) {
        const lat_polarity_concept *at = &polarity->concepts[c];
        int32_t polar = lat_polarity_class(polarity, c, &polarity->theta);

        lat_buffer_text(to, lead);
        lat_buffer_format(to, "%llu\t%lu\t%lu\t%lu\t%d\t",
                          (unsigned long long)at->id,
                          (unsigned long)at->types,
                          (unsigned long)at->occurrences,
                          (unsigned long)at->classed, at->counted);
        if (at->majority >= 0)
            put_class(to, polarity, (size_t)at->majority);
        lat_buffer_char(to, '\t');
        lat_tsv_number_int(to, at->share);
        lat_buffer_char(to, '\t');
        lat_tsv_number_int(to, at->share_interval.low);
        lat_buffer_char(to, '\t');
        lat_tsv_number_int(to, at->share_interval.high);
        lat_buffer_char(to, '\t');
        if (at->counted && at->majority >= 0) {
            lat_buffer_number(to, at->p[at->majority]);
            lat_buffer_char(to, '\t');
            lat_buffer_number(to, at->q[at->majority]);
        } else {
            lat_buffer_char(to, '\t');
        }
        lat_buffer_format(to, "\t%d\t", polar >= 0);
        for (k = 0; k < polarity->classes; k++)
            lat_buffer_format(to, "%s%lu", k > 0 ? "," : "",
                              (unsigned long)at->counts[k]);
        lat_buffer_char(to, '\n');
    }
}
