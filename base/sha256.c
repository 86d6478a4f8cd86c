/*
 * sha256.c - SHA-256 (FIPS 180-4, sections 5 and 6.2).
 *
 * The round constants are the first 32 bits of the fractional parts of the
 * cube roots of the first 64 primes, the start values those of the square
 * roots of the first eight.
 */
#include "base.h"

#include <string.h>

static const uint32_t start[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t x, unsigned by)
{
    return x >> by | x << (32 - by);
}

static uint32_t load_big(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
           (uint32_t)at[2] << 8 | at[3];
}

/* One round; the caller turns the roles of a..h instead of moving them. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                   \
    do {                                                                   \
        uint32_t t = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) +        \
                     (g ^ (e & (f ^ g))) + constants[i] + w[i];            \
        d += t;                                                            \
        h = t + (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) +                 \
            ((a & b) | (c & (a | b)));                                     \
    } while (0)

static void compress(uint32_t state[8], const unsigned char *block)
{
    uint32_t w[64];
    for (size_t i = 0; i < 16; i++)
        w[i] = load_big(block + 4 * i);
    for (size_t i = 16; i < 64; i++) {
        uint32_t x = w[i - 15], y = w[i - 2];
        w[i] = w[i - 16] + w[i - 7] + (turn(x, 7) ^ turn(x, 18) ^ x >> 3) +
               (turn(y, 17) ^ turn(y, 19) ^ y >> 10);
    }
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
    uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
    for (size_t i = 0; i < 64; i += 8) {
        ROUND(a, b, c, d, e, f, g, h, i);
        ROUND(h, a, b, c, d, e, f, g, i + 1);
        ROUND(g, h, a, b, c, d, e, f, i + 2);
        ROUND(f, g, h, a, b, c, d, e, i + 3);
        ROUND(e, f, g, h, a, b, c, d, i + 4);
        ROUND(d, e, f, g, h, a, b, c, i + 5);
        ROUND(c, d, e, f, g, h, a, b, i + 6);
        ROUND(b, c, d, e, f, g, h, a, i + 7);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
}

void lat_sha256_begin(lat_sha256 *hash)
{
    memset(hash, 0, sizeof *hash);
    memcpy(hash->state, start, sizeof start);
}

void lat_sha256_add(lat_sha256 *hash, const void *data, size_t size)
{
    const unsigned char *at = data;
    size_t fill = (size_t)(hash->bytes % 64);
    hash->bytes += size;
    if (fill != 0) {
        size_t part = size < 64 - fill ? size : 64 - fill;
        if (part != 0)
            memcpy(hash->block + fill, at, part);
        if (fill + part < 64)
            return;
        compress(hash->state, hash->block);
        at += part;
        size -= part;
    }
    while (size >= 64) {
        compress(hash->state, at);
        at += 64;
        size -= 64;
    }
    if (size != 0)
        memcpy(hash->block, at, size);
}

void lat_sha256_end(lat_sha256 *hash, unsigned char out[32])
{
    static const unsigned char padding[64] = {0x80};
    unsigned char length[8];
    uint64_t bits = hash->bytes * 8;
    size_t fill = (size_t)(hash->bytes % 64);
    for (size_t i = 0; i < 8; i++)
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    lat_sha256_add(hash, padding, fill < 56 ? 56 - fill : 120 - fill);
    lat_sha256_add(hash, length, 8);
    for (size_t i = 0; i < 32; i++)
        out[i] = (unsigned char)(hash->state[i / 4] >> (24 - 8 * (i % 4)));
}

void lat_sha256_hex(const unsigned char digest[32], char out[65])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = digits[digest[i] >> 4];
        out[2 * i + 1] = digits[digest[i] & 15];
    }
    out[64] = '\0';
}

lat_status lat_sha256_file(unsigned char out[32], const char *path,
                           lat_error *error)
{
    lat_map map = {0};
    lat_status status = lat_map_open(&map, path, error);
    if (status != LAT_OK)
        return status;
    lat_sha256 hash;
    lat_sha256_begin(&hash);
    lat_sha256_add(&hash, map.data, map.size);
    lat_sha256_end(&hash, out);
    lat_map_close(&map);
    return LAT_OK;
}
