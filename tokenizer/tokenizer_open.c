/*
 * tokenizer_open.c - finding a tokenizer's files and handing them to their
 * readers.
 *
 *     folder   tokenizer.json, else vocab.txt, else vocab.json with
 *              merges.txt, else spiece.model, else sentencepiece.bpe.model
 *     file     one of these, by its ending; what stands beside it
 *              (tokenizer_config.json, merges.txt) is read too
 *
 * What a tokenizer.json says of padding and truncation is not followed: a
 * caller says with each text how long it may get.
 */
#include "tokenizer_read_int.h"

#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

/* "a/b/c" and "d" --> "a/b/d". */
static char *beside(const char *path, const char *name)
{
    int folder = (int)(lat_path_base(path) - path);
    return lat_format("%.*s%s", folder, path, name);
}

/* The JSON file of that name beside `path`; *out is NULL when there is
 * none. */
static lat_status read_beside(const lat_json **out, lat_arena *arena,
                              const char *path, const char *name,
                              lat_error *error)
{
    lat_map map = {0};
    char *full = beside(path, name);
    lat_status status = LAT_OK;
    *out = NULL;
    if (full == NULL)
        return lat_error_memory(error, strlen(path));
    if (lat_path_exists(full)) {
        status = lat_map_open(&map, full, error);
        if (status == LAT_OK)
            status = lat_json_parse(out, arena, map.data, map.size, error);
        if (status == LAT_OK && (*out)->type != LAT_JSON_OBJECT)
            status = lat_error_set(error, LAT_MALFORMED,
                                   "the file is not a JSON object");
        if (status != LAT_OK)
            lat_error_in_file(error, full);
        lat_map_close(&map);
    }
    lat_free(full);
    return status;
}

typedef enum file_kind {
    FILE_JSON, FILE_TXT, FILE_BPE, FILE_MERGES, FILE_PIECES
} file_kind;

/* By the end of the name, for vocabularies are kept under many beginnings
 * ("cased-vocab.txt"). */
static file_kind kind_of(const char *path)
{
    if (ends_with(path, ".model"))
        return FILE_PIECES;
    if (ends_with(path, "vocab.json"))
        return FILE_BPE;
    if (ends_with(path, "merges.txt"))
        return FILE_MERGES;
    return ends_with(path, ".json") ? FILE_JSON : FILE_TXT;
}

/* vocab.json (or merges.txt) at `path`, the other one beside it. */
static lat_status read_bpe_files(lat_tokenizer *tokenizer, const char *path,
                                 const lat_map *map, const lat_json *config,
                                 lat_error *error)
{
    bool merges = kind_of(path) == FILE_MERGES;
    char *other = beside(path, merges ? "vocab.json" : "merges.txt");
    lat_map more = {0};
    if (other == NULL)
        return lat_error_memory(error, strlen(path));
    lat_status status = lat_map_open(&more, other, error);
    if (status == LAT_OK)
        status = lat_read_vocab_json(tokenizer, merges ? &more : map,
                                     merges ? map : &more,
                                     merges ? path : other, config, error);
    lat_map_close(&more);
    lat_free(other);
    return status;
}

/* CamemBERT's file looks like XLM-RoBERTa's; the files beside it tell. */
static bool is_camembert(const lat_json *config, const char *model_type)
{
    bool bad = false;
    const char *class = lat_json_text(config, "tokenizer_class", "", &bad);
    return strncmp(class, "Camembert", 9) == 0
           || (model_type != NULL && strcmp(model_type, "camembert") == 0);
}

static lat_status read_pieces_file(lat_tokenizer *tokenizer, const char *path,
                                   const lat_map *map, lat_arena *arena,
                                   lat_error *error)
{
    const lat_json *config, *model;
    bool bad = false;
    lat_status status = read_beside(&config, arena, path,
                                    "tokenizer_config.json", error);
    if (status == LAT_OK)
        status = read_beside(&model, arena, path, "config.json", error);
    if (status != LAT_OK)
        return status;
    const char *type = lat_json_text(model, "model_type", "", &bad);
    return lat_read_sentencepiece(tokenizer, map->data, map->size,
                                  is_camembert(config, type), config, error);
}

/* Every error names the file that is at fault; what was set while reading a
 * file beside it keeps that file's name. */
