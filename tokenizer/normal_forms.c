/*
 * normal_forms.c - NFC, NFD, NFKC and NFKD (UAX 15) with alignment.
 *
 *     é U+0323     e U+0301 U+0323     e U+0323 U+0301     ẹ U+0301
 *     0 0     -->  0 1      0     -->  0 0      1      --> -1 1
 *     decompose            order by combining class       compose
 *
 * Below each letter its change (see lat_rewrite): a letter that comes out
 * of a decomposition is an insertion, one that is composed away swallows an
 * old one.  Ordering carries the changes along, which is how the reference
 * assigns ranges; a run of marks is sorted by counting, in linear time.
 */
#include "tokenizer_int.h"

#include <string.h>

enum {
    S_BASE = 0xAC00, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11A7,
    L_COUNT = 19, V_COUNT = 21, T_COUNT = 28,
    S_COUNT = L_COUNT * V_COUNT * T_COUNT
};

typedef struct form_state {
    lat_scratch *scratch;
    lat_rewrite rewrite;
    bool compatible, compose;
    size_t run;        /* letters waiting: marks since the last starter */
    /* Composition: the letter that may still grow, then the marks after it
     * that did not join; these lie in `blocked`, a second run. */
    bool grows;
    lat_letter composee;
    lat_letter *blocked;
    size_t blocked_count, blocked_capacity;
    bool any_class;
    uint8_t last_class;
} form_state;

/* Hangul by arithmetic (UAX 15, section 3.12 of the standard), the others by
 * binary search; 0 when the two do not compose. */
