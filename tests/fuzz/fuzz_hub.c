/*
 * fuzz_hub.c - a hub folder of several files (fuzz.h tells their form): the
 * model's weights with index and shards, and the tokenizer's files.
 */
#include "../../model/model.h"
#include "../../model/weights_int.h"
#include "../../tokenizer/tokenizer.h"
#include "fuzz.h"

#include <unistd.h>

static const char *const names[] = {
    "config.json", "model.safetensors", "model.safetensors.index.json",
    "pytorch_model.bin", "pytorch_model.bin.index.json", "tokenizer.json",
    "vocab.txt", "tokenizer_config.json", "vocab.json", "merges.txt",
    "special_tokens_map.json", "spiece.model", "sentencepiece.bpe.model",
    "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
    "pytorch_model-00001-of-00002.bin", "pytorch_model-00002-of-00002.bin",
    NULL};

static void take(void *context, const char *name, const unsigned char *data,
                 size_t size)
{
    (void)context;
    for (size_t i = 0; names[i] != NULL; i++)
        if (strcmp(name, names[i]) == 0) {
            char path[96];

            snprintf(path, sizeof path, "hub/%s", name);
            fuzz_file(path, data, size);
        }
}

FUZZ_TARGET(hub)
{
    char folder[128], path[256];
    lat_weights *weights = NULL;
    lat_model *model = NULL;
    lat_tokenizer *tokenizer = NULL;
    lat_encoding encoding = {0};
    lat_error error = {0}, second = {0}, third = {0};

    fuzz_file("hub/.made", "", 0);
    snprintf(folder, sizeof folder, "%s/hub", fuzz_folder());
    fuzz_unpack(data, size, take, NULL);
    fuzz_begin(size, 96 << 20, 1000);
    fuzz_answer(lat_weights_open(&weights, folder, &error), &error);
    lat_weights_close(weights);
    fuzz_answer(lat_model_open(&model, folder, NULL, &second), &second);
    lat_model_close(model);
    if (fuzz_answer(lat_tokenizer_open(&tokenizer, folder, &third), &third))
        fuzz_answer(lat_tokenizer_encode(tokenizer, &encoding, "A film", 6,
                                         "b", 1, NULL, &third), &third);
    lat_encoding_free(&encoding);
    lat_tokenizer_close(tokenizer);
    fuzz_end();
    for (size_t i = 0; names[i] != NULL; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
}
