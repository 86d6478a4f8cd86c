/*
 * ward_int.h - what the files of the Ward clusterer share.
 *
 *   points (N x H float)
 *     | ward_points.c   copies collapsed, mean taken off, scaled by 2^-shift
 *     v
 *   slots 0..U-1        one for each distinct point, in order of appearance
 *     | ward_rounds.c   joins until one cluster is left
 *     v
 *   joins (U-1)         pairs of slots with their D, children before parents
 *     | ward_order.c    the order a globally smallest-first run would take
 *     v
 *   lat_tree (N-1 rows)
 *
 * A cluster is named by its slot: the smallest member's.  When a < b join,
 * slot a holds the union and slot b is dead.  Slots are numbered as points
 * are, so comparing slots is comparing smallest members.
 *
 * D(a, b) = 2 na nb / (na + nb) * |ca - cb|^2 in the scaled coordinates, a
 * function of the two clusters' bits alone: the same whenever it is asked.
 */
#ifndef LATENT_WARD_INT_H
#define LATENT_WARD_INT_H

#include "cluster.h"

#define LAT_NO_SLOT UINT32_MAX
/* Rows in a task that walks over all points. */
#define LAT_WARD_CHUNK 1024

/* left < right: smallest members (slots in the core, point numbers in the
 * ordering) of the clusters that join at D. */
typedef struct lat_join {
    uint32_t left, right;
    double d;
} lat_join;

/* The points as the core sees them, and the clusters alive. */
typedef struct lat_ward {
    const lat_kernels *kernels;
    lat_pool *pool;
    const lat_ward_options *options;
    const float *points;
    size_t n, h;
    size_t slots;    /* U: distinct points */
    uint32_t *row;   /* U: a slot's first point; increasing */
    uint32_t *copy;  /* n: a point's slot */
    double *mean;    /* h */
    double scale;    /* 2^-shift: coordinates end in [-1, 1] */
    int shift;
    uint32_t *size;  /* U: points of the cluster in a slot; 0 = dead */
    double **centre; /* U: its centroid, NULL = the point itself */
    double **spare;  /* centroid blocks to hand out again */
    size_t spares;
    double **blocks; /* what was allocated for centroids */
    size_t block_count, block_room;
    lat_join *joins; /* U-1 */
    size_t joined;
    uint64_t looked; /* float distances looked at */
} lat_ward;

/* ward_points.c */
lat_status lat_ward_prepare(lat_ward *ward, lat_error *error);
void lat_ward_release(lat_ward *ward);
/* The centroid of a slot: its own array, or `scratch` (h) filled. */
const double *lat_ward_centre(const lat_ward *ward, uint32_t slot,
                              double *scratch);
/* D of slots, x being the centroid of a. */
double lat_ward_distance(const lat_ward *ward, uint32_t a, const double *x,
                         uint32_t b, double *scratch);
/* Room for the centroid of a join of a and b; serial. */
lat_status lat_ward_room(lat_ward *ward, uint32_t a, uint32_t b,
                         double **out, lat_error *error);
/* Fills `out` with the centroid of a and b; two scratches of h. */
void lat_ward_blend(const lat_ward *ward, uint32_t a, uint32_t b,
                    double *out, double *scratch);
/* Slot a becomes the union (centroid `centre`), b dies; serial. */
void lat_ward_join_slots(lat_ward *ward, uint32_t a, uint32_t b, double d,
                         double *centre);

/* ward_rounds.c: from U clusters to one. */
lat_status lat_ward_rounds(lat_ward *ward, lat_error *error);

/* ward_order.c */
lat_status lat_ward_order(lat_tree *out, const lat_ward *ward,
                          lat_error *error);

/* True when pair (d, a, b) comes before (e, p, q); a < b, p < q. */
static inline bool lat_ward_before(double d, uint32_t a, uint32_t b,
                                   double e, uint32_t p, uint32_t q)
{
    if (d != e)
        return d < e;
    return a != p ? a < p : b < q;
}

#endif
