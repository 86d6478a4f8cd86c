/*
 * npy.c - NumPy's array files, format 1.0 to 3.0
 * (numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 *
 *     0       1..5     6      7      8                10 (12 in 2.0, 3.0)
 *     [0x93] ["NUMPY"] [major][minor][header's size   ][header ... '\n'][data
 *                                     2 bytes, 4 in 2.0, little-endian
 *
 * The header is a Python dictionary, here held to the form that NumPy
 * writes: three keys in quotes, each once, in any order.
 *
 *     {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 */
#include "base.h"
#include "output_int.h"

#include <string.h>

#define MOST_DIMS 4

static size_t type_size(lat_npy_type type)
{
    return type == LAT_NPY_F32 ? 4 : 8;
}

/* ---- Writing ------------------------------------------------------------ */

lat_status lat_npy_begin(lat_output *output, lat_npy_type type, size_t dims,
                         const size_t *shape, lat_error *error)
{
    /* Four sizes of at most 20 digits fit with the rest below 192. */
    char text[256];
    uint64_t bytes = type_size(type);
    if (dims > MOST_DIMS)
        return lat_error_set(error, LAT_INTERNAL,
                             "%zu dimensions, expected at most 4", dims);
    int size = snprintf(text, sizeof text,
                        "{'descr': '%s', 'fortran_order': False, 'shape': (",
                        type == LAT_NPY_F32 ? "<f4" : "<f8");
    for (size_t i = 0; i < dims; i++) {
        const char *end = dims == 1 ? "," : i + 1 < dims ? ", " : "";
        size += snprintf(text + size, sizeof text - (size_t)size, "%zu%s",
                         shape[i], end);
        if (!lat_u64_mul(bytes, shape[i], &bytes))
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "an array of more than 2^64 bytes");
    }
    size += snprintf(text + size, sizeof text - (size_t)size, "), }");
    /* The data start at a multiple of 64; blanks fill up. */
    size_t whole = (10 + (size_t)size + 1 + 63) / 64 * 64;
    unsigned char head[10] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0, 0};
    head[8] = (unsigned char)((whole - 10) & 0xFF);
    head[9] = (unsigned char)((whole - 10) >> 8);
    if (!lat_u64_add(bytes, whole, &bytes))
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "an array of more than 2^64 bytes");
    lat_output_expect(output, bytes);
    lat_status status = lat_output_write(output, head, sizeof head, error);
    if (status != LAT_OK)
        return status;
    return lat_output_format(output, error, "%s%*s\n", text,
                             (int)(whole - 11) - size, "");
}

/* Copies numbers of `size` bytes, lowest byte first. */
static void copy_little(unsigned char *to, const unsigned char *from,
                        size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++, from += size, to += size) {
        uint64_t wide = 0;
        uint32_t narrow = 0;
        if (size == 8) {
            memcpy(&wide, from, 8);
        } else {
            memcpy(&narrow, from, 4);
            wide = narrow;
        }
        for (size_t j = 0; j < size; j++)
            to[j] = (unsigned char)(wide >> (8 * j));
    }
}

lat_status lat_npy_put(lat_output *output, lat_npy_type type,
                       const void *numbers, size_t count, lat_error *error)
{
    enum { AT_ONCE = 512 };
    unsigned char bytes[AT_ONCE * 8];
    const unsigned char *from = numbers;
    size_t size = type_size(type);
    while (count != 0) {
        size_t part = count < AT_ONCE ? count : AT_ONCE;
        copy_little(bytes, from, part, size);
        lat_status status =
            lat_output_write(output, bytes, part * size, error);
        if (status != LAT_OK)
            return status;
        from += part * size;
        count -= part;
    }
    return LAT_OK;
}

lat_status lat_npy_write(const char *path, lat_npy_type type, size_t dims,
                         const size_t *shape, const void *numbers,
                         lat_error *error)
{
    size_t count = 1;
    for (size_t i = 0; i < dims; i++)
        if (!lat_size_mul(count, shape[i], &count))
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "an array of more than 2^64 numbers");
    lat_output *output = NULL;
    lat_status status = lat_output_open(&output, path, error);
    if (status != LAT_OK)
        return status;
    status = lat_npy_begin(output, type, dims, shape, error);
    if (status == LAT_OK)
        status = lat_npy_put(output, type, numbers, count, error);
    if (status == LAT_OK)
        return lat_output_commit(output, NULL, error);
    lat_output_abort(output);
    return status;
}

