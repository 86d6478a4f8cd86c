/*
 * base64.c - RFC 4648 base64, as tokenizer.json holds binary tables.
 *
 *     4 characters   aaaaaa bbbbbb cccccc dddddd
 *     3 bytes        aaaaaabb bbbbcccc ccdddddd
 *
 * Strict: whole groups of four, padding only at the end, no line breaks.
 */
#include "convert_int.h"

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool lat_base64_decode(lat_buffer *out, const char *text, size_t size)
{
    size_t padding = 0;

    if (size % 4 != 0)
        return false;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
        padding++;
    for (size_t at = 0; at < size; at += 4) {
        size_t digits = at + 4 == size ? 4 - padding : 4;
        uint32_t bits = 0;

        for (size_t i = 0; i < 4; i++) {
            int digit = i < digits ? digit_of(text[at + i]) : 0;

            if (digit < 0)
                return false;
            bits = bits << 6 | (uint32_t)digit;
        }
        /* Bits of the padded bytes must be 0: one text for each content. */
        if ((bits & ((1u << 8 * (4 - digits)) - 1)) != 0)
            return false;
        for (size_t i = 0; i + 1 < digits; i++)
            lat_buffer_char(out, (char)(bits >> (16 - 8 * i) & 0xff));
    }
    return true;
}
