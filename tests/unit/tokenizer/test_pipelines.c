/*
 * test_pipelines.c - random pipelines against the reference's results.
 *
 * tests/fixtures/tokenizer/pipelines.jsonl holds, a line each, a
 * tokenizer.json of random steps over a small vocabulary and eight cases with
 * the ids, ranges, types and special marks that the reference gives.
 */
#include "../../../tokenizer/tokenizer.h"
#include "../../harness.h"

#define FILE_NAME "tests/fixtures/tokenizer/pipelines.jsonl"

static bool same(const lat_json *want, const lat_encoding *got)
{
    if (want->size != got->count)
        return false;
    for (size_t i = 0; i < got->count; i++) {
        const lat_json *token = want->items[i].items;
        if (token[0].whole != got->ids[i] || token[1].whole != got->first[i]
            || token[2].whole != got->end[i]
            || token[3].whole != got->types[i]
            || token[4].whole != got->special[i])
            return false;
    }
    return true;
}

static bool check_case(const lat_tokenizer *tokenizer, const lat_json *one,
                       lat_encoding *encoding)
{
    const lat_json *a = lat_json_get(one, "a"), *b = lat_json_get(one, "b");
    const lat_json *want = lat_json_get(one, "want");
    bool bad = false;
    lat_error error = {0};
    const char *rule = lat_json_text(one, "rule", "", &bad);
    lat_encode_options options = {
        .max_length = (size_t)lat_json_count(one, "max", 0, &bad),
        .truncation = strcmp(rule, "only_first") == 0
                          ? LAT_TRUNCATE_ONLY_FIRST
                          : LAT_TRUNCATE_LONGEST_FIRST,
        .no_special = lat_json_flag(one, "plain", false, &bad)};
    lat_status status = lat_tokenizer_encode(
        tokenizer, encoding, a->string, a->size, b ? b->string : NULL,
        b ? b->size : 0, &options, &error);
    if (want->type == LAT_JSON_NULL)
        return status == LAT_OUT_OF_RANGE;
    return status == LAT_OK && same(want, encoding);
}

static size_t check_line(const char *text, size_t size, size_t line,
                         size_t *different, lat_encoding *encoding)
{
    lat_arena arena = {0};
    const lat_json *root = NULL;
    lat_tokenizer *tokenizer = NULL;
    lat_error error = {0};
    size_t count = 0;
    if (lat_json_parse(&root, &arena, text, size, &error) != LAT_OK) {
        CHECK_MSG(false, "line %zu: %s", line, lat_error_message(&error));
        return 0;
    }
    const lat_json *cases = lat_json_get(root, "cases");
    /* The tokenizer's own text lies between its brace and ,"cases". */
    size_t start = lat_json_get(root, "tokenizer")->byte, end = cases->byte;
    while (text[end] != '}')
        end--;
    lat_tokenizer_parts parts = {.kind = "", .json = text + start,
                                 .json_size = end + 1 - start};
    lat_status status = lat_tokenizer_from_parts(&tokenizer, &parts, &error);
    CHECK_MSG(status == LAT_OK, "line %zu: %s", line,
              lat_error_message(&error));
    for (size_t i = 0; status == LAT_OK && i < cases->size; i++) {
        if (!check_case(tokenizer, &cases->items[i], encoding)) {
            printf("line %zu case %zu differs: %s\n", line, i,
                   lat_tokenizer_describe(tokenizer));
            ++*different;
        }
        count++;
    }
    lat_tokenizer_close(tokenizer);
    lat_arena_free(&arena);
    return count;
}

int main(void)
{
    lat_map map = {0};
    lat_error error = {0};
    lat_encoding encoding = {0};
    size_t line = 0, count = 0, different = 0;
    CHECK_MSG(lat_map_open(&map, FILE_NAME, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    const char *text = (const char *)map.data;
    for (size_t at = 0; at < map.size;) {
        const char *end = memchr(text + at, '\n', map.size - at);
        size_t size = (size_t)(end - (text + at));
        count += check_line(text + at, size, ++line, &different, &encoding);
        at += size + 1;
    }
    printf("%zu pipelines, %zu cases compared, %zu differences\n", line,
           count, different);
    CHECK(different == 0 && count >= 380);
    lat_encoding_free(&encoding);
    lat_map_close(&map);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_pipelines");
}
