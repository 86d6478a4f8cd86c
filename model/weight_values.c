/*
 * weight_values.c - from the bytes of a tensor to floats, exactly.
 *
 * Files hold little-endian values at any address; everything here works on
 * every byte order and alignment (the widening kernels read bytes).  A NaN
 * or an infinity among the weights would spread to every state and every
 * cluster, so each value is looked at once, while it is in cache, and the
 * tensor is named.
 */
#include "containers_int.h"

#include <string.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define BIG_ENDIAN_HOST 1
#else
#define BIG_ENDIAN_HOST 0
#endif

/* Values handled at a time: 8 KiB of floats, within the first-level cache;
 * a multiple of 32 so that Q8_0 blocks stay whole. */
#define CHUNK 2048u

#define Q8_0_VALUES 32u
#define Q8_0_BYTES 34u

static const struct {
    const char *name;
    unsigned values, bytes; /* a block of values and its bytes */
} types[LAT_TENSOR_TYPES] = {
    [LAT_TENSOR_F32] = {"F32", 1, 4},
    [LAT_TENSOR_F16] = {"F16", 1, 2},
    [LAT_TENSOR_BF16] = {"BF16", 1, 2},
    [LAT_TENSOR_Q8_0] = {"Q8_0", Q8_0_VALUES, Q8_0_BYTES},
    [LAT_TENSOR_F64] = {"F64", 1, 8},
    [LAT_TENSOR_I64] = {"I64", 1, 8},
    [LAT_TENSOR_I32] = {"I32", 1, 4},
    [LAT_TENSOR_I16] = {"I16", 1, 2},
    [LAT_TENSOR_I8] = {"I8", 1, 1},
    [LAT_TENSOR_U64] = {"U64", 1, 8},
    [LAT_TENSOR_U32] = {"U32", 1, 4},
    [LAT_TENSOR_U16] = {"U16", 1, 2},
    [LAT_TENSOR_U8] = {"U8", 1, 1},
    [LAT_TENSOR_BOOL] = {"BOOL", 1, 1},
};

const char *lat_tensor_type_name(lat_tensor_type type)
{
    return (unsigned)type < LAT_TENSOR_TYPES ? types[type].name : "?";
}

bool lat_tensor_type_bytes(lat_tensor_type type, uint64_t count,
                           uint64_t *bytes)
{
    if ((unsigned)type >= LAT_TENSOR_TYPES ||
        count % types[type].values != 0)
        return false;
    return lat_u64_mul(count / types[type].values, types[type].bytes, bytes);
}

/* count * 4 must fit as well, since widened values are floats. */
bool lat_tensor_measure(lat_tensor *tensor)
{
    uint64_t count = 1, row;

    for (size_t i = 0; i < tensor->dims; i++) {
        if (!lat_u64_mul(count, tensor->shape[i], &count))
            return false;
    }
    row = tensor->dims == 0 ? 1 : tensor->shape[tensor->dims - 1];
    if (row % types[tensor->type].values != 0)
        return false;
    tensor->count = count;
    return lat_tensor_type_bytes(tensor->type, count, &tensor->bytes) &&
           tensor->bytes <= SIZE_MAX && count <= SIZE_MAX / sizeof(float);
}

/* The types that weights may have. */
static bool is_float(lat_tensor_type type)
{
    return type == LAT_TENSOR_F32 || type == LAT_TENSOR_F16 ||
           type == LAT_TENSOR_BF16 || type == LAT_TENSOR_Q8_0;
}

static lat_status refuse_type(const lat_tensor *tensor, lat_error *error)
{
    return lat_error_set(error, LAT_UNSUPPORTED,
                         "tensor \"%.*s\" holds %s; weights must be F32, "
                         "F16, BF16 or Q8_0", LAT_QUOTE, tensor->name,
                         lat_tensor_type_name(tensor->type));
}

/* n values from value number `first` on; n <= CHUNK, both multiples of 32
 * for Q8_0 (or n reaches the end, which is one too). */
