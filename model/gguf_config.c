/*
 * gguf_config.c - a config.json for GGUF files that do not carry one.
 *
 * llama.cpp's converter writes BERT, RoBERTa, CamemBERT and XLM-R all as
 * architecture "bert"; the kind of vocabulary tells them apart:
 *
 *     tokenizer.ggml.model   "bert"       "gpt2"        "t5"
 *     model_type             bert         roberta       xlm-roberta
 *     positions              from 0       the first pad_token_id + 1 rows
 *                                         were dropped
 *
 * It drops BERT's pooler, so a head can be run only where both cls and
 * cls.output are there.  Sizes that a tensor shows are taken from it.
 */
#include "gguf_int.h"

#include <string.h>

#define SIZE_MOST (1u << 30)

typedef struct family {
    const char *vocabulary, *model_type, *plain, *with_head;
    bool roberta;
} family;

static const family families[] = {
    {"bert", "bert", "BertModel", "BertForSequenceClassification", false},
    {"gpt2", "roberta", "RobertaModel", "RobertaForSequenceClassification",
     true},
    {"t5", "xlm-roberta", "XLMRobertaModel",
     "XLMRobertaForSequenceClassification", true},
};

typedef struct sizes {
    uint64_t layers, heads, hidden, feed_forward, pad;
    double eps;
} sizes;

/* Sizes that no tensor shows must be there; guessing them would give numbers
 * that look right. */
static lat_status need_count(uint64_t *out, const lat_weights *weights,
                             const char *key, lat_error *error)
{
    bool found = false;
    lat_status status = lat_weights_meta_count(out, &found, weights, key,
                                               SIZE_MOST, error);

    if (status == LAT_OK && !found)
        status = lat_error_set(error, LAT_MALFORMED, "key \"%s\" is missing",
                               key);
    return status;
}

static lat_status read_sizes(sizes *out, const lat_weights *weights,
                             const family *kin, lat_error *error)
{
    bool found = false, causal = false;
    lat_status status = need_count(&out->layers, weights,
                                   "bert.block_count", error);

    if (status == LAT_OK)
        status = need_count(&out->heads, weights,
                            "bert.attention.head_count", error);
    if (status == LAT_OK)
        status = need_count(&out->hidden, weights, "bert.embedding_length",
                            error);
    if (status == LAT_OK)
        status = need_count(&out->feed_forward, weights,
                            "bert.feed_forward_length", error);
    if (status != LAT_OK)
        return status;
    status = lat_weights_meta_number(&out->eps, &found, weights,
                                     "bert.attention.layer_norm_epsilon",
                                     error);
    if (status == LAT_OK && !found)
        status = lat_error_set(error, LAT_MALFORMED,
                               "key \"bert.attention.layer_norm_epsilon\" "
                               "is missing");
    if (status == LAT_OK)
        status = lat_weights_meta_flag(&causal, &found, weights,
                                       "bert.attention.causal", error);
    if (status == LAT_OK && causal)
        status = lat_error_set(error, LAT_UNSUPPORTED,
                               "bert.attention.causal is true; only "
                               "encoders that see both sides are run");
    out->pad = kin->roberta ? 1 : 0;
    if (status == LAT_OK)
        status = lat_weights_meta_count(&out->pad, &found, weights,
                                        "tokenizer.ggml.padding_token_id",
                                        1u << 20, error);
    return status;
}

/* Files with latent.config never come here, so any architecture but
 * llama.cpp's "bert" is foreign for good. */
static lat_status find_family(const family **out, const lat_weights *weights,
                              lat_error *error)
{
    const char *text = NULL;
    size_t size = 0;
    bool found = false;
    lat_status status = lat_weights_meta_text(&text, &size, &found, weights,
                                              "general.architecture", error);

    if (status == LAT_OK && !found)
        status = lat_error_set(error, LAT_MALFORMED,
                               "key \"general.architecture\" is missing");
    if (status == LAT_OK && strcmp(text, "bert") != 0)
        status = lat_error_set(error, LAT_UNSUPPORTED,
                               "architecture \"%.*s\" without latent.config; "
                               "expected \"bert\"", LAT_QUOTE, text);
    if (status == LAT_OK)
        status = lat_weights_meta_text(&text, &size, &found, weights,
                                       "tokenizer.ggml.model", error);
    if (status != LAT_OK)
        return status;
    if (!found)
        text = "bert";
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        *out = &families[i];
        if (strcmp(text, families[i].vocabulary) == 0)
            return LAT_OK;
    }
    return lat_error_set(error, LAT_UNSUPPORTED,
                         "vocabulary kind \"%.*s\"; expected \"bert\", "
                         "\"gpt2\" or \"t5\"", LAT_QUOTE, text);
}

