/*
 * Row kernels against double arithmetic: softmax, layer norm, sums; what
 * they do with NaN and infinity; the choice of the level.
 */
#include "guard.h"
#include <math.h>
#include <sys/wait.h>

enum { N = 768 };

static void check_softmax(const lat_kernels *k)
{
    float x[N], y[N];
    for (int round = 0; round < 200; round++) {
        size_t n = 1 + guard_random() % N;
        double total = 0, sum = 0, most = -INFINITY;
        for (size_t i = 0; i < n; i++) {
            x[i] = y[i] = guard_unit() * (float)(round % 20 + 1);
            most = fmax(most, (double)x[i]);
        }
        for (size_t i = 0; i < n; i++)
            total += exp((double)x[i] - most);
        k->softmax(y, n);
        for (size_t i = 0; i < n; i++) {
            double want = exp((double)x[i] - most) / total;
            /* exp: 1 ulp and the rounding of x - max (|x - max| <= 40
             * half ulps of exp); sum and division: some more. */
            CHECK(fabs(y[i] - want) <= want * 48 * 0x1p-24 + 1e-40);
            sum += (double)y[i];
        }
        CHECK(fabs(sum - 1) < 1e-5);
    }
    float one = 3.0f, all[3] = {1, NAN, 2}, top[3] = {1, INFINITY, 2};
    float low[3] = {-INFINITY, 0, -INFINITY};
    k->softmax(&one, 1);
    k->softmax(all, 3);
    k->softmax(top, 3);
    k->softmax(low, 3);
    CHECK(one == 1.0f && low[0] == 0 && low[1] == 1 && low[2] == 0);
    for (int i = 0; i < 3; i++)
        CHECK(isnan(all[i]) && isnan(top[i]));
}

static void check_layer_norm(const lat_kernels *k)
{
    float x[N], gain[N], shift[N], y[N];
    for (int round = 0; round < 100; round++) {
        float center = (float)(round % 10), eps = 1e-12f;
        double mean = 0, variance = 0;
        for (size_t i = 0; i < N; i++) {
            x[i] = guard_unit() * 2 + center;
            gain[i] = guard_unit();
            shift[i] = guard_unit();
            mean += (double)x[i] / N;
        }
        for (size_t i = 0; i < N; i++)
            variance += (x[i] - mean) * (x[i] - mean) / N;
        k->layer_norm(y, x, gain, shift, N, eps);
        for (size_t i = 0; i < N; i++) {
            double want = (x[i] - mean) / sqrt(variance + (double)eps) *
                              (double)gain[i] + (double)shift[i];
            /* The mean's error is a few ulp of |x|, taken times
             * gain / deviation (deviation of a uniform width 4: 1.15). */
            CHECK(fabs(y[i] - want) <= 8 * (2 + (double)center) * 0x1p-24);
        }
        k->layer_norm(x, x, gain, shift, N, eps); /* in place */
        CHECK(memcmp(x, y, sizeof x) == 0);
    }
    float flat[5] = {2, 2, 2, 2, 2}, ones[5] = {1, 1, 1, 1, 1};
    k->layer_norm(flat, flat, ones, ones, 5, 1e-12f);
    for (int i = 0; i < 5; i++)
        CHECK(flat[i] == 1.0f);
}

