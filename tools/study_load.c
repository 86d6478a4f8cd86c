/* study_load.c - see study_load_int.h. */
#include "study_load_int.h"

#include "trigger_files_int.h"

#include <string.h>

/* ---- plan.json ---------------------------------------------------------- */

static lat_status take_layers(study_loaded *s, const lat_json *options,
                              lat_error *error)
{
    const lat_json *list = lat_json_get(options, "layers");
    if (list == NULL || list->type != LAT_JSON_ARRAY || list->size == 0 ||
        list->size > 1000)
        return lat_error_set(error, LAT_MALFORMED,
                             "options.layers is not a list of layers");
    s->layers = lat_new_array(list->size, sizeof *s->layers);
    if (s->layers == NULL)
        return lat_error_memory(error, list->size * sizeof *s->layers);
    for (size_t i = 0; i < list->size; i++) {
        const lat_json *item = &list->items[i];
        if (item->type != LAT_JSON_NUMBER || !item->integer ||
            item->whole < 0 || item->whole > 10000)
            return lat_error_set(error, LAT_MALFORMED,
                                 "options.layers[%zu] is not a layer", i);
        s->layers[s->layer_count++] = (size_t)item->whole;
    }
    return LAT_OK;
}

/* "mean", "split", "first,split": the values of --words, in any order. */
static void take_words(study_loaded *s, const char *text)
{
    for (const char *at = text;; at++) {
        size_t size = strcspn(at, ",");
        if (size == 5 && memcmp(at, "first", size) == 0)
            s->pooling = LAT_POOL_FIRST;
        else if (size == 4 && memcmp(at, "mean", size) == 0)
            s->pooling = LAT_POOL_MEAN;
        else if (size == 5 && memcmp(at, "split", size) == 0)
            s->rule = LAT_WORDS_SPLIT;
        at += size;
        if (*at == '\0')
            return;
    }
}

static lat_status take_options(study_loaded *s, const lat_json *plan,
                               lat_error *error)
{
    bool bad = false;
    const lat_json *o = lat_json_get(plan, "options");
    if (o == NULL)
        return lat_error_set(error, LAT_MALFORMED,
                             "no member \"options\": not a study's plan");
    const char *theta = lat_json_text(o, "theta", "0.90", &bad);
    const char *polarity = lat_json_text(o, "polarity", "gold", &bad);
    const lat_json *words = lat_json_get(o, "words");
    uint64_t types = lat_json_count(o, "min_types", 6, &bad);
    s->seed = lat_json_count(o, "seed", 1, &bad);
    if (bad || types > UINT32_MAX || strlen(theta) >= sizeof s->theta)
        return lat_error_set(error, LAT_MALFORMED,
                             "options have members of the wrong type");
    memcpy(s->theta, theta, strlen(theta) + 1);
    s->min_types = (uint32_t)types;
    s->predicted = strcmp(polarity, "predicted") == 0;
    s->pooling = LAT_POOL_LAST;
    s->rule = LAT_WORDS_WHITESPACE;
    for (size_t i = 0; words != NULL && words->type == LAT_JSON_ARRAY &&
                       i < words->size; i++)
        if (words->items[i].type == LAT_JSON_STRING)
            take_words(s, words->items[i].string);
    return take_layers(s, o, error);
}

static lat_status read_plan(study_loaded *s, lat_error *error)
{
    lat_map map = {0};
    lat_arena arena = {0};
    const lat_json *plan = NULL;
    char *path = lat_path_join(s->folder, "plan.json");
    lat_status status =
        path == NULL ? lat_error_memory(error, strlen(s->folder))
                     : lat_map_open(&map, path, error);
    if (status == LAT_OK) {
        status = lat_json_parse(&plan, &arena, map.data, map.size, error);
        if (status == LAT_OK)
            status = take_options(s, plan, error);
        if (status != LAT_OK)
            lat_error_in_file(error, path);
        lat_map_close(&map);
    }
    lat_arena_free(&arena);
    lat_free(path);
    return status;
}

/* ---- sentences.tsv ------------------------------------------------------ */

/* The model's number of a class, -1 for an empty cell. */
static lat_status find_class(int32_t *out, const lat_model_info *model,
                             const char *name, lat_error *error)
{
    uint64_t number = 0;
    *out = -1;
    if (name[0] == '\0')
        return LAT_OK;
    for (size_t c = 0; model->labels != NULL && c < model->classes; c++)
        if (strcmp(model->labels[c], name) == 0) {
            *out = (int32_t)c;
            return LAT_OK;
        }
    if (model->labels == NULL && lat_integer_read(name, strlen(name), &number)
        && number < model->classes) {
        *out = (int32_t)number;
        return LAT_OK;
    }
    return lat_error_set(error, LAT_OUT_OF_RANGE,
                         "the study's class '%.60s' is none of the model's; "
                         "expected the tuned model of the study", name);
}

