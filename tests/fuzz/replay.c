/*
 * replay.c - every fuzz target over its corpus and the fixtures, without a
 * fuzzer: runs in `make test`, with any compiler, on any machine.
 *
 *     replay                 each input, and some seeded mutations of it
 *     replay -r N            N mutations of each small input (default 12)
 *     replay -x N            every prefix of inputs of up to N bytes, and each
 *                            of their bits flipped (default 64)
 *     replay -s SEED         another seed
 *     replay -t TARGET FILE  one input, as it is
 *     replay --seeds FOLDER  writes the inputs to FOLDER/TARGET/, for libFuzzer
 *
 * A broken promise aborts; the input (and which mutation of it) is named.
 */
#include "../harness.h"
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <unistd.h>

/* How the files of a folder become inputs. */
typedef enum seed_form {
    WHOLE, /* each file as it is */
    LINES, /* each line of a file */
    PACKS, /* each folder of files as one input, see fuzz.h */
    PARTS  /* each file as an input that names it */
} seed_form;

#define TARGETS(X)                                                         \
    X(json) X(safetensors) X(gguf) X(torch) X(pickle) X(config) X(hub)     \
    X(tokenizer_json) X(sentencepiece) X(vocab_txt) X(encode) X(table)     \
    X(corpus) X(clusters) X(labels) X(npy) X(checkpoint) X(numbers)        \
    X(ids) X(study)
#define DECLARE(name) void fuzz_##name(const unsigned char *, size_t);
TARGETS(DECLARE)
#define ROW(name) {#name, fuzz_##name},
static const struct {
    const char *name;
    void (*run)(const unsigned char *, size_t);
} targets[] = {TARGETS(ROW)};
enum { TARGET_COUNT = sizeof targets / sizeof *targets };

#define F "tests/fixtures/"
#define C "tests/fuzz/corpus/"
/* ending: only files whose names end so; NULL all. */
static const struct {
    const char *target, *folder;
    seed_form form;
    const char *ending;
} seeds[] = {
    {"json", F "base/json", WHOLE, NULL},
    {"json", F "model/config", WHOLE, NULL},
    {"safetensors", F "model/safetensors", WHOLE, NULL},
    {"gguf", F "model/gguf", WHOLE, NULL},
    {"torch", F "model/torch", WHOLE, NULL},
    {"config", F "model/config", WHOLE, NULL},
    {"hub", F "model/folders/good", PACKS, NULL},
    {"hub", F "model/folders/bad", PACKS, NULL},
    {"hub", F "tokenizer/good", PACKS, NULL},
    {"hub", F "tokenizer/bad", PACKS, NULL},
    {"tokenizer_json", F "tokenizer", WHOLE, ".json"},
    {"tokenizer_json", F "tokenizer/pipelines.jsonl", LINES, NULL},
    {"sentencepiece", F "tokenizer", WHOLE, ".model"},
    {"vocab_txt", F "tokenizer", WHOLE, ".txt"},
    {"encode", F "base/lines", WHOLE, NULL},
    {"encode", F "tokenizer/bad", WHOLE, ".txt"},
    {"table", F "base/table", WHOLE, NULL},
    {"table", F "base/lines", WHOLE, NULL},
    {"corpus", F "base/table", WHOLE, NULL},
    {"corpus", F "base/lines", WHOLE, NULL},
    {"clusters", F "align", WHOLE, ".clusters"},
    {"labels", F "align", WHOLE, ".labels"},
    {"labels", F "align", WHOLE, ".json"},
    {"labels", F "align", WHOLE, ".conllu"},
    {"labels", F "align", WHOLE, ".conll"},
    {"labels", F "align", WHOLE, ".dic"},
    {"labels", F "align", WHOLE, ".list"},
    {"labels", F "align", WHOLE, ".tsv"},
    {"labels", F "align/good", PACKS, NULL},
    {"labels", F "align/bad", PACKS, NULL},
    {"npy", F "base/npy", WHOLE, NULL},
    {"numbers", C "numbers.lines", LINES, NULL},
    {"ids", C "ids.lines", LINES, NULL},
    {"encode", C "texts.lines", LINES, NULL},
    {"corpus", C "corpus", WHOLE, NULL},
    {"pickle", C "pickle", WHOLE, NULL},
    {"torch", C "pickle", WHOLE, NULL},
    {"checkpoint", C "checkpoint", WHOLE, NULL},
    {"study", C "study-template", PARTS, NULL},
};
enum { SEED_COUNT = sizeof seeds / sizeof *seeds };

static const char *only;         /* target, or NULL */
static const char *export_to;    /* folder, or NULL */
static unsigned rounds = 12;
static size_t exhaust = 64;
static uint64_t seed = 1;
static size_t target;            /* that runs now */
static char now[600];            /* input that runs now */
static unsigned long inputs;
enum { MUTATED = 16384 };        /* larger inputs are not mutated */

/* ---- Mutations --------------------------------------------------------- */

/* A few small changes of the kinds that break readers: a bit, a byte at a
 * limit, a length doubled, a run dropped or repeated, the end cut off.
 * data has room for size + 64. */
