/*
 * convert_vocabulary.c - the tokenizer files of a hub folder, as pieces.
 *
 *     tokenizer.json            model.type WordPiece, BPE or Unigram
 *     else vocab.txt            WordPiece, one piece a line
 *     else vocab.json + merges.txt   byte-level BPE
 *     else spiece.model, else sentencepiece.bpe.model   the file as it is
 *     else nothing              a file without vocabulary
 *
 * Only what a GGUF file can hold is taken out; how text is cut into these
 * pieces is the tokenizer's business.  Where tokenizer.json says more than
 * "plain BERT" (see plain_bert.c) its text goes into the file whole.
 */
#include "convert_int.h"

#include <stdlib.h>
#include <string.h>

#define TOKENIZER_MOST (512u << 20)
#define MERGES_MOST 8000000u

/* Sized by the embedding, as ids are rows of it; what no piece claims stays
 * unused. */
static lat_status make_room(lat_pieces *out, lat_arena *arena, size_t rows,
                            lat_error *error)
{
    out->count = rows;
    out->texts = lat_arena_array(arena, rows + 1, sizeof *out->texts);
    out->sizes = lat_arena_array(arena, rows + 1, sizeof *out->sizes);
    out->kinds = lat_arena_array(arena, rows + 1, sizeof *out->kinds);
    if (out->texts == NULL || out->sizes == NULL || out->kinds == NULL)
        return lat_error_memory(error, rows * sizeof *out->texts);
    for (size_t i = 0; i < rows; i++)
        out->kinds[i] = LAT_PIECE_UNUSED;
    return LAT_OK;
}

/* The first text of an id stays: an added token repeats its piece. */
static lat_status set_piece(lat_pieces *out, uint64_t number,
                            const char *text, size_t size, int kind,
                            lat_error *error)
{
    if (number >= out->count)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "piece \"%.*s\" has id %llu; the embedding has "
                             "%zu rows", LAT_QUOTE, text,
                             (unsigned long long)number, out->count);
    if (out->texts[number] == NULL) {
        out->texts[number] = text;
        out->sizes[number] = size;
    }
    out->kinds[number] = (unsigned char)kind;
    return LAT_OK;
}

/* {"piece": id, ...} */
static lat_status read_map(lat_pieces *out, const lat_json *map,
                           lat_error *error)
{
    lat_status status = LAT_OK;

    if (map == NULL || map->type != LAT_JSON_OBJECT)
        return lat_error_set(error, LAT_MALFORMED,
                             "the vocabulary must be an object of pieces "
                             "and ids");
    for (size_t i = 0; i < map->size && status == LAT_OK; i++) {
        const lat_json *node = &map->items[i];

        if (!node->integer || node->whole < 0)
            return lat_error_at_byte(error, LAT_MALFORMED, node->byte,
                                     "piece \"%.*s\" must have a whole "
                                     "number as its id", LAT_QUOTE,
                                     node->key);
        status = set_piece(out, (uint64_t)node->whole, node->key,
                           node->key_size, LAT_PIECE_NORMAL, error);
    }
    return status;
}

/* [["piece", score], ...], the id is the place. */
static lat_status read_scored(lat_pieces *out, const lat_json *list,
                              lat_arena *arena, lat_error *error)
{
    lat_status status = LAT_OK;

    if (list == NULL || list->type != LAT_JSON_ARRAY)
        return lat_error_set(error, LAT_MALFORMED,
                             "a Unigram vocabulary must be an array");
    out->scores = lat_arena_array(arena, out->count + 1,
                                  sizeof *out->scores);
    if (out->scores == NULL)
        return lat_error_memory(error, out->count * sizeof *out->scores);
    /* What llama.cpp's converter gives ids without a piece. */
    for (size_t i = 0; i < out->count; i++)
        out->scores[i] = -10000.0f;
    for (size_t i = 0; i < list->size && status == LAT_OK; i++) {
        const lat_json *pair = &list->items[i];

        if (pair->type != LAT_JSON_ARRAY || pair->size != 2 ||
            pair->items[0].type != LAT_JSON_STRING ||
            pair->items[1].type != LAT_JSON_NUMBER)
            return lat_error_at_byte(error, LAT_MALFORMED, pair->byte,
                                     "a Unigram piece must be a text and a "
                                     "score");
        status = set_piece(out, i, pair->items[0].string,
                           pair->items[0].size, LAT_PIECE_NORMAL, error);
        if (status == LAT_OK)
            out->scores[i] = (float)pair->items[1].number;
    }
    return status;
}

