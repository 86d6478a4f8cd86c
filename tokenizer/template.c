/*
 * template.c - truncation, special tokens, and the arrays of an encoding.
 *
 *     A = my film, B = is good      [CLS] my film [SEP] is good [SEP]
 *                            types    0   0   0     0   1   1     1
 */
#include "tokenizer_read_int.h"

/* The six arrays grow together; their common capacity is set last, so that
 * a failure half-way leaves them larger than they say, never smaller. */
static bool grow_encoding(lat_encoding *out, size_t need)
{
    size_t capacity[6];
    if (need <= out->capacity)
        return true;
    for (size_t i = 0; i < 6; i++)
        capacity[i] = out->capacity;
    if (!lat_scratch_grow(&out->ids, &capacity[0], need, sizeof *out->ids)
        || !lat_scratch_grow(&out->types, &capacity[1], need,
                             sizeof *out->types)
        || !lat_scratch_grow(&out->first, &capacity[2], need,
                             sizeof *out->first)
        || !lat_scratch_grow(&out->end, &capacity[3], need,
                             sizeof *out->end)
        || !lat_scratch_grow(&out->sequence, &capacity[4], need,
                             sizeof *out->sequence)
        || !lat_scratch_grow(&out->special, &capacity[5], need,
                             sizeof *out->special))
        return false;
    out->capacity = capacity[0];
    return true;
}

/* Longest first, as the reference computes it: only the longer is cut while
 * that is enough, then both to half the room, the odd one to the second
 * (counted after the shorter was put first). */
static void cut_longest(size_t counts[2], size_t room)
{
    bool swapped = counts[0] > counts[1];
    size_t shorter = swapped ? counts[1] : counts[0], longer;
    if (shorter > room)
        longer = shorter;
    else
        longer = room - shorter > shorter ? room - shorter : shorter;
    if (shorter + longer > room) {
        shorter = room / 2;
        longer = shorter + room % 2;
    }
    counts[0] = swapped ? longer : shorter;
    counts[1] = swapped ? shorter : longer;
}

/* `room` is what is left for both texts besides the special tokens.  The two
 * one-sided rules refuse to empty their text, as the reference does. */
static lat_status truncate(size_t counts[2], bool pair, size_t room,
                           lat_truncation rule, lat_error *error)
{
    size_t total = counts[0] + counts[1];
    if (total <= room)
        return LAT_OK;
    if (room == 0) {
        counts[0] = counts[1] = 0;
        return LAT_OK;
    }
    if (rule == LAT_TRUNCATE_LONGEST_FIRST) {
        if (pair)
            cut_longest(counts, room);
        else
            counts[0] = room;
        return LAT_OK;
    }
    size_t which = rule == LAT_TRUNCATE_ONLY_SECOND;
    if (which == 1 && !pair)
        return lat_error_set(error, LAT_USAGE,
                             "truncation only_second needs a second text");
    if (counts[which] <= total - room)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "the %s text has %zu tokens, too few to cut %zu",
                             which == 0 ? "first" : "second", counts[which],
                             total - room);
    counts[which] -= total - room;
    return LAT_OK;
}

static void put_special(lat_encoding *out, const lat_part *part)
{
    size_t i = out->count++;
    out->ids[i] = part->id;
    out->types[i] = part->type;
    out->first[i] = out->end[i] = 0;
    out->sequence[i] = -1;
    out->special[i] = 1;
}

/* `which` is the sequence that the tokens belong to; its type is the
 * template's (RoBERTa has type 0 for both). */
static void put_tokens(lat_encoding *out, const lat_token *tokens,
                       size_t count, int which, uint32_t type)
{
    size_t at = out->count;
    for (size_t i = 0; i < count; i++, at++) {
        out->ids[at] = tokens[i].id;
        out->types[at] = type;
        out->first[at] = tokens[i].range.first;
        out->end[at] = tokens[i].range.end;
        out->sequence[at] = (int8_t)which;
        out->special[at] = 0;
    }
    out->count = at;
}

