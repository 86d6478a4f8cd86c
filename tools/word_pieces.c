/*
 * word_pieces.c - see word_pieces_int.h.
 *
 *     words    the   unwatchable     film
 *     tokens   the   un ##watch ##able   film
 *     pieces   1     3               1
 */
#include "word_pieces_int.h"

#include <string.h>

lat_status joined_text_make(joined_text *out, const lat_text *text,
                            lat_error *error)
{
    out->sentences = lat_new_array(text->sentences, sizeof *out->sentences);
    out->words.items = lat_new_array(text->size, sizeof *out->words.items);
    if (out->sentences == NULL || out->words.items == NULL)
        return lat_error_memory(error, text->size * sizeof(lat_word));
    out->words.count = text->size;
    for (size_t s = 0; s < text->sentences; s++) {
        size_t start = out->text.size;
        for (size_t w = text->starts[s]; w < text->starts[s + 1]; w++) {
            size_t size = 0;
            const char *word =
                lat_intern_text(text->set, text->words[w], &size);
            if (w != text->starts[s])
                lat_buffer_char(&out->text, ' ');
            size_t first = out->text.size - start;
            if (size > UINT32_MAX || first > UINT32_MAX - size)
                return lat_error_set(error, LAT_OUT_OF_RANGE,
                                     "sentence %zu has more than 4 GiB", s);
            lat_buffer_add(&out->text, word, size);
            out->words.items[w] = (lat_word){
                .sentence = (uint32_t)s, .first = (uint32_t)first,
                .end = (uint32_t)(first + size),
                .position = (uint32_t)(w - text->starts[s])};
        }
        out->sentences[s] = (lat_sentence){
            .a_size = out->text.size - start, .gold = -1, .line = s + 1};
        lat_buffer_char(&out->text, '\0');
    }
    lat_status status = lat_buffer_status(&out->text, error);
    size_t at = 0;
    for (size_t s = 0; s < text->sentences && status == LAT_OK; s++) {
        out->sentences[s].a = out->text.data + at;
        at += out->sentences[s].a_size + 1;
    }
    return status;
}

void joined_text_free(joined_text *joined)
{
    lat_free(joined->sentences);
    lat_free(joined->words.items);
    lat_buffer_free(&joined->text);
    memset(joined, 0, sizeof *joined);
}

/* ---- Pieces ------------------------------------------------------------- */

/* Room that is used for one sentence after another. */
typedef struct counting {
    const lat_tokenizer *tokenizer;
    lat_encoding encoding;
    lat_span *spans[2]; /* words of a sentence's texts */
    size_t room[2], count[2];
    size_t *first, *end;
    size_t tokens_room;
} counting;

static void counting_free(counting *c)
{
    lat_encoding_free(&c->encoding);
    lat_free(c->spans[0]);
    lat_free(c->spans[1]);
    lat_free(c->first);
    lat_free(c->end);
}

/* Counts of the words of `spans`, those of the second text behind those of
 * the first. */
static lat_status count_sentence(uint32_t *out, counting *c,
                                 const lat_sentence *sentence,
                                 lat_error *error)
{
    const lat_encode_options whole = {0};
    lat_status status = lat_tokenizer_encode(
        c->tokenizer, &c->encoding, sentence->a, sentence->a_size,
        sentence->b, sentence->b_size, &whole, error);
    for (int which = 0; which < 2 && status == LAT_OK; which++) {
        size_t count = c->count[which];
        if (count > c->tokens_room) {
            lat_free(c->first);
            lat_free(c->end);
            c->tokens_room = 2 * count;
            c->first = lat_new_array(c->tokens_room, sizeof *c->first);
            c->end = lat_new_array(c->tokens_room, sizeof *c->end);
            if (c->first == NULL || c->end == NULL)
                return lat_error_memory(error, count * sizeof *c->end);
        }
        if (count == 0)
            continue;
        lat_words_to_tokens(c->first, c->end, &c->encoding, which,
                            c->spans[which], count);
        for (size_t i = 0; i < count; i++)
            *out++ = (uint32_t)(c->end[i] - c->first[i]);
    }
    return status;
}

lat_status word_pieces_of_text(uint32_t *out, const lat_tokenizer *tokenizer,
                               const lat_text *text, lat_error *error)
{
    counting c = {.tokenizer = tokenizer};
    joined_text joined = {0};
    lat_status status = joined_text_make(&joined, text, error);
    for (size_t s = 0; s < text->sentences && status == LAT_OK; s++) {
        size_t from = text->starts[s], count = text->starts[s + 1] - from;
        if (count > c.room[0]) {
            lat_free(c.spans[0]);
            c.room[0] = 2 * count;
            c.spans[0] = lat_new_array(c.room[0], sizeof *c.spans[0]);
            if (c.spans[0] == NULL) {
                status = lat_error_memory(error, count * sizeof(lat_span));
                break;
            }
        }
        c.count[0] = count;
        for (size_t i = 0; i < count; i++)
            c.spans[0][i] = (lat_span){joined.words.items[from + i].first,
                                       joined.words.items[from + i].end};
        status = count_sentence(out + from, &c, &joined.sentences[s], error);
    }
    counting_free(&c);
    joined_text_free(&joined);
    return status;
}

lat_status word_pieces_of_corpus(uint32_t *out, size_t words,
                                 const lat_tokenizer *tokenizer,
                                 const lat_corpus *corpus,
                                 lat_word_rule rule, lat_error *error)
{
    counting c = {.tokenizer = tokenizer};
    lat_status status = LAT_OK;
    for (size_t s = 0, at = 0; s < corpus->count && status == LAT_OK; s++) {
        const lat_sentence *sentence = &corpus->sentences[s];
        c.count[1] = 0;
        status = lat_words_find(&c.spans[0], &c.room[0], &c.count[0],
                                sentence->a, sentence->a_size, rule, error);
        if (status == LAT_OK && sentence->b != NULL)
            status = lat_words_find(&c.spans[1], &c.room[1], &c.count[1],
                                    sentence->b, sentence->b_size, rule,
                                    error);
        if (status == LAT_OK && c.count[0] + c.count[1] > words - at)
            status = lat_error_set(error, LAT_INTERNAL,
                                   "more words than were counted");
        if (status == LAT_OK)
            status = count_sentence(out + at, &c, sentence, error);
        at += c.count[0] + c.count[1];
    }
    counting_free(&c);
    return status;
}
