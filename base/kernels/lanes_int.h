/*
 * lanes_int.h - row work written once for all levels (a template; see
 * kernels_int.h): exp, erf, tanh, activations, layer norm, softmax, sums.
 *
 * The including file defines, each in front with LAT_FN:
 *   W             floats in a vector V (1, 4, 8 or 16), M a mask of them
 *   v_set v_load v_store v_load_part v_store_part   (part: the first n < W,
 *                 the others read as +0)
 *   v_add v_sub v_mul v_div v_sqrt v_fma(a,b,c) = a*b+c
 *   v_max(a,b) = a > b ? a : b      v_min(a,b) = a < b ? a : b
 *   v_abs  v_copysign(magnitude >= 0, sign)
 *   v_less(a,b) v_nan(a) -> M       v_pick(M, yes, no)
 *   v_keep(n, fresh, old)           lanes 0..n-1 of fresh, the rest of old
 *   v_pow2(t)     2^n where t = n + LAT_ROUND_MAGIC, -126 <= n <= 127
 *   v_transpose(rows)  W vectors as a square, in place
 *   v_fold(lanes) adds up 16/W vectors, lane i+half to lane i
 *   WD, D, d_...  the same for doubles, as far as distance2 and dot64 need
 *   STRIP, GROUP_ROWS  columns of a tile (tile_int.h), rows of it that the
 *                 epilogue finishes at a time
 *
 * Coefficients are minimax fits (weighted least squares, iterated) made for
 * this file, each rounded to float before the next ones were fitted.
 */
#ifndef LATENT_LANES_INT_H
#define LATENT_LANES_INT_H

#define L (16 / W)  /* vectors in a block of 16 lanes */
#define GROUP (GROUP_ROWS * (STRIP / W)) /* vectors worked on side by side */
#define LD (16 / WD)

/* x + magic has the integer nearest to x in its low bits (ties to even),
 * for |x| < 2^22. */
#define LAT_ROUND_MAGIC 12582912.0f

LAT_FN V v_horner(V x, const float *c, int n)
{
    V p = v_set(c[n - 1]);
    LAT_UNROLL
    for (int i = n - 2; i >= 0; i--)
        p = v_fma(p, x, v_set(c[i]));
    return p;
}

/* The same of n vectors side by side, n <= GROUP. */
LAT_FN void v_horner_all(V *p, const V *x, int n, const float *c, int terms)
{
    LAT_UNROLL
    for (int g = 0; g < n; g++)
        p[g] = v_set(c[terms - 1]);
    LAT_UNROLL
    for (int i = terms - 2; i >= 0; i--) {
        V term = v_set(c[i]);
        LAT_UNROLL
        for (int g = 0; g < n; g++)
            p[g] = v_fma(p[g], x[g], term);
    }
}

LAT_FN V v_clean(V x)
{
    return v_pick(v_nan(x), v_set(lat_bits_float(LAT_NAN_BITS)), x);
}

/* exp(x) = 2^n * exp(r), n = rint(x / ln 2), |r| <= ln(2)/2.  ln 2 in two
 * floats, so that r is right to 2^-27.  exp(r) = 1 + r + r^2 q(r), q within
 * 1.1e-10 relative to exp. */
LAT_FN V v_exp_reduced(V x, V *n_magic)
{
    static const float q[6] = {0x1.000000p-1f, 0x1.555554p-3f,
                               0x1.5554e4p-5f, 0x1.11130cp-7f,
                               0x1.6d5278p-10f, 0x1.9e08cap-13f};
    V magic = v_set(LAT_ROUND_MAGIC);
    V t = v_fma(x, v_set(0x1.715476p+0f), magic); /* 1 / ln 2 */
    V n = v_sub(t, magic);
    V r = v_fma(n, v_set(-0x1.62e430p-1f), x);
    r = v_fma(n, v_set(0x1.05c610p-29f), r);
    V p = v_horner(r, q, 6);
    *n_magic = t;
    return v_add(v_fma(v_mul(r, r), p, r), v_set(1.0f));
}

/* For -87 <= x <= 88, where 2^n is one normal float. */
LAT_FN V v_exp_near(V x)
{
    V t;
    V p = v_exp_reduced(x, &t);
    return v_mul(p, v_pow2(t));
}

/* For all x: 2^n in two factors, so that results below the normal range
 * are rounded once and those above become infinite. */
