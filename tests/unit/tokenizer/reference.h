/*
 * reference.h - compares a tokenizer with the reference encodings.
 *
 * ../shared/fixtures/tokenizer holds texts (lines.jsonl), what the reference
 * makes of them (NAME.jsonl: lists of [id, first, end]), and pairs with
 * truncation (pairs.jsonl, NAME.pairs.jsonl).
 */
#ifndef LATENT_TEST_REFERENCE_H
#define LATENT_TEST_REFERENCE_H

#include "../../../base/base.h"
#include "../../../tokenizer/tokenizer.h"
#include "../../harness.h"

/* A JSON-lines file, each line parsed; kept for the whole test program. */
typedef struct reference_file {
    lat_arena arena;
    const lat_json **lines;
    size_t count;
} reference_file;

static inline bool reference_read(reference_file *out, const char *folder,
                                  const char *name)
{
    lat_error error = {0};
    lat_map map = {0};
    size_t at = 0;
    char *path = lat_format("%s/fixtures/tokenizer/%s", folder, name);
    *out = (reference_file){0};
    if (lat_map_open(&map, path, &error) != LAT_OK) {
        CHECK_MSG(false, "%s", lat_error_message(&error));
        lat_free(path);
        return false;
    }
    for (size_t i = 0; i < map.size; i++)
        out->count += map.data[i] == '\n';
    out->lines = lat_new_array(out->count, sizeof *out->lines);
    for (size_t i = 0; i < out->count; i++) {
        const unsigned char *end = memchr(map.data + at, '\n',
                                          map.size - at);
        size_t size = (size_t)(end - (map.data + at));
        if (lat_json_parse(&out->lines[i], &out->arena, map.data + at, size,
                           &error) != LAT_OK) {
            CHECK_MSG(false, "%s:%zu: %s", name, i + 1,
                      lat_error_message(&error));
            break;
        }
        at += size + 1;
    }
    lat_map_close(&map);
    lat_free(path);
    return true;
}

static inline void reference_free(reference_file *file)
{
    lat_free(file->lines);
    lat_arena_free(&file->arena);
}

static inline void reference_show(size_t line, const lat_json *text,
                                  const lat_json *want,
                                  const lat_encoding *got)
{
    printf("line %zu: %.200s\n  want", line, text->string);
    for (size_t i = 0; i < want->size && i < 40; i++)
        printf(" %d[%d,%d)", (int)want->items[i].items[0].whole,
               (int)want->items[i].items[1].whole,
               (int)want->items[i].items[2].whole);
    printf("\n  got ");
    for (size_t i = 0; i < got->count && i < 40; i++)
        printf(" %u[%u,%u)", got->ids[i], got->first[i], got->end[i]);
    printf("\n");
}

static inline bool reference_same(const lat_json *want,
                                  const lat_encoding *got)
{
    if (want->size != got->count)
        return false;
    for (size_t i = 0; i < got->count; i++) {
        const lat_json *token = want->items[i].items;
        if (token[0].whole != got->ids[i] || token[1].whole != got->first[i]
            || token[2].whole != got->end[i])
            return false;
    }
    return true;
}

/* Every `step`-th line (all in the plain build). */
static inline void reference_lines(const char *title,
                                   const lat_tokenizer *tokenizer,
                                   const reference_file *texts,
                                   const reference_file *wanted)
{
    lat_encoding encoding = {0};
    size_t different = 0;
    CHECK(texts->count == wanted->count);
    for (size_t i = 0; i < texts->count; i++) {
        const lat_json *text = texts->lines[i];
        lat_error error = {0};
        if (lat_tokenizer_encode(tokenizer, &encoding, text->string,
                                 text->size, NULL, 0, NULL, &error)
            != LAT_OK) {
            CHECK_MSG(false, "line %zu: %s", i, lat_error_message(&error));
            different++;
        } else if (!reference_same(wanted->lines[i], &encoding)) {
            if (different++ < 5)
                reference_show(i, text, wanted->lines[i], &encoding);
        }
    }
    printf("%s: %zu lines compared, %zu differences\n", title, texts->count,
           different);
    CHECK(different == 0 && texts->count == 13165);
    lat_encoding_free(&encoding);
}

