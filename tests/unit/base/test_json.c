/* JSON in: values, borders, refusals with their place, bounds. */
#include "walk_int.h"

#include <math.h>

static lat_status parse(const lat_json **out, lat_arena *arena,
                        const char *text, lat_error *error)
{
    return lat_json_parse(out, arena, text, strlen(text), error);
}

static lat_status parse_bytes(const void *data, size_t size,
                              lat_error *error)
{
    lat_arena arena = {0};
    const lat_json *value = NULL;
    lat_status status = lat_json_parse(&value, &arena, data, size, error);
    if ((status == LAT_OK) != (value != NULL))
        status = LAT_INTERNAL;
    lat_arena_free(&arena);
    return status;
}

static lat_status parse_path(const char *path, lat_error *error)
{
    lat_map map = {0};
    lat_status status = lat_map_open(&map, path, error);
    if (status == LAT_OK)
        status = parse_bytes(map.data, map.size, error);
    lat_map_close(&map);
    return status;
}

static void test_values(void)
{
    lat_arena arena = {0};
    const lat_json *j = NULL;
    const char *text =
        " {\"a\" : [1, 2.5, -3e2, {\"b\": null}], \"c\": "
        "\"x\\u00e9\\ud83d\\ude00\\n\\/\\u0000z\", \"d\": {}, \"e\": [ ], "
        "\"f\": [[], [[]], true, false], \"big\": 9007199254740993, "
        "\"huge\": 18446744073709551616, \"min\": -9223372036854775808}\n";
    lat_error e = {0};
    CHECK_MSG(parse(&j, &arena, text, &e) == LAT_OK, "%s",
              lat_error_message(&e));
    CHECK(j->type == LAT_JSON_OBJECT && j->size == 8 && j->byte == 1);
    const lat_json *a = lat_json_get(j, "a");
    CHECK(a->type == LAT_JSON_ARRAY && a->size == 4 && a->byte == 8);
    CHECK(a->items[0].integer && a->items[0].whole == 1);
    CHECK(!a->items[1].integer && a->items[1].number == 2.5);
    CHECK(!a->items[2].integer && a->items[2].number == -300);
    CHECK(a->items[3].size == 1 &&
          lat_json_get(&a->items[3], "b")->type == LAT_JSON_NULL);
    const lat_json *c = lat_json_get(j, "c");
    CHECK(c->size == 11 &&
          memcmp(c->string, "x\xC3\xA9\xF0\x9F\x98\x80\n/\0z", 12) == 0);
    CHECK(lat_json_get(j, "d")->size == 0 && lat_json_get(j, "e")->size == 0);
    const lat_json *f = lat_json_get(j, "f");
    CHECK(f->size == 4 && f->items[1].size == 1 &&
          f->items[1].items[0].size == 0);
    CHECK(f->items[2].boolean && !f->items[3].boolean &&
          f->items[3].type == LAT_JSON_BOOL);
    CHECK(lat_json_get(j, "big")->whole == INT64_C(9007199254740993));
    CHECK(!lat_json_get(j, "huge")->integer &&
          lat_json_get(j, "huge")->number == 18446744073709551616.0);
    CHECK(lat_json_get(j, "min")->integer &&
          lat_json_get(j, "min")->whole == INT64_MIN);
    CHECK(lat_json_get(j, "none") == NULL && lat_json_get(a, "a") == NULL &&
          lat_json_get(NULL, "a") == NULL);
    lat_arena_free(&arena);
}

