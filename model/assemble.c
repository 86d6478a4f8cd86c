/*
 * assemble.c - from tensors in a file to a model that can run.
 *
 * Vectors, small tables and heads are widened into memory of the model's
 * own; matrices go to linear.c, the attention's keys and values as one since
 * both multiply the same rows.  Word embeddings stay as they are in the
 * mapped file: a row is widened when its token comes up.  Every value is
 * looked at once here, so that a NaN is found before it spreads.
 */
#include "containers_int.h"
#include "encoder_int.h"

#include <string.h>

static float *new_floats(size_t count, lat_error *error)
{
    size_t bytes;
    float *block = NULL;
    if (lat_size_mul(count, sizeof *block, &bytes))
        block = lat_alloc(bytes);
    if (block == NULL)
        lat_error_memory(error, (uint64_t)count * sizeof *block);
    return block;
}

static lat_status load_vector(float **out, const lat_tensor *tensor,
                              lat_error *error)
{
    *out = new_floats((size_t)tensor->count, error);
    if (*out == NULL)
        return LAT_NO_MEMORY;
    return lat_weights_copy_f32(*out, tensor, error);
}

static lat_status load_norm(lat_norm *norm, lat_pair pair, lat_error *error)
{
    norm->n = (size_t)pair.weight->count;
    lat_status status = load_vector(&norm->gain, pair.weight, error);
    if (status == LAT_OK)
        status = load_vector(&norm->shift, pair.bias, error);
    return status;
}

static lat_status load_precise(lat_precise *precise, lat_pair pair,
                               lat_error *error)
{
    size_t n = (size_t)pair.weight->shape[0];
    size_t k = (size_t)pair.weight->shape[1], count;
    precise->n = n;
    precise->k = k;
    lat_status status = load_vector(&precise->bias, pair.bias, error);
    if (lat_size_mul(n, k, &count))
        precise->rows = lat_new_array(count, sizeof *precise->rows);
    if (precise->rows == NULL)
        return lat_error_memory(error, (uint64_t)n * k *
                                           sizeof *precise->rows);
    float *row = new_floats(k, error);
    if (row == NULL)
        return LAT_NO_MEMORY;
    for (size_t i = 0; status == LAT_OK && i < n; i++) {
        status = lat_weights_copy_rows(row, pair.weight, i, 1, error);
        for (size_t j = 0; status == LAT_OK && j < k; j++)
            precise->rows[i * k + j] = (double)row[j];
    }
    lat_free(row);
    return status;
}

/* Looks at a large tensor's values in pieces, by whoever is free; a walk in
 * order then finds the first that is unfit. */
#define CHECK_VALUES ((uint64_t)1 << 20)
typedef struct checking {
    const lat_tensor *tensor;
    bool *failed; /* one for each worker */
} checking;

static void check_task(void *context, size_t task, size_t worker)
{
    const checking *c = context;
    uint64_t first = task * CHECK_VALUES, left = c->tensor->count - first;
    if (lat_tensor_values(NULL, c->tensor, first,
                          left < CHECK_VALUES ? left : CHECK_VALUES,
                          NULL) != LAT_OK)
        c->failed[worker] = true;
}

lat_status lat_model_check(const lat_model *m, const lat_tensor *tensor,
                           lat_error *error)
{
    size_t threads = lat_pool_threads(m->opener);
    bool failed = false;
    checking c = {tensor, lat_new_array(threads, sizeof *c.failed)};
    if (c.failed == NULL)
        return lat_error_memory(error, threads);
    lat_pool_run(m->opener,
                 (size_t)((tensor->count + CHECK_VALUES - 1) / CHECK_VALUES),
                 check_task, &c);
    for (size_t i = 0; i < threads; i++)
        failed = failed || c.failed[i];
    lat_free(c.failed);
    return failed ? lat_weights_check(tensor, error) : LAT_OK;
}

/* The system clears what it gives, 2 MB at a time: a share for each task. */
#define CLEAR_FLOATS ((size_t)4 << 20)
typedef struct clearing {
    float *block;
    size_t floats;
} clearing;

static void clear_task(void *context, size_t task, size_t worker)
{
    const clearing *c = context;
    size_t first = task * CLEAR_FLOATS, left = c->floats - first;
    (void)worker;
    lat_ask_large(c->block + first,
                  (left < CLEAR_FLOATS ? left : CLEAR_FLOATS) *
                      sizeof *c->block);
}

