/*
 * study_triggers.c - triggers out of the polarised concepts of the study's
 * last layer, or of the layers that --trigger-layers names.  What cannot
 * be done is refused when the study is opened, before hours are spent.
 */
#include "study_int.h"
#include "trigger_files_int.h"

#include <string.h>

lat_status study_triggers_check(const study *s, lat_error *error)
{
    lat_insertion insertions[TRIGGER_INSERTIONS];
    lat_search_options options;
    size_t *numbers = NULL, count = 0;
    lat_status status = trigger_options(&options, insertions, s->call, error);
    if (status == LAT_OK && s->options.eval != NULL)
        status = lat_search_check(&options, s->eval.pairs, error);
    if (status == LAT_OK && s->options.eval != NULL &&
        s->readers[STUDY_TUNED].info->head == LAT_HEAD_SEQUENCE) {
        status = lat_evaluation_check(&s->eval, error);
        if (status != LAT_OK)
            lat_error_in_file(error, s->options.eval);
    }
    if (status == LAT_OK)
        status = trigger_layers(&numbers, &count,
                                cli_text(s->call, "trigger-layers"),
                                s->layers, s->layer_count, error);
    lat_free(numbers);
    return status;
}

static lat_status search_layers(study *s, const size_t *numbers,
                                size_t count, const lat_classes *classes,
                                lat_error *error)
{
    lat_insertion insertions[TRIGGER_INSERTIONS];
    lat_search search = {0};
    lat_search_options options;
    lat_search_layer *layers = lat_new_array(count, sizeof *layers);
    char *cache = study_path(s, "triggers/trials.cache");
    char *folder = study_path(s, "triggers");
    lat_status status = trigger_options(&options, insertions, s->call, error);
    if (status == LAT_OK &&
        (layers == NULL || cache == NULL || folder == NULL))
        status = lat_error_memory(error, count * sizeof *layers);
    for (size_t i = 0; i < count && status == LAT_OK; i++)
        layers[i] = (lat_search_layer){
            s->layers[numbers[i]], &s->concepts[STUDY_TUNED][numbers[i]],
            &s->polarity[STUDY_TUNED][numbers[i]]};
    options.bootstraps = s->options.bootstraps;
    options.seed = s->options.seed;
    options.cache = cache;
    lat_search_input input = {
        .reader = &s->readers[STUDY_TUNED], .evaluation = &s->eval,
        .clustered = &s->corpus, .layers = layers, .layer_count = count,
        .classes = classes, .vocabulary = s->text.set,
        .announce = trigger_announce, .context = s->call};
    if (status == LAT_OK) {
        status = lat_search_run(&search, cli_pool(s->call), &input, &options,
                                cli_progress(s->call), error);
        if (status != LAT_OK)
            lat_error_in_file(error, s->options.eval);
    }
    if (status == LAT_OK) {
        const lat_json_extra extra[] = {
            {"provenance", study_put_provenance, s}, {NULL, NULL, NULL}};
        trigger_say(s->call, &search);
        status = trigger_write(s->call, folder, &search, extra, error);
    }
    if (status == LAT_OK)
        lat_search_tidy(&search);
    lat_search_free(&search);
    lat_free(layers);
    lat_free(cache);
    lat_free(folder);
    return status;
}

lat_status study_triggers(study *s, lat_error *error)
{
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    const lat_classes *classes = study_classes(s);
    size_t *numbers = NULL, count = 0;
    if (s->options.eval == NULL || classes == NULL ||
        info->head != LAT_HEAD_SEQUENCE) {
        cli_say(s->call, "no triggers: they need --eval, classes and a "
                         "classification head");
        return LAT_OK;
    }
    lat_status status =
        trigger_layers(&numbers, &count, cli_text(s->call, "trigger-layers"),
                       s->layers, s->layer_count, error);
    if (status == LAT_OK)
        status = search_layers(s, numbers, count, classes, error);
    lat_free(numbers);
    return status;
}
