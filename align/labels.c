/*
 * labels.c - one family of labels for every word of a text, from whatever
 * source.
 *
 *     word      the     film      was        labels  0 | 1 2 | 3
 *     labels    DET     NOUN,SG   NO_UNK     starts  0   1     3  4
 *
 * Sources that tag words one by one fill the words in order; sources that
 * know types (word lists, WordNet, most built-in labellers) fill the types
 * and are spread over the words at the end.
 */
#include "align_int.h"

#include <string.h>

/* METHOD: labels `*_UNK` and `N/A` are unknown. */
static bool is_unknown(const char *text, size_t size)
{
    return (size >= 4 && memcmp(text + size - 4, "_UNK", 4) == 0) ||
           (size == 3 && memcmp(text, "N/A", 3) == 0);
}

lat_status lat_labels_begin_int(label_builder *builder, lat_labels *out,
                                const char *family, const char *origin,
                                lat_error *error)
{
    memset(builder, 0, sizeof *builder);
    builder->out = out;
    builder->error = error;
    out->origin = origin;
    out->family = lat_copy_string(family);
    if (out->family == NULL)
        return lat_error_memory(error, strlen(family));
    return lat_intern_create(&out->names, error);
}

/* Room for one item and one label more, doubled when it runs out. */
static lat_status make_room(label_builder *builder)
{
    lat_labels *out = builder->out;

    if (builder->room_items < out->size + 2) {
        size_t room = 2 * out->size + 256;
        size_t *starts = lat_realloc(out->starts, room * sizeof *starts);

        if (starts == NULL)
            return lat_error_memory(builder->error, room * sizeof *starts);
        if (out->starts == NULL)
            starts[0] = 0;
        out->starts = starts;
        builder->room_items = room;
    }
    if (builder->room_labels < builder->from + 2) {
        size_t room = 2 * builder->from + 256;
        uint32_t *labels = lat_realloc(out->labels, room * sizeof *labels);

        if (labels == NULL)
            return lat_error_memory(builder->error, room * sizeof *labels);
        out->labels = labels;
        builder->room_labels = room;
    }
    return LAT_OK;
}

static bool holds_bars(const char *text, size_t size)
{
    size_t i;

    for (i = 0; i + 3 <= size; i++)
        if (memcmp(text + i, "|||", 3) == 0)
            return true;
    return false;
}

/* Control characters would break the tables, bars the joined form that
 * ConceptX reads. */
lat_status lat_label_check_int(const char *text, size_t size, size_t line,
                               lat_error *error)
{
    const char *what = NULL;
    size_t i;

    for (i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20)
            what = "control character";
    if (what == NULL && holds_bars(text, size))
        what = "\"|||\"";
    if (size > 0 && what == NULL)
        return LAT_OK;
    if (size == 0)
        lat_error_set(error, LAT_MALFORMED, "empty label");
    else
        lat_error_set(error, LAT_MALFORMED, "%s in label \"%.*s\"", what,
                      (int)(size < 40 ? size : 40), text);
    if (line != 0 && error != NULL) {
        error->has_line = true;
        error->line = line;
    }
    return LAT_MALFORMED;
}

lat_status lat_labels_place_int(label_builder *builder, lat_status status,
                                size_t sentence, size_t position)
{
    lat_error was;

    if (status != LAT_MALFORMED || builder->error == NULL)
        return status;
    was = *builder->error;
    lat_error_clear(builder->error);
    return lat_error_set(builder->error, status,
                         "sentence %lu, position %lu: %s",
                         (unsigned long)sentence, (unsigned long)position,
                         was.text);
}

lat_status lat_labels_put_int(label_builder *builder, const char *text,
                              size_t size)
{
    lat_labels *out = builder->out;
    size_t known = lat_intern_count(out->names), number, i;
    lat_status status = make_room(builder);

    if (status == LAT_OK)
        status = lat_label_check_int(text, size, 0, builder->error);
    if (status != LAT_OK)
        return status;
    number = lat_intern_add(out->names, text, size);
    if (number == SIZE_MAX)
        return lat_error_memory(builder->error, size);
    if (number == known) {
        bool *unknown = lat_realloc(out->unknown, known + 1);

        if (unknown == NULL)
            return lat_error_memory(builder->error, known + 1);
        out->unknown = unknown;
        unknown[known] = is_unknown(text, size);
    }
    for (i = out->starts[out->size]; i < builder->from; i++)
        if (out->labels[i] == (uint32_t)number)
            return LAT_OK;
    out->labels[builder->from++] = (uint32_t)number;
    return LAT_OK;
}

