/*
 * report_flips.c - triggers beside their controls: flip rates with intervals,
 * and the words that flip most.
 */
#include "report_page_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLIP_ROW = 20, FLIP_LEFT = 88, FLIP_WIDE = 222, FLIP_WORDS = 40 };

static const char *source_title(const char *source)
{
    if (strcmp(source, "concept") == 0)
        return "polarised";
    if (strcmp(source, "matched") == 0)
        return "unpolarised";
    if (strcmp(source, "greedy") == 0)
        return "all words";
    return source;
}

static double flip_top(const rep_study *s)
{
    double top = 0.01;
    for (size_t i = 0; i < s->flip_count; i++) {
        const rep_flip *flip = &s->flips[i];
        top = flip->rate.high > top ? flip->rate.high : top;
        top = flip->rate.value > top ? flip->rate.value : top;
        top = flip->best > top ? flip->best : top;
    }
    return svg_ceiling(100.0 * top) / 100.0;
}

static void draw_row(lat_buffer *to, const rep_flip *flip, double y,
                     double top)
{
    const char *own = strcmp(flip->source, "concept") == 0 ? "tuned"
                                                           : "base";
    double scale = FLIP_WIDE / top;
    svg_text(to, "tick", 'e', FLIP_LEFT - 8, y + 4, "%s",
             source_title(flip->source));
    if (isnan(flip->rate.value))
        return;
    double x = FLIP_LEFT + scale * flip->rate.value;
    if (!isnan(flip->rate.low) && !isnan(flip->rate.high)) {
        char style[24];
        (void)snprintf(style, sizeof style, "line %s", own);
        svg_line(to, style, FLIP_LEFT + scale * flip->rate.low, y,
                 FLIP_LEFT + scale * flip->rate.high, y);
    }
    lat_buffer_format(to, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" "
                          "r=\"4\"/>", own, x, y);
    if (!isnan(flip->best))
        lat_buffer_format(to, "<circle class=\"dot %s hollow\" cx=\"%.1f\" "
                              "cy=\"%.1f\" r=\"3\"/>", own,
                          FLIP_LEFT + scale * flip->best, y);
    svg_text(to, "num", 's', FLIP_LEFT + FLIP_WIDE + 8, y + 3.5,
             "%.1f%%", 100.0 * flip->rate.value);
}

static bool same_group(const rep_flip *a, const rep_flip *b)
{
    return a->target == b->target && a->layer == b->layer &&
           a->length == b->length &&
           strcmp(a->insertion, b->insertion) == 0;
}

/* Rows of the class and insertion of row `first`; 0 when an earlier row has
 * them already. */
static size_t group_size(const rep_study *s, size_t first)
{
    size_t n = 0;
    for (size_t i = 0; i < s->flip_count; i++) {
        if (!same_group(&s->flips[i], &s->flips[first]))
            continue;
        if (i < first)
            return 0;
        n++;
    }
    return n;
}

static void draw_group(lat_buffer *to, const rep_study *s, size_t first,
                       size_t n, double top)
{
    char key[32], title[120];
    double height = 12.0 + FLIP_ROW * (double)n + 24.0;
    svg_frame f = {FLIP_LEFT, 6, FLIP_WIDE, FLIP_ROW * (double)n + 4, 0, top,
                   0, 1};
    (void)snprintf(key, sizeof key, "flips-%zu", first);
    (void)snprintf(title, sizeof title,
                   "Flip rates by source of the words, %.40s",
                   s->flips[first].insertion);
    lat_buffer_text(to, "<figure><figcaption>Turned to <b><bdi>");
    rep_class(to, s, s->flips[first].target);
    lat_buffer_text(to, "</bdi></b> by <b>");
    rep_html(to, s->flips[first].insertion, 40);
    lat_buffer_format(to, "</b>: layer %zu, %llu %s</figcaption>",
                      s->flips[first].layer,
                      (unsigned long long)s->flips[first].length,
                      s->flips[first].length == 1 ? "word" : "words");
    svg_plot(to, 360);
    svg_begin(to, key, 360, height, title);
    for (int i = 0; i <= 4; i++) {
        double x = svg_x(&f, top * (double)i / 4.0);
        svg_line(to, i == 0 ? "axis" : "grid", x, f.top, x,
                 f.top + f.height);
        svg_text(to, "tick", 'm', x, f.top + f.height + 15, "%.0f%s",
                 25.0 * top * (double)i, i == 4 ? "%" : "");
    }
    double y = f.top + 2 + FLIP_ROW / 2.0;
    for (size_t i = first; i < s->flip_count; i++)
        if (same_group(&s->flips[i], &s->flips[first])) {
            draw_row(to, &s->flips[i], y, top);
            y += FLIP_ROW;
        }
    svg_end(to);
    lat_buffer_text(to, "</div></figure>\n");
}

