/* npy: what NumPy writes is read, what is written is what NumPy writes, and
 * all else is refused. */
#include "walk_int.h"

#include <unistd.h>

#define GOOD "tests/fixtures/base/npy/good/"

static char scratch[] = "/tmp/latent-npy-XXXXXX";

static lat_status open_npy(const char *path, lat_error *error)
{
    lat_npy npy;
    lat_status status = lat_npy_open(&npy, path, error);
    if (status == LAT_OK) {
        size_t count = 1;
        double sum = 0;
        for (size_t i = 0; i < npy.dims; i++)
            count *= npy.shape[i];
        for (size_t i = 0; i < count; i++)
            sum += lat_npy_value(&npy, i);
        if (!(sum > -1e300))
            status = LAT_INTERNAL;
        lat_npy_close(&npy);
    }
    return status;
}

/* The reader wants a file; prefixes go through one. */
static lat_status open_bytes(const void *data, size_t size, lat_error *error)
{
    FILE *file = fopen(scratch, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size ||
        fclose(file) != 0)
        return LAT_INTERNAL;
    lat_status status = open_npy(scratch, error);
    /* Every prefix of a file is short of something. */
    return status == LAT_OK ? LAT_INTERNAL : status;
}

static void test_values(void)
{
    lat_npy npy;
    CHECK(lat_npy_open(&npy, GOOD "f4-2x3.npy", NULL) == LAT_OK);
    CHECK(npy.type == LAT_NPY_F32 && npy.dims == 2 && npy.shape[0] == 2 &&
          npy.shape[1] == 3);
    for (size_t i = 0; i < 6; i++)
        CHECK(lat_npy_value(&npy, i) == (double)i - 2.5);
    lat_npy_close(&npy);
    CHECK(lat_npy_open(&npy, GOOD "f8-5.npy", NULL) == LAT_OK);
    CHECK(npy.type == LAT_NPY_F64 && npy.dims == 1 && npy.shape[0] == 5);
    for (size_t i = 0; i < 5; i++)
        CHECK(lat_npy_value(&npy, i) == (double)i * 0.1);
    lat_npy_close(&npy);
    CHECK(lat_npy_open(&npy, GOOD "f8-scalar.npy", NULL) == LAT_OK);
    CHECK(npy.dims == 0 && lat_npy_value(&npy, 0) == 3.25);
    lat_npy_close(&npy);
    CHECK(lat_npy_open(&npy, GOOD "f4-empty.npy", NULL) == LAT_OK);
    CHECK(npy.dims == 2 && npy.shape[0] == 0 && npy.shape[1] == 4);
    lat_npy_close(&npy);
}

/* Writes an array of increasing numbers; `short_by` bytes are left out. */
static lat_status write_npy(lat_npy_type type, size_t dims,
                            const size_t *shape, size_t short_by,
                            lat_error *error)
{
    lat_output *out = NULL;
    double row[64] = {0};
    size_t bytes = type == LAT_NPY_F32 ? 4 : 8;
    for (size_t i = 0; i < dims; i++)
        bytes *= shape[i];
    lat_status status = lat_output_open(&out, scratch, error);
    if (status == LAT_OK)
        status = lat_npy_begin(out, type, dims, shape, error);
    if (status == LAT_OK)
        status = lat_output_write(out, row, bytes - short_by, error);
    if (status == LAT_OK)
        return lat_output_commit(out, NULL, error);
    lat_output_abort(out);
    return status;
}

