/*
 * fuzz_gguf.c - GGUF: structure and values; then as a whole model with its
 * vocabulary, three tokens through the encoder when it is small.
 */
#include "../../model/model.h"
#include "../../tokenizer/tokenizer.h"
#include "fuzz_weights_int.h"

#include <stdlib.h>

static void try_vocabulary(const lat_model_vocabulary *v)
{
    lat_tokenizer_parts parts = {
        .kind = v->kind, .count = v->count, .pieces = v->pieces,
        .sizes = v->sizes, .scores = v->scores, .merges = v->merges,
        .merge_count = v->merge_count, .json = v->tokenizer_json,
        .json_size = v->tokenizer_json_size, .lowercase = v->lowercase,
        .strip_accents = v->strip_accents,
        .chinese_characters = v->chinese_characters,
        .unflagged = !v->has_flags};
    lat_tokenizer *tokenizer = NULL;
    lat_encoding encoding = {0};
    lat_error error = {0};

    if (fuzz_answer(lat_tokenizer_from_parts(&tokenizer, &parts, &error),
                    &error))
        fuzz_answer(lat_tokenizer_encode(tokenizer, &encoding, "a f\xc3\xbclm",
                                         7, NULL, 0, NULL, &error), &error);
    lat_encoding_free(&encoding);
    lat_tokenizer_close(tokenizer);
}

static void try_forward(lat_model *model)
{
    const lat_model_info *info = lat_model_get_info(model);
    uint32_t ids[3] = {0, 1, 2};
    size_t starts[2] = {0, info->max_tokens < 3 ? info->max_tokens : 3};
    lat_batch batch = {.sequences = 1, .ids = ids, .starts = starts};
    lat_error error = {0};
    float *hidden;
    float **layers;

    if (info->vocabulary < 3 || starts[1] == 0 || info->hidden > 1024 ||
        info->layers > 32)
        return;
    hidden = calloc(3 * info->hidden, sizeof *hidden);
    layers = calloc(info->layers + 1, sizeof *layers);
    fuzz_check(hidden != NULL && layers != NULL, "no memory");
    layers[info->layers] = hidden;
    lat_states want = {.hidden = layers};
    fuzz_answer(lat_model_forward(model, NULL, &batch, &want, &error),
                &error);
    free(layers);
    free(hidden);
}

FUZZ_TARGET(gguf)
{
    lat_model *model = NULL;
    lat_error error = {0};
    const char *path = fuzz_file("m.gguf", data, size);

    fuzz_weights(lat_gguf_read, data, size);
    /* A model packs copies of its weights, a forward pass works in blocks of
     * fixed size. */
    fuzz_begin(size, 96 << 20, 400);
    if (fuzz_answer(lat_model_open(&model, path, NULL, &error), &error)) {
        if (lat_model_get_vocabulary(model) != NULL)
            try_vocabulary(lat_model_get_vocabulary(model));
        try_forward(model);
    }
    lat_model_close(model);
    fuzz_end();
}
