/*
 * test_align_oracle.c - 500 random small cases against the brute force of
 * tests/oracle/align_oracle.py: both directions of overlap, fates, both
 * rules for labels, polarity with its tails.
 */
#include "../../../align/align.h"
#include "compare_json.h"

#define CASES "tests/oracle/align-cases.jsonl"

/* One line of the file, turned into what the library takes. */
typedef struct small_case {
    char name[32];
    const lat_json *value, *options, *want;
    lat_text text;
    lat_concepts base, tuned;
    lat_labels labels;
    lat_classes classes;
    char thetas[64];
} small_case;

static const char *text_of(const lat_json *object, const char *key)
{
    bool bad = false;
    const char *text = lat_json_text(object, key, "", &bad);

    CHECK(!bad && *text != '\0');
    return text;
}

static lat_unit unit_of(const lat_json *object, const char *key)
{
    return strcmp(text_of(object, key), "types") == 0
               ? LAT_UNIT_TYPES : LAT_UNIT_OCCURRENCES;
}

static uint32_t count_of(const lat_json *object, const char *key)
{
    const lat_json *value = lat_json_get(object, key);

    CHECK(value != NULL && value->integer);
    return value == NULL ? 0 : (uint32_t)value->whole;
}

static void read_text(small_case *out, lat_error *error)
{
    const lat_json *lines = lat_json_get(out->value, "text");
    const char *words[16];
    size_t s, i;

    for (s = 0; s < lines->size; s++) {
        const lat_json *line = &lines->items[s];

        for (i = 0; i < line->size; i++)
            words[i] = line->items[i].string;
        CHECK(lat_text_add(&out->text, words, line->size, error) == LAT_OK);
    }
}

/* Through the cluster file's form, as the command line would. */
static void read_side(lat_concepts *out, const small_case *from,
                      const char *side, lat_error *error)
{
    const lat_json *members = lat_json_get(from->value, side);
    lat_buffer file = {0};
    size_t i;

    for (i = 0; i < members->size; i++) {
        const lat_json *at = members->items[i].items;
        size_t place = from->text.starts[at[0].whole] + (size_t)at[1].whole;

        lat_buffer_format(&file, "%s|||1|||%d|||%d|||%d\n",
                          lat_intern_text(from->text.set,
                                          from->text.words[place], NULL),
                          (int)at[0].whole, (int)at[1].whole,
                          (int)at[2].whole);
    }
    CHECK(lat_concepts_parse(out, file.data, file.size, error) == LAT_OK);
    lat_buffer_free(&file);
}

static void read_labels(small_case *out, lat_error *error)
{
    const lat_json *lines = lat_json_get(out->value, "labels");
    const char *labels[64];
    size_t s, i, n = 0;

    for (s = 0; s < lines->size; s++)
        for (i = 0; i < lines->items[s].size; i++)
            labels[n++] = lines->items[s].items[i].string;
    CHECK(lat_labels_make(&out->labels, &out->text, "f", labels, error) ==
          LAT_OK);
}

static void read_classes(small_case *out, lat_error *error)
{
    const lat_json *list = lat_json_get(out->value, "classes");
    int32_t of[16];
    size_t i;

    for (i = 0; i < list->size; i++)
        of[i] = (int32_t)list->items[i].whole;
    CHECK(lat_classes_make(&out->classes, of, list->size, NULL,
                           count_of(out->value, "class_count"), error) ==
          LAT_OK);
}

static void load(small_case *out, const lat_json *value)
{
    const lat_json *thetas;
    lat_error error = {0};
    size_t i;

    memset(out, 0, sizeof *out);
    out->value = value;
    out->options = lat_json_get(value, "options");
    out->want = lat_json_get(value, "want");
    snprintf(out->name, sizeof out->name, "seed %u",
             count_of(value, "seed"));
    thetas = lat_json_get(out->options, "thetas");
    for (i = 0; i < thetas->size; i++) {
        strncat(out->thetas, i > 0 ? "," : "", 2);
        strncat(out->thetas, thetas->items[i].string, 8);
    }
    read_text(out, &error);
    read_side(&out->base, out, "base", &error);
    read_side(&out->tuned, out, "tuned", &error);
    read_labels(out, &error);
    read_classes(out, &error);
    CHECK_MSG(error.code == LAT_OK, "%s: %s", out->name,
              lat_error_message(&error));
}

static void unload(small_case *from)
{
    lat_text_free(&from->text);
    lat_concepts_free(&from->base);
    lat_concepts_free(&from->tuned);
    lat_labels_free(&from->labels);
    lat_classes_free(&from->classes);
}

