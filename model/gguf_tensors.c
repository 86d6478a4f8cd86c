/*
 * gguf_tensors.c - the tensor list of a GGUF file and where the data lie.
 *
 *     name | dims u32 | shape u64 x dims, fastest first | type u32
 *          | offset u64, a multiple of general.alignment
 *
 *     data:  | tensor 0 |pad| tensor 1 |pad| ...
 *            ^ next multiple of the alignment after the list
 *
 * Each tensor must begin where the one before it ended, padded; so none
 * overlaps another and no byte is unaccounted for.
 */
#include "gguf_int.h"

#define ALIGNMENT_MOST 65536u

static const struct {
    uint32_t number;
    const char *name;
    lat_tensor_type type; /* LAT_TENSOR_TYPES: known, not handled */
} kinds[] = {
    {0, "F32", LAT_TENSOR_F32},      {1, "F16", LAT_TENSOR_F16},
    {30, "BF16", LAT_TENSOR_BF16},   {8, "Q8_0", LAT_TENSOR_Q8_0},
    {28, "F64", LAT_TENSOR_F64},     {27, "I64", LAT_TENSOR_I64},
    {26, "I32", LAT_TENSOR_I32},     {25, "I16", LAT_TENSOR_I16},
    {24, "I8", LAT_TENSOR_I8},       {2, "Q4_0", LAT_TENSOR_TYPES},
    {3, "Q4_1", LAT_TENSOR_TYPES},   {6, "Q5_0", LAT_TENSOR_TYPES},
    {7, "Q5_1", LAT_TENSOR_TYPES},   {9, "Q8_1", LAT_TENSOR_TYPES},
    {10, "Q2_K", LAT_TENSOR_TYPES},  {11, "Q3_K", LAT_TENSOR_TYPES},
    {12, "Q4_K", LAT_TENSOR_TYPES},  {13, "Q5_K", LAT_TENSOR_TYPES},
    {14, "Q6_K", LAT_TENSOR_TYPES},  {15, "Q8_K", LAT_TENSOR_TYPES},
    {20, "IQ4_NL", LAT_TENSOR_TYPES}, {23, "IQ4_XS", LAT_TENSOR_TYPES},
};

/* Types are refused by the name that users know from llama.cpp, since
 * "convert again with --outtype f16" is what they can do about it. */
static lat_status find_type(lat_tensor *tensor, uint32_t number, size_t at,
                            lat_error *error)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].number != number)
            continue;
        tensor->type = kinds[i].type;
        if (kinds[i].type != LAT_TENSOR_TYPES)
            return LAT_OK;
        return lat_error_at_byte(error, LAT_UNSUPPORTED, at,
                                 "tensor \"%.*s\" is stored as %s; F32, "
                                 "F16, BF16 and Q8_0 are read", LAT_QUOTE,
                                 tensor->file_name, kinds[i].name);
    }
    return lat_error_at_byte(error, LAT_UNSUPPORTED, at,
                             "tensor \"%.*s\" has type number %u, which is "
                             "not known", LAT_QUOTE, tensor->file_name,
                             (unsigned)number);
}

/* Stored fastest first; turned round here once, so that everything else sees
 * the order of the hub. */
static lat_status take_shape(lat_tensor *tensor, lat_cursor *from,
                             lat_error *error)
{
    uint32_t dims = 0;
    size_t at = from->at;
    lat_status status = lat_cursor_u32(&dims, from, "a tensor's dims", error);

    if (status != LAT_OK)
        return status;
    if (dims < 1 || dims > LAT_GGUF_DIMS)
        return lat_error_at_byte(error, LAT_MALFORMED, at,
                                 "tensor \"%.*s\" has %u dimensions; "
                                 "expected 1 to %u", LAT_QUOTE,
                                 tensor->file_name, (unsigned)dims,
                                 LAT_GGUF_DIMS);
    tensor->dims = dims;
    for (size_t i = 0; i < dims && status == LAT_OK; i++) {
        uint64_t *size = &tensor->shape[dims - 1 - i];

        status = lat_cursor_u64(size, from, "a tensor's shape", error);
        if (status == LAT_OK && *size == 0)
            status = lat_error_at_byte(error, LAT_MALFORMED, from->at - 8,
                                       "tensor \"%.*s\" has a dimension of "
                                       "0", LAT_QUOTE, tensor->file_name);
    }
    return status;
}

/* One entry of the tensor list; *offset is not checked here. */
static lat_status take_tensor(lat_tensor *tensor, uint64_t *offset,
                              lat_cursor *from, lat_arena *arena,
                              lat_error *error)
{
    uint32_t number = 0;
    size_t at = from->at;
    lat_status status;

    *tensor = (lat_tensor){0};
    status = lat_cursor_name(&tensor->file_name, from, LAT_GGUF_NAME, arena,
                       "the name of a tensor", error);
    if (status == LAT_OK)
        status = take_shape(tensor, from, error);
    if (status == LAT_OK)
        status = lat_cursor_u32(&number, from, "a tensor's type", error);
    if (status == LAT_OK)
        status = find_type(tensor, number, from->at - 4, error);
    if (status == LAT_OK)
        status = lat_cursor_u64(offset, from, "a tensor's offset", error);
    if (status == LAT_OK && !lat_tensor_measure(tensor))
        status = lat_error_at_byte(error, LAT_MALFORMED, at,
                                   "tensor \"%.*s\": its shape does not fit "
                                   "its type or wraps", LAT_QUOTE,
                                   tensor->file_name);
    return status;
}

