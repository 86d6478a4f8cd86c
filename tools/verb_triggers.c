/*
 * verb_triggers.c - flip rates of given words over all eligible sentences.
 */
#include "trigger_files_int.h"
#include "verbs_int.h"

#include <math.h>
#include <string.h>

static const cli_option options[] = {
    {"model", 0, CLI_TEXT, "MODEL", "the model to flip", NULL},
    {"eval", 0, CLI_TEXT, "FILE", "sentences with their class", NULL},
    {"words", 0, CLI_TEXT, "W1,W2",
     "the triggers; spaces inside one make it a sequence", NULL},
    {"insert", 0, CLI_TEXT, "LIST", "prepend, append, random",
     "prepend,append"},
    {"pair", 0, CLI_TEXT, "WHERE",
     "sentence of a pair that gets the trigger: second, first or both",
     "second"},
    {"seed", 0, CLI_COUNT, "N", "seed of random positions", "1"},
    OPTIONS_CORPUS,
    {"out", 'o', CLI_TEXT, "FILE", "where the table goes", "-"},
    {0}};

enum { MOST_WORDS = 4096 };

typedef struct given {
    char *text; /* the words, cut up */
    const char *words[MOST_WORDS];
    size_t count;
    lat_insertion insertions[TRIGGER_INSERTIONS];
    size_t insertion_count;
    lat_pair_side where;
} given;

static lat_status read_given(given *out, const cli_call *call,
                             lat_error *error)
{
    const char *list = cli_text(call, "words");
    out->text = lat_copy_string(list);
    if (out->text == NULL)
        return lat_error_memory(error, strlen(list));
    for (char *at = out->text;; at++) {
        if (out->count == MOST_WORDS)
            return lat_error_set(error, LAT_USAGE,
                                 "--words has more than %d words",
                                 MOST_WORDS);
        out->words[out->count++] = at;
        if (*at == ',' || *at == '\0')
            return lat_error_set(error, LAT_USAGE,
                                 "--words has an empty word");
        at += strcspn(at, ",");
        if (*at == '\0')
            break;
        *at = '\0';
    }
    lat_status status = trigger_insertions(
        out->insertions, &out->insertion_count, cli_text(call, "insert"),
        error);
    if (status == LAT_OK)
        status = lat_pair_side_read(&out->where, cli_text(call, "pair"),
                                    error);
    return status;
}

static void put_cell(lat_buffer *out, double value)
{
    lat_buffer_char(out, '\t');
    if (!isnan(value))
        lat_buffer_number(out, value);
}

/* One word, one insertion: a line for each class. */
static lat_status put_classes(lat_buffer *out, const lat_evaluation *e,
                              const char *word, lat_insertion insertion,
                              const lat_outcome *outcomes,
                              uint32_t *sentences, lat_outcome *own,
                              lat_error *error)
{
    const lat_model_info *info = e->reader->info;
    for (uint32_t c = 0; c < e->classes; c++) {
        size_t n = 0;
        lat_flips flips;
        for (size_t i = 0; i < e->count; i++)
            if (e->predicted[e->items[i]] != c) {
                sentences[n] = e->items[i];
                own[n++] = outcomes[i];
            }
        lat_status status =
            lat_flips_count(&flips, e, c, sentences, own, n, error);
        if (status != LAT_OK)
            return status;
        lat_buffer_format(out, "%s\t", word);
        if (info->labels != NULL)
            lat_buffer_text(out, info->labels[c]);
        else
            lat_buffer_format(out, "%u", c);
        lat_buffer_format(out, "\t%s\t%zu\t%zu",
                          lat_insertion_name(insertion), flips.eligible,
                          flips.flipped);
        put_cell(out, flips.rate);
        lat_buffer_format(out, "\t%zu", flips.changed);
        put_cell(out, flips.changed_rate);
        put_cell(out, flips.drop_mean);
        put_cell(out, flips.drop_median);
        lat_buffer_char(out, '\n');
    }
    return LAT_OK;
}

