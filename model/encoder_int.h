/*
 * encoder_int.h - the inside of a model: configuration, tensors, passes.
 *
 * One encoder serves every architecture; what differs between them is one
 * row of the table in architecture.c.
 *
 *     config.json --config.c--> lat_config --+
 *     tensors ------------------------------ + --layout.c--> lat_layout
 *                                                               |
 *                       lat_model  <--assemble.c, linear.c -----+
 *                           |
 *     batch --encoder.c--> chunks --layer.c, attention.c, heads.c--> states
 *
 * Letters: T tokens of a chunk, H hidden, E embedding width (= H except in
 * ALBERT and ELECTRA), A heads, D = H / A, F feed-forward, V vocabulary,
 * C classes.  Private to model/.
 */
#ifndef LATENT_ENCODER_INT_H
#define LATENT_ENCODER_INT_H

#include "model.h"
#include "weights_int.h"

/* ---- The table of differences (architecture.c) ------------------------- */

/* Where position numbers start. */
typedef enum lat_positions {
    LAT_POSITIONS_ZERO,    /* 0, 1, 2, ... */
    LAT_POSITIONS_PADDING  /* pad+1, pad+2, ...; a pad token keeps pad */
} lat_positions;

/* Tensor names below the encoder's prefix, without ".weight"/".bias". */
typedef struct lat_layer_names {
    const char *folder; /* of one layer; "#" is its number */
    const char *query, *key, *value, *output, *attention_norm;
    const char *up, *down, *output_norm;
} lat_layer_names;

/* A masked-LM head: decoder(norm(act(dense(x)))) + bias. */
typedef struct lat_lm_names {
    const char *dense, *norm, *decoder;
    const char *bias[2];  /* full names, the first that is there counts */
    bool hidden_act;      /* act is the configured one, else erf GELU */
} lat_lm_names;

typedef struct lat_architecture {
    const char *name;   /* model_type of config.json */
    const char *family; /* same classes, tensors and rules */
    const char *class;  /* "Bert" of "BertForMaskedLM" */
    const char *prefix; /* "bert." */
    /* Names of config keys that are not the same everywhere. */
    const char *key_hidden, *key_layers, *key_heads, *key_feed_forward,
        *key_act;
    bool has_types;       /* token_type_embeddings */
    bool fixed_eps;       /* 1e-12 whatever the config says */
    bool has_embedding;   /* embedding_size may differ from hidden_size */
    bool always_projects; /* even when it does not */
    bool has_groups;      /* layers shared in groups */
    lat_positions positions;
    int fixed_pad;        /* padding index of positions, -1: pad_token_id */
    const char *act;      /* default of hidden_act */
    const char *project;  /* E -> H, or NULL */
    const char *relative; /* relative_attention_bias, or NULL */
    lat_layer_names layer;
    /* Sequence head: out(act(dense(first token))).  `pooler` says that the
     * dense part lies below the encoder's prefix. */
    bool pooler;
    const char *dense, *out;
    lat_activation dense_act;
    lat_lm_names lm;
    bool pretraining_is_lm; /* ForPreTraining holds a masked-LM head */
} lat_architecture;

const lat_architecture *lat_architecture_named(const char *name);
/* By the class that begins `class_name`; *rest is what follows. */
const lat_architecture *lat_architecture_of_class(const char *class_name,
                                                  const char **rest);
/* "bert, distilbert, ..." for messages. */
const char *lat_architecture_list(void);

/* ---- Configuration (config.c) ------------------------------------------ */

typedef struct lat_config {
    const lat_architecture *architecture;
    size_t vocabulary, hidden, embedding, layers, heads, feed_forward;
    size_t positions;       /* rows of the position table */
    size_t types;           /* 0 where there are none */
    size_t groups, inner;   /* ALBERT: groups of inner layers; else 1, 1 */
    size_t buckets;         /* relative positions; 0 where there are none */
    lat_activation act;
    float eps;
    uint32_t pad_id;
    size_t max_tokens;      /* longest sequence that has positions */
    bool says_head;         /* `architectures` names a class */
    lat_head head;          /* the head it names */
    char head_class[64];    /* that class, for messages */
    bool head_known;        /* false: a head that we do not run */
    const char *problem;    /* problem_type or NULL */
    size_t classes;         /* by id2label or num_labels; 2 without both */
    char **labels;          /* classes, or NULL; in the arena */
} lat_config;