/* Split from the left; an empty part is an empty label and refused. */
lat_status lat_labels_bundle_int(label_builder *builder, const char *text,
                                 size_t size)
{
    size_t from = 0, i = 0;
    lat_status status = LAT_OK;

    while (i + 3 <= size && status == LAT_OK) {
        if (memcmp(text + i, "|||", 3) != 0) {
            i++;
            continue;
        }
        status = lat_labels_put_int(builder, text + from, i - from);
        i += 3;
        from = i;
    }
    if (status == LAT_OK)
        status = lat_labels_put_int(builder, text + from, size - from);
    return status;
}

/* "NO_UNK" is what ConceptX writes where nothing applies. */
lat_status lat_labels_next_int(label_builder *builder)
{
    lat_labels *out = builder->out;
    lat_status status = make_room(builder);

    if (status == LAT_OK && builder->from == out->starts[out->size])
        status = lat_labels_put_int(builder, "NO_UNK", 6);
    if (status != LAT_OK)
        return status;
    out->size++;
    out->starts[out->size] = builder->from;
    return LAT_OK;
}

/* Every word gets a copy of its type's labels: 4 bytes a label, for one
 * form of all sources. */
lat_status lat_labels_spread_int(lat_labels *labels, const lat_text *text,
                                 lat_error *error)
{
    size_t *starts = lat_new_array(text->size + 1, sizeof *starts);
    uint32_t *numbers;
    size_t i, total = 0;

    if (starts == NULL)
        return lat_error_memory(error, text->size * sizeof *starts);
    for (i = 0; i < text->size; i++) {
        uint32_t type = text->words[i];

        starts[i] = total;
        if (!lat_size_add(total, labels->starts[type + 1] -
                                     labels->starts[type], &total)) {
            lat_free(starts);
            return lat_error_memory(error, UINT64_MAX);
        }
    }
    starts[text->size] = total;
    numbers = lat_new_array(total, sizeof *numbers);
    if (numbers == NULL) {
        lat_free(starts);
        return lat_error_memory(error, total * sizeof *numbers);
    }
    for (i = 0; i < text->size; i++) {
        uint32_t type = text->words[i];

        memcpy(numbers + starts[i], labels->labels + labels->starts[type],
               (starts[i + 1] - starts[i]) * sizeof *numbers);
    }
    lat_free(labels->starts);
    lat_free(labels->labels);
    labels->starts = starts;
    labels->labels = numbers;
    labels->size = text->size;
    return LAT_OK;
}

/* Lists are told apart with their order: the first seen label wins among
 * equals, so that {A, B} and {B, A} are two bundles. */
lat_status lat_labels_finish_int(lat_labels *labels, lat_error *error)
{
    lat_intern *lists = NULL;
    size_t w, i, total = 0;
    lat_status status = lat_intern_create(&lists, error);

    labels->bundle = lat_new_array(labels->size, sizeof *labels->bundle);
    if (status == LAT_OK && labels->bundle == NULL)
        status = lat_error_memory(error, labels->size * 4);
    /* A list of labels is a string of bytes like any other. */
    for (w = 0; w < labels->size && status == LAT_OK; w++) {
        size_t from = labels->starts[w];
        size_t bytes = (labels->starts[w + 1] - from) *
                       sizeof *labels->labels;
        size_t known = lat_intern_count(lists), number;

        number = lat_intern_add(lists, (const char *)(labels->labels + from),
                                bytes);
        if (number == SIZE_MAX)
            status = lat_error_memory(error, bytes);
        else if (number == known)
            total += bytes / sizeof *labels->labels;
        labels->bundle[w] = (uint32_t)number;
    }
    if (status == LAT_OK) {
        labels->bundles = lat_intern_count(lists);
        labels->bundle_starts = lat_new_array(labels->bundles + 1,
                                              sizeof(size_t));
        labels->bundle_labels = lat_new_array(total, sizeof(uint32_t));
        if (labels->bundle_starts == NULL || labels->bundle_labels == NULL)
            status = lat_error_memory(error, total * 4);
    }
    for (i = 0, total = 0; status == LAT_OK && i < labels->bundles; i++) {
        size_t bytes;
        const char *list = lat_intern_text(lists, i, &bytes);

        memcpy(labels->bundle_labels + total, list, bytes);
        total += bytes / sizeof *labels->labels;
        labels->bundle_starts[i + 1] = total;
    }
    lat_intern_free(lists);
    return status;
}

