/*
 * guard.h - memory between two pages that must not be touched, and the
 * levels to compare.
 *
 *     | no access |  data ...  data | no access |
 *                  ^ at the front    ^ at the end
 *
 * A kernel that reads or writes one element too far dies on the spot.
 */
#ifndef LATENT_TEST_GUARD_H
#define LATENT_TEST_GUARD_H

#include "../../harness.h"
#include "../../../base/kernels/kernels_int.h"
#include <sys/mman.h>
#include <unistd.h>

typedef struct guard {
    char *front; /* first byte that may be touched */
    size_t size;
} guard;

static inline guard guard_make(size_t least)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (least + page - 1) / page * page;
    char *all = mmap(NULL, size + 2 * page, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all, page, PROT_NONE) != 0 ||
        mprotect(all + page + size, page, PROT_NONE) != 0)
        exit(99);
    return (guard){all + page, size};
}

/* The last `bytes` before the guard page. */
static inline void *guard_end(guard g, size_t bytes)
{
    return g.front + g.size - bytes;
}

/* Levels beside the first that this CPU has; levels[0] is the plain one
 * with its software fma, the definition. */
static inline size_t guard_levels(const lat_kernels *levels[8])
{
    static const char *const names[] = {"plain", "avx2", "avx512", "neon"};
    size_t count = 0;
    levels[count++] = &lat_kernels_plain;
    for (size_t i = 0; i < 4; i++) {
        const lat_kernels *k = lat_kernels_named(names[i]);
        if (k != NULL && k != &lat_kernels_plain)
            levels[count++] = k;
    }
    return count;
}

/* xorshift64*, enough for test data. */
static uint64_t guard_state = 88172645463325252u;
static inline uint64_t guard_random(void)
{
    guard_state ^= guard_state >> 12;
    guard_state ^= guard_state << 25;
    guard_state ^= guard_state >> 27;
    return guard_state * 2685821657736338717u;
}
static inline float guard_unit(void) /* -1..1 */
{
    return (float)((double)(guard_random() >> 11) * 0x1p-52 - 1.0);
}

/* Mostly ordinary numbers, some large, tiny, subnormal, zero; NaN and
 * infinities only when `wild`. */
static inline float guard_value(bool wild)
{
    uint64_t r = guard_random();
    switch (r >> 32 & 31) {
    case 0: return 0.0f;
    case 1: return -0.0f;
    case 2: return guard_unit() * 0x1p-130f;
    case 3: return guard_unit() * 100.0f;
    case 4: return wild ? lat_bits_float((uint32_t)r) : guard_unit();
    default: return guard_unit() * 4.0f;
    }
}

#endif
