/*
 * tiny_model.h - hub folders made up on the spot: config.json and
 * model.safetensors with seeded random weights of any names and shapes, so
 * that tests can leave tensors out, bend shapes and change prefixes.
 *
 *     tiny t = {.prefix = "bert.", .layers = 2, ...};
 *     tiny_bert(&t);
 *     tiny_write(&t, folder, "{\"model_type\": ...}");
 */
#ifndef LATENT_TINY_MODEL_H
#define LATENT_TINY_MODEL_H

#include "../../harness.h"
#include "../../../model/model.h"

#include <unistd.h>

typedef struct tiny {
    const char *prefix; /* "bert." */
    size_t layers, hidden, feed_forward, vocabulary, positions;
    bool old_names;     /* gamma, beta */
    bool coarse;        /* values that bfloat16 holds exactly */
    const char *skip;   /* tensor to leave out, full name */
    const char *bend;   /* tensor to give one row more */
    const char *spoil;  /* tensor that gets a NaN */
    uint64_t seed;
    lat_buffer header, data;
} tiny;

/* Uniform in about -0.25 .. 0.25. */
static inline float tiny_value(tiny *t)
{
    t->seed = t->seed * 6364136223846793005u + 1442695040888963407u;
    return (float)((double)(t->seed >> 40) / (double)(1 << 25) - 0.25);
}

/* columns 0: a vector. */
static inline void tiny_add(tiny *t, const char *prefix, const char *name,
                            size_t rows, size_t columns)
{
    char *full = lat_format("%s%s", prefix, name);
    if (t->skip != NULL && strcmp(full, t->skip) == 0) {
        lat_free(full);
        return;
    }
    if (t->bend != NULL && strcmp(full, t->bend) == 0)
        rows++;
    size_t count = columns > 0 ? rows * columns : rows;
    size_t first = t->data.size;
    for (size_t i = 0; i < count; i++) {
        float value = tiny_value(t);
        if (strstr(name, "LayerNorm.weight") || strstr(name, "gamma"))
            value += 1;
        uint32_t bits = 0;
        memcpy(&bits, &value, sizeof bits);
        if (t->coarse)
            bits &= 0xffff0000u;
        if (t->spoil != NULL && strcmp(full, t->spoil) == 0 && i == 3)
            bits = 0x7fc00000u;
        for (int b = 0; b < 32; b += 8)
            lat_buffer_char(&t->data, (char)(bits >> b));
    }
    lat_buffer_format(&t->header, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":"
                      "[%zu", t->header.size > 0 ? "," : "", full, rows);
    if (columns > 0)
        lat_buffer_format(&t->header, ",%zu", columns);
    lat_buffer_format(&t->header, "],\"data_offsets\":[%zu,%zu]}", first,
                      t->data.size);
    lat_free(full);
}

static inline void tiny_linear(tiny *t, const char *prefix, const char *name,
                               size_t n, size_t k)
{
    char *weight = lat_format("%s.weight", name);
    char *bias = lat_format("%s.bias", name);
    tiny_add(t, prefix, weight, n, k);
    tiny_add(t, prefix, bias, n, 0);
    lat_free(weight);
    lat_free(bias);
}

static inline void tiny_norm(tiny *t, const char *prefix, const char *name)
{
    char *gain = lat_format("%s.%s", name,
                            t->old_names ? "gamma" : "weight");
    char *shift = lat_format("%s.%s", name, t->old_names ? "beta" : "bias");
    tiny_add(t, prefix, gain, t->hidden, 0);
    tiny_add(t, prefix, shift, t->hidden, 0);
    lat_free(gain);
    lat_free(shift);
}

/* A BERT encoder with its pooler, two token types. */
static inline void tiny_bert(tiny *t)
{
    size_t h = t->hidden;
    tiny_add(t, t->prefix, "embeddings.word_embeddings.weight",
             t->vocabulary, h);
    tiny_add(t, t->prefix, "embeddings.position_embeddings.weight",
             t->positions, h);
    tiny_add(t, t->prefix, "embeddings.token_type_embeddings.weight", 2, h);
    tiny_norm(t, t->prefix, "embeddings.LayerNorm");
    for (size_t i = 0; i < t->layers; i++) {
        char *p = lat_format("%sencoder.layer.%zu.", t->prefix, i);
        tiny_linear(t, p, "attention.self.query", h, h);
        tiny_linear(t, p, "attention.self.key", h, h);
        tiny_linear(t, p, "attention.self.value", h, h);
        tiny_linear(t, p, "attention.output.dense", h, h);
        tiny_norm(t, p, "attention.output.LayerNorm");
        tiny_linear(t, p, "intermediate.dense", t->feed_forward, h);
        tiny_linear(t, p, "output.dense", h, t->feed_forward);
        tiny_norm(t, p, "output.LayerNorm");
        lat_free(p);
    }
    tiny_linear(t, t->prefix, "pooler.dense", h, h);
}

/* Writes both files and empties the buffers. */
static inline void tiny_write(tiny *t, const char *folder,
                              const char *config)
{
    lat_error error = {0};
    lat_buffer file = {0};
    uint64_t size = t->header.size + 2;
    for (int b = 0; b < 64; b += 8)
        lat_buffer_char(&file, (char)(size >> b));
    lat_buffer_format(&file, "{%s}", t->header.data);
    lat_buffer_add(&file, t->data.data, t->data.size);
    char *path = lat_path_join(folder, "model.safetensors");
    CHECK_MSG(lat_file_write(path, file.data, file.size, &error) == LAT_OK,
              "%s", lat_error_message(&error));
    lat_free(path);
    path = lat_path_join(folder, "config.json");
    CHECK_MSG(lat_file_write(path, config, strlen(config), &error) == LAT_OK,
              "%s", lat_error_message(&error));
    lat_free(path);
    lat_buffer_free(&file);
    lat_buffer_free(&t->header);
    lat_buffer_free(&t->data);
}

static inline void tiny_remove(const char *folder)
{
    static const char *const names[] = {"model.safetensors", "config.json"};
    for (size_t i = 0; i < 2; i++) {
        char *path = lat_path_join(folder, names[i]);
        unlink(path);
        lat_free(path);
    }
    rmdir(folder);
}

#endif
