/*
 * test_labellers.c - what each built-in labeller says of chosen words.
 */
#include "../../../align/align.h"
#include "../../harness.h"

static lat_text text;
static lat_error error;

static const char sentences[] =
    "The USA iPhone 3.5 2020 a1 !!! $ I\n"
    "unhappiness \xc3\x89t\xc3\xa9 \xd0\x9c\xd0\xbe\xd1\x81\xd0\xba"
    "\xd0\xb2\xd0\xb0 \xe4\xb8\xad\xe6\x96\x87 re- ing a ||| the\n"
    "The x\xd0\xb6 The\n";

/* Labels of word `at` of `family`, joined; NULL on failure. */
static const char *label(const char *family, size_t at)
{
    static const uint32_t pieces[21] = {1, 2, 3, 4, 5, 6, 70};
    static char out[600];
    lat_labels labels;
    size_t i;

    out[0] = '\0';
    CHECK_MSG(lat_labels_builtin(&labels, &text, family, pieces, &error) ==
                  LAT_OK, "%s", lat_error_message(&error));
    CHECK(labels.size == text.size);
    for (i = labels.starts[at]; i < labels.starts[at + 1]; i++) {
        if (i > labels.starts[at])
            strncat(out, " ", 2);
        strncat(out, lat_intern_text(labels.names, labels.labels[i], NULL),
                100);
    }
    lat_labels_free(&labels);
    return out;
}

static const struct {
    const char *family;
    size_t word;
    const char *want;
} cases[] = {
    {"casing", 0, "title"},       {"casing", 1, "upper"},
    {"casing", 2, "mixed"},       {"casing", 3, "NO_UNK"},
    {"casing", 5, "lower"},       {"casing", 8, "upper"},
    {"casing", 10, "title"},      {"casing", 11, "title"},
    {"casing", 12, "NO_UNK"},     {"digits", 0, "NO_UNK"},
    {"digits", 3, "number"},      {"digits", 4, "all-digits"},
    {"digits", 5, "has-digit"},   {"punctuation", 6, "punctuation"},
    {"punctuation", 7, "symbol"}, {"punctuation", 13, "NO_UNK"},
    {"punctuation", 16, "symbol"},
    {"first-word", 0, "FW"},      {"first-word", 9, "FW"},
    {"first-word", 1, "NO_UNK"},  {"last-word", 8, "LW"},
    {"last-word", 20, "LW"},      {"last-word", 0, "NO_UNK"},
    {"position", 0, "0"},         {"position", 2, "2"},
    {"position", 4, "3-4"},       {"position", 8, "5-8"},
    {"length", 0, "3"},           {"length", 9, "10-12"},
    {"length", 10, "3"},          {"length", 12, "2"},
    {"subwords", 0, "pieces=1"},  {"subwords", 4, "pieces=5+"},
    {"subwords", 6, "pieces=5+"}, {"subwords", 7, "pieces=0"},
    {"frequency", 0, "freq=2-3"}, {"frequency", 1, "freq=1"},
    {"script", 0, "latin"},       {"script", 3, "NO_UNK"},
    {"script", 11, "cyrillic"},   {"script", 12, "han"},
    {"script", 19, "mixed-script"},
    {"prefix", 9, "un"},          {"prefix", 13, "NO_UNK"},
    {"suffix", 9, "ness"},        {"suffix", 14, "NO_UNK"},
    {"prefix-ngrams", 12, "\xe4\xb8\xad \xe4\xb8\xad\xe6\x96\x87"},
    {"suffix-ngrams", 1, "A SA USA"},
    {"ngrams", 0, "Th he The"},   {"ngrams", 15, "NO_UNK"},
    {"ngrams", 16, "||"},
};

int main(void)
{
    const lat_labeller *all;
    size_t i;

    CHECK(lat_text_parse(&text, sentences, sizeof sentences - 1, &error) ==
          LAT_OK);
    CHECK(text.sentences == 3 && text.size == 21);
    for (i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *got = label(cases[i].family, cases[i].word);

        CHECK_MSG(strcmp(got, cases[i].want) == 0,
                  "%s, word %lu: \"%s\", expected \"%s\"",
                  cases[i].family, (unsigned long)cases[i].word, got,
                  cases[i].want);
    }
    for (all = lat_labeller_list(); all->name != NULL; all++)
        CHECK(*label(all->name, 0) != '\0');
    lat_text_free(&text);
    return harness_end("test_labellers");
}
