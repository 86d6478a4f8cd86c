/*
 * reader_tokens.c - a corpus as token ids, in tasks of 256 sentences.
 *
 *   sentences -> tokenize (tasks of 256) -> ids end to end, and for every
 *                                           word the tokens that it became
 *
 * Tasks depend on the corpus alone, so results do not depend on threads.
 */
#include "reader_int.h"

#include <string.h>

enum { SENTENCES_A_TASK = 256 };

/* One task's tokens, before all are joined. */
typedef struct part {
    uint32_t *ids, *types;
    size_t count, capacity;
    lat_status status;
    lat_error error;
} part;

typedef struct tokenizing {
    const lat_reader *reader;
    const lat_sentence *sentences;
    size_t count;
    const lat_words *words;
    const size_t *first_word; /* sentences + 1, into words->items; or NULL */
    lat_tokens *out;
    part *parts;
} tokenizing;

static lat_status part_add(part *to, const lat_encoding *from,
                           lat_error *error)
{
    size_t need = 0;
    if (!lat_size_add(to->count, from->count, &need))
        return lat_error_memory(error, UINT64_MAX);
    if (need > to->capacity) {
        size_t capacity = need * 2 + 1024;
        uint32_t *ids = lat_realloc(to->ids, capacity * sizeof *ids);
        if (ids == NULL)
            return lat_error_memory(error, capacity * sizeof *ids);
        to->ids = ids;
        uint32_t *types = lat_realloc(to->types, capacity * sizeof *types);
        if (types == NULL)
            return lat_error_memory(error, capacity * sizeof *types);
        to->types = types;
        to->capacity = capacity;
    }
    memcpy(to->ids + to->count, from->ids, from->count * sizeof *to->ids);
    memcpy(to->types + to->count, from->types,
           from->count * sizeof *to->types);
    to->count = need;
    return LAT_OK;
}

/* Token ranges of a sentence's words, relative to the part for now. */
static lat_status place_words(tokenizing *t, size_t sentence,
                              const lat_encoding *encoding, size_t base,
                              lat_error *error)
{
    size_t from = t->first_word[sentence], to = t->first_word[sentence + 1];
    size_t count = to - from;
    if (count == 0)
        return LAT_OK;
    lat_span *spans = lat_new_array(count, sizeof *spans);
    if (spans == NULL)
        return lat_error_memory(error, count * sizeof *spans);
    size_t second = 0; /* words of the first text */
    for (size_t i = 0; i < count; i++) {
        const lat_word *word = &t->words->items[from + i];
        spans[i] = (lat_span){word->first, word->end};
        second += word->which == 0;
    }
    lat_tokens *out = t->out;
    lat_words_to_tokens(out->first + from, out->end + from, encoding, 0,
                        spans, second);
    lat_words_to_tokens(out->first + from + second,
                        out->end + from + second, encoding, 1,
                        spans + second, count - second);
    for (size_t i = from; i < to; i++) {
        out->first[i] += base;
        out->end[i] += base;
    }
    lat_free(spans);
    return LAT_OK;
}

static void tokenize_part(void *context, size_t task, size_t worker)
{
    (void)worker;
    tokenizing *t = context;
    part *to = &t->parts[task];
    lat_encoding encoding = {0};
    lat_encode_options options = {.max_length = t->reader->info->max_tokens};
    size_t from = task * SENTENCES_A_TASK, end = from + SENTENCES_A_TASK;
    for (size_t s = from; s < end && s < t->count; s++) {
        const lat_sentence *sentence = &t->sentences[s];
        to->status = lat_tokenizer_encode(
            t->reader->tokenizer, &encoding, sentence->a, sentence->a_size,
            sentence->b, sentence->b_size, &options, &to->error);
        if (to->status != LAT_OK) {
            lat_error_at_line(&to->error, to->status, sentence->line,
                              "cannot tokenize");
            break;
        }
        if (t->first_word != NULL)
            to->status = place_words(t, s, &encoding, to->count, &to->error);
        if (to->status == LAT_OK)
            to->status = part_add(to, &encoding, &to->error);
        if (to->status != LAT_OK)
            break;
        t->out->starts[s + 1] = encoding.count;
        t->out->cut[s] = (uint32_t)encoding.cut;
    }
    lat_encoding_free(&encoding);
}

/* Words are in corpus order: where each sentence's begin. */
static size_t *index_words(const lat_words *words, size_t sentences)
{
    size_t *first = lat_new_array(sentences + 1, sizeof *first);
    if (first == NULL)
        return NULL;
    for (size_t i = 0; i < words->count; i++)
        first[words->items[i].sentence + 1]++;
    for (size_t s = 0; s < sentences; s++)
        first[s + 1] += first[s];
    return first;
}

