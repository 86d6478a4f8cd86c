/*
 * counting_model.h - a BERT made by hand whose answer anyone can count.
 *
 * The class is the one whose word stands most often in the input ("bad" 0,
 * "good" 1, "meh" 2; ties to the smaller number); all other words say
 * nothing.  How: hidden size 8, in pairs (x, -x), so that every vector has
 * mean 0 and the layer norms only scale.
 *
 *   pair 0  pair 1  pair 2  pair 3
 *    bad     good    meh     rest     embeddings of the three words: sqrt 2
 *                                     in their own pair and in the last;
 *                                     of all others: 2 in the last
 *   attention  Q = K = 0: the mean over all tokens; V, output: identity
 *   feed-forward 0, pooler identity, class k reads pair k and has a bias of
 *   0.002, 0.001, 0 to settle ties
 */
#ifndef LATENT_COUNTING_MODEL_H
#define LATENT_COUNTING_MODEL_H

#include "../../../triggers/triggers.h"
#include "../../harness.h"

#include <unistd.h>

enum { COUNTING_HIDDEN = 8, COUNTING_POSITIONS = 48, COUNTING_WORDS = 20 };
static const char *const counting_vocabulary[COUNTING_WORDS] = {
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "bad",  "good",
    "meh",   "film",  "the",   "a",     "plot",   "cast", "scene",
    "actor", "music", "story", "end",   "night",  "day"};
static const char *const counting_files[] = {
    "model.safetensors", "config.json", "vocab.txt",
    "tokenizer_config.json"};

typedef struct counting {
    lat_buffer header, data;
} counting;

/* rows x columns (columns 0: a vector); `diagonal` on the diagonal or, for a
 * vector, everywhere. */
static inline void counting_add(counting *c, const char *name, size_t rows,
                                size_t columns, const float *values,
                                float diagonal)
{
    size_t count = columns == 0 ? rows : rows * columns;
    size_t first = c->data.size;
    for (size_t i = 0; i < count; i++) {
        float value = values != NULL ? values[i] : 0;
        if (values == NULL && (columns == 0 || i / columns == i % columns))
            value = diagonal;
        uint32_t bits = 0;
        memcpy(&bits, &value, sizeof bits);
        for (int b = 0; b < 32; b += 8)
            lat_buffer_char(&c->data, (char)(unsigned char)(bits >> b));
    }
    lat_buffer_format(&c->header, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":"
                      "[%zu", c->header.size > 0 ? "," : "", name, rows);
    if (columns > 0)
        lat_buffer_format(&c->header, ",%zu", columns);
    lat_buffer_format(&c->header, "],\"data_offsets\":[%zu,%zu]}", first,
                      c->data.size);
}

static inline void counting_linear(counting *c, const char *name, size_t n,
                                   size_t k, float diagonal)
{
    char *weight = lat_format("%s.weight", name);
    char *bias = lat_format("%s.bias", name);
    counting_add(c, weight, n, k, NULL, diagonal);
    counting_add(c, bias, n, 0, NULL, 0);
    lat_free(weight);
    lat_free(bias);
}

static inline void counting_norm(counting *c, const char *name)
{
    char *gain = lat_format("%s.weight", name);
    char *shift = lat_format("%s.bias", name);
    counting_add(c, gain, COUNTING_HIDDEN, 0, NULL, 1);
    counting_add(c, shift, COUNTING_HIDDEN, 0, NULL, 0);
    lat_free(gain);
    lat_free(shift);
}

static inline void counting_embeddings(counting *c)
{
    enum { H = COUNTING_HIDDEN };
    static float words[COUNTING_WORDS * H];
    const float root = 1.41421356f;
    for (size_t w = 0; w < COUNTING_WORDS; w++) {
        bool telling = w >= 5 && w < 8;
        float *row = words + w * H;
        row[6] = telling ? root : 2;
        if (telling)
            row[2 * (w - 5)] = root;
        for (size_t p = 0; p < 4; p++)
            row[2 * p + 1] = -row[2 * p];
    }
    counting_add(c, "bert.embeddings.word_embeddings.weight",
                 COUNTING_WORDS, H, words, 0);
    static const float zeros[COUNTING_POSITIONS * H];
    counting_add(c, "bert.embeddings.position_embeddings.weight",
                 COUNTING_POSITIONS, H, zeros, 0);
    counting_add(c, "bert.embeddings.token_type_embeddings.weight", 2, H,
                 zeros, 0);
    counting_norm(c, "bert.embeddings.LayerNorm");
}

static inline void counting_head(counting *c, size_t classes)
{
    enum { H = COUNTING_HIDDEN };
    static const float bias[3] = {0.002f, 0.001f, 0};
    float weight[3 * H] = {0};
    for (size_t k = 0; k < classes; k++)
        weight[k * H + 2 * k] = 10;
    counting_linear(c, "bert.pooler.dense", H, H, 1);
    counting_add(c, "classifier.weight", classes, H, weight, 0);
    counting_add(c, "classifier.bias", classes, 0, bias, 0);
}

