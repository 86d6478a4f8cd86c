/*
 * sample.c - made-up points that cluster as contextual word vectors do, for
 * timing: topics of uneven size (Zipf) and width in a space of few dimensions,
 * noise by a power law over the coordinates, two outlier coordinates with a
 * common mean, three in ten near copies of a point before, one in a hundred
 * an exact one.
 */
#include "cluster.h"

#include <math.h>

#define TOPICS 600
#define LATENT 60

typedef struct sample_state {
    lat_random random;
    size_t h;
    float *centre; /* TOPICS x h */
    double weight[TOPICS]; /* cumulative */
    double width[TOPICS];  /* of the noise, */
    double *fall;          /* h: and how it falls over the coordinates */
} sample_state;

static double power(double x, double e)
{
    return lat_exp(e * lat_log(x));
}

static lat_status make_topics(sample_state *s, lat_error *error)
{
    size_t h = s->h;
    double sum = 0;
    float *basis = lat_new_array(LATENT * h, sizeof *basis);
    s->centre = lat_new_array(TOPICS * h, sizeof *s->centre);
    s->fall = lat_new_array(h, sizeof *s->fall);
    if (basis == NULL || s->centre == NULL || s->fall == NULL) {
        lat_free(basis);
        return lat_error_memory(error, TOPICS * h * sizeof *basis);
    }
    for (size_t j = 0; j < h; j++)
        s->fall[j] = power(1 + (double)(j * 7919 % h), -0.18);
    for (size_t i = 0; i < LATENT * h; i++)
        basis[i] = (float)(lat_random_normal(&s->random) /
                           sqrt(LATENT));
    for (size_t t = 0; t < TOPICS; t++) {
        sum += power(1 + (double)t, -0.9);
        s->weight[t] = sum;
        s->width[t] = 0.5 + 0.7 * lat_random_unit(&s->random);
        for (size_t q = 0; q < LATENT; q++) {
            float z = 0.6f * (float)lat_random_normal(&s->random);
            for (size_t j = 0; j < h; j++)
                s->centre[t * h + j] += z * basis[q * h + j];
        }
    }
    lat_free(basis);
    return LAT_OK;
}

static void copy_row(sample_state *s, float *row, const float *like,
                     bool exact)
{
    for (size_t j = 0; j < s->h; j++) {
        double near = exact ? 0 : 1e-3 * lat_random_normal(&s->random);
        row[j] = like[j] * (float)(1 + near);
    }
}

static void topic_row(sample_state *s, float *row)
{
    size_t t = 0, h = s->h;
    double pick = lat_random_unit(&s->random) * s->weight[TOPICS - 1];
    while (t + 1 < TOPICS && s->weight[t] < pick)
        t++;
    for (size_t j = 0; j < h; j++) {
        double noise = 1.2 * s->width[t] * s->fall[j];
        double far = j == h * 2 / 5 ? -8 : j == h / 2 ? 4 : 0;
        row[j] = (float)((double)s->centre[t * h + j] + far +
                         noise * lat_random_normal(&s->random));
    }
}

lat_status lat_cluster_sample(float *out, size_t n, size_t h, uint64_t seed,
                              lat_error *error)
{
    sample_state s = {.h = h};
    lat_random_seed(&s.random, seed, n);
    lat_status status = make_topics(&s, error);
    for (size_t i = 0; i < n && status == LAT_OK; i++) {
        double dice = lat_random_unit(&s.random);
        if (i > 100 && dice < 0.31)
            copy_row(&s, out + i * h,
                     out + (size_t)lat_random_below(&s.random, i) * h,
                     dice < 0.01);
        else
            topic_row(&s, out + i * h);
    }
    lat_free(s.centre);
    lat_free(s.fall);
    return status;
}
