/*
 * report_fates.c - fates of concepts as a flow, a small picture for each
 * layer:
 *
 *      base           tuned
 *       ██▄▖          ▗▄██     lost ends, new begins
 *       ████▄▖    ▗▄▄█████
 *       ██████████████████     merged: many into few
 *       ███▀▀        ▀▀███
 *       ██████████████████     kept
 *
 * Heights are numbers of concepts, on one scale in all layers.
 */
#include "report_page_int.h"

#include <string.h>

enum { FATES = LAT_FATE_NONE };

static const char *const fate_names[REP_SIDES][FATES] = {
    {"kept", "split", "merged", "lost"}, {"kept", "split", "merged", "new"}};
static const char *const fate_styles[FATES] = {"kept", "split", "merged",
                                               "gone"};

const char *rep_fate_name(const rep_concept *concept_, int side)
{
    return concept_->fate < FATES ? fate_names[side][concept_->fate] : "";
}

/* Concepts of each fate in one layer of both models. */
typedef struct fate_counts {
    size_t of[REP_SIDES][FATES], all[REP_SIDES];
} fate_counts;

static fate_counts count_fates(const rep_study *s, size_t layer)
{
    fate_counts counts;
    memset(&counts, 0, sizeof counts);
    for (int side = 0; side < REP_SIDES; side++) {
        const rep_layer *one = &s->layers[side][layer];
        for (size_t c = 0; c < one->concepts.count; c++)
            if (one->about[c].fate < FATES) {
                counts.of[side][one->about[c].fate]++;
                counts.all[side]++;
            }
    }
    return counts;
}

/* ---- One layer ---------------------------------------------------------- */

enum {
    FLOW_WIDE = 168, FLOW_HIGH = 172,
    FLOW_TOP = 22, FLOW_FLOOR = 150, /* of the bars */
    FLOW_LEFT = 29, FLOW_BAR = 9,    /* first bar; the other one mirrors it */
    FLOW_STEPS = 16,                 /* points of a curve */
    FLOW_NAMED = 14, FLOW_LINE = 11  /* units that a name, a number needs */
};

typedef struct flow {
    const rep_study *study;
    size_t layer;
    fate_counts counts;
    double unit;                     /* height of one concept */
    double low[REP_SIDES][FATES + 1]; /* edges between fates, from below */
} flow;

/* From 0 to 1 with level ends: a band leaves and meets bars at right
 * angles. */
static double ease(double t)
{
    return t * t * (3.0 - 2.0 * t);
}

/* The line above fate number `edge` - 1, at t of the way to the right. */
static double flow_edge(const flow *f, size_t edge, double t)
{
    return f->low[REP_BASE][edge] +
           (f->low[REP_TUNED][edge] - f->low[REP_BASE][edge]) * ease(t);
}

static double flow_x(double t)
{
    double left = FLOW_LEFT + FLOW_BAR;
    return left + (FLOW_WIDE - 2 * left) * t;
}

static void put_point(lat_buffer *to, char step, double x, double y)
{
    lat_buffer_char(to, step);
    svg_number(to, x);
    lat_buffer_char(to, ' ');
    svg_number(to, y);
}

static void band_title(lat_buffer *to, const flow *f, size_t fate)
{
    lat_buffer_format(to, "<title>layer %zu: ",
                      f->study->layers[REP_BASE][f->layer].number);
    if (fate != LAT_FATE_GONE)
        lat_buffer_format(to, "%zu base and %zu tuned concepts %s",
                          f->counts.of[REP_BASE][fate],
                          f->counts.of[REP_TUNED][fate],
                          fate_styles[fate]);
    else
        lat_buffer_format(to, "%zu base concepts lost, %zu tuned ones new",
                          f->counts.of[REP_BASE][fate],
                          f->counts.of[REP_TUNED][fate]);
    lat_buffer_text(to, "</title></path>");
}

/* A band from one bar to the other. */
static void draw_band(lat_buffer *to, const flow *f, size_t fate)
{
    if (f->counts.of[REP_BASE][fate] + f->counts.of[REP_TUNED][fate] == 0)
        return;
    lat_buffer_format(to, "<path class=\"%s\" d=\"", fate_styles[fate]);
    for (size_t i = 0; i <= FLOW_STEPS; i++) {
        double t = (double)i / FLOW_STEPS;
        put_point(to, i == 0 ? 'M' : 'L', flow_x(t), flow_edge(f, fate, t));
    }
    for (size_t i = FLOW_STEPS + 1; i-- > 0;) {
        double t = (double)i / FLOW_STEPS;
        put_point(to, 'L', flow_x(t), flow_edge(f, fate + 1, t));
    }
    lat_buffer_text(to, "Z\">");
    band_title(to, f, fate);
}

/* What ends or begins: it lies on the topmost band and thins out to nothing
 * in the middle. */
