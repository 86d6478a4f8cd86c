/*
 * report_diff_plain.c - two studies in 80 columns: what was set otherwise,
 * then layer by layer.
 *
 *     Polarised concepts, percent: all classes
 *     layer      A      B  B less A
 *         6   60.0   41.5     -18.5
 */
#include "report_diff_int.h"

#include <math.h>
#include <string.h>

static void put_heads(lat_buffer *to, const rep_both *both)
{
    for (size_t i = 0; i < REP_HEADS; i++) {
        lat_buffer name = {0}, values[REP_STUDIES] = {{0}, {0}};
        rep_both_head(&name, values, both, i);
        lat_buffer_char(&name, '\0');
        to->failed = to->failed || name.failed;
        for (int s = 0; s < REP_STUDIES; s++) {
            lat_buffer_char(&values[s], '\0');
            to->failed = to->failed || values[s].failed;
        }
        if (!to->failed) {
            lat_buffer_format(to, "%-20s  A ", name.data);
            rep_plain(to, values[REP_A].data);
            if (strcmp(values[REP_A].data, values[REP_B].data) != 0) {
                lat_buffer_format(to, "\n%-20s  B ", "");
                rep_plain(to, values[REP_B].data);
            } else {
                lat_buffer_text(to, " (both)");
            }
            lat_buffer_char(to, '\n');
        }
        for (int s = 0; s < REP_STUDIES; s++)
            lat_buffer_free(&values[s]);
        lat_buffer_free(&name);
    }
}

static void put_facts(lat_buffer *to, const rep_both *both)
{
    const rep_study *a = &both->studies[REP_A];
    size_t n = 0;
    for (size_t i = 0; i < a->fact_count; i++) {
        const char *other = rep_same_fact(a, i, &both->studies[REP_B]);
        n += other == NULL || strcmp(other, a->facts[i].value) != 0;
    }
    lat_buffer_format(to, "%zu options, counts and hashes of A differ in B "
                          "(`latent diff` lists them).\n", n);
}

static void put_cell(lat_buffer *to, double value)
{
    if (isnan(value))
        lat_buffer_text(to, "    n/a");
    else
        lat_buffer_format(to, " %6.1f", value);
}

static void put_measure(lat_buffer *to, const rep_both *both,
                        const char *heading, const rep_measure *m)
{
    char title[120];
    if (!rep_measure_known(both, m))
        return;
    rep_measure_title(title, m);
    lat_buffer_format(to, "\n%s, percent: ", heading);
    rep_plain(to, title);
    lat_buffer_text(to, "\nlayer      A      B  B less A\n");
    for (size_t l = 0; l < both->layer_count; l++) {
        double a = rep_measured(both, m, REP_A, l).value;
        double b = rep_measured(both, m, REP_B, l).value;
        if (isnan(a) && isnan(b))
            continue;
        lat_buffer_format(to, "%5zu", both->numbers[l]);
        put_cell(to, a);
        put_cell(to, b);
        if (isnan(b - a))
            lat_buffer_text(to, "       n/a\n");
        else
            lat_buffer_format(to, "  %+8.1f\n", b - a);
    }
}

static void put_flips(lat_buffer *to, const rep_both *both)
{
    const rep_study *a = &both->studies[REP_A];
    lat_buffer_text(to, "\nPredictions turned by one inserted word, percent"
                        "\nsource    inserted      A      B  to\n");
    for (size_t i = 0; i < a->flip_count; i++) {
        const rep_flip *x = &a->flips[i], *y = rep_same_flip(both, x);
        if (!rep_flip_counts(a, x))
            continue;
        rep_plain_cell(to, x->source, 10);
        rep_plain_cell(to, x->insertion, 8);
        put_cell(to, 100.0 * x->rate.value);
        put_cell(to, y == NULL ? NAN : 100.0 * y->rate.value);
        lat_buffer_text(to, "  ");
        rep_plain(to, x->target < 0 ? "any" : a->class_names[x->target]);
        lat_buffer_char(to, '\n');
    }
}

void rep_diff_plain(lat_buffer *to, const rep_both *both)
{
    static const struct {
        rep_quantity what;
        const char *heading;
    } parts[] = {{REP_TUNED_IN_BASE, "Base and tuned model"},
                 {REP_FAMILY, "Human-defined labels, tuned model"},
                 {REP_POLARISED, "Polarised concepts, tuned model"},
                 {REP_FATE, "Fates, tuned model"},
                 {REP_SAME, "The concepts themselves, tuned model"}};
    lat_buffer_text(to, "A  ");
    rep_plain(to, both->names[REP_A]);
    lat_buffer_text(to, "\nB  ");
    rep_plain(to, both->names[REP_B]);
    lat_buffer_text(to, "\n\n");
    put_heads(to, both);
    put_facts(to, both);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        rep_measure list[REP_MEASURES];
        size_t n = rep_measures(list, both, parts[i].what, REP_TUNED);
        for (size_t k = 0; k < n; k++)
            put_measure(to, both, parts[i].heading, &list[k]);
    }
    if (both->studies[REP_A].flip_count != 0 &&
        both->studies[REP_B].flip_count != 0)
        put_flips(to, both);
}
