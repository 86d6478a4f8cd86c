/*
 * label_lists.c - labels of word types out of word lists.
 *
 *     sports/football.list  ->  every listed word gets the label "football"
 *
 * A list holds one word a line; a second column after a tab is the label
 * instead of the file's name.  Empty lines and lines that start with "##"
 * are skipped.
 */
#include "align_int.h"
#include "script_int.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Simple small letters, code point by code point: a word keeps its number
 * of characters, and no language is assumed. */
void lat_text_fold_int(lat_buffer *to, const char *text, size_t size)
{
    size_t i = 0;

    while (i < size) {
        uint32_t code;
        char bytes[4];
        size_t length = lat_utf8_decode(text + i, size - i, &code);

        if (length == 0) { /* not UTF-8: kept as it is */
            lat_buffer_char(to, text[i++]);
            continue;
        }
        lat_buffer_add(to, bytes,
                       lat_utf8_encode(lat_script_lower_int(code), bytes));
        i += length;
    }
}

/* Words of all lists, each with its labels in order. */
typedef struct list_entry {
    uint32_t word, label;
    uint32_t order;
} list_entry;

typedef struct lists {
    lat_intern *words, *labels;
    list_entry *entries;
    size_t count, room;
    bool fold;
    lat_error *error;
} lists;

/* Entries keep the order of the files, which is the order of a word's
 * labels. */
static lat_status add_entry(lists *to, const char *word, size_t size,
                            const char *label, size_t label_size)
{
    lat_buffer folded = {0};
    size_t w, l;

    if (to->count == to->room) {
        size_t room = 2 * to->room + 256;
        list_entry *entries = lat_realloc(to->entries,
                                          room * sizeof *entries);

        if (entries == NULL)
            return lat_error_memory(to->error, room * sizeof *entries);
        to->entries = entries;
        to->room = room;
    }
    if (to->fold) {
        lat_text_fold_int(&folded, word, size);
        if (folded.failed)
            return lat_buffer_status(&folded, to->error);
        word = folded.data;
        size = folded.size;
    }
    w = lat_intern_add(to->words, word, size);
    lat_buffer_free(&folded);
    l = lat_intern_add(to->labels, label, label_size);
    if (w == SIZE_MAX || l == SIZE_MAX)
        return lat_error_memory(to->error, size + label_size);
    to->entries[to->count].word = (uint32_t)w;
    to->entries[to->count].label = (uint32_t)l;
    to->entries[to->count].order = (uint32_t)to->count;
    to->count++;
    return LAT_OK;
}

