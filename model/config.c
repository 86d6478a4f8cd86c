/*
 * config.c - config.json, read strictly.
 *
 * A configuration that asks for something that this encoder does not do is
 * refused by name: silently leaving a key aside would give hidden states
 * that belong to no model.  Keys that only matter in training (dropout,
 * initialisation, gradient checkpoints) are not looked at.
 *
 * Defaults are the reference implementation's (transformers 5): they count
 * where published files leave a key out, e.g. layer_norm_eps = 1e-12 and
 * pad_token_id = 0 in BERT's, type_vocab_size = 2.
 */
#include "encoder_int.h"

#include <string.h>

/* Ceilings that no encoder comes near; they keep products of sizes far from
 * overflow and refuse nonsense before memory is asked for. */
#define MOST_WIDTH ((uint64_t)1 << 20)
#define MOST_TOKENS ((uint64_t)1 << 24)
#define MOST_VOCABULARY ((uint64_t)1 << 28)
#define MOST_LAYERS 1024
#define MOST_CLASSES 65536

typedef struct reader {
    const lat_json *root;
    lat_arena *arena;
    lat_config *config;
    lat_error *error;
} reader;

/* Where a key's value stands, for messages; the object when it is absent. */
static uint64_t byte_of(const lat_json *object, const char *key)
{
    const lat_json *value = lat_json_get(object, key);
    return value != NULL ? value->byte : object->byte;
}

/* A whole number in least..most.  An absent key takes the fallback;
 * LAT_NOWHERE as fallback means that the key must be there. */
static lat_status read_count(reader *r, size_t *out, const char *key,
                             uint64_t least, uint64_t most,
                             uint64_t fallback)
{
    bool bad = false;
    uint64_t value = lat_json_count(r->root, key, fallback, &bad);
    if (bad)
        return lat_error_at_byte(r->error, LAT_MALFORMED,
                                 byte_of(r->root, key),
                                 "\"%s\" is not a whole number", key);
    if (value == LAT_NOWHERE)
        return lat_error_set(r->error, LAT_MALFORMED,
                             "\"%s\" is missing", key);
    if (value < least || value > most)
        return lat_error_at_byte(
            r->error, LAT_OUT_OF_RANGE, byte_of(r->root, key),
            "\"%s\" is %llu, expected %llu to %llu", key,
            (unsigned long long)value, (unsigned long long)least,
            (unsigned long long)most);
    *out = (size_t)value;
    return LAT_OK;
}

static lat_status read_text(reader *r, const char **out, const char *key,
                            const char *fallback)
{
    bool bad = false;
    *out = lat_json_text(r->root, key, fallback, &bad);
    if (bad)
        return lat_error_at_byte(r->error, LAT_MALFORMED,
                                 byte_of(r->root, key),
                                 "\"%s\" is not a string", key);
    return LAT_OK;
}

/* ---- What is refused ---------------------------------------------------- */

static lat_status refuse_flags(reader *r)
{
    static const char *const flags[] = {"is_decoder", "add_cross_attention",
                                        "is_encoder_decoder"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        bool bad = false;
        bool on = lat_json_flag(r->root, flags[i], false, &bad);
        if (bad)
            return lat_error_at_byte(r->error, LAT_MALFORMED,
                                     byte_of(r->root, flags[i]),
                                     "\"%s\" is not true or false",
                                     flags[i]);
        if (on)
            return lat_error_at_byte(
                r->error, LAT_UNSUPPORTED, byte_of(r->root, flags[i]),
                "\"%s\" is true: only encoders are supported", flags[i]);
    }
    return LAT_OK;
}

static lat_status refuse_unknown_arithmetic(reader *r)
{
    const char *kind;
    lat_status status = read_text(r, &kind, "position_embedding_type",
                                  "absolute");
    if (status != LAT_OK)
        return status;
    if (strcmp(kind, "absolute") != 0)
        return lat_error_at_byte(
            r->error, LAT_UNSUPPORTED,
            byte_of(r->root, "position_embedding_type"),
            "position_embedding_type \"%s\" is not supported, only "
            "\"absolute\"", kind);
    static const char *const keys[] = {"quantization_config", "auto_map",
                                       "pruned_heads"};
    static const char *const why[] = {
        "quantised weights of other programs",
        "models with their own code", "models with heads cut out"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const lat_json *value = lat_json_get(r->root, keys[i]);
        if (value == NULL || value->type == LAT_JSON_NULL ||
            (value->type == LAT_JSON_OBJECT && value->size == 0))
            continue;
        return lat_error_at_byte(r->error, LAT_UNSUPPORTED, value->byte,
                                 "\"%s\": %s are not supported", keys[i],
                                 why[i]);
    }
    return LAT_OK;
}

