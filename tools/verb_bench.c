/* verb_bench.c - how fast this build is on this machine, beside its peak. */
#include "bench_int.h"
#include "verbs_int.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static const cli_option options[] = {
    {"shape", 0, CLI_TEXT, "NAME",
     "forward: bert-base, minilm (random weights), or a model", "bert-base"},
    {"lengths", 0, CLI_TEXT, "FILE",
     "forward: a file of tokens a sentence, one number a line, or N sentences "
     "of T tokens as NxT",
     "32x32"},
    {"sorted", 0, CLI_FLAG, NULL, "forward: lengths in ascending order",
     NULL},
    {"n", 0, CLI_COUNT, "N", "ward: points", "5000"},
    {"d", 0, CLI_COUNT, "D", "ward: numbers a point", "768"},
    {"points", 0, CLI_TEXT, "FILE",
     "ward: points as npy in place of made-up ones", NULL},
    {"save", 0, CLI_TEXT, "FILE", "ward: write the points, float32", NULL},
    {"seconds", 0, CLI_NUMBER, "S", "go on measuring for about S seconds",
     "10"},
    {"json", 0, CLI_FLAG, NULL, "print JSON", NULL},
    {"out", 'o', CLI_TEXT, "FILE", "where the result goes", "-"},
    {0}};

/* ---- Clocks and peak ---------------------------------------------------- */

/* Most that was ever resident.  getrusage would count what the program that
 * started us held, so Linux's own account of this image comes first. */
static double resident_megabytes(void)
{
    struct rusage use;
    char line[128];
    unsigned long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && kilobytes == 0 &&
           fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "VmHWM:", 6) == 0)
            kilobytes = strtoul(line + 6, NULL, 10);
    if (file != NULL)
        fclose(file);
    if (kilobytes == 0 && getrusage(RUSAGE_SELF, &use) == 0)
        kilobytes = (unsigned long)use.ru_maxrss;
    return (double)kilobytes * 1024 / 1e6;
}

typedef struct peak_state {
    double rate[1024]; /* as many threads as a pool has at most */
} peak_state;

/* Long enough that all threads are at it together, short enough that the
 * machine is in the same mood as beside the work. */
static void peak_task(void *context, size_t task, size_t worker)
{
    peak_state *state = context;
    (void)worker;
    state->rate[task] = lat_fma_peak(lat_kernels_best()->name, 0.05);
}

double bench_peak(bench *b)
{
    peak_state state;
    double sum = 0;
    lat_pool_run(b->pool, b->threads, peak_task, &state);
    for (size_t i = 0; i < b->threads; i++)
        sum += state.rate[i];
    return sum;
}

/* ---- Numbers ------------------------------------------------------------ */

void bench_put(bench *b, const char *name, double value)
{
    if (b->numbers < BENCH_NUMBERS)
        b->number[b->numbers++] = (struct bench_number){name, value};
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, ascending);
    return n == 0 ? 0 : (values[(n - 1) / 2] + values[n / 2]) / 2;
}

void bench_put_rounds(bench *b, const char *unit)
{
    double wall[BENCH_ROUNDS], cpu[BENCH_ROUNDS], peak[BENCH_ROUNDS];
    double units = 0, seconds = 0, used = 0, operations = 0, best = 0;
    double threads = (double)b->threads;
    for (size_t i = 0; i < b->rounds; i++) {
        const bench_round *r = &b->round[i];
        peak[i] = r->peak;
        wall[i] = r->operations / r->wall / (r->peak * 1e9) * 100;
        cpu[i] = r->operations * threads / r->cpu / (r->peak * 1e9) * 100;
        best = cpu[i] > best ? cpu[i] : best;
        units += r->units;
        seconds += r->wall;
        used += r->cpu;
        operations += r->operations;
    }
    if (operations > 0) {
        bench_put(b, "gflops", operations / seconds * 1e-9);
        bench_put(b, "gflops_by_cpu_time",
                  operations * threads / used * 1e-9);
        bench_put(b, "peak_gflops", median(peak, b->rounds));
        bench_put(b, "percent_of_peak", median(wall, b->rounds));
        bench_put(b, "percent_of_peak_by_cpu_time",
                  median(cpu, b->rounds));
        bench_put(b, "percent_of_peak_by_cpu_time_best", best);
    }
    bench_put(b, "rounds", (double)b->rounds);
    bench_put(b, "seconds", seconds);
    bench_put(b, unit, units / seconds);
}

static int by_name(const void *a, const void *b)
{
    const struct bench_number *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static lat_status print(bench *b, lat_error *error)
{
    lat_buffer text = {0};
    lat_json_writer json;
    bool as_json = cli_given(b->call, "json");
    qsort(b->number, b->numbers, sizeof *b->number, by_name);
    if (as_json) {
        lat_json_begin(&json, &text, true);
        lat_json_open(&json, '{');
        lat_json_key(&json, "level");
        lat_json_put_text(&json, lat_kernels_best()->name);
    } else {
        lat_buffer_format(&text, "level\t%s\n", lat_kernels_best()->name);
    }
    for (size_t i = 0; i < b->numbers; i++) {
        const struct bench_number *number = &b->number[i];
        if (as_json) {
            lat_json_key(&json, number->name);
            lat_json_put_number(&json, number->value);
        } else {
            lat_buffer_format(&text, "%s\t%.4g\n", number->name,
                              number->value);
        }
    }
    if (as_json) {
        lat_json_close(&json, '}');
        lat_buffer_char(&text, '\n');
    }
    lat_status status = lat_buffer_status(&text, error);
    if (status == LAT_OK)
        status = cli_deliver(b->call, &text, error);
    lat_buffer_free(&text);
    return status;
}

static lat_status run(cli_call *call, lat_error *error)
{
    static const struct {
        const char *name;
        lat_status (*run)(bench *b, lat_error *error);
    } kinds[] = {{"forward", bench_forward}, {"ward", bench_ward},
                 {"tokenize", bench_tokenize}};
    const char *name = cli_argument(call, 0);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(name, kinds[i].name) != 0)
            continue;
        bench *b = lat_alloc_zero(sizeof *b);
        if (b == NULL)
            return lat_error_memory(error, sizeof *b);
        b->call = call;
        b->pool = cli_pool(call);
        b->threads = lat_pool_threads(b->pool);
        lat_status status = kinds[i].run(b, error);
        if (status == LAT_OK) {
            bench_put(b, "resident_megabytes", resident_megabytes());
            status = print(b, error);
        }
        lat_free(b);
        return status;
    }
    return lat_error_set(error, LAT_USAGE,
                         "bench knows forward, ward and tokenize, not "
                         "'%.40s'", name);
}

const cli_verb verb_bench = {
    .name = "bench",
    .summary = "speed of this build on this machine, beside its peak",
    .forms = "latent bench forward [--shape bert-base|minilm|MODEL] "
             "[--lengths FILE|NxT]\n"
             "latent bench ward [--n N] [--d D]\n"
             "latent bench tokenize MODEL FILE",
    .examples = "latent bench forward --shape minilm --lengths 1x512\n"
                "latent bench ward --n 10000 --d 384 --json",
    .notes =
        "The peak is a loop of fused multiply-adds in registers, run on the "
        "same threads in\nalternation with the work.  Operations are those "
        "of real tokens, attention with\nthem.  Shares by CPU time leave out "
        "what other programs took.",
    .options = options,
    .least = 1,
    .most = 3,
    .run = run};
