/*
 * align-speed.c - seconds and memory of everything in align/ that a study
 * runs, on the size that it must bear: SST-2 by words, filter 5/20, 600
 * concepts in each of 13 layers of two models.
 *
 *     align-speed TRAIN.tsv [PERMUTATIONS [BOOTSTRAPS [THREADS [LAYERS
 *                 [PARTS]]]]]
 *
 * PARTS: letters of those that are run (t types, o occurrences, h
 * human-defined, p polarity; tohp).
 *
 * No model runs.  Concepts are drawn so that they look like those of an
 * encoder: a word has one home at the embeddings, more homes higher up, and
 * one occurrence in ten lies anywhere.  The last line is the SHA-256 of all
 * results: the same for every number of threads, and before and after a
 * change that only makes things faster.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "../../align/align.h"

enum { MODELS = 2, LAYERS = 13, K = 600, LEAST = 5, MOST = 20 };

typedef struct bench {
    lat_pool *pool;
    lat_text text;
    lat_classes gold;
    lat_occurrence *kept;
    size_t count;
    lat_concepts concepts[MODELS][LAYERS];
    uint32_t permutations, bootstraps;
    size_t layers;
    lat_sha256 hash;
    lat_error error;
} bench;

static void must(bench *b, lat_status status)
{
    if (status == LAT_OK)
        return;
    fprintf(stderr, "align-speed: %s\n", lat_error_message(&b->error));
    exit(1);
}

/* ---- The corpus --------------------------------------------------------- */

/* Sentences as words, without label and header. */
static void read_text(bench *b, const char *path)
{
    lat_table table = {0};
    lat_buffer lines = {0};
    must(b, lat_table_open(&table, path, &b->error));
    size_t column = lat_table_column(&table, "sentence");
    for (size_t i = 0; column < table.columns && i < table.rows; i++) {
        const char *cell = table.cells[i * table.columns + column];
        lat_buffer_add(&lines, cell, strlen(cell));
        lat_buffer_char(&lines, '\n');
    }
    must(b, lat_text_parse(&b->text, lines.data, lines.size, &b->error));
    must(b, lat_classes_read(&b->gold, path, "label", &b->error));
    lat_buffer_free(&lines);
    lat_table_free(&table);
}

/* Words seen LEAST times or more, the first MOST of each. */
static void keep_words(bench *b)
{
    size_t types = lat_intern_count(b->text.set);
    uint32_t *seen = lat_new_array(types, sizeof *seen);
    uint32_t *taken = lat_new_array(types, sizeof *taken);
    for (size_t w = 0; w < b->text.size; w++)
        seen[b->text.words[w]]++;
    b->kept = lat_new_array(b->text.size, sizeof *b->kept);
    for (size_t s = 0; s < b->text.sentences; s++)
        for (size_t w = b->text.starts[s]; w < b->text.starts[s + 1]; w++) {
            uint32_t type = b->text.words[w];
            if (seen[type] < LEAST || taken[type] == MOST)
                continue;
            b->kept[b->count++] = (lat_occurrence){
                .word = type, .number = ++taken[type],
                .sentence = (uint32_t)s,
                .position = (int32_t)(w - b->text.starts[s])};
        }
    lat_free(seen);
    lat_free(taken);
}

/* ---- Concepts ----------------------------------------------------------- */

static void draw_layer(bench *b, size_t model, size_t layer)
{
    uint32_t *labels = lat_new_array(b->count, sizeof *labels);
    size_t homes = 1 + layer / 3;
    lat_random random;
    lat_random_seed(&random, 1 + layer, model);
    for (size_t i = 0; i < b->count; i++) {
        lat_random home;
        size_t which = lat_random_below(&random, homes);
        /* The two models share the homes of the lower layers. */
        lat_random_seed(&home, b->kept[i].word * 64 + which,
                        layer < 6 ? 1 : 1 + model);
        labels[i] = (uint32_t)lat_random_below(&home, K);
        if (lat_random_below(&random, 10) == 0)
            labels[i] = (uint32_t)lat_random_below(&random, K);
    }
    must(b, lat_concepts_make(&b->concepts[model][layer], b->kept, labels,
                              b->count, b->text.set, &b->error));
    lat_free(labels);
}

/* ---- What is measured --------------------------------------------------- */

static void add_results(bench *b, lat_buffer *results)
{
    must(b, lat_buffer_status(results, &b->error));
    lat_sha256_add(&b->hash, results->data, results->size);
    lat_buffer_free(results);
}

static void run_overlap(bench *b, lat_unit unit)
{
    size_t n = b->layers;
    lat_overlap *all = lat_new_array(n * n, sizeof *all);
    const lat_concepts *sides[MODELS][LAYERS];
    lat_layers layers = {sides[0], n, sides[1], n};
    lat_overlap_options options = LAT_OVERLAP_OPTIONS;
    lat_buffer results = {0};
    options.unit = unit;
    options.permutations = b->permutations;
    options.bootstraps = b->bootstraps;
    for (size_t m = 0; m < MODELS; m++)
        for (size_t l = 0; l < n; l++)
            sides[m][l] = &b->concepts[m][l];
    must(b, lat_overlap_run_layers(all, b->pool, &layers, &options, NULL,
                                   &b->error));
    for (size_t i = 0; i < n * n; i++) {
        lat_overlap_tsv(&results, &all[i], "");
        lat_overlap_free(&all[i]);
    }
    add_results(b, &results);
    lat_free(all);
}