static void test_written(void)
{
    static const size_t shape[4] = {2, 1, 3, 4};
    for (size_t dims = 0; dims <= 4; dims++) {
        CHECK(write_npy(LAT_NPY_F64, dims, shape, 0, NULL) == LAT_OK);
        lat_npy npy;
        CHECK(lat_npy_open(&npy, scratch, NULL) == LAT_OK);
        CHECK(npy.dims == dims &&
              memcmp(npy.shape, shape, dims * sizeof *shape) == 0);
        size_t begin = (size_t)((const unsigned char *)npy.data -
                                npy.map.data);
        CHECK(begin % 64 == 0);
        lat_npy_close(&npy);
    }
    lat_error e = {0};
    CHECK(write_npy(LAT_NPY_F32, 1, shape, 1, &e) == LAT_INTERNAL);
    CHECK(strstr(e.text, "announced") != NULL);
    const size_t five[5] = {1, 1, 1, 1, 1};
    CHECK(write_npy(LAT_NPY_F32, 5, five, 0, NULL) == LAT_INTERNAL);
    const size_t huge[4] = {SIZE_MAX, SIZE_MAX, SIZE_MAX, 1};
    lat_output *out = NULL;
    CHECK(lat_output_open(&out, scratch, NULL) == LAT_OK);
    CHECK(lat_npy_begin(out, LAT_NPY_F32, 4, huge, NULL) == LAT_OUT_OF_RANGE);
    lat_output_abort(out);
}

/* Byte for byte what numpy.save writes. */
static void test_same_bytes(void)
{
    lat_map theirs = {0}, ours = {0};
    lat_output *out = NULL;
    static const size_t shape[2] = {2, 3};
    static const float rows[6] = {-2.5f, -1.5f, -0.5f, 0.5f, 1.5f, 2.5f};
    CHECK(lat_output_open(&out, scratch, NULL) == LAT_OK);
    CHECK(lat_npy_begin(out, LAT_NPY_F32, 2, shape, NULL) == LAT_OK);
    CHECK(lat_npy_put(out, LAT_NPY_F32, rows, 6, NULL) == LAT_OK);
    CHECK(lat_output_commit(out, NULL, NULL) == LAT_OK);
    CHECK(lat_map_open(&theirs, GOOD "f4-2x3.npy", NULL) == LAT_OK);
    CHECK(lat_map_open(&ours, scratch, NULL) == LAT_OK);
    CHECK(ours.size == theirs.size &&
          memcmp(ours.data, theirs.data, ours.size) == 0);
    lat_map_close(&ours);
    lat_map_close(&theirs);
}

/* More numbers than are turned at a time. */
static void test_put(void)
{
    enum { NUMBERS = 1300 };
    static double numbers[NUMBERS];
    static const size_t shape[1] = {NUMBERS};
    lat_output *out = NULL;
    lat_npy npy;
    for (size_t i = 0; i < NUMBERS; i++)
        numbers[i] = (double)i * 0.1 - 7;
    CHECK(lat_output_open(&out, scratch, NULL) == LAT_OK);
    CHECK(lat_npy_begin(out, LAT_NPY_F64, 1, shape, NULL) == LAT_OK);
    CHECK(lat_npy_put(out, LAT_NPY_F64, numbers, NUMBERS, NULL) == LAT_OK);
    CHECK(lat_output_commit(out, NULL, NULL) == LAT_OK);
    CHECK(lat_npy_open(&npy, scratch, NULL) == LAT_OK);
    size_t wrong = npy.dims != 1 || npy.shape[0] != NUMBERS;
    for (size_t i = 0; i < NUMBERS && wrong == 0; i++)
        wrong += lat_npy_value(&npy, i) != numbers[i];
    CHECK(wrong == 0);
    lat_npy_close(&npy);
}

int main(void)
{
    int file = mkstemp(scratch);
    CHECK(file >= 0);
    close(file);
    test_values();
    test_written();
    test_same_bytes();
    test_put();
    CHECK(walk_folder("tests/fixtures/base/npy/good", true, open_npy) >= 8);
    CHECK(walk_folder("tests/fixtures/base/npy/bad", false, open_npy) >= 25);
    walk_prefixes(GOOD "f4-2x3.npy", open_bytes);
    walk_prefixes(GOOD "f8-version2.npy", open_bytes);
    unlink(scratch);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_npy");
}
