/*
 * mutate_gguf.c - mutates a name or a text of a GGUF file, sets its length
 * right and keeps the tensors' data where alignment wants them.
 */
#include "mutate_int.h"

enum { TEXT = 8, ARRAY = 9, ALIGNMENT = 32 };

typedef struct walk {
    const uint8_t *data;
    size_t size, at;
    bool broken; /* ran over the end, or into what no file holds */
    size_t count;
    mutate_field fields[MUTATE_FIELDS];
} walk;

static void skip(walk *w, uint64_t bytes)
{
    if (bytes > w->size - w->at)
        w->broken = true;
    else
        w->at += (size_t)bytes;
}

/* An unsigned number, least byte first. */
static uint64_t number(walk *w, size_t bytes)
{
    uint64_t value = 0;
    size_t at = w->at;
    skip(w, bytes);
    for (size_t i = 0; !w->broken && i < bytes; i++)
        value |= (uint64_t)w->data[at + i] << (8 * i);
    return value;
}

static void text(walk *w)
{
    size_t head = w->at;
    uint64_t length = number(w, 8);
    size_t at = w->at;
    skip(w, length);
    if (!w->broken && w->count < MUTATE_FIELDS)
        w->fields[w->count++] = (mutate_field){head, at, (size_t)length};
}

static void value(walk *w, uint64_t type)
{
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    if (type == TEXT)
        text(w);
    else if (type < sizeof sizes && sizes[type] != 0)
        skip(w, sizes[type]);
    else
        w->broken = true;
}

static void walk_all(walk *w)
{
    skip(w, 8); /* magic, version */
    uint64_t tensors = number(w, 8), pairs = number(w, 8);
    for (uint64_t i = 0; !w->broken && i < pairs; i++) {
        text(w);
        uint64_t type = number(w, 4), count = 1;
        if (type == ARRAY) {
            type = number(w, 4);
            count = number(w, 8);
        }
        for (uint64_t j = 0; !w->broken && j < count; j++)
            value(w, type);
    }
    for (uint64_t i = 0; !w->broken && i < tensors; i++) {
        text(w);
        uint64_t dimensions = number(w, 4);
        skip(w, dimensions < 64 ? dimensions * 8 : w->size);
        skip(w, 4 + 8); /* type, offset */
    }
}

static size_t aligned(size_t at)
{
    return (at + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most,
                               unsigned int seed)
{
    static walk w;
    static uint8_t inside[MUTATE_MOST];
    static const uint8_t zeros[2 * ALIGNMENT] = {0};
    w = (walk){.data = data, .size = size};
    walk_all(&w);
    if (w.count == 0 || mutate_random(&seed, 2) == 0)
        return LLVMFuzzerMutate(data, size, most);
    mutate_field f =
        w.fields[mutate_random(&seed, (unsigned)w.count)];
    size_t room = f.length + most - size, end = w.at;
    if (room > sizeof inside)
        room = sizeof inside;
    if (room == 0 || f.length > room)
        return LLVMFuzzerMutate(data, size, most);
    memcpy(inside, data + f.at, f.length);
    size_t now = LLVMFuzzerMutate(inside, f.length, room);
    /* What lies between the last tensor's entry and the data, first: it is
     * behind the text. */
    size_t moved = end - f.length + now;
    if (!w.broken && aligned(end) <= size &&
        !mutate_replace(data, &size, most, end, aligned(end) - end, zeros,
                        aligned(moved) - moved))
        return size;
    if (!mutate_replace(data, &size, most, f.at, f.length, inside, now))
        return size;
    for (size_t i = 0; i < 8; i++)
        data[f.head + i] = (uint8_t)((uint64_t)now >> (8 * i));
    return size;
}
