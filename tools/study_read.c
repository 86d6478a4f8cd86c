/*
 * study_read.c - a finished study folder into memory, for the report.
 *
 * Only the concepts themselves must be there; every table that is missing
 * leaves its part of the report out.  Class counts of concepts are made here
 * from the concepts and the sentences' classes, so that they are at hand
 * even when a study ran without its polarity stage.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

int rep_side_find(const char *name)
{
    if (name == NULL)
        return -1;
    if (strcmp(name, "base") == 0)
        return REP_BASE;
    return strcmp(name, "tuned") == 0 ? REP_TUNED : -1;
}

rep_rate rep_rate_none(void)
{
    rep_rate none = {NAN, NAN, NAN, NAN, NAN, NAN};
    return none;
}

size_t rep_layer_find(const rep_study *study, uint64_t number)
{
    size_t i = 0;
    while (i < study->layer_count &&
           study->layers[REP_BASE][i].number != number)
        i++;
    return i;
}

int32_t rep_class_find(const rep_study *study, const char *name)
{
    uint64_t number = 0;
    if (name == NULL || name[0] == '\0')
        return -1;
    for (size_t c = 0; c < study->classes; c++)
        if (strcmp(study->class_names[c], name) == 0)
            return (int32_t)c;
    if (lat_integer_read(name, strlen(name), &number) &&
        number < study->classes)
        return (int32_t)number;
    return -1;
}

/* ---- Tables ------------------------------------------------------------ */

lat_status rep_table_open(lat_table *out, bool *found, const char *folder,
                          const char *name, lat_error *error)
{
    char *path = lat_path_join(folder, name);
    lat_status status = LAT_OK;
    *found = false;
    if (path == NULL)
        return lat_error_memory(error, strlen(folder) + strlen(name));
    if (lat_path_exists(path)) {
        status = lat_table_open(out, path, error);
        *found = status == LAT_OK;
    }
    lat_free(path);
    return status;
}

const char *rep_cell(const lat_table *table, size_t row, const char *names)
{
    for (const char *at = names; *at != '\0';) {
        size_t size = strcspn(at, "|");
        for (size_t c = 0; c < table->columns; c++)
            if (strncmp(table->names[c], at, size) == 0 &&
                table->names[c][size] == '\0')
                return table->cells[row * table->columns + c];
        at += size + (at[size] == '|');
    }
    return NULL;
}

double rep_cell_number(const lat_table *table, size_t row, const char *names)
{
    const char *cell = rep_cell(table, row, names);
    double value = NAN;
    if (cell == NULL || !lat_number_read(cell, strlen(cell), &value))
        return NAN;
    return value;
}

/* ---- plan.json --------------------------------------------------------- */

static const char *keep(rep_study *s, const char *text)
{
    return text == NULL ? NULL
                        : lat_arena_copy(&s->arena, text, strlen(text));
}

/* The last part of a path; a trailing slash does not count. */
static const char *keep_name(rep_study *s, const char *path)
{
    size_t end;
    if (path == NULL)
        return NULL;
    end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    size_t first = end;
    while (first > 0 && path[first - 1] != '/')
        first--;
    return lat_arena_copy(&s->arena, path + first, end - first);
}

/* False when memory was out for one of them. */
static bool add_fact(rep_study *s, size_t room, const char *name,
                     const char *value)
{
    if (s->fact_count < room && name != NULL && value != NULL)
        s->facts[s->fact_count++] = (rep_fact){name, value};
    return name != NULL && value != NULL;
}

static const char *value_text(rep_study *s, const lat_json *value)
{
    char text[LAT_NUMBER_TEXT];
    switch (value->type) {
    case LAT_JSON_STRING:
        return lat_arena_copy(&s->arena, value->string, value->size);
    case LAT_JSON_BOOL:
        return value->boolean ? "true" : "false";
    case LAT_JSON_NUMBER:
        (void)lat_number_text(value->number, text);
        return keep(s, text);
    case LAT_JSON_ARRAY: {
        lat_buffer list = {0};
        if (value->size == 0)
            break;
        for (size_t i = 0; i < value->size; i++) {
            const char *item = value_text(s, &value->items[i]);
            lat_buffer_text(&list, i == 0 ? "" : ", ");
            lat_buffer_text(&list, item == NULL ? "" : item);
        }
        const char *kept =
            list.failed ? NULL
                        : lat_arena_copy(&s->arena,
                                         list.data == NULL ? "" : list.data,
                                         list.size);
        lat_buffer_free(&list);
        return kept;
    }
    case LAT_JSON_OBJECT:
    case LAT_JSON_NULL:
        break;
    }
    return "none";
}

