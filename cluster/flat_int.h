/* flat_int.h - helpers of the flat methods (K-Means, Leaders). */
#ifndef LATENT_FLAT_INT_H
#define LATENT_FLAT_INT_H

#include <stdlib.h>

#include "cluster.h"

/* Labels below k become 0.. by first appearance; *used of them. */
lat_status lat_flat_renumber(uint32_t *labels, size_t n, size_t k,
                             size_t *used, lat_error *error);
/* Refuses what cannot make k clusters, and NaN and infinity with the row. */
lat_status lat_flat_check(const float *points, size_t n, size_t h, size_t k,
                          lat_error *error);

/* Points against centres, for K-Means and Leaders: nearest.c.
 *
 * The nearest centre of every point, exactly: float products propose, every
 * centre that the float error leaves in doubt is measured in double.  The
 * mean is taken off both sides first. */
typedef struct lat_nearest {
    const lat_kernels *kernels;
    lat_pool *pool;
    const float *points;
    size_t n, h;
    double *mean;    /* h */
    size_t room;     /* most centres */
    size_t centres;
    double *centre;  /* room x h, mean taken off */
    float *panels;   /* packed floats of them */
    float *norm;     /* |c|^2 in float */
    float *tiles;    /* for each worker: rows, products, */
    double *scratch; /* and a row in double */
    double scale;    /* 2^-e: floats of coordinates stay in [-2, 2] */
} lat_nearest;
lat_status lat_nearest_create(lat_nearest *out, lat_pool *pool,
                              const float *points, size_t n, size_t h,
                              size_t room, lat_error *error);
void lat_nearest_free(lat_nearest *nearest);
/* Row i less the mean, scaled. */
void lat_nearest_row(const lat_nearest *nearest, size_t i, double *out);
/* After `centre` was written: packs centres first..centres. */
void lat_nearest_pack(lat_nearest *nearest, size_t first);
/* label[i], d[i] (squared, scaled) for points from..to; the smaller number
 * among equals.  With no centre: label UINT32_MAX, d infinity. */
void lat_nearest_find(const lat_nearest *nearest, size_t from, size_t to,
                      uint32_t *label, double *d);

#endif
