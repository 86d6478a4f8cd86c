/*
 * json_steps.c - normalizers and pre-tokenizers out of a tokenizer.json.
 *
 *     {"type": "Sequence", "normalizers": [
 *         {"type": "NFKD"}, {"type": "StripAccents"}, ...]}
 *
 * Sequences are laid flat.  A type that we do not have is refused by its
 * name, never left out.
 */
#include "tokenizer_read_int.h"

#include <string.h>

typedef struct reader {
    lat_tokenizer *tokenizer;
    bool bad; /* a member of another type than it must have */
    lat_error *error;
} reader;

static const char *type_of(reader *in, const lat_json *value)
{
    return lat_json_text(value, "type", "", &in->bad);
}

static bool is(const char *type, const char *name)
{
    return strcmp(type, name) == 0;
}

static lat_status no_memory(reader *in)
{
    return lat_error_memory(in->error, sizeof(lat_step));
}

/* The member's text, copied; refused when it is not there. */
static lat_status copy_text(reader *in, const lat_json *value,
                            const char *key, const char **out, size_t *size)
{
    const lat_json *text = lat_json_get(value, key);
    if (text == NULL || text->type != LAT_JSON_STRING)
        return lat_error_at_byte(in->error, LAT_MALFORMED, value->byte,
                                 "\"%s\" must be a string here", key);
    *size = text->size;
    *out = lat_arena_copy(&in->tokenizer->arena, text->string, text->size);
    return *out == NULL ? no_memory(in) : LAT_OK;
}

/* {"String": "..."} or {"Regex": "..."}. */
static lat_status read_pattern(reader *in, const lat_json *value,
                               lat_pattern *out)
{
    const lat_json *pattern = lat_json_get(value, "pattern");
    const lat_json *regex = lat_json_get(pattern, "Regex");
    if (regex != NULL && regex->type == LAT_JSON_STRING) {
        if (strlen(regex->string) != regex->size
            || !lat_pattern_of_regex(out, regex->string))
            return lat_error_at_byte(
                in->error, LAT_UNSUPPORTED, regex->byte,
                "the regular expression \"%s\" is not one that we know",
                regex->string);
        return LAT_OK;
    }
    if (pattern == NULL)
        return lat_error_at_byte(in->error, LAT_MALFORMED, value->byte,
                                 "a pattern is missing");
    out->kind = LAT_PATTERN_LITERAL;
    return copy_text(in, pattern, "String", &out->text, &out->size);
}

/* Punctuation says Isolated when it says nothing; Split always says. */
static lat_status read_behaviour(reader *in, const lat_json *value,
                                 lat_behaviour *out)
{
    static const char *const names[] = {"Removed", "Isolated",
                                        "MergedWithPrevious",
                                        "MergedWithNext", "Contiguous"};
    const char *name = lat_json_text(value, "behavior", "Isolated",
                                     &in->bad);
    for (size_t i = 0; i < 5; i++)
        if (is(name, names[i])) {
            *out = (lat_behaviour)i;
            return LAT_OK;
        }
    return lat_error_at_byte(in->error, LAT_UNSUPPORTED, value->byte,
                             "the behavior \"%s\" is not known", name);
}

/* ---- Normalizers ------------------------------------------------------- */

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Size of what the text says, or SIZE_MAX when it is not base64. */
static size_t base64_read(unsigned char *out, const char *text, size_t size)
{
    uint32_t bits = 0;
    size_t made = 0, held = 0;
    while (size > 0 && text[size - 1] == '=')
        size--;
    for (size_t i = 0; i < size; i++) {
        int value = base64_value(text[i]);
        if (value < 0)
            return SIZE_MAX;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[made++] = (unsigned char)(bits >> held);
        }
    }
    return made;
}

/* The charsmap of published models is 240 KB; it is decoded to a buffer of
 * the text's size, which is always enough, and copied from there. */
