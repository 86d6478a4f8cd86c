/* Numbers to text and back, sizes and ranges. */
#include "../../harness.h"
#include "../../../base/base.h"

#include <float.h>
#include <locale.h>
#include <math.h>

static void test_text(void)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0.0, "0"}, {-0.0, "-0"}, {1, "1"}, {-17, "-17"}, {0.1, "0.1"},
        {1.0 / 3, "0.3333333333333333"}, {2.0 / 3, "0.6666666666666666"},
        {100000, "100000"}, {123456789012345.0, "123456789012345"},
        {999999999999999.0, "999999999999999"}, {1e15, "1e+15"},
        {1e22, "1e+22"}, {1e-5, "1e-05"}, {0.0001, "0.0001"},
        {5e-324, "5e-324"}, {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_MAX, "1.7976931348623157e+308"}, {0.1 + 0.2,
        "0.30000000000000004"}, {9007199254740993.0, "9007199254740992"},
        {INFINITY, "inf"}, {-INFINITY, "-inf"}, {0.5, "0.5"},
    };
    char text[LAT_NUMBER_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size = lat_number_text(cases[i].value, text);
        CHECK_TEXT(text, cases[i].text);
        CHECK(size == strlen(text));
    }
    lat_number_text((double)NAN, text);
    CHECK_TEXT(text, "nan");
}

static void test_round_trip(void)
{
    lat_random random;
    lat_random_seed(&random, 7, 0);
    size_t wrong = 0;
    for (int i = 0; i < 50000; i++) {
        uint64_t bits = lat_random_next(&random);
        double value = 0, back = 0;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        if (i % 3 == 0)
            value = (double)(float)(lat_random_unit(&random) * 10);
        char text[LAT_NUMBER_TEXT];
        size_t size = lat_number_text(value, text);
        if (size >= LAT_NUMBER_TEXT || !lat_number_read(text, size, &back) ||
            memcmp(&value, &back, sizeof value) != 0)
            wrong++;
    }
    CHECK_MSG(wrong == 0, "%zu of 50000 (seed 7)", wrong);
}

static void test_read(void)
{
    static const char *const good[] = {"0", "-0", "+1", "1.", ".5", "1e5",
                                       "1E-5", "1e+5", "00012"};
    static const char *const bad[] = {
        "", "-", "+", ".", "e5", "1e", "1e+", " 1", "1 ", "0x10", "nan",
        "inf", "infinity", "1,5", "1.2.3", "--1", "1e999", "-1e999", "1f",
    };
    double value = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_MSG(lat_number_read(good[i], strlen(good[i]), &value) &&
                      value == strtod(good[i], NULL), "\"%s\"", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(!lat_number_read(bad[i], strlen(bad[i]), &value), "\"%s\"",
                  bad[i]);
    CHECK(!lat_number_read("1\0", 2, &value));
    CHECK(lat_number_read("123", 2, &value) && value == 12);
    char many[1100];
    memset(many, '1', sizeof many);
    CHECK(!lat_number_read(many, sizeof many, &value));
    CHECK(lat_number_read(many, 300, &value) && value > 1e299);
    uint64_t whole = 0;
    CHECK(lat_integer_read("18446744073709551615", 20, &whole) &&
          whole == UINT64_MAX);
    CHECK(!lat_integer_read("18446744073709551616", 20, &whole));
    CHECK(!lat_integer_read("", 0, &whole) && !lat_integer_read("-1", 2,
                                                                &whole));
}

static void test_locale(void)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8",
                                        "fr_FR"};
    size_t i = 0;
    while (i < 4 && setlocale(LC_ALL, names[i]) == NULL)
        i++;
    if (i == 4) {
        printf("skipped: no locale with a decimal comma is installed\n");
        harness_skipped++;
        return;
    }
    char text[LAT_NUMBER_TEXT];
    double value = 0;
    lat_number_text(1.5, text);
    CHECK_TEXT(text, "1.5");
    CHECK(lat_number_read("1.5", 3, &value) && value == 1.5);
    CHECK(!lat_number_read("1,5", 3, &value));
    setlocale(LC_ALL, "C");
}

static void test_bytes(void)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } good[] = {{"0", 0}, {"1024", 1024}, {"1K", 1024}, {"3m", 3145728},
                {"8G", UINT64_C(8589934592)},
                {"2T", UINT64_C(2199023255552)}};
    static const char *const bad[] = {"", "G", "-1", "1.5G", "8GB", "8 G",
                                      "99999999999T", "1e3"};
    uint64_t bytes = 1;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        CHECK_MSG(lat_bytes_read(good[i].text, &bytes) &&
                      bytes == good[i].bytes, "\"%s\"", good[i].text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK_MSG(!lat_bytes_read(bad[i], &bytes), "\"%s\"", bad[i]);
}

static void check_range(const char *text, size_t last, lat_status want,
                        const char *numbers)
{
    size_t *list = NULL, count = 0;
    lat_error e = {0};
    lat_status got = lat_range_read(&list, &count, text, last, &e);
    lat_buffer joined = {0};
    lat_buffer_text(&joined, "");
    for (size_t i = 0; i < count; i++)
        lat_buffer_format(&joined, "%zu ", list[i]);
    CHECK_MSG(got == want, "\"%s\": %s", text, lat_status_name(got));
    CHECK_TEXT(joined.data, numbers);
    lat_buffer_free(&joined);
    lat_free(list);
}

static void test_range(void)
{
    check_range("0,3,5-7", 12, LAT_OK, "0 3 5 6 7 ");
    check_range("7,0-1,1,0", 12, LAT_OK, "0 1 7 ");
    check_range("all", 3, LAT_OK, "0 1 2 3 ");
    check_range("12", 12, LAT_OK, "12 ");
    check_range("13", 12, LAT_OUT_OF_RANGE, "");
    check_range("0-18446744073709551615", 12, LAT_OUT_OF_RANGE, "");
    check_range("", 12, LAT_USAGE, "");
    check_range("1,", 12, LAT_USAGE, "");
    check_range(",1", 12, LAT_USAGE, "");
    check_range("3-1", 12, LAT_USAGE, "");
    check_range("1--3", 12, LAT_USAGE, "");
    check_range("-3", 12, LAT_USAGE, "");
    check_range("x", 12, LAT_USAGE, "");
    check_range("1-3-5", 12, LAT_USAGE, "");
    check_range("1", SIZE_MAX, LAT_NO_MEMORY, "");
    for (uint64_t n = 1; n <= 2; n++) {
        size_t *list = NULL, count = 0;
        lat_memory_fail_at(n, false);
        CHECK(lat_range_read(&list, &count, "0-4", 9, NULL) ==
              LAT_NO_MEMORY);
        lat_memory_fail_at(0, false);
    }
    CHECK(lat_memory_in_use() == 0);
}

int main(void)
{
    test_text();
    test_round_trip();
    test_read();
    test_locale();
    test_bytes();
    test_range();
    return harness_end("test_number");
}
