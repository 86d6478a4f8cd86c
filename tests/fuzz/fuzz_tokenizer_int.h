/*
 * fuzz_tokenizer_int.h - what holds for every encoding, and a tokenizer file
 * read and tried on a few texts.
 */
#ifndef LATENT_FUZZ_TOKENIZER_INT_H
#define LATENT_FUZZ_TOKENIZER_INT_H

#include "../../tokenizer/tokenizer.h"
#include "fuzz.h"

/* Offsets lie in their text, ids in the vocabulary, the limit is kept. */
static inline void fuzz_encoding(const lat_tokenizer *tokenizer,
                                 const lat_encoding *e, size_t a_size,
                                 size_t b_size,
                                 const lat_encode_options *options)
{
    for (size_t i = 0; i < e->count; i++) {
        size_t size = e->sequence[i] == 0 ? a_size
                      : e->sequence[i] == 1 ? b_size : 0;

        fuzz_check(e->ids[i] < lat_tokenizer_vocabulary(tokenizer),
                   "an id outside the vocabulary");
        fuzz_check(e->first[i] <= e->end[i] && e->end[i] <= size,
                   "an offset outside the text");
        fuzz_check((e->sequence[i] == -1) == (e->special[i] == 1),
                   "a special token with a text");
    }
    if (options != NULL && options->max_length != 0)
        fuzz_check(e->count <= options->max_length, "longer than the limit");
}

static inline void fuzz_try_text(const lat_tokenizer *tokenizer,
                               lat_encoding *e, const char *text, size_t size,
                               const lat_encode_options *options)
{
    lat_error error = {0};
    size_t good = lat_utf8_valid(text, size);
    lat_status status = lat_tokenizer_encode(tokenizer, e, text, size, NULL,
                                             0, options, &error);

    if (fuzz_answer(status, &error)) {
        fuzz_check(good == size, "malformed UTF-8 was encoded");
        fuzz_encoding(tokenizer, e, size, 0, options);
    }
}

static inline void fuzz_tokenizer(const char *name, const unsigned char *data,
                                  size_t size)
{
    static const char *const texts[] = {
        "", "a", "The film was n't good", " \t\n ", "[MASK] <mask> </s>",
        "\xc3\x89t\xc3\xa9 \xe4\xb8\xad\xe6\x96\x87 \xf0\x9f\x98\x80",
        "e\xcc\x81\xcc\x81 12,345"};
    lat_tokenizer *tokenizer = NULL;
    lat_encoding encoding = {0};
    lat_error error = {0};
    const char *path = fuzz_file(name, data, size);

    fuzz_begin(size, 16 << 20, 1000);
    if (fuzz_answer(lat_tokenizer_open(&tokenizer, path, &error), &error)) {
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            fuzz_try_text(tokenizer, &encoding, texts[i], strlen(texts[i]),
                        NULL);
        fuzz_check(lat_tokenizer_describe(tokenizer) != NULL,
                   "no description");
        for (uint32_t id = 0; id < 3; id++) {
            size_t piece = 0;
            const char *text = lat_tokenizer_piece(tokenizer, id, &piece);

            if (text != NULL)
                (void)lat_tokenizer_find(tokenizer, text, piece);
        }
    }
    lat_encoding_free(&encoding);
    lat_tokenizer_close(tokenizer);
    fuzz_end();
}

#endif
