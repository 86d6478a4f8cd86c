/*
 * gguf_int.h - the pieces of the GGUF reader and writer.
 *
 *     gguf.c             file structure: head and keys
 *     gguf_tensors.c     tensor list and data
 *     gguf_cursor.c      bounds: numbers and texts out of the file
 *     gguf_meta.c        typed access to the keys
 *     gguf_names.c       tensor names: llama.cpp's <-> the hub's
 *     gguf_config.c      config.json text for a file that has none
 *     gguf_vocabulary.c  the vocabulary, back in hub form
 *     gguf_write.c       keys and tensors out
 *
 * Keys of ours, for what llama.cpp's BERT keys lack:
 *
 *     latent.format              u32   1
 *     latent.config              text  config.json as it was
 *     latent.tensor_names        texts hub name of every tensor, in order
 *     latent.positions_dropped   u32   see lat_weights
 *     latent.positions_first     f32s  the rows dropped, end to end
 *     latent.tokenizer.json      text  tokenizer.json, unless plain BERT
 *     latent.tokenizer.lowercase, .strip_accents, .chinese_characters  bool;
 *                                absent where no file said so
 *     latent.tokenizer.settings  text  tokenizer_config.json, where the
 *                                pieces come from a file that needs it
 *     latent.tokenizer.sentencepiece  u8s  a spiece.model as it was, where
 *                                it is all that a folder has
 *     latent.tokenizer.continuations  u32s  pieces that begin with "##" in
 *                                hub form though their GGUF form does not
 *                                tell
 *     latent.source.files, latent.source.sha256   texts
 *
 * Private to model/.
 */
#ifndef LATENT_GGUF_INT_H
#define LATENT_GGUF_INT_H

#include "containers_int.h"

#define LAT_GGUF_ALIGNMENT 32u
#define LAT_GGUF_DIMS 4u
/* Longest tensor name, by the specification. */
#define LAT_GGUF_NAME 64u

/* Value types as the file numbers them. */
typedef enum lat_gguf_type {
    LAT_GGUF_U8, LAT_GGUF_I8, LAT_GGUF_U16, LAT_GGUF_I16, LAT_GGUF_U32,
    LAT_GGUF_I32, LAT_GGUF_F32, LAT_GGUF_BOOL, LAT_GGUF_TEXT,
    LAT_GGUF_ARRAY, LAT_GGUF_U64, LAT_GGUF_I64, LAT_GGUF_F64,
    LAT_GGUF_TYPES
} lat_gguf_type;

/* llama.cpp's kinds of vocabulary entries (tokenizer.ggml.token_type). */
enum {
    LAT_PIECE_NORMAL = 1, LAT_PIECE_UNKNOWN, LAT_PIECE_CONTROL,
    LAT_PIECE_USER_DEFINED, LAT_PIECE_UNUSED, LAT_PIECE_BYTE
};

typedef struct lat_gguf_key {
    const char *name;
    lat_gguf_type type;
    lat_gguf_type item;  /* of an array */
    uint64_t count;      /* items of an array, else 1 */
    const unsigned char *data; /* first byte of the value or first item */
    const char *text;    /* LAT_GGUF_TEXT: its copy with a NUL */
    uint64_t size;       /* bytes of that text */
} lat_gguf_key;

struct lat_gguf {
    lat_gguf_key *keys; /* key_count, in file order */
    size_t key_count;
    lat_intern *names;  /* names of keys; numbers are those of keys */
    lat_model_vocabulary vocabulary;
    bool has_vocabulary;
};

/* A place in the file. */
typedef struct lat_cursor {
    const unsigned char *data;
    size_t size, at; /* at <= size */
} lat_cursor;

/* Each takes what it names and moves on, or LAT_MALFORMED with `what`. */
lat_status lat_cursor_u32(uint32_t *out, lat_cursor *from, const char *what,
                          lat_error *error);
lat_status lat_cursor_u64(uint64_t *out, lat_cursor *from, const char *what,
                          lat_error *error);
