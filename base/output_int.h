/*
 * output_int.h - what sized formats ask of a lat_output, and the flushing of
 * folders.
 */
#ifndef LATENT_OUTPUT_INT_H
#define LATENT_OUTPUT_INT_H

#include "base.h"

/* At commit exactly `bytes` must have been written, else LAT_INTERNAL. */
void lat_output_expect(lat_output *output, uint64_t bytes);

/* Flushes to disk the folder that holds `path`, so that a name that is new
 * in it outlives a power cut.  A folder that may be written but not read
 * cannot be flushed, which is no failure. */
lat_status lat_output_sync_folder(const char *path, lat_error *error);

#endif
