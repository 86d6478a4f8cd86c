/* fuzz_json.c - JSON: what is read can be written and read again. */
#include "fuzz.h"

static void put(lat_json_writer *writer, const lat_json *value)
{
    if (value->type == LAT_JSON_NULL) {
        lat_json_put_null(writer);
    } else if (value->type == LAT_JSON_BOOL) {
        lat_json_put_bool(writer, value->boolean);
    } else if (value->type == LAT_JSON_NUMBER) {
        lat_json_put_number(writer, value->number);
    } else if (value->type == LAT_JSON_STRING) {
        lat_json_put_bytes(writer, value->string, value->size);
    } else {
        bool object = value->type == LAT_JSON_OBJECT;

        lat_json_open(writer, object ? '{' : '[');
        for (size_t i = 0; i < value->size; i++) {
            if (object && memchr(value->items[i].key, 0,
                                 value->items[i].key_size) != NULL)
                continue; /* keys to write are C strings */
            if (object)
                lat_json_key(writer, value->items[i].key);
            put(writer, &value->items[i]);
        }
        lat_json_close(writer, object ? '}' : ']');
    }
}

FUZZ_TARGET(json)
{
    lat_arena arena = {0}, again = {0};
    lat_buffer text = {0}, second = {0};
    lat_json_writer writer;
    const lat_json *value = NULL;
    lat_error error = {0};

    fuzz_begin(size, 1 << 20, 400);
    if (fuzz_answer(lat_json_parse(&value, &arena, data, size, &error),
                    &error)) {
        lat_json_begin(&writer, &text, true);
        put(&writer, value);
        fuzz_check(lat_json_parse(&value, &again, text.data, text.size,
                                  &error) == LAT_OK,
                   "what was written cannot be read");
        lat_json_begin(&writer, &second, true);
        put(&writer, value);
        fuzz_check(text.size == second.size &&
                   memcmp(text.data, second.data, text.size) == 0,
                   "written, read and written again differs");
    }
    lat_buffer_free(&text);
    lat_buffer_free(&second);
    lat_arena_free(&arena);
    lat_arena_free(&again);
    fuzz_end();
}
