/*
 * fuzz.h - what every fuzz target shares.
 *
 * A target is one file fuzz_NAME.c with one FUZZ_TARGET(NAME).  It is built
 * twice: with clang's libFuzzer for `make fuzz`, and, all targets together,
 * into the plain program replay.c that `make test` runs over the fixtures.
 *
 *     bytes ──> FUZZ_TARGET ──> a reader ──> status, lat_error
 *                                   │
 *                 fuzz_answer: an allowed status, a clean message
 *                 fuzz_end:    no byte is still held, memory stayed in bounds
 *
 * A broken promise aborts; nothing here catches that.
 */
#ifndef LATENT_FUZZ_H
#define LATENT_FUZZ_H

#include "../../base/base.h"

#include <string.h>

#ifdef FUZZ_REPLAY
#define FUZZ_TARGET(name)                                                  \
    void fuzz_##name(const unsigned char *data, size_t size);              \
    void fuzz_##name(const unsigned char *data, size_t size)
#else
#define FUZZ_TARGET(name)                                                  \
    static void fuzz_##name(const unsigned char *data, size_t size);       \
    int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);    \
    int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)     \
    {                                                                      \
        fuzz_##name(data, size);                                           \
        return 0;                                                          \
    }                                                                      \
    static void fuzz_##name(const unsigned char *data, size_t size)
#endif

/* Aborts with the text unless the condition holds. */
void fuzz_check(bool holds, const char *what);

/* Around one call: from here on at most `base` + `factor` bytes a byte of
 * input may be allocated (more gives LAT_NO_MEMORY, which fuzz_answer does
 * not allow) ... */
void fuzz_begin(size_t size, size_t base, size_t factor);
/* ... and by here all of it is given back. */
void fuzz_end(void);
/* The status is LAT_OK or says what is wrong with the input, with a message
 * that is safe to print.  Returns whether it is LAT_OK. */
bool fuzz_answer(lat_status status, lat_error *error);

/* Path of a file with these bytes, in a folder of this process in memory;
 * the path lives until the next call.  NAME may hold one folder. */
const char *fuzz_file(const char *name, const void *data, size_t size);
const char *fuzz_folder(void);

/* Inputs that stand for several files:
 *
 *     === NAME \n bytes \n === NAME \n bytes ...
 *
 * Calls take for each; what comes before the first "=== " has no name. */
typedef void fuzz_take(void *context, const char *name,
                       const unsigned char *data, size_t size);
void fuzz_unpack(const unsigned char *data, size_t size, fuzz_take *take,
                 void *context);

#endif