/* Version, options, corpus counts and input hashes, in the file's order. */
static lat_status read_facts(rep_study *s, const lat_json *plan,
                             lat_error *error)
{
    const lat_json *options = lat_json_get(plan, "options");
    const lat_json *corpus = lat_json_get(plan, "corpus");
    const lat_json *inputs = lat_json_get(plan, "inputs");
    size_t room = 2 + (options == NULL ? 0 : options->size) +
                  (corpus == NULL ? 0 : corpus->size) +
                  (inputs == NULL ? 0 : inputs->size);
    s->facts = lat_arena_array(&s->arena, room, sizeof *s->facts);
    if (s->facts == NULL)
        return lat_error_memory(error, room * sizeof *s->facts);
    bool good = add_fact(s, room, "latent", s->version);
    for (size_t i = 0; options != NULL && i < options->size; i++)
        good &= add_fact(s, room, keep(s, options->items[i].key),
                         value_text(s, &options->items[i]));
    for (size_t i = 0; corpus != NULL && i < corpus->size; i++)
        good &= add_fact(s, room, keep(s, corpus->items[i].key),
                         value_text(s, &corpus->items[i]));
    for (size_t i = 0; inputs != NULL && i < inputs->size; i++) {
        bool bad = false;
        const lat_json *one = &inputs->items[i];
        const char *path = lat_json_text(one, "path", "", &bad);
        const char *hash = lat_json_text(one, "sha256", "", &bad);
        const char *role = lat_json_text(one, "role", "input", &bad);
        char *name = lat_format("%s: %s", role, path);
        good &= add_fact(s, room, name == NULL ? NULL : keep(s, name),
                         keep(s, hash));
        lat_free(name);
    }
    return good ? LAT_OK : lat_error_memory(error, 64);
}

static lat_status read_layers(rep_study *s, const lat_json *options,
                              lat_error *error)
{
    const lat_json *layers = lat_json_get(options, "layers");
    if (layers == NULL || layers->type != LAT_JSON_ARRAY ||
        layers->size == 0 || layers->size > 1000)
        return lat_error_set(error, LAT_MALFORMED,
                             "options.layers is not a list of layers");
    s->layer_count = layers->size;
    for (int side = 0; side < REP_SIDES; side++) {
        s->layers[side] =
            lat_new_array(s->layer_count, sizeof *s->layers[side]);
        if (s->layers[side] == NULL)
            return lat_error_memory(error, s->layer_count * 64);
        for (size_t i = 0; i < s->layer_count; i++) {
            const lat_json *one = &layers->items[i];
            if (!one->integer || one->whole < 0 || one->whole > 9999)
                return lat_error_set(error, LAT_MALFORMED,
                                     "options.layers holds something that "
                                     "is no layer number");
            s->layers[side][i].number = (size_t)one->whole;
        }
    }
    return LAT_OK;
}

static lat_status read_classes(rep_study *s, const lat_json *plan,
                               lat_error *error)
{
    const lat_json *labels =
        lat_json_get(lat_json_get(plan, "model"), "labels");
    if (labels == NULL || labels->type != LAT_JSON_ARRAY ||
        labels->size == 0)
        return LAT_OK;
    s->class_names =
        lat_arena_array(&s->arena, labels->size, sizeof *s->class_names);
    if (s->class_names == NULL)
        return lat_error_memory(error, labels->size * 8);
    for (size_t c = 0; c < labels->size; c++) {
        const char *name = value_text(s, &labels->items[c]);
        if (name == NULL)
            return lat_error_memory(error, 64);
        s->class_names[c] = name;
    }
    s->classes = labels->size;
    return LAT_OK;
}

