/*
 * ward_int.h - what the files of the Ward clusterer share.
 *
 *   points (N x H float)
 *     | ward_points.c   copies collapsed, mean taken off, scaled by 2^-shift
 *     v
 *   slots 0..U-1        one for each distinct point, in order of appearance
 *     | ward_first.c    the K nearest of every slot by blocked products,
 *     |                   ward_sketch.c   of short rows first, where that
 *     |                   ward_cells.c    pays, near points being together
 *     |                 both with ward_spells.c: tasks between checkpoints
 *     | ward_rounds.c   rounds of joins until one cluster is left, with
 *     |                   ward_lists.c    what a slot knows of its nearest
 *     |                   ward_search.c   batches of new searches
 *     |                   ward_clumps.c   where floats cannot tell
 *     |                   ward_filter.c   a row of a product against bounds
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

/* A cluster that may be near, and a proven lower bound of D to it. */
typedef struct lat_near {
    float lower;
    uint32_t slot;
} lat_near;
/* Entries of a slot's list: K nearest and one more, or a union of two. */
#define LAT_WARD_ROOM 64

/* What a slot knows (state):
 *   EXACT  `nearest` is its nearest cluster, at near_d
 *   HARD   float products cannot tell its neighbours apart
 *   NEW    made by a join, not looked at yet
 * Without EXACT, near_d is a lower bound of D to everything. */
enum { LAT_WARD_EXACT = 1, LAT_WARD_HARD = 2, LAT_WARD_NEW = 4 };

/* Rows and columns of a tile of products, in a worker's scratch. */
#define LAT_TILE_ROWS 192
#define LAT_TILE_COLUMNS 256

typedef struct lat_ward_scratch {
    double *x, *y;   /* h each */
    float *tile;     /* LAT_TILE_ROWS x LAT_TILE_COLUMNS */
    float *panels;   /* LAT_TILE_COLUMNS x h, packed */
    float *least;    /* LAT_TILE_COLUMNS: thresholds, */
    float *norm;     /* and what `norm` and */
    float *half;     /* `half` below say of those columns */
    uint32_t *hits;  /* LAT_TILE_COLUMNS */
    double *middle;  /* h: where a search in double is seen from, */
    float *shifted;  /* LAT_TILE_ROWS x h: rows less it, or rows packed */
    float *shifted_norm; /* LAT_TILE_ROWS: their norms */
} lat_ward_scratch;

/* How far the first pass is; what a checkpoint says of its lists. */
enum { LAT_WARD_BLOCKS = 64, LAT_WARD_PASS_OVER = 255 };
typedef struct lat_ward_pass {
    uint64_t layout; /* of places and blocks: the same, or begin again */
    size_t round;    /* of its tournament; LAT_WARD_PASS_OVER: lists closed */
    bool done[LAT_WARD_BLOCKS]; /* tasks of that round */
} lat_ward_pass;

