/*
 * report_words.c - the sentence view: words of a sentence across, layers up,
 * each cell the concept that the word falls into.
 *
 * Sentences are taken in turn from every class, right and wrong predictions
 * apart, those with most clustered words first.
 */
#include "report_page_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    VIEW_CELLS = 180000, /* words x layers x models in the page's data */
    VIEW_MOST = 400,     /* sentences */
    VIEW_STATIC = 3,     /* grids that need no script */
    VIEW_LONGEST = 40    /* clustered words of a sentence */
};

/* ---- Choosing ---------------------------------------------------------- */

typedef struct view_entry {
    uint32_t sentence, words;
    uint32_t group; /* class x right or wrong */
    uint32_t turn;  /* how many of its group come before it */
} view_entry;

static int by_words(const void *a, const void *b)
{
    const view_entry *x = a, *y = b;
    if (x->words != y->words)
        return x->words > y->words ? -1 : 1;
    return (x->sentence > y->sentence) - (x->sentence < y->sentence);
}

static int by_turn(const void *a, const void *b)
{
    const view_entry *x = a, *y = b;
    if (x->turn != y->turn)
        return x->turn < y->turn ? -1 : 1;
    return (x->group > y->group) - (x->group < y->group);
}

static uint32_t group_of(const rep_study *s, size_t number)
{
    if (number >= s->sentence_count)
        return 0;
    const rep_sentence *one = &s->sentences[number];
    bool wrong = one->gold >= 0 && one->predicted >= 0 &&
                 one->gold != one->predicted;
    return (uint32_t)(2 * (one->gold + 1)) + (wrong ? 1u : 0u);
}

/* All sentences with a clustered word, in the order in which they are
 * taken; returns how many. */
static size_t order_entries(view_entry *entries, const rep_study *s,
                            uint32_t *turns)
{
    const lat_concepts *all = &s->layers[REP_BASE][0].concepts;
    size_t n = 0;
    for (size_t i = 0; i < s->text.sentences; i++)
        entries[i] = (view_entry){(uint32_t)i, 0, group_of(s, i), 0};
    for (size_t i = 0; i < all->size; i++)
        if (all->occurrences[i].sentence < s->text.sentences &&
            all->occurrences[i].position >= 0)
            entries[all->occurrences[i].sentence].words++;
    for (size_t i = 0; i < s->text.sentences; i++)
        if (entries[i].words != 0 && entries[i].words <= VIEW_LONGEST)
            entries[n++] = entries[i];
    if (n > 0)
        qsort(entries, n, sizeof *entries, by_words);
    for (size_t i = 0; i < n; i++)
        entries[i].turn = turns[entries[i].group]++;
    if (n > 0)
        qsort(entries, n, sizeof *entries, by_turn);
    return n;
}

/* ---- Looking up -------------------------------------------------------- */

static size_t view_place(const rep_view *view, const uint32_t *slots,
                         const lat_occurrence *one)
{
    uint32_t slot = slots[one->sentence];
    if (slot == UINT32_MAX || one->position < 0)
        return SIZE_MAX;
    for (size_t at = view->starts[slot]; at < view->starts[slot + 1]; at++)
        if (view->positions[at] == (uint32_t)one->position)
            return at;
    return SIZE_MAX;
}

