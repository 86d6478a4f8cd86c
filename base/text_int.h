/*
 * text_int.h - what every reader of text files asks first.
 */
#ifndef LATENT_TEXT_INT_H
#define LATENT_TEXT_INT_H

#include "base.h"

/* Drops a byte order mark; refuses NUL and invalid UTF-8 by line number. */
lat_status lat_lines_check(const char **text, size_t *size, lat_error *error);

#endif
