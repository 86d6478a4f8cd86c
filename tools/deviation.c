/* deviation.c - see deviation_int.h. */
#include "../model/model.h"
#include "deviation_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEQUENCES = 8 };

typedef struct comparison {
    const lat_model_info *info;
    uint32_t *ids;
    size_t starts[SEQUENCES + 1];
    float **hidden[2]; /* L+1 pointers into values */
    float *values[2];
} comparison;

/* Sequences of growing length with seeded ids. */
static lat_status make_ids(comparison *c, lat_error *error)
{
    size_t longest = c->info->max_tokens < 64 ? c->info->max_tokens : 64;
    lat_random random;
    lat_random_seed(&random, 1, 0);
    for (size_t s = 0; s < SEQUENCES; s++)
        c->starts[s + 1] =
            c->starts[s] + 1 + (longest - 1) * (s + 1) / SEQUENCES;
    size_t tokens = c->starts[SEQUENCES];
    c->ids = lat_new_array(tokens, sizeof *c->ids);
    if (c->ids == NULL)
        return lat_error_memory(error, tokens * sizeof *c->ids);
    for (size_t t = 0; t < tokens; t++)
        c->ids[t] =
            (uint32_t)lat_random_below(&random, c->info->vocabulary);
    return LAT_OK;
}

static lat_status run_model(comparison *c, int which, lat_model *model,
                            lat_pool *pool, lat_error *error)
{
    size_t layers = c->info->layers + 1, tokens = c->starts[SEQUENCES];
    size_t row = tokens * c->info->hidden;
    c->values[which] = lat_new_array(layers * row, sizeof(float));
    c->hidden[which] = lat_new_array(layers, sizeof(float *));
    if (c->values[which] == NULL || c->hidden[which] == NULL)
        return lat_error_memory(error, layers * row * sizeof(float));
    for (size_t l = 0; l < layers; l++)
        c->hidden[which][l] = c->values[which] + l * row;
    lat_batch batch = {.sequences = SEQUENCES, .ids = c->ids,
                       .starts = c->starts};
    lat_states want = {.hidden = c->hidden[which]};
    return lat_model_forward(model, pool, &batch, &want, error);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static lat_status print_layers(const comparison *c, lat_error *error)
{
    size_t tokens = c->starts[SEQUENCES], H = c->info->hidden;
    double *moved = lat_new_array(tokens, sizeof *moved);
    if (moved == NULL)
        return lat_error_memory(error, tokens * sizeof *moved);
    lat_buffer text = {0};
    lat_buffer_text(&text, "layer\tmedian\tmaximum\n");
    for (size_t l = 0; l <= c->info->layers; l++) {
        for (size_t t = 0; t < tokens; t++) {
            const float *x = c->hidden[0][l] + t * H;
            const float *y = c->hidden[1][l] + t * H;
            double difference = 0, norm = 0;
            for (size_t j = 0; j < H; j++) {
                double d = (double)x[j] - (double)y[j];
                difference += d * d;
                norm += (double)x[j] * (double)x[j];
            }
            moved[t] = norm == 0 ? 0 : sqrt(difference / norm);
        }
        qsort(moved, tokens, sizeof *moved, by_value);
        lat_buffer_format(&text, "%zu\t%.3g\t%.3g\n", l,
                          moved[tokens / 2], moved[tokens - 1]);
    }
    lat_free(moved);
    return cli_print(&text, error);
}

lat_status deviation_print(cli_call *call, const char *from, const char *to,
                           lat_error *error)
{
    lat_model *models[2] = {NULL, NULL};
    comparison c = {0};
    const lat_model_options options = {.ignore_head = true};
    lat_status status = lat_model_open(&models[0], from, &options, error);
    if (status == LAT_OK)
        status = lat_model_open(&models[1], to, &options, error);
    if (status == LAT_OK)
        status = lat_model_compatible(models[0], models[1], error);
    if (status == LAT_OK) {
        c.info = lat_model_get_info(models[0]);
        status = make_ids(&c, error);
    }
    for (int i = 0; i < 2 && status == LAT_OK; i++)
        status = run_model(&c, i, models[i], cli_pool(call), error);
    if (status == LAT_OK)
        status = print_layers(&c, error);
    for (int i = 0; i < 2; i++) {
        lat_free(c.values[i]);
        lat_free(c.hidden[i]);
        lat_model_close(models[i]);
    }
    lat_free(c.ids);
    return status;
}
