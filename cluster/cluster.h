/*
 * cluster.h - points into concepts: exact Ward trees, cuts, linkage files.
 *
 *     lat_tree tree = {0};
 *     lat_ward_options options = LAT_WARD_OPTIONS;
 *     lat_cluster_ward(&tree, pool, points, N, H, &options, &error);
 *     uint32_t *labels = lat_alloc(N * sizeof *labels);
 *     lat_tree_cut(&tree, 600, labels, &error);
 *     lat_tree_free(&tree);
 *
 * Letters: N points, H their width, K clusters.  Ward's criterion on
 * Euclidean distance; height of a merge of A and B = sqrt(2|A||B|/(|A|+|B|))
 * * |centroid A - centroid B| (SciPy's "ward", R's "ward.D2").
 */
#ifndef LATENT_CLUSTER_H
#define LATENT_CLUSTER_H

#include "../base/base.h"
#include "../base/kernels/kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Row t merges clusters left < right (0..N-1 points, N+t the cluster that
 * row t makes) at `height`; `size` points.  Rows in order of height. */
typedef struct lat_merge {
    uint32_t left, right;
    double height;
    uint32_t size;
} lat_merge;
typedef struct lat_tree {
    size_t points;       /* N; merges are N-1 (0 when N is 0 or 1) */
    lat_merge *merges;
    uint64_t duplicates; /* N less the number of distinct points */
    uint64_t ties;       /* merges whose height equals the one before,
                            height 0 left out */
    uint64_t distances;  /* float distances looked at (cost factor) */
} lat_tree;
void lat_tree_free(lat_tree *tree);

typedef struct lat_ward_options {
    size_t neighbours;   /* candidate list length; 0 = chosen */
    size_t sketch;       /* directions of a first look at pairs; 0 = chosen
                            by the points, 1 = none */
    lat_progress *progress; /* or NULL */
    const char *checkpoint; /* NULL, or a file in which the joins and lists
                               of nearest so far are kept: read if it is of
                               these points, removed when the tree is done;
                               at most 550 bytes a point */
    double seconds;         /* between checkpoints; 0 = 45, to which a task
                               and the disk add some */
} lat_ward_options;
#define LAT_WARD_OPTIONS {0, 0, NULL, NULL, 0}

/* points: N x H float32, row-major, not kept; NaN and infinity are refused
 * with the row (LAT_OUT_OF_RANGE).  Exact: the tree is bit for bit that of a
 * run that joins one pair at a time, the smallest by distance (in double),
 * then by the smaller of its two clusters' smallest members, then by the
 * other's; exact copies of a point are joined first, each to the first of
 * them.  Same merges for any pool, CPU level, `neighbours`, `sketch` and any
 * checkpoint (`distances` then counts the last run only).  LAT_INTERRUPTED
 * within some 50 ms of lat_interrupt_set a thread at a time, and what the
 * disk takes: what was done is then in the checkpoint. */
lat_status lat_cluster_ward(lat_tree *out, lat_pool *pool,
                            const float *points, size_t n, size_t h,
                            const lat_ward_options *options,
                            lat_error *error);
/* Bytes that a call needs besides the points. */
uint64_t lat_cluster_ward_memory(size_t n, size_t h, size_t threads);

/* Labels 0..K-1 of the cut that the first N-K merges leave, numbered by
 * first appearance (point 0 is always in cluster 0).  1 <= K <= N. */
lat_status lat_tree_cut(const lat_tree *tree, size_t k, uint32_t *labels,
                        lat_error *error);
/* Clusters left by the merges of height <= `height`. */
size_t lat_tree_count_at(const lat_tree *tree, double height);
/* Sum over points of the squared distance to the mean of their cluster in
 * the cut at K, from the heights alone: a merge adds half of its height
 * squared (Ward 1963).  K above N gives 0, K = 0 what K = 1 does. */
double lat_tree_inertia(const lat_tree *tree, size_t k);
/* SciPy's Z as npy, float64 (N-1) x 4; and back (checked). */
lat_status lat_tree_write(const lat_tree *tree, const char *path,
                          unsigned char *sha256, lat_error *error);
lat_status lat_tree_read(lat_tree *out, const char *path, lat_error *error);

/* ---- Views of a tree (tree_view.c, tree_text.c) ------------------------ */

/* The points from left to right in a dendrogram: R's order (a point before
 * a cluster, an older cluster before a younger). */
