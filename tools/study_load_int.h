/*
 * study_load_int.h - a finished study folder, as far as work that goes on
 * from it needs: options, clustered sentences with their classes, words,
 * concepts and polarity of chosen layers of the tuned model.
 *
 *     study_loaded study = {0};
 *     study_load(&study, "study", reader.info, &error);
 *     study_load_layers(&study, pool, "last", &error);
 *     ... study.chosen[0].concepts ...
 *     study_loaded_free(&study);
 */
#ifndef LATENT_STUDY_LOAD_INT_H
#define LATENT_STUDY_LOAD_INT_H

#include "../triggers/triggers.h"

typedef struct study_loaded {
    const char *folder;
    size_t *layers;     /* of the study */
    size_t layer_count;
    char theta[LAT_THETA_TEXT];
    uint32_t min_types;
    bool predicted;     /* polarity by predicted class */
    lat_pooling pooling;
    lat_word_rule rule;
    uint64_t seed;
    lat_corpus corpus;  /* sentences.tsv: what was clustered */
    lat_classes classes;
    lat_text text;      /* text.in: all words */
    size_t chosen_count;
    lat_search_layer *chosen;
    lat_concepts *concepts; /* chosen_count each */
    lat_polarity *polarity;
} study_loaded;
/* Class names are those of the model; LAT_OUT_OF_RANGE when the study knows
 * others. */
lat_status study_load(study_loaded *out, const char *folder,
                      const lat_model_info *model, lat_error *error);
/* "last", "all" or a list of layer numbers. */
lat_status study_load_layers(study_loaded *out, lat_pool *pool,
                             const char *list, lat_error *error);
void study_loaded_free(study_loaded *study);

#endif
