/*
 * classify_tokens.c - predictions of heads over tokens.
 *
 *   token classification          masked LM
 *     Jim <tab> B-PER               line mask rank piece probability
 *     works <tab> O                 1    4    1    good  0.41
 *     (empty line)                  1    4    2    fine  0.13
 *
 *   {"labels":[...],"words":[...]}  {"masks":[{"pieces":[...],
 *                                    "probabilities":[...],"token":4}]}
 *
 * A word without any token, such as a control character alone, has "_" as
 * its label, null in JSON.
 */
#include "classify_int.h"

#include <string.h>

/* ---- Words -------------------------------------------------------------- */

static const char *word_text(const lat_corpus *corpus, const lat_word *word,
                             size_t *size)
{
    const lat_sentence *from = &corpus->sentences[word->sentence];
    *size = word->end - word->first;
    return (word->which == 0 ? from->a : from->b) + word->first;
}

static void put_label(lat_json_writer *json, const lat_model_info *info,
                      uint32_t tag)
{
    if (tag == LAT_NO_TAG)
        lat_json_put_null(json);
    else if (info->labels != NULL)
        lat_json_put_text(json, info->labels[tag]);
    else
        lat_json_put_count(json, tag);
}

/* Words w0..w1-1: one sentence as a JSON line. */
static void print_sentence(lat_buffer *out, const lat_model_info *info,
                           const lat_corpus *corpus, const lat_words *words,
                           const uint32_t *tags, const size_t range[2])
{
    lat_json_writer json;
    lat_json_begin(&json, out, false);
    lat_json_open(&json, '{');
    lat_json_key(&json, "labels");
    lat_json_open(&json, '[');
    for (size_t w = range[0]; w < range[1]; w++)
        put_label(&json, info, tags[w]);
    lat_json_close(&json, ']');
    lat_json_key(&json, "words");
    lat_json_open(&json, '[');
    for (size_t w = range[0]; w < range[1]; w++) {
        size_t size = 0;
        const char *text = word_text(corpus, &words->items[w], &size);
        lat_json_put_bytes(&json, text, size);
    }
    lat_json_close(&json, ']');
    lat_json_close(&json, '}');
    lat_buffer_char(out, '\n');
}

static void print_lines(lat_buffer *out, const lat_model_info *info,
                        const lat_corpus *corpus, const lat_words *words,
                        const uint32_t *tags, const size_t range[2])
{
    for (size_t w = range[0]; w < range[1]; w++) {
        size_t size = 0;
        const char *text = word_text(corpus, &words->items[w], &size);
        lat_buffer_add(out, text, size);
        if (tags[w] == LAT_NO_TAG)
            lat_buffer_text(out, "\t_\n");
        else if (info->labels != NULL)
            lat_buffer_format(out, "\t%s\n", info->labels[tags[w]]);
        else
            lat_buffer_format(out, "\t%lu\n", (unsigned long)tags[w]);
    }
    lat_buffer_char(out, '\n');
}

static lat_status tag_words(lat_buffer *out, cli_call *call,
                            const lat_reader *reader,
                            const lat_corpus *corpus, lat_error *error)
{
    /* Every word, however rare, frequent or far in its sentence. */
    const lat_words_options all = {LAT_WORDS_WHITESPACE, 0, UINT64_MAX,
                                   UINT64_MAX, false, 1, 0};
    lat_words words = {0};
    uint32_t *tags = NULL;
    lat_status status = lat_words_select(&words, corpus, &all, error);
    if (status == LAT_OK) {
        tags = lat_new_array(words.count, sizeof *tags);
        if (tags == NULL)
            status = lat_error_memory(error, words.count * sizeof *tags);
    }
    lat_progress *progress = cli_progress(call);
    lat_progress_begin(progress, "classify", "sentences", corpus->count);
    if (status == LAT_OK)
        status = lat_reader_tag(tags, reader, cli_pool(call),
                                corpus->sentences, corpus->count, &words,
                                progress, error);
    lat_progress_end(progress);
    size_t w = 0;
    for (size_t s = 0; s < corpus->count && status == LAT_OK; s++) {
        size_t range[2] = {w, w};
        while (w < words.count && words.items[w].sentence == s)
            w++;
        range[1] = w;
        if (cli_given(call, "json"))
            print_sentence(out, reader->info, corpus, &words, tags, range);
        else
            print_lines(out, reader->info, corpus, &words, tags, range);
    }
    lat_free(tags);
    lat_words_free(&words);
    return status;
}

