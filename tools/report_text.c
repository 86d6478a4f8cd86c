/*
 * report_text.c - text of a study made safe for a page.
 *
 * One cleaning for all three places (element, attribute, JSON in a script):
 *
 *   control characters,     their names, "[U+001B]", "[U+202E]", so that
 *   direction overrides     they are seen and turn nothing around; few fonts
 *                           have the pictures of control characters
 *   noncharacters           U+FFFD (HTML may not hold them)
 *   malformed UTF-8         U+FFFD
 *   combining marks         three on a letter; more would be drawn over the
 *                           lines above
 *
 * and then the escapes of the place.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

/* Controls of C0 and C1, and what changes the direction of text. */
static bool is_named(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) ||
           (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x200E ||
           code == 0x200F || code == 0x061C;
}

static bool is_forbidden(uint32_t code)
{
    return (code >= 0xFDD0 && code <= 0xFDEF) || (code & 0xFFFE) == 0xFFFE;
}

/* Marks of the general blocks, which are for any letter. */
static bool is_mark(uint32_t code)
{
    return (code >= 0x0300 && code <= 0x036F) ||
           (code >= 0x1AB0 && code <= 0x1AFF) ||
           (code >= 0x1DC0 && code <= 0x1DFF) ||
           (code >= 0x20D0 && code <= 0x20FF) ||
           (code >= 0xFE20 && code <= 0xFE2F);
}

static uint32_t shown_code(uint32_t code)
{
    if (code == 0x2028 || code == 0x2029)
        return ' ';
    return is_forbidden(code) ? 0xFFFD : code;
}

static void put_code(lat_buffer *to, uint32_t code)
{
    char bytes[4];
    lat_buffer_add(to, bytes, lat_utf8_encode(code, bytes));
}

/* Escape of one of the few characters that need one, or NULL. */
typedef const char *escape_of(uint32_t code);

static const char *escape_html(uint32_t code)
{
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static const char *escape_json(uint32_t code)
{
    switch (code) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '<':
        return "\\u003c";
    case '>':
        return "\\u003e";
    case '&':
        return "\\u0026";
    default:
        return NULL;
    }
}

static void put_clean(lat_buffer *to, const char *text, size_t size,
                      size_t most, escape_of *escape)
{
    enum { MOST_MARKS = 3 };
    size_t shown = 0, marks = 0;
    for (size_t at = 0; at < size; shown++) {
        uint32_t code = 0;
        size_t step = lat_utf8_decode(text + at, size - at, &code);
        if (step == 0) {
            step = 1;
            code = 0xFFFD;
        }
        if (most != 0 && shown == most) {
            put_code(to, 0x2026);
            return;
        }
        at += step;
        marks = is_mark(code) ? marks + 1 : 0;
        if (marks > MOST_MARKS)
            continue;
        if (is_named(code)) {
            lat_buffer_format(to, "[U+%04X]", (unsigned)code);
            continue;
        }
        code = shown_code(code);
        const char *escaped = escape(code);
        if (escaped != NULL)
            lat_buffer_text(to, escaped);
        else
            put_code(to, code);
    }
}

void rep_html_bytes(lat_buffer *to, const char *text, size_t size,
                    size_t most)
{
    put_clean(to, text, size, most, escape_html);
}

void rep_html(lat_buffer *to, const char *text, size_t most)
{
    if (text != NULL)
        put_clean(to, text, strlen(text), most, escape_html);
}

void rep_json(lat_buffer *to, const char *text, size_t size, size_t most)
{
    lat_buffer_char(to, '"');
    put_clean(to, text, size, most, escape_json);
    lat_buffer_char(to, '"');
}

void rep_count(lat_buffer *to, uint64_t value)
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%llu",
                        (unsigned long long)value);
    for (int i = 0; i < size; i++) {
        if (i != 0 && (size - i) % 3 == 0)
            lat_buffer_char(to, ',');
        lat_buffer_char(to, digits[i]);
    }
}

void rep_percent(lat_buffer *to, double value, double scale)
{
    if (isnan(value))
        lat_buffer_text(to, "n/a");
    else
        lat_buffer_format(to, "%.1f%%", value * scale);
}

void rep_percent_interval(lat_buffer *to, const rep_rate *rate, double scale)
{
    rep_percent(to, rate->value, scale);
    if (!isnan(rate->low) && !isnan(rate->high))
        lat_buffer_format(to, " (95%% interval %.1f to %.1f)",
                          rate->low * scale, rate->high * scale);
}

void rep_class(lat_buffer *to, const rep_study *study, int32_t class_number)
{
    if (class_number < 0 || (size_t)class_number >= study->classes)
        lat_buffer_text(to, "all classes");
    else
        rep_html(to, study->class_names[class_number], 40);
}

void rep_chance(lat_buffer *to, const rep_rate *rate, double scale)
{
    if (isnan(rate->chance)) {
        lat_buffer_text(to, "chance level not in the study");
        return;
    }
    lat_buffer_format(to, "chance %.1f%%", rate->chance * scale);
    if (!isnan(rate->chance_low) && !isnan(rate->chance_high))
        lat_buffer_format(to, " (%.1f to %.1f)", rate->chance_low * scale,
                          rate->chance_high * scale);
}

void rep_word(lat_buffer *to, const lat_intern *words, uint32_t word)
{
    size_t size = 0;
    const char *text = lat_intern_text(words, word, &size);
    lat_buffer_text(to, "<bdi>");
    rep_html_bytes(to, text, size, REP_WORD_SHOWN);
    lat_buffer_text(to, "</bdi>");
}

const char *rep_side_name(int side)
{
    return side == REP_BASE ? "base" : "tuned";
}
