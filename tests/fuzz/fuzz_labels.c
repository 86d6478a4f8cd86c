/*
 * fuzz_labels.c - label files in every form, for a text of four sentences;
 * WordNet folders (inputs of several files) among them; and class tables.
 */
#include "../../align/align.h"
#include "fuzz.h"

#include <unistd.h>

static const char sentences[] =
    "The film was good\nBad acting , dull plots\nIt was OK\n";
static const char *const wordnet[] = {
    "data.noun", "data.verb", "data.adj", "data.adv", "index.noun",
    "index.verb", "index.adj", "index.adv", "noun.exc", "verb.exc",
    "lexnames", NULL};

static void try_form(const char *path, lat_label_form form, size_t size)
{
    lat_label_options options = LAT_LABEL_OPTIONS;
    lat_text text = {0};
    lat_labels labels = {0};
    lat_error error = {0};

    options.form = form;
    options.strip_bio = form == LAT_LABELS_CONLL;
    fuzz_begin(size, 4 << 20, 2000);
    fuzz_check(lat_text_parse(&text, sentences, sizeof sentences - 1,
                              &error) == LAT_OK, "the text is not read");
    if (fuzz_answer(lat_labels_open(&labels, &text, "family", path, &options,
                                    &error), &error)) {
        fuzz_check(labels.size == text.size, "labels of another text");
        for (size_t i = 0; i < labels.starts[labels.size]; i++)
            fuzz_check(labels.labels[i] < lat_intern_count(labels.names),
                       "a label without a name");
    }
    lat_labels_free(&labels);
    lat_text_free(&text);
    fuzz_end();
}

static void take(void *context, const char *name, const unsigned char *data,
                 size_t size)
{
    (void)context;
    for (size_t i = 0; wordnet[i] != NULL; i++)
        if (strcmp(name, wordnet[i]) == 0) {
            char path[96];

            snprintf(path, sizeof path, "wordnet/%s", name);
            fuzz_file(path, data, size);
        }
}

static void try_wordnet(const unsigned char *data, size_t size)
{
    char folder[128], path[256];

    fuzz_file("wordnet/.made", "", 0);
    snprintf(folder, sizeof folder, "%s/wordnet", fuzz_folder());
    fuzz_unpack(data, size, take, NULL);
    try_form(folder, LAT_LABELS_WORDNET, size);
    for (size_t i = 0; wordnet[i] != NULL; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, wordnet[i]);
        unlink(path);
    }
}

static void try_text(const char *path, size_t size)
{
    lat_text text = {0};
    lat_error error = {0};

    fuzz_begin(size, 1 << 20, 1000);
    fuzz_answer(lat_text_read(&text, path, &error), &error);
    lat_text_free(&text);
    fuzz_end();
}

static void try_classes(const char *path, size_t size)
{
    lat_classes classes = {0};
    lat_error error = {0};

    fuzz_begin(size, 1 << 20, 1000);
    if (fuzz_answer(lat_classes_read(&classes, path, NULL, &error), &error))
        for (size_t i = 0; i < classes.sentences; i++)
            fuzz_check(classes.of[i] < 0 ||
                       (size_t)classes.of[i] < classes.count,
                       "a class above the count");
    lat_classes_free(&classes);
    fuzz_end();
}

FUZZ_TARGET(labels)
{
    if (size >= 4 && memcmp(data, "=== ", 4) == 0) {
        try_wordnet(data, size);
        return;
    }
    try_form(fuzz_file("l.labels", data, size), LAT_LABELS_LINES, size);
    try_form(fuzz_file("l.json", data, size), LAT_LABELS_JSON, size);
    try_form(fuzz_file("l.conllu", data, size), LAT_LABELS_CONLLU, size);
    try_text(fuzz_file("l.conllu", data, size), size);
    try_form(fuzz_file("l.conll", data, size), LAT_LABELS_CONLL, size);
    try_text(fuzz_file("l.conll", data, size), size);
    try_form(fuzz_file("l.dic", data, size), LAT_LABELS_DIC, size);
    try_form(fuzz_file("l.list", data, size), LAT_LABELS_LIST, size);
    try_classes(fuzz_file("l.tsv", data, size), size);
}
