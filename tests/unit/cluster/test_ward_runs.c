/*
 * Runs of the Ward clusterer as a whole: the same merges for any number of
 * threads and any CPU level, after SIGKILL and a new start, when allocation
 * fails; the memory it says it needs.
 */
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ward_check_int.h"

#ifndef KILLS /* the long form has more */
#define KILLS 5
#endif

static char path[64];
static double between = 0.01; /* seconds; each checkpoint waits for the disk */

static lat_status cluster(lat_tree *tree, const float *x, size_t n, size_t h,
                          size_t threads, const char *checkpoint)
{
    lat_error error = {0};
    lat_pool *pool = NULL;
    lat_ward_options options = LAT_WARD_OPTIONS;
    options.checkpoint = checkpoint;
    options.seconds = between;
    options.sketch = 24;    /* where points are wide enough */
    if (lat_pool_create(&pool, threads, &error) != LAT_OK)
        return error.code;
    lat_status status = lat_cluster_ward(tree, pool, x, n, h, &options,
                                         &error);
    lat_pool_free(pool);
    return status;
}

static bool same_tree(const lat_tree *a, const lat_tree *b)
{
    bool same = a->points == b->points && a->ties == b->ties
                && a->duplicates == b->duplicates;
    for (size_t t = 0; t + 1 < a->points && same; t++)
        same = a->merges[t].left == b->merges[t].left
               && a->merges[t].right == b->merges[t].right
               && a->merges[t].size == b->merges[t].size
               && memcmp(&a->merges[t].height, &b->merges[t].height, 8) == 0;
    return same;
}

static void check_threads(int kind, size_t n, size_t h)
{
    lat_tree tree = {0}, other = {0};
    float *x = check_points(kind, n, h, 4);
    CHECK(cluster(&tree, x, n, h, 1, NULL) == LAT_OK);
    for (size_t threads = 2; threads <= 7; threads += threads == 3 ? 4 : 1) {
        CHECK(cluster(&other, x, n, h, threads, NULL) == LAT_OK);
        CHECK_MSG(same_tree(&tree, &other)
                      && tree.distances == other.distances,
                  "kind %d: %zu threads", kind, threads);
        lat_tree_free(&other);
    }
    lat_tree_free(&tree);
    lat_free(x);
}

/* This program again at another level prints a digest of its tree. */
static void print_digest(void)
{
    lat_tree tree = {0};
    lat_sha256 hash;
    unsigned char digest[32];
    char text[65];
    float *x = check_points(KIND_CLUMPS, 700, 117, 9);
    lat_sha256_begin(&hash);
    if (cluster(&tree, x, 700, 117, 1, NULL) == LAT_OK)
        lat_sha256_add(&hash, tree.merges, 699 * sizeof *tree.merges);
    lat_sha256_add(&hash, &tree.distances, sizeof tree.distances);
    lat_sha256_end(&hash, digest);
    lat_sha256_hex(digest, text);
    printf("%s\n", text);
    lat_tree_free(&tree);
    lat_free(x);
}

static void check_levels(const char *program)
{
    static const char *names[] = {"plain", "avx2", "avx512", "neon"};
    char first[80] = "";
    for (size_t i = 0; i < 4; i++) {
        const char *run = getenv("RUN"); /* an emulator, or nothing */
        char command[400], line[80] = "";
        if (lat_kernels_named(names[i]) == NULL)
            continue;
        snprintf(command, sizeof command, "LATENT_CPU=%s %s '%s' digest",
                 names[i], run == NULL ? "" : run, program);
        FILE *pipe = popen(command, "r");
        CHECK(pipe != NULL && fgets(line, sizeof line, pipe) != NULL);
        if (pipe != NULL)
            pclose(pipe);
        CHECK(strlen(line) > 60);
        if (first[0] == '\0')
            memcpy(first, line, sizeof first);
        CHECK_TEXT(line, first);
    }
}

