/*
 * zip.c - a zip archive of stored entries, as PyTorch writes it.
 *
 *     | local header | name | extra | bytes | (descriptor) |   each entry
 *     ...
 *     | central directory: one header for each entry      |
 *     | zip64 end record | zip64 locator |                     both or none
 *     | end record, 22 bytes                               |  at the end
 *
 * The directory is believed only where the local header agrees; an archive
 * whose two lists differ shows one model to one reader and another to the
 * next.  Compressed, encrypted and split archives are refused by name.
 * (APPNOTE.TXT 6.3, sections 4.3 and 4.5.3.)
 */
#include "torch_int.h"

#include <stdlib.h>
#include <string.h>

#define LOCAL_BYTES 30u
#define CENTRAL_BYTES 46u
#define END_BYTES 22u
#define END64_BYTES 56u
#define LOCATOR_BYTES 20u
#define BIT32 0xffffffffu /* "see the zip64 field" */
#define FLAG_DESCRIPTOR 0x0008u
#define FLAG_UTF8 0x0800u

typedef struct archive {
    const unsigned char *data;
    uint64_t size;
    uint64_t directory, directory_end, count;
} archive;

/* Fields of a central header, after the zip64 ones are put in. */
typedef struct central {
    uint16_t flags, method, name_size, extra_size, comment_size;
    uint32_t checksum;
    uint64_t packed, size, header;
    const unsigned char *name;
} central;

static lat_status refuse(lat_error *error, uint64_t byte, const char *what)
{
    return lat_error_at_byte(error, LAT_MALFORMED, byte, "zip archive: %s",
                             what);
}

/* The 64-bit end record, where there is one; its fields overrule. */
static lat_status read_end64(archive *zip, uint64_t end, lat_error *error)
{
    const unsigned char *locator, *record;
    uint64_t at;

    if (end < LOCATOR_BYTES)
        return LAT_OK;
    locator = zip->data + end - LOCATOR_BYTES;
    if (lat_read_u32(locator) != 0x07064b50u)
        return LAT_OK;
    at = lat_read_u64(locator + 8);
    if (end - LOCATOR_BYTES < END64_BYTES ||
        at != end - LOCATOR_BYTES - END64_BYTES)
        return refuse(error, end - LOCATOR_BYTES,
                      "the zip64 end record is not where the locator says");
    record = zip->data + at;
    if (lat_read_u32(record) != 0x06064b50u ||
        lat_read_u64(record + 4) != END64_BYTES - 12)
        return refuse(error, at, "no zip64 end record");
    if (lat_read_u32(record + 16) != 0 || lat_read_u32(record + 20) != 0 ||
        lat_read_u64(record + 24) != lat_read_u64(record + 32))
        return refuse(error, at, "split over several files");
    /* Where the 32-bit fields say something, they must say the same. */
    if ((zip->count != 0xffff && zip->count != lat_read_u64(record + 32)) ||
        (zip->directory != BIT32 &&
         zip->directory != lat_read_u64(record + 48)) ||
        (zip->directory_end != BIT32 &&
         zip->directory_end != lat_read_u64(record + 40)))
        return refuse(error, at, "the two end records differ");
    zip->count = lat_read_u64(record + 32);
    zip->directory = lat_read_u64(record + 48);
    if (zip->directory > at ||
        lat_read_u64(record + 40) != at - zip->directory)
        return refuse(error, at, "the directory does not end before the "
                                 "end record");
    zip->directory_end = at;
    return LAT_OK;
}

/* Where the directory is and how many entries it has. */
static lat_status read_end(archive *zip, lat_error *error)
{
    uint64_t end;
    const unsigned char *record;
    lat_status status;

    if (zip->size < END_BYTES)
        return refuse(error, zip->size, "cut off");
    end = zip->size - END_BYTES;
    record = zip->data + end;
    if (lat_read_u32(record) != 0x06054b50u || lat_read_u16(record + 20) != 0)
        return refuse(error, end, "no end record in the last 22 bytes");
    if (lat_read_u16(record + 4) != 0 || lat_read_u16(record + 6) != 0 ||
        lat_read_u16(record + 8) != lat_read_u16(record + 10))
        return refuse(error, end, "split over several files");
    zip->count = lat_read_u16(record + 10);
    zip->directory = lat_read_u32(record + 16);
    zip->directory_end = lat_read_u32(record + 12); /* its size, so far */
    status = read_end64(zip, end, error);
    if (status != LAT_OK)
        return status;
    if (end < LOCATOR_BYTES ||
        lat_read_u32(zip->data + end - LOCATOR_BYTES) != 0x07064b50u) {
        if (zip->directory > end ||
            zip->directory_end != end - zip->directory)
            return refuse(error, end, "the directory does not end before "
                                      "the end record");
        zip->directory_end = end;
    }
    if (zip->count > (zip->directory_end - zip->directory) / CENTRAL_BYTES)
        return refuse(error, end, "more entries than the directory holds");
    return LAT_OK;
}

