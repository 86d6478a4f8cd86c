/*
 * test_align_chance.c - chance levels and bootstrap intervals do what they
 * say: one permutation (or resample) must equal the plain result on data
 * that were shuffled (or drawn again) here, by hand; and the bytes are the
 * same for any number of threads.
 */
#include "../../../align/align.h"
#include "../../harness.h"

#include <math.h>

#define SENTENCES 60
#define LENGTH 8
#define N (SENTENCES * LENGTH)
#define WORDS 40
#define K 5
#define SEED 11
#define RESAMPLE ((uint64_t)1 << 32) /* first stream of the resamples */

/* A corpus whose words lean to one concept and one label each. */
typedef struct corpus {
    lat_intern *words;
    lat_text text;
    lat_occurrence occurrences[N];
    uint32_t base[N], tuned[N];
    char *labels[N]; /* one label each */
    int32_t classes[SENTENCES];
} corpus;

static lat_error error;

static void make_corpus(corpus *out)
{
    static char *const names[] = {"A", "BB", "CCC", "N_UNK"};
    lat_random random;
    size_t i, s;

    lat_random_seed(&random, 5, 0);
    memset(out, 0, sizeof *out);
    CHECK(lat_intern_create(&out->words, &error) == LAT_OK);
    for (i = 0; i < WORDS; i++) {
        char name[16];

        snprintf(name, sizeof name, "w%lu", (unsigned long)i);
        lat_intern_add(out->words, name, strlen(name));
    }
    for (s = 0; s < SENTENCES; s++) {
        const char *line[LENGTH];

        out->classes[s] = (int32_t)lat_random_below(&random, 2);
        for (i = s * LENGTH; i < (s + 1) * LENGTH; i++) {
            uint32_t word = (uint32_t)lat_random_below(&random, WORDS);
            uint32_t home = word * K / WORDS;
            bool stray = lat_random_below(&random, 100) < 8;

            /* The last concept's words mostly come in sentences of class
             * 1, or nothing would be polarised. */
            if (home == K - 1 && out->classes[s] == 0)
                home = word % (K - 1);
            out->occurrences[i].word = word;
            out->occurrences[i].number = 1;
            out->occurrences[i].sentence = (uint32_t)s;
            out->occurrences[i].position = (int32_t)(i - s * LENGTH);
            out->base[i] = stray ? (uint32_t)lat_random_below(&random, K)
                                 : home;
            out->tuned[i] = lat_random_below(&random, 10) == 0
                                ? (uint32_t)lat_random_below(&random, K)
                                : home;
            out->labels[i] = names[lat_random_below(&random, 20) == 0
                                       ? lat_random_below(&random, 4)
                                       : word / 11];
            line[i - s * LENGTH] = lat_intern_text(out->words, word, NULL);
        }
        CHECK(lat_text_add(&out->text, line, LENGTH, &error) == LAT_OK);
    }
}

static void free_corpus(corpus *from)
{
    lat_intern_free(from->words);
    lat_text_free(&from->text);
}

static void make(lat_concepts *out, const corpus *from,
                 const uint32_t *labels)
{
    CHECK(lat_concepts_make(out, from->occurrences, labels, N, from->words,
                            &error) == LAT_OK);
}

static void shuffle(lat_random *random, uint32_t *values, size_t n)
{
    size_t i;

    for (i = n; i > 1; i--) {
        size_t j = (size_t)lat_random_below(random, i);
        uint32_t kept = values[i - 1];

        values[i - 1] = values[j];
        values[j] = kept;
    }
}

static bool same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* ---- Permutations by hand ------------------------------------------------ */

static void compare_overlaps(const lat_overlap *with, const lat_overlap *by,
                             bool bootstrap)
{
    size_t k, moved = 0;

    for (k = 0; k < with->thetas.count; k++) {
        const lat_overlap_row *row = &with->rows[k];
        double tuned = bootstrap ? row->tuned_interval.mean
                                 : row->tuned_chance.mean;
        double base = bootstrap ? row->base_interval.mean
                                : row->base_chance.mean;

        CHECK_MSG(same(tuned, by->rows[k].tuned_to_base_percent),
                  "theta %s: %g, by hand %g", with->thetas.items[k].text,
                  tuned, by->rows[k].tuned_to_base_percent);
        CHECK(same(base, by->rows[k].base_to_tuned_percent));
        moved += tuned > 0.0;
    }
    CHECK(moved > 0);
}

