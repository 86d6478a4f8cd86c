/* UTF-8 against its definition, for every code point and every two bytes. */
#include "../../harness.h"
#include "../../../base/base.h"

static void test_round_trip(void)
{
    size_t wrong = 0;
    for (uint32_t code = 0; code <= 0x110000; code++) {
        char text[4] = {0};
        uint32_t back = 0;
        bool real = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        size_t want = code < 0x80 ? 1 : code < 0x800 ? 2
                    : code < 0x10000 ? 3 : 4;
        size_t size = lat_utf8_encode(code, text);
        if (size != (real ? want : 0))
            wrong++;
        if (!real)
            continue;
        if (lat_utf8_decode(text, size, &back) != size || back != code ||
            lat_utf8_valid(text, size) != size)
            wrong++;
        for (size_t cut = 1; cut < size; cut++)
            wrong += lat_utf8_decode(text, cut, &back) != 0;
    }
    CHECK_MSG(wrong == 0, "%zu code points", wrong);
}

static void test_refusals(void)
{
    static const char *const bad[] = {
        "\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2 ",
        "\xC2\xC2", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xE1\x80", "\xE1\x80 ", "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xF8\x88\x80\x80\x80", "\xFE", "\xFF", "\xF1\x80\x80",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t code = 0;
        CHECK_MSG(lat_utf8_decode(bad[i], strlen(bad[i]), &code) == 0,
                  "case %zu", i);
        char text[64];
        for (size_t lead = 0; lead < 20; lead++) {
            int size = snprintf(text, sizeof text, "%.*s%sz", (int)lead,
                                "abcdefghijklmnopqrst", bad[i]);
            CHECK_MSG(lat_utf8_valid(text, (size_t)size) == lead,
                      "case %zu after %zu", i, lead);
        }
    }
    uint32_t code = 0;
    CHECK(lat_utf8_decode("", 0, &code) == 0);
    CHECK(lat_utf8_valid("", 0) == 0);
    CHECK(lat_utf8_valid("a\0b", 3) == 3);
}

int main(void)
{
    test_round_trip();
    test_refusals();
    return harness_end("test_utf8");
}
