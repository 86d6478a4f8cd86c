/*
 * test_weights.c - what a reader hands out: names, shapes, exact values,
 * keys, vocabulary, and the configuration made for foreign GGUF files.
 */
#include "../../../model/weights_int.h"
#include "../../harness.h"

#define FIXTURES "tests/fixtures/model/"

static lat_weights *open_fixture(const char *path)
{
    lat_weights *weights = NULL;
    lat_error error = {0};
    lat_status status = lat_weights_open(&weights, path, &error);

    CHECK_MSG(status == LAT_OK, "%s: %s", path, lat_error_message(&error));
    if (weights == NULL)
        exit(harness_end("test_weights"));
    return weights;
}

static void check_values(const lat_weights *weights, const char *name,
                         const float *want, size_t count)
{
    const lat_tensor *tensor = lat_weights_find(weights, name);
    float got[64];
    lat_error error = {0};

    CHECK_MSG(tensor != NULL, "%s is missing", name);
    if (tensor == NULL)
        return;
    CHECK_MSG(tensor->count == count, "%s: %llu values", name,
              (unsigned long long)tensor->count);
    if (tensor->count != count || count > 64)
        return;
    CHECK(lat_weights_copy_f32(got, tensor, &error) == LAT_OK);
    CHECK_MSG(memcmp(got, want, count * sizeof *want) == 0, "%s differs",
              name);
}

static void test_folder(void)
{
    static const float one[] = {1}, two[] = {2}, four[] = {1, 2, 3, 4};
    lat_weights *weights = open_fixture(FIXTURES "folders/good/ok-shards");

    CHECK(weights->container == LAT_CONTAINER_SAFETENSORS);
    CHECK(weights->count == 2 && weights->file_count == 2);
    CHECK(weights->config_size == 21);
    CHECK_TEXT(lat_path_base(weights->files[0]), "model-1.safetensors");
    CHECK(lat_weights_find(weights, "b")->file == 1);
    check_values(weights, "a", one, 1);
    check_values(weights, "b", two, 1);
    CHECK(lat_weights_find(weights, "c") == NULL);
    CHECK(lat_weights_find(weights, "") == NULL);
    CHECK(lat_weights_vocabulary(weights) == NULL);
    lat_weights_close(weights);

    weights = open_fixture(FIXTURES "folders/good/ok-torch");
    CHECK(weights->container == LAT_CONTAINER_TORCH);
    check_values(weights, "w", four, 4);
    CHECK(lat_weights_find(weights, "w")->dims == 2);
    lat_weights_close(weights);
    lat_weights_close(NULL);
}

/* Files of one tensor "x" as GGUF, so that they open by themselves. */
static void test_types(void)
{
    static const float f32[] = {1, 2, 3, 4}, bf16[] = {0, 1};
    float q8[32], part[2];
    lat_error error = {0};
    lat_weights *weights = open_fixture(FIXTURES "gguf/good/ok-q8-0.gguf");
    const lat_tensor *x;

    for (size_t i = 0; i < 32; i++)
        q8[i] = 0.5f * (float)i;
    check_values(weights, "x", q8, 32);
    CHECK_TEXT(lat_tensor_type_name(weights->tensors[0].type), "Q8_0");
    CHECK(lat_weights_floats(&weights->tensors[0]) == NULL);
    lat_weights_close(weights);

    weights = open_fixture(FIXTURES "gguf/good/ok-bf16.gguf");
    check_values(weights, "x", bf16, 2);
    lat_weights_close(weights);

    weights = open_fixture(FIXTURES "gguf/good/ok-two-tensors.gguf");
    check_values(weights, "x", f32, 4);
    check_values(weights, "y", f32, 4);
    x = lat_weights_find(weights, "x");
    if (lat_weights_floats(x) != NULL)
        CHECK(memcmp(lat_weights_floats(x), f32, sizeof f32) == 0);
    CHECK(lat_weights_floats(lat_weights_find(weights, "y")) == NULL);
    x = lat_weights_find(weights, "y");
    CHECK(lat_weights_copy_rows(part, x, 1, 1, &error) == LAT_OK);
    CHECK(part[0] == 3 && part[1] == 4);
    CHECK(lat_weights_copy_rows(part, x, 2, 0, &error) == LAT_OK);
    CHECK(lat_weights_copy_rows(part, x, 1, 2, &error) == LAT_OUT_OF_RANGE);
    lat_error_clear(&error);
    CHECK(lat_weights_copy_rows(part, x, UINT64_MAX, 2, &error) ==
          LAT_OUT_OF_RANGE);
    lat_weights_close(weights);

    lat_error_clear(&error);
    weights = open_fixture(FIXTURES "gguf/good/ok-whole-numbers.gguf");
    CHECK(lat_weights_copy_f32(part, &weights->tensors[0], &error) ==
          LAT_UNSUPPORTED);
    CHECK(strstr(error.text, "\"x\"") != NULL);
    CHECK(strstr(error.text, "I32") != NULL);
    lat_weights_close(weights);
}

