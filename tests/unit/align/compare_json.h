/*
 * compare_json.h - is one JSON value all of another, field by field?
 *
 * Every member of `want` must be in `got` (which may have more), lists must
 * have the same length, whole numbers and texts must be equal, fractions
 * within a relative 1e-12; members named "p", "q" and expected numbers,
 * sums of long tails, within 1e-9.
 */
#ifndef LATENT_TEST_COMPARE_JSON_H
#define LATENT_TEST_COMPARE_JSON_H

#include "../../../base/base.h"
#include "../../harness.h"

#include <math.h>

static inline bool compare_numbers(const lat_json *got, const lat_json *want,
                                   double tolerance)
{
    double size = fabs(want->number);

    if (got->type != LAT_JSON_NUMBER)
        return false;
    if (want->integer && got->integer)
        return want->whole == got->whole;
    return fabs(got->number - want->number) <= tolerance * size;
}

static inline double compare_tolerance(const char *key, double now)
{
    if (strcmp(key, "p") == 0 || strcmp(key, "q") == 0 ||
        strcmp(key, "expected_by_chance_by_class") == 0)
        return 1e-9;
    return now;
}

/* Counts a check for every leaf; `path` names where. */
static inline void compare_json(const lat_json *got, const lat_json *want,
                                const char *path, double tolerance)
{
    char inner[512];
    size_t i;

    if (got == NULL) {
        CHECK_MSG(false, "%s: missing", path);
        return;
    }
    switch (want->type) {
    case LAT_JSON_OBJECT:
        CHECK_MSG(got->type == LAT_JSON_OBJECT, "%s: no object", path);
        for (i = 0; i < want->size; i++) {
            const lat_json *item = &want->items[i];

            snprintf(inner, sizeof inner, "%s/%s", path, item->key);
            compare_json(lat_json_get(got, item->key), item, inner,
                         compare_tolerance(item->key, tolerance));
        }
        break;
    case LAT_JSON_ARRAY:
        CHECK_MSG(got->type == LAT_JSON_ARRAY && got->size == want->size,
                  "%s: %lu elements, expected %lu", path,
                  (unsigned long)got->size, (unsigned long)want->size);
        for (i = 0; i < want->size && got->type == LAT_JSON_ARRAY &&
                    i < got->size; i++) {
            snprintf(inner, sizeof inner, "%s[%lu]", path, (unsigned long)i);
            compare_json(&got->items[i], &want->items[i], inner, tolerance);
        }
        break;
    case LAT_JSON_NUMBER:
        CHECK_MSG(compare_numbers(got, want, tolerance),
                  "%s: %.17g, expected %.17g", path, got->number,
                  want->number);
        break;
    case LAT_JSON_STRING:
        CHECK_MSG(got->type == LAT_JSON_STRING && got->size == want->size &&
                      memcmp(got->string, want->string, want->size) == 0,
                  "%s: \"%s\", expected \"%s\"", path,
                  got->type == LAT_JSON_STRING ? got->string : "(no text)",
                  want->string);
        break;
    case LAT_JSON_BOOL:
        CHECK_MSG(got->type == LAT_JSON_BOOL &&
                      got->boolean == want->boolean,
                  "%s: expected %s", path, want->boolean ? "true" : "false");
        break;
    case LAT_JSON_NULL:
        CHECK_MSG(got->type == LAT_JSON_NULL, "%s: expected null", path);
        break;
    }
}

#endif
