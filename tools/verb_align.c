/*
 * verb_align.c - align, label and polarity: concepts from files alone.
 */
#include "label_sources_int.h"
#include "provenance_int.h"
#include "report_page_int.h"
#include "tagger_int.h"
#include "verbs_int.h"
#include "word_pieces_int.h"

#include <string.h>

#define OPTIONS_CHANCE                                                      \
    {"permutations", 0, CLI_COUNT, "N",                                     \
     "shuffles behind each chance level", "100"},                           \
    {"bootstraps", 0, CLI_COUNT, "N",                                       \
     "resamples of the sentences behind each interval", "0"},               \
    {"seed", 0, CLI_COUNT, "N", "seed of the shuffles", "1"}
#define OPTION_OUT                                                          \
    {"out", 'o', CLI_TEXT, "FILE", "where the JSON goes", "-"}

static lat_status need(const cli_call *call, const char *name,
                       lat_error *error)
{
    if (cli_given(call, name))
        return LAT_OK;
    return lat_error_set(error, LAT_USAGE, "%s needs --%s",
                         cli_verb_of(call)->name, name);
}

/* ---- align -------------------------------------------------------------- */

static const cli_option align_options[] = {
    {"base", 0, CLI_TEXT, "C.txt", "clusters of the base model", NULL},
    {"tuned", 0, CLI_TEXT, "C.txt", "clusters of the tuned model", NULL},
    {"unit", 0, CLI_TEXT, "UNIT", "types or occurrences", "types"},
    {"min-types", 0, CLI_COUNT, "N",
     "concepts with fewer distinct words are not counted", "6"},
    {"size-ratio", 0, CLI_NUMBER, "R",
     "a target counts only if size / its size > R; 0 is off", "0"},
    {"thetas", 0, CLI_TEXT, "LIST",
     "thresholds (default: 0.50, 0.55, ..., 1.00)", NULL},
    OPTIONS_CHANCE,
    OPTION_CUT,
    {"json", 0, CLI_FLAG, NULL,
     "STUDY: a JSON list instead of a table (two files always give JSON)",
     NULL},
    {"out", 'o', CLI_TEXT, "FILE", "where the result goes", "-"},
    {0}};

static lat_status read_overlap_options(lat_overlap_options *out,
                                       const cli_call *call,
                                       lat_error *error)
{
    out->size_ratio = cli_number(call, "size-ratio");
    out->thetas = cli_text(call, "thetas");
    out->seed = cli_count(call, "seed");
    static const char *const thresholds[] = {"thetas", NULL};
    lat_status status = unit_read(&out->unit, call, "unit", error);
    if (status == LAT_OK)
        status = thresholds_check(call, thresholds, error);
    if (status == LAT_OK)
        status = cli_count32(&out->min_types, call, "min-types", error);
    if (status == LAT_OK)
        status = cli_count32(&out->permutations, call, "permutations", error);
    if (status == LAT_OK)
        status = cli_count32(&out->bootstraps, call, "bootstraps", error);
    return status;
}

static void put_layer_number(lat_json_writer *writer, const void *number)
{
    lat_json_put_count(writer, *(const size_t *)number);
}

/* All layer pairs as a table or a list, in the order of overlap-UNIT.tsv. */
static void put_pairs(lat_buffer *out, const rep_study *s,
                      const lat_overlap *overlaps, bool as_json)
{
    char lead[64];
    lat_json_writer json;
    lat_json_begin(&json, out, true);
    if (as_json)
        lat_json_open(&json, '[');
    else
        lat_overlap_tsv_header(out, "base_layer\ttuned_layer\t");
    for (size_t i = 0; i < s->layer_count; i++)
        for (size_t j = 0; j < s->layer_count; j++) {
            const lat_overlap *one = &overlaps[i * s->layer_count + j];
            size_t base = s->layers[REP_BASE][i].number;
            size_t tuned = s->layers[REP_TUNED][j].number;
            const lat_json_extra extra[] = {
                {"base_layer", put_layer_number, &base},
                {"tuned_layer", put_layer_number, &tuned},
                {NULL, NULL, NULL}};
            (void)snprintf(lead, sizeof lead, "%zu\t%zu\t", base, tuned);
            if (as_json)
                lat_overlap_json(&json, one, extra);
            else
                lat_overlap_tsv(out, one, lead);
        }
    if (as_json) {
        lat_json_close(&json, ']');
        lat_buffer_char(out, '\n');
    }
}

