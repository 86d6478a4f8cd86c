/*
 * bench_forward.c - tokens a second through an encoder, for sentences of
 * given lengths: nothing is padded, and only real tokens are counted.
 */
#include "bench_int.h"

#include <stdlib.h>
#include <string.h>

/* Tokens of a round for each thread.  A study passes 16,384 at a time; fewer
 * show more of the wait at a batch's end. */
#define ROUND_TOKENS 2048

typedef struct forward_state {
    lat_model *model;
    const lat_model_info *info;
    size_t *lengths;
    size_t count, at; /* sentences, the next one */
    uint32_t *ids;
    size_t *starts;
    float *hidden;
    float **layers;   /* only the last one is asked for */
    size_t round;     /* tokens of a round, at most */
    size_t room;      /* tokens that the above hold */
} forward_state;

static lat_status open_model(bench *b, forward_state *s, lat_error *error)
{
    static const struct {
        const char *name;
        lat_model_shape shape;
    } shapes[] = {{"bert-base", {12, 768, 12, 3072, 30522, 512}},
                  {"minilm", {6, 384, 12, 1536, 30522, 512}}};
    const char *name = cli_text(b->call, "shape");
    const lat_model_options how = {.ignore_head = true, .pool = b->pool};
    double start = lat_clock_seconds();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (strcmp(name, shapes[i].name) == 0)
            return lat_model_random(&s->model, &shapes[i].shape, 1, &how,
                                    error);
    lat_status status = lat_model_open(&s->model, name, &how, error);
    bench_put(b, "open_seconds", lat_clock_seconds() - start);
    return status;
}

/* "32x32": false when it is no such text. */
static bool read_grid(const char *text, uint64_t *n, uint64_t *length)
{
    const char *x = strchr(text, 'x');
    return x != NULL && lat_integer_read(text, (size_t)(x - text), n) &&
           lat_integer_read(x + 1, strlen(x + 1), length) && *n > 0;
}

static lat_status bad_length(const char *text, size_t most, lat_error *error)
{
    return lat_error_set(error, LAT_OUT_OF_RANGE,
                         "a sentence of '%.20s' tokens, expected 1 to %zu",
                         text, most);
}

static int by_size(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;
    return (x > y) - (x < y);
}

static lat_status read_lengths(bench *b, forward_state *s, lat_error *error)
{
    const char *text = cli_text(b->call, "lengths");
    uint64_t n = 0, length = 0;
    lat_lines lines = {0};
    bool grid = read_grid(text, &n, &length);
    lat_status status = LAT_OK;
    if (grid && (length == 0 || length > s->info->max_tokens ||
                 n > 1000000))
        return bad_length(text, s->info->max_tokens, error);
    if (!grid) {
        status = lat_lines_open(&lines, text, error);
        n = lines.count;
        if (status == LAT_OK && n == 0)
            status = lat_error_set(error, LAT_MALFORMED,
                                   "no lengths in '%.80s'", text);
    }
    if (status == LAT_OK)
        s->lengths = lat_new_array((size_t)n, sizeof *s->lengths);
    if (status == LAT_OK && s->lengths == NULL)
        status = lat_error_memory(error, n * sizeof *s->lengths);
    for (size_t i = 0; i < n && status == LAT_OK; i++) {
        if (!grid && (!lat_integer_read(lines.text[i], lines.size[i],
                                        &length) ||
                      length == 0 || length > s->info->max_tokens)) {
            status = bad_length(lines.text[i], s->info->max_tokens, error);
            lat_error_in_file(error, text);
        }
        s->lengths[i] = (size_t)length;
    }
    s->count = (size_t)n;
    /* NxT is one batch, as given. */
    s->round = grid ? s->count * (size_t)length : ROUND_TOKENS * b->threads;
    if (status == LAT_OK && cli_given(b->call, "sorted"))
        qsort(s->lengths, s->count, sizeof *s->lengths, by_size);
    lat_lines_free(&lines);
    return status;
}