static void test_typed(void)
{
    lat_arena arena = {0};
    const lat_json *j = NULL;
    CHECK(parse(&j, &arena,
                "{\"t\": \"word\", \"n\": 1.5, \"c\": 7, \"m\": -1, "
                "\"b\": true, \"z\": null}", NULL) == LAT_OK);
    bool bad = false;
    CHECK_TEXT(lat_json_text(j, "t", "no", &bad), "word");
    CHECK_TEXT(lat_json_text(j, "x", "no", &bad), "no");
    CHECK_TEXT(lat_json_text(j, "z", "no", &bad), "no");
    CHECK(lat_json_number(j, "n", 0, &bad) == 1.5);
    CHECK(lat_json_number(j, "c", 0, &bad) == 7);
    CHECK(lat_json_number(j, "x", 9, &bad) == 9);
    CHECK(lat_json_count(j, "c", 0, &bad) == 7);
    CHECK(lat_json_flag(j, "b", false, &bad));
    CHECK(lat_json_flag(j, "x", true, &bad) && !bad);
    CHECK(lat_json_count(j, "m", 3, &bad) == 3 && bad);
    bad = false;
    CHECK(lat_json_count(j, "n", 3, &bad) == 3 && bad);
    bad = false;
    CHECK(strcmp(lat_json_text(j, "n", "no", &bad), "no") == 0 && bad);
    bad = false;
    CHECK(lat_json_number(j, "t", 2, &bad) == 2 && bad);
    bad = false;
    CHECK(!lat_json_flag(j, "c", false, &bad) && bad);
    lat_arena_free(&arena);
}

/* The place is where a person should look. */
static void test_places(void)
{
    static const struct {
        const char *text;
        lat_status code;
        uint64_t byte;
    } cases[] = {
        {"", LAT_MALFORMED, 0}, {"   ", LAT_MALFORMED, 3},
        {"{\"a\":1,}", LAT_MALFORMED, 7}, {"[1,]", LAT_MALFORMED, 3},
        {"[1 2]", LAT_MALFORMED, 3}, {"{\"a\" 1}", LAT_MALFORMED, 5},
        {"{a:1}", LAT_MALFORMED, 1}, {"[01]", LAT_MALFORMED, 1},
        {"[1.]", LAT_MALFORMED, 3}, {"[-]", LAT_MALFORMED, 2},
        {"[1e]", LAT_MALFORMED, 3}, {"[+1]", LAT_MALFORMED, 1},
        {"[.5]", LAT_MALFORMED, 1}, {"nul", LAT_MALFORMED, 0},
        {"nulls", LAT_MALFORMED, 4}, {"[1]]", LAT_MALFORMED, 3},
        {"[1}", LAT_MALFORMED, 2}, {"{\"a\":1]", LAT_MALFORMED, 6},
        {"\"\\x\"", LAT_MALFORMED, 1}, {"\"\\u12g4\"", LAT_MALFORMED, 1},
        {"\"a\tb\"", LAT_MALFORMED, 2}, {"\"\\ud800\"", LAT_MALFORMED, 1},
        {"\"\\udc00\"", LAT_MALFORMED, 1}, {"'a'", LAT_MALFORMED, 0},
        {"\"\\ud800\\u0041\"", LAT_MALFORMED, 1}, {"NaN", LAT_MALFORMED, 0},
        {"\"\\ud800\\ud800\"", LAT_MALFORMED, 1}, {"1e999", 3, 0},
        {"[1,2e400]", LAT_OUT_OF_RANGE, 3}, {"\"\xFF\"", LAT_MALFORMED, 1},
        {"{\"a\":1,\"b\":2,\"a\":3}", LAT_MALFORMED, 17},
        {"{\"a\":1,\"\\u0061\":3}", LAT_MALFORMED, 16}, {"[", 1, 1},
        {"{\"x\":{\"a\":1},\"a\":{\"a\":1,\"a\":2}}", LAT_MALFORMED, 28},
        {"//x\n1", LAT_MALFORMED, 0}, {"\xEF\xBB\xBF" "1", LAT_MALFORMED, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lat_arena arena = {0};
        lat_error e = {0};
        const lat_json *j = NULL;
        lat_status got = parse(&j, &arena, cases[i].text, &e);
        CHECK_MSG(got == cases[i].code && e.has_byte &&
                      e.byte == cases[i].byte && j == NULL,
                  "%s: %s at %llu: %s", cases[i].text, lat_status_name(got),
                  (unsigned long long)e.byte, e.text);
        lat_arena_free(&arena);
    }
}

static void test_depth(void)
{
    for (size_t depth = 126; depth <= 131; depth++) {
        char text[600];
        for (size_t i = 0; i < depth; i++) {
            text[i] = '[';
            text[depth + i] = ']';
        }
        lat_status want = depth <= 128 ? LAT_OK : LAT_UNSUPPORTED;
        CHECK_MSG(parse_bytes(text, 2 * depth, NULL) == want, "%zu", depth);
    }
    /* A bomb of opening brackets costs neither stack nor time. */
    size_t size = 1000000;
    char *bomb = lat_alloc(size);
    memset(bomb, '[', size);
    CHECK(parse_bytes(bomb, size, NULL) == LAT_UNSUPPORTED);
    lat_free(bomb);
}

/* Memory stays below 64 bytes a byte of text, whatever the text. */
static void test_memory(void)
{
    static const char *const pieces[] = {"1,", "[],", "{},", "\"\",", "[1],",
                                         "{\"\":1},", ",", "\"", "[", "\\"};
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        lat_buffer text = {0};
        lat_buffer_char(&text, '[');
        while (text.size < 200000)
            lat_buffer_text(&text, pieces[i]);
        lat_buffer_text(&text, "1]");
        size_t before = lat_memory_in_use();
        lat_memory_limit(before + 64 * text.size);
        lat_status got = parse_bytes(text.data, text.size, NULL);
        lat_memory_limit(0);
        CHECK_MSG(got == (i < 6 ? LAT_OK : LAT_MALFORMED) ||
                      (i == 8 && got == LAT_UNSUPPORTED),
                  "%s: %s", pieces[i], lat_status_name(got));
        lat_buffer_free(&text);
    }
}