/* Rows of a tensor, 0 when it is absent.  The hash table of names does not
 * stand yet, and four look-ups do not need it. */
static uint64_t rows_of(const lat_weights *weights, const char *name)
{
    for (size_t i = 0; i < weights->count; i++) {
        if (strcmp(weights->tensors[i].name, name) == 0)
            return weights->tensors[i].shape[0];
    }
    return 0;
}

/* Names of classes, with the names that the hub's library makes up where the
 * file has none. */
static void put_labels(lat_json_writer *json, const lat_gguf_list *labels,
                       uint64_t classes)
{
    char number[24];

    lat_json_key(json, "id2label");
    lat_json_open(json, '{');
    for (uint64_t i = 0; i < classes; i++) {
        char name[32];

        snprintf(number, sizeof number, "%llu", (unsigned long long)i);
        snprintf(name, sizeof name, "LABEL_%llu", (unsigned long long)i);
        lat_json_key(json, number);
        lat_json_put_text(json, i < labels->count ? labels->texts[i] : name);
    }
    lat_json_close(json, '}');
}

static void put_count(lat_json_writer *json, const char *key, uint64_t value)
{
    lat_json_key(json, key);
    lat_json_put_count(json, value);
}

static void put_word(lat_json_writer *json, const char *key,
                     const char *value)
{
    lat_json_key(json, key);
    lat_json_put_text(json, value);
}

/* Keys are written in sorted order, so that the text depends on the file
 * alone. */
static void write_config(lat_buffer *text, const lat_weights *weights,
                         const family *kin, const sizes *s,
                         const lat_gguf_list *labels)
{
    uint64_t classes = rows_of(weights, kin->roberta
                                            ? "classifier.out_proj.weight"
                                            : "classifier.weight");
    bool head = classes != 0 && classes <= 65536 &&
                rows_of(weights, kin->roberta ? "classifier.dense.weight"
                                              : "pooler.dense.weight") != 0;
    lat_json_writer json;

    lat_json_begin(&json, text, false);
    lat_json_open(&json, '{');
    lat_json_key(&json, "architectures");
    lat_json_open(&json, '[');
    lat_json_put_text(&json, head ? kin->with_head : kin->plain);
    lat_json_close(&json, ']');
    put_word(&json, "hidden_act", "gelu");
    put_count(&json, "hidden_size", s->hidden);
    if (head)
        put_labels(&json, labels, classes);
    put_count(&json, "intermediate_size", s->feed_forward);
    lat_json_key(&json, "layer_norm_eps");
    lat_json_put_number(&json, s->eps);
    put_count(&json, "max_position_embeddings",
              weights->positions_dropped +
              rows_of(weights, "embeddings.position_embeddings.weight"));
    put_word(&json, "model_type", kin->model_type);
    put_count(&json, "num_attention_heads", s->heads);
    put_count(&json, "num_hidden_layers", s->layers);
    put_count(&json, "pad_token_id", s->pad);
    put_count(&json, "type_vocab_size",
              rows_of(weights, "embeddings.token_type_embeddings.weight"));
    put_count(&json, "vocab_size",
              rows_of(weights, "embeddings.word_embeddings.weight"));
    lat_json_close(&json, '}');
}

lat_status lat_gguf_make_config(lat_weights *weights, lat_error *error)
{
    const family *kin = NULL;
    lat_gguf_list labels = {0};
    sizes s = {0};
    lat_buffer text = {0};
    lat_status status = find_family(&kin, weights, error);

    if (status == LAT_OK)
        status = read_sizes(&s, weights, kin, error);
    if (status == LAT_OK)
        status = lat_gguf_texts(&labels, weights->gguf,
                                "bert.classifier.output_labels",
                                &weights->arena, error);
    if (status != LAT_OK)
        return status;
    weights->positions_dropped = kin->roberta ? (size_t)s.pad + 1 : 0;
    write_config(&text, weights, kin, &s, &labels);
    status = lat_buffer_status(&text, error);
    if (status == LAT_OK) {
        weights->config = lat_arena_copy(&weights->arena, text.data,
                                         text.size);
        weights->config_size = text.size;
        if (weights->config == NULL)
            status = lat_error_memory(error, text.size);
    }
    lat_buffer_free(&text);
    return status;
}