lat_status lat_tree_order(const lat_tree *tree, uint32_t *order,
                          lat_error *error);

#define LAT_NO_NODE UINT32_MAX
/* A concept of the cut at K as a node of the tree.  Nodes are numbered as in
 * lat_merge; the root has no parent and no sibling.  The sibling is a node
 * over one or more concepts: order[sibling_from .. sibling_to) of them. */
typedef struct lat_concept_node {
    uint32_t node, parent, sibling;
    uint32_t size;
    double height, parent_height; /* of a point: 0; of no parent: infinity */
    uint32_t sibling_from, sibling_to;
} lat_concept_node;
/* nodes and order: K each; nodes by label of lat_tree_cut, order holds the
 * labels from left to right. */
lat_status lat_tree_concepts(const lat_tree *tree, size_t k,
                             lat_concept_node *nodes, uint32_t *order,
                             lat_error *error);
/* Newick with branch lengths; names of points, or NULL for their numbers.
 * Text that R reads with dget() as an hclust (merge, height, order). */
lat_status lat_tree_write_newick(const lat_tree *tree,
                                 const char *const *names, const char *path,
                                 unsigned char *sha256, lat_error *error);
lat_status lat_tree_write_r(const lat_tree *tree, const char *path,
                            unsigned char *sha256, lat_error *error);

/* ---- Cheaper methods (kmeans.c, leaders.c) ------------------------------ */

/* Flat clusters, numbered by first appearance. */
typedef struct lat_flat {
    size_t points, clusters;
    uint32_t *labels; /* points */
    double inertia;   /* sum of squared distances to the own centroid */
    size_t rounds;    /* K-Means: done; Leaders: 0 */
    bool settled;     /* K-Means: no label changed in the last round */
} lat_flat;
void lat_flat_free(lat_flat *flat);

/* K-Means: seeds by k-means++ (a point is drawn with probability in
 * proportion to its squared distance to the nearest seed), then Lloyd until
 * no label changes.  Labels are exact: nearest centroid in double, the
 * smaller number among equals.  A cluster left without points takes the
 * point that is farthest from its centroid (the smallest number among
 * equals) out of a cluster of two or more.  Same bytes for any pool. */
typedef struct lat_kmeans_options {
    size_t k;
    uint64_t seed;
    size_t rounds; /* most; 0 = 300 */
    lat_progress *progress; /* or NULL */
} lat_kmeans_options;
lat_status lat_cluster_kmeans(lat_flat *out, lat_pool *pool,
                              const float *points, size_t n, size_t h,
                              const lat_kmeans_options *options,
                              lat_error *error);

/* Leaders: in order, a point joins the nearest leader within tau (Euclidean;
 * the earlier among equals) or becomes one; then exact Ward on the means of
 * the leaders' points, cut at K.  tau = 0: found by halving so that there
 * are at most `leaders` of them, and nearly as many. */
typedef struct lat_leaders_options {
    size_t k;
    double tau;
    size_t leaders; /* used when tau is 0; at least k */
    lat_progress *progress; /* or NULL */
} lat_leaders_options;
typedef struct lat_leaders {
    lat_flat flat;
    size_t leaders;
    double tau;    /* used */
    lat_tree tree; /* of the leaders */
    uint32_t *leader; /* points: number of its leader */
} lat_leaders;
void lat_leaders_free(lat_leaders *leaders);
lat_status lat_cluster_leaders(lat_leaders *out, lat_pool *pool,
                               const float *points, size_t n, size_t h,
                               const lat_leaders_options *options,
                               lat_error *error);

/* Made-up points for timing (sample.c): n x h, clustered as the vectors of
 * words in context are. */
lat_status lat_cluster_sample(float *out, size_t n, size_t h, uint64_t seed,
                              lat_error *error);

/* ---- Quality (flat.c) ---------------------------------------------------- */

/* Sum over points of the squared distance to their cluster's mean.  Labels
 * are below k; LAT_OUT_OF_RANGE otherwise. */
lat_status lat_flat_inertia(double *out, const float *points, size_t n,
                            size_t h, const uint32_t *labels, size_t k,
                            lat_error *error);
/* Adjusted Rand index of two labellings of n points: 1 the same, 0 what
 * chance gives (Hubert and Arabie 1985).  Any labels. */
lat_status lat_flat_rand(double *out, const uint32_t *a, const uint32_t *b,
                         size_t n, lat_error *error);

#ifdef __cplusplus
}
#endif
#endif
