/*
 * report_findings.c - the four findings of the method, above the fold: one
 * sentence each with its number, the chance level, a small picture, and a
 * plain word on whether this study shows it.
 *
 * "Shown" is a rule, written in each card's function; nothing is judged by
 * eye.  The upper third of L layers are the last ceil(L/3) of them.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

enum { VERDICT_NO, VERDICT_YES, VERDICT_NONE, VERDICT_PARTLY };

static void card_begin(lat_buffer *to, const char *name, int verdict)
{
    static const char *const words[] = {"not shown here", "shown here",
                                        "not in this study",
                                        "partly shown here"};
    static const char *const styles[] = {" no", "", " none", " part"};
    lat_buffer_format(to, "<li class=\"card\"><h3><span>%s</span> "
                          "<span class=\"verdict%s\">%s</span></h3><div>",
                      name, styles[verdict], words[verdict]);
}

static void card_middle(lat_buffer *to)
{
    lat_buffer_text(to, "</div><div class=\"pic\">");
}

static void card_end(lat_buffer *to)
{
    lat_buffer_text(to, "</div></li>\n");
}

static void card_missing(lat_buffer *to, const char *name, const char *why)
{
    card_begin(to, name, VERDICT_NONE);
    lat_buffer_format(to, "<p>%s</p>", why);
    card_middle(to);
    card_end(to);
}

static void bold_percent(lat_buffer *to, double value, double scale)
{
    lat_buffer_text(to, "<b>");
    rep_percent(to, value, scale);
    lat_buffer_text(to, "</b>");
}

static size_t layer_at(const rep_study *s, size_t i)
{
    return s->layers[REP_TUNED][i].number;
}

/* First layer of the upper third. */
static size_t upper_from(const rep_study *s)
{
    return s->layer_count - (s->layer_count + 2) / 3;
}

/* Mean of y[from..to) without NaN. */
static double mean_of(const double *y, size_t from, size_t end)
{
    double sum = 0.0;
    size_t n = 0;
    for (size_t i = from; i < end; i++)
        if (!isnan(y[i])) {
            sum += y[i];
            n++;
        }
    return n == 0 ? NAN : sum / (double)n;
}

/* Kendall's tau-a of y against its place: 1 always rising, -1 always
 * falling.  Pairs with NaN are left out. */
static double trend(const double *y, size_t n)
{
    double score = 0.0, pairs = 0.0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            if (isnan(y[i]) || isnan(y[j]))
                continue;
            pairs += 1.0;
            score += (y[j] > y[i]) - (y[j] < y[i]);
        }
    return pairs == 0.0 ? 0.0 : score / pairs;
}

/* ---- Small pictures ---------------------------------------------------- */

typedef struct spark {
    const char *key, *title;
    const double *base, *tuned, *chance; /* percent by layer; may be NULL */
} spark;

static double top_of(const double *y, size_t n, double top)
{
    for (size_t i = 0; y != NULL && i < n; i++)
        if (y[i] > top)
            top = y[i];
    return top;
}

static void write_spark(lat_buffer *to, const rep_study *s, const spark *k)
{
    size_t n = s->layer_count;
    double top = svg_ceiling(
        top_of(k->chance, n, top_of(k->base, n, top_of(k->tuned, n, 1.0))));
    svg_frame f = {38, 10, 114, 62, 0, (double)(n > 1 ? n - 1 : 1), 0, top};
    double *x = lat_new_array(n, sizeof *x);
    if (x == NULL) {
        to->failed = true;
        return;
    }
    for (size_t i = 0; i < n; i++)
        x[i] = (double)i;
    svg_begin(to, k->key, 160, 96, k->title);
    svg_line(to, "grid", f.left, f.top, f.left + f.width, f.top);
    svg_line(to, "axis", f.left, f.top + f.height, f.left + f.width,
             f.top + f.height);
    svg_text(to, "tick", 'e', f.left - 5, f.top + 4, "%.0f%%", top);
    svg_text(to, "tick", 'e', f.left - 5, f.top + f.height + 4, "0");
    svg_text(to, "tick", 'm', f.left, 90, "%zu", layer_at(s, 0));
    svg_text(to, "tick", 'm', f.left + f.width, 90, "%zu",
             layer_at(s, n - 1));
    svg_text(to, "tick", 'm', f.left + f.width / 2, 90, "layer");
    if (k->chance != NULL)
        svg_series(to, "chance", &f, x, k->chance, n, false);
    if (k->base != NULL)
        svg_series(to, "base", &f, x, k->base, n, true);
    if (k->tuned != NULL)
        svg_series(to, "tuned", &f, x, k->tuned, n, false);
    svg_end(to);
    lat_free(x);
}