LAT_FN V v_exp(V x)
{
    V high = v_set(89.0f), low = v_set(-104.0f);
    V magic = v_set(LAT_ROUND_MAGIC);
    V y = v_pick(v_less(high, x), high, x); /* NaN stays */
    y = v_pick(v_less(y, low), low, y);
    V t;
    V p = v_exp_reduced(y, &t);
    V n = v_sub(t, magic);
    V half = v_fma(n, v_set(0.5f), magic);
    V rest = v_add(v_sub(n, v_sub(half, magic)), magic);
    return v_clean(v_mul(v_mul(p, v_pow2(half)), v_pow2(rest)));
}

/* erf(z)/z - 1 as a polynomial in z^2 for |z| < 0.95, within 1e-9. */
LAT_FN V v_erf_ratio(V zz)
{
    static const float c[7] = {0x1.06eba8p-3f, -0x1.812740p-2f,
                               0x1.ce2d64p-4f, -0x1.b80124p-6f,
                               0x1.544b08p-8f, -0x1.a61810p-11f,
                               0x1.4fa924p-14f};
    return v_horner(zz, c, 7);
}

/* erfc(z) = exp(polynomial) for 0.95 <= z, absolute error below 1e-8;
 * beyond z = 4 it only stays below that and falls, to 0 from 8 on. */
LAT_FN V v_erfc_tail(V z)
{
    static const float c[8] = {0x1.80b5d4p-13f, -0x1.212aa2p+0f,
                               -0x1.443b06p-1f, -0x1.bbe47ap-4f,
                               0x1.9c875ep-6f, -0x1.12d3cep-8f,
                               0x1.cc6c12p-12f, -0x1.68a212p-16f};
    V top = v_set(8.0f);
    M beyond = v_less(top, z);
    V y = v_exp_near(v_horner(v_pick(beyond, top, z), c, 8));
    return v_pick(beyond, v_set(0.0f), y);
}

#define LAT_ERF_SPLIT 0.95f

LAT_FN V v_erf(V x)
{
    V z = v_abs(x);
    V small = v_fma(z, v_erf_ratio(v_mul(z, z)), z);
    V large = v_sub(v_set(1.0f), v_erfc_tail(z));
    V y = v_pick(v_less(z, v_set(LAT_ERF_SPLIT)), small, large);
    return v_clean(v_copysign(y, x));
}

/* x * Phi(x), Phi the normal distribution.  With t = |x| and the tail
 * Phi(-t) = 2^q(t) it is max(x, 0) - t * 2^q(t): no branch, nothing cancels,
 * and one polynomial (absolute error of Phi below 7e-11 for t < 7; beyond,
 * it only falls, and t * 2^q stays below 1e-22).  A polynomial is a chain of
 * some 90 cycles; n vectors side by side fill the pipes meanwhile. */
LAT_FN void v_gelu_all(V *x, int n)
{
    static const float q[11] = {
        -0x1.000000p+0f,  -0x1.26aec2p+0f,  -0x1.d63ee2p-2f,
        -0x1.ad6c3ep-5f,  0x1.c3be1ap-8f,   0x1.1d7540p-14f,
        -0x1.57a0f2p-12f, 0x1.936d46p-14f,  -0x1.066cfep-16f,
        0x1.858f38p-20f,  -0x1.014fccp-24f};
    static const float two[7] = {/* 2^f, |f| <= 1/2, within 3e-9 */
        0x1.000000p+0f, 0x1.62e430p-1f, 0x1.ebfbdcp-3f, 0x1.c6af7ap-5f,
        0x1.3b2dd4p-7f, 0x1.5f0952p-10f, 0x1.4178a4p-13f};
    V zero = v_set(0.0f), top = v_set(10.0f); /* q(10) = -113 */
    V magic = v_set(LAT_ROUND_MAGIC);
    V t[GROUP], y[GROUP], whole[GROUP], p[GROUP];
    LAT_UNROLL
    for (int g = 0; g < n; g++)
        t[g] = v_min(top, v_abs(x[g])); /* NaN stays */
    v_horner_all(y, t, n, q, 11);
    LAT_UNROLL
    for (int g = 0; g < n; g++) {
        whole[g] = v_add(y[g], magic);
        y[g] = v_sub(y[g], v_sub(whole[g], magic));
    }
    v_horner_all(p, y, n, two, 7);
    LAT_UNROLL
    for (int g = 0; g < n; g++) {
        V tail = v_mul(p[g], v_pow2(whole[g]));
        x[g] = v_fma(v_sub(zero, t[g]), tail, v_max(zero, x[g]));
    }
}