static void check_overlap_permutation(const corpus *from, lat_unit unit)
{
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_concepts base, tuned, other;
    lat_overlap with, by;
    lat_random random;
    corpus copy = *from;
    uint32_t order[N];
    size_t i;

    options.unit = unit;
    options.min_types = 1;
    options.thetas = "0.05,0.1,0.15,0.2,0.25,0.3,0.4";
    options.permutations = 1;
    options.seed = SEED;
    make(&base, from, from->base);
    make(&tuned, from, from->tuned);
    CHECK(lat_overlap_run(&with, NULL, &base, &tuned, &options, &error) ==
          LAT_OK);
    lat_random_seed(&random, SEED, 0);
    if (unit == LAT_UNIT_TYPES) {
        for (i = 0; i < WORDS; i++)
            order[i] = (uint32_t)i;
        shuffle(&random, order, WORDS);
        /* Tuned word b meets the concepts of base word order[b]: so base
         * word order[b] is renamed b. */
        for (i = 0; i < N; i++) {
            size_t size, w, b;
            const char *name = lat_intern_text(
                from->words, from->occurrences[i].word, &size);

            w = lat_intern_find(base.words, name, size);
            for (b = 0; order[b] != w;)
                b++;
            name = lat_intern_text(base.words, b, &size);
            copy.occurrences[i].word =
                (uint32_t)lat_intern_find(from->words, name, size);
        }
    } else {
        /* Indices of the concepts, not the labels of the cut. */
        for (i = 0; i < N; i++)
            copy.base[i] = lat_concepts_find(&base, from->base[i]);
        shuffle(&random, copy.base, N);
    }
    make(&other, &copy, copy.base);
    options.permutations = 0;
    CHECK(lat_overlap_run(&by, NULL, &other, &tuned, &options, &error) ==
          LAT_OK);
    compare_overlaps(&with, &by, false);
    lat_overlap_free(&with);
    lat_overlap_free(&by);
    lat_concepts_free(&base);
    lat_concepts_free(&tuned);
    lat_concepts_free(&other);
}

static void check_polarity_permutation(const corpus *from)
{
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    lat_concepts concepts;
    lat_classes classes, shuffled;
    lat_polarity with, by;
    lat_random random;
    uint32_t order[SENTENCES];
    int32_t of[SENTENCES];
    size_t i, k, moved = 0;

    options.permutations = 1;
    options.bootstraps = 0;
    options.seed = SEED;
    make(&concepts, from, from->base);
    CHECK(lat_classes_make(&classes, from->classes, SENTENCES, NULL, 2,
                           &error) == LAT_OK);
    CHECK(lat_polarity_run(&with, NULL, &concepts, &classes, &options,
                           &error) == LAT_OK);
    for (i = 0; i < SENTENCES; i++)
        order[i] = (uint32_t)from->classes[i];
    lat_random_seed(&random, SEED, 0);
    shuffle(&random, order, SENTENCES);
    for (i = 0; i < SENTENCES; i++)
        of[i] = (int32_t)order[i];
    CHECK(lat_classes_make(&shuffled, of, SENTENCES, NULL, 2, &error) ==
          LAT_OK);
    options.permutations = 0;
    CHECK(lat_polarity_run(&by, NULL, &concepts, &shuffled, &options,
                           &error) == LAT_OK);
    for (k = 0; k < with.thetas.count; k++) {
        CHECK(same(with.rows[k].chance.mean, by.rows[k].percent));
        for (i = 0; i < 2; i++)
            CHECK(with.rows[k].chance_by_class[i].mean ==
                  (double)by.rows[k].by_class[i]);
        moved += by.rows[k].percent > 0.0;
    }
    CHECK(moved > 0);
    lat_polarity_free(&with);
    lat_polarity_free(&by);
    lat_classes_free(&classes);
    lat_classes_free(&shuffled);
    lat_concepts_free(&concepts);
}

