/* tagger.c - see tagger_int.h. */
#include "tagger_int.h"

#include <string.h>

/* A text as sentences again, words joined by one space, and the words as
 * the reader wants them. */
typedef struct tagger_input {
    lat_buffer text;
    lat_sentence *sentences;
    lat_words words; /* items only */
} tagger_input;

static lat_status join_words(tagger_input *out, const lat_text *text,
                             lat_error *error)
{
    out->sentences = lat_new_array(text->sentences, sizeof *out->sentences);
    out->words.items = lat_new_array(text->size, sizeof *out->words.items);
    if (out->sentences == NULL || out->words.items == NULL)
        return lat_error_memory(error, text->size * sizeof(lat_word));
    out->words.count = text->size;
    for (size_t s = 0; s < text->sentences; s++) {
        size_t start = out->text.size;
        for (size_t w = text->starts[s]; w < text->starts[s + 1]; w++) {
            size_t size = 0;
            const char *word =
                lat_intern_text(text->set, text->words[w], &size);
            if (w != text->starts[s])
                lat_buffer_char(&out->text, ' ');
            size_t first = out->text.size - start;
            if (size > UINT32_MAX || first > UINT32_MAX - size)
                return lat_error_set(error, LAT_OUT_OF_RANGE,
                                     "sentence %zu has more than 4 GiB", s);
            lat_buffer_add(&out->text, word, size);
            out->words.items[w] = (lat_word){
                .sentence = (uint32_t)s, .first = (uint32_t)first,
                .end = (uint32_t)(first + size),
                .position = (uint32_t)(w - text->starts[s])};
        }
        out->sentences[s] = (lat_sentence){
            .a_size = out->text.size - start, .gold = -1, .line = s + 1};
        lat_buffer_char(&out->text, '\0');
    }
    lat_status status = lat_buffer_status(&out->text, error);
    size_t at = 0;
    for (size_t s = 0; s < text->sentences && status == LAT_OK; s++) {
        out->sentences[s].a = out->text.data + at;
        at += out->sentences[s].a_size + 1;
    }
    return status;
}

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

lat_status tagger_open(lat_reader *out, char family[64], const char *given,
                       lat_error *error)
{
    const char *equals = strchr(given, '=');
    size_t size = equals == NULL ? 0 : (size_t)(equals - given);
    if (equals != NULL && (size == 0 || size >= 64))
        return lat_error_set(error, LAT_USAGE,
                             "--tagger is '%.60s', expected MODEL or "
                             "NAME=MODEL with a name of 1 to 63 bytes",
                             given);
    memcpy(family, equals == NULL ? "tagger" : given,
           equals == NULL ? 6 : size);
    family[equals == NULL ? 6 : size] = '\0';
    const char *path = equals == NULL ? given : equals + 1;
    lat_status status = lat_reader_open(out, path, error);
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
    tagger_input input = {0};
    uint32_t *tags = NULL;
    char family[64];
    lat_status status = tagger_open(&reader, family, given, error);
    if (status == LAT_OK)
        status = join_words(&input, text, error);
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
    lat_free(input.sentences);
    lat_free(input.words.items);
    lat_buffer_free(&input.text);
    lat_reader_close(&reader);
    return status;
}