static lat_status align_study(cli_call *call,
                              const lat_overlap_options *options,
                              lat_error *error)
{
    rep_study s = {0};
    lat_buffer text = {0};
    lat_overlap *overlaps = NULL;
    const lat_concepts **sides[REP_SIDES] = {NULL, NULL};
    lat_status status = rep_study_read(
        &s, cli_argument(call, 0), cli_count(call, "k"), error);
    if (status != LAT_OK)
        return status;
    size_t n = s.layer_count; /* at most 1000 */
    overlaps = lat_new_array(n * n, sizeof *overlaps);
    for (int side = 0; side < REP_SIDES; side++) {
        sides[side] = lat_new_array(n, sizeof *sides[side]);
        for (size_t i = 0; sides[side] != NULL && i < n; i++)
            sides[side][i] = &s.layers[side][i].concepts;
    }
    if (overlaps == NULL || sides[0] == NULL || sides[1] == NULL) {
        status = lat_error_memory(error, n * n * sizeof *overlaps);
        goto done;
    }
    lat_layers layers = {.base = sides[REP_BASE], .base_count = n,
                         .tuned = sides[REP_TUNED], .tuned_count = n};
    status = lat_overlap_run_layers(overlaps, cli_pool(call), &layers,
                                    options, cli_progress(call), error);
    if (status == LAT_OK) {
        put_pairs(&text, &s, overlaps, cli_given(call, "json"));
        status = cli_deliver(call, &text, error);
    }
    for (size_t i = 0; i < n * n; i++)
        lat_overlap_free(&overlaps[i]);
done:
    lat_free((void *)sides[0]);
    lat_free((void *)sides[1]);
    lat_free(overlaps);
    lat_buffer_free(&text);
    rep_study_free(&s);
    return status;
}

static lat_status run_align(cli_call *call, lat_error *error)
{
    lat_concepts base = {0}, tuned = {0};
    lat_overlap overlap = {0};
    lat_buffer text = {0};
    lat_json_writer json;
    provenance from = {.call = call};
    const lat_json_extra extra[] = {{"provenance", provenance_put, &from},
                                    {NULL, NULL, NULL}};
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_status status = read_overlap_options(&options, call, error);
    if (status == LAT_OK && cli_arguments(call) == 1)
        return align_study(call, &options, error);
    if (status == LAT_OK)
        status = need(call, "base", error);
    if (status == LAT_OK)
        status = need(call, "tuned", error);
    if (status == LAT_OK)
        status = lat_concepts_read(&base, cli_text(call, "base"), error);
    if (status == LAT_OK)
        status = lat_concepts_read(&tuned, cli_text(call, "tuned"), error);
    if (status == LAT_OK)
        status = provenance_add(&from, cli_text(call, "base"), "base",
                                error);
    if (status == LAT_OK)
        status = provenance_add(&from, cli_text(call, "tuned"), "tuned",
                                error);
    if (status == LAT_OK)
        status = lat_overlap_run(&overlap, cli_pool(call), &base, &tuned,
                                 &options, error);
    if (status == LAT_OK) {
        lat_json_begin(&json, &text, true);
        lat_overlap_json(&json, &overlap, extra);
        lat_buffer_char(&text, '\n');
        status = cli_deliver(call, &text, error);
    }
    provenance_free(&from);
    lat_buffer_free(&text);
    lat_overlap_free(&overlap);
    lat_concepts_free(&base);
    lat_concepts_free(&tuned);
    return status;
}

const cli_verb verb_align = {
    .name = "align",
    .summary = "overlap of the concepts of two cluster files, or of a study",
    .forms = "latent align --base C.txt --tuned C.txt "
             "[--unit types|occurrences]\n    [-o OUT.json]\n"
             "latent align STUDY [--unit types|occurrences] [--json] "
             "[-o OUT.tsv]",
    .examples = "latent align --base study/base/layer-06/concepts.txt \\\n"
                "    --tuned study/tuned/layer-06/concepts.txt\n"
                "latent align study --thetas 0.90,0.95 --unit occurrences",
    .notes = "Cluster files have the ConceptX form "
             "word|||n|||sentence|||position|||cluster.\nOf a study every "
             "layer of the base is compared with every layer of the tuned\n"
             "model, as in its align/overlap-UNIT.tsv.",
    .options = align_options,
    .most = 1,
    .run = run_align};

