/*
 * report_explorer.c - the concept explorer: its form and empty places, which
 * the script fills, and the same concepts as plain tables, one a layer, for
 * a browser without scripts.  Others read <noscript> as one piece of text,
 * which spares them most of the page's elements.
 */
#include "report_page_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_WORDS = 6, TABLE_WORD_SHOWN = 24 };

/* ---- Words of a concept ------------------------------------------------ */

static int by_count(const void *a, const void *b)
{
    const rep_word_count *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->seen > y->seen) - (x->seen < y->seen);
}

static int by_word(const void *a, const void *b)
{
    const rep_word_count *x = a, *y = b;
    if (x->word != y->word)
        return x->word < y->word ? -1 : 1;
    return (x->seen > y->seen) - (x->seen < y->seen);
}

size_t rep_concept_words(rep_word_count **out, lat_buffer *to,
                         const lat_concepts *concepts, size_t concept_index)
{
    size_t first = concepts->starts[concept_index], n = 0;
    size_t size = concepts->starts[concept_index + 1] - first;
    rep_word_count *list = lat_new_array(size + 1, sizeof *list);
    *out = list;
    to->failed |= list == NULL;
    if (list == NULL || size == 0)
        return 0;
    for (size_t i = 0; i < size; i++)
        list[i] = (rep_word_count){concepts->occurrences[first + i].word, 1,
                                   (uint32_t)i};
    qsort(list, size, sizeof *list, by_word);
    for (size_t i = 1; i < size; i++) {
        if (list[i].word == list[n].word)
            list[n].count++;
        else
            list[++n] = list[i];
    }
    n++;
    qsort(list, n, sizeof *list, by_count);
    return n;
}

/* ---- Plain tables ------------------------------------------------------ */

static void put_top_words(lat_buffer *to, const lat_concepts *all, size_t c)
{
    rep_word_count *words = NULL;
    size_t n = rep_concept_words(&words, to, all, c);
    for (size_t i = 0; i < n && i < TABLE_WORDS; i++) {
        size_t size = 0;
        const char *text = lat_intern_text(all->words, words[i].word, &size);
        lat_buffer_text(to, i == 0 ? "<bdi>" : " <bdi>");
        rep_html_bytes(to, text, size, TABLE_WORD_SHOWN);
        lat_buffer_text(to, "</bdi>");
    }
    if (n > TABLE_WORDS)
        lat_buffer_format(to, " +%zu", n - TABLE_WORDS);
    lat_free(words);
}

static void put_concept(lat_buffer *to, const rep_study *s, int side,
                        const rep_layer *layer, size_t c)
{
    const lat_concepts *all = &layer->concepts;
    const rep_concept *about = &layer->about[c];
    lat_buffer_format(to, "<tr id=\"%s/%zu/%llu\"><td>%llu</td><td>",
                      rep_side_name(side), layer->number,
                      (unsigned long long)all->ids[c],
                      (unsigned long long)all->ids[c]);
    put_top_words(to, all, c);
    lat_buffer_format(to, "</td><td>%zu</td><td>",
                      all->starts[c + 1] - all->starts[c]);
    if (about->polarised >= 0) {
        lat_buffer_text(to, "<bdi>");
        rep_class(to, s, about->polarised);
        lat_buffer_text(to, "</bdi> ");
    }
    if (!isnan(about->share))
        rep_percent(to, about->share, 100);
    lat_buffer_text(to, "</td><td>");
    if (about->label != NULL && about->label_share >= 0.5) {
        lat_buffer_text(to, "<bdi>");
        rep_html(to, about->label, 24);
        lat_buffer_text(to, "</bdi>");
    }
    lat_buffer_format(to, "</td><td>%s</td><td>",
                      rep_fate_name(about, side));
    if (about->has_match)
        lat_buffer_format(to, "<a href=\"#%s/%zu/%llu\">%llu</a>",
                          rep_side_name(1 - side), layer->number,
                          (unsigned long long)about->match,
                          (unsigned long long)about->match);
    lat_buffer_text(to, "</td></tr>\n");
}

