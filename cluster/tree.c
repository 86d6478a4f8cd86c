/*
 * tree.c - cuts of a tree: flat clusters from its first merges.
 *
 * Rows are in order of height and a row's sides stand above it, so the cut
 * at K is what the first N-K rows leave, and one pass downwards from the
 * last of them gives every point the number of its highest cluster.
 */
#include "cluster.h"

void lat_tree_free(lat_tree *tree)
{
    lat_tree empty = {0};
    lat_free(tree->merges);
    *tree = empty;
}

/* owner[c] for points and the merges done: the highest cluster holding c. */
static void find_owners(const lat_tree *tree, size_t done, uint32_t *owner)
{
    for (size_t c = 0; c < tree->points + done; c++)
        owner[c] = (uint32_t)c;
    for (size_t t = done; t-- > 0;) {
        uint32_t top = owner[tree->points + t];
        owner[tree->merges[t].left] = top;
        owner[tree->merges[t].right] = top;
    }
}

lat_status lat_tree_cut(const lat_tree *tree, size_t k, uint32_t *labels,
                        lat_error *error)
{
    size_t n = tree->points;
    if (k == 0 || k > n)
        return lat_error_set(error, LAT_OUT_OF_RANGE,
                             "a cut into %llu clusters of %llu points, "
                             "expected 1 to as many as there are points",
                             (unsigned long long)k, (unsigned long long)n);
    size_t done = n - k, all = n + done;
    uint32_t *owner = lat_new_array(all, sizeof *owner);
    uint32_t *name = lat_new_array(all, sizeof *name);
    if (owner == NULL || name == NULL) {
        lat_free(owner);
        lat_free(name);
        return lat_error_memory(error, (uint64_t)all * 2 * sizeof *owner);
    }
    find_owners(tree, done, owner);
    uint32_t names = 0;
    for (size_t i = 0; i < n; i++) {
        if (name[owner[i]] == 0)
            name[owner[i]] = ++names;
        labels[i] = name[owner[i]] - 1;
    }
    lat_free(owner);
    lat_free(name);
    return LAT_OK;
}

size_t lat_tree_count_at(const lat_tree *tree, double height)
{
    size_t low = 0, high = tree->points > 0 ? tree->points - 1 : 0;
    while (low < high) { /* the first row above height */
        size_t middle = low + (high - low) / 2;
        if (tree->merges[middle].height <= height)
            low = middle + 1;
        else
            high = middle;
    }
    return tree->points - low;
}

double lat_tree_inertia(const lat_tree *tree, size_t k)
{
    size_t n = tree->points, most = n > 0 ? n - 1 : 0;
    size_t done = k < n ? n - k : 0;
    double sum = 0;
    for (size_t t = 0; t < done && t < most; t++)
        sum += tree->merges[t].height * tree->merges[t].height / 2;
    return sum;
}
