/*
 * human_draws.c - human-defined concepts in resamples of the sentences,
 * LANES resamples at a time.
 *
 * A concept's members are walked over once and add a vector of weights to
 * their bundle, one lane a resample; bundles then add theirs to each of
 * their labels:
 *
 *     member a  bundle 4   weights  0 2 1 1     bundle 4   1 2 2 4
 *     member b  bundle 4            1 0 1 3     bundle 7   1 1 0 0
 *     member c  bundle 7            1 1 0 0     DET        2 3 2 4
 *
 * The verdicts are those of human_rules.c.  "First seen" is the one thing
 * that lanes do not tell: whoever needs it walks over the members of one
 * lane until a label that fits turns up, which is soon.
 */
#include "align_int.h"

#include <math.h>
#include <string.h>

#define LANES LAT_DRAW_LANES

/* Vectors of what one concept has, found by number. */
typedef struct lane_rows {
    uint32_t *slot;     /* by number: where in `lanes` + 1, 0 = none yet */
    uint32_t *touched;  /* numbers that have a slot */
    size_t count;
    count_lanes *lanes;
} lane_rows;

/* What one worker needs. */
typedef struct lane_scratch {
    lane_rows bundles, labels;
    count_lanes *entries;  /* type rule: weights of a concept's types */
    count_lanes *aligned;  /* thetas + 1: concepts */
    uint32_t *covered;     /* (thetas + 1) x labels: a bit for each lane */
    bool *mentioned;       /* labels that any bit is set of */
    uint32_t *mentions;    /* the same as a list */
    size_t mention_count;
} lane_scratch;

typedef struct lane_job {
    human_job *human;
    weight_lanes *weights;  /* sentences */
    size_t first, lanes;    /* resamples of this round */
    size_t workers, thetas; /* the main threshold among them */
    lane_scratch *scratch;  /* one for each worker */
} lane_job;

/* ---- Vectors ------------------------------------------------------------- */

static void add(uint32_t *restrict to, const uint32_t *restrict from)
{
    for (size_t l = 0; l < LANES; l++)
        to[l] += from[l];
}

static void add_times(uint32_t *restrict to, const uint32_t *restrict from,
                      uint32_t times)
{
    for (size_t l = 0; l < LANES; l++)
        to[l] += from[l] * times;
}

static bool any_reaches(const uint32_t *restrict counts,
                        const uint32_t *restrict least)
{
    uint32_t reached = 0;

    for (size_t l = 0; l < LANES; l++)
        reached |= (uint32_t)(counts[l] >= least[l]);
    return reached != 0;
}

/* The weights of member i, whose concept ends at `end`; fetches ahead. */
static const uint16_t *weights_of(const lane_job *job, size_t i, size_t end)
{
    const lat_occurrence *member = &job->human->concepts->occurrences[i];

    if (i + LAT_AHEAD < end)
        LAT_ASK(job->weights[member[LAT_AHEAD].sentence]);
    return job->weights[member->sentence];
}

/* The vector of a bundle or label, zeros when it is new to the concept. */
static uint32_t *lanes_of(lane_rows *rows, uint32_t number)
{
    if (rows->slot[number] == 0) {
        memset(rows->lanes[rows->count], 0, sizeof *rows->lanes);
        rows->touched[rows->count++] = number;
        rows->slot[number] = (uint32_t)rows->count;
    }
    return rows->lanes[rows->slot[number] - 1];
}

static uint32_t count_in(const lane_rows *rows, uint32_t number, size_t l)
{
    uint32_t slot = rows->slot[number];

    return slot == 0 ? 0 : rows->lanes[slot - 1][l];
}

static void clear_rows(lane_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        rows->slot[rows->touched[i]] = 0;
    rows->count = 0;
}

static void expand_bundles(lane_scratch *with, const human_job *human)
{
    for (size_t i = 0; i < with->bundles.count; i++) {
        uint32_t bundle = with->bundles.touched[i];

        for (size_t k = human->bundle_starts[bundle];
             k < human->bundle_starts[bundle + 1]; k++)
            add(lanes_of(&with->labels, human->bundle_labels[k]),
                with->bundles.lanes[i]);
    }
}

