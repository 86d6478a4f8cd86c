/*
 * draws.c - shuffles and resamples that are used again: see lat_draws.
 *
 * A study shuffles the same number of occurrences for every family, layer
 * and model.  Random numbers would take a quarter of that time.
 */
#include "align_int.h"

#include <string.h>

/* Types and occurrences are two numbers to shuffle, sentences are one. */
enum { PLACES = 2 };

typedef struct draw_table {
    draw_order order;
    void *values; /* or NULL: shuffles, order.count x order.n numbers;
                     resamples, rounds x order.n x lanes of weights */
    uint32_t *drawn; /* while resamples are made, n for each worker */
} draw_table;

struct lat_draws {
    draw_table tables[DRAW_KINDS][PLACES];
    size_t next[DRAW_KINDS]; /* the one to be replaced */
};

lat_status lat_draws_create(lat_draws **out, lat_error *error)
{
    *out = lat_new_array(1, sizeof **out);
    return *out != NULL ? LAT_OK : lat_error_memory(error, sizeof **out);
}

void lat_draws_free(lat_draws *draws)
{
    size_t kind, at;

    if (draws == NULL)
        return;
    for (kind = 0; kind < DRAW_KINDS; kind++)
        for (at = 0; at < PLACES; at++)
            lat_free(draws->tables[kind][at].values);
    lat_free(draws);
}

void lat_draw_lane_int(weight_lanes *to, uint32_t *drawn,
                       const draw_order *order, size_t first, size_t lane)
{
    size_t i;

    if (first + lane < order->count) {
        lat_random random;

        lat_random_seed(&random, order->seed,
                        LAT_STREAM_BOOTSTRAP + first + lane);
        lat_resample_int(&random, drawn, order->n);
    } else {
        memset(drawn, 0, order->n * sizeof *drawn);
    }
    for (i = 0; i < order->n; i++)
        to[i][lane] = (uint16_t)drawn[i];
}

void lat_draw_lanes_int(weight_lanes *to, uint32_t *drawn,
                        const draw_order *order, size_t first)
{
    for (size_t lane = 0; lane < LAT_DRAW_LANES; lane++)
        lat_draw_lane_int(to, drawn, order, first, lane);
}

static void round_task(void *context, size_t round, size_t worker)
{
    const draw_table *table = context;
    const draw_order *order = &table->order;
    weight_lanes *values = table->values;

    lat_draw_lanes_int(values + round * order->n,
                       table->drawn + worker * order->n, order,
                       round * LAT_DRAW_LANES);
}

static void shuffle_task(void *context, size_t p, size_t worker)
{
    const draw_table *table = context;
    const draw_order *order = &table->order;
    uint32_t *values = (uint32_t *)table->values + p * order->n;
    lat_random random;
    size_t i;

    (void)worker;
    lat_random_seed(&random, order->seed, p);
    for (i = 0; i < order->n; i++)
        values[i] = (uint32_t)i;
    lat_shuffle_numbers_int(&random, values, order->n);
}

/* The table of that kind and order, or an empty one of so many bytes; NULL
 * when there is no room. */
static draw_table *find_table(lat_draws *draws, const draw_order *order,
                              size_t rows, size_t row_bytes)
{
    size_t bytes = 0, at;
    draw_table *table;

    if (draws == NULL || order->n == 0 || order->count == 0)
        return NULL;
    for (at = 0; at < PLACES; at++) {
        table = &draws->tables[order->kind][at];
        if (table->values != NULL && table->order.n == order->n &&
            table->order.count == order->count &&
            table->order.seed == order->seed)
            return table;
    }
    if (!lat_size_mul(order->n, rows, &bytes) ||
        bytes > LAT_DRAWS_BYTES / row_bytes)
        return NULL;
    table = &draws->tables[order->kind][draws->next[order->kind]++ % PLACES];
    lat_free(table->values);
    memset(table, 0, sizeof *table);
    table->order = *order;
    return table;
}

const uint32_t *lat_draws_get_int(lat_draws *draws, lat_pool *pool,
                                  const draw_order *order)
{
    draw_table *table = find_table(draws, order, order->count,
                                   sizeof(uint32_t));

    if (table == NULL || table->values != NULL)
        return table == NULL ? NULL : table->values;
    table->values = lat_new_array(order->count * order->n,
                                  sizeof(uint32_t));
    if (table->values != NULL)
        lat_pool_run(pool, order->count, shuffle_task, table);
    return table->values;
}

weight_lanes *lat_draws_lanes_int(lat_draws *draws, lat_pool *pool,
                                  const draw_order *order)
{
    size_t rounds = (order->count + LAT_DRAW_LANES - 1) / LAT_DRAW_LANES;
    draw_table *table = find_table(draws, order, rounds,
                                   sizeof(weight_lanes));

    if (table == NULL || table->values != NULL)
        return table == NULL ? NULL : table->values;
    table->drawn = lat_new_array(lat_pool_threads(pool) * order->n,
                                 sizeof *table->drawn);
    if (table->drawn != NULL)
        table->values = lat_new_array(rounds * order->n,
                                      sizeof(weight_lanes));
    if (table->values != NULL)
        lat_pool_run(pool, rounds, round_task, table);
    lat_free(table->drawn);
    table->drawn = NULL;
    return table->values;
}
