/* fuzz_pickle.c - the pickle machine alone. */
#include "../../model/torch_int.h"
#include "fuzz.h"

FUZZ_TARGET(pickle)
{
    lat_torch_tensor *tensors = NULL;
    lat_arena arena = {0};
    lat_error error = {0};
    size_t count = 0;
    unsigned char *copy;

    fuzz_begin(size, 1 << 20, 400);
    copy = lat_alloc(size);
    memcpy(copy, data, size);
    if (fuzz_answer(lat_pickle_read(&tensors, &count, &arena, copy, size,
                                    &error), &error))
        for (size_t i = 0; i < count; i++)
            fuzz_check(tensors[i].name != NULL &&
                       tensors[i].storage != NULL &&
                       tensors[i].dims <= LAT_TENSOR_DIMS,
                       "a tensor without name, storage or shape");
    lat_free(copy);
    lat_arena_free(&arena);
    fuzz_end();
}