/* ---- Verdicts ------------------------------------------------------------ */

static bool reaches(const human_job *human, double share, size_t t)
{
    double theta = lat_human_theta_int(human->out, t);

    return human->out->options.rule == LAT_RULE_OCCURRENCE ? share > theta
                                                           : share >= theta;
}

static void cover(lane_scratch *with, const human_job *human, uint32_t label,
                  size_t t, size_t l)
{
    with->covered[t * human->names + label] |= (uint32_t)1 << l;
    if (!with->mentioned[label]) {
        with->mentioned[label] = true;
        with->mentions[with->mention_count++] = label;
    }
}

/* Share of the label that explains concept c in the clustering as it is. */
static void note_share(const lane_job *job, size_t c, size_t l,
                       uint32_t count, uint32_t size, uint32_t label)
{
    job->human->shares[c * job->human->shuffles + job->first + l] =
        label == LAT_NO_CONCEPT ? (double)NAN : lat_share_int(count, size);
}

/* ---- Occurrence rule ----------------------------------------------------- */

/* The label of that count, and length unless it is 0, that the members of
 * one resample show first; there is one. */
static uint32_t find_first(const lane_job *job, const lane_scratch *with,
                           size_t c, size_t l, uint32_t count,
                           uint32_t length)
{
    const human_job *human = job->human;
    const lat_concepts *concepts = human->concepts;

    for (size_t i = concepts->starts[c]; i < concepts->starts[c + 1]; i++) {
        uint32_t bundle = human->members[i];

        if (job->weights[concepts->occurrences[i].sentence][l] == 0)
            continue;
        for (size_t k = human->bundle_starts[bundle];
             k < human->bundle_starts[bundle + 1]; k++) {
            uint32_t label = human->bundle_labels[k];

            if (count_in(&with->labels, label, l) == count &&
                (length == 0 || human->letters[label] == length))
                return label;
        }
    }
    return LAT_NO_CONCEPT;
}

/* N-gram mode: of the labels near the top the length of the longest and the
 * highest count of those; 0 when none has more than one character. */
static uint32_t find_longest(uint32_t *count, const lane_job *job,
                             const lane_scratch *with, size_t l,
                             uint32_t most)
{
    const lane_rows *labels = &with->labels;
    uint64_t least = lat_needed_int(job->human->near_top, most, true);
    uint32_t length = 0;

    for (size_t i = 0; i < labels->count; i++) {
        uint32_t letters = job->human->letters[labels->touched[i]];
        uint32_t here = labels->lanes[i][l];

        if (here < least || letters < 2 || letters < length)
            continue;
        if (letters > length || here > *count)
            *count = here;
        length = letters;
    }
    return length;
}

/* One resample, not skipped, whose leading label has `most` of `counted`. */
static void judge_lane(const lane_job *job, lane_scratch *with, size_t c,
                       size_t l, uint32_t most, uint32_t counted)
{
    const human_job *human = job->human;
    uint32_t count = most, length = 0, winner;

    if (most == 0 || (human->screens &&
                      lat_share_int(most, counted) <= human->theta_least))
        return;
    if (human->out->options.ngram) {
        length = find_longest(&count, job, with, l, most);
        if (length == 0)
            return;
    }
    winner = find_first(job, with, c, l, count, length);
    if (human->never[winner])
        return;
    for (size_t t = 0; t < job->thetas; t++)
        if (reaches(human, lat_share_int(count, counted), t)) {
            with->aligned[t][l]++;
            cover(with, human, winner, t, l);
        }
}