/* One block for all panels: large pages cover nearly all of it. */
static lat_status reserve_panels(lat_model *m, lat_error *error)
{
    const lat_layout *layout = &m->layout;
    size_t floats = 0;
    if (layout->project.weight != NULL)
        floats += lat_linear_panels(&layout->project, 1);
    for (size_t i = 0; i < layout->layer_count; i++) {
        const lat_layout_layer *l = &layout->layers[i];
        const lat_pair key_value[2] = {l->key, l->value};
        floats += lat_linear_panels(&l->query, 1) +
                  lat_linear_panels(key_value, 2) +
                  lat_linear_panels(&l->output, 1) +
                  lat_linear_panels(&l->up, 1) +
                  lat_linear_panels(&l->down, 1);
    }
    if (layout->head == LAT_HEAD_MASKED_LM)
        floats += lat_linear_panels(&layout->dense, 1) +
                  lat_linear_panels(&layout->out, 1);
    m->panels = lat_alloc(floats * sizeof *m->panels);
    if (m->panels == NULL)
        return lat_error_memory(error, floats * sizeof *m->panels);
    clearing c = {m->panels, floats};
    lat_pool_run(m->opener, (floats + CLEAR_FLOATS - 1) / CLEAR_FLOATS,
                 clear_task, &c);
    return LAT_OK;
}

static lat_status load_layer(lat_model *m, lat_layer *layer,
                             const lat_layout_layer *from, lat_error *error)
{
    const lat_pair key_value[2] = {from->key, from->value};
    lat_status status;
    if ((status = lat_linear_load(&layer->query, m, &from->query, 1,
                                  error)) ||
        (status = lat_linear_load(&layer->key_value, m, key_value, 2,
                                  error)) ||
        (status = lat_linear_load(&layer->output, m, &from->output, 1,
                                  error)) ||
        (status = load_norm(&layer->attention_norm, from->attention_norm,
                            error)) ||
        (status = lat_linear_load(&layer->up, m, &from->up, 1,
                                  error)) ||
        (status = lat_linear_load(&layer->down, m, &from->down, 1,
                                  error)))
        return status;
    return load_norm(&layer->output_norm, from->output_norm, error);
}

/* The position table, with the rows that a GGUF file has taken out of it. */
static lat_status load_positions(lat_model *m, lat_error *error)
{
    const lat_weights *weights = m->weights;
    const lat_tensor *table = m->layout.position;
    size_t columns = (size_t)table->shape[1], first, count;

    m->dropped = weights->positions_dropped;
    if (weights->first_positions == NULL)
        return load_vector(&m->position, table, error);
    if (!lat_size_mul(columns, m->dropped, &first) ||
        !lat_size_add(first, (size_t)table->count, &count) ||
        first != weights->first_positions_count)
        return lat_error_set(error, LAT_MALFORMED,
                             "latent.positions_first has %zu values for %zu "
                             "rows of %zu", weights->first_positions_count,
                             m->dropped, columns);
    m->position = new_floats(count, error);
    if (m->position == NULL)
        return LAT_NO_MEMORY;
    memcpy(m->position, weights->first_positions, first * sizeof(float));
    m->dropped = 0;
    return lat_weights_copy_f32(m->position + first, table, error);
}

static lat_status load_embeddings(lat_model *m, lat_error *error)
{
    const lat_layout *layout = &m->layout;
    lat_status status = lat_model_check(m, layout->word, error);
    if (status == LAT_OK)
        status = load_positions(m, error);
    if (status == LAT_OK && layout->type != NULL)
        status = load_vector(&m->type, layout->type, error);
    if (status == LAT_OK && layout->relative != NULL)
        status = load_vector(&m->relative, layout->relative, error);
    if (status == LAT_OK)
        status = load_norm(&m->embedding_norm, layout->embedding_norm,
                           error);
    if (status == LAT_OK && layout->project.weight != NULL)
        status = lat_linear_load(&m->project, m, &layout->project, 1,
                                 error);
    return status;
}

static lat_status load_lm(lat_model *m, lat_error *error)
{
    const lat_layout *layout = &m->layout;
    lat_status status = lat_linear_load(&m->lm_dense, m, &layout->dense, 1,
                                        error);
    if (status == LAT_OK)
        status = load_norm(&m->lm_norm, layout->norm, error);
    if (status == LAT_OK)
        status = lat_linear_load(&m->lm_decoder, m, &layout->out, 1,
                                 error);
    return status;
}

