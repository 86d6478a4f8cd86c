/*
 * ward_checkpoint.c - the joins so far, and what is known of who is near, in
 * a file, so that a killed run goes on where it was.
 *
 *     "LATWARD2"  n  h  slots  fingerprint  joins
 *     layout  round  done                              8 bytes each, little
 *     left right d                                     16 bytes a join
 *     ...
 *     count hard 0 0 bound  slot lower  slot lower ..  8 bytes a word pair;
 *     ...                                              of each live slot
 *     SHA-256 of all the above                         32 bytes
 *
 * The tree does not depend on the order of the work, so the joins would do;
 * the lists save the first pass, which is half of the work.  layout, round
 * and done (a bit a task) are lat_ward_pass; with layout 0 there are no lists.
 * Entries are those of a list made current, so that none leads to a dead slot.
 *
 * The file appears whole or not at all.  One that does not fit the points, or
 * is damaged, is as good as none.
 */
#include "ward_int.h"

#include <float.h>
#include <string.h>

#define HEAD 72
#define POINTS 48 /* of it, as put_head writes them: of which points, joins */
#define ROW 16
#define PAIR 8
#define DIGEST 32

static const char magic[8] = {'L', 'A', 'T', 'W', 'A', 'R', 'D', '2'};

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

static void put_pair(unsigned char *to, uint32_t word, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put_whole(to, word, 4);
    put_whole(to + 4, bits, 4);
}

