/*
 * report_plain.c - the report for a terminal: 80 columns, bars of blocks,
 * every number beside its chance level.
 *
 *     3 - Higher layers turn to the task: shown here
 *         60.0% of the tuned model's concepts are polarised to one class ...
 *
 *     layer   base  tuned chance  tuned as bars
 *         0    0.0    0.0    0.0
 *         6    4.8   60.0    0.2  ########################
 *
 * Text of the study goes through rep_plain, which leaves no control
 * character or direction override for the terminal to obey.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

enum { PLAIN_BAR = 48, PLAIN_NAME = 36, PLAIN_LINE = 80 };

/* Returns how many characters it put. */
static size_t put_plain(lat_buffer *to, const char *text, size_t most)
{
    size_t shown = 0, size = strlen(text);
    for (size_t at = 0; at < size && shown < most; shown++) {
        uint32_t code = 0;
        size_t step = lat_utf8_decode(text + at, size - at, &code);
        bool good = step != 0 && code >= 0x20 &&
                    !(code >= 0x7F && code <= 0x9F) &&
                    !(code >= 0x200E && code <= 0x200F) &&
                    !(code >= 0x202A && code <= 0x202E) &&
                    !(code >= 0x2066 && code <= 0x2069);
        if (good)
            lat_buffer_add(to, text + at, step);
        else
            lat_buffer_char(to, '?');
        at += step == 0 ? 1 : step;
    }
    return shown;
}

void rep_plain(lat_buffer *to, const char *text)
{
    (void)put_plain(to, text, PLAIN_NAME);
}

void rep_plain_cell(lat_buffer *to, const char *text, size_t width)
{
    for (size_t at = put_plain(to, text, width); at < width; at++)
        lat_buffer_char(to, ' ');
}

void rep_to_ascii(lat_buffer *text)
{
    size_t size = 0;
    for (size_t at = 0; at < text->size;) {
        uint32_t code = 0;
        size_t step =
            lat_utf8_decode(text->data + at, text->size - at, &code);
        at += step == 0 ? 1 : step;
        text->data[size++] = step == 0        ? '?'
                             : code < 0x80    ? (char)code
                             : code == 0x2588 ? '#'
                             : code == 0xB7   ? '-'
                             : code == 0xA0   ? ' '
                                              : '?';
    }
    text->size = size;
}

/* ---- The page's cards -------------------------------------------------- */

typedef struct plain_wrap { /* words into lines */
    lat_buffer *to, word;
    size_t column;          /* characters in the line */
    bool inside;            /* a word stands in it */
} plain_wrap;

static size_t plain_width(const lat_buffer *word)
{
    size_t width = 0;
    for (size_t i = 0; i < word->size; i++)
        width += ((unsigned char)word->data[i] & 0xC0) != 0x80;
    return width;
}

static void wrap_word(plain_wrap *w)
{
    size_t width = plain_width(&w->word);
    if (width == 0)
        return;
    if (w->inside && w->column + 1 + width > PLAIN_LINE) {
        lat_buffer_text(w->to, "\n    ");
        w->column = 4;
    } else if (w->inside) {
        lat_buffer_char(w->to, ' ');
        w->column++;
    }
    lat_buffer_add(w->to, w->word.data, w->word.size);
    w->column += width;
    w->inside = true;
    lat_buffer_clear(&w->word);
}

static void wrap_line(plain_wrap *w, const char *start)
{
    wrap_word(w);
    lat_buffer_text(w->to, start);
    w->column = strlen(start) - 1;
    w->inside = false;
}

/* What a tag of a card means for the text; returns where it ends. */
static const char *plain_tag(plain_wrap *w, const char *at)
{
    if (strncmp(at, "<svg", 4) == 0) {
        const char *end = strstr(at, "</svg>");
        return end == NULL ? at + strlen(at) : end + 6;
    }
    if (strncmp(at, "<span class=\"verdict", 20) == 0)
        lat_buffer_char(w->to, ':');
    else if (strncmp(at, "<p", 2) == 0)
        wrap_line(w, "\n    ");
    else if (strncmp(at, "</li>", 5) == 0)
        wrap_line(w, "\n");
    const char *end = strchr(at, '>');
    return end == NULL ? at + strlen(at) : end + 1;
}

