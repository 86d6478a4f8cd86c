/*
 * tokenizer_int.h - the inside of a tokenizer: its parts and the way of a
 * text through them.
 *
 *     text --added tokens--> stretches --chunks--> normalizers
 *       --> splitters --> model (WordPiece, BPE, Unigram) --> tokens
 *       --> truncation --> template ([CLS] A [SEP]) --> encoding
 *
 * A text on its way is a lat_text: bytes, and for each byte the range of the
 * original that it stands for.  A lat_text that no step has changed in
 * length is `plain`: it needs no such arrays, position is all.
 */
#ifndef LATENT_TOKENIZER_INT_H
#define LATENT_TOKENIZER_INT_H

#include "tokenizer.h"
#include "unicode_int.h"

#define LAT_NO_ID UINT32_MAX
#define LAT_MOST_IDS ((size_t)1 << 24)
#define LAT_MOST_HOLE ((size_t)1 << 16) /* ids that may be left unused */
#define LAT_MOST_ADDED 512  /* bytes of an added token; bounds the search */

/* ---- Texts (text_align.c) ---------------------------------------------- */

typedef struct lat_range {
    uint32_t first, end;
} lat_range;

typedef struct lat_text {
    const char *bytes; /* size; `store`, or the caller's own text */
    char *store;       /* capacity */
    lat_range *ranges; /* capacity: where each byte came from, unless plain */
    size_t size, capacity;
    bool plain;        /* byte i came from base + i */
    bool ascii;        /* known to have no byte above 0x7F */
    uint32_t base;
} lat_text;

void lat_text_release(lat_text *text);
/* Makes `text` empty, own, not plain, with room for `size` bytes. */
bool lat_text_begin(lat_text *text, size_t size);
bool lat_text_grow(lat_text *text, size_t more);
/* Makes room before `more` bytes are put without a check. */
static inline bool lat_text_reserve(lat_text *text, size_t more)
{
    return text->capacity - text->size >= more || lat_text_grow(text, more);
}
/* Appends bytes that stand for one range; room must be there. */
static inline void lat_text_put(lat_text *text, const char *bytes,
                                size_t size, lat_range range)
{
    for (size_t i = 0; i < size; i++) {
        text->store[text->size] = bytes[i];
        text->ranges[text->size++] = range;
    }
}
/* Appends a code point; reserves its room. */
bool lat_text_put_code(lat_text *text, uint32_t code, lat_range range);
/* Range of the original that the character at byte `at` stands for. */
static inline lat_range lat_text_range(const lat_text *text, size_t at)
{
    if (!text->plain)
        return text->ranges[at];
    uint32_t first = text->base + (uint32_t)at;
    return (lat_range){
        first, first + (uint32_t)lat_utf8_length(text->bytes[at])};
}
/* Appends the character of `size` bytes at `at` of another text. */
bool lat_text_copy(lat_text *text, const lat_text *from, size_t at,
                   size_t size);

/* Rewrites a text the way that the reference does: each new code point comes
 * with a change.  0: it replaces the next old one; n < 0: it also swallows
 * -n more; 1: it is inserted and shares the range of the old byte before.
 * The last one is held back, for what follows may still swallow more. */
typedef struct lat_rewrite {
    const lat_text *from;
    lat_text *to;
    size_t at; /* old bytes used up */
    uint32_t code;
    ptrdiff_t change;
    bool held, failed;
} lat_rewrite;
/* The last one, if there is any, swallows `count` more old characters. */
static inline void lat_rewrite_swallow(lat_rewrite *rewrite, size_t count)
{
    if (rewrite->held)
        rewrite->change -= (ptrdiff_t)count;
}
void lat_rewrite_put(lat_rewrite *rewrite, uint32_t code, ptrdiff_t change);
bool lat_rewrite_end(lat_rewrite *rewrite);

/* ---- Pieces (trie.c) --------------------------------------------------- */

/* A trie with its edges in one hash table: (node, byte) -> child.  Nodes are
 * numbered from 0, the root, which is nobody's child. */
typedef struct lat_trie_edge {
    uint32_t key;   /* node * 256 + byte */
    uint32_t child; /* 0: empty slot */
    uint32_t id;    /* piece that ends at the child, or LAT_NO_ID */
} lat_trie_edge;
typedef struct lat_trie {
    lat_trie_edge *edges;
    uint32_t mask, shift, nodes;
} lat_trie;
bool lat_trie_create(lat_trie *trie, size_t bytes);
void lat_trie_free(lat_trie *trie);
/* LAT_OUT_OF_RANGE when there would be 2^24 nodes.  A later piece of the
 * same text takes the earlier one's place. */
lat_status lat_trie_add(lat_trie *trie, const char *piece, size_t size,
                        uint32_t id, lat_error *error);