/* The bytes of a text; valid UTF-8, not copied, no NUL behind it. */
lat_status lat_cursor_text(const char **out, size_t *size, lat_cursor *from,
                           const char *what, lat_error *error);
/* A text that can be a C string, of 1 to `most` bytes, copied. */
lat_status lat_cursor_name(const char **out, lat_cursor *from, size_t most,
                           lat_arena *arena, const char *what,
                           lat_error *error);
lat_status lat_cursor_cut(const lat_cursor *from, const char *what,
                          lat_error *error);

/* Appends `count` tensors to the weights; *list is where their list
 * begins. */
lat_status lat_gguf_read_tensors(lat_weights *weights, size_t file,
                                 uint64_t count, lat_cursor *list,
                                 lat_error *error);

/* Bytes of a value of that type; 0 for text and arrays. */
size_t lat_gguf_type_size(lat_gguf_type type);
const lat_gguf_key *lat_gguf_find(const struct lat_gguf *gguf,
                                  const char *name);
/* The texts of an array, copied into the arena; all zero when the key is
 * absent, LAT_MALFORMED when it has another type. */
typedef struct lat_gguf_list {
    const char **texts; /* count, each with a NUL behind it */
    size_t *sizes;
    size_t count;
} lat_gguf_list;
lat_status lat_gguf_texts(lat_gguf_list *out, const struct lat_gguf *gguf,
                          const char *name, lat_arena *arena,
                          lat_error *error);

/* Hub name of a tensor that llama.cpp's converter wrote for architecture
 * "bert", or NULL when there is none; lives in the arena.  `roberta` tells
 * how the head is built (classifier.dense, not pooler.dense). */
const char *lat_gguf_hub_name(lat_arena *arena, const char *name,
                              bool roberta);
/* The other way: name for the file, at most LAT_GGUF_NAME bytes with its
 * NUL; a hub name without a counterpart keeps its own, without prefix. */
void lat_gguf_file_name(char out[LAT_GGUF_NAME], const char *hub_name,
                        bool roberta);

/* Fills weights->config and config_size from the keys, for files that lack
 * latent.config. */
lat_status lat_gguf_make_config(lat_weights *weights, lat_error *error);
lat_status lat_gguf_read_vocabulary(lat_weights *weights, lat_error *error);

/* ---- Writing ----------------------------------------------------------- */

/* Keys are collected in a buffer, then go out in one piece.  A failure
 * sticks in the buffer. */
typedef struct lat_gguf_writer {
    lat_buffer keys;
    uint64_t key_count;
    lat_buffer tensors; /* the tensor list */
    uint64_t tensor_count;
    uint64_t data_size; /* aligned bytes of the tensors so far */
} lat_gguf_writer;

void lat_gguf_put_text(lat_gguf_writer *writer, const char *key,
                       const char *text, size_t size);
void lat_gguf_put_u32(lat_gguf_writer *writer, const char *key,
                      uint32_t value);
void lat_gguf_put_f32(lat_gguf_writer *writer, const char *key, float value);
void lat_gguf_put_flag(lat_gguf_writer *writer, const char *key, bool value);
/* Starts an array; exactly `count` items must follow. */
void lat_gguf_put_array(lat_gguf_writer *writer, const char *key,
                        lat_gguf_type item, uint64_t count);
void lat_gguf_put_item_text(lat_gguf_writer *writer, const char *text,
                            size_t size);
void lat_gguf_put_item_u32(lat_gguf_writer *writer, uint32_t value);
void lat_gguf_put_item_f32(lat_gguf_writer *writer, float value);
/* Lists a tensor; shape slowest first, as in lat_tensor. */
void lat_gguf_put_tensor(lat_gguf_writer *writer, const char *name,
                         const lat_tensor *tensor);
/* Header, keys, tensor list, padding up to the data. */
lat_status lat_gguf_write_head(lat_gguf_writer *writer, lat_output *output,
                               lat_error *error);
/* Zeros up to the next multiple of the alignment after `bytes`. */
lat_status lat_gguf_write_padding(lat_output *output, uint64_t bytes,
                                  lat_error *error);
void lat_gguf_writer_free(lat_gguf_writer *writer);

#endif
