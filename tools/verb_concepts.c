/*
 * verb_concepts.c - reads the concepts of a finished study: a list that can
 * be narrowed, or one concept with all that is known of it.
 *
 *     latent concepts study --side tuned --layer 6 --polarity positive
 *     latent concepts study --show tuned/6/12
 */
#include "report_page_int.h"
#include "verbs_int.h"

#include <math.h>
#include <string.h>

enum { WORDS_LISTED = 10 };

static const cli_option options[] = {
    {"layer", 0, CLI_TEXT, "LIST", "layers, such as 0,3,5-12", "all"},
    {"side", 0, CLI_TEXT, "SIDE", "base or tuned (default: both)", NULL},
    {"word", 0, CLI_TEXT, "WORD", "concepts that hold this word", NULL},
    {"label", 0, CLI_TEXT, "LABEL",
     "concepts aligned with this human-defined label; LABEL or FAMILY=LABEL",
     NULL},
    {"polarity", 0, CLI_TEXT, "CLASS",
     "concepts polarised to this class; any: to some class, none: to no "
     "class", NULL},
    {"min-size", 0, CLI_COUNT, "N", "concepts of at least N occurrences",
     "0"},
    {"max-size", 0, CLI_COUNT, "N", "concepts of at most N occurrences",
     NULL},
    {"show", 0, CLI_TEXT, "SIDE/LAYER/N",
     "one concept: classes, match, sibling, labels, words, sentences", NULL},
    OPTION_CUT,
    {"sentences", 0, CLI_COUNT, "N", "most sentences that --show prints",
     "20"},
    {"json", 0, CLI_FLAG, NULL, "one JSON object", NULL},
    {"out", 'o', CLI_TEXT, "FILE", "where the table goes", "-"},
    {0}};

enum { POLARITY_ANY = -1, POLARITY_NONE = -2, POLARITY_ALL = -3 };

/* The study, what was asked for, and the output. */
typedef struct reading {
    cli_call *call;
    const char *folder;
    rep_study study;
    lat_table labels;      /* align/human-concepts.tsv, or empty */
    bool has_labels;
    int side;              /* REP_SIDES: both */
    bool *layers;          /* wanted, by place in the study's list */
    int32_t polarity;      /* class, or one of those below */
    bool *marked[REP_SIDES]; /* concepts with the label, layers end to end */
    lat_buffer out;
    lat_json_writer json;
} reading;

static const char *side_name(int side)
{
    return side == REP_BASE ? "base" : "tuned";
}

static const char *fate_text(const rep_concept *about, int side)
{
    return about->fate == LAT_FATE_NONE
               ? "" : lat_fate_name((lat_fate)about->fate,
                                    side == REP_TUNED);
}

/* ---- What was asked for ------------------------------------------------ */

/* Names the layers that there are. */
static lat_status no_layer(const rep_study *s, const char *wanted,
                           lat_error *error)
{
    lat_buffer there = {0};
    for (size_t i = 0; i < s->layer_count; i++)
        lat_buffer_format(&there, "%s%zu", i == 0 ? "" : ", ",
                          s->layers[REP_TUNED][i].number);
    lat_error_set(error, LAT_NOT_FOUND,
                  "the study has none of the layers '%.60s'; it has %s",
                  wanted, there.data == NULL ? "none" : there.data);
    lat_buffer_free(&there);
    return LAT_NOT_FOUND;
}

static lat_status read_layers(reading *r, lat_error *error)
{
    size_t *numbers = NULL, count = 0, last = 0;
    const rep_study *s = &r->study;
    r->layers = lat_new_array(s->layer_count, sizeof *r->layers);
    if (r->layers == NULL)
        return lat_error_memory(error, s->layer_count);
    for (size_t i = 0; i < s->layer_count; i++)
        if (s->layers[REP_TUNED][i].number > last)
            last = s->layers[REP_TUNED][i].number;
    lat_status status = lat_range_read(
        &numbers, &count, cli_text(r->call, "layer"), last, error);
    bool any = false;
    for (size_t i = 0; status == LAT_OK && i < count; i++) {
        size_t at = rep_layer_find(s, numbers[i]);
        if (at < s->layer_count)
            any = r->layers[at] = true;
    }
    lat_free(numbers);
    if (status == LAT_OK && !any)
        status = no_layer(s, cli_text(r->call, "layer"), error);
    return status;
}

