/*
 * One hash over the results of every kernel: the same on every level, CPU,
 * compiler and optimisation.  It changes only when a definition changes,
 * and then every hash of every study changes with it.
 */
#include "guard.h"

static const char golden[] =
    "01829dd1516aae7b5cf7a1e1071649ef8b36f623c081bee05547f1cd746be096";

enum { M = 29, N = 83, K = 421 };
static lat_sha256 hash;

static void add_floats(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = lat_float_bits(x[i]);
        unsigned char bytes[4];
        for (int j = 0; j < 4; j++)
            bytes[j] = (unsigned char)(bits >> 8 * j & 255);
        lat_sha256_add(&hash, bytes, 4);
    }
}

static void add_double(double x)
{
    uint64_t bits = lat_double_bits(x);
    add_floats(&(float){lat_bits_float((uint32_t)bits)}, 1);
    add_floats(&(float){lat_bits_float((uint32_t)(bits >> 32))}, 1);
}

static void fill(float *x, size_t n, bool wild)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = guard_value(wild);
        if (x[i] != x[i]) /* 32-bit x86 may change a NaN in passing */
            x[i] = 1.0f;
    }
}

static void add_products(const lat_kernels *k)
{
    static float a[M * K], b[N * K], p[96 * K], c[M * N], bias[N];
    fill(a, M * K, false);
    fill(b, N * K, false);
    fill(bias, N, false);
    for (int act = 0; act <= LAT_ACT_SILU; act++) {
        lat_matmul job = {.m = M, .n = N, .k = K, .a = a, .lda = K, .b = p,
                          .c = c, .ldc = N, .bias = bias,
                          .activation = (lat_activation)act,
                          .scale = act % 2 == 0 ? 0.0f : 0.375f};
        if (act % 3 == 0)
            k->pack_rows(p, b, K, N, K);
        else
            k->pack_columns(p, b, N, N, K);
        k->matmul(&job);
        job.residual = c;
        job.ldr = N;
        k->matmul(&job);
        add_floats(c, M * N);
    }
}

static void add_rows(const lat_kernels *k)
{
    float x[777], y[777], z[777], out[777];
    double u[777], v[777];
    for (size_t n = 1; n <= 777; n += 97) {
        fill(x, n, true);
        fill(y, n, false);
        fill(z, n, false);
        k->layer_norm(out, z, y, x, n, 1e-12f);
        add_floats(out, n);
        k->add(out, x, y, n);
        add_floats(out, n);
        memcpy(out, z, n * sizeof *z);
        k->softmax(out, n);
        add_floats(out, n);
        out[0] = k->sum(y, n);
        out[1] = k->dot(y, z, n);
        add_floats(out, 2);
        for (size_t i = 0; i < n; i++) {
            u[i] = (double)y[i] * 1.1;
            v[i] = (double)z[i] * 0.9;
        }
        add_double(k->distance2(u, v, n));
        add_double(k->dot64(u, v, n));
        for (int act = 0; act <= LAT_ACT_SILU; act++) {
            memcpy(out, x, n * sizeof *x);
            k->activate(out, n, (lat_activation)act);
            add_floats(out, n);
        }
        memcpy(out, x, n * sizeof *x);
        k->exp(out, n);
        add_floats(out, n);
    }
}

static void add_conversions(const lat_kernels *k)
{
    float x[320], y[320];
    unsigned char bytes[640];
    fill(x, 320, false);
    lat_narrow_f16(bytes, x, 320);
    k->widen_f16(y, bytes, 320);
    add_floats(y, 320);
    lat_narrow_bf16(bytes, x, 320);
    k->widen_bf16(y, bytes, 320);
    add_floats(y, 320);
    lat_narrow_q8_0(bytes, x, 320);
    k->widen_q8_0(y, bytes, 320);
    add_floats(y, 320);
}

int main(void)
{
    const lat_kernels *levels[8];
    size_t count = guard_levels(levels);
    uint64_t seed = guard_state;
    for (size_t l = 0; l < count; l++) {
        unsigned char digest[32];
        char hex[65];
        guard_state = seed;
        lat_sha256_begin(&hash);
        add_products(levels[l]);
        add_rows(levels[l]);
        add_conversions(levels[l]);
        for (int i = 0; i < 2000; i++) {
            double x = (double)(guard_random() >> 11) * 0x1p-43;
            add_double(lat_log(x));
            add_double(lat_exp(x * 0.1 - 500));
            add_double(lat_lgamma(x));
        }
        lat_sha256_end(&hash, digest);
        lat_sha256_hex(digest, hex);
        CHECK_MSG(strcmp(hex, golden) == 0, "%s (%zu): %s",
                  levels[l]->name, l, hex);
    }
    return harness_end("test_golden");
}
