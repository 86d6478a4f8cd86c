/*
 * clustering_int.h - points into K clusters by the method that --method
 * names; what `latent cluster` and `latent run` share.
 *
 *              Ward                     K-Means, Leaders
 *     points ──> tree ──> any cut       points ──> labels of one K
 *
 * A tree is made once and cut at every K; the other methods start anew for
 * each K, and have a tree beside them only with --compare.
 */
#ifndef LATENT_CLUSTERING_INT_H
#define LATENT_CLUSTERING_INT_H

#include "../cluster/cluster.h"
#include "cli_int.h"

/* Entries of a verb's option table; the verb has --seed as well. */
#define OPTIONS_METHOD                                                      \
    {"method", 0, CLI_TEXT, "METHOD",                                       \
     "ward (exact), kmeans, or leaders (then Ward on them)", "ward"},       \
    {"tau", 0, CLI_NUMBER, "T",                                             \
     "leaders: distance within which a point joins one; 0: found from "     \
     "--leaders", "0"},                                                     \
    {"leaders", 0, CLI_COUNT, "N", "leaders: about how many", "10000"},     \
    {"compare", 0, CLI_FLAG, NULL,                                          \
     "kmeans, leaders: also run Ward and give the adjusted Rand index",     \
     NULL}

typedef enum clustering_method {
    CLUSTERING_WARD, CLUSTERING_KMEANS, CLUSTERING_LEADERS
} clustering_method;
/* "ward", "kmeans", "leaders" */
extern const char *const clustering_names[];

typedef struct clustering_how {
    clustering_method method;
    double tau;
    size_t leaders;
    uint64_t seed;
    bool compare;
} clustering_how;

/* N x H, row-major. */
typedef struct clustering_points {
    const float *x;
    size_t n, h;
} clustering_points;

/* How good a cut is, and what it took. */
typedef struct clustering_quality {
    clustering_method method;
    size_t k;
    double within;  /* sum of squared distances to the own cluster's mean */
    double rand;    /* adjusted Rand index with Ward's cut; NaN: not made */
    size_t rounds;  /* kmeans: until no label changed, else 0 */
    size_t leaders; /* leaders: found, and at which tau; else 0 */
    double tau;
} clustering_quality;

/* LAT_USAGE for a method that there is not, and for leaders that cannot
 * give `k` clusters. */
lat_status clustering_read(clustering_how *out, const cli_call *call,
                           size_t k, lat_error *error);
/* Is a tree of all points made on the way? */
bool clustering_has_tree(const clustering_how *how);
/* Bytes that clustering into k needs besides the points. */
uint64_t clustering_memory(const clustering_how *how, size_t n, size_t h,
                           size_t k, size_t threads);
/* LAT_NO_MEMORY when `more` bytes would pass --memory; says how much is
 * needed, before the work. */
lat_status clustering_afford(const cli_call *call, uint64_t more,
                             lat_error *error);
/* The tree, empty when there is none.  checkpoint may be NULL. */
lat_status clustering_tree(lat_tree *out, cli_call *call,
                           const clustering_how *how,
                           const clustering_points *points,
                           const char *checkpoint, lat_error *error);
/* labels: N, numbered by first appearance.  `tree` is clustering_tree's. */
lat_status clustering_cut(uint32_t *labels, clustering_quality *quality,
                          cli_call *call, const clustering_how *how,
                          const clustering_points *points,
                          const lat_tree *tree, size_t k, lat_error *error);
/* One line on standard error; `where` stands before it ("" or "name: "). */
void clustering_say(const cli_call *call, const char *where,
                    const clustering_quality *quality);

#endif
