/* clustering.c - see clustering_int.h. */
#include "clustering_int.h"

#include <math.h>
#include <string.h>

const char *const clustering_names[] = {"ward", "kmeans", "leaders"};

lat_status clustering_read(clustering_how *out, const cli_call *call,
                           size_t k, lat_error *error)
{
    const char *name = cli_text(call, "method");
    int method = 0;
    while (method < 3 && strcmp(clustering_names[method], name) != 0)
        method++;
    if (method == 3)
        return lat_error_set(error, LAT_USAGE,
                             "--method is '%.40s', expected ward, kmeans or "
                             "leaders",
                             name);
    out->method = (clustering_method)method;
    out->tau = cli_number(call, "tau");
    out->leaders = (size_t)cli_count(call, "leaders");
    out->seed = cli_count(call, "seed");
    out->compare = cli_given(call, "compare");
    if (out->method != CLUSTERING_LEADERS)
        return LAT_OK;
    if (!(out->tau >= 0) || isinf(out->tau))
        return lat_error_set(error, LAT_USAGE,
                             "--tau is '%.40s', expected a distance, or 0 "
                             "for the one that --leaders gives",
                             cli_text(call, "tau"));
    if (!(out->tau > 0) && out->leaders < k)
        return lat_error_set(error, LAT_USAGE,
                             "--leaders is %zu, expected at least the %zu "
                             "clusters of --k",
                             out->leaders, k);
    return LAT_OK;
}

bool clustering_has_tree(const clustering_how *how)
{
    return how->method == CLUSTERING_WARD || how->compare;
}

/* Points against centres (nearest.c): a centre in double, in packed float;
 * tiles of a thread. */
static uint64_t nearest_memory(size_t h, uint64_t centres, size_t threads)
{
    uint64_t tile = 64 * (uint64_t)h * 4 + 64 * 512 * 4 + (uint64_t)h * 8;
    return centres * ((uint64_t)h * 12 + 4) + threads * tile +
           (uint64_t)h * 72;
}

uint64_t clustering_memory(const clustering_how *how, size_t n, size_t h,
                           size_t k, size_t threads)
{
    /* How many leaders a tau gives is not known: at least k. */
    uint64_t need = 0, few = how->tau > 0      ? k
                             : how->leaders > n ? n
                                                : how->leaders;
    uint64_t room = n < 1024 ? n : 1024;
    room = few > room ? few : room;
    uint64_t ward = lat_cluster_ward_memory(n, h, threads);
    if (how->method == CLUSTERING_KMEANS)
        need = nearest_memory(h, k, threads) + (uint64_t)n * 24 +
               (uint64_t)k * h * 8;
    if (how->method == CLUSTERING_LEADERS)
        need = nearest_memory(h, room + room / 2, threads) + /* growing */
               (uint64_t)n * 16 +
               few * ((uint64_t)h * 12 + 12) +
               lat_cluster_ward_memory((size_t)few, h, threads);
    return clustering_has_tree(how) && ward > need ? ward : need;
}

lat_status clustering_afford(const cli_call *call, uint64_t more,
                             lat_error *error)
{
    uint64_t limit = cli_count(call, "memory");
    uint64_t need = lat_memory_in_use() + more;
    if (limit == 0 || need <= limit)
        return LAT_OK;
    return lat_error_set(error, LAT_NO_MEMORY,
                         "--memory is %s, and at least %lluM are needed",
                         cli_text(call, "memory"),
                         (unsigned long long)(need >> 20) + 1);
}

lat_status clustering_tree(lat_tree *out, cli_call *call,
                           const clustering_how *how,
                           const clustering_points *points,
                           const char *checkpoint, lat_error *error)
{
    const lat_tree empty = {0};
    lat_ward_options ward = LAT_WARD_OPTIONS;
    *out = empty;
    if (!clustering_has_tree(how))
        return LAT_OK;
    ward.progress = cli_progress(call);
    ward.checkpoint = checkpoint;
    return lat_cluster_ward(out, cli_pool(call), points->x, points->n,
                            points->h, &ward, error);
}