static size_t mutate(unsigned char *data, size_t size, lat_random *random)
{
    static const unsigned char limits[] = {0, 1, 0x7f, 0x80, 0xff, '\n',
                                           '"', '-', '9', '\t'};
    uint64_t changes = 1 + lat_random_below(random, 3);

    for (uint64_t i = 0; i < changes && size > 0; i++) {
        size_t at = (size_t)lat_random_below(random, size);
        size_t run = 1 + (size_t)lat_random_below(random, 16);

        if (run > size - at)
            run = size - at;
        switch (lat_random_below(random, 6)) {
        case 0:
            data[at] ^= (unsigned char)(1u << lat_random_below(random, 8));
            break;
        case 1:
            data[at] = limits[lat_random_below(random, sizeof limits)];
            break;
        case 2:
            memset(data + at, 0xff, run);
            break;
        case 3:
            memmove(data + at, data + at + run, size - at - run);
            size -= run;
            break;
        case 4:
            memmove(data + at + run, data + at, size - at);
            size += run;
            break;
        default:
            size = at;
        }
    }
    return size;
}

/* ---- Running one input ------------------------------------------------- */

static void write_seed(const unsigned char *data, size_t size)
{
    char path[400];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", export_to, targets[target].name);
    CHECK(mkdir(export_to, 0777) == 0 || errno == EEXIST);
    CHECK(mkdir(path, 0777) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/%s/%05lu", export_to,
             targets[target].name, inputs);
    file = fopen(path, "wb");
    CHECK_MSG(file != NULL && fwrite(data, 1, size, file) == size, "%s",
              path);
    if (file != NULL)
        fclose(file);
}

/* A copy without a byte to spare, so that sanitizers see the end. */
static void run_copy(const unsigned char *data, size_t size, size_t flipped)
{
    unsigned char *copy = malloc(size == 0 ? 1 : size);

    CHECK(copy != NULL);
    if (copy == NULL)
        return;
    memcpy(copy, data, size);
    if (flipped < 8 * size)
        copy[flipped / 8] ^= (unsigned char)(1u << flipped % 8);
    targets[target].run(copy, size);
    free(copy);
    harness_passed++;
}

static void run_all_changes(const char *name, const unsigned char *data,
                            size_t size)
{
    for (size_t cut = 0; cut < size; cut++) {
        snprintf(now, sizeof now, "%s: %s, cut to %zu bytes",
                 targets[target].name, name, cut);
        run_copy(data, cut, SIZE_MAX);
    }
    for (size_t bit = 0; bit < 8 * size; bit++) {
        snprintf(now, sizeof now, "%s: %s, bit %zu of byte %zu flipped",
                 targets[target].name, name, bit % 8, bit / 8);
        run_copy(data, size, bit);
    }
}

static void run_input(const char *name, const unsigned char *data,
                      size_t size)
{
    lat_random random;
    unsigned char *copy;

    inputs++;
    if (export_to != NULL) {
        write_seed(data, size);
        return;
    }
    snprintf(now, sizeof now, "%s: %s", targets[target].name, name);
    targets[target].run(data, size);
    harness_passed++;
    if (size <= exhaust)
        run_all_changes(name, data, size);
    if (size > MUTATED)
        return;
    lat_random_seed(&random, seed, inputs);
    for (unsigned i = 0; i < rounds; i++) {
        copy = malloc(size + 64);
        CHECK(copy != NULL);
        if (copy == NULL)
            return;
        memcpy(copy, data, size);
        snprintf(now, sizeof now, "%s: %s, mutation %u, seed %llu",
                 targets[target].name, name, i, (unsigned long long)seed);
        targets[target].run(copy, mutate(copy, size, &random));
        free(copy);
        harness_passed++;
    }
}

/* ---- Inputs out of files ----------------------------------------------- */

static bool ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name), tail = ending == NULL ? 0 : strlen(ending);

    return tail <= size && (tail == 0 ||
                            strcmp(name + size - tail, ending) == 0);
}

/* Where the object that begins at data[0] ends: a line of pipelines.jsonl
 * wraps its tokenizer in `{"tokenizer": ..., "cases": ...}`. */
static size_t object_end(const unsigned char *data, size_t size)
{
    size_t depth = 0;
    bool text = false;

    for (size_t at = 0; at < size; at++) {
        if (text && data[at] == '\\')
            at++;
        else if (data[at] == '"')
            text = !text;
        else if (!text && data[at] == '{')
            depth++;
        else if (!text && data[at] == '}' && --depth == 0)
            return at + 1;
    }
    return size;
}

static void run_line(const char *path, const unsigned char *data, size_t size)
{
    static const char wrap[] = "{\"tokenizer\":";

    if (size > sizeof wrap && memcmp(data, wrap, sizeof wrap - 1) == 0) {
        data += sizeof wrap - 1;
        size = object_end(data, size - (sizeof wrap - 1));
    }
    run_input(path, data, size);
}

