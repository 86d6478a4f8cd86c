/*
 * Every row kernel of every level against plain C, bit for bit: every size
 * 0..257, at the end of the memory and at every misalignment from its
 * front, with guard pages on both sides.
 */
#include "guard.h"

enum { MOST = 257, SLACK = 16 };

static const lat_kernels *levels[8];
static size_t level_count;
static guard one, two, three, four;

/* What a kernel made of a row, and what plain C did. */
static float got_row[MOST], want_row[MOST];

typedef enum kernel {
    ADD, EXP, LAYER_NORM, SOFTMAX, SUM, DOT, ACT_NONE, ACT_GELU,
    ACT_GELU_TANH, ACT_RELU, ACT_TANH, ACT_SILU, KERNELS
} kernel;
static const char *const kernel_names[KERNELS] = {
    "add", "exp", "layer_norm", "softmax", "sum", "dot", "none", "gelu",
    "gelu_tanh", "relu", "tanh", "silu"};

static void check_dot4(const lat_kernels *k, float *const at[4], size_t n)
{
    const float *rows[4] = {at[1], at[2], at[0], at[1]};
    float all[4];
    k->dot4(all, at[0], rows, n);
    for (size_t g = 0; g < 4; g++) {
        float alone = k->dot(at[0], rows[g], n);
        CHECK_MSG(memcmp(&alone, &all[g], sizeof alone) == 0,
                  "%s dot4 %zu, row %zu", k->name, n, g);
    }
}

/* Runs one kernel on copies of x, y, z at the given places. */
static void run(const lat_kernels *k, kernel which, size_t n,
                float *const at[4], const float *const in[3], float *out)
{
    for (size_t i = 0; i < 3; i++)
        memcpy(at[i], in[i], n * sizeof(float));
    switch (which) {
    case ADD:
        k->add(at[3], at[0], at[1], n);
        memcpy(out, at[3], n * sizeof(float));
        return;
    case LAYER_NORM:
        k->layer_norm(at[3], at[0], at[1], at[2], n, 1e-5f);
        memcpy(out, at[3], n * sizeof(float));
        return;
    case SUM:
        *out = k->sum(at[0], n);
        return;
    case DOT:
        *out = k->dot(at[0], at[1], n);
        check_dot4(k, at, n);
        return;
    case EXP:
        k->exp(at[0], n);
        break;
    case SOFTMAX:
        k->softmax(at[0], n);
        break;
    default:
        k->activate(at[0], n, (lat_activation)(which - ACT_NONE));
    }
    memcpy(out, at[0], n * sizeof(float));
}

static void compare(const lat_kernels *k, kernel which, size_t n,
                    float *const at[4], const float *const in[3],
                    const char *where)
{
    size_t outputs = which == SUM || which == DOT ? 1 : n;
    run(k, which, n, at, in, got_row);
    bool same = memcmp(got_row, want_row, outputs * sizeof(float)) == 0;
    CHECK_MSG(same, "%s %s, n = %zu, %s", k->name, kernel_names[which], n,
              where);
}

/* One size: plain C once, then every level at every place. */
static void check_size(kernel which, size_t n, bool wild)
{
    static float data[3][MOST];
    const float *in[3] = {data[0], data[1], data[2]};
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < n; j++)
            data[i][j] = guard_value(wild);
    size_t bytes = n * sizeof(float);
    float *ends[4] = {guard_end(one, bytes), guard_end(two, bytes),
                      guard_end(three, bytes), guard_end(four, bytes)};
    run(levels[0], which, n, ends, in, want_row);
    for (size_t l = 1; l < level_count; l++) {
        compare(levels[l], which, n, ends, in, "at the end");
        for (size_t shift = 0; shift < SLACK; shift++) {
            float *fronts[4];
            guard all[4] = {one, two, three, four};
            for (size_t i = 0; i < 4; i++)
                fronts[i] = (float *)(void *)all[i].front +
                            (shift + 5 * i * (shift != 0)) % SLACK;
            compare(levels[l], which, n, fronts, in, "shifted");
        }
    }
}