static void put_layer(lat_buffer *to, const rep_study *s, int side, size_t i)
{
    const rep_layer *layer = &s->layers[side][i];
    lat_buffer_format(to, "<details><summary>%s model, layer %zu: %zu "
                          "concepts</summary><div class=\"scroll\" "
                          "tabindex=\"0\" role=\"group\" "
                          "aria-label=\"Concepts, %s layer %zu\"><table>"
                          "<thead><tr><th scope=\"col\">Number</th><th "
                          "scope=\"col\">Words</th><th scope=\"col\">"
                          "Occurrences</th><th scope=\"col\">Largest class"
                          "</th><th scope=\"col\">Label</th><th "
                          "scope=\"col\">Fate</th><th scope=\"col\">Match"
                          "</th></tr></thead><tbody>\n",
                      side == REP_BASE ? "Base" : "Tuned", layer->number,
                      layer->concepts.count, rep_side_name(side),
                      layer->number);
    for (size_t c = 0; c < layer->concepts.count; c++)
        put_concept(to, s, side, layer, c);
    lat_buffer_text(to, "</tbody></table></div></details>\n");
}

/* ---- Form -------------------------------------------------------------- */

static void put_option(lat_buffer *to, const char *value, const char *text)
{
    lat_buffer_format(to, "<option value=\"%s\">%s</option>", value, text);
}

static void put_choices(lat_buffer *to, const rep_study *s)
{
    lat_buffer_text(to, "<label>Model <select id=\"q-side\">");
    put_option(to, "", "both");
    put_option(to, "1", "tuned");
    put_option(to, "0", "base");
    lat_buffer_text(to, "</select></label><label>Layer <select "
                        "id=\"q-layer\">");
    put_option(to, "", "all");
    for (size_t i = 0; i < s->layer_count; i++)
        lat_buffer_format(to, "<option value=\"%zu\">%zu</option>", i,
                          s->layers[REP_TUNED][i].number);
    lat_buffer_text(to, "</select></label><label>Polarity <select "
                        "id=\"q-polar\">");
    put_option(to, "", "any or none");
    put_option(to, "any", "polarised");
    for (size_t c = 0; c < s->classes; c++) {
        lat_buffer_format(to, "<option value=\"%zu\">", c);
        rep_class(to, s, (int32_t)c);
        lat_buffer_text(to, "</option>");
    }
    lat_buffer_text(to, "</select></label><label>Fate <select "
                        "id=\"q-fate\">");
    put_option(to, "", "any");
    put_option(to, "kept", "kept");
    put_option(to, "split", "split");
    put_option(to, "merged", "merged");
    put_option(to, "new", "new (tuned)");
    put_option(to, "lost", "lost (base)");
    lat_buffer_text(to, "</select></label>");
}

static void put_form(lat_buffer *to, const rep_study *s)
{
    lat_buffer_text(to,
        "<div class=\"filters\" role=\"search\"><label class=\"full\">Word "
        "(its beginning, or &quot;whole&quot; in quotes) <input id=\"q-word\""
        " type=\"search\" autocomplete=\"off\" spellcheck=\"false\"></label>"
        "\n");
    put_choices(to, s);
    lat_buffer_text(to,
        "<label>Label or family <input id=\"q-label\" type=\"search\" "
        "autocomplete=\"off\"></label><label>Occurrences, at least <input "
        "id=\"q-min\" type=\"number\" min=\"0\" inputmode=\"numeric\">"
        "</label><label class=\"full\">Order <select id=\"q-sort\">");
    put_option(to, "size", "most occurrences first");
    put_option(to, "types", "most distinct words first");
    put_option(to, "share", "largest class share first");
    put_option(to, "number", "by number");
    lat_buffer_text(to, "</select></label></div>\n");
}

void rep_write_explorer(lat_buffer *to, const rep_study *s)
{
    rep_section(to, "explorer", "Concept explorer");
    lat_buffer_text(to,
        "<p class=\"only-js\">Every concept of both models. Its address can "
        "be kept: it is in the browser&#39;s address line.</p>\n"
        "<div class=\"explorer only-js\" id=\"explorer-app\"><div>\n");
    put_form(to, s);
    lat_buffer_text(to,
        "<p class=\"status\" id=\"hit-count\" aria-live=\"polite\"></p>"
        "<ul class=\"hits\" id=\"hits\"></ul><p><button type=\"button\" "
        "id=\"hit-more\" hidden>More</button></p></div>\n"
        "<div class=\"page\" id=\"concept-page\"></div></div>\n"
        "<noscript><p>Every concept of both models, by layer. "
        "With scripts on, this place has a search.</p>\n");
    for (size_t i = s->layer_count; i-- > 0;)
        for (int side = REP_SIDES; side-- > 0;)
            put_layer(to, s, side, i);
    lat_buffer_text(to, "</noscript>\n</section>\n");
}
