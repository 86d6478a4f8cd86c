/*
 * utf8.c - well-formed UTF-8 and nothing else (Unicode 15, table 3-7).
 *
 *     first    second   third    fourth
 *     00..7F
 *     C2..DF   80..BF
 *     E0       A0..BF   80..BF            no overlong forms
 *     E1..EC   80..BF   80..BF
 *     ED       80..9F   80..BF            no surrogates
 *     EE..EF   80..BF   80..BF
 *     F0       90..BF   80..BF   80..BF   no overlong forms
 *     F1..F3   80..BF   80..BF   80..BF
 *     F4       80..8F   80..BF   80..BF   nothing above 10FFFF
 */
#include "base.h"

#include <string.h>

static bool is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

size_t lat_utf8_decode(const char *text, size_t size, uint32_t *code)
{
    const unsigned char *at = (const unsigned char *)text;
    if (size == 0)
        return 0;
    uint32_t a = at[0];
    if (a < 0x80) {
        *code = a;
        return 1;
    }
    if (a < 0xC2 || a > 0xF4 || size < 2 || !is_tail(at[1]))
        return 0;
    uint32_t b = at[1] & 0x3Fu;
    if (a < 0xE0) {
        *code = (a & 0x1F) << 6 | b;
        return 2;
    }
    if (size < 3 || !is_tail(at[2]))
        return 0;
    uint32_t c = at[2] & 0x3Fu;
    if (a < 0xF0) {
        uint32_t value = (a & 0x0F) << 12 | b << 6 | c;
        if (value < 0x800 || (value >= 0xD800 && value <= 0xDFFF))
            return 0;
        *code = value;
        return 3;
    }
    if (size < 4 || !is_tail(at[3]))
        return 0;
    uint32_t value = (a & 0x07) << 18 | b << 12 | c << 6 | (at[3] & 0x3Fu);
    if (value < 0x10000 || value > 0x10FFFF)
        return 0;
    *code = value;
    return 4;
}

size_t lat_utf8_encode(uint32_t code, char out[4])
{
    unsigned char *at = (unsigned char *)out;
    if (code < 0x80) {
        at[0] = (unsigned char)code;
        return 1;
    }
    if (code < 0x800) {
        at[0] = (unsigned char)(0xC0 | code >> 6);
        at[1] = (unsigned char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        if (code >= 0xD800 && code <= 0xDFFF)
            return 0;
        at[0] = (unsigned char)(0xE0 | code >> 12);
        at[1] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
        at[2] = (unsigned char)(0x80 | (code & 0x3F));
        return 3;
    }
    if (code > 0x10FFFF)
        return 0;
    at[0] = (unsigned char)(0xF0 | code >> 18);
    at[1] = (unsigned char)(0x80 | (code >> 12 & 0x3F));
    at[2] = (unsigned char)(0x80 | (code >> 6 & 0x3F));
    at[3] = (unsigned char)(0x80 | (code & 0x3F));
    return 4;
}

size_t lat_utf8_valid(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        uint64_t word = 0;
        if (size - at >= sizeof word) {
            memcpy(&word, text + at, sizeof word);
            if ((word & UINT64_C(0x8080808080808080)) == 0) {
                at += sizeof word;
                continue;
            }
        }
        uint32_t code = 0;
        size_t length = lat_utf8_decode(text + at, size - at, &code);
        if (length == 0)
            return at;
        at += length;
    }
    return size;
}
