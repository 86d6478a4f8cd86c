/*
 * model.c - opening a model, asking about it, closing it.
 *
 * The order of opening: weights (names and shapes only), configuration,
 * which tensor plays which part, and only then memory for numbers; so that
 * a file that cannot be used is refused before anything big happens.
 */
#include "encoder_int.h"

#include <string.h>

static void fill_info(lat_model *m)
{
    const lat_config *c = &m->config;
    lat_model_info *info = &m->info;
    info->architecture = c->architecture->name;
    info->path = m->path;
    info->layers = c->layers * c->inner;
    info->hidden = c->hidden;
    info->heads = c->heads;
    info->feed_forward = c->feed_forward;
    info->vocabulary = c->vocabulary;
    info->max_tokens = c->max_tokens;
    info->type_vocabulary = c->types;
    info->head = m->layout.head;
    info->classes = m->layout.classes;
    if (info->head == LAT_HEAD_SEQUENCE || info->head == LAT_HEAD_TOKEN)
        info->labels = c->labels;
    info->pad_id = c->pad_id;
    info->mask_id = UINT32_MAX;
    for (size_t i = 0; i < m->weights->count; i++) {
        const lat_tensor *tensor = &m->weights->tensors[i];
        if (tensor->type <= LAT_TENSOR_Q8_0)
            info->parameters += tensor->count;
    }
}

/* A GGUF file may name the mask token; a hub folder's tokenizer does. */
static lat_status find_mask(lat_model *m, lat_error *error)
{
    uint64_t id = 0;
    bool found = false;
    lat_status status = lat_weights_meta_count(
        &id, &found, m->weights, "tokenizer.ggml.mask_token_id",
        m->config.vocabulary - 1, error);
    if (status == LAT_OK && found)
        m->info.mask_id = (uint32_t)id;
    return status;
}

/* Names for classes without names, as the reference gives them. */
static lat_status name_classes(lat_model *m, lat_error *error)
{
    lat_model_info *info = &m->info;
    if (info->labels != NULL || info->head == LAT_HEAD_NONE ||
        info->head == LAT_HEAD_MASKED_LM)
        return LAT_OK;
    info->labels = lat_arena_array(&m->arena, info->classes,
                                   sizeof *info->labels);
    for (size_t i = 0; info->labels != NULL && i < info->classes; i++) {
        char name[32];
        int size = snprintf(name, sizeof name, "LABEL_%zu", i);
        info->labels[i] = lat_arena_copy(&m->arena, name, (size_t)size);
        if (info->labels[i] == NULL)
            return lat_error_memory(error, sizeof name);
    }
    return info->labels != NULL ? LAT_OK
                                : lat_error_memory(error, info->classes);
}

static lat_status build_parts(lat_model *m, bool ignore_head,
                              lat_error *error)
{
    lat_status status = lat_config_read(&m->config, &m->arena,
                                        m->weights->config,
                                        m->weights->config_size, error);
    if (status != LAT_OK)
        return lat_error_in_file(error, m->weights->config_path);
    status = lat_layout_find(&m->layout, &m->arena, m->weights, &m->config,
                             ignore_head, error);
    if (status == LAT_OK) {
        fill_info(m);
        status = find_mask(m, error);
    }
    if (status == LAT_OK)
        status = name_classes(m, error);
    if (status == LAT_OK)
        status = lat_model_assemble(m, error);
    if (status != LAT_OK)
        lat_error_in_file(error, m->weights->file_count == 1
                                     ? m->weights->files[0]
                                     : m->weights->path);
    return status;
}

lat_status lat_model_build(lat_model **out, lat_weights *weights,
                           const lat_model_options *options,
                           lat_error *error)
{
    static const lat_model_options none = {0};
    *out = NULL;
    lat_model *m = lat_alloc_zero(sizeof *m);
    if (m == NULL) {
        lat_weights_close(weights);
        return lat_error_memory(error, sizeof *m);
    }
    options = options != NULL ? options : &none;
    m->kernels = lat_kernels_best();
    m->weights = weights;
    m->path = lat_copy_string(weights->path);
    m->opener = options->pool;
    lat_status status = LAT_OK;
    if (m->path == NULL)
        status = lat_error_memory(error, strlen(weights->path) + 1);
    if (status == LAT_OK)
        status = build_parts(m, options->ignore_head, error);
    m->opener = NULL;
    if (status == LAT_OK)
        *out = m;
    else
        lat_model_close(m);
    return status;
}

lat_status lat_model_open(lat_model **out, const char *path,
                          const lat_model_options *options,
                          lat_error *error)
{
    lat_weights *weights = NULL;
    *out = NULL;
    lat_status status = lat_weights_open(&weights, path, error);
    if (status != LAT_OK)
        return status;
    return lat_model_build(out, weights, options, error);
}

void lat_model_close(lat_model *m)
{
    if (m == NULL)
        return;
    lat_model_dismantle(m);
    lat_weights_close(m->weights);
    lat_arena_free(&m->arena);
    lat_free(m->path);
    lat_free(m);
}

const lat_model_info *lat_model_get_info(const lat_model *m)
{
    return &m->info;
}

lat_status lat_model_compatible(const lat_model *base, const lat_model *tuned,
                                lat_error *error)
{
    const lat_model_info *a = &base->info, *b = &tuned->info;
    const struct {
        const char *what;
        size_t base, tuned;
    } same[] = {{"layers", a->layers, b->layers},
                {"hidden size", a->hidden, b->hidden},
                {"vocabulary size", a->vocabulary, b->vocabulary}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        if (same[i].base != same[i].tuned)
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "the models do not fit together: %s %zu in "
                                 "%s, %zu in %s", same[i].what, same[i].base,
                                 a->path, same[i].tuned, b->path);
    }
    return LAT_OK;
}

const lat_model_vocabulary *lat_model_get_vocabulary(const lat_model *m)
{
    return lat_weights_vocabulary(m->weights);
}

/* ---- For `inspect` ------------------------------------------------------ */

size_t lat_model_tensor_count(const lat_model *m)
{
    return m->weights->count;
}

lat_tensor_info lat_model_tensor(const lat_model *m, size_t number)
{
    const lat_tensor *tensor = &m->weights->tensors[number];
    lat_tensor_info info = {
        .name = tensor->file_name,
        .type = lat_tensor_type_name(tensor->type),
        .dims = tensor->dims,
        .bytes = tensor->bytes,
        .file = m->weights->files[tensor->file],
    };
    for (size_t i = 0; i < tensor->dims && i < 8; i++)
        info.shape[i] = tensor->shape[i];
    return info;
}

size_t lat_model_file_count(const lat_model *m)
{
    return m->weights->file_count;
}

const char *lat_model_file(const lat_model *m, size_t number)
{
    return m->weights->files[number];
}

size_t lat_model_unused_count(const lat_model *m)
{
    return m->layout.unused_count;
}

const char *lat_model_unused(const lat_model *m, size_t number)
{
    return m->layout.unused[number];
}