static lat_status take_plan(rep_study *s, const lat_json *plan,
                            lat_error *error)
{
    bool bad = false;
    const lat_json *o = lat_json_get(plan, "options");
    s->base_name = keep_name(s, lat_json_text(o, "base", "base", &bad));
    s->tuned_name = keep_name(s, lat_json_text(o, "tuned", "tuned", &bad));
    s->data_name = keep_name(s, lat_json_text(o, "data", "corpus", &bad));
    s->eval_name = keep_name(s, lat_json_text(o, "eval", NULL, &bad));
    s->version = keep(s, lat_json_text(plan, "version", "unknown", &bad));
    s->polarity_by = keep(s, lat_json_text(o, "polarity", "gold", &bad));
    s->theta_text = keep(s, lat_json_text(o, "theta", "0.90", &bad));
    s->label_theta = keep(s, lat_json_text(o, "label_theta", "0.90", &bad));
    s->k = lat_json_count(o, "k", 0, &bad);
    s->method = keep(s, lat_json_text(o, "method", "ward", &bad));
    s->min_types = (uint32_t)lat_json_count(o, "min_types", 6, &bad);
    s->has_seed = lat_json_get(o, "seed") != NULL;
    s->seed = lat_json_count(o, "seed", 0, &bad);
    s->has_permutations = lat_json_get(o, "permutations") != NULL;
    s->permutations = lat_json_count(o, "permutations", 0, &bad);
    if (o == NULL || bad)
        return lat_error_set(error, LAT_MALFORMED,
                             "the options are not those of a study");
    if (s->base_name == NULL || s->tuned_name == NULL ||
        s->data_name == NULL || s->version == NULL ||
        s->polarity_by == NULL || s->theta_text == NULL ||
        s->label_theta == NULL ||
        s->method == NULL)
        return lat_error_memory(error, 256);
    /* What is wrong with the text is the file's fault, not the user's. */
    if (lat_theta_read(&s->theta, s->theta_text, NULL) != LAT_OK)
        return lat_error_set(error, LAT_MALFORMED,
                             "\"theta\" is '%.20s', expected a number from 0 "
                             "to 1",
                             s->theta_text);
    lat_status status = read_layers(s, o, error);
    if (status == LAT_OK)
        status = read_classes(s, plan, error);
    if (status == LAT_OK)
        status = read_facts(s, plan, error);
    return status;
}

static lat_status read_plan(rep_study *s, const char *folder,
                            lat_error *error)
{
    char *path = lat_path_join(folder, "plan.json");
    lat_arena arena = {0};
    lat_map map = {0};
    const lat_json *plan = NULL;
    lat_status status = LAT_OK;
    if (path == NULL)
        return lat_error_memory(error, strlen(folder) + 16);
    if (!lat_path_exists(path)) {
        lat_error_set(error, LAT_NOT_FOUND,
                      "this folder holds no study (no plan.json)");
        status = lat_error_in_file(error, folder);
        goto done;
    }
    status = lat_map_open(&map, path, error);
    if (status == LAT_OK)
        status = lat_json_parse(&plan, &arena, map.data, map.size, error);
    if (status == LAT_OK)
        status = take_plan(s, plan, error);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
done:
    lat_map_close(&map);
    lat_arena_free(&arena);
    lat_free(path);
    return status;
}

/* ---- Sentences --------------------------------------------------------- */

static lat_status take_sentences(rep_study *s, const lat_table *table,
                                 lat_error *error)
{
    s->sentences =
        lat_arena_array(&s->arena, table->rows, sizeof *s->sentences);
    if (s->sentences == NULL && table->rows != 0)
        return lat_error_memory(error, table->rows * sizeof *s->sentences);
    s->sentence_count = table->rows;
    for (size_t i = 0; i < table->rows; i++) {
        rep_sentence *one = &s->sentences[i];
        const char *text = rep_cell(table, i, "text|sentence1");
        one->gold = rep_class_find(s, rep_cell(table, i, "gold"));
        one->predicted = rep_class_find(s, rep_cell(table, i, "predicted"));
        one->text = keep(s, text == NULL ? "" : text);
        if (one->text == NULL)
            return lat_error_memory(error, 64);
    }
    return LAT_OK;
}

/* A corpus without gold classes is polarised by the predicted ones, as the
 * study itself does it. */
static void choose_class(rep_study *s)
{
    for (size_t i = 0; i < s->sentence_count; i++)
        if (s->sentences[i].gold >= 0)
            return;
    s->polarity_by = "predicted";
}

