/*
 * random.c - repeatable random numbers: xoshiro256** (Blackman and Vigna
 * 2018, "Scrambled linear pseudorandom number generators") seeded by
 * splitmix64 (Steele, Lea, Flood 2014).
 *
 * Normal numbers use no logarithm, whose last bit would differ between
 * C libraries, but Karney's rejection method, which only compares uniform
 * numbers (Karney 2016, "Sampling exactly from the normal distribution").
 */
#include "base.h"

static uint64_t splitmix(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static uint64_t turn(uint64_t x, unsigned by)
{
    return x << by | x >> (64 - by);
}

void lat_random_seed(lat_random *random, uint64_t seed, uint64_t stream)
{
    /* Stream 0 is plain splitmix64 of the seed; others start from a point
     * that no small seed reaches. */
    uint64_t state = seed;
    if (stream != 0)
        state ^= splitmix(&stream);
    /* Four equal zeros, the one forbidden state, cannot come out: splitmix
     * is a permutation of a counter that moves. */
    for (size_t i = 0; i < 4; i++)
        random->state[i] = splitmix(&state);
}

uint64_t lat_random_next(lat_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = turn(s[1] * 5, 7) * 9;
    uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = turn(s[3], 45);
    return result;
}

uint64_t lat_random_below(lat_random *random, uint64_t n)
{
    if (n == 0)
        return 0;
    /* 2^64 mod n values at the bottom would make the low remainders more
     * likely; they are drawn again.  They are below n, which x seldom is. */
    uint64_t x = 0;
    do {
        x = lat_random_next(random);
    } while (x < n && x < (0 - n) % n);
    return x % n;
}

double lat_random_unit(lat_random *random)
{
    return (double)(lat_random_next(random) >> 11) * 0x1p-53;
}

/* True with probability exp(-x), 0 <= x <= 1: the length n of a falling run
 * x > u1 > u2 > ... has P(n >= k) = x^k / k!, and the alternating sum over
 * even n is exp(-x) (von Neumann 1951). */
static bool chance_exp(lat_random *random, double x)
{
    bool even = true;
    for (;;) {
        double u = lat_random_unit(random);
        if (u >= x)
            return even;
        x = u;
        even = !even;
    }
}

static bool chance_exp_times(lat_random *random, double x, uint64_t times)
{
    for (uint64_t i = 0; i < times; i++)
        if (!chance_exp(random, x))
            return false;
    return true;
}

/* |normal| = k + x: k with weight exp(-k^2/2), then x in [0, 1) kept with
 * probability exp(-x(2k + x)/2), both as products of chances above. */
double lat_random_normal(lat_random *random)
{
    for (;;) {
        uint64_t k = 0;
        while (chance_exp(random, 0.5))
            k++;
        if (k > 1 && !chance_exp_times(random, 0.5, k * (k - 1)))
            continue;
        double x = lat_random_unit(random);
        double whole = (double)k;
        double part = x * (2 * whole + x) / (2 * whole + 2);
        if (!chance_exp_times(random, part, k + 1))
            continue;
        bool minus = lat_random_next(random) >> 63 != 0;
        return minus ? -(whole + x) : whole + x;
    }
}

void lat_random_shuffle(lat_random *random, size_t *order, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)lat_random_below(random, i);
        size_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}
