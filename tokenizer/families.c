/*
 * families.c - the pipelines around a sentencepiece vocabulary.
 *
 * The model files hold pieces, scores and the charsmap; ids, special tokens
 * and the steps around the model belong to the family:
 *
 *     ALBERT        the file's own order; quotes alike, accents away
 *     XLM-RoBERTa   <s> <pad> </s> <unk> | pieces from the 4th | <mask>
 *     CamemBERT     <s>NOTUSED <pad> </s>NOTUSED <unk> <unk>NOTUSED
 *                   | pieces from the 2nd | <mask>
 */
#include "tokenizer_read_int.h"

#include <string.h>

static const char *const xlm_names[] = {"<s>", "<pad>", "</s>", "<unk>"};
static const char *const xlm_specials[] = {"<s>", "<pad>", "</s>", "<unk>",
                                           NULL};
static const char *const camembert_names[] = {
    "<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"};
static const char *const camembert_specials[] = {
    "<s>", "<pad>", "</s>", "<unk>", "<s>NOTUSED", "</s>NOTUSED",
    "<unk>NOTUSED", NULL};
static const char *const albert_specials[] = {"<pad>", "<unk>", "[CLS]",
                                              "[SEP]", NULL};

const lat_family lat_family_xlm_roberta = {
    xlm_names, 4, 3, true, false, "<s>", "</s>", "<unk>", "<mask>",
    xlm_specials};
const lat_family lat_family_camembert = {
    camembert_names, 5, 1, true, false, "<s>", "</s>", "<unk>", "<mask>",
    camembert_specials};
const lat_family lat_family_albert = {
    NULL, 0, 0, false, true, "[CLS]", "[SEP]", "<unk>", "[MASK]",
    albert_specials};

static uint32_t find(const lat_tokenizer *tokenizer, const char *text)
{
    return lat_trie_find(&tokenizer->pieces.trie, text, strlen(text));
}

/* Special tokens are looked for in the text as it was written. */
static lat_status add_special(lat_tokenizer *tokenizer, const char *name,
                              bool lstrip, lat_error *error)
{
    lat_added token = {.content = name, .size = strlen(name),
                       .id = find(tokenizer, name), .lstrip = lstrip};
    if (token.id == LAT_NO_ID)
        return lat_error_set(error, LAT_MALFORMED,
                             "the vocabulary has no piece %s", name);
    return lat_added_add(tokenizer, &token, error);
}

static lat_status add_specials(lat_tokenizer *tokenizer, const lat_family *kind,
                               lat_error *error)
{
    lat_status status = LAT_OK;
    for (size_t i = 0; kind->specials[i] != NULL && status == LAT_OK; i++)
        status = add_special(tokenizer, kind->specials[i], false, error);
    /* Where the family makes the mask, only a GGUF file can lack it: that of
     * llama.cpp's converter does. */
    if (status == LAT_OK
        && (!kind->mask || find(tokenizer, kind->mask_name) != LAT_NO_ID))
        status = add_special(tokenizer, kind->mask_name, true, error);
    return status;
}

/* Both forms of typewriter quotes become one character. */
static lat_step *add_replace(lat_tokenizer *tokenizer, const char *from)
{
    lat_step *step = lat_step_add(tokenizer, false, LAT_STEP_REPLACE);
    if (step == NULL)
        return NULL;
    step->pattern = (lat_pattern){.kind = LAT_PATTERN_LITERAL, .text = from,
                                  .size = strlen(from)};
    step->content = "\"";
    step->content_size = 1;
    return step;
}

/* ALBERT writes all quotes alike, and (unless its configuration says other)
 * takes accents away and makes small letters. */
static bool add_albert_steps(lat_tokenizer *tokenizer, const lat_json *config)
{
    bool bad = false;
    bool accents = lat_json_flag(config, "keep_accents", false, &bad);
    bool lower = lat_json_flag(config, "do_lower_case", true, &bad);
    return add_replace(tokenizer, "``") != NULL
           && add_replace(tokenizer, "''") != NULL
           && (accents
               || (lat_step_add(tokenizer, false, LAT_STEP_NFKD) != NULL
                   && lat_step_add(tokenizer, false, LAT_STEP_STRIP_ACCENTS)
                          != NULL))
           && (!lower
               || lat_step_add(tokenizer, false, LAT_STEP_LOWERCASE) != NULL);
}