static lat_status read_precompiled(reader *in, const lat_json *value,
                                   lat_step *step)
{
    const lat_json *text = lat_json_get(value, "precompiled_charsmap");
    if (text == NULL || text->type != LAT_JSON_STRING)
        return lat_error_at_byte(in->error, LAT_MALFORMED, value->byte,
                                 "precompiled_charsmap must be a string");
    unsigned char *blob = lat_alloc(text->size);
    if (blob == NULL)
        return no_memory(in);
    size_t size = base64_read(blob, text->string, text->size);
    lat_status status = size == SIZE_MAX
        ? lat_error_at_byte(in->error, LAT_MALFORMED, text->byte,
                            "precompiled_charsmap is not base64")
        : lat_charsmap_read(&step->charsmap, &in->tokenizer->arena,
                            (const char *)blob, size, in->error);
    lat_free(blob);
    return status;
}

/* strip_accents may be null: then accents go exactly when letters are made
 * small, as in the first BERT code. */
static lat_status read_bert(reader *in, const lat_json *value)
{
    bool lowercase = lat_json_flag(value, "lowercase", true, &in->bad);
    return lat_step_add_bert(
        in->tokenizer, lat_json_flag(value, "clean_text", true, &in->bad),
        lat_json_flag(value, "handle_chinese_chars", true, &in->bad),
        lat_json_flag(value, "strip_accents", lowercase, &in->bad),
        lowercase, in->error);
}

/* Members that a step does not have keep their defaults and are not used. */
static lat_status read_normalizer(reader *in, const lat_json *value,
                                  const char *type)
{
    static const struct {
        const char *name;
        lat_step_kind kind;
    } known[] = {
        {"NFC", LAT_STEP_NFC}, {"NFD", LAT_STEP_NFD},
        {"NFKC", LAT_STEP_NFKC}, {"NFKD", LAT_STEP_NFKD},
        {"Lowercase", LAT_STEP_LOWERCASE},
        {"StripAccents", LAT_STEP_STRIP_ACCENTS}, {"Nmt", LAT_STEP_NMT},
        {"Replace", LAT_STEP_REPLACE}, {"Prepend", LAT_STEP_PREPEND},
        {"Strip", LAT_STEP_STRIP}, {"Precompiled", LAT_STEP_PRECOMPILED},
    };
    if (is(type, "BertNormalizer"))
        return read_bert(in, value);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!is(type, known[i].name))
            continue;
        lat_step *step = lat_step_add(in->tokenizer, false, known[i].kind);
        if (step == NULL)
            return no_memory(in);
        step->left = lat_json_flag(value, "strip_left", true, &in->bad);
        step->right = lat_json_flag(value, "strip_right", true, &in->bad);
        if (step->kind == LAT_STEP_PRECOMPILED)
            return read_precompiled(in, value, step);
        if (step->kind == LAT_STEP_PREPEND)
            return copy_text(in, value, "prepend", &step->content,
                             &step->content_size);
        if (step->kind != LAT_STEP_REPLACE)
            return LAT_OK;
        lat_status status = read_pattern(in, value, &step->pattern);
        return status != LAT_OK ? status
                                : copy_text(in, value, "content",
                                            &step->content,
                                            &step->content_size);
    }
    return lat_error_at_byte(in->error, LAT_UNSUPPORTED, value->byte,
                             "the normalizer \"%s\" is not supported", type);
}

/* ---- Pre-tokenizers ---------------------------------------------------- */

