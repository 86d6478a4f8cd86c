/* Progress lines, on a file and on a terminal, and the interrupt flag. */
#define _XOPEN_SOURCE 700 /* pseudo-terminals */
#include "../../harness.h"
#include "../../../base/base.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static void add_many(void *context, size_t task, size_t worker)
{
    (void)worker;
    lat_progress_add(context, task);
}

static void test_file(void)
{
    FILE *file = tmpfile();
    lat_progress *p = NULL;
    lat_pool *pool = NULL;
    char text[1000] = "";
    CHECK(lat_progress_create(&p, file, NULL) == LAT_OK);
    CHECK(lat_pool_create(&pool, 3, NULL) == LAT_OK);
    lat_progress_begin(p, "reading", "sentences", 100);
    lat_pool_run(pool, 101, add_many, p);
    lat_progress_end(p);
    lat_progress_end(p);
    lat_progress_begin(p, "second", "words", 0);
    lat_progress_begin(p, "third", "words", 0);
    lat_pool_free(pool);
    lat_progress_free(p);
    rewind(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    CHECK(strncmp(text, "reading: 5050 sentences in ", 27) == 0);
    CHECK(strstr(text, "\nsecond: 0 words in ") != NULL);
    CHECK(strstr(text, "\nthird: 0 words in ") != NULL);
    size_t lines = 0;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    CHECK(lines == 3 && strchr(text, '\r') == NULL);
    fclose(file);
}

static void test_silent(void)
{
    lat_progress *p = NULL;
    CHECK(lat_progress_create(&p, NULL, NULL) == LAT_OK);
    lat_progress_begin(p, "x", "y", 1);
    lat_progress_add(p, 1);
    lat_progress_end(p);
    lat_progress_free(p);
    lat_progress_begin(NULL, "x", "y", 1);
    lat_progress_add(NULL, 1);
    lat_progress_end(NULL);
    lat_progress_free(NULL);
    lat_memory_fail_at(1, false);
    CHECK(lat_progress_create(&p, NULL, NULL) == LAT_NO_MEMORY);
    lat_memory_fail_at(0, false);
}

/* A terminal of its own: redraws in place, and not at every step. */
static void test_terminal(void)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    const char *name = NULL;
    if (master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0)
        name = ptsname(master);
    FILE *screen = name == NULL ? NULL : fopen(name, "w");
    if (screen == NULL) {
        printf("skipped: no pseudo-terminals here\n");
        harness_skipped++;
        return;
    }
    lat_progress *p = NULL;
    struct timespec wait = {.tv_nsec = 3000000};
    CHECK(lat_progress_create(&p, screen, NULL) == LAT_OK);
    lat_progress_begin(p, "reading", "words", 100);
    for (int i = 0; i < 100; i++) {
        nanosleep(&wait, NULL);
        lat_progress_add(p, 1);
    }
    lat_progress_free(p);
    char text[8000] = "";
    size_t size = 0;
    /* A terminal hands out at most 4 KiB at a time. */
    while (strchr(text, '\n') == NULL && size < sizeof text - 1) {
        ssize_t got = read(master, text + size, sizeof text - 1 - size);
        if (got <= 0)
            break;
        size += (size_t)got;
        text[size] = '\0';
    }
    size_t redraws = 0;
    for (const char *at = text; (at = strstr(at, " / 100 words, ")); at++)
        redraws++;
    CHECK_MSG(redraws >= 1 && redraws <= 50, "%zu redraws", redraws);
    CHECK(strstr(text, " s left") != NULL);
    CHECK(strstr(text, "\rreading: 100 words in ") != NULL);
    fclose(screen);
    close(master);
}

int main(void)
{
    double before = lat_clock_seconds();
    test_file();
    test_silent();
    test_terminal();
    CHECK(lat_clock_seconds() >= before);
    CHECK(!lat_interrupted());
    lat_interrupt_set();
    CHECK(lat_interrupted());
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_progress");
}