static void run_types(bench *b)
{
    run_overlap(b, LAT_UNIT_TYPES);
}

static void run_occurrences(bench *b)
{
    run_overlap(b, LAT_UNIT_OCCURRENCES);
}

static void run_family(bench *b, const lat_labeller *labeller,
                       lat_draws *draws)
{
    lat_labels labels = {0};
    lat_buffer results = {0};
    must(b, lat_labels_builtin(&labels, &b->text, labeller->name, NULL,
                               &b->error));
    for (size_t m = 0; m < MODELS; m++)
        for (size_t l = 0; l < b->layers; l++)
            for (int rule = 0; rule < 2; rule++) {
                lat_human human = {0};
                lat_human_options options = LAT_HUMAN_OPTIONS;
                options.rule = (lat_rule)rule;
                options.ngram = labeller->ngram;
                options.permutations = b->permutations;
                options.bootstraps = b->bootstraps;
                options.draws = draws;
                must(b, lat_human_run(&human, b->pool, &b->concepts[m][l],
                                      &b->text, &labels, &options,
                                      &b->error));
                lat_human_tsv(&results, &human, "");
                lat_human_concepts_tsv(&results, &human, "");
                lat_human_free(&human);
            }
    lat_labels_free(&labels);
    add_results(b, &results);
}

static void run_families(bench *b)
{
    lat_draws *draws = NULL;
    must(b, lat_draws_create(&draws, &b->error));
    for (const lat_labeller *l = lat_labeller_list(); l->name != NULL; l++)
        if (!l->needs_pieces)
            run_family(b, l, draws);
    lat_draws_free(draws);
}

static void run_polarity(bench *b)
{
    lat_buffer results = {0};
    for (size_t m = 0; m < MODELS; m++)
        for (size_t l = 0; l < b->layers; l++) {
            lat_polarity polarity = {0};
            lat_polarity_options options = LAT_POLARITY_OPTIONS;
            options.permutations = b->permutations;
            options.bootstraps = b->bootstraps;
            must(b, lat_polarity_run(&polarity, b->pool, &b->concepts[m][l],
                                     &b->gold, &options, &b->error));
            lat_polarity_tsv(&results, &polarity, "");
            lat_polarity_concepts_tsv(&results, &polarity, "");
            lat_polarity_free(&polarity);
        }
    add_results(b, &results);
}

static void measure(bench *b, const char *name, void (*part)(bench *))
{
    double wall = lat_clock_seconds(), cpu = lat_cpu_seconds();
    part(b);
    printf("%-24s %7.2f s  cpu %7.2f s\n", name, lat_clock_seconds() - wall,
           lat_cpu_seconds() - cpu);
    (void)fflush(stdout);
}

static unsigned number(char **argv, int argc, int at, unsigned value)
{
    return argc > at ? (unsigned)strtoul(argv[at], NULL, 10) : value;
}

int main(int argc, char **argv)
{
    bench b;
    struct rusage use;
    unsigned char digest[32];
    char hex[65];
    memset(&b, 0, sizeof b);
    if (argc < 2)
        return 2;
    b.permutations = number(argv, argc, 2, 100);
    b.bootstraps = number(argv, argc, 3, 100);
    b.layers = number(argv, argc, 5, LAYERS);
    if (b.layers == 0 || b.layers > LAYERS)
        return 2;
    must(&b, lat_pool_create(&b.pool, number(argv, argc, 4, 2), &b.error));
    lat_sha256_begin(&b.hash);
    read_text(&b, argv[1]);
    keep_words(&b);
    for (size_t m = 0; m < MODELS; m++)
        for (size_t l = 0; l < b.layers; l++)
            draw_layer(&b, m, l);
    printf("%zu words of %zu, %zu sentences, %u permutations, %u "
           "resamples\n", b.count, b.text.size, b.text.sentences,
           b.permutations, b.bootstraps);
    const char *parts = argc > 6 ? argv[6] : "tohp";
    if (strchr(parts, 't') != NULL)
        measure(&b, "overlap, types", run_types);
    if (strchr(parts, 'o') != NULL)
        measure(&b, "overlap, occurrences", run_occurrences);
    if (strchr(parts, 'h') != NULL)
        measure(&b, "human-defined concepts", run_families);
    if (strchr(parts, 'p') != NULL)
        measure(&b, "polarity", run_polarity);
    getrusage(RUSAGE_SELF, &use);
    lat_sha256_end(&b.hash, digest);
    lat_sha256_hex(digest, hex);
    printf("memory %ld MB\n%s\n", use.ru_maxrss / 1024, hex);
    for (size_t m = 0; m < MODELS; m++)
        for (size_t l = 0; l < b.layers; l++)
            lat_concepts_free(&b.concepts[m][l]);
    lat_free(b.kept);
    lat_classes_free(&b.gold);
    lat_text_free(&b.text);
    lat_pool_free(b.pool);
    return 0;
}
