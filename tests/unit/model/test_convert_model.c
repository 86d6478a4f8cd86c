/*
 * test_convert_model.c - hub folder to GGUF and back through the reader.
 *
 * A small folder is written, converted to every type and opened again:
 * names, configuration and vocabulary must come back as they were, f32 bit
 * for bit.  With ../shared the same is done for every fixture model.
 */
#include "../../../model/weights_int.h"
#include "../../harness.h"

#include <dirent.h>
#include <unistd.h>

static char folder[64] = "/tmp/latent-convert-XXXXXX";
static const char *const types[] = {"f32", "f16", "bf16", "q8_0"};

static const char *place(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text)
{
    CHECK(lat_file_write(place(name), text, strlen(text), NULL) == LAT_OK);
}

static void drop(const char *name)
{
    unlink(place(name));
}

/* Tensors of the little model: 10 rows of 32 in the word embedding, a
 * matrix whose rows are no multiple of 32, positions, a norm. */
static const struct {
    const char *name, *file_name;
    uint64_t rows, columns; /* columns 0: a vector of `rows` */
} tensors[] = {
    {"bert.embeddings.word_embeddings.weight", "token_embd.weight", 10, 32},
    {"bert.embeddings.position_embeddings.weight", "position_embd.weight",
     4, 32},
    {"bert.embeddings.token_type_embeddings.weight", "token_types.weight",
     2, 32},
    {"bert.embeddings.LayerNorm.gamma", "token_embd_norm.weight", 32, 0},
    {"bert.encoder.layer.0.attention.self.query.weight",
     "blk.0.attn_q.weight", 32, 32},
    {"bert.encoder.layer.0.output.dense.weight", "blk.0.ffn_down.weight",
     32, 20},
    {"bert.encoder.layer.12.output.LayerNorm.bias",
     "blk.12.layer_output_norm.bias", 32, 0},
    {"bert.pooler.dense.bias", "cls.bias", 32, 0},
    {"classifier.weight", "cls.output.weight", 3, 32},
    {"cls.predictions.decoder.bias", "cls.predictions.decoder.bias", 10, 0},
    {"bert.a.name.so.long.that.no.gguf.file.could.hold.it.because.of.the."
     "limit", "latent.tensor.10", 2, 0},
};
#define TENSORS (sizeof tensors / sizeof tensors[0])

static float value_of(size_t tensor, uint64_t i)
{
    return (float)((double)((i * 7 + tensor * 13) % 101) / 64 - 0.75);
}