lat_status lat_labels_make(lat_labels *out, const lat_text *text,
                           const char *family, const char *const *labels,
                           lat_error *error)
{
    label_builder builder;
    size_t i;
    lat_status status;

    memset(out, 0, sizeof *out);
    status = lat_labels_begin_int(&builder, out, family, "memory", error);
    for (i = 0; i < text->size && status == LAT_OK; i++) {
        status = lat_labels_bundle_int(&builder, labels[i],
                                       strlen(labels[i]));
        if (status == LAT_OK)
            status = lat_labels_next_int(&builder);
    }
    if (status == LAT_OK)
        status = lat_labels_finish_int(out, error);
    if (status != LAT_OK)
        lat_labels_free(out);
    return status;
}

void lat_labels_free(lat_labels *labels)
{
    if (labels == NULL)
        return;
    lat_free(labels->family);
    lat_intern_free(labels->names);
    lat_free(labels->unknown);
    lat_free(labels->starts);
    lat_free(labels->labels);
    lat_free(labels->bundle);
    lat_free(labels->bundle_starts);
    lat_free(labels->bundle_labels);
    memset(labels, 0, sizeof *labels);
}

/* ---- Choosing the reader ------------------------------------------------- */

static bool ends_with(const char *path, const char *end)
{
    size_t a = strlen(path), b = strlen(end);

    return a >= b && strcmp(path + a - b, end) == 0;
}

/* By what the path is and how it ends; nothing is guessed from content, as
 * a wrong guess would be silent. */
static lat_status guess_form(lat_label_form *out, const char *path,
                             lat_error *error)
{
    static const struct {
        const char *end;
        lat_label_form form;
    } ends[] = {
        {".json", LAT_LABELS_JSON}, {".conllu", LAT_LABELS_CONLLU},
        {".conll", LAT_LABELS_CONLL}, {".dic", LAT_LABELS_DIC},
        {".list", LAT_LABELS_LIST},
    };
    size_t i;

    *out = LAT_LABELS_LINES;
    if (lat_path_is_folder(path)) {
        char *data = lat_path_join(path, "data.noun");

        if (data == NULL)
            return lat_error_memory(error, strlen(path));
        *out = lat_path_exists(data) ? LAT_LABELS_WORDNET : LAT_LABELS_LIST;
        lat_free(data);
        return LAT_OK;
    }
    for (i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends_with(path, ends[i].end))
            *out = ends[i].form;
    return LAT_OK;
}

static const char *const origins[] = {
    "", "label lines", "ConceptX JSON", "CoNLL-U", "CoNLL columns",
    "word lists", "dictionary", "WordNet"
};

static lat_status read_form(label_builder *builder, const lat_text *text,
                            const char *path, const lat_map *map,
                            const lat_label_options *options,
                            lat_label_form form)
{
    switch (form) {
    case LAT_LABELS_JSON:
        return lat_labels_json_int(builder, text, map, options);
    case LAT_LABELS_CONLLU:
        return lat_labels_conll_int(builder, text, map, options, true);
    case LAT_LABELS_CONLL:
        return lat_labels_conll_int(builder, text, map, options, false);
    case LAT_LABELS_DIC:
        return lat_labels_dic_int(builder, text, map);
    case LAT_LABELS_LIST:
        return lat_labels_lists_int(builder, text, path, options);
    case LAT_LABELS_WORDNET:
        return lat_labels_wordnet_int(builder, text, path);
    case LAT_LABELS_AUTO:
    case LAT_LABELS_LINES:
        break;
    }
    return lat_labels_lines_int(builder, text, map, options);
}

/* Readers of types (lists, dictionaries, WordNet) are spread over the words
 * afterwards; folders are not mapped. */
lat_status lat_labels_open(lat_labels *out, const lat_text *text,
                           const char *family, const char *path,
                           const lat_label_options *options,
                           lat_error *error)
{
    label_builder builder;
    lat_label_form form = options->form;
    lat_map map = {0};
    bool by_type;
    lat_status status = LAT_OK;

    memset(out, 0, sizeof *out);
    if (form == LAT_LABELS_AUTO)
        status = guess_form(&form, path, error);
    by_type = form == LAT_LABELS_LIST || form == LAT_LABELS_DIC ||
              form == LAT_LABELS_WORDNET;
    if (status == LAT_OK)
        status = lat_labels_begin_int(&builder, out, family, origins[form],
                                      error);
    if (status == LAT_OK && form != LAT_LABELS_LIST &&
        form != LAT_LABELS_WORDNET)
        status = lat_map_open(&map, path, error);
    if (status == LAT_OK)
        status = read_form(&builder, text, path, &map, options, form);
    if (status == LAT_OK && by_type)
        status = lat_labels_spread_int(out, text, error);
    if (status == LAT_OK)
        status = lat_labels_finish_int(out, error);
    lat_map_close(&map);
    if (status != LAT_OK) {
        lat_error_in_file(error, path);
        lat_labels_free(out);
    }
    return status;
}
