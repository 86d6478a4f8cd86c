/*
 * theta.c - thresholds as the user wrote them.
 *
 * A share k/n is the double nearest to the fraction, and so is the parsed
 * text of a threshold: 9/10 and "0.90" are the same double, which a running
 * sum 0.5 + 8 * 0.05 is not.  Hence every threshold is parsed from its own
 * decimal text, once.
 */
#include "align_int.h"

#include <math.h>
#include <string.h>

static const char default_sweep[] =
    "0.50,0.55,0.60,0.65,0.70,0.75,0.80,0.85,0.90,0.95,1.00";

/* Kept as typed: "0.90" and "0.9" are the same number and different texts. */
static lat_status read_one(lat_theta *out, const char *text, size_t size,
                           lat_error *error)
{
    double value;

    if (size == 0 || size >= LAT_THETA_TEXT ||
        !lat_number_read(text, size, &value))
        return lat_error_set(error, LAT_USAGE,
                             "\"%.*s\" is no threshold, expected a number "
                             "from 0 to 1", (int)(size < 40 ? size : 40),
                             text);
    /* Written so that NaN is refused too. */
    if (!(value >= 0.0 && value <= 1.0))
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "threshold %.*s is outside 0 to 1", (int)size,
                             text);
    memcpy(out->text, text, size);
    out->text[size] = '\0';
    out->value = value;
    return LAT_OK;
}

lat_status lat_theta_read(lat_theta *out, const char *text, lat_error *error)
{
    return read_one(out, text, strlen(text), error);
}

lat_status lat_thetas_read(lat_thetas *out, const char *list,
                           lat_error *error)
{
    const char *at = list != NULL ? list : default_sweep;
    lat_status status;

    out->count = 0;
    for (;;) {
        size_t size = strcspn(at, ",");

        if (out->count == LAT_THETAS)
            return lat_error_set(error, LAT_USAGE,
                                 "more than %d thresholds", LAT_THETAS);
        status = read_one(&out->items[out->count], at, size, error);
        if (status != LAT_OK)
            return status;
        out->count++;
        if (at[size] == '\0')
            return LAT_OK;
        at += size + 1;
    }
}

const char *lat_unit_name(lat_unit unit)
{
    return unit == LAT_UNIT_TYPES ? "types" : "occurrences";
}

/* 100 k is exact below 2^46; one rounding, in the division. */
double lat_percent_int(size_t k, size_t n)
{
    return n == 0 ? (double)NAN : 100.0 * (double)k / (double)n;
}

double lat_share_int(uint64_t k, uint64_t n)
{
    return n == 0 ? (double)NAN : (double)k / (double)n;
}

/* Starts just below theta n, which may be off by a rounding, and asks the
 * comparison itself. */
uint64_t lat_needed_int(double theta, uint64_t n, bool strict)
{
    uint64_t k = (uint64_t)floor(theta * (double)n);

    k = k > 0 ? k - 1 : 0;
    while (strict ? (double)k / (double)n <= theta
                  : (double)k / (double)n < theta)
        k++;
    return k;
}
