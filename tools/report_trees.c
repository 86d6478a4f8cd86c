/*
 * report_trees.c - the tree above the concepts of each layer, cut at K.
 *
 *      root                     leaves = concepts
 *        │         ┌───────────■ good great fine
 *        ├─────────┤
 *        │         └───────────□ the a an
 *        └─────────────────────□ , .
 *      height ...............0
 *
 * One path draws the whole tree and one path each class of leaves, so that
 * 26 trees of 600 leaves stay under a megabyte.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

enum { TREE_WIDE = 330, TREE_LEFT = 14, TREE_TOP = 34, TREE_TEXT = 290,
       TREE_NAMED = 300 /* leaves that have room for names */ };
#define TREE_FONT 10.5 /* .tiny of the style sheet */

typedef struct tree_frame {
    const rep_study *study;
    const rep_layer *layer;
    double step;      /* units between leaves */
    double low, high; /* heights at the leaves and at the root */
    double *x, *y;    /* 2K-1 nodes */
} tree_frame;

/* Square-root scale: linear in height, one or two last merges would leave
 * no room for all others. */
static double tree_x(const tree_frame *f, double height)
{
    double low = sqrt(f->low), span = sqrt(f->high) - low;
    double part = span > 0.0 ? (sqrt(height) - low) / span : 1.0;
    return TREE_LEFT + (1.0 - part) * TREE_WIDE;
}

static bool place_nodes(tree_frame *f)
{
    const rep_layer *layer = f->layer;
    size_t k = layer->concepts.count;
    f->x = lat_new_array(2 * k, sizeof *f->x);
    f->y = lat_new_array(2 * k, sizeof *f->y);
    if (f->x == NULL || f->y == NULL)
        return false;
    f->high = layer->top[k - 2].height;
    f->low = 0.94 * layer->top[0].height;
    for (size_t c = 0; c < k; c++) {
        f->x[c] = TREE_LEFT + TREE_WIDE;
        f->y[c] = TREE_TOP + f->step * ((double)layer->about[c].leaf + 0.5);
    }
    for (size_t i = 0; i + 1 < k; i++) {
        const lat_merge *row = &layer->top[i];
        f->x[k + i] = tree_x(f, row->height);
        f->y[k + i] = (f->y[row->left] + f->y[row->right]) / 2.0;
    }
    return true;
}

static void draw_tree(lat_buffer *to, const tree_frame *f)
{
    const rep_layer *layer = f->layer;
    size_t k = layer->concepts.count;
    lat_buffer_text(to, "<path class=\"tree\" d=\"");
    for (size_t i = 0; i + 1 < k; i++) {
        const lat_merge *row = &layer->top[i];
        lat_buffer_format(to, "M%.1f %.1fH%.1fV%.1fH%.1f", f->x[row->left],
                          f->y[row->left], f->x[k + i], f->y[row->right],
                          f->x[row->right]);
    }
    lat_buffer_text(to, "\"/>");
}

static void draw_leaves(lat_buffer *to, const tree_frame *f)
{
    static const char *const fills[] = {"f0", "f1", "f2", "f3",
                                        "f4", "f5", "fx"};
    const rep_layer *layer = f->layer;
    double inset = f->step > 6.0 ? 1.0 : 0.0;
    for (size_t kind = 0; kind <= 7; kind++) {
        bool open = false;
        for (size_t c = 0; c < layer->concepts.count; c++) {
            int32_t polar = layer->about[c].polarised;
            size_t own = polar < 0 ? 7 : polar < 6 ? (size_t)polar : 6;
            if (own != kind)
                continue;
            if (!open)
                lat_buffer_format(to, "<path class=\"%s\" d=\"",
                                  kind == 7 ? "fn" : fills[kind]);
            open = true;
            lat_buffer_format(to, "M%d %.1fh9v%.1fh-9z",
                              TREE_LEFT + TREE_WIDE + 1,
                              f->y[c] - f->step / 2.0 + inset,
                              f->step - 2.0 * inset);
        }
        if (open)
            lat_buffer_text(to, "\"/>");
    }
}

/* As many of a concept's words as there is room for, up to five. */
static void draw_words(lat_buffer *to, const lat_concepts *all, size_t c)
{
    rep_word_count *words = NULL;
    size_t n = rep_concept_words(&words, to, all, c);
    double room = TREE_TEXT - 45; /* beside mark and number */
    for (size_t w = 0; w < n && w < 5; w++) {
        size_t size = 0, before = to->size;
        const char *text = lat_intern_text(all->words, words[w].word, &size);
        lat_buffer_text(to, "\xC2\xA0 ");
        rep_html_bytes(to, text, size, 14);
        if (to->failed)
            break;
        room -= TREE_FONT *
                svg_text_width(to->data + before, to->size - before);
        if (room < 0) {
            to->size = before;
            lat_buffer_text(to, "\xC2\xA0\xE2\x80\xA6");
            break;
        }
    }
    lat_free(words);
}

