/*
 * json_post.c - the post-processor out of a tokenizer.json.
 *
 *     {"type": "TemplateProcessing",
 *      "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}},
 *                 {"Sequence": {"id": "A", "type_id": 0}}, ...],
 *      "special_tokens": {"[CLS]": {"ids": [101], ...}}}
 *
 * BertProcessing and RobertaProcessing are templates that need no writing
 * down; ByteLevel trims offsets.  Anything else is refused by its name.
 */
#include "tokenizer_read_int.h"

#include <string.h>

#define MOST_PARTS 64

typedef struct reader {
    lat_tokenizer *tokenizer;
    bool bad; /* a member of another type than it must have */
    lat_error *error;
} reader;

static bool is(const char *type, const char *name)
{
    return strcmp(type, name) == 0;
}

/* ["[SEP]", 102]. */
static lat_status read_special(reader *in, const lat_json *value,
                               const char *key, uint32_t *id)
{
    const lat_json *pair = lat_json_get(value, key);
    if (pair == NULL || pair->type != LAT_JSON_ARRAY || pair->size != 2
        || !pair->items[1].integer || pair->items[1].whole < 0
        || pair->items[1].whole >= (int64_t)LAT_MOST_IDS)
        return lat_error_at_byte(in->error, LAT_MALFORMED, value->byte,
                                 "\"%s\" must be a token and its id", key);
    *id = (uint32_t)pair->items[1].whole;
    return LAT_OK;
}

/* Both members default to true in the reference. */
static void read_trim(reader *in, const lat_json *value)
{
    in->tokenizer->trim = lat_json_flag(value, "trim_offsets", true,
                                        &in->bad);
    in->tokenizer->trim_prefix = lat_json_flag(value, "add_prefix_space",
                                               true, &in->bad);
}

/* Ids of a template's special token. */
static lat_status add_specials(reader *in, const lat_json *tokens,
                               const char *name, lat_part *parts,
                               size_t *count, uint32_t type)
{
    const lat_json *ids = lat_json_get(lat_json_get(tokens, name), "ids");
    if (ids == NULL || ids->type != LAT_JSON_ARRAY)
        return lat_error_set(in->error, LAT_MALFORMED,
                             "the template's token \"%s\" has no ids", name);
    for (size_t i = 0; i < ids->size; i++) {
        const lat_json *id = &ids->items[i];
        if (!id->integer || id->whole < 0
            || id->whole >= (int64_t)LAT_MOST_IDS || *count == MOST_PARTS)
            return lat_error_at_byte(in->error, LAT_MALFORMED, id->byte,
                                     "a template's id is out of range");
        parts[(*count)++] = (lat_part){-1, (uint32_t)id->whole, type};
    }
    return LAT_OK;
}

/* A part is one special token (which may stand for several ids) or one of
 * the two sequences. */
static lat_status read_part(reader *in, const lat_json *part,
                            const lat_json *tokens, lat_part *parts,
                            size_t *count)
{
    const lat_json *special = lat_json_get(part, "SpecialToken");
    const lat_json *sequence = lat_json_get(part, "Sequence");
    const lat_json *either = special != NULL ? special : sequence;
    const char *name = lat_json_text(either, "id", "", &in->bad);
    uint64_t type = lat_json_count(either, "type_id", 0, &in->bad);
    if (either == NULL || type > UINT32_MAX || *count == MOST_PARTS)
        return lat_error_at_byte(in->error, LAT_MALFORMED, part->byte,
                                 "a part of a template must be a "
                                 "SpecialToken or a Sequence, 64 at most");
    if (special != NULL)
        return add_specials(in, tokens, name, parts, count,
                            (uint32_t)type);
    if (!is(name, "A") && !is(name, "B"))
        return lat_error_at_byte(in->error, LAT_MALFORMED, part->byte,
                                 "the sequence \"%s\" is not A or B", name);
    parts[(*count)++] = (lat_part){is(name, "B"), 0, (uint32_t)type};
    return LAT_OK;
}

static lat_status read_template(reader *in, const lat_json *value)
{
    const lat_json *tokens = lat_json_get(value, "special_tokens");
    lat_tokenizer *tokenizer = in->tokenizer;
    for (int pair = 0; pair < 2; pair++) {
        const lat_json *list = lat_json_get(value, pair ? "pair" : "single");
        lat_part parts[MOST_PARTS];
        size_t count = 0;
        lat_status status = LAT_OK;
        if (list == NULL || list->type != LAT_JSON_ARRAY)
            return lat_error_at_byte(in->error, LAT_MALFORMED, value->byte,
                                     "a template lacks its list of parts");
        for (size_t i = 0; i < list->size && status == LAT_OK; i++)
            status = read_part(in, &list->items[i], tokens, parts, &count);
        if (status == LAT_OK)
            status = lat_template_set(tokenizer,
                                      pair ? &tokenizer->pair
                                           : &tokenizer->single,
                                      parts, count, in->error);
        if (status != LAT_OK)
            return status;
    }
    return LAT_OK;
}

/* A Sequence is walked in order.  What follows a template would have to
 * treat special tokens as text, which no published file asks for. */
static lat_status read_processor(reader *in, const lat_json *value)
{
    const char *type = lat_json_text(value, "type", "", &in->bad);
    const lat_json *list = lat_json_get(value, "processors");
    bool roberta = is(type, "RobertaProcessing");
    lat_status status = LAT_OK;
    uint32_t cls = 0, sep = 0;
    if (is(type, "Sequence") && list != NULL
        && list->type == LAT_JSON_ARRAY) {
        for (size_t i = 0; i < list->size && status == LAT_OK; i++)
            status = read_processor(in, &list->items[i]);
        return status;
    }
    if (in->tokenizer->single.count != 0)
        return lat_error_at_byte(in->error, LAT_UNSUPPORTED, value->byte,
                                 "the post-processor \"%s\" after one that "
                                 "adds special tokens", type);
    if (is(type, "ByteLevel") || roberta)
        read_trim(in, value);
    if (is(type, "ByteLevel"))
        return LAT_OK;
    if (is(type, "TemplateProcessing"))
        return read_template(in, value);
    if (!roberta && !is(type, "BertProcessing"))
        return lat_error_at_byte(in->error, LAT_UNSUPPORTED, value->byte,
                                 "the post-processor \"%s\" is not "
                                 "supported", type);
    status = read_special(in, value, "cls", &cls);
    if (status == LAT_OK)
        status = read_special(in, value, "sep", &sep);
    return status != LAT_OK ? status
                            : lat_template_usual(in->tokenizer, cls, sep,
                                                 roberta, in->error);
}

lat_status lat_read_processor(lat_tokenizer *tokenizer, const lat_json *value,
                              lat_error *error)
{
    reader in = {tokenizer, false, error};
    if (value == NULL || value->type == LAT_JSON_NULL)
        return LAT_OK;
    lat_status status = read_processor(&in, value);
    if (status == LAT_OK && in.bad)
        return lat_error_at_byte(error, LAT_MALFORMED, value->byte,
                                 "a member has the wrong type");
    return status;
}
