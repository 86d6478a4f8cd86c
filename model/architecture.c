/*
 * architecture.c - the table of differences between the encoders.
 *
 * All are the same post-norm transformer; a row says how its configuration
 * keys, its tensors and its heads are called, where its positions begin and
 * what is shared.  Facts from the reference implementation's modules
 * (transformers 5): to add an encoder of the family, add a row.
 *
 *            types  positions  E != H    layers   sequence head
 *   BERT      yes   0..        no        own      pooler tanh, linear
 *   DistilBERT no   0..        no        own      relu, linear
 *   RoBERTa   yes   pad+1..    no        own      tanh, linear
 *   ALBERT    yes   0..        mapping   groups   pooler tanh, linear
 *   ELECTRA   yes   0..        if !=     own      erf gelu, linear
 *   MPNet     no    2..        no        own      tanh, linear
 */
#include "encoder_int.h"

#include <string.h>

#define BERT_LAYER                                                        \
    {.folder = "encoder.layer.#.",                                      \
     .query = "attention.self.query", .key = "attention.self.key",        \
     .value = "attention.self.value", .output = "attention.output.dense", \
     .attention_norm = "attention.output.LayerNorm",                      \
     .up = "intermediate.dense", .down = "output.dense",                  \
     .output_norm = "output.LayerNorm"}

#define BERT_KEYS                                                         \
    .key_hidden = "hidden_size", .key_layers = "num_hidden_layers",       \
    .key_heads = "num_attention_heads",                                   \
    .key_feed_forward = "intermediate_size", .key_act = "hidden_act"

#define ROBERTA_LM                                                        \
    {.dense = "lm_head.dense", .norm = "lm_head.layer_norm",              \
     .decoder = "lm_head.decoder",                                        \
     .bias = {"lm_head.decoder.bias", "lm_head.bias"}}

#define ROBERTA_ROW(model_type, class_name)                               \
    {.name = model_type, .family = "roberta", .class = class_name,        \
     .prefix = "roberta.", BERT_KEYS, .has_types = true,                  \
     .positions = LAT_POSITIONS_PADDING, .fixed_pad = -1, .act = "gelu",  \
     .layer = BERT_LAYER, .dense = "classifier.dense",                    \
     .out = "classifier.out_proj", .dense_act = LAT_ACT_TANH,             \
     .lm = ROBERTA_LM}

static const lat_architecture table[] = {
    {.name = "bert", .family = "bert", .class = "Bert", .prefix = "bert.",
     BERT_KEYS, .has_types = true, .fixed_pad = -1, .act = "gelu",
     .layer = BERT_LAYER, .pooler = true, .dense = "pooler.dense",
     .out = "classifier", .dense_act = LAT_ACT_TANH,
     .lm = {.dense = "cls.predictions.transform.dense",
            .norm = "cls.predictions.transform.LayerNorm",
            .decoder = "cls.predictions.decoder",
            .bias = {"cls.predictions.decoder.bias",
                     "cls.predictions.bias"},
            .hidden_act = true},
     .pretraining_is_lm = true},
    {.name = "distilbert", .family = "distilbert", .class = "DistilBert",
     .prefix = "distilbert.", .key_hidden = "dim", .key_layers = "n_layers",
     .key_heads = "n_heads", .key_feed_forward = "hidden_dim",
     .key_act = "activation", .fixed_eps = true, .fixed_pad = -1,
     .act = "gelu",
     .layer = {.folder = "transformer.layer.#.",
               .query = "attention.q_lin", .key = "attention.k_lin",
               .value = "attention.v_lin", .output = "attention.out_lin",
               .attention_norm = "sa_layer_norm", .up = "ffn.lin1",
               .down = "ffn.lin2", .output_norm = "output_layer_norm"},
     .dense = "pre_classifier", .out = "classifier",
     .dense_act = LAT_ACT_RELU,
     .lm = {.dense = "vocab_transform", .norm = "vocab_layer_norm",
            .decoder = "vocab_projector",
            .bias = {"vocab_projector.bias", NULL}, .hidden_act = true}},
    ROBERTA_ROW("roberta", "Roberta"),
    ROBERTA_ROW("camembert", "Camembert"),
    ROBERTA_ROW("xlm-roberta", "XLMRoberta"),
    {.name = "albert", .family = "albert", .class = "Albert",
     .prefix = "albert.", BERT_KEYS, .has_types = true,
     .has_embedding = true, .always_projects = true, .has_groups = true,
     .fixed_pad = -1, .act = "gelu_new",
     .project = "encoder.embedding_hidden_mapping_in",
     .layer = {.folder = "encoder.albert_layer_groups.#."
                         "albert_layers.#.",
               .query = "attention.query", .key = "attention.key",
               .value = "attention.value", .output = "attention.dense",
               .attention_norm = "attention.LayerNorm", .up = "ffn",
               .down = "ffn_output",
               .output_norm = "full_layer_layer_norm"},
     .pooler = true, .dense = "pooler", .out = "classifier",
     .dense_act = LAT_ACT_TANH,
     .lm = {.dense = "predictions.dense", .norm = "predictions.LayerNorm",
            .decoder = "predictions.decoder",
            .bias = {"predictions.decoder.bias", "predictions.bias"},
            .hidden_act = true},
     .pretraining_is_lm = true},
    /* ElectraForPreTraining is the discriminator, whose head judges each
     * token real or replaced: no head of ours. */
    {.name = "electra", .family = "electra", .class = "Electra",
     .prefix = "electra.", BERT_KEYS, .has_types = true,
     .has_embedding = true, .fixed_pad = -1, .act = "gelu",
     .project = "embeddings_project", .layer = BERT_LAYER,
     .dense = "classifier.dense", .out = "classifier.out_proj",
     .dense_act = LAT_ACT_GELU,
     .lm = {.dense = "generator_predictions.dense",
            .norm = "generator_predictions.LayerNorm",
            .decoder = "generator_lm_head",
            .bias = {"generator_lm_head.bias", NULL}}},
    {.name = "mpnet", .family = "mpnet", .class = "MPNet",
     .prefix = "mpnet.", BERT_KEYS, .positions = LAT_POSITIONS_PADDING,
     .fixed_pad = 1, .act = "gelu",
     .relative = "encoder.relative_attention_bias",
     .layer = {.folder = "encoder.layer.#.", .query = "attention.attn.q",
               .key = "attention.attn.k", .value = "attention.attn.v",
               .output = "attention.attn.o",
               .attention_norm = "attention.LayerNorm",
               .up = "intermediate.dense", .down = "output.dense",
               .output_norm = "output.LayerNorm"},
     .dense = "classifier.dense", .out = "classifier.out_proj",
     .dense_act = LAT_ACT_TANH, .lm = ROBERTA_LM},
};

const lat_architecture *lat_architecture_named(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    }
    return NULL;
}

const lat_architecture *lat_architecture_of_class(const char *class_name,
                                                  const char **rest)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        size_t size = strlen(table[i].class);
        if (strncmp(table[i].class, class_name, size) == 0) {
            *rest = class_name + size;
            return &table[i];
        }
    }
    return NULL;
}

const char *lat_architecture_list(void)
{
    return "bert, distilbert, roberta, camembert, xlm-roberta, albert, "
           "electra, mpnet";
}
