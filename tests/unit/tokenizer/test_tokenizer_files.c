/*
 * test_tokenizer_files.c - good files open, bad ones are refused with the
 * status in their name, and no cut or failing allocation does worse.
 */
#include "../../../base/base.h"
#include "../../../tokenizer/tokenizer.h"
#include "../../harness.h"

#include <dirent.h>
#include <unistd.h>

#define FIXTURES "tests/fixtures/tokenizer"

static const char *const good_files[] = {
    "good/wordpiece.json", "good/bpe.json", "good/unigram.json",
    "good/every-step.json", "good/bert/vocab.txt", "good/mpnet/vocab.txt",
    "good/cased/vocab.txt", "good/roberta/vocab.json",
    "good/xlm/sentencepiece.bpe.model", "good/albert/spiece.model",
    "good/camembert/sentencepiece.bpe.model"};
#define GOOD (sizeof good_files / sizeof good_files[0])

static const char sample[] = "The films,  the GOODNESS\tof \xC3\xA9t\xC3\xA9 "
                             "<mask> ``e'' \xE1\x84\x80\xE1\x85\xA1 th\xCC\xA3"
                             "\xCC\x81" "e 12, fi";

static lat_status encode_sample(const lat_tokenizer *tokenizer,
                                lat_error *error)
{
    lat_encoding encoding = {0};
    lat_status status = lat_tokenizer_encode(
        tokenizer, &encoding, sample, sizeof sample - 1, "the film", 8, NULL,
        error);
    for (size_t i = 0; status == LAT_OK && i < encoding.count; i++)
        CHECK(encoding.first[i] <= encoding.end[i]
              && encoding.end[i] < sizeof sample);
    lat_encoding_free(&encoding);
    return status;
}

static void check_good(void)
{
    for (size_t i = 0; i < GOOD; i++) {
        lat_tokenizer *tokenizer = NULL;
        lat_error error = {0};
        char *path = lat_format(FIXTURES "/%s", good_files[i]);
        lat_status status = lat_tokenizer_open(&tokenizer, path, &error);
        CHECK_MSG(status == LAT_OK, "%s", lat_error_message(&error));
        if (status == LAT_OK)
            CHECK_MSG(encode_sample(tokenizer, &error) == LAT_OK, "%s",
                      lat_error_message(&error));
        lat_tokenizer_close(tokenizer);
        lat_free(path);
    }
}

/* "out_of_range-score.model" --> "out-of-range". */
static void status_of_name(char *out, size_t size, const char *name)
{
    size_t i = 0;
    for (; i + 1 < size && name[i] != '-' && name[i] != '\0'; i++)
        out[i] = name[i] == '_' ? '-' : name[i];
    out[i] = '\0';
}

static size_t check_bad(const char *folder)
{
    DIR *list = opendir(folder);
    struct dirent *entry;
    size_t count = 0;
    CHECK_MSG(list != NULL, "cannot list %s", folder);
    while (list != NULL && (entry = readdir(list)) != NULL) {
        char want[32];
        lat_tokenizer *tokenizer = NULL;
        lat_error error = {0};
        if (strchr(entry->d_name, '-') == NULL)
            continue; /* what stands beside the bad ones */
        char *path = lat_path_join(folder, entry->d_name);
        status_of_name(want, sizeof want, entry->d_name);
        lat_status status = lat_tokenizer_open(&tokenizer, path, &error);
        CHECK_MSG(strcmp(lat_status_name(status), want) == 0, "%s: %s (%s)",
                  path, lat_status_name(status), lat_error_message(&error));
        CHECK_MSG(tokenizer == NULL && error.code == status
                      && error.text[0] != '\0' && error.file[0] != '\0',
                  "%s: %s", path, lat_error_message(&error));
        lat_free(path);
        count++;
    }
    if (list != NULL)
        closedir(list);
    return count;
}

static void write_copy(const lat_map *map, const char *path)
{
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(map->data, 1, map->size, file) == map->size);
    if (file != NULL)
        fclose(file);
}

/* Opens the first `size` bytes of the copy, which only ever gets shorter. */
static lat_status open_cut(const char *path, size_t size, lat_error *error)
{
    lat_tokenizer *tokenizer = NULL;
    CHECK(truncate(path, (off_t)size) == 0);
    lat_status status = lat_tokenizer_open(&tokenizer, path, error);
    if (status == LAT_OK)
        encode_sample(tokenizer, error);
    lat_tokenizer_close(tokenizer);
    return status;
}

/* Every beginning of a file of JSON or protobuf is refused; of a text file
 * it may be a smaller vocabulary, but nothing worse. */
static void check_cuts(const char *folder)
{
    for (size_t i = 0; i < GOOD; i++) {
        lat_map map = {0};
        lat_error error = {0};
        char *path = lat_format(FIXTURES "/%s", good_files[i]);
        char *copy = lat_path_join(folder, lat_path_base(path));
        bool json = strstr(path, "vocab") == NULL
                    && strstr(path, ".json") != NULL;
        bool text = strstr(path, ".txt") != NULL
                    || strstr(path, "vocab.json") != NULL;
        CHECK(lat_map_open(&map, path, &error) == LAT_OK);
        write_copy(&map, copy);
        for (size_t cut = map.size; cut-- > 0;) {
            lat_tokenizer_parts parts = {.kind = "", .json_size = cut,
                                         .json = (const char *)map.data};
            lat_tokenizer *tokenizer = NULL;
            lat_error inner = {0};
            lat_status status = json
                ? lat_tokenizer_from_parts(&tokenizer, &parts, &inner)
                : open_cut(copy, cut, &inner);
            CHECK_MSG(text || status == LAT_MALFORMED, "%s cut to %zu: %s",
                      path, cut, lat_error_message(&inner));
            lat_tokenizer_close(tokenizer);
        }
        remove(copy);
        lat_map_close(&map);
        lat_free(path);
        lat_free(copy);
    }
}

/* Allocation n fails, for every n: no crash, no leak, the right status. */
static void check_memory(void)
{
    for (size_t i = 0; i < GOOD; i++) {
        char *path = lat_format(FIXTURES "/%s", good_files[i]);
        size_t before = lat_memory_in_use();
        lat_status status = LAT_NO_MEMORY;
        uint64_t n = 1;
        for (; n < 100000 && status != LAT_OK; n++) {
            lat_tokenizer *tokenizer = NULL;
            lat_error error = {0};
            lat_memory_fail_at(n, true);
            status = lat_tokenizer_open(&tokenizer, path, &error);
            if (status == LAT_OK)
                status = encode_sample(tokenizer, &error);
            lat_memory_fail_at(0, false);
            CHECK_MSG(status == LAT_OK || status == LAT_NO_MEMORY,
                      "%s at %llu: %s", path, (unsigned long long)n,
                      lat_error_message(&error));
            lat_tokenizer_close(tokenizer);
            CHECK_MSG(lat_memory_in_use() == before, "%s leaks at %llu",
                      path, (unsigned long long)n);
        }
        CHECK(status == LAT_OK && n > 10);
        lat_free(path);
    }
}

int main(void)
{
    char folder[] = "/tmp/latent-test-XXXXXX";
    CHECK(mkdtemp(folder) != NULL);
    check_good();
    size_t bad = check_bad(FIXTURES "/bad") + check_bad(FIXTURES "/bad/bpe")
                 + check_bad(FIXTURES "/bad/alone");
    printf("%zu good and %zu bad files\n", GOOD, bad);
    CHECK(bad >= 80);
    check_cuts(folder);
    check_memory();
    remove(folder);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_tokenizer_files");
}
