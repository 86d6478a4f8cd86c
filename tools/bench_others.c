/*
 * bench_others.c - the speed of Ward's method on made-up or given points,
 * and of a tokenizer on the lines of a file.
 */
#include "bench_int.h"

#include <string.h>

/* ---- Ward --------------------------------------------------------------- */

typedef struct ward_points {
    size_t n, d;
    float *x;
} ward_points;

static lat_status read_points(ward_points *p, const char *path,
                              lat_error *error)
{
    lat_npy npy = {0};
    lat_status status = lat_npy_open(&npy, path, error);
    if (status != LAT_OK)
        return status;
    size_t count = 0;
    if (npy.dims != 2 ||
        !lat_size_mul(npy.shape[0], npy.shape[1], &count)) {
        status = lat_error_set(error, LAT_UNSUPPORTED,
                               "points must be a matrix");
        lat_error_in_file(error, path);
        goto done;
    }
    p->n = npy.shape[0];
    p->d = npy.shape[1];
    p->x = lat_new_array(count, sizeof *p->x);
    if (p->x == NULL)
        status = lat_error_memory(error, (uint64_t)count * sizeof *p->x);
    else
        lat_npy_floats(p->x, &npy);
done:
    lat_npy_close(&npy);
    return status;
}

static lat_status make_points(ward_points *p, const cli_call *call,
                              lat_error *error)
{
    size_t count = 0;
    if (cli_given(call, "points"))
        return read_points(p, cli_text(call, "points"), error);
    p->n = (size_t)cli_count(call, "n");
    p->d = (size_t)cli_count(call, "d");
    if (p->n < 2 || p->d < 1)
        return lat_error_set(error, LAT_USAGE,
                             "%zu points of %zu numbers; expected 2 and 1 "
                             "or more", p->n, p->d);
    if (lat_size_mul(p->n, p->d, &count))
        p->x = lat_new_array(count, sizeof *p->x);
    if (p->x == NULL)
        return lat_error_memory(error, (uint64_t)count * sizeof *p->x);
    return lat_cluster_sample(p->x, p->n, p->d, 20, error);
}

lat_status bench_ward(bench *b, lat_error *error)
{
    ward_points p = {0};
    lat_tree tree = {0};
    lat_ward_options how = LAT_WARD_OPTIONS;
    const char *save = cli_text(b->call, "save");
    how.progress = cli_progress(b->call);
    lat_status status = make_points(&p, b->call, error);
    if (status == LAT_OK && save != NULL)
        status = lat_file_write(save, p.x, p.n * p.d * sizeof *p.x, error);
    if (status != LAT_OK)
        goto done;
    bench_round *round = &b->round[b->rounds++];
    double before = bench_peak(b), cpu = lat_cpu_seconds();
    double start = lat_clock_seconds(), n = (double)p.n;
    status = lat_cluster_ward(&tree, b->pool, p.x, p.n, p.d, &how, error);
    if (status != LAT_OK)
        goto done;
    round->wall = lat_clock_seconds() - start;
    round->cpu = lat_cpu_seconds() - cpu;
    round->peak = (before + bench_peak(b)) / 2;
    round->units = n;
    round->operations = n * n * (double)p.d;
    bench_put_rounds(b, "points_per_second");
    bench_put(b, "n", n);
    bench_put(b, "d", (double)p.d);
    bench_put(b, "threads", (double)b->threads);
    bench_put(b, "cpu_seconds", round->cpu);
    bench_put(b, "distances_per_n_squared",
              (double)tree.distances / (n * n));
    bench_put(b, "times_n_squared_d_at_peak",
              round->wall * round->peak * 1e9 / round->operations);
    bench_put(b, "times_n_squared_d_at_peak_by_cpu_time",
              round->cpu / (double)b->threads * round->peak * 1e9 /
                  round->operations);
    bench_put(b, "ties", (double)tree.ties);
    bench_put(b, "duplicates", (double)tree.duplicates);
done:
    lat_tree_free(&tree);
    lat_free(p.x);
    return status;
}

/* ---- Tokenizer ---------------------------------------------------------- */

static size_t count_words(const char *text, size_t size)
{
    size_t words = 0;
    bool inside = false;
    for (size_t i = 0; i < size; i++) {
        bool space = strchr(" \t\r\n", text[i]) != NULL;
        words += !space && !inside;
        inside = !space;
    }
    return words;
}

static lat_status tokenize_all(const lat_tokenizer *tokenizer,
                               lat_encoding *encoding, const lat_lines *lines,
                               bench_round *round, double *pieces,
                               lat_error *error)
{
    lat_status status = LAT_OK;
    double cpu = lat_cpu_seconds(), start = lat_clock_seconds();
    *pieces = 0;
    for (size_t i = 0; i < lines->count && status == LAT_OK; i++) {
        status = lat_tokenizer_encode(tokenizer, encoding, lines->text[i],
                                      lines->size[i], NULL, 0, NULL, error);
        *pieces += (double)encoding->count;
    }
    round->wall = lat_clock_seconds() - start;
    round->cpu = lat_cpu_seconds() - cpu;
    return status;
}

static lat_status open_tokenizer(lat_reader *reader, const char *path,
                                 lat_error *error)
{
    size_t size = strlen(path);
    if (size > 5 && strcmp(path + size - 5, ".gguf") == 0)
        return lat_reader_open(reader, path, error);
    return lat_tokenizer_open(&reader->tokenizer, path, error);
}

lat_status bench_tokenize(bench *b, lat_error *error)
{
    lat_reader reader = {0};
    lat_lines lines = {0};
    lat_encoding encoding = {0};
    double words = 0, pieces = 0, best = 0;
    const char *file = cli_argument(b->call, 2);
    if (file == NULL)
        return lat_error_set(error, LAT_USAGE,
                             "the form is: latent bench tokenize MODEL FILE");
    lat_status status = open_tokenizer(&reader, cli_argument(b->call, 1),
                                       error);
    if (status == LAT_OK)
        status = lat_lines_open(&lines, file, error);
    for (size_t i = 0; i < lines.count && status == LAT_OK; i++)
        words += (double)count_words(lines.text[i], lines.size[i]);
    double end = lat_clock_seconds() + cli_number(b->call, "seconds");
    while (status == LAT_OK && b->rounds < BENCH_ROUNDS &&
           (b->rounds < 3 || lat_clock_seconds() < end)) {
        bench_round *round = &b->round[b->rounds++];
        status = tokenize_all(reader.tokenizer, &encoding, &lines, round,
                              &pieces, error);
        round->units = words;
        if (words / round->cpu > best)
            best = words / round->cpu;
    }
    if (status == LAT_OK) {
        bench_put_rounds(b, "words_per_second");
        bench_put(b, "words_per_second_by_cpu_time_best", best);
        bench_put(b, "words", words);
        bench_put(b, "pieces", pieces);
    }
    lat_encoding_free(&encoding);
    lat_lines_free(&lines);
    lat_reader_close(&reader);
    return status;
}
