/*
 * aligned_text.c - the text that clusters, labels and classes refer to.
 *
 *     sentence 0: the film is good    starts 0 4 ...
 *     sentence 1: ...                 words  0 1 2 3 ...   types 0 1 2 3
 */
#include "align_int.h"

#include <string.h>

/* Doubles the arrays: a text of n words is copied at most twice on the way.
 * `starts` needs one entry more than there are sentences. */
static lat_status make_room(lat_text *text, size_t sentences, size_t words,
                            lat_error *error)
{
    if (text->room_sentences < sentences + 1) {
        size_t room = 2 * sentences + 64;
        size_t *starts = lat_realloc(text->starts, room * sizeof *starts);

        if (starts == NULL)
            return lat_error_memory(error, room * sizeof *starts);
        text->starts = starts;
        text->room_sentences = room;
    }
    if (text->room_words < words) {
        size_t room = 2 * words + 256;
        uint32_t *numbers = lat_realloc(text->words, room * sizeof *numbers);

        if (numbers == NULL)
            return lat_error_memory(error, room * sizeof *numbers);
        text->words = numbers;
        text->room_words = room;
    }
    if (text->set == NULL)
        return lat_intern_create(&text->set, error);
    return LAT_OK;
}

/* Word numbers and sentence numbers must fit 32 bits with one value to
 * spare, the one that means "none" in every table of this room. */
lat_status lat_text_add_int(lat_text *text, const lat_slice *words,
                            size_t count, lat_error *error)
{
    lat_status status;
    size_t i;

    if (text->size + count >= UINT32_MAX ||
        text->sentences >= UINT32_MAX - 1)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "more than 2^32-2 words or sentences");
    status = make_room(text, text->sentences + 1, text->size + count, error);
    if (status != LAT_OK)
        return status;
    text->starts[text->sentences] = text->size;
    for (i = 0; i < count; i++) {
        size_t number = lat_intern_add(text->set, words[i].text,
                                       words[i].size);

        if (number == SIZE_MAX)
            return lat_error_memory(error, words[i].size);
        text->words[text->size + i] = (uint32_t)number;
    }
    text->size += count;
    text->sentences++;
    text->starts[text->sentences] = text->size;
    return LAT_OK;
}

lat_status lat_text_add(lat_text *text, const char *const *words,
                        size_t count, lat_error *error)
{
    lat_slice *slices = lat_new_array(count, sizeof *slices);
    lat_status status;
    size_t i;

    if (slices == NULL)
        return lat_error_memory(error, count * sizeof *slices);
    for (i = 0; i < count; i++) {
        slices[i].text = words[i];
        slices[i].size = strlen(words[i]);
    }
    status = lat_text_add_int(text, slices, count, error);
    lat_free(slices);
    return status;
}

/* Runs of blanks count as one, also at both ends: a label line then has as
 * many tokens as its sentence however either was typed. */
size_t lat_tokens_split_int(lat_slice *out, const char *line, size_t size)
{
    size_t i = 0, count = 0;

    while (i < size) {
        size_t from;

        while (i < size && (line[i] == ' ' || line[i] == '\t'))
            i++;
        from = i;
        while (i < size && line[i] != ' ' && line[i] != '\t')
            i++;
        if (i > from) {
            out[count].text = line + from;
            out[count++].size = i - from;
        }
    }
    return count;
}

/* An empty line is a sentence without words and keeps its number, as the
 * class table and the label files have a line for it too. */
lat_status lat_text_parse(lat_text *out, const void *data, size_t size,
                          lat_error *error)
{
    lat_lines lines = {0};
    lat_slice *slices = NULL;
    size_t i, longest = 0;
    lat_status status;

    memset(out, 0, sizeof *out);
    status = lat_lines_read(&lines, data, size, error);
    if (status == LAT_OK && lines.count == 0)
        status = lat_error_set(error, LAT_MALFORMED,
                               "empty text, expected a sentence a line");
    for (i = 0; status == LAT_OK && i < lines.count; i++)
        if (lines.size[i] > longest)
            longest = lines.size[i];
    if (status == LAT_OK) {
        /* A token is at least one byte and a blank. */
        slices = lat_new_array(longest / 2 + 1, sizeof *slices);
        if (slices == NULL)
            status = lat_error_memory(error, longest * sizeof *slices);
    }
    for (i = 0; status == LAT_OK && i < lines.count; i++)
        status = lat_text_add_int(out, slices,
                                  lat_tokens_split_int(slices, lines.text[i],
                                                       lines.size[i]),
                                  error);
    lat_free(slices);
    lat_lines_free(&lines);
    if (status != LAT_OK)
        lat_text_free(out);
    return status;
}

