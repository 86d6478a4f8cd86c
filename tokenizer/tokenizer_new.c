/*
 * tokenizer_new.c - putting a tokenizer together, whatever its source.
 *
 * A reader calls lat_tokenizer_new, adds pieces, steps, added tokens and
 * templates, and lat_tokenizer_finish; on any failure the caller closes what
 * there is.  Also the small questions that one asks of a finished one.
 */
#include "tokenizer_read_int.h"

#include <stdatomic.h>
#include <string.h>

/* The serial number tells an encoding's cache whose words it holds; an
 * address would not do, for it may be used again. */
lat_status lat_tokenizer_new(lat_tokenizer **out, lat_error *error)
{
    static atomic_uint serials;
    lat_tokenizer *tokenizer = lat_alloc_zero(sizeof *tokenizer);
    *out = tokenizer;
    if (tokenizer == NULL)
        return lat_error_memory(error, sizeof *tokenizer);
    tokenizer->serial = atomic_fetch_add(&serials, 1) + 1;
    tokenizer->pieces.unknown = LAT_NO_ID;
    return LAT_OK;
}

void lat_tokenizer_close(lat_tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    lat_pieces *pieces = &tokenizer->pieces;
    lat_trie_free(&pieces->trie);
    lat_free(pieces->text);
    lat_free(pieces->sizes);
    lat_free(pieces->scores);
    lat_free(pieces->merges);
    lat_trie_free(&tokenizer->original.trie);
    lat_trie_free(&tokenizer->normalized.trie);
    lat_free(tokenizer->normalizers);
    lat_free(tokenizer->splitters);
    lat_free(tokenizer->added);
    lat_free(tokenizer->description);
    lat_arena_free(&tokenizer->arena);
    lat_free(tokenizer);
}

/* ---- Pieces ------------------------------------------------------------ */

/* `entries`: pieces and added tokens together.  Ids may leave holes, but
 * not so that a small file makes a large table. */
lat_status lat_pieces_begin(lat_tokenizer *tokenizer, size_t ids,
                            size_t entries, size_t bytes, lat_error *error)
{
    lat_pieces *pieces = &tokenizer->pieces;
    if (ids > LAT_MOST_IDS || ids > entries * 2 + LAT_MOST_HOLE)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "the vocabulary has %zu entries but an id of "
                             "%zu", entries, ids - 1);
    pieces->text = lat_new_array(ids, sizeof *pieces->text);
    pieces->sizes = lat_new_array(ids, sizeof *pieces->sizes);
    if (pieces->text == NULL || pieces->sizes == NULL)
        return lat_error_memory(error, ids * sizeof *pieces->text);
    pieces->ids = ids;
    if (!lat_trie_create(&pieces->trie, bytes))
        return lat_error_memory(error, bytes);
    return LAT_OK;
}

/* Two pieces of the same text are allowed (the later one is found), two of
 * the same id are not. */
lat_status lat_pieces_add(lat_tokenizer *tokenizer, uint32_t id,
                          const char *text, size_t size, lat_error *error)
{
    lat_pieces *pieces = &tokenizer->pieces;
    if (id >= pieces->ids || pieces->text[id] != NULL)
        return lat_error_set(error, LAT_MALFORMED,
                             id >= pieces->ids
                                 ? "piece id %u is out of range"
                                 : "two pieces have the id %u", id);
    if (lat_utf8_valid(text, size) != size)
        return lat_error_set(error, LAT_MALFORMED,
                             "piece %u is not valid UTF-8", id);
    char *copy = lat_arena_copy(&tokenizer->arena, text, size);
    if (copy == NULL)
        return lat_error_memory(error, size);
    pieces->text[id] = copy;
    pieces->sizes[id] = size;
    pieces->count++;
    return lat_trie_add(&pieces->trie, copy, size, id, error);
}

/* ---- Steps ------------------------------------------------------------- */

/* Steps are zeroed; the caller fills in what its kind has. */
lat_step *lat_step_add(lat_tokenizer *tokenizer, bool splitter,
                       lat_step_kind kind)
{
    lat_step **list = splitter ? &tokenizer->splitters
                               : &tokenizer->normalizers;
    size_t *count = splitter ? &tokenizer->splitter_count
                             : &tokenizer->normalizer_count;
    if (!lat_scratch_grow(list, &tokenizer->step_capacity[splitter],
                          *count + 1, sizeof **list))
        return NULL;
    lat_step *step = &(*list)[(*count)++];
    *step = (lat_step){.kind = kind};
    return step;
}

