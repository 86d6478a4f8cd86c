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
    uint32_t *values; /* order.count x order.n, or NULL */
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

static void draw_task(void *context, size_t p, size_t worker)
{
    const draw_table *table = context;
    const draw_order *order = &table->order;
    uint32_t *values = table->values + p * order->n;
    lat_random random;
    size_t i;

    (void)worker;
    if (order->kind == DRAW_RESAMPLE) {
        lat_random_seed(&random, order->seed, LAT_STREAM_BOOTSTRAP + p);
        lat_resample_int(&random, values, order->n);
        return;
    }
    lat_random_seed(&random, order->seed, p);
    for (i = 0; i < order->n; i++)
        values[i] = (uint32_t)i;
    lat_shuffle_numbers_int(&random, values, order->n);
}

const uint32_t *lat_draws_get_int(lat_draws *draws, lat_pool *pool,
                                  const draw_order *order)
{
    size_t values = 0, at;
    draw_table *table;

    if (draws == NULL || order->n == 0 || order->count == 0)
        return NULL;
    for (at = 0; at < PLACES; at++) {
        table = &draws->tables[order->kind][at];
        if (table->values != NULL && table->order.n == order->n &&
            table->order.count == order->count &&
            table->order.seed == order->seed)
            return table->values;
    }
    if (!lat_size_mul(order->n, order->count, &values) ||
        values > LAT_DRAWS_BYTES / sizeof *table->values)
        return NULL;
    table = &draws->tables[order->kind][draws->next[order->kind]++ % PLACES];
    lat_free(table->values);
    table->order = *order;
    table->values = lat_new_array(values, sizeof *table->values);
    if (table->values != NULL)
        lat_pool_run(pool, order->count, draw_task, table);
    return table->values;
}