static void widen(float *out, const lat_tensor *tensor, size_t first,
                  size_t n)
{
    const lat_kernels *kernels = lat_kernels_best();
    const unsigned char *in = tensor->data + first /
                              types[tensor->type].values *
                              types[tensor->type].bytes;

    switch (tensor->type) {
    case LAT_TENSOR_F16:
        kernels->widen_f16(out, in, n);
        return;
    case LAT_TENSOR_BF16:
        kernels->widen_bf16(out, in, n);
        return;
    case LAT_TENSOR_Q8_0:
        kernels->widen_q8_0(out, in, n);
        return;
    default: /* F32: callers let no other type through */
        break;
    }
    if (!BIG_ENDIAN_HOST) {
        memcpy(out, in, 4 * n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = lat_read_u32(in + 4 * i);
        memcpy(&out[i], &bits, sizeof bits);
    }
}

/* Number of the first NaN or infinity, or n.  Blocks of 16 have no branch,
 * so that compilers make vectors of them: adding one to an exponent of all
 * ones carries into the sign bit. */
static size_t find_unfit(const float *x, size_t n)
{
    uint32_t seen[16] = {0}, any = 0, bits;
    size_t whole = n - n % 16, i = 0;

    for (; i < whole; i += 16) {
        for (size_t j = 0; j < 16; j++) {
            memcpy(&bits, &x[i + j], 4);
            seen[j] |= (bits & 0x7fffffffu) + 0x00800000u;
        }
    }
    for (size_t j = 0; j < 16; j++)
        any |= seen[j];
    for (i = any >> 31 != 0 ? 0 : whole; i < n; i++) {
        memcpy(&bits, &x[i], 4);
        if (((bits & 0x7fffffffu) + 0x00800000u) >> 31 != 0)
            return i;
    }
    return n;
}

static lat_status refuse_value(const lat_tensor *tensor, uint64_t number,
                               float value, lat_error *error)
{
    return lat_error_set(error, LAT_OUT_OF_RANGE,
                         "tensor \"%.*s\" holds %s at value %llu; weights "
                         "must be finite", LAT_QUOTE, tensor->name,
                         value != value ? "NaN" : "an infinity",
                         (unsigned long long)number);
}

lat_status lat_tensor_values(float *out, const lat_tensor *tensor,
                             uint64_t first, uint64_t count,
                             lat_error *error)
{
    float scratch[CHUNK];
    const float *in_place = lat_weights_floats(tensor);

    if (!is_float(tensor->type))
        return refuse_type(tensor, error);
    for (uint64_t at = 0; at < count; at += CHUNK) {
        size_t n = count - at < CHUNK ? (size_t)(count - at) : CHUNK;
        const float *values;
        size_t unfit;

        if (out == NULL && in_place != NULL) {
            values = in_place + first + at;
        } else {
            float *to = out != NULL ? out + at : scratch;
            widen(to, tensor, (size_t)(first + at), n);
            values = to;
        }
        unfit = find_unfit(values, n);
        if (unfit < n)
            return refuse_value(tensor, first + at + unfit, values[unfit],
                                error);
    }
    return LAT_OK;
}

lat_status lat_weights_copy_f32(float *out, const lat_tensor *tensor,
                                lat_error *error)
{
    return lat_tensor_values(out, tensor, 0, tensor->count, error);
}

lat_status lat_weights_copy_rows(float *out, const lat_tensor *tensor,
                                 uint64_t first, uint64_t rows,
                                 lat_error *error)
{
    uint64_t all = tensor->dims == 2 ? tensor->shape[0] : 1;
    uint64_t row = all == 0 ? 0 : tensor->count / all;

    if (first > all || rows > all - first)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "rows %llu to %llu of tensor \"%.*s\", which "
                             "has %llu", (unsigned long long)first,
                             (unsigned long long)first + rows, LAT_QUOTE,
                             tensor->name, (unsigned long long)all);
    return lat_tensor_values(out, tensor, first * row, rows * row, error);
}

/* Weights mapped and used in place: no copy of the largest part of a model
 * in F32. */
const float *lat_weights_floats(const lat_tensor *tensor)
{
    if (BIG_ENDIAN_HOST || tensor->type != LAT_TENSOR_F32 ||
        (uintptr_t)tensor->data % sizeof(float) != 0)
        return NULL;
    return (const float *)(const void *)tensor->data;
}

lat_status lat_weights_check(const lat_tensor *tensor, lat_error *error)
{
    return lat_tensor_values(NULL, tensor, 0, tensor->count, error);
}
