/*
 * script_int.h - what the built-in labellers know of a code point.
 *
 * Rows are sorted; a row holds from its first code point to the next row's.
 */
#ifndef LATENT_SCRIPT_INT_H
#define LATENT_SCRIPT_INT_H

#include <stddef.h>
#include <stdint.h>

typedef enum lat_kind {
    LAT_KIND_OTHER, LAT_KIND_UPPER, LAT_KIND_LOWER, LAT_KIND_TITLE,
    LAT_KIND_LETTER, LAT_KIND_MARK, LAT_KIND_DIGIT, LAT_KIND_NUMBER,
    LAT_KIND_PUNCTUATION, LAT_KIND_SYMBOL, LAT_KIND_SPACE
} lat_kind;

typedef struct lat_script_row {
    uint32_t first;
    uint8_t script; /* index into lat_script_names_int */
    uint8_t kind;   /* lat_kind, from the general category */
} lat_script_row;

/* Code points first..last have small letters `shift` further on. */
typedef struct lat_lower_row {
    uint32_t first, last;
    int32_t shift;
} lat_lower_row;

extern const char *const lat_script_names_int[];
extern const lat_script_row lat_script_rows_int[];
extern const size_t lat_script_rows_count_int;
extern const lat_lower_row lat_lower_rows_int[];
extern const size_t lat_lower_rows_count_int;

const lat_script_row *lat_script_find_int(uint32_t code);
/* The small letter (simple mapping), or the code point itself. */
uint32_t lat_script_lower_int(uint32_t code);

#endif
