/* The door to malloc, arenas and buffers. */
#include "../../harness.h"
#include "../../../base/base.h"

static bool is_aligned(const void *block, size_t to)
{
    return (uintptr_t)block % to == 0;
}

static void test_blocks(void)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 4096, 1048575, 1048576,
                                   3000000};
    size_t before = lat_memory_in_use();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i];
        unsigned char *a = lat_alloc(size), *b = lat_alloc_zero(size);
        CHECK(a != NULL && is_aligned(a, 64));
        CHECK(b != NULL && is_aligned(b, 64));
        if (a == NULL || b == NULL)
            return;
        CHECK(lat_memory_in_use() == before + 2 * size);
        CHECK(lat_memory_peak() >= before + 2 * size);
        bool zero = true;
        for (size_t j = 0; j < size; j++) {
            zero = zero && b[j] == 0;
            a[j] = (unsigned char)j;
        }
        CHECK_MSG(zero, "%zu bytes not zeroed", size);
        unsigned char *c = lat_realloc(a, 2 * size + 100);
        CHECK(c != NULL && is_aligned(c, 64));
        bool kept = true;
        for (size_t j = 0; j < size; j++)
            kept = kept && c[j] == (unsigned char)j;
        CHECK_MSG(kept, "%zu bytes lost by realloc", size);
        c = lat_realloc(c, size / 2);
        CHECK(c != NULL && (size < 2 || c[size / 2 - 1] ==
                                            (unsigned char)(size / 2 - 1)));
        lat_free(b);
        lat_free(c);
    }
    lat_free(NULL);
    void *fresh = lat_realloc(NULL, 5);
    CHECK(fresh != NULL);
    lat_free(fresh);
    CHECK(lat_memory_in_use() == before);
}

/* Every byte is the caller's, wherever large pages begin and end. */
static void test_large(void)
{
    static const size_t sizes[] = {0,       1,       2097151, 2097152,
                                   2097216, 4194303, 4194304, 9000001};
    size_t before = lat_memory_in_use();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t size = sizes[i], wrong = 0;
        unsigned char *a = lat_alloc_large(size), *b = lat_alloc_large(size);
        CHECK(a != NULL && is_aligned(a, 64));
        CHECK(b != NULL && is_aligned(b, 64));
        if (a == NULL || b == NULL)
            return;
        CHECK(lat_memory_in_use() == before + 2 * size);
        for (size_t j = 0; j < size; j++) {
            a[j] = (unsigned char)(j % 251);
            b[j] = (unsigned char)~a[j];
        }
        for (size_t j = 0; j < size; j++)
            wrong += a[j] != j % 251 || b[j] != (unsigned char)~a[j];
        CHECK_MSG(wrong == 0, "%zu of %zu bytes wrong", wrong, size);
        lat_free(a);
        lat_free(b);
    }
    CHECK(lat_memory_in_use() == before);
}

static void test_refusals(void)
{
    size_t before = lat_memory_in_use();
    /* volatile: compilers warn of sizes that they can see are too large. */
    volatile size_t huge = SIZE_MAX;
    CHECK(lat_alloc(huge) == NULL);
    CHECK(lat_alloc_zero(huge - 100) == NULL);
    CHECK(lat_alloc_large(huge - 100) == NULL);
    CHECK(lat_new_array(huge / 2, 3) == NULL);
    CHECK(lat_copy_bytes("x", huge) == NULL);
    void *block = lat_alloc(10);
    CHECK(lat_realloc(block, huge) == NULL);
    lat_memory_limit(before + 1000);
    CHECK(lat_alloc(991) == NULL);
    void *most = lat_alloc(990);
    CHECK(most != NULL);
    CHECK(lat_alloc(1) == NULL);
    lat_free(most);
    lat_memory_limit(0);
    lat_free(block);
    CHECK(lat_memory_in_use() == before);
}

static void test_failing(void)
{
    uint64_t count = lat_memory_allocations();
    lat_memory_fail_at(2, false);
    void *a = lat_alloc(1), *b = lat_alloc(1), *c = lat_alloc(1);
    CHECK(a != NULL && b == NULL && c != NULL);
    CHECK(lat_memory_allocations() == count + 3);
    lat_memory_fail_at(1, true);
    CHECK(lat_alloc(1) == NULL && lat_alloc_zero(1) == NULL);
    CHECK(lat_realloc(a, 9) == NULL);
    CHECK(lat_format("%d", 3) == NULL && lat_copy_string("x") == NULL);
    lat_memory_fail_at(0, false);
    lat_free(a);
    lat_free(c);
}