uint32_t lat_trie_find(const lat_trie *trie, const char *piece, size_t size);
/* Node at the end of the text, or UINT32_MAX. */
uint32_t lat_trie_walk(const lat_trie *trie, const char *text, size_t size);
static inline const lat_trie_edge *lat_trie_step(const lat_trie *trie,
                                                 uint32_t node, char byte)
{
    uint32_t key = node << 8 | (unsigned char)byte;
    uint32_t slot = (key ^ key >> 15) * 0x9E3779B1u >> trie->shift;
    for (;;) {
        const lat_trie_edge *edge = &trie->edges[slot & trie->mask];
        if (edge->child == 0)
            return NULL;
        if (edge->key == key)
            return edge;
        slot++;
    }
}

/* ---- Steps (normalize.c, pretokenize.c) -------------------------------- */

typedef enum lat_step_kind {
    LAT_STEP_BERT_CLEAN, LAT_STEP_BERT_MARKS, LAT_STEP_NFC, LAT_STEP_NFD,
    LAT_STEP_NFKC, LAT_STEP_NFKD, LAT_STEP_LOWERCASE, LAT_STEP_STRIP_ACCENTS,
    LAT_STEP_REPLACE, LAT_STEP_PREPEND, LAT_STEP_STRIP, LAT_STEP_NMT,
    LAT_STEP_PRECOMPILED,
    LAT_STEP_BERT_SPLIT, LAT_STEP_BYTE_LEVEL, LAT_STEP_METASPACE,
    LAT_STEP_WORDS, LAT_STEP_WHITE_SPLIT, LAT_STEP_PUNCTUATION,
    LAT_STEP_DIGITS, LAT_STEP_SPLIT
} lat_step_kind;

typedef enum lat_behaviour {
    LAT_SPLIT_REMOVED, LAT_SPLIT_ISOLATED, LAT_SPLIT_PREVIOUS,
    LAT_SPLIT_NEXT, LAT_SPLIT_CONTIGUOUS
} lat_behaviour;

/* Patterns: a literal, or one of the regular expressions that published
 * tokenizers use (pattern.c has the list). */
typedef enum lat_pattern_kind {
    LAT_PATTERN_LITERAL, LAT_PATTERN_SPACES2, LAT_PATTERN_SPACES,
    LAT_PATTERN_WHITE, LAT_PATTERN_BYTE_LEVEL, LAT_PATTERN_WORDS,
    LAT_PATTERN_CLASS /* one character of the classes in `flags` */
} lat_pattern_kind;
typedef struct lat_pattern {
    lat_pattern_kind kind;
    unsigned flags;
    const char *text; /* literal */
    size_t size;
} lat_pattern;

typedef enum lat_scheme {
    LAT_PREPEND_ALWAYS, LAT_PREPEND_FIRST, LAT_PREPEND_NEVER
} lat_scheme;

/* Charsmap of a sentencepiece model (charsmap.c). */
typedef struct lat_charsmap {
    const uint32_t *units; /* unit_count; the double array, host order */
    size_t unit_count;
    const char *text;      /* text_size; replacements, NUL-terminated */
    size_t text_size;
    bool ascii[128];       /* characters that are replaced */
} lat_charsmap;

typedef struct lat_step {
    lat_step_kind kind;
    bool clean, chinese;                 /* first part of BertNormalizer */
    bool marks;                          /* Lowercase: drop BERT's marks */
    bool left, right;                    /* Strip */
    bool prefix_space, regex;            /* ByteLevel */
    bool split, invert, individual;
    lat_scheme scheme;                   /* Metaspace */
    lat_behaviour behaviour;
    lat_pattern pattern;
    const char *content;                 /* Replace, Prepend, Metaspace */
    size_t content_size;
    const lat_charsmap *charsmap;
} lat_step;

/* ---- Models ------------------------------------------------------------ */

typedef enum lat_model_kind {
    LAT_WORDPIECE, LAT_BPE, LAT_UNIGRAM
} lat_model_kind;

typedef struct lat_merge { /* slot of a hash table; left = LAT_NO_ID: empty */
    uint32_t left, right, rank, id;
} lat_merge;

typedef struct lat_pieces {
    lat_model_kind kind;
    size_t count;            /* entries of the model's vocabulary */
    size_t ids;              /* greatest id + 1, added tokens included */
    const char **text;       /* ids; NULL where there is no such piece */
    size_t *sizes;           /* ids */
    lat_trie trie;
    uint32_t unknown;        /* id, or LAT_NO_ID */
    bool byte_fallback;
    uint32_t byte_ids[256];  /* pieces <0x00> .. <0xFF> */
    /* WordPiece */
    const char *prefix;      /* "##" */
    size_t prefix_size;
    uint32_t prefix_node;    /* trie node after the prefix, or UINT32_MAX */
    size_t most_characters;
    /* BPE; prefix as above */
    const char *suffix;
    size_t suffix_size;
    bool fuse_unknown, ignore_merges;
    lat_merge *merges;       /* merge_mask + 1 slots */
    size_t merge_mask;
    /* Unigram */
    double *scores;          /* ids */
    double unknown_score;
} lat_pieces;

