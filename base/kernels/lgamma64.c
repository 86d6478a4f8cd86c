/*
 * lgamma64.c - the logarithm of the gamma function for x > 0, in double,
 * relative error below 1e-14 (also beside its zeros at 1 and 2).
 */
#include "kernels_int.h"

/* log gamma(2 + t) = (1 - euler) t + sum over k >= 2 of
 * (-1)^k (zeta(k) - 1) / k * t^k; the terms fall by 4 for |t| <= 1/2. */
static const double series[26] = {
    0x1.4a34cc4a60fa6p-2, -0x1.13e001a557607p-4, 0x1.51322ac7d8483p-6,
    -0x1.e404fc218f5f2p-8, 0x1.7add6eadb6c30p-9, -0x1.38ac5c2bf8e08p-10,
    0x1.0b36af86396e9p-11, -0x1.d3fd4c76d2fc8p-13, 0x1.a127b0f17d65ap-14,
    -0x1.78de5bd7c81efp-15, 0x1.580dcee66eb02p-16, -0x1.3cbc963ce2243p-17,
    0x1.2597a39f34aacp-18, -0x1.11b2eb7679541p-19, 0x1.0064cdeb22f0fp-20,
    -0x1.e2600d93cfd2fp-22, 0x1.c76bbb3f07a4dp-23, -0x1.af5a6cbbf8a97p-24,
    0x1.99b93c2070b0fp-25, -0x1.862c734df3eacp-26, 0x1.7469daccfadcdp-27,
    -0x1.6434a8447aeadp-28, 0x1.555a877ffd2c3p-29, -0x1.47b1679258d0ep-30,
    0x1.3b15d2b2fc10cp-31, -0x1.2f69a9fabe3e0p-32};

LAT_TARGET_SCALAR static double near_two(double t)
{
    double p = series[25];
    for (int i = 24; i >= 0; i--)
        p = p * t + series[i];
    return t * (0x1.b0ee6072093cep-2 + t * p); /* 1 - euler */
}

/* Stirling's series; its first term left out is below 1e-15 at x = 10. */
LAT_TARGET_SCALAR static double stirling(double x)
{
    double w = 1.0 / x, z = w * w;
    double p = -691.0 / 360360;
    p = p * z + 1.0 / 1188;
    p = p * z - 1.0 / 1680;
    p = p * z + 1.0 / 1260;
    p = p * z - 1.0 / 360;
    p = p * z + 1.0 / 12;
    double half_log_two_pi = 0x1.d67f1c864beb5p-1;
    return (x - 0.5) * (lat_log(x) - 1.0) +
           (half_log_two_pi - 0.5 + w * p);
}

/* log(1 + t) for small t without the rounding of 1 + t: log(u) * t/(u-1)
 * corrects for the u that 1 + t became (Higham). */
LAT_TARGET_SCALAR static double log_one_plus(double t)
{
    double u = 1.0 + t;
    return u == 1.0 ? t : lat_log(u) * (t / (u - 1.0));
}

LAT_TARGET_SCALAR double lat_lgamma(double x)
{
    if (x != x || x < 0)
        return lat_bits_double(LAT_NAN64_BITS);
    if (x == 0 || x > 2.5e305)
        return lat_bits_double(0x7ff0000000000000u);
    if (x >= 10.0)
        return stirling(x);
    if (x < 0.5) /* gamma(x) = gamma(x + 2) / (x (x + 1)) */
        return near_two(x) - log_one_plus(x) - lat_log(x);
    if (x < 1.5) /* gamma(x) = gamma(x + 1) / x */
        return near_two(x - 1.0) - log_one_plus(x - 1.0);
    double product = 1.0;
    while (x > 2.5) {
        x -= 1.0;
        product *= x;
    }
    double y = near_two(x - 2.0);
    return product == 1.0 ? y : y + lat_log(product);
}
