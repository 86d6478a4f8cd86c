/*
 * report_data.c - the explorer's data as JSON inside the page.
 *
 *   words      every word shown, once; concepts hold numbers into it
 *   sentences  [text, gold, predicted], those that some concept quotes
 *   concepts   [side][layer] rows, in the order that report.js names
 *   trees      [side][layer] left, right, height, ...; leaves are rows
 *   orders     [side][layer] rows from the first leaf to the last
 *   view       sentences with the row of every clustered word
 *
 * Two models of 13 layers and 600 concepts must stay below 15 MB, so words
 * and quotations for one concept depend on how many concepts there are.
 * Shares are whole thousandths; -1 stands for "not known".
 */
#include "report_page_int.h"

#include <math.h>
#include <string.h>

enum {
    ROWS_BYTES = 6500000,     /* of all concepts' rows, about */
    QUOTE_BYTES = 2500000,    /* of the quoted sentences' text */
    WORDS_BYTES = 4000000,    /* of that, of their words */
    WORD_BYTES = 8,           /* "12345,12," */
    LEAST_WORDS = 12, MOST_QUOTES = 12
};
#define NOT_QUOTED UINT32_MAX

typedef struct data_work {
    const rep_study *study;
    lat_intern *words, *labels;
    size_t words_each;  /* most words that a row holds; SIZE_MAX: all */
    size_t quotes_each;
    uint32_t *quoted;   /* sentences: number in the list, or NOT_QUOTED */
    uint32_t *list;     /* sentences in the list */
    size_t listed, bytes;
    lat_buffer rows;    /* concepts, written before words and sentences */
} data_work;

/* ---- Which sentences are quoted ---------------------------------------- */

static size_t sentence_bytes(const rep_study *s, uint32_t number)
{
    size_t bytes = 0;
    if (number >= s->text.sentences)
        return 0;
    for (size_t w = s->text.starts[number]; w < s->text.starts[number + 1];
         w++) {
        size_t size = 0;
        (void)lat_intern_text(s->text.set, s->text.words[w], &size);
        bytes += size + 1;
    }
    return bytes;
}

/* The e-th of `most` members, evenly spaced over the concept. */
static const lat_occurrence *quote_of(const lat_concepts *all, size_t c,
                                      size_t e, size_t most)
{
    size_t size = all->starts[c + 1] - all->starts[c];
    if (size <= most)
        return e < size ? &all->occurrences[all->starts[c] + e] : NULL;
    return &all->occurrences[all->starts[c] + e * size / most];
}

static void admit(data_work *w, uint32_t number)
{
    if (number >= w->study->text.sentences ||
        w->quoted[number] != NOT_QUOTED)
        return;
    size_t bytes = sentence_bytes(w->study, number);
    if (w->bytes + bytes > QUOTE_BYTES)
        return;
    w->bytes += bytes;
    w->quoted[number] = (uint32_t)w->listed;
    w->list[w->listed++] = number;
}

/* First quotations of all concepts come before second ones, so that a full
 * budget takes from all alike. */
static void choose_quotes(data_work *w, const rep_view *view)
{
    const rep_study *s = w->study;
    for (size_t i = 0; i < view->count; i++)
        admit(w, (uint32_t)view->sentences[i]);
    for (size_t e = 0; e < w->quotes_each; e++)
        for (int side = 0; side < REP_SIDES; side++)
            for (size_t i = 0; i < s->layer_count; i++) {
                const lat_concepts *all = &s->layers[side][i].concepts;
                for (size_t c = 0; c < all->count; c++) {
                    const lat_occurrence *one =
                        quote_of(all, c, e, w->quotes_each);
                    if (one != NULL && one->position >= 0)
                        admit(w, one->sentence);
                }
            }
}

/* ---- Rows -------------------------------------------------------------- */

static void put_share(lat_buffer *to, double value)
{
    if (isnan(value))
        lat_buffer_text(to, ",-1");
    else
        lat_buffer_format(to, ",%d", (int)(1000.0 * value + 0.5));
}

static long intern_text(lat_intern *set, const char *text, lat_buffer *to)
{
    if (text == NULL)
        return -1;
    size_t number = lat_intern_add(set, text, strlen(text));
    if (number == SIZE_MAX)
        to->failed = true;
    return (long)number;
}

