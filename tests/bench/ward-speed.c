/*
 * ward-speed.c - seconds, distances and memory of the Ward clusterer on
 * points of several shapes.
 *
 *     ward-speed KIND N D [THREADS [OUT.f32 [NEIGHBOURS [Z.npy]]]]
 *
 * Kinds: words (lat_cluster_sample: what contextual word vectors look like),
 * isotropic, manifold, clumps, copies (each point twice), line, grid
 * (integers: ties), same, huge, two (clumps).
 *
 * The peak is what the matrix product does here in the same run on a
 * compute-bound shape; "factor" is the time over that of N^2 D flop at it.
 * Both are also given in CPU time, which other programs disturb less.
 * OUT "-" writes no points.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../cluster/cluster.h"

typedef struct shape {
    const char *kind;
    size_t n, d;
    lat_random random;
    float *x;
} shape;

static double normal(shape *s)
{
    return lat_random_normal(&s->random);
}

static void make_plain(shape *s)
{
    bool line = strcmp(s->kind, "line") == 0;
    bool clumps = strcmp(s->kind, "clumps") == 0;
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < s->d; j++) {
            float *to = &s->x[i * s->d + j];
            double value = normal(s);
            if (line)
                value = (double)i * (j == 0);
            else if (strcmp(s->kind, "grid") == 0)
                value = (double)lat_random_below(&s->random, 24);
            else if (strcmp(s->kind, "same") == 0)
                value = 0.25;
            else if (strcmp(s->kind, "huge") == 0 && j % 300 == 7)
                value *= 100;
            else if (strcmp(s->kind, "two") == 0 && i >= 2)
                value = (double)s->x[i % 2 * s->d + j]
                        * (1 + 1e-4 * value);
            else if (clumps && i >= 30) /* 30 of them */
                value = (double)s->x[i % 30 * s->d + j]
                        * (1 + 1e-4 * value);
            else if (strcmp(s->kind, "copies") == 0 && i >= (s->n + 1) / 2)
                value = (double)s->x[(i - (s->n + 1) / 2) * s->d + j];
            *to = (float)value;
        }
}

static void make_manifold(shape *s)
{
    enum { LATENT = 10 };
    float *mix = lat_new_array(LATENT * s->d, sizeof *mix);
    for (size_t i = 0; i < LATENT * s->d; i++)
        mix[i] = (float)normal(s);
    for (size_t i = 0; i < s->n; i++) {
        float *row = s->x + i * s->d;
        for (size_t q = 0; q < LATENT; q++) {
            float z = (float)normal(s) * 0.3f;
            for (size_t j = 0; j < s->d; j++)
                row[j] += z * mix[q * s->d + j];
        }
        for (size_t j = 0; j < s->d; j++) /* bent, with some noise */
            row[j] = row[j] / (1 + fabsf(row[j]))
                     + 0.01f * (float)normal(s);
    }
    lat_free(mix);
}

/* GFLOP/s of a product that stays in the caches; best of five. */
typedef struct peak_state {
    float *a, *panels, *c;
} peak_state;
static void peak_task(void *context, size_t task, size_t worker)
{
    const peak_state *p = context;
    enum { M = 96, N = 256, K = 768 };
    lat_matmul job = {.m = M, .n = N, .k = K, .a = p->a, .lda = K,
                      .b = p->panels, .c = p->c + worker * M * N, .ldc = N};
    (void)task;
    lat_kernels_best()->matmul(&job);
}

