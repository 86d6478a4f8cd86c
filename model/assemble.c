/*
 * assemble.c - from tensors in a file to a model that can run.
 *
 * Every matrix is widened to float32 and packed once into the panels that
 * the product kernel reads (kernels.h); the attention's key and value
 * matrices become one, since both multiply the same rows.
 *
 *     key   H x H  \   one operand of 2H rows, LAT_GROUP rows at a time:
 *     value H x H  /   widen -> check for NaN -> pack
 *
 * Word embeddings stay as they are in the mapped file: a row is widened when
 * its token comes up.  They are only checked here.
 */
#include "encoder_int.h"

#include <string.h>

/* Rows that are widened at a time: a multiple of LAT_PANEL, small enough
 * that they are still in cache when they are packed. */
#define LAT_GROUP 64

/* A scratch block for widened rows, as wide as the widest operand. */
typedef struct assembler {
    lat_model *model;
    float *rows; /* LAT_GROUP x widest */
} assembler;

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

/* Rows first .. first+count-1 of tensors of n rows each, laid under each
 * other. */
static lat_status widen_rows(float *out, const lat_pair *pairs, size_t n,
                             size_t first, size_t count, lat_error *error)
{
    size_t k = (size_t)pairs[0].weight->shape[1];
    while (count > 0) {
        size_t which = first / n, row = first % n;
        size_t some = n - row < count ? n - row : count;
        lat_status status = lat_weights_copy_rows(out, pairs[which].weight,
                                                  row, some, error);
        if (status != LAT_OK)
            return status;
        out += some * k;
        first += some;
        count -= some;
    }
    return LAT_OK;
}

/* Products in each piece of a sum of k: pieces as even as can be. */
static size_t piece_of(size_t k)
{
    if (k < LAT_CHAIN_SHORT)
        return k;
    size_t pieces = (k + LAT_CHAIN_LONG - 1) / LAT_CHAIN_LONG;
    pieces = pieces < 2 ? 2 : pieces;
    return (k + pieces - 1) / pieces;
}

/* Packs rows first .. first+count-1, each piece of k for itself. */
static void pack_group(const assembler *a, lat_linear *linear, size_t first,
                       size_t count)
{
    size_t tall = lat_panels_size(linear->n, 1);
    for (size_t at = 0; at < linear->k; at += linear->piece) {
        size_t left = linear->k - at;
        size_t k = left < linear->piece ? left : linear->piece;
        a->model->kernels->pack_rows(linear->panels + tall * at + first * k,
                                     a->rows + at, linear->k, count, k);
    }
}

/* `parts` Linears of the same shape as one. */
static lat_status load_linear(assembler *a, lat_linear *linear,
                              const lat_pair *pairs, size_t parts,
                              lat_error *error)
{
    size_t n = (size_t)pairs[0].weight->shape[0];
    linear->n = n * parts;
    linear->k = (size_t)pairs[0].weight->shape[1];
    linear->piece = piece_of(linear->k);
    linear->panels = new_floats(lat_panels_size(linear->n, linear->k),
                                error);
    linear->bias = new_floats(linear->n, error);
    if (linear->panels == NULL || linear->bias == NULL)
        return LAT_NO_MEMORY;
    for (size_t row = 0; row < linear->n; row += LAT_GROUP) {
        size_t count = linear->n - row < LAT_GROUP ? linear->n - row
                                                   : LAT_GROUP;
        lat_status status = widen_rows(a->rows, pairs, n, row, count, error);
        if (status != LAT_OK)
            return status;
        pack_group(a, linear, row, count);
    }
    for (size_t i = 0; i < parts; i++) {
        lat_status status = lat_weights_copy_f32(linear->bias + i * n,
                                                 pairs[i].bias, error);
        if (status != LAT_OK)
            return status;
    }
    return LAT_OK;
}

static lat_status load_precise(assembler *a, lat_precise *precise,
                               lat_pair pair, lat_error *error)
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
    for (size_t i = 0; status == LAT_OK && i < n; i++) {
        status = lat_weights_copy_rows(a->rows, pair.weight, i, 1, error);
        for (size_t j = 0; status == LAT_OK && j < k; j++)
            precise->rows[i * k + j] = (double)a->rows[j];
    }
    return status;
}

