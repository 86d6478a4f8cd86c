/*
 * mutate_int.h - mutators for formats where a length stands before each text:
 * a plain mutation that makes a text longer only shows that the length is
 * checked.  These change what is inside and set the length right.
 *
 * libFuzzer takes LLVMFuzzerCustomMutator of a target from
 * mutators/mutate_TARGET.c, if there is one.
 */
#ifndef LATENT_MUTATE_INT_H
#define LATENT_MUTATE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* libFuzzer's own mutation, in place: the new size, 1 to `most`. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                               unsigned int seed);

/* A text and the length before it. */
typedef struct mutate_field {
    size_t head;   /* where its length stands, or its tag and length */
    size_t at;     /* where it begins */
    size_t length; /* in bytes */
} mutate_field;

enum { MUTATE_FIELDS = 4096, MUTATE_MOST = 65536 };

static inline unsigned mutate_random(unsigned *state, unsigned below)
{
    *state = *state * 1664525U + 1013904223U;
    return (*state >> 8) % below;
}

/* Puts `now` bytes where `was` bytes stood; false if they do not fit. */
static inline bool mutate_replace(uint8_t *data, size_t *size, size_t most,
                                  size_t at, size_t was, const void *bytes,
                                  size_t now)
{
    if (*size - was + now > most)
        return false;
    memmove(data + at + now, data + at + was, *size - at - was);
    memcpy(data + at, bytes, now);
    *size = *size - was + now;
    return true;
}

#endif
