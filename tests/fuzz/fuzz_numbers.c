/*
 * fuzz_numbers.c - numbers, sizes, ranges and thresholds as users write them;
 * a number that was read is written so that it reads back as itself.
 */
#include "../../align/align.h"
#include "fuzz.h"

#include <stdlib.h>

FUZZ_TARGET(numbers)
{
    char out[LAT_NUMBER_TEXT];
    char *text = malloc(size + 1);
    double value = 0, again = 0;
    uint64_t whole = 0;
    size_t *list = NULL, count = 0;
    lat_thetas thetas;
    lat_error error = {0}, second = {0};
    lat_status status;

    fuzz_check(text != NULL, "no memory");
    memcpy(text, data, size);
    text[size] = '\0';
    if (lat_number_read(text, size, &value)) {
        size_t length = lat_number_text(value, out);

        fuzz_check(lat_number_read(out, length, &again) &&
                   memcmp(&again, &value, sizeof value) == 0,
                   "a number that does not read back");
    }
    if (lat_integer_read(text, size, &whole) && size > 0)
        fuzz_check(text[0] >= '0' && text[0] <= '9', "not a whole number");
    (void)lat_bytes_read(text, &whole);
    fuzz_begin(size, 1 << 16, 100);
    status = lat_range_read(&list, &count, text, 99, &error);
    fuzz_check(status == LAT_OK || status == LAT_USAGE ||
               status == LAT_OUT_OF_RANGE, "another status of a range");
    for (size_t i = 0; status == LAT_OK && i < count; i++)
        fuzz_check(list[i] <= 99 && (i == 0 || list[i - 1] < list[i]),
                   "a range that is not ascending");
    lat_free(list);
    status = lat_thetas_read(&thetas, text, &second);
    fuzz_check(status == LAT_OK || status == LAT_USAGE ||
               status == LAT_OUT_OF_RANGE, "another status of a threshold");
    for (size_t i = 0; status == LAT_OK && i < thetas.count; i++)
        fuzz_check(thetas.items[i].value >= 0 && thetas.items[i].value <= 1,
                   "a threshold outside 0..1");
    fuzz_end();
    free(text);
}
