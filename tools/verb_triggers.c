/*
 * verb_triggers.c - flip rates of given words over all eligible sentences,
 * or of the words that a study's polarised concepts hold.
 */
#include "provenance_int.h"
#include "study_load_int.h"
#include "trigger_files_int.h"
#include "verbs_int.h"

#include <math.h>
#include <string.h>

static const cli_option options[] = {
    {"model", 0, CLI_TEXT, "MODEL", "the model to flip", NULL},
    {"eval", 0, CLI_TEXT, "FILE", "sentences with their class", NULL},
    {"words", 0, CLI_TEXT, "W1,W2",
     "the triggers; spaces inside one make it a sequence", NULL},
    {"study", 0, CLI_TEXT, "DIR",
     "a study whose polarised concepts give the triggers", NULL},
    {"layers", 0, CLI_TEXT, "LIST",
     "layers of the study: last, all, or a list such as 4-6", "last"},
    OPTIONS_SEARCH("48", "8", "all"),
    {"bootstraps", 0, CLI_COUNT, "N",
     "resamples of the sentences behind each interval", "1000"},
    {"seed", 0, CLI_COUNT, "N",
     "seed of the halves, of random positions and of random words", "1"},
    {"lengths", 0, CLI_TEXT, "FILE",
     "tokens of each sentence that the search gave the model, for `latent "
     "bench forward --lengths`", NULL},
    OPTIONS_CORPUS,
    {"out", 'o', CLI_TEXT, "FILE",
     "where the table goes; with --study a folder", "-"},
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

static void put_class(lat_buffer *out, const lat_model_info *info, uint32_t c)
{
    if (info->labels != NULL)
        lat_buffer_text(out, info->labels[c]);
    else
        lat_buffer_format(out, "%u", c);
}

/* Room for one trial over all sentences that have a class. */
typedef struct scoring {
    lat_outcome *outcomes, *own; /* usable_count */
    uint32_t *sentences;
    double accuracy_before;
    size_t left_out;  /* words that leave no room for a sentence */
    size_t cut_lines; /* lines with sentences that were cut */
} scoring;

/* One word, one insertion: a line for each class. */
static lat_status put_classes(lat_buffer *out, const lat_evaluation *e,
                              const lat_trial *trial, scoring *work,
                              lat_error *error)
{
    size_t right = 0;
    for (size_t i = 0; i < e->usable_count; i++)
        right += (int32_t)work->outcomes[i].predicted ==
                 e->corpus->sentences[e->usable[i]].gold;
    for (uint32_t c = 0; c < e->classes; c++) {
        size_t n = 0;
        lat_flips flips;
        for (size_t i = 0; i < e->usable_count; i++)
            if (lat_evaluation_eligible(work->sentences + n, e, c,
                                        &e->usable[i], 1) == 1)
                work->own[n++] = work->outcomes[i];
        lat_status status = lat_flips_count(&flips, e, c, work->sentences,
                                            work->own, n, error);
        if (status != LAT_OK)
            return status;
        lat_buffer_format(out, "%s\t", trial->words);
        put_class(out, e->reader->info, c);
        lat_buffer_format(out, "\t%s\t%zu\t%zu",
                          lat_insertion_name(trial->insertion),
                          flips.eligible, flips.flipped);
        put_cell(out, flips.rate);
        lat_buffer_format(out, "\t%zu", flips.changed);
        put_cell(out, flips.changed_rate);
        put_cell(out, flips.drop_mean);
        put_cell(out, flips.drop_median);
        put_cell(out, work->accuracy_before);
        put_cell(out, (double)right / (double)e->usable_count);
        lat_buffer_format(out, "\t%zu\n", flips.cut);
        work->cut_lines += flips.cut != 0;
    }
    return LAT_OK;
}

/* Words that leave no room for a sentence are named and left out. */
static lat_status score_word(lat_buffer *out, cli_call *call,
                             const lat_evaluation *e, const given *g,
                             const char *word, scoring *work,
                             lat_error *error)
{
    bool fits = false;
    lat_trial trial = {.words = word, .where = g->where,
                       .repeat = (size_t)cli_count(call, "repeat"),
                       .seed = cli_count(call, "seed")};
    lat_status status = lat_trial_fits(&fits, e->reader, &trial, error);
    if (status == LAT_OK && !fits) {
        cli_say(call, "'%.60s' is longer than the model's limit of %zu "
                      "tokens and was left out",
                word, e->reader->info->max_tokens);
        work->left_out++;
        return LAT_OK;
    }
    for (size_t i = 0; i < g->insertion_count && status == LAT_OK; i++) {
        trial.insertion = g->insertions[i];
        status = lat_trials_run(work->outcomes, e, cli_pool(call), &trial, 1,
                                e->usable, e->usable_count, NULL, error);
        if (status == LAT_OK)
            status = put_classes(out, e, &trial, work, error);
        lat_progress_add(cli_progress(call), 1);
    }
    return status;
}

static lat_status score(lat_buffer *out, cli_call *call,
                        const lat_evaluation *e, const given *g,
                        lat_error *error)
{
    size_t n = e->usable_count;
    scoring work = {.outcomes = lat_new_array(n, sizeof *work.outcomes),
                    .own = lat_new_array(n, sizeof *work.own),
                    .sentences = lat_new_array(n, sizeof *work.sentences),
                    .accuracy_before = (double)e->count / (double)n};
    lat_status status = LAT_OK;
    lat_progress *progress = cli_progress(call);
    lat_buffer_text(out, "word\tclass\tinsertion\teligible\tflipped\t"
                         "flip_rate\tchanged\tchanged_rate\tdrop_mean\t"
                         "drop_median\taccuracy_before\taccuracy_after\t"
                         "cut\n");
    if (work.outcomes == NULL || work.own == NULL || work.sentences == NULL)
        status = lat_error_memory(error, n * 40);
    lat_progress_begin(progress, "triggers", "words",
                       g->count * g->insertion_count);
    for (size_t w = 0; w < g->count && status == LAT_OK; w++)
        status = score_word(out, call, e, g, g->words[w], &work, error);
    lat_progress_end(progress);
    trigger_say_cut(call, work.cut_lines);
    if (status == LAT_OK && work.left_out == g->count)
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "no trigger fits into the model's limit");
    lat_free(work.outcomes);
    lat_free(work.own);
    lat_free(work.sentences);
    return status;
}

