/*
 * test_layout.c - tensors to parts: prefixes, old names, heads, and what is
 * said about tensors that are missing, bent, unknown or spoiled.
 */
#include "tiny_model.h"

static char folder[] = "/tmp/latent-layout-XXXXXX";

#define SIZES                                                               \
    "\"model_type\":\"bert\",\"vocab_size\":20,\"hidden_size\":8,"          \
    "\"num_hidden_layers\":2,\"num_attention_heads\":2,"                    \
    "\"intermediate_size\":12,\"max_position_embeddings\":10"

static const char *config = "{" SIZES "}";

static tiny fresh(const char *prefix)
{
    return (tiny){.prefix = prefix, .layers = 2, .hidden = 8,
                  .feed_forward = 12, .vocabulary = 20, .positions = 10,
                  .seed = 7};
}

/* Opens what t holds; 0 problems means LAT_OK. */
static lat_status open_tiny(tiny *t, lat_model **model, lat_error *error)
{
    *error = (lat_error){0};
    tiny_write(t, folder, config);
    return lat_model_open(model, folder, NULL, error);
}

static void refuse(tiny t, lat_status status, const char *words)
{
    lat_model *model = NULL;
    lat_error error;
    tiny_bert(&t);
    tiny_linear(&t, "", "classifier", 2, 8);
    lat_status got = open_tiny(&t, &model, &error);
    CHECK_MSG(got == status, "%s: %s (%s)", words, lat_status_name(got),
              lat_error_message(&error));
    CHECK_MSG(strstr(error.text, words) != NULL, "\"%s\" not in \"%s\"",
              words, error.text);
    CHECK(model == NULL);
    lat_model_close(model);
}

/* First row of the last layer for ids 1 2 3. */
static void run(lat_model *model, float out[8])
{
    lat_error error = {0};
    uint32_t ids[] = {1, 2, 3};
    size_t starts[] = {0, 3}, row = 0;
    float *hidden[3] = {NULL, NULL, out};
    lat_batch batch = {.sequences = 1, .ids = ids, .starts = starts};
    lat_states want = {.hidden = hidden, .rows = &row, .row_count = 1};
    CHECK_MSG(lat_model_forward(model, NULL, &batch, &want, &error) ==
                  LAT_OK, "%s", lat_error_message(&error));
}

/* The same weights under any prefix and under old names: same numbers. */
static void test_prefixes(void)
{
    static const char *const prefixes[] = {"bert.", "", "model.",
                                           "module.bert.", "0.auto_model."};
    float first[8], out[8];
    for (size_t i = 0; i < 2 * sizeof prefixes / sizeof *prefixes; i++) {
        lat_model *model = NULL;
        lat_error error;
        tiny t = fresh(prefixes[i / 2]);
        t.old_names = i % 2;
        tiny_bert(&t);
        CHECK_MSG(open_tiny(&t, &model, &error) == LAT_OK, "%s: %s",
                  prefixes[i / 2], lat_error_message(&error));
        if (model == NULL)
            continue;
        run(model, i == 0 ? first : out);
        CHECK(i == 0 || memcmp(first, out, sizeof out) == 0);
        CHECK(lat_model_get_info(model)->head == LAT_HEAD_NONE);
        /* The pooler has nothing to do. */
        CHECK(lat_model_unused_count(model) == 2);
        lat_model_close(model);
    }
}