static lat_status load_head(lat_model *m, lat_error *error)
{
    const lat_layout *layout = &m->layout;
    lat_status status = LAT_OK;
    if (layout->head == LAT_HEAD_MASKED_LM)
        return load_lm(m, error);
    if (layout->head == LAT_HEAD_SEQUENCE)
        status = load_precise(&m->class_dense, layout->dense, error);
    if (status == LAT_OK && layout->head != LAT_HEAD_NONE)
        status = load_precise(&m->class_out, layout->out, error);
    return status;
}

/* Layers that share weights: ALBERT spreads its layers evenly over the
 * groups, and each layer runs its group's inner layers in turn. */
static void number_layers(lat_model *m)
{
    const lat_config *c = &m->config;
    for (size_t i = 0; i < m->info.layers; i++) {
        size_t outer = i / c->inner;
        size_t group = outer;
        /* The reference divides in floating point, and so do we. */
        if (c->architecture->has_groups)
            group = (size_t)((double)outer /
                             ((double)c->layers / (double)c->groups));
        m->layer_of[i] = group * c->inner + i % c->inner;
    }
}

/* Rows that share one reading of the weights: enough to make up for it,
 * few enough that the chunk's matrices stay in cache.  Where weights are
 * widened on the way, more. */
#define ROWS_PACKED 192
#define ROWS_WIDENED 512

static size_t max_size(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void find_room(lat_model *m)
{
    const lat_layer *layer = m->layers;
    const lat_linear *others[] = {&m->project, &m->lm_dense, &m->lm_decoder};
    m->rows = layer->up.panels != NULL ? ROWS_PACKED : ROWS_WIDENED;
    m->room = 0;
    for (size_t i = 0; i < m->layer_count; i++, layer++) {
        const lat_linear *all[] = {&layer->query, &layer->key_value,
                                   &layer->output, &layer->up, &layer->down};
        for (size_t j = 0; j < sizeof all / sizeof *all; j++)
            m->room = max_size(m->room, lat_linear_room(all[j], m->rows));
    }
    for (size_t j = 0; j < sizeof others / sizeof *others; j++)
        m->room = max_size(m->room, lat_linear_room(others[j], m->rows));
}

lat_status lat_model_assemble(lat_model *m, lat_error *error)
{
    lat_status status;
    m->layer_count = m->layout.layer_count;
    m->layers = lat_new_array(m->layer_count, sizeof *m->layers);
    m->layer_of = lat_new_array(m->info.layers, sizeof *m->layer_of);
    if (m->layers == NULL || m->layer_of == NULL)
        return lat_error_memory(error, m->layer_count * sizeof *m->layers);
    number_layers(m);
    status = reserve_panels(m, error);
    if (status == LAT_OK)
        status = load_embeddings(m, error);
    for (size_t i = 0; status == LAT_OK && i < m->layer_count; i++)
        status = load_layer(m, &m->layers[i], &m->layout.layers[i], error);
    if (status == LAT_OK)
        status = load_head(m, error);
    if (status == LAT_OK)
        find_room(m);
    return status;
}

static void free_precise(lat_precise *precise)
{
    lat_free(precise->rows);
    lat_free(precise->bias);
}

static void free_norm(lat_norm *norm)
{
    lat_free(norm->gain);
    lat_free(norm->shift);
}

void lat_model_dismantle(lat_model *m)
{
    for (size_t i = 0; m->layers != NULL && i < m->layer_count; i++) {
        lat_layer *layer = &m->layers[i];
        lat_linear_free(&layer->query);
        lat_linear_free(&layer->key_value);
        lat_linear_free(&layer->output);
        free_norm(&layer->attention_norm);
        lat_linear_free(&layer->up);
        lat_linear_free(&layer->down);
        free_norm(&layer->output_norm);
    }
    lat_free(m->layers);
    lat_free(m->layer_of);
    lat_free(m->position);
    lat_free(m->type);
    lat_free(m->relative);
    lat_free(m->panels);
    free_norm(&m->embedding_norm);
    lat_linear_free(&m->project);
    free_precise(&m->class_dense);
    free_precise(&m->class_out);
    lat_linear_free(&m->lm_dense);
    free_norm(&m->lm_norm);
    lat_linear_free(&m->lm_decoder);
    lat_free(m->work);
}
