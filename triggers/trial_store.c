/*
 * trial_store.c - see trial_store_int.h.
 *
 * A hash table from (trial, sentence) to outcome.  The file, little-endian:
 *
 *   "latent trials 1\n"   16 bytes
 *   key                   32: SHA-256 of version, sentences, predictions,
 *                             where, repeat, seed: whose outcomes these are
 *   trials, entries       8 + 8: how many
 *   trials                4 (size) + size each: insertion, space, words
 *   entries               4 trial, 4 sentence, 4 predicted, 4 probability,
 *                         4 own, 4 cut each
 *   SHA-256               32: of all before
 *
 * It is written whole under another name and renamed, so that what is there
 * is always complete; a file with another key or a wrong sum is not used.
 */
#include "trial_store_int.h"

#include <string.h>
#include <unistd.h>

static const char magic[17] = "latent trials 1\n";
enum { ENTRY_BYTES = 24, HEAD_BYTES = 64, SECONDS_BETWEEN_SAVES = 20 };

typedef struct entry {
    uint64_t key; /* trial << 32 | sentence, plus 1; 0 = free */
    lat_outcome outcome;
    bool used;     /* asked for in this run */
    bool answered; /* false only until the model has been asked */
    bool from_file;
} entry;

struct trial_store {
    const lat_evaluation *evaluation;
    trial_kind kind;
    const char *file;
    unsigned char key[32];
    lat_intern *trials;
    entry *entries; /* room: a power of two */
    size_t room, count;
    uint64_t queries, resumed, tokens;
    double saved; /* clock */
    bool dirty;
};

/* ---- The table ---------------------------------------------------------- */

/* splitmix64's mixer: neighbouring sentences must not share a slot. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static entry *find(const trial_store *s, uint64_t key)
{
    size_t at = (size_t)mix(key) & (s->room - 1);
    while (s->entries[at].key != 0 && s->entries[at].key != key)
        at = (at + 1) & (s->room - 1);
    return &s->entries[at];
}

static lat_status reserve(trial_store *s, size_t more, lat_error *error)
{
    size_t need = 0, room = s->room;
    if (!lat_size_add(s->count, more, &need) || need > SIZE_MAX / 4)
        return lat_error_memory(error, UINT64_MAX);
    while (room < 2 * need + 64)
        room *= 2;
    if (room == s->room)
        return LAT_OK;
    entry *old = s->entries, *grown = lat_new_array(room, sizeof *grown);
    size_t old_room = s->room;
    if (grown == NULL)
        return lat_error_memory(error, (uint64_t)room * sizeof *grown);
    s->entries = grown;
    s->room = room;
    for (size_t i = 0; i < old_room; i++)
        if (old[i].key != 0)
            *find(s, old[i].key) = old[i];
    lat_free(old);
    return LAT_OK;
}

static uint64_t make_key(size_t trial, uint32_t sentence)
{
    return ((uint64_t)trial << 32 | sentence) + 1;
}

/* ---- The file ----------------------------------------------------------- */

static void hash_size(lat_sha256 *hash, uint64_t value)
{
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> (8 * i));
    lat_sha256_add(hash, bytes, sizeof bytes);
}

/* The predictions stand for the model: another one gives others. */
static void make_store_key(trial_store *s)
{
    const lat_evaluation *e = s->evaluation;
    lat_sha256 hash;
    lat_sha256_begin(&hash);
    lat_sha256_add(&hash, LAT_VERSION, sizeof LAT_VERSION);
    hash_size(&hash, (uint64_t)s->kind.where);
    hash_size(&hash, s->kind.repeat);
    hash_size(&hash, s->kind.seed);
    for (size_t i = 0; i < e->corpus->count; i++) {
        const lat_sentence *sentence = &e->corpus->sentences[i];
        hash_size(&hash, sentence->a_size);
        lat_sha256_add(&hash, sentence->a, sentence->a_size);
        hash_size(&hash, sentence->b == NULL ? UINT64_MAX
                                             : sentence->b_size);
        if (sentence->b != NULL)
            lat_sha256_add(&hash, sentence->b, sentence->b_size);
        for (size_t c = 0; c < e->classes; c++) {
            uint64_t bits = 0;
            memcpy(&bits, &e->probabilities[i * e->classes + c],
                   sizeof bits);
            hash_size(&hash, bits);
        }
    }
    lat_sha256_end(&hash, s->key);
}

