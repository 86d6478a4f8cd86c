/*
 * explain.c - one prediction: which words it hangs on, and which concepts
 * they fall into.
 *
 * A word's worth is occlusion: the sentence without it goes through the
 * model, and the fall of the predicted class's probability is the word's.
 * (Concepts as explanations: Yu and others 2024, LACOAT.)
 */
#include "explain_int.h"

#include <string.h>

void lat_explain_free(lat_explain *explain)
{
    lat_free(explain->probabilities);
    lat_free(explain->words);
    lat_free(explain->places);
    lat_arena_free(&explain->arena);
    memset(explain, 0, sizeof *explain);
}

/* ---- Occlusion ---------------------------------------------------------- */

/* The text without bytes first..end-1 and the space before them (behind
 * them when they are the first). */
static void without(lat_buffer *to, const char *text, size_t size,
                    size_t first, size_t end)
{
    if (first > 0 && text[first - 1] == ' ')
        first--;
    else if (end < size && text[end] == ' ')
        end++;
    lat_buffer_add(to, text, first);
    lat_buffer_add(to, text + end, size - end);
    lat_buffer_char(to, '\0');
}

static lat_status occlude(lat_explain *out, const lat_explain_input *input,
                          lat_pool *pool, const lat_sentence *sentence,
                          const lat_words *words, lat_error *error)
{
    size_t n = words->count, classes = input->reader->info->classes;
    lat_buffer text = {0};
    lat_sentence *list = lat_new_array(n + 1, sizeof *list);
    size_t *offsets = lat_new_array(n + 1, sizeof *offsets);
    float *logits = lat_new_array(n + 1, classes * sizeof *logits);
    double *p = lat_new_array(classes, sizeof *p);
    lat_status status = LAT_OK;
    if (list == NULL || offsets == NULL || logits == NULL || p == NULL)
        status = lat_error_memory(error, (uint64_t)n * 64);
    for (size_t i = 0; i < n && status == LAT_OK; i++) {
        const lat_word *word = &words->items[i];
        offsets[i] = text.size;
        without(&text, word->which == 0 ? sentence->a : sentence->b,
                word->which == 0 ? sentence->a_size : sentence->b_size,
                word->first, word->end);
    }
    if (status == LAT_OK)
        status = lat_buffer_status(&text, error);
    for (size_t i = 0; i <= n && status == LAT_OK; i++) {
        list[i] = *sentence; /* the last one is the sentence itself */
        if (i == n)
            break;
        const char *at = text.data + offsets[i];
        if (words->items[i].which == 0) {
            list[i].a = at;
            list[i].a_size = strlen(at);
        } else {
            list[i].b = at;
            list[i].b_size = strlen(at);
        }
    }
    if (status == LAT_OK)
        status = lat_reader_classify(input->reader, pool, list, n + 1,
                                     logits, NULL, error);
    if (status == LAT_OK)
        lat_predictions(logits + n * classes, 1, classes, &out->predicted,
                        out->probabilities);
    for (size_t i = 0; i < n && status == LAT_OK; i++) {
        lat_explain_word *word = &out->words[i];
        lat_predictions(logits + i * classes, 1, classes, &word->without, p);
        word->drop = out->probabilities[out->predicted] - p[out->predicted];
        if (word->drop > out->words[out->most].drop)
            out->most = i;
    }
    lat_buffer_free(&text);
    lat_free(list);
    lat_free(offsets);
    lat_free(logits);
    lat_free(p);
    return status;
}

/* ---- The sentence ------------------------------------------------------- */

static lat_status make_words(lat_explain *out, const lat_words *words,
                             size_t classes, size_t layers,
                             lat_error *error)
{
    out->count = words->count;
    out->layer_count = layers;
    out->probabilities = lat_new_array(classes, sizeof *out->probabilities);
    out->words = lat_new_array(out->count, sizeof *out->words);
    out->places = lat_new_array(out->count, layers * sizeof *out->places);
    if (out->probabilities == NULL || out->words == NULL ||
        out->places == NULL)
        return lat_error_memory(error, (uint64_t)out->count * layers * 24);
    for (size_t i = 0; i < out->count; i++) {
        size_t size = 0;
        const char *text =
            lat_intern_text(words->types, words->items[i].type, &size);
        out->words[i].position = words->items[i].position;
        out->words[i].text = lat_arena_copy(&out->arena, text, size);
        if (out->words[i].text == NULL)
            return lat_error_memory(error, size);
    }
    return LAT_OK;
}

lat_status lat_explain_run(lat_explain *out, lat_pool *pool,
                           const lat_explain_input *input,
                           const lat_sentence *sentence,
                           lat_progress *progress, lat_error *error)
{
    const lat_model_info *info = input->reader->info;
    lat_sentence copy = *sentence;
    lat_corpus corpus = {.count = 1, .sentences = &copy,
                         .pairs = sentence->b != NULL};
    lat_words_options all = {input->rule, 1, UINT64_MAX, UINT64_MAX,
                             false,       1, 0};
    lat_words words = {0};
    lat_tokens tokens = {0};
    memset(out, 0, sizeof *out);
    if (info->head != LAT_HEAD_SEQUENCE || input->layer_count == 0)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "needs a sequence classification head and at "
                             "least one layer");
    lat_status status = lat_words_select(&words, &corpus, &all, error);
    if (status == LAT_OK)
        status = lat_reader_tokenize(&tokens, input->reader, pool, &corpus,
                                     &words, error);
    if (status == LAT_OK)
        out->lost = lat_words_drop_lost(&words, &tokens, NULL);
    if (status == LAT_OK && words.count == 0)
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "the sentence has no word");
    if (status == LAT_OK)
        status = make_words(out, &words, info->classes, input->layer_count,
                            error);
    if (status == LAT_OK)
        status = occlude(out, input, pool, sentence, &words, error);
    if (status == LAT_OK)
        status = explain_layers(out, pool, input, &tokens, progress, error);
    lat_tokens_free(&tokens);
    lat_words_free(&words);
    if (status != LAT_OK)
        lat_explain_free(out);
    return status;
}
