/* fuzz_table.c - TSV, CSV and plain lines. */
#include "fuzz.h"

FUZZ_TARGET(table)
{
    static const char separators[] = {'\t', ','};
    lat_lines lines = {0};
    lat_error error = {0};

    for (size_t i = 0; i < 2; i++) {
        lat_table table = {0};
        lat_error own = {0};

        fuzz_begin(size, 1 << 20, 400);
        if (fuzz_answer(lat_table_read(&table, data, size, separators[i],
                                       &own), &own)) {
            fuzz_check(table.columns > 0, "a table without columns");
            for (size_t c = 0; c < table.rows * table.columns; c++)
                fuzz_check(lat_utf8_valid(table.cells[c],
                                          strlen(table.cells[c])) ==
                           strlen(table.cells[c]), "a cell is not UTF-8");
            fuzz_check(lat_table_column(&table, table.names[0]) == 0,
                       "a column that is not found by its name");
        }
        lat_table_free(&table);
        fuzz_end();
    }
    fuzz_begin(size, 1 << 20, 400);
    if (fuzz_answer(lat_lines_read(&lines, data, size, &error), &error))
        for (size_t i = 0; i < lines.count; i++)
            fuzz_check(strlen(lines.text[i]) == lines.size[i],
                       "a line of another length");
    lat_lines_free(&lines);
    fuzz_end();
}
