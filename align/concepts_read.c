/*
 * concepts_read.c - cluster files in the ConceptX form.
 *
 *     word|||n|||sentence|||position|||cluster
 *
 * The word itself may contain bars ("|||", "a|"), hence a line is split
 * from the right, four times, and whatever is left is the word.
 */
#include "align_int.h"

#include <string.h>

#define FIELDS 4 /* numbers after the word */

/* Where the last "|||" of line[0..size) starts, or SIZE_MAX. */
static size_t last_bars(const char *line, size_t size)
{
    size_t at;

    for (at = size; at >= 3; at--)
        if (line[at - 1] == '|' && line[at - 2] == '|' &&
            line[at - 3] == '|')
            return at - 3;
    return SIZE_MAX;
}

/* A whole number 0..most; "-1" gives -1 where `minus_one` allows it. */
static bool read_number(int64_t *out, const char *text, size_t size,
                        uint64_t most, bool minus_one)
{
    uint64_t value;

    if (minus_one && size == 2 && memcmp(text, "-1", 2) == 0) {
        *out = -1;
        return true;
    }
    if (!lat_integer_read(text, size, &value) || value > most)
        return false;
    *out = (int64_t)value;
    return true;
}

static const struct {
    const char *name;
    uint64_t least, most;
    bool minus_one;
} rules[FIELDS] = {
    {"count", 1, UINT32_MAX, false},
    {"sentence", 0, UINT32_MAX - 1, false},
    {"position", 0, INT32_MAX - 1, true},
    {"cluster", 0, INT64_MAX, false},
};

/* Fields are taken off the end one by one; every message names the line and
 * the field. Nothing is trimmed: a blank before a number is an error. */
static lat_status read_line(lat_occurrence *out, uint64_t *id,
                            lat_intern *words, const char *line, size_t size,
                            uint64_t number, lat_error *error)
{
    int64_t value[FIELDS];
    size_t left = size, word;
    int i;

    for (i = FIELDS - 1; i >= 0; i--) {
        size_t bars = last_bars(line, left), from = bars + 3;

        if (bars == SIZE_MAX)
            return lat_error_at_line(error, LAT_MALFORMED, number,
                                     "expected word|||count|||sentence|||"
                                     "position|||cluster, found %d of 5 "
                                     "fields", FIELDS - i);
        if (!read_number(&value[i], line + from, left - from, rules[i].most,
                         rules[i].minus_one) ||
            (rules[i].least > 0 && value[i] < (int64_t)rules[i].least))
            return lat_error_at_line(error, LAT_MALFORMED, number,
                                     "%s \"%.*s\" is not a whole number "
                                     "from %s%lu", rules[i].name,
                                     (int)(left - from < 40 ? left - from
                                                            : 40),
                                     line + from,
                                     rules[i].minus_one ? "-1 or " : "",
                                     (unsigned long)rules[i].least);
        left = bars;
    }
    if (left == 0)
        return lat_error_at_line(error, LAT_MALFORMED, number,
                                 "the word is empty");
    word = lat_intern_add(words, line, left);
    if (word == SIZE_MAX)
        return lat_error_memory(error, left);
    out->word = (uint32_t)word;
    out->number = (uint32_t)value[0];
    out->sentence = (uint32_t)value[1];
    out->position = (int32_t)value[2];
    out->concept = 0;
    *id = (uint64_t)value[3];
    return LAT_OK;
}

/* Line i of the file is occurrence i, so that a repeated place can be
 * reported by its line. */
lat_status lat_concepts_parse(lat_concepts *out, const void *text,
                              size_t size, lat_error *error)
{
    lat_lines lines = {0};
    lat_intern *words = NULL;
    lat_occurrence *occurrences = NULL;
    uint64_t *ids = NULL;
    size_t i, repeat = SIZE_MAX;
    lat_status status;

    memset(out, 0, sizeof *out);
    status = lat_lines_read(&lines, text, size, error);
    if (status == LAT_OK)
        status = lat_intern_create(&words, error);
    if (status != LAT_OK)
        goto done;
    if (lines.count == 0) {
        status = lat_error_set(error, LAT_MALFORMED,
                               "empty cluster file, expected lines "
                               "word|||count|||sentence|||position|||"
                               "cluster");
        goto done;
    }
    occurrences = lat_new_array(lines.count, sizeof *occurrences);
    ids = lat_new_array(lines.count, sizeof *ids);
    if (occurrences == NULL || ids == NULL) {
        status = lat_error_memory(error, lines.count * sizeof *occurrences);
        goto done;
    }
    for (i = 0; i < lines.count; i++) {
        status = read_line(&occurrences[i], &ids[i], words, lines.text[i],
                           lines.size[i], i + 1, error);
        if (status != LAT_OK)
            goto done;
    }
    status = lat_concepts_build_int(out, occurrences, ids, lines.count,
                                    words, &repeat, error);
    if (status == LAT_MALFORMED && repeat < lines.count)
        lat_error_at_line(error, status, repeat + 1,
                          "sentence %lu, position %ld is there twice",
                          (unsigned long)occurrences[repeat].sentence,
                          (long)occurrences[repeat].position);
done:
    lat_free(occurrences);
    lat_free(ids);
    lat_intern_free(words);
    lat_lines_free(&lines);
    return status;
}

lat_status lat_concepts_read(lat_concepts *out, const char *path,
                             lat_error *error)
{
    lat_map map = {0};
    lat_status status;

    memset(out, 0, sizeof *out);
    status = lat_map_open(&map, path, error);
    if (status == LAT_OK)
        status = lat_concepts_parse(out, map.data, map.size, error);
    lat_map_close(&map);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    return status;
}

/* Concept after concept, members in their order: reading it back gives the
 * same arrays, and writing those the same bytes. */
lat_status lat_concepts_write(const lat_concepts *concepts, const char *path,
                              unsigned char *sha256, lat_error *error)
{
    lat_output *output = NULL;
    lat_buffer line = {0};
    lat_status status;
    size_t i;

    status = lat_output_open(&output, path, error);
    for (i = 0; i < concepts->size && status == LAT_OK; i++) {
        const lat_occurrence *at = &concepts->occurrences[i];
        size_t size;
        const char *word = lat_intern_text(concepts->words, at->word, &size);

        lat_buffer_clear(&line);
        /* A reader drops one byte order mark: a word that begins with one
         * keeps its own. */
        if (i == 0 && size >= 3 && memcmp(word, "\xef\xbb\xbf", 3) == 0)
            lat_buffer_add(&line, word, 3);
        lat_buffer_add(&line, word, size);
        lat_buffer_format(&line, "|||%lu|||%lu|||%ld|||%llu\n",
                          (unsigned long)at->number,
                          (unsigned long)at->sentence, (long)at->position,
                          (unsigned long long)concepts->ids[at->concept]);
        status = lat_buffer_status(&line, error);
        if (status == LAT_OK)
            status = lat_output_write(output, line.data, line.size, error);
    }
    lat_buffer_free(&line);
    if (status != LAT_OK) {
        lat_output_abort(output);
        return status;
    }
    return lat_output_commit(output, sha256, error);
}
