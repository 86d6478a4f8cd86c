/*
 * arena.c - many small blocks that are freed together.
 *
 *     blocks -> [next|fill|size| 16-aligned pieces ....| free ]
 *                  |
 *                  v
 *               [next|fill|size| older pieces .........]
 *
 * Blocks double from 4 KiB to 1 MiB, so that the slack stays below the
 * larger of 4 KiB and the bytes handed out.
 */
#include "base.h"

#include <string.h>

#define PIECE 16
#define SMALLEST ((size_t)4096)
#define LARGEST ((size_t)1 << 20)
#define HEAD ((size_t)64) /* keeps the pieces of a block 64-aligned */

struct lat_arena_block {
    struct lat_arena_block *next;
    size_t fill; /* bytes handed out, a multiple of PIECE */
    size_t size; /* bytes that can be handed out */
};
_Static_assert(sizeof(struct lat_arena_block) <= 64, "head fits");

static struct lat_arena_block *block_for(lat_arena *arena, size_t need)
{
    struct lat_arena_block *first = arena->blocks;
    if (first != NULL && need <= first->size - first->fill)
        return first;
    size_t size = SMALLEST;
    if (first != NULL && first->size >= SMALLEST)
        size = first->size < LARGEST / 2 ? first->size * 2 : LARGEST;
    bool large = need > size / 4;
    if (large)
        size = need;
    size_t whole = 0;
    if (!lat_size_add(size, HEAD, &whole))
        return NULL;
    struct lat_arena_block *block = lat_alloc_zero(whole);
    if (block == NULL)
        return NULL;
    block->size = size;
    /* A block of one piece goes behind the first, which has room left. */
    if (large && first != NULL) {
        block->next = first->next;
        first->next = block;
    } else {
        block->next = first;
        arena->blocks = block;
    }
    return block;
}

void *lat_arena_alloc(lat_arena *arena, size_t size)
{
    size_t need = 0;
    if (!lat_size_add(size == 0 ? 1 : size, PIECE - 1, &need))
        return NULL;
    need -= need % PIECE;
    size_t used = 0;
    if (!lat_size_add(arena->used, need, &used) ||
        (arena->limit != 0 && used > arena->limit))
        return NULL;
    struct lat_arena_block *block = block_for(arena, need);
    if (block == NULL)
        return NULL;
    void *piece = (char *)block + HEAD + block->fill;
    block->fill += need;
    arena->used = used;
    return piece;
}

void *lat_arena_array(lat_arena *arena, size_t count, size_t size)
{
    size_t bytes = 0;
    if (!lat_size_mul(count, size, &bytes))
        return NULL;
    return lat_arena_alloc(arena, bytes);
}

char *lat_arena_copy(lat_arena *arena, const void *data, size_t size)
{
    size_t whole = 0;
    if (!lat_size_add(size, 1, &whole))
        return NULL;
    char *copy = lat_arena_alloc(arena, whole);
    if (copy != NULL && size != 0)
        memcpy(copy, data, size);
    return copy;
}

void lat_arena_free(lat_arena *arena)
{
    struct lat_arena_block *block = arena->blocks;
    while (block != NULL) {
        struct lat_arena_block *next = block->next;
        lat_free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->used = 0;
}