/* Which classes there are, for who has mistyped one. */
static lat_status read_polarity(reading *r, lat_error *error)
{
    const char *name = cli_text(r->call, "polarity");
    lat_buffer classes = {0};
    r->polarity = name == NULL ? POLARITY_ALL
                               : rep_class_find(&r->study, name);
    if (name == NULL || r->polarity >= 0)
        return LAT_OK;
    r->polarity = strcmp(name, "none") == 0 ? POLARITY_NONE : POLARITY_ANY;
    if (r->polarity == POLARITY_NONE || strcmp(name, "any") == 0)
        return LAT_OK;
    for (size_t k = 0; k < r->study.classes; k++)
        lat_buffer_format(&classes, "%s, ", r->study.class_names[k]);
    lat_error_set(error, LAT_USAGE,
                  "--polarity is '%.60s', which is no class of the study; "
                  "expected %sany or none",
                  name, classes.data == NULL ? "" : classes.data);
    lat_buffer_free(&classes);
    return LAT_USAGE;
}

static lat_status read_filters(reading *r, lat_error *error)
{
    const char *side = cli_text(r->call, "side");
    r->side = side == NULL ? REP_SIDES : rep_side_find(side);
    if (r->side < 0)
        return lat_error_set(error, LAT_USAGE,
                             "--side is '%.40s', expected base or tuned",
                             side);
    if (r->study.recut && cli_given(r->call, "label"))
        return lat_error_set(error, LAT_USAGE,
                             "--label is about the study's own concepts and "
                             "cannot be used with another --k");
    lat_status status = read_polarity(r, error);
    return status == LAT_OK ? read_layers(r, error) : status;
}

/* Index of the concept that a row of human-concepts.tsv is about. */
static bool label_row(const reading *r, size_t row, int *side, size_t *layer,
                      uint32_t *concept_)
{
    uint64_t id = 0, number = 0;
    const char *a = rep_cell(&r->labels, row, "layer");
    const char *b = rep_cell(&r->labels, row, "concept");
    *side = rep_side_find(rep_cell(&r->labels, row, "side"));
    if (*side < 0 || a == NULL || b == NULL ||
        !lat_integer_read(a, strlen(a), &number) ||
        !lat_integer_read(b, strlen(b), &id))
        return false;
    *layer = rep_layer_find(&r->study, number);
    if (*layer == r->study.layer_count)
        return false;
    *concept_ = lat_concepts_find(
        &r->study.layers[*side][*layer].concepts, id);
    return *concept_ != LAT_NO_CONCEPT;
}

static const char *label_cell(const reading *r, size_t row,
                              const char *column)
{
    const char *cell = rep_cell(&r->labels, row, column);
    return cell == NULL ? "" : cell;
}

static size_t concept_place(const rep_study *s, int side, size_t layer,
                            uint32_t concept_)
{
    size_t place = concept_;
    for (size_t i = 0; i < layer; i++)
        place += s->layers[side][i].concepts.count;
    return place;
}

/* Marks the concepts that are aligned with --label under either rule. */
static lat_status mark_label(reading *r, lat_error *error)
{
    const char *wanted = cli_text(r->call, "label");
    const rep_study *s = &r->study;
    size_t found = 0;
    if (wanted == NULL)
        return LAT_OK;
    for (int side = 0; side < REP_SIDES; side++) {
        size_t all = concept_place(s, side, s->layer_count, 0);
        r->marked[side] = lat_new_array(all, sizeof(bool));
        if (r->marked[side] == NULL)
            return lat_error_memory(error, all);
    }
    for (size_t row = 0; row < r->labels.rows; row++) {
        const char *label = label_cell(r, row, "label");
        const char *family = label_cell(r, row, "family");
        size_t size = strlen(family), layer = 0;
        uint32_t concept_ = 0;
        int side = -1;
        bool same = strcmp(label, wanted) == 0 ||
                    (strncmp(wanted, family, size) == 0 &&
                     wanted[size] == '=' &&
                     strcmp(wanted + size + 1, label) == 0);
        if (!same || label_cell(r, row, "aligned")[0] != '1' ||
            !label_row(r, row, &side, &layer, &concept_))
            continue;
        r->marked[side][concept_place(s, side, layer, concept_)] = true;
        found++;
    }
    if (found == 0)
        cli_say(r->call, "no concept is aligned with the label '%s'",
                wanted);
    return LAT_OK;
}