static lat_status load_layer(assembler *a, lat_layer *layer,
                             const lat_layout_layer *from, lat_error *error)
{
    const lat_pair key_value[2] = {from->key, from->value};
    lat_status status;
    if ((status = load_linear(a, &layer->query, &from->query, 1, error)) ||
        (status = load_linear(a, &layer->key_value, key_value, 2, error)) ||
        (status = load_linear(a, &layer->output, &from->output, 1, error)) ||
        (status = load_norm(&layer->attention_norm, from->attention_norm,
                            error)) ||
        (status = load_linear(a, &layer->up, &from->up, 1, error)) ||
        (status = load_linear(a, &layer->down, &from->down, 1, error)))
        return status;
    return load_norm(&layer->output_norm, from->output_norm, error);
}

static lat_status load_embeddings(assembler *a, lat_error *error)
{
    lat_model *m = a->model;
    const lat_layout *layout = &m->layout;
    lat_status status = lat_weights_check(layout->word, error);
    if (status == LAT_OK)
        status = load_vector(&m->position, layout->position, error);
    if (status == LAT_OK && layout->type != NULL)
        status = load_vector(&m->type, layout->type, error);
    if (status == LAT_OK && layout->relative != NULL)
        status = load_vector(&m->relative, layout->relative, error);
    if (status == LAT_OK)
        status = load_norm(&m->embedding_norm, layout->embedding_norm,
                           error);
    if (status == LAT_OK && layout->project.weight != NULL)
        status = load_linear(a, &m->project, &layout->project, 1, error);
    m->dropped = m->weights->positions_dropped;
    return status;
}

static lat_status load_head(assembler *a, lat_error *error)
{
    lat_model *m = a->model;
    const lat_layout *layout = &m->layout;
    lat_status status = LAT_OK;
    if (layout->head == LAT_HEAD_MASKED_LM) {
        status = load_linear(a, &m->lm_dense, &layout->dense, 1, error);
        if (status == LAT_OK)
            status = load_norm(&m->lm_norm, layout->norm, error);
        if (status == LAT_OK)
            status = load_linear(a, &m->lm_decoder, &layout->out, 1, error);
        return status;
    }
    if (layout->head == LAT_HEAD_SEQUENCE)
        status = load_precise(a, &m->class_dense, layout->dense, error);
    if (status == LAT_OK && layout->head != LAT_HEAD_NONE)
        status = load_precise(a, &m->class_out, layout->out, error);
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

lat_status lat_model_assemble(lat_model *m, lat_error *error)
{
    const lat_config *c = &m->config;
    assembler a = {.model = m};
    lat_status status = LAT_NO_MEMORY;
    size_t widest = c->feed_forward;
    widest = c->hidden > widest ? c->hidden : widest;
    widest = c->embedding > widest ? c->embedding : widest;
    m->layer_count = m->layout.layer_count;
    m->layers = lat_new_array(m->layer_count, sizeof *m->layers);
    m->layer_of = lat_new_array(m->info.layers, sizeof *m->layer_of);
    if (m->layers == NULL || m->layer_of == NULL) {
        lat_error_memory(error, m->layer_count * sizeof *m->layers);
        goto done;
    }
    a.rows = new_floats(LAT_GROUP * widest, error);
    if (a.rows == NULL)
        goto done;
    number_layers(m);
    status = load_embeddings(&a, error);
    for (size_t i = 0; status == LAT_OK && i < m->layer_count; i++)
        status = load_layer(&a, &m->layers[i], &m->layout.layers[i], error);
    if (status == LAT_OK)
        status = load_head(&a, error);
done:
    lat_free(a.rows);
    return status;
}

static void free_linear(lat_linear *linear)
{
    lat_free(linear->panels);
    lat_free(linear->bias);
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
        free_linear(&layer->query);
        free_linear(&layer->key_value);
        free_linear(&layer->output);
        free_norm(&layer->attention_norm);
        free_linear(&layer->up);
        free_linear(&layer->down);
        free_norm(&layer->output_norm);
    }
    lat_free(m->layers);
    lat_free(m->layer_of);
    lat_free(m->position);
    lat_free(m->type);
    lat_free(m->relative);
    free_norm(&m->embedding_norm);
    free_linear(&m->project);
    free_precise(&m->class_dense);
    free_precise(&m->class_out);
    free_linear(&m->lm_dense);
    free_norm(&m->lm_norm);
    free_linear(&m->lm_decoder);
    lat_free(m->work);
}