/* Strings live in the arena.  `error` gets byte offsets; the caller adds
 * the file. */
lat_status lat_config_read(lat_config *config, lat_arena *arena,
                           const char *text, size_t size, lat_error *error);

/* ---- Which tensor plays which part (layout.c) --------------------------- */

/* A Linear (weight n x k, bias n) or a LayerNorm (gain, shift). */
typedef struct lat_pair {
    const lat_tensor *weight, *bias;
} lat_pair;

typedef struct lat_layout_layer {
    lat_pair query, key, value, output, attention_norm, up, down,
        output_norm;
} lat_layout_layer;

typedef struct lat_layout {
    const lat_tensor *word, *position, *type; /* type may be NULL */
    lat_pair embedding_norm, project;         /* project may be empty */
    const lat_tensor *relative;               /* buckets x A, or NULL */
    lat_layout_layer *layers;                 /* distinct ones, in arena */
    size_t layer_count;
    lat_head head;
    size_t classes;
    lat_pair dense, norm, out; /* parts of the head; may be empty */
    const char **unused;       /* names of tensors without a part */
    size_t unused_count;
} lat_layout;

/* Finds the prefix, the head and every part; all that is missing, of
 * another shape or out of place inside the encoder is named in one error. */
lat_status lat_layout_find(lat_layout *layout, lat_arena *arena,
                           const lat_weights *weights,
                           const lat_config *config, bool ignore_head,
                           lat_error *error);

/* ---- A model in memory (assemble.c) -------------------------------------- */

/* Sums are cut into chains of at most LAT_CHAIN_LONG products: a chain's
 * rounding error grows with the square root of its length.  With k = 3072
 * and 768 (BERT-base) single chains end 2.0 times as far from float64 as
 * PyTorch's blocked sums, pieces of 256 0.94 times. */
#define LAT_CHAIN_LONG 256
#define LAT_CHAIN_TINY 128 /* for sums up to this length */
#define LAT_CHAIN_SHORT 16

typedef struct lat_linear {
    float *panels; /* n x k, in the model's block; NULL: widened when used */
    float *bias;   /* n */
    size_t n, k;
    size_t piece;  /* products in a chain; the last may have fewer */
    const lat_tensor *source[2]; /* weights, under each other */
    size_t sources;
} lat_linear;

/* A Linear of few outputs, summed in double: heads are read off the last
 * digits (which class wins), and their cost is nothing beside a layer's. */
typedef struct lat_precise {
    double *rows; /* n x k */
    float *bias;  /* n */
    size_t n, k;
} lat_precise;

typedef struct lat_norm {
    float *gain, *shift; /* n */
    size_t n;
} lat_norm;

typedef struct lat_layer {
    lat_linear query;     /* H x H */
    lat_linear key_value; /* 2H x H: keys, then values */
    lat_linear output;    /* H x H */
    lat_norm attention_norm;
    lat_linear up, down;  /* F x H, H x F */
    lat_norm output_norm;
} lat_layer;

struct lat_model {
    lat_model_info info;
    lat_config config;
    lat_layout layout;
    lat_weights *weights;
    const lat_kernels *kernels;
    lat_pool *opener;     /* helps while the model is made, else NULL */
    lat_arena arena;      /* config, layout, names */
    char *path;
    /* Word rows are widened one by one as they are looked up; the rest is
     * float32 in memory of our own. */
    float *position;      /* positions x E, row p at p - dropped */
    size_t dropped;
    float *type;          /* types x E, or NULL */
    float *relative;      /* buckets x A, or NULL */
    float *panels;        /* of all matrices that are packed, end to end */
    size_t panels_used;
    lat_norm embedding_norm;
    lat_linear project;   /* H x E, n = 0: none */
    lat_layer *layers;    /* distinct ones */
    size_t layer_count;
    size_t *layer_of;     /* info.layers numbers into `layers` */
    lat_precise class_dense, class_out; /* sequence and token heads */
    lat_linear lm_dense, lm_decoder;    /* masked LM */
    lat_norm lm_norm;
    size_t rows;          /* tokens of a chunk, rows of a row-wise step */
    size_t room;          /* scratch of lat_linear_apply, floats */
    float *work;          /* kept from one forward pass to the next */
    size_t work_size;     /* floats */
};

