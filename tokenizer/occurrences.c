/*
 * occurrences.c - which words of the corpus a study looks at.
 *
 * Two passes over the sentences: the first counts every type, the second
 * keeps occurrences by the frequency filter.  The base and the tuned model
 * are given the same list, whatever their tokenizers do to the words.
 */
#include "tokenizer.h"

#include <string.h>

typedef struct selection {
    const lat_corpus *corpus;
    const lat_words_options *options;
    lat_words *out;
    lat_word *all; /* every occurrence of sentences that are not too long */
    size_t count, capacity;
    size_t long_capacity;
    lat_span *spans;
    size_t span_capacity;
} selection;

static lat_status add_long(selection *s, size_t sentence, lat_error *error)
{
    lat_words *out = s->out;
    if (out->long_count == s->long_capacity) {
        size_t capacity = s->long_capacity * 2 + 16;
        void *block = lat_realloc(out->long_sentences,
                                  capacity * sizeof(uint32_t));
        if (block == NULL)
            return lat_error_memory(error, capacity * sizeof(uint32_t));
        out->long_sentences = block;
        s->long_capacity = capacity;
    }
    out->long_sentences[out->long_count++] = (uint32_t)sentence;
    return LAT_OK;
}

static lat_status reserve(selection *s, size_t more, lat_error *error)
{
    size_t need = 0, bytes = 0;
    if (!lat_size_add(s->count, more, &need) || need > UINT32_MAX)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "more than 4294967295 words in the corpus");
    if (need <= s->capacity)
        return LAT_OK;
    size_t capacity = s->capacity * 2 > need ? s->capacity * 2 : need + 1024;
    if (!lat_size_mul(capacity, sizeof *s->all, &bytes))
        return lat_error_memory(error, UINT64_MAX);
    void *block = lat_realloc(s->all, bytes);
    if (block == NULL)
        return lat_error_memory(error, bytes);
    s->all = block;
    s->capacity = capacity;
    return LAT_OK;
}

/* The words of one text of a sentence, appended to `all`. */
static lat_status add_text(selection *s, size_t sentence, int which,
                           uint32_t *position, lat_error *error)
{
    const lat_sentence *from = &s->corpus->sentences[sentence];
    const char *text = which == 0 ? from->a : from->b;
    size_t size = which == 0 ? from->a_size : from->b_size, found = 0;
    lat_status status =
        lat_words_find(&s->spans, &s->span_capacity, &found, text, size,
                       s->options->rule, error);
    if (status != LAT_OK)
        return status;
    status = reserve(s, found, error);
    if (status != LAT_OK)
        return status;
    for (size_t i = 0; i < found; i++) {
        const lat_span *span = &s->spans[i];
        size_t type = lat_intern_add(s->out->types, text + span->first,
                                     span->end - span->first);
        if (type == SIZE_MAX)
            return lat_error_memory(error, span->end - span->first);
        lat_word *word = &s->all[s->count++];
        memset(word, 0, sizeof *word);
        word->type = (uint32_t)type;
        word->sentence = (uint32_t)sentence;
        word->position = (*position)++;
        word->first = span->first;
        word->end = span->end;
        word->which = (uint8_t)which;
    }
    return LAT_OK;
}

/* All words of sentences shorter than the limit. */
static lat_status collect(selection *s, lat_error *error)
{
    for (size_t i = 0; i < s->corpus->count; i++) {
        size_t before = s->count;
        uint32_t position = 0;
        lat_status status = add_text(s, i, 0, &position, error);
        if (status == LAT_OK && s->corpus->sentences[i].b != NULL)
            status = add_text(s, i, 1, &position, error);
        if (status != LAT_OK)
            return lat_error_at_line(error, status,
                                     s->corpus->sentences[i].line,
                                     "cannot split into words");
        if (s->options->longest != 0 && position >= s->options->longest) {
            s->count = before;
            status = add_long(s, i, error);
            if (status != LAT_OK)
                return status;
        }
    }
    return LAT_OK;
}

/* Marks which occurrences of each over-frequent type stay: the first `max`,
 * or a seeded sample (selection sampling: each of the remaining ones is
 * taken with probability wanted/left; Knuth, TAOCP 2, algorithm S). */
static bool stays(const lat_words_options *options, const lat_word *word,
                  uint64_t frequency, uint64_t *taken, lat_random *random)
{
    if (frequency < options->min || frequency > options->del)
        return false;
    if (*taken >= options->max)
        return false;
    if (options->random_sample && frequency > options->max) {
        uint64_t left = frequency - (word->number - 1);
        if (lat_random_below(random, left) >= options->max - *taken)
            return false;
    }
    (*taken)++;
    return true;
}

static lat_status filter(selection *s, lat_error *error)
{
    lat_words *out = s->out;
    size_t types = lat_intern_count(out->types), kept = 0;
    out->frequency = lat_new_array(types, sizeof(uint64_t));
    uint64_t *taken = lat_new_array(types, sizeof(uint64_t));
    lat_status status = LAT_OK;
    if (out->frequency == NULL || taken == NULL) {
        status = lat_error_memory(error, types * sizeof(uint64_t));
        goto done;
    }
    for (size_t i = 0; i < s->count; i++)
        s->all[i].number =
            (uint32_t)++out->frequency[s->all[i].type];
    lat_random random;
    lat_random_seed(&random, s->options->seed, 1);
    for (size_t i = 0; i < s->count; i++) {
        const lat_word word = s->all[i];
        if (stays(s->options, &word, out->frequency[word.type],
                  &taken[word.type], &random)) {
            if (taken[word.type] == 1)
                out->kept_types++;
            s->all[kept++] = word;
        }
    }
    out->total = s->count;
    out->count = kept;
    out->items = s->all;
    s->all = NULL;
done:
    lat_free(taken);
    return status;
}

lat_status lat_words_select(lat_words *out, const lat_corpus *corpus,
                            const lat_words_options *options,
                            lat_error *error)
{
    const lat_words_options defaults = LAT_WORDS_OPTIONS;
    selection s = {.corpus = corpus, .out = out,
                   .options = options == NULL ? &defaults : options};
    memset(out, 0, sizeof *out);
    lat_status status = lat_intern_create(&out->types, error);
    if (status == LAT_OK)
        status = collect(&s, error);
    if (status == LAT_OK)
        status = filter(&s, error);
    lat_free(s.all);
    lat_free(s.spans);
    if (status != LAT_OK)
        lat_words_free(out);
    return status;
}

void lat_words_free(lat_words *words)
{
    lat_free(words->items);
    lat_free(words->frequency);
    lat_free(words->long_sentences);
    lat_intern_free(words->types);
    memset(words, 0, sizeof *words);
}
