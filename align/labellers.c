/*
 * labellers.c - labels that need no file and no model.
 *
 *     casing       lower upper title mixed; NO_UNK without a cased letter
 *     prefix       longest listed prefix that leaves at least 3 characters
 *     suffix       likewise at the end
 *     ngrams       all runs of 2 to 4 characters
 *     prefix-ngrams, suffix-ngrams   the first/last 1 to 5 characters
 *     first-word, last-word          FW, LW
 *     position     0 1 2 3-4 5-8 9-16 17+, from the start of the sentence
 *     length       1 .. 9, 10-12, 13-15, 16+ characters
 *     digits       all-digits number has-digit
 *     punctuation  punctuation symbol, when nothing else is in the word
 *     subwords     pieces=1 .. pieces=4, pieces=5+
 *     frequency    freq=1 2-3 4-7 ... by powers of two, in this text
 *     script       script of the letters, or mixed-script
 *
 * Whatever does not apply is NO_UNK, the unknown label of the rules.
 */
#include "align_int.h"
#include "script_int.h"

#include <string.h>

#define GRAM_MOST 5
#define LEFT_LEAST 3 /* characters that an affix must leave of the word */

/* Common English derivational and inflectional affixes, longest match
 * wins, so their order does not matter. */
static const char *const prefixes[] = {
    "anti", "auto", "bi", "co", "counter", "de", "dis", "down", "en", "ex",
    "extra", "fore", "hyper", "il", "im", "in", "inter", "ir", "macro",
    "mega", "micro", "mid", "mini", "mis", "mono", "multi", "neo", "non",
    "out", "over", "poly", "post", "pre", "pro", "pseudo", "re", "semi",
    "sub", "super", "trans", "tri", "ultra", "un", "under", "uni", "up", NULL
};
static const char *const suffixes[] = {
    "able", "age", "al", "ally", "ance", "ant", "ary", "ate", "ation", "ed",
    "ence", "ent", "er", "ers", "es", "ess", "est", "ful", "fully", "fy",
    "hood", "ian", "ible", "ic", "ical", "ies", "ing", "ings", "ion", "ious",
    "ise", "ish", "ism", "ist", "ists", "ity", "ive", "ize", "less", "like",
    "ly", "ment", "ments", "ness", "or", "ory", "ous", "s", "ship", "some",
    "sion", "th", "tion", "tions", "ty", "ure", "ward", "wise", "y", NULL
};

/* One word as code points. */
typedef struct letters {
    uint32_t *code;
    size_t *start; /* count + 1: byte offsets */
    size_t count;
    const char *text;
    size_t size;
} letters;

static void decode(letters *out, const char *text, size_t size)
{
    size_t at = 0;

    out->text = text;
    out->size = size;
    out->count = 0;
    while (at < size) {
        size_t length = lat_utf8_decode(text + at, size - at,
                                        &out->code[out->count]);

        out->start[out->count++] = at;
        at += length == 0 ? 1 : length;
    }
    out->start[out->count] = size;
}

static lat_status put(label_builder *builder, const char *label)
{
    return lat_labels_put_int(builder, label, strlen(label));
}

/* Marks, digits and letters without case do not count: "U.S." is upper,
 * "3rd" lower. */
static lat_status put_casing(label_builder *builder, const letters *word)
{
    size_t i, upper = 0, lower = 0;
    bool first = false;

    for (i = 0; i < word->count; i++) {
        uint8_t kind = lat_script_find_int(word->code[i])->kind;

        if (kind == LAT_KIND_UPPER || kind == LAT_KIND_TITLE) {
            first = first || upper + lower == 0;
            upper++;
        } else if (kind == LAT_KIND_LOWER) {
            lower++;
        }
    }
    if (upper + lower == 0)
        return LAT_OK;
    if (upper == 0)
        return put(builder, "lower");
    if (lower == 0)
        return put(builder, "upper");
    return put(builder, first && upper == 1 ? "title" : "mixed");
}