typedef struct lat_added {
    const char *content;
    size_t size;
    uint32_t id;
    bool lstrip, rstrip, single_word, normalized;
} lat_added;
/* One of the two sets of added tokens: those looked for in the original and
 * those looked for in the normalized text. */
typedef struct lat_added_set {
    lat_trie trie;  /* contents -> number in `tokens` */
    bool starts[256]; /* bytes with which a content starts */
    size_t count;
} lat_added_set;

typedef struct lat_part { /* of a template */
    int sequence;   /* 0, 1, or -1: a special token */
    uint32_t id, type;
} lat_part;
typedef struct lat_template {
    lat_part *parts;
    size_t count, specials;
} lat_template;

struct lat_tokenizer {
    lat_arena arena;  /* everything but the tries, tables and arrays below */
    unsigned serial;  /* no other tokenizer of this process has it */
    lat_step *normalizers, *splitters;
    size_t normalizer_count, splitter_count;
    size_t step_capacity[2]; /* of the two */
    lat_pieces pieces;
    lat_added *added;
    size_t added_count, added_capacity;
    lat_added_set original, normalized;
    lat_template single, pair;
    bool trim, trim_prefix; /* ByteLevel's trimming of offsets */
    bool chunks;            /* long texts may be cut at plain spaces */
    char *description;
};

/* ---- Scratch of an encoding -------------------------------------------- */

typedef struct lat_token {
    uint32_t id;
    lat_range range; /* in the original */
} lat_token;

typedef struct lat_letter { /* a code point on its way through a normal form */
    uint32_t code;
    int32_t change;
    uint8_t combining;
} lat_letter;

typedef struct lat_symbol { /* BPE */
    uint32_t id, size;      /* size 0: merged away */
    uint32_t before, after; /* LAT_NO_ID: none */
} lat_symbol;
typedef struct lat_candidate {
    uint32_t rank, place, id;
} lat_candidate;

typedef struct lat_best { /* Unigram: best way to a byte */
    double score;
    uint32_t id, start; /* start LAT_NO_ID: not reached */
} lat_best;

#define LAT_CACHE_WORD 24
#define LAT_CACHE_TOKENS 7
typedef struct lat_cached {
    char word[LAT_CACHE_WORD]; /* zeros after it */
    uint32_t ids[LAT_CACHE_TOKENS];
    uint8_t starts[LAT_CACHE_TOKENS], ends[LAT_CACHE_TOKENS];
    uint8_t size;  /* of the word; 0: empty slot */
    uint8_t count; /* of the tokens */
} lat_cached;
#define LAT_CACHE_SLOTS 16384

typedef struct lat_scratch {
    unsigned serial;     /* of the tokenizer that the cache belongs to */
    lat_text texts[4];   /* two for normalizers, two for splitters */
    lat_range *splits[2];
    size_t split_capacity[2], split_count;
    lat_token *tokens;
    size_t token_count, token_capacity;
    lat_letter *letters;
    size_t letter_capacity;
    lat_symbol *symbols;
    size_t symbol_capacity;
    lat_candidate *heap;
    size_t heap_capacity;
    lat_best *best;
    size_t best_capacity;
    lat_cached *cache;   /* LAT_CACHE_SLOTS, or NULL */
} lat_scratch;

/* Grows an array of the scratch to `need` elements; false: no memory. */
bool lat_scratch_grow(void *array /* T** */, size_t *capacity, size_t need,
                      size_t size);
void lat_scratch_free(lat_scratch *scratch);
/* Makes room for `more` tokens. */
bool lat_token_reserve(lat_scratch *scratch, size_t more);
/* A token of the bytes [first, end); one that holds a part of a character
 * has the whole character's range. */
static inline void lat_token_add(lat_scratch *scratch, uint32_t id,
                                 const lat_text *text, size_t first,
                                 size_t end)
{
    lat_token *token = &scratch->tokens[scratch->token_count++];
    token->id = id;
    if (text->plain) {
        while (((unsigned char)text->bytes[first] & 0xC0) == 0x80)
            first--;
        while (end < text->size
               && ((unsigned char)text->bytes[end] & 0xC0) == 0x80)
            end++;
        token->range.first = text->base + (uint32_t)first;
        token->range.end = text->base + (uint32_t)end;
    } else {
        token->range.first = text->ranges[first].first;
        token->range.end = text->ranges[end - 1].end;
    }
}

