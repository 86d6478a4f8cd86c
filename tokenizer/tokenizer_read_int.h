/*
 * tokenizer_read_int.h - putting a tokenizer together: what the readers of
 * files call (tokenizer_new.c, template.c, merges.c), and the readers.
 */
#ifndef LATENT_TOKENIZER_READ_INT_H
#define LATENT_TOKENIZER_READ_INT_H

#include "tokenizer_int.h"

/* A tokenizer in the making; close it on failure. */
lat_status lat_tokenizer_new(lat_tokenizer **out, lat_error *error);
/* Room for ids below `ids`; `bytes` of text in all pieces together. */
lat_status lat_pieces_begin(lat_tokenizer *tokenizer, size_t ids,
                            size_t entries, size_t bytes, lat_error *error);
/* Copies the text; refuses a second piece of the same id, invalid UTF-8. */
lat_status lat_pieces_add(lat_tokenizer *tokenizer, uint32_t id,
                          const char *text, size_t size, lat_error *error);
/* NULL when out of memory. */
lat_step *lat_step_add(lat_tokenizer *tokenizer, bool splitter,
                       lat_step_kind kind);
lat_status lat_step_add_bert(lat_tokenizer *tokenizer, bool clean,
                             bool chinese, bool accents, bool lowercase,
                             lat_error *error);
/* Copies the content. */
lat_status lat_added_add(lat_tokenizer *tokenizer, const lat_added *token,
                         lat_error *error);
/* A template of `count` parts (copied). */
lat_status lat_template_set(lat_tokenizer *tokenizer, lat_template *to,
                            const lat_part *parts, size_t count,
                            lat_error *error);
/* [CLS] A [SEP] and [CLS] A [SEP] B [SEP] as BERT has it, or <s> A </s> and
 * <s> A </s> </s> B </s> as RoBERTa has it. */
lat_status lat_template_usual(lat_tokenizer *tokenizer, uint32_t cls,
                              uint32_t sep, bool roberta, lat_error *error);
/* The last step: added-token tries, what depends on all parts, and the
 * description. */
lat_status lat_tokenizer_finish(lat_tokenizer *tokenizer, lat_error *error);

lat_status lat_tokenizer_describe_make(lat_tokenizer *tokenizer,
                                       lat_error *error);

/* The parts of a tokenizer.json besides model and added tokens; each
 * may be NULL. */
lat_status lat_read_steps(lat_tokenizer *tokenizer, const lat_json *list,
                          bool splitters, lat_error *error);
lat_status lat_read_processor(lat_tokenizer *tokenizer, const lat_json *value,
                              lat_error *error);
/* Scores: all ids get one; the unknown score follows the least. */
lat_status lat_scores_begin(lat_pieces *pieces, lat_error *error);
lat_status lat_scores_set(lat_pieces *pieces, uint32_t id, double score,
                          lat_error *error);
/* Merges: room for `count`, then one by one in the order of rank. */
lat_status lat_merges_begin(lat_pieces *pieces, size_t count,
                            lat_error *error);
lat_status lat_merges_add(lat_pieces *pieces, const char *left,
                          size_t left_size, const char *right,
                          size_t right_size, uint32_t rank,
                          lat_error *error);

/* Families of sentencepiece vocabularies: what comes before the file's
 * pieces from number `skip` on, and a <mask> after them where the file has
 * none of its own. */
typedef struct lat_family {
    const char *const *names; /* count */
    size_t count, skip;
    bool mask, comma_penalty;
    const char *cls, *sep, *unknown, *mask_name;
    const char *const *specials; /* NULL at the end */
} lat_family;
extern const lat_family lat_family_xlm_roberta, lat_family_camembert,
    lat_family_albert;
/* Special tokens, steps, template and the last step. */
lat_status lat_family_finish(lat_tokenizer *tokenizer, const lat_family *kind,
                             const void *charsmap, size_t size,
                             const lat_json *config, lat_error *error);

/* Protobuf: `start` is the message's place in the file. */
typedef struct lat_protobuf {
    const unsigned char *data;
    size_t size, at;
    uint64_t start;
} lat_protobuf;
typedef struct lat_field {
    uint32_t number;
    unsigned type;    /* wire type */
    uint64_t value;   /* of a varint */
    const unsigned char *data; /* size bytes of the other types */
    size_t size;
    uint64_t place;   /* in the file */
} lat_field;
/* The next field; false at the end, or when it is malformed (*bad). */
bool lat_protobuf_next(lat_protobuf *in, lat_field *field, bool *bad);

/* Readers, one for each kind of file.  `config` is tokenizer_config.json
 * beside it, or NULL. */
lat_status lat_read_tokenizer_json(lat_tokenizer *tokenizer, const void *text,
                                   size_t size, lat_error *error);
lat_status lat_read_vocab_txt(lat_tokenizer *tokenizer, const char *text,
                              size_t size, const lat_json *config,
                              lat_error *error);
lat_status lat_read_bert_parts(lat_tokenizer *tokenizer,
                               const lat_tokenizer_parts *parts,
                               const lat_json *config, lat_error *error);
lat_status lat_read_vocab_json(lat_tokenizer *tokenizer, const lat_map *vocab,
                               const lat_map *merges, const char *merges_path,
                               const lat_json *config, lat_error *error);
lat_status lat_read_gpt2_parts(lat_tokenizer *tokenizer,
                               const lat_tokenizer_parts *parts,
                               const lat_json *config, lat_error *error);
lat_status lat_read_t5_parts(lat_tokenizer *tokenizer,
                             const lat_tokenizer_parts *parts,
                             lat_error *error);
lat_status lat_read_sentencepiece(lat_tokenizer *tokenizer, const void *data,
                                  size_t size, bool is_camembert,
                                  const lat_json *config, lat_error *error);
typedef struct lat_bert_options {
    bool lowercase, accents, chinese;
    const char *unknown, *cls, *sep, *pad, *mask;
    bool mpnet; /* RoBERTa's template, and a mask that takes in spaces */
} lat_bert_options;
lat_status lat_read_bert_pieces(lat_tokenizer *tokenizer,
                                const char *const *pieces,
                                const size_t *sizes, size_t count,
                                const lat_bert_options *options,
                                lat_error *error);

#endif
