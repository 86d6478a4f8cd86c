/*
 * label_lines.c - labels that come sentence by sentence beside the text:
 * a file with as many lines, or ConceptX's JSON list of such lines.
 */
#include "align_int.h"

#include <string.h>

static lat_status wrong_count(label_builder *builder, size_t sentence,
                              size_t want, size_t found)
{
    return lat_error_set(builder->error, LAT_MALFORMED,
                         "sentence %lu: expected %lu labels (words of the "
                         "text), found %lu", (unsigned long)sentence,
                         (unsigned long)want, (unsigned long)found);
}

lat_status lat_labels_sentences_int(label_builder *builder, size_t want,
                                    size_t found)
{
    return lat_error_set(builder->error, LAT_MALFORMED,
                         "expected %lu sentences as in the text, found %lu: "
                         "sentence %lu is not in the %s",
                         (unsigned long)want, (unsigned long)found,
                         (unsigned long)(want < found ? want : found),
                         want < found ? "text" : "label file");
}

/* B-, I-, E-, S-, L- and U- are the marks in use for the place inside a
 * phrase. */
lat_status lat_labels_column_int(label_builder *builder, const char *text,
                                 size_t size,
                                 const lat_label_options *options)
{
    if (options->outside_unknown && size == 1 && *text == 'O')
        return lat_labels_put_int(builder, "O_UNK", 5);
    if (options->strip_bio && size > 2 && text[1] == '-' &&
        strchr("BIESLU", text[0]) != NULL)
        return lat_labels_put_int(builder, text + 2, size - 2);
    return lat_labels_bundle_int(builder, text, size);
}

/* The labels of one sentence. */
static lat_status put_sentence(label_builder *builder, const lat_text *text,
                               size_t sentence, const lat_slice *labels,
                               size_t count,
                               const lat_label_options *options)
{
    size_t want = text->starts[sentence + 1] - text->starts[sentence], i;
    lat_status status = LAT_OK;

    if (count != want)
        return wrong_count(builder, sentence, want, count);
    for (i = 0; i < count && status == LAT_OK; i++) {
        status = lat_labels_column_int(builder, labels[i].text,
                                       labels[i].size, options);
        status = lat_labels_place_int(builder, status, sentence, i);
        if (status == LAT_OK)
            status = lat_labels_next_int(builder);
    }
    return status;
}

/* Checked before any line is read: a file of another text is the usual
 * mistake. */
static lat_status check_sentences(label_builder *builder,
                                  const lat_text *text, size_t found)
{
    if (found == text->sentences)
        return LAT_OK;
    return lat_labels_sentences_int(builder, text->sentences, found);
}

lat_status lat_labels_lines_int(label_builder *builder, const lat_text *text,
                                const lat_map *map,
                                const lat_label_options *options)
{
    lat_lines lines = {0};
    lat_slice *slices = NULL;
    size_t i, longest = 0;
    lat_status status = lat_lines_read(&lines, map->data, map->size,
                                       builder->error);

    if (status == LAT_OK)
        status = check_sentences(builder, text, lines.count);
    if (status != LAT_OK)
        goto done;
    for (i = 0; i < lines.count; i++)
        if (lines.size[i] > longest)
            longest = lines.size[i];
    slices = lat_new_array(longest / 2 + 1, sizeof *slices);
    if (slices == NULL) {
        status = lat_error_memory(builder->error, longest * sizeof *slices);
        goto done;
    }
    for (i = 0; i < lines.count && status == LAT_OK; i++)
        status = put_sentence(builder, text, i, slices,
                              lat_tokens_split_int(slices, lines.text[i],
                                                   lines.size[i]), options);
    if (status == LAT_MALFORMED && builder->error != NULL) {
        builder->error->has_line = true;
        builder->error->line = i;
    }
done:
    lat_free(slices);
    lat_lines_free(&lines);
    return status;
}

/* A sentence is a string of labels with blanks between, or a list of
 * strings. */
static lat_status put_json_sentence(label_builder *builder,
                                    const lat_text *text, size_t sentence,
                                    const lat_json *value,
                                    const lat_label_options *options)
{
    size_t i, room, count = 0;
    lat_slice *slices;
    lat_status status = LAT_OK;

    if (value->type != LAT_JSON_STRING && value->type != LAT_JSON_ARRAY)
        return lat_error_at_byte(builder->error, LAT_MALFORMED, value->byte,
                                 "sentence %lu: expected a string of labels "
                                 "or a list of them",
                                 (unsigned long)sentence);
    room = value->type == LAT_JSON_STRING ? value->size / 2 + 1 : value->size;
    slices = lat_new_array(room, sizeof *slices);
    if (slices == NULL)
        return lat_error_memory(builder->error, room * sizeof *slices);
    if (value->type == LAT_JSON_STRING) {
        count = lat_tokens_split_int(slices, value->string, value->size);
    } else {
        for (i = 0; i < value->size && status == LAT_OK; i++) {
            const lat_json *item = &value->items[i];

            if (item->type != LAT_JSON_STRING)
                status = lat_error_at_byte(builder->error, LAT_MALFORMED,
                                           item->byte,
                                           "a label is no string");
            slices[count].text = item->string;
            slices[count++].size = item->size;
        }
    }
    if (status == LAT_OK)
        status = put_sentence(builder, text, sentence, slices, count,
                              options);
    lat_free(slices);
    return status;
}

lat_status lat_labels_json_int(label_builder *builder, const lat_text *text,
                               const lat_map *map,
                               const lat_label_options *options)
{
    lat_arena arena = {0};
    const lat_json *list = NULL;
    size_t i;
    lat_status status = lat_json_parse(&list, &arena, map->data, map->size,
                                       builder->error);

    if (status == LAT_OK && list->type != LAT_JSON_ARRAY)
        status = lat_error_set(builder->error, LAT_MALFORMED,
                               "expected a JSON list with an element for "
                               "each sentence");
    if (status == LAT_OK)
        status = check_sentences(builder, text, list->size);
    for (i = 0; status == LAT_OK && i < list->size; i++)
        status = put_json_sentence(builder, text, i, &list->items[i],
                                   options);
    lat_arena_free(&arena);
    return status;
}
