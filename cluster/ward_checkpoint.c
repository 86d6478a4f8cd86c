/*
 * ward_checkpoint.c - the joins so far in a file, so that a killed run goes
 * on where it was.
 *
 *     "LATWARD1"  n  h  slots  fingerprint  joins      8 bytes each, little
 *     left right d                                     16 bytes a join
 *     ...
 *     SHA-256 of all the above                         32 bytes
 *
 * The tree does not depend on the order of the work, so the joins are all
 * that must be kept: the lists are made anew from the live clusters.  The
 * file appears whole or not at all.  One that does not fit the points, or is
 * damaged, is as good as none.
 */
#include "ward_int.h"

#include <float.h>
#include <string.h>

#define HEAD 48
#define ROW 16
#define DIGEST 32

static const char magic[8] = {'L', 'A', 'T', 'W', 'A', 'R', 'D', '1'};

static void put_whole(unsigned char *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get_whole(const unsigned char *from, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)from[i] << (8 * i);
    return value;
}

static void put_head(unsigned char *head, const lat_ward *ward,
                     uint64_t joins)
{
    memcpy(head, magic, sizeof magic);
    put_whole(head + 8, ward->n, 8);
    put_whole(head + 16, ward->h, 8);
    put_whole(head + 24, ward->slots, 8);
    put_whole(head + 32, ward->fingerprint, 8);
    put_whole(head + 40, joins, 8);
}

lat_status lat_ward_checkpoint_write(const lat_ward *ward, lat_error *error)
{
    lat_output *output = NULL;
    lat_sha256 hash;
    unsigned char head[HEAD], row[ROW], digest[DIGEST];
    lat_status status = lat_output_open(&output, ward->options->checkpoint,
                                        error);
    if (status != LAT_OK)
        return status;
    put_head(head, ward, ward->joined);
    lat_sha256_begin(&hash);
    lat_sha256_add(&hash, head, HEAD);
    status = lat_output_write(output, head, HEAD, error);
    for (size_t t = 0; t < ward->joined && status == LAT_OK; t++) {
        uint64_t bits;
        memcpy(&bits, &ward->joins[t].d, sizeof bits);
        put_whole(row, ward->joins[t].left, 4);
        put_whole(row + 4, ward->joins[t].right, 4);
        put_whole(row + 8, bits, 8);
        lat_sha256_add(&hash, row, ROW);
        status = lat_output_write(output, row, ROW, error);
    }
    lat_sha256_end(&hash, digest);
    if (status == LAT_OK)
        status = lat_output_write(output, digest, DIGEST, error);
    if (status != LAT_OK) {
        lat_output_abort(output);
        return status;
    }
    return lat_output_commit(output, NULL, error);
}

/* Whether the bytes are a whole checkpoint of these points. */
static bool is_ours(const lat_ward *ward, const lat_map *map)
{
    unsigned char head[HEAD], digest[DIGEST];
    lat_sha256 hash;
    if (map->size < HEAD + DIGEST)
        return false;
    uint64_t joins = get_whole(map->data + 40, 8);
    if (joins >= ward->slots || map->size - HEAD - DIGEST != joins * ROW)
        return false;
    put_head(head, ward, joins);
    if (memcmp(head, map->data, HEAD) != 0)
        return false;
    lat_sha256_begin(&hash);
    lat_sha256_add(&hash, map->data, map->size - DIGEST);
    lat_sha256_end(&hash, digest);
    return memcmp(digest, map->data + map->size - DIGEST, DIGEST) == 0;
}

/* Whether each join is of two live clusters, as a checksum alone does not
 * say: the file lies in a folder that others may write to. */
static lat_status check_joins(bool *fit, const lat_ward *ward,
                              const lat_join *joins, size_t count,
                              lat_error *error)
{
    bool *dead = lat_new_array(ward->slots, sizeof *dead);
    *fit = true;
    if (dead == NULL)
        return lat_error_memory(error, ward->slots);
    for (size_t t = 0; t < count && *fit; t++) {
        uint32_t a = joins[t].left, b = joins[t].right;
        *fit = a < b && b < ward->slots && !dead[a] && !dead[b]
               && joins[t].d >= 0 && joins[t].d <= DBL_MAX;
        if (*fit)
            dead[b] = true;
    }
    lat_free(dead);
    return LAT_OK;
}

lat_status lat_ward_checkpoint_read(const lat_ward *ward, lat_join **out,
                                    size_t *count, lat_error *error)
{
    bool fit = false;
    lat_map map = {0};
    lat_error silent = {0};
    lat_status status = LAT_OK;
    *out = NULL;
    *count = 0;
    if (!lat_path_exists(ward->options->checkpoint)
        || lat_map_open(&map, ward->options->checkpoint, &silent) != LAT_OK)
        return LAT_OK;
    if (!is_ours(ward, &map))
        goto done;
    size_t joins = (size_t)get_whole(map.data + 40, 8);
    *out = lat_new_array(joins, sizeof **out);
    if (*out == NULL) {
        status = lat_error_memory(error, joins * sizeof **out);
        goto done;
    }
    for (size_t t = 0; t < joins; t++) {
        const unsigned char *row = map.data + HEAD + t * ROW;
        uint64_t bits = get_whole(row + 8, 8);
        (*out)[t].left = (uint32_t)get_whole(row, 4);
        (*out)[t].right = (uint32_t)get_whole(row + 4, 4);
        memcpy(&(*out)[t].d, &bits, sizeof bits);
    }
    status = check_joins(&fit, ward, *out, joins, error);
    if (fit && status == LAT_OK)
        *count = joins;
done:
    lat_map_close(&map);
    if (*count == 0) {
        lat_free(*out);
        *out = NULL;
    }
    return status;
}
