/*
 * verb_classify.c - a model's predictions: of sentences, of words and masks
 * (classify_tokens.c), or of given ids.
 */
#include "classify_int.h"
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"json", 0, CLI_FLAG, NULL,
     "one JSON object a line: label, probabilities, logits", NULL},
    {"ids", 0, CLI_TEXT, "FILE",
     "token ids instead of text; token and masked-LM heads give a row of "
     "logits for each token",
     NULL},
    {"top", 0, CLI_COUNT, "N", "masked-LM heads: pieces at each mask", "5"},
    OPTIONS_CORPUS,
    {"out", 'o', CLI_TEXT, "FILE", "where the lines go", "-"},
    {0}};

static void put_label(lat_json_writer *json, const lat_model_info *info,
                      uint32_t predicted)
{
    if (info->labels != NULL)
        lat_json_put_text(json, info->labels[predicted]);
    else
        lat_json_put_count(json, predicted);
}

static void put_row(lat_json_writer *json, const float *row, size_t n)
{
    lat_json_open(json, '[');
    for (size_t c = 0; c < n; c++)
        lat_json_put_number(json, (double)row[c]);
    lat_json_close(json, ']');
}

static void print_json(lat_buffer *out, const lat_model_info *info,
                       const float *logits, uint32_t predicted,
                       const double *probabilities)
{
    lat_json_writer json;
    lat_json_begin(&json, out, false);
    lat_json_open(&json, '{');
    lat_json_key(&json, "label");
    put_label(&json, info, predicted);
    lat_json_key(&json, "logits");
    put_row(&json, logits, info->classes);
    lat_json_key(&json, "probabilities");
    lat_json_open(&json, '[');
    for (size_t c = 0; c < info->classes; c++)
        lat_json_put_number(&json, probabilities[c]);
    lat_json_close(&json, ']');
    lat_json_close(&json, '}');
    lat_buffer_char(out, '\n');
}

static void print_name(lat_buffer *out, const lat_model_info *info,
                       size_t class_number)
{
    if (info->labels != NULL)
        lat_buffer_text(out, info->labels[class_number]);
    else
        lat_buffer_format(out, "%zu", class_number);
}

static void print_rows(lat_buffer *out, const lat_model_info *info,
                       const float *logits, size_t count, bool as_json,
                       const uint32_t *predicted, const double *probabilities)
{
    if (!as_json) {
        lat_buffer_text(out, "label");
        for (size_t c = 0; c < info->classes; c++) {
            lat_buffer_char(out, '\t');
            print_name(out, info, c);
        }
        lat_buffer_char(out, '\n');
    }
    for (size_t i = 0; i < count; i++) {
        const double *p = probabilities + i * info->classes;
        if (as_json) {
            print_json(out, info, logits + i * info->classes, predicted[i],
                       p);
            continue;
        }
        print_name(out, info, predicted[i]);
        for (size_t c = 0; c < info->classes; c++) {
            lat_buffer_char(out, '\t');
            lat_buffer_number(out, p[c]);
        }
        lat_buffer_char(out, '\n');
    }
}

/* Accuracy and the confusion table (rows: gold) on standard error. */
static lat_status print_confusion(const cli_call *call,
                                  const lat_model_info *info,
                                  const lat_corpus *corpus,
                                  const uint32_t *predicted,
                                  lat_error *error)
{
    size_t K = info->classes, right = 0, labelled = 0;
    uint64_t *table = lat_new_array(K * K, sizeof *table);
    lat_buffer text = {0};
    if (table == NULL)
        return lat_error_memory(error, K * K * sizeof *table);
    for (size_t i = 0; i < corpus->count; i++) {
        int32_t gold = corpus->sentences[i].gold;
        if (gold < 0)
            continue;
        labelled++;
        right += (uint32_t)gold == predicted[i];
        table[(size_t)gold * K + predicted[i]]++;
    }
    if (labelled != 0) {
        lat_buffer_text(&text, "gold \\ predicted");
        for (size_t c = 0; c < K; c++) {
            lat_buffer_char(&text, '\t');
            print_name(&text, info, c);
        }
        for (size_t g = 0; g < K; g++) {
            lat_buffer_char(&text, '\n');
            print_name(&text, info, g);
            for (size_t c = 0; c < K; c++)
                lat_buffer_format(&text, "\t%llu",
                                  (unsigned long long)table[g * K + c]);
        }
        if (text.data != NULL)
            cli_say(call, "accuracy %.6f (%zu of %zu)\n%s",
                    (double)right / (double)labelled, right, labelled,
                    text.data);
    }
    lat_free(table);
    lat_buffer_free(&text);
    return LAT_OK;
}

