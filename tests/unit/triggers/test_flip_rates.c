/*
 * test_flip_rates.c - flip rates of a model whose answer can be counted
 * (counting_model.h): every insertion, side and number of copies, targeted
 * and untargeted, two and three classes, single sentences and pairs.
 *
 * The expected counts come from the words alone: a trigger adds its words to
 * the input as often as it is put in.
 */
#include "counting_model.h"

enum { SENTENCES = 60 };

typedef struct bench {
    char folder[40];
    size_t classes;
    bool pairs;
    lat_reader reader;
    lat_sentence list[SENTENCES];
    char texts[SENTENCES][2][128];
    lat_corpus corpus;
    lat_evaluation evaluation;
} bench;

/* Four to seven words, seeded; few enough telling ones that ties occur. */
static void make_text(char *out, lat_random *random)
{
    size_t words = 4 + (size_t)lat_random_below(random, 4), size = 0;
    out[0] = '\0';
    for (size_t w = 0; w < words; w++)
        size += (size_t)snprintf(
            out + size, 128 - size, "%s%s", w == 0 ? "" : " ",
            counting_vocabulary[5 + lat_random_below(random, 9)]);
}

static uint32_t rule(const bench *b, size_t i, const char *words,
                     size_t copies)
{
    size_t counts[3] = {0}, added[3] = {0};
    counting_words(b->texts[i][0], counts);
    if (b->pairs)
        counting_words(b->texts[i][1], counts);
    counting_words(words, added);
    for (size_t k = 0; k < 3; k++)
        counts[k] += copies * added[k];
    return counting_class(counts, b->classes);
}