/* The first NaN or infinity is found wherever it stands, within a chunk and
 * beyond one. */
static void test_unfit(void)
{
    static const size_t places[] = {0, 1, 2047, 2048, 4999};
    static const uint32_t kinds[] = {0x7fc00000u, 0xffc00001u, 0x7f800000u,
                                     0xff800000u, 0x7f800001u};
    static unsigned char bytes[5000 * 4];
    lat_tensor tensor = {.name = "x", .type = LAT_TENSOR_F32, .dims = 1,
                         .shape = {5000}, .count = 5000, .data = bytes,
                         .bytes = sizeof bytes};

    /* Everything finite must pass: the largest exponent that is. */
    for (size_t i = 0; i < 5000; i++) {
        bytes[4 * i + 2] = 0x7f;
        bytes[4 * i + 3] = i % 2 ? 0x7f : 0xff;
    }
    CHECK(lat_weights_check(&tensor, NULL) == LAT_OK);
    for (size_t p = 0; p < 5; p++) {
        for (size_t k = 0; k < 5; k++) {
            unsigned char *at = bytes + 4 * places[p], old[4];
            lat_error error = {0};
            char want[32];

            memcpy(old, at, 4);
            for (size_t b = 0; b < 4; b++)
                at[b] = (unsigned char)(kinds[k] >> 8 * b);
            CHECK(lat_weights_check(&tensor, &error) == LAT_OUT_OF_RANGE);
            snprintf(want, sizeof want, "at value %zu;", places[p]);
            CHECK_MSG(strstr(error.text, want) != NULL, "%s", error.text);
            CHECK((strstr(error.text, "NaN") != NULL) ==
                  ((kinds[k] & 0x7fffff) != 0));
            memcpy(at, old, 4);
        }
    }
}

static void test_type_bytes(void)
{
    uint64_t bytes = 0;

    CHECK(lat_tensor_type_bytes(LAT_TENSOR_F32, 3, &bytes) && bytes == 12);
    CHECK(lat_tensor_type_bytes(LAT_TENSOR_Q8_0, 64, &bytes) && bytes == 68);
    CHECK(!lat_tensor_type_bytes(LAT_TENSOR_Q8_0, 33, &bytes));
    CHECK(!lat_tensor_type_bytes(LAT_TENSOR_F64, UINT64_MAX / 4, &bytes));
    CHECK(!lat_tensor_type_bytes(LAT_TENSOR_TYPES, 1, &bytes));
}

static void test_keys(void)
{
    lat_weights *w = open_fixture(FIXTURES "gguf/good/ok-every-key-type.gguf");
    static const char *const integers[] = {"k0", "k1", "k2", "k3", "k4",
                                           "k5", "k10", "k11"};
    lat_error error = {0};
    uint64_t count = 9;
    double number = 0;
    bool found = true, flag = false;
    const char *text = NULL;
    size_t size = 0;

    for (size_t i = 0; i < 8; i++) {
        count = 0;
        CHECK(lat_weights_meta_count(&count, &found, w, integers[i], 1,
                                     &error) == LAT_OK);
        CHECK_MSG(found && count == 1, "%s", integers[i]);
        CHECK(lat_weights_meta_number(&number, &found, w, integers[i],
                                      &error) == LAT_OK && number == 1);
    }
    CHECK(lat_weights_meta_count(&count, &found, w, "k0", 0, &error) ==
          LAT_MALFORMED);
    CHECK(strstr(error.text, "\"k0\"") != NULL);
    lat_error_clear(&error);
    CHECK(lat_weights_meta_count(&count, &found, w, "k6", 9, NULL) ==
          LAT_MALFORMED);
    CHECK(lat_weights_meta_number(&number, &found, w, "k6", NULL) == LAT_OK);
    CHECK(lat_weights_meta_number(&number, &found, w, "k12", NULL) ==
          LAT_OK);
    CHECK(lat_weights_meta_number(&number, &found, w, "t", NULL) ==
          LAT_MALFORMED);
    CHECK(lat_weights_meta_flag(&flag, &found, w, "k7", NULL) == LAT_OK);
    CHECK(found && flag);
    CHECK(lat_weights_meta_flag(&flag, &found, w, "k0", NULL) ==
          LAT_MALFORMED);
    CHECK(lat_weights_meta_text(&text, &size, &found, w, "t", NULL) ==
          LAT_OK);
    CHECK(found && size == 1 && strcmp(text, "x") == 0);
    CHECK(lat_weights_meta_text(&text, &size, &found, w, "at", NULL) ==
          LAT_MALFORMED);
    CHECK(lat_weights_meta_text(&text, &size, &found, w, "no", NULL) ==
          LAT_OK && !found);
    CHECK(lat_weights_vocabulary(w) == NULL);
    lat_weights_close(w);
}

