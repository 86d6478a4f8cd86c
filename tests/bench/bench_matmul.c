/*
 * bench_matmul.c - the matrix product against the FMA peak of the same run.
 *
 *     bench_matmul [LEVEL [THREADS [SECONDS]]]
 *
 * Shapes of BERT-base and MiniLM for 512 tokens, then attention heads.
 * Rows are split over the threads in equal parts, as the encoder does.
 * Peak and product alternate; medians are printed, in GFLOP/s.
 */
#include "../../base/kernels/kernels.h"
#include <string.h>

enum { ROUNDS = 7, MOST_THREADS = 64 };

typedef struct shape {
    const char *name;
    size_t m, n, k;
    lat_activation activation;
} shape;

static const shape shapes[] = {
    {"bert qkv", 512, 2304, 768, LAT_ACT_NONE},
    {"bert out", 512, 768, 768, LAT_ACT_NONE},
    {"bert up", 512, 3072, 768, LAT_ACT_NONE},
    {"bert up gelu", 512, 3072, 768, LAT_ACT_GELU},
    {"bert down", 512, 768, 3072, LAT_ACT_NONE},
    {"minilm qkv", 512, 1152, 384, LAT_ACT_NONE},
    {"minilm out", 512, 384, 384, LAT_ACT_NONE},
    {"minilm up gelu", 512, 1536, 384, LAT_ACT_GELU},
    {"minilm down", 512, 384, 1536, LAT_ACT_NONE},
    {"few rows", 50, 768, 768, LAT_ACT_NONE},
    {"scores 25", 25, 25, 64, LAT_ACT_NONE},
    {"values 25", 25, 64, 25, LAT_ACT_NONE},
    {"scores 128", 128, 128, 64, LAT_ACT_NONE},
    {"scores 512", 512, 512, 64, LAT_ACT_NONE},
    {"values 512", 512, 64, 512, LAT_ACT_NONE},
};

typedef struct bench {
    const lat_kernels *kernels;
    lat_matmul job;
    size_t threads;
    double seconds;
    double rate[MOST_THREADS]; /* GFLOP/s of each thread */
} bench;

static void run_peak(void *context, size_t task, size_t worker)
{
    bench *b = context;
    (void)worker;
    b->rate[task] = lat_fma_peak(b->kernels->name, b->seconds);
}

static void run_product(void *context, size_t task, size_t worker)
{
    bench *b = context;
    lat_matmul job = b->job;
    size_t from = job.m * task / b->threads;
    size_t to = job.m * (task + 1) / b->threads;
    double done = 0, start = lat_clock_seconds(), now;
    (void)worker;
    job.m = to - from;
    job.a += from * job.lda;
    job.c += from * job.ldc;
    do {
        b->kernels->matmul(&job);
        done += 2.0 * (double)job.m * (double)job.n * (double)job.k;
        now = lat_clock_seconds();
    } while (now - start < b->seconds);
    b->rate[task] = done / (now - start) * 1e-9;
}

static double total(const bench *b)
{
    double sum = 0;
    for (size_t i = 0; i < b->threads; i++)
        sum += b->rate[i];
    return sum;
}

static double median(double *x)
{
    for (size_t i = 1; i < ROUNDS; i++)
        for (size_t j = i; j > 0 && x[j] < x[j - 1]; j--) {
            double t = x[j];
            x[j] = x[j - 1];
            x[j - 1] = t;
        }
    return x[ROUNDS / 2];
}

static int run_shape(bench *b, lat_pool *pool, const shape *s)
{
    size_t panels = lat_panels_size(s->n, s->k);
    float *a = lat_alloc(s->m * s->k * sizeof *a);
    float *w = lat_alloc(s->n * s->k * sizeof *w);
    float *p = lat_alloc(panels * sizeof *p);
    float *c = lat_alloc(s->m * s->n * sizeof *c);
    float *bias = lat_alloc_zero(s->n * sizeof *bias);
    double peaks[ROUNDS], products[ROUNDS];
    lat_random random;
    int status = 1;
    if (a == NULL || w == NULL || p == NULL || c == NULL || bias == NULL)
        goto done;
    lat_random_seed(&random, 1, 0);
    for (size_t i = 0; i < s->m * s->k; i++)
        a[i] = (float)lat_random_unit(&random) - 0.5f;
    for (size_t i = 0; i < s->n * s->k; i++)
        w[i] = (float)lat_random_unit(&random) - 0.5f;
    b->kernels->pack_rows(p, w, s->k, s->n, s->k);
    b->job = (lat_matmul){.m = s->m, .n = s->n, .k = s->k, .a = a,
                          .lda = s->k, .b = p, .c = c, .ldc = s->n,
                          .bias = bias, .activation = s->activation};
    for (size_t i = 0; i < ROUNDS; i++) {
        lat_pool_run(pool, b->threads, run_peak, b);
        peaks[i] = total(b);
        lat_pool_run(pool, b->threads, run_product, b);
        products[i] = total(b);
    }
    double peak = median(peaks), product = median(products);
    printf("%-16s %4zu %4zu %4zu  peak %7.1f  product %7.1f  %5.1f %%\n",
           s->name, s->m, s->n, s->k, peak, product,
           100.0 * product / peak);
    status = 0;
done:
    lat_free(a);
    lat_free(w);
    lat_free(p);
    lat_free(c);
    lat_free(bias);
    return status;
}

int main(int argc, char **argv)
{
    bench b = {.kernels = lat_kernels_best(), .threads = 1, .seconds = 0.05};
    lat_error error = {0};
    lat_pool *pool = NULL;
    uint64_t threads = 1;
    int status = 0;
    if (argc > 1)
        b.kernels = lat_kernels_named(argv[1]);
    if (argc > 2 && !lat_integer_read(argv[2], strlen(argv[2]), &threads))
        threads = 1;
    if (argc > 3)
        lat_number_read(argv[3], strlen(argv[3]), &b.seconds);
    b.threads = threads < MOST_THREADS ? (size_t)threads : MOST_THREADS;
    if (b.kernels == NULL ||
        lat_pool_create(&pool, b.threads, &error) != LAT_OK) {
        fprintf(stderr, "no such level or no threads\n");
        return 2;
    }
    printf("%s, %zu threads\n", b.kernels->name, b.threads);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        status |= run_shape(&b, pool, shapes + i);
    lat_pool_free(pool);
    return status;
}
