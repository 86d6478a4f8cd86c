/*
 * report_heat.c - numbers on a grid: base against tuned over all layer pairs,
 * and concept sizes by layer.  Every cell shows its number; the shade only
 * repeats it.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

typedef struct heat_grid {
    const char *key, *title, *across, *down;
    size_t columns, rows;
    double top;      /* value of the darkest shade */
    double cell;     /* units of width */
    bool percent;    /* values are percentages */
} heat_grid;

enum { HEAT_LEFT = 44, HEAT_TOP = 8, HEAT_BELOW = 38, HEAT_HIGH = 25 };

static void heat_begin(lat_buffer *to, const heat_grid *g)
{
    double width = HEAT_LEFT + 6 + g->cell * (double)g->columns;
    double height = HEAT_TOP + HEAT_BELOW + HEAT_HIGH * (double)g->rows;
    svg_plot(to, width);
    svg_begin(to, g->key, width, height, g->title);
    svg_text(to, "soft", 'm', HEAT_LEFT + g->cell * (double)g->columns / 2,
             height - 4, "%s", g->across);
    lat_buffer_format(to, "<text class=\"soft mid\" transform=\"translate(11 "
                          "%.1f) rotate(-90)\">%s</text>",
                      HEAT_TOP + HEAT_HIGH * (double)g->rows / 2, g->down);
}

static void heat_end(lat_buffer *to)
{
    svg_end(to);
    lat_buffer_text(to, "</div>");
}

static void heat_across(lat_buffer *to, const heat_grid *g, size_t column,
                        const char *text)
{
    svg_text(to, "tick", 'm', HEAT_LEFT + g->cell * ((double)column + 0.5),
             HEAT_TOP + HEAT_HIGH * (double)g->rows + 15, "%s", text);
}

static void heat_down(lat_buffer *to, const heat_grid *g, size_t row,
                      const char *text)
{
    (void)g;
    svg_text(to, "tick", 'e', HEAT_LEFT - 6,
             HEAT_TOP + HEAT_HIGH * ((double)row + 0.5) + 4, "%s", text);
}

/* Eleven shades; the number's colour turns over between 6 and 7 in light,
 * between 5 and 6 in dark (the style sheet's t6). */
static void heat_cell(lat_buffer *to, const heat_grid *g, size_t column,
                      size_t row, double value)
{
    char style[16], text[32];
    double x = HEAT_LEFT + g->cell * (double)column;
    double y = HEAT_TOP + HEAT_HIGH * (double)row;
    if (isnan(value)) {
        svg_text(to, "soft", 'm', x + g->cell / 2, y + HEAT_HIGH / 2.0 + 4,
                 "\xE2\x80\x93");
        return;
    }
    double part = g->top > 0.0 ? value / g->top : 0.0;
    int shade = (int)(10.0 * (part < 0.0 ? 0.0 : part > 1.0 ? 1.0 : part) +
                      0.5);
    (void)snprintf(style, sizeof style, "h%d", shade);
    svg_rect(to, style, x + 0.75, y + 0.75, g->cell - 1.5, HEAT_HIGH - 1.5);
    lat_buffer_text(to, "</rect>");
    (void)snprintf(text, sizeof text,
                   g->percent && value < 9.95 && value > 0.0 ? "%.1f"
                                                             : "%.0f",
                   value);
    svg_text(to, shade < 6 ? "num lo" : shade == 6 ? "num x6" : "num hi",
             'm', x + g->cell / 2, y + HEAT_HIGH / 2.0 + 4, "%s", text);
}

/* ---- Base with tuned --------------------------------------------------- */

static const rep_rate *pair_rate(const rep_study *s, size_t base,
                                 size_t tuned, bool from_tuned)
{
    const rep_pair *pair = &s->pairs[base * s->layer_count + tuned];
    return from_tuned ? &pair->tuned_to_base : &pair->base_to_tuned;
}

/* Layer 0 below, as in a network drawn upwards. */
static void write_pairs(lat_buffer *to, const rep_study *s, bool from_tuned)
{
    char number[24];
    size_t n = s->layer_count;
    heat_grid g = {from_tuned ? "pairs-tuned" : "pairs-base",
                   from_tuned ? "Tuned concepts aligned with base concepts, "
                                "percent, by pair of layers"
                              : "Base concepts aligned with tuned concepts, "
                                "percent, by pair of layers",
                   "tuned layer", "base layer", n, n, 100.0,
                   n > 8 ? 24.0 : 39.0, true};
    rep_figure_begin(to, from_tuned
        ? "<b>Tuned concepts found in the base</b>, percent of the tuned "
          "layer&#39;s counted concepts"
        : "<b>Base concepts found in the tuned model</b>, percent of the "
          "base layer&#39;s counted concepts");
    heat_begin(to, &g);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(number, sizeof number, "%zu",
                       s->layers[REP_BASE][i].number);
        heat_across(to, &g, i, number);
        heat_down(to, &g, n - 1 - i, number);
        for (size_t j = 0; j < n; j++)
            heat_cell(to, &g, j, n - 1 - i,
                      pair_rate(s, i, j, from_tuned)->value);
    }
    heat_end(to);
    rep_data_begin(to, g.title,
                   "Base layer|Tuned layer|Aligned|95% interval|Chance");
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            lat_buffer_format(to, "<tr><td>%zu</td><td>%zu</td>",
                              s->layers[REP_BASE][i].number,
                              s->layers[REP_TUNED][j].number);
            rep_data_rate(to, pair_rate(s, i, j, from_tuned), 1);
            lat_buffer_text(to, "</tr>\n");
        }
    rep_data_end(to);
    rep_figure_end(to);
}