/* BertNormalizer as steps: cleaning, NFD, then marks and capitals in one
 * pass.  Marks must go after NFD and before the letters are made small. */
lat_status lat_step_add_bert(lat_tokenizer *tokenizer, bool clean,
                             bool chinese, bool accents, bool lowercase,
                             lat_error *error)
{
    lat_step *step = lat_step_add(tokenizer, false, LAT_STEP_BERT_CLEAN);
    if (step == NULL)
        return lat_error_memory(error, sizeof *step);
    step->clean = clean;
    step->chinese = chinese;
    if (accents && lat_step_add(tokenizer, false, LAT_STEP_NFD) == NULL)
        return lat_error_memory(error, sizeof *step);
    if (!accents && !lowercase)
        return LAT_OK;
    step = lat_step_add(tokenizer, false, lowercase ? LAT_STEP_LOWERCASE
                                                    : LAT_STEP_BERT_MARKS);
    if (step == NULL)
        return lat_error_memory(error, sizeof *step);
    step->marks = accents;
    return LAT_OK;
}

/* ---- Added tokens ------------------------------------------------------ */

/* An added token that the model lacks gets the next free id, which must be
 * the one that it claims. */
lat_status lat_added_add(lat_tokenizer *tokenizer, const lat_added *token,
                         lat_error *error)
{
    lat_pieces *pieces = &tokenizer->pieces;
    lat_added added = *token;
    if (token->size == 0 || token->size > LAT_MOST_ADDED)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "added token %u has %zu bytes; 1 to %d are "
                             "allowed", token->id, token->size,
                             LAT_MOST_ADDED);
    char *copy = lat_arena_copy(&tokenizer->arena, token->content,
                                token->size);
    if (copy == NULL)
        return lat_error_memory(error, token->size);
    added.content = copy;
    uint32_t known = lat_trie_find(&pieces->trie, copy, token->size);
    if (known == LAT_NO_ID && token->id < pieces->ids
        && pieces->text[token->id] == NULL) {
        pieces->text[token->id] = copy;
        pieces->sizes[token->id] = token->size;
    } else if (known != token->id) {
        return lat_error_set(error, LAT_MALFORMED,
                             "added token \"%s\" has the id %u, which %s",
                             copy, token->id,
                             known == LAT_NO_ID
                                 ? "is another piece's or out of range"
                                 : "is not its id in the vocabulary");
    }
    if (!lat_scratch_grow(&tokenizer->added, &tokenizer->added_capacity,
                          tokenizer->added_count + 1, sizeof added))
        return lat_error_memory(error, sizeof added);
    tokenizer->added[tokenizer->added_count++] = added;
    return LAT_OK;
}

static lat_status add_to_set(lat_added_set *set, uint32_t number,
                             const char *text, size_t size, lat_error *error)
{
    if (size == 0)
        return LAT_OK;
    if (set->count == 0 && !lat_trie_create(&set->trie, 256))
        return lat_error_memory(error, 256);
    set->count++;
    set->starts[(unsigned char)text[0]] = true;
    if (lat_trie_find(&set->trie, text, size) != LAT_NO_ID)
        return LAT_OK; /* the first of equal ones counts */
    return lat_trie_add(&set->trie, text, size, number, error);
}

/* Tokens that are looked for in normalized text are normalized first. */
static lat_status build_added(lat_tokenizer *tokenizer, lat_error *error)
{
    lat_status status = LAT_OK;
    lat_scratch *scratch = lat_alloc_zero(sizeof *scratch);
    if (scratch == NULL)
        return lat_error_memory(error, sizeof *scratch);
    for (size_t i = 0; i < tokenizer->added_count && status == LAT_OK; i++) {
        const lat_added *token = &tokenizer->added[i];
        lat_text content = {.bytes = token->content, .size = token->size,
                            .plain = true};
        const lat_text *text = &content;
        if (token->normalized
            && !lat_normalize(tokenizer, scratch, &content, &text))
            status = lat_error_memory(error, token->size);
        else
            status = add_to_set(token->normalized ? &tokenizer->normalized
                                                  : &tokenizer->original,
                                (uint32_t)i, text->bytes, text->size, error);
        /* A chunk's end must not part a token from what it takes in. */
        if (token->normalized
            && (token->rstrip
                || memchr(text->bytes, ' ', text->size) != NULL))
            tokenizer->chunks = false;
    }
    lat_scratch_free(scratch);
    return status;
}

/* ---- The last step ----------------------------------------------------- */