static bool holds_word(const lat_concepts *all, size_t c, size_t word)
{
    for (size_t i = all->starts[c]; i < all->starts[c + 1]; i++)
        if (all->occurrences[i].word == word)
            return true;
    return false;
}

static bool wanted_concept(const reading *r, int side, size_t layer,
                           uint32_t c)
{
    const rep_layer *l = &r->study.layers[side][layer];
    const char *word = cli_text(r->call, "word");
    size_t size = l->concepts.starts[c + 1] - l->concepts.starts[c];
    if (size < cli_count(r->call, "min-size") ||
        (cli_given(r->call, "max-size") &&
         size > cli_count(r->call, "max-size")))
        return false;
    if (r->polarity == POLARITY_NONE && l->about[c].polarised >= 0)
        return false;
    if (r->polarity == POLARITY_ANY && l->about[c].polarised < 0)
        return false;
    if (r->polarity >= 0 && l->about[c].polarised != r->polarity)
        return false;
    if (r->marked[side] != NULL &&
        !r->marked[side][concept_place(&r->study, side, layer, c)])
        return false;
    if (word == NULL)
        return true;
    size_t number = lat_intern_find(l->concepts.words, word, strlen(word));
    return number != SIZE_MAX && holds_word(&l->concepts, c, number);
}

/* ---- The list ---------------------------------------------------------- */

static void put_number(lat_buffer *out, double value)
{
    if (!isnan(value))
        lat_buffer_number(out, value);
    lat_buffer_char(out, '\t');
}

static const char *class_text(const rep_study *s, int32_t number)
{
    return number < 0 ? "" : s->class_names[number];
}

static void list_row(reading *r, int side, const rep_layer *layer,
                     uint32_t c)
{
    const rep_concept *about = &layer->about[c];
    const lat_concepts *all = &layer->concepts;
    lat_buffer *out = &r->out;
    rep_word_count *words = NULL;
    lat_buffer_format(out, "%s\t%zu\t%llu\t%u\t%zu\t%s\t", side_name(side),
                      layer->number, (unsigned long long)all->ids[c],
                      all->types[c], all->starts[c + 1] - all->starts[c],
                      class_text(&r->study, about->majority));
    put_number(out, about->share);
    lat_buffer_format(out, "%s\t%s\t%s\t",
                      class_text(&r->study, about->polarised),
                      about->family == NULL ? "" : about->family,
                      about->label == NULL ? "" : about->label);
    put_number(out, about->label_share);
    lat_buffer_format(out, "%s\t", fate_text(about, side));
    if (about->has_match)
        lat_buffer_format(out, "%llu", (unsigned long long)about->match);
    lat_buffer_char(out, '\t');
    put_number(out, about->match_share);
    put_number(out, about->match_jaccard);
    size_t count = rep_concept_words(&words, out, all, c);
    for (size_t i = 0; i < count && i < WORDS_LISTED; i++) {
        size_t size = 0;
        const char *word = lat_intern_text(all->words, words[i].word, &size);
        lat_buffer_text(out, i == 0 ? "" : " ");
        lat_buffer_add(out, word, size);
    }
    lat_buffer_char(out, '\n');
    lat_free(words);
}

static void json_text(lat_json_writer *json, const char *key,
                      const char *text)
{
    lat_json_key(json, key);
    if (text == NULL || text[0] == '\0')
        lat_json_put_null(json);
    else
        lat_json_put_text(json, text);
}

static void json_count(lat_json_writer *json, const char *key,
                       uint64_t value)
{
    lat_json_key(json, key);
    lat_json_put_count(json, value);
}

static void json_number(lat_json_writer *json, const char *key, double value)
{
    lat_json_key(json, key);
    lat_json_put_number(json, value);
}

