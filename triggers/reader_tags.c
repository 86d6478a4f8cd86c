/*
 * reader_tags.c - rows of token heads: the tag of each word, and the pieces
 * that a masked-LM head puts at each mask.
 *
 *     words    Jim    bought   300
 *     tokens   Jim    b ##ought  3 ##00
 *     tag      ^      ^          ^        of the first sub-word
 *
 * A sentence longer than the model's limit goes through in pieces: what was
 * cut off starts again as a sentence of its own.
 */
#include "reader_int.h"

#include <string.h>

/* Rows of logits go to a function, block by block, as V columns for every
 * token of a corpus would not fit. */
typedef void row_taker(void *context, size_t number, const float *logits);

typedef struct row_pass {
    const lat_reader *reader;
    const lat_tokens *tokens;
    const size_t *rows; /* row_count ascending token numbers */
    size_t row_count;
    row_taker *take;
    void *context;
    lat_progress *progress;
} row_pass;

/* Sentences s0..s1-1 with their rows r0..r1-1 through the model. */
static lat_status pass_block(const row_pass *p, lat_pool *pool, size_t s0,
                             size_t s1, size_t r0, size_t r1,
                             lat_error *error)
{
    const lat_model_info *info = p->reader->info;
    size_t base = p->tokens->starts[s0], cells = 0;
    size_t *starts = lat_new_array(s1 - s0 + 1, sizeof *starts);
    size_t *rows = lat_new_array(r1 - r0, sizeof *rows);
    float *logits = lat_size_mul(r1 - r0, info->classes, &cells)
                        ? lat_new_array(cells, sizeof *logits) : NULL;
    lat_status status = LAT_OK;
    if (starts == NULL || rows == NULL || logits == NULL) {
        status = lat_error_memory(error, cells * sizeof *logits);
        goto done;
    }
    for (size_t s = s0; s <= s1; s++)
        starts[s - s0] = p->tokens->starts[s] - base;
    for (size_t r = r0; r < r1; r++)
        rows[r - r0] = p->rows[r] - base;
    lat_batch batch = {.sequences = s1 - s0,
                       .ids = p->tokens->ids + base,
                       .types = info->type_vocabulary > 1
                                    ? p->tokens->types + base : NULL,
                       .starts = starts};
    lat_states want = {.logits = logits, .logit_rows = rows,
                       .logit_row_count = r1 - r0};
    status = lat_model_forward(p->reader->model, pool, &batch, &want, error);
    for (size_t r = r0; r < r1 && status == LAT_OK; r++)
        p->take(p->context, r, logits + (r - r0) * info->classes);
done:
    lat_free(starts);
    lat_free(rows);
    lat_free(logits);
    return status;
}

/* Blocks depend on the corpus alone: about TOKENS tokens, and CELLS logits
 * unless one sentence alone has more. */
static lat_status pass_rows(const row_pass *p, lat_pool *pool,
                            lat_error *error)
{
    enum { TOKENS = 16384, CELLS = 16 << 20 };
    size_t most = CELLS / (p->reader->info->classes + 1) + 1;
    const size_t *starts = p->tokens->starts;
    size_t count = p->tokens->sentences, r0 = 0;
    lat_status status = LAT_OK;
    for (size_t s0 = 0, s1 = 0; s0 < count && status == LAT_OK; s0 = s1) {
        size_t r1 = r0;
        do {
            size_t rows = r1;
            while (rows < p->row_count && p->rows[rows] < starts[s1 + 1])
                rows++;
            if (s1 > s0 && rows - r0 > most)
                break;
            r1 = rows;
            s1++;
        } while (s1 < count && starts[s1 + 1] <= starts[s0] + TOKENS);
        if (r1 > r0)
            status = pass_block(p, pool, s0, s1, r0, r1, error);
        lat_progress_add(p->progress, s1 - s0);
        if (status == LAT_OK && lat_interrupted())
            status = lat_error_set(error, LAT_INTERRUPTED, "interrupted");
        r0 = r1;
    }
    return status;
}

static lat_status need_head(const lat_reader *reader, lat_head head,
                            lat_error *error)
{
    if (reader->info->head == head)
        return LAT_OK;
    lat_error_set(error, LAT_UNSUPPORTED, "the model has no %s head",
                  head == LAT_HEAD_TOKEN ? "token classification"
                                         : "masked-LM");
    return lat_error_in_file(error, reader->info->path);
}

/* ---- Tags --------------------------------------------------------------- */