static void run_human(lat_human *out, const corpus *from,
                      const lat_concepts *concepts, char *const *labels,
                      const lat_human_options *options)
{
    lat_labels family;

    CHECK(lat_labels_make(&family, &from->text, "f",
                          (const char *const *)labels, &error) == LAT_OK);
    CHECK(lat_human_run(out, NULL, concepts, &from->text, &family, options,
                        &error) == LAT_OK);
    lat_labels_free(&family);
}

/* Occurrence rule: labels of the members, in the order of the concepts,
 * change places. */
static void shuffle_labels(char **labels, const corpus *from,
                           const lat_concepts *concepts)
{
    uint32_t order[N];
    lat_random random;
    size_t i;

    for (i = 0; i < N; i++)
        order[i] = (uint32_t)i;
    lat_random_seed(&random, SEED, 0);
    shuffle(&random, order, N);
    for (i = 0; i < N; i++) {
        const lat_occurrence *to = &concepts->occurrences[i];
        const lat_occurrence *with = &concepts->occurrences[order[i]];

        labels[to->sentence * LENGTH + (size_t)to->position] =
            from->labels[with->sentence * LENGTH + (size_t)with->position];
    }
}

static void compare_humans(const lat_human *with, const lat_human *by)
{
    size_t k, moved = 0;

    for (k = 0; k < with->thetas.count; k++) {
        CHECK(same(with->rows[k].aligned_chance.mean,
                   100.0 * (double)by->rows[k].aligned /
                       (double)by->count));
        CHECK(same(with->rows[k].score_chance.mean, by->rows[k].score));
        moved += by->rows[k].aligned;
    }
    CHECK(same(with->aligned_chance.mean, by->percent_aligned));
    CHECK(same(with->covered_chance.mean, by->percent_covered));
    CHECK(moved > 0);
}

static void check_human_permutation(const corpus *from, lat_rule rule)
{
    lat_human_options options = LAT_HUMAN_OPTIONS;
    lat_concepts concepts;
    lat_human with, by;
    lat_random random;
    char *labels[N], *group[WORDS];
    size_t i, types;

    options.rule = rule;
    options.theta = "0.20";
    options.thetas = "0.1,0.15,0.2,0.25,0.3,0.4";
    options.min_types = options.label_min = 1;
    options.permutations = 1;
    options.seed = SEED;
    make(&concepts, from, from->base);
    memcpy(labels, from->labels, sizeof labels);
    if (rule == LAT_RULE_TYPE) {
        /* One label a word type here, so that groups can be dealt by
         * hand: that of its first occurrence. */
        types = lat_intern_count(from->text.set);
        for (i = N; i > 0; i--)
            group[from->text.words[i - 1]] = from->labels[i - 1];
        for (i = 0; i < N; i++)
            labels[i] = group[from->text.words[i]];
        run_human(&with, from, &concepts, labels, &options);
        {
            uint32_t order[WORDS];

            for (i = 0; i < types; i++)
                order[i] = (uint32_t)i;
            lat_random_seed(&random, SEED, 0);
            shuffle(&random, order, types);
            for (i = 0; i < N; i++)
                labels[i] = group[order[from->text.words[i]]];
        }
    } else {
        run_human(&with, from, &concepts, labels, &options);
        shuffle_labels(labels, from, &concepts);
    }
    options.permutations = 0;
    run_human(&by, from, &concepts, labels, &options);
    compare_humans(&with, &by);
    lat_human_free(&with);
    lat_human_free(&by);
    lat_concepts_free(&concepts);
}

/* ---- Resamples by hand --------------------------------------------------- */

/* Every sentence as often as it was drawn, under new numbers. */
static size_t draw_again(lat_occurrence *out, uint32_t *labels,
                         int32_t *classes, const corpus *from,
                         const uint32_t *side)
{
    uint32_t weights[SENTENCES] = {0};
    lat_random random;
    size_t s, i, n = 0;
    uint32_t sentence = 0, copy;

    lat_random_seed(&random, SEED, RESAMPLE);
    for (s = 0; s < SENTENCES; s++)
        weights[lat_random_below(&random, SENTENCES)]++;
    for (s = 0; s < SENTENCES; s++)
        for (copy = 0; copy < weights[s]; copy++, sentence++) {
            classes[sentence] = from->classes[s];
            for (i = s * LENGTH; i < (s + 1) * LENGTH; i++, n++) {
                out[n] = from->occurrences[i];
                out[n].sentence = sentence;
                labels[n] = side[i];
            }
        }
    CHECK(n == N);
    return n;
}