/* ---- Activation --------------------------------------------------------- */

/* The reference's names.  All tanh forms are one function up to the
 * rounding of its constants; clipped and sigmoid forms are others. */
static lat_status read_activation(reader *r, const char *key,
                                  const char *fallback)
{
    static const struct {
        const char *name;
        lat_activation act;
    } known[] = {
        {"gelu", LAT_ACT_GELU},
        {"gelu_python", LAT_ACT_GELU},
        {"gelu_new", LAT_ACT_GELU_TANH},
        {"gelu_fast", LAT_ACT_GELU_TANH},
        {"gelu_accurate", LAT_ACT_GELU_TANH},
        {"gelu_pytorch_tanh", LAT_ACT_GELU_TANH},
        {"gelu_python_tanh", LAT_ACT_GELU_TANH},
        {"relu", LAT_ACT_RELU},
        {"silu", LAT_ACT_SILU},
        {"swish", LAT_ACT_SILU},
        {"tanh", LAT_ACT_TANH},
        {"linear", LAT_ACT_NONE},
    };
    const char *name;
    lat_status status = read_text(r, &name, key, fallback);
    if (status != LAT_OK)
        return status;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].name, name) == 0) {
            r->config->act = known[i].act;
            return LAT_OK;
        }
    }
    return lat_error_at_byte(
        r->error, LAT_UNSUPPORTED, byte_of(r->root, key),
        "%s \"%s\" is not supported, only gelu, gelu_new and its other "
        "names, relu, silu, tanh", key, name);
}

/* ---- Architecture and head ---------------------------------------------- */

static const struct {
    const char *suffix;
    lat_head head;
    bool known;
} classes_known[] = {
    {"Model", LAT_HEAD_NONE, true},
    {"ForSequenceClassification", LAT_HEAD_SEQUENCE, true},
    {"ForTokenClassification", LAT_HEAD_TOKEN, true},
    {"ForMaskedLM", LAT_HEAD_MASKED_LM, true},
    {"LMHeadModel", LAT_HEAD_MASKED_LM, true},
    {"ForPreTraining", LAT_HEAD_MASKED_LM, true},
    {"ForQuestionAnswering", LAT_HEAD_NONE, false},
    {"ForMultipleChoice", LAT_HEAD_NONE, false},
    {"ForNextSentencePrediction", LAT_HEAD_NONE, false},
};

static lat_status read_head(reader *r, const lat_json *name,
                            const char *suffix)
{
    lat_config *config = r->config;
    for (size_t i = 0; i < sizeof classes_known / sizeof *classes_known;
         i++) {
        if (strcmp(classes_known[i].suffix, suffix) != 0)
            continue;
        config->says_head = true;
        config->head = classes_known[i].head;
        config->head_known = classes_known[i].known;
        if (strcmp(suffix, "ForPreTraining") == 0 &&
            !config->architecture->pretraining_is_lm)
            config->head = LAT_HEAD_NONE;
        size_t size = name->size < sizeof config->head_class - 1
                          ? name->size : sizeof config->head_class - 1;
        memcpy(config->head_class, name->string, size);
        return LAT_OK;
    }
    return lat_error_at_byte(r->error, LAT_UNSUPPORTED, name->byte,
                             "class \"%s\" is not supported", name->string);
}

/* model_type says which row of the table; `architectures` which head.  Old
 * files have no model_type: then the class name says both. */
static lat_status read_architecture(reader *r)
{
    lat_config *config = r->config;
    const char *type;
    lat_status status = read_text(r, &type, "model_type", NULL);
    if (status != LAT_OK)
        return status;
    if (type != NULL) {
        config->architecture = lat_architecture_named(type);
        if (config->architecture == NULL)
            return lat_error_at_byte(
                r->error, LAT_UNSUPPORTED, byte_of(r->root, "model_type"),
                "model_type \"%s\" is not supported, only %s", type,
                lat_architecture_list());
    }
    const lat_json *list = lat_json_get(r->root, "architectures");
    if (list == NULL || list->type == LAT_JSON_NULL ||
        (list->type == LAT_JSON_ARRAY && list->size == 0)) {
        if (config->architecture != NULL)
            return LAT_OK;
        return lat_error_set(r->error, LAT_MALFORMED, "neither "
                             "\"model_type\" nor \"architectures\" says "
                             "what model this is");
    }
    if (list->type != LAT_JSON_ARRAY ||
        list->items[0].type != LAT_JSON_STRING)
        return lat_error_at_byte(r->error, LAT_MALFORMED, list->byte,
                                 "\"architectures\" is not a list of class "
                                 "names");
    const lat_json *name = &list->items[0];
    const char *suffix = NULL;
    const lat_architecture *named =
        lat_architecture_of_class(name->string, &suffix);
    if (config->architecture == NULL)
        config->architecture = named;
    if (named == NULL ||
        strcmp(named->family, config->architecture->family) != 0)
        return lat_error_at_byte(
            r->error, LAT_UNSUPPORTED, name->byte,
            "class \"%s\" is not supported%s%s", name->string,
            type != NULL ? " for model_type " : "",
            type != NULL ? type : "");
    return read_head(r, name, suffix);
}