static lat_status score(lat_buffer *out, cli_call *call,
                        const lat_evaluation *e, const given *g,
                        lat_error *error)
{
    lat_outcome *outcomes = lat_new_array(e->count, sizeof *outcomes);
    lat_outcome *own = lat_new_array(e->count, sizeof *own);
    uint32_t *sentences = lat_new_array(e->count, sizeof *sentences);
    lat_status status = LAT_OK;
    lat_progress *progress = cli_progress(call);
    lat_buffer_text(out, "word\tclass\tinsertion\teligible\tflipped\t"
                         "flip_rate\tchanged\tchanged_rate\tdrop_mean\t"
                         "drop_median\n");
    if (outcomes == NULL || own == NULL || sentences == NULL)
        status = lat_error_memory(error, e->count * 16);
    lat_progress_begin(progress, "triggers", "words",
                       g->count * g->insertion_count);
    for (size_t w = 0; w < g->count; w++)
        for (size_t i = 0; i < g->insertion_count && status == LAT_OK;
             i++) {
            lat_trial trial = {.words = g->words[w],
                               .insertion = g->insertions[i],
                               .where = g->where,
                               .seed = cli_count(call, "seed")};
            status = lat_trials_run(outcomes, e, cli_pool(call), &trial, 1,
                                    e->items, e->count, NULL, error);
            if (status == LAT_OK)
                status = put_classes(out, e, trial.words, trial.insertion,
                                     outcomes, sentences, own, error);
            lat_progress_add(progress, 1);
        }
    lat_progress_end(progress);
    lat_free(outcomes);
    lat_free(own);
    lat_free(sentences);
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    static const char *const needed[] = {"model", "eval", "words"};
    for (size_t i = 0; i < 3; i++)
        if (!cli_given(call, needed[i]))
            return lat_error_set(error, LAT_USAGE, "triggers needs --%s",
                                 needed[i]);
    lat_reader reader = {0};
    lat_corpus corpus = {0};
    lat_evaluation evaluation = {0};
    lat_buffer text = {0};
    given *g = lat_alloc_zero(sizeof *g);
    lat_status status =
        g == NULL ? lat_error_memory(error, sizeof *g) : LAT_OK;
    if (status == LAT_OK)
        status = read_given(g, call, error);
    if (status == LAT_OK)
        status = lat_reader_open(&reader, cli_text(call, "model"), error);
    if (status == LAT_OK && reader.info->head != LAT_HEAD_SEQUENCE) {
        status = lat_error_set(error, LAT_UNSUPPORTED,
                               "the model has no sequence classification "
                               "head");
        lat_error_in_file(error, cli_text(call, "model"));
    }
    if (status == LAT_OK)
        status = inputs_corpus(&corpus, call, cli_text(call, "eval"),
                               reader.info, error);
    if (status == LAT_OK) {
        status = lat_evaluation_open(&evaluation, &reader, cli_pool(call),
                                     &corpus, NULL, NULL, error);
        if (status != LAT_OK)
            lat_error_in_file(error, cli_text(call, "eval"));
    }
    if (status == LAT_OK) {
        cli_say(call,
                "%zu of %zu sentences are predicted right and can be "
                "flipped (%zu wrong, %zu without a label)",
                evaluation.count, corpus.count, evaluation.wrong,
                evaluation.unlabelled);
        status = score(&text, call, &evaluation, g, error);
    }
    if (status == LAT_OK)
        status = cli_deliver(call, &text, error);
    lat_buffer_free(&text);
    lat_evaluation_free(&evaluation);
    lat_corpus_free(&corpus);
    lat_reader_close(&reader);
    if (g != NULL)
        lat_free(g->text);
    lat_free(g);
    return status;
}

const cli_verb verb_triggers = {
    .name = "triggers",
    .summary = "how often given words flip predictions",
    .forms = "latent triggers --model M --eval F --words W1,W2 "
             "[--insert prepend,append]",
    .examples = "latent triggers --model models/tuned --eval dev.tsv --words "
                "terrible,wonderful",
    .notes = "A sentence is eligible for a class when it is predicted right "
             "and not as that class.\nflipped: it becomes that class; "
             "changed: it becomes any other.  drop: fall of the\nprobability "
             "of the class it had.",
    .options = options,
    .run = run};
