/* JSON out: layout, escapes, and that it reads back. */
#include "../../harness.h"
#include "../../../base/base.h"

#include <math.h>

static void write_sample(lat_json_writer *w)
{
    lat_json_open(w, '{');
    lat_json_key(w, "a");
    lat_json_open(w, '[');
    lat_json_put_count(w, UINT64_MAX);
    lat_json_put_number(w, 0.5);
    lat_json_put_number(w, (double)NAN);
    lat_json_put_number(w, -INFINITY);
    lat_json_put_bool(w, true);
    lat_json_put_bool(w, false);
    lat_json_put_null(w);
    lat_json_close(w, ']');
    lat_json_key(w, "b");
    lat_json_open(w, '{');
    lat_json_close(w, '}');
    lat_json_key(w, "c\"");
    lat_json_open(w, '[');
    lat_json_open(w, '[');
    lat_json_close(w, ']');
    lat_json_put_text(w, "x");
    lat_json_close(w, ']');
    lat_json_close(w, '}');
}

static void test_layout(void)
{
    lat_buffer b = {0};
    lat_json_writer w;
    lat_json_begin(&w, &b, false);
    write_sample(&w);
    CHECK_TEXT(b.data,
               "{\"a\":[18446744073709551615,0.5,null,null,true,false,null],"
               "\"b\":{},\"c\\\"\":[[],\"x\"]}");
    lat_buffer_clear(&b);
    lat_json_begin(&w, &b, true);
    write_sample(&w);
    CHECK_TEXT(b.data, "{\n  \"a\": [\n    18446744073709551615,\n    0.5,\n"
                       "    null,\n    null,\n    true,\n    false,\n"
                       "    null\n  ],\n  \"b\": {},\n  \"c\\\"\": [\n"
                       "    [],\n    \"x\"\n  ]\n}");
    lat_buffer_clear(&b);
    lat_json_begin(&w, &b, true);
    lat_json_put_text(&w, "alone");
    CHECK_TEXT(b.data, "\"alone\"");
    lat_buffer_free(&b);
}

static void check_text(const char *text, size_t size, const char *want)
{
    lat_buffer b = {0};
    lat_json_writer w;
    lat_json_begin(&w, &b, false);
    lat_json_put_bytes(&w, text, size);
    CHECK_TEXT(b.data, want);
    lat_buffer_free(&b);
}

static void test_escapes(void)
{
    check_text("", 0, "\"\"");
    check_text("a\0b", 3, "\"a\\u0000b\"");
    check_text("\"\\/\b\f\n\r\t\x1f\x7f", 10,
               "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u001f\x7f\"");
    check_text("\xC3\xA9\xF0\x9F\x98\x80", 6,
               "\"\xC3\xA9\xF0\x9F\x98\x80\"");
    check_text("a\xFF" "b\xC3", 4, "\"a\xEF\xBF\xBD" "b\xEF\xBF\xBD\"");
    check_text("\xED\xA0\x80", 3,
               "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

/* All code points up to 0x3000, written and read again. */
static void test_round_trip(void)
{
    lat_buffer b = {0}, text = {0};
    lat_json_writer w;
    for (uint32_t code = 0; code < 0x3000; code++) {
        char piece[4];
        lat_buffer_add(&text, piece, lat_utf8_encode(code, piece));
    }
    lat_json_begin(&w, &b, true);
    lat_json_put_bytes(&w, text.data, text.size);
    lat_arena arena = {0};
    const lat_json *j = NULL;
    CHECK(lat_json_parse(&j, &arena, b.data, b.size, NULL) == LAT_OK);
    CHECK(j != NULL && j->size == text.size &&
          memcmp(j->string, text.data, text.size) == 0);
    lat_arena_free(&arena);
    lat_buffer_free(&b);
    lat_buffer_free(&text);
}

static void test_failing(void)
{
    for (uint64_t n = 1; n <= 3; n++) {
        lat_buffer b = {0};
        lat_json_writer w;
        lat_memory_fail_at(n, false);
        lat_json_begin(&w, &b, true);
        for (int i = 0; i < 40; i++)
            lat_json_put_text(&w, "some words");
        lat_memory_fail_at(0, false);
        CHECK(lat_buffer_status(&b, NULL) == LAT_NO_MEMORY);
        lat_buffer_free(&b);
    }
    CHECK(lat_memory_in_use() == 0);
}

int main(void)
{
    test_layout();
    test_escapes();
    test_round_trip();
    test_failing();
    return harness_end("test_json_write");
}