/* ---- Labels ------------------------------------------------------------- */

/* id2label maps "0".."C-1", each once, to distinct names. */
static lat_status read_label(reader *r, char **labels, size_t count,
                             const lat_json *item)
{
    uint64_t number;
    if (!lat_integer_read(item->key, item->key_size, &number) ||
        number >= count || labels[number] != NULL)
        return lat_error_at_byte(
            r->error, LAT_MALFORMED, item->byte,
            "\"id2label\" has the key \"%s\", expected each of 0 to %zu "
            "once", item->key, count - 1);
    if (item->type != LAT_JSON_STRING ||
        strlen(item->string) != item->size)
        return lat_error_at_byte(r->error, LAT_MALFORMED, item->byte,
                                 "\"id2label\": the name of class %s is not "
                                 "a string", item->key);
    for (size_t i = 0; i < count; i++) {
        if (labels[i] != NULL && strcmp(labels[i], item->string) == 0)
            return lat_error_at_byte(
                r->error, LAT_MALFORMED, item->byte,
                "\"id2label\": two classes are called \"%s\"",
                item->string);
    }
    labels[number] = lat_arena_copy(r->arena, item->string, item->size);
    if (labels[number] == NULL)
        return lat_error_memory(r->error, item->size);
    return LAT_OK;
}

static lat_status read_labels(reader *r)
{
    lat_config *config = r->config;
    size_t said = 0;
    lat_status status = read_count(r, &said, "num_labels", 1, MOST_CLASSES,
                                   1);
    if (status != LAT_OK)
        return status;
    const lat_json *count = lat_json_get(r->root, "num_labels");
    bool counted = count != NULL && count->type != LAT_JSON_NULL;
    const lat_json *map = lat_json_get(r->root, "id2label");
    if (map == NULL || map->type == LAT_JSON_NULL) {
        config->classes = counted ? said : 2;
        return LAT_OK;
    }
    if (map->type != LAT_JSON_OBJECT || map->size == 0 ||
        map->size > MOST_CLASSES)
        return lat_error_at_byte(r->error, LAT_MALFORMED, map->byte,
                                 "\"id2label\" is not an object of 1 to %d "
                                 "names", MOST_CLASSES);
    if (counted && said != map->size)
        return lat_error_at_byte(r->error, LAT_MALFORMED, map->byte,
                                 "\"num_labels\" is %zu but \"id2label\" "
                                 "has %zu names", said, map->size);
    char **labels = lat_arena_array(r->arena, map->size, sizeof *labels);
    if (labels == NULL)
        return lat_error_memory(r->error, map->size * sizeof *labels);
    for (size_t i = 0; i < map->size; i++) {
        status = read_label(r, labels, map->size, &map->items[i]);
        if (status != LAT_OK)
            return status;
    }
    config->classes = map->size;
    config->labels = labels;
    return LAT_OK;
}

static lat_status read_problem(reader *r)
{
    static const char *const known[] = {
        "regression", "single_label_classification",
        "multi_label_classification"};
    const char *problem;
    lat_status status = read_text(r, &problem, "problem_type", NULL);
    if (status != LAT_OK || problem == NULL)
        return status;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i], problem) == 0)
            r->config->problem = known[i];
    }
    if (r->config->problem == NULL)
        return lat_error_at_byte(r->error, LAT_UNSUPPORTED,
                                 byte_of(r->root, "problem_type"),
                                 "problem_type \"%s\" is not known",
                                 problem);
    return LAT_OK;
}

/* ---- Sizes -------------------------------------------------------------- */