static lat_status read_sentences(rep_study *s, const char *folder,
                                 lat_error *error)
{
    lat_table table = {0};
    bool found = false;
    lat_status status =
        rep_table_open(&table, &found, folder, "sentences.tsv", error);
    if (status == LAT_OK && found)
        status = take_sentences(s, &table, error);
    choose_class(s);
    lat_table_free(&table);
    if (status != LAT_OK)
        return status;
    char *path = lat_path_join(folder, "text.in");
    if (path == NULL)
        return lat_error_memory(error, strlen(folder) + 16);
    if (lat_path_exists(path))
        status = lat_text_read(&s->text, path, error);
    lat_free(path);
    return status;
}

/* ---- Layers ------------------------------------------------------------ */

static int32_t sentence_class(const rep_study *s, uint32_t number)
{
    if (number >= s->sentence_count)
        return -1;
    return strcmp(s->polarity_by, "predicted") == 0
               ? s->sentences[number].predicted : s->sentences[number].gold;
}

/* METHOD section 3: majority, ties to the smaller class number; polarised
 * when the share reaches theta and the concept has enough types. */
static void count_classes(const rep_study *s, const rep_layer *layer,
                          size_t c, rep_concept *one)
{
    const lat_concepts *all = &layer->concepts;
    for (size_t i = all->starts[c]; i < all->starts[c + 1]; i++) {
        int32_t of = sentence_class(s, all->occurrences[i].sentence);
        if (of < 0)
            continue;
        one->counts[of]++;
        one->classed++;
    }
    for (size_t k = 0; k < s->classes && one->classed != 0; k++)
        if (one->majority < 0 ||
            one->counts[k] > one->counts[one->majority])
            one->majority = (int32_t)k;
    if (one->majority < 0)
        return;
    one->share = (double)one->counts[one->majority] / (double)one->classed;
    if (one->counted && one->share >= s->theta.value)
        one->polarised = one->majority;
}

static lat_status make_about(rep_study *s, rep_layer *layer,
                             lat_error *error)
{
    size_t count = layer->concepts.count, bytes = 0;
    uint32_t *counts;
    if (!lat_size_mul(count, s->classes, &bytes))
        return lat_error_memory(error, UINT64_MAX);
    layer->about = lat_arena_array(&s->arena, count, sizeof *layer->about);
    counts = lat_arena_array(&s->arena, bytes + 1, sizeof *counts);
    layer->by_class =
        lat_arena_array(&s->arena, s->classes + 1, sizeof *layer->by_class);
    if (layer->about == NULL || counts == NULL || layer->by_class == NULL)
        return lat_error_memory(error, count * sizeof *layer->about);
    for (size_t c = 0; c < count; c++) {
        rep_concept *one = &layer->about[c];
        one->counts = counts + c * s->classes;
        one->majority = one->polarised = -1;
        one->share = one->low = one->high = NAN;
        one->x = one->y = NAN;
        one->match_share = one->match_jaccard = one->label_share = NAN;
        one->fate = LAT_FATE_NONE;
        one->counted = layer->concepts.types[c] >= s->min_types;
        layer->counted += one->counted;
        count_classes(s, layer, c, one);
    }
    layer->polarised = rep_rate_none();
    for (size_t k = 0; k < s->classes; k++) {
        size_t n = 0;
        for (size_t c = 0; c < count; c++)
            n += layer->about[c].polarised == (int32_t)k;
        layer->by_class[k] = rep_rate_none();
        if (layer->counted != 0 && s->sentence_count != 0)
            layer->by_class[k].value =
                100.0 * (double)n / (double)layer->counted;
        layer->polarised_count += n;
    }
    if (layer->counted != 0 && s->sentence_count != 0 && s->classes != 0)
        layer->polarised.value = 100.0 * (double)layer->polarised_count /
                                 (double)layer->counted;
    return LAT_OK;
}

