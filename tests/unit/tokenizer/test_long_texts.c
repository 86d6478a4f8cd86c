/*
 * test_long_texts.c - long texts: cut in chunks or not the result is the
 * same, and no text takes more than linear time.
 *
 * Time is not measured: each of the endless texts has 400,000 bytes,
 * so a quadratic step would take minutes.
 */
#include "../../../tokenizer/tokenizer_int.h"
#include "../../harness.h"

#define GOOD "tests/fixtures/tokenizer/good/"

static const char *const files[] = {
    "wordpiece.json", "bpe.json", "unigram.json",
    "xlm/sentencepiece.bpe.model", "albert/spiece.model", "mpnet/vocab.txt"};

static lat_tokenizer *open_good(const char *name)
{
    lat_tokenizer *tokenizer = NULL;
    lat_error error = {0};
    char *path = lat_format(GOOD "%s", name);
    CHECK_MSG(lat_tokenizer_open(&tokenizer, path, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    lat_free(path);
    return tokenizer;
}

static void make_text(lat_buffer *text, uint64_t seed)
{
    static const char *const words[] = {
        "the", "film", "films", "a", "goodness", ",", "\xC3\xA9t\xC3\xA9",
        " ", "\t", "<mask>", "[MASK]", "e\xCC\x81", "``", "'", "12",
        "\xE4\xB8\xAD\xE6\x96\x87", "\xEA\xB0\x80", "\xF0\x9F\x99\x82", "x",
        "\xE2\x80\x8D", "\r\n", "</s>", "\xC2\xA0"};
    lat_random random;
    lat_random_seed(&random, seed, 0);
    lat_buffer_clear(text);
    while (text->size < 200000) {
        lat_buffer_text(text, words[lat_random_below(
            &random, sizeof words / sizeof words[0])]);
        if (lat_random_below(&random, 4) != 0)
            lat_buffer_char(text, ' ');
    }
}

static bool equal(const lat_encoding *a, const lat_encoding *b)
{
    return a->count == b->count
           && memcmp(a->ids, b->ids, a->count * sizeof *a->ids) == 0
           && memcmp(a->first, b->first, a->count * sizeof *a->first) == 0
           && memcmp(a->end, b->end, a->count * sizeof *a->end) == 0;
}

static void check_chunks(void)
{
    lat_buffer text = {0};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        lat_tokenizer *tokenizer = open_good(files[i]);
        lat_encoding cut = {0}, whole = {0};
        lat_error error = {0};
        if (tokenizer == NULL)
            continue;
        CHECK_MSG(tokenizer->chunks, "%s is not cut", files[i]);
        for (uint64_t seed = 1; seed <= 3; seed++) {
            make_text(&text, seed);
            tokenizer->chunks = true;
            CHECK(lat_tokenizer_encode(tokenizer, &cut, text.data, text.size,
                                       NULL, 0, NULL, &error) == LAT_OK);
            tokenizer->chunks = false;
            CHECK(lat_tokenizer_encode(tokenizer, &whole, text.data,
                                       text.size, NULL, 0, NULL, &error)
                  == LAT_OK);
            CHECK_MSG(equal(&cut, &whole), "%s, seed %d", files[i],
                      (int)seed);
        }
        lat_encoding_free(&cut);
        lat_encoding_free(&whole);
        lat_tokenizer_close(tokenizer);
    }
    lat_buffer_free(&text);
}

static void check_endless(void)
{
    static const char *const units[] = {
        "a", "a ", "\xCC\x81", "\xCC\xA3\xCC\x81", "\xCD\x9C\xCC\x81\xCC\xA3",
        "e\xCC\x81", "`", "'", "  ", "[MAS", "<mas", "\r\n", "!", "the",
        "\xE1\x84\x80", "\xE0\xA4\x95\xE0\xA5\x8D", "\xF0\x9F\x87\xAB",
        "\xE2\x96\x81", "\xE4\xB8\xAD", "\xEF\xB7\xBA"};
    lat_buffer text = {0};
    for (size_t unit = 0; unit < sizeof units / sizeof units[0]; unit++) {
        lat_buffer_clear(&text);
        for (size_t i = 0; i < 400000; i += strlen(units[unit]))
            lat_buffer_text(&text, units[unit]);
        for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
            /* A long one for each kind of step, not for each file. */
            if (i != unit % 6 && unit > 4 && unit != 14)
                continue;
            lat_tokenizer *tokenizer = open_good(files[i]);
            lat_encoding encoding = {0};
            lat_error error = {0};
            CHECK(lat_tokenizer_encode(tokenizer, &encoding, text.data,
                                       text.size, NULL, 0, NULL, &error)
                  == LAT_OK);
            lat_encoding_free(&encoding);
            lat_tokenizer_close(tokenizer);
        }
    }
    lat_buffer_free(&text);
}

int main(void)
{
    check_chunks();
    check_endless();
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_long_texts");
}