/* The longest affix of the list that the folded word has at that end. */
static lat_status put_affix(label_builder *builder, const letters *word,
                            const char *const *list, bool at_end)
{
    lat_buffer folded = {0};
    const char *best = NULL;
    size_t i;
    lat_status status;

    lat_text_fold_int(&folded, word->text, word->size);
    status = lat_buffer_status(&folded, builder->error);
    for (i = 0; status == LAT_OK && list[i] != NULL; i++) {
        size_t length = strlen(list[i]);

        if (word->count < length + LEFT_LEAST || folded.size < length ||
            (best != NULL && length <= strlen(best)))
            continue;
        if (memcmp(folded.data + (at_end ? folded.size - length : 0),
                   list[i], length) == 0)
            best = list[i];
    }
    lat_buffer_free(&folded);
    if (status == LAT_OK && best != NULL)
        status = put(builder, best);
    return status;
}

static lat_status put_run(label_builder *builder, const letters *word,
                          size_t from, size_t end)
{
    const char *run = word->text + word->start[from];
    size_t size = word->start[end] - word->start[from];

    /* Words may hold "|||", labels may not. */
    if (lat_label_check_int(run, size, 0, NULL) != LAT_OK)
        return LAT_OK;
    return lat_labels_put_int(builder, run, size);
}

static lat_status put_ngrams(label_builder *builder, const letters *word)
{
    size_t length, i;
    lat_status status = LAT_OK;

    for (length = 2; length <= 4; length++)
        for (i = 0; status == LAT_OK && i + length <= word->count; i++)
            status = put_run(builder, word, i, i + length);
    return status;
}

static lat_status put_end_ngrams(label_builder *builder, const letters *word,
                                 bool at_end)
{
    size_t n;
    lat_status status = LAT_OK;

    for (n = 1; status == LAT_OK && n <= GRAM_MOST && n <= word->count; n++)
        status = at_end ? put_run(builder, word, word->count - n,
                                  word->count)
                        : put_run(builder, word, 0, n);
    return status;
}

/* Characters, not bytes; bands where counts get thin. */
static lat_status put_length(label_builder *builder, const letters *word)
{
    char label[16];

    if (word->count >= 16)
        return put(builder, "16+");
    if (word->count >= 13)
        return put(builder, "13-15");
    if (word->count >= 10)
        return put(builder, "10-12");
    snprintf(label, sizeof label, "%lu", (unsigned long)word->count);
    return put(builder, label);
}

/* A number may hold the signs of dates, times, sums and shares. */
static lat_status put_digits(label_builder *builder, const letters *word)
{
    size_t i, digits = 0, signs = 0;

    for (i = 0; i < word->count; i++) {
        uint32_t code = word->code[i];

        if (lat_script_find_int(code)->kind == LAT_KIND_DIGIT)
            digits++;
        else if (code < 128 && strchr(".,:/-+%$#", (int)code) != NULL)
            signs++;
    }
    if (digits == 0)
        return LAT_OK;
    if (digits == word->count)
        return put(builder, "all-digits");
    return put(builder, digits + signs == word->count ? "number"
                                                      : "has-digit");
}

static lat_status put_punctuation(label_builder *builder,
                                  const letters *word)
{
    size_t i, marks = 0, symbols = 0;

    for (i = 0; i < word->count; i++) {
        uint8_t kind = lat_script_find_int(word->code[i])->kind;

        marks += kind == LAT_KIND_PUNCTUATION;
        symbols += kind == LAT_KIND_SYMBOL;
    }
    if (marks + symbols < word->count)
        return LAT_OK;
    return put(builder, marks >= symbols ? "punctuation" : "symbol");
}

/* Letters decide; digits and marks belong to no script of their own. */
static lat_status put_script(label_builder *builder, const letters *word)
{
    const char *found = NULL;
    size_t i;

    for (i = 0; i < word->count; i++) {
        const lat_script_row *row = lat_script_find_int(word->code[i]);
        const char *name = lat_script_names_int[row->script];

        if (row->kind < LAT_KIND_UPPER || row->kind > LAT_KIND_LETTER ||
            strcmp(name, "common") == 0)
            continue;
        if (found != NULL && strcmp(found, name) != 0)
            return put(builder, "mixed-script");
        found = name;
    }
    return found == NULL ? LAT_OK : put(builder, found);
}

