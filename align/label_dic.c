/*
 * label_dic.c - dictionaries in the form that LIWC uses.
 *
 *     %
 *     31  posemo          numbers and names of the categories
 *     32  joy
 *     %
 *     happ*  31 32        words, or starts of words, with their categories
 *
 * Compared without case.  A word has the categories of every entry that fits
 * it, those of the longest entry first.
 */
#include "align_int.h"

#include <stdlib.h>
#include <string.h>

/* A pattern with its categories: an exact word or the start of words. */
typedef struct pattern {
    const char *text;
    size_t size;
    bool start;          /* ended in '*' */
    uint32_t *categories; /* indices of names */
    size_t count;
} pattern;

typedef struct dictionary {
    lat_lines lines;
    lat_arena arena;
    uint64_t *numbers;   /* of the categories, in file order */
    lat_slice *names;
    size_t categories;
    pattern *patterns;   /* sorted by text */
    size_t count;
    lat_error *error;
} dictionary;

static lat_status bad_dic(dictionary *dic, size_t line, const char *what)
{
    return lat_error_at_line(dic->error, LAT_MALFORMED, line + 1, "%s",
                             what);
}

/* "12<TAB>posemo" lines between two lines "%". */
static lat_status read_categories(dictionary *dic, size_t *at)
{
    size_t i, k;

    for (i = *at + 1; i < dic->lines.count; i++) {
        lat_slice cells[64];
        uint64_t number;
        lat_status status;

        if (dic->lines.size[i] > 120)
            return bad_dic(dic, i, "expected a number and a name, or %");
        if (strcmp(dic->lines.text[i], "%") == 0) {
            *at = i + 1;
            return LAT_OK;
        }
        if (dic->lines.size[i] == 0)
            continue;
        if (lat_tokens_split_int(cells, dic->lines.text[i],
                                 dic->lines.size[i]) < 2 ||
            !lat_integer_read(cells[0].text, cells[0].size, &number))
            return bad_dic(dic, i, "expected a number and a name, or %");
        for (k = 0; k < dic->categories; k++)
            if (dic->numbers[k] == number)
                return bad_dic(dic, i, "this number is there twice");
        status = lat_label_check_int(cells[1].text, cells[1].size, i + 1,
                                     dic->error);
        if (status != LAT_OK)
            return status;
        dic->numbers[dic->categories] = number;
        dic->names[dic->categories++] = cells[1];
    }
    return bad_dic(dic, *at, "no second line % ends the categories");
}

/* A word or the start of words, small letters, with the places of its
 * categories. Conditional entries of some dictionaries ("(02 134)125") are
 * refused: guessing at them would change counts in silence. */
static lat_status read_pattern(dictionary *dic, size_t line,
                               lat_slice *cells)
{
    size_t n = lat_tokens_split_int(cells, dic->lines.text[line],
                                    dic->lines.size[line]), i, k;
    pattern *to = &dic->patterns[dic->count];
    lat_buffer folded = {0};
    uint64_t number;

    if (n == 0)
        return LAT_OK;
    if (n < 2)
        return bad_dic(dic, line, "a word without a category");
    to->start = cells[0].text[cells[0].size - 1] == '*';
    lat_text_fold_int(&folded, cells[0].text, cells[0].size - to->start);
    to->size = folded.size;
    to->text = lat_arena_copy(&dic->arena,
                              folded.data != NULL ? folded.data : "",
                              folded.size);
    to->categories = lat_arena_array(&dic->arena, n - 1,
                                     sizeof *to->categories);
    i = folded.failed;
    lat_buffer_free(&folded);
    if (i != 0 || to->text == NULL || to->categories == NULL)
        return lat_error_memory(dic->error, n);
    for (i = 1; i < n; i++) {
        if (!lat_integer_read(cells[i].text, cells[i].size, &number))
            return bad_dic(dic, line, "a category is no number");
        for (k = 0; k < dic->categories; k++)
            if (dic->numbers[k] == number)
                break;
        if (k == dic->categories)
            return bad_dic(dic, line, "a category that is not listed");
        to->categories[to->count++] = (uint32_t)k;
    }
    dic->count++;
    return LAT_OK;
}