static void make_drawn(lat_concepts *out, int32_t *classes,
                       const corpus *from, const uint32_t *side)
{
    lat_occurrence occurrences[N];
    uint32_t labels[N];
    size_t n = draw_again(occurrences, labels, classes, from, side);

    CHECK(lat_concepts_make(out, occurrences, labels, n, from->words,
                            &error) == LAT_OK);
    CHECK(out->count == K);
}

static void check_overlap_bootstrap(const corpus *from, lat_unit unit)
{
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_concepts base, tuned, base_drawn, tuned_drawn;
    lat_overlap with, by;
    int32_t classes[SENTENCES];

    options.unit = unit;
    options.min_types = 1;
    options.permutations = 0;
    options.bootstraps = 1;
    options.size_ratio = 0.4;
    options.seed = SEED;
    make(&base, from, from->base);
    make(&tuned, from, from->tuned);
    CHECK(lat_overlap_run(&with, NULL, &base, &tuned, &options, &error) ==
          LAT_OK);
    make_drawn(&base_drawn, classes, from, from->base);
    make_drawn(&tuned_drawn, classes, from, from->tuned);
    options.bootstraps = 0;
    CHECK(lat_overlap_run(&by, NULL, &base_drawn, &tuned_drawn, &options,
                          &error) == LAT_OK);
    compare_overlaps(&with, &by, true);
    lat_overlap_free(&with);
    lat_overlap_free(&by);
    lat_concepts_free(&base);
    lat_concepts_free(&tuned);
    lat_concepts_free(&base_drawn);
    lat_concepts_free(&tuned_drawn);
}

static void check_polarity_bootstrap(const corpus *from)
{
    lat_polarity_options options = LAT_POLARITY_OPTIONS;
    lat_concepts concepts, drawn;
    lat_classes classes, drawn_classes;
    lat_polarity with, by;
    int32_t of[SENTENCES];
    size_t k, c;

    options.permutations = 0;
    options.bootstraps = 1;
    options.min_types = 1;
    options.seed = SEED;
    make(&concepts, from, from->base);
    CHECK(lat_classes_make(&classes, from->classes, SENTENCES, NULL, 2,
                           &error) == LAT_OK);
    CHECK(lat_polarity_run(&with, NULL, &concepts, &classes, &options,
                           &error) == LAT_OK);
    make_drawn(&drawn, of, from, from->base);
    CHECK(lat_classes_make(&drawn_classes, of, SENTENCES, NULL, 2,
                           &error) == LAT_OK);
    options.bootstraps = 0;
    CHECK(lat_polarity_run(&by, NULL, &drawn, &drawn_classes, &options,
                           &error) == LAT_OK);
    for (k = 0; k < with.thetas.count; k++)
        CHECK(same(with.rows[k].interval.mean, by.rows[k].percent));
    for (c = 0; c < K; c++) {
        int32_t own = with.concepts[c].majority;

        CHECK(same(with.concepts[c].share_interval.mean,
                   (double)by.concepts[c].counts[own] /
                       (double)by.concepts[c].classed));
    }
    lat_polarity_free(&with);
    lat_polarity_free(&by);
    lat_classes_free(&classes);
    lat_classes_free(&drawn_classes);
    lat_concepts_free(&concepts);
    lat_concepts_free(&drawn);
}

