/*
 * json_get.c - members of a JSON object by name and type.
 */
#include "base.h"

#include <string.h>

const lat_json *lat_json_get(const lat_json *object, const char *key)
{
    if (object == NULL || object->type != LAT_JSON_OBJECT)
        return NULL;
    size_t size = strlen(key);
    for (size_t i = 0; i < object->size; i++) {
        const lat_json *item = &object->items[i];
        if (item->key_size == size && memcmp(item->key, key, size) == 0)
            return item;
    }
    return NULL;
}

/* The member when it is there, not null and of that type. */
static const lat_json *typed(const lat_json *object, const char *key,
                             lat_json_type type, bool *bad)
{
    const lat_json *item = lat_json_get(object, key);
    if (item == NULL || item->type == LAT_JSON_NULL)
        return NULL;
    if (item->type == type)
        return item;
    *bad = true;
    return NULL;
}

const char *lat_json_text(const lat_json *object, const char *key,
                          const char *fallback, bool *bad)
{
    const lat_json *item = typed(object, key, LAT_JSON_STRING, bad);
    return item == NULL ? fallback : item->string;
}

double lat_json_number(const lat_json *object, const char *key,
                       double fallback, bool *bad)
{
    const lat_json *item = typed(object, key, LAT_JSON_NUMBER, bad);
    return item == NULL ? fallback : item->number;
}

uint64_t lat_json_count(const lat_json *object, const char *key,
                        uint64_t fallback, bool *bad)
{
    const lat_json *item = typed(object, key, LAT_JSON_NUMBER, bad);
    if (item == NULL)
        return fallback;
    if (item->integer && item->whole >= 0)
        return (uint64_t)item->whole;
    *bad = true;
    return fallback;
}

bool lat_json_flag(const lat_json *object, const char *key, bool fallback,
                   bool *bad)
{
    const lat_json *item = typed(object, key, LAT_JSON_BOOL, bad);
    return item == NULL ? fallback : item->boolean;
}
