/* The error record: what it keeps, what it cleans, what it says. */
#include "../../harness.h"
#include "../../../base/base.h"

#include <errno.h>

static void test_first_wins(void)
{
    lat_error e = {0};
    CHECK(lat_error_set(&e, LAT_MALFORMED, "first %d", 1) == LAT_MALFORMED);
    CHECK(lat_error_at_line(&e, LAT_IO, 7, "second") == LAT_IO);
    CHECK(lat_error_at_byte(&e, LAT_IO, 7, "third") == LAT_IO);
    CHECK_TEXT(lat_error_message(&e), "first 1");
    CHECK(e.code == LAT_MALFORMED && !e.has_line && !e.has_byte);
    CHECK(lat_error_in_file(&e, "a.json") == LAT_MALFORMED);
    lat_error_in_file(&e, "b.json");
    CHECK_TEXT(lat_error_message(&e), "a.json: first 1");
    lat_error_clear(&e);
    CHECK(e.code == LAT_OK && e.file[0] == '\0');
    CHECK(lat_error_set(NULL, LAT_USAGE, "x") == LAT_USAGE);
    CHECK_TEXT(lat_error_message(NULL), "");
}

static void test_places(void)
{
    lat_error e = {0};
    lat_error_at_line(&e, LAT_MALFORMED, 12, "too few cells");
    CHECK_TEXT(lat_error_message(&e), "line 12: too few cells");
    lat_error_in_file(&e, "x.tsv");
    CHECK_TEXT(lat_error_message(&e), "x.tsv:12: too few cells");
    lat_error_clear(&e);
    lat_error_at_byte(&e, LAT_MALFORMED, UINT64_C(5000000000), "odd");
    CHECK_TEXT(lat_error_message(&e), "byte 5000000000: odd");
    lat_error_in_file(&e, "x.gguf");
    CHECK_TEXT(lat_error_message(&e), "x.gguf: byte 5000000000: odd");
    lat_error_clear(&e);
    lat_error_at_byte(&e, LAT_MALFORMED, LAT_NOWHERE, "odd");
    CHECK_TEXT(lat_error_message(&e), "odd");
}

static void test_cleaning(void)
{
    lat_error e = {0};
    lat_error_set(&e, LAT_MALFORMED, "%s", "a\x1b[31m\n\x7f\xC2\x85z\xFF");
    CHECK_TEXT(e.text, "a?[31m????z?");
    lat_error_in_file(&e, "evil\x07name");
    CHECK_TEXT(e.file, "evil?name");
    lat_error_clear(&e);
    lat_error_set(&e, LAT_MALFORMED, "%s", "gr\xC3\xBC\xC3\x9F");
    CHECK_TEXT(e.text, "gr\xC3\xBC\xC3\x9F");
    /* Longer than the record, cut inside a code point. */
    for (size_t lead = 500; lead <= 512; lead++) {
        char text[1000] = "";
        memset(text, 'a', lead);
        strncat(text, "\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80",
                sizeof text - lead - 1);
        lat_error_clear(&e);
        lat_error_set(&e, LAT_MALFORMED, "%s", text);
        size_t size = strlen(e.text);
        CHECK_MSG(size >= 508 && size < sizeof e.text &&
                      lat_utf8_valid(e.text, size) == size &&
                      strchr(e.text, '?') == NULL,
                  "lead %zu: %zu bytes", lead, size);
    }
    char path[600];
    memset(path, 'p', sizeof path);
    memcpy(path + 590, "/end.json", 10);
    lat_error_clear(&e);
    lat_error_set(&e, LAT_MALFORMED, "x");
    lat_error_in_file(&e, path);
    CHECK(strlen(e.file) == 255);
    CHECK_TEXT(e.file + 246, "/end.json");
}

static void test_errno(void)
{
    lat_error e = {0};
    errno = ENOENT;
    CHECK(lat_error_errno(&e, "gone", "open") == LAT_NOT_FOUND);
    CHECK_TEXT(lat_error_message(&e),
               "gone: cannot open: No such file or directory");
    errno = ENOMEM;
    CHECK(lat_error_errno(NULL, "x", "open") == LAT_NO_MEMORY);
    errno = ENOSPC;
    CHECK(lat_error_errno(NULL, "x", "open") == LAT_IO);
    lat_error_clear(&e);
    CHECK(lat_error_memory(&e, 77) == LAT_NO_MEMORY);
    CHECK(strstr(e.text, "77") != NULL);
}

static void test_statuses(void)
{
    static const int exits[] = {0, 1, 1, 1, 1, 2, 3, 3, 130, 4};
    for (int i = LAT_OK; i <= LAT_INTERNAL; i++) {
        CHECK_MSG(lat_status_exit((lat_status)i) == exits[i], "%d", i);
        for (int j = LAT_OK; j < i; j++)
            CHECK(strcmp(lat_status_name((lat_status)i),
                         lat_status_name((lat_status)j)) != 0);
    }
    CHECK(lat_status_exit((lat_status)99) == 4);
}

int main(void)
{
    test_first_wins();
    test_places();
    test_cleaning();
    test_errno();
    test_statuses();
    return harness_end("test_error");
}
