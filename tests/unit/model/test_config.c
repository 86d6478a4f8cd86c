/*
 * test_config.c - config.json: good ones, bad ones, cut and flipped ones.
 *
 * tests/fixtures/model/config/good must be read, bad/STATUS-what.json must
 * give STATUS with a message; every truncation and every failed allocation
 * is an error without a leak.
 */
#include "../../harness.h"
#include "../../../model/encoder_int.h"

#include <dirent.h>

#define FOLDER "tests/fixtures/model/config/"

static lat_status read_text(lat_config *config, lat_arena *arena,
                            const void *text, size_t size, lat_error *error)
{
    *error = (lat_error){0};
    return lat_config_read(config, arena, text, size, error);
}

static lat_status expected_of(const char *name)
{
    static const lat_status all[] = {LAT_MALFORMED, LAT_UNSUPPORTED,
                                     LAT_OUT_OF_RANGE};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        const char *text = lat_status_name(all[i]);
        if (strncmp(name, text, strlen(text)) == 0)
            return all[i];
    }
    return LAT_OK;
}

/* Reading with the n-th allocation failing, for every n that is reached. */
static void fail_allocations(const lat_map *map, const char *name)
{
    for (uint64_t n = 1; n < 200; n++) {
        lat_config config;
        lat_arena arena = {0};
        lat_error error;
        size_t before = lat_memory_in_use();
        uint64_t calls = lat_memory_allocations();
        lat_memory_fail_at(n, true);
        lat_status status = read_text(&config, &arena, map->data, map->size,
                                      &error);
        lat_memory_fail_at(0, false);
        lat_arena_free(&arena);
        CHECK_MSG(lat_memory_in_use() == before, "%s: leak at allocation "
                  "%llu", name, (unsigned long long)n);
        if (lat_memory_allocations() - calls < n)
            return;
        CHECK_MSG(status == LAT_NO_MEMORY, "%s: %s at allocation %llu",
                  name, lat_status_name(status), (unsigned long long)n);
    }
    CHECK_MSG(false, "%s: allocations without end", name);
}

static void cut_short(const lat_map *map, const char *name)
{
    size_t size = map->size;
    while (size > 0 && map->data[size - 1] != '}')
        size--;
    for (size_t cut = 0; cut + 1 < size; cut++) {
        lat_config config;
        lat_arena arena = {0};
        lat_error error;
        char *text = lat_copy_bytes(map->data, cut);
        lat_status status = read_text(&config, &arena, text, cut, &error);
        CHECK_MSG(status == LAT_MALFORMED, "%s cut at %zu: %s", name, cut,
                  lat_status_name(status));
        lat_arena_free(&arena);
        lat_free(text);
    }
}

/* Any single changed byte gives some answer, without harm. */
static void flip_bytes(const lat_map *map)
{
    char *text = lat_copy_bytes(map->data, map->size);
    for (size_t i = 0; i < map->size; i++) {
        static const char put[] = {'0', '9', '"', ',', '}', '-', '\0'};
        for (size_t j = 0; j < sizeof put; j++) {
            lat_config config;
            lat_arena arena = {0};
            lat_error error;
            text[i] = put[j];
            lat_status status = read_text(&config, &arena, text, map->size,
                                          &error);
            CHECK(status == error.code);
            lat_arena_free(&arena);
        }
        text[i] = (char)map->data[i];
    }
    lat_free(text);
}

static void check_file(const char *folder, const char *name)
{
    lat_map map = {0};
    lat_arena arena = {0};
    lat_error error = {0};
    lat_config config;
    lat_status expected = expected_of(name);
    char *path = lat_path_join(folder, name);
    if (lat_map_open(&map, path, &error) != LAT_OK) {
        CHECK_MSG(false, "%s", lat_error_message(&error));
        lat_free(path);
        return;
    }
    lat_status status = read_text(&config, &arena, map.data, map.size,
                                  &error);
    CHECK_MSG(status == expected, "%s: %s (%s)", name,
              lat_status_name(status), lat_error_message(&error));
    CHECK_MSG(status == error.code, "%s: status and record differ", name);
    CHECK_MSG((error.text[0] != '\0') == (status != LAT_OK), "%s: text",
              name);
    if (status == LAT_OK) {
        fail_allocations(&map, name);
        cut_short(&map, name);
    }
    if (strcmp(name, "albert.json") == 0)
        flip_bytes(&map);
    lat_arena_free(&arena);
    lat_map_close(&map);
    lat_free(path);
}