static lat_status classify_text(cli_call *call, lat_error *error)
{
    const char *file = cli_argument(call, 1);
    lat_reader reader = {0};
    lat_corpus corpus = {0};
    lat_buffer text = {0};
    float *logits = NULL;
    uint32_t *predicted = NULL;
    double *probabilities = NULL;
    lat_status status =
        lat_reader_open_with(&reader, cli_argument(call, 0), cli_pool(call),
                             error);
    if (status == LAT_OK && reader.info->head == LAT_HEAD_NONE) {
        status = lat_error_set(error, LAT_UNSUPPORTED,
                               "the model has no head");
        lat_error_in_file(error, cli_argument(call, 0));
    }
    if (status == LAT_OK)
        status = inputs_corpus(&corpus, call, file == NULL ? "-" : file,
                               reader.info, error);
    if (status == LAT_OK && reader.info->head != LAT_HEAD_SEQUENCE) {
        status = classify_tokens(call, &reader, &corpus, error);
        goto done;
    }
    if (status != LAT_OK)
        goto done;
    size_t cells = corpus.count * reader.info->classes;
    logits = lat_new_array(cells, sizeof *logits);
    predicted = lat_new_array(corpus.count, sizeof *predicted);
    probabilities = lat_new_array(cells, sizeof *probabilities);
    if (logits == NULL || predicted == NULL || probabilities == NULL) {
        status = lat_error_memory(error, cells * 16);
        goto done;
    }
    lat_progress *progress = cli_progress(call);
    lat_progress_begin(progress, "classify", "sentences", corpus.count);
    status = lat_reader_classify(&reader, cli_pool(call), corpus.sentences,
                                 corpus.count, logits, progress, error);
    lat_progress_end(progress);
    if (status != LAT_OK)
        goto done;
    lat_predictions(logits, corpus.count, reader.info->classes, predicted,
                    probabilities);
    print_rows(&text, reader.info, logits, corpus.count,
               cli_given(call, "json"), predicted, probabilities);
    status = cli_deliver(call, &text, error);
    if (status == LAT_OK)
        status = print_confusion(call, reader.info, &corpus, predicted,
                                 error);
done:
    lat_buffer_free(&text);
    lat_free(logits);
    lat_free(predicted);
    lat_free(probabilities);
    lat_corpus_free(&corpus);
    lat_reader_close(&reader);
    return status;
}

/* ---- Given ids ---------------------------------------------------------- */

/* One JSON object for each sequence: {"logits": [[...], ...]}. */
static void print_token_rows(lat_buffer *out, const inputs_ids *ids,
                             const float *logits, size_t classes)
{
    for (size_t s = 0; s < ids->sequences; s++) {
        lat_json_writer json;
        lat_json_begin(&json, out, false);
        lat_json_open(&json, '{');
        lat_json_key(&json, "logits");
        lat_json_open(&json, '[');
        for (size_t t = ids->starts[s]; t < ids->starts[s + 1]; t++)
            put_row(&json, logits + t * classes, classes);
        lat_json_close(&json, ']');
        lat_json_close(&json, '}');
        lat_buffer_char(out, '\n');
    }
}

static lat_status classify_ids(cli_call *call, lat_error *error)
{
    lat_model *model = NULL;
    inputs_ids ids = {0};
    lat_buffer text = {0};
    float *logits = NULL;
    uint32_t *predicted = NULL;
    double *probabilities = NULL;
    const lat_model_options how = {.pool = cli_pool(call)};
    lat_status status =
        lat_model_open(&model, cli_argument(call, 0), &how, error);
    if (status != LAT_OK)
        return status;
    const lat_model_info *info = lat_model_get_info(model);
    if (info->head == LAT_HEAD_NONE) {
        status = lat_error_set(error, LAT_UNSUPPORTED,
                               "the model has no head");
        lat_error_in_file(error, cli_argument(call, 0));
    }
    if (status == LAT_OK)
        status = inputs_ids_read(&ids, cli_text(call, "ids"), error);
    if (status != LAT_OK)
        goto done;
    bool tokens = info->head != LAT_HEAD_SEQUENCE;
    size_t rows = tokens ? ids.starts[ids.sequences] : ids.sequences;
    size_t cells = 0;
    if (lat_size_mul(rows, info->classes, &cells)) {
        logits = lat_new_array(cells, sizeof *logits);
        predicted = lat_new_array(rows, sizeof *predicted);
        probabilities =
            lat_new_array(tokens ? 0 : cells, sizeof *probabilities);
    }
    if (logits == NULL || predicted == NULL || probabilities == NULL) {
        status = lat_error_memory(error, cells * sizeof *logits);
        goto done;
    }
    lat_batch batch = inputs_ids_batch(&ids);
    lat_states want = {.logits = logits};
    status = lat_model_forward(model, cli_pool(call), &batch, &want, error);
    if (status != LAT_OK)
        goto done;
    if (tokens) {
        print_token_rows(&text, &ids, logits, info->classes);
    } else {
        lat_predictions(logits, rows, info->classes, predicted,
                        probabilities);
        print_rows(&text, info, logits, rows, cli_given(call, "json"),
                   predicted, probabilities);
    }
    status = cli_deliver(call, &text, error);
done:
    lat_buffer_free(&text);
    lat_free(logits);
    lat_free(predicted);
    lat_free(probabilities);
    inputs_ids_free(&ids);
    lat_model_close(model);
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    if (cli_given(call, "ids") && cli_argument(call, 1) != NULL)
        return lat_error_set(error, LAT_USAGE,
                             "give either FILE or --ids, not both");
    return cli_given(call, "ids") ? classify_ids(call, error)
                                  : classify_text(call, error);
}

const cli_verb verb_classify = {
    .name = "classify",
    .summary = "label and probabilities for each line",
    .forms = "latent classify MODEL [FILE] [--json]\n"
             "latent classify MODEL --ids F.jsonl [--json]",
    .examples = "latent classify models/tuned dev.tsv > predictions.tsv\n"
                "echo 'a gripping film' | latent classify models/tuned --json",
    .notes = "Without FILE lines come from standard input.  The TSV has the "
             "columns label and one\nprobability for each class.  With a "
             "gold column, accuracy and the confusion table go\nto standard "
             "error.  A token classification head gives lines word, label, "
             "with an empty line\nafter each sentence (--json: words and "
             "labels); the label is that of the word's first\nsub-word.  A "
             "masked-LM head gives the likeliest pieces at each [MASK] or "
             "<mask>.",
    .options = options,
    .least = 1,
    .most = 2,
    .run = run};