LAT_FN V v_gelu(V x)
{
    v_gelu_all(&x, 1);
    return x;
}

/* Odd polynomial below 0.55 (within 1.2e-9), else 1 - 2 / (exp(2|x|) + 1). */
LAT_FN V v_tanh(V x)
{
    static const float c[5] = {-0x1.55554ap-2f, 0x1.110ceep-3f,
                               -0x1.b91e7ep-5f, 0x1.58e518p-6f,
                               -0x1.9921a0p-8f};
    V one = v_set(1.0f), top = v_set(10.0f); /* tanh(10) rounds to 1 */
    V z = v_abs(x);
    V zz = v_mul(z, z);
    V small = v_fma(v_mul(z, zz), v_horner(zz, c, 5), z);
    V y = v_pick(v_less(top, z), top, z);
    V e = v_exp_near(v_add(y, y));
    V large = v_sub(one, v_div(v_set(2.0f), v_add(e, one)));
    V t = v_pick(v_less(z, v_set(0.55f)), small, large);
    return v_clean(v_copysign(t, x));
}

/* x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x^3))) */
LAT_FN V v_gelu_tanh(V x)
{
    V cube = v_mul(v_mul(x, x), x);
    V inner = v_fma(v_set(0.044715f), cube, x);
    V t = v_tanh(v_mul(v_set(0x1.988454p-1f), inner));
    return v_mul(v_mul(x, v_set(0.5f)), v_add(v_set(1.0f), t));
}

LAT_FN V v_silu(V x)
{
    V e = v_exp(v_sub(v_set(0.0f), x));
    return v_div(x, v_add(v_set(1.0f), e));
}

LAT_FN V v_activate(lat_activation activation, V x)
{
    switch (activation) {
    case LAT_ACT_GELU:
        return v_gelu(x);
    case LAT_ACT_GELU_TANH:
        return v_gelu_tanh(x);
    case LAT_ACT_RELU:
        return v_pick(v_less(x, v_set(0.0f)), v_set(0.0f), x);
    case LAT_ACT_TANH:
        return v_tanh(x);
    case LAT_ACT_SILU:
        return v_silu(x);
    case LAT_ACT_NONE:
        break;
    }
    return x;
}

LAT_FN void v_activate_all(lat_activation activation, V *x, int n)
{
    if (activation == LAT_ACT_GELU) {
        v_gelu_all(x, n);
        return;
    }
    LAT_UNROLL
    for (int g = 0; g < n; g++)
        x[g] = v_activate(activation, x[g]);
}

LAT_TARGET static void activate(float *x, size_t n,
                                lat_activation activation)
{
    size_t i = 0;
    for (; n - i >= W; i += W)
        v_store(x + i, v_clean(v_activate(activation, v_load(x + i))));
    if (i < n)
        v_store_part(x + i, n - i,
                     v_clean(v_activate(activation,
                                        v_load_part(x + i, n - i))));
}

LAT_TARGET static void exp_all(float *x, size_t n)
{
    size_t i = 0;
    for (; n - i >= W; i += W)
        v_store(x + i, v_exp(v_load(x + i)));
    if (i < n)
        v_store_part(x + i, n - i, v_exp(v_load_part(x + i, n - i)));
}

LAT_TARGET static void add(float *out, const float *x, const float *y,
                           size_t n)
{
    size_t i = 0;
    for (; n - i >= W; i += W)
        v_store(out + i, v_clean(v_add(v_load(x + i), v_load(y + i))));
    if (i < n)
        v_store_part(out + i, n - i,
                     v_clean(v_add(v_load_part(x + i, n - i),
                                   v_load_part(y + i, n - i))));
}

LAT_FN float clean(float x)
{
    return x != x ? lat_bits_float(LAT_NAN_BITS) : x;
}

/* How many of the W lanes from lane `from` on the last `rest` elements of a
 * row fill. */
LAT_FN size_t part(size_t rest, size_t from)
{
    return rest <= from ? 0 : rest - from < W ? rest - from : W;
}