/* ---- 1: alignment falls with depth ------------------------------------- */

/* Shown: tau of the layers' alignment is below -0.5 and the last layer lies
 * below the first. */
static void write_first(lat_buffer *to, const rep_study *s, double *rows)
{
    const char *name = "1 \xC2\xB7 Lower layers keep generic concepts";
    size_t n = s->layer_count;
    double *y = rows, *chance = rows + n;
    if (!s->has_pairs) {
        card_missing(to, name, "The study holds no base/tuned alignment.");
        return;
    }
    for (size_t i = 0; i < n; i++) {
        y[i] = s->pairs[i * n + i].tuned_to_base.value;
        chance[i] = s->pairs[i * n + i].tuned_to_base.chance;
    }
    bool shown = trend(y, n) < -0.5 && y[n - 1] < y[0];
    card_begin(to, name, shown ? VERDICT_YES : VERDICT_NO);
    lat_buffer_text(to, "<p>");
    bold_percent(to, y[0], 1);
    lat_buffer_format(to, " of the tuned model&#39;s concepts are aligned "
                          "with a base concept at layer %zu, ",
                      layer_at(s, 0));
    bold_percent(to, y[n - 1], 1);
    lat_buffer_format(to, " at layer %zu.</p><p class=\"by\">Layer %zu: ",
                      layer_at(s, n - 1), layer_at(s, n - 1));
    rep_chance(to, &s->pairs[n * n - 1].tuned_to_base, 1);
    lat_buffer_format(to, ". Trend over layers (Kendall&#39;s tau) "
                          "%.2f.</p>", trend(y, n));
    card_middle(to);
    spark k = {"f1", "Tuned concepts aligned with base concepts, by layer",
               NULL, y, chance};
    write_spark(to, s, &k);
    card_end(to);
}

/* ---- 2: linguistic families -------------------------------------------- */

/* Mean over the families of the share of concepts aligned, by layer. */
static void family_means(const rep_study *s, int side, double *y,
                         double *chance)
{
    for (size_t i = 0; i < s->layer_count; i++) {
        double sum = 0.0, by_chance = 0.0, n = 0.0;
        for (size_t f = 0; f < s->family_count; f++) {
            const rep_rate *rate = &s->families[f].aligned[side][i];
            if (!rep_family_speaks(s, &s->families[f]) ||
                isnan(rate->value))
                continue;
            sum += rate->value;
            by_chance += rate->chance;
            n += 1.0;
        }
        y[i] = n == 0.0 ? NAN : sum / n;
        chance[i] = n == 0.0 ? NAN : by_chance / n;
    }
}

/* Families whose mean over the upper third is lower in the tuned model. */
static size_t families_lower(const rep_study *s, size_t *all)
{
    size_t lower = 0;
    *all = 0;
    for (size_t f = 0; f < s->family_count; f++) {
        double sums[REP_SIDES] = {0.0, 0.0};
        if (!rep_family_speaks(s, &s->families[f]))
            continue;
        for (int side = 0; side < REP_SIDES; side++)
            for (size_t i = upper_from(s); i < s->layer_count; i++)
                sums[side] += s->families[f].aligned[side][i].value;
        if (isnan(sums[REP_BASE]) || isnan(sums[REP_TUNED]))
            continue;
        (*all)++;
        lower += sums[REP_TUNED] < sums[REP_BASE];
    }
    return lower;
}

/* Families that never rise above chance have no say.  Shown: over the upper
 * third the tuned model's mean is below the base's, and more than half of
 * the families are lower. */