static void check_kill(long microseconds, const float *x, const lat_tree *want)
{
    lat_tree tree = {0};
    struct timespec pause = {0, microseconds * 1000};
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        cluster(&tree, x, want->points, 24, 1, path);
        _exit(0);
    }
    nanosleep(&pause, NULL);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    CHECK(cluster(&tree, x, want->points, 24, 1, path) == LAT_OK);
    CHECK_MSG(same_tree(&tree, want), "killed after %ld us", microseconds);
    CHECK(!lat_path_exists(path));
    lat_tree_free(&tree);
}

static void check_kills(long kills)
{
    lat_tree want = {0};
    lat_error error = {0};
    float *x = check_points(KIND_GRID, 900, 24, 3);
    CHECK(cluster(&want, x, 900, 24, 1, NULL) == LAT_OK);
    for (long i = 0; i < kills; i++)
        check_kill(2000 + i * 97003 % 60000, x, &want);
    /* A damaged file, and one of other points, are no checkpoint. */
    CHECK(lat_file_write(path, "LATWARD1 and so on", 18, &error) == LAT_OK);
    check_kill(0, x, &want);
    lat_tree_free(&want);
    lat_free(x);
}

/* ---- Killed within the first pass ---- */

enum { PASS_POINTS = 2100, PASS_ROUNDS = 8 };

/* Of the pass that the checkpoint is in; 255: it is over. */
static size_t file_round(void)
{
    unsigned char head[72] = {0};
    FILE *file = fopen(path, "rb");
    size_t size = file == NULL ? 0 : fread(head, 1, sizeof head, file);
    if (file != NULL)
        fclose(file);
    return size == sizeof head ? head[56] : 0;
}

static void on_term(int number)
{
    (void)number;
    lat_interrupt_set();
}

/* A run that gets the signal when its checkpoint is in the round or later;
 * returns the round that it leaves. */
static size_t stop_at(size_t round, int number, const float *x, size_t threads)
{
    struct timespec pause = {0, 300000};
    lat_tree tree = {0};
    int state = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGTERM, on_term);
        _exit(cluster(&tree, x, PASS_POINTS, 24, threads, path)
              != LAT_INTERRUPTED);
    }
    while (file_round() < round && waitpid(child, &state, WNOHANG) == 0)
        nanosleep(&pause, NULL);
    kill(child, number);
    waitpid(child, &state, 0);
    if (number == SIGTERM)
        CHECK(WIFEXITED(state) && WEXITSTATUS(state) == 0);
    return file_round();
}

/* Stopped again and again; then what is left is done, and no more. */
static void check_pass(int kind, const size_t *rounds, int number)
{
    lat_tree want = {0}, tree = {0};
    uint64_t pairs = (uint64_t)PASS_POINTS * (PASS_POINTS - 1) / 2;
    size_t left = 0;
    float *x = check_points(kind, PASS_POINTS, 24, 6);
    CHECK(cluster(&want, x, PASS_POINTS, 24, 1, NULL) == LAT_OK);
    between = 1e-9; /* after every task */
    for (size_t i = 0; rounds[i] != 0; i++) {
        left = stop_at(rounds[i], number, x, 1 + i % 3);
        CHECK_MSG(left >= rounds[i], "round %zu, expected %zu", left,
                  rounds[i]);
    }
    between = 0.01;
    CHECK(cluster(&tree, x, PASS_POINTS, 24, 2, path) == LAT_OK);
    CHECK_MSG(same_tree(&tree, &want), "stopped in round %zu", left);
    left = left < PASS_ROUNDS ? left : PASS_ROUNDS;
    CHECK_MSG(tree.distances <= want.distances - pairs / PASS_ROUNDS * left,
              "%llu distances after round %zu, %llu without a stop",
              (unsigned long long)tree.distances, left,
              (unsigned long long)want.distances);
    CHECK(!lat_path_exists(path));
    lat_tree_free(&tree);
    lat_tree_free(&want);
    lat_free(x);
}

