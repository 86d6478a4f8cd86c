/*
 * human_shuffle.c - chance level and intervals of human-defined concepts.
 *
 * Shuffled: by the occurrence rule the members of all concepts exchange
 * their words, labels and all, so that concepts keep their sizes and labels
 * their frequencies; by the type rule the words of the text exchange their
 * groups, so that groups keep their sizes.  Resampled: sentences are drawn
 * with replacement and every occurrence counts as often as its sentence.
 */
#include "align_int.h"

#include <string.h>

/* Results of one theta and one value lie together: they are sorted for the
 * interval afterwards. */
static double *result_at(human_job *job, size_t t, size_t value)
{
    return job->results + (t * 3 + value) * job->shuffles;
}

void lat_human_result_int(human_job *job, const size_t *aligned,
                          const size_t *covered, size_t p)
{
    size_t t;

    for (t = 0; t <= job->out->thetas.count; t++) {
        double of_concepts = lat_share_int(aligned[t], job->out->count);
        double of_labels = lat_share_int(covered[t], job->out->labels_used);

        result_at(job, t, 0)[p] = lat_percent_int(aligned[t],
                                                  job->out->count);
        result_at(job, t, 1)[p] = lat_percent_int(covered[t],
                                                  job->out->labels_used);
        result_at(job, t, 2)[p] = (of_concepts + of_labels) / 2.0;
    }
}

/* Occurrence rule: members exchange bundles. Type rule: types exchange
 * bundles, and with them the groups they are in. Everything else stays. */
static void permutation_task(void *context, size_t task, size_t worker)
{
    human_job *job = context;
    human_scratch *with = &job->scratch[worker];
    bool by_types = job->out->options.rule == LAT_RULE_TYPE;
    const uint32_t *bundles = by_types ? job->type_bundle : job->members;
    size_t n = by_types ? job->types : job->concepts->size, p, i;
    size_t aligned[LAT_THETAS + 1], covered[LAT_THETAS + 1];
    lat_random random;

    for (p = task * LAT_SHUFFLE_BLOCK;
         p < (task + 1) * LAT_SHUFFLE_BLOCK && p < job->shuffles; p++) {
        if (lat_interrupted())
            return;
        if (job->drawn != NULL) {
            const uint32_t *order = job->drawn + p * n;

            for (i = 0; i < n; i++)
                with->shuffled[i] = bundles[order[i]];
        } else {
            lat_random_seed(&random, job->out->options.seed, p);
            memcpy(with->shuffled, bundles, n * sizeof *bundles);
            lat_shuffle_numbers_int(&random, with->shuffled, n);
        }
        lat_human_count_int(aligned, covered, with, job, with->shuffled);
        lat_human_result_int(job, aligned, covered, p);
    }
}

/* The number of tasks hangs on n alone, never on the pool. */
static void run_shuffles(human_job *job, lat_pool *pool)
{
    size_t n = job->shuffles;
    draw_order order = {DRAW_SHUFFLE, job->concepts->size, n,
                        job->out->options.seed};

    if (job->out->options.rule == LAT_RULE_TYPE)
        order.n = job->types;
    job->drawn = lat_draws_get_int(job->draws, pool, &order);
    lat_pool_run(pool, (n + LAT_SHUFFLE_BLOCK - 1) / LAT_SHUFFLE_BLOCK,
                 permutation_task, job);
}

static lat_status make_results(human_job *job, size_t n, lat_error *error)
{
    size_t values = 0;

    job->shuffles = n;
    if (!lat_size_mul((job->out->thetas.count + 1) * 3, n, &values))
        return lat_error_memory(error, UINT64_MAX);
    job->results = lat_new_array(values, sizeof *job->results);
    return job->results != NULL
               ? LAT_OK
               : lat_error_memory(error, values * sizeof *job->results);
}

/* Groups of the type rule stay those of the whole label file; what is drawn
 * again is the clustered text. */
lat_status lat_human_shuffle_int(human_job *job, lat_pool *pool,
                                 lat_error *error)
{
    lat_human *out = job->out;
    size_t main = out->thetas.count, t, n = out->options.permutations;
    size_t cells = 0;
    lat_status status;

    if (n > 0) {
        status = make_results(job, n, error);
        if (status != LAT_OK)
            return status;
        run_shuffles(job, pool);
        for (t = 0; t < main; t++) {
            lat_human_row *row = &out->rows[t];

            row->aligned_chance = lat_interval_of(result_at(job, t, 0), n);
            row->covered_chance = lat_interval_of(result_at(job, t, 1), n);
            row->score_chance = lat_interval_of(result_at(job, t, 2), n);
        }
        out->aligned_chance = lat_interval_of(result_at(job, main, 0), n);
        out->covered_chance = lat_interval_of(result_at(job, main, 1), n);
        out->score_chance = lat_interval_of(result_at(job, main, 2), n);
        lat_free(job->results);
        job->results = NULL;
    }
    n = out->options.bootstraps;
    if (n == 0)
        return LAT_OK;
    if (!lat_size_mul(out->count, n, &cells))
        return lat_error_memory(error, UINT64_MAX);
    job->shares = lat_new_array(cells, sizeof *job->shares);
    if (job->shares == NULL)
        return lat_error_memory(error, cells * sizeof *job->shares);
    status = make_results(job, n, error);
    if (status == LAT_OK)
        status = lat_human_draws_int(job, pool, error);
    if (status != LAT_OK)
        return status;
    for (t = 0; t < out->count; t++)
        out->concepts[t].share_interval =
            lat_interval_of(job->shares + t * n, n);
    out->aligned_interval = lat_interval_of(result_at(job, main, 0), n);
    out->covered_interval = lat_interval_of(result_at(job, main, 1), n);
    lat_free(job->results);
    job->results = NULL;
    return LAT_OK;
}
