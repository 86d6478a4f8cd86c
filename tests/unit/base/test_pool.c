/* The thread pool under many sizes, and the count of usable cores. */
#include "../../harness.h"
#include "../../../base/base.h"
#include "../../../base/cores_int.h"

#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif

typedef struct record {
    unsigned char *seen; /* tasks */
    size_t threads;
    atomic_size_t wrong;
    uint64_t *sums; /* tasks */
} record;

static void mark(void *context, size_t task, size_t worker)
{
    record *r = context;
    if (worker >= r->threads || r->seen[task] != 0)
        atomic_fetch_add(&r->wrong, 1);
    r->seen[task] = 1;
    uint64_t sum = task;
    for (uint64_t i = 0; i < task % 97; i++)
        sum = sum * 31 + i;
    r->sums[task] = sum;
}

static void check_run(lat_pool *pool, size_t tasks)
{
    record r = {.threads = lat_pool_threads(pool)};
    r.seen = lat_new_array(tasks, 1);
    r.sums = lat_new_array(tasks, sizeof *r.sums);
    lat_pool_run(pool, tasks, mark, &r);
    size_t missed = 0;
    for (size_t i = 0; i < tasks; i++)
        missed += r.seen[i] != 1;
    CHECK_MSG(missed == 0 && atomic_load(&r.wrong) == 0,
              "%zu tasks on %zu threads: %zu missed", tasks, r.threads,
              missed);
    lat_free(r.seen);
    lat_free(r.sums);
}

static void test_sizes(void)
{
    static const size_t threads[] = {1, 2, 3, 8, 33};
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        lat_pool *pool = NULL;
        CHECK(lat_pool_create(&pool, threads[i], NULL) == LAT_OK);
        CHECK(lat_pool_threads(pool) == threads[i]);
        for (size_t tasks = 0; tasks < 40; tasks++)
            check_run(pool, tasks);
        check_run(pool, 5000);
        lat_pool_free(pool);
    }
    for (size_t tasks = 0; tasks < 5; tasks++)
        check_run(NULL, tasks);
    CHECK(lat_pool_threads(NULL) == 1);
    lat_pool_free(NULL);
}

static void add_one(void *context, size_t task, size_t worker)
{
    (void)task;
    (void)worker;
    atomic_fetch_add((atomic_size_t *)context, 1);
}

/* Many short jobs behind each other: where a lost wake-up would show. */
static void test_many_jobs(void)
{
    lat_pool *pool = NULL;
    atomic_size_t sum;
    atomic_init(&sum, 0);
    CHECK(lat_pool_create(&pool, 4, NULL) == LAT_OK);
    for (int i = 0; i < 3000; i++)
        lat_pool_run(pool, 1 + (size_t)i % 7, add_one, &sum);
    CHECK_MSG(atomic_load(&sum) == 11994, "%zu", atomic_load(&sum));
    lat_pool_free(pool);
    for (int i = 0; i < 50; i++) {
        CHECK(lat_pool_create(&pool, 3, NULL) == LAT_OK);
        lat_pool_free(pool);
    }
}

static void test_refusals(void)
{
    lat_pool *pool = NULL;
    CHECK(lat_pool_create(&pool, 0, NULL) == LAT_USAGE && pool == NULL);
    CHECK(lat_pool_create(&pool, 100000, NULL) == LAT_USAGE);
    for (uint64_t n = 1; n <= 2; n++) {
        lat_memory_fail_at(n, false);
        CHECK(lat_pool_create(&pool, 4, NULL) == LAT_NO_MEMORY);
        lat_memory_fail_at(0, false);
    }
    /* No address space for more stacks: fewer threads, the same results.
     * Sanitizers need the addresses for themselves. */
#ifndef SANITIZED
    struct rlimit old, tight;
    CHECK(getrlimit(RLIMIT_AS, &old) == 0);
    tight = old;
    tight.rlim_cur = (rlim_t)256 << 20;
    CHECK(setrlimit(RLIMIT_AS, &tight) == 0);
    CHECK(lat_pool_create(&pool, 1000, NULL) == LAT_OK);
    if (lat_pool_threads(pool) == 1000) { /* user-mode emulators */
        printf("skipped: the limit of addresses is not kept here\n");
        harness_skipped++;
    }
    check_run(pool, 100);
    lat_pool_free(pool);
    CHECK(setrlimit(RLIMIT_AS, &old) == 0);
#endif
}

static char folder[64] = "/tmp/latent-cores-XXXXXX";

static void put(const char *name, const char *text)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    CHECK(lat_folder_make(path, NULL) == LAT_OK);
    *slash = '/';
    CHECK(lat_file_write(path, text, strlen(text), NULL) == LAT_OK);
}

static size_t quota(const char *list)
{
    char path[100], root[100];
    put("list", list);
    snprintf(path, sizeof path, "%s/list", folder);
    snprintf(root, sizeof root, "%s/sys", folder);
    return lat_cores_quota(path, root);
}

static void test_quota(void)
{
    CHECK(mkdtemp(folder) != NULL);
    CHECK(lat_cores_quota("/nonexistent/list", folder) == SIZE_MAX);
    CHECK(quota("0::/\n") == SIZE_MAX);
    put("sys/cpu.max", "max 100000\n");
    CHECK(quota("0::/\n") == SIZE_MAX);
    put("sys/a/cpu.max", "350000 100000\n");
    CHECK(quota("0::/a\n") == 4);
    CHECK(quota("0::/a/gone/deeper\n") == 4);
    CHECK(quota("0::/b\n") == SIZE_MAX);
    put("sys/a/b/cpu.max", "1000 100000\n");
    CHECK(quota("0::/a/b") == 1);
    put("sys/a/b/cpu.max", "9900000 100000\n");
    CHECK(quota("0::/a/b\n") == 4);
    put("sys/c/cpu.max", "x y\n");
    CHECK(quota("0::/c\n") == SIZE_MAX);
    put("sys/c/cpu.max", "100 0\n");
    CHECK(quota("0::/c\n") == SIZE_MAX);
    put("sys/cpu/docker/cpu.cfs_quota_us", "200000\n");
    put("sys/cpu/docker/cpu.cfs_period_us", "100000\n");
    CHECK(quota("5:memory:/docker\n4:cpuacct,cpu:/docker\n") == 2);
    CHECK(quota("4:cpuset:/docker\n") == SIZE_MAX);
    put("sys/cpu/docker/cpu.cfs_quota_us", "-1\n");
    CHECK(quota("4:cpu,cpuacct:/docker\n") == SIZE_MAX);
    CHECK(quota("garbage") == SIZE_MAX && quota("") == SIZE_MAX);
    CHECK(quota(":\n::\n:::\n") == SIZE_MAX);
    char command[200];
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    CHECK(system(command) == 0);
}

int main(void)
{
    test_sizes();
    test_many_jobs();
    test_refusals();
    test_quota();
    size_t cores = lat_cores_usable();
    CHECK_MSG(cores >= 1 && cores <= 8192, "%zu cores", cores);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_pool");
}
