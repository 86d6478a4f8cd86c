/*
 * fuzz_npy.c - npy arrays and linkages: the bytes as a file, and as the
 * numbers of a linkage whose header is right.
 */
#include "../../cluster/cluster.h"
#include "fuzz.h"

static void try_array(const char *path, size_t size)
{
    lat_npy npy = {0};
    lat_error error = {0};

    fuzz_begin(size, 1 << 20, 100);
    if (fuzz_answer(lat_npy_open(&npy, path, &error), &error)) {
        size_t count = 1;

        for (size_t i = 0; i < npy.dims; i++)
            fuzz_check(lat_size_mul(count, npy.shape[i], &count),
                       "a shape that wraps");
        if (count > 0)
            (void)(lat_npy_value(&npy, 0) + lat_npy_value(&npy, count - 1));
    }
    lat_npy_close(&npy);
    fuzz_end();
}

static void try_tree(const char *path, size_t size)
{
    lat_tree tree = {0};
    lat_error error = {0};

    fuzz_begin(size, 1 << 20, 400);
    if (fuzz_answer(lat_tree_read(&tree, path, &error), &error) &&
        tree.points > 0) {
        uint32_t *labels = lat_new_array(tree.points, sizeof *labels);

        fuzz_check(labels != NULL, "no memory");
        for (size_t k = 1; k <= tree.points && k < 5; k++) {
            fuzz_check(lat_tree_cut(&tree, k, labels, &error) == LAT_OK,
                       "a tree that cannot be cut");
            for (size_t i = 0; i < tree.points; i++)
                fuzz_check(labels[i] < k, "a label above K");
        }
        fuzz_check(lat_tree_order(&tree, labels, &error) == LAT_OK,
                   "a tree without an order");
        lat_free(labels);
    }
    lat_tree_free(&tree);
    fuzz_end();
}

FUZZ_TARGET(npy)
{
    const char *path = fuzz_file("a.npy", data, size);
    lat_buffer file = {0};
    char head[128];
    int length;

    try_array(path, size);
    try_tree(path, size);
    length = snprintf(head, sizeof head, "{'descr': '<f8', 'fortran_order': "
                      "False, 'shape': (%zu, 4), }", size / 32);
    lat_buffer_add(&file, "\x93NUMPY\x01\x00\x76\x00", 10);
    lat_buffer_add(&file, head, (size_t)length);
    while (file.size < 127)
        lat_buffer_char(&file, ' ');
    lat_buffer_char(&file, '\n');
    lat_buffer_add(&file, data, size / 32 * 32);
    path = fuzz_file("z.npy", file.data, file.size);
    try_tree(path, file.size);
    lat_buffer_free(&file);
}
