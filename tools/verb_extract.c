/*
 * verb_extract.c - hidden states as npy files: of a corpus's kept words, or
 * of every token of given ids.
 */
#include "inputs_int.h"
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"data", 0, CLI_TEXT, "FILE", "the corpus (- for standard input)", NULL},
    {"ids", 0, CLI_TEXT, "FILE",
     "token ids instead: {\"input_ids\": [...], \"token_type_ids\": [...]} "
     "a line",
     NULL},
    {"layers", 0, CLI_TEXT, "LIST", "layers, such as 0,3,5-12", "all"},
    OPTIONS_WORDS,
    OPTIONS_CORPUS,
    {"out", 'o', CLI_TEXT, "PATH",
     "folder for the layers (--data) or npy file (--ids)", NULL},
    {0}};

/* Pointers to one block of layers x rows x H. */
typedef struct states_block {
    float **layers; /* L+1 */
    float *values;
} states_block;

static lat_status block_make(states_block *out, const lat_model_info *info,
                             const size_t *wanted, size_t count, size_t rows,
                             lat_error *error)
{
    size_t row = 0, floats = 0;
    out->layers = lat_new_array(info->layers + 1, sizeof(float *));
    if (!lat_size_mul(rows, info->hidden, &row) ||
        !lat_size_mul(row, count, &floats))
        return lat_error_memory(error, UINT64_MAX);
    out->values = lat_new_array(floats, sizeof(float));
    if (out->layers == NULL || out->values == NULL)
        return lat_error_memory(error, (uint64_t)floats * sizeof(float));
    for (size_t i = 0; i < count; i++)
        out->layers[wanted[i]] = out->values + i * row;
    return LAT_OK;
}

static void block_free(states_block *block)
{
    lat_free(block->layers);
    lat_free(block->values);
}

/* ---- Every token of given ids ------------------------------------------- */

static lat_status extract_ids(cli_call *call, lat_model *model,
                              const size_t *wanted, size_t count,
                              lat_error *error)
{
    const lat_model_info *info = lat_model_get_info(model);
    inputs_ids ids = {0};
    states_block block = {0};
    lat_status status = inputs_ids_read(&ids, cli_text(call, "ids"), error);
    if (status != LAT_OK)
        return status;
    size_t tokens = ids.starts[ids.sequences];
    status = block_make(&block, info, wanted, count, tokens, error);
    if (status == LAT_OK) {
        lat_batch batch = inputs_ids_batch(&ids);
        lat_states want = {.hidden = block.layers};
        status = lat_model_forward(model, cli_pool(call), &batch, &want,
                                   error);
    }
    if (status == LAT_OK) {
        const size_t shape[] = {count, tokens, info->hidden};
        status = lat_npy_write(cli_text(call, "out"), LAT_NPY_F32, 3, shape,
                               block.values, error);
    }
    block_free(&block);
    inputs_ids_free(&ids);
    return status;
}

/* ---- The kept words of a corpus ----------------------------------------- */

static lat_status write_layers(const cli_call *call,
                               const lat_model_info *info,
                               const lat_words *words,
                               const states_block *block, lat_error *error)
{
    const char *folder = cli_text(call, "out");
    const size_t shape[] = {words->count, info->hidden};
    lat_status status = lat_folder_make(folder, error);
    for (size_t l = 0; l <= info->layers && status == LAT_OK; l++) {
        if (block->layers[l] == NULL)
            continue;
        char *path = lat_format("%s/layer-%02zu.npy", folder, l);
        if (path == NULL)
            return lat_error_memory(error, strlen(folder) + 16);
        status = lat_npy_write(path, LAT_NPY_F32, 2, shape, block->layers[l],
                               error);
        lat_free(path);
    }
    if (status != LAT_OK)
        return status;
    char *path = lat_path_join(folder, "words.tsv");
    if (path == NULL)
        return lat_error_memory(error, strlen(folder) + 16);
    status = inputs_words_write(words, path, NULL, error);
    lat_free(path);
    return status;
}

