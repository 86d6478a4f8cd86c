/*
 * random_model.c - a BERT encoder of any size with random weights, made in
 * memory: for measuring speed where no model is at hand.
 *
 * It goes through the same assembly as a model from a file.  All layers read
 * one layer's tensors, which assembly then packs for each of them, so that
 * what is multiplied is as large as in a trained model of that shape while
 * the tensors themselves stay small.
 */
#include "containers_int.h"
#include "encoder_int.h"

#include <string.h>

typedef struct maker {
    lat_weights *weights;
    lat_random random;
    lat_error *error;
    lat_status status;
} maker;

/* Uniform within a range of the standard deviation that BERT's weights
 * start from (0.02); a normalization's gain lies around 1. */
static const unsigned char *fill(maker *make, size_t count, float middle)
{
    float *values = lat_arena_array(&make->weights->arena, count,
                                    sizeof *values);
    if (values == NULL) {
        make->status = lat_error_memory(make->error,
                                        (uint64_t)count * sizeof *values);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        float value = middle + (float)(lat_random_unit(&make->random) - 0.5)
                                   * 0.07f;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        unsigned char *to = (unsigned char *)(values + i);
        for (int b = 0; b < 4; b++) /* tensors are little-endian */
            to[b] = (unsigned char)(bits >> 8 * b);
    }
    return (const unsigned char *)values;
}

/* columns 0: a vector.  Values are those of `like` if it is given. */
static void put(maker *make, const char *prefix, const char *name,
                size_t rows, size_t columns, const lat_tensor *like)
{
    lat_weights *w = make->weights;
    lat_tensor tensor = {.type = LAT_TENSOR_F32, .dims = columns > 0 ? 2 : 1,
                         .shape = {rows, columns}};
    if (make->status != LAT_OK)
        return;
    char *full = lat_format("%s%s", prefix, name);
    if (full != NULL)
        tensor.name = lat_arena_copy(&w->arena, full, strlen(full));
    lat_free(full);
    if (tensor.name == NULL || !lat_tensor_measure(&tensor)) {
        make->status = lat_error_memory(make->error, tensor.bytes);
        return;
    }
    tensor.file_name = tensor.name;
    tensor.data = like != NULL ? like->data
                               : fill(make, (size_t)tensor.count,
                                      strstr(name, "Norm.weight") != NULL
                                          ? 1.0f : 0.0f);
    if (make->status == LAT_OK)
        make->status = lat_weights_add_tensor(w, &tensor, make->error);
}

typedef struct part {
    const char *name;
    size_t rows, columns;
} part;

static void put_layers(maker *make, const lat_model_shape *shape)
{
    size_t h = shape->hidden, f = shape->feed_forward;
    const part parts[] = {
        {"attention.self.query", h, h}, {"attention.self.key", h, h},
        {"attention.self.value", h, h}, {"attention.output.dense", h, h},
        {"attention.output.LayerNorm", h, 0},
        {"intermediate.dense", f, h}, {"output.dense", h, f},
        {"output.LayerNorm", h, 0}};
    size_t count = sizeof parts / sizeof *parts;
    size_t start = make->weights->count;
    for (size_t i = 0; i < shape->layers; i++) {
        for (size_t j = 0; j < 2 * count; j++) {
            const part *p = &parts[j / 2];
            bool bias = j % 2 == 1;
            char name[96];
            snprintf(name, sizeof name, "encoder.layer.%zu.%s.%s", i,
                     p->name, bias ? "bias" : "weight");
            if (make->status != LAT_OK)
                return;
            put(make, "", name, p->rows, bias ? 0 : p->columns,
                i > 0 ? &make->weights->tensors[start + j] : NULL);
        }
    }
}

static void put_embeddings(maker *make, const lat_model_shape *shape)
{
    static const char in[] = "embeddings.";
    size_t h = shape->hidden;
    put(make, in, "word_embeddings.weight", shape->vocabulary, h, NULL);
    put(make, in, "position_embeddings.weight", shape->positions, h, NULL);
    put(make, in, "token_type_embeddings.weight", 2, h, NULL);
    put(make, in, "LayerNorm.weight", h, 0, NULL);
    put(make, in, "LayerNorm.bias", h, 0, NULL);
}

static void put_config(maker *make, const lat_model_shape *shape)
{
    lat_weights *w = make->weights;
    char *text = lat_format(
        "{\"model_type\": \"bert\", \"architectures\": [\"BertModel\"], "
        "\"vocab_size\": %zu, \"hidden_size\": %zu, "
        "\"num_hidden_layers\": %zu, \"num_attention_heads\": %zu, "
        "\"intermediate_size\": %zu, \"hidden_act\": \"gelu\", "
        "\"max_position_embeddings\": %zu, \"type_vocab_size\": 2, "
        "\"layer_norm_eps\": 1e-12, \"pad_token_id\": 0}",
        shape->vocabulary, shape->hidden, shape->layers, shape->heads,
        shape->feed_forward, shape->positions);
    static const char name[] = "random weights";
    w->path = lat_arena_copy(&w->arena, name, strlen(name));
    w->config_path = w->path;
    if (text != NULL) {
        w->config_size = strlen(text);
        w->config = lat_arena_copy(&w->arena, text, w->config_size);
    }
    lat_free(text);
    /* Tensors say which file they are of; this one is not on disk. */
    w->files = lat_new_array(1, sizeof *w->files);
    if (w->files != NULL)
        w->files[0] = w->path;
    if (w->path == NULL || w->config == NULL || w->files == NULL)
        make->status = lat_error_memory(make->error, w->config_size);
}

lat_status lat_model_random(lat_model **out, const lat_model_shape *shape,
                            uint64_t seed, const lat_model_options *options,
                            lat_error *error)
{
    *out = NULL;
    maker make = {.error = error};
    make.weights = lat_alloc_zero(sizeof *make.weights);
    if (make.weights == NULL)
        return lat_error_memory(error, sizeof *make.weights);
    lat_random_seed(&make.random, seed, 0);
    put_config(&make, shape);
    put_embeddings(&make, shape);
    put_layers(&make, shape);
    if (make.status == LAT_OK)
        make.status = lat_weights_index(make.weights, error);
    if (make.status != LAT_OK) {
        lat_weights_close(make.weights);
        return make.status;
    }
    return lat_model_build(out, make.weights, options, error);
}