static void check_sums(const lat_kernels *k)
{
    float x[N], y[N];
    double u[N], v[N], sum = 0, size = 0, dot = 0, dot_size = 0, far = 0;
    for (size_t i = 0; i < N; i++) {
        x[i] = guard_unit();
        y[i] = guard_unit();
        u[i] = (double)x[i];
        v[i] = (double)y[i];
        sum += u[i];
        size += fabs(u[i]);
        dot += u[i] * v[i];
        dot_size += fabs(u[i] * v[i]);
        far += (u[i] - v[i]) * (u[i] - v[i]);
    }
    /* 48 additions in a lane and 4 of the fold. */
    CHECK(fabs(k->sum(x, N) - sum) <= 52 * 0x1p-24 * size);
    CHECK(fabs(k->dot(x, y, N) - dot) <= 52 * 0x1p-24 * dot_size);
    CHECK(fabs(k->dot64(u, v, N) - dot) <= 800 * 0x1p-53 * dot_size);
    CHECK(fabs(k->distance2(u, v, N) - far) <= 800 * 0x1p-53 * far);
    CHECK(k->sum(x, 0) == 0 && k->dot(x, y, 0) == 0);
    CHECK(k->distance2(u, v, 0) == 0 && k->dot64(u, u, 0) == 0);
    /* The order of the fold: only lanes 0 and 8 meet first. */
    float lanes[16] = {0};
    lanes[0] = 0x1p30f;
    lanes[8] = -0x1p30f;
    lanes[1] = 1.0f;
    CHECK(k->sum(lanes, 16) == 1.0f);
    lanes[8] = 0;
    lanes[1] = -0x1p30f;
    lanes[2] = 1.0f; /* joins lane 0 before lane 1 does, and is lost */
    CHECK(k->sum(lanes, 16) == 0.0f);
}

static void check_activations(const lat_kernels *k)
{
    float x[6] = {-INFINITY, -100.0f, -0.0f, 0.5f, 100.0f, NAN};
    for (int act = 0; act <= LAT_ACT_SILU; act++) {
        float y[6];
        memcpy(y, x, sizeof x);
        k->activate(y, 6, (lat_activation)act);
        CHECK(y[2] == 0 && isnan(y[5]));
        if (act == LAT_ACT_NONE || act == LAT_ACT_RELU)
            CHECK(y[3] == 0.5f && y[4] == 100.0f);
        if (act == LAT_ACT_GELU || act == LAT_ACT_GELU_TANH ||
            act == LAT_ACT_SILU)
            CHECK(y[4] == 100.0f && fabsf(y[1]) < 1e-30f);
        if (act == LAT_ACT_TANH)
            CHECK(y[0] == -1 && y[1] == -1 && y[4] == 1);
    }
    float z[2] = {1.0f, 1.0f};
    k->activate(z, 1, LAT_ACT_SILU);
    k->activate(z + 1, 1, LAT_ACT_GELU_TANH);
    CHECK(fabsf(z[0] - 0.73105858f) < 1e-7f);
    CHECK(fabsf(z[1] - 0.84119199f) < 2e-7f);
}

/* LATENT_CPU is read once, at the first question, so each value gets a
 * process of its own before this one asks. */
static void check_choice(const char *value, bool word)
{
    pid_t child = fork();
    int status = 1;
    if (child == 0) {
        lat_error error = {0};
        setenv("LATENT_CPU", value, 1);
        const lat_kernels *named = lat_kernels_named(value);
        bool good = named != NULL || value[0] == '\0';
        bool fits = (lat_kernels_check(&error) == LAT_OK) == good &&
                    error.code == (good ? LAT_OK : LAT_USAGE) &&
                    (named == NULL || lat_kernels_best() == named) &&
                    (word || named == NULL);
        _exit(fits ? 0 : 1);
    }
    CHECK_MSG(child > 0 && waitpid(child, &status, 0) == child &&
                  status == 0, "LATENT_CPU=%s", value);
}

int main(void)
{
    static const char *const names[] = {"plain", "avx2", "avx512", "neon"};
    for (size_t i = 0; i < 4; i++)
        check_choice(names[i], true);
    check_choice("", true);
    check_choice("fastest", false);
    check_choice("AVX2", false);
    for (size_t i = 0; i < 4; i++)
        CHECK((lat_fma_peak(names[i], 0.001) > 0) ==
              (lat_kernels_named(names[i]) != NULL));
    CHECK(lat_kernels_named("plain") != NULL);
    CHECK(lat_kernels_named("") == NULL && lat_kernels_best() != NULL);
    const lat_kernels *levels[8];
    size_t count = guard_levels(levels);
    for (size_t l = 0; l < count; l++) {
        check_softmax(levels[l]);
        check_layer_norm(levels[l]);
        check_sums(levels[l]);
        check_activations(levels[l]);
    }
    return harness_end("test_rows");
}