/* "a b" or ["a", "b"]; both forms are in use. */
static lat_status read_merges(lat_pieces *out, const lat_json *list,
                              lat_arena *arena, lat_error *error)
{
    if (list == NULL || list->type != LAT_JSON_ARRAY ||
        list->size > MERGES_MOST)
        return lat_error_set(error, LAT_MALFORMED,
                             "a BPE model must have an array of merges");
    out->merges = lat_arena_array(arena, list->size + 1,
                                  sizeof *out->merges);
    if (out->merges == NULL)
        return lat_error_memory(error, list->size * sizeof *out->merges);
    for (size_t i = 0; i < list->size; i++) {
        const lat_json *node = &list->items[i];
        const lat_json *pair = node->items;
        char *text;

        if (node->type == LAT_JSON_STRING) {
            out->merges[i] = node->string;
            continue;
        }
        if (node->type != LAT_JSON_ARRAY || node->size != 2 ||
            pair[0].type != LAT_JSON_STRING ||
            pair[1].type != LAT_JSON_STRING)
            return lat_error_at_byte(error, LAT_MALFORMED, node->byte,
                                     "a merge must be a text or two texts");
        text = lat_arena_alloc(arena, pair[0].size + pair[1].size + 2);
        if (text == NULL)
            return lat_error_memory(error, pair[0].size + pair[1].size);
        memcpy(text, pair[0].string, pair[0].size);
        text[pair[0].size] = ' ';
        memcpy(text + pair[0].size + 1, pair[1].string, pair[1].size);
        out->merges[i] = text;
    }
    out->merge_count = list->size;
    return LAT_OK;
}

/* Added tokens say which pieces are special, and may lie beyond the model's
 * own vocabulary (RoBERTa's <mask>). */
static lat_status read_added(lat_pieces *out, const lat_json *list,
                             lat_error *error)
{
    lat_status status = LAT_OK;

    if (list == NULL || list->type != LAT_JSON_ARRAY)
        return LAT_OK;
    for (size_t i = 0; i < list->size && status == LAT_OK; i++) {
        const lat_json *node = &list->items[i];
        const lat_json *content = lat_json_get(node, "content");
        bool bad = false;
        uint64_t id = lat_json_count(node, "id", UINT64_MAX, &bad);
        bool special = lat_json_flag(node, "special", false, &bad);

        if (bad || content == NULL || content->type != LAT_JSON_STRING)
            return lat_error_at_byte(error, LAT_MALFORMED, node->byte,
                                     "an added token must have id, content "
                                     "and special");
        status = set_piece(out, id, content->string, content->size,
                           special ? LAT_PIECE_CONTROL
                                   : LAT_PIECE_USER_DEFINED, error);
    }
    return status;
}

/* The Precompiled normaliser, by itself or in a sequence. */
static const char *find_charsmap(const lat_json *node)
{
    const lat_json *list = lat_json_get(node, "normalizers");
    bool bad = false;
    const char *map = lat_json_text(node, "precompiled_charsmap", NULL,
                                    &bad);

    for (size_t i = 0; map == NULL && list != NULL &&
                       list->type == LAT_JSON_ARRAY && i < list->size; i++)
        map = lat_json_text(&list->items[i], "precompiled_charsmap", NULL,
                            &bad);
    return map;
}

/* Files of early versions do not name the kind of model. */
static const char *guess_type(const lat_json *model)
{
    const lat_json *vocabulary = lat_json_get(model, "vocab");

    if (lat_json_get(model, "merges") != NULL)
        return "BPE";
    return vocabulary != NULL && vocabulary->type == LAT_JSON_ARRAY
               ? "Unigram"
               : "WordPiece";
}

static lat_status read_tokenizer_json(lat_pieces *out, lat_arena *arena,
                                      const char *path, lat_error *error)
{
    const lat_json *root = NULL, *model;
    const char *type;
    char *text = NULL;
    size_t size = 0;
    bool bad = false;
    lat_status status = lat_text_load(&text, &size, arena, path,
                                      TOKENIZER_MOST, error);

    if (status == LAT_OK)
        status = lat_json_parse(&root, arena, text, size, error);
    if (status != LAT_OK)
        return status;
    model = lat_json_get(root, "model");
    type = lat_json_text(model, "type", guess_type(model), &bad);
    out->tokenizer_json = text;
    out->tokenizer_json_size = size;
    if (bad)
        return lat_error_set(error, LAT_MALFORMED,
                             "model.type must be a text");
    if (strcmp(type, "WordPiece") == 0) {
        out->kind = "bert";
        status = read_map(out, lat_json_get(model, "vocab"), error);
    } else if (strcmp(type, "BPE") == 0) {
        out->kind = "gpt2";
        status = read_map(out, lat_json_get(model, "vocab"), error);
        if (status == LAT_OK)
            status = read_merges(out, lat_json_get(model, "merges"), arena,
                                 error);
    } else if (strcmp(type, "Unigram") == 0) {
        out->kind = "t5";
        out->charsmap = find_charsmap(lat_json_get(root, "normalizer"));
        status = read_scored(out, lat_json_get(model, "vocab"), arena,
                             error);
    } else {
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "model.type \"%.*s\"; expected WordPiece, BPE "
                             "or Unigram", LAT_QUOTE, type);
    }
    if (status == LAT_OK)
        status = read_added(out, lat_json_get(root, "added_tokens"), error);
    if (status == LAT_OK && lat_pieces_plain_bert(out, root)) {
        out->tokenizer_json = NULL;
        out->has_flags = true;
    }
    return status;
}

