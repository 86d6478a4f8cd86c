/*
 * report_curves.c - what changes from layer to layer: human-defined labels,
 * polarised concepts.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

/* ---- Human-defined labels ---------------------------------------------- */

typedef struct curve_rows { /* layer_count each */
    double *x, *base, *tuned, *chance, *low, *high;
    double *block;
} curve_rows;

static bool rows_make(curve_rows *out, size_t n)
{
    out->block = lat_new_array(6 * n, sizeof *out->block);
    if (out->block == NULL)
        return false;
    out->x = out->block;
    out->base = out->x + n;
    out->tuned = out->base + n;
    out->chance = out->tuned + n;
    out->low = out->chance + n;
    out->high = out->low + n;
    for (size_t i = 0; i < n; i++)
        out->x[i] = (double)i;
    return true;
}

static double rows_top(const curve_rows *r, size_t n)
{
    double top = 1.0;
    for (size_t i = n; i < 6 * n; i++)
        if (r->block[i] > top)
            top = r->block[i];
    return svg_ceiling(top);
}

static void family_rows(const rep_study *s, const rep_family *family,
                        curve_rows *r)
{
    for (size_t i = 0; i < s->layer_count; i++) {
        const rep_rate *tuned = &family->aligned[REP_TUNED][i];
        r->base[i] = family->aligned[REP_BASE][i].value;
        r->tuned[i] = tuned->value;
        r->chance[i] = tuned->chance;
        r->low[i] = tuned->chance_low;
        r->high[i] = tuned->chance_high;
    }
}

static void write_family(lat_buffer *to, const rep_study *s, size_t number,
                         curve_rows *r)
{
    const rep_family *family = &s->families[number];
    char key[32], title[200];
    size_t n = s->layer_count;
    (void)snprintf(key, sizeof key, "family-%zu", number);
    (void)snprintf(title, sizeof title,
                   "%.80s: percent of concepts that a label explains, by "
                   "layer", family->name);
    family_rows(s, family, r);
    svg_frame f = {40, 12, 220, 112, 0, (double)(n > 1 ? n - 1 : 1), 0,
                   rows_top(r, n)};
    lat_buffer_text(to, "<figure><figcaption><b><bdi>");
    rep_html(to, family->name, 60);
    lat_buffer_text(to, "</bdi></b></figcaption>\n");
    svg_plot(to, 270);
    svg_begin(to, key, 270, 160, title);
    svg_axis_y(to, &f, 4, "%");
    svg_axis_layers(to, &f, s, "layer");
    svg_band(to, "band", &f, r->x, r->low, r->high, n);
    svg_series(to, "chance", &f, r->x, r->chance, n, false);
    svg_series(to, "base", &f, r->x, r->base, n, true);
    svg_series(to, "tuned", &f, r->x, r->tuned, n, false);
    svg_end(to);
    lat_buffer_text(to, "</div></figure>\n");
}

static void write_family_table(lat_buffer *to, const rep_study *s)
{
    rep_data_begin(to, "Concepts explained by a label, and labels covered, "
                       "by family, rule, model and layer",
                   "Family|Rule|Model|Layer|Concepts explained|95% "
                   "interval|Chance|Labels covered|95% interval|Chance");
    for (size_t f = 0; f < s->family_count; f++)
        for (int side = 0; side < REP_SIDES; side++)
            for (size_t i = 0; i < s->layer_count; i++) {
                const rep_family *family = &s->families[f];
                lat_buffer_text(to, "<tr><td><bdi>");
                rep_html(to, family->name, 60);
                lat_buffer_text(to, "</bdi></td><td>");
                rep_html(to, family->rule, 20);
                lat_buffer_format(to, "</td><td>%s</td><td>%zu</td>",
                                  rep_side_name(side),
                                  s->layers[side][i].number);
                rep_data_rate(to, &family->aligned[side][i], 1);
                rep_data_rate(to, &family->covered[side][i], 1);
                lat_buffer_text(to, "</tr>\n");
            }
    rep_data_end(to);
}

bool rep_family_speaks(const rep_study *s, const rep_family *family)
{
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < s->layer_count; i++) {
            const rep_rate *rate = &family->aligned[side][i];
            double level = isnan(rate->chance_high) ? 0.0
                                                    : rate->chance_high;
            if (rate->value > level)
                return strcmp(family->rule, "type") != 0;
        }
    return false;
}