static lat_status extract_words(cli_call *call, lat_reader *reader,
                                const size_t *wanted, size_t count,
                                lat_error *error)
{
    lat_corpus corpus = {0};
    lat_words words = {0};
    lat_tokens tokens = {0};
    states_block block = {0};
    lat_words_options words_options;
    lat_reader_want want = {.progress = cli_progress(call)};
    lat_status status =
        inputs_words_options(&words_options, &want.pooling, call, error);
    if (status == LAT_OK)
        status = inputs_corpus(&corpus, call, cli_text(call, "data"), NULL,
                               error);
    if (status == LAT_OK)
        status = lat_words_select(&words, &corpus, &words_options, error);
    if (status == LAT_OK)
        status = lat_reader_tokenize(&tokens, reader, cli_pool(call),
                                     &corpus, &words, error);
    if (status != LAT_OK)
        goto done;
    size_t lost = lat_words_drop_lost(&words, &tokens, NULL);
    cli_say(call,
            "%zu sentences, %llu words, %zu kept (%zu types), %zu lost to "
            "truncation, %zu sentences cut, %zu left out as too long",
            corpus.count, (unsigned long long)words.total, words.count,
            words.kept_types, lost, tokens.cut_sentences, words.long_count);
    if (words.count == 0) {
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "no word passes the filter (seen at least "
                               "--min %s times)",
                               cli_text(call, "min"));
        lat_error_in_file(error, cli_text(call, "data"));
        goto done;
    }
    status = block_make(&block, reader->info, wanted, count, words.count,
                        error);
    if (status != LAT_OK)
        goto done;
    want.layers = block.layers;
    lat_progress_begin(want.progress, "forward", "sentences", corpus.count);
    status = lat_reader_states(reader, cli_pool(call), &tokens, &want,
                               error);
    lat_progress_end(want.progress);
    if (status == LAT_OK)
        status = write_layers(call, reader->info, &words, &block, error);
done:
    block_free(&block);
    lat_tokens_free(&tokens);
    lat_words_free(&words);
    lat_corpus_free(&corpus);
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    const char *path = cli_argument(call, 0);
    bool ids = cli_given(call, "ids");
    if (ids == cli_given(call, "data"))
        return lat_error_set(error, LAT_USAGE,
                             "extract needs either --data or --ids");
    if (cli_text(call, "out") == NULL)
        return lat_error_set(error, LAT_USAGE, "extract needs -o %s",
                             ids ? "FILE.npy" : "FOLDER");
    lat_reader reader = {0};
    lat_model *model = NULL;
    const lat_model_options no_head = {.ignore_head = true,
                                       .pool = cli_pool(call)};
    lat_status status = ids ? lat_model_open(&model, path, &no_head, error)
                            : lat_reader_open_with(&reader, path,
                                                   cli_pool(call), error);
    if (status != LAT_OK)
        return status;
    const lat_model_info *info =
        ids ? lat_model_get_info(model) : reader.info;
    size_t *wanted = NULL, count = 0;
    status = lat_range_read(&wanted, &count, cli_text(call, "layers"),
                            info->layers, error);
    if (status == LAT_OK && ids)
        status = extract_ids(call, model, wanted, count, error);
    else if (status == LAT_OK)
        status = extract_words(call, &reader, wanted, count, error);
    lat_free(wanted);
    lat_model_close(model);
    lat_reader_close(&reader);
    return status;
}

const cli_verb verb_extract = {
    .name = "extract",
    .summary = "hidden states of words or tokens, as npy files",
    .forms = "latent extract MODEL --data F -o DIR [--layers L] "
             "[--words last|first|mean]\n"
             "latent extract MODEL --ids F.jsonl -o H.npy [--layers L]",
    .examples =
        "latent extract models/tuned --data train.tsv -o states --layers 4-6\n"
        "latent extract models/tuned --ids ids.jsonl -o hidden.npy",
    .notes = "--data writes layer-NN.npy (float32, words x hidden) and "
             "words.tsv (word, n,\nsentence, position).  --ids writes one "
             "float32 array (layers, tokens of all\nlines, hidden); layer 0 "
             "is the embedding output.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run};