static size_t check_folder(const char *folder)
{
    size_t count = 0;
    DIR *list = opendir(folder);
    CHECK_MSG(list != NULL, "no folder %s", folder);
    if (list == NULL)
        return 0;
    for (struct dirent *entry = readdir(list); entry != NULL;
         entry = readdir(list)) {
        if (entry->d_name[0] == '.')
            continue;
        check_file(folder, entry->d_name);
        count++;
    }
    closedir(list);
    return count;
}

/* ---- What good files mean ----------------------------------------------- */

static lat_arena kept;

static lat_config good(const char *name)
{
    lat_config config = {0};
    lat_map map = {0};
    lat_error error = {0};
    char *path = lat_format(FOLDER "good/%s.json", name);
    if (lat_map_open(&map, path, &error) == LAT_OK)
        lat_config_read(&config, &kept, (const char *)map.data, map.size,
                        &error);
    CHECK_MSG(error.code == LAT_OK, "%s", lat_error_message(&error));
    lat_map_close(&map);
    lat_free(path);
    return config;
}

static void check_meaning(void)
{
    lat_config c = good("bert-few-keys");
    CHECK(c.positions == 512 && c.max_tokens == 512 && c.types == 2);
    CHECK(c.eps == 1e-12f && c.act == LAT_ACT_GELU && c.pad_id == 0);
    CHECK(c.embedding == c.hidden && c.groups == 1 && c.inner == 1);
    CHECK(c.head == LAT_HEAD_SEQUENCE && c.classes == 2);
    c = good("bert-no-model-type");
    CHECK_TEXT(c.architecture->name, "bert");
    CHECK(!good("bert-no-architectures").says_head);
    CHECK(!good("bert-question-answering").head_known);
    CHECK_TEXT(good("bert-question-answering").head_class,
               "BertForQuestionAnswering");
    c = good("bert-token");
    CHECK(c.head == LAT_HEAD_TOKEN && c.classes == 3);
    CHECK_TEXT(c.labels[0], "O");
    CHECK_TEXT(c.labels[1], "I");
    c = good("bert-eleven-labels");
    CHECK(c.classes == 11);
    CHECK_TEXT(c.labels[10], "class 10");
    CHECK(good("bert-num-labels").classes == 5);
    CHECK(good("bert-pretraining").head == LAT_HEAD_MASKED_LM);
    CHECK(good("act-gelu-fast").act == LAT_ACT_GELU_TANH);
    CHECK(good("act-swish").act == LAT_ACT_SILU);
    c = good("distilbert-eps-ignored");
    CHECK(c.eps == 1e-12f && c.types == 0 && c.feed_forward == 100);
    c = good("roberta");
    CHECK(c.max_tokens == 64 && c.pad_id == 1 && c.eps == 1e-5f);
    CHECK(good("roberta-pad-absent").max_tokens == 64);
    CHECK(good("roberta-pad-zero").max_tokens == 65);
    CHECK(good("roberta-one-position").max_tokens == 1);
    c = good("albert-inner-two");
    CHECK(c.inner == 2 && c.embedding == 16 && c.act == LAT_ACT_GELU_TANH);
    CHECK(good("albert-default-act").act == LAT_ACT_GELU_TANH);
    CHECK(good("electra").head == LAT_HEAD_NONE);
    CHECK(good("electra-masked-lm").head == LAT_HEAD_MASKED_LM);
    c = good("mpnet-other-pad");
    CHECK(c.pad_id == 1 && c.max_tokens == 64 && c.buckets == 32);
}

int main(void)
{
    size_t ok = check_folder(FOLDER "good");
    size_t bad = check_folder(FOLDER "bad");
    CHECK_MSG(ok >= 40 && bad >= 80, "%zu good and %zu bad files", ok, bad);
    check_meaning();
    lat_arena_free(&kept);
    return harness_end("test_config");
}