/* One line for the families whose picture would be a line at chance. */
static void write_silent(lat_buffer *to, const rep_study *s)
{
    bool any = false;
    for (size_t f = 0; f < s->family_count; f++) {
        const rep_family *family = &s->families[f];
        if (strcmp(family->rule, "type") == 0 || rep_family_speaks(s, family))
            continue;
        lat_buffer_text(to, any ? ", <bdi>"
                                : "<p>No more than chance in any layer of "
                                  "either model: <bdi>");
        rep_html(to, family->name, 60);
        lat_buffer_text(to, "</bdi>");
        any = true;
    }
    if (any)
        lat_buffer_text(to, ".</p>\n");
}

void rep_write_families(lat_buffer *to, const rep_study *s)
{
    curve_rows rows;
    rep_section(to, "families", "Human-defined labels");
    if (s->family_count == 0) {
        lat_buffer_text(to, "<p>The study holds no human-defined "
                            "labels.</p></section>\n");
        return;
    }
    lat_buffer_text(to, "<p>Percent of a layer&#39;s concepts that one label "
                        "of the family explains (more than ");
    rep_html(to, s->label_theta, 20);
    lat_buffer_text(to, " of the occurrences carry it). Each family has its "
                        "own scale.</p>\n<ul class=\"key\">"
                        "<li><i class=\"ln tuned\"></i>tuned</li>"
                        "<li><i class=\"ln da base\"></i>base</li>"
                        "<li><i class=\"ln do chance\"></i>chance with its "
                        "95% interval (tuned, labels shuffled)</li></ul>\n"
                        "<div class=\"figs small\">\n");
    if (!rows_make(&rows, s->layer_count)) {
        to->failed = true;
        return;
    }
    for (size_t f = 0; f < s->family_count; f++)
        if (rep_family_speaks(s, &s->families[f]))
            write_family(to, s, f, &rows);
    lat_buffer_text(to, "</div>\n");
    write_silent(to, s);
    write_family_table(to, s);
    lat_buffer_text(to, "</section>\n");
    lat_free(rows.block);
}

/* ---- Polarity ---------------------------------------------------------- */

static const char *class_style(char kind, size_t c)
{
    static const char *const fills[] = {"f0", "f1", "f2", "f3",
                                        "f4", "f5", "fx"};
    static const char *const keys[] = {"k0", "k1", "k2", "k3",
                                       "k4", "k5", "kx"};
    return (kind == 'f' ? fills : keys)[c < 6 ? c : 6];
}

static double polarity_top(const rep_study *s)
{
    double top = 1.0;
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < s->layer_count; i++) {
            const rep_rate *rate = &s->layers[side][i].polarised;
            top = rate->value > top ? rate->value : top;
            top = rate->chance_high > top ? rate->chance_high : top;
        }
    return svg_ceiling(top);
}

/* A bar for each layer, classes stacked; a whisker marks chance. */
static void write_stack(lat_buffer *to, const rep_study *s,
                        const svg_frame *f, int side, size_t i)
{
    const rep_layer *layer = &s->layers[side][i];
    double wide = f->width / (double)s->layer_count * 0.66, below = 0.0;
    double x = svg_x(f, (double)i) - wide / 2;
    for (size_t c = 0; c < s->classes; c++) {
        double value = layer->by_class[c].value;
        if (!(value > 0.0))
            continue;
        double y = svg_y(f, below + value);
        svg_rect(to, class_style('f', c), x, y, wide,
                 svg_y(f, below) - y);
        lat_buffer_text(to, "<title>");
        rep_class(to, s, (int32_t)c);
        lat_buffer_format(to, ", layer %zu: %.1f%%</title></rect>",
                          layer->number, value);
        below += value;
    }
    if (!isnan(layer->polarised.value))
        svg_text(to, "num tiny", 'm', x + wide / 2,
                 svg_y(f, layer->polarised.chance_high > below
                              ? layer->polarised.chance_high : below) - 4,
                 layer->polarised.value < 9.95 ? "%.1f" : "%.0f",
                 layer->polarised.value);
    if (!isnan(layer->polarised.chance_high)) {
        double high = svg_y(f, layer->polarised.chance_high);
        if (svg_y(f, 0.0) - high > 4.0) /* not over the axis */
            svg_line(to, "gap", x - 3, high, x + wide + 3, high);
        svg_line(to, "chance", x - 3, high, x + wide + 3, high);
    }
}

