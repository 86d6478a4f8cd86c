/*
 * fuzz_checkpoint.c - what an earlier run left beside a layer (joins of its
 * tree so far, and lists) may be damaged: the tree stays as it is without it.
 * The bytes as a file, and as its rows under a right head and checksum.
 */
#include "../../cluster/ward_int.h"
#include "fuzz.h"

#include <stdlib.h>

enum { POINTS = 12, WIDTH = 3 };
static float points[POINTS * WIDTH];
static lat_tree plain;

static void make_plain(void)
{
    lat_random random;
    lat_error error = {0};

    lat_random_seed(&random, 7, 0);
    for (size_t i = 0; i < POINTS * WIDTH; i++)
        points[i] = (float)lat_random_normal(&random);
    fuzz_check(lat_cluster_ward(&plain, NULL, points, POINTS, WIDTH, NULL,
                                &error) == LAT_OK, "no tree");
}

static void compare(const void *data, size_t size)
{
    lat_ward_options options = LAT_WARD_OPTIONS;
    lat_tree tree = {0};
    lat_error error = {0};

    options.checkpoint = fuzz_file("joins", data, size);
    fuzz_begin(size, 4 << 20, 100);
    if (lat_cluster_ward(&tree, NULL, points, POINTS, WIDTH, &options,
                         &error) != LAT_OK)
        fuzz_check(false, lat_error_message(&error));
    fuzz_check(tree.points == POINTS &&
               memcmp(tree.merges, plain.merges,
                      (POINTS - 1) * sizeof *tree.merges) == 0,
               "a damaged checkpoint changed the tree");
    lat_tree_free(&tree);
    fuzz_end();
}

/* The reader alone, on a file whose head and checksum are right: joins, as
 * many as the first byte says, and lists.  All that it hands out must be of
 * live slots. */
static void read_known(const unsigned char *data, size_t size)
{
    lat_ward_options options = LAT_WARD_OPTIONS;
    static lat_near lists[POINTS * LAT_WARD_ROOM];
    static uint8_t counts[POINTS], states[POINTS];
    static float bounds[POINTS];
    lat_ward ward = {.n = POINTS, .h = WIDTH, .slots = POINTS,
                     .fingerprint = 1, .options = &options, .lists = lists,
                     .count = counts, .state = states, .bound = bounds};
    unsigned char head[72] = "LATWARD2", digest[32];
    uint64_t joined = size == 0 ? 0 : data[0] % POINTS;
    uint64_t fields[8] = {POINTS, WIDTH, POINTS, 1, joined,
                          size > 1 + 16 * joined, 1, 0};
    bool dead[POINTS] = {false};
    lat_buffer file = {0};
    lat_join *joins = NULL;
    size_t count = 0;
    lat_sha256 hash;
    lat_error error = {0};

    for (size_t i = 0; i < 64; i++)
        head[8 + i] = (unsigned char)(fields[i / 8] >> (8 * (i % 8)));
    lat_buffer_add(&file, head, sizeof head);
    if (size > 1)
        lat_buffer_add(&file, data + 1, size - 1);
    lat_sha256_begin(&hash);
    lat_sha256_add(&hash, file.data, file.size);
    lat_sha256_end(&hash, digest);
    lat_buffer_add(&file, digest, sizeof digest);
    options.checkpoint = fuzz_file("joins", file.data, file.size);
    memset(counts, 0, sizeof counts);
    fuzz_begin(size, 1 << 20, 100);
    if (fuzz_answer(lat_ward_checkpoint_read(&ward, &joins, &count, &error),
                    &error)) {
        for (size_t i = 0; i < count; i++) {
            fuzz_check(joins[i].left < POINTS && joins[i].right < POINTS,
                       "a join of a slot that is not there");
            dead[joins[i].right] = true;
        }
        for (size_t i = 0; i < POINTS; i++)
            for (size_t j = 0; j < counts[i]; j++)
                fuzz_check(j < LAT_WARD_ROOM &&
                           lists[i * LAT_WARD_ROOM + j].slot < POINTS &&
                           !dead[lists[i * LAT_WARD_ROOM + j].slot],
                           "a list leads to a slot that is not there");
    }
    lat_free(joins);
    fuzz_end();
    lat_buffer_free(&file);
}

FUZZ_TARGET(checkpoint)
{
    if (plain.merges == NULL)
        make_plain();
    compare(data, size);
    read_known(data, size);
}