static lat_status read_sizes(reader *r)
{
    lat_config *c = r->config;
    const lat_architecture *a = c->architecture;
    lat_status status;
    if ((status = read_count(r, &c->vocabulary, "vocab_size", 1,
                             MOST_VOCABULARY, LAT_NOWHERE)) != LAT_OK ||
        (status = read_count(r, &c->hidden, a->key_hidden, 1, MOST_WIDTH,
                             LAT_NOWHERE)) != LAT_OK ||
        (status = read_count(r, &c->layers, a->key_layers, 1, MOST_LAYERS,
                             LAT_NOWHERE)) != LAT_OK ||
        (status = read_count(r, &c->heads, a->key_heads, 1, MOST_WIDTH,
                             LAT_NOWHERE)) != LAT_OK ||
        (status = read_count(r, &c->feed_forward, a->key_feed_forward, 1,
                             MOST_WIDTH, LAT_NOWHERE)) != LAT_OK ||
        (status = read_count(r, &c->positions, "max_position_embeddings", 1,
                             MOST_TOKENS, 512)) != LAT_OK)
        return status;
    c->embedding = c->hidden;
    if (a->has_embedding)
        status = read_count(r, &c->embedding, "embedding_size", 1,
                            MOST_WIDTH, 128);
    if (status == LAT_OK && a->has_types)
        status = read_count(r, &c->types, "type_vocab_size", 0, 1024, 2);
    c->groups = c->inner = 1;
    if (status == LAT_OK && a->has_groups) {
        status = read_count(r, &c->groups, "num_hidden_groups", 1,
                            c->layers, 1);
        if (status == LAT_OK)
            status = read_count(r, &c->inner, "inner_group_num", 1, 64, 1);
    }
    if (status == LAT_OK && a->relative != NULL)
        /* The reference counts in 32 buckets whatever the table has. */
        status = read_count(r, &c->buckets,
                            "relative_attention_num_buckets", 32, 4096, 32);
    if (status == LAT_OK && c->hidden % c->heads != 0)
        return lat_error_at_byte(
            r->error, LAT_MALFORMED, byte_of(r->root, a->key_heads),
            "\"%s\" %zu is no multiple of \"%s\" %zu", a->key_hidden,
            c->hidden, a->key_heads, c->heads);
    return status;
}

/* Longest sequence: positions begin after the padding index in RoBERTa's
 * family and MPNet. */
static lat_status read_padding(reader *r)
{
    lat_config *c = r->config;
    const lat_architecture *a = c->architecture;
    bool offset = a->positions == LAT_POSITIONS_PADDING;
    size_t pad = 0;
    lat_status status = read_count(r, &pad, "pad_token_id", 0,
                                   c->vocabulary - 1, offset ? 1 : 0);
    if (status != LAT_OK)
        return status;
    if (a->fixed_pad >= 0)
        pad = (size_t)a->fixed_pad;
    c->pad_id = (uint32_t)pad;
    c->max_tokens = c->positions;
    if (!offset)
        return LAT_OK;
    if (c->positions <= pad + 1)
        return lat_error_at_byte(
            r->error, LAT_OUT_OF_RANGE,
            byte_of(r->root, "max_position_embeddings"),
            "\"max_position_embeddings\" is %zu: none is left after the "
            "padding index %zu", c->positions, pad);
    c->max_tokens = c->positions - pad - 1;
    return LAT_OK;
}

static lat_status read_eps(reader *r)
{
    bool bad = false;
    double eps = lat_json_number(r->root, "layer_norm_eps", 1e-12, &bad);
    /* Also false for a NaN. */
    if (bad || !(eps > 0 && eps <= 1))
        return lat_error_at_byte(r->error,
                                 bad ? LAT_MALFORMED : LAT_OUT_OF_RANGE,
                                 byte_of(r->root, "layer_norm_eps"),
                                 "\"layer_norm_eps\" is not a number "
                                 "above 0 and at most 1");
    r->config->eps = r->config->architecture->fixed_eps ? 1e-12f
                                                        : (float)eps;
    return LAT_OK;
}

lat_status lat_config_read(lat_config *config, lat_arena *arena,
                           const char *text, size_t size, lat_error *error)
{
    *config = (lat_config){.head_known = true};
    lat_arena parsed = {0};
    reader r = {.arena = arena, .config = config, .error = error};
    lat_status status = lat_json_parse(&r.root, &parsed, text, size, error);
    if (status == LAT_OK && r.root->type != LAT_JSON_OBJECT)
        status = lat_error_at_byte(error, LAT_MALFORMED, r.root->byte,
                                   "a configuration is a JSON object");
    if (status == LAT_OK)
        status = read_architecture(&r);
    if (status == LAT_OK)
        status = refuse_flags(&r);
    if (status == LAT_OK)
        status = refuse_unknown_arithmetic(&r);
    if (status == LAT_OK)
        status = read_sizes(&r);
    if (status == LAT_OK)
        status = read_padding(&r);
    if (status == LAT_OK)
        status = read_eps(&r);
    if (status == LAT_OK)
        status = read_activation(&r, config->architecture->key_act,
                                 config->architecture->act);
    if (status == LAT_OK)
        status = read_problem(&r);
    if (status == LAT_OK)
        status = read_labels(&r);
    lat_arena_free(&parsed);
    return status;
}
