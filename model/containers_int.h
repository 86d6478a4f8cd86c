/*
 * containers_int.h - what the readers of single containers and weights.c owe
 * each other.
 *
 * A reader gets a lat_weights with its file already mapped, checks every
 * byte of structure, and adds one lat_tensor for each tensor it finds.
 * Nothing is copied: data pointers lead into the map.
 *
 * Private to model/.
 */
#ifndef LATENT_CONTAINERS_INT_H
#define LATENT_CONTAINERS_INT_H

#include "weights_int.h"

/* Longest text that an error message quotes out of a file. */
#define LAT_QUOTE 80

/* Maps `path` and appends it to weights->files. */
lat_status lat_weights_add_file(lat_weights *weights, const char *path,
                                lat_error *error);
/* Appends a copy of *tensor, whose names must live in weights->arena. */
lat_status lat_weights_add_tensor(lat_weights *weights,
                                  const lat_tensor *tensor,
                                  lat_error *error);
/* Builds the table of names once all tensors are there; LAT_MALFORMED when
 * two have the same name. */
lat_status lat_weights_index(lat_weights *weights, lat_error *error);
/* Reads a whole file into arena memory, NUL-terminated; at most `most`
 * bytes (LAT_OUT_OF_RANGE above).  *text is NULL when there is none. */
lat_status lat_text_load(char **text, size_t *size, lat_arena *arena,
                         const char *path, size_t most, lat_error *error);

/* All of these read file number `file` of weights->files. */
lat_status lat_safetensors_read(lat_weights *weights, size_t file,
                                lat_error *error);
lat_status lat_torch_read(lat_weights *weights, size_t file,
                          lat_error *error);
lat_status lat_gguf_read(lat_weights *weights, size_t file,
                         lat_error *error);
void lat_gguf_free(struct lat_gguf *gguf); /* NULL is fine */

/* weights->path is a folder: finds its weight files and config.json. */
lat_status lat_folder_read(lat_weights *weights, lat_error *error);

/* Fills count and bytes from type and shape; false when the product wraps
 * or, for Q8_0, a row is not made of whole blocks. */
bool lat_tensor_measure(lat_tensor *tensor);

/* Values first .. first+count-1 as floats, or only checked when out is
 * NULL; errors as lat_weights_copy_f32.  For Q8_0 both are multiples of
 * 32. */
lat_status lat_tensor_values(float *out, const lat_tensor *tensor,
                             uint64_t first, uint64_t count,
                             lat_error *error);

/* Little-endian numbers at any address. */
static inline uint16_t lat_read_u16(const unsigned char *at)
{
    return (uint16_t)(at[0] | (uint16_t)at[1] << 8);
}
static inline uint32_t lat_read_u32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}
static inline uint64_t lat_read_u64(const unsigned char *at)
{
    return (uint64_t)lat_read_u32(at) | (uint64_t)lat_read_u32(at + 4) << 32;
}

#endif