/* ---- What they label: types or words ------------------------------------- */

typedef enum labeller_kind {
    BY_CASING, BY_DIGITS, BY_FIRST, BY_FREQUENCY, BY_LAST, BY_LENGTH,
    BY_NGRAMS, BY_POSITION, BY_PREFIX, BY_PREFIX_NGRAMS, BY_PUNCTUATION,
    BY_SCRIPT, BY_SUBWORDS, BY_SUFFIX, BY_SUFFIX_NGRAMS
} labeller_kind;

/* In the order of labeller_kind. */
static const lat_labeller labellers[] = {
    {"casing", "lower, upper, title or mixed case", false, false},
    {"digits", "all digits, a number, or digits among others", false, false},
    {"first-word", "FW for the first word of a sentence", false, false},
    {"frequency", "how often the word occurs, by powers of two", false,
     false},
    {"last-word", "LW for the last word of a sentence", false, false},
    {"length", "number of characters", false, false},
    {"ngrams", "all runs of 2 to 4 characters", false, true},
    {"position", "place in the sentence, in bands", false, false},
    {"prefix", "longest listed prefix", false, false},
    {"prefix-ngrams", "the first 1 to 5 characters", false, true},
    {"punctuation", "words of punctuation or symbols only", false, false},
    {"script", "Unicode script of the letters", false, false},
    {"subwords", "number of the word's pieces", true, false},
    {"suffix", "longest listed suffix", false, false},
    {"suffix-ngrams", "the last 1 to 5 characters", false, true},
    {NULL, NULL, false, false}
};

const lat_labeller *lat_labeller_list(void)
{
    return labellers;
}

static lat_status put_type(label_builder *builder, labeller_kind kind,
                           const letters *word)
{
    switch (kind) {
    case BY_CASING:
        return put_casing(builder, word);
    case BY_DIGITS:
        return put_digits(builder, word);
    case BY_LENGTH:
        return put_length(builder, word);
    case BY_NGRAMS:
        return put_ngrams(builder, word);
    case BY_PREFIX:
        return put_affix(builder, word, prefixes, false);
    case BY_PREFIX_NGRAMS:
        return put_end_ngrams(builder, word, false);
    case BY_PUNCTUATION:
        return put_punctuation(builder, word);
    case BY_SCRIPT:
        return put_script(builder, word);
    case BY_SUFFIX:
        return put_affix(builder, word, suffixes, true);
    case BY_SUFFIX_NGRAMS:
        return put_end_ngrams(builder, word, true);
    case BY_FIRST:
    case BY_FREQUENCY:
    case BY_LAST:
    case BY_POSITION:
    case BY_SUBWORDS:
        break;
    }
    return lat_error_set(builder->error, LAT_INTERNAL,
                         "no labeller of types");
}

/* 2^k .. 2^(k+1)-1 occurrences. */
static lat_status put_frequency(label_builder *builder, size_t count)
{
    unsigned long low = 1;
    char label[64];

    while (low < 65536 && count >= 2 * low)
        low *= 2;
    if (low == 1)
        snprintf(label, sizeof label, "freq=1");
    else if (low >= 65536)
        snprintf(label, sizeof label, "freq=65536+");
    else
        snprintf(label, sizeof label, "freq=%lu-%lu", low, 2 * low - 1);
    return put(builder, label);
}

/* Every type once, then spread: a corpus has ten times more words than
 * types. */
