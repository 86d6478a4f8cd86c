/*
 * study_layers.c - hidden states from the model to the clusterer, in memory.
 *
 * For each model: the layers that are not finished are taken in groups whose
 * vectors fit in memory; one forward pass a group; each layer is clustered,
 * written and its vectors dropped.  A layer is finished when its folder has
 * layer.sha256, which is written last.
 */
#include "study_int.h"

#include <string.h>

enum { DEFAULT_GROUP = 1536 }; /* MiB of vectors held at once */

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

/* ---- One layer ---------------------------------------------------------- */

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

/* "<hex>  name" lines, as sha256sum writes and checks them. */
static lat_status write_done(const study *s, int side, size_t layer,
                             const unsigned char tree[32],
                             const unsigned char concepts[32],
                             lat_error *error)
{
    char hex[65], *path = NULL;
    lat_buffer text = {0};
    lat_sha256_hex(concepts, hex);
    lat_buffer_format(&text, "%s  concepts.txt\n", hex);
    lat_sha256_hex(tree, hex);
    lat_buffer_format(&text, "%s  linkage.npy\n", hex);
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
    char *path = NULL;
    lat_status status =
        layer_file(&path, s, side, layer, "linkage.npy", error);
    if (status == LAT_OK)
        status = lat_tree_write(tree, path, tree_hash, error);
    lat_free(path);
    path = NULL;
    if (status == LAT_OK)
        status = layer_file(&path, s, side, layer, "concepts.txt", error);
    if (status == LAT_OK)
        status = lat_concepts_write(concepts, path, concepts_hash, error);
    lat_free(path);
    if (status == LAT_OK)
        status = write_done(s, side, layer, tree_hash, concepts_hash, error);
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

static lat_status cluster_layer(study *s, int side, size_t layer,
                                const float *vectors, lat_concepts *out,
                                lat_error *error)
{
    char step[64];
    size_t n = s->words.count, h = s->readers[side].info->hidden;
    lat_progress *progress = cli_progress(s->call);
    lat_ward_options options = LAT_WARD_OPTIONS;
    lat_tree tree = {0};
    uint32_t *labels = lat_new_array(n, sizeof *labels);
    char *checkpoint = study_path(s, "%s/layer-%02zu/.checkpoint",
                                  study_side_names[side], layer);
    lat_status status = LAT_OK;
    if (labels == NULL || checkpoint == NULL) {
        status = lat_error_memory(error, n * sizeof *labels);
        goto done;
    }
    (void)snprintf(step, sizeof step, "%s layer %zu",
                   study_side_names[side], layer);
    options.progress = progress;
    options.checkpoint = checkpoint;
    lat_progress_context(progress, step);
    status = lat_cluster_ward(&tree, cli_pool(s->call), vectors, n, h,
                              &options, error);
    lat_progress_context(progress, NULL);
    if (status == LAT_OUT_OF_RANGE)
        status = name_word(s, side, layer, vectors, error);
    if (status == LAT_OK)
        status = lat_tree_cut(&tree, s->options.k, labels, error);
    if (status == LAT_OK)
        status = make_concepts(out, s, labels, error);
    if (status == LAT_OK)
        status = study_map(s, side, layer, vectors, labels, out, error);
    if (status == LAT_OK)
        status = write_layer(s, side, layer, &tree, out, error);
    if (status == LAT_OK)
        study_parts_drop(s, side, layer);
done:
    lat_tree_free(&tree);
    lat_free(checkpoint);
    lat_free(labels);
    return status;
}

static lat_status read_layer(study *s, int side, size_t number,
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

/* ---- Groups of layers --------------------------------------------------- */

lat_status study_forward(const study *s, int side, const lat_tokens *tokens,
                         float **vectors, float *logits, lat_error *error)
{
    lat_progress *progress = cli_progress(s->call);
    char step[64];
    (void)snprintf(step, sizeof step, "%s: forward pass",
                   study_side_names[side]);
    lat_reader_want want = {.layers = vectors, .logits = logits,
                            .pooling = s->options.pooling,
                            .progress = progress};
    lat_progress_begin(progress, step, "sentences", tokens->sentences);
    lat_status status = lat_reader_states(
        &s->readers[side], cli_pool(s->call), tokens, &want, error);
    lat_progress_end(progress);
    return status;
}

/* Fills vectors[l] for the layers that are asked for (not NULL): from the
 * parts of earlier jobs where they are complete, else by the model. */
static lat_status fill_vectors(study *s, int side, float *const *vectors,
                               float *logits, lat_error *error)
{
    size_t layers = s->readers[side].info->layers + 1;
    float **missing = lat_new_array(layers, sizeof *missing);
    bool any = logits != NULL;
    lat_status status = LAT_OK;
    if (missing == NULL)
        return lat_error_memory(error, layers * sizeof *missing);
    for (size_t l = 0; l < layers && status == LAT_OK; l++) {
        bool found = false;
        if (vectors[l] == NULL)
            continue;
        status = study_parts_vectors(vectors[l], &found, s, side, l, error);
        if (!found) {
            missing[l] = vectors[l];
            any = true;
        }
    }
    if (status == LAT_OK && any)
        status = study_forward(s, side, &s->tokens[side], missing, logits,
                               error);
    lat_free(missing);
    return status;
}

/* Bytes of vectors that may be held at once. */
static uint64_t group_bytes(const study *s)
{
    uint64_t limit = (uint64_t)DEFAULT_GROUP << 20;
    if (s->options.memory == 0)
        return limit;
    uint64_t used = lat_memory_in_use();
    if (s->job.kind != STUDY_JOB_PART)
        used += lat_cluster_ward_memory(
            s->words.count, s->readers[STUDY_BASE].info->hidden,
            lat_pool_threads(cli_pool(s->call)));
    uint64_t left = s->options.memory > used ? s->options.memory - used : 0;
    return left < limit ? left : limit;
}

lat_status study_take_group(size_t *next, float **vectors, const study *s,
                            int side, size_t rows,
                            bool (*wanted)(const study *, int, size_t),
                            lat_error *error)
{
    size_t bytes = 0, held = 0;
    uint64_t most = group_bytes(s);
    if (!lat_size_mul(rows, s->readers[side].info->hidden * sizeof(float),
                      &bytes))
        return lat_error_memory(error, UINT64_MAX);
    for (; *next < s->layer_count; (*next)++) {
        size_t layer = s->layers[*next];
        if (!wanted(s, side, layer))
            continue;
        if (held != 0 && (uint64_t)(held + 1) * bytes > most)
            break;
        vectors[layer] = lat_alloc(bytes);
        if (vectors[layer] == NULL)
            return lat_error_memory(error, bytes);
        held++;
    }
    return LAT_OK;
}

static bool not_done(const study *s, int side, size_t layer)
{
    return !study_layer_done(s, side, layer);
}

static lat_status side_group(study *s, int side, size_t *next,
                             float **vectors, float *logits,
                             lat_error *error)
{
    size_t from = *next;
    lat_status status = study_take_group(next, vectors, s, side,
                                         s->words.count, not_done, error);
    if (status == LAT_OK)
        status = fill_vectors(s, side, vectors, logits, error);
    for (size_t i = from; i < *next && status == LAT_OK; i++) {
        size_t layer = s->layers[i];
        if (vectors[layer] == NULL) {
            status = read_layer(s, side, i, error);
            continue;
        }
        status = cluster_layer(s, side, layer, vectors[layer],
                               &s->concepts[side][i], error);
        lat_free(vectors[layer]);
        vectors[layer] = NULL;
    }
    return status;
}

lat_status study_one_layer(study *s, lat_error *error)
{
    int side = s->job.side;
    size_t layer = s->job.layer, bytes = 0;
    const lat_model_info *info = s->readers[side].info;
    lat_concepts concepts = {0};
    float **vectors = NULL;
    if (study_layer_done(s, side, layer)) {
        cli_say(s->call, "%s layer %zu is done", study_side_names[side],
                layer);
        return LAT_OK;
    }
    if (!lat_size_mul(s->words.count, info->hidden * sizeof(float), &bytes))
        return lat_error_memory(error, UINT64_MAX);
    vectors = lat_new_array(info->layers + 1, sizeof *vectors);
    if (vectors == NULL)
        return lat_error_memory(error, bytes);
    lat_status status = LAT_OK;
    vectors[layer] = lat_alloc(bytes);
    if (vectors[layer] == NULL)
        status = lat_error_memory(error, bytes);
    if (status == LAT_OK)
        status = fill_vectors(s, side, vectors, NULL, error);
    if (status == LAT_OK)
        status = cluster_layer(s, side, layer, vectors[layer], &concepts,
                               error);
    lat_concepts_free(&concepts);
    lat_free(vectors[layer]);
    lat_free(vectors);
    return status;
}

static lat_status side_layers(study *s, int side, float *logits,
                              lat_error *error)
{
    size_t layers = s->readers[side].info->layers + 1, next = 0;
    float **vectors = lat_new_array(layers, sizeof *vectors);
    s->concepts[side] =
        lat_new_array(s->layer_count, sizeof *s->concepts[side]);
    lat_status status = LAT_OK;
    if (vectors == NULL || s->concepts[side] == NULL)
        status = lat_error_memory(error, layers * sizeof *vectors);
    while (status == LAT_OK && next < s->layer_count) {
        status = side_group(s, side, &next, vectors, logits, error);
        logits = NULL; /* once is enough */
    }
    for (size_t l = 0; vectors != NULL && l < layers; l++)
        lat_free(vectors[l]);
    lat_free(vectors);
    return status;
}

/* ---- Predictions -------------------------------------------------------- */

static void put_class(lat_buffer *out, const lat_model_info *info,
                      int32_t number)
{
    if (number >= 0 && info->labels != NULL)
        lat_buffer_text(out, info->labels[number]);
    else if (number >= 0)
        lat_buffer_format(out, "%d", number);
}

/* Tabs and line breaks (CSV cells may hold them) become spaces. */
static void put_cell(lat_buffer *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        lat_buffer_char(out, c == '\t' || c == '\n' || c == '\r' ? ' ' : c);
    }
}

static lat_status write_sentences(const study *s, const float *logits,
                                  const uint32_t *predicted,
                                  const double *probabilities,
                                  lat_error *error)
{
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    size_t classes = logits == NULL ? 0 : info->classes;
    lat_buffer out = {0};
    lat_buffer_text(&out, "sentence\tgold\tpredicted");
    for (size_t c = 0; c < classes; c++) {
        lat_buffer_text(&out, "\tp_");
        put_class(&out, info, (int32_t)c);
    }
    lat_buffer_text(&out, s->corpus.pairs ? "\ttext\ttext2\n" : "\ttext\n");
    for (size_t i = 0; i < s->corpus.count; i++) {
        const lat_sentence *sentence = &s->corpus.sentences[i];
        lat_buffer_format(&out, "%zu\t", i);
        put_class(&out, info, sentence->gold);
        lat_buffer_char(&out, '\t');
        if (classes != 0)
            put_class(&out, info, (int32_t)predicted[i]);
        for (size_t c = 0; c < classes; c++) {
            lat_buffer_char(&out, '\t');
            lat_buffer_number(&out, probabilities[i * classes + c]);
        }
        lat_buffer_char(&out, '\t');
        put_cell(&out, sentence->a, sentence->a_size);
        if (s->corpus.pairs) {
            lat_buffer_char(&out, '\t');
            put_cell(&out, sentence->b, sentence->b_size);
        }
        lat_buffer_char(&out, '\n');
    }
    return study_write(s, "sentences.tsv", &out, error);
}

static lat_status keep_predictions(study *s, const float *logits,
                                   lat_error *error)
{
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    size_t n = s->corpus.count;
    if (logits == NULL)
        return write_sentences(s, NULL, NULL, NULL, error);
    uint32_t *predicted = lat_new_array(n, sizeof *predicted);
    double *probabilities =
        lat_new_array(n, info->classes * sizeof *probabilities);
    lat_status status = LAT_OK;
    if (predicted == NULL || probabilities == NULL) {
        status = lat_error_memory(error, n * 8 * info->classes);
    } else {
        lat_predictions(logits, n, info->classes, predicted, probabilities);
        status = write_sentences(s, logits, predicted, probabilities, error);
    }
    if (status == LAT_OK) /* class numbers fit in int32 */
        status = lat_classes_make(&s->predicted, (int32_t *)predicted, n,
                                  (const char *const *)info->labels,
                                  info->classes, error);
    lat_free(predicted);
    lat_free(probabilities);
    return status;
}

lat_status study_layers(study *s, lat_error *error)
{
    const lat_model_info *info = s->readers[STUDY_TUNED].info;
    float *logits = NULL;
    bool found = false;
    lat_status status = LAT_OK;
    if (info->head == LAT_HEAD_SEQUENCE) {
        logits = lat_new_array(s->corpus.count,
                               info->classes * sizeof *logits);
        if (logits == NULL)
            return lat_error_memory(error, s->corpus.count * 4);
        status = study_parts_logits(logits, &found, s, error);
    } else {
        cli_say(s->call, "the tuned model has no sequence classification "
                         "head: no predictions, no triggers");
    }
    if (status == LAT_OK)
        status = side_layers(s, STUDY_BASE, NULL, error);
    if (status == LAT_OK)
        status = side_layers(s, STUDY_TUNED, found ? NULL : logits, error);
    if (status == LAT_OK)
        status = keep_predictions(s, logits, error);
    lat_free(logits);
    return status;
}