/* Members of a concept's object up to "share"; `most` words. */
static void json_facts(reading *r, int side, const rep_layer *layer,
                       uint32_t c, size_t most)
{
    const rep_concept *about = &layer->about[c];
    const lat_concepts *all = &layer->concepts;
    lat_json_writer *json = &r->json;
    rep_word_count *words = NULL;
    lat_json_key(json, "best");
    if (about->has_match)
        lat_json_put_count(json, about->match);
    else
        lat_json_put_null(json);
    json_number(json, "best_share", about->match_share);
    json_text(json, "class", class_text(&r->study, about->majority));
    json_count(json, "concept", all->ids[c]);
    json_text(json, "family", about->family);
    json_text(json, "fate", fate_text(about, side));
    json_number(json, "jaccard", about->match_jaccard);
    json_text(json, "label", about->label);
    json_number(json, "label_share", about->label_share);
    json_count(json, "layer", layer->number);
    json_count(json, "occurrences", all->starts[c + 1] - all->starts[c]);
    json_text(json, "polarised", class_text(&r->study, about->polarised));
    json_number(json, "share", about->share);
    json_text(json, "side", side_name(side));
    json_count(json, "types", all->types[c]);
    lat_json_key(json, "words");
    lat_json_open(json, '[');
    size_t count = rep_concept_words(&words, &r->out, all, c);
    for (size_t i = 0; i < count && i < most; i++) {
        size_t size = 0;
        const char *word = lat_intern_text(all->words, words[i].word, &size);
        lat_json_open(json, '[');
        lat_json_put_bytes(json, word, size);
        lat_json_put_count(json, words[i].count);
        lat_json_close(json, ']');
    }
    lat_json_close(json, ']');
    lat_free(words);
}

static void write_list(reading *r)
{
    const rep_study *s = &r->study;
    size_t listed = 0;
    bool json = cli_given(r->call, "json");
    if (json) {
        lat_json_begin(&r->json, &r->out, true);
        lat_json_open(&r->json, '{');
        lat_json_key(&r->json, "concepts");
        lat_json_open(&r->json, '[');
    } else {
        lat_buffer_text(&r->out,
                        "side\tlayer\tconcept\ttypes\toccurrences\tclass\t"
                        "share\tpolarised\tfamily\tlabel\tlabel_share\tfate\t"
                        "best\tbest_share\tjaccard\twords\n");
    }
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < s->layer_count; i++) {
            const rep_layer *layer = &s->layers[side][i];
            if ((r->side != REP_SIDES && r->side != side) || !r->layers[i])
                continue;
            for (uint32_t c = 0; c < layer->concepts.count; c++) {
                if (!wanted_concept(r, side, i, c))
                    continue;
                listed++;
                if (json) {
                    lat_json_open(&r->json, '{');
                    json_facts(r, side, layer, c, WORDS_LISTED);
                    lat_json_close(&r->json, '}');
                } else {
                    list_row(r, side, layer, c);
                }
            }
        }
    if (json) {
        lat_json_close(&r->json, ']');
        lat_json_close(&r->json, '}');
        lat_buffer_char(&r->out, '\n');
    }
    if (listed == 0)
        cli_say(r->call, "no concept fits what was asked for");
}

/* ---- One concept ------------------------------------------------------- */

/* Row of the cut's tree that joins the concept; SIZE_MAX without a tree. */
static size_t join_row(const rep_layer *layer, uint32_t node)
{
    for (size_t i = 0; layer->top != NULL && i + 1 < layer->concepts.count;
         i++)
        if (layer->top[i].left == node || layer->top[i].right == node)
            return i;
    return SIZE_MAX;
}

/* The concepts below the node that this one is joined with: a run in the
 * order of the leaves, from the leftmost to the rightmost. */
static void show_siblings(reading *r, int side, const rep_layer *layer,
                          uint32_t c)
{
    size_t row = join_row(layer, c), k = layer->concepts.count;
    if (row == SIZE_MAX)
        return;
    const lat_merge *top = layer->top;
    uint32_t first = top[row].left == c ? top[row].right : top[row].left;
    uint32_t last = first;
    while (first >= k)
        first = top[first - k].left;
    while (last >= k)
        last = top[last - k].right;
    for (uint32_t at = layer->about[first].leaf;
         at <= layer->about[last].leaf; at++) {
        uint64_t id = layer->concepts.ids[layer->order[at]];
        if (cli_given(r->call, "json")) {
            lat_json_put_count(&r->json, id);
            continue;
        }
        lat_buffer_format(&r->out, "sibling\t%s/%zu/%llu\t",
                          side_name(side), layer->number,
                          (unsigned long long)id);
        lat_buffer_number(&r->out, top[row].height);
        lat_buffer_text(&r->out, "\t\n");
    }
}

