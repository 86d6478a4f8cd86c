/*
 * convert_int.h - from a hub folder to the keys of a GGUF file.
 *
 *     convert_model.c       which tensors, which types, streaming them out
 *     convert_keys.c        config.json -> bert.*, general.*, latent.*
 *     convert_vocabulary.c  tokenizer files -> pieces in id order
 *     plain_bert.c          can three flags stand for tokenizer.json?
 *     convert_pieces.c      pieces -> tokenizer.ggml.*
 *     base64.c              the normaliser table inside tokenizer.json
 *
 * Private to model/.
 */
#ifndef LATENT_CONVERT_INT_H
#define LATENT_CONVERT_INT_H

#include "gguf_int.h"

/* Pieces in the order of their ids.  Texts point into the arena that the
 * reader was given. */
typedef struct lat_pieces {
    const char *kind;    /* "bert", "gpt2", "t5"; NULL: no vocabulary */
    size_t count;
    const char **texts;  /* NULL where no piece has that id */
    size_t *sizes;
    unsigned char *kinds; /* LAT_PIECE_... */
    float *scores;       /* "t5" only, else NULL */
    const char **merges; /* "gpt2" only: "a b" */
    size_t merge_count;
    const char *charsmap;  /* "t5": normaliser table in base64, or NULL */
    const char *tokenizer_json; /* NULL when `plain` or not there */
    size_t tokenizer_json_size;
    bool lowercase, strip_accents, chinese_characters;
    bool has_flags;      /* false: the vocabulary tells whether it is cased */
    const char *settings; /* tokenizer_config.json beside files that need
                             it, or NULL */
    size_t settings_size;
    const char *sentencepiece; /* a SentencePiece file; then kind is NULL */
    size_t sentencepiece_size;
    const char *files[3]; /* base names of the files read, or NULL */
} lat_pieces;

/* `rows` is the size of the embedding: pieces with higher ids are refused.
 * A folder without any tokenizer file gives kind NULL. */
lat_status lat_pieces_read(lat_pieces *out, lat_arena *arena,
                           const char *folder, size_t rows,
                           lat_error *error);
/* Whether tokenizer.json is plain BERT; sets the three flags from its
 * normalizer. */
bool lat_pieces_plain_bert(lat_pieces *pieces, const lat_json *root);
/* Decodes strict base64 (RFC 4648, padded) into the buffer; false when it is
 * none. */
bool lat_base64_decode(lat_buffer *out, const char *text, size_t size);
/* tokenizer.ggml.* and latent.tokenizer.* keys. */
lat_status lat_pieces_put(lat_gguf_writer *writer, const lat_pieces *pieces,
                          size_t type_vocabulary, lat_error *error);

typedef struct lat_convert_source {
    const lat_weights *weights;
    const lat_json *config;
    const char *model_type;
    const char *architecture; /* general.architecture */
    bool llama;    /* a model that llama.cpp's "bert" covers */
    bool roberta;  /* head and positions as in RoBERTa */
    size_t positions_dropped;
    const lat_tensor *positions; /* their table, or NULL */
    uint32_t file_type; /* general.file_type */
} lat_convert_source;

/* Every key but those of the vocabulary and latent.tensor_names. */
lat_status lat_convert_put_keys(lat_gguf_writer *writer,
                                const lat_convert_source *source,
                                const lat_pieces *pieces, lat_error *error);

#endif
