/*
 * test_words.c - words by offsets, truncation, special tokens, the small
 * questions; on the good fixtures, so without the reference folder.
 */
#include "../../../tokenizer/tokenizer.h"
#include "../../harness.h"

#define GOOD "tests/fixtures/tokenizer/good/"

static lat_span *spans;
static size_t span_capacity, span_count;

static void find(const char *text, lat_word_rule rule, const char *want)
{
    lat_error error = {0};
    char got[512] = "";
    size_t used = 0;
    CHECK(lat_words_find(&spans, &span_capacity, &span_count, text,
                         strlen(text), rule, &error) == LAT_OK);
    for (size_t i = 0; i < span_count; i++)
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%.*s",
                                 i == 0 ? "" : "|",
                                 (int)(spans[i].end - spans[i].first),
                                 text + spans[i].first);
    CHECK_TEXT(got, want);
}

static void check_find(void)
{
    find("", LAT_WORDS_WHITESPACE, "");
    find("  a film ", LAT_WORDS_WHITESPACE, "a|film");
    find("it's a\tgood-ish film.", LAT_WORDS_WHITESPACE,
         "it's|a|good-ish|film.");
    find("it's a\tgood-ish film.", LAT_WORDS_SPLIT,
         "it|'|s|a|good|-|ish|film|.");
    /* U+3000, U+0085 and U+2028 are white space, U+200B is not. */
    find("a\xE3\x80\x80" "b\xC2\x85" "c\xE2\x80\xA8" "d\xE2\x80\x8B" "e",
         LAT_WORDS_WHITESPACE, "a|b|c|d\xE2\x80\x8B" "e");
    find("\xE2\x80\x9C" "ja\xE2\x80\x9D\xE3\x80\x82", LAT_WORDS_SPLIT,
         "\xE2\x80\x9C|ja|\xE2\x80\x9D|\xE3\x80\x82");
    lat_error error = {0};
    CHECK(lat_words_find(&spans, &span_capacity, &span_count, "ab\xFF", 3,
                         LAT_WORDS_SPLIT, &error) == LAT_MALFORMED
          && error.has_byte && error.byte == 2);
}

static lat_tokenizer *open_good(const char *name)
{
    lat_tokenizer *tokenizer = NULL;
    lat_error error = {0};
    char *path = lat_format(GOOD "%s", name);
    CHECK_MSG(lat_tokenizer_open(&tokenizer, path, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    lat_free(path);
    return tokenizer;
}

/* Tokens of each word as "first-end" numbers. */
static void map_words(const lat_encoding *encoding, int which,
                      const char *text, const char *want)
{
    size_t first[16], end[16], used = 0;
    char got[256] = "";
    lat_error error = {0};
    CHECK(lat_words_find(&spans, &span_capacity, &span_count, text,
                         strlen(text), LAT_WORDS_WHITESPACE, &error)
          == LAT_OK);
    lat_words_to_tokens(first, end, encoding, which, spans, span_count);
    for (size_t i = 0; i < span_count; i++)
        used += (size_t)snprintf(got + used, sizeof got - used, "%s%zu-%zu",
                                 i == 0 ? "" : " ", first[i], end[i]);
    CHECK_TEXT(got, want);
}

static void check_map(void)
{
    const char *a = "The films, goodness \x07 a", *b = "a film";
    lat_tokenizer *tokenizer = open_good("wordpiece.json");
    lat_encoding encoding = {0};
    lat_error error = {0};
    lat_encode_options cut = {.max_length = 8};
    if (tokenizer == NULL)
        return;
    /* [CLS] the film ##s , good ##ness a [SEP] */
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, a, strlen(a), NULL, 0,
                               NULL, &error) == LAT_OK);
    CHECK(encoding.count == 9 && encoding.cut == 0);
    map_words(&encoding, 0, a, "1-2 2-5 5-7 7-7 7-8");
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, a, strlen(a), b,
                               strlen(b), NULL, &error) == LAT_OK);
    map_words(&encoding, 0, a, "1-2 2-5 5-7 7-7 7-8");
    map_words(&encoding, 1, b, "9-10 10-11");
    /* Cut: [CLS] the film ##s , good ##ness [SEP] */
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, a, strlen(a), NULL, 0,
                               &cut, &error) == LAT_OK);
    CHECK(encoding.count == 8 && encoding.cut == 1);
    map_words(&encoding, 0, a, "1-2 2-5 5-7 8-8 8-8");
    lat_encoding_free(&encoding);
    lat_tokenizer_close(tokenizer);
}