/* Old files say add_prefix_space instead of prepend_scheme. */
static lat_status read_metaspace(reader *in, const lat_json *value,
                                 lat_step *step)
{
    bool prefix = lat_json_flag(value, "add_prefix_space", true, &in->bad);
    const char *scheme = lat_json_text(value, "prepend_scheme",
                                       prefix ? "always" : "never",
                                       &in->bad);
    step->split = lat_json_flag(value, "split", true, &in->bad);
    if (is(scheme, "always"))
        step->scheme = LAT_PREPEND_ALWAYS;
    else if (is(scheme, "first"))
        step->scheme = LAT_PREPEND_FIRST;
    else if (is(scheme, "never"))
        step->scheme = LAT_PREPEND_NEVER;
    else
        return lat_error_at_byte(in->error, LAT_UNSUPPORTED, value->byte,
                                 "the prepend_scheme \"%s\" is not known",
                                 scheme);
    lat_status status = copy_text(in, value, "replacement", &step->content,
                                  &step->content_size);
    if (status == LAT_OK
        && (step->content_size == 0
            || lat_utf8_length(step->content[0]) != step->content_size))
        return lat_error_at_byte(in->error, LAT_MALFORMED, value->byte,
                                 "Metaspace's replacement must be one "
                                 "character");
    return status;
}

/* As read_normalizer.  ByteLevel's own trim_offsets is without effect here:
 * trimming is the post-processor's. */
static lat_status read_splitter(reader *in, const lat_json *value,
                                const char *type)
{
    static const struct {
        const char *name;
        lat_step_kind kind;
    } known[] = {
        {"BertPreTokenizer", LAT_STEP_BERT_SPLIT},
        {"ByteLevel", LAT_STEP_BYTE_LEVEL},
        {"Metaspace", LAT_STEP_METASPACE}, {"Whitespace", LAT_STEP_WORDS},
        {"WhitespaceSplit", LAT_STEP_WHITE_SPLIT},
        {"Punctuation", LAT_STEP_PUNCTUATION}, {"Digits", LAT_STEP_DIGITS},
        {"Split", LAT_STEP_SPLIT},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!is(type, known[i].name))
            continue;
        lat_step *step = lat_step_add(in->tokenizer, true, known[i].kind);
        if (step == NULL)
            return no_memory(in);
        step->prefix_space = lat_json_flag(value, "add_prefix_space", true,
                                           &in->bad);
        step->regex = lat_json_flag(value, "use_regex", true, &in->bad);
        step->individual = lat_json_flag(value, "individual_digits", false,
                                         &in->bad);
        step->invert = lat_json_flag(value, "invert", false, &in->bad);
        if (step->kind == LAT_STEP_METASPACE)
            return read_metaspace(in, value, step);
        lat_status status = read_behaviour(in, value, &step->behaviour);
        if (status == LAT_OK && step->kind == LAT_STEP_SPLIT)
            status = read_pattern(in, value, &step->pattern);
        return status;
    }
    return lat_error_at_byte(in->error, LAT_UNSUPPORTED, value->byte,
                             "the pre-tokenizer \"%s\" is not supported",
                             type);
}

/* Recursion is bounded by the reader of JSON (depth 128). */
static lat_status read_steps(reader *in, const lat_json *value,
                             bool splitters)
{
    const char *type = type_of(in, value);
    lat_status status = LAT_OK;
    if (!is(type, "Sequence"))
        return splitters ? read_splitter(in, value, type)
                         : read_normalizer(in, value, type);
    const lat_json *list = lat_json_get(value, splitters ? "pretokenizers"
                                                         : "normalizers");
    if (list == NULL || list->type != LAT_JSON_ARRAY)
        return lat_error_at_byte(in->error, LAT_MALFORMED, value->byte,
                                 "a Sequence must hold a list");
    for (size_t i = 0; i < list->size && status == LAT_OK; i++)
        status = read_steps(in, &list->items[i], splitters);
    return status;
}

static lat_status end_read(const reader *in, const lat_json *value,
                           lat_status status)
{
    if (status == LAT_OK && in->bad)
        return lat_error_at_byte(in->error, LAT_MALFORMED, value->byte,
                                 "a member has the wrong type");
    return status;
}

lat_status lat_read_steps(lat_tokenizer *tokenizer, const lat_json *value,
                          bool splitters, lat_error *error)
{
    reader in = {tokenizer, false, error};
    if (value == NULL || value->type == LAT_JSON_NULL)
        return LAT_OK;
    return end_read(&in, value, read_steps(&in, value, splitters));
}
