/*
 * convert_pieces.c - a vocabulary in the form that llama.cpp reads.
 *
 * WordPiece goes into phantom-space form (see gguf_vocabulary.c), the other
 * kinds as they are.  Ids without a piece, which padded embeddings have,
 * become "[PADn]" of kind unused, as llama.cpp's converter does.
 */
#include "convert_int.h"

#include <string.h>

static const char phantom[] = "\xe2\x96\x81"; /* U+2581 */
#define PHANTOM 3u

/* "##" alone is a word of two characters in some vocabularies; its form in
 * the file is the empty piece, which comes back as "##". */
static bool is_continuation(const char *text, size_t size)
{
    return size >= 2 && memcmp(text, "##", 2) == 0;
}

/* Whether the reader could take the rest of a "##" piece for a word or for
 * a special piece. */
static bool is_ambiguous(const char *rest, size_t size)
{
    return (size >= PHANTOM && memcmp(rest, phantom, PHANTOM) == 0) ||
           (size > 2 && rest[0] == '[' && rest[size - 1] == ']');
}

/* One piece in the form of the file; control pieces are kept as they are in
 * every kind of vocabulary. */
static void put_piece(lat_gguf_writer *writer, const lat_pieces *pieces,
                      size_t number, bool wordpiece)
{
    const char *text = pieces->texts[number];
    size_t size = pieces->sizes[number];
    char *marked, unused[40];

    if (text == NULL) {
        snprintf(unused, sizeof unused, "%s[PAD%zu]",
                 wordpiece ? phantom : "", number);
        lat_gguf_put_item_text(writer, unused, strlen(unused));
        return;
    }
    if (!wordpiece || pieces->kinds[number] == LAT_PIECE_CONTROL) {
        lat_gguf_put_item_text(writer, text, size);
        return;
    }
    if (is_continuation(text, size)) {
        lat_gguf_put_item_text(writer, text + 2, size - 2);
        return;
    }
    marked = lat_alloc(size + PHANTOM);
    if (marked == NULL) {
        writer->keys.failed = true;
        return;
    }
    memcpy(marked, phantom, PHANTOM);
    memcpy(marked + PHANTOM, text, size);
    lat_gguf_put_item_text(writer, marked, size + PHANTOM);
    lat_free(marked);
}

/* Number of the piece with that text, or SIZE_MAX. */
static size_t find_piece(const lat_pieces *pieces, const char *text)
{
    size_t size = strlen(text);

    for (size_t i = 0; i < pieces->count; i++) {
        if (pieces->texts[i] != NULL && pieces->sizes[i] == size &&
            memcmp(pieces->texts[i], text, size) == 0)
            return i;
    }
    return SIZE_MAX;
}

/* Ids of the special pieces, under the names that llama.cpp gives them
 * ("seperator" is its spelling). */
static void put_special_ids(lat_gguf_writer *writer,
                            const lat_pieces *pieces)
{
    static const struct {
        const char *key, *bert, *other;
    } specials[] = {
        {"tokenizer.ggml.bos_token_id", "", "<s>"},
        {"tokenizer.ggml.eos_token_id", "", "</s>"},
        {"tokenizer.ggml.unknown_token_id", "[UNK]", "<unk>"},
        {"tokenizer.ggml.seperator_token_id", "[SEP]", "</s>"},
        {"tokenizer.ggml.padding_token_id", "[PAD]", "<pad>"},
        {"tokenizer.ggml.cls_token_id", "[CLS]", "<s>"},
        {"tokenizer.ggml.mask_token_id", "[MASK]", "<mask>"},
    };

    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
        size_t number = find_piece(pieces, specials[i].bert);

        if (specials[i].bert[0] == '\0' || number == SIZE_MAX)
            number = find_piece(pieces, specials[i].other);
        if (number != SIZE_MAX)
            lat_gguf_put_u32(writer, specials[i].key, (uint32_t)number);
    }
}

/* Twice over the pieces: the count stands before the items. */
static void put_continuations(lat_gguf_writer *writer,
                              const lat_pieces *pieces)
{
    size_t count = 0;

    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1 && count == 0)
            return;
        if (pass == 1)
            lat_gguf_put_array(writer, "latent.tokenizer.continuations",
                               LAT_GGUF_U32, count);
        for (size_t i = 0; i < pieces->count; i++) {
            if (pieces->texts[i] == NULL ||
                pieces->kinds[i] == LAT_PIECE_CONTROL ||
                !is_continuation(pieces->texts[i], pieces->sizes[i]) ||
                !is_ambiguous(pieces->texts[i] + 2, pieces->sizes[i] - 2))
                continue;
            count++;
            if (pass == 1)
                lat_gguf_put_item_u32(writer, (uint32_t)i);
        }
    }
}

