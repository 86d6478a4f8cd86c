/*
 * test_align_torture.c - every allocation of the room failing in turn: each
 * time LAT_NO_MEMORY, an empty output, and not a byte kept.
 */
#include "../../../align/align.h"
#include "../../harness.h"

#define GOOD "tests/fixtures/align/good/"

static lat_text text;
static lat_concepts clusters;
static lat_classes classes;
static lat_labels family;

typedef lat_status step(lat_error *error);

static lat_status read_clusters(lat_error *error)
{
    lat_concepts out;
    lat_status status = lat_concepts_read(&out, GOOD "three.clusters",
                                          error);

    if (status != LAT_OK)
        CHECK(out.occurrences == NULL && out.words == NULL);
    lat_concepts_free(&out);
    return status;
}

static lat_status read_text(lat_error *error)
{
    lat_text out;
    lat_status status = lat_text_read(&out, GOOD "text.conllu", error);

    lat_text_free(&out);
    return status;
}

static lat_status read_classes(lat_error *error)
{
    lat_classes out;
    lat_status status = lat_classes_read(&out, GOOD "names.csv", NULL,
                                         error);

    lat_classes_free(&out);
    return status;
}

static lat_status read_labels(const char *path, lat_error *error)
{
    lat_label_options options = LAT_LABEL_OPTIONS;
    lat_labels out;
    lat_status status;

    options.fold_case = true;
    status = lat_labels_open(&out, &text, "f", path, &options, error);
    if (status != LAT_OK)
        CHECK(out.starts == NULL && out.names == NULL);
    lat_labels_free(&out);
    return status;
}

static lat_status read_lines(lat_error *error)
{
    return read_labels(GOOD "lines.labels", error);
}

static lat_status read_json(lat_error *error)
{
    return read_labels(GOOD "lists.json", error);
}

static lat_status read_conll(lat_error *error)
{
    return read_labels(GOOD "text.conll", error);
}

static lat_status read_lists(lat_error *error)
{
    return read_labels(GOOD "lists", error);
}

static lat_status read_dic(lat_error *error)
{
    return read_labels(GOOD "words.dic", error);
}

static lat_status read_wordnet(lat_error *error)
{
    return read_labels(GOOD "wordnet", error);
}

static lat_status built_in(lat_error *error)
{
    const lat_labeller *all = lat_labeller_list();
    uint32_t pieces[12] = {1, 2, 3, 4, 5, 6, 0, 1, 1, 1, 1, 1};
    lat_status status = LAT_OK;

    for (; all->name != NULL && status == LAT_OK; all++) {
        lat_labels out;

        status = lat_labels_builtin(&out, &text, all->name, pieces, error);
        lat_labels_free(&out);
    }
    return status;
}

static lat_status overlap(lat_error *error)
{
    const lat_concepts *sides[2] = {&clusters, &clusters};
    lat_layers layers = {sides, 2, sides, 2};
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_overlap out[4];
    lat_buffer json = {0};
    lat_json_writer writer;
    lat_status status;
    size_t i;

    options.permutations = options.bootstraps = 2;
    status = lat_overlap_run_layers(out, NULL, &layers, &options, NULL,
                                    error);
    if (status == LAT_OK) {
        lat_json_begin(&writer, &json, true);
        lat_overlap_json(&writer, &out[1], NULL);
        lat_overlap_tsv_header(&json, "");
        lat_overlap_tsv(&json, &out[1], "");
        status = lat_buffer_status(&json, error);
    }
    lat_buffer_free(&json);
    for (i = 0; i < 4; i++)
        lat_overlap_free(&out[i]);
    return status;
}

static lat_status polarity(lat_error *error)
{
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    lat_polarity out;
    lat_agreement agreement = {0};
    lat_buffer json = {0};
    lat_json_writer writer;
    lat_status status;

    options.permutations = options.bootstraps = 2;
    status = lat_polarity_run(&out, NULL, &clusters, &classes, &options,
                              error);
    if (status == LAT_OK)
        status = lat_agreement_run(&agreement, &clusters, &classes,
                                   &classes, &out, &out, error);
    if (status == LAT_OK) {
        lat_json_begin(&writer, &json, true);
        lat_polarity_json(&writer, &out, NULL);
        lat_polarity_concepts_tsv(&json, &out, "");
        status = lat_buffer_status(&json, error);
    }
    lat_buffer_free(&json);
    lat_agreement_free(&agreement);
    lat_polarity_free(&out);
    return status;
}

