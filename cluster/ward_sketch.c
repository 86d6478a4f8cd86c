/*
 * ward_sketch.c - short rows whose distances are never larger than the
 * points' own, for a first look at a pair.
 *
 * P has q orthonormal rows, about the directions in which the points differ
 * most (two turns of orthogonal iteration on a sample).  The sketch of c is
 *
 *     s(c) = (P c, r(c)),   r(c) = sqrt(|c|^2 - |P c|^2)
 *
 * and |a-b|^2 = |P(a-b)|^2 + |(1-P'P)(a-b)|^2 >= |P a - P b|^2 + (r_a - r_b)^2
 * = |s(a) - s(b)|^2.  A sketch is as long as its point, so ward->norm serves
 * both, and the filter of ward_filter.c asks a product of sketches just what
 * it asks one of rows; what passes is multiplied out.
 *
 * Roundings.  Let |PP' - 1| <= 4e-13 (checked) and u = 2^-24.  Then r^2 from
 * double arithmetic errs by at most 1e-12 |c|^2, r by 1e-6 |c|, and
 *
 *     |s(a) - s(b)|^2 <= |a-b|^2 + 4.1e-6 (|a|^2 + |b|^2)
 *
 * where 4.1e-6 < 69 u.  A float product of w = q + 1 terms errs by less than
 * (w + 18) u (|a|^2 + |b|^2), filter and norms included; the norms pay for
 * (h + 20) u.  So sketches with w <= h - LAT_SKETCH_SPARE are safe.
 */
#include "ward_int.h"

#include <math.h>
#include <string.h>

#define SAMPLE 1024  /* points that directions and lengths are chosen by */
#define MOST 256     /* directions */
#define QUERIES 64   /* points of the sample whose survivors are counted */
#define FEWEST 12000 /* points that are worth the trouble */
/* What a survivor costs, against a term of a product: dots are slower. */
#define DOT_COST 3.5
#define OVERHEAD 16 /* of a pair whatever the length, in terms */

typedef struct sketcher {
    lat_ward *ward;
    double *basis;   /* MOST x h: P */
    size_t q;
    float *sample;   /* points x h */
    size_t points;
} sketcher;

/* Rows of the float points at even distances. */
static void take_sample(sketcher *k)
{
    const lat_ward *ward = k->ward;
    size_t h = ward->h;
    for (size_t i = 0; i < k->points; i++) {
        size_t place = i * ward->places / k->points;
        memcpy(k->sample + i * h, ward->rows + place * h,
               h * sizeof *k->sample);
    }
}

/* Takes from row i what lies along the rows before, twice; false if nothing
 * worth having is left. */
static bool orthogonalise(const sketcher *k, double *row, size_t i)
{
    const lat_kernels *kernels = k->ward->kernels;
    size_t h = k->ward->h;
    double before = kernels->dot64(row, row, h), after = 0;
    for (int turn = 0; turn < 2; turn++) {
        for (size_t j = 0; j < i; j++) {
            const double *other = k->basis + j * h;
            double along = kernels->dot64(row, other, h);
            for (size_t x = 0; x < h; x++)
                row[x] -= along * other[x];
        }
    }
    after = kernels->dot64(row, row, h);
    if (!(after > 1e-12 * before))
        return false;
    double scale = 1 / sqrt(after);
    for (size_t x = 0; x < h; x++)
        row[x] *= scale;
    return true;
}

/* The basis from q rows, which it leaves there too; those that depend on
 * others are left out. */
static void make_basis(sketcher *k, float *rows)
{
    size_t h = k->ward->h, count = k->q;
    k->q = 0;
    for (size_t i = 0; i < count; i++) {
        double *row = k->basis + k->q * h;
        for (size_t x = 0; x < h; x++)
            row[x] = (double)rows[i * h + x];
        k->q += orthogonalise(k, row, k->q);
    }
    for (size_t i = 0; i < k->q * h; i++)
        rows[i] = (float)k->basis[i];
}

