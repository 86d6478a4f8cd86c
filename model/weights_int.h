/*
 * weights_int.h - every tensor of a model, whatever container holds it.
 *
 *     hub folder                                   GGUF file
 *       config.json                                  metadata, vocabulary,
 *       model.safetensors                            tensors
 *       or model.safetensors.index.json + shards         |
 *       or pytorch_model.bin                             |
 *              |                                         |
 *       safetensors.c shards.c torch_bin.c zip.c      gguf.c gguf_names.c
 *              \_______________  ________________________/
 *                              \/
 *                         lat_weights: tensors under their hub names,
 *                         pointing into the mapped file(s)
 *                              |
 *                        the encoder (model.c, config.c, encoder.c)
 *
 *     lat_weights *weights = NULL;
 *     lat_status status = lat_weights_open(&weights, path, &error);
 *     const lat_tensor *t =
 *         lat_weights_find(weights, "bert.embeddings.word_embeddings.weight");
 *     status = lat_weights_copy_f32(out, t, &error);
 *     lat_weights_close(weights);
 *
 * What the encoder sees is the same for all containers: hub tensor names and
 * the text of a config.json.  For a GGUF file of ours that is the very text
 * that was converted; for one that llama.cpp's converter wrote it is made
 * from the metadata.  See gguf_names.c for the table of names.
 *
 * Private to model/.  A lat_weights is read-only after opening and may then
 * be read by any number of threads.
 */
#ifndef LATENT_WEIGHTS_INT_H
#define LATENT_WEIGHTS_INT_H

#include "model.h"

typedef enum lat_tensor_type {
    LAT_TENSOR_F32,
    LAT_TENSOR_F16,
    LAT_TENSOR_BF16,
    LAT_TENSOR_Q8_0, /* blocks of 32 along the row: f16 scale, 32 int8 */
    /* Allowed in a file (position_ids, counters), refused as weights. */
    LAT_TENSOR_F64,
    LAT_TENSOR_I64,
    LAT_TENSOR_I32,
    LAT_TENSOR_I16,
    LAT_TENSOR_I8,
    LAT_TENSOR_U64,
    LAT_TENSOR_U32,
    LAT_TENSOR_U16,
    LAT_TENSOR_U8,
    LAT_TENSOR_BOOL,
    LAT_TENSOR_TYPES
} lat_tensor_type;

#define LAT_TENSOR_DIMS 8

typedef struct lat_tensor {
    const char *name;      /* hub name, see above */
    const char *file_name; /* as the file has it; the same unless GGUF */
    lat_tensor_type type;
    size_t dims;                     /* 0 is a scalar */
    uint64_t shape[LAT_TENSOR_DIMS]; /* slowest first */
    uint64_t count;                  /* product of shape, fits size_t */
    const unsigned char *data; /* little-endian, perhaps unaligned */
    uint64_t bytes;
    size_t file; /* into lat_weights.files */
} lat_tensor;

typedef enum lat_container {
    LAT_CONTAINER_SAFETENSORS,
    LAT_CONTAINER_TORCH,
    LAT_CONTAINER_GGUF
} lat_container;

struct lat_gguf; /* gguf_int.h */
struct lat_slot; /* weights.c: hash table over names */

typedef struct lat_weights {
    lat_container container;
    char *path;          /* as given to lat_weights_open */
    lat_tensor *tensors; /* count, in file order, shard after shard */
    size_t count;
    char **files; /* file_count: paths of the weight files, in order */
    lat_map *maps;
    size_t file_count;
    char *config; /* text of config.json, never NULL after opening */
    size_t config_size;
    char *config_path; /* for error messages */
    /* Rows missing at the start of position_embeddings.weight: llama.cpp
     * drops the pad_token_id + 1 rows that RoBERTa never uses.  The row of
     * position p is then p - positions_dropped.  0 outside GGUF. */
    size_t positions_dropped;
    /* Those rows, when the file keeps them as a key (ours do), or NULL.  A
     * padding token inside a sequence has the last of them. */
    float *first_positions;
    size_t first_positions_count; /* floats */
    struct lat_gguf *gguf; /* NULL outside GGUF */
    struct lat_slot *slots;
    size_t slot_count;
    lat_arena arena;
} lat_weights;

/* `path` is a hub folder or a GGUF file.  LAT_NOT_FOUND lists the names that
 * were looked for.  *out is NULL after a failure.  Only names, shapes and
 * byte ranges are checked here; values are when they are copied. */
lat_status lat_weights_open(lat_weights **out, const char *path,
                            lat_error *error);
void lat_weights_close(lat_weights *weights); /* NULL is fine */

/* By hub name; NULL when absent. */
const lat_tensor *lat_weights_find(const lat_weights *weights,
                                   const char *name);

/* All count values, row after row, widened exactly to float.
 * LAT_UNSUPPORTED for an integer or F64 tensor, LAT_OUT_OF_RANGE for a NaN
 * or an infinity; both name the tensor. */
lat_status lat_weights_copy_f32(float *out, const lat_tensor *tensor,
                                lat_error *error);
/* The same for rows first .. first+rows-1 of a matrix (dims 2), or values of
 * a vector taken as one row.  LAT_OUT_OF_RANGE when they are not all there. */
lat_status lat_weights_copy_rows(float *out, const lat_tensor *tensor,
                                 uint64_t first, uint64_t rows,
                                 lat_error *error);
/* The tensor's own memory when it can be used as floats in place (F32,
 * aligned, little-endian machine), else NULL.  Values are not checked:
 * call lat_weights_check once. */
const float *lat_weights_floats(const lat_tensor *tensor);
/* LAT_OUT_OF_RANGE naming the tensor and the first NaN or infinity. */
lat_status lat_weights_check(const lat_tensor *tensor, lat_error *error);

/* "F32", "BF16", "Q8_0", ... */
const char *lat_tensor_type_name(lat_tensor_type type);
/* Bytes of `count` values (a multiple of 32 for Q8_0) or false. */
bool lat_tensor_type_bytes(lat_tensor_type type, uint64_t count,
                           uint64_t *bytes);

/* ---- Metadata of a GGUF file; all give "absent" for other containers ---- */

/* Status LAT_OK and *found false when the key is absent; LAT_MALFORMED,
 * naming the key, when it has another type or is out of bounds. */
lat_status lat_weights_meta_count(uint64_t *value, bool *found,
                                  const lat_weights *weights,
                                  const char *key, uint64_t most,
                                  lat_error *error);
lat_status lat_weights_meta_number(double *value, bool *found,
                                   const lat_weights *weights,
                                   const char *key, lat_error *error);
lat_status lat_weights_meta_flag(bool *value, bool *found,
                                 const lat_weights *weights, const char *key,
                                 lat_error *error);
/* *text lives as long as the weights and ends with a NUL. */
lat_status lat_weights_meta_text(const char **text, size_t *size,
                                 bool *found, const lat_weights *weights,
                                 const char *key, lat_error *error);

/* The vocabulary, ready for lat_model_get_vocabulary; NULL outside GGUF and
 * for a GGUF file without one. */
const lat_model_vocabulary *lat_weights_vocabulary(const lat_weights *w);

#endif
