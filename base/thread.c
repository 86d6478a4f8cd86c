/*
 * thread.c - a pool of threads for loops whose turns do not depend on each
 * other.
 *
 *     caller   |--run: post the job--|= tasks =|--wait--|--return--
 *     worker 1 ....... asleep .......|= tasks ====|........ asleep
 *     worker 2 ....... asleep .......|= tasks ==|.......... asleep
 *
 * Tasks are handed out one at a time by a counter, so that uneven tasks
 * even out.  Which worker gets which task differs from run to run; results
 * must not.
 */
#include "base.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#define MOST 1024

typedef struct seat {
    lat_pool *pool;
    pthread_t thread;
    size_t worker;
} seat;

struct lat_pool {
    size_t threads; /* the caller included */
    pthread_mutex_t lock;
    pthread_cond_t posted, finished;
    /* Guarded by the lock: */
    uint64_t job; /* how many were posted */
    size_t busy;  /* workers that have not finished this job */
    bool closing;
    /* Written before a job is posted, read by the workers after: */
    lat_work *work;
    void *context;
    size_t tasks;
    atomic_size_t next;
    seat *seats; /* threads - 1 */
};

static void take_tasks(lat_pool *pool, size_t worker)
{
    for (;;) {
        size_t task = atomic_fetch_add(&pool->next, 1);
        if (task >= pool->tasks)
            return;
        pool->work(pool->context, task, worker);
    }
}

static void *worker_main(void *argument)
{
    const seat *mine = argument;
    lat_pool *pool = mine->pool;
    uint64_t seen = 0;
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->job == seen && !pool->closing)
            pthread_cond_wait(&pool->posted, &pool->lock);
        if (pool->closing)
            break;
        seen = pool->job;
        pthread_mutex_unlock(&pool->lock);
        take_tasks(pool, mine->worker);
        pthread_mutex_lock(&pool->lock);
        if (--pool->busy == 0)
            pthread_cond_signal(&pool->finished);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Starts as many of the wanted threads as the system gives. */
static void start_workers(lat_pool *pool, size_t wanted)
{
    pthread_attr_t attributes;
    sigset_t all, old;
    if (pthread_attr_init(&attributes) != 0)
        return;
    /* Some libraries default to 128 KiB. */
    pthread_attr_setstacksize(&attributes, (size_t)4 << 20);
    /* Signals belong to the caller's thread. */
    sigfillset(&all);
    /* A fault belongs to the thread that makes it. */
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (pool->threads < wanted) {
        seat *next = &pool->seats[pool->threads - 1];
        next->pool = pool;
        next->worker = pool->threads;
        if (pthread_create(&next->thread, &attributes, worker_main, next) !=
            0)
            break;
        pool->threads++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    pthread_attr_destroy(&attributes);
}

lat_status lat_pool_create(lat_pool **out, size_t threads, lat_error *error)
{
    *out = NULL;
    if (threads == 0 || threads > MOST)
        return lat_error_set(error, LAT_USAGE,
                             "%zu threads, expected 1 to %d", threads, MOST);
    lat_pool *pool = lat_alloc_zero(sizeof *pool);
    seat *seats = lat_new_array(threads, sizeof *seats);
    if (pool == NULL || seats == NULL) {
        lat_free(pool);
        lat_free(seats);
        return lat_error_memory(error, threads * sizeof *seats);
    }
    pool->seats = seats;
    pool->threads = 1;
    atomic_init(&pool->next, 0);
    /* With default attributes none of these fails on the systems we know;
     * all three have no destructor to miss there. */
    if (pthread_mutex_init(&pool->lock, NULL) != 0 ||
        pthread_cond_init(&pool->posted, NULL) != 0 ||
        pthread_cond_init(&pool->finished, NULL) != 0) {
        lat_free(pool);
        lat_free(seats);
        return lat_error_memory(error, sizeof *pool);
    }
    start_workers(pool, threads);
    *out = pool;
    return LAT_OK;
}

void lat_pool_free(lat_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->posted);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i + 1 < pool->threads; i++)
        pthread_join(pool->seats[i].thread, NULL);
    pthread_cond_destroy(&pool->finished);
    pthread_cond_destroy(&pool->posted);
    pthread_mutex_destroy(&pool->lock);
    lat_free(pool->seats);
    lat_free(pool);
}

size_t lat_pool_threads(const lat_pool *pool)
{
    return pool == NULL ? 1 : pool->threads;
}

void lat_pool_run(lat_pool *pool, size_t tasks, lat_work *work, void *context)
{
    if (pool == NULL || pool->threads == 1 || tasks <= 1) {
        for (size_t task = 0; task < tasks; task++)
            work(context, task, 0);
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->work = work;
    pool->context = context;
    pool->tasks = tasks;
    atomic_store(&pool->next, 0);
    pool->busy = pool->threads - 1;
    pool->job++;
    pthread_cond_broadcast(&pool->posted);
    pthread_mutex_unlock(&pool->lock);
    take_tasks(pool, 0);
    pthread_mutex_lock(&pool->lock);
    while (pool->busy != 0)
        pthread_cond_wait(&pool->finished, &pool->lock);
    pthread_mutex_unlock(&pool->lock);
}
