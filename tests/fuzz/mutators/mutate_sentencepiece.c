/*
 * mutate_sentencepiece.c - mutates one field of a protobuf message, or one of a
 * message in it; drops or repeats one; and sets all lengths around it right.
 */
#include "mutate_int.h"

#include <stdlib.h>

enum { DEPTH = 3, HEAD = 20 };

/* Reads a varint; false at the end of the message. */
static bool varint(const uint8_t *data, size_t size, size_t *at,
                   uint64_t *out)
{
    *out = 0;
    for (unsigned shift = 0; *at < size && shift < 64; shift += 7) {
        uint8_t byte = data[(*at)++];
        *out |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return true;
    }
    return false;
}

static size_t put_varint(uint8_t *to, uint64_t value)
{
    size_t size = 0;
    for (; value > 127; value >>= 7)
        to[size++] = (uint8_t)(value | 128);
    to[size++] = (uint8_t)value;
    return size;
}

/* The fields with a length; false if the bytes are not a whole message. */
static bool find(mutate_field *fields, size_t *count, const uint8_t *data,
                 size_t size)
{
    size_t at = 0;
    *count = 0;
    while (at < size) {
        size_t head = at;
        uint64_t tag, length = 0;
        if (!varint(data, size, &at, &tag))
            return false;
        switch (tag & 7) {
        case 0:
            if (!varint(data, size, &at, &length))
                return false;
            length = 0;
            break;
        case 1: length = 8; break;
        case 2:
            if (!varint(data, size, &at, &length))
                return false;
            break;
        case 5: length = 4; break;
        default: return false;
        }
        if (length > size - at)
            return false;
        if ((tag & 7) == 2 && *count < MUTATE_FIELDS)
            fields[(*count)++] = (mutate_field){head, at, (size_t)length};
        at += (size_t)length;
    }
    return true;
}

static size_t mutate_message(uint8_t *data, size_t size, size_t most,
                             unsigned *seed, int depth);

/* The same tag, what is inside mutated, its length. */
static size_t mutate_inside(uint8_t *data, size_t size, size_t most,
                            const mutate_field *f, unsigned *seed, int depth)
{
    uint8_t head[HEAD];
    size_t room = f->length + most - size, tag_size = f->head;
    uint64_t tag;
    if (room <= HEAD || !varint(data, size, &tag_size, &tag))
        return LLVMFuzzerMutate(data, size, most);
    room -= HEAD;
    if (room < f->length)
        room = f->length;
    uint8_t *inside = malloc(room + 1);
    if (inside == NULL)
        return size;
    memcpy(inside, data + f->at, f->length);
    size_t now = room == 0 ? 0
                           : mutate_message(inside, f->length, room, seed,
                                            depth + 1);
    size_t head_size = put_varint(head, tag);
    head_size += put_varint(head + head_size, now);
    if (mutate_replace(data, &size, most, f->at, f->length, inside, now))
        (void)mutate_replace(data, &size, most, f->head, f->at - f->head,
                             head, head_size);
    free(inside);
    return size;
}

static size_t mutate_message(uint8_t *data, size_t size, size_t most,
                             unsigned *seed, int depth)
{
    mutate_field *fields = malloc(MUTATE_FIELDS * sizeof *fields);
    size_t count = 0;
    bool whole = fields != NULL && find(fields, &count, data, size);
    unsigned way = mutate_random(seed, 8);
    mutate_field f = {0};
    if (count != 0)
        f = fields[mutate_random(seed, (unsigned)count)];
    free(fields);
    if (!whole || count == 0 || depth == DEPTH || way < 2)
        return LLVMFuzzerMutate(data, size, most);
    size_t all = f.at + f.length - f.head;
    if (way == 2 && size > all) { /* dropped */
        (void)mutate_replace(data, &size, most, f.head, all, "", 0);
        return size;
    }
    if (way == 3 && all <= most - size) { /* repeated */
        memmove(data + f.head + all, data + f.head, size - f.head);
        return size + all;
    }
    return mutate_inside(data, size, most, &f, seed, depth);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                               unsigned int seed)
{
    return mutate_message(data, size, most, &seed, 0);
}
