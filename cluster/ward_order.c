/*
 * ward_order.c - joins in any order become the rows of a tree.
 *
 * The clusterer joins many pairs at a time.  Here they are put into the
 * order in which a run that always joins the pair with the smallest
 * (D, smaller member, other member) would meet them: a heap holds the joins
 * whose two sides exist already.  Copies of a point are joined first, each
 * to the first of them, with D = 0.
 *
 * In a tie a parent's D can come out one rounding below its child's; heights
 * are therefore never written below the height before.
 */
#include "ward_int.h"

#include <math.h>

typedef struct ordering {
    size_t n, count;   /* points; joins: n - 1 */
    lat_join *joins;   /* children before parents; slots are points */
    uint32_t *parent;  /* the join that uses this one, or count */
    uint32_t *last;    /* n: the join that made a point's cluster, or count */
    unsigned char *waits; /* sides that do not exist yet */
    uint32_t *heap;
    size_t heaped;
} ordering;

static bool join_before(const ordering *o, uint32_t a, uint32_t b)
{
    const lat_join *x = &o->joins[a], *y = &o->joins[b];
    return lat_ward_before(x->d, x->left, x->right, y->d, y->left, y->right);
}

static void heap_push(ordering *o, uint32_t join)
{
    size_t at = o->heaped++;
    while (at > 0 && join_before(o, join, o->heap[(at - 1) / 2])) {
        o->heap[at] = o->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    o->heap[at] = join;
}

static uint32_t heap_pop(ordering *o)
{
    uint32_t top = o->heap[0], moved = o->heap[--o->heaped];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= o->heaped)
            break;
        if (child + 1 < o->heaped
            && join_before(o, o->heap[child + 1], o->heap[child]))
            child++;
        if (!join_before(o, o->heap[child], moved))
            break;
        o->heap[at] = o->heap[child];
        at = child;
    }
    o->heap[at] = moved;
    return top;
}

/* The copies' joins, then the core's in terms of points. */
static void gather_joins(ordering *o, const lat_ward *ward)
{
    for (size_t i = 0; i < ward->n; i++) {
        uint32_t first = ward->row[ward->copy[i]];
        if (first != i) {
            lat_join join = {.left = first, .right = (uint32_t)i};
            o->joins[o->count++] = join;
        }
    }
    for (size_t t = 0; t < ward->joined; t++) {
        lat_join join = ward->joins[t];
        join.left = ward->row[join.left];
        join.right = ward->row[join.right];
        o->joins[o->count++] = join;
    }
}

static void link_parents(ordering *o)
{
    uint32_t none = (uint32_t)o->count;
    for (size_t i = 0; i < o->n; i++)
        o->last[i] = none;
    for (size_t t = 0; t < o->count; t++) {
        uint32_t side[2] = {o->joins[t].left, o->joins[t].right};
        o->parent[t] = none;
        for (size_t s = 0; s < 2; s++)
            if (o->last[side[s]] != none) {
                o->parent[o->last[side[s]]] = (uint32_t)t;
                o->waits[t]++;
            }
        o->last[side[0]] = (uint32_t)t;
    }
}

/* `name` and `size` of a cluster by its smallest member. */
static void write_rows(lat_tree *out, ordering *o, uint32_t *name,
                       uint32_t *size, int shift)
{
    double before = 0;
    for (size_t i = 0; i < o->n; i++) {
        name[i] = (uint32_t)i;
        size[i] = 1;
    }
    for (size_t t = 0; t < o->count; t++)
        if (o->waits[t] == 0)
            heap_push(o, (uint32_t)t);
    for (size_t t = 0; t < o->count; t++) {
        uint32_t at = heap_pop(o);
        const lat_join *join = &o->joins[at];
        lat_merge *row = &out->merges[t];
        uint32_t a = name[join->left], b = name[join->right];
        double height = ldexp(sqrt(join->d), shift);
        height = height < before ? before : height;
        size[join->left] += size[join->right];
        row->left = a < b ? a : b;
        row->right = a < b ? b : a;
        row->height = height;
        row->size = size[join->left];
        if (t > 0 && height > 0 && height <= before)
            out->ties++;
        name[join->left] = (uint32_t)(o->n + t);
        before = height;
        if (o->parent[at] < o->count && --o->waits[o->parent[at]] == 0)
            heap_push(o, o->parent[at]);
    }
}

lat_status lat_ward_order(lat_tree *out, const lat_ward *ward,
                          lat_error *error)
{
    size_t n = ward->n;
    ordering o = {.n = n};
    lat_status status = LAT_OK;
    uint32_t *size = lat_new_array(n, sizeof *size);
    o.joins = lat_new_array(n, sizeof *o.joins);
    o.parent = lat_new_array(n, sizeof *o.parent);
    o.last = lat_new_array(n, sizeof *o.last);
    o.waits = lat_new_array(n, sizeof *o.waits);
    o.heap = lat_new_array(n, sizeof *o.heap);
    out->merges = lat_new_array(n, sizeof *out->merges);
    if (size == NULL || o.joins == NULL || o.parent == NULL || o.last == NULL
        || o.waits == NULL || o.heap == NULL || out->merges == NULL) {
        status = lat_error_memory(error, (uint64_t)n * 60);
        goto done;
    }
    gather_joins(&o, ward);
    link_parents(&o);
    /* From here o.last is free: it serves as the clusters' names. */
    write_rows(out, &o, o.last, size, ward->shift);
    out->points = n;
    out->duplicates = n - ward->slots;
    out->distances = ward->looked;
done:
    lat_free(size);
    lat_free(o.joins);
    lat_free(o.parent);
    lat_free(o.last);
    lat_free(o.waits);
    lat_free(o.heap);
    if (status != LAT_OK)
        lat_tree_free(out);
    return status;
}