LAT_TARGET static float sum(const float *x, size_t n)
{
    V lanes[L];
    size_t i = 0;
    LAT_UNROLL
    for (size_t j = 0; j < L; j++)
        lanes[j] = v_set(0.0f);
    for (; n - i >= 16; i += 16)
        LAT_UNROLL
        for (size_t j = 0; j < L; j++)
            lanes[j] = v_add(lanes[j], v_load(x + i + j * W));
    LAT_UNROLL
    for (size_t j = 0; j < L; j++) {
        size_t from = j * W, m = part(n - i, from);
        if (m != 0)
            lanes[j] = v_keep(
                m, v_add(lanes[j], v_load_part(x + i + from, m)), lanes[j]);
    }
    return clean(v_fold(lanes));
}

LAT_TARGET static float dot(const float *x, const float *y, size_t n)
{
    V lanes[L];
    size_t i = 0;
    LAT_UNROLL
    for (size_t j = 0; j < L; j++)
        lanes[j] = v_set(0.0f);
    for (; n - i >= 16; i += 16)
        LAT_UNROLL
        for (size_t j = 0; j < L; j++)
            lanes[j] = v_fma(v_load(x + i + j * W), v_load(y + i + j * W),
                             lanes[j]);
    LAT_UNROLL
    for (size_t j = 0; j < L; j++) {
        size_t from = j * W, m = part(n - i, from);
        if (m != 0)
            lanes[j] = v_keep(m,
                              v_fma(v_load_part(x + i + from, m),
                                    v_load_part(y + i + from, m), lanes[j]),
                              lanes[j]);
    }
    return clean(v_fold(lanes));
}

/* Four at once wait less for each other and for memory. */
LAT_TARGET static void dot4(float *out, const float *x,
                            const float *const *y, size_t n)
{
    V lanes[4][L];
    LAT_UNROLL
    for (size_t g = 0; g < 4; g++)
        LAT_UNROLL
        for (size_t j = 0; j < L; j++)
            lanes[g][j] = v_set(0.0f);
    for (size_t i = 0; n - i >= 16; i += 16)
        LAT_UNROLL
        for (size_t j = 0; j < L; j++) {
            V part_x = v_load(x + i + j * W);
            LAT_UNROLL
            for (size_t g = 0; g < 4; g++)
                lanes[g][j] = v_fma(part_x, v_load(y[g] + i + j * W),
                                    lanes[g][j]);
        }
    for (size_t g = 0; g < 4; g++)
        out[g] = n % 16 == 0 ? clean(v_fold(lanes[g])) : dot(x, y[g], n);
}

/* Sum of (x - mean)^2. */
LAT_TARGET static float spread(const float *x, size_t n, float mean)
{
    V lanes[L], center = v_set(mean);
    size_t i = 0;
    LAT_UNROLL
    for (size_t j = 0; j < L; j++)
        lanes[j] = v_set(0.0f);
    for (; n - i >= 16; i += 16)
        LAT_UNROLL
        for (size_t j = 0; j < L; j++) {
            V d = v_sub(v_load(x + i + j * W), center);
            lanes[j] = v_fma(d, d, lanes[j]);
        }
    LAT_UNROLL
    for (size_t j = 0; j < L; j++) {
        size_t from = j * W, m = part(n - i, from);
        if (m != 0) {
            V d = v_sub(v_load_part(x + i + from, m), center);
            lanes[j] = v_keep(m, v_fma(d, d, lanes[j]), lanes[j]);
        }
    }
    return clean(v_fold(lanes));
}

LAT_TARGET static void layer_norm(float *out, const float *x,
                                  const float *gain, const float *shift,
                                  size_t n, float eps)
{
    float mean = sum(x, n) / (float)n;
    float variance = spread(x, n, mean) / (float)n;
    V center = v_set(mean);
    V scale = v_div(v_set(1.0f), v_sqrt(v_set(variance + eps)));
    size_t i = 0;
    for (; n - i >= W; i += W) {
        V d = v_mul(v_sub(v_load(x + i), center), scale);
        v_store(out + i, v_clean(v_fma(d, v_load(gain + i),
                                       v_load(shift + i))));
    }
    if (i < n) {
        size_t m = n - i;
        V d = v_mul(v_sub(v_load_part(x + i, m), center), scale);
        v_store_part(out + i, m,
                     v_clean(v_fma(d, v_load_part(gain + i, m),
                                   v_load_part(shift + i, m))));
    }
}

