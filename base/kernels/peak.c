/*
 * peak.c - how many floating point operations a second one thread can do at
 * most, measured: a loop of independent fused multiply-adds in registers.
 * The yardstick of every benchmark, taken in the same run.
 */
#include "kernels_int.h"

#include <time.h>

/* 12 chains: two pipes of 4 or 5 cycles need 8 to 10. */
#define CHAINS(X)                                                          \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
enum { CHAIN_COUNT = 12, TURNS = 20000 };

/* A burst is TURNS x 12 fused multiply-adds of one vector, c = c x + y with
 * x + y = 1, so that the values go to 1.  Their sum goes back to the
 * caller: no compiler may drop the loop. */
typedef float lat_burst(float seed);

#ifdef LAT_LEVEL_X86
#include <immintrin.h>

__attribute__((target("avx2,fma"))) static float burst_avx2(float seed)
{
    __m256 x = _mm256_set1_ps(0.5f + seed), y = _mm256_set1_ps(0.5f - seed);
    float total = 0.0f;
#define START(i) __m256 c##i = _mm256_set1_ps((float)i);
#define STEP(i) c##i = _mm256_fmadd_ps(c##i, x, y);
#define END(i) total += _mm256_cvtss_f32(c##i);
    CHAINS(START)
    for (int i = 0; i < TURNS; i++) {
        CHAINS(STEP)
    }
    CHAINS(END)
#undef START
#undef STEP
#undef END
    return total;
}

__attribute__((target("avx512f"))) static float burst_avx512(float seed)
{
    __m512 x = _mm512_set1_ps(0.5f + seed), y = _mm512_set1_ps(0.5f - seed);
    float total = 0.0f;
#define START(i) __m512 c##i = _mm512_set1_ps((float)i);
#define STEP(i) c##i = _mm512_fmadd_ps(c##i, x, y);
#define END(i) total += _mm512_cvtss_f32(c##i);
    CHAINS(START)
    for (int i = 0; i < TURNS; i++) {
        CHAINS(STEP)
    }
    CHAINS(END)
#undef START
#undef STEP
#undef END
    return total;
}
#endif

#ifdef LAT_LEVEL_NEON
#include <arm_neon.h>

static float burst_neon(float seed)
{
    float32x4_t x = vdupq_n_f32(0.5f + seed), y = vdupq_n_f32(0.5f - seed);
    float total = 0.0f;
#define START(i) float32x4_t c##i = vdupq_n_f32((float)i);
#define STEP(i) c##i = vfmaq_f32(y, c##i, x);
#define END(i) total += vgetq_lane_f32(c##i, 0);
    CHAINS(START)
    for (int i = 0; i < TURNS; i++) {
        CHAINS(STEP)
    }
    CHAINS(END)
#undef START
#undef STEP
#undef END
    return total;
}
#endif

/* Without vectors the yardstick is a multiplication and an addition. */
static float burst_plain(float seed)
{
    float x = 0.5f + seed, y = 0.5f - seed, total = 0.0f;
#define START(i) float c##i = (float)i;
#define STEP(i) c##i = c##i * x + y;
#define END(i) total += c##i;
    CHAINS(START)
    for (int i = 0; i < TURNS; i++) {
        CHAINS(STEP)
    }
    CHAINS(END)
#undef START
#undef STEP
#undef END
    return total;
}

static lat_burst *burst_of(const char *level, double *width)
{
    *width = 1;
#ifdef LAT_LEVEL_X86
    *width = 8;
    if (strcmp(level, "avx2") == 0)
        return burst_avx2;
    *width = 16;
    if (strcmp(level, "avx512") == 0)
        return burst_avx512;
    *width = 1;
#endif
#ifdef LAT_LEVEL_NEON
    *width = 4;
    if (strcmp(level, "neon") == 0)
        return burst_neon;
    *width = 1;
#endif
    return strcmp(level, "plain") == 0 ? burst_plain : NULL;
}

static double thread_seconds(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0)
        return lat_clock_seconds();
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

double lat_fma_peak(const char *level, double seconds)
{
    double width, done = 0, used;
    lat_burst *burst = burst_of(level, &width);
    volatile float sink = 0.0f;
    if (burst == NULL || lat_kernels_named(level) == NULL)
        return 0.0;
    sink = sink + burst(0x1p-20f); /* wakes the wide units up */
    double end = lat_clock_seconds() + seconds;
    used = thread_seconds();
    do {
        sink = sink + burst(0x1p-20f);
        done += 2.0 * width * CHAIN_COUNT * TURNS;
    } while (lat_clock_seconds() < end);
    return done / (thread_seconds() - used) * 1e-9;
}
