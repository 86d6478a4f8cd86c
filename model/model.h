/*
 * model.h - transformer encoders: weights, configuration, forward pass.
 *
 * Reads a hub folder (config.json beside model.safetensors, sharded
 * safetensors or pytorch_model.bin) or one GGUF file, and runs the encoder
 * on token ids.  Knows nothing about text: see tokenizer.h.
 *
 *     lat_model *model = NULL;
 *     if (lat_model_open(&model, "bert-base-uncased", NULL, &error)) ...
 *     const lat_model_info *info = lat_model_get_info(model);
 *     uint32_t ids[] = {101, 7592, 102};
 *     size_t starts[] = {0, 3};
 *     lat_batch batch = {.sequences = 1, .ids = ids, .starts = starts};
 *     lat_states want = {.hidden = hidden, .logits = logits};
 *     lat_model_forward(model, pool, &batch, &want, &error);
 *     lat_model_close(model);
 *
 * Letters: T tokens, H hidden, A heads, D head size, F feed-forward,
 * V vocabulary, L layers.  A model is read-only after opening; forward may
 * be called by one thread at a time (it uses the pool inside).
 */
#ifndef LATENT_MODEL_H
#define LATENT_MODEL_H

#include "../base/base.h"
#include "../base/kernels/kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lat_model lat_model;

typedef enum lat_head {
    LAT_HEAD_NONE,     /* encoder only */
    LAT_HEAD_SEQUENCE, /* one row of logits for each sequence */
    LAT_HEAD_TOKEN,    /* one row for each token */
    LAT_HEAD_MASKED_LM /* one row of V for each token */
} lat_head;

typedef struct lat_model_info {
    const char *architecture; /* "bert", "roberta", "distilbert", ... */
    const char *path;
    size_t layers;            /* L: hidden states 0..L */
    size_t hidden, heads, feed_forward, vocabulary;
    size_t max_tokens;        /* longest sequence, special tokens counted */
    size_t type_vocabulary;   /* 0, 1, 2 */
    uint64_t parameters;
    lat_head head;
    size_t classes;           /* columns of logits; 0 without a head */
    char **labels;            /* classes names (config's id2label) or NULL */
    uint32_t pad_id;
    uint32_t mask_id;         /* UINT32_MAX when only the tokenizer knows */
} lat_model_info;

typedef struct lat_model_options {
    bool ignore_head; /* load the encoder only */
    lat_pool *pool;   /* helps with opening; not kept; may be NULL */
} lat_model_options;

lat_status lat_model_open(lat_model **out, const char *path,
                          const lat_model_options *options,
                          lat_error *error);
/* A BERT encoder of that shape with random weights, for timing. */
typedef struct lat_model_shape {
    size_t layers, hidden, heads, feed_forward, vocabulary, positions;
} lat_model_shape;
lat_status lat_model_random(lat_model **out, const lat_model_shape *shape,
                            uint64_t seed, const lat_model_options *options,
                            lat_error *error);
void lat_model_close(lat_model *model); /* NULL is fine */
const lat_model_info *lat_model_get_info(const lat_model *model);

/* LAT_OUT_OF_RANGE unless the two can be compared: same layers, hidden size
 * and vocabulary size. */
lat_status lat_model_compatible(const lat_model *base, const lat_model *tuned,
                                lat_error *error);

/* Sequences end to end: sequence s has tokens starts[s] .. starts[s+1]-1,
 * at least one and at most max_tokens. */
typedef struct lat_batch {
    size_t sequences;
    const uint32_t *ids;   /* starts[sequences] */
    const uint32_t *types; /* the same, or NULL for all 0 */
    const size_t *starts;  /* sequences + 1, starts[0] = 0 */
} lat_batch;

/* What is wanted.  Every pointer may be NULL.  Layers above the highest one
 * asked for are not computed.  Results of a sequence do not depend on the
 * other sequences of the batch, nor on the number of threads. */
typedef struct lat_states {
    float *const *hidden; /* L+1 pointers (each may be NULL): rows x H.
                             0 is the embedding output */
    const size_t *rows;   /* ascending token numbers whose rows are wanted
                             in hidden; NULL means all tokens */
    size_t row_count;
    float *logits;        /* sequences x classes (sequence head), or
                             tokens x classes (token, masked LM heads) */
    const size_t *logit_rows;  /* token and masked LM heads: ascending token
                                  numbers wanted, NULL means all */
    size_t logit_row_count;
} lat_states;

lat_status lat_model_forward(lat_model *model, lat_pool *pool,
                             const lat_batch *batch, const lat_states *want,
                             lat_error *error);
/* Bytes that a forward pass over `tokens` tokens needs besides the model. */
size_t lat_model_workspace(const lat_model *model, size_t threads,
                           size_t tokens);

/* The vocabulary inside a GGUF file, for the tokenizer; the pointers live
 * as long as the model.  NULL for a hub folder (the tokenizer reads its own
 * files there). */
typedef struct lat_model_vocabulary {
    const char *kind; /* tokenizer.ggml.model: "bert", "gpt2", "t5", ... */
    size_t count;
    const char *const *pieces; /* hub form: "##ing", not GGUF's "ing" */
    const size_t *sizes;       /* bytes of each */
    const float *scores;       /* count, or NULL */
    const char *const *merges; /* merge_count "a b" */
    size_t merge_count;
    const void *charsmap; /* t5: the normaliser's table, or NULL */
    size_t charsmap_size;
    const char *tokenizer_json; /* latent.tokenizer.json, or NULL */
    size_t tokenizer_json_size;
    const void *sentencepiece; /* latent.tokenizer.sentencepiece: a whole
                                  model file, or NULL */
    size_t sentencepiece_size;
    const char *settings; /* latent.tokenizer.settings: the text of
                             tokenizer_config.json, or NULL */
    size_t settings_size;
    bool lowercase, strip_accents, chinese_characters; /* bert */
    bool has_flags; /* whether the file said so (latent.*) */
} lat_model_vocabulary;
const lat_model_vocabulary *lat_model_get_vocabulary(const lat_model *model);

/* For `inspect`: every tensor as the file has it, in file order. */
typedef struct lat_tensor_info {
    const char *name;
    const char *type;  /* "F32", "BF16", "Q8_0", ... */
    size_t dims;
    uint64_t shape[8]; /* slowest first */
    uint64_t bytes;
    const char *file;
} lat_tensor_info;
size_t lat_model_tensor_count(const lat_model *model);
lat_tensor_info lat_model_tensor(const lat_model *model, size_t number);
/* Weight files that were read (for provenance hashes). */
size_t lat_model_file_count(const lat_model *model);
const char *lat_model_file(const lat_model *model, size_t number);
/* Tensors that the encoder and its head have no use for, by hub name: an
 * unused pooler, another head, buffers. */
size_t lat_model_unused_count(const lat_model *model);
const char *lat_model_unused(const lat_model *model, size_t number);

/* Hub folder to GGUF v3.  `type`: "f32", "f16", "bf16", "q8_0". */
typedef struct lat_convert_report {
    size_t tensors;
    uint64_t bytes;
} lat_convert_report;
lat_status lat_model_convert(lat_convert_report *report, const char *folder,
                             const char *out_path, const char *type,
                             lat_error *error);

#ifdef __cplusplus
}
#endif
#endif