static float get_float(const unsigned char *from)
{
    uint32_t bits = (uint32_t)get_whole(from, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
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

/* ---- Writing ------------------------------------------------------------ */

typedef struct writer {
    lat_output *output;
    lat_sha256 hash;
} writer;

static lat_status put(writer *w, const unsigned char *data, size_t size,
                      lat_error *error)
{
    lat_sha256_add(&w->hash, data, size);
    return lat_output_write(w->output, data, size, error);
}

static lat_status write_head(writer *w, const lat_ward *ward,
                             lat_error *error)
{
    unsigned char head[HEAD];
    uint64_t done = 0;
    for (size_t i = 0; i < LAT_WARD_BLOCKS; i++)
        done |= (uint64_t)ward->pass.done[i] << i;
    put_head(head, ward, ward->joined);
    put_whole(head + 48, ward->pass.layout, 8);
    put_whole(head + 56, ward->pass.round, 8);
    put_whole(head + 64, done, 8);
    return put(w, head, HEAD, error);
}

static lat_status write_joins(writer *w, const lat_ward *ward,
                              lat_error *error)
{
    unsigned char row[ROW];
    lat_status status = LAT_OK;
    for (size_t t = 0; t < ward->joined && status == LAT_OK; t++) {
        uint64_t bits;
        memcpy(&bits, &ward->joins[t].d, sizeof bits);
        put_whole(row, ward->joins[t].left, 4);
        put_whole(row + 4, ward->joins[t].right, 4);
        put_whole(row + 8, bits, 8);
        status = put(w, row, ROW, error);
    }
    return status;
}

static lat_status write_lists(writer *w, const lat_ward *ward,
                              lat_error *error)
{
    unsigned char text[PAIR * (1 + LAT_WARD_ROOM)];
    lat_near list[LAT_WARD_ROOM];
    lat_status status = LAT_OK;
    for (uint32_t slot = 0; slot < ward->slots && status == LAT_OK; slot++) {
        if (ward->size[slot] == 0 || ward->pass.layout == 0)
            continue;
        size_t count = lat_ward_current(ward, slot, list);
        bool hard = (ward->state[slot] & LAT_WARD_HARD) != 0;
        put_pair(text, (uint32_t)(count | (size_t)hard << 8),
                 ward->bound[slot]);
        for (size_t i = 0; i < count; i++)
            put_pair(text + (1 + i) * PAIR, list[i].slot, list[i].lower);
        status = put(w, text, (1 + count) * PAIR, error);
    }
    return status;
}

lat_status lat_ward_checkpoint_write(const lat_ward *ward, lat_error *error)
{
    writer w = {0};
    unsigned char digest[DIGEST];
    lat_status status = lat_output_open(&w.output, ward->options->checkpoint,
                                        error);
    if (status != LAT_OK)
        return status;
    lat_sha256_begin(&w.hash);
    status = write_head(&w, ward, error);
    if (status == LAT_OK)
        status = write_joins(&w, ward, error);
    if (status == LAT_OK)
        status = write_lists(&w, ward, error);
    lat_sha256_end(&w.hash, digest);
    if (status == LAT_OK)
        status = lat_output_write(w.output, digest, DIGEST, error);
    if (status != LAT_OK) {
        lat_output_abort(w.output);
        return status;
    }
    return lat_output_commit(w.output, NULL, error);
}

/* ---- Reading ------------------------------------------------------------ */

/* Whether the bytes are a whole checkpoint of these points. */
static bool is_ours(const lat_ward *ward, const lat_map *map)
{
    unsigned char head[HEAD], digest[DIGEST];
    lat_sha256 hash;
    if (map->size < HEAD + DIGEST)
        return false;
    uint64_t joins = get_whole(map->data + 40, 8);
    if (joins >= ward->slots || map->size - HEAD - DIGEST < joins * ROW)
        return false;
    put_head(head, ward, joins);
    if (memcmp(head, map->data, POINTS) != 0)
        return false;
    lat_sha256_begin(&hash);
    lat_sha256_add(&hash, map->data, map->size - DIGEST);
    lat_sha256_end(&hash, digest);
    return memcmp(digest, map->data + map->size - DIGEST, DIGEST) == 0;
}

/* A checksum does not say that joins and lists are of live clusters: the
 * file lies in a folder that others may write to. */
static bool read_joins(lat_join *joins, bool *dead, const lat_ward *ward,
                       const unsigned char *from, size_t count)
{
    for (size_t t = 0; t < count; t++, from += ROW) {
        uint64_t bits = get_whole(from + 8, 8);
        uint32_t a = (uint32_t)get_whole(from, 4);
        uint32_t b = (uint32_t)get_whole(from + 4, 4);
        joins[t].left = a;
        joins[t].right = b;
        memcpy(&joins[t].d, &bits, sizeof bits);
        if (a >= b || b >= ward->slots || dead[a] || dead[b]
            || !(joins[t].d >= 0 && joins[t].d <= DBL_MAX))
            return false;
        dead[b] = true;
    }
    return true;
}

/* The list of one slot; returns its bytes, 0 if it is not one. */
static size_t read_list(lat_ward *ward, uint32_t slot, const bool *dead,
                        const unsigned char *from, size_t size)
{
    lat_near *list = ward->lists + (size_t)slot * LAT_WARD_ROOM;
    if (size < PAIR)
        return 0;
    size_t count = from[0], bytes = (1 + count) * PAIR;
    ward->bound[slot] = get_float(from + 4);
    if (count > LAT_WARD_ROOM || size < bytes || !(ward->bound[slot] >= 0))
        return 0;
    for (size_t i = 0; i < count; i++) {
        const unsigned char *pair = from + (1 + i) * PAIR;
        list[i].slot = (uint32_t)get_whole(pair, 4);
        list[i].lower = get_float(pair + 4);
        if (list[i].slot >= ward->slots || list[i].slot == slot
            || dead[list[i].slot] || !(list[i].lower >= 0))
            return 0;
    }
    ward->count[slot] = (uint8_t)count;
    ward->state[slot] = LAT_WARD_NEW | (from[1] != 0 ? LAT_WARD_HARD : 0);
    return bytes;
}

static bool read_lists(lat_ward *ward, const bool *dead,
                       const unsigned char *from, const unsigned char *end)
{
    for (uint32_t slot = 0; slot < ward->slots; slot++) {
        if (dead[slot] || ward->pass.layout == 0)
            continue;
        size_t bytes = read_list(ward, slot, dead, from,
                                 (size_t)(end - from));
        if (bytes == 0)
            return false;
        from += bytes;
    }
    return from == end;
}

static void read_pass(lat_ward_pass *pass, const unsigned char *head)
{
    uint64_t done = get_whole(head + 64, 8), round = get_whole(head + 56, 8);
    pass->layout = get_whole(head + 48, 8);
    pass->round = round < LAT_WARD_PASS_OVER ? (size_t)round
                                             : LAT_WARD_PASS_OVER;
    for (size_t i = 0; i < LAT_WARD_BLOCKS; i++)
        pass->done[i] = (done >> i & 1) != 0;
}

/* As if there had been no file. */
static void forget(lat_ward *ward)
{
    memset(&ward->pass, 0, sizeof ward->pass);
    memset(ward->count, 0, ward->slots * sizeof *ward->count);
    memset(ward->state, 0, ward->slots * sizeof *ward->state);
}

lat_status lat_ward_checkpoint_read(lat_ward *ward, lat_join **out,
                                    size_t *count, lat_error *error)
{
    bool fit = false, *dead = NULL;
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
    const unsigned char *rows = map.data + HEAD;
    dead = lat_new_array(ward->slots, sizeof *dead);
    *out = lat_new_array(joins + 1, sizeof **out);
    if (dead == NULL || *out == NULL) {
        status = lat_error_memory(error, joins * sizeof **out);
        goto done;
    }
    read_pass(&ward->pass, map.data);
    fit = read_joins(*out, dead, ward, rows, joins)
          && read_lists(ward, dead, rows + joins * ROW,
                        map.data + map.size - DIGEST);
    if (fit)
        *count = joins;
    else
        forget(ward);
done:
    lat_map_close(&map);
    lat_free(dead);
    if (!fit) {
        lat_free(*out);
        *out = NULL;
    }
    return status;
}
