/*
 * verb_selftest.c - this build on this machine, in seconds.
 *
 * Three checks: the kernels that this CPU uses give the bits of plain C; a
 * small made-up study (points, tree, concepts, overlap, polarity) has the
 * hash that every machine must give; so has the arithmetic of a made-up
 * encoder block.
 */
#include "../align/align.h"
#include "../base/kernels/kernels.h"
#include "../cluster/cluster.h"
#include "verbs_int.h"

#include <string.h>

static const cli_option options[] = {
    {"print", 0, CLI_FLAG, NULL, "print the hashes that were found", NULL},
    {0}};

/* What every build on every machine gives. */
static const char study_hash[] =
    "7ddad664e6c278479c0c273f96b40cf6ffae32b10db01526edf552c29df9bd59";
static const char block_hash[] =
    "2e90bff2e36787175cbed152a986ea459c10ec827703c7e4e9bf8a3c51302acc";

enum { POINTS = 240, WIDTH = 24, GROUPS = 8, CUT = 12 };

static void fill(float *out, size_t n, uint64_t stream)
{
    lat_random random;
    lat_random_seed(&random, 2022, stream);
    for (size_t i = 0; i < n; i++)
        out[i] = (float)(lat_random_unit(&random) * 4 - 2);
}

/* ---- Kernels against plain C ---------------------------------------- */

/* A product, its epilogue and the row functions, all into `out`. */
static lat_status run_block(const lat_kernels *kernels, float *out,
                            lat_error *error)
{
    enum { M = 29, N = 67, K = 131 };
    lat_status status = LAT_OK;
    float *values = lat_new_array(M * K + N * K + N + K, sizeof *values);
    float *panels = lat_new_array(lat_panels_size(N, K), sizeof *panels);
    if (values == NULL || panels == NULL) {
        status = lat_error_memory(error, (M + N) * K * sizeof *values);
        goto done;
    }
    float *a = values, *b = a + M * K, *bias = b + N * K, *gain = bias + N;
    fill(values, M * K + N * K + N + K, 1);
    for (size_t i = 0; i < M; i++) {
        kernels->layer_norm(a + i * K, a + i * K, gain, gain, K, 1e-12f);
        kernels->softmax(a + i * K, K);
    }
    kernels->pack_rows(panels, b, K, N, K);
    lat_matmul job = {.m = M, .n = N, .k = K, .a = a, .lda = K, .b = panels,
                      .c = out, .ldc = N, .bias = bias,
                      .activation = LAT_ACT_GELU};
    kernels->matmul(&job);
    job.activation = LAT_ACT_TANH;
    job.c = out + M * N;
    kernels->matmul(&job);
    void (*const exponential)(float *, size_t) = kernels->exp;
    exponential(out, M * N);
done:
    lat_free(values);
    lat_free(panels);
    return status;
}

enum { BLOCK_FLOATS = 2 * 29 * 67 };

/* Floats as little-endian bytes, so that the hash is of values. */
static void hash_floats(const float *values, size_t n, char hex[65])
{
    lat_sha256 hash;
    unsigned char digest[32], bytes[4];
    lat_sha256_begin(&hash);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], 4);
        for (int b = 0; b < 4; b++)
            bytes[b] = (unsigned char)(bits >> (8 * b));
        lat_sha256_add(&hash, bytes, 4);
    }
    lat_sha256_end(&hash, digest);
    lat_sha256_hex(digest, hex);
}

static lat_status check_kernels(lat_buffer *out, size_t *bad, char hex[65],
                                lat_error *error)
{
    float *plain = lat_new_array(BLOCK_FLOATS, sizeof *plain);
    float *best = lat_new_array(BLOCK_FLOATS, sizeof *best);
    lat_status status = LAT_OK;
    if (plain == NULL || best == NULL)
        status = lat_error_memory(error, 2 * BLOCK_FLOATS * sizeof *best);
    if (status == LAT_OK)
        status = run_block(lat_kernels_named("plain"), plain, error);
    if (status == LAT_OK)
        status = run_block(lat_kernels_best(), best, error);
    if (status == LAT_OK) {
        bool same = memcmp(plain, best, BLOCK_FLOATS * sizeof *best) == 0;
        lat_buffer_format(out, "%s\tkernels %s give the bits of plain C\n",
                          same ? "ok" : "FAILED", lat_kernels_best()->name);
        *bad += !same;
        hash_floats(best, BLOCK_FLOATS, hex);
    }
    lat_free(plain);
    lat_free(best);
    return status;
}

/* ---- A small study -------------------------------------------------- */

/* Two sets of points around the same centres, one of them shifted. */
static void make_points(float *out, uint64_t stream)
{
    float centres[GROUPS * WIDTH];
    fill(centres, GROUPS * WIDTH, 7);
    fill(out, POINTS * WIDTH, stream);
    for (size_t i = 0; i < POINTS; i++)
        for (size_t j = 0; j < WIDTH; j++)
            out[i * WIDTH + j] = centres[i % GROUPS * WIDTH + j] +
                                 0.25f * out[i * WIDTH + j];
}

