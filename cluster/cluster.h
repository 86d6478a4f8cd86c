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
    lat_progress *progress; /* or NULL */
    const char *checkpoint; /* NULL, or a file in which the joins so far are
                               kept: read if it is of these points, removed
                               when the tree is done */
    double seconds;         /* between checkpoints; 0 = 60 */
} lat_ward_options;
#define LAT_WARD_OPTIONS {0, NULL, NULL, 0}

/* points: N x H float32, row-major, not kept; NaN and infinity are refused
 * with the row (LAT_OUT_OF_RANGE).  Exact: the tree is bit for bit that of a
 * run that joins one pair at a time, the smallest by distance (in double),
 * then by the smaller of its two clusters' smallest members, then by the
 * other's; exact copies of a point are joined first, each to the first of
 * them.  Same merges for any pool, CPU level, `neighbours` and after any
 * checkpoint (`distances` then counts the last run only).  LAT_INTERRUPTED
 * within some 50 ms of lat_interrupt_set a thread at a time; what was done
 * is then in the checkpoint. */
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
/* SciPy's Z as npy, float64 (N-1) x 4; and back (checked). */
lat_status lat_tree_write(const lat_tree *tree, const char *path,
                          unsigned char *sha256, lat_error *error);
lat_status lat_tree_read(lat_tree *out, const char *path, lat_error *error);

#ifdef __cplusplus
}
#endif
#endif