static void show_labels(reading *r, int side, size_t layer, uint32_t c)
{
    bool json = cli_given(r->call, "json");
    for (size_t row = 0; row < r->labels.rows; row++) {
        int row_side = -1;
        size_t row_layer = 0;
        uint32_t row_concept = 0;
        if (label_cell(r, row, "aligned")[0] != '1' ||
            !label_row(r, row, &row_side, &row_layer, &row_concept) ||
            row_side != side || row_layer != layer || row_concept != c)
            continue;
        if (json) {
            lat_json_open(&r->json, '{');
            json_text(&r->json, "family", label_cell(r, row, "family"));
            json_text(&r->json, "label", label_cell(r, row, "label"));
            json_text(&r->json, "rule", label_cell(r, row, "rule"));
            json_number(&r->json, "share",
                        rep_cell_number(&r->labels, row, "share"));
            lat_json_close(&r->json, '}');
            continue;
        }
        lat_buffer_format(&r->out, "label\t%s/%s\t%s\t%s\n",
                          label_cell(r, row, "family"),
                          label_cell(r, row, "rule"),
                          label_cell(r, row, "share"),
                          label_cell(r, row, "label"));
    }
}

static void show_sentences(reading *r, const rep_layer *layer, uint32_t c)
{
    const lat_concepts *all = &layer->concepts;
    uint64_t left = cli_count(r->call, "sentences");
    for (size_t i = all->starts[c]; i < all->starts[c + 1] && left > 0;
         i++, left--) {
        const lat_occurrence *o = &all->occurrences[i];
        const char *text = o->sentence < r->study.sentence_count
                               ? r->study.sentences[o->sentence].text : "";
        if (cli_given(r->call, "json")) {
            lat_json_open(&r->json, '{');
            lat_json_key(&r->json, "position");
            lat_json_put_number(&r->json, o->position);
            json_count(&r->json, "sentence", o->sentence);
            json_text(&r->json, "text", text);
            lat_json_close(&r->json, '}');
            continue;
        }
        lat_buffer_format(&r->out, "sentence\t%u\t%d\t", o->sentence,
                          (int)o->position);
        lat_buffer_text(&r->out, text);
        lat_buffer_char(&r->out, '\n');
    }
}

static void show_table(reading *r, int side, size_t i, uint32_t c)
{
    const rep_layer *layer = &r->study.layers[side][i];
    const rep_concept *about = &layer->about[c];
    const lat_concepts *all = &layer->concepts;
    lat_buffer *out = &r->out;
    rep_word_count *words = NULL;
    lat_buffer_format(out,
                      "part\tname\tvalue\ttext\nconcept\ttypes\t%u\t\n"
                      "concept\toccurrences\t%zu\t\n",
                      all->types[c], all->starts[c + 1] - all->starts[c]);
    for (size_t k = 0; k < r->study.classes; k++)
        lat_buffer_format(out, "class\t%s\t%u\t%s\n",
                          r->study.class_names[k], about->counts[k],
                          about->polarised == (int32_t)k ? "polarised" : "");
    if (about->has_match) {
        lat_buffer_format(out, "match\t%s/%zu/%llu\t", side_name(!side),
                          layer->number, (unsigned long long)about->match);
        lat_buffer_number(out, about->match_share);
        lat_buffer_format(out, "\t%s\n", fate_text(about, side));
    }
    show_siblings(r, side, layer, c);
    show_labels(r, side, i, c);
    size_t count = rep_concept_words(&words, out, all, c);
    for (size_t w = 0; w < count; w++) {
        size_t size = 0;
        const char *word = lat_intern_text(all->words, words[w].word, &size);
        lat_buffer_text(out, "word\t");
        lat_buffer_add(out, word, size);
        lat_buffer_format(out, "\t%u\t\n", words[w].count);
    }
    lat_free(words);
    show_sentences(r, layer, c);
}

static void show_json(reading *r, int side, size_t i, uint32_t c)
{
    const rep_layer *layer = &r->study.layers[side][i];
    const rep_concept *about = &layer->about[c];
    lat_json_writer *json = &r->json;
    lat_json_begin(json, &r->out, true);
    lat_json_open(json, '{');
    lat_json_key(json, "classes");
    lat_json_open(json, '[');
    for (size_t k = 0; k < r->study.classes; k++) {
        lat_json_open(json, '{');
        json_text(json, "class", r->study.class_names[k]);
        json_count(json, "occurrences", about->counts[k]);
        lat_json_close(json, '}');
    }
    lat_json_close(json, ']');
    lat_json_key(json, "concept");
    lat_json_open(json, '{');
    json_facts(r, side, layer, c, SIZE_MAX);
    lat_json_close(json, '}');
    lat_json_key(json, "labels");
    lat_json_open(json, '[');
    show_labels(r, side, i, c);
    lat_json_close(json, ']');
    lat_json_key(json, "sentences");
    lat_json_open(json, '[');
    show_sentences(r, layer, c);
    lat_json_close(json, ']');
    lat_json_key(json, "siblings");
    lat_json_open(json, '[');
    show_siblings(r, side, layer, c);
    lat_json_close(json, ']');
    lat_json_close(json, '}');
    lat_buffer_char(&r->out, '\n');
}