static inline void counting_put(const char *folder, const char *name,
                                const lat_buffer *text)
{
    lat_error error = {0};
    char *path = lat_path_join(folder, name);
    CHECK_MSG(lat_file_write(path, text->data, text->size, &error) == LAT_OK,
              "%s", lat_error_message(&error));
    lat_free(path);
}

static inline void counting_texts(const char *folder, size_t classes)
{
    static const char *const names[] = {"negative", "positive", "neutral"};
    lat_buffer text = {0};
    for (size_t w = 0; w < COUNTING_WORDS; w++)
        lat_buffer_format(&text, "%s\n", counting_vocabulary[w]);
    counting_put(folder, "vocab.txt", &text);
    lat_buffer_clear(&text);
    lat_buffer_text(&text, "{\"do_lower_case\": true, \"tokenizer_class\": "
                           "\"BertTokenizer\"}");
    counting_put(folder, "tokenizer_config.json", &text);
    lat_buffer_clear(&text);
    lat_buffer_format(
        &text, "{\"model_type\": \"bert\", \"architectures\": "
        "[\"BertForSequenceClassification\"], \"vocab_size\": %d, "
        "\"hidden_size\": %d, \"num_hidden_layers\": 1, "
        "\"num_attention_heads\": 2, \"intermediate_size\": 4, "
        "\"max_position_embeddings\": %d, \"type_vocab_size\": 2, "
        "\"layer_norm_eps\": 1e-12, \"hidden_act\": \"gelu\", "
        "\"pad_token_id\": 0, \"id2label\": {", COUNTING_WORDS,
        COUNTING_HIDDEN, COUNTING_POSITIONS);
    for (size_t k = 0; k < classes; k++)
        lat_buffer_format(&text, "%s\"%zu\": \"%s\"", k == 0 ? "" : ", ", k,
                          names[k]);
    lat_buffer_text(&text, "}}");
    counting_put(folder, "config.json", &text);
    lat_buffer_free(&text);
}

/* Makes the hub folder (mkdtemp template in `folder`). */
static inline void counting_make(char *folder, size_t classes)
{
    enum { H = COUNTING_HIDDEN };
    counting c = {{0}, {0}};
    lat_buffer file = {0};
    const char *l = "bert.encoder.layer.0.";
    static const char *const linear[] = {"attention.self.query",
                                         "attention.self.key",
                                         "attention.self.value",
                                         "attention.output.dense"};
    CHECK(mkdtemp(folder) != NULL);
    counting_embeddings(&c);
    for (size_t i = 0; i < 4; i++) {
        char *name = lat_format("%s%s", l, linear[i]);
        counting_linear(&c, name, H, H, i < 2 ? 0 : 1);
        lat_free(name);
    }
    counting_norm(&c, "bert.encoder.layer.0.attention.output.LayerNorm");
    counting_linear(&c, "bert.encoder.layer.0.intermediate.dense", 4, H, 0);
    counting_linear(&c, "bert.encoder.layer.0.output.dense", H, 4, 0);
    counting_norm(&c, "bert.encoder.layer.0.output.LayerNorm");
    counting_head(&c, classes);
    uint64_t size = c.header.size + 2;
    for (int b = 0; b < 64; b += 8)
        lat_buffer_char(&file, (char)(unsigned char)(size >> b));
    lat_buffer_format(&file, "{%s}", c.header.data);
    lat_buffer_add(&file, c.data.data, c.data.size);
    counting_put(folder, "model.safetensors", &file);
    counting_texts(folder, classes);
    lat_buffer_free(&file);
    lat_buffer_free(&c.header);
    lat_buffer_free(&c.data);
}

static inline void counting_remove(const char *folder)
{
    for (size_t i = 0; i < 4; i++) {
        char *path = lat_path_join(folder, counting_files[i]);
        unlink(path);
        lat_free(path);
    }
    rmdir(folder);
}

/* The rule, from the texts: counts of the three words. */
static inline void counting_words(const char *text, size_t counts[3])
{
    for (const char *at = text; *at != '\0';) {
        size_t size = strcspn(at, " ");
        for (size_t k = 0; k < 3; k++)
            if (strlen(counting_vocabulary[5 + k]) == size &&
                memcmp(at, counting_vocabulary[5 + k], size) == 0)
                counts[k]++;
        at += size + (at[size] == ' ');
    }
}

static inline uint32_t counting_class(const size_t counts[3], size_t classes)
{
    uint32_t best = 0;
    for (uint32_t k = 1; k < classes; k++)
        if (counts[k] > counts[best])
            best = k;
    return best;
}

#endif
