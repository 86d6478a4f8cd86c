/*
 * vocab_txt.c - BERT's vocab.txt: one piece a line, the line number its id.
 *
 *     [PAD]            0
 *     ...
 *     ##ing         1075
 *
 * The file says nothing else, so the options of tokenizer_config.json beside
 * it count.  Without such a file the vocabulary itself tells: one that has
 * capital letters is of a cased model, and one that starts with <s> is
 * MPNet's, which has RoBERTa's special tokens around BERT's pieces.
 */
#include "tokenizer_read_int.h"

#include <string.h>

static const lat_bert_options usual = {
    .lowercase = true, .accents = true, .chinese = true, .unknown = "[UNK]",
    .cls = "[CLS]", .sep = "[SEP]", .pad = "[PAD]", .mask = "[MASK]"};

static const lat_bert_options mpnet = {
    .lowercase = true, .accents = true, .chinese = true, .unknown = "[UNK]",
    .cls = "<s>", .sep = "</s>", .pad = "<pad>", .mask = "<mask>",
    .mpnet = true};

static uint32_t find(const lat_tokenizer *tokenizer, const char *text)
{
    return lat_trie_find(&tokenizer->pieces.trie, text, strlen(text));
}

/* [PAD] and [MASK] may be missing; nothing can be encoded without the other
 * three. */
static lat_status add_specials(lat_tokenizer *tokenizer,
                               const lat_bert_options *options,
                               lat_error *error)
{
    const char *names[] = {options->pad, options->unknown, options->cls,
                           options->sep, options->mask};
    for (size_t i = 0; i < 5; i++) {
        lat_added token = {.content = names[i], .size = strlen(names[i]),
                           .id = find(tokenizer, names[i]),
                           .lstrip = i == 4 && options->mpnet};
        bool needed = i >= 1 && i <= 3;
        if (token.id == LAT_NO_ID && needed)
            return lat_error_set(error, LAT_MALFORMED,
                                 "the vocabulary has no piece %s", names[i]);
        if (token.id == LAT_NO_ID)
            continue;
        lat_status status = lat_added_add(tokenizer, &token, error);
        if (status != LAT_OK)
            return status;
    }
    return LAT_OK;
}

/* The whole of a BERT tokenizer from its pieces in the order of their ids.
 * 100 characters is the published limit of a word. */
lat_status lat_read_bert_pieces(lat_tokenizer *tokenizer,
                                const char *const *pieces,
                                const size_t *sizes, size_t count,
                                const lat_bert_options *options,
                                lat_error *error)
{
    lat_pieces *to = &tokenizer->pieces;
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        if (!lat_size_add(bytes, sizes[i], &bytes))
            return lat_error_memory(error, UINT64_MAX);
    to->kind = LAT_WORDPIECE;
    to->prefix = "##";
    to->prefix_size = 2;
    to->most_characters = 100;
    lat_status status = lat_pieces_begin(tokenizer, count, count, bytes,
                                         error);
    for (size_t i = 0; i < count && status == LAT_OK; i++)
        status = lat_pieces_add(tokenizer, (uint32_t)i, pieces[i], sizes[i],
                                error);
    if (status == LAT_OK)
        status = add_specials(tokenizer, options, error);
    if (status != LAT_OK)
        return status;
    to->unknown = find(tokenizer, options->unknown);
    status = lat_step_add_bert(tokenizer, true, options->chinese,
                               options->accents, options->lowercase, error);
    if (status == LAT_OK
        && lat_step_add(tokenizer, true, LAT_STEP_BERT_SPLIT) == NULL)
        status = lat_error_memory(error, sizeof(lat_step));
    if (status == LAT_OK)
        status = lat_template_usual(tokenizer,
                                    find(tokenizer, options->cls),
                                    find(tokenizer, options->sep),
                                    options->mpnet, error);
    tokenizer->trim = options->mpnet;
    return status == LAT_OK ? lat_tokenizer_finish(tokenizer, error)
                            : status;
}