/* Highest mean and upper bound of chance over all pairs. */
static void write_pair_chance(lat_buffer *to, const rep_study *s)
{
    double mean = NAN, high = NAN;
    for (size_t i = 0; i < s->layer_count * s->layer_count; i++)
        for (int way = 0; way < 2; way++) {
            const rep_rate *rate = way ? &s->pairs[i].tuned_to_base
                                       : &s->pairs[i].base_to_tuned;
            if (!(rate->chance <= mean) && !isnan(rate->chance))
                mean = rate->chance;
            if (!(rate->chance_high <= high) && !isnan(rate->chance_high))
                high = rate->chance_high;
        }
    if (isnan(mean)) {
        lat_buffer_text(to, "<p>The study was made without permutations: no "
                            "chance level.</p>\n");
        return;
    }
    lat_buffer_format(to, "<p>Chance, from words renamed at random: at most "
                          "%.1f%% on average in any pair of layers", mean);
    if (!isnan(high))
        lat_buffer_format(to, ", upper end of its 95%% interval %.1f%%",
                          high);
    lat_buffer_text(to, ".</p>\n");
}

void rep_write_overlap(lat_buffer *to, const rep_study *s)
{
    rep_section(to, "overlap", "Base and tuned");
    if (!s->has_pairs) {
        lat_buffer_text(to, "<p>The study holds no base/tuned "
                            "alignment.</p></section>\n");
        return;
    }
    lat_buffer_format(to, "<p>A concept of one model is aligned with a "
                          "concept of the other when at least %s of its "
                          "distinct words are in it. High numbers on the "
                          "diagonal mean "
                          "that fine-tuning left the layer as it was.</p>\n",
                      s->theta_text);
    write_pair_chance(to, s);
    lat_buffer_text(to, "<div class=\"figs\">\n");
    write_pairs(to, s, true);
    write_pairs(to, s, false);
    lat_buffer_text(to, "</div>\n</section>\n");
}

/* ---- Sizes ------------------------------------------------------------- */

enum { SIZE_BINS = 10 };

/* Bins 1, 2-3, 4-7, ..., 512 and more. */
static size_t size_bin(size_t size)
{
    size_t bin = 0;
    while (size > 1 && bin + 1 < SIZE_BINS) {
        size /= 2;
        bin++;
    }
    return bin;
}

static void count_sizes(const rep_layer *layer, size_t bins[SIZE_BINS])
{
    memset(bins, 0, SIZE_BINS * sizeof *bins);
    for (size_t c = 0; c < layer->concepts.count; c++)
        bins[size_bin(layer->concepts.starts[c + 1] -
                      layer->concepts.starts[c])]++;
}

static void write_side_sizes(lat_buffer *to, const rep_study *s, int side)
{
    static const char *const names[SIZE_BINS] = {
        "1", "2", "4", "8", "16", "32", "64", "128", "256", "512"};
    char number[24];
    size_t n = s->layer_count, bins[SIZE_BINS], most = 1;
    for (size_t i = 0; i < n; i++) {
        count_sizes(&s->layers[side][i], bins);
        for (size_t b = 0; b < SIZE_BINS; b++)
            most = bins[b] > most ? bins[b] : most;
    }
    heat_grid g = {side == REP_BASE ? "sizes-base" : "sizes-tuned",
                   side == REP_BASE
                       ? "Base model: concepts by size and layer"
                       : "Tuned model: concepts by size and layer",
                   "occurrences in the concept, from", "layer", SIZE_BINS, n,
                   (double)most, 31.0, false};
    rep_figure_begin(to, side == REP_BASE
                             ? "<b>Base</b>, number of concepts"
                             : "<b>Tuned</b>, number of concepts");
    heat_begin(to, &g);
    for (size_t b = 0; b < SIZE_BINS; b++)
        heat_across(to, &g, b, names[b]);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(number, sizeof number, "%zu",
                       s->layers[side][i].number);
        heat_down(to, &g, n - 1 - i, number);
        count_sizes(&s->layers[side][i], bins);
        for (size_t b = 0; b < SIZE_BINS; b++)
            if (bins[b] != 0)
                heat_cell(to, &g, b, n - 1 - i, (double)bins[b]);
    }
    heat_end(to);
    rep_data_begin(to, g.title, "Layer|1|2-3|4-7|8-15|16-31|32-63|64-127|"
                                "128-255|256-511|512 and more");
    for (size_t i = 0; i < n; i++) {
        lat_buffer_format(to, "<tr><td>%zu</td>", s->layers[side][i].number);
        count_sizes(&s->layers[side][i], bins);
        for (size_t b = 0; b < SIZE_BINS; b++)
            lat_buffer_format(to, "<td class=\"n\">%zu</td>", bins[b]);
        lat_buffer_text(to, "</tr>\n");
    }
    rep_data_end(to);
    rep_figure_end(to);
}

void rep_write_sizes(lat_buffer *to, const rep_study *s)
{
    rep_section(to, "sizes", "Sizes of concepts");
    lat_buffer_text(to, "<p>How many occurrences the concepts hold: the cut "
                        "gives every layer the same number of concepts, not "
                        "the same sizes.</p>\n<div class=\"figs\">\n");
    write_side_sizes(to, s, REP_BASE);
    write_side_sizes(to, s, REP_TUNED);
    lat_buffer_text(to, "</div>\n</section>\n");
}
