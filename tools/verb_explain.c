/*
 * verb_explain.c - one prediction through the concepts of a study.
 */
#include "study_load_int.h"
#include "verbs_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const cli_option options[] = {
    {"study", 0, CLI_TEXT, "DIR", "the study of this model", NULL},
    {"text2", 0, CLI_TEXT, "TEXT", "second sentence of a pair", NULL},
    {"layers", 0, CLI_TEXT, "LIST", "layers: last, all, or such as 0,4-6",
     "all"},
    {"top", 0, CLI_COUNT, "N", "words of each concept that are named", "8"},
    {"memory", 0, CLI_BYTES, "SIZE",
     "vectors held at once; less makes more passes", "1G"},
    {"json", 0, CLI_FLAG, NULL, "one JSON value", NULL},
    {"out", 'o', CLI_TEXT, "FILE", "where the result goes", "-"},
    {0}};

/* What both forms of output need. */
typedef struct explained {
    const cli_call *call;
    const lat_model_info *info;
    const study_loaded *study;
    const lat_explain *result;
} explained;

static const char *class_name(const explained *e, uint32_t c,
                              char number[16])
{
    if (e->info->labels != NULL)
        return e->info->labels[c];
    (void)snprintf(number, 16, "%u", c);
    return number;
}

/* ---- Words of a concept ------------------------------------------------- */

typedef struct counted {
    uint32_t word, count;
} counted;

static int by_word(const void *a, const void *b)
{
    uint32_t x = ((const counted *)a)->word, y = ((const counted *)b)->word;
    return (x > y) - (x < y);
}

static int by_count(const void *a, const void *b)
{
    const counted *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->word > y->word) - (x->word < y->word);
}

/* The concept's words, the most frequent first; *count of them. */
static counted *list_words(const lat_concepts *concepts, uint32_t concept,
                           size_t *count)
{
    size_t from = concepts->starts[concept];
    size_t n = concepts->starts[concept + 1] - from, kept = 0;
    counted *list = lat_new_array(n, sizeof *list);
    *count = 0;
    if (list == NULL)
        return NULL;
    for (size_t i = 0; i < n; i++)
        list[i] = (counted){concepts->occurrences[from + i].word, 1};
    qsort(list, n, sizeof *list, by_word);
    for (size_t i = 0; i < n; i++)
        if (kept != 0 && list[kept - 1].word == list[i].word)
            list[kept - 1].count++;
        else
            list[kept++] = list[i];
    qsort(list, kept, sizeof *list, by_count);
    *count = kept;
    return list;
}

/* ---- As a table --------------------------------------------------------- */

static lat_status put_line(lat_buffer *to, const explained *e, size_t layer,
                           size_t number, lat_error *error)
{
    char text[16];
    const lat_explain *r = e->result;
    const lat_explain_place *place = &r->places[layer * r->count + number];
    const lat_search_layer *from = &e->study->chosen[layer];
    const lat_polarity *polarity = from->polarity;
    size_t count = 0, top = (size_t)cli_count(e->call, "top");
    counted *words = list_words(from->concepts, place->concept, &count);
    if (words == NULL)
        return lat_error_memory(error, 1024);
    int32_t of = lat_polarity_class(polarity, place->concept,
                                    &polarity->theta);
    double share = polarity->concepts[place->concept].share;
    lat_buffer_format(to, "%zu\t%u\t%s\t%llu\t", from->number,
                      r->words[number].position, r->words[number].text,
                      (unsigned long long)from->concepts
                          ->ids[place->concept]);
    lat_buffer_number(to, place->distance);
    lat_buffer_char(to, '\t');
    lat_buffer_number(to, place->percentile);
    lat_buffer_format(to, "\t%s\t",
                      of < 0 ? "" : class_name(e, (uint32_t)of, text));
    if (!isnan(share))
        lat_buffer_number(to, share);
    lat_buffer_char(to, '\t');
    for (size_t i = 0; i < count && i < top; i++) {
        lat_buffer_text(to, i == 0 ? "" : " ");
        lat_buffer_text(to, lat_intern_text(from->concepts->words,
                                            words[i].word, NULL));
    }
    lat_buffer_char(to, '\t');
    lat_buffer_number(to, r->words[number].drop);
    lat_buffer_format(to, "\t%s\n",
                      class_name(e, r->words[number].without, text));
    lat_free(words);
    return LAT_OK;
}