enum { POLAR_WIDE = 364 }; /* 0.9 of it, the least, fits 360 pixels */

static void write_side_polarity(lat_buffer *to, const rep_study *s, int side)
{
    size_t n = s->layer_count;
    double half = 0.5;
    svg_frame f = {42, 16, 314, 190, -half, (double)n - half, 0,
                   polarity_top(s)};
    rep_figure_begin(to, side == REP_BASE
                             ? "<b>Base</b>, percent of counted concepts"
                             : "<b>Tuned</b>, percent of counted concepts");
    svg_plot(to, POLAR_WIDE);
    svg_begin(to, side == REP_BASE ? "polar-base" : "polar-tuned", POLAR_WIDE,
              246,
              side == REP_BASE ? "Base model: polarised concepts by layer "
                                 "and class"
                               : "Tuned model: polarised concepts by layer "
                                 "and class");
    svg_axis_y(to, &f, 4, "%");
    svg_axis_layers(to, &f, s, "layer");
    for (size_t i = 0; i < n; i++)
        write_stack(to, s, &f, side, i);
    svg_end(to);
    lat_buffer_text(to, "</div>");
    rep_figure_end(to);
}

static void put_class_items(lat_buffer *to, const rep_study *s)
{
    lat_buffer_text(to, "<ul class=\"key\">");
    for (size_t c = 0; c < s->classes; c++) {
        lat_buffer_format(to, "<li><i class=\"%s\"></i><bdi>",
                          class_style('k', c));
        rep_class(to, s, (int32_t)c);
        lat_buffer_text(to, "</bdi></li>");
    }
}

void rep_class_key(lat_buffer *to, const rep_study *s)
{
    put_class_items(to, s);
    lat_buffer_text(to, "<li><i class=\"kn\"></i>not polarised</li></ul>\n");
}

static void write_class_key(lat_buffer *to, const rep_study *s)
{
    put_class_items(to, s);
    lat_buffer_text(to, "<li><i class=\"ln chance\"></i>upper end of chance, "
                        "classes shuffled (95%)</li></ul>\n");
}

static void write_polarity_table(lat_buffer *to, const rep_study *s)
{
    rep_data_begin(to, "Polarised concepts by model, layer and class",
                   "Model|Layer|Class|Percent of counted|95% interval|"
                   "Chance");
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < s->layer_count; i++)
            for (size_t c = 0; c <= s->classes; c++) {
                const rep_layer *layer = &s->layers[side][i];
                lat_buffer_format(to, "<tr><td>%s</td><td>%zu</td><td><bdi>",
                                  rep_side_name(side), layer->number);
                rep_class(to, s, c == s->classes ? -1 : (int32_t)c);
                lat_buffer_text(to, "</bdi></td>");
                rep_data_rate(to, c == s->classes ? &layer->polarised
                                                  : &layer->by_class[c], 1);
                lat_buffer_text(to, "</tr>\n");
            }
    rep_data_end(to);
}

void rep_write_polarity(lat_buffer *to, const rep_study *s)
{
    rep_section(to, "polarity", "Polarised concepts");
    if (s->classes == 0 || isnan(s->layers[REP_TUNED][0].polarised.value)) {
        lat_buffer_text(to, "<p>The study holds no classes of "
                            "sentences.</p></section>\n");
        return;
    }
    lat_buffer_format(to, "<p>Every word inherits the class of its sentence. "
                          "A concept is polarised when at least %s of its "
                          "occurrences come from sentences of one "
                          "class.</p>\n", s->theta_text);
    write_class_key(to, s);
    lat_buffer_text(to, "<div class=\"figs\">\n");
    write_side_polarity(to, s, REP_BASE);
    write_side_polarity(to, s, REP_TUNED);
    lat_buffer_text(to, "</div>\n");
    write_polarity_table(to, s);
    lat_buffer_text(to, "</section>\n");
}