/* Room for one round: its tokens and one more sentence. */
static lat_status make_room(forward_state *s, lat_error *error)
{
    size_t longest = 0, h = s->info->hidden, bytes = 0;
    lat_random random;
    lat_random_seed(&random, 1, 0);
    for (size_t i = 0; i < s->count; i++)
        longest = s->lengths[i] > longest ? s->lengths[i] : longest;
    s->room = s->round + longest;
    s->ids = lat_new_array(s->room, sizeof *s->ids);
    s->starts = lat_new_array(s->room + 1, sizeof *s->starts);
    s->layers = lat_new_array(s->info->layers + 1, sizeof *s->layers);
    if (lat_size_mul(s->room, h * sizeof *s->hidden, &bytes))
        s->hidden = lat_alloc(bytes);
    if (s->ids == NULL || s->starts == NULL || s->layers == NULL ||
        s->hidden == NULL)
        return lat_error_memory(error, bytes);
    s->layers[s->info->layers] = s->hidden;
    for (size_t i = 0; i < s->room; i++)
        s->ids[i] = (uint32_t)lat_random_below(&random, s->info->vocabulary);
    return LAT_OK;
}

/* Multiplications and additions of the matrices, scores and contexts. */
static double operations(const lat_model_info *info, double tokens,
                         double squares)
{
    double h = (double)info->hidden, f = (double)info->feed_forward;
    return (double)info->layers *
           (tokens * 2 * (4 * h * h + 2 * h * f) + squares * 4 * h);
}

/* One batch of the next sentences, of `most` tokens or just one sentence. */
static lat_status forward_round(bench *b, forward_state *s, size_t most,
                                bench_round *out, lat_error *error)
{
    size_t n = 0, tokens = 0;
    double squares = 0;
    while (n == 0 || (most > 1 && tokens + s->lengths[s->at] <= most)) {
        double length = (double)s->lengths[s->at];
        tokens += s->lengths[s->at];
        squares += length * length;
        s->starts[++n] = tokens;
        s->at = (s->at + 1) % s->count;
    }
    lat_batch batch = {.sequences = n, .ids = s->ids, .starts = s->starts};
    lat_states want = {.hidden = s->layers};
    double cpu = lat_cpu_seconds(), start = lat_clock_seconds();
    lat_status status =
        lat_model_forward(s->model, b->pool, &batch, &want, error);
    out->wall = lat_clock_seconds() - start;
    out->cpu = lat_cpu_seconds() - cpu;
    out->units = (double)tokens;
    out->operations = operations(s->info, (double)tokens, squares);
    return status;
}

lat_status bench_forward(bench *b, lat_error *error)
{
    forward_state s = {0};
    bench_round first;
    lat_status status = open_model(b, &s, error);
    if (status != LAT_OK)
        return status;
    s.info = lat_model_get_info(s.model);
    status = read_lengths(b, &s, error);
    if (status == LAT_OK)
        status = make_room(&s, error);
    if (status == LAT_OK)
        status = forward_round(b, &s, 1, &first, error);
    if (status == LAT_OK)
        bench_put(b, "first_result_seconds", first.wall);
    s.at = 0;
    double end = lat_clock_seconds() + cli_number(b->call, "seconds");
    while (status == LAT_OK && b->rounds < BENCH_ROUNDS &&
           (b->rounds < 3 || lat_clock_seconds() < end)) {
        bench_round *round = &b->round[b->rounds++];
        double before = bench_peak(b);
        status = forward_round(b, &s, s.round, round, error);
        round->peak = (before + bench_peak(b)) / 2;
        if (status == LAT_OK && lat_interrupted())
            status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
    }
    if (status == LAT_OK) {
        bench_put_rounds(b, "tokens_per_second");
        bench_put(b, "parameters", (double)s.info->parameters);
        bench_put(b, "threads", (double)b->threads);
    }
    lat_model_close(s.model);
    lat_free(s.lengths);
    lat_free(s.ids);
    lat_free(s.starts);
    lat_free(s.layers);
    lat_free(s.hidden);
    return status;
}