static lat_head head_of(const char *json, const char *prefix,
                        const char *const *extra)
{
    lat_model *model = NULL;
    lat_error error;
    tiny t = fresh(prefix);
    lat_head head = LAT_HEAD_NONE;
    tiny_bert(&t);
    for (; *extra != NULL; extra++)
        tiny_linear(&t, "", *extra, 2, 8);
    const char *usual = config;
    config = json;
    CHECK_MSG(open_tiny(&t, &model, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    config = usual;
    if (model != NULL) {
        const lat_model_info *info = lat_model_get_info(model);
        head = info->head;
        CHECK(info->classes == (head == LAT_HEAD_NONE ? 0 : 2));
        CHECK((info->labels != NULL) == (head != LAT_HEAD_NONE));
        if (info->labels != NULL)
            CHECK_TEXT(info->labels[1], "LABEL_1");
    }
    lat_model_close(model);
    return head;
}

static void test_heads(void)
{
    const char *const none[] = {NULL};
    const char *const classifier[] = {"classifier", NULL};
    CHECK(head_of(config, "bert.", none) == LAT_HEAD_NONE);
    CHECK(head_of(config, "bert.", classifier) == LAT_HEAD_SEQUENCE);
    CHECK(head_of("{" SIZES ",\"architectures\":"
                  "[\"BertForTokenClassification\"]}", "bert.", classifier) ==
          LAT_HEAD_TOKEN);
    CHECK(head_of("{" SIZES ",\"architectures\":[\"BertModel\"]}", "bert.",
                  classifier) == LAT_HEAD_NONE);
}

static void test_refusals(void)
{
    static const char *const one =
        "bert.encoder.layer.1.attention.self.key.weight";
    tiny t = fresh("bert.");
    t.skip = one;
    refuse(t, LAT_NOT_FOUND, one);
    t = fresh("bert.");
    t.skip = "bert.embeddings.word_embeddings.weight";
    refuse(t, LAT_NOT_FOUND, t.skip);
    t = fresh("bert.");
    t.bend = one;
    refuse(t, LAT_MALFORMED, "key.weight is 9x8, expected 8x8");
    t = fresh("bert.");
    t.bend = "bert.embeddings.LayerNorm.bias";
    refuse(t, LAT_MALFORMED, "LayerNorm.bias is 9, expected 8");
    t = fresh("bert.");
    t.spoil = one;
    refuse(t, LAT_OUT_OF_RANGE, one);
    t.spoil = "bert.embeddings.word_embeddings.weight";
    refuse(t, LAT_OUT_OF_RANGE, t.spoil);
    t.spoil = "bert.embeddings.position_embeddings.weight";
    refuse(t, LAT_OUT_OF_RANGE, t.spoil);
    t.spoil = "classifier.weight";
    refuse(t, LAT_OUT_OF_RANGE, t.spoil);
    /* One layer more than the configuration says. */
    t = fresh("bert.");
    t.layers = 3;
    refuse(t, LAT_UNSUPPORTED, "encoder.layer.2.attention.self.query.weight");
    /* One less: the first names, and how many there are. */
    t.layers = 1;
    refuse(t, LAT_NOT_FOUND, "and 10 more");
    /* An adapter inside a layer changes the arithmetic. */
    t = fresh("bert.");
    tiny_linear(&t, "bert.", "encoder.layer.0.attention.adapter.down", 4, 8);
    refuse(t, LAT_UNSUPPORTED, "adapter.down.weight");
    /* Two encoders: which one? */
    t = fresh("bert.");
    tiny_add(&t, "other.", "embeddings.word_embeddings.weight", 20, 8);
    refuse(t, LAT_UNSUPPORTED, "two encoders");
}

/* Tensors beside the encoder and buffers inside it do no harm. */
static void test_leftovers(void)
{
    lat_model *model = NULL;
    lat_error error;
    tiny t = fresh("bert.");
    tiny_bert(&t);
    tiny_add(&t, "bert.", "embeddings.position_ids", 1, 10);
    tiny_linear(&t, "", "cls.seq_relationship", 2, 8);
    CHECK_MSG(open_tiny(&t, &model, &error) == LAT_OK, "%s",
              lat_error_message(&error));
    if (model != NULL) {
        CHECK(lat_model_unused_count(model) == 5);
        CHECK_TEXT(lat_model_unused(model, 2),
                   "bert.embeddings.position_ids");
    }
    lat_model_close(model);
}

static void open_as(const char *json, bool ignore, lat_status status,
                    const char *words)
{
    lat_model *model = NULL;
    lat_error error = {0};
    lat_model_options options = {.ignore_head = ignore};
    tiny t = fresh("bert.");
    tiny_bert(&t);
    tiny_linear(&t, "", "classifier", 1, 8);
    tiny_write(&t, folder, json);
    lat_status got = lat_model_open(&model, folder, &options, &error);
    CHECK_MSG(got == status, "%s: %s (%s)", words, lat_status_name(got),
              lat_error_message(&error));
    CHECK_MSG(strstr(lat_error_message(&error), words) != NULL,
              "\"%s\" not in \"%s\"", words, lat_error_message(&error));
    lat_model_close(model);
}

/* Heads that would be misread are refused by name, unless nobody asks. */
static void test_other_heads(void)
{
    static const char *const json[] = {
        "{" SIZES ",\"architectures\":[\"BertForQuestionAnswering\"]}",
        "{" SIZES ",\"num_labels\":1}",
        "{" SIZES ",\"problem_type\":\"multi_label_classification\"}",
        "{" SIZES ",\"problem_type\":\"regression\",\"num_labels\":3}"};
    static const char *const words[] = {
        "config.json: the head of BertForQuestionAnswering",
        "config.json: a sequence head for regression",
        "config.json: a sequence head for multi_label_classification",
        "config.json: a sequence head for regression"};
    for (size_t i = 0; i < 4; i++) {
        open_as(json[i], false, LAT_UNSUPPORTED, words[i]);
        open_as(json[i], true, LAT_OK, "");
    }
    open_as("{", false, LAT_MALFORMED, "config.json: byte 1");
}

static void test_missing_files(void)
{
    lat_error error = {0};
    lat_model *model = NULL;
    char *path = lat_path_join(folder, "absent");
    CHECK(lat_model_open(&model, path, NULL, &error) == LAT_NOT_FOUND);
    CHECK(strstr(lat_error_message(&error), "absent") != NULL);
    lat_free(path);
    path = lat_path_join(folder, "config.json");
    CHECK(unlink(path) == 0);
    lat_error_clear(&error);
    CHECK(lat_model_open(&model, folder, NULL, &error) == LAT_NOT_FOUND);
    CHECK_MSG(strstr(lat_error_message(&error), "config.json") != NULL,
              "%s", lat_error_message(&error));
    lat_free(path);
}

int main(void)
{
    CHECK(mkdtemp(folder) != NULL);
    test_prefixes();
    test_heads();
    test_refusals();
    test_leftovers();
    test_other_heads();
    test_missing_files();
    tiny_remove(folder);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_layout");
}
