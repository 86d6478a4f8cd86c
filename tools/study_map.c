/*
 * study_map.c - a layer's concepts on a plane, map.tsv in its folder.
 *
 * The coordinates are the first two principal components of the concepts'
 * centroids (unweighted: a concept is a point, however large).  Vectors are
 * gone after the clustering, so the map is made there; the report only draws
 * it.
 *
 * Power iteration with a fixed start and order of sums: the same bytes
 * everywhere.  K x H products a step; a step more separates components whose
 * eigenvalues differ by a part in a hundred by the same part.
 */
#include "study_int.h"

#include <math.h>
#include <string.h>

enum { MAP_STEPS = 200 };

typedef struct map_work {
    size_t k, h;
    double *centroids; /* K x H, centred */
    double *axes[2];   /* H each */
    double *next;      /* H */
    double share[2];   /* of the variance of the centroids */
} map_work;

static bool map_open(map_work *m, size_t k, size_t h)
{
    memset(m, 0, sizeof *m);
    size_t cells = 0;
    m->k = k;
    m->h = h;
    if (!lat_size_mul(k, h, &cells))
        return false;
    m->centroids = lat_new_array(cells, sizeof *m->centroids);
    m->axes[0] = lat_new_array(h, sizeof(double));
    m->axes[1] = lat_new_array(h, sizeof(double));
    m->next = lat_new_array(h, sizeof *m->next);
    return m->centroids != NULL && m->axes[0] != NULL &&
           m->axes[1] != NULL && m->next != NULL;
}

static void map_close(map_work *m)
{
    lat_free(m->centroids);
    lat_free(m->axes[0]);
    lat_free(m->axes[1]);
    lat_free(m->next);
}

/* vectors: n x H; labels: n, concept 0..K-1 of each. */
static void add_vectors(map_work *m, const float *vectors,
                        const uint32_t *labels, size_t n,
                        const lat_concepts *concepts)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m->h; j++)
            m->centroids[labels[i] * m->h + j] += vectors[i * m->h + j];
    for (size_t c = 0; c < m->k; c++) {
        double size =
            (double)(concepts->starts[c + 1] - concepts->starts[c]);
        for (size_t j = 0; j < m->h; j++)
            m->centroids[c * m->h + j] /= size;
    }
    for (size_t j = 0; j < m->h; j++) {
        double mean = 0.0;
        for (size_t c = 0; c < m->k; c++)
            mean += m->centroids[c * m->h + j];
        mean /= (double)m->k;
        for (size_t c = 0; c < m->k; c++)
            m->centroids[c * m->h + j] -= mean;
    }
}

static double dot(const double *a, const double *b, size_t h)
{
    double sum = 0.0;
    for (size_t j = 0; j < h; j++)
        sum += a[j] * b[j];
    return sum;
}

/* Makes v a unit vector; false when it is 0. */
static bool normalise(double *v, size_t h)
{
    double norm = sqrt(dot(v, v, h));
    if (!(norm > 0.0))
        return false;
    for (size_t j = 0; j < h; j++)
        v[j] /= norm;
    return true;
}

static void remove_axis(double *v, const double *axis, size_t h)
{
    double along = dot(v, axis, h);
    for (size_t j = 0; j < h; j++)
        v[j] -= along * axis[j];
}

/* One axis: starts at the centroid farthest from the mean (after the first
 * axis is taken out), points where its largest coordinate is positive. */
static void find_axis(map_work *m, int number)
{
    double *axis = m->axes[number], best = -1.0;
    for (size_t c = 0; c < m->k; c++) {
        memcpy(m->next, &m->centroids[c * m->h], m->h * sizeof *m->next);
        if (number == 1)
            remove_axis(m->next, m->axes[0], m->h);
        double norm = dot(m->next, m->next, m->h);
        if (norm > best) {
            best = norm;
            memcpy(axis, m->next, m->h * sizeof *axis);
        }
    }
    if (!normalise(axis, m->h))
        return; /* all centroids on a point or a line */
    for (int step = 0; step < MAP_STEPS; step++) {
        memset(m->next, 0, m->h * sizeof *m->next);
        for (size_t c = 0; c < m->k; c++) {
            const double *row = &m->centroids[c * m->h];
            double along = dot(row, axis, m->h);
            for (size_t j = 0; j < m->h; j++)
                m->next[j] += along * row[j];
        }
        if (number == 1)
            remove_axis(m->next, m->axes[0], m->h);
        if (!normalise(m->next, m->h))
            break;
        double agreement = dot(m->next, axis, m->h);
        memcpy(axis, m->next, m->h * sizeof *axis);
        if (agreement > 1.0 - 1e-12)
            break;
    }
    size_t top = 0;
    for (size_t j = 1; j < m->h; j++)
        if (fabs(axis[j]) > fabs(axis[top]))
            top = j;
    for (size_t j = 0; axis[top] < 0.0 && j < m->h; j++)
        if (j != top)
            axis[j] = -axis[j];
    axis[top] = fabs(axis[top]);
}

static void find_shares(map_work *m)
{
    double total = dot(m->centroids, m->centroids, m->k * m->h);
    for (int a = 0; a < 2; a++) {
        double sum = 0.0;
        for (size_t c = 0; c < m->k; c++) {
            double along = dot(&m->centroids[c * m->h], m->axes[a], m->h);
            sum += along * along;
        }
        m->share[a] = total > 0.0 ? sum / total : 0.0;
    }
}

lat_status study_map(const study *s, int side, size_t layer,
                     const float *vectors, const uint32_t *labels,
                     const lat_concepts *concepts, lat_error *error)
{
    map_work m;
    char name[64];
    lat_buffer text = {0};
    size_t h = s->readers[side].info->hidden;
    if (!map_open(&m, concepts->count, h)) {
        map_close(&m);
        return lat_error_memory(error, (uint64_t)concepts->count * h * 8);
    }
    add_vectors(&m, vectors, labels, s->words.count, concepts);
    find_axis(&m, 0);
    find_axis(&m, 1);
    find_shares(&m);
    lat_buffer_text(&text, "concept\tx\ty\tx_variance\ty_variance\n");
    for (size_t c = 0; c < m.k; c++) {
        lat_buffer_format(&text, "%llu",
                          (unsigned long long)concepts->ids[c]);
        for (int a = 0; a < 2; a++) {
            lat_buffer_char(&text, '\t');
            lat_buffer_number(&text, dot(&m.centroids[c * h], m.axes[a], h));
        }
        for (int a = 0; a < 2; a++) {
            lat_buffer_char(&text, '\t');
            lat_buffer_number(&text, m.share[a]);
        }
        lat_buffer_char(&text, '\n');
    }
    map_close(&m);
    (void)snprintf(name, sizeof name, "%s/layer-%02zu/map.tsv",
                   study_side_names[side], layer);
    return study_write(s, name, &text, error);
}
