/*
 * pretokenize.c - the steps that split a text into words.
 *
 *     "it's  fine"  --ByteLevel-->  [it] ['s] [Ġ] [Ġfine]
 *
 * A step turns a list of splits (ranges of a text) into a finer list; two of
 * them, ByteLevel and Metaspace, also rewrite the text.  Lists and rewritten
 * texts alternate between two places in the scratch.
 */
#include "tokenizer_int.h"

#include <string.h>

typedef struct split_state {
    lat_scratch *scratch;
    const lat_text *text;
    size_t list;    /* scratch->splits[list] is the current list */
    size_t count;   /* its length */
    size_t made;    /* length of the other one */
    size_t rewrite; /* scratch->texts[rewrite] is free to be written */
} split_state;

/* Adds a split to the list that is being made; empty ones never count. */
static bool emit(split_state *state, size_t first, size_t end)
{
    lat_scratch *scratch = state->scratch;
    size_t other = state->list ^ 1;
    if (first == end)
        return true;
    if (state->made == scratch->split_capacity[other]
        && !lat_scratch_grow(&scratch->splits[other],
                             &scratch->split_capacity[other],
                             state->made + 1, sizeof(lat_range)))
        return false;
    scratch->splits[other][state->made++] =
        (lat_range){(uint32_t)first, (uint32_t)end};
    return true;
}

/* The list just made becomes the current one. */
static void turn(split_state *state)
{
    state->list ^= 1;
    state->count = state->made;
    state->made = 0;
}

/* ---- One split by a pattern ---------------------------------------------- */

/* Stretches come in order, each a match or not; `held` is the one that the
 * next may still join. */
typedef struct join_state {
    lat_behaviour behaviour;
    bool has, match;
    size_t first, end;
} join_state;

static bool join(split_state *state, join_state *held, size_t first,
                 size_t end, bool match)
{
    bool joins = false;
    if (first == end)
        return true;
    if (held->has) {
        switch (held->behaviour) {
        case LAT_SPLIT_CONTIGUOUS:
            joins = match == held->match;
            break;
        case LAT_SPLIT_PREVIOUS:
            joins = match && !held->match;
            break;
        case LAT_SPLIT_NEXT:
            joins = !match && held->match;
            break;
        default:
            break;
        }
    }
    if (joins) {
        held->end = end;
        held->match = match;
        return true;
    }
    if (held->has && !emit(state, held->first, held->end))
        return false;
    held->has = !(match && held->behaviour == LAT_SPLIT_REMOVED);
    held->match = match;
    held->first = first;
    held->end = end;
    return true;
}

/* A split is searched as a text of its own: expressions that look ahead
 * must not see what follows it. */
static bool split_one(split_state *state, const lat_pattern *pattern,
                      lat_behaviour behaviour, bool invert, lat_range range)
{
    const char *text = state->text->bytes + range.first;
    size_t size = range.end - range.first, at = 0, first, end;
    join_state held = {.behaviour = behaviour};
    while (lat_pattern_next(pattern, text, size, at, &first, &end)) {
        if (!join(state, &held, range.first + at, range.first + first,
                  invert)
            || !join(state, &held, range.first + first, range.first + end,
                     !invert))
            return false;
        at = end;
    }
    return join(state, &held, range.first + at, range.end, invert)
           && (!held.has || emit(state, held.first, held.end));
}

static bool split_all(split_state *state, const lat_pattern *pattern,
                      lat_behaviour behaviour, bool invert)
{
    for (size_t i = 0; i < state->count; i++)
        if (!split_one(state, pattern, behaviour, invert,
                       state->scratch->splits[state->list][i]))
            return false;
    turn(state);
    return true;
}

/* Each character of a class is a match of its own, as in the reference:
 * two spaces are two matches. */
static bool split_class(split_state *state, unsigned flags,
                        lat_behaviour behaviour)
{
    lat_pattern pattern = {.kind = LAT_PATTERN_CLASS, .flags = flags};
    return split_all(state, &pattern, behaviour, false);
}

/* White space away, punctuation alone, in one pass. */
static bool bert_split(split_state *state)
{
    const char *text = state->text->bytes;
    for (size_t i = 0; i < state->count; i++) {
        lat_range range = state->scratch->splits[state->list][i];
        size_t at = range.first, start = at;
        while (at < range.end) {
            uint32_t code;
            size_t size = lat_utf8_next(text + at, &code);
            unsigned flags = lat_unicode_get(code)->flags;
            if ((flags & (LAT_CHAR_WHITE | LAT_CHAR_PUNCT)) != 0) {
                if (!emit(state, start, at)
                    || ((flags & LAT_CHAR_WHITE) == 0
                        && !emit(state, at, at + size)))
                    return false;
                start = at + size;
            }
            at += size;
        }
        if (!emit(state, start, at))
            return false;
    }
    turn(state);
    return true;
}

/* ---- Rewriting ----------------------------------------------------------- */

/* A step that rewrites puts all splits, one after another, into a new text;
 * what lies between them is gone. */
static lat_text *rewrite_begin(split_state *state)
{
    lat_text *to = &state->scratch->texts[state->rewrite];
    return lat_text_begin(to, state->text->size) ? to : NULL;
}

static void rewrite_end(split_state *state, const lat_text *to)
{
    state->text = to;
    state->rewrite = state->rewrite == 2 ? 3 : 2;
    turn(state);
}

/* The printable stand-ins of the byte-level alphabet: bytes that are
 * printable Latin-1 stand for themselves, the others are U+0100 and on. */
