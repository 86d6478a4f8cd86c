/*
 * report.c - the page as a whole: head, order of the sections, provenance.
 */
#include "report_diff_int.h"

#include <string.h>

/* ---- Pieces that all sections use -------------------------------------- */

void rep_section(lat_buffer *to, const char *id, const char *heading)
{
    lat_buffer_format(to, "<section id=\"%s\" aria-labelledby=\"%s-h\">\n"
                          "<h2 id=\"%s-h\">%s</h2>\n",
                      id, id, id, heading);
}

void rep_figure_begin(lat_buffer *to, const char *caption)
{
    lat_buffer_format(to, "<figure><figcaption>%s</figcaption>\n", caption);
}

void rep_figure_end(lat_buffer *to)
{
    lat_buffer_text(to, "</figure>\n");
}

void rep_data_begin(lat_buffer *to, const char *caption, const char *columns)
{
    lat_buffer_format(to, "<details><summary>The numbers</summary>"
                          "<div class=\"scroll\" tabindex=\"0\" "
                          "role=\"group\" aria-label=\"%s\"><table>"
                          "<caption>%s</caption><thead><tr>",
                      caption, caption);
    for (const char *at = columns; *at != '\0';) {
        size_t size = strcspn(at, "|");
        lat_buffer_text(to, "<th scope=\"col\">");
        rep_html_bytes(to, at, size, 0);
        lat_buffer_text(to, "</th>");
        at += size + (at[size] == '|');
    }
    lat_buffer_text(to, "</tr></thead><tbody>\n");
}

void rep_data_end(lat_buffer *to)
{
    lat_buffer_text(to, "</tbody></table></div></details>\n");
}

/* Three cells: value, its interval, chance with its interval. */
void rep_data_rate(lat_buffer *to, const rep_rate *rate, double scale)
{
    lat_buffer_text(to, "<td class=\"n\">");
    rep_percent(to, rate->value, scale);
    lat_buffer_text(to, "</td><td class=\"n\">");
    if (rate->low == rate->low && rate->high == rate->high)
        lat_buffer_format(to, "%.1f to %.1f", rate->low * scale,
                          rate->high * scale);
    lat_buffer_text(to, "</td><td class=\"n\">");
    rep_percent(to, rate->chance, scale);
    if (rate->chance_low == rate->chance_low &&
        rate->chance_high == rate->chance_high)
        lat_buffer_format(to, " (%.1f to %.1f)", rate->chance_low * scale,
                          rate->chance_high * scale);
    lat_buffer_text(to, "</td>");
}

const char *rep_method(const rep_study *s)
{
    return strcmp(s->method, "kmeans") == 0    ? "K-Means"
           : strcmp(s->method, "leaders") == 0 ? "Ward&#39;s method on leaders"
                                               : "Ward&#39;s method";
}

/* ---- Head and header --------------------------------------------------- */

static void write_lines(lat_buffer *to, const char *const *lines)
{
    for (size_t i = 0; lines[i] != NULL; i++)
        lat_buffer_text(to, lines[i]);
}

/* The policy lets nothing in from anywhere: the browser itself enforces that
 * the page makes no request. */
void rep_head_begin(lat_buffer *to, bool scripts)
{
    lat_buffer_format(to,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
        "<meta charset=\"utf-8\">\n"
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
        "&#39;none&#39;; style-src &#39;unsafe-inline&#39;;%s base-uri "
        "&#39;none&#39;; form-action &#39;none&#39;\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, "
        "initial-scale=1\">\n"
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
        scripts ? " script-src &#39;unsafe-inline&#39;;" : "");
}

void rep_head_end(lat_buffer *to, bool scripts)
{
    lat_buffer_text(to, " - latent concept analysis</title>\n<style>\n");
    write_lines(to, rep_style);
    lat_buffer_text(to, "</style>\n");
    if (scripts)
        lat_buffer_text(to, "<script>document.documentElement."
                            "classList.add(\"js\");</script>\n");
    lat_buffer_text(to, "</head>\n<body>\n<a class=\"skip\" "
                        "href=\"#findings\">Skip to the findings</a>\n");
}

static void write_head(lat_buffer *to, const rep_study *s)
{
    rep_head_begin(to, true);
    rep_html(to, s->base_name, 80);
    lat_buffer_text(to, " into ");
    rep_html(to, s->tuned_name, 80);
    rep_head_end(to, true);
}

static void write_lede(lat_buffer *to, const rep_study *s)
{
    lat_buffer_text(to, "<p class=\"lede\">");
    rep_count(to, s->cut);
    lat_buffer_text(to, " concepts in each of ");
    rep_count(to, s->layer_count);
    lat_buffer_format(to, " layers of both models, found by %s out of the "
                          "vectors of ", rep_method(s));
    rep_count(to, s->kept_words);
    lat_buffer_text(to, " words in ");
    rep_count(to, s->sentence_count != 0 ? s->sentence_count
                                         : s->text.sentences);
    lat_buffer_text(to, " sentences of <bdi>");
    rep_html(to, s->data_name, 80);
    lat_buffer_format(to, "</bdi>. A concept counts as aligned or polarised "
                          "from a share of \xCE\xB8\xC2\xA0=\xC2\xA0%s",
                      s->theta_text);
    lat_buffer_text(to, ", if it has ");
    rep_count(to, s->min_types);
    lat_buffer_text(to, " distinct words or more");
    if (s->classes != 0)
        lat_buffer_format(to, "; classes are those %s",
                          strcmp(s->polarity_by, "predicted") == 0
                              ? "that the tuned model predicts"
                              : "of the gold labels");
    lat_buffer_text(to, ".</p>\n");
    if (!s->recut)
        return;
    lat_buffer_text(to, "<p class=\"lede\">The trees are cut anew for this "
                        "page. The study&#39;s own tables are about its ");
    rep_count(to, s->k);
    lat_buffer_text(to, " concepts in a layer, and what needs them is left "
                        "out here.</p>\n");
}