/* ---- Reading ------------------------------------------------------------ */

/* The header's text and how far it was read. */
typedef struct cursor {
    const char *text;
    size_t size, at;
    uint64_t base; /* the text's place in the file */
    lat_error *error;
} cursor;

static lat_status bad(cursor *c, const char *what)
{
    return lat_error_at_byte(c->error, LAT_MALFORMED, c->base + c->at, "%s",
                             what);
}

static void skip(cursor *c)
{
    while (c->at < c->size && c->text[c->at] == ' ')
        c->at++;
}

/* Blanks, then this text. */
static bool take(cursor *c, const char *word)
{
    size_t size = strlen(word);
    skip(c);
    if (c->size - c->at < size || memcmp(c->text + c->at, word, size) != 0)
        return false;
    c->at += size;
    return true;
}

static lat_status read_descr(cursor *c, lat_npy *out)
{
    skip(c);
    if (take(c, "'<f4'") || take(c, "\"<f4\"")) {
        out->type = LAT_NPY_F32;
        return LAT_OK;
    }
    if (take(c, "'<f8'") || take(c, "\"<f8\"")) {
        out->type = LAT_NPY_F64;
        return LAT_OK;
    }
    /* Name what is there, so that the user knows what to convert. */
    const char *word = c->text + c->at;
    size_t rest = c->size - c->at, size = 0;
    while (size < rest && size < 40 && word[size] != ',' &&
           word[size] != '\n')
        size++;
    if (size == 0 || (word[0] != '\'' && word[0] != '"' && word[0] != '['))
        return bad(c, "expected the array's type");
    return lat_error_at_byte(c->error, LAT_UNSUPPORTED, c->base + c->at,
                             "array type %.*s, expected '<f4' or '<f8'",
                             (int)size, word);
}

static lat_status read_order(cursor *c)
{
    size_t at = c->at;
    if (take(c, "False"))
        return LAT_OK;
    if (!take(c, "True"))
        return bad(c, "expected True or False");
    return lat_error_at_byte(c->error, LAT_UNSUPPORTED, c->base + at,
                             "Fortran order, expected C order");
}

/* "()", "(5,)", "(3, 4)" */
static lat_status read_shape(cursor *c, lat_npy *out)
{
    if (!take(c, "("))
        return bad(c, "expected the shape in brackets");
    bool comma = true;
    while (!take(c, ")")) {
        if (!comma)
            return bad(c, "expected ',' or ')' in the shape");
        size_t begin = c->at;
        while (c->at < c->size && c->text[c->at] >= '0' &&
               c->text[c->at] <= '9')
            c->at++;
        uint64_t size = 0;
        if (c->at == begin)
            return bad(c, "expected a number in the shape");
        if (!lat_integer_read(c->text + begin, c->at - begin, &size) ||
            size > SIZE_MAX)
            return lat_error_at_byte(c->error, LAT_OUT_OF_RANGE,
                                     c->base + begin, "a size too large");
        if (out->dims == MOST_DIMS)
            return lat_error_at_byte(c->error, LAT_UNSUPPORTED,
                                     c->base + begin,
                                     "more than 4 dimensions");
        out->shape[out->dims++] = (size_t)size;
        comma = take(c, ",");
    }
    /* "(5)" is a number in Python, not a shape. */
    if (out->dims == 1 && !comma)
        return bad(c, "expected a comma in a shape of one dimension");
    return LAT_OK;
}

static lat_status read_dictionary(cursor *c, lat_npy *out)
{
    static const char *const names[3] = {"descr", "fortran_order", "shape"};
    bool seen[3] = {false, false, false};
    if (!take(c, "{"))
        return bad(c, "expected '{'");
    bool comma = true;
    while (!take(c, "}")) {
        size_t which = 0;
        if (!comma)
            return bad(c, "expected ',' or '}'");
        for (; which < 3; which++) {
            char quoted[20];
            snprintf(quoted, sizeof quoted, "'%s'", names[which]);
            if (take(c, quoted))
                break;
        }
        if (which == 3)
            return bad(c, "expected 'descr', 'fortran_order' or 'shape'");
        if (seen[which])
            return bad(c, "a key that is there twice");
        seen[which] = true;
        if (!take(c, ":"))
            return bad(c, "expected ':'");
        lat_status status = which == 0   ? read_descr(c, out)
                            : which == 1 ? read_order(c)
                                         : read_shape(c, out);
        if (status != LAT_OK)
            return status;
        comma = take(c, ",");
    }
    skip(c);
    if (c->at + 1 != c->size || c->text[c->at] != '\n')
        return bad(c, "expected blanks and a line end after '}'");
    if (!seen[0] || !seen[1] || !seen[2])
        return bad(c, "expected 'descr', 'fortran_order' and 'shape'");
    return LAT_OK;
}