/* model.safetensors; `spoiled` puts a number into the first value. */
static void put_weights(const uint32_t *spoiled)
{
    lat_buffer head = {0}, data = {0}, file = {0};
    unsigned char length[8];

    lat_buffer_char(&head, '{');
    for (size_t t = 0; t < TENSORS; t++) {
        uint64_t columns = tensors[t].columns, begin = data.size;
        uint64_t count = tensors[t].rows * (columns == 0 ? 1 : columns);

        for (uint64_t i = 0; i < count; i++) {
            float value = value_of(t, i);
            uint32_t bits;

            memcpy(&bits, &value, 4);
            if (t == 0 && i == 0 && spoiled != NULL)
                bits = *spoiled;
            for (int b = 0; b < 32; b += 8)
                lat_buffer_char(&data, (char)(bits >> b & 255));
        }
        lat_buffer_format(&head, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[",
                          t == 0 ? "" : ",", tensors[t].name);
        lat_buffer_format(&head, columns == 0 ? "%u" : "%u,%u",
                          (unsigned)tensors[t].rows, (unsigned)columns);
        lat_buffer_format(&head, "],\"data_offsets\":[%u,%u]}",
                          (unsigned)begin, (unsigned)data.size);
    }
    /* A buffer of whole numbers, which is left out. */
    lat_buffer_format(&head, ",\"bert.embeddings.position_ids\":{\"dtype\":"
                             "\"I64\",\"shape\":[1],\"data_offsets\":[%u,%u]"
                             "}}", (unsigned)data.size,
                      (unsigned)data.size + 8);
    lat_buffer_add(&data, "\0\0\0\0\0\0\0\0", 8);
    for (size_t b = 0; b < 8; b++)
        length[b] = (unsigned char)((uint64_t)head.size >> 8 * b);
    lat_buffer_add(&file, length, 8);
    lat_buffer_add(&file, head.data, head.size);
    lat_buffer_add(&file, data.data, data.size);
    CHECK(lat_file_write(place("model.safetensors"), file.data, file.size,
                         NULL) == LAT_OK);
    lat_buffer_free(&head);
    lat_buffer_free(&data);
    lat_buffer_free(&file);
}

static const char config[] =
    "{\"model_type\":\"bert\",\"hidden_size\":32,\"num_hidden_layers\":13,"
    "\"num_attention_heads\":4,\"intermediate_size\":20,"
    "\"max_position_embeddings\":4,\"vocab_size\":10,"
    "\"architectures\":[\"BertForSequenceClassification\"],"
    "\"id2label\":{\"0\":\"no\",\"1\":\"yes\",\"2\":\"so-so\"}}";
/* "##" before U+2581 and before brackets do not survive by themselves. */
static const char *const pieces[] = {
    "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
    "go", "##ing", "\xe2\x96\x81", "##\xe2\x96\x81x", "##[y]",
};

static lat_status convert(const char *type, lat_error *error)
{
    lat_convert_report report;

    return lat_model_convert(&report, folder, place("out.gguf"), type,
                             error);
}

/* lowercase: what the flags say, -1 where the file must have none. */
static void check_vocabulary(const lat_weights *weights, int lowercase)
{
    const lat_model_vocabulary *v = lat_weights_vocabulary(weights);

    CHECK(v != NULL && v->count == 10);
    if (v == NULL || v->count != 10)
        return;
    CHECK_TEXT(v->kind, "bert");
    for (size_t i = 0; i < 10; i++)
        CHECK_TEXT(v->pieces[i], pieces[i]);
    CHECK(v->has_flags == (lowercase >= 0));
    CHECK(v->lowercase == (lowercase > 0) &&
          v->strip_accents == (lowercase > 0) &&
          v->chinese_characters == (lowercase >= 0));
}

static void check_tensor(const lat_weights *weights, size_t number,
                         const char *type)
{
    const lat_tensor *tensor = lat_weights_find(weights,
                                                tensors[number].name);
    bool matrix = tensors[number].columns != 0 && number != 1 && number != 2;
    bool whole = strcmp(type, "f32") == 0 || !matrix;
    static float got[1024];
    double worst = 0;

    CHECK_MSG(tensor != NULL, "%s is missing", tensors[number].name);
    if (tensor == NULL || tensor->count > 1024)
        return;
    CHECK_TEXT(tensor->file_name, tensors[number].file_name);
    CHECK(tensor->shape[0] == tensors[number].rows);
    CHECK(tensor->dims == (tensors[number].columns == 0 ? 1u : 2u));
    if (strcmp(type, "q8_0") == 0 && tensors[number].columns % 32 != 0)
        whole = true;
    CHECK_MSG((tensor->type == LAT_TENSOR_F32) == whole, "%s is %s",
              tensor->name, lat_tensor_type_name(tensor->type));
    CHECK(lat_weights_copy_f32(got, tensor, NULL) == LAT_OK);
    for (uint64_t i = 0; i < tensor->count; i++) {
        double off = (double)got[i] - (double)value_of(number, i);

        worst = off > worst ? off : -off > worst ? -off : worst;
    }
    /* f16 and bf16 hold these values, which are n/64 below 1 with at most
     * 7 bits, exactly; q8_0 rounds to half of 0.83/127. */
    CHECK_MSG(worst <= (strcmp(type, "q8_0") == 0 && !whole ? 0.0034 : 0),
              "%s as %s: off by %g", tensor->name, type, worst);
}

static void test_types(void)
{
    for (size_t k = 0; k < 4; k++) {
        lat_error error = {0};
        lat_weights *weights = NULL;
        lat_convert_report report = {0};
        lat_map first = {0}, second = {0};

        CHECK_MSG(lat_model_convert(&report, folder, place("out.gguf"),
                                    types[k], &error) == LAT_OK, "%s",
                  lat_error_message(&error));
        CHECK(convert(types[k], &error) == LAT_OK);
        CHECK(lat_map_open(&first, place("out.gguf"), NULL) == LAT_OK);
        CHECK(report.tensors == TENSORS && report.bytes == first.size);
        CHECK(lat_model_convert(NULL, folder, place("again.gguf"), types[k],
                                &error) == LAT_OK);
        CHECK(lat_map_open(&second, place("again.gguf"), NULL) == LAT_OK);
        CHECK(first.size == second.size &&
              memcmp(first.data, second.data, first.size) == 0);
        lat_map_close(&first);
        lat_map_close(&second);

        CHECK_MSG(lat_weights_open(&weights, place("out.gguf"), &error) ==
                      LAT_OK, "%s", lat_error_message(&error));
        if (weights == NULL)
            continue;
        CHECK(weights->count == TENSORS);
        CHECK(weights->config_size == sizeof config - 1 &&
              memcmp(weights->config, config, sizeof config - 1) == 0);
        CHECK(weights->positions_dropped == 0);
        for (size_t t = 0; t < TENSORS; t++)
            check_tensor(weights, t, types[k]);
        check_vocabulary(weights, -1);
        lat_weights_close(weights);
    }
    drop("again.gguf");
}

/* The same vocabulary out of tokenizer.json, plain and not. */
static void test_tokenizer_json(void)
{
    static const char rest[] =
        "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\","
        "\"continuing_subword_prefix\":\"##\",\"vocab\":{";
    static const char added[] =
        "\"added_tokens\":[{\"id\":0,\"content\":\"[PAD]\",\"special\":true}"
        ",{\"id\":1,\"content\":\"[UNK]\",\"special\":true},"
        "{\"id\":2,\"content\":\"[CLS]\",\"special\":true},"
        "{\"id\":3,\"content\":\"[SEP]\",\"special\":true},"
        "{\"id\":4,\"content\":\"[MASK]\",\"special\":true}],"
        "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
        "\"post_processor\":{\"type\":\"BertProcessing\","
        "\"sep\":[\"[SEP]\",3],\"cls\":[\"[CLS]\",2]},";

    for (int plain = 0; plain < 2; plain++) {
        lat_buffer text = {0};
        lat_weights *weights = NULL;
        lat_error error = {0};
        const lat_model_vocabulary *v;

        lat_buffer_format(&text, "{\"normalizer\":{\"type\":\"%s\","
                                 "\"lowercase\":false},%s%s",
                          plain ? "BertNormalizer" : "Lowercase", added,
                          rest);
        for (size_t i = 10; i > 0; i--)
            lat_buffer_format(&text, "\"%s\":%zu%s", pieces[i - 1], i - 1,
                              i == 1 ? "}}}" : ",");
        put("tokenizer.json", text.data);
        CHECK_MSG(convert("bf16", &error) == LAT_OK, "%s",
                  lat_error_message(&error));
        CHECK(lat_weights_open(&weights, place("out.gguf"), NULL) == LAT_OK);
        if (weights != NULL) {
            check_vocabulary(weights, plain == 1 ? 0 : -1);
            v = lat_weights_vocabulary(weights);
            CHECK((v->tokenizer_json == NULL) == (plain == 1));
            if (plain == 0)
                CHECK_TEXT(v->tokenizer_json, text.data);
            lat_weights_close(weights);
        }
        lat_buffer_free(&text);
    }
    drop("tokenizer.json");
}

static void check_refused(lat_status want, const char *type,
                          const char *text)
{
    lat_error error = {0};
    lat_status got;

    drop("out.gguf");
    got = convert(type, &error);
    CHECK_MSG(got == want, "%s: %s", lat_status_name(got),
              lat_error_message(&error));
    CHECK_MSG(strstr(lat_error_message(&error), text) != NULL, "%s",
              lat_error_message(&error));
    CHECK(!lat_path_exists(place("out.gguf")));
}

static void test_refusals(void)
{
    static const uint32_t nan = 0x7fc00000u, big = 0x47800000u; /* 65536 */
    static const uint32_t largest = 0x7f7fffffu;
    static const char *const configs[] = {
        "{}", "{\"model_type\":1}", "{\"model_type\":\"gpt2\"}", "[]", "{",
        "{\"model_type\":\"bert\",\"hidden_size\":-1}",
        "{\"model_type\":\"bert\",\"hidden_size\":32}",
        "{\"model_type\":\"roberta\",\"pad_token_id\":\"1\"}",
    };

    check_refused(LAT_USAGE, "f8", "f8");
    put_weights(&nan);
    for (size_t k = 0; k < 4; k++)
        check_refused(LAT_OUT_OF_RANGE, types[k], "word_embeddings.weight");
    put_weights(&big);
    check_refused(LAT_OUT_OF_RANGE, "f16", "too large for F16");
    put_weights(&largest);
    check_refused(LAT_OUT_OF_RANGE, "bf16", "too large for BF16");
    check_refused(LAT_OUT_OF_RANGE, "q8_0", "too large for Q8_0");
    put_weights(NULL);
    for (size_t i = 0; i < sizeof configs / sizeof configs[0]; i++) {
        put("config.json", configs[i]);
        check_refused(i == 2 ? LAT_UNSUPPORTED : LAT_MALFORMED, "f32",
                      "config.json");
    }
    put("config.json", config);
    put("tokenizer.json", "{\"model\":{\"type\":\"WordLevel\"}}");
    check_refused(LAT_UNSUPPORTED, "f32", "WordLevel");
    put("tokenizer.json", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":"
                          "{\"x\":10}}}");
    check_refused(LAT_OUT_OF_RANGE, "f32", "10 rows");
    put("tokenizer.json", "{\"model\":{\"type\":\"WordPiece\",\"vocab\":"
                          "{\"x\":-1}}}");
    check_refused(LAT_MALFORMED, "f32", "tokenizer.json");
    drop("tokenizer.json");
}

/* Opens what convert made of the folder as it is. */
static lat_weights *convert_and_open(void)
{
    lat_weights *weights = NULL;
    lat_error error = {0};

    CHECK_MSG(convert("f32", &error) == LAT_OK, "%s",
              lat_error_message(&error));
    CHECK(lat_weights_open(&weights, place("out.gguf"), NULL) == LAT_OK);
    return weights;
}

static void check_pieces(const lat_weights *weights, const char *kind,
                         const char *const *want, size_t count)
{
    const lat_model_vocabulary *v = lat_weights_vocabulary(weights);

    CHECK(v != NULL && v->count == count);
    if (v == NULL || v->count != count)
        return;
    CHECK_TEXT(v->kind, kind);
    for (size_t i = 0; i < count; i++)
        CHECK_TEXT(v->pieces[i], want[i]);
}

/* BPE in both forms of merges, with and without model.type; the two-file
 * form; Unigram with its table; no tokenizer at all. */
static void test_other_vocabularies(void)
{
    static const char *const bpe[] = {
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"<s>\":0,\"b\":2,\"a\":1,"
        "\"ab\":3},\"merges\":[\"a b\"]},\"added_tokens\":[{\"id\":0,"
        "\"content\":\"<s>\",\"special\":true}]}",
        "{\"model\":{\"vocab\":{\"<s>\":0,\"b\":2,\"a\":1,\"ab\":3},"
        "\"merges\":[[\"a\",\"b\"]]}}",
    };
    static const char *const padded[] = {
        "<s>", "a", "b", "ab", "[PAD4]", "[PAD5]", "[PAD6]", "[PAD7]",
        "[PAD8]", "[PAD9]",
    };
    static const char *const unigram[] = {
        "a", "b", "<mask>", "[PAD3]", "[PAD4]", "[PAD5]", "[PAD6]",
        "[PAD7]", "[PAD8]", "[PAD9]",
    };
    lat_weights *weights;

    drop("vocab.txt");
    for (size_t i = 0; i < 3; i++) {
        if (i < 2) {
            put("tokenizer.json", bpe[i]);
        } else {
            drop("tokenizer.json");
            put("vocab.json", "{\"<s>\":0,\"b\":2,\"a\":1,\"ab\":3}");
            put("merges.txt", "#version: 0.2\na b\n");
        }
        weights = convert_and_open();
        if (weights == NULL)
            continue;
        check_pieces(weights, "gpt2", padded, 10);
        CHECK(lat_weights_vocabulary(weights)->merge_count == 1);
        CHECK_TEXT(lat_weights_vocabulary(weights)->merges[0], "a b");
        CHECK((lat_weights_vocabulary(weights)->tokenizer_json != NULL) ==
              (i < 2));
        lat_weights_close(weights);
    }
    drop("vocab.json");
    drop("merges.txt");
    put("tokenizer.json",
        "{\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":"
        "\"Precompiled\",\"precompiled_charsmap\":\"AAEC/w==\"}]},"
        "\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",-1.5],"
        "[\"b\",-2]]},\"added_tokens\":[{\"id\":2,\"content\":\"<mask>\","
        "\"special\":true}]}");
    weights = convert_and_open();
    if (weights != NULL) {
        check_pieces(weights, "t5", unigram, 10);
        CHECK(lat_weights_vocabulary(weights)->scores[0] == -1.5f);
        CHECK(lat_weights_vocabulary(weights)->scores[9] == -10000.0f);
        CHECK(lat_weights_vocabulary(weights)->charsmap_size == 4);
        CHECK(memcmp(lat_weights_vocabulary(weights)->charsmap,
                     "\0\1\2\377", 4) == 0);
        lat_weights_close(weights);
    }
    put("tokenizer.json",
        "{\"normalizer\":{\"precompiled_charsmap\":\"AAE\"},"
        "\"model\":{\"type\":\"Unigram\",\"vocab\":[[\"a\",-1.5]]}}");
    check_refused(LAT_MALFORMED, "f32", "base64");
    drop("tokenizer.json");
    weights = convert_and_open();
    if (weights != NULL) {
        CHECK(lat_weights_vocabulary(weights) == NULL);
        lat_weights_close(weights);
    }
}

