/*
 * test_tokenizer_parts.c - vocabularies handed over in parts, as a GGUF file
 * holds them, do what the files do that they came from.
 */
#include "../../harness.h"
#include "../../../tokenizer/tokenizer.h"

#define GOOD "tests/fixtures/tokenizer/good/"

/* The pieces of a tokenizer as arrays. */
typedef struct piece_list {
    const char **pieces;
    size_t *sizes, count;
} piece_list;

static piece_list list_pieces(const lat_tokenizer *tokenizer)
{
    piece_list list = {.count = lat_tokenizer_vocabulary(tokenizer)};
    list.pieces = lat_new_array(list.count, sizeof *list.pieces);
    list.sizes = lat_new_array(list.count, sizeof *list.sizes);
    for (size_t i = 0; i < list.count; i++)
        list.pieces[i] = lat_tokenizer_piece(tokenizer, (uint32_t)i,
                                             &list.sizes[i]);
    return list;
}

static void compare(const char *path, lat_tokenizer_parts parts,
                    const char *const *texts, size_t count)
{
    lat_tokenizer *from_file = NULL, *from_parts = NULL;
    lat_encoding a = {0}, b = {0};
    lat_error error = {0};
    size_t different = 0;
    CHECK_MSG(lat_tokenizer_open(&from_file, path, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    if (from_file == NULL)
        return;
    piece_list list = list_pieces(from_file);
    parts.count = list.count;
    parts.pieces = list.pieces;
    parts.sizes = list.sizes;
    CHECK_MSG(lat_tokenizer_from_parts(&from_parts, &parts, &error)
                  == LAT_OK, "%s", lat_error_message(&error));
    for (size_t i = 0; from_parts != NULL && i < count; i++) {
        size_t size = strlen(texts[i]);
        CHECK(lat_tokenizer_encode(from_file, &a, texts[i], size, texts[i],
                                   size, NULL, &error) == LAT_OK);
        CHECK(lat_tokenizer_encode(from_parts, &b, texts[i], size, texts[i],
                                   size, NULL, &error) == LAT_OK);
        different += a.count != b.count
                     || memcmp(a.ids, b.ids, a.count * sizeof *a.ids) != 0
                     || memcmp(a.first, b.first,
                               a.count * sizeof *a.first) != 0
                     || memcmp(a.types, b.types,
                               a.count * sizeof *a.types) != 0;
    }
    printf("%s: %zu texts, %zu different\n", path, count, different);
    CHECK(different == 0);
    lat_encoding_free(&a);
    lat_encoding_free(&b);
    lat_tokenizer_close(from_parts);
    lat_tokenizer_close(from_file);
    lat_free(list.pieces);
    lat_free(list.sizes);
}

static const char *const texts[] = {
    "", "the film", "The  films, the goodness <mask> of \xC3\xA9t\xC3\xA9",
    "fi the </s> thes", " the ", "\xE4\xB8\xAD the"};
#define TEXTS (sizeof texts / sizeof texts[0])

static void check_small(void)
{
    static const char *const merges[] = {"t h", "th e", "\xC4\xA0 the",
                                         "f i"};
    static const float scores[] = {0, 0, 0, 0, -2.5f, -3.0f, -3.5f, 0};
    static const unsigned char charsmap[8] = {4}; /* replaces nothing */
    lat_tokenizer_parts bert = {.kind = "bert", .lowercase = true,
                                .strip_accents = true,
                                .chinese_characters = true};
    lat_tokenizer_parts guess = {.kind = "bert", .unflagged = true};
    lat_tokenizer_parts gpt2 = {.kind = "gpt2", .merges = merges,
                                .merge_count = 4};
    lat_tokenizer_parts t5 = {.kind = "t5", .scores = scores,
                              .charsmap = charsmap, .charsmap_size = 8};
    compare(GOOD "bert/vocab.txt", bert, texts, TEXTS);
    compare(GOOD "bert/vocab.txt", guess, texts, TEXTS);
    compare(GOOD "cased/vocab.txt", guess, texts, TEXTS);
    compare(GOOD "mpnet/vocab.txt", guess, texts, TEXTS);
    compare(GOOD "roberta/vocab.json", gpt2, texts, TEXTS);
    compare(GOOD "xlm/sentencepiece.bpe.model", t5, texts, TEXTS);
}

/* A model file as a whole, and settings that go before the flags. */
static void check_whole_files(void)
{
    static const struct {
        const char *path, *type;
    } files[] = {{GOOD "albert/spiece.model", "albert"},
                 {GOOD "xlm/sentencepiece.bpe.model", "xlm-roberta"},
                 {GOOD "camembert/sentencepiece.bpe.model", "camembert"}};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        lat_map map = {0};
        lat_error error = {0};
        CHECK_MSG(lat_map_open(&map, files[i].path, &error) == LAT_OK, "%s",
                  lat_error_message(&error));
        lat_tokenizer_parts parts = {.kind = "no_vocab",
                                     .sentencepiece = map.data,
                                     .sentencepiece_size = map.size,
                                     .model_type = files[i].type};
        compare(files[i].path, parts, texts, TEXTS);
        parts.settings = "[]";
        parts.settings_size = 2;
        lat_tokenizer *none = NULL;
        CHECK(lat_tokenizer_from_parts(&none, &parts, &error)
              == LAT_MALFORMED);
        CHECK(none == NULL);
        lat_map_close(&map);
    }
    static const char cased[] = "{\"do_lower_case\":false}";
    compare(GOOD "cased/vocab.txt",
            (lat_tokenizer_parts){.kind = "bert", .lowercase = true,
                                  .settings = cased,
                                  .settings_size = sizeof cased - 1},
            texts, TEXTS);
}

/* The published vocabularies, on real sentences. */
static void check_published(const char *shared)
{
    lat_lines lines = {0}, merges = {0};
    lat_error error = {0};
    char *sentences = lat_format("%s/data/sst2/dev.tsv", shared);
    char *bert = lat_format("%s/tokenizers/bert-base-cased/vocab.txt",
                            shared);
    char *roberta = lat_format("%s/tokenizers/roberta-base/vocab.json",
                               shared);
    char *file = lat_format("%s/tokenizers/roberta-base/merges.txt", shared);
    CHECK(lat_lines_open(&lines, sentences, &error) == LAT_OK);
    CHECK(lat_lines_open(&merges, file, &error) == LAT_OK);
    lat_tokenizer_parts cased = {.kind = "bert", .chinese_characters = true};
    lat_tokenizer_parts gpt2 = {
        .kind = "gpt2", .merge_count = merges.count,
        .merges = (const char *const *)merges.text};
    compare(bert, cased, (const char *const *)lines.text, lines.count);
    compare(roberta, gpt2, (const char *const *)lines.text, lines.count);
    lat_lines_free(&lines);
    lat_lines_free(&merges);
    lat_free(sentences);
    lat_free(bert);
    lat_free(roberta);
    lat_free(file);
}

int main(void)
{
    const char *shared = harness_shared();
    check_small();
    check_whole_files();
    if (shared != NULL)
        check_published(shared);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_tokenizer_parts");
}
