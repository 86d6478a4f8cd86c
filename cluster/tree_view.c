/*
 * tree_view.c - a tree as a drawing needs it: points from left to right, and
 * where the concepts of a cut hang.
 *
 *               8            K = 3: concepts 4, 6 and 5
 *            +--+--+         parent of 4 and 6: 7; 6 is the sibling of 4
 *            7     |         parent of 5: 8; its sibling 7 spans 4 and 6
 *          +-+-+   |
 *      ----4---6---5----     the cut
 *         /|   |\  |\
 */
#include "cluster.h"

#include <math.h>

/* Nodes below `first_open` from left to right. */
static lat_status walk(const lat_tree *tree, uint32_t first_open,
                       uint32_t *out, lat_error *error)
{
    size_t n = tree->points, depth = 0, count = 0;
    /* Every step takes one node and puts at most two: n is enough. */
    uint32_t *stack = lat_new_array(n + 1, sizeof *stack);
    if (stack == NULL)
        return lat_error_memory(error, (uint64_t)n * sizeof *stack);
    if (n > 0)
        stack[depth++] = (uint32_t)(2 * n - 2);
    while (depth > 0) {
        uint32_t node = stack[--depth];
        if (node < first_open) {
            out[count++] = node;
            continue;
        }
        const lat_merge *row = &tree->merges[node - n];
        stack[depth++] = row->right;
        stack[depth++] = row->left;
    }
    lat_free(stack);
    return LAT_OK;
}

lat_status lat_tree_order(const lat_tree *tree, uint32_t *order,
                          lat_error *error)
{
    return walk(tree, (uint32_t)tree->points, order, error);
}

static uint32_t node_size(const lat_tree *tree, uint32_t node)
{
    return node < tree->points ? 1 : tree->merges[node - tree->points].size;
}

static double node_height(const lat_tree *tree, uint32_t node)
{
    return node < tree->points ? 0
                               : tree->merges[node - tree->points].height;
}

/* Which concepts every node above the cut spans, from the bottom up. */
static void link_concepts(const lat_tree *tree, size_t k, uint32_t *from,
                          uint32_t *to, lat_concept_node *by_node[])
{
    size_t n = tree->points;
    for (size_t t = n - k; t + 1 < n; t++) {
        uint32_t side[2] = {tree->merges[t].left, tree->merges[t].right};
        uint32_t self = (uint32_t)(n + t);
        from[self] = from[side[0]];
        to[self] = to[side[1]];
        for (size_t s = 0; s < 2; s++) {
            lat_concept_node *node = by_node[side[s]];
            if (node == NULL)
                continue;
            node->parent = self;
            node->parent_height = tree->merges[t].height;
            node->sibling = side[1 - s];
            node->sibling_from = from[side[1 - s]];
            node->sibling_to = to[side[1 - s]];
        }
    }
}

lat_status lat_tree_concepts(const lat_tree *tree, size_t k,
                             lat_concept_node *nodes, uint32_t *order,
                             lat_error *error)
{
    size_t n = tree->points, all = n > 0 ? 2 * n - 1 : 0;
    uint32_t *labels = lat_new_array(n, sizeof *labels);
    uint32_t *leaves = lat_new_array(n, sizeof *leaves);
    uint32_t *from = lat_new_array(all, sizeof *from);
    uint32_t *to = lat_new_array(all, sizeof *to);
    lat_concept_node **by_node = lat_new_array(all, sizeof *by_node);
    lat_status status = LAT_OK;
    if (labels == NULL || leaves == NULL || from == NULL || to == NULL
        || by_node == NULL) {
        status = lat_error_memory(error, (uint64_t)n * 40);
        goto done;
    }
    status = lat_tree_cut(tree, k, labels, error);
    if (status == LAT_OK)
        status = walk(tree, (uint32_t)(2 * n - k), order, error);
    if (status == LAT_OK)
        status = lat_tree_order(tree, leaves, error);
    if (status != LAT_OK)
        goto done;
    /* `order` holds the nodes of the cut; their leaves come in the same
     * order, the first of each tells the label. */
    size_t leaf = 0;
    for (size_t i = 0; i < k; i++) {
        uint32_t node = order[i], label = labels[leaves[leaf]];
        lat_concept_node one = {.node = node, .parent = LAT_NO_NODE,
                                .sibling = LAT_NO_NODE,
                                .size = node_size(tree, node),
                                .height = node_height(tree, node),
                                .parent_height = INFINITY};
        nodes[label] = one;
        by_node[node] = &nodes[label];
        from[node] = (uint32_t)i;
        to[node] = (uint32_t)i + 1;
        order[i] = label;
        leaf += one.size;
    }
    link_concepts(tree, k, from, to, by_node);
done:
    lat_free(labels);
    lat_free(leaves);
    lat_free(from);
    lat_free(to);
    lat_free(by_node);
    return status;
}
