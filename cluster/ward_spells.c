/*
 * ward_spells.c - tasks in spells between checkpoints.
 *
 *     tasks  0 1 2 3 4 5 | 6 7 8 | 9 ...      | the interval is over: those
 *                        ^       ^            that run finish, the file is
 *                       file    file          written, the next ones begin
 *
 * A checkpoint needs lists that nobody writes to, and a batch of searches, or
 * the first pass, may take hours.  Their tasks may run in any order, so that
 * where they pause changes nothing.  The longest task is one block of the
 * first pass with another, or 256 columns of a search against all rows: 8e10
 * operations at 200,000 x 768, one second of a core with vectors and some 15
 * of one without.  So the interval and a task stay below a minute.
 */
#include "ward_int.h"

#include <math.h>

#define INTERVAL 45 /* seconds */

typedef struct spell {
    lat_work *work;
    void *context;
    bool *done;
    size_t first; /* runs even if the disk took longer than the interval */
    double due;
} spell;

static double due_time(const lat_ward *ward)
{
    const lat_ward_options *options = ward->options;
    return options->checkpoint == NULL
               ? INFINITY
               : ward->saved
                     + (options->seconds > 0 ? options->seconds : INTERVAL);
}

static lat_status save(lat_ward *ward, lat_error *error)
{
    lat_status status = LAT_OK;
    if (ward->options->checkpoint != NULL)
        status = lat_ward_checkpoint_write(ward, error);
    ward->saved = lat_clock_seconds();
    return status;
}

lat_status lat_ward_save(lat_ward *ward, lat_error *error)
{
    return lat_clock_seconds() < due_time(ward) ? LAT_OK : save(ward, error);
}

lat_status lat_ward_stop(lat_ward *ward, lat_error *error)
{
    lat_status status = save(ward, error);
    return status != LAT_OK
               ? status
               : lat_error_set(error, LAT_INTERRUPTED, "interrupted");
}

static void spell_task(void *context, size_t task, size_t worker)
{
    spell *s = context;
    if (s->done[task] || lat_interrupted()
        || (task != s->first && lat_clock_seconds() >= s->due))
        return;
    s->work(s->context, task, worker);
    s->done[task] = true;
}

lat_status lat_ward_run(lat_ward *ward, size_t tasks, lat_work *work,
                        void *context, bool *done, lat_error *error)
{
    spell s = {.work = work, .context = context, .done = done};
    lat_status status = LAT_OK;
    for (;;) {
        while (s.first < tasks && done[s.first])
            s.first++;
        if (s.first == tasks || status != LAT_OK)
            return status;
        s.due = due_time(ward);
        lat_pool_run(ward->pool, tasks, spell_task, &s);
        if (lat_interrupted())
            return lat_ward_stop(ward, error);
        status = lat_ward_save(ward, error);
    }
}