static void check_config(const lat_weights *w, const char *key,
                         const char *want)
{
    lat_arena arena = {0};
    const lat_json *root = NULL;
    bool bad = false;
    char number[LAT_NUMBER_TEXT + 1] = "";
    const lat_json *node;

    CHECK(lat_json_parse(&root, &arena, w->config, w->config_size, NULL) ==
          LAT_OK);
    node = lat_json_get(root, key);
    if (node != NULL && node->type == LAT_JSON_NUMBER)
        number[lat_number_text(node->number, number)] = '\0';
    CHECK_MSG(node != NULL &&
                  strcmp(node->type == LAT_JSON_NUMBER
                             ? number
                             : lat_json_text(root, key, "", &bad),
                         want) == 0,
              "%s is not %s in %.*s", key, want, (int)w->config_size,
              w->config);
    lat_arena_free(&arena);
}

/* As llama.cpp's converter writes them: no latent.* keys. */
static void test_foreign(void)
{
    static const char *const pieces[] = {"[PAD]", "he", "##llo", "[UNK]"};
    lat_weights *w = open_fixture(FIXTURES "gguf/good/ok-foreign.gguf");
    const lat_model_vocabulary *v = lat_weights_vocabulary(w);

    check_config(w, "model_type", "bert");
    check_config(w, "hidden_size", "4");
    check_config(w, "num_hidden_layers", "1");
    check_config(w, "num_attention_heads", "2");
    check_config(w, "intermediate_size", "4");
    check_config(w, "vocab_size", "4");
    check_config(w, "hidden_act", "gelu");
    CHECK(w->positions_dropped == 0);
    CHECK_TEXT(w->tensors[0].name, "embeddings.word_embeddings.weight");
    CHECK_TEXT(w->tensors[0].file_name, "token_embd.weight");
    CHECK(v != NULL && v->count == 4 && strcmp(v->kind, "bert") == 0);
    for (size_t i = 0; v != NULL && i < v->count; i++) {
        CHECK_TEXT(v->pieces[i], pieces[i]);
        CHECK(v->sizes[i] == strlen(pieces[i]));
    }
    CHECK(v != NULL && !v->has_flags && v->scores == NULL &&
          v->tokenizer_json == NULL);
    lat_weights_close(w);

    w = open_fixture(FIXTURES "gguf/good/ok-foreign-roberta.gguf");
    v = lat_weights_vocabulary(w);
    check_config(w, "model_type", "roberta");
    check_config(w, "pad_token_id", "1");
    CHECK(w->positions_dropped == 2);
    CHECK(v != NULL && v->merge_count == 1 && v->count == 3);
    if (v != NULL && v->merge_count == 1)
        CHECK_TEXT(v->merges[0], "a b");
    lat_weights_close(w);

    w = open_fixture(FIXTURES "gguf/good/ok-tensor-names.gguf");
    CHECK(lat_weights_find(w, "bert.x") == &w->tensors[0]);
    CHECK(lat_weights_find(w, "x") == NULL);
    lat_weights_close(w);
}

static void test_open_errors(void)
{
    lat_weights *w = NULL;
    lat_error error = {0};

    CHECK(lat_weights_open(&w, FIXTURES "nothing-here", &error) ==
          LAT_NOT_FOUND);
    lat_error_clear(&error);
    CHECK(lat_weights_open(&w, FIXTURES "make-fixtures.py", &error) ==
          LAT_MALFORMED);
    CHECK(strstr(error.text, "GGUF") != NULL);
    lat_error_clear(&error);
    CHECK(lat_weights_open(&w, FIXTURES "folders/bad/not-found-no-weights",
                           &error) == LAT_NOT_FOUND);
    CHECK(strstr(error.text, "model.safetensors.index.json") != NULL);
    CHECK(strstr(error.text, "pytorch_model.bin") != NULL);
    lat_error_clear(&error);
    CHECK(lat_weights_open(&w,
                           FIXTURES "folders/bad/not-found-only-tensorflow",
                           &error) == LAT_NOT_FOUND);
    CHECK(strstr(error.text, "tf_model.h5") != NULL);
    CHECK(w == NULL);
}

int main(void)
{
    test_folder();
    test_types();
    test_unfit();
    test_type_bytes();
    test_keys();
    test_foreign();
    test_open_errors();
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_weights");
}