static void read_map(rep_layer *layer, const lat_table *table)
{
    for (size_t row = 0; row < table->rows; row++) {
        const char *id = rep_cell(table, row, "concept");
        uint64_t number = 0;
        if (id == NULL || !lat_integer_read(id, strlen(id), &number))
            continue;
        uint32_t c = lat_concepts_find(&layer->concepts, number);
        if (c == LAT_NO_CONCEPT)
            continue;
        layer->about[c].x = rep_cell_number(table, row, "x");
        layer->about[c].y = rep_cell_number(table, row, "y");
        layer->variance[0] = rep_cell_number(table, row, "x_variance");
        layer->variance[1] = rep_cell_number(table, row, "y_variance");
        layer->has_map = true;
    }
}

static lat_status open_map(rep_layer *layer, const char *folder,
                           const char *side, lat_error *error)
{
    lat_table table = {0};
    bool found = false;
    char *name = lat_format("%s/layer-%02zu/map.tsv", side, layer->number);
    lat_status status = name == NULL
                            ? lat_error_memory(error, 64)
                            : rep_table_open(&table, &found, folder, name,
                                             error);
    lat_free(name);
    if (found)
        read_map(layer, &table);
    lat_table_free(&table);
    return status;
}

static lat_status cut_layer(const rep_study *s, rep_layer *layer,
                            const char *linkage, lat_error *error)
{
    lat_status status = LAT_OK;
    if (layer->tree.points == 0)
        status = lat_error_set(error, LAT_NOT_FOUND,
                               "no tree (the study's method is %s), so it "
                               "cannot be cut at another K than %llu",
                               s->method, (unsigned long long)s->k);
    else
        status = rep_layer_cut(layer, (size_t)s->cut, error);
    return status == LAT_OK ? LAT_OK : lat_error_in_file(error, linkage);
}

static lat_status read_layer(rep_study *s, int side, size_t i,
                             const char *folder, lat_error *error)
{
    rep_layer *layer = &s->layers[side][i];
    const char *name = side == REP_BASE ? "base" : "tuned";
    char *concepts = lat_format("%s/%s/layer-%02zu/concepts.txt", folder,
                                name, layer->number);
    char *linkage = lat_format("%s/%s/layer-%02zu/linkage.npy", folder,
                               name, layer->number);
    lat_status status = LAT_OK;
    if (concepts == NULL || linkage == NULL)
        status = lat_error_memory(error, strlen(folder) + 64);
    if (status == LAT_OK)
        status = lat_concepts_read(&layer->concepts, concepts, error);
    bool tree = linkage != NULL && lat_path_exists(linkage);
    if (status == LAT_OK && tree)
        status = lat_tree_read(&layer->tree, linkage, error);
    if (status == LAT_OK && s->recut)
        status = cut_layer(s, layer, linkage, error);
    if (status == LAT_OK)
        status = make_about(s, layer, error);
    if (status == LAT_OK && tree)
        status = rep_layer_tree(s, layer, error);
    lat_tree_free(&layer->tree);
    if (status == LAT_OK && !s->recut)
        status = open_map(layer, folder, name, error);
    lat_free(concepts);
    lat_free(linkage);
    return status;
}

lat_status rep_study_read(rep_study *out, const char *folder, uint64_t k,
                          lat_error *error)
{
    memset(out, 0, sizeof *out);
    lat_status status = read_plan(out, folder, error);
    out->cut = k != 0 ? k : out->k;
    out->recut = out->cut != out->k;
    if (status == LAT_OK)
        status = read_sentences(out, folder, error);
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < out->layer_count && status == LAT_OK; i++)
            status = read_layer(out, side, i, folder, error);
    if (status == LAT_OK)
        out->kept_words = out->layers[REP_TUNED][0].concepts.size;
    if (status == LAT_OK)
        status = rep_read_tables(out, folder, error);
    if (status == LAT_OK && !out->recut)
        status = rep_read_flips(out, folder, error);
    if (status != LAT_OK)
        rep_study_free(out);
    return status;
}

void rep_study_free(rep_study *s)
{
    for (int side = 0; side < REP_SIDES; side++) {
        for (size_t i = 0; s->layers[side] != NULL && i < s->layer_count;
             i++) {
            lat_concepts_free(&s->layers[side][i].concepts);
            lat_tree_free(&s->layers[side][i].tree);
        }
        lat_free(s->layers[side]);
    }
    lat_text_free(&s->text);
    lat_arena_free(&s->arena);
    memset(s, 0, sizeof *s);
}
