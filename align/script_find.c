/*
 * script_find.c - looking code points up in the generated rows.
 */
#include "script_int.h"

const lat_script_row *lat_script_find_int(uint32_t code)
{
    size_t low = 0, high = lat_script_rows_count_int;

    /* The first row starts at 0: there always is one at or before code. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (lat_script_rows_int[middle].first <= code)
            low = middle;
        else
            high = middle;
    }
    return &lat_script_rows_int[low];
}

uint32_t lat_script_lower_int(uint32_t code)
{
    size_t low = 0, high = lat_lower_rows_count_int;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const lat_lower_row *row = &lat_lower_rows_int[middle];

        if (code < row->first)
            high = middle;
        else if (code > row->last)
            low = middle + 1;
        else
            return (uint32_t)((int64_t)code + row->shift);
    }
    return code;
}