static lat_status cut_kmeans(uint32_t *labels, clustering_quality *quality,
                             cli_call *call, const clustering_how *how,
                             const clustering_points *points,
                             lat_error *error)
{
    lat_flat flat = {0};
    const lat_kmeans_options options = {.k = quality->k, .seed = how->seed,
                                        .progress = cli_progress(call)};
    lat_status status =
        lat_cluster_kmeans(&flat, cli_pool(call), points->x, points->n,
                           points->h, &options, error);
    if (status == LAT_OK) {
        memcpy(labels, flat.labels, points->n * sizeof *labels);
        quality->within = flat.inertia;
        quality->rounds = flat.rounds;
    }
    lat_flat_free(&flat);
    return status;
}

static lat_status cut_leaders(uint32_t *labels, clustering_quality *quality,
                              cli_call *call, const clustering_how *how,
                              const clustering_points *points,
                              lat_error *error)
{
    lat_leaders found = {{0}, 0, 0, {0}, NULL};
    const lat_leaders_options options = {
        .k = quality->k, .tau = how->tau,
        .leaders = how->leaders < points->n ? how->leaders : points->n,
        .progress = cli_progress(call)};
    lat_status status =
        lat_cluster_leaders(&found, cli_pool(call), points->x, points->n,
                            points->h, &options, error);
    if (status == LAT_OK) {
        memcpy(labels, found.flat.labels, points->n * sizeof *labels);
        quality->within = found.flat.inertia;
        quality->leaders = found.leaders;
        quality->tau = found.tau;
    }
    lat_leaders_free(&found);
    return status;
}

static lat_status compare(clustering_quality *quality, const lat_tree *tree,
                          const uint32_t *labels, lat_error *error)
{
    uint32_t *ward = lat_new_array(tree->points, sizeof *ward);
    if (ward == NULL)
        return lat_error_memory(error, tree->points * sizeof *ward);
    lat_status status = lat_tree_cut(tree, quality->k, ward, error);
    if (status == LAT_OK)
        status = lat_flat_rand(&quality->rand, labels, ward, tree->points,
                               error);
    lat_free(ward);
    return status;
}

lat_status clustering_cut(uint32_t *labels, clustering_quality *quality,
                          cli_call *call, const clustering_how *how,
                          const clustering_points *points,
                          const lat_tree *tree, size_t k, lat_error *error)
{
    *quality = (clustering_quality){.method = how->method, .k = k,
                                    .rand = NAN};
    lat_status status = LAT_OK;
    if (how->method == CLUSTERING_WARD) {
        quality->within = lat_tree_inertia(tree, k);
        return lat_tree_cut(tree, k, labels, error);
    }
    if (how->method == CLUSTERING_KMEANS)
        status = cut_kmeans(labels, quality, call, how, points, error);
    else
        status = cut_leaders(labels, quality, call, how, points, error);
    if (status == LAT_OK && how->compare)
        status = compare(quality, tree, labels, error);
    return status;
}

void clustering_say(const cli_call *call, const char *where,
                    const clustering_quality *quality)
{
    char more[120] = "";
    int used = 0;
    if (quality->method == CLUSTERING_KMEANS)
        used = snprintf(more, sizeof more, ", %zu rounds", quality->rounds);
    if (quality->method == CLUSTERING_LEADERS)
        used = snprintf(more, sizeof more, ", %zu leaders, tau %.9g",
                        quality->leaders, quality->tau);
    if (!isnan(quality->rand))
        (void)snprintf(more + used, sizeof more - (size_t)used,
                       ", adjusted Rand index with Ward %.6f",
                       quality->rand);
    cli_say(call, "%sk=%zu: within-cluster sum of squares %.9g%s", where,
            quality->k, quality->within, more);
}