/* Steps that look at a character and its combining neighbours only, so that
 * a text may be cut before a space between letters. */
static bool may_cut(const lat_tokenizer *tokenizer)
{
    bool parted = false;
    for (size_t i = 0; i < tokenizer->normalizer_count; i++) {
        const lat_step *step = &tokenizer->normalizers[i];
        if (step->kind == LAT_STEP_PREPEND || step->kind == LAT_STEP_STRIP)
            return false;
        if (step->kind == LAT_STEP_REPLACE
            && step->pattern.kind == LAT_PATTERN_LITERAL
            && memchr(step->pattern.text, ' ', step->pattern.size) != NULL)
            return false;
    }
    for (size_t i = 0; i < tokenizer->splitter_count; i++) {
        const lat_step *step = &tokenizer->splitters[i];
        if (step->kind == LAT_STEP_SPLIT)
            return false;
        parted = parted || step->kind == LAT_STEP_BERT_SPLIT
                 || step->kind == LAT_STEP_WHITE_SPLIT
                 || step->kind == LAT_STEP_WORDS
                 || (step->kind == LAT_STEP_BYTE_LEVEL && step->regex)
                 || (step->kind == LAT_STEP_METASPACE && step->split);
    }
    return parted;
}

/* Pieces that stand for single bytes, for vocabularies that fall back to
 * them. */
static void find_bytes(lat_pieces *pieces)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < 256; i++) {
        char name[6] = {'<', '0', 'x', digits[i >> 4], digits[i & 15], '>'};
        pieces->byte_ids[i] = lat_trie_find(&pieces->trie, name, 6);
    }
}

/* Without a post-processor the texts stand alone, B with type 1.  Checks
 * here are those that need all parts at once. */
lat_status lat_tokenizer_finish(lat_tokenizer *tokenizer, lat_error *error)
{
    static const lat_part a[] = {{0, 0, 0}, {1, 0, 1}};
    lat_pieces *pieces = &tokenizer->pieces;
    lat_status status = LAT_OK;
    if (tokenizer->single.count == 0)
        status = lat_template_set(tokenizer, &tokenizer->single, a, 1,
                                  error);
    if (status == LAT_OK && tokenizer->pair.count == 0)
        status = lat_template_set(tokenizer, &tokenizer->pair, a, 2, error);
    if (status != LAT_OK)
        return status;
    if (tokenizer->trim && pieces->kind == LAT_UNIGRAM)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "ByteLevel's trimming of offsets after a "
                             "Unigram model is not supported");
    for (int pair = 0; pair < 2; pair++) {
        const lat_template *form = pair ? &tokenizer->pair
                                        : &tokenizer->single;
        for (size_t i = 0; i < form->count; i++)
            if (form->parts[i].sequence < 0
                && form->parts[i].id >= pieces->ids)
                return lat_error_set(error, LAT_MALFORMED,
                                     "special token %u of the template is "
                                     "not in the vocabulary",
                                     form->parts[i].id);
    }
    pieces->prefix_node = pieces->prefix_size == 0 ? 0
        : lat_trie_walk(&pieces->trie, pieces->prefix, pieces->prefix_size);
    find_bytes(pieces);
    tokenizer->chunks = may_cut(tokenizer);
    status = build_added(tokenizer, error);
    return status == LAT_OK ? lat_tokenizer_describe_make(tokenizer, error)
                            : status;
}

/* ---- Questions --------------------------------------------------------- */

size_t lat_tokenizer_vocabulary(const lat_tokenizer *tokenizer)
{
    return tokenizer->pieces.ids;
}

const char *lat_tokenizer_piece(const lat_tokenizer *tokenizer, uint32_t id,
                                size_t *size)
{
    const lat_pieces *pieces = &tokenizer->pieces;
    if (id >= pieces->ids || pieces->text[id] == NULL)
        return NULL;
    if (size != NULL)
        *size = pieces->sizes[id];
    return pieces->text[id];
}

uint32_t lat_tokenizer_find(const lat_tokenizer *tokenizer, const char *piece,
                            size_t size)
{
    uint32_t id = lat_trie_find(&tokenizer->pieces.trie, piece, size);
    for (size_t i = 0; id == LAT_NO_ID && i < tokenizer->added_count; i++) {
        const lat_added *token = &tokenizer->added[i];
        if (token->size == size && memcmp(token->content, piece, size) == 0)
            id = token->id;
    }
    return id;
}

const char *lat_tokenizer_describe(const lat_tokenizer *tokenizer)
{
    return tokenizer->description;
}
