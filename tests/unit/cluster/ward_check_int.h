/*
 * ward_check_int.h - point sets for the Ward tests, and the check that every
 * merge of a tree is the globally smallest one (brute force in double).
 */
#ifndef LATENT_WARD_CHECK_INT_H
#define LATENT_WARD_CHECK_INT_H

#include <math.h>

#include "../../../cluster/cluster.h"
#include "../../harness.h"

enum {
    KIND_GAUSS,   /* isotropic */
    KIND_GRID,    /* small integers: ties and copies */
    KIND_COPIES,  /* a few points, each many times */
    KIND_OFFSET,  /* a mean of 1000 in every coordinate */
    KIND_CLUMPS,  /* clumps 1e-5 wide */
    KIND_LINE,    /* equal steps on a line: all ties */
    KIND_SAME,    /* all points equal */
    KIND_HUGE,    /* two coordinates 1e3 times the others */
    KIND_COUNT
};

/* n x h floats; free with lat_free. */
static inline float *check_points(int kind, size_t n, size_t h,
                                  uint64_t seed)
{
    lat_random random;
    float *x = lat_new_array(n * h, sizeof *x);
    lat_random_seed(&random, seed, (uint64_t)kind);
    for (size_t i = 0; i < n; i++) {
        size_t like = lat_random_below(&random, n / 5 + 1);
        for (size_t j = 0; j < h; j++) {
            double value = lat_random_normal(&random);
            if (kind == KIND_GRID)
                value = (double)lat_random_below(&random, 4);
            else if (kind == KIND_OFFSET)
                value += 1000;
            else if (kind == KIND_CLUMPS && i > n / 10)
                value = (double)x[i % (n / 10 + 1) * h + j] + value * 1e-5;
            else if (kind == KIND_LINE)
                value = (double)i;
            else if (kind == KIND_SAME)
                value = 0.1;
            else if (kind == KIND_HUGE && j < 2)
                value *= 1e3;
            if (kind == KIND_COPIES && like < i)
                value = (double)x[like * h + j];
            x[i * h + j] = (float)value;
        }
    }
    return x;
}

/* Centroids of live clusters and all distances between them. */
typedef struct check_state {
    size_t n, h;
    double *centre;  /* n x h */
    double *d;       /* n x n squared Ward distances */
    size_t *size;    /* 0 = dead */
    size_t *at;      /* 2n: where a cluster number lives */
} check_state;

static inline void check_row(check_state *s, size_t a)
{
    for (size_t b = 0; b < s->n; b++) {
        double sum = 0, na = (double)s->size[a], nb = (double)s->size[b];
        if (b == a || s->size[b] == 0)
            continue;
        for (size_t j = 0; j < s->h; j++) {
            double gap = s->centre[a * s->h + j] - s->centre[b * s->h + j];
            sum += gap * gap;
        }
        s->d[a * s->n + b] = s->d[b * s->n + a] = 2 * na * nb / (na + nb)
                                                  * sum;
    }
}

static inline double check_least(const check_state *s)
{
    double least = INFINITY;
    for (size_t a = 0; a < s->n; a++)
        for (size_t b = 0; b < a && s->size[a] != 0; b++)
            if (s->size[b] != 0 && s->d[a * s->n + b] < least)
                least = s->d[a * s->n + b];
    return least;
}

/* True when the rows are in form, heights do not fall, each height is the
 * Ward distance of its clusters and the least of all live pairs, and the
 * heights add up to the inertia.  Tolerance: `rel` of the height, or of 1e-9
 * of the root of the inertia for heights near nought, where cancelled
 * digits of the points are all there is. */
static inline bool check_tree(const lat_tree *tree, const float *x, size_t n,
                              size_t h, double rel)
{
    check_state s = {.n = n, .h = h};
    double inertia = 0, total = 0, before = 0;
    bool good = tree->points == n;
    s.centre = lat_new_array(n * h, sizeof *s.centre);
    s.d = lat_new_array(n * n, sizeof *s.d);
    s.size = lat_new_array(n, sizeof *s.size);
    s.at = lat_new_array(2 * n, sizeof *s.at);
    for (size_t j = 0; j < h; j++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += ((double)x[i * h + j] - (double)x[j]) / (double)n;
        for (size_t i = 0; i < n; i++) {
            double value = (double)x[i * h + j] - (double)x[j] - mean;
            s.centre[i * h + j] = value;
            inertia += value * value;
        }
    }
    for (size_t i = 0; i < n; i++) {
        s.size[i] = 1;
        s.at[i] = i;
        check_row(&s, i);
    }
    for (size_t t = 0; t + 1 < n && good; t++) {
        const lat_merge *row = &tree->merges[t];
        if (row->left >= row->right || row->right >= n + t) {
            good = false;
            break;
        }
        size_t a = s.at[row->left], b = s.at[row->right];
        double height = sqrt(s.d[a * n + b]), least = sqrt(check_least(&s));
        double slack = rel * fmax(height, 1e-9 * sqrt(inertia)) + 1e-300;
        good = s.size[a] != 0 && s.size[b] != 0 && a != b
               && row->size == s.size[a] + s.size[b]
               && row->height >= before
               && fabs(row->height - height) <= slack
               && height - least <= slack;
        double part = (double)s.size[b] / (double)row->size;
        for (size_t j = 0; j < h; j++)
            s.centre[a * h + j] += part * (s.centre[b * h + j]
                                           - s.centre[a * h + j]);
        s.size[a] += s.size[b];
        s.size[b] = 0;
        s.at[n + t] = a;
        check_row(&s, a);
        before = row->height;
        total += row->height * row->height / 2;
    }
    good = good && fabs(total - inertia) <= 1e-9 * inertia + 1e-300;
    lat_free(s.centre);
    lat_free(s.d);
    lat_free(s.size);
    lat_free(s.at);
    return good;
}

#endif
