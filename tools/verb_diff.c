/*
 * verb_diff.c - two studies side by side: what was set otherwise, what came
 * out otherwise.
 *
 *     part      side   layer  measure                 first  second
 *     option                  k                       600    300
 *     align            6      tuned_to_base_percent   41.2   44.0
 *     polarity  tuned  6      percent                 12.1   9.8
 *     label     tuned  6      suffix/type             8.3    9.1
 *     concepts  tuned  6      kept                           412
 *
 * The part "concepts" compares the concepts themselves, the first study's as
 * the base: fates at the first study's theta, by types.
 */
#include "report_diff_int.h"
#include "verbs_int.h"

#include <math.h>
#include <string.h>

static const cli_option options[] = {
    {"all", 0, CLI_FLAG, NULL, "also what is equal in both", NULL},
    {"json", 0, CLI_FLAG, NULL, "a JSON list of the lines", NULL},
    {"out", 'o', CLI_TEXT, "FILE", "where the table goes", "-"},
    {0}};

enum { STUDIES = 2 };

typedef struct comparing {
    cli_call *call;
    rep_study studies[STUDIES];
    bool json;
    lat_buffer out;
    lat_json_writer writer;
} comparing;

/* ---- Lines ------------------------------------------------------------- */

typedef struct diff_line {
    const char *part, *side; /* side NULL: none */
    size_t layer;            /* SIZE_MAX: none */
    const char *measure;
} diff_line;

static void put_cell(comparing *c, const char *key, const char *text,
                     bool number)
{
    if (!c->json) {
        lat_buffer_char(&c->out, '\t');
        lat_buffer_text(&c->out, text == NULL ? "" : text);
        return;
    }
    double value = 0;
    lat_json_key(&c->writer, key);
    if (text == NULL || text[0] == '\0')
        lat_json_put_null(&c->writer);
    else if (number && lat_number_read(text, strlen(text), &value))
        lat_json_put_number(&c->writer, value);
    else
        lat_json_put_text(&c->writer, text);
}

/* In sorted order of the keys, which is not that of the columns. */
static void put_json(comparing *c, const diff_line *line, const char *first,
                     const char *second, bool number)
{
    lat_json_open(&c->writer, '{');
    put_cell(c, "first", first, number);
    lat_json_key(&c->writer, "layer");
    if (line->layer == SIZE_MAX)
        lat_json_put_null(&c->writer);
    else
        lat_json_put_count(&c->writer, line->layer);
    put_cell(c, "measure", line->measure, false);
    put_cell(c, "part", line->part, false);
    put_cell(c, "second", second, number);
    put_cell(c, "side", line->side, false);
    lat_json_close(&c->writer, '}');
}

static void put_line(comparing *c, const diff_line *line, const char *first,
                     const char *second, bool number)
{
    const char *a = first == NULL ? "" : first;
    const char *b = second == NULL ? "" : second;
    if (strcmp(a, b) == 0 && !cli_given(c->call, "all"))
        return;
    if (c->json) {
        put_json(c, line, first, second, number);
        return;
    }
    lat_buffer_format(&c->out, "%s\t%s\t", line->part,
                      line->side == NULL ? "" : line->side);
    if (line->layer != SIZE_MAX)
        lat_buffer_format(&c->out, "%zu", line->layer);
    put_cell(c, NULL, line->measure, false);
    put_cell(c, NULL, first, number);
    put_cell(c, NULL, second, number);
    lat_buffer_char(&c->out, '\n');
}

static void put_numbers(comparing *c, const diff_line *line, double first,
                        double second)
{
    char a[LAT_NUMBER_TEXT] = "", b[LAT_NUMBER_TEXT] = "";
    if (!isnan(first))
        (void)lat_number_text(first, a);
    if (!isnan(second))
        (void)lat_number_text(second, b);
    put_line(c, line, a, b, true);
}

/* ---- Options and inputs ------------------------------------------------ */

/* What an option was in a study that is older than it: its default, which is
 * what such a study did.  NULL when it is no option. */
