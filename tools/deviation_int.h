/* deviation_int.h - how far two files of one model differ. */
#ifndef LATENT_DEVIATION_INT_H
#define LATENT_DEVIATION_INT_H

#include "cli_int.h"

/* Runs the models at `from` and `to` on the same made-up ids and prints, for
 * each layer, median and maximum over tokens of |x - y| / |x|. */
lat_status deviation_print(cli_call *call, const char *from, const char *to,
                           lat_error *error);

#endif
