/*
 * cli_file.c - options out of a JSON file, so that a study can be repeated
 * from its manifest alone.
 *
 *     {"k": 300, "layers": [0, 6], "labels": ["pos=train.pos"]}
 *     {"options": {...}, ...}           manifest.json, plan.json
 *
 * "_" in a name stands for "-".  A list is an option given several times or,
 * where only one value fits, the values with commas between; true sets a
 * flag; null and false leave an option as it is.
 */
#include "cli_int.h"

#include <string.h>

static const cli_option *find_option(const cli_call *call, const char *name)
{
    const cli_option *lists[] = {cli_verb_of(call)->options,
                                 cli_common_options};
    for (size_t l = 0; l < 2; l++)
        for (const cli_option *o = lists[l]; o != NULL && o->name != NULL;
             o++)
            if (strcmp(o->name, name) == 0)
                return o;
    return NULL;
}

/* A number or string as it would stand on the command line. */
static lat_status put_value(lat_buffer *out, const lat_json *value,
                            lat_error *error)
{
    if (value->type == LAT_JSON_STRING &&
        memchr(value->string, '\0', value->size) == NULL)
        lat_buffer_add(out, value->string, value->size);
    else if (value->type == LAT_JSON_NUMBER && value->integer)
        lat_buffer_format(out, "%lld", (long long)value->whole);
    else if (value->type == LAT_JSON_NUMBER)
        lat_buffer_number(out, value->number);
    else
        return lat_error_at_byte(error, LAT_MALFORMED, value->byte,
                                 "expected a text or a number");
    return LAT_OK;
}

static lat_status set_text(cli_call *call, const char *name,
                           lat_buffer *text, lat_error *error)
{
    lat_status status = lat_buffer_status(text, error);
    if (status == LAT_OK)
        status = cli_set(call, name, text->data == NULL ? "" : text->data,
                         error);
    lat_buffer_clear(text);
    return status;
}

static lat_status set_list(cli_call *call, const cli_option *option,
                           const lat_json *list, lat_error *error)
{
    lat_buffer text = {0};
    lat_status status = LAT_OK;
    for (size_t i = 0; i < list->size && status == LAT_OK; i++) {
        if (i > 0 && option->kind != CLI_MANY)
            lat_buffer_char(&text, ',');
        status = put_value(&text, &list->items[i], error);
        if (status == LAT_OK && option->kind == CLI_MANY)
            status = set_text(call, option->name, &text, error);
    }
    if (status == LAT_OK && option->kind != CLI_MANY && list->size > 0)
        status = set_text(call, option->name, &text, error);
    lat_buffer_free(&text);
    return status;
}

static lat_status set_member(cli_call *call, const lat_json *value,
                             lat_error *error)
{
    char name[64] = "";
    size_t size = value->key_size < sizeof name - 1 ? value->key_size
                                                    : sizeof name - 1;
    for (size_t i = 0; i < size; i++)
        name[i] = value->key[i] == '_' ? '-' : value->key[i];
    const cli_option *option = find_option(call, name);
    bool flag = value->type == LAT_JSON_BOOL;
    if (option == NULL) /* the message has a did-you-mean */
        return cli_set(call, name, "", error);
    if (cli_given(call, name) || value->type == LAT_JSON_NULL ||
        (flag && !value->boolean))
        return LAT_OK;
    if (flag != (option->kind == CLI_FLAG))
        return lat_error_at_byte(error, LAT_MALFORMED, value->byte,
                                 "%s is %s, expected %s", name,
                                 flag ? "true" : "no flag",
                                 flag ? "a value" : "true or false");
    if (flag)
        return cli_set(call, name, "", error);
    if (value->type == LAT_JSON_ARRAY)
        return set_list(call, option, value, error);
    lat_buffer text = {0};
    lat_status status = put_value(&text, value, error);
    if (status == LAT_OK)
        status = set_text(call, name, &text, error);
    lat_buffer_free(&text);
    return status;
}

lat_status cli_options_read(cli_call *call, const char *path,
                            lat_error *error)
{
    lat_map map = {0};
    lat_arena arena = {0};
    const lat_json *root = NULL;
    lat_status status = lat_map_open(&map, path, error);
    if (status == LAT_OK)
        status = lat_json_parse(&root, &arena, map.data, map.size, error);
    const lat_json *inner = lat_json_get(root, "options");
    const lat_json *object =
        inner != NULL && inner->type == LAT_JSON_OBJECT ? inner : root;
    if (status == LAT_OK && object->type != LAT_JSON_OBJECT)
        status = lat_error_at_byte(error, LAT_MALFORMED, object->byte,
                                   "expected an object of options");
    for (size_t i = 0; status == LAT_OK && i < object->size; i++)
        status = set_member(call, &object->items[i], error);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    lat_arena_free(&arena);
    lat_map_close(&map);
    return status;
}
