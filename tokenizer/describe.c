/*
 * describe.c - the one line that `inspect` prints of a tokenizer.
 *
 *     clean, chinese, NFD, accents, lowercase -> Bert split
 *         -> WordPiece(30522) -> [CLS] A [SEP]
 */
#include "tokenizer_read_int.h"

static const char *step_name(lat_step_kind kind)
{
    switch (kind) {
    case LAT_STEP_BERT_CLEAN: return "BertClean";
    case LAT_STEP_BERT_MARKS: return "BertAccents";
    case LAT_STEP_NFC: return "NFC";
    case LAT_STEP_NFD: return "NFD";
    case LAT_STEP_NFKC: return "NFKC";
    case LAT_STEP_NFKD: return "NFKD";
    case LAT_STEP_LOWERCASE: return "Lowercase";
    case LAT_STEP_STRIP_ACCENTS: return "StripAccents";
    case LAT_STEP_REPLACE: return "Replace";
    case LAT_STEP_PREPEND: return "Prepend";
    case LAT_STEP_STRIP: return "Strip";
    case LAT_STEP_NMT: return "Nmt";
    case LAT_STEP_PRECOMPILED: return "Precompiled";
    case LAT_STEP_BERT_SPLIT: return "BertPreTokenizer";
    case LAT_STEP_BYTE_LEVEL: return "ByteLevel";
    case LAT_STEP_METASPACE: return "Metaspace";
    case LAT_STEP_WORDS: return "Whitespace";
    case LAT_STEP_WHITE_SPLIT: return "WhitespaceSplit";
    case LAT_STEP_PUNCTUATION: return "Punctuation";
    case LAT_STEP_DIGITS: return "Digits";
    default: return "Split";
    }
}

/* The settings that change results most stand in brackets. */
static void put_step(lat_buffer *to, const lat_step *step)
{
    lat_buffer_text(to, step_name(step->kind));
    if (step->kind == LAT_STEP_BERT_CLEAN)
        lat_buffer_format(to, "(%s%s)", step->clean ? "controls" : "",
                          !step->chinese ? ""
                          : step->clean ? ", Chinese" : "Chinese");
    if (step->kind == LAT_STEP_LOWERCASE && step->marks)
        lat_buffer_text(to, "(accents)");
    if (step->kind == LAT_STEP_BYTE_LEVEL)
        lat_buffer_text(to, step->prefix_space ? "(prefix space)" : "");
    if (step->kind == LAT_STEP_METASPACE)
        lat_buffer_format(to, "(%s)",
                          step->scheme == LAT_PREPEND_ALWAYS ? "always"
                          : step->scheme == LAT_PREPEND_FIRST ? "first"
                                                              : "never");
    if (step->kind == LAT_STEP_REPLACE
        && step->pattern.kind == LAT_PATTERN_LITERAL)
        lat_buffer_format(to, "(%s, %s)", step->pattern.text, step->content);
    lat_buffer_text(to, " -> ");
}

/* The pair template says it all: the single one is its beginning in every
 * published tokenizer. */
lat_status lat_tokenizer_describe_make(lat_tokenizer *tokenizer,
                                       lat_error *error)
{
    static const char *const models[] = {"WordPiece", "BPE", "Unigram"};
    lat_buffer to = {0};
    for (size_t i = 0; i < tokenizer->normalizer_count; i++)
        put_step(&to, &tokenizer->normalizers[i]);
    for (size_t i = 0; i < tokenizer->splitter_count; i++)
        put_step(&to, &tokenizer->splitters[i]);
    lat_buffer_format(&to, "%s(%zu) -> ", models[tokenizer->pieces.kind],
                      tokenizer->pieces.count);
    for (size_t i = 0; i < tokenizer->pair.count; i++) {
        const lat_part *part = &tokenizer->pair.parts[i];
        if (i > 0)
            lat_buffer_char(&to, ' ');
        if (part->sequence >= 0)
            lat_buffer_char(&to, part->sequence == 0 ? 'A' : 'B');
        else if (tokenizer->pieces.text[part->id] != NULL)
            lat_buffer_text(&to, tokenizer->pieces.text[part->id]);
    }
    if (tokenizer->added_count != 0)
        lat_buffer_format(&to, "; %zu added tokens", tokenizer->added_count);
    lat_status status = lat_buffer_status(&to, error);
    tokenizer->description = to.data;
    return status;
}
