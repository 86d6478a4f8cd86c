/*
 * torch_bin.c - pytorch_model.bin.
 */
#include "containers_int.h"

lat_status lat_torch_read(lat_weights *weights, size_t file,
                          lat_error *error)
{
    lat_error_set(error, LAT_UNSUPPORTED,
                  "PyTorch archives are not read; convert the model to "
                  "safetensors");
    return lat_error_in_file(error, weights->files[file]);
}
