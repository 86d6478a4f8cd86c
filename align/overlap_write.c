/*
 * overlap_write.c - an overlap as JSON and as tables.
 *
 * Concepts are named by their numbers in the cluster files, not by index.
 */
#include "align_int.h"

#include <stdlib.h>
#include <string.h>

static void put_aligned(json_fields *fields, const char *key,
                        const lat_match *matches, size_t n,
                        const lat_theta *theta)
{
    size_t i;

    lat_fields_key_int(fields, key);
    lat_json_open(fields->writer, '[');
    for (i = 0; i < n; i++)
        if (matches[i].counted && matches[i].as_source >= theta->value)
            lat_json_put_count(fields->writer, matches[i].id);
    lat_json_close(fields->writer, ']');
}

typedef struct fate_entry {
    char key[24]; /* the concept's number */
    lat_fate fate;
} fate_entry;

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const fate_entry *)a)->key, ((const fate_entry *)b)->key);
}

/* Keys are concept numbers, sorted as text like all keys. */
static void put_fates(json_fields *fields, const char *key,
                      const lat_match *matches, size_t n, bool tuned_side,
                      const lat_theta *theta)
{
    fate_entry *entries = lat_new_array(n, sizeof *entries);
    size_t i, count = 0;

    lat_fields_key_int(fields, key);
    lat_json_open(fields->writer, '{');
    if (entries == NULL)
        fields->writer->to->failed = true;
    for (i = 0; entries != NULL && i < n; i++) {
        fate_entry *entry = &entries[count];

        entry->fate = lat_overlap_fate(&matches[i], tuned_side, theta);
        if (entry->fate == LAT_FATE_NONE)
            continue;
        snprintf(entry->key, sizeof entry->key, "%llu",
                 (unsigned long long)matches[i].id);
        count++;
    }
    if (count > 0)
        qsort(entries, count, sizeof *entries, compare_entries);
    for (i = 0; i < count; i++) {
        lat_json_key(fields->writer, entries[i].key);
        lat_json_put_text(fields->writer,
                          lat_fate_name(entries[i].fate, tuned_side));
    }
    lat_json_close(fields->writer, '}');
    lat_free(entries);
}

/* kept < lost < merged < new < split: the order of the names. */
static void put_fate_counts(json_fields *fields, const char *key,
                            const size_t counts[4], bool tuned_side)
{
    json_fields inner;

    lat_fields_key_int(fields, key);
    lat_fields_begin_int(&inner, fields->writer, NULL);
    lat_fields_count_int(&inner, "kept", counts[LAT_FATE_KEPT]);
    if (!tuned_side)
        lat_fields_count_int(&inner, "lost", counts[LAT_FATE_GONE]);
    lat_fields_count_int(&inner, "merged", counts[LAT_FATE_MERGED]);
    if (tuned_side)
        lat_fields_count_int(&inner, "new", counts[LAT_FATE_GONE]);
    lat_fields_count_int(&inner, "split", counts[LAT_FATE_SPLIT]);
    lat_fields_end_int(&inner);
}

/* Of every concept at every theta it would be the bulk of the file. */
static bool lists_fates(const lat_overlap *overlap, const lat_theta *theta)
{
    return overlap->thetas.count <= 3 || theta->value == 0.50 ||
           theta->value == 0.75 || theta->value == 0.90;
}

static void put_row(lat_json_writer *writer, const lat_overlap *overlap,
                    size_t k)
{
    const lat_overlap_row *row = &overlap->rows[k];
    const lat_theta *theta = &overlap->thetas.items[k];
    bool fates = lists_fates(overlap, theta);
    bool chance = overlap->options.permutations > 0;
    bool bootstrap = overlap->options.bootstraps > 0;
    json_fields fields;

    lat_fields_begin_int(&fields, writer, NULL);
    put_aligned(&fields, "base_aligned", overlap->base, overlap->base_count,
                theta);
    if (chance)
        lat_fields_interval_int(&fields, "base_to_tuned_chance",
                                &row->base_chance);
    if (bootstrap)
        lat_fields_interval_int(&fields, "base_to_tuned_interval",
                                &row->base_interval);
    lat_fields_number_int(&fields, "base_to_tuned_percent",
                          row->base_to_tuned_percent);
    if (fates)
        put_fates(&fields, "fates_base", overlap->base, overlap->base_count,
                  false, theta);
    put_fate_counts(&fields, "fates_base_count", row->fates_base, false);
    if (fates)
        put_fates(&fields, "fates_tuned", overlap->tuned,
                  overlap->tuned_count, true, theta);
    put_fate_counts(&fields, "fates_tuned_count", row->fates_tuned, true);
    lat_fields_text_int(&fields, "theta", theta->text);
    put_aligned(&fields, "tuned_aligned", overlap->tuned,
                overlap->tuned_count, theta);
    if (chance)
        lat_fields_interval_int(&fields, "tuned_to_base_chance",
                                &row->tuned_chance);
    if (bootstrap)
        lat_fields_interval_int(&fields, "tuned_to_base_interval",
                                &row->tuned_interval);
    lat_fields_number_int(&fields, "tuned_to_base_percent",
                          row->tuned_to_base_percent);
    lat_fields_end_int(&fields);
}

