/*
 * study_seconds.c - about how long a study takes on this machine.
 *
 * Floating point operations over what was measured of them: the peak of this
 * CPU's fused multiply-adds now, in a twentieth of a second on all threads by
 * the time they were given; the share of it that each step reaches, and what
 * it does besides, once (tests/bench/RESULTS.md).  Within a factor of 1.5 for
 * studies of seconds to hours on machines with vectors that nobody else uses.
 */
#include "bench_int.h"
#include "study_int.h"

#define FORWARD_SHARE 0.8 /* of the peak; 0.72 to 0.85 */
/* Of the most queries that triggers could take: sentences that are predicted
 * wrong are not asked for, nor any twice. */
#define ASKED 0.8

/* Of one layer: products, and what each point's list costs. */
static double ward_operations(double n, double h)
{
    return 1.3 * n * n * h + 11000 * n * h;
}

enum {
    KMEANS_ROUNDS = 60, LEADERS_PASSES = 12, /* about */
};
/* Of one thread, for a word in a shuffle or resample: of a pair of layers, of
 * a layer with the labels that every study has (more with --labels). */
#define OVERLAP_SECONDS 3.5e-9
#define LABEL_SECONDS 8e-8

static double clustering_operations(const study *s)
{
    double n = (double)s->words.count, k = (double)s->options.k;
    double h = (double)s->readers[STUDY_TUNED].info->hidden;
    double m = (double)s->options.how.leaders;
    m = s->options.how.tau > 0 || m > n ? n : m;
    double ward = ward_operations(n, h), cost = ward;
    if (s->options.how.method == CLUSTERING_KMEANS)
        cost = 2.0 * (KMEANS_ROUNDS + 1) * n * k * h;
    if (s->options.how.method == CLUSTERING_LEADERS)
        cost = LEADERS_PASSES * n * m * h + ward_operations(m, h);
    bool both = s->options.how.compare &&
                s->options.how.method != CLUSTERING_WARD;
    return both ? cost + ward : cost;
}

/* All sentences through one model: matrices, scores and contexts.  In the
 * last layer only `read` tokens go on after keys and values. */
static double pass_operations(const lat_model_info *info,
                              const lat_tokens *tokens, double read)
{
    double h = (double)info->hidden, f = (double)info->feed_forward;
    double all = 0, squares = 0, layers = (double)info->layers;
    for (size_t i = 0; i < tokens->sentences; i++) {
        double length = (double)(tokens->starts[i + 1] - tokens->starts[i]);
        all += length;
        squares += length * length;
    }
    double part = read < all ? read / all : 1;
    double layer = all * (4 * h * h + 4 * h * f) + squares * 4 * h;
    return (layers * all * 4 * h * h + (layers - 1 + part) * layer) /
           FORWARD_SHARE;
}

/* Queries are sentences like those of the corpus. */
static lat_status trigger_operations(double *out, const study *s,
                                     lat_error *error)
{
    lat_insertion insertions[TRIGGER_INSERTIONS];
    lat_search_options options;
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    size_t *numbers = NULL, layers = 0;
    *out = 0;
    bool classes = s->options.predicted_polarity || study_classes(s) != NULL;
    if (s->options.eval == NULL || !classes ||
        info->head != LAT_HEAD_SEQUENCE || s->corpus.count == 0)
        return LAT_OK;
    lat_status status = trigger_options(&options, insertions, s->call, error);
    if (status == LAT_OK)
        status = trigger_layers(&numbers, &layers,
                                cli_text(s->call, "trigger-layers"),
                                s->layers, s->layer_count, error);
    if (status == LAT_OK)
        *out = ASKED * (double)lat_search_queries(
                   &options, lat_intern_count(s->text.set), s->eval.count,
                   info->classes, layers) *
               pass_operations(info, &s->tokens[STUDY_TUNED],
                               (double)s->corpus.count) /
               (double)s->corpus.count;
    lat_free(numbers);
    return status;
}

/* All words as they are, shuffled and drawn again. */
static double word_turns(const study *s)
{
    return (double)s->words.count *
           (1.0 + s->options.permutations + s->options.bootstraps);
}

/* Every base layer with every tuned one, in both units; CKA has a forward
 * pass for its sample. */
static double overlap_seconds(const study *s, double forward)
{
    double layers = (double)s->layer_count, words = (double)s->words.count;
    double sample = (double)cli_count(s->call, "cka");
    return OVERLAP_SECONDS * 2 * layers * layers * word_turns(s) +
           forward * (sample < words ? sample / words : 1);
}

static double label_seconds(const study *s)
{
    return LABEL_SECONDS * (double)s->layer_count * word_turns(s) *
           (s->options.rules[0] + s->options.rules[1]);
}

lat_status study_put_seconds(const study *s, size_t passes, lat_buffer *out,
                             lat_error *error)
{
    bench b = {.call = s->call, .pool = cli_pool(s->call)};
    b.threads = lat_pool_threads(b.pool);
    double peak = bench_peak(&b) * 1e9, threads = (double)b.threads;
    double forward = 0, triggers, sum = 0;
    lat_status status = trigger_operations(&triggers, s, error);
    if (status != LAT_OK)
        return status;
    for (int side = 0; side < STUDY_SIDES; side++)
        forward += pass_operations(s->readers[side].info, &s->tokens[side],
                                   (double)s->words.count);
    const struct {
        const char *name;
        double value;
    } steps[] = {
        {"forward", forward * (double)passes / peak},
        {"clustering", 2 * (double)s->layer_count *
                           clustering_operations(s) / peak},
        {"overlap", overlap_seconds(s, forward / peak * threads) / threads},
        {"labels", label_seconds(s) / threads},
        {"triggers", triggers / peak}};
    lat_buffer_format(out, "gflops_peak\t%.1f\n", peak * 1e-9);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        lat_buffer_format(out, "seconds_%s\t%.0f\n", steps[i].name,
                          steps[i].value);
        sum += steps[i].value;
    }
    lat_buffer_format(out, "seconds\t%.0f\n", sum);
    return LAT_OK;
}