/* rows = rows X' X for the sample X: one turn of orthogonal iteration. */
static lat_status turn_rows(const sketcher *k, float *rows, lat_error *error)
{
    const lat_kernels *kernels = k->ward->kernels;
    size_t h = k->ward->h, n = k->points, q = k->q;
    size_t room = lat_panels_size(n, h), other = lat_panels_size(h, n);
    float *panels = lat_alloc((room > other ? room : other) * sizeof *panels);
    float *products = lat_alloc(q * n * sizeof *products);
    lat_status status = LAT_OK;
    if (panels == NULL || products == NULL) {
        status = lat_error_memory(error, (room + q * n) * sizeof *panels);
        goto done;
    }
    kernels->pack_rows(panels, k->sample, h, n, h);
    lat_matmul job = {.m = q, .n = n, .k = h, .a = rows, .lda = h,
                      .b = panels, .c = products, .ldc = n};
    kernels->matmul(&job);
    kernels->pack_columns(panels, k->sample, h, h, n);
    lat_matmul back = {.m = q, .n = h, .k = n, .a = products, .lda = n,
                       .b = panels, .c = rows, .ldc = h};
    kernels->matmul(&back);
done:
    lat_free(panels);
    lat_free(products);
    return status;
}

static bool is_orthonormal(const sketcher *k)
{
    size_t h = k->ward->h;
    double worst = 0;
    for (size_t i = 0; i < k->q; i++)
        for (size_t j = 0; j <= i; j++) {
            double dot = k->ward->kernels->dot64(k->basis + i * h,
                                                 k->basis + j * h, h);
            double off = fabs(dot - (i == j ? 1.0 : 0.0));
            worst = off > worst ? off : worst;
        }
    return worst * (double)k->q <= 4e-13;
}

/* At most `most` directions, from what the sample's points look like. */
static lat_status find_basis(sketcher *k, size_t most, lat_error *error)
{
    size_t h = k->ward->h;
    float *rows = lat_alloc(most * h * sizeof *rows);
    lat_status status = LAT_OK;
    if (rows == NULL)
        return lat_error_memory(error, most * h * sizeof *rows);
    for (size_t i = 0; i < most; i++)
        memcpy(rows + i * h, k->sample + i * k->points / most * h,
               h * sizeof *rows);
    k->q = most;
    for (int turn = 0; turn < 2 && status == LAT_OK; turn++) {
        status = turn_rows(k, rows, error);
        if (status == LAT_OK)
            make_basis(k, rows);
    }
    if (!is_orthonormal(k))
        k->q = 0;
    lat_free(rows);
    return status;
}

/* The sketch of x by the first q rows of the basis. */
static void sketch_point(const lat_ward *ward, const double *basis, size_t q,
                         const double *x, float *out)
{
    double rest = ward->kernels->dot64(x, x, ward->h);
    for (size_t j = 0; j < q; j++) {
        double along = ward->kernels->dot64(basis + j * ward->h, x, ward->h);
        out[j] = (float)along;
        rest -= along * along;
    }
    out[q] = rest > 0 ? (float)sqrt(rest) : 0;
}

/* The distances that decide about pairs of the sample. */
typedef struct sketch_trial {
    const sketcher *maker;
    float *sketches; /* points x (q + 1) */
    float *square;   /* of each: |x|^2, */
    float *limit;    /* and the squared distance of its `rank` nearest */
    size_t rank;     /* at most LAT_WARD_ROOM */
} sketch_trial;

#define TRIAL_ROWS 64

static void sketch_sample(void *context, size_t i, size_t worker)
{
    const sketch_trial *trial = context;
    const sketcher *k = trial->maker;
    size_t h = k->ward->h;
    double *x = k->ward->scratch[worker].x;
    for (size_t j = 0; j < h; j++)
        x[j] = (double)k->sample[i * h + j];
    sketch_point(k->ward, k->basis, k->q, x,
                 trial->sketches + i * (k->q + 1));
}

