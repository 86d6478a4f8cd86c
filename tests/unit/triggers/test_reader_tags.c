/*
 * test_reader_tags.c - tags of words and pieces at masks, with the reference
 * folder's random models and a vocabulary made here; every allocation fails
 * in turn.
 */
#include "../../harness.h"
#include "../../../triggers/triggers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/latent-tags-XXXXXX";

static void put(const char *name, const void *data, size_t size)
{
    char *path = lat_path_join(folder, name);
    CHECK(path != NULL &&
          lat_file_write(path, data, size, NULL) == LAT_OK);
    lat_free(path);
}

static void copy(const char *shared, const char *model, const char *name)
{
    lat_map map = {0};
    char *path = lat_format("%s/fixtures/encoder/%s/%s", shared, model,
                            name);
    CHECK(path != NULL && lat_map_open(&map, path, NULL) == LAT_OK);
    put(name, map.data, map.size);
    lat_map_close(&map);
    lat_free(path);
}

/* A model with the pieces w5 ##x6 w7 ##x8 ... behind five special ones. */
static void make_model(const char *shared, const char *model, size_t pieces)
{
    lat_buffer text = {0};
    copy(shared, model, "config.json");
    copy(shared, model, "model.safetensors");
    lat_buffer_text(&text, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n");
    for (size_t i = 5; i < pieces; i++)
        lat_buffer_format(&text, "%s%zu\n", i % 2 ? "w" : "##x", i);
    put("vocab.txt", text.data, text.size);
    lat_buffer_free(&text);
}

static lat_sentence sentence(const char *text)
{
    return (lat_sentence){.a = text, .a_size = strlen(text), .gold = -1,
                          .line = 1};
}

/* Words of a text as one sentence, by single blanks. */
static size_t find_words(lat_word *out, const char *text, uint32_t number)
{
    size_t count = 0;
    for (size_t at = 0; text[at] != '\0';) {
        size_t size = strcspn(text + at, " ");
        out[count++] = (lat_word){.sentence = number, .first = (uint32_t)at,
                                  .end = (uint32_t)(at + size)};
        at += size + (text[at + size] == ' ');
    }
    return count;
}

/* A long sentence behaves as its pieces do, and a pair keeps its limit. */
static void check_tags(const lat_reader *reader, lat_pool *pool)
{
    enum { LONG = 60, PIECE = 38 }; /* 40 tokens, two of them special */
    static char whole[LONG * 4], half[LONG * 4];
    lat_word items[LONG * 2 + 2];
    uint32_t tags[LONG * 2 + 2], other[LONG];
    lat_error error = {0};
    size_t at = 0, cut = 0;
    for (size_t i = 0; i < LONG; i++) {
        if (i == PIECE)
            cut = at;
        at += (size_t)snprintf(whole + at, sizeof whole - at, "%sw%zu",
                               i == 0 ? "" : " ", 5 + 2 * (i * i % 40));
    }
    memcpy(half, whole + cut + 1, at - cut);
    lat_sentence both[2] = {sentence("w7 \x01 w9x10"), sentence(whole)};
    size_t count = find_words(items, both[0].a, 0);
    lat_words words = {.items = items, .count = count};
    words.count += find_words(items + count, whole, 1);
    CHECK_MSG(lat_reader_tag(tags, reader, pool, both, 2, &words, NULL,
                             &error) == LAT_OK, "%s",
              lat_error_message(&error));
    CHECK(tags[0] < 4 && tags[1] == LAT_NO_TAG && tags[2] < 4);
    lat_sentence rest = sentence(half);
    words.count = find_words(items, half, 0);
    CHECK(words.count == LONG - PIECE);
    CHECK(lat_reader_tag(other, reader, pool, &rest, 1, &words, NULL,
                         &error) == LAT_OK);
    CHECK(memcmp(other, tags + count + PIECE,
                 words.count * sizeof *other) == 0);
    lat_sentence pair = sentence(whole);
    pair.b = half;
    pair.b_size = strlen(half);
    words.count = find_words(items, whole, 0);
    CHECK(lat_reader_tag(tags, reader, pool, &pair, 1, &words, NULL,
                         &error) == LAT_OK);
    CHECK(tags[0] < 4 && tags[LONG - 1] == LAT_NO_TAG);
    lat_masks masks;
    CHECK(lat_reader_fill(&masks, reader, pool, both, 2, 3, NULL, &error) ==
          LAT_UNSUPPORTED);
    words.count = 0;
    CHECK(lat_reader_tag(NULL, reader, pool, NULL, 0, &words, NULL,
                         &error) == LAT_OK);
}

static void check_masks(const lat_reader *reader, lat_pool *pool)
{
    lat_sentence both[2] = {sentence("[MASK] w7"), sentence("w9 [MASK]")};
    lat_masks masks;
    lat_error error = {0};
    double sum = 0;
    CHECK(lat_reader_fill(&masks, reader, pool, both, 2, 1000, NULL,
                          &error) == LAT_OK);
    CHECK(masks.count == 2 && masks.top == reader->info->vocabulary);
    CHECK(masks.sentence[0] == 0 && masks.token[0] == 1);
    CHECK(masks.sentence[1] == 1 && masks.token[1] == 2);
    for (size_t k = 0; k < masks.top; k++) {
        sum += masks.probabilities[k];
        CHECK(k == 0 ||
              masks.probabilities[k] <= masks.probabilities[k - 1]);
    }
    /* 101 roundings of numbers below 1. */
    CHECK(sum > 1 - 1e-13 && sum < 1 + 1e-13);
    lat_masks_free(&masks);
}

static void check_memory(const lat_reader *reader, lat_pool *pool)
{
    lat_word items[4];
    uint32_t tags[4];
    lat_sentence one = sentence("w7 w9x10 [MASK]");
    lat_words words = {.items = items, .count = find_words(items, one.a, 0)};
    bool mask = reader->info->head == LAT_HEAD_MASKED_LM;
    for (uint64_t n = 1; n < 1000; n++) {
        lat_masks masks;
        lat_error error = {0};
        size_t before = lat_memory_in_use();
        lat_memory_fail_at(n, n % 2 == 0);
        lat_status status =
            mask ? lat_reader_fill(&masks, reader, pool, &one, 1, 2, NULL,
                                   &error)
                 : lat_reader_tag(tags, reader, pool, &one, 1, &words, NULL,
                                  &error);
        lat_memory_fail_at(0, false);
        if (status == LAT_OK && mask)
            lat_masks_free(&masks);
        CHECK(status == LAT_OK || status == LAT_NO_MEMORY);
        CHECK(lat_memory_in_use() == before);
        if (status == LAT_OK)
            return;
    }
    CHECK_MSG(false, "it never succeeded");
}

int main(void)
{
    static const struct {
        const char *name;
        size_t pieces;
    } models[] = {{"electra-2", 90}, {"bert-3", 101}};
    static const char *const files[] = {"config.json", "model.safetensors",
                                        "vocab.txt"};
    const char *shared = harness_shared();
    if (shared == NULL)
        return harness_end("test_reader_tags");
    CHECK(mkdtemp(folder) != NULL);
    for (size_t i = 0; i < 2; i++) {
        lat_reader reader = {0};
        lat_error error = {0};
        lat_pool *pool = NULL;
        make_model(shared, models[i].name, models[i].pieces);
        CHECK(lat_pool_create(&pool, 1, &error) == LAT_OK);
        CHECK_MSG(lat_reader_open(&reader, folder, &error) == LAT_OK, "%s",
                  lat_error_message(&error));
        if (i == 0)
            check_tags(&reader, pool);
        else
            check_masks(&reader, pool);
        check_memory(&reader, pool);
        lat_reader_close(&reader);
        lat_pool_free(pool);
    }
    for (size_t i = 0; i < 3; i++) {
        char *path = lat_path_join(folder, files[i]);
        CHECK(path != NULL && unlink(path) == 0);
        lat_free(path);
    }
    CHECK(rmdir(folder) == 0);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_reader_tags");
}