static lat_status label_types(label_builder *builder, const lat_text *text,
                              labeller_kind kind)
{
    size_t types = lat_intern_count(text->set), i, longest = 0, size;
    letters word = {NULL, NULL, 0, NULL, 0};
    size_t *counts = lat_new_array(types, sizeof *counts);
    lat_status status = LAT_OK;

    for (i = 0; i < types; i++) {
        lat_intern_text(text->set, i, &size);
        longest = size > longest ? size : longest;
    }
    word.code = lat_new_array(longest, sizeof *word.code);
    word.start = lat_new_array(longest + 1, sizeof *word.start);
    if (counts == NULL || word.code == NULL || word.start == NULL)
        status = lat_error_memory(builder->error, longest * 12);
    for (i = 0; status == LAT_OK && i < text->size; i++)
        counts[text->words[i]]++;
    for (i = 0; status == LAT_OK && i < types; i++) {
        const char *name = lat_intern_text(text->set, i, &size);

        decode(&word, name, size);
        status = kind == BY_FREQUENCY ? put_frequency(builder, counts[i])
                                      : put_type(builder, kind, &word);
        if (status == LAT_OK)
            status = lat_labels_next_int(builder);
    }
    lat_free(counts);
    lat_free(word.code);
    lat_free(word.start);
    if (status == LAT_OK)
        status = lat_labels_spread_int(builder->out, text, builder->error);
    return status;
}

static lat_status put_position(label_builder *builder, size_t position)
{
    static const struct {
        size_t least;
        const char *label;
    } bands[] = {{17, "17+"}, {9, "9-16"}, {5, "5-8"}, {3, "3-4"},
                 {2, "2"}, {1, "1"}, {0, "0"}};
    size_t i = 0;

    while (position < bands[i].least)
        i++;
    return put(builder, bands[i].label);
}

/* What hangs on the place in the sentence cannot be said of a type. */
static lat_status label_words(label_builder *builder, const lat_text *text,
                              labeller_kind kind, const uint32_t *pieces)
{
    static const char *const counts[] = {"pieces=0", "pieces=1", "pieces=2",
                                         "pieces=3", "pieces=4",
                                         "pieces=5+"};
    lat_status status = LAT_OK;
    size_t s, i;

    for (s = 0; s < text->sentences; s++)
        for (i = text->starts[s]; i < text->starts[s + 1]; i++) {
            if (kind == BY_FIRST && i == text->starts[s])
                status = put(builder, "FW");
            else if (kind == BY_LAST && i + 1 == text->starts[s + 1])
                status = put(builder, "LW");
            else if (kind == BY_POSITION)
                status = put_position(builder, i - text->starts[s]);
            else if (kind == BY_SUBWORDS)
                status = put(builder, counts[pieces[i] < 5 ? pieces[i] : 5]);
            if (status == LAT_OK)
                status = lat_labels_next_int(builder);
            if (status != LAT_OK)
                return status;
        }
    return LAT_OK;
}

lat_status lat_labels_builtin(lat_labels *out, const lat_text *text,
                              const char *name, const uint32_t *pieces,
                              lat_error *error)
{
    label_builder builder;
    labeller_kind kind;
    size_t i = 0;
    lat_status status;

    memset(out, 0, sizeof *out);
    while (labellers[i].name != NULL && strcmp(labellers[i].name, name) != 0)
        i++;
    if (labellers[i].name == NULL)
        return lat_error_set(error, LAT_USAGE,
                             "unknown family \"%.60s\": neither a built-in "
                             "labeller nor NAME=FILE", name);
    kind = (labeller_kind)i;
    if (labellers[i].needs_pieces && pieces == NULL)
        return lat_error_set(error, LAT_USAGE,
                             "family \"%s\" needs the pieces of a tokenizer",
                             name);
    status = lat_labels_begin_int(&builder, out, name, "built in", error);
    if (status == LAT_OK) {
        if (kind == BY_FIRST || kind == BY_LAST || kind == BY_POSITION ||
            kind == BY_SUBWORDS)
            status = label_words(&builder, text, kind, pieces);
        else
            status = label_types(&builder, text, kind);
    }
    if (status == LAT_OK)
        status = lat_labels_finish_int(out, error);
    if (status != LAT_OK)
        lat_labels_free(out);
    return status;
}
