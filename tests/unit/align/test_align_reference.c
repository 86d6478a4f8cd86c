/*
 * test_align_reference.c - every number of the reference cases: overlap,
 * best match, human-defined labels, polarity, agreement, against our JSON,
 * field by field.
 */
#include "../../../align/align.h"
#include "compare_json.h"

#include <dirent.h>

/* One case folder, everything read. */
typedef struct reference {
    char path[600];
    const char *name;
    lat_arena arena;
    lat_map map;
    const lat_json *expected;
    lat_concepts base, tuned;
} reference;

static bool load(reference *ref, const char *folder, const char *name)
{
    lat_error error = {0};
    char file[700];

    memset(ref, 0, sizeof *ref);
    ref->name = name;
    snprintf(ref->path, sizeof ref->path, "%s/%s", folder, name);
    snprintf(file, sizeof file, "%s/expected.json", ref->path);
    if (lat_map_open(&ref->map, file, &error) == LAT_OK)
        lat_json_parse(&ref->expected, &ref->arena, ref->map.data,
                       ref->map.size, &error);
    snprintf(file, sizeof file, "%s/base.clusters", ref->path);
    if (error.code == LAT_OK)
        lat_concepts_read(&ref->base, file, &error);
    snprintf(file, sizeof file, "%s/tuned.clusters", ref->path);
    if (error.code == LAT_OK)
        lat_concepts_read(&ref->tuned, file, &error);
    CHECK_MSG(error.code == LAT_OK, "%s", lat_error_message(&error));
    return error.code == LAT_OK;
}

static void unload(reference *ref)
{
    lat_concepts_free(&ref->base);
    lat_concepts_free(&ref->tuned);
    lat_arena_free(&ref->arena);
    lat_map_close(&ref->map);
}

/* Parses what a writer made and compares. */
static void compare_text(const lat_buffer *text, const lat_json *want,
                         const char *path)
{
    lat_arena arena = {0};
    lat_error error = {0};
    const lat_json *got = NULL;

    CHECK(lat_buffer_status(text, &error) == LAT_OK);
    CHECK_MSG(lat_json_parse(&got, &arena, text->data, text->size,
                             &error) == LAT_OK, "%s: %s", path,
              lat_error_message(&error));
    if (got != NULL)
        compare_json(got, want, path, 1e-12);
    lat_arena_free(&arena);
}

/* ---- Overlap ------------------------------------------------------------- */

static void check_overlap(const reference *ref, const lat_json *want,
                          const lat_json *best)
{
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_overlap overlap = {0};
    lat_error error = {0};
    lat_buffer text = {0};
    lat_json_writer writer;
    char path[400];
    bool bad = false;

    options.unit = strcmp(lat_json_text(want, "unit", "", &bad), "types")
                       ? LAT_UNIT_OCCURRENCES : LAT_UNIT_TYPES;
    options.min_types = (uint32_t)lat_json_count(want, "min_types", 0, &bad);
    options.size_ratio = lat_json_number(want, "size_ratio", 0, &bad);
    options.permutations = 3;
    options.bootstraps = 2;
    CHECK(lat_overlap_run(&overlap, NULL, &ref->base, &ref->tuned, &options,
                          &error) == LAT_OK);
    lat_json_begin(&writer, &text, true);
    lat_overlap_json(&writer, &overlap, NULL);
    snprintf(path, sizeof path, "%s/overlap", ref->name);
    compare_text(&text, want, path);
    if (best != NULL) {
        lat_arena arena = {0};
        const lat_json *got = NULL;

        lat_json_parse(&got, &arena, text.data, text.size, &error);
        snprintf(path, sizeof path, "%s/best_match", ref->name);
        compare_json(lat_json_get(got, "best_match"), best, path, 1e-12);
        lat_arena_free(&arena);
    }
    lat_buffer_free(&text);
    lat_overlap_free(&overlap);
}

static void check_overlaps(const reference *ref)
{
    const lat_json *overlap = lat_json_get(ref->expected, "overlap");
    const lat_json *best = lat_json_get(ref->expected, "best_match");
    size_t i, k;

    for (i = 0; i < overlap->size; i++) {
        const lat_json *want = &overlap->items[i], *match = NULL;
        bool bad = false;
        const char *unit = lat_json_text(want, "unit", "", &bad);

        for (k = 0; k < best->size; k++)
            if (strcmp(lat_json_text(&best->items[k], "unit", "", &bad),
                       unit) == 0)
                match = &best->items[k];
        CHECK(match != NULL);
        check_overlap(ref, want, match);
    }
}

/* ---- Polarity ------------------------------------------------------------ */