static void put_words(data_work *w, const lat_concepts *all, size_t c)
{
    rep_word_count *words = NULL;
    lat_buffer *to = &w->rows;
    size_t n = rep_concept_words(&words, all, c);
    if (words == NULL)
        to->failed = true;
    lat_buffer_text(to, ",[");
    for (size_t i = 0; words != NULL && i < n && i < w->words_each; i++) {
        size_t size = 0;
        const char *text = lat_intern_text(all->words, words[i].word, &size);
        size_t number = lat_intern_add(w->words, text, size);
        if (number == SIZE_MAX)
            to->failed = true;
        lat_buffer_format(to, "%s%zu,%u", i == 0 ? "" : ",", number,
                          (unsigned)words[i].count);
    }
    lat_buffer_char(to, ']');
    lat_free(words);
}

static void put_quotes(data_work *w, const lat_concepts *all, size_t c)
{
    lat_buffer *to = &w->rows;
    bool any = false;
    lat_buffer_text(to, ",[");
    for (size_t e = 0; e < w->quotes_each; e++) {
        const lat_occurrence *one = quote_of(all, c, e, w->quotes_each);
        if (one == NULL || one->position < 0 ||
            one->sentence >= w->study->text.sentences ||
            w->quoted[one->sentence] == NOT_QUOTED)
            continue;
        lat_buffer_format(to, "%s%u,%d", any ? "," : "",
                          (unsigned)w->quoted[one->sentence],
                          (int)one->position);
        any = true;
    }
    lat_buffer_char(to, ']');
}

static void put_row(data_work *w, const rep_layer *layer, size_t c)
{
    const lat_concepts *all = &layer->concepts;
    const rep_concept *about = &layer->about[c];
    lat_buffer *to = &w->rows;
    lat_buffer_format(to, "[%llu,%zu,%u,[", (unsigned long long)all->ids[c],
                      all->starts[c + 1] - all->starts[c],
                      (unsigned)all->types[c]);
    for (size_t k = 0; k < w->study->classes; k++)
        lat_buffer_format(to, "%s%u", k == 0 ? "" : ",",
                          (unsigned)about->counts[k]);
    lat_buffer_format(to, "],%d", (int)about->polarised);
    put_share(to, about->share);
    put_share(to, about->low);
    put_share(to, about->high);
    put_words(w, all, c);
    put_quotes(w, all, c);
    if (about->has_match)
        lat_buffer_format(to, ",%llu", (unsigned long long)about->match);
    else
        lat_buffer_text(to, ",-1");
    put_share(to, about->match_share);
    put_share(to, about->match_jaccard);
    /* Numbered one after the other: arguments have no order in C. */
    long label = intern_text(w->labels, about->label, to);
    long family = intern_text(w->labels, about->family, to);
    lat_buffer_format(to, ",%u,%ld,%ld", (unsigned)about->fate, label,
                      family);
    put_share(to, about->label_share);
    lat_buffer_char(to, ']');
}

typedef void put_layer(data_work *work, const rep_layer *layer);

static void put_rows(data_work *w, const rep_layer *layer)
{
    for (size_t c = 0; c < layer->concepts.count; c++) {
        if (c != 0)
            lat_buffer_char(&w->rows, ',');
        put_row(w, layer, c);
    }
}

static void put_tree(data_work *w, const rep_layer *layer)
{
    if (layer->top == NULL)
        return;
    for (size_t i = 0; i + 1 < layer->concepts.count; i++)
        lat_buffer_format(&w->rows, "%s%u,%u,%.4g", i == 0 ? "" : ",",
                          (unsigned)layer->top[i].left,
                          (unsigned)layer->top[i].right,
                          layer->top[i].height);
}

static void put_order(data_work *w, const rep_layer *layer)
{
    if (layer->top == NULL)
        return;
    for (size_t i = 0; i < layer->concepts.count; i++)
        lat_buffer_format(&w->rows, "%s%u", i == 0 ? "" : ",",
                          (unsigned)layer->order[i]);
}