static void draw_fin(lat_buffer *to, const flow *f, int side)
{
    size_t fate = LAT_FATE_GONE;
    double thick = f->unit * (double)f->counts.of[side][fate];
    if (f->counts.of[side][fate] == 0)
        return;
    lat_buffer_format(to, "<path class=\"%s\" d=\"", fate_styles[fate]);
    for (size_t i = 0; i <= FLOW_STEPS / 2; i++) {
        double t = (double)i / FLOW_STEPS, at = side == 0 ? t : 1.0 - t;
        put_point(to, i == 0 ? 'M' : 'L', flow_x(at), flow_edge(f, fate, at));
    }
    for (size_t i = FLOW_STEPS / 2; i-- > 0;) {
        double t = (double)i / FLOW_STEPS, at = side == 0 ? t : 1.0 - t;
        put_point(to, 'L', flow_x(at),
                  flow_edge(f, fate, at) - thick * (1.0 - 4.0 * t * t));
    }
    lat_buffer_text(to, "Z\">");
    band_title(to, f, fate);
}

static void draw_names(lat_buffer *to, const flow *f)
{
    for (size_t fate = 0; fate < LAT_FATE_GONE; fate++) {
        double low = flow_edge(f, fate, 0.5);
        double high = flow_edge(f, fate + 1, 0.5);
        if (low - high >= FLOW_NAMED)
            svg_text(to, fate == LAT_FATE_KEPT    ? "tiny kept"
                         : fate == LAT_FATE_SPLIT ? "tiny split"
                                                  : "tiny merged",
                     'm', FLOW_WIDE / 2.0, (low + high) / 2 + 3.6, "%s",
                     fate_styles[fate]);
    }
    for (int side = 0; side < REP_SIDES; side++) {
        double thick =
            f->low[side][FATES - 1] - f->low[side][FATES]; /* y goes down */
        if (thick >= FLOW_NAMED + 4)
            svg_text(to, "tiny gone", side == REP_BASE ? 's' : 'e',
                     flow_x(side == REP_BASE ? 0.03 : 0.97),
                     f->low[side][FATES - 1] - 0.4 * thick + 3.6, "%s",
                     fate_names[side][LAT_FATE_GONE]);
    }
}

/* A number for each part of a bar, beside it; where parts are thin the
 * numbers move apart and a line leads back. */
static void draw_numbers(lat_buffer *to, const flow *f, int side)
{
    double sign = side == REP_BASE ? -1.0 : 1.0;
    double edge = side == REP_BASE ? FLOW_LEFT : FLOW_WIDE - FLOW_LEFT;
    double y[FATES], floor = FLOW_FLOOR + 4.0, roof = FLOW_TOP;
    for (size_t fate = 0; fate < FATES; fate++) {
        y[fate] = (f->low[side][fate] + f->low[side][fate + 1]) / 2;
        if (f->counts.of[side][fate] == 0)
            continue;
        y[fate] = y[fate] < floor ? y[fate] : floor;
        floor = y[fate] - FLOW_LINE;
    }
    for (size_t fate = FATES; fate-- > 0;) {
        if (f->counts.of[side][fate] == 0)
            continue;
        y[fate] = y[fate] > roof ? y[fate] : roof;
        roof = y[fate] + FLOW_LINE;
        double at = (f->low[side][fate] + f->low[side][fate + 1]) / 2;
        if (y[fate] - at > 2.0 || at - y[fate] > 2.0)
            svg_line(to, "axis", edge + sign * 0.5, at, edge + sign * 4.0,
                     y[fate]);
        svg_text(to, "num tiny", side == REP_BASE ? 'e' : 's',
                 edge + sign * 4.5, y[fate] + 3.6, "%zu",
                 f->counts.of[side][fate]);
    }
}

static void draw_bar(lat_buffer *to, const flow *f, int side)
{
    double x = side == REP_BASE ? FLOW_LEFT
                                : FLOW_WIDE - FLOW_LEFT - FLOW_BAR + 1;
    for (size_t fate = 0; fate < FATES; fate++) {
        double high = f->low[side][fate] - f->low[side][fate + 1];
        if (f->counts.of[side][fate] == 0)
            continue;
        svg_rect(to, fate_styles[fate], x, f->low[side][fate + 1],
                 FLOW_BAR - 1, high > 1.2 ? high - 0.6 : high);
        lat_buffer_format(to, "<title>%zu %s</title></rect>",
                          f->counts.of[side][fate], fate_names[side][fate]);
    }
    svg_text(to, "num tick", side == REP_BASE ? 's' : 'e',
             side == REP_BASE ? 0 : FLOW_WIDE, FLOW_HIGH - 5, "%s %zu",
             rep_side_name(side), f->counts.all[side]);
}