static void check_polarity(const reference *ref, const lat_json *entry)
{
    static const char *const names[2] = {"gold", "predicted"};
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    lat_polarity polarity[2];
    lat_classes classes[2];
    lat_agreement agreement = {0};
    lat_error error = {0};
    lat_buffer text = {0};
    lat_json_writer writer;
    bool bad = false;
    const char *side = lat_json_text(entry, "clusters", "", &bad);
    const lat_concepts *concepts = strcmp(side, "base") == 0 ? &ref->base
                                                             : &ref->tuned;
    char file[700];
    int i;

    memset(polarity, 0, sizeof polarity);
    memset(classes, 0, sizeof classes);
    snprintf(file, sizeof file, "%s/classes.tsv", ref->path);
    options.permutations = options.bootstraps = 2;
    for (i = 0; i < 2; i++) {
        CHECK(lat_classes_read(&classes[i], file, names[i], &error) ==
              LAT_OK);
        CHECK(lat_polarity_run(&polarity[i], NULL, concepts, &classes[i],
                               &options, &error) == LAT_OK);
        lat_buffer_clear(&text);
        lat_json_begin(&writer, &text, true);
        lat_polarity_json(&writer, &polarity[i], NULL);
        snprintf(file, sizeof file, "%s/%s/%s", ref->name, side, names[i]);
        compare_text(&text, lat_json_get(entry, names[i]), file);
        snprintf(file, sizeof file, "%s/classes.tsv", ref->path);
    }
    CHECK(lat_agreement_run(&agreement, concepts, &classes[0], &classes[1],
                            &polarity[0], &polarity[1], &error) == LAT_OK);
    lat_buffer_clear(&text);
    lat_json_begin(&writer, &text, true);
    lat_agreement_json(&writer, &agreement);
    compare_text(&text, lat_json_get(entry, "agreement"), ref->name);
    for (i = 0; i < 2; i++) {
        lat_polarity_free(&polarity[i]);
        lat_classes_free(&classes[i]);
    }
    lat_agreement_free(&agreement);
    lat_buffer_free(&text);
}

/* ---- Human-defined concepts ---------------------------------------------- */

static void read_options(lat_human_options *out, const lat_json *entry)
{
    const lat_json *options = lat_json_get(entry, "options");
    bool bad = false;

    out->rule = strcmp(lat_json_text(entry, "rule", "", &bad), "type") == 0
                    ? LAT_RULE_TYPE : LAT_RULE_OCCURRENCE;
    out->theta = lat_json_text(options, "theta", NULL, &bad);
    out->max_unknown = lat_json_text(options, "max_unknown", "0.40", &bad);
    out->ngram = lat_json_flag(options, "ngram", false, &bad);
    out->ignore_unknown = lat_json_flag(options, "ignore_unknown", false,
                                        &bad);
    out->min_types = (uint32_t)lat_json_count(options, "min_types", 6, &bad);
    out->label_min = (uint32_t)lat_json_count(options, "label_min", 6, &bad);
    if (strcmp(lat_json_text(options, "share_unit", "", &bad),
               "occurrences") == 0)
        out->share_unit = LAT_UNIT_OCCURRENCES;
    if (strcmp(lat_json_text(options, "label_unit", "", &bad),
               "occurrences") == 0)
        out->label_unit = LAT_UNIT_OCCURRENCES;
    CHECK(!bad);
}

static void check_human(const reference *ref, const lat_text *text,
                        const lat_json *entry)
{
    lat_human_options options = LAT_HUMAN_OPTIONS;
    lat_label_options how = LAT_LABEL_OPTIONS;
    lat_labels labels = {0};
    lat_human human;
    lat_error error = {0};
    lat_buffer out = {0};
    lat_json_writer writer;
    bool bad = false;
    const char *family = lat_json_text(entry, "family", "", &bad);
    const char *side = lat_json_text(entry, "clusters", "", &bad);
    char file[700];

    memset(&human, 0, sizeof human);
    read_options(&options, entry);
    options.permutations = options.bootstraps = 2;
    snprintf(file, sizeof file, "%s/labels.%s.txt", ref->path, family);
    CHECK(lat_labels_open(&labels, text, family, file, &how, &error) ==
          LAT_OK);
    CHECK_MSG(lat_human_run(&human, NULL,
                            strcmp(side, "base") ? &ref->tuned : &ref->base,
                            text, &labels, &options, &error) == LAT_OK,
              "%s", lat_error_message(&error));
    lat_json_begin(&writer, &out, true);
    lat_human_json(&writer, &human, side, NULL);
    snprintf(file, sizeof file, "%s/%s/%s/%s%s%s", ref->name, side, family,
             options.rule == LAT_RULE_TYPE ? "type" : "occurrence",
             options.ngram ? "/ngram" : "",
             options.ignore_unknown ? "/ignore" : "");
    compare_text(&out, entry, file);
    lat_buffer_free(&out);
    lat_human_free(&human);
    lat_labels_free(&labels);
}

static void check_humans(const reference *ref)
{
    const lat_json *human = lat_json_get(ref->expected, "human");
    lat_text text = {0};
    lat_error error = {0};
    char file[700];
    size_t i;

    snprintf(file, sizeof file, "%s/text.in", ref->path);
    CHECK(lat_text_read(&text, file, &error) == LAT_OK);
    CHECK(text.size ==
          (size_t)lat_json_get(ref->expected, "words_text")->whole);
    for (i = 0; i < human->size; i++)
        check_human(ref, &text, &human->items[i]);
    lat_text_free(&text);
}

static void check_case(const char *folder, const char *name)
{
    reference ref;
    size_t i;

    if (load(&ref, folder, name)) {
        const lat_json *polarity = lat_json_get(ref.expected, "polarity");

        check_overlaps(&ref);
        check_humans(&ref);
        for (i = 0; i < polarity->size; i++)
            check_polarity(&ref, &polarity->items[i]);
    }
    unload(&ref);
}

int main(void)
{
    const char *shared = harness_shared();
    struct dirent *entry;
    char folder[256];
    size_t cases = 0;
    DIR *all;

    if (shared == NULL)
        return harness_end("test_align_reference");
    snprintf(folder, sizeof folder, "%s/fixtures/align", shared);
    all = opendir(folder);
    CHECK(all != NULL);
    while (all != NULL && (entry = readdir(all)) != NULL)
        if (strchr(entry->d_name, '-') != NULL) {
            check_case(folder, entry->d_name);
            cases++;
        }
    if (all != NULL)
        closedir(all);
    CHECK(cases >= 17);
    return harness_end("test_align_reference");
}