static bool ends_with(const char *path, const char *end)
{
    size_t a = strlen(path), b = strlen(end);

    return a >= b && strcmp(path + a - b, end) == 0;
}

lat_status lat_text_read(lat_text *out, const char *path, lat_error *error)
{
    lat_map map = {0};
    lat_status status;

    memset(out, 0, sizeof *out);
    status = lat_map_open(&map, path, error);
    if (status == LAT_OK) {
        if (ends_with(path, ".conllu"))
            status = lat_conll_text_int(out, map.data, map.size, true,
                                        error);
        else if (ends_with(path, ".conll"))
            status = lat_conll_text_int(out, map.data, map.size, false,
                                        error);
        else
            status = lat_text_parse(out, map.data, map.size, error);
    }
    lat_map_close(&map);
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    return status;
}

void lat_text_free(lat_text *text)
{
    if (text == NULL)
        return;
    lat_free(text->starts);
    lat_free(text->words);
    lat_intern_free(text->set);
    memset(text, 0, sizeof *text);
}

/* Numbers of the clustering's words in the text; SIZE_MAX when absent. */
static size_t *map_words(const lat_text *text, const lat_intern *words)
{
    size_t i, n = lat_intern_count(words);
    size_t *out = lat_new_array(n, sizeof *out);

    for (i = 0; out != NULL && i < n; i++) {
        size_t size;
        const char *word = lat_intern_text(words, i, &size);

        out[i] = lat_intern_find(text->set, word, size);
    }
    return out;
}

/* One occurrence against the text; `number` is its word in the numbering of
 * the text. Counts from 0, like the cluster file. */
static lat_status check_place(const lat_text *text,
                              const lat_concepts *concepts,
                              const lat_occurrence *at, size_t number,
                              lat_error *error)
{
    size_t length;
    uint32_t want;

    if (at->sentence >= text->sentences)
        return lat_error_set(error, LAT_MALFORMED,
                             "the clusters have sentence %lu, the text only "
                             "%lu sentences", (unsigned long)at->sentence,
                             (unsigned long)text->sentences);
    if (at->position < 0)
        return LAT_OK;
    length = text->starts[at->sentence + 1] - text->starts[at->sentence];
    if ((size_t)at->position >= length)
        return lat_error_set(error, LAT_MALFORMED,
                             "the clusters have position %ld in sentence "
                             "%lu, which has %lu words", (long)at->position,
                             (unsigned long)at->sentence,
                             (unsigned long)length);
    want = text->words[text->starts[at->sentence] + (size_t)at->position];
    if (want == number)
        return LAT_OK;
    return lat_error_set(error, LAT_MALFORMED,
                         "sentence %lu, position %ld: the text has "
                         "\"%.40s\", the clusters \"%.40s\"",
                         (unsigned long)at->sentence, (long)at->position,
                         lat_intern_text(text->set, want, NULL),
                         lat_intern_text(concepts->words, at->word, NULL));
}

/* Words are compared as numbers: one look-up for each distinct word of the
 * clustering, not one for each occurrence. */
lat_status lat_text_check(const lat_text *text, const lat_concepts *concepts,
                          lat_error *error)
{
    size_t *numbers = map_words(text, concepts->words), i;
    lat_status status = LAT_OK;

    if (numbers == NULL)
        return lat_error_memory(error, lat_intern_count(concepts->words) *
                                           sizeof *numbers);
    for (i = 0; i < concepts->size && status == LAT_OK; i++) {
        const lat_occurrence *at = &concepts->occurrences[i];

        status = check_place(text, concepts, at, numbers[at->word], error);
    }
    lat_free(numbers);
    return status;
}