static size_t stand_in(unsigned char byte, char out[2])
{
    unsigned code = byte;
    if (byte <= 0x20)
        code = 0x100u + byte;
    else if (byte >= 0x7F && byte <= 0xA0)
        code = 0x121u + (byte - 0x7Fu);
    else if (byte == 0xAD)
        code = 0x143u;
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    out[0] = (char)(0xC0 | code >> 6);
    out[1] = (char)(0x80 | (code & 0x3F));
    return 2;
}

/* One byte becomes one or two, so twice the size is room enough. */
static bool byte_level_rewrite(split_state *state)
{
    lat_text *to = rewrite_begin(state);
    const lat_text *from = state->text;
    if (to == NULL)
        return false;
    for (size_t i = 0; i < state->count; i++) {
        lat_range range = state->scratch->splits[state->list][i];
        size_t start = to->size, at = range.first;
        if (!lat_text_reserve(to, (size_t)(range.end - range.first) * 2))
            return false;
        while (at < range.end) {
            size_t size = lat_utf8_length(from->bytes[at]);
            lat_range origin = lat_text_range(from, at);
            for (size_t j = 0; j < size; j++) {
                char out[2];
                size_t bytes = stand_in((unsigned char)from->bytes[at + j],
                                        out);
                lat_text_put(to, out, bytes, origin);
            }
            at += size;
        }
        if (!emit(state, start, to->size))
            return false;
    }
    rewrite_end(state, to);
    return true;
}

/* Copies the splits; spaces become `content` (if `spaces`), and `content`
 * goes before a split that does not begin with it, by the scheme. */
static bool prefix_rewrite(split_state *state, const char *content,
                           size_t content_size, bool spaces,
                           lat_scheme scheme)
{
    lat_text *to = rewrite_begin(state);
    const lat_text *from = state->text;
    if (to == NULL)
        return false;
    for (size_t i = 0; i < state->count; i++) {
        lat_range range = state->scratch->splits[state->list][i];
        const char *bytes = from->bytes + range.first;
        size_t size = range.end - range.first, start = to->size;
        lat_range origin = lat_text_range(from, range.first);
        bool begins = (spaces && bytes[0] == ' ')
                      || (size >= content_size
                          && memcmp(bytes, content, content_size) == 0);
        if (!lat_text_reserve(to, (size + 1) * content_size))
            return false;
        if (!begins && (scheme == LAT_PREPEND_ALWAYS
                        || (scheme == LAT_PREPEND_FIRST
                            && origin.first == 0)))
            lat_text_put(to, content, content_size, origin);
        for (size_t at = range.first; at < range.end;) {
            size_t step = lat_utf8_length(from->bytes[at]);
            origin = lat_text_range(from, at);
            if (spaces && from->bytes[at] == ' ')
                lat_text_put(to, content, content_size, origin);
            else
                lat_text_put(to, from->bytes + at, step, origin);
            at += step;
        }
        if (!emit(state, start, to->size))
            return false;
    }
    rewrite_end(state, to);
    return true;
}

/* The space in front comes before the splitting, the alphabet after it: the
 * pattern looks at real characters. */
static bool byte_level(split_state *state, const lat_step *step)
{
    static const lat_pattern pattern = {.kind = LAT_PATTERN_BYTE_LEVEL};
    if (step->prefix_space
        && !prefix_rewrite(state, " ", 1, false, LAT_PREPEND_ALWAYS))
        return false;
    if (step->regex
        && !split_all(state, &pattern, LAT_SPLIT_ISOLATED, false))
        return false;
    return byte_level_rewrite(state);
}

/* The replacement starts each piece ("▁a▁film" --> "▁a" "▁film"). */
static bool metaspace(split_state *state, const lat_step *step)
{
    lat_pattern pattern = {.kind = LAT_PATTERN_LITERAL,
                           .text = step->content,
                           .size = step->content_size};
    if (!prefix_rewrite(state, step->content, step->content_size, true,
                        step->scheme))
        return false;
    return !step->split
           || split_all(state, &pattern, LAT_SPLIT_NEXT, false);
}

static bool split_step(split_state *state, const lat_step *step)
{
    static const lat_pattern words = {.kind = LAT_PATTERN_WORDS};
    switch (step->kind) {
    case LAT_STEP_BERT_SPLIT:
        return bert_split(state);
    case LAT_STEP_BYTE_LEVEL:
        return byte_level(state, step);
    case LAT_STEP_METASPACE:
        return metaspace(state, step);
    case LAT_STEP_WORDS:
        return split_all(state, &words, LAT_SPLIT_REMOVED, true);
    case LAT_STEP_WHITE_SPLIT:
        return split_class(state, LAT_CHAR_WHITE, LAT_SPLIT_REMOVED);
    case LAT_STEP_PUNCTUATION:
        return split_class(state, LAT_CHAR_PUNCT, step->behaviour);
    case LAT_STEP_DIGITS:
        return split_class(state, LAT_CHAR_NUMERIC,
                           step->individual ? LAT_SPLIT_ISOLATED
                                            : LAT_SPLIT_CONTIGUOUS);
    default:
        return split_all(state, &step->pattern, step->behaviour,
                         step->invert);
    }
}

bool lat_split(const lat_tokenizer *tokenizer, lat_scratch *scratch,
               const lat_text *text, lat_range stretch, const lat_text **out,
               const lat_range **splits)
{
    split_state state = {.scratch = scratch, .text = text, .list = 1,
                         .rewrite = 2};
    if (!emit(&state, stretch.first, stretch.end))
        return false;
    turn(&state);
    for (size_t i = 0; i < tokenizer->splitter_count; i++)
        if (!split_step(&state, &tokenizer->splitters[i]))
            return false;
    scratch->split_count = state.count;
    *out = state.text;
    *splits = scratch->splits[state.list];
    return true;
}