static void check_human_bootstrap(const corpus *from, lat_rule rule)
{
    static corpus again; /* the drawn sentences as a corpus of their own */
    lat_human_options options = LAT_HUMAN_OPTIONS;
    lat_concepts concepts, drawn;
    lat_human with, by;
    int32_t of[SENTENCES];
    uint32_t labels[N];
    size_t i, s, c;

    options.rule = rule;
    options.theta = "0.60";
    options.min_types = options.label_min = 1;
    options.permutations = 0;
    options.bootstraps = 1;
    options.seed = SEED;
    make(&concepts, from, from->base);
    run_human(&with, from, &concepts, from->labels, &options);
    memset(&again, 0, sizeof again);
    CHECK(draw_again(again.occurrences, labels, of, from, from->base) == N);
    for (s = 0, i = 0; i < N; i++) {
        /* A drawn sentence is found again by its words' old places. */
        const lat_occurrence *at = &again.occurrences[i];

        if (at->position != 0)
            continue;
        while (memcmp(&from->base[s * LENGTH], &labels[i],
                      LENGTH * sizeof *labels) != 0 ||
               from->occurrences[s * LENGTH].word != at->word ||
               from->classes[s] != of[at->sentence])
            s++;
        for (c = 0; c < LENGTH; c++)
            again.labels[i + c] = from->labels[s * LENGTH + c];
    }
    for (i = 0; i < N; i += LENGTH) {
        const char *line[LENGTH];

        for (c = 0; c < LENGTH; c++)
            line[c] = lat_intern_text(from->words,
                                      again.occurrences[i + c].word, NULL);
        CHECK(lat_text_add(&again.text, line, LENGTH, &error) == LAT_OK);
    }
    CHECK(lat_concepts_make(&drawn, again.occurrences, labels, N,
                            from->words, &error) == LAT_OK);
    options.bootstraps = 0;
    run_human(&by, &again, &drawn, again.labels, &options);
    CHECK(with.labels_used == by.labels_used);
    CHECK(same(with.aligned_interval.mean, by.percent_aligned));
    CHECK(same(with.covered_interval.mean, by.percent_covered));
    CHECK(by.aligned > 0);
    for (c = 0; c < K && rule == LAT_RULE_OCCURRENCE; c++)
        if (!with.concepts[c].skipped && !by.concepts[c].skipped &&
            strcmp(lat_intern_text(with.labels, with.concepts[c].winner,
                                   NULL),
                   lat_intern_text(by.labels, by.concepts[c].winner,
                                   NULL)) == 0)
            CHECK(same(with.concepts[c].share_interval.mean,
                       by.concepts[c].share));
    lat_human_free(&with);
    lat_human_free(&by);
    lat_text_free(&again.text);
    lat_concepts_free(&concepts);
    lat_concepts_free(&drawn);
}

/* ---- Threads ------------------------------------------------------------- */

static void write_all(lat_buffer *out, const corpus *from, lat_pool *pool,
                      uint32_t count)
{
    lat_overlap_options overlap_options = LAT_OVERLAP_OPTIONS;
    lat_polarity_options polarity_options = LAT_POLARITY_OPTIONS;
    lat_human_options human_options = LAT_HUMAN_OPTIONS;
    lat_concepts base, tuned;
    const lat_concepts *sides[2] = {&base, &tuned};
    lat_layers layers = {sides, 2, sides, 2};
    lat_overlap overlap[4];
    lat_classes classes;
    lat_polarity polarity;
    lat_labels family;
    lat_human human;
    lat_json_writer writer;
    lat_draws *draws = NULL;
    size_t i;

    /* Shared draws with threads, none without: the bytes are the same. */
    if (pool != NULL)
        CHECK(lat_draws_create(&draws, &error) == LAT_OK);
    human_options.draws = draws;
    make(&base, from, from->base);
    make(&tuned, from, from->tuned);
    CHECK(lat_classes_make(&classes, from->classes, SENTENCES, NULL, 2,
                           &error) == LAT_OK);
    CHECK(lat_labels_make(&family, &from->text, "f",
                          (const char *const *)from->labels, &error) ==
          LAT_OK);
    overlap_options.permutations = overlap_options.bootstraps = count;
    polarity_options.permutations = polarity_options.bootstraps = count;
    human_options.permutations = human_options.bootstraps = count;
    lat_json_begin(&writer, out, true);
    lat_json_open(&writer, '[');
    CHECK(lat_overlap_run_layers(overlap, pool, &layers, &overlap_options,
                                 NULL, &error) == LAT_OK);
    for (i = 0; i < 4; i++) {
        lat_overlap_json(&writer, &overlap[i], NULL);
        lat_overlap_free(&overlap[i]);
    }
    CHECK(lat_polarity_run(&polarity, pool, &base, &classes,
                           &polarity_options, &error) == LAT_OK);
    lat_polarity_json(&writer, &polarity, NULL);
    lat_polarity_free(&polarity);
    for (i = 0; i < 2; i++) {
        human_options.rule = i == 0 ? LAT_RULE_OCCURRENCE : LAT_RULE_TYPE;
        CHECK(lat_human_run(&human, pool, &tuned, &from->text, &family,
                            &human_options, &error) == LAT_OK);
        lat_human_json(&writer, &human, "tuned", NULL);
        lat_human_free(&human);
    }
    lat_json_close(&writer, ']');
    lat_draws_free(draws);
    lat_labels_free(&family);
    lat_classes_free(&classes);
    lat_concepts_free(&base);
    lat_concepts_free(&tuned);
}