static const char *before_it_was(const char *name)
{
    for (const cli_option *o = verb_run.options; o->name != NULL; o++) {
        size_t i = 0;
        while (o->name[i] != '\0' &&
               (o->name[i] == name[i] ||
                (o->name[i] == '-' && name[i] == '_')))
            i++;
        if (o->name[i] != '\0' || name[i] != '\0')
            continue;
        if (o->kind == CLI_FLAG)
            return "false";
        if (o->kind == CLI_MANY)
            return "none";
        return o->fallback == NULL ? "none" : o->fallback;
    }
    return NULL;
}

static void put_facts(comparing *c)
{
    const rep_study *a = &c->studies[0], *b = &c->studies[1];
    diff_line line = {"option", NULL, SIZE_MAX, NULL};
    for (size_t i = 0; i < a->fact_count; i++) {
        const char *other = rep_same_fact(a, i, b);
        line.measure = a->facts[i].name;
        put_line(c, &line, a->facts[i].value,
                 other == NULL ? before_it_was(line.measure) : other, false);
    }
    for (size_t i = 0; i < b->fact_count; i++) {
        line.measure = b->facts[i].name;
        if (rep_same_fact(b, i, a) == NULL)
            put_line(c, &line, before_it_was(line.measure),
                     b->facts[i].value, false);
    }
}

/* ---- Layer by layer ---------------------------------------------------- */

/* Both places of a layer number; false when the second study lacks it. */
static bool both_layers(const comparing *c, size_t first, size_t *second)
{
    const rep_study *b = &c->studies[1];
    *second = rep_layer_find(
        b, c->studies[0].layers[REP_BASE][first].number);
    return *second < b->layer_count;
}

static void put_align(comparing *c)
{
    const rep_study *a = &c->studies[0], *b = &c->studies[1];
    for (size_t i = 0; i < a->layer_count; i++) {
        size_t j = 0;
        if (!both_layers(c, i, &j) || !a->has_pairs || !b->has_pairs)
            continue;
        const rep_pair *x = &a->pairs[i * a->layer_count + i];
        const rep_pair *y = &b->pairs[j * b->layer_count + j];
        diff_line line = {"align", NULL, a->layers[REP_BASE][i].number,
                          "tuned_to_base_percent"};
        put_numbers(c, &line, x->tuned_to_base.value,
                    y->tuned_to_base.value);
        line.measure = "base_to_tuned_percent";
        put_numbers(c, &line, x->base_to_tuned.value,
                    y->base_to_tuned.value);
        line.measure = "cka";
        put_numbers(c, &line, x->cka, y->cka);
    }
}

static void put_polarity(comparing *c)
{
    const rep_study *a = &c->studies[0], *b = &c->studies[1];
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0; i < a->layer_count; i++) {
            size_t j = 0;
            if (!both_layers(c, i, &j))
                continue;
            const rep_layer *x = &a->layers[side][i];
            const rep_layer *y = &b->layers[side][j];
            diff_line line = {"polarity", side == REP_BASE ? "base" : "tuned",
                              x->number, "percent"};
            put_numbers(c, &line, x->polarised.value, y->polarised.value);
            line.measure = "concepts_polarised";
            put_numbers(c, &line, (double)x->polarised_count,
                        (double)y->polarised_count);
        }
}

static lat_status put_labels(comparing *c, lat_error *error)
{
    const rep_study *a = &c->studies[0];
    for (size_t f = 0; f < a->family_count; f++) {
        const rep_family *x = &a->families[f];
        const rep_family *y = rep_find_family(&c->studies[1], x->name,
                                              x->rule);
        char *name = lat_format("%s/%s", x->name, x->rule);
        if (name == NULL)
            return lat_error_memory(error, strlen(x->name) + 16);
        for (int side = 0; side < REP_SIDES && y != NULL; side++)
            for (size_t i = 0; i < a->layer_count; i++) {
                size_t j = 0;
                diff_line line = {"label",
                                  side == REP_BASE ? "base" : "tuned",
                                  a->layers[side][i].number, name};
                if (both_layers(c, i, &j))
                    put_numbers(c, &line, x->aligned[side][i].value,
                                y->aligned[side][j].value);
            }
        lat_free(name);
    }
    return LAT_OK;
}

