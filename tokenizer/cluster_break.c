/*
 * cluster_break.c - extended grapheme clusters, UAX 29.
 *
 *     e U+0301 | ग U+094D त | 👩 U+200D 🚀 | 🇫 🇷 | 한
 *
 * A cluster is what a reader takes for one character.  Only the charsmap
 * asks for it.
 */
#include "tokenizer_int.h"

typedef struct cluster_state {
    lat_cluster_class before;
    bool odd_regional; /* an odd number of regional indicators so far */
    bool picture;      /* a pictograph and marks */
    bool picture_join; /* ... and a joiner just now */
    bool consonant;    /* a consonant and marks */
    bool linked;       /* ... and a linker among them */
} cluster_state;

static bool is_extend(lat_cluster_class c)
{
    return c == LAT_GCB_EXTEND || c == LAT_GCB_LINKER
           || c == LAT_GCB_NONJOINER;
}

static bool is_control(lat_cluster_class c)
{
    return c == LAT_GCB_CONTROL || c == LAT_GCB_CR || c == LAT_GCB_LF;
}

static bool joins_hangul(lat_cluster_class a, lat_cluster_class b)
{
    if (a == LAT_GCB_L)
        return b == LAT_GCB_L || b == LAT_GCB_V || b == LAT_GCB_LV
               || b == LAT_GCB_LVT;
    if (a == LAT_GCB_LV || a == LAT_GCB_V)
        return b == LAT_GCB_V || b == LAT_GCB_T;
    return (a == LAT_GCB_LVT || a == LAT_GCB_T) && b == LAT_GCB_T;
}

/* Rules GB3 to GB999. */
static bool joins(const cluster_state *state, lat_cluster_class next)
{
    lat_cluster_class before = state->before;
    if (before == LAT_GCB_CR && next == LAT_GCB_LF)
        return true;
    if (is_control(before) || is_control(next))
        return false;
    if (joins_hangul(before, next))
        return true;
    if (is_extend(next) || next == LAT_GCB_JOINER
        || next == LAT_GCB_SPACING || before == LAT_GCB_PREPEND)
        return true;
    if (next == LAT_GCB_CONSONANT && state->linked)
        return true;
    if (next == LAT_GCB_PICTURE && state->picture_join)
        return true;
    return before == LAT_GCB_REGIONAL && next == LAT_GCB_REGIONAL
           && state->odd_regional;
}

static void take(cluster_state *state, lat_cluster_class c)
{
    bool mark = is_extend(c) || c == LAT_GCB_JOINER;
    state->picture_join = state->picture && c == LAT_GCB_JOINER;
    state->picture = c == LAT_GCB_PICTURE
                     || (state->picture && is_extend(c));
    state->linked = state->consonant && mark && c != LAT_GCB_NONJOINER
                    && (c == LAT_GCB_LINKER || state->linked);
    state->consonant = c == LAT_GCB_CONSONANT
                       || (state->consonant && mark
                           && c != LAT_GCB_NONJOINER);
    state->odd_regional = c == LAT_GCB_REGIONAL && !state->odd_regional;
    state->before = c;
}

size_t lat_cluster_length(const char *text, size_t size)
{
    cluster_state state = {0};
    uint32_t code;
    size_t at = lat_utf8_next(text, &code);
    take(&state, lat_unicode_get(code)->cluster);
    while (at < size) {
        size_t step = lat_utf8_next(text + at, &code);
        lat_cluster_class next = lat_unicode_get(code)->cluster;
        if (!joins(&state, next))
            break;
        take(&state, next);
        at += step;
    }
    return at;
}
