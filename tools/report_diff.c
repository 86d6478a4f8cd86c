/*
 * report_diff.c - two studies as one page: what was set otherwise, then each
 * measure layer by layer, A against B, and the concepts that changed.
 *
 * The page has no script; pictures, tables and cleaning of text are those of
 * the report of one study.
 */
#include "report_diff_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CHANGED_SHOWN = 40, CHANGED_WORDS = 6 };

static const char *const study_styles[REP_STUDIES] = {"s0", "s1"};
static const char *const study_names[REP_STUDIES] = {"A", "B"};

static bool differ(const lat_buffer values[REP_STUDIES])
{
    return values[0].size != values[1].size ||
           (values[0].size != 0 &&
            memcmp(values[0].data, values[1].data, values[0].size) != 0);
}

static void put_bdi(lat_buffer *to, const char *text, size_t most)
{
    lat_buffer_text(to, "<bdi>");
    rep_html(to, text, most);
    lat_buffer_text(to, "</bdi>");
}

/* ---- Pictures ---------------------------------------------------------- */

static void axis_layers(lat_buffer *to, const svg_frame *f,
                        const rep_both *both)
{
    size_t n = both->layer_count, every = 1;
    while ((double)(n / every) * 20.0 > f->width + 20.0)
        every++;
    for (size_t l = 0; l < n; l += every)
        svg_text(to, "tick", 'm', svg_x(f, (double)l),
                 f->top + f->height + 15, "%zu", both->numbers[l]);
    svg_text(to, "tick soft", 'm', f->left + f->width / 2,
             f->top + f->height + 30, "layer");
}

static double curve_top(const rep_both *both, const rep_measure *m)
{
    double top = 1.0;
    for (int s = 0; s < REP_STUDIES; s++)
        for (size_t l = 0; l < both->layer_count; l++) {
            rep_rate rate = rep_measured(both, m, s, l);
            top = rate.value > top ? rate.value : top;
            top = rate.chance > top ? rate.chance : top;
        }
    return svg_ceiling(top);
}

/* A line goes on over layers that only the other study has. */
static void draw_series(lat_buffer *to, const svg_frame *f,
                        const rep_both *both, const rep_measure *m, int which)
{
    size_t n = both->layer_count, found = 0;
    double *x = lat_new_array(3 * n, sizeof *x);
    if (x == NULL) {
        to->failed = true;
        return;
    }
    double *value = x + n, *chance = value + n;
    for (size_t l = 0; l < n; l++) {
        rep_rate rate = rep_measured(both, m, which, l);
        if (isnan(rate.value))
            continue;
        x[found] = (double)l;
        value[found] = rate.value;
        chance[found++] = rate.chance;
    }
    svg_series(to, "chance", f, x, chance, found, false);
    svg_series(to, study_styles[which], f, x, value, found, which == REP_B);
    lat_free(x);
}

/* `small`: as wide as the place for it in a card. */
static void draw_curve(lat_buffer *to, const rep_both *both,
                       const rep_measure *m, const char *key, bool small)
{
    char name[120], title[160];
    double last = both->layer_count > 1 ? (double)both->layer_count - 1 : 1;
    double top = curve_top(both, m);
    svg_frame f = {40, 12, small ? 120 : 220, small ? 70 : 112, 0, last,
                   0, top};
    rep_measure_title(name, m);
    (void)snprintf(title, sizeof title, "%s, %s model, by layer, A and B",
                   name, rep_side_name(m->side));
    svg_begin(to, key, f.width + 50, f.height + 48, title);
    svg_axis_y(to, &f, small ? 2 : 4, "%");
    axis_layers(to, &f, both);
    for (int s = 0; s < REP_STUDIES; s++)
        draw_series(to, &f, both, m, s);
    svg_end(to);
}

static void write_curve(lat_buffer *to, const rep_both *both,
                        const rep_measure *m, const char *key)
{
    char name[120];
    rep_measure_title(name, m);
    lat_buffer_text(to, "<figure><figcaption><b>");
    put_bdi(to, name, 80);
    lat_buffer_text(to, "</b></figcaption>\n");
    svg_plot(to, 270);
    draw_curve(to, both, m, key, false);
    lat_buffer_text(to, "</div></figure>\n");
}