static int compare_bytes(const char *a, size_t size_a, const char *b,
                         size_t size_b)
{
    int order = memcmp(a, b, size_a < size_b ? size_a : size_b);

    return order != 0 ? order : (size_a > size_b) - (size_a < size_b);
}

/* By text; the exact word before the start of words. */
static int compare_patterns(const void *a, const void *b)
{
    const pattern *x = a, *y = b;
    int order = compare_bytes(x->text, x->size, y->text, y->size);

    return order != 0 ? order : (int)x->start - (int)y->start;
}

/* Sorted in the end, so that the entries that fit a word are found by its
 * prefixes. */
static lat_status read_dictionary(dictionary *dic, const lat_map *map)
{
    size_t at = 0, n, longest = 0, i;
    lat_slice *cells;
    lat_status status = lat_lines_read(&dic->lines, map->data, map->size,
                                       dic->error);

    if (status != LAT_OK)
        return status;
    n = dic->lines.count;
    while (at < n && dic->lines.size[at] == 0)
        at++;
    if (at == n || strcmp(dic->lines.text[at], "%") != 0)
        return bad_dic(dic, at, "expected a line % before the categories");
    for (i = 0; i < n; i++)
        longest = dic->lines.size[i] > longest ? dic->lines.size[i]
                                               : longest;
    dic->numbers = lat_arena_array(&dic->arena, n, sizeof *dic->numbers);
    dic->names = lat_arena_array(&dic->arena, n, sizeof *dic->names);
    dic->patterns = lat_arena_array(&dic->arena, n, sizeof *dic->patterns);
    cells = lat_arena_array(&dic->arena, longest / 2 + 1, sizeof *cells);
    if (dic->numbers == NULL || dic->names == NULL ||
        dic->patterns == NULL || cells == NULL)
        return lat_error_memory(dic->error, n * sizeof *dic->patterns);
    status = read_categories(dic, &at);
    for (; at < n && status == LAT_OK; at++)
        status = read_pattern(dic, at, cells);
    if (status == LAT_OK && dic->count == 0)
        status = bad_dic(dic, n - 1, "no words after the categories");
    if (status == LAT_OK)
        qsort(dic->patterns, dic->count, sizeof *dic->patterns,
              compare_patterns);
    return status;
}

/* First pattern with exactly this text, or count. */
static size_t find_pattern(const dictionary *dic, const char *text,
                           size_t size)
{
    size_t low = 0, high = dic->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const pattern *at = &dic->patterns[middle];

        if (compare_bytes(at->text, at->size, text, size) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Labels of one folded word: every pattern that fits, longer ones first. */
static lat_status label_word(label_builder *builder, const dictionary *dic,
                             const char *word, size_t size)
{
    size_t length, i, k;
    lat_status status = LAT_OK;

    for (length = size + 1; length > 0 && status == LAT_OK; length--) {
        size_t part = length - 1;

        for (i = find_pattern(dic, word, part);
             i < dic->count && dic->patterns[i].size == part &&
             memcmp(dic->patterns[i].text, word, part) == 0; i++) {
            const pattern *at = &dic->patterns[i];

            if (!at->start && part != size)
                continue;
            for (k = 0; k < at->count && status == LAT_OK; k++)
                status = lat_labels_put_int(
                    builder, dic->names[at->categories[k]].text,
                    dic->names[at->categories[k]].size);
        }
    }
    return status;
}

lat_status lat_labels_dic_int(label_builder *builder, const lat_text *text,
                              const lat_map *map)
{
    dictionary dic;
    lat_buffer folded = {0};
    size_t t, types = lat_intern_count(text->set);
    lat_status status;

    memset(&dic, 0, sizeof dic);
    dic.error = builder->error;
    status = read_dictionary(&dic, map);
    for (t = 0; t < types && status == LAT_OK; t++) {
        size_t size;
        const char *name = lat_intern_text(text->set, t, &size);

        lat_buffer_clear(&folded);
        lat_text_fold_int(&folded, name, size);
        status = lat_buffer_status(&folded, builder->error);
        if (status == LAT_OK)
            status = label_word(builder, &dic, folded.data, folded.size);
        if (status == LAT_OK)
            status = lat_labels_next_int(builder);
    }
    lat_buffer_free(&folded);
    lat_arena_free(&dic.arena);
    lat_lines_free(&dic.lines);
    return status;
}
