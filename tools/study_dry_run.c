/*
 * study_dry_run.c - what a study will cost, before it starts.
 *
 * Seconds are an estimate for this machine: the arithmetic of the forward
 * pass and of the clustering over the speed of one short product, measured
 * now.  They go to standard output with the words and bytes.
 */
#include "../base/kernels/kernels.h"
#include "study_int.h"

enum {
    WARD_COST = 2,   /* about, times N^2 H multiply-adds' two flops halved */
    TREE_BYTES = 32, /* linkage.npy, a row */
    LINE_BYTES = 28  /* concepts.txt, a line, about */
};

/* Multiply-adds a second of one thread on a product of encoder size. */
static lat_status measure(double *speed, lat_error *error)
{
    enum { M = 128, N = 256, K = 256, TIMES = 24 };
    const lat_kernels *kernels = lat_kernels_best();
    float *a = lat_new_array(M * K, sizeof *a);
    float *b = lat_new_array(lat_panels_size(N, K), sizeof *b);
    float *c = lat_new_array(M * N, sizeof *c);
    lat_status status = LAT_OK;
    if (a == NULL || b == NULL || c == NULL) {
        status = lat_error_memory(error, (M + N) * K * sizeof *a);
        goto done;
    }
    lat_matmul job = {.m = M, .n = N, .k = K, .a = a, .lda = K, .b = b,
                      .c = c, .ldc = N};
    kernels->matmul(&job);
    double start = lat_clock_seconds();
    for (int i = 0; i < TIMES; i++)
        kernels->matmul(&job);
    double seconds = lat_clock_seconds() - start;
    *speed = (double)M * N * K * TIMES / (seconds > 1e-9 ? seconds : 1e-9);
done:
    lat_free(a);
    lat_free(b);
    lat_free(c);
    return status;
}

/* Multiply-adds of a forward pass over one token, attention left out. */
static double token_cost(const lat_model_info *info)
{
    double H = (double)info->hidden, F = (double)info->feed_forward;
    return (double)info->layers * (4 * H * H + 2 * H * F);
}

lat_status study_dry_run(study *s, lat_error *error)
{
    double speed = 0, forward = 0;
    lat_status status = measure(&speed, error);
    if (status != LAT_OK)
        return status;
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    size_t threads = lat_pool_threads(cli_pool(s->call));
    double n = (double)s->words.count, H = (double)info->hidden;
    double layers = (double)(2 * s->layer_count);
    for (int side = 0; side < STUDY_SIDES; side++)
        forward += token_cost(s->readers[side].info) *
                   (double)s->tokens[side].starts[s->tokens[side].sentences];
    double ward = layers * WARD_COST * 0.5 * n * n * H;
    uint64_t vectors =
        (uint64_t)s->words.count * info->hidden * sizeof(float);
    uint64_t clustering =
        lat_cluster_ward_memory(s->words.count, info->hidden, threads);
    uint64_t disk = (uint64_t)(2 * s->layer_count) * s->words.count *
                    (TREE_BYTES + LINE_BYTES);
    printf("sentences\t%zu\n", s->corpus.count);
    printf("words\t%llu\n", (unsigned long long)s->words.total);
    printf("words_kept\t%zu\n", s->words.count);
    printf("types_kept\t%zu\n", s->words.kept_types);
    printf("layers\t%zu\n", s->layer_count);
    printf("bytes_now\t%zu\n", lat_memory_in_use());
    printf("bytes_vectors_a_layer\t%llu\n", (unsigned long long)vectors);
    printf("bytes_clustering\t%llu\n", (unsigned long long)clustering);
    printf("bytes_least\t%llu\n",
           (unsigned long long)(lat_memory_in_use() + vectors + clustering));
    printf("bytes_disk\t%llu\n", (unsigned long long)disk);
    printf("seconds_forward\t%.0f\n", forward / speed / (double)threads);
    printf("seconds_clustering\t%.0f\n", ward / speed / (double)threads);
    return LAT_OK;
}