/* The zip64 extra field holds, in this order, those of size, packed size
 * and header offset that do not fit into 32 bits. */
static lat_status read_extra(central *entry, const unsigned char *extra,
                             uint64_t byte, lat_error *error)
{
    uint64_t *wide[] = {&entry->size, &entry->packed, &entry->header};
    size_t at = 0;

    while (entry->extra_size - at >= 4) {
        size_t id = lat_read_u16(extra + at);
        size_t size = lat_read_u16(extra + at + 2), used = 0;

        at += 4;
        if (size > entry->extra_size - at)
            return refuse(error, byte, "an extra field is cut off");
        for (size_t i = 0; id == 1 && i < 3; i++) {
            if (*wide[i] != BIT32)
                continue;
            if (size - used < 8)
                return refuse(error, byte, "a zip64 field is missing");
            *wide[i] = lat_read_u64(extra + at + used);
            used += 8;
        }
        at += size;
    }
    return LAT_OK;
}

/* All variable lengths are summed in 64 bits and held against the rest of
 * the directory before anything behind the header is read. */
static lat_status read_central(central *entry, uint64_t *at,
                               const archive *zip, lat_error *error)
{
    const unsigned char *header = zip->data + *at;
    uint64_t left = zip->directory_end - *at, whole;

    if (left < CENTRAL_BYTES || lat_read_u32(header) != 0x02014b50u)
        return refuse(error, *at, "expected a directory header");
    entry->flags = lat_read_u16(header + 8);
    entry->method = lat_read_u16(header + 10);
    entry->checksum = lat_read_u32(header + 16);
    entry->packed = lat_read_u32(header + 20);
    entry->size = lat_read_u32(header + 24);
    entry->name_size = lat_read_u16(header + 28);
    entry->extra_size = lat_read_u16(header + 30);
    entry->comment_size = lat_read_u16(header + 32);
    entry->header = lat_read_u32(header + 42);
    entry->name = header + CENTRAL_BYTES;
    whole = CENTRAL_BYTES + (uint64_t)entry->name_size + entry->extra_size +
            entry->comment_size;
    if (whole > left)
        return refuse(error, *at, "a directory header is cut off");
    if (lat_read_u16(header + 34) != 0)
        return refuse(error, *at, "split over several files");
    *at += whole;
    return read_extra(entry, entry->name + entry->name_size, *at - whole,
                      error);
}

/* Only flags that say how sizes and names are written may be set; all others
 * change what the bytes mean. */
static lat_status check_kind(const central *entry, const char *name,
                             uint64_t byte, lat_error *error)
{
    if ((entry->flags & ~(FLAG_DESCRIPTOR | FLAG_UTF8)) != 0)
        return lat_error_at_byte(error, LAT_UNSUPPORTED, byte,
                                 "zip entry \"%.*s\" is encrypted or patched "
                                 "(flags 0x%04x)", LAT_QUOTE, name,
                                 (unsigned)entry->flags);
    if (entry->method != 0)
        return lat_error_at_byte(error, LAT_UNSUPPORTED, byte,
                                 "zip entry \"%.*s\" is compressed (method "
                                 "%u); only stored entries are read",
                                 LAT_QUOTE, name, (unsigned)entry->method);
    if (entry->packed != entry->size)
        return refuse(error, byte, "a stored entry with two sizes");
    return LAT_OK;
}

/* Sizes in a local header: those of the directory, or nothing when a
 * descriptor follows the bytes, or "see zip64". */
static bool size_fits(uint32_t local, uint64_t size, bool descriptor)
{
    return local == size || local == BIT32 || (descriptor && local == 0);
}

