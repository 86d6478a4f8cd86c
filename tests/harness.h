/*
 * harness.h - the whole test harness: CHECK and a closing line.
 *
 *     int main(void)
 *     {
 *         CHECK(1 + 1 == 2);
 *         CHECK_MSG(x == 3, "x is %d", x);
 *         return harness_end("test_example");
 *     }
 *
 * A failed check prints where and goes on.  The last line of a test program
 * is "test_name: N passed, N failed" (", N skipped" may follow).
 */
#ifndef LATENT_TEST_HARNESS_H
#define LATENT_TEST_HARNESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static unsigned long harness_passed, harness_failed, harness_skipped;

#define CHECK(condition) CHECK_MSG(condition, "%s", #condition)
#define CHECK_MSG(condition, ...)                                          \
    do {                                                                   \
        if (condition) {                                                   \
            harness_passed++;                                              \
        } else {                                                           \
            harness_failed++;                                              \
            printf("%s:%d: FAILED: ", __FILE__, __LINE__);                 \
            printf(__VA_ARGS__);                                           \
            printf("\n");                                                  \
        }                                                                  \
    } while (0)
#define CHECK_TEXT(got, want)                                              \
    CHECK_MSG(strcmp((got), (want)) == 0, "got \"%s\", expected \"%s\"",   \
              (got), (want))

/* The reference folder beside the checkout, or NULL with a "skipped" line.
 * LATENT_SHARED (tests only) names another place. */
static inline const char *harness_shared(void)
{
    const char *path = getenv("LATENT_SHARED");
    struct stat info = {0};
    if (path == NULL)
        path = "../shared";
    if (stat(path, &info) == 0)
        return path;
    printf("skipped: %s is absent\n", path);
    harness_skipped++;
    return NULL;
}

static inline int harness_end(const char *name)
{
    printf("%s: %lu passed, %lu failed", name, harness_passed,
           harness_failed);
    if (harness_skipped != 0)
        printf(", %lu skipped", harness_skipped);
    printf("\n");
    return harness_failed != 0;
}

#endif