/* ---- Tables behind them ------------------------------------------------ */

static void write_row(lat_buffer *to, const rep_both *both,
                      const rep_measure *m, size_t layer)
{
    char name[120];
    rep_rate rates[REP_STUDIES];
    for (int s = 0; s < REP_STUDIES; s++)
        rates[s] = rep_measured(both, m, s, layer);
    if (isnan(rates[REP_A].value) && isnan(rates[REP_B].value))
        return;
    rep_measure_title(name, m);
    lat_buffer_text(to, "<tr><td>");
    put_bdi(to, name, 80);
    lat_buffer_format(to, "</td><td>%s</td><td class=\"n\">%zu</td>",
                      rep_side_name(m->side), both->numbers[layer]);
    for (int s = 0; s < REP_STUDIES; s++)
        rep_data_rate(to, &rates[s], 1);
    double step = rates[REP_B].value - rates[REP_A].value;
    if (isnan(step))
        lat_buffer_text(to, "<td class=\"n\">n/a</td></tr>\n");
    else
        lat_buffer_format(to, "<td class=\"n\">%+.1f</td></tr>\n", step);
}

static void write_table(lat_buffer *to, const rep_both *both,
                        const char *caption, rep_quantity what)
{
    rep_measure list[REP_MEASURES];
    rep_data_begin(to, caption,
                   "Percent|Model|Layer|A|95% interval|Chance|B|95% "
                   "interval|Chance|B less A");
    for (int side = REP_SIDES; side-- > 0;) {
        if (side == REP_BASE && what != REP_FAMILY && what != REP_POLARISED)
            continue;
        size_t n = rep_measures(list, both, what, side);
        for (size_t i = 0; i < n; i++)
            for (size_t l = 0; l < both->layer_count; l++)
                write_row(to, both, &list[i], l);
    }
    rep_data_end(to);
}

typedef struct part {
    rep_quantity what;
    const char *id, *heading, *text, *none;
} part;

static void write_part(lat_buffer *to, const rep_both *both, const part *p)
{
    rep_measure list[REP_MEASURES];
    size_t n = rep_measures(list, both, p->what, REP_TUNED), drawn = 0;
    rep_section(to, p->id, p->heading);
    for (size_t i = 0; i < n; i++) {
        char key[48];
        if (!rep_measure_known(both, &list[i]))
            continue;
        if (drawn++ == 0)
            lat_buffer_format(to, "<p>%s</p>\n<div class=\"figs small\">\n",
                              p->text);
        (void)snprintf(key, sizeof key, "%s-%zu", p->id, i);
        write_curve(to, both, &list[i], key);
    }
    if (drawn == 0) {
        lat_buffer_format(to, "<p>%s</p></section>\n", p->none);
        return;
    }
    lat_buffer_text(to, "</div>\n");
    write_table(to, both, p->heading, p->what);
    lat_buffer_text(to, "</section>\n");
}

