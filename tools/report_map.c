/*
 * report_map.c - concepts as circles on the plane of their centroids' first
 * two principal components, base and tuned side by side.
 *
 * Each picture has its own axes: the planes of two models are not the same
 * plane, so what can be compared is how classes lie, not where.
 */
#include "report_page_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAP_FONT 10.5 /* `tiny` of the style sheet */

enum {
    MAP_SIDE = 364, MAP_EDGE = 14, MAP_LEAST = 120, MAP_NAMES = 26,
    MAP_TITLE_WORDS = 4
};

typedef struct map_point {
    uint32_t concept_index, size;
    double x, y, radius;
} map_point;

typedef struct map_box {
    double left, top, right, bottom;
} map_box;

/* Large circles first, so that small ones are drawn over them. */
static int by_size(const void *a, const void *b)
{
    const map_point *p = a, *q = b;
    if (p->size != q->size)
        return p->size > q->size ? -1 : 1;
    return (p->concept_index > q->concept_index) -
           (p->concept_index < q->concept_index);
}

/* Both axes have one scale: distances on a map mean something.  The picture
 * is as high as the points ask for. */
static size_t place_points(map_point *points, const rep_layer *layer,
                           double *height)
{
    size_t n = 0, most = 1;
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (size_t c = 0; c < layer->concepts.count; c++) {
        const rep_concept *about = &layer->about[c];
        size_t size =
            layer->concepts.starts[c + 1] - layer->concepts.starts[c];
        if (!isfinite(about->x) || !isfinite(about->y))
            continue;
        points[n++] = (map_point){(uint32_t)c, (uint32_t)size, about->x,
                                  about->y, 0};
        most = size > most ? size : most;
        low[0] = about->x < low[0] ? about->x : low[0];
        high[0] = about->x > high[0] ? about->x : high[0];
        low[1] = about->y < low[1] ? about->y : low[1];
        high[1] = about->y > high[1] ? about->y : high[1];
    }
    double span = high[0] - low[0] > high[1] - low[1] ? high[0] - low[0]
                                                      : high[1] - low[1];
    double scale = span > 0.0 ? (MAP_SIDE - 2 * MAP_EDGE) / span : 0.0;
    *height = n == 0 ? MAP_LEAST
                     : scale * (high[1] - low[1]) + 2 * MAP_EDGE;
    if (*height < MAP_LEAST)
        *height = MAP_LEAST;
    for (size_t i = 0; i < n; i++) {
        map_point *p = &points[i];
        p->x = MAP_SIDE / 2.0 + scale * (p->x - (low[0] + high[0]) / 2);
        p->y = *height / 2.0 - scale * (p->y - (low[1] + high[1]) / 2);
        p->radius = 2.0 + 9.0 * sqrt((double)p->size / (double)most);
    }
    if (n > 0)
        qsort(points, n, sizeof *points, by_size);
    return n;
}

static void put_title_words(lat_buffer *to, const lat_concepts *all,
                            size_t c, size_t most, size_t shown)
{
    rep_word_count *words = NULL;
    size_t n = rep_concept_words(&words, to, all, c);
    for (size_t i = 0; i < n && i < most; i++) {
        size_t size = 0;
        const char *text = lat_intern_text(all->words, words[i].word, &size);
        if (i != 0)
            lat_buffer_char(to, ' ');
        rep_html_bytes(to, text, size, shown);
    }
    lat_free(words);
}

static void draw_circles(lat_buffer *to, const rep_study *s,
                         const rep_layer *layer, const map_point *points,
                         size_t n)
{
    static const char *const fills[] = {"f0", "f1", "f2", "f3",
                                        "f4", "f5", "fx"};
    for (size_t i = 0; i < n; i++) {
        const map_point *p = &points[i];
        const rep_concept *about = &layer->about[p->concept_index];
        lat_buffer_format(to, "<circle class=\"spot %s\" cx=\"%.1f\" "
                              "cy=\"%.1f\" r=\"%.1f\"><title>%llu: ",
                          about->polarised < 0 ? "fn"
                              : fills[about->polarised < 6
                                          ? about->polarised : 6],
                          p->x, p->y, p->radius,
                          (unsigned long long)
                              layer->concepts.ids[p->concept_index]);
        put_title_words(to, &layer->concepts, p->concept_index,
                        MAP_TITLE_WORDS, 16);
        if (about->polarised >= 0) {
            lat_buffer_text(to, ", ");
            rep_class(to, s, about->polarised);
            lat_buffer_char(to, ' ');
            rep_percent(to, about->share, 100);
        }
        lat_buffer_text(to, "</title></circle>");
    }
}

static bool overlaps(const map_box *boxes, size_t n, const map_box *box)
{
    for (size_t i = 0; i < n; i++)
        if (box->left < boxes[i].right && boxes[i].left < box->right &&
            box->top < boxes[i].bottom && boxes[i].top < box->bottom)
            return true;
    return false;
}