static void check_double(size_t n)
{
    static double x[MOST], y[MOST];
    for (size_t i = 0; i < n; i++) {
        x[i] = (double)guard_value(false) + guard_unit() * 0x1p-30;
        y[i] = (double)guard_value(false) + guard_unit() * 0x1p-30;
    }
    double d0 = levels[0]->distance2(x, y, n), p0 = levels[0]->dot64(x, y, n);
    for (size_t l = 1; l < level_count; l++) {
        for (size_t shift = 0; shift < 9; shift++) {
            size_t bytes = n * sizeof(double);
            double *a = shift == 8 ? guard_end(one, bytes)
                                   : (double *)(void *)one.front + shift;
            double *b = shift == 8 ? guard_end(two, bytes)
                                   : (double *)(void *)two.front +
                                         (shift * 3) % 8;
            memcpy(a, x, bytes);
            memcpy(b, y, bytes);
            double d = levels[l]->distance2(a, b, n);
            double p = levels[l]->dot64(a, b, n);
            CHECK_MSG(memcmp(&d, &d0, sizeof d) == 0, "%s distance2 %zu",
                      levels[l]->name, n);
            CHECK_MSG(memcmp(&p, &p0, sizeof p) == 0, "%s dot64 %zu",
                      levels[l]->name, n);
        }
    }
}

static void check_widen(size_t n)
{
    size_t sizes[3] = {2 * n, 2 * n, n / 32 * 34};
    for (size_t kind = 0; kind < 3; kind++) {
        size_t count = kind == 2 ? n / 32 * 32 : n, bytes = sizes[kind];
        unsigned char in[2 * MOST];
        for (size_t i = 0; i < bytes; i++)
            in[i] = (unsigned char)(guard_random() >> 40);
        for (size_t l = 0; l < level_count; l++) {
            const lat_kernels *k = levels[l];
            for (size_t shift = 0; shift < 4; shift++) {
                char *from = shift == 0 ? guard_end(one, bytes)
                                        : one.front + shift - 1;
                float *to = guard_end(two, count * sizeof(float));
                memcpy(from, in, bytes);
                (kind == 0   ? k->widen_f16
                 : kind == 1 ? k->widen_bf16
                             : k->widen_q8_0)(to, from, count);
                if (l == 0 && shift == 0)
                    memcpy(want_row, to, count * sizeof(float));
                CHECK_MSG(memcmp(to, want_row, count * sizeof(float)) == 0,
                          "%s widen %zu, n = %zu", k->name, kind, count);
            }
        }
    }
}

static void check_pack(size_t n, size_t k)
{
    static float want[2][48 * 300];
    static float b[40 * 300];
    size_t floats = lat_panels_size(n, k), ldb[2] = {k, n};
    for (size_t i = 0; i < n * k; i++)
        b[i] = guard_unit();
    for (size_t l = 0; l < level_count; l++) {
        float *from = guard_end(one, n * k * sizeof(float));
        float *to = guard_end(two, floats * sizeof(float));
        memcpy(from, b, n * k * sizeof(float));
        for (size_t kind = 0; kind < 2; kind++) {
            (kind == 0 ? levels[l]->pack_rows : levels[l]->pack_columns)(
                to, from, ldb[kind], n, k);
            if (l == 0)
                memcpy(want[kind], to, floats * sizeof(float));
            CHECK_MSG(memcmp(to, want[kind], floats * sizeof(float)) == 0,
                      "%s pack %zu, %zu x %zu", levels[l]->name, kind, n, k);
        }
    }
    for (size_t j = 0; j < n; j++)
        for (size_t t = 0; t < k; t++) {
            size_t at = (j / 16 * k + t) * 16 + j % 16;
            CHECK(want[0][at] == b[j * k + t] && want[1][at] == b[t * n + j]);
        }
    for (size_t j = n; j % 16 != 0; j++)
        for (size_t t = 0; t < k; t++)
            CHECK(lat_float_bits(want[0][(j / 16 * k + t) * 16 + j % 16]) ==
                  0);
}

int main(void)
{
    level_count = guard_levels(levels);
    one = guard_make(65536);
    two = guard_make(65536);
    three = guard_make(65536);
    four = guard_make(65536);
    for (size_t n = 0; n <= MOST; n++) {
        for (int which = 0; which < KERNELS; which++)
            if (which != SOFTMAX || n != 0)
                for (int wild = 0; wild < 2; wild++)
                    check_size((kernel)which, n, wild != 0);
        check_double(n);
        check_widen(n);
    }
    static const size_t packs[][2] = {{1, 1},  {3, 0},  {15, 7}, {16, 16},
                                      {17, 33}, {31, 5}, {40, 257}};
    for (size_t i = 0; i < sizeof packs / sizeof packs[0]; i++)
        check_pack(packs[i][0], packs[i][1]);
    return harness_end("test_levels");
}