static void run_lines(const char *path, const lat_map *map)
{
    size_t begin = 0;

    for (size_t at = 0; at <= map->size; at++)
        if (at == map->size || map->data[at] == '\n') {
            if (at > begin)
                run_line(path, map->data + begin, at - begin);
            begin = at + 1;
        }
}

static void add_part(lat_buffer *to, const char *path)
{
    lat_map map = {0};
    lat_error error = {0};

    if (lat_map_open(&map, path, &error) != LAT_OK)
        return;
    if (to->size > 0)
        lat_buffer_char(to, '\n');
    lat_buffer_format(to, "=== %s\n", lat_path_base(path));
    lat_buffer_add(to, map.data, map.size);
    lat_map_close(&map);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Entries of a folder, sorted; free each and the list. */
static char **list_folder(const char *path, size_t *count)
{
    char **names = calloc(1024, sizeof *names);
    DIR *folder = opendir(path);
    struct dirent *item;

    *count = 0;
    while (names != NULL && folder != NULL &&
           (item = readdir(folder)) != NULL && *count < 1024)
        if (item->d_name[0] != '.')
            names[(*count)++] = lat_path_join(path, item->d_name);
    if (folder != NULL)
        closedir(folder);
    if (names != NULL)
        qsort(names, *count, sizeof *names, by_text);
    return names;
}

static void run_pack(const char *folder)
{
    lat_buffer pack = {0};
    size_t count;
    char **names = list_folder(folder, &count);

    for (size_t i = 0; i < count; i++) {
        if (!lat_path_is_folder(names[i]))
            add_part(&pack, names[i]);
        lat_free(names[i]);
    }
    free(names);
    run_input(folder, (unsigned char *)pack.data, pack.size);
    lat_buffer_free(&pack);
}

static void run_path(const char *path, seed_form form, const char *ending)
{
    lat_map map = {0};
    lat_error error = {0};

    if (lat_path_is_folder(path)) {
        size_t count;
        char **names = list_folder(path, &count);

        for (size_t i = 0; i < count; i++) {
            if (form != PACKS)
                run_path(names[i], form, ending);
            else if (lat_path_is_folder(names[i]))
                run_pack(names[i]);
            lat_free(names[i]);
        }
        free(names);
    } else if (form == PARTS) {
        lat_buffer part = {0};

        add_part(&part, path);
        run_input(path, (unsigned char *)part.data, part.size);
        lat_buffer_free(&part);
    } else if (ends_in(path, ending) &&
               lat_map_open(&map, path, &error) == LAT_OK) {
        if (form == LINES)
            run_lines(path, &map);
        else
            run_input(path, map.data, map.size);
        lat_map_close(&map);
    }
}

/* ---- All of it --------------------------------------------------------- */

static void on_end(int number)
{
    static const char text[] = "\nreplay: while it ran ";
    ssize_t done = write(STDERR_FILENO, text, sizeof text - 1);

    done += write(STDERR_FILENO, now, strlen(now));
    done += write(STDERR_FILENO, "\n", 1);
    signal(number, done > 0 ? SIG_DFL : SIG_IGN);
    raise(number);
}

static void run_target(void)
{
    char found[64];
    unsigned long before = inputs;

    for (size_t i = 0; i < SEED_COUNT; i++)
        if (strcmp(seeds[i].target, targets[target].name) == 0)
            run_path(seeds[i].folder, seeds[i].form, seeds[i].ending);
    snprintf(found, sizeof found, C "found/%s", targets[target].name);
    run_path(found, WHOLE, NULL);
    run_input("nothing", (const unsigned char *)"", 0);
    CHECK_MSG(inputs > before + 1, "%s has no inputs", targets[target].name);
}

int main(int count, char **arguments)
{
    const char *file = NULL;

    for (int i = 1; i < count; i++) {
        const char *next = i + 1 < count ? arguments[i + 1] : "";

        if (strcmp(arguments[i], "-r") == 0)
            rounds = (unsigned)strtoul(next, NULL, 10), i++;
        else if (strcmp(arguments[i], "-x") == 0)
            exhaust = (size_t)strtoul(next, NULL, 10), i++;
        else if (strcmp(arguments[i], "-s") == 0)
            seed = strtoull(next, NULL, 10), i++;
        else if (strcmp(arguments[i], "-t") == 0)
            only = next, i++;
        else if (strcmp(arguments[i], "--seeds") == 0)
            export_to = next, i++;
        else
            file = arguments[i];
    }
    signal(SIGABRT, on_end);
    signal(SIGSEGV, on_end);
    for (target = 0; target < TARGET_COUNT; target++) {
        if (only != NULL && strcmp(only, targets[target].name) != 0)
            continue;
        if (file != NULL) {
            rounds = 0;
            exhaust = 0;
            run_path(file, WHOLE, NULL);
        } else {
            run_target();
        }
    }
    printf("replay: %lu inputs, %u mutations each, seed %llu; every prefix "
           "and flipped bit up to %zu bytes\n", inputs, rounds,
           (unsigned long long)seed, exhaust);
    return harness_end("replay");
}
