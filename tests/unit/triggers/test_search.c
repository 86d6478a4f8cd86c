/*
 * test_search.c - a whole search on a model whose answer can be counted:
 * what it finds, that choosing and held-out sentences never meet, that no
 * clustered sentence is evaluated, and that threads, interruptions and the
 * budget do not change the tables.
 */
#include "counting_model.h"

enum { CLUSTERED = 40, EVALUATED = 120, CACHE_PATH = 64 };

static const char *const plain_words[] = {"film",  "the",   "plot",  "cast",
                                          "scene", "actor", "music", "story",
                                          "end",   "night"};

typedef struct bench {
    char folder[40], cache[CACHE_PATH];
    lat_reader reader;
    char texts[CLUSTERED + EVALUATED][96];
    lat_sentence clustered_list[CLUSTERED], list[EVALUATED];
    lat_corpus clustered, corpus;
    lat_concepts concepts;
    lat_classes classes;
    lat_polarity polarity;
} bench;

/* "good w w w" or "bad w w w": one telling word among three plain ones. */
static void make_sentence(lat_sentence *s, char *text, int32_t gold,
                          lat_random *random)
{
    (void)snprintf(text, 96, "%s %s %s %s", gold == 1 ? "good" : "bad",
                   plain_words[lat_random_below(random, 10)],
                   plain_words[lat_random_below(random, 10)],
                   plain_words[lat_random_below(random, 10)]);
    *s = (lat_sentence){.a = text, .a_size = strlen(text), .gold = gold};
}

/* Concept 0: "good" and five words, only in sentences of class 1 (even
 * numbers below 20); concept 1: "bad" and five, class 0; concept 2: words
 * of both classes. */
static void make_concepts(bench *b, lat_error *error)
{
    lat_buffer text = {0};
    int32_t of[CLUSTERED];
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    static const char *const names[] = {"negative", "positive"};
    static const char *const own[2][6] = {
        {"good", "aa", "ab", "ac", "ad", "ae"},
        {"bad", "ba", "bb", "bc", "bd", "be"}};
    for (unsigned c = 0; c < 2; c++)
        for (unsigned w = 0; w < 6; w++)
            for (unsigned n = 0; n < 6 - w; n++)
                lat_buffer_format(&text, "%s|||%u|||%u|||%u|||%u\n",
                                  own[c][w], n + 1, 2 * n + c, w, c);
    for (unsigned w = 0; w < 10; w++)
        for (unsigned n = 0; n < 4; n++)
            lat_buffer_format(&text, "%s|||%u|||%u|||%u|||2\n",
                              plain_words[w], n + 1, 20 + n, w);
    for (size_t i = 0; i < CLUSTERED; i++)
        of[i] = i % 2 == 0 ? 1 : 0;
    CHECK_MSG(lat_concepts_parse(&b->concepts, text.data, text.size,
                                 error) == LAT_OK,
              "%s", lat_error_message(error));
    CHECK(lat_classes_make(&b->classes, of, CLUSTERED, names, 2, error) ==
          LAT_OK);
    options.permutations = options.bootstraps = 0;
    CHECK(lat_polarity_run(&b->polarity, NULL, &b->concepts, &b->classes,
                           &options, error) == LAT_OK);
    lat_buffer_free(&text);
}

