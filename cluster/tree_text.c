/*
 * tree_text.c - a tree as text for other programs: Newick, and R's hclust.
 *
 * Newick:  (2:3,(0:1,1:1):2);     a branch is as long as the height of its
 *                                 parent less its own; points are at 0
 * R:       structure(list(merge = matrix(c(-1,-2,-3,1), ncol = 2, byrow =
 *          TRUE), height = c(1,3), order = c(3L,1L,2L), ...)
 *          merge: -i is point i (from 1), t the cluster of row t (from 1)
 */
#include "cluster.h"

#include <string.h>

typedef struct text_writer {
    lat_output *output;
    lat_error *error;
    lat_status status;
} text_writer;

static void put(text_writer *w, const char *text)
{
    if (w->status == LAT_OK)
        w->status = lat_output_write(w->output, text, strlen(text),
                                     w->error);
}

static void put_number(text_writer *w, double value)
{
    char text[LAT_NUMBER_TEXT];
    lat_number_text(value, text);
    put(w, text);
}

/* Quoted as Newick asks when the name has more than letters and digits. */
static void put_name(text_writer *w, const char *name)
{
    bool plain = name[0] != '\0';
    for (const char *c = name; *c != '\0'; c++)
        plain = plain && ((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z')
                          || (*c >= '0' && *c <= '9'));
    if (plain) {
        put(w, name);
        return;
    }
    put(w, "'");
    for (const char *c = name; *c != '\0'; c++) {
        char one[3] = {*c, *c == '\'' ? '\'' : '\0', '\0'};
        put(w, one);
    }
    put(w, "'");
}

static double height_of(const lat_tree *tree, uint32_t node)
{
    return node < tree->points ? 0
                               : tree->merges[node - tree->points].height;
}

/* One node on the way: opened, between its sides, or done. */
typedef struct newick_step {
    uint32_t node, sides;
} newick_step;

static void put_newick(text_writer *w, const lat_tree *tree,
                       const char *const *names, newick_step *stack)
{
    size_t n = tree->points, depth = 0;
    newick_step root = {(uint32_t)(2 * n - 2), 0};
    stack[depth++] = root;
    while (depth > 0 && w->status == LAT_OK) {
        newick_step *top = &stack[depth - 1];
        uint32_t node = top->node;
        if (node >= n && top->sides < 2) {
            const lat_merge *row = &tree->merges[node - n];
            newick_step next = {top->sides == 0 ? row->left : row->right, 0};
            put(w, top->sides == 0 ? "(" : ",");
            top->sides++;
            stack[depth++] = next;
            continue;
        }
        if (node >= n)
            put(w, ")");
        else if (names != NULL)
            put_name(w, names[node]);
        else
            put_number(w, node);
        depth--;
        if (depth > 0) {
            put(w, ":");
            put_number(w, height_of(tree, stack[depth - 1].node)
                              - height_of(tree, node));
        }
    }
    put(w, ";\n");
}

static lat_status finish(text_writer *w, unsigned char *sha256)
{
    if (w->status != LAT_OK) {
        lat_output_abort(w->output);
        return w->status;
    }
    return lat_output_commit(w->output, sha256, w->error);
}

lat_status lat_tree_write_newick(const lat_tree *tree,
                                 const char *const *names, const char *path,
                                 unsigned char *sha256, lat_error *error)
{
    text_writer w = {.error = error};
    newick_step *stack = lat_new_array(tree->points + 1, sizeof *stack);
    if (stack == NULL)
        return lat_error_memory(error, tree->points * sizeof *stack);
    lat_status status = lat_output_open(&w.output, path, error);
    if (status == LAT_OK) {
        if (tree->points > 0)
            put_newick(&w, tree, names, stack);
        else
            put(&w, ";\n");
        status = finish(&w, sha256);
    }
    lat_free(stack);
    return status;
}

static void put_merge_side(text_writer *w, const lat_tree *tree,
                           uint32_t node)
{
    double n = (double)tree->points;
    put_number(w, node < tree->points ? -1 - (double)node
                                      : (double)node - n + 1);
}

static void put_r(text_writer *w, const lat_tree *tree,
                  const uint32_t *order)
{
    size_t rows = tree->points > 0 ? tree->points - 1 : 0;
    put(w, "structure(list(merge = matrix(as.integer(c(");
    for (size_t t = 0; t < rows; t++) {
        put(w, t == 0 ? "" : ",\n");
        put_merge_side(w, tree, tree->merges[t].left);
        put(w, ",");
        put_merge_side(w, tree, tree->merges[t].right);
    }
    put(w, ")), ncol = 2, byrow = TRUE),\nheight = c(");
    for (size_t t = 0; t < rows; t++) {
        put(w, t == 0 ? "" : ",\n");
        put_number(w, tree->merges[t].height);
    }
    put(w, "),\norder = as.integer(c(");
    for (size_t i = 0; i < tree->points; i++) {
        put(w, i == 0 ? "" : ",\n");
        put_number(w, (double)order[i] + 1);
    }
    put(w, ")),\nlabels = NULL, method = \"ward.D2\", "
           "dist.method = \"euclidean\"), class = \"hclust\")\n");
}

lat_status lat_tree_write_r(const lat_tree *tree, const char *path,
                            unsigned char *sha256, lat_error *error)
{
    text_writer w = {.error = error};
    uint32_t *order = lat_new_array(tree->points, sizeof *order);
    if (order == NULL)
        return lat_error_memory(error, tree->points * sizeof *order);
    lat_status status = lat_tree_order(tree, order, error);
    if (status == LAT_OK)
        status = lat_output_open(&w.output, path, error);
    if (status == LAT_OK) {
        put_r(&w, tree, order);
        status = finish(&w, sha256);
    }
    lat_free(order);
    return status;
}