static lat_status human_by(lat_rule rule, lat_error *error)
{
    lat_human_options options = LAT_HUMAN_OPTIONS;
    lat_human out;
    lat_buffer json = {0};
    lat_json_writer writer;
    lat_status status;

    options.rule = rule;
    options.permutations = options.bootstraps = 2;
    options.min_types = options.label_min = 1;
    options.last_only = true;
    status = lat_draws_create(&options.draws, error);
    if (status != LAT_OK)
        return status;
    status = lat_human_run(&out, NULL, &clusters, &text, &family, &options,
                           error);
    lat_draws_free(options.draws);
    if (status == LAT_OK) {
        lat_json_begin(&writer, &json, true);
        lat_human_json(&writer, &out, "x", NULL);
        lat_human_concepts_tsv(&json, &out, "");
        status = lat_buffer_status(&json, error);
    }
    lat_buffer_free(&json);
    lat_human_free(&out);
    return status;
}

static lat_status human_by_occurrences(lat_error *error)
{
    return human_by(LAT_RULE_OCCURRENCE, error);
}

static lat_status human_by_types(lat_error *error)
{
    return human_by(LAT_RULE_TYPE, error);
}

static lat_status cka(lat_error *error)
{
    static const float rows[5 * 3] = {1, 2, 3, 4, 5, 6, 7, 8, 1,
                                      2, 3, 1, 0, 0, 9};
    const float *x[1] = {rows};
    const lat_cka_layers layers = {x, 1, 3, x, 1, 3, 5};
    lat_cka *out = NULL;
    double value;
    lat_status status = lat_cka_create(&out, 3, 3, error);

    if (status == LAT_OK)
        status = lat_cka_add(out, NULL, rows, rows, 5, error);
    lat_cka_free(out);
    if (status == LAT_OK)
        status = lat_cka_run_layers(&value, NULL, &layers, error);
    return status;
}

static void torture(step *run, const char *name)
{
    size_t before = lat_memory_in_use();
    uint64_t n;
    int kind;

    for (kind = 0; kind < 2; kind++)
        for (n = 1; n < 100000; n++) {
            lat_error error = {0};
            lat_status status;

            lat_memory_fail_at(n, kind == 1);
            status = run(&error);
            lat_memory_fail_at(0, false);
            CHECK_MSG(lat_memory_in_use() == before,
                      "%s, allocation %lu: memory kept", name,
                      (unsigned long)n);
            if (status == LAT_OK)
                break;
            CHECK_MSG(status == LAT_NO_MEMORY && error.code == status,
                      "%s, allocation %lu: %s", name, (unsigned long)n,
                      lat_error_message(&error));
        }
    CHECK_MSG(n > 1, "%s: nothing failed", name);
}

int main(void)
{
    static const struct {
        step *run;
        const char *name;
    } steps[] = {
        {read_clusters, "clusters"}, {read_text, "text"},
        {read_classes, "classes"}, {read_lines, "lines"},
        {read_json, "json"}, {read_conll, "conll"}, {read_lists, "lists"},
        {read_dic, "dic"}, {read_wordnet, "wordnet"},
        {built_in, "built in"}, {overlap, "overlap"},
        {polarity, "polarity"}, {human_by_occurrences, "occurrence rule"},
        {human_by_types, "type rule"}, {cka, "cka"},
    };
    static const int32_t of[3] = {0, 1, 1};
    static const char *const names[2] = {"no", "yes"};
    lat_label_options how = LAT_LABEL_OPTIONS;
    lat_error error = {0};
    size_t i;

    CHECK(lat_text_read(&text, GOOD "text.in", &error) == LAT_OK);
    CHECK(lat_concepts_read(&clusters, GOOD "three.clusters", &error) ==
          LAT_OK);
    CHECK(lat_classes_make(&classes, of, 3, names, 2, &error) == LAT_OK);
    CHECK(lat_labels_open(&family, &text, "pos", GOOD "lines.labels", &how,
                          &error) == LAT_OK);
    for (i = 0; i < sizeof steps / sizeof *steps; i++)
        torture(steps[i].run, steps[i].name);
    lat_text_free(&text);
    lat_concepts_free(&clusters);
    lat_classes_free(&classes);
    lat_labels_free(&family);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_align_torture");
}