static const char *plain_reference(lat_buffer *to, const char *at)
{
    static const char *const from[] = {"&lt;", "&gt;", "&quot;", "&#39;",
                                       "&amp;"};
    for (size_t i = 0; i < 5; i++)
        if (strncmp(at, from[i], strlen(from[i])) == 0) {
            lat_buffer_char(to, "<>\"'&"[i]);
            return at + strlen(from[i]);
        }
    lat_buffer_char(to, '&');
    return at + 1;
}

/* The findings say the same here as in the page: they are its cards, without
 * markup and pictures. */
static void plain_findings(lat_buffer *to, const rep_study *s)
{
    lat_buffer page = {0};
    plain_wrap w = {.to = to};
    rep_write_findings(&page, s);
    lat_buffer_char(&page, '\0');
    to->failed = to->failed || page.failed;
    const char *at = page.failed ? NULL : strstr(page.data, "<li ");
    const char *end = at == NULL ? NULL : strstr(at, "</ul>");
    while (at != NULL && at < end) {
        if (*at == '<') {
            at = plain_tag(&w, at);
        } else if (*at == '&') {
            at = plain_reference(&w.word, at);
        } else if (*at == ' ' || *at == '\n') {
            wrap_word(&w);
            at++;
        } else {
            lat_buffer_char(&w.word, *at++);
        }
    }
    wrap_word(&w);
    to->failed = to->failed || w.word.failed;
    lat_buffer_free(&w.word);
    lat_buffer_free(&page);
}

/* ---- Tables ------------------------------------------------------------ */

static void plain_bar(lat_buffer *to, double value, double top)
{
    int size = isnan(value) ? 0 : (int)(PLAIN_BAR * value / top + 0.5);
    if (size > 0) {
        lat_buffer_text(to, "  ");
        for (int i = 0; i < size && i < PLAIN_BAR; i++)
            lat_buffer_text(to, "\xE2\x96\x88");
    }
    lat_buffer_char(to, '\n');
}

static void plain_number(lat_buffer *to, double value)
{
    if (isnan(value))
        lat_buffer_text(to, "    n/a");
    else
        lat_buffer_format(to, " %6.1f", value);
}

/* Three values for each layer; the bar shows the tuned one. */
typedef struct plain_row {
    double base, tuned, chance;
} plain_row;
typedef plain_row plain_of(const rep_study *study, size_t layer);

static void plain_table(lat_buffer *to, const rep_study *s,
                        const char *heading, plain_of *of)
{
    double top = 0.0;
    for (size_t i = 0; i < s->layer_count; i++) {
        plain_row row = of(s, i);
        top = row.tuned > top ? row.tuned : top;
        top = row.base > top ? row.base : top;
    }
    lat_buffer_format(to, "\n%s\nlayer   base  tuned chance  tuned as bars\n",
                      heading);
    for (size_t i = 0; i < s->layer_count; i++) {
        plain_row row = of(s, i);
        lat_buffer_format(to, "%5zu", s->layers[REP_TUNED][i].number);
        plain_number(to, row.base);
        plain_number(to, row.tuned);
        plain_number(to, row.chance);
        plain_bar(to, row.tuned, svg_ceiling(top));
    }
}

static plain_row overlap_row(const rep_study *s, size_t i)
{
    const rep_pair *pair = &s->pairs[i * s->layer_count + i];
    plain_row row = {pair->base_to_tuned.value, pair->tuned_to_base.value,
                     pair->tuned_to_base.chance};
    return row;
}

static plain_row polarity_row(const rep_study *s, size_t i)
{
    const rep_rate *tuned = &s->layers[REP_TUNED][i].polarised;
    plain_row row = {s->layers[REP_BASE][i].polarised.value, tuned->value,
                     tuned->chance};
    return row;
}

