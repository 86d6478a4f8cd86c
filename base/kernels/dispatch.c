/*
 * dispatch.c - which tables this CPU can run, and which one is used.
 *
 * The one file that asks the CPU.  AVX needs three yeses: the CPU has the
 * instructions (CPUID), the operating system saves the registers (XGETBV),
 * and the build has the level.
 */
#include "kernels_int.h"
#include <pthread.h>
#include <stdlib.h>

#ifdef LAT_LEVEL_X86
#include <cpuid.h>

static uint64_t saved_state(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t)high << 32 | low;
}

typedef struct features {
    bool fma, avx2, avx512;
} features;

static features look_at_cpu(void)
{
    enum { FMA = 1 << 12, OSXSAVE = 1 << 27, AVX = 1 << 28, F16C = 1 << 29 };
    enum { AVX2 = 1 << 5, AVX512F = 1 << 16, AVX512DQ = 1 << 17,
           AVX512BW = 1 << 30 };
    const uint32_t avx512vl = 1u << 31;
    unsigned a, b, c, d;
    features f = {false, false, false};
    if (!__get_cpuid(1, &a, &b, &c, &d))
        return f;
    if ((c & OSXSAVE) == 0 || (c & AVX) == 0)
        return f;
    uint64_t state = saved_state();
    if ((state & 0x6) != 0x6) /* XMM and YMM */
        return f;
    f.fma = (c & FMA) != 0;
    bool f16c = (c & F16C) != 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return f;
    f.avx2 = f.fma && f16c && (b & AVX2) != 0;
    f.avx512 = f.avx2 && (state & 0xe0) == 0xe0 && /* masks and ZMM */
               (b & AVX512F) != 0 && (b & AVX512DQ) != 0 &&
               (b & AVX512BW) != 0 && (b & avx512vl) != 0;
    return f;
}
#endif

/* Best first, NULL at the end. */
static const lat_kernels *levels[4];
static const lat_kernels *chosen;
static bool name_unknown;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static const lat_kernels *find(const char *name)
{
    for (size_t i = 0; levels[i] != NULL; i++)
        if (strcmp(levels[i]->name, name) == 0)
            return levels[i];
    return NULL;
}

static void choose(void)
{
    size_t count = 0;
    const lat_kernels *plain = &lat_kernels_plain;
#ifdef LAT_LEVEL_X86
    features f = look_at_cpu();
    if (f.avx512)
        levels[count++] = &lat_kernels_avx512;
    if (f.avx2)
        levels[count++] = &lat_kernels_avx2;
    if (f.fma)
        plain = &lat_kernels_fused;
#elif defined(LAT_LEVEL_NEON)
    levels[count++] = &lat_kernels_neon;
#endif
#if defined(LAT_LEVEL_FUSED) && !defined(LAT_LEVEL_X86)
    plain = &lat_kernels_fused;
#endif
    levels[count] = plain;
    chosen = levels[0];
    const char *wanted = getenv("LATENT_CPU");
    if (wanted != NULL && wanted[0] != '\0') {
        const lat_kernels *named = find(wanted);
        name_unknown = named == NULL;
        if (named != NULL)
            chosen = named;
    }
}

const lat_kernels *lat_kernels_best(void)
{
    pthread_once(&once, choose);
    return chosen;
}

const lat_kernels *lat_kernels_named(const char *name)
{
    pthread_once(&once, choose);
    return find(name);
}

lat_status lat_kernels_check(lat_error *error)
{
    pthread_once(&once, choose);
    if (!name_unknown)
        return LAT_OK;
    const char *names[4] = {"", "", "", ""};
    for (size_t i = 0; i < 4 && levels[i] != NULL; i++)
        names[i] = levels[i]->name;
    return lat_error_set(error, LAT_USAGE,
                         "LATENT_CPU names no level of this CPU; expected "
                         "one of: %s %s %s",
                         names[0], names[1], names[2]);
}

size_t lat_panels_size(size_t n, size_t k)
{
    return (n + LAT_PANEL - 1) / LAT_PANEL * LAT_PANEL * k;
}

/* The last store of pack_left may be a vector of which only one value
 * counts. */
size_t lat_left_size(size_t m, size_t k)
{
    return m * k + 16;
}