static void write_parts(lat_buffer *to, const rep_both *both)
{
    static const part parts[] = {
        {REP_TUNED_IN_BASE, "overlap", "Base and tuned model",
         "Percent of the tuned model&#39;s counted concepts that are found "
         "in the base model at the same layer.",
         "Neither study compares base and tuned model."},
        {REP_FAMILY, "families", "Human-defined labels",
         "Percent of the tuned model&#39;s concepts that one label of a "
         "family explains; families that say more than chance in A or B.",
         "No family of labels says more than chance in either study."},
        {REP_POLARISED, "polarity", "Polarised concepts",
         "Percent of the tuned model&#39;s counted concepts that are "
         "polarised; classes are matched by name.",
         "Neither study has classes."},
        {REP_FATE, "fates", "Fates",
         "What the tuned model&#39;s counted concepts became of the "
         "base&#39;s, in percent.",
         "Neither study has fates."}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        write_part(to, both, &parts[i]);
}

/* ---- Flip rates -------------------------------------------------------- */

static void put_flip(lat_buffer *to, const rep_flip *flip)
{
    lat_buffer_text(to, "<td class=\"n\">");
    if (flip == NULL)
        lat_buffer_text(to, "n/a");
    else
        rep_percent_interval(to, &flip->rate, 100);
    lat_buffer_text(to, "</td>");
}

static void write_flip_rows(lat_buffer *to, const rep_both *both)
{
    const rep_study *a = &both->studies[REP_A];
    for (size_t i = 0; i < a->flip_count; i++) {
        const rep_flip *x = &a->flips[i], *y = rep_same_flip(both, x);
        if (!rep_flip_counts(a, x))
            continue;
        lat_buffer_text(to, "<tr><td>");
        put_bdi(to, x->source, 40);
        lat_buffer_text(to, "</td><td><bdi>");
        rep_class(to, a, x->target);
        lat_buffer_text(to, "</bdi></td><td>");
        put_bdi(to, x->insertion, 40);
        lat_buffer_text(to, "</td>");
        put_flip(to, x);
        put_flip(to, y);
        if (y == NULL || isnan(y->rate.value - x->rate.value))
            lat_buffer_text(to, "<td class=\"n\">n/a</td></tr>\n");
        else
            lat_buffer_format(to, "<td class=\"n\">%+.1f</td></tr>\n",
                              100.0 * (y->rate.value - x->rate.value));
    }
}

static void write_flips(lat_buffer *to, const rep_both *both)
{
    rep_section(to, "flips", "Triggers and controls");
    if (both->studies[REP_A].flip_count == 0 ||
        both->studies[REP_B].flip_count == 0) {
        lat_buffer_text(to, "<p>At most one of the two studies has "
                            "triggers.</p></section>\n");
        return;
    }
    lat_buffer_text(to,
        "<p>Percent of predictions that one inserted word turns, mean of the "
        "kept words, with its 95% interval. Lines of A; B&#39;s is the one "
        "of the same source, class and insertion.</p>\n"
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
        "aria-label=\"Flip rates\"><table><thead><tr><th scope=\"col\">"
        "Source</th><th scope=\"col\">Turned to</th><th scope=\"col\">"
        "Inserted</th><th scope=\"col\">A</th><th scope=\"col\">B</th>"
        "<th scope=\"col\">B less A</th></tr></thead><tbody>\n");
    write_flip_rows(to, both);
    lat_buffer_text(to, "</tbody></table></div></section>\n");
}

/* ---- Concepts that changed --------------------------------------------- */

typedef struct changed {
    size_t own, other; /* concept indices; other REP_ABSENT: none */
    const lat_match *match;
    bool turned;       /* to another class, or to none */
    size_t size;
} changed;

static int by_change(const void *a, const void *b)
{
    const changed *x = a, *y = b;
    if (x->turned != y->turned)
        return x->turned ? -1 : 1;
    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return (x->own > y->own) - (x->own < y->own);
}

static const char *polar_name(const rep_study *s, const rep_concept *about)
{
    return about->polarised < 0 ? "none" : s->class_names[about->polarised];
}

/* Counted concepts of `which` below theta in the other study, or of another
 * class there. */
static size_t find_changed(changed *out, const rep_both *both, int which,
                           size_t l)
{
    const rep_study *s = &both->studies[which];
    const rep_study *t = &both->studies[1 - which];
    const rep_layer *own = &s->layers[REP_TUNED][both->places[which][l]];
    const rep_layer *other =
        &t->layers[REP_TUNED][both->places[1 - which][l]];
    const lat_overlap *overlap = &both->overlaps[l];
    const lat_theta *theta = &overlap->thetas.items[0];
    size_t n = 0;
    for (size_t c = 0; c < own->concepts.count; c++) {
        const lat_match *m = which == REP_A ? &overlap->base[c]
                                            : &overlap->tuned[c];
        bool none = m->best == LAT_NO_CONCEPT;
        const char *class_here = polar_name(s, &own->about[c]);
        bool turned = !none && strcmp(class_here, polar_name(
                          t, &other->about[m->best])) != 0;
        if (!m->counted || (!turned && m->share >= theta->value))
            continue;
        out[n++] = (changed){c, none ? REP_ABSENT : m->best, m, turned,
                             own->concepts.starts[c + 1] -
                                 own->concepts.starts[c]};
    }
    qsort(out, n, sizeof *out, by_change);
    return n;
}

static void put_concept(lat_buffer *to, const rep_study *s,
                        const rep_layer *layer, size_t c)
{
    rep_word_count *words = NULL;
    size_t n = rep_concept_words(&words, to, &layer->concepts, c);
    lat_buffer_format(to, "<td class=\"n\">%llu</td><td>",
                      (unsigned long long)layer->concepts.ids[c]);
    for (size_t w = 0; w < n && w < CHANGED_WORDS; w++) {
        lat_buffer_text(to, w == 0 ? "" : " ");
        rep_word(to, layer->concepts.words, words[w].word);
    }
    lat_buffer_text(to, "</td><td>");
    put_bdi(to, polar_name(s, &layer->about[c]), 40);
    lat_buffer_text(to, "</td>");
    lat_free(words);
}

static void write_changed_row(lat_buffer *to, const rep_both *both, int which,
                              size_t l, const changed *one)
{
    const rep_study *s = &both->studies[which];
    const rep_study *t = &both->studies[1 - which];
    lat_buffer_text(to, "<tr>");
    put_concept(to, s, &s->layers[REP_TUNED][both->places[which][l]],
                one->own);
    lat_buffer_text(to, "<td class=\"n\">");
    rep_percent(to, one->other == REP_ABSENT ? 0.0 : one->match->share, 100);
    lat_buffer_text(to, "</td>");
    if (one->other == REP_ABSENT)
        lat_buffer_text(to, "<td></td><td>no word in common</td><td></td>");
    else
        put_concept(to, t,
                    &t->layers[REP_TUNED][both->places[1 - which][l]],
                    one->other);
    lat_buffer_text(to, "</tr>\n");
}

static void write_changed_side(lat_buffer *to, const rep_both *both,
                               int which, size_t l)
{
    const rep_layer *own =
        &both->studies[which].layers[REP_TUNED][both->places[which][l]];
    changed *list = lat_new_array(own->concepts.count + 1, sizeof *list);
    if (list == NULL) {
        to->failed = true;
        return;
    }
    size_t n = find_changed(list, both, which, l);
    lat_buffer_format(to, "<h3>Concepts of %s</h3>\n<p>%zu of %zu counted "
                          "concepts changed%s.</p>\n",
                      study_names[which], n,
                      which == REP_A ? both->overlaps[l].base_counted
                                     : both->overlaps[l].tuned_counted,
                      n > CHANGED_SHOWN ? "; the largest are listed" : "");
    if (n != 0) {
        lat_buffer_format(to, "<div class=\"scroll\" tabindex=\"0\" "
                              "role=\"group\" aria-label=\"Concepts of %s\">"
                              "<table><thead><tr><th scope=\"col\">%s</th>"
                              "<th scope=\"col\">Words</th><th "
                              "scope=\"col\">Polarised to</th><th "
                              "scope=\"col\">Words found</th><th "
                              "scope=\"col\">%s</th><th scope=\"col\">Best "
                              "match</th><th scope=\"col\">Polarised to</th>"
                              "</tr></thead><tbody>\n",
                          study_names[which], study_names[which],
                          study_names[1 - which]);
        for (size_t i = 0; i < n && i < CHANGED_SHOWN; i++)
            write_changed_row(to, both, which, l, &list[i]);
        lat_buffer_text(to, "</tbody></table></div>\n");
    }
    lat_free(list);
}

static void write_concepts(lat_buffer *to, const rep_both *both)
{
    const rep_measure same = {REP_SAME, REP_TUNED, NULL, NULL,
                              LAT_FATE_NONE};
    size_t last = rep_both_last(both);
    rep_section(to, "concepts", "The concepts themselves");
    if (last == REP_ABSENT) {
        lat_buffer_text(to, "<p>The studies have no layer in "
                            "common.</p></section>\n");
        return;
    }
    lat_buffer_format(to, "<p>Percent of a study&#39;s counted concepts, "
                          "tuned model, of whose words at least %s are in "
                          "one concept of the other study at the same "
                          "layer.</p>\n<div class=\"figs small\">\n",
                      both->studies[REP_A].theta_text);
    write_curve(to, both, &same, "same");
    lat_buffer_text(to, "</div>\n");
    write_table(to, both, "Concepts found in the other study", REP_SAME);
    lat_buffer_format(to, "<p>Below: layer %zu. A concept changed when fewer "
                          "of its words are in its best match, or when the "
                          "match is polarised otherwise; those that turned "
                          "come first.</p>\n", both->numbers[last]);
    for (int s = 0; s < REP_STUDIES; s++)
        write_changed_side(to, both, s, last);
    lat_buffer_text(to, "</section>\n");
}

/* ---- Above the fold ---------------------------------------------------- */

static void write_card(lat_buffer *to, const rep_both *both,
                       const rep_measure *m, const char *heading,
                       const char *says, const char *key)
{
    size_t last = rep_both_last(both);
    if (last == REP_ABSENT || !rep_measure_known(both, m))
        return;
    rep_rate a = rep_measured(both, m, REP_A, last);
    rep_rate b = rep_measured(both, m, REP_B, last);
    lat_buffer_format(to, "<li class=\"card\"><h3>%s</h3><div><p>At layer "
                          "%zu, ", heading, both->numbers[last]);
    rep_percent(to, a.value, 1);
    lat_buffer_format(to, " of A&#39;s and ");
    rep_percent(to, b.value, 1);
    lat_buffer_format(to, " of B&#39;s %s.</p><p class=\"by\">A: ", says);
    rep_chance(to, &a, 1);
    lat_buffer_text(to, "; B: ");
    rep_chance(to, &b, 1);
    lat_buffer_text(to, "</p></div><div class=\"pic\">");
    draw_curve(to, both, m, key, true);
    lat_buffer_text(to, "</div></li>\n");
}

static void write_cards(lat_buffer *to, const rep_both *both)
{
    const rep_measure overlap = {REP_TUNED_IN_BASE, REP_TUNED, NULL, NULL,
                                 LAT_FATE_NONE};
    const rep_measure polar = {REP_POLARISED, REP_TUNED, NULL, NULL,
                               LAT_FATE_NONE};
    if (rep_both_last(both) == REP_ABSENT)
        return;
    lat_buffer_text(to, "<ul class=\"key\"><li><i class=\"ln a\"></i>A</li>"
                        "<li><i class=\"ln da b\"></i>B</li><li><i class=\""
                        "ln do chance\"></i>chance</li></ul>"
                        "<ul class=\"cards\">\n");
    write_card(to, both, &overlap, "Base and tuned model",
               "tuned concepts are found in the base", "card-overlap");
    write_card(to, both, &polar, "Polarised concepts",
               "tuned concepts are polarised", "card-polar");
    lat_buffer_text(to, "</ul>\n");
}

static void write_heads(lat_buffer *to, const rep_both *both)
{
    lat_buffer_text(to, "<div class=\"scroll\" tabindex=\"0\" "
                        "role=\"group\" aria-label=\"The two studies\">"
                        "<table class=\"heads\"><thead><tr><td></td><th "
                        "scope=\"col\">A</th><th scope=\"col\">B</th><th "
                        "scope=\"col\">Differs</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < REP_HEADS; i++) {
        lat_buffer name = {0}, values[REP_STUDIES] = {{0}, {0}};
        rep_both_head(&name, values, both, i);
        lat_buffer_text(to, "<tr><th scope=\"row\">");
        rep_html_bytes(to, name.data, name.size, 0);
        lat_buffer_text(to, "</th>");
        to->failed = to->failed || name.failed;
        for (int s = 0; s < REP_STUDIES; s++) {
            lat_buffer_text(to, "<td><bdi>");
            rep_html_bytes(to, values[s].data, values[s].size, 120);
            lat_buffer_text(to, "</bdi></td>");
            to->failed = to->failed || values[s].failed;
        }
        lat_buffer_text(to, differ(values) ? "<td><b>yes</b></td></tr>\n"
                                           : "<td>no</td></tr>\n");
        for (int s = 0; s < REP_STUDIES; s++)
            lat_buffer_free(&values[s]);
        lat_buffer_free(&name);
    }
    lat_buffer_text(to, "</tbody></table></div>\n");
}

static size_t write_facts_of(lat_buffer *to, const rep_both *both, int which)
{
    const rep_study *s = &both->studies[which];
    size_t equal = 0;
    for (size_t i = 0; i < s->fact_count; i++) {
        const char *other =
            rep_same_fact(s, i, &both->studies[1 - which]);
        bool same = other != NULL && strcmp(other, s->facts[i].value) == 0;
        equal += same;
        if (same || (which == REP_B && other != NULL))
            continue;
        lat_buffer_text(to, "<tr><th scope=\"row\">");
        put_bdi(to, s->facts[i].name, 200);
        lat_buffer_text(to, "</th><td>");
        put_bdi(to, which == REP_A ? s->facts[i].value : "", 400);
        lat_buffer_text(to, "</td><td>");
        put_bdi(to, which == REP_B ? s->facts[i].value
                                   : other == NULL ? "" : other, 400);
        lat_buffer_text(to, "</td></tr>\n");
    }
    return equal;
}

static void write_facts(lat_buffer *to, const rep_both *both)
{
    lat_buffer_text(to, "<details><summary>Every option, count and hash that "
                        "differs</summary><div class=\"scroll\" "
                        "tabindex=\"0\" role=\"group\" aria-label=\"Options "
                        "that differ\"><table class=\"facts\"><thead><tr>"
                        "<th scope=\"col\">Name</th><th scope=\"col\">A</th>"
                        "<th scope=\"col\">B</th></tr></thead><tbody>\n");
    size_t equal = write_facts_of(to, both, REP_A);
    (void)write_facts_of(to, both, REP_B);
    lat_buffer_format(to, "</tbody></table></div><p>%zu others are equal."
                          "</p></details>\n", equal);
}

static void write_top(lat_buffer *to, const rep_both *both)
{
    lat_buffer_text(to, "<header class=\"top\">\n<p class=\"kicker\">Latent "
                        "concept analysis, two studies</p>\n<h1>A <bdi>");
    rep_html(to, both->names[REP_A], 80);
    lat_buffer_text(to, "</bdi> <span class=\"into\">against</span> B <bdi>");
    rep_html(to, both->names[REP_B], 80);
    lat_buffer_text(to, "</bdi></h1>\n</header>\n<main>\n");
    rep_section(to, "findings", "What differs");
    write_heads(to, both);
    write_facts(to, both);
    lat_buffer_text(to, "<p>Layers are compared by number, classes and "
                        "families by name, concepts by their words. What one "
                        "study lacks is n/a; where the corpora differ, so do "
                        "the words that could be found.</p>\n");
    write_cards(to, both);
    lat_buffer_text(to, "</section>\n</main>\n<div class=\"wrap\">\n");
}

void rep_diff_page(lat_buffer *to, const rep_both *both)
{
    rep_head_begin(to, false);
    lat_buffer_text(to, "A ");
    rep_html(to, both->names[REP_A], 80);
    lat_buffer_text(to, " against B ");
    rep_html(to, both->names[REP_B], 80);
    rep_head_end(to, false);
    write_top(to, both);
    write_parts(to, both);
    write_flips(to, both);
    write_concepts(to, both);
    lat_buffer_text(to, "</div>\n</body>\n</html>\n");
}
