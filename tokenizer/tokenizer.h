/*
 * tokenizer.h - text to token ids, with byte offsets; words to pieces.
 *
 * WordPiece, byte-level BPE and Unigram exactly as the Hugging Face
 * tokenizers library, from tokenizer.json, vocab.txt, vocab.json +
 * merges.txt or a sentencepiece model.  Knows nothing about weights.
 *
 *     lat_tokenizer *tokenizer = NULL;
 *     lat_tokenizer_open(&tokenizer, "bert-base-uncased", &error);
 *     lat_encoding encoding = {0};
 *     lat_tokenizer_encode(tokenizer, &encoding, "a film", 6, NULL, 0,
 *                          NULL, &error);
 *     ... encoding.ids[i], encoding.first[i], encoding.end[i] ...
 *     lat_encoding_free(&encoding);
 *     lat_tokenizer_close(tokenizer);
 *
 * A tokenizer is read-only after opening: any number of threads may encode
 * with it, each into an encoding of its own.
 */
#ifndef LATENT_TOKENIZER_H
#define LATENT_TOKENIZER_H

#include "../base/base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lat_tokenizer lat_tokenizer;

/* From a hub folder (tokenizer.json first, then vocab.txt with
 * tokenizer_config.json, vocab.json + merges.txt, spiece.model,
 * sentencepiece.bpe.model), or from one such file. */
lat_status lat_tokenizer_open(lat_tokenizer **out, const char *path,
                              lat_error *error);
/* From parts that a GGUF file holds (same meaning as in model.h). */
typedef struct lat_tokenizer_parts {
    const char *kind; /* "bert", "gpt2", "t5" */
    size_t count;
    const char *const *pieces;
    const size_t *sizes;
    const float *scores;
    const char *const *merges;
    size_t merge_count;
    const void *charsmap; /* t5: tokenizer.ggml.precompiled_charsmap */
    size_t charsmap_size;
    const char *json; /* a whole tokenizer.json: wins over the rest */
    size_t json_size;
    const void *sentencepiece; /* a whole spiece.model: stands for pieces */
    size_t sentencepiece_size;
    const char *settings; /* text of tokenizer_config.json, or NULL: wins
                             over the three flags */
    size_t settings_size;
    const char *model_type; /* config.json's, tells CamemBERT; or NULL */
    bool lowercase, strip_accents, chinese_characters;
    bool unflagged; /* the file does not say these three: the vocabulary
                       tells (capital letters in it: cased) */
} lat_tokenizer_parts;
lat_status lat_tokenizer_from_parts(lat_tokenizer **out,
                                    const lat_tokenizer_parts *parts,
                                    lat_error *error);
void lat_tokenizer_close(lat_tokenizer *tokenizer); /* NULL is fine */

typedef enum lat_truncation {
    LAT_TRUNCATE_LONGEST_FIRST, LAT_TRUNCATE_ONLY_FIRST,
    LAT_TRUNCATE_ONLY_SECOND
} lat_truncation;
typedef struct lat_encode_options {
    size_t max_length; /* special tokens counted; 0 = no limit */
    lat_truncation truncation;
    bool no_special;   /* leave out [CLS], [SEP], ... */
} lat_encode_options;

/* Reused from call to call: arrays grow and are kept.  Offsets are half-open
 * byte ranges in the text of the token's sequence; special tokens have
 * (0,0), sequence -1 and special 1. */
typedef struct lat_encoding {
    size_t count, capacity;
    uint32_t *ids;
    uint32_t *types;
    uint32_t *first, *end;   /* bytes */
    int8_t *sequence;        /* 0 = a, 1 = b, -1 = special */
    uint8_t *special;
    size_t cut;              /* tokens that truncation dropped */
    void *scratch;           /* owned; lat_encoding_free */
} lat_encoding;
void lat_encoding_free(lat_encoding *encoding);

/* b may be NULL (single sequence).  Texts must be valid UTF-8 (else
 * LAT_MALFORMED with the byte).  options may be NULL. */
lat_status lat_tokenizer_encode(const lat_tokenizer *tokenizer,
                                lat_encoding *out, const char *a,
                                size_t a_size, const char *b, size_t b_size,
                                const lat_encode_options *options,
                                lat_error *error);

size_t lat_tokenizer_vocabulary(const lat_tokenizer *tokenizer);
/* Text of a piece, NULL when there is no such id. */
const char *lat_tokenizer_piece(const lat_tokenizer *tokenizer, uint32_t id,
                                size_t *size);
