/* Words to numbers. */
#include "../../harness.h"
#include "../../../base/base.h"

static void test_many(void)
{
    lat_intern *set = NULL;
    CHECK(lat_intern_create(&set, NULL) == LAT_OK);
    char word[32];
    size_t wrong = 0;
    const char *first = NULL;
    for (size_t i = 0; i < 20000; i++) {
        int size = snprintf(word, sizeof word, "w%zu", i);
        wrong += lat_intern_find(set, word, (size_t)size) != SIZE_MAX;
        wrong += lat_intern_add(set, word, (size_t)size) != i;
        if (i == 0)
            first = lat_intern_text(set, 0, NULL);
    }
    for (size_t i = 0; i < 20000; i++) {
        int size = snprintf(word, sizeof word, "w%zu", i);
        size_t length = 0;
        wrong += lat_intern_find(set, word, (size_t)size) != i;
        wrong += lat_intern_add(set, word, (size_t)size) != i;
        const char *text = lat_intern_text(set, i, &length);
        wrong += strcmp(text, word) != 0 || length != (size_t)size;
    }
    CHECK_MSG(wrong == 0, "%zu words", wrong);
    CHECK(lat_intern_count(set) == 20000);
    CHECK(lat_intern_text(set, 0, NULL) == first);
    CHECK(lat_intern_text(set, 20000, NULL) == NULL);
    lat_intern_free(set);
}

/* Bytes, not strings: NULs, the empty one, prefixes of each other. */
static void test_bytes(void)
{
    lat_intern *set = NULL;
    CHECK(lat_intern_create(&set, NULL) == LAT_OK);
    static const char text[40] = "\0\0abcdefgh\0ijklmnopqrstuvwxyz";
    for (size_t size = 0; size <= sizeof text; size++)
        CHECK(lat_intern_add(set, text, size) == size);
    CHECK(lat_intern_find(set, NULL, 0) == 0);
    for (size_t size = 0; size <= sizeof text; size++)
        CHECK(lat_intern_find(set, text, size) == size);
    lat_intern_free(set);
    lat_intern_free(NULL);
}

/* A failed add leaves the set as it was. */
static void test_failing(void)
{
    for (uint64_t n = 1; n < 40; n++) {
        lat_intern *set = NULL;
        lat_memory_fail_at(n, false);
        if (lat_intern_create(&set, NULL) != LAT_OK) {
            lat_memory_fail_at(0, false);
            continue;
        }
        size_t known = 0;
        for (size_t i = 0; i < 500; i++) {
            char word[16];
            int size = snprintf(word, sizeof word, "%zu-word", i);
            size_t got = lat_intern_add(set, word, (size_t)size);
            if (got == SIZE_MAX)
                got = lat_intern_add(set, word, (size_t)size);
            known += got == i;
        }
        lat_memory_fail_at(0, false);
        CHECK_MSG(known == 500, "allocation %lu: %zu", (unsigned long)n,
                  known);
        lat_intern_free(set);
    }
    CHECK(lat_memory_in_use() == 0);
}

int main(void)
{
    test_many();
    test_bytes();
    test_failing();
    return harness_end("test_intern");
}