static void compare(lat_buffer *text, const small_case *from,
                    const char *part)
{
    lat_arena arena = {0};
    lat_error error = {0};
    const lat_json *got = NULL;
    char path[64];

    snprintf(path, sizeof path, "%s/%s", from->name, part);
    CHECK(lat_json_parse(&got, &arena, text->data, text->size, &error) ==
          LAT_OK);
    compare_json(got, lat_json_get(from->want, part), path, 1e-12);
    lat_arena_free(&arena);
    lat_buffer_clear(text);
}

static void check_overlap(const small_case *from, lat_buffer *text)
{
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_overlap overlap = {0};
    lat_json_writer writer;
    lat_error error = {0};
    lat_theta ratio;

    options.unit = unit_of(from->options, "unit");
    options.min_types = count_of(from->options, "min_types");
    CHECK(lat_theta_read(&ratio, text_of(from->options, "size_ratio"),
                         &error) == LAT_OK);
    options.size_ratio = ratio.value;
    options.thetas = from->thetas;
    options.permutations = options.bootstraps = 1;
    CHECK(lat_overlap_run(&overlap, NULL, &from->base, &from->tuned,
                          &options, &error) == LAT_OK);
    lat_json_begin(&writer, text, true);
    lat_overlap_json(&writer, &overlap, NULL);
    compare(text, from, "overlap");
    lat_overlap_free(&overlap);
}

static void check_human(const small_case *from, const lat_concepts *side,
                        const char *part, lat_buffer *text)
{
    bool by_types = strcmp(part, "occurrence") != 0, bad = false;
    const lat_json *o = lat_json_get(from->options,
                                     by_types ? "type" : "occurrence");
    lat_human_options options = LAT_HUMAN_OPTIONS;
    lat_human human;
    lat_json_writer writer;
    lat_error error = {0};

    options.theta = text_of(o, "theta");
    options.thetas = from->thetas;
    options.permutations = options.bootstraps = 1;
    if (by_types) {
        options.rule = LAT_RULE_TYPE;
        options.min_types = count_of(o, "min_types");
        options.label_min = count_of(o, "label_min");
        options.share_unit = unit_of(o, "share_unit");
        options.label_unit = unit_of(o, "label_unit");
        options.last_only = strcmp(part, "last") == 0;
    } else {
        options.max_unknown = text_of(o, "max_unknown");
        options.ngram = lat_json_flag(o, "ngram", false, &bad);
        options.ignore_unknown = lat_json_flag(o, "ignore_unknown", false,
                                               &bad);
    }
    CHECK(lat_human_run(&human, NULL, side, &from->text, &from->labels,
                        &options, &error) == LAT_OK);
    lat_json_begin(&writer, text, true);
    lat_human_json(&writer, &human, NULL, NULL);
    compare(text, from, part);
    lat_human_free(&human);
}

static void check_polarity(const small_case *from, const lat_concepts *side,
                           lat_buffer *text)
{
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    lat_polarity polarity;
    lat_json_writer writer;
    lat_error error = {0};

    options.min_types = count_of(from->options, "min_types");
    options.thetas = from->thetas;
    options.permutations = options.bootstraps = 1;
    CHECK(lat_polarity_run(&polarity, NULL, side, &from->classes, &options,
                           &error) == LAT_OK);
    lat_json_begin(&writer, text, true);
    lat_polarity_json(&writer, &polarity, NULL);
    compare(text, from, "polarity");
    lat_polarity_free(&polarity);
}

static void check_case(const lat_json *value, lat_buffer *text)
{
    small_case from;
    const lat_concepts *side;

    load(&from, value);
    side = count_of(value, "seed") % 2 ? &from.tuned : &from.base;
    check_overlap(&from, text);
    check_human(&from, side, "occurrence", text);
    check_human(&from, side, "type", text);
    check_human(&from, side, "last", text);
    check_polarity(&from, side, text);
    unload(&from);
}

int main(void)
{
    lat_lines lines = {0};
    lat_error error = {0};
    lat_buffer text = {0};
    size_t i;

    CHECK_MSG(lat_lines_open(&lines, CASES, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    CHECK(lines.count == 500);
    for (i = 0; i < lines.count; i++) {
        lat_arena arena = {0};
        const lat_json *value = NULL;

        CHECK(lat_json_parse(&value, &arena, lines.text[i], lines.size[i],
                             &error) == LAT_OK);
        if (value != NULL)
            check_case(value, &text);
        lat_arena_free(&arena);
    }
    lat_buffer_free(&text);
    lat_lines_free(&lines);
    return harness_end("test_align_oracle");
}