static void write_flip_table(lat_buffer *to, const rep_study *s)
{
    rep_data_begin(to, "Flip rates by class, insertion and source",
                   "Layer|Words|Class|Insertion|Source|Tried|Scored|Mean "
                   "rate|95% interval|Best|Concept words ahead by|95% "
                   "interval");
    for (size_t i = 0; i < s->flip_count; i++) {
        const rep_flip *flip = &s->flips[i];
        lat_buffer_format(to, "<tr><td>%zu</td><td>%llu</td><td><bdi>",
                          flip->layer, (unsigned long long)flip->length);
        rep_class(to, s, flip->target);
        lat_buffer_text(to, "</bdi></td><td>");
        rep_html(to, flip->insertion, 40);
        lat_buffer_text(to, "</td><td>");
        rep_html(to, flip->source, 40);
        lat_buffer_format(to, "</td><td class=\"n\">%llu</td><td "
                              "class=\"n\">%llu</td><td class=\"n\">",
                          (unsigned long long)flip->tried,
                          (unsigned long long)flip->kept);
        rep_percent(to, flip->rate.value, 100);
        lat_buffer_text(to, "</td><td class=\"n\">");
        if (!isnan(flip->rate.low))
            lat_buffer_format(to, "%.1f to %.1f", 100 * flip->rate.low,
                              100 * flip->rate.high);
        lat_buffer_text(to, "</td><td class=\"n\">");
        rep_percent(to, flip->best, 100);
        lat_buffer_text(to, "</td><td class=\"n\">");
        if (!isnan(flip->ahead.value))
            lat_buffer_format(to, "%+.1f points", 100 * flip->ahead.value);
        lat_buffer_text(to, "</td><td class=\"n\">");
        if (!isnan(flip->ahead.low))
            lat_buffer_format(to, "%+.1f to %+.1f", 100 * flip->ahead.low,
                              100 * flip->ahead.high);
        lat_buffer_text(to, "</td></tr>\n");
    }
    rep_data_end(to);
}

/* ---- Words ------------------------------------------------------------- */

/* Highest rate first, then the order of the table. */
static int compare_triggers(const void *a, const void *b)
{
    const rep_trigger *x = *(const rep_trigger *const *)a;
    const rep_trigger *y = *(const rep_trigger *const *)b;
    if (x->rate.value != y->rate.value)
        return x->rate.value > y->rate.value ? -1 : 1;
    return (x > y) - (x < y);
}

static void write_trigger(lat_buffer *to, const rep_study *s,
                          const rep_trigger *one)
{
    lat_buffer_text(to, "<tr><td><bdi>");
    rep_html(to, one->word, REP_WORD_SHOWN);
    lat_buffer_text(to, "</bdi></td><td>");
    rep_html(to, one->insertion, 40);
    lat_buffer_text(to, "</td><td><bdi>");
    rep_class(to, s, one->target);
    lat_buffer_text(to, "</bdi></td><td class=\"n\">");
    rep_percent(to, one->rate.value, 100);
    lat_buffer_text(to, "</td><td class=\"n\">");
    if (!isnan(one->rate.low))
        lat_buffer_format(to, "%.1f to %.1f", 100 * one->rate.low,
                          100 * one->rate.high);
    lat_buffer_format(to, "</td><td class=\"n\">%llu of %llu</td><td>",
                      (unsigned long long)one->flipped,
                      (unsigned long long)one->eligible);
    if (one->has_concept)
        lat_buffer_format(to, "<a href=\"#tuned/%zu/%llu\">%zu \xC2\xB7 "
                              "%llu</a>", one->layer,
                          (unsigned long long)one->concept, one->layer,
                          (unsigned long long)one->concept);
    lat_buffer_text(to, "</td></tr>\n");
}

static void write_words(lat_buffer *to, const rep_study *s)
{
    const rep_trigger **list =
        lat_new_array(s->trigger_count, sizeof *list);
    size_t n = 0;
    if (list == NULL) {
        to->failed = true;
        return;
    }
    for (size_t i = 0; i < s->trigger_count; i++)
        if (s->triggers[i].has_concept &&
            !isnan(s->triggers[i].rate.value))
            list[n++] = &s->triggers[i];
    if (n > 0)
        qsort((void *)list, n, sizeof *list, compare_triggers);
    if (n > 0) {
        lat_buffer_text(to, "<h3>Words of polarised concepts that flip most"
                            "</h3>\n<div class=\"scroll\" tabindex=\"0\" "
                            "role=\"group\" aria-label=\"Words that flip "
                            "most\"><table><thead><tr><th scope=\"col\">Word"
                            "</th><th scope=\"col\">Inserted</th><th "
                            "scope=\"col\">Turns to</th><th scope=\"col\" "
                            "class=\"n\">Flip rate</th><th scope=\"col\" "
                            "class=\"n\">95% interval</th><th scope=\"col\" "
                            "class=\"n\">Sentences</th><th scope=\"col\">"
                            "Concept</th></tr></thead><tbody>\n");
        for (size_t i = 0; i < n && i < FLIP_WORDS; i++)
            write_trigger(to, s, list[i]);
        lat_buffer_text(to, "</tbody></table></div>\n");
    }
    lat_free((void *)list);
}

void rep_write_flips(lat_buffer *to, const rep_study *s)
{
    rep_section(to, "flips", "Triggers and controls");
    if (s->flip_count == 0) {
        lat_buffer_text(to, "<p>The study holds no triggers: it had no "
                            "evaluation sentences, no classification head, "
                            "or no polarised concept.</p></section>\n");
        return;
    }
    double top = flip_top(s);
    lat_buffer_text(to, "<p>One word is inserted into held-out sentences "
                        "that the model predicts right and that are not of "
                        "the class; the flip rate is the share that turns "
                        "to the class. Words were chosen on other sentences, "
                        "the same number from every source; greedy search "
                        "over all words is the upper bound. Pictures: the "
                        "last layer, one word; the table has all.</p>\n"
                        "<ul class=\"key\"><li>filled: mean with 95% "
                        "interval</li><li>hollow: best single word</li>"
                        "</ul>\n<div class=\"figs\">\n");
    for (size_t i = 0; i < s->flip_count; i++) {
        size_t n = group_size(s, i);
        if (n != 0 && rep_flip_counts(s, &s->flips[i]))
            draw_group(to, s, i, n, top);
    }
    lat_buffer_text(to, "</div>\n");
    write_flip_table(to, s);
    write_words(to, s);
    lat_buffer_text(to, "</section>\n");
}
