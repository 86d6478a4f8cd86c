/*
 * study_triggers.c - triggers out of the last layer's polarised concepts.
 */
#include "study_int.h"

#include <string.h>

static lat_status write_search(const study *s, const lat_search *search,
                               size_t number, lat_error *error)
{
    const lat_concepts *concepts = &s->concepts[STUDY_TUNED][number];
    const lat_json_extra extra[] = {
        {"provenance", study_put_provenance, s}, {NULL, NULL, NULL}};
    lat_buffer text = {0};
    lat_json_writer json;
    lat_search_tsv(&text, search, concepts);
    lat_status status =
        study_write(s, "triggers/triggers.tsv", &text, error);
    if (status == LAT_OK) {
        lat_search_summary_tsv(&text, search);
        status = study_write(s, "triggers/summary.tsv", &text, error);
    }
    if (status == LAT_OK) {
        lat_json_begin(&json, &text, true);
        lat_search_json(&json, search, concepts, extra);
        lat_buffer_char(&text, '\n');
        status = study_write(s, "triggers/triggers.json", &text, error);
    }
    return status;
}

static void say_result(const study *s, const lat_search *search)
{
    const lat_evaluation *e = &search->evaluation;
    bool any = false;
    for (size_t i = 0; i < search->scored_count; i++)
        any |= search->scored[i].source == LAT_SOURCE_CONCEPT;
    cli_say(s->call,
            "triggers: %zu of %zu sentences are predicted right (%zu wrong, "
            "%zu without a label, %zu also in --data); %zu for choosing, "
            "%zu held out",
            e->count, e->corpus->count, e->wrong, e->unlabelled,
            e->clustered, search->development, search->held_out);
    if (!any)
        cli_say(s->call, "triggers: no concept of the last layer is "
                         "polarised, so there is no trigger to try");
}

lat_status study_triggers(study *s, lat_error *error)
{
    static const lat_insertion both[] = {LAT_INSERT_PREPEND,
                                         LAT_INSERT_APPEND};
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    const lat_classes *classes = study_classes(s);
    size_t last = s->layer_count - 1;
    if (s->options.eval == NULL || classes == NULL ||
        info->head != LAT_HEAD_SEQUENCE) {
        cli_say(s->call, "no triggers: they need --eval, classes and a "
                         "classification head");
        return LAT_OK;
    }
    lat_search search = {0};
    lat_progress *progress = cli_progress(s->call);
    lat_search_input input = {
        .reader = &s->readers[STUDY_TUNED], .evaluation = &s->eval,
        .clustered = &s->corpus, .concepts = &s->concepts[STUDY_TUNED][last],
        .polarity = &s->polarity[STUDY_TUNED][last], .classes = classes};
    lat_search_options options = {
        .candidates = (size_t)cli_count(s->call, "candidates"),
        .keep = (size_t)cli_count(s->call, "keep"), .insertions = both,
        .insertion_count = 2, .where = LAT_PAIR_SECOND,
        .bootstraps = s->options.bootstraps, .seed = s->options.seed};
    lat_progress_begin(progress, "triggers", "sentences", 0);
    lat_status status = lat_search_run(&search, cli_pool(s->call), &input,
                                       &options, progress, error);
    lat_progress_end(progress);
    if (status != LAT_OK) {
        lat_error_in_file(error, s->options.eval);
        return status;
    }
    say_result(s, &search);
    status = write_search(s, &search, last, error);
    lat_search_free(&search);
    return status;
}
