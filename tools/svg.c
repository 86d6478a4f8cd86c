/*
 * svg.c - the few shapes that the report's pictures are made of.
 *
 *      top  ┌───────────────────┐ y1
 *           │    svg_frame      │
 *    height │                   │
 *           └───────────────────┘ y0
 *         left x0   width     x1
 *
 * Colours and sizes of text are classes of the style sheet, so that one
 * picture serves light, dark and print.
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

double svg_x(const svg_frame *f, double x)
{
    double span = f->x1 - f->x0;
    return f->left + (span == 0.0 ? 0.5 : (x - f->x0) / span) * f->width;
}

double svg_y(const svg_frame *f, double y)
{
    double span = f->y1 - f->y0;
    return f->top + f->height -
           (span == 0.0 ? 0.0 : (y - f->y0) / span) * f->height;
}

/* Two decimals, trailing zeros dropped, no "-0". */
void svg_number(lat_buffer *to, double value)
{
    char text[64];
    if (!(value > -1e9 && value < 1e9))
        value = 0.0;
    int size = snprintf(text, sizeof text, "%.2f", value);
    while (size > 0 && text[size - 1] == '0')
        size--;
    if (size > 0 && text[size - 1] == '.')
        size--;
    text[size] = '\0';
    lat_buffer_text(to, strcmp(text, "-0") == 0 ? "0" : text);
}

static void put_attribute(lat_buffer *to, const char *name, double value)
{
    lat_buffer_format(to, " %s=\"", name);
    svg_number(to, value);
    lat_buffer_char(to, '"');
}

void svg_begin(lat_buffer *to, const char *key, double width, double height,
               const char *title)
{
    lat_buffer_text(to, "<svg viewBox=\"0 0 ");
    svg_number(to, width);
    lat_buffer_char(to, ' ');
    svg_number(to, height);
    lat_buffer_format(to, "\" role=\"img\" aria-labelledby=\"t-%s\">"
                          "<title id=\"t-%s\">", key, key);
    rep_html(to, title, 0);
    lat_buffer_text(to, "</title>");
}

void svg_plot(lat_buffer *to, double width)
{
    double least = 0.9 * width; /* pixels: text stays above 9 */
    lat_buffer_format(to, "<div class=\"plot\" style=\"--m:%.1frem;"
                          "--w:%.0fpx\"", width / 13.6, least);
    if (least > 300.0) /* it may have to scroll: let keys do that */
        lat_buffer_text(to, " tabindex=\"0\" role=\"group\" "
                            "aria-label=\"Picture\"");
    lat_buffer_char(to, '>');
}

void svg_end(lat_buffer *to)
{
    lat_buffer_text(to, "</svg>\n");
}

void svg_line(lat_buffer *to, const char *style, double x1, double y1,
              double x2, double y2)
{
    lat_buffer_format(to, "<line class=\"%s\"", style);
    put_attribute(to, "x1", x1);
    put_attribute(to, "y1", y1);
    put_attribute(to, "x2", x2);
    put_attribute(to, "y2", y2);
    lat_buffer_text(to, "/>");
}

void svg_rect(lat_buffer *to, const char *style, double x, double y,
              double width, double height)
{
    lat_buffer_format(to, "<rect class=\"%s\"", style);
    put_attribute(to, "x", x);
    put_attribute(to, "y", y);
    put_attribute(to, "width", width < 0 ? 0 : width);
    put_attribute(to, "height", height < 0 ? 0 : height);
    lat_buffer_text(to, ">");
}

void svg_text(lat_buffer *to, const char *style, char anchor, double x,
              double y, const char *format, ...)
{
    char text[512];
    va_list list;
    va_start(list, format);
    (void)vsnprintf(text, sizeof text, format, list);
    va_end(list);
    lat_buffer_format(to, "<text class=\"%s%s\"", style,
                      anchor == 'm' ? " mid" : anchor == 'e' ? " end" : "");
    put_attribute(to, "x", x);
    put_attribute(to, "y", y);
    lat_buffer_char(to, '>');
    rep_html(to, text, 0);
    lat_buffer_text(to, "</text>");
}

/* Widths in em, rather too large than too small, of what a sans-serif font
 * draws: a reference such as "&lt;" is one letter. */