static void visit_members(const lane_job *job, lane_scratch *with, size_t c)
{
    const human_job *human = job->human;
    const lat_human *out = human->out;
    const lat_concepts *concepts = human->concepts;
    uint32_t winner = out->concepts[c].winner;
    size_t end = concepts->starts[c + 1];
    count_lanes all = {0}, unknown = {0}, counted = {0}, most = {0};

    for (size_t i = concepts->starts[c]; i < end; i++)
        lat_add_weights_int(lanes_of(&with->bundles, human->members[i]),
                            weights_of(job, i, end));
    for (size_t i = 0; i < with->bundles.count; i++) {
        uint32_t bundle = with->bundles.touched[i];

        add(all, with->bundles.lanes[i]);
        if (human->bundle_unknown[bundle] > 0)
            add_times(unknown, with->bundles.lanes[i],
                      human->bundle_unknown[bundle]);
        if (!out->options.ignore_unknown || !human->bundle_bare[bundle])
            add(counted, with->bundles.lanes[i]);
    }
    expand_bundles(with, human);
    for (size_t i = 0; i < with->labels.count; i++)
        lat_raise_lanes_int(most, with->labels.lanes[i]);
    for (size_t l = 0; l < job->lanes; l++) {
        bool skipped = all[l] == 0 || (double)unknown[l] / (double)all[l] >
                                          out->max_unknown.value;
        uint32_t count = winner == LAT_NO_CONCEPT
                             ? 0 : count_in(&with->labels, winner, l);

        note_share(job, c, l, count, skipped ? 0 : counted[l], winner);
        if (!skipped)
            judge_lane(job, with, c, l, most[l], counted[l]);
    }
}

/* ---- Type rule ----------------------------------------------------------- */

/* Weights of the concept's types, and what their labels get; the sum is the
 * size that shares divide by. */
static void gather_types(uint32_t *size, const lane_job *job,
                         lane_scratch *with, size_t c)
{
    const human_job *human = job->human;
    const lat_concepts *concepts = human->concepts;
    size_t from = human->entry_starts[c], end = concepts->starts[c + 1];
    size_t n = human->entry_starts[c + 1] - from;

    memset(with->entries, 0, n * sizeof *with->entries);
    for (size_t i = concepts->starts[c]; i < end; i++)
        lat_add_weights_int(with->entries[human->entry_of[i] - from],
                            weights_of(job, i, end));
    for (size_t i = 0; i < n; i++) {
        uint32_t *lanes = with->entries[i], type = human->entries[from + i];

        if (human->out->options.share_unit == LAT_UNIT_TYPES)
            for (size_t l = 0; l < LANES; l++)
                lanes[l] = lanes[l] > 0;
        add(size, lanes);
        if (type != LAT_NO_CONCEPT)
            add(lanes_of(&with->bundles, human->type_bundle[type]), lanes);
    }
    expand_bundles(with, human);
}

/* Only the label that appeared last for the first time counts. */
static void cover_last(const lane_job *job, lane_scratch *with, size_t l,
                       size_t t, uint32_t size)
{
    const lane_rows *labels = &with->labels;
    uint32_t last = LAT_NO_CONCEPT;

    for (size_t i = 0; i < labels->count; i++)
        if (labels->lanes[i][l] > 0 &&
            reaches(job->human, lat_share_int(labels->lanes[i][l], size),
                    t) &&
            (last == LAT_NO_CONCEPT || labels->touched[i] > last))
            last = labels->touched[i];
    cover(with, job->human, last, t, l);
}

/* Labels at or above a threshold in any resample; most are in none. */
static void cover_types(const lane_job *job, lane_scratch *with,
                        const uint32_t *least, const uint32_t *size)
{
    const human_job *human = job->human;
    const lane_rows *labels = &with->labels;

    for (size_t i = 0; i < labels->count; i++) {
        const uint32_t *counts = labels->lanes[i];

        if (!any_reaches(counts, least))
            continue;
        for (size_t l = 0; l < job->lanes; l++)
            for (size_t t = 0; t < job->thetas && counts[l] >= least[l]; t++)
                if (reaches(human, lat_share_int(counts[l], size[l]), t))
                    cover(with, human, labels->touched[i], t, l);
    }
}

