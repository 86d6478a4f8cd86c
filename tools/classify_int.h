/* classify_int.h - what `latent classify` does for heads over tokens. */
#ifndef LATENT_CLASSIFY_INT_H
#define LATENT_CLASSIFY_INT_H

#include "inputs_int.h"

/* Tags of the corpus's words or the pieces at its masks, as the verb's
 * options say, to -o. */
lat_status classify_tokens(cli_call *call, const lat_reader *reader,
                           const lat_corpus *corpus, lat_error *error);

#endif
