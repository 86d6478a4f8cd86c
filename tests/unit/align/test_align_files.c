/*
 * test_align_files.c - cluster, label, class and text files: good ones read
 * as they should, each bad one is refused with the status in its name and a
 * message that names it, and no cut of any of them does harm.
 */
#include "../../../align/align.h"
#include "../../harness.h"

#include <dirent.h>
#include <unistd.h>

#define GOOD "tests/fixtures/align/good/"
#define BAD "tests/fixtures/align/bad"

static lat_text text;
static lat_concepts clusters;

static bool ends_with(const char *path, const char *end)
{
    size_t a = strlen(path), b = strlen(end);

    return a >= b && strcmp(path + a - b, end) == 0;
}

/* The labels of word w as one string. */
static const char *bundle(const lat_labels *labels, size_t w)
{
    static char out[400];
    size_t i;

    out[0] = '\0';
    for (i = labels->starts[w]; i < labels->starts[w + 1]; i++) {
        if (i > labels->starts[w])
            strncat(out, "|||", 4);
        strncat(out, lat_intern_text(labels->names, labels->labels[i], NULL),
                100);
    }
    return out;
}

static bool open_labels(lat_labels *out, const char *family,
                        const char *path, const char *column)
{
    lat_label_options options = LAT_LABEL_OPTIONS;
    lat_error error = {0};
    lat_status status;

    options.column = column;
    status = lat_labels_open(out, &text, family, path, &options, &error);
    CHECK_MSG(status == LAT_OK, "%s", lat_error_message(&error));
    if (status == LAT_OK)
        CHECK(out->size == text.size);
    return status == LAT_OK;
}

/* Expected labels of the twelve words. */
static void check_labels(const char *family, const char *path,
                         const char *column, const char *const want[12])
{
    lat_labels labels;
    size_t w;

    if (!open_labels(&labels, family, path, column))
        return;
    CHECK_TEXT(labels.family, family);
    for (w = 0; w < 12; w++)
        CHECK_MSG(strcmp(bundle(&labels, w), want[w]) == 0,
                  "%s, word %lu: \"%s\", expected \"%s\"", path,
                  (unsigned long)w, bundle(&labels, w), want[w]);
    lat_labels_free(&labels);
}

static void check_good_labels(void)
{
    static const char *const pos[12] = {
        "DET", "NOUN", "VERB", "ADJ", "ADJ", "NOUN", "PUNCT", "ADJ", "NOUN",
        "PRON|||NN_UNK", "VERB", "N/A"};
    static const char *const upos[12] = {"W", "W", "W", "W", "W", "W",
                                         "PUNCT", "W", "W", "W", "W", "W"};
    static const char *const features[12] = {
        "Case=Nom|||Number=Sing", "NO_UNK", "NO_UNK", "NO_UNK",
        "Case=Nom|||Number=Sing", "NO_UNK", "NO_UNK", "NO_UNK", "NO_UNK",
        "Case=Nom|||Number=Sing", "NO_UNK", "NO_UNK"};
    static const char *const entity[12] = {
        "NO_UNK", "B-PER", "NO_UNK", "NO_UNK", "NO_UNK", "B-PER", "NO_UNK",
        "NO_UNK", "NO_UNK", "NO_UNK", "B-PER", "NO_UNK"};
    static const char *const chunk[12] = {"O", "B-NP", "O", "B-NP", "O",
                                          "B-NP", "O", "B-NP", "O", "O",
                                          "B-NP", "O"};
    static const char *const lists[12] = {
        "NO_UNK", "NO_UNK", "NO_UNK", "praise", "bad-word", "NO_UNK",
        "NO_UNK", "blame", "NO_UNK", "NO_UNK", "NO_UNK", "praise"};
    static const char *const dic[12] = {
        "funct", "filmy", "NO_UNK", "posemo", "NO_UNK", "filmy|||posemo",
        "NO_UNK", "NO_UNK", "NO_UNK", "funct", "NO_UNK", "NO_UNK"};
    static const char *const wordnet[12] = {
        "NO_UNK", "noun.communication|||noun.artifact|||verb.creation",
        "verb.stative", "adj.all|||adv.all", "adj.all",
        "noun.act|||verb.social", "NO_UNK", "adj.all|||adj.ppl",
        "noun.communication", "NO_UNK", "verb.stative", "NO_UNK"};

    check_labels("pos", GOOD "lines.labels", NULL, pos);
    check_labels("pos", GOOD "crlf.labels", NULL, pos);
    check_labels("pos", GOOD "lines.json", NULL, pos);
    check_labels("pos", GOOD "lists.json", NULL, pos);
    check_labels("pos", GOOD "text.conllu", NULL, upos);
    check_labels("feats", GOOD "text.conllu", NULL, features);
    check_labels("any", GOOD "text.conllu", "FEATS", features);
    check_labels("any", GOOD "text.conllu", "6", features);
    check_labels("entity", GOOD "text.conllu", NULL, entity);
    check_labels("ner", GOOD "text.conllu", "MISC:NER", entity);
    check_labels("chunk", GOOD "text.conll", NULL, chunk);
    check_labels("c", GOOD "text.conll", "3", chunk);
    check_labels("words", GOOD "lists", NULL, lists);
    check_labels("liwc", GOOD "words.dic", NULL, dic);
    check_labels("senses", GOOD "wordnet", NULL, wordnet);
}