static void draw_names(lat_buffer *to, const tree_frame *f)
{
    const lat_concepts *all = &f->layer->concepts;
    for (size_t c = 0; c < all->count; c++) {
        lat_buffer_format(to, "<text class=\"tiny\" x=\"%d\" y=\"%.1f\">"
                              "<tspan class=\"soft\">%llu</tspan>",
                          TREE_LEFT + TREE_WIDE + 15, f->y[c] + 3.6,
                          (unsigned long long)all->ids[c]);
        draw_words(to, all, c);
        lat_buffer_text(to, "</text>");
    }
}

static void draw_scale(lat_buffer *to, const tree_frame *f, double below)
{
    for (int i = 0; i <= 4; i++) {
        double root = sqrt(f->low) +
                      (sqrt(f->high) - sqrt(f->low)) * (double)i / 4.0;
        double height = root * root, x = tree_x(f, height);
        svg_line(to, "grid", x, TREE_TOP - 6, x, below);
        svg_text(to, "tick tiny", 'm', x, TREE_TOP - 10,
                 height < 999.5 ? "%.3g" : "%.0f", height);
    }
    svg_text(to, "soft tiny", 's', TREE_LEFT, 11,
             "merge height (square-root scale)");
}

static void write_tree(lat_buffer *to, const rep_study *s, int side,
                       size_t i)
{
    const rep_layer *layer = &s->layers[side][i];
    size_t k = layer->concepts.count;
    bool names = k <= TREE_NAMED;
    tree_frame f = {s, layer, names ? 13.0 : k <= 400 ? 4.0 : 3.0, 0, 0,
                    NULL, NULL};
    double height = TREE_TOP + f.step * (double)k + 8;
    double width = TREE_LEFT + TREE_WIDE + 14 + (names ? TREE_TEXT : 0);
    char key[40], title[120];
    (void)snprintf(key, sizeof key, "tree-%s-%zu", rep_side_name(side),
                   layer->number);
    (void)snprintf(title, sizeof title,
                   "Tree of the %s model's concepts at layer %zu, leaves "
                   "coloured by polarity", rep_side_name(side),
                   layer->number);
    if (!place_nodes(&f)) {
        to->failed = true;
        goto done;
    }
    lat_buffer_format(to, "<div class=\"scroll\" tabindex=\"0\" "
                          "role=\"group\" aria-label=\"Tree, %s layer "
                          "%zu\"><svg style=\"width:100%%;max-width:%.1frem;"
                          "min-width:%.0fpx\" class=\"dendrogram\" id=\"%s\" "
                          "data-side=\"%d\" data-layer=\"%zu\" "
                          "data-height=\"%.0f\" data-top=\"%d\" "
                          "data-step=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" "
                          "role=\"img\" aria-labelledby=\"t-%s\"><title "
                          "id=\"t-%s\">%s</title>",
                      rep_side_name(side), layer->number, width / 13.6,
                      0.9 * width, key,
                      side, i,
                      height, TREE_TOP, f.step, width, height, key, key,
                      title);
    draw_scale(to, &f, height - 6);
    draw_tree(to, &f);
    draw_leaves(to, &f);
    if (names)
        draw_names(to, &f);
    svg_end(to);
    lat_buffer_text(to, "</div>");
done:
    lat_free(f.x);
    lat_free(f.y);
}

static void write_one(lat_buffer *to, const rep_study *s, int side, size_t i,
                      bool open)
{
    const rep_layer *layer = &s->layers[side][i];
    if (layer->top == NULL)
        return;
    lat_buffer_format(to, "<details%s><summary>%s model, layer %zu: %zu "
                          "concepts, %zu polarised</summary>"
                          "<p class=\"only-js tools\"><label>Zoom <input "
                          "class=\"zoom\" type=\"range\" min=\"40\" "
                          "max=\"300\" value=\"100\" data-tree=\"tree-%s-"
                          "%zu\"></label> <span class=\"leaf\">Point at a "
                          "leaf to see its words; click to open "
                          "it.</span></p>\n",
                      open ? " open" : "",
                      side == REP_BASE ? "Base" : "Tuned", layer->number,
                      layer->concepts.count, layer->polarised_count,
                      rep_side_name(side), layer->number);
    write_tree(to, s, side, i);
    lat_buffer_text(to, "</details>\n");
}

void rep_write_trees(lat_buffer *to, const rep_study *s)
{
    bool any = false;
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < s->layer_count; i++)
            any = any || s->layers[side][i].top != NULL;
    rep_section(to, "trees", "Trees of concepts");
    if (!any) {
        if (strcmp(s->method, "ward") != 0)
            lat_buffer_format(to, "<p>The concepts were found by %s, which "
                                  "leaves no tree of the words.</p>"
                                  "</section>\n", rep_method(s));
        else
            lat_buffer_text(to, "<p>The study holds no trees that fit its "
                                "concepts.</p></section>\n");
        return;
    }
    lat_buffer_text(to, "<p>How Ward&#39;s criterion joins the concepts of a "
                        "layer further, from the cut (right) to the root "
                        "(left). The mark at each leaf has the colour of the "
                        "class it is polarised to, or none.</p>\n");
    rep_class_key(to, s);
    for (size_t i = s->layer_count; i-- > 0;)
        for (int side = REP_SIDES; side-- > 0;)
            write_one(to, s, side, i,
                      side == REP_TUNED && i + 1 == s->layer_count);
    lat_buffer_text(to, "</section>\n");
}
