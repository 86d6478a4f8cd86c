/*
 * fuzz_weights_int.h - one weight file in memory through its reader, every
 * value looked at.  The bytes lie in a block of their own size, so that a
 * sanitizer sees any read beyond them.
 */
#ifndef LATENT_FUZZ_WEIGHTS_INT_H
#define LATENT_FUZZ_WEIGHTS_INT_H

#include "../../model/containers_int.h"
#include "fuzz.h"

static inline void fuzz_weights(lat_status (*read)(lat_weights *, size_t,
                                                   lat_error *),
                                const unsigned char *data, size_t size)
{
    char name[] = "file";
    char *files[] = {name};
    unsigned char *copy;
    lat_error error = {0};
    lat_status status;

    fuzz_begin(size, 1 << 20, 400);
    copy = lat_alloc(size);
    lat_map map = {copy, size, false};
    lat_weights weights = {.path = name, .files = files, .maps = &map,
                           .file_count = 1};
    memcpy(copy, data, size);
    status = read(&weights, 0, &error);
    if (status == LAT_OK)
        status = lat_weights_index(&weights, &error);
    for (size_t i = 0; i < weights.count && status == LAT_OK; i++) {
        const lat_tensor *tensor = &weights.tensors[i];
        size_t at = (size_t)(tensor->data - copy);

        fuzz_check(at <= size && tensor->bytes <= size - at,
                   "a tensor outside its file");
        fuzz_check(lat_weights_find(&weights, tensor->name) == tensor,
                   "a tensor that is not found by its name");
        if (tensor->type <= LAT_TENSOR_Q8_0)
            status = lat_weights_check(tensor, &error);
    }
    fuzz_answer(status, &error);
    lat_gguf_free(weights.gguf);
    lat_free(weights.tensors);
    lat_free(weights.slots);
    lat_arena_free(&weights.arena);
    lat_free(copy);
    fuzz_end();
}

#endif
