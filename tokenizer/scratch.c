/*
 * scratch.c - what an encoding keeps from call to call.
 *
 * Everything that encoding needs besides the results is here and only grows,
 * so a loop over sentences allocates nothing after the longest one.
 */
#include "tokenizer_int.h"

#include <string.h>

/* By half and a little, so that growing element by element is linear. */
bool lat_scratch_grow(void *array, size_t *capacity, size_t need,
                      size_t size)
{
    size_t bytes;
    if (need <= *capacity)
        return true;
    if (!lat_size_add(need, need / 2 + 64, &need)
        || !lat_size_mul(need, size, &bytes))
        return false;
    void *block;
    memcpy(&block, array, sizeof block);
    block = lat_realloc(block, bytes);
    if (block == NULL)
        return false;
    memcpy(array, &block, sizeof block);
    *capacity = need;
    return true;
}

bool lat_token_reserve(lat_scratch *scratch, size_t more)
{
    size_t need;
    return lat_size_add(scratch->token_count, more, &need)
           && lat_scratch_grow(&scratch->tokens, &scratch->token_capacity,
                               need, sizeof *scratch->tokens);
}

void lat_scratch_free(lat_scratch *scratch)
{
    if (scratch == NULL)
        return;
    for (size_t i = 0; i < 4; i++)
        lat_text_release(&scratch->texts[i]);
    lat_free(scratch->splits[0]);
    lat_free(scratch->splits[1]);
    lat_free(scratch->tokens);
    lat_free(scratch->letters);
    lat_free(scratch->symbols);
    lat_free(scratch->heap);
    lat_free(scratch->best);
    lat_free(scratch->cache);
    lat_free(scratch);
}

void lat_encoding_free(lat_encoding *encoding)
{
    lat_free(encoding->ids);
    lat_free(encoding->types);
    lat_free(encoding->first);
    lat_free(encoding->end);
    lat_free(encoding->sequence);
    lat_free(encoding->special);
    lat_scratch_free(encoding->scratch);
    *encoding = (lat_encoding){0};
}