static void fill_concepts(rep_view *view, const rep_study *s,
                          const uint32_t *slots)
{
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t l = 0; l < s->layer_count; l++) {
            const lat_concepts *all = &s->layers[side][l].concepts;
            for (size_t i = 0; i < all->size; i++) {
                if (all->occurrences[i].sentence >= s->text.sentences)
                    continue;
                size_t at = view_place(view, slots, &all->occurrences[i]);
                if (at != SIZE_MAX)
                    view->concepts[((size_t)side * s->layer_count + l) *
                                       view->cells + at] =
                        all->occurrences[i].concept;
            }
        }
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Positions of the clustered words of the chosen sentences, ascending. */
static void fill_positions(rep_view *view, const rep_study *s,
                           const uint32_t *slots, size_t *used)
{
    const lat_concepts *all = &s->layers[REP_BASE][0].concepts;
    for (size_t i = 0; i < all->size; i++) {
        const lat_occurrence *one = &all->occurrences[i];
        if (one->sentence >= s->text.sentences || one->position < 0 ||
            slots[one->sentence] == UINT32_MAX)
            continue;
        uint32_t slot = slots[one->sentence];
        view->positions[view->starts[slot] + used[slot]++] =
            (uint32_t)one->position;
    }
    for (size_t i = 0; i < view->count; i++)
        qsort(view->positions + view->starts[i],
              view->starts[i + 1] - view->starts[i],
              sizeof *view->positions, by_number);
}

uint32_t rep_view_concept(const rep_view *view, const rep_study *s, int side,
                          size_t layer, size_t at)
{
    return view->concepts[((size_t)side * s->layer_count + layer) *
                              view->cells + at];
}

bool rep_view_make(rep_view *out, const rep_study *s)
{
    size_t n = s->text.sentences, spaces = 2 * s->layer_count;
    view_entry *entries = lat_new_array(n + 1, sizeof *entries);
    uint32_t *turns = lat_new_array(2 * (s->classes + 2), sizeof *turns);
    uint32_t *slots = lat_new_array(n + 1, sizeof *slots);
    size_t *used = NULL;
    bool good = false;
    memset(out, 0, sizeof *out);
    if (entries == NULL || turns == NULL || slots == NULL)
        goto done;
    memset(slots, 0xFF, (n + 1) * sizeof *slots);
    size_t found = order_entries(entries, s, turns);
    out->sentences = lat_new_array(found + 1, sizeof *out->sentences);
    out->starts = lat_new_array(found + 2, sizeof *out->starts);
    used = lat_new_array(found + 1, sizeof *used);
    if (out->sentences == NULL || out->starts == NULL || used == NULL)
        goto done;
    while (out->count < found && out->count < VIEW_MOST) {
        const view_entry *one = &entries[out->count];
        if ((out->cells + one->words) * spaces > VIEW_CELLS)
            break;
        slots[one->sentence] = (uint32_t)out->count;
        out->sentences[out->count++] = one->sentence;
        out->cells += one->words;
        out->starts[out->count] = out->cells;
    }
    out->positions = lat_new_array(out->cells + 1, sizeof *out->positions);
    out->concepts =
        lat_new_array(out->cells * spaces + 1, sizeof *out->concepts);
    if (out->positions == NULL || out->concepts == NULL)
        goto done;
    memset(out->concepts, 0xFF,
           (out->cells * spaces + 1) * sizeof *out->concepts);
    fill_positions(out, s, slots, used);
    fill_concepts(out, s, slots);
    good = true;
done:
    lat_free(entries);
    lat_free(turns);
    lat_free(slots);
    lat_free(used);
    if (!good)
        rep_view_free(out);
    return good;
}

void rep_view_free(rep_view *view)
{
    lat_free(view->sentences);
    lat_free(view->starts);
    lat_free(view->positions);
    lat_free(view->concepts);
    memset(view, 0, sizeof *view);
}

/* ---- Grids without a script -------------------------------------------- */

static void put_tag(lat_buffer *to, const rep_study *s, const char *what,
                    int32_t class_number)
{
    if (class_number < 0)
        return;
    lat_buffer_format(to, " <span class=\"tag p%s\">%s <bdi>",
                      class_number < 6
                          ? (const char *[]){"0", "1", "2", "3", "4",
                                             "5"}[class_number] : "x",
                      what);
    rep_class(to, s, class_number);
    lat_buffer_text(to, "</bdi></span>");
}

static void put_grid_word(lat_buffer *to, const rep_study *s,
                          size_t sentence, uint32_t position)
{
    size_t at = s->text.starts[sentence] + position;
    lat_buffer_text(to, "<th scope=\"col\">");
    if (at < s->text.starts[sentence + 1])
        rep_word(to, s->text.set, s->text.words[at]);
    lat_buffer_text(to, "</th>");
}