static lat_status show_one(reading *r, lat_error *error)
{
    const char *name = cli_text(r->call, "show");
    const char *first = strchr(name, '/');
    const char *second = first == NULL ? NULL : strchr(first + 1, '/');
    uint64_t number = 0, id = 0;
    int side = -1;
    if (second != NULL && (size_t)(first - name) == 4 &&
        memcmp(name, "base", 4) == 0)
        side = REP_BASE;
    if (second != NULL && (size_t)(first - name) == 5 &&
        memcmp(name, "tuned", 5) == 0)
        side = REP_TUNED;
    if (side < 0 ||
        !lat_integer_read(first + 1, (size_t)(second - first - 1),
                          &number) ||
        !lat_integer_read(second + 1, strlen(second + 1), &id))
        return lat_error_set(error, LAT_USAGE,
                             "--show is '%.60s', expected SIDE/LAYER/N such "
                             "as tuned/6/12",
                             name);
    size_t i = rep_layer_find(&r->study, number);
    if (i == r->study.layer_count) {
        char wanted[32];
        (void)snprintf(wanted, sizeof wanted, "%llu",
                       (unsigned long long)number);
        return no_layer(&r->study, wanted, error);
    }
    const lat_concepts *all = &r->study.layers[side][i].concepts;
    uint32_t c = lat_concepts_find(all, id);
    if (c == LAT_NO_CONCEPT)
        return lat_error_set(error, LAT_NOT_FOUND,
                             "the study has no concept %.60s; those of the "
                             "layer are %llu to %llu",
                             name, (unsigned long long)all->ids[0],
                             (unsigned long long)all->ids[all->count - 1]);
    if (r->study.layers[side][i].top == NULL)
        cli_say(r->call, "no sibling: the layer has no tree of its concepts "
                         "(the study's method is %s)",
                r->study.method);
    if (cli_given(r->call, "json"))
        show_json(r, side, i, c);
    else
        show_table(r, side, i, c);
    return LAT_OK;
}

static lat_status run(cli_call *call, lat_error *error)
{
    reading r = {.call = call, .folder = cli_argument(call, 0)};
    lat_status status = rep_study_read(&r.study, r.folder,
                                       cli_count(call, "k"), error);
    if (status == LAT_OK)
        status = read_filters(&r, error);
    if (status == LAT_OK &&
        !r.study.recut &&
        (cli_given(call, "label") || cli_given(call, "show")))
        status = rep_table_open(&r.labels, &r.has_labels, r.folder,
                                "align/human-concepts.tsv", error);
    if (status == LAT_OK)
        status = mark_label(&r, error);
    if (status == LAT_OK && cli_given(call, "show"))
        status = show_one(&r, error);
    else if (status == LAT_OK)
        write_list(&r);
    if (status == LAT_OK)
        status = cli_deliver(call, &r.out, error);
    for (int side = 0; side < REP_SIDES; side++)
        lat_free(r.marked[side]);
    lat_free(r.layers);
    lat_table_free(&r.labels);
    lat_buffer_free(&r.out);
    rep_study_free(&r.study);
    return status;
}

const cli_verb verb_concepts = {
    .name = "concepts",
    .summary = "lists the concepts of a study, or shows one",
    .forms = "latent concepts STUDY [--side base|tuned] [--layer LIST]\n"
             "    [--word W] [--label L] [--polarity CLASS]\n"
             "    [--min-size N] [--max-size N] [--json]\n"
             "latent concepts STUDY --show SIDE/LAYER/N [--json]",
    .examples = "latent concepts study --side tuned --layer 6 --polarity "
                "any\n"
                "latent concepts study --show tuned/6/12",
    .notes = "The list has a line for each concept: size, majority class, "
             "class it is polarised to,\nthe human-defined label that "
             "explains it best, fate, best match on the other side\nand its "
             "ten most frequent words.  --k cuts the study's trees at another "
             "number of concepts;\nlabels and matches, which are about its "
             "own, are then empty.",
    .options = options,
    .least = 1,
    .most = 1,
    .run = run};
