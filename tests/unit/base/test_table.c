/* TSV, CSV and lines. */
#include "walk_int.h"

static lat_status read_tsv(const void *data, size_t size, lat_error *error)
{
    lat_table t;
    lat_status status = lat_table_read(&t, data, size, '\t', error);
    lat_table_free(&t);
    return status;
}

static lat_status read_csv(const void *data, size_t size, lat_error *error)
{
    lat_table t;
    lat_status status = lat_table_read(&t, data, size, ',', error);
    lat_table_free(&t);
    return status;
}

static lat_status read_lines(const void *data, size_t size, lat_error *error)
{
    lat_lines l;
    lat_status status = lat_lines_read(&l, data, size, error);
    lat_lines_free(&l);
    return status;
}

static lat_status open_table(const char *path, lat_error *error)
{
    lat_table t;
    lat_status status = lat_table_open(&t, path, error);
    lat_table_free(&t);
    return status;
}

static lat_status open_lines(const char *path, lat_error *error)
{
    lat_lines l;
    lat_status status = lat_lines_open(&l, path, error);
    lat_lines_free(&l);
    return status;
}

/* Joins all cells by '|', rows by '/', with line numbers. */
static void check_table(const char *text, char separator, const char *want)
{
    lat_table t;
    lat_error e = {0};
    lat_buffer b = {0};
    size_t size = strlen(text);
    if (lat_table_read(&t, text, size, separator, &e) != LAT_OK) {
        lat_buffer_text(&b, lat_error_message(&e));
    } else {
        lat_buffer_text(&b, "");
        for (size_t c = 0; c < t.columns; c++)
            lat_buffer_format(&b, "%s|", t.names[c]);
        for (size_t r = 0; r < t.rows; r++) {
            lat_buffer_format(&b, "/%d:", (int)t.lines[r]);
            for (size_t c = 0; c < t.columns; c++)
                lat_buffer_format(&b, "%s|", t.cells[r * t.columns + c]);
        }
    }
    CHECK_TEXT(b.data, want);
    lat_buffer_free(&b);
    lat_table_free(&t);
}

static void test_tsv(void)
{
    check_table("a\tb\n1\t2\n3\t4\n", '\t', "a|b|/2:1|2|/3:3|4|");
    check_table("a\tb\r\n1\t2\r\n3\t4", '\t', "a|b|/2:1|2|/3:3|4|");
    check_table("\xEF\xBB\xBF" "a\tb\n\t\n", '\t', "a|b|/2:||");
    check_table("a\n\nx\n", '\t', "a|/2:|/3:x|");
    check_table("a\n\"x\ny\"\n", '\t', "a|/2:\"x|/3:y\"|");
    check_table("a\tb\n", '\t', "a|b|");
    check_table("a", '\t', "a|");
    check_table("a\rb\tc\n1\r\t2\r\r\n", '\t', "a\rb|c|/2:1\r|2\r|");
    check_table("", '\t', "line 1: empty, expected a header line");
    check_table("\xEF\xBB\xBF", '\t',
                "line 1: empty, expected a header line");
    check_table("a\tb\n1\t2\n3\n", '\t',
                "line 3: 1 cells, expected 2 as in the header");
    check_table("a\tb\n1\t2\t3\n", '\t',
                "line 2: 3 cells, expected 2 as in the header");
    check_table("a\tb\n1\t2\n\n", '\t',
                "line 3: 1 cells, expected 2 as in the header");
    check_table("a\n\xC3\n", '\t', "line 2: not UTF-8, expected UTF-8 text");
}

static void test_csv(void)
{
    check_table("a,b\n1,2\n", ',', "a|b|/2:1|2|");
    check_table("a,\"b,\"\"c\"\"\"\n\"\",\"x\ny\"\n3,4", ',',
                "a|b,\"c\"|/2:|x\ny|/4:3|4|");
    check_table("\"a\"\r\n\"1\r\n2\"\r\n3\r\n", ',', "a|/2:1\r\n2|/4:3|");
    check_table("a,b\n\t,\"\"\"\"", ',', "a|b|/2:\t|\"|");
    check_table("a\n\"x", ',', "line 2: a quote that is never closed");
    check_table("a\nx\n\"x\n\n", ',', "line 3: a quote that is never closed");
    check_table("a\n\"x\ny\"z\n", ',',
                "line 3: text after a closing quote, expected a comma or the "
                "line's end");
    check_table("a\nx\"y\"\n", ',',
                "line 2: a quote inside a cell that does not start with one");
    check_table("a,b\n\"1\n2\"\n", ',',
                "line 2: 1 cells, expected 2 as in the header");
}

static void test_columns(void)
{
    lat_table t;
    CHECK(lat_table_open(&t, "tests/fixtures/base/table/good/quotes.csv",
                         NULL) == LAT_OK);
    CHECK(lat_table_column(&t, "sentence") == 0);
    CHECK(lat_table_column(&t, "label") == 1);
    CHECK(lat_table_column(&t, "none") == t.columns && t.columns == 2);
    lat_table_free(&t);
    lat_error e = {0};
    CHECK(lat_table_open(&t, "tests/fixtures/base/table/bad/"
                             "malformed-short-row.tsv", &e) == LAT_MALFORMED);
    CHECK(strstr(lat_error_message(&e), "malformed-short-row.tsv:3: ") !=
          NULL);
}

static void check_lines(const char *text, size_t size, const char *want)
{
    lat_lines l;
    lat_error e = {0};
    lat_buffer b = {0};
    lat_buffer_text(&b, "");
    if (lat_lines_read(&l, text, size, &e) != LAT_OK)
        lat_buffer_text(&b, lat_error_message(&e));
    for (size_t i = 0; i < l.count; i++) {
        CHECK(l.size[i] == strlen(l.text[i]));
        lat_buffer_format(&b, "%s|", l.text[i]);
    }
    CHECK_TEXT(b.data, want);
    lat_buffer_free(&b);
    lat_lines_free(&l);
}

static void test_lines(void)
{
    check_lines("", 0, "");
    check_lines("\n", 1, "|");
    check_lines("a", 1, "a|");
    check_lines("a\n", 2, "a|");
    check_lines("a\n\nb\r\n\r\nc", 9, "a||b||c|");
    check_lines("\xEF\xBB\xBF" "a\n", 5, "a|");
    check_lines("a\rb\r", 4, "a\rb\r|");
    check_lines("a\nb\0c", 5, "line 2: a NUL byte, expected text");
    check_lines("\xFF\n\0", 3, "line 1: not UTF-8, expected UTF-8 text");
}

int main(void)
{
    test_tsv();
    test_csv();
    test_columns();
    test_lines();
    CHECK(walk_folder("tests/fixtures/base/table/good", true, open_table) >=
          6);
    CHECK(walk_folder("tests/fixtures/base/table/bad", false, open_table) >=
          10);
    CHECK(walk_folder("tests/fixtures/base/lines/good", true, open_lines) >=
          3);
    CHECK(walk_folder("tests/fixtures/base/lines/bad", false, open_lines) >=
          3);
    walk_prefixes("tests/fixtures/base/table/good/plain.tsv", read_tsv);
    walk_prefixes("tests/fixtures/base/table/good/quotes.csv", read_csv);
    walk_prefixes("tests/fixtures/base/lines/good/crlf.txt", read_lines);
    CHECK(lat_memory_in_use() == 0);
    return harness_end("test_table");
}