static void put_grid_cell(lat_buffer *to, const rep_layer *layer,
                          uint32_t c)
{
    if (c == LAT_NO_CONCEPT) {
        lat_buffer_text(to, "<td class=\"off\">\xE2\x80\x93</td>");
        return;
    }
    const rep_concept *about = &layer->about[c];
    lat_buffer_text(to, "<td");
    if (about->polarised >= 0 && about->polarised < 6)
        lat_buffer_format(to, " class=\"p%d\"", (int)about->polarised);
    else if (about->polarised >= 0)
        lat_buffer_text(to, " class=\"px\"");
    lat_buffer_format(to, "><a href=\"#tuned/%zu/%llu\">", layer->number,
                      (unsigned long long)layer->concepts.ids[c]);
    rep_percent(to, about->share, 100);
    lat_buffer_text(to, "</a></td>");
}

static void write_grid(lat_buffer *to, const rep_study *s,
                       const rep_view *view, size_t i)
{
    size_t number = view->sentences[i];
    lat_buffer_text(to, "<p class=\"sentence\">");
    for (size_t w = s->text.starts[number]; w < s->text.starts[number + 1];
         w++) {
        if (w != s->text.starts[number])
            lat_buffer_char(to, ' ');
        rep_word(to, s->text.set, s->text.words[w]);
    }
    if (number < s->sentence_count) {
        put_tag(to, s, "gold", s->sentences[number].gold);
        put_tag(to, s, "predicted", s->sentences[number].predicted);
    }
    lat_buffer_text(to, "</p>\n<div class=\"scroll\" tabindex=\"0\" "
                        "role=\"group\" aria-label=\"Words by layer\">"
                        "<table class=\"grid-view\"><thead><tr><th "
                        "scope=\"col\">Layer</th>");
    for (size_t at = view->starts[i]; at < view->starts[i + 1]; at++)
        put_grid_word(to, s, number, view->positions[at]);
    lat_buffer_text(to, "</tr></thead><tbody>\n");
    for (size_t l = s->layer_count; l-- > 0;) {
        const rep_layer *layer = &s->layers[REP_TUNED][l];
        lat_buffer_format(to, "<tr><th scope=\"row\">%zu</th>",
                          layer->number);
        for (size_t at = view->starts[i]; at < view->starts[i + 1]; at++)
            put_grid_cell(to, layer,
                          rep_view_concept(view, s, REP_TUNED, l, at));
        lat_buffer_text(to, "</tr>\n");
    }
    lat_buffer_text(to, "</tbody></table></div>\n");
}

void rep_write_words(lat_buffer *to, const rep_study *s,
                     const rep_view *view)
{
    rep_section(to, "sentences", "Sentences through the layers");
    if (view->count == 0) {
        lat_buffer_text(to, "<p>The study holds no text of its "
                            "sentences.</p></section>\n");
        return;
    }
    lat_buffer_text(to,
        "<p>Each cell is the concept that a word falls into at a layer: the "
        "share of its largest class, coloured when the concept is polarised. "
        "Words outside the frequency filter are in no concept.</p>\n"
        "<div class=\"only-js\"><div class=\"filters\" "
        "id=\"v-form\"><label>Containing <input id=\"v-word\" "
        "type=\"search\" autocomplete=\"off\"></label><label>Model <select "
        "id=\"v-side\"><option value=\"1\">tuned</option><option "
        "value=\"0\">base</option></select></label><label class=\"full\">"
        "Sentence <select id=\"v-list\"></select></label></div>"
        "<div id=\"v-grid\" aria-live=\"polite\"></div></div>\n"
        "<noscript>\n");
    for (size_t i = 0; i < view->count && i < VIEW_STATIC; i++)
        write_grid(to, s, view, i);
    lat_buffer_text(to, "</noscript>\n</section>\n");
}
