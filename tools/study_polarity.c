/*
 * study_polarity.c - task concepts of every layer of both models, by gold
 * and by predicted class.
 */
#include "study_int.h"

#include <string.h>

typedef struct polarity_output {
    lat_buffer table, concepts;
} polarity_output;

static lat_status run_classes(study *s, int side, size_t number,
                              const lat_classes *classes, const char *by,
                              polarity_output *out, lat_polarity *polarity,
                              lat_error *error)
{
    char lead[64];
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    options.min_types = s->options.min_types;
    options.theta = s->options.theta;
    options.permutations = s->options.permutations;
    options.bootstraps = s->options.bootstraps;
    options.seed = s->options.seed;
    lat_status status =
        lat_polarity_run(polarity, cli_pool(s->call),
                         &s->concepts[side][number], classes, &options,
                         error);
    if (status != LAT_OK)
        return status;
    (void)snprintf(lead, sizeof lead, "%s\t%zu\t%s\t",
                   study_side_names[side], s->layers[number], by);
    lat_polarity_tsv(&out->table, polarity, lead);
    lat_polarity_concepts_tsv(&out->concepts, polarity, lead);
    return LAT_OK;
}

static lat_status put_agreement(lat_json_writer *json, study *s, int side,
                                size_t number, const lat_polarity *gold,
                                const lat_polarity *predicted,
                                lat_error *error)
{
    lat_agreement agreement = {0};
    lat_status status = lat_agreement_run(
        &agreement, &s->concepts[side][number], &s->gold, &s->predicted,
        gold, predicted, error);
    if (status == LAT_OK) {
        lat_json_key(json, "agreement");
        lat_agreement_json(json, &agreement);
    }
    lat_agreement_free(&agreement);
    return status;
}

static lat_status run_layer(study *s, int side, size_t number,
                            polarity_output *out, lat_error *error)
{
    char name[64];
    lat_buffer text = {0};
    lat_json_writer json;
    lat_polarity gold = {0}, predicted = {0};
    bool has_gold = s->gold.sentences != 0;
    bool has_predicted = s->predicted.sentences != 0;
    lat_status status = LAT_OK;
    if (has_gold)
        status = run_classes(s, side, number, &s->gold, "gold", out, &gold,
                             error);
    if (status == LAT_OK && has_predicted)
        status = run_classes(s, side, number, &s->predicted, "predicted",
                             out, &predicted, error);
    if (status != LAT_OK)
        goto done;
    (void)snprintf(name, sizeof name, "polarity/%s-%02zu.json",
                   study_side_names[side], s->layers[number]);
    lat_json_begin(&json, &text, false); /* large: one line */
    lat_json_open(&json, '{');
    if (has_gold && has_predicted)
        status = put_agreement(&json, s, side, number, &gold, &predicted,
                               error);
    if (has_gold) {
        lat_json_key(&json, "gold");
        lat_polarity_json(&json, &gold, NULL);
    }
    lat_json_key(&json, "layer");
    lat_json_put_count(&json, s->layers[number]);
    if (has_predicted) {
        lat_json_key(&json, "predicted");
        lat_polarity_json(&json, &predicted, NULL);
    }
    lat_json_key(&json, "provenance");
    study_put_provenance(&json, s);
    lat_json_close(&json, '}');
    lat_buffer_char(&text, '\n');
    if (status == LAT_OK)
        status = study_write(s, name, &text, error);
done:
    lat_buffer_free(&text);
    /* The class that the options ask for stays, for the triggers. */
    bool keep_gold = study_classes(s) == &s->gold;
    s->polarity[side][number] = keep_gold ? gold : predicted;
    lat_polarity_free(keep_gold ? &predicted : &gold);
    return status;
}

lat_status study_polarity(study *s, lat_error *error)
{
    polarity_output out = {{0}, {0}};
    lat_status status = LAT_OK;
    if (study_classes(s) == NULL) {
        cli_say(s->call, "no classes (no label column, no classification "
                         "head): no task concepts");
        return LAT_OK;
    }
    lat_progress *progress = cli_progress(s->call);
    lat_progress_begin(progress, "task concepts", "layers",
                       2 * s->layer_count);
    lat_polarity_tsv_header(&out.table, "side\tlayer\tclasses\t");
    lat_polarity_concepts_tsv_header(&out.concepts,
                                     "side\tlayer\tclasses\t");
    for (int side = 0; side < STUDY_SIDES && status == LAT_OK; side++) {
        s->polarity[side] =
            lat_new_array(s->layer_count, sizeof *s->polarity[side]);
        if (s->polarity[side] == NULL)
            status = lat_error_memory(error, 64 * s->layer_count);
        for (size_t i = 0; i < s->layer_count && status == LAT_OK; i++) {
            status = run_layer(s, side, i, &out, error);
            lat_progress_add(progress, 1);
        }
    }
    lat_progress_end(progress);
    if (status == LAT_OK)
        status = study_write(s, "polarity/polarity.tsv", &out.table, error);
    if (status == LAT_OK)
        status = study_write(s, "polarity/concepts.tsv", &out.concepts,
                             error);
    lat_buffer_free(&out.table);
    lat_buffer_free(&out.concepts);
    return status;
}
