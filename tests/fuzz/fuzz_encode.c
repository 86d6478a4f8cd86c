/*
 * fuzz_encode.c - arbitrary bytes through every kind of tokenizer and
 * normaliser, and through the word splitter.
 */
#include "fuzz_tokenizer_int.h"

#define GOOD "tests/fixtures/tokenizer/good/"

static const char *const paths[] = {
    GOOD "bert",  GOOD "cased",    GOOD "roberta",
    GOOD "mpnet", GOOD "albert",   GOOD "camembert",
    GOOD "xlm",   GOOD "bpe.json", GOOD "unigram.json",
    GOOD "wordpiece.json",         GOOD "every-step.json"};
enum { KINDS = sizeof paths / sizeof *paths };
static lat_tokenizer *tokenizers[KINDS];

static void open_all(void)
{
    for (size_t i = 0; i < KINDS && tokenizers[i] == NULL; i++) {
        lat_error error = {0};

        if (lat_tokenizer_open(&tokenizers[i], paths[i], &error) != LAT_OK)
            fuzz_check(false, lat_error_message(&error));
    }
}

static void same(const lat_encoding *a, const lat_encoding *b)
{
    fuzz_check(a->count == b->count &&
               memcmp(a->ids, b->ids, a->count * sizeof *a->ids) == 0 &&
               memcmp(a->first, b->first, a->count * sizeof *a->first) == 0 &&
               memcmp(a->end, b->end, a->count * sizeof *a->end) == 0,
               "a reused encoding differs from a fresh one");
}

static void try_words(const lat_encoding *e, const char *text, size_t size)
{
    lat_span *spans = NULL;
    size_t room = 0, count = 0, first[64], end[64];
    lat_error error = {0};

    for (int rule = 0; rule < 2; rule++) {
        if (!fuzz_answer(lat_words_find(&spans, &room, &count, text, size,
                                        (lat_word_rule)rule, &error),
                         &error))
            break;
        for (size_t i = 0; i < count; i++)
            fuzz_check(spans[i].first < spans[i].end &&
                       spans[i].end <= size &&
                       (i == 0 || spans[i - 1].end <= spans[i].first),
                       "words out of order or outside the text");
        if (count > 64)
            count = 64;
        lat_words_to_tokens(first, end, e, 0, spans, count);
        for (size_t i = 0; i < count; i++)
            fuzz_check(first[i] <= end[i] && end[i] <= e->count,
                       "tokens of a word outside the encoding");
    }
    lat_free(spans);
}

FUZZ_TARGET(encode)
{
    const char *text = (const char *)data;
    lat_encode_options limit = {8, LAT_TRUNCATE_LONGEST_FIRST, false};

    open_all();
    for (size_t k = 0; k < KINDS; k++) {
        lat_encoding reused = {0}, fresh = {0};
        lat_error error = {0};

        fuzz_begin(size, 4 << 20, 2000);
        fuzz_try_text(tokenizers[k], &reused, "something else", 14, NULL);
        fuzz_try_text(tokenizers[k], &reused, text, size, NULL);
        fuzz_try_text(tokenizers[k], &fresh, text, size, NULL);
        if (lat_utf8_valid(text, size) == size) {
            /* Some file may lack what a text needs (an unknown token);
             * these do not. */
            fuzz_check(lat_tokenizer_encode(tokenizers[k], &fresh, text,
                                            size, NULL, 0, NULL, &error) ==
                       LAT_OK, "well-formed text was refused");
            same(&reused, &fresh);
            try_words(&fresh, text, size);
        }
        fuzz_try_text(tokenizers[k], &fresh, text, size, &limit);
        if (fuzz_answer(lat_tokenizer_encode(tokenizers[k], &fresh, text,
                                             size / 2, text + size / 2,
                                             size - size / 2, &limit, &error),
                        &error))
            fuzz_encoding(tokenizers[k], &fresh, size / 2, size - size / 2,
                          &limit);
        lat_encoding_free(&reused);
        lat_encoding_free(&fresh);
        fuzz_end();
    }
}