static void write_second(lat_buffer *to, const rep_study *s, double *rows)
{
    const char *name = "2 \xC2\xB7 Human-defined concepts fade above";
    size_t n = s->layer_count, from = upper_from(s), all = 0;
    double *base = rows, *tuned = rows + n, *chance = rows + 2 * n;
    family_means(s, REP_BASE, base, chance);
    family_means(s, REP_TUNED, tuned, chance);
    size_t lower = families_lower(s, &all);
    if (all == 0) {
        card_missing(to, name, "The study holds no human-defined labels "
                               "that rise above chance.");
        return;
    }
    double low = mean_of(tuned, from, n), high = mean_of(base, from, n);
    bool shown = low < high && 2 * lower > all;
    card_begin(to, name, shown ? VERDICT_YES : VERDICT_NO);
    if (from + 1 < n)
        lat_buffer_format(to, "<p>In layers %zu to %zu", layer_at(s, from),
                          layer_at(s, n - 1));
    else
        lat_buffer_format(to, "<p>In layer %zu", layer_at(s, n - 1));
    lat_buffer_text(to, " a label family explains ");
    bold_percent(to, low, 1);
    lat_buffer_text(to, " of the tuned model&#39;s concepts on average, and ");
    bold_percent(to, high, 1);
    lat_buffer_format(to, " of the base&#39;s.</p><p class=\"by\">Lower in "
                          "the tuned model: %zu of the %zu families that "
                          "rise above chance somewhere. Chance ",
                      lower, all);
    rep_percent(to, mean_of(chance, from, n), 1);
    lat_buffer_text(to, " (tuned, mean of the families).</p>");
    card_middle(to);
    spark k = {"f2", "Concepts explained by a label family, mean of the "
                     "families, base dashed, tuned solid, by layer",
               base, tuned, chance};
    write_spark(to, s, &k);
    card_end(to);
}

/* ---- 3: polarised concepts --------------------------------------------- */

/* Shown: at the tuned model's last layer the percentage is above the chance
 * interval, and the mean of the upper third is at least twice that of the
 * lower third. */
static void write_third(lat_buffer *to, const rep_study *s, double *rows)
{
    const char *name = "3 \xC2\xB7 Higher layers turn to the task";
    size_t n = s->layer_count, third = (n + 2) / 3;
    double *base = rows, *tuned = rows + n, *chance = rows + 2 * n;
    for (size_t i = 0; i < n; i++) {
        base[i] = s->layers[REP_BASE][i].polarised.value;
        tuned[i] = s->layers[REP_TUNED][i].polarised.value;
        chance[i] = s->layers[REP_TUNED][i].polarised.chance;
    }
    const rep_rate *last = &s->layers[REP_TUNED][n - 1].polarised;
    if (isnan(last->value)) {
        card_missing(to, name, "The study holds no classes of sentences.");
        return;
    }
    double ceiling = isnan(last->chance_high) ? 0.0 : last->chance_high;
    bool shown = last->value > ceiling &&
                 mean_of(tuned, upper_from(s), n) >=
                     2.0 * mean_of(tuned, 0, third);
    card_begin(to, name, shown ? VERDICT_YES : VERDICT_NO);
    lat_buffer_text(to, "<p>");
    bold_percent(to, last->value, 1);
    lat_buffer_format(to, " of the tuned model&#39;s concepts are polarised "
                          "to one class at layer %zu, ", layer_at(s, n - 1));
    bold_percent(to, tuned[0], 1);
    lat_buffer_format(to, " at layer %zu.</p><p class=\"by\">Layer %zu: ",
                      layer_at(s, 0), layer_at(s, n - 1));
    rep_chance(to, last, 1);
    lat_buffer_text(to, "; base model ");
    rep_percent(to, base[n - 1], 1);
    lat_buffer_text(to, ".</p>");
    card_middle(to);
    spark k = {"f3", "Concepts polarised to a class, base dashed, tuned "
                     "solid, by layer", base, tuned, chance};
    write_spark(to, s, &k);
    card_end(to);
}

/* ---- 4: triggers ------------------------------------------------------- */

static double source_mean(const rep_study *s, const char *source)
{
    double sum = 0.0, n = 0.0;
    for (size_t i = 0; i < s->flip_count; i++)
        if (strcmp(s->flips[i].source, source) == 0 &&
            rep_flip_counts(s, &s->flips[i]) &&
            !isnan(s->flips[i].rate.value)) {
            sum += s->flips[i].rate.value;
            n += 1.0;
        }
    return n == 0.0 ? NAN : sum / n;
}

static void write_bars(lat_buffer *to, const rep_study *s,
                       const char *const *sources, size_t count)
{
    double top = 0.0;
    for (size_t i = 0; i < count; i++) {
        double mean = source_mean(s, sources[i]);
        if (mean > top)
            top = mean;
    }
    svg_begin(to, "f4", 160, 96, "Mean flip rate by source of the words");
    for (size_t i = 0; i < count; i++) {
        double y = 3.0 + 18.5 * (double)i, mean = source_mean(s, sources[i]);
        if (isnan(mean))
            continue;
        svg_text(to, "tick", 'e', 52, y + 11, "%s", sources[i]);
        svg_rect(to, i == 0 ? "ttuned" : i == 4 ? "fn" : "tbase", 57, y,
                 top == 0.0 ? 0.0 : 60.0 * mean / top, 14);
        lat_buffer_text(to, "</rect>");
        svg_text(to, "num", 's',
                 61 + (top == 0.0 ? 0.0 : 60.0 * mean / top), y + 11,
                 "%.1f%%", 100.0 * mean);
    }
    svg_end(to);
}