static double measure_peak(lat_pool *pool, double *per_core)
{
    peak_state p;
    size_t threads = lat_pool_threads(pool);
    double best = 0;
    *per_core = 0;
    p.a = lat_new_array(96 * 768, sizeof *p.a);
    p.panels = lat_new_array(256 * 768, sizeof *p.panels);
    p.c = lat_new_array(threads * 96 * 256, sizeof *p.c);
    for (int i = 0; i < 5; i++) {
        double start = lat_clock_seconds(), cpu = lat_cpu_seconds();
        lat_pool_run(pool, 200 * threads, peak_task, &p);
        double work = 2.0 * 96 * 256 * 768 * 200 * (double)threads / 1e9;
        double rate = work / (lat_clock_seconds() - start);
        double core = work / (lat_cpu_seconds() - cpu);
        best = rate > best ? rate : best;
        *per_core = core > *per_core ? core : *per_core;
    }
    lat_free(p.a);
    lat_free(p.panels);
    lat_free(p.c);
    return best;
}

static void save(const shape *s, const char *path)
{
    lat_error error = {0};
    if (lat_file_write(path, s->x, s->n * s->d * sizeof *s->x, &error)
        != LAT_OK)
        fprintf(stderr, "%s\n", lat_error_message(&error));
}

int main(int count, char **words)
{
    lat_error error = {0};
    lat_pool *pool = NULL;
    lat_tree tree = {0};
    shape s = {0};
    lat_status status = LAT_OK;
    if (count < 4) {
        fprintf(stderr, "ward-speed KIND N D [THREADS [OUT.f32]]\n");
        return 2;
    }
    s.kind = words[1];
    s.n = strtoul(words[2], NULL, 10);
    s.d = strtoul(words[3], NULL, 10);
    size_t threads = count > 4 ? strtoul(words[4], NULL, 10)
                               : lat_cores_usable();
    s.x = lat_new_array(s.n * s.d, sizeof *s.x);
    lat_random_seed(&s.random, 20, s.n);
    if (s.x == NULL || lat_pool_create(&pool, threads, &error) != LAT_OK)
        return 3;
    if (strcmp(s.kind, "words") == 0)
        status = lat_cluster_sample(s.x, s.n, s.d, 20, &error);
    else if (strcmp(s.kind, "manifold") == 0)
        make_manifold(&s);
    else
        make_plain(&s);
    if (status != LAT_OK)
        return lat_status_exit(status);
    lat_ward_options options = LAT_WARD_OPTIONS;
    if (count > 6)
        options.neighbours = strtoul(words[6], NULL, 10);
    if (count > 5 && strcmp(words[5], "-") != 0)
        save(&s, words[5]);
    double per_core, peak = measure_peak(pool, &per_core);
    double start = lat_clock_seconds(), cpu = lat_cpu_seconds();
    status = lat_cluster_ward(&tree, pool, s.x, s.n, s.d,
                                         &options, &error);
    double seconds = lat_clock_seconds() - start;
    cpu = lat_cpu_seconds() - cpu;
    double n = (double)s.n, d = (double)s.d;
    if (status != LAT_OK) {
        fprintf(stderr, "%s\n", lat_error_message(&error));
        return lat_status_exit(status);
    }
    printf("%s\t%zu\t%zu\tthreads %zu\tseconds %.3f\tpairs/N^2 %.3f\t"
           "peak %.0f GFLOP/s\tfactor %.2f\t"
           "cpu %.3f s at %.0f GFLOP/s: %.2f\tMB %.0f + %.0f points\t"
           "copies %llu\tties %llu\ttop %.9g\n",
           s.kind, s.n, s.d, threads, seconds,
           2 * (double)tree.distances / (n * n), peak,
           seconds / (n * n * d / (peak * 1e9)), cpu, per_core,
           cpu / (n * n * d / (per_core * 1e9)),
           ((double)lat_memory_peak() - n * d * 4) / 1e6, n * d * 4 / 1e6,
           (unsigned long long)tree.duplicates,
           (unsigned long long)tree.ties,
           s.n > 1 ? tree.merges[s.n - 2].height : 0.0);
    if (count > 7
        && lat_tree_write(&tree, words[7], NULL, &error) != LAT_OK)
        fprintf(stderr, "%s\n", lat_error_message(&error));
    lat_tree_free(&tree);
    lat_pool_free(pool);
    lat_free(s.x);
    return 0;
}