static void list_fates(lat_buffer *to, const flow *f, int side)
{
    lat_buffer_format(to, "%zu %s concepts (", f->counts.all[side],
                      rep_side_name(side));
    for (size_t fate = 0; fate < FATES; fate++)
        lat_buffer_format(to, "%s%zu %s", fate == 0 ? "" : ", ",
                          f->counts.of[side][fate], fate_names[side][fate]);
    lat_buffer_char(to, ')');
}

static void write_flow(lat_buffer *to, const rep_study *s, size_t layer,
                       double unit)
{
    flow f = {.study = s, .layer = layer, .counts = count_fates(s, layer),
              .unit = unit};
    size_t number = s->layers[REP_BASE][layer].number;
    lat_buffer title = {0};
    char key[32];
    for (int side = 0; side < REP_SIDES; side++) {
        f.low[side][0] = FLOW_FLOOR;
        for (size_t fate = 0; fate < FATES; fate++)
            f.low[side][fate + 1] =
                f.low[side][fate] - unit * (double)f.counts.of[side][fate];
    }
    (void)snprintf(key, sizeof key, "fates-%zu", layer);
    lat_buffer_format(&title, "Layer %zu: ", number);
    list_fates(&title, &f, REP_BASE);
    lat_buffer_text(&title, " beside ");
    list_fates(&title, &f, REP_TUNED);
    lat_buffer_char(&title, '\0');
    to->failed = to->failed || title.failed;
    svg_plot(to, FLOW_WIDE);
    svg_begin(to, key, FLOW_WIDE, FLOW_HIGH,
              title.failed ? "" : (const char *)title.data);
    lat_buffer_free(&title);
    svg_text(to, "tick strong", 'm', FLOW_WIDE / 2.0, 11, "layer %zu",
             number);
    svg_line(to, "axis", FLOW_LEFT, FLOW_FLOOR + 0.5, FLOW_WIDE - FLOW_LEFT,
             FLOW_FLOOR + 0.5);
    for (size_t fate = 0; fate < LAT_FATE_GONE; fate++)
        draw_band(to, &f, fate);
    for (int side = 0; side < REP_SIDES; side++) {
        draw_fin(to, &f, side);
        draw_bar(to, &f, side);
        draw_numbers(to, &f, side);
    }
    draw_names(to, &f);
    svg_end(to);
    lat_buffer_text(to, "</div>");
}

/* ---- All layers --------------------------------------------------------- */

static void write_fate_table(lat_buffer *to, const rep_study *s)
{
    rep_data_begin(to, "Fates of concepts by layer",
                   "Model|Layer|Kept|Split|Merged|Lost or new");
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < s->layer_count; i++) {
            fate_counts counts = count_fates(s, i);
            lat_buffer_format(to, "<tr><td>%s</td><td>%zu</td>",
                              rep_side_name(side),
                              s->layers[side][i].number);
            for (size_t f = 0; f < FATES; f++)
                lat_buffer_format(to, "<td class=\"n\">%zu</td>",
                                  counts.of[side][f]);
            lat_buffer_text(to, "</tr>\n");
        }
    rep_data_end(to);
}

void rep_write_fates(lat_buffer *to, const rep_study *s)
{
    size_t most = 1;
    rep_section(to, "fates", "Fates of concepts");
    if (!s->has_matches) {
        lat_buffer_text(to, "<p>The study holds no matches of "
                            "concepts.</p></section>\n");
        return;
    }
    lat_buffer_text(to,
        "<p>What became of the base&#39;s concepts, and where the tuned "
        "model&#39;s come from, at the same layer. <b>Kept</b>: each lies in "
        "the other. <b>Split</b>: the tuned concept is a piece of a base "
        "one. <b>Merged</b>: the base concept went into a tuned one. "
        "<b>Lost</b> and <b>new</b>: neither. Concepts with too few words "
        "have no fate.</p>\n<ul class=\"key\"><li><i class=\"kept\"></i>kept"
        "</li><li><i class=\"split\"></i>split</li><li><i "
        "class=\"merged\"></i>merged</li><li><i class=\"gone\"></i>lost, "
        "new</li></ul>\n");
    for (size_t i = 0; i < s->layer_count; i++) {
        fate_counts counts = count_fates(s, i);
        for (int side = 0; side < REP_SIDES; side++)
            most = counts.all[side] > most ? counts.all[side] : most;
    }
    rep_figure_begin(to, "<b>From base to tuned, by layer</b>: heights and "
                         "numbers are concepts, on one scale. Each band "
                         "joins the concepts of one fate, base on the left, "
                         "tuned on the right");
    lat_buffer_text(to, "<div class=\"figs flows\">\n");
    for (size_t i = 0; i < s->layer_count; i++)
        write_flow(to, s, i, (FLOW_FLOOR - FLOW_TOP) / (double)most);
    lat_buffer_text(to, "</div>\n");
    write_fate_table(to, s);
    rep_figure_end(to);
    lat_buffer_text(to, "</section>\n");
}