static void test_strings(void)
{
    char *a = lat_copy_string("abc"), *b = lat_copy_bytes("a\0b", 3);
    char *c = lat_format("%s-%05d", "n", 42), *d = lat_copy_bytes(NULL, 0);
    CHECK_TEXT(a, "abc");
    CHECK(memcmp(b, "a\0b\0", 4) == 0);
    CHECK_TEXT(c, "n-00042");
    CHECK_TEXT(d, "");
    lat_free(a);
    lat_free(b);
    lat_free(c);
    lat_free(d);
}

static void test_arena(void)
{
    size_t before = lat_memory_in_use();
    lat_arena arena = {0};
    unsigned char *kept[300];
    size_t sum = 0;
    for (size_t i = 0; i < 300; i++) {
        size_t size = i * i % 3001;
        kept[i] = lat_arena_alloc(&arena, size);
        CHECK(kept[i] != NULL && is_aligned(kept[i], 16));
        if (kept[i] == NULL)
            return;
        for (size_t j = 0; j < size; j++) {
            sum += kept[i][j];
            kept[i][j] = (unsigned char)i;
        }
    }
    CHECK_MSG(sum == 0, "arena blocks overlap or are not zeroed");
    for (size_t i = 0; i < 300; i++)
        for (size_t j = 0; j < i * i % 3001; j++)
            sum += kept[i][j] != (unsigned char)i;
    CHECK_MSG(sum == 0, "arena blocks overlap");
    CHECK_TEXT(lat_arena_copy(&arena, "word", 4), "word");
    CHECK(lat_arena_alloc(&arena, 5000000) != NULL);
    volatile size_t huge = SIZE_MAX;
    CHECK(lat_arena_alloc(&arena, huge) == NULL);
    CHECK(lat_arena_array(&arena, huge / 2, 3) == NULL);
    CHECK(lat_arena_copy(&arena, "", huge) == NULL);
    size_t used = arena.used;
    lat_memory_fail_at(1, true);
    CHECK(lat_arena_alloc(&arena, 2000000) == NULL);
    CHECK(arena.used == used);
    lat_memory_fail_at(0, false);
    lat_arena_free(&arena);
    CHECK(lat_memory_in_use() == before && arena.used == 0);
    arena.limit = 64;
    CHECK(lat_arena_alloc(&arena, 48) != NULL);
    CHECK(lat_arena_alloc(&arena, 17) == NULL);
    CHECK(lat_arena_alloc(&arena, 16) != NULL);
    lat_arena_free(&arena);
}

/* Small blocks must not cost much more than they hold. */
static void test_arena_slack(void)
{
    size_t before = lat_memory_in_use();
    lat_arena arena = {0};
    for (size_t i = 0; i < 100000; i++)
        lat_arena_alloc(&arena, 1 + i % 200);
    CHECK(lat_memory_in_use() - before < 2 * arena.used);
    lat_arena_free(&arena);
}

static void test_buffer(void)
{
    lat_buffer b = {0};
    lat_error e = {0};
    lat_buffer_text(&b, "x=");
    lat_buffer_number(&b, 0.1);
    lat_buffer_char(&b, ';');
    lat_buffer_format(&b, "%03d", 7);
    lat_buffer_add(&b, NULL, 0);
    CHECK_TEXT(b.data, "x=0.1;007");
    CHECK(b.size == 9 && lat_buffer_status(&b, &e) == LAT_OK);
    for (int i = 0; i < 3000; i++)
        lat_buffer_format(&b, "%d,", i);
    CHECK(b.size == strlen(b.data));
    lat_buffer_clear(&b);
    CHECK(b.size == 0 && b.data[0] == '\0');
    b.limit = 5;
    lat_buffer_text(&b, "12345");
    CHECK(!b.failed);
    lat_buffer_text(&b, "6");
    lat_buffer_clear(&b);
    CHECK(b.size == 0 && lat_buffer_status(&b, &e) == LAT_NO_MEMORY);
    lat_buffer_free(&b);
    CHECK(lat_buffer_status(&b, &e) == LAT_OK);
    b.limit = 5;
    lat_buffer_text(&b, "123456");
    lat_buffer_text(&b, "1");
    CHECK(b.size == 0 && lat_buffer_status(&b, &e) == LAT_NO_MEMORY);
    lat_buffer_free(&b);
    lat_buffer fails = {0};
    lat_memory_fail_at(1, false);
    lat_buffer_text(&fails, "lost");
    lat_buffer_text(&fails, "too late");
    lat_buffer_format(&fails, "%d", 1);
    CHECK(fails.size == 0 && lat_buffer_status(&fails, NULL) != LAT_OK);
    lat_buffer_free(&fails);
}

int main(void)
{
    test_blocks();
    test_large();
    test_refusals();
    test_failing();
    test_strings();
    test_arena();
    test_arena_slack();
    test_buffer();
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_memory");
}
