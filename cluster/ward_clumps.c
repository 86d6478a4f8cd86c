/*
 * ward_clumps.c - points so near each other that float products about the
 * common mean cannot tell them apart.
 *
 * The error of a product grows with the norms of its rows.  Seen from a
 * point of the clump itself its members' norms are as small as the clump,
 * and the products tell them apart again; what is far away stays far.  So
 * the slots of a search in double are grouped by clump, and a task of one
 * clump takes all rows less the centroid of its first slot.
 */
#include "ward_int.h"

#include <math.h>
#include <stdlib.h>

/* Columns of a task, and the fewest of one clump that are a task of their
 * own: shifting all rows costs as much as some 40 columns of products, so
 * that members of smaller clumps are measured instead. */
#define COLUMNS 128
#define OWN_TASK 48

typedef struct clump_member {
    uint32_t clump, slot;
} clump_member;

static int by_clump(const void *x, const void *y)
{
    const clump_member *a = x, *b = y;
    if (a->clump != b->clump)
        return a->clump < b->clump ? -1 : 1;
    return a->slot < b->slot ? -1 : a->slot > b->slot;
}

/* The smallest clump name among the slots within the float error. */
static uint32_t spread_name(const lat_ward *ward, uint32_t slot,
                            const uint32_t *clump)
{
    const lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    size_t place = ward->place[slot];
    double unsure = ((double)ward->h + 20) * 0x1p-23
                    * (double)ward->norm[place] / (double)ward->half[place];
    uint32_t name = clump[slot];
    for (size_t i = 0; i < ward->count[slot]; i++)
        if ((double)list[i].lower <= unsure && clump[list[i].slot] < name)
            name = clump[list[i].slot];
    return name;
}

/* How many columns a task of one clump that starts here has; 0: none does. */
static size_t own_task(const clump_member *members, size_t count, size_t at)
{
    size_t end = at;
    while (end < count && end - at < COLUMNS
           && members[end].clump == members[at].clump)
        end++;
    return end - at >= OWN_TASK ? end - at : 0;
}

lat_status lat_ward_group(lat_ward *ward, uint32_t *slots, size_t count,
                          size_t *starts, bool *shifted, lat_error *error)
{
    size_t tasks = 0;
    uint32_t *clump = lat_alloc(ward->slots * sizeof *clump);
    clump_member *members = lat_new_array(count, sizeof *members);
    lat_status status = LAT_OK;
    if (clump == NULL || members == NULL) {
        status = lat_error_memory(error, (uint64_t)ward->slots * 4);
        goto done;
    }
    for (size_t i = 0; i < ward->slots; i++)
        clump[i] = LAT_NO_SLOT;
    for (size_t i = 0; i < count; i++) {
        lat_ward_make_current(ward, slots[i]);
        clump[slots[i]] = slots[i];
    }
    /* Lists of K reach a whole clump in few steps; a clump found in parts
     * costs time only. */
    for (int step = 0; step < 3; step++)
        for (size_t i = 0; i < count; i++)
            clump[slots[i]] = spread_name(ward, slots[i], clump);
    for (size_t i = 0; i < count; i++) {
        members[i].clump = clump[slots[i]];
        members[i].slot = slots[i];
    }
    qsort(members, count, sizeof *members, by_clump);
    for (size_t i = 0; i < count; i++)
        slots[i] = members[i].slot;
    for (size_t from = 0; from < count; tasks++) {
        size_t to = from + own_task(members, count, from);
        shifted[tasks] = to > from;
        if (!shifted[tasks])
            for (to = from + 1; to < count && to - from < COLUMNS
                                && own_task(members, count, to) == 0;
                 to++)
                ;
        starts[tasks] = from;
        from = to;
    }
    starts[tasks] = count;
done:
    lat_free(clump);
    lat_free(members);
    return status;
}

float lat_ward_shifted(const lat_ward *ward, uint32_t slot,
                       const double *middle, double *x, float *row)
{
    const double *c = lat_ward_centre(ward, slot, x);
    for (size_t j = 0; j < ward->h; j++)
        x[j] = c[j] - middle[j];
    return lat_ward_float_row(ward, x, row);
}

void lat_ward_shift_tile(const lat_ward *ward, size_t first, size_t rows,
                         lat_ward_scratch *s)
{
    for (size_t r = 0; r < rows; r++) {
        uint32_t slot = ward->live[first + r];
        /* A dead row's old floats do no harm: its norm is infinite. */
        s->shifted_norm[r] = INFINITY;
        if (ward->size[slot] != 0)
            s->shifted_norm[r] = lat_ward_shifted(ward, slot, s->middle,
                                                  s->x,
                                                  s->shifted + r * ward->h);
    }
}
