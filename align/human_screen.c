/*
 * human_screen.c - can any label of a concept reach a threshold at all?
 *
 * What chance puts together hardly ever does, and this is how most concepts
 * of a shuffle are done with.  The frequent labels are dealt to 32 lanes, or
 * to twice as many; a bundle has a one in every lane that one of its labels
 * is in.  The sum of a lane over the members is no less than the count of
 * any of its labels, and all sums together are one vector addition a member:
 *
 *     lanes               0          1       2
 *     labels              th, ing    er      in, an, st
 *     bundle of "thing"   1          0       1
 *     bundle of "in"      0          0       1
 *     sums                1          0       2    no label has more than 2
 *
 * Labels that fewer members of the layer have than a concept of usual size
 * needs are in no lane; small concepts are not screened.
 */
#include "align_int.h"

#include <string.h>

enum { LANES = 32, PARTS_MOST = 2 };

typedef uint8_t lane_sums[LANES];

/* Deals labels, the most frequent first, each to the lane that has least;
 * false when the fullest lane would often reach a threshold by chance. */
static bool deal_labels(uint8_t *lane_of, size_t frequent, size_t lanes,
                        const human_job *job)
{
    uint64_t load[LANES * PARTS_MOST] = {0}, most = 0;
    size_t rank, i;

    for (rank = 0; rank < frequent; rank++) {
        size_t least = 0;

        for (i = 1; i < lanes; i++)
            if (load[i] < load[least])
                least = i;
        lane_of[rank] = (uint8_t)least;
        load[least] += job->rank_counts[rank];
        most = load[least] > most ? load[least] : most;
    }
    return (double)most < 0.8 * job->theta_least *
                              (double)job->concepts->size;
}

/* Needs of all concepts, and which of them are screened: those from half of
 * the mean size on. */
static void set_needs(human_job *job)
{
    const lat_concepts *concepts = job->concepts;
    size_t c, least = concepts->size / concepts->count / 2;

    for (c = 0; c < concepts->count; c++) {
        size_t n = concepts->starts[c + 1] - concepts->starts[c];

        job->needs[c] = (uint32_t)lat_needed_int(job->theta_least, n, true);
        if (n < least || n == 0)
            job->needs[c] = 0;
    }
}

/* Occurrence rule, where no threshold is 0 and shares divide by all members;
 * else, and where it would not help, job->screen stays NULL. */
lat_status lat_human_screen_make_int(human_job *job, lat_error *error)
{
    const lat_concepts *concepts = job->concepts;
    lat_arena *arena = &job->arena;
    size_t frequent, c, i, k;
    size_t parts = 1;
    uint32_t least = UINT32_MAX;
    uint8_t *lane_of;
    lane_sums *screen;

    if (!job->screens || job->out->options.ignore_unknown ||
        job->out->options.permutations == 0)
        return LAT_OK;
    job->needs = lat_arena_array(arena, concepts->count, sizeof *job->needs);
    if (job->needs == NULL)
        return lat_error_memory(error, concepts->count * 4);
    set_needs(job);
    for (c = 0; c < concepts->count; c++)
        if (job->needs[c] > 0 && job->needs[c] < least)
            least = job->needs[c];
    frequent = lat_human_frequent_int(job, least);
    lane_of = lat_arena_array(arena, frequent, sizeof *lane_of);
    if (lane_of == NULL)
        return lat_error_memory(error, frequent);
    while (!deal_labels(lane_of, frequent, parts * LANES, job))
        if (++parts > PARTS_MOST)
            return LAT_OK;
    screen = lat_arena_array(arena, parts * job->bundles, sizeof *screen);
    if (screen == NULL)
        return lat_error_memory(error, job->bundles * sizeof *screen);
    for (i = 0; i < job->bundles; i++)
        for (k = job->bundle_starts[i]; k < job->bundle_starts[i + 1] &&
                                        job->bundle_ranks[k] < frequent;
             k++) {
            size_t lane = lane_of[job->bundle_ranks[k]];

            screen[lane / LANES * job->bundles + i][lane % LANES] = 1;
        }
    job->screen = screen[0];
    job->screen_parts = parts;
    return LAT_OK;
}

static void add(uint8_t *restrict to, const uint8_t *restrict from)
{
    for (size_t l = 0; l < LANES; l++)
        to[l] = (uint8_t)(to[l] + from[l]);
}

/* Highest sum of a part's lanes.  Sums of 255 members fit into a byte. */
static uint32_t highest_sum(const uint8_t *part, const uint32_t *bundles,
                            size_t n)
{
    uint32_t sums[LANES] = {0}, most = 0;
    size_t i = 0, l;

    while (i < n) {
        size_t until = n - i > 255 ? i + 255 : n;
        lane_sums some = {0};

        for (; i < until; i++)
            add(some, part + bundles[i] * (size_t)LANES);
        for (l = 0; l < LANES; l++)
            sums[l] += some[l];
    }
    for (l = 0; l < LANES; l++)
        most = sums[l] > most ? sums[l] : most;
    return most;
}

bool lat_human_screen_int(const human_job *job, const uint32_t *bundles,
                          size_t c)
{
    const size_t *starts = job->concepts->starts;
    size_t part;

    if (job->needs[c] == 0)
        return true;
    for (part = 0; part < job->screen_parts; part++)
        if (highest_sum(job->screen + part * job->bundles * LANES,
                        bundles + starts[c],
                        starts[c + 1] - starts[c]) >= job->needs[c])
            return true;
    return false;
}
