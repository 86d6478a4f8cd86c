/*
 * agreement.c - do the gold and the predicted classes tell the same story?
 *
 * Three levels: sentences, clustered occurrences, polarised concepts.
 */
#include "align_int.h"

#include <string.h>

/* Where a concept goes: same class under both, other, one of them only. */
static void place_concept(lat_agreement *out, uint64_t id, int32_t gold,
                          int32_t predicted)
{
    if (gold >= 0 && predicted >= 0) {
        if (gold == predicted)
            out->both_same[out->same_count++] = id;
        else
            out->both_other[out->other_count++] = id;
    } else if (gold >= 0) {
        out->gold_only[out->gold_count++] = id;
    } else if (predicted >= 0) {
        out->predicted_only[out->predicted_count++] = id;
    }
}

/* Sentences and occurrences count only where both classes are known; a
 * concept is judged at the theta of `by_gold`, so that the two results may
 * have been made with different ones. */
lat_status lat_agreement_run(lat_agreement *out,
                             const lat_concepts *concepts,
                             const lat_classes *gold,
                             const lat_classes *predicted,
                             const lat_polarity *by_gold,
                             const lat_polarity *by_predicted,
                             lat_error *error)
{
    size_t i, n = concepts->count;

    memset(out, 0, sizeof *out);
    if (gold->sentences != predicted->sentences || by_gold->count != n ||
        by_predicted->count != n)
        return lat_error_set(error, LAT_USAGE,
                             "gold and predicted classes of different "
                             "sentences");
    out->theta = by_gold->theta;
    out->both_same = lat_arena_array(&out->arena, n, sizeof(uint64_t));
    out->both_other = lat_arena_array(&out->arena, n, sizeof(uint64_t));
    out->gold_only = lat_arena_array(&out->arena, n, sizeof(uint64_t));
    out->predicted_only = lat_arena_array(&out->arena, n, sizeof(uint64_t));
    if (out->both_same == NULL || out->both_other == NULL ||
        out->gold_only == NULL || out->predicted_only == NULL) {
        lat_agreement_free(out);
        return lat_error_memory(error, 4 * n * sizeof(uint64_t));
    }
    for (i = 0; i < gold->sentences; i++)
        if (gold->of[i] >= 0 && predicted->of[i] >= 0) {
            out->sentences++;
            out->sentences_equal += gold->of[i] == predicted->of[i];
        }
    for (i = 0; i < concepts->size; i++) {
        uint32_t s = concepts->occurrences[i].sentence;

        if (s < gold->sentences && gold->of[s] >= 0 &&
            predicted->of[s] >= 0) {
            out->occurrences++;
            out->occurrences_equal += gold->of[s] == predicted->of[s];
        }
    }
    for (i = 0; i < n; i++)
        place_concept(out, concepts->ids[i],
                      lat_polarity_class(by_gold, i, &by_gold->theta),
                      lat_polarity_class(by_predicted, i, &by_gold->theta));
    return LAT_OK;
}

void lat_agreement_free(lat_agreement *agreement)
{
    if (agreement == NULL)
        return;
    lat_arena_free(&agreement->arena);
    memset(agreement, 0, sizeof *agreement);
}

/* Concepts by their numbers in the cluster file, in rising order as the
 * concepts themselves are. */
static void put_ids(json_fields *fields, const char *key,
                    const uint64_t *ids, size_t n)
{
    size_t i;

    lat_fields_key_int(fields, key);
    lat_json_open(fields->writer, '[');
    for (i = 0; i < n; i++)
        lat_json_put_count(fields->writer, ids[i]);
    lat_json_close(fields->writer, ']');
}

void lat_agreement_json(lat_json_writer *writer,
                        const lat_agreement *agreement)
{
    json_fields fields;

    lat_fields_begin_int(&fields, writer, NULL);
    lat_fields_count_int(&fields, "occurrences", agreement->occurrences);
    lat_fields_count_int(&fields, "occurrences_equal",
                         agreement->occurrences_equal);
    put_ids(&fields, "polarised_both_other", agreement->both_other,
            agreement->other_count);
    put_ids(&fields, "polarised_both_same", agreement->both_same,
            agreement->same_count);
    put_ids(&fields, "polarised_gold_only", agreement->gold_only,
            agreement->gold_count);
    put_ids(&fields, "polarised_predicted_only", agreement->predicted_only,
            agreement->predicted_count);
    lat_fields_count_int(&fields, "sentences", agreement->sentences);
    lat_fields_count_int(&fields, "sentences_equal",
                         agreement->sentences_equal);
    lat_fields_text_int(&fields, "theta", agreement->theta.text);
    lat_fields_end_int(&fields);
}