static int compare_entries(const void *a, const void *b)
{
    const list_entry *x = a, *y = b;

    if (x->word != y->word)
        return x->word < y->word ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

/* Name of the file without its ending. */
static lat_slice label_of_path(const char *path)
{
    const char *name = lat_path_base(path), *dot = strrchr(name, '.');
    lat_slice out = {name, strlen(name)};

    if (dot != NULL && dot != name)
        out.size = (size_t)(dot - name);
    return out;
}

/* Labels from the second column belong to the same family as those from
 * file names. */
static lat_status read_list(lists *to, const char *path)
{
    lat_lines lines = {0};
    lat_slice name = label_of_path(path);
    size_t i;
    lat_status status = lat_lines_open(&lines, path, to->error);

    for (i = 0; i < lines.count && status == LAT_OK; i++) {
        const char *line = lines.text[i];
        const char *tab = memchr(line, '\t', lines.size[i]);
        size_t size = tab == NULL ? lines.size[i] : (size_t)(tab - line);
        lat_slice label = name;
        bool good = size > 0;

        if (lines.size[i] == 0 || strncmp(line, "##", 2) == 0)
            continue;
        if (tab != NULL) {
            label.text = tab + 1;
            label.size = lines.size[i] - size - 1;
            good = good && label.size > 0 && strchr(label.text, '\t') == NULL;
        }
        if (!good)
            status = lat_error_at_line(to->error, LAT_MALFORMED, i + 1,
                                       "expected a word, or a word, a tab "
                                       "and a label");
        if (status == LAT_OK)
            status = lat_label_check_int(label.text, label.size,
                                         tab == NULL ? 0 : i + 1, to->error);
        if (status == LAT_OK)
            status = add_entry(to, line, size, label.text, label.size);
    }
    lat_lines_free(&lines);
    if (status != LAT_OK)
        lat_error_in_file(to->error, path);
    return status;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Files of a folder in byte order of their names; dot files and folders
 * are passed over. */
static lat_status read_folder(lists *to, const char *folder)
{
    DIR *open = opendir(folder);
    struct dirent *entry;
    char **names = NULL;
    size_t count = 0, room = 0, i;
    lat_status status = LAT_OK;

    if (open == NULL)
        return lat_error_errno(to->error, folder, "read");
    while (status == LAT_OK && (entry = readdir(open)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        if (count == room) {
            char **more = lat_realloc(names,
                                      (2 * room + 32) * sizeof *names);

            if (more == NULL) {
                status = lat_error_memory(to->error, room * sizeof *names);
                break;
            }
            names = more;
            room = 2 * room + 32;
        }
        names[count] = lat_path_join(folder, entry->d_name);
        if (names[count] == NULL)
            status = lat_error_memory(to->error, 256);
        else
            count++;
    }
    closedir(open);
    if (count > 0)
        qsort(names, count, sizeof *names, compare_texts);
    for (i = 0; i < count && status == LAT_OK; i++)
        if (!lat_path_is_folder(names[i]))
            status = read_list(to, names[i]);
    for (i = 0; i < count; i++)
        lat_free(names[i]);
    lat_free(names);
    return status;
}

/* Gives the text's types the labels of the sorted entries. */
static lat_status label_types(label_builder *builder, const lat_text *text,
                              lists *from)
{
    size_t words = lat_intern_count(from->words), i, t, k;
    size_t types = lat_intern_count(text->set);
    size_t *starts = lat_new_array(words + 1, sizeof *starts);
    lat_buffer folded = {0};
    lat_status status = LAT_OK;

    if (starts == NULL)
        return lat_error_memory(builder->error, words * sizeof *starts);
    if (from->count > 0)
        qsort(from->entries, from->count, sizeof *from->entries,
              compare_entries);
    for (i = 0; i < from->count; i++)
        starts[from->entries[i].word + 1]++;
    for (i = 0; i < words; i++)
        starts[i + 1] += starts[i];
    for (t = 0; t < types && status == LAT_OK; t++) {
        size_t size, word;
        const char *name = lat_intern_text(text->set, t, &size);

        if (from->fold) {
            lat_buffer_clear(&folded);
            lat_text_fold_int(&folded, name, size);
            status = lat_buffer_status(&folded, builder->error);
            if (status != LAT_OK)
                break;
            name = folded.data;
            size = folded.size;
        }
        word = lat_intern_find(from->words, name, size);
        for (k = word == SIZE_MAX ? 0 : starts[word];
             word != SIZE_MAX && k < starts[word + 1] && status == LAT_OK;
             k++) {
            const char *label = lat_intern_text(from->labels,
                                                from->entries[k].label,
                                                &size);

            status = lat_labels_put_int(builder, label, size);
        }
        if (status == LAT_OK)
            status = lat_labels_next_int(builder);
    }
    lat_buffer_free(&folded);
    lat_free(starts);
    return status;
}

lat_status lat_labels_lists_int(label_builder *builder, const lat_text *text,
                                const char *path,
                                const lat_label_options *options)
{
    lists all;
    lat_status status;

    memset(&all, 0, sizeof all);
    all.fold = options->fold_case;
    all.error = builder->error;
    status = lat_intern_create(&all.words, builder->error);
    if (status == LAT_OK)
        status = lat_intern_create(&all.labels, builder->error);
    if (status == LAT_OK)
        status = lat_path_is_folder(path) ? read_folder(&all, path)
                                          : read_list(&all, path);
    if (status == LAT_OK && all.count == 0)
        status = lat_error_set(builder->error, LAT_MALFORMED,
                               "the lists hold no word");
    if (status == LAT_OK)
        status = label_types(builder, text, &all);
    lat_intern_free(all.words);
    lat_intern_free(all.labels);
    lat_free(all.entries);
    return status;
}