/* One round: the sentences and words that still have no tag. */
typedef struct tag_round {
    lat_sentence *sentences;
    lat_words words;     /* items only, a copy that is shifted */
    size_t *number;      /* words.count: which of the caller's words */
    size_t count;        /* sentences */
    size_t *rows, *of;   /* first tokens, and the words they belong to */
    uint32_t *tags;      /* the caller's */
    size_t classes;
} tag_round;

static void take_tag(void *context, size_t number, const float *logits)
{
    tag_round *r = context;
    lat_predictions(logits, 1, r->classes, &r->tags[r->number[r->of[number]]],
                    NULL);
}

/* Keeps, in place, what truncation took away: of each cut single sentence
 * its end, from the first word behind the last one that has a tag.  A
 * sentence in which no word got one is given up, so rounds come to an end. */
static void keep_ends(tag_round *r, const lat_tokens *tokens)
{
    size_t sentences = 0, words = 0;
    for (size_t w = 0, s = 0; s < r->count; s++) {
        size_t last = SIZE_MAX;
        lat_sentence rest = r->sentences[s];
        for (; w < r->words.count && r->words.items[w].sentence == s; w++)
            if (tokens->first[w] != tokens->end[w])
                last = w;
        if (tokens->cut[s] == 0 || rest.b != NULL || last == SIZE_MAX ||
            last + 1 == w)
            continue;
        uint32_t shift = r->words.items[last + 1].first;
        rest.a += shift;
        rest.a_size -= shift;
        for (size_t i = last + 1; i < w; i++) {
            lat_word word = r->words.items[i];
            word.first -= shift;
            word.end -= shift;
            word.sentence = (uint32_t)sentences;
            r->number[words] = r->number[i];
            r->words.items[words++] = word;
        }
        r->sentences[sentences++] = rest;
    }
    r->count = sentences;
    r->words.count = words;
}

static lat_status tag_once(tag_round *r, const lat_reader *reader,
                           lat_pool *pool, lat_progress *progress,
                           lat_error *error)
{
    lat_tokens tokens = {0};
    size_t rows = 0;
    lat_status status = reader_tokenize(&tokens, reader, pool, r->sentences,
                                        r->count, &r->words, error);
    if (status != LAT_OK)
        return status;
    for (size_t w = 0; w < r->words.count; w++)
        if (tokens.first[w] != tokens.end[w]) {
            r->rows[rows] = tokens.first[w];
            r->of[rows++] = w;
        }
    row_pass pass = {.reader = reader, .tokens = &tokens, .rows = r->rows,
                     .row_count = rows, .take = take_tag, .context = r,
                     .progress = progress};
    status = pass_rows(&pass, pool, error);
    if (status == LAT_OK)
        keep_ends(r, &tokens);
    lat_tokens_free(&tokens);
    return status;
}

lat_status lat_reader_tag(uint32_t *tags, const lat_reader *reader,
                          lat_pool *pool, const lat_sentence *sentences,
                          size_t count, const lat_words *words,
                          lat_progress *progress, lat_error *error)
{
    tag_round r = {.count = count, .tags = tags,
                   .classes = reader->info->classes};
    lat_status status = need_head(reader, LAT_HEAD_TOKEN, error);
    if (status != LAT_OK)
        return status;
    r.words.count = words->count;
    r.sentences = lat_new_array(count, sizeof *r.sentences);
    r.words.items = lat_new_array(words->count, sizeof *r.words.items);
    r.number = lat_new_array(words->count, sizeof *r.number);
    r.rows = lat_new_array(words->count, sizeof *r.rows);
    r.of = lat_new_array(words->count, sizeof *r.of);
    if (r.sentences == NULL || r.words.items == NULL || r.number == NULL ||
        r.rows == NULL || r.of == NULL) {
        status = lat_error_memory(error, (uint64_t)words->count * 48);
        goto done;
    }
    if (count != 0)
        memcpy(r.sentences, sentences, count * sizeof *r.sentences);
    if (words->count != 0)
        memcpy(r.words.items, words->items,
               words->count * sizeof *r.words.items);
    for (size_t w = 0; w < words->count; w++) {
        r.number[w] = w;
        tags[w] = LAT_NO_TAG;
    }
    for (bool first = true; status == LAT_OK && r.count != 0; first = false)
        status = tag_once(&r, reader, pool, first ? progress : NULL, error);
done:
    lat_free(r.sentences);
    lat_free(r.words.items);
    lat_free(r.number);
    lat_free(r.rows);
    lat_free(r.of);
    return status;
}

/* ---- Masks -------------------------------------------------------------- */