/* ---- label -------------------------------------------------------------- */

static const cli_option label_options[] = {
    {"concepts", 0, CLI_TEXT, "C.txt", "the clusters", NULL},
    {"text", 0, CLI_TEXT, "FILE",
     "the text that was clustered: one sentence a line, words separated by "
     "spaces",
     NULL},
    {"family", 0, CLI_MANY, "NAME=FILE",
     "labels of the words, or NAME alone for a built-in labeller", NULL},
    OPTIONS_LABEL_FILES,
    OPTION_TAGGER,
    {"tokenizer", 0, CLI_TEXT, "MODEL",
     "for --family subwords: the model, or its tokenizer file, whose pieces "
     "are counted", NULL},
    {"rule", 0, CLI_TEXT, "RULE", "occurrence or type", "occurrence"},
    {"theta", 0, CLI_TEXT, "T",
     "threshold (default: 0.90 by occurrence, above it; 0.95 by type, from "
     "it)",
     NULL},
    {"thetas", 0, CLI_TEXT, "LIST", "thresholds of the sweep", NULL},
    {"min-types", 0, CLI_COUNT, "N",
     "type rule: distinct words that a concept must have", "6"},
    OPTIONS_MATCHER,
    OPTIONS_CHANCE,
    OPTION_OUT,
    {0}};

static lat_status read_human_options(lat_human_options *out,
                                     const cli_call *call, lat_error *error)
{
    static const char *const thresholds[] = {"theta", "thetas", NULL};
    const char *rule = cli_text(call, "rule");
    lat_status status = matcher_read(out, call, error);
    if (status == LAT_OK)
        status = thresholds_check(call, thresholds, error);
    if (status != LAT_OK)
        return status;
    if (strcmp(rule, "type") == 0)
        out->rule = LAT_RULE_TYPE;
    else if (strcmp(rule, "occurrence") != 0)
        return lat_error_set(error, LAT_USAGE,
                             "--rule is '%.40s', expected occurrence or type",
                             rule);
    out->theta = cli_text(call, "theta");
    out->thetas = cli_text(call, "thetas");
    return LAT_OK;
}

/* A family of --family. */
static lat_status open_family(lat_labels *out, const cli_call *call,
                              const lat_text *text,
                              const label_source *source, lat_error *error)
{
    lat_reader reader = {0};
    uint32_t *pieces = NULL;
    lat_status status = LAT_OK;
    if (source->path == NULL && strcmp(source->family, "subwords") == 0) {
        const char *path = cli_text(call, "tokenizer");
        if (path == NULL)
            return lat_error_set(error, LAT_USAGE,
                                 "--family subwords needs --tokenizer MODEL, "
                                 "whose pieces are counted");
        pieces = lat_new_array(text->size, sizeof *pieces);
        status = pieces == NULL
                     ? lat_error_memory(error, text->size * sizeof *pieces)
                     : inputs_tokenizer(&reader, path, error);
        if (status == LAT_OK)
            status = word_pieces_of_text(pieces, reader.tokenizer, text,
                                         error);
    }
    if (status == LAT_OK)
        status = label_source_open(out, source, text, pieces, error);
    lat_free(pieces);
    lat_reader_close(&reader);
    return status;
}

/* Clusters, text, label files, models. */
static lat_status label_inputs(provenance *to, const cli_call *call,
                               lat_error *error)
{
    static const char *const files[] = {"concepts", "text"};
    const char *const *given = NULL;
    size_t count = cli_many(call, "family", &given);
    lat_status status = LAT_OK;
    for (size_t i = 0; i < 2 && status == LAT_OK; i++)
        status = provenance_add(to, cli_text(call, files[i]), files[i],
                                error);
    for (size_t i = 0; i < count && status == LAT_OK; i++)
        if (strchr(given[i], '=') != NULL)
            status = provenance_add(to, strchr(given[i], '=') + 1, "labels",
                                    error);
    count = cli_many(call, "tagger", &given);
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        lat_reader reader = {0};
        char family[64];
        status = tagger_open(&reader, family, given[i], error);
        if (status == LAT_OK)
            status = provenance_add_model(to, reader.model, "tagger", error);
        lat_reader_close(&reader);
    }
    if (status == LAT_OK && cli_given(call, "tokenizer"))
        status = provenance_add(to, cli_text(call, "tokenizer"), "tokenizer",
                                error);
    return status;
}