static lat_status join_parts(tokenizing *t, size_t tasks, lat_error *error)
{
    lat_tokens *out = t->out;
    size_t total = 0, at = 0;
    for (size_t p = 0; p < tasks; p++) {
        if (t->parts[p].status != LAT_OK) {
            if (error != NULL)
                *error = t->parts[p].error;
            return t->parts[p].status;
        }
        if (!lat_size_add(total, t->parts[p].count, &total))
            return lat_error_memory(error, UINT64_MAX);
    }
    out->ids = lat_new_array(total, sizeof *out->ids);
    out->types = lat_new_array(total, sizeof *out->types);
    if (out->ids == NULL || out->types == NULL)
        return lat_error_memory(error, (uint64_t)total * 8);
    for (size_t p = 0; p < tasks; p++) {
        const part *from = &t->parts[p];
        if (from->count != 0) {
            memcpy(out->ids + at, from->ids, from->count * sizeof *out->ids);
            memcpy(out->types + at, from->types,
                   from->count * sizeof *out->types);
        }
        size_t s = p * SENTENCES_A_TASK;
        size_t last = s + SENTENCES_A_TASK < t->count ? s + SENTENCES_A_TASK
                                                      : t->count;
        if (t->first_word != NULL)
            for (size_t w = t->first_word[s]; w < t->first_word[last]; w++) {
                out->first[w] += at;
                out->end[w] += at;
            }
        at += from->count;
    }
    for (size_t s = 0; s < t->count; s++) {
        out->starts[s + 1] += out->starts[s];
        out->cut_sentences += out->cut[s] != 0;
    }
    return LAT_OK;
}

lat_status reader_tokenize(lat_tokens *out, const lat_reader *reader,
                           lat_pool *pool, const lat_sentence *sentences,
                           size_t count, const lat_words *words,
                           lat_error *error)
{
    size_t tasks = (count + SENTENCES_A_TASK - 1) / SENTENCES_A_TASK;
    tokenizing t = {.reader = reader, .sentences = sentences,
                    .count = count, .words = words, .out = out};
    size_t *first_word = NULL;
    memset(out, 0, sizeof *out);
    lat_status status = LAT_OK;
    out->sentences = count;
    out->words = words == NULL ? 0 : words->count;
    out->starts = lat_new_array(count + 1, sizeof *out->starts);
    out->cut = lat_new_array(count, sizeof *out->cut);
    out->first = lat_new_array(out->words, sizeof *out->first);
    out->end = lat_new_array(out->words, sizeof *out->end);
    t.parts = lat_new_array(tasks, sizeof *t.parts);
    if (words != NULL)
        first_word = index_words(words, count);
    t.first_word = first_word;
    if (out->starts == NULL || out->cut == NULL || out->first == NULL ||
        out->end == NULL || t.parts == NULL ||
        (words != NULL && first_word == NULL)) {
        status = lat_error_memory(error, (uint64_t)count * 16);
        goto done;
    }
    lat_pool_run(pool, tasks, tokenize_part, &t);
    status = join_parts(&t, tasks, error);
done:
    for (size_t p = 0; t.parts != NULL && p < tasks; p++) {
        lat_free(t.parts[p].ids);
        lat_free(t.parts[p].types);
    }
    lat_free(t.parts);
    lat_free(first_word);
    if (status != LAT_OK)
        lat_tokens_free(out);
    return status;
}

lat_status lat_reader_tokenize(lat_tokens *out, const lat_reader *reader,
                               lat_pool *pool, const lat_corpus *corpus,
                               const lat_words *words, lat_error *error)
{
    return reader_tokenize(out, reader, pool, corpus->sentences,
                           corpus->count, words, error);
}

void lat_tokens_free(lat_tokens *tokens)
{
    lat_free(tokens->starts);
    lat_free(tokens->ids);
    lat_free(tokens->types);
    lat_free(tokens->cut);
    lat_free(tokens->first);
    lat_free(tokens->end);
    memset(tokens, 0, sizeof *tokens);
}

size_t lat_words_drop_lost(lat_words *words, lat_tokens *base,
                           lat_tokens *tuned)
{
    size_t kept = 0;
    for (size_t w = 0; w < words->count; w++) {
        if (base->first[w] == base->end[w] ||
            (tuned != NULL && tuned->first[w] == tuned->end[w]))
            continue;
        words->items[kept] = words->items[w];
        base->first[kept] = base->first[w];
        base->end[kept] = base->end[w];
        if (tuned != NULL) {
            tuned->first[kept] = tuned->first[w];
            tuned->end[kept] = tuned->end[w];
        }
        kept++;
    }
    size_t dropped = words->count - kept;
    words->count = base->words = kept;
    if (tuned != NULL)
        tuned->words = kept;
    return dropped;
}