typedef struct mask_pass {
    lat_masks *out;
    size_t classes;
    bool *taken; /* classes: already in the list of this mask */
} mask_pass;

/* The `top` largest, the smaller id first among equals; each search goes
 * over all V, which the product before it dwarfs. */
static void take_mask(void *context, size_t number, const float *logits)
{
    mask_pass *p = context;
    lat_masks *out = p->out;
    uint32_t best = 0;
    double sum = 0;
    lat_predictions(logits, 1, p->classes, &best, NULL);
    for (size_t c = 0; c < p->classes; c++)
        sum += lat_exp((double)logits[c] - (double)logits[best]);
    memset(p->taken, 0, p->classes * sizeof *p->taken);
    for (size_t k = 0; k < out->top; k++) {
        size_t at = SIZE_MAX;
        for (size_t c = 0; c < p->classes; c++)
            if (!p->taken[c] && (at == SIZE_MAX || logits[c] > logits[at]))
                at = c;
        p->taken[at] = true;
        out->ids[number * out->top + k] = (uint32_t)at;
        out->probabilities[number * out->top + k] =
            lat_exp((double)logits[at] - (double)logits[best]) / sum;
    }
}

static lat_status find_masks(lat_masks *out, const lat_reader *reader,
                             const lat_tokens *tokens, size_t **rows,
                             lat_error *error)
{
    static const char *const names[] = {"[MASK]", "<mask>"};
    uint32_t id = reader->info->mask_id;
    size_t total = tokens->starts[tokens->sentences], cells = 0;
    for (size_t i = 0; i < 2 && id == UINT32_MAX; i++)
        id = lat_tokenizer_find(reader->tokenizer, names[i], 6);
    if (id == UINT32_MAX)
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "the tokenizer has no [MASK] and no <mask>");
    for (size_t t = 0; t < total; t++)
        out->count += tokens->ids[t] == id;
    *rows = lat_new_array(out->count, sizeof **rows);
    out->sentence = lat_new_array(out->count, sizeof *out->sentence);
    out->token = lat_new_array(out->count, sizeof *out->token);
    if (lat_size_mul(out->count, out->top, &cells)) {
        out->ids = lat_new_array(cells, sizeof *out->ids);
        out->probabilities = lat_new_array(cells,
                                           sizeof *out->probabilities);
    }
    if (*rows == NULL || out->sentence == NULL || out->token == NULL ||
        out->ids == NULL || out->probabilities == NULL)
        return lat_error_memory(error, cells * 16);
    for (size_t s = 0, n = 0; s < tokens->sentences; s++)
        for (size_t t = tokens->starts[s]; t < tokens->starts[s + 1]; t++)
            if (tokens->ids[t] == id) {
                (*rows)[n] = t;
                out->sentence[n] = s;
                out->token[n++] = t - tokens->starts[s];
            }
    return LAT_OK;
}

lat_status lat_reader_fill(lat_masks *out, const lat_reader *reader,
                           lat_pool *pool, const lat_sentence *sentences,
                           size_t count, size_t top, lat_progress *progress,
                           lat_error *error)
{
    lat_tokens tokens = {0};
    size_t *rows = NULL;
    mask_pass mask = {.out = out, .classes = reader->info->classes};
    memset(out, 0, sizeof *out);
    out->top = top < mask.classes ? top : mask.classes;
    lat_status status = need_head(reader, LAT_HEAD_MASKED_LM, error);
    if (status == LAT_OK)
        status = reader_tokenize(&tokens, reader, pool, sentences, count,
                                 NULL, error);
    if (status == LAT_OK)
        status = find_masks(out, reader, &tokens, &rows, error);
    if (status == LAT_OK) {
        mask.taken = lat_new_array(mask.classes, sizeof *mask.taken);
        if (mask.taken == NULL)
            status = lat_error_memory(error, mask.classes);
    }
    if (status == LAT_OK) {
        row_pass pass = {.reader = reader, .tokens = &tokens, .rows = rows,
                         .row_count = out->count, .take = take_mask,
                         .context = &mask, .progress = progress};
        status = pass_rows(&pass, pool, error);
    }
    lat_free(mask.taken);
    lat_free(rows);
    lat_tokens_free(&tokens);
    if (status != LAT_OK)
        lat_masks_free(out);
    return status;
}

void lat_masks_free(lat_masks *masks)
{
    lat_free(masks->sentence);
    lat_free(masks->token);
    lat_free(masks->ids);
    lat_free(masks->probabilities);
    memset(masks, 0, sizeof *masks);
}