static void open_bench(bench *b)
{
    lat_error error = {0};
    lat_random random;
    memset(b, 0, sizeof *b);
    strncpy(b->folder, "/tmp/latent-search-XXXXXX", sizeof b->folder - 1);
    counting_make(b->folder, 2);
    (void)snprintf(b->cache, sizeof b->cache, "%s-cache", b->folder);
    CHECK_MSG(lat_reader_open(&b->reader, b->folder, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    lat_random_seed(&random, 3, 0);
    for (size_t i = 0; i < CLUSTERED; i++)
        make_sentence(&b->clustered_list[i], b->texts[i],
                      i % 2 == 0 ? 1 : 0, &random);
    for (size_t i = 0; i < EVALUATED; i++) {
        make_sentence(&b->list[i], b->texts[CLUSTERED + i], i % 3 == 0,
                      &random);
        if (i % 12 == 5) /* in the clustered corpus too */
            b->list[i] = b->clustered_list[i % CLUSTERED];
        if (i % 12 == 7) /* twice among the evaluated */
            b->list[i] = b->list[i - 3];
    }
    b->clustered = (lat_corpus){.count = CLUSTERED, .has_gold = true,
                                .sentences = b->clustered_list};
    b->corpus = (lat_corpus){.count = EVALUATED, .has_gold = true,
                             .sentences = b->list};
    make_concepts(b, &error);
}

static void close_bench(bench *b)
{
    lat_polarity_free(&b->polarity);
    lat_classes_free(&b->classes);
    lat_concepts_free(&b->concepts);
    lat_reader_close(&b->reader);
    counting_remove(b->folder);
}

static const lat_insertion both[] = {LAT_INSERT_PREPEND, LAT_INSERT_APPEND};

static lat_search_options usual(void)
{
    return (lat_search_options){
        .candidates = 6, .keep = 2, .length = 2, .beam = 2,
        .upper = SIZE_MAX, .whole = 3, .insertions = both,
        .insertion_count = 2, .bootstraps = 50, .seed = 4};
}

static lat_status run(lat_search *out, const bench *b, lat_pool *pool,
                      const lat_search_options *options, lat_error *error)
{
    const lat_search_layer layer = {1, &b->concepts, &b->polarity};
    lat_search_input input = {.reader = &b->reader,
                              .evaluation = &b->corpus,
                              .clustered = &b->clustered, .layers = &layer,
                              .layer_count = 1, .classes = &b->classes};
    return lat_search_run(out, pool, &input, options, NULL, error);
}

/* All tables, one after another. */
static void put_tables(lat_buffer *to, const lat_search *search)
{
    lat_error error = {0};
    lat_json_writer json;
    lat_buffer flips = {0};
    lat_search_tsv(to, search);
    lat_search_summary_tsv(to, search);
    lat_search_concepts_tsv(to, search);
    lat_json_begin(&json, to, true);
    lat_search_json(&json, search, NULL);
    CHECK(lat_search_flips_tsv(&flips, search, &error) == LAT_OK);
    CHECK(lat_search_flips_csv(&flips, search, &error) == LAT_OK);
    CHECK(lat_search_augment(&flips, search, &error) == LAT_OK);
    lat_buffer_add(to, flips.data, flips.size);
    lat_buffer_free(&flips);
    CHECK(!to->failed);
}

static bool same_text(const lat_sentence *a, const lat_sentence *b)
{
    return a->a_size == b->a_size && memcmp(a->a, b->a, a->a_size) == 0;
}

/* No sentence, and no text, is on both sides; none is a clustered one. */
static void check_halves(const bench *b, const lat_search *search)
{
    const lat_evaluation *e = &search->evaluation;
    size_t shared = 0, clustered = 0, expected = 0;
    CHECK(search->split_development > 20 &&
          e->usable_count - search->split_development > 20);
    for (size_t i = 0; i < search->split_development; i++)
        for (size_t j = search->split_development; j < e->usable_count; j++)
            shared += same_text(&b->list[search->split[i]],
                                &b->list[search->split[j]]);
    for (size_t i = 0; i < e->usable_count; i++)
        for (size_t j = 0; j < CLUSTERED; j++)
            clustered += same_text(&b->list[search->split[i]],
                                   &b->clustered_list[j]);
    for (size_t i = 0; i < EVALUATED; i++) {
        bool any = false;
        for (size_t j = 0; j < CLUSTERED; j++)
            any |= same_text(&b->list[i], &b->clustered_list[j]);
        expected += any;
    }
    CHECK(shared == 0);
    CHECK(clustered == 0);
    CHECK(e->clustered == expected && expected >= EVALUATED / 12);
}

/* The concept words' line of the same layer, class, length, insertion: a
 * control is ahead or behind by the difference of the two means, and has
 * cost as much when as many of its words were tried and kept. */
static void check_against_concept(const lat_search *search,
                                  const lat_source_summary *s)
{
    const lat_source_summary *concept = NULL;
    for (size_t i = 0; i < search->summary_count && concept == NULL; i++) {
        const lat_source_summary *other = &search->summaries[i];
        if (other->source == LAT_SOURCE_CONCEPT && other->layer == s->layer &&
            other->class_number == s->class_number &&
            other->length == s->length && other->insertion == s->insertion)
            concept = other;
    }
    CHECK(concept != NULL);
    if (concept == NULL || s->source == LAT_SOURCE_CONCEPT)
        return;
    double apart = s->ahead.mean - (concept->mean_rate - s->mean_rate);
    CHECK(apart < 1e-12 && apart > -1e-12);
    if (s->source != LAT_SOURCE_GREEDY && s->tried == concept->tried &&
        s->kept == concept->kept)
        CHECK_MSG(s->queries == concept->queries,
                  "%s asked %llu, the concepts %llu",
                  lat_source_name(s->source), (unsigned long long)s->queries,
                  (unsigned long long)concept->queries);
}

/* "good" ties a "bad" sentence, and ties go to class 0: alone it flips
 * nothing, twice it flips all; "bad" flips every "good" sentence. */
static void check_found(const lat_search *search)
{
    size_t good = 0, bad = 0;
    for (size_t i = 0; i < search->scored_count; i++) {
        const lat_scored *s = &search->scored[i];
        size_t counts[3] = {0};
        counting_words(s->words, counts);
        CHECK(s->held_out.eligible > 10);
        double want = s->class_number == 1 ? counts[1] > counts[0] + 1
                                           : counts[0] >= 1 &&
                                                 counts[0] >= counts[1];
        CHECK_MSG(s->held_out.rate == want,
                  "'%s' to %u: rate %g, counted %g", s->words,
                  s->class_number, s->held_out.rate, want);
        CHECK(s->interval.low == want && s->interval.high == want);
        if (s->source == LAT_SOURCE_CONCEPT && s->length == 1) {
            good += strcmp(s->words, "good") == 0 && s->class_number == 1;
            bad += strcmp(s->words, "bad") == 0 && s->class_number == 0;
        }
        if (s->source == LAT_SOURCE_MATCHED)
            CHECK(counts[0] + counts[1] + counts[2] == 0);
    }
    CHECK(good == 2 && bad == 2); /* one for each insertion */
    for (size_t i = 0; i < search->summary_count; i++) {
        const lat_source_summary *s = &search->summaries[i];
        CHECK(s->kept <= 2 && s->tried >= s->kept);
        if (s->source == LAT_SOURCE_GREEDY && s->length == 1)
            CHECK(s->best_rate == (s->class_number == 0 ? 1 : 0));
        CHECK(s->accuracy_before == 1); /* golds follow the rule */
        check_against_concept(search, s);
        if (s->source == LAT_SOURCE_CONCEPT && s->class_number == 0 &&
            s->length == 1)
            CHECK(s->accuracy_after < 1);
    }
    CHECK(search->queries > 0 && search->queries <= search->estimate);
}

static void check_threads(const bench *b, const lat_buffer *want)
{
    static const size_t threads[] = {1, 2, 3, 7};
    lat_search_options options = usual();
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        lat_search search = {0};
        lat_error error = {0};
        lat_buffer got = {0};
        lat_pool *pool = NULL;
        CHECK(lat_pool_create(&pool, threads[t], &error) == LAT_OK);
        CHECK(run(&search, b, pool, &options, &error) == LAT_OK);
        put_tables(&got, &search);
        CHECK_MSG(got.size == want->size &&
                      memcmp(got.data, want->data, got.size) == 0,
                  "%zu threads", threads[t]);
        lat_buffer_free(&got);
        lat_search_free(&search);
        lat_pool_free(pool);
    }
}

/* An allocation fails somewhere; what was asked by then is in the file, and
 * the next run ends with the same tables. */
static void check_resume(const bench *b, const lat_buffer *want)
{
    lat_search_options options = usual();
    size_t stopped = 0, resumed = 0;
    options.cache = b->cache;
    for (uint64_t n = 100; n < 100000; n = n * 3 / 2) {
        lat_search search = {0};
        lat_error error = {0};
        lat_buffer got = {0};
        lat_memory_fail_at(n, false);
        lat_status status = run(&search, b, NULL, &options, &error);
        lat_memory_fail_at(0, false);
        stopped += status != LAT_OK;
        CHECK(status == LAT_OK || status == LAT_NO_MEMORY);
        lat_search_free(&search);
        lat_error_clear(&error);
        CHECK_MSG(run(&search, b, NULL, &options, &error) == LAT_OK, "%s",
                  lat_error_message(&error));
        resumed += search.resumed != 0;
        put_tables(&got, &search);
        CHECK(got.size == want->size &&
              memcmp(got.data, want->data, got.size) == 0);
        CHECK(lat_path_exists(b->cache)); /* until the tables are safe */
        lat_search_tidy(&search);
        CHECK(!lat_path_exists(b->cache));
        lat_buffer_free(&got);
        lat_search_free(&search);
    }
    CHECK(stopped >= 5 && resumed >= 2);
}

/* A cache file that is damaged or another search's is not used. */
static void check_bad_cache(const bench *b, const lat_buffer *want)
{
    lat_search_options options = usual();
    lat_search search = {0};
    lat_error error = {0};
    lat_buffer got = {0};
    options.cache = b->cache;
    CHECK(lat_file_write(b->cache, "latent trials 1\nnot really", 26,
                         &error) == LAT_OK);
    CHECK(run(&search, b, NULL, &options, &error) == LAT_OK);
    CHECK(search.resumed == 0);
    put_tables(&got, &search);
    CHECK(got.size == want->size &&
          memcmp(got.data, want->data, got.size) == 0);
    lat_search_tidy(&search);
    lat_buffer_free(&got);
    lat_search_free(&search);
}

/* Tokens are those of the sentences that the model was given, no more. */
static void check_lengths(const bench *b)
{
    lat_search_options options = usual();
    lat_search search = {0};
    lat_error error = {0};
    uint64_t lines = 0, tokens = 0;
    options.lengths = true;
    CHECK(run(&search, b, NULL, &options, &error) == LAT_OK);
    const char *at = search.lengths.data;
    const char *end = at + search.lengths.size;
    while (at < end) {
        uint64_t value = 0;
        const char *line = memchr(at, '\n', (size_t)(end - at));
        CHECK(line != NULL &&
              lat_integer_read(at, (size_t)(line - at), &value));
        /* [CLS], four words, a trigger of 1 to 3 words, [SEP] */
        CHECK(value >= 7 && value <= 9);
        tokens += value;
        lines++;
        at = line + 1;
    }
    CHECK(lines == search.queries && tokens == search.tokens);
    CHECK(search.seconds > 0);
    lat_search_free(&search);
}

static void check_budget(const bench *b)
{
    lat_search_options options = usual();
    lat_search search = {0};
    lat_error error = {0};
    options.length = 1;
    options.max_queries = 2200;
    CHECK_MSG(run(&search, b, NULL, &options, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    CHECK(search.queries <= 2200 && search.estimate <= 2200);
    CHECK(search.candidates < 6 || search.upper < 20);
    lat_search_free(&search);
    CHECK(lat_search_queries(&options, 30, EVALUATED, 2, 1) == 2200);
    options.max_queries = 0;
    uint64_t guess = lat_search_queries(&options, 30, EVALUATED, 2, 1);
    CHECK_MSG(run(&search, b, NULL, &options, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    CHECK_MSG(guess >= search.queries && guess <= 3 * search.queries,
              "guessed %llu queries, were %llu", (unsigned long long)guess,
              (unsigned long long)search.queries);
    lat_search_free(&search);
    options.max_queries = 10;
    CHECK(run(&search, b, NULL, &options, &error) == LAT_OUT_OF_RANGE);
    lat_error_clear(&error);
    options.max_queries = 0;
    options.length = LAT_TRIGGER_WORDS + 1;
    CHECK(run(&search, b, NULL, &options, &error) == LAT_USAGE);
}

/* On the model that they were found on, triggers do the same again; a model
 * of other classes is refused. */
static void check_transfer(const bench *b)
{
    lat_search_options options = usual();
    lat_search search = {0};
    lat_error error = {0};
    lat_buffer table = {0};
    lat_reader other = {0};
    char folder[40] = "/tmp/latent-other-XXXXXX";
    size_t lines = 0;
    CHECK(run(&search, b, NULL, &options, &error) == LAT_OK);
    CHECK_MSG(lat_search_transfer(&table, &search, NULL, &b->reader,
                                  &error) == LAT_OK,
              "%s", lat_error_message(&error));
    lat_buffer_char(&table, '\0');
    for (char *line = strchr(table.data, '\n'); line != NULL && line[1] != '\0';
         line = strchr(line + 1, '\n')) {
        const lat_scored *s = &search.scored[lines++];
        double first = -1, rate = -2;
        size_t eligible = 0, flipped = 0;
        const char *at = line + 1;
        for (int tabs = 0; tabs < 5; at++)
            tabs += *at == '\t';
        CHECK(sscanf(at, "%lf\t%zu\t%zu\t%lf", &first, &eligible, &flipped,
                     &rate) == 4);
        CHECK(first == rate && rate == s->held_out.rate);
        CHECK(eligible == s->held_out.eligible &&
              flipped == s->held_out.flipped);
    }
    CHECK(lines == search.scored_count && lines > 20);
    counting_make(folder, 3);
    CHECK(lat_reader_open(&other, folder, &error) == LAT_OK);
    CHECK(lat_search_transfer(&table, &search, NULL, &other, &error) ==
          LAT_UNSUPPORTED);
    lat_error_clear(&error);
    lat_reader_close(&other);
    counting_remove(folder);
    lat_buffer_free(&table);
    lat_search_free(&search);
}

/* No polarised concept: empty tables, no failure. */
static void check_empty(bench *b)
{
    lat_search_options options = usual();
    lat_search search = {0};
    lat_error error = {0};
    lat_polarity kept = b->polarity;
    CHECK(lat_theta_read(&b->polarity.theta, "1.00", &error) == LAT_OK);
    for (size_t k = 0; k < b->polarity.count; k++)
        b->polarity.concepts[k].counted = false;
    CHECK(run(&search, b, NULL, &options, &error) == LAT_OK);
    CHECK(search.polarised == 0 && search.scored_count == 0);
    CHECK(search.queries == 0);
    lat_search_free(&search);
    b->polarity = kept;
}

int main(void)
{
    static bench b;
    lat_search_options options = usual();
    lat_search search = {0};
    lat_error error = {0};
    lat_buffer one = {0};
    open_bench(&b);
    CHECK_MSG(run(&search, &b, NULL, &options, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    check_halves(&b, &search);
    check_found(&search);
    put_tables(&one, &search);
    lat_search_free(&search);
    check_threads(&b, &one);
    check_resume(&b, &one);
    check_bad_cache(&b, &one);
    check_lengths(&b);
    check_transfer(&b);
    check_budget(&b);
    check_empty(&b);
    lat_buffer_free(&one);
    close_bench(&b);
    return harness_end("test_search");
}