static void put_lists(lat_gguf_writer *writer, const lat_pieces *pieces,
                      bool wordpiece)
{
    lat_gguf_put_array(writer, "tokenizer.ggml.tokens", LAT_GGUF_TEXT,
                       pieces->count);
    for (size_t i = 0; i < pieces->count; i++)
        put_piece(writer, pieces, i, wordpiece);
    if (pieces->scores != NULL) {
        lat_gguf_put_array(writer, "tokenizer.ggml.scores", LAT_GGUF_F32,
                           pieces->count);
        for (size_t i = 0; i < pieces->count; i++)
            lat_gguf_put_item_f32(writer, pieces->scores[i]);
    }
    lat_gguf_put_array(writer, "tokenizer.ggml.token_type", LAT_GGUF_I32,
                       pieces->count);
    for (size_t i = 0; i < pieces->count; i++)
        lat_gguf_put_item_u32(writer, pieces->kinds[i]);
    if (pieces->merge_count == 0)
        return;
    lat_gguf_put_array(writer, "tokenizer.ggml.merges", LAT_GGUF_TEXT,
                       pieces->merge_count);
    for (size_t i = 0; i < pieces->merge_count; i++)
        lat_gguf_put_item_text(writer, pieces->merges[i],
                               strlen(pieces->merges[i]));
}

/* llama.cpp normalises by the same table, as raw bytes. */
static lat_status put_charsmap(lat_gguf_writer *writer, const char *text,
                               lat_error *error)
{
    lat_buffer bytes = {0};
    lat_status status = LAT_OK;

    if (!lat_base64_decode(&bytes, text, strlen(text)))
        status = lat_error_set(error, LAT_MALFORMED,
                               "tokenizer.json: precompiled_charsmap is no "
                               "base64");
    if (status == LAT_OK)
        status = lat_buffer_status(&bytes, error);
    if (status == LAT_OK) {
        lat_gguf_put_array(writer, "tokenizer.ggml.precompiled_charsmap",
                           LAT_GGUF_U8, bytes.size);
        lat_buffer_add(&writer->keys, bytes.data, bytes.size);
    }
    lat_buffer_free(&bytes);
    return status;
}

static void put_word(lat_gguf_writer *writer, const char *key,
                     const char *text)
{
    lat_gguf_put_text(writer, key, text, strlen(text));
}

/* "no_vocab" is llama.cpp's word for a model without tokenizer. */
lat_status lat_pieces_put(lat_gguf_writer *writer, const lat_pieces *pieces,
                          size_t type_vocabulary, lat_error *error)
{
    lat_status status = LAT_OK;
    bool wordpiece;

    if (pieces->settings != NULL)
        lat_gguf_put_text(writer, "latent.tokenizer.settings",
                          pieces->settings, pieces->settings_size);
    if (pieces->kind == NULL) {
        put_word(writer, "tokenizer.ggml.model", "no_vocab");
        if (pieces->sentencepiece != NULL) {
            lat_gguf_put_array(writer, "latent.tokenizer.sentencepiece",
                               LAT_GGUF_U8, pieces->sentencepiece_size);
            lat_buffer_add(&writer->keys, pieces->sentencepiece,
                           pieces->sentencepiece_size);
        }
        return lat_buffer_status(&writer->keys, error);
    }
    wordpiece = strcmp(pieces->kind, "bert") == 0;
    put_word(writer, "tokenizer.ggml.model", pieces->kind);
    put_word(writer, "tokenizer.ggml.pre",
             strcmp(pieces->kind, "gpt2") == 0 ? "roberta-bpe" : "default");
    put_lists(writer, pieces, wordpiece);
    lat_gguf_put_u32(writer, "tokenizer.ggml.token_type_count",
                     (uint32_t)type_vocabulary);
    put_special_ids(writer, pieces);
    if (wordpiece) {
        put_continuations(writer, pieces);
    } else {
        lat_gguf_put_flag(writer, "tokenizer.ggml.add_bos_token", true);
        lat_gguf_put_flag(writer, "tokenizer.ggml.add_eos_token", true);
    }
    if (strcmp(pieces->kind, "t5") == 0) {
        lat_gguf_put_flag(writer, "tokenizer.ggml.add_space_prefix", true);
        lat_gguf_put_flag(writer, "tokenizer.ggml.remove_extra_whitespaces",
                          true);
    }
    if (wordpiece && pieces->has_flags) {
        lat_gguf_put_flag(writer, "latent.tokenizer.lowercase",
                          pieces->lowercase);
        lat_gguf_put_flag(writer, "latent.tokenizer.strip_accents",
                          pieces->strip_accents);
        lat_gguf_put_flag(writer, "latent.tokenizer.chinese_characters",
                          pieces->chinese_characters);
    }
    if (pieces->charsmap != NULL)
        status = put_charsmap(writer, pieces->charsmap, error);
    if (status != LAT_OK)
        return status;
    if (pieces->tokenizer_json != NULL)
        lat_gguf_put_text(writer, "latent.tokenizer.json",
                          pieces->tokenizer_json,
                          pieces->tokenizer_json_size);
    return lat_buffer_status(&writer->keys, error);
}