static void visit_types(const lane_job *job, lane_scratch *with, size_t c)
{
    const human_job *human = job->human;
    const lat_human_concept *concept = &human->out->concepts[c];
    count_lanes size = {0}, most = {0}, least;

    gather_types(size, job, with, c);
    for (size_t l = 0; l < job->lanes; l++)
        note_share(job, c, l,
                   concept->best == LAT_NO_CONCEPT
                       ? 0 : count_in(&with->labels, concept->best, l),
                   size[l], concept->best);
    if (!concept->enough)
        return;
    for (size_t i = 0; i < with->labels.count; i++)
        lat_raise_lanes_int(most, with->labels.lanes[i]);
    for (size_t l = 0; l < LANES; l++) {
        least[l] = size[l] == 0 ? 1
                                : (uint32_t)lat_needed_int(
                                      human->theta_least, size[l], false);
        for (size_t t = 0; t < job->thetas && most[l] >= least[l]; t++)
            if (reaches(human, lat_share_int(most[l], size[l]), t)) {
                with->aligned[t][l]++;
                if (human->out->options.last_only)
                    cover_last(job, with, l, t, size[l]);
            }
    }
    if (!human->out->options.last_only)
        cover_types(job, with, least, size);
}

/* ---- A round ------------------------------------------------------------- */

static void concept_task(void *context, size_t c, size_t worker)
{
    lane_job *job = context;
    lane_scratch *with = &job->scratch[worker];

    if (lat_interrupted())
        return;
    if (job->human->out->options.rule == LAT_RULE_TYPE)
        visit_types(job, with, c);
    else
        visit_members(job, with, c);
    clear_rows(&with->bundles);
    clear_rows(&with->labels);
}

/* What the other workers found is added to the first one's. */
static void join_workers(lane_job *job)
{
    lane_scratch *to = &job->scratch[0];
    size_t names = job->human->names;

    for (size_t w = 1; w < job->workers; w++) {
        lane_scratch *from = &job->scratch[w];

        for (size_t t = 0; t < job->thetas; t++)
            add(to->aligned[t], from->aligned[t]);
        memset(from->aligned, 0, job->thetas * sizeof *from->aligned);
        for (size_t i = 0; i < from->mention_count; i++) {
            uint32_t label = from->mentions[i];

            if (!to->mentioned[label])
                to->mentions[to->mention_count++] = label;
            to->mentioned[label] = true;
            from->mentioned[label] = false;
            for (size_t t = 0; t < job->thetas; t++) {
                to->covered[t * names + label] |=
                    from->covered[t * names + label];
                from->covered[t * names + label] = 0;
            }
        }
        from->mention_count = 0;
    }
}

/* Counts of the round into the results; leaves all zero for the next. */
static void finish_round(lane_job *job)
{
    lane_scratch *with = &job->scratch[0];
    size_t names = job->human->names;
    size_t aligned[LAT_THETAS + 1], covered[LAT_THETAS + 1];
    count_lanes labels[LAT_THETAS + 1] = {{0}};

    join_workers(job);
    for (size_t t = 0; t < job->thetas; t++)
        for (size_t i = 0; i < with->mention_count; i++) {
            uint32_t *bits = &with->covered[t * names + with->mentions[i]];

            for (size_t l = 0; l < LANES; l++)
                labels[t][l] += *bits >> l & 1;
            *bits = 0;
        }
    for (size_t l = 0; l < job->lanes; l++) {
        for (size_t t = 0; t < job->thetas; t++) {
            aligned[t] = with->aligned[t][l];
            covered[t] = labels[t][l];
            lat_human_at_zero_int(&aligned[t], &covered[t],
                                  job->human->out, t);
        }
        lat_human_result_int(job->human, aligned, covered, job->first + l);
    }
    memset(with->aligned, 0, job->thetas * sizeof *with->aligned);
    for (size_t i = 0; i < with->mention_count; i++)
        with->mentioned[with->mentions[i]] = false;
    with->mention_count = 0;
}