/* The points as the core sees them, and the clusters alive. */
typedef struct lat_ward {
    const lat_kernels *kernels;
    bool vectors;    /* the filters may use AVX2 */
    lat_pool *pool;
    const lat_ward_options *options;
    const float *points;
    size_t n, h;
    uint64_t fingerprint; /* of all points */
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

    /* Float centroids of live clusters, dense: live[p] is the slot at place
     * p; a dead one keeps its place until the next compaction, with norm
     * infinity, which no filter lets pass. */
    float *rows;     /* places x h */
    size_t places;
    uint32_t *live, *place;
    float *norm;     /* by place: |c|^2 (1 - eps), eps the float error */
    float *half;     /* by place: 1 / (2 size) */
    float *sketch;   /* places x width, in the first pass; or NULL */
    size_t width;    /* 0: none */

    /* By slot. */
    lat_near *lists; /* LAT_WARD_ROOM each */
    uint8_t *count, *state;
    float *bound;    /* D to all that are not listed is at least this */
    float *second;   /* D to all but the nearest is at least this */
    uint32_t *nearest;
    double *near_d;
    uint32_t *born;  /* round that made the cluster */
    uint32_t *seen;  /* round in which the list was last made current */
    uint32_t *into;  /* of a dead slot: the slot that took it */
    float *error;    /* a centroid's distance from the exact one, at most */
    double worst_error, unit_error, relative; /* see lat_ward_slack */
    uint32_t round;
    size_t keep;     /* K */
    lat_ward_scratch *scratch; /* one for each worker */
    lat_ward_pass pass;
    double saved;    /* when the last checkpoint was there, by the clock */
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
/* Fills `out` with the centroid of a and b. */
void lat_ward_blend(const lat_ward *ward, uint32_t a, uint32_t b,
                    double *out, lat_ward_scratch *s);
/* Slot a becomes the union (centroid `centre`), b dies; serial. */
void lat_ward_join_slots(lat_ward *ward, uint32_t a, uint32_t b, double d,
                         double *centre);

/* ward_rounds.c: from U clusters to one. */
lat_status lat_ward_rounds(lat_ward *ward, lat_error *error);

/* ward_state.c: the arrays of the core. */
lat_status lat_ward_state_create(lat_ward *ward, lat_error *error);
void lat_ward_state_free(lat_ward *ward);
/* Writes the float row, norm and half of a slot from its centroid x. */
void lat_ward_place_row(lat_ward *ward, uint32_t slot, const double *x);
/* x as floats; its norm, the float error taken off. */
float lat_ward_float_row(const lat_ward *ward, const double *x, float *row);
/* Drops dead places when they are more than one in eight. */
void lat_ward_compact(lat_ward *ward);

/* ward_sketch.c: decides on sketches and, if there are any, puts places in
 * an order for them and fills ward->sketch.  h - LAT_SKETCH_SPARE is the
 * longest for which the bounds are proven. */
#define LAT_SKETCH_SPARE 80
lat_status lat_ward_sketch(lat_ward *ward, lat_error *error);
/* ward_cells.c: near points to near places. */
lat_status lat_ward_arrange(lat_ward *ward, lat_error *error);

/* ward_first.c: lists and bounds of all live slots, from nothing or from
 * where a checkpoint's are. */
lat_status lat_ward_first(lat_ward *ward, lat_error *error);

/* ward_search.c: new lists and bounds for `count` live slots; after it all
 * of them are EXACT. */
lat_status lat_ward_search(lat_ward *ward, const uint32_t *slots,
                           size_t count, lat_error *error);

/* ward_clumps.c.  Orders slots by clump and cuts them into tasks: starts
 * (count + 1) holds where each begins and, after the last, count; shifted
 * (count) whether it is to be seen from its first slot. */
lat_status lat_ward_group(lat_ward *ward, uint32_t *slots, size_t count,
                          size_t *starts, bool *shifted, lat_error *error);
/* A slot's centroid less `middle`, as floats; returns its norm.  x: h. */
float lat_ward_shifted(const lat_ward *ward, uint32_t slot,
                       const double *middle, double *x, float *row);
/* Rows of places first.. into s->shifted. */
void lat_ward_shift_tile(const lat_ward *ward, size_t first, size_t rows,
                         lat_ward_scratch *s);

/* ward_lists.c */
/* How far D of computed centroids may be from that of exact ones, for a
 * cluster of `size` points and any other. */
double lat_ward_slack(const lat_ward *ward, double d, uint32_t size);
float lat_ward_down(double value); /* a float not above; 0 if negative */
/* Keeps the `room` smallest by (lower, slot), ascending. */
void lat_near_insert(lat_near *list, uint8_t *count, size_t room,
                     lat_near entry);
/* Lower bound of D from a float product g of two rows. */
float lat_ward_lower(float g, float norm_a, float norm_b, float half_a,
                     float half_b);
/* Entries lead to live clusters again, each once, never to the slot. */
void lat_ward_make_current(lat_ward *ward, uint32_t slot);
/* Turns the K + 1 entries of a pass into K and a bound. */
void lat_ward_close_list(lat_ward *ward, uint32_t slot);
/* Makes a list current and finds the nearest, if the list can tell. */
void lat_ward_refresh(lat_ward *ward, uint32_t slot, lat_ward_scratch *s);
/* The entries of a slot's list, copied to `list`, as they would be made
 * current; returns how many are left. */
size_t lat_ward_current(const lat_ward *ward, uint32_t slot, lat_near *list);
/* How far the second must be for a join to be safe out of order. */
double lat_ward_margin(const lat_ward *ward, double d, uint32_t size);
/* The list and bound of slot `left` after join, from both lists; na and nb
 * are the sizes before. */
void lat_ward_unite(lat_ward *ward, const lat_join *join, uint32_t na,
                    uint32_t nb);

/* ward_filter.c */
typedef struct lat_filter {
    size_t n;
    const float *least, *norm, *half; /* of the columns */
} lat_filter;
/* Whether the lower bound of a pair may be below the larger `least`. */
bool lat_filter_passes(float product, float row_norm, float row_half,
                       float row_least, float norm, float half, float least);
/* Columns j whose lower bound with the row may be below the larger of
 * least[j] and row_least, in order; returns how many. */
size_t lat_filter_row(bool vectors, const lat_filter *filter,
                      const float *products, float row_norm, float row_half,
                      float row_least, uint32_t *hits);
/* out[j] = (x[j] - mean[j]) * scale. */
void lat_ward_expand(bool vectors, double *out, const float *x,
                     const double *mean, double scale, size_t h);
/* Whether the level of these kernels allows the vector form. */
bool lat_ward_vectors(const lat_kernels *kernels);

/* ward_checkpoint.c.  Reading fills lists, counts, bounds and `pass`, and
 * hands out the joins; a file that is absent, damaged or of other points
 * reads as no joins and a pass that has not begun. */
lat_status lat_ward_checkpoint_write(const lat_ward *ward, lat_error *error);
lat_status lat_ward_checkpoint_read(lat_ward *ward, lat_join **out,
                                    size_t *count, lat_error *error);

/* ward_spells.c */
/* Writes the checkpoint, if there is to be one and it is due. */
lat_status lat_ward_save(lat_ward *ward, lat_error *error);
/* Writes it in any case; LAT_INTERRUPTED. */
lat_status lat_ward_stop(lat_ward *ward, lat_error *error);
/* Runs the tasks that are not done, and sets done[] of each.  When a
 * checkpoint is due, those that have not begun wait until it is written; when
 * told to stop, they are left, and the answer is lat_ward_stop's. */
lat_status lat_ward_run(lat_ward *ward, size_t tasks, lat_work *work,
                        void *context, bool *done, lat_error *error);

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