typedef struct comparison {
    size_t all, ahead, behind; /* classes x insertions */
} comparison;

/* Concept words against one control, where their difference has an
 * interval. */
static comparison compare_with(const rep_study *s, const char *control)
{
    comparison c = {0, 0, 0};
    for (size_t i = 0; i < s->flip_count; i++) {
        const rep_flip *flip = &s->flips[i];
        if (strcmp(flip->source, control) != 0 ||
            !rep_flip_counts(s, flip) || isnan(flip->ahead.low))
            continue;
        c.all++;
        c.ahead += flip->ahead.low > 0.0;
        c.behind += flip->ahead.high < 0.0;
    }
    return c;
}

static bool beats(comparison c)
{
    return c.all != 0 && 2 * c.ahead > c.all && c.behind == 0;
}

/* Concept words beat a control when the interval of the difference lies
 * above 0 in more than half of the comparisons (class, insertion) and below
 * it in none.  Shown: they beat all three; partly: random words and words
 * of unpolarised concepts, but not the class's most typical words. */
static void write_fourth(lat_buffer *to, const rep_study *s)
{
    static const char *const sources[] = {"concept", "matched", "random",
                                          "log-odds", "greedy"};
    static const char *const titles[] = {
        "", "words of unpolarised concepts", "random words",
        "the class&#39;s most typical words"};
    const char *name = "4 \xC2\xB7 Polarised words flip predictions";
    double own = source_mean(s, sources[0]);
    size_t best = 1, won = 0;
    if (isnan(own)) {
        card_missing(to, name, "The study holds no triggers: it has no "
                               "evaluation sentences or no polarised "
                               "concept.");
        return;
    }
    for (size_t i = 1; i < 4; i++) {
        won |= beats(compare_with(s, sources[i])) ? (size_t)1 << i : 0;
        double mean = source_mean(s, sources[i]);
        if (!isnan(mean) && !(source_mean(s, sources[best]) >= mean))
            best = i;
    }
    card_begin(to, name, won == 14  ? VERDICT_YES
                         : won == 6 ? VERDICT_PARTLY : VERDICT_NO);
    lat_buffer_text(to, "<p>A word of a polarised concept turns ");
    bold_percent(to, own, 100);
    lat_buffer_text(to, " of held-out predictions on average; the strongest "
                        "control, ");
    lat_buffer_text(to, titles[best]);
    lat_buffer_text(to, ", ");
    bold_percent(to, source_mean(s, sources[best]), 100);
    lat_buffer_text(to, ".</p><p class=\"by\">Ahead with its 95% interval "
                        "of");
    for (size_t i = 1; i < 4; i++) {
        comparison c = compare_with(s, sources[i]);
        lat_buffer_format(to, "%s %s %zu of %zu", i == 1 ? "" : ",",
                          sources[i], c.ahead, c.all);
    }
    lat_buffer_text(to, " times (class and place). Chance (random words) ");
    rep_percent(to, source_mean(s, "random"), 100);
    lat_buffer_text(to, ".</p>");
    card_middle(to);
    write_bars(to, s, sources, 5);
    card_end(to);
}

void rep_write_findings(lat_buffer *to, const rep_study *s)
{
    double *rows = lat_new_array(3 * s->layer_count, sizeof *rows);
    if (rows == NULL) {
        to->failed = true;
        return;
    }
    lat_buffer_text(to, "<section id=\"findings\" "
                        "aria-labelledby=\"findings-h\">\n<h2 class=\"sr\" "
                        "id=\"findings-h\">Findings</h2>\n"
                        "<ul class=\"cards\">\n");
    write_first(to, s, rows);
    write_second(to, s, rows);
    write_third(to, s, rows);
    write_fourth(to, s);
    lat_buffer_text(to, "</ul>\n"
        "<ul class=\"key\"><li><i class=\"ln tuned\"></i>tuned</li>"
        "<li><i class=\"ln da base\"></i>base</li>"
        "<li><i class=\"ln do chance\"></i>chance</li></ul></section>\n");
    lat_free(rows);
}