static lat_status put_table(lat_buffer *to, const explained *e,
                            lat_error *error)
{
    const lat_explain *r = e->result;
    lat_status status = LAT_OK;
    lat_buffer_text(to, "layer\tposition\tword\tconcept\tdistance\t"
                        "percentile\tpolarity\tshare\tconcept_words\tdrop\t"
                        "without\n");
    for (size_t l = 0; l < r->layer_count; l++)
        for (size_t w = 0; w < r->count && status == LAT_OK; w++)
            status = put_line(to, e, l, w, error);
    return status;
}

/* ---- As JSON ------------------------------------------------------------ */

static void put_number(lat_json_writer *json, const char *key, double value)
{
    lat_json_key(json, key);
    lat_json_put_number(json, value);
}

static lat_status put_place(lat_json_writer *json, const explained *e,
                            size_t layer, size_t number, lat_error *error)
{
    char text[16];
    const lat_explain *r = e->result;
    const lat_explain_place *place = &r->places[layer * r->count + number];
    const lat_search_layer *from = &e->study->chosen[layer];
    const lat_polarity *polarity = from->polarity;
    size_t count = 0, top = (size_t)cli_count(e->call, "top");
    counted *words = list_words(from->concepts, place->concept, &count);
    if (words == NULL)
        return lat_error_memory(error, 1024);
    int32_t of = lat_polarity_class(polarity, place->concept,
                                    &polarity->theta);
    lat_json_open(json, '{');
    lat_json_key(json, "concept");
    lat_json_put_count(json, from->concepts->ids[place->concept]);
    lat_json_key(json, "concept_words");
    lat_json_open(json, '[');
    for (size_t i = 0; i < count && i < top; i++)
        lat_json_put_text(json, lat_intern_text(from->concepts->words,
                                                words[i].word, NULL));
    lat_json_close(json, ']');
    put_number(json, "distance", place->distance);
    lat_json_key(json, "layer");
    lat_json_put_count(json, from->number);
    put_number(json, "percentile", place->percentile);
    lat_json_key(json, "polarity");
    if (of < 0)
        lat_json_put_null(json);
    else
        lat_json_put_text(json, class_name(e, (uint32_t)of, text));
    put_number(json, "share", polarity->concepts[place->concept].share);
    lat_json_close(json, '}');
    lat_free(words);
    return LAT_OK;
}

static lat_status put_json(lat_buffer *to, const explained *e,
                           lat_error *error)
{
    char text[16];
    const lat_explain *r = e->result;
    lat_json_writer json;
    lat_status status = LAT_OK;
    lat_json_begin(&json, to, true);
    lat_json_open(&json, '{');
    lat_json_key(&json, "label");
    lat_json_put_text(&json, class_name(e, r->predicted, text));
    lat_json_key(&json, "lost");
    lat_json_put_count(&json, r->lost);
    lat_json_key(&json, "most");
    lat_json_put_count(&json, r->words[r->most].position);
    lat_json_key(&json, "probabilities");
    lat_json_open(&json, '[');
    for (size_t c = 0; c < e->info->classes; c++)
        lat_json_put_number(&json, r->probabilities[c]);
    lat_json_close(&json, ']');
    lat_json_key(&json, "words");
    lat_json_open(&json, '[');
    for (size_t w = 0; w < r->count && status == LAT_OK; w++) {
        lat_json_open(&json, '{');
        put_number(&json, "drop", r->words[w].drop);
        lat_json_key(&json, "layers");
        lat_json_open(&json, '[');
        for (size_t l = 0; l < r->layer_count && status == LAT_OK; l++)
            status = put_place(&json, e, l, w, error);
        lat_json_close(&json, ']');
        lat_json_key(&json, "position");
        lat_json_put_count(&json, r->words[w].position);
        lat_json_key(&json, "without");
        lat_json_put_text(&json, class_name(e, r->words[w].without, text));
        lat_json_key(&json, "word");
        lat_json_put_text(&json, r->words[w].text);
        lat_json_close(&json, '}');
    }
    lat_json_close(&json, ']');
    lat_json_close(&json, '}');
    lat_buffer_char(to, '\n');
    return status;
}

