/*
 * memory.c - the one door to malloc: counted, limited, and able to fail on
 * demand, so that tests can walk through every out-of-memory path.
 *
 *     base            aligned to 64
 *     |               |
 *     v               v
 *     [ ... | header ][ the caller's bytes ... ]
 *
 * The header keeps the block's size and where malloc began.
 */
#include "base.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define ALIGNMENT ((size_t)64)
/* Above this, zeroed memory comes from calloc: fresh pages are zero already
 * and cost nothing until they are touched. */
#define LARGE ((size_t)1 << 20)

typedef struct header {
    void *base;
    size_t size;
} header;

static atomic_size_t in_use, peak, ceiling;
/* size_t rather than 64 bits: 32-bit machines have no lock-free uint64_t. */
static atomic_size_t allocations, fail_number;
static atomic_bool fail_after;

static bool told_to_fail(void)
{
    size_t number = atomic_fetch_add(&allocations, 1) + 1;
    size_t target = atomic_load(&fail_number);
    if (target == 0)
        return false;
    return number == target || (number > target && atomic_load(&fail_after));
}

/* Counts `size` bytes in, or refuses when that would pass the ceiling. */
static bool count_in(size_t size)
{
    size_t limit = atomic_load(&ceiling);
    size_t now = atomic_load(&in_use);
    size_t then = 0;
    do {
        if (!lat_size_add(now, size, &then) || (limit != 0 && then > limit))
            return false;
    } while (!atomic_compare_exchange_weak(&in_use, &now, then));
    size_t highest = atomic_load(&peak);
    while (then > highest &&
           !atomic_compare_exchange_weak(&peak, &highest, then))
        continue;
    return true;
}

static header *header_of(void *block)
{
    return (header *)(void *)((char *)block - sizeof(header));
}

static void *allocate(size_t size, bool zero)
{
    size_t whole = 0;
    if (told_to_fail() || !lat_size_add(size, 2 * ALIGNMENT, &whole) ||
        !count_in(size))
        return NULL;
    void *base = NULL;
    char *block = NULL;
    if (zero && size >= LARGE) {
        base = calloc(1, whole);
        uintptr_t first = (uintptr_t)base + sizeof(header);
        if (base != NULL)
            block = (char *)base + sizeof(header) +
                    (ALIGNMENT - first % ALIGNMENT) % ALIGNMENT;
    } else if (posix_memalign(&base, ALIGNMENT, ALIGNMENT + size) == 0) {
        /* Ends with the caller's last byte: an overrun is the allocator's
         * red zone, where AddressSanitizer sees it. */
        block = (char *)base + ALIGNMENT;
        if (zero)
            memset(block, 0, size);
    }
    if (block == NULL) {
        atomic_fetch_sub(&in_use, size);
        return NULL;
    }
    header *head = header_of(block);
    head->base = base;
    head->size = size;
    return block;
}

void *lat_alloc(size_t size)
{
    return allocate(size, false);
}

#ifdef MADV_HUGEPAGE
/* Pages of 2 MB are asked for one by one.  Where memory is in pieces the
 * system moves things about to make one, which can take seconds in all; so
 * no more are asked for once they have cost far more than clearing them
 * does, a tenth of a second beyond ten times that. */
#define HUGE_PAGE ((size_t)2 << 20)
#define ALLOWED_MICROSECONDS 100000
#define MICROSECONDS_A_PAGE 1000
static atomic_long huge_left = ALLOWED_MICROSECONDS;

void lat_ask_large(void *part, size_t size)
{
    size_t before = (HUGE_PAGE - (uintptr_t)part % HUGE_PAGE) % HUGE_PAGE;
    char *page = (char *)part + before;
    size_t left = size > before ? (size - before) / HUGE_PAGE : 0;
    if (left == 0 || atomic_load(&huge_left) <= 0 ||
        madvise(page, left * HUGE_PAGE, MADV_HUGEPAGE) != 0)
        return; /* a kernel without them */
    for (; left > 0; left--, page += HUGE_PAGE) {
        if (atomic_load(&huge_left) <= 0) {
            (void)madvise(page, left * HUGE_PAGE, MADV_NOHUGEPAGE);
            return;
        }
        double start = lat_clock_seconds();
        *page = 0;
        double spent = (lat_clock_seconds() - start) * 1e6;
        atomic_fetch_add(&huge_left, MICROSECONDS_A_PAGE - (long)spent);
    }
}
#else
void lat_ask_large(void *part, size_t size)
{
    (void)part;
    (void)size;
}
#endif

void *lat_alloc_large(size_t size)
{
    char *block = allocate(size, false);
    if (block != NULL)
        lat_ask_large(block, size);
    return block;
}

void *lat_alloc_zero(size_t size)
{
    return allocate(size, true);
}

void *lat_new_array(size_t count, size_t size)
{
    size_t bytes = 0;
    if (!lat_size_mul(count, size, &bytes))
        return NULL;
    return allocate(bytes, true);
}

void *lat_realloc(void *block, size_t size)
{
    void *fresh = allocate(size, false);
    if (fresh == NULL || block == NULL)
        return fresh;
    size_t old = header_of(block)->size;
    memcpy(fresh, block, old < size ? old : size);
    lat_free(block);
    return fresh;
}

void lat_free(void *block)
{
    if (block == NULL)
        return;
    header *head = header_of(block);
    atomic_fetch_sub(&in_use, head->size);
    free(head->base);
}

char *lat_copy_string(const char *text)
{
    return lat_copy_bytes(text, strlen(text));
}

char *lat_copy_bytes(const void *data, size_t size)
{
    size_t whole = 0;
    if (!lat_size_add(size, 1, &whole))
        return NULL;
    char *copy = lat_alloc(whole);
    if (copy == NULL)
        return NULL;
    if (size != 0)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

char *lat_format(const char *format, ...)
{
    va_list list, again;
    va_start(list, format);
    va_copy(again, list);
    char *text = NULL;
    int size = vsnprintf(NULL, 0, format, list);
    if (size >= 0)
        text = lat_alloc((size_t)size + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    va_end(list);
    return text;
}

size_t lat_memory_in_use(void)
{
    return atomic_load(&in_use);
}

size_t lat_memory_peak(void)
{
    return atomic_load(&peak);
}

void lat_memory_limit(size_t bytes)
{
    atomic_store(&ceiling, bytes);
}

void lat_memory_fail_at(uint64_t n, bool and_after)
{
    size_t target = n == 0 ? 0 : atomic_load(&allocations) + (size_t)n;
    atomic_store(&fail_after, and_after);
    atomic_store(&fail_number, target);
}

uint64_t lat_memory_allocations(void)
{
    return atomic_load(&allocations);
}