static void find_limit(const sketcher *k, sketch_trial *trial, size_t i,
                       const float *products)
{
    lat_near list[LAT_WARD_ROOM];
    uint8_t count = 0;
    for (size_t j = 0; j < k->points; j++) {
        float d = trial->square[i] + trial->square[j] - 2 * products[j];
        lat_near entry = {d, (uint32_t)j};
        if (j != i
            && (count < trial->rank || d < list[trial->rank - 1].lower))
            lat_near_insert(list, &count, trial->rank, entry);
    }
    trial->limit[i] = count > 0 ? list[count - 1].lower : 0;
}

static lat_status find_limits(const sketcher *k, sketch_trial *trial,
                              lat_error *error)
{
    const lat_kernels *kernels = k->ward->kernels;
    size_t h = k->ward->h, n = k->points, room = lat_panels_size(n, h);
    float *panels = lat_alloc(room * sizeof *panels);
    float *products = lat_alloc(TRIAL_ROWS * n * sizeof *products);
    if (panels == NULL || products == NULL) {
        lat_free(panels);
        lat_free(products);
        return lat_error_memory(error, room * sizeof *panels);
    }
    kernels->pack_rows(panels, k->sample, h, n, h);
    for (size_t i = 0; i < n; i++)
        trial->square[i] = kernels->dot(k->sample + i * h,
                                        k->sample + i * h, h);
    for (size_t at = 0; at < n; at += TRIAL_ROWS) {
        size_t m = n - at < TRIAL_ROWS ? n - at : TRIAL_ROWS;
        lat_matmul job = {.m = m, .n = n, .k = h, .a = k->sample + at * h,
                          .lda = h, .b = panels, .c = products, .ldc = n};
        kernels->matmul(&job);
        for (size_t i = 0; i < m; i++)
            find_limit(k, trial, at + i, products + i * n);
    }
    lat_free(panels);
    lat_free(products);
    return LAT_OK;
}

/* sums[q / 32 - 1] grows by the points whose sketches of q directions are
 * nearer to the query's than the limit of either. */
static void count_query(const sketcher *k, const sketch_trial *trial,
                        size_t query, double *sums)
{
    size_t width = k->q + 1;
    const float *s = trial->sketches + query * width;
    for (size_t i = 0; i < k->points; i++) {
        const float *t = trial->sketches + i * width;
        float limit = trial->limit[i] > trial->limit[query]
                          ? trial->limit[i] : trial->limit[query];
        double sum = 0, rest = (double)trial->square[query];
        double other = (double)trial->square[i];
        for (size_t j = 0; j < k->q; j++) {
            double d = (double)s[j] - (double)t[j];
            sum += d * d;
            rest -= (double)s[j] * (double)s[j];
            other -= (double)t[j] * (double)t[j];
            if (j % 32 == 31) {
                double r = sqrt(rest > 0 ? rest : 0)
                           - sqrt(other > 0 ? other : 0);
                sums[j / 32] += sum + r * r <= (double)limit;
            }
        }
    }
}

/* The number of directions that costs least; 0 if none saves a quarter. */
static size_t choose_length(const sketcher *k, const sketch_trial *trial)
{
    double sums[MOST / 32] = {0}, h = (double)k->ward->h, best = 0.75 * h;
    size_t length = 0;
    for (size_t i = 0; i < QUERIES; i++)
        count_query(k, trial, i * k->points / QUERIES, sums);
    for (size_t q = 32; q <= k->q; q += 32) {
        double share = sums[q / 32 - 1] / (double)(k->points * QUERIES);
        double cost = (double)q + OVERHEAD + DOT_COST * h * share;
        if (cost < best) {
            best = cost;
            length = q;
        }
    }
    return length;
}