lat_status lat_template_apply(const lat_tokenizer *tokenizer,
                              lat_encoding *out, const lat_token *tokens,
                              const size_t given[2], bool pair,
                              const lat_encode_options *options,
                              lat_error *error)
{
    const lat_template *form = pair ? &tokenizer->pair : &tokenizer->single;
    size_t specials = options->no_special ? 0 : form->specials;
    size_t counts[2] = {given[0], given[1]}, need = 0;
    if (options->max_length != 0) {
        if (options->max_length < specials)
            return lat_error_set(
                error, LAT_OUT_OF_RANGE,
                "a length of %zu does not hold the %zu special tokens",
                options->max_length, specials);
        lat_status status = truncate(counts, pair,
                                     options->max_length - specials,
                                     options->truncation, error);
        if (status != LAT_OK)
            return status;
    }
    out->cut = given[0] - counts[0] + given[1] - counts[1];
    if (!lat_size_add(counts[0] + counts[1], specials, &need)
        || !grow_encoding(out, need))
        return lat_error_memory(error, need);
    for (size_t i = 0; i < form->count; i++) {
        const lat_part *part = &form->parts[i];
        if (part->sequence < 0) {
            if (!options->no_special)
                put_special(out, part);
            continue;
        }
        if (counts[part->sequence] > 0) /* without any, tokens may be NULL */
            put_tokens(out,
                       part->sequence == 0 ? tokens : tokens + given[0],
                       counts[part->sequence], part->sequence, part->type);
    }
    return LAT_OK;
}

lat_status lat_template_set(lat_tokenizer *tokenizer, lat_template *to,
                            const lat_part *parts, size_t count,
                            lat_error *error)
{
    size_t seen[2] = {0, 0};
    to->parts = lat_arena_array(&tokenizer->arena, count, sizeof *parts);
    if (to->parts == NULL)
        return lat_error_memory(error, count * sizeof *parts);
    to->count = count;
    to->specials = 0;
    for (size_t i = 0; i < count; i++) {
        to->parts[i] = parts[i];
        if (parts[i].sequence < 0)
            to->specials++;
        else
            seen[parts[i].sequence]++;
    }
    if (seen[0] != 1 || seen[1] != (to == &tokenizer->pair))
        return lat_error_set(error, LAT_UNSUPPORTED,
                             "a template must hold each sequence once");
    return LAT_OK;
}

lat_status lat_template_usual(lat_tokenizer *tokenizer, uint32_t cls,
                              uint32_t sep, bool roberta, lat_error *error)
{
    const lat_part bert[] = {
        {-1, cls, 0}, {0, 0, 0}, {-1, sep, 0}, {1, 0, 1}, {-1, sep, 1}};
    const lat_part other[] = {
        {-1, cls, 0}, {0, 0, 0}, {-1, sep, 0}, {-1, sep, 0}, {1, 0, 0},
        {-1, sep, 0}};
    lat_status status = lat_template_set(
        tokenizer, &tokenizer->single, roberta ? other : bert, 3, error);
    if (status == LAT_OK)
        status = lat_template_set(tokenizer, &tokenizer->pair,
                                  roberta ? other : bert, roberta ? 6 : 5,
                                  error);
    return status;
}

/* Characters at the start (end) of a piece that stand for spaces: white
 * space, and the byte-level alphabet's U+0120. */
static size_t spaces_in(const char *piece, size_t size, bool from_end)
{
    size_t count = 0;
    while (size > 0) {
        size_t at = 0, step;
        uint32_t code;
        if (from_end) {
            at = size - 1;
            while (at > 0 && ((unsigned char)piece[at] & 0xC0) == 0x80)
                at--;
        }
        step = lat_utf8_next(piece + at, &code);
        if (code != 0x120 && !lat_unicode_is(code, LAT_CHAR_WHITE))
            break;
        count++;
        size -= step;
        if (!from_end)
            piece += step;
    }
    return count;
}

void lat_trim_range(const lat_tokenizer *tokenizer, lat_range *range,
                    size_t index, const char *piece, size_t piece_size,
                    const char *original, size_t size)
{
    size_t lead = spaces_in(piece, piece_size, false);
    size_t trail = spaces_in(piece, piece_size, true);
    size_t at = range->first, end = range->end;
    if (lead == 1 && tokenizer->trim_prefix
        && (index == 0 || range->first == 0))
        lead = 0; /* the space that we put there ourselves */
    for (; lead > 0 && at < end && at < size; lead--)
        at += lat_utf8_length(original[at]);
    range->first = (uint32_t)(at < end ? at : end);
    for (; trail > 0 && end > 0; trail--)
        do
            end--;
        while (end > 0 && ((unsigned char)original[end] & 0xC0) == 0x80);
    if (trail == 0)
        range->end = (uint32_t)(end > range->first ? end : range->first);
}