static void write_top(lat_buffer *to, const rep_study *s)
{
    static const char *const places[][2] = {
        {"findings", "Findings"},     {"overlap", "Base and tuned"},
        {"families", "Human labels"}, {"polarity", "Polarity"},
        {"fates", "Fates"},           {"sizes", "Sizes"},
        {"map", "Map"},               {"trees", "Trees"},
        {"flips", "Triggers"},        {"explorer", "Explorer"},
        {"sentences", "Sentences"},   {"provenance", "Provenance"}};
    lat_buffer_text(to, "<header class=\"top\">\n<p class=\"kicker\">Latent "
                        "concept analysis</p>\n<h1><bdi>");
    rep_html(to, s->base_name, 80);
    lat_buffer_text(to, "</bdi> <span class=\"into\">tuned into</span> "
                        "<bdi>");
    rep_html(to, s->tuned_name, 80);
    lat_buffer_text(to, "</bdi></h1>\n");
    write_lede(to, s);
    lat_buffer_text(to, "</header>\n<main>\n");
    rep_write_findings(to, s);
    lat_buffer_text(to, "</main>\n<nav class=\"toc\" aria-label=\"Sections\">"
                        "<ul>");
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        lat_buffer_format(to, "<li><a href=\"#%s\">%s</a></li>",
                          places[i][0], places[i][1]);
    lat_buffer_text(to, "</ul></nav>\n");
}

/* ---- Provenance -------------------------------------------------------- */

void rep_write_provenance(lat_buffer *to, const rep_study *s)
{
    lat_buffer_text(to, "<footer>\n");
    rep_section(to, "provenance", "Provenance");
    lat_buffer_text(to,
        "<p>Everything that the numbers above depend on: program version, "
        "options, what the corpus gave, and the SHA-256 of every input. The "
        "same inputs and options give this file again, byte for byte.</p>\n"
        "<p>What this page can and cannot say: a concept is a cluster of "
        "contextual word vectors, and its name is ours; a polarised concept "
        "shows that a layer separates the classes, not why; flip rates hold "
        "for the evaluation sentences and insertions listed.</p>\n"
        "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
        "aria-label=\"Provenance\"><table class=\"facts\"><caption>Options "
        "and inputs</caption><tbody>\n");
    for (size_t i = 0; i < s->fact_count; i++) {
        lat_buffer_text(to, "<tr><th scope=\"row\"><bdi>");
        rep_html(to, s->facts[i].name, 200);
        lat_buffer_text(to, "</bdi></th><td><bdi>");
        rep_html(to, s->facts[i].value, 2000);
        lat_buffer_text(to, "</bdi></td></tr>\n");
    }
    lat_buffer_text(to, "</tbody></table></div>\n</section>\n</footer>\n");
}

static void write_page(lat_buffer *to, const rep_study *s)
{
    rep_view view;
    if (!rep_view_make(&view, s)) {
        to->failed = true;
        return;
    }
    write_head(to, s);
    write_top(to, s);
    lat_buffer_text(to, "<div class=\"wrap\">\n");
    rep_write_overlap(to, s);
    rep_write_families(to, s);
    rep_write_polarity(to, s);
    rep_write_fates(to, s);
    rep_write_sizes(to, s);
    rep_write_map(to, s);
    rep_write_trees(to, s);
    rep_write_flips(to, s);
    rep_write_explorer(to, s);
    rep_write_words(to, s, &view);
    lat_buffer_text(to, "</div>\n");
    rep_write_provenance(to, s);
    lat_buffer_text(to, "<script type=\"application/json\" id=\"data\">");
    rep_write_data(to, s, &view);
    lat_buffer_text(to, "</script>\n<script>\n");
    write_lines(to, rep_script);
    lat_buffer_text(to, "</script>\n</body>\n</html>\n");
    rep_view_free(&view);
}

/* ---- Reports ----------------------------------------------------------- */

static lat_status write_one(lat_buffer *to, const lat_report *what,
                            lat_error *error)
{
    rep_study read = {0};
    lat_status status = rep_study_read(&read, what->folders[0], what->k,
                                       error);
    if (status != LAT_OK)
        return status;
    (what->form == LAT_REPORT_PAGE ? write_page : rep_plain_page)(to, &read);
    rep_study_free(&read);
    return LAT_OK;
}

static lat_status write_two(lat_buffer *to, const lat_report *what,
                            lat_pool *pool, lat_error *error)
{
    rep_both both = {0};
    lat_status status = rep_both_read(&both, what->folders, pool, error);
    if (status == LAT_OK)
        (what->form == LAT_REPORT_PAGE ? rep_diff_page
                                       : rep_diff_plain)(to, &both);
    rep_both_free(&both);
    return status;
}

lat_status lat_report_write(const lat_report *what, lat_pool *pool,
                            lat_error *error)
{
    lat_buffer text = {0};
    lat_status status = what->folders[1] == NULL
                            ? write_one(&text, what, error)
                            : write_two(&text, what, pool, error);
    if (what->form == LAT_REPORT_ASCII)
        rep_to_ascii(&text);
    if (status == LAT_OK)
        status = lat_buffer_status(&text, error);
    if (status == LAT_OK)
        status = lat_file_write(what->out_path, text.data, text.size, error);
    lat_buffer_free(&text);
    return status;
}