static void check_column_options(void)
{
    lat_label_options options = LAT_LABEL_OPTIONS;
    lat_labels labels;
    lat_error error = {0};

    options.column = "CHUNK";
    options.outside_unknown = options.strip_bio = true;
    CHECK(lat_labels_open(&labels, &text, "chunk", GOOD "text.conll",
                          &options, &error) == LAT_OK);
    CHECK_TEXT(bundle(&labels, 0), "O_UNK");
    CHECK_TEXT(bundle(&labels, 1), "NP");
    CHECK(labels.unknown[labels.labels[labels.starts[0]]]);
    CHECK(!labels.unknown[labels.labels[labels.starts[1]]]);
    lat_labels_free(&labels);
    options = (lat_label_options)LAT_LABEL_OPTIONS;
    options.fold_case = true;
    CHECK(lat_labels_open(&labels, &text, "words", GOOD "lists", &options,
                          &error) == LAT_OK);
    CHECK_TEXT(bundle(&labels, 4), "bad-word");
    lat_labels_free(&labels);
    options.column = "NOTHING";
    CHECK(lat_labels_open(&labels, &text, "x", GOOD "text.conllu", &options,
                          &error) == LAT_USAGE);
    CHECK(strstr(lat_error_message(&error), "NOTHING") != NULL);
}

static void check_text(void)
{
    lat_text other;
    lat_error error = {0};
    size_t i;

    CHECK(text.sentences == 3 && text.size == 12);
    CHECK(lat_text_read(&other, GOOD "text.conllu", &error) == LAT_OK);
    CHECK(other.sentences == 3 && other.size == 12);
    for (i = 0; i < 12; i++)
        CHECK(other.words[i] == text.words[i]);
    lat_text_free(&other);
    CHECK(lat_text_read(&other, GOOD "text.conll", &error) == LAT_OK);
    CHECK(other.sentences == 3 && other.size == 12);
    lat_text_free(&other);
}