/* "name":[[[...],...],[[...],...]] over both models and all layers. */
static void put_layers(data_work *w, const char *name, put_layer *put)
{
    lat_buffer *to = &w->rows;
    lat_buffer_format(to, "\"%s\":[", name);
    for (int side = 0; side < REP_SIDES; side++) {
        lat_buffer_text(to, side == 0 ? "[" : ",[");
        for (size_t i = 0; i < w->study->layer_count; i++) {
            lat_buffer_text(to, i == 0 ? "[" : ",[");
            put(w, &w->study->layers[side][i]);
            lat_buffer_char(to, ']');
        }
        lat_buffer_char(to, ']');
    }
    lat_buffer_text(to, "],\n");
}

/* ---- The rest ---------------------------------------------------------- */

static void put_set(lat_buffer *to, const char *name, const lat_intern *set)
{
    lat_buffer_format(to, "\"%s\":[", name);
    for (size_t i = 0; i < lat_intern_count(set); i++) {
        size_t size = 0;
        const char *text = lat_intern_text(set, i, &size);
        if (i != 0)
            lat_buffer_char(to, ',');
        rep_json(to, text, size, REP_WORD_SHOWN);
    }
    lat_buffer_text(to, "],\n");
}

/* Words are joined by one space each: the script takes them apart again. */
static void put_sentence(lat_buffer *to, const rep_study *s, uint32_t number)
{
    lat_buffer text = {0};
    for (size_t w = s->text.starts[number]; w < s->text.starts[number + 1];
         w++) {
        size_t size = 0;
        const char *word =
            lat_intern_text(s->text.set, s->text.words[w], &size);
        if (w != s->text.starts[number])
            lat_buffer_char(to, ' ');
        lat_buffer_clear(&text);
        rep_json(&text, word, size, REP_WORD_SHOWN);
        if (text.size >= 2)
            lat_buffer_add(to, text.data + 1, text.size - 2);
        else
            to->failed = true;
    }
    lat_buffer_free(&text);
}

static void put_sentences(lat_buffer *to, const data_work *w)
{
    const rep_study *s = w->study;
    lat_buffer_text(to, "\"sentences\":[");
    for (size_t i = 0; i < w->listed; i++) {
        uint32_t number = w->list[i];
        bool known = number < s->sentence_count;
        lat_buffer_text(to, i == 0 ? "[\"" : ",\n[\"");
        put_sentence(to, s, number);
        lat_buffer_format(to, "\",%d,%d]",
                          known ? (int)s->sentences[number].gold : -1,
                          known ? (int)s->sentences[number].predicted : -1);
    }
    lat_buffer_text(to, "],\n");
}

static void put_view(lat_buffer *to, const data_work *w,
                     const rep_view *view)
{
    const rep_study *s = w->study;
    bool any = false;
    lat_buffer_text(to, "\"view\":[");
    for (size_t i = 0; i < view->count; i++) {
        uint32_t number = (uint32_t)view->sentences[i];
        if (number >= s->text.sentences || w->quoted[number] == NOT_QUOTED)
            continue;
        lat_buffer_format(to, "%s[%u,[", any ? ",\n" : "",
                          (unsigned)w->quoted[number]);
        any = true;
        for (size_t at = view->starts[i]; at < view->starts[i + 1]; at++) {
            lat_buffer_format(to, "%s[%u", at == view->starts[i] ? "" : ",",
                              (unsigned)view->positions[at]);
            for (int side = 0; side < REP_SIDES; side++)
                for (size_t l = 0; l < s->layer_count; l++) {
                    uint32_t c = rep_view_concept(view, s, side, l, at);
                    lat_buffer_text(to, l == 0 ? ",[" : ",");
                    if (c == LAT_NO_CONCEPT)
                        lat_buffer_text(to, "-1");
                    else
                        lat_buffer_format(to, "%u", (unsigned)c);
                    if (l + 1 == s->layer_count)
                        lat_buffer_char(to, ']');
                }
            lat_buffer_char(to, ']');
        }
        lat_buffer_text(to, "]]");
    }
    lat_buffer_text(to, "]");
}