/* tokenizer_config.json goes along with vocab.txt and its flags do; a
 * SentencePiece file alone goes in whole. */
static void test_settings(void)
{
    static const char settings[] = "{\"do_lower_case\":true}";
    const lat_model_vocabulary *v;
    lat_weights *weights;

    put("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngo\n##ing\n"
                     "\xe2\x96\x81\n##\xe2\x96\x81x\n##[y]\n");
    put("tokenizer_config.json", settings);
    weights = convert_and_open();
    if (weights != NULL) {
        check_vocabulary(weights, 1);
        CHECK_TEXT(lat_weights_vocabulary(weights)->settings, settings);
        lat_weights_close(weights);
    }
    put("tokenizer_config.json", "[]");
    check_refused(LAT_MALFORMED, "f32", "tokenizer_config.json");
    put("tokenizer_config.json", settings);
    drop("vocab.txt");
    put("spiece.model", "x");
    weights = convert_and_open();
    if (weights != NULL) {
        v = lat_weights_vocabulary(weights);
        CHECK(v != NULL && v->count == 0 && v->sentencepiece_size == 1 &&
              *(const char *)v->sentencepiece == 'x');
        if (v != NULL)
            CHECK_TEXT(v->settings, settings);
        lat_weights_close(weights);
    }
    drop("spiece.model");
    drop("tokenizer_config.json");
}