typedef struct labelling {
    cli_call *call;
    lat_concepts concepts;
    lat_text text;
    lat_human_options options;
    provenance from;
} labelling;

/* Family f of the call: those of --family, then those of --tagger. */
static lat_status label_family(lat_json_writer *json, const labelling *l,
                               size_t f, lat_error *error)
{
    const lat_json_extra extra[] = {{"provenance", provenance_put, &l->from},
                                    {NULL, NULL, NULL}};
    cli_call *call = l->call;
    const lat_text *text = &l->text;
    lat_human_options options = l->options;
    lat_labels labels = {0};
    lat_human human = {0};
    label_source source;
    const char *const *taggers = NULL;
    size_t count = cli_many(call, "family", &taggers);
    lat_status status;
    (void)cli_many(call, "tagger", &taggers);
    if (f < count) {
        status = label_source_read(&source, call, "family", f, error);
        if (status == LAT_OK && source.path == NULL)
            options.ngram = options.ngram || matcher_ngram(source.family);
        if (status == LAT_OK)
            status = open_family(&labels, call, text, &source, error);
    } else {
        status = tagger_labels(&labels, call, text, taggers[f - count],
                               error);
    }
    if (status == LAT_OK)
        status = lat_human_run(&human, cli_pool(call), &l->concepts, text,
                               &labels, &options, error);
    if (status == LAT_OK)
        lat_human_json(json, &human, NULL, extra);
    lat_human_free(&human);
    lat_labels_free(&labels);
    return status;
}

static lat_status run_label(cli_call *call, lat_error *error)
{
    const char *const *ignored = NULL;
    size_t count = cli_many(call, "family", &ignored);
    count += cli_many(call, "tagger", &ignored);
    labelling l = {.call = call, .from = {.call = call}};
    lat_buffer out = {0};
    lat_json_writer json;
    lat_status status = need(call, "concepts", error);
    if (status == LAT_OK)
        status = need(call, "text", error);
    if (status == LAT_OK && count == 0)
        status = need(call, "family", error);
    if (status == LAT_OK)
        status = read_human_options(&l.options, call, error);
    if (status == LAT_OK)
        status = label_sources_check(call, "family", error);
    if (status == LAT_OK)
        status = lat_concepts_read(&l.concepts, cli_text(call, "concepts"),
                                   error);
    if (status == LAT_OK)
        status = lat_text_read(&l.text, cli_text(call, "text"), error);
    if (status == LAT_OK) {
        status = lat_text_check(&l.text, &l.concepts, error);
        if (status != LAT_OK)
            lat_error_in_file(error, cli_text(call, "concepts"));
    }
    if (status == LAT_OK)
        status = label_inputs(&l.from, call, error);
    lat_json_begin(&json, &out, true);
    if (count > 1) /* one family: its object; several: a list of them */
        lat_json_open(&json, '[');
    for (size_t f = 0; f < count && status == LAT_OK; f++)
        status = label_family(&json, &l, f, error);
    if (count > 1)
        lat_json_close(&json, ']');
    lat_buffer_char(&out, '\n');
    if (status == LAT_OK)
        status = cli_deliver(call, &out, error);
    lat_buffer_free(&out);
    lat_text_free(&l.text);
    lat_concepts_free(&l.concepts);
    provenance_free(&l.from);
    return status;
}

const cli_verb verb_label = {
    .name = "label",
    .summary = "human-defined concepts in a cluster file",
    .forms = "latent label --concepts C.txt --text F --family NAME=FILE\n"
             "    [--rule occurrence|type] [-o OUT.json]\n"
             "latent label --concepts C.txt --text F --tagger NAME=MODEL",
    .examples = "latent label --concepts C.txt --text text.in --family "
                "pos=labels.txt\n"
                "latent label --concepts C.txt --text text.in --family casing "
                "--rule type\n"
                "latent label --concepts C.txt --text train.conllu --family "
                "pos=train.conllu \\\n    --column XPOS",
    .notes = "A label file has one line for each sentence and one label for "
             "each word (several are\njoined by |||); .conllu and .conll "
             "files, word lists, .dic files and WordNet's folder\nare read "
             "too.  One family gives one JSON object, several a list.\n\n"
             "Columns of .conllu: UPOS, XPOS, FEATS (a label for each "
             "feature), DEPREL, LEMMA, ENTITY,\nMISC:KEY; of .conll: POS, "
             "CHUNK, NER; of either a number from 1.  Without --column the\n"
             "family's name decides, such as --family deprel=train.conllu.\n\n"
             "Built in: casing, digits, first-word, frequency, last-word, "
             "length, ngrams, position,\nprefix, prefix-ngrams, punctuation, "
             "script, subwords, suffix, suffix-ngrams.",
    .options = label_options,
    .run = run_label};