/* ---- Masks -------------------------------------------------------------- */

static const char *piece_text(const lat_reader *reader, uint32_t id,
                              size_t *size)
{
    const char *text = lat_tokenizer_piece(reader->tokenizer, id, size);
    /* Rows of the embedding that no piece uses. */
    if (text == NULL) {
        text = "";
        *size = 0;
    }
    return text;
}

static void put_mask(lat_json_writer *json, const lat_reader *reader,
                     const lat_masks *masks, size_t m)
{
    lat_json_open(json, '{');
    lat_json_key(json, "pieces");
    lat_json_open(json, '[');
    for (size_t k = 0; k < masks->top; k++) {
        size_t size = 0;
        const char *text =
            piece_text(reader, masks->ids[m * masks->top + k], &size);
        lat_json_put_bytes(json, text, size);
    }
    lat_json_close(json, ']');
    lat_json_key(json, "probabilities");
    lat_json_open(json, '[');
    for (size_t k = 0; k < masks->top; k++)
        lat_json_put_number(json, masks->probabilities[m * masks->top + k]);
    lat_json_close(json, ']');
    lat_json_key(json, "token");
    lat_json_put_count(json, masks->token[m]);
    lat_json_close(json, '}');
}

static void print_masks_json(lat_buffer *out, const lat_reader *reader,
                             const lat_masks *masks, size_t sentences)
{
    for (size_t s = 0, m = 0; s < sentences; s++) {
        lat_json_writer json;
        lat_json_begin(&json, out, false);
        lat_json_open(&json, '{');
        lat_json_key(&json, "masks");
        lat_json_open(&json, '[');
        for (; m < masks->count && masks->sentence[m] == s; m++)
            put_mask(&json, reader, masks, m);
        lat_json_close(&json, ']');
        lat_json_close(&json, '}');
        lat_buffer_char(out, '\n');
    }
}

static void print_masks(lat_buffer *out, const lat_reader *reader,
                        const lat_masks *masks, const lat_corpus *corpus)
{
    lat_buffer_text(out, "line\tmask\trank\tpiece\tprobability\n");
    for (size_t m = 0; m < masks->count; m++)
        for (size_t k = 0; k < masks->top; k++) {
            size_t at = m * masks->top + k, size = 0;
            const char *text = piece_text(reader, masks->ids[at], &size);
            lat_buffer_format(
                out, "%llu\t%zu\t%zu\t",
                (unsigned long long)
                    corpus->sentences[masks->sentence[m]].line,
                masks->token[m], k + 1);
            lat_buffer_add(out, text, size);
            lat_buffer_char(out, '\t');
            lat_buffer_number(out, masks->probabilities[at]);
            lat_buffer_char(out, '\n');
        }
}

static lat_status fill_masks(lat_buffer *out, cli_call *call,
                             const lat_reader *reader,
                             const lat_corpus *corpus, lat_error *error)
{
    lat_masks masks = {0};
    lat_progress *progress = cli_progress(call);
    if (cli_count(call, "top") == 0)
        return lat_error_set(error, LAT_USAGE,
                             "--top is 0, expected at least 1");
    lat_progress_begin(progress, "classify", "sentences", corpus->count);
    lat_status status = lat_reader_fill(&masks, reader, cli_pool(call),
                                        corpus->sentences, corpus->count,
                                        (size_t)cli_count(call, "top"),
                                        progress, error);
    lat_progress_end(progress);
    if (status == LAT_OK && cli_given(call, "json"))
        print_masks_json(out, reader, &masks, corpus->count);
    else if (status == LAT_OK)
        print_masks(out, reader, &masks, corpus);
    lat_masks_free(&masks);
    return status;
}

lat_status classify_tokens(cli_call *call, const lat_reader *reader,
                           const lat_corpus *corpus, lat_error *error)
{
    lat_buffer text = {0};
    lat_status status = reader->info->head == LAT_HEAD_TOKEN
                            ? tag_words(&text, call, reader, corpus, error)
                            : fill_masks(&text, call, reader, corpus, error);
    if (status == LAT_OK)
        status = cli_deliver(call, &text, error);
    lat_buffer_free(&text);
    return status;
}