static void open_bench(bench *b, size_t classes, bool pairs)
{
    lat_error error = {0};
    lat_random random;
    memset(b, 0, sizeof *b);
    strncpy(b->folder, "/tmp/latent-counting-XXXXXX", sizeof b->folder - 1);
    b->classes = classes;
    b->pairs = pairs;
    counting_make(b->folder, classes);
    CHECK_MSG(lat_reader_open(&b->reader, b->folder, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    lat_random_seed(&random, 7, classes);
    for (size_t i = 0; i < SENTENCES; i++) {
        make_text(b->texts[i][0], &random);
        make_text(b->texts[i][1], &random);
        lat_sentence *s = &b->list[i];
        s->a = b->texts[i][0];
        s->a_size = strlen(s->a);
        s->b = pairs ? b->texts[i][1] : NULL;
        s->b_size = pairs ? strlen(s->b) : 0;
        s->gold = (int32_t)rule(b, i, "", 1);
        if (i % 10 == 9) /* the model is wrong about these */
            s->gold = (s->gold + 1) % (int32_t)classes;
        if (i % 15 == 14)
            s->gold = -1;
    }
    b->corpus = (lat_corpus){.count = SENTENCES, .sentences = b->list,
                             .pairs = pairs, .has_gold = true};
    CHECK_MSG(lat_evaluation_open(&b->evaluation, &b->reader, NULL,
                                  &b->corpus, NULL, NULL, &error) == LAT_OK,
              "%s", lat_error_message(&error));
}

static void close_bench(bench *b)
{
    lat_evaluation_free(&b->evaluation);
    lat_reader_close(&b->reader);
    counting_remove(b->folder);
}

static void check_predictions(const bench *b)
{
    size_t right = 0, wrong = 0, none = 0;
    for (size_t i = 0; i < SENTENCES; i++) {
        uint32_t want = rule(b, i, "", 1);
        CHECK_MSG(b->evaluation.predicted[i] == want,
                  "sentence %zu: class %u, counted %u", i,
                  b->evaluation.predicted[i], want);
        none += b->list[i].gold < 0;
        wrong += b->list[i].gold >= 0 && b->list[i].gold != (int32_t)want;
        right += b->list[i].gold == (int32_t)want;
    }
    CHECK(b->evaluation.count == right);
    CHECK(b->evaluation.wrong == wrong && b->evaluation.unlabelled == none);
    CHECK(b->evaluation.usable_count == right + wrong);
}

static void check_trial(const bench *b, const lat_trial *trial,
                        size_t copies)
{
    lat_error error = {0};
    lat_outcome outcomes[SENTENCES];
    uint32_t eligible[SENTENCES];
    for (uint32_t c = 0; c < b->classes; c++) {
        size_t n = lat_evaluation_eligible(eligible, &b->evaluation, c,
                                           b->evaluation.usable,
                                           b->evaluation.usable_count);
        size_t want_n = 0, flipped = 0, changed = 0;
        for (size_t i = 0; i < SENTENCES; i++) {
            uint32_t before = rule(b, i, "", 1);
            uint32_t after = rule(b, i, trial->words, copies);
            if (b->list[i].gold != (int32_t)before || before == c)
                continue;
            want_n++;
            flipped += after == c;
            changed += after != before;
        }
        lat_flips flips;
        uint64_t queries = 0;
        CHECK(lat_trials_run(outcomes, &b->evaluation, NULL, trial, 1,
                             eligible, n, &queries, &error) == LAT_OK);
        CHECK(lat_flips_count(&flips, &b->evaluation, c, eligible, outcomes,
                              n, &error) == LAT_OK);
        CHECK(queries == n && flips.cut == 0);
        CHECK_MSG(flips.eligible == want_n && flips.flipped == flipped &&
                      flips.changed == changed,
                  "%zu classes, pairs %d, '%s' %s %s x%zu to %u: %zu of "
                  "%zu (%zu changed), counted %zu of %zu (%zu)",
                  b->classes, b->pairs, trial->words,
                  lat_insertion_name(trial->insertion),
                  lat_pair_side_name(trial->where), copies, c,
                  flips.flipped, flips.eligible, flips.changed, flipped,
                  want_n, changed);
        CHECK(want_n == 0 ||
              flips.rate == (double)flipped / (double)want_n);
    }
}

static void check_all_trials(const bench *b)
{
    static const char *const words[] = {"good", "bad", "meh", "film",
                                        "good good", "bad meh good"};
    for (size_t w = 0; w < 6; w++)
        for (int insertion = 0; insertion < 4; insertion++)
            for (int where = 0; where < 3; where++)
                for (size_t repeat = 1; repeat <= 3; repeat += 2) {
                    lat_trial trial = {words[w], (lat_insertion)insertion,
                                       (lat_pair_side)where, repeat, 5};
                    bool twice = b->pairs && where == LAT_PAIR_BOTH &&
                                 insertion != LAT_INSERT_AFTER_FIRST;
                    check_trial(b, &trial, repeat * (twice ? 2 : 1));
                }
}

/* ---- Where the words go ------------------------------------------------- */

static void check_text(const lat_sentence *s, lat_insertion insertion,
                       lat_pair_side where, const char *want_a,
                       const char *want_b)
{
    lat_buffer a = {0}, b = {0};
    lat_trial trial = {"x y", insertion, where, 2, 3};
    lat_trial_text(&a, &b, s, &trial);
    CHECK_TEXT(a.data, want_a);
    if (want_b != NULL)
        CHECK_TEXT(b.data, want_b);
    lat_buffer_free(&a);
    lat_buffer_free(&b);
}

static void check_places(void)
{
    lat_sentence one = {.a = "p q", .a_size = 3};
    lat_sentence two = {.a = "p q", .a_size = 3, .b = "r", .b_size = 1};
    lat_sentence empty = {.a = "", .a_size = 0};
    check_text(&one, LAT_INSERT_PREPEND, LAT_PAIR_SECOND, "x y x y p q",
               NULL);
    check_text(&one, LAT_INSERT_APPEND, LAT_PAIR_SECOND, "p q x y x y",
               NULL);
    check_text(&empty, LAT_INSERT_APPEND, LAT_PAIR_SECOND, "x y x y", NULL);
    check_text(&two, LAT_INSERT_PREPEND, LAT_PAIR_SECOND, "p q",
               "x y x y r");
    check_text(&two, LAT_INSERT_PREPEND, LAT_PAIR_FIRST, "x y x y p q", "r");
    check_text(&two, LAT_INSERT_APPEND, LAT_PAIR_BOTH, "p q x y x y",
               "r x y x y");
    check_text(&two, LAT_INSERT_AFTER_FIRST, LAT_PAIR_SECOND, "p q x y x y",
               "r");
    bool seen[3] = {false, false, false};
    for (uint64_t seed = 0; seed < 60; seed++) {
        static const char *const places[] = {"z p q", "p z q", "p q z"};
        lat_buffer a = {0}, b = {0};
        lat_trial trial = {"z", LAT_INSERT_RANDOM, LAT_PAIR_SECOND, 1, seed};
        size_t at = 0;
        lat_trial_text(&a, &b, &one, &trial);
        while (at < 3 && strcmp(a.data, places[at]) != 0)
            at++;
        CHECK_MSG(at < 3, "random place: \"%s\"", a.data);
        if (at < 3)
            seen[at] = true;
        lat_buffer_free(&a);
        lat_buffer_free(&b);
    }
    CHECK(seen[0] && seen[1] && seen[2]);
}

/* ---- The model's limit -------------------------------------------------- */

/* Words and two special tokens fill all places: what is appended falls off
 * and is told; what is prepended pushes the last word out. */
static void check_limit(void)
{
    bench b;
    lat_error error = {0};
    char text[256] = "bad";
    lat_outcome outcome;
    uint32_t first = 0;
    bool fits = true;
    open_bench(&b, 2, false);
    lat_evaluation_free(&b.evaluation);
    for (size_t i = 1, size = 3; i < COUNTING_POSITIONS - 2; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, " the");
    b.list[0] = (lat_sentence){.a = text, .a_size = strlen(text)};
    b.corpus.count = 1;
    CHECK(lat_evaluation_open(&b.evaluation, &b.reader, NULL, &b.corpus,
                              NULL, NULL, &error) == LAT_OK);
    lat_trial append = {"good good", LAT_INSERT_APPEND, 0, 1, 1};
    CHECK(lat_trials_run(&outcome, &b.evaluation, NULL, &append, 1, &first,
                         1, NULL, &error) == LAT_OK);
    CHECK(outcome.cut == 1 && outcome.predicted == 0);
    lat_trial prepend = {"good good", LAT_INSERT_PREPEND, 0, 1, 1};
    CHECK(lat_trials_run(&outcome, &b.evaluation, NULL, &prepend, 1, &first,
                         1, NULL, &error) == LAT_OK);
    CHECK(outcome.cut == 1 && outcome.predicted == 1);
    lat_trial full = {"good", LAT_INSERT_PREPEND, 0,
                      COUNTING_POSITIONS - 2, 1};
    CHECK(lat_trial_fits(&fits, &b.reader, &full, &error) == LAT_OK);
    CHECK(!fits);
    full.repeat--;
    CHECK(lat_trial_fits(&fits, &b.reader, &full, &error) == LAT_OK);
    CHECK(fits);
    close_bench(&b);
}

int main(void)
{
    static bench b;
    for (size_t classes = 2; classes <= 3; classes++)
        for (int pairs = 0; pairs < 2; pairs++) {
            open_bench(&b, classes, pairs == 1);
            check_predictions(&b);
            check_all_trials(&b);
            close_bench(&b);
        }
    check_places();
    check_limit();
    return harness_end("test_flip_rates");
}
