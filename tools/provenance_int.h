/*
 * provenance_int.h - where a result comes from: version, options, and the
 * SHA-256 of every input.
 *
 *     "inputs":  [{"path": "dev.tsv", "role": "eval", "sha256": "..."}, ...]
 *     "options": {"k": 600, "labels": ["pos=train.pos"], ...}
 *     "version": "..."
 */
#ifndef LATENT_PROVENANCE_INT_H
#define LATENT_PROVENANCE_INT_H

#include "../model/model.h"
#include "cli_int.h"

typedef struct provenance_input {
    char *path;
    const char *role; /* static */
    char sha256[65];
} provenance_input;
/* Starts as {.call = call}; provenance_free. */
typedef struct provenance {
    const cli_call *call;
    provenance_input *items;
    size_t count, room;
} provenance;
void provenance_free(provenance *from);

/* One file; of a folder the files in it, by name.  Standard input, "-", has
 * no hash and is passed over. */
lat_status provenance_add(provenance *to, const char *path, const char *role,
                          lat_error *error);
/* Every file that the model was read from. */
lat_status provenance_add_model(provenance *to, const lat_model *model,
                                const char *role, lat_error *error);
void provenance_put_inputs(lat_json_writer *json, const provenance *from);

/* Every option of the verb's table on which results depend, sorted, so that
 * none is forgotten.  `own`, unless NULL, writes the values that it wants to
 * write otherwise, and says whether it did. */
typedef bool provenance_own(lat_json_writer *json, const void *context,
                            const char *name);
void provenance_put_options(lat_json_writer *json, const cli_call *call,
                            provenance_own *own, const void *context);

/* The member "provenance" of a verb's result: a put of lat_json_extra. */
void provenance_put(lat_json_writer *json, const void *provenance_of);

/* Regular files below a folder, at most `depth` folders down, in byte order
 * of their names, those that begin with a dot left out. */
typedef struct file_list {
    char **paths; /* relative to the folder */
    size_t count, capacity;
} file_list;
lat_status file_list_read(file_list *list, const char *folder, int depth,
                          lat_error *error);
void file_list_free(file_list *list);

#endif
