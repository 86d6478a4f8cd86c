/* tagger.c - see tagger_int.h. */
#include "tagger_int.h"

#include "word_pieces_int.h"

#include <string.h>

/* Numbers where the configuration names no classes; a word without tokens
 * counts as unknown to the matching rules, hence the ending. */
static lat_status name_tags(lat_labels *out, const lat_text *text,
                            const char *family, const lat_model_info *info,
                            const uint32_t *tags, lat_error *error)
{
    const char **names = lat_new_array(text->size, sizeof *names);
    char(*numbers)[24] = lat_new_array(info->classes, sizeof *numbers);
    lat_status status = LAT_OK;
    if (names == NULL || numbers == NULL) {
        status = lat_error_memory(error, text->size * sizeof *names);
        goto done;
    }
    for (size_t c = 0; c < info->classes; c++)
        (void)snprintf(numbers[c], sizeof numbers[c], "%zu", c);
    for (size_t w = 0; w < text->size; w++)
        names[w] = tags[w] == LAT_NO_TAG ? "NONE_UNK"
                   : info->labels != NULL ? info->labels[tags[w]]
                                          : numbers[tags[w]];
    status = lat_labels_make(out, text, family, names, error);
done:
    lat_free((void *)names);
    lat_free(numbers);
    return status;
}

lat_status tagger_family(char family[64], const char *given,
                         lat_error *error)
{
    const char *equals = strchr(given, '=');
    size_t size = equals == NULL ? 0 : (size_t)(equals - given);
    if (equals != NULL && (size == 0 || size >= 64))
        return lat_error_set(error, LAT_USAGE,
                             "--tagger is '%.60s', expected MODEL or "
                             "NAME=MODEL with a name of 1 to 63 bytes",
                             given);
    (void)snprintf(family, 64, "%.*s", equals == NULL ? 6 : (int)size,
                   equals == NULL ? "tagger" : given);
    return LAT_OK;
}

lat_status tagger_open(lat_reader *out, char family[64], const char *given,
                       lat_error *error)
{
    const char *equals = strchr(given, '=');
    const char *path = equals == NULL ? given : equals + 1;
    lat_status status = tagger_family(family, given, error);
    if (status == LAT_OK)
        status = lat_reader_open(out, path, error);
    if (status == LAT_OK && out->info->head != LAT_HEAD_TOKEN) {
        status = lat_error_set(error, LAT_UNSUPPORTED,
                               "--tagger: the model has no token "
                               "classification head");
        lat_error_in_file(error, path);
        lat_reader_close(out);
    }
    return status;
}

lat_status tagger_labels(lat_labels *out, cli_call *call,
                         const lat_text *text, const char *given,
                         lat_error *error)
{
    lat_reader reader = {0};
    joined_text input = {0};
    uint32_t *tags = NULL;
    char family[64];
    lat_status status = tagger_open(&reader, family, given, error);
    if (status == LAT_OK)
        status = joined_text_make(&input, text, error);
    if (status != LAT_OK)
        goto done;
    tags = lat_new_array(text->size, sizeof *tags);
    if (tags == NULL) {
        status = lat_error_memory(error, text->size * sizeof *tags);
        goto done;
    }
    lat_progress *progress = cli_progress(call);
    lat_progress_begin(progress, family, "sentences", text->sentences);
    status = lat_reader_tag(tags, &reader, cli_pool(call), input.sentences,
                            text->sentences, &input.words, progress, error);
    lat_progress_end(progress);
    if (status == LAT_OK)
        status = name_tags(out, text, family, reader.info, tags, error);
done:
    lat_free(tags);
    joined_text_free(&input);
    lat_reader_close(&reader);
    return status;
}