static void check_options(void)
{
    lat_tokenizer *tokenizer = open_good("wordpiece.json");
    lat_encoding encoding = {0};
    lat_error error = {0};
    lat_encode_options options = {.no_special = true};
    if (tokenizer == NULL)
        return;
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, "a film", 6, "the", 3,
                               &options, &error) == LAT_OK);
    CHECK(encoding.count == 3 && encoding.ids[0] == 7
          && encoding.ids[1] == 6 && encoding.ids[2] == 5
          && encoding.types[2] == 1 && encoding.sequence[2] == 1);
    options = (lat_encode_options){.max_length = 1};
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, "a film", 6, NULL, 0,
                               &options, &error) == LAT_OUT_OF_RANGE);
    lat_error_clear(&error);
    options.max_length = 2; /* room for the special tokens only */
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, "a film", 6, NULL, 0,
                               &options, &error) == LAT_OK);
    CHECK(encoding.count == 2 && encoding.cut == 2);
    options = (lat_encode_options){
        .max_length = 3, .truncation = LAT_TRUNCATE_ONLY_SECOND};
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, "a film", 6, NULL, 0,
                               &options, &error) == LAT_USAGE);
    lat_error_clear(&error);
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, "a \xC0\x80", 4, NULL,
                               0, NULL, &error) == LAT_MALFORMED
          && error.byte == 2);
    lat_error_clear(&error);
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, "", 0, "", 0, NULL,
                               &error) == LAT_OK && encoding.count == 3);
    lat_encoding_free(&encoding);
    lat_tokenizer_close(tokenizer);
}

static void check_questions(void)
{
    static const char *const pieces[] = {"[UNK]", "[CLS]", "[SEP]", "The",
                                         "the", "##m"};
    static const size_t sizes[] = {5, 5, 5, 3, 3, 3};
    lat_tokenizer_parts parts = {.kind = "bert", .count = 6,
                                 .pieces = pieces, .sizes = sizes};
    lat_tokenizer *tokenizer = NULL;
    lat_encoding encoding = {0};
    lat_error error = {0};
    size_t size = 0;
    CHECK(lat_tokenizer_from_parts(&tokenizer, &parts, &error) == LAT_OK);
    CHECK(lat_tokenizer_vocabulary(tokenizer) == 6);
    CHECK(lat_tokenizer_find(tokenizer, "##m", 3) == 5);
    CHECK(lat_tokenizer_find(tokenizer, "##", 2) == UINT32_MAX);
    CHECK_TEXT(lat_tokenizer_piece(tokenizer, 3, &size), "The");
    CHECK(size == 3 && lat_tokenizer_piece(tokenizer, 6, NULL) == NULL);
    CHECK_TEXT(lat_tokenizer_describe(tokenizer),
               "BertClean(controls) -> BertPreTokenizer -> WordPiece(6) -> "
               "[CLS] A [SEP] B [SEP]; 3 added tokens");
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, "Them the[SEP]", 13,
                               NULL, 0, NULL, &error) == LAT_OK);
    CHECK(encoding.count == 6 && encoding.ids[1] == 3 && encoding.ids[2] == 5
          && encoding.ids[3] == 4 && encoding.ids[4] == 2
          && encoding.first[4] == 8 && encoding.special[4] == 0);
    lat_tokenizer_close(tokenizer);
    /* Lower case by flag; the encoding moves from tokenizer to tokenizer. */
    parts.lowercase = true;
    CHECK(lat_tokenizer_from_parts(&tokenizer, &parts, &error) == LAT_OK);
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, "Them", 4, NULL, 0,
                               NULL, &error) == LAT_OK);
    CHECK(encoding.count == 4 && encoding.ids[1] == 4);
    lat_tokenizer_close(tokenizer);
    parts.unflagged = true; /* "The": a cased vocabulary */
    CHECK(lat_tokenizer_from_parts(&tokenizer, &parts, &error) == LAT_OK);
    CHECK(lat_tokenizer_encode(tokenizer, &encoding, "Them", 4, NULL, 0,
                               NULL, &error) == LAT_OK);
    CHECK(encoding.count == 4 && encoding.ids[1] == 3);
    lat_tokenizer_close(tokenizer);
    parts.kind = "t5";
    CHECK(lat_tokenizer_from_parts(&tokenizer, &parts, &error)
              == LAT_UNSUPPORTED && tokenizer == NULL);
    lat_encoding_free(&encoding);
}

int main(void)
{
    check_find();
    check_map();
    check_options();
    check_questions();
    lat_free(spans);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_words");
}