static lat_status read_file(lat_tokenizer *tokenizer, const char *path,
                            lat_error *error)
{
    lat_map map = {0};
    lat_arena arena = {0};
    const lat_json *config = NULL;
    lat_status status = lat_map_open(&map, path, error);
    if (status != LAT_OK)
        return status;
    switch (kind_of(path)) {
    case FILE_JSON:
        status = lat_read_tokenizer_json(tokenizer, map.data, map.size,
                                         error);
        break;
    case FILE_TXT:
        status = read_beside(&config, &arena, path, "tokenizer_config.json",
                             error);
        if (status == LAT_OK)
            status = lat_read_vocab_txt(tokenizer, (const char *)map.data,
                                        map.size, config, error);
        break;
    case FILE_PIECES:
        status = read_pieces_file(tokenizer, path, &map, &arena, error);
        break;
    default:
        status = read_beside(&config, &arena, path, "tokenizer_config.json",
                             error);
        if (status == LAT_OK)
            status = read_bpe_files(tokenizer, path, &map, config, error);
        break;
    }
    if (status != LAT_OK)
        lat_error_in_file(error, path);
    lat_arena_free(&arena);
    lat_map_close(&map);
    return status;
}

/* A tokenizer.json says most, so it comes first; the others need guesses
 * about the family. */
static lat_status find_file(char **out, const char *folder, lat_error *error)
{
    static const char *const names[] = {
        "tokenizer.json", "vocab.txt", "vocab.json", "spiece.model",
        "sentencepiece.bpe.model"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *path = lat_path_join(folder, names[i]);
        if (path == NULL)
            return lat_error_memory(error, strlen(folder));
        if (lat_path_exists(path)) {
            *out = path;
            return LAT_OK;
        }
        lat_free(path);
    }
    lat_error_set(error, LAT_NOT_FOUND,
                  "the folder holds no tokenizer: none of tokenizer.json, "
                  "vocab.txt, vocab.json, spiece.model, "
                  "sentencepiece.bpe.model");
    return lat_error_in_file(error, folder);
}

/* On failure nothing is handed out. */
static lat_status end_open(lat_tokenizer **out, lat_status status)
{
    if (status != LAT_OK) {
        lat_tokenizer_close(*out);
        *out = NULL;
    }
    return status;
}

lat_status lat_tokenizer_open(lat_tokenizer **out, const char *path,
                              lat_error *error)
{
    char *found = NULL;
    lat_status status = lat_tokenizer_new(out, error);
    if (status == LAT_OK && lat_path_is_folder(path))
        status = find_file(&found, path, error);
    if (status == LAT_OK)
        status = read_file(*out, found != NULL ? found : path, error);
    lat_free(found);
    return end_open(out, status);
}

static lat_status read_parts(lat_tokenizer *tokenizer,
                             const lat_tokenizer_parts *parts,
                             const lat_json *config, lat_error *error)
{
    if (parts->json != NULL)
        return lat_read_tokenizer_json(tokenizer, parts->json,
                                       parts->json_size, error);
    if (parts->sentencepiece != NULL)
        return lat_read_sentencepiece(
            tokenizer, parts->sentencepiece, parts->sentencepiece_size,
            is_camembert(config, parts->model_type), config, error);
    if (strcmp(parts->kind, "bert") == 0)
        return lat_read_bert_parts(tokenizer, parts, config, error);
    if (strcmp(parts->kind, "gpt2") == 0)
        return lat_read_gpt2_parts(tokenizer, parts, config, error);
    if (strcmp(parts->kind, "t5") == 0)
        return lat_read_t5_parts(tokenizer, parts, error);
    return lat_error_set(error, LAT_UNSUPPORTED,
                         "a vocabulary of kind \"%s\" without its "
                         "tokenizer.json", parts->kind);
}

lat_status lat_tokenizer_from_parts(lat_tokenizer **out,
                                    const lat_tokenizer_parts *parts,
                                    lat_error *error)
{
    const lat_json *config = NULL;
    lat_arena arena = {0};
    lat_status status = lat_tokenizer_new(out, error);
    if (status != LAT_OK)
        return status;
    if (parts->settings != NULL) {
        status = lat_json_parse(&config, &arena, parts->settings,
                                parts->settings_size, error);
        if (status == LAT_OK && config->type != LAT_JSON_OBJECT)
            status = lat_error_set(error, LAT_MALFORMED,
                                   "the tokenizer's settings are not a JSON "
                                   "object");
    }
    if (status == LAT_OK)
        status = read_parts(*out, parts, config, error);
    lat_arena_free(&arena);
    return end_open(out, status);
}