/* Everything after the weights were found (model.c).  Takes the weights:
 * they are closed with the model, or here when that fails. */
lat_status lat_model_build(lat_model **out, lat_weights *weights,
                           const lat_model_options *options,
                           lat_error *error);
lat_status lat_model_assemble(lat_model *model, lat_error *error);
/* lat_weights_check with the help of the pool that opens the model. */
lat_status lat_model_check(const lat_model *model, const lat_tensor *tensor,
                           lat_error *error);
void lat_model_dismantle(lat_model *model);

/* ---- Matrices of weights (linear.c) ------------------------------------- */

/* `count` (1 or 2) Linears of one shape, laid under each other; their panels
 * take the next lat_linear_panels floats (0: none) of the model's block. */
size_t lat_linear_panels(const lat_pair *parts, size_t count);
lat_status lat_linear_load(lat_linear *linear, lat_model *model,
                           const lat_pair *parts, size_t count,
                           lat_error *error);
void lat_linear_free(lat_linear *linear);
/* Floats of scratch that lat_linear_apply needs for so many rows. */
size_t lat_linear_room(const lat_linear *linear, size_t rows);

/* c = activation(a w' + bias) + residual over 1 <= m <= lat_model.rows rows;
 * c may be a. */
typedef struct lat_apply {
    size_t m;
    const float *a;
    size_t lda;
    float *c;
    size_t ldc;
    const float *residual;
    size_t ldr;
    lat_activation activation;
    float *room; /* lat_model.room floats */
} lat_apply;
void lat_linear_apply(const lat_model *model, const lat_linear *linear,
                      const lat_apply *apply);

/* ---- A forward pass (encoder.c, layer.c, attention.c, heads.c) ---------- */

/* Sequences of a chunk lie end to end in one matrix.  In the highest layer
 * that is computed, `kept` may name the only rows that anyone reads: from
 * the queries on, rows are those, close together. */
typedef struct lat_chunk {
    const lat_model *model;
    const lat_batch *batch;
    const lat_states *want;
    lat_pool *pool;       /* NULL: this chunk is one thread's work */
    size_t worker;        /* that thread, when pool is NULL */
    size_t first, sequences;
    size_t token, tokens; /* first token in the batch, T */
    size_t top;           /* highest layer computed */
    const size_t *kept;   /* batch token numbers, or NULL for all */
    size_t kept_count;
    size_t rows;          /* T, or kept_count above the keys of layer top */
    bool compact;         /* rows are the kept ones now */
    const lat_layer *layer; /* the one being computed */
    float *x;             /* T x H */
    float *query;         /* T x W; contexts replace queries; embeddings */
    float *key_value;     /* T x 2H */
    float *const *scratch; /* one for each worker */
} lat_chunk;

/* Work of a step over `parts` parts, by this thread or by the pool. */
typedef void lat_step(lat_chunk *chunk, size_t part, float *scratch);
void lat_chunk_run(lat_chunk *chunk, size_t parts, lat_step *step);
/* `rows` rows in parts of at most lat_model.rows, as even as can be. */
size_t lat_chunk_row_parts(const lat_chunk *chunk, size_t rows);
void lat_chunk_row_part(const lat_chunk *chunk, size_t rows, size_t part,
                        size_t *first, size_t *count);
/* Row of a batch token in the chunk's matrix as it stands. */
size_t lat_chunk_row(const lat_chunk *chunk, size_t token);
/* First index in ascending list[0..count) that is >= value. */
size_t lat_lower_bound(const size_t *list, size_t count, size_t value);

void lat_norm_apply(const lat_model *model, const lat_norm *norm, float *x,
                    size_t stride, size_t rows);

void lat_chunk_embed(lat_chunk *chunk);
void lat_chunk_layer(lat_chunk *chunk, size_t number);
void lat_chunk_attend(lat_chunk *chunk); /* query, key_value -> query */
void lat_chunk_head(lat_chunk *chunk);

/* Floats of a worker's scratch for sequences of up to `longest` tokens: the
 * room of lat_linear_apply, then a step's own (attention takes all). */
size_t lat_scratch_size(const lat_model *model, size_t longest);
size_t lat_attention_scratch(const lat_model *model, size_t longest);
size_t lat_layer_scratch(const lat_model *model);
size_t lat_head_scratch(const lat_model *model);

#endif