/* Mean over the families that rise above chance. */
static plain_row family_row(const rep_study *s, size_t i)
{
    plain_row row = {0.0, 0.0, 0.0};
    double n = 0.0;
    for (size_t f = 0; f < s->family_count; f++) {
        const rep_family *family = &s->families[f];
        if (!rep_family_speaks(s, family))
            continue;
        row.base += family->aligned[REP_BASE][i].value;
        row.tuned += family->aligned[REP_TUNED][i].value;
        row.chance += family->aligned[REP_TUNED][i].chance;
        n += 1.0;
    }
    row.base = n > 0.0 ? row.base / n : NAN;
    row.tuned = n > 0.0 ? row.tuned / n : NAN;
    row.chance = n > 0.0 ? row.chance / n : NAN;
    return row;
}

static void plain_fates(lat_buffer *to, const rep_study *s)
{
    lat_buffer_text(to, "\nFates of the tuned model's concepts\n"
                        "layer   kept  split merged    new\n");
    for (size_t i = 0; i < s->layer_count; i++) {
        const rep_layer *layer = &s->layers[REP_TUNED][i];
        size_t counts[LAT_FATE_NONE + 1] = {0};
        for (size_t c = 0; c < layer->concepts.count; c++)
            counts[layer->about[c].fate]++;
        lat_buffer_format(to, "%5zu %6zu %6zu %6zu %6zu\n", layer->number,
                          counts[LAT_FATE_KEPT], counts[LAT_FATE_SPLIT],
                          counts[LAT_FATE_MERGED], counts[LAT_FATE_GONE]);
    }
}

static void plain_flips(lat_buffer *to, const rep_study *s)
{
    double top = 1.0;
    for (size_t i = 0; i < s->flip_count; i++)
        if (100.0 * s->flips[i].rate.value > top)
            top = 100.0 * s->flips[i].rate.value;
    lat_buffer_text(to, "\nPredictions turned by one inserted word, percent "
                        "(95% interval)\n");
    for (size_t i = 0; i < s->flip_count; i++) {
        const rep_flip *flip = &s->flips[i];
        if (!rep_flip_counts(s, flip))
            continue;
        rep_plain_cell(to, flip->source, 10);
        rep_plain_cell(to, flip->insertion, 8);
        plain_number(to, 100.0 * flip->rate.value);
        if (isnan(flip->rate.low))
            lat_buffer_text(to, "               ");
        else
            lat_buffer_format(to, " (%4.1f to %4.1f)",
                              100.0 * flip->rate.low,
                              100.0 * flip->rate.high);
        lat_buffer_text(to, " to ");
        rep_plain(to, flip->target < 0 ? "any"
                                       : s->class_names[flip->target]);
        lat_buffer_char(to, '\n');
    }
}

void rep_plain_page(lat_buffer *to, const rep_study *s)
{
    rep_plain(to, s->base_name);
    lat_buffer_text(to, "\ntuned into ");
    rep_plain(to, s->tuned_name);
    lat_buffer_format(to, "\n%llu concepts in each of %zu layers, theta %s;"
                          "\n",
                      (unsigned long long)s->cut, s->layer_count,
                      s->theta_text);
    rep_count(to, s->kept_words);
    lat_buffer_text(to, " words of ");
    rep_plain(to, s->data_name);
    lat_buffer_text(to, "\n\n");
    plain_findings(to, s);
    if (s->has_pairs)
        plain_table(to, s, "Concepts aligned with one of the other model, "
                           "same layer, percent", overlap_row);
    plain_table(to, s, "Concepts that a label explains, percent, mean of "
                       "the families above chance", family_row);
    plain_table(to, s, "Concepts polarised to a class, percent",
                polarity_row);
    if (s->has_matches)
        plain_fates(to, s);
    if (s->flip_count != 0)
        plain_flips(to, s);
}