/* ---- Setting up ---------------------------------------------------------- */

static bool make_rows(lane_rows *rows, lat_arena *arena, size_t numbers,
                      size_t most)
{
    if (most > numbers)
        most = numbers;
    rows->slot = lat_arena_array(arena, numbers, sizeof *rows->slot);
    rows->touched = lat_arena_array(arena, most, sizeof *rows->touched);
    rows->lanes = lat_arena_array(arena, most, sizeof *rows->lanes);
    return rows->slot != NULL && rows->touched != NULL &&
           rows->lanes != NULL;
}

static lat_status make_scratch(lane_job *job, lat_arena *arena,
                               lat_error *error)
{
    const human_job *human = job->human;
    const lat_concepts *concepts = human->concepts;
    size_t members = 0, types = 0, names = human->names, marks = 0;

    for (size_t c = 0; c < concepts->count; c++) {
        size_t size = concepts->starts[c + 1] - concepts->starts[c];

        members = size > members ? size : members;
        types = concepts->types[c] > types ? concepts->types[c] : types;
    }
    job->scratch = lat_arena_array(arena, job->workers,
                                   sizeof *job->scratch);
    if (job->scratch == NULL || !lat_size_mul(names, job->thetas, &marks))
        return lat_error_memory(error, job->workers * sizeof *job->scratch);
    for (size_t w = 0; w < job->workers; w++) {
        lane_scratch *with = &job->scratch[w];
        bool made = make_rows(&with->bundles, arena, human->bundles,
                              members) &&
                    make_rows(&with->labels, arena, names, names);

        with->entries = lat_arena_array(arena, types, sizeof *with->entries);
        with->aligned = lat_arena_array(arena, job->thetas,
                                        sizeof *with->aligned);
        with->covered = lat_arena_array(arena, marks, sizeof *with->covered);
        with->mentioned = lat_arena_array(arena, names,
                                          sizeof *with->mentioned);
        with->mentions = lat_arena_array(arena, names,
                                         sizeof *with->mentions);
        if (!made || with->entries == NULL || with->aligned == NULL ||
            with->covered == NULL || with->mentioned == NULL ||
            with->mentions == NULL)
            return lat_error_memory(error, names * sizeof(count_lanes));
    }
    return LAT_OK;
}

/* Rounds one after the other: memory is for one, whatever their number,
 * unless the caller's draws have them all. */
lat_status lat_human_draws_int(human_job *human, lat_pool *pool,
                               lat_error *error)
{
    size_t sentences = human->text->sentences;
    draw_order order = {DRAW_RESAMPLE, sentences, human->shuffles,
                        human->out->options.seed};
    weight_lanes *kept = lat_draws_lanes_int(human->draws, pool, &order);
    weight_lanes *own = NULL;
    uint32_t *drawn = NULL;
    lane_job job = {human, NULL, 0, 0, lat_pool_threads(pool),
                    human->out->thetas.count + 1, NULL};
    lat_arena arena = {0};
    lat_status status = make_scratch(&job, &arena, error);

    if (status == LAT_OK && kept == NULL) {
        own = lat_arena_array(&arena, sentences, sizeof *own);
        drawn = lat_arena_array(&arena, sentences, sizeof *drawn);
        if (own == NULL || drawn == NULL)
            status = lat_error_memory(error, sentences * sizeof *own);
    }
    while (status == LAT_OK && job.first < order.count &&
           !lat_interrupted()) {
        if (kept == NULL)
            lat_draw_lanes_int(own, drawn, &order, job.first);
        job.weights = kept == NULL ? own : kept + job.first / LANES *
                                                      sentences;
        job.lanes = order.count - job.first;
        if (job.lanes > LANES)
            job.lanes = LANES;
        lat_pool_run(pool, human->out->count, concept_task, &job);
        finish_round(&job);
        job.first += job.lanes;
    }
    lat_arena_free(&arena);
    return status;
}
