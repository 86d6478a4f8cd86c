/*
 * torch_int.h - the pieces of the pytorch_model.bin reader.
 *
 *     zip.c        the archive: names and byte ranges of stored entries
 *     pickle.c     data.pkl: which tensor is which part of which entry
 *     torch_bin.c  both together, as tensors
 *
 * Private to model/.
 */
#ifndef LATENT_TORCH_INT_H
#define LATENT_TORCH_INT_H

#include "containers_int.h"

typedef struct lat_zip_entry {
    const char *name;
    uint64_t header; /* where its local header begins */
    uint64_t begin, size;
} lat_zip_entry;

typedef struct lat_zip {
    lat_zip_entry *entries; /* count, in the order of the directory */
    size_t count;
    lat_intern *names; /* numbers are those of entries */
} lat_zip;

/* Stored entries only.  Checks the directory against every local header;
 * ranges lie inside the file and do not overlap.  Checksums are not looked
 * at: PyTorch may leave them out, and values are checked as numbers. */
lat_status lat_zip_read(lat_zip *out, lat_arena *arena,
                        const unsigned char *data, size_t size,
                        lat_error *error);
void lat_zip_free(lat_zip *zip);
/* NULL when there is none. */
const lat_zip_entry *lat_zip_find(const lat_zip *zip, const char *name);

/* A tensor as the pickle describes it: a contiguous run of a storage. */
typedef struct lat_torch_tensor {
    const char *name;
    const char *storage; /* key: the entry is ".../data/KEY" */
    lat_tensor_type type;
    uint64_t storage_values; /* values in the whole storage */
    uint64_t offset;         /* first value of the tensor */
    size_t dims;
    uint64_t shape[LAT_TENSOR_DIMS];
} lat_torch_tensor;

/* Runs the pickle on a machine that knows dictionaries, tuples, numbers,
 * texts and tensors, and nothing else: no class is looked up and no code is
 * run.  The result must be a dictionary of tensors by name.  Arrays and
 * texts live in the arena; memory is bounded by 128 bytes a byte of text. */
lat_status lat_pickle_read(lat_torch_tensor **out, size_t *count,
                           lat_arena *arena, const unsigned char *text,
                           size_t size, lat_error *error);

#endif