static uint32_t compose_pair(uint32_t a, uint32_t b)
{
    if (a - L_BASE < L_COUNT && b - V_BASE < V_COUNT)
        return S_BASE
               + ((a - L_BASE) * V_COUNT + (b - V_BASE)) * T_COUNT;
    if (a - S_BASE < S_COUNT && (a - S_BASE) % T_COUNT == 0
        && b - T_BASE - 1 < T_COUNT - 1)
        return a + (b - T_BASE);
    size_t low = 0, high = lat_unicode_pair_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const lat_unicode_pair *pair = &lat_unicode_pairs[middle];
        if (pair->first == a && pair->second == b)
            return pair->composed;
        if (pair->first < a || (pair->first == a && pair->second < b))
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

static void put(form_state *state, lat_letter letter)
{
    lat_rewrite_put(&state->rewrite, letter.code, letter.change);
}

static void put_blocked(form_state *state)
{
    for (size_t i = 0; i < state->blocked_count; i++)
        put(state, state->blocked[i]);
    state->blocked_count = 0;
}

/* A mark that cannot join stays, and keeps later ones of its class or a
 * lower one from joining. */
static bool block(form_state *state, lat_letter letter)
{
    if (!lat_scratch_grow(&state->blocked, &state->blocked_capacity,
                          state->blocked_count + 1, sizeof letter))
        return false;
    state->blocked[state->blocked_count++] = letter;
    state->any_class = true;
    state->last_class = letter.combining;
    return true;
}

/* One letter, in canonical order, into the composition. */
static bool compose_letter(form_state *state, lat_letter letter)
{
    if (!state->grows) {
        if (letter.combining != 0) {
            put(state, letter);
            return true;
        }
        state->grows = true;
        state->composee = letter;
        return true;
    }
    bool is_blocked = state->any_class
                      && state->last_class >= letter.combining;
    uint32_t code = is_blocked ? 0
                    : compose_pair(state->composee.code, letter.code);
    if (code != 0) {
        state->composee.code = code;
        state->composee.change += letter.change - 1;
        return true;
    }
    if (letter.combining != 0)
        return block(state, letter);
    put(state, state->composee);
    put_blocked(state);
    state->composee = letter;
    state->any_class = false;
    return true;
}

/* Stable sort of the waiting marks by class: insertion while they are few,
 * else by counting into the upper half of the array. */
static bool sort_run(form_state *state)
{
    lat_scratch *scratch = state->scratch;
    size_t count = state->run;
    lat_letter *letters = scratch->letters;
    if (count <= 16) {
        for (size_t i = 1; i < count; i++) {
            lat_letter letter = letters[i];
            size_t j = i;
            for (; j > 0 && letters[j - 1].combining > letter.combining; j--)
                letters[j] = letters[j - 1];
            letters[j] = letter;
        }
        return true;
    }
    if (!lat_scratch_grow(&scratch->letters, &scratch->letter_capacity,
                          count * 2, sizeof *letters))
        return false;
    letters = scratch->letters;
    size_t places[257] = {0};
    for (size_t i = 0; i < count; i++)
        places[letters[i].combining + 1]++;
    for (size_t i = 1; i < 257; i++)
        places[i] += places[i - 1];
    for (size_t i = 0; i < count; i++)
        letters[count + places[letters[i].combining]++] = letters[i];
    memcpy(letters, letters + count, count * sizeof *letters);
    return true;
}

/* The run is complete when a starter or the end comes. */
static bool end_run(form_state *state)
{
    if (state->run > 1 && !sort_run(state))
        return false;
    for (size_t i = 0; i < state->run; i++) {
        lat_letter letter = state->scratch->letters[i];
        if (!state->compose)
            put(state, letter);
        else if (!compose_letter(state, letter))
            return false;
    }
    state->run = 0;
    return true;
}

/* Starters pass at once; marks wait for their order. */
static bool add_letter(form_state *state, uint32_t code, int32_t change)
{
    lat_scratch *scratch = state->scratch;
    lat_letter letter = {code, change, lat_unicode_get(code)->combining};
    if (letter.combining != 0) {
        if (!lat_scratch_grow(&scratch->letters, &scratch->letter_capacity,
                              state->run + 1, sizeof letter))
            return false;
        scratch->letters[state->run++] = letter;
        return true;
    }
    if (state->run != 0 && !end_run(state))
        return false;
    if (state->compose)
        return compose_letter(state, letter);
    put(state, letter);
    return true;
}

/* The pool holds full decompositions, so nothing is decomposed twice. */
static bool add_code(form_state *state, uint32_t code)
{
    if (code - S_BASE < S_COUNT) {
        uint32_t index = code - S_BASE, tail = index % T_COUNT;
        index /= T_COUNT;
        return add_letter(state, L_BASE + index / V_COUNT, 0)
               && add_letter(state, V_BASE + index % V_COUNT, 1)
               && (tail == 0 || add_letter(state, T_BASE + tail, 1));
    }
    const lat_unicode_form *form = lat_unicode_get_form(code);
    size_t count = state->compatible ? form->compatible_count
                                     : form->canonical_count;
    if (count == 0)
        return add_letter(state, code, 0);
    const uint32_t *letters = &lat_unicode_pool[
        state->compatible ? form->compatible : form->canonical];
    for (size_t i = 0; i < count; i++)
        if (!add_letter(state, letters[i], i == 0 ? 0 : 1))
            return false;
    return true;
}

/* Whether a character alone shows that there may be something to do.  A
 * composition needs a second letter that is a mark, a Hangul jamo or one of
 * a few vowel signs, all found in pairs' second places; looking for them
 * costs more than composing, so any letter above U+02FF counts there. */
static bool touches(const form_state *state, uint32_t code)
{
    if (code < 0xA0)
        return false;
    if (code - S_BASE < S_COUNT || (state->compose && code >= 0x300))
        return true;
    const lat_unicode_form *form = lat_unicode_get_form(code);
    return form->canonical_count != 0
           || (state->compatible && form->compatible_count != 0)
           || lat_unicode_get(code)->combining != 0;
}

bool lat_normalize_form(lat_step_kind form, lat_scratch *scratch,
                        const lat_text *from, lat_text *to, bool *changed)
{
    form_state state = {
        .scratch = scratch, .rewrite = {.from = from, .to = to},
        .compatible = form == LAT_STEP_NFKC || form == LAT_STEP_NFKD,
        .compose = form == LAT_STEP_NFC || form == LAT_STEP_NFKC};
    size_t at = 0;
    uint32_t code;
    while (at < from->size) {
        size_t size = lat_utf8_next(from->bytes + at, &code);
        if (touches(&state, code))
            break;
        at += size;
    }
    if (at == from->size)
        return true;
    *changed = true;
    bool good = lat_text_begin(to, from->size);
    for (at = 0; good && at < from->size;) {
        at += lat_utf8_next(from->bytes + at, &code);
        good = add_code(&state, code);
    }
    good = good && end_run(&state);
    if (good && state.grows) {
        put(&state, state.composee);
        put_blocked(&state);
    }
    lat_free(state.blocked);
    return good && lat_rewrite_end(&state.rewrite);
}