/* The largest element that is not NaN, -infinity when there is none. */
LAT_TARGET static float largest(const float *x, size_t n)
{
    V lanes[L];
    float all[16];
    size_t i = 0;
    LAT_UNROLL
    for (size_t j = 0; j < L; j++)
        lanes[j] = v_set(lat_bits_float(0xff800000u));
    for (; n - i >= 16; i += 16)
        LAT_UNROLL
        for (size_t j = 0; j < L; j++)
            lanes[j] = v_max(v_load(x + i + j * W), lanes[j]);
    LAT_UNROLL
    for (size_t j = 0; j < L; j++) {
        size_t from = j * W, m = part(n - i, from);
        if (m != 0)
            lanes[j] = v_keep(
                m, v_max(v_load_part(x + i + from, m), lanes[j]), lanes[j]);
        v_store(all + from, lanes[j]);
    }
    for (int half = 8; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            all[j] = all[j + half] > all[j] ? all[j + half] : all[j];
    return all[0];
}

/* exp(x - max) / sum; a NaN or +infinity in the row makes it all NaN. */
LAT_TARGET static void softmax(float *x, size_t n)
{
    V top = v_set(largest(x, n)), lanes[L];
    size_t i = 0;
    LAT_UNROLL
    for (size_t j = 0; j < L; j++)
        lanes[j] = v_set(0.0f);
    for (; n - i >= 16; i += 16)
        LAT_UNROLL
        for (size_t j = 0; j < L; j++) {
            V e = v_exp(v_sub(v_load(x + i + j * W), top));
            v_store(x + i + j * W, e);
            lanes[j] = v_add(lanes[j], e);
        }
    LAT_UNROLL
    for (size_t j = 0; j < L; j++) {
        size_t from = j * W, m = part(n - i, from);
        if (m != 0) {
            V e = v_exp(v_sub(v_load_part(x + i + from, m), top));
            v_store_part(x + i + from, m, e);
            lanes[j] = v_keep(m, v_add(lanes[j], e), lanes[j]);
        }
    }
    V total = v_set(clean(v_fold(lanes)));
    for (i = 0; n - i >= W; i += W)
        v_store(x + i, v_clean(v_div(v_load(x + i), total)));
    if (i < n)
        v_store_part(x + i, n - i,
                     v_clean(v_div(v_load_part(x + i, n - i), total)));
}

LAT_FN double fold64(double *all)
{
    for (int half = 8; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            all[j] += all[j + half];
    return all[0] != all[0] ? lat_bits_double(LAT_NAN64_BITS) : all[0];
}

LAT_FN size_t part64(size_t rest, size_t from)
{
    return rest <= from ? 0 : rest - from < WD ? rest - from : WD;
}

LAT_TARGET static double distance2(const double *x, const double *y,
                                   size_t n)
{
    D lanes[LD];
    double all[16];
    size_t i = 0;
    LAT_UNROLL
    for (size_t j = 0; j < LD; j++)
        lanes[j] = d_set(0.0);
    for (; n - i >= 16; i += 16)
        LAT_UNROLL
        for (size_t j = 0; j < LD; j++) {
            D d = d_sub(d_load(x + i + j * WD), d_load(y + i + j * WD));
            lanes[j] = d_fma(d, d, lanes[j]);
        }
    LAT_UNROLL
    for (size_t j = 0; j < LD; j++) {
        size_t from = j * WD, m = part64(n - i, from);
        if (m != 0) {
            D d = d_sub(d_load_part(x + i + from, m),
                        d_load_part(y + i + from, m));
            lanes[j] = d_keep(m, d_fma(d, d, lanes[j]), lanes[j]);
        }
        d_store(all + from, lanes[j]);
    }
    return fold64(all);
}

LAT_TARGET static double dot64(const double *x, const double *y, size_t n)
{
    D lanes[LD];
    double all[16];
    size_t i = 0;
    LAT_UNROLL
    for (size_t j = 0; j < LD; j++)
        lanes[j] = d_set(0.0);
    for (; n - i >= 16; i += 16)
        LAT_UNROLL
        for (size_t j = 0; j < LD; j++)
            lanes[j] = d_fma(d_load(x + i + j * WD), d_load(y + i + j * WD),
                             lanes[j]);
    LAT_UNROLL
    for (size_t j = 0; j < LD; j++) {
        size_t from = j * WD, m = part64(n - i, from);
        if (m != 0)
            lanes[j] = d_keep(m,
                              d_fma(d_load_part(x + i + from, m),
                                    d_load_part(y + i + from, m), lanes[j]),
                              lanes[j]);
        d_store(all + from, lanes[j]);
    }
    return fold64(all);
}

#endif