/* ---- polarity ----------------------------------------------------------- */

static const cli_option polarity_options[] = {
    {"concepts", 0, CLI_TEXT, "C.txt", "the clusters", NULL},
    {"classes", 0, CLI_TEXT, "F.tsv",
     "table with a header and one line for each sentence", NULL},
    {"column", 0, CLI_TEXT, "NAME",
     "its column (default: gold, else label, else the only one)", NULL},
    {"min-types", 0, CLI_COUNT, "N",
     "concepts with fewer distinct words are not counted", "6"},
    {"theta", 0, CLI_TEXT, "T",
     "share of one class from which a concept is polarised", "0.90"},
    {"thetas", 0, CLI_TEXT, "LIST", "thresholds of the sweep", NULL},
    OPTIONS_CHANCE,
    OPTION_OUT,
    {0}};

static lat_status run_polarity(cli_call *call, lat_error *error)
{
    lat_concepts concepts = {0};
    lat_classes classes = {0};
    lat_polarity polarity = {0};
    lat_buffer text = {0};
    lat_json_writer json;
    static const char *const thresholds[] = {"theta", "thetas", NULL};
    provenance from = {.call = call};
    const lat_json_extra extra[] = {{"provenance", provenance_put, &from},
                                    {NULL, NULL, NULL}};
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    options.theta = cli_text(call, "theta");
    options.thetas = cli_text(call, "thetas");
    options.seed = cli_count(call, "seed");
    lat_status status = need(call, "concepts", error);
    if (status == LAT_OK)
        status = need(call, "classes", error);
    if (status == LAT_OK)
        status = thresholds_check(call, thresholds, error);
    if (status == LAT_OK)
        status = cli_count32(&options.min_types, call, "min-types", error);
    if (status == LAT_OK)
        status = cli_count32(&options.permutations, call, "permutations",
                             error);
    if (status == LAT_OK)
        status = cli_count32(&options.bootstraps, call, "bootstraps", error);
    if (status == LAT_OK)
        status = lat_concepts_read(&concepts, cli_text(call, "concepts"),
                                   error);
    if (status == LAT_OK)
        status = lat_classes_read(&classes, cli_text(call, "classes"),
                                  cli_text(call, "column"), error);
    if (status == LAT_OK)
        status = provenance_add(&from, cli_text(call, "concepts"),
                                "concepts", error);
    if (status == LAT_OK)
        status = provenance_add(&from, cli_text(call, "classes"), "classes",
                                error);
    if (status == LAT_OK)
        status = lat_polarity_run(&polarity, cli_pool(call), &concepts,
                                  &classes, &options, error);
    if (status == LAT_MALFORMED)
        lat_error_in_file(error, cli_text(call, "concepts"));
    if (status == LAT_OK) {
        lat_json_begin(&json, &text, true);
        lat_polarity_json(&json, &polarity, extra);
        lat_buffer_char(&text, '\n');
        status = cli_deliver(call, &text, error);
    }
    provenance_free(&from);
    lat_buffer_free(&text);
    lat_polarity_free(&polarity);
    lat_classes_free(&classes);
    lat_concepts_free(&concepts);
    return status;
}

const cli_verb verb_polarity = {
    .name = "polarity",
    .summary = "concepts polarised to a class, from files alone",
    .forms = "latent polarity --concepts C.txt --classes F.tsv\n"
             "    [--column gold] [-o OUT.json]",
    .examples = "latent polarity --concepts study/tuned/layer-06/concepts.txt "
                "\\\n    --classes study/sentences.tsv --column predicted",
    .options = polarity_options,
    .run = run_polarity};
