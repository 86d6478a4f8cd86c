/*
 * plain_bert.c - whether a tokenizer.json says nothing beyond BERT's own
 * tokenizer, so that three flags and the pieces stand for it.
 *
 *     normalizer      BertNormalizer, clean_text          -> the flags
 *     pre_tokenizer   BertPreTokenizer
 *     model           WordPiece, "##", [UNK], words up to 100 characters
 *     post_processor  BertProcessing, or the same as a template:
 *                     [CLS] A [SEP]     [CLS] A [SEP] B:1 [SEP]:1
 *     added_tokens    the five special ones, taken literally
 *
 * Truncation and padding settings are left out: they say how a program once
 * called the tokenizer.  Any doubt means no, and the text is kept whole.
 */
#include "convert_int.h"

#include <string.h>

static bool text_is(const lat_json *object, const char *key,
                    const char *wanted)
{
    bool bad = false;

    return strcmp(lat_json_text(object, key, "", &bad), wanted) == 0 && !bad;
}

/* strip_accents may be null, which means: as lowercase. */
static bool normalizer_fits(lat_pieces *out, const lat_json *node)
{
    bool bad = false;

    out->lowercase = lat_json_flag(node, "lowercase", true, &bad);
    out->strip_accents = lat_json_flag(node, "strip_accents",
                                       out->lowercase, &bad);
    out->chinese_characters = lat_json_flag(node, "handle_chinese_chars",
                                            true, &bad);
    return text_is(node, "type", "BertNormalizer") &&
           lat_json_flag(node, "clean_text", true, &bad) && !bad;
}

/* The limit on long words changes ids, so it must be BERT's. */
static bool model_fits(const lat_json *node)
{
    bool bad = false;

    return text_is(node, "type", "WordPiece") &&
           text_is(node, "continuing_subword_prefix", "##") &&
           text_is(node, "unk_token", "[UNK]") &&
           lat_json_count(node, "max_input_chars_per_word", 100, &bad) ==
               100 && !bad;
}

/* Another added token, or a special one that eats spaces, would cut text
 * that the pieces alone do not. */
static bool added_fits(const lat_json *list)
{
    static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]",
                                           "[SEP]", "[MASK]"};

    if (list == NULL || list->type != LAT_JSON_ARRAY || list->size != 5)
        return false;
    for (size_t i = 0; i < 5; i++) {
        const lat_json *node = &list->items[i];
        bool bad = false, known = false;

        for (size_t k = 0; k < 5; k++)
            known = known || text_is(node, "content", specials[k]);
        if (!known || !lat_json_flag(node, "special", false, &bad) ||
            lat_json_flag(node, "single_word", false, &bad) ||
            lat_json_flag(node, "lstrip", false, &bad) ||
            lat_json_flag(node, "rstrip", false, &bad) ||
            lat_json_flag(node, "normalized", false, &bad) || bad)
            return false;
    }
    return true;
}

/* "[CLS]", or "A" for a sequence, with its type id at every place. */
static bool template_fits(const lat_json *list, const char *const *names,
                          const unsigned char *types, size_t count)
{
    if (list == NULL || list->type != LAT_JSON_ARRAY || list->size != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *kind = names[i][0] == '[' ? "SpecialToken" : "Sequence";
        const lat_json *node = lat_json_get(&list->items[i], kind);
        bool bad = false;

        if (!text_is(node, "id", names[i]) ||
            lat_json_count(node, "type_id", 0, &bad) != types[i] || bad)
            return false;
    }
    return true;
}

/* The special token's only id is the one that the piece has. */
static bool id_fits(const lat_pieces *pieces, const lat_json *id,
                    const char *text)
{
    uint64_t number;

    if (id == NULL || id->type != LAT_JSON_NUMBER || !id->integer ||
        id->whole < 0)
        return false;
    number = (uint64_t)id->whole;
    return number < pieces->count && pieces->texts[number] != NULL &&
           strcmp(pieces->texts[number], text) == 0;
}

static bool processing_fits(const lat_pieces *pieces, const lat_json *node)
{
    static const char *const single[] = {"[CLS]", "A", "[SEP]"};
    static const char *const pair[] = {"[CLS]", "A", "[SEP]", "B", "[SEP]"};
    static const unsigned char types[] = {0, 0, 0, 1, 1};
    static const char *const keys[] = {"cls", "sep"};
    static const char *const texts[] = {"[CLS]", "[SEP]"};
    bool is_template = text_is(node, "type", "TemplateProcessing");
    const lat_json *specials = lat_json_get(node, "special_tokens");

    if (!is_template && !text_is(node, "type", "BertProcessing"))
        return false;
    if (is_template &&
        (!template_fits(lat_json_get(node, "single"), single, types, 3) ||
         !template_fits(lat_json_get(node, "pair"), pair, types, 5)))
        return false;
    for (size_t i = 0; i < 2; i++) {
        const lat_json *list;

        if (is_template) {
            list = lat_json_get(lat_json_get(specials, texts[i]), "ids");
            if (list == NULL || list->type != LAT_JSON_ARRAY ||
                list->size != 1 || !id_fits(pieces, &list->items[0],
                                            texts[i]))
                return false;
            continue;
        }
        list = lat_json_get(node, keys[i]);
        if (list == NULL || list->type != LAT_JSON_ARRAY ||
            list->size != 2 || !id_fits(pieces, &list->items[1], texts[i]))
            return false;
    }
    return true;
}

/* Flags are set first: they are of use even when the answer is no. */
bool lat_pieces_plain_bert(lat_pieces *pieces, const lat_json *root)
{
    const lat_json *pre = lat_json_get(root, "pre_tokenizer");

    return normalizer_fits(pieces, lat_json_get(root, "normalizer")) &&
           text_is(pre, "type", "BertPreTokenizer") &&
           model_fits(lat_json_get(root, "model")) &&
           added_fits(lat_json_get(root, "added_tokens")) &&
           processing_fits(pieces, lat_json_get(root, "post_processor"));
}