/* Everything before the dictionary; the cursor gets its place. */
static lat_status read_prefix(cursor *c, const lat_map *map)
{
    const unsigned char *data = map->data;
    lat_error *error = c->error;
    if (map->size < 10 || memcmp(data, "\x93NUMPY", 6) != 0)
        return lat_error_at_byte(error, LAT_MALFORMED, 0,
                                 "no npy file: expected \\x93NUMPY");
    if (data[6] < 1 || data[6] > 3 || data[7] != 0)
        return lat_error_at_byte(error, LAT_UNSUPPORTED, 6,
                                 "npy format %u.%u, expected 1.0, 2.0 or "
                                 "3.0", (unsigned)data[6],
                                 (unsigned)data[7]);
    uint32_t size = (uint32_t)data[8] | (uint32_t)data[9] << 8;
    c->base = 10;
    if (data[6] > 1) {
        c->base = 12;
        if (map->size < 12)
            return lat_error_at_byte(error, LAT_MALFORMED, map->size,
                                     "file ends in the header's size");
        size |= (uint32_t)data[10] << 16 | (uint32_t)data[11] << 24;
    }
    if (size > map->size - c->base)
        return lat_error_at_byte(error, LAT_MALFORMED, map->size,
                                 "file ends in the header: %lu bytes "
                                 "announced", (unsigned long)size);
    c->text = (const char *)data + c->base;
    c->size = size;
    return LAT_OK;
}

static lat_status read_header(lat_npy *out, lat_error *error)
{
    cursor c = {.error = error};
    lat_status status = read_prefix(&c, &out->map);
    if (status == LAT_OK)
        status = read_dictionary(&c, out);
    if (status != LAT_OK)
        return status;
    uint64_t bytes = type_size(out->type);
    for (size_t i = 0; i < out->dims; i++)
        if (!lat_u64_mul(bytes, out->shape[i], &bytes))
            return lat_error_set(error, LAT_OUT_OF_RANGE,
                                 "a shape of more than 2^64 bytes");
    uint64_t begin = c.base + c.size;
    if (bytes != out->map.size - begin)
        return lat_error_at_byte(error, LAT_MALFORMED, begin,
                                 "%llu bytes of data, expected %llu by the "
                                 "shape",
                                 (unsigned long long)(out->map.size - begin),
                                 (unsigned long long)bytes);
    out->data = out->map.data + begin;
    return LAT_OK;
}

lat_status lat_npy_open(lat_npy *out, const char *path, lat_error *error)
{
    memset(out, 0, sizeof *out);
    lat_status status = lat_map_open(&out->map, path, error);
    if (status != LAT_OK)
        return status;
    status = read_header(out, error);
    if (status != LAT_OK) {
        lat_error_in_file(error, path);
        lat_npy_close(out);
    }
    return status;
}

void lat_npy_close(lat_npy *npy)
{
    lat_map_close(&npy->map);
    memset(npy, 0, sizeof *npy);
}

double lat_npy_value(const lat_npy *npy, size_t index)
{
    const unsigned char *at = npy->data;
    size_t size = type_size(npy->type);
    uint64_t bits = 0;
    at += index * size;
    for (size_t i = 0; i < size; i++)
        bits |= (uint64_t)at[i] << (8 * i);
    if (size == 8) {
        double wide = 0;
        memcpy(&wide, &bits, 8);
        return wide;
    }
    uint32_t half = (uint32_t)bits;
    float narrow = 0;
    memcpy(&narrow, &half, 4);
    return (double)narrow;
}

void lat_npy_floats(float *out, const lat_npy *npy)
{
    size_t count = 1;
    for (size_t i = 0; i < npy->dims; i++)
        count *= npy->shape[i]; /* checked when the file was opened */
    for (size_t i = 0; i < count; i++)
        out[i] = (float)lat_npy_value(npy, i);
}
