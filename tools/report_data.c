/*
 * report_data.c - the explorer's data as JSON inside the page.
 *
 *   words      every word shown, once; all else holds numbers into it
 *   sentences  [words, gold, predicted], those that some concept quotes
 *   concepts   [side][layer] rows, in the order that report.js names
 *   trees      [side][layer] left, right, height, ...; leaves are rows
 *   orders     [side][layer] rows from the first leaf to the last
 *   view       sentences with the row of every clustered word
 *
 * Long lists of numbers are strings of `digits`, a number most often of two
 * characters (put_code).  Two models of 13 layers and 600 concepts over a
 * corpus as large as SST-2 must stay below 15 MB and do with 11; for more,
 * words and quotations of a concept are fewer.  Shares are whole
 * thousandths; -1 stands for "not known".
 */
#include "report_page_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS_WORDS = 1600000,     /* words in all concepts' rows */
    QUOTES = 90000,           /* quotations in all rows */
    QUOTE_WORDS = 900000,     /* words of the quoted sentences */
    LEAST_WORDS = 12, LEAST_QUOTES = 3, MOST_QUOTES = 12,
    BASE = 45                 /* half of the digits */
};
#define NOT_QUOTED UINT32_MAX

typedef struct data_work {
    const rep_study *study;
    lat_intern *words, *labels;
    size_t words_each;  /* most words that a row holds; SIZE_MAX: all */
    size_t quotes_each;
    uint32_t *quoted;   /* sentences: number in the list, or NOT_QUOTED */
    uint32_t *list;     /* sentences in the list */
    size_t listed, quote_words;
    lat_buffer rows;    /* concepts, written before words and sentences */
} data_work;

/* ---- Numbers as text ----------------------------------------------------- */

/* 2 x BASE characters that need no escape in JSON or a script. */
static const char digits[] =
    " !#$%'()*+,-./0123456789:;=?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`"
    "abcdefghijklmnopqrstuvwxyz{|}~";

/* Digits of base 45, highest first.  All but the last of a number are taken
 * from the upper half, so that numbers need nothing between them. */
static void put_code(lat_buffer *to, size_t value)
{
    char text[16]; /* 45^16 is above 2^64 */
    size_t at = sizeof text;
    text[--at] = digits[value % BASE];
    while ((value /= BASE) != 0)
        text[--at] = digits[BASE + value % BASE];
    lat_buffer_add(to, text + at, sizeof text - at);
}

/* ---- Which sentences are quoted ---------------------------------------- */

static size_t word_number(data_work *w, const char *text, size_t size)
{
    size_t number = lat_intern_add(w->words, text, size);
    w->rows.failed = w->rows.failed || number == SIZE_MAX;
    return number;
}

/* Words that are shown get their numbers in the order in which the text has
 * them, which makes for small steps between a concept's words. */