static lat_status check_pairs(const lat_insertion *list, size_t count,
                              const lat_corpus *corpus, lat_error *error)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == LAT_INSERT_AFTER_FIRST && !corpus->pairs)
            return lat_error_set(error, LAT_USAGE,
                                 "--insert after-first needs pairs of "
                                 "sentences");
    return LAT_OK;
}

static lat_status run_words(cli_call *call, const lat_reader *reader,
                            const lat_corpus *corpus, lat_error *error)
{
    lat_evaluation evaluation = {0};
    lat_buffer text = {0};
    given *g = lat_alloc_zero(sizeof *g);
    lat_status status =
        g == NULL ? lat_error_memory(error, sizeof *g) : LAT_OK;
    if (status == LAT_OK)
        status = read_given(g, call, error);
    if (status == LAT_OK)
        status = check_pairs(g->insertions, g->insertion_count, corpus,
                             error);
    if (status == LAT_OK) {
        status = lat_evaluation_open(&evaluation, reader, cli_pool(call),
                                     corpus, NULL, NULL, error);
        if (status != LAT_OK)
            lat_error_in_file(error, cli_text(call, "eval"));
    }
    if (status == LAT_OK) {
        cli_say(call,
                "%zu of %zu sentences are predicted right and can be "
                "flipped (%zu wrong, %zu without a label)",
                evaluation.count, corpus->count, evaluation.wrong,
                evaluation.unlabelled);
        if (evaluation.count == 0)
            cli_say(call, "no sentence is eligible, so nothing can be "
                          "flipped");
        status = score(&text, call, &evaluation, g, error);
    }
    if (status == LAT_OK)
        status = cli_deliver(call, &text, error);
    lat_buffer_free(&text);
    lat_evaluation_free(&evaluation);
    if (g != NULL)
        lat_free(g->text);
    lat_free(g);
    return status;
}

/* ---- With a study ------------------------------------------------------- */