static void test_memory(void)
{
    for (uint64_t n = 1; n < 10000; n++) {
        lat_error error = {0};
        size_t before = lat_memory_in_use();
        lat_status status;

        lat_memory_fail_at(n, n % 2 == 0);
        status = convert("q8_0", &error);
        lat_memory_fail_at(0, false);
        CHECK_MSG(lat_memory_in_use() == before, "leak at %u", (unsigned)n);
        if (status == LAT_OK)
            break;
        CHECK_MSG(status == LAT_NO_MEMORY, "%s at allocation %u",
                  lat_status_name(status), (unsigned)n);
    }
}

/* f32 of a fixture model: every tensor under its name, bit for bit; of
 * RoBERTa's positions those from the first used one on. */
static void compare_fixture(const char *path, const char *name)
{
    lat_weights *from = NULL, *to = NULL;
    lat_error error = {0};
    size_t compared = 0;

    CHECK_MSG(lat_model_convert(NULL, path, place("out.gguf"), "f32",
                                &error) == LAT_OK, "%s",
              lat_error_message(&error));
    CHECK(lat_weights_open(&from, path, NULL) == LAT_OK);
    CHECK_MSG(lat_weights_open(&to, place("out.gguf"), &error) == LAT_OK,
              "%s", lat_error_message(&error));
    for (size_t i = 0; to != NULL && i < to->count; i++) {
        const lat_tensor *b = &to->tensors[i];
        const lat_tensor *a = lat_weights_find(from, b->name);
        float *x, *y;
        uint64_t skipped;

        CHECK_MSG(a != NULL && a->count >= b->count, "%s: %s", name,
                  b->name);
        if (a == NULL || a->count < b->count)
            continue;
        skipped = a->count - b->count;
        CHECK_MSG(skipped == 0 ||
                      skipped == to->positions_dropped * b->shape[1],
                  "%s: %s", name, b->name);
        x = lat_new_array((size_t)a->count, sizeof *x);
        y = lat_new_array((size_t)b->count, sizeof *y);
        CHECK(lat_weights_copy_f32(x, a, NULL) == LAT_OK);
        CHECK(lat_weights_copy_f32(y, b, NULL) == LAT_OK);
        CHECK_MSG(memcmp(x + skipped, y, (size_t)b->count * 4) == 0,
                  "%s: %s differs", name, b->name);
        lat_free(x);
        lat_free(y);
        compared++;
    }
    CHECK_MSG(from != NULL && compared == from->count, "%s: %zu tensors",
              name, compared);
    lat_weights_close(from);
    lat_weights_close(to);
}

static void test_shared(void)
{
    const char *shared = harness_shared();
    char path[512];
    struct dirent *item;
    DIR *directory;

    if (shared == NULL)
        return;
    snprintf(path, sizeof path, "%s/fixtures/encoder", shared);
    directory = opendir(path);
    CHECK(directory != NULL);
    while (directory != NULL && (item = readdir(directory)) != NULL) {
        if (item->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/fixtures/encoder/%.100s", shared,
                 item->d_name);
        if (lat_path_is_folder(path))
            compare_fixture(path, item->d_name);
    }
    if (directory != NULL)
        closedir(directory);
}

int main(void)
{
    CHECK(mkdtemp(folder) != NULL);
    put("config.json", config);
    put("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngo\n##ing\n"
                     "\xe2\x96\x81\n##\xe2\x96\x81x\n##[y]\n");
    put_weights(NULL);
    test_types();
    test_tokenizer_json();
    test_refusals();
    test_memory();
    test_other_vocabularies();
    test_settings();
    test_shared();
    drop("config.json");
    drop("model.safetensors");
    drop("out.gguf");
    CHECK(rmdir(folder) == 0);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_convert_model");
}
