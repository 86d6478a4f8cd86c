/*
 * study_cluster.c - one layer of one model: from its vectors to clusters,
 * concepts and the files of its folder.
 *
 * A layer is done when its folder has layer.sha256, which is written last.
 */
#include "study_int.h"

#include <math.h>
#include <string.h>

static lat_status layer_file(char **out, const study *s, int side,
                             size_t layer, const char *name,
                             lat_error *error)
{
    *out = study_path(s, "%s/layer-%02zu/%s", study_side_names[side], layer,
                      name);
    return *out == NULL ? lat_error_memory(error, 64) : LAT_OK;
}

bool study_layer_done(const study *s, int side, size_t layer)
{
    char *path = NULL;
    lat_error ignored = {0};
    bool done =
        layer_file(&path, s, side, layer, "layer.sha256", &ignored) ==
            LAT_OK &&
        lat_path_exists(path);
    lat_free(path);
    return done;
}

static lat_status make_concepts(lat_concepts *out, const study *s,
                                const uint32_t *labels, lat_error *error)
{
    size_t n = s->words.count;
    lat_occurrence *occurrences = lat_new_array(n, sizeof *occurrences);
    if (occurrences == NULL)
        return lat_error_memory(error, n * sizeof *occurrences);
    for (size_t i = 0; i < n; i++) {
        const lat_word *word = &s->words.items[i];
        occurrences[i] =
            (lat_occurrence){.word = word->type, .number = word->number,
                             .sentence = word->sentence,
                             .position = (int32_t)word->position};
    }
    lat_status status = lat_concepts_make(out, occurrences, labels, n,
                                          s->words.types, error);
    lat_free(occurrences);
    return status;
}

/* "<hex>  name" lines, as sha256sum writes and checks them.  tree is NULL
 * where the method makes none. */
static lat_status write_done(const study *s, int side, size_t layer,
                             const unsigned char *tree,
                             const unsigned char concepts[32],
                             lat_error *error)
{
    char hex[65], *path = NULL;
    lat_buffer text = {0};
    lat_sha256_hex(concepts, hex);
    lat_buffer_format(&text, "%s  concepts.txt\n", hex);
    if (tree != NULL) {
        lat_sha256_hex(tree, hex);
        lat_buffer_format(&text, "%s  linkage.npy\n", hex);
    }
    lat_status status = lat_buffer_status(&text, error);
    if (status == LAT_OK)
        status = layer_file(&path, s, side, layer, "layer.sha256", error);
    if (status == LAT_OK)
        status = lat_file_write(path, text.data, text.size, error);
    lat_free(path);
    lat_buffer_free(&text);
    return status;
}

static lat_status write_layer(const study *s, int side, size_t layer,
                              const lat_tree *tree,
                              const lat_concepts *concepts, lat_error *error)
{
    unsigned char tree_hash[32], concepts_hash[32];
    bool ward = s->options.how.method == CLUSTERING_WARD;
    char *path = NULL;
    lat_status status =
        layer_file(&path, s, side, layer, "linkage.npy", error);
    if (status == LAT_OK && ward)
        status = lat_tree_write(tree, path, tree_hash, error);
    lat_free(path);
    path = NULL;
    if (status == LAT_OK)
        status = layer_file(&path, s, side, layer, "concepts.txt", error);
    if (status == LAT_OK)
        status = lat_concepts_write(concepts, path, concepts_hash, error);
    lat_free(path);
    if (status == LAT_OK)
        status = write_done(s, side, layer, ward ? tree_hash : NULL,
                            concepts_hash, error);
    return status;
}

/* A vector that is not finite, told with its word. */
static lat_status name_word(const study *s, int side, size_t layer,
                            const float *vectors, lat_error *error)
{
    size_t h = s->readers[side].info->hidden;
    for (size_t i = 0; i < s->words.count; i++)
        for (size_t j = 0; j < h; j++) {
            float value = vectors[i * h + j];
            if (value - value == 0.0f)
                continue;
            const lat_word *word = &s->words.items[i];
            lat_error_clear(error);
            lat_error_set(error, LAT_OUT_OF_RANGE,
                          "layer %zu: the vector of '%.60s' (sentence %u, "
                          "position %u) is not finite",
                          layer,
                          lat_intern_text(s->words.types, word->type, NULL),
                          word->sentence, word->position);
            return lat_error_in_file(error, s->options.paths[side]);
        }
    return LAT_OUT_OF_RANGE;
}