/* Best matches are named by number: `others` has those of the other side. */
static void put_matches(json_fields *fields, const char *key,
                        const lat_match *matches, size_t n,
                        const uint64_t *others)
{
    size_t i;

    lat_fields_key_int(fields, key);
    lat_json_open(fields->writer, '[');
    for (i = 0; i < n; i++) {
        const lat_match *match = &matches[i];
        json_fields one;

        lat_fields_begin_int(&one, fields->writer, NULL);
        lat_fields_count_int(&one, "best", others[match->best]);
        lat_fields_count_int(&one, "best_by_jaccard",
                             others[match->best_by_jaccard]);
        lat_fields_count_int(&one, "concept", match->id);
        lat_fields_number_int(&one, "highest_jaccard",
                              match->highest_jaccard);
        lat_fields_number_int(&one, "jaccard", match->jaccard);
        lat_fields_count_int(&one, "occurrences", match->occurrences);
        lat_fields_number_int(&one, "share", match->share);
        lat_fields_count_int(&one, "types", match->types);
        lat_fields_end_int(&one);
    }
    lat_json_close(fields->writer, ']');
}

/* Sizes stand with the matches. `cka` is null until somebody puts a value
 * in. */
void lat_overlap_json(lat_json_writer *writer, const lat_overlap *overlap,
                      const lat_json_extra *extra)
{
    json_fields fields, best;
    size_t k;

    lat_fields_begin_int(&fields, writer, extra);
    lat_fields_count_int(&fields, "base_concepts", overlap->base_count);
    lat_fields_count_int(&fields, "base_counted", overlap->base_counted);
    lat_fields_key_int(&fields, "best_match");
    lat_fields_begin_int(&best, writer, NULL);
    put_matches(&best, "base", overlap->base, overlap->base_count,
                overlap->tuned_ids);
    put_matches(&best, "tuned", overlap->tuned, overlap->tuned_count,
                overlap->base_ids);
    lat_fields_text_int(&best, "unit",
                        lat_unit_name(overlap->options.unit));
    lat_fields_end_int(&best);
    lat_fields_count_int(&fields, "bootstraps",
                         overlap->options.bootstraps);
    lat_fields_key_int(&fields, "by_theta");
    lat_json_open(writer, '[');
    for (k = 0; k < overlap->thetas.count; k++)
        put_row(writer, overlap, k);
    lat_json_close(writer, ']');
    lat_fields_number_int(&fields, "cka", overlap->cka);
    lat_fields_count_int(&fields, "min_types", overlap->options.min_types);
    lat_fields_count_int(&fields, "permutations",
                         overlap->options.permutations);
    lat_fields_count_int(&fields, "seed", overlap->options.seed);
    lat_fields_number_int(&fields, "size_ratio",
                          overlap->options.size_ratio);
    lat_fields_count_int(&fields, "tuned_concepts", overlap->tuned_count);
    lat_fields_count_int(&fields, "tuned_counted", overlap->tuned_counted);
    lat_fields_text_int(&fields, "unit",
                        lat_unit_name(overlap->options.unit));
    lat_fields_end_int(&fields);
}

/* ---- Tables ------------------------------------------------------------- */

void lat_overlap_tsv_header(lat_buffer *to, const char *lead)
{
    lat_buffer_text(to, lead);
    lat_buffer_text(to,
                    "unit\tmin_types\tsize_ratio\ttheta\t"
                    "tuned_counted\ttuned_aligned\ttuned_to_base_percent\t"
                    "tuned_chance_mean\ttuned_chance_low\t"
                    "tuned_chance_high\ttuned_low\ttuned_high\t"
                    "base_counted\tbase_aligned\tbase_to_tuned_percent\t"
                    "base_chance_mean\tbase_chance_low\tbase_chance_high\t"
                    "base_low\tbase_high\t"
                    "tuned_kept\ttuned_split\ttuned_merged\ttuned_new\t"
                    "base_kept\tbase_split\tbase_merged\tbase_lost\tcka\n");
}