static lat_status try_lengths(const sketcher *k, size_t *length,
                              lat_error *error)
{
    const lat_ward *ward = k->ward;
    size_t n = k->points, width = k->q + 1;
    sketch_trial trial = {.maker = k,
        .sketches = lat_alloc(n * width * sizeof *trial.sketches),
        .square = lat_alloc(n * sizeof *trial.square),
        .limit = lat_alloc(n * sizeof *trial.limit)};
    lat_status status = LAT_OK;
    if (trial.sketches == NULL || trial.square == NULL
        || trial.limit == NULL) {
        status = lat_error_memory(error, n * width * sizeof(float));
        goto done;
    }
    lat_pool_run(ward->pool, n, sketch_sample, &trial);
    /* Of all points, `keep` are nearer than the K-th; lists are not at their
     * best from the start, hence three times as many. */
    trial.rank = 3 * ward->keep * n / ward->places;
    trial.rank = trial.rank < 1               ? 1
                 : trial.rank > LAT_WARD_ROOM ? LAT_WARD_ROOM
                                              : trial.rank;
    status = find_limits(k, &trial, error);
    if (status == LAT_OK)
        *length = choose_length(k, &trial);
done:
    lat_free(trial.sketches);
    lat_free(trial.square);
    lat_free(trial.limit);
    return status;
}

static void fill_chunk(void *context, size_t chunk, size_t worker)
{
    const sketcher *k = context;
    lat_ward *ward = k->ward;
    size_t end = (chunk + 1) * LAT_WARD_CHUNK;
    end = end < ward->places ? end : ward->places;
    for (size_t p = chunk * LAT_WARD_CHUNK; p < end; p++) {
        float *out = ward->sketch + p * ward->width;
        if (ward->size[ward->live[p]] == 0) { /* dead: nothing looks */
            memset(out, 0, ward->width * sizeof *out);
            continue;
        }
        const double *x = lat_ward_centre(ward, ward->live[p],
                                          ward->scratch[worker].x);
        sketch_point(ward, k->basis, k->q, x, out);
        for (size_t j = k->q + 1; j < ward->width; j++)
            out[j] = 0;
    }
}

static lat_status fill_sketches(sketcher *k, lat_error *error)
{
    lat_ward *ward = k->ward;
    ward->width = (k->q + 1 + 7) / 8 * 8;
    size_t bytes = ward->places * ward->width * sizeof *ward->sketch;
    ward->sketch = lat_alloc_large(bytes);
    if (ward->sketch == NULL)
        return lat_error_memory(error, bytes);
    lat_pool_run(ward->pool,
                 (ward->places + LAT_WARD_CHUNK - 1) / LAT_WARD_CHUNK,
                 fill_chunk, k);
    return LAT_OK;
}

lat_status lat_ward_sketch(lat_ward *ward, lat_error *error)
{
    size_t forced = ward->options->sketch, h = ward->h, length = 0;
    sketcher k = {.ward = ward};
    lat_status status = LAT_OK;
    ward->width = 0;
    if (h <= LAT_SKETCH_SPARE || forced == 1 || ward->places < 2
        || (forced == 0 && ward->places < FEWEST))
        return LAT_OK;
    size_t most = h - LAT_SKETCH_SPARE - 1;
    most = most < MOST ? most : MOST;
    k.points = ward->places < SAMPLE ? ward->places : SAMPLE;
    most = most < k.points ? most : k.points;
    most = forced > 1 && forced < most ? forced : most;
    k.basis = lat_new_array(most * h, sizeof *k.basis);
    k.sample = lat_new_array(k.points * h, sizeof *k.sample);
    if (k.basis == NULL || k.sample == NULL) {
        status = lat_error_memory(error, (most + k.points) * h * 8);
        goto done;
    }
    take_sample(&k);
    status = find_basis(&k, most, error);
    length = k.q;
    if (status == LAT_OK && forced == 0)
        status = try_lengths(&k, &length, error);
    k.q = length;
    if (status == LAT_OK && length > 0)
        status = lat_ward_arrange(ward, error);
    if (status == LAT_OK && length > 0)
        status = fill_sketches(&k, error);
done:
    lat_free(k.basis);
    lat_free(k.sample);
    return status;
}