/* Before the search, so that an input that changes under it is told by its
 * hash.  Of a study the manifest, which has the hashes of all its files. */
static lat_status add_inputs(provenance *to, cli_call *call,
                             const lat_reader *reader, lat_error *error)
{
    lat_reader other = {0};
    lat_status status =
        provenance_add_model(to, reader->model, "model", error);
    if (status == LAT_OK)
        status = provenance_add(to, cli_text(call, "eval"), "eval", error);
    char *plan = lat_path_join(cli_text(call, "study"), "manifest.json");
    if (plan != NULL && !lat_path_exists(plan)) {
        lat_free(plan); /* a study that is not finished */
        plan = lat_path_join(cli_text(call, "study"), "plan.json");
    }
    if (status == LAT_OK)
        status = plan == NULL ? lat_error_memory(error, 64)
                              : provenance_add(to, plan, "study", error);
    lat_free(plan);
    if (status != LAT_OK || !cli_given(call, "transfer"))
        return status;
    /* A model that cannot be used is refused here. */
    status = trigger_transfer_open(&other, call, reader->info, error);
    if (status == LAT_OK)
        status = provenance_add_model(to, other.model, "transfer", error);
    lat_reader_close(&other);
    return status;
}

static lat_status search(cli_call *call, const lat_reader *reader,
                         const lat_corpus *corpus, study_loaded *study,
                         const provenance *from, lat_error *error)
{
    lat_insertion insertions[TRIGGER_INSERTIONS];
    lat_search result = {0};
    lat_search_options o;
    const char *folder = cli_text(call, "out");
    char *cache = lat_path_join(folder, "trials.cache");
    lat_status status = trigger_options(&o, insertions, call, error);
    if (status == LAT_OK && cache == NULL)
        status = lat_error_memory(error, strlen(folder));
    if (status == LAT_OK)
        status = lat_folder_make(folder, error);
    o.bootstraps = (size_t)cli_count(call, "bootstraps");
    o.seed = cli_count(call, "seed");
    o.lengths = cli_given(call, "lengths");
    o.cache = cache;
    lat_search_input input = {
        .reader = reader, .evaluation = corpus, .clustered = &study->corpus,
        .layers = study->chosen, .layer_count = study->chosen_count,
        .classes = &study->classes, .vocabulary = study->text.set,
        .announce = trigger_announce, .context = call};
    if (status == LAT_OK) {
        status = lat_search_run(&result, cli_pool(call), &input, &o,
                                cli_progress(call), error);
        if (status != LAT_OK)
            lat_error_in_file(error, cli_text(call, "eval"));
    }
    if (status == LAT_OK) {
        const lat_json_extra extra[] = {
            {"provenance", provenance_put, from}, {NULL, NULL, NULL}};
        trigger_say(call, &result);
        status = trigger_write(call, folder, &result, extra, error);
    }
    if (status == LAT_OK && o.lengths)
        status = lat_file_write(cli_text(call, "lengths"),
                                result.lengths.data, result.lengths.size,
                                error);
    if (status == LAT_OK)
        lat_search_tidy(&result);
    lat_search_free(&result);
    lat_free(cache);
    return status;
}

static lat_status run_study(cli_call *call, const lat_reader *reader,
                            const lat_corpus *corpus, lat_error *error)
{
    study_loaded study = {0};
    provenance from = {.call = call};
    lat_status status =
        study_load(&study, cli_text(call, "study"), reader->info, error);
    if (status == LAT_OK)
        status = study_load_layers(&study, cli_pool(call),
                                   cli_text(call, "layers"), error);
    if (status == LAT_OK)
        status = add_inputs(&from, call, reader, error);
    if (status == LAT_OK)
        status = search(call, reader, corpus, &study, &from, error);
    provenance_free(&from);
    study_loaded_free(&study);
    return status;
}

/* Options that would be without effect on given words. */
static const char *const search_only[] = {
    "layers", "candidates", "keep",        "upper",   "length",  "beam",
    "whole",  "bootstraps", "max-queries", "augment", "transfer", "lengths"};
enum { SEARCH_ONLY = sizeof search_only / sizeof *search_only };

