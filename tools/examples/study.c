/*
 * study.c - a small study: one layer of two models, clustered and compared.
 *
 *     cc study.c $(pkg-config --cflags --libs latent) -o study
 *     ./study models/base models/tuned train.tsv 6 100
 */
#include <latent/latent.h>
#include <stdlib.h>

/* The concepts of one layer of one model. */
static lat_status find_concepts(lat_concepts *out, const char *model,
                                const char *data, size_t layer, size_t k,
                                lat_pool *pool, lat_error *error)
{
    lat_reader reader = {0};
    lat_corpus corpus = {0};
    lat_words words = {0};
    lat_tokens tokens = {0};
    lat_tree tree = {0};
    lat_corpus_options whole = {0};
    lat_words_options filter = LAT_WORDS_OPTIONS;
    lat_ward_options ward = LAT_WARD_OPTIONS;
    float *layers[64] = {0};
    lat_reader_want want = {.layers = layers};
    lat_occurrence *all = NULL;
    uint32_t *labels = NULL;
    lat_status status = lat_reader_open(&reader, model, error);
    if (status || (status = lat_corpus_open(&corpus, data, &whole, error)) ||
        (status = lat_words_select(&words, &corpus, &filter, error)) ||
        (status = lat_reader_tokenize(&tokens, &reader, pool, &corpus,
                                      &words, error)))
        goto done;
    lat_words_drop_lost(&words, &tokens, NULL);
    size_t hidden = reader.info->hidden;
    layers[layer] = lat_new_array(words.count * hidden, sizeof(float));
    labels = lat_new_array(words.count, sizeof *labels);
    all = lat_new_array(words.count, sizeof *all);
    if (!layers[layer] || !labels || !all) {
        status = lat_error_memory(error, words.count * hidden * 4);
        goto done;
    }
    for (size_t i = 0; i < words.count; i++)
        all[i] = (lat_occurrence){
            .word = words.items[i].type, .number = words.items[i].number,
            .sentence = words.items[i].sentence,
            .position = (int32_t)words.items[i].position};
    if ((status = lat_reader_states(&reader, pool, &tokens, &want, error)) ||
        (status = lat_cluster_ward(&tree, pool, layers[layer], words.count,
                                   hidden, &ward, error)) ||
        (status = lat_tree_cut(&tree, k, labels, error)))
        goto done;
    status = lat_concepts_make(out, all, labels, words.count, words.types,
                               error);
done:
    lat_free(layers[layer]);
    lat_free(labels);
    lat_free(all);
    lat_tree_free(&tree);
    lat_tokens_free(&tokens);
    lat_words_free(&words);
    lat_corpus_free(&corpus);
    lat_reader_close(&reader);
    return status;
}

int main(int count, char **arguments)
{
    lat_error error = {0};
    lat_pool *pool = NULL;
    lat_concepts base = {0}, tuned = {0};
    lat_overlap overlap = {0};
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_buffer table = {0};
    size_t layer = count == 6 ? strtoul(arguments[4], NULL, 10) % 64 : 0;
    size_t k = count == 6 ? strtoul(arguments[5], NULL, 10) : 0;
    if (count != 6 ||
        lat_pool_create(&pool, lat_cores_usable(), &error) ||
        find_concepts(&base, arguments[1], arguments[3], layer, k, pool,
                      &error) ||
        find_concepts(&tuned, arguments[2], arguments[3], layer, k, pool,
                      &error) ||
        lat_overlap_run(&overlap, pool, &base, &tuned, &options, &error))
        goto done;
    lat_overlap_tsv_header(&table, "");
    lat_overlap_tsv(&table, &overlap, "");
    fwrite(table.data, 1, table.size, stdout);
done:
    lat_buffer_free(&table);
    lat_overlap_free(&overlap);
    lat_concepts_free(&base);
    lat_concepts_free(&tuned);
    lat_pool_free(pool);
    if (count != 6 || error.code != LAT_OK)
        fprintf(stderr, "%s\n", count != 6
                                    ? "usage: study BASE TUNED DATA LAYER K"
                                    : lat_error_message(&error));
    return count != 6 ? 2 : lat_status_exit(error.code);
}