/* ---- The concepts themselves ------------------------------------------- */

static lat_status put_fates(comparing *c, int side, size_t i, size_t j,
                            lat_error *error)
{
    const rep_layer *x = &c->studies[0].layers[side][i];
    const rep_layer *y = &c->studies[1].layers[side][j];
    diff_line line = {"concepts", side == REP_BASE ? "base" : "tuned",
                      x->number, "concepts"};
    lat_overlap overlap = {0};
    lat_overlap_options how = LAT_OVERLAP_OPTIONS;
    how.min_types = c->studies[0].min_types;
    how.thetas = c->studies[0].theta.text;
    how.permutations = 0;
    lat_status status =
        lat_overlap_run(&overlap, cli_pool(c->call), &x->concepts,
                        &y->concepts, &how, error);
    if (status != LAT_OK)
        return status;
    put_numbers(c, &line, (double)overlap.base_count,
                (double)overlap.tuned_count);
    line.measure = "counted";
    put_numbers(c, &line, (double)overlap.base_counted,
                (double)overlap.tuned_counted);
    for (int fate = 0; fate < LAT_FATE_NONE; fate++) {
        line.measure = fate == LAT_FATE_GONE
                           ? "lost_or_new"
                           : lat_fate_name((lat_fate)fate, true);
        put_numbers(c, &line, (double)overlap.rows[0].fates_base[fate],
                    (double)overlap.rows[0].fates_tuned[fate]);
    }
    lat_overlap_free(&overlap);
    return LAT_OK;
}

static lat_status put_concepts(comparing *c, lat_error *error)
{
    lat_status status = LAT_OK;
    for (int side = 0; side < REP_SIDES; side++)
        for (size_t i = 0;
             i < c->studies[0].layer_count && status == LAT_OK; i++) {
            size_t j = 0;
            if (both_layers(c, i, &j))
                status = put_fates(c, side, i, j, error);
        }
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    comparing c = {.call = call, .json = cli_given(call, "json")};
    lat_status status = LAT_OK;
    for (size_t s = 0; s < STUDIES && status == LAT_OK; s++)
        status = rep_study_read(&c.studies[s], cli_argument(call, s), 0,
                                error);
    if (status == LAT_OK && c.json) {
        lat_json_begin(&c.writer, &c.out, true);
        lat_json_open(&c.writer, '[');
    } else {
        lat_buffer_text(&c.out,
                        "part\tside\tlayer\tmeasure\tfirst\tsecond\n");
    }
    if (status == LAT_OK) {
        put_facts(&c);
        put_align(&c);
        put_polarity(&c);
        status = put_labels(&c, error);
    }
    if (status == LAT_OK)
        status = put_concepts(&c, error);
    if (status == LAT_OK && c.json) {
        lat_json_close(&c.writer, ']');
        lat_buffer_char(&c.out, '\n');
    }
    if (status == LAT_OK)
        status = cli_deliver(call, &c.out, error);
    lat_buffer_free(&c.out);
    for (size_t s = 0; s < STUDIES; s++)
        rep_study_free(&c.studies[s]);
    return status;
}

const cli_verb verb_diff = {
    .name = "diff",
    .summary = "two studies side by side",
    .forms = "latent diff STUDY STUDY [--all] [--json] [-o FILE]",
    .examples = "latent diff study-600 study-300\n"
                "latent diff study-sst2 study-hate --all -o diff.tsv",
    .notes = "A line for each option, percentage and count that differs.  "
             "Layers that both studies\nhave are compared: equal layers of "
             "base and tuned (align), concepts polarised\n(polarity), "
             "concepts with a human-defined label (label), and the first "
             "study's\nconcepts against the second one's by types "
             "(concepts).",
    .options = options,
    .least = 2,
    .most = 2,
    .run = run};
