/* Cuts by height, order, concepts in the tree, Newick and R text. */
#include <unistd.h>

#include "ward_check_int.h"

static char path[64];

static void check_text(const lat_tree *tree)
{
    static const char *const names[] = {"a", "it's", "b c", "d"};
    lat_error error = {0};
    lat_map map = {0};
    CHECK(lat_tree_write_newick(tree, NULL, path, NULL, &error) == LAT_OK);
    CHECK(lat_map_open(&map, path, &error) == LAT_OK);
    /* Points 0 1 at 0 and 1, 2 3 at 5 and 7: heights 1, 2, sqrt(30.25*2) */
    CHECK(map.size > 20 && memcmp(map.data, "((0:1,1:1):", 11) == 0);
    CHECK(memcmp(map.data + map.size - 3, ");\n", 3) == 0);
    lat_map_close(&map);
    CHECK(lat_tree_write_newick(tree, names, path, NULL, &error) == LAT_OK);
    CHECK(lat_map_open(&map, path, &error) == LAT_OK);
    CHECK(memcmp(map.data, "((a:1,'it''s':1):", 17) == 0);
    lat_map_close(&map);
    CHECK(lat_tree_write_r(tree, path, NULL, &error) == LAT_OK);
    CHECK(lat_map_open(&map, path, &error) == LAT_OK);
    static const char want[] =
        "structure(list(merge = matrix(as.integer(c(-1,-2,\n-3,-4,\n1,2)), "
        "ncol = 2, byrow = TRUE),\nheight = c(1,\n2,\n";
    CHECK(map.size > sizeof want
          && memcmp(map.data, want, sizeof want - 1) == 0);
    lat_map_close(&map);
}

static void check_small(void)
{
    lat_error error = {0};
    lat_tree tree = {0};
    float x[] = {0, 1, 5, 7};
    uint32_t order[4];
    lat_concept_node nodes[4];
    CHECK(lat_cluster_ward(&tree, NULL, x, 4, 1, NULL, &error) == LAT_OK);
    CHECK(lat_tree_count_at(&tree, 0.5) == 4);
    CHECK(lat_tree_count_at(&tree, 1) == 3);
    CHECK(lat_tree_count_at(&tree, 2) == 2);
    CHECK(lat_tree_count_at(&tree, 1e9) == 1);
    CHECK(lat_tree_concepts(&tree, 3, nodes, order, &error) == LAT_OK);
    CHECK(nodes[0].node == 4 && nodes[1].node == 2 && nodes[2].node == 3);
    CHECK(nodes[0].parent == 6 && nodes[0].sibling == 5);
    CHECK(nodes[0].sibling_from == 1 && nodes[0].sibling_to == 3);
    CHECK(nodes[1].parent == 5 && nodes[1].sibling == 3);
    CHECK(nodes[2].sibling == 2 && nodes[2].parent_height > 1.99);
    CHECK(order[0] == 0 && order[1] == 1 && order[2] == 2);
    CHECK(lat_tree_concepts(&tree, 1, nodes, order, &error) == LAT_OK);
    CHECK(nodes[0].node == 6 && nodes[0].parent == LAT_NO_NODE);
    CHECK(lat_tree_concepts(&tree, 5, nodes, order, &error)
          == LAT_OUT_OF_RANGE);
    check_text(&tree);
    lat_tree_free(&tree);
}

/* On a larger tree: every sibling range holds exactly the concepts that the
 * next coarser cuts join with it. */
static void check_large(void)
{
    lat_error error = {0};
    lat_tree tree = {0};
    size_t n = 300, k = 40;
    float *x = check_points(KIND_CLUMPS, n, 6, 8);
    uint32_t fine[300], coarse[300], order[300], points[300];
    lat_concept_node nodes[40];
    bool seen[300] = {false};
    CHECK(lat_cluster_ward(&tree, NULL, x, n, 6, NULL, &error) == LAT_OK);
    CHECK(lat_tree_order(&tree, points, &error) == LAT_OK);
    for (size_t i = 0; i < n; i++) {
        CHECK(!seen[points[i]]);
        seen[points[i]] = true;
    }
    CHECK(lat_tree_concepts(&tree, k, nodes, order, &error) == LAT_OK);
    CHECK(lat_tree_cut(&tree, k, fine, &error) == LAT_OK);
    for (size_t c = 0; c < k; c++) {
        size_t row = nodes[c].parent - n, size = 0;
        bool mine[300] = {false};
        /* After its parent's row: one cluster of it and its sibling. */
        CHECK(lat_tree_cut(&tree, n - row - 1, coarse, &error) == LAT_OK);
        mine[c] = true;
        for (uint32_t s = nodes[c].sibling_from; s < nodes[c].sibling_to; s++)
            mine[order[s]] = true;
        uint32_t joint = UINT32_MAX;
        for (size_t i = 0; i < n; i++)
            if (fine[i] == c)
                joint = coarse[i];
        for (size_t i = 0; i < n; i++) {
            size += fine[i] == c;
            CHECK(mine[fine[i]] == (coarse[i] == joint));
        }
        CHECK(size == nodes[c].size);
    }
    lat_tree_free(&tree);
    lat_free(x);
}

int main(void)
{
    snprintf(path, sizeof path, "/tmp/test_tree_view.%ld", (long)getpid());
    check_small();
    check_large();
    unlink(path);
    return harness_end("test_tree_view");
}