/* Kinds for vocabularies that do not say which pieces are special. */
static void mark_specials(lat_pieces *out)
{
    static const char *const names[] = {
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
        "<s>", "<pad>", "</s>", "<unk>", "<mask>",
    };
    bool wordpiece = strcmp(out->kind, "bert") == 0;

    for (size_t i = 0; i < out->count; i++) {
        for (size_t k = wordpiece ? 0 : 5; k < (wordpiece ? 5u : 10u); k++) {
            if (out->texts[i] != NULL && strcmp(out->texts[i], names[k]) == 0)
                out->kinds[i] = LAT_PIECE_CONTROL;
        }
    }
}

/* The id is the number of the line, from 0. */
static lat_status read_vocab_txt(lat_pieces *out, lat_arena *arena,
                                 const char *path, lat_error *error)
{
    lat_lines lines = {0};
    lat_status status = lat_lines_open(&lines, path, error);

    out->kind = "bert";
    for (size_t i = 0; i < lines.count && status == LAT_OK; i++) {
        char *text = lat_arena_copy(arena, lines.text[i], lines.size[i]);

        if (text == NULL)
            status = lat_error_memory(error, lines.size[i]);
        else
            status = set_piece(out, i, text, lines.size[i], LAT_PIECE_NORMAL,
                               error);
    }
    if (status == LAT_OK)
        mark_specials(out);
    lat_lines_free(&lines);
    return status;
}

/* vocab.json gives the ids, merges.txt the order of merges. */
static lat_status read_bpe_files(lat_pieces *out, lat_arena *arena,
                                 const char *vocab, const char *merges,
                                 lat_error *error)
{
    const lat_json *root = NULL;
    lat_lines lines = {0};
    char *text = NULL;
    size_t size = 0;
    lat_status status = lat_text_load(&text, &size, arena, vocab,
                                      TOKENIZER_MOST, error);

    out->kind = "gpt2";
    if (status == LAT_OK)
        status = lat_json_parse(&root, arena, text, size, error);
    if (status == LAT_OK)
        status = read_map(out, root, error);
    if (status != LAT_OK)
        return lat_error_in_file(error, vocab);
    mark_specials(out);
    status = lat_lines_open(&lines, merges, error);
    if (status == LAT_OK)
        out->merges = lat_arena_array(arena, lines.count + 1,
                                      sizeof *out->merges);
    if (status == LAT_OK && out->merges == NULL)
        status = lat_error_memory(error, lines.count);
    for (size_t i = 0; i < lines.count && status == LAT_OK; i++) {
        /* The first line may name the version. */
        if (lines.size[i] == 0 ||
            (i == 0 && strncmp(lines.text[i], "#version", 8) == 0))
            continue;
        text = lat_arena_copy(arena, lines.text[i], lines.size[i]);
        if (text == NULL)
            status = lat_error_memory(error, lines.size[i]);
        out->merges[out->merge_count++] = text;
    }
    lat_lines_free(&lines);
    return status;
}

/* tokenizer_config.json says how the other files are used, so it goes along.
 * Without it there are no flags either: the tokenizer then looks at the
 * vocabulary, in a folder and in the GGUF file alike. */
static lat_status read_settings(lat_pieces *out, lat_arena *arena,
                                const char *path, lat_error *error)
{
    const lat_json *root = NULL;
    char *text = NULL;
    size_t size = 0;
    bool bad = false;
    lat_status status;

    if (!lat_path_exists(path))
        return LAT_OK;
    status = lat_text_load(&text, &size, arena, path, TOKENIZER_MOST, error);
    if (status == LAT_OK)
        status = lat_json_parse(&root, arena, text, size, error);
    if (status == LAT_OK && root->type != LAT_JSON_OBJECT)
        status = lat_error_set(error, LAT_MALFORMED,
                               "the file is not a JSON object");
    if (status != LAT_OK)
        return lat_error_in_file(error, path);
    out->settings = text;
    out->settings_size = size;
    out->has_flags = true;
    out->lowercase = lat_json_flag(root, "do_lower_case", true, &bad);
    out->strip_accents = lat_json_flag(root, "strip_accents",
                                       out->lowercase, &bad);
    out->chinese_characters = lat_json_flag(root, "tokenize_chinese_chars",
                                            true, &bad);
    if (bad) {
        lat_error_set(error, LAT_MALFORMED,
                      "do_lower_case, strip_accents and "
                      "tokenize_chinese_chars must be true or false");
        return lat_error_in_file(error, path);
    }
    return LAT_OK;
}