double svg_text_width(const char *html, size_t size)
{
    double width = 0.0;
    for (size_t at = 0; at < size;) {
        uint32_t code = 0;
        size_t step = lat_utf8_decode(html + at, size - at, &code);
        const char *end =
            code == '&' ? memchr(html + at, ';', size - at) : NULL;
        if (end != NULL)
            step = (size_t)(end - (html + at)) + 1;
        at += step == 0 ? 1 : step;
        if (code >= 0x1100) /* full width, emoji */
            width += 1.1;
        else if (code == 'm' || code == 'w' || code == '@' || code == '%')
            width += 0.95;
        else if (code >= 'A' && code <= 'Z')
            width += 0.75;
        else
            width += code == ' ' || code == 0xA0 ? 0.32 : 0.6;
    }
    return width;
}

void svg_axis_y(lat_buffer *to, const svg_frame *f, size_t steps,
                const char *unit)
{
    for (size_t i = 0; i <= steps; i++) {
        double value = f->y0 + (f->y1 - f->y0) * (double)i / (double)steps;
        double y = svg_y(f, value);
        char text[64];
        svg_line(to, i == 0 ? "axis" : "grid", f->left, y,
                 f->left + f->width, y);
        (void)snprintf(text, sizeof text, "%.0f%s", value,
                       i == steps ? unit : "");
        svg_text(to, "tick", 'e', f->left - 6, y + 3.5, "%s", text);
    }
}

void svg_axis_layers(lat_buffer *to, const svg_frame *f,
                     const rep_study *study, const char *name)
{
    size_t n = study->layer_count, every = 1;
    while ((double)(n / every) * 20.0 > f->width + 20.0)
        every++;
    for (size_t i = 0; i < n; i++) {
        if (i % every != 0 && !(i + 1 == n && i % every > every / 2))
            continue;
        svg_text(to, "tick", 'm', svg_x(f, (double)i),
                 f->top + f->height + 15, "%zu",
                 study->layers[REP_BASE][i].number);
    }
    svg_text(to, "tick soft", 'm', f->left + f->width / 2,
             f->top + f->height + 30, "%s", name);
}

static void put_points(lat_buffer *to, const char *style,
                       const svg_frame *f, const double *x, const double *y,
                       size_t n, bool hollow)
{
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i]))
            continue;
        lat_buffer_format(to, "<circle class=\"dot %s%s\"", style,
                          hollow ? " hollow" : "");
        put_attribute(to, "cx", svg_x(f, x[i]));
        put_attribute(to, "cy", svg_y(f, y[i]));
        lat_buffer_text(to, " r=\"3\"/>");
    }
}

void svg_series(lat_buffer *to, const char *style, const svg_frame *f,
                const double *x, const double *y, size_t n, bool hollow)
{
    bool pen = false;
    lat_buffer_format(to, "<path class=\"line %s%s\" d=\"", style,
                      hollow ? " dashed" : "");
    for (size_t i = 0; i < n; i++) {
        if (isnan(y[i])) {
            pen = false;
            continue;
        }
        lat_buffer_char(to, pen ? 'L' : 'M');
        svg_number(to, svg_x(f, x[i]));
        lat_buffer_char(to, ' ');
        svg_number(to, svg_y(f, y[i]));
        pen = true;
    }
    lat_buffer_text(to, "\"/>");
    if (strcmp(style, "chance") != 0) /* a level, not data */
        put_points(to, style, f, x, y, n, hollow);
}

void svg_band(lat_buffer *to, const char *style, const svg_frame *f,
              const double *x, const double *low, const double *high,
              size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++)
        any = any || (!isnan(low[i]) && !isnan(high[i]));
    if (!any)
        return;
    lat_buffer_format(to, "<path class=\"%s\" d=\"", style);
    char step = 'M';
    for (size_t i = 0; i < 2 * n; i++) {
        size_t at = i < n ? i : 2 * n - 1 - i;
        double value = i < n ? high[at] : low[at];
        if (isnan(low[at]) || isnan(high[at]))
            continue;
        lat_buffer_char(to, step);
        svg_number(to, svg_x(f, x[at]));
        lat_buffer_char(to, ' ');
        svg_number(to, svg_y(f, value));
        step = 'L';
    }
    lat_buffer_text(to, "Z\"/>");
}

/* Quarters of each are whole numbers. */
double svg_ceiling(double value)
{
    static const double tops[] = {4, 8, 12, 20, 40, 60, 80};
    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++)
        if (!(value > tops[i]))
            return tops[i];
    return 100;
}