static inline bool reference_pair_same(const lat_json *want,
                                       const lat_encoding *got)
{
    const lat_json *ids = lat_json_get(want, "ids");
    const lat_json *types = lat_json_get(want, "type_ids");
    const lat_json *special = lat_json_get(want, "special");
    const lat_json *offsets = lat_json_get(want, "offsets");
    const lat_json *sequence = lat_json_get(want, "sequence");
    if (ids == NULL || ids->size != got->count)
        return false;
    for (size_t i = 0; i < got->count; i++) {
        const lat_json *which = &sequence->items[i];
        int64_t number = which->type == LAT_JSON_NULL ? -1 : which->whole;
        if (ids->items[i].whole != got->ids[i]
            || types->items[i].whole != got->types[i]
            || special->items[i].whole != got->special[i]
            || offsets->items[i].items[0].whole != got->first[i]
            || offsets->items[i].items[1].whole != got->end[i]
            || number != got->sequence[i])
            return false;
    }
    return true;
}

static inline void reference_pairs(const char *title,
                                   const lat_tokenizer *tokenizer,
                                   const reference_file *pairs,
                                   const reference_file *wanted)
{
    lat_encoding encoding = {0};
    size_t different = 0, refused = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        const lat_json *a = lat_json_get(pairs->lines[i], "a");
        const lat_json *b = lat_json_get(pairs->lines[i], "b");
        bool bad = false;
        lat_encode_options options = {
            .max_length = (size_t)lat_json_count(pairs->lines[i],
                                                 "max_length", 0, &bad)};
        const char *rule = lat_json_text(pairs->lines[i], "strategy", "",
                                         &bad);
        lat_error error = {0};
        options.truncation =
            strcmp(rule, "only_first") == 0 ? LAT_TRUNCATE_ONLY_FIRST
            : strcmp(rule, "only_second") == 0 ? LAT_TRUNCATE_ONLY_SECOND
                                               : LAT_TRUNCATE_LONGEST_FIRST;
        lat_status status = lat_tokenizer_encode(
            tokenizer, &encoding, a->string, a->size, b->string, b->size,
            &options, &error);
        bool refuses = lat_json_flag(wanted->lines[i], "error", false, &bad);
        bool same = status == LAT_OK
                        ? reference_pair_same(wanted->lines[i], &encoding)
                        : refuses && status == LAT_OUT_OF_RANGE;
        refused += refuses;
        if (!same && different++ < 5)
            printf("pair %zu differs (%s)\n", i, lat_error_message(&error));
    }
    printf("%s: %zu pairs compared (%zu refused), %zu differences\n", title,
           pairs->count, refused, different);
    CHECK(different == 0 && pairs->count == 300);
    lat_encoding_free(&encoding);
}

/* Opens shared/PATH and compares lines and pairs with those of NAME. */
static inline void reference_check(const char *shared, const char *path,
                                   const char *name)
{
    reference_file texts, wanted, pairs, wanted_pairs;
    lat_tokenizer *tokenizer = NULL;
    lat_error error = {0};
    char *full = lat_format("%s/%s", shared, path);
    char *lines_name = lat_format("%s.jsonl", name);
    char *pairs_name = lat_format("%s.pairs.jsonl", name);
    bool good = reference_read(&texts, shared, "lines.jsonl");
    good = reference_read(&wanted, shared, lines_name) && good;
    good = reference_read(&pairs, shared, "pairs.jsonl") && good;
    good = reference_read(&wanted_pairs, shared, pairs_name) && good;
    if (lat_tokenizer_open(&tokenizer, full, &error) != LAT_OK) {
        CHECK_MSG(false, "%s", lat_error_message(&error));
    } else if (good) {
        printf("%s: %s\n", path, lat_tokenizer_describe(tokenizer));
        reference_lines(path, tokenizer, &texts, &wanted);
        reference_pairs(path, tokenizer, &pairs, &wanted_pairs);
    }
    lat_tokenizer_close(tokenizer);
    reference_free(&texts);
    reference_free(&wanted);
    reference_free(&pairs);
    reference_free(&wanted_pairs);
    lat_free(full);
    lat_free(lines_name);
    lat_free(pairs_name);
}

#endif
