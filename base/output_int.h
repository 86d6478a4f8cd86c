/*
 * output_int.h - what writers of sized formats ask of a lat_output.
 */
#ifndef LATENT_OUTPUT_INT_H
#define LATENT_OUTPUT_INT_H

#include "base.h"

/* At commit exactly `bytes` must have been written, else LAT_INTERNAL. */
void lat_output_expect(lat_output *output, uint64_t bytes);

#endif
