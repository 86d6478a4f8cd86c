/*
 * number.c - numbers to text and back, the same in every locale.
 *
 * Text out is what reads back as the same double: fifteen digits when they
 * are enough, else sixteen, else seventeen (which always are: Steele and
 * White 1990).  Integers below 1e15 carry no exponent.
 */
#include "base.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longest number text that is read; a double needs 17 digits and at most
 * 767 would ever be told apart. */
#define LONGEST 1023

/* printf and strtod use the locale's decimal point; it is at most a few
 * bytes.  Swaps `from` for `to` in place when it fits. */
static void swap_point(char *text, size_t room, const char *from,
                       const char *to)
{
    char *at = strstr(text, from);
    if (at == NULL || strcmp(from, to) == 0)
        return;
    size_t old = strlen(from), fresh = strlen(to), rest = strlen(at + old);
    if (strlen(text) - old + fresh >= room)
        return;
    memmove(at + fresh, at + old, rest + 1);
    memcpy(at, to, fresh);
}

static const char *locale_point(void)
{
    const char *point = localeconv()->decimal_point;
    return point == NULL || point[0] == '\0' ? "." : point;
}

size_t lat_number_text(double value, char out[LAT_NUMBER_TEXT])
{
    const char *odd = NULL;
    if (isnan(value))
        odd = "nan";
    else if (isinf(value))
        odd = value > 0 ? "inf" : "-inf";
    if (odd != NULL) {
        size_t size = strlen(odd);
        memcpy(out, odd, size + 1);
        return size;
    }
    if (fabs(value) < 1e15 && value == floor(value)) {
        snprintf(out, LAT_NUMBER_TEXT, "%.0f", value);
        return strlen(out);
    }
    /* Every text of up to 15 digits survives the way through a double, so
     * that %.15g finds any shorter one; subnormals hold fewer digits. */
    int first = fabs(value) < DBL_MIN ? 1 : 15;
    char text[64]; /* 24 bytes, more with a long decimal point */
    for (int digits = first; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    swap_point(text, sizeof text, locale_point(), ".");
    size_t size = strlen(text);
    if (size >= LAT_NUMBER_TEXT)
        size = LAT_NUMBER_TEXT - 1;
    memcpy(out, text, size);
    out[size] = '\0';
    return size;
}

static size_t skip_digits(const char *text, size_t size, size_t at)
{
    while (at < size && text[at] >= '0' && text[at] <= '9')
        at++;
    return at;
}

/* [+-] digits [. digits] [e [+-] digits], a digit before or after the
 * point.  strtod alone would take "0x1p3", "nan" and leading blanks. */
static bool is_decimal(const char *text, size_t size)
{
    size_t at = 0;
    if (at < size && (text[at] == '+' || text[at] == '-'))
        at++;
    size_t whole = skip_digits(text, size, at);
    size_t digits = whole - at;
    at = whole;
    if (at < size && text[at] == '.') {
        size_t end = skip_digits(text, size, at + 1);
        digits += end - at - 1;
        at = end;
    }
    if (digits == 0)
        return false;
    if (at < size && (text[at] == 'e' || text[at] == 'E')) {
        at++;
        if (at < size && (text[at] == '+' || text[at] == '-'))
            at++;
        size_t end = skip_digits(text, size, at);
        if (end == at)
            return false;
        at = end;
    }
    return at == size;
}

bool lat_number_read(const char *text, size_t size, double *out)
{
    char copy[LONGEST + 8];
    if (size == 0 || size > LONGEST || !is_decimal(text, size))
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    swap_point(copy, sizeof copy, ".", locale_point());
    double value = strtod(copy, NULL);
    if (!isfinite(value))
        return false;
    *out = value;
    return true;
}

bool lat_integer_read(const char *text, size_t size, uint64_t *out)
{
    uint64_t value = 0;
    if (size == 0)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9' ||
            !lat_u64_mul(value, 10, &value) ||
            !lat_u64_add(value, (uint64_t)(text[i] - '0'), &value))
            return false;
    }
    *out = value;
    return true;
}

bool lat_bytes_read(const char *text, uint64_t *out)
{
    static const char units[] = "KMGT";
    size_t size = strlen(text);
    uint64_t scale = 1, value = 0;
    if (size == 0)
        return false;
    char last = text[size - 1];
    if (last >= 'a' && last <= 'z')
        last = (char)(last - 'a' + 'A');
    const char *unit = strchr(units, last);
    if (unit != NULL) {
        scale <<= 10 * (unsigned)(unit - units + 1);
        size--;
    }
    return lat_integer_read(text, size, &value) &&
           lat_u64_mul(value, scale, out);
}

/* One "7" or "5-12" at text[0..size), marked in `chosen` (last + 1). */
static lat_status mark_part(unsigned char *chosen, const char *text,
                            size_t size, size_t last, lat_error *error)
{
    const char *dash = memchr(text, '-', size);
    size_t head = dash == NULL ? size : (size_t)(dash - text);
    uint64_t first = 0, end = 0;
    bool good = lat_integer_read(text, head, &first);
    end = first;
    if (good && dash != NULL)
        good = lat_integer_read(dash + 1, size - head - 1, &end);
    if (!good || end < first)
        return lat_error_set(error, LAT_USAGE,
                             "\"%.*s\" is no number or range such as 5-12",
                             size < 60 ? (int)size : 60, text);
    if (end > last)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "%llu is too high, expected 0 to %zu",
                             (unsigned long long)end, last);
    memset(chosen + first, 1, (size_t)(end - first) + 1);
    return LAT_OK;
}

lat_status lat_range_read(size_t **out, size_t *count, const char *text,
                          size_t last, lat_error *error)
{
    lat_status status = LAT_OK;
    unsigned char *chosen = NULL;
    size_t *list = NULL;
    size_t slots = 0, used = 0;
    *out = NULL;
    *count = 0;
    if (!lat_size_add(last, 1, &slots) ||
        (chosen = lat_new_array(slots, 1)) == NULL) {
        status = lat_error_memory(error, slots);
        goto done;
    }
    bool all = strcmp(text, "all") == 0;
    if (all)
        memset(chosen, 1, slots);
    for (const char *at = text; !all;) {
        size_t size = strcspn(at, ",");
        status = mark_part(chosen, at, size, last, error);
        if (status != LAT_OK)
            goto done;
        if (at[size] == '\0')
            break;
        at += size + 1;
    }
    for (size_t i = 0; i < slots; i++)
        used += chosen[i];
    list = lat_new_array(used, sizeof *list);
    if (list == NULL) {
        status = lat_error_memory(error, used);
        goto done;
    }
    for (size_t i = 0, at = 0; i < slots; i++)
        if (chosen[i] != 0)
            list[at++] = i;
    *out = list;
    *count = used;
done:
    lat_free(chosen);
    return status;
}