static lat_status check_form(const cli_call *call, lat_error *error)
{
    static const char *const needed[] = {"model", "eval"};
    for (size_t i = 0; i < 2; i++)
        if (!cli_given(call, needed[i]))
            return lat_error_set(error, LAT_USAGE, "triggers needs --%s",
                                 needed[i]);
    if (cli_given(call, "words") == cli_given(call, "study"))
        return lat_error_set(error, LAT_USAGE,
                             "triggers needs either --words or --study");
    for (size_t i = 0; cli_given(call, "words") && i < SEARCH_ONLY; i++)
        if (cli_given(call, search_only[i]))
            return lat_error_set(error, LAT_USAGE,
                                 "--%s belongs to the search (--study), not "
                                 "to --words", search_only[i]);
    if (cli_given(call, "study") &&
        (!cli_given(call, "out") || strcmp(cli_text(call, "out"), "-") == 0))
        return lat_error_set(error, LAT_USAGE,
                             "with --study, -o must name a folder");
    return LAT_OK;
}

static lat_status run(cli_call *call, lat_error *error)
{
    lat_reader reader = {0};
    lat_corpus corpus = {0};
    lat_status status = check_form(call, error);
    if (status == LAT_OK)
        status = lat_reader_open_with(&reader, cli_text(call, "model"),
                                      cli_pool(call), error);
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
        status = lat_evaluation_check(&corpus, error);
        if (status != LAT_OK)
            lat_error_in_file(error, cli_text(call, "eval"));
    }
    if (status == LAT_OK)
        status = cli_given(call, "words")
                     ? run_words(call, &reader, &corpus, error)
                     : run_study(call, &reader, &corpus, error);
    lat_corpus_free(&corpus);
    lat_reader_close(&reader);
    return status;
}

const cli_verb verb_triggers = {
    .name = "triggers",
    .summary = "words that flip predictions, given or out of a study",
    .forms = "latent triggers --model M --eval F --words W1,W2 "
             "[--insert prepend,append]\n"
             "latent triggers --study DIR --model M --eval F -o DIR "
             "[--layers 4-6]",
    .examples = "latent triggers --model models/tuned --eval dev.tsv \\\n"
                "    --words terrible,wonderful\n"
                "latent triggers --study study --model models/tuned --eval "
                "dev.tsv -o flips \\\n    --layers 4-6 --max-queries 200000",
    .notes =
        "A sentence is eligible for a class when it is predicted right and "
        "not as that class.\nflipped: it becomes that class (targeted); "
        "changed: it becomes any other (untargeted).\ndrop: fall of the "
        "probability of the class it had.  cut: sentences that the trigger "
        "made\nlonger than the model's limit.  accuracy: over all sentences "
        "with a class.\n\n"
        "With --study, half of the sentences (equal texts together, seeded) "
        "chooses the triggers\nby successive halving, the other half gives "
        "the figures; sentences of the study's corpus\nare left out of "
        "both.  Controls get the same number of words and the same rounds: "
        "random\n(any clustered word), matched (words of unpolarised "
        "concepts, alike in frequency),\nlog-odds (the class's most "
        "typical words).  greedy is no control but the upper bound: all\n"
        "words of the corpus, with a budget of its own.  The column queries "
        "says what each took.\n\n"
        "The folder: triggers.tsv (each scored trigger), summary.tsv (each "
        "source; concept_ahead\nis the concept words' mean less the "
        "source's), concepts.tsv (first_rate: all tried words\nof a concept "
        "on the first sentences, free of selection; mean and best of those "
        "kept;\nwhole: its words inserted together), flips.tsv and flips.csv "
        "(TextAttack's columns;\nscores are 1 - probability of the true "
        "class), triggers.json, transfer.tsv.  --augment\nwrites flipped "
        "sentences of the choosing half only, so that the other stays "
        "unseen.\n\n"
        "A search that was stopped goes on from trials.cache when the same "
        "command is given\nagain, and gives the same tables.  Exit code 0 "
        "with empty tables, and a line that says so:\nno polarised concept, "
        "no eligible sentence.  1: no sentence has a class, no given word "
        "fits\ninto the model's limit, --max-queries allows no candidate.",
    .options = options,
    .run = run};
