/*
 * test_align_tables.c - every table has as many cells in each line as its
 * header, whatever the text; JSON keys are sorted, with the caller's own
 * members among them.
 */
#include "../../../align/align.h"
#include "../../harness.h"

#define GOOD "tests/fixtures/align/good/"

static lat_error error;

/* Lines with the header's number of tabs; the header counts. */
static size_t check_cells(const lat_buffer *table, const char *name)
{
    size_t i, tabs = 0, first = SIZE_MAX, lines = 0;

    CHECK(lat_buffer_status(table, &error) == LAT_OK);
    for (i = 0; i < table->size; i++) {
        tabs += table->data[i] == '\t';
        if (table->data[i] != '\n')
            continue;
        if (first == SIZE_MAX)
            first = tabs;
        CHECK_MSG(tabs == first, "%s, line %lu: %lu tabs, expected %lu",
                  name, (unsigned long)lines, (unsigned long)tabs,
                  (unsigned long)first);
        tabs = 0;
        lines++;
    }
    return lines;
}

static void check_keys(const lat_json *value, const char *name)
{
    size_t i;

    for (i = 0; i < value->size && value->type >= LAT_JSON_ARRAY; i++) {
        if (value->type == LAT_JSON_OBJECT && i > 0)
            CHECK_MSG(strcmp(value->items[i - 1].key,
                             value->items[i].key) < 0,
                      "%s: \"%s\" before \"%s\"", name,
                      value->items[i - 1].key, value->items[i].key);
        check_keys(&value->items[i], name);
    }
}

static void put_text(lat_json_writer *writer, const void *context)
{
    lat_json_put_text(writer, context);
}

static const lat_json_extra extra[] = {
    {"aaa", put_text, "first"}, {"provenance", put_text, "middle"},
    {"zzz", put_text, "last"}, {NULL, NULL, NULL}};

/* Parses, looks at all keys and for the three members of `extra`. */
static void check_object(lat_buffer *text, const char *name)
{
    lat_arena arena = {0};
    const lat_json *value = NULL;
    size_t i;

    CHECK_MSG(lat_json_parse(&value, &arena, text->data, text->size,
                             &error) == LAT_OK, "%s: %s", name,
              lat_error_message(&error));
    if (value != NULL) {
        check_keys(value, name);
        for (i = 0; extra[i].key != NULL; i++) {
            const lat_json *found = lat_json_get(value, extra[i].key);

            CHECK(found != NULL && found->type == LAT_JSON_STRING &&
                  strcmp(found->string, extra[i].context) == 0);
        }
    }
    lat_arena_free(&arena);
    lat_buffer_clear(text);
}

static void check_overlap(const lat_concepts *concepts)
{
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_overlap overlap;
    lat_buffer text = {0};
    lat_json_writer writer;

    options.min_types = 2;
    options.permutations = options.bootstraps = 2;
    CHECK(lat_overlap_run(&overlap, NULL, concepts, concepts, &options,
                          &error) == LAT_OK);
    lat_overlap_tsv_header(&text, "i\tj\t");
    lat_overlap_tsv(&text, &overlap, "3\t4\t");
    CHECK(check_cells(&text, "overlap") == 12);
    lat_buffer_clear(&text);
    lat_overlap_matches_tsv_header(&text, "");
    lat_overlap_matches_tsv(&text, &overlap, &overlap.thetas.items[8], "");
    CHECK(check_cells(&text, "matches") == 1 + 2 * concepts->count);
    lat_buffer_clear(&text);
    lat_json_begin(&writer, &text, false);
    lat_overlap_json(&writer, &overlap, extra);
    check_object(&text, "overlap");
    lat_buffer_free(&text);
    lat_overlap_free(&overlap);
}

static void check_human(const lat_concepts *concepts, lat_rule rule)
{
    lat_human_options options = LAT_HUMAN_OPTIONS;
    lat_label_options how = LAT_LABEL_OPTIONS;
    lat_text words;
    lat_labels labels;
    lat_human human;
    lat_buffer text = {0};
    lat_json_writer writer;

    options.rule = rule;
    options.label_min = options.min_types = 1;
    options.permutations = options.bootstraps = 2;
    CHECK(lat_text_read(&words, GOOD "text.in", &error) == LAT_OK);
    /* A family whose name holds a tab must not break the tables. */
    CHECK(lat_labels_open(&labels, &words, "p\tos", GOOD "lines.labels",
                          &how, &error) == LAT_OK);
    CHECK(lat_human_run(&human, NULL, concepts, &words, &labels, &options,
                        &error) == LAT_OK);
    lat_human_tsv_header(&text, "layer\t");
    lat_human_tsv(&text, &human, "0\t");
    CHECK(check_cells(&text, "human") == 2);
    lat_buffer_clear(&text);
    lat_human_concepts_tsv_header(&text, "layer\t");
    lat_human_concepts_tsv(&text, &human, "0\t");
    CHECK(check_cells(&text, "human concepts") == 1 + concepts->count);
    lat_buffer_clear(&text);
    lat_json_begin(&writer, &text, true);
    lat_human_json(&writer, &human, "base", extra);
    check_object(&text, "human");
    lat_buffer_free(&text);
    lat_human_free(&human);
    lat_labels_free(&labels);
    lat_text_free(&words);
}

static void check_polarity(const lat_concepts *concepts)
{
    static const int32_t of[3] = {1, -1, 0};
    static const char *const names[2] = {"a\tb", "c"};
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    lat_classes classes;
    lat_polarity polarity;
    lat_buffer text = {0};
    lat_json_writer writer;

    options.min_types = 2;
    options.permutations = options.bootstraps = 2;
    CHECK(lat_classes_make(&classes, of, 3, names, 2, &error) == LAT_OK);
    CHECK(lat_polarity_run(&polarity, NULL, concepts, &classes, &options,
                           &error) == LAT_OK);
    CHECK(polarity.unclassed == 1 && polarity.population == 6 &&
          polarity.sentences_unclassed == 1);
    lat_polarity_tsv_header(&text, "");
    lat_polarity_tsv(&text, &polarity, "");
    CHECK(check_cells(&text, "polarity") == 1 + 11 * 2);
    lat_buffer_clear(&text);
    lat_polarity_concepts_tsv_header(&text, "");
    lat_polarity_concepts_tsv(&text, &polarity, "");
    CHECK(check_cells(&text, "polarity concepts") == 1 + concepts->count);
    lat_buffer_clear(&text);
    lat_json_begin(&writer, &text, true);
    lat_polarity_json(&writer, &polarity, extra);
    check_object(&text, "polarity");
    lat_buffer_free(&text);
    lat_polarity_free(&polarity);
    lat_classes_free(&classes);
}

int main(void)
{
    lat_concepts concepts;

    CHECK(lat_concepts_read(&concepts, GOOD "three.clusters", &error) ==
          LAT_OK);
    check_overlap(&concepts);
    check_human(&concepts, LAT_RULE_OCCURRENCE);
    check_human(&concepts, LAT_RULE_TYPE);
    check_polarity(&concepts);
    lat_concepts_free(&concepts);
    return harness_end("test_align_tables");
}