/* SHA-256 of everything that write_all writes: the same on every machine,
 * byte order, compiler and level.  Changes only with the written form. */
#define GOLDEN                                                          \
    "19ef21a28fc21cf34c4944f140a02155" \
    "0def804222d33fe80122484c459454d7"
#define GOLDEN_MORE                                                     \
    "854bdc4157275c9177f14386318a6888" \
    "537d554491ffa5edc81420599ba612de"

static void check_threads(const corpus *from, uint32_t count,
                          const char *golden)
{
    lat_buffer one = {0}, many = {0};
    lat_sha256 hash;
    unsigned char digest[32];
    char hex[65];
    size_t threads;

    write_all(&one, from, NULL, count);
    lat_sha256_begin(&hash);
    lat_sha256_add(&hash, one.data, one.size);
    lat_sha256_end(&hash, digest);
    lat_sha256_hex(digest, hex);
    CHECK_TEXT(hex, golden);
    for (threads = 1; threads <= 5; threads += 2) {
        lat_pool *pool = NULL;

        CHECK(lat_pool_create(&pool, threads, &error) == LAT_OK);
        lat_buffer_clear(&many);
        write_all(&many, from, pool, count);
        CHECK_MSG(one.size == many.size &&
                      memcmp(one.data, many.data, one.size) == 0,
                  "other bytes with %lu threads", (unsigned long)threads);
        lat_pool_free(pool);
    }
    lat_buffer_free(&one);
    lat_buffer_free(&many);
}

static void check_interval(void)
{
    double values[41], few[3] = {2.0, (double)NAN, 1.0};
    lat_interval interval;
    size_t i;

    for (i = 0; i < 41; i++)
        values[i] = (double)((i * 17) % 41);
    interval = lat_interval_of(values, 41);
    CHECK(interval.mean == 20.0 && interval.low == 1.0 &&
          interval.high == 39.0 && interval.count == 41);
    interval = lat_interval_of(few, 3);
    CHECK(interval.mean == 1.5 && interval.low == 1.0 &&
          interval.high == 2.0 && interval.count == 2);
    interval = lat_interval_of(NULL, 0);
    CHECK(isnan(interval.mean) && isnan(interval.low) &&
          interval.count == 0);
}

int main(void)
{
    static corpus from;

    make_corpus(&from);
    check_interval();
    check_overlap_permutation(&from, LAT_UNIT_TYPES);
    check_overlap_permutation(&from, LAT_UNIT_OCCURRENCES);
    check_polarity_permutation(&from);
    check_human_permutation(&from, LAT_RULE_OCCURRENCE);
    check_human_permutation(&from, LAT_RULE_TYPE);
    check_overlap_bootstrap(&from, LAT_UNIT_TYPES);
    check_overlap_bootstrap(&from, LAT_UNIT_OCCURRENCES);
    check_polarity_bootstrap(&from);
    check_human_bootstrap(&from, LAT_RULE_OCCURRENCE);
    check_human_bootstrap(&from, LAT_RULE_TYPE);
    check_threads(&from, 23, GOLDEN);
    /* More resamples than are counted at a time. */
    check_threads(&from, 70, GOLDEN_MORE);
    free_corpus(&from);
    return harness_end("test_align_chance");
}