/* Objects of n members, with the duplicate at every kind of place. */
static void test_duplicates(void)
{
    for (size_t n = 2; n < 600; n += 1 + n / 3) {
        for (size_t twin = 0; twin <= n; twin += 1 + n / 5) {
            lat_buffer text = {0};
            uint64_t at = 0;
            lat_buffer_char(&text, '{');
            for (size_t i = 0; i < n; i++) {
                bool repeat = twin < n && twin != 0 && i == twin;
                lat_buffer_format(&text, "\"k%zu\":", repeat ? twin / 2 : i);
                if (repeat)
                    at = text.size;
                lat_buffer_format(&text, "1%s", i + 1 < n ? "," : "}");
            }
            lat_error e = {0};
            lat_status got = parse_bytes(text.data, text.size, &e);
            lat_status want = at != 0 ? LAT_MALFORMED : LAT_OK;
            CHECK_MSG(got == want && e.byte == at, "%zu of %zu: %s at %llu",
                      twin, n, lat_status_name(got),
                      (unsigned long long)e.byte);
            lat_buffer_free(&text);
        }
    }
    lat_buffer text = {0};
    lat_buffer_char(&text, '{');
    for (size_t i = 0; i < 200000; i++)
        lat_buffer_format(&text, "\"%zx\":0,", i * 7919);
    lat_buffer_text(&text, "\"1ee\":0}");
    CHECK(parse_bytes(text.data, text.size, NULL) == LAT_OK);
    lat_buffer_clear(&text);
    lat_buffer_char(&text, '{');
    for (size_t i = 0; i < 200000; i++)
        lat_buffer_format(&text, "\"%zx\":0,", i * 7919);
    lat_buffer_text(&text, "\"1eef\":0}");
    CHECK(parse_bytes(text.data, text.size, NULL) == LAT_MALFORMED);
    lat_buffer_free(&text);
}

int main(void)
{
    static const char folder[] = "tests/fixtures/base/json";
    test_values();
    test_typed();
    test_places();
    test_depth();
    test_memory();
    test_duplicates();
    CHECK(walk_folder("tests/fixtures/base/json/good", true, parse_path) >= 8);
    CHECK(walk_folder("tests/fixtures/base/json/bad", false, parse_path) >=
          30);
    char *path = lat_format("%s/good/everything.json", folder);
    walk_prefixes(path, parse_bytes);
    lat_free(path);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_json");
}
