/*
 * progress.c - tells a waiting person how far a step is, and keeps the flag
 * that Ctrl-C sets.
 *
 *     terminal   "reading: 1200 / 5000 sentences, 310/s, 12 s left"
 *                redrawn in place, at most ten times a second
 *     elsewhere  "reading: 5000 sentences in 16.1 s", once, at the end
 */
#include "base.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REDRAW 0.1 /* seconds */

struct lat_progress {
    pthread_mutex_t lock; /* guards all below and the stream */
    FILE *to;
    bool terminal;
    bool running;
    char step[96], unit[32], context[64];
    uint64_t total, done;
    double began, drawn;
};

static atomic_bool interrupted;

bool lat_interrupted(void)
{
    return atomic_load_explicit(&interrupted, memory_order_relaxed);
}

void lat_interrupt_set(void)
{
    atomic_store_explicit(&interrupted, true, memory_order_relaxed);
}

double lat_clock_seconds(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double lat_cpu_seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) != 0)
        return lat_clock_seconds();
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

lat_status lat_progress_create(lat_progress **out, FILE *to,
                               lat_error *error)
{
    *out = NULL;
    lat_progress *progress = lat_alloc_zero(sizeof *progress);
    if (progress == NULL)
        return lat_error_memory(error, sizeof *progress);
    if (pthread_mutex_init(&progress->lock, NULL) != 0) {
        lat_free(progress);
        return lat_error_memory(error, sizeof *progress);
    }
    progress->to = to;
    progress->terminal = to != NULL && isatty(fileno(to));
    *out = progress;
    return LAT_OK;
}

void lat_progress_free(lat_progress *progress)
{
    if (progress == NULL)
        return;
    lat_progress_end(progress);
    pthread_mutex_destroy(&progress->lock);
    lat_free(progress);
}

void lat_progress_begin(lat_progress *progress, const char *step,
                        const char *unit, uint64_t total)
{
    if (progress == NULL)
        return;
    lat_progress_end(progress);
    pthread_mutex_lock(&progress->lock);
    snprintf(progress->step, sizeof progress->step, "%s%s%s",
             progress->context, progress->context[0] == '\0' ? "" : ": ",
             step);
    snprintf(progress->unit, sizeof progress->unit, "%s", unit);
    progress->total = total;
    progress->done = 0;
    progress->began = lat_clock_seconds();
    progress->drawn = progress->began;
    progress->running = true;
    pthread_mutex_unlock(&progress->lock);
}

void lat_progress_context(lat_progress *progress, const char *context)
{
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    snprintf(progress->context, sizeof progress->context, "%s",
             context == NULL ? "" : context);
    pthread_mutex_unlock(&progress->lock);
}

/* The line in place; the blanks wipe out a longer one before it. */
static void draw(lat_progress *progress, double now)
{
    double spent = now - progress->began;
    double done = (double)progress->done;
    double rate = spent > 0 ? done / spent : 0;
    char line[200];
    int size = snprintf(line, sizeof line, "%s: %llu", progress->step,
                        (unsigned long long)progress->done);
    if (progress->total != 0)
        size += snprintf(line + size, sizeof line - (size_t)size, " / %llu",
                         (unsigned long long)progress->total);
    size += snprintf(line + size, sizeof line - (size_t)size,
                     " %s, %.3g/s", progress->unit, rate);
    if (progress->total > progress->done && rate > 0)
        snprintf(line + size, sizeof line - (size_t)size, ", %.0f s left",
                 (double)(progress->total - progress->done) / rate);
    fprintf(progress->to, "\r%-79s", line);
    fflush(progress->to);
    progress->drawn = now;
}

void lat_progress_add(lat_progress *progress, uint64_t done)
{
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    progress->done += done;
    if (progress->running && progress->terminal) {
        double now = lat_clock_seconds();
        if (now - progress->drawn >= REDRAW)
            draw(progress, now);
    }
    pthread_mutex_unlock(&progress->lock);
}

void lat_progress_end(lat_progress *progress)
{
    if (progress == NULL)
        return;
    pthread_mutex_lock(&progress->lock);
    if (progress->running && progress->to != NULL) {
        double spent = lat_clock_seconds() - progress->began;
        char line[200];
        snprintf(line, sizeof line, "%s: %llu %s in %.1f s", progress->step,
                 (unsigned long long)progress->done, progress->unit, spent);
        if (progress->terminal)
            fprintf(progress->to, "\r%-79s\n", line);
        else
            fprintf(progress->to, "%s\n", line);
        fflush(progress->to);
    }
    progress->running = false;
    pthread_mutex_unlock(&progress->lock);
}