/* quality.tsv: one line, empty cells for what the method has not. */
static lat_status write_quality(const study *s, int side, size_t layer,
                                const clustering_quality *quality,
                                lat_error *error)
{
    char name[64];
    lat_buffer text = {0};
    lat_buffer_format(&text,
                      "method\tk\twithin\trand\trounds\tleaders\ttau\n"
                      "%s\t%zu\t",
                      clustering_names[quality->method], quality->k);
    lat_buffer_number(&text, quality->within);
    lat_buffer_char(&text, '\t');
    if (!isnan(quality->rand))
        lat_buffer_number(&text, quality->rand);
    lat_buffer_char(&text, '\t');
    if (quality->method == CLUSTERING_KMEANS)
        lat_buffer_format(&text, "%zu", quality->rounds);
    lat_buffer_char(&text, '\t');
    if (quality->method == CLUSTERING_LEADERS) {
        lat_buffer_format(&text, "%zu\t", quality->leaders);
        lat_buffer_number(&text, quality->tau);
    } else {
        lat_buffer_char(&text, '\t');
    }
    lat_buffer_char(&text, '\n');
    (void)snprintf(name, sizeof name, "%s/layer-%02zu/quality.tsv",
                   study_side_names[side], layer);
    return study_write(s, name, &text, error);
}

/* Tree and labels of a layer's vectors, told with the layer's name. */
static lat_status find_clusters(study *s, int side, size_t layer,
                                const float *vectors, lat_tree *tree,
                                uint32_t *labels, lat_error *error)
{
    char step[64], where[80];
    const clustering_how *how = &s->options.how;
    const clustering_points points = {vectors, s->words.count,
                                      s->readers[side].info->hidden};
    clustering_quality quality = {0};
    lat_progress *progress = cli_progress(s->call);
    char *checkpoint = study_path(s, "%s/layer-%02zu/.checkpoint",
                                  study_side_names[side], layer);
    if (checkpoint == NULL)
        return lat_error_memory(error, 64);
    (void)snprintf(step, sizeof step, "%s layer %zu",
                   study_side_names[side], layer);
    (void)snprintf(where, sizeof where, "%s: ", step);
    lat_progress_context(progress, step);
    double before = lat_cpu_seconds();
    lat_status status =
        clustering_tree(tree, s->call, how, &points, checkpoint, error);
    if (status == LAT_OK)
        status = clustering_cut(labels, &quality, s->call, how, &points, tree,
                                s->options.k, error);
    lat_progress_context(progress, NULL);
    study_say_seconds(s, step, before);
    lat_free(checkpoint);
    if (status == LAT_OUT_OF_RANGE)
        status = name_word(s, side, layer, vectors, error);
    if (status != LAT_OK)
        return status;
    clustering_say(s->call, where, &quality);
    return write_quality(s, side, layer, &quality, error);
}

lat_status study_layer_make(lat_concepts *out, study *s, int side,
                            size_t layer, const float *vectors,
                            lat_error *error)
{
    lat_tree tree = {0};
    uint32_t *labels = lat_new_array(s->words.count, sizeof *labels);
    if (labels == NULL)
        return lat_error_memory(error, s->words.count * sizeof *labels);
    lat_status status =
        find_clusters(s, side, layer, vectors, &tree, labels, error);
    if (status == LAT_OK)
        status = make_concepts(out, s, labels, error);
    if (status == LAT_OK)
        status = study_map(s, side, layer, vectors, labels, out, error);
    if (status == LAT_OK)
        status = write_layer(s, side, layer, &tree, out, error);
    if (status == LAT_OK)
        study_parts_drop(s, side, layer);
    lat_tree_free(&tree);
    lat_free(labels);
    return status;
}

lat_status study_layer_read(study *s, int side, size_t number,
                            lat_error *error)
{
    char *path = NULL;
    lat_status status = layer_file(&path, s, side, s->layers[number],
                                   "concepts.txt", error);
    if (status == LAT_OK)
        status = lat_concepts_read(&s->concepts[side][number], path, error);
    lat_free(path);
    return status;
}