/* Lines of the text as an array of starts and sizes; LF or CRLF. */
static lat_status find_lines(const char ***lines, size_t **sizes,
                             size_t *count, const char *text, size_t size,
                             lat_error *error)
{
    size_t number = 0, at = 0;
    for (size_t i = 0; i < size; i++)
        number += text[i] == '\n';
    number += size > 0 && text[size - 1] != '\n';
    *count = number;
    *lines = lat_new_array(number, sizeof **lines);
    *sizes = lat_new_array(number, sizeof **sizes);
    if (*lines == NULL || *sizes == NULL)
        return lat_error_memory(error, number * sizeof **lines);
    for (size_t i = 0; i < number; i++) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end == NULL ? size - at
                                    : (size_t)(end - (text + at));
        (*lines)[i] = text + at;
        (*sizes)[i] = length > 0 && text[at + length - 1] == '\r'
                          ? length - 1 : length;
        if (lat_utf8_valid(text + at, length) != length)
            return lat_error_at_line(error, LAT_MALFORMED, i + 1,
                                     "the piece is not valid UTF-8");
        if (memchr(text + at, '\0', length) != NULL)
            return lat_error_at_line(error, LAT_MALFORMED, i + 1,
                                     "the piece holds a NUL");
        at += length + (end != NULL);
    }
    return LAT_OK;
}

/* A piece with a capital letter that is no special token. */
static bool has_capitals(const char *const *lines, const size_t *sizes,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (sizes[i] > 0 && lines[i][0] == '[')
            continue;
        for (size_t j = 0; j < sizes[i]; j++)
            if (lines[i][j] >= 'A' && lines[i][j] <= 'Z')
                return true;
    }
    return false;
}

/* MPNet has put RoBERTa's special tokens before BERT's pieces. */
static bool is_mpnet(const char *const *lines, const size_t *sizes,
                     size_t count)
{
    return count > 0 && sizes[0] == 3 && memcmp(lines[0], "<s>", 3) == 0;
}

/* A special token is written as a text or as an object with its content. */
static const char *special_name(const lat_json *config, const char *key,
                                const char *fallback)
{
    const lat_json *value = lat_json_get(config, key);
    if (value != NULL && value->type == LAT_JSON_OBJECT)
        value = lat_json_get(value, "content");
    if (value == NULL || value->type != LAT_JSON_STRING || value->size == 0)
        return fallback;
    return value->string;
}

/* A member of the wrong type counts as absent: the file has many that are
 * not ours to judge. */
static void read_options(lat_bert_options *options, const lat_json *config)
{
    bool bad = false;
    options->lowercase = lat_json_flag(config, "do_lower_case", true, &bad);
    options->accents = lat_json_flag(config, "strip_accents",
                                     options->lowercase, &bad);
    options->chinese = lat_json_flag(config, "tokenize_chinese_chars", true,
                                     &bad);
    options->unknown = special_name(config, "unk_token", options->unknown);
    options->cls = special_name(config, "cls_token", options->cls);
    options->sep = special_name(config, "sep_token", options->sep);
    options->pad = special_name(config, "pad_token", options->pad);
    options->mask = special_name(config, "mask_token", options->mask);
}

/* The lines point into the text; their pieces are copied on the way. */
lat_status lat_read_vocab_txt(lat_tokenizer *tokenizer, const char *text,
                              size_t size, const lat_json *config,
                              lat_error *error)
{
    lat_bert_options options = usual;
    const char **lines = NULL;
    size_t *sizes = NULL, count = 0;
    lat_status status = find_lines(&lines, &sizes, &count, text, size,
                                   error);
    if (status == LAT_OK) {
        if (is_mpnet(lines, sizes, count))
            options = mpnet;
        if (config != NULL)
            read_options(&options, config);
        else
            options.lowercase = options.accents =
                !has_capitals(lines, sizes, count);
        status = lat_read_bert_pieces(tokenizer, lines, sizes, count,
                                      &options, error);
    }
    lat_free(lines);
    lat_free(sizes);
    return status;
}

lat_status lat_read_bert_parts(lat_tokenizer *tokenizer,
                               const lat_tokenizer_parts *parts,
                               const lat_json *config, lat_error *error)
{
    lat_bert_options options =
        is_mpnet(parts->pieces, parts->sizes, parts->count) ? mpnet : usual;
    if (config != NULL) {
        read_options(&options, config);
    } else if (parts->unflagged) {
        options.lowercase = options.accents =
            !has_capitals(parts->pieces, parts->sizes, parts->count);
    } else {
        options.lowercase = parts->lowercase;
        options.accents = parts->strip_accents;
        options.chinese = parts->chinese_characters;
    }
    return lat_read_bert_pieces(tokenizer, parts->pieces, parts->sizes,
                                parts->count, &options, error);
}