static void put_triggers(lat_buffer *to, const rep_study *s)
{
    bool any = false;
    lat_buffer_text(to, "\"triggers\":[");
    for (size_t i = 0; i < s->trigger_count; i++) {
        const rep_trigger *one = &s->triggers[i];
        if (!one->has_concept)
            continue;
        lat_buffer_format(to, "%s[%zu,%llu,", any ? "," : "", one->layer,
                          (unsigned long long)one->concept);
        any = true;
        rep_json(to, one->word, strlen(one->word), REP_WORD_SHOWN);
        lat_buffer_char(to, ',');
        rep_json(to, one->insertion, strlen(one->insertion), 40);
        lat_buffer_format(to, ",%d", (int)one->target);
        put_share(to, one->rate.value);
        put_share(to, one->rate.low);
        put_share(to, one->rate.high);
        lat_buffer_char(to, ']');
    }
    lat_buffer_text(to, "],\n");
}

/* "listed": words of a concept that a search can find, 0 for all. */
static void put_head(lat_buffer *to, const data_work *w)
{
    const rep_study *s = w->study;
    lat_buffer_text(to, "{\"classes\":[");
    for (size_t c = 0; c < s->classes; c++) {
        if (c != 0)
            lat_buffer_char(to, ',');
        rep_json(to, s->class_names[c], strlen(s->class_names[c]), 40);
    }
    lat_buffer_text(to, "],\"layers\":[");
    for (size_t i = 0; i < s->layer_count; i++)
        lat_buffer_format(to, "%s%zu", i == 0 ? "" : ",",
                          s->layers[REP_TUNED][i].number);
    lat_buffer_format(to, "],\"listed\":%zu,\n",
                      w->words_each == SIZE_MAX ? 0 : w->words_each);
}

/* Words in all rows when each holds at most `most`. */
static size_t words_at(const rep_study *s, size_t most)
{
    size_t total = 0;
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < s->layer_count; i++) {
            const lat_concepts *all = &s->layers[side][i].concepts;
            for (size_t c = 0; c < all->count; c++)
                total += all->types[c] < most ? all->types[c] : most;
        }
    return total;
}

static size_t choose_words(const rep_study *s)
{
    size_t room = WORDS_BYTES / WORD_BYTES, low = LEAST_WORDS, high = room;
    if (words_at(s, SIZE_MAX) <= room)
        return SIZE_MAX;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (words_at(s, middle) <= room)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void choose_limits(data_work *w)
{
    size_t concepts = 1;
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < w->study->layer_count; i++)
            concepts += w->study->layers[side][i].concepts.count;
    size_t each = ROWS_BYTES / concepts; /* bytes for one concept */
    w->words_each = choose_words(w->study);
    w->quotes_each = each / 90;
    if (w->quotes_each < 3)
        w->quotes_each = 3;
    if (w->quotes_each > MOST_QUOTES)
        w->quotes_each = MOST_QUOTES;
}

static bool work_open(data_work *w, const rep_study *s)
{
    lat_error ignored = {0};
    memset(w, 0, sizeof *w);
    w->study = s;
    choose_limits(w);
    w->quoted = lat_new_array(s->text.sentences + 1, sizeof *w->quoted);
    w->list = lat_new_array(s->text.sentences + 1, sizeof *w->list);
    if (lat_intern_create(&w->words, &ignored) != LAT_OK ||
        lat_intern_create(&w->labels, &ignored) != LAT_OK ||
        w->quoted == NULL || w->list == NULL)
        return false;
    memset(w->quoted, 0xFF, (s->text.sentences + 1) * sizeof *w->quoted);
    return true;
}

void rep_write_data(lat_buffer *to, const rep_study *s, const rep_view *view)
{
    data_work w;
    if (!work_open(&w, s)) {
        to->failed = true;
        goto done;
    }
    choose_quotes(&w, view);
    put_layers(&w, "concepts", put_rows);
    put_layers(&w, "trees", put_tree);
    put_layers(&w, "orders", put_order);
    if (w.rows.failed) {
        to->failed = true;
        goto done;
    }
    put_head(to, &w);
    put_set(to, "words", w.words);
    put_set(to, "labels", w.labels);
    put_sentences(to, &w);
    put_triggers(to, s);
    lat_buffer_add(to, w.rows.data, w.rows.size);
    put_view(to, &w, view);
    lat_buffer_char(to, '}');
done:
    lat_buffer_free(&w.rows);
    lat_free(w.quoted);
    lat_free(w.list);
    lat_intern_free(w.words);
    lat_intern_free(w.labels);
}