/* Everything that both headers hold must be the same. */
static lat_status check_local(lat_zip_entry *out, const central *entry,
                              const archive *zip, lat_error *error)
{
    const unsigned char *local;
    bool descriptor = (entry->flags & FLAG_DESCRIPTOR) != 0;
    uint64_t at = entry->header, skip;
    uint32_t checksum;

    if (at > zip->directory || zip->directory - at < LOCAL_BYTES)
        return refuse(error, at, "an entry begins behind the directory");
    local = zip->data + at;
    if (lat_read_u32(local) != 0x04034b50u)
        return refuse(error, at, "expected a local header");
    checksum = lat_read_u32(local + 14);
    if (lat_read_u16(local + 6) != entry->flags ||
        lat_read_u16(local + 8) != entry->method ||
        (checksum != entry->checksum && !(descriptor && checksum == 0)) ||
        !size_fits(lat_read_u32(local + 18), entry->packed, descriptor) ||
        !size_fits(lat_read_u32(local + 22), entry->size, descriptor) ||
        lat_read_u16(local + 26) != entry->name_size)
        return refuse(error, at, "a local header differs from the "
                                 "directory");
    skip = LOCAL_BYTES + (uint64_t)entry->name_size +
           lat_read_u16(local + 28);
    if (skip > zip->directory - at ||
        memcmp(local + LOCAL_BYTES, entry->name, entry->name_size) != 0)
        return refuse(error, at, "a local header differs from the "
                                 "directory");
    if (entry->size > zip->directory - at - skip)
        return refuse(error, at, "an entry reaches into the directory");
    out->header = at;
    out->begin = at + skip;
    out->size = entry->size;
    return LAT_OK;
}

/* Names are unique, so that looking one up cannot depend on which of two
 * headers a reader takes. */
static lat_status read_entry(lat_zip *out, uint64_t *at, const archive *zip,
                             lat_arena *arena, lat_error *error)
{
    lat_zip_entry *to = &out->entries[out->count];
    central entry = {0};
    uint64_t byte = *at;
    size_t number;
    lat_status status = read_central(&entry, at, zip, error);

    if (status != LAT_OK)
        return status;
    if (entry.name_size == 0 ||
        memchr(entry.name, '\0', entry.name_size) != NULL ||
        lat_utf8_valid((const char *)entry.name, entry.name_size) !=
            entry.name_size)
        return refuse(error, byte, "a name is empty, not UTF-8 or holds "
                                   "NUL");
    to->name = lat_arena_copy(arena, entry.name, entry.name_size);
    if (to->name == NULL)
        return lat_error_memory(error, entry.name_size);
    number = lat_intern_add(out->names, to->name, entry.name_size);
    if (number == SIZE_MAX)
        return lat_error_memory(error, entry.name_size);
    if (number != out->count)
        return refuse(error, byte, "two entries have the same name");
    status = check_kind(&entry, to->name, byte, error);
    if (status == LAT_OK)
        status = check_local(to, &entry, zip, error);
    out->count++;
    return status;
}

static int by_place(const void *left, const void *right)
{
    const lat_zip_entry *a = left, *b = right;

    return a->header < b->header ? -1 : a->header > b->header;
}

/* Overlapping entries let a small archive pretend to be large, and one
 * tensor be part of another. */
static lat_status check_overlap(const lat_zip *zip, lat_error *error)
{
    lat_zip_entry *sorted = lat_new_array(zip->count + 1, sizeof *sorted);
    lat_status status = LAT_OK;

    if (sorted == NULL)
        return lat_error_memory(error, zip->count * sizeof *sorted);
    memcpy(sorted, zip->entries, zip->count * sizeof *sorted);
    if (zip->count > 1)
        qsort(sorted, zip->count, sizeof *sorted, by_place);
    for (size_t i = 1; i < zip->count && status == LAT_OK; i++) {
        if (sorted[i].header < sorted[i - 1].begin + sorted[i - 1].size)
            status = refuse(error, sorted[i].header, "two entries overlap");
    }
    lat_free(sorted);
    return status;
}

/* The directory must be used up exactly by its entries. */
lat_status lat_zip_read(lat_zip *out, lat_arena *arena,
                        const unsigned char *data, size_t size,
                        lat_error *error)
{
    archive zip = {.data = data, .size = size};
    uint64_t at;
    lat_status status;

    *out = (lat_zip){0};
    status = read_end(&zip, error);
    if (status == LAT_OK)
        status = lat_intern_create(&out->names, error);
    if (status != LAT_OK)
        return status;
    out->entries = lat_arena_array(arena, (size_t)zip.count + 1,
                                   sizeof *out->entries);
    if (out->entries == NULL)
        return lat_error_memory(error, zip.count * sizeof *out->entries);
    at = zip.directory;
    for (uint64_t i = 0; i < zip.count && status == LAT_OK; i++)
        status = read_entry(out, &at, &zip, arena, error);
    if (status == LAT_OK && at != zip.directory_end)
        status = refuse(error, at, "more in the directory than its entries");
    if (status == LAT_OK)
        status = check_overlap(out, error);
    return status;
}

void lat_zip_free(lat_zip *zip)
{
    lat_intern_free(zip->names);
    *zip = (lat_zip){0};
}

const lat_zip_entry *lat_zip_find(const lat_zip *zip, const char *name)
{
    size_t number = lat_intern_find(zip->names, name, strlen(name));

    return number < zip->count ? &zip->entries[number] : NULL;
}