/* WhitespaceSplit before Metaspace is the layout of the published files: a
 * run of spaces is then worth one. */
static lat_status add_steps(lat_tokenizer *tokenizer, const lat_family *kind,
                            const void *charsmap, size_t size,
                            const lat_json *config, lat_error *error)
{
    if (kind == &lat_family_albert && !add_albert_steps(tokenizer, config))
        return lat_error_memory(error, sizeof(lat_step));
    if (size != 0) {
        lat_step *step = lat_step_add(tokenizer, false,
                                      LAT_STEP_PRECOMPILED);
        if (step == NULL)
            return lat_error_memory(error, sizeof *step);
        lat_status status = lat_charsmap_read(
            &step->charsmap, &tokenizer->arena, charsmap, size, error);
        if (status != LAT_OK)
            return status;
    }
    lat_step *step = lat_step_add(tokenizer, true, LAT_STEP_WHITE_SPLIT);
    if (step != NULL)
        step = lat_step_add(tokenizer, true, LAT_STEP_METASPACE);
    if (step == NULL)
        return lat_error_memory(error, sizeof *step);
    step->content = "\xE2\x96\x81"; /* U+2581 */
    step->content_size = 3;
    step->scheme = LAT_PREPEND_ALWAYS;
    step->split = true;
    return LAT_OK;
}

lat_status lat_family_finish(lat_tokenizer *tokenizer, const lat_family *kind,
                             const void *charsmap, size_t size,
                             const lat_json *config, lat_error *error)
{
    lat_status status = add_specials(tokenizer, kind, error);
    if (status == LAT_OK)
        status = add_steps(tokenizer, kind, charsmap, size, config, error);
    if (status != LAT_OK)
        return status;
    tokenizer->pieces.unknown = find(tokenizer, kind->unknown);
    status = lat_template_usual(tokenizer, find(tokenizer, kind->cls),
                                find(tokenizer, kind->sep),
                                kind != &lat_family_albert, error);
    return status == LAT_OK ? lat_tokenizer_finish(tokenizer, error)
                            : status;
}

/* XLM-RoBERTa out of a GGUF file, where the pieces stand in the order of
 * their ids. */
lat_status lat_read_t5_parts(lat_tokenizer *tokenizer,
                             const lat_tokenizer_parts *parts,
                             lat_error *error)
{
    const lat_family *kind = &lat_family_xlm_roberta;
    size_t bytes = 0;
    if (parts->scores == NULL || parts->charsmap == NULL)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "a vocabulary of kind \"t5\" without scores "
                             "or charsmap");
    for (size_t i = 0; i < parts->count; i++)
        if (!lat_size_add(bytes, parts->sizes[i], &bytes))
            return lat_error_memory(error, UINT64_MAX);
    for (size_t i = 0; i < kind->count; i++)
        if (i >= parts->count || parts->sizes[i] != strlen(kind->names[i])
            || memcmp(parts->pieces[i], kind->names[i], parts->sizes[i])
                   != 0)
            return lat_error_set(error, LAT_UNSUPPORTED,
                                 "a vocabulary of kind \"t5\" that is not "
                                 "XLM-RoBERTa's: piece %zu is not %s", i,
                                 kind->names[i]);
    tokenizer->pieces.kind = LAT_UNIGRAM;
    lat_status status = lat_pieces_begin(tokenizer, parts->count,
                                         parts->count, bytes, error);
    if (status == LAT_OK)
        status = lat_scores_begin(&tokenizer->pieces, error);
    for (size_t i = 0; i < parts->count && status == LAT_OK; i++) {
        status = lat_pieces_add(tokenizer, (uint32_t)i, parts->pieces[i],
                                parts->sizes[i], error);
        if (status == LAT_OK)
            status = lat_scores_set(&tokenizer->pieces, (uint32_t)i,
                                    (double)parts->scores[i], error);
    }
    return status != LAT_OK ? status
                            : lat_family_finish(tokenizer, kind,
                                                parts->charsmap,
                                                parts->charsmap_size, NULL,
                                                error);
}
