/*
 * fuzz_torch.c - pytorch_model.bin: the bytes as a file (zip, directory,
 * offsets), and as data.pkl of an archive that is right: its pickle would
 * hardly be reached through the zip's own lengths and offsets.
 */
#include "fuzz_weights_int.h"

typedef struct archive {
    lat_buffer file, directory;
    unsigned entries;
} archive;

static void put(lat_buffer *to, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        lat_buffer_char(to, (char)(value >> (8 * i) & 255));
}

/* A stored entry, without a checksum (PyTorch may leave them out). */
static void add(archive *zip, const char *name, const void *data, size_t size)
{
    uint64_t at = zip->file.size;

    put(&zip->file, 0x04034b50, 4);
    put(&zip->directory, 0x02014b50, 4);
    put(&zip->directory, 20, 2);
    for (int i = 0; i < 2; i++) {
        lat_buffer *to = i == 0 ? &zip->file : &zip->directory;

        put(to, 20, 2);
        put(to, 0, 8); /* flags, method, time, date */
        put(to, 0, 4); /* checksum */
        put(to, size, 4);
        put(to, size, 4);
        put(to, strlen(name), 2);
        put(to, 0, 2);
    }
    put(&zip->directory, 0, 6); /* length of a comment, disk, attributes */
    put(&zip->directory, 0, 4); /* attributes */
    put(&zip->directory, at, 4);
    lat_buffer_text(&zip->directory, name);
    lat_buffer_text(&zip->file, name);
    lat_buffer_add(&zip->file, data, size);
    zip->entries++;
}

static void finish(archive *zip)
{
    uint64_t at = zip->file.size;

    lat_buffer_add(&zip->file, zip->directory.data, zip->directory.size);
    put(&zip->file, 0x06054b50, 4);
    put(&zip->file, 0, 4);
    put(&zip->file, zip->entries, 2);
    put(&zip->file, zip->entries, 2);
    put(&zip->file, zip->directory.size, 4);
    put(&zip->file, at, 4);
    put(&zip->file, 0, 2);
}

FUZZ_TARGET(torch)
{
    static const unsigned char zeros[256];
    archive zip = {0};

    fuzz_weights(lat_torch_read, data, size);
    if (size == 0 || data[0] != 0x80) /* PROTO begins a pickle */
        return;
    add(&zip, "m/data.pkl", data, size);
    add(&zip, "m/data/0", zeros, sizeof zeros);
    add(&zip, "m/data/1", zeros, 64);
    add(&zip, "m/version", "3\n", 2);
    finish(&zip);
    fuzz_weights(lat_torch_read, (unsigned char *)zip.file.data,
                 zip.file.size);
    lat_buffer_free(&zip.file);
    lat_buffer_free(&zip.directory);
}