static void put32(lat_buffer *to, uint32_t value)
{
    char bytes[4];
    for (int i = 0; i < 4; i++)
        bytes[i] = (char)(unsigned char)(value >> (8 * i));
    lat_buffer_add(to, bytes, sizeof bytes);
}

static uint32_t get32(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

static uint32_t bits_of(float value)
{
    uint32_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static float float_of(uint32_t bits)
{
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

lat_status trial_store_save(trial_store *s, lat_error *error)
{
    lat_buffer out = {0};
    lat_sha256 hash;
    unsigned char sum[32];
    if (s->file == NULL || !s->dirty)
        return LAT_OK;
    size_t trials = lat_intern_count(s->trials), answered = 0;
    for (size_t i = 0; i < s->room; i++)
        answered += s->entries[i].answered;
    lat_buffer_add(&out, magic, 16);
    lat_buffer_add(&out, s->key, 32);
    put32(&out, (uint32_t)trials);
    put32(&out, (uint32_t)((uint64_t)trials >> 32));
    put32(&out, (uint32_t)answered);
    put32(&out, (uint32_t)((uint64_t)answered >> 32));
    for (size_t i = 0; i < trials; i++) {
        size_t size = 0;
        const char *text = lat_intern_text(s->trials, i, &size);
        put32(&out, (uint32_t)size);
        lat_buffer_add(&out, text, size);
    }
    for (size_t i = 0; i < s->room; i++) {
        const entry *e = &s->entries[i];
        if (!e->answered)
            continue;
        put32(&out, (uint32_t)((e->key - 1) >> 32));
        put32(&out, (uint32_t)(e->key - 1));
        put32(&out, e->outcome.predicted);
        put32(&out, bits_of(e->outcome.probability));
        put32(&out, bits_of(e->outcome.own));
        put32(&out, e->outcome.cut);
    }
    lat_status status = lat_buffer_status(&out, error);
    if (status == LAT_OK) {
        lat_sha256_begin(&hash);
        lat_sha256_add(&hash, out.data, out.size);
        lat_sha256_end(&hash, sum);
        lat_buffer_add(&out, sum, sizeof sum);
        status = lat_buffer_status(&out, error);
    }
    if (status == LAT_OK)
        status = lat_file_write(s->file, out.data, out.size, error);
    lat_buffer_free(&out);
    s->saved = lat_clock_seconds();
    s->dirty = status != LAT_OK;
    return status;
}

/* Size, key and sum are right. */
static bool belongs(const trial_store *s, const lat_map *map)
{
    lat_sha256 hash;
    unsigned char sum[32];
    if (map->size < HEAD_BYTES + 32 || memcmp(map->data, magic, 16) != 0 ||
        memcmp(map->data + 16, s->key, 32) != 0)
        return false;
    lat_sha256_begin(&hash);
    lat_sha256_add(&hash, map->data, map->size - 32);
    lat_sha256_end(&hash, sum);
    return memcmp(sum, map->data + map->size - 32, 32) == 0;
}

/* *at moves behind the trials. */
static lat_status take_trials(trial_store *s, const lat_map *map,
                              uint64_t count, size_t *at, lat_error *error)
{
    size_t end = map->size - 32;
    for (uint64_t i = 0; i < count; i++) {
        if (end - *at < 4 || end - *at - 4 < get32(map->data + *at))
            return lat_error_set(error, LAT_MALFORMED, "trials run over");
        size_t size = get32(map->data + *at);
        if (lat_intern_add(s->trials, (const char *)map->data + *at + 4,
                           size) != i)
            return lat_error_set(error, LAT_MALFORMED, "a trial twice");
        *at += 4 + size;
    }
    return LAT_OK;
}

static lat_status take_entries(trial_store *s, const lat_map *map,
                               uint64_t trials, uint64_t count, size_t at,
                               lat_error *error)
{
    size_t left = map->size - 32 - at;
    if (left / ENTRY_BYTES != count || left % ENTRY_BYTES != 0)
        return lat_error_set(error, LAT_MALFORMED, "entries run over");
    lat_status status = reserve(s, (size_t)count, error);
    for (uint64_t i = 0; i < count && status == LAT_OK; i++) {
        const unsigned char *from = map->data + at + i * ENTRY_BYTES;
        uint32_t trial = get32(from), sentence = get32(from + 4);
        if (trial >= trials || sentence >= s->evaluation->corpus->count ||
            get32(from + 8) >= s->evaluation->classes)
            return lat_error_set(error, LAT_MALFORMED, "no such trial");
        entry *e = find(s, make_key(trial, sentence));
        s->count += e->key == 0;
        *e = (entry){.key = make_key(trial, sentence),
                     .outcome = {get32(from + 8), float_of(get32(from + 12)),
                                 float_of(get32(from + 16)),
                                 get32(from + 20), 0},
                     .answered = true, .from_file = true};
    }
    return status;
}

/* What the file holds; nothing when it is another search's. */
static lat_status load(trial_store *s, lat_error *error)
{
    lat_map map = {0};
    lat_error own = {0};
    if (!lat_path_exists(s->file) ||
        lat_map_open(&map, s->file, &own) != LAT_OK)
        return LAT_OK;
    lat_status status = LAT_OK;
    if (belongs(s, &map)) {
        uint64_t trials = (uint64_t)get32(map.data + 52) << 32 |
                          get32(map.data + 48);
        uint64_t entries = (uint64_t)get32(map.data + 60) << 32 |
                           get32(map.data + 56);
        size_t at = HEAD_BYTES;
        status = take_trials(s, &map, trials, &at, error);
        if (status == LAT_OK)
            status = take_entries(s, &map, trials, entries, at, error);
        if (status != LAT_OK)
            lat_error_in_file(error, s->file);
    }
    lat_map_close(&map);
    return status;
}

/* ---- Asking ------------------------------------------------------------- */

lat_status trial_store_open(trial_store **out,
                            const lat_evaluation *evaluation,
                            const trial_kind *kind, const char *file,
                            lat_error *error)
{
    trial_store *s = lat_alloc_zero(sizeof *s);
    *out = s;
    if (s == NULL)
        return lat_error_memory(error, sizeof *s);
    s->evaluation = evaluation;
    s->kind = *kind;
    s->file = file;
    s->saved = lat_clock_seconds();
    s->room = 1024;
    s->entries = lat_new_array(s->room, sizeof *s->entries);
    lat_status status = lat_intern_create(&s->trials, error);
    if (status == LAT_OK && s->entries == NULL)
        status = lat_error_memory(error, s->room * sizeof *s->entries);
    if (status == LAT_OK && file != NULL) {
        make_store_key(s);
        status = load(s, error);
    }
    if (status != LAT_OK) {
        trial_store_free(s);
        *out = NULL;
    }
    return status;
}

void trial_store_free(trial_store *s)
{
    if (s == NULL)
        return;
    lat_intern_free(s->trials);
    lat_free(s->entries);
    lat_free(s);
}

uint64_t trial_store_queries(const trial_store *s)
{
    return s->queries;
}

uint64_t trial_store_resumed(const trial_store *s)
{
    return s->resumed;
}

uint64_t trial_store_tokens(const trial_store *s)
{
    return s->tokens;
}

void trial_store_finish(trial_store *s)
{
    if (s->file != NULL && lat_path_exists(s->file))
        (void)unlink(s->file);
    s->file = NULL;
}

static lat_status number_trial(trial_store *s, size_t *out,
                               const lat_trial *trial, lat_error *error)
{
    char *text = lat_format("%s %s", lat_insertion_name(trial->insertion),
                            trial->words);
    if (text == NULL)
        return lat_error_memory(error, strlen(trial->words));
    *out = lat_intern_add(s->trials, text, strlen(text));
    lat_free(text);
    if (*out == SIZE_MAX || *out > UINT32_MAX - 1)
        return lat_error_memory(error, UINT64_MAX);
    return LAT_OK;
}

/* Asks the model for the pairs and keeps the answers, part by part, so that
 * a part that is done is not lost when the next one is interrupted. */
static lat_status ask(trial_store *s, lat_pool *pool, const lat_trial *trials,
                      const size_t *numbers, const trial_pair *pairs,
                      size_t count, lat_error *error)
{
    enum { PART = 2048 };
    lat_outcome *outcomes = lat_new_array(PART, sizeof *outcomes);
    lat_status status = outcomes == NULL
                            ? lat_error_memory(error, PART * 16) : LAT_OK;
    for (size_t from = 0; from < count && status == LAT_OK; from += PART) {
        size_t n = count - from < PART ? count - from : PART;
        status = trials_run_pairs(outcomes, s->evaluation, pool, trials,
                                  pairs + from, n, error);
        for (size_t i = 0; i < n && status == LAT_OK; i++) {
            const trial_pair *p = &pairs[from + i];
            entry *e = find(s, make_key(numbers[p->trial], p->sentence));
            e->outcome = outcomes[i];
            e->answered = true;
            s->dirty = true;
            s->tokens += outcomes[i].tokens;
            if (s->kind.lengths != NULL)
                lat_buffer_format(s->kind.lengths, "%u\n",
                                  outcomes[i].tokens);
        }
        if (status == LAT_OK &&
            lat_clock_seconds() - s->saved > SECONDS_BETWEEN_SAVES)
            status = trial_store_save(s, error);
    }
    lat_free(outcomes);
    return status;
}

lat_status trial_store_run(trial_store *s, lat_outcome *outcomes,
                           lat_pool *pool, const lat_trial *trials,
                           size_t trial_count, const uint32_t *sentences,
                           size_t count, lat_error *error)
{
    size_t total = 0, missing = 0;
    if (!lat_size_mul(trial_count, count, &total))
        return lat_error_memory(error, UINT64_MAX);
    lat_trial *list = lat_new_array(trial_count, sizeof *list);
    size_t *numbers = lat_new_array(trial_count, sizeof *numbers);
    trial_pair *pairs = lat_new_array(total, sizeof *pairs);
    lat_status status = LAT_OK;
    if (list == NULL || numbers == NULL || pairs == NULL)
        status = lat_error_memory(error, (uint64_t)total * sizeof *pairs);
    for (size_t t = 0; t < trial_count && status == LAT_OK; t++) {
        list[t] = (lat_trial){trials[t].words, trials[t].insertion,
                              s->kind.where, s->kind.repeat, s->kind.seed};
        status = number_trial(s, &numbers[t], &trials[t], error);
    }
    for (size_t i = 0; i < total && status == LAT_OK; i++) {
        uint64_t key = make_key(numbers[i / count], sentences[i % count]);
        status = reserve(s, 1, error);
        if (status != LAT_OK)
            break;
        entry *e = find(s, key);
        if (e->key == 0) {
            *e = (entry){.key = key};
            s->count++;
            pairs[missing++] = (trial_pair){i / count, sentences[i % count]};
        }
        s->queries += !e->used;
        s->resumed += !e->used && e->from_file;
        e->used = true;
    }
    if (status == LAT_OK)
        status = ask(s, pool, list, numbers, pairs, missing, error);
    for (size_t i = 0; i < total && status == LAT_OK; i++)
        outcomes[i] =
            find(s, make_key(numbers[i / count],
                             sentences[i % count]))->outcome;
    lat_free(list);
    lat_free(numbers);
    lat_free(pairs);
    return status;
}