/* Lists that were half made with others of another length: not used. */
static void check_foreign_pass(void)
{
    lat_tree want = {0}, tree = {0};
    lat_error error = {0};
    lat_ward_options options = LAT_WARD_OPTIONS;
    float *x = check_points(KIND_CLUMPS, PASS_POINTS, 24, 6);
    CHECK(cluster(&want, x, PASS_POINTS, 24, 1, NULL) == LAT_OK);
    between = 1e-9;
    stop_at(3, SIGKILL, x, 1);
    between = 0.01;
    options.checkpoint = path;
    options.neighbours = 7;
    CHECK(lat_cluster_ward(&tree, NULL, x, PASS_POINTS, 24, &options, &error)
          == LAT_OK);
    CHECK(same_tree(&tree, &want) && tree.distances >= want.distances);
    lat_tree_free(&tree);
    lat_tree_free(&want);
    lat_free(x);
}

static void check_passes(void)
{
    static const size_t once[] = {5, 0}, thrice[] = {2, 4, 7, 0},
                        over[] = {255, 0};
    check_pass(KIND_CLUMPS, once, SIGKILL);
    check_pass(KIND_GAUSS, thrice, SIGKILL);
    check_pass(KIND_GAUSS, thrice, SIGTERM);
    check_pass(KIND_CLUMPS, over, SIGKILL);
    check_pass(KIND_GAUSS, over, SIGTERM);
    check_foreign_pass();
}

static void check_allocation(size_t h)
{
    lat_error error = {0};
    lat_tree tree = {0};
    lat_ward_options options = LAT_WARD_OPTIONS;
    options.sketch = 10;
    float *x = check_points(KIND_CLUMPS, 300, h, 2);
    size_t before = lat_memory_in_use();
    uint64_t from = lat_memory_allocations();
    CHECK(lat_cluster_ward(&tree, NULL, x, 300, h, &options, &error) == LAT_OK);
    uint64_t count = lat_memory_allocations() - from;
    lat_tree_free(&tree);
    for (uint64_t n = 1; n <= count; n++) {
        lat_error_clear(&error);
        lat_memory_fail_at(n, n % 2 == 0);
        CHECK(lat_cluster_ward(&tree, NULL, x, 300, h, &options, &error)
              == LAT_NO_MEMORY);
        lat_memory_fail_at(0, false);
        CHECK(tree.merges == NULL && lat_memory_in_use() == before);
    }
    lat_free(x);
}

/* Enough, and not much more than is used. */
static void check_memory(size_t n, size_t h)
{
    lat_tree tree = {0};
    float *x = check_points(KIND_GAUSS, n, h, 2);
    size_t before = lat_memory_in_use();
    CHECK(cluster(&tree, x, n, h, 2, NULL) == LAT_OK);
    uint64_t used = lat_memory_peak() - before;
    uint64_t said = lat_cluster_ward_memory(n, h, 2);
    CHECK_MSG(used <= said && (double)said <= 1.25 * (double)used,
              "used %llu, said %llu", (unsigned long long)used,
              (unsigned long long)said);
    lat_tree_free(&tree);
    lat_free(x);
}

int main(int count, char **words)
{
    if (count > 1 && strcmp(words[1], "digest") == 0) {
        print_digest();
        return 0;
    }
    snprintf(path, sizeof path, "/tmp/test_ward_runs.%ld", (long)getpid());
    check_memory(3000, 48); /* first: the peak is of the whole process, */
    check_memory(3000, 300); /* which the second raises */
    check_threads(KIND_CLUMPS, 900, 20);
    check_threads(KIND_CLUMPS, 900, 120);
    check_threads(KIND_GAUSS, 1100, 33);
    check_levels(words[0]);
    check_kills(count > 1 ? strtol(words[1], NULL, 10) : KILLS);
    check_passes();
    check_allocation(8);
    check_allocation(96);
    return harness_end("test_ward_runs");
}
