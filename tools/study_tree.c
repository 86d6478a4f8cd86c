/*
 * study_tree.c - the tree above the concepts.
 *
 *        tree of N occurrences            tree of K concepts
 *
 *          rows N-K .. N-2   ─────────>   rows 0 .. K-2
 *       ---- the cut ----------------     ------------------
 *          rows 0 .. N-K-1                leaves = concepts
 *
 * A cluster of the cut is recognised by one of its members: the labels of
 * the cut are numbered as the concepts are.
 */
#include "report_page_int.h"

#include <string.h>

typedef struct tree_work {
    uint32_t *labels; /* N: concept number of each occurrence */
    uint32_t *member; /* N-1: some occurrence below each row */
} tree_work;

/* Concept index of a leaf cluster of the cut, or LAT_NO_CONCEPT. */
static uint32_t leaf_concept(const rep_layer *layer, const tree_work *work,
                             uint32_t node)
{
    size_t n = layer->tree.points;
    uint32_t point = node < n ? node : work->member[node - n];
    return lat_concepts_find(&layer->concepts, work->labels[point]);
}

/* Renames the children of the rows above the cut; false when the concepts
 * are not those of the tree's cut. */
static bool rename_rows(rep_layer *layer, const tree_work *work)
{
    const lat_tree *tree = &layer->tree;
    size_t n = tree->points, k = layer->concepts.count, cut = n - k;
    for (size_t i = 0; i + 1 < k; i++) {
        lat_merge row = tree->merges[cut + i];
        uint32_t *ends[2] = {&row.left, &row.right};
        for (int e = 0; e < 2; e++) {
            if (*ends[e] >= n + cut) {
                *ends[e] = (uint32_t)(*ends[e] - n - cut + k);
                continue;
            }
            *ends[e] = leaf_concept(layer, work, *ends[e]);
            if (*ends[e] == LAT_NO_CONCEPT)
                return false;
        }
        layer->top[i] = row;
    }
    return true;
}

/* Leaves from left to right: the smaller subtree first, which keeps the
 * picture a comb rather than a tangle. */
static void order_leaves(rep_layer *layer, uint32_t *stack)
{
    size_t k = layer->concepts.count, depth = 0, place = 0;
    stack[depth++] = (uint32_t)(2 * k - 2);
    while (depth > 0) {
        uint32_t node = stack[--depth];
        if (node < k) {
            layer->about[node].leaf = (uint32_t)place;
            layer->order[place++] = node;
            continue;
        }
        const lat_merge *row = &layer->top[node - k];
        stack[depth++] = row->right;
        stack[depth++] = row->left;
    }
}

/* Every leaf once as a child, every inner node once: a tree. */
static bool is_tree(const rep_layer *layer, uint32_t *seen)
{
    size_t k = layer->concepts.count;
    memset(seen, 0, 2 * k * sizeof *seen);
    for (size_t i = 0; i + 1 < k; i++) {
        const lat_merge *row = &layer->top[i];
        if (row->left >= k + i || row->right >= k + i ||
            seen[row->left]++ != 0 || seen[row->right]++ != 0)
            return false;
    }
    return true;
}

lat_status rep_layer_tree(rep_study *study, rep_layer *layer,
                          lat_error *error)
{
    const lat_tree *tree = &layer->tree;
    size_t n = tree->points, k = layer->concepts.count;
    tree_work work = {NULL, NULL};
    uint32_t *scratch = NULL;
    lat_status status = LAT_OK;
    if (n != layer->concepts.size || k < 2 || k > n)
        return LAT_OK;
    layer->top = lat_arena_array(&study->arena, k, sizeof *layer->top);
    layer->order = lat_arena_array(&study->arena, k, sizeof *layer->order);
    work.labels = lat_new_array(n, sizeof *work.labels);
    work.member = lat_new_array(n, sizeof *work.member);
    scratch = lat_new_array(2 * k, sizeof *scratch);
    if (layer->top == NULL || layer->order == NULL || work.labels == NULL ||
        work.member == NULL || scratch == NULL) {
        status = lat_error_memory(error, n * 8);
        goto done;
    }
    status = lat_tree_cut(tree, k, work.labels, error);
    if (status != LAT_OK)
        goto done;
    for (size_t i = 0; i + 1 < n; i++) {
        uint32_t left = tree->merges[i].left;
        work.member[i] = left < n ? left : work.member[left - n];
    }
    if (rename_rows(layer, &work) && is_tree(layer, scratch))
        order_leaves(layer, scratch);
    else
        layer->top = NULL;
done:
    lat_free(work.labels);
    lat_free(work.member);
    lat_free(scratch);
    return status;
}