/* Reading and writing gives the file back, byte for byte. */
static void check_round_trip(const char *path, size_t count, size_t size)
{
    char name[64];
    lat_concepts concepts;
    lat_error error = {0};
    lat_map a, b;
    unsigned char hash[32], again[32];

    snprintf(name, sizeof name, "/tmp/latent-align-%ld", (long)getpid());
    CHECK_MSG(lat_concepts_read(&concepts, path, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    CHECK(concepts.count == count && concepts.size == size);
    CHECK(lat_concepts_write(&concepts, name, hash, &error) == LAT_OK);
    CHECK(lat_sha256_file(again, name, &error) == LAT_OK);
    CHECK(memcmp(hash, again, 32) == 0);
    CHECK(lat_map_open(&a, path, &error) == LAT_OK);
    CHECK(lat_map_open(&b, name, &error) == LAT_OK);
    CHECK(a.size == b.size && memcmp(a.data, b.data, a.size) == 0);
    lat_map_close(&a);
    lat_map_close(&b);
    lat_concepts_free(&concepts);
    remove(name);
}

static void check_clusters(void)
{
    lat_concepts concepts;
    lat_error error = {0};
    const char *word;

    CHECK(clusters.count == 3 && clusters.size == 7);
    CHECK(clusters.ids[0] == 0 && clusters.ids[1] == 4 &&
          clusters.ids[2] == 7);
    CHECK(clusters.starts[0] == 0 && clusters.starts[1] == 1 &&
          clusters.starts[2] == 4 && clusters.starts[3] == 7);
    CHECK(clusters.types[1] == 3);
    CHECK(lat_concepts_find(&clusters, 7) == 2);
    CHECK(lat_concepts_find(&clusters, 5) == LAT_NO_CONCEPT);
    word = lat_intern_text(clusters.words,
                           clusters.occurrences[0].word, NULL);
    CHECK_TEXT(word, "film");
    CHECK(lat_text_check(&text, &clusters, &error) == LAT_OK);
    CHECK(lat_concepts_read(&concepts, GOOD "cls.clusters", &error) ==
          LAT_OK);
    CHECK(concepts.occurrences[1].position == -1);
    CHECK(lat_text_check(&text, &concepts, &error) == LAT_OK);
    lat_concepts_free(&concepts);
    CHECK(lat_concepts_read(&concepts, GOOD "bars.clusters", &error) ==
          LAT_OK);
    CHECK_TEXT(lat_intern_text(concepts.words, 0, NULL), "|||");
    CHECK_TEXT(lat_intern_text(concepts.words, 1, NULL), "a|");
    CHECK_TEXT(lat_intern_text(concepts.words, 2, NULL), "||||||");
    CHECK_TEXT(lat_intern_text(concepts.words, 3, NULL), "x|||y");
    lat_concepts_free(&concepts);
    check_round_trip(GOOD "bars.clusters", 2, 4);
    CHECK(lat_concepts_read(&concepts, GOOD "none.clusters", &error) ==
          LAT_NOT_FOUND);
}

static void check_classes(void)
{
    lat_classes classes;
    lat_error error = {0};

    CHECK(lat_classes_read(&classes, GOOD "gold.tsv", NULL, &error) ==
          LAT_OK);
    CHECK(classes.sentences == 3 && classes.count == 2);
    CHECK(classes.of[0] == 1 && classes.of[1] == 0 && classes.of[2] == -1);
    lat_classes_free(&classes);
    CHECK(lat_classes_read(&classes, GOOD "gold.tsv", "predicted",
                           &error) == LAT_OK);
    CHECK(classes.of[2] == 0);
    lat_classes_free(&classes);
    CHECK(lat_classes_read(&classes, GOOD "names.csv", NULL, &error) ==
          LAT_OK);
    CHECK(classes.count == 2 && classes.of[0] == 1 && classes.of[1] == 0 &&
          classes.of[2] == -1);
    CHECK_TEXT(classes.names[0], "negative");
    lat_classes_free(&classes);
    /* Gold and predicted share their numbers, whichever is asked for. */
    CHECK(lat_classes_read(&classes, GOOD "both.gold.tsv", "predicted",
                           &error) == LAT_OK);
    CHECK(classes.count == 3 && classes.of[0] == 2 && classes.of[1] == 2 &&
          classes.of[2] == 1);
    lat_classes_free(&classes);
    CHECK(lat_classes_read(&classes, GOOD "both.gold.tsv", NULL, &error) ==
          LAT_OK);
    CHECK(classes.count == 3 && classes.of[0] == 2 && classes.of[1] == 0 &&
          classes.of[2] == -1);
    lat_classes_free(&classes);
}

static void check_thetas(void)
{
    static const char *const bad[] = {"", "x", "0.9x", " 0.9", "nan", "1.01",
                                      "-0.1", "0.5,,0.6", "0.5,", "inf",
                                      "0.900000000000000000000000001"};
    lat_thetas thetas;
    lat_error error = {0};
    size_t i;

    CHECK(lat_thetas_read(&thetas, NULL, &error) == LAT_OK);
    CHECK(thetas.count == 11 && thetas.items[8].value == 0.9 &&
          thetas.items[3].value == 0.65);
    CHECK_TEXT(thetas.items[0].text, "0.50");
    CHECK(lat_thetas_read(&thetas, "1,0.333,0", &error) == LAT_OK);
    CHECK(thetas.count == 3 && thetas.items[1].value == 0.333);
    for (i = 0; i < sizeof bad / sizeof *bad; i++) {
        lat_status status;

        lat_error_clear(&error);
        status = lat_thetas_read(&thetas, bad[i], &error);
        CHECK_MSG(status == LAT_USAGE || status == LAT_OUT_OF_RANGE,
                  "\"%s\" was taken", bad[i]);
        CHECK(error.code == status);
    }
}

static void check_usage(void)
{
    lat_human_options human_options = LAT_HUMAN_OPTIONS;
    lat_overlap_options overlap_options = LAT_OVERLAP_OPTIONS;
    lat_labels labels;
    lat_human human;
    lat_overlap overlap;
    lat_error error = {0};

    CHECK(lat_labels_builtin(&labels, &text, "no-such", NULL, &error) ==
          LAT_USAGE);
    CHECK(strstr(error.text, "no-such") != NULL);
    lat_error_clear(&error);
    CHECK(lat_labels_builtin(&labels, &text, "subwords", NULL, &error) ==
          LAT_USAGE);
    lat_error_clear(&error);
    CHECK(lat_labels_builtin(&labels, &text, "casing", NULL, &error) ==
          LAT_OK);
    human_options.theta = "1.5";
    CHECK(lat_human_run(&human, NULL, &clusters, &text, &labels,
                        &human_options, &error) == LAT_OUT_OF_RANGE);
    lat_labels_free(&labels);
    lat_error_clear(&error);
    overlap_options.size_ratio = -1.0;
    CHECK(lat_overlap_run(&overlap, NULL, &clusters, &clusters,
                          &overlap_options, &error) == LAT_USAGE);
    CHECK(overlap.rows == NULL);
}

/* ---- Bad files ----------------------------------------------------------- */

static lat_status wanted_status(const char *name)
{
    if (strncmp(name, "text-", 5) == 0)
        name += 5;
    if (strncmp(name, "malformed-", 10) == 0)
        return LAT_MALFORMED;
    if (strncmp(name, "not-found-", 10) == 0)
        return LAT_NOT_FOUND;
    if (strncmp(name, "out-of-range-", 13) == 0)
        return LAT_OUT_OF_RANGE;
    return LAT_INTERNAL;
}

/* Reads whatever the name says, as the command line would use it. */
static lat_status read_any(const char *path, lat_error *error)
{
    lat_label_options how = LAT_LABEL_OPTIONS;
    lat_status status;

    if (ends_with(path, ".clusters")) {
        lat_concepts concepts;

        status = lat_concepts_read(&concepts, path, error);
        if (status == LAT_OK && strstr(path, "/text-") != NULL)
            status = lat_text_check(&text, &concepts, error);
        lat_concepts_free(&concepts);
        return status;
    }
    if (ends_with(path, ".classes.tsv") || ends_with(path, ".csv") ||
        ends_with(path, "gold.tsv")) {
        lat_polarity_options options = LAT_POLARITY_OPTIONS;
        lat_classes classes;
        lat_polarity polarity;

        status = lat_classes_read(&classes, path, NULL, error);
        if (status == LAT_OK) {
            status = lat_polarity_run(&polarity, NULL, &clusters, &classes,
                                      &options, error);
            lat_polarity_free(&polarity);
        }
        lat_classes_free(&classes);
        return status;
    }
    if (ends_with(path, ".text") || ends_with(path, ".in")) {
        lat_text other;

        status = lat_text_read(&other, path, error);
        lat_text_free(&other);
        return status;
    } else {
        lat_labels labels;

        status = lat_labels_open(&labels, &text, "f", path, &how, error);
        lat_labels_free(&labels);
        return status;
    }
}

static void check_bad_files(void)
{
    DIR *folder = opendir(BAD);
    struct dirent *entry;
    char path[600];
    size_t count = 0;

    CHECK(folder != NULL);
    while (folder != NULL && (entry = readdir(folder)) != NULL) {
        lat_error error = {0};
        lat_status status, want;

        if (entry->d_name[0] == '.')
            continue;
        count++;
        snprintf(path, sizeof path, "%s/%s", BAD, entry->d_name);
        want = wanted_status(entry->d_name);
        status = read_any(path, &error);
        CHECK_MSG(status == want, "%s: %s, expected %s (%s)", entry->d_name,
                  lat_status_name(status), lat_status_name(want),
                  lat_error_message(&error));
        CHECK_MSG(error.code == status && error.text[0] != '\0',
                  "%s: no message", entry->d_name);
    }
    if (folder != NULL)
        closedir(folder);
    CHECK(count >= 80);
}

/* The messages that a user must be able to act on. */
static void check_messages(void)
{
    static const struct {
        const char *file, *part;
    } cases[] = {
        {"malformed-duplicate-occurrence.clusters", ":8: sentence 0, "
                                                    "position 1"},
        {"malformed-blank-line.clusters", ":2: "},
        {"malformed-four-fields.clusters", ":3: "},
        {"malformed-token-count.labels", ":2: sentence 1: expected 5 "
                                         "labels (words of the text), "
                                         "found 6"},
        {"malformed-token-missing.labels", "sentence 2: expected 3"},
        {"malformed-one-line-less.labels", "expected 3 sentences"},
        {"malformed-other-word.conllu", "expected the word \"film\""},
        {"malformed-word-missing.conllu", "sentence 0: expected 4 words"},
        {"malformed-category-unlisted.dic", ":4: "},
        {"text-malformed-other-word.clusters", "sentence 0, position 1"},
    };
    size_t i;

    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        lat_error error = {0};
        char path[200];

        snprintf(path, sizeof path, "%s/%s", BAD, cases[i].file);
        read_any(path, &error);
        CHECK_MSG(strstr(lat_error_message(&error), cases[i].part) != NULL,
                  "%s: message \"%s\"", cases[i].file,
                  lat_error_message(&error));
    }
}

/* Every prefix of every good file: read or refused, never worse. */
static void check_cuts(const char *name)
{
    char path[200], cut[80];
    lat_map map;
    lat_error error = {0};
    size_t size, refused = 0;

    snprintf(path, sizeof path, GOOD "%s", name);
    CHECK(lat_map_open(&map, path, &error) == LAT_OK);
    snprintf(cut, sizeof cut, "/tmp/latent-cut-%ld-%s", (long)getpid(),
             name);
    for (size = 0; size < map.size; size++) {
        FILE *file = fopen(cut, "wb");
        lat_status status;

        lat_error_clear(&error);
        CHECK(file != NULL);
        if (file == NULL)
            break;
        fwrite(map.data, 1, size, file);
        fclose(file);
        status = read_any(cut, &error);
        refused += status != LAT_OK;
        CHECK_MSG(status == LAT_OK || status == LAT_MALFORMED ||
                      status == LAT_NOT_FOUND || status == LAT_OUT_OF_RANGE,
                  "%s cut to %lu bytes: %s", name, (unsigned long)size,
                  lat_error_message(&error));
    }
    CHECK(refused > 0);
    lat_map_close(&map);
    remove(cut);
}

int main(void)
{
    static const char *const files[] = {
        "three.clusters", "bars.clusters", "lines.labels", "lines.json",
        "text.conllu", "text.conll", "words.dic", "gold.tsv", "names.csv"};
    lat_error error = {0};
    size_t i;

    CHECK(lat_text_read(&text, GOOD "text.in", &error) == LAT_OK);
    CHECK(lat_concepts_read(&clusters, GOOD "three.clusters", &error) ==
          LAT_OK);
    check_text();
    check_clusters();
    check_classes();
    check_thetas();
    check_usage();
    check_good_labels();
    check_column_options();
    check_bad_files();
    check_messages();
    for (i = 0; i < sizeof files / sizeof *files; i++)
        check_cuts(files[i]);
    lat_text_free(&text);
    lat_concepts_free(&clusters);
    return harness_end("test_align_files");
}