/* ---- The verb ----------------------------------------------------------- */

static lat_status deliver(cli_call *call, const lat_reader *reader,
                          const study_loaded *study,
                          const lat_explain *result, lat_error *error)
{
    char text[16];
    lat_buffer out = {0};
    explained e = {call, reader->info, study, result};
    const lat_explain_word *most = &result->words[result->most];
    cli_say(call, "%s with probability %.4f; without '%.60s' it is %s, %+.4f",
            class_name(&e, result->predicted, text),
            result->probabilities[result->predicted], most->text,
            most->without == result->predicted ? "the same" : "another class",
            -most->drop);
    if (result->lost != 0)
        cli_say(call, "%zu words lie behind the model's limit",
                result->lost);
    lat_status status = cli_given(call, "json") ? put_json(&out, &e, error)
                                                : put_table(&out, &e, error);
    if (status == LAT_OK)
        status = cli_deliver(call, &out, error);
    lat_buffer_free(&out);
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    lat_reader reader = {0};
    study_loaded study = {0};
    lat_explain result = {0};
    const char *a = cli_argument(call, 1), *b = cli_text(call, "text2");
    if (!cli_given(call, "study"))
        return lat_error_set(error, LAT_USAGE, "explain needs --study");
    lat_sentence sentence = {.a = a, .a_size = strlen(a), .b = b,
                             .b_size = b == NULL ? 0 : strlen(b),
                             .gold = -1, .line = 1};
    lat_status status =
        lat_reader_open_with(&reader, cli_argument(call, 0), cli_pool(call),
                             error);
    if (status == LAT_OK)
        status = study_load(&study, cli_text(call, "study"), reader.info,
                            error);
    if (status == LAT_OK)
        status = study_load_layers(&study, cli_pool(call),
                                   cli_text(call, "layers"), error);
    if (status == LAT_OK) {
        lat_explain_input input = {
            .reader = &reader, .clustered = &study.corpus,
            .rule = study.rule, .pooling = study.pooling,
            .layers = study.chosen, .layer_count = study.chosen_count,
            .memory = cli_count(call, "memory")};
        status = lat_explain_run(&result, cli_pool(call), &input, &sentence,
                                 cli_progress(call), error);
    }
    if (status == LAT_OK)
        status = deliver(call, &reader, &study, &result, error);
    lat_explain_free(&result);
    study_loaded_free(&study);
    lat_reader_close(&reader);
    return status;
}

const cli_verb verb_explain = {
    .name = "explain",
    .summary = "one prediction through the concepts of a study",
    .forms = "latent explain MODEL --study DIR \"text\" [--text2 \"text\"]\n"
             "    [--layers all] [--json]",
    .examples = "latent explain models/tuned --study study \"a dull , "
                "lifeless film\"",
    .notes =
        "MODEL is the tuned model of the study.  One line for each layer and "
        "word: the concept\nthat Ward's criterion would join the word's "
        "vector to (distance: sqrt(2 n / (n + 1))\ntimes the distance from "
        "the centroid of its n members), the percentage of its members\n"
        "that are nearer to the centroid (percentile: near 100, the word "
        "hardly belongs there),\nthe class it is polarised to (empty: "
        "none) with the share behind that, and its most\nfrequent words.  "
        "drop: fall of the predicted class's probability when the word is\n"
        "taken out; without: the class then.  The word with the largest drop "
        "is named on standard\nerror.\n\n"
        "The centroids are made again by one pass over the study's corpus, "
        "so that a study keeps\nno vectors and they are always those of this "
        "model.  --layers last is the quickest way\nto a look.",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run};