/* The most frequent word of a concept, in at most 14 characters. */
static void put_name(lat_buffer *to, const lat_concepts *all, size_t c)
{
    rep_word_count *words = NULL;
    size_t size = 0, n = rep_concept_words(&words, to, all, c);
    if (n > 0) {
        const char *text = lat_intern_text(all->words, words[0].word, &size);
        rep_html_bytes(to, text, size, 14);
    }
    lat_free(words);
}

/* Names of the largest concepts, where there is room for them. */
static void draw_names(lat_buffer *to, const rep_layer *layer,
                       const map_point *points, size_t n)
{
    map_box boxes[MAP_NAMES];
    size_t placed = 0;
    lat_buffer name = {0};
    for (size_t i = 0; i < n && placed < MAP_NAMES; i++) {
        const map_point *p = &points[i];
        lat_buffer_clear(&name);
        put_name(&name, &layer->concepts, p->concept_index);
        double wide = MAP_FONT * svg_text_width(name.data, name.size) + 3.0;
        map_box box = {p->x - wide / 2, p->y - 6, p->x + wide / 2, p->y + 6};
        if (box.left < 0 || box.right > MAP_SIDE ||
            overlaps(boxes, placed, &box))
            continue;
        boxes[placed++] = box;
        lat_buffer_format(to, "<text class=\"tiny mid halo\" x=\"%.1f\" "
                              "y=\"%.1f\">", p->x, p->y + 3.4);
        lat_buffer_add(to, name.data, name.size);
        lat_buffer_text(to, "</text>");
    }
    to->failed = to->failed || name.failed;
    lat_buffer_free(&name);
}

static void write_side(lat_buffer *to, const rep_study *s, int side,
                       size_t i, map_point *points)
{
    const rep_layer *layer = &s->layers[side][i];
    char key[40], title[120];
    double height = 0.0;
    size_t n = place_points(points, layer, &height);
    (void)snprintf(key, sizeof key, "map-%s-%zu", rep_side_name(side),
                   layer->number);
    (void)snprintf(title, sizeof title,
                   "Map of the %s model's concepts at layer %zu",
                   rep_side_name(side), layer->number);
    lat_buffer_format(to, "<figure><figcaption><b>%s, layer %zu</b>, axes "
                          "hold %.1f%% and %.1f%% of the centroids&#39; "
                          "variance</figcaption>",
                      side == REP_BASE ? "Base" : "Tuned", layer->number,
                      100.0 * layer->variance[0], 100.0 * layer->variance[1]);
    svg_plot(to, MAP_SIDE);
    svg_begin(to, key, MAP_SIDE, height, title);
    svg_rect(to, "frame", 0.5, 0.5, MAP_SIDE - 1, height - 1);
    lat_buffer_text(to, "</rect>");
    draw_circles(to, s, layer, points, n);
    draw_names(to, layer, points, n);
    svg_end(to);
    lat_buffer_text(to, "</div></figure>\n");
}

static void write_layer(lat_buffer *to, const rep_study *s, size_t i)
{
    size_t room = 1;
    for (int side = 0; side < REP_SIDES; side++)
        if (s->layers[side][i].concepts.count > room)
            room = s->layers[side][i].concepts.count;
    map_point *points = lat_new_array(room, sizeof *points);
    if (points == NULL) {
        to->failed = true;
        return;
    }
    lat_buffer_text(to, "<div class=\"figs\">\n");
    for (int side = 0; side < REP_SIDES; side++)
        if (s->layers[side][i].has_map)
            write_side(to, s, side, i, points);
    lat_buffer_text(to, "</div>\n");
    lat_free(points);
}

/* First, middle and last layer: all of them would make the page heavy
 * without telling more than the curves do. */
void rep_write_map(lat_buffer *to, const rep_study *s)
{
    size_t n = s->layer_count;
    size_t chosen[3] = {n - 1, n / 2, 0};
    rep_section(to, "map", "Map of concepts");
    if (!s->layers[REP_TUNED][n - 1].has_map) {
        lat_buffer_text(to, "<p>The study holds no map of its concepts."
                            "</p></section>\n");
        return;
    }
    lat_buffer_text(to, "<p>Each circle is a concept at its centroid, as "
                        "large as it has occurrences, coloured by the class "
                        "it is polarised to; the plane is that of the two "
                        "largest principal components. Each picture has "
                        "its own axes.</p>\n");
    rep_class_key(to, s);
    for (size_t i = 0; i < 3; i++)
        if (i == 0 || chosen[i] != chosen[i - 1])
            write_layer(to, s, chosen[i]);
    lat_buffer_text(to, "</section>\n");
}