static lat_status make_side(lat_concepts *out, lat_pool *pool,
                            uint64_t stream, const lat_intern *words,
                            lat_error *error)
{
    float *points = lat_new_array(POINTS * WIDTH, sizeof *points);
    lat_occurrence occurrences[POINTS];
    uint32_t labels[POINTS];
    lat_tree tree = {0};
    const lat_ward_options ward = LAT_WARD_OPTIONS;
    if (points == NULL)
        return lat_error_memory(error, POINTS * WIDTH * sizeof *points);
    make_points(points, stream);
    memset(occurrences, 0, sizeof occurrences);
    for (uint32_t i = 0; i < POINTS; i++) {
        occurrences[i].word = i % 60;
        occurrences[i].number = i / 60 + 1;
        occurrences[i].sentence = i / 8;
        occurrences[i].position = (int32_t)(i % 8);
    }
    lat_status status = lat_cluster_ward(&tree, pool, points, POINTS, WIDTH,
                                         &ward, error);
    if (status == LAT_OK)
        status = lat_tree_cut(&tree, CUT, labels, error);
    if (status == LAT_OK)
        status = lat_concepts_make(out, occurrences, labels, POINTS, words,
                                   error);
    lat_tree_free(&tree);
    lat_free(points);
    return status;
}

static lat_status study_text(lat_buffer *out, lat_pool *pool,
                             const lat_concepts *base,
                             const lat_concepts *tuned, lat_error *error)
{
    lat_overlap overlap = {0};
    lat_polarity polarity = {0};
    lat_classes classes = {0};
    int32_t of[POINTS / 8];
    const lat_overlap_options overlap_options = LAT_OVERLAP_OPTIONS;
    const lat_polarity_options polarity_options = LAT_POLARITY_OPTIONS;
    for (size_t i = 0; i < POINTS / 8; i++)
        of[i] = i % 3 == 0;
    lat_status status =
        lat_classes_make(&classes, of, POINTS / 8, NULL, 2, error);
    if (status == LAT_OK)
        status = lat_overlap_run(&overlap, pool, base, tuned,
                                 &overlap_options, error);
    if (status == LAT_OK)
        status = lat_polarity_run(&polarity, pool, tuned, &classes,
                                  &polarity_options, error);
    for (size_t i = 0; status == LAT_OK && i < overlap.tuned_count; i++) {
        lat_buffer_number(out, overlap.tuned[i].share);
        lat_buffer_char(out, ' ');
        lat_buffer_number(out, overlap.tuned[i].jaccard);
        lat_buffer_char(out, '\n');
    }
    for (size_t i = 0; status == LAT_OK && i < polarity.count; i++)
        for (size_t c = 0; polarity.concepts[i].p != NULL && c < 2; c++) {
            lat_buffer_number(out, polarity.concepts[i].p[c]);
            lat_buffer_char(out, '\n');
        }
    for (size_t i = 0; status == LAT_OK && i < overlap.thetas.count; i++) {
        lat_buffer_number(out, overlap.rows[i].tuned_chance.mean);
        lat_buffer_char(out, '\n');
    }
    if (status == LAT_OK)
        status = lat_buffer_status(out, error);
    lat_overlap_free(&overlap);
    lat_polarity_free(&polarity);
    lat_classes_free(&classes);
    return status;
}

static lat_status small_study(cli_call *call, char hex[65], lat_error *error)
{
    lat_concepts base = {0}, tuned = {0};
    lat_intern *words = NULL;
    lat_buffer text = {0};
    lat_pool *pool = cli_pool(call);
    lat_status status = lat_intern_create(&words, error);
    for (int i = 0; i < 60 && status == LAT_OK; i++) {
        char name[16];
        int size = snprintf(name, sizeof name, "word%d", i);
        if (lat_intern_add(words, name, (size_t)size) == SIZE_MAX)
            status = lat_error_memory(error, 16);
    }
    if (status == LAT_OK)
        status = make_side(&base, pool, 3, words, error);
    if (status == LAT_OK)
        status = make_side(&tuned, pool, 4, words, error);
    if (status == LAT_OK)
        status = study_text(&text, pool, &base, &tuned, error);
    if (status == LAT_OK) {
        lat_sha256 hash;
        unsigned char digest[32];
        lat_sha256_begin(&hash);
        lat_sha256_add(&hash, text.data, text.size);
        lat_sha256_end(&hash, digest);
        lat_sha256_hex(digest, hex);
    }
    lat_buffer_free(&text);
    lat_concepts_free(&base);
    lat_concepts_free(&tuned);
    lat_intern_free(words);
    return status;
}

static void compare(lat_buffer *out, const cli_call *call, size_t *bad,
                    const char *what, const char *found, const char *wanted)
{
    bool same = strcmp(found, wanted) == 0;
    lat_buffer_format(out, "%s\t%s\n", same ? "ok" : "FAILED", what);
    if (cli_given(call, "print"))
        lat_buffer_format(out, "\t%s\n", found);
    *bad += !same;
}

static lat_status run(cli_call *call, lat_error *error)
{
    char block[65] = "", study[65] = "";
    size_t bad = 0;
    lat_buffer text = {0};
    lat_status status = check_kernels(&text, &bad, block, error);
    if (status == LAT_OK)
        status = small_study(call, study, error);
    if (status == LAT_OK) {
        compare(&text, call, &bad, "an encoder block has its known hash",
                block, block_hash);
        compare(&text, call, &bad, "a small study has its known hash", study,
                study_hash);
    }
    lat_status printed = cli_print(&text, error);
    if (status == LAT_OK)
        status = printed;
    if (status != LAT_OK)
        return status;
    if (bad != 0)
        return lat_error_set(error, LAT_INTERNAL,
                             "%zu checks failed: results of this build on "
                             "this machine cannot be trusted",
                             bad);
    return LAT_OK;
}

const cli_verb verb_selftest = {
    .name = "selftest",
    .summary = "checks this build on this machine, in seconds",
    .forms = "latent selftest",
    .examples = "latent selftest\nLATENT_CPU=plain latent selftest",
    .notes = "Kernels against plain C, and hashes that every build must give."
             "  Exit code 4 when a\ncheck fails.",
    .options = options,
    .run = run};