static void number_words(data_work *w)
{
    const rep_study *s = w->study;
    const lat_intern *clustered = s->layers[REP_BASE][0].concepts.words;
    size_t count = s->text.set == NULL ? 0 : lat_intern_count(s->text.set);
    bool *shown = lat_new_array(count + 1, sizeof *shown);
    if (shown == NULL) {
        w->rows.failed = true;
        return;
    }
    for (size_t i = 0; i < w->listed; i++)
        for (size_t at = s->text.starts[w->list[i]];
             at < s->text.starts[w->list[i] + 1]; at++)
            shown[s->text.words[at]] = true;
    for (size_t i = 0; i < count; i++) {
        size_t size = 0;
        const char *text = lat_intern_text(s->text.set, i, &size);
        if (shown[i] || lat_intern_find(clustered, text, size) != SIZE_MAX)
            (void)word_number(w, text, size);
    }
    lat_free(shown);
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
    size_t words = w->study->text.starts[number + 1] -
                   w->study->text.starts[number];
    if (w->quote_words + words > QUOTE_WORDS)
        return;
    w->quote_words += words;
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

/* Most frequent first; among equals by number, here kept in `word`. */
static int by_number(const void *a, const void *b)
{
    const rep_word_count *x = a, *y = b;
    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return (x->word > y->word) - (x->word < y->word);
}

/* For each count its words: the count, how many, the first one's number and
 * the steps from each to the next. */
static void put_words(data_work *w, const lat_concepts *all, size_t c)
{
    rep_word_count *list = NULL;
    lat_buffer *to = &w->rows;
    size_t n = rep_concept_words(&list, to, all, c);
    if (list == NULL)
        return;
    n = n < w->words_each ? n : w->words_each;
    for (size_t i = 0; i < n; i++) {
        size_t size = 0;
        const char *text = lat_intern_text(all->words, list[i].word, &size);
        list[i].word = (uint32_t)word_number(w, text, size);
    }
    if (n > 0)
        qsort(list, n, sizeof *list, by_number);
    lat_buffer_text(to, ",\"");
    for (size_t i = 0, end = 0; i < n; i++) {
        if (i == end) {
            while (end < n && list[end].count == list[i].count)
                end++;
            put_code(to, list[i].count);
            put_code(to, end - i);
            put_code(to, list[i].word);
        } else {
            put_code(to, list[i].word - list[i - 1].word);
        }
    }
    lat_buffer_char(to, '"');
    lat_free(list);
}

/* Sentence and position of each. */
static void put_quotes(data_work *w, const lat_concepts *all, size_t c)
{
    lat_buffer *to = &w->rows;
    lat_buffer_text(to, ",\"");
    for (size_t e = 0; e < w->quotes_each; e++) {
        const lat_occurrence *one = quote_of(all, c, e, w->quotes_each);
        if (one == NULL || one->position < 0 ||
            one->sentence >= w->study->text.sentences ||
            w->quoted[one->sentence] == NOT_QUOTED)
            continue;
        put_code(to, w->quoted[one->sentence]);
        put_code(to, (size_t)one->position);
    }
    lat_buffer_char(to, '"');
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

static void put_sentences(lat_buffer *to, data_work *w)
{
    const rep_study *s = w->study;
    lat_buffer_text(to, "\"sentences\":[");
    for (size_t i = 0; i < w->listed; i++) {
        uint32_t number = w->list[i];
        bool known = number < s->sentence_count;
        lat_buffer_text(to, i == 0 ? "[\"" : ",\n[\"");
        for (size_t at = s->text.starts[number];
             at < s->text.starts[number + 1]; at++) {
            size_t size = 0;
            const char *text =
                lat_intern_text(s->text.set, s->text.words[at], &size);
            put_code(to, word_number(w, text, size));
        }
        lat_buffer_format(to, "\",%d,%d]",
                          known ? (int)s->sentences[number].gold : -1,
                          known ? (int)s->sentences[number].predicted : -1);
    }
    lat_buffer_text(to, "],\n");
}

/* Each word's position and then its row at every layer, base first, one
 * more than the row's number: 0 where it is in no concept. */
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
        lat_buffer_format(to, "%s[%u,\"", any ? ",\n" : "",
                          (unsigned)w->quoted[number]);
        any = true;
        for (size_t at = view->starts[i]; at < view->starts[i + 1]; at++) {
            put_code(to, view->positions[at]);
            for (int side = 0; side < REP_SIDES; side++)
                for (size_t l = 0; l < s->layer_count; l++) {
                    uint32_t c = rep_view_concept(view, s, side, l, at);
                    put_code(to, c == LAT_NO_CONCEPT ? 0 : (size_t)c + 1);
                }
        }
        lat_buffer_text(to, "\"]");
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
    lat_buffer_format(to, "],\"listed\":%zu,\"digits\":\"%s\",\n",
                      w->words_each == SIZE_MAX ? 0 : w->words_each, digits);
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
    size_t low = LEAST_WORDS, high = ROWS_WORDS;
    if (words_at(s, SIZE_MAX) <= ROWS_WORDS)
        return SIZE_MAX;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (words_at(s, middle) <= ROWS_WORDS)
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
    w->words_each = choose_words(w->study);
    w->quotes_each = QUOTES / concepts;
    if (w->quotes_each < LEAST_QUOTES)
        w->quotes_each = LEAST_QUOTES;
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
    lat_buffer sentences = {0};
    if (!work_open(&w, s)) {
        to->failed = true;
        goto done;
    }
    choose_quotes(&w, view);
    number_words(&w);
    put_sentences(&sentences, &w);
    put_layers(&w, "concepts", put_rows);
    put_layers(&w, "trees", put_tree);
    put_layers(&w, "orders", put_order);
    if (w.rows.failed || sentences.failed) {
        to->failed = true;
        goto done;
    }
    put_head(to, &w);
    put_set(to, "words", w.words);
    put_set(to, "labels", w.labels);
    lat_buffer_add(to, sentences.data, sentences.size);
    put_triggers(to, s);
    lat_buffer_add(to, w.rows.data, w.rows.size);
    put_view(to, &w, view);
    lat_buffer_char(to, '}');
done:
    lat_buffer_free(&w.rows);
    lat_buffer_free(&sentences);
    lat_free(w.quoted);
    lat_free(w.list);
    lat_intern_free(w.words);
    lat_intern_free(w.labels);
}