/* Bytes up to the next multiple of a power of two. */
static uint64_t padding(uint64_t at, uint64_t alignment)
{
    return (alignment - (at & (alignment - 1))) & (alignment - 1);
}

/* An alignment of 0 or of no power of two would make the mask above
 * meaningless; the bound keeps sums of it far from wrapping. */
static lat_status read_alignment(uint64_t *out, const lat_weights *weights,
                                 lat_error *error)
{
    bool found = false;
    lat_status status;

    *out = LAT_GGUF_ALIGNMENT;
    status = lat_weights_meta_count(out, &found, weights,
                                    "general.alignment", ALIGNMENT_MOST,
                                    error);
    if (status == LAT_OK && (*out == 0 || (*out & (*out - 1)) != 0))
        status = lat_error_set(error, LAT_MALFORMED,
                               "general.alignment is %llu; expected a power "
                               "of two", (unsigned long long)*out);
    return status;
}

/* Places the tensor at `offset` of the data, which must be where the one
 * before it ended, padded; *end moves on. */
static lat_status place_tensor(lat_tensor *tensor, uint64_t offset,
                               uint64_t *end, uint64_t alignment,
                               const lat_cursor *data, lat_error *error)
{
    uint64_t begin = *end + padding(*end, alignment);

    if (offset % alignment != 0)
        return lat_error_set(error, LAT_MALFORMED,
                             "tensor \"%.*s\": offset %llu is not a "
                             "multiple of %llu", LAT_QUOTE,
                             tensor->file_name, (unsigned long long)offset,
                             (unsigned long long)alignment);
    if (offset != begin)
        return lat_error_set(error, LAT_MALFORMED,
                             "tensor \"%.*s\": offset %llu %s; expected "
                             "%llu", LAT_QUOTE, tensor->file_name,
                             (unsigned long long)offset,
                             offset < begin ? "lies inside another tensor"
                                            : "leaves a gap",
                             (unsigned long long)begin);
    if (begin > data->size || tensor->bytes > data->size - begin)
        return lat_error_set(error, LAT_MALFORMED,
                             "tensor \"%.*s\" (%llu bytes at %llu) goes "
                             "beyond the end of the file", LAT_QUOTE,
                             tensor->file_name,
                             (unsigned long long)tensor->bytes,
                             (unsigned long long)begin);
    tensor->data = data->data + begin;
    *end = begin + tensor->bytes;
    return LAT_OK;
}

/* The data that follow the tensor list: starts at the next multiple. */
static lat_status find_data(lat_cursor *data, const lat_cursor *list,
                            uint64_t alignment, uint64_t tensors,
                            lat_error *error)
{
    uint64_t gap = padding(list->at, alignment);

    data->data = list->data + list->at;
    data->size = list->size - list->at;
    if (gap > data->size) {
        /* Only a file without data may leave the padding out. */
        if (tensors != 0)
            return lat_cursor_cut(list, "the padding before the data", error);
        gap = data->size;
    }
    data->data += gap;
    data->size -= (size_t)gap;
    return LAT_OK;
}

/* Two passes: the data begin behind the list, so nothing can be placed
 * before all of the list was read. */
lat_status lat_gguf_read_tensors(lat_weights *weights, size_t file,
                               uint64_t count, lat_cursor *list,
                               lat_error *error)
{
    uint64_t *offsets = lat_new_array((size_t)count + 1, sizeof *offsets);
    uint64_t alignment = 0, end = 0;
    size_t first = weights->count;
    lat_cursor data = {0};
    lat_tensor tensor;
    lat_status status = LAT_OK;

    if (offsets == NULL)
        return lat_error_memory(error, count * sizeof *offsets);
    status = read_alignment(&alignment, weights, error);
    for (size_t i = 0; i < count && status == LAT_OK; i++) {
        status = take_tensor(&tensor, &offsets[i], list, &weights->arena,
                             error);
        tensor.file = file;
        if (status == LAT_OK)
            status = lat_weights_add_tensor(weights, &tensor, error);
    }
    if (status == LAT_OK)
        status = find_data(&data, list, alignment, count, error);
    for (size_t i = 0; i < count && status == LAT_OK; i++)
        status = place_tensor(&weights->tensors[first + i], offsets[i], &end,
                              alignment, &data, error);
    if (status == LAT_OK && data.size - end > padding(end, alignment))
        status = lat_error_set(error, LAT_MALFORMED,
                               "%llu bytes after the last tensor",
                               (unsigned long long)(data.size - end));
    lat_free(offsets);
    return status;
}