/* Denominator, aligned, percentage, its chance level and its interval. */
static void put_side(lat_buffer *to, size_t counted, size_t aligned,
                     double percent, const lat_interval *chance,
                     const lat_interval *interval)
{
    lat_buffer_format(to, "\t%lu\t%lu\t", (unsigned long)counted,
                      (unsigned long)aligned);
    lat_tsv_number_int(to, percent);
    lat_tsv_interval_int(to, chance);
    lat_buffer_char(to, '\t');
    lat_tsv_number_int(to, interval->low);
    lat_buffer_char(to, '\t');
    lat_tsv_number_int(to, interval->high);
}

void lat_overlap_tsv(lat_buffer *to, const lat_overlap *overlap,
                     const char *lead)
{
    size_t k, f;

    for (k = 0; k < overlap->thetas.count; k++) {
        const lat_overlap_row *row = &overlap->rows[k];

        lat_buffer_text(to, lead);
        lat_buffer_format(to, "%s\t%lu\t",
                          lat_unit_name(overlap->options.unit),
                          (unsigned long)overlap->options.min_types);
        lat_buffer_number(to, overlap->options.size_ratio);
        lat_buffer_format(to, "\t%s", overlap->thetas.items[k].text);
        put_side(to, overlap->tuned_counted, row->tuned_aligned,
                 row->tuned_to_base_percent, &row->tuned_chance,
                 &row->tuned_interval);
        put_side(to, overlap->base_counted, row->base_aligned,
                 row->base_to_tuned_percent, &row->base_chance,
                 &row->base_interval);
        for (f = 0; f < 4; f++)
            lat_buffer_format(to, "\t%lu",
                              (unsigned long)row->fates_tuned[f]);
        for (f = 0; f < 4; f++)
            lat_buffer_format(to, "\t%lu",
                              (unsigned long)row->fates_base[f]);
        lat_buffer_char(to, '\t');
        lat_tsv_number_int(to, overlap->cka);
        lat_buffer_char(to, '\n');
    }
}

void lat_overlap_matches_tsv_header(lat_buffer *to, const char *lead)
{
    lat_buffer_text(to, lead);
    lat_buffer_text(to, "side\tconcept\ttypes\toccurrences\tcounted\tbest\t"
                        "share\tjaccard\tbest_by_jaccard\t"
                        "highest_jaccard\ttheta\tfate\n");
}

static void put_match_lines(lat_buffer *to, const lat_overlap *overlap,
                            bool tuned_side, const lat_theta *theta,
                            const char *lead)
{
    const lat_match *matches = tuned_side ? overlap->tuned : overlap->base;
    const uint64_t *others = tuned_side ? overlap->base_ids
                                        : overlap->tuned_ids;
    size_t i, n = tuned_side ? overlap->tuned_count : overlap->base_count;

    for (i = 0; i < n; i++) {
        const lat_match *match = &matches[i];

        lat_buffer_text(to, lead);
        lat_buffer_format(to, "%s\t%llu\t%lu\t%lu\t%d\t%llu\t",
                          tuned_side ? "tuned" : "base",
                          (unsigned long long)match->id,
                          (unsigned long)match->types,
                          (unsigned long)match->occurrences, match->counted,
                          (unsigned long long)others[match->best]);
        lat_buffer_number(to, match->share);
        lat_buffer_char(to, '\t');
        lat_buffer_number(to, match->jaccard);
        lat_buffer_format(to, "\t%llu\t", (unsigned long long)
                          others[match->best_by_jaccard]);
        lat_buffer_number(to, match->highest_jaccard);
        lat_buffer_format(to, "\t%s\t%s\n", theta->text,
                          lat_fate_name(lat_overlap_fate(match, tuned_side,
                                                         theta),
                                        tuned_side));
    }
}

void lat_overlap_matches_tsv(lat_buffer *to, const lat_overlap *overlap,
                             const lat_theta *theta, const char *lead)
{
    put_match_lines(to, overlap, true, theta, lead);
    put_match_lines(to, overlap, false, theta, lead);
}