/* Id of a piece's exact text, UINT32_MAX when absent. */
uint32_t lat_tokenizer_find(const lat_tokenizer *tokenizer, const char *piece,
                            size_t size);
/* One line for `inspect`: "BertNormalizer(...) -> ... -> WordPiece(30522)". */
const char *lat_tokenizer_describe(const lat_tokenizer *tokenizer);

/* ---- Words ------------------------------------------------------------ */

/* A word is a byte range of its text. */
typedef struct lat_span {
    uint32_t first, end;
} lat_span;
typedef enum lat_word_rule {
    LAT_WORDS_WHITESPACE, /* separated by Unicode white space */
    LAT_WORDS_SPLIT       /* white space and punctuation, each punctuation
                             character a word of its own */
} lat_word_rule;
/* Words of a text: *spans grows with lat_realloc as needed (*capacity), the
 * count is returned in *count. */
lat_status lat_words_find(lat_span **spans, size_t *capacity, size_t *count,
                          const char *text, size_t size, lat_word_rule rule,
                          lat_error *error);
/* For each of `count` words of sequence `which` (0 or 1): the first token
 * that overlaps it and the token after the last one (equal when the word
 * has none: cut off or made of removed characters).  A token belongs to the
 * word in which its first byte lies. */
void lat_words_to_tokens(size_t *first, size_t *end,
                         const lat_encoding *encoding, int which,
                         const lat_span *words, size_t count);

/* ---- The corpus: sentences, classes, words (corpus.c, occurrences.c) ---- */

/* One line of input: a sentence, or a pair. */
typedef struct lat_sentence {
    const char *a, *b; /* b NULL without a second sentence; UTF-8, NUL ends */
    size_t a_size, b_size;
    int32_t gold;      /* class 0.., or -1 for none */
    uint64_t line;     /* in the file, from 1 */
} lat_sentence;
typedef struct lat_corpus {
    size_t count;
    lat_sentence *sentences;
    bool pairs, has_gold;
    lat_table table; /* owns the text of a table... */
    lat_lines lines; /* ... or of plain lines */
} lat_corpus;
typedef struct lat_corpus_options {
    size_t limit;               /* first N sentences; 0 = all */
    const char *text_column;    /* NULL: sentence, text or content */
    const char *label_column;   /* NULL: label or gold, when there is one */
    char *const *labels;        /* the model's class names, or NULL */
    size_t label_count;         /* 0: the label column is not read */
} lat_corpus_options;

/* A table with a header (columns `sentence`, `text` or `content`; for pairs
 * `sentence1` and `sentence2`; optionally `label`), or plain lines, one
 * sentence each, when the first line names no such column, has no tab and
 * the file is not called .tsv or .csv.  A label is one of the model's names
 * or its number; an empty one is no label.  "-" is standard input.
 * Refused with the line: no such column, unknown label, an empty corpus. */
lat_status lat_corpus_open(lat_corpus *out, const char *path,
                           const lat_corpus_options *options,
                           lat_error *error);
void lat_corpus_free(lat_corpus *corpus);

/* A word of the corpus at its place.  Positions of a pair run on through
 * the second sentence. */
typedef struct lat_word {
    uint32_t type;     /* number in lat_words.types */
    uint32_t number;   /* n-th occurrence of the type in the whole corpus,
                          from 1, counted before the filter */
    uint32_t sentence; /* from 0 */
    uint32_t position; /* from 0 */
    uint32_t first, end; /* bytes in its text */
    uint8_t which;     /* 0: in a, 1: in b */
} lat_word;
typedef struct lat_words_options {
    lat_word_rule rule;
    uint64_t min, max, del; /* frequency filter, METHOD section 1 */
    bool random_sample;     /* which `max` occurrences: seeded sample */
    uint64_t seed;
    size_t longest;         /* sentences of that many words or more are left
                               out; 0 = none */
} lat_words_options;
#define LAT_WORDS_OPTIONS {LAT_WORDS_WHITESPACE, 5, 20, 1000000, false, 1, 300}
typedef struct lat_words {
    size_t count;
    lat_word *items;     /* in corpus order */
    lat_intern *types;   /* every type of the corpus, kept or not */
    uint64_t *frequency; /* by type, before the filter */
    uint64_t total;      /* occurrences before the filter */
    size_t kept_types;
    size_t long_count;   /* sentences left out as too long ... */
    uint32_t *long_sentences; /* ... and which */
} lat_words;
lat_status lat_words_select(lat_words *out, const lat_corpus *corpus,
                            const lat_words_options *options,
                            lat_error *error);
void lat_words_free(lat_words *words);

#ifdef __cplusplus
}
#endif
#endif
