/*
 * test_explain.c - one prediction of a model whose answer can be counted:
 * nearest concepts and percentiles against a direct computation, and what
 * every word is worth.
 */
#include "counting_model.h"

#include <math.h>

enum { CLUSTERED = 12, WORDS = 4 };

/* Concepts: 0 "bad" and "film", 1 "good", 2 all others; in every layer. */
static unsigned concept_of(const char *word)
{
    if (strcmp(word, "bad") == 0 || strcmp(word, "film") == 0)
        return 0;
    return strcmp(word, "good") == 0 ? 1 : 2;
}

typedef struct bench {
    char folder[40];
    lat_reader reader;
    char texts[CLUSTERED][64];
    const char *words[CLUSTERED][WORDS];
    lat_sentence list[CLUSTERED];
    lat_corpus corpus;
    lat_concepts concepts;
    lat_polarity polarity;
} bench;

static void open_bench(bench *b)
{
    lat_error error = {0};
    lat_buffer text = {0};
    lat_random random;
    unsigned seen[COUNTING_WORDS] = {0};
    memset(b, 0, sizeof *b);
    strncpy(b->folder, "/tmp/latent-explain-XXXXXX", sizeof b->folder - 1);
    counting_make(b->folder, 2);
    CHECK(lat_reader_open(&b->reader, b->folder, &error) == LAT_OK);
    lat_random_seed(&random, 9, 0);
    for (unsigned i = 0; i < CLUSTERED; i++) {
        size_t size = 0;
        for (unsigned w = 0; w < WORDS; w++) {
            size_t word = 5 + (size_t)lat_random_below(&random, 6);
            b->words[i][w] = counting_vocabulary[word];
            size += (size_t)snprintf(b->texts[i] + size, 64 - size, "%s%s",
                                     w == 0 ? "" : " ", b->words[i][w]);
            lat_buffer_format(&text, "%s|||%u|||%u|||%u|||%u\n",
                              b->words[i][w], ++seen[word], i, w,
                              concept_of(b->words[i][w]));
        }
        b->list[i] = (lat_sentence){.a = b->texts[i], .a_size = size,
                                    .gold = -1};
    }
    b->corpus = (lat_corpus){.count = CLUSTERED, .sentences = b->list};
    CHECK_MSG(lat_concepts_parse(&b->concepts, text.data, text.size,
                                 &error) == LAT_OK,
              "%s", lat_error_message(&error));
    lat_buffer_free(&text);
}

static void close_bench(bench *b)
{
    lat_concepts_free(&b->concepts);
    lat_reader_close(&b->reader);
    counting_remove(b->folder);
}

/* Vectors of all words of `corpus` at both layers. */
static void vectors_of(const bench *b, const lat_corpus *corpus,
                       float *const *layers)
{
    lat_error error = {0};
    lat_words words = {0};
    lat_tokens tokens = {0};
    lat_words_options all = {LAT_WORDS_WHITESPACE, 1, UINT64_MAX, UINT64_MAX,
                             false, 1, 0};
    CHECK(lat_words_select(&words, corpus, &all, &error) == LAT_OK);
    CHECK(lat_reader_tokenize(&tokens, &b->reader, NULL, corpus, &words,
                              &error) == LAT_OK);
    lat_reader_want want = {.layers = layers};
    CHECK(lat_reader_states(&b->reader, NULL, &tokens, &want, &error) ==
          LAT_OK);
    lat_tokens_free(&tokens);
    lat_words_free(&words);
}

static double gap(const float *x, const double *y)
{
    double sum = 0;
    for (size_t j = 0; j < COUNTING_HIDDEN; j++)
        sum += ((double)x[j] - y[j]) * ((double)x[j] - y[j]);
    return sum;
}

/* The three centroids of a layer, directly. */
static void check_places(const bench *b, const lat_explain *explain,
                         size_t layer, float (*all)[COUNTING_HIDDEN],
                         float (*own)[COUNTING_HIDDEN])
{
    double centre[3][COUNTING_HIDDEN] = {{0}}, n[3] = {0};
    for (size_t i = 0; i < CLUSTERED * WORDS; i++) {
        unsigned k = concept_of(b->words[i / WORDS][i % WORDS]);
        n[k]++;
        for (size_t j = 0; j < COUNTING_HIDDEN; j++)
            centre[k][j] += (double)all[i][j];
    }
    for (size_t k = 0; k < 3; k++)
        for (size_t j = 0; j < COUNTING_HIDDEN; j++)
            centre[k][j] /= n[k];
    for (size_t w = 0; w < explain->count; w++) {
        const lat_explain_place *place =
            &explain->places[layer * explain->count + w];
        size_t best = 0, nearer = 0;
        double ward[3];
        for (size_t k = 0; k < 3; k++) {
            ward[k] = sqrt(2 * n[k] / (n[k] + 1) * gap(own[w], centre[k]));
            best = ward[k] < ward[best] ? k : best;
        }
        for (size_t i = 0; i < CLUSTERED * WORDS; i++)
            nearer += concept_of(b->words[i / WORDS][i % WORDS]) == best &&
                      gap(all[i], centre[best]) < gap(own[w], centre[best]);
        CHECK(place->concept == best);
        CHECK(fabs(place->distance - ward[best]) < 1e-12);
        CHECK(place->percentile == 100.0 * (double)nearer / n[best]);
    }
}

/* "good good bad film": without one "good" it is a tie, which goes to 0. */
static void check_worth(const lat_explain *explain)
{
    CHECK(explain->predicted == 1 && explain->count == 4);
    CHECK(explain->words[0].without == 0 && explain->words[1].without == 0);
    CHECK(explain->words[2].without == 1 && explain->words[3].without == 1);
    CHECK(explain->most == 0); /* the first of equals */
    CHECK(explain->words[0].drop > 0 && explain->words[2].drop < 0);
    CHECK_TEXT(explain->words[3].text, "film");
    CHECK(explain->words[3].position == 3);
}

int main(void)
{
    static bench b;
    static float all[2][CLUSTERED * WORDS][COUNTING_HIDDEN];
    static float own[2][4][COUNTING_HIDDEN];
    lat_error error = {0};
    lat_sentence sentence = {.a = "good good bad film", .a_size = 18,
                             .gold = -1};
    lat_corpus one = {.count = 1, .sentences = &sentence};
    open_bench(&b);
    float *to_all[2] = {all[0][0], all[1][0]};
    float *to_own[2] = {own[0][0], own[1][0]};
    vectors_of(&b, &b.corpus, to_all);
    vectors_of(&b, &one, to_own);
    const lat_search_layer layers[2] = {{0, &b.concepts, NULL},
                                        {1, &b.concepts, NULL}};
    lat_explain_input input = {.reader = &b.reader, .clustered = &b.corpus,
                               .layers = layers, .layer_count = 2};
    for (uint64_t memory = 0; memory < 2; memory++) { /* 1: layer by layer */
        lat_explain explain = {0};
        input.memory = memory;
        CHECK_MSG(lat_explain_run(&explain, NULL, &input, &sentence, NULL,
                                  &error) == LAT_OK,
                  "%s", lat_error_message(&error));
        check_worth(&explain);
        for (size_t l = 0; l < 2; l++)
            check_places(&b, &explain, l, all[l], own[l]);
        lat_explain_free(&explain);
    }
    lat_explain none = {0};
    b.corpus.count = CLUSTERED - 1; /* not the corpus of these concepts */
    CHECK(lat_explain_run(&none, NULL, &input, &sentence, NULL, &error) ==
          LAT_MALFORMED);
    close_bench(&b);
    return harness_end("test_explain");
}