/* GGUF has no form for pieces whose ids the family makes, so the file goes
 * in whole; what it holds is looked at when the tokenizer opens it. */
static lat_status read_sentencepiece(lat_pieces *out, lat_arena *arena,
                                     const char *path, lat_error *error)
{
    lat_map map = {0};
    char *bytes = NULL;
    lat_status status = lat_map_open(&map, path, error);

    if (status != LAT_OK)
        return status;
    if (map.size > TOKENIZER_MOST)
        status = lat_error_set(error, LAT_OUT_OF_RANGE,
                               "a SentencePiece file of more than 512 MiB");
    if (status == LAT_OK)
        bytes = lat_arena_alloc(arena, map.size + 1);
    if (status == LAT_OK && bytes == NULL)
        status = lat_error_memory(error, map.size);
    if (status == LAT_OK) {
        memcpy(bytes, map.data, map.size);
        out->sentencepiece = bytes;
        out->sentencepiece_size = map.size;
    }
    lat_map_close(&map);
    return status == LAT_OK ? status : lat_error_in_file(error, path);
}

enum {
    TOKENIZER_JSON, VOCAB_TXT, VOCAB_JSON, MERGES_TXT, SETTINGS, SPIECE,
    SENTENCEPIECE, FILES
};
static const char *const names[FILES] = {
    [TOKENIZER_JSON] = "tokenizer.json", [VOCAB_TXT] = "vocab.txt",
    [VOCAB_JSON] = "vocab.json",         [MERGES_TXT] = "merges.txt",
    [SETTINGS] = "tokenizer_config.json",
    [SPIECE] = "spiece.model",
    [SENTENCEPIECE] = "sentencepiece.bpe.model",
};

/* The same order of preference as the tokenizer's own, so that a converted
 * model cuts text like its folder. */
static lat_status read_folder(lat_pieces *out, lat_arena *arena,
                              char *const *paths, size_t rows,
                              lat_error *error)
{
    bool there[FILES];
    lat_status status = make_room(out, arena, rows, error);

    for (size_t i = 0; i < FILES; i++)
        there[i] = lat_path_exists(paths[i]);
    if (status != LAT_OK)
        return status;
    if (there[TOKENIZER_JSON]) {
        out->files[0] = names[TOKENIZER_JSON];
        status = read_tokenizer_json(out, arena, paths[TOKENIZER_JSON],
                                     error);
        if (status != LAT_OK)
            return lat_error_in_file(error, paths[TOKENIZER_JSON]);
    } else if (there[VOCAB_TXT]) {
        out->files[0] = names[VOCAB_TXT];
        out->files[1] = there[SETTINGS] ? names[SETTINGS] : NULL;
        status = read_vocab_txt(out, arena, paths[VOCAB_TXT], error);
        if (status != LAT_OK)
            return lat_error_in_file(error, paths[VOCAB_TXT]);
        status = read_settings(out, arena, paths[SETTINGS], error);
    } else if (there[VOCAB_JSON] && there[MERGES_TXT]) {
        out->files[0] = names[VOCAB_JSON];
        out->files[1] = names[MERGES_TXT];
        out->files[2] = there[SETTINGS] ? names[SETTINGS] : NULL;
        status = read_bpe_files(out, arena, paths[VOCAB_JSON],
                                paths[MERGES_TXT], error);
        if (status == LAT_OK)
            status = read_settings(out, arena, paths[SETTINGS], error);
    } else if (there[SPIECE] || there[SENTENCEPIECE]) {
        int file = there[SPIECE] ? SPIECE : SENTENCEPIECE;

        out->files[0] = names[file];
        out->files[1] = there[SETTINGS] ? names[SETTINGS] : NULL;
        status = read_sentencepiece(out, arena, paths[file], error);
        if (status == LAT_OK)
            status = read_settings(out, arena, paths[SETTINGS], error);
    }
    return status;
}

lat_status lat_pieces_read(lat_pieces *out, lat_arena *arena,
                           const char *folder, size_t rows, lat_error *error)
{
    char *paths[FILES] = {NULL};
    lat_status status = LAT_OK;

    *out = (lat_pieces){0};
    for (size_t i = 0; i < FILES && status == LAT_OK; i++) {
        paths[i] = lat_path_join(folder, names[i]);
        if (paths[i] == NULL)
            status = lat_error_memory(error, strlen(folder));
    }
    if (status == LAT_OK)
        status = read_folder(out, arena, paths, rows, error);
    for (size_t i = 0; i < FILES; i++)
        lat_free(paths[i]);
    return status;
}