/* ---- The parts' work --------------------------------------------------- */

/* Each returns false when out of memory.  A normalizer writes `to` from
 * `from` and sets *changed, or leaves `to` alone. */
bool lat_normalize_step(const lat_step *step, lat_scratch *scratch,
                        const lat_text *from, lat_text *to, bool *changed);
bool lat_normalize_form(lat_step_kind form, lat_scratch *scratch,
                        const lat_text *from, lat_text *to, bool *changed);
/* The blob of a model file, copied to the arena. */
lat_status lat_charsmap_read(const lat_charsmap **out, lat_arena *arena,
                             const char *blob, size_t size,
                             lat_error *error);
bool lat_normalize_charsmap(const lat_charsmap *map, const lat_text *from,
                            lat_text *to, bool *changed);
/* All normalizers; *out is where the result lies (maybe `from` itself, which
 * may be one of the scratch's texts). */
bool lat_normalize(const lat_tokenizer *tokenizer, lat_scratch *scratch,
                   const lat_text *from, const lat_text **out);

/* Finds the next match at or after `at`: *first and *end, or false. */
bool lat_pattern_next(const lat_pattern *pattern, const char *text,
                      size_t size, size_t at, size_t *first, size_t *end);
bool lat_pattern_of_regex(lat_pattern *out, const char *regex);
/* All splitters over text[stretch).  *out is the text that the splits
 * (scratch->split_count of them) are ranges of. */
bool lat_split(const lat_tokenizer *tokenizer, lat_scratch *scratch,
               const lat_text *text, lat_range stretch, const lat_text **out,
               const lat_range **splits);

/* The model's tokens of text[first..end), appended to the scratch. */
lat_status lat_wordpiece_encode(const lat_pieces *pieces,
                                lat_scratch *scratch, const lat_text *text,
                                size_t first, size_t end, lat_error *error);
lat_status lat_bpe_encode(const lat_pieces *pieces, lat_scratch *scratch,
                          const lat_text *text, size_t first, size_t end,
                          lat_error *error);
lat_status lat_unigram_encode(const lat_pieces *pieces, lat_scratch *scratch,
                              const lat_text *text, size_t first, size_t end,
                              lat_error *error);

/* Length of the grapheme cluster at the start of the text, size >= 1. */
size_t lat_cluster_length(const char *text, size_t size);

/* Added tokens: next one in text[at..size) or false; `floor` is the end of
 * the match before. */
typedef struct lat_added_match {
    size_t first, end;
    const lat_added *token;
} lat_added_match;
bool lat_added_next(const lat_tokenizer *tokenizer, const lat_added_set *set,
                    const char *text, size_t size, size_t *at, size_t floor,
                    lat_added_match *match);

/* The cache of words (word_cache.c): true when the word was there and its
 * tokens are added; else `note` collects those that the model finds, and
 * lat_note_end keeps them if they are few. */
typedef struct lat_note {
    lat_cached *slot; /* NULL: not to be kept */
    const lat_text *text;
    size_t first, end;
} lat_note;
bool lat_cache_get(lat_scratch *scratch, lat_note *note);
void lat_note_end(lat_note *note);
/* A token of the bytes [start, end) of the word; room must be there. */
static inline void lat_note_token(lat_scratch *scratch, lat_note *note,
                                  uint32_t id, size_t start, size_t end)
{
    lat_cached *slot = note->slot;
    lat_token_add(scratch, id, note->text, note->first + start,
                  note->first + end);
    if (slot == NULL)
        return;
    if (slot->count == LAT_CACHE_TOKENS) {
        note->slot = NULL;
        return;
    }
    slot->ids[slot->count] = id;
    slot->starts[slot->count] = (uint8_t)start;
    slot->ends[slot->count++] = (uint8_t)end;
}

/* Slot of the merge table at which the search for a pair starts. */
static inline size_t lat_merge_slot(const lat_pieces *pieces, uint32_t left,
                                    uint32_t right)
{
    uint64_t key = ((uint64_t)left << 32 | right) * 0x9E3779B97F4A7C15u;
    return (size_t)(key >> 32) & pieces->merge_mask;
}

/* Truncates and fills `out`; tokens of B follow those of A. */
lat_status lat_template_apply(const lat_tokenizer *tokenizer,
                              lat_encoding *out, const lat_token *tokens,
                              const size_t given[2], bool pair,
                              const lat_encode_options *options,
                              lat_error *error);
/* Moves the start of a token's range past the spaces with which its text
 * starts, and its end before those with which it ends; `index` is its place
 * in its sequence, `original` the whole text. */
void lat_trim_range(const lat_tokenizer *tokenizer, lat_range *range,
                    size_t index, const char *piece, size_t piece_size,
                    const char *original, size_t size);

#endif