static lat_status take_sentences(study_loaded *s, const lat_model_info *model,
                                 lat_error *error)
{
    const lat_table *t = &s->corpus.table;
    size_t a = lat_table_column(t, "text"), b = lat_table_column(t, "text2");
    size_t class_column =
        lat_table_column(t, s->predicted ? "predicted" : "gold");
    if (a == t->columns || class_column == t->columns)
        return lat_error_set(error, LAT_NOT_FOUND,
                             "no column text, or none of the classes");
    int32_t *of = lat_new_array(t->rows, sizeof *of);
    s->corpus.sentences =
        lat_new_array(t->rows, sizeof *s->corpus.sentences);
    lat_status status = LAT_OK;
    if (of == NULL || s->corpus.sentences == NULL)
        status = lat_error_memory(error, t->rows * 64);
    s->corpus.count = t->rows;
    s->corpus.pairs = b != t->columns;
    for (size_t i = 0; i < t->rows && status == LAT_OK; i++) {
        char **row = t->cells + i * t->columns;
        status = find_class(&of[i], model, row[class_column], error);
        s->corpus.sentences[i] = (lat_sentence){
            .a = row[a], .a_size = strlen(row[a]), .gold = of[i],
            .b = s->corpus.pairs ? row[b] : NULL,
            .b_size = s->corpus.pairs ? strlen(row[b]) : 0,
            .line = t->lines[i]};
    }
    if (status == LAT_OK)
        status = lat_classes_make(&s->classes, of, t->rows,
                                  (const char *const *)model->labels,
                                  model->classes, error);
    lat_free(of);
    return status;
}

lat_status study_load(study_loaded *out, const char *folder,
                      const lat_model_info *model, lat_error *error)
{
    memset(out, 0, sizeof *out);
    out->folder = folder;
    char *sentences = lat_path_join(folder, "sentences.tsv");
    char *text = lat_path_join(folder, "text.in");
    lat_status status = read_plan(out, error);
    if (status == LAT_OK && (sentences == NULL || text == NULL))
        status = lat_error_memory(error, strlen(folder));
    if (status == LAT_OK)
        status = lat_table_open(&out->corpus.table, sentences, error);
    if (status == LAT_OK) {
        status = take_sentences(out, model, error);
        if (status != LAT_OK)
            lat_error_in_file(error, sentences);
    }
    if (status == LAT_OK)
        status = lat_text_read(&out->text, text, error);
    lat_free(sentences);
    lat_free(text);
    if (status != LAT_OK)
        study_loaded_free(out);
    return status;
}

/* ---- Layers ------------------------------------------------------------- */

static lat_status load_layer(study_loaded *s, lat_pool *pool, size_t i,
                             size_t number, lat_error *error)
{
    char *path = lat_format("%s/tuned/layer-%02zu/concepts.txt", s->folder,
                            number);
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    options.min_types = s->min_types;
    options.theta = s->theta;
    options.permutations = options.bootstraps = 0; /* levels are known */
    options.seed = s->seed;
    if (path == NULL)
        return lat_error_memory(error, strlen(s->folder));
    lat_status status = lat_concepts_read(&s->concepts[i], path, error);
    if (status == LAT_OK) {
        status = lat_polarity_run(&s->polarity[i], pool, &s->concepts[i],
                                  &s->classes, &options, error);
        if (status != LAT_OK)
            lat_error_in_file(error, path);
    }
    s->chosen[i] =
        (lat_search_layer){number, &s->concepts[i], &s->polarity[i]};
    lat_free(path);
    return status;
}

lat_status study_load_layers(study_loaded *s, lat_pool *pool,
                             const char *list, lat_error *error)
{
    size_t *numbers = NULL;
    lat_status status =
        trigger_layers(&numbers, &s->chosen_count, list, s->layers,
                       s->layer_count, error);
    if (status != LAT_OK)
        return status;
    s->chosen = lat_new_array(s->chosen_count, sizeof *s->chosen);
    s->concepts = lat_new_array(s->chosen_count, sizeof *s->concepts);
    s->polarity = lat_new_array(s->chosen_count, sizeof *s->polarity);
    if (s->chosen == NULL || s->concepts == NULL || s->polarity == NULL)
        status = lat_error_memory(error, s->chosen_count * 256);
    for (size_t i = 0; i < s->chosen_count && status == LAT_OK; i++)
        status = load_layer(s, pool, i, s->layers[numbers[i]], error);
    lat_free(numbers);
    return status;
}

void study_loaded_free(study_loaded *s)
{
    for (size_t i = 0; i < s->chosen_count; i++) {
        if (s->concepts != NULL)
            lat_concepts_free(&s->concepts[i]);
        if (s->polarity != NULL)
            lat_polarity_free(&s->polarity[i]);
    }
    lat_free(s->chosen);
    lat_free(s->concepts);
    lat_free(s->polarity);
    lat_free(s->layers);
    lat_classes_free(&s->classes);
    lat_text_free(&s->text);
    lat_corpus_free(&s->corpus);
    memset(s, 0, sizeof *s);
}
