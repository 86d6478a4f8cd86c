/*
 * fuzz_safetensors.c - safetensors: the bytes as a file, and as the header of
 * a file whose length field is right and whose data are 256 zeros.
 */
#include "fuzz_weights_int.h"

#include <stdlib.h>

FUZZ_TARGET(safetensors)
{
    unsigned char *file;

    fuzz_weights(lat_safetensors_read, data, size);
    if (size == 0 || data[0] != '{')
        return;
    file = calloc(1, size + 8 + 256);
    fuzz_check(file != NULL, "no memory");
    for (size_t i = 0; i < 4; i++)
        file[i] = (unsigned char)(size >> (8 * i));
    memcpy(file + 8, data, size);
    fuzz_weights(lat_safetensors_read, file, size + 8 + 256);
    free(file);
}
